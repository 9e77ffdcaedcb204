"""How results are shown: a table on a terminal, plain lines in a pipe, JSON when asked for."""

import dataclasses
import datetime
import decimal
import json
import pathlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def plain(value: object) -> Any:  # noqa: PLR0911 - one return for each kind of value
    """A record as what JSON knows: keys as in the model, times in ISO 8601."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, bytes):
        return f"{len(value)} octets"
    if isinstance(value, (frozenset, set)):
        return sorted(plain(one) for one in value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(one) for one in value]
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, (pathlib.Path, decimal.Decimal)):
        return str(value)
    return value


def as_json(value: object) -> None:
    """Print any record, or list of them, as JSON."""
    print(json.dumps(plain(value), indent=2, ensure_ascii=False))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under column names: ruled on a terminal, tab-separated in a pipe."""
    cells = [[_cell(value) for value in row] for row in rows]
    if sys.stdout.isatty():
        _ruled(columns, cells)
        return
    for line in ([str(column) for column in columns], *cells):
        print("\t".join(line))


def _ruled(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    import rich.box
    import rich.console
    import rich.table
    import rich.text

    shown = rich.table.Table(*columns, box=rich.box.SIMPLE_HEAD)
    for row in cells:
        shown.add_row(*(rich.text.Text(cell) for cell in row))
    rich.console.Console().print(shown)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    text = str(value)
    return "".join(c if c.isprintable() else " " for c in text)
