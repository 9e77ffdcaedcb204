"""A PDF page that is one JPEG and nothing else, as scanners make them: decoded directly.

PDFium decodes such a page and then scales it in steps, which takes twice as long as
Pillow, which reads only the brightness. Anything unusual goes the common way.
"""

import ctypes
import io
import re

import pypdfium2.raw as pdfium
from PIL import Image

from mailfax.document import geometry

_UNUSUAL = re.compile(rb"/(?:Decode|SMask|Mask|UserUnit)(?![A-Za-z])")
"""Words in a file that change how its pictures look; picture dictionaries are never packed."""
_POINT = 1.0
"""How far, in points, the picture may miss the edges of its page."""


def is_plain(data: bytes) -> bool:
    """Whether nothing in a PDF file speaks against decoding its pictures directly."""
    return _UNUSUAL.search(data) is None


def draw(
    page: pdfium.FPDF_PAGE, place: geometry.Place, sheet: geometry.Sheet
) -> Image.Image | None:
    """The page in grey on its paper; None when it is not a single whole-page JPEG."""
    if pdfium.FPDFPage_CountObjects(page) != 1 or pdfium.FPDFPage_GetAnnotCount(page):
        return None
    image = pdfium.FPDFPage_GetObject(page, 0)
    if pdfium.FPDFPageObj_GetType(image) != pdfium.FPDF_PAGEOBJ_IMAGE:
        return None
    if place.top or pdfium.FPDFPage_GetRotation(page) or not _covers(image, page):
        return None
    picture = _decode(_jpeg(image), place)
    if picture is None:
        return None
    paper = Image.new("L", (geometry.WIDTH, sheet.length), 255)
    paper.paste(picture, (place.left, 0))
    return paper


def _covers(image: pdfium.FPDF_PAGEOBJECT, page: pdfium.FPDF_PAGE) -> bool:
    """Whether the picture lies upright over the whole page."""
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(image, matrix)
    box = [ctypes.c_float() for _ in range(4)]
    pdfium.FPDFPageObj_GetBounds(image, *box)
    left, bottom, right, top = (side.value for side in box)
    width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
    near = all(
        abs(is_at - should) <= _POINT
        for is_at, should in ((left, 0), (bottom, 0), (right, width), (top, height))
    )
    return near and matrix.a > 0 and matrix.d > 0 and not matrix.b and not matrix.c


def _jpeg(image: pdfium.FPDF_PAGEOBJECT) -> bytes:
    """The picture as it lies in the file, when that is JPEG and nothing round it."""
    if pdfium.FPDFImageObj_GetImageFilterCount(image) != 1:
        return b""
    size = pdfium.FPDFImageObj_GetImageDataRaw(image, None, 0)
    held = ctypes.create_string_buffer(size)
    pdfium.FPDFImageObj_GetImageDataRaw(image, held, size)
    return held.raw if held.raw.startswith(b"\xff\xd8\xff") else b""


def _decode(data: bytes, place: geometry.Place) -> Image.Image | None:
    """Scaled to its place; None for no JPEG, a damaged one, or colours other than usual."""
    if not data:
        return None
    size = (place.height, place.width) if place.turned else (place.width, place.height)
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as picture:
            if picture.mode not in {"L", "RGB"}:
                return None
            picture.draft("L", size)
            grey = picture if picture.mode == "L" else picture.convert("L")
            grey = grey.resize(size, Image.Resampling.BOX)
    except (OSError, SyntaxError, ValueError):
        return None
    return grey.transpose(Image.Transpose.ROTATE_270) if place.turned else grey
