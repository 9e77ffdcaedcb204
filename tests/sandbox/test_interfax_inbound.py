"""The InterFAX twin receives as inbound.asmx does, and tells what happened by itself."""

import base64
import datetime
import email
import email.policy
import http.server
import re
import threading
import urllib.parse

import pytest
from lxml import etree

from tests.sandbox import interfax_line
from tests.sandbox.interfax_line import LOGIN


@pytest.fixture
def line(sandbox):
    made = interfax_line.Line(sandbox)
    yield made
    made.close()


@pytest.fixture
def hold(control):
    control("POST", "/clock", {"hold": True})
    return lambda seconds: control("POST", "/clock", {"advance": seconds})


@pytest.fixture
def ring(control):
    """ring(data, **query) → id of the received fax."""

    def call(data, **query):
        text = urllib.parse.urlencode({"provider": "interfax", **query})
        status, reply = control("POST", f"/inbound?{text}", data)
        assert status == 201, reply
        return reply["id"]

    return call


@pytest.fixture
def ann(line):
    """A second user with a number of the own."""
    assert line.admin("OpenUser", NewUser={"Username": "demo.ann", "Password": "secret1"}) == 0
    assert line.admin("AddRxService", Username="demo.ann", CountryISOCode="US", Prefix="415") == 0
    return {"Username": "demo.ann", "Password": "secret1"}


@pytest.fixture
def listed(line):
    """listed(which, **login) → ids by GetList."""

    def ask(which="AllMessages", most=100, **login):
        given = {**LOGIN, **login}
        reply = line.soap("inbound", "GetList", **given, LType=which, MaxItems=most)
        assert reply["GetListResult"] == "0"
        items = reply["objMessageItem"] or []
        items = [items["MessageItem"]] if isinstance(items, dict) else items
        return [int(item["MessageID"]) for item in items]

    return ask


@pytest.fixture
def chunk(line):
    """chunk(id, start, size, mark) → (result, bytes)."""

    def ask(key, start=0, size=100_000, mark="false"):
        given = {"MessageID": key, "MarkAsRead": mark, "ChunkSize": size, "From": start}
        reply = line.inbound("GetImageChunk", **given)
        image = base64.b64decode(reply["Image"]) if "Image" in reply else None
        return int(reply["GetImageChunkResult"]), image

    return ask


# Lists


def test_a_message_has_its_fields_in_order(line, ring, tiff):
    page = tiff(2)
    key = ring(page, caller="+12025550199", tsid="ACME INC")
    reply = line.inbound("GetList", LType="AllMessages", MaxItems=1, MarkAsRead="true")
    item = reply["objMessageItem"]["MessageItem"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", item.pop("ReceiveTime"))
    assert list(item.items()) == [
        ("MessageID", str(key)),
        ("PhoneNumber", "0012125550100"),
        ("RemoteCSID", "ACME INC"),
        ("MessageStatus", "0"),
        ("Pages", "2"),
        ("MessageSize", str(len(page))),
        ("MessageType", "1"),
        ("CallerID", "0012025550199"),
        ("MessageRecordingDuration", "1"),
    ]


def test_get_list_is_newest_first_and_bounded(ring, tiff, listed):
    keys = [ring(tiff()) for _ in range(3)]
    assert listed() == keys[::-1]
    assert listed(most=2) == keys[:0:-1]
    assert listed(most=5000) == keys[::-1]


@pytest.mark.parametrize("most", [0, -1])
def test_max_items_is_at_least_1(line, most):
    reply = line.inbound("GetList", LType="AllMessages", MaxItems=most)
    assert reply == {"GetListResult": "-3006"}


def test_a_wrong_list_type_is_a_fault_and_a_wrong_login_a_code(line):
    body = interfax_line.envelope("inbound", "GetList", {**LOGIN, "LType": "Some"})
    assert line.post("inbound", "GetList", body).status_code == 500
    reply = line.soap("inbound", "GetList", Username="demo", MaxItems=1)
    assert reply == {"GetListResult": "-1003"}


def test_a_user_s_own_faxes_and_the_account_s(line, ring, tiff, ann, listed):
    mine = ring(tiff())
    hers = ring(tiff(), did="+14155550110")
    assert listed() == [mine]
    assert listed(**ann) == [hers]
    assert listed("AccountAllMessages") == [hers, mine]
    assert listed("AccountNewMessages") == [hers, mine]
    reply = line.soap("inbound", "GetList", **ann, LType="AccountAllMessages", MaxItems=1)
    assert reply == {"GetListResult": "-3007"}


def test_get_list_2_by_each_condition(line, ring, tiff, ann, hold, sandbox):
    first = ring(tiff())
    hold(3600)
    second = ring(tiff(), did="+14155550110")
    line.inbound("MarkMessage", MessageID=first, MarkAsRead="true")

    def found(form, login=LOGIN, **control):
        reply = line.soap("inbound", "GetList2", **login, QueryForm=form, QueryControl=control)
        result = reply["GetList2Result"]
        assert result["ResultCode"] == "0"
        items = result["MessageItems"] or []
        items = [items["MessageItem2"]] if isinstance(items, dict) else items
        assert len(items) <= int(result["TotalTransactionsNum"])
        return [int(item["MessageID"]) for item in items]

    now = sandbox.exchange.now()
    before = (now - datetime.timedelta(minutes=30)).strftime("%Y-%m-%d %H:%M:%S")
    after = (now + datetime.timedelta(minutes=30)).strftime("%Y-%m-%d %H:%M:%S")
    exactly = now.strftime("%Y-%m-%d %H:%M:%S")
    assert found({}) == [second, first]
    assert found({"TransactionID": first}) == [first]
    assert found({"UserID": "demo.ann"}) == [second]
    assert found({"OnlyNewMessages": "true"}) == [second]
    for verb, data, wanted in [
        (">", before, [second]), (">=", exactly, [second]), ("<", exactly, [first]),
        ("<=", exactly, [second, first]), ("=", exactly, [second]),
        ("BETWEEN", f"{before},{after}", [second]), (">", "2001-01-01", [second, first]),
    ]:  # fmt: skip
        assert found({"RecieveTime": {"Verb": verb, "VerbData": data}}) == wanted
    assert found({}, MaxChunkSize=1) == [second]
    assert found({}, MaxChunkSize=1, FromRecordNumber=1) == [first]
    assert found({}, login=ann) == [second]


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"RecieveTime": {"Verb": "LIKE", "VerbData": "2001-01-01"}}, "-1030"),
        ({"RecieveTime": {"Verb": ">", "VerbData": "yesterday"}}, "-1030"),
        ({"RecieveTime": {"Verb": ">", "VerbData": "2001-13-01"}}, "-1030"),
        ({"RecieveTime": {"Verb": "BETWEEN", "VerbData": "2001-01-01"}}, "-1030"),
        ({"UserID": "demo"}, "-310"),
    ],
)
def test_get_list_2_refuses(line, ann, form, code):
    reply = line.soap("inbound", "GetList2", **ann, QueryForm=form)
    assert reply["GetList2Result"] == {"ResultCode": code, "TotalTransactionsNum": "0"}


# Images


@pytest.mark.parametrize("make", ["tiff", "pdf"])
def test_an_image_comes_in_chunks(request, ring, chunk, make):
    data = request.getfixturevalue(make)(3)
    key = ring(data)
    got = b""
    while len(got) < len(data):
        result, piece = chunk(key, len(got), 100)
        assert result == 0
        assert 0 < len(piece) <= 100
        got += piece
    assert got == data


def test_chunks_are_refused_with_their_codes(ring, tiff, chunk):
    page = tiff()
    key = ring(page)
    assert chunk(7) == (-3001, None)
    assert chunk(key, len(page)) == (-3002, None)
    assert chunk(key, -1) == (-3002, None)
    assert chunk(key, 0, 0) == (-3005, None)
    assert chunk(key, 0, 100_000_000) == (-3005, None)


def test_a_fax_is_read_when_the_caller_says_so_or_has_its_last_chunk(ring, tiff, chunk, listed):
    page = tiff()
    key = ring(page)
    chunk(key, 0, 10)
    assert listed("NewMessages") == [key]
    chunk(key, 0, 10, mark="true")
    assert listed("NewMessages") == []
    other = ring(page)
    chunk(other, 10)
    assert listed("NewMessages") == []
    assert listed("AllMessages") == [other, key]


def test_a_message_is_marked_read_and_unread(line, ring, tiff, listed):
    key = ring(tiff())
    for word, new in (("true", []), ("false", [key])):
        reply = line.inbound("MarkMessage", MarkAsRead=word, MessageID=key)
        assert reply == {"MarkMessageResult": "0"}
        assert listed("NewMessages") == new
    assert line.inbound("MarkMessage", MessageID=7) == {"MarkMessageResult": "-3001"}


def test_a_user_may_not_read_another_s_faxes(line, ring, tiff, ann):
    key = ring(tiff())
    reply = line.soap("inbound", "GetImageChunk", **ann, MessageID=key, ChunkSize=9)
    assert reply == {"GetImageChunkResult": "-3001"}
    assert line.soap("inbound", "MarkMessage", **ann, MessageID=key)["MarkMessageResult"] == "-3001"


@pytest.mark.parametrize(
    ("make", "wish", "start"), [("tiff", "PDF", b"%PDF"), ("pdf", "TIF", b"II*\0")]
)
def test_the_image_has_the_format_that_the_user_has_set(
    request, line, ring, chunk, make, wish, start
):
    assert line.own("SetRxServiceProperties", U_Rx={"AttachmentFormat": wish}) == 0
    key = ring(request.getfixturevalue(make)(2))
    reply = line.inbound("GetList", LType="AllMessages", MaxItems=1)
    size = int(reply["objMessageItem"]["MessageItem"]["MessageSize"])
    pieces = [chunk(key, at, 500)[1] for at in range(0, size, 500)]
    assert b"".join(pieces).startswith(start)
    assert sum(map(len, pieces)) == size


def test_an_image_deleted_after_use_is_listed_no_more(line, ring, tiff, chunk, listed):
    assert line.own("SetRxServiceProperties", U_Rx={"DeleteAfterUsage": "DeleteAfterWS"}) == 0
    key = ring(tiff())
    assert chunk(key)[0] == 0
    assert listed() == []
    assert chunk(key) == (-3001, None)


# Mail


def mails(control):
    """What the sink received, parsed."""
    return [
        email.message_from_string(mail["text"], policy=email.policy.default)
        for mail in control("GET", "/mail")[1]
    ]


def test_a_received_fax_is_mailed_to_the_user_s_addresses(line, ring, tiff, control):
    page = tiff()
    for address in ("a@example.com", "b@example.com"):
        assert line.own("AddRxEmailProperties", EmailAddress=address) == 0
    key = ring(page, caller="+12025550199")
    first, second = mails(control)
    assert (first["To"], second["To"]) == ("a@example.com", "b@example.com")
    (attached,) = first.iter_attachments()
    assert attached.get_filename() == f"fax{key}.tif"
    assert attached.get_content() == page


def test_a_fax_deleted_after_mail_goes_once_it_is_mailed(line, ring, tiff, listed, control):
    given = {"DeleteAfterUsage": "DeleteAfterMail", "Emails": "a@example.com"}
    assert line.own("SetRxServiceProperties", U_Rx=given) == 0
    ring(tiff())
    assert listed() == []
    assert len(mails(control)) == 1


@pytest.mark.parametrize(
    ("kind", "ending", "told"),
    [
        (0, "0123", False),
        (1, "0123", True),
        (1, "9001", False),
        (2, "9001", True),
        (2, "0123", False),
        (3, "9001", True),
        (3, "0123", True),
    ],
)
def test_results_are_mailed_as_the_user_wants(line, control, wait, faxes, kind, ending, told):
    tx = {"FeedbackType": kind, "FeedbackFormat": 3, "FeedbackWithTIF": "true"}
    assert line.own("SetUserTxProperties", User_tx=tx) == 0
    line.send(f"+1303555{ending}", ReplyAddress="a@example.com")
    last = line.send("+13035550199")
    wait(lambda: line.status(last) == 0)
    if told:
        wait(lambda: mails(control))
        mail = mails(control)[0]
        text = mail.get_body().get_content()
        assert text.startswith("TransactionID,CSID,PagesSent,Status,OriginalSubject,")
        assert next(mail.iter_attachments()).get_content()[:4] == b"II*\0"
    else:
        assert mails(control) == []


def test_other_formats_are_text(line, control, wait):
    tx = {"FeedbackType": 3, "DefaultReplyAddress": "a@example.com"}
    assert line.own("SetUserTxProperties", User_tx=tx) == 0
    key = line.send("+13035559010", b"no PDF", "PDF")
    (mail,) = wait(lambda: mails(control))
    assert f"TransactionID: {key}\n" in mail.get_body().get_content()


# Web feedback


@pytest.fixture
def hook():
    """An address of this machine that remembers what is posted to it."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            size = int(self.headers["content-length"])
            seen.append((self.path, self.headers, self.rfile.read(size)))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"OK")

        def log_message(self, *_args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    server.seen = seen
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def aim(control, hook, path):
    url = f"http://127.0.0.1:{hook.server_port}{path}"
    assert control("POST", "/callbacks", {"provider": "interfax", "url": url})[0] == 200


def test_a_result_is_posted_as_a_form(line, control, hook, wait):
    aim(control, hook, "/hook")
    key = line.send("+13035559001", Contacts="Bär & Co")
    ((path, headers, body),) = wait(lambda: hook.seen)
    fields = urllib.parse.parse_qsl(body.decode(), keep_blank_values=True)
    assert path == "/hook"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert fields[0] == ("TransactionIDType", "Outbound")
    given = dict(fields)
    assert (given["TransactionID"], given["Status"]) == (str(key), "263")
    assert given["Contact"] == "Bär & Co"
    assert given["DestinationFax"] == "0013035559001"
    assert re.fullmatch(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d", given["CompletionTime"])
    names = [name for name, _ in fields[1:]]
    known = ["CompletionTime", "Contact", "CostPerUnit", "DeleteAfterUsage", "DestinationFax"]
    assert [name for name in names if name in known] == known


def test_a_received_fax_is_posted_without_its_image(ring, tiff, control, hook, wait):
    aim(control, hook, "/hook")
    key = ring(tiff(2), caller="+12025550199")
    ((_, _, body),) = wait(lambda: hook.seen)
    fields = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
    assert fields["TransactionIDType"] == "Inbound"
    assert (fields["MessageID"], fields["Pages"]) == (str(key), "2")
    assert "Image" not in fields


@pytest.mark.parametrize("direction", ["Outbound", "Inbound"])
def test_a_web_service_is_called_by_soap(line, ring, tiff, control, hook, wait, direction):
    aim(control, hook, "/callback.asmx")
    key = line.send() if direction == "Outbound" else ring(tiff())
    ((_, headers, body),) = wait(lambda: hook.seen)
    space = "http://CallBack.Interfax.net/"
    assert headers["Content-Type"] == "text/xml; charset=utf-8"
    assert headers["SOAPAction"] == f'"{space}{direction}"'
    (call,) = etree.fromstring(body)[0]
    assert call.tag == f"{{{space}}}{direction}"
    name = "TransactionID" if direction == "Outbound" else "MessageID"
    assert call.findtext(f"{{{space}}}{name}") == str(key)
    time = "CompletionTime" if direction == "Outbound" else "ReceiveTime"
    assert re.match(r"\d{4}-\d\d-\d\dT", call.findtext(f"{{{space}}}{time}"))


def test_nothing_is_pushed_without_an_address(line, control, wait, hold):
    key = line.send()
    hold(1)
    assert line.status(key) == 0
    assert control("GET", "/callbacks")[1]["pushes"] == []
