"""The checksum of a call, `apicheck`, as the vendor's own PHP code computes it.

The vendor's page tells the outline; what it leaves out (script tags, values that begin with
`@`, list order) was seen in that code (facts file, section 3).
"""

import hashlib
import re

from mailfax.sandbox import _form

_IGNORED = frozenset({b"page", b"event", b"apikey", b"apicheck", b"usertoken", b"xdebug_profile"})
"""Arguments that do not count, at the top level only."""
_SCRIPT = re.compile(rb"</?script[^>]*>", re.IGNORECASE)
_INTEGER = re.compile(rb"0|-?[1-9][0-9]{0,17}")
"""Names that PHP makes integer keys of."""


def apicheck(arguments: _form.Fields, secret: str) -> str:
    """The MD5 of all values in the order of their names, and the secret; lower-case hex.

    `arguments` are those of the query string and of the body, as PHP reads them.
    """
    counted = b"".join(_text(value) for name, value in _sorted(arguments) if name not in _IGNORED)
    return hashlib.md5(counted + _bytes(secret)).hexdigest()  # noqa: S324  the service's own


def _text(value: _form.Value) -> bytes:
    if isinstance(value, dict):
        return b"".join(_text(inner) for _, inner in _sorted(value))
    stripped = _SCRIPT.sub(b"", _bytes(value))
    return b"" if stripped.startswith(b"@") else stripped


def _sorted(fields: _form.Fields) -> list[tuple[bytes, _form.Value]]:
    """By lower-case name, the later of two equal ones; integers first and as numbers."""
    lowered = {_bytes(name).lower(): value for name, value in fields.items()}
    return sorted(lowered.items(), key=lambda item: _rank(item[0]))


def _rank(name: bytes) -> tuple[bool, int, bytes]:
    if _INTEGER.fullmatch(name):
        return False, int(name), b""
    return True, 0, name


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
