"""`[proof]`, `[dns]` and what `mailfax doctor` says of them."""

import datetime

import pytest

from mailfax import config, errors
from mailfax.cli import examine, rulebook, sketches
from mailfax.policy import decide, rules
from tests.mail import nameserver, signing

CONFIG = """\
version = 1
domains = ["fax.example.com"]
rules = "rules.toml"
[listener]
tls = { cert = "x", key = "x" }
LISTENER
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
send = [{ from = "@example.com", proof = [PROOFS] }, { action = "reject" }]
receive = [{ deliver = "a@example.com" }]
"""


def loaded(folder, more="", *, listener="", proofs='"login"'):
    (folder / "secret").write_text("814725", encoding="utf-8")
    (folder / "rules.toml").write_text(RULES.replace("PROOFS", proofs), encoding="utf-8")
    text = CONFIG.replace("LISTENER", listener) + more
    (folder / "mailfax.toml").write_text(text, encoding="utf-8")
    return config.load(folder / "mailfax.toml")


def test_all_of_it_can_be_set(tmp_path):
    found = loaded(
        tmp_path,
        '[proof]\nsmime_roots = "r.pem"\npgp_keys = "keys"\n'
        '[proof.pins]\n"Ann@example.com" = { file = "secret" }\ndesk = "$argon2id$v=19$x"\n'
        '[dns]\nservers = ["192.0.2.53", "[::1]:5353", "2001:db8::53"]\ntimeout = 2\n',
        listener='client_ca = "c.pem"\ntrusted_results = { "MX.example.com" = ["192.0.2.0/24"] }',
    )
    assert found.proof.smime_roots == tmp_path / "r.pem"
    assert found.proof.pins["ann@example.com"].reveal() == "814725"
    assert found.dns.servers == (("192.0.2.53", 53), ("::1", 5353), ("2001:db8::53", 53))
    assert found.listener.client_ca == tmp_path / "c.pem"
    assert [str(one) for one in found.listener.trusted_results["mx.example.com"]] == [
        "192.0.2.0/24"
    ]
    assert "814725" not in repr(found)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('[proof]\nroots = "x"', "unknown key 'roots'"),
        ('[proof.pins]\nann = "814725"', "a secret is"),
        ('[proof.pins]\nann = { file = "short" }', "must have 6 to 64 characters"),
        ('[dns]\nservers = ["ns.example.com:53"]', "a name server is an address"),
        ('[dns]\nservers = ["x"]', "must look like"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, more, words):
    (tmp_path / "short").write_text("1234", encoding="utf-8")
    with pytest.raises(errors.Invalid, match=words):
        loaded(tmp_path, more)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('trusted_results = { "mx.example.com" = ["192.0.2.1/24"] }', "must be a network"),
        ('trusted_results = { mx = ["192.0.2.0/24"] }', "is not the name of a server"),
        ('trusted_results = { "fax.example.com" = ["192.0.2.0/24"] }', "is ourselves"),
    ],
)
def test_a_trusted_server_has_a_name_and_a_place(tmp_path, line, words):
    with pytest.raises(errors.Invalid, match=words):
        loaded(tmp_path, listener=line)


def test_explain_takes_a_proof_as_shown_and_no_other(tmp_path):
    found = loaded(tmp_path, proofs='"dmarc", "pin:desk"')
    book = rules.load(found.rules)
    facts = rulebook._facts(book, None, "+12025550123", "ann@example.com", None, None, "")
    now = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    assert decide.decide(book, facts, now) is None
    for word, action in (("dmarc", "accept"), ("pin:desk", "accept"), ("pin:other", "reject")):
        shown = sketches.shown(facts, [word])
        assert decide.decide(book, shown, now).action == action
    with pytest.raises(errors.Usage, match="unknown proof 'dmark'"):
        sketches.shown(facts, ["dmark"])


def findings(found):
    return {one.what: one for one in (*examine._keys(found), *examine._names(found))}


def test_doctor_says_what_a_rule_asks_for_and_nobody_can_show(tmp_path):
    found = findings(loaded(tmp_path, proofs='"smime", "pgp", "pin"'))
    assert {what for what, one in found.items() if not one.good} == {
        "smime_roots",
        "pgp_keys",
        "pins",
    }
    assert findings(loaded(tmp_path)) == {}


def test_doctor_reads_the_keys(tmp_path):
    (tmp_path / "r.pem").write_bytes(signing.pem(signing.authority()[0]))
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "ann@example.com.asc").write_text("x", encoding="utf-8")
    settings = '[proof]\nsmime_roots = "r.pem"\npgp_keys = "keys"\n'
    found = findings(loaded(tmp_path, settings, proofs='"smime", "pgp"'))
    assert {what: one.good for what, one in found.items()} == {
        "smime_roots": True,
        "pgp_keys": True,
    }
    (tmp_path / "r.pem").write_text("none", encoding="utf-8")
    assert not findings(loaded(tmp_path, settings))["smime_roots"].good


def test_doctor_asks_the_dns_where_a_rule_does(tmp_path):
    with nameserver.Nameserver() as server:
        host, port = server.place
        more = f'[dns]\nservers = ["{host}:{port}"]\ntimeout = 1\n'
        assert findings(loaded(tmp_path, more, proofs='"dkim"'))["dns"].good
        server.records["fax.example.com", "MX"] = nameserver.BROKEN
        with pytest.raises(errors.Temporary, match="the DNS gives no answer"):
            findings(loaded(tmp_path, more, proofs='"dkim"'))
