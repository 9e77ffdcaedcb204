"""Covers set by WeasyPrint: templates of HTML, and field layouts in scripts that need shaping.

Nothing is fetched but the pictures that came with the template. Runs in the jail.
"""

import functools
import html
import re
from collections.abc import Iterator, Mapping, Sequence

import weasyprint
from weasyprint.urls import URLFetcher, URLFetcherResponse

from mailfax.document import letters
from mailfax.document.converters import UnfitError, cover, glyphs, kinds
from mailfax.document.converters import html as bodies

_HOME = "http://cover.invalid/"
"""What the names of pictures are relative to: a place that is never asked."""
_BRACES = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_PLAIN = frozenset({"direction", "language"})
"""What may stand in a tag: words of ours, not of people."""

_FACES = {
    "sans": 'normal {size}pt/{pitch} "DejaVu Sans", sans-serif',
    "bold": 'bold {size}pt/{pitch} "DejaVu Sans", sans-serif',
    "serif": 'normal {size}pt/{pitch} "DejaVu Serif", sans-serif',
    "serif-bold": 'bold {size}pt/{pitch} "DejaVu Serif", sans-serif',
    "mono": 'normal {size}pt/{pitch} "DejaVu Sans Mono", sans-serif',
    "mono-bold": 'bold {size}pt/{pitch} "DejaVu Sans Mono", sans-serif',
}
"""Other scripts are always set without serifs: the hairlines of Noto Serif CJK vanish at 98 rows
an inch, and each face of it takes 50 MB of address space (measured 2026-11-20).
"""

_PAGE = """
@page {{ size: {width}mm {height}mm !important; margin: 16mm 20mm }}
html {{ font: 11pt/1.25 "DejaVu Sans", sans-serif }}
body {{ margin: 0; overflow-wrap: anywhere }}
img {{ max-width: 100% }}
"""


# ── Templates of HTML ──────────────────────────────────────────────────────────────────


def page_to_pdf(
    source: str,
    known: cover.Words,
    fields: Sequence[str],
    size: tuple[float, float],
    pictures: Mapping[str, bytes],
) -> bytes:
    """A template of HTML with its words in it, on a sheet of this many millimetres."""
    lines = (_line(line, known, fields) for line in source.splitlines())
    width, height = size
    return _set("\n".join(lines), _PAGE.format(width=width, height=height), pictures)


def _line(line: str, known: cover.Words, fields: Sequence[str]) -> str:
    """One line of the file; nothing when it names fields and all are empty."""
    named = {name for name in _BRACES.findall(line) if name in {*fields, "remarks"}}
    if named and not any(known[name] for name in named):
        return ""
    return _BRACES.sub(functools.partial(_word, known), line)


def _word(known: cover.Words, match: re.Match[str]) -> str:
    name = match[1]
    if name == "remarks":
        return "".join(_paragraphs(known[name]))
    return known[name] if name in _PLAIN else _apart(known[name])


def _apart(text: str) -> str:
    """Words of their own direction, whatever stands beside them (Unicode Annex 9, isolates)."""
    return f"\u2068{html.escape(text)}\u2069" if text else ""


def _paragraphs(text: str) -> Iterator[str]:
    """Each line of the remarks in the direction that its first letter has."""
    for line in text.expandtabs(8).splitlines():
        way, align = letters.direction(line), _SIDE[letters.direction(line)]
        shown = html.escape(line) or "&nbsp;"
        yield f'<div dir="{way}" style="white-space:pre-wrap;text-align:{align}">{shown}</div>'


_SIDE = {"ltr": "left", "rtl": "right"}


# ── Field layouts ──────────────────────────────────────────────────────────────────────


def setting_to_pdf(setting: cover.Setting, known: cover.Words) -> bytes:
    """Draw from the places that `cover.Setting` has found; the remarks flow by themselves."""
    first, style = setting.first, setting.remarks
    marks = "".join(_mark(mark, first.left, first.top) for mark in setting.marks)
    foot = "".join(
        _mark(mark, setting.further.left, setting.further.bottom) for mark in setting.foot
    )
    face = _face(style["font"], style["size"])
    text = "".join(_paragraphs(known["remarks"]))
    body = f"<div class=foot><div>{foot}</div></div><div class=marks>{marks}</div>"
    body += f'<div style="{face}">{text}</div>'
    return _set(f'<html lang="{known["language"]}">{body}', _sheets(setting), {})


def _sheets(setting: cover.Setting) -> str:
    """The two kinds of pages: the first, and those on which the remarks go on."""
    width, height = setting.size
    way = letters.direction(setting.head)
    head = f"{_face(setting.label_font, setting.small)}; direction: {way}; text-align: {_SIDE[way]}"
    return f"""
@page {{ size: {width}pt {height}pt; {_margins(setting, setting.further)}
  @top-left {{ width: 100%; white-space: nowrap; vertical-align: bottom; padding-bottom: 6mm;
    {head}; content: {_quoted(setting.head)} }} }}
@page :first {{ {_margins(setting, setting.first)} @top-left {{ content: none }} }}
body {{ margin: 0 }}
.marks {{ position: relative; height: 0 }}
.foot {{ position: running(foot) }}
.foot > div {{ position: relative; height: {height - setting.further.bottom:.3f}pt }}
@page {{ @bottom-left {{ content: element(foot); width: 100%; vertical-align: bottom }} }}
"""


def _margins(setting: cover.Setting, room: cover.Room) -> str:
    width, height = setting.size
    sides = (room.top, width - room.right, max(0.0, height - room.bottom), room.left)
    return "margin: " + " ".join(f"{side:.3f}pt" for side in sides) + ";"


def _mark(mark: cover.Mark, left: float, top: float) -> str:
    """A line or a stroke at its place, as seen from that point of the sheet."""
    box = f"left:{mark.left - left:.3f}pt;width:{mark.right - mark.left:.3f}pt"
    if isinstance(mark, cover.Stroke):
        return _stroke(mark, left, top)
    way = letters.direction(mark.text)
    face = f"{_face(mark.font, mark.size)};white-space:pre;text-align:{mark.align}"
    place = f"position:absolute;{box};top:{mark.top - top:.3f}pt"
    return f'<div dir="{way}" style="{place};{face}">{html.escape(mark.text)}</div>'


def _stroke(mark: cover.Stroke, left: float, top: float) -> str:
    half = mark.weight / 2
    wide, high = mark.right - mark.left, mark.bottom - mark.top
    place = f"position:absolute;left:{mark.left - left - half * bool(mark.frame or not wide):.3f}pt"
    place += f";top:{mark.top - top - half * bool(mark.frame or not high):.3f}pt"
    if mark.frame:
        inner = f"width:{wide - mark.weight:.3f}pt;height:{high - mark.weight:.3f}pt"
        return f'<div style="{place};{inner};border:{mark.weight}pt solid"></div>'
    size = f"width:{wide or mark.weight:.3f}pt;height:{high or mark.weight:.3f}pt"
    return f'<div style="{place};{size};background:black"></div>'


def _face(font: str, size: float) -> str:
    return "font:" + _FACES[font].format(size=f"{size:.3f}", pitch=cover.PITCH).replace('"', "'")


def _quoted(text: str) -> str:
    """A text as CSS writes it."""
    return '"' + "".join(f"\\{ord(letter):06x}" for letter in text) + '"'


# ── Setting ────────────────────────────────────────────────────────────────────────────


def _set(source: str, style: str, pictures: Mapping[str, bytes]) -> bytes:
    shown, lacking = glyphs.replace_symbols(source)
    if lacking:
        raise UnfitError("letters", lacking)
    page = weasyprint.HTML(string=shown, base_url=_HOME, url_fetcher=_Beside(pictures))
    fonts = bodies.InstalledFonts()
    sheets = [weasyprint.CSS(string=style)]
    return bytes(page.write_pdf(stylesheets=sheets, font_config=fonts))


class _Beside(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Serves the pictures that lie beside the template; refuses all else without looking."""

    def __init__(self, pictures: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols=set(), allow_redirects=False)
        self._pictures = pictures

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:  # noqa: ARG002
        """The picture of this name. Raises ValueError for anything else."""
        data = self._pictures.get(url.removeprefix(_HOME), b"")
        if kinds.found(data, "", "") not in kinds.PICTURES and not _is_svg(data):
            raise ValueError("not a picture beside the template")
        return URLFetcherResponse(url, data)


def _is_svg(data: bytes) -> bool:
    return b"<svg" in data[:1000]
