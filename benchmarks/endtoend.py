"""Rows 22 to 24: CPU of all of mailfax for one fax, from the mail to the receipt and back.

Listener and worker are the real roles, at their default pace, against the sandbox in a process of
its own, in plain HTTP and SMTP on loopback. CPU is that of both roles with their renderers,
between two moments when nothing was under way.
"""

import pathlib
import shutil
import time
from collections.abc import Callable, Iterator

import bench
import gateway
import hylafax
import measure
import papers
from measure import Scale
from table import Cell, missing

ROWS = frozenset({22, 23, 24})
_PATIENCE = 180.0


def cells(rows: frozenset[int], scale: Scale, work: pathlib.Path) -> Iterator[Cell]:
    """The cells of these rows."""
    if rows & ROWS:
        with gateway.Sandbox() as sandbox, _gateway(scale, work, sandbox) as ours:
            ours.start("listener")
            ours.start("worker")
            if 22 in rows:
                yield from _out(scale, sandbox, ours, work)
            if 23 in rows:
                yield _as_it_is(scale, sandbox, ours)
            if 24 in rows:
                yield _in(scale, sandbox, ours)


def _gateway(scale: Scale, work: pathlib.Path, sandbox: gateway.Sandbox) -> gateway.Gateway:
    return gateway.Gateway(work / "whole", sandbox, pace=0.05 if scale.quick else 1.0)


# ── Row 22 ─────────────────────────────────────────────────────────────────────────────


def _out(
    scale: Scale, sandbox: gateway.Sandbox, ours: gateway.Gateway, work: pathlib.Path
) -> Iterator[Cell]:
    theirs = None if hylafax.absent() else hylafax.HylaFax(work / "hylafax")
    _faxes(sandbox, ours, scale.of(10, 1))
    idle = _idle(scale, ours)
    count = scale.of(60, 3)
    turns = measure.in_turn(
        scale,
        lambda: _spent(ours, lambda: _faxes(sandbox, ours, count)) / count * 1000,
        _conversion(scale, theirs) if theirs else None,
    )
    hourly = 3600 / turns.our_median * 1000
    yield Cell(
        row=22, what="mail to receipt, 4 pages", bar="≤ 75 ms", target="45 ms", unit="ms",
        ours=turns.our_median,
        note=f"{hourly:,.0f} faxes per core and hour; idling costs {idle:.0f} ms a second",
    )  # fmt: skip
    yield Cell(
        row=22, what="vs HylaFAX's conversions alone", bar="≤ 0.6x", target="–", unit="ms",
        against="ms HylaFAX", note=hylafax.absent(), **turns.columns(),
    )  # fmt: skip


def _conversion(scale: Scale, theirs: hylafax.HylaFax) -> Callable[[], float]:
    times = scale.of(5, 1)
    return lambda: sum(theirs.convert() for _ in range(times)) / times * 1000


def _faxes(
    sandbox: gateway.Sandbox, ours: gateway.Gateway, count: int, number: str = gateway.NUMBER
) -> None:
    """Send mails; back when each has its receipt."""
    before, mark = sandbox.mails(), time.time_ns()
    for serial in range(count):
        ours.send(papers.mail(f"{mark}.{serial}"), number)
    gateway.wait_until(before + count, _PATIENCE, sandbox.mails)


def _spent(ours: gateway.Gateway, action: Callable[[], object]) -> float:
    before = measure.cpu(*ours.pids)
    action()
    return measure.cpu(*ours.pids) - before


def _idle(scale: Scale, ours: gateway.Gateway) -> float:
    """Milliseconds of CPU a second when there is nothing to do."""
    seconds = scale.of(5, 1)
    return _spent(ours, lambda: time.sleep(seconds)) / seconds * 1000


# ── Row 23 ─────────────────────────────────────────────────────────────────────────────


def _as_it_is(scale: Scale, sandbox: gateway.Sandbox, ours: gateway.Gateway) -> Cell:
    count = scale.of(60, 3)
    _faxes(sandbox, ours, scale.of(10, 1), gateway.AS_IT_IS)
    spent = _spent(ours, lambda: _faxes(sandbox, ours, count, gateway.AS_IT_IS))
    return Cell(
        row=23, what="mail to receipt, the PDF as it is", bar="≤ 25 ms", target="13 ms",
        unit="ms", ours=spent / count * 1000,
    )  # fmt: skip


# ── Row 24 ─────────────────────────────────────────────────────────────────────────────


def _in(scale: Scale, sandbox: gateway.Sandbox, ours: gateway.Gateway) -> Cell:
    """Faxes wait at the provider; the next look into the box brings them all.

    What idling cost until that look is taken off: it is the poll's pause, not the faxes'.
    """
    if shutil.which("gs") is None:
        return missing(24, "no gs here to make the fax")
    count, idle = scale.of(200, 3), _idle(scale, ours)
    before, began = measure.cpu(*ours.pids), time.monotonic()
    waited = _received(sandbox, ours, count) - began
    spent = (measure.cpu(*ours.pids) - before) * 1000 - idle * waited
    return Cell(
        row=24, what="fax of 3 pages to mail", bar="≤ 10 ms", target="5 ms", unit="ms",
        ours=spent / count, note=f"{idle * waited:.0f} ms of idling before the poll taken off",
    )  # fmt: skip


def _received(sandbox: gateway.Sandbox, ours: gateway.Gateway, count: int) -> float:
    """Let faxes come in; back when each is mailed, with the moment of the first mail."""
    before, pages = sandbox.mails(), papers.fax(3).read_bytes()
    for _ in range(count):
        sandbox.ring(ours.kind, pages)
    gateway.wait_until(before + 1, _PATIENCE, sandbox.mails)
    first = time.monotonic()
    gateway.wait_until(before + count, _PATIENCE, sandbox.mails)
    return first


if __name__ == "__main__":
    bench.alone(cells, ROWS)
