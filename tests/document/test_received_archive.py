"""Received faxes as PDF/A-2b, held against the rules of ISO 19005-2 and against strangers."""

import io
import re

import pypdf
import pytest
from lxml import etree
from PIL import ImageCms

from mailfax.document import pdf, tiff
from tests.document import fax
from tests.document.test_pdf import ghostscript, pdfium, poppler

TITLE = "Fax from “A & B” <+1 202 555 0123>"
NAMES = {
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "pdf": "http://ns.adobe.com/pdf/1.3/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}


@pytest.fixture(scope="module")
def pages():
    return [fax.words(700), fax.words(301)]


@pytest.fixture(scope="module")
def path(tmp_path_factory, pages):
    folder = tmp_path_factory.mktemp("archive")
    tiff.write(folder / "fax.tif", map(fax.strip, pages))
    pdf.wrap(folder / "fax.tif", folder / "fax.pdf", title=TITLE, archive=True)
    return folder / "fax.pdf"


@pytest.fixture(scope="module")
def document(path):
    return pypdf.PdfReader(path, strict=True)


def test_three_viewers_show_the_pixels_of_the_fax_and_warn_of_nothing(path, pages):
    for number, page in enumerate(pages, start=1):
        assert poppler(path, number) == pdfium(path, number) == fax.pixels(page)
    assert ghostscript(path, 1) == fax.pixels(pages[0])


def test_poppler_finds_its_metadata(path):
    told, warned = fax.run("pdfinfo", path)
    assert re.search(r"Metadata Stream: +yes", told)
    assert not warned


def test_the_file_is_written_as_the_standard_has_it(path):
    """Sections 6.1.2 to 6.1.4, 6.1.7.1 and 6.1.9."""
    whole = path.read_bytes()
    assert re.match(rb"%PDF-1\.[0-7]\n%[\x80-\xff]{4,}\n", whole)
    assert re.search(rb"\nstartxref\n\d+\n%%EOF\n\Z", whole)
    assert whole.count(b"%%EOF") == 1
    assert re.search(rb"\nxref\n0 \d+\n0000000000 65535 f \n", whole)
    objects = re.findall(rb"(?<=\n)\d+ 0 obj\n", whole)
    assert len(objects) == whole.count(b"\nendobj\n") == whole.count(b" obj")
    for stream in re.finditer(rb"/Length (\d+)>>stream\n", whole):
        assert whole[stream.end() + int(stream[1]) :].startswith(b"\nendstream\n")
    for text in re.findall(rb"(?<!<)<([0-9A-Fa-f]*)>(?!>)", whole[-2000:]):
        assert len(text) % 2 == 0


def test_the_trailer_names_the_file_and_locks_nothing(document):
    """Section 6.1.3."""
    one, other = document.trailer["/ID"]
    assert len(one.original_bytes) == len(other.original_bytes) == 16
    assert "/Encrypt" not in document.trailer


def test_the_metadata_say_what_it_is_and_what_the_info_says(document):
    """Sections 6.6.2 and 6.6.4."""
    stream = document.trailer["/Root"]["/Metadata"]
    assert (stream["/Type"], stream["/Subtype"]) == ("/Metadata", "/XML")
    assert "/Filter" not in stream
    packet = stream.get_data()
    assert packet.startswith('<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'.encode())
    assert packet.endswith(b'<?xpacket end="r"?>')
    tree = etree.fromstring(packet)

    def text(place):
        return tree.findtext(f".//{place}", namespaces=NAMES)

    assert (text("pdfaid:part"), text("pdfaid:conformance")) == ("2", "B")
    assert text("dc:title/rdf:Alt/rdf:li") == TITLE == document.metadata.title
    assert text("pdf:Producer") == document.metadata.producer


def test_grey_has_a_meaning(document):
    """Sections 6.2.3 and 6.2.4.3: DeviceGray needs an output intent with a profile."""
    (intent,) = document.trailer["/Root"]["/OutputIntents"]
    assert (intent["/Type"], intent["/S"]) == ("/OutputIntent", "/GTS_PDFA1")
    assert intent["/OutputConditionIdentifier"]
    stream = intent["/DestOutputProfile"]
    assert stream["/N"] == 1
    data = stream.get_data()
    assert int.from_bytes(data[:4], "big") == len(data)
    profile = ImageCms.ImageCmsProfile(io.BytesIO(data)).profile
    assert (profile.device_class, profile.xcolor_space, profile.version) == ("mntr", "GRAY", 2.1)
    assert profile.connection_space == "XYZ "


def test_a_page_holds_one_plain_picture_and_nothing_else(document):
    """Sections 6.2.2, 6.2.8, 6.2.10, 6.5: no transparency, no alternates, nothing active."""
    root = document.trailer["/Root"]
    assert set(root) == {"/Type", "/Pages", "/Metadata", "/OutputIntents"}
    for page in document.pages:
        assert set(page) == {"/Type", "/Parent", "/MediaBox", "/Contents", "/Resources"}
        assert all(3 <= side <= 14_400 for side in page.mediabox[2:])
        assert set(page["/Resources"]) == {"/ProcSet", "/XObject"}
        (image,) = page["/Resources"]["/XObject"].values()
        assert set(image.get_object()) == {
            *("/Type", "/Subtype", "/Width", "/Height", "/BitsPerComponent", "/ColorSpace"),
            *("/Filter", "/DecodeParms"),
        }
        assert image["/ColorSpace"] == "/DeviceGray"
        operators = {operator for _, operator in page.get_contents().operations}
        assert operators == {b"cm", b"q", b"Do", b"Q"}


def test_the_same_fax_gives_the_same_octets(path, tmp_path):
    pdf.wrap(path.with_name("fax.tif"), tmp_path / "again.pdf", title=TITLE, archive=True)
    assert (tmp_path / "again.pdf").read_bytes() == path.read_bytes()
