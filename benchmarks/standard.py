"""The standard test pages, by which it is judged how well faxed pages read.

A4 pages of plain English words and numbers as offices send them: letters, tinted tables, forms,
small print, highlights, type on pictures, scans. `words_read` gives the part of them that tesseract
finds on the faxed page.
"""

import dataclasses
import functools
import io
import os
import random
import subprocess
from collections.abc import Callable, Iterator

import pypdfium2
from PIL import Image, ImageChops, ImageFilter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas

_VOCABULARY = (
    "the of and to we you for with please order invoice number delivery signed letter account "
    "report patient referral result doctor pharmacy hearing court contract deadline transfer "
    "quantity price total amount payment reference copy original enclosed confirm receipt "
    "office morning quarter branch region answer between changed during every follow given "
    "important january kindly leave manager nothing opened period question requested service"
)
_WIDTH, _HEIGHT = 595.3, 841.9
_LEFT, _TOP = 62, 770


@dataclasses.dataclass(frozen=True)
class Page:
    """A document of one page, and the words on it."""

    name: str
    label: str
    data: bytes
    words: tuple[str, ...]


class _Sheet:
    """A page on which words are set and remembered."""

    def __init__(self, seed: int) -> None:
        self._held = io.BytesIO()
        self._chance = random.Random(seed)
        self.pen = canvas.Canvas(self._held, pagesize=(_WIDTH, _HEIGHT))
        self.words: list[str] = []

    def set(self, font: str, size: float, x: float, y: float, text: str) -> None:
        self.pen.setFont(font, size)
        self.pen.drawString(x, y, text)
        self.words += text.split()

    def sentence(self, font: str, size: float, width: float) -> str:
        """Words that fill a line."""
        line = ""
        while True:
            longer = f"{line} {self._chance.choice(_VOCABULARY.split())}".strip()
            if self.pen.stringWidth(longer, font, size) > width:
                return line
            line = longer

    def paragraph(self, font: str, size: float, y: float, lines: int) -> float:
        """Set lines from here down; where the next would stand."""
        for _ in range(lines):
            text = self.sentence(font, size, _WIDTH - 2 * _LEFT)
            self.set(font, size, _LEFT, y, text)
            y -= size * 1.35
        return y - size

    def amount(self) -> str:
        return f"{self._chance.randrange(100, 9999)}.{self._chance.randrange(10, 99)}"

    def page(self, name: str) -> Page:
        self.pen.save()
        return Page(name, "application/pdf", self._held.getvalue(), tuple(self.words))


# ── The pages ──────────────────────────────────────────────────────────────────────────


def _letter(sheet: _Sheet, plain: str, bold: str) -> None:
    y = _TOP
    for size in (12, 11, 10):
        sheet.set(bold, size + 2, _LEFT, y, f"Letters of {size} points")
        y = sheet.paragraph(plain, size, y - 1.8 * size, 12)


def _serif(sheet: _Sheet) -> None:
    _letter(sheet, "Times-Roman", "Times-Bold")


def _sans(sheet: _Sheet) -> None:
    _letter(sheet, "Helvetica", "Helvetica-Bold")


def _small(sheet: _Sheet) -> None:
    """Small print, black and grey."""
    y = sheet.paragraph("Helvetica", 8, _TOP, 24)
    sheet.pen.setFillGray(0.45)
    sheet.paragraph("Helvetica", 8, y, 24)


def _table(sheet: _Sheet) -> None:
    """A heading of white on blue, rows tinted by turns, hairlines, a dark total."""
    y, columns = _TOP, ("Order", "Region", "Quarter", "Amount", "Total")
    _row(sheet, y, (0.16, 0.38, 0.62), 1, columns, "Helvetica-Bold")
    for number in range(22):
        y -= 20
        tint = (0.82, 0.88, 0.95) if number % 2 else (1, 1, 1)
        name, region = (sheet.sentence("Helvetica", 10, 60).split()[0] for _ in range(2))
        cells = (name, region, str(1000 + number), sheet.amount(), sheet.amount())
        _row(sheet, y, tint, 0, cells, "Helvetica")
    _row(sheet, y - 20, (0.3, 0.3, 0.3), 1, ("Total", "", "", sheet.amount(), sheet.amount()))


def _row(
    sheet: _Sheet,
    y: float,
    tint: tuple[float, float, float],
    grey: float,
    cells: tuple[str, ...],
    font: str = "Helvetica-Bold",
) -> None:
    pen = sheet.pen
    pen.setFillColorRGB(*tint)
    pen.setLineWidth(0.25)
    pen.rect(_LEFT, y, 470, 20, fill=1)
    pen.setFillGray(grey)
    for column, text in enumerate(cells):
        sheet.set(font, 10, _LEFT + 6 + 94 * column, y + 6, text)


def _form(sheet: _Sheet) -> None:
    """Boxes on a grey ground with captions in 8 points, filled in with 11; grey boxes too."""
    sheet.set("Helvetica-Bold", 14, _LEFT, _TOP, "Application for service")
    sheet.pen.setFillGray(0.85)
    sheet.pen.rect(_LEFT - 8, 250, 486, 508, stroke=0, fill=1)
    for number in range(20):
        x, y = _LEFT + 238 * (number % 2), 720 - 50 * (number // 2)
        sheet.pen.setFillGray(0)
        sheet.set("Helvetica", 8, x, y + 20, sheet.sentence("Helvetica", 8, 200))
        sheet.pen.setFillGray(0.7 if number % 5 == 4 else 1)
        sheet.pen.setLineWidth(0.3)
        sheet.pen.rect(x, y - 3, 228, 20, fill=1)
        sheet.pen.setFillGray(0)
        sheet.set("Helvetica", 11, x + 5, y + 3, sheet.sentence("Helvetica", 11, 210))


_MARKERS = ((1, 1, 0.2), (0.5, 1, 0.5), (1, 0.6, 0.8), (0.4, 0.9, 1), (1, 0.75, 0.3))
_INKS = ((0.8, 0, 0), (0, 0.2, 0.75), (0, 0.5, 0.15), (0.45, 0.45, 0.45), (0.55, 0.1, 0.6))


def _highlights(sheet: _Sheet) -> None:
    """Lines marked with coloured pens, and lines in coloured ink."""
    y = _TOP
    for number in range(30):
        if number % 2:
            sheet.pen.setFillColorRGB(*_MARKERS[number % 5])
            sheet.pen.rect(_LEFT - 2, y - 3, 300, 14, stroke=0, fill=1)
        sheet.pen.setFillColorRGB(*(_INKS[number % 5] if number % 4 == 0 else (0, 0, 0)))
        sheet.set("Times-Roman", 11, _LEFT, y, sheet.sentence("Times-Roman", 11, 470))
        y -= 18


def _picture(sheet: _Sheet) -> None:
    """Black and white type of a poster on a sky that goes from light to dark."""
    sky = (
        Image.linear_gradient("L").resize((900, 700)).point([235 - g * 4 // 5 for g in range(256)])
    )
    cloud = Image.frombytes("L", (30, 24), random.Random(3).randbytes(720)).point(
        [128 + (v - 128) // 3 for v in range(256)]
    )
    image = ImageChops.add(sky, cloud.resize(sky.size, Image.Resampling.BICUBIC), 1, -128)
    sheet.pen.drawImage(ImageReader(image), _LEFT, 330, 470, 440)
    y = 740
    for number in range(16):
        sheet.pen.setFillGray(0 if number < 8 else 1)
        text = sheet.sentence("Helvetica-Bold", 13, 430)
        sheet.set("Helvetica-Bold", 13, _LEFT + 20, y, text)
        y -= 55 if number == 7 else 22
    sheet.pen.setFillGray(0)
    sheet.paragraph("Helvetica", 11, 300, 8)


def _dark(sheet: _Sheet) -> None:
    """White and yellow on dark blue, as slides are."""
    sheet.pen.setFillColorRGB(0.05, 0.12, 0.32)
    sheet.pen.rect(0, 420, _WIDTH, _HEIGHT - 420, stroke=0, fill=1)
    for colour, top in (((1, 1, 1), _TOP), ((1, 0.85, 0.2), 610)):
        sheet.pen.setFillColorRGB(*colour)
        sheet.paragraph("Helvetica", 12, top, 8)
    sheet.pen.setFillGray(0)
    sheet.paragraph("Helvetica", 11, 380, 12)


def _scan(sheet: _Sheet) -> None:
    y = sheet.paragraph("Times-Roman", 12, _TOP, 18)
    sheet.paragraph("Helvetica", 10, y, 18)


def _clean_scan(page: Page) -> Page:
    """Slightly turned, noisy, grey."""
    return _scanned(page, light=12, noise=6, paper=238)


def _dim_scan(page: Page) -> Page:
    """Yellowed paper under a lamp that lights one side, with the shadow of a fold."""
    return _scanned(page, light=110, noise=9, paper=225)


def _scanned(page: Page, light: int, noise: int, paper: int) -> Page:
    size = (2480, 3508)
    with pypdfium2.PdfDocument(page.data) as document:
        clean = document[0].render(scale=300 / 72, grayscale=True).to_pil().resize(size)
    clean = clean.filter(ImageFilter.GaussianBlur(1))
    grey = clean.point([28 + value * (paper - 28) // 255 for value in range(256)])
    lamp = Image.linear_gradient("L").resize((2 * size[0], 2 * size[1])).rotate(30)
    left, top = size[0] // 2, size[1] // 2
    lamp = lamp.crop((left, top, left + size[0], top + size[1]))
    shade = ImageChops.multiply(grey, lamp.point([255 - v * light // 255 for v in range(256)]))
    fold = Image.new("L", size, 255)
    fold.paste(255 - light // 2, (0, 1500, size[0], 1700))
    shade = ImageChops.multiply(shade, fold.filter(ImageFilter.BoxBlur(90)))
    grain = Image.frombytes("L", size, random.Random(7).randbytes(size[0] * size[1]))
    grain = grain.point([128 + (v - 128) * noise // 73 for v in range(256)])
    dirty = ImageChops.add(shade, grain, 1, -128).rotate(0.4, Image.Resampling.BILINEAR)
    dirty.paste(paper - light // 2, (0, 0, 25, size[1]))
    held = io.BytesIO()
    dirty.crop((25, 25, size[0] - 25, size[1] - 25)).save(held, "JPEG", quality=75, dpi=(300, 300))
    return Page(page.name, "image/jpeg", held.getvalue(), page.words)


_DRAWN: dict[str, Callable[[_Sheet], None]] = {
    "serif letters": _serif,
    "sans letters": _sans,
    "small print": _small,
    "tinted table": _table,
    "grey form": _form,
    "highlights": _highlights,
    "type on a picture": _picture,
    "light on dark": _dark,
    "scan": _scan,
    "uneven scan": _scan,
}
_AFTER = {"scan": _clean_scan, "uneven scan": _dim_scan}

NAMES = tuple(_DRAWN)


@functools.cache
def page(name: str) -> Page:
    """One of the `NAMES`."""
    sheet = _Sheet(NAMES.index(name))
    _DRAWN[name](sheet)
    made = sheet.page(name)
    return _AFTER[name](made) if name in _AFTER else made


def pages() -> Iterator[Page]:
    """All of them."""
    return map(page, NAMES)


def as_pdf(page: Page) -> bytes:
    """The same as PDF, a scan as scanners make it: one JPEG over the whole page."""
    if page.label == "application/pdf":
        return page.data
    held = io.BytesIO()
    pen = canvas.Canvas(held, pagesize=(_WIDTH, _HEIGHT))
    pen.drawImage(ImageReader(io.BytesIO(page.data)), 0, 0, _WIDTH, _HEIGHT)
    pen.save()
    return held.getvalue()


# ── Reading back ───────────────────────────────────────────────────────────────────────


def words_read(fax: Image.Image, down: int, words: tuple[str, ...]) -> float:
    """The part of the words that tesseract finds on a faxed page of so many rows per inch."""
    printed = _printed(fax, down)
    command = ["tesseract", "-", "-", "--psm", "4", "--dpi", "204"]
    alone = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # its threads wait for one another, busily
    said = subprocess.run(command, input=printed, capture_output=True, check=True, env=alone)
    found = said.stdout.decode().split()
    return sum(min(words.count(word), found.count(word)) for word in set(words)) / len(words)


def _printed(fax: Image.Image, down: int) -> bytes:
    """As a fax machine puts it on paper: every row as often as makes pixels square."""
    rows = round(204 / down) if down < 200 else 1
    held = io.BytesIO()
    height = fax.height * rows if down < 200 else round(fax.height * 204 / down)
    fax.convert("L").resize((fax.width, height), Image.Resampling.NEAREST).save(held, "PNG")
    return held.getvalue()
