"""The shipped rules, a file's own tests, reload, and what must stay outside the start-up."""

import pathlib
import subprocess
import sys

import pytest

from mailfax import errors
from mailfax.policy import rules
from tests.policy import samples

ROOT = pathlib.Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "rules").glob("*.toml"))
OFFICE = """\
version = 1
defaults = { country = "US", paper = "letter", provider = ["main"] }
send = [{ from = "@example.com", proof = "login" }, { action = "reject" }]
receive = [{ deliver = "fax@example.com" }]
"""


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_each_shipped_file_loads_without_a_warning_and_passes_its_own_tests(path):
    book = rules.load(path)
    assert book.warnings == ()
    assert rules.run_tests(book) == ()
    assert len(book.hash) == 64


def test_the_small_office_is_the_four_lines_of_the_manual():
    assert (ROOT / "rules/office.toml").read_text(encoding="utf-8") == OFFICE
    book = samples.parse(OFFICE)
    assert [rule.name for rule in book.send] == ["send 1", "send 2"]
    assert book.country == "US"
    assert samples.decided(book, login="ann").paper == "letter"
    assert samples.decided(book).action == "reject"


FAILING = """\
version = 1
defaults = { country = "US", provider = ["main"] }
send = [{ name = "staff", from = "@example.com", proof = "login" }, { action = "reject" }]
receive = [{ deliver = "fax@example.com" }]

[[test]]
name = "wrong in all"
from = "ann@example.com"
proof = "login"
to = "+12025550123"
rule = "send 2"
action = "hold"
text = "because"
settings = { paper = "a4", deadline = "1h", provider = "other", receipts = "none" }

[[test]]
name = "a fax"
did = "4711"
rule = "receive 1"
deliver = ["x@example.com"]
settings = { format = "tiff" }

[[test]]
name = "no such mail"
eml = "none.eml"
to = "+12025550123"
action = "reject"
"""


def test_a_test_that_fails_says_what_is_and_what_was_expected():
    missing = "No such file or directory"
    assert [str(problem) for problem in rules.run_tests(samples.parse(FAILING))] == [
        "rules.toml:6:1: test 'wrong in all': rule is 'staff', not 'send 2'",
        "rules.toml:6:1: test 'wrong in all': action is 'accept', not 'hold'",
        "rules.toml:6:1: test 'wrong in all': text is '', without 'because'",
        "rules.toml:6:1: test 'wrong in all': paper is auto (built in), not a4",
        "rules.toml:6:1: test 'wrong in all': deadline is 86400 s (built in), not 3600 s",
        "rules.toml:6:1: test 'wrong in all': provider is main (defaults), not other",
        "rules.toml:6:1: test 'wrong in all': receipts is failure, success (built in), not none",
        "rules.toml:16:1: test 'a fax': deliver is fax@example.com, not x@example.com",
        "rules.toml:16:1: test 'a fax': format is pdf (built in), not tiff",
        f"rules.toml:23:1: test 'no such mail': 'none.eml' cannot be read: {missing}",
    ]


@pytest.mark.parametrize(
    ("header", "action"),
    [
        ("From: Ann <ann@example.com>", "accept"),
        ('From: "ann@example.com" <x@evil.test>', "reject"),
        ("From: ann@example.com, x@evil.test", "reject"),
        ("From: ann@example.com\r\nFrom: x@evil.test", "reject"),
        ("Subject: no author", "reject"),
    ],
)
def test_a_test_may_name_a_mail_beside_the_rules(tmp_path, header, action):
    (tmp_path / "mail.eml").write_bytes(f"{header}\r\n\r\nHello\r\n".encode())
    text = OFFICE.replace('"login"', '"unsafe-header"')
    test = f'[[test]]\neml = "mail.eml"\nto = "+12025550123"\naction = "{action}"\n'
    path = tmp_path / "rules.toml"
    path.write_text(text + test, encoding="utf-8")
    assert rules.run_tests(rules.load(path)) == ()


def test_reload_takes_a_good_file_whole_and_keeps_the_old_rules_for_a_broken_one(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text(OFFICE, encoding="utf-8")
    first = rules.load(path)
    path.write_text(OFFICE.replace("letter", "a4"), encoding="utf-8")
    second, problems = rules.reload(first, path)
    assert (second.defaults["paper"], problems) == ("a4", ())
    for broken in (OFFICE[:150], "", OFFICE.replace("from", "form"), FAILING):
        path.write_text(broken, encoding="utf-8")
        kept, problems = rules.reload(second, path)
        assert kept is second
        assert problems
    path.unlink()
    kept, problems = rules.reload(second, path)
    assert kept is second
    assert "cannot be read" in str(problems[0])


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests/policy/broken").glob("*.toml")), ids=lambda p: p.stem
)
def test_no_broken_file_replaces_the_rules_in_force(path):
    current = samples.parse(OFFICE)
    kept, problems = rules.reload(current, path, accounts={})
    assert kept is current
    assert problems


def test_a_symbolic_link_is_followed_at_each_reload(tmp_path):
    for name, paper in (("a", "letter"), ("b", "a4")):
        (tmp_path / name).write_text(OFFICE.replace("letter", paper), encoding="utf-8")
    link = tmp_path / "rules.toml"
    link.symlink_to("a")
    book = rules.load(link)
    link.unlink()
    link.symlink_to("b")
    assert rules.reload(book, link)[0].defaults["paper"] == "a4"


def test_accounts_that_the_config_has_not_are_an_error_and_unknown_ones_pass_without_a_config():
    assert samples.parse(OFFICE).send
    with pytest.raises(
        errors.Invalid, match=r"2:60: provider: unknown provider 'main': there is none"
    ):
        samples.parse(OFFICE, accounts={})


def test_asking_for_rules_loads_neither_the_numbering_plan_nor_pydantic():
    code = (
        "import sys, mailfax.policy.rules, mailfax.policy.decide, mailfax.policy.route\n"
        "assert not {'phonenumbers', 'pydantic', 'email.parser'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "rules").glob("*.toml")), ids=lambda path: path.stem
)
def test_every_shipped_rules_file_names_only_covers_that_are_shipped(path):
    covers = [template.stem for template in (ROOT / "templates/cover").glob("*.toml")]
    assert rules.load(path, covers=covers).send
