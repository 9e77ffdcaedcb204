"""Mails that were accepted: the promise that `250` makes, in one commit for all that waited."""

import dataclasses
import datetime
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from mailfax import errors
from mailfax.model import Charge, Decision, Envelope, Peer, Proof, Rcpt, Recipient
from mailfax.money import Money
from mailfax.states import FINAL, State
from mailfax.store import (
    confirmations,
    counters,
    database,
    deliveries,
    numbers,
    replays,
    rows,
    schema,
    spending,
    timeline,
)

SMALL = 65_536
"""Octets up to which a mail lies in its row; larger ones are documents."""

REMEMBERED = 72 * 3600.0
"""Seconds for which the same mail, sent again, is the same mail."""

FETCHED = 366 * 86_400.0
"""The same for one that was fetched from a mailbox, where it may lie for long before it is moved:
while we are down, or while there is no other folder for it."""

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
    charges: tuple[Charge, ...] = ()
    """The budgets that it draws on."""
    price: Money | None = None
    """Of a fax of one page; None when no price is known."""


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
    remembered: float = REMEMBERED
    """Seconds for which it is: REMEMBERED, or FETCHED."""
    once: frozenset[str] = frozenset()
    """Digests of the signatures it was accepted for: see `replays`."""
    asked: confirmations.Asked | None = None
    """The author is asked first, with the mail in `posted`."""
    posted: tuple[deliveries.NewDelivery, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Accepted:
    """What the client is told: the id of the mail, and whether it was there already."""

    id: str
    duplicate: bool
    refused: replays.Answer | None = None
    """Why it was not accepted; None: it was."""
    why: str = ""
    """The sentence for the client, where the numbers or budgets are why."""


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
        self._remember = {lasts: _remembering(base, lasts) for lasts in (REMEMBERED, FETCHED)}
        self._pay = _remembering(base, replays.ONCE)

    def accept(self, acceptances: Sequence[Acceptance]) -> list[Accepted]:
        """Make all of them durable in one commit; the answers are in the same order.

        A mail whose `dedupe` was accepted within 72 hours, or stands earlier in the same
        batch, is answered with the first one's id and changes nothing. To accept the same
        ids again after a lost answer is harmless. One that is `refused` was not accepted.
        Raises Temporary: none was accepted.
        """
        wanted: dict[str, Acceptance] = {}
        for mail in acceptances:
            wanted.setdefault(_key(mail), mail)
        with self._base.write("accept") as connection:
            now = database.stamp(self._base.now())
            fresh = self._reserve(connection, wanted, now)
            kept, answered = self._sifted(connection, {key: wanted[key] for key in fresh}, now)
            refused, charges = self._afforded(connection, kept)
            kept = [_left(connection, mail, refused) for mail in kept]
            answered |= {_key(mail): one for mail in kept if (one := _refusal(mail, refused))}
            kept = [mail for mail in kept if _key(mail) not in answered]
            self._insert(connection, kept, now)
            spending.insert(connection, charges)
            first = {key: wanted[key].id for key in fresh} | _first(connection, wanted, fresh)
        return [
            answered.get(_key(mail)) or _answer(mail, first[_key(mail)]) for mail in acceptances
        ]

    def _sifted(
        self, connection: sa.Connection, fresh: Mapping[str, Acceptance], now: float
    ) -> tuple[list[Acceptance], dict[str, Accepted]]:
        """Those that go on, and the answers to those that do not."""
        answered: dict[str, Accepted] = {}
        kept = []
        for key in sorted(fresh):
            mail = fresh[key]
            if mail.once:
                mail, again = self._paid(connection, mail, now)
                if again:
                    answered[key] = again
            if key not in answered and mail.asked and not self._may_ask(connection, mail.asked):
                answered[key] = Accepted(mail.id, duplicate=False, refused=replays.Answer.ASKED)
            if key in answered:
                connection.execute(sa.delete(schema.duplicates).where(_KEY.key == key))
            else:
                kept.append(mail)
        return kept, answered

    def _paid(
        self, connection: sa.Connection, mail: Acceptance, now: float
    ) -> tuple[Acceptance, Accepted | None]:
        """A mail without the faxes that its signatures have paid for before.

        Where that leaves none: the first mail's id for its own sender, a refusal for all others.
        """
        keys = {
            job.id: replays.keys(mail.once, job.recipient.number.digits)
            for job in mail.jobs
            if job.state not in FINAL
        }
        every = sorted({key for some in keys.values() for key in some})
        rows_ = [{"key": key, "message": mail.id, "until": now + replays.ONCE} for key in every]
        if rows_:
            connection.execute(self._pay, rows_)
        owners = replays.owners(connection, every)
        before = {
            id_: owner
            for id_, some in keys.items()
            if (owner := next((owners[key] for key in some if owners[key] != mail.id), None))
        }
        if before and len(before) == len(keys):
            return mail, _again(connection, mail, next(iter(before.values())))
        jobs = tuple(_never(job) if job.id in before else job for job in mail.jobs)
        return dataclasses.replace(mail, jobs=jobs), None

    def _afforded(
        self, connection: sa.Connection, kept: Sequence[Acceptance]
    ) -> tuple[dict[str, spending.Refusal], list[dict[str, Any]]]:
        """Jobs that their numbers or the budgets do not let pass, each with what is said of it;
        and what is reserved for the others.
        """
        live = [job for mail in kept for job in mail.jobs if job.state not in FINAL]
        unwanted = numbers.objections(connection, {job.recipient.number for job in live})
        refused = {
            job.id: spending.Refusal(unwanted[n])
            for job in live
            if (n := job.recipient.number) in unwanted
        }
        orders = [
            spending.Order(job.id, job.charges, job.price) for job in live if job.id not in refused
        ]
        dear, charges = spending.reserve(self._base, connection, orders)
        return refused | dear, charges

    def _may_ask(self, connection: sa.Connection, asked: confirmations.Asked) -> bool:
        name = f"confirm {asked.address}"
        counted = counters.count(self._base, connection, name, confirmations.DAY)
        return counted <= confirmations.DAILY

    def _insert(self, connection: sa.Connection, fresh: Sequence[Acceptance], now: float) -> None:
        _insert(connection, fresh, now)
        asked = [confirmations.row(mail.asked, mail.id, now) for mail in fresh if mail.asked]
        if asked:
            connection.execute(sa.insert(schema.confirmations), asked)
        posted = [one for mail in fresh for one in mail.posted]
        if posted:
            deliveries.insert(self._base, connection, posted)

    def _reserve(
        self, connection: sa.Connection, wanted: Mapping[str, Acceptance], now: float
    ) -> set[str]:
        """Take the keys that are free, in order, so that two batches cannot wait for each other."""
        taken: set[str] = set()
        for lasts, remember in self._remember.items():
            keys = [
                {"key": key, "message": wanted[key].id, "until": now + lasts}
                for key in sorted(wanted)
                if wanted[key].remembered == lasts
            ]
            taken |= set(connection.scalars(remember, keys)) if keys else set()
        return taken

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


def _remembering(base: database.Database, lasts: float) -> Any:
    """Take a key that is free, or whose time is over; returns those that were taken."""
    insert = base.insert(schema.duplicates)
    now = insert.excluded.until - sa.literal_column(str(lasts))
    return insert.on_conflict_do_update(
        index_elements=[_KEY.key],
        set_={"message": insert.excluded.message, "until": insert.excluded.until},
        where=_KEY.until <= now,
    ).returning(_KEY.key)


def _again(connection: sa.Connection, mail: Acceptance, first: str) -> Accepted:
    """A mail all of whose faxes were paid for by the mail `first`."""
    payer = replays.payers(connection, [first]).get(first)
    envelope = mail.envelope
    if payer and (payer.mail_from, payer.login) == (envelope.mail_from, envelope.login):
        return Accepted(first, duplicate=True)
    return Accepted(mail.id, duplicate=False, refused=replays.Answer.AGAIN)


def _never(job: NewJob, note: str = "this mail was faxed to this number already") -> NewJob:
    return dataclasses.replace(job, state=State.FAILED, cause=errors.Cause.BLOCKED, note=note)


def _left(
    connection: sa.Connection, mail: Acceptance, refused: Mapping[str, spending.Refusal]
) -> Acceptance:
    """The mail without the faxes that are refused: no signature has paid for them, and where
    nothing is left the same mail may come again.
    """
    mine = [job for job in mail.jobs if job.id in refused]
    if not mine:
        return mail
    jobs = tuple(_never(job, refused[job.id].why) if job in mine else job for job in mail.jobs)
    keys = [key for job in mine for key in replays.keys(mail.once, job.recipient.number.digits)]
    if all(job.state in FINAL for job in jobs):
        keys.append(_key(mail))
    taken = (_KEY.key.in_(keys), _KEY.message == mail.id)
    connection.execute(sa.delete(schema.duplicates).where(*taken))
    return dataclasses.replace(mail, jobs=jobs)


def _refusal(mail: Acceptance, refused: Mapping[str, spending.Refusal]) -> Accepted | None:
    """The answer to a mail all of whose faxes are refused; None: there are others."""
    mine = [refused[job.id] for job in mail.jobs if job.id in refused]
    if not mine or any(job.state not in FINAL for job in mail.jobs):
        return None
    later = any(refusal.later for refusal in mine)
    answer = replays.Answer.BROKEN if later else replays.Answer.BARRED
    return Accepted(mail.id, duplicate=False, refused=answer, why=mine[0].why)


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
        "urgent": int(job.decision.priority == "urgent"),
        "billing": job.decision.billing,
        "untold": int(ended or (job.state is State.HELD and not job.decision.confirm)),
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
