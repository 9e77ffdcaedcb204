"""One process per role, started again when it dies."""

import ctypes
import pathlib
import signal
import subprocess
import sys
import threading
import time

import structlog

from mailfax.service import loops

ROLES = ("listener", "worker", "web", "mailbox")

_log = structlog.get_logger("service")


class Supervisor:
    """Keeps one process per role alive; a role that dies young is started ever more slowly."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path
        self._stop = threading.Event()
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def run(self) -> None:
        """Start the roles, mind them, and stop them all when told to."""
        roles = _prepare(self._path)
        loops.on_signals(self._stop.set, lambda: self._tell(signal.SIGHUP))
        minders = [threading.Thread(target=self._mind, args=(role,)) for role in roles]
        for minder in minders:
            minder.start()
        self._stop.wait()
        self._tell(signal.SIGTERM)
        for minder in minders:
            minder.join(loops.GRACE + 5)
        self._tell(signal.SIGKILL)

    def _mind(self, role: str) -> None:
        pause = 0.2
        while not self._stop.is_set():
            started = time.monotonic()
            self._children[role] = child = _spawn(role, self._path)
            code = child.wait()
            if self._stop.is_set():
                return
            pause = 0.2 if time.monotonic() - started > 10 else min(pause * 2, 10.0)
            _log.error("role ended", role=role, code=code, again_in=pause)
            self._stop.wait(pause)

    def _tell(self, what: signal.Signals) -> None:
        for child in self._children.values():
            if child.poll() is None:
                child.send_signal(what)


def _prepare(path: pathlib.Path) -> list[str]:
    """Before any role starts: config and rules without a problem, a store that is sound.

    In a process of its own, so that the supervisor stays small; it says itself what is wrong,
    and which roles the config asks for.
    """
    preparing = _spawn("prepare", path, stdout=subprocess.PIPE)
    roles, _ = preparing.communicate()
    if preparing.returncode:
        raise SystemExit(preparing.returncode)
    return roles.decode("ascii").split()


def _spawn(role: str, path: pathlib.Path, stdout: int | None = None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "mailfax.service", "--role", role, "--config", str(path)]
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        preexec_fn=_die_with_parent,  # noqa: PLW1509
    )


def _die_with_parent() -> None:
    """A role whose supervisor was killed gets SIGTERM (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
