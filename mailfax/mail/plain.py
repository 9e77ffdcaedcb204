"""Text from outside made fit for one line of ours.

Headers, report fields, file names and sentences echo what strangers wrote; this is the
one place that takes away what could end the line, move the cursor or turn the text round.
"""

import re

from mailfax import errors, number

_BREAK = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction (Unicode Annex 9)
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff"  # marks and halves that are no text
    "\U000e0000-\U000e007f]"  # invisible tags
)
_NOT_PRINTABLE_ASCII = re.compile(r"[^ -~]")


def line(text: str, limit: int = 200) -> str:
    """`text` on one line of at most `limit` characters, free of controls; cut with an ellipsis."""
    kept = _UNSAFE.sub("", _BREAK.sub(" ", text)).strip()
    return kept if len(kept) <= limit else kept[: limit - 1].rstrip() + "…"


def ascii_line(text: str, limit: int = 200) -> str:
    """As `line`, with a question mark for what is not printable ASCII: for report fields."""
    kept = _NOT_PRINTABLE_ASCII.sub("?", _UNSAFE.sub("", _BREAK.sub(" ", text))).strip()
    return kept if len(kept) <= limit else kept[: limit - 3].rstrip() + "..."


def telephone(e164: str) -> str:
    """A number as people read it; as it stands when the numbering plan does not know it."""
    try:
        return number.parse(e164, None).display()
    except errors.Permanent:
        return line(e164, 40)
