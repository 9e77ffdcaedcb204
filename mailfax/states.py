"""The life of a fax job as one table; a key that is absent is the error.

`next_state(state, event)` is the only way a job changes state. The diagram in
docs/states.md is generated from this table.
"""

import enum

from mailfax import errors


class State(enum.StrEnum):
    """Where a job is."""

    ACCEPTED = "accepted"
    HELD = "held"
    READY = "ready"
    SUBMITTING = "submitting"
    UNSURE = "unsure"
    SUBMITTED = "submitted"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Event(enum.StrEnum):
    """What happens to a job."""

    RENDERED = "rendered"
    UNRENDERABLE = "unrenderable"
    HOLD = "hold"
    RELEASE = "release"
    RESEND = "resend"
    CLOSE_DELIVERED = "close_delivered"
    CLOSE_FAILED = "close_failed"
    CLAIM = "claim"
    DENY = "deny"
    TAKEN = "taken"
    REFUSE = "refuse"
    PUT_OFF = "put_off"
    LOSE = "lose"
    FIND = "find"
    ABSENT = "absent"
    CANNOT_KNOW = "cannot_know"
    DELIVER = "deliver"
    RELAY = "relay"
    RETRY = "retry"
    FAIL = "fail"
    STALL = "stall"
    CANCEL = "cancel"
    DEADLINE = "deadline"


_S, _E = State, Event

TABLE: dict[State, dict[Event, State]] = {
    _S.ACCEPTED: {
        _E.RENDERED: _S.READY,
        _E.UNRENDERABLE: _S.FAILED,
        _E.HOLD: _S.HELD,
        _E.CANCEL: _S.CANCELLED,
        _E.DEADLINE: _S.EXPIRED,
    },
    _S.HELD: {
        _E.RELEASE: _S.ACCEPTED,
        _E.RESEND: _S.READY,
        _E.CLOSE_DELIVERED: _S.DELIVERED,
        _E.CLOSE_FAILED: _S.FAILED,
        _E.CANCEL: _S.CANCELLED,
        _E.DEADLINE: _S.EXPIRED,
    },
    _S.READY: {
        _E.CLAIM: _S.SUBMITTING,
        _E.HOLD: _S.HELD,
        _E.DENY: _S.FAILED,
        _E.CANCEL: _S.CANCELLED,
        _E.DEADLINE: _S.EXPIRED,
    },
    _S.SUBMITTING: {
        _E.TAKEN: _S.SUBMITTED,
        _E.REFUSE: _S.FAILED,
        _E.PUT_OFF: _S.READY,
        _E.HOLD: _S.HELD,
        _E.LOSE: _S.UNSURE,
    },
    _S.UNSURE: {
        _E.FIND: _S.SUBMITTED,
        _E.ABSENT: _S.READY,
        _E.CANNOT_KNOW: _S.HELD,
        _E.DEADLINE: _S.FAILED,
    },
    _S.SUBMITTED: {
        _E.DELIVER: _S.DELIVERED,
        _E.RELAY: _S.RELAYED,
        _E.RETRY: _S.READY,
        _E.FAIL: _S.FAILED,
        _E.CANCEL: _S.CANCELLED,
        _E.STALL: _S.HELD,
    },
    _S.DELIVERED: {},
    _S.RELAYED: {},
    _S.FAILED: {},
    _S.CANCELLED: {},
    _S.EXPIRED: {},
}

FINAL: frozenset[State] = frozenset(state for state, events in TABLE.items() if not events)


class Impossible(errors.MailfaxError):
    """This event cannot happen in this state."""


def next_state(state: State, event: Event) -> State:
    """The state after `event`; raises `Impossible` when the table has no such key."""
    try:
        return TABLE[state][event]
    except KeyError:
        raise Impossible(f"a job that is {state} cannot be told to {event}") from None


def diagram() -> str:
    """The table as a Mermaid state diagram, events of one arrow joined by commas."""
    lines = ["stateDiagram-v2", "    [*] --> accepted"]
    for state, events in TABLE.items():
        for target in dict.fromkeys(events.values()):
            names = ", ".join(event for event, to in events.items() if to is target)
            lines.append(f"    {state} --> {target}: {names}")
    lines += [f"    {state} --> [*]" for state in TABLE if state in FINAL]
    return "\n".join(lines)


def page() -> str:
    """docs/states.md: the diagram and what each state means."""
    meanings = "\n".join(f"| {state} | {_MEANING[state]} |" for state in State)
    return (
        "# The life of a fax job\n\n"
        "Generated from the table in `mailfax/states.py` by `python -m mailfax.states`.\n\n"
        f"```mermaid\n{diagram()}\n```\n\n| state | meaning |\n|---|---|\n{meanings}"
    )


_MEANING = {
    _S.ACCEPTED: "durable; the sender has the 250",
    _S.HELD: "waits for a person or a date",
    _S.READY: "its pages exist and are counted",
    _S.SUBMITTING: "the intent is durable; the call to the provider may be in flight",
    _S.UNSURE: "nobody knows whether the provider took it; nobody may send it again yet",
    _S.SUBMITTED: "the provider has it",
    _S.DELIVERED: "the called machine confirmed the last page",
    _S.RELAYED: "handed over to a carrier that never confirms",
    _S.FAILED: "given up; the receipt names the cause",
    _S.CANCELLED: "called back before it was sent",
    _S.EXPIRED: "its deadline passed before it could be sent",
}


if __name__ == "__main__":
    print(page())  # noqa: T201
