"""Attached pictures that say nothing: logos of signatures, dots that count readers.

Pure: told by a picture's size on paper, by how it is attached, and by whether the sender's domain
has sent the very same one before. What an HTML text shows in itself is judged where it is opened
(`converters.trimming`).
"""

import dataclasses
import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from mailfax.document.converters import LEFT_OUT, extent, kinds, phrases
from mailfax.model import Part, Role

WIDE, HIGH = 100.0, 35.0
"""Millimetres: what is larger on paper is a document."""
DOTS = 3
"""Pixels: what is no larger counts readers, or holds a table open."""
WORDS = ("logos", "trackers", "disclaimers")
"""What the rules may leave out."""
_MOST = 100
"""Pictures of one mail that are remembered."""
_FEW_WORDS = 40
"""Octets of text, up to which a picture may be what the mail is about."""
_MUCH = 20_000
_MARKUP = re.compile(rb"<(head|style|title)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_PASTED = re.compile(r"image\d{3}\.(png|jpe?g|gif|bmp)", re.IGNORECASE)
"""Names that Outlook gives to pictures inside a text."""


class Memory(Protocol):
    """What the sender's domain has sent before, by digest."""

    def recurring(self) -> frozenset[str]:
        """Digests of what came in several earlier mails."""

    def note(self, digests: Collection[str]) -> None:
        """Remember what came with this mail."""


class NoMemory:
    """Of mails that nobody keeps a history of."""

    def recurring(self) -> frozenset[str]:
        """Nothing."""
        return frozenset()

    def note(self, digests: Collection[str]) -> None:
        """Forget."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is known of a mail besides its parts."""

    subject: str = ""
    memory: Memory = dataclasses.field(default_factory=NoMemory)

    @property
    def forwarded(self) -> bool:
        """Whether the mail hands on another, by its subject."""
        return phrases.FORWARD_SUBJECT.match(self.subject) is not None


def digest(data: bytes) -> str:
    """What a picture is remembered by."""
    return hashlib.sha256(data).hexdigest()


def pictures(parts: Sequence[Part]) -> list[Part]:
    """The parts that are pictures, by content."""
    return [part for part in parts if kinds.found(part.data, part.name, part.label) in _SMALL_KINDS]


_SMALL_KINDS = kinds.PICTURES - {"tiff"}


def digests(parts: Sequence[Part]) -> list[str]:
    """By what the small pictures of a mail will be known again."""
    return [digest(part.data) for part in pictures(parts) if small(part.data)][:_MOST]


def small(data: bytes) -> bool:
    """Whether a picture is small on paper, as far as that can be told."""
    size = extent.millimetres(data)
    return size is not None and size[0] <= WIDE and size[1] <= HIGH


def tiny(data: bytes) -> bool:
    """Whether a picture is a dot."""
    size = extent.pixels(data)
    return size is not None and max(size) <= DOTS


def unneeded(
    parts: Sequence[Part], words: Collection[str], recurring: frozenset[str]
) -> dict[str, str]:
    """Paths of pictures that are not worth a page, with the reason; `words` are those of
    `LEFT_OUT` to look for.

    None at all when hardly anything else would be left: then the picture is the message.
    """
    found = {
        part.path: LEFT_OUT[code][1]
        for part in pictures(parts)
        if (code := _code(part, recurring)) and LEFT_OUT[code][0] in words
    }
    return found if any(_says_something(part, found) for part in parts) else {}


def _code(part: Part, recurring: frozenset[str]) -> str | None:
    if tiny(part.data):
        return "dot"
    if not small(part.data):
        return None
    if digest(part.data) in recurring:
        return "repeated"
    within = part.inline or part.content_id is not None or _PASTED.fullmatch(part.name)
    return "logo" if within else None


def _says_something(part: Part, unneeded: Mapping[str, str]) -> bool:
    if part.path in unneeded or part.role is Role.SIGNATURE:
        return False
    return part.role is not Role.BODY or len(part.data) > _MUCH or _words(part) > _FEW_WORDS


def _words(part: Part) -> int:
    """Octets of a short text, without the markup that it may have."""
    return len(_MARKUP.sub(b"", part.data).strip())
