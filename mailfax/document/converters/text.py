"""Plain text, as it was typed: one width for all letters, so that columns stay columns."""

import codecs
import contextlib
import io
from collections.abc import Iterator

import charset_normalizer
from reportlab.pdfgen import canvas

from mailfax.document import geometry, letters
from mailfax.document.converters import Item, UnfitError, fonts

_POINT = geometry.MILLIMETRES / 72
_MARGIN, _TOP = 20 / _POINT, 18 / _POINT
_SIZE, _SMALLEST = 10.0, 8.0
_PITCH = 1.22
"""Line to line, as a multiple of the size."""
_COLUMNS = 80
_TAB = 8
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MEANT = {"iso8859-1": "cp1252"}
"""What people's programs mean when they declare it (WHATWG Encoding says the same)."""
_SAMPLE = 50_000
_FEW = 0.45
"""Part of a text beyond ASCII, under which nothing but a Western charset is thought of."""


def to_pdf(text: str, sheet: geometry.Sheet, limit: int) -> bytes:
    """Set clean text. Raises `UnfitError`: empty, too long, or beyond this font."""
    if fonts.needs_shaping(text, "mono"):
        raise UnfitError("elsewhere")
    text = letters.plain(text)
    width, height = (side / _POINT for side in geometry.PAPERS[sheet.paper])
    columns, size = _measure(text, width - 2 * _MARGIN)
    rows = int((height - 2 * _TOP) / (size * _PITCH))
    pages = list(_pages(text, columns, rows))
    if len(pages) > limit:
        raise UnfitError("pages", len(pages))
    held = io.BytesIO()
    paper = canvas.Canvas(held, pagesize=(width, height), pageCompression=0)
    for lines in pages:
        block = paper.beginText(_MARGIN, height - _TOP - size)
        block.setFont("mono", size, size * _PITCH)
        block.textLines("\n".join(lines), trim=0)
        paper.drawText(block)
        paper.showPage()
    paper.save()
    return held.getvalue()


def _measure(text: str, width: float) -> tuple[int, float]:
    """Columns and size: a little smaller where that saves long lines from being broken."""
    longest = max(map(len, text.splitlines()), default=0)
    widest = int(width / (_SMALLEST * fonts.MONO_WIDTH))
    if longest <= _COLUMNS or longest > widest:
        return _COLUMNS, min(_SIZE, width / (_COLUMNS * fonts.MONO_WIDTH))
    return longest, width / (longest * fonts.MONO_WIDTH)


def _pages(text: str, columns: int, rows: int) -> Iterator[list[str]]:
    for sheet in text.split("\f"):
        lines = [part for line in sheet.split("\n") for part in wrap(line, columns)]
        for first in range(0, max(1, len(lines)), rows):
            yield lines[first : first + rows]


def wrap(line: str, columns: int) -> Iterator[str]:
    """Break a line at spaces where it is too long, in the middle of a word only if it must."""
    while len(line) > columns:
        cut = line.rfind(" ", 1, columns + 1)
        if not line[: max(cut, 0)].strip():
            cut = columns
        yield line[:cut]
        line = line[cut:].lstrip(" ")
    yield line


# ── From bytes to clean text ───────────────────────────────────────────────────────────


def read(item: Item) -> str:
    """The text of a part: decoded, reflowed, tabs as spaces, without what does not print."""
    text = decode(item.data, item.charset)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\v", "\n")
    if item.flowed:
        text = reflow(text, item.delsp)
    lines = letters.clean(text).expandtabs(_TAB).split("\n")
    text = "\n".join(line.rstrip(" ") for line in lines).strip("\n").rstrip()
    if not text.strip():
        raise UnfitError("empty")
    return text


def decode(data: bytes, charset: str | None) -> str:
    """By byte order mark, else as declared, else as detected; never fails."""
    for mark, marked in _MARKS:
        if data.startswith(mark):
            return data.decode(marked, "replace")
    for name in filter(None, (_codec(charset), "utf-8")):
        with contextlib.suppress(UnicodeError, LookupError):
            return data.decode(name)
    return data.decode(_detected(data[:_SAMPLE]), "replace")


def _detected(data: bytes) -> str:
    """A text with few letters beyond ASCII is Western: statistics take it for Arabic."""
    foreign = len(data.translate(None, bytes(range(128))))
    if foreign < len(data) * _FEW:
        return "cp1252"
    guess = charset_normalizer.from_bytes(data).best()
    return guess.encoding if guess else "cp1252"


def _codec(charset: str | None) -> str | None:
    """Python's name of a declared charset; none for ASCII, which says nothing of 8-bit text."""
    try:
        name = codecs.lookup(charset or "").name
    except (LookupError, ValueError):
        return None
    return None if name == "ascii" else _MEANT.get(name, name)


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
