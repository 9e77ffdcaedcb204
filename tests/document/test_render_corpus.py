"""Real documents, as the corpus's manifest says they are to be handled."""

import csv

import pytest

from mailfax.document import check, render
from mailfax.errors import Cause
from tests.document import drawing
from tests.document.drawing import CORPUS, attachment

LAYOUT = render.Layout(paper="a4", resolution="fine")

PAGES = {
    "pdf/repair-damaged-30p.pdf": 30,
    "pdf/scan-ccitt-10p.pdf": 10,
    "pdf/ok-journal.pdf": 10,
    "pdf/geom-crop-boxes.pdf": 8,
    "pdf/geom-mixed-sizes.pdf": 3,
    "pdf/form-prefilled-tax.pdf": 2,
    "tiff/multi-5p-errors.tif": 5,
}
"""Where more than one page must come out."""


def cases(expected):
    manifest = CORPUS / "manifest.tsv"
    if not manifest.exists():
        return []
    with manifest.open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return [
            row["file"]
            for row in rows
            if row["file"].startswith(("pdf/", "tiff/")) and row["expected"] == expected
        ]


def draw(renderer, name, out):
    part = attachment((CORPUS / name).read_bytes(), name)
    document, manifest = renderer.render([part], LAYOUT, out)
    assert check.check(out) == []
    assert manifest[0].pages == len(document.pages)
    return document


@pytest.mark.parametrize("name", cases("must-render"))
def test_a_document_that_must_be_faxed_is(renderer, tmp_path, name):
    document = draw(renderer, name, tmp_path / "fax.tif")
    assert len(document.pages) == PAGES.get(name, 1)


@pytest.mark.parametrize("name", cases("must-reject-clearly"))
def test_a_document_that_must_be_refused_is_by_name(renderer, tmp_path, name):
    with pytest.raises(render.Unrenderable, match="cannot be faxed: it"):
        draw(renderer, name, tmp_path / "fax.tif")


@pytest.mark.parametrize("name", cases("either-but-no-crash"))
def test_a_document_of_doubt_is_faxed_or_refused_but_breaks_nothing(renderer, tmp_path, name):
    try:
        draw(renderer, name, tmp_path / "fax.tif")
    except render.Unrenderable as error:
        assert name in str(error)


needs_corpus = pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not there")


@needs_corpus
def test_a_password_is_said_to_be_needed(renderer, tmp_path):
    with pytest.raises(render.Unrenderable, match="it needs a password to open") as caught:
        draw(renderer, "pdf/enc-user-password.pdf", tmp_path / "fax.tif")
    assert caught.value.cause is Cause.UNSUPPORTED_DOCUMENT


@needs_corpus
@pytest.mark.parametrize("name", ["blank-page.pdf", "enc-owner-only.pdf", "js-page-action.pdf"])
def test_a_blank_page_is_faxed_as_one(renderer, tmp_path, name):
    draw(renderer, f"pdf/{name}", tmp_path / "fax.tif")
    assert [drawing.ink(page) for page in drawing.pages(tmp_path / "fax.tif")] == [None]


@needs_corpus
def test_what_was_filled_into_a_form_is_on_the_fax(renderer, tmp_path):
    """An address at the foot of the second page, and a ticked box above it."""
    draw(renderer, "pdf/form-prefilled-tax.pdf", tmp_path / "fax.tif")
    page = drawing.pages(tmp_path / "fax.tif")[1]
    assert drawing.ink(page.crop((445, 1985, 530, 2018)))
    assert drawing.darkness(page.crop((1200, 1905, 1221, 1924))) > 0.1


@needs_corpus
def test_a_book_is_refused_by_its_page_count(renderer, tmp_path):
    with pytest.raises(render.Unrenderable, match="352 pages") as caught:
        draw(renderer, "pdf/big-352-pages.pdf", tmp_path / "fax.tif")
    assert caught.value.cause is Cause.TOO_LONG


@needs_corpus
@pytest.mark.parametrize("name", ["tiff/g3-2d-real-page.tif", "tiff/g4-passport-page.tif"])
def test_a_scan_keeps_its_blackness(renderer, tmp_path, name):
    """Neither washed out nor smeared by scaling."""
    from PIL import Image

    draw(renderer, name, tmp_path / "fax.tif")
    with Image.open(CORPUS / name) as image:
        scan = image.convert("L")
    page = drawing.pages(tmp_path / "fax.tif")[0]
    before, after = (drawing.darkness(side.crop(drawing.ink(side))) for side in (scan, page))
    assert after == pytest.approx(before, rel=0.35)
