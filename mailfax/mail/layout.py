"""How our letters to people are set: filled paragraphs, tables, and moments in their zone."""

import datetime
import re
import textwrap
import zoneinfo
from collections.abc import Iterable

from mailfax.mail import catalogue

WIDTH = 72

_TELEPHONE = re.compile(r"\+\d[\d ().-]*\d")
_GLUE = "\x00"
"""Stands for a space inside a telephone number while lines are broken."""


def paragraph(words: str, first: str = "", later: str = "") -> str:
    """Filled to 72, indented by `first` and `later`; long words and numbers stay whole."""
    filled = textwrap.fill(
        _TELEPHONE.sub(lambda match: match[0].replace(" ", _GLUE), words),
        WIDTH,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return filled.replace(_GLUE, " ")


def table(words: catalogue.Catalogue, rows: Iterable[tuple[str, str]]) -> str:
    """Rows of (key below `row.`, value) that have a value, the values under one another."""
    named = [(f"{words.say(f'row.{key}')}:", value) for key, value in rows if value]
    width = max(len(name) for name, _ in named) + 2
    return "\n".join(
        paragraph(f"{name.ljust(width)}{value}", later=" " * width) for name, value in named
    )


def moment(words: catalogue.Catalogue, when: datetime.datetime, zone: str) -> str:
    """A time as people of this language write it, with its offset."""
    local = when.astimezone(zoneinfo.ZoneInfo(zone))
    return words.say(
        "moment",
        day=local.day,
        month=words.say("months").split()[local.month - 1],
        year=local.year,
        time=f"{local:%H:%M}",
        offset=f"{local:%z}",
    )
