"""`include`: a rules file and those it includes, as one document.

The tables of included files come before those of the file that includes them, file by file in
the order written and a folder's by name; each keeps its place for messages. Names are unique over
all of them.
"""

import pathlib
from collections.abc import Iterator
from typing import Any

from mailfax import errors
from mailfax.policy import positions, reading, schema

ORDERED = ("send", "receive", "receipt", "test")
NAMED = ("groups", "covers", "calendars", "logins", "budgets", "prices")


def document(data: bytes, file: str) -> schema.Table:
    """The whole of it; raises errors.Invalid when the main file is not TOML."""
    main = reading.document(data, file)
    parts = [part for path in paths(main) if (part := _part(path, main.book))]
    if not parts:
        return main
    whole = _Whole(main)
    for part in parts:
        whole.add(part)
        main.book.problems.extend(part.book.problems)
    return whole.with_main()


def paths(main: schema.Table) -> Iterator[pathlib.Path]:
    """The files that it includes; a folder is noted with the names in it."""
    for name in main.many("include", schema.text) or ():
        path = main.book.other((), name)
        if not path.is_dir():
            yield path
            continue
        inside = sorted(path.glob("*.toml"))
        main.book.others[path] = "\n".join(one.name for one in inside).encode()
        yield from inside


def _part(path: pathlib.Path, book: schema.Book) -> schema.Table | None:
    """One included file; None, with its problems noted, when it cannot be read."""
    data = reading.other(path, book, ("include",))
    if data is None:
        return None
    try:
        part = reading.document(data, str(path))
    except errors.Invalid as invalid:
        book.problems.extend(invalid.problems)
        return None
    part.only({"version", *ORDERED, *NAMED})
    shaped = {key: part.ordered(key) for key in ORDERED} | {key: part.table(key) for key in NAMED}
    sorts = {key: list if key in ORDERED else dict for key in shaped}
    kept = {k: v for k, v in part.data.items() if k in sorts and isinstance(v, sorts[k])}
    return schema.Table(part.book, kept, (), part.label)


class _Whole:
    """The document as it grows, file by file."""

    def __init__(self, main: schema.Table) -> None:
        self._main = main
        self._values: dict[str, Any] = {}
        self._places: dict[positions.Path, positions.Place] = {}
        self._files: dict[positions.Path, str] = {}

    def add(self, part: schema.Table) -> None:
        """The tables of one file, behind those that are there."""
        before = {key: len(self._values.get(key, ())) for key in ORDERED}
        for path, place in part.book.index.places.items():
            moved = path
            if len(path) > 1 and path[0] in before and isinstance(path[1], int):
                moved = (path[0], path[1] + before[str(path[0])], *path[2:])
            self._places.setdefault(moved, place)
            if part is not self._main and len(path) == 2:
                self._files.setdefault(moved, part.book.file)
        for key, value in part.data.items():
            self._join(part, key, value)

    def _join(self, part: schema.Table, key: str, value: Any) -> None:
        if key in ORDERED and isinstance(value, list):
            self._values[key] = [*self._values.get(key, ()), *value]
        elif key in NAMED and isinstance(value, dict):
            for name in value.keys() & self._values.get(key, {}).keys():
                twin = self._files[key, name]
                part.book.wrong((key, name), f"[{key}.{name}] is given in {twin} already")
            self._values[key] = {**self._values.get(key, {}), **value}
        else:
            self._values[key] = value

    def with_main(self) -> schema.Table:
        """All of it, the main file's own tables at the end."""
        self.add(self._main)
        book = self._main.book.beside(
            self._main.book.file, positions.Index(self._places | {(): (1, 1)}, self._files)
        )
        return schema.Table(book, self._values, (), self._main.label)
