"""Black and white pixels to T.6 code words, by libtiff inside Pillow.

Pillow packs eight pixels into an octet with a branch for each, which on a page of type
costs as much as all the rest; numpy does it in a tenth of the time. So packed bits go
to libtiff directly where numpy and libtiff's own functions can be had, and through Pillow's
TIFF writer where not: the code words are the same.
"""

import contextlib
import ctypes
import io
import os
from typing import Any

from PIL import Image, TiffImagePlugin, _imaging

_numpy: Any = None
with contextlib.suppress(ImportError):
    import numpy as _numpy

_FIELDS = ((258, 1), (259, 4), (262, 0), (277, 1))
"""BitsPerSample 1, Compression T.6, 0-bits white, SamplesPerPixel 1."""
_WIDTH, _LENGTH, _ROWS_PER_STRIP = 256, 257, 278
_BAND = 1 << 17
"""Pixels compared at a time: few enough to stay in the processor's cache."""
_HEADER = 8
"""Octets of a TIFF before its first strip."""


def threshold(grey: Image.Image, below: int, pixels: Any = None) -> bytes:
    """A grey picture (`L`, width a multiple of 8) as packed bits: 1 where darker than `below`.

    `pixels` is the buffer that the picture was made from, where it is at hand.
    """
    if _numpy is None:
        return grey.point([255] * below + [0] * (256 - below), "1").tobytes()
    octets = _numpy.frombuffer(grey.tobytes() if pixels is None else pixels, dtype="uint8")
    bands = range(0, len(octets), _BAND)
    return b"".join(_numpy.packbits(octets[at : at + _BAND] < below).tobytes() for at in bands)


def code(bits: bytes, width: int, length: int) -> bytes:
    """The T.6 strip of packed rows, 1-bits black, most significant bit first, with EOFB."""
    if _libtiff is None:
        return _by_pillow(bits, width, length)
    descriptor = os.memfd_create("strip")
    try:
        handle = _libtiff.TIFFFdOpen(os.dup(descriptor), b"strip", b"wl")
        for tag, value in (*_FIELDS, (_WIDTH, width), (_LENGTH, length), (_ROWS_PER_STRIP, length)):
            _libtiff.TIFFSetField(ctypes.c_void_p(handle), tag, ctypes.c_int(value))
        _libtiff.TIFFWriteEncodedStrip(handle, 0, bits, len(bits))
        size = _libtiff.TIFFRawStripSize(handle, 0)
        _libtiff.TIFFClose(handle)
        return os.pread(descriptor, size, _HEADER)
    finally:
        os.close(descriptor)


def _by_pillow(bits: bytes, width: int, length: int) -> bytes:
    held = io.BytesIO()
    image = Image.frombytes("1", (width, length), bits)
    image.save(held, "TIFF", compression="group4", strip_size=1 << 30)
    held.seek(0)
    with TiffImagePlugin.TiffImageFile(held) as coded:
        offset, size = coded.tag_v2[273][0], coded.tag_v2[279][0]
    return held.getbuffer()[offset : offset + size].tobytes()


def _find_libtiff() -> Any:
    """The libtiff that Pillow has loaded; None where its functions cannot be reached."""
    library = ctypes.CDLL(_imaging.__file__)
    try:
        library.TIFFFdOpen.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p)
        library.TIFFFdOpen.restype = ctypes.c_void_p
        write = library.TIFFWriteEncodedStrip
        write.argtypes = (ctypes.c_void_p, ctypes.c_uint32, ctypes.c_char_p, ctypes.c_ssize_t)
        write.restype = ctypes.c_ssize_t
        library.TIFFRawStripSize.argtypes = (ctypes.c_void_p, ctypes.c_uint32)
        library.TIFFRawStripSize.restype = ctypes.c_ssize_t
        library.TIFFClose.argtypes = (ctypes.c_void_p,)
    except AttributeError:
        return None
    return library


_libtiff = _find_libtiff()
