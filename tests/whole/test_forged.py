"""Sixty ways to fax at somebody else's cost, over real SMTP: no job, no request to a provider."""

import re
import smtplib
import ssl

import pytest
import trustme

from mailfax.demo import stage
from tests.mail import signing
from tests.whole import gate
from tests.whole.gate import SENDER, UPSTREAM, mail

pytestmark = pytest.mark.xdist_group("gate")

ANN, EVE = "ann@clinic.example", "eve@evil.example"
PASSED = "dmarc=pass header.from=clinic.example; dkim=pass header.d=clinic.example"
OURS = f"Authentication-Results: fax.example.com; {PASSED}\r\n"
THEIRS = f"Authentication-Results: mx.example.com; {PASSED}\r\n"


@pytest.fixture(scope="module")
def open_gate(tmp_path_factory):
    with gate.opened(tmp_path_factory.mktemp("gate")) as found:
        yield found


def signed(word, id_="1", **how):
    return signing.signed(mail(word, id_=id_), **how)


def appended(octets):
    return octets + b"P.S. and to my cousin, please.\r\n"


def two_authors(octets):
    return b"From: ann@clinic.example\r\n" + octets


def wrapped(octets):
    """A part of a stranger's beside what Ann signed."""
    inner = octets.partition(b"\r\n\r\n")[2]
    label = b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=b'
    return (
        signing.HEAD.encode()
        + b"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n\r\nPay me.\r\n"
        b"--o\r\n" + label + b"\r\n\r\n" + inner + b"\r\n--o--\r\n"
    )


def third(octets):
    """One part more inside multipart/signed."""
    return octets.replace(b"--b--\r\n", b"--b\r\n\r\nPay me.\r\n--b--\r\n")


def to(word, octets):
    """A signed MIME mail whose To names the number of `word`."""
    return octets.replace(
        f"{signing.NUMBER}@fax.example.com".encode(), gate.recipient(word).encode()
    )


FORGED = {
    # Whoever may write anything into the header.
    "From alone, where a login is asked for": ("login", lambda _: mail("login"), {}),
    "From alone, where DKIM is asked for": ("dkim", lambda _: mail("dkim"), {}),
    "From alone, where DMARC is asked for": ("dmarc", lambda _: mail("dmarc"), {}),
    "From alone, where SPF is asked for": ("spf", lambda _: mail("spf"), {}),
    "From alone, from outside the network": ("network", lambda _: mail("network"), {}),
    "From alone, where any of several proofs would do": ("several", lambda _: mail("several"), {}),
    "two From lines": ("header", lambda _: two_authors(mail("header")), {}),
    "two addresses in From": (
        "header",
        lambda _: mail("header", "ann@clinic.example>, <eve@evil.example"),
        {},
    ),
    "our own results": ("dmarc", lambda _: mail("dmarc", more=OURS), {}),
    "the trusted server's results, not from it": (
        "dmarc",
        lambda _: mail("dmarc", more=THEIRS),
        {},
    ),
    "the trusted server's results below its own": (
        "dmarc",
        lambda _: mail("dmarc", more="Authentication-Results: mx.example.com; none\r\n" + THEIRS),
        {"client": UPSTREAM},
    ),
    "a stranger's results from the trusted server": (
        "dkim",
        lambda _: mail("dkim", more=THEIRS.replace("mx.example", "mx.evil")),
        {"client": UPSTREAM},
    ),
    "results hidden in a comment": (
        "dmarc",
        lambda _: mail(
            "dmarc",
            more=f"Authentication-Results: mx.example.com; none (; {PASSED})\r\n",
        ),
        {"client": UPSTREAM},
    ),
    # Envelope.
    "a stranger's envelope, allowed by SPF": ("spf", lambda _: mail("spf"), {"mail_from": EVE}),
    "DMARC by SPF for another domain": ("dmarc", lambda _: mail("dmarc"), {"mail_from": EVE}),
    "softfail": (
        "spf",
        lambda _: mail("spf", "ann@sub.clinic.example"),
        {"mail_from": "ann@sub.clinic.example"},
    ),
    # Logins and certificates.
    "a login of somebody else's": (
        "login",
        lambda _: mail("login", "chief@clinic.example"),
        {"login": (stage.SENDER, stage.PASSWORD), "mail_from": "chief@clinic.example"},
    ),
    "TLS without a certificate": ("certificate", lambda _: mail("certificate"), {"tls": True}),
    "the certificate of another person": (
        "certificate",
        lambda _: mail("certificate"),
        {"certificate": ("bob@clinic.example",)},
    ),
    "the certificate of another machine": (
        "scanner",
        lambda _: mail("scanner"),
        {"certificate": ("printer.example",)},
    ),
    # DKIM.
    "a signature of another domain": (
        "dkim",
        lambda _: signed("dkim", domain="evil.example", name="evil"),
        {},
    ),
    "a signature of another domain, DMARC": (
        "dmarc",
        lambda _: signed("dmarc", domain="evil.example", name="evil"),
        {},
    ),
    "a key that is not the domain's": ("dkim", lambda _: signed("dkim", name="evil"), {}),
    "a changed body": ("dkim", lambda _: signed("dkim").replace(b"yes", b"no!"), {}),
    "a changed subject": ("dkim", lambda _: signed("dkim").replace(b"Results", b"Resulta"), {}),
    "a length, and more behind it": ("dkim", lambda _: appended(signed("dkim", length=True)), {}),
    "a length, and nothing behind it": ("dkim", lambda _: signed("dkim", length=True), {}),
    "SHA-1": ("dkim", lambda _: signed("dkim", algorithm=b"rsa-sha1"), {}),
    "a key of 1000 bits": (
        "dkim",
        lambda _: signed("dkim", selector="short", name="short", bits=1000),
        {},
    ),
    "a key in test mode": ("dkim", lambda _: signed("dkim", selector="test"), {}),
    "a key for SHA-1 only": ("dkim", lambda _: signed("dkim", selector="sha1"), {}),
    "a key that was taken back": ("dkim", lambda _: signed("dkim", selector="gone"), {}),
    "two keys under one name": ("dkim", lambda _: signed("dkim", selector="two"), {}),
    "a key for the domain itself, used below it": (
        "dkim",
        lambda _: signed("dkim", selector="tied", identity=b"@sub.clinic.example"),
        {},
    ),
    "a signature that has expired": (
        "dkim",
        lambda _: signing.by_hand(mail("dkim"), {"x": "1700000000"}),
        {},
    ),
    "a signature from the future": (
        "dkim",
        lambda _: signing.by_hand(mail("dkim"), {"t": "4000000000"}),
        {},
    ),
    "a signature of last year": (
        "dkim",
        lambda _: signing.by_hand(mail("dkim"), {"t": "1700000000"}),
        {},
    ),
    "a signature that leaves From out": (
        "dkim",
        lambda _: signing.by_hand(mail("dkim"), {"h": "to:subject:date:message-id"}),
        {},
    ),
    "a signature that leaves To out": (
        "dkim",
        lambda _: signed("dkim", headers=(b"from", b"subject")),
        {},
    ),
    "a mail that was signed for somebody else": (
        "dkim",
        lambda _: signing.signed(mail("dmarc")),
        {},
    ),
    "the domain above, where the very domain is asked for": (
        "strict",
        lambda _: signing.signed(mail("strict", "ann@sub.clinic.example")),
        {"mail_from": "ann@sub.clinic.example"},
    ),
    "the author's own domain, where a mailer is asked for": (
        "named",
        lambda _: signed("named"),
        {},
    ),
    # ARC.
    "a chain of nobody's": (
        "arc",
        lambda _: signing.sealed(mail("arc"), "evil.example", name="evil"),
        {},
    ),
    "a broken chain": ("arc", lambda _: signing.sealed(mail("arc")).replace(b"yes", b"no!"), {}),
    "a chain that found a failure": (
        "arc",
        lambda _: signing.sealed(mail("arc"), results="dmarc=fail header.from=clinic.example"),
        {},
    ),
    "a chain about another author": (
        "arc",
        lambda _: signing.sealed(mail("arc"), results="dmarc=pass header.from=evil.example"),
        {},
    ),
    # Signatures of persons.
    "S/MIME of another person": (
        "smime",
        lambda _: to("smime", signing.smime(signing.person("bob@clinic.example"))),
        {},
    ),
    "S/MIME by another root": (
        "smime",
        lambda _: to("smime", signing.smime(signing.person(root="evil"))),
        {},
    ),
    "S/MIME that has expired": (
        "smime",
        lambda _: to("smime", signing.smime(signing.person(days=-1))),
        {},
    ),
    "S/MIME over other words": (
        "smime",
        lambda _: to("smime", signing.smime()).replace(b"yes", b"no!"),
        {},
    ),
    "S/MIME beside a stranger's part": (
        "smime",
        lambda _: to("smime", wrapped(signing.smime())),
        {},
    ),
    "S/MIME with a part more": ("smime", lambda _: to("smime", third(signing.smime())), {}),
    "S/MIME with SHA-1": (
        "smime",
        lambda g: to("smime", signing.smime_with("sha1", g.stage.folder)),
        {},
    ),
    "OpenPGP over other words": (
        "pgp",
        lambda g: to("pgp", g.gpg.signed()).replace(b"yes", b"no!"),
        {},
    ),
    "OpenPGP in the name of somebody without a key": (
        "pgp",
        lambda g: to("pgp", g.gpg.signed()).replace(b"ann@", b"bob@"),
        {},
    ),
    "OpenPGP with words around it": (
        "pgp",
        lambda g: to("pgp", g.gpg.clear()).replace(
            b"\r\n\r\n-----BEGIN PGP SIGNED", b"\r\n\r\nPay me.\r\n-----BEGIN PGP SIGNED"
        ),
        {},
    ),
    # PINs.
    "no PIN": ("pin", lambda _: mail("pin"), {}),
    "the wrong PIN": ("pin", lambda _: mail("pin", subject="[pin 000000] x"), {}),
    "the PIN of somebody else": (
        "pin",
        lambda _: mail("pin", "bob@clinic.example", subject=f"[pin {gate.PIN}] x"),
        {},
    ),
    "two PINs at a time": (
        "pin",
        lambda _: mail("pin", subject=f"[pin 000001] [pin {gate.PIN}]"),
        {},
    ),
    "the PIN, without the other proof": (
        "both",
        lambda _: mail("both", subject=f"[pin {gate.PIN}]"),
        {},
    ),
    "the other proof, without the PIN": ("both", lambda _: mail("both"), {"client": SENDER}),
}


def test_forged_mail_makes_no_job_and_no_request_however_it_is_forged(open_gate, subtests):
    before = (
        len(open_gate.jobs()),
        len(open_gate.stage.faxes()),
        len(gate.requests(open_gate.stage)),
    )
    assert len(FORGED) >= 40
    for name, (word, made, how) in FORGED.items():
        with subtests.test(name):
            code, text = open_gate.send(made(open_gate), word, **how)
            assert 550 <= code < 560, text
    after = len(open_gate.jobs()), len(open_gate.stage.faxes()), len(gate.requests(open_gate.stage))
    assert after == before


PROVEN = {
    "a login": ("login", lambda _: mail("login"), {"login": (stage.SENDER, stage.PASSWORD)}),
    "a network": ("network", lambda _: mail("network"), {"client": gate.LAN}),
    "belief in the header": ("header", lambda _: mail("header"), {}),
    "SPF": ("spf", lambda _: mail("spf"), {"client": SENDER}),
    "DKIM": ("dkim", lambda _: signed("dkim"), {}),
    "DKIM of the domain below": (
        "dkim",
        lambda _: signed("dkim", domain="sub.clinic.example"),
        {},
    ),
    "DKIM in its simple form": (
        "dkim",
        lambda _: signed("dkim", canonical=(b"simple", b"simple"), id_="simple"),
        {},
    ),
    "DKIM with Ed25519": ("dkim", lambda _: signing.by_edwards(mail("dkim", id_="ed")), {}),
    "DKIM of the very domain": ("strict", lambda _: signed("strict"), {}),
    "DKIM of a named mailer": (
        "named",
        lambda _: signed("named", domain="mailer.example", name="mailer"),
        {},
    ),
    "DMARC by a signature": ("dmarc", lambda _: signed("dmarc"), {}),
    "DMARC by SPF": ("dmarc", lambda _: mail("dmarc"), {"client": SENDER}),
    "DMARC by SPF, though a key cannot be had": (
        "dmarc",
        lambda _: signed("dmarc", selector="down"),
        {"client": SENDER},
    ),
    "DMARC by a signature that was forwarded": (
        "dmarc",
        lambda _: signing.signed(mail("dmarc", id_="fw")),
        {"mail_from": EVE},
    ),
    "the trusted server's results": (
        "dmarc",
        lambda _: mail("dmarc", more=THEIRS),
        {"client": UPSTREAM},
    ),
    "a chain of a trusted sealer": ("arc", lambda _: signing.sealed(mail("arc")), {}),
    "S/MIME": ("smime", lambda _: to("smime", signing.smime()), {}),
    "S/MIME, opaque": (
        "smime",
        lambda _: to("smime", signing.smime(opaque=True, text="Opaque.\r\n")),
        {},
    ),
    "OpenPGP": ("pgp", lambda g: to("pgp", g.gpg.signed()), {}),
    "OpenPGP in the text": ("pgp", lambda g: to("pgp", g.gpg.clear()), {}),
    "a PIN": ("pin", lambda _: mail("pin", subject=f"Results [pin {gate.PIN}]"), {}),
    "a PIN of an office": (
        "desk",
        lambda _: mail("desk", subject=f"[PIN:{gate.DESK}] Results"),
        {},
    ),
    "a person's certificate": (
        "certificate",
        lambda _: mail("certificate"),
        {"certificate": (ANN,)},
    ),
    "a machine's certificate": (
        "scanner",
        lambda _: mail("scanner"),
        {"certificate": ("scanner.example",)},
    ),
    "two proofs together": (
        "both",
        lambda _: mail("both", subject=f"[pin {gate.PIN}]"),
        {"client": SENDER},
    ),
    "one of several proofs": (
        "several",
        lambda _: mail("several", subject=f"[pin {gate.PIN}]"),
        {},
    ),
}


def test_every_proof_lets_its_own_mail_through_and_is_kept_with_it(open_gate, subtests):
    before = len(open_gate.jobs())
    for name, (word, made, how) in PROVEN.items():
        with subtests.test(name):
            code, text = open_gate.send(made(open_gate), word, **how)
            assert code == 250, text
    assert len(open_gate.jobs()) == before + len(PROVEN)


# ── What a proof that cannot be had leads to ───────────────────────────────────────────


@pytest.mark.parametrize("selector", ["down", "quiet"])
def test_aut_08_trouble_with_the_dns_is_a_4xx_and_never_a_no(open_gate, selector):
    code, text = open_gate.send(signed("dkim", selector=selector), "dkim")
    assert (code, text[:5]) == (451, "4.7.5")
    assert "proof dkim: dkim could not be found out" in text


def test_aut_05_trouble_with_an_spf_record_has_its_own_code(open_gate):
    lost = "ann@lost.clinic.example"
    code, text = open_gate.send(mail("spf", lost), "spf", mail_from=lost)
    assert (code, text[:6]) == (451, "4.7.24")


def test_nothing_is_looked_for_that_no_rule_asks_for(open_gate):
    before = len(open_gate.dns.asked)
    made = signing.signed(mail("login", id_="lazy"), selector="never-asked")
    login = (stage.SENDER, stage.PASSWORD)
    assert open_gate.send(made, "login", login=login)[0] == 250
    made = signing.signed(mail("several", id_="lazy"), selector="never-asked")
    assert open_gate.send(made, "several", login=login)[0] == 250
    assert len(open_gate.dns.asked) == before


# ── Row by row: authentication and authorisation ───────────────────────────────────────


def refused(open_gate, *names):
    for name in names:
        word, made, how = FORGED[name]
        assert open_gate.send(made(open_gate), word, **how)[0] == 550, name


def let_in(open_gate, *names):
    for name in names:
        word, made, how = PROVEN[name]
        assert open_gate.send(made(open_gate), word, **how)[0] == 250, name


def test_aut_01_a_stranger_is_refused_before_anything_costs_money(open_gate):
    before = len(open_gate.jobs())
    code, text = open_gate.send(mail("login", EVE), "login", mail_from=EVE)
    assert (code, text[:5]) == (550, "5.7.1")
    assert len(open_gate.jobs()) == before


def test_aut_02_from_or_envelope_alone_never_authorises(open_gate):
    refused(open_gate, *(name for name in FORGED if name.startswith("From alone")))


@pytest.mark.parametrize(
    ("domain", "code"),
    [("ten", 250), ("eleven", 550), ("two", 250), ("three", 550), ("loop", 550), ("twice", 550)],
)
def test_aut_04_an_spf_record_may_ask_ten_times_and_find_nothing_twice(open_gate, domain, code):
    author = f"ann@{domain}.clinic.example"
    made = mail("spf", author, id_=domain)
    assert open_gate.send(made, "spf", mail_from=author, client=SENDER)[0] == code


def test_aut_05_a_softfail_is_no_pass_and_refuses_nobody_who_proves_himself_otherwise(open_gate):
    refused(open_gate, "softfail")
    author = "ann@sub.clinic.example"
    made = signing.signed(mail("dmarc", author, id_="soft"))
    assert open_gate.send(made, "dmarc", mail_from=author)[0] == 250


def test_aut_06_rsa_and_ed25519_with_sha256_count_and_sha1_and_short_keys_do_not(open_gate):
    let_in(open_gate, "DKIM", "DKIM with Ed25519")
    refused(open_gate, "SHA-1", "a key of 1000 bits", "a key for SHA-1 only")


def test_aut_07_a_signature_over_a_part_of_the_body_counts_for_nothing(open_gate):
    refused(open_gate, "a length, and more behind it", "a length, and nothing behind it")


def test_aut_08_dmarc_takes_one_aligned_proof_for_the_one_author(open_gate):
    let_in(
        open_gate,
        "DMARC by a signature",
        "DMARC by SPF",
        "DMARC by SPF, though a key cannot be had",
    )
    refused(open_gate, "DMARC by SPF for another domain", "a signature of another domain, DMARC")


def test_aut_08_a_domain_without_a_policy_passes_nobody(open_gate):
    author = "ann@evil.example"
    made = signing.signed(mail("dmarc", author, id_="none"), "evil.example", name="evil")
    assert open_gate.send(made, "dmarc", mail_from=author)[0] == 550


def test_aut_09_a_mail_has_one_author(open_gate):
    refused(open_gate, "two From lines", "two addresses in From")
    nobody = mail("header").replace(b"From: Ann <ann@clinic.example>\r\n", b"")
    assert open_gate.send(nobody, "header")[0] == 550


def test_aut_10_only_the_results_of_named_servers_count_and_only_from_them(open_gate):
    let_in(open_gate, "the trusted server's results")
    refused(open_gate, *(name for name in FORGED if "results" in name))


def test_aut_11_a_chain_counts_from_its_first_to_its_last_set_and_by_a_trusted_sealer(open_gate):
    let_in(open_gate, "a chain of a trusted sealer")
    refused(open_gate, *(name for name in FORGED if "chain" in name))
    torn = signing.sealed(mail("arc")).replace(b"ARC-Authentication-Results: i=1", b"X-Lost: i=1")
    assert open_gate.send(torn, "arc")[0] == 550


def test_aut_13_a_signature_of_a_person_authorises_and_a_broken_one_is_said(open_gate):
    let_in(open_gate, "S/MIME", "S/MIME, opaque", "OpenPGP", "OpenPGP in the text")
    refused(open_gate, *(name for name in FORGED if name.startswith(("S/MIME", "OpenPGP"))))


def test_aut_14_a_login_sends_as_its_own_addresses_alone(open_gate):
    let_in(open_gate, "a login")
    refused(open_gate, "a login of somebody else's")


def test_aut_17_a_client_with_a_certificate_may_log_in_with_it(open_gate):
    with smtplib.SMTP("127.0.0.1", open_gate.stage.port, timeout=60) as smtp:
        smtp.starttls(context=open_gate.context((ANN,)))
        smtp.ehlo("client.example")
        assert "EXTERNAL" in smtp.esmtp_features["auth"]
        assert smtp.docmd("AUTH", "EXTERNAL Ym9iQGNsaW5pYy5leGFtcGxl")[0] == 535  # bob
        assert smtp.docmd("AUTH", "EXTERNAL =")[0] == 235
        assert smtp.mail(ANN)[0] == smtp.rcpt(gate.recipient("login"))[0] == 250
        assert smtp.data(mail("login", id_="external"))[0] == 250
    assert open_gate.kept("login").proof.login == ANN


def test_aut_17_a_client_without_a_certificate_is_not_offered_to_log_in_with_one(open_gate):
    with smtplib.SMTP("127.0.0.1", open_gate.stage.port, timeout=60) as smtp:
        smtp.starttls(context=open_gate.context(None))
        smtp.ehlo("client.example")
        assert "EXTERNAL" not in smtp.esmtp_features["auth"]
        assert smtp.docmd("AUTH", "EXTERNAL =")[0] == 535


def test_a_certificate_of_an_unknown_authority_ends_the_connection(open_gate):
    context = open_gate.context((ANN,), trustme.CA())
    with smtplib.SMTP("127.0.0.1", open_gate.stage.port, timeout=60) as smtp:
        with pytest.raises((ssl.SSLError, OSError)):  # noqa: PT012 - TLS 1.3 tells it later
            smtp.starttls(context=context)
            smtp.ehlo("client.example")


# ── A signature pays for one fax ───────────────────────────────────────────────────────


def test_aut_03_a_signed_mail_that_comes_again_does_not_dial_twice(open_gate):
    made = signing.signed(mail("dkim", id_="replayed"))
    first = open_gate.send(made, "dkim")
    assert first[0] == 250
    before = len(open_gate.jobs())
    assert open_gate.send(made, "dkim") == first
    retried = (
        b"Received: from another.example by way.example; Fri, 02 Jan 2026 10:00:00 +0000\r\n" + made
    )
    assert open_gate.send(retried, "dkim", client=SENDER) == first
    code, text = open_gate.send(made, "dkim", mail_from=EVE)
    assert (code, text[:5]) == (550, "5.7.1")
    assert "was faxed to this number already" in text
    assert len(open_gate.jobs()) == before


def test_aut_03_a_reply_to_all_by_somebody_else_does_not_dial(open_gate):
    reply = mail("dkim", EVE, subject="Re: Results", id_="reply")
    assert open_gate.send(reply, "dkim", mail_from=EVE)[0] == 550
    assert (
        open_gate.send(signing.signed(reply, "evil.example", name="evil"), "dkim", mail_from=EVE)[0]
        == 550
    )


def test_a_mail_signed_for_two_numbers_goes_to_each_of_them_once(open_gate):
    both = f"{gate.recipient('dkim')}, {gate.recipient('dmarc')}"
    made = signing.signed(signing.mail(to=both, id_="two"))
    assert open_gate.send(made, "dkim")[0] == 250
    assert open_gate.send(made, "dmarc")[0] == 250
    assert open_gate.send(made, "dmarc", mail_from=EVE)[0] == 550


# ── Authentication-Results ─────────────────────────────────────────────────────────────


def test_aut_10_results_in_our_name_are_taken_out_and_ours_are_put_on_top(open_gate):
    forged = (
        'Authentication-Results: (a) "FAX.example.com" 1;\r\n dkim=pass header.d=evil.example\r\n'
        "Authentication-Results: other.example; none\r\n"
    )
    assert (
        open_gate.send(signing.signed(mail("dkim", id_="results", more=forged)), "dkim")[0] == 250
    )
    header = open_gate.kept("dkim").header.decode()
    own = "Authentication-Results: fax.example.com;\r\n\tdkim=pass header.d=clinic.example\r\n"
    assert header.index(own) < header.index("DKIM-Signature")
    assert "evil.example" not in header
    assert "Authentication-Results: other.example; none" in header


# ── PINs ───────────────────────────────────────────────────────────────────────────────


def test_a_pin_is_kept_nowhere(open_gate):
    subject = f"=?utf-8?q?Gr=C3=BC=C3=9Fe_[pin_{gate.PIN}]?= an alle"
    assert open_gate.send(mail("pin", subject=subject, id_="secret"), "pin")[0] == 250
    kept = open_gate.kept("pin")
    assert kept.subject == "Grüße an alle"
    assert gate.PIN not in kept.subject
    assert gate.PIN.encode() not in kept.header
    assert kept.proof.pin == {ANN}


def test_a_pin_is_locked_after_five_wrong_ones(open_gate):
    carl = "carl@clinic.example"

    def guess(pin):
        made = mail("pin", carl, subject=f"[pin {pin}] x", id_=f"guess-{pin}")
        return open_gate.send(made, "pin", mail_from=carl)[0]

    assert {guess(f"00000{place}") for place in range(5)} == {550}
    assert guess(gate.PIN) == 451


# ── Confirmation ───────────────────────────────────────────────────────────────────────


def answer(open_gate, asked, author, *, more=""):
    """What comes of a mail to the address that was mailed."""
    to_ = re.search(r"confirm\+[0-9a-f]+@[a-z.]+", asked.get_content())[0]
    made = signing.mail(author, to=to_, subject="yes", more=more, id_=f"yes-{len(more)}")
    return open_gate.send(made, "confirmed", mail_from=author, to=[to_])


def ask(open_gate, word, author, serial, **how):
    made = mail(word, author, id_=f"{author}-{serial}")
    return open_gate.send(made, word, mail_from=author, **how)


def test_a_fax_waits_until_its_author_confirms_it_himself(open_gate):
    dora = "dora@clinic.example"
    assert ask(open_gate, "confirmed", dora, 1)[0] == 250
    (job,) = open_gate.jobs("confirmed")
    assert (job.state, job.decision.confirm) == ("held", True)
    (asked,) = stage.wait_until(lambda: open_gate.asked(dora), 60, "the question")
    assert answer(open_gate, asked, EVE)[0] == 550
    assert answer(open_gate, asked, dora, more="Auto-Submitted: auto-replied\r\n")[0] == 550
    assert open_gate.jobs("confirmed")[0].state == "held"
    assert "confirm+" not in "".join(asked.get_all("From") + asked.get_all("Reply-To", []))
    assert answer(open_gate, asked, dora)[0] == 250
    assert open_gate.jobs("confirmed")[0].state != "held"
    assert answer(open_gate, asked, dora)[0] == 550


def test_forged_mail_makes_three_questions_to_one_author_a_day_and_no_other_mail(open_gate):
    victim = "victim@clinic.example"
    codes = [ask(open_gate, "confirmed", victim, serial)[0] for serial in range(6)]
    assert codes == [250, 250, 250, 450, 450, 450]
    stage.wait_until(lambda: len(open_gate.asked(victim)) == 3, 60, "three questions")
    assert [one["Subject"][:14] for one in open_gate.stage.mails() if one["To"] == victim] == [
        "Please confirm"
    ] * 3


def test_a_stranger_whom_the_rule_does_not_name_is_never_asked(open_gate):
    assert ask(open_gate, "confirmed", EVE, 1)[0] == 550
    made = mail("confirmed", id_="other envelope")
    assert open_gate.send(made, "confirmed", mail_from=EVE)[0] == 550


def test_who_proves_himself_otherwise_too_is_asked_only_the_first_time(open_gate):
    erna = "erna@clinic.example"
    assert ask(open_gate, "once", erna, 1, client=SENDER)[0] == 250
    assert open_gate.jobs("once")[0].state == "held"
    (asked,) = stage.wait_until(lambda: open_gate.asked(erna), 60, "the question")
    assert answer(open_gate, asked, erna)[0] == 250
    assert ask(open_gate, "once", erna, 2, client=SENDER)[0] == 250
    assert open_gate.jobs("once")[0].state != "held"
    assert ask(open_gate, "once", erna, 3)[0] == 550


# ── For people ─────────────────────────────────────────────────────────────────────────


def test_jobs_show_tells_what_was_shown(open_gate):
    assert open_gate.send(mail("spf", id_="shown"), "spf", client=SENDER)[0] == 250
    shown = open_gate.stage.command("jobs", "show", open_gate.jobs("spf")[0].id)
    assert shown["proof"] == ["spf clinic.example"]


def test_explain_looks_for_the_proofs_of_a_real_mail_as_the_listener_does(open_gate):
    file = open_gate.stage.folder / "mail.eml"
    file.write_bytes(signing.signed(mail("dmarc", id_="explained")))

    def explained(*words):
        return open_gate.stage.command(
            "rules", "explain", str(file), "--to", gate.recipient("dmarc").split("@")[0], *words
        )

    found = explained("--dns", "--peer", gate.STRANGER)
    assert found["decision"]["rule"] == "dmarc"
    assert "dkim clinic.example" in found["proof"]
    undecided = explained()
    assert undecided["decision"] is None
    assert {one["action"] for one in undecided["possible"]} == {"accept", "reject"}
