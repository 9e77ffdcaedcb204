"""Documents made to hurt end inside their limits, with a clear refusal, and leave nothing."""

import io
import os
import pathlib
import struct
import zlib

import pypdf
import pytest
from PIL import Image
from reportlab.pdfgen import canvas

from mailfax.document import render
from mailfax.errors import Cause
from mailfax.mail import message
from tests.document import drawing
from tests.document.conftest import TEMPLATES
from tests.document.drawing import FINE, attachment, body


@pytest.fixture(scope="module")
def poor():
    """A renderer that may spend little."""
    settings = render.Settings(seconds=3, memory=480 << 20, output=5_000_000)
    with render.Renderer(settings, [TEMPLATES], message.parts) as started:
        yield started


def outcome(renderer, tmp_path, part):
    """The refusal, or None when it was faxed."""
    try:
        renderer.render([part], FINE, tmp_path / "fax.tif")
    except (render.Unrenderable, render.Interrupted) as error:
        assert not (tmp_path / "fax.tif").exists()
        return error
    finally:
        (tmp_path / "fax.tif").unlink(missing_ok=True)
        assert list(tmp_path.iterdir()) == []
    return None


def png(width, height):
    """A white PNG of this size, which Pillow itself would need the memory to make."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * min(1 << 20, (width // 8 + 2) * height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_picture_of_900_million_pixels_is_refused_with_the_limit(poor, tmp_path):
    error = outcome(poor, tmp_path, attachment(png(30_000, 30_000), "x.png"))
    assert error.cause is Cause.TOO_LONG
    assert "900 million pixels, and at most 100" in str(error)


def test_a_tiff_of_900_million_pixels_is_refused(poor, tmp_path):
    data = drawing.picture(Image.new("1", (8, 8)), "TIFF")
    with Image.open(io.BytesIO(data)) as image:
        assert image.tag_v2[256] == 8
    fields = [(tag, 4, 1, 30_000) for tag in (256, 257)]
    fields += [(258, 3, 1, 1), (259, 3, 1, 1), (262, 3, 1, 0), (273, 4, 1, 8), (279, 4, 1, 8)]
    directory = struct.pack("<H", len(fields)) + b"".join(struct.pack("<HHII", *f) for f in fields)
    bomb = b"II*\0\x08\0\0\0" + directory + bytes(4)
    error = outcome(poor, tmp_path, attachment(bomb, "x.tif"))
    assert "900 million pixels" in str(error)


def test_a_million_by_one_is_refused_for_its_shape(poor, tmp_path):
    error = outcome(poor, tmp_path, attachment(png(1_000_000, 1), "x.png"))
    assert error.cause is Cause.UNSUPPORTED_DOCUMENT


def many_pages(count):
    held = io.BytesIO()
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(200, 200)
    tree = writer._pages.get_object()
    tree[pypdf.generic.NameObject("/Kids")] = pypdf.generic.ArrayObject(
        [page.indirect_reference] * count
    )
    tree[pypdf.generic.NameObject("/Count")] = pypdf.generic.NumberObject(count)
    writer.write(held)
    return held.getvalue()


def test_ten_thousand_pages_are_refused_before_one_is_drawn(poor, tmp_path):
    error = outcome(poor, tmp_path, attachment(many_pages(10_000), "x.pdf"))
    assert error.cause is Cause.TOO_LONG
    assert "10000 pages" in str(error)


@pytest.mark.parametrize("size", [(5_000_000, 5_000_000), (14_400, 14_400), (1, 1), (3, 14_400)])
def test_pages_of_any_box_end(poor, tmp_path, size):
    held = io.BytesIO()
    paper = canvas.Canvas(held, pagesize=size)
    paper.rect(0, 0, size[0] / 2, size[1] / 2, fill=1)
    paper.save()
    error = outcome(poor, tmp_path, attachment(held.getvalue(), "x.pdf"))
    assert error is None or "cannot be faxed" in str(error)


def test_a_drawing_without_end_is_stopped_by_the_clock(poor, tmp_path):
    """A hundred thousand fills of the whole page, in a few kilobytes."""
    held = io.BytesIO()
    paper = canvas.Canvas(held, pageCompression=1)
    paper.addLiteral("0 0 5000 5000 re f\n" * 100_000)
    paper.save()
    error = outcome(poor, tmp_path, attachment(held.getvalue(), "slow.pdf"))
    assert isinstance(error, render.Interrupted)
    assert "longer than the 3 seconds" in str(error)
    assert error.cause is Cause.CONVERSION_FAILED


def test_a_picture_that_unpacks_to_more_than_the_memory_is_refused(poor, tmp_path):
    """99 million grey-alpha pixels pass the pixel limit, and need more than 480 MB."""
    error = outcome(poor, tmp_path, attachment(_deep_png(9_900, 9_900), "x.png"))
    assert error is not None
    assert error.cause is Cause.CONVERSION_FAILED


def _deep_png(width, height):
    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    squeeze = zlib.compressobj(1)
    row = bytes(width * 4 + 1)
    rows = b"".join(squeeze.compress(row) for _ in range(height)) + squeeze.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_megabyte_of_line_ends_is_refused_by_its_pages(poor, tmp_path):
    error = outcome(poor, tmp_path, body("x" + "\n" * 1_000_000 + "x"))
    assert error.cause is Cause.TOO_LONG


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 50_000 + "x",
        "<table>" + "<tr><td>" * 5_000 + "x",
        "<p style='font-size:100000px'>x</p>",
        "<p style='width:1e30px;height:1e30px;border:1px solid'>x</p>",
        "<style>@page{size:100000mm}</style><p>x</p>",
        "<table border=1><tr><td colspan=1000000 rowspan=1000000>x</table>",
        "<img src='data:image/png;base64,iVBORw0KGgo='>x",
    ],
    ids=["deep", "tables", "font", "huge", "page", "span", "bad picture"],
)
def test_html_bombs_end(poor, tmp_path, source):
    error = outcome(poor, tmp_path, body(source, "text/html"))
    assert error is None or error.cause in {Cause.CONVERSION_FAILED, Cause.TOO_LONG}


HOOKS = (
    "<img src='{url}'>",
    "<link rel=stylesheet href='{url}'>",
    "<style>@import url('{url}'); @font-face {{font-family:x; src:url('{url}')}}</style>",
    "<p style=\"background:url('{url}'); list-style-image:url('{url}'); font-family:x\">x</p>",
    "<object data='{url}'></object><embed src='{url}'><iframe src='{url}'></iframe>",
    "<svg><image href='{url}'/><use href='{url}#x'/></svg>",
    "<meta http-equiv=refresh content='0;url={url}'><base href='{url}'>",
    "<input type=image src='{url}'><video poster='{url}'></video><a href='{url}'>link</a>",
)


def test_html_fetches_nothing(poor, tmp_path):
    """MIM-20: no connection, no file, while the words are printed."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        port = server.getsockname()[1]
        urls = [f"http://127.0.0.1:{port}/x", f"//127.0.0.1:{port}/x", "file:///etc/hostname"]
        source = "".join(hook.format(url=url) for hook in HOOKS for url in urls)
        assert outcome(poor, tmp_path, body("<p>words</p>" + source, "text/html")) is None
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_picture_of_a_file_is_not_shown(renderer, tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(drawing.picture(Image.new("L", (500, 500), 0), "PNG"))
    source = f"<p>x</p><img src='file://{secret}'>"
    renderer.render([body(source, "text/html")], FINE, tmp_path / "fax.tif")
    assert drawing.darkness(drawing.pages(tmp_path / "fax.tif")[0]) < 0.01


def test_after_all_this_no_child_is_left(poor):
    """Only the two zygotes, and bubblewrap round them."""
    left = 0
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        left += fields[0] == "Z" and int(fields[1]) == os.getpid()
    assert left == 0
