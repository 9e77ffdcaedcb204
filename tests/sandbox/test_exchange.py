"""The pretend telephone network does what the last four digits say."""

import datetime

import pytest

from mailfax.sandbox import _calls, _exchange
from mailfax.sandbox._calls import File


@pytest.fixture
def exchange():
    network = _exchange.Exchange()
    network.start()
    network.hold(True)
    yield network
    network.close()


@pytest.fixture
def order(exchange, tiff):
    def call(number, pages=1):
        files = [File(name="fax.tif", data=tiff(pages))]
        return exchange.order("p", number, files).id

    return call


@pytest.fixture
def outcome(exchange):
    def of(fax):
        call, now = exchange.call(fax), exchange.now()
        return call.state(now), call.cause(now), call.sent(now)

    return of


def test_a_call_takes_a_fifth_of_a_second_per_page_and_waits_a_little_first(
    exchange, order, outcome
):
    fax = order("+13035550123", pages=3)
    assert outcome(fax) == ("queued", None, 0)
    exchange.advance(0.1)
    assert outcome(fax) == ("calling", None, 0)
    exchange.advance(0.499999)
    assert outcome(fax) == ("calling", None, 0)
    exchange.advance(0.000001)
    assert outcome(fax) == ("delivered", None, 3)


@pytest.mark.parametrize(
    ("digits", "pages", "expected"),
    [
        ("9001", 3, ("failed", "busy", 0)),
        ("9003", 3, ("failed", "no_answer", 0)),
        ("9004", 3, ("failed", "no_fax_tone", 0)),
        ("9005", 3, ("failed", "partial", 2)),
        ("9005", 1, ("failed", "partial", 1)),
        ("9006", 3, ("failed", "bad_number", 0)),
        ("9007", 3, ("failed", "refused", 0)),
        ("9008", 3, ("calling", None, 0)),
        ("9009", 3, ("failed", "no_credit", 0)),
        ("9010", 3, ("failed", "conversion_failed", 0)),
        ("9000", 3, ("delivered", None, 3)),
        ("9011", 3, ("delivered", None, 3)),
        ("0100", 3, ("delivered", None, 3)),
    ],
)
def test_the_last_four_digits_decide(exchange, order, outcome, digits, pages, expected):
    fax = order(f"+1303555{digits}", pages)
    exchange.advance(0.2 * pages)
    assert outcome(fax) == expected
    exchange.advance(86_400)
    assert outcome(fax) == expected


def test_9002_is_busy_once_per_destination(exchange, order, outcome):
    calls = [order(number) for number in ("+13035559002", "+13035559002", "+14155559002")]
    exchange.advance(0.2)
    assert [outcome(fax)[0] for fax in calls] == ["failed", "delivered", "failed"]
    assert outcome(calls[0])[1] == "busy"


def test_no_credit_and_failed_conversion_never_dial(exchange, order):
    for number in ("+13035559009", "+13035559010"):
        fax = order(number)
        exchange.advance(1)
        assert exchange.call(fax).started is None


def test_a_broken_document_cannot_be_converted(exchange, outcome):
    fax = exchange.order("p", "+13035550123", [File(name="a.pdf", data=b"%PDF-broken")]).id
    exchange.advance(1)
    assert outcome(fax) == ("failed", "conversion_failed", 0)


def test_a_queued_call_can_be_cancelled_and_a_running_one_not(exchange, order, outcome):
    first, second = order("+13035550123"), order("+13035550124")
    assert exchange.cancel(first)
    exchange.advance(0.1)
    assert not exchange.cancel(second)
    assert not exchange.cancel(first)
    assert outcome(first) == ("failed", "cancelled", 0)


def test_a_call_waits_for_its_document(exchange, outcome, tiff):
    fax = exchange.order("p", "+13035550123", None).id
    exchange.advance(100)
    assert outcome(fax) == ("queued", None, 0)
    exchange.fill(fax, [File(name="a.tif", data=tiff())])
    exchange.advance(0.2)
    assert outcome(fax) == ("delivered", None, 1)


def test_a_document_that_comes_after_the_cancelling_changes_nothing(exchange, outcome, tiff, wait):
    told = []
    exchange.listen("p", _exchange.Listener(ended=told.append))
    fax = exchange.order("p", "+13035550123", None).id
    assert exchange.cancel(fax)
    exchange.fill(fax, [File(name="a.tif", data=tiff())])
    exchange.fill(fax + 1, [])
    exchange.advance(1)
    assert outcome(fax) == ("failed", "cancelled", 0)
    exchange.order("p", "+13035559009", [File(name="a.tif", data=tiff())])
    exchange.advance(1)
    wait(lambda: len(told) == 2)
    assert [call.behaviour.cause for call in told] == ["cancelled", "no_credit"]


def test_the_end_of_a_call_is_told_once_and_to_its_service(exchange, order, wait):
    told = []
    exchange.listen("p", _exchange.Listener(ended=told.append))
    exchange.listen("q", _exchange.Listener(ended=lambda _call: pytest.fail("not its own")))
    ended, _never = order("+13035550123"), order("+13035559008")
    exchange.advance(1)
    wait(lambda: told)
    last = order("+13035550125")
    exchange.advance(1)
    wait(lambda: len(told) == 2)
    assert [call.id for call in told] == [ended, last]


def test_time_stands_still_while_held_and_goes_on_from_there(exchange):
    before = exchange.now()
    assert exchange.now() == before
    exchange.advance(60)
    assert exchange.now() == before + datetime.timedelta(minutes=1)
    exchange.hold(False)
    assert datetime.timedelta(0) <= exchange.now() - before - datetime.timedelta(minutes=1)
    exchange.advance(3600)
    assert exchange.now() - before >= datetime.timedelta(minutes=61)


def test_while_time_runs_calls_end_by_themselves(exchange, order, outcome, wait):
    exchange.hold(False)
    fax = order("+13035550123")
    wait(lambda: outcome(fax)[0] == "delivered")


def test_identifiers_are_never_given_out_twice(exchange, order):
    first = order("+13035550123")
    exchange.reset()
    assert exchange.calls() == []
    assert order("+13035550123") > first


def test_only_a_number_of_the_account_rings(exchange, tiff):
    exchange.assign("p", "+13035550100")
    fax = exchange.ring("p", "+13035550100", "+12025550199", "TSID", tiff(2))
    assert (fax.pages, fax.kind) == (2, "tiff")
    assert fax.received - fax.started == datetime.timedelta(seconds=0.4)
    with pytest.raises(_exchange.Unreachable, match="is not a number of"):
        exchange.ring("q", "+13035550100", "", "", tiff())
    exchange.switch("p", "+13035550100", False)
    with pytest.raises(_exchange.Busy, match="switched off"):
        exchange.ring("p", "+13035550100", "", "", tiff())


def test_a_fax_that_is_neither_tiff_nor_pdf_cannot_ring(exchange):
    exchange.assign("p", "+13035550100")
    with pytest.raises(_exchange.Unreachable, match="neither"):
        exchange.ring("p", "+13035550100", "", "", b"hello")
    with pytest.raises(_exchange.Unreachable, match="cannot be read"):
        exchange.ring("p", "+13035550100", "", "", b"II*\0\0\0\0\0")


def test_the_oldest_documents_go_first_when_there_are_too_many_bytes(
    exchange, order, monkeypatch, tiff
):
    monkeypatch.setattr(_exchange, "_MAX_BYTES", int(2.5 * len(tiff())))
    calls = [order("+13035550123") for _ in range(4)]
    assert [bool(exchange.call(fax).files) for fax in calls] == [False, False, True, True]
    monkeypatch.setattr(_exchange, "_MAX_CALLS", 2)
    calls += [order("+13035550123"), order("+13035550123")]
    assert [call.id for call in exchange.calls()] == calls[-2:]
    assert all(call.files for call in exchange.calls())


@pytest.fixture
def later(exchange, tiff):
    """later(seconds, **more) → a call that is not dialled before then."""

    def call(seconds, **more):
        files = [File(name="fax.tif", data=tiff())]
        start = exchange.now() + datetime.timedelta(seconds=seconds)
        return exchange.order("p", "+13035550123", files, start=start, **more).id

    return call


def test_a_call_is_not_dialled_before_its_start(exchange, later, outcome):
    fax = later(60)
    exchange.advance(59.999)
    assert outcome(fax)[0] == "queued"
    exchange.advance(0.001)
    assert outcome(fax)[0] == "calling"
    exchange.advance(0.1)
    assert outcome(fax) == ("delivered", None, 1)


def test_a_queued_call_can_be_put_off_for_ever_and_brought_back(exchange, order, outcome):
    fax = order("+13035550123")
    assert exchange.postpone(fax, _calls.NEVER)
    exchange.advance(86_400)
    assert outcome(fax) == ("queued", None, 0)
    assert exchange.postpone(fax, exchange.now())
    exchange.advance(0.1)
    assert outcome(fax)[0] == "calling"
    assert not exchange.postpone(fax, _calls.NEVER)
    assert not exchange.postpone(fax + 1, _calls.NEVER)
    exchange.advance(1)
    assert outcome(fax) == ("delivered", None, 1)


def test_a_call_that_is_not_dialled_by_its_latest_time_is_cancelled_then(
    exchange, later, outcome, wait
):
    told = []
    exchange.listen("p", _exchange.Listener(ended=told.append))
    latest = exchange.now() + datetime.timedelta(seconds=30)
    scheduled, paused, brought_back = (
        later(60, latest=latest),
        *(later(20, latest=latest) for _ in range(2)),
    )
    assert exchange.postpone(paused, _calls.NEVER)
    assert exchange.postpone(brought_back, _calls.NEVER)
    exchange.advance(29)
    assert {outcome(fax)[0] for fax in (scheduled, paused, brought_back)} == {"queued"}
    assert exchange.postpone(brought_back, exchange.now())
    exchange.advance(1)
    assert outcome(scheduled) == outcome(paused) == ("failed", "cancelled", 0)
    assert outcome(brought_back) == ("delivered", None, 1)
    assert exchange.call(scheduled).ended == latest
    wait(lambda: len(told) == 3)


def test_an_errand_is_done_when_its_time_has_come_and_not_after_a_reset(exchange, wait):
    done = []
    hour = datetime.timedelta(hours=1)
    exchange.at(exchange.now() + 2 * hour, lambda: done.append("second"))
    exchange.at(exchange.now() + hour, lambda: done.append("first"))
    exchange.advance(3600)
    wait(lambda: done == ["first"])
    exchange.reset()
    exchange.hold(True)
    exchange.at(exchange.now() + hour, lambda: done.append("last"))
    exchange.advance(7200)
    wait(lambda: len(done) == 2)
    assert done == ["first", "last"]


def test_a_call_in_the_farthest_future_stops_no_other(exchange, order, outcome, wait):
    told = []
    exchange.listen("p", _exchange.Listener(ended=told.append))
    exchange.at(_calls.NEVER, lambda: pytest.fail("it is not the end of time"))
    exchange.hold(False)
    fax = order("+13035550123")
    wait(lambda: told)
    assert outcome(fax)[0] == "delivered"
