"""From the answers of InterFAX's services to records."""

import datetime
import decimal
import functools
import re
import typing
from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

if typing.TYPE_CHECKING:
    from lxml import etree

Record = TypeVar("Record")

DEPTH = 8
"""Levels of an answer that are looked at; five are known."""

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Unreadable(ValueError):
    """An answer is no record."""


REST_NAMES: Mapping[str, str] = {
    "id": "transaction_id",
    "attempts_made": "trials_performed",
    "attempts_to_perform": "retries_to_perform",
    "rendering": "rendering_quality",
    "recording_duration": "message_recording_duration",
}
"""Fields that REST calls otherwise."""


def spelt(name: str) -> str:
    """A name of the service in our spelling."""
    return _WORD.sub("_", name).lower()


def read(kind: type[Record], given: object, renamed: Mapping[str, str] | None = None) -> Record:
    """A record from the service's names and values; raises `Unreadable`."""
    if not isinstance(given, Mapping):
        raise Unreadable(f"no {kind.__name__}")
    names = {key: spelt(str(key)) for key in given}
    values = {(renamed or {}).get(name, name): given[key] for key, name in names.items()}
    known = {
        name: value
        for name, convert in _converters(typing.cast("Hashable", kind)).items()
        if (value := convert(values.get(name))) is not None
    }
    try:
        return kind(**known)
    except TypeError:
        raise Unreadable(f"no {kind.__name__}") from None


def plain(node: "etree._Element", depth: int = DEPTH) -> dict[str, Any]:
    """The children of an element by their local names: texts, nested ones likewise.

    One that stands there several times is a list, one that is nil is left out.
    """
    found: dict[str, Any] = {}
    for child in node:
        if child.get(_NIL) in {"true", "1"}:
            continue
        name = child.tag.rpartition("}")[2]
        value = plain(child, depth - 1) if len(child) and depth else child.text or ""
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def several(
    kind: type[Record], given: object, renamed: Mapping[str, str] | None = None
) -> tuple[Record, ...]:
    """Records from a list; none from nothing. Raises `Unreadable` for anything else.

    A list of .NET's has the name of its elements around it: `{"FaxItem": […]}`.
    """
    if isinstance(given, Mapping) and len(given) == 1:
        (inner,) = given.values()
        given = inner if isinstance(inner, list) else [inner]
    if given is None or given == "":
        return ()
    if not isinstance(given, list):
        raise Unreadable(f"no list of {kind.__name__}")
    return tuple(read(kind, one, renamed) for one in given)


def whole(value: object) -> int | None:
    """An integer, or its ASCII digits, else None."""
    if isinstance(value, str) and re.fullmatch("-?[0-9]{1,18}", value.strip(" \t\r\n")):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


@functools.cache
def _converters(kind: Hashable) -> Mapping[str, Any]:
    hints = typing.get_type_hints(kind)
    simple = {name: (typing.get_args(hint) or (hint,))[0] for name, hint in hints.items()}
    return {name: _CONVERT[one] for name, one in simple.items() if one in _CONVERT}


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, (str, int, decimal.Decimal)) else None


def flag(value: object) -> bool | None:
    """Yes or no as XML writes them, else None."""
    return value if isinstance(value, bool) else _FLAGS.get(str(value).strip())


def amount(value: object) -> decimal.Decimal | None:
    """A decimal number, else None."""
    if isinstance(value, bool):
        return None
    try:
        number = decimal.Decimal(str(value).strip())
    except decimal.InvalidOperation:
        return None
    return number if number.is_finite() else None


def _moment(value: object) -> datetime.datetime | None:
    try:
        moment = datetime.datetime.fromisoformat(str(value).strip())
    except ValueError:
        return None
    return moment if moment.year > 1980 else None  # year 1 and 1980 stand for none


_CONVERT = {
    int: whole,
    str: _text,
    bool: flag,
    decimal.Decimal: amount,
    datetime.datetime: _moment,
}
