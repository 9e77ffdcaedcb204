"""Fax code words to Pillow images, by way of libtiff inside Pillow, and on to T.4.

An image here is mode `1`: white paper (255) with black (0) on it.
"""

import io
import struct
from collections.abc import Iterator

from PIL import Image, TiffImagePlugin

from mailfax import errors
from mailfax.document import t4, tiff

_HEAD = struct.Struct("<8sH" + "HHII" * 9 + "I")


def decode(strip: tiff.Strip) -> Image.Image:
    """The page as an image, pixel for pixel."""
    return decode_rows(strip.data, strip.width, strip.length)


def decode_rows(
    data: bytes,
    width: int,
    rows: int,
    *,
    compression: int = tiff.T6,
    options: int = 0,
    photometric: int = 0,
) -> Image.Image:
    """Decode one strip, most significant bit first; the last three are the TIFF fields.

    Raises `errors.Permanent` for code words that libtiff gives up on; those that are only
    damaged give damaged pixels.
    """
    entries = (
        (256, 4, 1, width),
        (257, 4, 1, rows),
        (258, 3, 1, 1),
        (259, 3, 1, compression),
        (262, 3, 1, photometric),
        (273, 4, 1, _HEAD.size),
        (278, 4, 1, rows),
        (279, 4, 1, len(data)),
        (292 if compression == tiff.T4 else 293, 4, 1, options),
    )
    flat = (field for entry in entries for field in entry)
    head = _HEAD.pack(tiff.HEADER, len(entries), *flat, 0)
    try:
        with TiffImagePlugin.TiffImageFile(io.BytesIO(head + data)) as image:
            return image.convert("1")
    except OSError as failure:
        raise errors.Permanent(
            "the code words of a page cannot be read", cause=errors.Cause.CONVERSION_FAILED
        ) from failure


def to_mh(strip: tiff.Strip) -> bytes:
    """The page in one-dimensional T.4 code words, most significant bit first."""
    return t4.encode(_lines(strip))


def _lines(strip: tiff.Strip) -> Iterator[str]:
    """Each line as text of `0` (white) and `1` (black)."""
    packed = decode(strip).tobytes()
    stride = (strip.width + 7) // 8
    paper = (1 << strip.width) - 1
    for start in range(0, len(packed), stride):
        white = int.from_bytes(packed[start : start + stride], "big") >> (-strip.width % 8)
        yield f"{white ^ paper:0{strip.width}b}"
