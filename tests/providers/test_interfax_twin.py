"""The client against the sandbox's stand-in, which another person wrote from the same manual."""

import dataclasses
import functools
import json
import random
import time
import urllib.request

import pytest
from PIL import Image

from mailfax import errors
from mailfax.model import Outcome
from mailfax.providers import _port, interfax
from mailfax.providers.interfax import _codes, _records
from tests.providers import contract, rounds, scripted

SECRET = "not-guessed"
GOOD = "12025550123"
BOTH = pytest.mark.parametrize("transport", ["soap", "rest"])


@pytest.fixture
def sandbox(sandbox):
    sandbox.exchange.hold(True)
    return sandbox


@pytest.fixture
def connect(connect_to):
    return functools.partial(connect_to, "interfax")


@functools.cache
def tiff(pages=1, height=60):
    return rounds.written(
        [Image.effect_noise((1728, height), 50).convert("1") for _ in range(pages)]
    )


def document(data=None, pages=3, resolution="fine"):
    data = tiff(pages) if data is None else data
    return _port.Payload(name="fax.tif", data=data, pages=pages, resolution=resolution)


def one(key, sandbox, number=GOOD):
    return contract.transmission(key, number=number, started_at=sandbox.exchange.now())


def submit(account, sandbox, key="t-1", number=GOOD, pages=None):
    given = one(key, sandbox, number)
    return account.submit([given], pages or document(), contract.nothing_to_note)[key]


@BOTH
def test_the_login_is_checked_by_a_call_that_changes_nothing(sandbox, connect, transport):
    connect(transport=transport).check()
    with pytest.raises(errors.Temporary) as caught:
        connect(transport=transport, password="wrong").check()
    assert caught.value.cause is errors.Cause.LOGIN_FAILED
    assert sandbox.exchange.calls("interfax") == []


@BOTH
@pytest.mark.parametrize(
    ("digits", "outcome", "pages"),
    [("0123", "delivered", 3), ("9001", "failed", 0), ("9002", "failed", 0), ("9003", "failed", 0),
     ("9004", "failed", 0), ("9005", "failed", 2), ("9006", "failed", 0), ("9007", "failed", 0),
     ("9008", "pending", None), ("9010", "failed", 0)],
)  # fmt: skip
def test_what_the_network_does_is_what_is_reported(
    sandbox, connect, transport, digits, outcome, pages
):
    account = connect(transport=transport)
    reference = submit(account, sandbox, number=f"1202555{digits}")
    assert account.report([reference])[reference].outcome is Outcome.PENDING
    sandbox.exchange.advance(60)
    told = account.report([reference])[reference]
    assert (told.outcome, told.pages_sent) == (outcome, pages)
    assert len(sandbox.exchange.calls("interfax")) == 1


@BOTH
def test_busy_no_credit_and_a_part_have_their_causes(sandbox, connect, transport):
    account = connect(transport=transport)
    causes = {"9001": "busy", "9005": "partial", "9009": "no_credit"}
    sent = {digits: submit(account, sandbox, digits, f"1202555{digits}") for digits in causes}
    sandbox.exchange.advance(2 * 86_400)
    reports = account.report(list(sent.values()))
    assert {digits: reports[sent[digits]].cause for digits in causes} == causes


@BOTH
def test_what_was_sent_is_what_arrives(sandbox, connect, transport):
    account = connect(transport=transport, csid="EXAMPLE", header="N", paper="A4")
    data = tiff(2)
    submit(account, sandbox, pages=document(data, 2, "standard"))
    (call,) = sandbox.exchange.calls("interfax")
    assert call.number == f"+{GOOD}"
    assert [file.data for file in call.files] == [data]


@BOTH
def test_a_large_document_arrives_whole(sandbox, connect, transport):
    data = tiff(3, 2300)
    assert len(data) > 1_000_000
    submit(connect(transport=transport), sandbox, pages=document(data))
    (call,) = sandbox.exchange.calls("interfax")
    assert [file.data for file in call.files] == [data]


@BOTH
def test_many_are_reported_in_one_request_and_strangers_are_left_out(sandbox, connect, transport):
    account = connect(transport=transport)
    references = [submit(account, sandbox, f"t-{number}") for number in range(5)]
    before = len(sandbox.log.entries())
    reports = account.report([*references, "1", "999999998"])
    assert set(reports) == set(references)
    assert len(sandbox.log.entries()) == before + 1


@BOTH
def test_a_fax_whose_answer_was_lost_is_found_and_one_never_sent_is_absent(
    sandbox, connect, transport
):
    account = connect(transport=transport)
    submit(account, sandbox, "t-11")
    sandbox.faults.arm(rounds.fault("interfax", "drop-after-accept"))
    assert isinstance(submit(account, sandbox), errors.Unsure)
    found = account.find(one("t-1", sandbox))
    sandbox.exchange.advance(60)
    assert account.report([found])[found].outcome is Outcome.DELIVERED
    assert account.find(one("t-111", sandbox)) is _port.Absent.ABSENT


@BOTH
@pytest.mark.parametrize(
    ("fault", "kind", "taken"),
    [("refuse", errors.Unsure, 0), ("drop-before-read", errors.Unsure, 0),
     ("http-500", errors.Unsure, 0), ("http-429", errors.Temporary, 0),
     ("half-answer", errors.Unsure, 1), ("not-xml", errors.Unsure, 1)],
)  # fmt: skip
def test_each_fault_leaves_the_truth_to_be_found(sandbox, connect, transport, fault, kind, taken):
    account = connect(transport=transport)
    sandbox.faults.arm(rounds.fault("interfax", fault))
    answer = submit(account, sandbox)
    if transport == "rest" and fault == "half-answer":
        assert answer == str(account.find(one("t-1", sandbox)))  # the place is in the head
        return
    assert isinstance(answer, kind)
    assert len(sandbox.exchange.calls("interfax")) == taken
    found = account.find(one("t-1", sandbox))
    assert isinstance(found, str) if taken else found is _port.Absent.ABSENT


def settle(account, sandbox, dice, key):
    """Send one fax until the provider surely has it; the faults of the line are dice."""
    for _ in range(20):
        if dice.random() < 0.3:
            name = dice.choice(["drop-after-accept", "drop-before-read"])
            sandbox.faults.arm(rounds.fault("interfax", name))
        answer = submit(account, sandbox, key)
        if isinstance(answer, errors.Unsure):
            answer = account.find(one(key, sandbox))
        if isinstance(answer, str):
            return answer
        assert answer is _port.Absent.ABSENT
    raise AssertionError("never taken")


@BOTH
@pytest.mark.parametrize("jobs", [40, pytest.param(500, marks=pytest.mark.slow)])
def test_lost_answers_make_no_second_fax_and_lose_none(sandbox, connect, transport, jobs):
    account = connect(transport=transport)
    dice = random.Random(jobs)
    keys = [f"job-{number}.1" for number in range(jobs)]
    references = [settle(account, sandbox, dice, key) for key in keys]
    assert len(sandbox.exchange.calls("interfax")) == jobs
    sandbox.exchange.advance(60)
    reports = account.report(references)
    assert len(reports) == jobs
    assert {told.outcome for told in reports.values()} == {Outcome.DELIVERED}


@BOTH
def test_a_fax_is_called_back_while_it_waits(sandbox, connect, transport):
    account = connect(transport=transport)
    early, late = submit(account, sandbox, "t-1"), submit(account, sandbox, "t-2")
    assert account.cancel(early)
    sandbox.exchange.advance(60)
    assert not account.cancel(late)
    assert not account.cancel("999999998")
    reports = account.report([early, late])
    assert reports[early].outcome is Outcome.FAILED
    assert reports[late].outcome is Outcome.DELIVERED


@BOTH
def test_a_fax_forgotten_is_listed_no_more_and_may_be_forgotten_again(sandbox, connect, transport):
    account = connect(transport=transport)
    reference = submit(account, sandbox)
    sandbox.exchange.advance(60)
    account.forget(reference)
    account.forget(reference)
    account.forget("999999998")
    listed = interfax.OPERATIONS["FaxStatus"](account.client).items
    assert listed == ()


# Receiving


def ring(sandbox, data, caller="+13035550199", tsid="THEIR FAX"):
    did = sandbox.exchange.lines("interfax")[0].did
    return did, sandbox.exchange.ring("interfax", did, caller, tsid, data)


@BOTH
@pytest.mark.parametrize("height", [60, 2300])
def test_a_received_fax_is_listed_fetched_and_marked(sandbox, connect, transport, height):
    account = connect(transport=transport)
    data = tiff(2, height)
    did, _ = ring(sandbox, data)
    (fax,) = account.inbox(None)
    assert (fax.did, fax.caller, fax.tsid, fax.pages) == (did, "+13035550199", "THEIR FAX", 2)
    assert abs((fax.received_at - sandbox.exchange.now()).total_seconds()) < 60
    assert account.inbox("0") == [fax]
    fetched = account.fetch(fax)
    assert (fetched.kind, fetched.data) == ("tiff", data)
    for how in (_port.How.LEAVE, _port.How.MARK, _port.How.DELETE):
        account.acknowledge(fax, how)
    assert account.inbox("0") == []
    assert account.inbox(None) == [fax]


@BOTH
def test_a_box_of_many_is_read_to_its_end(sandbox, connect, transport):
    account = connect(transport=transport)
    data = tiff()
    for _ in range(230):
        ring(sandbox, data)
    faxes = account.inbox(None)
    assert len(faxes) == 230
    assert [int(fax.reference) for fax in faxes] == sorted(int(fax.reference) for fax in faxes)


# Web feedback, settings


@pytest.fixture
def pushed(sandbox):
    """pushed(what): do it, and give the request that the stand-in then posts to us."""
    with scripted.Server(scripted.http()) as server:
        aim = {"provider": "interfax", "url": f"{server.url}/push/{SECRET}"}
        request = urllib.request.Request(
            f"{sandbox.urls['control']}/callbacks", json.dumps(aim).encode(), method="POST"
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request):
            pass

        def after(what):
            before = len(server.requests)
            what()
            while len(server.requests) == before:  # the suite's own limit ends it
                time.sleep(0.01)
            sent = server.requests[before]
            assert sent.path == f"/push/{SECRET}"
            return _port.Push(headers=sent.headers, body=sent.body)

        yield after


def test_a_fax_that_ends_is_told_by_a_feedback_that_names_it(sandbox, connect, pushed):
    account = connect(push=SECRET)
    answers = []

    def send():
        answers.append(submit(account, sandbox))
        sandbox.exchange.advance(60)

    told = account.receive(pushed(send))
    assert told.references == tuple(answers)
    assert told.received == ()


def test_a_received_fax_is_told_by_a_feedback_and_then_fetched(sandbox, connect, pushed):
    account = connect(push=SECRET)
    data = tiff()
    ((fax, document),) = account.receive(pushed(lambda: ring(sandbox, data))).received
    assert document is None
    (listed,) = account.inbox(None)
    assert (fax.reference, fax.did, fax.caller, fax.pages) == (
        listed.reference, listed.did, listed.caller, listed.pages,
    )  # fmt: skip
    assert account.fetch(fax).data == data


def test_the_users_settings_are_read(connect):
    rules = connect().import_rules()
    assert "allowed_senders" in rules["sending"]
    assert rules["receiving"]["phone_number"]
    assert isinstance(rules["forwarding"], list)


# Every operation is alive


CALLS = {
    "FaxStatusEx": {}, "FaxStatusXML": {}, "FaxQuery": {"verb": "ACTIVE"}, "GetList": {},
    "GetList2": {}, "GetSupportedFileTypes": {}, "IsSupportedFileType": {"file_type": "PDF"},
    "GetListPP": {}, "GetTimeZones": {}, "GetTimeZonesXML": {}, "GetAccountPPCardsBalance": {},
    "GetInboundNodes": {"country": "GB"}, "GetUserProperties": {"username": "demo"},
    "GetRxServiceProperties": {}, "GetRxEmailProperties": {}, "GetUserTxProperties": {},
    "outbound.all": {}, "outbound.search": {}, "outbound.batches.all": {},
    "outbound.documents.all": {}, "inbound.all": {}, "account.balance": {},
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_an_operation_that_only_asks_is_answered(sandbox, connect, name):
    account = connect()
    submit(account, sandbox)
    ring(sandbox, tiff())
    assert interfax.OPERATIONS[name](account.client, **CALLS[name]) is not None


def test_a_fax_is_followed_by_every_operation_that_tells_of_one(sandbox, connect):
    account = connect()
    ask = {
        name: functools.partial(one, account.client) for name, one in interfax.OPERATIONS.items()
    }
    reference = submit(account, sandbox)
    sandbox.exchange.advance(60)
    number = int(reference)
    (short,) = ask["FaxStatus"]().items
    (long,) = ask["FaxStatusEx"]().items
    (queried,) = ask["FaxQuery"]("EQ", reference)
    (searched,) = ask["outbound.search"](ids=reference)
    (completed,) = ask["outbound.completed"](reference)
    found = ask["outbound.find"](number)
    everywhere = [short, long, queried, searched, completed, found]
    assert {one.transaction_id for one in everywhere} == {number}
    assert {one.status for one in everywhere} == {0}
    assert {one.subject for one in everywhere} == {"t-1"}
    assert ask["GetFaxImage"](number)[:4] in {b"II*\x00", b"MM\x00*"}
    assert ask["outbound.image"](number)[:4] in {b"II*\x00", b"MM\x00*", b"%PDF"}
    again = ask["ReSendFax"](number)
    once_more = ask["outbound.resend"](number, fax_number="+12025550124")
    assert len({reference, again, once_more}) == 3
    assert len(sandbox.exchange.calls("interfax")) == 3


def test_users_services_and_addresses_are_managed(connect):
    account = connect()
    ask = {
        name: functools.partial(one, account.client) for name, one in interfax.OPERATIONS.items()
    }
    email = _records.RxEmail(email_address="new@example.com", send_signed=True)
    ask["AddRxEmailProperties"](email)
    assert email in ask["GetRxEmailProperties"]()
    with pytest.raises(errors.Permanent):
        ask["AddRxEmailProperties"](email)
    ask["SetRxEmailProperties"](dataclasses.replace(email, send_signed=False))
    assert dataclasses.replace(email, send_signed=False) in ask["GetRxEmailProperties"]()
    ask["RemoveRxEmail"]("new@example.com")
    with pytest.raises(_codes.Gone):
        ask["RemoveRxEmail"]("new@example.com")
    settings = dataclasses.replace(
        ask["GetUserTxProperties"](), allowed_senders="a@example.com,*@example.org", feedback_type=3
    )
    ask["SetUserTxProperties"](settings)
    assert ask["GetUserTxProperties"]().allowed_senders == "a@example.com,*@example.org"
    with pytest.raises(errors.Permanent):
        ask["SetUserTxProperties"](dataclasses.replace(settings, feedback_type=9))
