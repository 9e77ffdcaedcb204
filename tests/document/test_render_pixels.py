"""Pixels to code words the quick way and the plain way, and scans the quick way."""

import io

import numpy
import pytest
from PIL import Image, ImageDraw, ImageFilter
from reportlab import rl_config
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas

from mailfax.document import coding, g4, geometry, libtiff, page
from mailfax.document.converters import pdf, scan
from tests.document import drawing
from tests.document.drawing import MM

SHEET = geometry.Sheet("a4", (204, 196))


def noise(width, height):
    return Image.effect_noise((width, height), 120).filter(ImageFilter.BoxBlur(1))


@pytest.mark.parametrize("height", [1, 7, 300])
def test_libtiff_called_directly_and_through_pillow_writes_the_same_words(height):
    bits = g4.threshold(numpy.asarray(noise(1728, height)), 128).tobytes()
    assert libtiff.there
    assert g4.code(bits, 1728, height) == g4._by_pillow(bits, 1728, height)


def test_a_strip_decodes_to_the_pixels_that_went_in():
    grey = noise(1728, 200)
    bits = g4.threshold(numpy.asarray(grey), 128).tobytes()
    strip = page.coded(bits, grey.size, (204, 196)).strip
    assert (
        coding.decode(strip).convert("L").tobytes() == grey.point([0] * 128 + [255] * 128).tobytes()
    )


def test_white_and_nearly_white_pages_are_told_apart():
    white = Image.new("L", (1728, 2292), 255)
    assert page.is_white(page.draw(white, SHEET).strip)
    white.putpixel((800, 1000), 0)
    assert not page.is_white(page.draw(white, SHEET).strip)


@pytest.fixture
def scanned(monkeypatch):
    """A page that is one grey JPEG of 300 per inch with a frame and a bar on grey paper."""
    monkeypatch.setattr(rl_config, "useA85", 0)
    image = Image.new("L", (2480, 3508), 225)
    pen = ImageDraw.Draw(image)
    pen.rectangle((200, 200, 2280, 3308), outline=30, width=12)
    pen.rectangle((300, 300, 1300, 500), fill=30)

    def make(decode=b"", paper=(210, 297)):
        held = io.BytesIO()
        file = canvas.Canvas(held, pagesize=(paper[0] * MM, paper[1] * MM))
        jpeg = ImageReader(io.BytesIO(drawing.picture(image, "JPEG", quality=85)))
        file.drawImage(jpeg, 0, 0, paper[0] * MM, paper[1] * MM)
        file.save()
        return held.getvalue() + decode

    return make


@pytest.mark.parametrize("paper", [(210, 297), (297, 210)], ids=["upright", "across"])
def test_a_scan_decoded_directly_looks_as_pdfium_draws_it(scanned, paper):
    data = scanned(paper=paper)
    with pdf.Document(data) as document:
        assert document._plain
        with document.page(0) as opened:
            width, height = (side / MM for side in opened.get_size())
            [place] = geometry.places(SHEET, width, height)
            assert scan.draw(opened, place, SHEET) is not None
        [quick] = document.pages(0, SHEET)
        document._plain = False
        [common] = document.pages(0, SHEET)
    boxes = [drawing.ink(coding.decode(faxed.strip).convert("L")) for faxed in (quick, common)]
    assert all(abs(a - b) <= 2 for a, b in zip(*boxes, strict=True))


@pytest.mark.parametrize("word", [b"/Decode [1 0]", b"/SMask 5 0 R", b"/Mask[0 1]", b"/UserUnit 2"])
def test_a_scan_with_anything_unusual_goes_the_common_way(scanned, word):
    assert scan.is_plain(scanned() + b"/DecodeParms /ImageMask /MaskedBy")
    assert not scan.is_plain(scanned(decode=word))


def test_a_page_that_is_more_than_a_picture_is_not_taken_for_a_scan():
    with pdf.Document(drawing.pdf((210, 297))) as document, document.page(0) as opened:
        [place] = geometry.places(SHEET, 210, 297)
        assert scan.draw(opened, place, SHEET) is None


def test_grey_paper_of_a_scan_is_white_on_the_fax(scanned):
    with pdf.Document(scanned()) as document:
        [faxed] = document.pages(0, SHEET)
    image = coding.decode(faxed.strip).convert("L")
    assert drawing.ink(image.crop((300, 500, 1500, 2000))) is None
