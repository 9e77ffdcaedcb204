"""Fax code words to Pillow images, by way of libtiff inside Pillow, and on to T.4.

An image here is mode `1`: white paper (255) with black (0) on it.
"""

import io

from PIL import Image, TiffImagePlugin

from mailfax import errors
from mailfax.document import libtiff, t4, t6, tiff


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
    file = libtiff.one_strip(
        data, width, rows, compression=compression, options=options, photometric=photometric
    )
    try:
        with TiffImagePlugin.TiffImageFile(io.BytesIO(file)) as image:
            return image.convert("1")
    except OSError as failure:
        raise _unreadable() from failure


def to_mh(strip: tiff.Strip) -> bytes:
    """The page in one-dimensional T.4 code words, most significant bit first.

    They are read line by line, without libtiff: this is done outside the jail. Raises
    `errors.Permanent` for a damaged page.
    """
    lines = [changes for changes, _ in t6.lines(strip.data, strip.width)]
    if len(lines) < strip.length:
        raise _unreadable()
    return t4.encode(lines[: strip.length], strip.width)


def _unreadable() -> errors.Permanent:
    return errors.Permanent(
        "the code words of a page cannot be read", cause=errors.Cause.CONVERSION_FAILED
    )
