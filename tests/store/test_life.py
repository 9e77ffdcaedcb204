"""A job's whole life in the ledger, on both engines."""

from mailfax.model import Outcome, Report
from mailfax.states import Event, State
from mailfax.store.faxes import Change
from tests.store import samples


def test_a_job_goes_from_accepted_to_delivered_and_its_time_line_tells_all(ledger):
    job = samples.submitted(ledger)
    [job] = samples.claim(ledger, State.SUBMITTED)
    report = Report(
        outcome=Outcome.DELIVERED,
        pages_sent=2,
        csid="THEM",
        ended_at=samples.START,
        raw='{"status": "sent \\ud800 \\u0000"}',
    )
    done = ledger.faxes.advance(Change(job=job, event=Event.DELIVER, report=report))
    assert done.state is State.DELIVERED
    assert done.ended_at == ledger.now()
    assert done == ledger.faxes.get(job.id)
    told = [(entry.event, entry.state) for entry in ledger.faxes.events(job.id)]
    assert told == [
        ("accept", "accepted"),
        ("rendered", "ready"),
        ("claim", "submitting"),
        ("taken", "submitted"),
        ("deliver", "delivered"),
    ]
    [handover] = ledger.faxes.transmissions(job.id)
    assert handover.transmission.reference == f"R-{job.id}"
    assert handover.report == report
    assert handover.outcome == "deliver"
    assert ledger.verify() == []


def test_what_was_accepted_is_read_back_the_same(ledger, clock):
    mail = samples.acceptance(clock, jobs=2)
    ledger.mails.accept([mail])
    kept = ledger.mails.get(mail.id)
    assert ledger.mails.content(mail.id) == mail.envelope.content.data
    for name in ("mail_from", "login", "ret", "envid", "peer", "received_at"):
        assert getattr(kept, name) == getattr(mail.envelope, name)
    for wanted in mail.jobs:
        job = ledger.faxes.get(wanted.id)
        assert job.decision == wanted.decision
        assert job.recipient == wanted.recipient
        assert job.notify == wanted.rcpt.notify
        assert job.deadline == wanted.deadline
        assert job.created_at == clock()


def test_text_that_no_database_can_hold_is_kept_as_far_as_it_can_be(ledger, clock):
    mail = samples.acceptance(clock, subject="a\0b\udc80c é 📠")
    ledger.mails.accept([mail])
    assert ledger.mails.get(mail.id).subject == "a\ufffdb\ufffdc é 📠"
