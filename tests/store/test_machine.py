"""Any order of words, waits, crashes and lost commits keeps the promises, on both engines.

The model knows of each job its state, who holds it, and how often its sender was told. Workers
crash by forgetting what they hold; a commit fails before it is durable, or after it with the
answer lost. I1, I3 and I5 are the invariants of those numbers in the docs of the project:
every accepted recipient has exactly one job; a job has an end or a next time; each end is told
exactly once.
"""

import collections
import itertools
import pathlib
import shutil
import tempfile

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from mailfax import errors, failpoints, states
from mailfax.states import Event, State
from mailfax.store import ledger as store
from mailfax.store.faxes import Change
from tests.store import samples

LEASE = 60.0
OPEN = [state for state in State if state not in states.FINAL]
FAULTS = st.sampled_from([None, None, None, None, "before", "after"])
_RENDER = (State.ACCEPTED, Event.RENDERED)
_SEND = (State.READY, Event.CLAIM)
PATHS = [
    (),
    (_RENDER,),
    (_RENDER, _SEND),
    (_RENDER, _SEND, (State.SUBMITTED, Event.STALL)),
    (_RENDER, _SEND, (State.SUBMITTED, Event.RETRY)),
]
WORKERS = st.sampled_from(["one", "two"])


class Machine(RuleBasedStateMachine):
    """Two workers, a person, a clock and bad luck."""

    def __init__(self):
        super().__init__()
        self.clock = samples.Clock()
        self.url = self.new_url()
        self.ledger = store.open(self.url, clock=self.clock)
        self.mails = {}
        self.by_key = {}
        self.states = {}
        self.holder = {}
        self.hands = {"one": {}, "two": {}}
        self.told = collections.Counter()
        self.news = collections.Counter()
        self.wished = set()

    def teardown(self):
        failpoints._points = {}
        self.finish_all()
        self.ledger.close()

    # ── bad luck ───────────────────────────────────────────────────────────────────────

    def attempt(self, point, fault, call):
        """The call's answer and whether it took place, with this commit failing if wanted."""
        failpoints._points = {f"{point}-{fault}-commit": ("error", 1)} if fault else {}
        failpoints._hits.clear()
        try:
            return call(), True
        except OSError:
            return None, fault == "after"
        finally:
            failpoints._points = {}

    @precondition(lambda self: any(self.hands.values()))
    @rule(worker=WORKERS)
    def crash(self, worker):
        self.hands[worker].clear()

    @rule()
    def restart(self):
        self.ledger.close()
        self.ledger = store.open(self.url, clock=self.clock)

    @rule(seconds=st.sampled_from([1, 20, 61, 61, 4000, 30000]))
    def wait(self, seconds):
        self.clock.forward(seconds)

    @initialize(jobs=st.integers(1, 3), path=st.sampled_from(PATHS), at_once=st.booleans())
    def begin_with_some(self, jobs, path, at_once):
        """Jobs of one mail, or of a mail each, that have come some way already."""
        for _ in range(1 if at_once else jobs):
            self.accept(jobs if at_once else 1, None, None)
        for state, event in path:
            self.take("two", state, 3, None)
            for job in list(self.hands["two"].values()):
                self.carry_on(job, event)

    def carry_on(self, job, event):
        if event is Event.CLAIM:
            self.begin("two", job, None)
        sent = self.hands["two"].pop(job.id)
        self.advance(sent, Event.TAKEN if event is Event.CLAIM else event, None)

    # ── mail ───────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: len(self.states) < 6)
    @rule(jobs=st.integers(1, 3), key=st.sampled_from([None, "a", "b"]), fault=FAULTS)
    def another(self, jobs, key, fault):
        self.accept(jobs, key, fault)

    def accept(self, jobs, key, fault):
        mail = samples.acceptance(self.clock, jobs, dedupe=key)
        self.attempt("accept", fault, lambda: self.ledger.mails.accept([mail]))
        [answer] = self.ledger.mails.accept([mail])
        known = self.by_key.get(key) if key else None
        if known and self.clock() < known[1]:
            assert (answer.id, answer.duplicate) == (known[0], True)
            return
        assert (answer.id, answer.duplicate) == (mail.id, False)
        self.by_key[key] = (mail.id, samples.later(self.clock, 72 * 3600))
        self.mails[mail.id] = {job.id for job in mail.jobs}
        for job in mail.jobs:
            self.states[job.id] = State.ACCEPTED

    # ── workers ────────────────────────────────────────────────────────────────────────

    def claimable(self):
        """States with jobs that a worker may take."""
        return sorted(set(self.states.values()) - states.FINAL - {State.SUBMITTING})

    @precondition(lambda self: self.claimable())
    @rule(worker=WORKERS, data=st.data(), limit=st.integers(1, 3), fault=FAULTS)
    def claim(self, worker, data, limit, fault):
        self.take(worker, data.draw(st.sampled_from(self.claimable())), limit, fault)

    @precondition(lambda self: self.claimable())
    @rule(data=st.data(), steps=st.integers(1, 5))
    def work(self, data, steps):
        """A worker takes what it finds and carries it on, without bad luck."""
        for _ in range(steps):
            if not self.claimable():
                return
            state = data.draw(st.sampled_from(self.claimable()))
            self.take("two", state, 3, None)
            for job in [job for job in self.hands["two"].values() if job.state is state]:
                self.speak(data, "two", job, None)

    def take(self, worker, state, limit, fault):
        claimed, happened = self.attempt(
            "claim", fault, lambda: samples.claim(self.ledger, state, limit, LEASE, worker)
        )
        if claimed is None and happened:
            leased = self.ledger.faxes.list(state=state, limit=1000)
            claimed = [job for job in leased if job.fence > self.fence(job.id)]
            taken_home = False
        else:
            taken_home = claimed is not None
        for job in claimed or []:
            until = self.holder.get(job.id, (0, None))[1]
            assert until is None or until <= self.clock(), "held by somebody else"
            assert self.states[job.id] is state
            self.holder[job.id] = (job.fence, samples.later(self.clock, LEASE))
            if taken_home:
                self.hands[worker][job.id] = job

    @precondition(lambda self: any(self.hands.values()))
    @rule(data=st.data())
    def overtake(self, data):
        """A worker sleeps past its lease, the other claims, and the first speaks after all."""
        worker = self.busy(data)
        self.clock.forward(LEASE)
        job = self.hands[worker][data.draw(st.sampled_from(sorted(self.hands[worker])))]
        self.take({"one": "two", "two": "one"}[worker], self.states[job.id], 3, None)
        self.speak(data, worker, job, None)

    def busy(self, data):
        return data.draw(st.sampled_from(sorted(name for name in self.hands if self.hands[name])))

    def fence(self, job):
        return self.holder.get(job, (0, None))[0]

    @precondition(lambda self: any(self.hands.values()))
    @rule(data=st.data(), fault=FAULTS)
    def word(self, data, fault):
        worker = self.busy(data)
        job = self.hands[worker][data.draw(st.sampled_from(sorted(self.hands[worker])))]
        self.speak(data, worker, job, fault)

    def speak(self, data, worker, job, fault):
        self.hands[worker].pop(job.id, None)
        onward = [event for event, state in states.TABLE[job.state].items() if state in OPEN]
        waits = [None] if job.state is not State.SUBMITTING else []
        events = [*waits, *onward, *onward, *states.TABLE[job.state]]
        event = data.draw(st.sampled_from(events))
        if event is Event.CLAIM:
            self.begin(worker, job, fault)
        else:
            self.advance(job, event, fault)

    def mine(self, job):
        fence, until = self.holder.get(job.id, (0, None))
        return until is not None and fence == job.fence and self.states[job.id] is job.state

    def begin(self, worker, job, fault):
        sent = samples.transmission(self.ledger, job)
        begun, happened = self.attempt(
            "begin", fault, lambda: self.ledger.faxes.begin_all([(job, sent)], LEASE)
        )
        late = job.deadline <= self.clock()
        may = self.mine(job) and job.id not in self.wished and not late
        if begun is not None:
            assert bool(begun) == may
        if happened and may:
            self.states[job.id] = State.SUBMITTING
            self.holder[job.id] = (job.fence, samples.later(self.clock, LEASE))
            if begun:
                self.hands[worker][job.id] = begun[0]
        elif happened and self.mine(job):
            self.ended(job.id, State.CANCELLED if job.id in self.wished else State.EXPIRED)

    def advance(self, job, event, fault):
        change = Change(job=job, event=event, document="d", pages=1)
        fenced, happened = self.attempt(
            "advance", fault, lambda: self.ledger.faxes.advance_all([change])
        )
        if fenced is not None:
            assert (fenced == frozenset()) == self.mine(job)
        if not (happened and self.mine(job)):
            return
        target = states.TABLE[job.state][event] if event else job.state
        if event in {Event.STALL, Event.CANNOT_KNOW}:
            self.wished.discard(job.id)
        if job.id in self.wished and target in {State.ACCEPTED, State.HELD, State.READY}:
            target = State.CANCELLED
        self.moved(job.id, target)

    def moved(self, job, target):
        was = self.states[job]
        self.states[job] = target
        self.holder[job] = (self.fence(job), None)
        if was is State.HELD and target is not State.HELD:
            self.news[job, "held"] = self.told[job, "held"]
        if target is State.HELD and was is not State.HELD:
            self.news[job, "held"] += 1
        if target in states.FINAL:
            self.ended(job, target)

    def ended(self, job, target):
        self.states[job] = target
        self.holder[job] = (self.fence(job), None)
        self.wished.discard(job)
        self.news[job, "end"] += 1

    @rule(fault=FAULTS)
    def mind(self, fault):
        self.reap(fault)
        self.deadlines(fault)

    def reap(self, fault):
        before = dict(self.states)
        self.attempt("reap", fault, self.ledger.faxes.reap)
        self.follow(before)

    def deadlines(self, fault):
        before = dict(self.states)
        self.attempt("deadline", fault, self.ledger.faxes.deadlines)
        self.follow(before)

    def follow(self, before):
        """Take over what upkeep did, which must be to jobs that nobody held."""
        for job, was in before.items():
            now = self.ledger.faxes.get(job)
            if now.state is was:
                continue
            until = self.holder.get(job, (0, None))[1]
            assert until is None or until <= self.clock()
            assert now.state in states.TABLE[was].values() or job in self.wished
            self.moved(job, now.state)
            self.holder[job] = (now.fence, None)

    # ── people ─────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: self.states)
    @rule(
        data=st.data(),
        event=st.sampled_from([Event.RELEASE, Event.RESEND, Event.CANCEL]),
    )
    def tell(self, data, event):
        job = data.draw(st.sampled_from(sorted(self.states)))
        until = self.holder.get(job, (0, None))[1]
        leased = until is not None and until > self.clock()
        try:
            now = self.ledger.faxes.tell(job, event, "by hand")
        except (states.Impossible, errors.Permanent):
            return
        except errors.Temporary:
            assert leased
            return
        if now.state is self.states[job]:
            assert event is Event.CANCEL
            self.wished.add(job)
            return
        assert not leased
        self.moved(job, now.state)
        self.holder[job] = (now.fence, None)

    @rule(fault=FAULTS)
    def tell_senders(self, fault):
        for untold in self.ledger.receipts.untold(5):
            mails = [samples.delivery(jobs=tuple(job.id for job in untold.jobs))]
            jobs = untold.jobs
            _, happened = self.attempt(
                "told", fault, lambda jobs=jobs, mails=mails: self.ledger.receipts.told(jobs, mails)
            )
            if happened:
                for job in jobs:
                    self.told[job.id, "end" if job.state in states.FINAL else "held"] += 1

    # ── the promises ───────────────────────────────────────────────────────────────────

    @invariant()
    def every_recipient_has_exactly_one_job_as_the_model_says(self):
        jobs = self.ledger.faxes.list(limit=10_000)
        assert {job.id: job.state for job in jobs} == self.states
        by_mail = collections.defaultdict(set)
        for job in jobs:
            by_mail[job.message].add(job.id)
        assert by_mail == self.mails

    @invariant()
    def at_most_one_transmission_is_open(self):
        for job, state in self.states.items():
            open_ = [sent for sent in self.ledger.faxes.transmissions(job) if not sent.ended_at]
            at_provider = state in {State.SUBMITTING, State.UNSURE, State.SUBMITTED}
            assert len(open_) == at_provider, (job, state)

    @invariant()
    def nothing_was_told_twice(self):
        for key, times in self.told.items():
            assert times <= self.news[key], key

    def finish_all(self):
        """In the end every job ends, and every end is told once."""
        for _ in range(6):
            self.clock.forward(90_000)
            self.reap(None)
            self.deadlines(None)
            for state in (State.SUBMITTED, State.UNSURE):
                while claimed := samples.claim(self.ledger, state, 10, LEASE, "last"):
                    for job in claimed:
                        event = Event.FAIL if state is State.SUBMITTED else Event.CANNOT_KNOW
                        self.holder[job.id] = (job.fence, samples.later(self.clock, LEASE))
                        self.advance(job, event, None)
        still = [job for job, state in self.states.items() if state not in states.FINAL]
        assert still == [], [self.ledger.faxes.get(job) for job in still]
        while self.ledger.receipts.untold(5):
            self.tell_senders(None)
        self.nothing_was_told_twice()
        ends = {job: self.told[job, "end"] for job in self.states}
        assert ends == dict.fromkeys(self.states, 1)
        late = self.ledger.verify()
        assert [finding for finding in late if not finding.startswith("mail del")] == []


def machine(new_url):
    return type("Machine", (Machine,), {"new_url": lambda self: new_url()})


def run(made, examples, steps):
    run_state_machine_as_test(
        made,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def sqlite_machine(folder):
    """A machine whose ledgers are copies of an empty one."""
    store.open(f"sqlite:///{folder}/empty.db").close()
    numbers = itertools.count()

    def new_url():
        path = pathlib.Path(folder, f"{next(numbers)}.db")
        shutil.copy(pathlib.Path(folder, "empty.db"), path)
        return f"sqlite:///{path}"

    return machine(new_url)


def test_the_promises_hold_on_sqlite():
    with tempfile.TemporaryDirectory() as folder:
        run(sqlite_machine(folder), examples=14, steps=40)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_promises_hold_on_sqlite_for_long():
    with tempfile.TemporaryDirectory() as folder:
        run(sqlite_machine(folder), examples=150, steps=50)


def test_the_promises_hold_on_postgresql(postgresql):
    engine = sa.create_engine(postgresql, isolation_level="AUTOCOMMIT")
    numbers = itertools.count()

    def new_url():
        name = f"machine{next(numbers)}"
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {name} CASCADE")
            connection.exec_driver_sql(f"CREATE SCHEMA {name}")
        url = sa.make_url(postgresql).update_query_dict({"options": f"-csearch_path={name}"})
        return url.render_as_string(hide_password=False)

    run(machine(new_url), examples=6, steps=30)
    engine.dispose()
