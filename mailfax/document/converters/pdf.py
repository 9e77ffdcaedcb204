"""PDF pages, drawn by PDFium straight onto the fax raster.

PDFium is not thread-safe: one document per process. The build in use has no JavaScript
engine and no XFA, so nothing in a document runs.
"""

import contextlib
import ctypes
import dataclasses
import math
import mmap
from collections.abc import Iterator
from typing import Any, Self

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from mailfax.document import geometry
from mailfax.document import page as fax
from mailfax.document.converters import UnfitError, scan, untold

LONG = 3
"""A document of more pages is drawn by several children at the same time."""

_POINT = geometry.MILLIMETRES / 72
_FLAGS = pdfium.FPDF_ANNOT | pdfium.FPDF_GRAYSCALE | pdfium.FPDF_PRINTING
_WHITE = 0xFFFF_FFFF
_FILTER_NAMES = """
    FlateDecode LZWDecode ASCII85Decode ASCIIHexDecode RunLengthDecode CCITTFaxDecode DCTDecode
    JBIG2Decode JPXDecode Crypt Fl LZW A85 AHx RL CCF DCT
"""
_FILTERS = frozenset(_FILTER_NAMES.split())
"""Filters PDFium knows (ISO 32000-2 table 6, with the short names of inline images)."""
_HUGE = 2 << 20
_FEW = 400
"""Pages with more objects than this are drawings; their images are not looked at singly."""
_READABLE = {98: 6.5, 196: 4.8, 391: 4.2}
"""Rows per inch → points of the smallest letters that are read without a glass."""
_SOME = 40
"""Letters that may be too small on any page."""
_ERRORS = {pdfium.FPDF_ERR_PASSWORD: "password", pdfium.FPDF_ERR_SECURITY: "cipher"}


class Document:
    """An open PDF; use it as a context manager."""

    def __init__(self, data: bytes, under: "Document | None" = None) -> None:
        """Raises `UnfitError`. The pages of `under`, as far as there are any, are drawn first."""
        try:
            self._pdf = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise UnfitError(_ERRORS.get(error.err_code, "damaged")) from None
        self._data = data
        self._plain = scan.is_plain(data)
        self._pdf.init_forms()
        self._bitmap: pypdfium2.PdfBitmap | None = None
        self._under = under

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pdf.close()

    def __len__(self) -> int:
        return len(self._pdf)

    def paper(self) -> str:
        """The paper that the first page is nearest to, for a fax that came as PDF."""
        with self.page(0) as page:
            tall = max(page.get_size()) * _POINT
        return min(geometry.PAPERS, key=lambda name: abs(geometry.PAPERS[name][1] - tall))

    def size(self) -> tuple[float, float]:
        """Width and height of the first page, in millimetres."""
        with self.page(0) as page:
            width, height = page.get_size()
        return width * _POINT, height * _POINT

    def pages(self, number: int, sheet: geometry.Sheet) -> Iterator[fax.Faxed]:
        """Page `number` (from 0) as one fax page, or several when it is very long."""
        with self.page(number) as page:
            width, height = page.get_size()
            if width <= 0 or height <= 0:
                raise UnfitError("page", number + 1)
            if max(width, height) > min(width, height) * 100:
                raise UnfitError("shape")
            self._check_images(page, number)
            unit = untold.user_unit(self._data, number) * _POINT
            for place in geometry.places(sheet, width * unit, height * unit):
                faxed = self._faxed(page, number, place, sheet)
                if fax.is_white(faxed.strip):
                    self._check_blank(page, number)
                yield _judged(faxed, page, place, sheet)

    def _faxed(
        self, page: pypdfium2.PdfPage, number: int, place: geometry.Place, sheet: geometry.Sheet
    ) -> fax.Faxed:
        scanned = scan.draw(page, place, sheet) if self._plain else None
        if scanned is not None:
            return fax.draw(scanned, sheet)
        pixels = self._draw(page, number, place, sheet)
        size = (geometry.WIDTH, sheet.length)
        grey = Image.frombuffer("L", size, pixels, "raw", "L", geometry.WIDTH, 1)
        if place.pieces > 1:
            return fax.draw(fax.marked(grey, place, sheet), sheet)
        return fax.draw(grey, sheet, pixels)

    @contextlib.contextmanager
    def page(self, number: int) -> Iterator[pypdfium2.PdfPage]:
        """Page `number` (from 0), open; raises `UnfitError`."""
        try:
            page = self._pdf[number]
        except pypdfium2.PdfiumError:
            raise UnfitError("page", number + 1) from None
        try:
            yield page
        finally:
            page.close()

    def _draw(
        self, page: pypdfium2.PdfPage, number: int, place: geometry.Place, sheet: geometry.Sheet
    ) -> Any:
        """The grey pixels, row by row without gaps (1728 is a multiple of 4), until the next."""
        bitmap = self._canvas(sheet.length)
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, geometry.WIDTH, sheet.length, _WHITE)
        view = (place.left, place.top, place.width, place.height, int(place.turned), _FLAGS)
        if self._under is not None and number < len(self._under):
            with self._under.page(number) as below:
                pdfium.FPDF_RenderPageBitmap(bitmap, below, *view)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, *view)
        if self._pdf.formenv:
            pdfium.FPDF_FFLDraw(self._pdf.formenv, bitmap, page, *view)
        return bitmap.buffer

    def _canvas(self, length: int) -> pypdfium2.PdfBitmap:
        """One bitmap for all pages, in huge memory pages where there are any.

        Touching 4 MB for the first time, 4 KB by 4 KB, takes as long as drawing half a page.
        """
        if self._bitmap is None:
            size = geometry.WIDTH * length
            flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
            memory = mmap.mmap(-1, -(-size // _HUGE) * _HUGE, flags=flags)
            with contextlib.suppress(OSError):
                memory.madvise(mmap.MADV_HUGEPAGE)
            self._bitmap = pypdfium2.PdfBitmap.new_native(
                geometry.WIDTH,
                length,
                pdfium.FPDFBitmap_Gray,
                buffer=(ctypes.c_ubyte * size).from_buffer(memory),
            )
        return self._bitmap

    def _check_images(self, page: pypdfium2.PdfPage, number: int) -> None:
        """A picture in a coding PDFium does not know would be left out without a word."""
        count = pdfium.FPDFPage_CountObjects(page)
        for index in range(count if count <= _FEW else 0):
            image = pdfium.FPDFPage_GetObject(page, index)
            if pdfium.FPDFPageObj_GetType(image) != pdfium.FPDF_PAGEOBJ_IMAGE:
                continue
            if not _filters(image) <= _FILTERS:
                raise UnfitError("filter", number + 1)

    def _check_blank(self, page: pypdfium2.PdfPage, number: int) -> None:
        """A white page is a page, unless it is white because something could not be read."""
        for index in range(min(_FEW, pdfium.FPDFPage_CountObjects(page))):
            image = pdfium.FPDFPage_GetObject(page, index)
            if pdfium.FPDFPageObj_GetType(image) != pdfium.FPDF_PAGEOBJ_IMAGE:
                continue
            bitmap = pdfium.FPDFImageObj_GetBitmap(image)
            if not bitmap:
                raise UnfitError("page", number + 1)
            pdfium.FPDFBitmap_Destroy(bitmap)
        if not untold.contents_filters(self._data, number) <= _FILTERS:
            raise UnfitError("filter", number + 1)


def _judged(
    faxed: fax.Faxed, page: pypdfium2.PdfPage, place: geometry.Place, sheet: geometry.Sheet
) -> fax.Faxed:
    """The page with its fault, where most letters are too small to read at this resolution."""
    tall = pdfium.FPDF_GetPageHeightF(page) if not place.turned else pdfium.FPDF_GetPageWidthF(page)
    scale = place.height / sheet.resolution[1] * 72 / tall
    limit = _READABLE[sheet.resolution[1]] / scale
    sizes = list(_letters(page))
    small = sum(letters for size, letters in sizes if size < limit)
    if small <= max(_SOME, sum(letters for _, letters in sizes) / 2):
        return faxed
    return dataclasses.replace(faxed, faults=(*faxed.faults, "tiny"))


def _letters(page: pypdfium2.PdfPage) -> Iterator[tuple[float, float]]:
    """Size in points, and about how many, of the letters of each text on a page."""
    count = pdfium.FPDFPage_CountObjects(page)
    size, matrix = ctypes.c_float(), pdfium.FS_MATRIX()
    box = [ctypes.c_float() for _ in range(4)]
    for index in range(0, count, count // _FEW + 1):
        text = pdfium.FPDFPage_GetObject(page, index)
        if pdfium.FPDFPageObj_GetType(text) != pdfium.FPDF_PAGEOBJ_TEXT:
            continue
        pdfium.FPDFTextObj_GetFontSize(text, size)
        pdfium.FPDFPageObj_GetMatrix(text, matrix)
        pdfium.FPDFPageObj_GetBounds(text, *box)
        left, bottom, right, top = (side.value for side in box)
        points = size.value * math.hypot(matrix.c, matrix.d)
        if points > 0:
            yield points, max(right - left, top - bottom) / points * 2


def _filters(image: pdfium.FPDF_PAGEOBJECT) -> set[str]:
    """Names of the filters of one image object."""
    names = set()
    for index in range(pdfium.FPDFImageObj_GetImageFilterCount(image)):
        name = ctypes.create_string_buffer(64)
        pdfium.FPDFImageObj_GetImageFilter(image, index, name, 64)
        names.add(name.value.decode("ascii", "replace"))
    return names
