"""The header line drawn: letters as fax pixels, in Group 4, with white rows over and under them."""

import contextlib
import functools
import re
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from mailfax.document import g4, tiff

HEIGHT = 4.2
"""Millimetres by which a page grows. A4 gets 2324 rows at fine resolution, Letter 2188; machines
take up to 2394."""

_NEAR, _FAR = "DejaVuSans.ttf", "NotoSansCJK-Regular.ttc"
"""Pillow finds them wherever fonts are installed."""
_EAST_ASIAN = re.compile(
    "[\u1100-\u11ff\u2e80-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)
_SIZE = 25
"""Pixels of the letters' size at 204 per inch: 9 points."""
_MARGIN = 60
_GAP = 48
"""Pixels left and right of the line, and between what was sent by whom and the page's number."""
_FINER = 4
"""The letters are drawn so much larger first: a fax pixel is not square."""
_LINE, _BASE = round(_SIZE * _FINER * 1.15), round(_SIZE * _FINER * 0.92)
"""Height of the large letters, and how far down they stand; it leaves white rows in the band."""
_BLACK = 112
"""Of 255: black is what is covered by ink for more than 44 %."""


def strip(
    words: tuple[str, ...], number: str, width: int, resolution: tuple[int, int]
) -> tiff.Strip:
    """The line of these words, and at its right end the page's number; its last row is white."""
    band = _band(words, width, resolution).copy()
    image = _reduced(_text(number), resolution)
    band.paste(image, (width - _MARGIN - image.width, _above(image, band)))
    return tiff.Strip(*band.size, resolution, g4.code(band.convert("1").tobytes(), *band.size))


@functools.lru_cache(maxsize=8)
def _band(words: tuple[str, ...], width: int, resolution: tuple[int, int]) -> Image.Image:
    """All but the page's number; 255 is black, as in all pictures here."""
    band = Image.new("L", (width, round(HEIGHT / 25.4 * resolution[1])))
    number = _reduced(_text("P. 999/999"), resolution)
    room = width - 2 * _MARGIN - _GAP - number.width
    image = _reduced(_side_by_side([_text(word) for word in words]), resolution, room)
    band.paste(image, (_MARGIN, _above(image, band)))
    return band


def _above(image: Image.Image, band: Image.Image) -> int:
    """Rows over the letters, as many as under them."""
    return (band.height - image.height) // 2


def _reduced(
    large: Image.Image, resolution: tuple[int, int], room: int | None = None
) -> Image.Image:
    """Large letters as fax pixels, smaller where they would be wider than `room`."""
    across, down = (density / 204 / _FINER for density in resolution)
    scale = min(1.0, room / (large.width * across)) if room else 1.0
    size = (round(large.width * across * scale), round(large.height * down * scale))
    return large.resize(size, Image.Resampling.BOX).point(_INK)


_INK = [255 * (grey > _BLACK) for grey in range(256)]


def _side_by_side(images: Sequence[Image.Image]) -> Image.Image:
    """Words with a gap between them; each is drawn alone, whichever way its letters run."""
    gap = _GAP // 2 * _FINER
    row = Image.new("L", (sum(image.width + gap for image in images) - gap, _LINE))
    left = 0
    for image in images:
        row.paste(image, (left, 0))
        left += image.width + gap
    return row


def _text(text: str) -> Image.Image:
    font = _font(text)
    image = Image.new("L", (round(font.getlength(text)), _LINE))
    ImageDraw.Draw(image).text((0, _BASE), text, 255, font, anchor="ls")
    return image


def _font(text: str) -> ImageFont.FreeTypeFont:
    if _EAST_ASIAN.search(text):
        with contextlib.suppress(OSError):  # it is not installed: boxes stand for its letters
            return _load(_FAR)
    return _load(_NEAR)


@functools.cache
def _load(file: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, _SIZE * _FINER)
