"""Reads the fax TIFFs of others, with the patience that RFC 3249 section 5.2.3 asks for.

Taken as they are: both byte orders, directories in any order and at odd offsets, behind
their data or before it, many strips, SHORT and LONG mixed up, either bit order and polarity,
resolutions per inch or centimetre. Refused, in one sentence: wrong magic, missing fields,
anything outside the file, duplicate tags, directories in a ring, and a file that says it
holds more than it has. Nothing is decoded and one page is held at a time: these files are
untrusted, and memory stays flat however many pages they have.

Errors: `errors.Permanent`; `OSError` passes through.
"""

import contextlib
import dataclasses
import math
import os
import pathlib
import struct
from collections.abc import Iterator, Mapping
from typing import NoReturn

from mailfax import errors
from mailfax.document import tiff

_FORMATS = {1: "B", 3: "H", 4: "I", 5: "I"}
_SIZES = {1: 1, 3: 2, 4: 4, 5: 8}
"""TIFF 6.0 field types that a fax needs: BYTE, SHORT, LONG, RATIONAL (two LONGs)."""

_SHORT, _LONG = 3, 4
_SMALL = frozenset({256, 257, 258, 259, 262, 266, 274, 277, 292, 293, 296})
"""Tags whose value fits 16 bits, so that a big-endian SHORT mislabelled LONG, or the other way
round, shows by the half of the field that it lies in."""

_CENTIMETRE = 3
_FINE = (204.0, 196.0)
"""Taken where a file does not say its resolution, or says what no paper has."""
_DENSITIES = (36, 1300)
_MOST = 80_000_000
"""Pixels of a page: over 5 m of A4 at fine resolution. Whoever decodes it needs an octet each."""
_COUNTABLE = 0xFFFF
"""Pixels on a side, strips of a page, pages of a file: what PageNumber can count."""


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One field of a directory as it stands in the file."""

    tag: int
    kind: int
    count: int
    field: bytes
    """The last four octets: the value, or where it is."""


@dataclasses.dataclass(frozen=True, slots=True)
class Directory:
    """One image file directory as it stands in the file."""

    offset: int
    entries: tuple[Entry, ...]
    following: int

    @property
    def end(self) -> int:
        """Offset behind the directory itself."""
        return self.offset + 2 + 12 * len(self.entries) + 4


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """One strip of a page: where its octets are, and how many lines they hold."""

    offset: int
    size: int
    rows: int


@dataclasses.dataclass(frozen=True, slots=True)
class Picture:
    """One page; `width` and `length` in pixels as stored, before `orientation` is obeyed."""

    width: int
    length: int
    resolution: tuple[float, float]
    """Pixels per inch, (across, down)."""
    compression: int
    """2 modified Huffman without EOL, 3 Group 3, 4 Group 4."""
    options: int
    """T4Options or T6Options."""
    inverted: bool
    """Whether 1-bits are white."""
    lsb_first: bool
    orientation: int
    pieces: tuple[Piece, ...]


class File:
    """An open TIFF of unknown origin.

    It is read by `pread`: a file cut short under our hands is then an error, not a signal.
    """

    def __init__(self, descriptor: int, name: str) -> None:
        self.name = name
        self.size = os.fstat(descriptor).st_size
        self._descriptor = descriptor
        magic = self.read(0, 4, "the header")
        if magic not in {b"II*\0", b"MM\0*"}:
            self.refuse("it does not begin like a TIFF")
        self.big_endian = magic[:2] == b"MM"
        self._order = ">" if self.big_endian else "<"

    def refuse(self, why: str) -> NoReturn:
        """Say that this is not a fax we can read, and why."""
        raise errors.Permanent(
            f"{self.name} cannot be read as a fax: {why}", cause=errors.Cause.CONVERSION_FAILED
        )

    def read(self, offset: int, size: int, what: str) -> bytes:
        """`size` octets at `offset`; refused when the file does not hold them all."""
        data = os.pread(self._descriptor, size, offset) if offset + size <= self.size else b""
        if len(data) < size:
            self.refuse(f"{what} lies outside the file")
        return data

    def strip(self, picture: Picture, piece: Piece) -> bytes:
        """The code words of one strip, most significant bit first."""
        data = self.read(piece.offset, piece.size, "a strip")
        return data.translate(tiff.REVERSED) if picture.lsb_first else data

    def unpack(self, form: str, data: bytes) -> tuple[int, ...]:
        """`struct.unpack` in the file's byte order."""
        return struct.unpack(self._order + form, data)

    def directories(self) -> Iterator[Directory]:
        """The directories along their chain, one at the least."""
        (offset,) = self.unpack("I", self.read(4, 4, "the header"))
        seen: set[int] = set()
        if not offset:
            self.refuse("it has no directory")
        while offset:
            if offset in seen:
                self.refuse(f"its directories run in a ring, back to offset {offset}")
            if len(seen) == _COUNTABLE:
                self.refuse("it has more pages than a TIFF can count")
            seen.add(offset)
            directory = self._directory(offset)
            yield directory
            offset = directory.following

    def _directory(self, offset: int) -> Directory:
        what = f"the directory at offset {offset}"
        (count,) = self.unpack("H", self.read(offset, 2, what))
        data = self.read(offset + 2, 12 * count + 4, what)
        fields = struct.iter_unpack(self._order + "HHI4s", data[:-4])
        (following,) = self.unpack("I", data[-4:])
        return Directory(offset, tuple(Entry(*field) for field in fields), following)

    def place(self, entry: Entry) -> int:
        """Where the value of a field lies, when it has more than four octets."""
        return self.unpack("I", entry.field)[0]

    def values(self, entry: Entry) -> tuple[int, ...]:
        """The numbers of a field; two for each RATIONAL."""
        form, size = _FORMATS.get(entry.kind), _SIZES.get(entry.kind, 0) * entry.count
        if form is None:
            self.refuse(f"field {entry.tag} has type {entry.kind}, which is no number")
        if entry.count > _COUNTABLE:
            self.refuse(f"field {entry.tag} claims {entry.count} values")
        if size > 4:
            data = self.read(self.place(entry), size, f"the value of field {entry.tag}")
        else:
            data = entry.field[:size]
        return self.unpack(f"{size // struct.calcsize(form)}{form}", data)


@contextlib.contextmanager
def opened(path: pathlib.Path) -> Iterator[File]:
    """Open a TIFF; refused when it does not begin like one."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield File(descriptor, path.name)
    finally:
        os.close(descriptor)


def most_rows(width: int) -> int:
    """Rows that a page of this width may have."""
    return min(_COUNTABLE, _MOST // width)


def pictures(file: File) -> Iterator[Picture]:
    """The pages of a file in the order of its chain."""
    held = 0
    for number, directory in enumerate(file.directories(), start=1):
        picture = _Reading(file, directory, f"page {number}").picture()
        held += sum(piece.size for piece in picture.pieces)
        if held > file.size:
            file.refuse("its pages overlap, and together hold more than the file")
        yield picture


class _Reading:
    """One directory on its way to a `Picture`."""

    def __init__(self, file: File, directory: Directory, page: str) -> None:
        self._file = file
        self._page = page
        self._entries: Mapping[int, Entry] = {entry.tag: entry for entry in directory.entries}
        if len(self._entries) != len(directory.entries):
            file.refuse(f"{page} has the same field twice")

    def picture(self) -> Picture:
        compression = self._one(259, "Compression")
        if compression not in {2, 3, 4}:
            self._file.refuse(f"{self._page} is compressed by method {compression}, not as a fax")
        if self._one(258, "BitsPerSample", 1) != 1 or self._one(277, "SamplesPerPixel", 1) != 1:
            self._file.refuse(f"{self._page} is not black and white")
        width, length = self._one(256, "ImageWidth"), self._one(257, "ImageLength")
        if not 0 < width * length <= _MOST or max(width, length) > _COUNTABLE:
            self._file.refuse(f"{self._page} claims to be {width} × {length} pixels")
        return Picture(
            width,
            length,
            self._resolution(),
            compression,
            self._one(293 if compression == 4 else 292, "the options", 0),
            self._one(262, "PhotometricInterpretation", 0) == 1,
            self._one(266, "FillOrder", 1) == 2,
            self._one(274, "Orientation", 1),
            self._pieces(length),
        )

    def _many(self, tag: int, name: str) -> tuple[int, ...]:
        entry = self._entries.get(tag)
        if entry is None or not entry.count:
            self._file.refuse(f"{self._page} has no {name}")
        return self._file.values(entry)

    def _one(self, tag: int, name: str, default: int | None = None) -> int:
        """The one value of a field; without a default the field must be there."""
        entry = self._entries.get(tag)
        if default is not None and (entry is None or not entry.count):
            return default
        value = self._many(tag, name)[0]
        return self._mended(self._entries[tag], value) if tag in _SMALL else value

    def _mended(self, entry: Entry, value: int) -> int:
        """The value of a small field whose type is SHORT where LONG was meant, or the reverse."""
        if self._file.big_endian and entry.kind == _SHORT and not value and entry.count == 1:
            return int.from_bytes(entry.field, "big")
        if self._file.big_endian and entry.kind == _LONG and not value & 0xFFFF:
            return value >> 16
        return value

    def _resolution(self) -> tuple[float, float]:
        unit = 2.54 if self._one(296, "ResolutionUnit", 2) == _CENTIMETRE else 1.0
        across, down = self._density(282) * unit, self._density(283) * unit
        least, most = _DENSITIES
        believable = least <= across <= most and least <= down <= most
        return (across, down) if believable and 1 / 5 < across / down < 5 else _FINE

    def _density(self, tag: int) -> float:
        """XResolution or YResolution; 0 when it says nothing."""
        if tag not in self._entries or self._entries[tag].kind not in _FORMATS:
            return 0.0
        above, below = (*self._many(tag, "resolution"), 1)[:2]
        return above / below if below else 0.0

    def _pieces(self, length: int) -> tuple[Piece, ...]:
        offsets = self._many(273, "StripOffsets")
        sizes = self._many(279, "StripByteCounts")
        rows = min(self._one(278, "RowsPerStrip", length) or length, length)
        if not len(offsets) == len(sizes) == math.ceil(length / rows):
            self._file.refuse(f"{self._page} has {len(offsets)} strips for {length} lines")
        for offset, size in zip(offsets, sizes, strict=True):
            if not size or offset + size > self._file.size:
                self._file.refuse(f"a strip of {self._page} lies outside the file")
        starts = range(0, length, rows)
        return tuple(
            Piece(offset, size, min(rows, length - start))
            for offset, size, start in zip(offsets, sizes, starts, strict=True)
        )
