"""The client against the service's stand-in: whole rounds over real sockets."""

import functools
import io
import random

import pytest
from PIL import Image

from mailfax import errors
from mailfax.model import Outcome
from mailfax.providers import _port
from tests.providers import contract, rounds


@pytest.fixture
def connect(connect_to):
    return functools.partial(connect_to, "popfax")


def test_the_login_is_proved_and_a_wrong_one_is_told(connect):
    connect().check()
    for wrong in ({"password": "no"}, {"email": "bob@example.com"}):
        with pytest.raises(errors.Temporary) as caught:
            connect(**wrong).check()
        assert caught.value.cause is errors.Cause.LOGIN_FAILED
        answer = rounds.submit(connect(**wrong), "33123450100")["33123450100"]
        assert answer.cause is errors.Cause.LOGIN_FAILED


def test_a_fax_goes_from_submit_to_delivered_and_can_be_forgotten(sandbox, connect):
    account = connect()
    reference = rounds.submit(account, "33123450100", pages=2)["33123450100"]
    assert isinstance(reference, str)
    (call,) = sandbox.exchange.calls("popfax")
    assert (call.number, call.pages) == ("+33123450100", 2)
    assert account.report([reference])[reference].outcome is Outcome.PENDING
    sandbox.exchange.advance(rounds.GONE_BY)
    report = account.report([reference])[reference]
    assert (report.outcome, report.pages_sent) == (Outcome.DELIVERED, 2)
    assert abs((report.ended_at - sandbox.exchange.now()).total_seconds()) < 2 * rounds.GONE_BY
    account.forget(reference)
    account.forget(reference)
    assert account.report([reference]) == {}


SPECIAL = {
    "9001": (Outcome.FAILED, {"busy"}),
    "9003": (Outcome.FAILED, {"no_answer"}),
    "9004": (Outcome.FAILED, {"no_fax_tone"}),
    "9005": (Outcome.FAILED, {"partial"}),
    "9006": (Outcome.FAILED, {"bad_number"}),
    "9007": (Outcome.FAILED, {"refused"}),
    "9008": (Outcome.PENDING, {None}),
    "9010": (Outcome.FAILED, {"conversion_failed"}),
}


@pytest.mark.parametrize("last", SPECIAL)
def test_each_special_number_ends_as_it_should(sandbox, connect, last):
    account = connect()
    number = f"3312345{last}"
    reference = rounds.submit(account, number, pages=3)[number]
    sandbox.exchange.advance(rounds.GONE_BY)
    report = account.report([reference])[reference]
    outcome, causes = SPECIAL[last]
    assert report.outcome is outcome
    assert report.cause in causes


def test_a_number_busy_the_first_time_is_delivered_the_second(sandbox, connect):
    account = connect()
    outcomes = []
    for _ in range(2):
        reference = rounds.submit(account, "33123459002")["33123459002"]
        sandbox.exchange.advance(rounds.GONE_BY)
        outcomes.append(account.report([reference])[reference].outcome)
    assert outcomes == [Outcome.FAILED, Outcome.DELIVERED]


def test_an_account_without_credit_is_said(sandbox, connect):
    account = connect()
    answer = rounds.submit(account, "33123459009")["33123459009"]
    if isinstance(answer, str):
        sandbox.exchange.advance(rounds.GONE_BY)
        answer = account.report([answer])[answer]
    assert answer.cause is errors.Cause.NO_CREDIT


def test_many_numbers_share_a_registration_and_each_has_its_own_end(sandbox, connect):
    account = connect()
    numbers = [f"331234501{n:02}" for n in range(60)] + ["33123459001"]
    answers = rounds.submit(account, *numbers)
    assert len({answer.partition("/")[0] for answer in answers.values()}) == 2
    assert len(sandbox.exchange.calls("popfax")) == 61
    sandbox.exchange.advance(rounds.GONE_BY)
    reports = account.report(list(answers.values()))
    assert len(reports) == 61
    busy = answers["33123459001"]
    assert reports[busy].cause is errors.Cause.BUSY
    delivered = [one for one in reports.values() if one.outcome is Outcome.DELIVERED]
    assert len(delivered) == 60


def ring(sandbox, pages=1):
    (did, *_) = [line.did for line in sandbox.exchange.lines("popfax")]
    return did, sandbox.exchange.ring("popfax", did, "+33199000100", "CALLER", rounds.tiff(pages))


def test_a_received_fax_is_listed_fetched_and_deleted(sandbox, connect):
    account = connect()
    assert account.inbox(None) == []
    did, _ = ring(sandbox, pages=2)
    (fax,) = account.inbox(None)
    assert (fax.did, fax.caller, fax.pages) == (did, "+33199000100", 2)
    assert abs((fax.received_at - sandbox.exchange.now()).total_seconds()) < 60
    fetched = account.fetch(fax)
    assert fetched.kind == "tiff"
    with Image.open(io.BytesIO(fetched.data)) as pages:
        assert pages.n_frames == 2
    account.acknowledge(fax, _port.How.DELETE)
    account.acknowledge(fax, _port.How.DELETE)
    assert account.inbox(None) == []


def test_the_next_look_tells_only_of_what_is_new(sandbox, connect):
    account = connect()
    ring(sandbox)
    (first,) = account.inbox(None)
    assert account.inbox(first.reference) == []
    ring(sandbox)
    (second,) = account.inbox(first.reference)
    assert int(second.reference) > int(first.reference)


def test_a_fax_marked_lies_in_the_folder_and_is_looked_at_no_more(sandbox, connect):
    own = next(one for one in _folders(connect().client) if one.foldertype == 0)
    account = connect(folder=str(own.id))
    ring(sandbox)
    (fax,) = account.inbox(None)
    account.acknowledge(fax, _port.How.MARK)
    assert account.inbox(None) == []


def _folders(client):
    ids = [one.object for one in client.review_objects().objects if one.type == 7]
    return client.get_folder_info(ids)


def test_a_lost_answer_is_matched_when_the_settings_allow_it(sandbox, connect):
    account = connect(match="yes")
    lost = contract.transmission("t-1", number="33123450100", started_at=sandbox.exchange.now())
    sandbox.faults.arm(rounds.fault("popfax", "drop-after-accept"))
    answer = account.submit([lost], rounds.document(), contract.nothing_to_note)["t-1"]
    assert isinstance(answer, errors.Unsure)
    sandbox.exchange.advance(60)
    found = account.find(lost)
    assert account.report([found])[found].outcome is Outcome.DELIVERED


@pytest.mark.parametrize("jobs", [40, pytest.param(500, marks=pytest.mark.slow)])
def test_lost_answers_send_nothing_twice_and_lose_nothing(sandbox, connect, jobs):
    """Three of ten answers are lost: each such fax is unsure, is on the line once, and is held."""
    account = connect()
    dice = random.Random(jobs)
    held, taken = [], []
    for number in (f"33123{n:06}" for n in range(100_000, 100_000 + jobs)):
        lost = dice.random() < 0.3
        if lost:
            sandbox.faults.arm(rounds.fault("popfax", "drop-after-accept"))
        answer = rounds.submit(account, number)[number]
        assert isinstance(answer, errors.Unsure) is lost
        (held if lost else taken).append(number)
    for number in held:
        absent = account.find(contract.transmission(number, number=number))
        assert absent is _port.Absent.CANNOT_KNOW
    assert len(held) > jobs // 6
    dialled = sorted(call.number for call in sandbox.exchange.calls("popfax"))
    assert dialled == sorted(f"+{number}" for number in held + taken)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("refuse", errors.Unsure), ("drop-before-read", errors.Unsure), ("half-answer", errors.Unsure),
     ("not-xml", errors.Unsure), ("http-500", errors.Unsure), ("http-429", errors.Temporary)],
)  # fmt: skip
def test_each_fault_of_the_line_has_its_class(sandbox, connect, fault, expected):
    sandbox.faults.arm(rounds.fault("popfax", fault))
    answer = rounds.submit(connect(), "33123450100")["33123450100"]
    assert type(answer) is expected


def test_the_account_and_its_lists_are_read(connect):
    client = connect().client
    account = client.get_account_info()
    assert account.faxnumber.startswith("+")
    assert any(one.code == "fr" for one in client.get_all_languages())
    assert any(one.code == "FR" for one in client.get_all_countries())
    assert {one.value for one in client.get_object_types()} >= set(range(1, 8))
    assert {one.value for one in client.get_object_actions()} == {1, -1}
    client.set_account_info(account)
    assert client.get_account_info() == account
    assert isinstance(client.get_shift_time(), int)
