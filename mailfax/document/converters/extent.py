"""How large a picture is, from its first bytes: read as numbers only, so outside the jail too."""

import re
import struct

_HEAD = 65_536
"""Octets looked at; the frame of a JPEG stands behind its metadata."""
_PLAIN = 96.0
"""Dots per inch of a picture that does not say, as in CSS."""
_BELIEVED = range(72, 1201)
_FRAME = re.compile(rb"[\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf]")
_INCH = 25.4


def pixels(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, GIF, BMP or JPEG; None where they cannot be told."""
    head = data[:_HEAD]
    try:
        if head.startswith(b"\x89PNG"):
            width, height = struct.unpack_from(">II", head, 16)
        elif head.startswith(b"GIF8"):
            width, height = struct.unpack_from("<HH", head, 6)
        elif head.startswith(b"BM"):
            width, height = map(abs, struct.unpack_from("<ii", head, 18))
        elif head.startswith(b"\xff\xd8"):
            return _jpeg(head)
        else:
            return None
    except struct.error:
        return None
    return width, height


def _jpeg(head: bytes) -> tuple[int, int] | None:
    """Walk the segments to the one that begins a frame (ITU-T T.81 B.2.2)."""
    at = 2
    while head[at : at + 1] == b"\xff":
        if head[at + 1 : at + 2] == b"\xff":  # a fill byte
            at += 1
        elif _FRAME.match(head, at + 1):
            height, width = struct.unpack_from(">HH", head, at + 5)
            return width, height
        else:
            at += 2 + struct.unpack_from(">H", head, at + 2)[0]
    return None


def millimetres(data: bytes) -> tuple[float, float] | None:
    """Width and height on paper, at the picture's own resolution; None as in `pixels`."""
    found = pixels(data)
    if found is None:
        return None
    dots = _resolution(data[:_HEAD])
    return found[0] / dots * _INCH, found[1] / dots * _INCH


def _resolution(head: bytes) -> float:
    """Dots per inch as a PNG (pHYs) or JFIF says; 96 where it says nothing or nonsense."""
    dots = _PLAIN
    if head.startswith(b"\x89PNG") and (at := head.find(b"pHYs")) >= 0:
        across, _, unit = struct.unpack(">IIB", head[at + 4 : at + 13].ljust(9, b"\0"))
        dots = across * _INCH / 1000 if unit == 1 else dots
    elif head[6:11] == b"JFIF\0":
        unit, across = struct.unpack(">BH", head[13:16].ljust(3, b"\0"))
        dots = {1: float(across), 2: across * 2.54}.get(unit, dots)
    return dots if round(dots) in _BELIEVED else _PLAIN
