"""The MIME tree of a mail, walked on offsets and laid out as flat parts in message order.

Bodies are cut at their boundary lines and only header sections are parsed, so a mail costs
one pass over its octets and one decoded copy of each part. What cannot be told for sure
(RFC 2045-2047, 2183, 2387, 8551) is refused with a sentence; nothing is left out in silence.
"""

import dataclasses
import re
import urllib.parse
from collections.abc import Iterator

from mailfax import errors
from mailfax.mail import clearsigned, filename, header, plain, transfer
from mailfax.model import Part, Role


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much structure a mail may have."""

    parts: int = 1000
    depth: int = 20
    header: int = 65_536
    """Octets of one header section."""
    size: int = 256 * 1024 * 1024


@dataclasses.dataclass(frozen=True, slots=True)
class _Place:
    """Where in the tree an entity stands, and what its surroundings make of it."""

    path: str
    depth: int = 0
    nested: bool = False
    """Inside a message/rfc822: everything there is an attachment of the outer mail."""
    alternative: int | None = None
    default: str = "text/plain"
    parent: str = ""

    @property
    def what(self) -> str:
        """How a refusal names it."""
        return f"part {self.path}" if self.path else "the mail"


def parts(head: header.Header, octets: bytes, body: int, limits: Limits) -> tuple[Part, ...]:
    """The leaves of the mail whose header is `head` and whose body begins at `body`.

    Raises `errors.Refused`: 550 5.6.0 unreadable, 552 5.3.4 over a limit, 550 5.6.1 a kind
    that cannot be faxed (message/partial, message/external-body), 554 5.7.5 encrypted.
    """
    walk = _Walk(octets, limits)
    walk.entity(head, body, len(octets), _Place(""))
    return _related(walk.found)


def spans(head: header.Header, octets: bytes, body: int) -> list[tuple[int, int]]:
    """Start and end of each part of a multipart mail, as `parts` cuts them; raises as `parts`."""
    place = _Place("")
    boundary = _label(head, place)[1].get("boundary", "").rstrip()
    return list(_Walk(octets, Limits()).spans(boundary, body, len(octets), place))


class _Walk:
    """One walk over one buffer; `found` grows in message order."""

    def __init__(self, octets: bytes, limits: Limits) -> None:
        self.octets = octets
        self.limits = limits
        self.found: list[Part] = []
        self.alternatives = 0

    def entity(self, head: header.Header, start: int, end: int, place: _Place) -> None:
        """One entity with its header read already and its body from `start` to `end`."""
        self._check(head, place)
        kind, options = _label(head, place)
        if kind.startswith("multipart/"):
            self._multipart(kind, options, start, end, place)
        elif kind in {"message/rfc822", "message/global", "message/news"}:
            self._message(head, start, end, place)
        else:
            self._leaf(head, kind, options, start, end, place)

    def _check(self, head: header.Header, place: _Place) -> None:
        if place.depth > self.limits.depth:
            raise _over(f"is nested more than {self.limits.depth} levels deep")
        if len(head.raw) > self.limits.header:
            raise _over(f"has a header of more than {self.limits.header} octets", place)
        for name in ("content-type", "content-transfer-encoding"):
            if len({value.lower() for value in head.all(name)}) > 1:
                raise _unreadable(f"{place.what} has two different {name.title()} fields")

    # ── multipart ──────────────────────────────────────────────────────────────────────

    def _multipart(
        self, kind: str, options: dict[str, str], start: int, end: int, place: _Place
    ) -> None:
        if kind == "multipart/encrypted":
            raise _encrypted(place)
        spans = list(self.spans(options.get("boundary", "").rstrip(), start, end, place))
        if kind == "multipart/alternative":
            self.alternatives += 1
        number = self.alternatives if kind == "multipart/alternative" else place.alternative
        taken = False
        for position, (part_start, part_end) in enumerate(spans, 1):
            inner = dataclasses.replace(
                place,
                path=f"{place.path}.{position}" if place.path else str(position),
                depth=place.depth + 1,
                alternative=None if taken else number,
                default="message/rfc822" if kind == "multipart/digest" else "text/plain",
                parent=kind,
            )
            before = len(self.found)
            head, body = header.split(self.octets, part_start, part_end)
            self.entity(head, body, part_end, inner)
            if kind != "multipart/alternative":
                taken = taken or any(part.alternative for part in self.found[before:])

    def spans(
        self, boundary: str, start: int, end: int, place: _Place
    ) -> Iterator[tuple[int, int]]:
        """Start and end of each part between the boundary lines (RFC 2046 section 5.1.1).

        A closing line that is missing, or that is followed by more parts, is forgiven.
        """
        lines = list(_boundary_lines(self.octets, boundary.encode(), start, end, self.limits))
        if not lines and self.octets[start:end].strip():
            raise _unreadable(
                f"{place.what} says that it has several parts, but the line that separates "
                "them is not there"
            )
        if not lines:
            return
        stops = [line_start for line_start, _, _ in lines[1:]] + [end]
        for (_, line_end, closing), stop in zip(lines, stops, strict=True):
            if not closing:
                yield line_end, max(line_end, _without_line_end(self.octets, stop, end))

    # ── message/rfc822 ─────────────────────────────────────────────────────────────────

    def _message(self, head: header.Header, start: int, end: int, place: _Place) -> None:
        encoding = head.first("content-transfer-encoding")
        octets = self.octets
        if encoding.lower() in {"base64", "quoted-printable"}:  # forbidden, yet it is sent
            octets = transfer.decode(encoding, octets, start, end, place.what)
            start, end = 0, len(octets)
        outer, self.octets = self.octets, octets
        inner, body = header.split(octets, after_mark(octets, start, end), end)
        path = f"{place.path}.1" if place.path else "1"
        first = len(self.found)
        self.entity(inner, body, end, _Place(path=path, depth=place.depth + 1, nested=True))
        self.octets = outer
        self._put_above(_headline(inner), first, place)

    def _put_above(self, heading: str, first: int, place: _Place) -> None:
        """Above the text that an enclosed mail begins with; else before it, as a text itself."""
        words = _opening_words(self.found[first:])
        if not words:
            self._add(_letterhead(heading, place))
            self.found.insert(first, self.found.pop())
        for part in words:
            number = self.found.index(part, first)
            self.found[number] = dataclasses.replace(part, heading=heading)

    # ── leaves ─────────────────────────────────────────────────────────────────────────

    def _leaf(
        self,
        head: header.Header,
        kind: str,
        options: dict[str, str],
        start: int,
        end: int,
        place: _Place,
    ) -> None:
        disposition, more = header.parameters(head.first("content-disposition"))
        written = more.get("filename", "") or options.get("name", "")
        name = filename.safe(header.decoded(written, len(written)))
        _forbid(kind, place)
        encoding = head.first("content-transfer-encoding")
        data = transfer.decode(encoding, self.octets, start, end, place.what)
        if kind in _SMIME or name.lower() == "smime.p7m":
            _require_signed(data, options.get("smime-type", ""), place)
        named = bool(name) and bool(place.path) and place.alternative is None
        attached = disposition == "attachment" or named
        chosen = place.parent == "multipart/alternative" or kind in _WRITTEN
        part = Part(
            path=place.path or "1",
            role=_role(kind, name, attached=attached, place=place),
            label=kind,
            data=data,
            name=name,
            charset=plain.line(options["charset"], 40) if "charset" in options else None,
            content_id=_content_id(head),
            inline=disposition == "inline",
            flowed=options.get("format", "").lower() == "flowed",
            delsp=options.get("delsp", "").lower() == "yes",
            alternative=place.alternative if chosen and not attached else None,
        )
        self._add_leaf(part, place)

    def _add_leaf(self, part: Part, place: _Place) -> None:
        if part.label != "text/plain":
            self._add(part)
            return
        if _PGP_TEXT.match(part.data):
            raise _encrypted(place)
        words, signatures = clearsigned.taken_apart(part.data)
        pieces = transfer.enclosed(words)
        if len(pieces) == 1 and not pieces[0].name and not signatures:
            self._add(part)
            return
        found = [_piece(part, piece) for piece in pieces]
        found += [_pgp_signature(octets) for octets in signatures]
        for position, piece in enumerate(found, 1):
            self._add(dataclasses.replace(piece, path=f"{part.path}.{position}"))

    def _add(self, part: Part) -> None:
        self.found.append(part)
        if len(self.found) > self.limits.parts:
            raise _over(f"has more than {self.limits.parts} parts")


_BOUNDARY_TAIL = re.compile(rb"(--)?[ \t]*(?:\r?\n|\Z)")
_PGP_TEXT = re.compile(rb"\s*+-----BEGIN PGP MESSAGE-----")
_CID = re.compile(rb"[cC][iI][dD]:([^\"'\s<>)]+)")
_LABEL = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+/[!#$%&'*+.^_`|~0-9a-z-]+")
_SIGNATURES = frozenset(
    {
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pgp-signature",
    }
)
_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SIGNED = re.compile(rb"\x30.{1,7}?\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", re.DOTALL)
"""How signed data begins (RFC 5652 section 5.1): what a label says of it is not believed."""
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_CODED = _SMIME | _TNEF
"""The mail itself in another coding."""
_WRITTEN = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext"})


def _boundary_lines(
    octets: bytes, boundary: bytes, start: int, end: int, limits: Limits
) -> Iterator[tuple[int, int, bool]]:
    """Start, end and kind (closing or not) of each line that is this boundary."""
    mark, found = b"--" + boundary, 0
    place = octets.find(mark, start, end) if boundary else -1
    while place != -1:
        tail = None
        if place == start or octets[place - 1] == 0x0A:
            tail = _BOUNDARY_TAIL.match(octets, place + len(mark), end)
        if tail is not None:
            found += 1
            if found > limits.parts + 1:
                raise _over(f"has more than {limits.parts} parts")
            yield place, tail.end(), tail[1] is not None
        place = octets.find(mark, place + len(mark), end)


def _without_line_end(octets: bytes, stop: int, end: int) -> int:
    """The line end before a boundary belongs to the boundary; at the very end there is none."""
    if stop == end:
        return stop
    return stop - 2 if octets[stop - 2 : stop] == b"\r\n" else stop - 1


def after_mark(octets: bytes, start: int, end: int) -> int:
    """Past a mark of UTF-8 and past the `From ` line of a mailbox file, if any."""
    if octets.startswith(b"\xef\xbb\xbf", start, end):
        start += 3
    if octets.startswith((b"From ", b">From "), start, end):
        line_end = octets.find(b"\n", start, end)
        return end if line_end == -1 else line_end + 1
    return start


def _label(head: header.Header, place: _Place) -> tuple[str, dict[str, str]]:
    """The type it claims, and its parameters; broken or absent is the default (RFC 2045 5.2)."""
    kind, options = header.parameters(head.first("content-type"))
    return (kind, options) if _LABEL.fullmatch(kind) else (place.default, options)


def _forbid(kind: str, place: _Place) -> None:
    if kind in {"message/partial", "message/external-body"}:
        why = {
            "message/partial": "is only a fragment of a mail",
            "message/external-body": "is not in the mail but somewhere else",
        }[kind]
        raise errors.Refused(550, "5.6.1", f"{place.what} {why} ({kind}); please send it whole")


def _require_signed(data: bytes, label: str, place: _Place) -> None:
    if _SIGNED.match(data):
        return
    if label.lower() in {"signed-data", "certs-only"}:
        raise _unreadable(f"{place.what} is said to be signed, but is damaged")
    raise _encrypted(place)


def _role(kind: str, name: str, *, attached: bool, place: _Place) -> Role:
    if kind in _SIGNATURES:
        return Role.SIGNATURE
    coded = kind in _CODED or name.lower() in {"winmail.dat", "smime.p7m"}
    written = kind in _WRITTEN or place.parent == "multipart/alternative"
    own = coded or (written and not attached)
    return Role.BODY if own and not place.nested else Role.ATTACHMENT


def _content_id(head: header.Header) -> str | None:
    return plain.line(head.first("content-id"), 998).strip("<> ") or None


def _piece(part: Part, piece: transfer.Enclosed) -> Part:
    """A text's piece as a part of its own; a file in it is an attachment of no known type."""
    if not piece.name:
        return dataclasses.replace(part, data=piece.data)
    return Part(
        path=part.path,
        role=Role.ATTACHMENT,
        label="application/octet-stream",
        data=piece.data,
        name=filename.safe(header.unfolded(piece.name)),
    )


def _pgp_signature(octets: bytes) -> Part:
    return Part(path="", role=Role.SIGNATURE, label="application/pgp-signature", data=octets)


def _headline(head: header.Header) -> str:
    """Who wrote an enclosed mail, when, to whom and about what: a line for each."""
    return "\n".join(
        f"{name}: {header.decoded(head.first(name.lower()))}"
        for name in ("From", "Date", "To", "Cc", "Subject")
        if head.count(name.lower())
    )


def _opening_words(found: list[Part]) -> list[Part]:
    """All versions of the text at the beginning, if each is one that can have a heading."""
    if not found:
        return []
    number = found[0].alternative
    versions = found[:1] if number is None else [p for p in found if p.alternative == number]
    plain_or_html = all(p.label in {"text/plain", "text/html"} for p in versions)
    return versions if plain_or_html and not found[0].name and not found[0].heading else []


def _letterhead(heading: str, place: _Place) -> Part:
    return Part(
        path=f"{place.path}.0" if place.path else "0",
        role=Role.ATTACHMENT,
        label="text/plain",
        data=heading.encode(),
        charset="utf-8",
    )


def _related(found: list[Part]) -> tuple[Part, ...]:
    """Images that an HTML text shows in itself get their role; the others stay pages, also those
    that come under a name which another image has already.
    """
    shown = {
        urllib.parse.unquote_to_bytes(match[1]).decode("utf-8", "replace")
        for part in found
        if part.label == "text/html"
        for match in _CID.finditer(part.data)
    }
    first: dict[str | None, bytes] = {}
    return tuple(
        dataclasses.replace(part, role=Role.RELATED, alternative=None)
        if part.content_id in shown
        and part.label.startswith("image/")
        and first.setdefault(part.content_id, part.data) == part.data
        else part
        for part in found
    )


def _over(what: str, place: _Place | None = None) -> errors.Refused:
    return errors.Refused(552, "5.3.4", f"{place.what if place else 'the mail'} {what}")


def _unreadable(what: str) -> errors.Refused:
    return errors.Refused(550, "5.6.0", what)


def _encrypted(place: _Place) -> errors.Refused:
    return errors.Refused(
        554, "5.7.5", f"{place.what} is encrypted, and the gateway has no key; please send it open"
    )
