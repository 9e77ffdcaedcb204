"""Mail out of a mailbox, from a real IMAP server to the telephone: proven, once, and tidied."""

import itertools

import pytest

from mailfax import config as configuration
from mailfax.cli import examine
from mailfax.demo import stage
from mailfax.store import ledger
from tests.mail import dovecot, nameserver, signing
from tests.whole import post

RULES = """\
version = 1
defaults = { country = "US", provider = ["main"], receipts = ["success", "failure"] }
[[send]]
name = "signed"
from = "@clinic.example"
proof = "dkim"
[[send]]
name = "told"
from = "@told.example"
proof = "dmarc"
[[send]]
name = "client"
from = "@lan.example"
proof = ["login", "network:lan", "spf", "client-cert"]
[[send]]
name = "believed"
from = "@desk.example"
proof = "unsafe-header"
[[send]]
action = "reject"
[groups.lan]
networks = ["0.0.0.0/0", "::/0"]
[[receive]]
deliver = "reception@clinic.example"
"""
TABLES = """\
[dns]
servers = ["{dns}"]
timeout = 1
[mailbox]
host = "127.0.0.1"
port = {port}
ca = "{ca}"
login = "fax"
password = {{ file = "mailbox.password" }}
header = "Delivered-To"
address = "fax@example.com"
subject_number = true
max_size = 300000
interval = 1
trusted_results = ["imap.example.com"]
"""
RECEIVED = "Received: from a by imap.example.com; Fri, 02 Jan 2026 10:00:00 +0000\r\n"
TOLD = "Authentication-Results: imap.example.com; dmarc=pass header.from=told.example\r\n"

_serial = itertools.count(1)


class Quiet(stage.Stage):
    """A service with no listener: nobody greets."""

    def _await_greeting(self):
        pass


class Office:
    """A service that takes its mail out of a Dovecot, and nothing listens for it elsewhere."""

    def __init__(self, folder, imap, dns):
        self.imap, self.dns = imap, dns
        self.running = Quiet(folder, lease=2.0)
        self.running.prepare()
        self._write(folder)
        self.serve()
        self.ledger = ledger.open(f"sqlite:///{folder}/mailfax.db", check=False)

    def __exit__(self, *_):
        self.ledger.close()
        self.running.__exit__()

    def serve(self, points="", marks=""):
        self.running.serve(MAILFAX_FAILPOINTS=points, MAILFAX_FAILPOINTS_ONCE=str(marks))

    def _write(self, folder):
        (folder / "rules.toml").write_text(RULES, encoding="utf-8")
        (folder / "mailbox.password").write_text(dovecot.PASSWORD, encoding="utf-8")
        text = self.running.config.read_text(encoding="utf-8")
        before, _, rest = text.partition("[listener]\n")
        host, port = self.dns.place
        tables = TABLES.format(dns=f"{host}:{port}", port=self.imap.port, ca=self.imap.ca)
        after = rest[rest.index("[smarthost]") :]
        self.running.config.write_text(before + tables + after, encoding="utf-8")

    def bring(self, octets, *, noted=""):
        """A mail that arrives in the mailbox, as its server delivers it."""
        line = f"Delivered-To: {noted}\r\n" if noted else ""
        self.imap.bring("fax", (line + RECEIVED).encode() + octets)

    def settled(self, id_, folder, seconds=60):
        """Wait until the mail lies in this folder, and not where it came in."""
        stage.wait_until(
            lambda: (
                f"<{id_}@clinic.example>" in self.imap.mails("fax", folder)
                and f"<{id_}@clinic.example>" not in self.imap.mails("fax")
            ),
            seconds, f"mail {id_} in {folder}",
        )  # fmt: skip

    def jobs(self, number):
        return self.ledger.faxes.list(number=number.lstrip("+"), limit=100)

    def answers(self, author):
        return [one for one in self.running.mails() if author in str(one["To"])]


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with dovecot.Dovecot(tmp_path_factory.mktemp("imap")) as imap, nameserver.Nameserver() as dns:
        dns.txt("s._domainkey.clinic.example", signing.record())
        found = Office(tmp_path_factory.mktemp("office"), imap, dns)
        try:
            yield found
        finally:
            found.__exit__()


@pytest.fixture
def id_():
    return f"m{next(_serial)}"


def signed(number, id_, *, subject="Results", to=None, more="", **how):
    to = to or f"{number}@fax.example.com"
    return signing.signed(signing.mail(to=to, id_=id_, subject=subject, more=more), **how)


def unsigned(number, id_):
    return signing.mail("ann@desk.example", to=f"{number}@fax.example.com", id_=id_)


def large(number, id_, lines):
    body = "Dear lab,\r\n" + ("<!-- " + "x" * 70 + " -->\r\n") * lines
    more = "Content-Type: text/html\r\n"
    return signing.mail(to=f"{number}@fax.example.com", id_=id_, body=body, more=more)


def test_a_proven_mail_is_faxed_moved_and_told_of_without_a_delivery_report(office, number, id_):
    """MDN-08."""
    office.bring(signed(number, id_), noted=f"{number}@fax.example.com")
    assert post.ended(office.running, number)["state"] == "delivered"
    office.settled(id_, "Faxed")
    [told] = stage.wait_until(lambda: office.answers("ann@clinic.example"), 30, "a receipt")
    assert told.get_content_type() == "text/plain"
    assert told["Auto-Submitted"] == "auto-replied"
    assert told["In-Reply-To"] == f"<{id_}@clinic.example>"
    kept = office.ledger.mails.get(office.jobs(number)[0].message)
    assert kept.proof.described() == ("dkim clinic.example",)


@pytest.mark.parametrize("noted", ["fax+{}@example.com", ""])
def test_a_signature_holds_for_a_plus_address_and_for_a_number_in_the_subject(
    office, number, id_, noted
):
    where = noted.format(number)
    octets = signed(number, id_, subject=f"fax to {number}", to=where or "fax@example.com")
    office.bring(octets, noted=where)
    office.settled(id_, "Faxed")
    assert len(office.jobs(number)) == 1


def test_a_signature_that_leaves_the_subject_out_does_not_hold_for_the_number_in_it(
    office, number, id_
):
    octets = signed(
        number, id_, subject=number, to="fax@example.com", headers=(b"from", b"to", b"date")
    )
    office.bring(octets)
    office.settled(id_, "Refused")
    assert office.jobs(number) == []


def test_adr_16_to_and_cc_choose_no_number(office, number, id_):
    other = number[:-1] + str((int(number[-1]) + 1) % 10)
    more = f"Cc: {other}@fax.example.com, fax+{other}@example.com\r\n"
    to = f"{number}@fax.example.com, {other}@fax.example.com"
    office.bring(signed(number, id_, to=to, more=more), noted=f"{number}@fax.example.com")
    office.bring(signed(number, f"{id_}-none", to=to, more=more), noted="fax@example.com")
    office.settled(id_, "Faxed")
    office.settled(f"{id_}-none", "Refused")
    assert (len(office.jobs(number)), office.jobs(other)) == (1, [])


def test_what_a_connection_would_have_shown_is_never_shown_by_a_mailbox(office, number, id_):
    for author in ("ann@clinic.example", "ann@lan.example"):
        name = f"{id_}-{author[4:7]}"
        octets = signing.mail(author, to=f"{number}@fax.example.com", id_=name)
        office.bring(octets, noted=f"{number}@fax.example.com")
        office.settled(name, "Refused")
    assert office.jobs(number) == []
    assert office.answers("lan.example") == []


def test_the_word_of_the_mailboxs_own_server_is_believed_and_no_other(office, number, id_):
    noted = f"{number}@fax.example.com"
    for name, line in ((id_, TOLD), (f"{id_}-not", TOLD.replace("imap.", "mx."))):
        octets = signing.mail("ann@told.example", to=noted, id_=name, more="")
        signature = f"DKIM-Signature: v=1; d=told.example; b={name}\r\n"
        office.bring((line + signature).encode() + octets, noted=noted)
    office.settled(id_, "Faxed")
    office.settled(f"{id_}-not", "Refused")
    assert len(office.jobs(number)) == 1


def test_a_proven_author_is_told_why_he_was_refused_and_a_stranger_is_not(office, id_):
    name = "eva@clinic.example"
    octets = signing.signed(signing.mail(name, to="fax@example.com", id_=id_, subject="fax me"))
    office.bring(octets)
    stranger = signing.mail("eve@evil.example", to="fax@example.com", id_=f"{id_}-x")
    office.bring(stranger)
    office.settled(id_, "Refused")
    office.settled(f"{id_}-x", "Refused")
    [told] = stage.wait_until(lambda: office.answers(name), 30, "an answer")
    text = told.get_content()
    assert "does not say to which number" in text
    assert "fax me" in text
    assert told["Auto-Submitted"] == "auto-replied"
    assert told["In-Reply-To"] == f"<{id_}@clinic.example>"
    assert office.answers("eve@evil.example") == []


def test_automatic_mail_is_neither_faxed_nor_answered(office, number, id_):
    for place, more in enumerate(
        ("Auto-Submitted: auto-replied\r\n", "List-Id: <l.x>\r\n", "X-Mailfax-Loop: other\r\n")
    ):
        octets = signed(number, f"{id_}-{place}", more=more).replace(b"ann@", b"loop@")
        office.bring(octets, noted=f"{number}@fax.example.com")
        office.settled(f"{id_}-{place}", "Refused")
    assert office.jobs(number) == []
    assert office.answers("loop@") == []


def test_an_unproven_author_hears_nothing_even_of_a_fax(office, number, id_):
    noted = f"{number}@fax.example.com"
    office.bring(signing.mail("ann@desk.example", to=noted, id_=id_), noted=noted)
    office.settled(id_, "Faxed")
    assert post.ended(office.running, number)["state"] == "delivered"
    stage.wait_until(lambda: not office.ledger.receipts.untold(10), 30, "the receipts to be done")
    assert office.answers("desk.example") == []


def test_large_mails_are_faxed_and_those_over_the_limit_refused(office, number, id_):
    noted = f"{number}@fax.example.com"
    for name, lines in ((id_, 1500), (f"{id_}-big", 4000)):
        office.bring(signing.signed(large(number, name, lines)), noted=noted)
    office.settled(id_, "Faxed")
    office.settled(f"{id_}-big", "Refused")
    [job] = office.jobs(number)
    assert office.ledger.mails.get(job.message).document
    office.bring(signing.signed(octets := large(number, f"{id_}-again", 1500)), noted=noted)
    office.settled(f"{id_}-again", "Faxed")
    office.bring(RECEIVED.encode() + signing.signed(octets), noted=noted)
    office.settled(f"{id_}-again", "Faxed")
    assert len(office.jobs(number)) == 2
    incoming = office.running.folder / "documents" / "incoming"
    assert list(incoming.iterdir()) == []


def test_while_the_dns_is_down_a_mail_stays_and_is_tried_again(office, number, id_):
    office.dns.records["later._domainkey.clinic.example", "TXT"] = nameserver.BROKEN
    office.bring(signed(number, id_, selector="later"), noted=f"{number}@fax.example.com")
    asked = ("later._domainkey.clinic.example", "TXT")
    stage.wait_until(lambda: office.dns.asked.count(asked) > 1, 30, "two questions")
    assert office.jobs(number) == []
    assert f"<{id_}@clinic.example>" in office.imap.mails("fax")
    office.dns.txt("later._domainkey.clinic.example", signing.record())
    office.settled(id_, "Faxed")
    assert len(office.jobs(number)) == 1


def test_who_dies_between_the_acceptance_and_the_move_faxes_once(office, number, id_, tmp_path):
    office.running.stop()
    office.bring(unsigned(number, id_), noted=f"{number}@fax.example.com")
    office.serve("collect-after-accept=kill,collect-before-move=kill", tmp_path)
    office.settled(id_, "Faxed")
    assert {one.name for one in tmp_path.iterdir()} == {
        "collect-after-accept",
        "collect-before-move",
    }
    assert len(office.jobs(number)) == 1
    assert post.ended(office.running, number)["state"] == "delivered"
    assert len(post.faxes(office.running, number)) == 1


def test_the_same_mail_under_another_uidvalidity_is_faxed_once(office, number, id_):
    octets = unsigned(number, id_)
    office.bring(octets, noted=f"{number}@fax.example.com")
    office.settled(id_, "Faxed")
    office.running.stop()
    with office.imap.client("fax") as client:
        before = client.folder_status("INBOX", ["UIDVALIDITY"])[b"UIDVALIDITY"]
    for control in (office.imap.folder / "mail" / "fax").glob("dovecot*"):
        control.unlink()
    office.bring(octets, noted=f"{number}@fax.example.com")
    office.bring(RECEIVED.encode() + octets, noted=f"{number}@fax.example.com")
    with office.imap.client("fax") as client:
        assert client.folder_status("INBOX", ["UIDVALIDITY"])[b"UIDVALIDITY"] != before
    office.serve()
    office.settled(id_, "Faxed")
    assert len(office.jobs(number)) == 1


def test_the_doctor_logs_in_and_misses_no_listener(office):
    config = configuration.load(office.running.config)
    [found] = examine._mailbox(config)
    assert found.good
    assert "takes our login" in found.remark
    assert list(examine._listener(config)) == []
