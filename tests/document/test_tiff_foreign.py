"""Fax files that others made: read with patience, or refused in one sentence."""

import contextlib
import dataclasses
import pathlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mailfax import errors
from mailfax.document import foreign, pdf, tiff
from tests.document import fax

CORPUS = pathlib.Path(__file__).parents[3] / "shared" / "corpus" / "tiff"
BYTE, ASCII, SHORT, LONG, RATIONAL, FLOAT = 1, 2, 3, 4, 5, 11
PAGE = fax.strip(fax.words(60))


@dataclasses.dataclass
class Sheet:
    """One page to lay out by hand: strip octets, and fields as {tag: (type, values)}."""

    fields: dict
    strips: list


def sheet(page=PAGE, **changes):
    """A plain Group 4 page; `changes` are fields by `t` and number, None leaves one out."""
    fields = {
        256: (SHORT, [page.width]),
        257: (SHORT, [page.length]),
        259: (SHORT, [4]),
        262: (SHORT, [0]),
        278: (LONG, [page.length]),
        282: (RATIONAL, [204, 1]),
        283: (RATIONAL, [196, 1]),
    }
    fields |= {int(tag[1:]): value for tag, value in changes.items()}
    return Sheet({tag: value for tag, value in fields.items() if value}, [page.data])


def lay_out(sheets, order="<", *, data_first=True, odd=False):
    """A TIFF in any byte order, directories behind the data or before it, even or odd."""
    out = bytearray(b"II*\0" if order == "<" else b"MM\0*") + bytes(4)
    link = 4
    for page in sheets:
        strips = [append(out, strip, odd) for strip in page.strips] if data_first else None
        start = place(out, odd)
        struct.pack_into(order + "I", out, link, start)
        link = directory(out, page, strips, order)
    return bytes(out)


def place(out, odd):
    if (len(out) % 2 == 1) != odd:
        out.append(0)
    return len(out)


def append(out, octets, odd):
    start = place(out, odd)
    out += octets
    return start


def directory(out, page, strips, order):
    """Add a directory and what hangs on it; where its link to the next one is."""
    fields = dict(page.fields)
    count = len(fields) + (273 not in fields) + (279 not in fields)
    start = len(out)
    out += struct.pack(order + "H", count) + bytes(12 * count + 4)
    if strips is None:
        strips = [append(out, strip, False) for strip in page.strips]
    fields.setdefault(273, (LONG, strips))
    fields.setdefault(279, (LONG, [len(strip) for strip in page.strips]))
    for at, (tag, (kind, values)) in enumerate(sorted(fields.items())):
        form = {BYTE: "B", ASCII: "B", SHORT: "H", RATIONAL: "I", FLOAT: "f"}.get(kind, "I")
        octets = struct.pack(f"{order}{len(values)}{form}", *values)
        number = len(values) // 2 if kind == RATIONAL else len(values)
        if len(octets) > 4:
            octets = struct.pack(order + "I", append(out, octets, False))
        head = struct.pack(order + "HHI", tag, kind, number)
        struct.pack_into("12s", out, start + 2 + 12 * at, head + octets)
    return start + 2 + 12 * count


@pytest.fixture
def read(tmp_path):
    """Reads octets as a stranger's fax."""

    def reading(octets):
        path = tmp_path / "strange.tif"
        path.write_bytes(octets)
        with foreign.opened(path) as file:
            return list(foreign.pictures(file))

    return reading


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("data_first", [True, False])
@pytest.mark.parametrize("odd", [True, False])
def test_byte_order_and_places_do_not_matter(read, order, data_first, odd):
    pages = read(lay_out([sheet(), sheet()], order, data_first=data_first, odd=odd))
    assert len(pages) == 2
    for page in pages:
        assert (page.width, page.length, page.compression) == (1728, 60, 4)
        assert page.resolution == (204, 196)
        assert [piece.size for piece in page.pieces] == [len(PAGE.data)]


@pytest.mark.parametrize("order", "<>")
def test_short_and_long_may_be_mixed_up(read, order):
    mixed = sheet(t256=(LONG, [1728]), t257=(LONG, [60]), t259=(LONG, [4]), t278=(SHORT, [60]))
    (page,) = read(lay_out([mixed], order))
    assert (page.width, page.length, page.compression) == (1728, 60, 4)


def test_a_big_endian_value_in_the_wrong_half_of_its_field_is_found(read):
    octets = bytearray(lay_out([sheet(t256=(LONG, [1728]), t257=(SHORT, [60]))], ">"))
    width = octets.index(struct.pack(">HHII", 256, LONG, 1, 1728))
    octets[width + 2 : width + 4] = struct.pack(">H", SHORT)
    length = octets.index(struct.pack(">HHIHH", 257, SHORT, 1, 60, 0))
    octets[length + 2 : length + 4] = struct.pack(">H", LONG)
    (page,) = read(bytes(octets))
    assert (page.width, page.length) == (1728, 60)


@pytest.mark.parametrize(
    ("fields", "resolution"),
    [
        ({"t282": (RATIONAL, [80, 1]), "t283": (RATIONAL, [77, 1])}, (203.2, 195.58)),
        ({"t282": (RATIONAL, [8000, 100]), "t283": (RATIONAL, [385, 10])}, (203.2, 97.79)),
    ],
)
def test_centimetres_become_inches(read, fields, resolution):
    (page,) = read(lay_out([sheet(t296=(SHORT, [3]), **fields)]))
    assert page.resolution == pytest.approx(resolution)


@pytest.mark.parametrize(
    "fields",
    [
        {"t282": None, "t283": None},
        {"t283": None},
        {"t282": (RATIONAL, [204, 0])},
        {"t282": (RATIONAL, [1, 1]), "t283": (RATIONAL, [1, 1])},
        {"t282": (RATIONAL, [50, 1]), "t283": (RATIONAL, [1000, 1])},
        {"t282": (FLOAT, [204.0])},
    ],
)
def test_a_resolution_missing_or_beyond_belief_is_taken_as_fine(read, fields):
    assert read(lay_out([sheet(**fields)]))[0].resolution == (204, 196)


def test_many_strips_are_found_with_the_lines_of_each(read):
    page = sheet(t278=(SHORT, [25]))
    page.strips = [PAGE.data, PAGE.data + b"\0", PAGE.data]
    (picture,) = read(lay_out([page], ">"))
    assert [piece.rows for piece in picture.pieces] == [25, 25, 10]
    assert [piece.size - len(PAGE.data) for piece in picture.pieces] == [0, 1, 0]


def test_defaults_of_tiff_hold_for_fields_left_out(read):
    (page,) = read(lay_out([sheet(t262=None, t278=None)]))
    assert (page.inverted, page.lsb_first, page.orientation) == (False, False, 1)
    assert page.pieces[0].rows == 60


def twice(octets, order="<"):
    """The file with its second field named like the first."""
    found = octets.index(struct.pack(order + "HH", 257, SHORT))
    return octets[:found] + struct.pack(order + "H", 256) + octets[found + 2 :]


SAME_STRIP = {273: (LONG, [8]), 279: (LONG, [len(PAGE.data)])}
REFUSALS = {
    "does not begin like a TIFF": lay_out([sheet()]).replace(b"II*", b"II+", 1),
    "header lies outside": b"II*",
    "has no directory": b"II*\0\0\0\0\0",
    "directory at offset 99 lies outside": b"II*\0" + struct.pack("<I", 99),
    "page 1 has no Compression": lay_out([sheet(t259=None)]),
    "page 1 has no ImageWidth": lay_out([sheet(t256=None)]),
    "page 1 has no ImageLength": lay_out([sheet(t257=None)]),
    "page 2 has no StripOffsets": lay_out([sheet(), sheet(t273=(LONG, []))]),
    "page 1 has no StripByteCounts": lay_out([sheet(t279=(LONG, []))]),
    "strip of page 1 lies outside": lay_out([sheet(t273=(LONG, [1 << 31]))]),
    "strip of page 2 lies outside": lay_out([sheet(), sheet(t279=(LONG, [0]))]),
    "same field twice": twice(lay_out([sheet()])),
    "method 5, not as a fax": lay_out([sheet(t259=(SHORT, [5]))]),
    "page 1 is not black and white": lay_out([sheet(t258=(SHORT, [8]))]),
    "claims to be 65535 × 65535": lay_out([sheet(t256=(LONG, [65535]), t257=(LONG, [65535]))]),
    "claims to be 70000 × 60": lay_out([sheet(t256=(LONG, [70000]))]),
    "claims to be 0 × 60": lay_out([sheet(t256=(LONG, [0]))]),
    "has 1 strips for 60 lines": lay_out([sheet(t278=(SHORT, [30]))]),
    "field 256 has type 2": lay_out([sheet(t256=(ASCII, [65]))]),
    "claims 70000 values": lay_out([sheet(t257=(SHORT, [1] * 70_000))]),
    "together hold more than the file": lay_out(
        [sheet(), *[Sheet(sheet().fields | SAME_STRIP, [])] * 50]
    ),
}


@pytest.mark.parametrize("why", REFUSALS)
def test_what_cannot_be_read_is_refused_in_one_sentence(read, why):
    with pytest.raises(errors.Permanent) as failure:
        read(REFUSALS[why])
    assert str(failure.value).startswith("strange.tif cannot be read as a fax: ")
    assert why in str(failure.value)
    assert failure.value.cause == errors.Cause.CONVERSION_FAILED


def test_directories_in_a_ring_are_refused(read):
    octets = bytearray(lay_out([sheet(), sheet()]))
    (first,) = struct.unpack_from("<I", octets, 4)
    link = first + 2 + 12 * struct.unpack_from("<H", octets, first)[0]
    struct.pack_into("<I", octets, link, first)
    with pytest.raises(errors.Permanent, match=f"ring, back to offset {first}"):
        read(bytes(octets))


def test_a_chain_longer_than_any_fax_is_refused(tmp_path):
    links = [struct.pack("<HI", 0, 8 + 6 * number) for number in range(1, 65_537)]
    (tmp_path / "long.tif").write_bytes(b"II*\0" + struct.pack("<I", 8) + b"".join(links))
    with (
        foreign.opened(tmp_path / "long.tif") as file,
        pytest.raises(errors.Permanent, match="more pages than a TIFF can count"),
    ):
        list(file.directories())


def test_a_file_cut_anywhere_is_refused_or_whole_again(read):
    octets = lay_out([sheet(), sheet()], data_first=False)
    for end in range(0, len(octets), 7):
        with pytest.raises(errors.Permanent):
            read(octets[:end])


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_damage_is_refused_or_lived_with(tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp()
    order = data.draw(st.sampled_from("<>"))
    octets = bytearray(lay_out([sheet(), sheet()], order, odd=data.draw(st.booleans())))
    structure = [at for at in range(len(octets)) if at < 8 or at >= len(PAGE.data)]
    for at in data.draw(st.lists(st.sampled_from(structure), max_size=4)):
        octets[at] = data.draw(st.integers(0, 255))
    path = folder / "damaged.tif"
    path.write_bytes(octets)
    with contextlib.suppress(errors.Permanent):
        count = pdf.wrap(path, folder / "damaged.pdf")
        assert len(pdf.previews(path, folder / "damaged.png")) == count


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=60).map(lambda tail: b"II*\0" + tail) | st.binary(max_size=60))
def test_noise_is_refused(tmp_path_factory, octets):
    path = tmp_path_factory.getbasetemp() / "noise.tif"
    path.write_bytes(octets)
    with pytest.raises(errors.Permanent):
        pdf.wrap(path, path.with_suffix(".pdf"))


FAXES = {
    "g3-1d.tif": 1,
    "g3-2d-real-page.tif": 1,
    "g4-500px-cm.tif": 1,
    "g4-orientation-3.tif": 1,
    "g4-passport-page.tif": 1,
    "multi-5p-errors.tif": 5,
    "broken-too-many-changes.tif": 1,
    "wrong-compression-tag.tif": 1,
}


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_every_fax_of_the_corpus_is_wrapped(tmp_path):
    for name, pages in FAXES.items():
        assert pdf.wrap(CORPUS / name, tmp_path / "out.pdf") == pages
        assert len(pdf.previews(CORPUS / name, tmp_path / "out.png")) == pages


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_every_other_file_of_the_corpus_is_refused(tmp_path):
    for path in sorted(CORPUS.iterdir()):
        if path.name not in FAXES:
            with pytest.raises(errors.Permanent, match=f"{path.name} cannot be read as a fax: "):
                pdf.wrap(path, tmp_path / "out.pdf")


def test_our_own_files_read_like_any_other(tmp_path):
    tiff.write(tmp_path / "f.tif", [PAGE, PAGE])
    with foreign.opened(tmp_path / "f.tif") as file:
        pages = list(foreign.pictures(file))
    assert [(page.width, page.length, page.lsb_first) for page in pages] == [(1728, 60, True)] * 2


def test_libtiffs_files_read_in_either_byte_order(tmp_path):
    tiff.write(tmp_path / "f.tif", [PAGE])
    for order in ("-L", "-B"):
        fax.run("tiffcp", order, "-c", "g4", "-r", 16, tmp_path / "f.tif", tmp_path / "l.tif")
        with foreign.opened(tmp_path / "l.tif") as file:
            (page,) = foreign.pictures(file)
        assert [piece.rows for piece in page.pieces] == [16, 16, 16, 12]
        with Image.open(tmp_path / "l.tif") as image:
            assert image.size == (page.width, page.length)
