"""Areas of one exact grey on a page that was drawn and not scanned: tinted boxes, bars of charts,
marked lines. Greys are 0 (black) to 255; masks have one value a pixel of the sample (`regions`).
"""

import dataclasses
from typing import Any

import numpy

from mailfax.document import shapes

THRESHOLD = 168 / 255
"""Darker than this part of the ground is black: high, or grey small print (#999) is lost."""
DARK, LIGHT = 56, 216
"""From the one up to the other are greys that a threshold alone would falsify."""
STROKE = 3
"""Pixels of the sample: what is up to twice as wide is type, and what is wider is ground."""

_WHITE = 250
"""Lighter greys are white without any care."""
_SPIKE = 0.0004
"""Part of a page that one grey must cover to be a fill: 1 cm² is 0.0016 of A4."""
_ALONE = 8
"""How many times more often than the greys beside it: photographs have no spikes."""
_SOLID = 1
"""Pixels of the sample round one pixel that a fill fills somewhere."""
_CLEAR = 50
"""Steps of grey between a fill and the type on it."""
_STEP = 12
"""Greys that are nearly the same."""
_TALL = 5
"""Pixels round one pixel that a fill must fill somewhere to be more than a thick line, which is
black, or a marked one.
"""
_SOME, _WORD = 0.002, 24
"""Part of a fill that type on it covers at the least, and pixels of a short word."""
_RULE = 10
"""Pixels of a line on a fill that is no part of a letter."""
_MOSTLY = 5
"""Type on a fill is light, or dark, when there is this many times more of it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Fill:
    """An area of one grey."""

    grey: int
    tone: int
    """What it becomes: white (255) for dark type, black (0) for light type, else dots."""
    where: Any
    """Where in the sample it is solid, and right beside that."""
    ground: Any
    """The same with the type on it."""
    rim: bool
    """It is something by itself, and gets an outline when it turns white."""


def find(pixels: Any, counts: list[int], paper: int) -> tuple[Fill, ...]:
    """All of a sample, in which each grey is found so many times."""
    least = _SPIKE * pixels.size
    greys = (g for g in range(DARK, _WHITE) if g != paper)
    spikes = (g for g in greys if counts[g] > least and _alone(counts, g))
    found = (_fill(pixels, grey) for grey in spikes)
    return tuple(fill for fill in found if fill is not None)


def _fill(pixels: Any, grey: int) -> Fill | None:
    """None for what fills nothing, as hairlines and the edges of letters, and steps of what goes
    from dark to light.
    """
    mask = pixels == grey
    runs = mask[:, 2:] & mask[:, 1:-1] & mask[:, :-2]
    if not (runs[2:] & runs[1:-1] & runs[:-2]).any():
        return None
    near = (pixels > grey - _STEP) & (pixels < grey + _STEP) & ~mask
    solid = ~shapes.closed(~mask | shapes.widened(near, _SOLID), _SOLID)
    if not solid.any():
        return None
    ground = shapes.closed(solid, STROKE)
    holes = ground & ~mask
    lines = shapes.opened(holes, _RULE, 0) | shapes.opened(holes, _RULE, 1)
    inside = pixels[holes & ~lines]
    dark, light = int((inside < grey - _CLEAR).sum()), int((inside >= grey + _CLEAR).sum())
    tone, tall = 255 if dark > light else 0, bool((~shapes.widened(~solid, _TALL)).any())
    few, many = sorted((dark, light))
    if many <= max(_MOSTLY * few, _SOME * solid.sum(), _WORD):
        tone = grey if tall else 0
    if grey >= LIGHT:
        tone = 255
    return Fill(grey, tone, shapes.widened(solid, _SOLID), ground, rim=tall and grey < LIGHT)


def limits(below: Any, shape: tuple[int, int], found: tuple[Fill, ...]) -> Any:
    """What is black, type on fills being judged against its own ground."""
    below = numpy.array(numpy.broadcast_to(below, shape), dtype="float32")
    for fill in found:
        limit = (fill.grey + 255) / 2 if fill.tone == 0 else fill.grey * THRESHOLD
        below[fill.ground] = limit
    return below


def _alone(counts: list[int], grey: int) -> bool:
    """Whether a grey stands out among those beside it, some of which may be fills as well."""
    beside = sorted(counts[grey - 4 : grey] + counts[grey + 1 : grey + 5])
    return counts[grey] > _ALONE * beside[len(beside) // 2]
