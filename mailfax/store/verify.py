"""Proving the promise: every accepted recipient has an outcome, or a next time that is kept."""

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from mailfax import states
from mailfax.store import database, deliveries, inbound, schema

OVERDUE = 3600.0
"""Seconds past its due time after which a row that nobody works on is a broken promise."""

_JOB, _MESSAGE = schema.jobs.c, schema.messages.c
_FAX, _DELIVERY = schema.inbound.c, schema.deliveries.c
_SIBLING = schema.jobs.alias().c


def promises(base: database.Database, exists: Callable[[str], bool] | None) -> list[str]:
    """One sentence for each broken promise; none is good news.

    `exists` tells whether a document of this key is in the document store.
    """
    late = database.stamp(base.now()) - OVERDUE
    with base.read() as connection:
        found = [*_mails(connection), *_jobs(connection, late), *_others(connection, late)]
        return found + list(_documents(connection, exists)) if exists else found


def _mails(connection: sa.Connection) -> Iterator[str]:
    jobless = sa.select(_MESSAGE.id).where(~sa.exists().where(_JOB.message == _MESSAGE.id))
    for id_ in connection.scalars(jobless):
        yield f"mail {id_} was accepted and has no job"


def _jobs(connection: sa.Connection, late: float) -> Iterator[str]:
    job = sa.select(_JOB.id, _JOB.state, _JOB.due_at)
    over = _JOB.state.in_([str(state) for state in states.FINAL])
    for row in connection.execute(job.where(over == _JOB.ended_at.is_(None))):
        yield f"job {row.id} is {row.state}, which does not agree with its end"
    for row in connection.execute(job.where(_overdue(_JOB, late))):
        yield f"job {row.id} is {row.state} and was due at {_time(row.due_at)}: nobody takes it"
    open_sibling = sa.exists().where(_SIBLING.message == _JOB.message, _SIBLING.ended_at.is_(None))
    untold = sa.or_(_JOB.untold == 1, sa.and_(_JOB.untold == 2, ~open_sibling))
    for row in connection.execute(job.where(untold, _JOB.ended_at <= late)):
        yield f"job {row.id} is {row.state}, and its sender has not been told"
    silent = ~sa.exists().where(schema.events.c.subject == _JOB.id)
    for row in connection.execute(job.where(silent)):
        yield f"job {row.id} is {row.state} and has no time line"


def _others(connection: sa.Connection, late: float) -> Iterator[str]:
    fax = sa.select(_FAX.id, _FAX.state, _FAX.due_at)
    ours = sa.or_(_FAX.state != inbound.ROUTED, inbound.SAFE)
    for row in connection.execute(fax.where(_overdue(_FAX, late), ours)):
        yield f"received fax {row.id} is {row.state} and was due at {_time(row.due_at)}"
    for row in connection.execute(sa.select(schema.deliveries).where(_overdue(_DELIVERY, late))):
        yield f"mail {row.id} was to go to {row.target} at {_time(row.due_at)}: nobody takes it"
    failed = _DELIVERY.state == deliveries.FAILED
    for row in connection.execute(sa.select(schema.deliveries).where(failed)):
        yield f"mail {row.id} to {row.target} was given up: {row.note}"


def _overdue(row: Any, late: float) -> Any:
    free = sa.or_(row.leased_until.is_(None), row.leased_until <= late)
    return sa.and_(row.ended_at.is_(None), row.due_at <= late, free)


def _documents(connection: sa.Connection, exists: Callable[[str], bool]) -> Iterator[str]:
    """Documents that rows still need: of open jobs, of received faxes, of mails to go out."""
    waiting = _DELIVERY.state == deliveries.WAITING
    needed = {
        "job": sa.select(_JOB.id, _JOB.document).where(_JOB.ended_at.is_(None)),
        "mail": sa.select(_MESSAGE.id, _MESSAGE.document)
        .join(schema.jobs, _JOB.message == _MESSAGE.id)
        .where(_JOB.ended_at.is_(None))
        .distinct(),
        "received fax": sa.select(_FAX.id, _FAX.document),
        "outgoing mail": sa.select(_DELIVERY.id, _DELIVERY.document).where(waiting),
    }
    for what, query in needed.items():
        for id_, key in connection.execute(query):
            if key is not None and not exists(key):
                yield f"{what} {id_} needs the document {key}, which is missing"


def _time(stamp: float) -> str:
    return f"{database.moment(stamp):%Y-%m-%d %H:%M} UTC"
