"""What there is to tell a sender: the facts from which a receipt is built.

One `Notice` is one mail to one sender about one original mail; each of its `Entry` tells of
one fax job. Times are aware; `zone` says in which zone people read them.
"""

import dataclasses
import datetime
import enum
import pathlib

from mailfax import errors
from mailfax.mail import compose
from mailfax.model import FaxJob, Gateway, Manifest, Peer, Report, Transmission
from mailfax.states import State


class Kind(enum.StrEnum):
    """What a receipt says of a job."""

    ACCEPTED = "accepted"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    FAILED = "failed"
    HELD = "held"


_KINDS = {
    State.DELIVERED: Kind.DELIVERED,
    State.RELAYED: Kind.RELAYED,
    State.FAILED: Kind.FAILED,
    State.CANCELLED: Kind.FAILED,
    State.EXPIRED: Kind.FAILED,
    State.HELD: Kind.HELD,
}


def kind_of(state: State) -> Kind:
    """How a job in this state is told; one that is under way is delayed."""
    return _KINDS.get(state, Kind.DELAYED)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One job and how it stands."""

    kind: Kind
    job: FaxJob
    transmissions: tuple[Transmission, ...] = ()
    """In the order in which they were begun."""
    report: Report | None = None
    """The last one."""
    unsure: bool = False
    """Nobody can tell whether it arrived: an answer was lost, or the provider fell silent."""

    @property
    def cause(self) -> errors.Cause | None:
        """Why not; None for what went well or merely waits."""
        if self.kind in {Kind.DELIVERED, Kind.RELAYED, Kind.ACCEPTED}:
            return None
        expired = self.job.state is State.EXPIRED
        last = self.job.cause or (self.report.cause if self.report else None)
        if self.kind is Kind.FAILED:
            return last or (errors.Cause.TIMED_OUT if expired else errors.Cause.UNKNOWN)
        return last

    @property
    def last_try(self) -> datetime.datetime | None:
        """When the last attempt was, where that is truly known (RFC 3464 section 2.3.7)."""
        if not self.transmissions:
            return None
        ended = self.report.ended_at if self.report else None
        return ended or self.transmissions[-1].started_at


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Everything a receipt is made of."""

    entries: tuple[Entry, ...]
    to: str
    """The envelope sender of the original."""
    gateway: Gateway
    templates: tuple[pathlib.Path, ...]
    """Template folders, first wins."""
    at: datetime.datetime
    arrived_at: datetime.datetime
    message_id: str = ""
    """Of the original, with its angle brackets."""
    subject: str = ""
    header: bytes = b""
    """Header section of the original, as it came."""
    whole: bytes | None = None
    """The original itself, where it may be returned."""
    ret: str | None = None
    envid: str | None = None
    peer: Peer | None = None
    proven: bool = False
    """The sender has proved who he is: only then do we return or attach content (RFC 3834 2)."""
    mailbox: bool = False
    """The original was fetched from a mailbox: no delivery report (RFC 2532 section 2.2.2)."""
    zone: str = "UTC"
    language: str = "en"
    manifest: Manifest = ()
    attachments: tuple[compose.Attachment, ...] = ()
    """The page images, as PDF or TIFF."""
    sequence: int = 0
    """Counts notices of one kind about the same jobs, such as a second delay."""
