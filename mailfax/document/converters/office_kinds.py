"""Which office document a container holds: told by what lies in it, never by its name.

OpenDocument says it in its member `mimetype` (part 2, section 3.3), Office Open XML in the types of
its parts (ECMA-376 part 2, section 10.1), the older kinds by the streams of their compound file
([MS-CFB]). Reads directories and one small member, and no more of them than stands below.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

ENDINGS = {
    "doc": "doc", "docx": "docx", "odt": "odt", "flat odt": "fodt", "rtf": "rtf",
    "xls": "xls", "xlsx": "xlsx", "xlsb": "xlsb", "ods": "ods", "flat ods": "fods", "csv": "csv",
    "ppt": "ppt", "pptx": "pptx", "odp": "odp", "flat odp": "fodp",
    "odg": "odg", "flat odg": "fodg",
    "WordPerfect": "wpd", "Works": "wps", "Lotus 1-2-3": "wk1",
}  # fmt: skip
"""Kind → the ending by which LibreOffice knows it."""

KINDS = frozenset(ENDINGS)
LOCKED = "locked Office document"
"""A kind that says nothing but that it has a password."""

_OPEN_DOCUMENTS = {
    "text": "odt",
    "text-template": "odt",
    "text-master": "odt",
    "spreadsheet": "ods",
    "spreadsheet-template": "ods",
    "presentation": "odp",
    "presentation-template": "odp",
    "graphics": "odg",
    "graphics-template": "odg",
}
_OPEN_DOCUMENT = re.compile(r"application/vnd\.oasis\.opendocument\.([a-z-]+)")
_FLAT = re.compile(rb"<office:document\s[^>]*office:mimetype=[\"']([^\"']+)", re.DOTALL)

_MAIN_PARTS = (
    (r"(?:wordprocessingml|ms-word)\.(?:document|template)", "docx"),
    (r"ms-excel\.sheet\.binary", "xlsb"),
    (r"(?:spreadsheetml|ms-excel)\.(?:sheet|template)", "xlsx"),
    (r"(?:presentationml|ms-powerpoint)\.(?:presentation|template|slideshow)", "pptx"),
)
_ROOT = 1 << 14
"""Octets in which the first element of a flat document ends, with all its namespaces."""
_TYPES = re.compile(r"application/vnd\.[\w.-]+\.main(?:\+xml)?")
_LARGEST_DIRECTORY = 2_000_000
_MEMBER = 1 << 18
"""Octets read of one member."""

_BROKEN = (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, EOFError)
"""What `zipfile` raises for a zip that is damaged, locked, or packed in a way it does not know."""
_MANIFEST = "META-INF/manifest.xml"
_LAST_RECORD = 65_557

_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FILE_PASS, _SECTOR = 0x2F, 512
_END = 0xFFFF_FFFA
"""Numbers from here on are no sectors."""
_MOST_SECTORS = 2_000
_STREAMS = (
    ("WordDocument", "doc"),
    ("Workbook", "xls"),
    ("Book", "xls"),
    ("PowerPoint Document", "ppt"),
    ("MatOST", "Works"),
    ("MN0", "Works"),
)


def of_zip(data: bytes) -> str | None:
    """The kind of office document that a zip is; None: of none."""
    members = _members(data, "mimetype", "[Content_Types].xml")
    if "mimetype" in members:
        return _open_document(members["mimetype"])
    for main in _TYPES.findall(members.get("[Content_Types].xml", "")):
        for pattern, kind in _MAIN_PARTS:
            if re.search(pattern, main):
                return kind
    return None


def of_compound(data: bytes) -> str | None:
    """The kind of office document that a compound file is; None: of none."""
    streams = dict(_streams(data))
    if "EncryptedPackage" in streams:
        return LOCKED
    return next((kind for name, kind in _STREAMS if name in streams), None)


def of_xml(data: bytes) -> str | None:
    """The kind of a document that is one piece of XML; None: it is none of OpenDocument."""
    found = _FLAT.search(data[:_ROOT])
    kind = _open_document(found[1].decode("ascii", "replace")) if found else None
    return f"flat {kind}" if kind else None


def is_locked(data: bytes) -> bool:
    """Whether a document that could not be opened has a password, as far as can be seen."""
    streams = dict(_streams(data))
    if "encryption-data" in _members(data, _MANIFEST).get(_MANIFEST, ""):
        return True
    if (word := streams.get("WordDocument")) is not None:  # FibBase.fEncrypted: [MS-DOC] 2.5.2
        return bool(data[word + 11 : word + 12] and data[word + 11] & 1)
    if (book := streams.get("Workbook", streams.get("Book"))) is not None:
        return _FILE_PASS in _records(data[book : book + _SECTOR])
    return "EncryptedSummary" in streams  # [MS-PPT] 2.1.5


def _records(stream: bytes) -> set[int]:
    """The numbers of the first records of a workbook ([MS-XLS] section 2.1.4)."""
    found, place = set(), 0
    while place + 4 <= len(stream):
        number, size = struct.unpack_from("<HH", stream, place)
        found.add(number)
        place += 4 + size
    return found


def unpacked(data: bytes) -> int:
    """Octets that all members of a zip say they have; nought for what is no zip."""
    try:
        with _opened(data) as archive:
            return sum(member.file_size for member in archive.infolist())
    except _BROKEN:
        return 0


# ── Zip ────────────────────────────────────────────────────────────────────────────────


def _members(data: bytes, *names: str) -> dict[str, str]:
    """The beginnings of these members of a zip, as far as they are there and can be read."""
    try:
        with _opened(data) as archive:
            there = set(archive.namelist())
            return {name: _member(archive, name) for name in names if name in there}
    except _BROKEN:
        return {}


def _opened(data: bytes) -> zipfile.ZipFile:
    if not _is_small(data):
        raise zipfile.BadZipFile
    return zipfile.ZipFile(io.BytesIO(data))


def _member(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as member:
        return member.read(_MEMBER).decode("utf-8", "replace")


def _is_small(data: bytes) -> bool:
    """Whether the record at the end of a zip speaks of a directory that may be read here
    (APPNOTE 4.3.16), and none of the larger kind stands before it (4.3.15).
    """
    end = data.rfind(b"PK\x05\x06", -_LAST_RECORD)
    size = int.from_bytes(data[end + 12 : end + 16], "little")
    larger = data[max(0, end - 20) : max(0, end - 16)] == b"PK\x06\x07"
    return end >= 0 and size <= _LARGEST_DIRECTORY and not larger


def _open_document(mimetype: str) -> str | None:
    found = _OPEN_DOCUMENT.match(mimetype)
    return _OPEN_DOCUMENTS.get(found[1]) if found else None


# ── Compound files ─────────────────────────────────────────────────────────────────────


def _streams(data: bytes) -> Iterator[tuple[str, int]]:
    """Name and place in the file of what lies at the root of a compound file."""
    if not data.startswith(_COMPOUND) or data[30:32] not in {b"\x09\0", b"\x0c\0"}:
        return
    size = 1 << data[30]
    try:
        entries = list(_entries(data, size))
        waiting, seen = [_number(entries[0], 76)], set()
        while waiting:
            number = waiting.pop()
            if number in seen or number >= len(entries):
                continue
            seen.add(number)
            entry = entries[number]
            waiting += [_number(entry, 68), _number(entry, 72)]
            name = entry[: max(0, int.from_bytes(entry[64:66], "little") - 2)]
            yield name[:62].decode("utf-16-le", "replace"), (_number(entry, 116) + 1) * size
    except (struct.error, IndexError):
        return


def _entries(data: bytes, size: int) -> Iterator[bytes]:
    """The directory, entry by entry ([MS-CFB] section 2.6)."""
    tables = list(_tables(data, size))
    sector = _number(data, 48)
    for _ in range(min(len(data) // size, _MOST_SECTORS)):
        if sector >= _END:
            return
        at = (sector + 1) * size
        for place in range(at, at + size, 128):
            yield data[place : place + 128]
        table, rest = divmod(sector, size // 4)
        sector = _number(data, (tables[table] + 1) * size + rest * 4)


def _tables(data: bytes, size: int) -> Iterator[int]:
    """The sectors of the allocation table (section 2.5), of which the header names 109."""
    yield from struct.unpack_from("<109I", data, 76)
    sector = _number(data, 68)
    for _ in range(len(data) // size):
        if sector >= _END:
            return
        *tables, sector = struct.unpack_from(f"<{size // 4}I", data, (sector + 1) * size)
        yield from tables


def _number(data: bytes, offset: int) -> int:
    return int(struct.unpack_from("<I", data, offset)[0])
