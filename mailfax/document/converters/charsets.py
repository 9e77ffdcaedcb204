"""From octets to letters: by mark, by what the octets can only be, as declared, else as detected.

Declarations are wrong often enough that they are believed only where the octets agree.
"""

import codecs
import contextlib
import re
from collections.abc import Iterator

import charset_normalizer

from mailfax.document.converters import kinds

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MEANT = {
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
"""What people's programs mean when they declare it (WHATWG Encoding says the same)."""
_DIRECTED = re.compile(r"-[ie]$", re.IGNORECASE)
"""ISO-8859-8-I and -E differ from -8 in direction alone (RFC 1556)."""
_SEVERAL_OCTETS = frozenset({"gb18030", "cp932", "cp949", "big5hkscs", "euc_jp", "johab"})
_SEVEN_BITS = frozenset({"utf-7", "hz", "iso2022_kr"})
_JAPANESE = ("iso2022_jp", "iso2022_jp_2", "iso2022_jp_3", "iso2022_jp_ext")
_ESCAPES = re.compile(rb"\x1b\$[@B]|\x1b\([JI]")
_OEM = re.compile(rb"[\xc4\xcd]{4}|[A-Za-z][\x81\x84\x94][a-z]")
"""Ruled lines of code pages 437 and 850; and their ü, ä, ö, where 1252 has nothing or quotes."""
_SAMPLE = 50_000
_FEW = 0.45
"""Part of a text beyond ASCII, under which nothing but a Western charset is thought of."""
_BROKEN = 0.1
"""Part of the letters beyond ASCII that may be broken in a text that is UTF-8 all the same."""


def decode(data: bytes, charset: str | None) -> str:
    """The letters of a text; never fails, what cannot be read is U+FFFD."""
    for mark, marked in _MARKS:
        if data.startswith(mark):
            return data.decode(marked, "replace")
    for name in _likely(data, _codec(charset)):
        with contextlib.suppress(UnicodeError, LookupError):
            return data.decode(name)
    return data.decode(_detected(data), "replace")


def _likely(data: bytes, declared: str | None) -> Iterator[str]:
    """Names of codecs to be tried, the likeliest first."""
    if order := kinds.wide(data[:_SAMPLE]):
        yield f"utf-16-{order}"
    if data.isascii() and _ESCAPES.search(data):
        yield from _JAPANESE
    if data.isascii() and declared in _SEVEN_BITS:
        yield str(declared)
    if declared in _SEVERAL_OCTETS:
        yield str(declared)
    yield "utf-8"
    if declared:
        yield declared


def _detected(data: bytes) -> str:
    """What it is when it is nothing of the likely.

    A text with few letters beyond ASCII is Western: statistics take it for Arabic.
    """
    if _ESCAPES.search(data):
        return "iso2022_jp_ext"
    if _nearly_utf8(data):
        return "utf-8"
    sample = data[:_SAMPLE]
    if _OEM.search(sample):
        return "cp437"
    foreign = len(sample.translate(None, bytes(range(128))))
    if foreign < len(sample) * _FEW:
        return "cp1252"
    guess = charset_normalizer.from_bytes(sample).best()
    return guess.encoding if guess else "cp1252"


def _nearly_utf8(data: bytes) -> bool:
    """A text cut in the middle of a letter, or with a few foreign octets pasted into it."""
    text = data.decode("utf-8", "replace")
    beyond = sum(not letter.isascii() for letter in text)
    return 0 < text.count("\ufffd") <= beyond * _BROKEN


def _codec(charset: str | None) -> str | None:
    """Python's name of a declared charset; none for ASCII, which says nothing of 8-bit text."""
    try:
        name = codecs.lookup(_DIRECTED.sub("", (charset or "").strip())).name
    except (LookupError, ValueError):
        return None
    return None if name == "ascii" else _MEANT.get(name, name)
