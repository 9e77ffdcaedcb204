"""Documents at the Monopond twin: their types, those saved under a reference, and previews."""

import base64
import io

import pytest
from PIL import Image

from tests.sandbox import monopond_soap as soap

SAVED = "<Document><DocumentRef>d</DocumentRef></Document>"
FIELD = "<DocMergeData><MergeField><Key>name</Key><Value>Ann</Value></MergeField></DocMergeData>"
EMPTY = "<DocMergeData/><StampMergeData/>"


def stamped(value, key='<Key xCoord="100" yCoord="200"/>'):
    return f"<StampMergeData><MergeField>{key}{value}</MergeField></StampMergeData>"


WORD = stamped("<TextValue fontName='Times-Roman' fontSize='12.5'>Hello</TextValue>")


@pytest.fixture
def hold(control):
    control("POST", "/clock", {"hold": True})
    return lambda seconds: control("POST", "/clock", {"advance": seconds})


@pytest.fixture
def save(sandbox):
    """save(name, data, reference) → the answer to a SaveFaxDocument."""

    def ask(name="a.txt", data=b"hello", reference="d"):
        text = base64.b64encode(data).decode()
        inner = f"<DocumentRef>{reference}</DocumentRef><FileName>{name}</FileName>"
        return soap.call(sandbox, "SaveFaxDocument", f"{inner}<FileData>{text}</FileData>")

    return ask


@pytest.fixture
def show(sandbox):
    """show(more) → pages and TIFF of the preview of document d."""

    def ask(more="", reference="d"):
        inner = f"<DocumentRef>{reference}</DocumentRef>{more}"
        answer = soap.call(sandbox, "FaxDocumentPreview", inner)
        data = base64.b64decode(answer.findtext("TiffPreview"))
        return int(answer.findtext("NumberOfPages")), Image.open(io.BytesIO(data))

    return ask


def fault(ask, *arguments, **more):
    with pytest.raises(soap.Refused) as caught:
        ask(*arguments, **more)
    return caught.value.name


# Types


@pytest.mark.parametrize(
    "name",
    ["a.pdf", "a.TIFF", "a.tif", "a.png", "a.jpg", "a.gif", "a.txt", "a.ps", "a.doc", "a.docx",
     "a.xls", "a.xlsx", "a.ppt", "a.pptx"],
)  # fmt: skip
def test_every_type_of_the_manual_is_taken(sandbox, faxes, name):
    soap.send(sandbox, documents=soap.document(name))
    assert len(faxes()) == 1


@pytest.mark.parametrize(
    ("name", "data", "new", "old"),
    [
        ("a", soap.TEXT, "DocumentContentTypeNotFoundException", None),
        ("pdf", soap.TEXT, "DocumentContentTypeNotFoundException", None),
        ("a.qqq", soap.TEXT, "DocumentContentTypeNotFoundException", None),
        ("a.txt", "!!!!", "DocumentContentTypeNotFoundException", None),
        ("a.txt", "aGVsbG8", "DocumentContentTypeNotFoundException", None),
        ("a.rtf", soap.TEXT, "UnsupportedDocumentContentType",
         "DocumentContentTypeNotFoundException"),
        ("a.html", soap.TEXT, "UnsupportedDocumentContentType",
         "DocumentContentTypeNotFoundException"),
    ],
)  # fmt: skip
def test_a_type_that_is_unknown_or_not_taken_is_a_fault(sandbox, faxes, name, data, new, old):
    papers = soap.document(name, data)
    assert fault(soap.send, sandbox, documents=papers) == new
    assert fault(soap.send, sandbox, documents=papers, version="2") == (old or new)
    assert faxes() == []


def test_the_fault_of_an_unsupported_type_has_an_empty_detail(sandbox):
    with pytest.raises(soap.Refused) as caught:
        soap.send(sandbox, documents=soap.document("a.rtf"))
    assert caught.value.message is None


@pytest.mark.parametrize(
    "paper",
    [
        "",
        "<Document/>",
        "<Document><FileName>a.txt</FileName></Document>",
        f"<Document><FileData>{soap.TEXT}</FileData></Document>",
        "<Document><DocumentRef>d</DocumentRef><FileName>a.txt</FileName></Document>",
        soap.document(more="<Order>first</Order>"),
        soap.document(more="<DitheringTechnique>detailed</DitheringTechnique>"),
        soap.document("a.tif", more=stamped("")),
        soap.document("a.tif", more=stamped("<TextValue>x</TextValue>", "<Key xCoord='1'/>")),
        soap.document("a.tif", more=stamped("<TextValue>x</TextValue>", "")),
        soap.document("a.tif", more=stamped("<ImageValue><FileName>a.png</FileName></ImageValue>")),
    ],
)
def test_a_document_without_what_it_needs_is_a_wrong_argument(sandbox, save, faxes, paper):
    save()
    assert fault(soap.send, sandbox, documents=paper) == "InvalidArgumentsException"
    assert faxes() == []


# Saved documents


def test_a_saved_document_is_sent_by_its_reference(sandbox, save, tiff):
    page = tiff(3)
    assert list(save("a.tif", page)) == []
    soap.send(sandbox, documents=SAVED + soap.document("b.txt"))
    (call,) = sandbox.exchange.calls()
    assert [(file.name, file.data) for file in call.files] == [("a.tif", page), ("b.txt", b"hello")]


def test_a_document_with_all_three_is_sent_and_saved(sandbox, save, faxes):
    own = soap.document(more="<DocumentRef>d</DocumentRef>")
    soap.send(sandbox, soap.message("m-1") + soap.message("m-2"), own)
    soap.send(sandbox, documents=SAVED)
    assert len(faxes()) == 3
    assert fault(soap.send, sandbox, documents=own) == "DocumentRefAlreadyExistsException"
    assert fault(save) == "DocumentRefAlreadyExistsException"
    assert len(faxes()) == 3


def test_a_request_that_is_refused_saves_nothing(sandbox, save):
    own = soap.document(more="<DocumentRef>d</DocumentRef>")
    missing = SAVED.replace(">d<", ">missing<")
    assert fault(soap.send, sandbox, documents=own + missing) == "DocumentRefDoesNotExistException"
    other = soap.document("b.txt", more="<DocumentRef>d</DocumentRef>")
    assert fault(soap.send, sandbox, documents=own + other) == "DocumentRefAlreadyExistsException"
    save()


@pytest.mark.parametrize(
    ("name", "data", "reference", "expected"),
    [
        ("", b"x", "d", "InvalidArgumentsException"),
        ("a.txt", b"", "d", "InvalidArgumentsException"),
        ("a.txt", b"x", "", "InvalidArgumentsException"),
        ("a.rtf", b"x", "d", "DocumentContentTypeNotFoundException"),
        ("a", b"x", "d", "DocumentContentTypeNotFoundException"),
    ],
)
def test_saving_is_refused_like_sending(save, name, data, reference, expected):
    assert fault(save, name, data, reference) == expected


def test_a_saved_document_lives_ten_days(sandbox, save, hold):
    save()
    hold(10 * 86_400 - 1)
    soap.send(sandbox, documents=SAVED)
    hold(1)
    assert fault(soap.send, sandbox, documents=SAVED) == "DocumentRefDoesNotExistException"
    save()


def test_a_document_is_deleted_once(sandbox, save):
    save()
    inner = "<DocumentRef>d</DocumentRef>"
    assert list(soap.call(sandbox, "DeleteFaxDocument", inner)) == []
    again = fault(soap.call, sandbox, "DeleteFaxDocument", inner)
    assert again == "DocumentRefDoesNotExistException"
    assert fault(soap.call, sandbox, "DeleteFaxDocument", "") == "InvalidArgumentsException"
    assert fault(soap.send, sandbox, documents=SAVED) == "DocumentRefDoesNotExistException"


def test_documents_are_deleted_by_the_messages_they_went_with(sandbox, save):
    save("a.txt", b"a", "d")
    save("b.txt", b"b", "e")
    soap.send(sandbox, documents=SAVED)
    refs = "<SendRef>s-1</SendRef>"
    soap.call(sandbox, "DeleteFaxDocument", refs)
    again = fault(soap.call, sandbox, "DeleteFaxDocument", refs)
    assert again == "DocumentRefDoesNotExistException"
    soap.send(sandbox, documents=SAVED.replace(">d<", ">e<"))


# Fields and stamps


@pytest.mark.parametrize(
    ("name", "more", "fits"),
    [
        ("a.docx", FIELD, True),
        ("a.xls", FIELD, True),
        ("a.txt", FIELD, False),
        ("a.tif", FIELD, False),
        ("a.tif", WORD, True),
        ("a.pdf", WORD, False),
        ("a.docx", WORD, False),
        ("a.txt", EMPTY, True),
    ],
)
def test_fields_go_into_office_documents_and_stamps_on_tiff(sandbox, faxes, name, more, fits):
    papers = soap.document(name, more=more)
    if fits:
        soap.send(sandbox, documents=papers)
    else:
        expected = "MergeFieldDoesNotMatchDocumentTypeException"
        assert fault(soap.send, sandbox, documents=papers) == expected
    assert len(faxes()) == fits


def test_the_older_version_knows_neither(sandbox):
    for more in (FIELD, WORD, EMPTY, "<DocumentRef>d</DocumentRef>"):
        with pytest.raises(soap.Refused, match="unexpected element"):
            soap.send(sandbox, documents=soap.document(more=more), version="2")


# Previews


@pytest.mark.parametrize(
    ("more", "size", "lines"),
    [
        ("", (1728, 1145), 98),
        ("<Resolution>normal</Resolution>", (1728, 1145), 98),
        ("<Resolution>fine</Resolution>", (1728, 2290), 196),
    ],
)
def test_a_preview_is_a_tiff_of_as_many_pages(save, show, tiff, more, size, lines):
    save("a.tif", tiff(3))
    pages, image = show(f"{more}<DitheringTechnique>lighten_more</DitheringTechnique>")
    assert (pages, image.format, image.n_frames, image.size) == (3, "TIFF", 3, size)
    assert [round(x) for x in image.info["dpi"]] == [204, lines]


def test_a_preview_of_what_cannot_be_drawn_here_has_its_pages(save, show, pdf):
    save("a.pdf", pdf(4))
    assert show()[0] == 4
    save("a.docx", b"word", "e")
    plain, merged = show(reference="e")[1], show(FIELD, reference="e")[1]
    assert plain.tobytes() != merged.tobytes()


def black(image, box):
    return image.convert("1").crop(box).convert("L").point(lambda x: 255 - x).getbbox()


def page():
    out = io.BytesIO()
    Image.new("1", (1728, 1145), 1).save(out, "TIFF", compression="group4")
    return out.getvalue()


def test_a_stamp_is_seen_at_its_place(save, show):
    save("a.tif", page())
    assert black(show()[1], (0, 0, 1728, 1145)) is None
    left, top, right, bottom = black(show(WORD)[1], (0, 0, 1728, 1145))
    assert left in range(95, 110)
    assert top in range(195, 215)
    assert right - left > bottom - top > 5
    out = io.BytesIO()
    Image.new("L", (10, 10), 0).save(out, "PNG")
    data = base64.b64encode(out.getvalue()).decode()
    value = f"<FileName>a.png</FileName><FileData>{data}</FileData>"
    image = show(stamped(f'<ImageValue width="40" height="20">{value}</ImageValue>'))[1]
    assert black(image, (0, 0, 1728, 1145)) == (100, 200, 140, 220)
    image = show(stamped(f"<ImageValue>{value}</ImageValue>"))[1]
    assert black(image, (0, 0, 1728, 1145)) == (100, 200, 110, 210)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("<Resolution>superfine</Resolution>", "InvalidArgumentsException"),
        ("<DitheringTechnique>fine</DitheringTechnique>", "InvalidArgumentsException"),
        (FIELD, "MergeFieldDoesNotMatchDocumentTypeException"),
        (
            stamped(
                f"<ImageValue><FileName>a.png</FileName><FileData>{soap.TEXT}</FileData></ImageValue>"
            ),
            "InternalServerException",
        ),
    ],
)
def test_a_preview_is_refused_with_the_fault_that_fits(save, show, tiff, more, expected):
    save("a.tif", tiff())
    assert fault(show, more) == expected


def test_there_is_no_preview_of_nothing_or_of_a_broken_document(save, show):
    assert fault(show) == "DocumentRefDoesNotExistException"
    assert fault(show, reference="") == "InvalidArgumentsException"
    save("a.pdf", b"%PDF-nothing")
    assert fault(show) == "InternalServerException"
