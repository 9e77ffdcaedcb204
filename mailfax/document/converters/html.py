"""HTML bodies, and any text whose script needs shaping, set by WeasyPrint.

Nothing is fetched: pictures come from the same mail or not at all (MIM-20). Colours are
left out, because grey or white letters and coloured grounds do not survive a fax.
"""

import html
import re
import sys
from collections.abc import Mapping
from typing import Any

import nh3
import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from mailfax.document import geometry, letters
from mailfax.document.converters import (
    Item,
    UnfitError,
    body,
    charsets,
    fonts,
    glyphs,
    kinds,
    legible,
    markup,
    text,
)

_READABLE, _WIDEST = 1.45, 4.0
"""Mails made for wider screens are set on a larger sheet and made smaller: up to the first their
letters stay readable, up to the second nothing is cut.
"""
_ENOUGH = 1.02
_LARGE = 300_000
"""Letters of HTML, from which not every way of laying it out is tried."""
_NOWHERE = "http://mail.invalid/"
"""What relative URLs are relative to: a place that is refused like any other."""
_MARGIN = 16
"""Millimetres around the text."""
_DEPTH = 20_000
"""Calls in calls that WeasyPrint may make: it goes down by recursion, about ten for an element."""

_PAGE = (
    "@page {{ size: {}mm {}mm !important; margin: {}mm !important; background: none !important }}"
)
_STYLE = """
html { font: 11pt "DejaVu Sans", sans-serif; overflow-wrap: break-word }
*, *::before, *::after {
  color: black !important; background: none !important;
  text-shadow: none !important; box-shadow: none !important; opacity: 1 !important;
  position: static !important; transform: none !important; page: auto !important;
}
img { max-width: 100%; height: auto }
a { overflow-wrap: anywhere }
pre, pre div { font: 10pt/1.25 "DejaVu Sans Mono", monospace; white-space: pre-wrap; margin: 0 }
"""
_RELAXED = """
* {
  width: auto !important; min-width: 0 !important; max-width: 100% !important;
  height: auto !important; line-height: normal !important; float: none !important;
  white-space: normal !important;
}
pre, pre * { white-space: pre-wrap !important }
"""
_BROKEN = "* { overflow-wrap: anywhere !important }"
"""For what is much wider than a sheet: its widths are for screens, its words are for the fax."""
_TYPED = """
pre {{ font: {size}pt/{pitch} "DejaVu Sans Mono", monospace }}
pre div {{ font: inherit }}
pre + pre {{ break-before: page }}
i {{ font-style: normal; letter-spacing: {wide}em }}
"""
"""Plain text; `i` is a run of ideographs that take two columns each."""

_TAG_NAMES = """
    a abbr address article aside b bdi bdo big blockquote br caption center cite code col
    colgroup dd del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6
    header hr i img ins kbd li main mark nav ol p pre q s samp section small span strike strong
    style sub summary sup table tbody td tfoot th thead time tr tt u ul var
"""
_TAGS = frozenset(_TAG_NAMES.split())
_ATTRIBUTE_NAMES = """
    align alt border cellpadding cellspacing class color colspan dir face height hidden hspace id
    lang nowrap reversed rowspan size span start style type valign value vspace width
"""
_ATTRIBUTES = frozenset(_ATTRIBUTE_NAMES.split())
_UNSEEN = frozenset({"script", "title", "noscript", "template", "svg", "math", "object"})
_SCHEMES = frozenset({"cid", "data", "http", "https", "mailto", "tel"})
_HEAD = 8192
_RIGHT_TO_LEFT = re.compile(r"<(?:html|body)\b[^>]{0,500}\bdir\s*=\s*[\"']?rtl", re.IGNORECASE)
"""Said of the whole text, whose outermost elements are not kept."""
_META_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_IDEOGRAPHS = re.compile(
    "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]+"
)
_INCH = 25.4
_PICTURE = re.compile(r"<img[^>]+src=\"(cid:[^\"]+|data:image/[^\"]+)\"", re.IGNORECASE)


def load() -> None:
    """Read fonts and lay out one page, so that children find all that warm."""
    sys.setrecursionlimit(_DEPTH)
    glyphs.load()
    set_html("<p>warm <b>warm</b> שלום</p>", geometry.Sheet("a4", (204, 196)), {})
    markup.Body("<p>warm")


def to_pdf(item: Item, sheet: geometry.Sheet) -> bytes:
    """Set an HTML part. Raises `UnfitError` when it shows nothing, or cannot be shown."""
    clean = source(item)
    if item.heading:
        clean = f"<pre>{html.escape(item.heading)}</pre><hr>{clean}"
    if not _shows(clean, item.related):
        raise UnfitError("empty")
    document, small = set_html(_printable(clean), sheet, item.related)
    if small:
        item.tell(remark="small", number=0)
    return document


def source(item: Item) -> str:
    """An HTML part decoded, cleaned of all that is not text or layout, and of what `item.trim`
    leaves out.
    """
    declared = _META_CHARSET.search(item.data[:_HEAD])
    charset = item.charset or (declared[1].decode("ascii", "replace") if declared else None)
    written = letters.clean(charsets.decode(item.data, charset))
    clean = _clean(written)
    if _RIGHT_TO_LEFT.search(written[:_HEAD]):
        clean = f"<div dir=rtl>{clean}</div>"
    return body.trimmed(clean, item, item.trim) if item.trim is not None else clean


def text_to_pdf(source: str, sheet: geometry.Sheet, limit: int) -> bytes:
    """Set clean plain text, every line in the direction that its first letter has.

    Raises `UnfitError` for letters that no font has, and for too many pages.
    """
    shown = _printable(source)
    setting = text.setting_of(shown, sheet)
    text.pages(shown, setting, limit)
    sides = (side * _INCH / 72 for side in (setting.width, setting.height, setting.margin))
    wide = 2 * fonts.MONO_WIDTH - 1
    style = _TYPED.format(size=setting.size, pitch=text.PITCH, wide=wide)
    sheets = (f"<pre>{_typed(page, setting.columns)}</pre>" for page in shown.split("\f"))
    document = _layout("".join(sheets), {}, _PAGE.format(*sides) + _STYLE + style)
    return bytes(document.write_pdf())


def _typed(page: str, columns: int) -> str:
    """Lines in columns are broken here, sentences where the letters end."""
    lines = (
        part
        for line in page.split("\n")
        for part in (text.wrap(line, columns) if text.in_columns(line) else [line])
    )
    return "".join(map(_typed_line, lines))


def _typed_line(line: str) -> str:
    escaped = html.escape(line) or "&nbsp;"
    if text.in_columns(line):
        escaped = _IDEOGRAPHS.sub(r"<i>\g<0></i>", escaped)
    return f"<div dir={letters.direction(line)}>{escaped}</div>"


def _clean(source: str) -> str:
    attributes = {"*": set(_ATTRIBUTES), "a": {"href"}, "img": {"src"}}
    return nh3.clean(
        source,
        tags=set(_TAGS),
        clean_content_tags=set(_UNSEEN),
        attributes=attributes,
        url_schemes=set(_SCHEMES),
        link_rel=None,
    )


def _shows(clean: str, related: Mapping[str, bytes]) -> bool:
    """Whether there is a word to read, or a picture that the mail itself has."""
    words = nh3.clean(clean, tags=set(), clean_content_tags={"style"})
    if html.unescape(words).strip():
        return True
    sources = (match[1] for match in _PICTURE.finditer(clean))
    return any(body.content_id(s) in related or s.startswith("data:") for s in sources)


def _printable(source: str) -> str:
    shown, lacking = glyphs.replace_symbols(source)
    if lacking:
        raise UnfitError("letters", lacking)
    return shown


# ── Layout ─────────────────────────────────────────────────────────────────────────────


def set_html(clean: str, sheet: geometry.Sheet, related: Mapping[str, bytes]) -> tuple[bytes, bool]:
    """Lay out clean HTML, on a larger sheet where something would stand out at the right; and
    whether that makes the letters smaller than they should be.
    """
    with legible.enforced():
        document, small = _fitted(clean, sheet, related)
        return bytes(document.write_pdf()), small


def _fitted(clean: str, sheet: geometry.Sheet, related: Mapping[str, bytes]) -> tuple[Any, bool]:
    """Laid out so that nothing stands out at the right, with as little change as it takes."""
    sides = geometry.PAPERS[sheet.paper]
    document = _on_sheet(clean, related, sides, 1.0)
    over = _overhang(document)
    if over <= _ENOUGH:
        return document, False
    attempts = [
        (sides, min(over, _READABLE), ""),
        (sides, _READABLE, _RELAXED),
        (sides[::-1], _READABLE, _RELAXED),
        (sides, _READABLE, _RELAXED + _BROKEN),
    ]
    for shape, scale, style in attempts if len(clean) < _LARGE else attempts[::3]:
        document = _on_sheet(clean, related, shape, scale, style)
        if (over := _overhang(document)) <= _ENOUGH:
            return document, False
    scale = min(_WIDEST, _READABLE * over)
    return _on_sheet(clean, related, sides, scale, _RELAXED + _BROKEN), True


def _on_sheet(
    clean: str,
    related: Mapping[str, bytes],
    sides: tuple[float, float],
    scale: float,
    more: str = "",
) -> Any:
    """Laid out on a sheet that is larger by `scale`, on which letters are no smaller for it."""
    width, height = (side * scale for side in sides)
    legible.on_sheet(min(scale, _READABLE))
    page = _PAGE.format(width, height, _MARGIN * scale)
    return _layout(clean, related, page + _STYLE + more)


def _layout(clean: str, related: Mapping[str, bytes], style: str) -> Any:
    source = weasyprint.HTML(string=clean, base_url=_NOWHERE, url_fetcher=_SameMail(related))
    sheets = [weasyprint.CSS(string=style)]
    fonts = InstalledFonts()
    return source.render(stylesheets=sheets, font_config=fonts, presentational_hints=True)


def _overhang(document: Any) -> float:
    """How much wider than its sheet the widest page is, 1.0 when all fit."""
    return max((_page_overhang(page) for page in document.pages), default=1.0)


def _page_overhang(page: Any) -> float:
    """How much wider a page's contents are than its room, 1.0 when they fit."""
    box = page._page_box  # noqa: SLF001  WeasyPrint tells it nowhere else
    left, room = box.content_box_x(), box.width
    rights = (
        child.position_x + child.margin_width() for child in box.descendants() if _solid(child)
    )
    return float((max(rights, default=left + room) - left) / room)


def _solid(box: Any) -> bool:
    return type(box).__name__ in {"TextBox", "TableBox", "BlockReplacedBox", "InlineReplacedBox"}


class InstalledFonts(FontConfiguration):  # type: ignore[misc]  # WeasyPrint has no types
    """The fonts of this machine; a mail cannot bring its own, which would be files to write.

    Never one from before a fork: Pango finds fonts in a thread that its font map keeps (measured
    2026-11-20: 1.56.3 does, 1.50.12 does not), and a child would wait for that thread for ever.
    """

    def add_font_face(self, rule_descriptors: object, url_fetcher: object) -> None:
        """Pass over an @font-face rule."""


class _SameMail(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Serves pictures that came in the same mail; refuses all else without looking at it."""

    def __init__(self, related: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols={"data"}, allow_redirects=False)
        self._related = related

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        """The picture at a cid: or data: URL. Raises ValueError for any other."""
        if url.lower().startswith("data:image/"):
            return super().fetch(url, headers)
        data = self._related.get(body.content_id(url), b"")
        if kinds.found(data, "", "") not in kinds.PICTURES:
            raise ValueError("not a picture of this mail")
        return URLFetcherResponse(url, data)
