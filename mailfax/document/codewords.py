"""What is wrong with the code words of a fax page: findings as (row id, sentence).

Strips come with the most significant bit first; lines count from 1. The first fault of a
strip ends its reading, because what follows cannot be trusted.
"""

import itertools
from collections.abc import Iterator

from mailfax.document import t4, t6

_RTC = 6
"""EOLs in a row that end a page on the line (ITU-T T.4)."""


def group3(data: bytes, width: int, length: int, *, aligned: bool) -> Iterator[tuple[str, str]]:
    """One-dimensional T.4 as profile S wants it; `aligned` is T4Options bit 2.

    RTC may stay only where EOLs are not aligned (RFC 3949 section 3.4.1).
    """
    lines, (eols, at) = 0, _eols(data, 0)
    while eols and t4.next_one(data, at) is not None:
        lines += 1
        if eols > 1:
            yield "IMG-12", f"{eols} EOLs stand before line {lines}"
            return
        if aligned and at % 8:
            yield "IMG-12", f"the EOL before line {lines} does not end on an octet boundary"
            return
        pixels, at = t4.read_line(data, at, width)
        if pixels != width:
            yield "IMG-12", f"line {lines} has {pixels} pixels, then no more of {width}"
            return
        eols, at = _eols(data, at)
    yield from _ending(data, at, eols, aligned=aligned)
    if lines != length:
        yield "IMG-12", f"the strip holds {lines} lines, ImageLength says {length}"


def _eols(data: bytes, at: int) -> tuple[int, int]:
    """How many EOLs stand at bit `at`, and the bit behind them."""
    count = 0
    while (behind := t4.after_eol(data, at)) is not None:
        count, at = count + 1, behind
    return count, at


def _ending(data: bytes, at: int, eols: int, *, aligned: bool) -> Iterator[tuple[str, str]]:
    """What is wrong behind the last line, where `eols` stand."""
    if eols >= _RTC and aligned:
        yield "IMG-13", "RTC stands behind the last line"
    elif 0 < eols < _RTC:
        yield "IMG-12", "an EOL stands behind the last line"
    elif not eols and t4.next_one(data, at) is not None:
        yield "IMG-12", "something that is no EOL stands where a line should begin"


def group4(data: bytes, width: int, length: int) -> Iterator[tuple[str, str]]:
    """T.6: whole lines, as many as the page has, then EOFB; bits after it are ignored."""
    ends = list(itertools.islice(t6.lines(data, width), length))
    lines = len(ends)
    if lines != length:
        yield "IMG-23", f"the strip holds {lines} good lines, ImageLength says {length}"
    elif not t6.is_eofb(data, ends[-1] if ends else 0):
        yield "IMG-23", f"EOFB does not follow line {length}"
