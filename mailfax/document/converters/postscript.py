"""PostScript to PDF by Ghostscript's own library in this process (its API.htm, `gsapi_*`).

`-dSAFER` leaves the program on the page no file but its own; the walls of the jail stand behind it.
"""

import contextlib
import ctypes
import functools
import pathlib

from mailfax.document.converters import UnfitError

_LIBRARIES = ("libgs.so.10", "libgs.so.9", "libgs.so")
_UTF_8 = 1
_DONE = (0, -101)
"""Ended, or ended by the document's own `quit` (gserrors.h)."""


def is_there() -> bool:
    """Whether Ghostscript's library is installed."""
    return _library() is not None


@functools.cache
def _library() -> ctypes.CDLL | None:
    for name in _LIBRARIES:
        with contextlib.suppress(OSError):
            return ctypes.CDLL(name)
    return None


def to_pdf(data: bytes, paper: str, folder: pathlib.Path) -> bytes:
    """The pages as PDF; `folder` is where all may be written. Raises `UnfitError`."""
    library = _library()
    if library is None:
        raise UnfitError("ghostscript")
    source, target = folder / "document.ps", folder / "pages.pdf"
    source.write_bytes(data)
    options = ["-dSAFER", "-dBATCH", "-dNOPAUSE", "-dQUIET", "-dEPSCrop", f"-sPAPERSIZE={paper}"]
    output = ["-sDEVICE=pdfwrite", f"-sOutputFile={target}"]
    if _run(library, ["gs", *options, *output, "-f", str(source)]) not in _DONE:
        raise UnfitError("damaged")
    return target.read_bytes()


def _run(library: ctypes.CDLL, arguments: list[str]) -> int:
    instance = ctypes.c_void_p()
    library.gsapi_new_instance(ctypes.byref(instance), None)
    library.gsapi_set_arg_encoding(instance, _UTF_8)
    words = (ctypes.c_char_p * len(arguments))(*(word.encode() for word in arguments))
    ended = library.gsapi_init_with_args(instance, len(arguments), words)
    closed = library.gsapi_exit(instance)
    return int(ended or closed)
