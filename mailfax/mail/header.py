"""Reading a header section as it came: fields, parameters, encoded words, mailboxes.

Nothing here raises on bad input: what cannot be read is empty, and the caller decides.
Values are decoded as UTF-8 where they are, else as Latin-1 (RFC 6532 allows the first,
old software does the second).
"""

import binascii
import collections
import dataclasses
import re
import urllib.parse
from collections.abc import Mapping, Sequence

from mailfax.mail import plain

READ = 131_072
"""Octets of a header section in which fields are looked for."""

_SECTION = re.compile(rb"(?:[!-9;-~]++[ \t]*+:[^\n]*+(?:\n[ \t][^\n]*+)*+(?:\n|\Z))*+")
_FIELD = re.compile(rb"([!-9;-~]++)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)(?:\n|\Z)")
_EMPTY_LINE = re.compile(rb"\r?\n")
_FOLD = re.compile(r"\r?\n")
_WORD = re.compile(r"=\?([^?\s*]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?[^?\s]+\?[bBqQ]\?)")
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*+"?|[^;]*)')
_TRAILING_COMMENT = re.compile(r"\([^()]*+\)\s*+$")
_QUOTED_PAIR = re.compile(r'\\(["\\])')
_CONTINUED = re.compile(r"([^*]+)\*(?:(\d{1,3})(\*)?)?")


@dataclasses.dataclass(frozen=True, slots=True)
class Header:
    """One header section: its octets as they came, and its fields by lower-case name."""

    raw: bytes
    fields: Mapping[str, Sequence[bytes]]

    def all(self, name: str) -> list[str]:
        """Every value of the field, unfolded and stripped, in order."""
        return [unfolded(value) for value in self.fields.get(name, ())]

    def first(self, name: str) -> str:
        """The first value of the field; empty when there is none."""
        values = self.fields.get(name)
        return unfolded(values[0]) if values else ""

    def count(self, name: str) -> int:
        """How often the field is there."""
        return len(self.fields.get(name, ()))


def split(octets: bytes, start: int, end: int) -> tuple[Header, int]:
    """The header section that begins at `start`, and where the body after it begins.

    It ends at the first empty line, or at the first line that is no field. Fields beyond the
    first `READ` octets are not looked at.
    """
    match = _SECTION.match(octets, start, end)
    assert match is not None
    stop = match.end()
    fields: dict[str, list[bytes]] = collections.defaultdict(list)
    for field in _FIELD.finditer(octets, start, min(stop, start + READ)):
        fields[field[1].decode("ascii").lower()].append(field[2])
    empty = _EMPTY_LINE.match(octets, stop, end)
    return Header(octets[start:stop], dict(fields)), empty.end() if empty else stop


def unfolded(value: bytes) -> str:
    """A field's value as text on one line; controls are still in it."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = value.decode("latin-1")
    return _FOLD.sub("", text).strip()


def decoded(text: str, limit: int = 1000) -> str:
    """`text` with its encoded words (RFC 2047) decoded, as one clean line.

    Neighbouring words of one charset are joined before decoding: senders cut in the
    middle of a character although section 5 forbids it.
    """
    if "=?" not in text:
        return plain.line(text, limit)
    pieces: list[str] = []
    pending, charset, last = b"", "", 0
    joined = _BETWEEN_WORDS.sub(r"\1", text)
    for word in _WORD.finditer(joined):
        if charset and (word.start() != last or word[1].lower() != charset):
            pieces.append(text_of(pending, charset))
            pending = b""
        pieces.append(joined[last : word.start()])
        pending += _word_octets(word[2], word[3])
        charset, last = word[1].lower(), word.end()
    pieces += [text_of(pending, charset), joined[last:]]
    return plain.line("".join(pieces), limit)


def _word_octets(encoding: str, payload: str) -> bytes:
    octets = payload.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(octets, header=True)
    try:
        return binascii.a2b_base64(octets + b"==")
    except binascii.Error:
        return b""


def text_of(octets: bytes, charset: str) -> str:
    """`octets` as text; an unknown charset is read as UTF-8, else Latin-1, and never fails."""
    try:
        return octets.decode(charset, "replace")
    except (LookupError, ValueError, UnicodeError):
        pass
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """A value such as `text/plain; charset=x` as its word, lower-case, and its parameters.

    Continued and percent-encoded parameters (RFC 2231) are put together and win over a
    plain one of the same name; of two plain ones the first counts.
    """
    word, semicolon, rest = value.partition(";")
    plainly: dict[str, str] = {}
    extended: dict[str, list[tuple[int, bool, str]]] = collections.defaultdict(list)
    for match in _PARAMETER.finditer(semicolon + rest):
        name, raw = match[1].lower(), _unquoted(match[2])
        continued = _CONTINUED.fullmatch(name)
        if continued:
            encoded = continued[2] is None or continued[3] is not None
            extended[continued[1]].append((int(continued[2] or 0), encoded, raw))
        else:
            plainly.setdefault(name, raw)
    joined = {name: _joined(pieces) for name, pieces in extended.items()}
    return _TRAILING_COMMENT.sub("", word).strip().lower(), plainly | joined


def _unquoted(raw: str) -> str:
    r"""Without quotes; only `\"` and `\\` are escapes, as old mailers write `C:\dir\file`."""
    if raw.startswith('"'):
        return _QUOTED_PAIR.sub(r"\1", raw[1:].removesuffix('"'))
    return _TRAILING_COMMENT.sub("", raw).strip()


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    ordered = sorted(pieces, key=lambda piece: piece[0])
    charset, octets = "utf-8", b""
    for position, (_, encoded, raw) in enumerate(ordered):
        value = raw
        if encoded and position == 0 and raw.count("'") >= 2:
            charset, _, value = raw.split("'", 2)
        octets += urllib.parse.unquote_to_bytes(value) if encoded else value.encode("utf-8")
    return text_of(octets, charset or "utf-8")


_MAILBOX_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r'|(?P<quoted>"(?:[^"\\]|\\.)*+")'
    r'|(?P<angle><(?:"(?:[^"\\]|\\.)*+"|[^<>"])*+>)'
    r"|(?P<mark>[,;:])"
    r"|(?P<word>=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=|\[[^\[\]\s]*\]|[^\s\"()<>,;:\[\]]+|[\[\]])"
)
_ADDRESS = re.compile(r'(?:"(?:[^"\\]|\\.)++"|[^\s@"<>(),:;\\]++)@[^\s@"<>(),:;\\]++')


@dataclasses.dataclass(slots=True)
class _Mailbox:
    """One mailbox while its tokens come in."""

    words: list[str] = dataclasses.field(default_factory=list)
    angle: str | None = None
    comment: str = ""
    gap: bool = False
    spaced: bool = False

    def finished(self) -> tuple[str, str] | None:
        """Display name and address, or None when it is no mailbox."""
        bare = self.angle is None
        address = ("".join(self.words) if self.angle is None else self.angle).strip()
        sound = _ADDRESS.fullmatch(address) and address.isprintable()
        if (bare and self.spaced) or not sound:
            return None
        local, _, domain = address.rpartition("@")
        name = self.comment if bare else " ".join(map(_unquoted, self.words))
        return decoded(name, 200), f"{local}@{domain.lower()}"


def mailboxes(value: str) -> tuple[tuple[str, str], ...]:
    """(display name, address) of every mailbox in an address field, domains lower-case.

    All or nothing: when any piece cannot be read the answer is empty, since a reader that
    skips it would see another author than we do.
    """
    found: list[tuple[str, str]] = []
    current, place = _Mailbox(), 0
    while place <= len(value):
        token = _MAILBOX_TOKEN.match(value, place)
        at_end = place == len(value)
        if at_end or (token is not None and token["mark"] in {",", ";"}):
            if current.words or current.angle is not None:
                mailbox = current.finished()
                if mailbox is None:
                    return ()
                found.append(mailbox)
            current = _Mailbox()
            place += 1
        elif token is not None:
            if not _take(current, token):
                return ()
            place = token.end()
        else:
            comment_end = _comment_end(value, place)
            if comment_end is None:
                return ()
            current.comment = value[place + 1 : comment_end - 1]
            place = comment_end
    return tuple(found)


def _take(current: _Mailbox, token: re.Match[str]) -> bool:
    """Add a token; False when it cannot stand there."""
    if token["space"]:
        current.gap = bool(current.words)
    elif token["mark"]:  # a colon: what came before is a group's name
        current.words.clear()
        current.gap = current.spaced = False
    elif token["angle"]:
        if current.angle is not None:
            return False
        current.angle = token["angle"][1:-1]
    elif current.angle is not None:
        return False
    else:
        current.words.append(token[0])
        current.spaced = current.spaced or current.gap
    return True


def _comment_end(value: str, place: int) -> int | None:
    """Where the comment that opens at `place` ends; None when none opens or it never ends."""
    if value[place] != "(":
        return None
    depth, position = 0, place
    while position < len(value):
        letter = value[position]
        if letter == "\\":
            position += 1
        depth += {"(": 1, ")": -1}.get(letter, 0)
        position += 1
        if depth == 0:
            return position
    return None
