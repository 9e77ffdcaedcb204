"""How the code words of a received page are to be read.

Where the fields of a Group 3 page and its first line disagree, the line wins (RFC 3949
section 2.1.2).
"""

from typing import NamedTuple

from mailfax.document import foreign, t4, tiff

_RLE = 2
"""Compression of modified Huffman lines without EOL."""
_FIRST = 4000
"""Octets in which the first good line is looked for where the page does not begin with EOL."""


class Way(NamedTuple):
    """Of Group 4 nothing but that is to be known."""

    group4: bool = False
    two: bool = False
    """Lines have a tag bit, and may be coded against the line above."""
    eols: bool = False
    """An EOL stands before each line."""
    octets: bool = False
    """Lines without EOL begin on octet boundaries."""


def of(picture: foreign.Picture, data: bytes) -> Way:
    """The way of a strip, most significant bit first."""
    if picture.compression == tiff.T6:
        return Way(group4=True)
    two, width = picture.options & 1, picture.width
    first = t4.after_eol(data)
    if first is None and picture.compression == tiff.T4:
        first = _first_eol(data, width)
    if first is not None:
        if not _fits(data, first + two, width) and _fits(data, first + 1 - two, width):
            two = 1 - two
        return Way(eols=True, two=bool(two))
    if picture.compression == _RLE or _on_octets(data, width):
        return Way(octets=True)
    return Way(two=bool(two))


def _first_eol(data: bytes, width: int) -> int | None:
    """The bit behind the first EOL that stands between a line and another EOL, if there is any.

    Lines without EOL may hold the bits of one by chance.
    """
    text = bits(data[:_FIRST])
    at = behind_eol(text, 0)
    while at is not None:
        for start in (at, at + 1):
            pixels, end = t4.read_line(data, start, width)
            if pixels == width and t4.after_eol(data, end) is not None:
                return at
        at = behind_eol(text, at)
    return None


def bits(data: bytes) -> str:
    """All bits as text."""
    return f"{int.from_bytes(data, 'big'):0{8 * len(data)}b}" if data else ""


def behind_eol(text: str, at: int) -> int | None:
    """The bit behind the first EOL from bit `at` on, wherever it stands."""
    zeros = text.find("0" * (len(t4.EOL) - 1), at)
    one = text.find("1", zeros) if zeros >= 0 else -1
    return one + 1 if one >= 0 else None


def _fits(data: bytes, at: int, width: int) -> bool:
    """Whether a one-dimensional line of just this width begins at bit `at`."""
    return t4.read_line(data, at, width)[0] == width


def _on_octets(data: bytes, width: int) -> bool:
    """Whether lines without EOL begin on octet boundaries, judged by the first that tells."""
    at = 0
    for _ in range(16):
        _, at = t4.read_line(data, at, width)
        if at % 8:
            return not _fits(data, at, width) and _fits(data, at + -at % 8, width)
    return False
