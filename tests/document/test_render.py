"""Mails become fax pages: which parts, in which order, how large, and what stops them."""

import concurrent.futures
import io
import random

import pypdfium2
import pytest
from PIL import Image, ImageDraw, ImageFilter
from reportlab.pdfgen import canvas

from mailfax.document import check, content, geometry, jail, presses, render
from mailfax.errors import Cause, Permanent, Temporary
from mailfax.mail import message
from mailfax.model import Part, Role
from tests.document import drawing
from tests.document.drawing import FINE, MM, attachment, body

PAPERS = {"a4": (210, 297), "letter": (215.9, 279.4), "legal": (215.9, 355.6)}


@pytest.fixture
def fax(renderer, tmp_path):
    """Render parts; the pages as images, and the manifest."""

    def draw(*parts, **layout):
        wish = {"paper": "a4", "resolution": "fine", **layout}
        document, manifest = renderer.render(parts, render.Layout(**wish), tmp_path / "fax.tif")
        assert check.check(document.path) == []
        assert len(document.pages) == sum(entry.pages for entry in manifest)
        return drawing.pages(document.path), {entry.part: entry for entry in manifest}

    return draw


def refusal(renderer, tmp_path, *parts, **layout):
    wish = {"paper": "a4", "resolution": "fine", **layout}
    with pytest.raises(render.Unrenderable) as caught:
        renderer.render(parts, render.Layout(**wish), tmp_path / "fax.tif")
    assert not (tmp_path / "fax.tif").exists()
    return caught.value


# ── Which parts ────────────────────────────────────────────────────────────────────────


def test_the_text_comes_first_and_the_attachments_in_their_order(fax):
    first = drawing.pdf((100, 100))
    second = drawing.pdf((50, 200), (50, 200))
    pages, manifest = fax(
        body("Dear Sir"), attachment(first, "a.pdf"), attachment(second, "b.pdf", path="3")
    )
    assert [manifest[path].pages for path in "123"] == [1, 1, 2]
    widths = [drawing.ink_millimetres(image)[0] for image in pages]
    assert widths[1] == pytest.approx(80, abs=1)
    assert widths[2] == widths[3] == pytest.approx(30, abs=1)


@pytest.mark.parametrize(("wish", "pages"), [("body", [1, 0]), ("attachments", [0, 1])])
def test_the_layout_says_which_parts_are_faxed(fax, wish, pages):
    parts = body("Dear Sir"), attachment(drawing.pdf((100, 100)), "a.pdf")
    _, manifest = fax(*parts, parts=wish)
    assert [manifest[path].pages for path in "12"] == pages
    assert {entry.outcome for entry in manifest.values()} == {"faxed", "left out"}


def test_of_an_alternative_exactly_one_part_is_faxed_and_html_is_preferred(fax):
    """MIM-06."""
    pages, manifest = fax(
        body("plain", path="1.1", alternative=0),
        body("<h1>rich</h1>", "text/html", path="1.2", alternative=0),
    )
    assert len(pages) == 1
    assert [manifest[path].outcome for path in ("1.1", "1.2")] == ["left out", "faxed"]


@pytest.mark.parametrize(
    "useless",
    [
        "<p>  </p>",
        "<html><body><img src='http://example.com/all.png'></body></html>",
        "<style>p { color: red }</style><script>alert('words')</script>",
    ],
)
def test_html_that_shows_nothing_yields_to_the_plain_text(fax, useless):
    _, manifest = fax(
        body("plain", path="1.1", alternative=0),
        body(useless, "text/html", path="1.2", alternative=0),
    )
    assert [manifest[path].outcome for path in ("1.1", "1.2")] == ["faxed", "left out"]


def test_a_branch_that_cannot_be_drawn_is_passed_over(fax):
    """MIM-06: the last that we can render."""
    _, manifest = fax(
        body("plain", path="1.1", alternative=0),
        body("BEGIN:VCALENDAR\r\n", "text/calendar", path="1.2", alternative=0),
    )
    assert [manifest[path].outcome for path in ("1.1", "1.2")] == ["faxed", "left out"]


def test_a_branch_of_several_parts_goes_as_a_whole(fax):
    """As Apple Mail writes: plain text, or HTML with a PDF in the middle."""
    inner = drawing.pdf((100, 100))
    _, manifest = fax(
        body("plain", path="1.1", alternative=0),
        body("<p>before</p>", "text/html", path="1.2.1", alternative=0),
        Part(
            path="1.2.2", role=Role.ATTACHMENT, label="application/pdf", data=inner, alternative=0
        ),
        body("<p>after</p>", "text/html", path="1.2.3", alternative=0),
    )
    outcomes = [manifest[path].outcome for path in ("1.1", "1.2.1", "1.2.2", "1.2.3")]
    assert outcomes == ["left out", "faxed", "faxed", "faxed"]


def test_a_branch_that_breaks_half_way_leaves_no_trace(fax):
    _, manifest = fax(
        body("plain", path="1.1", alternative=0),
        body("<p>before</p>", "text/html", path="1.2.1", alternative=0),
        Part(
            path="1.2.2",
            role=Role.ATTACHMENT,
            label="application/pdf",
            data=b"%PDF-1.4",
            alternative=0,
        ),
    )
    outcomes = [manifest[path].outcome for path in ("1.1", "1.2.1", "1.2.2")]
    assert outcomes == ["faxed", "left out", "left out"]


def test_a_signature_is_never_a_page(fax):
    """MIM-14."""
    signature = Part(
        path="2", role=Role.SIGNATURE, label="application/pkcs7-signature", data=b"\x30\x82"
    )
    _, manifest = fax(body("signed"), signature)
    assert manifest["2"].outcome == "left out"
    assert "signature" in manifest["2"].reason


def test_an_empty_text_beside_an_attachment_is_left_out(fax):
    pages, manifest = fax(body(" \r\n\t\n"), attachment(drawing.pdf((100, 100)), "a.pdf"))
    assert len(pages) == 1
    assert manifest["1"].reason == "there is nothing in it"


@pytest.mark.parametrize("parts", [[], [body("")], [body("<p></p>", "text/html")]])
def test_nothing_to_fax_is_refused(renderer, tmp_path, parts):
    """MIM-16."""
    error = refusal(renderer, tmp_path, *parts)
    assert error.cause is Cause.UNSUPPORTED_DOCUMENT
    assert "nothing to fax" in str(error)


def test_one_bad_part_stops_the_whole_mail(renderer, tmp_path):
    """MIM-04: nothing is dialled for half a document."""
    good = attachment(drawing.pdf((100, 100)), "good.pdf")
    bad = attachment(b"%PDF-1.4\nthis is no PDF", "bad.pdf", path="3")
    error = refusal(renderer, tmp_path, body("Dear Sir"), good, bad)
    assert "'bad.pdf' (part 3) cannot be faxed: it is damaged" in str(error)
    assert error.cause is Cause.CONVERSION_FAILED
    entries = {entry.name: entry for entry in error.manifest}
    assert entries["bad.pdf"].outcome == "refused"


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old.numbers", "numbers"),
        (b"MZ\x90\0", "invoice.pdf", "program"),
        (b"\x1bE", "x.pcl", "PCL"),
        (b"\0\1\2\3" * 9, "x.bin", "application/octet-stream"),
        (b"", "x.pdf", "empty"),
    ],
)
def test_other_kinds_are_refused_by_name_and_kind(renderer, tmp_path, data, name, kind):
    error = refusal(renderer, tmp_path, attachment(data, name))
    assert name in str(error)
    assert f"'{kind}'" in str(error)
    assert error.cause is Cause.UNSUPPORTED_DOCUMENT


def test_content_decides_and_not_the_label(fax):
    """MIM-08: a PDF labelled image/tiff is a PDF."""
    _, manifest = fax(attachment(drawing.pdf((100, 100)), "fax.tif", label="image/tiff"))
    assert manifest["2"].found == "pdf"


def test_too_many_pages_are_counted_over_all_parts(renderer, tmp_path):
    parts = body("one"), attachment(drawing.pdf((100, 100), (100, 100)), "two.pdf")
    error = refusal(renderer, tmp_path, *parts, max_pages=2)
    assert error.cause is Cause.TOO_LONG
    assert "2 pages" in str(error)


# ── Size and shape ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("resolution", ["standard", "fine", "superfine"])
@pytest.mark.parametrize("paper", ["a4", "letter", "legal"])
def test_pages_have_the_size_of_the_paper(fax, paper, resolution):
    pages, _ = fax(body("x"), paper=paper, resolution=resolution)
    down = geometry.RESOLUTIONS[resolution][1]
    assert pages[0].size == (1728, round(PAPERS[paper][1] / 25.4 * down))


@pytest.mark.parametrize("resolution", ["standard", "fine", "superfine"])
@pytest.mark.parametrize(
    ("size", "scale", "turned"),
    [
        ((210, 297), 1, False),  # A4
        ((215.9, 279.4), 0.9965, False),  # Letter is a hair wider than a fax line
        ((148, 210), 1, False),  # A5 is not blown up
        ((297, 210), 1, True),  # A4 across
        ((841, 1189), 0.2498, False),  # A0
        ((420, 297), 0.7071, True),  # A3 across
        ((100, 60), 1, False),  # a label fits as it lies
    ],
    ids=["A4", "Letter", "A5", "landscape", "A0", "A3 across", "label"],
)
def test_a_page_keeps_its_shape(fax, size, scale, turned, resolution):
    """IMG-29: scaled down only where it must, turned when it lies across, never stretched."""
    [image], _ = fax(attachment(drawing.pdf(size), "x.pdf"), resolution=resolution)
    width, height = drawing.ink_millimetres(image, geometry.RESOLUTIONS[resolution][1])
    meant = [(side - 20 + 2 / MM) * scale for side in size]
    if turned:
        meant.reverse()
    assert [width, height] == pytest.approx(meant, rel=0.01)
    left, _, right, _ = drawing.ink(image)
    assert abs(left - (1728 - right)) <= 2


def test_a_very_long_page_is_split_and_not_clipped(fax):
    """IMG-30: nothing of a receipt 80 mm by 1 m is lost, and it stays readable."""
    marks = 20

    def receipt(paper, width, height):
        for number in range(marks):
            paper.rect(
                10 * MM,
                height - (number + 1) * 50 * MM + 20 * MM,
                40 * MM,
                10 * MM,
                stroke=0,
                fill=1,
            )

    pages, _ = fax(attachment(drawing.pdf((80, 1000), draw=receipt), "receipt.pdf"))
    assert len(pages) == 4
    black = sum(drawing.darkness(image) for image in pages) * 210 * 297 * (215.15 / 210)
    assert marks * 400 * 0.98 < black < marks * 400 * 1.1, "what lies at a cut is there twice"


def test_a_turned_page_reads_from_the_right(fax):
    """Turned clockwise: what was at the top is at the right."""

    def heading(paper, width, height):
        paper.rect(100 * MM, height - 20 * MM, 50 * MM, 10 * MM, fill=1)

    [image], _ = fax(attachment(drawing.pdf((297, 210), draw=heading), "wide.pdf"))
    left, _, _, _ = drawing.ink(image)
    assert left > 1728 * 0.85


def test_a_fax_page_keeps_its_very_pixels(fax):
    image = Image.effect_noise((1728, 2292), 200).convert("1")
    data = drawing.picture(image, "TIFF", compression="group4", dpi=(204, 196))
    [image_out], _ = fax(attachment(data, "fax.tif"))
    assert image_out.tobytes() == image.convert("L").tobytes()


def test_a_standard_fax_page_on_a_fine_fax_is_only_doubled(fax):
    image = Image.new("1", (1728, 1146), 1)
    ImageDraw.Draw(image).rectangle((100, 100, 199, 149), fill=0)
    data = drawing.picture(image, "TIFF", compression="group3", dpi=(204, 98))
    [image_out], _ = fax(attachment(data, "fax.tif"))
    assert drawing.ink(image_out) == (100, 200, 200, 300)


def test_a_photograph_stays_upright_inside_margins(fax):
    photo = Image.radial_gradient("L").resize((1600, 1200))
    [image], _ = fax(attachment(drawing.picture(photo, "JPEG"), "p.jpg"))
    width, height = drawing.ink_millimetres(image)
    assert width / height == pytest.approx(4 / 3, rel=0.02)
    assert width == pytest.approx(191, abs=2)


@pytest.mark.parametrize(("orientation", "place"), [(1, "top"), (3, "bottom"), (6, "right")])
def test_a_camera_s_orientation_is_followed(fax, orientation, place):
    image = Image.new("L", (400, 400), 255)
    ImageDraw.Draw(image).rectangle((0, 0, 399, 60), fill=0)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = drawing.picture(image, "JPEG", exif=exif, dpi=(100, 100))
    [page_image], _ = fax(attachment(data, "p.jpg"))
    left, top, right, bottom = drawing.ink(page_image)
    side = round(400 / 100 * 204)
    wide, high = right - left, bottom - top
    assert (wide > high) == (place in {"top", "bottom"})
    assert {"top": top < 200, "bottom": top > 400, "right": left > side}[place]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF"])
@pytest.mark.parametrize("mode", ["1", "L", "RGB", "P", "RGBA", "LA", "CMYK", "I;16"])
def test_every_kind_and_mode_of_picture_shows_its_black_square(fax, kind, mode):
    square = Image.new("L", (300, 300), 255)
    ImageDraw.Draw(square).rectangle((100, 100, 199, 199), fill=0)
    image = _in_mode(square, mode)
    try:
        data = drawing.picture(image, kind)
    except (OSError, ValueError):
        pytest.skip(f"{kind} has no {mode}")
    if (kind, mode) in {("BMP", "RGBA"), ("GIF", "LA")}:
        pytest.skip("Pillow saves it without what is transparent")
    [page_image], _ = fax(attachment(data, "x.bin"))
    width, height = drawing.ink_millimetres(page_image)
    assert [width, height] == pytest.approx([26.5, 26.5], abs=1)


def _in_mode(square, mode):
    if mode == "I;16":
        return square.convert("I").point(lambda value: value * 257).convert("I;16")
    if mode in {"RGBA", "LA"}:
        clear = Image.new(mode, square.size, 0)
        black = Image.new(mode, square.size, (0, 0, 0, 255) if mode == "RGBA" else (0, 255))
        return Image.composite(clear, black, square)
    return square.convert(mode)


def test_all_frames_of_a_tiff_are_pages(fax):
    frames = [Image.new("1", (600, 600), colour) for colour in (0, 1, 0)]
    data = drawing.picture(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    pages, _ = fax(attachment(data, "three.tif"))
    assert [drawing.darkness(image) > 0 for image in pages] == [True, False, True]


# ── Text ───────────────────────────────────────────────────────────────────────────────


def test_columns_stay_columns(fax):
    """Every letter has one width: a ruler of 80 is as wide as 80 em spaces of text."""
    [ruler], _ = fax(body("|" + " " * 78 + "|"))
    [other], _ = fax(body("|" + "W" * 78 + "|"))
    assert drawing.ink(ruler)[0] == drawing.ink(other)[0]
    assert drawing.ink(ruler)[2] == drawing.ink(other)[2]


def test_a_form_feed_begins_a_page(fax):
    assert len(fax(body("one\ftwo\f"))[0]) == 2


def test_a_long_text_is_broken_into_lines_and_pages(fax):
    pages, _ = fax(body("word " * 3000))
    assert len(pages) == 4
    assert all(drawing.ink(image)[2] < 1600 for image in pages)


@pytest.mark.parametrize(
    "text", ["שלום עולם", "مرحبا بالعالم", "नमस्ते दुनिया", "สวัสดีชาวโลก", "Ελληνικά Кириллица"]
)
def test_other_scripts_are_printed(fax, text):
    [image], _ = fax(body(text))
    assert drawing.ink(image)


def test_symbols_that_no_font_has_are_squares(fax):
    [square], _ = fax(body("a\u25a1 שלום"))
    [private], _ = fax(body("a\ue123 שלום"))
    assert private.tobytes() == square.tobytes()


def test_hebrew_runs_from_the_right(fax):
    [image], _ = fax(body("שלום"))
    assert drawing.ink(image)[0] > 1728 / 2


def test_letters_that_no_font_has_are_not_printed_as_boxes(renderer, tmp_path):
    error = refusal(renderer, tmp_path, body("price: \U000323af"))
    assert "no installed font" in str(error)


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "cp1252", "us-ascii", None, "nonsense"])
def test_umlauts_survive_every_declaration(fax, charset):
    """What is declared wrongly is detected: the pages are the same pixel by pixel."""
    text = "Größe der Straße: äöü ÄÖÜ"
    [right], _ = fax(body(text))
    octets = text.encode("latin-1" if charset in {"iso-8859-1", "cp1252"} else "utf-8")
    [image], _ = fax(body(octets, charset=charset))
    assert image.tobytes() == right.tobytes()


# ── HTML ───────────────────────────────────────────────────────────────────────────────


def test_html_shows_the_pictures_of_its_own_mail(fax):
    black = drawing.picture(Image.new("L", (200, 200), 0), "PNG")
    picture = Part(path="1.2", role=Role.RELATED, label="image/png", data=black, content_id="<a@b>")
    [image], manifest = fax(body('<img src="cid:a%40b">', "text/html", path="1.1"), picture)
    assert drawing.darkness(image) > 0.03
    assert (manifest["1.2"].outcome, manifest["1.2"].pages) == ("faxed", 0)


def test_wide_html_is_made_smaller_and_not_cut(fax):
    cell = "<td nowrap>" + "a wide column that does not wrap " * 4 + "</td>"
    [image], _ = fax(body(f"<table border=1><tr>{cell}{cell}</tr></table>", "text/html"))
    assert drawing.ink(image)[2] < 1700


def test_white_letters_on_a_dark_ground_are_readable(fax):
    """Grounds are left out and letters are black: a fax has no grey."""
    dark = "<div style='background:#222;color:#eee'>white on black</div>"
    [image], _ = fax(body(dark, "text/html"))
    assert 0 < drawing.darkness(image) < 0.01


# ── PDF ────────────────────────────────────────────────────────────────────────────────


def test_a_filled_form_shows_what_was_filled_in(fax):
    def form(paper, width, height):
        field = {"x": 50, "y": 700, "width": 300, "height": 40, "borderWidth": 0}
        paper.acroForm.textfield(name="who", value="MMMMMMMM", fontSize=30, **field)

    [image], _ = fax(attachment(drawing.pdf((210, 297), draw=form), "form.pdf"))
    assert drawing.ink(image)


def test_a_blank_page_is_a_page(fax):
    blank = drawing.pdf((210, 297), draw=lambda *_: None)
    pages, _ = fax(attachment(blank, "blank.pdf"))
    assert [drawing.ink(image) for image in pages] == [None]


def test_a_page_in_a_coding_that_cannot_be_read_is_not_faxed_as_blank(renderer, tmp_path):
    data = drawing.pdf((210, 297)).replace(
        b"/Filter [ /ASCII85Decode /FlateDecode ]", b"/Filter /BrotliDecode" + b" " * 18
    )
    assert b"Brotli" in data
    error = refusal(renderer, tmp_path, attachment(data, "new.pdf"))
    assert "page 1" in str(error)


def test_grey_small_print_survives(fax):
    def small(paper, width, height):
        paper.setFillGray(0.6)
        paper.setFont("Helvetica", 9)
        paper.drawString(100, 700, "the small print that nobody reads")

    [image], _ = fax(attachment(drawing.pdf((210, 297), draw=small), "x.pdf"))
    assert drawing.ink_millimetres(image)[0] == pytest.approx(47, abs=3)


def test_white_and_black_letters_on_colour_can_both_be_read(fax):
    def bar(paper, width, height):
        paper.setFillColorRGB(0.36, 0.6, 0.83)
        paper.rect(50, 600, 400, 100, stroke=0, fill=1)
        for grey, x in ((1, 60), (0, 260)):
            paper.setFillGray(grey)
            paper.setFont("Helvetica-Bold", 30)
            paper.drawString(x, 630, "TOTAL")

    [image], _ = fax(attachment(drawing.pdf((210, 297), draw=bar), "x.pdf"))
    ground = image.crop((560, 480, 700, 600))
    assert 0.15 < drawing.darkness(ground) < 0.7


@pytest.mark.parametrize("resolution", ["standard", "fine", "superfine"])
@pytest.mark.parametrize("type_grey", [0, 1], ids=["black", "white"])
def test_type_on_a_coloured_bar_stands_on_clear_ground(fax, type_grey, resolution):
    """White on black or black on white, never on dots."""

    def bar(paper, width, height):
        paper.setFillColorRGB(0.36, 0.6, 0.83)
        paper.rect(50, 600, 400, 24, stroke=0, fill=1)
        paper.setFillGray(type_grey)
        paper.setFont("Helvetica-Bold", 12)
        paper.drawString(60, 608, "Region Quarter Result and many a heading more")

    data = drawing.pdf((210, 297), draw=bar)
    [image], _ = fax(attachment(data, "x.pdf"), resolution=resolution)
    down = geometry.RESOLUTIONS[resolution][1] / 72
    ground = image.crop((1150, round(221 * down), 1250, round(239 * down)))
    assert drawing.darkness(ground) == type_grey


@pytest.mark.parametrize("resolution", ["standard", "fine"])
def test_a_photograph_keeps_its_shades(fax, resolution):
    """Dark stays darker than light after screening, and the bytes stay moderate."""
    gradient = Image.linear_gradient("L").resize((1200, 1200)).filter(ImageFilter.GaussianBlur(2))
    [image], _ = fax(attachment(drawing.picture(gradient, "PNG"), "p.png"), resolution=resolution)
    left, top, right, bottom = drawing.ink(image)
    step = (bottom - top) // 5
    bands = [image.crop((left, top + n * step, right, top + (n + 1) * step)) for n in range(5)]
    shades = [drawing.darkness(band) for band in bands]
    assert shades == sorted(shades, reverse=True)
    assert shades[0] > 0.8
    assert shades[-1] < 0.3


def test_a_long_document_keeps_its_order_when_it_is_drawn_in_parallel(fax):
    sizes = [(100, 50 + 5 * number) for number in range(25)]
    pages, _ = fax(attachment(drawing.pdf(*sizes), "long.pdf"))
    heights = [drawing.ink_millimetres(image)[1] for image in pages]
    assert heights == pytest.approx([height - 19.3 for _, height in sizes], abs=1)


def test_what_is_drawn_is_the_same_every_time(renderer, tmp_path):
    part = attachment(drawing.pdf((210, 297), (297, 210)), "x.pdf")
    digests = {renderer.render([part], FINE, tmp_path / "fax.tif")[0].sha256 for _ in range(3)}
    assert len(digests) == 1


def test_several_threads_draw_at_once(renderer, tmp_path):
    def draw(number):
        part = attachment(drawing.pdf(*[(100, 100)] * number), "x.pdf")
        return len(renderer.render([part], FINE, tmp_path / f"{number}.tif")[0].pages)

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        assert list(pool.map(draw, range(1, 13))) == list(range(1, 13))


# ── Received faxes ─────────────────────────────────────────────────────────────────────


@pytest.fixture
def received_tiff(renderer, tmp_path):
    renderer.render([body("one\ftwo")], FINE, tmp_path / "in.tif")
    return tmp_path / "in.tif"


def test_a_received_tiff_becomes_pdf_and_back(renderer, tmp_path, received_tiff):
    wrapped = renderer.received(received_tiff, "tiff", "pdf", tmp_path / "out.pdf")
    assert (wrapped.kind, len(wrapped.pages)) == ("pdf", 2)
    with pypdfium2.PdfDocument(wrapped.path) as document:
        assert len(document) == 2
    again = renderer.received(wrapped.path, "pdf", "tiff", tmp_path / "again.tif")
    assert (again.kind, len(again.pages)) == ("tiff", 2)
    assert check.check(again.path) == []


@pytest.mark.parametrize("kind", ["tiff", "pdf"])
def test_a_received_fax_of_the_wished_kind_is_not_changed(renderer, tmp_path, received_tiff, kind):
    source = received_tiff
    if kind == "pdf":
        source = renderer.received(received_tiff, "tiff", "pdf", tmp_path / "x.pdf").path
    same = renderer.received(source, kind, kind, tmp_path / "same")
    assert same.path.read_bytes() == source.read_bytes()
    assert len(same.pages) == 2


@pytest.mark.parametrize("kind", ["tiff", "pdf"])
def test_a_received_fax_that_is_damaged_is_said_to_be(renderer, tmp_path, kind):
    (tmp_path / "in").write_bytes(b"II*\0\xff\xff\0\0")
    with pytest.raises(Permanent, match="the received fax cannot be drawn: it is damaged"):
        renderer.received(tmp_path / "in", kind, "pdf", tmp_path / "out")


# ── The jail round it ──────────────────────────────────────────────────────────────────


def test_every_wall_that_stands_is_named(renderer):
    layers = {name: on for name, on, _ in renderer.layers()}
    assert {"bubblewrap", "landlock", "seccomp", "limits"} <= set(layers)
    assert layers["seccomp"]
    assert layers["files"]


def test_a_jail_that_is_required_is_tried_before_anything_is_opened(tmp_path):
    settings = render.Settings(require_jail=True)
    with render.Renderer(settings, [], message.parts) as strict:
        strict.render([body("x")], FINE, tmp_path / "fax.tif")
        assert strict._proven


def test_a_child_that_lies_is_not_believed(tmp_path):
    """Every message shape that a broken child could send ends as a crash, never as a page."""
    room = presses.Room(tmp_path)
    with room:
        file = room.file()
        for message in (
            {},
            {"page": "x"},
            {"page": [1728, 2292, 204, 196, 0]},
            {"page": [1728, 2292, 204, 196, 0, True]},
            {"page": [1728, 2292, 204, 196, -1, 5]},
            {"page": [1728, 10**9, 204, 196, 0, 5]},
            {"page": [17, 2292, 204, 196, 0, 5]},
            {"page": [1728, 2292, 300, 300, 0, 5]},
            {"unfit": "a text of its own", "number": 0},
            {"begun": 7},
            {"done": 1},
            {"count": -1, "shared": True},
        ):
            with pytest.raises(jail.Crashed):
                presses._note(message, 0, [presses.Drawn()], file)


def test_pages_beyond_the_output_or_missing_are_noticed(tmp_path):
    with presses.Room(tmp_path) as room:
        placed = presses.Placed(room.file(), 1728, 10, (204, 196), 0, 100)
        for drawn in (
            presses.Drawn([placed], done=True),
            presses.Drawn([], count=1, done=True),
            presses.Drawn([], done=False),
        ):
            with pytest.raises(presses.BrokenOffError):
                presses._check_complete([drawn])


def test_a_crash_names_the_part_and_is_temporary():
    error = content.broken_off(
        "the attachment 'x.pdf'", presses.BrokenOffError(0, jail.Crashed("y"))
    )
    assert isinstance(error, Temporary)
    assert error.cause is Cause.CONVERSION_FAILED
    assert str(error) == "the attachment 'x.pdf' could not be drawn: y"


def test_random_octets_with_any_magic_never_break_the_jail(renderer, tmp_path):
    """Fuzz: cut and bent documents end as pages, a refusal or a crash that is told as such."""
    source = random.Random(5)
    held = io.BytesIO()
    paper = canvas.Canvas(held)
    paper.drawString(100, 700, "fuzz")
    paper.save()
    seeds = [
        held.getvalue(),
        drawing.picture(Image.new("L", (50, 50)), "TIFF"),
        drawing.picture(Image.new("L", (50, 50)), "PNG"),
    ]
    for _ in range(30):
        data = bytearray(source.choice(seeds))
        for _ in range(source.randrange(1, 20)):
            data[source.randrange(8, len(data))] = source.randrange(256)
        try:
            renderer.render([attachment(bytes(data), "x")], FINE, tmp_path / "fax.tif")
        except (render.Unrenderable, render.Interrupted) as error:
            assert str(error).startswith("the attachment 'x' (part 2)")
