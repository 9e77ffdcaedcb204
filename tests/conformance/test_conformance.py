"""The page of conformance says what the tests say."""

from tests.conformance import page


def test_the_page_is_up_to_date():
    assert page.PAGE.read_text("utf-8") == page.made(), "write it: python -m tests.conformance"


def test_every_row_has_a_test_or_a_reason():
    tests = page.named()
    assert [row.name for row in page.rows() if row.name not in tests and not row.reason] == []


def test_no_test_names_a_row_that_is_not_there():
    assert page.named().keys() - {row.name for row in page.rows()} == set()


def test_rows_are_numbered_without_a_gap():
    numbers: dict[str, list[int]] = {}
    for row in page.rows():
        numbers.setdefault(row.group, []).append(int(row.name.partition("-")[2]))
    assert numbers == {group: list(range(1, len(numbers[group]) + 1)) for group in page.GROUPS}
