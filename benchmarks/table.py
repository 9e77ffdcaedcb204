"""The table: its rows with bars and targets, what was found for each, and how it is printed.

A row may have several cells (5 KB and 2 MB, say); it is met when every one of them is. A bar in `x`
judges the ratio of ours to the yardstick, any other unit judges our own figure.
"""

import dataclasses
import os
import re
from collections.abc import Iterable, Sequence

ROWS = {
    1: "durable ingest vs Postfix hold, 5 KB, a new connection each, ×10",
    2: "the same at 200 KB and 2 MB",
    3: "server CPU per accepted message vs Postfix, ×10",
    4: "ingest with 5 ms added to each flush, 5 KB",
    5: "p99 at 100 messages/s; also while rendering",
    6: "listener memory while large mails arrive",
    7: "PDF → fax TIFF, service warm, vs a gs command",
    8: "the same, 100 pages",
    9: "300 dpi scans vs gs",
    10: "render memory, and time per page from 100 to 1,000 pages",
    11: "bytes per page vs gs",
    12: "received G4 TIFF → PDF, passed through, vs tiff2pdf",
    13: "received G3 TIFF → PDF, 100 pages, vs tiff2pdf",
    14: "text body and cover page, warm",
    15: "parse and build mail vs the standard library",
    16: "start of the command line",
    17: "idle memory of each role",
    18: "job ledger, SQLite: accepted, claimed and finished, each durable",
    19: "the same on PostgreSQL, 4 workers",
    20: "growth from 100 to 100,000 waiting jobs",
    21: "submit 2 MB to a provider",
    22: "end to end: 3-page PDF mail → 4-page fax → receipt, CPU",
    23: "end to end when the provider takes the PDF as it is, CPU",
    24: "received fax of 3 pages → mail with PDF delivered, CPU",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Bar:
    """`≥ 1.5x` or `≤ 64 MB`."""

    sign: str
    limit: float
    unit: str

    def __str__(self) -> str:
        return (
            f"{self.sign} {figure(self.limit)}{self.unit if self.unit == 'x' else ' ' + self.unit}"
        )

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
        """yes, no, or that nothing was measured."""
        wanted = bar(self.bar)
        value = self.ratio if wanted.unit == "x" else self.ours
        if value is None:
            return "–"
        return "yes" if wanted.met(value) else "NO"


def missing(row: int, what: str, bar: str, target: str, why: str) -> Cell:
    """A cell for which nothing could be measured."""
    return Cell(row=row, what=what, bar=bar, target=target, note=why)


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
        yield f"{row:>4}  {ROWS[row]}"
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
    return (
        f"{len(by['yes'])} of {len(rows)} rows met; missed: {missed}; not fully measured: {partly}"
    )


def as_data(cells: Sequence[Cell]) -> list[dict[str, object]]:
    """The same for machines."""
    return [dataclasses.asdict(cell) | {"met": cell.met, "title": ROWS[cell.row]} for cell in cells]
