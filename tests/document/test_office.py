"""Office documents on paper: what is shown of them, what is not, and what is said when they fail."""

import shutil
import struct
import subprocess

import pypdfium2
import pytest

from mailfax.document import check, render
from mailfax.document.converters import UnfitError, kinds, office_kinds
from mailfax.errors import Cause
from mailfax.mail import message
from tests.document import drawing, office
from tests.document.conftest import TEMPLATES
from tests.document.drawing import CORPUS, FINE, attachment
from tests.document.office import cell, column, docx, flat, links, open_document, row, xlsx

# ruff: noqa: E501 - markup stays in one piece

P = "<text:p>words</text:p>"
CELL = "<table:table table:name='s'><table:table-row><table:table-cell><text:p>words</text:p></table:table-cell></table:table-row></table:table>"
BOX = '<draw:page draw:name="p"><draw:frame svg:width="5cm" svg:height="2cm"><draw:text-box><text:p>words</text:p></draw:text-box></draw:frame></draw:page>'
WORDS = office.paragraph("words")


def record(number, data):
    return struct.pack("<HH", number, len(data)) + data


LOTUS = record(0, b"\x06\x04") + record(15, b"\xff\0\0\0\0'words\0") + record(1, b"")


def texts(pdf):
    """The words of each page, spaces made single."""
    with pypdfium2.PdfDocument(pdf) as document:
        found = [page.get_textpage().get_text_bounded() for page in document]
    return [" ".join(text.split()) for text in found]


def sizes(pdf):
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_size() for page in document]


# ── Kinds ──────────────────────────────────────────────────────────────────────────────

BY_CONTENT = {
    "docx": [docx(WORDS), *(docx(WORDS, kind=kind) for kind in ("docm", "dotx", "dotm"))],
    "xlsx": [xlsx(row(1, cell("A1", "x")), kind=kind) for kind in ("xlsx", "xlsm", "xltx")],
    "xlsb": [xlsx("", kind="xlsb")],
    "pptx": [
        office.pptx(office.slide("x"), kind=kind) for kind in ("pptx", "pptm", "ppsx", "potx")
    ],
    "odt": [open_document(P), open_document(P, "text-template")],
    "ods": [open_document(CELL, "spreadsheet")],
    "odp": [open_document(BOX, "presentation")],
    "odg": [open_document(BOX, "graphics")],
    "flat odt": [flat(P)],
    "flat ods": [flat(CELL, "spreadsheet")],
    "rtf": [b"{\\rtf1 words}"],
    "WordPerfect": [b"\xffWPC" + bytes(20)],
    "Lotus 1-2-3": [LOTUS],
    "PostScript": [b"%!PS-Adobe-3.0\n", b"\xc5\xd0\xd3\xc6" + bytes(26)],
}


@pytest.mark.parametrize("kind", BY_CONTENT)
def test_content_says_what_an_office_document_is_and_no_name(kind):
    for data in BY_CONTENT[kind]:
        for name in ("", "letter.docx", "invoice.pdf", "x.xls"):
            assert kinds.found(data, name, "application/octet-stream") == kind


@pytest.mark.parametrize("name", ["a.csv", "A.TSV"])
def test_a_table_of_text_is_told_by_its_name(name):
    assert kinds.found(b"a,b\n1,2\n", name, "text/plain") == "csv"
    assert kinds.found(b"a,b\n1,2\n", "", "text/csv") == "csv"


def compound(*streams, start=0):
    """A compound file with these entries at its root, in sectors of 512 octets."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHH", 62, 3, 0xFFFE, 9)
    free = 0xFFFFFFFF
    head += struct.pack("<HHIIIIIIIIII", 6, 0, 0, 0, 1, 1, 0, 4096, free - 1, 0, free - 1, 0)
    head += struct.pack("<109I", 0, *[free] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *[free] * 126)
    entries = _entry("Root Entry", 5, child=1 if streams else free)
    for number, name in enumerate(streams, 1):
        entries += _entry(name, 2, right=number + 1 if number < len(streams) else free, start=start)
    return head + table + entries.ljust(512, b"\0")


def _entry(name, kind, right=0xFFFFFFFF, child=0xFFFFFFFF, start=0):
    letters = name.encode("utf-16-le") + b"\0\0"
    shape = struct.pack("<HBBIII", len(letters), kind, 1, 0xFFFFFFFF, right, child)
    return (letters.ljust(64, b"\0") + shape).ljust(116, b"\0") + struct.pack("<III", start, 0, 0)


@pytest.mark.parametrize(
    ("streams", "kind"),
    [
        (["WordDocument"], "doc"),
        (["1Table", "WordDocument"], "doc"),
        (["Workbook"], "xls"),
        (["Book"], "xls"),
        (["Current User", "PowerPoint Document"], "ppt"),
        (["MatOST"], "Works"),
        (["EncryptionInfo", "EncryptedPackage"], office_kinds.LOCKED),
        (["__properties_version1.0"], "Outlook mail"),
        ([], "old Office"),
    ],
)
def test_an_old_container_is_told_by_its_streams(streams, kind):
    assert kinds.found(compound(*streams), "", "") == kind


@pytest.mark.parametrize("cut", [60, 600, 1100, 1200])
def test_half_a_container_is_no_trouble(cut):
    assert kinds.found(compound("WordDocument")[:cut], "", "") in {"doc", "old Office"}


def test_a_container_that_bites_its_own_tail_is_no_trouble():
    data = bytearray(compound("WordDocument"))
    struct.pack_into("<I", data, 512 + 4, 1)  # the directory goes on where it began
    struct.pack_into("<I", data, 1024 + 128 + 72, 1)  # the entry follows itself
    assert kinds.found(bytes(data), "", "") == "doc"


def test_a_directory_of_a_million_members_is_not_read():
    data = bytearray(docx(WORDS))
    struct.pack_into("<I", data, len(data) - 22 + 12, 3_000_000)
    assert kinds.found(bytes(data), "", "") == "zip"


# ── What is shown ──────────────────────────────────────────────────────────────────────

opens = office.needs_libreoffice


@opens
@pytest.mark.parametrize(
    "data",
    [
        docx(WORDS), docx(WORDS, kind="dotm"), xlsx(row(1, cell("A1", "words"))),
        office.pptx(office.slide("words")), open_document(P), open_document(CELL, "spreadsheet"),
        open_document(BOX, "presentation"), open_document(BOX, "graphics"), flat(P),
        b"{\\rtf1\\ansi words\\par}", LOTUS,
    ],
    ids=["docx", "dotm", "xlsx", "pptx", "odt", "ods", "odp", "odg", "fodt", "rtf", "lotus"],
)  # fmt: skip
def test_the_words_of_a_document_come_out(to_pdf, data):
    [text] = texts(to_pdf(data))
    assert "words" in text


@opens
@pytest.mark.parametrize(
    ("kind", "data"),
    [("doc", flat(P)), ("xls", flat(CELL, "spreadsheet")), ("ppt", flat(BOX, "presentation"))],
)
def test_so_do_those_of_the_old_kinds(to_pdf, tmp_path, kind, data):
    """Written by LibreOffice, which knows them, as a program of its own."""
    source = tmp_path / "x.xml"
    source.write_bytes(data)
    shutil.copytree(office.PROFILE, tmp_path / "profile")
    profile = f"-env:UserInstallation={tmp_path.as_uri()}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", tmp_path, source]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    old = (tmp_path / f"x.{kind}").read_bytes()
    assert kinds.found(old, "", "") == kind
    [text] = texts(to_pdf(old))
    assert "words" in text


INSERTED = (
    '<w:p><w:del w:id="1" w:author="A"><w:r><w:delText>taken</w:delText></w:r></w:del>'
    '<w:ins w:id="2" w:author="A"><w:r><w:t>given</w:t></w:r></w:ins></w:p>'
)
COMMENTED = '<w:p><w:r><w:t>words</w:t></w:r><w:r><w:commentReference w:id="0"/></w:r></w:p>'
COMMENTS = {
    "word/comments.xml": f'<?xml version="1.0"?><w:comments xmlns:w="{office._W}"><w:comment w:id="0" w:author="B">{office.paragraph("remark")}</w:comment></w:comments>'
}
COMMENTS_TYPE = f'<Override PartName="/word/comments.xml" ContentType="{office._OOXML}.wordprocessingml.comments+xml"/>'


@opens
def test_tracked_changes_are_shown_as_if_they_were_made(to_pdf):
    assert texts(to_pdf(docx(INSERTED))) == ["given"]


@opens
def test_comments_are_not_shown(to_pdf):
    comments = ("c", "comments", "comments.xml")
    document = docx(COMMENTED, comments, parts=COMMENTS, types=COMMENTS_TYPE)
    assert texts(to_pdf(document)) == ["words"]
    annotation = "<office:annotation><text:p>remark</text:p></office:annotation>"
    assert texts(to_pdf(open_document(f"<text:p>words{annotation}</text:p>"))) == ["words"]
    slide = BOX.replace("</draw:page>", f"{annotation}</draw:page>")
    assert texts(to_pdf(open_document(slide, "presentation"))) == ["words"]


@opens
def test_comments_of_cells_are_not_shown(to_pdf):
    comments = f'<?xml version="1.0"?><comments xmlns="{office._S}"><authors><author>B</author></authors><commentList><comment ref="A1" authorId="0"><text><t>remark</t></text></comment></commentList></comments>'
    parts = {
        "xl/worksheets/_rels/sheet1.xml.rels": links(("c", "comments", "../comments1.xml")),
        "xl/comments1.xml": comments,
    }
    assert texts(to_pdf(xlsx(row(1, cell("A1", "words")), parts=parts))) == ["words"]


@opens
def test_hidden_and_empty_sheets_are_no_pages(to_pdf):
    sheets = (row(1, cell("A1", "shown")), row(1, cell("A1", "secret")), "")
    assert texts(to_pdf(xlsx(*sheets, hidden=(2,)))) == ["shown"]


@opens
def test_each_slide_is_a_page_but_for_hidden_ones(to_pdf):
    slides = office.slide("first"), office.slide("secret", hidden=True), office.slide("last")
    assert texts(to_pdf(office.pptx(*slides))) == ["first", "last"]


def grid(columns, rows=3):
    return "".join(
        row(r, *(cell(f"{column(c)}{r}", f"v{r}.{c}") for c in range(columns)))
        for r in range(1, rows + 1)
    )


@opens
@pytest.mark.parametrize(
    ("columns", "pages", "across"),
    [(4, 1, False), (8, 1, False), (14, 1, True), (20, 1, True), (60, 3, True)],
)
def test_all_columns_go_on_one_page_while_they_can_be_read(to_pdf, columns, pages, across):
    pdf = to_pdf(xlsx(grid(columns)))
    assert len(sizes(pdf)) == pages
    assert all((width > height) is across for width, height in sizes(pdf))
    assert " ".join(texts(pdf)).count("v1.") == columns


@opens
def test_a_sheet_that_says_itself_how_many_pages_it_wants_gets_them(to_pdf):
    setup = (
        f'<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetData>{grid(14)}</sheetData>'
        '<pageSetup fitToWidth="2" fitToHeight="1"/>'
    )
    pdf = to_pdf(xlsx(setup))
    assert [width < height for width, height in sizes(pdf)] == [True, True]


# ── Tables of text ─────────────────────────────────────────────────────────────────────


@opens
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_keeps_its_cells_as_they_were_written(to_pdf, delimiter):
    rows = [["Name", "Code", "Sum"], ["Müller", "00501", "1.50"], ['say "hi"', "007", "3/4"]]
    lines = [
        delimiter.join(f'"{one.replace(chr(34), chr(34) * 2)}"' for one in line) for line in rows
    ]
    pdf = to_pdf("\r\n".join(lines).encode(), "x.csv")
    assert texts(pdf) == [" ".join(" ".join(line) for line in rows)]


@opens
@pytest.mark.parametrize("charset", ["utf-8", "cp1252", "utf-16", "cp1251"])
def test_the_charset_of_a_table_is_declared_or_found(to_pdf, charset):
    word = "Счёт за услуги связи" if charset == "cp1251" else "Größe in Übermaß"
    data = "\n".join(f"{word},{n}" for n in range(20)).encode(charset)
    declared = charset if charset == "cp1251" else None
    assert word in texts(to_pdf(data, "x.csv", declared))[0]


@opens
def test_a_table_lies_on_the_paper_of_the_fax_across_if_it_is_wide(to_pdf):
    narrow, wide = (
        b"a,b\n" * 9,
        (",".join(f"a long word {n}" for n in range(12)) + "\n").encode() * 9,
    )
    assert [[round(side) for side in size] for size in sizes(to_pdf(narrow, "x.csv"))] == [
        [595, 842]
    ]
    [(width, height)] = sizes(to_pdf(wide, "x.csv", paper="letter"))
    assert (round(width), round(height)) == (792, 612)


# ── Refusals ───────────────────────────────────────────────────────────────────────────


def refused(to_pdf, data, name=""):
    with pytest.raises(UnfitError) as caught:
        to_pdf(data, name)
    return caught.value.code


def test_a_document_with_a_password_is_refused_for_it(to_pdf):
    assert refused(to_pdf, compound("EncryptionInfo", "EncryptedPackage")) == "password"


@opens
def test_so_is_one_of_open_document(to_pdf):
    locked = (
        f'<?xml version="1.0"?><manifest:manifest{office._SPACES}><manifest:file-entry '
        'manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml" '
        'manifest:size="99"><manifest:encryption-data manifest:checksum-type="SHA1/1K" '
        'manifest:checksum="AAAA"><manifest:algorithm manifest:algorithm-name="Blowfish CFB" '
        'manifest:initialisation-vector="AAAAAAAAAAA="/><manifest:key-derivation '
        'manifest:key-derivation-name="PBKDF2" manifest:salt="AAAA" manifest:iteration-count="9"/>'
        "</manifest:encryption-data></manifest:file-entry></manifest:manifest>"
    )
    document = open_document(
        P, parts={"META-INF/manifest.xml": locked, "content.xml": b"\x9c" * 99}
    )
    assert refused(to_pdf, document) == "password"


@opens
@pytest.mark.parametrize("data", [docx(WORDS)[:900], open_document(P)[:700], compound("Workbook")])
def test_half_a_document_is_refused_as_damaged(to_pdf, data):
    assert refused(to_pdf, data, "x.docx") == "damaged"


@opens
def test_what_goes_wrong_is_said_in_a_sentence_with_the_name(renderer, tmp_path):
    with pytest.raises(render.Unrenderable) as caught:
        renderer.render([attachment(docx(WORDS)[:900], "a.docx")], FINE, tmp_path / "fax.tif")
    said = (
        "the attachment 'a.docx' (part 2) cannot be faxed: it is damaged or not what it seems to be"
    )
    assert str(caught.value) == said


def test_without_libreoffice_office_documents_are_refused_and_tables_are_text(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    with render.Renderer(render.Settings(workers=1), [TEMPLATES], message.parts) as poor:
        with pytest.raises(render.Unrenderable) as caught:
            poor.render([attachment(docx(WORDS), "a.docx")], FINE, tmp_path / "fax.tif")
        table = attachment(b"a,b\n1,2\n", "a.csv")
        _, [entry] = poor.render([table], FINE, tmp_path / "fax.tif")
        [office_line, _] = poor.programs()
    assert "office documents cannot be opened here: LibreOffice is not installed" in str(
        caught.value
    )
    assert caught.value.cause is Cause.UNSUPPORTED_DOCUMENT
    assert (entry.found, entry.outcome, entry.pages) == ("csv", "faxed", 1)
    assert office_line == ("office documents", False, "LibreOffice is not installed")


# ── Pages ──────────────────────────────────────────────────────────────────────────────


@opens
def test_an_office_document_becomes_fax_pages(renderer, tmp_path):
    slides = office.pptx(office.slide("first"), office.slide("second"))
    parts = [attachment(docx(WORDS), "a.docx"), attachment(slides, "b.pptx", path="3")]
    document, manifest = renderer.render(parts, FINE, tmp_path / "fax.tif")
    assert check.check(tmp_path / "fax.tif") == []
    assert [(entry.found, entry.pages) for entry in manifest] == [("docx", 1), ("pptx", 2)]
    assert all(drawing.ink(page) for page in drawing.pages(tmp_path / "fax.tif"))
    assert len(document.pages) == 3


CASES = {
    "word-various.docx": 2, "nested-docx.docx": 1, "ssrf-external-refs.docx": 1, "writer.odt": 1,
    "impress.odp": 2, "data-connections.xlsx": 1, "wordperfect.wpd": 1,
}  # fmt: skip


@opens
@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not there")
@pytest.mark.parametrize("name", CASES)
def test_a_real_document_has_its_pages(to_pdf, name):
    assert len(sizes(to_pdf((CORPUS / "office" / name).read_bytes()))) == CASES[name]


@opens
@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not there")
def test_a_real_document_with_a_password_is_refused_by_name(renderer, tmp_path):
    part = attachment((CORPUS / "office/enc-doc.doc").read_bytes(), "enc-doc.doc")
    with pytest.raises(render.Unrenderable, match=r"'enc-doc\.doc'.*it needs a password to open"):
        renderer.render([part], FINE, tmp_path / "fax.tif")
