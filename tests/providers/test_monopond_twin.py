"""The client against the service's stand-in: whole rounds over real sockets."""

import datetime
import functools
import json
import random
import time
import urllib.request

import pytest

from mailfax import errors
from mailfax.model import Outcome
from mailfax.providers import _port
from mailfax.providers.monopond import _replies, _requests
from tests.providers import contract, rounds, scripted

GOOD = "61290000100"
SECRET = "9f8e7d6c"


@pytest.fixture(params=["2.1", "2"])
def version(request):
    return request.param


@pytest.fixture
def connect(connect_to):
    return functools.partial(connect_to, "monopond")


@pytest.fixture
def wait():
    """wait(condition) → its first true value, within 20 seconds."""

    def until(condition):
        deadline = time.monotonic() + 20
        while not (value := condition()):
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.01)
        return value

    return until


def until_queued(sandbox, client, ref):
    """Let pretend time go on in small steps until the fax is queued."""
    for _ in range(200):
        if client.fax_status(message_ref=ref, verbosity="send").messages[0].status == "queued":
            return
        sandbox.exchange.advance(0.01)
    raise AssertionError("never queued")


# Sending


def test_the_login_is_proved_and_a_wrong_one_is_told(connect, version):
    connect(version=version).check()
    for wrong in ({"password": "no"}, {"username": "bob"}):
        account = connect(version=version, **wrong)
        with pytest.raises(errors.Temporary) as caught:
            account.check()
        assert caught.value.cause is errors.Cause.LOGIN_FAILED
        assert rounds.submit(account, GOOD)[GOOD].cause is errors.Cause.LOGIN_FAILED


def test_a_fax_goes_from_submit_to_delivered_and_can_be_forgotten(sandbox, connect, version):
    account = connect(version=version)
    sandbox.exchange.hold(True)
    reference = rounds.submit(account, GOOD, pages=2)[GOOD]
    assert isinstance(reference, str)
    (call,) = sandbox.exchange.calls("monopond")
    assert (call.number, call.pages) == (f"+{GOOD}", 2)
    assert account.report([reference])[reference].outcome is Outcome.PENDING
    sandbox.exchange.advance(rounds.GONE_BY)
    report = account.report([reference])[reference]
    assert (report.outcome, report.pages_sent, report.dials) == (Outcome.DELIVERED, 2, 1)
    assert datetime.timedelta(0) < sandbox.exchange.now() - report.ended_at
    account.forget(reference)
    account.forget(reference)


SPECIAL = {
    "9001": "busy", "9003": "no_answer", "9004": "no_fax_tone", "9005": "partial",
    "9006": "bad_number", "9007": "line_error", "9009": "no_credit", "9010": "conversion_failed",
}  # fmt: skip


@pytest.mark.parametrize("last", SPECIAL)
def test_each_special_number_ends_as_it_should(sandbox, connect, last):
    account = connect()
    number = f"6129000{last}"
    reference = rounds.submit(account, number, pages=3)[number]
    sandbox.exchange.advance(rounds.GONE_BY)
    report = account.report([reference])[reference]
    assert (report.outcome, report.cause) == (Outcome.FAILED, SPECIAL[last])
    assert report.raw


def test_a_fax_that_never_ends_stays_pending(sandbox, connect):
    account = connect()
    reference = rounds.submit(account, "61290009008")["61290009008"]
    sandbox.exchange.advance(rounds.GONE_BY)
    assert account.report([reference])[reference].outcome is Outcome.PENDING


def test_a_number_busy_the_first_time_is_not_dialled_again_but_delivered_the_second(
    sandbox, connect
):
    account = connect()
    reports = []
    for key in ("first", "second"):
        one = contract.transmission(key, number="61290009002")
        reference = account.submit([one], rounds.document(), contract.nothing_to_note)[key]
        sandbox.exchange.advance(rounds.GONE_BY)
        reports.append(account.report([reference])[reference])
    assert [one.outcome for one in reports] == [Outcome.FAILED, Outcome.DELIVERED]
    assert [one.dials for one in reports] == [1, 1]


def test_one_document_goes_to_many_and_is_followed_by_one_question(sandbox, connect):
    account = connect()
    numbers = [f"612900{number:05}" for number in range(100, 150)]
    answers = rounds.submit(account, *numbers)
    sandbox.exchange.advance(rounds.GONE_BY)
    before = len(sandbox.log.entries())
    reports = account.report(list(answers.values()))
    assert len(sandbox.log.entries()) == before + 1
    assert {one.outcome for one in reports.values()} == {Outcome.DELIVERED}
    assert len(reports) == len(sandbox.exchange.calls("monopond")) == 50


def test_many_sent_alone_within_a_minute_are_followed_by_one_question(sandbox, connect):
    account = connect()
    references = [rounds.submit(account, f"612900{number:05}") for number in range(100, 110)]
    references = [one for answers in references for one in answers.values()]
    sandbox.exchange.advance(rounds.GONE_BY)
    before = len(sandbox.log.entries())
    reports = account.report(references)
    assert len(sandbox.log.entries()) == before + 1
    assert {one.outcome for one in reports.values()} == {Outcome.DELIVERED}
    assert len(reports) == 10


def test_more_pages_than_the_service_usually_allows_are_allowed(sandbox, connect):
    account = connect()
    reference = rounds.submit(account, GOOD, pages=25)[GOOD]
    sandbox.exchange.advance(rounds.GONE_BY)
    assert account.report([reference])[reference].pages_sent == 25


def test_a_fax_that_waits_is_called_back_and_one_that_ended_is_not(sandbox, connect):
    account = connect()
    sandbox.exchange.hold(True)
    reference = rounds.submit(account, GOOD)[GOOD]
    with pytest.raises(errors.Temporary):
        account.cancel(reference)
    until_queued(sandbox, account.client, GOOD)
    assert account.cancel(reference) is True
    sandbox.exchange.advance(rounds.GONE_BY)
    report = account.report([reference])[reference]
    assert (report.outcome, report.cause) == (Outcome.CANCELLED, errors.Cause.CANCELLED)
    other = rounds.submit(account, "61290000101")["61290000101"]
    sandbox.exchange.advance(rounds.GONE_BY)
    assert account.cancel(other) is False
    assert account.cancel("no/such/fax") is False
    assert account.report([other])[other].outcome is Outcome.DELIVERED


def test_a_fax_nobody_knows_is_left_out(connect):
    assert connect().report(["m/s/none"]) == {}


# Every operation


def test_every_operation_of_a_fax_is_answered(sandbox, connect, version):
    client = connect(version=version).client
    sandbox.exchange.hold(True)
    message = _requests.Message(
        message_ref="m", send_to=GOOD,
        properties=_requests.Properties(
            documents=[_requests.Document(name="a.tif", data=rounds.tiff())], resolution="normal",
            send_from="Clinic", retries=1, busy_retries=2, header_format="%from%|%H:%M",
        ),
    )  # fmt: skip
    answer = client.send_fax([message], broadcast_ref="b", send_ref="s")
    assert [(one.message_ref, one.send_ref) for one in answer.messages] == [("m", "s")]
    until_queued(sandbox, client, "m")
    assert client.pause_fax(message_ref="m").messages[0].status == "pausing"
    assert client.resume_fax(send_ref="s").messages[0].message_ref == "m"
    for verbosity in ("brief", "send", "details", "results", "all"):
        told = client.fax_status(broadcast_ref="b", verbosity=verbosity)
        assert bool(told.messages) is (verbosity != "brief")
        assert told.status_totals is not None
        assert told.results_totals is not None
        if verbosity in {"details", "all"}:
            details = told.messages[0].details
            assert (details.send_from, details.resolution) == ("Clinic", "normal")
            assert (details.retries, details.busy_retries) == (1, 2)
    assert client.stop_fax(message_ref="m", send_ref="s").messages[0].status == "stopping"
    with pytest.raises(_replies.NoMessagesFound):
        client.fax_status(message_ref="other")


def test_every_operation_of_a_document_is_answered(sandbox, connect):
    client = connect().client
    client.save_fax_document("letter", "letter.tif", rounds.tiff(2))
    with pytest.raises(_replies.DocumentRefAlreadyExists):
        client.save_fax_document("letter", "letter.tif", rounds.tiff())
    with pytest.raises(_replies.DocumentContentTypeNotFound):
        client.save_fax_document("other", "letter", rounds.tiff())
    stamp = _requests.TextStamp(x=100, y=100, text="Copy", font="Courier")
    preview = client.fax_document_preview("letter", resolution="fine", dithering="turbo")
    assert preview.pages == 2
    assert preview.tiff[:2] in {b"II", b"MM"}
    assert client.fax_document_preview("letter", stamps=[stamp]).pages == 2
    with pytest.raises(_replies.MergeFieldDoesNotMatchDocumentType):
        client.fax_document_preview("letter", merge={"name": "Ann"})
    stored = _requests.Properties(documents=[_requests.Document(ref="letter")])
    message = _requests.Message(message_ref="m", send_to=GOOD, properties=stored)
    client.send_fax([message])
    assert sandbox.exchange.calls("monopond")[0].pages == 2
    client.delete_fax_document(document_ref="letter")
    with pytest.raises(_replies.DocumentRefDoesNotExist):
        client.delete_fax_document(document_ref="letter")
    with pytest.raises(_replies.DocumentRefDoesNotExist):
        client.send_fax([message])


def test_all_properties_of_a_request_and_a_message_are_taken(sandbox, connect):
    soon = sandbox.exchange.now() + datetime.timedelta(minutes=5)
    wishes = _requests.Properties(
        documents=[
            _requests.Document(name="a.tif", data=rounds.tiff(), dithering="DETAILED", order=1)
        ],
        resolution="fine", blocklists=_requests.Blocklists(dncr=True, fps=False),
        send_from="Clinic", scheduled_start_time=soon, retries=0, busy_retries=0,
        header_format="From %from%, To %to%|%a %b %d %H:%M %Y",
        must_be_sent_before=soon + datetime.timedelta(hours=1), max_fax_pages=5,
        time_zone="Australia/Perth",
    )  # fmt: skip
    message = _requests.Message(message_ref="m", send_to=GOOD, properties=wishes)
    client = connect().client
    client.send_fax([message], properties=wishes)
    told = client.fax_status(message_ref="m", verbosity="all").messages[0]
    assert told.status not in {"done", "sending", "finalizing"}
    sandbox.exchange.advance(300 + rounds.GONE_BY)
    told = client.fax_status(message_ref="m", verbosity="all").messages[0]
    assert (told.status, told.results[-1].result) == ("done", "success")


def test_a_number_shown_to_the_called_must_be_enabled_first(connect):
    shown = _requests.Properties(cli="61290001234", documents=[_requests.Document(ref="x")])
    message = _requests.Message(message_ref="m", send_to=GOOD, properties=shown)
    with pytest.raises(_replies.InvalidArguments, match="CLI"):
        connect().client.send_fax([message])


# Lost answers


def test_a_fax_whose_answer_was_lost_is_found_and_one_never_sent_is_absent(sandbox, connect):
    account = connect()
    sandbox.faults.arm(rounds.fault("monopond", "drop-after-accept"))
    assert isinstance(rounds.submit(account, GOOD)[GOOD], errors.Unsure)
    found = account.find(contract.transmission(GOOD, number=GOOD))
    sandbox.exchange.advance(rounds.GONE_BY)
    assert account.report([found])[found].outcome is Outcome.DELIVERED
    assert account.find(contract.transmission("other")) is _port.Absent.ABSENT


@pytest.mark.parametrize(
    ("fault", "kind", "taken"),
    [("refuse", errors.Unsure, 0), ("drop-before-read", errors.Unsure, 0),
     ("http-500", errors.Unsure, 0), ("http-429", errors.Temporary, 0),
     ("half-answer", errors.Unsure, 1), ("not-xml", errors.Unsure, 1)],
)  # fmt: skip
def test_each_fault_leaves_the_truth_to_be_found(sandbox, connect, fault, kind, taken):
    account = connect()
    sandbox.faults.arm(rounds.fault("monopond", fault))
    assert isinstance(rounds.submit(account, GOOD)[GOOD], kind)
    assert len(sandbox.exchange.calls("monopond")) == taken
    found = account.find(contract.transmission(GOOD, number=GOOD))
    assert isinstance(found, str) if taken else found is _port.Absent.ABSENT


def settle(account, sandbox, dice, key):
    """Send one fax until the provider surely has it; the faults of the line are dice."""
    one = contract.transmission(key, number=GOOD)
    for _ in range(20):
        if dice.random() < 0.3:
            name = dice.choice(["drop-after-accept", "drop-before-read"])
            sandbox.faults.arm(rounds.fault("monopond", name))
        answer = account.submit([one], rounds.document(), contract.nothing_to_note)[key]
        if isinstance(answer, errors.Unsure):
            answer = account.find(one)
        if isinstance(answer, str):
            return answer
        assert answer is _port.Absent.ABSENT
    raise AssertionError("never taken")


@pytest.mark.parametrize("jobs", [40, pytest.param(500, marks=pytest.mark.slow)])
def test_lost_answers_make_no_second_fax_and_lose_none(sandbox, connect, jobs):
    account = connect()
    dice = random.Random(jobs)
    keys = [f"job-{number}.1" for number in range(jobs)]
    references = [settle(account, sandbox, dice, key) for key in keys]
    assert len(sandbox.exchange.calls("monopond")) == jobs
    sandbox.exchange.advance(rounds.GONE_BY)
    reports = account.report(references)
    assert len(reports) == jobs
    assert {one.outcome for one in reports.values()} == {Outcome.DELIVERED}


# Being called


@pytest.fixture
def pushed(sandbox, wait):
    """pushed(what): do it, and give the request that the stand-in then posts to us."""
    with scripted.Server(scripted.http()) as server:
        aim = {"provider": "monopond", "url": f"{server.url}/push/{SECRET}"}
        _ask(sandbox, "/callbacks", json.dumps(aim).encode())

        def after(what):
            before = len(server.requests)
            what()
            request = wait(lambda: server.requests[before:])[0]
            assert request.path == f"/push/{SECRET}"
            return _port.Push(headers=request.headers, body=request.body)

        yield after


def _ask(sandbox, path, body):
    request = urllib.request.Request(sandbox.urls["control"] + path, body, method="POST")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as reply:
        return json.load(reply)


def test_a_fax_that_ends_is_told_by_a_push_that_names_our_reference(sandbox, connect, pushed):
    account = connect(push=SECRET)
    answers = {}

    def send():
        answers.update(rounds.submit(account, GOOD))
        sandbox.exchange.advance(rounds.GONE_BY)

    told = account.receive(pushed(send))
    assert told.references == (answers[GOOD],)
    assert told.received == ()


@pytest.mark.parametrize("own", [True, False])
def test_a_received_fax_is_pushed_with_its_numbers_and_pages(sandbox, connect, pushed, own):
    did = sandbox.exchange.lines("monopond")[0].did
    account = connect(push=SECRET, **({"numbers": did} if own else {}))
    ring = f"/inbound?provider=monopond&did={did[1:]}&caller=61290001234&tsid=CLINIC"
    told = account.receive(pushed(lambda: _ask(sandbox, ring, rounds.tiff(2))))
    ((fax, fetched),) = told.received
    assert (fax.did, fax.caller, fax.tsid, fax.pages) == (did, "+61290001234", "CLINIC", 2)
    assert abs(fax.received_at - sandbox.exchange.now()) < datetime.timedelta(minutes=5)
    assert fax.reference
    assert (fetched.kind, fetched.data) == ("tiff", rounds.tiff(2))
    assert told.references == ()


def test_a_push_brought_again_tells_of_the_same_fax(sandbox, connect, pushed):
    account = connect(push=SECRET)
    push = pushed(
        lambda: _ask(sandbox, "/inbound?provider=monopond&caller=61290001234", rounds.tiff())
    )
    assert account.receive(push).received[0][0] == account.receive(push).received[0][0]
