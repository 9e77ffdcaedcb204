"""What proofs are made of: the DNS, signatures, results, PINs, what is cut out of a mail."""

import datetime
import email.utils

import pytest

from mailfax import errors
from mailfax.mail import (
    header,
    logins,
    proof_dkim,
    proof_dns,
    proof_pgp,
    proof_pin,
    proof_results,
    proof_signed,
    proof_spf,
)
from mailfax.store import replays
from tests.mail import nameserver, rig, signing

NOW = datetime.datetime.now(datetime.UTC)
"""When the tests were collected: what they sign themselves is up to ten minutes younger."""


def now():
    return datetime.datetime.now(datetime.UTC)


@pytest.fixture(scope="module")
def server():
    with nameserver.Nameserver() as found:
        found.txt("s._domainkey.clinic.example", signing.record())
        yield found


@pytest.fixture
def resolver(server):
    return proof_dns.Resolver([server.place], 1)


# ── The DNS ────────────────────────────────────────────────────────────────────────────


def test_no_such_name_and_no_such_record_are_answers(server, resolver):
    server.txt("here.example", "x")
    assert resolver.texts("nowhere.example") == resolver.records("here.example", "MX") == []
    assert resolver.texts("here.example") == [b"x"]


@pytest.mark.parametrize("trouble", [nameserver.SILENCE, nameserver.BROKEN])
def test_a_server_that_is_silent_or_broken_is_trouble(server, resolver, trouble):
    server.records["trouble.example", "TXT"] = trouble
    with pytest.raises(errors.Temporary, match=r"no answer for trouble\.example"):
        resolver.texts("trouble.example")


def test_an_answer_that_is_too_long_for_a_datagram_comes_over_tcp(server, resolver):
    server.txt("long.example", "x" * 3000)
    assert resolver.texts("long.example") == [b"x" * 3000]


def test_an_answer_is_kept(server, resolver):
    server.txt("kept.example", "x")
    for _ in range(3):
        resolver.texts("KEPT.example")
    assert server.asked.count(("kept.example", "TXT")) == 1


@pytest.mark.parametrize(
    "name", ["a" * 64 + ".example", "a..b", ".", "", "\udcff.example", "x" * 300]
)
def test_what_cannot_be_a_name_has_no_records(resolver, name):
    assert resolver.texts(name) == []


# ── Signatures ─────────────────────────────────────────────────────────────────────────


def test_a_signature_is_the_same_to_the_store_however_its_numbers_are_written(resolver):
    made = signing.by_hand(signing.mail(), {})
    (first,) = proof_dkim.signatures(made, resolver, now())
    (again,) = proof_dkim.signatures(signing.with_modulus(made), resolver, now())
    (other,) = proof_dkim.signatures(signing.by_hand(signing.mail(id_="2"), {}), resolver, now())
    assert again.digest == first.digest != other.digest


def test_blanks_by_the_million_cost_no_more_than_other_octets(resolver):
    short, long = b" x\r\n" * 20_000, (b" " * 990 + b"x\r\n") * 20_000
    made = signing.by_hand(signing.mail(body=short.decode()), {})
    assert len(proof_dkim.signatures(made.replace(short, long), resolver, now())) == 1
    hostile = b"DKIM-Signature: v=1; b=" + b" \r\n\t" * 20_000 + b"x\r\n" + signing.mail()
    assert proof_dkim.signatures(hostile, resolver, now()) == ()


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b";;;",
        b"a",
        b"v=1",
        b"v=1; a=rsa-sha256; h=from; d=\xff; s=s; b=A; bh=A",
        b"=" * 9000,
        b"v=1; a=rsa-sha256; a=rsa-sha256",
        b"v=1; a=rsa-sha256; h=from; d=x; s=s; b=AAA=; bh=AAAA; x=never",
    ],
)
def test_a_field_that_is_none_counts_for_nothing(resolver, value):
    made = b"DKIM-Signature: " + value + b"\r\n" + signing.mail()
    assert proof_dkim.signatures(made, resolver, now()) == ()


def test_only_the_first_five_signatures_are_looked_at(server, resolver):
    fields = b"".join(
        signing.by_hand(signing.mail(), {"s": f"n{place}"}).partition(b"From:")[0]
        for place in range(7)
    )
    proof_dkim.signatures(fields + signing.mail(), resolver, now())
    assert {name for name, _ in server.asked if name.startswith("n")} >= {
        "n0._domainkey.clinic.example"
    }
    assert not [name for name, _ in server.asked if name.startswith(("n5", "n6"))]


@pytest.mark.parametrize(
    "record", ["v=spf1 exists:%{i}.%{", "v=spf1 " + "a " * 40, "v=spf1 ip4:x", "v=spf1"]
)
def test_a_broken_spf_record_passes_nobody(server, resolver, record):
    server.txt("broken.example", record)
    resolver = proof_dns.Resolver([server.place], 1)
    assert (
        proof_spf.check(resolver, "192.0.2.1", "a@broken.example", "h") is not proof_spf.Result.PASS
    )


@pytest.mark.parametrize(
    ("tags", "date", "count"),
    [
        ({"t": str(int(NOW.timestamp()) - 29 * 86400)}, NOW, 1),
        ({"t": str(int(NOW.timestamp()) - 31 * 86400)}, NOW, 0),
        ({"t": None}, NOW, 1),
        ({"t": None}, NOW - datetime.timedelta(days=31), 0),
        ({"t": None, "h": "from:to"}, NOW, 0),
    ],
)
def test_a_signature_counts_for_as_long_as_the_ledger_remembers_it(resolver, tags, date, count):
    octets = signing.mail(date=email.utils.format_datetime(date))
    assert len(proof_dkim.signatures(signing.by_hand(octets, tags), resolver, now())) == count
    assert proof_dkim.OLDEST.total_seconds() <= replays.ONCE


def test_keys_that_are_over_and_signatures_of_last_year_count_for_nothing(tmp_path):
    old = signing.Gpg(tmp_path / "old", expires="1y", at="20200101T000000!")
    (tmp_path / "ann@clinic.example.asc").write_bytes(old.public())
    assert proof_pgp.verify(old.signed(), "ann@clinic.example", tmp_path, now()) is None
    lasting = signing.Gpg(tmp_path / "lasting", at="20200101T000000!")
    (tmp_path / "ann@clinic.example.asc").write_bytes(lasting.public())
    made = lasting.signed()
    assert proof_pgp.verify(made, "ann@clinic.example", tmp_path, now()) is None
    then = datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC)
    assert proof_pgp.verify(made, "ann@clinic.example", tmp_path, then)
    for one in (old, lasting):
        one.close()


# ── Authentication-Results ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "dkim", "spf", "dmarc"),
    [
        ("mx.example; dkim=pass header.d=a.example", {"a.example"}, "", ""),
        ("mx.example; dkim=pass header.i=@a.example", {"a.example"}, "", ""),
        ("mx.example; dkim=fail header.d=a.example", set(), "", ""),
        ("mx.example; spf=pass smtp.mailfrom=x@a.example", set(), "a.example", ""),
        (
            "mx.example; dmarc=pass (p=none; dmarc=fail) header.from=a.example",
            set(),
            "",
            "a.example",
        ),
        ('mx.example; dkim=none reason="; dmarc=pass header.from=a.example"', set(), "", ""),
        ("mx.example; none", set(), "", ""),
    ],
)
def test_results_are_what_passed(value, dkim, spf, dmarc):
    found = proof_results.read(value)
    assert (found.dkim, found.spf, found.dmarc) == (dkim, spf, dmarc)


@pytest.mark.parametrize(
    "value", ["", ";", "mx.example; dkim=pass (", "x" * 5000, "mx.example; dkim", "\x00"]
)
def test_results_that_cannot_be_read_say_nothing(value):
    found = proof_results.read(value)
    assert found is None or not (found.dkim or found.spf or found.dmarc)


@pytest.mark.parametrize(
    "field",
    [
        "fax.example; x",
        "FAX.example;x",
        '"fax.example"; x',
        "(a (b)) fax.example 1; x",
        "\r\n fax.example; x",
        "fax.example",
    ],
)
def test_what_claims_to_be_ours_is_taken_out_however_it_is_written(field):
    section = f"A: 1\r\nauthentication-RESULTS : {field}\r\nB: 2\r\n".encode()
    assert proof_results.without(section, "fax.example") == b"A: 1\r\nB: 2\r\n"


def test_what_is_others_stays():
    section = (
        b"Authentication-Results: mx.example; x\r\nX-Authentication-Results: fax.example; x\r\n"
    )
    assert proof_results.without(section, "fax.example") == section


# ── PINs ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("subject", "pin", "left"),
    [
        ("[pin 814725] Results", "814725", "Results"),
        ("Results [PIN:814725]", "814725", "Results"),
        ("Re: [ Pin = a-b.c ] x", "a-b.c", "Re: x"),
        ("pin 814725", "", "pin 814725"),
        ("[pin] x", "", "[pin] x"),
        ("[pinned 814725]", "", "[pinned 814725]"),
        ("[pin 111111] [pin 222222] x", "", "x"),
    ],
)
def test_a_pin_stands_in_brackets_once(subject, pin, left):
    assert (proof_pin.given(subject), proof_pin.taken_out(subject)) == (pin, left)


def test_a_header_without_a_pin_stays_as_it_came():
    section = b"From: a\r\nSubject: =?utf-8?q?x?=\r\n  folded\r\nTo: b\r\n"
    assert proof_pin.cleaned(section) == section


def test_a_hash_is_compared_as_one_and_a_pin_as_it_is():
    import argon2

    hashed = argon2.PasswordHasher(time_cost=1, memory_cost=8192).hash("814725")
    assert proof_pin.right(hashed, "814725")
    assert proof_pin.right("814725", "814725")
    assert not proof_pin.right(hashed, "814726")
    assert not proof_pin.right("814725", hashed)


# ── What was signed ────────────────────────────────────────────────────────────────────


def test_what_is_verified_is_what_stands_in_the_first_part():
    found = proof_signed.smime(signing.smime())
    assert found.content == b"Content-Type: text/plain\r\n\r\nDear lab,\r\nyes.\r\n"


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        signing.mail(),
        b"Content-Type: multipart/signed\r\n\r\nx",
        b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--",
    ],
)
def test_a_mail_that_is_not_signed_has_nothing_to_verify(octets):
    assert proof_signed.smime(octets) is proof_signed.pgp(octets) is None


# ── Logins ─────────────────────────────────────────────────────────────────────────────


def test_aut_15_a_name_in_auth_gives_nobody_a_login(tmp_path):
    with rig.serving(tmp_path) as service, rig.Client(service.place) as client:
        assert client.say("MAIL FROM:<a@b.example> AUTH=<>")[0] == 250
        assert client.say("RSET")[0] == 250
        assert client.say("MAIL FROM:<a@b.example> AUTH=a@b.example")[0] == 250
        assert client.say(f"RCPT TO:<{rig.NUMBER}>")[0] == 250
        assert service.admissions[-1].login is None


def test_aut_16_a_wrong_name_and_a_wrong_password_are_one_answer():
    import argon2

    found = logins.Logins({"ann": argon2.PasswordHasher(time_cost=1, memory_cost=8192).hash("x")})
    assert not found.verify("ann", "y")
    assert not found.verify("bob", "x")


def test_aut_16_in_the_clear_there_is_no_hint_that_there_are_logins(tmp_path):
    import argon2

    hashed = argon2.PasswordHasher(time_cost=1, memory_cost=8192).hash("x")
    with (
        rig.serving(tmp_path, logins={"ann": hashed}) as service,
        rig.Client(service.place) as client,
    ):
        assert "AUTH" not in client.ehlo[1]
        assert client.say("AUTH PLAIN AGFubgB4") == client.say("AUTH PLAIN AGJvYgB5")


def test_a_certificate_logs_in_who_stands_in_it():
    both = frozenset({"ann@x.example", "bob@x.example", "host.example"})
    assert logins.certified("Ann@x.example", both) == "Ann@x.example"
    assert logins.certified("eve@x.example", both) == ""
    assert logins.certified("", both) == ""
    assert logins.certified("", frozenset({"ann@x.example", "host.example"})) == "ann@x.example"
    assert logins.certified("host.example", both) == ""


def test_the_numbers_of_a_mail_are_those_in_to_and_cc_that_are_signed():
    section, _ = header.split(signing.mail(more="Cc: b@x.example\r\n"), 0, 10_000)
    assert list(proof_dkim.named(section, frozenset({"to"}))) == [
        f"{signing.NUMBER}@fax.example.com"
    ]
    assert list(proof_dkim.named(section, frozenset({"cc"}))) == ["b@x.example"]
    twice, _ = header.split(b"To: a@x.example\r\n" + section.raw, 0, 10_000)
    assert list(proof_dkim.named(twice, frozenset({"to"}))) == []
