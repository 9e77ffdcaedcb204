"""InterFAX's box of received faxes."""

import base64
import datetime

import pytest

from mailfax import errors
from mailfax.model import InboundFax
from mailfax.providers import _port
from mailfax.providers.interfax import _account, _receiving
from tests.providers import contract, scripted
from tests.providers import interfax_rig as rig

PDF = b"%PDF-1.4" + bytes(100)
BOTH = pytest.mark.parametrize("transport", ["soap", "rest"])


def message(number=9, **more):
    values = {
        "MessageID": number, "PhoneNumber": "0013035551212", "RemoteCSID": "THEIR  FAX",
        "MessageStatus": 0, "Pages": 2, "MessageSize": 1000, "MessageType": 1,
        "ReceiveTime": "2026-11-20T02:10:00", "CallerID": "+1 (303) 555-0199",
    }  # fmt: skip
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in (values | more).items())
    return f"<MessageItem2>{inner}</MessageItem2>"


def listed(*messages, total=None, code=0):
    count = len(messages) if total is None else total
    return rig.result(
        "GetList2",
        f"<MessageItems>{''.join(messages)}</MessageItems><ResultCode>{code}</ResultCode>"
        f"<TotalTransactionsNum>{count}</TotalTransactionsNum>",
        rig.INBOUND,
    )


def inbox(*steps, since=None, **more):
    return rig.ask(steps, lambda made: made.inbox(since), **more)


def test_received_faxes_are_told_oldest_first():
    faxes, requests = inbox(listed(message(12, CallerID=""), message(9)), zone="America/Denver")
    assert [fax.reference for fax in faxes] == ["9", "12"]
    told = faxes[0]
    assert (told.did, told.caller, told.tsid, told.pages) == (
        "+13035551212", "+13035550199", "THEIR FAX", 2,
    )  # fmt: skip
    assert told.received_at == datetime.datetime(2026, 11, 20, 9, 10, tzinfo=datetime.UTC)
    assert faxes[1].caller == ""
    assert rig.fields(requests[0])["QueryForm.OnlyNewMessages"] == "false"


def test_a_look_with_a_hint_is_for_the_unread_alone():
    _, requests = inbox(listed(), since="9")
    assert rig.fields(requests[0])["QueryForm.OnlyNewMessages"] == "true"
    _, requests = inbox(rig.json("[]"), since="9", transport="rest")
    assert rig.query(requests[0])["unreadOnly"] == "true"


def test_a_long_box_is_read_page_by_page():
    first = [message(number) for number in range(100)]
    faxes, requests = inbox(listed(*first, total=101), listed(message(100), total=101))
    records = [rig.fields(one)["QueryControl.FromRecordNumber"] for one in requests]
    assert len(faxes) == 101
    assert records == ["0", "100"]


def test_a_long_box_is_read_downwards_by_rest():
    steps = [
        rig.json('[{"messageId": 12}, {"messageId": 9}]'),
        rig.json('[{"messageId": 4}]'),
        rig.json("[]"),
    ]
    faxes, requests = inbox(*steps, transport="rest")
    assert [fax.reference for fax in faxes] == ["4", "9", "12"]
    assert [rig.query(one).get("lastId") for one in requests] == [None, "9", "4"]


@pytest.mark.parametrize(
    ("step", "transport"),
    [(listed(message(9), total=10**6), "soap"), (rig.json('[{"messageId": 9}]'), "rest")],
)
def test_a_box_without_end_comes_to_an_end_and_lists_a_fax_once(step, transport):
    faxes, requests = inbox(step, transport=transport)
    assert [fax.reference for fax in faxes] == ["9"]
    assert len(requests) <= 200


@BOTH
def test_an_empty_box_is_empty(transport):
    step = listed() if transport == "soap" else rig.json("[]")
    assert inbox(step, transport=transport)[0] == []


def test_the_same_is_told_by_rest_in_gmt():
    body = rig.json(
        '[{"messageId": 9, "phoneNumber": "+13035551212", "callerId": "0013035550199", "pages": 2,'
        ' "remoteCSID": "THEIRS", "receiveTime": "2026-11-20T09:10:00", "imageStatus": "UNREAD"}]'
    )
    ((told,), _) = inbox(body, rig.json("[]"), transport="rest", zone="America/Denver")
    assert (told.did, told.caller, told.pages, told.tsid) == (
        "+13035551212", "+13035550199", 2, "THEIRS",
    )  # fmt: skip
    assert told.received_at == datetime.datetime(2026, 11, 20, 9, 10, tzinfo=datetime.UTC)


def test_a_fax_with_an_unreadable_date_or_number_is_not_lost():
    odd = message(ReceiveTime="soon", CallerID="Anonymous  Caller", PhoneNumber="0123", Pages="?")
    ((told,), _) = inbox(listed(odd))
    assert told.received_at == _account.UNKNOWN_TIME
    assert (told.caller, told.did, told.pages) == ("Anonymous Caller", "0123", None)


def test_a_message_without_id_makes_the_list_unread():
    with pytest.raises(errors.Temporary):
        inbox(listed(message(), message("nine")))


# The document


def chunk(data=b"", code=0):
    image = f"<Image>{base64.b64encode(data).decode()}</Image>"
    return rig.result("GetImageChunk", code, rig.INBOUND, image)


END = rig.result("GetImageChunk", -3002, rig.INBOUND)


def fetch(*steps, **more):
    return rig.ask(steps, lambda made: made.fetch(contract.inbound("7")), **more)


@pytest.mark.parametrize(
    ("data", "kind"),
    [(contract.TIFF, "tiff"), (b"MM\x00*" + bytes(99), "tiff"), (PDF, "pdf")],
)
def test_the_first_octets_tell_what_a_fax_is(data, kind):
    fetched, requests = fetch(chunk(data), END)
    assert (fetched.kind, fetched.data) == (kind, data)
    form = rig.fields(requests[0])
    assert (form["MessageID"], form["MarkAsRead"], form["From"]) == ("7", "false", "0")
    fetched, requests = fetch(scripted.http(body=data), transport="rest")
    assert (fetched.kind, fetched.data) == (kind, data)
    assert requests[0].path == "/inbound/faxes/7/image"


def test_a_large_fax_is_read_until_the_service_says_that_it_ends():
    data = contract.TIFF + bytes(500_000)
    parts = [data[start : start + 200_000] for start in range(0, len(data), 200_000)]
    fetched, requests = fetch(*map(chunk, parts), END)
    assert fetched.data == data
    starts = [rig.fields(one)["From"] for one in requests]
    assert starts == ["0", "200000", "400000", str(len(data))]


def test_short_chunks_end_nothing():
    data = contract.TIFF + bytes(range(200))
    fetched, _ = fetch(chunk(data[:10]), chunk(data[10:50]), chunk(data[50:]), chunk())
    assert fetched.data == data


@pytest.mark.parametrize("step", [scripted.drop_after_request, rig.http(b"<html/>", 502)])
def test_a_fax_that_breaks_off_is_not_handed_on(step):
    with pytest.raises(errors.Temporary):
        fetch(chunk(contract.TIFF + bytes(_receiving.CHUNK)), step)


def test_a_fax_without_end_is_given_up():
    with pytest.raises(errors.Temporary):
        fetch(chunk(contract.TIFF))


@pytest.mark.parametrize(
    "data", [b"", b"II*\x00", b"%PDF-1.4", b"<html>" + bytes(200), b"\x89PNG" + bytes(200)]
)
def test_a_fax_that_is_short_or_of_another_kind_is_asked_for_again_later(data):
    with pytest.raises(errors.Temporary):
        fetch(chunk(data), END)
    with pytest.raises(errors.Temporary):
        fetch(scripted.http(body=data), transport="rest")


def test_a_document_that_is_no_base64_is_asked_for_again_later():
    with pytest.raises(errors.Temporary):
        fetch(rig.result("GetImageChunk", 0, rig.INBOUND, "<Image>SUkqAA*gAAAA</Image>"), END)


def test_a_document_whose_end_nobody_proves_is_asked_for_again_later():
    with pytest.raises(errors.Temporary):
        fetch(scripted.http(body=contract.TIFF, length=False), transport="rest")


@pytest.mark.parametrize(
    ("step", "transport"),
    [(rig.result("GetImageChunk", -3001, rig.INBOUND), "soap"),
     (rig.result("GetImageChunk", -3003, rig.INBOUND), "soap"), (rig.json("", 404), "rest")],
)  # fmt: skip
def test_a_fax_that_is_gone_is_permanent(step, transport):
    with pytest.raises(errors.Permanent):
        fetch(step, transport=transport)


@BOTH
def test_what_was_never_listed_is_gone_without_a_request(transport):
    strange = InboundFax(account="", reference="../9", did="", caller="", received_at=contract.NOW)
    with scripted.Server(scripted.drop) as server:
        with rig.account(server.url, transport=transport) as made, pytest.raises(errors.Permanent):
            made.fetch(strange)
        assert not server.requests


# Once it is safe


@pytest.mark.parametrize("how", [_port.How.DELETE, _port.How.MARK])
def test_a_fax_safe_with_us_is_marked_and_one_already_gone_is_no_error(how):
    use = lambda made: made.acknowledge(contract.inbound("7"), how)  # noqa: E731
    _, requests = rig.ask([rig.result("MarkMessage", 0, rig.INBOUND)], use)
    form = rig.fields(requests[0])
    assert (form["MessageID"], form["MarkAsRead"]) == ("7", "true")
    rig.ask([rig.result("MarkMessage", -3001, rig.INBOUND)], use)
    _, requests = rig.ask([rig.json("")], use, transport="rest")
    assert (requests[0].method, requests[0].path) == ("POST", "/inbound/faxes/7/mark?unread=false")
    rig.ask([rig.json("", 404)], use, transport="rest")


@BOTH
def test_a_fax_to_be_left_needs_no_request(transport):
    use = lambda made: made.acknowledge(contract.inbound(), _port.How.LEAVE)  # noqa: E731
    _, requests = rig.ask([scripted.drop], use, transport=transport)
    assert not requests
