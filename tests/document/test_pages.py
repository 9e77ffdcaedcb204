"""What the rules say of pages: the paper, blank pages, what shaded places are taken for."""

import itertools

import pytest
from PIL import Image, ImageDraw

from mailfax.document import check, geometry, render
from tests.document import drawing
from tests.document.drawing import MM, attachment, body


@pytest.fixture
def fax(renderer, tmp_path):
    """Render parts; the pages as images, and the manifest."""

    def draw(*parts, **layout):
        wish = {"paper": "a4", "resolution": "fine", **layout}
        document, manifest = renderer.render(parts, render.Layout(**wish), tmp_path / "fax.tif")
        assert check.check(document.path) == []
        return drawing.pages(document.path), {entry.part: entry for entry in manifest}

    return draw


# ── B4 ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("resolution", ["standard", "fine", "superfine"])
def test_b4_is_made_smaller_to_the_line_and_keeps_its_shape(fax, resolution):
    [image], _ = fax(
        attachment(drawing.pdf((257, 364)), "b4.pdf"), paper="b4", resolution=resolution
    )
    down = geometry.RESOLUTIONS[resolution][1]
    scale = 215.15 / 257
    assert image.size == (1728, round(364 * scale / 25.4 * down))
    meant = [(side - 20 + 2 / MM) * scale for side in (257, 364)]
    assert drawing.ink_millimetres(image, down) == pytest.approx(meant, rel=0.01)


def test_a_text_on_b4_has_lines_as_wide_as_that_paper(fax):
    [on_a4], _ = fax(body("|" + " " * 78 + "|"))
    [on_b4], _ = fax(body("|" + " " * 78 + "|"), paper="b4")
    wide, narrow = (drawing.ink_millimetres(image)[0] for image in (on_a4, on_b4))
    assert narrow == pytest.approx(wide * 215.15 / 257, rel=0.02)


def test_a4_on_b4_keeps_its_size(fax):
    [image], _ = fax(attachment(drawing.pdf((210, 297)), "a4.pdf"), paper="b4")
    assert drawing.ink_millimetres(image)[1] == pytest.approx(277 + 2 / MM, rel=0.01)


# ── Cuts ───────────────────────────────────────────────────────────────────────────────


def test_every_cut_has_a_dashed_line_and_the_number_of_the_piece(fax):
    def nothing(paper, width, height):
        paper.setFillGray(1)

    pages, _ = fax(attachment(drawing.pdf((80, 1000), draw=nothing), "long.pdf"))
    band = round(geometry.BAND / 25.4 * 196)
    heads = [drawing.ink(page.crop((0, 0, 1728, band))) for page in pages]
    feet = [drawing.ink(page.crop((0, page.height - band, 1728, page.height))) for page in pages]
    assert [box is not None for box in heads] == [False, True, True, True]
    assert [box is not None for box in feet] == [True, True, True, False]
    line = pages[0].crop((0, pages[0].height - band, 1728, pages[0].height - band + 1))
    assert drawing.darkness(line) == pytest.approx(0.5, abs=0.02)
    number = pages[0].crop((1500, pages[0].height - band + 1, 1728, pages[0].height))
    assert drawing.ink(number)


def test_a_line_of_type_at_a_cut_is_whole_on_one_of_the_pages(fax):
    """Marks of 4 mm, one every 5 mm: each stands complete on at least one page."""
    marks = 199

    def ladder(paper, width, height):
        for number in range(marks):
            paper.rect((10 + 5 * (number % 8)) * MM, height - (number + 1) * 5 * MM, 4 * MM, 4 * MM,
                       stroke=0, fill=1)  # fmt: skip

    pages, _ = fax(attachment(drawing.pdf((80, 1000), draw=ladder), "long.pdf"))
    whole = round(4 / 25.4 * 196)
    found = 0
    for page in pages:
        for column in range(8):
            left = round(((215.15 - 80) / 2 + 10 + 5 * column + 2) / 25.4 * 204)
            found += sum(run >= whole - 1 for run in _runs(page, left))
    assert found >= marks


def _runs(page, column):
    """Lengths of the black runs of a column."""
    octets = page.crop((column, 0, column + 1, page.height)).tobytes()
    return [len(run) for run in octets.split(b"\xff") if run]


def test_a_fax_page_longer_than_machines_take_is_cut_with_marks_too(fax):
    image = Image.new("1", (1728, 6000), 1)
    ImageDraw.Draw(image).rectangle((100, 5900, 400, 5950), fill=0)
    data = drawing.picture(image, "TIFF", compression="group4", dpi=(204, 196))
    pages, _ = fax(attachment(data, "long.tif"))
    assert len(pages) == 3
    assert drawing.ink(pages[2].crop((0, 100, 1000, pages[2].height)))


# ── Blank pages ────────────────────────────────────────────────────────────────────────


def pdf_with(*drawn):
    """A PDF of A4 pages: each has a line of text or is empty."""
    turn = iter(drawn)

    def draw(paper, width, height):
        if next(turn):
            paper.drawString(100, 500, "something to read")

    return drawing.pdf(*[(210, 297)] * len(drawn), draw=draw)


def test_blank_pages_are_kept_unless_a_rule_says_otherwise(fax):
    data = pdf_with(True, False, True, False)
    pages, manifest = fax(attachment(data, "duplex.pdf"))
    assert [manifest["2"].pages, len(pages)] == [4, 4]
    pages, manifest = fax(attachment(data, "duplex.pdf"), blank_pages="drop")
    assert all(drawing.ink(page) for page in pages)
    assert [manifest["2"].pages, len(pages)] == [2, 2]
    assert manifest["2"].remarks == ("Left out: blank pages (2).",)


def test_a_document_of_blank_pages_is_never_dropped_to_nothing(fax):
    pages, manifest = fax(attachment(pdf_with(False, False), "x.pdf"), blank_pages="drop")
    assert len(pages) == 2
    assert manifest["2"].remarks == ()


def test_the_empty_back_of_a_scanned_sheet_is_blank_and_a_page_number_is_not(fax):
    dusty, numbered = (Image.new("L", (1654, 2339), 250) for _ in range(2))
    for x, y in ((300, 400), (900, 1200), (1500, 2000), (30, 2200)):
        ImageDraw.Draw(dusty).ellipse((x, y, x + 3, y + 3), fill=60)
    ImageDraw.Draw(numbered).text((800, 2200), "7", fill=20, font_size=30)
    data = drawing.picture(numbered, "TIFF", dpi=(200, 200), save_all=True, append_images=[dusty])
    pages, manifest = fax(attachment(data, "scan.tif"), blank_pages="drop")
    assert len(pages) == 1
    assert drawing.ink(pages[0])
    assert manifest["2"].remarks == ("Left out: blank pages (1).",)


# ── Halftone by hand ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("halftone", ["auto", "text", "photo"])
def test_a_photograph_is_dots_unless_it_is_taken_for_text(fax, halftone):
    photo = Image.radial_gradient("L").resize((1000, 1000))
    data = drawing.picture(photo, "PNG")
    [image], _ = fax(attachment(data, "p.png"), halftone=halftone)
    changes = _changes(image, image.height // 4)
    assert (changes > 100) == (halftone != "text")


@pytest.mark.parametrize("halftone", ["auto", "photo"])
def test_type_on_a_grey_ground_is_on_dots_only_when_a_rule_says_so(fax, halftone):
    def panel(paper, width, height):
        paper.setFillGray(0.7)
        paper.rect(50, 400, 400, 200, stroke=0, fill=1)
        paper.setFillGray(0)
        paper.drawString(60, 500, "words on a grey ground, and more of them to read here")

    [image], _ = fax(attachment(drawing.pdf((210, 297), draw=panel), "x.pdf"), halftone=halftone)
    ground = image.crop((300, 700, 1100, 850))
    assert (drawing.darkness(ground) > 0.05) == (halftone == "photo")


def _changes(image, row):
    """How often black turns to white and back in a row."""
    octets = image.crop((0, row, image.width, row + 1)).tobytes()
    return sum(a != b for a, b in itertools.pairwise(octets))


# ── Pages that will be hard to read ────────────────────────────────────────────────────


def test_the_sender_is_told_of_pages_whose_letters_are_too_small(fax):
    """Pages 2 and 5 of six, which two children draw."""
    sizes = iter([10, 4, 10, 10, 4, 10])

    def draw(paper, width, height):
        paper.setFont("Helvetica", next(sizes))
        for number in range(30):
            paper.drawString(60, 780 - 20 * number, "a line of words to be read " * 3)

    _, manifest = fax(attachment(drawing.pdf(*[(210, 297)] * 6, draw=draw), "x.pdf"))
    assert manifest["2"].remarks == (
        "Pages 2 and 5 will likely be hard to read: the letters are too small for this resolution.",
    )
