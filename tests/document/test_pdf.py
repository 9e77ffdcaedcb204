"""Wrapping a fax in a PDF: three viewers must see the fax's own pixels, and no others."""

import itertools
import re
import struct
import tracemalloc

import pypdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mailfax import errors
from mailfax.document import pdf, tiff
from tests.document import fax

CODINGS = {
    "group 4": ("g4",),
    "group 4, LSB first": ("g4", "-f", "lsb2msb"),
    "group 4, many strips": ("g4", "-r", "40"),
    "group 4, big-endian": ("g4", "-B"),
    "group 3 one-dimensional": ("g3:1d",),
    "group 3 one-dimensional, aligned": ("g3:1d:fill",),
    "group 3 one-dimensional, aligned, LSB first": ("g3:1d:fill", "-f", "lsb2msb"),
    "group 3 one-dimensional, many strips": ("g3:1d", "-r", "40"),
    "group 3 two-dimensional": ("g3:2d",),
    "group 3 two-dimensional, aligned": ("g3:2d:fill",),
    "group 3 two-dimensional, LSB first": ("g3:2d", "-f", "lsb2msb"),
    "group 3 two-dimensional, many strips": ("g3:2d:fill", "-r", "40"),
}


@pytest.fixture(scope="module")
def page():
    return fax.words(700)


@pytest.fixture
def ours(tmp_path, page):
    """Two pages in a canonical file."""
    tiff.write(tmp_path / "ours.tif", [fax.strip(page), fax.strip(fax.words(300), (204, 98))])
    return tmp_path / "ours.tif"


def poppler(path, number=1, resolution=fax.FINE):
    across, down = resolution
    prefix = path.with_suffix("")
    only = ("-f", number, "-l", number, "-singlefile")
    _, warned = fax.run("pdftoppm", "-mono", "-rx", across, "-ry", down, *only, path, prefix)
    assert not warned
    with Image.open(path.with_suffix(".pbm")) as shown:
        return fax.pixels(shown)


def ghostscript(path, number=1, resolution=fax.FINE):
    shown = path.with_suffix(".gs.pbm")
    only = (f"-dFirstPage={number}", f"-dLastPage={number}", "-r{}x{}".format(*resolution))
    device = ("-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=pbmraw")
    said, warned = fax.run("gs", *device, *only, f"-sOutputFile={shown}", path)
    assert not said + warned
    with Image.open(shown) as image:
        return fax.pixels(image)


def pdfium(path, number=1):
    """The page's images as pdfium decodes them, from the top."""
    with pypdfium2.PdfDocument(path) as document:
        held = [item.get_bitmap().to_pil() for item in document[number - 1].get_objects()]
    page = Image.new("1", (held[0].width, sum(image.height for image in held)))
    tops = itertools.accumulate((image.height for image in held), initial=0)
    for image, top in zip(held, tops, strict=False):
        page.paste(image.convert("1"), (0, top))
    return fax.pixels(page)


@pytest.mark.parametrize("name", CODINGS)
def test_every_coding_shows_the_same_pixels_in_every_viewer(tmp_path, page, ours, name):
    source, out = tmp_path / "source.tif", tmp_path / "out.pdf"
    coding_of, *rest = CODINGS[name]
    rows = rest if "-r" in rest else ["-r", "700", *rest]
    fax.run("tiffcp", "-c", coding_of, *rows, ours, source)
    assert pdf.wrap(source, out) == 2
    assert poppler(out) == fax.pixels(page)
    assert pdfium(out) == fax.pixels(page)
    assert ghostscript(out) == fax.pixels(page)


@pytest.mark.parametrize("profile", "fs")
def test_our_own_files_show_their_pixels_on_every_page(tmp_path, page, profile):
    pages = [page, fax.words(301), fax.words(100)]
    source, out = tmp_path / "source.tif", tmp_path / "out.pdf"
    tiff.write(source, map(fax.strip, pages), profile=profile)
    assert pdf.wrap(source, out) == 3
    for number, shown in enumerate(pages, start=1):
        assert poppler(out, number) == pdfium(out, number) == fax.pixels(shown)


def test_a_page_whose_one_bits_are_white_is_not_inverted(tmp_path, page):
    page.save(tmp_path / "white.tif", compression="group4", dpi=fax.FINE)
    pdf.wrap(tmp_path / "white.tif", tmp_path / "out.pdf")
    assert poppler(tmp_path / "out.pdf") == pdfium(tmp_path / "out.pdf") == fax.pixels(page)


def test_lines_without_eol_are_read_from_octet_boundaries(tmp_path, page):
    page.save(tmp_path / "rle.tif", compression="tiff_ccitt", dpi=fax.FINE, strip_size=1 << 30)
    pdf.wrap(tmp_path / "rle.tif", tmp_path / "out.pdf")
    assert poppler(tmp_path / "out.pdf") == pdfium(tmp_path / "out.pdf") == fax.pixels(page)


def relabel(path, tag, value):
    """Give the first page's field another value, in a little-endian file."""
    octets = bytearray(path.read_bytes())
    (start,) = struct.unpack_from("<I", octets, 4)
    (count,) = struct.unpack_from("<H", octets, start)
    for at in range(start + 2, start + 2 + 12 * count, 12):
        if struct.unpack_from("<H", octets, at)[0] == tag:
            struct.pack_into("<I", octets, at + 8, value)
    path.write_bytes(octets)


@pytest.mark.parametrize(("code", "wrong"), [("g3:1d", 1), ("g3:2d", 0), ("g3:2d:fill", 4)])
def test_the_code_words_win_over_a_field_that_contradicts_them(tmp_path, page, ours, code, wrong):
    source, out = tmp_path / "source.tif", tmp_path / "out.pdf"
    fax.run("tiffcp", "-c", code, "-r", "700", ours, source)
    relabel(source, 292, wrong)
    pdf.wrap(source, out)
    assert poppler(out) == pdfium(out) == fax.pixels(page)


def test_lines_without_eol_labelled_group_3_are_still_read(tmp_path, page):
    source, out = tmp_path / "rle.tif", tmp_path / "out.pdf"
    page.save(source, compression="tiff_ccitt", dpi=fax.FINE, strip_size=1 << 30)
    relabel(source, 259, 3)
    pdf.wrap(source, out)
    assert poppler(out) == pdfium(out) == fax.pixels(page)


def test_a_file_with_rtc_shows_the_same_page(tmp_path, page):
    strip = tmp_path / "s.tif"
    tiff.write(strip, [fax.strip(page)], profile="s")
    octets = strip.read_bytes()
    rtc = bytes.fromhex("000100010001000100010001").translate(tiff.REVERSED)
    (size,) = struct.unpack_from("<I", octets, 8 + 2 + 12 * 10 + 8)
    strip.write_bytes(octets[: 222 + size] + rtc)
    relabel(strip, 279, size + len(rtc))
    pdf.wrap(strip, tmp_path / "out.pdf")
    shown = [poppler(tmp_path / "out.pdf"), pdfium(tmp_path / "out.pdf"), *fax.pages_of(strip)]
    assert shown == [fax.pixels(page)] * 3
    assert ghostscript(tmp_path / "out.pdf") == fax.pixels(page)


TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@pytest.mark.parametrize("orientation", TURNED)
def test_orientation_is_obeyed_on_paper_and_on_the_screen(tmp_path, orientation):
    page = fax.words(400).crop((0, 0, 500, 300))
    source, out = tmp_path / "turned.tif", tmp_path / "out.pdf"
    page.save(source, compression="group4", dpi=(200, 200), tiffinfo={274: orientation})
    upright = fax.pixels(page.transpose(TURNED[orientation]))
    pdf.wrap(source, out)
    assert poppler(out, resolution=(200, 200)) == upright
    (shown,) = pdf.previews(source, tmp_path / "out.png")
    with Image.open(shown) as image:
        assert fax.pixels(image) == upright


def test_pages_have_their_exact_size_on_paper(tmp_path, ours):
    pdf.wrap(ours, tmp_path / "out.pdf")
    reader = pypdf.PdfReader(tmp_path / "out.pdf", strict=True)
    boxes = [page.mediabox for page in reader.pages]
    assert [(float(box.width), float(box.height)) for box in boxes] == [
        (pytest.approx(1728 / 204 * 72, abs=1e-6), pytest.approx(700 / 196 * 72, abs=1e-6)),
        (pytest.approx(1728 / 204 * 72, abs=1e-6), pytest.approx(300 / 98 * 72, abs=1e-6)),
    ]


def test_the_document_says_who_made_it_and_its_title(tmp_path, ours):
    for title in ("Fax from +1 202 555 0123 (2)\\", "Факс – 傳真 🖷", ""):
        pdf.wrap(ours, tmp_path / "out.pdf", title=title)
        words = pypdf.PdfReader(tmp_path / "out.pdf", strict=True).metadata
        assert words.producer == "mailfax"
        assert (words.title or "") == title


def test_the_code_words_are_copied_not_coded_again(tmp_path, ours):
    pdf.wrap(ours, tmp_path / "out.pdf")
    whole = (tmp_path / "out.pdf").read_bytes()
    assert all(strip.data in whole for strip in tiff.read(ours))
    assert len(whole) < ours.stat().st_size + 3_000


def test_the_table_of_offsets_is_right(tmp_path, ours):
    pdf.wrap(ours, tmp_path / "out.pdf")
    whole = (tmp_path / "out.pdf").read_bytes()
    (start,) = re.findall(rb"startxref\n(\d+)\n%%EOF\n$", whole)
    assert whole[int(start) :].startswith(b"xref\n0 ")
    offsets = re.findall(rb"(\d{10}) 00000 n \n", whole[int(start) :])
    for number, offset in enumerate(offsets, start=1):
        assert whole[int(offset) :].startswith(b"%d 0 obj\n" % number)


@settings(deadline=None, max_examples=25)
@given(st.lists(fax.bitmaps(), min_size=1, max_size=3), st.sampled_from("fs"))
def test_any_page_comes_through_bit_for_bit(tmp_path_factory, pages, profile):
    folder = tmp_path_factory.getbasetemp()
    source, out = folder / "any.tif", folder / "any.pdf"
    tiff.write(source, map(fax.strip, pages), profile=profile)
    pdf.wrap(source, out)
    for number, page in enumerate(pages, start=1):
        assert pdfium(out, number) == fax.pixels(page)


def test_wrapping_holds_one_page_at_a_time(tmp_path):
    page = tiff.Strip(1728, 2292, fax.FINE, bytes(40_000))
    tiff.write(tmp_path / "f.tif", itertools.repeat(page, 300))
    tracemalloc.start()
    pdf.wrap(tmp_path / "f.tif", tmp_path / "out.pdf")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_preview_has_the_shape_of_the_paper(tmp_path, ours):
    shown = pdf.previews(ours, tmp_path / "out.png")
    assert [path.name for path in shown] == ["out-1.png", "out-2.png"]
    sizes = []
    for path in shown:
        with Image.open(path) as image:
            sizes.append(image.size)
            assert image.info["dpi"] == pytest.approx((204, 204), abs=0.1)
    assert sizes == [(1728, round(700 * 204 / 196)), (1728, round(300 * 204 / 98))]


def test_a_single_page_is_previewed_under_the_name_asked_for(tmp_path):
    page = fax.words(200)
    tiff.write(tmp_path / "f.tif", [fax.strip(page, (200, 200))], profile="s")
    assert pdf.previews(tmp_path / "f.tif", tmp_path / "out.png") == [tmp_path / "out.png"]
    with Image.open(tmp_path / "out.png") as image:
        assert fax.pixels(image) == fax.pixels(page)


def test_many_strips_are_previewed_as_one_page(tmp_path, ours):
    fax.run("tiffcp", "-c", "g3:2d", "-r", "33", ours, tmp_path / "many.tif")
    for name in ("ours", "many"):
        pdf.previews(tmp_path / f"{name}.tif", tmp_path / f"{name}.png")
    for number in (1, 2):
        one, other = (tmp_path / f"{name}-{number}.png" for name in ("ours", "many"))
        assert one.read_bytes() == other.read_bytes()


def test_what_is_no_fax_is_refused(tmp_path):
    (tmp_path / "fax.tif").write_bytes(b"%PDF-1.4")
    for make in (pdf.wrap, pdf.previews):
        with pytest.raises(errors.Permanent, match=r"fax\.tif cannot be read as a fax"):
            make(tmp_path / "fax.tif", tmp_path / "out")


def test_a_damaged_line_of_group_3_does_not_spoil_the_page(tmp_path):
    page = fax.image([[100, 200]] * 60)
    source, out = tmp_path / "f.tif", tmp_path / "out.pdf"
    document = tiff.write(source, [fax.strip(page)], profile="s")
    octets = bytearray(source.read_bytes())
    octets[222 + document.pages[0].size // 2] ^= 0x10
    source.write_bytes(octets)
    assert pdf.wrap(source, out) == 1
    for size, shown in (pdfium(out), ghostscript(out)):
        lines = [shown[at : at + 216] for at in range(0, len(shown), 216)]
        assert size == page.size
        assert lines.count(page.tobytes()[:216]) >= 58


def test_hopeless_code_words_are_wrapped_as_they_are_but_have_no_preview(tmp_path):
    strip = fax.strip(fax.words(100))
    broken = tiff.Strip(1728, 100, fax.FINE, bytes(9) + strip.data[9:])
    tiff.write(tmp_path / "f.tif", [broken])
    assert pdf.wrap(tmp_path / "f.tif", tmp_path / "out.pdf") == 1
    with pytest.raises(errors.Permanent, match="code words of a page cannot be read"):
        pdf.previews(tmp_path / "f.tif", tmp_path / "out.png")
