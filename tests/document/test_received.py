"""Received faxes: whole pages pass untouched, damaged ones are made anew and told of."""

import pathlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailfax.document import coding, damage, foreign, g4, libtiff, pdf, t4, tiff
from mailfax.model import Damage
from tests.document import fax
from tests.document.test_pdf import CODINGS, pdfium, poppler
from tests.document.test_tiff_foreign import LONG, SHORT, lay_out, sheet

CORPUS = pathlib.Path(__file__).parents[3] / "shared" / "corpus" / "tiff"
ROWS = [[100 + 7 * n, 400 + 3 * n, 900, 1000 + n] for n in range(40)]
PAGE = fax.image(ROWS)


def octets(text):
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


LINES = [t4.encode_line(changes, 1728) for changes in ROWS]
NO_CODE = "000000001"
"""Bits that begin no code word, and are no EOL."""


def group3(lines):
    return octets("".join(t4.EOL + line for line in lines))


def packed(page):
    """A page's rows, 1-bits black."""
    return page.point(fax.INVERSE).tobytes()


def page3(data, rows=40, options=0, **more):
    page = tiff.Strip(1728, rows, fax.FINE, data)
    return sheet(page, **{"t259": (SHORT, [3]), "t292": (LONG, [options])} | more)


def page4(data, rows=40, **more):
    return sheet(tiff.Strip(1728, rows, fax.FINE, data), **more)


@pytest.fixture
def examined(tmp_path):
    """What is found on the first page of such a TIFF."""

    def examining(*sheets, order="<"):
        path = tmp_path / "received.tif"
        path.write_bytes(lay_out(sheets, order))
        return first(path)

    return examining


def first(path):
    with foreign.opened(path) as file:
        return damage.examine(file, next(foreign.pictures(file)))


def shown(repair):
    """The lines of a page made anew, as the octets of each."""
    strip = tiff.Strip(1728, repair.length, fax.FINE, repair.data)
    pixels = fax.pixels(coding.decode(strip))[1]
    return [pixels[at : at + 216] for at in range(0, len(pixels), 216)]


def lines_of(page):
    pixels = page.tobytes()
    return [pixels[at : at + 216] for at in range(0, len(pixels), 216)]


WHITE = b"\xff" * 216
WANTED = lines_of(PAGE)


# ── Whole pages ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("quick", [True, False], ids=["by libtiff", "line by line"])
def test_no_coding_of_a_whole_page_is_taken_for_damaged(tmp_path, monkeypatch, quick):
    """IMG-15, IMG-19, IMG-22: with and without RTC, either order of bits, one strip or many."""
    monkeypatch.setattr(libtiff, "there", quick and libtiff.there)
    tiff.write(tmp_path / "ours.tif", [fax.strip(PAGE)])
    for how, *rest in CODINGS.values():
        fax.run("tiffcp", "-c", how, *(rest or ["-r", "40"]), tmp_path / "ours.tif",
                tmp_path / "theirs.tif")  # fmt: skip
        assert first(tmp_path / "theirs.tif") is None
    PAGE.save(tmp_path / "inverse.tif", compression="group4")
    assert first(tmp_path / "inverse.tif") is None


@pytest.mark.parametrize("quick", [True, False], ids=["by libtiff", "line by line"])
@pytest.mark.parametrize("options", [0, 1, 4, 5, 7])
def test_options_that_lie_damage_nothing(examined, monkeypatch, options, quick):
    """IMG-21: the code words win."""
    monkeypatch.setattr(libtiff, "there", quick and libtiff.there)
    for true in (0, 1, 4, 5):
        words = libtiff.encode(packed(PAGE), 1728, 40, compression=3, options=true)
        assert examined(page3(words, options=options)) is None


def test_rtc_fill_and_bits_behind_the_end_damage_nothing(examined):
    """IMG-13, IMG-15, IMG-23."""
    for end in ("", t4.EOL, t4.EOL * 6, t4.EOL * 6 + "0" * 99):
        assert examined(page3(group3([*LINES[:-1], LINES[-1] + end]))) is None
    assert examined(page3(group3([f"{line}{'0' * 50}" for line in LINES]))) is None
    words = g4.code(packed(PAGE), 1728, 40)
    assert examined(page4(words + b"\x5a\xa5" * 9)) is None


def test_lines_without_eol_are_whole_packed_or_on_octets(examined):
    assert examined(page3(octets("".join(LINES)))) is None
    on_octets = b"".join(map(octets, LINES))
    assert examined(page3(on_octets)) is None
    assert examined(page3(on_octets, t259=(SHORT, [2]))) is None


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_no_fax_of_the_corpus_is_damaged():
    for name in ("g3-1d", "g3-2d-real-page", "g4-500px-cm", "g4-passport-page", "multi-5p-errors"):
        with foreign.opened(CORPUS / f"{name}.tif") as file:
            assert {damage.examine(file, one) for one in foreign.pictures(file)} == {None}


# ── Group 3 ────────────────────────────────────────────────────────────────────────────


def test_a_bad_line_shows_the_line_above(examined):
    """IMG-19: it has not the page's width."""
    for bad in (NO_CODE, t4.encode_line([5], 1728)[:-3], LINES[7][:-8] + "00110100"):
        repair = examined(page3(group3([*LINES[:7], bad, *LINES[8:]])))
        assert (repair.length, repair.lines, repair.lost) == (40, 1, 0)
        assert shown(repair) == [*WANTED[:7], WANTED[6], *WANTED[8:]]


def test_a_bad_first_line_is_white(examined):
    repair = examined(page3(group3([NO_CODE, *LINES[1:]])))
    assert (repair.lines, shown(repair)) == (1, [WHITE, *WANTED[1:]])


def test_a_damaged_eol_costs_one_line(examined):
    words = "".join(t4.EOL + line for line in LINES)
    at = words.index(t4.EOL + LINES[9])
    for broken in (words[:at] + "001000000001" + words[at + 12 :],
                   words[:at] + "000000010001" + words[at + 12 :]):  # fmt: skip
        repair = examined(page3(octets(broken)))
        assert (repair.length, repair.lines, repair.lost) == (40, 1, 0)
        assert shown(repair) == [*WANTED[:9], WANTED[8], *WANTED[10:]]


def test_lines_that_a_burst_of_noise_has_swallowed_are_bad_and_not_lost(examined):
    repair = examined(page3(group3([*LINES[:5], NO_CODE, NO_CODE, *LINES[9:]])))
    assert (repair.length, repair.lines, repair.lost) == (40, 4, 0)
    assert shown(repair) == [*WANTED[:5], *[WANTED[4]] * 2, *WANTED[9:], WHITE, WHITE]


def test_noise_before_the_first_line_is_a_bad_line(examined):
    repair = examined(page3(octets("10110111" + "".join(t4.EOL + line for line in LINES)), 41))
    assert (repair.lines, shown(repair)) == (1, [WHITE, *WANTED])


def test_eols_too_many_cost_nothing(examined):
    repair = examined(page3(group3([*LINES[:5], "", "", *LINES[5:]])))
    assert repair is None


def test_two_dimensional_lines_after_a_bad_one_are_bad_up_to_the_next_one_dimensional(examined):
    """T.4: at fine resolution every fourth line is coded by itself."""
    words = libtiff.encode(packed(PAGE), 1728, 40, compression=3, options=1)
    text = "".join(f"{octet:08b}" for octet in words)
    places = [at for at in range(len(text)) if text.startswith(t4.EOL, at)]
    assert [text[at + 12] for at in places[:5]] == ["1", "0", "0", "0", "1"]
    broken = text[: places[8] + 13] + NO_CODE + text[places[9] :]
    repair = examined(page3(octets(broken), options=1))
    assert (repair.lines, repair.lost) == (4, 0)
    assert shown(repair) == [*WANTED[:8], *[WANTED[7]] * 4, *WANTED[12:]]


# ── Where a page ends ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("told", [38, 42, 4000])
def test_a_wrong_number_of_lines_is_put_right_without_a_word(examined, told):
    """IMG-21: EOFB and RTC know where the page ends."""
    ended = group3([*LINES[:-1], LINES[-1] + t4.EOL * 6])
    for page in (page3(ended, told), page4(g4.code(packed(PAGE), 1728, 40), told)):
        repair = examined(page)
        assert (repair.length, repair.lines, repair.lost) == (40, 0, 0)
        assert shown(repair) == WANTED


def test_a_page_that_is_cut_off_keeps_its_length_and_what_has_arrived(examined):
    repair = examined(page3(group3([*LINES[:20], LINES[20][:9]])))
    assert (repair.length, repair.lines, repair.lost) == (40, 1, 19)
    assert shown(repair) == [*WANTED[:20], WANTED[19], *[WHITE] * 19]
    repair = examined(page3(octets("".join(LINES[:12]))))
    assert (repair.length, repair.lines, repair.lost) == (40, 0, 28)
    assert shown(repair) == [*WANTED[:12], *[WHITE] * 28]


def test_a_damaged_group_4_page_is_white_from_there_on(examined):
    words = g4.code(packed(PAGE), 1728, 40)
    for broken in (words[: len(words) // 2] + bytes(len(words) // 2), words[: len(words) // 2]):
        repair = examined(page4(broken))
        good = 40 - repair.lost
        assert (repair.length, repair.lines) == (40, 0)
        assert 15 < good < 25
        assert shown(repair) == [*WANTED[:good], *[WHITE] * repair.lost]


def test_a_damaged_strip_leaves_the_others_in_their_places(examined):
    words = [g4.code(packed(PAGE)[at : at + 2160], 1728, 10) for at in range(0, 8640, 2160)]
    page = page4(b"", t278=(LONG, [10]))
    page.strips = [words[0], b"\0\0\0", words[2], words[3]]
    repair = examined(page)
    assert (repair.length, repair.lost) == (40, 10)
    assert shown(repair) == [*WANTED[:10], *[WHITE] * 10, *WANTED[20:]]


def test_nothing_at_all_is_a_white_page(examined):
    assert shown(examined(page4(b"\0\0\0"))) == [WHITE] * 40


@settings(deadline=None, max_examples=120)
@given(st.data())
def test_no_damage_makes_the_reader_fall(tmp_path_factory, data):
    """IMG-18, IMG-19: what is left has the page's width, and no line is invented."""
    path = tmp_path_factory.getbasetemp() / "noise.tif"
    options = data.draw(st.sampled_from([0, 1, 4, 5, None]))
    if options is None:
        words, make = bytearray(g4.code(packed(PAGE), 1728, 40)), page4
    else:
        coded = libtiff.encode(packed(PAGE), 1728, 40, compression=3, options=options)
        words, make = bytearray(coded), lambda data: page3(data, options=options)
    for at in data.draw(st.lists(st.integers(0, len(words) - 1), max_size=6)):
        words[at] = data.draw(st.integers(0, 255))
    del words[data.draw(st.integers(1, len(words))) :]
    path.write_bytes(lay_out([make(bytes(words))]))
    repair = first(path)
    if repair is not None:
        assert 0 < repair.length <= 2 * len(words) + 40
        assert 0 <= repair.lines + repair.lost <= repair.length
        assert len(shown(repair)) == repair.length


# ── What the reader gets ───────────────────────────────────────────────────────────────

REPAIRED = [*WANTED[:7], WANTED[6], *WANTED[8:]]


def damaged_file(order):
    """Three pages: a whole one, one with a bad line, one that ends early."""
    words = g4.code(packed(PAGE), 1728, 40)
    bad = page3(group3([*LINES[:7], NO_CODE, *LINES[8:]]), t266=(SHORT, [1]))
    return lay_out([page4(words), bad, page4(words[: len(words) // 2])], order)


@pytest.mark.parametrize("order", "<>")
def test_a_damaged_tiff_keeps_all_but_its_damaged_pages(renderer, tmp_path, order):
    source, out = tmp_path / "in.tif", tmp_path / "out.tif"
    source.write_bytes(damaged_file(order))
    document = renderer.received(source, "tiff", "tiff", out)
    lost = document.damage[1].lost
    assert 15 < lost < 25
    assert document.damage == (Damage(page=2, lines=1, lost=0), Damage(page=3, lines=0, lost=lost))
    assert g4.code(packed(PAGE), 1728, 40) in out.read_bytes()
    whole, bad, cut = fax.pages_of(out)
    assert whole == fax.pixels(PAGE)
    assert bad == (PAGE.size, b"".join(REPAIRED))
    assert cut == (PAGE.size, b"".join([*WANTED[: 40 - lost], *[WHITE] * lost]))
    _, warned = fax.run("tiffinfo", "-D", out)
    assert not warned
    assert renderer.received(out, "tiff", "tiff", tmp_path / "again.tif").damage == ()


@pytest.mark.parametrize("wish", ["pdf", "pdfa"])
def test_a_damaged_page_looks_the_same_in_every_viewer(renderer, tmp_path, wish):
    source, out = tmp_path / "in.tif", tmp_path / "out.pdf"
    source.write_bytes(damaged_file("<"))
    document = renderer.received(source, "tiff", wish, out)
    assert [page.page for page in document.damage] == [2, 3]
    assert g4.code(packed(PAGE), 1728, 40) in out.read_bytes()
    for number, page in enumerate(fax.pages_of(made_tiff(renderer, source)), start=1):
        assert poppler(out, number) == pdfium(out, number) == page


def made_tiff(renderer, source):
    renderer.received(source, "tiff", "tiff", source.with_name("made.tif"))
    return source.with_name("made.tif")


def test_a_whole_fax_passes_untouched(renderer, tmp_path):
    tiff.write(tmp_path / "in.tif", [fax.strip(PAGE)] * 2)
    document = renderer.received(tmp_path / "in.tif", "tiff", "tiff", tmp_path / "out.tif")
    assert (tmp_path / "out.tif").read_bytes() == (tmp_path / "in.tif").read_bytes()
    assert (document.damage, len(document.pages)) == ((), 2)
    renderer.received(tmp_path / "in.tif", "tiff", "pdf", tmp_path / "out.pdf")
    assert (tmp_path / "out.pdf").read_bytes().count(fax.strip(PAGE).data) == 2


def test_a_received_pdf_is_drawn_anew_for_the_archive(renderer, tmp_path):
    tiff.write(tmp_path / "in.tif", [fax.strip(fax.words(2200))])
    pdf.wrap(tmp_path / "in.tif", tmp_path / "in.pdf")
    document = renderer.received(tmp_path / "in.pdf", "pdf", "pdfa", tmp_path / "out.pdf")
    assert len(document.pages) == 1
    assert b"pdfaid:part>2<" in (tmp_path / "out.pdf").read_bytes()
    assert struct.unpack_from("4s", (tmp_path / "out.pdf").read_bytes()) == (b"%PDF",)
