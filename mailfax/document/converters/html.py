"""HTML bodies, and any text whose script needs shaping, set by WeasyPrint.

Nothing is fetched: pictures come from the same mail or not at all (MIM-20). Colours are
left out, because grey or white letters and coloured grounds do not survive a fax.
"""

import html
import re
import urllib.parse
from collections.abc import Mapping
from typing import Any

import nh3
import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from mailfax.document import geometry, letters
from mailfax.document.converters import Item, UnfitError, cover, glyphs, kinds, text

_WIDEST = 4.0
"""Mails made for wider screens are set on a larger sheet, up to this, and made smaller."""
_ENOUGH = 1.02
_NOWHERE = "http://mail.invalid/"
"""What relative URLs are relative to: a place that is refused like any other."""
_MARGIN = 16
"""Millimetres around the text."""

_STYLE = """
@page {{ size: {width}mm {height}mm !important; margin: {margin}mm !important }}
html {{ font: 11pt "DejaVu Sans", sans-serif }}
*, *::before, *::after {{
  color: black !important; background: none !important;
  text-shadow: none !important; box-shadow: none !important;
}}
img {{ max-width: 100%; height: auto }}
td, th, p, li {{ overflow-wrap: break-word }}
pre, pre div {{ font: 10pt/1.25 "DejaVu Sans Mono", monospace; white-space: pre-wrap; margin: 0 }}
"""

_TAG_NAMES = """
    a abbr address article aside b bdi bdo big blockquote br caption center cite code col
    colgroup dd del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6
    header hr i img ins kbd li main mark nav ol p pre q s samp section small span strike strong
    style sub summary sup table tbody td tfoot th thead time tr tt u ul var
"""
_TAGS = frozenset(_TAG_NAMES.split())
_ATTRIBUTE_NAMES = """
    align alt border cellpadding cellspacing class color colspan dir face height hspace id lang
    nowrap reversed rowspan size span start style type valign value vspace width
"""
_ATTRIBUTES = frozenset(_ATTRIBUTE_NAMES.split())
_UNSEEN = frozenset({"script", "title", "noscript", "template", "svg", "math", "object"})
_SCHEMES = frozenset({"cid", "data", "http", "https", "mailto", "tel"})
_META_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_PICTURE = re.compile(r"<img[^>]+src=\"(cid:[^\"]+|data:image/[^\"]+)\"", re.IGNORECASE)


def load() -> None:
    """Read fonts and lay out one page, so that children find all that warm."""
    glyphs.load()
    set_html("<p>warm <b>warm</b> שלום</p>", geometry.Sheet("a4", (204, 196)), {})


def to_pdf(item: Item, sheet: geometry.Sheet) -> bytes:
    """Set an HTML part. Raises `UnfitError` when it shows nothing, or cannot be shown."""
    declared = _META_CHARSET.search(item.data[:4096])
    charset = item.charset or (declared[1].decode("ascii", "replace") if declared else None)
    source = letters.clean(text.decode(item.data, charset))
    if not _shows(clean := _clean(source), item.related):
        raise UnfitError("empty")
    return set_html(_printable(clean), sheet, item.related)


def text_to_pdf(source: str, sheet: geometry.Sheet) -> bytes:
    """Set clean plain text, every line in the direction that its first letter has."""
    lines = (
        f"<div dir={letters.direction(line)}>{html.escape(line) or '&nbsp;'}</div>"
        for line in _printable(source).split("\n")
    )
    return set_html(f"<pre>{''.join(lines)}</pre>", sheet, {})


def cover_to_pdf(composed: cover.Composed, sheet: geometry.Sheet) -> bytes:
    """Set a cover (`cover.compose`) whose words need shaping."""
    return set_html(_printable(cover.to_html(composed)), sheet, {})


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
    return any(_content_id(s) in related or s.startswith("data:") for s in sources)


def _printable(source: str) -> str:
    shown, lacking = glyphs.replace_symbols(source)
    if lacking:
        raise UnfitError("letters", lacking)
    return shown


# ── Layout ─────────────────────────────────────────────────────────────────────────────


def set_html(clean: str, sheet: geometry.Sheet, related: Mapping[str, bytes]) -> bytes:
    """Lay out clean HTML; on a larger sheet where something would stand out at the right."""
    document = _layout(clean, sheet, related, 1.0)
    wider = min(_WIDEST, max((_overhang(page) for page in document.pages), default=1.0))
    if wider > _ENOUGH:
        document = _layout(clean, sheet, related, wider)
    return bytes(document.write_pdf())


def _layout(clean: str, sheet: geometry.Sheet, related: Mapping[str, bytes], scale: float) -> Any:
    width, height = (side * scale for side in geometry.PAPERS[sheet.paper])
    style = _STYLE.format(width=width, height=height, margin=_MARGIN * scale)
    source = weasyprint.HTML(string=clean, base_url=_NOWHERE, url_fetcher=_SameMail(related))
    sheets = [weasyprint.CSS(string=style)]
    fonts = _InstalledFonts()
    return source.render(stylesheets=sheets, font_config=fonts, presentational_hints=True)


def _overhang(page: Any) -> float:
    """How much wider a page's contents are than its room, 1.0 when they fit."""
    box = page._page_box  # noqa: SLF001  WeasyPrint tells it nowhere else
    left, room = box.content_box_x(), box.width
    rights = (
        child.position_x + child.margin_width() for child in box.descendants() if _solid(child)
    )
    return float((max(rights, default=left + room) - left) / room)


def _solid(box: Any) -> bool:
    return type(box).__name__ in {"TextBox", "TableBox", "BlockReplacedBox", "InlineReplacedBox"}


class _InstalledFonts(FontConfiguration):  # type: ignore[misc]  # WeasyPrint has no types
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
        data = self._related.get(_content_id(url), b"")
        if kinds.found(data, "", "") not in kinds.PICTURES:
            raise ValueError("not a picture of this mail")
        return URLFetcherResponse(url, data)


def _content_id(url: str) -> str:
    """The content id of a cid: URL (RFC 2392); nothing for other URLs."""
    scheme, _, rest = url.partition(":")
    return urllib.parse.unquote(rest) if scheme.lower() == "cid" else ""
