"""Conditions in a language of their own: over known facts, checked at load, and never long."""

import pytest

from mailfax import errors
from mailfax.model import Action
from mailfax.policy import decide, explain, route
from tests.policy import samples

STAFF = 'from = "@example.com"\nproof = "login"\n'


def sending(text, **more):
    return samples.sending(f"{STAFF}if = '''{text}'''", **more)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("octets < 5000", True),
        ("octets < 500 || to.endsWith('0123')", True),
        ("country == 'US' && kind != 'premium'", True),
        ("author == sender && login == 'ann'", True),
        ("'lan' in networks", False),
        ("to.matches('^[+]1202[0-9]+$') ? size(to) == 12 : false", True),
        ("to.matches('(a+)+$')", False),
        ("octets > 1000000", False),
    ],
)
def test_a_rule_holds_by_what_the_facts_are(text, holds):
    found = decide.decide(sending(text), samples.facts(login="ann", size=1000), samples.NOW)
    assert (found.action is Action.ACCEPT) is holds


def test_a_fact_that_is_not_known_leaves_the_rule_open():
    book = sending("octets < 5000")
    assert decide.decide(book, samples.facts(login="ann"), samples.NOW) is None
    lost = samples.facts(login="ann", size=decide.TEMPORARY)
    with pytest.raises(errors.Temporary, match="octets < 5000: not known"):
        decide.decide(book, lost, samples.NOW)
    lines = explain.report(book, samples.facts(login="ann"), samples.NOW)
    assert any("unknown yet: if: octets < 5000: not known" in line for line in lines)
    known = sending("to.startsWith('+1')")
    assert decide.decide(known, samples.facts(login="ann"), samples.NOW).action is Action.ACCEPT


def test_an_expression_that_breaks_lets_nothing_through():
    book = sending("5 / (octets - 1000) > 0")
    with pytest.raises(errors.Temporary, match="cannot be judged now"):
        decide.decide(book, samples.facts(login="ann", size=1000), samples.NOW)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("octets > ", "if: character 10: mismatched input '<EOF>'"),
        ("octest > 3", r"if: character 1: unknown fact 'octest': did you mean 'octets'\?"),
        ("size(to) > 3 && pages <= 10", "if: character 17: unknown fact 'pages': there is author,"),
        ("octets > '3'", "if: cannot be answered: octets > '3': No such overload"),
        ("octets + 1", "if: cannot be answered: .* neither yes nor no"),
        ("frob(to)", "if: cannot be answered: .*Undefined variable or function"),
        ("networks.exists(n, n == 'x')", r"if: character 9: exists is a loop"),
        (f"to == '{'x' * 400}'", "if: is longer than 400"),
    ],
)
def test_a_wrong_expression_does_not_load(text, why):
    with pytest.raises(errors.Invalid, match=f"rules.toml:7:1: {why}"):
        sending(text)


def test_a_received_fax_has_facts_too():
    condition = 'if = "size(to) > 3 && pages <= 10"'
    text = f'{samples.HEAD}[[send]]\naction = "reject"\n[[receive]]\n{condition}\n'
    text += 'deliver = "short@example.com"\n'
    book = samples.parse(text + samples.TAIL)
    for pages, wanted in (
        (3, "short@example.com"),
        (30, "fax@example.com"),
        (None, "fax@example.com"),
    ):
        found = route.route(book, samples.fax(pages=pages), samples.NOW)
        assert [target.address for target in found.targets] == [wanted]


def test_a_rule_with_a_condition_hides_none_and_is_no_catch_all():
    book = samples.sending(f'{STAFF}if = "octets > 3"', STAFF)
    assert book.warnings == ()
    with pytest.raises(errors.Invalid, match="must be a catch-all"):
        samples.parse(
            f'{samples.HEAD}[[send]]\naction = "reject"\nif = "octets > 3"\n{samples.TAIL}'
        )
