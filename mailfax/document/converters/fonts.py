"""The fonts of text and covers, parsed once, and which letters need more than they can do."""

import functools
import pathlib
import unicodedata

from reportlab.pdfbase import pdfmetrics, ttfonts

from mailfax.document import letters

_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")
_FILES = {
    "mono": "DejaVuSansMono.ttf",
    "mono-bold": "DejaVuSansMono-Bold.ttf",
    "sans": "DejaVuSans.ttf",
    "bold": "DejaVuSans-Bold.ttf",
    "serif": "DejaVuSerif.ttf",
    "serif-bold": "DejaVuSerif-Bold.ttf",
}
"""Our name → file. All are in Debian's fonts-dejavu-core."""

MONO_WIDTH = 1233 / 2048
"""Width of every letter of `mono`, as a part of its size."""


def load() -> None:
    """Parse the fonts, once per zygote. Raises FileNotFoundError naming the missing one."""
    for name, file in _FILES.items():
        pdfmetrics.registerFont(ttfonts.TTFont(name, _find(file)))


def _find(file: str) -> str:
    for folder in _FOLDERS:
        for path in pathlib.Path(folder).rglob(file):
            return str(path)
    raise FileNotFoundError(f"the font {file} is not installed (Debian: fonts-dejavu-core)")


def width(text: str, font: str, size: float) -> float:
    """How wide a text is set, in points; what the font lacks is estimated."""
    if text.isascii():
        return float(pdfmetrics.stringWidth(text, font, size))
    return size * sum(_advance(letter, font) for letter in text)


@functools.lru_cache(maxsize=4096)
def _advance(letter: str, font: str) -> float:
    """Width of one letter, as a part of its size; of other fonts' letters rather too much."""
    if unicodedata.category(letter) in {"Mn", "Me", "Cf"}:
        return 0.0
    face = pdfmetrics.getFont(font).face
    if ord(letter) in face.charToGlyph:
        return float(face.charWidths.get(ord(letter), face.defaultWidth)) / 1000
    return 1.0 if unicodedata.east_asian_width(letter) in {"W", "F"} else 0.8


def needs_shaping(text: str, font: str) -> bool:
    """Whether this font cannot set the text by putting one letter beside the other."""
    if text.isascii():
        return False
    glyphs = pdfmetrics.getFont(font).face.charToGlyph
    written = (letter for letter in set(letters.plain(text)) if not letter.isspace())
    return letters.shaped(text) or not all(ord(letter) in glyphs for letter in written)
