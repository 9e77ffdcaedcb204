"""Rows 6 and 17: what the roles keep in memory, under large mails and when nothing happens."""

import pathlib
import time
from collections.abc import Iterator

import bench
import gateway
import load
import measure
import postfix
from measure import Scale
from table import Cell, missing

from mailfax import providers

ROWS = frozenset({6, 17})
_REST = 5.0  # seconds a role is left alone before it is looked at


def cells(rows: frozenset[int], scale: Scale, work: pathlib.Path) -> Iterator[Cell]:
    """The cells of these rows."""
    if 6 in rows and postfix.absent().startswith("no "):
        yield missing(6, "no smtp-source here (make setup-bench)")
    elif 6 in rows:
        for connections, size, bar in ((10, 20_000_000, "≤ 64 MB"), (50, 2_000_000, "≤ 80 MB")):
            yield _large(scale, work / f"memory{connections}", connections, size, bar)
    if 17 in rows:
        yield from _idle(scale, work / "idle")


def _large(scale: Scale, folder: pathlib.Path, connections: int, size: int, bar: str) -> Cell:
    """Highest memory of a fresh listener, and of a Postfix beside it."""
    messages = connections * scale.of(3, 1)
    with gateway.Gateway(folder / "mailfax") as ours:
        listener = ours.start("listener")
        load.flood(ours.port, connections, messages, size)
        peak = measure.memory(listener.pid, "VmHWM") / 2**20
    yardstick = None
    if not postfix.absent():
        with postfix.Postfix(folder / "postfix") as theirs:
            load.flood(theirs.port, connections, connections, size)
            pids = list(measure.tree(theirs.process.pid))
            yardstick = sum(measure.memory(pid, "VmHWM") for pid in pids) / 2**20
    return Cell(
        row=6, what=f"{connections} × {size // 1_000_000} MB at once", bar=bar, target="40 MB",
        unit="MB", ours=peak, yardstick=yardstick, against="MB Postfix",
        ratio=peak / yardstick if yardstick else None,
        note="Postfix: all its processes, shared pages counted in each",
    )  # fmt: skip


def _idle(scale: Scale, folder: pathlib.Path) -> Iterator[Cell]:
    """Each role of a service whose provider pushes, a while after it has begun."""
    pushing = next(kind for kind in providers.kinds() if "push" in providers.load(kind).SETTINGS)
    with gateway.Sandbox() as sandbox, gateway.Gateway(folder, sandbox, kind=pushing) as ours:
        for role, bar in (("listener", "≤ 60 MB"), ("worker", "≤ 90 MB"), ("web", "≤ 90 MB")):
            process = ours.start(role)
            time.sleep(scale.of(int(_REST), 1))
            below = [pid for pid in measure.tree(process.pid) if pid != process.pid]
            sizes = sorted((measure.memory(pid) / 2**20 for pid in below), reverse=True)
            presses = ", ".join(f"{size:.0f} MB" for size in sizes if size > 5)
            yield Cell(
                row=17, what=role, bar=bar, target="–", unit="MB",
                ours=measure.memory(process.pid) / 2**20,
                note=f"its jailed presses beside it: {presses}" if presses else "",
            )  # fmt: skip


if __name__ == "__main__":
    bench.alone(cells, ROWS)
