"""Black and white pixels to T.6 code words, by libtiff inside Pillow.

Pillow packs eight pixels into an octet with a branch for each, which on a page of type
costs as much as all the rest; numpy does it in a tenth of the time. So packed bits go
to libtiff directly where its own functions can be had, and through Pillow's TIFF writer where
not: the code words are the same.
"""

import io
from typing import Any

import numpy
from PIL import Image, TiffImagePlugin

from mailfax.document import libtiff

_BAND = 1 << 17
"""Pixels compared at a time: few enough to stay in the processor's cache."""


def threshold(octets: Any, below: int) -> Any:
    """Grey pixels, rows × a multiple of 8 columns, as packed bits: 1 where darker than `below`."""
    rows, columns = octets.shape
    packed = numpy.empty((rows, columns // 8), dtype="uint8")
    step = max(1, _BAND // columns)
    for at in range(0, rows, step):
        packed[at : at + step] = numpy.packbits(octets[at : at + step] < below, axis=1)
    return packed


def code(bits: bytes, width: int, length: int) -> bytes:
    """The T.6 strip of packed rows, 1-bits black, most significant bit first, with EOFB."""
    if not libtiff.there:
        return _by_pillow(bits, width, length)
    return libtiff.encode(bits, width, length)


def _by_pillow(bits: bytes, width: int, length: int) -> bytes:
    held = io.BytesIO()
    image = Image.frombytes("1", (width, length), bits)
    image.save(held, "TIFF", compression="group4", strip_size=1 << 30)
    held.seek(0)
    with TiffImagePlugin.TiffImageFile(held) as coded:
        offset, size = coded.tag_v2[273][0], coded.tag_v2[279][0]
    return held.getbuffer()[offset : offset + size].tobytes()
