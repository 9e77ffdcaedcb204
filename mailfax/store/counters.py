"""How often something happened lately: one count for all nodes, which no restart forgets."""

import sqlalchemy as sa

from mailfax.store import database, schema

TRIES = 5
"""Wrong PINs of one name until it is locked."""
LOCKED = 3600.0
"""Seconds from the first wrong PIN until there may be tries again."""

_ROW = schema.counters.c


def count(base: database.Database, connection: sa.Connection, name: str, lasts: float) -> int:
    """Count one more in the caller's transaction; the count begins anew `lasts` seconds after 1."""
    insert = base.insert(schema.counters)
    now = database.stamp(base.now())
    over = _ROW.until <= sa.literal(now, sa.Double)
    counting = insert.on_conflict_do_update(
        index_elements=[_ROW.name],
        set_={
            "count": sa.case((over, 1), else_=_ROW.count + 1),
            "until": sa.case((over, insert.excluded.until), else_=_ROW.until),
        },
    ).returning(_ROW.count)
    values = {"name": name, "count": 1, "until": now + lasts}
    counted: int = connection.execute(counting, values).scalar_one()
    return counted


class Tries:
    """Tries at PINs: each is counted before it is made, so that many at once are no way round."""

    def __init__(self, base: database.Database) -> None:
        self._base = base

    def may_try(self, name: str) -> bool:
        """Count a try at the PIN of this name; False while it is locked."""
        with self._base.write("try") as connection:
            return count(self._base, connection, f"pin {name}", LOCKED) <= TRIES

    def was_right(self, name: str) -> None:
        """The last try was right: the count begins anew."""
        with self._base.write("try") as connection:
            connection.execute(sa.delete(schema.counters).where(_ROW.name == f"pin {name}"))

    def sweep(self) -> int:
        """Forget counts that are over; returns how many."""
        with self._base.write("sweep") as connection:
            old = _ROW.until <= database.stamp(self._base.now())
            return connection.execute(sa.delete(schema.counters).where(old)).rowcount
