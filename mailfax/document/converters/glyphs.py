"""Which letters the installed fonts can show, asked of fontconfig.

Pango draws a box with a number where it has no glyph, which must not be faxed as if it
were the text.
"""

import ctypes
import functools
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
    """Characters of the text that no font has."""
    return {
        letter
        for letter in set(text)
        if ord(letter) > 126 and _prints(letter) and not _shown(letter)
    }


def _prints(letter: str) -> bool:
    return unicodedata.category(letter) not in {"Cc", "Cf", "Zs", "Zl", "Zp"}


_WRITING = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Cn"})
"""Unicode categories of letters, marks, digits, and of letters younger than our table."""


def replace_symbols(text: str) -> tuple[str, int]:
    """The text with a square for every symbol (emoji and the like) that no font has, and how
    many different letters, marks and digits of writing no font has, which nothing can replace.
    """
    lacking = missing(text)
    letters = {letter for letter in lacking if unicodedata.category(letter) in _WRITING}
    return text.translate({ord(s): _INSTEAD for s in lacking - letters}), len(letters)
