"""Office documents written by hand, part by part, so that a test can say what is in them."""

# ruff: noqa: E501 - markup stays in one piece

import io
import pathlib
import shutil
import zipfile

import pytest

from mailfax.document.converters import office

PROFILE = pathlib.Path(office.__file__).parents[1] / "libreoffice"

needs_libreoffice = pytest.mark.skipif(
    not shutil.which("soffice"), reason="LibreOffice is not installed"
)

_OOXML = "application/vnd.openxmlformats-officedocument"
_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_P = "http://schemas.openxmlformats.org/presentationml/2006/main"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_PIC = "http://schemas.openxmlformats.org/drawingml/2006/picture"
_WP = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"

TYPES = {
    "docx": f"{_OOXML}.wordprocessingml.document.main+xml",
    "docm": "application/vnd.ms-word.document.macroEnabled.main+xml",
    "dotx": f"{_OOXML}.wordprocessingml.template.main+xml",
    "dotm": "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
    "xlsx": f"{_OOXML}.spreadsheetml.sheet.main+xml",
    "xlsm": "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    "xltx": f"{_OOXML}.spreadsheetml.template.main+xml",
    "xlsb": "application/vnd.ms-excel.sheet.binary.macroEnabled.main",
    "pptx": f"{_OOXML}.presentationml.presentation.main+xml",
    "pptm": "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
    "ppsx": f"{_OOXML}.presentationml.slideshow.main+xml",
    "potx": f"{_OOXML}.presentationml.template.main+xml",
}


def package(parts, stored=()):
    """A zip of these parts, name → text or octets, in this order."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            how = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(name, part, how)
    return held.getvalue()


def _ooxml(main, kind, parts, types=""):
    overrides = f'<Override PartName="/{main}" ContentType="{TYPES[kind]}"/>{types}'
    content = (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Default Extension="png" ContentType="image/png"/>{overrides}</Types>'
    )
    return package({
        "[Content_Types].xml": content,
        "_rels/.rels": links(("rId1", "officeDocument", main)),
        **parts,
    })  # fmt: skip


def links(*wanted):
    """A part of relationships: id, type, target, and `External` where that is a fourth."""
    found = [
        f'<Relationship Id="{name}" Type="{_OFFICE}/{kind}" Target="{target}"'
        + (f' TargetMode="{mode[0]}"/>' if mode else "/>")
        for name, kind, target, *mode in wanted
    ]
    return f'<?xml version="1.0"?><Relationships xmlns="{_LINKS}">{"".join(found)}</Relationships>'


# ── Word ───────────────────────────────────────────────────────────────────────────────


def paragraph(words):
    return f"<w:p><w:r><w:t xml:space='preserve'>{words}</w:t></w:r></w:p>"


def docx(body, *linked, kind="docx", doctype="", parts=None, types=""):
    document = (
        f'<?xml version="1.0"?>{doctype}<w:document xmlns:w="{_W}" xmlns:r="{_OFFICE}" xmlns:wp="{_WP}"'
        f' xmlns:a="{_A}" xmlns:pic="{_PIC}" xmlns:v="urn:schemas-microsoft-com:vml"'
        f' xmlns:o="urn:schemas-microsoft-com:office:office"><w:body>{body}</w:body></w:document>'
    )
    more = {"word/document.xml": document, "word/_rels/document.xml.rels": links(*linked)}
    return _ooxml("word/document.xml", kind, {**more, **(parts or {})}, types)


def linked_picture(name, size=3_000_000):
    """A picture that lies elsewhere: a square of `size` EMU."""
    return (
        f'<w:p><w:r><w:drawing><wp:inline><wp:extent cx="{size}" cy="{size}"/><wp:docPr id="1" name="x"/>'
        f'<a:graphic><a:graphicData uri="{_PIC}"><pic:pic><pic:nvPicPr><pic:cNvPr id="1" name="x"/>'
        f'<pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:link="{name}"/><a:stretch><a:fillRect/>'
        f'</a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{size}" cy="{size}"/>'
        '</a:xfrm><a:prstGeom prst="rect"/></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline>'
        "</w:drawing></w:r></w:p>"
    )


def field(code, shown="shown"):
    """A field with the result that it had when the document was saved."""
    parts = ("begin", f"<w:instrText xml:space='preserve'>{code}</w:instrText>", "separate")
    runs = [_run(part) for part in parts]
    return f"<w:p>{''.join(runs)}<w:r><w:t>{shown}</w:t></w:r>{_run('end')}</w:p>"


def _run(part):
    mark = part if part.startswith("<") else f'<w:fldChar w:fldCharType="{part}"/>'
    return f"<w:r>{mark}</w:r>"


# ── Excel ──────────────────────────────────────────────────────────────────────────────


def row(number, *cells):
    return f'<row r="{number}">{"".join(cells)}</row>'


def cell(place, words):
    return f'<c r="{place}" t="inlineStr"><is><t>{words}</t></is></c>'


def formula(place, code, shown):
    return f'<c r="{place}" t="str"><f>{code}</f><v>{shown}</v></c>'


def column(number):
    """0 → A, 26 → AA."""
    return (column(number // 26 - 1) if number > 25 else "") + chr(65 + number % 26)


def xlsx(*sheets, kind="xlsx", hidden=(), linked=(), parts=None, book=""):
    """A workbook of these sheets: each a text of rows, or the whole inside of a worksheet."""
    names = range(1, len(sheets) + 1)
    entries = "".join(
        f'<sheet name="Sheet{n}" sheetId="{n}" r:id="rId{n}"{_state(n, hidden)}/>' for n in names
    )
    workbook = f'<?xml version="1.0"?><workbook xmlns="{_S}" xmlns:r="{_OFFICE}"><sheets>{entries}</sheets>{book}</workbook>'
    found = {
        f"xl/worksheets/sheet{n}.xml": f'<?xml version="1.0"?><worksheet xmlns="{_S}" xmlns:r="{_OFFICE}">'
        + (inside if "<sheetData" in inside else f"<sheetData>{inside}</sheetData>")
        + "</worksheet>"
        for n, inside in zip(names, sheets, strict=True)
    }
    types = "".join(
        f'<Override PartName="/{name}" ContentType="{_OOXML}.spreadsheetml.worksheet+xml"/>'
        for name in found
    )
    rels = links(*((f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in names), *linked)
    more = {"xl/workbook.xml": workbook, "xl/_rels/workbook.xml.rels": rels, **found}
    return _ooxml("xl/workbook.xml", kind, {**more, **(parts or {})}, types)


def _state(number, hidden):
    return ' state="hidden"' if number in hidden else ""


# ── PowerPoint ─────────────────────────────────────────────────────────────────────────


def slide(words, picture="", hidden=False):
    box = (
        '<p:sp><p:nvSpPr><p:cNvPr id="2" name="t"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm>'
        '<a:off x="500000" y="500000"/><a:ext cx="6000000" cy="1000000"/></a:xfrm><a:prstGeom prst="rect"/>'
        f"</p:spPr><p:txBody><a:bodyPr/><a:p><a:r><a:rPr sz='4000'/><a:t>{words}</a:t></a:r></a:p></p:txBody></p:sp>"
    )
    shown = ' show="0"' if hidden else ""
    return (
        f'<?xml version="1.0"?><p:sld xmlns:p="{_P}" xmlns:a="{_A}" xmlns:r="{_OFFICE}"{shown}><p:cSld><p:spTree>'
        '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
        f"{box}{picture}</p:spTree></p:cSld></p:sld>"
    )


def linked_slide_picture(name):
    return (
        '<p:pic><p:nvPicPr><p:cNvPr id="3" name="x"/><p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill>'
        f'<a:blip r:link="{name}"/><a:stretch><a:fillRect/></a:stretch></p:blipFill><p:spPr><a:xfrm>'
        '<a:off x="500000" y="2000000"/><a:ext cx="3000000" cy="3000000"/></a:xfrm><a:prstGeom prst="rect"/>'
        "</p:spPr></p:pic>"
    )


def pptx(*slides, kind="pptx", linked=()):
    names = range(1, len(slides) + 1)
    ids = "".join(f'<p:sldId id="{255 + n}" r:id="rId{n}"/>' for n in names)
    show = (
        f'<?xml version="1.0"?><p:presentation xmlns:p="{_P}" xmlns:r="{_OFFICE}"><p:sldIdLst>{ids}</p:sldIdLst>'
        '<p:sldSz cx="9144000" cy="6858000"/><p:notesSz cx="6858000" cy="9144000"/></p:presentation>'
    )
    types = "".join(
        f'<Override PartName="/ppt/slides/slide{n}.xml" ContentType="{_OOXML}.presentationml.slide+xml"/>'
        for n in names
    )
    parts = {
        "ppt/presentation.xml": show,
        "ppt/_rels/presentation.xml.rels": links(
            *((f"rId{n}", "slide", f"slides/slide{n}.xml") for n in names)
        ),
        **{f"ppt/slides/slide{n}.xml": text for n, text in zip(names, slides, strict=True)},
        **{f"ppt/slides/_rels/slide{n}.xml.rels": links(*linked) for n in names},
    }
    return _ooxml("ppt/presentation.xml", kind, parts, types)


# ── OpenDocument ───────────────────────────────────────────────────────────────────────

_SPACES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{place}:1.0"'
    for name, place in {
        "office": "office",
        "text": "text",
        "table": "table",
        "draw": "drawing",
        "style": "style",
        "script": "script",
        "svg": "svg-compatible",
        "fo": "xsl-fo-compatible",
        "presentation": "presentation",
        "manifest": "manifest",
    }.items()
)
_SPACES += (
    ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:ooo="http://openoffice.org/2004/office"'
)


def open_document(body, kind="text", mimetype=None, before="", doctype="", parts=None):
    """A document of OpenDocument; `body` lies in `office:text` or what `kind` is."""
    inside = kind.removesuffix("-template").replace("graphics", "drawing")
    content = (
        f'<?xml version="1.0"?>{doctype}<office:document-content{_SPACES} office:version="1.2">{before}'
        f"<office:body><office:{inside}>{body}</office:{inside}></office:body></office:document-content>"
    )
    named = mimetype or f"application/vnd.oasis.opendocument.{kind}"
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{part}" manifest:media-type="text/xml"/>'
        for part in ("content.xml", *(parts or ()))
    )
    manifest = (
        f'<?xml version="1.0"?><manifest:manifest{_SPACES}><manifest:file-entry manifest:full-path="/" '
        f'manifest:media-type="{named}"/>{entries}</manifest:manifest>'
    )
    more = {"mimetype": named, "content.xml": content, "META-INF/manifest.xml": manifest}
    return package({**more, **(parts or {})}, stored={"mimetype"})


def flat(body, kind="text"):
    """The same in one piece of XML."""
    inside = kind.replace("graphics", "drawing")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document{_SPACES} office:version="1.2" '
        f'office:mimetype="application/vnd.oasis.opendocument.{kind}"><office:body><office:{inside}>{body}'
        f"</office:{inside}></office:body></office:document>"
    ).encode()


def frame(href, what="image", size="5cm"):
    """A picture or an object that lies at `href`."""
    return (
        f'<text:p><draw:frame svg:width="{size}" svg:height="{size}"><draw:{what} xlink:href="{href}" '
        f'xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/></draw:frame></text:p>'
    )
