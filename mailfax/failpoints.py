"""Named places where a test can make this process die, stand still, fail or wait.

Off unless MAILFAX_FAILPOINTS is set when the process starts:
`name=kill`, `name=stop`, `name=error`, `name=delay:SECONDS`, each with `@N` for the Nth hit only
(first without), separated by commas. `kill` is SIGKILL to this very process, `stop` is SIGSTOP.

Hits are counted by each process for itself, so that a process started again would die again.
MAILFAX_FAILPOINTS_ONCE names a folder in which each place leaves a file, its name the place's and
its text the process's id, before it acts for the first and only time.
"""

import collections
import os
import pathlib
import signal
import threading
import time

_VARIABLE = "MAILFAX_FAILPOINTS"
_ONCE = "MAILFAX_FAILPOINTS_ONCE"


def _read(text: str) -> dict[str, tuple[str, int]]:
    points = {}
    for item in filter(None, text.split(",")):
        name, _, action = item.partition("=")
        action, _, nth = action.partition("@")
        points[name] = (action, int(nth or 1))
    return points


_points = _read(os.environ.get(_VARIABLE, ""))
_hits: collections.Counter[str] = collections.Counter()
_lock = threading.Lock()


def hit(name: str) -> None:
    """Pass the place called `name`; nothing happens unless the environment asks for it."""
    if name not in _points:
        return
    action, nth = _points[name]
    with _lock:
        _hits[name] += 1
        due = _hits[name] == nth
    if due and _first(name):
        _act(name, action)


def _first(name: str) -> bool:
    """Whether no process has acted at this place before, as far as anybody keeps a record."""
    folder = os.environ.get(_ONCE)
    if folder is None:
        return True
    try:
        with (pathlib.Path(folder) / name).open("x", encoding="ascii") as file:
            file.write(str(os.getpid()))
    except FileExistsError:
        return False
    return True


def _act(name: str, action: str) -> None:
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(0.1)  # the signal may reach another thread first: this one goes no further
    if action == "error":
        raise OSError(f"fail point {name}")
    if action.startswith("delay:"):
        time.sleep(float(action.removeprefix("delay:")))
