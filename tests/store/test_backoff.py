"""When to try again: by cause, growing, never past the deadline."""

import dataclasses
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailfax.errors import Cause
from mailfax.model import Delivery, FaxJob, Recipient
from mailfax.number import FaxNumber
from mailfax.states import State
from mailfax.store import backoff
from tests.store import samples

NOW = samples.START
JITTERS = st.floats(0, 1)


def job(**decision):
    return FaxJob(
        id="j",
        message="m",
        state=State.SUBMITTED,
        recipient=Recipient(address="a@b", number=FaxNumber("12025550123")),
        notify=None,
        orcpt=None,
        decision=samples.decision(**decision),
        fence=1,
        tries=1,
        crashes=0,
        created_at=NOW,
        deadline=NOW + datetime.timedelta(days=1),
        due_at=NOW,
    )


def calls(cause, **decision):
    """How many calls a fax gets that always ends by this cause, and how long they take."""
    now, past = NOW, {}
    while True:
        due = backoff.Backoff().next_try(job(**decision), cause, past, now)
        past[cause] = past.get(cause, 0) + 1
        if due is None:
            return past[cause], now - NOW
        now = due


@pytest.mark.parametrize(
    ("cause", "number"),
    [
        (Cause.BUSY, 5),
        (Cause.NO_ANSWER, 2),
        (Cause.NO_FAX_TONE, 1),
        (Cause.BAD_NUMBER, 1),
        (Cause.OUT_OF_PAPER, 1),
        (Cause.BLOCKED, 1),
        (Cause.LINE_ERROR, 3),
        (Cause.CONGESTION, 8),
    ],
)
def test_each_cause_is_worth_its_number_of_calls(cause, number):
    assert calls(cause, tries=20)[0] == number


def test_a_busy_line_is_called_five_times_within_an_hour():
    number, time = calls(Cause.BUSY)
    assert number == 5
    assert datetime.timedelta(minutes=30) < time < datetime.timedelta(hours=1)


def test_the_rule_bounds_the_calls_of_all_causes_together():
    past = {Cause.BUSY: 1, Cause.LINE_ERROR: 1}
    assert backoff.Backoff().next_try(job(tries=4), Cause.BUSY, past, NOW) is not None
    assert backoff.Backoff().next_try(job(tries=3), Cause.BUSY, past, NOW) is None


@given(
    cause=st.sampled_from(Cause),
    past=st.dictionaries(st.sampled_from(Cause), st.integers(0, 9)),
    late=st.floats(0, 90_000),
    jitter=JITTERS,
    scale=st.sampled_from([1.0, 0.001]),
)
def test_no_call_is_planned_in_the_past_or_past_the_deadline(cause, past, late, jitter, scale):
    now = NOW + datetime.timedelta(seconds=late)
    due = backoff.Backoff(scale).next_try(job(tries=99), cause, past, now, jitter)
    assert due is None or now < due < NOW + datetime.timedelta(days=1)


@given(times=st.integers(1, 10_000), jitter=JITTERS)
def test_an_unreachable_provider_is_tried_at_least_every_quarter_hour(times, jitter):
    wait = backoff.Backoff().unreachable(job(), times, NOW, jitter) - NOW
    assert datetime.timedelta(seconds=27) <= wait <= datetime.timedelta(seconds=990)


def test_a_provider_that_names_a_time_is_not_asked_before_it():
    asked = backoff.Backoff(0.001).unreachable(job(), 1, NOW, 0.5, 3600)
    assert asked - NOW == datetime.timedelta(hours=1)
    late = backoff.Backoff().unreachable(job(), 1, NOW, 0.5, 7 * 86400)
    assert late == job().deadline


def test_status_is_asked_for_more_rarely_as_a_fax_gets_older():
    waits = [
        backoff.Backoff().next_poll(NOW, NOW + datetime.timedelta(seconds=age))
        - NOW
        - datetime.timedelta(seconds=age)
        for age in (0, 60, 600, 86400)
    ]
    assert [wait.total_seconds() for wait in waits] == [5, 15, 150, 300]


def test_the_first_look_after_a_lost_answer_is_after_half_a_minute():
    assert backoff.Backoff().next_look(NOW, NOW) - NOW == datetime.timedelta(seconds=30)


def delivery(tries, age=0.0):
    created = NOW - datetime.timedelta(seconds=age)
    return Delivery(
        id="d", target="a@b", mail_from="", message_id="<m>", document=None,
        tries=tries, fence=1, created_at=created, next_at=created,
    )  # fmt: skip


def test_mail_is_tried_up_to_hourly_for_five_days():
    waits = [backoff.Backoff().next_delivery(delivery(tries), NOW) - NOW for tries in range(9)]
    assert waits == sorted(waits)
    assert waits[0] == datetime.timedelta(minutes=1)
    assert waits[-1] == datetime.timedelta(hours=1)
    assert backoff.Backoff().next_delivery(delivery(99, 5 * 86400 - 1), NOW) is not None
    assert backoff.Backoff().next_delivery(delivery(99, 5 * 86400), NOW) is None


def test_a_demonstration_shortens_every_wait():
    quick = backoff.Backoff(0.001)
    assert quick.next_try(job(), Cause.BUSY, {}, NOW) - NOW == datetime.timedelta(seconds=0.3)
    assert quick.next_poll(NOW, NOW) - NOW == datetime.timedelta(seconds=0.005)
    assert quick.next_delivery(delivery(0), NOW) - NOW == datetime.timedelta(seconds=0.06)
    assert quick.next_delivery(delivery(0, 432), NOW) is None


def test_jitter_moves_a_wait_by_a_tenth_at_the_most():
    low, high = (backoff.Backoff().next_look(NOW, NOW, jitter) - NOW for jitter in (0.0, 1.0))
    assert (low.total_seconds(), high.total_seconds()) == pytest.approx((27, 33))


def test_a_scale_is_all_there_is_to_set():
    assert [field.name for field in dataclasses.fields(backoff.Backoff)] == ["scale"]
