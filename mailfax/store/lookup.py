"""Looking at jobs and their time lines: what the worker, the web pages and the shell ask."""

import dataclasses
import datetime
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from mailfax import errors, states
from mailfax.model import FaxJob, Report, Transmission
from mailfax.store import database, rows, schema, timeline

_JOB = schema.jobs.c
_SENT = schema.transmissions.c
_CALLS = (states.Event.RETRY, states.Event.FAIL, states.Event.REFUSE)
"""Outcomes of a transmission that the provider did take, or said no to for good."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """One transmission and what became of it."""

    transmission: Transmission
    report: Report | None
    outcome: str | None
    """The event that ended it; None while it is open."""
    cause: errors.Cause | None
    note: str
    ended_at: datetime.datetime | None


class Lookup:
    """The reading half of `faxes.Faxes`."""

    def __init__(self, base: database.Database) -> None:
        self._base = base

    def get(self, id_: str) -> FaxJob | None:
        """The job with this id."""
        found = self._jobs(sa.select(schema.jobs).where(_JOB.id == id_))
        return found[0] if found else None

    def list(
        self,
        *,
        state: states.State | None = None,
        number: str | None = None,
        message: str | None = None,
        billing: str | None = None,
        before: datetime.datetime | None = None,
        limit: int = 100,
    ) -> Sequence[FaxJob]:
        """Jobs, newest first; `number` is E.164 digits, `before` a time of acceptance."""
        given = {
            _JOB.state: state,
            _JOB.number: number,
            _JOB.message: message,
            _JOB.billing: billing,
        }
        query = sa.select(schema.jobs).where(
            *(column == value for column, value in given.items() if value is not None)
        )
        if before is not None:
            query = query.where(_JOB.created_at < database.stamp(before))
        return self._jobs(query.order_by(_JOB.created_at.desc(), _JOB.id.desc()).limit(limit))

    def held(self, before: datetime.datetime, limit: int) -> tuple[Sequence[FaxJob], int]:
        """Jobs accepted before then that wait for a person, oldest first; and how many they are."""
        waits = (_JOB.state == states.State.HELD, _JOB.created_at < database.stamp(before))
        query = sa.select(schema.jobs).where(*waits).order_by(_JOB.created_at, _JOB.id)
        counting = sa.select(sa.func.count()).select_from(schema.jobs).where(*waits)
        with self._base.read() as connection:
            found = [rows.job(row) for row in connection.execute(query.limit(limit)).mappings()]
            return found, connection.scalar(counting) or 0

    def _jobs(self, query: sa.Select[Any]) -> Sequence[FaxJob]:
        with self._base.read() as connection:
            return [rows.job(row) for row in connection.execute(query).mappings()]

    def events(self, id_: str) -> Sequence[timeline.Entry]:
        """The time line of a job or of a received fax, oldest first."""
        with self._base.read() as connection:
            return timeline.read(connection, id_)

    def transmissions(self, job: str) -> Sequence[Handover]:
        """Every handing-over of a job, oldest first."""
        query = sa.select(schema.transmissions).where(_SENT.job == job)
        with self._base.read() as connection:
            found = connection.execute(query.order_by(_SENT.started_at, _SENT.id)).mappings()
            return [_handover(row) for row in found]

    def current(self, jobs: Sequence[FaxJob]) -> dict[str, Transmission]:
        """Job id → its last transmission, for jobs that have one."""
        query = sa.select(schema.transmissions).join(schema.jobs, _JOB.transmission == _SENT.id)
        with self._base.read() as connection:
            found = connection.execute(query.where(_JOB.id.in_([job.id for job in jobs])))
            return {row["job"]: rows.transmission(row) for row in found.mappings()}

    def known(self, account: str, references: Sequence[str]) -> dict[str, str]:
        """Provider's reference → id of the job it belongs to, for pushes."""
        query = sa.select(_SENT.reference, _SENT.job).where(
            _SENT.account == account, _SENT.reference.in_(references)
        )
        with self._base.read() as connection:
            return {row.reference: row.job for row in connection.execute(query)}

    def causes(self, jobs: Sequence[FaxJob]) -> dict[str, dict[errors.Cause, int]]:
        """Job id → how often each cause has ended a call of it, as `Backoff.next_try` asks."""
        query = (
            sa.select(_SENT.job, _SENT.cause, sa.func.count())
            .where(_SENT.job.in_([job.id for job in jobs]), _SENT.cause.is_not(None))
            .where(_SENT.outcome.in_([str(event) for event in _CALLS]))
            .group_by(_SENT.job, _SENT.cause)
        )
        counted: dict[str, dict[errors.Cause, int]] = {job.id: {} for job in jobs}
        with self._base.read() as connection:
            for job, cause, times in connection.execute(query):
                counted[job][errors.Cause(cause)] = times
        return counted

    def cancels_wanted(self) -> frozenset[str]:
        """Ids of submitted jobs that somebody wants cancelled at their provider."""
        query = sa.select(_JOB.id).where(
            _JOB.cancel_wanted.is_not(None), _JOB.state == states.State.SUBMITTED
        )
        with self._base.read() as connection:
            return frozenset(connection.scalars(query))

    def counts(self) -> dict[states.State, int]:
        """How many jobs are in each state; every state is there."""
        query = sa.select(_JOB.state, sa.func.count()).group_by(_JOB.state)
        with self._base.read() as connection:
            counted = {states.State(state): number for state, number in connection.execute(query)}
        return {state: counted.get(state, 0) for state in states.State}

    def oldest(self) -> datetime.datetime | None:
        """Since when the job that waits longest for a worker has been due; None: none waits."""
        query = sa.select(sa.func.min(_JOB.due_at)).where(
            _JOB.ended_at.is_(None),
            _JOB.leased_until.is_(None),
            _JOB.state == sa.bindparam("in_state"),
        )
        with self._base.read() as connection:
            found = [
                connection.scalar(query, {"in_state": state})
                for state in states.State
                if state not in states.FINAL
            ]
        due = min((when for when in found if when is not None), default=None)
        now = database.stamp(self._base.now())
        return None if due is None or due > now else database.moment(due)


def _handover(row: sa.RowMapping) -> Handover:
    return Handover(
        transmission=rows.transmission(row),
        report=rows.report(row["report"]),
        outcome=row["outcome"],
        cause=rows.cause(row["cause"]),
        note=row["note"],
        ended_at=database.maybe_moment(row["ended_at"]),
    )
