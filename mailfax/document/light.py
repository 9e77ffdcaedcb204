"""How light falls on a written page that was photographed or scanned.

Fields have one value a block (`shapes`), or a pixel of the sample; light is the grey that white
paper has there.
"""

from typing import Any

import numpy
from PIL import Image

from mailfax.document import shapes, strokes
from mailfax.document.shapes import BLOCK

_WRITTEN = 0.06
"""Part of its blocks that shows type on a page which is no photograph."""
_SLOPE = 0.97
"""Light falls off by no more than this from block to block; what is darker is darker itself."""
_GLOOM = 64


def on(pixels: Any, inside: tuple[int, int, int, int]) -> Any:
    """The light on each block of a sample; None where it is no written page. `inside` is the box
    (left, top, right, bottom) of what is not white.
    """
    left, top = (-(-side // BLOCK) for side in inside[:2])
    right, bottom = (side // BLOCK for side in inside[2:])
    if right - left < BLOCK or bottom - top < BLOCK:
        return None
    written = pixels[top * BLOCK : bottom * BLOCK, left * BLOCK : right * BLOCK]
    found = strokes.Strokes.of(written)
    if (found.type & ~found.on_dark).mean() < _WRITTEN:
        return None
    level = shapes.blocks(found.ground).mean(axis=2, dtype="float32")
    level = numpy.maximum(_slide(_slide(level, -1), 1), _GLOOM)
    down, across = (side // BLOCK for side in pixels.shape)
    return numpy.pad(level, ((top, down - bottom), (left, across - right)), "edge")


def even(sample: Image.Image, lit: Any) -> Image.Image:
    """A sample as it would be in even light."""
    spread = _spread(lit, sample.size).astype("uint16")
    pixels = numpy.asarray(sample).astype("uint16") * 255 // spread
    return Image.fromarray(numpy.minimum(pixels, 255).astype("uint8"))


def limits(below: Any, size: tuple[int, int], lit: Any) -> Any:
    """Limits for even light as limits in the light that the page really has."""
    return below * (_spread(lit, size) / 255)


def _slide(level: Any, step: int) -> Any:
    """Let the light of every block shine on those after it, falling off with `_SLOPE`."""
    level = level[::step, ::step].copy()
    for row in range(1, level.shape[0]):
        numpy.maximum(level[row], level[row - 1] * _SLOPE, out=level[row])
    for column in range(1, level.shape[1]):
        numpy.maximum(level[:, column], level[:, column - 1] * _SLOPE, out=level[:, column])
    return level[::step, ::step]


def _spread(lit: Any, size: tuple[int, int]) -> Any:
    """A field of blocks as octets, one for each pixel of the sample, without steps."""
    image = Image.fromarray(lit.astype("uint8"))
    return numpy.asarray(image.resize(size, Image.Resampling.BILINEAR))
