"""The way in: who is faxed to, and that nothing comes of a thousand mails of machines."""

from typing import NamedTuple

import pytest

from mailfax import config, errors
from mailfax.mail import forward, listener, receipt
from mailfax.service import accepting, listening
from mailfax.store import ledger
from tests.mail import facts, rig, test_forward
from tests.mail.facts import Kind

CONFIG = """\
version = 1
domains = ["fax.example"]
rules = "rules.toml"
store = "sqlite:mailfax.db"
documents = "documents"
[listener]
listen = ["127.0.0.1:0"]
[smarthost]
host = "mail.example.com"
postmaster = "p@example.com"
[providers.main]
kind = "faxage"
username = "x"
company = "x"
password = { file = "secret" }
"""
RULES = """\
version = 1
defaults = { country = "US", provider = ["main"] }
send = [{ from = "@b.example", proof = "network:here" }, { action = "reject" }]
receive = [{ deliver = "ann@b.example" }]
[groups.here]
networks = ["127.0.0.0/8"]
"""
HEAD = b"From: ann@b.example\r\nSubject: away\r\n"


def marked(*fields):
    return HEAD + "".join(f"{field}\r\n" for field in fields).encode() + b"\r\nHello\r\n"


MACHINES = {
    "our receipt": receipt.build(facts.notice(facts.entry(Kind.FAILED))),
    "a fax that came in": forward.build(test_forward.letter()),
    "out of office": marked("Auto-Submitted: auto-replied"),
    "an old vacation program": marked("X-Autoreply: yes"),
    "a bounce": marked("Content-Type: multipart/report; report-type=delivery-status; boundary=b"),
    "a read receipt": marked(
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b"
    ),
    "list mail": marked("List-Id: <people.example>"),
    "bulk mail": marked("Precedence: bulk"),
    "a mail system": marked().replace(b"ann@", b"MAILER-DAEMON@"),
}


class Way(NamedTuple):
    place: tuple[str, int]
    book: ledger.Ledger


@pytest.fixture(scope="module")
def way_in(tmp_path_factory):
    """The way in with its ledger, in this process; anybody here may fax."""
    folder = tmp_path_factory.mktemp("loops")
    for name, text in {"mailfax.toml": CONFIG, "rules.toml": RULES, "secret": "x"}.items():
        (folder / name).write_text(text, encoding="utf-8")
    loaded = config.load(folder / "mailfax.toml")
    role = accepting.Accepting(loaded)
    asked = role.intake.admit, role.intake.accept, role.intake.ready
    server = listener.Listener(listening.settings(loaded), *asked, role.folder.spool)
    role.start()
    server.start()
    yield Way(server.addresses[0], role.ledger)
    server.stop()
    role.stop()


def written(book):
    """How many jobs and outgoing mails are in the ledger."""
    return len(book.faxes.list(limit=10)) + len(book.deliveries.claim(10, 0.1, "test"))


def replies(place, octets, times):
    """What this mail is told each time it comes."""
    with rig.Client(place) as client:
        for _ in range(times):
            client.send(f"MAIL FROM:<ann@b.example>\r\nRCPT TO:<{rig.NUMBER}>\r\nDATA\r\n")
            client.send(octets.replace(b"\r\n.", b"\r\n..") + b".\r\n")
            assert [client.reply()[0] for _ in range(3)] == [250, 250, 354]
            yield client.reply()


def test_loop_02_loop_11_a_thousand_mails_of_machines_are_neither_faxed_nor_answered(
    way_in,
):
    for times in (100, 12):  # a session ends after a hundred refusals
        for octets in MACHINES.values():
            found = set(replies(way_in.place, octets, times))
            [(code, text)] = found
            assert (code, text[:27]) == (550, "5.7.1 Automatic mail is not")
    assert written(way_in.book) == 0


def test_loop_06_nothing_without_a_sender_is_faxed_and_for_the_postmaster_it_is_taken(way_in):
    with rig.Client(way_in.place) as client:
        client.say("MAIL FROM:<>")
        assert client.say(f"RCPT TO:<{rig.NUMBER}>") == (
            550, "5.7.1 Automatic mail is not faxed: bounces are not faxed",
        )  # fmt: skip
        assert client.say("RCPT TO:<postmaster@fax.example>")[0] == 250
    assert written(way_in.book) == 0


def test_adr_12_adr_15_each_number_and_subaddress_of_the_envelope_is_one_fax(way_in):
    before = written(way_in.book)
    with rig.Client(way_in.place) as client:
        wanted = [rig.NUMBER, f"FAX={rig.NUMBER}", "FAX=+12025550123/T33S=7@fax.example"]
        listed = b"To: +12025550177@fax.example, +12025550178@fax.example\r\n"
        assert client.mail(listed + HEAD + b"\r\nHello\r\n", *wanted)[0] == 250
    jobs = way_in.book.faxes.list(limit=10)
    found = {(str(job.recipient.number), job.recipient.subaddress) for job in jobs}
    assert found == {("+12025550123", None), ("+12025550123", "7")}
    assert written(way_in.book) - before == len(jobs) == 2


def test_a_socket_for_lmtp_and_the_networks_of_proxies_can_be_set(tmp_path):
    more = '[listener]\nlmtp = "lmtp.sock"\nproxy = ["10.0.0.0/8", "2001:db8::/32"]'
    text = CONFIG.replace("[listener]", more)
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    (tmp_path / "mailfax.toml").write_text(text, encoding="utf-8")
    found = listening.settings(config.load(tmp_path / "mailfax.toml"))
    assert found.lmtp == tmp_path / "lmtp.sock"
    assert [str(network) for network in found.proxies] == ["10.0.0.0/8", "2001:db8::/32"]
    (tmp_path / "mailfax.toml").write_text(text.replace("10.0.0.0/8", "lan"), encoding="utf-8")
    with pytest.raises(errors.Invalid, match="must be a network"):
        config.load(tmp_path / "mailfax.toml")


def test_loop_05_a_mail_that_has_passed_a_hundred_servers_is_refused(way_in):
    trace = b"Received: from a by b; Fri, 20 Nov 2026 10:00:00 +0000\r\n"
    [(code, text)] = replies(way_in.place, trace * 101 + marked(), 1)
    assert (code, text[:5]) == (554, "5.4.6")
