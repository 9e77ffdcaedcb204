"""What keeps machines from talking without end: one hop, and so many mails an hour."""

import datetime
import itertools

import pytest

from mailfax import errors
from mailfax.states import State
from tests.store import samples

DID = "+12025550100"
HOUR = datetime.timedelta(hours=1)


def fax(ledger, to=DID, **changes):
    job = samples.new_job(ledger.now, to.lstrip("+"))
    return samples.accepted(ledger, (job,), **changes)[0]


def came_in(ledger, reader, reference="1"):
    [id_] = ledger.inbound.learn([samples.received(reference, did=DID)])
    ledger.deliveries.add([samples.delivery(reader, kind="forward", fax=id_)])


def returns(ledger, job):
    return ledger.inbound.returns(job, ledger.now() - HOUR)


def test_loop_07_a_fax_by_the_reader_of_one_to_a_number_of_ours_is_known(ledger, clock):
    first = fax(ledger)
    assert not returns(ledger, first), "nothing has come in yet: one hop is let go"
    came_in(ledger, "Ann@example.com")
    assert returns(ledger, fax(ledger))
    assert not returns(ledger, fax(ledger, "+12025550177")), "that number is not ours"
    another = samples.envelope(clock, mail_from="eve@example.com")
    assert not returns(ledger, fax(ledger, sender="eve@example.com", envelope=another))
    clock.forward(3601)
    assert not returns(ledger, fax(ledger)), "an hour later it is a person again"
    came_in(ledger, "ann@example.com", "2")
    assert returns(ledger, fax(ledger, envelope=samples.envelope(clock, mail_from="")))


@pytest.mark.parametrize("hourly", [1, 5])
def test_loop_12_one_address_gets_so_many_receipts_an_hour_and_the_others_wait(
    ledger, clock, hourly
):
    for reader in ["ann@example.com"] * 12 + ["bob@example.com"]:
        failed = samples.new_job(clock, state=State.FAILED, cause=errors.Cause.BLOCKED)
        jobs = samples.accepted(ledger, (failed,))
        ledger.receipts.told(jobs, [samples.delivery(reader, jobs=(jobs[0].id,))], hourly)
    ledger.deliveries.add([samples.delivery("ann@example.com", kind="forward")])
    sent = [len(claimed(ledger))]
    while sum(sent) < 14:
        clock.forward(1800)
        sent.append(len(claimed(ledger)))
    assert sent[0] == hourly + 2, "others, and received faxes, are not held up"
    assert max(sent[1:]) == hourly
    assert all(sum(pair) <= hourly for pair in itertools.pairwise(sent[1:]))


def claimed(ledger):
    """What is sent now."""
    found = ledger.deliveries.claim(100, 60.0, "w")
    for one in found:
        ledger.deliveries.delivered(one)
    return found
