"""Where every key, table and array element of a TOML document stands.

`tomllib` gives values without places. This scanner reads the same text again for the places
alone: it takes for granted that `tomllib` has accepted the document, so it checks nothing.
"""

import bisect
import dataclasses
import re
import tomllib
from collections.abc import Mapping

from mailfax import errors

Path = tuple[str | int, ...]
"""Keys and array indexes from the root, as `("send", 0, "from")`."""

Place = tuple[int, int]
"""Line and column, both from 1; columns count characters."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN_VALUE = re.compile(r"[^,\]}\n#]*")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
"""The four strings of TOML 1.0; up to two quotes may stand before a closing triple."""


@dataclasses.dataclass(frozen=True)
class Index:
    """The place of everything in one document.

    A table or key stands where its name stands, where it is first written or, for a table
    with a header of its own, in that header; an array element where it begins; the root at 1:1.
    """

    places: Mapping[Path, Place]
    files: Mapping[Path, str] = dataclasses.field(default_factory=dict)
    """Where something stands in another file: the file, by the path of the whole of it."""

    def file(self, path: Path) -> str | None:
        """The other file that `path` stands in, if it does."""
        starts = (path[:end] for end in range(len(path), 0, -1))
        return next((self.files[start] for start in starts if start in self.files), None)

    def find(self, path: Path) -> Place:
        """The place of `path`, or of the nearest thing around it that is written."""
        while path not in self.places:
            path = path[:-1]
        return self.places[path]


def index(text: str) -> Index:
    """Scan `text`, a valid TOML document with LF line ends."""
    scanner = _Scanner(text)
    scanner.document()
    ends = [match.start() for match in re.finditer("\n", text)]
    return Index({path: _place(ends, offset) for path, offset in scanner.found.items()})


def _place(line_ends: list[int], offset: int) -> Place:
    line = bisect.bisect_left(line_ends, offset)
    start = line_ends[line - 1] + 1 if line else 0
    return line + 1, offset - start + 1


def syntax_problem(file: str, message: str, text: str = "") -> errors.Problem:
    """What `tomllib` complains of, as a problem; `text` places what it finds at the end."""
    match = _COMPLAINT_PLACE.search(message)
    what = message[: match.start()] if match else message
    what = next((ours for theirs, ours in _PLAINER.items() if what.startswith(theirs)), what)
    if match and match.group(1):
        line, column = int(match.group(1)), int(match.group(2))
    else:
        line, column = text.count("\n") + bool(text), len(text) - text.rfind("\n")
    return errors.Problem(file, line, column, f"is not TOML: {what}")


_COMPLAINT_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_PLAINER = {
    "Cannot overwrite a value": "this key is given twice",
    "Cannot declare": "this table is given twice",
    "Cannot mutate immutable": "this is written both as NAME = … and under a [header]",
    "Expected newline": "text after the value; telephone numbers and other text need quotes",
    "Unclosed": "a list or table is not closed, or text after a value; text needs quotes",
    "Illegal character '\\n'": "a line ends inside quotes",
    "Invalid statement": "neither a table, a key nor a comment",
    "Unescaped '\\'": "a backslash in double quotes; write regular expressions in single quotes",
}
"""Beginnings of what `tomllib` says, in words that help."""


class _Scanner:
    """Walks over the text once; `found` is the offset of each path."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, int] = {(): 0}
        self.lengths: dict[Path, int] = {}
        """Elements so far of each array that is written with [[headers]]."""

    def document(self) -> None:
        table: Path = ()
        self._skip(_BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)

    def _header(self) -> Path:
        start = self.at
        brackets = 2 if self.text.startswith("[[", start) else 1
        self.at += brackets
        *parents, (name, offset) = self._key()
        self.at += brackets
        path = (*self._enter(parents), name)
        if brackets == 1:
            self.found[path] = offset
            return path
        self.found.setdefault(path, offset)
        element = (*path, self.lengths.get(path, 0))
        self.lengths[path] = self.lengths.get(path, 0) + 1
        self.found[element] = start
        return element

    def _enter(self, keys: list[tuple[str, int]]) -> Path:
        """The table that a header's leading keys name: the newest element of an array."""
        path: Path = ()
        for name, offset in keys:
            path = (*path, name)
            self.found.setdefault(path, offset)
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        path = table
        for name, offset in self._key():
            path = (*path, name)
            self.found.setdefault(path, offset)
        self.at += 1  # the equals sign
        self._value(path)

    def _key(self) -> list[tuple[str, int]]:
        """A dotted key, and the blanks around it."""
        names = []
        while True:
            self._skip(_BLANK)
            names.append((self._name(), self.at))
            self._skip(_BARE_KEY if self.text[self.at] not in "\"'" else _STRING)
            self._skip(_BLANK)
            if not self.text.startswith(".", self.at):
                return names
            self.at += 1

    def _name(self) -> str:
        quoted = _STRING.match(self.text, self.at)
        if quoted:
            return str(tomllib.loads(f"key = {quoted.group()}")["key"])
        bare = _BARE_KEY.match(self.text, self.at)
        assert bare
        return bare.group()

    def _value(self, path: Path) -> None:
        self._skip(_BLANK)
        if self.text.startswith("[", self.at):
            self._array(path)
        elif self.text.startswith("{", self.at):
            self._inline_table(path)
        elif not self._skip(_STRING):
            self._skip(_PLAIN_VALUE)

    def _array(self, path: Path) -> None:
        self.at += 1
        number = 0
        while not self._closed("]"):
            self.found[*path, number] = self.at
            self._value((*path, number))
            number += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while not self._closed("}"):
            self._pair(path)

    def _closed(self, bracket: str) -> bool:
        """Step over blanks and a comma, then over the closing bracket if it is next."""
        self._skip(_BLANK)
        if self.text.startswith(",", self.at):
            self.at += 1
            self._skip(_BLANK)
        if not self.text.startswith(bracket, self.at):
            return False
        self.at += 1
        return True

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return bool(match)
