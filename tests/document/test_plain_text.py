"""Plain text: what charset it is in, and how its columns, long lines and signs are set."""

import pytest

from mailfax.document import geometry, letters, render
from mailfax.document.converters import Item, UnfitError, charsets, glyphs, kinds, text
from tests.document import drawing
from tests.document.drawing import body

SHEET = geometry.Sheet("a4", geometry.RESOLUTIONS["fine"])
RUSSIAN = "Уважаемые господа, направляем вам счёт за октябрь и просим оплатить его."
JAPANESE = "請求書を送付いたしますので、ご確認ください。"


@pytest.mark.parametrize(
    ("words", "written", "declared"),
    [
        ("Grüße", "utf-8", "iso-8859-1"),
        ("Grüße", "iso-8859-1", "utf-8"),
        ("Grüße aus München, €", "cp1252", "us-ascii"),
        ("Hello, Grüße", "utf-16-le", None),
        ("Hello, Grüße", "utf-16-be", "utf-8"),
        ("plain", "ascii", "utf-16"),
        (JAPANESE, "iso-2022-jp", None),
        (JAPANESE, "iso-2022-jp", "us-ascii"),
        (JAPANESE, "cp932", "shift_jis"),
        (JAPANESE, "euc-jp", "euc-jp"),
        ("请查收发票①", "gb18030", "gb2312"),
        ("請查收發票", "big5", "big5"),
        ("청구서를 보내드립니다", "cp949", "ks_c_5601-1987"),
        (RUSSIAN, "koi8-r", "koi8-r"),
        (RUSSIAN, "koi8-r", None),
        (RUSSIAN, "cp1251", "windows-1251"),
        (RUSSIAN, "utf-8", "koi8-r"),
        ("שלום", "iso-8859-8", "iso-8859-8-i"),
        ("für die Prüfung", "cp850", None),
        ("┌────┐ fünf", "cp437", None),
        ("Hi Mom -☺-!", "utf-7", "utf-7"),
    ],
)
def test_text_is_read_whatever_its_charset_is_said_to_be(words, written, declared):
    assert charsets.decode(words.encode(written), declared) == words


def test_a_broken_letter_does_not_spoil_the_others():
    data = ("Grüße, Größe, Straße, Mühe, Öl " * 3).encode() + b"\xc3"
    assert charsets.decode(data, "utf-8").startswith("Grüße, Größe")


def test_text_in_utf_16_without_its_mark_is_text():
    assert kinds.found("Dear Sir".encode("utf-16-le"), "", "text/plain") == "text"
    assert kinds.found(bytes(range(256)) * 4, "", "text/plain") != "text"


# ── Columns ────────────────────────────────────────────────────────────────────────────


def table(columns):
    return "\n".join("x   |" * (columns // 5) for _ in range(9))


@pytest.mark.parametrize(
    ("source", "columns", "across"),
    [
        (table(60), 80, False),
        (table(95), 95, False),
        (table(130), 130, True),
        (table(160) + "\n" + "word " * 90, 160, True),
        (table(300), 160, True),
        ("a sentence that goes on. And on.  " * 9, 80, False),
    ],
)
def test_a_sheet_is_chosen_on_which_no_table_breaks(source, columns, across):
    setting = text.setting_of(source, SHEET)
    assert (setting.columns, setting.width > setting.height) == (columns, across)
    assert setting.size >= 7.9


def test_what_does_not_fit_goes_on_below_with_a_mark():
    first, second = text.wrap("a    " * 20, 60)
    assert second.startswith("\u21aa a")
    assert len(first) <= 60
    assert list(text.wrap("words " * 12, 40))[1].startswith("words")


def test_a_table_lies_across_and_is_whole(renderer, tmp_path):
    document, _ = renderer.render([body(table(130))], drawing.FINE, tmp_path / "fax.tif")
    [page] = drawing.pages(document.path)
    left, top, right, bottom = drawing.ink(page)
    assert (bottom - top) / 196 > (right - left) / 204 * 2


def test_ideographs_take_two_columns():
    assert letters.cells("机 desk") == 7
    assert [letters.cells(part) for part in text.wrap("机" * 50, 21)] == [20] * 5


@pytest.mark.parametrize("word", ["x" * 1_000_000, "語" * 400_000, "a  b" * 250_000])
def test_a_megabyte_in_one_line_ends_at_the_page_limit(word):
    with pytest.raises(UnfitError, match="pages") as caught:
        text.pages(word, text.setting_of(word, SHEET), 20)
    assert caught.value.number > 20


def test_a_megabyte_of_text_is_refused_by_its_pages(renderer, tmp_path):
    for line in ("word " * 12, "слово " * 12, "שלום " * 12):
        long = body("\n".join([line] * (1_000_000 // len(line))))
        with pytest.raises(render.Unrenderable, match="pages bring the fax over"):
            renderer.render([long], drawing.FINE, tmp_path / "fax.tif")


def test_a_first_line_keeps_its_place():
    assert text.read(Item(kind="text", data=b"   x\ny")) == "   x\ny"


# ── Signs ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("1\ufe0f\u20e3", "1\ufe0f"),
        ("\U0001f44d\U0001f3fd", "\U0001f44d"),
        ("\uf04a \uf0b7 \uf0e0", "\u263a \u2022 \u2192"),
        ("\ue123", "\u25a1"),
        ("\U0001fae8", "\u25a1"),
    ],
)
def test_a_sign_is_shown_without_what_only_colours_it(written, shown):
    found, lacking = glyphs.replace_symbols(written)
    assert lacking == 0
    assert found in {shown, shown.replace("\U0001f44d", "\u25a1")}
