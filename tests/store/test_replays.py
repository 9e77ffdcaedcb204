"""A signature pays once, wrong PINs are counted, and questions to authors are few."""

import dataclasses

import pytest

from mailfax import errors
from mailfax.states import State
from mailfax.store import confirmations, counters, deliveries, replays
from mailfax.store import ledger as store
from tests.store import samples


def signed(clock, *numbers, digest="d", mail_from="ann@example.com", login=None):
    """A mail that a signature authorised, to these numbers."""
    mail = samples.acceptance(clock)
    jobs = tuple(samples.new_job(clock, number) for number in numbers or ("12025550123",))
    envelope = dataclasses.replace(mail.envelope, mail_from=mail_from, login=login)
    return dataclasses.replace(
        mail, envelope=envelope, jobs=jobs, once=frozenset({digest}), dedupe=samples.fresh("same")
    )


def accept(ledger, *mails):
    return ledger.mails.accept(mails)


def test_the_same_signature_to_the_same_number_is_faxed_once(ledger, clock):
    first, stranger, again = (signed(clock, mail_from=m) for m in ("a@x.org", "b@x.org", "a@x.org"))
    assert not accept(ledger, first)[0].duplicate
    (refused,) = accept(ledger, stranger)
    assert refused.refused is replays.Answer.AGAIN
    (told,) = accept(ledger, again)
    assert (told.id, told.duplicate, told.refused) == (first.id, True, None)
    assert [job.message for job in ledger.faxes.list()] == [first.id]
    assert ledger.mails.get(stranger.id) is None
    assert ledger.verify() == []


def test_who_was_refused_and_comes_once_more_is_refused_once_more(ledger, clock):
    accept(ledger, signed(clock, mail_from="a@x.org"))
    stranger = signed(clock, mail_from="b@x.org")
    for _ in range(2):
        assert accept(ledger, stranger)[0].refused is replays.Answer.AGAIN


def test_another_login_is_somebody_else(ledger, clock):
    accept(ledger, signed(clock, login="ann"))
    assert accept(ledger, signed(clock, login="bob"))[0].refused is replays.Answer.AGAIN


def test_two_that_come_at_once_are_faxed_once(ledger, clock):
    first, second = signed(clock), signed(clock, mail_from="b@x.org")
    answers = accept(ledger, first, second)
    assert sorted(bool(one.refused) for one in answers) == [False, True]
    assert len(ledger.faxes.list()) == 1
    mails = [signed(clock, digest="other", mail_from=f"{n}@x.org") for n in range(8)]
    found = samples.together(*[lambda mail=mail: accept(ledger, mail)[0] for mail in mails])
    assert sum(one.refused is None for one in found) == 1


def test_a_new_number_is_faxed_and_an_old_one_in_the_same_mail_is_not(ledger, clock):
    accept(ledger, signed(clock, "12025550123"))
    (second,) = accept(ledger, signed(clock, "12025550123", "12025550124", mail_from="b@x.org"))
    states = {
        job.recipient.number.digits: job.state for job in ledger.faxes.list(message=second.id)
    }
    assert states == {"12025550123": State.FAILED, "12025550124": State.ACCEPTED}


def test_after_thirty_days_a_signature_is_forgotten(ledger, clock):
    accept(ledger, signed(clock))
    clock.forward(replays.ONCE - 1)
    assert accept(ledger, signed(clock, mail_from="b@x.org"))[0].refused
    clock.forward(2)
    assert not accept(ledger, signed(clock, mail_from="b@x.org"))[0].refused


def test_to_accept_the_same_ids_again_after_a_lost_answer_is_harmless(ledger, clock):
    mail = dataclasses.replace(signed(clock), dedupe=None)
    first = accept(ledger, mail)
    assert [one.id for one in accept(ledger, mail)] == [one.id for one in first]
    assert len(ledger.faxes.list()) == 1


def test_wrong_pins_are_counted_before_they_are_compared_however_many_come_at_once(ledger, clock):
    tried = samples.together(*[lambda: ledger.tries.may_try("ann") for _ in range(12)])
    assert tried.count(True) == counters.TRIES
    assert not ledger.tries.may_try("ann")
    assert ledger.tries.may_try("bob")
    clock.forward(counters.LOCKED + 1)
    assert ledger.tries.may_try("ann")


def test_a_restart_and_another_node_forget_no_wrong_pin(ledger, url, clock):
    for _ in range(counters.TRIES):
        ledger.tries.may_try("ann")
    other = store.open(url, clock=clock)
    assert not other.tries.may_try("ann")
    other.close()


def test_a_right_pin_ends_the_count(ledger):
    for _ in range(3):
        assert [ledger.tries.may_try("ann") for _ in range(counters.TRIES)] == [True] * 5
        ledger.tries.was_right("ann")


def asking(clock, token, address="ann@example.com"):
    """A mail whose author is asked."""
    mail = samples.acceptance(clock)
    held = dataclasses.replace(
        samples.new_job(clock, state=State.HELD), decision=samples.decision(confirm=True)
    )
    posted = deliveries.NewDelivery(
        id=samples.fresh("q"),
        kind="confirm",
        target=address,
        mail_from="",
        message_id=samples.fresh("<q"),
        data=b"?",
    )
    until = clock() + confirmations.VALID
    asked = confirmations.Asked(token=token, address=address, until=until)
    return dataclasses.replace(mail, jobs=(held,), asked=asked, posted=(posted,), dedupe=None)


def test_a_token_releases_its_mail_once_and_for_its_author_alone(ledger, clock):
    mail = asking(clock, "t")
    accept(ledger, mail)
    assert ledger.receipts.untold(10) == []
    for token, address in (("u", "ann@example.com"), ("t", "eve@example.com")):
        with pytest.raises(errors.Permanent, match="nothing to confirm"):
            ledger.confirmations.confirm(token, address)
    assert not ledger.confirmations.known("ann@example.com")
    assert ledger.confirmations.confirm("t", "ann@example.com") == [mail.jobs[0].id]
    job = ledger.faxes.get(mail.jobs[0].id)
    assert (job.state, job.decision.confirm) == (State.ACCEPTED, False)
    assert ledger.confirmations.known("ann@example.com")
    with pytest.raises(errors.Permanent):
        ledger.confirmations.confirm("t", "ann@example.com")


def test_a_token_ends_after_a_day_and_is_swept(ledger, clock):
    accept(ledger, asking(clock, "t"))
    clock.forward(confirmations.VALID.total_seconds() + 1)
    with pytest.raises(errors.Permanent):
        ledger.confirmations.confirm("t", "ann@example.com")
    assert ledger.confirmations.sweep() == 1


def test_one_author_is_asked_three_times_a_day(ledger, clock):
    answers = [accept(ledger, asking(clock, str(n)))[0].refused for n in range(5)]
    assert answers == [None] * confirmations.DAILY + [replays.Answer.ASKED] * 2
    assert accept(ledger, asking(clock, "b", "bob@example.com"))[0].refused is None
    clock.forward(confirmations.DAY + 1)
    assert accept(ledger, asking(clock, "c"))[0].refused is None
    assert len(ledger.deliveries.claim(20, 60, "me")) == confirmations.DAILY + 2
