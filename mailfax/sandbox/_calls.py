"""What the pretend network carries: calls, received faxes, numbers, and how calls go.

Times are pretend times, aware, in UTC.
"""

import dataclasses
import datetime
from collections.abc import Mapping

PAGE = datetime.timedelta(seconds=0.2)
"""What a page takes; a call that carries none takes as long as one page."""
CONVERTING = datetime.timedelta(seconds=0.05)
WAITING = datetime.timedelta(seconds=0.1)
"""From order to dialling, within the first page's time; the first half goes to conversion."""
NEVER = datetime.datetime.max.replace(tzinfo=datetime.UTC)
"""The start of a call that is not dialled until told otherwise."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What a destination does when it is called."""

    cause: str | None = None
    """Why the call fails, in mailfax's word for it; None: delivered."""
    dials: bool = True
    answers: bool = True
    ends: bool = True
    pages: int | None = None
    """After how many pages the line drops."""


BUSY = Behaviour(cause="busy", answers=False)
CONVERSION_FAILED = Behaviour(cause="conversion_failed", dials=False)
CANCELLED = Behaviour(cause="cancelled", dials=False)
ANSWERS = Behaviour()
BEHAVIOURS: Mapping[str, Behaviour] = {
    "9001": BUSY,
    "9003": Behaviour(cause="no_answer", answers=False),
    "9004": Behaviour(cause="no_fax_tone", pages=0),
    "9005": Behaviour(cause="partial", pages=2),
    "9006": Behaviour(cause="bad_number", answers=False),
    "9007": Behaviour(cause="refused", answers=False),
    "9008": Behaviour(ends=False),
    "9009": Behaviour(cause="no_credit", dials=False),
    "9010": CONVERSION_FAILED,
}
BUSY_ONCE = "9002"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of an order; the ending of its name tells the type."""

    name: str
    data: bytes

    @property
    def kind(self) -> str:
        """The ending without its dot, lower case."""
        return self.name.rpartition(".")[2].lower()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One fax that the network was asked to carry."""

    id: int
    provider: str
    reference: str
    """What the service calls it."""
    number: str
    """E.164 with its plus."""
    memo: Mapping[str, str]
    """What the service wants to find again."""
    accepted: datetime.datetime
    behaviour: Behaviour = ANSWERS
    files: tuple[File, ...] = ()
    size: int = 0
    """Bytes of the files, known even when they are no longer kept."""
    sha256: str = ""
    pages: int = 0
    converted: datetime.datetime | None = None
    """When its pages are made; None: the document is not here yet."""
    started: datetime.datetime | None = None
    """When it dials; None: it never does, or the document is not here yet."""
    ended: datetime.datetime | None = None
    """None: it never does, or the document is not here yet."""
    latest: datetime.datetime | None = None
    """Cancelled when it is not dialled by then."""
    expired: bool = False
    """Whether that is how it ends."""

    def state(self, now: datetime.datetime) -> str:
        """`queued`, `calling`, `delivered` or `failed`."""
        if self.ended is not None and now >= self.ended:
            return "failed" if self._fate.cause else "delivered"
        if self.started is not None and now >= self.started:
            return "calling"
        return "queued"

    def over(self, now: datetime.datetime) -> bool:
        """Whether it is delivered or failed by now."""
        return self.ended is not None and now >= self.ended

    def cause(self, now: datetime.datetime) -> str | None:
        """Why it failed, once it has."""
        return self._fate.cause if self.over(now) else None

    def sent(self, now: datetime.datetime) -> int:
        """Pages that arrived; none are counted before the end."""
        if not self.over(now) or not self._fate.answers or not self._fate.dials:
            return 0
        limit = self._fate.pages
        return self.pages if limit is None else min(limit, self.pages)

    @property
    def _fate(self) -> Behaviour:
        return CANCELLED if self.expired else self.behaviour

    @property
    def duration(self) -> datetime.timedelta:
        """How long the line was open."""
        if self.started is None or self.ended is None:
            return datetime.timedelta(0)
        return self.ended - self.started


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One fax that came in for a service's account."""

    id: int
    provider: str
    did: str
    """Our number that was dialled, E.164 with its plus."""
    caller: str
    """Who dialled, as given; empty when unknown."""
    tsid: str
    data: bytes
    """TIFF or PDF as it rang; empty once discarded."""
    kind: str
    pages: int
    started: datetime.datetime
    received: datetime.datetime
    discarded: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One of our numbers."""

    did: str
    provider: str
    enabled: bool = True


def planned(call: Call, now: datetime.datetime, start: datetime.datetime | None = None) -> Call:
    """The call with the times it will start and end at, its document being here now.

    It is not dialled before `start`, and ends without when that is after its `latest`.
    """
    behaviour = call.behaviour
    started = max(now + WAITING, start or now)
    expired = call.latest is not None and started > call.latest
    call = dataclasses.replace(
        call,
        converted=call.converted or now + CONVERTING,
        started=None,
        ended=None,
        expired=expired,
    )
    if call.latest is not None and expired:
        return dataclasses.replace(call, ended=max(now, call.latest))
    if started == NEVER:
        return call
    if not behaviour.dials:
        return dataclasses.replace(call, ended=started)
    if not behaviour.ends:
        return dataclasses.replace(call, started=started)
    carried = call.pages if behaviour.pages is None else min(behaviour.pages, call.pages)
    length = PAGE * max(1, carried if behaviour.answers else 1)
    return dataclasses.replace(call, started=started, ended=started - WAITING + length)
