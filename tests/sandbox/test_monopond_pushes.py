"""What the Monopond twin tells by itself: results, and faxes that come in."""

import datetime
import http.server
import io
import json
import re
import threading
import urllib.parse

import httpx
import pytest
from lxml import etree
from PIL import Image

from tests.sandbox import monopond_soap as soap

MINUTE = 60.1
"""A little more, as errands run on while the clock is held."""


class Ear:
    """Somebody who hears pushes, and answers each with `status`."""

    def __init__(self):
        self.status = 200
        self.heard = []
        ear = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                ear.heard.append((self.headers["Content-Type"], body))
                self.send_response(ear.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/secret"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def ear(control):
    listening = Ear()
    control("POST", "/callbacks", {"provider": "monopond", "url": listening.url})
    yield listening
    listening.server.shutdown()
    listening.server.server_close()


@pytest.fixture
def hold(control):
    control("POST", "/clock", {"hold": True})
    return lambda seconds: control("POST", "/clock", {"advance": seconds})


@pytest.fixture
def ring(control):
    """ring(data, **query) → id of the received fax."""

    def call(data, **query):
        text = urllib.parse.urlencode({"provider": "monopond", **query})
        status, reply = control("POST", f"/inbound?{text}", data)
        assert status == 201, reply
        return str(reply["id"])

    return call


# Results


def test_a_result_is_posted_when_a_message_is_done(sandbox, ear, wait):
    more = "<SendRef>s-1</SendRef><BroadcastRef>b</BroadcastRef>"
    soap.send(sandbox, more=more)
    ((kind, body),) = wait(lambda: ear.heard)
    assert kind == "application/xml"
    assert body.startswith(b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>')
    root = etree.fromstring(body)
    assert (root.tag, [child.tag for child in root]) == ("FaxMessages", ["FaxMessage"])
    assert dict(root[0].attrib) == {
        "messageRef": "m-1", "sendRef": "s-1", "broadcastRef": "b", "sendTo": soap.NUMBER,
        "status": "done",
    }  # fmt: skip
    (row,) = root.findall("FaxMessage/FaxResults/FaxResult")
    pattern = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
    assert re.fullmatch(pattern + r"\.\d{3}\+08:00", row.get("scheduledStartTime"))
    assert re.fullmatch(pattern + r"\+08:00", row.get("dateCallEnded"))
    assert (row.get("result"), row.get("attempt"), row.get("cost")) == ("success", "1", "0.15")


def test_a_retried_message_is_told_once_with_all_attempts(sandbox, ear, wait):
    more = "<Retries>0</Retries><BusyRetries>1</BusyRetries>"
    soap.send(sandbox, soap.message(to="61255559001", more=more))
    soap.send(sandbox, soap.message("m-2"))
    wait(lambda: len(ear.heard) == 2)
    roots = {x[0].get("messageRef"): x for x in (etree.fromstring(body) for _, body in ear.heard)}
    assert [x.get("code") for x in roots["m-1"].iter("Error")] == ["FAX_BUSY", "FAX_BUSY"]
    assert list(roots["m-2"].iter("Error")) == []


@pytest.mark.parametrize("way", ["stopped", "too late", "blocked"])
def test_a_message_that_ends_without_a_call_is_told_too(sandbox, ear, hold, wait, way):
    time = sandbox.exchange.now() + datetime.timedelta(minutes=1)
    more = {
        "stopped": "",
        "too late": (
            f"<ScheduledStartTime>{time + datetime.timedelta(1)}</ScheduledStartTime>"
            f"<MustBeSentBeforeDate>{time}</MustBeSentBeforeDate>"
        ).replace(" ", "T"),
        "blocked": "<Blocklists dncr='true'/>",
    }[way]
    number = "61255500811" if way == "blocked" else soap.NUMBER
    soap.send(sandbox, soap.message(to=number, more=more))
    if way == "stopped":
        hold(0.06)
        soap.call(sandbox, "StopFax", "<MessageRef>m-1</MessageRef>")
        hold(0.04)
        assert soap.word(sandbox) == "finalizing"
    assert ear.heard == []
    hold(61)
    ((_, body),) = wait(lambda: ear.heard)
    (error,) = etree.fromstring(body).iter("Error")
    expected = ("BLOCK_DNCR", "blocked") if way == "blocked" else ("FAX_CANCELLED", "failed")
    assert (error.get("code"), error.getparent().get("result")) == expected
    assert etree.fromstring(body)[0].get("status") == "done"


def test_a_result_is_posted_once_whatever_is_answered(sandbox, ear, hold, wait, control):
    ear.status = 500
    soap.send(sandbox)
    hold(1)
    wait(lambda: ear.heard)
    soap.send(sandbox, soap.message("m-2"))
    hold(86_400)
    wait(lambda: len(ear.heard) == 2)
    wait(lambda: len(control("GET", "/callbacks")[1]["pushes"]) == 2)
    refs = {etree.fromstring(body)[0].get("messageRef") for _, body in ear.heard}
    assert refs == {"m-1", "m-2"}


# Faxes that come in


def test_a_received_fax_is_posted_with_a_link(sandbox, ear, ring, wait, tiff):
    data = tiff(2)
    received = ring(data, did="61255500101", caller="+61255500199", tsid="ACME & Söhne")
    ((kind, body),) = wait(lambda: ear.heard)
    told = json.loads(body)
    assert kind == "application/json"
    link = told.pop("tiffDocumentUrl")
    time = sandbox.exchange.received("monopond")[0].received
    assert told.pop("dateReceived") == f"{time:%Y-%m-%d %H:%M:%S}"
    assert told == {
        "messageRef": received,
        "faxNumber": "61255500101",
        "status": "RELAYED",
        "pages": 2,
        "tsi": "ACME & Söhne",
        "cli": "61255500199",
    }
    assert link.startswith(sandbox.urls["monopond"] + "/")
    reply = httpx.get(link, trust_env=False)
    assert (reply.content, reply.headers["content-type"]) == (data, "image/tiff")


def test_an_answered_fax_is_told_once(ear, ring, wait, hold, tiff, control):
    ring(tiff())
    wait(lambda: control("GET", "/callbacks")[1]["pushes"])
    other = ring(tiff())
    hold(86_000)
    wait(lambda: len(ear.heard) >= 2)
    assert [json.loads(body)["messageRef"] for _, body in ear.heard][1:] == [other]


def pushed(control, count):
    return len(control("GET", "/callbacks")[1]["pushes"]) == count


@pytest.mark.parametrize("status", [500, 404, 204, 302])
def test_a_fax_is_told_again_until_it_is_answered_with_200(
    ear, ring, wait, hold, tiff, control, status
):
    ear.status = status
    ring(tiff())
    for count in (1, 2, 3):
        wait(lambda count=count: pushed(control, count))
        if count == 3:
            ear.status = 200
        hold(MINUTE)
    wait(lambda: pushed(control, 4))
    hold(3600)
    other = ring(tiff())
    wait(lambda: pushed(control, 5))
    refs = [json.loads(body)["messageRef"] for _, body in ear.heard]
    assert refs == [refs[0]] * 4 + [other]


def test_a_fax_waits_for_somebody_to_hear_it(sandbox, control, ring, wait, hold, tiff):
    received = ring(tiff())
    hold(MINUTE)
    listening = Ear()
    try:
        control("POST", "/callbacks", {"provider": "monopond", "url": listening.url})
        hold(MINUTE)
        ((_, body),) = wait(lambda: listening.heard)
    finally:
        listening.server.shutdown()
        listening.server.server_close()
    assert json.loads(body)["messageRef"] == received


def test_a_fax_that_nobody_hears_is_given_up_with_its_link(
    sandbox, control, ring, hold, wait, tiff
):
    ring(tiff())
    hold(86_400)
    listening = Ear()
    try:
        control("POST", "/callbacks", {"provider": "monopond", "url": listening.url})
        other = ring(tiff())
        wait(lambda: listening.heard)
        hold(MINUTE)
        wait(lambda: pushed(control, 1))
        assert [json.loads(body)["messageRef"] for _, body in listening.heard] == [other]
    finally:
        listening.server.shutdown()
        listening.server.server_close()


def test_a_reset_ends_the_telling(ear, ring, control, wait, hold, tiff):
    ear.status = 500
    ring(tiff())
    wait(lambda: pushed(control, 1))
    control("DELETE", "/")
    control("POST", "/callbacks", {"provider": "monopond", "url": ear.url})
    other = ring(tiff())
    hold(MINUTE)
    wait(lambda: len(ear.heard) >= 2)
    assert {json.loads(body)["messageRef"] for _, body in ear.heard[1:]} == {other}


@pytest.fixture
def link(ear, ring, wait, tiff):
    ring(tiff())
    ((_, body),) = wait(lambda: ear.heard)
    return json.loads(body)["tiffDocumentUrl"]


def test_a_link_is_good_for_a_day(link, hold):
    hold(86_000)
    assert httpx.get(link, trust_env=False).status_code == 200
    hold(400)
    assert httpx.get(link, trust_env=False).status_code == 403


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"signature=.", "signature=g"),
        (r"signature=.*", ""),
        (r"expires=\d", "expires=9"),
        (r"expires=", "expires=x"),
        (r"\?.*", ""),
        (r"/\d+\.tiff", "/1.tiff"),
        (r"/\d+\.tiff", "/%C3%A9.tiff"),
    ],
)
def test_a_link_that_was_changed_leads_nowhere(link, old, new):
    assert httpx.get(re.sub(old, new, link), trust_env=False).status_code == 403


def test_a_fax_that_rang_as_pdf_is_a_tiff_too(ear, ring, wait, pdf):
    ring(pdf(3))
    ((_, body),) = wait(lambda: ear.heard)
    data = httpx.get(json.loads(body)["tiffDocumentUrl"], trust_env=False).content
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.n_frames) == ("TIFF", 3)
