"""Field layouts: where every word of a cover goes, and the drawing of it by ReportLab.

`Setting` finds the place of each line once; what ReportLab's fonts cannot set is drawn from the
same places by WeasyPrint (`cover_html`), so that both drawings of a template look alike. All
places are points from the left and the top of the sheet. Runs in the jail.
"""

import dataclasses
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reportlab.pdfgen import canvas

from mailfax.document import geometry, letters
from mailfax.document.converters import fonts

MM = 72 / geometry.MILLIMETRES
PITCH = 1.25
"""Line to line, as a multiple of the size."""
BASE = 0.971
"""From the top of a line to its letters' feet, likewise: what CSS makes of DejaVu's metrics."""
_UNDER_RULE = 1.6 * MM
_GAP = 3.0 * MM
"""Between cells side by side, and around the remarks."""
_PAD = 2.4 * MM
"""Between a frame or a line and the words beside it."""
_SHRINK = 0.75
"""Lines too long for their cell are set smaller, down to this, before they are broken."""
_SHORT = 300
"""Letters up to which a line is measured whole before it is measured letter by letter."""

_BRACES = re.compile(r"\{(\w+)\}")

Words = Mapping[str, str]


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """One line of words between `left` and `right`; `top` is that of its line, not its letters."""

    text: str
    left: float
    right: float
    top: float
    font: str
    size: float
    align: str


@dataclasses.dataclass(frozen=True, slots=True)
class Stroke:
    """A rule from one corner to the other, `weight` thick; as a frame all four sides."""

    left: float
    top: float
    right: float
    bottom: float
    weight: float
    frame: bool = False


Mark = Line | Stroke


@dataclasses.dataclass(frozen=True, slots=True)
class Room:
    """Where text flows: the box on the first page, and that of the pages after it."""

    left: float
    top: float
    right: float
    bottom: float


def fill(text: str, known: Words, fields: Sequence[str]) -> str:
    """Put the words in; nothing at all when the text names fields and all are empty."""
    named = [name for name in _BRACES.findall(text) if name in fields]
    if named and not any(known[name] for name in named):
        return ""
    filled = _BRACES.sub(lambda match: known[match[1]], text).strip()
    if _BRACES.fullmatch(text) or not letters.shaped(filled):
        return filled
    return _BRACES.sub(lambda match: letters.apart(known[match[1]]), text).strip()


class Setting:
    """A field layout with its words, every line in its place on a sheet of this size.

    `marks` are those of the first page and `foot` those of every page, `head` is the line on top
    of further pages. `first` and `further` are the rooms for the remarks.
    """

    def __init__(
        self,
        layout: Mapping[str, Any],
        known: Words,
        fields: Sequence[str],
        size: tuple[float, float],
    ) -> None:
        self._known, self._fields = known, fields
        self._layout = layout
        self.size, self.small = size, layout["label_size"]
        self.label_font: str = layout["label_font"]
        self.remarks = layout["remarks"]
        self._mirrored = known["direction"] == "rtl"
        self._left, self._width = layout["margin"] * MM, size[0] - 2 * layout["margin"] * MM
        self.marks: list[Mark] = []
        self.foot: list[Mark] = []
        lowest = self._set_foot(layout["foot"])
        self._y: float = layout["top"] * MM
        for band in layout["band"]:
            self._set_band(band)
        for place in layout["place"]:
            left, top = place["x"] * MM, place["y"] * MM
            self.marks += self._words(place, left, top, place["width"] * MM)[0]
        self.head = self._filled(layout["remarks"]["next"])
        self.first = self._set_remarks(layout["remarks"], lowest)
        after = layout["next_top"] if layout["next_top"] is not None else layout["top"]
        top = after * MM + (self.small * PITCH + 2 * _GAP if self.head else 0)
        self.further = Room(self._left, top, self._left + self._width, lowest)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every text with its font."""
        for mark in (*self.marks, *self.foot):
            if isinstance(mark, Line):
                yield mark.text, mark.font
        yield self.head, self.label_font

    def _filled(self, text: str) -> str:
        return fill(text, self._known, self._fields)

    # ── Bands ──────────────────────────────────────────────────────────────────────────

    def _set_band(self, band: Mapping[str, Any]) -> None:
        """Draw a band and go below it; nothing when it has cells and no words."""
        if band["cells"] and not any(self._lines(cell) for cell in band["cells"]):
            return
        self._y += band["above"] * MM
        self._rule(band["rule"])
        top, left, lowest = self._y, self._left, self._y
        inset = _PAD if band["frame"] else 0.0
        for number, cell in enumerate(band["cells"]):
            width = cell["width"] * self._width
            before = inset or (_PAD if band["between"] and number else 0.0)
            last = number == len(band["cells"]) - 1
            room = width - before - (inset if last else inset or _GAP)
            marks, end = self._words(cell, left + before, top + inset, room)
            self.marks += map(self._turned, marks)
            left, lowest = left + width, max(lowest, end + inset)
        self._y = lowest
        self._strokes(band, top)

    def _rule(self, weight: float) -> None:
        if weight:
            middle = self._y + weight / 2
            right = self._left + self._width
            self.marks.append(Stroke(self._left, middle, right, middle, weight))
            self._y += weight + _UNDER_RULE

    def _strokes(self, band: Mapping[str, Any], top: float) -> None:
        """The frame of a band, and the lines between its cells."""
        if band["frame"]:
            right = self._left + self._width
            self.marks.append(Stroke(self._left, top, right, self._y, band["frame"], frame=True))
        at: float = self._left
        for cell in band["cells"][:-1] if band["between"] else ():
            at += cell["width"] * self._width
            line = Stroke(at, top, at, self._y, band["between"])
            self.marks.append(self._turned(line))

    def _turned(self, mark: Mark) -> Mark:
        """The same from the other side, in languages that begin at the right."""
        if not self._mirrored:
            return mark
        left, right = self.size[0] - mark.right, self.size[0] - mark.left
        if isinstance(mark, Stroke):
            return dataclasses.replace(mark, left=left, right=right)
        align = {"left": "right", "right": "left"}.get(mark.align, mark.align)
        return dataclasses.replace(mark, left=left, right=right, align=align)

    # ── Words ──────────────────────────────────────────────────────────────────────────

    def _lines(self, cell: Mapping[str, Any]) -> list[str]:
        return [line for text in cell["lines"] if (line := self._filled(text))]

    def _words(
        self, cell: Mapping[str, Any], left: float, top: float, width: float
    ) -> tuple[list[Mark], float]:
        """A label and its lines; the marks, and how far down they reach."""
        texts, label = self._lines(cell), self._filled(cell["label"])
        size, font, small = cell["size"], cell["font"], self.small
        marks: list[Mark] = []
        beside = cell["beside"] * MM
        size = _size(texts, font, size, width - beside, cell["most"])
        if label and texts:
            at = top + max(0.0, (size - small) * BASE) if beside else top
            right = left + (beside or width)
            marks.append(Line(label, left, right, at, self.label_font, small, "left"))
            top += 0 if beside else small * PITCH
        for text in texts:
            for line in _few_lines(text, font, size, width - beside, cell["most"]):
                right = left + width
                marks.append(Line(line, left + beside, right, top, font, size, cell["align"]))
                top += size * PITCH
        return marks, top

    def _set_foot(self, foot: Mapping[str, Any] | None) -> float:
        """Small print at the bottom; how far down the rest may go."""
        layout = self._layout
        bottom = layout["bottom"] if layout["bottom"] is not None else layout["top"]
        lowest: float = self.size[1] - bottom * MM
        texts = self._lines(foot) if foot else []
        if foot is None or not texts:
            return lowest
        font, size = foot["font"], foot["size"]
        lines = [line for text in texts for line in lines_of(text, font, size, self._width)]
        top: float = lowest - len(lines) * size * PITCH
        right = self._left + self._width
        for number, line in enumerate(lines):
            at = top + number * size * PITCH
            mark = Line(line, self._left, right, at, font, size, foot["align"])
            self.foot.append(self._turned(mark))
        if foot["rule"]:
            at = top - _UNDER_RULE
            self.foot.append(Stroke(self._left, at, right, at, foot["rule"]))
            top = at
        return top - _GAP

    def _set_remarks(self, remarks: Mapping[str, Any], lowest: float) -> Room:
        """The room for the remarks on the first page, with its rule and label if there are any."""
        if not self._known["remarks"]:
            return Room(self._left, self._y, self._left + self._width, lowest)
        if remarks["y"] is None:
            self._y += remarks["above"] * MM
            self._rule(remarks["rule"])
        else:
            self._y = remarks["y"] * MM
        left = self._left if remarks["x"] is None else remarks["x"] * MM
        width = self._width if remarks["width"] is None else remarks["width"] * MM
        if label := self._filled(remarks["label"]):
            line = Line(label, left, left + width, self._y, self.label_font, self.small, "left")
            self.marks.append(self._turned(line))
            self._y += self.small * PITCH + _UNDER_RULE / 2
        bottom = lowest if remarks["height"] is None else self._y + remarks["height"] * MM
        return Room(left, self._y, left + width, bottom)


# ── Breaking lines ─────────────────────────────────────────────────────────────────────


def _size(texts: Sequence[str], font: str, size: float, width: float, most: int) -> float:
    """The size of a cell's lines: smaller where that saves a line from being broken, or cut."""
    longest = max((fonts.width(text, font, size) for text in texts), default=0)
    if longest * _SHRINK <= width:
        return size * min(1.0, width / longest) if longest else size
    rows = max(len(list(lines_of(text, font, size, width))) for text in texts)
    return size if rows <= most else size * _SHRINK


def _few_lines(text: str, font: str, size: float, width: float, most: int) -> Sequence[str]:
    lines = list(lines_of(text, font, size, width))
    if len(lines) <= most:
        return lines
    last = lines[most - 1][: _most(lines[most - 1], font, size, width - size)]
    return [*lines[: most - 1], f"{last} …"]


def lines_of(text: str, font: str, size: float, width: float) -> Iterator[str]:
    """Break a text into lines of at most this width, at spaces where there are any."""
    for paragraph in text.splitlines() or [""]:
        rest: str | None = paragraph.rstrip()
        while rest is not None:
            line, rest = _split(rest, font, size, width)
            yield line


def _split(text: str, font: str, size: float, width: float) -> tuple[str, str | None]:
    """The first line of a text, and what is left of it."""
    most = _most(text, font, size, width)
    if most == len(text):
        return text, None
    cut = letters.cut(text, most)
    return text[:cut].rstrip(), text[cut:].lstrip(" ")


def _most(line: str, font: str, size: float, width: float) -> int:
    """How many letters of a line go into this width, at least one."""
    if len(line) < _SHORT and fonts.width(line, font, size) <= width:
        return len(line)
    room = width
    for count, letter in enumerate(line):
        room -= fonts.width(letter, font, size)
        if room < 0:
            return max(1, count)
    return len(line)


# ── Drawing ────────────────────────────────────────────────────────────────────────────


def needs_shaping(setting: Setting, remarks: str) -> bool:
    """Whether ReportLab's fonts cannot set some word of it."""
    texts = (*setting.texts(), (remarks, setting.remarks["font"]))
    return any(fonts.needs_shaping(*one) for one in texts)


def to_pdf(setting: Setting, remarks: str) -> bytes:
    """Draw a cover that needs no shaping."""
    held = io.BytesIO()
    paper = canvas.Canvas(held, pagesize=setting.size, pageCompression=0)
    for number, lines in enumerate(_flow(setting, letters.plain(remarks))):
        marks: list[Mark] = [*(setting.marks if number == 0 else _head(setting)), *lines]
        for mark in (*marks, *setting.foot):
            _draw(paper, setting.size[1], mark)
        paper.showPage()
    paper.save()
    return held.getvalue()


def _head(setting: Setting) -> Iterator[Line]:
    """The line on top of a further page."""
    room, font, size = setting.further, setting.label_font, setting.small
    for text in list(lines_of(setting.head, font, size, room.right - room.left))[:1]:
        top = room.top - 2 * _GAP - size * PITCH
        yield Line(text, room.left, room.right, top, font, size, "left")


def _flow(setting: Setting, remarks: str) -> Iterator[list[Line]]:
    """The lines of the remarks, page by page; the first page is there in any case."""
    font, size = setting.remarks["font"], setting.remarks["size"]
    room, page = setting.first, list[Line]()
    y = room.top
    for paragraph in remarks.expandtabs(8).splitlines():
        rest: str | None = paragraph.rstrip()
        while rest is not None:
            if y + size * PITCH > room.bottom:
                yield page
                room, page = setting.further, list[Line]()
                y = room.top
            line, rest = _split(rest, font, size, room.right - room.left)
            page.append(Line(line, room.left, room.right, y, font, size, "left"))
            y += size * PITCH
    yield page


def _draw(paper: canvas.Canvas, height: float, mark: Mark) -> None:
    if isinstance(mark, Stroke):
        paper.setLineWidth(mark.weight)
        sides = (mark.left, height - mark.bottom, mark.right - mark.left, mark.bottom - mark.top)
        if mark.frame:
            paper.rect(*sides)
        else:
            paper.line(mark.left, height - mark.top, mark.right, height - mark.bottom)
        return
    text, y = letters.plain(mark.text), height - mark.top - mark.size * BASE
    spare = mark.right - mark.left - fonts.width(text, mark.font, mark.size)
    shift = {"left": 0.0, "center": spare / 2, "right": spare}[mark.align]
    paper.setFont(mark.font, mark.size)
    paper.drawString(mark.left + shift, y, text)
