"""The text of a mail as plain words, for the remarks on a cover. Runs in the jail."""

import re
from collections.abc import Iterator

from mailfax.document.converters import Item, UnfitError, html, markup, text

MOST = 100_000
"""Characters that a cover takes."""

_BLOCK_NAMES = """
    address article aside blockquote body caption center dd div dl dt figure footer form h1 h2 h3
    h4 h5 h6 header hr li main nav ol p pre section table tbody tfoot thead tr ul
"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_APART = frozenset({"p", "h1", "h2", "h3", "h4", "ul", "ol", "table", "blockquote", "pre"})
"""Blocks with an empty line around."""
_NEAR, _FAR = "\x1e", "\x1d"
"""Where a block begins or ends; neighbours share the line end, or the empty line, between them."""
_AT_THE_END = re.compile(r"(?<=[^\n\x1d\x1e ]) *\n *(?=[\x1d\x1e])")
_BORDER = re.compile(r" *[\x1d\x1e][\x1d\x1e ]*")
_MARKS = {"li": "• ", "br": "\n"}
_SPACE = re.compile(r"[ \t\r\n\f]+")
_EMPTY = re.compile(r"\n(?:[ \t]*\n){2,}")


def of(item: Item) -> str:
    """The words of a text or HTML part. Raises `UnfitError` when it has none."""
    if item.kind == "text":
        return text.read(item)
    tree = markup.Body(html.source(item)).tree
    found = _lined("".join(_words(tree)))
    if not found:
        raise UnfitError("empty")
    return found


def _lined(words: str) -> str:
    """Borders of blocks as line ends; a line break before a border shows nothing."""
    borders = _BORDER.sub(
        lambda run: "\n\n" if _FAR in run[0] else "\n", _AT_THE_END.sub("", words)
    )
    return _EMPTY.sub("\n\n", re.sub(r" *\n *", "\n", borders)).strip()


def _words(tree: markup.Tree) -> Iterator[str]:
    """The words of a tree, with line ends where blocks begin and end; trees may be very deep."""
    left: list[str | markup.Tree] = [tree]
    while left:
        item = left.pop()
        if isinstance(item, str):
            yield item
        elif item.tag not in {"head", "style"}:
            left += reversed(list(_pieces(item)))


def _pieces(element: markup.Tree) -> Iterator[str | markup.Tree]:
    name = str(element.tag)
    around = _FAR if name in _APART else _NEAR if name in _BLOCKS else ""
    yield around + _MARKS.get(name, "") + _SPACE.sub(" ", element.text or "")
    for child in element:
        yield child
        yield _SPACE.sub(" ", child.tail or "")
    yield "  " if name in {"td", "th"} else around
