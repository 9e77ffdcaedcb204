"""The documents that are measured with, made here: text PDFs, scans, fax TIFFs, a mail.

Text pages have an embedded TrueType font and a small table; a scan is one 300 dpi gray JPEG per
page (2480 × 3508) of such a page, slightly turned, with noise, uneven light and a picture. All lie
in `folder`, each made once in a run.
"""

import email.message
import email.policy
import functools
import pathlib
import random
import tempfile

import measure
import pypdfium2
import reportlab
import reportlab.rl_config
from PIL import Image, ImageChops
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics, ttfonts
from reportlab.pdfgen import canvas

_VOCABULARY = (
    "the of and to we you for with please order invoice number delivery signed letter account "
    "report patient referral result doctor pharmacy hearing court contract deadline transfer "
    "quantity price total amount payment reference copy original enclosed confirm receipt"
)
_SCAN = (2480, 3508)

reportlab.rl_config.useA85 = 0  # JPEG as it is, as scanners write it

folder = pathlib.Path(tempfile.gettempdir())
"""Set by bench before anything is made."""


def lines(count: int, seed: int, width: int = 84) -> list[str]:
    """Lines of plain English words."""
    words, chance, found = _VOCABULARY.split(), random.Random(seed), []
    for _ in range(count):
        line = ""
        while len(line) < width - 12:
            line += chance.choice(words) + " "
        found.append(line.strip())
    return found


@functools.cache
def text(pages: int) -> pathlib.Path:
    """A PDF of so many text pages."""
    out = folder / f"text{pages}.pdf"
    font = pathlib.Path(reportlab.__file__).parent / "fonts/Vera.ttf"
    pdfmetrics.registerFont(ttfonts.TTFont("Body", font))
    paper = canvas.Canvas(str(out), pagesize=A4)
    for page in range(pages):
        paper.setFont("Body", 14)
        paper.drawString(56, 785, f"Page {page + 1} of {pages}, Müller & Søn")
        paper.setFont("Body", 9.5)
        for number, line in enumerate(lines(42, page)):
            paper.drawString(56, 758 - 14 * number, line)
        for column in range(6):
            paper.rect(56 + 80 * column, 90, 80, 20)
            paper.drawString(62 + 80 * column, 96, f"{page * 7 + column},50")
        paper.showPage()
    paper.save()
    return out


@functools.cache
def scan(pages: int) -> pathlib.Path:
    """A PDF of so many scanned pages."""
    out = folder / f"scan{pages}.pdf"
    paper = canvas.Canvas(str(out), pagesize=A4)
    for page in range(pages):
        jpeg = folder / f"scan-{page}.jpg"
        if not jpeg.exists():
            _scanned(page).save(jpeg, "JPEG", quality=75, dpi=(300, 300))
        paper.drawImage(str(jpeg), 0, 0, *A4)
        paper.showPage()
    paper.save()
    return out


def _scanned(page: int) -> Image.Image:
    """One page as a cheap scanner sees it."""
    with pypdfium2.PdfDocument(text(page + 1)) as document:
        clean = document[page].render(scale=300 / 72, grayscale=True).to_pil().resize(_SCAN)
    gray = clean.point([18 + value * 231 // 255 for value in range(256)])
    noise = Image.effect_noise(_SCAN, 6)
    light = Image.linear_gradient("L").resize(_SCAN).point([v * 12 // 255 for v in range(256)])
    dirty = ImageChops.subtract(ImageChops.add(gray, noise, 1, -128), light)
    dirty.paste(Image.radial_gradient("L").resize((700, 600)), (1500, 2500))
    return dirty.rotate(0.4, Image.Resampling.BILINEAR, fillcolor=225)


@functools.cache
def body(line_count: int) -> str:
    """A plain text."""
    return "\n".join(lines(line_count, 5, 78)) + "\n"


def mail(mark: str, attachment: bytes | None = None) -> bytes:
    """A mail with a short text and a PDF, each with its own Message-ID, CRLF."""
    made = email.message.EmailMessage(policy=email.policy.SMTP)
    made["From"], made["To"] = "sender@example.com", "+12025550123@fax.example.com"
    made["Subject"], made["Date"] = "Order 4711", "Thu, 01 Jan 2026 00:00:00 +0000"
    made["Message-ID"] = f"<{mark}@example.com>"
    made.set_content("\n".join(lines(20, 9, 70)) + "\n")
    data = text(3).read_bytes() if attachment is None else attachment
    made.add_attachment(data, maintype="application", subtype="pdf", filename="order.pdf")
    return made.as_bytes()


@functools.cache
def fax(pages: int, coding: str = "g4") -> pathlib.Path:
    """A fax TIFF as other programs write it (Ghostscript), one strip a page; coding g3 or g4."""
    out = folder / f"fax{pages}.{coding}.tif"
    if pages > 100:
        parts = [str(fax(pages // 10, coding))] * 10
        measure.run(["tiffcp", "-r", "9999", *parts, out])
    else:
        measure.run(gs(text(pages), out, f"tiff{coding}"))
    return out


def gs(
    source: pathlib.Path, out: pathlib.Path, device: str = "tiffg4", down: int = 196
) -> list[str]:
    """The yardstick's command for PDF to fax TIFF, one strip a page; fine resolution as a rule."""
    options = ["-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", f"-sDEVICE={device}", f"-r204x{down}"]
    options += ["-sPAPERSIZE=a4", "-dMaxStripSize=0", f"-sOutputFile={out}"]
    return ["gs", *options, str(source)]
