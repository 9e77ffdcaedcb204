"""What a saved document looks like as a fax, stamped.

TIFFs are shown as they are, all else by a stand-in of as many pages that names the fields to
be merged. The document that is sent stays as it came.
"""

import base64
import dataclasses
import io
from collections.abc import Sequence

from lxml import etree
from PIL import Image, ImageDraw

from mailfax.sandbox import _pages
from mailfax.sandbox._calls import File
from mailfax.sandbox.monopond import envelope
from mailfax.sandbox.monopond.envelope import Element

_WIDTH, _LINES = 1728, 1145
"""Pels of a page at normal resolution; fine has twice the lines."""
_TEXT = 32
_IMAGES = ("PNG", "JPEG", "GIF", "TIFF", "BMP")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A text or an image to be put on a page, reckoned from its top left corner."""

    x: int
    y: int
    text: str
    image: bytes
    size: tuple[int | None, int | None]
    """Width and height of the image where they are given."""


def fill(
    answer: Element, file: File, merges: Sequence[str], stamps: Sequence[Stamp], *, fine: bool
) -> None:
    """Put the preview into the answer. Raises `Fault`: of what cannot be drawn, inference."""
    try:
        pages = _drawn(file, merges)
        for stamp in stamps:
            _press(pages[0], stamp)
    except (_pages.Unreadable, OSError, Image.DecompressionBombError) as error:
        text = f"{file.name} cannot be shown: {error}"
        raise envelope.Fault(text, "InternalServerException") from None
    lines = _LINES * (2 if fine else 1)
    data = _pages.tiff([page.resize((_WIDTH, lines)) for page in pages], 196 if fine else 98)
    etree.SubElement(answer, "TiffPreview").text = base64.b64encode(data).decode()
    etree.SubElement(answer, "NumberOfPages").text = str(len(pages))


def _drawn(file: File, merges: Sequence[str]) -> list[Image.Image]:
    """The pages, free to be drawn on."""
    if _pages.kind(file.data) == "tiff":
        return _pages.frames(file.data)
    count = _pages.count(file.kind, file.data)
    if merges:
        return [_pages.draw([file.name, *merges]) for _ in range(count)]
    return _pages.stand_in(file.name, count)


def _press(page: Image.Image, stamp: Stamp) -> None:
    if stamp.text:
        pen = ImageDraw.Draw(page)
        pen.text((stamp.x, stamp.y), stamp.text, fill=0, font_size=_TEXT)
        return
    with Image.open(io.BytesIO(stamp.image), formats=_IMAGES) as image:
        width, height = stamp.size
        size = (_within(width or image.width), _within(height or image.height))
        page.paste(image.convert("1").resize(size), (stamp.x, stamp.y))


def _within(length: int) -> int:
    return min(max(length, 1), _WIDTH)
