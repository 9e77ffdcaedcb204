"""What one change does to a job: pure; `faxes` writes what comes out of it."""

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

from mailfax import errors, states
from mailfax.model import FaxJob, Report
from mailfax.states import Event, State
from mailfax.store import database, leases, rows, timeline

AT_PROVIDER = frozenset({State.SUBMITTING, State.UNSURE, State.SUBMITTED})
"""States in which a transmission is open: it may be, or is, with the provider."""

GOOD = frozenset({State.DELIVERED, State.RELAYED})
_HERE = frozenset({State.ACCEPTED, State.HELD, State.READY})
_FOR_A_PERSON = frozenset({Event.CANNOT_KNOW, Event.STALL})
"""Held, and yet it may have arrived: to cancel it then is for a person to say again."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A worker's word on a job it has claimed; it lets go of the job."""

    job: FaxJob
    event: Event | None
    """None: it stays in its state and is due again later."""
    due_at: datetime.datetime | None = None
    """None: now, or for a held job at its deadline."""
    cause: errors.Cause | None = None
    note: str = ""
    """One sentence, fit for the sender."""
    document: str | None = None
    pages: int | None = None
    reference: str | None = None
    """The provider's reference of the open transmission."""
    report: Report | None = None
    """What the provider said of the open transmission."""
    detail: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """More for the time line: names and JSON values, nothing confidential."""
    cancel_refused: bool = False
    """The provider says that it is too late to cancel: the wish is forgotten."""


@dataclasses.dataclass(frozen=True, slots=True)
class Settled:
    """What to write for one job."""

    before: leases.Row
    new: dict[str, Any]
    lines: list[dict[str, Any]]
    handover: dict[str, Any] | None

    @property
    def job(self) -> FaxJob:
        """The job as it is after."""
        return rows.job({**self.before, "owner": None, "crashes": 0, **self.new})

    @property
    def ended(self) -> bool:
        """Whether the job has come to its end by this."""
        return self.new["ended_at"] is not None


def settle(row: leases.Row, change: Change, now: float, *, fence: int | None = None) -> Settled:
    """Work out `change` to the job in `row`; raises states.Impossible.

    A job that somebody wants cancelled ends as soon as it is surely not with a provider.
    `fence` replaces the row's, to shut out whoever held it.
    """
    if change.event is Event.CLAIM:
        raise states.Impossible("a job is claimed for sending by begin, with its transmission")
    state = State(row["state"])
    if change.event is None and state is State.SUBMITTING:
        raise states.Impossible("a job that is being sent does not wait: was it taken or not?")
    target = states.next_state(state, change.event) if change.event else state
    new = _values(row, change, state, target, now)
    lines = _lines(row["id"], change, target, now)
    handover = _handover(row, change, target, now) if state in AT_PROVIDER else None
    if new["cancel_wanted"] is not None and target in _HERE:
        wish = Change(job=change.job, event=Event.CANCEL, note="cancelled as was asked")
        cancelled = settle({**row, **new}, wish, now)
        new, lines = cancelled.new, lines + cancelled.lines
    if fence is not None:
        new["fence"] = fence
    return Settled(row, new, lines, handover)


def _values(
    row: leases.Row, change: Change, state: State, target: State, now: float
) -> dict[str, Any]:
    ended = target in states.FINAL
    over = ended or change.cancel_refused or change.event in _FOR_A_PERSON
    return {
        "state": str(target),
        "due_at": _due(row, change, target, now),
        "ended_at": now if ended else None,
        "cause": _cause(row, change, target),
        "note": change.note or (row["note"] if change.event is None else ""),
        "document": change.document or row["document"],
        "pages": row["pages"] if change.pages is None else change.pages,
        "cancel_wanted": None if over else row["cancel_wanted"],
        "untold": _untold(row["untold"], state, target),
    }


def _due(row: leases.Row, change: Change, target: State, now: float) -> float:
    if change.due_at is not None:
        return database.stamp(change.due_at)
    return float(row["deadline"]) if target is State.HELD else now


def _cause(row: leases.Row, change: Change, target: State) -> str | None:
    """The last real cause stays: a job that expires ends for that reason."""
    if target in GOOD:
        return None
    if change.cause is not None:
        return str(change.cause)
    if change.event is Event.CANCEL:
        return str(errors.Cause.CANCELLED)
    if change.event is Event.DEADLINE:
        return str(row["cause"] or errors.Cause.TIMED_OUT)
    kept: str | None = row["cause"]
    return kept


def _untold(before: int, state: State, target: State) -> int:
    """Whether the sender is to be told: see `schema.jobs`."""
    if target is state:
        return before
    if target in GOOD:
        return 2
    return int(target is State.HELD or target in states.FINAL)


def _lines(job: str, change: Change, target: State, now: float) -> list[dict[str, Any]]:
    """The time line's words; a job that merely waits on, with nothing to say, leaves none."""
    lines = []
    if change.cancel_refused:
        lines.append(timeline.line(job, now, timeline.Word.CANCEL_REFUSED, target))
    if change.event or change.note:
        lines.append(
            timeline.line(
                job,
                now,
                change.event or timeline.Word.WAIT,
                target,
                cause=change.cause,
                note=change.note,
                detail=change.detail,
            )
        )
    return lines


def _handover(row: leases.Row, change: Change, target: State, now: float) -> dict[str, Any]:
    """What became of the open transmission; None leaves a value as it was."""
    over = target not in AT_PROVIDER
    return {
        "row_id": row["transmission"],
        "new_reference": change.reference,
        "new_report": rows.plain(change.report),
        "new_cause": str(change.cause) if change.cause else None,
        "new_note": change.note or None,
        "new_outcome": str(change.event) if over else None,
        "new_ended_at": now if over else None,
    }
