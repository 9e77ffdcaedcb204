"""Pages are counted as the real converters count them, and stand-ins drawn where none is."""

import io
import struct

import pypdf
import pytest
from PIL import Image

from mailfax.sandbox import _pages


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP"])
def test_a_picture_is_one_page(kind):
    out = io.BytesIO()
    Image.new("L", (10, 10)).save(out, kind)
    assert _pages.count(kind.lower(), out.getvalue()) == 1
    with pytest.raises(_pages.Unreadable, match=f"not a {kind}"):
        _pages.count(kind.lower(), b"hello")


@pytest.mark.parametrize(("text", "pages"), [(b"a", 1), (b"a\fb", 2), (b"a\fb\f", 2), (b"\f\f", 2)])
def test_a_text_has_a_page_per_form_feed(text, pages):
    assert _pages.count("txt", text) == pages


def test_what_only_an_office_could_open_is_one_page():
    assert _pages.count("docx", b"PK") == 1


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        ("pdf", b"", "is empty"),
        ("pdf", b"%PDF-1.4 and nothing", "not a readable PDF"),
        ("tif", b"hello", "not a TIFF"),
        ("tif", b"II*\0\0\0\0\0", "has no page"),
        ("tif", b"II*\0\xff\0\0\0", "leads out of the file"),
        ("tif", b"II*\0", "leads out of the file"),
    ],
)
def test_a_broken_document_says_what_is_wrong(kind, data, words):
    with pytest.raises(_pages.Unreadable, match=words):
        _pages.count(kind, data)


def test_a_pdf_without_pages_is_refused():
    out = io.BytesIO()
    pypdf.PdfWriter().write(out)
    with pytest.raises(_pages.Unreadable):
        _pages.count("pdf", out.getvalue())


def test_images_of_very_many_pages_are_not_all_held(tiff, monkeypatch):
    monkeypatch.setattr(_pages, "_MAX_FRAMES", 3)
    assert len(_pages.frames(tiff(3))) == 3
    with pytest.raises(_pages.Unreadable, match="too many"):
        _pages.frames(tiff(4))


def test_a_stand_in_has_as_many_pages_as_it_stands_for():
    pages = _pages.stand_in("a.docx", 60)
    with Image.open(io.BytesIO(_pages.tiff(pages))) as image:
        assert image.n_frames == 60
    assert len(pypdf.PdfReader(io.BytesIO(_pages.pdf(pages))).pages) == 60


@pytest.mark.parametrize("order_mark", ["<", ">"])
def test_a_tiff_whose_pages_go_in_a_circle_is_refused(order_mark):
    magic = b"II*\0" if order_mark == "<" else b"MM\0*"
    circle = magic + struct.pack(f"{order_mark}IHI", 8, 0, 8)
    with pytest.raises(_pages.Unreadable, match="does not end"):
        _pages.count("tif", circle)


def test_pages_are_counted_as_in_the_corpus(corpus_pages):
    for path, pages in corpus_pages:
        assert _pages.count(path.suffix[1:], path.read_bytes()) == pages, path


@pytest.fixture
def corpus_pages(request):
    corpus = request.config.rootpath.parent / "shared" / "corpus"
    if not corpus.is_dir():
        pytest.skip("the corpus is not here")
    known = {"pdf/big-352-pages.pdf": 352, "pdf/ok-journal.pdf": 10, "tiff/multi-5p-errors.tif": 5}
    return [(corpus / name, pages) for name, pages in known.items()]
