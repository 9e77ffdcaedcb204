"""Taking turns with rows: claim, renew, finish, put off, reap; the same for every table.

A row with `state`, `due_at`, `ended_at`, `owner`, `leased_until`, `fence` and `crashes` belongs
to the worker that claimed it until `leased_until`. Each claim raises `fence`; every write by an
owner carries the fence it was given, so one who comes back too late changes nothing. `crashes`
counts the claims that ended without a word; each word (finish, put off) sets it to 0.

A row whose lease ran out is claimed alone, never in a batch with others: should it be the
one that kills its worker, it takes no other row's good name with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from mailfax import errors
from mailfax.store import database

POISON = 3
"""Claims without a word after which a row is not handed out again."""

Row = Mapping[Any, Any]

_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_LEASE = sa.bindparam("lease", type_=sa.Double)
_AT_MOST = sa.bindparam("at_most", type_=sa.Integer, literal_execute=True)
"""Written into the statement, so that PostgreSQL plans for a few rows, not for a share of all."""


class Leases:
    """The statements over one table; all take the connection of an open write transaction.

    `values` are the columns that `finish` writes besides the lease's own; `only` narrows claims.
    """

    def __init__(
        self,
        base: database.Database,
        table: sa.Table,
        values: Iterable[str],
        only: sa.ColumnElement[bool] | None = None,
    ) -> None:
        self._base = base
        self._table = table
        row = table.c
        where = [] if only is None else [only]
        self._values = ("fence", *values)
        self._fresh = self._claiming(*where, row.leased_until.is_(None))
        self._lapsed = self._claiming(
            *where, row.leased_until <= base.due_now, row.crashes < POISON
        )
        self._locking = sa.select(table).where(row.id.in_(_IDS)).order_by(row.id).with_for_update()
        self._renewing = (
            sa.update(table).where(row.id.in_(_IDS)).values(leased_until=base.lease_now + _LEASE)
        )
        self._finishing = (
            sa.update(table)
            .where(row.id == sa.bindparam("row_id"), row.fence == sa.bindparam("row_fence"))
            .values(owner=None, leased_until=None, crashes=0)
            .values({name: sa.bindparam(f"new_{name}") for name in self._values})
        )
        self._reaping = (
            sa.select(table)
            .where(row.state.in_(sa.bindparam("states", expanding=True)))
            .where(row.leased_until <= base.due_now)
            .order_by(row.id)
            .with_for_update(skip_locked=True)
        )

    def _claiming(self, *takeable: sa.ColumnElement[bool]) -> sa.Update:
        row, base = self._table.c, self._base
        due = (
            sa.select(row.id)
            .where(row.state == sa.bindparam("in_state"), row.ended_at.is_(None))
            .where(row.due_at <= base.due_now, *takeable)
            .order_by(row.due_at)
            .limit(_AT_MOST)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        return (
            sa.update(self._table)
            .where(row.id.in_(sa.select(due.c.id)))
            .values(owner=sa.bindparam("by"), leased_until=base.lease_now + _LEASE)
            .values(fence=row.fence + 1, crashes=row.crashes + 1)
            .returning(self._table)
        )

    def claim(
        self, connection: sa.Connection, state: str, limit: int, lease: float, owner: str
    ) -> list[Row]:
        """Up to `limit` due rows in `state`, oldest due first, `owner`'s for `lease` seconds.

        A row whose lease ran out comes first, and alone.
        """
        wanted = self._base.at(in_state=state, lease=lease, by=owner)
        taken = (
            connection.execute(self._lapsed, {**wanted, "at_most": min(1, limit)}).mappings().all()
        )
        if not taken:
            taken = connection.execute(self._fresh, {**wanted, "at_most": limit}).mappings().all()
        return sorted(taken, key=lambda row: (row["due_at"], row["id"]))

    def lock(self, connection: sa.Connection, ids: Iterable[str]) -> dict[str, Row]:
        """The rows with these ids, nobody else's to change until the transaction ends."""
        found = connection.execute(self._locking, {"ids": list(ids)}).mappings()
        return {row["id"]: row for row in found}

    def held(self, connection: sa.Connection, fences: Mapping[str, int]) -> dict[str, Row]:
        """Those of these rows that are still leased under the fence given, locked."""
        return {
            id_: row
            for id_, row in self.lock(connection, fences).items()
            if row["fence"] == fences[id_] and row["owner"] is not None
        }

    def renew(
        self, connection: sa.Connection, fences: Mapping[str, int], lease: float
    ) -> frozenset[str]:
        """Lease these rows for `lease` seconds from now; returns the ids that were lost."""
        held = self.held(connection, fences)
        if held:
            connection.execute(self._renewing, self._base.at(ids=list(held), lease=lease))
        return frozenset(fences) - frozenset(held)

    def finish(
        self, connection: sa.Connection, changed: Sequence[tuple[Row, Mapping[str, Any]]]
    ) -> None:
        """Write locked rows back and let go of them: each as it was, and what is new in it."""
        if not changed:
            return
        done = connection.execute(self._finishing, [self._written(*pair) for pair in changed])
        if done.rowcount != len(changed):
            raise errors.Fenced("a row changed while it was locked: nothing was written")

    def _written(self, before: Row, new: Mapping[str, Any]) -> dict[str, Any]:
        values = {f"new_{name}": new.get(name, before[name]) for name in self._values}
        return {"row_id": before["id"], "row_fence": before["fence"], **values}

    def reap(self, connection: sa.Connection, states: Iterable[str]) -> list[Row]:
        """The rows in `states` whose lease ran out, locked."""
        wanted = self._base.at(states=list(states))
        return list(connection.execute(self._reaping, wanted).mappings())
