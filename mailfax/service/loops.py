"""Threads that repeat a step, leases kept alive beside them, and the signals that end them."""

import contextlib
import gc
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import structlog

from mailfax import errors

LISTEN = 0.5  # seconds between two thoughts of stopping
GRACE = 10.0  # seconds a role has to finish what it is doing after SIGTERM

_log = structlog.get_logger("service")


def on_signals(stop: Callable[[], None], reload: Callable[[], None]) -> None:
    """SIGTERM and SIGINT stop, SIGHUP reloads."""
    signal.signal(signal.SIGTERM, lambda *_: stop())
    signal.signal(signal.SIGINT, lambda *_: stop())
    signal.signal(signal.SIGHUP, lambda *_: reload())


class Loops:
    """Named threads that repeat a step until told to stop; a step says how much it did."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.busy = threading.Event()
        """Set when a step has done something, which may be work for another."""
        self._threads: list[threading.Thread] = []

    def add(self, name: str, step: Callable[[], int], pause: float) -> None:
        """Repeat `step`, resting `pause` seconds whenever it found nothing to do."""
        thread = threading.Thread(target=self._repeat, args=(name, step, pause), name=name)
        self._threads.append(thread)

    def wait_for(self, name: str, step: Callable[[], int], bell: threading.Event) -> None:
        """Repeat `step` for as long as it finds something, whenever the bell has been rung."""
        thread = threading.Thread(target=self._await, args=(name, step, bell), name=name)
        self._threads.append(thread)

    def run(self, before_end: Callable[[], None] = lambda: None) -> None:
        """Start all, wait for the word, give them GRACE to finish after `before_end`.

        What is loaded by now stays for good: the collector need not look at it again and again.
        """
        gc.collect()
        gc.freeze()
        for thread in self._threads:
            thread.daemon = True
            thread.start()
        self.stopping.wait()
        before_end()
        deadline = time.monotonic() + GRACE
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _await(self, name: str, step: Callable[[], int], bell: threading.Event) -> None:
        while not self.stopping.is_set():
            if bell.wait(LISTEN):
                bell.clear()
                while self._try(name, step) and not self.stopping.is_set():
                    self.busy.set()

    def _repeat(self, name: str, step: Callable[[], int], pause: float) -> None:
        while not self.stopping.is_set():
            if not self._try(name, step):
                self.stopping.wait(pause)

    def _try(self, name: str, step: Callable[[], int]) -> int:
        try:
            return step()
        except errors.MailfaxError as error:
            _log.warning("step failed", loop=name, error=str(error))
        except Exception:  # noqa: BLE001 - the service goes on
            _log.exception("step failed unforeseen", loop=name)
        return 0


class Heartbeat:
    """Renews the leases of the rows in hand, at a third of their length."""

    def __init__(self, renew: Callable[[Sequence[Any], float], object], lease: float) -> None:
        self._renew = renew
        self._lease = lease
        self._rows: dict[str, Any] = {}
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def keeping(self, rows: Sequence[Any]) -> Iterator[None]:
        """Keep these rows ours for as long as the block runs."""
        with self._lock:
            self._rows |= {row.id: row for row in rows}
        try:
            yield
        finally:
            with self._lock:
                for row in rows:
                    self._rows.pop(row.id, None)

    def step(self) -> int:
        """Renew once."""
        with self._lock:
            rows = list(self._rows.values())
        if rows:
            self._renew(rows, self._lease)
        return 0
