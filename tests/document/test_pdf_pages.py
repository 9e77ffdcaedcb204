"""What a PDF says of its pages besides their contents: units, boxes, layers, forms, notes."""

import io

import pypdf
import pytest
from pypdf import annotations
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    TextStringObject,
)
from reportlab.pdfgen import canvas

from mailfax.document import coding, geometry
from mailfax.document.converters import UnfitError, pdf
from tests.document import drawing
from tests.document.drawing import MM

FINE = geometry.Sheet("a4", geometry.RESOLUTIONS["fine"])
NAME = NameObject


def pages(data):
    with pdf.Document(data) as document:
        drawn = [page for number in range(len(document)) for page in document.pages(number, FINE)]
    return [coding.decode(page.strip).convert("L") for page in drawn]


def writer(data):
    return pypdf.PdfWriter(io.BytesIO(data))


def written(made):
    held = io.BytesIO()
    made.write(held)
    return held.getvalue()


@pytest.mark.parametrize(("unit", "width"), [(1, 30), (3, 90)])
def test_a_unit_of_three_points_makes_the_page_three_times_as_large(unit, width):
    made = writer(drawing.pdf((50, 50)))
    made.pages[0][NAME("/UserUnit")] = FloatObject(unit)
    [image] = pages(written(made))
    assert drawing.ink_millimetres(image)[0] == pytest.approx(width + 2 * unit / MM, abs=0.5)


def test_only_what_is_inside_the_crop_box_is_the_page():
    made = writer(drawing.pdf((210, 297)))
    made.pages[0].cropbox = pypdf.generic.RectangleObject((0, 0, 100 * MM, 100 * MM))
    [image] = pages(written(made))
    assert drawing.ink_millimetres(image) == pytest.approx((90, 90), abs=1)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_is_turned_as_it_says(turn):
    def heading(paper, width, height):
        paper.rect(20 * MM, height - 20 * MM, 30 * MM, 10 * MM, fill=1)

    made = writer(drawing.pdf((150, 150), draw=heading))
    made.pages[0].rotate(turn)
    [image] = pages(written(made))
    left, top, _, _ = drawing.ink(image)
    edge = (215.15 - 150) / 2 / 25.4 * 204
    assert (left > edge + 400) == (turn in {90, 180})
    assert (top > 400) == (turn in {180, 270})


# ── Layers ─────────────────────────────────────────────────────────────────────────────


def layered(usage=None, off=False):
    """A page with a box in a layer, and a box outside of it."""
    held = io.BytesIO()
    paper = canvas.Canvas(held, pagesize=(595, 842), pageCompression=0)
    paper.rect(100, 600, 50, 50, fill=1)
    paper.save()
    made = writer(held.getvalue())
    layer = DictionaryObject({NAME("/Type"): NAME("/OCG"), NAME("/Name"): TextStringObject("L")})
    if usage:
        layer[NAME("/Usage")] = DictionaryObject(
            {
                NAME(f"/{event}"): DictionaryObject({NAME(f"/{event}State"): NAME(f"/{state}")})
                for event, state in usage.items()
            }
        )
    known = made._add_object(layer)
    page = made.pages[0]
    page[NAME("/Resources")][NAME("/Properties")] = DictionaryObject({NAME("/L"): known})
    more = DecodedStreamObject()
    more.set_data(b"/OC /L BDC 300 600 50 50 re f EMC")
    page[NAME("/Contents")] = ArrayObject([page.raw_get("/Contents"), made._add_object(more)])
    shown = {NAME("/ON" if not off else "/OFF"): ArrayObject([known])}
    shown[NAME("/AS")] = ArrayObject(
        DictionaryObject(
            {
                NAME("/Event"): NAME(f"/{event}"),
                NAME("/Category"): ArrayObject([NAME(f"/{event}")]),
                NAME("/OCGs"): ArrayObject([known]),
            }
        )
        for event in usage or ()
    )
    made.root_object[NAME("/OCProperties")] = DictionaryObject(
        {NAME("/OCGs"): ArrayObject([known]), NAME("/D"): DictionaryObject(shown)}
    )
    return written(made)


@pytest.mark.parametrize(
    ("layer", "there"),
    [
        ({}, True),
        ({"off": True}, False),
        ({"usage": {"Print": "OFF"}}, False),
        ({"usage": {"Print": "ON"}, "off": True}, True),
        ({"usage": {"View": "OFF", "Print": "ON"}}, True),
    ],
    ids=["shown", "hidden", "not printed", "only printed", "only not on screen"],
)
def test_a_layer_is_on_the_fax_when_it_would_be_printed(layer, there):
    [image] = pages(layered(**layer))
    left, _, right, _ = drawing.ink(image)
    assert right - left == pytest.approx((250 if there else 50) / 72 * 204, abs=4)


# ── Forms and notes ────────────────────────────────────────────────────────────────────


def test_a_form_shows_its_values_though_it_has_no_appearances():
    def field(paper, width, height):
        paper.acroForm.textfield(
            name="who", value="Grace Hopper", x=100, y=600, width=200, height=24
        )

    made = writer(drawing.pdf((210, 297), draw=field))
    for note in made.pages[0]["/Annots"]:
        note.get_object().pop("/AP", None)
    form = made.root_object["/AcroForm"]
    form[NAME("/NeedAppearances")] = BooleanObject(value=True)
    [image] = pages(written(made))
    assert drawing.darkness(image.crop((308, 598, 865, 654))) > 0.03, "letters inside the frame"


@pytest.mark.parametrize(("flags", "there"), [(4, True), (2, False), (4 | 32, True)])
def test_a_note_is_on_the_fax_unless_it_is_hidden(flags, there):
    """Bit 2 hides, bit 3 prints (ISO 32000-2 table 167)."""
    made = writer(drawing.pdf((210, 297), draw=lambda *_: None))
    note = annotations.Rectangle(rect=(100, 500, 300, 600), interior_color="000000")
    note[NAME("/F")] = pypdf.generic.NumberObject(flags)
    made.add_annotation(0, note)
    [image] = pages(written(made))
    assert (drawing.ink(image) is not None) == there


# ── Locks ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("cipher", ["RC4-40", "RC4-128", "AES-128", "AES-256-R5", "AES-256"])
@pytest.mark.parametrize("opens", [True, False])
def test_a_lock_without_a_password_opens_and_one_with_it_is_named(cipher, opens):
    made = writer(drawing.pdf((210, 297)))
    made.encrypt("" if opens else "secret", "owner", algorithm=cipher)
    data = written(made)
    if opens:
        [image] = pages(data)
        assert drawing.ink(image)
    else:
        with pytest.raises(UnfitError, match="password"):
            pages(data)
