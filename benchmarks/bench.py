"""The table of what mailfax costs, each row beside its yardstick in the same run.

    python benchmarks/bench.py [--rows 1,2,5] [--quick] [--json FILE]

Each family of rows is a module that also runs alone with the same options. Missed bars do not
change the exit code; a row that broke does.
"""

import argparse
import importlib
import json
import pathlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

import machine
import papers
import table
from measure import Scale
from table import Cell

FAMILIES = ("startup", "mails", "received", "rendering", "ledger", "memory", "ingest", "submitting")
FAMILIES = (*FAMILIES, "endtoend", "judging", "office")

Cells = Callable[[frozenset[int], Scale, pathlib.Path], Iterator[Cell]]


def main() -> int:
    """The whole table, or the rows that are asked for."""
    modules = [importlib.import_module(name) for name in FAMILIES]
    return _run([(module.__name__, module.cells, module.ROWS) for module in modules])


def alone(cells: Cells, rows: frozenset[int]) -> None:
    """One family as a program."""
    sys.exit(_run([(pathlib.Path(sys.argv[0]).stem, cells, rows)]))


def _run(families: list[tuple[str, Cells, frozenset[int]]]) -> int:
    asked = _arguments()
    scale, broken = Scale(asked.quick), False
    found: list[Cell] = []
    with tempfile.TemporaryDirectory(prefix="mailfax-bench-") as name:
        work = pathlib.Path(name)
        work.chmod(0o755)  # Postfix's user passes through
        papers.folder = work
        for family, cells, rows in families:
            wanted = rows & asked.rows if asked.rows else rows
            if wanted:
                broken |= _family(family, cells, wanted, scale, work, found)
    _print(found, asked.quick)
    if asked.json:
        asked.json.write_text(json.dumps(_data(found), indent=1, ensure_ascii=False) + "\n")
    return int(broken)


def _family(
    name: str,
    cells: Cells,
    rows: frozenset[int],
    scale: Scale,
    work: pathlib.Path,
    found: list[Cell],
) -> bool:
    """Measure a family; what breaks is a line of the table, and the others go on."""
    began, broken = time.monotonic(), False
    print(f"{name}: rows {', '.join(map(str, sorted(rows)))} …", file=sys.stderr, flush=True)
    try:
        for cell in cells(rows, scale, work):
            found.append(cell)
            print(f"  {cell.row} {cell.what}: {cell.met}", file=sys.stderr, flush=True)
    except Exception as error:  # noqa: BLE001 - a row that breaks does not hide the others
        broken = True
        silent = sorted(rows - {cell.row for cell in found})
        found += [table.missing(row, f"broke: {_short(error)}") for row in silent]
        print(f"  broke: {error!r}", file=sys.stderr, flush=True)
    print(f"  {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return broken


def _short(error: Exception) -> str:
    said = getattr(error, "stderr", None)
    return f"{type(error).__name__}: {said.decode(errors='replace') if said else error}"[:300]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=_numbers, default=frozenset(), help="as 1,2,5")
    parser.add_argument("--quick", action="store_true", help="a smoke slice; no figure counts")
    parser.add_argument("--json", type=pathlib.Path, help="write the table there, too")
    return parser.parse_args()


def _numbers(text: str) -> frozenset[int]:
    return frozenset(map(int, text.split(",")))


def _print(found: list[Cell], quick: bool) -> None:
    for name, value in machine.facts().items():
        print(f"{name:<14} {value}")
    for warning in machine.warnings():
        print(f"WARNING: {warning}")
    if quick:
        print("WARNING: --quick: one round of very little; the figures mean nothing")
    print()
    for line in table.lines(found):
        print(line)


def _data(found: list[Cell]) -> dict[str, object]:
    return {"machine": machine.facts(), "cells": table.as_data(found)}


if __name__ == "__main__":
    sys.exit(main())
