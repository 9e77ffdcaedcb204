"""How grey becomes black and white, and black and white a coded strip. Runs in the jail."""

import dataclasses
from typing import Any

import numpy
from PIL import Image, ImageDraw, ImageFont

from mailfax.document import faint, g4, geometry, regions, screen, tiff


@dataclasses.dataclass(frozen=True, slots=True)
class Faxed:
    """A page as it is sent."""

    strip: tiff.Strip
    blank: bool = False
    """There is nothing on it, or no more than specks of dust."""
    faults: tuple[str, ...] = ()
    """Why it will likely be hard to read: codes of `converters.FAULTS`."""


def draw(grey: Image.Image, sheet: geometry.Sheet, pixels: Any = None) -> Faxed:
    """A page in grey (`L`, as wide as a fax line) as fax pixels, coded. `pixels` is the buffer
    that `grey` was made from, where it is at hand.

    Type and lines by threshold, each against its own ground; pictures by a screen of dots.
    """
    found = regions.judge(grey, sheet.resolution[1], sheet.halftone)
    octets = _octets(grey, pixels)
    packed, faults = _by_threshold(octets, found.below), []
    if found.clean:
        faint.lines(octets, packed, found.paper)
        if found.areas:
            faint.lines(octets, packed, found.paper, darker=_ON_TINT)
        if faint.type_(octets, packed, found.paper, sheet.resolution[1]) > _LOST:
            faults.append("faint")
    if found.areas or found.picture is not None:
        packed = _with_dots(packed, grey, found, sheet.resolution[1])
    if found.lost > _LOST:
        faults.append("dots")
    return _faxed(packed, sheet.resolution, faults)


_ON_TINT = 50
"""Steps of grey by which a line stands out on a light tint."""
_LOST = 24
"""Blocks of type that cannot be read; a line has about as many."""


def _octets(grey: Image.Image, pixels: Any) -> Any:
    if pixels is None:
        return numpy.asarray(grey)
    return numpy.frombuffer(pixels, dtype="uint8").reshape(grey.height, grey.width)


def _by_threshold(octets: Any, below: Any) -> Any:
    """Packed rows; `below` as `Regions` has it."""
    if isinstance(below, int):
        return g4.threshold(octets, below)
    field = numpy.clip(below, 0, 255).astype("uint8")
    return numpy.packbits(octets < _enlarged(field, octets.shape), axis=1)


def _with_dots(packed: Any, grey: Image.Image, found: regions.Regions, rows_per_inch: int) -> Any:
    """Packed rows with the fills and pictures of the page."""
    octets, black = numpy.asarray(grey), numpy.unpackbits(packed, axis=1).view("bool")
    for fill in found.areas:
        where = (octets == fill.grey) & _enlarged(fill.where, black.shape)
        numpy.copyto(black, screen.tone(fill.tone, black.shape, rows_per_inch), where=where)
        if fill.tone == 255 and fill.rim:
            black |= _rim(where, octets >= found.paper - _PAPER)
    if found.picture is not None:
        _put_dots(black, grey, found.picture, rows_per_inch)
    return numpy.packbits(black, axis=1)


_PAPER = 10
"""Steps of grey from the paper that still look like it."""


def _rim(area: Any, paper: Any) -> Any:
    """The edge of an area that turned white, two pixels wide, where it lies on paper."""
    rim = numpy.zeros_like(area)
    for away in (2, 3):
        rim[:, away:] |= paper[:, :-away]
        rim[:, :-away] |= paper[:, away:]
        rim[away:] |= paper[:-away]
        rim[:-away] |= paper[away:]
    return rim & area


def _enlarged(field: Any, shape: tuple[int, int]) -> Any:
    """One value for each pixel of a page, which is a whole number of times as wide."""
    rows = numpy.arange(shape[0]) * field.shape[0] // shape[0]
    return field.repeat(shape[1] // field.shape[1], axis=1)[rows]


def _put_dots(black: Any, grey: Image.Image, blocks: Any, rows_per_inch: int) -> None:
    """Put a screen over the pictures of a page, which are in these blocks."""
    mask = Image.fromarray(blocks.astype("uint8") * 255)
    mask = mask.resize(grey.size, Image.Resampling.NEAREST)
    box = mask.getbbox()
    assert box is not None
    mask, picture = mask.crop(box), grey.crop(box)
    part = black[box[1] : box[3], box[0] : box[2]]
    numpy.copyto(part, screen.dots(picture, mask, rows_per_inch), where=numpy.asarray(mask) > 0)


# ── The mark at a cut ──────────────────────────────────────────────────────────────────

_DASH = 12
"""Pixels of a dash, and of the gap after it."""
_AT_EDGE = 60
"""Pixels from the mark's number to the edge of the page."""
_LETTERS = 24
"""Pixels of their size at 204 per inch."""


def marked(grey: Image.Image, place: geometry.Place, sheet: geometry.Sheet) -> Image.Image:
    """A page of a split drawing with a dashed line and a number at each cut; any other as it is."""
    if place.pieces == 1:
        return grey
    page, band = grey.copy(), sheet.rows(geometry.BAND)
    if place.piece > 1:
        _band(page, sheet, 0, band - 1, f"{place.piece}/{place.pieces}")
    if place.piece < place.pieces:
        top = sheet.length - band
        _band(page, sheet, top, top, f"{place.piece}/{place.pieces}")
    return page


def _band(page: Image.Image, sheet: geometry.Sheet, top: int, line: int, number: str) -> None:
    """A white band from row `top` down, with a dashed line at row `line` and a number."""
    band = sheet.rows(geometry.BAND)
    pen = ImageDraw.Draw(page)
    pen.rectangle((0, top, page.width, top + band - 1), fill=255)
    for left in range(0, page.width, 2 * _DASH):
        pen.line((left, line, left + _DASH - 1, line), fill=0)
    page.paste(_letters(number, sheet), (page.width - _AT_EDGE - 3 * _LETTERS, top + 2))


def _letters(text: str, sheet: geometry.Sheet) -> Image.Image:
    font = ImageFont.load_default(_LETTERS)
    image = Image.new("L", (3 * _LETTERS, _LETTERS + 4), 255)
    ImageDraw.Draw(image).text((0, 0), text, 0, font)
    height = image.height * sheet.resolution[1] // sheet.resolution[0]
    return image.resize((image.width, max(1, height)), Image.Resampling.BOX)


# ── Black to code words ────────────────────────────────────────────────────────────────


def coded(bits: bytes, size: tuple[int, int], resolution: tuple[int, int]) -> Faxed:
    """A page of packed rows, 1-bits black, most significant bit first, whose size is columns and
    rows.
    """
    return _faxed(numpy.frombuffer(bits, dtype="uint8").reshape(size[1], -1), resolution, [])


def _faxed(packed: Any, resolution: tuple[int, int], faults: list[str]) -> Faxed:
    length, octets = packed.shape
    data = g4.code(packed.tobytes(), 8 * octets, length)
    strip = tiff.Strip(8 * octets, length, resolution, data)
    if (
        int(numpy.bitwise_count(packed.view("uint64")).sum(dtype="uint32"))
        > _BLACK * 8 * packed.size
    ):
        faults = [*faults, "black"]
    return Faxed(strip, _is_blank(strip, packed), tuple(faults))


_BLACK = 0.8
"""Part of a page, from which on machines run hot and paper curls."""


def is_white(strip: tiff.Strip) -> bool:
    """Whether there is nothing on a page: one bit of T.6 for each row, and EOFB."""
    return len(strip.data) == (strip.length + 24 + 7) // 8


_BARE = 3000
"""Octets of code words beyond those of white rows; a page that has more is not blank."""
_CLUSTER = (24, 4)
"""Rows and octets of a place in which a letter fits."""
_SPECK, _SPECKS = 8, 500
"""Octets with something black in them: in such a place a letter has more, on a page all dust."""


def _is_blank(strip: tiff.Strip, packed: Any) -> bool:
    """Whether there is nothing on a page but specks, as on the empty backs of scanned sheets."""
    if is_white(strip) or len(strip.data) > strip.length // 8 + _BARE:
        return is_white(strip)
    rows, octets = (side // step for side, step in zip(packed.shape, _CLUSTER, strict=True))
    whole = packed[: rows * _CLUSTER[0], : octets * _CLUSTER[1]] != 0
    places = whole.reshape(rows, _CLUSTER[0], octets, _CLUSTER[1]).sum(axis=(1, 3))
    return bool(places.max(initial=0) <= _SPECK and places.sum() < _SPECKS)
