"""Documents to fax, and pages to look at, for the tests of this room."""

import io
import pathlib

from PIL import Image, ImageOps
from reportlab.pdfgen import canvas

from mailfax.document import render
from mailfax.model import Part, Role

CORPUS = pathlib.Path(__file__).parents[3] / "shared" / "corpus"

FINE = render.Layout(paper="a4", resolution="fine")
MM = 72 / 25.4


def body(data, label="text/plain", path="1", charset="utf-8", **more):
    octets = data.encode() if isinstance(data, str) else data
    return Part(path=path, role=Role.BODY, label=label, data=octets, charset=charset, **more)


def attachment(data, name, path="2", label="application/octet-stream"):
    return Part(path=path, role=Role.ATTACHMENT, label=label, data=data, name=name)


def pdf(*sizes, draw=None):
    """A PDF with a page of each size in millimetres; a frame 10 mm inside it unless `draw`."""
    held = io.BytesIO()
    paper = canvas.Canvas(held)
    for width, height in sizes:
        paper.setPageSize((width * MM, height * MM))
        (draw or _frame)(paper, width * MM, height * MM)
        paper.showPage()
    paper.save()
    return held.getvalue()


def _frame(paper, width, height):
    paper.setLineWidth(2)
    paper.rect(10 * MM, 10 * MM, width - 20 * MM, height - 20 * MM)


def picture(image, kind, **options):
    held = io.BytesIO()
    image.save(held, kind, **options)
    return held.getvalue()


def pages(path):
    """The pages of a fax TIFF as grey images, black on white."""
    found = []
    with Image.open(path) as fax:
        for number in range(fax.n_frames):
            fax.seek(number)
            found.append(fax.convert("L"))
    return found


def ink(page):
    """The box around all that is black: left, top, right, bottom in pixels."""
    return ImageOps.invert(page).getbbox()


def ink_millimetres(page, down=196):
    left, top, right, bottom = ink(page)
    return (right - left) / 204 * 25.4, (bottom - top) / down * 25.4


def darkness(page):
    """Part of the page that is black."""
    return page.histogram()[0] / (page.width * page.height)
