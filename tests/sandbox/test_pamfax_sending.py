"""A fax in the PamFax twin, from Send to its end (facts file, sections 4 to 6)."""

import concurrent.futures
import datetime
import re

import pytest

from tests.sandbox.pamfax_stranger import Stranger

BERLIN = "+493023125777"


@pytest.fixture
def pamfax(sandbox):
    return Stranger(sandbox.urls["pamfax"])


@pytest.fixture
def hold(control):
    control("POST", "/clock", {"hold": True})
    return lambda seconds: control("POST", "/clock", {"advance": seconds})


@pytest.fixture
def send(pamfax, hold, tiff):
    """send(*numbers, pages) → uuids of the recipients of a fax that was sent."""

    def submit(*numbers, pages=1, **when):
        uuids = pamfax.build(tiff(pages), *numbers)
        hold(0.05)
        assert pamfax("FaxJob/Send", **when) == {}
        return uuids

    return submit


@pytest.fixture
def details(pamfax):
    """details(uuid) → what GetFaxDetails tells, its kind within."""

    def ask(uuid):
        ((kind, fields),) = pamfax("FaxHistory/GetFaxDetails", uuid=uuid).items()
        return {"kind": kind, **fields}

    return ask


@pytest.fixture
def container(pamfax):
    return lambda: pamfax("FaxJob/GetFaxState")["FaxContainer"]


@pytest.fixture
def credit(pamfax):
    return lambda: pamfax("Session/ReloadUser")["User"]["credit"]


# What becomes of it


@pytest.mark.parametrize(
    ("ending", "state", "message", "sent"),
    [
        ("0123", "success", "Success", "3"),
        ("9001", "failure", "Busy", "0"),
        ("9002", "failure", "Busy", "0"),
        ("9003", "failure", "No answer", "0"),
        ("9004", "failure", "No fax machine answered", "0"),
        ("9005", "failure", "Connection lost during transmission", "2"),
        ("9006", "failure", "Number not assigned", "0"),
        ("9007", "failure", "Call rejected", "0"),
    ],
)
def test_the_end_of_a_fax_is_told_by_its_history(send, hold, details, ending, state, message, sent):
    (uuid,) = send(f"+49302312{ending}", pages=3)
    hold(1)
    fax = details(uuid)
    assert (fax["kind"], fax["uuid"]) == ("FaxHistoryModel", uuid)
    assert (fax["state"], fax["status_message"]) == (state, message)
    assert (fax["pages"], fax["pages_sent"]) == ("3", sent)
    assert (fax["status_code"] == 0) == (state == "success")


def test_busy_the_first_time_is_delivered_the_second(send, hold, details):
    send("+493023129002")
    (again,) = send("+493023129002")
    hold(1)
    assert details(again)["state"] == "success"


def test_a_fax_that_never_ends_stays_in_the_outbox(pamfax, send, hold, details):
    (uuid,) = send("+493023129008")
    hold(86_400)
    pamfax.token = Stranger(pamfax.base).token
    assert (details(uuid)["kind"], details(uuid)["state"]) == ("FaxRecipient", "sending")
    assert [x["uuid"] for x in pamfax.listed("FaxHistory/ListOutboxFaxes", "OutboxFaxes")] == [uuid]


def test_a_number_without_credit_is_told_before_sending(pamfax, hold, tiff, container, faxes):
    pamfax.build(tiff(), "+493023129009")
    hold(0.05)
    assert container()["state"] == "not_enough_credit"
    reply = pamfax.answer("FaxJob/Send")["result"]
    assert reply["code"] == "not_enough_credit"
    assert '<a href="https://www.pamfax.biz/shop">' in reply["message"]
    assert faxes() == []


def test_a_document_that_cannot_be_converted_is_told_before_sending(pamfax, hold, tiff, faxes):
    pamfax.build(tiff(), "+493023129010")
    hold(0.05)
    assert pamfax.refused("FaxJob/GetFaxState") == "conversion_compilefax"
    assert pamfax.refused("FaxJob/Send") == "conversion_compilefax"
    assert faxes() == []


def test_a_fax_passes_through_its_states(pamfax, hold, tiff, details):
    (uuid,) = pamfax.build(tiff())
    assert (details(uuid)["kind"], details(uuid)["state"]) == ("FaxRecipient", "unknown")
    hold(0.05)
    pamfax("FaxJob/Send")
    assert (details(uuid)["kind"], details(uuid)["state"]) == ("FaxRecipient", "queued")
    hold(0.1)
    assert (details(uuid)["kind"], details(uuid)["state"]) == ("FaxRecipient", "sending")
    assert details(uuid)["delivery_started"]
    hold(0.2)
    assert (details(uuid)["kind"], details(uuid)["state"]) == ("FaxHistoryModel", "success")


def test_the_history_has_the_recorded_fields(send, hold, details):
    (uuid,) = send("+61295655710")
    hold(1)
    fax = details(uuid)
    for name in ("uuid", "outfile_uuid", "sent", "created", "visible_until"):
        assert fax.pop(name)
    assert fax == {
        "kind": "FaxHistoryModel", "state": "success", "status_code": 0,
        "status_message": "Success", "number": "+61295655710",
        "formatted_number": "+61 2 95655710", "country": "AU", "country_prefix": "61",
        "area_code": "2", "zone": "1", "number_type": "FIXED", "description": "Australia",
        "name": "", "sender_fax": None, "sender_name": None, "pages": "1", "pages_sent": "1",
        "price": 0.09, "cost": 0.09, "refunded": 0, "price_source": "PNR", "cover_text": None,
        "cover_data": None, "cancelled": None, "deleted": None, "removed_from_trash": None,
        "published": None, "files_present": "1", "fax_provider_id": 1, "transmission_report": "",
    }  # fmt: skip


def test_words_for_people_come_in_their_language(sandbox, send, hold):
    (uuid,) = send()
    hold(1)
    for headers in ({"Accept-Language": "de-DE,de;q=0.9"}, {"Force-Language": "de-DE"}):
        german = Stranger(sandbox.urls["pamfax"], headers=headers)
        told = german("FaxHistory/GetFaxDetails", uuid=uuid)["FaxHistoryModel"]
        assert told["status_message"] == "Erfolgreich"
        assert german("Common/GetCurrentSettings")["Settings"]["culture"] == "de-DE"
    german("Common/SetCulture", language="EN")
    told = german("FaxHistory/GetFaxDetails", uuid=uuid)["FaxHistoryModel"]
    assert told["status_message"] == "Success"


def test_a_fax_to_many_is_one_fax_for_each(send, hold, details, faxes):
    uuids = send(BERLIN, "+493023129001", "+14155550199", pages=2)
    hold(1)
    assert [details(uuid)["state"] for uuid in uuids] == ["success", "failure", "success"]
    assert [fax["reference"] for fax in faxes()] == uuids


def test_forty_sessions_at_once_send_forty_faxes(sandbox, tiff, faxes, wait):
    def submit(number):
        mine = Stranger(sandbox.urls["pamfax"])
        (uuid,) = mine.build(tiff(), f"+4930231250{number:02}")
        wait(lambda: mine("FaxJob/GetFaxState")["FaxContainer"]["state"] == "ready_to_send")
        mine("FaxJob/Send")
        return f"+4930231250{number:02}", uuid

    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        sent = list(pool.map(submit, range(40)))
    assert sorted((fax["number"], fax["reference"]) for fax in faxes()) == sorted(sent)


def test_one_session_used_twice_at_once_sends_its_fax_once(pamfax, tiff, hold, faxes):
    pamfax.build(tiff())
    hold(0.05)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: pamfax.answer("FaxJob/Send"), range(8)))
    assert sorted(reply["result"]["code"] for reply in replies) == ["no_fax"] * 7 + ["success"]
    assert len(faxes()) == 1


# Credit


def test_the_price_is_taken_at_once_and_given_back_for_what_did_not_arrive(
    send, hold, wait, credit, details
):
    (good,) = send(BERLIN, pages=2)
    assert credit() == pytest.approx(10_000 - 0.18)
    (half,) = send("+493023129005", pages=3)
    assert credit() == pytest.approx(10_000 - 0.18 - 0.27)
    hold(1)
    wait(lambda: credit() == pytest.approx(10_000 - 0.18 - 0.18))
    fax = details(half)
    assert (fax["price"], fax["cost"], fax["refunded"]) == (0.27, 0.18, 0.09)
    assert details(good)["refunded"] == 0


def test_without_credit_a_fax_waits_until_there_is_some(pamfax, hold, tiff, container, credit):
    pamfax("Shopping/AddCreditToSandboxUser", amount=-9999.95)
    (uuid,) = pamfax.build(tiff())
    hold(0.05)
    assert container()["state"] == "not_enough_credit"
    assert pamfax.refused("FaxJob/Send") == "not_enough_credit"
    pamfax("FaxJob/SendLater")
    assert [x["uuid"] for x in pamfax.listed("FaxHistory/ListUnpaidFaxes", "UnpaidFaxes")] == [uuid]
    told = pamfax("FaxJob/SendUnpaidFaxes", uuids=[uuid])
    assert told["SentFaxes"] == {"type": "list"}
    assert [fax["state"] for fax in told["UnpaidFaxes"]["content"]] == ["unpaid"]
    pamfax("Shopping/RedeemCreditVoucher", vouchercode="PCPC0815")
    assert pamfax.listed("FaxHistory/ListUnpaidFaxes", "UnpaidFaxes") == []
    assert credit() == pytest.approx(0.05 + 10 - 0.09)


def test_after_two_hours_an_unpaid_fax_goes_only_when_told(sandbox, pamfax, hold, tiff, faxes):
    pamfax("Shopping/AddCreditToSandboxUser", amount=-10_000)
    (uuid,) = pamfax.build(tiff())
    hold(0.05)
    pamfax("FaxJob/SendLater")
    hold(2 * 3600 + 1)
    pamfax.token = Stranger(sandbox.urls["pamfax"]).token
    pamfax("Shopping/AddCreditToSandboxUser", amount=1)
    assert faxes() == []
    told = pamfax("FaxJob/SendUnpaidFaxes", uuids=[uuid])
    assert [fax["uuid"] for fax in told["SentFaxes"]["content"]] == [uuid]
    assert [fax["reference"] for fax in faxes()] == [uuid]


# At a time


def test_a_fax_with_a_time_goes_out_after_it(pamfax, send, hold, details, faxes, control):
    now = datetime.datetime.fromisoformat(control("POST", "/clock", {"hold": True})[1]["now"])
    time = (now + datetime.timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S")
    (uuid,) = send(datetime=time, send_at="0", send_at_timezone="0")
    assert details(uuid)["state"] == "delayed"
    assert faxes()[0]["state"] == "queued"
    hold(3_600)
    pamfax.token = Stranger(pamfax.base).token
    assert details(uuid)["state"] == "queued"
    hold(1)
    assert details(uuid)["state"] == "success"


@pytest.mark.parametrize(
    "time", ["2001-01-01 00:00:00", "2999-01-01 00:00:00", "tomorrow", "2026-02-30 00:00:00"]
)
def test_a_time_must_be_one_within_two_weeks(pamfax, tiff, hold, time):
    pamfax.build(tiff())
    hold(0.05)
    assert pamfax.refused("FaxJob/Send", datetime=time) == "invalid_datetime"
    assert pamfax.refused("FaxJob/Send", send_at=time) == "invalid_datetime"
    assert (
        pamfax.refused("FaxJob/Send", datetime=time, send_at_timezone="X/Y") == "invalid_timezone"
    )


def test_a_delayed_fax_can_be_changed_sent_and_taken_back(pamfax, send, hold, details, credit):
    later = {"datetime": "2099-01-01 00:00:00"}
    first, second, third = (send(**_soon(pamfax))[0] for _ in range(3))
    assert pamfax.refused("FaxJob/EditDelayedFax", fax_uuid=first, **later) == "invalid_datetime"
    assert pamfax.refused("FaxJob/EditDelayedFax", fax_uuid=first) == "invalid_datetime"
    pamfax("FaxJob/EditDelayedFax", fax_uuid=first, **_soon(pamfax))
    pamfax("FaxJob/SendDelayedFaxNow", uuid=second)
    assert pamfax.refused("FaxJob/SendDelayedFaxNow", uuid=second) == "fax_not_found"
    pamfax("FaxJob/Cancel", uuid=third)
    hold(1)
    assert [details(x)["state"] for x in (first, second, third)] == [
        "delayed",
        "success",
        "cancelled",
    ]


def _soon(pamfax):
    """An hour or two from now, as en-US people write it, in a zone an hour behind UTC."""
    created = pamfax("FaxJob/Create")["FaxContainer"]["created"]
    year, month, day, hour = re.split("[- :]", created)[:4]
    pamfax("FaxJob/RemoveAllFiles")
    return {"send_at": f"{month}/{day}/{year} {hour}:59", "send_at_timezone": "Etc/GMT+1"}


# Taking back


def test_a_fax_is_cancelled_while_it_is_queued(pamfax, send, details, wait, credit, faxes):
    one, other = send(BERLIN, "+14155550199")
    pamfax("FaxJob/Cancel", uuid=one)
    assert (details(one)["kind"], details(one)["state"]) == ("FaxHistoryModel", "cancelled")
    assert details(one)["cancelled"]
    assert details(other)["state"] == "queued"
    wait(lambda: credit() == pytest.approx(10_000 - 0.09))
    pamfax("FaxJob/Cancel", uuid=one, siblings_too=True)
    assert details(other)["state"] == "cancelled"
    assert [fax["cause"] for fax in faxes()] == ["cancelled", "cancelled"]


def test_it_is_too_late_once_a_fax_is_dialled(pamfax, send, hold):
    (uuid,) = send("+493023129008")
    hold(0.1)
    assert pamfax.refused("FaxJob/Cancel", uuid=uuid) == "unable_to_cancel"
    (done,) = send()
    hold(1)
    assert pamfax.refused("FaxJob/Cancel", uuid=done) == "fax_not_found"
    assert pamfax.refused("FaxJob/Cancel", uuid="x") == "fax_not_found"


def test_an_unpaid_fax_can_be_taken_back(pamfax, hold, tiff, details, faxes):
    (uuid,) = pamfax.build(tiff(), "+493023129009")
    hold(0.05)
    pamfax("FaxJob/SendLater")
    assert details(uuid)["state"] == "unpaid"
    pamfax("FaxJob/Cancel", uuid=uuid)
    assert (details(uuid)["kind"], details(uuid)["state"]) == ("FaxHistoryModel", "cancelled")
    assert faxes() == []


# In one call, and in numbers


def test_quick_send_needs_no_session(sandbox, hold, tiff, faxes):
    nobody = Stranger(sandbox.urls["pamfax"], username="")
    login = {"username": "demo", "password": "demo", "user_ip": "0", "origin": "x"}
    to = {"rec_number": ["x", BERLIN], "rec_name": ["nobody", "Ann"]}
    nobody("FaxJob/QuickSend", file=("a.tif", tiff(2)), **login, **to)
    nobody(
        "FaxJob/QuickSend", cover_id=1, cover_text="Hi", **login, rec_number=BERLIN, rec_name="A"
    )
    assert [(fax["number"], fax["pages"]) for fax in faxes()] == [(BERLIN, 2), (BERLIN, 1)]
    assert nobody.refused("FaxJob/QuickSend", **login, **to) == "no_files_in_fax"
    wrong = {**login, "password": "x"}
    assert nobody.refused("FaxJob/QuickSend", **wrong, **to) == "user_not_found"


def test_faxes_in_progress_are_counted(pamfax, send, hold, tiff):
    (uuid,) = send("+493023129008")
    pamfax.build(tiff(), "+493023129009")
    hold(0.1)
    pamfax("FaxJob/SendLater")
    told = pamfax("FaxJob/FaxesInProgress")
    assert told["Count"] == {"in_progress": 1, "unpaid": 1}
    assert [x["state_string"] for x in told["Faxes"]["content"]] == ["Sending", "Unpaid"]
    assert told["Faxes"]["content"][0]["recipient_uuid"] == uuid
