"""CSV files that a rules file refers to: lists of senders or numbers, a line each, with settings.

The first line names the columns. UTF-8 with or without BOM, `,` or `;` between cells, quotes
where they are needed. Numbers stay text. The column of a problem is that of the table.
"""

import csv
import io
import pathlib
from collections.abc import Callable, Collection, Iterator
from typing import Any

from mailfax.policy import match, positions, reading, schema, settings, tables

_READ_SETTINGS = Callable[[schema.Table], dict[str, Any]]


def rows(
    table: schema.Table,
    key: str,
    name: str,
    *,
    column: str,
    pattern: schema.Reader[match.Pattern],
    known: Collection[str],
    read: _READ_SETTINGS,
) -> dict[match.Pattern, tables.Row]:
    """The lines of the file that `key` of `table` names, by the pattern in `column`.

    `known` are the other columns there may be; `read` gives the settings in them.
    """
    path = table.book.other(table.path, name)
    data = reading.other(path, table.book, (*table.path, key))
    if data is None:
        return {}
    lines = _lines(data, path, table.book)
    found: dict[match.Pattern, tables.Row] = {}
    places: dict[str, int] = {}
    for line in _tables(lines, path, table.book, column, known):
        wanted = line.take(column, pattern)
        if wanted is None:
            continue
        number = line.book.index.find(line.path)[0]
        if (first := places.setdefault(_same(wanted), number)) != number:
            line.wrong(column, f"{column}: '{wanted.text}' is listed already in line {first}")
        deliver = line.many("deliver", lambda text: match.read_mailbox(schema.text(text)))
        found[wanted] = tables.Row(
            place=f"{path.name} {wanted.text}", settings=read(line), deliver=deliver or ()
        )
    if not found and not table.book.problems:
        table.wrong(key, f"{key}: {name} lists nothing, which nothing can match")
    return found


def _same(pattern: match.Pattern) -> str:
    return getattr(pattern, "value", pattern.text.lower())


def _lines(data: bytes, path: pathlib.Path, book: schema.Book) -> list[tuple[int, list[str]]]:
    """Every line that is not blank, with its number, from 1."""
    beside = book.beside(str(path), positions.Index({(): (1, 1)}))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        beside.index = positions.Index({(): (line, 1)})
        beside.wrong((), "is not UTF-8 here: save the file as CSV in UTF-8")
        return []
    first = text.partition("\n")[0]
    between = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=between, strict=True)
    found, number = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((number, [cell.strip() for cell in cells]))
            number = reader.line_num + 1
    except csv.Error as error:
        beside.index = positions.Index({(): (number, 1)})
        beside.wrong((), f"is not CSV here: {error}")
    return found


def _tables(
    lines: list[tuple[int, list[str]]],
    path: pathlib.Path,
    book: schema.Book,
    column: str,
    known: Collection[str],
) -> Iterator[schema.Table]:
    """Each line as a table of the cells that are not empty."""
    (number, columns), rest = lines[0] if lines else (1, []), lines[1:]
    places: dict[positions.Path, positions.Place] = {(): (number, 1)}
    beside = book.beside(str(path), positions.Index(places))
    places |= {(0, name): (number, n) for n, name in enumerate(columns, 1)}
    head = schema.Table(beside, dict.fromkeys(columns), (0,), "the first line")
    head.only({column, *known})
    if column not in columns:
        head.wrong(column, f"the first line must name the columns, '{column}' among them")
        return
    for line, cells in rest:
        places[line,] = (line, 1)
        places |= {(line, name): (line, n) for n, name in enumerate(columns, 1)}
        if len(cells) > len(columns):
            beside.wrong((line,), f"has {len(cells)} cells under {len(columns)} columns")
        pairs = zip(columns, cells, strict=False)
        data = {name: _typed(name, cell) for name, cell in pairs if cell and name in head.data}
        yield schema.Table(beside, data, (line,), "the line")


def _typed(name: str, cell: str) -> Any:
    """A cell as TOML would have it: lists with commas, whole numbers, true and false."""
    if name in {*settings.MANY, "deliver"} and "," in cell:
        return [one.strip() for one in cell.split(",")]
    sort = schema.shape_of(settings.SEND.get(name, schema.text)).get("type")
    if sort == "integer" and cell.isascii() and cell.isdigit():
        return int(cell)
    if sort == "boolean":
        return {"true": True, "false": False}.get(cell.lower(), cell)
    return cell
