"""A cleaned HTML body as lines of text with their places, so that it can be trimmed like a text.

Every element and text of the tree has a number in document order. A line knows the numbers that
it spans; a range of lines is erased by erasing what lies between. Runs in the jail.
"""

import bisect
import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import lxml.html

_BLOCK_NAMES = """
    address article aside blockquote body caption center dd div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section table tbody td tfoot
    th thead tr ul
"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_SPACE = re.compile(r"[ \t\r\n\f]+")
_PARSER = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True)
_DEEPEST = 60
"""Elements in elements; WeasyPrint goes down by recursion."""

Tree = Any
"""An lxml element; lxml has no types."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Token:
    """The beginning or end of an element, or a text in it or behind it."""

    element: Tree
    what: str
    """`in`, `text`, `out` or `tail`."""


@dataclasses.dataclass(slots=True)
class Line:
    """A line of text, and the numbers of its first token and of the one after its last."""

    text: str
    start: int
    stop: int


class Body:
    """A parsed HTML body; `texts` are its lines without their places, blocks apart."""

    def __init__(self, source: str) -> None:
        wrapped = f"<html><body>{source}</body></html>"
        self.tree: Tree = lxml.html.document_fromstring(wrapped, parser=_PARSER)
        _flatten(self.tree)
        _break_up(self.tree)
        self.read()

    def read(self) -> None:
        """See what stands where, now that the tree has changed."""
        self._tokens = list(_walk(self.tree))
        self._begins = {t.element: n for n, t in enumerate(self._tokens) if t.what == "in"}
        self._ends = {t.element: n for n, t in enumerate(self._tokens) if t.what == "out"}
        self.lines = list(_lines(self._tokens))
        self.texts = [line.text for line in self.lines]
        self._stops = [line.stop for line in self.lines]

    def html(self) -> str:
        """What is left, as HTML."""
        return str(lxml.html.tostring(self.tree, encoding="unicode"))

    def line_of(self, element: Tree) -> int:
        """The number of the first line that ends behind the beginning of this element."""
        return bisect.bisect_right(self._stops, self._begins[element])

    def lines_of(self, element: Tree, *, to_the_end: bool = False) -> range:
        """The lines in this element, or from it to the end of the text."""
        stop = len(self._tokens) if to_the_end else self._ends[element]
        begin = self._begins[element]
        first = next(
            (n for n, line in enumerate(self.lines) if line.start >= begin), len(self.lines)
        )
        return range(first, max(first, bisect.bisect_right(self._stops, stop + 1)))

    def erase(self, ranges: Iterable[range]) -> None:
        """Take these lines out of the tree, with all pictures and rules between them."""
        gone = {number for lines in ranges for number in range(*self._around(lines))}
        for number in gone:
            token = self._tokens[number]
            if token.what in {"text", "tail"}:
                setattr(token.element, token.what, None)
        for number in gone:
            token = self._tokens[number]
            if token.what == "in" and self._ends[token.element] in gone:
                self.remove(token.element)
        self.read()

    def _around(self, lines: range) -> tuple[int, int]:
        """The tokens of these lines, and the shells and empty texts around them."""
        start, stop = self.lines[lines.start].start, self.lines[lines.stop - 1].stop
        while start and _is_shell(self._tokens[start - 1], "in"):
            start -= 1
        last = lines.stop == len(self.lines)
        while stop < len(self._tokens) and (last or _is_shell(self._tokens[stop], "out")):
            stop += 1
        return start, stop

    def remove(self, element: Tree) -> None:
        """Take an element out, and leave what stands behind it."""
        parent = element.getparent()
        if parent is None:
            return
        if element.tail:
            before = element.getprevious()
            if before is None:
                parent.text = (parent.text or "") + element.tail
            else:
                before.tail = (before.tail or "") + element.tail
        parent.remove(element)


def _is_shell(token: _Token, what: str) -> bool:
    if token.element.tag in {"hr", "br"} and token.what != "tail":
        return True
    if token.what == what:
        return token.element.tag not in {"body", "html", "td", "th", "tr", "table", "tbody"}
    return token.what in {"text", "tail"} and not (_text(token) or "").strip()


def _text(token: _Token) -> str | None:
    found: str | None = getattr(token.element, token.what)
    return found


def _walk(tree: Tree) -> Iterator[_Token]:
    """All of a tree in document order; trees may be very deep, so not by recursion."""
    for event, element in lxml.etree.iterwalk(tree, events=("start", "end")):
        yield _Token(element, "in" if event == "start" else "out")
        yield _Token(element, "text" if event == "start" else "tail")


def _lines(tokens: Sequence[_Token]) -> Iterator[Line]:
    held: list[str] = []
    start = 0
    for number, token in enumerate(tokens):
        if token.what in {"text", "tail"}:
            if token.element.tag != "style" or token.what == "tail":
                start = start if held else number
                held += [_SPACE.sub(" ", _text(token) or "")] if _text(token) else []
            continue
        name = token.element.tag
        if name in _BLOCKS or name == "br":
            written = "".join(held).strip()
            held = []
            if written:
                yield Line(written, start, number)
            if (name in _BLOCKS and written) or (
                name == "br" and not written and token.what == "in"
            ):
                yield Line("", number, number + 1)
    if written := "".join(held).strip():
        yield Line(written, start, len(tokens))


def _flatten(tree: Tree) -> None:
    """Unwrap what lies too deep; the words stay."""
    deep = []
    depth = 0
    for event, element in lxml.etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if event == "start" and depth > _DEEPEST and element.tag not in {"td", "th", "tr", "img"}:
            deep.append(element)
    for element in deep:
        element.drop_tag()


def _break_up(tree: Tree) -> None:
    """Line ends of preformatted text as elements, so that each line has its place."""
    for element in tree.iter("pre"):
        for inner in [element, *element.iterdescendants()]:
            _break_text(inner)
            if inner is not element:
                _break_tail(inner)


def _break_text(element: Tree) -> None:
    first, *rest = (element.text or "").split("\n")
    if rest:
        element.text = first
        for place, piece in enumerate(rest):
            element.insert(place, _broken(piece))


def _break_tail(element: Tree) -> None:
    first, *rest = (element.tail or "").split("\n")
    if rest:
        element.tail = first
        parent = element.getparent()
        place = parent.index(element) + 1
        for number, piece in enumerate(rest):
            parent.insert(place + number, _broken(piece))


def _broken(piece: str) -> Tree:
    made = lxml.html.Element("br")
    made.tail = piece
    return made
