"""ZIP archives: what lies in them, as parts (APPNOTE.TXT 6.3). Names are display text only."""

import io
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence

from mailfax.document.converters import UnfitError, entity

_FILES = 500
_SIZE = 100_000_000
"""Octets of all files together, unpacked."""
_RATIO = 200
"""Times that an archive over `_SMALL` unpacked octets may be larger than its file: a white
page as TIFF is packed 1 to 150, a bomb 1 to 1000 and more (measured 2026-11-20)."""
_SMALL = 1_000_000
_ENCRYPTED, _UTF8 = 0x1, 0x800
"""Of the general purpose bits, section 4.4.4."""
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, ValueError)


def unpack(data: bytes, _name: str) -> bytes:
    """The files of an archive as a MIME entity.

    Raises `UnfitError`: damaged, password, packed, link, files, unpacked or ratio.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = [info for info in archive.infolist() if not info.filename.endswith("/")]
            _check(files, len(data))
            return entity.multipart("mixed", _leaves(archive, files))
    except NotImplementedError:
        raise UnfitError("packed") from None
    except _BROKEN:
        raise UnfitError("damaged") from None


def _check(files: Sequence[zipfile.ZipInfo], packed: int) -> None:
    """By what the directory says, to which the reader then holds every file."""
    if any(info.flag_bits & _ENCRYPTED for info in files):
        raise UnfitError("password")
    if any(stat.S_ISLNK(info.external_attr >> 16) for info in files):
        raise UnfitError("link")
    if len(files) > _FILES:
        raise UnfitError("files", _FILES)
    unpacked = sum(info.file_size for info in files)
    if unpacked > _SIZE:
        raise UnfitError("unpacked", _SIZE // 1_000_000)
    if unpacked > max(_SMALL, _RATIO * packed):
        raise UnfitError("ratio", _RATIO)


def _leaves(archive: zipfile.ZipFile, files: Sequence[zipfile.ZipInfo]) -> Iterator[bytes]:
    for info in files:
        yield entity.leaf(archive.read(info), name=_name(info))


def _name(info: zipfile.ZipInfo) -> str:
    """Macintosh writes UTF-8 without saying so."""
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        return info.orig_filename.encode("cp437").decode()
    except UnicodeError:
        return info.filename
