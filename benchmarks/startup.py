"""Row 16: how long the command line takes to say something, and what it loads for it."""

import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator, Mapping

import bench
import measure
from measure import Scale
from table import Cell, missing

ROWS = frozenset({16})
HEAVY = ("zeep", "reportlab", "sqlalchemy", "pydantic", "httpx", "pypdfium2")
TAB = {"_MAILFAX_COMPLETE": "complete_bash", "COMP_WORDS": "mailfax se", "COMP_CWORD": "1"}
"""What bash asks with after `mailfax se` and the tabulator."""
_LOADED = """
import contextlib, io, json, sys
sys.argv[0] = "mailfax"
from mailfax import cli
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    cli.main()
print(json.dumps([name for name in %r if name in sys.modules]))
"""


def cells(_rows: frozenset[int], scale: Scale, _work: pathlib.Path) -> Iterator[Cell]:
    """The cells of row 16."""
    program = pathlib.Path(sys.executable).with_name("mailfax")
    bare = [sys.executable, "-c", "pass"]
    for words in (["--help"], ["version"]):
        turns = measure.in_turn(
            scale,
            lambda words=words: _wall([program, *words]),
            lambda: _wall(bare),
        )
        yield Cell(
            row=16, what=f"mailfax {' '.join(words)}", bar="≤ 100 ms", target="60 ms", unit="ms",
            against="ms bare Python", note=_note(words), **turns.columns(),
        )  # fmt: skip
    yield _completion(program, bare, scale)
    asked = ((["--help"], {}), (["version"], {}), (["--show-completion"], {}), ([], TAB))
    loaded = sorted({name for words, more in asked for name in _heavy(words, more)})
    yield Cell(
        row=16, what="heavy modules loaded", bar="≤ 0 modules", target="0", unit="modules",
        ours=len(loaded), note=", ".join(loaded),
    )  # fmt: skip


def _wall(command: list[object], environment: Mapping[str, str] | None = None) -> float:
    """Milliseconds, the best of three."""
    return min(measure.run(command, env=environment).wall for _ in range(3)) * 1000


def _completion(program: pathlib.Path, bare: list[str], scale: Scale) -> Cell:
    """What the shell waits for after `mailfax se` and the tabulator."""
    environment = os.environ | TAB
    said = subprocess.run([program], env=environment, capture_output=True, check=False).stdout
    if b"serve" not in said.split():
        return missing(16, "the shell asked for words and got none", "completion")
    turns = measure.in_turn(
        scale, lambda: _wall([program], environment), lambda: _wall(bare, environment)
    )
    return Cell(
        row=16, what="completion", bar="≤ 100 ms", target="60 ms", unit="ms",
        against="ms bare Python", **turns.columns(),
    )  # fmt: skip


def _heavy(words: list[str], more: dict[str, str]) -> list[str]:
    """Which of the heavy modules the command line loads for these words and environment."""
    code = [sys.executable, "-c", _LOADED % (HEAVY,), *words]
    done = subprocess.run(code, env=os.environ | more, capture_output=True, check=True)
    return json.loads(done.stdout)


def _note(words: list[str]) -> str:
    """The slowest imports by themselves, in milliseconds."""
    program = pathlib.Path(sys.executable).with_name("mailfax")
    command = [sys.executable, "-X", "importtime", program, *words]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    rows = [line.split("|") for line in said.splitlines() if line.count("|") == 2]
    costs = sorted(((int(row[0][12:]), row[2].strip()) for row in rows[1:]), reverse=True)
    return "imports: " + ", ".join(f"{name} {cost / 1000:.1f}" for cost, name in costs[:5])


if __name__ == "__main__":
    bench.alone(cells, ROWS)
