"""The one pretend telephone network behind all services, and its clock.

A service orders calls here and is told when they end; somebody rings one of its numbers
and it is told of the received fax. What happens to a call is decided by the last four
digits dialled, and by nothing else (`_calls.BEHAVIOURS`). Times are pretend times, aware, in UTC.
"""

import collections
import dataclasses
import datetime
import functools
import hashlib
import heapq
import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from mailfax.sandbox import _calls, _pages
from mailfax.sandbox._calls import Call, File, Line, Received

_MAX_CALLS = 20_000
_MAX_BYTES = 512 * 1024 * 1024
"""Of documents kept; the oldest lose theirs first, their records stay."""
_FIRST_ID_EPOCH = 1_600_000_000
_DAY = 86_400.0


class Unreachable(Exception):
    """A call to one of our numbers that cannot come through; the text says why."""


class Busy(Unreachable):
    """The number is one of ours, and switched off."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """What a service wants to be told, outside of any lock; the exchange waits for neither."""

    ended: Callable[[Call], None] = lambda _call: None
    rang: Callable[[Received], None] = lambda _fax: None


class Exchange:
    """The network: orders, calls, our numbers, received faxes, and the clock of all.

    Safe to use from any thread. `start` runs one thread that tells listeners of ended
    calls; `close` ends it.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ids = itertools.count(int(time.time()) - _FIRST_ID_EPOCH)
        self._errands = itertools.count()
        self._listeners: dict[str, Listener] = {}
        self._thread = threading.Thread(target=self._tell, name="sandbox-exchange", daemon=True)
        self._closed = False
        self._clear()

    def _clear(self) -> None:
        self._start = (datetime.datetime.now(datetime.UTC), time.monotonic())
        self._shift = datetime.timedelta(0)
        self._held: datetime.datetime | None = None
        self._calls: dict[int, Call] = {}
        self._received: dict[int, Received] = {}
        self._lines: dict[str, Line] = {}
        self._ordered: collections.Counter[str] = collections.Counter()
        self._due: list[tuple[datetime.datetime, int, Callable[[], None]]] = []
        self._kept = collections.deque[int]()
        self._bytes = 0

    def start(self) -> None:
        """Begin to tell listeners of ended calls."""
        self._thread.start()

    def close(self) -> None:
        """Stop telling; no listener is called afterwards."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()

    def reset(self) -> None:
        """Forget all calls, received faxes, numbers, and what the clock was told.

        Identifiers go on counting, as no service ever gives one out twice.
        """
        with self._changed:
            self._clear()
            self._changed.notify_all()

    # The clock

    def now(self) -> datetime.datetime:
        """Pretend time, which runs like real time unless it is held or advanced."""
        with self._changed:
            return self._now()

    @property
    def held(self) -> bool:
        """Whether pretend time stands still."""
        with self._changed:
            return self._held is not None

    def hold(self, on: bool) -> None:
        """Stop pretend time, or let it run on from where it stands."""
        with self._changed:
            now = self._now()
            self._held = now if on else None
            if not on:
                self._shift += now - self._now()
            self._changed.notify_all()

    def advance(self, seconds: float) -> None:
        """Put pretend time forward, held or not; `seconds` is not negative."""
        step = datetime.timedelta(seconds=seconds)
        with self._changed:
            if self._held is None:
                self._shift += step
            else:
                self._held += step
            self._changed.notify_all()

    def _now(self) -> datetime.datetime:
        if self._held is not None:
            return self._held
        begun, monotonic = self._start
        return begun + self._shift + datetime.timedelta(seconds=time.monotonic() - monotonic)

    # Faxes out

    def order(
        self,
        provider: str,
        number: str,
        files: Sequence[File] | None,
        *,
        reference: str = "",
        memo: Mapping[str, str] | None = None,
        start: datetime.datetime | None = None,
        latest: datetime.datetime | None = None,
    ) -> Call:
        """Ask for a call to `number` (E.164 with its plus).

        Without files the call waits, queued, until `fill` brings them. Without a reference
        the call's id is its reference. It is not dialled before `start`, and cancelled when
        it is not by `latest`. The answer is the call as it was ordered; `call` tells how it
        stands.
        """
        with self._changed:
            fax = next(self._ids)
            call = Call(
                id=fax,
                provider=provider,
                reference=reference or str(fax),
                number=number,
                memo=dict(memo or {}),
                accepted=self._now(),
                behaviour=self._behaviour(number),
                latest=latest,
            )
            self._calls[fax] = call
            self._forget_oldest()
        if files is not None:
            self.fill(fax, files, start)
        return call

    def fill(self, fax: int, files: Sequence[File], start: datetime.datetime | None = None) -> None:
        """Bring the document of a waiting call; none or an unreadable one lets it fail."""
        try:
            pages = sum(_pages.count(file.kind, file.data) for file in files)
        except _pages.Unreadable:
            pages = 0
        behaviour = None if pages else _calls.CONVERSION_FAILED
        sha256 = _digest(files)
        with self._changed:
            call = self._calls.get(fax)
            if call is None or call.ended is not None:
                return
            filled = dataclasses.replace(
                call,
                files=tuple(files),
                size=sum(len(file.data) for file in files),
                sha256=sha256,
                pages=pages,
                behaviour=behaviour if behaviour and call.behaviour.dials else call.behaviour,
            )
            self._keep(_calls.planned(filled, self._now(), start))
            self._drop_documents(filled)

    def call(self, fax: int) -> Call | None:
        """The call with this id."""
        with self._changed:
            return self._calls.get(fax)

    def calls(self, provider: str | None = None) -> list[Call]:
        """All calls, or those of one service, oldest first."""
        with self._changed:
            return [c for c in self._calls.values() if provider in {None, c.provider}]

    def postpone(self, fax: int, start: datetime.datetime) -> bool:
        """Let a queued call be dialled at another time, or `NEVER`; False when it is too late."""
        with self._changed:
            call, now = self._calls.get(fax), self._now()
            if call is None or call.converted is None or call.state(now) != "queued":
                return False
            self._keep(_calls.planned(call, now, start))
            return True

    def cancel(self, fax: int) -> bool:
        """Stop a call that is still queued; False when it is too late."""
        with self._changed:
            call, now = self._calls.get(fax), self._now()
            if call is None or call.state(now) != "queued":
                return False
            self._keep(
                dataclasses.replace(call, behaviour=_calls.CANCELLED, started=None, ended=now),
            )
            return True

    def _behaviour(self, number: str) -> _calls.Behaviour:
        if number.endswith(_calls.BUSY_ONCE):
            self._ordered[number] += 1
            return _calls.BUSY if self._ordered[number] == 1 else _calls.ANSWERS
        return _calls.BEHAVIOURS.get(number[-4:], _calls.ANSWERS)

    def _keep(self, call: Call) -> None:
        self._calls[call.id] = call
        if call.ended is not None:
            end = functools.partial(self._end, call.provider, call.id, call.ended)
            self.at(call.ended, end)
        self._changed.notify_all()

    def _forget_oldest(self) -> None:
        while len(self._calls) > _MAX_CALLS:
            oldest = self._calls.pop(next(iter(self._calls)))
            if oldest.files:
                self._kept.remove(oldest.id)
                self._bytes -= oldest.size

    def _drop_documents(self, newest: Call) -> None:
        if newest.files:
            self._kept.append(newest.id)
        self._bytes += newest.size
        while self._bytes > _MAX_BYTES and len(self._kept) > 1:
            oldest = self._kept.popleft()
            call = self._calls[oldest]
            self._calls[oldest] = dataclasses.replace(call, files=())
            self._bytes -= call.size

    # Faxes in

    def assign(self, provider: str, did: str) -> bool:
        """Give a number to a service's account; False when it is taken."""
        with self._changed:
            if did in self._lines:
                return False
            self._lines[did] = Line(did=did, provider=provider)
            return True

    def release(self, provider: str, did: str) -> bool:
        """Take a number back; False when the account does not have it."""
        with self._changed:
            if self._line(provider, did) is None:
                return False
            del self._lines[did]
            return True

    def switch(self, provider: str, did: str, on: bool) -> bool:
        """Let a number be busy for callers, or not; False when the account does not have it."""
        with self._changed:
            if (line := self._line(provider, did)) is None:
                return False
            self._lines[did] = dataclasses.replace(line, enabled=on)
            return True

    def lines(self, provider: str | None = None) -> list[Line]:
        """All our numbers, or those of one account."""
        with self._changed:
            return [x for x in self._lines.values() if provider in {None, x.provider}]

    def _line(self, provider: str, did: str) -> Line | None:
        line = self._lines.get(did)
        return line if line is not None and line.provider == provider else None

    def ring(self, provider: str, did: str, caller: str, tsid: str, data: bytes) -> Received:
        """Call one of our numbers and send it a TIFF or PDF, at once.

        Raises `Unreachable` when the number is not the account's, is busied out, or the
        document is neither TIFF nor PDF.
        """
        kind, pages = _fax(data)
        with self._changed:
            line, now = self._line(provider, did), self._now()
            if line is None:
                raise Unreachable(f"{did} is not a number of {provider}")
            if not line.enabled:
                raise Busy(f"{did} is switched off: the caller hears busy")
            fax = Received(
                id=next(self._ids),
                provider=provider,
                did=did,
                caller=caller,
                tsid=tsid,
                data=data,
                kind=kind,
                pages=pages,
                started=now - _calls.PAGE * pages,
                received=now,
            )
            self._received[fax.id] = fax
            self._drop_received()
            listener = self._listeners.get(provider, Listener())
        listener.rang(fax)
        return fax

    def received(self, provider: str) -> list[Received]:
        """Faxes that came in for one account, oldest first, discarded ones included."""
        with self._changed:
            return [fax for fax in self._received.values() if fax.provider == provider]

    def discard(self, provider: str, fax_id: int) -> bool:
        """Delete a received fax; False when the account has none such."""
        with self._changed:
            fax = self._received.get(fax_id)
            if fax is None or fax.provider != provider or fax.discarded:
                return False
            self._received[fax_id] = dataclasses.replace(fax, data=b"", discarded=True)
            return True

    def _drop_received(self) -> None:
        while len(self._received) > _MAX_CALLS:
            del self._received[next(iter(self._received))]
        kept = sum(len(fax.data) for fax in self._received.values())
        for fax in list(self._received.values())[:-1]:
            if kept <= _MAX_BYTES:
                return
            self._received[fax.id] = dataclasses.replace(fax, data=b"")
            kept -= len(fax.data)

    # Telling

    def listen(self, provider: str, listener: Listener) -> None:
        """Let a service be told of its calls' ends and of its received faxes."""
        with self._changed:
            self._listeners[provider] = listener

    def at(self, time: datetime.datetime, errand: Callable[[], None]) -> None:
        """Do something short when it is `time`, on the thread that tells; forgotten by reset."""
        with self._changed:
            heapq.heappush(self._due, (time, next(self._errands), errand))
            self._changed.notify_all()

    def _tell(self) -> None:
        while True:
            with self._changed:
                while not self._closed and not (due := self._due_by_now()):
                    self._changed.wait(self._patience())
                if self._closed:
                    return
            for errand in due:
                errand()

    def _due_by_now(self) -> list[Callable[[], None]]:
        now, due = self._now(), []
        while self._due and self._due[0][0] <= now:
            due.append(heapq.heappop(self._due)[2])
        return due

    def _end(self, provider: str, fax: int, ended: datetime.datetime) -> None:
        with self._changed:
            call, listener = self._calls.get(fax), self._listeners.get(provider)
        if call is not None and call.ended == ended and listener is not None:
            listener.ended(call)

    def _patience(self) -> float | None:
        """Seconds of real time until something is due; None: until something changes."""
        if self._held is not None or not self._due:
            return None
        return min(_DAY, max(0.0, (self._due[0][0] - self._now()).total_seconds()))


def _digest(files: Sequence[File]) -> str:
    """SHA-256 of the files' bytes in order."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.data)
    return digest.hexdigest()


def _fax(data: bytes) -> tuple[str, int]:
    kind = _pages.kind(data)
    if kind is None:
        raise Unreachable("a fax comes in as TIFF or PDF, and this is neither")
    try:
        return kind, _pages.count(kind, data)
    except _pages.Unreadable as error:
        raise Unreachable(f"the fax cannot be read: {error}") from None
