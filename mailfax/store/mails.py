"""Mails that were accepted: the promise that `250` makes, in one commit for all that waited."""

import dataclasses
import datetime
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from mailfax import errors
from mailfax.model import Decision, Envelope, Peer, Proof, Rcpt, Recipient
from mailfax.states import FINAL, State
from mailfax.store import database, rows, schema, timeline

SMALL = 65_536
"""Octets up to which a mail lies in its row; larger ones are documents."""

REMEMBERED = 72 * 3600.0
"""Seconds for which the same mail, sent again, is the same mail."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(now: datetime.datetime) -> str:
    """A fresh id: 10 characters of time in milliseconds, 16 of chance, base 32.

    Ids made later sort later, so that inserts stay at one end of their index.
    """
    number = (int(now.timestamp() * 1000) << 80) | secrets.randbits(80)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -5, -5))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """One recipient of a mail being accepted."""

    id: str
    recipient: Recipient
    rcpt: Rcpt
    decision: Decision
    deadline: datetime.datetime
    state: State = State.ACCEPTED
    """ACCEPTED, HELD, or FAILED when the rules refuse it after the dot."""
    due_at: datetime.datetime | None = None
    """None: now, or for a held job at its deadline."""
    cause: errors.Cause | None = None
    note: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """A mail to be accepted, with a job for each of its recipients."""

    id: str
    envelope: Envelope
    jobs: tuple[NewJob, ...]
    message_id: str = ""
    subject: str = ""
    sender: str = ""
    header: bytes = b""
    """The header section, at most 64 KB."""
    proof: Proof = dataclasses.field(default_factory=Proof)
    document: str | None = None
    """Key of the mail in the document store, when its content is not in memory."""
    dedupe: str | None = None
    """What makes it the same mail again; None: it never is."""


@dataclasses.dataclass(frozen=True, slots=True)
class Accepted:
    """What the client is told: the id of the mail, and whether it was there already."""

    id: str
    duplicate: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """An accepted mail as the ledger holds it."""

    id: str
    mail_from: str
    login: str | None
    peer: Peer
    ret: str | None
    envid: str | None
    received_at: datetime.datetime
    message_id: str
    subject: str
    sender: str
    proof: Proof
    header: bytes
    size: int
    sha256: str
    document: str | None
    """Key of the mail in the document store; None: it is small, ask `content`."""


_MESSAGE = schema.messages.c
_KEY = schema.duplicates.c
_FIRST = sa.select(_KEY.key, _KEY.message).where(_KEY.key.in_(sa.bindparam("keys", expanding=True)))
_INSERT_MESSAGES = sa.insert(schema.messages)
_INSERT_JOBS = sa.insert(schema.jobs)
_READ = sa.select(*(column for column in _MESSAGE if column.name != "content"))


class Mails:
    """The accepted mails of the ledger."""

    def __init__(self, base: database.Database) -> None:
        self._base = base
        insert = base.insert(schema.duplicates)
        now = insert.excluded.until - sa.literal_column(str(REMEMBERED))
        self._remember = insert.on_conflict_do_update(
            index_elements=[_KEY.key],
            set_={"message": insert.excluded.message, "until": insert.excluded.until},
            where=_KEY.until <= now,
        ).returning(_KEY.key)

    def accept(self, acceptances: Sequence[Acceptance]) -> list[Accepted]:
        """Make all of them durable in one commit; the answers are in the same order.

        A mail whose `dedupe` was accepted within 72 hours, or stands earlier in the same
        batch, is answered with the first one's id and changes nothing. To accept the same
        ids again after a lost answer is harmless. Raises Temporary: none was accepted.
        """
        wanted: dict[str, Acceptance] = {}
        for mail in acceptances:
            wanted.setdefault(_key(mail), mail)
        with self._base.write("accept") as connection:
            now = database.stamp(self._base.now())
            fresh = self._reserve(connection, wanted, now)
            _insert(connection, [wanted[key] for key in sorted(fresh)], now)
            first = {key: wanted[key].id for key in fresh} | _first(connection, wanted, fresh)
        return [_answer(mail, first[_key(mail)]) for mail in acceptances]

    def _reserve(
        self, connection: sa.Connection, wanted: Mapping[str, Acceptance], now: float
    ) -> set[str]:
        """Take the keys that are free, in order, so that two batches cannot wait for each other."""
        keys = [
            {"key": key, "message": wanted[key].id, "until": now + REMEMBERED}
            for key in sorted(wanted)
        ]
        return set(connection.scalars(self._remember, keys)) if keys else set()

    def get(self, id_: str) -> Mail | None:
        """The mail with this id."""
        with self._base.read() as connection:
            return read(connection, [id_]).get(id_)

    def content(self, id_: str) -> bytes | None:
        """All octets of a small mail; None when it is a document, or there is no such mail."""
        query = sa.select(_MESSAGE.content).where(_MESSAGE.id == id_)
        with self._base.read() as connection:
            found: bytes | None = connection.scalar(query)
        return found

    def sweep(self) -> int:
        """Forget what no longer counts as the same mail; returns how many."""
        with self._base.write("sweep") as connection:
            old = _KEY.until <= database.stamp(self._base.now())
            return connection.execute(sa.delete(schema.duplicates).where(old)).rowcount


def _key(mail: Acceptance) -> str:
    return f"same {mail.dedupe}" if mail.dedupe is not None else f"id {mail.id}"


def _answer(mail: Acceptance, first: str) -> Accepted:
    return Accepted(first, duplicate=first != mail.id)


def _first(
    connection: sa.Connection, wanted: Mapping[str, Acceptance], fresh: set[str]
) -> dict[str, str]:
    """The ids under which the other keys were accepted before."""
    known = [key for key in wanted if key not in fresh]
    found = connection.execute(_FIRST, {"keys": known}) if known else ()
    return {row.key: row.message for row in found}


def _insert(connection: sa.Connection, fresh: Sequence[Acceptance], now: float) -> None:
    if not fresh:
        return
    connection.execute(_INSERT_MESSAGES, [_message_row(mail) for mail in fresh])
    jobs = [_job_row(mail, job, now) for mail in fresh for job in mail.jobs]
    if jobs:
        connection.execute(_INSERT_JOBS, jobs)
        timeline.write(connection, [_accept_line(row, now) for row in jobs])


def _message_row(mail: Acceptance) -> dict[str, Any]:
    envelope = mail.envelope
    return {
        "id": mail.id,
        "received_at": database.stamp(envelope.received_at),
        "mail_from": envelope.mail_from,
        "login": envelope.login,
        "peer": envelope.peer.address,
        "helo": envelope.peer.helo,
        "tls": envelope.peer.tls,
        "ret": envelope.ret,
        "envid": envelope.envid,
        "message_id": mail.message_id,
        "subject": mail.subject,
        "sender": mail.sender,
        "proof": rows.plain(mail.proof),
        "header": mail.header[:SMALL],
        "size": envelope.content.size,
        "sha256": envelope.content.sha256,
        "content": envelope.content.data,
        "document": mail.document,
    }


def _job_row(mail: Acceptance, job: NewJob, now: float) -> dict[str, Any]:
    deadline = database.stamp(job.deadline)
    due = deadline if job.state is State.HELD else now
    ended = job.state in FINAL
    return {
        "id": job.id,
        "message": mail.id,
        "state": str(job.state),
        "due_at": database.stamp(job.due_at) if job.due_at else due,
        "ended_at": now if ended else None,
        "address": job.recipient.address,
        "number": job.recipient.number.digits,
        "subaddress": job.recipient.subaddress,
        "name": job.recipient.name,
        "company": job.recipient.company,
        "notify": rows.notify_text(job.rcpt.notify),
        "orcpt": job.rcpt.orcpt,
        "decision": rows.decision_text(job.decision),
        "created_at": now,
        "deadline": deadline,
        "cause": str(job.cause) if job.cause else None,
        "note": job.note,
        "untold": int(ended or job.state is State.HELD),
    }


def _accept_line(job: Mapping[str, Any], now: float) -> dict[str, Any]:
    return timeline.line(
        job["id"], now, timeline.Word.ACCEPT, job["state"], cause=job["cause"], note=job["note"]
    )


def read(connection: sa.Connection, ids: Iterable[str]) -> dict[str, Mail]:
    """The mails with these ids."""
    found = connection.execute(_READ.where(_MESSAGE.id.in_(list(ids)))).mappings()
    return {row["id"]: _mail(row) for row in found}


def _mail(row: sa.RowMapping) -> Mail:
    copied = {
        name: row[name]
        for name in (
            "id", "mail_from", "login", "ret", "envid", "message_id", "subject", "sender",
            "header", "size", "sha256", "document",
        )
    }  # fmt: skip
    return Mail(
        peer=Peer(address=row["peer"], helo=row["helo"], tls=row["tls"]),
        received_at=database.moment(row["received_at"]),
        proof=rows.proof(row["proof"]),
        **copied,
    )
