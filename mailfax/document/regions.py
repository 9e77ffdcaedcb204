"""What on a grey page is paper, what is type on a ground, and what is a picture.

A page is judged on a sample of 50 pixels an inch, in blocks of 4 mm. Greys are 0 (black) to 255;
masks and fields have one value a block, or a pixel of the sample. A page of black type on white
paper costs less than a millisecond.
"""

import dataclasses
from collections.abc import Collection
from typing import Any

import numpy
from PIL import Image, ImageChops

from mailfax.document import fills, light, shapes, strokes
from mailfax.document.shapes import BLOCK

_ACROSS = 32
"""Fax pixels of a block."""
_PAPER = range(160, 256)
_WIDE, _MUCH = 6, 0.25
"""Paper is what so many greys to both sides of the commonest light grey hold of a page."""
_LITTLE, _PALE = 0.15, 0.5
"""Parts of a photograph that are of a middle grey, at the least, and light, at the most."""

_Box = tuple[int, int, int, int]
"""Left, top, right and bottom in the sample."""


@dataclasses.dataclass(frozen=True, slots=True)
class Regions:
    """How a page is to be turned into black and white."""

    below: Any
    """What is darker is black: one grey, or one for each pixel of the sample."""
    paper: int
    """The grey of the paper."""
    clean: bool
    """Nothing was scanned: grounds have one grey exactly."""
    areas: tuple[fills.Fill, ...] = ()
    picture: Any = None
    """Blocks where dots are wanted; None for nowhere."""
    lost: int = 0
    """Blocks of a picture in which there seems to be type."""


def judge(grey: Image.Image, rows_per_inch: int, halftone: str = "auto") -> Regions:
    """Look at a page (`L`, as wide as a fax line). `halftone` is `auto`, or what everything that
    is neither paper nor black is taken for: `text` or `photo`.
    """
    sample = _sample(grey, rows_per_inch)
    inside = ImageChops.invert(sample).getbbox()
    if inside is None:
        return Regions(round(255 * fills.THRESHOLD), 255, clean=True)
    counts = sample.histogram()
    within = _within(counts, inside)
    paper, drawn = _paper(counts, within)
    pixels = numpy.asarray(sample)
    areas = fills.find(pixels, counts, paper) if drawn and halftone != "photo" else ()
    greys = {area.grey for area in areas}
    shaded = strokes.shaded(sample, paper, greys)
    below, picture, lost = round(paper * fills.THRESHOLD), None, 0
    if shaded.any():
        whole = _whole(within, greys, inside) if halftone == "auto" else None
        page = _Page(sample, inside, shaded, paper, greys, whole)
        below, picture, lost = page.judged(halftone, drawn=drawn)
    if areas:
        below = fills.limits(below, pixels.shape, areas)
    return Regions(below, paper, drawn, areas, picture, lost)


@dataclasses.dataclass(frozen=True, slots=True)
class _Page:
    """A page with shaded places."""

    sample: Image.Image
    inside: _Box
    shaded: Any
    paper: int
    greys: Collection[int]
    """Those of the fills, which are shaded no more."""
    whole: tuple[slice, slice] | None
    """The blocks of it all, where it is a photograph as a whole."""

    def judged(self, halftone: str, *, drawn: bool) -> tuple[Any, Any, int]:
        """`below`, `picture` and `lost`, as `Regions` has them."""
        lit = None if drawn else light.on(numpy.asarray(self.sample), self.inside)
        if lit is None:
            return self._evenly_lit(halftone)
        sample = light.even(self.sample, lit)
        shaded = strokes.shaded(sample, 255)
        page = _Page(sample, self.inside, shaded, 255, (), None)
        below, picture, lost = page._evenly_lit(halftone)
        return light.limits(below, sample.size, lit), picture, lost

    def _evenly_lit(self, halftone: str) -> tuple[Any, Any, int]:
        below = round(self.paper * fills.THRESHOLD)
        if halftone == "photo":
            return below, _pictures(self.shaded), 0
        found = strokes.Type.on(self.sample, self.shaded, self.paper, self.greys)
        if halftone == "text":
            return found.limits(below, self.shaded), None, 0
        typed, shaded = found.typed(self.whole), found.shaded
        if self.whole is not None:
            shaded[self.whole] = True
        lost = int((found.written & ~typed).sum()) if self.whole is None else 0
        picture = _pictures(shaded & ~typed)
        if picture is not None:
            picture &= ~typed
        return found.limits(below, typed), picture, lost


def _sample(grey: Image.Image, rows_per_inch: int) -> Image.Image:
    across = grey.width // _ACROSS
    down = max(1, round(grey.height / (_ACROSS * rows_per_inch / 204)))
    return grey.resize((across * BLOCK, down * BLOCK), Image.Resampling.NEAREST)


def _within(counts: list[int], inside: _Box) -> list[int]:
    """How often each grey is inside of the box that holds all that is not white: a photographed
    page has white margins round it.
    """
    left, top, right, bottom = inside
    within = counts.copy()
    within[255] -= sum(counts) - (right - left) * (bottom - top)
    return within


def _paper(counts: list[int], within: list[int]) -> tuple[int, bool]:
    """The grey of the paper, 255 where no light grey is common enough to be that; and whether
    some ground is one grey exactly, as where nothing was scanned.
    """
    much = _MUCH * sum(within)
    drawn = max(within) > much
    if drawn and counts[255] > _MUCH * sum(counts):
        return 255, drawn
    commonest = max(_PAPER, key=within.__getitem__)
    share = sum(within[commonest - _WIDE : commonest + _WIDE + 1])
    return commonest if share > much else 255, drawn


def _whole(within: list[int], greys: Collection[int], inside: _Box) -> tuple[slice, slice] | None:
    """All blocks of what is on a page, where that is a photograph, be it ever so dark or light."""
    other = [0 if grey in greys else count for grey, count in enumerate(within)]
    pale, middle = sum(other[fills.LIGHT :]), sum(other[fills.DARK : fills.LIGHT])
    if middle <= _LITTLE * sum(within) or pale >= _PALE * sum(other):
        return None
    left, top = (side // BLOCK for side in inside[:2])
    right, bottom = (-(-side // BLOCK) for side in inside[2:])
    return slice(top, bottom), slice(left, right)


def _pictures(shaded: Any) -> Any:
    """Pictures with their edges; a photograph is a rectangle, with light and dark places in it."""
    if not shaded.any():
        return None
    rows, columns = numpy.flatnonzero(shaded.any(1)), numpy.flatnonzero(shaded.any(0))
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    if shaded[box].mean() > 0.5:
        shaded = shaded.copy()
        shaded[box] = True
    return shapes.widened(shaded, 1)
