"""Where a sheet goes on the paper; lengths on paper in millimetres, on the page in pixels.

A fax line is 1728 pixels at 204 per inch; rows are 98, 196 or 391 per inch. What is drawn
keeps its size and its shape: it is turned when it lies across, made smaller only when it
does not fit, and split over several pages when fitting would make it unreadably small.
"""

import dataclasses

WIDTH = 1728
MILLIMETRES = 25.4

RESOLUTIONS = {"standard": (204, 98), "fine": (204, 196), "superfine": (204, 391)}
"""Pixels and rows per inch (RFC 3949 section 2.2.2)."""

PAPERS = {"a4": (210.0, 297.0), "letter": (215.9, 279.4), "legal": (215.9, 355.6)}
"""Width and height in millimetres."""

_UNREADABLE = 0.5
"""A page made smaller than this, only because it is long, is split instead."""


@dataclasses.dataclass(frozen=True, slots=True)
class Sheet:
    """The paper of a job, as the fax machine counts it: every page has this size."""

    paper: str
    resolution: tuple[int, int]

    @property
    def length(self) -> int:
        """Rows of one page."""
        return round(PAPERS[self.paper][1] / MILLIMETRES * self.resolution[1])

    def pixels(self, width: float, height: float) -> tuple[int, int]:
        """Millimetres as columns and rows, at least one of each."""
        across, down = self.resolution
        columns, rows = width / MILLIMETRES * across, height / MILLIMETRES * down
        return max(1, round(columns)), max(1, round(rows))


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where a drawing of `width` × `height` pixels lies on one sheet.

    `top` is negative on the second and later pages of a split drawing. `turned` means by a
    quarter clockwise; width and height are those after turning.
    """

    left: int
    top: int
    width: int
    height: int
    turned: bool = False


def places(
    sheet: Sheet, width: float, height: float, *, turn: bool = True, margin: float = 0.0
) -> list[Place]:
    """Where a drawing of this many millimetres goes: one page, or several when very long.

    IMG-29, IMG-30: centred, never stretched, turned when that makes it larger, split and
    not clipped. `margin` stays white at every edge of a single page, in millimetres.
    """
    room = _room(sheet, margin)
    turned = turn and width > height and _fit(room, height, width) > _fit(room, width, height)
    if turned:
        width, height = height, width
    whole, across = _fit(room, width, height), min(1.0, room[0] / width)
    split = whole < across * _UNREADABLE
    scale = across if split else whole
    columns, rows = sheet.pixels(width * scale, height * scale)
    left = (WIDTH - min(columns, WIDTH)) // 2
    if split:
        tops = range(0, -rows, -sheet.length)
    else:
        rows, above = min(rows, sheet.length), round(margin / MILLIMETRES * sheet.resolution[1])
        tops = range(above, above + 1)
    return [Place(left, top, min(columns, WIDTH), rows, turned) for top in tops]


def _room(sheet: Sheet, margin: float) -> tuple[float, float]:
    line = WIDTH / sheet.resolution[0] * MILLIMETRES
    return line - 2 * margin, PAPERS[sheet.paper][1] - 2 * margin


def _fit(room: tuple[float, float], width: float, height: float) -> float:
    """How much smaller it must be, at most 1."""
    return min(1.0, room[0] / width, room[1] / height)
