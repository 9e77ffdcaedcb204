"""Transfer encodings of RFC 2045, and uuencode: from octets on the wire to octets of the part.

Decoding is as forgiving as the encoding allows and drops nothing that can be decoded; an
encoding that is not known is refused, since its octets would be faxed as gibberish.
"""

import binascii
import dataclasses
import re
from collections.abc import Callable

from mailfax import errors

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_MORE_BASE64 = re.compile(rb"[=\s]*+[A-Za-z0-9+/][A-Za-z0-9+/=\s]*+")
_PADDED_RUN = re.compile(rb"[^=]*=*")
_MOST_RUNS = 10_000
"""Pads in one body; with more of them it is no chain of files but an attempt to keep us busy."""

_UU_FILE = re.compile(
    rb"^begin [0-7]{3,4} ([^\r\n]{1,250})\r?\n((?:[ -`][ -~]*\r?\n)*+)end[ \t]*(?:\r?\n|\Z)",
    re.MULTILINE,
)


def decode(encoding: str, octets: bytes, start: int, end: int, what: str) -> bytes:
    """The octets from `start` to `end` without their transfer encoding.

    `encoding` is the value of Content-Transfer-Encoding; `what` names the part in a refusal.
    Raises `errors.Refused` 554 5.6.1 for an encoding that is not known.
    """
    name = encoding.partition("(")[0].strip(" ;\"'").lower()
    decoder = _DECODERS.get(name.replace("-", "").replace("bits", "bit"))
    if decoder is None:
        raise errors.Refused(
            554, "5.6.1", f"{what} has the transfer encoding {encoding[:40]!a}, which is not known"
        )
    return decoder(octets, start, end)


def _identity(octets: bytes, start: int, end: int) -> bytes:
    return octets[start:end]


def _quoted_printable(octets: bytes, start: int, end: int) -> bytes:
    return binascii.a2b_qp(memoryview(octets)[start:end])


def _base64(octets: bytes, start: int, end: int) -> bytes:
    padding = octets.find(b"=", start, end)
    if (
        padding != -1
        and octets.count(b"=", padding, end) <= _MOST_RUNS
        and _MORE_BASE64.fullmatch(octets, padding, end)
    ):
        runs = _PADDED_RUN.findall(octets[start:end])
        return b"".join(_one_base64(run) for run in runs)
    return _one_base64(memoryview(octets)[start:end])


def _one_base64(coded: bytes | memoryview) -> bytes:
    """One run up to its padding; a run that was cut short gives what is whole in it."""
    try:
        return binascii.a2b_base64(coded)
    except binascii.Error:
        alphabet = _NOT_BASE64.sub(b"", bytes(coded))
        whole = alphabet[: len(alphabet) - (len(alphabet) % 4 == 1)]
        return binascii.a2b_base64(whole + b"==")


def _uuencode(octets: bytes, start: int, end: int) -> bytes:
    match = _UU_FILE.search(octets, start, end)
    return _uu_lines(match[2]) or b"" if match else octets[start:end]


def _uu_lines(coded: bytes) -> bytes | None:
    """The octets of uuencoded lines; None when a line is none."""
    pieces = []
    for line in coded.splitlines():
        length = (line[0] - 32) & 63
        needed = 1 + (length + 2) // 3 * 4
        if not needed <= len(line) <= needed + 1:  # some write a check sum after the line
            return None
        try:
            pieces.append(binascii.a2b_uu(line[:needed]))
        except binascii.Error:
            return None
    return b"".join(pieces)


@dataclasses.dataclass(frozen=True, slots=True)
class Enclosed:
    """A piece of a text: words (`name` empty) or a file that was uuencoded in it."""

    name: bytes
    data: bytes


def enclosed(text: bytes) -> list[Enclosed]:
    """A text in its pieces, in order: uuencoded files apart from the words round them.

    Only a whole and readable `begin … end` is a file; anything else stays words.
    """
    pieces: list[Enclosed] = []
    last = 0
    for match in _UU_FILE.finditer(text) if b"begin " in text else ():
        data = _uu_lines(match[2])
        if data:
            pieces += [Enclosed(b"", text[last : match.start()]), Enclosed(match[1], data)]
            last = match.end()
    pieces.append(Enclosed(b"", text[last:]))
    words_or_file = [piece for piece in pieces if piece.name or piece.data.strip()]
    return words_or_file or [Enclosed(b"", text)]


_DECODERS: dict[str, Callable[[bytes, int, int], bytes]] = {
    "": _identity,
    "7bit": _identity,
    "8bit": _identity,
    "binary": _identity,
    "base64": _base64,
    "quotedprintable": _quoted_printable,
    "xuuencode": _uuencode,
    "uuencode": _uuencode,
    "xuue": _uuencode,
    "uue": _uuencode,
}
