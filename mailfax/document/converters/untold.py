"""What PDFium does not tell of a PDF, asked of pypdf, which is slow: only where it matters."""

import io
from typing import Any

import pypdf

_TOO_BROKEN = (
    pypdf.errors.PyPdfError,
    AttributeError,
    KeyError,
    IndexError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What pypdf raises on files that PDFium still draws."""


def contents_filters(data: bytes, number: int) -> set[str]:
    """Names of the filters of a page's contents."""
    try:
        contents = _page(data, number).get("/Contents")
        contents = contents.get_object() if contents is not None else []
        streams = contents if isinstance(contents, list) else [contents]
        filters = [stream.get_object().get("/Filter", []) for stream in streams]
    except _TOO_BROKEN:
        return set()
    flat = [item for names in filters for item in (names if isinstance(names, list) else [names])]
    return {str(name).removeprefix("/") for name in flat}


def user_unit(data: bytes, number: int) -> float:
    """How many points a unit of the page is (ISO 32000-2 table 31)."""
    if b"/UserUnit" not in data:
        return 1.0
    try:
        unit = float(_page(data, number).get("/UserUnit", 1))
    except _TOO_BROKEN:
        return 1.0
    return unit if 0 < unit < _LARGEST else 1.0


_LARGEST = 100_000.0


def _page(data: bytes, number: int) -> Any:
    return pypdf.PdfReader(io.BytesIO(data)).pages[number]
