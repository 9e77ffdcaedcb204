"""The byte-level checker: silent on what we write, and hard to fool."""

import pathlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailfax.document import check, tiff
from tests.document import fax

CORPUS = pathlib.Path(__file__).parents[3] / "shared" / "corpus" / "tiff"
HEAD = 214
"""Octets of a page before its strip."""


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A file of two small pages of each profile, as octets."""
    folder = tmp_path_factory.mktemp("good")
    pages = [fax.strip(fax.words(41)), fax.strip(fax.words(30))]
    found = {}
    for profile in "fs":
        tiff.write(folder / "good.tif", pages, profile=profile)
        found[profile] = (folder / "good.tif").read_bytes()
    return found


@pytest.fixture
def findings(tmp_path):
    """Findings on octets."""

    def checking(octets):
        (tmp_path / "fax.tif").write_bytes(octets)
        return check.check(tmp_path / "fax.tif")

    return checking


def rows(found):
    return {finding.split(":")[0] for finding in found}


def field(tag):
    """Offset of a field of the first page of a canonical file: its tag, then type, …"""
    tags = (254, 256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 282, 283, 292, 296, 297)
    return 8 + 2 + 12 * tags.index(tag)


def with_value(octets, tag, value):
    changed = bytearray(octets)
    struct.pack_into("<I", changed, field(tag) + 8, value)
    return changed


def with_tag(octets, tag, new):
    changed = bytearray(octets)
    struct.pack_into("<H", changed, field(tag), new)
    return changed


@pytest.mark.parametrize("profile", "fs")
def test_a_good_file_passes(good, findings, profile):
    assert findings(good[profile]) == []


@pytest.mark.parametrize(
    ("tag", "value", "row"),
    [
        (254, 0, "IMG-06"),
        (256, 2048, "IMG-08"),
        (257, 40, "IMG-12"),
        (258, 8, "IMG-11"),
        (259, 2, "IMG-10"),
        (262, 1, "IMG-11"),
        (266, 1, "IMG-11"),
        (273, 100, "IMG-02"),
        (277, 3, "IMG-11"),
        (278, 40, "IMG-04"),
        (279, 1 << 30, "IMG-18"),
        (282, 8, "IMG-03"),
        (283, 8, "IMG-03"),
        (292, 1, "IMG-10"),
        (292, 2, "IMG-10"),
        (296, 3, "IMG-09"),
        (297, 1 | 2 << 16, "IMG-07"),
        (297, 0 | 3 << 16, "IMG-07"),
    ],
)
def test_a_wrong_value_in_profile_s_is_named_by_its_row(good, findings, tag, value, row):
    assert row in rows(findings(with_value(good["s"], tag, value)))


@pytest.mark.parametrize(
    ("tag", "value", "row"),
    [
        (254, 0, "IMG-06"),
        (256, 2048, "IMG-23"),
        (256, 1700, "IMG-25"),
        (257, 40, "IMG-23"),
        (262, 2, "IMG-26"),
        (266, 1, "IMG-23"),
        (266, 3, "IMG-22"),
        (273, 100, "IMG-26"),
        (278, 40, "IMG-26"),
        (292, 2, "IMG-23"),
        (296, 1, "IMG-20"),
        (297, 5, "IMG-07"),
    ],
)
def test_a_wrong_value_in_profile_f_is_named_by_its_row(good, findings, tag, value, row):
    assert row in rows(findings(with_value(good["f"], tag, value)))


@pytest.mark.parametrize(
    ("tag", "row"),
    [
        (254, "IMG-06"),
        (256, "IMG-08"),
        (257, "IMG-04"),
        (262, "IMG-11"),
        (266, "IMG-11"),
        (273, "IMG-04"),
        (282, "IMG-09"),
        (292, "IMG-10"),
        (297, "IMG-07"),
    ],
)
def test_a_missing_field_is_named_by_its_row(good, findings, tag, row):
    found = findings(with_tag(good["s"], tag, tag - 1 if tag not in {283, 257} else tag + 30_000))
    assert row in rows(found)
    assert rows(found) & {"IMG-14", "IMG-18"}


def test_a_field_that_profile_s_leaves_out_is_found(good, findings):
    assert "IMG-14" in rows(findings(with_tag(good["s"], 296, 295)))
    assert rows(findings(with_tag(good["f"], 296, 295))) == set()


def test_a_directory_at_an_odd_offset_is_found(good, findings):
    octets = good["s"]
    (size,) = struct.unpack_from("<I", octets, field(279) + 8)
    end = 8 + HEAD + size + size % 2
    second = bytearray(octets[end:])
    for tag in (273, 282, 283):
        at = field(tag) - 8 + 8
        struct.pack_into("<I", second, at, struct.unpack_from("<I", second, at)[0] + 1)
    moved = bytearray(octets[:end]) + b"\0" + second
    struct.pack_into("<I", moved, 8 + 194, end + 1)
    assert rows(findings(moved)) == {"IMG-05"}


def test_a_big_endian_file_is_not_profile_s(tmp_path, good):
    (tmp_path / "s.tif").write_bytes(good["s"])
    fax.run("tiffcp", "-B", "-c", "g3:1d", tmp_path / "s.tif", tmp_path / "b.tif")
    assert {"IMG-01", "IMG-02", "IMG-14"} <= rows(check.check(tmp_path / "b.tif"))


def bits(octets):
    return f"{int.from_bytes(octets, 'big'):0{8 * len(octets)}b}"


EOL = "000000000001"
LINE = "010011011" + "00110101"
"""A white line of 1728 pixels."""


def coded(findings, good, text, lines, options):
    """Findings on a first page of `lines` lines whose code words are `text`."""
    text += "0" * (-len(text) % 8)
    data = int(text, 2).to_bytes(len(text) // 8, "big").translate(tiff.REVERSED)
    octets = bytearray(good["s"][: 8 + HEAD]) + data
    for tag, value in (
        (257, lines),
        (278, lines),
        (279, len(data)),
        (292, options),
        (297, 1 << 16),
    ):
        struct.pack_into("<I", octets, field(tag) + 8, value)
    struct.pack_into("<I", octets, 8 + 194, 0)
    return findings(octets)


def aligned(*lines):
    text = ""
    for line in lines:
        text += "0" * (-(len(text) + 12) % 8) + EOL + line
    return text


def test_hand_made_lines_pass_aligned_and_not(good, findings):
    assert coded(findings, good, aligned(LINE, LINE), 2, 4) == []
    assert coded(findings, good, (EOL + LINE) * 2, 2, 0) == []
    assert coded(findings, good, (EOL + LINE + "0000") * 2, 2, 0) == []


def test_an_eol_off_its_octet_boundary_is_found(good, findings):
    assert rows(coded(findings, good, (EOL + LINE) * 2, 2, 4)) == {"IMG-12"}


def test_rtc_is_found_where_eols_are_aligned_and_allowed_where_not(good, findings):
    assert rows(coded(findings, good, aligned(LINE, *[""] * 6), 1, 4)) == {"IMG-13"}
    assert coded(findings, good, EOL + LINE + EOL * 6, 1, 0) == []


def test_one_eol_after_the_last_line_is_found(good, findings):
    assert rows(coded(findings, good, aligned(LINE, ""), 1, 4)) == {"IMG-12"}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (LINE + EOL + LINE, 2),
        (EOL + LINE + LINE, 2),
        (EOL + LINE, 2),
        ((EOL + LINE) * 3, 2),
        (EOL + EOL + LINE, 1),
        ("0" * 16, 1),
    ],
    ids=[
        "no EOL before the first line",
        "no EOL before the second line",
        "a line too few",
        "a line too many",
        "two EOLs",
        "only fill",
    ],
)
def test_wrong_code_words_are_found(good, findings, text, lines):
    assert rows(coded(findings, good, text, lines, 0)) == {"IMG-12"}


@pytest.mark.parametrize("run", ["010011011" + "000111", "010011010" + "00110101", "000000001"])
def test_a_line_of_another_width_is_a_bad_line(good, findings, run):
    """IMG-19: 1729 pixels, 1600 pixels, none."""
    assert rows(coded(findings, good, EOL + LINE + EOL + run, 2, 0)) == {"IMG-19"}


def test_group_4_without_eofb_is_found(good, findings):
    octets = bytearray(good["f"])
    (size,) = struct.unpack_from("<I", octets, field(279) + 8)
    strip = octets[8 + HEAD : 8 + HEAD + size].translate(tiff.REVERSED)
    text = bits(strip)
    assert text.count(EOL * 2) == 1
    without = int(text.replace(EOL * 2, "0" * 24), 2).to_bytes(size, "big")
    octets[8 + HEAD : 8 + HEAD + size] = without.translate(tiff.REVERSED)
    assert rows(findings(octets)) == {"IMG-23"}


@settings(deadline=None, max_examples=25)
@given(fax.bitmaps(), st.data())
def test_group_4_lines_are_counted_as_libtiff_counts_them(tmp_path_factory, page, data):
    path = tmp_path_factory.getbasetemp() / "lines.tif"
    tiff.write(path, [fax.strip(page)])
    assert check.check(path) == []
    octets = bytearray(path.read_bytes())
    other = data.draw(st.integers(1, 60).filter(lambda lines: lines != page.height))
    for tag in (257, 278):
        struct.pack_into("<I", octets, field(tag) + 8, other)
    path.write_bytes(octets)
    assert rows(check.check(path)) == {"IMG-23"}


def seen(path):
    """What libtiff makes of a file; None when it will not have it."""
    try:
        return list(fax.pages_of(path))
    except (OSError, SyntaxError, ValueError, UserWarning):
        return None


@pytest.mark.parametrize("profile", "fs")
def test_a_wrong_octet_in_the_structure_is_found_or_harmless(good, tmp_path, profile):
    """Harmless: libtiff still sees the same pixels. Every octet, five other values each."""
    path = tmp_path / "wrong.tif"
    octets = good[profile]
    path.write_bytes(octets)
    as_meant = seen(path)
    (second,) = struct.unpack_from("<I", octets, 8 + 194)
    inverse = {page + 2 + 12 * 5 + 8 for page in (8, second)} if profile == "f" else set()
    """Photometric 1 is as good in profile F as 0: the checker cannot know what was meant."""
    missed = []
    for at in [*range(8 + HEAD), *range(second, second + HEAD)]:
        for value in {octets[at] ^ 1 << bit for bit in (0, 3, 7)} | {0, 255} - {octets[at]}:
            path.write_bytes(octets[:at] + bytes([value]) + octets[at + 1 :])
            found = check.check(path)
            assert all(finding.startswith("IMG-") for finding in found)
            if not found and at not in inverse and seen(path) != as_meant:
                missed.append((at, value))
    assert missed == []


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_no_damage_makes_the_checker_fall(good, tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "fall.tif"
    octets = bytearray(good[data.draw(st.sampled_from("fs"))])
    for at in data.draw(st.lists(st.integers(0, len(octets) - 1), max_size=5)):
        octets[at] = data.draw(st.integers(0, 255))
    path.write_bytes(octets[: data.draw(st.integers(0, len(octets)))])
    assert all(finding.startswith("IMG-") for finding in check.check(path))


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_no_strangers_file_passes_and_none_makes_the_checker_fall():
    for path in CORPUS.iterdir():
        found = check.check(path)
        assert found
        assert all(finding.startswith("IMG-") for finding in found)


def test_ghostscripts_fax_is_a_near_miss(tmp_path):
    page = tmp_path / "page.ps"
    page.write_text("%!PS\n/Helvetica 30 selectfont 100 700 moveto (Near miss) show showpage\n")
    quiet = ("-q", "-dNOPAUSE", "-dBATCH", "-dFillOrder=2", "-dMaxStripSize=0", "-r204x196")
    fax.run("gs", *quiet, "-sDEVICE=tiffg3", f"-sOutputFile={tmp_path / 'gs.tif'}", page)
    assert rows(check.check(tmp_path / "gs.tif")) == {"IMG-14"}
