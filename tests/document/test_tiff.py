"""The canonical fax file, held against libtiff and against the bytes of the standard."""

import contextlib
import hashlib
import itertools
import struct
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mailfax import errors
from mailfax.document import check, coding, t4, tiff
from tests.document import fax

PAGES = st.lists(fax.bitmaps(), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One folder for all examples of a Hypothesis test."""
    return tmp_path_factory.mktemp("tiff")


def directory(data, start):
    (count,) = struct.unpack_from("<H", data, start)
    return [struct.unpack_from("<HHII", data, start + 2 + 12 * at) for at in range(count)]


def test_a_profile_s_page_is_laid_out_as_the_checklist_dumps_it(tmp_path):
    page = fax.strip(fax.image([[]] * 2292))
    document = tiff.write(tmp_path / "s.tif", [page, page], profile="s")
    data = (tmp_path / "s.tif").read_bytes()
    size = document.pages[0].size
    assert data[:8] == bytes.fromhex("49492A0008000000")
    assert directory(data, 8) == [
        (254, 4, 1, 2),
        (256, 3, 1, 1728),
        (257, 3, 1, 2292),
        (258, 3, 1, 1),
        (259, 3, 1, 3),
        (262, 3, 1, 0),
        (266, 3, 1, 2),
        (273, 4, 1, 222),
        (277, 3, 1, 1),
        (278, 4, 1, 2292),
        (279, 4, 1, size),
        (282, 5, 1, 206),
        (283, 5, 1, 214),
        (292, 4, 1, 4),
        (296, 3, 1, 2),
        (297, 3, 2, 2 << 16),
    ]
    assert struct.unpack_from("<I4I", data, 202) == (222 + size + size % 2, 204, 1, 196, 1)
    assert data[222:].startswith(bytes.fromhex("0080B259 0180B259 01"))


def test_a_profile_f_page_differs_only_in_its_code(tmp_path):
    tiff.write(tmp_path / "f.tif", [fax.strip(fax.words())])
    tiff.write(tmp_path / "s.tif", [fax.strip(fax.words())], profile="s")
    fine = directory((tmp_path / "f.tif").read_bytes(), 8)
    plain = directory((tmp_path / "s.tif").read_bytes(), 8)
    differ = [(ours[:3], theirs[:3]) for ours, theirs in zip(fine, plain, strict=True)]
    assert [pair for pair in differ if pair[0] != pair[1]] == [((293, 4, 1), (292, 4, 1))]
    assert {entry[0]: entry[3] for entry in fine}[259] == 4
    assert {entry[0]: entry[3] for entry in fine}[293] == 0


@settings(deadline=None, max_examples=60)
@given(PAGES, st.sampled_from("fs"))
def test_libtiff_sees_the_very_pixels_that_were_written(folder, pages, profile):
    path = folder / "pages.tif"
    tiff.write(path, map(fax.strip, pages), profile=profile)
    assert list(fax.pages_of(path)) == [fax.pixels(page) for page in pages]
    assert check.check(path) == []


@settings(deadline=None, max_examples=40)
@given(PAGES, st.sampled_from([(204, 98), (200, 100), (204, 196), (200, 200), (204, 391)]))
def test_what_was_written_reads_back_the_same(folder, pages, resolution):
    strips = [fax.strip(page, resolution) for page in pages]
    document = tiff.write(folder / "back.tif", strips)
    assert list(tiff.read(folder / "back.tif")) == strips
    assert tiff.geometry(folder / "back.tif") == document
    decoded = [fax.pixels(coding.decode(strip)) for strip in strips]
    assert decoded == [fax.pixels(page) for page in pages]


def test_the_document_names_the_file_its_digest_and_its_pages(tmp_path):
    path = tmp_path / "fax.tif"
    document = tiff.write(path, [fax.strip(fax.words(300)), fax.strip(fax.words(200), (204, 98))])
    assert document.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (document.path, document.kind, document.size) == (path, "tiff", path.stat().st_size)
    shapes = [(page.width, page.length, page.resolution) for page in document.pages]
    assert shapes == [(1728, 300, (204, 196)), (1728, 200, (204, 98))]


@settings(deadline=None, max_examples=30)
@given(fax.bitmaps())
def test_one_dimensional_code_is_libtiffs_bit_for_bit(folder, page):
    ours, theirs = folder / "ours.tif", folder / "theirs.tif"
    tiff.write(ours, [fax.strip(page)], profile="s")
    fax.run("tiffcp", "-c", "g3:1d:fill", "-r", page.height, ours, theirs)
    with Image.open(theirs) as file:
        (offset,), (size,) = file.tag_v2[273], file.tag_v2[279]
    assert ours.read_bytes()[222 : 222 + size] == theirs.read_bytes()[offset : offset + size]


def test_every_run_length_of_either_colour_is_coded_as_libtiff_reads_it(tmp_path):
    page = fax.image([[1728 - run, 1728] for run in range(1729)])
    tiff.write(tmp_path / "runs.tif", [fax.strip(page)], profile="s")
    assert list(fax.pages_of(tmp_path / "runs.tif")) == [fax.pixels(page)]
    assert check.check(tmp_path / "runs.tif") == []


@pytest.mark.parametrize("colour", [0, 1])
def test_make_up_codes_for_wide_pages_are_those_of_libtiff(tmp_path, colour):
    width = 4864
    runs = range(1, 2624)
    page = fax.image([[0, run] if colour else [run, width] for run in runs], width)
    page.point(fax.INVERSE).save(tmp_path / "wide.tif", compression="group3", strip_size=1 << 30)
    with Image.open(tmp_path / "wide.tif") as file:
        (offset,), (size,) = file.tag_v2[273], file.tag_v2[279]
    data = (tmp_path / "wide.tif").read_bytes()[offset : offset + size]
    at = 0
    for run in runs:
        start = t4.after_eol(data, at)
        white, behind = t4.read_run(data, start, 0)
        black, _ = t4.read_run(data, behind, 1)
        assert (white, black) == ((0, run) if colour else (run, width - run))
        pixels, at = t4.read_line(data, start, width)
        assert pixels == width


def test_tiffinfo_has_no_warning_for_either_profile(tmp_path):
    pages = [fax.strip(fax.words(301)), fax.strip(fax.words(100))]
    for profile in "fs":
        tiff.write(tmp_path / "fax.tif", pages, profile=profile)
        told, warned = fax.run("tiffinfo", "-D", "-s", tmp_path / "fax.tif")
        assert not warned
        assert "Page Number: 0-2" in told
        assert "Page Number: 1-2" in told
        assert told.count("1 Strips") == 2


def test_joined_files_keep_their_code_words_and_are_numbered_anew(tmp_path):
    one, two, out = tmp_path / "1.tif", tmp_path / "2.tif", tmp_path / "out.tif"
    first = [fax.strip(fax.words(91)), fax.strip(fax.words(92))]
    second = [fax.strip(fax.words(93), (204, 98))]
    tiff.write(one, first)
    tiff.write(two, second)
    document = tiff.join([one, two, one], out)
    assert list(tiff.read(out)) == [*first, *second, *first]
    assert document == tiff.geometry(out)
    assert check.check(out) == []


def test_profile_s_files_join_too_but_not_with_group_4(tmp_path):
    tiff.write(tmp_path / "f.tif", [fax.strip(fax.words(50))])
    tiff.to_profile_s(tmp_path / "f.tif", tmp_path / "s.tif")
    document = tiff.join([tmp_path / "s.tif"] * 2, tmp_path / "ss.tif")
    assert len(document.pages) == 2
    assert check.check(tmp_path / "ss.tif") == []
    with pytest.raises(errors.Permanent, match="cannot be joined"):
        tiff.join([tmp_path / "s.tif", tmp_path / "f.tif"], tmp_path / "no.tif")
    with pytest.raises(errors.Permanent, match="Group 3"):
        list(tiff.read(tmp_path / "s.tif"))


def test_profile_s_knows_only_the_smallest_width_and_two_resolutions(tmp_path):
    wide = fax.strip(fax.image([[]], 2048))
    superfine = fax.strip(fax.image([[]]), (204, 391))
    for strip in (wide, superfine):
        tiff.write(tmp_path / "f.tif", [strip])
        with pytest.raises(errors.Permanent, match="not in profile S"):
            tiff.to_profile_s(tmp_path / "f.tif", tmp_path / "s.tif")


@pytest.mark.parametrize(
    ("width", "resolution"), [(1700, (204, 196)), (1728, (300, 300)), (1728, (204, 99))]
)
def test_a_page_that_no_fax_machine_knows_is_not_written(tmp_path, width, resolution):
    with pytest.raises(errors.Permanent, match="not in profile F"):
        tiff.write(tmp_path / "f.tif", [fax.strip(fax.image([[]], width), resolution)])


def test_what_is_not_a_file_of_ours_is_refused_by_name(tmp_path):
    tiff.write(tmp_path / "f.tif", [fax.strip(fax.words(60))])
    fax.run("tiffcp", "-c", "g4", tmp_path / "f.tif", tmp_path / "theirs.tif")
    with pytest.raises(errors.Permanent, match=r"theirs\.tif is not a fax file of mailfax"):
        tiff.geometry(tmp_path / "theirs.tif")


def test_a_fax_has_at_least_one_page(tmp_path):
    with pytest.raises(errors.Permanent, match=r"no page to write to f\.tif"):
        tiff.write(tmp_path / "f.tif", [])


def test_a_fax_has_no_more_pages_than_tiff_can_count(tmp_path):
    page = fax.strip(fax.image([[]]))
    document = tiff.write(tmp_path / "f.tif", itertools.repeat(page, 65_535))
    assert len(document.pages) == 65_535
    with pytest.raises(errors.Permanent, match="can count") as failure:
        tiff.write(tmp_path / "f.tif", itertools.repeat(page, 65_536))
    assert failure.value.cause == errors.Cause.TOO_LONG


def test_writing_and_reading_hold_one_page_at_a_time(tmp_path):
    page = tiff.Strip(1728, 2292, fax.FINE, bytes(40_000))
    tracemalloc.start()
    tiff.write(tmp_path / "f.tif", itertools.repeat(page, 300))
    assert sum(1 for _ in tiff.read(tmp_path / "f.tif")) == 300
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_damaged_file_is_refused_and_nothing_worse(folder, data):
    path = folder / "damaged.tif"
    tiff.write(path, [fax.strip(fax.image([[3, 9]]))] * 2)
    octets = bytearray(path.read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(octets) - 1), max_size=3)):
        octets[at] = data.draw(st.integers(0, 255))
    path.write_bytes(octets[: data.draw(st.integers(0, len(octets)))])
    with contextlib.suppress(errors.Permanent):
        assert tiff.geometry(path).pages
