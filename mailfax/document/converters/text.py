"""Plain text, as it was typed: one width for all letters, so that columns stay columns."""

import dataclasses
import io
import re
from collections.abc import Iterator, Sequence

from reportlab.pdfgen import canvas

from mailfax.document import geometry, letters
from mailfax.document.converters import Item, UnfitError, charsets, fonts, trimming

_POINT = geometry.MILLIMETRES / 72
_MARGIN, _NARROW, _TOP = 20 / _POINT, 12 / _POINT, 18 / _POINT
_SIZE, _SMALLEST = 10.0, 8.0
PITCH = 1.22
"""Line to line, as a multiple of the size."""
_COLUMNS = 80
_TAB = 8
_ON = "\u21aa "
"""Before what did not fit into the line of a table above."""
_SET = re.compile(
    r"(?:[^\s.!?:;,\"')] {2}|\S {3,})\S|[|\u2500-\u259f].*[|\u2500-\u259f]|[-=+_]{6,}"
)
"""What a line has that was set in columns, and a sentence has not."""
_TABLE = 3
"""Long lines in columns that make a table."""


@dataclasses.dataclass(frozen=True, slots=True)
class Setting:
    """How a text is set: lengths in points."""

    width: float
    height: float
    margin: float
    columns: int
    size: float

    @property
    def rows(self) -> int:
        """Lines on a page."""
        return int((self.height - 2 * _TOP) / (self.size * PITCH))


def to_pdf(text: str, sheet: geometry.Sheet, limit: int) -> bytes:
    """Set clean text. Raises `UnfitError`: empty, too long, or beyond this font."""
    if fonts.needs_shaping(text, "mono"):
        raise UnfitError("elsewhere")
    text = letters.plain(text)
    setting = setting_of(text, sheet)
    held = io.BytesIO()
    paper = canvas.Canvas(held, pagesize=(setting.width, setting.height), pageCompression=0)
    for lines in pages(text, setting, limit):
        block = paper.beginText(setting.margin, setting.height - _TOP - setting.size)
        block.setFont("mono", setting.size, setting.size * PITCH)
        block.textLines(lines, trim=0)
        paper.drawText(block)
        paper.showPage()
    paper.save()
    return held.getvalue()


def setting_of(text: str, sheet: geometry.Sheet) -> Setting:
    """Smaller letters where that saves long lines, and for the tables among them a sheet that
    lies across.
    """
    width, height = (side / _POINT for side in geometry.PAPERS[sheet.paper])
    upright, across = width - 2 * _MARGIN, height - 2 * _NARROW
    lines = text.splitlines()
    longest = max(map(letters.cells, lines), default=0)
    table = _widest_table(lines, _most(across))
    columns = longest if longest <= _most(upright) else table
    if columns <= _COLUMNS:
        size = min(_SIZE, _fitting(_COLUMNS, upright))
        return Setting(width, height, _MARGIN, _COLUMNS, size)
    if columns <= _most(upright):
        return Setting(width, height, _MARGIN, columns, _fitting(columns, upright))
    return Setting(height, width, _NARROW, columns, min(_SIZE, _fitting(columns, across)))


def _fitting(columns: int, room: float) -> float:
    return room / (columns * fonts.MONO_WIDTH)


def _most(room: float) -> int:
    return int(room / (_SMALLEST * fonts.MONO_WIDTH))


def _widest_table(lines: Sequence[str], most: int) -> int:
    """Columns that the tables need, at most `most`; 0 where there are none to speak of."""
    widths = [letters.cells(line) for line in lines if len(line) > _COLUMNS and in_columns(line)]
    if len(widths) < _TABLE:
        return 0
    return max((width for width in widths if width <= most), default=most)


def in_columns(line: str) -> bool:
    """Whether a line was set in columns."""
    return _SET.search(line.strip()) is not None


def pages(text: str, setting: Setting, limit: int) -> list[list[str]]:
    """The lines of each page. Raises `UnfitError` when they are too many."""
    found = list(_pages(text, setting))
    if len(found) > limit:
        raise UnfitError("pages", len(found))
    return found


def _pages(text: str, setting: Setting) -> Iterator[list[str]]:
    for sheet in text.split("\f"):
        lines = [part for line in sheet.split("\n") for part in wrap(line, setting.columns)]
        for first in range(0, max(1, len(lines)), setting.rows):
            yield lines[first : first + setting.rows]


def wrap(line: str, columns: int) -> Iterator[str]:
    """Break a line at spaces where it is too long, in the middle of a word only if it must.

    What goes on of a line in columns has a mark before it.
    """
    if letters.cells(line) <= columns:
        yield line
        return
    mark = _ON if columns > len(_ON) and in_columns(line) else ""
    begin, at, window = "", 0, line[: 2 * columns + 1]
    while at + len(window) < len(line) or letters.cells(window) > columns - len(begin):
        most = min(letters.fitting(window, columns - len(begin)), len(window) - 1)
        cut = letters.cut(window, most)
        yield begin + window[:cut]
        at += cut
        while line.startswith(" ", at):
            at += 1
        begin, window = mark, line[at : at + 2 * columns + 1]
    yield begin + window


# ── From bytes to clean text ───────────────────────────────────────────────────────────


def read(item: Item) -> str:
    """The text of a part: decoded, reflowed, tabs as spaces, without what does not print, and
    without what `item.trim` cuts.
    """
    text = charsets.decode(item.data, item.charset)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\v", "\n")
    if item.flowed:
        text = reflow(text, item.delsp)
    lines = [line.rstrip(" ") for line in letters.clean(text).expandtabs(_TAB).split("\n")]
    text = "\n".join(_trimmed(lines, item)).strip("\n").rstrip()
    text = f"{item.heading}\n\n{text}".rstrip() if item.heading else text
    if not text.strip():
        raise UnfitError("empty")
    return text


def _trimmed(lines: list[str], item: Item) -> list[str]:
    if item.trim is None:
        return lines
    quoted = trimming.marked(lines)
    item.tell(blocks=trimming.blocks(lines, quoted))
    for cut in reversed(trimming.cuts(lines, quoted, item.trim)):
        item.tell(remark=cut.code, number=0)
        del lines[cut.lines.start : cut.lines.stop]
    return lines


def reflow(text: str, delsp: bool) -> str:
    """Join the soft-broken lines of format=flowed (RFC 3676 section 4)."""
    done: list[str] = []
    depth: int | None = None
    """Quote depth of the last line while that ended softly."""
    for raw in text.split("\n"):
        line = raw.lstrip(">")
        quotes = len(raw) - len(line)
        line = line.removeprefix(" ")
        soft = line.endswith(" ") and line != "-- "
        body = line[:-1] if soft and delsp else line
        if depth == quotes and line != "-- ":
            done[-1] += body
        else:
            done.append(">" * quotes + (" " if quotes else "") + body)
        depth = quotes if soft else None
    return "\n".join(done)
