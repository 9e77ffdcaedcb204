"""Proofs that have to be looked for: what shows them, whom they speak for, when they are sought."""

import dataclasses

import pytest

from mailfax import errors
from mailfax.model import Action, Proof
from mailfax.policy import decide, explain, proving, rules
from mailfax.policy.verdict import Unknown
from tests.policy.samples import HEAD, NOW, TAIL, facts, parse, sending

ANN = "ann@example.com"


def judged(proof, shown, header=ANN, *, envelope=None, key="proof", from_="@example.com", **more):
    """The action for a mail of this author that shows this, where a rule asks for that."""
    book = sending(f'from = "{from_}"\n{key} = {proof}')
    case = facts(header, envelope=envelope, **more)
    return decide.decide(book, dataclasses.replace(case, proof=Proof(**shown)), NOW).action


@pytest.mark.parametrize(
    ("proof", "shown"),
    [
        ("dkim", {"dkim": frozenset({"example.com"})}),
        ("dkim", {"dkim": frozenset({"mail.example.com"})}),
        ("dkim:strict", {"dkim": frozenset({"example.com"})}),
        ("dkim:mailer.test", {"dkim": frozenset({"mailer.test"})}),
        ("spf", {"spf": "example.com"}),
        ("spf", {"spf": "bounce.example.com"}),
        ("dmarc", {"dmarc": "example.com"}),
        ("arc:list.test", {"arc": "list.test"}),
        ("smime", {"smime": ANN}),
        ("pgp", {"pgp": ANN}),
        ("pin", {"pin": frozenset({ANN})}),
        ("pin", {"pin": frozenset({"@example.com"})}),
        ("pin:desk", {"pin": frozenset({"desk"})}),
        ("client-cert", {"certificate": frozenset({ANN, "host.test"})}),
        ("client-cert:host.test", {"certificate": frozenset({"host.test"})}),
    ],
)
def test_each_proof_is_shown_by_what_is_known_of_it_and_by_nothing_else(proof, shown):
    assert judged(f'"{proof}"', shown) is Action.ACCEPT
    for field in ("spf", "dmarc", "arc", "smime", "pgp", "dkim", "pin", "certificate"):
        if field not in shown:
            found = frozenset({"x.test"}) if field in {"dkim", "pin", "certificate"} else "x.test"
            assert judged(f'"{proof}"', {field: found}) is Action.REJECT
    for other in ({"login": "x"}, {"networks": frozenset({"lan"})}, {"confirmed": ANN}, {}):
        assert judged(f'"{proof}"', other) is Action.REJECT


@pytest.mark.parametrize(
    ("proof", "shown"),
    [
        (
            "dkim",
            {"dkim": frozenset({"evil.test", "com", "notexample.com", "example.com.evil.test"})},
        ),
        ("dkim:strict", {"dkim": frozenset({"mail.example.com"})}),
        ("dkim:mailer.test", {"dkim": frozenset({"example.com", "sub.mailer.test"})}),
        ("spf", {"spf": "evil.test"}),
        ("dmarc", {"dmarc": "mail.example.com"}),
        ("smime", {"smime": "bob@example.com"}),
        ("pgp", {"pgp": "bob@example.com"}),
        ("pin", {"pin": frozenset({"bob@example.com", "desk"})}),
        ("pin:desk", {"pin": frozenset({ANN})}),
        ("arc:list.test", {"arc": "example.com"}),
        ("client-cert", {"certificate": frozenset({"bob@example.com", "example.com"})}),
    ],
)
def test_what_speaks_for_somebody_else_shows_nothing(proof, shown):
    assert judged(f'"{proof}"', shown) is Action.REJECT


def test_two_customers_of_one_public_suffix_are_strangers():
    shown = {"dkim": frozenset({"other.co.uk"})}
    assert judged('"dkim"', shown, "ann@clinic.co.uk", from_="@clinic.co.uk") is Action.REJECT


@pytest.mark.parametrize("proof", ["spf", "client-cert:host.test", "confirmed"])
def test_what_vouches_for_the_client_needs_both_addresses_to_fit(proof):
    shown = {"spf": "example.com", "certificate": frozenset({"host.test"})}
    assert judged(f'"{proof}"', shown, envelope="eve@evil.test") is Action.REJECT


def test_all_proofs_of_a_list_are_needed_or_one_of_them():
    both, one = '["dmarc", "pin"]', {"dmarc": "example.com"}
    assert judged(both, one) is Action.ACCEPT
    assert judged(both, one, key="proof_all") is Action.REJECT
    assert judged(both, one | {"pin": frozenset({ANN})}, key="proof_all") is Action.ACCEPT


def test_only_proofs_of_the_first_open_rule_are_asked_for_and_only_where_the_rest_holds():
    book = sending(
        'from = "@other.test"\nproof = "smime"',
        'to = "+44*"\ncountries = ["*"]\nproof = "pgp"',
        'from = "@example.com"\nproof = ["dkim", "pin:desk"]',
        'proof = "arc:list.test"',
    )
    assert set(book.sought) == {"smime", "pgp", "dkim", "pin:desk", "arc:list.test"}
    found = decide.trace(book, facts(unknown=book.sought), NOW)
    assert found.asked == {"dkim", "pin:desk"}


def test_a_login_that_is_enough_leaves_nothing_to_look_for():
    book = sending('from = "@example.com"\nproof = ["dmarc", "login"]')
    found = decide.trace(book, facts(login=ANN, unknown=book.sought), NOW)
    assert (found.decision.action, found.asked) == (Action.ACCEPT, frozenset())


def test_a_proof_that_cannot_be_had_is_trouble_and_never_falls_through():
    book = sending('from = "@example.com"\nproof = "dkim"', 'proof = "unsafe-header"')
    with pytest.raises(errors.Temporary, match="proof dkim: dkim could not be found out"):
        decide.decide(book, facts(unknown={"dkim": Unknown.TEMPORARY}), NOW)


# ── Confirmation ───────────────────────────────────────────────────────────────────────


def confirming(proof, key="proof"):
    return sending(f'from = "@example.com"\n{key} = {proof}')


def test_whoever_has_to_confirm_is_held_and_a_known_author_too_where_nothing_else_proves_him():
    for confirmed in (None, ANN):
        case = dataclasses.replace(facts(), proof=Proof(confirmed=confirmed))
        found = decide.decide(confirming('"confirmed"'), case, NOW)
        assert (found.action, found.confirm) == (Action.HOLD, True)


def test_a_known_author_who_proves_himself_otherwise_is_not_asked_again():
    book = confirming('["dmarc", "confirmed"]', "proof_all")
    for confirmed, action in (
        (None, Action.HOLD),
        ("bob@example.com", Action.HOLD),
        (ANN, Action.ACCEPT),
    ):
        shown = Proof(dmarc="example.com", confirmed=confirmed)
        case = dataclasses.replace(facts(), proof=shown)
        assert decide.decide(book, case, NOW).action is action


def test_to_ask_is_the_last_way_whatever_the_order_in_the_file():
    found = decide.decide(confirming('["confirmed", "login"]'), facts(login=ANN), NOW)
    assert (found.action, found.confirm) == (Action.ACCEPT, False)


# ── For people ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "word",
    [
        "login",
        "spf",
        "dkim",
        "dkim:strict",
        "dkim:x.test",
        "dmarc",
        "arc:x.test",
        "smime",
        "pgp",
        "pin",
        "pin:desk",
        "client-cert",
        "client-cert:h.test",
    ],
)
def test_a_test_of_the_file_may_give_every_proof(word):
    book = parse(
        f'{HEAD}[[send]]\nname = "mine"\nfrom = "@example.com"\nproof = "{word}"\n[[send]]\n'
        f'action = "reject"\n{TAIL}'
        f'[[test]]\nname = "in"\nfrom = "{ANN}"\nproof = "{word}"\nto = "+12025550123"\n'
        'rule = "mine"\n'
        f'[[test]]\nname = "out"\nfrom = "{ANN}"\nto = "+12025550123"\naction = "reject"\n'
    )
    assert rules.run_tests(book) == ()


def test_explain_names_the_proof_and_the_domain_that_showed_it():
    book = sending('name = "signed"\nfrom = "@example.com"\nproof = "dkim"')
    shown = proving.sketch([proving.read("dkim")], ANN, ANN)
    lines = explain.report(book, dataclasses.replace(facts(), proof=shown), NOW)
    assert lines[2] == "shown     dkim example.com"
    assert lines[4] == "rule      signed (rules.toml:4): yes, by dkim (signed by example.com)"


def test_a_public_mail_domain_with_weak_proof_is_warned_of():
    for proof in ('"spf"', '["dkim", "spf"]', '["unsafe-header", "dkim"]'):
        (warning,) = sending(f'from = "@gmail.com"\nproof = {proof}').warnings
        assert "weak proof" in str(warning)
    for proof in ('"dkim"', '"dmarc"'):
        assert sending(f'from = "@gmail.com"\nproof = {proof}').warnings == ()
    assert sending('from = "@gmail.com"\nproof_all = ["spf", "pin"]').warnings == ()
