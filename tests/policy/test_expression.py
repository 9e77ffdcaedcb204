"""Regular expressions in rules are useful, anchored, and never run away."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailfax.policy import expression


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        (r"[a-z]+\.[a-z]+@example\.com", "ann.lee@example.com", "ann.lee@example.com.evil.test"),
        (r".*@(sales|support)\.example\.com", "x@sales.example.com", "x@hr.example.com"),
        (r"\+1202\d{7}", "+12025550123", "+120255501234"),
        (r"^ann@example\.com$", "Ann@Example.COM", "joann@example.com"),
        (r"ann(\+[a-z]+)?@example\.com", "ann+fax@example.com", "ann+@example.com"),
        (r"(?:\d{1,3}\.){3}\d{1,3}", "192.0.2.1", "192.0.2"),
        (r"a|b", "b", "ab"),
        (r"[]x]+", "]x", "y"),
    ],
)
def test_ordinary_expressions_hold_for_the_whole_text_only(text, yes, no):
    assert expression.compiled(text).fullmatch(yes)
    assert not expression.compiled(text).fullmatch(no)


@pytest.mark.parametrize(
    "text",
    [
        "(a+)+$", "(a*)*", "(a|b)*", "(a|aa)+", "(.*)+x", "((a?)+)+", "(a{1,9}){5,}", "(a+)+",
        ".*.*.*.*x", "a?" * 60, "(aa|aa)" * 25, "(((a{99}){99}){99}){99}", "(){999}(){999}(){999}",
        "(?=a)b", "(?P<x>a)", r"(a)\1", "(?i)a", "a++", "a**", "*a", "(a", "a)", "[a", "{2}", "a\\",
        "[a&&b]", "[[a]", "(" * 11 + "a" + ")" * 11, "x" * 201, "", "a{5,2}", r"\A", r"\x41",
    ],
)  # fmt: skip
def test_runaway_broken_and_exotic_expressions_are_refused(text):
    with pytest.raises(ValueError):
        expression.compiled(text)


@pytest.mark.parametrize(
    "text", [".*.*.*x", "a?" * 19 + "a" * 19, "(aa|aa)" * 19 + "b", "(a{1,9}){6}x"]
)
def test_the_heaviest_expression_that_is_let_in_still_ends(text):
    assert not expression.compiled(text).fullmatch("a" * expression.MAX_SUBJECT)


@given(st.text("ab.|()?*+{}1,9[]^$\\d-&", max_size=24))
def test_any_text_is_either_compiled_or_refused_and_what_is_compiled_ends(text):
    try:
        found = expression.compiled(text)
    except ValueError:
        return
    assert found.fullmatch("ab" * 20) is None or isinstance(found, re.Pattern)
