"""What black and white makes of grey: hairlines, light type, tints, charts, shadows, photographs;
and what is said of pages that will be hard to read.
"""

import itertools

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from mailfax.document import coding, geometry, page
from mailfax.document.converters import hard_to_read, pdf
from tests.document import drawing

FINE = geometry.Sheet("a4", geometry.RESOLUTIONS["fine"])
SHEETS = [geometry.Sheet("a4", resolution) for resolution in geometry.RESOLUTIONS.values()]
A4 = (1728, 2292)


def faxed(draw, sheet=FINE):
    """An A4 page of PDF as it is faxed."""
    data = drawing.pdf((210, 297), draw=lambda paper, width, height: draw(paper))
    with pdf.Document(data) as document:
        [made] = document.pages(0, sheet)
    return made


def printed(draw, sheet=FINE):
    return coding.decode(faxed(draw, sheet).strip).convert("L")


def box(sheet, left, bottom, right, top):
    """Points of a page as pixels."""
    across, down = (density / 72 for density in sheet.resolution)
    edge = (1728 - 210 / 25.4 * 204) / 2
    return tuple(
        round(value)
        for value in (
            edge + left * across,
            (841.9 - top) * down,
            edge + right * across,
            (841.9 - bottom) * down,
        )
    )


# ── Lines and light type ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize("sheet", SHEETS, ids=["standard", "fine", "superfine"])
@pytest.mark.parametrize("grey", [0, 0.5, 0.75, 0.8])
@pytest.mark.parametrize("width", [0.1, 0.25, 0.5])
def test_hairlines_never_vanish(sheet, grey, width):
    def lines(paper):
        paper.setStrokeGray(grey)
        paper.setLineWidth(width)
        for number in range(5):
            paper.line(100, 700 - 20.3 * number, 400, 700 - 20.3 * number)
            paper.line(100 + 20.3 * number, 300, 100 + 20.3 * number, 500)

    image = printed(lines, sheet)
    middle = image.crop(box(sheet, 245, 600, 246, 720))
    assert len(_runs(middle.crop((1, 0, 2, middle.height)))) == 5
    across = image.crop(box(sheet, 90, 400, 200, 402))
    assert len(_runs(across.crop((0, 1, across.width, 2)))) == 5


def _runs(line):
    return [run for run in line.tobytes().split(b"\xff") if run]


@pytest.mark.parametrize("grey", [0.4, 0.6, 0.7, 0.8, 0.88])
def test_light_grey_small_print_is_as_black_as_black_one(grey):
    def words(paper):
        paper.setFont("Helvetica", 8)
        paper.drawString(100, 700, "the small print that nobody reads")
        paper.setFillGray(grey)
        paper.drawString(100, 600, "the small print that nobody reads")

    image = printed(words)
    black, light = (
        drawing.darkness(image.crop(box(FINE, 90, y - 5, 300, y + 12))) for y in (700, 600)
    )
    assert light == pytest.approx(black, rel=0.25)


def test_the_ground_between_the_letters_of_a_marked_line_has_no_lines():
    def marked(paper):
        paper.setFillColorRGB(0.8, 0.9, 1)
        paper.rect(90, 695, 300, 14, stroke=0, fill=1)
        paper.setFillGray(0)
        paper.setFont("Times-Roman", 11)
        paper.drawString(100, 699, "morning letters of a marked line, hill and dale")

    def plain(paper):
        paper.setFont("Times-Roman", 11)
        paper.drawString(100, 699, "morning letters of a marked line, hill and dale")

    tinted, white = printed(marked), printed(plain)
    different = ImageChops.difference(tinted, white).histogram()[255]
    assert different < 0.25 * white.histogram()[0]


# ── Tints and charts ───────────────────────────────────────────────────────────────────


def test_the_bars_of_a_chart_keep_their_shape_and_differ():
    greys = (0.35, 0.6, 0.8)

    def chart(paper):
        for number, grey in enumerate(greys):
            paper.setFillGray(grey)
            paper.rect(100 + 60 * number, 500, 21, 120, stroke=0, fill=1)

    image = printed(chart)
    shades = []
    for number in range(len(greys)):
        left = 100 + 60 * number
        shades.append(drawing.darkness(image.crop(box(FINE, left, 500, left + 21, 620))))
        assert drawing.ink(image.crop(box(FINE, left + 23, 490, left + 55, 630))) is None
    assert shades == sorted(shades, reverse=True)
    assert all(one - other > 0.12 for one, other in itertools.pairwise(shades))


def test_a_box_that_turns_white_for_its_type_keeps_an_outline():
    def box_with_words(paper):
        paper.setFillGray(0.72)
        paper.rect(100, 500, 200, 60, stroke=0, fill=1)
        paper.setFillGray(0)
        paper.drawString(120, 525, "APPROVED by the office")

    image = printed(box_with_words)
    left, top, right, bottom = drawing.ink(image)
    assert (right - left, bottom - top) == pytest.approx((200 / 72 * 204, 60 / 72 * 196), abs=4)
    assert drawing.ink(image.crop(box(FINE, 110, 545, 290, 555))) is None


def test_white_type_on_a_bar_that_goes_from_dark_to_light_stands_on_black():
    def bar(paper):
        for x in range(400):
            paper.setFillColorRGB(0.1 + 0.4 * x / 400, 0.3 + 0.3 * x / 400, 0.6)
            paper.rect(60 + x, 600, 1.2, 26, stroke=0, fill=1)
        paper.setFillGray(1)
        paper.setFont("Helvetica-Bold", 13)
        paper.drawString(70, 608, "A white heading on a bar of many shades, to its end")

    image = printed(bar)
    above = image.crop(box(FINE, 80, 620, 380, 624))
    assert drawing.darkness(above) > 0.95


# ── Scans ──────────────────────────────────────────────────────────────────────────────


def scan(light, photo=False):
    """A page of lines of "type" under a light that falls off to so much on the right."""
    paper = Image.new("L", A4, 235)
    pen = ImageDraw.Draw(paper)
    for top in range(200, 1300, 36):
        for left in range(150, 1550, 24):
            pen.rectangle((left, top, left + 5, top + 16), fill=40)
            pen.rectangle((left, top + 6, left + 14, top + 9), fill=40)
    if photo:
        picture = Image.radial_gradient("L").resize((700, 600))
        paper.paste(picture, (500, 1500))
    lamp = Image.linear_gradient("L").transpose(Image.Transpose.ROTATE_90).resize(A4)
    lamp = lamp.point([255 - grey * (255 - light) // 255 for grey in range(256)])
    lit = ImageChops.multiply(paper, lamp).filter(ImageFilter.GaussianBlur(1))
    return ImageChops.add(lit, Image.effect_noise(A4, 8), 1, -128)


@pytest.mark.parametrize("light", [255, 200, 140, 110])
def test_paper_in_shadow_is_white_and_type_on_it_black(light):
    image = coding.decode(page.draw(scan(light), FINE).strip).convert("L")
    blank = image.crop((100, 1400, 1650, 2200))
    assert drawing.darkness(blank) < 0.002
    written = [image.crop((left, 190, left + 300, 1300)) for left in (150, 700, 1200)]
    assert [drawing.darkness(part) for part in written] == pytest.approx([0.2] * 3, abs=0.06)


def test_a_photograph_on_a_scanned_page_is_dots_beside_type():
    image = coding.decode(page.draw(scan(230, photo=True), FINE).strip).convert("L")
    row = image.crop((550, 1800, 1150, 1801)).tobytes()
    assert sum(a != b for a, b in itertools.pairwise(row)) > 60
    assert drawing.darkness(image.crop((100, 1400, 450, 2200))) < 0.01


# ── What is said of it ─────────────────────────────────────────────────────────────────


def lines_of(size, grey=0.0):
    def words(paper):
        paper.setFont("Helvetica", size)
        paper.setFillGray(grey)
        for number in range(30):
            paper.drawString(60, 780 - 20 * number, "a line of words that is there to be read " * 2)

    return words


def black(paper):
    paper.rect(0, 0, 595, 842, stroke=0, fill=1)
    paper.setFillGray(1)
    paper.drawString(100, 500, "hardly anything but black")


@pytest.mark.parametrize(
    ("draw", "sheet", "faults"),
    [
        (lines_of(10), SHEETS[0], ()),
        (lines_of(8), SHEETS[0], ()),
        (lines_of(6), SHEETS[1], ()),
        (lines_of(10, grey=0.85), SHEETS[1], ()),
        (lines_of(6), SHEETS[0], ("tiny",)),
        (lines_of(4), SHEETS[1], ("tiny",)),
        (lines_of(10, grey=0.95), SHEETS[1], ("faint",)),
        (black, SHEETS[1], ("black",)),
    ],
    ids=["10 standard", "8 standard", "6 fine", "grey", "6 standard", "4 fine", "faint", "black"],
)
def test_a_page_that_will_be_hard_to_read_is_known(draw, sheet, faults):
    assert faxed(draw, sheet).faults == faults


def test_small_letters_of_a_page_that_is_made_smaller_are_known():
    def plan(paper, width, height):
        for number in range(40):
            paper.drawString(
                100, 100 + 50 * number, "measures of a plan in letters of twelve points"
            )

    with pdf.Document(drawing.pdf((841, 1189), draw=plan)) as document:
        [made] = document.pages(0, FINE)
    assert made.faults == ("tiny",)


def test_the_sentence_names_the_pages_and_not_too_many():
    assert hard_to_read({}) == []
    assert hard_to_read({"tiny": [3]}) == [
        "Page 3 will likely be hard to read: the letters are too small for this resolution."
    ]
    assert hard_to_read({"black": [4, 2]}) == [
        "Pages 2 and 4 will likely be hard to read: there is too much black."
    ]
    [many] = hard_to_read({"faint": range(1, 21)})
    assert many.startswith("Pages 1, 2, 3, 4, 5 and 15 more will")
