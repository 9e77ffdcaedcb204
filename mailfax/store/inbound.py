"""Received faxes: listed → stored → routed → acknowledged, and never forgotten on the way.

A fax is named by the provider account and the provider's own reference: however often it is
listed, and by however many, it is here once.
"""

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from mailfax import errors
from mailfax.model import FaxJob, InboundFax, Routing
from mailfax.store import accounts, database, deliveries, leases, mails, rows, schema, timeline

LISTED, STORED, ROUTED, ACKNOWLEDGED = "listed", "stored", "routed", "acknowledged"
"""The states of a received fax."""

_ROW = schema.inbound.c
_DELIVERY, _MAIL = schema.deliveries.c, schema.messages.c

SAFE = ~sa.exists().where(
    _DELIVERY.fax == _ROW.id, _DELIVERY.state.in_([deliveries.WAITING, deliveries.FAILED])
)
"""No mail that carries the fax is still to be sent, or was given up."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A received fax as the ledger holds it."""

    id: str
    fax: InboundFax
    state: str
    document: str | None
    """Key of what the provider gave us, once stored."""
    kind: str | None
    """tiff or pdf."""
    routing: Routing | None
    fence: int
    tries: int
    """How often work on its present state was put off."""
    redelivered: int
    """How often a person asked for it again: mails of each round need Message-IDs of their own."""
    note: str
    learned_at: datetime.datetime
    due_at: datetime.datetime
    ended_at: datetime.datetime | None


class Inbound:
    """The received faxes of the ledger."""

    def __init__(self, base: database.Database) -> None:
        self._base = base
        values = (
            "state",
            "due_at",
            "ended_at",
            "document",
            "kind",
            "pages",
            "routing",
            "redelivered",
            "tries",
            "note",
        )
        self._leases = leases.Leases(base, schema.inbound, values)
        self._safe = leases.Leases(base, schema.inbound, values, only=SAFE)
        self._insert = (
            base.insert(schema.inbound)
            .on_conflict_do_nothing(index_elements=[_ROW.account, _ROW.reference])
            .returning(_ROW.id)
        )

    def learn(self, faxes: Sequence[InboundFax]) -> Sequence[str]:
        """Note received faxes; returns the ids of those that were new, due to be fetched now."""
        if not faxes:
            return []
        with self._base.write("learn") as connection:
            at = self._base.now()
            once = {(fax.account, fax.reference): fax for fax in faxes}
            new = [_row(once[name], at) for name in sorted(once)]
            fresh = list(connection.scalars(self._insert, new))
            timeline.write(
                connection,
                [
                    timeline.line(id_, database.stamp(at), timeline.Word.LISTED, LISTED)
                    for id_ in fresh
                ],
            )
            accounts.raise_water(self._base, connection, faxes)
            return fresh

    def bring(self, fax: InboundFax, id_: str, document: str, kind: str) -> bool:
        """Note a received fax that came with its document, under this id.

        One that was known without a document has it now, and goes out again. False: it was known
        with one.
        """
        at = self._base.now()
        brought = {"state": STORED, "document": document, "kind": kind}
        with self._base.write("bring") as connection:
            row = {**_row(fax, at), "id": id_, **brought}
            if connection.scalars(self._insert, [row]).first() is None:
                return self._complete(connection, fax, brought)
            for word, state in ((timeline.Word.LISTED, LISTED), (timeline.Word.STORED, STORED)):
                said = timeline.line(id_, database.stamp(at), word, state)
                timeline.write(connection, [said])
            return True

    def _complete(
        self, connection: sa.Connection, fax: InboundFax, brought: Mapping[str, Any]
    ) -> bool:
        known = sa.select(_ROW.id).where(
            _ROW.account == fax.account, _ROW.reference == fax.reference, _ROW.document.is_(None)
        )
        row = self._leases.lock(connection, connection.scalars(known).all())
        for id_, before in row.items():
            self._anew(connection, before, "the provider has brought its document", **brought)
            return bool(id_)
        return False

    def claim(self, state: str, limit: int, lease: float, owner: str) -> Sequence[Arrival]:
        """Up to `limit` due faxes that are LISTED or STORED, `owner`'s for `lease` seconds."""
        with self._base.write("claim-inbound") as connection:
            taken = self._leases.claim(connection, state, limit, lease, owner)
            return [_arrival(row) for row in taken]

    def to_acknowledge(self, limit: int, lease: float, owner: str) -> Sequence[Arrival]:
        """Up to `limit` due routed faxes of which every delivery has been sent."""
        with self._base.write("claim-inbound") as connection:
            taken = self._safe.claim(connection, ROUTED, limit, lease, owner)
            return [_arrival(row) for row in taken]

    def renew(self, arrivals: Sequence[Arrival], lease: float) -> frozenset[str]:
        """Keep them for `lease` seconds more; returns the ids of those that were lost."""
        fences = {arrival.id: arrival.fence for arrival in arrivals}
        with self._base.write("renew") as connection:
            return self._leases.renew(connection, fences, lease)

    def stored(self, arrival: Arrival, document: str, kind: str, pages: int | None) -> None:
        """Its document is safe with us under this key; raises Fenced."""
        new = {"state": STORED, "document": document, "kind": kind, "tries": 0}
        if pages is not None:
            new["pages"] = pages
        with self._base.write("stored") as connection:
            self._finish(connection, arrival, timeline.Word.STORED, new)

    def missing(self, arrival: Arrival, why: str) -> None:
        """The provider has no document for it: it goes on without one; raises Fenced."""
        with self._base.write("missing") as connection:
            new = {"state": STORED, "tries": 0, "note": why}
            self._finish(connection, arrival, timeline.Word.STORED, new)

    def routed(
        self, arrival: Arrival, new: Sequence[deliveries.NewDelivery], routing: Routing
    ) -> None:
        """In one commit: the rules have spoken, and these mails carry it; raises Fenced."""
        values = {"state": ROUTED, "routing": rows.plain(routing), "tries": 0}
        detail = {"rules": list(routing.rules), "targets": [mail.target for mail in new]}
        with self._base.write("routed") as connection:
            self._finish(connection, arrival, timeline.Word.ROUTED, values, detail=detail)
            if deliveries.insert(self._base, connection, new) < len(new):
                raise errors.Permanent(
                    f"a mail of received fax {arrival.id} has a Message-ID that was used before"
                )

    def acknowledged(self, arrival: Arrival, note: str = "") -> None:
        """It is deleted, marked or left at the provider as its rule says; raises Fenced."""
        new = {"state": ACKNOWLEDGED, "ended_at": database.stamp(self._base.now()), "note": note}
        with self._base.write("acknowledged") as connection:
            self._finish(connection, arrival, timeline.Word.ACKNOWLEDGED, new)

    def put_off(self, arrival: Arrival, due_at: datetime.datetime, note: str) -> None:
        """Trouble: it stays as it is and is due again at `due_at`; raises Fenced."""
        new = {
            "state": arrival.state,
            "due_at": database.stamp(due_at),
            "tries": arrival.tries + 1,
            "note": note,
        }
        with self._base.write("put-off-inbound") as connection:
            self._finish(connection, arrival, timeline.Word.WAIT, new)

    def _finish(
        self,
        connection: sa.Connection,
        arrival: Arrival,
        word: timeline.Word,
        new: Mapping[str, Any],
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        row = self._leases.held(connection, {arrival.id: arrival.fence}).get(arrival.id)
        if row is None:
            raise errors.Fenced(f"received fax {arrival.id} is no longer ours")
        now = database.stamp(self._base.now())
        values = {"due_at": now, "note": "", **new}
        self._leases.finish(connection, [(row, values)])
        said = timeline.line(
            arrival.id, now, word, values["state"], note=values["note"], detail=detail
        )
        timeline.write(connection, [said])

    def redeliver(self, id_: str, note: str) -> Arrival:
        """Have it routed and mailed again, under Message-IDs that were not used before; one
        without a document is fetched again first.

        Mails of it that wait or were given up are replaced. Raises Permanent when there is
        no such fax, Temporary while a worker holds it.
        """
        with self._base.write("redeliver") as connection:
            row = self._leases.lock(connection, [id_]).get(id_)
            if row is None:
                raise errors.Permanent(f"there is no received fax {id_}")
            now = database.stamp(self._base.now())
            if row["owner"] is not None and row["leased_until"] > now:
                raise errors.Temporary(f"received fax {id_} is in the hands of {row['owner']}")
            state = LISTED if row["document"] is None else STORED
            return self._anew(connection, row, note, state=state)

    def _anew(
        self, connection: sa.Connection, row: leases.Row, note: str, **new: object
    ) -> Arrival:
        """Have it go through from this state on, whoever held it; its mails have new names."""
        now = database.stamp(self._base.now())
        fresh = {"due_at": now, "ended_at": None, "tries": 0, "note": note, **new}
        fresh |= {"fence": row["fence"] + 1, "redelivered": row["redelivered"] + 1}
        self._leases.finish(connection, [(row, fresh)])
        deliveries.replace(connection, row["id"], now)
        state = str(fresh["state"])
        said = timeline.line(row["id"], now, timeline.Word.REDELIVER, state, note=note)
        timeline.write(connection, [said])
        return _arrival({**row, **fresh})

    def reap(self) -> int:
        """Let faxes that broke down three workers rest for an hour; returns how many."""
        with self._base.write("reap") as connection:
            return deliveries.rest(self._base, connection, self._leases, (LISTED, STORED, ROUTED))

    def get(self, id_: str) -> Arrival | None:
        """The received fax with this id."""
        found = self._read(sa.select(schema.inbound).where(_ROW.id == id_))
        return found[0] if found else None

    def list(
        self, *, state: str | None = None, account: str | None = None, limit: int = 100
    ) -> Sequence[Arrival]:
        """Received faxes, last learned first."""
        given = {_ROW.state: state, _ROW.account: account}
        query = sa.select(schema.inbound).where(
            *(column == value for column, value in given.items() if value is not None)
        )
        return self._read(query.order_by(_ROW.learned_at.desc(), _ROW.id.desc()).limit(limit))

    def returns(self, fax: FaxJob, since: datetime.datetime) -> bool:
        """Whether faxes to its number come in here, and one that came in `since` then was mailed
        to its sender: a program may be faxing what we deliver.
        """
        reader = sa.func.lower(_DELIVERY.target)
        mailed = sa.exists().where(
            _MAIL.id == fax.message,
            reader.in_([sa.func.lower(_MAIL.mail_from), sa.func.lower(_MAIL.sender)]),
            _DELIVERY.fax == _ROW.id,
            _ROW.learned_at >= database.stamp(since),
        )
        ours = sa.exists().where(_ROW.did == str(fax.recipient.number))
        with self._base.read() as connection:
            return bool(connection.scalar(sa.select(mailed))) and bool(
                connection.scalar(sa.select(ours))
            )

    def _read(self, query: sa.Select[Any]) -> Sequence[Arrival]:
        with self._base.read() as connection:
            return [_arrival(row) for row in connection.execute(query).mappings()]


def _row(fax: InboundFax, at: datetime.datetime) -> dict[str, Any]:
    return {
        "id": mails.new_id(at),
        "state": LISTED,
        "due_at": database.stamp(at),
        "account": fax.account,
        "reference": fax.reference,
        "did": fax.did,
        "caller": fax.caller,
        "tsid": fax.tsid,
        "pages": fax.pages,
        "received_at": database.stamp(fax.received_at),
        "learned_at": database.stamp(at),
        "note": "",
    }


def _arrival(row: leases.Row) -> Arrival:
    return Arrival(
        id=row["id"],
        fax=rows.inbound_fax(row),
        state=row["state"],
        document=row["document"],
        kind=row["kind"],
        routing=rows.routing(row["routing"]),
        fence=row["fence"],
        tries=row["tries"],
        redelivered=row["redelivered"],
        note=row["note"],
        learned_at=database.moment(row["learned_at"]),
        due_at=database.moment(row["due_at"]),
        ended_at=database.maybe_moment(row["ended_at"]),
    )
