"""Rows 1 to 5: taking mail in, durably, beside a Postfix that holds it.

Ours is the real listener role on a SQLite store, without a worker. Both servers stay up through
all rounds of a row; large mails are removed between the cells.
"""

import contextlib
import dataclasses
import pathlib
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator

import bench
import gateway
import load
import measure
import papers
import postfix
from measure import Scale
from table import Cell, missing

ROWS = frozenset(range(1, 6))
CONNECTIONS = 10
_FLUSH = {"SLOW_FLUSH_US": "5000"}
_KB5, _KB200, _MB2 = 5_000, 200_000, 2_000_000
_MESSAGES = {_KB5: (2000, 100), _KB200: (400, 40), _MB2: (100, 10)}
"""Of one round, in full and quick."""
_NAMES = {_KB5: "5 KB", _KB200: "200 KB", _MB2: "2 MB"}
_RATE = 100.0


@dataclasses.dataclass(frozen=True, slots=True)
class Flood:
    """What one round gave."""

    rate: float
    """Messages acknowledged per second."""
    cpu: float
    """Milliseconds of the server for each."""


def cells(rows: frozenset[int], scale: Scale, work: pathlib.Path) -> Iterator[Cell]:
    """The cells of these rows."""
    absent = postfix.absent()
    if absent:
        yield from (missing(row, absent) for row in sorted(rows))
        return
    if rows & {1, 2, 3, 5}:
        with _servers(work / "ingest") as (ours, theirs):
            yield from _floods(rows, scale, ours, theirs)
            if 5 in rows:
                yield from _latencies(scale, ours, theirs)
    if 4 in rows:
        yield from _slow_disk(scale, work)


@contextlib.contextmanager
def _servers(
    folder: pathlib.Path, **environment: str
) -> Iterator[tuple[gateway.Gateway, postfix.Postfix]]:
    with (
        gateway.Gateway(folder / "mailfax") as ours,
        postfix.Postfix(folder / "postfix", **environment) as theirs,
    ):
        ours.start("listener", **environment)
        yield ours, theirs


# ── Rows 1, 2, 3 ───────────────────────────────────────────────────────────────────────


def _floods(
    rows: frozenset[int], scale: Scale, ours: gateway.Gateway, theirs: postfix.Postfix
) -> Iterator[Cell]:
    wanted = [_KB5] * bool(rows & {1, 3}) + [_KB200, _MB2] * bool(rows & {2, 3})
    for size in wanted:
        pairs = _pairs(scale, ours, theirs, size, CONNECTIONS)
        row = 1 if size == _KB5 else 2
        target = "1.5x" if row == 1 else "1.3x"
        if row in rows:
            yield _rate_cell(row, _NAMES[size], pairs, target)
        if 3 in rows:
            yield _cpu_cell(_NAMES[size], pairs)


def _pairs(
    scale: Scale,
    ours: gateway.Gateway,
    theirs: postfix.Postfix,
    size: int,
    connections: int,
) -> list[tuple[Flood, Flood]]:
    """A B A B …, the warm-up dropped."""
    messages = scale.of(*_MESSAGES[size])
    found = [
        (_flood(ours, connections, messages, size), _flood(theirs, connections, messages, size))
        for _ in range(scale.warm + scale.rounds)
    ]
    ours.clear()
    theirs.clear()
    return found[scale.warm :]


def _flood(
    server: gateway.Gateway | postfix.Postfix, connections: int, messages: int, size: int
) -> Flood:
    before = measure.cpu(*server.pids)
    wall = load.flood(server.port, connections, messages, size)
    used = measure.cpu(*server.pids) - before
    return Flood(messages / wall, used / messages * 1000)


def _rate_cell(row: int, what: str, pairs: list[tuple[Flood, Flood]], target: str) -> Cell:
    turns = measure.Turns([a.rate for a, _ in pairs], [b.rate for _, b in pairs])
    return Cell(
        row=row, what=what, bar="≥ 1.0x", target=target, unit="msg/s", against="Postfix",
        **turns.columns(),
    )  # fmt: skip


def _cpu_cell(what: str, pairs: list[tuple[Flood, Flood]]) -> Cell:
    turns = measure.Turns([a.cpu for a, _ in pairs], [b.cpu for _, b in pairs])
    return Cell(
        row=3, what=what, bar="≤ 0.8x", target="0.5x", unit="ms", against="ms Postfix",
        **turns.columns(),
    )  # fmt: skip


# ── Row 4 ──────────────────────────────────────────────────────────────────────────────


def _slow_disk(scale: Scale, work: pathlib.Path) -> Iterator[Cell]:
    if shutil.which("cc") is None:
        yield missing(4, "no C compiler here for the 5 ms")
        return
    shim = work / "slow_flush.so"
    source = pathlib.Path(__file__).with_name("slow_flush.c")
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", shim, source, "-ldl"], check=True)
    with _servers(work / "slow", LD_PRELOAD=str(shim), **_FLUSH) as (ours, theirs):
        for connections in (10, 50):
            pairs = _pairs(scale, ours, theirs, _KB5, connections)
            yield _rate_cell(4, f"×{connections}", pairs, "2x")


# ── Row 5 ──────────────────────────────────────────────────────────────────────────────


def _latencies(scale: Scale, ours: gateway.Gateway, theirs: postfix.Postfix) -> Iterator[Cell]:
    seconds = scale.of(6, 1)
    for size in (_KB5,) if scale.quick else (_KB5, _KB200):
        quiet, busy = [], []
        for _ in range(scale.warm + scale.rounds):
            quiet.append(tuple(_latency(one, seconds, size) for one in (ours, theirs)))
            with _Rendering():
                busy.append(tuple(_latency(one, seconds, size) for one in (ours, theirs)))
        yield _latency_cell(_NAMES[size], "≤ 1.5x", quiet[scale.warm :])
        yield _busy_cell(_NAMES[size], quiet[scale.warm :], busy[scale.warm :])


def _latency(server: gateway.Gateway | postfix.Postfix, seconds: float, size: int) -> load.Latency:
    return load.steady(server.port, _RATE, seconds, size)


def _latency_cell(what: str, bar: str, pairs: list[tuple[load.Latency, load.Latency]]) -> Cell:
    turns = measure.Turns([a.p99 for a, _ in pairs], [b.p99 for _, b in pairs])
    medians = measure.Turns([a.median for a, _ in pairs], [b.median for _, b in pairs])
    return Cell(
        row=5, what=what, bar=bar, target="1.0x", unit="ms", against="ms Postfix",
        note=f"median {medians.our_median:.1f} ms, Postfix {medians.their_median:.1f} ms",
        **turns.columns(),
    )  # fmt: skip


def _busy_cell(
    size: str,
    quiet: list[tuple[load.Latency, load.Latency]],
    busy: list[tuple[load.Latency, load.Latency]],
) -> Cell:
    """Ours while two renderers are at work, against Postfix on the quiet machine."""
    crossed = [(ours, theirs) for (ours, _), (_, theirs) in zip(busy, quiet, strict=True)]
    cell = _latency_cell(f"{size} while rendering", "≤ 2x", crossed)
    beside = measure.Turns([a.p99 for a, _ in busy], [b.p99 for _, b in busy])
    note = f"Postfix beside the same rendering: p99 {beside.their_median:.1f} ms"
    return dataclasses.replace(cell, note=f"{note}, ours {beside.ratio:.2f}x of that")


class _Rendering:
    """Two renderers of another process at work without a pause, as a busy worker's are."""

    def __enter__(self) -> None:
        scan = papers.scan(2)
        command = [sys.executable, __file__, "--render", str(scan)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self._process.stdout.readline()

    def __exit__(self, *_: object) -> None:
        gateway.stop(self._process)


def _render_for_ever(scan: pathlib.Path) -> None:
    import rendering

    renderer = rendering.warm()
    part = rendering.part(scan)

    def work() -> None:
        while True:
            rendering.render(renderer, [part])

    for _ in range(2):
        threading.Thread(target=work, daemon=True).start()
    print("rendering", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    if "--render" in sys.argv:
        _render_for_ever(pathlib.Path(sys.argv[-1]))
    else:
        bench.alone(cells, ROWS)
