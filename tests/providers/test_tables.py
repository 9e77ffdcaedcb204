"""The tables on the pages of the providers say what the code says."""

import dataclasses
import pathlib
import re
import subprocess
import sys

import pytest

from mailfax import errors, providers
from mailfax.providers import _tables

ROOT = pathlib.Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "providers"

CASES = [
    ("countries", frozenset({"NZ", "AU"}), "sends to", "AU, NZ"),
    ("countries", None, "sends to", "everywhere"),
    ("resolutions", frozenset({"superfine", "standard"}), "resolutions", "standard, superfine"),
    ("subaddress", True, "subaddress", "yes"),
    ("group4", False, "takes Group 4 pages", "no"),
    ("max_pages", 50, "pages of a fax", "50"),
    ("max_bytes", 3_000_000, "size of a fax", "3 MB"),
    ("max_recipients", 7, "recipients in one request", "7"),
    ("max_reports", 7, "faxes asked after at once", "7"),
    ("confirms_delivery", False, "confirms delivery", "no"),
    ("reference_lookup", "none", "finds a fax whose answer was lost", "no: a person decides"),
    ("reference_lookup", "near", "finds a fax whose answer was lost", "nearly for sure"),
    ("reference_lookup", "exact", "finds a fax whose answer was lost", "for sure"),
    ("prints_header", False, "prints a header line", "no"),
    ("own_retries", False, "retries by itself", "no"),
    ("scheduling", True, "at a later hour", "by hand"),
    ("request_interval", 2.5, "between two requests", "2.5 s"),
    ("report_interval", 30.0, "between two reports", "30 s"),
    ("file_types", frozenset({"tif", "pdf"}), "files, by hand", "pdf, tif"),
]
"""A capability, a value of it, and the row that tells it."""


def made(*folder):
    """Run the maker of the tables in the root of the checkout."""
    command = [sys.executable, "-m", "mailfax.providers", *map(str, folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def cells(table, row):
    """The cells of a row, by the first of them."""
    lines = [re.split(r" *(?<!\\)\| *", line)[1:-1] for line in table.splitlines()]
    (found,) = [line[1:] for line in lines if line[0] == row]
    return found


@pytest.mark.parametrize("name", _tables.names())
def test_a_page_is_up_to_date(name):
    page = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert _tables.renewed(name, page) == page, "run: python -m mailfax.providers"


def test_there_is_a_page_for_each_provider_and_for_nothing_else():
    assert {file.stem for file in FOLDER.iterdir()} == {*providers.kinds(), "README"}


@pytest.mark.parametrize("kind", providers.kinds())
def test_every_key_has_a_row_and_every_secret_says_so(kind):
    table = _tables.settings(kind)
    for key, setting in providers.load(kind).SETTINGS.items():
        said, absent = cells(table, f"`{key}`")
        assert said.endswith("*secret*") == setting.secret
        assert (absent == "*needed*") == setting.required


@pytest.mark.parametrize(("field", "value", "row", "said"), CASES)
@pytest.mark.parametrize("kind", providers.kinds())
def test_what_a_provider_can_do_stands_in_its_table(monkeypatch, kind, field, value, row, said):
    module = providers.load(kind)
    changed = dataclasses.replace(module.CAPABILITIES, **{field: value})
    monkeypatch.setattr(module, "CAPABILITIES", changed)
    assert cells(_tables.abilities(kind), row) == [said]


def test_no_capability_is_left_out():
    fields = dataclasses.fields(providers.load("faxage").CAPABILITIES)
    assert {field for field, *_ in CASES} == {field.name for field in fields}


def test_the_ways_to_receive_and_to_call_back_are_told_by_the_accounts_themselves():
    receives = dict(zip(providers.kinds(), cells(_tables.comparison(), "receives"), strict=True))
    assert receives["faxage"] == "from its box"
    assert receives["interfax"] == "from its box and by push"
    assert receives["monopond"] == "by push"
    calls = dict(zip(providers.kinds(), cells(_tables.comparison(), "calls back"), strict=True))
    assert (calls["monopond"], calls["popfax"]) == ("yes", "no")


@pytest.mark.parametrize(
    "page",
    [
        "nothing",
        _tables.BEGIN,
        _tables.END,
        f"{_tables.END} {_tables.BEGIN}",
        f"{_tables.BEGIN} {_tables.BEGIN} {_tables.END}",
        f"{_tables.BEGIN} {_tables.END} {_tables.END}",
    ],
)
def test_a_page_without_its_two_marks_is_refused(page):
    with pytest.raises(errors.Permanent, match="must have one"):
        _tables.renewed("faxage", page)


def test_the_maker_renews_what_is_between_the_marks_and_keeps_the_rest(tmp_path):
    (tmp_path / "faxage.md").write_text(
        f"# Mine\n\n{_tables.BEGIN}\nfrom before\n{_tables.END}\n\nnew\n", encoding="utf-8"
    )
    done = made(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    page = (tmp_path / "faxage.md").read_text(encoding="utf-8")
    assert page.startswith("# Mine\n\n")
    assert page.endswith(f"\n\n{_tables.END}\n\nnew\n")
    assert _tables.settings("faxage") in page
    assert "from before" not in page
    assert {file.stem for file in tmp_path.iterdir()} == set(_tables.names())


def test_a_bar_in_a_cell_does_not_end_it():
    table = _tables.settings("monopond")
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
    assert "\\|" in table
