"""Light grey type and hairlines on clean paper, which a threshold alone would lose.

Pages come as octets, rows × 1728, and as the same with eight pixels in an octet, 1-bits black.
"""

from typing import Any

import numpy

from mailfax.document import g4, shapes

_SEEN = 20
"""Steps of grey below the paper at which a person begins to see something."""
_DARK = 96
"""Ink that is lighter is light ink; a threshold made for black ink makes its strokes thin."""
_COVERED = 0.34
"""Part of a pixel that ink must cover to make it black, however light the ink is."""
_WIDE = 32
_HIGH = 16
"""Pixels of a block across, and down at 204 per inch."""


def type_(octets: Any, packed: Any, paper: int, rows_per_inch: int) -> int:
    """Make light type black in `packed`, where nothing darker is near it; how many blocks still
    have something that is not to be seen.
    """
    high = max(1, _HIGH * rows_per_inch // 204)
    rows = octets.shape[0] // high * high
    bands = octets[:rows].reshape(-1, high, octets.shape[1])
    darkest = bands.min(axis=1).reshape(len(bands), -1, _WIDE).min(axis=2)
    alone = (darkest < paper - _SEEN // 3) & ~shapes.widened(darkest < _DARK, 1)
    if not alone.any():
        return 0
    lightest = bands.max(axis=1).reshape(len(bands), -1, _WIDE).max(axis=2)
    alone &= ~shapes.widened(lightest < paper - _SEEN // 2, 1)
    faint = alone & (darkest < paper - _SEEN)
    for down, across in zip(*numpy.nonzero(faint), strict=True):
        part = (slice(down * high, (down + 1) * high), slice(across * _WIDE, (across + 1) * _WIDE))
        ink = _darkest_near(darkest, faint, down, across)
        limit = paper - _COVERED * (paper - ink)
        octet = slice(part[1].start // 8, part[1].stop // 8)
        packed[part[0], octet] |= numpy.packbits(octets[part] < limit, axis=1)
    edges = shapes.widened(faint | (darkest < _DARK), 2)
    return int((alone & ~edges).sum())


def _darkest_near(darkest: Any, faint: Any, down: int, across: int) -> int:
    """The ink of a block: the darkest of it and of the light type beside it."""
    around = (slice(max(0, down - 1), down + 2), slice(max(0, across - 1), across + 2))
    return int(darkest[around][faint[around]].min())


_TRACE = 12
"""Steps of grey below the paper that a long line may show of itself."""
_LONG, _HIGH_LINE = 40, 24
"""Pixels of a line that lies, a multiple of 8, and rows of one that stands, at the least."""
_FULL = (1 << 64) - 1
"""64 pixels of a row."""
_THICK = 4
"""Pixels of what is no hairline any more."""


def lines(octets: Any, packed: Any, paper: int, darker: int = _TRACE) -> None:
    """Make light hairlines black in `packed`, those that lie and those that stand: what is so
    many steps darker than the paper, with nothing beside it that is.
    """
    seen = g4.threshold(octets, paper - darker)
    light = seen ^ packed
    for row in numpy.flatnonzero(_may_lie(light, seen)):
        _lying(light, seen, packed, int(row))
    step = _HIGH_LINE // 3
    few = light[::step] * (numpy.bitwise_count(seen[::step]) < _THICK)
    columns = numpy.flatnonzero((few[:-2] & few[1:-1] & few[2:]).any(axis=0))
    if columns.size:
        _standing(light, seen, packed, columns)


def _may_lie(light: Any, seen: Any) -> Any:
    """Rows that have something long and light where a few rows above and below are not full."""
    full = light.view("uint64") == _FULL
    ground = numpy.pad(seen.view("uint64") == _FULL, ((_THICK, _THICK), (0, 0)))
    return (full & ~(ground[: -2 * _THICK] | ground[2 * _THICK :])).any(axis=1)


def _lying(light: Any, seen: Any, packed: Any, row: int) -> None:
    """The hairlines of a row."""
    around = slice(max(0, row - _THICK + 1), row + _THICK)
    thick = shapes.opened(seen[around] == 255, _THICK, 0)[row - around.start]
    long = shapes.opened(light[row][None] == 255, _LONG // 8, 1)[0]
    packed[row, long & ~thick] = 255


def _standing(light: Any, seen: Any, packed: Any, columns: Any) -> None:
    """The hairlines that stand in some columns of octets."""
    last = seen.shape[1] - 1
    beside = [numpy.clip(columns + away, 0, last) for away in (-1, 0, 1)]
    ink = sum(numpy.bitwise_count(seen[:, place]) for place in beside)
    packed[:, columns] |= shapes.opened(light[:, columns], _HIGH_LINE, 0) * (ink < _THICK)
