"""The time line: what happened to a job or a received fax, in order, each with its cause.

A line is written in the commit of the change it tells of, never apart from it.
"""

import dataclasses
import datetime
import enum
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from mailfax.store import database, schema


class Word(enum.StrEnum):
    """What time lines say beside the events of `states`."""

    ACCEPT = "accept"
    WAIT = "wait"
    CANCEL_WANTED = "cancel_wanted"
    CANCEL_REFUSED = "cancel_refused"
    TOLD = "told"
    LISTED = "listed"
    STORED = "stored"
    ROUTED = "routed"
    ACKNOWLEDGED = "acknowledged"
    REDELIVER = "redeliver"
    SENT = "sent"
    SENT_LATER = "sent_later"
    UNSENT = "unsent"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a time line."""

    at: datetime.datetime
    event: str
    """A word of `states.Event` or `Word`."""
    state: str
    """The state after it."""
    cause: str | None
    note: str
    detail: Mapping[str, Any]


def line(
    subject: str,
    at: float,
    event: str,
    state: str,
    *,
    cause: str | None = None,
    note: str = "",
    detail: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """One line to be written, as `write` takes it."""
    return {
        "subject": subject,
        "at": at,
        "event": str(event),
        "state": str(state),
        "cause": cause,
        "note": note,
        "detail": dict(detail) if detail else None,
    }


_INSERT = sa.insert(schema.events)
_READ = (
    sa.select(schema.events)
    .where(schema.events.c.subject == sa.bindparam("of"))
    .order_by(schema.events.c.id)
)


def write(connection: sa.Connection, lines: Sequence[Mapping[str, Any]]) -> None:
    """Add these lines."""
    if lines:
        connection.execute(_INSERT, list(lines))


def read(connection: sa.Connection, subject: str) -> list[Entry]:
    """The time line of a job or received fax, oldest first."""
    return [
        Entry(
            at=database.moment(row["at"]),
            event=row["event"],
            state=row["state"],
            cause=row["cause"],
            note=row["note"],
            detail=row["detail"] or {},
        )
        for row in connection.execute(_READ, {"of": subject}).mappings()
    ]
