"""How things are measured: ours and the yardstick in turn, ratios round by round, then the median.

CPU and memory are those of whole process trees, read from /proc: what a process has used itself
and what its children that have ended used, for it and for every descendant that still lives.
"""

import dataclasses
import os
import pathlib
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Self

_TICK = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass(frozen=True, slots=True)
class Scale:
    """How long to measure: in full, or a smoke slice."""

    quick: bool

    def of(self, full: int, quick: int) -> int:
        """One of the two."""
        return quick if self.quick else full

    @property
    def rounds(self) -> int:
        """Rounds of a pair that are counted."""
        return self.of(5, 1)

    @property
    def warm(self) -> int:
        """Rounds before them that are not."""
        return self.of(1, 0)


@dataclasses.dataclass(frozen=True, slots=True)
class Turns:
    """Figures of ours and of the yardstick, round by round."""

    ours: Sequence[float]
    theirs: Sequence[float]

    @property
    def our_median(self) -> float:
        """Ours."""
        return statistics.median(self.ours)

    @property
    def their_median(self) -> float | None:
        """The yardstick's, if there was one."""
        return statistics.median(self.theirs) if self.theirs else None

    @property
    def ratio(self) -> float | None:
        """Median of ours to theirs."""
        if not self.theirs:
            return None
        return statistics.median(a / b for a, b in zip(self.ours, self.theirs, strict=True) if b)

    def columns(self) -> dict[str, float | None]:
        """As a table's cell wants them."""
        return {"ours": self.our_median, "yardstick": self.their_median, "ratio": self.ratio}


def in_turn(
    scale: Scale, ours: Callable[[], float], theirs: Callable[[], float] | None = None
) -> Turns:
    """A B A B …; the first round warms up and is dropped."""
    count = scale.warm + scale.rounds
    kept = [(ours(), theirs() if theirs else 0.0) for _ in range(count)][scale.warm :]
    return Turns([a for a, _ in kept], [b for _, b in kept] if theirs else [])


def seconds(action: Callable[[], object]) -> float:
    """Wall time of one call."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


@dataclasses.dataclass(frozen=True, slots=True)
class Ran:
    """A command that has ended: wall and CPU seconds, with its children's."""

    wall: float
    cpu: float


def run(command: Sequence[str], **options: object) -> Ran:
    """Run a command to its end. Raises CalledProcessError with what it said when it fails."""
    began = time.perf_counter()
    with subprocess.Popen(
        list(map(str, command)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        **options,
    ) as process:
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=said)
    wall = time.perf_counter() - began
    return Ran(wall, used.ru_utime + used.ru_stime)


# ── Process trees ──────────────────────────────────────────────────────────────────────


def tree(pid: int) -> Iterator[int]:
    """This process and all that descend from it."""
    yield pid
    try:
        threads = list(pathlib.Path(f"/proc/{pid}/task").iterdir())
        children = [(thread / "children").read_text() for thread in threads]
    except OSError:
        return
    for child in " ".join(children).split():
        yield from tree(int(child))


def cpu(*pids: int) -> float:
    """CPU seconds used so far by these trees."""
    return sum(_ticks(one) for pid in pids for one in tree(pid)) / _TICK


def _ticks(pid: int) -> int:
    """utime, stime, cutime and cstime of proc(5)."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, fields[11:15]))


def memory(pid: int, line: str = "VmRSS") -> int:
    """Octets of resident memory now, or at the highest (`VmHWM`); 0 when the process is gone."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = [text.split()[1] for text in status.splitlines() if text.startswith(f"{line}:")]
    return int(found[0]) * 1024 if found else 0


def cpu_of(action: Callable[[], object], times: int) -> float:
    """CPU seconds of one call in this process and all below it, on average."""
    before = cpu(os.getpid())
    for _ in range(times):
        action()
    return (cpu(os.getpid()) - before) / times


class Peaks:
    """Watches the memory of processes that begin below this one while a block runs."""

    def __init__(self) -> None:
        self._old = set(tree(os.getpid()))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak = 0
        """Octets of the largest of them, at its highest."""
        below = sorted(memory(pid) // 2**20 for pid in self._old - {os.getpid()})
        self.before = ", ".join(f"{size} MB" for size in below if size > 5)
        """What was there already."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.005):
            new = set(tree(os.getpid())) - self._old
            self.peak = max([self.peak, *(memory(pid, "VmHWM") for pid in new)])
