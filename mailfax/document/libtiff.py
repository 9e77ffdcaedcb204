"""The libtiff that Pillow has loaded, for what Pillow does not hand through.

Pixels are packed rows, eight to an octet, most significant bit first, 1-bits black; code words
are strips, most significant bit first. `there` is False where its functions cannot be reached:
then Pillow itself has to do (`g4`), or our own reader (`damage`).
"""

import ctypes
import os
import struct
from typing import Any

from PIL import _imaging

from mailfax.document import tiff

_HEAD = struct.Struct("<8sH" + "HHII" * 9 + "I")
_FIELDS = ((258, 1), (262, 0), (277, 1))
"""BitsPerSample 1, 0-bits white, SamplesPerPixel 1."""
_WIDTH, _LENGTH, _ROWS_PER_STRIP = 256, 257, 278
_COMPRESSION, _T4_OPTIONS, _DOWN, _UNIT = 259, 292, 283, 296
_INCH = 2
_STRIP = 8
"""Offset of the first strip: behind the header."""
_UNTOUCHED = 0xA5


def one_strip(
    data: bytes, width: int, rows: int, *, compression: int, options: int, photometric: int = 0
) -> bytes:
    """A TIFF of one strip; the last three are its fields."""
    entries = (
        (_WIDTH, 4, 1, width),
        (_LENGTH, 4, 1, rows),
        (258, 3, 1, 1),
        (_COMPRESSION, 3, 1, compression),
        (262, 3, 1, photometric),
        (273, 4, 1, _HEAD.size),
        (_ROWS_PER_STRIP, 4, 1, rows),
        (279, 4, 1, len(data)),
        (_T4_OPTIONS if compression == tiff.T4 else 293, 4, 1, options),
    )
    flat = (field for entry in entries for field in entry)
    return _HEAD.pack(tiff.HEADER, len(entries), *flat, 0) + data


def encode(
    bits: bytes,
    width: int,
    length: int,
    *,
    compression: int = tiff.T6,
    options: int = 0,
    down: float = 196,
) -> bytes:
    """The strip of these pixels. `options` are T4Options; by the rows per inch libtiff decides how
    many lines of a two-dimensional page are coded against the one above.
    """
    descriptor = os.memfd_create("strip")
    try:
        handle = ctypes.c_void_p(_libtiff.TIFFFdOpen(os.dup(descriptor), b"strip", b"wl"))
        sizes = ((_WIDTH, width), (_LENGTH, length), (_ROWS_PER_STRIP, length))
        for tag, value in (*_FIELDS, (_COMPRESSION, compression), *sizes):
            _libtiff.TIFFSetField(handle, tag, ctypes.c_int(value))
        if compression == tiff.T4:
            _libtiff.TIFFSetField(handle, _T4_OPTIONS, ctypes.c_int(options))
            _libtiff.TIFFSetField(handle, _DOWN, ctypes.c_double(down))
            _libtiff.TIFFSetField(handle, _UNIT, ctypes.c_int(_INCH))
        _libtiff.TIFFWriteEncodedStrip(handle, 0, bits, len(bits))
        size = _libtiff.TIFFRawStripSize(handle, 0)
        _libtiff.TIFFClose(handle)
        return os.pread(descriptor, size, _STRIP)
    finally:
        os.close(descriptor)


def decode(
    data: bytes, width: int, rows: int, *, compression: int = tiff.T6, options: int = 0
) -> bytes:
    """The pixels of a strip; of what cannot be read they are any."""
    file = one_strip(data, width, rows, compression=compression, options=options)
    pixels = _room((width + 7) // 8 * rows)
    _read(file, pixels)
    return bytes(pixels)


def ends_behind(row: int, data: bytes, width: int) -> bool:
    """Whether a T.6 strip has just so many rows, none of them bad, and EOFB behind the last.

    Asked for two rows more, libtiff stops at EOFB: it complains of the row that EOFB cuts short,
    and does not touch the one after it.
    """
    stride = (width + 7) // 8
    pixels = _room(stride * (row + 2))
    untouched = bytes([_UNTOUCHED]) * stride
    cut, behind = pixels[-2 * stride : -stride], pixels[-stride:]
    cut[:] = behind[:] = untouched
    complaints = _read(one_strip(data, width, row + 2, compression=tiff.T6, options=0), pixels)
    return complaints == 1 and cut != untouched and behind == untouched


def _read(file: bytes, pixels: memoryview) -> int:
    """Decode the one strip of a TIFF; how often libtiff warned or reported an error."""
    complaints: list[bytes] = []
    heard = _HANDLER(lambda _module, text, _values: complaints.append(text))
    before = [listen(heard) for listen in _LISTENERS]
    descriptor = os.memfd_create("strip")
    try:
        os.pwrite(descriptor, file, 0)
        handle = _libtiff.TIFFFdOpen(os.dup(descriptor), b"strip", b"r")
        if handle is not None:
            place = (ctypes.c_char * len(pixels)).from_buffer(pixels)
            _libtiff.TIFFReadEncodedStrip(handle, 0, place, len(pixels))
            _libtiff.TIFFClose(handle)
    finally:
        os.close(descriptor)
        for listen, old in zip(_LISTENERS, before, strict=True):
            listen(old)
    return len(complaints)


def _room(size: int) -> memoryview:
    """Octets for pixels, used again and again: fresh memory costs as much as decoding a page.

    Libtiff's handlers are there once for all threads; so is this.
    """
    global _pixels  # noqa: PLW0603
    if len(_pixels) < size:
        _pixels = bytearray(size)
    return memoryview(_pixels)[:size]


_pixels = bytearray()

_HANDLER = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)


def _find() -> Any:
    """The library; None where its functions cannot be reached."""
    library = ctypes.CDLL(_imaging.__file__)
    size, handle = ctypes.c_ssize_t, ctypes.c_void_p
    try:
        library.TIFFFdOpen.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p)
        library.TIFFFdOpen.restype = handle
        library.TIFFWriteEncodedStrip.argtypes = (handle, ctypes.c_uint32, ctypes.c_char_p, size)
        library.TIFFWriteEncodedStrip.restype = size
        library.TIFFReadEncodedStrip.argtypes = (handle, ctypes.c_uint32, handle, size)
        library.TIFFReadEncodedStrip.restype = size
        library.TIFFRawStripSize.argtypes = (handle, ctypes.c_uint32)
        library.TIFFRawStripSize.restype = size
        library.TIFFClose.argtypes = (handle,)
        for listen in (library.TIFFSetErrorHandler, library.TIFFSetWarningHandler):
            listen.argtypes = (handle,)
            listen.restype = handle
    except AttributeError:
        return None
    return library


_libtiff = _find()
_LISTENERS = (_libtiff.TIFFSetErrorHandler, _libtiff.TIFFSetWarningHandler) if _libtiff else ()
there = _libtiff is not None
