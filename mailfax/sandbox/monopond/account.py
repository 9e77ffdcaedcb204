"""The one account of the service: its messages and its saved documents."""

import dataclasses
import datetime
import itertools
import threading
from collections.abc import Callable, Iterable, Sequence

from mailfax.sandbox import _calls, _exchange, _twin
from mailfax.sandbox._calls import Call, File
from mailfax.sandbox.monopond import messages
from mailfax.sandbox.monopond.arguments import References
from mailfax.sandbox.monopond.messages import Message

FIRST = ("61255500100", "61255500101")
"""Numbers of the account, of the Australian plan's range for fiction."""
_KEPT = datetime.timedelta(days=10)
"""What a saved document lives (newer manuals; older ones say 30 days)."""
_MAX_MESSAGES = 20_000
_MAX_DOCUMENTS = 200


@dataclasses.dataclass(frozen=True, slots=True)
class Saved:
    """A document under its reference."""

    file: File
    expires: datetime.datetime


class Account:
    """What operations work on. Hold `lock` from looking at something to changing it."""

    def __init__(
        self, provider: str, around: _twin.Surroundings, done: Callable[[Message], None]
    ) -> None:
        """`done` is called with each message that is done."""
        self.provider = provider
        self.around = around
        self._done = done
        self.lock = threading.RLock()
        self._ids = itertools.count(1)
        self._messages: dict[int, Message] = {}
        self._saved: dict[str, Saved] = {}

    def reset(self) -> None:
        """Forget everything."""
        with self.lock:
            self._messages.clear()
            self._saved.clear()

    @property
    def exchange(self) -> _exchange.Exchange:
        """The network."""
        return self.around.exchange

    def now(self) -> datetime.datetime:
        """The time by the network's clock."""
        return self.exchange.now()

    # Messages

    def next_id(self) -> int:
        """For a new message."""
        return next(self._ids)

    def keep(self, message: Message) -> None:
        """Remember a message, and no more than so many."""
        with self.lock:
            self._messages[message.id] = message
            while len(self._messages) > _MAX_MESSAGES:
                del self._messages[next(iter(self._messages))]

    def message(self, identifier: int) -> Message | None:
        """The message with this identifier, if the network still knows its calls."""
        with self.lock:
            message = self._messages.get(identifier)
            return message if message and self._known(message) else None

    def messages(self) -> list[Message]:
        """All whose calls the network still knows, oldest first."""
        with self.lock:
            return [message for message in self._messages.values() if self._known(message)]

    def _known(self, message: Message) -> bool:
        return all(self.exchange.call(attempt.call.id) for attempt in message.attempts)

    def find(self, wanted: References) -> list[Message]:
        """Those that all given references fit; a reference may be on many."""
        return [
            message
            for message in self.messages()
            if (not wanted.messages or message.message_ref in wanted.messages)
            and wanted.send in {"", message.send_ref}
            and wanted.broadcast in {"", message.broadcast_ref}
        ]

    def calls(self, message: Message) -> list[Call]:
        """The calls of a message's attempts; as it was ordered, one that is forgotten."""
        return [self.exchange.call(attempt.call.id) or attempt.call for attempt in message.attempts]

    def status(self, message: Message) -> str:
        """How a message stands now."""
        return messages.status(message, self.calls(message), self.now())

    def attempt(self, message: Message, files: Sequence[File], start: datetime.datetime) -> None:
        """Let the network call for this message, not before `start`."""
        call = self.exchange.order(
            self.provider,
            f"+{message.send_to}",
            files,
            reference=message.message_ref,
            memo={"message": str(message.id)},
            start=start,
            latest=message.latest,
        )
        message.attempts.append(messages.Attempt(call, start))

    def tell(self, message: Message, time: datetime.datetime) -> None:
        """Let it be told, when it is time, that a message is done."""
        self.exchange.at(time, lambda: self._done(message))

    def pause(self, message: Message) -> None:
        """Let its call wait, unless it is already made."""
        if self.exchange.postpone(message.attempts[-1].call.id, _calls.NEVER):
            message.paused, message.resumed = self.now(), None

    def resume(self, message: Message) -> None:
        """Let its call be made when it was to be, or now."""
        now = self.now()
        if self.exchange.postpone(message.attempts[-1].call.id, max(now, message.start)):
            message.paused, message.resumed = None, now

    def stop(self, message: Message) -> None:
        """End it, unless its call is already made."""
        if self.exchange.cancel(message.attempts[-1].call.id):
            message.stopped = self.now()

    # Saved documents

    def saved(self, reference: str) -> File | None:
        """The document saved under this reference."""
        with self.lock:
            found = self._saved.get(reference)
            return found.file if found and self.now() < found.expires else None

    def save(self, reference: str, file: File) -> None:
        """Save a document."""
        with self.lock:
            self._saved[reference] = Saved(file, self.now() + _KEPT)
            while len(self._saved) > _MAX_DOCUMENTS:
                del self._saved[next(iter(self._saved))]

    def discard(self, references: Iterable[str]) -> None:
        """Delete documents."""
        with self.lock:
            for reference in references:
                self._saved.pop(reference, None)

    def owns(self, number: str) -> bool:
        """Whether this number, digits with country code, is ours."""
        return any(line.did == f"+{number}" for line in self.exchange.lines(self.provider))
