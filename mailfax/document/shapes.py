"""Shapes on a page: mathematical morphology on arrays of pixels, of blocks or of packed bits."""

from typing import Any

import numpy

BLOCK = 8
"""Pixels of a block, across and down."""


def blocks(pixels: Any) -> Any:
    """The 64 pixels of each block: rows of blocks × columns of blocks × pixels."""
    down, across = (side // BLOCK for side in pixels.shape)
    parted = pixels.reshape(down, BLOCK, across, BLOCK).swapaxes(1, 2)
    return parted.reshape(down, across, BLOCK * BLOCK)


def unblocked(mask: Any) -> Any:
    """Values of blocks as values of pixels."""
    return mask.repeat(BLOCK, 0).repeat(BLOCK, 1)


def widened(field: Any, reach: int) -> Any:
    """The greatest of all values up to `reach` to every side (dilation by a square)."""
    for axis in (0, 1):
        turned = field.swapaxes(0, axis)
        wide = numpy.pad(turned, ((reach, reach), (0, 0)), "edge")
        field = _doubled(wide, 2 * reach + 1, numpy.maximum).swapaxes(0, axis)
    return field


def closed(field: Any, reach: int) -> Any:
    """A field of which dark things up to twice `reach` wide are gone (closing by a square)."""
    return ~widened(~widened(field, reach), reach)


def opened(field: Any, length: int, axis: int) -> Any:
    """What of a field of bits is left when all shorter runs along the axis are gone."""
    kept = _doubled(field.swapaxes(0, axis), length, numpy.bitwise_and)
    wide = numpy.pad(kept, ((length - 1, length - 1), (0, 0)))
    return _doubled(wide, length, numpy.bitwise_or).swapaxes(0, axis)


def _doubled(field: Any, length: int, join: numpy.ufunc) -> Any:
    """All stretches of so many rows, each joined to one row, in a few steps of growing width."""
    done = 1
    while done < length:
        step = min(done, length - done)
        field, done = join(field[:-step], field[step:]), done + step
    return field
