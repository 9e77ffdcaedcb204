"""File names from mail: display text only, never a path (threat T13, RFC 2183 section 2.3)."""

import re
import unicodedata

from mailfax.mail import plain

LIMIT = 120
"""Octets of UTF-8 at the most."""

_SEPARATOR = re.compile(r"[/\\\u2044\u2215\u29f5\u29f8\uff0f\uff3c]")
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,8}$")


def safe(written: str) -> str:
    """The last component of what was written: NFC, no controls, no leading dot or dash.

    Empty when nothing is left; cut to 120 octets with its extension kept.
    """
    name = unicodedata.normalize("NFC", plain.line(written, len(written)))
    last = _SEPARATOR.split(name.rstrip("/\\ "))[-1]
    if len(last) > 1 and last[1] == ":" and last[0].isalpha():
        last = last[2:]
    return _cut(last.lstrip(".-~ ").rstrip(". "))


def _cut(name: str) -> str:
    if len(name.encode()) <= LIMIT:
        return name
    match = _EXTENSION.search(name)
    extension = match[0] if match else ""
    stem = name[: len(name) - len(extension)].encode()[: LIMIT - len(extension)]
    return stem.decode("utf-8", "ignore").rstrip(". ") + extension
