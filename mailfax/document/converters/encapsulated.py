"""HTML that Outlook keeps inside rich text ([MS-OXRTFEX] section 2.1.3), taken out again."""

import dataclasses
import re
from collections.abc import Iterator

_MARK, _HEAD = b"\\fromhtml", 1000
"""Among the first words of the rich text, section 2.1.3.1.1."""
_TOKEN = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-z0-9'])"
    rb"|([{}])|([^\\{}\r\n]+)|[\r\n\\]"
)
_LETTERS = {
    b"par": "\r\n", b"line": "\r\n", b"tab": "\t", b"lquote": "‘", b"rquote": "’",
    b"ldblquote": "“", b"rdblquote": "”", b"bullet": "•", b"endash": "–", b"emdash": "—",
    b"~": "\u00a0", b"_": "\u00ad", b"{": "{", b"}": "}", b"\\": "\\",
}  # fmt: skip
_TABLES = frozenset({b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object"})
_CODE_PAGES = {
    77: "mac_roman", 128: "cp932", 129: "cp949", 130: "cp1361", 134: "cp936", 136: "cp950",
    161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257",
    204: "cp1251", 222: "cp874", 238: "cp1250",
}  # fmt: skip
"""Of the charsets that fonts have (\\fcharset); others are the document's own."""
_DEEPEST = 1000


def html(rtf: bytes) -> str | None:
    """The HTML that a rich text was made of; None when it was not made of any."""
    if _MARK not in rtf[:_HEAD]:
        return None
    halves = "".join(_Reader(rtf).read())  # \\u gives letters beyond U+FFFF in two halves
    return halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@dataclasses.dataclass(slots=True)
class _Group:
    """What holds until the group ends."""

    font: int = 0
    skipped: int = 1
    """Letters that stand for a Unicode letter where it is not known (\\uc)."""
    rtf_only: bool = False
    unseen: bool = False
    fonts: bool = False


class _Reader:
    """One pass over the tokens; octets wait until it is clear that a letter is whole."""

    def __init__(self, rtf: bytes) -> None:
        self._tokens = _TOKEN.finditer(rtf)
        self._groups = [_Group()]
        self._charset = "cp1252"
        self._charsets: dict[int, str] = {}
        self._octets = b""
        self._passing = 0
        self._starred = False

    def read(self) -> Iterator[str]:
        """The HTML, piece by piece."""
        for token in self._tokens:
            word, number, octet, sign, brace, words = token.groups()
            if octet or words:
                self._take(bytes.fromhex(octet.decode()) if octet else words)
                continue
            yield self._whole()
            if brace:
                self._brace(brace)
            elif sign:
                yield self._sign(sign)
            elif word:
                yield self._word(word, int(number or 1), given=number is not None)
        yield self._whole()

    @property
    def _group(self) -> _Group:
        return self._groups[-1]

    def _shown(self) -> bool:
        return not (self._group.unseen or self._group.rtf_only)

    def _take(self, octets: bytes) -> None:
        passed = min(self._passing, len(octets))
        self._passing -= passed
        if self._shown():
            self._octets += octets[passed:]

    def _whole(self) -> str:
        octets, self._octets = self._octets, b""
        charset = self._charsets.get(self._group.font, self._charset)
        try:
            return octets.decode(charset, "replace")
        except LookupError:
            return octets.decode("cp1252", "replace")

    def _brace(self, brace: bytes) -> None:
        self._starred, self._passing = False, 0
        if brace == b"{" and len(self._groups) < _DEEPEST:
            self._groups.append(dataclasses.replace(self._group))
        elif brace == b"}" and len(self._groups) > 1:
            self._groups.pop()

    def _sign(self, sign: bytes) -> str:
        if sign == b"*":
            self._starred = True
            return ""
        return self._letter(_LETTERS.get(sign, ""))

    def _letter(self, letter: str) -> str:
        return letter if self._shown() else ""

    def _word(self, word: bytes, number: int, *, given: bool) -> str:
        starred, self._starred = self._starred, False
        if starred:
            self._group.unseen |= word != b"htmltag"
        elif word in _TABLES:
            self._group.unseen, self._group.fonts = True, word == b"fonttbl"
        elif word == b"htmlrtf":
            self._group.rtf_only = number != 0
        elif word == b"u" and given:
            self._passing = self._group.skipped
            return self._letter(chr(number & 0xFFFF))
        else:
            self._set(word, number)
        return self._letter(_LETTERS.get(word, ""))

    def _set(self, word: bytes, number: int) -> None:
        if word == b"f":
            self._group.font = number
        elif word == b"uc":
            self._group.skipped = number
        elif word == b"ansicpg":
            self._charset = f"cp{number}" if number != 65001 else "utf-8"
        elif word == b"fcharset" and self._group.fonts and number in _CODE_PAGES:
            self._charsets[self._group.font] = _CODE_PAGES[number]
