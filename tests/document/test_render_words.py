"""Text before it is set: decoding, reflowing, wrapping, and what kind a part is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailfax.document import geometry, letters, plan
from mailfax.document.converters import Item, UnfitError, charsets, kinds, text
from mailfax.model import Part, Role
from tests.document.drawing import attachment, body


@pytest.mark.parametrize(
    ("data", "charset", "read"),
    [
        ("Grüße".encode(), "utf-8", "Grüße"),
        ("Grüße".encode("latin-1"), "iso-8859-1", "Grüße"),
        ("„Zitat“ €".encode("cp1252"), "iso-8859-1", "„Zitat“ €"),
        ("Grüße".encode(), "us-ascii", "Grüße"),
        ("Grüße".encode(), None, "Grüße"),
        ("Grüße".encode("utf-16"), None, "Grüße"),
        (b"\xef\xbb\xbfx", "iso-8859-1", "x"),
        ("日本語".encode("iso-2022-jp"), "iso-2022-jp", "日本語"),
        ("Привет".encode("koi8-r"), "koi8-r", "Привет"),
        ("Grüße".encode("cp1252"), "utf-8", "Grüße"),
    ],
)
def test_text_is_decoded_as_declared_else_as_detected(data, charset, read):
    assert charsets.decode(data, charset) == read


@given(st.binary(max_size=300), st.sampled_from([None, "utf-8", "utf-7", "idna", "hex", "x" * 99]))
def test_decoding_never_fails(data, charset):
    assert isinstance(charsets.decode(data, charset), str)


@given(st.text(alphabet="ab c\t->", max_size=200), st.integers(1, 40))
def test_wrapping_keeps_every_letter_and_the_width(line, columns):
    wrapped = list(text.wrap(line, columns))
    assert all(len(part) <= columns for part in wrapped)
    assert re.sub("[ \u21aa]", "", "".join(wrapped)) == line.replace(" ", "")


def test_wrapping_breaks_at_spaces():
    assert list(text.wrap("one two three", 8)) == ["one two", "three"]


def test_an_indented_long_word_is_broken_and_not_looped_over():
    assert list(text.wrap("   " + "x" * 10, 6)) == ["   xxx", "xxxxxx", "x"]


@pytest.mark.parametrize(
    ("flowed", "delsp", "plain"),
    [
        ("one \ntwo\nthree", False, "one two\nthree"),
        ("ein \nwort", True, "einwort"),
        ("> a \n> b\nc", False, "> a b\nc"),
        ("> a \nb", False, "> a \nb"),
        ("-- \nAnn", False, "-- \nAnn"),
        (" From here \non", False, "From here on"),
        (">> deep \n>> er", False, ">> deep er"),
    ],
)
def test_flowed_text_is_joined(flowed, delsp, plain):
    """RFC 3676 section 4."""
    assert text.reflow(flowed, delsp) == plain


def test_tabs_are_columns_and_controls_are_nothing():
    item = Item(kind="text", data=b"a\tb\x07\r\nc\x1b[2Jd\r\n\r\n")
    assert text.read(item) == "a       b\nc[2Jd"


def test_a_text_of_nothing_but_space_is_empty():
    with pytest.raises(UnfitError, match="empty"):
        text.read(Item(kind="text", data=b" \r\n\t\f\r\n\x00"))


@given(st.text(max_size=300))
def test_a_clean_line_is_one_line_that_prints(words):
    line = letters.line(words)
    assert line == letters.line(line)
    assert not set(line) & set("\r\n\t\0\x1b\u202e\u2066\u2028")


# ── Kinds ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("data", "name", "label", "kind"),
    [
        (b"%PDF-1.7", "x.txt", "text/plain", "pdf"),
        (b"\n\njunk %PDF-1.4", "", "", "pdf"),
        (b"hello", "", "text/plain", "text"),
        (b"hello", "notes.txt", "application/octet-stream", "text"),
        (b"hello", "page.html", "application/octet-stream", "html"),
        (b"<!DOCTYPE html><p>", "", "text/plain", "html"),
        (b"<p>hello", "", "text/html", "html"),
        (b"<p>hello", "", "text/plain", "text"),
        (b"BEGIN:VCARD", "x.vcf", "text/vcard", "vCard"),
        (b"a,b\r\n", "x.csv", "text/csv", "csv"),
        (b"\0\1\2", "x.pdf", "application/pdf", "pdf"),
        (b"\0\1\2", "", "application/x-foo", "application/x-foo"),
        (b"PK\3\4", "x.odt", "", "odt"),
        (b"PK\3\4", "x", "", "zip"),
        (b"-----BEGIN PGP MESSAGE-----", "", "text/plain", "encrypted content"),
        (b"{}", "x.json", "application/json", "application/json"),
        ("hé".encode("utf-16"), "", "text/plain", "text"),
    ],
)
def test_the_kind_is_told_by_content_then_name_then_label(data, name, label, kind):
    assert kinds.found(data, name, label) == kind


@given(st.binary(max_size=100), st.text(max_size=20), st.text(max_size=20))
def test_any_octets_have_some_kind(data, name, label):
    assert kinds.found(data, name, label)


# ── Plans ──────────────────────────────────────────────────────────────────────────────


def paths(choice):
    return [[found.part.path for found in branch] for branch in choice]


def test_alternatives_are_tried_from_the_last():
    parts = [
        body("a", path="1.1", alternative=0),
        body("<p>a", "text/html", path="1.2", alternative=0),
        attachment(b"%PDF-1.4", "x.pdf"),
    ]
    planned = plan.plan(parts, "both")
    assert [paths(choice) for choice in planned.choices] == [[["1.2"], ["1.1"]], [["2"]]]


def test_a_branch_with_a_part_that_cannot_be_faxed_is_no_choice():
    parts = [
        body("a", path="1.1", alternative=0),
        body("<p>a", "text/html", path="1.2.1", alternative=0),
        Part(path="1.2.2", role=Role.ATTACHMENT, label="x/y", data=b"\0", alternative=0),
    ]
    planned = plan.plan(parts, "both")
    assert [paths(choice) for choice in planned.choices] == [[["1.1"]]]
    assert set(planned.left) == {"1.2.1", "1.2.2"}


def test_an_alternative_without_anything_to_fax_is_refused():
    parts = [body(b"\0\1", "x/y", path="1.1", alternative=3)]
    assert [found.part.path for found in plan.plan(parts, "both").refused] == ["1.1"]


# ── Places ─────────────────────────────────────────────────────────────────────────────


@given(
    st.floats(1, 5000),
    st.floats(1, 5000),
    st.sampled_from(sorted(geometry.PAPERS)),
    st.sampled_from(sorted(geometry.RESOLUTIONS)),
    st.booleans(),
    st.sampled_from([0.0, 12.0]),
)
def test_anything_fits_on_its_pages_in_its_shape(width, height, paper, resolution, turn, margin):
    """IMG-29 and IMG-30 for any size, but for the rounding to whole pixels."""
    sheet = geometry.Sheet(paper, geometry.RESOLUTIONS[resolution])
    places = geometry.places(sheet, width, height, turn=turn, margin=margin)
    first = places[0]
    if first.turned:
        width, height = height, width
    across, down = sheet.resolution
    assert first.width <= geometry.WIDTH
    assert 0 <= first.left <= geometry.WIDTH / 2
    assert len(places) == 1 or len(places) * sheet.length >= first.height
    if len(places) == 1:
        assert first.top + first.height <= sheet.length
    shape = (first.width / across) / (first.height / down)
    if min(first.width, first.height) < 3:
        return
    slack = 1 + 1 / first.width + 1 / first.height
    assert width / height / slack <= shape <= width / height * slack
    assert first.width <= width / 25.4 * across + 1
