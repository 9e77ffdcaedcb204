"""Where a sheet goes on the paper; lengths on paper in millimetres, on the page in pixels.

A fax line is 1728 pixels at 204 per inch; rows are 98, 196 or 391 per inch. What is drawn
keeps its size and its shape: it is turned when it lies across, made smaller only when it
does not fit, and split over several pages when fitting would make it unreadably small. What
is split has a band at each cut, for a mark, and the last rows above a cut stand below it again.
"""

import dataclasses

WIDTH = 1728
MILLIMETRES = 25.4

RESOLUTIONS = {"standard": (204, 98), "fine": (204, 196), "superfine": (204, 391)}
"""Pixels and rows per inch (RFC 3949 section 2.2.2)."""

LINE = WIDTH / 204 * MILLIMETRES
"""Millimetres of paper that a fax line covers."""

PAPERS = {
    "a4": (210.0, 297.0),
    "letter": (215.9, 279.4),
    "legal": (215.9, 355.6),
    "b4": (257.0, 364.0),
}
"""Width and height in millimetres. B4 (JIS P 0138) is wider than the line: it is made smaller."""

_UNREADABLE = 0.5
"""A page made smaller than this, only because it is long, is split instead."""
BAND = 4.0
"""Millimetres kept white at a cut."""
_AGAIN = 5.0
"""Millimetres above a cut that are repeated below it: a line of type that was cut is whole."""


_WIDE = 1.05
"""Letter is wider than the line by less than this, and keeps its length."""


@dataclasses.dataclass(frozen=True, slots=True)
class Sheet:
    """The paper of a job, as the fax machine counts it: every page has this size."""

    paper: str
    resolution: tuple[int, int]
    halftone: str = "auto"
    """What shaded places are taken for: `text`, `photo`, or `auto`: for what they look like."""

    @property
    def height(self) -> float:
        """Millimetres of one page as it comes out of the machine."""
        width, height = PAPERS[self.paper]
        return height * LINE / width if width > _WIDE * LINE else height

    @property
    def length(self) -> int:
        """Rows of one page."""
        return self.rows(self.height)

    def rows(self, height: float) -> int:
        """Millimetres as rows."""
        return round(height / MILLIMETRES * self.resolution[1])

    def pixels(self, width: float, height: float) -> tuple[int, int]:
        """Millimetres as columns and rows, at least one of each."""
        across, down = self.resolution
        columns, rows = width / MILLIMETRES * across, height / MILLIMETRES * down
        return max(1, round(columns)), max(1, round(rows))


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where a drawing of `width` × `height` pixels lies on one sheet.

    `top` may be negative on the second and later pages of a split drawing, of which this one
    shows what lies between the bands. `turned` means by a quarter clockwise; width and height
    are those after turning.
    """

    left: int
    top: int
    width: int
    height: int
    turned: bool = False
    piece: int = 1
    pieces: int = 1
    """Which of how many pages of one drawing this is."""


def places(
    sheet: Sheet, width: float, height: float, *, turn: bool = True, margin: float = 0.0
) -> list[Place]:
    """Where a drawing of this many millimetres goes: one page, or several when very long.

    IMG-29, IMG-30: centred, never stretched, turned when that makes it larger, split and
    not clipped. `margin` stays white at every edge of a single page, in millimetres.
    """
    room = LINE - 2 * margin, sheet.height - 2 * margin
    turned = turn and width > height and _fit(room, height, width) > _fit(room, width, height)
    if turned:
        width, height = height, width
    whole, across = _fit(room, width, height), min(1.0, room[0] / width)
    split = whole < across * _UNREADABLE
    scale = across if split else whole
    columns, rows = sheet.pixels(width * scale, height * scale)
    columns = min(columns, WIDTH)
    left = (WIDTH - columns) // 2
    if split:
        tops = cuts(sheet, rows)
    else:
        rows, tops = min(rows, sheet.length), [sheet.rows(margin)]
    pieces = enumerate(tops, start=1)
    return [Place(left, top, columns, rows, turned, n, len(tops)) for n, top in pieces]


def cuts(sheet: Sheet, rows: int) -> list[int]:
    """Where the top of a drawing of so many rows lies on each of the pages it is split over."""
    band, again = sheet.rows(BAND), sheet.rows(_AGAIN)
    tops, shown = [0], sheet.length - band
    while shown < rows:
        tops.append(band - (shown - again))
        shown = sheet.length - band - tops[-1]
        if rows <= shown + band:
            break  # the last page needs no band at its foot
    return tops


def _fit(room: tuple[float, float], width: float, height: float) -> float:
    """How much smaller it must be, at most 1."""
    return min(1.0, room[0] / width, room[1] / height)
