"""The InterFAX twin's REST interface (facts file, section 5)."""

import datetime
import json
import re

import httpx
import pytest
import requests
from lxml import etree

from tests.sandbox import interfax_line

OUTBOUND = [
    "id", "uri", "status", "userId", "pagesSent", "completionTime", "remoteCSID", "duration",
    "priority", "units", "costPerUnit", "attemptsMade", "pageSize", "pageOrientation",
    "pageResolution", "rendering", "pageHeader", "submitTime", "subject", "destinationFax",
    "replyEmail", "pagesSubmitted", "senderCSID", "attemptsToPerform", "contact",
]  # fmt: skip
INBOUND = [
    "userId", "messageId", "phoneNumber", "remoteCSID", "messageStatus", "pages", "messageSize",
    "messageType", "receiveTime", "callerId", "recordingDuration", "imageStatus", "numOfEmails",
    "numOfFailedEmails",
]  # fmt: skip


@pytest.fixture
def line(sandbox):
    made = interfax_line.Line(sandbox)
    yield made
    made.close()


@pytest.fixture
def web(line):
    return line.web


@pytest.fixture
def hold(control):
    control("POST", "/clock", {"hold": True})
    return lambda seconds: control("POST", "/clock", {"advance": seconds})


@pytest.fixture
def send(web):
    """send(number, body, type, **query) → id of a fax sent over REST."""

    def submit(number="+13035550123", body=b"hello", kind="text/plain", **query):
        reply = web.post(
            "/outbound/faxes",
            params={"faxNumber": number, **query},
            content=body,
            headers={"Content-Type": kind},
        )
        assert reply.status_code == 201, reply.text
        assert reply.headers["location"].startswith(f"{web.base_url}/outbound/faxes/")
        return int(reply.headers["location"].rpartition("/")[2])

    return submit


@pytest.fixture
def ann(line):
    """A second user's way in."""
    new = {"Username": "demo.ann", "Password": "secret1"}
    assert line.admin("OpenUser", NewUser=new) == 0
    assert line.admin("AddTxService", User_tx={"Username": "demo.ann"}) == 0
    with httpx.Client(base_url=line.url, auth=("demo.ann", "secret1"), trust_env=False) as client:
        yield client


def ids(reply, name="id"):
    assert reply.status_code == 200, reply.text
    return [one[name] for one in reply.json()]


# The manner of all answers


def test_json_has_the_bare_media_type_and_each_answer_its_time(web):
    reply = web.get("/outbound/faxes")
    assert reply.headers["content-type"] == "text/json"
    assert reply.headers["x-elapsed-time"]
    assert reply.json() == []


def test_xml_where_it_is_wanted(web, send):
    key = send()
    reply = web.get("/outbound/faxes", headers={"Accept": "text/xml"})
    assert reply.headers["content-type"] == "text/xml"
    root = etree.fromstring(reply.content)
    assert root.tag == "ArrayOfFax"
    assert root.findtext("Fax/id") == str(key)
    one = web.get(f"/outbound/faxes/{key}", headers={"Accept": "text/xml"})
    assert etree.fromstring(one.content).tag == "Fax"


@pytest.mark.parametrize("login", [None, ("demo", "x"), ("x", "demo"), ("", "")])
def test_a_wrong_login_is_401(line, login):
    with httpx.Client(base_url=line.url, auth=login, trust_env=False) as web:
        reply = web.get("/accounts/self/ppcards/balance")
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"].startswith("Basic")
    assert reply.json()["code"] == -1003


def test_other_schemes_are_no_login(line):
    reply = httpx.get(
        f"{line.url}/outbound/faxes", headers={"Authorization": "Bearer !"}, trust_env=False
    )
    assert reply.status_code == 401


def test_an_error_says_more_in_both_spellings(web):
    reply = web.get("/outbound/faxes/7")
    assert reply.status_code == 404
    assert list(reply.json()) == ["code", "message", "more_info", "moreInfo"]
    assert reply.json()["code"] == -1005
    xml = web.get("/outbound/faxes/7", headers={"Accept": "text/xml"})
    assert etree.fromstring(xml.content).findtext("code") == "-1005"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/outbound/nothing", 404),
        ("GET", "/outbound/faxes/x", 404),
        ("DELETE", "/outbound/faxes", 405),
        ("POST", "/accounts/self/ppcards/balance", 405),
        ("GET", "/outbound/faxes?limit=many", 400),
        ("GET", "/outbound/faxes?sortOrder=up", 400),
        ("GET", "/outbound/search?status=odd", 400),
        ("GET", "/outbound/search?dateFrom=soon", 400),
        ("GET", "/inbound/faxes?unreadOnly=maybe", 400),
    ],
)
def test_a_request_that_cannot_be_followed(web, method, path, status):
    assert web.request(method, path).status_code == status


# Sending


def test_a_fax_has_its_fields_in_order(web, send, hold, tiff):
    key = send(
        "+13035550123", tiff(3), "image/tiff; name=x", contact="Ann", retriesToPerform=2,
        csid="c" * 30, pageHeader="N", reference="r" * 80, replyAddress="a@example.com",
        pageSize="letter", fitToPage="scale", pageOrientation="landscape", resolution="fine",
        rendering="greyscale",
    )  # fmt: skip
    hold(1)
    fax = web.get(f"/outbound/faxes/{key}").json()
    assert list(fax) == OUTBOUND
    for name in ("completionTime", "submitTime"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", fax[name])
    assert fax["uri"] == f"{web.base_url}/outbound/faxes/{key}"
    assert (fax["status"], fax["pagesSent"], fax["pagesSubmitted"]) == (0, 3, 3)
    assert (fax["units"], fax["costPerUnit"]) == (3, 0.1)
    assert (fax["subject"], fax["senderCSID"], fax["contact"]) == ("r" * 60, "c" * 20, "Ann")
    assert (fax["pageSize"], fax["pageOrientation"]) == ("Letter", "Landscape")
    assert (fax["pageResolution"], fax["rendering"]) == ("Fine", "Fine")
    assert fax["destinationFax"] == "0013035550123"


def test_a_fax_that_goes_on_is_not_complete(web, send, hold):
    fax = web.get(f"/outbound/faxes/{send()}").json()
    assert (fax["status"], fax["completionTime"]) == (-1, None)


@pytest.mark.parametrize(
    ("query", "kind", "body", "status", "code"),
    [
        ({}, "text/plain", b"x", 400, -112),
        ({"faxNumber": "12"}, "text/plain", b"x", 400, -112),
        ({"faxNumber": "+13035550123"}, "text/plain", b"", 400, -123),
        ({"faxNumber": "+13035550123"}, "application/x-sh", b"x", 415, -123),
        ({"faxNumber": "+13035550123"}, "", b"x", 415, -123),
        (
            {"faxNumber": "+13035550123", "postponeTime": "2199-01-01"},
            "text/plain",
            b"x",
            400,
            -114,
        ),
    ],
)
def test_a_fax_is_refused(web, faxes, query, kind, body, status, code):
    headers = {"Content-Type": kind} if kind else {}
    reply = web.post("/outbound/faxes", params=query, content=body, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert faxes() == []


def test_a_user_without_a_sending_service_is_refused(line, web):
    assert line.admin("RemoveTxService", Username="demo") == 0
    reply = web.post("/outbound/faxes?faxNumber=%2B13035550123", content=b"x")
    assert (reply.status_code, reply.json()["code"]) == (403, -677)


def test_a_fax_can_be_postponed(web, send, hold, sandbox):
    later = sandbox.exchange.now() + datetime.timedelta(hours=1)
    key = send(postponeTime=later.isoformat(timespec="seconds"))
    hold(3000)
    assert web.get(f"/outbound/faxes/{key}").json()["status"] == -2
    hold(602)
    assert web.get(f"/outbound/faxes/{key}").json()["status"] == 0


def test_several_files_come_as_requests_sends_them(web, faxes, tiff, line):
    page = tiff(2) + b"\r\n"
    files = [(None, (None, page, "image/tiff")), (None, (None, b"hello", "text/plain"))]
    with requests.Session() as session:
        session.trust_env = False
        reply = session.post(
            f"{line.url}/outbound/faxes",
            params={"faxNumber": "+13035550123"},
            files=files,
            auth=("demo", "demo"),
            timeout=20,
        )
    assert reply.status_code == 201
    (fax,) = faxes()
    assert fax["pages"] == 3
    assert httpx.get(fax["document"] + "/1", trust_env=False).content == page


def test_a_multipart_body_without_parts_has_no_document(web):
    reply = web.post(
        "/outbound/faxes?faxNumber=%2B13035550123",
        content=b"--b--\r\n",
        headers={"Content-Type": "multipart/mixed; boundary=b"},
    )
    assert (reply.status_code, reply.json()["code"]) == (400, -123)


def test_a_document_by_url_is_fetched_from_this_machine_only(web, control, sandbox, faxes):
    def submit(where):
        return web.post(
            "/outbound/faxes?faxNumber=%2B13035550123", headers={"Content-Location": where}
        )

    assert submit(sandbox.urls["control"] + "/faxes").status_code == 201
    assert submit("http://192.0.2.1/a.pdf").json()["code"] == -123
    assert len(faxes()) == 1


# Documents


@pytest.fixture
def create(web):
    """create(size, **query) → path of a new document."""

    def ask(size, name="fax.tif", **query):
        reply = web.post("/outbound/documents", params={"size": size, "name": name, **query})
        assert reply.status_code == 201
        return reply.headers["location"].removeprefix(str(web.base_url))

    return ask


def upload(web, path, data, start, end):
    return web.post(path, content=data[start:end], headers={"Range": f"bytes={start}-{end - 1}"})


def located(web, path):
    return web.post(
        "/outbound/faxes?faxNumber=%2B13035550123",
        headers={"Content-Location": str(web.base_url) + path},
    )


def test_a_document_is_uploaded_in_chunks_and_used_once(web, create, tiff, faxes):
    page = tiff(4)
    path = create(len(page))
    seen = []
    for start in range(0, len(page), 100):
        seen.append(web.get(path).json()["status"])
        end = min(len(page), start + 100)
        assert located(web, path).status_code == 400
        reply = upload(web, path, page, start, end)
        assert reply.status_code == (200 if end == len(page) else 202)
        assert reply.headers["x-content-range"] == f"bytes 0-{end - 1}/{len(page)}"
    assert seen[:2] == ["Created", "PartiallyUploaded"]
    document = web.get(path).json()
    assert list(document) == [
        "userId", "fileName", "fileSize", "uploaded", "uri", "creationTime", "lastusageTime",
        "status", "disposition", "sharing",
    ]  # fmt: skip
    assert (document["status"], document["uploaded"]) == ("Ready", len(page))
    assert located(web, path).status_code == 201
    assert faxes()[0]["pages"] == 4
    assert web.get(path).status_code == 404
    assert located(web, path).status_code == 404


def test_chunks_must_follow_each_other_and_fit(web, create):
    path = create(10)
    assert upload(web, path, b"0123456789", 5, 10).status_code == 416
    assert web.post(path, content=b"01234").status_code == 400
    assert web.post(path, content=b"01", headers={"Range": "bytes=0-4"}).status_code == 400
    assert upload(web, path, b"0123456789ab", 0, 12).status_code == 413
    large = create(2_000_000)
    assert upload(web, large, bytes(1_048_577), 0, 1_048_577).status_code == 413
    assert upload(web, large, bytes(1_048_576), 0, 1_048_576).status_code == 202


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"name": "a.pdf"}, 400),
        ({"name": "a.pdf", "size": 30_000_000}, 413),
        ({"name": "a.exe", "size": 10}, 415),
        ({"name": "pdf", "size": 10}, 415),
        ({"name": "a.pdf", "size": 10, "disposition": "never"}, 400),
        ({"name": "a.pdf", "size": 10, "sharing": "all"}, 400),
    ],
)
def test_a_document_is_refused(web, query, status):
    assert web.post("/outbound/documents", params=query).status_code == status


def test_documents_are_listed_and_deleted(web, create):
    paths = [create(5) for _ in range(3)]
    listed = web.get("/outbound/documents?limit=2&offset=1").json()
    assert [one["uri"] for one in listed] == [str(web.base_url) + path for path in paths[1:]]
    assert web.delete(paths[0]).status_code == 200
    assert web.delete(paths[0]).status_code == 404
    assert len(web.get("/outbound/documents").json()) == 2


def test_a_document_for_several_faxes_lives_an_hour_since_its_last(web, create, hold):
    path = create(5, "a.txt", disposition="multiUse")
    lasting = create(5, "a.txt", disposition="permanent")
    for one in (path, lasting):
        assert upload(web, one, b"hello", 0, 5).status_code == 200
    for _ in range(2):
        hold(3000)
        assert located(web, path).status_code == 201
    hold(3601)
    assert web.get(path).status_code == 404
    assert located(web, lasting).status_code == 201


def test_a_document_is_another_user_s_only_when_shared(web, ann, create):
    own, shared = create(5), create(5, sharing="shared")
    assert ann.get(own).status_code == 404
    assert ann.get(shared).status_code == 200


# Lists of what was sent


def test_lists_page_in_both_directions(web, send):
    keys = [send(f"+130355501{n:02}") for n in range(4)]
    assert ids(web.get("/outbound/faxes")) == keys[::-1]
    assert ids(web.get("/outbound/faxes?limit=2")) == [keys[3], keys[2]]
    assert ids(web.get(f"/outbound/faxes?lastId={keys[2]}")) == [keys[1], keys[0]]
    assert ids(web.get("/outbound/faxes?sortOrder=asc&limit=2")) == keys[:2]
    assert ids(web.get(f"/outbound/faxes?sortOrder=asc&lastId={keys[1]}")) == keys[2:]


def test_twenty_five_are_listed_unless_told_otherwise(web, send):
    keys = [send(f"+130355501{n:02}") for n in range(27)]
    assert len(ids(web.get("/outbound/faxes"))) == 25
    assert ids(web.get("/outbound/faxes?limit=100")) == keys[::-1]


def test_only_completed_ones_of_a_list_are_told(web, send, hold):
    done, going = send(), send("+13035559008")
    hold(1)
    for spelling in (f"{done},{going},7", f"({done}, {going})"):
        found = ids(web.get("/outbound/faxes/completed", params={"ids": spelling}))
        assert found == [done]


def test_search_by_each_parameter(web, line, send, hold):
    first = send(reference="ref-1")
    hold(3600)
    busy = send("+13035559001")
    hold(1)
    going = send("+442079460123")
    batch = line.send("+13035550101;+13035550102")
    now = datetime.datetime.now(datetime.UTC)

    def found(**query):
        return ids(web.get("/outbound/search", params=query))

    everything = [batch + 1, batch, going, busy, first]
    assert found() == everything
    assert found(ids=f"{first},{busy}") == [busy, first]
    assert found(reference="ref-1") == [first]
    assert found(faxNumber="0013035559001") == [busy]
    assert found(faxNumber="+13035559001") == [busy]
    later = (now + datetime.timedelta(minutes=30)).isoformat(timespec="seconds")
    assert found(dateFrom=later) == everything[:4]
    assert found(dateTo=later) == [first]
    for status, wanted in [
        ("All", everything), ("Completed", [busy, first]), ("Success", [first]),
        ("Failed", [busy]), ("Inprocess", everything[:3]), ("263", [busy]), ("-1", everything[:3]),
    ]:  # fmt: skip
        assert found(status=status) == wanted
    assert found(limit=2, offset=1) == everything[1:3]
    assert found(sortOrder="asc") == everything[::-1]


def test_other_users_faxes_are_for_primary_users(web, ann, send):
    mine = send()
    reply = ann.post("/outbound/faxes?faxNumber=%2B13035550123", content=b"x",
                     headers={"Content-Type": "text/plain"})  # fmt: skip
    hers = int(reply.headers["location"].rpartition("/")[2])
    assert ids(web.get("/outbound/faxes")) == [mine]
    assert ids(web.get("/outbound/faxes?userId=demo.ann")) == [hers]
    assert ids(ann.get("/outbound/faxes")) == [hers]
    assert ann.get("/outbound/faxes?userId=demo").status_code == 403
    assert ann.get(f"/outbound/faxes/{mine}").status_code == 403
    assert web.get(f"/outbound/faxes/{hers}").status_code == 200
    assert ids(web.get("/outbound/faxes?userId=nobody")) == []


# One fax


def test_the_image(web, send, hold, tiff):
    page = tiff(2)
    key = send(body=page, kind="image/tiff")
    assert web.get(f"/outbound/faxes/{key}/image").status_code == 404
    hold(1)
    reply = web.get(f"/outbound/faxes/{key}/image")
    assert (reply.headers["content-type"], reply.content) == ("image/tiff", page)


def test_a_fax_is_cancelled_hidden_and_sent_again(web, send, hold, faxes):
    key = send()
    reply = web.post(f"/outbound/faxes/{key}/cancel")
    assert (reply.status_code, reply.content) == (200, b"")
    assert web.get(f"/outbound/faxes/{key}").json()["status"] > 0
    assert web.post(f"/outbound/faxes/{key}/cancel").status_code == 404
    assert web.post(f"/outbound/faxes/{key}/hide").status_code == 200
    assert ids(web.get("/outbound/faxes")) == []
    reply = web.post(f"/outbound/faxes/{key}/resend")
    assert reply.status_code == 201
    assert re.fullmatch(r".*/outbound/faxes/\d+", reply.headers["location"])
    reply = web.post(f"/outbound/faxes/{key}/resend?faxNumber=%2B13035550199")
    assert [fax["number"] for fax in faxes()[1:]] == ["+13035550123", "+13035550199"]


# Batches


DESTINATIONS = {
    "JSON": json.dumps(
        [{"faxNumber": "+13035550101", "contact": "Ann"}, {"faxNumber": "+13035559001"}]
    ),
    "XML": "<ArrayOfDestination><Destination><faxNumber>+13035550101</faxNumber>"
    "<contact>Ann</contact></Destination><Destination><faxNumber>+13035559001</faxNumber>"
    "</Destination></ArrayOfDestination>",
}


@pytest.fixture
def send_batch(web):
    """send_batch(list) → id of its head."""

    def submit(destinations=DESTINATIONS["JSON"]):
        reply = web.post(
            "/outbound/batches",
            params={"list": destinations, "reference": "b"},
            content=b"hello",
            headers={"Content-Type": "text/plain"},
        )
        assert reply.status_code == 201, reply.text
        return int(reply.headers["location"].removeprefix(f"{web.base_url}/outbound/batches/"))

    return submit


@pytest.mark.parametrize("kind", DESTINATIONS)
def test_a_batch_goes_to_a_list_and_is_no_single_fax(web, send, send_batch, faxes, kind):
    single = send()
    head = send_batch(DESTINATIONS[kind])
    assert [fax["number"] for fax in faxes()[1:]] == ["+13035550101", "+13035559001"]
    assert ids(web.get("/outbound/faxes")) == [single]
    assert ids(web.get("/outbound/batches")) == [head]
    batch = web.get(f"/outbound/batches/{head}").json()
    assert (batch["id"], batch["batchHeadId"], batch["contact"]) == (head, head, "Ann")
    children = web.get(f"/outbound/batches/{head}/children")
    assert ids(children) == [head, head + 1]
    assert ids(children, "batchHeadId") == [head, head]


@pytest.mark.parametrize("words", ["", "[]", "friends", "[1]", '[{"faxNumber": "1"}]', "<a/>"])
def test_a_batch_to_nobody_is_refused(web, words):
    reply = web.post("/outbound/batches", params={"list": words}, content=b"x")
    assert (reply.status_code, reply.json()["code"]) == (400, -112)


def test_a_batch_is_cancelled_hidden_and_sent_again(web, send, send_batch, hold, faxes):
    head = send_batch()
    hold(1)
    assert web.get(f"/outbound/batches/{head}/image").content[:4] == b"II*\0"
    reply = web.post(f"/outbound/batches/{head}/resend?errorsOnly=true")
    assert reply.status_code == 201
    assert [fax["number"] for fax in faxes()[2:]] == ["+13035559001"]
    again = web.post(f"/outbound/batches/{head}/resend")
    key = int(again.headers["location"].rpartition("/")[2])
    assert web.post(f"/outbound/batches/{key}/cancel").status_code == 200
    children = web.get(f"/outbound/batches/{key}/children")
    assert all(status > 0 for status in ids(children, "status"))
    assert web.post(f"/outbound/batches/{key}/hide").status_code == 200
    assert ids(web.get("/outbound/batches")) == [head]
    assert web.get(f"/outbound/batches/{send()}").status_code == 404


# What came in


@pytest.fixture
def ring(sandbox, tiff):
    """ring(data) → id of a received fax."""
    return lambda data=None, did="+12125550100": (
        sandbox.exchange.ring("interfax", did, "+12025550199", "ACME", data or tiff(2)).id
    )


def test_a_received_fax_has_its_fields_in_order(web, ring, tiff):
    key = ring()
    fax = web.get(f"/inbound/faxes/{key}").json()
    assert list(fax) == INBOUND
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", fax["receiveTime"])
    assert (fax["messageId"], fax["userId"], fax["pages"]) == (key, "demo", 2)
    assert (fax["phoneNumber"], fax["callerId"]) == ("0012125550100", "0012025550199")
    assert (fax["messageSize"], fax["messageType"]) == (len(tiff(2)), 1)
    assert web.get("/inbound/faxes/7").status_code == 404


@pytest.mark.parametrize(("make", "kind"), [("tiff", "image/tiff"), ("pdf", "application/pdf")])
def test_a_received_image_is_read_once_it_is_fetched(request, web, ring, make, kind):
    data = request.getfixturevalue(make)(2)
    key = ring(data)
    unread = web.get(f"/inbound/faxes/{key}").json()
    reply = web.get(f"/inbound/faxes/{key}/image")
    assert (reply.headers["content-type"], reply.content) == (kind, data)
    read = web.get(f"/inbound/faxes/{key}").json()
    assert (unread["imageStatus"], read["imageStatus"]) == ("UNREAD", "READ")


def test_received_faxes_are_listed_newest_first(web, ring, line, ann):
    assert line.admin("AddRxService", Username="demo.ann", CountryISOCode="GB") == 0
    keys = [ring(), ring(), ring()]
    hers = ring(did="+442079460110")
    assert ids(web.get("/inbound/faxes"), "messageId") == keys[::-1]
    assert ids(web.get("/inbound/faxes?allUsers=true"), "messageId") == [hers, *keys[::-1]]
    assert ids(ann.get("/inbound/faxes"), "messageId") == [hers]
    assert ann.get("/inbound/faxes?allUsers=true").status_code == 403
    assert ann.get(f"/inbound/faxes/{keys[0]}").status_code == 404
    assert ids(web.get(f"/inbound/faxes?lastId={keys[2]}&limit=1"), "messageId") == [keys[1]]
    assert web.post(f"/inbound/faxes/{keys[0]}/mark?unread=False").status_code == 200
    unread = ids(web.get("/inbound/faxes?unreadOnly=True"), "messageId")
    assert unread == [keys[2], keys[1]]
    assert web.post(f"/inbound/faxes/{keys[0]}/mark?unread=true").status_code == 200
    assert len(ids(web.get("/inbound/faxes?unreadOnly=True"), "messageId")) == 3


def test_a_received_fax_is_mailed_again(web, ring, line, control):
    key = ring()
    assert web.post(f"/inbound/faxes/{key}/resend").json()["code"] == -2035
    assert web.post(f"/inbound/faxes/{key}/resend?email=a@example.com").status_code == 200
    assert line.own("AddRxEmailProperties", EmailAddress="b@example.com") == 0
    assert web.post(f"/inbound/faxes/{key}/resend").status_code == 200
    emails = web.get(f"/inbound/faxes/{key}/emails").json()
    assert [one["emailAddress"] for one in emails] == ["a@example.com", "b@example.com"]
    assert list(emails[0]) == ["emailAddress", "messageStatus", "completionTime"]
    assert web.get(f"/inbound/faxes/{key}").json()["numOfEmails"] == 2
    assert [mail["rcpt_tos"] for mail in control("GET", "/mail")[1]] == [
        ["a@example.com"],
        ["b@example.com"],
    ]


# The account


def test_the_balance_is_a_bare_number_that_falls(web, send, hold, tiff):
    reply = web.get("/accounts/self/ppcards/balance")
    assert (reply.headers["content-type"], reply.text) == ("text/json", "100.00")
    send(body=tiff(3), kind="image/tiff")
    hold(1)
    assert web.get("/accounts/self/ppcards/balance").text == "99.70"


def test_soap_and_rest_are_one_account(line, web, send):
    over_rest, over_soap = send(), line.send()
    assert line.item(over_rest)["TransactionID"] == str(over_rest)
    assert ids(web.get("/outbound/faxes")) == [over_soap, over_rest]
