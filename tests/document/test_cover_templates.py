"""Covers of the operator's own: letterheads, pages of HTML, and what is wrong with them."""

import dataclasses
import io
import pathlib

import pypdf
import pytest

from mailfax import errors
from mailfax.document import cover, render
from mailfax.mail import message
from tests.document import drawing
from tests.document.conftest import TEMPLATES
from tests.document.test_cover import WORDS, within

LAYOUT = """
version = 1
letterhead = "paper.pdf"
top = 100
place = [{ x = 30, y = 50, width = 60, lines = ["{to_name}"], font = "bold", size = 20 }]
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A folder of templates laid over the shipped ones."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "cover").mkdir()
    return folder


@pytest.fixture(scope="module")
def renderer(own):
    settings = render.Settings(seconds=20, memory=512 << 20, output=20_000_000)
    with render.Renderer(settings, [own, TEMPLATES], message.parts) as started:
        yield started


def put(own, **files):
    """Files in the folder, `mine_toml` as mine.toml."""
    for name, data in files.items():
        path = own / "cover" / name.replace("_", ".")
        path.write_bytes(data.encode() if isinstance(data, str) else data)


def draw(renderer, out, paper="a4", language="en", **changed):
    words = dataclasses.replace(WORDS, **{"template": "mine", "remarks": "", **changed})
    layout = render.Layout(paper=paper, resolution="fine")
    return drawing.pages(renderer.cover(words, layout, out / "c.tif", language=language)[0].path)


def locked(pdf):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf))
    writer.encrypt("secret")
    held = io.BytesIO()
    writer.write(held)
    return held.getvalue()


def boxed(paper, width, height):
    """A letterhead with a box at 25 mm from the left and 45 mm from the top, 80 mm × 20 mm."""
    mm = drawing.MM
    paper.setLineWidth(2)
    paper.rect(25 * mm, height - 65 * mm, 80 * mm, 20 * mm)


# ── Letterheads ────────────────────────────────────────────────────────────────────────


def test_a_letterhead_is_drawn_as_it_is_and_the_fields_on_it(own, renderer, tmp_path):
    put(own, mine_toml=LAYOUT, paper_pdf=drawing.pdf((210, 297), draw=boxed))
    [page] = draw(renderer, tmp_path)
    [empty] = draw(renderer, tmp_path, to_name="")
    assert drawing.ink_millimetres(empty) == pytest.approx((80.7, 20.7), abs=0.3)
    assert drawing.ink(page) == drawing.ink(empty)
    assert drawing.darkness(page) > 1.5 * drawing.darkness(empty)


@pytest.mark.parametrize("text", ["Käthe", "משה"], ids=["ReportLab", "WeasyPrint"])
@pytest.mark.parametrize("size", [(210, 297), (148, 210), (215.9, 355.6)])
def test_fields_stay_in_the_boxes_of_a_letterhead_of_any_size(own, renderer, tmp_path, size, text):
    put(own, mine_toml=LAYOUT, paper_pdf=drawing.pdf(size, draw=boxed))
    [page] = draw(renderer, tmp_path, paper="letter", to_name=text)
    left, top, right, bottom = drawing.ink(page)
    words = page.crop((left + 12, top + 12, right - 12, bottom - 12))
    assert drawing.ink(words) is not None
    across, down = (right - left) / 80.7, (bottom - top) / 20.7 * 204 / 196
    assert across == pytest.approx(down, rel=0.02), "not stretched"


def test_further_pages_lie_on_the_second_page_of_a_letterhead(own, renderer, tmp_path):
    put(own, mine_toml=LAYOUT, paper_pdf=drawing.pdf((210, 297), (210, 297)))
    pages = draw(renderer, tmp_path, remarks="A line of remarks.\n" * 50)
    framed = [drawing.darkness(page.crop((95, 150, 104, 2100))) > 0.3 for page in pages]
    assert framed == [True, True, False]


@pytest.mark.parametrize(
    ("spoil", "why"),
    [(lambda pdf: b"%PDF-1.7 no", "is damaged or no PDF"), (locked, "needs a password to open")],
)
def test_a_letterhead_that_cannot_be_opened_is_named(own, renderer, tmp_path, spoil, why):
    put(own, mine_toml=LAYOUT, paper_pdf=spoil(drawing.pdf((210, 297))))
    with pytest.raises(errors.Invalid, match=why) as caught:
        draw(renderer, tmp_path)
    assert caught.value.problems[0].file.endswith("paper.pdf")


# ── Pages of HTML ──────────────────────────────────────────────────────────────────────


def test_what_people_wrote_is_text_on_a_page_of_html(own, renderer, tmp_path):
    put(own, page_html="<p style='font-size: 30pt'>{{ subject }}</p>")
    hostile = "<div style='background:black;height:300mm'></div><img src=x>&amp;"
    [written] = draw(renderer, tmp_path, template="page", subject=hostile)
    assert drawing.darkness(written) < 0.02
    assert within(written)


def test_a_line_of_html_whose_fields_are_empty_is_left_out(own, renderer, tmp_path):
    rows = "<div style='border: 3pt solid'>{{ to_name }} {{ to_company }}</div>\n"
    put(own, page_html=rows + "<p>{{ Fax }}</p>")
    [with_row] = draw(renderer, tmp_path, template="page", to_company="")
    [without] = draw(renderer, tmp_path, template="page", to_company="", to_name="")
    assert drawing.ink_millimetres(with_row)[0] > 160
    assert drawing.ink_millimetres(without)[0] < 20


def test_a_page_of_html_shows_the_pictures_beside_it(own, renderer, tmp_path):
    size = "width='100' height='100'"
    black = f"<svg xmlns='http://www.w3.org/2000/svg' {size}><rect {size}/></svg>"
    put(own, page_html="<img src='black.svg' style='width: 50mm; height: 50mm'>", black_svg=black)
    [page] = draw(renderer, tmp_path, template="page")
    assert drawing.ink_millimetres(page) == pytest.approx((50, 50), abs=0.5)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/x.png", "file:///etc/hostname", "data:text/css,"]
)
def test_a_page_of_html_fetches_nothing(own, renderer, tmp_path, url):
    put(own, page_html=f"<p>x</p><img src='{url}' alt='' style='width: 50mm; height: 50mm'>")
    [page] = draw(renderer, tmp_path, template="page")
    assert drawing.ink_millimetres(page)[0] < 10


def test_labels_of_a_page_of_html_stand_in_the_toml_of_its_name(own):
    labels = 'version = 1\n[labels.en]\nMotto = "Per fax"\n[labels.de]\nMotto = "Per Fax"\n'
    put(own, page_html="<b>{{ Motto }}</b>", page_toml=labels)
    template = cover.load("page", [own, TEMPLATES])
    (own / "cover" / "page.toml").unlink()
    assert template.wish(WORDS, "de-AT")[0]["known"]["Motto"] == "Per Fax"


def test_remarks_flow_to_further_pages_of_html(own, renderer, tmp_path):
    put(own, page_html="<p>{{ pages }}</p>\n<div>{{ remarks }}</div>")
    pages = draw(renderer, tmp_path, template="page", remarks="A line.\nשורה\n" * 60)
    assert len(pages) == 3


def test_a_page_of_html_and_a_field_layout_of_one_name_are_one_template(own):
    put(own, page_html="<p>{{ to_name }}</p>")
    assert cover.names([own, TEMPLATES]).count("page") == 1


# ── What is wrong with a template ──────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("file", "text", "line", "problem"),
    [
        ("bad_html", "<p>\n{{ nobody }}</p>", 2, "no field or label 'nobody'"),
        ("bad_html", "<p>\n<a href='{{ subject }}'>x</a>", 2, "stands inside a tag"),
        ("bad_html", "<style>\np { content: '{{ to_name }}' }</style>", 1, "stands inside a tag"),
        ("bad_html", "<p>\n\n<img src='no.png'>", 3, "no picture 'no.png' beside the template"),
        ("bad_html", "<img src='../../secret.png'>", 1, "beside the template"),
        ("bad_toml", "version = 1\n\n= =", 3, "Invalid"),
        ("bad_toml", "version = 1\ncolour = 'red'", 2, "colour: Extra inputs"),
        ("bad_toml", "version = 1\nmargin = 900", 2, "margin: Input should be less"),
        ("bad_toml", "version = 1\nfoot = { lines = ['{nobody}'] }", 2, "label 'nobody'"),
        ("bad_toml", "version = 1\nletterhead = 'no.pdf'", 2, "no 'no.pdf' beside"),
        ("bad_toml", "version = 1\nletterhead = '/etc/passwd'", 2, "beside the template"),
    ],
)
def test_a_wrong_template_is_refused_with_file_line_and_reason(tmp_path, file, text, line, problem):
    (tmp_path / "cover").mkdir()
    (tmp_path / "secret.png").write_bytes(b"\x89PNG")
    put(tmp_path, **{file: text})
    with pytest.raises(errors.Invalid, match=problem) as caught:
        cover.load("bad", [tmp_path, TEMPLATES])
    [found] = caught.value.problems
    assert found.file.endswith(file.replace("_", "."))
    assert found.line == line


def test_the_operators_template_and_words_are_laid_over_the_shipped_ones(tmp_path):
    words = tmp_path / "cover" / "words"
    words.mkdir(parents=True)
    (words / "en.toml").write_text('Subject = "Re"', "utf-8")
    put(tmp_path, plain_toml="version = 1\nband = [{ cells = [{ lines = ['{Subject}'] }] }]")
    template = cover.load("plain", [tmp_path, TEMPLATES])
    assert len(template.layout["band"]) == 1
    assert template.words.of("en")["Subject"] == "Re"
    assert template.words.of("en")["From"] == "From"


@pytest.mark.parametrize("text", ["Subject = 1", "lower = 'x'", "date = '{0.__class__}'", "= ="])
def test_wrong_words_are_refused_with_their_file(tmp_path, text):
    words = tmp_path / "cover" / "words"
    words.mkdir(parents=True)
    (words / "en.toml").write_text(text, "utf-8")
    with pytest.raises(errors.Invalid) as caught:
        cover.load("plain", [tmp_path, TEMPLATES])
    assert caught.value.problems[0].file.endswith("words/en.toml")


@pytest.mark.parametrize("name", ["nowhere", "../cover/standard", "", "a/b", "x.toml"])
def test_a_template_that_is_not_there_is_named(name):
    with pytest.raises(errors.Invalid, match="there is no cover"):
        cover.load(name, [TEMPLATES, pathlib.Path("/etc")])
