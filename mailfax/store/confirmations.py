"""Faxes that wait until their author says by mail that they are his.

The token that proves it was mailed to the author alone; the ledger keeps its digest.
"""

import dataclasses
import datetime
import hashlib
import secrets
from collections.abc import Sequence

import sqlalchemy as sa

from mailfax import errors
from mailfax.states import Event, State
from mailfax.store import database, faxes, rows, schema

DAILY = 3
"""Mails that ask one address, in the 24 hours from the first: forged mail can cause no more."""
DAY = 86_400.0
VALID = datetime.timedelta(hours=24)
"""How long a token is good for."""

_ROW, _JOB = schema.confirmations.c, schema.jobs.c


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question to an author, to be kept with the mail that it is about."""

    token: str
    address: str
    until: datetime.datetime


def new_token() -> str:
    """26 characters that nobody guesses, of one case, fit for the local part of an address."""
    return secrets.token_hex(13)


def row(asked: Asked, message: str, now: float) -> dict[str, object]:
    """A row to be inserted."""
    return {
        "token": _digest(asked.token),
        "address": asked.address,
        "message": message,
        "asked_at": now,
        "until": database.stamp(asked.until),
    }


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Confirmations:
    """The questions asked, and what was answered."""

    def __init__(self, base: database.Database, jobs: faxes.Faxes) -> None:
        self._base = base
        self._jobs = jobs

    def known(self, address: str) -> bool:
        """Whether this address has confirmed a fax before."""
        query = sa.exists().where(_ROW.address == address, _ROW.used_at.is_not(None))
        with self._base.read() as connection:
            return bool(connection.scalar(sa.select(query)))

    def confirm(self, token: str, address: str) -> Sequence[str]:
        """The author's word: release the held faxes of his mail; returns their ids.

        Raises Permanent for a token that is none, is used up or too late, or was not given to
        this address. After a crash on the way the same word finishes what it began.
        """
        message = self._message(token, address)
        with self._base.write("confirm") as connection:
            self._settle_receipts(connection, message, address)
        released = [job.id for job in self._jobs.list(message=message) if self._release(job.id)]
        with self._base.write("confirm") as connection:
            used = sa.update(schema.confirmations).where(_ROW.token == _digest(token))
            connection.execute(used.values(used_at=database.stamp(self._base.now())))
        return released

    def _message(self, token: str, address: str) -> str:
        now = database.stamp(self._base.now())
        query = sa.select(_ROW.message).where(
            _ROW.token == _digest(token), _ROW.used_at.is_(None), _ROW.until > now,
            _ROW.address == address,
        )  # fmt: skip
        with self._base.read() as connection:
            found: str | None = connection.scalar(query)
        if found is None:
            raise errors.Permanent("there is nothing to confirm with this address, or not any more")
        return found

    @staticmethod
    def _settle_receipts(connection: sa.Connection, message: str, address: str) -> None:
        """From now on the sender hears how these faxes stand: they are his."""
        mail = schema.messages.c
        kept = sa.select(mail.proof).where(mail.id == message)
        shown = rows.proof(connection.execute(kept).scalar_one())
        proof = rows.plain(dataclasses.replace(shown, confirmed=address))
        connection.execute(sa.update(schema.messages).where(mail.id == message).values(proof=proof))
        query = sa.select(_JOB.id, _JOB.decision).where(_JOB.message == message).with_for_update()
        for job in connection.execute(query).all():
            decision = dataclasses.replace(rows.decision(job.decision), confirm=False)
            change = sa.update(schema.jobs).where(_JOB.id == job.id)
            connection.execute(change.values(decision=rows.decision_text(decision)))

    def _release(self, id_: str) -> bool:
        job = self._jobs.get(id_)
        if job is None or job.state is not State.HELD:
            return False
        self._jobs.tell(id_, Event.RELEASE, "confirmed by its author")
        return True

    def sweep(self) -> int:
        """Forget questions that nobody answered in time; returns how many."""
        with self._base.write("sweep") as connection:
            old = _ROW.until <= database.stamp(self._base.now())
            lost = sa.delete(schema.confirmations).where(old, _ROW.used_at.is_(None))
            return connection.execute(lost).rowcount
