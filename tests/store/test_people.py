"""What people say to jobs, and what the sender is told."""

import contextlib
import functools

import pytest

from mailfax import errors, states
from mailfax.states import Event, State
from mailfax.store import ledger as store
from mailfax.store.faxes import Change
from tests.store import samples


def held(ledger):
    samples.ready(ledger)
    [job] = samples.claim(ledger, State.READY)
    return ledger.faxes.advance(Change(job=job, event=Event.HOLD, note="ask the boss"))


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (Event.RELEASE, State.ACCEPTED),
        (Event.RESEND, State.READY),
        (Event.CLOSE_DELIVERED, State.DELIVERED),
        (Event.CLOSE_FAILED, State.FAILED),
        (Event.CANCEL, State.CANCELLED),
    ],
)
def test_a_held_job_does_as_it_is_told(ledger, event, state):
    job = ledger.faxes.tell(held(ledger).id, event, "by ann")
    assert job.state is state
    assert ledger.faxes.events(job.id)[-1].note == "by ann"
    assert ledger.faxes.get(job.id) == job


def test_a_job_in_a_workers_hands_says_whose(ledger):
    samples.ready(ledger)
    [job] = samples.claim(ledger, State.READY, owner="node-3")
    with pytest.raises(errors.Temporary, match="node-3"):
        ledger.faxes.tell(job.id, Event.HOLD, "stop")


def test_a_word_to_a_waiting_job_shuts_out_a_late_worker(ledger, clock):
    samples.accepted(ledger)
    [zombie] = samples.claim(ledger, State.ACCEPTED, lease=1.0)
    clock.forward(1)
    ledger.faxes.tell(zombie.id, Event.HOLD, "")
    ledger.faxes.tell(zombie.id, Event.RELEASE, "")
    with pytest.raises(errors.Fenced):
        ledger.faxes.advance(Change(job=zombie, event=Event.RENDERED, pages=1))


@pytest.mark.parametrize(
    ("event", "error"),
    [(Event.RELEASE, states.Impossible), (Event.TAKEN, states.Impossible)],
)
def test_what_cannot_be_said_is_refused(ledger, event, error):
    [job] = samples.accepted(ledger)
    with pytest.raises(error):
        ledger.faxes.tell(job.id, event, "")


def test_a_job_without_pages_is_not_resent(ledger, clock):
    [job] = samples.accepted(ledger, (samples.new_job(clock, state=State.HELD),))
    with pytest.raises(errors.Permanent, match="no pages yet"):
        ledger.faxes.tell(job.id, Event.RESEND, "")


def test_a_job_that_is_not_there_is_said_so(ledger):
    with pytest.raises(errors.Permanent, match="no job x"):
        ledger.faxes.tell("x", Event.CANCEL, "")


# ── cancel ─────────────────────────────────────────────────────────────────────────────


def test_a_waiting_job_is_cancelled_at_once(ledger):
    [job] = samples.accepted(ledger)
    job = ledger.faxes.tell(job.id, Event.CANCEL, "wrong number")
    assert (job.state, job.cause) == (State.CANCELLED, errors.Cause.CANCELLED)


def test_a_fax_with_its_provider_is_cancelled_when_the_provider_confirms(ledger, clock):
    job = samples.submitted(ledger)
    [job] = samples.claim(ledger, State.SUBMITTED)
    ledger.faxes.put_off(job, samples.later(clock, 300))
    wished = ledger.faxes.tell(job.id, Event.CANCEL, "wrong number")
    assert wished.state is State.SUBMITTED
    assert ledger.faxes.cancels_wanted() == {job.id}
    [job] = samples.claim(ledger, State.SUBMITTED)
    done = ledger.faxes.advance(Change(job=job, event=Event.CANCEL))
    assert (done.state, done.cause) == (State.CANCELLED, errors.Cause.CANCELLED)
    assert ledger.faxes.cancels_wanted() == frozenset()


def test_a_wish_that_came_too_late_is_forgotten_and_said(ledger, clock):
    job = samples.submitted(ledger)
    ledger.faxes.tell(job.id, Event.CANCEL, "")
    [job] = samples.claim(ledger, State.SUBMITTED)
    ledger.faxes.advance(Change(job=job, event=None, due_at=clock(), cancel_refused=True))
    assert ledger.faxes.cancels_wanted() == frozenset()
    assert ledger.faxes.events(job.id)[-1].event == "cancel_refused"
    [job] = samples.claim(ledger, State.SUBMITTED)
    assert ledger.faxes.advance(Change(job=job, event=Event.RETRY)).state is State.READY


def test_an_unwanted_fax_is_not_called_again(ledger):
    """Cancel is asked for, the line is busy: the job ends instead of being tried again."""
    job = samples.submitted(ledger)
    ledger.faxes.tell(job.id, Event.CANCEL, "")
    [job] = samples.claim(ledger, State.SUBMITTED)
    done = ledger.faxes.advance(Change(job=job, event=Event.RETRY, cause=errors.Cause.BUSY))
    assert (done.state, done.cause) == (State.CANCELLED, errors.Cause.CANCELLED)
    assert done == ledger.faxes.get(job.id)
    assert [e.event for e in ledger.faxes.events(job.id)][-2:] == ["retry", "cancel"]


@pytest.mark.parametrize(
    ("state", "event"), [(State.UNSURE, Event.CANNOT_KNOW), (State.SUBMITTED, Event.STALL)]
)
def test_an_unwanted_fax_that_may_have_arrived_is_a_persons_to_decide(ledger, state, event):
    job = samples.submitting(ledger)
    before = Event.LOSE if state is State.UNSURE else Event.TAKEN
    ledger.faxes.advance(Change(job=job, event=before))
    assert ledger.faxes.tell(job.id, Event.CANCEL, "").state is state
    [job] = samples.claim(ledger, state)
    assert ledger.faxes.advance(Change(job=job, event=event)).state is State.HELD
    assert ledger.faxes.tell(job.id, Event.RELEASE, "").state is State.ACCEPTED


def test_a_fax_that_arrives_although_unwanted_is_delivered(ledger):
    job = samples.submitted(ledger)
    ledger.faxes.tell(job.id, Event.CANCEL, "")
    [job] = samples.claim(ledger, State.SUBMITTED)
    assert ledger.faxes.advance(Change(job=job, event=Event.DELIVER)).state is State.DELIVERED


@pytest.mark.parametrize("state", [State.ACCEPTED, State.READY])
def test_a_job_cancelled_in_a_workers_hands_ends_with_the_workers_word(ledger, state):
    samples.ready(ledger) if state is State.READY else samples.accepted(ledger)
    [job] = samples.claim(ledger, state)
    assert ledger.faxes.tell(job.id, Event.CANCEL, "").state is state
    if state is State.READY:
        with pytest.raises(errors.Fenced):
            ledger.faxes.begin(job, samples.transmission(ledger, job), 60.0)
    else:
        ledger.faxes.advance(Change(job=job, event=Event.RENDERED, document="d", pages=1))
    assert ledger.faxes.get(job.id).state is State.CANCELLED
    assert ledger.faxes.transmissions(job.id) == []


# ── receipts ───────────────────────────────────────────────────────────────────────────


def end(ledger, job, event, **what):
    while job.id != (claimed := samples.claim(ledger, State.ACCEPTED)[0]).id:
        ledger.faxes.put_off(claimed, ledger.now())
    job = ledger.faxes.advance(Change(job=claimed, event=Event.RENDERED, document="d", pages=1))
    while job.id != (claimed := samples.claim(ledger, State.READY)[0]).id:
        ledger.faxes.put_off(claimed, ledger.now())
    job = ledger.faxes.begin(claimed, samples.transmission(ledger, claimed), 60.0)
    job = ledger.faxes.advance(Change(job=job, event=Event.TAKEN))
    [job] = samples.claim(ledger, State.SUBMITTED)
    return ledger.faxes.advance(Change(job=job, event=event, **what))


def news(ledger):
    return {job.id for untold in ledger.receipts.untold(10) for job in untold.jobs}


def test_failures_are_told_at_once_and_the_rest_when_all_have_ended(ledger):
    one, two, three = samples.accepted(ledger, 3)
    assert news(ledger) == set()
    end(ledger, one, Event.DELIVER)
    assert news(ledger) == set()
    failed = end(ledger, two, Event.FAIL, cause=errors.Cause.NO_ANSWER)
    assert news(ledger) == {two.id}
    ledger.receipts.told([failed], [samples.delivery(jobs=(two.id,))])
    assert news(ledger) == set()
    end(ledger, three, Event.RELAY)
    assert news(ledger) == {one.id, three.id}


def test_a_hold_is_told_each_time_and_not_after_it_is_over(ledger):
    job = held(ledger)
    assert news(ledger) == {job.id}
    ledger.receipts.told([job], [samples.delivery(jobs=(job.id,))])
    assert news(ledger) == set()
    job = ledger.faxes.tell(job.id, Event.RESEND, "")
    [job] = samples.claim(ledger, State.READY)
    job = ledger.faxes.advance(Change(job=job, event=Event.HOLD))
    assert news(ledger) == {job.id}
    ledger.faxes.tell(job.id, Event.RELEASE, "")
    assert news(ledger) == set()


def test_news_that_changed_meanwhile_is_not_told_as_it_was(ledger):
    job = held(ledger)
    ledger.faxes.tell(job.id, Event.CLOSE_FAILED, "")
    with pytest.raises(errors.Fenced):
        ledger.receipts.told([job], [samples.delivery(jobs=(job.id,))])
    assert ledger.deliveries.claim(10, 60.0, "w") == []
    assert news(ledger) == {job.id}


def test_the_sender_may_be_told_nothing_on_purpose(ledger):
    job = held(ledger)
    ledger.receipts.told([job], [])
    assert news(ledger) == set()
    assert ledger.faxes.events(job.id)[-1].detail == {"targets": []}


def test_two_workers_tell_each_end_exactly_once(url):
    ledger = store.open(url)
    jobs = [end(ledger, *samples.accepted(ledger), Event.DELIVER) for _ in range(8)]

    def tell():
        while untold := ledger.receipts.untold(3):
            for one in untold:
                mails = [samples.delivery(jobs=tuple(job.id for job in one.jobs))]
                with contextlib.suppress(errors.Fenced):
                    ledger.receipts.told(one.jobs, mails)

    samples.together(tell, tell)
    assert len(ledger.deliveries.claim(100, 60.0, "w")) == len(jobs)
    for job in jobs:
        told_lines = [e for e in ledger.faxes.events(job.id) if e.event == "told"]
        assert len(told_lines) == 1
    ledger.close()


def test_two_workers_that_end_the_last_two_jobs_at_once_leave_news(url):
    ledger = store.open(url)
    for _ in range(10):
        samples.accepted(ledger, 2)
        pair = samples.claim(ledger, State.ACCEPTED, 2)

        def finish(job):
            ledger.faxes.advance(Change(job=job, event=Event.HOLD))
            ledger.faxes.tell(job.id, Event.CLOSE_DELIVERED, "")

        samples.together(*(functools.partial(finish, job) for job in pair))
        assert news(ledger) == {job.id for job in pair}
        [untold] = ledger.receipts.untold(10)
        ledger.receipts.told(untold.jobs, [])
    ledger.close()
