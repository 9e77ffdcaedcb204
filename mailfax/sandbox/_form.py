"""What PHP makes of a request body: fields with array names, and uploaded files.

`a[]=x&a[]=y`, `a[0]=x`, `a%5B0%5D=x` and the same in multipart all become
`{"a": {"0": "x", …}}`; a plain name is a string, the last one wins.
"""

import dataclasses
import re
import urllib.parse
from typing import TypeAlias, Union

Value: TypeAlias = Union[str, "Fields"]
Fields: TypeAlias = dict[str, Value]

MAX_INPUTS = 1000
"""PHP's default `max_input_vars`: what comes later is dropped without a word."""
_MAX_DEPTH = 64
"""PHP's default `max_input_nesting_level`."""
_PARAMETER = rb'(?:^|[;\s])%s=(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))'
_NAME = re.compile(_PARAMETER % b"name", re.IGNORECASE)
_FILENAME = re.compile(_PARAMETER % b"filename", re.IGNORECASE)
_TYPE = re.compile(rb"^content-type:\s*(.+?)\s*$", re.IGNORECASE | re.MULTILINE)
_DISPOSITION = re.compile(rb"^content-disposition:\s*form-data(.*?)$", re.IGNORECASE | re.MULTILINE)
_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^;\s]+))', re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A part of a multipart body that has a file name."""

    field: str
    name: str
    kind: str
    """Its Content-Type, or empty."""
    data: bytes


@dataclasses.dataclass(frozen=True, slots=True)
class Form:
    """A parsed body."""

    fields: Fields = dataclasses.field(default_factory=dict)
    files: tuple[Upload, ...] = ()


def parse(content_type: str, body: bytes) -> Form:
    """Read a form body; one of another type, or broken, is an empty form."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return Form(urlencoded(body))
    boundary = _BOUNDARY.search(content_type)
    if kind == "multipart/form-data" and boundary:
        return _multipart(body, (boundary[1] or boundary[2]).encode("latin-1", "replace"))
    return Form()


def urlencoded(data: bytes) -> Fields:
    """Fields of a query string or a form-urlencoded body."""
    fields: Fields = {}
    for pair in data.split(b"&", MAX_INPUTS)[:MAX_INPUTS]:
        name, _, value = pair.partition(b"=")
        if name:
            put(fields, _text(_unquoted(name)), _text(_unquoted(value)))
    return fields


def put(fields: Fields, name: str, value: str) -> None:
    """Set one field as PHP does: brackets make arrays, empty ones count up."""
    base, keys = _path(name)
    if not keys:
        fields[base] = value
        return
    place, key = fields, base
    for following in keys:
        inner = place.get(key)
        if not isinstance(inner, dict):
            inner = {}
            place[key] = inner
        place, key = inner, following or _next(inner)
    place[key] = value


def _path(name: str) -> tuple[str, list[str]]:
    """`a.b[c][]` → (`a_b`, [`c`, ``])."""
    base, bracket, rest = name.lstrip(" ").partition("[")
    keys = re.match(r"[^\]]*\](?:\[[^\]]*\])*", rest) if base and bracket else None
    plain = base if keys else base + bracket + rest
    plain = re.sub(r"[ .\[]", "_", plain)
    found = keys[0][:-1].split("][", _MAX_DEPTH)[:_MAX_DEPTH] if keys else []
    return plain, found


def _next(array: Fields) -> str:
    used = [int(key) for key in array if key.isascii() and key.isdigit() and len(key) < 19]
    return str(max(used, default=-1) + 1)


def _multipart(body: bytes, boundary: bytes) -> Form:
    fields: Fields = {}
    files = []
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary, MAX_INPUTS + 1)
    for part in parts[1 : MAX_INPUTS + 1]:
        if part.startswith(b"--"):
            break
        head, _, data = part.partition(b"\r\n\r\n")
        disposition = _DISPOSITION.search(head)
        name = _parameter(_NAME, disposition[1]) if disposition else None
        if disposition is None or name is None:
            continue
        filename = _parameter(_FILENAME, disposition[1])
        if filename is None:
            put(fields, name, _text(data))
            continue
        kind = _TYPE.search(head)
        files.append(
            Upload(field=name, name=filename, kind=_text(kind[1]) if kind else "", data=data)
        )
    return Form(fields, tuple(files))


def _parameter(pattern: re.Pattern[bytes], disposition: bytes) -> str | None:
    found = pattern.search(disposition)
    if found is None:
        return None
    raw = found[2] if found[1] is None else re.sub(rb"\\(.)", rb"\1", found[1])
    return _text(raw)


def _unquoted(data: bytes) -> bytes:
    return urllib.parse.unquote_to_bytes(data.replace(b"+", b" "))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
