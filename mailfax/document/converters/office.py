"""Office documents to PDF, by LibreOffice's own library in this process (LibreOfficeKit).

So nothing is started, and a child that opens an office document is shut in as tightly as any
other: no process, no socket, no file but the system's and those of its own folder. There it gets a
copy of the profile `libreoffice`, whose one macro opens the document and writes the PDF; macros of
documents are never run. What it says counts for nothing: there is a PDF, or there is none.
"""

import csv
import ctypes
import functools
import os
import pathlib
import re
import resource
import shutil

from mailfax.document import geometry
from mailfax.document.converters import Item, UnfitError, charsets, office_kinds

LIBRARIES = ("libmergedlo.so", "libsofficeapp.so")
"""One of them has LibreOfficeKit, in the folder `program` of every LibreOffice on Linux."""
_PROFILE = pathlib.Path(__file__).parents[1] / "libreoffice"
_DELIMITERS = ",;\t|"
_SAMPLE = 1 << 13
_UTF_8 = 76
"""The number of this charset in the options of LibreOffice's text filter."""
_AS_TEXT = 2
"""A column whose cells stand as they were written: 007 stays 007."""
_MOST_COLUMNS = 1024
_FETCHING, _UNKNOWN = re.compile(rb"INCLUDEPICTURE", re.IGNORECASE), b"EXCLUDEPICTURE"
"""A field that LibreOffice's RTF filter fetches from any file that it can read (7.4.7); of a field
that it does not know it shows what was saved with the document.
"""

_Pointer = ctypes.c_void_p


class _Class(ctypes.Structure):
    """The first functions of LibreOfficeKit, which only grows at its end (LibreOfficeKit.h)."""

    _fields_ = (
        ("size", ctypes.c_size_t),
        ("destroy", _Pointer),
        ("document_load", _Pointer),
        ("get_error", _Pointer),
        ("document_load_with_options", _Pointer),
        ("free_error", _Pointer),
        ("register_callback", _Pointer),
        ("get_filter_types", _Pointer),
        ("set_optional_features", _Pointer),
        ("set_document_password", _Pointer),
        ("get_version_info", _Pointer),
        ("run_macro", ctypes.CFUNCTYPE(ctypes.c_int, _Pointer, ctypes.c_char_p)),
    )


class _Kit(ctypes.Structure):
    _fields_ = (("functions", ctypes.POINTER(_Class)),)


@functools.cache
def load(program: str) -> ctypes.CDLL:
    """The library in LibreOffice's folder `program`; once before the fork it costs no job 0.1 s."""
    path = next(path for name in LIBRARIES if (path := pathlib.Path(program, name)).exists())
    return ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)


def to_pdf(item: Item, program: str, paper: str, folder: pathlib.Path) -> bytes:
    """The document as PDF; `folder` is where all may be written. Raises `UnfitError`."""
    _weigh(item.data)
    shutil.copytree(_PROFILE, folder / "profile")
    source, target = folder / f"document.{office_kinds.ENDINGS[item.kind]}", folder / "pages.pdf"
    data, table = _prepared(item)
    source.write_bytes(data)
    width, height = (round(side * 100) for side in geometry.PAPERS[paper])
    _run(program, folder, f"{source.as_uri()},{target.as_uri()},{table},{width},{height}")
    if not target.exists():
        raise UnfitError("password" if office_kinds.is_locked(item.data) else "damaged")
    return target.read_bytes()


def _weigh(data: bytes) -> None:
    """No member of a zip can be unpacked that is larger than what may be written."""
    most, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if 0 < most < office_kinds.unpacked(data):
        raise UnfitError("unpacked", most // 1_000_000)


def _prepared(item: Item) -> tuple[bytes, str]:
    """What LibreOffice gets to read, and how it is to read a table of text."""
    if item.kind == "csv":
        words = charsets.decode(item.data, item.charset)
        return words.encode("utf-8", "replace"), _table(words)
    if item.kind == "rtf":
        return _FETCHING.sub(_UNKNOWN, item.data), ""
    return item.data, ""


def _run(program: str, folder: pathlib.Path, arguments: str) -> None:
    os.environ |= {"SAL_USE_VCLPLUGIN": "svp", "SAL_DISABLE_OPENCL": "1"}
    library = load(program)
    library.libreofficekit_hook_2.restype = ctypes.POINTER(_Kit)
    profile = (folder / "profile").as_uri().encode()
    kit = library.libreofficekit_hook_2(program.encode(), profile)
    kit.contents.functions.contents.run_macro(
        ctypes.cast(kit, _Pointer), f"macro:///Standard.Fax.Convert({arguments})".encode()
    )


def _table(words: str) -> str:
    """How LibreOffice is to read this table of text: separator, quote, charset, first line, and
    every column as text.
    """
    delimiter = _delimiter(words[:_SAMPLE])
    columns = min(_MOST_COLUMNS, words[:_SAMPLE].count(delimiter) + 1)
    formats = "/".join(f"{number}/{_AS_TEXT}" for number in range(1, columns + 1))
    return f"{ord(delimiter)};34;{_UTF_8};1;{formats}"


def _delimiter(sample: str) -> str:
    try:
        return csv.Sniffer().sniff(sample, _DELIMITERS).delimiter
    except csv.Error:
        return max(_DELIMITERS, key=sample.count)
