"""What both forms of an Outlook mail have in common: its body, its headline, how they nest."""

import dataclasses
import datetime
import email.utils
from collections.abc import Iterable, Iterator

import compressed_rtf

from mailfax.document.converters import UnfitError, encapsulated, entity

_DEEPEST = 5
"""Mails in mails."""
_ONLY_TEXT, _HEAD = b"\\fromtext", 1000
"""A mark of rich text that was made of the plain one ([MS-OXRTFEX] section 2.1.3.1.1)."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Body:
    """The same words in up to three forms; what is not text yet is in `charset`."""

    text: str | bytes = ""
    html: str | bytes = ""
    rtf: bytes = b""
    """Compressed ([MS-OXRTFCP])."""
    charset: str = ""

    def forms(self) -> Iterator[bytes]:
        """As entities, the best last (RFC 2046 section 5.1.4)."""
        if self.text:
            yield self._form(self.text, "text/plain")
        if self.html:
            yield self._form(self.html, "text/html")
        elif self.rtf:
            yield from self._rich(compressed_rtf.decompress(self.rtf))

    def _rich(self, rtf: bytes) -> Iterator[bytes]:
        """Rich text that was made of HTML is HTML again; one made of text says nothing more."""
        if html := encapsulated.html(rtf):
            yield self._form(html, "text/html")
        elif not (self.text and _ONLY_TEXT in rtf[:_HEAD]):
            yield entity.leaf(rtf, "text/rtf", attached=False)

    def _form(self, words: str | bytes, label: str) -> bytes:
        octets, charset = (
            (words, self.charset)
            if isinstance(words, bytes)
            else (words.encode("utf-8", "replace"), "utf-8")
        )
        return entity.leaf(octets, label, charset=charset, attached=False)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Headline:
    """Who wrote it, when, to whom and about what."""

    author: str = ""
    address: str = ""
    date: datetime.datetime | None = None
    to: str = ""
    cc: str = ""
    subject: str = ""

    def fields(self) -> dict[str, str]:
        """As header fields."""
        address = self.address if "@" in self.address else ""
        author = " ".join(filter(None, (self.author, f"<{address}>" if address else "")))
        date = email.utils.format_datetime(self.date) if self.date else ""
        return {
            "From": author,
            "Date": date,
            "To": self.to,
            "Cc": self.cc,
            "Subject": self.subject,
        }


def whole(body: Body, attachments: Iterable[bytes]) -> bytes:
    """A mail's content as one entity."""
    forms = list(body.forms())
    words = [entity.multipart("alternative", forms)] if forms else []
    return entity.multipart("mixed", [*words, *attachments])


def deeper(depth: int) -> int:
    """The depth of a mail in a mail at `depth`. Raises `UnfitError`: deep."""
    if depth == _DEEPEST:
        raise UnfitError("deep", _DEEPEST)
    return depth + 1
