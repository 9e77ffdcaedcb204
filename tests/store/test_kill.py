"""Real processes that die at any moment, on both engines: nothing is lost, nothing is done twice.

A *provider* stands outside: a file that each worker appends to when it hands a fax over. What
it holds is compared with the ledger in the end, in the manner of Jepsen.
"""

import collections
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from mailfax import states
from mailfax.states import Event, State
from mailfax.store import ledger as store
from mailfax.store.faxes import Change
from tests.store import samples

WORKER = """
import os, sys, time
sys.path.insert(0, ".")
from mailfax import errors
from mailfax.states import Event, State
from mailfax.store import ledger as store
from mailfax.store.faxes import Change
from tests.store import samples

url, provider = sys.argv[1:]
owner = str(os.getpid())
opened = store.open(url, check=False)
faxes = opened.faxes
LEASE = 0.5

def hand_over(sent):
    with open(provider, "a") as file:
        file.write(f"{sent.job} {sent.id}\\n")

def has(sent):
    with open(provider) as file:
        return any(line.split()[1] == sent.id for line in file)

def turn():
    faxes.reap()
    for job in faxes.claim([State.ACCEPTED], 5, LEASE, owner):
        faxes.advance(Change(job=job, event=Event.RENDERED, document="d", pages=1))
    for job in faxes.claim([State.READY], 3, LEASE, owner):
        sent = samples.transmission(opened, job)
        job = faxes.begin(job, sent, LEASE)
        hand_over(sent)
        faxes.advance(Change(job=job, event=Event.TAKEN, reference=sent.id))
    for job in faxes.claim([State.UNSURE], 5, LEASE, owner):
        sent = faxes.current([job])[job.id]
        event = Event.FIND if has(sent) else Event.ABSENT
        faxes.advance(Change(job=job, event=event, reference=sent.id))
    done = faxes.claim([State.SUBMITTED], 5, LEASE, owner)
    faxes.advance_all([Change(job=job, event=Event.DELIVER) for job in done])
    for untold in opened.receipts.untold(5):
        mails = [samples.delivery(jobs=tuple(job.id for job in untold.jobs))]
        opened.receipts.told(untold.jobs, mails)

while True:
    try:
        turn()
    except errors.Fenced:
        pass
    time.sleep(0.005)
"""


def start(url, provider, **environment):
    command = [sys.executable, "-c", WORKER, url, str(provider)]
    return subprocess.Popen(
        command, env=os.environ | environment, stderr=subprocess.PIPE, text=True
    )


def finish(workers):
    for worker in workers:
        worker.send_signal(signal.SIGKILL)
    return [worker.communicate()[1] for worker in workers]


def wait_for_the_end(ledger, seconds):
    """True once every job has ended and everybody was told."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ended = all(state in states.FINAL for state, n in ledger.faxes.counts().items() if n)
        if ended and not ledger.receipts.untold(1):
            return True
        time.sleep(0.1)
    return False


def check(ledger, jobs, provider):
    """Each fax was handed over once, unless its hand-over never began; each sender told once."""
    handed = collections.Counter(line.split()[0] for line in provider.read_text().splitlines())
    assert handed == collections.Counter(dict.fromkeys(jobs, 1))
    for job in jobs:
        assert ledger.faxes.get(job).state is State.DELIVERED
        told = [entry for entry in ledger.faxes.events(job) if entry.event == "told"]
        assert len(told) == 1
    assert len(ledger.deliveries.claim(10_000, 60.0, "check")) == len(jobs)


def test_workers_killed_at_random_lose_nothing_and_send_nothing_twice(url, tmp_path):
    provider = tmp_path / "provider"
    provider.touch()
    ledger = store.open(url)
    jobs = [samples.accepted(ledger)[0].id for _ in range(40)]
    chance = random.Random(3)
    workers = [start(url, provider) for _ in range(3)]
    said = []
    for _ in range(4):
        time.sleep(chance.uniform(0.5, 1.5))
        said += finish([workers.pop(0)])
        workers.append(start(url, provider))
    try:
        assert wait_for_the_end(ledger, 90)
    finally:
        said += finish(workers)
    assert [words for words in said if words] == []
    check(ledger, jobs, provider)
    ledger.close()


POINTS = [
    f"{commit}-{side}-commit"
    for commit in ("claim", "begin", "advance", "told")
    for side in ("before", "after")
]


def test_a_worker_killed_at_each_commit_is_made_good_by_the_next(sqlite_url, tmp_path):
    provider = tmp_path / "provider"
    provider.touch()
    ledger = store.open(sqlite_url)
    jobs = []
    for point in POINTS:
        jobs += [samples.accepted(ledger)[0].id for _ in range(3)]
        doomed = start(sqlite_url, provider, MAILFAX_FAILPOINTS=f"{point}=kill@2")
        assert doomed.wait(60) == -signal.SIGKILL, point
        assert doomed.communicate()[1] == ""
    last = start(sqlite_url, provider)
    try:
        assert wait_for_the_end(ledger, 60)
    finally:
        assert finish([last]) == [""]
    check(ledger, jobs, provider)
    ledger.close()


@pytest.mark.parametrize("url_of", ["sqlite_url", "postgresql_url"])
def test_a_worker_that_stops_and_wakes_up_changes_nothing(request, tmp_path, url_of):
    """SIGSTOP past the lease, another finishes, SIGCONT: the zombie is fenced."""
    url = request.getfixturevalue(url_of)
    provider = tmp_path / "provider"
    provider.touch()
    ledger = store.open(url)
    jobs = [samples.accepted(ledger)[0].id for _ in range(10)]
    sleeper = start(url, provider, MAILFAX_FAILPOINTS="claim-after-commit=delay:1.5@1")
    time.sleep(0.5)
    other = start(url, provider)
    try:
        assert wait_for_the_end(ledger, 60)
        time.sleep(1.0)
    finally:
        assert finish([sleeper, other]) == ["", ""]
    check(ledger, jobs, provider)
    ledger.close()


@pytest.mark.parametrize("point", ["accept-before-commit", "accept-after-commit"])
def test_a_listener_killed_at_the_commit_has_accepted_all_or_nothing(url, point):
    program = f"""
import sys
sys.path.insert(0, ".")
from mailfax.store import ledger as store
from tests.store import samples
opened = store.open({url!r})
jobs = tuple(samples.new_job(opened.now) for _ in range(3))
opened.mails.accept([samples.acceptance(opened.now, jobs)])
"""
    environment = os.environ | {"MAILFAX_FAILPOINTS": f"{point}=kill"}
    run = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert run.returncode == -signal.SIGKILL
    ledger = store.open(url)
    accepted = 3 if point == "accept-after-commit" else 0
    assert ledger.faxes.counts()[State.ACCEPTED] == accepted
    assert ledger.verify() == []
    ledger.close()


def test_a_change_whose_answer_was_lost_is_not_made_twice(ledger):
    """The worker hears nothing, says it again, and is told that it is no longer its job."""
    samples.accepted(ledger)
    [job] = samples.claim(ledger, State.ACCEPTED)
    change = Change(job=job, event=Event.RENDERED, document="d", pages=1)
    assert ledger.faxes.advance_all([change]) == frozenset()
    assert ledger.faxes.advance_all([change]) == {job.id}
