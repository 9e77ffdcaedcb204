"""Office documents that reach for what is not in them: no connection, no foreign word or picture.

Each form names the same places by turns: a server on this machine, a file of ours, and two files of
the system, which the jail may read: those must stay out of the pages all the same.
"""

# ruff: noqa: E501 - markup stays in one piece

import pathlib
import socket

import pypdfium2
import pytest
from PIL import Image

from mailfax.document.converters import UnfitError
from tests.document import drawing, office
from tests.document.office import cell, docx, flat, formula, frame, links, open_document, row, xlsx

pytestmark = office.needs_libreoffice

SYSTEM_TEXT = pathlib.Path("/usr/share/common-licenses/GPL-3")
SYSTEM_PICTURE = pathlib.Path("/usr/lib/libreoffice/program/intro.png")
SECRET, LICENCE = "canary-7f3a", "GNU GENERAL"
SIZE = (97, 89)


@pytest.fixture
def places(tmp_path):
    """URLs of what must not be fetched; nobody has called when the test is over."""
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "secret.png").write_bytes(drawing.picture(Image.new("L", SIZE, 0), "PNG"))
    ours = [tmp_path / "secret.txt", tmp_path / "secret.png", SYSTEM_TEXT, SYSTEM_PICTURE]
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        host = f"127.0.0.1:{server.getsockname()[1]}"
        yield [f"http://{host}/x.png", f"//{host}/x/y.docx", *(path.as_uri() for path in ours)]
        with pytest.raises(BlockingIOError):
            server.accept()


def shown(pdf):
    """Words and sizes of pictures of all pages."""
    with pypdfium2.PdfDocument(pdf) as document:
        words = [page.get_textpage().get_text_bounded() for page in document]
        sizes = {
            one.get_px_size()
            for page in document
            for one in page.get_objects([pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], max_depth=9)
        }
    return " ".join(words), sizes


def test_a_picture_of_its_own_is_seen_by_this_test(to_pdf):
    """What the tests below would see of a picture that was fetched."""
    picture = drawing.picture(Image.new("L", SIZE, 0), "PNG")
    document = open_document(P + frame("Pictures/x.png"), parts={"Pictures/x.png": picture})
    assert shown(to_pdf(document)) == ("words", {SIZE})


WORDS = office.paragraph("words")
XXE = '<!DOCTYPE x [<!ENTITY e SYSTEM "{}">]>'
OLE = (
    '<w:p><w:r><w:object><v:shape id="s" style="width:99pt;height:99pt"><v:imagedata r:id="{0}"/></v:shape>'
    '<o:OLEObject Type="Link" ProgID="Excel.Sheet.12" ShapeID="s" DrawAspect="Content" r:id="{0}" '
    'UpdateMode="Always"/></w:object></w:r></w:p>'
)
VML = '<w:p><w:r><w:pict><v:shape style="width:99pt;height:99pt"><v:imagedata r:{1}="{0}"/></v:shape></w:pict></w:r></w:p>'
SETTINGS = (
    f'<?xml version="1.0"?><w:settings xmlns:w="{office._W}" xmlns:r="{office._OFFICE}">'
    '<w:attachedTemplate r:id="t0"/></w:settings>'
)
SETTINGS_TYPE = (
    '<Override PartName="/word/settings.xml" ContentType='
    f'"{office._OOXML}.wordprocessingml.settings+xml"/>'
)


def external(kind, urls):
    return [(f"t{n}", kind, url, "External") for n, url in enumerate(urls)]


def each(pattern, urls):
    """The pattern for each external link of `urls`."""
    return "".join(pattern.format(f"t{n}") for n in range(len(urls)))


def linked_pictures(urls):
    body = "".join(office.linked_picture(f"t{n}") for n in range(len(urls)))
    return docx(WORDS + body, *external("image", urls))


def vml_pictures(urls):
    body = "".join(VML.format(f"t{n}", how) for n in range(len(urls)) for how in ("id", "href"))
    return docx(WORDS + body, *external("image", urls))


def linked_objects(urls):
    return docx(WORDS + each(OLE, urls), *external("oleObject", urls))


def template(urls):
    parts = {
        "word/settings.xml": SETTINGS,
        "word/_rels/settings.xml.rels": links(*external("attachedTemplate", urls)),
    }
    return docx(WORDS, ("s", "settings", "settings.xml"), parts=parts, types=SETTINGS_TYPE)


def fields(urls):
    codes = (
        'INCLUDEPICTURE "{}"',
        'INCLUDETEXT "{}"',
        'LINK Excel.Sheet.12 "{}" "A1" \\a',
        'RD "{}"',
    )
    found = [code.format(url) for code in codes for url in urls]
    found += [
        'DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k calc.exe"',
        'DDE soffice "/etc/passwd" x',
    ]
    return docx(WORDS + "".join(office.field(code, "kept") for code in found))


def foreign_chunks(urls):
    body = each('<w:altChunk r:id="{0}"/>', urls) + each('<w:p><w:subDoc r:id="{0}"/></w:p>', urls)
    return docx(WORDS + body, *external("aFChunk", urls))


def word_entities(urls):
    return docx(WORDS + office.paragraph("&e;"), doctype=XXE.format(urls[4]))


def spoilt_macros(urls):
    macros = {"word/vbaProject.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)}
    return docx(WORDS, ("m", "vbaProject", "vbaProject.bin"), kind="docm", parts=macros)


def sheet_formulas(urls):
    codes = (
        'WEBSERVICE("{}")',
        'HYPERLINK("{}","words")',
        "'{}'#$Sheet1.A1",
        'DDE("soffice";"{}";"A1")',
    )
    found = [code.format(url).replace('"', "&quot;") for code in codes for url in urls]
    cells = "".join(row(n, formula(f"A{n}", code, "words")) for n, code in enumerate(found, 2))
    return xlsx(row(1, cell("A1", "words")) + cells)


def sheet_links(urls):
    book = f"<externalReferences>{each(chr(60) + 'externalReference r:id=' + chr(34) + '{0}' + chr(34) + '/>', urls)}</externalReferences>"
    inner = (
        f'<?xml version="1.0"?><externalLink xmlns="{office._S}" xmlns:r="{office._OFFICE}"><externalBook r:id="x">'
        '<sheetNames><sheetName val="a"/></sheetNames></externalBook></externalLink>'
    )
    dde = (
        f'<?xml version="1.0"?><externalLink xmlns="{office._S}"><ddeLink ddeService="cmd" ddeTopic="/c calc">'
        '<ddeItems><ddeItem name="A0" advise="1"/></ddeItems></ddeLink></externalLink>'
    )
    linked, parts = [], {}
    for n, url in enumerate(urls):
        linked.append((f"t{n}", "externalLink", f"externalLinks/externalLink{n}.xml"))
        parts[f"xl/externalLinks/externalLink{n}.xml"] = inner if n else dde
        rels = links(("x", "externalLinkPath", url, "External"))
        parts[f"xl/externalLinks/_rels/externalLink{n}.xml.rels"] = rels
    cells = "".join(
        row(n, formula(f"A{n}", f"[{n}]a!A1", "words")) for n in range(1, len(urls) + 1)
    )
    return xlsx(cells, linked=linked, parts=parts, book=book)


def sheet_pictures(urls):
    anchors = each(
        "<xdr:twoCellAnchor><xdr:from><xdr:col>1</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>1</xdr:row>"
        "<xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:to><xdr:col>5</xdr:col><xdr:colOff>0</xdr:colOff>"
        "<xdr:row>9</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:to><xdr:pic><xdr:nvPicPr><xdr:cNvPr id='1' name='x'/>"
        "<xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill><a:blip r:link='{0}'/><a:stretch><a:fillRect/></a:stretch>"
        "</xdr:blipFill><xdr:spPr><a:prstGeom prst='rect'/></xdr:spPr></xdr:pic><xdr:clientData/></xdr:twoCellAnchor>",
        urls,
    )
    drawn = (
        '<?xml version="1.0"?><xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/'
        f'spreadsheetDrawing" xmlns:a="{office._A}" xmlns:r="{office._OFFICE}">{anchors}</xdr:wsDr>'
    )
    parts = {
        "xl/worksheets/_rels/sheet1.xml.rels": links(("d", "drawing", "../drawings/drawing1.xml")),
        "xl/drawings/drawing1.xml": drawn,
        "xl/drawings/_rels/drawing1.xml.rels": links(*external("image", urls)),
    }
    inside = f"<sheetData>{row(1, cell('A1', 'words'))}</sheetData><drawing r:id='d'/>"
    return xlsx(inside, parts=parts)


def sheet_connections(urls):
    entries = "".join(
        f'<connection id="{n}" name="c{n}" type="4" refreshedVersion="3" refreshOnLoad="1" saveData="0">'
        f'<webPr url="{url}" xml="1"/></connection>'
        for n, url in enumerate(urls, 1)
    )
    connections = f'<?xml version="1.0"?><connections xmlns="{office._S}">{entries}</connections>'
    table = f'<?xml version="1.0"?><queryTable xmlns="{office._S}" name="q" connectionId="1" refreshOnLoad="1"/>'
    parts = {
        "xl/connections.xml": connections,
        "xl/queryTables/queryTable1.xml": table,
        "xl/worksheets/_rels/sheet1.xml.rels": links(
            ("q", "queryTable", "../queryTables/queryTable1.xml")
        ),
    }
    return xlsx(
        row(1, cell("A1", "words")), linked=[("c", "connections", "connections.xml")], parts=parts
    )


def slide_pictures(urls):
    pictures = "".join(office.linked_slide_picture(f"t{n}") for n in range(len(urls)))
    return office.pptx(office.slide("words", pictures), linked=external("image", urls))


P = "<text:p>words</text:p>"


def text_pictures(urls):
    return open_document(P + "".join(map(frame, urls)))


def text_objects(urls):
    kinds = ("object", "object-ole", "plugin", "floating-frame", "applet")
    return open_document(P + "".join(frame(url, kind) for kind in kinds for url in urls))


def text_sections(urls):
    return open_document(
        P
        + "".join(
            f'<text:section text:name="s{n}"><text:section-source xlink:href="{url}" xlink:show="embed"/>'
            "</text:section>"
            for n, url in enumerate(urls)
        )
    )


def text_dde(urls):
    declared = "".join(
        f'<text:dde-connection-decl office:name="d{n}" office:dde-application="soffice" '
        f'office:dde-topic="{url}" office:dde-item="x" office:automatic-update="true"/>'
        for n, url in enumerate(urls)
    )
    return open_document(
        f"<text:dde-connection-decls>{declared}</text:dde-connection-decls>{P}"
        '<text:p><text:dde-connection text:connection-name="d4">words</text:dde-connection></text:p>'
    )


def text_entities(urls):
    return open_document(P + "<text:p>&e;</text:p>", doctype=XXE.format(urls[4]))


def text_macro(urls):
    """A macro of the document, run by its opening, which writes itself into the text."""
    listener = (
        '<office:scripts><office:event-listeners><script:event-listener script:language="ooo:script" '
        'script:event-name="dom:load" xlink:href="vnd.sun.star.script:Standard.M.Run?language=Basic&amp;'
        'location=document" xlink:type="simple"/></office:event-listeners></office:scripts>'
    )
    module = (
        '<?xml version="1.0"?><script:module xmlns:script="http://openoffice.org/2000/script" '
        'script:name="M" script:language="StarBasic">Sub Run\nThisComponent.Text.String = &quot;'
        f"{SECRET}&quot;\nEnd Sub</script:module>"
    )
    library = (
        '<?xml version="1.0"?><library:library xmlns:library="http://openoffice.org/2000/library" '
        'library:name="Standard"><library:element library:name="M"/></library:library>'
    )
    index = (
        '<?xml version="1.0"?><library:libraries xmlns:library="http://openoffice.org/2000/library" '
        'xmlns:xlink="http://www.w3.org/1999/xlink"><library:library library:name="Standard" '
        'library:link="false"/></library:libraries>'
    )
    parts = {
        "Basic/script-lc.xml": index,
        "Basic/Standard/script-lb.xml": library,
        "Basic/Standard/M.xml": module,
    }
    return open_document(P, before=listener, parts=parts)


def sheet_sources(urls):
    tables = "".join(
        f'<table:table table:name="s{n}"><table:table-source xlink:href="{url}" table:mode="copy-all"/>'
        "<table:table-row><table:table-cell><text:p>words</text:p></table:table-cell></table:table-row>"
        "</table:table>"
        for n, url in enumerate(urls)
    )
    return open_document(tables, "spreadsheet")


def flat_pictures(urls):
    return flat(P + "".join(map(frame, urls)))


def drawn_pictures(urls):
    pages = "".join(
        f'<draw:page draw:name="p{n}">{frame(url)[8:-9]}</draw:page>' for n, url in enumerate(urls)
    )
    return open_document(pages, "graphics")


def rich_text(urls):
    codes = ("INCLUDEPICTURE", "INCLUDETEXT", "DDEAUTO cmd")
    found = [
        f'{{\\field{{\\*\\fldinst {{{code} "{url}"}}}}{{\\fldrslt {{kept}}}}}}'
        for code in codes
        for url in urls
    ]
    return (
        "{\\rtf1\\ansi{\\*\\template " + urls[2] + "}words " + " ".join(found) + "\\par}"
    ).encode()


FORMS = (
    linked_pictures, vml_pictures, linked_objects, template, fields, foreign_chunks, word_entities,
    spoilt_macros, sheet_formulas, sheet_links, sheet_pictures, sheet_connections, slide_pictures,
    text_pictures, text_objects, text_sections, text_dde, text_entities, text_macro, sheet_sources,
    flat_pictures, drawn_pictures, rich_text,
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_nothing_that_lies_elsewhere_is_fetched_or_shown(to_pdf, places, form):
    try:
        words, sizes = shown(to_pdf(form(places)))
    except UnfitError as error:
        assert error.code == "damaged"
        assert form in {word_entities, text_entities}
    else:
        assert not [word for word in (SECRET, LICENCE) if word in words]
        with Image.open(SYSTEM_PICTURE) as image:
            assert not sizes & {SIZE, image.size}
