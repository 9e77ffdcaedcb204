"""Messages at the Monopond twin: paused, resumed, stopped, scheduled, and tried again."""

import datetime

import pytest

from tests.sandbox import monopond_soap as soap

ONE = "<MessageRef>m-1</MessageRef>"


@pytest.fixture
def hold(control):
    control("POST", "/clock", {"hold": True})
    return lambda seconds: control("POST", "/clock", {"advance": seconds})


@pytest.fixture
def send(sandbox):
    """send(to, more) → one message m-1 to this number, without retries."""

    def submit(to=soap.NUMBER, more="", papers=None):
        return soap.send(sandbox, soap.message(to=to, more=soap.NO_RETRIES + more), papers)

    return submit


def at(sandbox, seconds, spelling="+00:00"):
    """This many seconds from now, as a request says it."""
    time = sandbox.exchange.now() + datetime.timedelta(seconds=seconds)
    return f"{time:%Y-%m-%dT%H:%M:%S.%f}{spelling}"


def scheduled(sandbox, seconds):
    return f"<ScheduledStartTime>{at(sandbox, seconds)}</ScheduledStartTime>"


def limited(sandbox, seconds):
    return f"<MustBeSentBeforeDate>{at(sandbox, seconds)}</MustBeSentBeforeDate>"


# Steering


@pytest.fixture
def steer(sandbox):
    """steer(operation) → the status that the answer tells of message m-1."""

    def ask(operation):
        answer = soap.call(sandbox, operation, ONE)
        assert [child.tag for child in answer] == ["FaxMessages"]
        return answer.find("FaxMessages/FaxMessage").get("status")

    return ask


def test_a_message_waits_while_paused_and_goes_on_when_resumed(sandbox, send, steer, hold, faxes):
    send()
    hold(0.06)
    assert steer("PauseFax") == "pausing"
    hold(0.03)
    assert soap.word(sandbox) == "paused"
    hold(3600)
    assert (soap.word(sandbox), faxes()[0]["state"]) == ("paused", "queued")
    assert steer("ResumeFax") == "starting"
    hold(0.1)
    assert soap.word(sandbox) == "sending"
    hold(0.1)
    assert (soap.word(sandbox), soap.rows(sandbox)[0]["result"]) == ("done", "success")


def test_a_stopped_message_ends_as_cancelled(sandbox, send, steer, hold, faxes):
    send()
    hold(0.06)
    assert steer("StopFax") == "stopping"
    assert "result" not in soap.rows(sandbox)[0]
    hold(0.03)
    assert soap.word(sandbox) == "finalizing"
    hold(0.02)
    (row,) = soap.rows(sandbox)
    assert (soap.word(sandbox), row["result"], row["error"]) == ("done", "failed", "FAX_CANCELLED")
    assert faxes()[0]["cause"] == "cancelled"


def test_a_paused_message_can_be_stopped(sandbox, send, steer, hold):
    send()
    hold(0.06)
    steer("PauseFax")
    hold(1)
    assert steer("StopFax") == "stopping"
    hold(1)
    assert soap.rows(sandbox)[0]["error"] == "FAX_CANCELLED"


@pytest.mark.parametrize("operation", ["StopFax", "PauseFax", "ResumeFax"])
def test_what_cannot_be_steered_stays_as_it_is(send, steer, hold, faxes, operation):
    send()
    assert steer(operation) == "pending"
    hold(0.03)
    assert steer(operation) == "processing"
    hold(0.08)
    assert (steer(operation), faxes()[0]["state"]) == ("sending", "calling")
    hold(1)
    assert (steer(operation), faxes()[0]["state"]) == ("done", "delivered")


@pytest.mark.parametrize("seconds", [0.05, 0.07, 0.095])
@pytest.mark.parametrize(("operation", "word"), [("StopFax", "stopping"), ("PauseFax", "pausing")])
def test_queued_starting_and_just_spooled_messages_can_be_steered(
    send, steer, hold, seconds, operation, word
):
    send()
    hold(seconds)
    assert steer(operation) == word


def test_a_broadcast_is_stopped_as_a_whole_where_it_still_can_be(sandbox, hold):
    done, waiting = soap.message("m-1", more=soap.NO_RETRIES), scheduled(sandbox, 60)
    soap.send(sandbox, done + soap.message("m-2", more=waiting))
    hold(1)
    answer = soap.call(sandbox, "StopFax", "<SendRef>s-1</SendRef>")
    assert [x.get("status") for x in answer.iter("FaxMessage")] == ["done", "stopping"]
    found = soap.status(sandbox, "brief")
    assert dict(found.find("FaxStatusTotals").attrib) == {"done": "1"}


# Times


@pytest.mark.parametrize("spelling", ["+00:00", "+0000", "Z"])
def test_a_scheduled_message_is_queued_until_its_time(sandbox, send, hold, spelling):
    time = at(sandbox, 3600, spelling)
    send(more=f"<ScheduledStartTime>{time}</ScheduledStartTime>")
    assert soap.word(sandbox) == "pending"
    hold(3599)
    assert soap.word(sandbox) == "queued"
    told = datetime.datetime.fromisoformat(soap.rows(sandbox)[0]["scheduledStartTime"])
    wanted = datetime.datetime.fromisoformat(time)
    assert abs(told - wanted) < datetime.timedelta(milliseconds=1)
    hold(1.05)
    assert soap.word(sandbox) == "sending"
    hold(1)
    assert soap.rows(sandbox)[0]["result"] == "success"


def test_a_start_in_the_past_is_now(sandbox, send, hold):
    send(more=scheduled(sandbox, -3600))
    hold(1)
    assert soap.word(sandbox) == "done"


def test_a_scheduled_message_resumed_early_keeps_its_time(sandbox, send, steer, hold):
    send(more=scheduled(sandbox, 60))
    hold(1)
    steer("PauseFax")
    hold(1)
    assert steer("ResumeFax") == "resuming"
    hold(0.03)
    assert soap.word(sandbox) == "queued"
    hold(57)
    assert soap.word(sandbox) == "queued"
    hold(2)
    assert soap.word(sandbox) == "done"


@pytest.mark.parametrize("jump", [31, 86_400])
def test_a_message_that_is_not_sent_in_time_is_cancelled(sandbox, send, hold, faxes, jump):
    send(more=scheduled(sandbox, 60) + limited(sandbox, 30))
    hold(29)
    assert soap.word(sandbox) == "queued"
    hold(jump)
    (row,) = soap.rows(sandbox)
    assert (soap.word(sandbox), row["error"]) == ("done", "FAX_CANCELLED")
    assert faxes()[0]["cause"] == "cancelled"


def test_a_paused_message_is_cancelled_in_time_too(sandbox, send, steer, hold):
    send(more=limited(sandbox, 30))
    hold(0.06)
    steer("PauseFax")
    hold(30)
    assert soap.rows(sandbox)[0]["error"] == "FAX_CANCELLED"


def test_a_message_that_is_too_late_from_the_start_is_cancelled(sandbox, send, hold):
    send(more=limited(sandbox, -1))
    hold(0.1)
    assert soap.rows(sandbox)[0]["error"] == "FAX_CANCELLED"


# Retries


def attempts(sandbox, wait, count):
    wait(lambda: len(soap.rows(sandbox)) == count)


def test_busy_lines_are_tried_again_as_often_as_allowed(sandbox, hold, wait, faxes):
    more = "<Retries>0</Retries><BusyRetries>2</BusyRetries>"
    soap.send(sandbox, soap.message(to="61255559001", more=more))
    for count in (2, 3):
        hold(1)
        attempts(sandbox, wait, count)
        assert soap.word(sandbox) == "queued"
        assert "result" not in soap.rows(sandbox)[-1]
    hold(1)
    rows = soap.rows(sandbox)
    assert [row["attempt"] for row in rows] == ["1", "2", "3"]
    assert {row["error"] for row in rows} == {"FAX_BUSY"}
    assert soap.word(sandbox) == "done"
    assert len(faxes()) == 3
    assert soap.status(sandbox, "brief").find("FaxResultsTotals").get("totalAttempts") == "3"


def test_a_line_that_is_busy_once_is_reached_the_second_time(sandbox, wait):
    soap.send(sandbox, soap.message(to="61255559002", more="<BusyRetries>1</BusyRetries>"))
    wait(lambda: soap.word(sandbox) == "done")
    assert [row["result"] for row in soap.rows(sandbox)] == ["failed", "success"]
    found = soap.status(sandbox, "brief").find("FaxResultsTotals")
    assert (found.get("success"), found.get("failed")) == ("1", None)


@pytest.mark.parametrize(
    ("digits", "more", "count"),
    [
        ("9003", "<Retries>0</Retries><BusyRetries>1</BusyRetries>", 2),
        ("9003", "<Retries>1</Retries><BusyRetries>0</BusyRetries>", 1),
        ("9005", "<Retries>1</Retries><BusyRetries>0</BusyRetries>", 2),
        ("9005", "<Retries>0</Retries><BusyRetries>1</BusyRetries>", 1),
        ("9009", "<Retries>1</Retries><BusyRetries>1</BusyRetries>", 1),
        ("9010", "<Retries>1</Retries><BusyRetries>1</BusyRetries>", 1),
    ],
)
def test_each_failure_draws_on_its_own_retries(sandbox, wait, digits, more, count):
    soap.send(sandbox, soap.message(to=f"6125555{digits}", more=more))
    wait(lambda: soap.word(sandbox) == "done")
    assert len(soap.rows(sandbox)) == count


def test_an_attempt_that_waits_can_be_stopped(sandbox, hold, wait, steer):
    soap.send(sandbox, soap.message(to="61255559001"))
    hold(0.2)
    attempts(sandbox, wait, 2)
    assert steer("StopFax") == "stopping"
    hold(1)
    assert [row["error"] for row in soap.rows(sandbox)] == ["FAX_BUSY", "FAX_CANCELLED"]


def test_retries_end_with_the_time_that_is_given(sandbox, hold, wait):
    soap.send(sandbox, soap.message(to="61255559001", more=limited(sandbox, 0.3)))
    hold(0.2)
    attempts(sandbox, wait, 2)
    hold(0.3)
    assert [row["error"] for row in soap.rows(sandbox)] == ["FAX_BUSY", "FAX_CANCELLED"]
    assert soap.word(sandbox) == "done"
