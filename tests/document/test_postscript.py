"""PostScript: refused unless it is allowed, and shut in when it is."""

import ctypes.util
import socket

import pypdfium2
import pytest

from mailfax.document import render
from mailfax.document.converters import UnfitError
from mailfax.errors import Cause
from tests.document.drawing import FINE, attachment

needs_ghostscript = pytest.mark.skipif(
    not ctypes.util.find_library("gs"), reason="Ghostscript is not installed"
)

# ruff: noqa: E501 - programs stay in one piece

SHOW = "/Times-Roman findfont 24 scalefont setfont 72 700 moveto ({}) show showpage\n"


def words(pdf):
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_bounded() for page in document]


def test_postscript_is_refused_unless_the_operator_allows_it(renderer, tmp_path):
    part = attachment(b"%!PS\n" + SHOW.format("words").encode(), "a.ps")
    with pytest.raises(render.Unrenderable) as caught:
        renderer.render([part], FINE, tmp_path / "fax.tif")
    assert "'a.ps' (part 2) cannot be faxed: PostScript is not opened here" in str(caught.value)
    assert caught.value.cause is Cause.UNSUPPORTED_DOCUMENT


@needs_ghostscript
def test_allowed_postscript_becomes_pages(to_pdf):
    data = "%!PS-Adobe-3.0\n" + SHOW.format("first") + SHOW.format("second")
    assert words(to_pdf(data.encode())) == ["first", "second"]


@needs_ghostscript
def test_an_eps_is_a_page_of_its_own_size(to_pdf):
    data = f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 50 690 250 730\n{SHOW.format('words')}"
    with pypdfium2.PdfDocument(to_pdf(data.encode())) as document:
        assert document[0].get_size() == (200, 40)


@needs_ghostscript
def test_half_a_program_is_damaged(to_pdf):
    with pytest.raises(UnfitError, match="damaged"):
        to_pdf(b"%!PS\n(words) show")


DEEDS = {
    "a file": "({path}) (r) file 99 string readstring pop",
    "a file that everybody may read": "(/usr/share/common-licenses/GPL-3) (r) file 99 string readstring pop",
    "a pipe": "(%pipe%cat {path}) (r) file 99 string readstring pop",
    "a file to write": "({path}.new) (w) file pop (done)",
    "a program of its environment": "(HOME) getenv {{}} {{(none)}} ifelse",
    "all files": "({folder}/*) {{}} 99 string filenameforall (done)",
}


@needs_ghostscript
@pytest.mark.parametrize("deed", DEEDS)
def test_postscript_reaches_nothing_but_its_own_page(to_pdf, tmp_path, deed):
    """It tries, and writes on the page what it got, or else what hindered it."""
    secret = tmp_path / "secret.txt"
    secret.write_text("canary-7f3a")
    code = DEEDS[deed].format(path=secret, folder=tmp_path)
    program = (
        "%!PS\n/Times-Roman findfont 12 scalefont setfont 72 700 moveto\n"
        f"{{ {code} }} stopped {{ (hindered) }} if show showpage\n"
    )
    with socket.create_server(("127.0.0.1", 0)):
        [text] = words(to_pdf(program.encode()))
    assert "canary" not in text
    assert "GNU" not in text
    assert not (tmp_path / "secret.txt.new").exists()
