"""The table: its rows with bars and targets, what was found for each, and how it is printed.

A row may have several cells (5 KB and 2 MB, say); it is met when every one of them is. A bar in `x`
judges the ratio of ours to the yardstick, any other unit judges our own figure.
"""

import dataclasses
import os
import re
from collections.abc import Iterable, Sequence


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """What a row is about, what it must reach, and where it is going."""

    title: str
    bar: str
    target: str


ROWS = {
    1: Row("durable ingest vs Postfix hold, 5 KB, a new connection each, ×10", "≥ 1.0x", "1.5x"),
    2: Row("the same at 200 KB and 2 MB", "≥ 1.0x", "1.3x"),
    3: Row("server CPU per accepted message vs Postfix, ×10", "≤ 0.8x", "0.5x"),
    4: Row("ingest with 5 ms added to each flush, 5 KB", "≥ 1.0x", "2x"),
    5: Row("p99 at 100 messages/s; also while rendering", "≤ 1.5x, 2x", "1.0x"),
    6: Row("listener memory while large mails arrive", "≤ 64, 80 MB", "40 MB"),
    7: Row("PDF → fax TIFF, service warm, vs a gs command", "≥ 3, 2, 1.2x", "4, 3, 2x"),
    8: Row("the same, 100 pages", "≥ 1.0x", "1.5x"),
    9: Row("300 dpi scans vs gs", "≥ 1.0x", "2x"),
    10: Row("render memory, and time per page from 100 to 1,000 pages", "≤ 80, 130 MB", "60 MB"),
    11: Row("bytes per page, and words that can be read, vs gs", "≤ 1.2x, 0.5x", "1.0, 0.36x"),
    12: Row("received G4 TIFF → PDF, passed through, vs tiff2pdf", "≥ 10,000/s", "18,000/s"),
    13: Row("received G3 TIFF → PDF, 100 pages, vs tiff2pdf", "≥ 20x", "40x"),
    14: Row("text body and cover page, warm", "≤ 6 ms", "3 ms"),
    15: Row("parse and build mail vs the standard library", "≤ 25, 10 ms/MB", "5 ms/MB"),
    16: Row("start of the command line", "≤ 100 ms", "60 ms"),
    17: Row("idle memory of each role", "≤ 60, 90 MB", "–"),
    18: Row(
        "job ledger, SQLite: accepted, claimed and finished, each durable", "≥ 1,000/s", "2,500/s"
    ),
    19: Row("the same on PostgreSQL, 4 workers", "≥ 2,000/s", "3,600/s"),
    20: Row("growth from 100 to 100,000 waiting jobs", "≤ 1.2x", "1.0x"),
    21: Row("submit 2 MB to a provider, SOAP and multipart", "≤ 12, 2 ms", "3 ms"),
    22: Row("end to end: 3-page PDF mail → 4-page fax → receipt, CPU", "≤ 75 ms", "45 ms"),
    23: Row("end to end when the provider takes the PDF as it is, CPU", "≤ 25 ms", "13 ms"),
    24: Row("received fax of 3 pages → mail with PDF delivered, CPU", "≤ 10 ms", "5 ms"),
    25: Row("recipients judged by 5,000 rules", "≥ 10,000/s", "12,000/s"),
    26: Row("explain one of them, every rule shown", "≤ 200 ms", "100 ms"),
    27: Row("office document → fax pages", "≤ 1.5 s", "0.5 s"),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Bar:
    """`≥ 1.5x` or `≤ 64 MB`."""

    sign: str
    limit: float
    unit: str

    def met(self, value: float) -> bool:
        """Whether the value is on the good side."""
        return value >= self.limit if self.sign == "≥" else value <= self.limit


def bar(text: str) -> Bar:
    """A bar as it is written in the table."""
    sign, number, unit = re.fullmatch(r"([≥≤]) ([\d.,]+) ?(.*)", text).groups()
    return Bar(sign, float(number.replace(",", "")), unit)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One line of the table. Without `ours` the note says why there is none."""

    row: int
    what: str
    bar: str
    target: str
    unit: str = ""
    ours: float | None = None
    yardstick: float | None = None
    """In the same unit."""
    against: str = ""
    """What the yardstick is."""
    ratio: float | None = None
    """The median of the rounds, not the ratio of the medians."""
    note: str = ""
    load: float = dataclasses.field(default_factory=lambda: os.getloadavg()[0])
    """Of the machine, in the minute before."""

    @property
    def met(self) -> str:
        """yes, NO, or – when nothing was measured."""
        if self.ours is None:
            return "–"
        wanted = bar(self.bar)
        value = self.ratio if wanted.unit == "x" else self.ours
        if value is None:
            return "–"
        return "yes" if wanted.met(value) else "NO"


def missing(row: int, why: str, what: str = "") -> Cell:
    """A cell for which nothing could be measured."""
    return Cell(row=row, what=what, bar=ROWS[row].bar, target=ROWS[row].target, note=why)


def figure(value: float) -> str:
    """A number with three digits that matter."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def lines(cells: Sequence[Cell]) -> Iterable[str]:
    """The table, and a summary behind it."""
    widths = (4, 38, 16, 22, 8, 14, 12, 4)
    head = ("#", "what", "ours", "yardstick", "ratio", "bar", "target", "met?")
    yield _line(head, widths)
    yield _line(tuple("─" * width for width in widths), widths)
    for row in sorted({cell.row for cell in cells}):
        yield f"{row:>4}  {ROWS[row].title}"
        for cell in (cell for cell in cells if cell.row == row):
            yield _line(_columns(cell), widths)
            if cell.note:
                yield f"{'':>8}{cell.note}"
    yield ""
    yield summary(cells)


def _columns(cell: Cell) -> tuple[str, ...]:
    ours = "–" if cell.ours is None else f"{figure(cell.ours)} {cell.unit}"
    yardstick = "–" if cell.yardstick is None else f"{figure(cell.yardstick)} {cell.against}"
    ratio = "–" if cell.ratio is None else f"{figure(cell.ratio)}x"
    return ("", cell.what, ours, yardstick, ratio, cell.bar, cell.target, cell.met)


def _line(columns: Sequence[str], widths: Sequence[int]) -> str:
    cells = [f"{text:<{width}}" for text, width in zip(columns, widths, strict=True)]
    return "  ".join(cells).rstrip()


def verdict(cells: Sequence[Cell], row: int) -> str:
    """yes, NO or –, for a whole row."""
    found = {cell.met for cell in cells if cell.row == row}
    return "NO" if "NO" in found else "–" if "–" in found else "yes"


def summary(cells: Sequence[Cell]) -> str:
    """How many rows are met, and which are not."""
    rows = sorted({cell.row for cell in cells})
    by = {word: [row for row in rows if verdict(cells, row) == word] for word in ("yes", "NO", "–")}
    missed = ", ".join(map(str, by["NO"])) or "none"
    partly = ", ".join(map(str, by["–"])) or "none"
    met = f"{len(by['yes'])} of {len(rows)} rows met"
    return f"{met}; missed: {missed}; not fully measured: {partly}"


def as_data(cells: Sequence[Cell]) -> list[dict[str, object]]:
    """The same for machines."""
    return [
        dataclasses.asdict(cell) | {"met": cell.met, "title": ROWS[cell.row].title}
        for cell in cells
    ]
