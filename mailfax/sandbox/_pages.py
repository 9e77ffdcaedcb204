"""Pages of documents: counted, and drawn where a service hands back its own image.

What only a real converter could render is drawn as a page that says so: a stand-in of the
right type and page count.
"""

import io
import logging
import struct
from collections.abc import Sequence

import pypdf
from PIL import Image, ImageDraw

logging.getLogger("pypdf").addHandler(logging.NullHandler())
"""Else Python prints the library's warnings about broken files where nobody set up logging."""

_MAX_PAGES = 10_000
_MAX_FRAMES = 50
"""Decoded at once, at some 4 MB each."""
_SIZE = (1728, 1145)
"""Width and length in pels of a letter page at standard resolution."""
_IMAGES = {
    "jpg": "JPEG",
    "jpeg": "JPEG",
    "png": "PNG",
    "gif": "GIF",
    "bmp": "BMP",
}


class Unreadable(Exception):
    """The document is not what its type says; the text says why."""


def kind(data: bytes) -> str | None:
    """`tiff` or `pdf` by the first bytes, or None."""
    if data.startswith((b"II*\0", b"MM\0*")):
        return "tiff"
    return "pdf" if b"%PDF-" in data[:1024] else None


def count(extension: str, data: bytes) -> int:
    """Pages of a document whose name ends in `extension` (no dot, lower case).

    Office files, HTML and PCL count as one page. Raises `Unreadable`.
    """
    if not data:
        raise Unreadable("the document is empty")
    if extension in {"tif", "tiff"}:
        return _tiff(data)
    if extension == "pdf":
        return _pdf(data)
    if extension in _IMAGES:
        return _image(data, _IMAGES[extension])
    if extension == "txt":
        return max(1, data.count(b"\f") + (not data.endswith(b"\f")))
    return 1


def _tiff(data: bytes) -> int:
    """Directories of the TIFF's chain (TIFF 6.0 section 2), none counted twice."""
    if kind(data) != "tiff":
        raise Unreadable("it is not a TIFF")
    order = "<" if data.startswith(b"II") else ">"
    seen: set[int] = set()
    place = 4
    try:
        while offset := struct.unpack_from(f"{order}I", data, place)[0]:
            if offset in seen or len(seen) >= _MAX_PAGES:
                raise Unreadable("its chain of pages does not end")
            seen.add(offset)
            place = offset + 2 + 12 * struct.unpack_from(f"{order}H", data, offset)[0]
    except struct.error:
        raise Unreadable("its chain of pages leads out of the file") from None
    if not seen:
        raise Unreadable("it has no page")
    return len(seen)


def _pdf(data: bytes) -> int:
    try:
        pages = len(pypdf.PdfReader(io.BytesIO(data)).pages)
    except Exception as error:  # noqa: BLE001  pypdf raises many kinds on broken files
        raise Unreadable(f"it is not a readable PDF ({type(error).__name__})") from None
    if not 0 < pages <= _MAX_PAGES:
        raise Unreadable(f"it has {pages} pages")
    return pages


def _image(data: bytes, name: str) -> int:
    try:
        with Image.open(io.BytesIO(data), formats=[name]):
            return 1
    except (OSError, Image.DecompressionBombError):
        raise Unreadable(f"it is not a {name}") from None


def draw(lines: Sequence[str]) -> Image.Image:
    """A bilevel page with these lines on it."""
    page = Image.new("1", _SIZE, 1)
    pen = ImageDraw.Draw(page)
    for number, line in enumerate(lines):
        pen.text((120, 120 + 40 * number), line, fill=0, font_size=32)
    return page


def stand_in(title: str, pages: int) -> list[Image.Image]:
    """Pages for a document that nobody here can render: one drawing, repeated."""
    return [draw([title, f"{pages} pages", "a stand-in drawn by the sandbox"])] * pages


def frames(data: bytes) -> list[Image.Image]:
    """The pages of a TIFF as bilevel images; raises `Unreadable`, also for very many."""
    try:
        with Image.open(io.BytesIO(data), formats=["TIFF"]) as image:
            pages = []
            for number in range(_tiff(data)):
                if number == _MAX_FRAMES:
                    raise Unreadable("it has too many pages to hold them all")
                image.seek(number)
                pages.append(image.convert("1"))
            return pages
    except (OSError, EOFError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Unreadable(f"the TIFF cannot be decoded ({type(error).__name__})") from None


def tiff(pages: Sequence[Image.Image], lines: int = 98) -> bytes:
    """A Group 4 TIFF at 204 dpi across and `lines` down."""
    out = io.BytesIO()
    first, *rest = pages
    first.save(
        out,
        "TIFF",
        compression="group4",
        dpi=(204, lines),
        save_all=True,
        append_images=rest,
    )
    return out.getvalue()


def pdf(pages: Sequence[Image.Image]) -> bytes:
    """A PDF of these pages, 204 dpi wide."""
    out = io.BytesIO()
    first, *rest = pages
    first.save(out, "PDF", dpi=(204, 98), save_all=True, append_images=rest)
    return out.getvalue()
