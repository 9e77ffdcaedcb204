"""The control port shows and turns everything, and says clearly what is wrong."""

import base64
import hashlib
import http.server
import threading
import urllib.parse

import httpx
import pytest


def test_the_first_page_tells_where_everything_is(sandbox, control):
    status, page = control("GET", "/")
    assert status == 200
    assert page["ports"] == sandbox.ports
    assert page["credentials"]["faxage"] == {
        "username": "demo",
        "company": "12345",
        "password": "demo",
    }
    assert page["dids"]["faxage"] == ["+13035550100", "+13035550101"]
    assert page["ca"] is None


def test_a_fax_is_described_from_order_to_end(control, faxes, send, tiff):
    control("POST", "/clock", {"hold": True})
    document = tiff(2)
    job = send("3035550123", document)
    (fax,) = faxes()
    assert fax["provider"] == "faxage"
    assert fax["reference"] == job
    assert fax["number"] == "+13035550123"
    assert fax["pages"] == 2
    assert fax["sha256"] == hashlib.sha256(document).hexdigest()
    assert (fax["state"], fax["cause"]) == ("queued", None)
    assert fax["times"]["accepted"].endswith("+00:00")
    assert fax["times"]["started"] is fax["times"]["ended"] is None
    control("POST", "/clock", {"advance": 0.1})
    assert faxes()[0]["state"] == "calling"
    assert faxes()[0]["times"]["started"]
    control("POST", "/clock", {"advance": 0.3})
    assert faxes()[0]["state"] == "delivered"
    assert faxes()[0]["times"]["ended"]
    reply = httpx.get(faxes()[0]["document"], trust_env=False)
    assert reply.content == document
    assert reply.headers["content-type"] == "image/tiff"


def test_faxes_come_oldest_first_and_with_their_cause(control, faxes, send):
    control("POST", "/clock", {"hold": True})
    send("3035559001")
    send("3035550123")
    control("POST", "/clock", {"advance": 1})
    assert [(f["state"], f["cause"]) for f in faxes()] == [("failed", "busy"), ("delivered", None)]


def test_several_files_are_one_document_and_can_be_had_one_by_one(faxes, send, tiff, pdf):
    document = base64.b64encode(pdf(3)).decode()
    send(data=tiff(2), **{"faxfilenames[1]": "b.pdf", "faxfiledata[1]": document})
    (fax,) = faxes()
    assert fax["pages"] == 5
    whole = httpx.get(fax["document"], trust_env=False).content
    second = httpx.get(fax["document"] + "/2", trust_env=False)
    assert hashlib.sha256(whole).hexdigest() == fax["sha256"]
    assert second.headers["content-type"] == "application/pdf"
    assert whole.endswith(second.content)
    assert httpx.get(fax["document"] + "/3", trust_env=False).status_code == 404


def test_reset_forgets_everything(control, sandbox, send, post):
    control("POST", "/clock", {"hold": True})
    control("POST", "/faults", {"provider": "faxage", "fault": "http-500", "on": "any"})
    control("POST", "/callbacks", {"provider": "faxage", "url": "http://127.0.0.1:1/"})
    send_before = control("DELETE", "/")
    assert send_before == (200, {})
    post("/provision.php", {"operation": "deprovdid", "didnumber": "3035550100"})
    send()
    assert control("DELETE", "/") == (200, {})
    page = control("GET", "/")[1]
    assert page["dids"]["faxage"] == ["+13035550100", "+13035550101"]
    assert page["clock"]["held"] is False
    assert control("GET", "/faxes") == (200, [])
    assert control("GET", "/requests") == (200, [])
    assert control("GET", "/mail") == (200, [])
    assert control("GET", "/callbacks") == (200, {"targets": {}, "pushes": []})


def test_a_fax_can_be_sent_to_one_of_our_numbers(control, tiff):
    query = "provider=faxage&did=%2B13035550101&caller=%2B12025550199&tsid=ACME"
    status, reply = control("POST", f"/inbound?{query}", tiff(2))
    assert status == 201
    assert isinstance(reply["id"], int)


@pytest.mark.parametrize("did", ["+13035550101", "13035550101", "3035550101", "(303)555-0101"])
def test_our_number_may_be_spelled_in_any_usual_way(control, fax, tiff, did):
    query = urllib.parse.urlencode({"provider": "faxage", "did": did})
    assert control("POST", f"/inbound?{query}", tiff())[0] == 201
    assert "(303)555-0101" in fax("listfax")


def test_without_a_number_the_first_one_rings(control, fax, pdf):
    assert control("POST", "/inbound?provider=faxage", pdf())[0] == 201
    assert fax("listfax").split("\t")[2:] == ["Unavailable", "(303)555-0100"]


def test_a_number_that_is_switched_off_is_busy(control, fax, tiff):
    fax("disabledid", didnumber="3035550100")
    status, reply = control("POST", "/inbound?provider=faxage", tiff())
    assert status == 409
    assert "switched off" in reply["error"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("GET", "/nowhere", None, 404, "there is no /nowhere here"),
        ("POST", "/faxes", b"", 405, "/faxes takes GET, not POST"),
        ("PUT", "/", b"", 405, "takes GET, DELETE"),
        ("GET", "/faxes/7/document", None, 404, "there is no fax 7"),
        ("GET", "/mail/7", None, 404, "there is no mail 7"),
        ("POST", "/inbound", b"II*\0", 400, "provider is missing; it is one of faxage"),
        ("POST", "/inbound?provider=x", b"II*\0", 400, "provider cannot be 'x'"),
        ("POST", "/inbound?provider=faxage", b"hello", 400, "neither"),
        ("POST", "/inbound?provider=faxage&did=0", b"II*\0", 404, "it has ['+13035550100'"),
        ("POST", "/inbound?provider=faxage&nid=1", b"II*\0", 400, "nid is not known here"),
        ("POST", "/callbacks", {"provider": "faxage"}, 400, "url is the address"),
        ("POST", "/callbacks", {"provider": "faxage", "url": "ftp://x/"}, 400, "on this machine"),
        (
            "POST",
            "/callbacks",
            {"provider": "faxage", "url": "http://192.0.2.1/"},
            400,
            "on this machine",
        ),
        ("POST", "/faults", b"{", 400, "the body is not JSON"),
        ("POST", "/faults", b"[1]", 400, "not a JSON object"),
        ("POST", "/faults", {"provider": "faxage"}, 400, "fault is missing; it is one of refuse"),
        ("POST", "/faults", {"provider": "faxage", "fault": "x"}, 400, "fault cannot be 'x'"),
        (
            "POST",
            "/faults",
            {"provider": "faxage", "fault": "slow", "times": 0},
            400,
            "times is a whole number from 1",
        ),
        (
            "POST",
            "/faults",
            {"provider": "faxage", "fault": "slow", "times": 1.5},
            400,
            "times is a whole number",
        ),
        (
            "POST",
            "/faults",
            {"provider": "faxage", "fault": "slow", "seconds": True},
            400,
            "seconds is a number",
        ),
        ("POST", "/faults", {"provider": "faxage", "fault": "slow", "on": "x"}, 400, "on cannot"),
        ("POST", "/faults", {"provider": "faxage", "fault": "bad-tls"}, 400, "--tls"),
        ("POST", "/clock", b"", 400, "say hold"),
        ("POST", "/clock", {"hold": 1}, 400, "hold is true or false"),
        ("POST", "/clock", {"advance": -1}, 400, "advance is a number from 0"),
        ("POST", "/clock", {"advnce": 1}, 400, "advnce is not known here"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(control, method, path, body, status, words):
    found, reply = control(method, path, body)
    assert found == status
    assert list(reply) == ["error"]
    assert words in reply["error"]


def test_an_armed_fault_is_said_back(control):
    fault = {"provider": "faxage", "fault": "slow", "times": 2, "on": "any", "seconds": 0.5}
    assert control("POST", "/faults", fault) == (200, fault)


def test_405_says_what_is_allowed(sandbox):
    reply = httpx.put(sandbox.urls["control"] + "/clock", trust_env=False)
    assert reply.headers["allow"] == "POST"


# Pushes


@pytest.fixture
def receiver():
    """A listener for pushes: (url, list of bodies)."""
    bodies = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"thanks")

        def do_GET(self):
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/push", bodies
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_account_s_pushes_go_where_the_control_port_says(control, send, wait, receiver):
    url, bodies = receiver
    assert control("POST", "/callbacks", {"provider": "faxage", "url": url})[0] == 200
    job = send()
    wait(lambda: bodies)
    assert dict(urllib.parse.parse_qsl(bodies[0].decode()))["jobid"] == job
    (push,) = wait(lambda: control("GET", "/callbacks")[1]["pushes"])
    assert (push["url"], push["status"], push["answer"]) == (url, 200, "thanks")


def test_a_push_that_finds_nobody_is_told_and_not_repeated(control, send, wait):
    send(url_notify="http://127.0.0.1:1/")
    (push,) = wait(lambda: control("GET", "/callbacks")[1]["pushes"])
    assert "cannot be reached" in push["error"]


def test_nothing_beyond_this_machine_is_ever_called(control, send, wait):
    send(url_notify="http://192.0.2.7/push")
    (push,) = wait(lambda: control("GET", "/callbacks")[1]["pushes"])
    assert "no other is called" in push["error"]


def test_a_redirect_is_not_followed(sandbox, receiver, fax):
    reply = fax("sendfax", recipname="Ann", faxno="3035550123", faxurl=receiver[0])
    assert reply == "ERR03: No files to fax"
