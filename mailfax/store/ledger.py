"""The ledger: one database, opened, checked and brought up to date; what is in it by subject."""

import datetime
from collections.abc import Callable

import sqlalchemy as sa

from mailfax.store import (
    accounts,
    collected,
    confirmations,
    counters,
    database,
    deliveries,
    due,
    faxes,
    inbound,
    mails,
    numbers,
    receipts,
    recurring,
    schema,
    spending,
    verify,
)

_DOCUMENTS = (
    schema.messages.c.document,
    schema.jobs.c.document,
    schema.inbound.c.document,
    schema.deliveries.c.document,
)


class Ledger:
    """An open ledger. Methods may be called from any thread; not to be carried over a fork.

    A database in trouble raises errors.Temporary from any of them.
    """

    def __init__(self, base: database.Database) -> None:
        self._base = base
        self.mails = mails.Mails(base)
        self.faxes = faxes.Faxes(base)
        self.receipts = receipts.Receipts(base)
        self.deliveries = deliveries.Deliveries(base)
        self.inbound = inbound.Inbound(base)
        self.accounts = accounts.Accounts(base)
        self.recurring = recurring.Recurring(base)
        self.spending = spending.Spending(base)
        self.numbers = numbers.Numbers(base)
        self.due = due.Due(base)
        self.tries = counters.Tries(base)
        self.confirmations = confirmations.Confirmations(base, self.faxes)
        self.collected = collected.Collected(base)

    def now(self) -> datetime.datetime:
        """The time, by the injected clock or this host's."""
        return self._base.now()

    def names(self, key: str) -> bool:
        """Whether any row names this document."""
        with self._base.read() as connection:
            return any(
                connection.scalar(sa.select(sa.exists().where(column == key)))
                for column in _DOCUMENTS
            )

    def verify(self, exists: Callable[[str], bool] | None = None) -> list[str]:
        """One sentence for each broken promise; `exists` asks the document store for a key."""
        return verify.promises(self._base, exists)

    def close(self) -> None:
        """Let go of the database."""
        self._base.close()


def open(  # noqa: A001 - `ledger.open(url)` says what it does
    url: str, *, clock: database.Clock | None = None, check: bool = True
) -> Ledger:
    """Open `sqlite:///PATH` or `postgresql+psycopg://…`, making or migrating its tables.

    `check` looks through a SQLite file for damage first. With a `clock` leases end by it, else
    by the database's own clock where it has one. Raises Permanent when the database is
    damaged, a newer program's, or on a network file system; Temporary when out of reach.
    """
    base = database.Database(url, clock)
    try:
        base.prepare(check=check)
    except BaseException:
        base.close()
        raise
    return Ledger(base)
