"""What is wrong with the code words of a fax page: findings as (row id, sentence).

Strips come with the most significant bit first; lines count from 1. The first fault of a
strip ends its reading, because what follows cannot be trusted.
"""

import itertools
from collections.abc import Iterator

from mailfax.document import t4, t6

_RTC = 6
"""EOLs in a row that end a page on the line (ITU-T T.4)."""


def group3(
    data: bytes, width: int, length: int, *, aligned: bool, two: bool = False
) -> Iterator[tuple[str, str]]:
    """T.4 lines, each behind an EOL; `aligned` and `two` are T4Options bits 2 and 0.

    RTC may stay only where EOLs are not aligned (RFC 3949 section 3.4.1).
    """
    lines, (eols, at) = 0, _eols(data, 0, two)
    above: list[int] = []
    while eols and t4.next_one(data, at) is not None:
        lines += 1
        if eols > 1:
            yield "IMG-12", f"{eols} EOLs stand before line {lines}"
            return
        if aligned and (at - two) % 8:
            yield "IMG-12", f"the EOL before line {lines} does not end on an octet boundary"
            return
        above, at = _line(data, at, above, width, two)
        pixels = above[-1] if above else 0
        if pixels != width:
            yield "IMG-19", f"line {lines} has {pixels} pixels, then no more of {width}"
            return
        eols, at = _eols(data, at, two)
    yield from _ending(data, at, eols, aligned=aligned)
    if lines != length:
        yield "IMG-12", f"the strip holds {lines} lines, ImageLength says {length}"


def _line(data: bytes, at: int, above: list[int], width: int, two: bool) -> tuple[list[int], int]:
    """Where the runs of a line end, as far as they can be read, and the bit behind them; the tag
    bit of a two-dimensional page lies before bit `at`.
    """
    if not two or t4.peek(data, at - 1, 1):
        return t4.line(data, at, width)
    found = t6.line(data, at, above, width)
    return ([], at) if found is None else ([*found[0], width], found[1])


def _eols(data: bytes, at: int, two: bool) -> tuple[int, int]:
    """How many EOLs stand at bit `at`, and the bit behind them and their tag bits."""
    count = 0
    while (behind := t4.after_eol(data, at)) is not None:
        count, at = count + 1, behind + two
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
    ends = [at for _, at in itertools.islice(t6.lines(data, width), length)]
    lines = len(ends)
    if lines != length:
        yield "IMG-23", f"the strip holds {lines} good lines, ImageLength says {length}"
    elif not t6.is_eofb(data, ends[-1] if ends else 0):
        yield "IMG-23", f"EOFB does not follow line {length}"
