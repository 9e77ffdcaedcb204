"""Fax TIFF to PDF or PDF/A without touching a code word, and to PNG for the screen.

CCITT code words are legal inside a PDF as they are, so wrapping a page is a copy: bit exact,
and as fast as the disk. The writer is our own because it needs four kinds of object and a
table of offsets and holds one strip at a time, where pypdf and img2pdf build the document in
memory and recode Group 3 and many strips.

The TIFF may come from anyone; `foreign` says what is refused. Pages that `damage` has repaired are
put in the place of those that came; other damaged lines pass through, and viewers show what they
can.
"""

import dataclasses
import functools
import hashlib
import math
import pathlib
import types
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, BinaryIO

from mailfax.document import archival, foreign, tiff, way

if TYPE_CHECKING:
    from PIL import Image

    from mailfax.document import damage

_TURNS = {
    2: (-1, 0, 0, 1),
    3: (-1, 0, 0, -1),
    4: (1, 0, 0, -1),
    5: (0, -1, -1, 0),
    6: (0, -1, 1, 0),
    7: (0, 1, 1, 0),
    8: (0, 1, -1, 0),
}
"""Orientation (TIFF 6.0) as the first four numbers of a PDF matrix; 1 is as it lies."""
_UPRIGHT = (1, 0, 0, 1)
_TRANSPOSES = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
"""The same turns in Pillow's words."""
_INSET = 0.001
"""Pixels by which a strip is drawn smaller on each side: poppler gives an image that ends just
on a pixel's edge the next pixel too, and then stretches it."""
_CATALOG, _PAGES, _INFO = 1, 2, 3


def wrap(
    source: pathlib.Path,
    out: pathlib.Path,
    *,
    title: str = "",
    archive: bool = False,
    repairs: "Mapping[int, damage.Repair]" = types.MappingProxyType({}),
) -> int:
    """Write the pages of a fax TIFF to a PDF 1.4, each in its exact physical size.

    `archive` makes it a PDF/A-2b; `repairs` are pages, counted from 1, that take the place of those
    in the file. Returns the number of pages. Raises `errors.Permanent` for a file that is no fax,
    and leaves `out` unfinished then.
    """
    with foreign.opened(source) as file, out.open("wb") as sink:
        writer = _Writer(sink, archive=archive)
        for number, picture in enumerate(foreign.pictures(file), start=1):
            repair = repairs.get(number)
            if repair is None:
                strips = ((piece.rows, file.strip(picture, piece)) for piece in picture.pieces)
                _write_page(writer, picture, strips)
            else:
                _write_page(writer, *_repaired(picture, repair))
        writer.finish(title)
    return len(writer.pages)


def _repaired(
    picture: foreign.Picture, repair: "damage.Repair"
) -> tuple[foreign.Picture, list[tuple[int, bytes]]]:
    whole = dataclasses.replace(picture, length=repair.length, compression=tiff.T6)
    return whole, [(repair.length, repair.data)]


class _Writer:
    """The objects of a PDF and where they begin; 1 to 3 are written last."""

    def __init__(self, sink: BinaryIO, *, archive: bool) -> None:
        self._sink = sink
        self._digest = hashlib.md5(usedforsecurity=False) if archive else None
        self._end = 0
        self._write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
        self._offsets = [0, 0, 0, 0]
        self.pages: list[int] = []

    def add(self, octets: bytes) -> int:
        """Write the next object; its number."""
        number = len(self._offsets)
        self._offsets.append(0)
        self._put(number, octets)
        return number

    def stream(self, dictionary: bytes, data: bytes) -> int:
        """Write the next object, a stream; `dictionary` without brackets and length."""
        number = len(self._offsets)
        self._offsets.append(self._end)
        self._write(b"%d 0 obj\n<<%b/Length %d>>stream\n" % (number, dictionary, len(data)))
        self._write(data)
        self._write(b"\nendstream\nendobj\n")
        return number

    def _write(self, octets: bytes) -> None:
        if self._digest:
            self._digest.update(octets)
        self._end += self._sink.write(octets)

    def _put(self, number: int, octets: bytes) -> None:
        self._offsets[number] = self._end
        self._write(b"%d 0 obj\n%b\nendobj\n" % (number, octets))

    def finish(self, title: str) -> None:
        """Write the page tree, the document's words and the table of offsets."""
        kids = b" ".join(b"%d 0 R" % page for page in self.pages)
        more = self._archival(title) if self._digest else b""
        self._put(_CATALOG, b"<</Type/Catalog/Pages %d 0 R%b>>" % (_PAGES, more))
        self._put(_PAGES, b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(self.pages), kids))
        self._put(_INFO, b"<</Producer%b/Title%b>>" % (_text("mailfax"), _text(title)))
        table = b"".join(b"%010d 00000 n \n" % offset for offset in self._offsets[1:])
        count = len(self._offsets)
        self._sink.write(b"xref\n0 %d\n0000000000 65535 f \n%b" % (count, table))
        self._sink.write(
            b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R%b>>\nstartxref\n%d\n%%%%EOF\n"
            % (count, _CATALOG, _INFO, self._name(), self._end)
        )

    def _name(self) -> bytes:
        """The file's identity, which PDF/A wants."""
        name = self._digest.hexdigest().encode() if self._digest else b""
        return b"/ID[<%b><%b>]" % (name, name) if name else b""

    def _archival(self, title: str) -> bytes:
        """What PDF/A wants more: the document's words in XML, and what its grey means."""
        words = self.stream(b"/Type/Metadata/Subtype/XML", archival.metadata(title))
        profile = self.stream(b"/N 1", archival.grey_profile())
        return (
            b"/Metadata %d 0 R/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1"
            b"/OutputConditionIdentifier%b/DestOutputProfile %d 0 R>>]"
            % (words, _text(archival.CONDITION), profile)
        )


def _text(words: str) -> bytes:
    """A PDF text string of any words: UTF-16 in hexadecimal."""
    return b"<FEFF%b>" % words.encode("utf-16-be", "replace").hex().encode()


def _write_page(
    writer: _Writer, picture: foreign.Picture, strips: Iterable[tuple[int, bytes]]
) -> None:
    """`strips` are the rows and code words of each, most significant bit first."""
    images, rows = [], []
    for count, data in strips:
        images.append(_write_strip(writer, picture, count, data))
        rows.append(count)
    width, height, drawing = _drawing(
        picture.width, picture.length, picture.resolution, picture.orientation, tuple(rows)
    )
    content = writer.stream(b"", drawing)
    names = b"".join(b"/I%d %d 0 R" % item for item in enumerate(images))
    writer.pages.append(
        writer.add(
            b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 %b %b]/Contents %d 0 R"
            b"/Resources<</ProcSet[/PDF/ImageB]/XObject<<%b>>>>>>"
            % (_PAGES, width, height, content, names)
        )
    )


def _write_strip(writer: _Writer, picture: foreign.Picture, rows: int, data: bytes) -> int:
    parameters = b"/Columns %d/Rows %d/EndOfBlock false%b%b" % (
        picture.width,
        rows,
        b"/BlackIs1 true" if picture.inverted else b"",
        _parameters(way.of(picture, data), rows),
    )
    return writer.stream(
        b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 1/ColorSpace/DeviceGray"
        b"/Filter/CCITTFaxDecode/DecodeParms<<%b>>" % (picture.width, rows, parameters),
        data,
    )


def _parameters(how: way.Way, rows: int) -> bytes:
    """What a decoder must be told of the code words."""
    if how.group4:
        return b"/K -1"
    if how.eols:
        return b"/K %d/EndOfLine true/DamagedRowsBeforeError %d" % (4 * how.two, rows)
    return b"/K 0/EncodedByteAlign true" if how.octets else b"/K %d" % (4 * how.two)


@functools.lru_cache(maxsize=16)
def _drawing(
    width: int,
    length: int,
    resolution: tuple[float, float],
    orientation: int,
    rows: tuple[int, ...],
) -> tuple[bytes, bytes, bytes]:
    """Width and height of the page in points, and the operators that put its strips there.

    Kept for the pages that follow: in a fax they are mostly alike.
    """
    across, down = (72 / density for density in resolution)
    wide, high = width * across, length * down
    turn = _TURNS.get(orientation, _UPRIGHT)
    if turn[0] == 0:
        wide, high = high, wide
    shift = (wide * (turn[0] + turn[2] < 0), high * (turn[1] + turn[3] < 0))
    lines = [_matrix(*turn, *shift), _matrix(across, 0, 0, down, 0, 0)]
    below = length
    for number, count in enumerate(rows):
        below -= count
        size = (width - 2 * _INSET, 0, 0, count - 2 * _INSET)
        lines.append(b"q %b /I%d Do Q" % (_matrix(*size, _INSET, below + _INSET), number))
    return _number(wide), _number(high), b"\n".join(lines)


def _matrix(*numbers: float) -> bytes:
    return b"%b cm" % b" ".join(map(_number, numbers))


def _number(value: float) -> bytes:
    """A PDF number, rounded down to a hundred-millionth.

    Down, because viewers take a page a hair over 1728 pixels for one of 1729.
    """
    return b"%g" % value if value == int(value) else b"%.8f" % (math.floor(value * 1e8) / 1e8)


def previews(source: pathlib.Path, out: pathlib.Path) -> list[pathlib.Path]:
    """Write one PNG a page: `out` itself for a single page, else `OUT-1.png`, `OUT-2.png` …

    The coarser direction is stretched, so that a page looks as it will on paper; otherwise
    these are the fax's own pixels. Raises `errors.Permanent` for a file that is no fax.
    """
    with foreign.opened(source) as file:
        count = sum(1 for _ in file.directories())
        written = []
        for number, picture in enumerate(foreign.pictures(file), start=1):
            name = out if count == 1 else out.with_name(f"{out.stem}-{number}{out.suffix}")
            _save_preview(file, picture, name)
            written.append(name)
    return written


def _save_preview(file: foreign.File, picture: foreign.Picture, name: pathlib.Path) -> None:
    from PIL import Image

    across, down = picture.resolution
    finest = max(across, down)
    size = (round(picture.width * finest / across), round(picture.length * finest / down))
    image = _decode(file, picture).resize(size, Image.Resampling.NEAREST)
    turn = _TRANSPOSES.get(picture.orientation)
    shown = image if turn is None else image.transpose(Image.Transpose[turn])
    shown.save(name, "PNG", dpi=(finest, finest))


def _decode(file: foreign.File, picture: foreign.Picture) -> "Image.Image":
    from PIL import Image

    from mailfax.document import coding

    page = Image.new("1", (picture.width, picture.length), 255)
    top = 0
    for piece in picture.pieces:
        rows = coding.decode_rows(
            file.strip(picture, piece),
            picture.width,
            piece.rows,
            compression=picture.compression,
            options=picture.options,
            photometric=int(picture.inverted),
        )
        page.paste(rows, (0, top))
        top += piece.rows
    return page
