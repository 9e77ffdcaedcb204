"""One database: how it is reached, how a transaction on it begins and ends, what time it is.

SQLite and PostgreSQL differ here and nowhere else. A write on SQLite takes the host's
write gate before BEGIN IMMEDIATE; on PostgreSQL the rows are locked.
"""

import contextlib
import datetime
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from mailfax import errors, failpoints
from mailfax.store import schema, sqlitefile

Clock = Callable[[], datetime.datetime]

NOW = sa.bindparam("now", type_=sa.Double)


def stamp(moment: datetime.datetime) -> float:
    """An aware datetime as the ledger keeps it."""
    return moment.timestamp()


def moment(stamp: float) -> datetime.datetime:
    """A time in the ledger as a datetime in UTC."""
    return datetime.datetime.fromtimestamp(stamp, datetime.UTC)


def maybe_moment(stamp: float | None) -> datetime.datetime | None:
    """The same where there may be none."""
    return None if stamp is None else moment(stamp)


class Database:
    """An open database. Methods may be called from any thread; not to be carried over a fork."""

    def __init__(self, url: str, clock: Clock | None) -> None:
        self._clock = clock
        self.url = _parse(url)
        self.embedded = self.url.get_backend_name() == "sqlite"
        self._gate = sqlitefile.Gate(self.url.database or "") if self.embedded else None
        self.engine = sqlitefile.engine(self.url) if self.embedded else _postgresql(self.url)
        self._clock_is_theirs = clock is None and not self.embedded

    def now(self) -> datetime.datetime:
        """The time, by the injected clock or this host's."""
        return self._clock() if self._clock else datetime.datetime.now(datetime.UTC)

    @property
    def due_now(self) -> sa.ColumnElement[float]:
        """The time to compare with in a statement.

        A scalar subquery, since PostgreSQL uses no index for a comparison with a volatile function.
        """
        return sa.select(_THEIR_CLOCK).scalar_subquery() if self._clock_is_theirs else NOW

    @property
    def lease_now(self) -> sa.ColumnElement[float]:
        """The time that a lease starts from, taken once the row is locked."""
        return _THEIR_CLOCK if self._clock_is_theirs else NOW

    def at(self, **values: Any) -> dict[str, Any]:
        """Parameters for a statement that uses `due_now` or `lease_now`."""
        return values if self._clock_is_theirs else {"now": stamp(self.now()), **values}

    def insert(self, table: sa.Table) -> Any:
        """An INSERT of this engine's dialect, which has `on_conflict_do_nothing` and `…_update`."""
        return sqlite.insert(table) if self.embedded else postgresql.insert(table)

    @contextlib.contextmanager
    def write(self, point: str) -> Iterator[sa.Connection]:
        """A write transaction: durable when the block is left, undone when it raises.

        `point` names its kill points. Raises Temporary when the database is in trouble.
        """
        with _said(), self.engine.connect() as connection, self._gate or contextlib.nullcontext():
            with connection.execution_options(mailfax_write=True).begin():
                yield connection
                failpoints.hit(f"{point}-before-commit")
            failpoints.hit(f"{point}-after-commit")

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One consistent look; raises Temporary when the database is in trouble."""
        with _said(), self.engine.connect() as connection, connection.begin():
            yield connection

    def prepare(self, *, check: bool) -> None:
        """Make the database usable: whole, and of this program's schema.

        Raises Permanent when it is damaged or a newer program's.
        """
        with _said(), self._gate or contextlib.nullcontext():
            self.engine.connect().close()
        if check and self.embedded:
            with self.read() as connection:
                sqlitefile.check(connection)
        with self.read() as connection:
            ready = schema.check(connection)
        if not ready:
            with self.write("migrate") as connection:
                schema.migrate(connection)

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()
        if self._gate:
            self._gate.close()


_THEIR_CLOCK = sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double)


def _parse(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise errors.Permanent("the store's URL cannot be read") from None
    if parsed.drivername == "sqlite" and parsed.database not in {None, "", ":memory:"}:
        return parsed
    if parsed.drivername == "postgresql+psycopg":
        return parsed
    raise errors.Permanent(
        f"the store {parsed.render_as_string()} is neither sqlite:///PATH nor postgresql+psycopg://…"
    )


def _postgresql(url: sa.URL) -> sa.Engine:
    try:
        return sa.create_engine(url, pool_size=8, max_overflow=24)
    except ModuleNotFoundError:
        raise errors.Permanent(
            "PostgreSQL needs the extra package psycopg: install mailfax[postgresql]"
        ) from None


@contextlib.contextmanager
def _said() -> Iterator[None]:
    """A database in trouble is temporary trouble; a wrong statement stays a bug."""
    try:
        yield
    except (sa.exc.IntegrityError, sa.exc.ProgrammingError, sa.exc.DataError):
        raise
    except sa.exc.DBAPIError as error:
        words = str(error.orig).strip().split("\n")[0]
        if sqlitefile.is_damage(words):
            raise errors.Permanent(sqlitefile.damaged(words)) from error
        raise errors.Temporary(f"the ledger cannot be used now: {words}") from error
    except UnicodeDecodeError as error:
        raise errors.Permanent(sqlitefile.damaged("its text is no text")) from error
    except sa.exc.TimeoutError as error:
        raise errors.Temporary("the ledger cannot be used now: all connections are busy") from error
