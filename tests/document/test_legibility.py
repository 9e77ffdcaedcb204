"""Tesseract reads the standard test pages back: 98 % of their words at fine, 95 % at standard.

The pages are made by `benchmarks/standard.py`, which `make bench` measures with too.
"""

import concurrent.futures
import importlib
import pathlib
import shutil

import pytest

from mailfax.document import coding, geometry
from mailfax.document.converters import Item, pdf, picture

BENCHMARKS = pathlib.Path(__file__).parents[2] / "benchmarks"
WANTED = {"standard": 0.95, "fine": 0.98, "superfine": 0.98}

pytestmark = pytest.mark.skipif(shutil.which("tesseract") is None, reason="no tesseract here")


@pytest.fixture
def standard(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("standard")


def faxed(page, sheet):
    if page.label == "image/jpeg":
        [made] = picture.pages(Item(kind="jpeg", data=page.data), sheet)
        return made
    with pdf.Document(page.data) as document:
        [made] = document.pages(0, sheet)
    return made


def words_read(standard, names, resolution):
    """The part of all words on these pages that is read, and that of each page."""
    sheet = geometry.Sheet("a4", geometry.RESOLUTIONS[resolution])
    pages = [standard.page(name) for name in names]
    strips = [faxed(page, sheet).strip for page in pages]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        shares = list(
            pool.map(
                lambda strip, page: standard.words_read(
                    coding.decode(strip), sheet.resolution[1], page.words
                ),
                strips,
                pages,
            )
        )
    count = [len(page.words) for page in pages]
    read = sum(share * words for share, words in zip(shares, count, strict=True))
    return read / sum(count), dict(zip(names, shares, strict=True))


@pytest.mark.parametrize(
    ("resolution", "names"),
    [("standard", ["highlights"]), ("fine", ["tinted table", "uneven scan"])],
)
def test_words_are_read_back(standard, resolution, names):
    share, each = words_read(standard, names, resolution)
    assert share >= WANTED[resolution], each


@pytest.mark.slow
@pytest.mark.parametrize("resolution", WANTED)
def test_the_words_of_all_standard_pages_are_read_back(standard, resolution):
    share, each = words_read(standard, standard.NAMES, resolution)
    assert share >= WANTED[resolution], each
    assert min(each.values()) > 0.8, each


def test_no_standard_page_is_said_to_be_hard_to_read(standard):
    for resolution in ("standard", "fine"):
        sheet = geometry.Sheet("a4", geometry.RESOLUTIONS[resolution])
        faults = {page.name: faxed(page, sheet).faults for page in standard.pages()}
        assert not any(faults.values()), faults
