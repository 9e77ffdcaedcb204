"""docs/conformance.md, made of the rows of rows.tsv and the tests that name them.

A test names rows in its name, `test_srv_13_…`, those of pictures in its text, `IMG-09`. A row
with a reason is not met, or in part only; every other one has a test, all of which pass.
"""

import ast
import csv
import functools
import pathlib
import re
from collections.abc import Iterator
from typing import NamedTuple

TESTS = pathlib.Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "conformance.md"
GROUPS = {
    "ADR": "Addresses",
    "SRV": "SMTP and LMTP",
    "AUT": "Who may",
    "LOOP": "Loops",
    "IMG": "Pages as TIFF",
}
HEAD = """\
# Conformance

What the standards of mail and fax ask for, row by row, and the test that shows it. Sources: RFC
1870, 2033, 2034, 2920, 3030, 3207, 3461, 4954, 5321, 6152, 6409, 8314 (SMTP); 2846, 3191, 3192,
3965, 4160, 4161 (fax); 3834 (loops); 6376, 7208, 7489, 8301, 8601, 8617 (proof); 3949 (TIFF).
Made by `python -m tests.conformance`.
"""
_NAMED = re.compile(r"(?:^test|(?<=\d))_(adr|srv|aut|loop)_(\d\d)(?=_)")
_SOMETHING = re.compile(r"^def test_(adr|srv|aut|loop)_|IMG-\d\d", re.MULTILINE)
_WRITTEN = re.compile(r"IMG-\d\d")


class Row(NamedTuple):
    """One line of rows.tsv."""

    name: str
    level: str
    words: str
    reason: str = ""
    """Why it is not met, or how far; empty: it is met."""

    @property
    def group(self) -> str:
        return self.name.partition("-")[0]


def rows() -> list[Row]:
    """All rows, in order."""
    with pathlib.Path(__file__).with_name("rows.tsv").open(encoding="utf-8") as lines:
        return [Row(*cells) for cells in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)]


@functools.cache
def named() -> dict[str, list[str]]:
    """Row → the tests that name it, as `tests/mail/test_lmtp.py: test_srv_36_…`."""
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.glob("*/test_*.py")):
        source = path.read_text(encoding="utf-8")
        for test in _tests(source):
            for row in _rows_of(test, source):
                found.setdefault(row, []).append(f"{path.parent.name}/{path.name}: {test.name}")
    return found


def made() -> str:
    """The page."""
    tests = named()
    tables = [
        f"\n## {title}\n\n| row | level | what | result | test |\n|---|---|---|---|---|\n"
        + "".join(_line(row, tests.get(row.name, [])) for row in rows() if row.group == group)
        for group, title in GROUPS.items()
    ]
    return HEAD + "".join(tables)


def _line(row: Row, tests: list[str]) -> str:
    shown = tests[0] if tests else ""
    more = f" and {len(tests) - 1} more" if len(tests) > 1 else ""
    place = f"`{shown}`{more}" if shown else ""
    return f"| {row.name} | {row.level} | {row.words} | {row.reason or 'met'} | {place} |\n"


def _tests(source: str) -> Iterator[ast.FunctionDef]:
    if not _SOMETHING.search(source):
        return
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node


def _rows_of(test: ast.FunctionDef, source: str) -> Iterator[str]:
    for group, number in _NAMED.findall(test.name):
        yield f"{group.upper()}-{number}"
    if "IMG-" in source:
        whole = [test, *test.decorator_list]
        text = "".join(ast.get_source_segment(source, part) or "" for part in whole)
        yield from sorted(set(_WRITTEN.findall(text)))
