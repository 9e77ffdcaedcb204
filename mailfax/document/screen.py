"""Shades of grey as printed dots: the newspaper screen for photographs.

Dots grouped at 45 degrees survive what a fax line and a worn printer do to single pixels, and
cost a third of the line time that error diffusion does.
"""

import functools
import math
from typing import Any

import numpy
from PIL import Image, ImageOps

_CELLS = {98: (8, 4), 196: (6, 6), 391: (8, 16)}
"""Rows per inch → columns and rows of a screen cell, which hold two dots at 45 degrees."""
_LIGHTER = [round(255 * (grey / 255) ** 0.75) for grey in range(256)]
"""Printed dots run: without this, photographs come out too dark."""
_CUTOFF = 1
"""Per cent of a picture that may become plain black, and plain white."""


def dots(grey: Image.Image, mask: Image.Image, rows_per_inch: int) -> Any:
    """Which pixels of a grey picture are black: an array of bool; what `mask` (`L`) leaves out
    does not count for its contrast.
    """
    even = ImageOps.autocontrast(grey, cutoff=_CUTOFF, mask=mask).point(_LIGHTER)
    limits = _cell(*_CELLS[rows_per_inch])
    return numpy.asarray(even) < _tiled(limits, (grey.height, grey.width))


def tone(grey: int, shape: tuple[int, int], rows_per_inch: int) -> Any:
    """The black pixels of one grey, over so many rows × columns."""
    if grey in {0, 255}:
        return grey == 0
    return _tiled(_cell(*_CELLS[rows_per_inch]) > _LIGHTER[grey], shape)


def _tiled(cell: Any, shape: tuple[int, int]) -> Any:
    tiles = [-(-side // step) for side, step in zip(shape, cell.shape, strict=True)]
    return numpy.tile(cell, tiles)[: shape[0], : shape[1]]


@functools.cache
def _cell(width: int, height: int) -> Any:
    """Thresholds of one screen cell: dark first around two points, light around two others."""

    def order(index: int) -> tuple[float, float]:
        across = 2 * math.pi * (index % width + 0.5) / width
        down = 2 * math.pi * (index // width + 0.5) / height
        hill = math.cos(across) * math.cos(down)
        return -round(hill, 6), math.atan2(math.sin(down), math.sin(across))

    count = width * height
    cell = numpy.zeros(count, dtype="uint8")
    for rank, index in enumerate(sorted(range(count), key=order)):
        cell[index] = 255 - int((rank + 0.5) * 255 / count)
    return cell.reshape(height, width)
