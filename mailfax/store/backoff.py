"""When to try again, and when to give up: pure; time and chance come in.

What RFC 4161 section 2.2.2 calls non-recoverable (a person
answered, no such number, no paper) is not tried again; a busy line is, and silence a little.
Every wait is shortened or lengthened by up to a tenth by `jitter`, 0 to 1, so that jobs which
failed together do not come back together.
"""

import dataclasses
import datetime
from collections.abc import Mapping

from mailfax.errors import Cause
from mailfax.model import Delivery, FaxJob


@dataclasses.dataclass(frozen=True, slots=True)
class Wait:
    """Waits that grow: the first, by what factor, up to the longest; seconds."""

    first: float
    growth: float
    longest: float

    def after(self, times: int) -> float:
        """The wait after the `times`th failure, counted from 1."""
        return min(self.longest, self.first * self.growth ** min(times - 1, 64))


@dataclasses.dataclass(frozen=True, slots=True)
class Share:
    """Waits by age: a share of it, between the shortest and the longest; seconds."""

    share: float
    shortest: float
    longest: float

    def at(self, age: float) -> float:
        """The wait at this age."""
        return min(max(self.share * age, self.shortest), self.longest)


MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0

_BUSY = Wait(5 * MINUTE, 1.5, 30 * MINUTE)
_LINE = Wait(5 * MINUTE, 2.0, 30 * MINUTE)
_QUIET = Wait(15 * MINUTE, 2.0, HOUR)

CALLS: dict[Cause, tuple[int, Wait]] = {
    Cause.BUSY: (5, _BUSY),
    Cause.NO_ANSWER: (2, _QUIET),
    Cause.HUNG_UP: (3, _LINE),
    Cause.PARTIAL: (3, _LINE),
    Cause.LINE_ERROR: (3, _LINE),
    Cause.CONGESTION: (8, Wait(2 * MINUTE, 2.0, 30 * MINUTE)),
    Cause.INCOMPATIBLE: (2, Wait(MINUTE, 1.0, MINUTE)),
    Cause.TIMED_OUT: (2, _QUIET),
    Cause.UNKNOWN: (2, _QUIET),
}
"""Calls at the most that may end by this cause, and the waits between; a cause that is not here
has one. An incompatible machine is worth one more call with plainer pages."""

_UNREACHABLE = Wait(30.0, 2.0, 15 * MINUTE)
_DELIVERY = Wait(MINUTE, 2.0, HOUR)
_GIVE_UP = 5 * DAY
"""RFC 5321 section 4.5.4.1: the give-up time generally needs to be at least 4-5 days."""

_POLL = Share(0.25, 5.0, 5 * MINUTE)
_LOOK = Share(0.5, 30.0, HOUR)


@dataclasses.dataclass(frozen=True, slots=True)
class Backoff:
    """The waits; `scale` shortens all of them, give-up times too: 0.001 makes hours seconds."""

    scale: float = 1.0

    def next_try(
        self,
        job: FaxJob,
        cause: Cause,
        past: Mapping[Cause, int],
        now: datetime.datetime,
        jitter: float = 0.5,
    ) -> datetime.datetime | None:
        """When to call again after a call ended by `cause`; None: give up.

        `past` counts the causes of this job's earlier calls. Never past the job's deadline,
        nor more calls in all than its rule allows.
        """
        most, wait = CALLS.get(cause, (1, _QUIET))
        same = past.get(cause, 0) + 1
        if same >= most or sum(past.values()) + 1 >= job.decision.tries:
            return None
        due = self._later(now, wait.after(same), jitter)
        return due if due < job.deadline else None

    def unreachable(
        self,
        job: FaxJob,
        times: int,
        now: datetime.datetime,
        jitter: float = 0.5,
        not_before: float | None = None,
    ) -> datetime.datetime:
        """When to try again, for the `times`th time, a provider that surely did not take the fax.

        `not_before` is the number of seconds it asked for, and is not scaled. At the job's
        deadline at the latest: that ends it.
        """
        due = self._later(now, _UNREACHABLE.after(times), jitter)
        asked = now + datetime.timedelta(seconds=not_before or 0)
        return min(max(due, asked), max(job.deadline, now))

    def next_poll(
        self, started_at: datetime.datetime, now: datetime.datetime, jitter: float = 0.5
    ) -> datetime.datetime:
        """When to ask a provider again how a fax stands: rarer as it gets older."""
        return self._by_age(started_at, now, _POLL, jitter)

    def next_look(
        self, started_at: datetime.datetime, now: datetime.datetime, jitter: float = 0.5
    ) -> datetime.datetime:
        """When to look again for a fax whose answer was lost."""
        return self._by_age(started_at, now, _LOOK, jitter)

    def next_delivery(
        self, delivery: Delivery, now: datetime.datetime, jitter: float = 0.5
    ) -> datetime.datetime | None:
        """When to send a mail again that was put off; None: give up."""
        if now - delivery.created_at >= datetime.timedelta(seconds=_GIVE_UP * self.scale):
            return None
        return self._later(now, _DELIVERY.after(delivery.tries + 1), jitter)

    def _by_age(
        self,
        started_at: datetime.datetime,
        now: datetime.datetime,
        share: Share,
        jitter: float,
    ) -> datetime.datetime:
        age = (now - started_at).total_seconds() / self.scale
        return self._later(now, share.at(age), jitter)

    def _later(self, now: datetime.datetime, seconds: float, jitter: float) -> datetime.datetime:
        return now + datetime.timedelta(seconds=seconds * self.scale * (0.9 + 0.2 * jitter))
