"""HTML that asks for what is not in its mail: nothing is fetched, no file is read.

Set here without the jail, which would shut network and files anyway: not even the asking happens.
"""

import socket

import pypdfium2
import pytest

from mailfax.document import geometry
from mailfax.document.converters import Item, Trim, html
from tests.document import drawing
from tests.document.drawing import attachment

SHEET = geometry.Sheet("a4", geometry.RESOLUTIONS["fine"])
SVG = "xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'"

DOCUMENTS = {
    "picture": "<img src='{url}a.png'>",
    "picture without scheme": "<img src='//{host}/a.png' srcset='{url}b.png 2x'>",
    "picture of a file": "<img src='{file}'><img src='file://localhost{path}'>",
    "picture in upper case": "<IMG SRC='HTTP://{host}/a.png'><img src=' \t{url}b.png'>",
    "ground": "<body background='{url}a.png'><table background='{url}b.png'><tr><td>x</table>",
    "style of a ground": "<div style=\"background:url({url}a.png);list-style:url('{file}')\">x",
    "style sheet": "<style>@import url({url}a.css); @import '{file}';"
    " p {{ content: url({file}) }}</style>",
    "linked style sheet": "<link rel=stylesheet href='{url}a.css'>"
    "<link rel=prefetch href='{url}b'>",
    "font": "<style>@font-face {{ font-family: x; src: url({url}a.ttf), url({file}) }}"
    " p {{ font-family: x }}</style>",
    "generated content": "<style>p::before {{ content: url({url}a.png) url({file}) }}"
    " @page {{ @top-left {{ content: url({url}b.png) }} background: url({url}c.png) }}</style>",
    "frame": "<iframe src='{url}a.html'></iframe><frameset><frame src='{file}'></frameset>",
    "object": "<object data='{file}'></object><embed src='{url}a.svg'>"
    "<applet code='{url}b'></applet>",
    "refresh": "<meta http-equiv=refresh content='0;url={url}a'><base href='{url}'><img src=b.png>",
    "script": "<script>fetch('{url}a')</script><script src='{url}b.js'></script>"
    "<p onclick=\"fetch('{url}c')\">x",
    "film": "<video src='{url}a.mp4' poster='{url}b.png'></video><audio src='{file}'></audio>",
    "attachment of the PDF": "<link rel=attachment href='{file}'>"
    "<a rel=attachment href='{file}'>x</a>",
    "form": "<form action='{url}a'><input type=image src='{url}b.png'></form>",
    "external entity": "<?xml version='1.0'?><!DOCTYPE html [<!ENTITY s SYSTEM '{file}'>]>"
    "<p>&s;</p>"
    "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='{file}' parse='text'/>",
    "drawing": "<svg {svg}><image xlink:href='{url}a.png' width='9' height='9'/>"
    "<image href='{file}' width='9' height='9'/></svg>",
    "drawing that uses another": "<svg {svg}><use xlink:href='{url}a.svg#x'/>"
    "<use href='{file}#x'/></svg>",
    "drawing with HTML": "<svg {svg}><foreignObject width='99' height='99'>"
    "<iframe src='{file}'></iframe><img src='{url}a.png'/></foreignObject></svg>",
    "drawing with style": "<svg {svg}><style>@import url({url}a.css);"
    "rect {{ fill: url({url}b.svg#x) }}</style><rect width='9' height='9'/>"
    "<script href='{url}c'/></svg>",
    "drawing of the same mail": "<img src='cid:drawing' width='400'>",
    "drawing as data": "<img src=\"data:image/svg+xml,<svg {svg}><image href='{url}a.png'"
    " width='9' height='9'/><image xlink:href='{file}' width='9' height='9'/></svg>\">",
    "drawing as data with entities": '<img src="data:image/svg+xml,<!DOCTYPE svg [<!ENTITY s SYSTEM'
    " '{file}'>]><svg {svg} width='99' height='99'><text y='20'>&s;</text></svg>\">",
}


@pytest.fixture(scope="module")
def trap(tmp_path_factory):
    """A socket that counts who calls, and a file with words that must stay where they are."""
    secret = tmp_path_factory.mktemp("secret") / "secret.svg"
    secret.write_text(f"<svg {SVG} id='x'><text y='20'>SECRET WORDS</text></svg>")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        host = f"127.0.0.1:{listening.getsockname()[1]}"
        words = {"host": host, "url": f"http://{host}/", "file": secret.as_uri(), "svg": SVG}
        yield listening, {**words, "path": str(secret)}


def calls(listening):
    """How many have called."""
    count = 0
    while True:
        try:
            listening.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


@pytest.mark.parametrize("trim", [None, Trim(logos=True, trackers=True)], ids=["attached", "own"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_nothing_is_fetched_and_no_file_is_read(trap, name, trim):
    listening, words = trap
    source = "<p>visible</p>" + DOCUMENTS[name].format(**words)
    drawing_of_mail = f"<svg {SVG}><image href='{words['file']}' width='9' height='9'/></svg>"
    related = {"drawing": drawing_of_mail.encode()}
    item = Item(kind="html", data=source.encode(), related=related, trim=trim)
    document = html.to_pdf(item, SHEET)
    assert calls(listening) == 0
    written = "".join(
        page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(document)
    )
    assert "visible" in written
    assert "SECRET" not in written
    assert b"SECRET" not in document


def test_the_trap_would_notice(trap):
    listening, _ = trap
    with socket.create_connection(listening.getsockname()):
        assert calls(listening) == 1


def test_hostile_html_is_faxed_in_the_jail_like_any_other(renderer, tmp_path, trap):
    listening, words = trap
    parts = [
        attachment(f"<p>visible</p>{text.format(**words)}".encode(), f"{number}.html", str(number))
        for number, text in enumerate(DOCUMENTS.values(), 1)
    ]
    document, manifest = renderer.render(parts, drawing.FINE, tmp_path / "fax.tif")
    assert len(document.pages) == len(parts) == len(manifest)
    assert calls(listening) == 0
    for page in drawing.pages(document.path):
        assert 0 < drawing.darkness(page) < 0.002
