"""Parts that hold other parts, opened: parts in, parts out, before it is decided what is faxed.

What needs opening is opened by a child in the jail, which answers with one MIME entity; that is
read by the reader of mails, handed in from above. So an archive in a mail in a mail ends as plain
parts with paths like `2/1.2`, and nothing is passed over: a container that stays closed is kept
with the reason.
"""

import dataclasses
from collections.abc import Callable, Sequence

from mailfax import errors
from mailfax.document import jail, plan, presses
from mailfax.document.converters import REASONS, kinds
from mailfax.errors import Cause
from mailfax.model import Part, Role

Reader = Callable[[bytes], Sequence[Part]]
"""A MIME entity's leaves in order. Raises `errors.Refused`."""

_DEEPEST = 5
"""Containers in containers."""
_OPENED = 100
_PARTS = 1000
_SIZE = 256_000_000
"""Octets of all that is opened for one mail."""
_MAIL_HEAD = b"Content-Type: message/rfc822\r\n\r\n"
_WORDS = frozenset({"text/plain", "text/html", "text/rtf"})

_NO_ARCHIVES = "it is an archive, and the rules do not open archives"
_REMARKS = {"signed content": "It is signed; drawing the pages does not check the signature."}


@dataclasses.dataclass(frozen=True, slots=True)
class Closed:
    """Why a container could not be opened; another try may work where it is `temporary`."""

    why: str
    cause: Cause = Cause.UNSUPPORTED_DOCUMENT
    temporary: bool = False


class _ClosedError(Exception):
    """Carries a `Closed`."""

    def __init__(self, *words: object) -> None:
        super().__init__()
        self.closed = Closed(*words)  # type: ignore[arg-type]


@dataclasses.dataclass(slots=True)
class Opened:
    """All parts in order, those that were opened included."""

    parts: list[Part] = dataclasses.field(default_factory=list)
    inside: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    """Path of a part that was opened → remarks."""
    closed: dict[str, Closed] = dataclasses.field(default_factory=dict)
    """Path of a part that should have been opened → why it was not."""
    left: dict[str, str] = dataclasses.field(default_factory=dict)
    """Path of a part that was found and is not wanted → the reason."""

    def leaves(self) -> list[Part]:
        """The parts of which it is to be decided."""
        return [p for p in self.parts if p.path not in self.inside and p.path not in self.left]


@dataclasses.dataclass(slots=True)
class Opener:
    """Opens what lies in one mail. `wish` is `body`, `attachments` or `both`."""

    press: presses.Presses
    room: presses.Room
    read: Reader
    wish: str
    archives: bool
    _found: Opened = dataclasses.field(default_factory=Opened)
    _alternatives: int = 0
    """The highest number of an alternative so far."""
    _size: int = 0
    _broken: bool = False
    """A child ended badly: what comes after it is not opened."""

    def open(self, parts: Sequence[Part]) -> Opened:
        """All parts of the mail and of what it holds. Raises `jail.Broken`."""
        self._alternatives = _last_alternative(parts)
        for part in parts:
            self._take(part, parts, 0)
        return self._found

    def _take(self, part: Part, siblings: Sequence[Part], depth: int) -> None:
        self._found.parts.append(part)
        kind = plan.kind(part)
        unwanted = self.wish == "body" and part.role is not Role.BODY
        if kind not in kinds.CONTAINERS or unwanted or self._broken:
            return
        try:
            inside = self._inside(part, kind, siblings, depth)
        except _ClosedError as error:
            self._found.closed[part.path] = error.closed
            self._broken = error.closed.temporary
            return
        if not inside:
            self._found.left[part.path] = plan.EMPTY
            return
        self._found.inside[part.path] = (_REMARKS[kind],) if kind in _REMARKS else ()
        for inner in inside:
            self._take(inner, inside, depth + 1)

    def _inside(self, part: Part, kind: str, siblings: Sequence[Part], depth: int) -> list[Part]:
        """The parts in a part. Raises `_ClosedError`."""
        if kind == "zip" and not self.archives:
            raise _ClosedError(_NO_ARCHIVES)
        if depth == _DEEPEST:
            raise _ClosedError(f"it is nested more than {_DEEPEST} levels deep")
        octets = _MAIL_HEAD + part.data if kind == "mail" else self._unpacked(part, kind)
        try:
            inside = self.read(octets)
        except errors.Refused as error:
            raise _ClosedError(f"in it {error}") from None
        self._weigh(inside)
        if kind == "winmail.dat" and _has_words(part, siblings):
            words = (inner for inner in inside if inner.role is Role.BODY)
            self._found.left |= {_path(part, inner): plan.OTHER for inner in words}
        base = self._alternatives
        self._alternatives += _last_alternative(inside)
        return [_placed(part, inner, base) for inner in inside]

    def _unpacked(self, part: Part, kind: str) -> bytes:
        request = {"task": "unpack", "kind": kind, "name": part.name}
        try:
            [drawn] = self.press.draw("pages", request, [part.data], self.room)
        except presses.BrokenOffError as error:
            temporary = not isinstance(error.cause, jail.Overdrawn)
            raise _ClosedError(str(error.cause), Cause.CONVERSION_FAILED, temporary) from None
        if drawn.unfit is None:
            return self.room.last_written()
        cause, text = REASONS[drawn.unfit.code]
        raise _ClosedError(text.format(number=drawn.unfit.number, limit=0), cause)

    def _weigh(self, inside: Sequence[Part]) -> None:
        self._size += sum(len(part.data) for part in inside)
        if self._size > _SIZE:
            raise _ClosedError(f"what is in it has more than {_SIZE // 1_000_000} MB")
        if len(self._found.inside) == _OPENED:
            raise _ClosedError(f"the mail has more than {_OPENED} parts that hold others")
        if len(self._found.parts) + len(inside) > _PARTS:
            raise _ClosedError(f"it brings the mail over its limit of {_PARTS} parts")


def _path(outer: Part, inner: Part) -> str:
    return f"{outer.path}/{inner.path}"


def _placed(outer: Part, inner: Part, alternatives: int) -> Part:
    """A part that was found inside, as a part of the mail: words only where the mail's own lie."""
    words_of_another = inner.role is Role.BODY and outer.role is not Role.BODY
    return dataclasses.replace(
        inner,
        path=_path(outer, inner),
        role=Role.ATTACHMENT if words_of_another else inner.role,
        alternative=inner.alternative and inner.alternative + alternatives,
    )


def _last_alternative(parts: Sequence[Part]) -> int:
    return max((part.alternative or 0 for part in parts), default=0)


def _has_words(part: Part, siblings: Sequence[Part]) -> bool:
    """Whether a text stands beside this part in its mail."""
    family = part.path.rpartition(".")[0]
    return any(
        one.role in {part.role, Role.BODY}
        and one.path.rpartition(".")[0].startswith(family)
        and one.label in _WORDS
        and not one.name
        and one.data.strip()
        for one in siblings
    )
