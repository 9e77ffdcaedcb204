"""InterFAX's web feedback, and the settings it holds for a user."""

import datetime

import pytest

from mailfax import errors
from mailfax.providers import _port
from tests.providers import interfax_rig as rig
from tests.providers import scripted

FORM = (
    b"TransactionIDType=Inbound&TransactionID=9&PhoneNumber=0013035551212&CallerID=%2B13035550199"
    b"&RemoteCSID=THEIRS&Pages=2&ReceiveTime=20%2f11%2f2026+09%3a10%3a00"
)
NAMESPACE = "http://CallBack.Interfax.net/"


def pushed(body):
    request = _port.Push(headers={}, body=body)
    return rig.ask([scripted.drop], lambda made: made.receive(request))[0]


def prove(path, secret="not-guessed"):
    rig.ask([scripted.drop], lambda made: made.prove(path), push=secret)


def soap(inner, namespace=NAMESPACE):
    return rig.envelope(inner.replace(">", f' xmlns="{namespace}">', 1))


@pytest.mark.parametrize(
    "body",
    [b"TransactionIDType=Outbound&TransactionID=7&Status=0&Contact=x",
     soap("<Outbound><TransactionID>7</TransactionID></Outbound>"),
     soap("<Outbound><p><TransactionID>7</TransactionID></p></Outbound>",
          NAMESPACE.replace("http", "https"))],
)  # fmt: skip
def test_a_feedback_on_a_fax_sent_is_a_hint_to_look(body):
    told = pushed(body)
    assert told.references == ("7",)
    assert not told.received
    assert b"OK" in told.reply


@pytest.mark.parametrize(
    "body",
    [FORM,
     soap("<Inbound><MessageID>9</MessageID><PhoneNumber>0013035551212</PhoneNumber><CallerID>"
          "+13035550199</CallerID><RemoteCSID>THEIRS</RemoteCSID><Pages>2</Pages><ReceiveTime>"
          "2026-11-20T09:10:00</ReceiveTime></Inbound>")],
)  # fmt: skip
def test_a_feedback_on_a_fax_received_tells_of_it_without_its_pages(body):
    ((told, document),) = pushed(body).received
    assert document is None
    assert (told.reference, told.did, told.caller) == ("9", "+13035551212", "+13035550199")
    assert (told.tsid, told.pages) == ("THEIRS", 2)
    assert told.received_at == datetime.datetime(2026, 11, 20, 9, 10, tzinfo=datetime.UTC)


def test_a_feedback_by_soap_is_answered_by_soap():
    reply = pushed(soap("<Outbound><TransactionID>7</TransactionID></Outbound>")).reply
    assert b'<OutboundResponse xmlns="http://CallBack.Interfax.net/">' in reply
    assert b"<OutboundResult>OK</OutboundResult>" in reply


@pytest.mark.parametrize(
    "body",
    [b"", b"x", bytes(range(256)), b"TransactionIDType=Other&TransactionID=7", b"{}", b"<", b"<a/>",
     b"TransactionIDType=Outbound", b"TransactionIDType=Outbound&TransactionID=x",
     b"TransactionIDType=Outbound&TransactionID=" + b"9" * 99, b"a=1&" * 999, b"x" * 2_000_000,
     "TransactionIDType=Outbound&TransactionID=٣".encode(),
     b"<!DOCTYPE a>" + soap("<Outbound><TransactionID>7</TransactionID></Outbound>"),
     soap("<Outbound><TransactionID>7</TransactionID></Outbound>", "urn:other"),
     soap("<Other><TransactionID>7</TransactionID></Other>"), soap("<Outbound></Outbound>"),
     soap("<Outbound><TransactionID>7</TransactionID></Outbound>")[:-9],
     b"<a>" * 100_000, rig.envelope("")],
)  # fmt: skip
def test_what_is_no_feedback_is_refused(body):
    with pytest.raises(errors.Permanent):
        pushed(body)


@pytest.mark.parametrize(
    ("path", "secret"),
    [("/push/main/guessed", "not-guessed"), ("/not-guessed/x", "not-guessed"), ("/", ""), ("", ""),
     ("/x?y=/not-guessed", "not-guessed"), ("/push/main/n\xf6t", "not-guessed")],
)  # fmt: skip
def test_a_feedback_that_does_not_know_the_path_is_refused(path, secret):
    prove("/push/main/not-guessed")
    with pytest.raises(errors.Permanent, match="path"):
        prove(path, secret)


def test_the_users_settings_are_there_for_rules():
    tx = "<User_tx><AllowedSenders>*@example.com</AllowedSenders><FeedbackType>3</FeedbackType>"
    rx = "<U_Rx><PhoneNumber>0013035551212</PhoneNumber></U_Rx>"
    email = "<User_RxEmail><EmailAddress>fax@example.com</EmailAddress></User_RxEmail>"
    steps = [
        rig.result("GetUserTxProperties", 0, rig.ADMIN, f"{tx}</User_tx>"),
        rig.result("GetRxServiceProperties", 0, rig.ADMIN, rx),
        rig.result("GetRxEmailProperties", 0, rig.ADMIN, f"<URxE>{email}</URxE>"),
    ]
    rules, _ = rig.ask(steps, lambda made: made.import_rules())
    assert rules["sending"]["allowed_senders"] == "*@example.com"
    assert rules["sending"]["feedback_type"] == 3
    assert rules["receiving"]["phone_number"] == "0013035551212"
    assert rules["forwarding"][0]["email_address"] == "fax@example.com"


def test_a_user_without_a_service_has_no_settings_of_it():
    steps = [
        rig.result("GetUserTxProperties", -2030, rig.ADMIN),
        rig.result("GetRxServiceProperties", -2036, rig.ADMIN),
    ]
    assert rig.ask(steps, lambda made: made.import_rules())[0] == {}
