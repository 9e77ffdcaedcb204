"""What all nodes keep together about a provider account: who polls it, how fast, how far."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from mailfax.model import InboundFax
from mailfax.store import database, schema

_ROW = schema.accounts.c
_LEASE = sa.bindparam("lease", type_=sa.Double)
_BY = sa.bindparam("by", type_=sa.Text)


class Accounts:
    """Leases, request rates and high-water marks by account name; any name will do."""

    def __init__(self, base: database.Database) -> None:
        self._base = base
        self._holding = self._hold_statement()
        self._taking = self._turn_statement()

    def _hold_statement(self) -> Any:
        until = self._base.lease_now + _LEASE
        free = sa.or_(_ROW.leased_until.is_(None), _ROW.leased_until <= self._base.due_now)
        return (
            self._base.insert(schema.accounts)
            .values(name=sa.bindparam("of"), owner=_BY, leased_until=until, fence=1)
            .on_conflict_do_update(
                index_elements=[_ROW.name],
                set_={
                    "fence": _ROW.fence + sa.case((_ROW.owner == _BY, 0), else_=1),
                    "owner": _BY,
                    "leased_until": until,
                },
                where=sa.or_(_ROW.owner == _BY, free),
            )
            .returning(_ROW.fence)
        )

    def _turn_statement(self) -> Any:
        now = self._base.lease_now
        after = now + sa.bindparam("gap", type_=sa.Double)
        free = sa.or_(
            _ROW.next_request.is_(None),
            _ROW.next_request <= now,
            _ROW.next_request > after,  # a clock was set back: no turn is so far away
        )
        return (
            self._base.insert(schema.accounts)
            .values(name=sa.bindparam("of"), next_request=after, fence=0)
            .on_conflict_do_update(
                index_elements=[_ROW.name], set_={"next_request": after}, where=free
            )
            .returning(_ROW.name)
        )

    def hold(self, name: str, owner: str, lease: float) -> int | None:
        """Hold `name`, or go on holding it, for `lease` seconds: its fence; None: not ours."""
        with self._base.write("hold") as connection:
            wanted = self._base.at(of=name, by=owner, lease=lease)
            fence: int | None = connection.scalar(self._holding, wanted)
        return fence

    def release(self, name: str, owner: str) -> None:
        """Let go of `name`, when `owner` holds it."""
        mine = sa.and_(_ROW.name == name, _ROW.owner == owner)
        with self._base.write("release") as connection:
            connection.execute(
                sa.update(schema.accounts).where(mine).values(owner=None, leased_until=None)
            )

    @contextlib.contextmanager
    def turn(self, name: str, interval: float) -> Iterator[float]:
        """A turn, if the last one that anybody had is over for `interval` seconds.

        Gives 0 when it is ours, else the seconds until somebody may have one. The next may begin
        `interval` seconds after the block has ended, or after it began, should it take longer.
        """
        if interval <= 0:
            yield 0.0
            return
        if wait := self._take(name, interval):
            yield wait
            return
        try:
            yield 0.0
        finally:
            over = sa.update(schema.accounts).where(_ROW.name == name)
            with self._base.write("turn-over") as connection:
                until = self._base.lease_now + sa.literal(interval, sa.Double)
                connection.execute(over.values(next_request=until), self._base.at())

    def _take(self, name: str, interval: float) -> float:
        with self._base.write("turn") as connection:
            at = self._base.at(of=name, gap=interval)
            if connection.scalar(self._taking, at) is not None:
                return 0.0
            left = sa.select(_ROW.next_request - self._base.lease_now).where(_ROW.name == name)
            return max(0.001, float(connection.scalar(left, self._base.at()) or 0.0))

    def high_water(self, name: str) -> str | None:
        """The largest reference of a received fax that was ever seen on this account."""
        with self._base.read() as connection:
            found: str | None = connection.scalar(
                sa.select(_ROW.high_water).where(_ROW.name == name)
            )
        return found


def raise_water(
    base: database.Database, connection: sa.Connection, faxes: Sequence[InboundFax]
) -> None:
    """Note the largest references: longer ones are larger, for numbers count up."""
    for name in sorted({fax.account for fax in faxes}):
        seen = max((fax.reference for fax in faxes if fax.account == name), key=_size)
        query = sa.select(_ROW.high_water).where(_ROW.name == name)
        before = connection.scalar(query) or ""
        if _size(seen) > _size(before):
            connection.execute(
                base.insert(schema.accounts)
                .values(name=name, high_water=seen, fence=0)
                .on_conflict_do_update(index_elements=[_ROW.name], set_={"high_water": seen})
            )


def _size(reference: str) -> tuple[int, str]:
    return (len(reference), reference)
