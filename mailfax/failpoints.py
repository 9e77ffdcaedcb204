"""Named places where a test can make this process die, fail or wait.

Off unless MAILFAX_FAILPOINTS is set when the process starts:
`name=kill`, `name=error`, `name=delay:SECONDS`, each with `@N` for the Nth hit only
(first without), separated by commas. `kill` is SIGKILL to this very process.
"""

import collections
import os
import signal
import time

_VARIABLE = "MAILFAX_FAILPOINTS"


def _read(text: str) -> dict[str, tuple[str, int]]:
    points = {}
    for item in filter(None, text.split(",")):
        name, _, action = item.partition("=")
        action, _, nth = action.partition("@")
        points[name] = (action, int(nth or 1))
    return points


_points = _read(os.environ.get(_VARIABLE, ""))
_hits: collections.Counter[str] = collections.Counter()


def hit(name: str) -> None:
    """Pass the place called `name`; nothing happens unless the environment asks for it."""
    if name not in _points:
        return
    _hits[name] += 1
    action, nth = _points[name]
    if _hits[name] == nth:
        _act(name, action)


def _act(name: str, action: str) -> None:
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action == "error":
        raise OSError(f"fail point {name}")
    if action.startswith("delay:"):
        time.sleep(float(action.removeprefix("delay:")))
