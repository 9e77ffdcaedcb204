"""Which letters the installed fonts can show, asked of fontconfig.

Pango draws a box with a number where it has no glyph, which must not be faxed as if it
were the text.
"""

import ctypes
import functools
import re
import unicodedata

_INSTEAD = "\u25a1"
"""An empty square for a symbol that cannot be shown."""


class _FontSet(ctypes.Structure):
    _fields_ = (
        ("count", ctypes.c_int),
        ("room", ctypes.c_int),
        ("fonts", ctypes.POINTER(ctypes.c_void_p)),
    )


@functools.cache
def _charsets() -> tuple[ctypes.CDLL, list[ctypes.c_void_p]]:
    """The library, and the set of characters of every installed font."""
    library = ctypes.CDLL("libfontconfig.so.1")
    library.FcInitLoadConfigAndFonts.restype = ctypes.c_void_p
    library.FcConfigGetFonts.restype = ctypes.POINTER(_FontSet)
    library.FcConfigGetFonts.argtypes = (ctypes.c_void_p, ctypes.c_int)
    library.FcCharSetHasChar.argtypes = (ctypes.c_void_p, ctypes.c_uint32)
    get = library.FcPatternGetCharSet
    get.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p)
    fonts = library.FcConfigGetFonts(library.FcInitLoadConfigAndFonts(), 0).contents
    found = []
    for index in range(fonts.count):
        held = ctypes.c_void_p()
        if get(fonts.fonts[index], b"charset", 0, ctypes.byref(held)) == 0:
            found.append(held)
    return library, found


def load() -> None:
    """Read the list of fonts, once per zygote."""
    _charsets()


@functools.cache
def _shown(letter: str) -> bool:
    library, charsets = _charsets()
    return any(library.FcCharSetHasChar(held, ord(letter)) for held in charsets)


def missing(text: str) -> set[str]:
    """Characters of the text that no font has, or that are each font's own affair."""
    return {
        letter
        for letter in set(text)
        if ord(letter) > 126 and _prints(letter) and (_is_private(letter) or not _shown(letter))
    }


def _is_private(letter: str) -> bool:
    return unicodedata.category(letter) == "Co"


def _prints(letter: str) -> bool:
    return unicodedata.category(letter) not in {"Cc", "Cf", "Zs", "Zl", "Zp"}


_WRITING = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Cn"})
"""Unicode categories of letters, marks, digits, and of letters younger than our table."""


_PICTOGRAPHS = range(0x1F000, 0x20000)
"""Emoji and the like: symbols, also where they are younger than our table."""
_KEPT_APART = re.compile(
    "[\u20e3\U0001f3fb-\U0001f3ff]|\u200d(?=[\u2600-\u27bf\U0001f000-\U0001ffff])"
)
"""Frames and skin tones of the symbol before, and what joins two symbols into one."""
_FLAGS = {0x1F1E6 + number: chr(0x41 + number) for number in range(26)}
"""Flags are two letters of a country code."""
SYMBOL_FONT = {
    0xF04A: "\u263a",
    0xF04B: "\u2610",
    0xF04C: "\u2639",
    0xF06C: "\u25cf",
    0xF06E: "\u25a0",
    0xF06F: "\u25a1",
    0xF071: "\u2751",
    0xF075: "\u25c6",
    0xF076: "\u2756",
    0xF09F: "\u2022",
    0xF0A7: "\u25aa",
    0xF0A8: "\u25fb",
    0xF0B7: "\u2022",
    0xF0D8: "\u27a2",
    0xF0DF: "\u2190",
    0xF0E0: "\u2192",
    0xF0E8: "\u2794",
    0xF0F0: "\u21e8",
    0xF0FB: "\u2717",
    0xF0FC: "\u2713",
    0xF0FD: "\u2612",
    0xF0FE: "\u2611",
}
"""Letters of Wingdings and Symbol, at the places that Word gives them, which no other font has."""


def replace_symbols(text: str) -> tuple[str, int]:
    """The text with a square for every symbol (emoji and the like) that no font has, and how
    many different letters, marks and digits of writing no font has, which nothing can replace.
    """
    text = _KEPT_APART.sub("", text.translate(SYMBOL_FONT))
    lacking = missing(text)
    letters = {letter for letter in lacking if _is_writing(letter)}
    instead = {ord(symbol): _INSTEAD for symbol in lacking - letters}
    return text.translate(
        instead | {code: _FLAGS[code] for code in _FLAGS if code in instead}
    ), len(letters)


def _is_writing(letter: str) -> bool:
    return unicodedata.category(letter) in _WRITING and ord(letter) not in _PICTOGRAPHS
