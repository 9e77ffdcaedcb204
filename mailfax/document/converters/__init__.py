"""From the bytes of one part to black and white pages; all of it runs in the jail.

Text and HTML become PDF; PDF and pictures become fax pages, one at a time. What cannot be
faxed is an `UnfitError` with a code of the table below and at most one number, never a
text: words from inside the jail are not shown to people.
"""

import dataclasses
from collections.abc import Mapping

from mailfax.errors import Cause

_UNSUPPORTED, _FAILED = Cause.UNSUPPORTED_DOCUMENT, Cause.CONVERSION_FAILED

REASONS: dict[str, tuple[Cause, str]] = {
    "damaged": (_FAILED, "it is damaged or not what it seems to be"),
    "empty": (_UNSUPPORTED, "there is nothing in it"),
    "password": (_UNSUPPORTED, "it needs a password to open"),
    "cipher": (_UNSUPPORTED, "it is protected in a way that cannot be opened"),
    "page": (_FAILED, "its page {number} cannot be drawn"),
    "filter": (_UNSUPPORTED, "its page {number} uses a way of coding that cannot be drawn"),
    "xfa": (_UNSUPPORTED, "it is a form that only its own program can show"),
    "pages": (Cause.TOO_LONG, "its {number} pages bring the fax over its limit of {limit} pages"),
    "many": (Cause.TOO_LONG, "it brings the fax over its limit of {limit} pages"),
    "pixels": (Cause.TOO_LONG, "it has {number} million pixels, and at most 100 are allowed"),
    "shape": (_UNSUPPORTED, "it is a hundred times longer than wide, or wider than long"),
    "letters": (_UNSUPPORTED, "it has {number} letters of which no installed font has a picture"),
    "elsewhere": (_FAILED, "it needs the other press"),
}
"""Code → (cause, what is wrong with a part). `limit` is the job's page limit."""

REMARKS: dict[str, str] = {}
"""Code → what a person should know of a part that was faxed: a sentence, with `{number}`."""

PASSED_OVER = frozenset({"elsewhere", "empty"})
"""Codes after which a job goes on with its next item."""


class UnfitError(Exception):
    """A document that cannot be faxed: a code of `REASONS`, and the number it may need."""

    def __init__(self, code: str, number: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.number = number


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One part as the converters get it."""

    kind: str
    """Decided by content: a kind of `kinds`."""
    data: bytes
    charset: str | None = None
    flowed: bool = False
    delsp: bool = False
    related: Mapping[str, bytes] = dataclasses.field(default_factory=dict)
    """Content id → image, for HTML."""
    limit: int = 100
    """Pages that the job may still have."""
    share: tuple[int, int] = (0, 1)
    """Which of how many stretches of a long document is wanted."""
