"""What is known of numbers: whose owners want no fax, and who has faxed which with success."""

import dataclasses
import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from mailfax.number import FaxNumber
from mailfax.store import database, schema

_NO, _KNOWN = schema.suppressed.c, schema.dialled.c
_JOB, _MESSAGE = schema.jobs.c, schema.messages.c


@dataclasses.dataclass(frozen=True, slots=True)
class Suppressed:
    """A number that is not faxed."""

    number: FaxNumber
    since: datetime.datetime
    note: str


class Numbers:
    """The numbers of the ledger."""

    def __init__(self, base: database.Database) -> None:
        self._base = base

    def suppress(self, number: FaxNumber, note: str) -> None:
        """From now on no fax goes to this number."""
        row = {"number": number.digits, "since": database.stamp(self._base.now()), "note": note}
        adding = self._base.insert(schema.suppressed)
        with self._base.write("suppress") as connection:
            connection.execute(
                adding.on_conflict_do_update(index_elements=[_NO.number], set_={"note": note}), row
            )

    def allow(self, number: FaxNumber) -> bool:
        """Faxes may go to this number again; whether they might not."""
        gone = sa.delete(schema.suppressed).where(_NO.number == number.digits)
        with self._base.write("allow") as connection:
            return connection.execute(gone).rowcount > 0

    def list(self) -> Sequence[Suppressed]:
        """Every number that is not faxed."""
        with self._base.read() as connection:
            found = connection.execute(sa.select(schema.suppressed).order_by(_NO.number))
            return [
                Suppressed(FaxNumber(row.number), database.moment(row.since), row.note)
                for row in found
            ]

    def has_faxed(self, sender: str, number: FaxNumber) -> bool:
        """Whether this sender has ever faxed this number with success."""
        query = sa.exists().where(_KNOWN.sender == sender, _KNOWN.number == number.digits)
        with self._base.read() as connection:
            return bool(connection.scalar(sa.select(query)))

    def among(
        self, numbers: Collection[FaxNumber], sender: str, domain: str | None
    ) -> Sequence[FaxNumber]:
        """Those of these numbers that this sender, or anybody of this domain, has faxed."""
        own = _KNOWN.sender == sender
        whose = own if domain is None else sa.or_(own, _KNOWN.domain == domain)
        digits = [number.digits for number in numbers]
        query = sa.select(_KNOWN.number).where(_KNOWN.number.in_(digits), whose).distinct()
        with self._base.read() as connection:
            return [FaxNumber(found) for found in connection.scalars(query.order_by(_KNOWN.number))]


def objections(
    connection: sa.Connection, numbers: Collection[FaxNumber]
) -> Mapping[FaxNumber, str]:
    """Why those of these numbers that are suppressed are not faxed."""
    if not numbers:
        return {}
    query = sa.select(_NO.number).where(_NO.number.in_([one.digits for one in numbers]))
    found = [FaxNumber(digits) for digits in connection.scalars(query)]
    return {one: f"whoever has {one.display()} wants no fax from here" for one in found}


def note(base: database.Database, connection: sa.Connection, jobs: Collection[str]) -> None:
    """Remember who has faxed whom: these jobs have arrived."""
    query = sa.select(_JOB.number, _MESSAGE.sender, _MESSAGE.mail_from, _JOB.ended_at)
    joined = query.join(schema.messages, _MESSAGE.id == _JOB.message).where(_JOB.id.in_(jobs))
    rows = {(row["sender"], row["number"]): row for row in map(_row, connection.execute(joined))}
    insert = base.insert(schema.dialled)
    noting = insert.on_conflict_do_update(
        index_elements=[_KNOWN.sender, _KNOWN.number], set_={"last": insert.excluded.last}
    )
    connection.execute(noting, [rows[key] for key in sorted(rows)])


def _row(found: Any) -> dict[str, Any]:
    sender = (found.sender or found.mail_from).lower()
    domain = sender.rpartition("@")[2]
    return {"sender": sender, "domain": domain, "number": found.number, "last": found.ended_at}
