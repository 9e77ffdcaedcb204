"""Office documents and PostScript made to hurt: they end inside their limits, say why, leave nothing."""

import os
import pathlib
import struct
import tempfile
import threading

import pytest

from mailfax.document import jail, programs
from mailfax.document.converters import UnfitError, kinds
from tests.document import office
from tests.document.office import docx, open_document, row

# ruff: noqa: E501 - markup stays in one piece

MEMORY, SECONDS = 800 << 20, 3


@pytest.fixture(scope="module")
def poor(tmp_path_factory):
    """A jail that may spend little, without the wall that would hide what it leaves behind: it must
    leave nothing in the one folder where it could.
    """
    temporary = tmp_path_factory.mktemp("tmp")
    limits = jail.Limits(memory=MEMORY, seconds=SECONDS, output=5_000_000)
    patch = pytest.MonkeyPatch()
    patch.setattr(tempfile, "tempdir", str(temporary))
    shut = programs.Programs(limits, 2, postscript=True, require_jail=True, bubblewrap=False)
    yield shut
    left = [one for folder in temporary.iterdir() for one in folder.iterdir()]
    shut.close()
    patch.undo()
    assert left == list(temporary.iterdir()) == []


def outcome(shut, data, name=""):
    with tempfile.TemporaryFile() as out:
        try:
            return shut.to_pdf(kinds.found(data, name, ""), data, None, "a4", out)
        except (UnfitError, jail.Crashed, jail.Overdrawn) as error:
            return error


def swollen(document, part, size):
    """The document, whose directory says that this part has so many octets."""
    data = bytearray(document)
    at = data.rindex(part.encode()) - 46
    assert data[at : at + 4] == b"PK\x01\x02"
    struct.pack_into("<I", data, at + 24, size)
    return bytes(data)


WORDS = office.paragraph("bomb " * 20)
BREAK = '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'
ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
LAUGHS = f'<!DOCTYPE x [<!ENTITY a0 "ha">{ENTITIES}]>'
REPEATED = (
    '<table:table table:name="s"><table:table-row table:number-rows-repeated="1048000"><table:table-cell '
    'table:number-columns-repeated="1000" office:value-type="string"><text:p>x</text:p></table:table-cell>'
    "</table:table-row></table:table>"
)


def cells(count):
    return "".join(row(n, f'<c r="A{n}"><v>{n}</v></c>') for n in range(1, count + 1))


BOMBS = {
    "deep tables": lambda: docx("<w:tbl><w:tr><w:tc>" * 5000 + "</w:tc></w:tr></w:tbl>" * 5000),
    "much text": lambda: docx(WORDS * 400_000),
    "laughs": lambda: docx(office.paragraph("&a9;"), doctype=LAUGHS),
    "deep sections": lambda: open_document("<text:section>" * 20_000 + "</text:section>" * 20_000),
    "spaces": lambda: open_document('<text:p><text:s text:c="2000000000"/></text:p>'),
    "repeated cells": lambda: open_document(REPEATED, "spreadsheet"),
    "a million rows": lambda: office.xlsx(cells(1_000_000)),
    "deep rich text": lambda: b"{\\rtf1 " + b"{" * 1_000_000,
    "endless PostScript": lambda: b"%!PS\n{} loop",
    "endless pages": lambda: b"%!PS\n{showpage} loop",
}


@office.needs_libreoffice
@pytest.mark.slow
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_ends_within_its_limits(poor, bomb):
    end = outcome(poor, BOMBS[bomb]())
    assert isinstance(end, bytes | UnfitError | jail.Overdrawn) or "longer than" in str(end)


@office.needs_libreoffice
@pytest.mark.parametrize("bomb", ["deep rich text", "laughs"])
def test_a_bomb_is_refused_with_the_reason(poor, bomb):
    end = outcome(poor, BOMBS[bomb]())
    wanted = {"deep rich text": "more than the 800 MB of memory", "laughs": "damaged"}
    assert wanted[bomb] in str(end)


@office.needs_libreoffice
def test_what_unpacks_to_more_than_may_be_written_is_not_opened(poor):
    assert outcome(poor, swollen(docx(WORDS), "word/document.xml", 6_000_000)).code == "unpacked"


@office.needs_libreoffice
def test_a_document_without_end_is_stopped_by_the_clock_and_holds_up_no_other(poor):
    ends = []
    slow = threading.Thread(target=lambda: ends.append(outcome(poor, b"%!PS\n{} loop")))
    slow.start()
    assert isinstance(outcome(poor, docx(WORDS)), bytes)
    assert slow.is_alive()
    slow.join()
    assert "longer than the 3 seconds" in str(ends)


@office.needs_libreoffice
def test_a_fax_of_eleven_hundred_pages_is_cut_where_every_limit_is_passed(poor):
    import pypdfium2

    with pypdfium2.PdfDocument(outcome(poor, docx(BREAK * 1100))) as document:
        assert len(document) == 1000


def test_after_all_this_no_process_is_left_over(poor):
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        assert not (fields[0] == "Z" and int(fields[1]) == os.getpid())
