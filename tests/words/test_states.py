"""The state table: every pair of state and event is either an arrow or an error."""

import itertools
import pathlib

import pytest

from mailfax import states
from mailfax.states import Event, State

ROOT = pathlib.Path(__file__).parents[2]
PAIRS = list(itertools.product(State, Event))


@pytest.mark.parametrize(("state", "event"), PAIRS, ids=[f"{s}-{e}" for s, e in PAIRS])
def test_every_pair_leads_where_the_table_says_or_is_impossible(state, event):
    if event in states.TABLE[state]:
        assert states.next_state(state, event) is states.TABLE[state][event]
    else:
        with pytest.raises(states.Impossible, match=str(event)):
            states.next_state(state, event)


def test_every_state_has_a_row():
    assert set(states.TABLE) == set(State)


def test_every_event_is_used_somewhere():
    assert {event for row in states.TABLE.values() for event in row} == set(Event)


def test_end_states_are_the_five_that_nothing_leaves():
    assert {str(s) for s in states.FINAL} == {
        "delivered",
        "relayed",
        "failed",
        "cancelled",
        "expired",
    }


def test_every_state_can_still_reach_an_end():
    for start in State:
        reached, ahead = set(), [start]
        while ahead:
            state = ahead.pop()
            if state not in reached:
                reached.add(state)
                ahead += states.TABLE[state].values()
        assert reached & states.FINAL, start


def test_a_job_whose_fate_is_unknown_is_never_sent_again_without_an_answer():
    assert states.TABLE[State.UNSURE].keys() == {
        Event.FIND,
        Event.ABSENT,
        Event.CANNOT_KNOW,
        Event.DEADLINE,
    }
    assert State.SUBMITTING not in states.TABLE[State.UNSURE].values()


def test_only_a_ready_job_is_submitted():
    sources = {s for s, row in states.TABLE.items() if State.SUBMITTING in row.values()}
    assert sources == {State.READY}


def test_the_diagram_in_the_docs_is_generated_from_the_table():
    page = (ROOT / "docs" / "states.md").read_text(encoding="utf-8")
    assert states.diagram() in page, "run: python -m mailfax.states > docs/states.md"
