"""Facts set as text: a headline, a column of names, and what each is, as on a card."""

import textwrap
from collections.abc import Iterable

from mailfax.document import letters

_COLUMN = 14
_WIDTH = 76
RULE = "─" * 40
"""Between two cards on one sheet."""

Row = tuple[str, str]
"""What it is called, and the words; line ends in them stay."""


def card(headline: str, rows: Iterable[Row], note: str = "") -> str:
    """One card; rows without words are left out. `note` is set over the whole width."""
    lines = [*_block(headline, "", ""), ""]
    for name, words in rows:
        if words.strip():
            lines += _block(words, f"{name:<{_COLUMN}}", " " * _COLUMN)
    if note.strip():
        lines += ["", *_block(note, "", "")]
    return "\n".join(lines).rstrip()


def _block(words: str, first: str, others: str) -> list[str]:
    found: list[str] = []
    for line in clean(words).split("\n"):
        begin = others if found else first
        found += textwrap.wrap(
            line, _WIDTH, initial_indent=begin, subsequent_indent=others, drop_whitespace=True
        ) or [""]
    return found


def clean(words: str) -> str:
    """Without what does not print, and with one kind of line end."""
    ends = words.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    return letters.clean(ends).expandtabs()
