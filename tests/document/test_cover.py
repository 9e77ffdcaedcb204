"""Cover pages: every word where it belongs, in any language, whatever people write."""

import dataclasses
import datetime
import os
import shutil
import subprocess
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageChops, ImageFilter

from mailfax.document import check, cover, cover_words, letters, render
from mailfax.document.converters import cover as drawn_cover
from mailfax.document.converters import fonts, glyphs
from mailfax.model import Cover
from tests.document import drawing
from tests.document.conftest import TEMPLATES

AT = datetime.datetime(2026, 11, 20, 10, 24, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
WORDS = Cover(
    template="standard",
    to_name="Käthe Müller",
    to_company="Größe & Söhne",
    to_number="+49 89 1234567",
    from_name="Ann Example",
    from_address="ann@example.com",
    subject="Order 4711",
    remarks="Dear Käthe,\n\nplease find the order.",
    date=AT,
    pages=4,
    reference="MF-7K2Q9",
    contact="help@example.com",
    words={
        "from_company": "Example Ltd",
        "from_phone": "+1 212 555 0100",
        "from_number": "+1 212 555 0199",
    },
)
NAMES = cover.names([TEMPLATES])
LANGUAGES = cover_words.Book.load([TEMPLATES], {}).languages()
A4 = tuple(side * drawn_cover.MM for side in (210.0, 297.0))
SCRIPTS = {
    "Latin": {},
    "Hebrew": {
        "to_name": "דוד כהן", "subject": "הסכם 4711 for signature",
        "remarks": "שלום דוד,\nplease confirm.\nבברכה",
    },
    "Arabic": {"to_company": "شركة المثال", "subject": "العقد رقم 4711", "remarks": "مرحبا\nAnn"},
    "Japanese": {
        "to_name": "山田太郎 様", "subject": "注文書4711の件、第48週納品、請求書は別途お送りします",
        "remarks": "山田様、\n注文書をお送りします。" + "ご確認ください。" * 20,
    },
    "mixed": {
        "to_name": "Käthe 王芳 דוד", "to_company": "ООО «Пример» 株式会社",
        "subject": "שלום, 你好, नमस्ते, สวัสดี 🙂", "remarks": "Grüße\nשלום\n你好\nمرحبا\nสวัสดี",
    },
}  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def letterforms():
    fonts.load()


def draw(renderer, tmp_path, paper="a4", resolution="fine", language="en", **changed):
    words = dataclasses.replace(WORDS, **changed)
    labels = cover_words.Book.load([TEMPLATES], {}).of(language).values()
    if glyphs.replace_symbols("".join((repr(words), *labels)))[1]:
        pytest.skip("no font here has all these letters")
    layout = render.Layout(paper=paper, resolution=resolution)
    document, _ = renderer.cover(words, layout, tmp_path / "cover.tif", language=language)
    assert check.check(document.path) == []
    return drawing.pages(document.path)


def setting(language="en", **changed):
    """The places of all words of a field layout on A4."""
    words = dataclasses.replace(WORDS, **changed)
    wish, _ = cover.load(words.template, [TEMPLATES]).wish(words, language)
    return drawn_cover.Setting(wish["layout"], wish["known"], wish["fields"], A4)


def lines(placed):
    """The lines of a page with their labels, from top to bottom."""
    return [mark.text for mark in (*placed.marks, *placed.foot) if hasattr(mark, "text")]


def within(page):
    """Whether nothing stands nearer to an edge than 7 mm."""
    left, top, right, bottom = drawing.ink(page)
    rows = page.height / 40
    return left > 60 and right < 1728 - 60 and top > rows and bottom < page.height - rows


# ── Shipped templates ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_cover_is_one_page_of_every_size(renderer, tmp_path, name):
    sheets = [("a4", "standard"), ("letter", "fine"), ("legal", "superfine")]
    for paper, resolution in sheets:
        [page] = draw(renderer, tmp_path, paper, resolution, template=name)
        assert within(page), (paper, resolution)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "branded"])
def test_every_word_is_on_every_field_layout(name):
    text = "\n".join(lines(setting(template=name, urgent=True)))
    for words in ("Käthe Müller", "Größe & Söhne", "+49 89 1234567", "Ann Example", "Order 4711"):
        assert words in text
    for words in ("20 November 2026, 10:24 CET", "4", "MF-7K2Q9", "help@example.com", "Urgent"):
        assert words in text


@pytest.mark.parametrize(
    ("name", "language", "script"),
    [
        (name, LANGUAGES[number * 5 % len(LANGUAGES)], list(SCRIPTS)[number % len(SCRIPTS)])
        for number, name in enumerate(NAMES)
    ],
)
def test_shipped_covers_are_drawn_in_other_languages_and_scripts(
    renderer, tmp_path, name, language, script
):
    [page] = draw(renderer, tmp_path, language=language, template=name, **SCRIPTS[script])
    assert within(page)


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_cover_is_drawn_in_every_language_script_and_size(
    renderer, tmp_path, name, script
):
    for language in LANGUAGES:
        for paper, resolution in (("a4", "standard"), ("letter", "fine")):
            sheet = {"paper": paper, "resolution": resolution, "language": language}
            [page] = draw(renderer, tmp_path, template=name, **sheet, **SCRIPTS[script])
            assert within(page), sheet


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_a_date_and_every_label(language):
    words = cover_words.Book.load([TEMPLATES], {})
    english = {name for name in words.of("en") if name[0].isupper()}
    assert english <= words.of(language).keys()
    date = cover_words.known(WORDS, words, language)["date"]
    assert "2026" in date
    assert "10:24" in date
    assert "CET" in date


def test_the_date_is_written_as_the_language_and_the_country_do():
    words = cover_words.Book.load([TEMPLATES], {})
    dates = {name: cover_words.known(WORDS, words, name)["date"] for name in ("de-AT", "en-US")}
    assert dates["de-AT"] == "20. November 2026, 10:24 Uhr CET"
    assert dates["en-US"] == "November 20, 2026, 10:24 AM CET"


def test_a_language_falls_back_to_its_parent_and_then_to_english():
    assert "Betreff" in lines(setting("de-AT"))
    assert "Subject" in lines(setting("tlh"))


# ── Two engines ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["standard", "clinic", "court", "letterhead"])
def test_a_cover_looks_the_same_whichever_engine_draws_it(renderer, tmp_path, name):
    [by_reportlab] = draw(renderer, tmp_path, template=name, urgent=True, remarks="x\n\n\n\n\nx")
    [by_weasyprint] = draw(renderer, tmp_path, template=name, urgent=True, remarks="x\n\n\n\n\nש")
    pages = [
        page.crop((0, 0, 1728, 1100)).filter(ImageFilter.GaussianBlur(4))
        for page in (by_reportlab, by_weasyprint)
    ]
    different = ImageChops.difference(*pages).point(lambda grey: 255 * (grey > 100))
    assert drawing.darkness(different.point(lambda grey: 255 - grey)) < 0.002


def test_a_language_from_the_right_is_set_as_in_a_mirror():
    def left_of(placed, words):
        return next(m.left for m in placed.marks if getattr(m, "text", "") == words)

    english, hebrew = setting("en"), setting("he")
    assert left_of(english, "Käthe Müller") < left_of(english, "Ann Example")
    assert left_of(hebrew, "Käthe Müller") > left_of(hebrew, "Ann Example")


def test_a_hebrew_remark_stands_at_the_right(renderer, tmp_path):
    [page] = draw(renderer, tmp_path, remarks="Hello\n\n\n\nשלום")
    left, *_ = drawing.ink(page.crop((0, 930, 1728, 1600)))
    assert left > 1728 / 2


def test_chinese_is_broken_anywhere_but_before_a_full_stop():
    text = "注文書をお送りします。" * 12
    broken = list(drawn_cover.lines_of(text, "sans", 12, 300))
    assert len(broken) > 3
    assert not any(line.startswith(("。", "、")) for line in broken)
    assert "".join(broken) == text


# ── Fields ─────────────────────────────────────────────────────────────────────────────


def test_what_is_empty_is_left_out_with_its_label():
    found = lines(setting(subject="", words={}, contact="", reference=""))
    assert not {"Subject", "Phone", "Example Ltd"} & set(found)
    assert not [line for line in found if line.startswith(("Reference", "Not meant"))]


def test_a_band_without_words_takes_no_room():
    plain, urgent = setting(template="court"), setting(template="court", urgent=True)
    assert urgent.first.top - plain.first.top > 20
    assert "Urgent" not in lines(plain)


def test_the_rules_words_go_before_those_of_the_template():
    words = {"notice": "Only for you.", "contact": "desk@example.com", "Fax": "Telecopy"}
    found = lines(setting(template="standard", words=words))
    assert "Only for you." in found
    assert "Telecopy" in found
    assert any("desk@example.com" in line for line in found)


def test_remarks_flow_to_further_pages_and_the_page_count_follows(renderer, tmp_path):
    remarks = "A line of remarks that is long enough.\n" * 150
    pages = draw(renderer, tmp_path, remarks=remarks)
    [short] = draw(renderer, tmp_path, pages=4)
    assert len(pages) == 4
    assert all(drawing.ink(page)[3] < page.height - 35 for page in pages)
    [counted] = draw(renderer, tmp_path, pages=7)
    number = (900, 500, 1200, 680)
    assert pages[0].crop(number) == counted.crop(number) != short.crop(number)


HOSTILE = [
    "\x1b[2J\x00\x07bell a\u202egpj.exe \ud800 half a\u2028b\u2029c \U000e0041tag",
    "line\r\nBcc: x@y <b>&amp;</b><script>x</script>{to_number}{{ to_number }}{0.__class__}%s",
    "x" * 10_000,
    "\u0301" * 300 + "🙂 smile \u2068\u2069\u2066",
    "אב" * 5_000,
]


@pytest.mark.parametrize("template", ["standard", "branded"])
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_drawn_harmlessly(renderer, tmp_path, text, template):
    """HDR-15."""
    hostile = dict.fromkeys(("subject", "to_name", "from_name", "reference", "contact"), text)
    pages = draw(renderer, tmp_path, template=template, **hostile)
    assert len(pages) == 1
    assert within(pages[0])


@given(st.text(max_size=700))
def test_a_field_is_one_line_without_controls_and_of_bounded_length(text):
    known = cover_words.known(
        dataclasses.replace(WORDS, subject=text), cover_words.Book.load([TEMPLATES], {}), "en"
    )
    assert "\n" not in known["subject"]
    assert len(known["subject"]) <= 500
    assert letters.clean(known["subject"]) == known["subject"]


@given(st.text(max_size=300), st.floats(20, 600))
def test_breaking_lines_loses_nothing_but_spaces(text, width):
    clean = letters.line(text)
    broken = list(drawn_cover.lines_of(clean, "sans", 12, width))
    assert "".join(broken).replace(" ", "") == clean.replace(" ", "")


def test_words_in_braces_are_not_filled_in_twice():
    assert "{to_number}" in lines(setting(subject="{to_number}"))


# ── Read by eye ────────────────────────────────────────────────────────────────────────


def eye(renderer, tmp_path, name, resolution):
    if shutil.which("tesseract") is None:
        pytest.skip("tesseract is not installed")
    [page] = draw(renderer, tmp_path, resolution=resolution, template=name, urgent=True)
    upper = page.resize((page.width, 2287)).crop((0, 0, page.width, 1600))
    upper.save(tmp_path / "page.png", dpi=(204, 196))
    command = ["tesseract", tmp_path / "page.png", "-", "--psm", "4"]
    one = {"PATH": os.environ["PATH"], "OMP_THREAD_LIMIT": "1"}
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=one).stdout
    wanted = "1234567 Ann Example Order 4711 please find the order Urgent November 2026"
    missed = [word for word in wanted.split() if word not in said]
    assert len(missed) <= (0 if resolution == "fine" else 1), missed


@pytest.mark.parametrize(("name", "resolution"), [("clinic", "fine"), ("standard", "standard")])
def test_a_reader_reads_the_words_of_a_cover(renderer, tmp_path, name, resolution):
    eye(renderer, tmp_path, name, resolution)


@pytest.mark.slow
@pytest.mark.parametrize("resolution", ["standard", "fine"])
@pytest.mark.parametrize("name", NAMES)
def test_a_reader_reads_the_words_of_every_cover(renderer, tmp_path, name, resolution):
    eye(renderer, tmp_path, name, resolution)
