"""One thread that accepts mails for all: it takes whatever waits and commits it at once.

While one commit waits for the disk, the next batch gathers by itself, so the number of flushes
does not grow with the number of clients, and a lone client waits for nobody.
"""

import collections
import dataclasses
import threading
from collections.abc import Sequence
from concurrent import futures

from mailfax import errors
from mailfax.store import mails

BATCH = 200
"""Mails in one commit at the most: 13 MB when all are as large as a small mail may be."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Waiting:
    acceptance: mails.Acceptance
    answer: futures.Future[mails.Accepted]


class Writer:
    """Group commit for `Mails.accept`; `accept` may be called by many threads at once."""

    def __init__(self, ledger: mails.Mails) -> None:
        self._mails = ledger
        self._waiting: collections.deque[_Waiting] = collections.deque()
        self._changed = threading.Condition()
        self._running = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        """Begin to accept."""
        self._running = True
        self._thread.start()

    def stop(self) -> None:
        """Accept what already waits, refuse what comes after, and end."""
        with self._changed:
            self._running = False
            self._changed.notify()
        self._thread.join()

    def accept(self, acceptance: mails.Acceptance) -> mails.Accepted:
        """Return once the mail is durable, in a commit shared with others who waited.

        Raises Temporary when it was not accepted.
        """
        waiting = _Waiting(acceptance, futures.Future())
        with self._changed:
            if not self._running:
                raise errors.Temporary("no mail is accepted now: the service is stopping")
            self._waiting.append(waiting)
            self._changed.notify()
        return waiting.answer.result()

    def _run(self) -> None:
        while batch := self._take():
            try:
                accepted = self._mails.accept([waiting.acceptance for waiting in batch])
            except Exception:  # noqa: BLE001 - each of them is told below
                self._accept_singly(batch)
            else:
                for waiting, answer in zip(batch, accepted, strict=True):
                    waiting.answer.set_result(answer)

    def _take(self) -> Sequence[_Waiting]:
        """What waits now; blocks while nothing does; empty once stopped."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or not self._running)
            size = min(BATCH, len(self._waiting))
            return [self._waiting.popleft() for _ in range(size)]

    def _accept_singly(self, batch: Sequence[_Waiting]) -> None:
        """One mail that cannot be written refuses only itself.

        A commit whose answer was lost is found done: the ids are the clients' own.
        """
        for waiting in batch:
            try:
                waiting.answer.set_result(self._mails.accept([waiting.acceptance])[0])
            except Exception as error:  # noqa: BLE001 - the caller's thread raises it
                waiting.answer.set_exception(error)
