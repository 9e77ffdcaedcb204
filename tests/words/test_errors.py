"""Errors carry their meaning."""

import pytest

from mailfax import errors


def test_every_cause_has_a_status_of_a_failed_report():
    assert set(errors.STATUS) == set(errors.Cause)
    for status in errors.STATUS.values():
        kind, subject, detail = status.split(".")
        assert kind in "45"
        assert subject.isdigit()
        assert detail.isdigit()


def test_unknown_is_the_last_cause():
    assert list(errors.Cause)[-1] is errors.Cause.UNKNOWN


def test_reply_code_and_enhanced_status_must_be_of_one_class():
    assert errors.Refused(550, "5.7.1", "no").reply == "550 5.7.1 no"
    assert errors.Refused(451, "4.3.0", "later").temporary
    with pytest.raises(ValueError, match="one class"):
        errors.Refused(550, "4.7.1", "no")


def test_all_problems_of_a_file_are_told_at_once_with_their_places():
    wrong = errors.Invalid(
        [errors.Problem("a.toml", 3, 5, "x"), errors.Problem("a.toml", 0, 0, "y")]
    )
    assert str(wrong) == "a.toml:3:5: x\na.toml: y"
