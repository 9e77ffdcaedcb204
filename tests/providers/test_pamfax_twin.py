"""The client against the service's stand-in: whole rounds over real sockets."""

import contextlib
import dataclasses
import datetime
import functools
import io
import random
import threading

import pytest
from PIL import Image

from mailfax import errors
from mailfax.model import Outcome
from mailfax.providers import _port
from mailfax.providers.pamfax import _calling
from mailfax.sandbox import _calls
from tests.providers import contract, rounds

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture(params=["json", "xml"])
def connect(connect_to, request):
    """connect(**settings): an account in either format."""
    return functools.partial(connect_to, "pamfax", format=request.param)


def submit(account, number, key="t-1", *, pages=1, note=contract.nothing_to_note):
    one = contract.transmission(key, number=number, pages=pages)
    return account.submit([one], rounds.document(pages), note)[key]


def arm(sandbox, name, on="submit"):
    sandbox.faults.arm(rounds.fault("pamfax", name, on))


def test_the_login_is_proved_and_a_wrong_one_is_told(connect):
    connect().check()
    for wrong in ({"password": "no"}, {"username": "bob"}, {"secret": "no"}, {"apikey": "no"}):
        with pytest.raises(errors.Temporary) as caught:
            connect(**wrong).check()
        assert caught.value.cause is errors.Cause.LOGIN_FAILED
        assert submit(connect(**wrong), "493012345678").cause is errors.Cause.LOGIN_FAILED


def test_a_fax_goes_from_submit_to_delivered_and_can_be_forgotten(sandbox, connect):
    account = connect()
    reference = submit(account, "493012345678", pages=2)
    assert isinstance(reference, str)
    (call,) = sandbox.exchange.calls("pamfax")
    assert (call.number, call.pages) == ("+493012345678", 2)
    assert account.report([reference])[reference].outcome is Outcome.PENDING
    sandbox.exchange.advance(rounds.GONE_BY)
    report = account.report([reference])[reference]
    assert (report.outcome, report.pages_sent) == (Outcome.DELIVERED, 2)
    assert report.cost.endswith("EUR")
    account.forget(reference)
    account.forget(reference)
    assert account.report([reference]) == {}


def test_a_document_that_is_converted_slowly_is_waited_for(sandbox, connect, monkeypatch):
    monkeypatch.setattr(_calls, "CONVERTING", datetime.timedelta(seconds=0.05))
    assert isinstance(submit(connect(), "493012345678"), str)
    looks = [entry for entry in sandbox.log.entries() if "GetFaxState" in entry["path"]]
    assert len(looks) > 1


SPECIAL = {
    "9001": {"busy"},
    "9003": {"no_answer"},
    "9004": {"no_fax_tone", "unknown"},
    "9005": {"partial"},
    "9006": {"bad_number", "unknown"},
    "9007": {"refused", "unknown"},
}
"""The service's words for its failures are told nowhere: unknown is right too."""


@pytest.mark.parametrize("last", SPECIAL)
def test_each_special_number_fails_with_a_cause(sandbox, connect, last):
    account = connect()
    reference = submit(account, f"4930555{last}", pages=3)
    sandbox.exchange.advance(rounds.GONE_BY)
    report = account.report([reference])[reference]
    assert report.outcome is Outcome.FAILED
    assert report.cause in SPECIAL[last]


def test_a_call_that_never_ends_stays_pending(sandbox, connect):
    account = connect()
    reference = submit(account, "49305559008")
    sandbox.exchange.advance(rounds.GONE_BY)
    assert account.report([reference])[reference].outcome is Outcome.PENDING
    assert account.cancel(reference) is False


def delayed(sandbox, account):
    """A fax that is to be sent in two days; its recipient's id."""
    session = account.client.apart()
    session.create()
    session.add_recipient("+493012345678")
    session.add_file(_calling.File("fax.tif", rounds.tiff()))
    sandbox.exchange.advance(60)
    (recipient,) = session.list_recipients()
    then = sandbox.exchange.now() + datetime.timedelta(days=2)
    session.send(datetime=f"{then:%Y-%m-%d %H:%M:%S}")
    return recipient.uuid


def test_a_fax_that_waits_can_be_called_back_and_one_that_is_over_cannot(sandbox, connect):
    account = connect()
    waiting = delayed(sandbox, account)
    assert account.report([waiting])[waiting].outcome is Outcome.PENDING
    assert account.cancel(waiting) is True
    assert account.report([waiting])[waiting].outcome is Outcome.CANCELLED
    over = submit(account, "493012345678")
    sandbox.exchange.advance(rounds.GONE_BY)
    assert account.cancel(over) is False


def test_a_number_busy_the_first_time_is_delivered_the_second(sandbox, connect):
    account = connect()
    outcomes = []
    for key in ("t-1", "t-2"):
        reference = submit(account, "49305559002", key)
        sandbox.exchange.advance(rounds.GONE_BY)
        outcomes.append(account.report([reference])[reference].outcome)
    assert outcomes == [Outcome.FAILED, Outcome.DELIVERED]


@pytest.mark.parametrize(("last", "cause"), [("9009", "no_credit"), ("9010", "conversion_failed")])
def test_no_credit_and_a_bad_document_are_said(sandbox, connect, last, cause):
    account = connect(patience="5")
    answer = submit(account, f"4930555{last}")
    if isinstance(answer, str):
        sandbox.exchange.advance(rounds.GONE_BY)
        answer = account.report([answer])[answer]
    assert answer.cause == cause


def test_many_faxes_are_followed_together(sandbox, connect):
    account = connect()
    numbers = [f"4930123456{n:02}" for n in range(8)] + ["49305559001", "49305559008"]
    references = [submit(account, number, number) for number in numbers]
    sandbox.exchange.advance(rounds.GONE_BY)
    before = len(sandbox.log.entries())
    reports = account.report([*references, "NoSuchFax"])
    outcomes = [reports[key].outcome for key in references]
    assert outcomes == [Outcome.DELIVERED] * 8 + [Outcome.FAILED, Outcome.PENDING]
    assert "NoSuchFax" not in reports
    assert len(sandbox.log.entries()) - before < len(references)


def test_faxes_built_at_the_same_time_do_not_mix(sandbox, connect):
    account = connect()
    numbers = [f"4930123457{n:02}" for n in range(6)]
    answers = {}

    def one(number):
        answers[number] = submit(account, number, number, pages=1 + int(number[-1]))

    threads = [threading.Thread(target=one, args=[number]) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(isinstance(answer, str) for answer in answers.values())
    carried = {call.number: call.pages for call in sandbox.exchange.calls("pamfax")}
    assert carried == {f"+{number}": 1 + int(number[-1]) for number in numbers}


def test_a_price_is_told_before_sending(connect):
    told = connect().price(contract.transmission(number="493012345678"), 3)
    amount, currency = told.split()
    assert float(amount) > 0
    assert currency == "EUR"


def ring(sandbox, pages=1):
    (did, *_) = [line.did for line in sandbox.exchange.lines("pamfax")]
    return did, sandbox.exchange.ring("pamfax", did, "+4989123456", "CALLER", rounds.tiff(pages))


@pytest.mark.parametrize("how", [_port.How.DELETE, _port.How.MARK])
def test_a_received_fax_is_listed_fetched_and_acknowledged(sandbox, connect, how):
    account = connect()
    assert account.inbox(None) == []
    did, _ = ring(sandbox, pages=2)
    (fax,) = account.inbox(None)
    assert (fax.did, fax.caller, fax.pages) == (did, "+4989123456", 2)
    assert abs((fax.received_at - sandbox.exchange.now()).total_seconds()) < 7200
    fetched = account.fetch(fax)
    assert fetched.kind in {"pdf", "tiff"}
    account.acknowledge(fax, how)
    account.acknowledge(fax, how)
    assert len(account.inbox(None)) == (how is _port.How.MARK)
    assert account.client.count_faxes("inbox_unread")["Faxes"] == {"count": "0"}


def test_received_faxes_come_oldest_first(sandbox, connect):
    for _ in range(3):
        ring(sandbox)
        sandbox.exchange.advance(60)
    times = [fax.received_at for fax in connect().inbox(None)]
    assert len(times) == 3
    assert times == sorted(times)


@pytest.mark.parametrize("fault", ["drop-after-accept", "half-answer", "not-xml"])
def test_a_lost_answer_is_found_again(sandbox, connect, fault):
    account = connect()
    notes = {}
    arm(sandbox, fault)
    answer = submit(account, "493012345678", note=notes.__setitem__)
    assert type(answer) is errors.Unsure
    handled = contract.transmission(number="493012345678", handle=notes["t-1"])
    reference = account.find(handled)
    assert isinstance(reference, str)
    sandbox.exchange.advance(rounds.GONE_BY)
    assert account.report([reference])[reference].outcome is Outcome.DELIVERED
    assert account.find(handled) == reference


@pytest.mark.parametrize("fault", ["drop-before-read", "http-500", "refuse"])
def test_a_fax_that_was_not_taken_is_absent(sandbox, connect, fault):
    account = connect()
    notes = {}
    arm(sandbox, fault)
    answer = submit(account, "493012345678", note=notes.__setitem__)
    assert not isinstance(answer, str)
    if isinstance(answer, errors.Unsure):
        handled = contract.transmission(number="493012345678", handle=notes["t-1"])
        assert account.find(handled) is _port.Absent.ABSENT
    assert sandbox.exchange.calls("pamfax") == []


def settled(account, lost):
    """What `find` says in the end, however often the look itself fails."""
    for _ in range(5):
        with contextlib.suppress(errors.Temporary):
            return account.find(lost)
    raise AssertionError


def lose_answers(sandbox, account, jobs):
    """Send `jobs` faxes of which 30 % lose their answer or never arrive; settle each.

    Of the looks that settle them a half fail at first.
    """
    chance = random.Random(4)
    sent = {}
    for number in range(jobs):
        one = contract.transmission(f"t-{number}", number=f"4930{number:07}")
        if chance.random() < 0.3:
            arm(sandbox, chance.choice(["drop-after-accept", "drop-before-read", "half-answer"]))
        notes = {}
        answer = account.submit([one], rounds.document(), notes.__setitem__)[one.id]
        if isinstance(answer, errors.Unsure):
            if chance.random() < 0.5:
                arm(sandbox, chance.choice(["drop-after-accept", "http-500", "not-xml"]), "any")
            answer = settled(account, dataclasses.replace(one, handle=notes[one.id]))
        if answer is _port.Absent.ABSENT:
            answer = account.submit([one], rounds.document(), notes.__setitem__)[one.id]
        sent[one.number.digits] = answer
    return sent


def assert_each_once(sandbox, sent):
    calls = [call.number for call in sandbox.exchange.calls("pamfax")]
    assert all(isinstance(answer, str) for answer in sent.values())
    assert sorted(calls) == sorted(f"+{number}" for number in sent)
    assert len(set(sent.values())) == len(sent)


@pytest.mark.parametrize("connect", ["json"], indirect=True)
def test_of_forty_faxes_with_lost_answers_each_is_sent_once(sandbox, connect):
    assert_each_once(sandbox, lose_answers(sandbox, connect(), 40))


@pytest.mark.slow
@pytest.mark.parametrize("connect", ["json", "xml"], indirect=True)
def test_of_five_hundred_faxes_with_lost_answers_each_is_sent_once(sandbox, connect):
    assert_each_once(sandbox, lose_answers(sandbox, connect(), 500))


@pytest.mark.parametrize("code", ["PCPC0815", "NOSUCHCODE"])
def test_the_sandbox_takes_its_own_voucher_alone(connect, code):
    client = connect().client
    before = client.verify_user().user.credit
    try:
        client.redeem_credit_voucher(code)
    except errors.Permanent:
        assert code == "NOSUCHCODE"
        return
    assert code == "PCPC0815"
    assert float(client.verify_user().user.credit) > float(before)


def test_credit_can_be_given_in_the_sandbox(connect):
    client = connect().client
    before = float(client.verify_user().user.credit)
    client.add_credit_to_sandbox_user("10", reason="Testing")
    assert float(client.verify_user().user.credit) == before + 10


def test_a_session_that_has_gone_idle_is_begun_again(sandbox, connect):
    account = connect()
    reference = submit(account, "493012345678")
    account.report([reference])
    sandbox.exchange.advance(3600)
    assert account.report([reference])[reference].outcome is Outcome.DELIVERED


def test_a_preview_can_be_seen_before_sending(sandbox, connect):
    session = connect().client.apart()
    fax = session.create()
    session.add_recipient("+493012345678")
    session.add_file(_calling.File("fax.tif", rounds.tiff(2)))
    sandbox.exchange.advance(60)
    assert session.get_fax_state().fax.state == "ready_to_send"
    session.get_preview()
    sandbox.exchange.advance(60)
    assert session.get_preview().done == "2"
    page = session.get_page_preview(fax.uuid, 1, max_width=300)
    assert 0 < Image.open(io.BytesIO(page)).size[0] <= 300
