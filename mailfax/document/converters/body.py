"""An HTML body without what the rules leave out: quote, signature, notice, logos, trackers.

Every picture and every cut is told to the outside of the jail. Runs in the jail.
"""

import hashlib
import re
import urllib.parse
from collections import Counter
from collections.abc import Mapping

from mailfax.document.converters import Item, Trim, extent, glyphs, trimming
from mailfax.document.converters.markup import Body, Tree

DOTS = 3
"""Pixels: what is no larger counts readers, or holds a table open."""
WIDE, HIGH = 100.0, 35.0
"""Millimetres: what is larger on paper is no logo."""
_PIXEL = 25.4 / 96
_FEW_LETTERS = 20
"""Letters of text, up to which a picture may be what the mail is about."""

_TO_THE_END = (
    "//*[@id='appendonsend' or @id='divRplyFwdMsg' or @id='reply-intro'"
    " or @id='mail-editor-reference-message-container']"
)
"""Marks of Outlook, under which the quoted mail follows to the end."""
_QUOTED = (
    "//*[contains(concat(' ', @class, ' '), ' gmail_quote ') or contains(@class, 'yahoo_quoted')"
    " or contains(@class, 'protonmail_quote') or contains(@class, 'tutanota_quote')"
    " or contains(@class, 'zmail_extra') or contains(@class, 'moz-cite-prefix')]"
    " | //blockquote[@type='cite' or contains(@class, 'quote')]"
)
"""Elements that Gmail, Yahoo, Apple Mail, Thunderbird and others put a quoted mail into."""
_SIGNED = (
    "//*[contains(@class, 'gmail_signature') or contains(@class, 'moz-signature')"
    " or @id='Signature' or @id='AppleMailSignature' or contains(@id, 'ms-outlook-mobile-sig')]"
)
_LENGTH = r"(?:^|;)\s*{}\s*:\s*(\d+(?:\.\d+)?)(px|pt|in|cm|mm)?\s*(?:!important)?\s*(?:;|$)"
_SIDES = {side: re.compile(_LENGTH.format(side), re.IGNORECASE) for side in ("width", "height")}
_UNITS = {"px": 1.0, "pt": 96 / 72, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}
_HIDDEN = re.compile(
    r"(?:display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0*)?\s*(?:;|$))",
    re.IGNORECASE,
)
_WINGDINGS = re.compile(r"font-family\s*:\s*[\"']?wingdings\b(?!\s*[23])", re.IGNORECASE)
_REMOTE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)


def trimmed(source: str, item: Item, trim: Trim) -> str:
    """Cleaned HTML without what is to be left out."""
    body = Body(source)
    _spell_out_symbols(body)
    before = _shown(body) & item.related.keys()
    chosen = _leave_pictures(body, item, trim)
    _cut(body, item, trim)
    left = dict.fromkeys(item.related.keys() - before, "unused")
    left |= {cid: chosen.get(cid, "cut") for cid in before - _shown(body)}
    item.tell(left=left)
    return body.html()


def _shown(body: Body) -> set[str]:
    """Content ids of the pictures in a text."""
    return {content_id(image.get("src", "")) for image in body.tree.iter("img")}


def _spell_out_symbols(body: Body) -> None:
    """Letters that stand for signs in Wingdings, which is not installed: `J` is a face there."""
    for element in body.tree.xpath("//*[contains(@style, 'ingdings')] | //font[@face='Wingdings']"):
        if _WINGDINGS.search(element.get("style", "font-family:wingdings")):
            moved = (chr(0xF000 + ord(letter)) for letter in element.text or "")
            element.text = "".join(moved).translate(glyphs.SYMBOL_FONT)


# ── Text ───────────────────────────────────────────────────────────────────────────────


def _cut(body: Body, item: Item, trim: Trim) -> None:
    quoted = _quoted(body)
    item.tell(blocks=trimming.blocks(body.texts, quoted))
    signed = [body.lines_of(element) for element in body.tree.xpath(_SIGNED)]
    cuts = trimming.cuts(body.texts, quoted, trim, list(filter(None, signed)))
    body.erase(cut.lines for cut in cuts)
    for cut in cuts:
        item.tell(remark=cut.code, number=0)


def _quoted(body: Body) -> list[range]:
    """The outermost quoted blocks, by the marks of mail programs or by `>`."""
    elements = [(e, True) for e in body.tree.xpath(_TO_THE_END)]
    elements += [(e, False) for e in body.tree.xpath(_QUOTED)]
    found = [body.lines_of(element, to_the_end=rest) for element, rest in elements]
    found += trimming.marked(body.texts)
    return _outermost(body, [lines for lines in found if lines])


def _outermost(body: Body, ranges: list[range]) -> list[range]:
    """Ranges that overlap, or have nothing but empty lines between them, are one."""
    found: list[range] = []
    for lines in sorted(ranges, key=lambda lines: (lines.start, -lines.stop)):
        between = body.texts[found[-1].stop : lines.start] if found else ["x"]
        if found and not any(between):
            found[-1] = range(found[-1].start, max(found[-1].stop, lines.stop))
        else:
            found.append(lines)
    return found


# ── Pictures ───────────────────────────────────────────────────────────────────────────


def _leave_pictures(body: Body, item: Item, trim: Trim) -> dict[str, str]:
    """Take out trackers and logos, unless hardly anything else would be left; which were parts
    of the mail, and what they are.
    """
    judge = _Judge(body, item, trim)
    codes = {image: code for image in body.tree.iter("img") if (code := judge.code(image))}
    chosen = {image: code for image, code in codes.items() if _is_wanted_out(code, trim)}
    if not _says_something(body, chosen):
        chosen = {image: code for image, code in chosen.items() if code in _UNSEEN}
    for image in chosen:
        body.remove(image)
    for code, number in _counts(codes, chosen, item).items():
        item.tell(remark=code, number=number)
    body.read()
    return {content_id(image.get("src", "")): code for image, code in chosen.items()}


_UNSEEN = frozenset({"dot", "hidden"})


def _is_wanted_out(code: str, trim: Trim) -> bool:
    return code != "remote" and (trim.trackers if code in _UNSEEN else trim.logos)


def _counts(codes: Mapping[Tree, str], chosen: Mapping[Tree, str], item: Item) -> Counter[str]:
    """How many pictures that are no parts of the mail are missing, by the remark that says so."""
    found: Counter[str] = Counter()
    for image, code in codes.items():
        if content_id(image.get("src", "")) in item.related:
            continue
        if code == "remote":
            found["remote"] += 1
        elif image in chosen:
            found["trackers" if code in _UNSEEN else "logos"] += 1
    return found


def _says_something(body: Body, gone: Mapping[Tree, str]) -> bool:
    letters = sum(map(len, body.texts))
    others = (image for image in body.tree.iter("img") if image not in gone)
    shown = (image for image in others if not _REMOTE.match(image.get("src", "")))
    return letters > _FEW_LETTERS or any(True for _ in shown)


class _Judge:
    """Tells what a picture of one body is."""

    def __init__(self, body: Body, item: Item, trim: Trim) -> None:
        self._body = body
        self._related = item.related
        self._recurring = trim.recurring
        self._signed = {image for e in body.tree.xpath(_SIGNED) for image in e.iter("img")}

    def code(self, image: Tree) -> str | None:
        """What a picture is, if it may not be worth a place on paper."""
        source = image.get("src", "")
        data = self._related.get(content_id(source))
        size = _size(image, data)
        if size is not None and max(size) <= DOTS:
            return "dot"
        if _is_hidden(image):
            return "hidden"
        small = size is not None and size[0] * _PIXEL <= WIDE and size[1] * _PIXEL <= HIGH
        if small and self._stands_in_signature(image):
            return "logo"
        if _REMOTE.match(source):
            return "remote"
        known = data is not None and hashlib.sha256(data).hexdigest() in self._recurring
        return "repeated" if small and known else None

    def _stands_in_signature(self, image: Tree) -> bool:
        """In what a mail program marks as one, or a few lines below a closing or `-- `."""
        if image in self._signed:
            return True
        return trimming.in_signature(self._body.texts, self._body.line_of(image))


def content_id(url: str) -> str:
    """The content id of a cid: URL (RFC 2392); nothing for other URLs."""
    scheme, _, rest = url.strip().partition(":")
    return urllib.parse.unquote(rest) if scheme.lower() == "cid" else ""


def _size(image: Tree, data: bytes | None) -> tuple[float, float] | None:
    """Width and height as they are laid out, in CSS pixels."""
    width, height = (_declared(image, side) for side in ("width", "height"))
    own = extent.pixels(data) if data is not None else None
    if own is not None and all(own):
        if width is None and height is None:
            return float(own[0]), float(own[1])
        width = width if width is not None else (height or 0) * own[0] / own[1]
        height = height if height is not None else width * own[1] / own[0]
    return None if width is None or height is None else (width, height)


def _declared(image: Tree, side: str) -> float | None:
    styled = _SIDES[side].search(image.get("style", ""))
    if styled:
        return float(styled[1]) * _UNITS[(styled[2] or "px").lower()]
    written = image.get(side, "").strip().removesuffix("px")
    return float(written) if re.fullmatch(r"\d{1,5}", written) else None


def _is_hidden(element: Tree) -> bool:
    return any(
        one.get("hidden") is not None or _HIDDEN.search(one.get("style", ""))
        for one in (element, *element.iterancestors())
    )
