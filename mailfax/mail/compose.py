"""Building mail of our own: finished octets with CRLF, lines of at most 78, 7bit where it can be.

RFC 5322 section 2.1.1 (line length), RFC 2047 (encoded words), RFC 2045 section 6 and RFC 2231
(parts). Values from outside are cleaned here once more, whoever called.
"""

import binascii
import dataclasses
import datetime
import email.utils
import hashlib
import re
import urllib.parse
import zoneinfo
from collections.abc import Iterable, Sequence

from mailfax.mail import plain

LINE = 78
_BASE64_LINE = 76
_BLOCK = 57 * 2048
"""Octets encoded at a time: a whole number of lines, small beside an attachment."""

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~ ]*")
_TOKEN = re.compile(r"[A-Za-z0-9._+-]+")
_ADDRESS = re.compile(
    r"(?:[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.]+|\"(?:[ !#-\[\]-~]|\\[ -~])*+\")@[A-Za-z0-9.\-_:\[\]]+"
)
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+>")
_LINE_END = re.compile(rb"\r?\n")
_LONE = re.compile(rb"\r(?!\n)")


@dataclasses.dataclass(frozen=True, slots=True)
class Attachment:
    """A file to send along: its name, type such as `application/pdf`, and octets."""

    name: str
    label: str
    data: bytes = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Entity:
    """A MIME part that is ready: its header lines, and its body in pieces to be joined last."""

    fields: tuple[bytes, ...]
    body: tuple[bytes, ...]

    @property
    def eight_bit(self) -> bool:
        """Whether it needs a path that is clean for eight bits."""
        return b"Content-Transfer-Encoding: 8bit\r\n" in self.fields

    def pieces(self) -> Iterable[bytes]:
        """Header, empty line, body."""
        yield from self.fields
        yield b"\r\n"
        yield from self.body


# ── Header lines ───────────────────────────────────────────────────────────────────────


def field(name: str, value: str) -> bytes:
    """One header line of free text, folded; encoded words where it is not plain ASCII."""
    text = plain.line(value, 900)
    if text.isascii() and "=?" not in text:
        return _folded(f"{name}: {text}")
    return _folded(f"{name}: {_encoded_words(text, len(name) + 2)}")


def machine_field(name: str, value: str) -> bytes:
    """One line for machines: ASCII, folded at spaces, never an encoded word (RFC 3464 2.1)."""
    return _folded(f"{name}: {plain.ascii_line(value, 950)}")


def mailbox(name: str, address: str) -> str:
    """`name <address>` for a header line; the name is quoted or encoded where it must be."""
    text = plain.line(name, 120)
    if not text:
        return address
    if text.isascii() and "=?" not in text:
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        shown = text if _ATOMS.fullmatch(text) else f'"{quoted}"'
    else:
        shown = _encoded_words(text, 6)
    return f"{shown} <{address}>"


def address_field(name: str, value: str) -> bytes:
    """A header line whose value is made of `mailbox` and addresses: folded, not encoded."""
    return _folded(f"{name}: {value}")


def is_address(text: str) -> bool:
    """Whether this can stand in an address field as it is: printable ASCII, quoted if need be."""
    return len(text) <= 320 and _ADDRESS.fullmatch(text) is not None


def is_message_id(text: str) -> bool:
    """Whether this is a message id in angle brackets that fits into one line."""
    return len(text) <= 950 and _MESSAGE_ID.fullmatch(text) is not None


def date(moment: datetime.datetime, zone: str) -> str:
    """A date for header lines and report fields, with the numeric offset of `zone`."""
    return email.utils.format_datetime(moment.astimezone(zoneinfo.ZoneInfo(zone)))


def stable_id(kind: str, hostname: str, *ids: str) -> str:
    """A Message-ID that is the same for the same ids, so that a twin is recognised."""
    digest = hashlib.sha256("\0".join((kind, *ids)).encode()).hexdigest()[:24]
    return f"<{kind}.{digest}@{plain.ascii_line(hostname).replace(' ', '')}>"


def _folded(line: str) -> bytes:
    """Broken before spaces so that no line is over 78 where a space allows it."""
    lines, current = [], ""
    for position, word in enumerate(line.split(" ")):
        if position > 1 and len(current) + 1 + len(word) > LINE:
            lines.append(current)
            current = f" {word}"
        else:
            current = f"{current} {word}" if position else word
    return ("\r\n".join([*lines, current]) + "\r\n").encode("ascii", "replace")


def _encoded_words(text: str, used: int) -> str:
    """Base64 words of at most 75 characters, cut between characters (RFC 2047 section 2)."""
    words, current, room = [], b"", (75 - 12 - used) // 4 * 3
    for letter in text:
        octets = letter.encode()
        if len(current) + len(octets) > room:
            words.append(current)
            current, room = b"", 45
        current += octets
    coded = [binascii.b2a_base64(word, newline=False).decode() for word in [*words, current]]
    return " ".join(f"=?utf-8?b?{word}?=" for word in coded)


# ── Parts ──────────────────────────────────────────────────────────────────────────────


def text(words: str, label: str = "text/plain") -> Entity:
    """A text part: 7bit when it is ASCII in short lines, else UTF-8 in quoted-printable."""
    octets = _LINE_END.sub(b"\r\n", words.encode("utf-8", "replace"))
    if octets.isascii() and max(map(len, octets.split(b"\r\n"))) <= LINE:
        return Entity((_type(label, "charset=us-ascii"),), (octets,))
    return Entity((_type(label, "charset=utf-8"), _encoding("quoted-printable")), (_qp(octets),))


def headers_only(raw: bytes, limit: int = 32_768) -> Entity:
    """The header section of a mail as text/rfc822-headers (RFC 6522 section 4), cut at `limit`.

    Quoted-printable where its lines are no legal 7bit.
    """
    kept = raw if len(raw) <= limit else raw[: raw.rfind(b"\n", 0, limit) + 1]
    octets = _LINE_END.sub(b"\r\n", _LONE.sub(b"", kept).replace(b"\0", b""))
    if octets.isascii() and _longest(octets) <= 998:
        return Entity((_type("text/rfc822-headers"),), (octets,))
    return Entity((_type("text/rfc822-headers"), _encoding("quoted-printable")), (_qp(octets),))


def whole_message(octets: bytes) -> Entity | None:
    """A mail enclosed as it is; None when its lines cannot travel by SMTP unchanged."""
    wired = octets if b"\n" not in octets.replace(b"\r\n", b"") else _LINE_END.sub(b"\r\n", octets)
    if _LONE.search(wired) or b"\0" in wired or _longest(wired) > 998:
        return None
    fields = [_type("message/rfc822")]
    if not wired.isascii():
        fields.append(_encoding("8bit"))
    return Entity(tuple(fields), (wired,))


def attachment(file: Attachment) -> Entity:
    """A file in base64, encoded block by block."""
    name = _parameter("name", file.name)
    fields = (
        _folded(f"Content-Type: {plain.ascii_line(file.label)}; {name}".rstrip("; ")),
        _folded(f"Content-Disposition: attachment; {_parameter('filename', file.name)}"),
        _encoding("base64"),
    )
    data = memoryview(file.data)
    blocks = (data[place : place + _BLOCK] for place in range(0, len(data), _BLOCK))
    return Entity(fields, tuple(_base64(block) for block in blocks))


def multipart(kind: str, parts: Sequence[Entity], seed: str, options: str = "") -> Entity:
    """Parts under one `multipart/…`; the boundary grows from `seed` until no part has it."""
    boundary = _boundary(parts, seed)
    mark = f"--{boundary}\r\n".encode()
    body: list[bytes] = []
    for part in parts:
        body += [mark, *part.pieces(), b"\r\n"]
    body.append(f"--{boundary}--\r\n".encode())
    extra = f"{options}; " if options else ""
    fields = [_folded(f'Content-Type: multipart/{kind}; {extra}boundary="{boundary}"')]
    if any(part.eight_bit for part in parts):
        fields.append(_encoding("8bit"))
    return Entity(tuple(fields), tuple(body))


def message(fields: Sequence[bytes], body: Entity) -> bytes:
    """A whole mail: header lines, MIME-Version, then the body's own."""
    return b"".join([*fields, b"MIME-Version: 1.0\r\n", *body.pieces()])


def _type(label: str, *options: str) -> bytes:
    return _folded("; ".join([f"Content-Type: {label}", *options]))


def _encoding(name: str) -> bytes:
    return f"Content-Transfer-Encoding: {name}\r\n".encode()


def _longest(octets: bytes) -> int:
    return max(map(len, octets.split(b"\r\n")))


def _parameter(name: str, value: str) -> str:
    """`name="value"`, or percent-encoded by RFC 2231 when it is not plain."""
    text = plain.line(value, 120)
    if _TOKEN.fullmatch(text):
        return f'{name}="{text}"'
    return f"{name}*=utf-8''{urllib.parse.quote(text, safe='')}"


def _qp(octets: bytes) -> bytes:
    """Quoted-printable; `b2a_qp` takes the first line end it finds for its own, else LF."""
    return binascii.b2a_qp(octets.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")


def _base64(block: memoryview) -> bytes:
    coded = binascii.b2a_base64(block, newline=False)
    lines = [coded[at : at + _BASE64_LINE] for at in range(0, len(coded), _BASE64_LINE)]
    return b"\r\n".join([*lines, b""])


def _boundary(parts: Sequence[Entity], seed: str) -> str:
    """Base64 has no hyphen, so only other bodies can hold the boundary."""
    open_text = [
        piece for part in parts if _encoding("base64") not in part.fields for piece in part.body
    ]
    digest = hashlib.sha256(seed.encode()).hexdigest()
    for length in range(16, 64):
        boundary = f"mf-{digest[:length]}"
        if not any(boundary.encode() in piece for piece in open_text):
            return boundary
    raise AssertionError("48 boundaries of one digest cannot all be in the parts")
