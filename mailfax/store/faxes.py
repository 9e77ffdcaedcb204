"""Fax jobs: workers take turns with them, and every change of state goes through here.

A change, its line on the time line and what became of the transmission are one commit.
"""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from mailfax import errors, states
from mailfax.model import FaxJob, Transmission
from mailfax.states import Event, State
from mailfax.store import (
    changes,
    database,
    leases,
    lookup,
    numbers,
    rows,
    schema,
    spending,
    timeline,
)
from mailfax.store.changes import Change

_JOB = schema.jobs.c
_SENT = schema.transmissions.c

_VALUES = (
    "state", "due_at", "ended_at", "cause", "note", "document", "pages", "cancel_wanted", "untold",
)  # fmt: skip

_OPERATOR = frozenset({
    Event.HOLD, Event.RELEASE, Event.RESEND, Event.CANCEL,
    Event.CLOSE_DELIVERED, Event.CLOSE_FAILED,
})  # fmt: skip

_POISONED = {
    State.ACCEPTED: Event.HOLD,
    State.READY: Event.HOLD,
    State.UNSURE: Event.CANNOT_KNOW,
    State.SUBMITTED: Event.STALL,
}
_POISON_NOTE = f"set aside: {leases.POISON} workers broke down over it"
_OPEN = tuple(str(state) for state in State if state not in states.FINAL)


class Faxes(lookup.Lookup):
    """The jobs of the ledger."""

    def __init__(self, base: database.Database) -> None:
        super().__init__(base)
        self._leases = leases.Leases(base, schema.jobs, _VALUES)
        self._urgent = leases.Leases(
            base, schema.jobs, _VALUES, only=_JOB.urgent == sa.literal_column("1")
        )
        self._beginning = (
            sa.update(schema.jobs)
            .where(_JOB.id == sa.bindparam("row_id"), _JOB.fence == sa.bindparam("row_fence"))
            .values(
                state=str(State.SUBMITTING),
                tries=_JOB.tries + 1,
                transmission=sa.bindparam("begun"),
                leased_until=base.lease_now + sa.bindparam("lease", type_=sa.Double),
            )
        )

    # ── a worker's turn ────────────────────────────────────────────────────────────────

    def claim(
        self, states_: Sequence[State], limit: int, lease: float, owner: str
    ) -> Sequence[FaxJob]:
        """Up to `limit` due jobs, from the first of these states that has any, oldest due first,
        those that are urgent before all others.

        They are `owner`'s for `lease` seconds; renew at a third of that. Senders are not
        weighed against each other.
        """
        with self._base.write("claim") as connection:
            for state in states_:
                wanted = (state, limit, lease, owner)
                taken = self._urgent.claim(connection, *wanted) or self._leases.claim(
                    connection, *wanted
                )
                if taken:
                    return [rows.job(row) for row in taken]
            return []

    def renew(self, jobs: Sequence[FaxJob], lease: float) -> frozenset[str]:
        """Keep these jobs for `lease` seconds more; returns the ids of those that were lost."""
        with self._base.write("renew") as connection:
            return self._leases.renew(connection, _fences(jobs), lease)

    def begin(self, job: FaxJob, transmission: Transmission, lease: float) -> FaxJob:
        """Make the intent to send durable, before the provider is called; the lease goes on.

        Raises Fenced when the job is no longer the caller's, or somebody wants it cancelled:
        it must not be sent.
        """
        begun = self.begin_all([(job, transmission)], lease)
        if not begun:
            raise errors.Fenced(f"job {job.id} is no longer ours to send")
        return begun[0]

    def begin_all(
        self, pairs: Sequence[tuple[FaxJob, Transmission]], lease: float
    ) -> Sequence[FaxJob]:
        """Begin many in one commit; returns those that may be sent, now `submitting`."""
        with self._base.write("begin") as connection:
            held = self._leases.held(connection, _fences([job for job, _ in pairs]))
            now = database.stamp(self._base.now())
            ready = [pair for pair in pairs if _may_begin(held.get(pair[0].id), now)]
            barred = _barred(connection, held, ready)
            ready = [pair for pair in ready if pair[0].id not in barred]
            if ready:
                self._begin(connection, ready, lease)
            others = [row for row in held.values() if row["state"] == State.READY]
            begun = {job.id for job, _ in ready}
            self._settle(
                connection,
                [
                    (row, _not_begun(row, barred.get(row["id"])))
                    for row in others
                    if row["id"] not in begun
                ],
            )
        return [_begun(held[job.id], transmission) for job, transmission in ready]

    def _begin(
        self,
        connection: sa.Connection,
        pairs: Sequence[tuple[FaxJob, Transmission]],
        lease: float,
    ) -> None:
        now = database.stamp(self._base.now())
        connection.execute(
            sa.insert(schema.transmissions), [rows.transmission_row(sent) for _, sent in pairs]
        )
        connection.execute(
            self._beginning,
            [
                self._base.at(row_id=job.id, row_fence=job.fence, begun=sent.id, lease=lease)
                for job, sent in pairs
            ],
        )
        timeline.write(connection, [_claim_line(job, sent, now) for job, sent in pairs])

    def note_handle(self, transmission: str, handle: str) -> None:
        """Make a provider's early handle durable, before the critical call.

        Raises Fenced when the job has gone on without this transmission: it must not be sent.
        """
        underway = sa.exists().where(
            _JOB.transmission == transmission, _JOB.state == str(State.SUBMITTING)
        )
        noted = sa.update(schema.transmissions).where(_SENT.id == transmission, underway)
        with self._base.write("handle") as connection:
            if not connection.execute(noted, {"handle": handle}).rowcount:
                raise errors.Fenced(f"transmission {transmission} is no longer under way")

    def advance(self, change: Change) -> FaxJob:
        """Write one change and let go of the job.

        Raises Fenced when the lease was lost meanwhile, states.Impossible when the table of
        states has no such event.
        """
        settled = self._advance([change])
        if not settled:
            raise errors.Fenced(
                f"job {change.job.id} is no longer ours: what came of it is dropped"
            )
        return settled[0].job

    def advance_all(self, changes_: Sequence[Change]) -> frozenset[str]:
        """Write many changes in one commit; returns the ids of jobs that were lost meanwhile."""
        settled = self._advance(changes_)
        return frozenset(change.job.id for change in changes_) - {done.job.id for done in settled}

    def put_off(self, job: FaxJob, due_at: datetime.datetime, note: str = "") -> FaxJob:
        """Let go of a job that stays in its state and is due again at `due_at`; raises Fenced."""
        return self.advance(Change(job=job, event=None, due_at=due_at, note=note))

    def _advance(self, wanted: Sequence[Change]) -> list[changes.Settled]:
        with self._base.write("advance") as connection:
            held = self._leases.held(connection, _fences([change.job for change in wanted]))
            mine = [change for change in wanted if _same(held.get(change.job.id), change.job)]
            return self._settle(connection, [(held[change.job.id], change) for change in mine])

    def hasten(self, account: str, references: Sequence[str]) -> int:
        """Have these faxes asked after now; returns how many there were."""
        named = sa.select(_SENT.job).where(
            _SENT.account == account, _SENT.reference.in_(list(references))
        )
        query = sa.update(schema.jobs).where(
            _JOB.id.in_(named), _JOB.state == str(State.SUBMITTED), _JOB.leased_until.is_(None)
        )
        with self._base.write("hasten") as connection:
            now = database.stamp(self._base.now())
            return connection.execute(query.values(due_at=now)).rowcount

    def siblings(self, job: FaxJob) -> int:
        """How many jobs its mail has, itself counted."""
        query = sa.select(sa.func.count()).where(_JOB.message == job.message)
        with self._base.read() as connection:
            return connection.scalar(query) or 0

    # ── upkeep ─────────────────────────────────────────────────────────────────────────

    def reap(self) -> Sequence[FaxJob]:
        """See to jobs whose worker vanished; returns those that changed.

        What was being sent is now unsure; what broke three workers is set aside. The others
        need nothing: the next claim takes them.
        """
        with self._base.write("reap") as connection:
            lapsed = [
                (row, change)
                for row in self._leases.reap(connection, _OPEN)
                if (change := _after_lapse(row)) is not None
            ]
            return [done.job for done in self._settle(connection, lapsed, shut_out=True)]

    def deadlines(self, grace: float = 3600.0, limit: int = 500) -> Sequence[FaxJob]:
        """End jobs past their deadline that no worker holds; returns them.

        An unsure one is given `grace` seconds more to be found at its provider.
        """
        with self._base.write("deadline") as connection:
            late = [
                (row, Change(job=rows.job(row), event=Event.DEADLINE, note=note))
                for state, more, note in _LATE
                for row in self._late(connection, state, more * grace, limit)
            ]
            return [done.job for done in self._settle(connection, late, shut_out=True)]

    def _late(
        self, connection: sa.Connection, state: State, grace: float, limit: int
    ) -> list[leases.Row]:
        free = sa.or_(_JOB.leased_until.is_(None), _JOB.leased_until <= self._base.due_now)
        query = (
            sa.select(schema.jobs)
            .where(_JOB.state == str(state), _JOB.deadline <= self._base.due_now - grace, free)
            .order_by(_JOB.deadline)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return list(connection.execute(query, self._base.at()).mappings())

    # ── people ─────────────────────────────────────────────────────────────────────────

    def tell(
        self, id_: str, event: Event, note: str, due_at: datetime.datetime | None = None
    ) -> FaxJob:
        """A person's word on a job: cancel, release, resend, close, hold.

        A fax that may be with a provider, or in a worker's hands, cannot be cancelled at once:
        the wish is kept, and acted on as soon as it can be. Raises Temporary for other words
        while a worker holds the job, Permanent and states.Impossible when it cannot be.
        """
        if event not in _OPERATOR:
            raise states.Impossible(f"{event} is not for people to say")
        with self._base.write("tell") as connection:
            row = self._leases.lock(connection, [id_]).get(id_)
            if row is None:
                raise errors.Permanent(f"there is no job {id_}")
            leased = row["owner"] is not None and row["leased_until"] > database.stamp(
                self._base.now()
            )
            if event is Event.CANCEL and (leased or State(row["state"]) in changes.AT_PROVIDER):
                return self._wish(connection, row, note)
            _refuse(row, event, leased=leased)
            change = Change(job=rows.job(row), event=event, note=note, due_at=due_at)
            return self._settle(connection, [(row, change)], shut_out=True)[0].job

    def approve(self, id_: str, by: str, note: str = "") -> FaxJob:
        """The yes of somebody other than the sender: a held fax goes on.

        Raises Permanent when `by` is who sent it, and as `tell` does.
        """
        with self._base.write("tell") as connection:
            row = self._leases.lock(connection, [id_]).get(id_)
            if row is None:
                raise errors.Permanent(f"there is no job {id_}")
            if by.lower() in _senders(connection, row["message"]):
                raise errors.Permanent(f"{by} has sent this fax: another person has to approve it")
            mine = sa.update(schema.jobs).where(_JOB.id == id_)
            connection.execute(mine.values(approved_by=by))
            note = f"approved by {by}" + (f": {note}" if note else "")
            change = Change(job=rows.job(row), event=Event.RELEASE, note=note)
            return self._settle(connection, [(row, change)], shut_out=True)[0].job

    def _wish(self, connection: sa.Connection, row: leases.Row, note: str) -> FaxJob:
        """Keep the wish to cancel; a free job is due now, so that it is acted on."""
        now = database.stamp(self._base.now())
        new: dict[str, Any] = {"cancel_wanted": now}
        if row["owner"] is None:
            new["due_at"] = now
        connection.execute(sa.update(schema.jobs).where(_JOB.id == row["id"]), new)
        said = timeline.line(row["id"], now, timeline.Word.CANCEL_WANTED, row["state"], note=note)
        timeline.write(connection, [said])
        return rows.job({**row, **new})

    # ── one commit ─────────────────────────────────────────────────────────────────────

    def _settle(
        self,
        connection: sa.Connection,
        wanted: Sequence[tuple[leases.Row, Change]],
        *,
        shut_out: bool = False,
    ) -> list[changes.Settled]:
        """Write changes to locked rows; `shut_out` whoever held them before."""
        now = database.stamp(self._base.now())
        settled = [
            changes.settle(row, change, now, fence=row["fence"] + 1 if shut_out else None)
            for row, change in wanted
        ]
        self._leases.finish(connection, [(done.before, done.new) for done in settled])
        timeline.write(connection, [said for done in settled for said in done.lines])
        handovers = [done.handover for done in settled if done.handover]
        if handovers:
            connection.execute(_HANDING, handovers)
        ended = {done.job.id: done.job.state for done in settled if done.ended}
        spending.close(connection, ended)
        if good := [id_ for id_, state in ended.items() if state in changes.GOOD]:
            numbers.note(self._base, connection, good)
        if ended:
            _complete(connection, {done.before["message"] for done in settled if done.ended})
        return settled


_HANDING = (
    sa.update(schema.transmissions)
    .where(_SENT.id == sa.bindparam("row_id"))
    .values(
        {
            name: sa.func.coalesce(sa.bindparam(f"new_{name}", type_=_SENT[name].type), _SENT[name])
            for name in ("reference", "report", "cause", "note", "outcome", "ended_at")
        }
    )
)


def _complete(connection: sa.Connection, messages: set[str]) -> None:
    """Good news of several recipients is told together, once the last of them has ended.

    The message's row is locked first: of two workers that end its last two jobs at once, the
    second sees what the first did.
    """
    message = schema.messages.c.id
    connection.execute(
        sa.select(message).where(message.in_(sorted(messages))).order_by(message).with_for_update()
    )
    still = sa.select(_JOB.message).where(
        _JOB.message.in_(sorted(messages)), _JOB.ended_at.is_(None)
    )
    done = messages - set(connection.scalars(still))
    if done:
        connection.execute(
            sa.update(schema.jobs)
            .where(_JOB.message.in_(sorted(done)), _JOB.untold == 2)
            .values(untold=1)
        )


_LATE = (
    (State.ACCEPTED, 0, "the time allowed for this fax is over"),
    (State.HELD, 0, "nobody released this fax within the time allowed for it"),
    (State.READY, 0, "the time allowed for this fax is over"),
    (State.UNSURE, 1, "nobody could find out whether this fax arrived: it may have"),
)


def _fences(jobs: Sequence[FaxJob]) -> dict[str, int]:
    return {job.id: job.fence for job in jobs}


def _same(row: leases.Row | None, job: FaxJob) -> bool:
    return row is not None and row["state"] == job.state


def _may_begin(row: leases.Row | None, now: float) -> bool:
    if row is None or row["state"] != State.READY:
        return False
    return row["cancel_wanted"] is None and row["deadline"] > now


def _barred(
    connection: sa.Connection,
    held: Mapping[str, leases.Row],
    pairs: Sequence[tuple[FaxJob, Transmission]],
) -> Mapping[str, str]:
    """Jobs that must not be sent, each with the reason: its number, or a budget, now that pages
    and price are known.
    """
    spending.lock(connection, held)
    unwanted = numbers.objections(connection, {job.recipient.number for job, _ in pairs})
    barred = {job.id: unwanted[n] for job, _ in pairs if (n := job.recipient.number) in unwanted}
    needed = {job.id: (sent.pages, sent.price) for job, sent in pairs if job.id not in barred}
    return barred | spending.enlarge(connection, needed)


def _not_begun(row: leases.Row, barred: str | None) -> Change:
    """One that is cancelled is let go of, to be seen to; one that is barred or late ends."""
    if barred is not None:
        cause = errors.Cause.BLOCKED
        return Change(job=rows.job(row), event=Event.DENY, cause=cause, note=barred)
    if row["cancel_wanted"] is not None:
        return Change(job=rows.job(row), event=None)
    note = next(note for state, _, note in _LATE if state is State.READY)
    return Change(job=rows.job(row), event=Event.DEADLINE, note=note)


def _begun(row: leases.Row, sent: Transmission) -> FaxJob:
    new = {"state": State.SUBMITTING, "tries": row["tries"] + 1, "transmission": sent.id}
    return rows.job({**row, **new})


def _claim_line(job: FaxJob, sent: Transmission, now: float) -> dict[str, Any]:
    detail = {"transmission": sent.id, "account": sent.account}
    return timeline.line(job.id, now, Event.CLAIM, State.SUBMITTING, detail=detail)


def _senders(connection: sa.Connection, message: str) -> frozenset[str]:
    """All that the sender of a mail is called: addresses, what stands before their @, login."""
    mail = schema.messages.c
    query = sa.select(mail.sender, mail.mail_from, mail.login).where(mail.id == message)
    names = [name.lower() for name in connection.execute(query).one() if name]
    return frozenset((*names, *(name.partition("@")[0] for name in names)))


def _after_lapse(row: leases.Row) -> Change | None:
    job = rows.job(row)
    if job.state is State.SUBMITTING:
        note = "the worker vanished while it was sending"
        return Change(job=job, event=Event.LOSE, note=note)
    if row["crashes"] >= leases.POISON:
        return Change(job=job, event=_POISONED.get(job.state), note=_POISON_NOTE)
    return None


def _refuse(row: leases.Row, event: Event, *, leased: bool) -> None:
    if leased:
        until = database.moment(row["leased_until"])
        raise errors.Temporary(
            f"job {row['id']} is in the hands of {row['owner']} until {until:%H:%M:%S} UTC"
        )
    if event is Event.RESEND and row["document"] is None:
        raise errors.Permanent(f"job {row['id']} has no pages yet: release it instead")
