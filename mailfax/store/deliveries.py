"""Outgoing mails, each with its own tries until it is sent or given up.

A delivery is named by its Message-ID and target: to add it twice adds it once.
"""

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from mailfax import errors
from mailfax.model import Delivery
from mailfax.store import database, documents, leases, rows, schema, timeline

WAITING, SENT, FAILED, REPLACED = "waiting", "sent", "failed", "replaced"
"""The states of a delivery."""

SMALL = 65_536
"""Octets of a mail that lives in its row."""

_POISON_PAUSE = 3600.0
"""Seconds of rest for a row that broke down three workers."""

_ROW = schema.deliveries.c


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """One outgoing mail to one target."""

    id: str
    kind: str
    """receipt, forward, digest, postmaster, confirm or refusal."""
    target: str
    mail_from: str
    """Envelope sender; empty for the null reverse-path."""
    message_id: str
    data: bytes | None = None
    """The finished mail when at most 64 KB."""
    document: str | None = None
    """Its key in the document store when larger."""
    jobs: tuple[str, ...] = ()
    """Ids of the jobs it tells of: its lines are on their time lines."""
    fax: str | None = None
    """Id of the received fax it carries."""


def kept(
    folder: documents.LocalDir,
    id_: str,
    octets: bytes,
) -> tuple[bytes | None, str | None]:
    """A finished mail as a delivery holds it: small in the row, large durable under a key."""
    if len(octets) <= SMALL:
        return octets, None
    key = documents.key("outgoing", id_, ".eml")
    folder.put(key, octets)
    return None, key


class Deliveries:
    """The outgoing mails of the ledger."""

    def __init__(self, base: database.Database) -> None:
        self._base = base
        values = ("state", "due_at", "ended_at", "tries", "note")
        self._leases = leases.Leases(base, schema.deliveries, values)

    def add(self, deliveries: Sequence[NewDelivery]) -> None:
        """Add those that are not there yet, due now."""
        with self._base.write("delivery") as connection:
            insert(self._base, connection, deliveries)

    def claim(self, limit: int, lease: float, owner: str) -> Sequence[Delivery]:
        """Up to `limit` mails due to be sent, oldest due first, `owner`'s for `lease` seconds."""
        with self._base.write("claim-delivery") as connection:
            taken = self._leases.claim(connection, WAITING, limit, lease, owner)
            return [rows.delivery(row) for row in taken]

    def renew(self, deliveries: Sequence[Delivery], lease: float) -> frozenset[str]:
        """Keep them for `lease` seconds more; returns the ids of those that were lost."""
        fences = {delivery.id: delivery.fence for delivery in deliveries}
        with self._base.write("renew") as connection:
            return self._leases.renew(connection, fences, lease)

    def delivered(self, delivery: Delivery, note: str = "") -> None:
        """It is with the next mail server; raises Fenced."""
        self._finish(delivery, SENT, timeline.Word.SENT, note)

    def put_off(self, delivery: Delivery, next_at: datetime.datetime, note: str) -> None:
        """It was not taken, and is tried again at `next_at`; raises Fenced."""
        self._finish(delivery, WAITING, timeline.Word.SENT_LATER, note, next_at)

    def fail(self, delivery: Delivery, note: str) -> None:
        """It is given up; raises Fenced."""
        self._finish(delivery, FAILED, timeline.Word.UNSENT, note)

    def _finish(
        self,
        delivery: Delivery,
        state: str,
        word: timeline.Word,
        note: str,
        next_at: datetime.datetime | None = None,
    ) -> None:
        with self._base.write("delivered") as connection:
            row = self._leases.held(connection, {delivery.id: delivery.fence}).get(delivery.id)
            if row is None:
                raise errors.Fenced(f"delivery {delivery.id} is no longer ours")
            now = database.stamp(self._base.now())
            new = {
                "state": state,
                "due_at": now if next_at is None else database.stamp(next_at),
                "ended_at": None if state == WAITING else now,
                "tries": row["tries"] + 1,
                "note": note,
            }
            self._leases.finish(connection, [(row, new)])
            timeline.write(connection, _lines(row, now, word, state, note))

    def reap(self) -> int:
        """Let mails that broke down three workers rest for an hour; returns how many."""
        with self._base.write("reap") as connection:
            return rest(self._base, connection, self._leases, (WAITING,))


def _lines(
    row: Mapping[str, Any], now: float, word: timeline.Word, state: str, note: str
) -> list[dict[str, Any]]:
    """The same line on the time line of all that the mail is about."""
    detail = {"delivery": row["id"], "kind": row["kind"], "target": row["target"]}
    about = [*row["jobs"], *filter(None, [row["fax"]])]
    return [timeline.line(id_, now, word, state, note=note, detail=detail) for id_ in about]


def rest(
    base: database.Database, connection: sa.Connection, lease: leases.Leases, states: Sequence[str]
) -> int:
    """Put off rows in `states` whose worker vanished for the third time; returns how many.

    They are never set aside: what they carry has no other way to its reader.
    """
    later = database.stamp(base.now()) + _POISON_PAUSE
    new = {"due_at": later, "note": f"{leases.POISON} workers broke down over it: resting"}
    poisoned = [row for row in lease.reap(connection, states) if row["crashes"] >= leases.POISON]
    lease.finish(connection, [(row, {**new, "fence": row["fence"] + 1}) for row in poisoned])
    return len(poisoned)


def insert(
    base: database.Database,
    connection: sa.Connection,
    deliveries: Sequence[NewDelivery],
    hourly: int = 0,
) -> int:
    """Add deliveries within a commit of somebody else's; returns how many were not there yet.

    With `hourly`, one address is sent at most so many of a kind within an hour (RFC 3834
    section 6): those above wait for their turn.
    """
    if not deliveries:
        return 0
    adding = base.insert(schema.deliveries).on_conflict_do_nothing(
        index_elements=[_ROW.message_id, _ROW.target]
    )
    now = database.stamp(base.now())
    new = sorted(deliveries, key=lambda new: (new.message_id, new.target))
    found = [{**_new_row(one, now), "due_at": _turn(connection, one, hourly, now)} for one in new]
    added = connection.scalars(adding.returning(_ROW.id), found)
    return len(added.all())


def _turn(connection: sa.Connection, new: NewDelivery, hourly: int, now: float) -> float:
    """When it may go out: now, or an hour after the first of the last `hourly` ones went."""
    if not hourly:
        return now
    alike = sa.select(_ROW.due_at).where(_ROW.target == new.target, _ROW.kind == new.kind)
    first = connection.scalar(alike.order_by(_ROW.due_at.desc()).limit(1).offset(hourly - 1))
    return now if first is None else max(now, first + 3600.0)


def _new_row(new: NewDelivery, now: float) -> dict[str, Any]:
    return {
        "id": new.id,
        "state": WAITING,
        "kind": new.kind,
        "target": new.target,
        "mail_from": new.mail_from,
        "message_id": new.message_id,
        "data": new.data,
        "document": new.document,
        "jobs": list(new.jobs),
        "fax": new.fax,
        "created_at": now,
        "note": "",
    }


def replace(connection: sa.Connection, fax: str, now: float) -> None:
    """Take back the unsent mails of a received fax; one in a worker's hands goes its way."""
    unsent = sa.or_(_ROW.state == FAILED, sa.and_(_ROW.state == WAITING, _ROW.owner.is_(None)))
    connection.execute(
        sa.update(schema.deliveries)
        .where(_ROW.fax == fax, unsent)
        .values(state=REPLACED, ended_at=now)
    )
