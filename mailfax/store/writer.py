"""One thread that accepts mails for all: it takes whatever waits and commits it at once.

While one commit waits for the disk, the next batch gathers by itself, so the number of flushes
does not grow with the number of clients, and a lone client waits for nobody.
"""

import dataclasses
import queue
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
    """Group commit for `Mails.accept`; `begin` may be called by many threads at once."""

    def __init__(self, ledger: mails.Mails) -> None:
        self._mails = ledger
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._running = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        """Begin to accept."""
        self._running = True
        self._thread.start()

    def stop(self) -> None:
        """Accept what already waits, refuse what comes after, and end."""
        with self._lock:
            self._running = False
            self._waiting.put(None)
        self._thread.join()

    def begin(self, acceptance: mails.Acceptance) -> futures.Future[mails.Accepted]:
        """A promise, kept once the mail is durable, in a commit shared with others who wait.

        Raises Temporary when the writer is not running; the promise, when it was not accepted.
        """
        answer: futures.Future[mails.Accepted] = futures.Future()
        with self._lock:
            if not self._running:
                raise errors.Temporary("no mail is accepted now: the service is stopping")
            self._waiting.put(_Waiting(acceptance, answer))
        return answer

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
        first = self._waiting.get()
        batch = [first] if first else []
        while first and len(batch) < BATCH and not self._waiting.empty():
            following = self._waiting.get()
            if following is None:
                self._waiting.put(None)
                break
            batch.append(following)
        return batch

    def _accept_singly(self, batch: Sequence[_Waiting]) -> None:
        """One mail that cannot be written refuses only itself.

        A commit whose answer was lost is found done: the ids are the clients' own.
        """
        for waiting in batch:
            try:
                waiting.answer.set_result(self._mails.accept([waiting.acceptance])[0])
            except Exception as error:  # noqa: BLE001 - whoever waits for it raises it
                waiting.answer.set_exception(error)
