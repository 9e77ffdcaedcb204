"""Accepting mails: one commit for all of them, the same mail only once."""

import functools
import threading

import pytest
import sqlalchemy as sa

from mailfax import errors
from mailfax.states import State
from mailfax.store import ledger as store
from mailfax.store import mails, writer
from tests.store import samples


def test_the_same_mail_within_72_hours_is_answered_with_the_first_id(ledger, clock):
    first = samples.acceptance(clock, dedupe="same")
    again = samples.acceptance(clock, dedupe="same")
    assert ledger.mails.accept([first]) == [mails.Accepted(first.id, duplicate=False)]
    clock.forward(mails.REMEMBERED - 1)
    assert ledger.mails.accept([again]) == [mails.Accepted(first.id, duplicate=True)]
    assert ledger.mails.get(again.id) is None
    assert ledger.faxes.get(again.jobs[0].id) is None


def test_after_72_hours_the_same_mail_is_a_new_one(ledger, clock):
    first = samples.acceptance(clock, dedupe="same")
    ledger.mails.accept([first])
    clock.forward(mails.REMEMBERED)
    again = samples.acceptance(clock, dedupe="same")
    assert ledger.mails.accept([again]) == [mails.Accepted(again.id, duplicate=False)]
    clock.forward(mails.REMEMBERED)
    assert ledger.mails.sweep() == 1


def test_twins_in_one_batch_are_one_mail(ledger, clock):
    twins = [samples.acceptance(clock, dedupe="same") for _ in range(3)]
    other = samples.acceptance(clock, dedupe="other")
    answers = ledger.mails.accept([*twins, other])
    assert [answer.id for answer in answers] == [twins[0].id] * 3 + [other.id]
    assert [answer.duplicate for answer in answers] == [False, True, True, False]
    assert ledger.faxes.counts()[State.ACCEPTED] == 2


@pytest.mark.parametrize("dedupe", [None, "same"])
def test_an_acceptance_repeated_after_a_lost_answer_changes_nothing(ledger, clock, dedupe):
    mail = samples.acceptance(clock, jobs=2, dedupe=dedupe)
    once = ledger.mails.accept([mail])
    assert ledger.mails.accept([mail]) == once == [mails.Accepted(mail.id, duplicate=False)]
    assert ledger.faxes.counts()[State.ACCEPTED] == 2
    assert len(ledger.faxes.events(mail.jobs[0].id)) == 1


def test_no_mails_are_accepted_as_nothing(ledger):
    assert ledger.mails.accept([]) == []


def test_a_large_mail_is_its_document(ledger, clock):
    mail = samples.acceptance(
        clock,
        envelope=samples.envelope(clock, content=samples.Content(size=9, sha256="00")),
        document="mail/ab/xab",
    )
    ledger.mails.accept([mail])
    assert ledger.mails.content(mail.id) is None
    assert ledger.mails.get(mail.id).document == "mail/ab/xab"


def test_a_job_refused_after_the_dot_is_born_failed_and_told_at_once(ledger, clock):
    refused = samples.new_job(
        clock, state=State.FAILED, cause=errors.Cause.BLOCKED, note="not allowed"
    )
    samples.accepted(ledger, (refused, samples.new_job(clock)))
    [news] = ledger.receipts.untold(10)
    assert [job.id for job in news.jobs] == [refused.id]
    assert news.jobs[0].ended_at == clock()


def test_a_job_held_by_the_rules_waits_visibly_until_its_deadline(ledger, clock):
    [held] = samples.accepted(ledger, (samples.new_job(clock, state=State.HELD, allowed=50),))
    assert held.due_at == held.deadline
    assert [news.jobs[0].id for news in ledger.receipts.untold(10)] == [held.id]
    clock.forward(50)
    [expired] = ledger.faxes.deadlines()
    assert expired.state is State.EXPIRED


def test_many_threads_with_the_same_mail_make_one(url):
    """Race-proof: two listeners get the same mail at the same moment."""
    ledgers = [store.open(url) for _ in range(2)]

    def offer(ledger):
        offered = [samples.acceptance(ledger.now, dedupe=f"same {n}") for n in range(20)]
        return tuple(ledger.mails.accept([mail])[0].id for mail in offered)

    answers = samples.together(*(functools.partial(offer, ledger) for ledger in ledgers * 2))
    assert len(set(answers)) == 1
    assert ledgers[0].faxes.counts()[State.ACCEPTED] == 20
    for ledger in ledgers:
        ledger.close()


def test_batches_with_the_same_keys_in_another_order_do_not_wait_for_each_other(url):
    ledger = store.open(url)

    def offer(order):
        for turn in range(10):
            batch = [samples.acceptance(ledger.now, dedupe=f"{turn} {key}") for key in order]
            ledger.mails.accept(batch)

    samples.together(lambda: offer(range(30)), lambda: offer(range(29, -1, -1)))
    assert ledger.faxes.counts()[State.ACCEPTED] == 300
    ledger.close()


# ── the writer ─────────────────────────────────────────────────────────────────────────


class Counting:
    """Mails that count their commits, and wait in the first until told to go on."""

    def __init__(self, ledger):
        self._mails = ledger.mails
        self.batches = []
        self.go_on = threading.Event()

    def accept(self, acceptances):
        self.batches.append(len(acceptances))
        self.go_on.wait()
        return self._mails.accept(acceptances)


def test_what_waits_while_one_commit_runs_is_one_commit(ledger, clock):
    counting = Counting(ledger)
    accepting = writer.Writer(counting)
    accepting.start()
    offered = [samples.acceptance(clock) for _ in range(30)]
    answers = []
    threads = [
        threading.Thread(target=lambda mail=mail: answers.append(accepting.begin(mail).result()))
        for mail in offered
    ]
    threads[0].start()
    while not counting.batches:
        pass
    for thread in threads[1:]:
        thread.start()
    while accepting._waiting.qsize() < 29:
        pass
    counting.go_on.set()
    for thread in threads:
        thread.join()
    accepting.stop()
    assert counting.batches == [1, 29]
    assert {answer.id for answer in answers} == {mail.id for mail in offered}
    assert ledger.faxes.counts()[State.ACCEPTED] == 30


def test_one_mail_that_cannot_be_written_refuses_only_itself(ledger, clock):
    counting = Counting(ledger)
    accepting = writer.Writer(counting)
    accepting.start()
    job = samples.new_job(clock)
    ledger.mails.accept([samples.acceptance(clock, (job,))])
    offered = [samples.acceptance(clock) for _ in range(4)]
    offered[2] = samples.acceptance(clock, (job,))
    outcomes = {}

    def offer(number, mail):
        try:
            outcomes[number] = accepting.begin(mail).result().id
        except sa.exc.IntegrityError as error:
            outcomes[number] = type(error).__name__

    threads = [threading.Thread(target=offer, args=pair) for pair in enumerate(offered)]
    for thread in threads:
        thread.start()
    counting.go_on.set()
    for thread in threads:
        thread.join()
    accepting.stop()
    assert outcomes.pop(2) == "IntegrityError"
    assert outcomes == {n: offered[n].id for n in (0, 1, 3)}


def test_a_stopped_writer_refuses_for_now(ledger, clock):
    accepting = writer.Writer(ledger.mails)
    accepting.start()
    accepting.stop()
    with pytest.raises(errors.Temporary, match="stopping"):
        accepting.begin(samples.acceptance(clock))


def test_ids_made_later_sort_later_and_never_collide(clock):
    ids = []
    for _ in range(50):
        ids.append(mails.new_id(clock()))
        clock.forward(0.001)
    assert ids == sorted(ids)
    assert len({mails.new_id(clock()) for _ in range(1000)}) == 1000
    assert all(len(id_) == 26 and id_.isalnum() for id_ in ids)
