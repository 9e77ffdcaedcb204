"""Lint warns of what is probably not meant, and is silent about what is."""

import pytest

from mailfax.policy import rules
from tests.policy import samples
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


# ── More doubts ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ('countries = "*"', "may fax any country without a budget"),
        ("allow_premium = true", "may fax premium numbers without a budget"),
        ("allow_satellite = true", "may fax satellite numbers without a budget"),
    ],
)
def test_what_is_dear_wants_a_budget(rule, what):
    staff = f'from = "@example.com"\nproof = "login"\n{rule}'
    assert any(what in warning for warning in warnings(staff))
    more = '[budgets.b]\nper = "sender"\nevery = "month"\nfaxes = 9\n'
    assert warnings(f'{staff}\nbudget = "b"', more=more) == []


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        (r"re:.*@example\.com.*", "is open at its end"),
        (r"re:.*@example.com", "holds any character: write"),
        (r"re:.*@example\.com", ""),
        (r"re:(ann|bob)@[a-z]+\.example\.com", ""),
    ],
)
def test_an_expression_that_holds_more_than_meant_is_pointed_out(pattern, what):
    found = warnings(f"from = '{pattern}'\nproof = 'login'")
    assert [what in warning for warning in found] == ([True] if what else [])
    more = f"[groups.g]\nsenders = ['{pattern}']\n"
    assert bool(warnings('from = "group:g"\nproof = "login"', more=more)) is bool(what)


def test_a_rule_that_waits_longer_than_its_deadline_is_pointed_out():
    more = '[calendars.office]\nhours = ["mon-fri 08:00-17:00"]\n'
    rule = 'from = "@example.com"\nproof = "login"\nsend_when = "office"'
    (warning,) = warnings(rule, more=more)
    assert "waits for office, which is shut for 63 hours, past its deadline" in warning
    assert warnings(f'{rule}\ndeadline = "3d"', more=more) == []


def test_a_rule_of_some_hours_hides_no_rule():
    more = '[calendars.office]\nhours = ["mon-fri 08:00-17:00"]\n'
    rule = 'from = "@example.com"\nproof = "login"'
    assert warnings(f'{rule}\nwhen = "office"', rule, more=more) == []


def receiving(*lines, **kwargs):
    tables = "\n".join(f"[[receive]]\n{line}" for line in lines)
    text = f'{samples.HEAD}[[send]]\naction = "reject"\n{tables}\n{samples.TAIL}'
    return [str(warning) for warning in samples.parse(text, **kwargs).warnings]


def test_a_number_of_two_rules_goes_to_the_first():
    first = 'name = "a"\nto = ["+12025550110", "+12025550111"]\ndeliver = "a@example.com"'
    second = 'name = "b"\nto = ["+12025550111", "+12025550112"]\ndeliver = "b@example.com"'
    (warning,) = receiving(first, second)
    assert warning.endswith("+12025550111 is never reached in rule 'b': 'a' takes it")
    assert receiving(f"{first}\ncontinue = true", second) == []
    assert receiving(f'{first}\nfrom = "+44*"', second) == []


def test_a_fax_delivered_to_our_own_fax_domain_goes_round():
    route = 'deliver = "+12025550110@Fax.Example.com"\nto = "+1202*"'
    (warning,) = receiving(route, domains=("fax.example.com",))
    assert "which is our own fax domain: a loop" in warning
    assert receiving(route) == []


@pytest.mark.parametrize(
    "line",
    [
        "# password: hunter2", 'identity = "x" # API_KEY=abcdef', "# -----BEGIN PRIVATE KEY-----",
        "# https://ann:hunter2@example.com/", "# $argon2id$v=19$m=8",
    ],
)  # fmt: skip
def test_what_looks_like_a_secret_is_pointed_out_and_not_shown(line):
    (warning,) = warnings(f'from = "@example.com"\nproof = "login"\n{line}')
    assert "looks like a secret" in warning
    assert "hunter2" not in warning


def test_an_address_in_a_list_and_in_the_file_is_pointed_out(tmp_path):
    (tmp_path / "staff.csv").write_text("sender,tries\nann@example.com,3\n", encoding="utf-8")
    more = (
        '[groups.listed]\nsenders = { csv = "staff.csv" }\n'
        '[groups.staff]\nsenders = ["bob@example.com", "ann@example.com"]\n'
    )
    text = f'{samples.HEAD}{more}[[send]]\naction = "reject"\n{samples.TAIL}'
    book = rules.parse(text.encode(), str(tmp_path / "rules.toml"))
    (warning,) = book.warnings
    assert warning.text == "ann@example.com of group 'staff' is listed in group 'listed' too"
