"""The line at the head of a page: all that the law wants is there, and nothing is covered."""

import dataclasses
import datetime
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mailfax.document import band, check, geometry, header, tiff
from mailfax.model import Action, Decision
from tests.document import fax, handing

LINE = header.Line("Example Clinic", "+1 202-555-0100", "Europe/Berlin")
AT = datetime.datetime(2026, 11, 20, 9, 42, tzinfo=datetime.UTC)
WORDS = LINE.words(AT)
RESOLUTIONS = list(geometry.RESOLUTIONS.values())


def rows(resolution):
    return round(4.2 / 25.4 * resolution[1])


def split(path):
    """The head and the rest of each page, as octets."""
    heads, rests = [], []
    for strip, (_, pixels) in zip(tiff.read(path), fax.pages_of(path), strict=True):
        place = rows(strip.resolution) * 216
        heads.append(pixels[:place])
        rests.append(pixels[place:])
    return heads, rests


@settings(deadline=None, max_examples=60)
@given(st.lists(fax.bitmaps(), min_size=1, max_size=3), st.sampled_from(RESOLUTIONS))
def test_the_page_below_is_the_same_pixel_for_pixel(tmp_path_factory, pages, resolution):
    """HDR-08, as libtiff sees it: black edges, and lines like the ones above, included."""
    folder = tmp_path_factory.getbasetemp()
    source, out = folder / "plain.tif", folder / "headed.tif"
    tiff.write(source, [fax.strip(page, resolution) for page in pages])
    document = header.put(source, WORDS, out)
    assert check.check(out) == []
    assert document == tiff.geometry(out)
    heads, rests = split(out)
    assert rests == [page.tobytes() for page in pages]
    assert all(head.endswith(b"\xff" * 216) and head.count(b"\xff") < len(head) for head in heads)


def test_libtiffs_own_tools_and_ghostscript_see_a_good_file(tmp_path):
    tiff.write(tmp_path / "plain.tif", [fax.strip(fax.words(500))] * 2)
    header.put(tmp_path / "plain.tif", WORDS, tmp_path / "out.tif")
    told, warned = fax.run("tiffinfo", "-D", tmp_path / "out.tif")
    assert not warned
    assert told.count("Image Length: 532") == 2
    fax.run("tiffcp", "-c", "none", tmp_path / "out.tif", tmp_path / "none.tif")
    assert list(fax.pages_of(tmp_path / "none.tif")) == list(fax.pages_of(tmp_path / "out.tif"))
    fax.run("tiff2pdf", "-o", tmp_path / "out.pdf", tmp_path / "out.tif")
    quiet = ("-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=pbmraw", "-r204x196")
    assert fax.run("gs", *quiet, "-o", tmp_path / "out-%d.pbm", tmp_path / "out.pdf") == ("", "")
    with Image.open(tmp_path / "out-1.pbm") as shown:
        assert shown.height in {532, 533}


@pytest.mark.parametrize("resolution", RESOLUTIONS, ids=geometry.RESOLUTIONS)
def test_a_person_reads_time_sender_number_and_page(tmp_path, resolution):
    """HDR-01, HDR-10: tesseract reads the line of the second of three pages."""
    length = round(300 / 196 * resolution[1])
    tiff.write(tmp_path / "plain.tif", [fax.strip(fax.image([[]] * length), resolution)] * 3)
    header.put(tmp_path / "plain.tif", WORDS, tmp_path / "out.tif")
    with Image.open(tmp_path / "out.tif") as image:
        image.seek(1)
        page = image.convert("L").resize((3456, 2 * round(length * 204 / resolution[1])))
    page.save(tmp_path / "page.png", dpi=(408, 408))
    told, _ = fax.run("tesseract", tmp_path / "page.png", "-", "--psm", "6")
    assert re.fullmatch(
        r"2026-11-20 10:42 CET Example Clinic \+1 202-555-0100 P[.,] ?2/3", " ".join(told.split())
    )


def test_pages_stay_within_what_machines_take():
    """IMG-30: up to 2394 rows at fine resolution."""
    for paper in ("a4", "letter"):
        assert geometry.Sheet(paper, (204, 196)).length + rows((204, 196)) <= 2394


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=60), st.sampled_from(RESOLUTIONS))
def test_no_identity_reaches_the_page_or_the_pages_number(identity, resolution):
    drawn = band._band(header.Line(identity, "+1 202-555-0100", "UTC").words(AT), 1728, resolution)
    box = drawn.getbbox()
    assert box[0] >= 50
    assert box[1] >= 1
    assert box[2] < 1728 - 60 - 100
    assert box[3] < drawn.height


def test_letters_of_any_script_are_drawn_each_their_way():
    drawn = {
        band._reduced(band._text(word), (204, 196)).tobytes()
        for word in ("Clinic", "Поликлиника", "מרפאה", "عيادة", "診療所")
    }
    assert len(drawn) == 5
    one, other = (band._reduced(band._text(word), (204, 196)) for word in ("אב", "בא"))
    assert one.crop(one.getbbox()).tobytes() != other.crop(other.getbbox()).tobytes()


# ── Who puts it there ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("wish", "printed", "ours"),
    [("auto", True, False), ("auto", False, True), ("always", True, True), ("always", False, True),
     ("never", True, False), ("never", False, False)],
)  # fmt: skip
def test_auto_leaves_it_to_a_provider_that_prints_one(wish, printed, ours):
    decision = Decision(action=Action.ACCEPT, rule="r", rules_hash="", header=wish,
                        identity="Example Clinic", station="+1 202-555-0100",
                        zone="Europe/Berlin")  # fmt: skip
    assert header.wanted(decision, printed=printed) == (LINE if ours else None)


def test_every_handing_over_has_its_own_time_and_what_is_kept_has_none(tmp_path):
    """HDR-09: two attempts, two stamps, and the page below them is the same."""
    page = fax.words(200)
    tiff.write(tmp_path / "kept.tif", [fax.strip(page)])
    later = handing.handed(handing.NOW + datetime.timedelta(hours=1))
    with handing.over(tmp_path, tmp_path / "kept.tif", identity="Clinic") as (able, job, sent):
        stable = able(prints_header=False)
        heads = []
        for one in (sent, later, dataclasses.replace(sent, started_at=handing.NOW)):
            (tmp_path / "sent.tif").write_bytes(stable.payload(job, one).data)
            head, rest = split(tmp_path / "sent.tif")
            heads += head
            assert rest == [page.tobytes()]
        assert heads[0] == heads[2] != heads[1]
        kept = able(prints_header=True).payload(job, sent).data
        assert kept == (tmp_path / "kept.tif").read_bytes()


def test_faxes_with_different_lines_do_not_go_in_one_request(tmp_path):
    tiff.write(tmp_path / "kept.tif", [fax.strip(fax.words(100))])
    with handing.over(tmp_path, tmp_path / "kept.tif", identity="Clinic") as (able, job, _):
        decision = dataclasses.replace(job.decision, identity="Laboratory")
        other = dataclasses.replace(job, decision=decision)
        silent, printing = able(prints_header=False), able(prints_header=True)
        assert silent.alike(job, "main") != silent.alike(other, "main")
        assert printing.alike(job, "main") == printing.alike(other, "main")


def test_a_pdf_goes_as_it_is_only_where_the_provider_prints_the_line(tmp_path):
    tiff.write(tmp_path / "kept.tif", [fax.strip(fax.words(100))])
    both = frozenset({"tif", "pdf"})
    with handing.over(tmp_path, tmp_path / "kept.tif", identity="Clinic") as (able, job, _):
        assert able(prints_header=True, file_types=both).take_pdf(job.decision)
        assert not able(prints_header=False, file_types=both).take_pdf(job.decision)
