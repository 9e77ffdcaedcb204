"""From the bytes of one part to black and white pages; all of it runs in the jail.

Text and HTML become PDF; PDF and pictures become fax pages, one at a time. What cannot be
faxed is an `UnfitError` with a code of the table below and at most one number, never a
text: words from inside the jail are not shown to people.
"""

import dataclasses
from collections.abc import Callable, Collection, Mapping

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
    "letterhead": (_FAILED, "its letterhead is damaged or no PDF"),
    "letterhead locked": (_FAILED, "its letterhead needs a password to open"),
    "packed": (_UNSUPPORTED, "it is packed in a way that cannot be opened"),
    "link": (_UNSUPPORTED, "it holds a link to something that is not in it"),
    "files": (_UNSUPPORTED, "it holds more than {number} files"),
    "unpacked": (_UNSUPPORTED, "what is in it has more than {number} MB"),
    "ratio": (_UNSUPPORTED, "what is in it is more than {number} times as large as itself"),
    "entries": (_UNSUPPORTED, "it has more than {number} entries"),
    "deep": (_UNSUPPORTED, "it holds mails in mails, more than {number} levels deep"),
    "office": (
        _UNSUPPORTED,
        "office documents cannot be opened here: LibreOffice is not installed",
    ),
    "postscript": (_UNSUPPORTED, "PostScript is not opened here unless the operator allows it"),
    "ghostscript": (_UNSUPPORTED, "PostScript cannot be opened here: Ghostscript is not installed"),
    "elsewhere": (_FAILED, "it needs the other press"),
}
"""Code → (cause, what is wrong with a part). `limit` is the job's page limit."""

LEFT_OUT: dict[str, tuple[str, str]] = {
    "logo": ("logos", "it is a small picture of the kind that signatures have"),
    "repeated": ("logos", "it is a small picture that came in earlier mails from there too"),
    "dot": ("trackers", "it is a dot that nobody is meant to see"),
    "hidden": ("trackers", "the text hides it"),
    "cut": ("", "it stands in what is left out of the text"),
    "unused": ("", "it came with the text, which does not show it"),
}
"""Code → (word of the rules, why a picture is not faxed)."""

REMARKS: dict[str, str] = {
    "quote": "Left out: the earlier mail that it quotes.",
    "signature": "Left out: the signature below its text.",
    "disclaimer": "Left out: the legal notice at its end.",
    "logos": "Left out: small pictures of the signature ({number}).",
    "trackers": "Left out: hidden pictures on the web, which count readers ({number}).",
    "remote": "Missing: pictures that are on the web and not in the mail ({number}).",
    "moves": "It moves; the first of its {number} pictures was faxed.",
    "small": "It is so wide that its letters are small.",
}
"""Code → what a person should know of a part that was faxed: a sentence, with `{number}`."""

FAULTS: dict[str, str] = {
    "tiny": "the letters are too small for this resolution",
    "black": "there is too much black",
    "dots": "there is type on a picture",
    "faint": "there is type that is too faint",
}
"""Code → why a page that was faxed will likely be hard to read."""
_NAMED = 5
"""Pages that a sentence names; it counts the others."""


def hard_to_read(faults: Mapping[str, Collection[int]]) -> list[str]:
    """Sentences on pages with faults: codes of `FAULTS` → numbers of the pages."""
    return [
        f"{_pages(faults[code])} will likely be hard to read: {FAULTS[code]}."
        for code in sorted(faults)
    ]


def _pages(numbers: Collection[int]) -> str:
    named = [str(number) for number in sorted(set(numbers))]
    if len(named) > _NAMED:
        named[_NAMED:] = [f"{len(named) - _NAMED} more"]
    if len(named) == 1:
        return f"Page {named[0]}"
    return f"Pages {', '.join(named[:-1])} and {named[-1]}"


PASSED_OVER = frozenset({"elsewhere", "empty"})
"""Codes after which a job goes on with its next item."""


class UnfitError(Exception):
    """A document that cannot be faxed: a code of `REASONS`, and the number it may need."""

    def __init__(self, code: str, number: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.number = number


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Trim:
    """What is to be left out of a text that was written in the mail."""

    quotes: bool = False
    signature: bool = False
    disclaimers: bool = False
    logos: bool = False
    trackers: bool = False
    forwarded: bool = False
    """The mail hands on another: what it quotes is what it says."""
    recurring: frozenset[str] = frozenset()
    """Digests of pictures and blocks of text that the sender's domain has sent before."""


def _nobody(**_: object) -> None:
    """Tell nobody."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One part as the converters get it."""

    kind: str
    """Decided by content: a kind of `kinds`."""
    data: bytes
    charset: str | None = None
    heading: str = ""
    """Lines to be set above the text."""
    flowed: bool = False
    delsp: bool = False
    related: Mapping[str, bytes] = dataclasses.field(default_factory=dict)
    """Content id → image, for HTML."""
    limit: int = 100
    """Pages that the job may still have."""
    share: tuple[int, int] = (0, 1)
    """Which of how many stretches of a long document is wanted."""
    trim: Trim | None = None
    """None: it stays as it is."""
    tell: Callable[..., None] = _nobody
    """Takes a message for outside the jail, as `Job.tell` does."""
