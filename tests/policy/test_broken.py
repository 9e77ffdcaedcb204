"""A broken rules file is refused with every problem, each at its line and column."""

import pathlib

import pytest

from mailfax import errors
from mailfax.policy import rules
from tests.policy import samples

BROKEN = sorted((pathlib.Path(__file__).parent / "broken").glob("*.toml"))


class Account:
    resolutions = frozenset({"standard", "fine"})
    prints_header = True


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_every_problem_is_named_at_once_in_the_words_of_the_golden_file(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    with pytest.raises(errors.Invalid) as caught:
        rules.load(pathlib.Path(path.name), accounts={"main": Account()}, covers=["standard"])
    assert f"{caught.value}\n" == path.with_suffix(".txt").read_text(encoding="utf-8")


def test_there_are_more_than_a_dozen_broken_files():
    assert len(BROKEN) >= 12


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(errors.Invalid, match=r"none\.toml: cannot be read: No such file"):
        rules.load(tmp_path / "none.toml")


def test_a_folder_is_no_rules_file(tmp_path):
    with pytest.raises(errors.Invalid, match="cannot be read"):
        rules.load(tmp_path)


def test_lists_nested_without_end_are_refused_and_do_not_break_the_reader():
    with pytest.raises(errors.Invalid, match="too deep"):
        rules.parse(b"x = " + b"[" * 100_000, "deep.toml")


def test_windows_line_ends_keep_their_lines():
    text = samples.HEAD.replace("\n", "\r\n") + "[[send]]\r\nform = 1\r\n"
    with pytest.raises(errors.Invalid) as caught:
        rules.parse(text.encode(), "dos.toml")
    assert [p.line for p in caught.value.problems if "unknown key" in p.text] == [4]


def test_a_resolution_that_the_provider_cannot_send_is_an_error_at_the_rule():
    text = samples.HEAD + (
        '[groups.fast]\nsenders = ["@example.com"]\nresolution = "superfine"\n'
        '[[send]]\nfrom = "group:fast"\nproof = "login"\n[[send]]\naction = "reject"\n'
    )
    with pytest.raises(errors.Invalid) as caught:
        samples.parse(text + samples.TAIL, accounts={"main": Account()}, covers=["standard"])
    assert str(caught.value) == (
        "rules.toml:6:1: rule 'send 1' asks for superfine, which provider 'main' cannot send"
    )


@pytest.mark.parametrize(
    "table",
    [
        "defaults = 1", "groups = []", "send = 1", "send = [1]", "send = { a = 1 }", "receive = {}",
        "logins = 1", "covers = { x = 1 }", "calendars = { x = {} }", "test = [{}]",
        "receipt = [{}]", "groups = { '' = {} }", "logins = { ann = 'nobody' }", "version = '1'",
        "groups = { \"a\\nb\" = { senders = ['@x.example'] } }", "test = [{ settings = 1 }]",
        "send = [{ proof = [] }]", "send = [{ proof = 1 }]", "receive = [{ deliver = [] }]",
        "calendars = { x = { hours = 'mon 08:00-09:00', closed = 1 } }", "test = [{ at = 1 }]",
        "send = [{ status = '9.9.9', action = 'reject' }]",
        "send = [{ text = '%s' }]" % ("x" * 401),
        "send = [{ name = '%s' }]" % ("x" * 61), "groups = { g = { senders = 'group:g' } }",
        "send = [{ from = 1.5 }]", 'send = [{ from = "a\\u0000@b.example" }]',
        "receive = [{ tsid = '*good*' }]", "receive = [{ when = 'x' }]",
        "send = [{ provider = [1] }]", "test = [{ did = 1 }]", "send = [{ from = [[]] }]",
    ],
)  # fmt: skip
def test_any_table_of_the_wrong_shape_is_a_problem_with_a_place_never_a_traceback(table):
    with pytest.raises(errors.Invalid) as caught:
        rules.parse(table.encode(), "shape.toml")
    assert all(problem.line == 1 for problem in caught.value.problems)
