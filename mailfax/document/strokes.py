"""Type on grounds that are neither white nor of one grey: tints of scans, pictures, shades.

Type is what is narrow and stands out against the ground close to it. Masks have one value a
block (`shapes`), pixels are those of the sample.
"""

import dataclasses
from collections.abc import Collection
from typing import Any

import numpy
from PIL import Image

from mailfax.document import fills, shapes
from mailfax.document.shapes import BLOCK

_PALE = 0.85
"""Greys darker than that part of the paper are shaded, unless they are nearly black."""
_MOSTLY = 0.75
"""A block is shaded when so much of it is; in type it is up to half."""
_CALM, _INK = 24, 50
"""Grounds are smooth but for so many steps of grey; type stands out by so many."""
_LEAST, _MOST = 0.04, 0.5
"""Part of a block that is ink where there is type."""
_WRITTEN = 0.3
"""Part of the blocks round a block that must show type, for all of them to be a ground of it."""
_ON_PHOTO = 0.15
"""Part of a whole photograph that must show type, or it has none."""
_AROUND = 2
"""Blocks to each side that are round a block."""
_THICK, _FAR_DARKER = 12, 0.55
"""Letters are narrower than twice so many pixels; what is darker than that part of the ground
round them is black, though it is too wide to be a stroke.
"""


def shaded(sample: Image.Image, paper: int, besides: Collection[int] = ()) -> Any:
    """Blocks that are mostly of a middle grey; greys `besides` do not count."""
    light = paper * _PALE
    middle = [255 * (fills.DARK <= g < light and g not in besides) for g in range(256)]
    return numpy.asarray(sample.point(middle).reduce(BLOCK)) >= 255 * _MOSTLY


@dataclasses.dataclass(frozen=True, slots=True)
class Strokes:
    """What stands out against the ground close to it."""

    ground: Any
    """The pixels without the strokes."""
    type: Any
    """Blocks in which there seems to be type."""
    on_dark: Any
    """Blocks where type is lighter than its ground, if there is type."""

    @classmethod
    def of(cls, pixels: Any, within: Any = True) -> "Strokes":
        """`within` are the blocks that are shaded; what stands out in others says nothing."""
        lighter = shapes.closed(pixels, fills.STROKE)
        darker = ~shapes.closed(~pixels, fills.STROKE)
        dark, light = shapes.blocks(lighter - pixels), shapes.blocks(pixels - darker)
        blocks = shapes.blocks(pixels)
        mostly = _mostly(blocks, within)[:, :, None]
        is_light = ((blocks > mostly + _INK) & (light > _INK)).mean(axis=2)
        is_dark = ((blocks < mostly - _INK) & (dark > _INK)).mean(axis=2)
        more = _mean((is_light - is_dark) * within)
        on_dark = more + _mean(more) / 100 > 0  # where nothing stands out, as farther round
        ground = numpy.where(shapes.unblocked(on_dark), darker, lighter)
        return cls(ground, numpy.where(on_dark, _is_ink(light), _is_ink(dark)), on_dark)


def _mostly(blocks: Any, within: Any) -> Any:
    """What most of each block is, or of those round it where that is no middle grey."""
    half = blocks.shape[2] // 2
    middle = numpy.partition(blocks, half, axis=2)[:, :, half].astype("float32")
    known = within & (middle >= fills.DARK) & (middle < fills.LIGHT)
    round_it = _mean(numpy.where(known, middle, 0)) / numpy.maximum(_mean(known), 0.01)
    return numpy.where(known, middle, round_it)


def _is_ink(height: Any) -> Any:
    """Whether what stands out so high in each block is type: there is some, not most of the block,
    and little between ink and ground.
    """
    ink = (height > _INK).mean(axis=2)
    between = (height > _CALM).mean(axis=2) - ink
    return (ink > _LEAST) & (ink < _MOST) & (between < _LEAST + ink / 3)


@dataclasses.dataclass(frozen=True, slots=True)
class Type:
    """The type on the shaded blocks of a page."""

    pixels: Any
    strokes: Strokes
    shaded: Any
    """The blocks that are shaded, those among them where only the ground is."""
    written: Any
    """Shaded blocks in which there seems to be type."""

    @classmethod
    def on(cls, sample: Image.Image, blocks: Any, paper: int, besides: Collection[int]) -> "Type":
        """`blocks` are those that `shaded` found."""
        pixels = numpy.asarray(sample)
        found = Strokes.of(pixels, blocks)
        ground = shaded(Image.fromarray(found.ground), paper, besides)
        blocks = blocks | (found.type & ground)
        return cls(pixels, found, blocks, found.type & blocks)

    def typed(self, photo: tuple[slice, slice] | None) -> Any:
        """The blocks that are the ground of type. `photo` is where the whole of a photograph is,
        on which some narrow things are no type yet.
        """
        if photo is not None and self.written[photo].mean() < _ON_PHOTO:
            return numpy.zeros_like(self.written)
        share = _mean(self.written) / numpy.maximum(_mean(self.shaded), _WRITTEN / 2)
        typed = shapes.closed(self.shaded & (share > _WRITTEN), _AROUND)
        return shapes.widened(typed | (shapes.widened(typed, _AROUND) & self.written), _AROUND)

    def limits(self, below: int, typed: Any) -> Any:
        """What is black: on the typed blocks as their ground says, elsewhere what is below."""
        if not typed.any():
            return below
        ground = self.strokes.ground
        thick = shapes.closed(self.pixels, _THICK) * _FAR_DARKER
        on_light = numpy.maximum(numpy.maximum(ground * fills.THRESHOLD, thick), fills.DARK)
        on_dark = (ground + 255.0) / 2
        limits = numpy.where(shapes.unblocked(self.strokes.on_dark), on_dark, on_light)
        return numpy.where(shapes.unblocked(typed), limits, below)


def _mean(field: Any) -> Any:
    """The mean of all values `_AROUND` each; what lies beyond the edge is 0."""
    wide = 2 * _AROUND + 1
    sums = numpy.pad(field.astype("float64"), _AROUND + 1).cumsum(0).cumsum(1)
    sums = sums[wide:-1] - sums[: -wide - 1]
    return (sums[:, wide:-1] - sums[:, : -wide - 1]) / wide**2
