"""The settings of the header line: what the law wants is missed at load, not on the page."""

import pytest

from mailfax import errors
from tests.policy import samples


class Account:
    resolutions = frozenset({"fine"})

    def __init__(self, *, prints_header):
        self.prints_header = prints_header


PRINTING, SILENT = Account(prints_header=True), Account(prints_header=False)
WHO = 'identity = "Example Clinic"\nstation = "+1 202 555 0100"\n'


def load(settings, account):
    send = f'[[send]]\nname = "staff"\nproof = "login"\nfrom = "@example.com"\n{settings}'
    text = f'{samples.HEAD}{send}[[send]]\naction = "reject"\n{samples.TAIL}'
    return samples.parse(text, accounts={"main": account}, covers=[])


def warnings(settings, account):
    return [warning.text for warning in load(settings, account).warnings]


def test_a_rule_that_asks_for_the_line_must_say_who_sends():
    for given in ("", 'identity = "Example Clinic"\n', 'station = "+1 202 555 0100"\n'):
        with pytest.raises(errors.Invalid, match=r"rule 'staff' must be given .*for the header"):
            load(f'header = "always"\n{given}', PRINTING)
    assert load(f'header = "always"\n{WHO}', PRINTING).warnings == ()


def test_the_line_cannot_go_on_a_pdf_that_is_sent_as_it_is():
    with pytest.raises(errors.Invalid, match="on which no header line can be put"):
        load(f'header = "always"\nas_it_is = true\n{WHO}', PRINTING)


def test_pages_without_any_line_are_warned_of():
    """HDR-04: it cannot be switched off silently where nobody else prints one."""
    assert warnings('header = "never"\n', SILENT) == [
        "rule 'staff' sends pages without a header line: provider 'main' prints none"
    ]
    [text] = warnings("", SILENT)
    assert text.startswith("rule 'staff' must be given identity and station for the header line")
    assert warnings(WHO, SILENT) == warnings('header = "never"\n', PRINTING) == []


@pytest.mark.parametrize(
    ("station", "why"),
    [("+1 900 555 0100", "premium"), ("202 555 0100", "no +"), ("+1 202", "number"), ("x", "not")],
)
def test_the_number_is_one_that_can_be_called_at_the_usual_price(station, why):
    """HDR-02."""
    with pytest.raises(errors.Invalid, match="station: ") as caught:
        load(f'station = "{station}"\n', PRINTING)
    assert why in str(caught.value)


def test_the_number_is_shown_as_its_country_writes_it():
    book = load(WHO, PRINTING)
    assert samples.decided(book, login="ann@example.com").station == "+1 202-555-0100"
