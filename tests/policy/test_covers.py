"""Which cover a fax gets, with which words, and which of them its sender may choose."""

import pytest

from mailfax import errors
from mailfax.policy import decide
from mailfax.store import rows
from tests.policy import samples

COVERS = """
[covers.firm]
template = "letterhead"
words = { from_company = "Example Ltd", notice = "Only for you.", Fax = "Telecopy" }
[covers.plain]
"""
STAFF = 'name = "staff"\nfrom = "@example.com"\nproof = "login"\n'


def decided(settings):
    book = samples.sending(STAFF + settings, more=COVERS)
    return book, samples.decided(book, login="ann")


def test_a_cover_brings_its_template_and_its_words():
    _, decision = decided('cover = "firm"')
    assert decision.cover == "letterhead"
    assert decision.cover_words["notice"] == "Only for you."


def test_without_a_word_there_is_no_cover_no_choice_and_nothing_on_it():
    _, decision = decided("")
    assert (decision.cover, decision.cover_when, decision.remarks) == ("none", "always", "none")
    assert decision.covers == ()


@pytest.mark.parametrize(
    ("name", "template"), [("firm", "letterhead"), ("plain", "plain"), ("none", "none")]
)
def test_a_sender_may_choose_a_cover_that_the_rule_lists(name, template):
    book, decision = decided('cover = "firm"\ncovers = ["firm", "plain", "none"]')
    chosen = decide.choose_cover(book, decision, name)
    assert chosen.cover == template
    assert bool(chosen.cover_words) == (name == "firm")


@pytest.mark.parametrize("settings", ['cover = "firm"', 'covers = ["plain"]'])
def test_any_other_cover_is_refused_with_those_that_are_allowed(settings):
    book, decision = decided(settings)
    with pytest.raises(errors.Permanent, match=r"'firm' is not for the choosing .*'staff'"):
        decide.choose_cover(book, decision, "firm")


def test_every_cover_a_fax_may_get_is_found_once():
    book, _ = decided('cover = "firm"\ncovers = ["plain", "none", "firm"]\nlanguage = "de"')
    assert [(one.cover, one.language) for one in decide.covered(book)] == [
        ("letterhead", "de"),
        ("plain", "de"),
    ]


def test_a_decision_keeps_its_cover_in_the_store():
    _, decision = decided('cover = "firm"\ncovers = "plain"\nremarks = "body"\ncover_when = "body"')
    assert rows.decision(rows.decision_text(decision)) == decision


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('cover_when = "sometimes"', "cover_when: must be always, body or no attachments"),
        ("remarks = 3", "remarks: must be none, body or a text"),
        ('remarks = " "', "remarks: must be none, body or a text"),
        (f'remarks = "{"x" * 5001}"', "remarks: is longer"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_reason(line, why):
    with pytest.raises(errors.Invalid, match=why):
        samples.sending(STAFF + line)


@pytest.mark.parametrize(
    ("words", "why"),
    [("{ subject = 'x' }", "unknown key 'subject'"), ("{ notice = 3 }", "must be in quotes")],
)
def test_words_of_a_cover_are_fields_of_the_sender_and_labels(words, why):
    with pytest.raises(errors.Invalid, match=why):
        samples.sending(STAFF, more=f"[covers.firm]\nwords = {words}\n")


def test_remarks_may_have_several_lines():
    _, decision = decided('remarks = """\nOffice hours: 9 to 5.\nNo fax on Sundays.\n"""')
    assert decision.remarks == "Office hours: 9 to 5.\nNo fax on Sundays."
