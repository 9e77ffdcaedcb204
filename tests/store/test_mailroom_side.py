"""Outgoing mails, received faxes, and what nodes keep together about accounts."""

import pytest

from mailfax import errors
from mailfax.model import Routing
from mailfax.states import State
from mailfax.store import inbound
from mailfax.store import ledger as store
from tests.store import samples


def test_a_mail_is_tried_until_it_is_sent_and_its_jobs_hear_of_it(ledger, clock):
    [job] = samples.accepted(ledger)
    ledger.deliveries.add([samples.delivery(jobs=(job.id,))])
    [mail] = ledger.deliveries.claim(10, 60.0, "w")
    assert mail.data == b"Subject: sent\r\n\r\n"
    ledger.deliveries.put_off(mail, samples.later(clock, 60), "greylisted")
    assert ledger.deliveries.claim(10, 60.0, "w") == []
    clock.forward(60)
    [mail] = ledger.deliveries.claim(10, 60.0, "w")
    assert mail.tries == 1
    ledger.deliveries.delivered(mail, "250 ok")
    clock.forward(3600)
    assert ledger.deliveries.claim(10, 60.0, "w") == []
    told = [(entry.event, entry.note) for entry in ledger.faxes.events(job.id)][1:]
    assert told == [("sent_later", "greylisted"), ("sent", "250 ok")]


def test_the_same_mail_to_the_same_target_is_there_once(ledger):
    mail = samples.delivery()
    twin = samples.delivery(message_id=mail.message_id)
    other = samples.delivery("bob@example.com", message_id=mail.message_id)
    ledger.deliveries.add([mail, twin])
    ledger.deliveries.add([twin, other])
    assert len(ledger.deliveries.claim(10, 60.0, "w")) == 2


def test_a_mail_given_up_shows_in_verify(ledger):
    ledger.deliveries.add([samples.delivery("gone@example.com")])
    [mail] = ledger.deliveries.claim(10, 60.0, "w")
    ledger.deliveries.fail(mail, "550 no such user")
    [finding] = ledger.verify()
    assert "gone@example.com" in finding
    assert "550 no such user" in finding


def test_a_late_worker_does_not_decide_a_mail(ledger, clock):
    ledger.deliveries.add([samples.delivery()])
    [zombie] = ledger.deliveries.claim(1, 10.0, "z")
    assert ledger.deliveries.renew([zombie], 10.0) == frozenset()
    clock.forward(10)
    [living] = ledger.deliveries.claim(1, 10.0, "l")
    for word in (ledger.deliveries.fail, ledger.deliveries.delivered):
        with pytest.raises(errors.Fenced):
            word(zombie, "")
    ledger.deliveries.delivered(living)


def test_what_breaks_three_workers_rests_and_is_never_dropped(ledger, clock):
    ledger.deliveries.add([samples.delivery()])
    ledger.inbound.learn([samples.received("1")])
    for _ in range(3):
        assert ledger.deliveries.claim(1, 1.0, "w")
        assert ledger.inbound.claim(inbound.LISTED, 1, 1.0, "w")
        clock.forward(1)
    assert ledger.deliveries.claim(1, 1.0, "w") == []
    assert (ledger.deliveries.reap(), ledger.inbound.reap()) == (1, 1)
    clock.forward(3599)
    assert ledger.deliveries.claim(1, 1.0, "w") == []
    clock.forward(1)
    assert len(ledger.deliveries.claim(1, 1.0, "w")) == 1
    assert len(ledger.inbound.claim(inbound.LISTED, 1, 1.0, "w")) == 1


# ── received faxes ─────────────────────────────────────────────────────────────────────


def stored(ledger):
    ledger.inbound.learn([samples.received("1")])
    [fax] = ledger.inbound.claim(inbound.LISTED, 1, 60.0, "w")
    ledger.inbound.stored(fax, "in/ab/1", "tiff", 3)
    [fax] = ledger.inbound.claim(inbound.STORED, 1, 60.0, "w")
    return fax


def forwards(fax, *targets):
    return [samples.delivery(target, kind="forward", fax=fax.id) for target in targets]


def test_a_received_fax_is_acknowledged_only_when_every_mail_is_sent(ledger):
    fax = stored(ledger)
    assert (fax.document, fax.kind, fax.fax.pages) == ("in/ab/1", "tiff", 3)
    ledger.inbound.routed(fax, forwards(fax, "a@example.com", "b@example.com"), samples.ROUTING)
    assert ledger.inbound.to_acknowledge(10, 60.0, "w") == []
    one, two = ledger.deliveries.claim(10, 60.0, "w")
    ledger.deliveries.delivered(one)
    assert ledger.inbound.to_acknowledge(10, 60.0, "w") == []
    ledger.deliveries.delivered(two)
    [done] = ledger.inbound.to_acknowledge(10, 60.0, "w")
    assert done.routing == samples.ROUTING
    ledger.inbound.acknowledged(done, "deleted")
    assert ledger.inbound.to_acknowledge(10, 60.0, "w") == []
    events = [entry.event for entry in ledger.faxes.events(fax.id)]
    assert events == ["listed", "stored", "routed", "sent", "sent", "acknowledged"]
    assert ledger.verify() == []


def test_a_fax_that_no_rule_forwards_is_acknowledged_too(ledger):
    fax = stored(ledger)
    ledger.inbound.routed(fax, [], Routing(rules=("none",), rules_hash="x", targets=()))
    assert [done.id for done in ledger.inbound.to_acknowledge(10, 60.0, "w")] == [fax.id]


def test_a_fax_listed_twice_is_here_once(ledger):
    first = samples.received("7")
    assert len(ledger.inbound.learn([first, first])) == 1
    assert ledger.inbound.learn([first]) == []
    assert len(ledger.inbound.learn([first, samples.received("7", account="spare")])) == 1
    assert len(ledger.inbound.list()) == 2
    assert [fax.fax.account for fax in ledger.inbound.list(account="spare")] == ["spare"]


def test_trouble_puts_a_fax_off_and_says_why(ledger, clock):
    ledger.inbound.learn([samples.received("1")])
    [fax] = ledger.inbound.claim(inbound.LISTED, 1, 60.0, "w")
    ledger.inbound.put_off(fax, samples.later(clock, 30), "the document is cut short")
    assert ledger.inbound.claim(inbound.LISTED, 1, 60.0, "w") == []
    clock.forward(30)
    [fax] = ledger.inbound.claim(inbound.LISTED, 1, 60.0, "w")
    assert (fax.tries, fax.note) == (1, "the document is cut short")


def test_a_person_may_have_a_fax_delivered_again(ledger):
    fax = stored(ledger)
    with pytest.raises(errors.Temporary):
        ledger.inbound.redeliver(fax.id, "please")
    ledger.inbound.routed(fax, forwards(fax, "a@example.com", "b@example.com"), samples.ROUTING)
    lost, sent = ledger.deliveries.claim(10, 60.0, "w")
    ledger.deliveries.fail(lost, "mailbox full")
    ledger.deliveries.delivered(sent)
    again = ledger.inbound.redeliver(fax.id, "please")
    assert (again.state, again.redelivered, again.document) == ("stored", 1, "in/ab/1")
    [fax] = ledger.inbound.claim(inbound.STORED, 1, 60.0, "w")
    ledger.inbound.routed(fax, forwards(fax, "a@example.com"), samples.ROUTING)
    [mail] = ledger.deliveries.claim(10, 60.0, "w")
    ledger.deliveries.delivered(mail)
    assert len(ledger.inbound.to_acknowledge(10, 60.0, "w")) == 1
    with pytest.raises(errors.Permanent):
        ledger.inbound.redeliver("x", "please")


def test_a_mail_that_would_be_taken_for_an_earlier_one_is_not_swallowed(ledger):
    fax = stored(ledger)
    mail = samples.delivery(fax=fax.id)
    ledger.deliveries.add([mail])
    with pytest.raises(errors.Permanent, match="used before"):
        ledger.inbound.routed(fax, [mail], samples.ROUTING)
    assert ledger.inbound.get(fax.id).state == "stored"


def test_the_high_water_mark_is_the_largest_reference_ever_seen(ledger):
    assert ledger.accounts.high_water("main") is None
    ledger.inbound.learn([samples.received("99"), samples.received("100")])
    ledger.inbound.learn([samples.received("98"), samples.received("7", account="spare")])
    assert ledger.accounts.high_water("main") == "100"
    assert ledger.accounts.high_water("spare") == "7"


# ── accounts ───────────────────────────────────────────────────────────────────────────


def test_one_poller_holds_an_account_until_its_lease_ends(ledger, clock):
    assert ledger.accounts.hold("main", "one", 10.0) == 1
    assert ledger.accounts.hold("main", "two", 10.0) is None
    clock.forward(9)
    assert ledger.accounts.hold("main", "one", 10.0) == 1
    clock.forward(10)
    assert ledger.accounts.hold("main", "two", 10.0) == 2
    ledger.accounts.release("main", "one")
    assert ledger.accounts.hold("main", "one", 10.0) is None
    ledger.accounts.release("main", "two")
    assert ledger.accounts.hold("main", "one", 10.0) == 3


def turn(ledger, name, interval):
    """The seconds to wait for a turn; one that is had is over at once."""
    with ledger.accounts.turn(name, interval) as wait:
        return wait


def test_requests_of_all_nodes_take_turns(ledger, clock):
    assert [turn(ledger, "main", 2.0) for _ in range(3)] == pytest.approx([0.0, 2.0, 2.0])
    clock.forward(1.5)
    assert turn(ledger, "main", 2.0) == pytest.approx(0.5)
    clock.forward(0.5)
    assert turn(ledger, "main", 2.0) == 0.0
    assert turn(ledger, "main", 2.0) == pytest.approx(2.0)
    assert turn(ledger, "spare", 2.0) == 0.0
    assert turn(ledger, "main", 0) == 0.0


def test_the_time_between_requests_counts_from_the_end_of_the_last_one(ledger, clock):
    with ledger.accounts.turn("main", 2.0) as wait:
        assert wait == 0.0
        clock.forward(1.9)
    assert turn(ledger, "main", 2.0) == pytest.approx(2.0)


def test_of_many_nodes_that_want_a_turn_at_once_one_gets_it(url):
    ledger = store.open(url)
    waits = samples.together(*[lambda: turn(ledger, "main", 10.0)] * 8)
    assert sorted(round(wait, -1) for wait in waits) == [0.0] + [10.0] * 7
    ledger.close()


def test_a_clock_that_was_set_back_keeps_no_account_waiting(ledger, clock):
    assert turn(ledger, "main", 10.0) == 0.0
    clock.forward(-3 * 86_400)
    assert turn(ledger, "main", 10.0) == 0.0


# ── faxes that are brought ─────────────────────────────────────────────────────────────


def test_a_fax_that_is_brought_twice_is_there_once(ledger):
    fax = samples.received("1")
    assert ledger.inbound.bring(fax, "in-1", "in/ab/1", "tiff")
    assert not ledger.inbound.bring(fax, "in-2", "in/ab/2", "tiff")
    [there] = ledger.inbound.list()
    assert (there.id, there.state, there.document) == ("in-1", inbound.STORED, "in/ab/1")


def test_a_fax_known_without_its_document_goes_out_again_when_that_is_brought(ledger):
    ledger.inbound.learn([samples.received("1")])
    [fax] = ledger.inbound.claim(inbound.LISTED, 1, 60.0, "w")
    ledger.inbound.missing(fax, "the provider has lost it")
    [fax] = ledger.inbound.claim(inbound.STORED, 1, 60.0, "w")
    assert ledger.inbound.bring(samples.received("1"), "in-2", "in/ab/2", "tiff")
    with pytest.raises(errors.Fenced):
        ledger.inbound.missing(fax, "too late")
    [there] = ledger.inbound.list()
    assert (there.id, there.state, there.document) == (fax.id, inbound.STORED, "in/ab/2")
    assert there.redelivered == 1


def test_a_fax_without_a_document_that_is_asked_for_again_is_fetched_again(ledger):
    ledger.inbound.learn([samples.received("1")])
    [fax] = ledger.inbound.claim(inbound.LISTED, 1, 60.0, "w")
    ledger.inbound.missing(fax, "the provider has lost it")
    assert ledger.inbound.redeliver(fax.id, "look again").state == inbound.LISTED


# ── verify ─────────────────────────────────────────────────────────────────────────────


def test_verify_names_what_nobody_works_on(ledger, clock):
    [job] = samples.accepted(ledger)
    fax = stored(ledger)
    ledger.deliveries.add([samples.delivery("bob@example.com")])
    assert ledger.verify() == []
    clock.forward(3700)
    findings = "\n".join(ledger.verify())
    for name in (job.id, fax.id, "bob@example.com"):
        assert name in findings


def test_verify_names_senders_that_were_not_told(ledger, clock):
    [job] = samples.accepted(ledger)
    ledger.faxes.tell(job.id, samples.Event.CANCEL, "")
    clock.forward(3601)
    [finding] = ledger.verify()
    assert finding == f"job {job.id} is cancelled, and its sender has not been told"


def test_verify_names_documents_that_are_missing(ledger):
    [job] = samples.ready(ledger)
    [finding] = ledger.verify(lambda key: key != job.document)
    assert job.document in finding


def test_verify_names_a_mail_without_jobs(ledger, clock):
    mail = samples.acceptance(clock, jobs=0)
    ledger.mails.accept([mail])
    assert ledger.verify() == [f"mail {mail.id} was accepted and has no job"]


# ── looking ────────────────────────────────────────────────────────────────────────────


def test_jobs_are_listed_newest_first_by_state_number_and_mail(ledger, clock):
    assert ledger.faxes.oldest() is None
    [first] = samples.accepted(ledger)
    clock.forward(5)
    second, third = samples.accepted(
        ledger, (samples.new_job(clock, "4930123456"), samples.new_job(clock))
    )
    assert ledger.faxes.oldest() == first.created_at
    assert {job.id for job in ledger.faxes.list(limit=2)} == {second.id, third.id}
    assert [job.id for job in ledger.faxes.list(number="4930123456")] == [second.id]
    assert [job.id for job in ledger.faxes.list(before=second.created_at)] == [first.id]
    assert {job.id for job in ledger.faxes.list(message=second.message)} == {second.id, third.id}
    samples.claim(ledger, State.ACCEPTED, 3)
    assert ledger.faxes.list(state=State.READY) == []
    assert ledger.faxes.oldest() is None
    assert ledger.faxes.counts()[State.ACCEPTED] == 3


def test_a_push_finds_its_job_by_the_providers_reference(ledger):
    job = samples.submitted(ledger)
    assert ledger.faxes.known("main", [f"R-{job.id}", "other"]) == {f"R-{job.id}": job.id}
