"""Cover pages: a template with the words in it (`cover.compose`), drawn as PDF.

By ReportLab where its fonts can set every word; else the same bands become an HTML table
for WeasyPrint, so that no script is printed the wrong way round.
"""

import html
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reportlab.pdfgen import canvas

from mailfax.document import geometry, letters
from mailfax.document.converters import UnfitError, fonts

_MM = 72 / geometry.MILLIMETRES
_LABEL_SIZE = 9.0
_PITCH = 1.25
_UNDER_RULE = 2.0 * _MM
_GAP = 3.0 * _MM
"""Between cells side by side."""
_SHRINK = 0.75
"""Lines too long for their cell are set smaller, down to this, before they are broken."""
_MOST_LINES = 4
"""Lines that one word may take in a cell; the rest is cut, with a sign."""

Composed = Mapping[str, Any]


def to_pdf(composed: Composed, sheet: geometry.Sheet) -> bytes:
    """Draw a cover. Raises `UnfitError` when a word is beyond these fonts."""
    if any(fonts.needs_shaping(text, font) for text, font in _texts(composed)):
        raise UnfitError("elsewhere")
    return _Drawing(composed, sheet).draw()


def _texts(composed: Composed) -> Iterator[tuple[str, str]]:
    for cell in (cell for band in composed["band"] for cell in band["cells"]):
        yield from ((text, cell["font"]) for text in cell["lines"])
    yield composed["remarks"]["text"], composed["remarks"]["font"]
    yield composed["remarks"]["next"], "sans"
    yield (composed["foot"] or {"text": ""})["text"], "sans"


class _Drawing:
    """The state of one drawing: how far down the current page has got."""

    def __init__(self, composed: Composed, sheet: geometry.Sheet) -> None:
        width, height = (side * _MM for side in geometry.PAPERS[sheet.paper])
        self._held = io.BytesIO()
        self._paper = canvas.Canvas(self._held, pagesize=(width, height), pageCompression=0)
        self._composed = composed
        self._left = composed["margin"] * _MM
        self._width = width - 2 * self._left
        self._top = height - composed["top"] * _MM
        self._y = self._top
        self._foot = self._foot_lines()
        self._bottom = composed["top"] * _MM + len(self._foot) * self._foot_pitch() + _GAP

    def draw(self) -> bytes:
        for band in self._composed["band"]:
            self._band(band)
        self._remarks(self._composed["remarks"])
        self._finish_page()
        self._paper.save()
        return self._held.getvalue()

    def _band(self, band: Mapping[str, Any]) -> None:
        self._space(band)
        left: float = self._left
        lowest = self._y
        for cell in band["cells"]:
            width = cell["width"] * self._width
            lowest = min(lowest, self._cell(cell, left, width - _GAP))
            left += width
        self._y = lowest

    def _space(self, band: Mapping[str, Any]) -> None:
        self._y -= band["above"] * _MM
        if band["rule"]:
            self._paper.setLineWidth(band["rule"])
            self._paper.line(self._left, self._y, self._left + self._width, self._y)
            self._y -= _UNDER_RULE + band["rule"] / 2

    def _cell(self, cell: Mapping[str, Any], left: float, width: float) -> float:
        """Draw one cell from the current height; where it ends."""
        y: float = self._y
        if cell["label"] and cell["lines"]:
            y -= _LABEL_SIZE * _PITCH
            self._put(cell["label"], left, y, "sans", _LABEL_SIZE)
        texts = [letters.plain(text) for text in cell["lines"]]
        size = _size(texts, cell["font"], cell["size"], width)
        for text in texts:
            for line in _few_lines(text, cell["font"], size, width):
                y -= size * _PITCH
                shift = width + _GAP - fonts.width(line, cell["font"], size)
                self._put(line, left + shift * (cell["align"] == "right"), y, cell["font"], size)
        return y

    def _remarks(self, remarks: Mapping[str, Any]) -> None:
        if not remarks["text"]:
            return
        self._space(remarks)
        font, size = remarks["font"], remarks["size"]
        for line in _lines(letters.plain(remarks["text"]).expandtabs(8), font, size, self._width):
            if self._y - size * _PITCH < self._bottom:
                self._finish_page()
                self._continue(remarks["next"])
            self._y -= size * _PITCH
            self._put(line, self._left, self._y, font, size)

    def _continue(self, head: str) -> None:
        """Begin a further page with its head line."""
        self._y = self._top - _LABEL_SIZE * _PITCH
        [line, *_] = _lines(head, "sans", _LABEL_SIZE, self._width)
        self._put(line, self._left, self._y, "sans", _LABEL_SIZE)
        self._y -= _GAP * 2

    def _finish_page(self) -> None:
        y = self._bottom - _GAP
        for line in self._foot:
            y -= self._foot_pitch()
            self._put(line, self._left, y, "sans", self._composed["foot"]["size"])
        self._paper.showPage()

    def _foot_lines(self) -> list[str]:
        foot = self._composed["foot"]
        if not foot or not foot["text"]:
            return []
        return list(_lines(foot["text"], "sans", foot["size"], self._width))

    def _foot_pitch(self) -> float:
        return float(self._composed["foot"]["size"]) * _PITCH if self._foot else 0.0

    def _put(self, text: str, x: float, y: float, font: str, size: float) -> None:
        self._paper.setFont(font, size)
        self._paper.drawString(x, y, text)


def _size(texts: Sequence[str], font: str, size: float, width: float) -> float:
    """The size of a cell's lines: smaller when one of them is too long."""
    longest = max((fonts.width(text, font, size) for text in texts), default=0)
    return size * max(_SHRINK, min(1.0, width / longest)) if longest else size


def _few_lines(text: str, font: str, size: float, width: float) -> Sequence[str]:
    lines = list(_lines(text, font, size, width))
    if len(lines) > _MOST_LINES:
        return [*lines[: _MOST_LINES - 1], lines[_MOST_LINES - 1] + " …"]
    return lines


def _lines(text: str, font: str, size: float, width: float) -> Iterator[str]:
    """Break a text into lines of at most this width, at spaces where there are any."""
    for paragraph in text.splitlines() or [""]:
        line = paragraph.rstrip()
        while (most := _most(line, font, size, width)) < len(line):
            cut = line.rfind(" ", 1, most + 1)
            cut = cut if cut > 0 and line[:cut].strip() else most
            yield line[:cut].rstrip()
            line = line[cut:].lstrip(" ")
        yield line


def _most(line: str, font: str, size: float, width: float) -> int:
    """How many letters of a line go into this width, at least one."""
    room, count = width, 0
    for letter in line:
        room -= fonts.width(letter, font, size)
        if room < 0:
            break
        count += 1
    return max(1, count)


# ── The same for WeasyPrint ────────────────────────────────────────────────────────────

_FAMILIES = {"sans": "DejaVu Sans", "bold": "DejaVu Sans", "mono": "DejaVu Sans Mono"}


def to_html(composed: Composed) -> str:
    """The cover as clean HTML, every text in the direction that its first letter has."""
    bands = "".join(map(_html_band, composed["band"]))
    remarks, foot = composed["remarks"], composed["foot"] or {"text": "", "size": 9}
    text = "".join(_div(line, remarks) for line in remarks["text"].splitlines())
    return f"{bands}<div style='{_above(remarks)}'>{text}</div>{_div(foot['text'], foot, 8)}"


def _html_band(band: Mapping[str, Any]) -> str:
    cells = "".join(map(_html_cell, band["cells"]))
    return f"<table width='100%' cellspacing=0 style='{_above(band)}'><tr>{cells}</tr></table>"


def _html_cell(cell: Mapping[str, Any]) -> str:
    label = _div(cell["label"], {"size": _LABEL_SIZE}) if cell["lines"] else ""
    lines = "".join(_div(line, cell) for line in cell["lines"])
    style = f"width:{cell['width']:.0%};text-align:{cell['align']};vertical-align:top"
    return f"<td style='{style}'>{label}{lines}</td>"


def _above(band: Mapping[str, Any]) -> str:
    rule = f"border-top:{band['rule']}pt solid;padding-top:2mm" if band["rule"] else ""
    return f"margin-top:{band['above']}mm;{rule}"


def _div(text: str, style: Mapping[str, Any], above: float = 0) -> str:
    font = style.get("font", "sans")
    weight = "bold" if font == "bold" else "normal"
    face = f'font:{weight} {style["size"]}pt/1.25 "{_FAMILIES[font]}"'
    shown = html.escape(text) or "&nbsp;"
    way = letters.direction(text)
    return f"<div dir={way} style='{face};white-space:pre-wrap;margin-top:{above}mm'>{shown}</div>"
