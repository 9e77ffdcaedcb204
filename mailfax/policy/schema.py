"""Reading a TOML table key by key, noting everything that is wrong and where it stands.

A reader is a function from a TOML value to what it means; it raises ValueError with half a
sentence, and the table puts name and place before it. Nothing stops at the first mistake.
"""

import dataclasses
import datetime
import difflib
import pathlib
import re
import zoneinfo
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeVar

from mailfax import errors, number
from mailfax.policy import positions

T = TypeVar("T")
Reader = Callable[[Any], T]

Shape = Mapping[str, Any]
"""What a reader takes, in JSON Schema's words."""


def shaped(**shape: Any) -> Callable[[Reader[T]], Reader[T]]:
    """Decorator of a reader: what it takes."""

    def shape_it(read: Reader[T]) -> Reader[T]:
        setattr(read, "shape", shape)  # noqa: B010 - functions have no declared attributes
        return read

    return shape_it


def shape_of(read: Reader[Any]) -> Shape:
    """What a reader takes; text, where it does not say."""
    shape: Shape = getattr(read, "shape", {"type": "string"})
    return shape


_DURATION = re.compile(r"([0-9]{1,6})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


NAME = "NAME"
"""Stands for the name of a table in the description of the file."""


class Book:
    """The problems and warnings of a file and of those it refers to, each with its place."""

    def __init__(self, file: str, index: positions.Index) -> None:
        self.file = file
        self.index = index
        self.problems: list[errors.Problem] = []
        self.warnings: list[errors.Problem] = []
        self.others: dict[pathlib.Path, bytes] = {}
        """What the other files held when they were read; a folder's is its list of names."""

    def beside(self, file: str, index: positions.Index) -> "Book":
        """The book of another file, which keeps its problems with ours."""
        book = Book(file, index)
        book.problems, book.warnings, book.others = self.problems, self.warnings, self.others
        return book

    def takes(self, label: str, key: str, shape: Shape) -> None:
        """A table of this label is asked for a key: of no use but to who describes the file."""

    def knows(self, label: str, keys: Collection[str]) -> None:
        """A table of this label has these keys and no others."""

    def other(self, path: positions.Path, name: str) -> pathlib.Path:
        """The file that is called so in what stands at `path`: beside the file of that."""
        return pathlib.Path(self.index.file(path) or self.file).parent / name

    def wrong(self, path: positions.Path, text: str, other: str = "") -> None:
        """Note a problem: the file will not load. `other` is another file that it is about."""
        self.problems.append(dataclasses.replace(self._at(path, text), other=other))

    def warn(self, path: positions.Path, text: str) -> None:
        """Note what is probably not meant: the file loads."""
        self.warnings.append(self._at(path, text))

    def _at(self, path: positions.Path, text: str) -> errors.Problem:
        return errors.Problem(self.index.file(path) or self.file, *self.index.find(path), text)


class Table:
    """One table on its way into a record."""

    def __init__(self, book: Book, data: dict[str, Any], path: positions.Path, label: str) -> None:
        self.book = book
        self.data = data
        self.path = path
        self.label = label
        """How messages call it, as `[[send]]` or `[groups.staff]`."""

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def wrong(self, key: str, text: str) -> None:
        """Note a problem with one key, or with the table when the key is absent."""
        self.book.wrong((*self.path, key), text)

    def only(self, known: Collection[str]) -> None:
        """Note every key that is not among the known ones."""
        self.book.knows(self.label, known)
        for key in self.data:
            if key not in known:
                text = f"unknown key '{key}' in {self.label}"
                self.wrong(key, text + did_you_mean(key, known))

    def take(self, key: str, read: Reader[T]) -> T | None:
        """What the key says; None when it is absent or wrong."""
        self.book.takes(self.label, key, shape_of(read))
        if key not in self.data:
            return None
        return self._read((*self.path, key), key, self.data[key], read)

    def many(self, key: str, read: Reader[T]) -> tuple[T, ...] | None:
        """What a value or a list of values says, wrong ones left out; None when absent."""
        one = shape_of(read)
        self.book.takes(self.label, key, one)
        self.book.takes(self.label, key, {"type": "array", "items": one, "minItems": 1})
        if key not in self.data:
            return None
        value = self.data[key]
        path = (*self.path, key)
        if value == []:
            self.book.wrong(path, f"{key}: is an empty list, which nothing can match")
        if not isinstance(value, list):
            found = [self._read(path, key, value, read)]
        else:
            found = [self._read((*path, n), key, item, read) for n, item in enumerate(value)]
        return tuple(item for item in found if item is not None)

    def _read(self, path: positions.Path, key: str, value: Any, read: Reader[T]) -> T | None:
        try:
            return read(value)
        except ValueError as problem:
            self.book.wrong(path, f"{key}: {problem}")
            return None

    def table(self, key: str) -> "Table":
        """The table under `key`, empty when there is none."""
        self.book.takes(self.label, key, {"table": f"[{key}]"})
        return self._table((*self.path, key), self.data.get(key, {}), f"[{key}]")

    def named(self, key: str) -> Iterator[tuple[str, "Table"]]:
        """The tables in the table under `key`, as `[groups.NAME]`."""
        self.book.takes(self.label, key, {"tables": f"[{key}.{NAME}]"})
        outer = self._table((*self.path, key), self.data.get(key, {}), f"[{key}]")
        for name, value in outer.data.items():
            path = (*outer.path, name)
            try:
                label(name)
            except ValueError as problem:
                self.book.wrong(path, f"the name of [{key}.…] {problem}")
            yield name, self._table(path, value, f"[{key}.{name}]")

    def ordered(self, key: str) -> list["Table"]:
        """The tables in the list under `key`, as `[[send]]`."""
        self.book.takes(self.label, key, {"list": f"[[{key}]]"})
        value = self.data.get(key, [])
        if not isinstance(value, list):
            self.wrong(key, f"{key}: must be a list of tables, as [[{key}]], not {shown(value)}")
            return []
        path = (*self.path, key)
        return [self._table((*path, n), item, f"[[{key}]]") for n, item in enumerate(value)]

    def _table(self, path: positions.Path, value: Any, label: str) -> "Table":
        if not isinstance(value, dict):
            self.book.wrong(path, f"{path[-1]}: must be a table, not {shown(value)}")
            value = {}
        return Table(self.book, value, path, label)


def did_you_mean(word: str, known: Collection[str]) -> str:
    """A hint to put after a message, or nothing."""
    near = difflib.get_close_matches(word, known, 1)
    return f": did you mean '{near[0]}'?" if near else ""


def shown(value: Any) -> str:
    """A TOML value as a message names it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else f"{value[:57]}…")
    return str(value)


# ── Readers ────────────────────────────────────────────────────────────────────────────


@shaped(type="string", minLength=1)
def text(value: Any) -> str:
    """One line of text, not empty."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(f"must be in quotes: write '{value}'")  # noqa: TRY004
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {shown(value)}")  # noqa: TRY004
    if not value.strip():
        raise ValueError("is empty")
    if _CONTROL.search(value):
        raise ValueError(f"has a line end or control character in {shown(value)}")
    return value


@shaped(type="string", minLength=1, maxLength=60)
def label(value: Any) -> str:
    """A name that people and receipts will read: at most 60 characters."""
    name = text(value)
    if len(name) > 60:
        raise ValueError("is longer than 60 characters")
    return name


def sentence(value: Any) -> str:
    """A reply to a client; with code and status it fits a line (RFC 5321 section 4.5.3.1.5)."""
    words = text(value)
    if len(words.encode()) > 400:
        raise ValueError("is longer than 400 bytes")
    return words


@shaped(type="boolean")
def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {shown(value)}")  # noqa: TRY004
    return value


def whole(low: int, high: int) -> Reader[int]:
    """A whole number from `low` to `high`."""

    @shaped(type="integer", minimum=low, maximum=high)
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}, not {shown(value)}")
        return value

    return read


def one_of(*words: str) -> Reader[str]:
    """One of a few words."""

    @shaped(enum=list(words))
    def read(value: Any) -> str:
        if value not in words:
            hint = did_you_mean(value, words) if isinstance(value, str) else ""
            raise ValueError(f"must be {_or(words)}, not {shown(value)}{hint}")
        return str(value)

    return read


def _or(words: tuple[str, ...]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


@shaped(type="string", pattern=f"^{_DURATION.pattern}$")
def duration(value: Any) -> float:
    """A time span as `90s`, `45m`, `24h` or `7d`, in seconds: a minute to thirty days."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    seconds = int(match.group(1)) * _SECONDS[match.group(2)] if match else 0
    if not 60 <= seconds <= 30 * 86400:
        raise ValueError(f"must be a time from '1m' to '30d', as '24h', not {shown(value)}")
    return float(seconds)


def zone(value: Any) -> str:
    """A time zone of the IANA data base."""
    name = text(value)
    try:
        zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        hint = did_you_mean(name, zoneinfo.available_timezones())
        raise ValueError(f"unknown time zone {name!r}{hint}") from None
    return name


@shaped(type="string", pattern=f"^{_LANGUAGE.pattern}$")
def language(value: Any) -> str:
    """A language as `en` or `pt-BR`."""
    name = text(value)
    if not _LANGUAGE.fullmatch(name):
        raise ValueError(f"must be a language as 'en' or 'pt-BR', not {name!r}")
    return name


@shaped(type="string", pattern="^[A-Z]{2}$")
def country(value: Any) -> str:
    """A country with a telephone network, ISO 3166 code of two capitals."""
    import phonenumbers  # its tables cost 40 ms

    name = text(value)
    if name not in phonenumbers.SUPPORTED_REGIONS:
        hint = f": did you mean '{name.upper()}'?" if len(name) == 2 and name.islower() else ""
        raise ValueError(f"must be a country as 'US' or 'DE', not {name!r}{hint}")
    return name


def station(value: Any) -> str:
    """The sender's number in the header line: one that can be called at the usual price
    (47 CFR 68.318(d)), in E.164, as its country writes it.
    """
    try:
        found = number.parse(text(value), None)
    except errors.Permanent as problem:
        raise ValueError(str(problem)) from None
    if found.kind() == "premium":
        raise ValueError(f"{found.display()} is a premium number, which no header line may name")
    return found.display()


def moment(value: Any) -> datetime.datetime:
    """A date and time with its offset."""
    if not isinstance(value, datetime.datetime) or value.tzinfo is None:
        example = "2025-03-01T09:30:00+01:00"
        raise ValueError(f"must be a time with offset, as {example}, not {shown(value)}")
    return value
