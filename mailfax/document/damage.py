"""What transmission errors have done to the pages of a received fax, and what can be saved.

A page is whole when libtiff meets its end just where it should be (Group 4), or codes its pixels
into the very words that came (Group 3). Only others are read by hand, line by line:

* Group 3: a bad line, which has not the page's width, shows the line above it instead, as fax
  machines do. Two-dimensional lines after it are bad as well, up to a one-dimensional one.
* Group 4: every line hangs on the one above. From the first bad one on the page is left white.

Where the code words end before or after ImageLength, they are right (RFC 3949 section 2.1.2).
"""

import dataclasses
import struct
from collections.abc import Iterator, Mapping

from mailfax.document import foreign, g4, libtiff, t4, t6, tiff, way

_RTC = 6
"""EOLs in a row that end a Group 3 page."""
_ALIGNED = 4
"""T4Options: EOLs end on octet boundaries."""
_SHORT, _LONG = 3, 4


@dataclasses.dataclass(frozen=True, slots=True)
class Repair:
    """A page made anew: one T.6 strip, most significant bit first."""

    length: int
    data: bytes
    lines: int
    """That could not be read, and show the line above."""
    lost: int
    """At the end of strips, left white: nothing could be read from there on."""


@dataclasses.dataclass(slots=True)
class _Lines:
    """What was read of a strip: where each line changes colour; None for a bad one."""

    read: list[list[int] | None]
    ended: bool
    """It has come to its end, which only a damaged strip may have not."""


def examine(file: foreign.File, picture: foreign.Picture) -> Repair | None:
    """The page as far as it can be read; None when nothing is wrong with it."""
    strips = [(piece, file.strip(picture, piece)) for piece in picture.pieces]
    if all(_whole(picture, piece.rows, data) for piece, data in strips):
        return None
    blank = [0] if picture.inverted else []
    rows: list[list[int]] = []
    bad = lost = 0
    for piece, data in strips:
        found = _read(picture, piece.rows, data)
        if found is None:
            return None
        missing = 0 if found.ended else max(0, piece.rows - len(found.read))
        unread = found.read.count(None)
        swallowed = missing if missing <= unread else 0  # with their EOLs, by bad lines
        bad, lost = bad + unread + swallowed, lost + missing - swallowed
        rows += [*_filled(found.read, blank), *[blank] * missing]
    if not bad and not lost and len(rows) == picture.length:
        return None
    rows = rows[: foreign.most_rows(picture.width)] or [blank]
    return Repair(len(rows), _coded(rows, picture.width), bad, lost)


def _filled(read: list[list[int] | None], blank: list[int]) -> Iterator[list[int]]:
    """The lines, each bad one like the one above it."""
    above = blank
    for line in read:
        above = above if line is None else line
        yield above


def _coded(rows: list[list[int]], width: int) -> bytes:
    """The rows in T.6."""
    stride = (width + 7) // 8
    packed = b"".join((_row(row, width) << -width % 8).to_bytes(stride, "big") for row in rows)
    return g4.code(packed, width, len(rows))


def _row(changes: list[int], width: int) -> int:
    """The pixels of a line as a number: from each change on they are the other colour."""
    pixels = 0
    for change in changes:
        pixels ^= (1 << width - change) - 1
    return pixels


# ── Quickly ────────────────────────────────────────────────────────────────────────────


def _whole(picture: foreign.Picture, rows: int, data: bytes) -> bool:
    """Whether nothing can be wrong with a strip; what is in doubt is not whole."""
    if not libtiff.there:
        return False
    how = way.of(picture, data)
    if how.group4:
        return libtiff.ends_behind(rows, data, picture.width)
    return how.eols and _says_the_same(picture, rows, data, how.two)


def _says_the_same(picture: foreign.Picture, rows: int, data: bytes, two: bool) -> bool:
    """Whether the pixels, coded again, are the same words, with nothing but EOLs behind them."""
    options = picture.options & _ALIGNED | two
    pixels = libtiff.decode(data, picture.width, rows, compression=tiff.T4, options=options)
    words = libtiff.encode(
        pixels,
        picture.width,
        rows,
        compression=tiff.T4,
        options=options,
        down=picture.resolution[1],
    )
    return data.startswith(words) and _only_eols(data, _last_one(words), two)


def _last_one(data: bytes) -> int:
    """The bit behind the last 1-bit."""
    number = int.from_bytes(data, "big")
    return 8 * len(data) - (number & -number).bit_length() + 1


def _only_eols(data: bytes, at: int, two: bool) -> bool:
    while (behind := t4.after_eol(data, at)) is not None:
        at = behind + two
    return t4.next_one(data, at) is None


# ── Line by line ───────────────────────────────────────────────────────────────────────


def _read(picture: foreign.Picture, rows: int, data: bytes) -> _Lines | None:
    """Read a strip with patience; None for a way of coding that no page should have."""
    how = way.of(picture, data)
    if how.group4:
        return _group4(data, picture.width, rows)
    if how.eols:
        return _group3(data, picture.width, rows, how.two)
    return None if how.two else _without_eols(data, picture.width, rows, how.octets)


def _group4(data: bytes, width: int, rows: int) -> _Lines:
    read: list[list[int] | None] = []
    end = 0
    for changes, behind in t6.lines(data, width):
        read.append(changes)
        end = behind
        if len(read) == foreign.most_rows(width):
            break
    if t6.is_eofb(data, end):
        return _Lines(read, ended=True)
    return _Lines(read[:rows], ended=len(read) >= rows)


def _without_eols(data: bytes, width: int, rows: int, octets: bool) -> _Lines:
    """Lines one after the other: from a bad one on nothing can be read."""
    read: list[list[int] | None] = []
    at = 0
    while len(read) < rows:
        ends, at = t4.line(data, at + -at % 8 if octets else at, width)
        if not ends or ends[-1] != width:
            return _Lines(read, ended=False)
        read.append(ends)
    return _Lines(read, ended=True)


def _group3(data: bytes, width: int, rows: int, two: bool) -> _Lines:
    """Lines with an EOL before each; after a bad one the next EOL is looked for."""
    text = way.bits(data)
    read: list[list[int] | None] = []
    at = way.behind_eol(text, 0)
    if at is not None and text.find("1") < at - 1:
        read.append(None)  # the EOL of the first line is damaged
    eols = 1
    while at is not None and eols < _RTC and len(read) < foreign.most_rows(width):
        following = t4.after_eol(data, at + two)
        if following is not None:
            at, eols = following, eols + 1
            continue
        if t4.next_one(data, at + two) is None:
            break
        eols = 1
        line, at = _line(data, at, read, width, two)
        read.append(line)
        following = t4.after_eol(data, at)
        if line is not None and following is None and t4.next_one(data, at) is not None:
            read.append(None)  # the EOL of the next line is damaged, and it with it
        at = way.behind_eol(text, at) if following is None else following
    while len(read) > rows and read[-1] is None:
        read.pop()
    return _Lines(read, ended=eols == _RTC)


def _line(
    data: bytes, at: int, read: list[list[int] | None], width: int, two: bool
) -> tuple[list[int] | None, int]:
    """The line behind the EOL that ends at bit `at`, None when it is bad; the bit behind it."""
    if two and not t4.peek(data, at, 1):
        above = read[-1] if read else []
        found = None if above is None else t6.line(data, at + 1, above, width)
        return (None, at + 1) if found is None else found
    ends, behind = t4.line(data, at + two, width)
    return (ends, behind) if ends and ends[-1] == width else (None, at + two)


# ── Into the file ──────────────────────────────────────────────────────────────────────


def mended(file: foreign.File, repairs: Mapping[int, Repair]) -> bytes:
    """The file with the strips of some pages, counted from 1, replaced; all else is as it was."""
    out = bytearray(file.read(0, file.size, "the file"))
    order = ">" if file.big_endian else "<"
    for number, directory in enumerate(file.directories(), start=1):
        if number in repairs:
            repair = repairs[number]
            out += bytes(len(out) & 1)
            _point(out, directory, repair, order)
            out += repair.data
    return bytes(out)


def _point(out: bytearray, directory: foreign.Directory, repair: Repair, order: str) -> None:
    """Let the directory's fields speak of a T.6 strip at the end of the file."""
    tags = {entry.tag for entry in directory.entries}
    long = {257: repair.length, 273: len(out), 278: repair.length, 279: len(repair.data), 293: 0}
    short = {259: tiff.T6, 266: 1}
    for place, entry in enumerate(directory.entries):
        tag = 293 if entry.tag == 292 and 293 not in tags else entry.tag
        at = directory.offset + 2 + 12 * place
        if tag in long:
            struct.pack_into(order + "HHII", out, at, tag, _LONG, 1, long[tag])
        elif tag in short:
            struct.pack_into(order + "HHIHH", out, at, tag, _SHORT, 1, short[tag], 0)
