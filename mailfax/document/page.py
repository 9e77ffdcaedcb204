"""How grey becomes black and white, and black and white a coded strip. Runs in the jail."""

import functools
import math
from typing import Any

from PIL import Image, ImageChops, ImageFilter, ImageOps

from mailfax.document import g4, tiff

# ── Grey to black ──────────────────────────────────────────────────────────────────────

_THRESHOLD = 168 / 255
"""Darker than this part of the paper is black: high, or grey small print (#999) is lost."""
_DARK, _LIGHT = 56, 0.85
"""Between that grey and that part of the paper are greys that a threshold would falsify."""
_PAPER = range(160, 256)
_WIDE, _MUCH = 6, 0.25
"""Paper is what so many greys to both sides of the commonest light grey hold of a page."""
_SAMPLE = 50
"""Pixels and rows per inch that are looked at when a page is judged."""
_BLOCK = 8
_SHADED = 192
"""A block is a picture when three quarters are of a middle grey; in type it is up to half."""
_LIGHTER = [round(255 * (grey / 255) ** 0.75) for grey in range(256)]
"""Printed dots run: without this, photographs come out too dark."""

_SCREENS = {98: (8, 4), 196: (6, 6), 391: (8, 16)}
"""Rows per inch → columns and rows of a screen cell, which hold two dots at 45 degrees."""


def strip(grey: Image.Image, resolution: tuple[int, int], pixels: Any = None) -> tiff.Strip:
    """A page in grey (`L`, as wide as a fax line) as fax pixels, coded. `pixels` is the buffer
    that `grey` was made from, where it is at hand.

    Type and lines by threshold; coloured grounds with type on them all black or all white;
    other regions of middle grey, photographs above all, by a newspaper screen, which costs
    a third of the line time that error diffusion does.
    """
    across, down = (density // _SAMPLE for density in resolution)
    small = (max(1, grey.width // across), max(1, grey.height // max(1, down)))
    sample = grey.resize(small, Image.Resampling.NEAREST)
    paper = _paper(sample)
    limit = round(paper * _THRESHOLD)
    grounds = _grounds(sample)
    shaded = _shaded(sample, paper, grounds)
    if shaded is None and not grounds:
        return encode(g4.threshold(grey, limit, pixels), grey.size, resolution)
    black = grey.point([255 * grounds.get(g, g < limit) for g in range(256)], "1")
    if shaded is not None:
        _screen_into(black, grey, shaded, resolution)
    return encode(black.tobytes(), grey.size, resolution)


def _screen_into(
    black: Image.Image, grey: Image.Image, shaded: Image.Image, resolution: tuple[int, int]
) -> None:
    """Put a screen over the shaded regions of a black page."""
    mask = shaded.resize(grey.size, Image.Resampling.NEAREST)
    box = mask.getbbox()
    mask, region = mask.crop(box), grey.crop(box)
    even = ImageOps.autocontrast(region, cutoff=1, mask=mask).point(_LIGHTER)
    screen = _screen(region.size, _SCREENS[resolution[1]])
    dots = ImageChops.subtract(screen, even).point(_ANY, "1")
    black.paste(dots, box, mask)


_ANY = [0] + [255] * 255


def _paper(sample: Image.Image) -> int:
    """The grey of the paper: 255 but for scans, whose paper is never quite white."""
    counts = sample.histogram()
    commonest = max(_PAPER, key=counts.__getitem__)
    share = sum(counts[commonest - _WIDE : commonest + _WIDE + 1])
    return commonest if share > _MUCH * sample.width * sample.height else 255


def _shaded(sample: Image.Image, paper: int, grounds: dict[int, bool]) -> Image.Image | None:
    """A mask of the picture regions, a pixel a block; None when there are none."""
    light = paper * _LIGHT
    middle = [255 * (_DARK <= g < light and g not in grounds) for g in range(256)]
    blocks = sample.point(middle).reduce(_BLOCK).point(_HALF)
    box = blocks.getbbox()
    if box is None:
        return None
    area = (box[2] - box[0]) * (box[3] - box[1])
    if blocks.histogram()[255] * 2 > area:
        blocks.paste(255, box)  # a photograph is a rectangle, with light geometry.places in it
    return blocks.filter(ImageFilter.MaxFilter(3))


_HALF = [0] * _SHADED + [255] * (256 - _SHADED)

_LIGHTEST = 216
_SPIKE = 0.002
"""Part of a page that one grey must cover to be a ground: 1 cm² is 0.0016 of A4."""
_ALONE = 8
"""How many times more often than the greys beside it: photographs have no spikes."""
_SOLID = 3
"""Pixels of the sample, square, that a ground fills somewhere."""
_CLEAR = 50
"""Steps of grey between a ground and the type on it."""
_SOME = 0.02
"""Part of a ground that type on it covers at the least."""
_MOSTLY = 5
"""Type on a ground is light, or dark, when there is this many times more of it."""


def _grounds(sample: Image.Image) -> dict[int, bool]:
    """Greys that are the ground of type: whether to print them black, for light type."""
    counts = sample.histogram()
    least = _SPIKE * sample.width * sample.height
    spikes = [g for g in range(_DARK, _LIGHTEST) if counts[g] > least and _alone(counts, g)]
    found = {}
    for ground in spikes:
        dark, light = _type_on(sample, ground)
        if max(dark, light) > max(_MOSTLY * min(dark, light), _SOME * counts[ground]):
            found[ground] = light > dark
    return found


def _alone(counts: list[int], grey: int) -> bool:
    beside = counts[grey - 4 : grey] + counts[grey + 1 : grey + 5]
    return counts[grey] * len(beside) > _ALONE * sum(beside)


def _type_on(sample: Image.Image, ground: int) -> tuple[int, int]:
    """How many pixels inside this ground are clearly darker, and clearly lighter.

    Inside are the holes that closing the ground fills; what lies round it is not.
    """
    mask = sample.point([255 * (grey == ground) for grey in range(256)])
    if mask.reduce(_SOLID).getextrema()[1] != 255:
        return 0, 0  # hairlines and the edges of letters
    closed = mask
    for wider in (ImageFilter.MaxFilter(3), ImageFilter.MinFilter(3)):
        for _ in range(3):
            closed = closed.filter(wider)
    counts = sample.histogram(ImageChops.subtract(closed, mask))
    return sum(counts[: max(0, ground - _CLEAR)]), sum(counts[ground + _CLEAR :])


@functools.cache
def _cell(width: int, height: int) -> Image.Image:
    """Thresholds of one screen cell: dark first around two points, light around two others."""

    def order(index: int) -> tuple[float, float]:
        across = 2 * math.pi * (index % width + 0.5) / width
        down = 2 * math.pi * (index // width + 0.5) / height
        hill = math.cos(across) * math.cos(down)
        return -round(hill, 6), math.atan2(math.sin(down), math.sin(across))

    cell = Image.new("L", (width, height))
    count = width * height
    for rank, index in enumerate(sorted(range(count), key=order)):
        threshold = 255 - int((rank + 0.5) * 255 / count)
        cell.putpixel((index % width, index // width), threshold)
    return cell


def _screen(size: tuple[int, int], cell: tuple[int, int]) -> Image.Image:
    """The cell repeated over a whole page, by doubling."""
    screen = Image.new("L", size)
    screen.paste(_cell(*cell), (0, 0))
    width, height = cell
    while width < size[0]:
        screen.paste(screen.crop((0, 0, width, cell[1])), (width, 0))
        width *= 2
    while height < size[1]:
        screen.paste(screen.crop((0, 0, size[0], height)), (0, height))
        height *= 2
    return screen


# ── Black to code words ────────────────────────────────────────────────────────────────


def encode(bits: bytes, size: tuple[int, int], resolution: tuple[int, int]) -> tiff.Strip:
    """The strip of packed rows, 1-bits black, most significant bit first."""
    return tiff.Strip(*size, resolution, g4.code(bits, *size))


def is_white(strip: tiff.Strip) -> bool:
    """Whether there is nothing on a page: one bit of T.6 for each row, and EOFB."""
    return len(strip.data) == (strip.length + 24 + 7) // 8
