"""The line at the head of a faxed page: when it was sent, by whom, from which number, and which
page of how many it is (47 CFR 68.318(d)).

The page grows by the line, and nothing of it is covered. T.6 codes every line against the one
above it, and the first one against white paper; the header's last row is white. So the page's
own code words stay as they are and are only moved by some bits, and no page is decoded here.

The words come from the rules file, the time from the clock: nothing that a sender wrote.
"""

import dataclasses
import datetime
import pathlib
import zoneinfo

from mailfax.document import letters, tiff
from mailfax.model import Decision, Document

_EOFB = 24
"""Bits of the two EOLs that end a page."""


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """What the line says of the sender, and the zone of its time."""

    identity: str
    station: str
    zone: str

    def words(self, at: datetime.datetime) -> tuple[str, ...]:
        """What stands in the line before the page's number, for a call that begins at this time."""
        local = at.astimezone(zoneinfo.ZoneInfo(self.zone))
        parts = (local.strftime("%Y-%m-%d %H:%M %Z"), self.identity, self.station)
        return tuple(filter(None, map(letters.line, parts)))


def wanted(decision: Decision, *, printed: bool) -> Line | None:
    """The line that we are to put on the pages; None where there is none, or where it is
    `printed` by the provider and the rule leaves it to him.
    """
    if decision.header == "never" or (decision.header == "auto" and printed):
        return None
    return Line(decision.identity, decision.station, decision.zone)


def put(source: pathlib.Path, words: tuple[str, ...], out: pathlib.Path) -> Document:
    """Write the pages of a canonical profile F file to `out`, each with this line and its number.

    Raises `errors.Permanent` where `source` is no such file.
    """
    total = len(tiff.geometry(source).pages)
    pages = enumerate(tiff.read(source), start=1)
    return tiff.write(out, (_headed(page, words, f"P. {n}/{total}") for n, page in pages))


def _headed(page: tiff.Strip, words: tuple[str, ...], number: str) -> tiff.Strip:
    from mailfax.document import band

    above = band.strip(words, number, page.width, page.resolution)
    data = _joined(above.data, page.data)
    return tiff.Strip(page.width, above.length + page.length, page.resolution, data)


def _joined(above: bytes, below: bytes) -> bytes:
    """Two strips as one: the code words of the upper one without its EOFB, then the lower one's.

    The last row of the upper one is white.
    """
    number = int.from_bytes(above, "big")
    fill = (number & -number).bit_length() - 1
    head = number >> fill + _EOFB
    size = 8 * (len(above) + len(below)) - fill - _EOFB
    whole = head << 8 * len(below) | int.from_bytes(below, "big")
    return (whole << -size % 8).to_bytes((size + 7) // 8, "big")
