"""Cover pages: every word where it belongs, in any language, whatever people write."""

import dataclasses
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailfax import errors
from mailfax.document import check, cover, letters, render
from mailfax.model import Cover
from tests.document import drawing
from tests.document.conftest import TEMPLATES

WORDS = Cover(
    template="standard",
    to_name="Käthe Müller",
    to_company="Größe & Söhne",
    to_number="+49 89 1234567",
    from_name="Ann Example",
    from_address="ann@example.com",
    subject="Order 4711",
    remarks="Dear Käthe,\n\nplease find the order.",
    date="20 November 2026 10:24 CET",
    pages=4,
    reference="MF-7K2Q9",
    contact="Example Ltd, +1 212 555 0100",
)


def draw(renderer, tmp_path, paper="a4", resolution="fine", language="en", **changed):
    words = dataclasses.replace(WORDS, **changed)
    layout = render.Layout(paper=paper, resolution=resolution)
    document = renderer.cover(words, layout, tmp_path / "cover.tif", language=language)
    assert check.check(document.path) == []
    return drawing.pages(document.path)


def composed(language="en", **changed):
    words = dataclasses.replace(WORDS, **changed)
    return cover.compose(words, cover.load(words.template, [TEMPLATES]), language)


def lines(page):
    return [line for band in page["band"] for cell in band["cells"] for line in cell["lines"]]


@pytest.mark.parametrize("resolution", ["standard", "fine", "superfine"])
@pytest.mark.parametrize("paper", ["a4", "letter", "legal"])
@pytest.mark.parametrize("name", cover.names([TEMPLATES]))
def test_every_shipped_cover_is_one_page_of_every_size(renderer, tmp_path, name, paper, resolution):
    [page] = draw(renderer, tmp_path, paper, resolution, template=name)
    left, top, right, bottom = drawing.ink(page)
    assert left > 60
    assert right < 1728 - 60
    assert top > 40
    assert bottom < page.height - 40


@pytest.mark.parametrize("name", cover.names([TEMPLATES]))
def test_every_word_is_on_every_shipped_cover(name):
    page = composed(template=name)
    text = "\n".join([*lines(page), page["remarks"]["text"], page["foot"]["text"]])
    for field in (*cover.FIELDS, "remarks"):
        assert str(getattr(WORDS, field)) in text


@pytest.mark.parametrize("name", cover.names([TEMPLATES]))
def test_every_language_of_a_shipped_cover_is_drawn(renderer, tmp_path, name):
    for language in cover.load(name, [TEMPLATES]).labels:
        assert len(draw(renderer, tmp_path, language=language, template=name)) == 1


def test_a_language_falls_back_to_its_parent_and_then_to_english():
    def labels(language):
        return [cell["label"] for band in composed(language)["band"] for cell in band["cells"]]

    assert labels("de-AT") == labels("de") != labels("en") == labels("tlh")


def test_what_is_empty_is_left_out_with_its_label():
    page = composed(to_company="", reference="", contact="", template="plain")
    assert not [line for line in lines(page) if line.startswith(("Company", "Reference"))]
    assert page["foot"]["text"] == ""


def test_remarks_flow_to_further_pages_and_the_page_count_follows(renderer, tmp_path, monkeypatch):
    counts = []
    compose = cover.compose
    monkeypatch.setattr(
        cover, "compose", lambda words, *more: counts.append(words.pages) or compose(words, *more)
    )
    pages = draw(renderer, tmp_path, remarks="A line of remarks that is long enough.\n" * 150)
    assert len(pages) == 4
    assert counts == [4, 7]
    assert all(drawing.ink(page)[3] < page.height - 40 for page in pages)


@pytest.mark.parametrize(
    "text",
    ["שלום עולם", "مرحبا بالعالم", "नमस्ते", "สวัสดี"],
    ids=["Hebrew", "Arabic", "Hindi", "Thai"],
)
def test_scripts_that_need_shaping_are_drawn(renderer, tmp_path, text):
    [page] = draw(renderer, tmp_path, subject=text, to_name=text, remarks=f"{text}\nand English")
    assert drawing.ink(page)


def test_a_hebrew_remark_stands_at_the_right(renderer, tmp_path):
    [page] = draw(renderer, tmp_path, remarks="שלום", contact="")
    below = page.crop((0, page.height // 2, 1728, page.height))
    [without] = draw(renderer, tmp_path, remarks="x", subject="שלום", contact="")
    assert drawing.ink(below) is None
    remark = page.crop((0, 850, 864, page.height))
    assert drawing.darkness(remark) <= drawing.darkness(without.crop((0, 850, 864, page.height)))


HOSTILE = [
    "\x1b[2J\x00\x07bell",
    "a\u202egpj.exe",
    "line\r\nBcc: x@y",
    "x" * 5000,
    "<b>&amp;</b>{to_number}{0.__class__}%s",
    "\ud800 half",
    "a\u2028b\u2029c",
    "\u0301" * 300,
    "\U000e0041tag",
    "🙂 smile",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_drawn_harmlessly(renderer, tmp_path, text):
    """HDR-15."""
    pages = draw(renderer, tmp_path, subject=text, to_name=text, from_name=text, reference=text)
    assert len(pages) == 1


@given(st.text(max_size=700))
def test_a_field_is_one_line_without_controls_and_of_bounded_length(text):
    for line in lines(composed(subject=text)):
        assert "\n" not in line
        assert len(line) <= 520
        assert letters.clean(line) == line


def test_words_in_braces_are_not_filled_in_twice():
    assert "{to_number}" in lines(composed(subject="{to_number}"))


# ── Templates ──────────────────────────────────────────────────────────────────────────

SMALL = """
version = 1
labels = {{ en = {{ fax = "Fax" }} }}
band = [{{ cells = [{{ lines = ["{line}"] }}] }}]
{more}
"""


def written(folder, line="{fax} {to_name}", more=""):
    (folder / "cover").mkdir(exist_ok=True)
    path = folder / "cover" / "mine.toml"
    path.write_text(SMALL.format(line=line, more=more), "utf-8")
    return folder


def test_the_operator_s_template_is_laid_over_the_shipped_one(tmp_path):
    written(tmp_path)
    (tmp_path / "cover" / "mine.toml").rename(tmp_path / "cover" / "plain.toml")
    assert len(cover.load("plain", [tmp_path, TEMPLATES]).band) == 1
    assert cover.names([tmp_path, TEMPLATES]) == cover.names([TEMPLATES])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"line": "{fax} {nobody}"}, "labels.en has no nobody"),
        ({"more": "colour = 'red'"}, "colour: Extra inputs"),
        ({"more": "margin = 900"}, "margin: Input should be less"),
        ({"more": "= ="}, "Invalid"),
    ],
)
def test_a_wrong_template_is_refused_with_file_and_reason(tmp_path, change, problem):
    with pytest.raises(errors.Invalid, match=problem) as caught:
        cover.load("mine", [written(tmp_path, **change)])
    assert all(p.file.endswith("mine.toml") for p in caught.value.problems)


@pytest.mark.parametrize("name", ["nowhere", "../cover/standard", "", "a/b", "x.toml"])
def test_a_template_that_is_not_there_is_named(name):
    with pytest.raises(errors.Invalid, match="there is no cover"):
        cover.load(name, [TEMPLATES, pathlib.Path("/etc")])
