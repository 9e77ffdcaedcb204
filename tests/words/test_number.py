"""Telephone numbers as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailfax import errors, number
from mailfax.number import FaxNumber


@pytest.mark.parametrize(
    ("text", "country", "digits"),
    [
        ("+1-202-555.0123", None, "12025550123"),
        ("(202) 555-0123", "US", "12025550123"),
        ("202.555.0123", "US", "12025550123"),
        ("12025550123", "US", "12025550123"),
        ("011 44 20 7946 0018", "US", "442079460018"),
        ("0049 30 901820", "FR", "4930901820"),
        ("030 901820", "DE", "4930901820"),
        ("+49 (30) 901820", "US", "4930901820"),
    ],
)
def test_common_spellings_become_e164(text, country, digits):
    assert number.parse(text, country) == FaxNumber(digits)


@pytest.mark.parametrize(
    "text",
    ["", "+", "911", "112", "555-0123", "abc", "+1 202", "1" * 40, "٢٠٢٥٥٥٠١٢٣",
     "２０２５５５０１２３",
     "+12025550123;ext=4", "202,,555", "+0123456789", "$(id)", "-+12025550123", "+1+2025550123"],
)  # fmt: skip
def test_what_is_no_number_here_is_refused_by_name(text):
    with pytest.raises(errors.Permanent) as caught:
        number.parse(text, "US")
    assert caught.value.cause is errors.Cause.BAD_NUMBER
    assert repr(text) in str(caught.value)


def test_a_local_number_without_a_country_is_refused_and_not_guessed():
    with pytest.raises(errors.Permanent, match="no country"):
        number.parse("2025550123", None)


def test_a_number_is_shown_as_its_country_writes_it():
    assert FaxNumber("12025550123").display() == "+1 202-555-0123"
    assert FaxNumber("442079460018").display() == "+44 20 7946 0018"


def test_a_masked_number_keeps_country_and_last_two_digits_only():
    assert FaxNumber("12025550123").masked() == "+1********23"


def test_a_number_knows_its_country_and_kind():
    assert FaxNumber("12025550123").country() == "US"
    assert FaxNumber("19005550100").kind() == "premium"
    assert FaxNumber("8821612345678").country() in {None, "001"}


@given(st.text(max_size=30), st.sampled_from([None, "US", "DE", "GB", "JP"]))
def test_any_text_is_a_number_or_a_refusal(text, country):
    try:
        found = number.parse(text, country)
    except errors.Permanent:
        return
    assert found.digits.isascii()
    assert 4 <= len(found.digits) <= 15
    assert number.parse(str(found), None) == found


def test_a_number_of_no_country_is_still_shown_and_masked():
    strange = FaxNumber("9991234567")
    assert strange.display() == "+9991234567"
    assert strange.masked() == "+********67"
    assert strange.country() is None
    assert strange.kind() == "unknown"
