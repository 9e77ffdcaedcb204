"""The rows IMG-01 to IMG-31 of the standards checklist that no other test names, and that all are
named.
"""

import io
import itertools
import pathlib
import re
import struct

import pytest
from PIL import Image

from mailfax.document import check, damage, foreign, g4, libtiff, tiff
from tests.document import fax, handing
from tests.document.test_check import HEAD, field, with_tag, with_value
from tests.document.test_tiff_foreign import LONG, RATIONAL, SHORT, lay_out, sheet

PAGE = fax.words(60)
STRIP = fax.strip(PAGE)
CENTIMETRE = 3


def rows(found):
    return {finding.split(":")[0] for finding in found}


@pytest.fixture
def findings(tmp_path):
    """Findings on octets, or on pages to be laid out."""

    def checking(what, profile=None):
        octets = what if isinstance(what, bytes | bytearray) else lay_out([what])
        (tmp_path / "fax.tif").write_bytes(octets)
        return check.check(tmp_path / "fax.tif", profile)

    return checking


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """One page in each profile, as octets."""
    path = tmp_path_factory.mktemp("rows") / "good.tif"
    found = {}
    for profile in "fs":
        tiff.write(path, [STRIP], profile=profile)
        found[profile] = path.read_bytes()
    return found


def test_every_row_has_a_test_that_names_it():
    texts = [path.read_text("utf-8") for path in pathlib.Path(__file__).parent.glob("test_*.py")]
    named = set(re.findall(r"IMG-\d\d", "\n".join(texts)))
    assert named >= {f"IMG-{row:02}" for row in range(1, 32)}


# ── What we write ──────────────────────────────────────────────────────────────────────


def test_what_we_write_keeps_the_rows_octet_for_octet(good):
    """IMG-01 … IMG-11, IMG-14, IMG-20: read here from the octets themselves."""
    octets = good["s"]
    assert octets[:8] == b"II*\0\x08\0\0\0"
    (count,) = struct.unpack_from("<H", octets, 8)
    entries = [struct.unpack_from("<HHII", octets, 10 + 12 * at) for at in range(count)]
    value = {tag: found for tag, _, _, found in entries}
    assert list(value) == sorted(value)
    assert not value.keys() & {269, 270, 274, 305, 306, 326, 327, 328}
    assert (value[254], value[256], value[259], value[262], value[266]) == (2, 1728, 3, 0, 2)
    assert (value[278], value[292], value[297]) == (value[257], 4, 1 << 16)
    assert (value[282], value[283], value[273]) == (206, 214, 222)
    assert struct.unpack_from("<4I", octets, 206) == (204, 1, 196, 1)
    assert len(octets) - 222 - value[279] in {0, 1}


def test_the_code_words_of_profile_s_end_without_eol_and_rtc(good):
    """IMG-12, IMG-13: bit by bit."""
    (size,) = struct.unpack_from("<I", good["s"], field(279) + 8)
    strip = good["s"][8 + HEAD : 8 + HEAD + size].translate(tiff.REVERSED)
    text = "".join(f"{octet:08b}" for octet in strip)
    eol = "000000000001"
    places = [at.end() for at in re.finditer("0{11,}1", text)]
    assert len(places) == STRIP.length
    assert all(place % 8 == 0 for place in places)
    assert text.startswith("0000" + eol)
    assert eol not in text[places[-1] :]


def test_group_4_ends_with_eofb_and_never_holds_uncompressed_pixels(good):
    """IMG-23, IMG-24: T6Options is there and 0."""
    (size,) = struct.unpack_from("<I", good["f"], field(279) + 8)
    strip = good["f"][8 + HEAD : 8 + HEAD + size].translate(tiff.REVERSED)
    text = "".join(f"{octet:08b}" for octet in strip).rstrip("0")
    assert text.endswith("000000000001" * 2)
    assert "0000001111" not in text[: -24 - 10], "the extension for uncompressed mode"
    assert struct.unpack_from("<HHII", good["f"], field(292)) == (293, LONG, 1, 0)


def test_what_goes_to_an_unknown_fax_device_is_profile_s(tmp_path, good):
    """IMG-28: nothing beyond it."""
    (tmp_path / "f.tif").write_bytes(good["f"])
    tiff.to_profile_s(tmp_path / "f.tif", tmp_path / "s.tif")
    assert check.check(tmp_path / "s.tif", "s") == []
    assert list(fax.pages_of(tmp_path / "s.tif")) == [fax.pixels(PAGE)]


# ── What the checker finds ─────────────────────────────────────────────────────────────

WIDTHS = (1216, 1728, 2048, 2432, 2592, 3072, 3456, 3648, 4096, 4864)
RESOLUTIONS = (*itertools.product((200, 204), (98, 100, 196, 200, 391, 400)), (300, 300),
               (400, 400), (408, 391), (300, 200), (150, 150), (204, 300))  # fmt: skip
LEGAL = {
    200: (1728, 2048, 2432),
    300: (2592, 3072, 3648),
    400: (3456, 4096, 4864),
}


@pytest.mark.parametrize(("across", "down"), RESOLUTIONS)
def test_only_the_widths_of_the_standard_pass_at_a_resolution(findings, across, down):
    """IMG-25: the whole matrix of RFC 3949 section 4.2.1."""
    family = {200: 200, 204: 200, 300: 300, 400: 400, 408: 400}.get(across)
    squares = {300: (300,), 400: (391, 400)}.get(family, (98, 100, 196, 200, 391, 400))
    for width in WIDTHS:
        strip = fax.strip(fax.image([[]], width))
        page = canonical(strip, (across, down))
        right = down in squares and width in LEGAL.get(family, ())
        assert ("IMG-25" in rows(findings(page))) is not right, (width, across, down)


def canonical(strip, resolution, unit=2, scale=1):
    """A page of profile F as others write it."""
    fields = {
        254: (LONG, [2]),
        266: (SHORT, [1]),
        282: (RATIONAL, [resolution[0], scale]),
        283: (RATIONAL, [resolution[1], scale]),
        293: (LONG, [0]),
        296: (SHORT, [unit]),
        297: (SHORT, [0, 1]),
    }
    return sheet(strip, **{f"t{tag}": value for tag, value in fields.items()})


@pytest.mark.parametrize(
    ("across", "down", "scale"),
    [(80, 77, 1), (80, 385, 1), (803, 386, 10), (787, 787, 10), (80, 154, 1), (1181, 1181, 10)],
)
def test_centimetres_are_as_good_as_inches_in_profile_f(findings, across, down, scale):
    """IMG-20: 8 pixels and 3.85, 7.7 or 15.4 rows a millimetre; 200 and 300 per inch."""
    if down == 385:
        across, scale = 800, 10
    width = 2592 if across > 1000 else 1728
    page = canonical(fax.strip(fax.image([[]], width)), (across, down), CENTIMETRE, scale)
    assert not rows(findings(page)) & {"IMG-20", "IMG-25"}
    assert "IMG-25" in rows(findings(canonical(STRIP, (across, down), 2, scale)))


@pytest.mark.parametrize("pair", [(200, 98), (204, 100), (200, 196), (204, 200)])
def test_inch_and_metric_values_are_the_same_thing_in_profile_s(findings, good, pair):
    """IMG-09, IMG-20."""
    octets = bytearray(good["s"])
    struct.pack_into("<IIII", octets, 206, pair[0], 1, pair[1], 1)
    assert findings(octets) == []
    struct.pack_into("<IIII", octets, 206, pair[0], 1, 391, 1)
    assert rows(findings(octets)) == {"IMG-09"}


def test_both_orders_of_bits_and_both_polarities_pass_in_profile_f(findings):
    """IMG-22, IMG-26."""
    data = STRIP.data.translate(tiff.REVERSED)
    turned = tiff.Strip(1728, 60, fax.FINE, data)
    for strip, order in ((STRIP, 1), (turned, 2)):
        for photometric in (0, 1):
            page = canonical(strip, (204, 196))
            page.fields |= {266: (SHORT, [order]), 262: (SHORT, [photometric])}
            assert rows(findings(page)) == {"IMG-26"}, "only that its strip comes first"


@pytest.mark.parametrize(
    ("tag", "value"), [(326, (LONG, [0])), (327, (SHORT, [0])), (328, (LONG, [0]))]
)
def test_words_on_the_quality_of_a_call_are_found(findings, tag, value):
    """IMG-27: pages that were made have been through no call."""
    page = canonical(STRIP, (204, 196))
    page.fields[tag] = value
    assert "IMG-27" in rows(findings(page))


def test_uncompressed_pixels_and_lines_without_eol_are_found(findings, good):
    """IMG-24."""
    assert "IMG-24" in rows(findings(with_value(good["f"], 292, 2)))
    assert "IMG-24" in rows(findings(with_value(good["s"], 292, 2)))
    assert "IMG-24" in rows(findings(with_value(good["s"], 259, 2)))
    assert "IMG-23" in rows(findings(with_tag(good["f"], 292, 294)))


def test_every_strip_ends_with_eofb(findings):
    """IMG-23: not only the first one."""
    packed = PAGE.point(fax.INVERSE).tobytes()
    strips = [g4.code(packed[at : at + 216 * 20], 1728, 20) for at in range(0, 216 * 60, 216 * 20)]
    page = canonical(STRIP, (204, 196))
    page.fields[278] = (LONG, [20])
    page.strips = strips
    assert "IMG-23" not in rows(findings(page))
    page.strips = [*strips[:2], strips[2].rstrip(b"\0")[:-3] + b"\0\0\0"]
    assert "IMG-23" in rows(findings(page))


@pytest.mark.parametrize("options", [0, 1, 4, 5])
def test_group_3_is_profile_f_too_and_its_lines_are_read(findings, options):
    """IMG-19, IMG-24: one- and two-dimensional, EOLs aligned or not; one bad line is found."""
    packed = PAGE.point(fax.INVERSE).tobytes()
    words = libtiff.encode(packed, 1728, 60, compression=3, options=options)
    page = canonical(tiff.Strip(1728, 60, fax.FINE, words), (204, 391))
    page.fields |= {259: (SHORT, [3]), 292: (LONG, [options])}
    del page.fields[293]
    assert rows(findings(page, "f")) == {"IMG-26"}
    assert "IMG-09" in rows(findings(page)), "without a word it is held for profile S"
    page.strips = [words[:400] + b"\xff\xf0\x0f\xff" + words[404:]]
    assert rows(findings(page, "f")) & {"IMG-12", "IMG-19"}


# ── What the reader takes ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("odd", [False, True])
@pytest.mark.parametrize("first", [False, True])
def test_a_file_turned_inside_out_reads_the_same(tmp_path, order, odd, first):
    """IMG-16, IMG-17: three pages; big-endian, directories behind the data or before it, at odd
    offsets, in the wrong order in the file, LONG for SHORT.
    """
    sheets = [sheet(fax.strip(fax.words(length)), t256=(LONG, [1728])) for length in (41, 42, 43)]
    octets = bytearray(lay_out(sheets, order, data_first=first, odd=odd))
    swap_first_two(octets, order)
    (tmp_path / "in.tif").write_bytes(octets)
    with foreign.opened(tmp_path / "in.tif") as file:
        pages = list(foreign.pictures(file))
        assert [page.length for page in pages] == [42, 41, 43]
        assert [damage.examine(file, page) for page in pages] == [None] * 3


def swap_first_two(octets, order):
    """Chain the second directory before the first."""
    links, at = [4], struct.unpack_from(order + "I", octets, 4)[0]
    while at:
        (count,) = struct.unpack_from(order + "H", octets, at)
        links.append(at + 2 + 12 * count)
        (at,) = struct.unpack_from(order + "I", octets, links[-1])
    one, two, three = (struct.unpack_from(order + "I", octets, link)[0] for link in links[:3])
    for link, target in zip(links, (two, three, one), strict=False):
        struct.pack_into(order + "I", octets, link, target)


# ── On the line ────────────────────────────────────────────────────────────────────────


def test_only_an_account_that_takes_it_is_given_group_4(tmp_path):
    """IMG-31: others get Group 3."""
    tiff.write(tmp_path / "f.tif", [STRIP])
    with handing.over(tmp_path, tmp_path / "f.tif") as (stable, job, sent):
        for group4, profile in ((True, "f"), (False, "s")):
            payload = stable(prints_header=True, group4=group4).payload(job, sent)
            (tmp_path / "sent.tif").write_bytes(payload.data)
            assert check.check(tmp_path / "sent.tif", profile) == []
            with Image.open(io.BytesIO(payload.data)) as image:
                assert image.tag_v2[259] == (4 if group4 else 3)
                assert fax.pixels(image) == fax.pixels(PAGE)
