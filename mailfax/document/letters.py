"""Letters that do not print, and scripts that need more than one letter beside the other."""

import itertools
import re
import unicodedata

_SILENT = re.compile(
    "[\u0000-\u0008\u000b\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b\u2028-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Controls, bidi overrides and isolates, zero-width spaces, tags, halves of letters."""

_SHAPED = re.compile(
    "[\u0300-\u036f\u0590-\u109f\u1780-\u18af\u1a00-\u1cff\ua800-\uabff\ufb1d-\ufdff\ufe70-\ufeff]"
)
"""Combining marks, and scripts whose letters join, move or run from right to left."""

_JOINERS = dict.fromkeys(range(0x200C, 0x2010))


def clean(text: str) -> str:
    """Composed letters where there are any, without what does not print (HDR-15).

    Tabs, line ends and form feeds stay; so do joiners and direction marks, which scripts
    that need shaping are written with.
    """
    return _SILENT.sub("", unicodedata.normalize("NFC", text))


def line(text: str) -> str:
    """Clean text as one line: every run of space, line ends included, is one space."""
    return " ".join(clean(text).split())


def apart(text: str) -> str:
    """With a direction of its own, whatever stands beside it (Unicode Annex 9, isolates)."""
    return f"\u2068{text}\u2069" if text else ""


def plain(text: str) -> str:
    """Without the joiners and direction marks that only a shaper understands."""
    return text.translate(_JOINERS)


def cut(line: str, most: int) -> int:
    """Where to break a line of which `most` letters fit: at a space, or beside an ideograph, or
    in the middle of a word, though never between a letter and its marks.
    """
    for at in range(most, 0, -1):
        before, after = line[at - 1], line[at]
        if after == " " and line[:at].strip():
            return at
        parts = after not in _CLOSING and before not in _OPENING
        if parts and (_wide(before) or _wide(after)):
            return at
    return next((at for at in range(most, 0, -1) if not unicodedata.combining(line[at])), most)


_CLOSING = frozenset("、。，．・：；？！」』）］｝】》〉〕ー々,.;:!?)]}")
_OPENING = frozenset("「『（［｛【《〈〔([{")


def _wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in {"W", "F"}


def cells(line: str) -> int:
    """Columns that a line takes where ideographs take two (Unicode Annex 11)."""
    return len(line) if line.isascii() else sum(map(_cells, line))


def fitting(line: str, columns: int) -> int:
    """How many letters of a line go into so many columns, at least one."""
    if line.isascii():
        return max(1, columns)
    taken = itertools.accumulate(map(_cells, line))
    return max(1, sum(1 for _ in itertools.takewhile(lambda sum_: sum_ <= columns, taken)))


def _cells(letter: str) -> int:
    return 0 if unicodedata.combining(letter) else 1 + _wide(letter)


def shaped(text: str) -> bool:
    """Whether some letters need shaping, whatever the font."""
    return not text.isascii() and _SHAPED.search(text) is not None


def direction(text: str) -> str:
    """`rtl` or `ltr`, by the first letter that has a direction (Unicode Annex 9, rule P2)."""
    for letter in text:
        kind = unicodedata.bidirectional(letter)
        if kind in {"R", "AL"}:
            return "rtl"
        if kind == "L":
            break
    return "ltr"
