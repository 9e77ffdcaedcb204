"""Faxes as the service tells of them: a message with its attempts, and its status by the clock.

The words are the service's (facts, section 5); how long each lasts is inference, fitted into
the pretend network's times. An attempt is one call of the network.
"""

import dataclasses
import datetime
from collections.abc import Sequence

from mailfax.sandbox import _calls
from mailfax.sandbox._calls import Call

_PENDING = datetime.timedelta(milliseconds=25)
"""Of the conversion's time; the rest is `processing`."""
_STARTING = datetime.timedelta(milliseconds=30)
_SPOOLED = datetime.timedelta(milliseconds=10)
"""Before it dials."""
_FINALIZING = datetime.timedelta(milliseconds=20)
"""Before it is done."""
_CHANGING = datetime.timedelta(milliseconds=30)
"""What `pausing`, `resuming` and `stopping` take."""
STOPPED = _CHANGING + _FINALIZING
RETRY = datetime.timedelta(seconds=0.5)
"""From the end of an attempt to the start of the next."""

_PATIENT = {"busy", "no_answer"}
"""Causes that draw on BusyRetries; all others draw on Retries (manual, SendFax)."""
_SETTLED = {None, "cancelled", "no_credit", "conversion_failed"}
"""Causes after which there is no further attempt: inference."""

ERRORS = {
    "busy": "FAX_BUSY",
    "no_answer": "FAX_NO_ANSWER",
    "no_fax_tone": "FAX_NEGOTIATION_FAILED",
    "partial": "FAX_EARLY_HANGUP",
    "bad_number": "FAX_NUMBER_UNOBTAINABLE",
    "refused": "FAX_SENDING_FAILED",
    "no_credit": "FUNDS_INSUFFICIENT",
    "conversion_failed": "DOCUMENT_FAILED_CONVERSION",
    "cancelled": "FAX_CANCELLED",
}
"""The service's code for each of the network's causes: inference where two would fit."""


@dataclasses.dataclass(frozen=True, slots=True)
class Attempt:
    """One call for a message."""

    call: Call
    """As it was ordered; how it stands, the network knows."""
    start: datetime.datetime
    """When it was to start."""


@dataclasses.dataclass(slots=True, kw_only=True)
class Message:
    """One fax to one number, as it was asked for and as it was steered since."""

    id: int
    message_ref: str
    send_ref: str
    broadcast_ref: str
    send_to: str
    send_from: str
    resolution: str
    retries: int
    busy_retries: int
    header_format: str
    documents: tuple[str, ...]
    """References under which its documents were saved, or had been."""
    accepted: datetime.datetime
    start: datetime.datetime
    latest: datetime.datetime | None
    verdict: str = ""
    """The error that lets it end before any attempt."""
    attempts: list[Attempt] = dataclasses.field(default_factory=list)
    paused: datetime.datetime | None = None
    resumed: datetime.datetime | None = None
    stopped: datetime.datetime | None = None

    @property
    def over(self) -> datetime.datetime | None:
        """When it is done, if it was stopped."""
        return self.stopped and self.stopped + STOPPED

    @property
    def judged(self) -> datetime.datetime:
        """When a verdict is told."""
        return self.accepted + _calls.CONVERTING


def status(message: Message, calls: Sequence[Call], now: datetime.datetime) -> str:
    """How the message stands; `calls` are those of its attempts."""
    if message.verdict:
        return "done" if now >= message.judged else _young(message.accepted, now)
    if message.stopped:
        return _stopping(now - message.stopped)
    if calls[-1].over(now):
        return "queued" if goes_on(message, calls, now) else "done"
    if message.paused:
        return "pausing" if now < message.paused + _CHANGING else "paused"
    if len(calls) == 1 and calls[0].converted and now < calls[0].converted:
        return _young(calls[0].accepted, now)
    return _dialling(message, calls[-1], now)


def _young(accepted: datetime.datetime, now: datetime.datetime) -> str:
    return "pending" if now < accepted + _PENDING else "processing"


def _stopping(elapsed: datetime.timedelta) -> str:
    if elapsed < _CHANGING:
        return "stopping"
    return "finalizing" if elapsed < STOPPED else "done"


def _dialling(message: Message, call: Call, now: datetime.datetime) -> str:
    """A message just resumed is starting when its time has come, as answers in public show."""
    if call.ended and now >= call.ended - _FINALIZING:
        return "finalizing"
    if call.started is None:
        return "queued"
    if now >= call.started - _SPOOLED:
        return "sending"
    if now >= call.started - (_calls.WAITING if message.resumed else _STARTING):
        return "starting"
    just = message.resumed is not None and now < message.resumed + _CHANGING
    return "resuming" if just else "queued"


def goes_on(message: Message, calls: Sequence[Call], now: datetime.datetime) -> bool:
    """Whether another attempt follows the last call, which is over."""
    cause = calls[-1].cause(now)
    if message.stopped or cause in _SETTLED:
        return False
    patient = cause in _PATIENT
    used = sum((call.cause(now) in _PATIENT) is patient for call in calls[:-1])
    return used < (message.busy_retries if patient else message.retries)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One attempt, as it is told of."""

    attempt: int
    start: datetime.datetime
    over: bool
    error: str = ""
    """The service's code; empty for a success, and while it is not over."""
    call: Call | None = None

    @property
    def outcome(self) -> str:
        """`success`, `blocked` or `failed`."""
        if not self.error:
            return "success"
        return "blocked" if self.error.startswith("BLOCK_") else "failed"


def results(message: Message, calls: Sequence[Call], now: datetime.datetime) -> list[Result]:
    """All attempts, oldest first; one under way is told of with its start only."""
    done = status(message, calls, now) == "done"
    if message.verdict:
        error = message.verdict if done else ""
        return [Result(attempt=1, start=message.start, over=done, error=error)]
    told = []
    for number, (attempt, call) in enumerate(zip(message.attempts, calls, strict=True), 1):
        over = call.over(now) and (done or not message.stopped or call is not calls[-1])
        cause = call.cause(now) if over else None
        error = ERRORS[cause] if cause else ""
        told.append(Result(attempt=number, start=attempt.start, over=over, error=error, call=call))
    return told
