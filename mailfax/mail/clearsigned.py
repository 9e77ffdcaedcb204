"""Text that PGP has signed in place (RFC 9580 section 7): the words without their armour."""

import re

_BEGIN = b"-----BEGIN PGP SIGNED MESSAGE-----"
_MIDDLE = b"\n-----BEGIN PGP SIGNATURE-----"
_END = b"\n-----END PGP SIGNATURE-----"
_HEADERS = re.compile(rb"-{5}[ \t]*\r?\n(?:[A-Za-z][A-Za-z0-9-]*: [^\n]*\n)*+[ \t]*\r?\n")
"""The rest of the first line, fields such as `Hash: SHA256`, and an empty line."""
_ESCAPE = re.compile(rb"^- ", re.MULTILINE)
_LINE_END = re.compile(rb"[ \t]*(?:\r?\n|\Z)")


def taken_apart(text: bytes) -> tuple[bytes, list[bytes]]:
    """The text without armour, and the signatures that stood in it; what is not whole stays."""
    words, signatures, last = [], [], 0
    start, middle, end = text.find(_BEGIN), -1, -1
    while start != -1:
        middle = text.find(_MIDDLE, start) if middle < start else middle
        end = text.find(_END, middle) if end < middle else end
        if -1 in {middle, end}:
            break
        stop = _past(text, end + len(_END))
        head = _HEADERS.match(text, start + len(_BEGIN) - 5, middle + 1)
        if head and (start == 0 or text[start - 1] == 0x0A) and stop:
            words += [text[last:start], _ESCAPE.sub(b"", text[head.end() : middle + 1])]
            signatures.append(text[middle + 1 : stop])
            last = stop
        start = text.find(_BEGIN, max(start + 1, last))
    return b"".join([*words, text[last:]]), signatures


def _past(text: bytes, place: int) -> int:
    """Behind the end of the line, where nothing else stands in it; else 0."""
    match = _LINE_END.match(text, place)
    return match.end() if match else 0
