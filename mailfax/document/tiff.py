"""The canonical fax file: a multi-page TIFF laid out as RFC 3949 wants it, byte for byte.

Inside mailfax a fax is profile F with T.6 pages; `to_profile_s` rewrites it as profile S
(T.4 one-dimensional), the form that every Internet fax machine must read. Neither libtiff
nor Pillow can lay out profile S: both put the directory behind the pixels.

Every page is the same 214 octets (a directory of 16 entries, then its two resolution
values), then one strip, then a pad octet where the next directory would start at an odd
offset (RFC 3949 sections 2.1.1 and 3.5). So one `struct` reads and writes a page, and a file
is canonical when packing what was read gives the same octets.

Errors: `errors.Permanent` where a file is not such a file, or cannot become one. `OSError`
passes through; durability (fsync, rename) is the caller's.
"""

import dataclasses
import hashlib
import itertools
import os
import pathlib
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from mailfax import errors
from mailfax.model import Document, Page

HEADER = b"II*\0\x08\0\0\0"
"""Little-endian, magic 42, first directory at offset 8 (RFC 3949 section 3.5)."""

REVERSED = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))
"""For `bytes.translate`: turns round the bits of every octet (FillOrder 1 ↔ 2)."""

T4, T6 = 3, 4
"""Values of Compression: Group 3 and Group 4 code words."""

_SHORT, _LONG, _RATIONAL = 3, 4, 5
_OPTIONS = {T4: (292, 4), T6: (293, 0)}
"""T4Options 4: one-dimensional, EOLs end on octet boundaries. T6Options 0: no extensions."""

_PAGE = struct.Struct("<H" + "HHII" * 16 + "I" + "IIII")
_CHAIN = struct.Struct("<HI")
_CHAIN_AT = 192
"""Where in a page the total of PageNumber lies; the next directory's offset follows it."""
_SHORT_LIMIT = 0xFFFF
_OFFSET_LIMIT = 0xFFFF_FFFF

_ACROSS = {200: 200, 204: 200, 300: 300, 400: 400, 408: 400}
_DOWN = {98: 100, 100: 100, 196: 200, 200: 200, 300: 300, 391: 400, 400: 400}
_WIDTHS = {
    (200, 100): (1728, 2048, 2432),
    (200, 200): (1728, 2048, 2432),
    (200, 400): (1728, 2048, 2432),
    (300, 300): (2592, 3072, 3648),
    (400, 400): (3456, 4096, 4864),
}
"""Legal widths by resolution class: A4, Letter and Legal; B4; A3 (RFC 3949 section 4.2.1)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Strip:
    """One page: T.6 code words, 1-bits black, most significant bit first, EOFB at the end.

    `width` and `length` are pixels, `resolution` is (across, down) per inch.
    """

    width: int
    length: int
    resolution: tuple[int, int]
    data: bytes


@dataclasses.dataclass(frozen=True, slots=True)
class _Coded:
    """One page as a canonical file holds it: code words in the file's bit order."""

    page: Page
    compression: int
    data: bytes


def write(path: pathlib.Path, strips: Iterable[Strip], *, profile: str = "f") -> Document:
    """Write the pages one by one, so that memory holds one page at a time.

    `strips` may be a generator. `profile` is `f` (T.6 as it comes) or `s` (recoded to T.4
    one-dimensional, as `to_profile_s` does). An older file at `path` is overwritten.

    Raises `errors.Permanent` for no page at all, for more pages or octets than TIFF can
    count, and for a page whose geometry the profile does not know.
    """
    code = {"f": _profile_f, "s": _profile_s}[profile]
    return _write(path, map(code, strips))


def read(path: pathlib.Path) -> Iterator[Strip]:
    """The pages of a canonical profile F file, one at a time."""
    for coded in _read(path):
        if coded.compression != T6:
            raise errors.Permanent(f"{path.name} holds Group 3 pages, not Group 4")
        page = coded.page
        data = coded.data.translate(REVERSED)
        yield Strip(page.width, page.length, page.resolution, data)


def join(paths: Sequence[pathlib.Path], out: pathlib.Path) -> Document:
    """One file of all pages in order, code words untouched, pages numbered anew.

    The files must be canonical and of one profile.
    """
    pages = itertools.chain.from_iterable(map(_read, paths))
    return _write(out, _of_one_profile(pages))


def to_profile_s(path: pathlib.Path, out: pathlib.Path) -> Document:
    """Rewrite a canonical profile F file as profile S; width 1728, standard or fine only."""
    return write(out, read(path), profile="s")


def geometry(path: pathlib.Path) -> Document:
    """What a canonical file holds, found from the file alone."""
    return _document(path, [coded.page for coded in _read(path)])


def legal(width: int, resolution: tuple[int, int]) -> bool:
    """Whether a fax machine knows this width at this resolution (RFC 3949 section 4.2.1).

    Inch and metric values of one class are the same thing (section 2.2.2).
    """
    across, down = resolution
    return width in _WIDTHS.get((_ACROSS.get(across, 0), _DOWN.get(down, 0)), ())


def _profile_f(strip: Strip) -> _Coded:
    if not legal(strip.width, strip.resolution):
        raise _unknown_geometry(strip, "F")
    return _coded(strip, T6, strip.data)


def _profile_s(strip: Strip) -> _Coded:
    from mailfax.document import coding

    across, down = strip.resolution
    if strip.width != 1728 or across not in {200, 204} or down not in {98, 100, 196, 200}:
        raise _unknown_geometry(strip, "S")
    return _coded(strip, T4, coding.to_mh(strip))


def _unknown_geometry(strip: Strip, profile: str) -> errors.Permanent:
    across, down = strip.resolution
    return errors.Permanent(
        f"a page {strip.width} pixels wide at {across}×{down} per inch is not in profile {profile}",
        cause=errors.Cause.INCOMPATIBLE,
    )


def _coded(strip: Strip, compression: int, data: bytes) -> _Coded:
    page = Page(width=strip.width, length=strip.length, resolution=strip.resolution, size=len(data))
    return _Coded(page, compression, data.translate(REVERSED))


def _of_one_profile(pages: Iterable[_Coded]) -> Iterator[_Coded]:
    first: int | None = None
    for coded in pages:
        first = first or coded.compression
        if coded.compression != first:
            raise errors.Permanent("Group 3 and Group 4 pages cannot be joined to one file")
        yield coded


def _write(path: pathlib.Path, pages: Iterable[_Coded]) -> Document:
    written: list[Page] = []
    starts: list[int] = []
    end = len(HEADER)
    with path.open("wb") as file:
        file.write(HEADER)
        for coded in pages:
            starts.append(end)
            end += _append(file, coded, end, len(written))
            written.append(coded.page)
            _keep_countable(path, len(written), coded.page.length, end)
        file.flush()
        _chain(file.fileno(), starts)
    if not written:
        raise errors.Permanent(f"there is no page to write to {path.name}")
    return _document(path, written)


def _append(file: BinaryIO, coded: _Coded, start: int, number: int) -> int:
    """Write one page at `start`; how many octets it took. Total and link come later."""
    head = _pack(coded.page, coded.compression, start + _PAGE.size, (number, 0), 0)
    pad = b"\0" * (len(coded.data) & 1)
    return file.write(head) + file.write(coded.data) + file.write(pad)


def _keep_countable(path: pathlib.Path, pages: int, length: int, end: int) -> None:
    if pages > _SHORT_LIMIT or length > _SHORT_LIMIT or end > _OFFSET_LIMIT:
        raise errors.Permanent(
            f"{path.name} grows beyond what a TIFF can count", cause=errors.Cause.TOO_LONG
        )


def _chain(descriptor: int, starts: list[int]) -> None:
    """Tell every page how many there are, and where the next one starts."""
    for start, following in zip(starts, [*starts[1:], 0], strict=False):
        os.pwrite(descriptor, _CHAIN.pack(len(starts), following), start + _CHAIN_AT)


def _pack(
    page: Page, compression: int, offset: int, number: tuple[int, int], following: int
) -> bytes:
    """The 214 octets before a page's strip; the strip lies at `offset`."""
    options, value = _OPTIONS[compression]
    values = offset - 16
    entries = (
        (254, _LONG, 1, 2),  # NewSubfileType: one page of several
        (256, _SHORT, 1, page.width),
        (257, _SHORT, 1, page.length),
        (258, _SHORT, 1, 1),  # BitsPerSample
        (259, _SHORT, 1, compression),
        (262, _SHORT, 1, 0),  # PhotometricInterpretation: 1-bits are black
        (266, _SHORT, 1, 2),  # FillOrder: least significant bit first, as on the line
        (273, _LONG, 1, offset),
        (277, _SHORT, 1, 1),  # SamplesPerPixel
        (278, _LONG, 1, page.length),  # RowsPerStrip
        (279, _LONG, 1, page.size),
        (282, _RATIONAL, 1, values),
        (283, _RATIONAL, 1, values + 8),
        (options, _LONG, 1, value),
        (296, _SHORT, 1, 2),  # ResolutionUnit: inch
        (297, _SHORT, 2, number[0] | number[1] << 16),
    )
    across, down = page.resolution
    flat = itertools.chain.from_iterable(entries)
    return _PAGE.pack(len(entries), *flat, following, across, 1, down, 1)


def _read(path: pathlib.Path) -> Iterator[_Coded]:
    """The pages of a canonical file; anything else is refused where it is met."""
    with path.open("rb") as file:
        if file.read(len(HEADER)) != HEADER:
            raise _strange(path)
        start, number, total = len(HEADER), 0, 0
        while start:
            coded, total, following = _read_page(file, start, number, path)
            yield coded
            start, number = following, number + 1
        if number != total:
            raise _strange(path)


def _read_page(
    file: BinaryIO, start: int, number: int, path: pathlib.Path
) -> tuple[_Coded, int, int]:
    """The page at `start`, the total it claims, and where it says the next one starts."""
    file.seek(start)
    head = file.read(_PAGE.size)
    if len(head) < _PAGE.size:
        raise _strange(path)
    fields = _PAGE.unpack(head)
    values, total, following = fields[4:65:4], fields[64] >> 16, fields[65]
    page = Page(
        width=values[1], length=values[2], resolution=(fields[66], fields[68]), size=values[10]
    )
    offset, compression = start + _PAGE.size, values[4]
    data = file.read(page.size)
    end = offset + page.size
    same = compression in _OPTIONS and head == _pack(
        page, compression, offset, (number, total), following
    )
    if not same or len(data) != page.size or following not in {0, end + (end & 1)}:
        raise _strange(path)
    return _Coded(page, compression, data), total, following


def _strange(path: pathlib.Path) -> errors.Permanent:
    return errors.Permanent(f"{path.name} is not a fax file of mailfax, or it is damaged")


def _document(path: pathlib.Path, pages: Iterable[Page]) -> Document:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = path.stat().st_size
    return Document(path=path, kind="tiff", sha256=digest, size=size, pages=tuple(pages))
