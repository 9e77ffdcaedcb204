"""Pictures of every kind on a fax page: codings, orientations, colours, drawings."""

import gzip
import io
import struct
import subprocess

import numpy
import pillow_heif
import pytest
from PIL import Image, ImageDraw

from mailfax.document import check, render
from mailfax.document.converters import kinds
from mailfax.errors import Cause
from tests.document import drawing
from tests.document.drawing import attachment


@pytest.fixture
def fax(renderer, tmp_path):
    """Render one part; the pages as images, and its entry in the manifest."""

    def draw(data, name="x.bin", **layout):
        wish = {"paper": "a4", "resolution": "fine", **layout}
        part = attachment(data, name)
        document, [entry] = renderer.render([part], render.Layout(**wish), tmp_path / "fax.tif")
        assert check.check(document.path) == []
        return drawing.pages(document.path), entry

    return draw


def square(mode="L", side=300):
    """A black square in the upper left of a white picture, 100 of 300 wide."""
    image = Image.new("L", (side, side), 255)
    ImageDraw.Draw(image).rectangle((30, 30, 129, 129), fill=0)
    return image.convert(mode)


def is_square(page, inch=96, at=(30, 30), dots=300):
    """Whether the square, and nothing else, is there, at so many dots an inch."""
    left, top, right, bottom = drawing.ink(page)
    width, height = drawing.ink_millimetres(page)
    assert [width, height] == pytest.approx([100 / inch * 25.4] * 2, abs=1)
    assert drawing.darkness(page.crop((left, top, right, bottom))) > 0.97
    edge = (1728 - dots / inch * 204) / 2
    assert left == pytest.approx(edge + at[0] / inch * 204, abs=4)
    assert top == pytest.approx(12 / 25.4 * 196 + at[1] / inch * 196, abs=4)
    return True


# ── TIFF ───────────────────────────────────────────────────────────────────────────────

BILEVEL = ("group3", "group4", "tiff_ccitt", "packbits", "tiff_lzw", "tiff_adobe_deflate", "raw")


@pytest.mark.parametrize("coding", BILEVEL)
def test_a_bilevel_tiff_of_any_coding_is_a_page(fax, coding):
    [page], _ = fax(drawing.picture(square("1"), "TIFF", compression=coding, dpi=(96, 96)))
    assert is_square(page)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK", "P", "RGBA", "LA"])
@pytest.mark.parametrize("coding", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "raw"])
def test_a_tiff_of_any_colours_is_a_page(fax, coding, mode):
    image = square().convert(mode)
    [page], _ = fax(drawing.picture(image, "TIFF", compression=coding, dpi=(96, 96)))
    assert is_square(page)


def test_jpeg_in_tiff_is_a_page(fax):
    data = drawing.picture(square("RGB"), "TIFF", compression="jpeg", quality=95, dpi=(96, 96))
    [page], _ = fax(data)
    assert is_square(page)


TIFFCP = {
    "tiled": ["-t", "-w", "64", "-l", "64"],
    "planar": ["-p", "separate"],
    "tiled and planar": ["-t", "-w", "64", "-l", "64", "-p", "separate", "-c", "lzw"],
    "many strips": ["-r", "7", "-c", "zip"],
    "big-endian": ["-B"],
    "Group 3, 2-D, byte-aligned": ["-c", "g3:2d:fill"],
    "Group 4, least significant bit first": ["-c", "g4", "-f", "lsb2msb"],
    "BigTIFF": ["-8"],
}


@pytest.mark.parametrize("form", TIFFCP)
def test_a_tiff_as_libtiff_lays_it_out_is_a_page(fax, tmp_path, form):
    mode = "1" if form.startswith("Group") else "RGB"
    square(mode).save(tmp_path / "in.tif", dpi=(96, 96))
    subprocess.run(["tiffcp", *TIFFCP[form], tmp_path / "in.tif", tmp_path / "out.tif"], check=True)
    [page], _ = fax((tmp_path / "out.tif").read_bytes())
    assert is_square(page)


@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("white_is_zero", [False, True])
def test_sixteen_bits_are_as_good_as_eight(fax, samples, white_is_zero):
    pixels = numpy.asarray(square()).astype("<u2") * 257
    if white_is_zero and samples == 1:
        pixels = 65535 - pixels
    elif white_is_zero:
        pytest.skip("colours have no zero that is white")
    photometric = 2 if samples == 3 else 0 if white_is_zero else 1
    data = _tiff(numpy.repeat(pixels[:, :, None], samples, axis=2), photometric)
    [page], _ = fax(data)
    assert is_square(page)


def _tiff(pixels, photometric):
    """A TIFF of one strip of 16-bit samples at 96 per inch."""
    height, width, samples = pixels.shape
    raw = pixels.tobytes()
    fields = [
        (256, 3, width), (257, 3, height), (258, 3, 16), (259, 3, 1), (262, 3, photometric),
        (273, 4, 0), (277, 3, samples), (278, 3, height), (279, 4, len(raw)),
        (282, 5, 0), (283, 5, 0), (296, 3, 2),
    ]  # fmt: skip
    after = 8 + 2 + 12 * len(fields) + 4
    depths = struct.pack("<3H", 16, 16, 16)
    values = {273: after + 22, 282: after + 6, 283: after + 14}
    if samples == 3:
        values[258] = after
    directory = b"".join(
        struct.pack("<HHII", tag, kind, 3 if tag == 258 and samples == 3 else 1,
                    values.get(tag, value))
        for tag, kind, value in fields
    )  # fmt: skip
    resolutions = struct.pack("<4I", 96, 1, 96, 1)
    head = b"II*\0" + struct.pack("<IH", 8, len(fields)) + directory + b"\0\0\0\0"
    return head + depths + resolutions + raw


def test_another_resolution_across_than_down_keeps_the_shape(fax):
    image = square().resize((300, 150))
    [page], _ = fax(drawing.picture(image, "TIFF", dpi=(96, 48)))
    assert is_square(page)


def test_a_smaller_version_of_a_page_is_no_page(fax):
    from PIL import TiffImagePlugin

    small = TiffImagePlugin.ImageFileDirectory_v2()
    small[254] = 1
    held = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(held) as out:
        square().save(out, "TIFF", dpi=(96, 96))
        out.newFrame()
        square(side=150).save(out, "TIFF", tiffinfo=small)
    pages, _ = fax(held.getvalue())
    assert len(pages) == 1


# ── One picture ────────────────────────────────────────────────────────────────────────


def test_a_progressive_and_an_inverted_cmyk_jpeg_show_the_square(fax):
    progressive = drawing.picture(square(), "JPEG", progressive=True, dpi=(96, 96), quality=95)
    inverted = drawing.picture(square("RGB").convert("CMYK"), "JPEG", dpi=(96, 96), quality=95)
    assert b"Adobe" in inverted
    for data in (progressive, inverted):
        [page], _ = fax(data)
        assert is_square(page)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_of_a_camera_is_followed(fax, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    [page], _ = fax(drawing.picture(square(), "JPEG", exif=exif, dpi=(96, 96), quality=95))
    near, far = 30, 300 - 130
    left = far if orientation in {2, 3, 6, 7} else near
    top = far if orientation in {3, 4, 7, 8} else near
    assert is_square(page, at=(left, top))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_of_what_moves_the_first_picture_is_faxed_and_the_sender_told(fax, kind):
    frames = [square("RGB"), Image.new("RGB", (300, 300), "white")]
    data = drawing.picture(frames[0], kind, save_all=True, append_images=frames[1:], duration=500)
    [page], entry = fax(data)
    assert is_square(page)
    assert entry.remarks == ("It moves; the first of its 2 pictures was faxed.",)


@pytest.mark.parametrize("kind", ["AVIF", "JPEG2000", "PCX", "HEIF"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_other_kinds_of_pictures_are_pages(fax, kind, mode):
    pillow_heif.register_heif_opener()
    [page], entry = fax(drawing.picture(square(mode), kind))
    assert is_square(page, 100 if kind == "PCX" else 96)
    assert entry.found == {"HEIF": "heic", "JPEG2000": "jpeg 2000"}.get(kind, kind.lower())
    assert entry.remarks == ()


def test_all_sheets_of_a_dcx_are_pages(fax):
    sheets = [drawing.picture(square(), "PCX"), drawing.picture(square(side=290), "PCX")]
    first = 4 * (len(sheets) + 2)
    head = struct.pack("<4I", 0x3ADE68B1, first, first + len(sheets[0]), 0)
    pages, _ = fax(head + b"".join(sheets))
    assert [is_square(pages[0], 100), is_square(pages[1], 100, dots=290)] == [True, True]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "TIFF", "AVIF", "JPEG2000", "HEIF"])
def test_half_a_picture_is_refused_by_name(renderer, tmp_path, kind):
    pillow_heif.register_heif_opener()
    noise = Image.effect_noise((300, 300), 90)
    data = drawing.picture(noise.convert("RGB"), kind)
    part = attachment(data[: len(data) // 2], "half.bin")
    with pytest.raises(render.Unrenderable, match="damaged") as caught:
        renderer.render([part], drawing.FINE, tmp_path / "fax.tif")
    assert caught.value.cause is Cause.CONVERSION_FAILED


# ── SVG ────────────────────────────────────────────────────────────────────────────────

SVG = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {size}>
<rect x="30" y="30" width="100" height="100"/>{more}</svg>"""


def svg(size='viewBox="0 0 300 300"', more=""):
    return SVG.format(size=size, more=more).encode()


@pytest.mark.parametrize(
    ("size", "millimetres"),
    [
        ('viewBox="0 0 300 300"', 26.5),
        ('width="300" height="300"', 26.5),
        ('width="60mm" height="60mm" viewBox="0 0 300 300"', 20),
        ('width="6cm" viewBox="0 0 300 300"', 20),
        ('width="100%" height="100%" viewBox="0 0 300 300"', 26.5),
    ],
)
def test_a_drawing_is_as_large_as_it_says(fax, size, millimetres):
    [page], entry = fax(svg(size), "drawing.svg")
    assert drawing.ink_millimetres(page) == pytest.approx((millimetres,) * 2, abs=0.5)
    assert entry.found == "svg"


def test_a_packed_drawing_is_unpacked(fax):
    [page], _ = fax(gzip.compress(svg()), "drawing.svgz")
    assert drawing.ink_millimetres(page) == pytest.approx((26.5, 26.5), abs=0.5)


@pytest.mark.parametrize(
    "more",
    [
        '<script>document.documentElement.innerHTML = ""</script>',
        '<image href="https://example.com/x.png" width="300" height="300"/>',
        '<image xlink:href="file:///etc/passwd" width="300" height="300"/>',
        '<use href="file:///etc/passwd#a"/>',
        "<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>words</p></foreignObject>",
        '<style>@import "https://example.com/x.css"; @font-face { src: url(file:///x) }</style>',
    ],
)
def test_a_drawing_shows_itself_only(fax, more):
    [page], _ = fax(svg(more=more), "drawing.svg")
    assert drawing.ink_millimetres(page) == pytest.approx((26.5, 26.5), abs=0.5)


def test_the_entities_of_a_drawing_are_not_looked_at(fax):
    entity = '<!DOCTYPE svg [<!ENTITY words SYSTEM "file:///etc/passwd">]>'
    data = svg(more='<text x="10" y="290">&words;</text>')
    data = data[: data.index(b"<!DOCTYPE")] + entity.encode() + data[data.index(b"<svg") :]
    [page], _ = fax(data, "drawing.svg")
    assert drawing.ink_millimetres(page) == pytest.approx((26.5, 26.5), abs=0.5)


@pytest.mark.parametrize("data", [b"<svg", gzip.compress(svg())[:40], gzip.compress(b"x" * 10**8)])
def test_a_drawing_that_is_none_is_refused(renderer, tmp_path, data):
    with pytest.raises(render.Unrenderable, match="cannot be faxed: "):
        renderer.render([attachment(data, "x.svgz")], drawing.FINE, tmp_path / "fax.tif")


# ── What is what ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (svg(), "", "svg"),
        (b"<!-- a --><!-- b --><svg>", "", "svg"),
        (gzip.compress(b"<svg/>"), "x.svgz", "svg"),
        (gzip.compress(b"<svg/>"), "x.gz", "archive"),
        (b"<html><svg></svg></html>", "", "html"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avifmiaf", "", "avif"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heicmiaf", "", "heic"),
        (b"\0\0\0\x18ftypheix\0\0\0\0mif1heicmiaf", "", "heic"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "", "film"),
        (b"<!-- -->" * 500 + b"words", "x.txt", "text"),
    ],
)
def test_pictures_are_known_by_their_first_octets(data, name, kind):
    assert kinds.found(data, name, "") == kind
