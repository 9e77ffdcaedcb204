"""Lint warns of what is probably not meant, and is silent about what is."""

import pytest

from tests.policy.samples import sending

LAN = '[groups.lan]\nnetworks = ["192.0.2.0/24"]\n[groups.staff]\nsenders = ["ann@example.com"]\n'


def warnings(*lines, more=LAN):
    return [str(warning) for warning in sending(*lines, more=more).warnings]


@pytest.mark.parametrize(
    ("rule", "whom"),
    [
        ('proof = "unsafe-header"', "anyone"),
        ('from = "*"\nproof = "unsafe-header"', "anyone who writes * in From"),
        ('from = ["@example.com", "@gmail.com"]\nproof = ["login", "unsafe-header"]', "@gmail.com"),
        ('from = "joe@gmx.de"\nproof = "unsafe-header"\naction = "hold"', "joe@gmx.de"),
        ('from = "re:.*"\nproof_all = "unsafe-header"', "re:.*"),
    ],
)
def test_the_word_of_a_header_is_weak_proof_for_people_nobody_knows(rule, whom):
    (warning,) = warnings(rule)
    assert warning.startswith("rules.toml:8:1: weak proof: rule 'send 1' believes anyone")
    assert whom in warning


@pytest.mark.parametrize(
    "rule",
    [
        'from = "@example.com"\nproof = "unsafe-header"',
        'from = "@gmail.com"\nproof = "login"',
        'from = "@gmail.com"\nproof_all = ["unsafe-header", "network:lan"]',
        'from = "@gmail.com"\naction = "reject"',
        'from = "@gmail.com"\nproof = "unsafe-header"\naction = "reject"',
    ],
)
def test_stronger_proof_and_refusals_are_not_weak(rule):
    assert warnings(rule) == []


def test_a_network_that_holds_the_whole_internet_proves_nothing():
    more = '[groups.lan]\nnetworks = ["0.0.0.0/0"]\n'
    (warning,) = warnings('from = "@example.com"\nproof = "network:lan"', more=more)
    assert warning == "rules.toml:4:1: weak proof: network 'lan' holds every address (0.0.0.0/0)"


def test_a_login_rule_that_names_no_domain_is_pointed_to_logins():
    (warning,) = warnings('proof = "login"')
    assert "owns nothing: see [logins]" in warning
    assert warnings('proof = "login"', more='[logins]\nann = "ann@example.com"\n') == []


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ('action = "reject"', 'from = "@example.com"\nproof = "login"'),
        ('from = "@example.com"\nproof = "login"', 'from = "ann@example.com"\nproof = "login"'),
        ('from = "@example.com"\nproof = "login"', 'from = "group:staff"\nproof = "login"'),
        ('from = "@*.example.com"\nproof = "login"', 'from = "@a.example.com"\nproof = "login"'),
        (
            'from = "@example.com"\nproof = ["login", "network:lan"]',
            'from = "@example.com"\nproof = "network:lan"',
        ),
        (
            'from = "@example.com"\nproof = "login"',
            'from = "@example.com"\nproof_all = ["login", "network:lan"]',
        ),
        ('to = "+1*"\naction = "reject"', 'to = ["+1900*", "+12025550123"]\naction = "discard"'),
        ('from = "@example.com"\naction = "reject"', 'from = "ann@example.com"\nproof = "login"'),
    ],
)
def test_a_rule_behind_one_that_takes_all_of_it_is_never_reached(earlier, later):
    expected = "rule 'send 2' is never reached: rule 'send 1' takes all of it"
    assert any(expected in warning for warning in warnings(earlier, later))


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ('from = "ann@example.com"\nproof = "login"', 'from = "@example.com"\nproof = "login"'),
        ('from = "@example.com"\nproof = "network:lan"', 'from = "@example.com"\nproof = "login"'),
        (
            'from = "@example.com"\nproof_all = ["login", "network:lan"]',
            'from = "@example.com"\nproof = "login"',
        ),
        (
            'from = "@example.com"\nnot_from = "ann@example.com"\nproof = "login"',
            'from = "ann@example.com"\nproof = "login"',
        ),
        ('to = "+1900*"\naction = "reject"', 'to = "+1*"\naction = "discard"'),
        (
            'proof = "network:lan"',
            'from = "@example.com"\nproof = "network:lan"\naction = "reject"',
        ),
        ('from = "@example.com"\nproof = "login"', 'from = "re:.*@example.com"\nproof = "login"'),
    ],
)
def test_a_rule_that_some_mail_can_still_reach_is_not_warned_of(earlier, later):
    assert not any("never reached" in warning for warning in warnings(earlier, later))


def test_a_rule_whose_not_from_takes_all_of_from_never_holds():
    (warning,) = warnings('from = "ann@example.com"\nnot_from = "@example.com"\nproof = "login"')
    assert "never holds: not_from takes away all that from gives" in warning
