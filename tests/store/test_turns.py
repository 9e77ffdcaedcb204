"""Workers take turns: claims, fences, leases that run out, poison."""

import functools

import pytest

from mailfax import errors, states
from mailfax.states import Event, State
from mailfax.store import ledger as store
from mailfax.store.faxes import Change
from tests.store import samples


def test_a_claim_takes_what_is_due_oldest_due_first(ledger, clock):
    late, soon, future = (
        samples.new_job(clock, due_at=samples.later(clock, seconds)) for seconds in (-1, -5, 1)
    )
    samples.accepted(ledger, (late, soon, future))
    assert [job.id for job in samples.claim(ledger, State.ACCEPTED, 9)] == [soon.id, late.id]
    assert samples.claim(ledger, State.ACCEPTED, 9) == []
    clock.forward(1)
    assert [job.id for job in samples.claim(ledger, State.ACCEPTED, 9)] == [future.id]


def test_what_is_urgent_is_claimed_before_what_has_waited_longer(ledger, clock):
    jobs = {
        name: samples.new_job(
            clock, due_at=samples.later(clock, seconds), said={"priority": priority}
        )
        for name, seconds, priority in (
            ("old", -9, "normal"), ("urgent", -1, "urgent"), ("later", 5, "urgent"),
        )
    }  # fmt: skip
    samples.accepted(ledger, tuple(jobs.values()))
    claimed = [samples.claim(ledger, State.ACCEPTED, 9) for _ in range(3)]
    assert [[job.id for job in some] for some in claimed] == [
        [jobs["urgent"].id], [jobs["old"].id], [],
    ]  # fmt: skip


def test_jobs_are_found_by_the_code_they_are_billed_under(ledger, clock):
    mine, other = (samples.new_job(clock, said={"billing": code}) for code in ("4711 n", ""))
    samples.accepted(ledger, (mine, other))
    assert [job.id for job in ledger.faxes.list(billing="4711 n")] == [mine.id]


def test_a_decision_with_a_time_comes_back_as_it_was(ledger, clock):
    said = {"send_at": samples.later(clock, 60), "allow_options": ("at",)}
    later = samples.new_job(clock, said=said)
    [job] = samples.accepted(ledger, (later,))
    assert job.decision == later.decision


def test_a_claim_takes_from_the_first_state_that_has_any(ledger):
    [waiting] = samples.ready(ledger)
    [fresh] = samples.accepted(ledger)
    claimed = ledger.faxes.claim([State.READY, State.ACCEPTED], 5, 60.0, "w")
    assert [job.id for job in claimed] == [waiting.id]
    claimed = ledger.faxes.claim([State.READY, State.ACCEPTED], 5, 60.0, "w")
    assert [job.id for job in claimed] == [fresh.id]


def test_a_claim_never_takes_more_than_its_limit(ledger):
    samples.accepted(ledger, 7)
    assert len(samples.claim(ledger, State.ACCEPTED, 3)) == 3
    assert len(samples.claim(ledger, State.ACCEPTED, 3)) == 3
    assert len(samples.claim(ledger, State.ACCEPTED, 3)) == 1


def test_a_zombie_changes_nothing(ledger, clock):
    """A worker stops, its lease runs out, another takes the job; then it wakes."""
    samples.accepted(ledger)
    [zombie] = samples.claim(ledger, State.ACCEPTED, lease=10.0, owner="zombie")
    clock.forward(10)
    [living] = samples.claim(ledger, State.ACCEPTED, lease=10.0, owner="living")
    assert living.fence == zombie.fence + 1
    for attempt in (
        lambda: ledger.faxes.advance(Change(job=zombie, event=Event.RENDERED, document="z")),
        lambda: ledger.faxes.put_off(zombie, clock()),
    ):
        with pytest.raises(errors.Fenced):
            attempt()
    assert ledger.faxes.renew([zombie], 60.0) == {zombie.id}
    done = ledger.faxes.advance(Change(job=living, event=Event.RENDERED, document="l", pages=1))
    assert done.document == "l"
    with pytest.raises(errors.Fenced):
        ledger.faxes.advance(Change(job=zombie, event=Event.RENDERED, document="z"))


def test_a_zombie_never_begins_to_send(ledger, clock):
    samples.ready(ledger)
    [zombie] = samples.claim(ledger, State.READY, lease=10.0)
    clock.forward(10)
    [living] = samples.claim(ledger, State.READY, lease=10.0)
    with pytest.raises(errors.Fenced):
        ledger.faxes.begin(zombie, samples.transmission(ledger, zombie), 60.0)
    assert ledger.faxes.transmissions(living.id) == []


def test_what_was_said_once_is_not_said_again(ledger):
    """The lease ends with the word: the same job object is of no more use."""
    samples.accepted(ledger)
    [job] = samples.claim(ledger, State.ACCEPTED)
    ledger.faxes.put_off(job, ledger.now())
    with pytest.raises(errors.Fenced):
        ledger.faxes.put_off(job, ledger.now())


def test_a_renewed_lease_holds(ledger, clock):
    samples.accepted(ledger, 2)
    jobs = samples.claim(ledger, State.ACCEPTED, 2, lease=10.0)
    clock.forward(9)
    assert ledger.faxes.renew(jobs, 10.0) == frozenset()
    clock.forward(9)
    assert samples.claim(ledger, State.ACCEPTED, 2) == []
    assert (
        ledger.faxes.advance_all([Change(job=job, event=Event.UNRENDERABLE) for job in jobs])
        == frozenset()
    )


def test_many_changes_are_one_commit_and_the_fenced_are_named(ledger, clock):
    samples.accepted(ledger, 3)
    [lost] = samples.claim(ledger, State.ACCEPTED, 1, lease=10.0)
    clock.forward(10)
    samples.claim(ledger, State.ACCEPTED, 1)
    kept = samples.claim(ledger, State.ACCEPTED, 2)
    changes = [Change(job=job, event=Event.RENDERED, pages=1) for job in [lost, *kept]]
    assert ledger.faxes.advance_all(changes) == {lost.id}
    assert [ledger.faxes.get(job.id).state for job in kept] == [State.READY] * 2


def test_one_impossible_change_undoes_its_batch(ledger):
    samples.accepted(ledger, 2)
    one, two = samples.claim(ledger, State.ACCEPTED, 2)
    with pytest.raises(states.Impossible):
        ledger.faxes.advance_all(
            [Change(job=one, event=Event.RENDERED), Change(job=two, event=Event.TAKEN)]
        )
    assert ledger.faxes.get(one.id).state is State.ACCEPTED


def test_sending_begins_with_its_transmission_and_never_without(ledger):
    samples.ready(ledger)
    [job] = samples.claim(ledger, State.READY)
    with pytest.raises(states.Impossible, match="begin"):
        ledger.faxes.advance(Change(job=job, event=Event.CLAIM))
    begun = ledger.faxes.begin(job, samples.transmission(ledger, job), 60.0)
    assert (begun.state, begun.tries, begun.fence) == (State.SUBMITTING, 1, job.fence)
    assert begun == ledger.faxes.get(job.id)


def test_a_job_that_is_being_sent_cannot_merely_wait(ledger):
    """Unleased and `submitting` it would wait for nobody: whoever holds it must say what became."""
    job = samples.submitting(ledger)
    with pytest.raises(states.Impossible, match="taken or not"):
        ledger.faxes.put_off(job, ledger.now())
    assert ledger.faxes.renew([job], 60.0) == frozenset()


def test_an_early_handle_is_durable_before_the_answer(ledger):
    job = samples.submitting(ledger)
    [sent] = ledger.faxes.current([job]).values()
    ledger.faxes.note_handle(sent.id, "H-1")
    assert ledger.faxes.current([job])[job.id].handle == "H-1"


def test_a_worker_that_wakes_up_too_late_can_note_no_handle_any_more(ledger, clock):
    job = samples.submitting(ledger)
    [sent] = ledger.faxes.current([job]).values()
    clock.forward(61)
    ledger.faxes.reap()
    with pytest.raises(errors.Fenced):
        ledger.faxes.note_handle(sent.id, "H-1")


def test_a_worker_that_vanishes_while_sending_leaves_an_unsure_job(ledger, clock):
    job = samples.submitting(ledger)
    clock.forward(59)
    assert ledger.faxes.reap() == []
    clock.forward(1)
    [lost] = ledger.faxes.reap()
    assert (lost.id, lost.state, lost.due_at) == (job.id, State.UNSURE, clock())
    with pytest.raises(errors.Fenced):
        ledger.faxes.advance(Change(job=job, event=Event.TAKEN, reference="late"))
    [handover] = ledger.faxes.transmissions(job.id)
    assert handover.outcome is None
    [job] = samples.claim(ledger, State.UNSURE)
    found = ledger.faxes.advance(Change(job=job, event=Event.FIND, reference="R-7"))
    assert found.state is State.SUBMITTED
    assert ledger.faxes.current([job])[job.id].reference == "R-7"


def test_what_the_provider_surely_has_not_is_sent_again_as_a_new_transmission(ledger, clock):
    job = samples.submitting(ledger)
    ledger.faxes.advance(Change(job=job, event=Event.LOSE))
    [job] = samples.claim(ledger, State.UNSURE)
    ledger.faxes.advance(Change(job=job, event=Event.ABSENT))
    [job] = samples.claim(ledger, State.READY)
    job = ledger.faxes.begin(job, samples.transmission(ledger, job), 60.0)
    assert job.tries == 2
    assert [sent.outcome for sent in ledger.faxes.transmissions(job.id)] == ["absent", None]


def test_a_job_that_breaks_three_workers_is_set_aside_and_others_flow(ledger, clock):
    poison, *others = samples.accepted(ledger, 4)
    sober = set()
    for _ in range(12):
        claimed = samples.claim(ledger, State.ACCEPTED, 10, lease=10.0)
        if poison.id not in {job.id for job in claimed}:
            for job in claimed:
                ledger.faxes.advance(Change(job=job, event=Event.RENDERED, pages=1))
                sober.add(job.id)
        clock.forward(10)
        ledger.faxes.reap()
    held = ledger.faxes.get(poison.id)
    assert (held.state, held.note) == (State.HELD, "set aside: 3 workers broke down over it")
    assert sober == {job.id for job in others}
    ledger.faxes.tell(poison.id, Event.RELEASE, "try again")
    [again] = samples.claim(ledger, State.ACCEPTED)
    assert again.crashes == 1


@pytest.mark.parametrize(
    ("state", "after"), [(State.UNSURE, State.HELD), (State.SUBMITTED, State.HELD)]
)
def test_poison_at_a_provider_waits_for_a_person(ledger, clock, state, after):
    job = samples.submitting(ledger)
    event = Event.LOSE if state is State.UNSURE else Event.TAKEN
    ledger.faxes.advance(Change(job=job, event=event))
    for _ in range(3):
        assert samples.claim(ledger, state, lease=1.0)
        clock.forward(1)
    assert samples.claim(ledger, state) == []
    assert [(job.id, job.state) for job in ledger.faxes.reap()] == [(job.id, after)]


def test_a_word_said_clears_the_count_of_crashes(ledger, clock):
    samples.accepted(ledger)
    for _ in range(5):
        [job] = samples.claim(ledger, State.ACCEPTED)
        assert job.crashes == 1
        ledger.faxes.put_off(job, clock())


def test_deadlines_end_what_waits_and_leave_what_is_worked_on(ledger, clock):
    job, worked = samples.accepted(
        ledger, (samples.new_job(clock, allowed=100), samples.new_job(clock, allowed=100))
    )
    clock.forward(99)
    assert ledger.faxes.deadlines() == []
    [claimed] = samples.claim(ledger, State.ACCEPTED)
    free = {job.id, worked.id} - {claimed.id}
    clock.forward(1)
    [expired] = ledger.faxes.deadlines()
    assert {expired.id} == free
    assert (expired.state, expired.cause) == (State.EXPIRED, errors.Cause.TIMED_OUT)


def test_a_job_that_expires_names_the_last_real_cause(ledger, clock):
    job = samples.submitted(ledger)
    [job] = samples.claim(ledger, State.SUBMITTED)
    ledger.faxes.advance(Change(job=job, event=Event.RETRY, cause=errors.Cause.BUSY))
    assert ledger.faxes.causes([job]) == {job.id: {errors.Cause.BUSY: 1}}
    clock.forward(86400)
    [expired] = ledger.faxes.deadlines()
    assert (expired.state, expired.cause) == (State.EXPIRED, errors.Cause.BUSY)


def test_an_unsure_job_past_its_deadline_is_given_an_hour_to_be_found(ledger, clock):
    job = samples.submitting(ledger)
    ledger.faxes.advance(Change(job=job, event=Event.LOSE))
    clock.forward(86400 + 3599)
    assert ledger.faxes.deadlines() == []
    clock.forward(1)
    [failed] = ledger.faxes.deadlines()
    assert (failed.state, failed.cause) == (State.FAILED, errors.Cause.TIMED_OUT)
    assert "may have" in failed.note


def test_waiting_on_leaves_a_line_only_when_there_is_something_to_say(ledger):
    job = samples.submitted(ledger)
    lines = len(ledger.faxes.events(job.id))
    [job] = samples.claim(ledger, State.SUBMITTED)
    ledger.faxes.put_off(job, ledger.now())
    assert len(ledger.faxes.events(job.id)) == lines
    [job] = samples.claim(ledger, State.SUBMITTED)
    ledger.faxes.put_off(job, ledger.now(), "the line is busy")
    assert ledger.faxes.events(job.id)[-1].note == "the line is busy"


def test_two_workers_racing_never_hold_the_same_job(url):
    ledger = store.open(url)
    jobs = samples.accepted(ledger, 100)
    taken = []

    def work(owner):
        while claimed := samples.claim(ledger, State.ACCEPTED, 7, owner=owner):
            changes = [Change(job=job, event=Event.RENDERED, pages=1) for job in claimed]
            assert not ledger.faxes.advance_all(changes)
            taken.extend(job.id for job in claimed)

    samples.together(*(functools.partial(work, f"w{n}") for n in range(4)))
    assert sorted(taken) == sorted(job.id for job in jobs)
    ledger.close()


def test_on_postgresql_leases_end_by_the_databases_clock(postgresql_url):
    """A worker whose clock is a day slow still gets and keeps a lease of a minute."""
    slow = store.open(postgresql_url)
    samples.accepted(slow)
    slow._base.now = lambda: samples.START
    [job] = samples.claim(slow, State.ACCEPTED)
    right = store.open(postgresql_url)
    assert samples.claim(right, State.ACCEPTED) == []
    assert slow.faxes.renew([job], 60.0) == frozenset()
    for ledger in (slow, right):
        ledger.close()


def test_a_fax_whose_time_is_over_when_its_turn_comes_is_not_begun(ledger, clock):
    samples.ready(ledger)
    [job] = samples.claim(ledger, State.READY, lease=1e6)
    clock.forward(86_401)
    assert ledger.faxes.begin_all([(job, samples.transmission(ledger, job))], 60.0) == []
    assert ledger.faxes.get(job.id).state is State.EXPIRED


def test_faxes_that_were_handed_over_are_asked_after_at_once_when_their_provider_calls(ledger):
    job = samples.submitted(ledger)
    ledger.faxes.put_off(samples.claim(ledger, State.SUBMITTED)[0], samples.later(ledger.now, 900))
    assert samples.claim(ledger, State.SUBMITTED) == []
    assert ledger.faxes.hasten("other", [f"R-{job.id}"]) == 0
    assert ledger.faxes.hasten("main", [f"R-{job.id}", "R-unknown"]) == 1
    assert [one.id for one in samples.claim(ledger, State.SUBMITTED)] == [job.id]
