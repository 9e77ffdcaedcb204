"""The HTTP side bears every client, and every fault looks like what it is called."""

import contextlib
import http.client
import socket
import threading
import urllib.parse

import httpx
import hypothesis
import pytest
from hypothesis import strategies as st

from mailfax.sandbox import _server, _wire

LOGIN = {"username": "demo", "company": "12345", "password": "demo"}
SEND = {
    **LOGIN,
    "operation": "sendfax",
    "recipname": "Ann",
    "faxno": "3035550123",
    "faxfilenames[0]": "a.txt",
    "faxfiledata[0]": "aGVsbG8=",
}
LINES = {**LOGIN, "operation": "listlines"}
OURS = "3035550100\n3035550101"


@pytest.fixture
def ask(sandbox):
    """ask(fields) → httpx reply, over one client that keeps its connection."""
    with httpx.Client(base_url=sandbox.urls["faxage"], trust_env=False, timeout=20) as client:
        yield lambda fields: client.post("/httpsfax.php", data=fields)


@pytest.fixture
def raw(sandbox):
    """raw(bytes) → everything that comes back until the end."""

    def exchange(data):
        address = ("127.0.0.1", sandbox.ports["faxage"])
        with socket.create_connection(address, timeout=20) as stream:
            stream.sendall(data)
            stream.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: stream.recv(65536), b""))

    return exchange


def body(fields):
    return urllib.parse.urlencode(fields).encode()


def head(length, *more):
    lines = [
        "POST /httpsfax.php HTTP/1.1",
        "Host: x",
        "Content-Type: application/x-www-form-urlencoded",
        length,
        *more,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def test_a_connection_is_kept_for_the_next_request(sandbox):
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.ports["faxage"], timeout=20)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/httpsfax.php", body(LINES), headers)
    assert connection.getresponse().read().decode() == OURS
    stream = connection.sock
    connection.request("POST", "/httpsfax.php", body(LINES), headers)
    assert connection.getresponse().read().decode() == OURS
    assert connection.sock is stream
    connection.close()


def test_a_chunked_body_is_read(sandbox):
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.ports["faxage"], timeout=20)
    data = body(LINES)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request(
        "POST", "/httpsfax.php", iter([data[:5], data[5:]]), headers, encode_chunked=True
    )
    assert connection.getresponse().read().decode() == OURS
    connection.close()


def test_a_client_that_waits_for_100_continue_gets_it(sandbox):
    data = body(LINES)
    with socket.create_connection(("127.0.0.1", sandbox.ports["faxage"]), timeout=20) as stream:
        stream.sendall(head(f"Content-Length: {len(data)}", "Expect: 100-continue"))
        assert stream.recv(65536).startswith(b"HTTP/1.1 100 ")
        stream.sendall(data)
        assert stream.recv(65536).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (head("Content-Length: many"), b"400"),
        (head(f"Content-Length: {_server.MAX_BODY + 1}"), b"413"),
        (head("Transfer-Encoding: gzip"), b"501"),
        (head("Transfer-Encoding: chunked") + b"zz\r\n", b"400"),
        (head("Transfer-Encoding: chunked") + b"-5\r\n", b"400"),
        (head("Transfer-Encoding: chunked") + b"1\r\nabc\r\n", b"400"),
        (head("Transfer-Encoding: chunked") + f"{_server.MAX_BODY + 1:x}\r\n".encode(), b"413"),
        (b"POST / with spaces HTTP/1.1\r\n\r\n", b"400"),
        (b"BREW /httpsfax.php HTTP/1.1\r\n\r\n", b"501"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
    ],
)
def test_what_is_not_http_is_refused_by_its_status(raw, request_bytes, status):
    assert raw(request_bytes).split(b"\r\n", 1)[0].split()[1] == status


def test_garbage_and_half_requests_print_nothing_and_end_nothing(raw, ask, capfd):
    for garbage in (b"\x16\x03\x01\x02\x00", b"\r\n", b"", head("Content-Length: 50") + b"abc"):
        raw(garbage)
    assert ask(LINES).text == OURS
    assert capfd.readouterr() == ("", "")


@hypothesis.given(st.binary(max_size=200), st.sampled_from([b"", head("Content-Length: 20")]))
@hypothesis.settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
def test_no_bytes_make_the_port_fail(sandbox, raw, garbage, start):
    raw(start + garbage)
    assert [entry["error"] for entry in sandbox.log.entries() if entry["error"]] == []


def test_a_head_request_has_no_body(sandbox):
    reply = httpx.head(sandbox.urls["control"], trust_env=False)
    assert reply.status_code == 200
    assert reply.content == b""
    assert int(reply.headers["content-length"]) > 100


def test_a_mistake_of_a_twin_is_a_500_and_stands_in_the_log(capfd):
    log = _wire.Log(lambda: "now")

    def fail(_request):
        raise RuntimeError("oops")

    server = _server.Server(
        ("127.0.0.1", 0), _server.Service(name="x", handle=fail, is_submit=fail), log=log
    )
    server.start()
    reply = httpx.get(f"http://127.0.0.1:{server.port}/", trust_env=False)
    server.stop()
    assert reply.status_code == 500
    assert "oops" in log.entries()[0]["error"]
    assert capfd.readouterr() == ("", "")


def test_connections_beyond_the_limit_are_closed_and_the_others_served(sandbox, monkeypatch):
    monkeypatch.setattr(_server, "_MAX_CONNECTIONS", 1)
    address = ("127.0.0.1", sandbox.ports["faxage"])
    data = body(LINES)
    with socket.create_connection(address, timeout=20) as first:
        first.sendall(head(f"Content-Length: {len(data)}") + data)
        assert first.recv(65536).startswith(b"HTTP/1.1 200")
        with socket.create_connection(address, timeout=20) as second:
            assert second.recv(10) == b""


def test_stopping_ends_all_threads_and_closes_open_connections():
    from mailfax.sandbox import Sandbox

    before = set(threading.enumerate())
    sandbox = Sandbox(0)
    sandbox.start()
    streams = [
        socket.create_connection(("127.0.0.1", port), timeout=20) for port in sandbox.ports.values()
    ]
    sandbox.stop()
    assert set(threading.enumerate()) <= before
    for stream in streams:
        with stream, contextlib.suppress(ConnectionResetError):
            while stream.recv(65536):
                pass


def test_a_taken_port_is_named_and_nothing_stays_open(sandbox):
    from mailfax.sandbox import CannotStart, Sandbox

    before = threading.active_count()
    with pytest.raises(CannotStart, match=rf"127.0.0.1:{sandbox.ports['control']}"):
        Sandbox(sandbox.ports["control"]).start()
    assert threading.active_count() == before


def test_a_port_is_the_base_plus_the_service_s_own_number():
    from mailfax.sandbox import CannotStart, Sandbox

    for base in range(18_400, 18_600, 20):
        try:
            with Sandbox(base) as sandbox:
                names = ("control", "faxage", "interfax", "monopond", "pamfax", "popfax", "smtp")
                assert sandbox.ports == {name: base + place for place, name in enumerate(names)}
                assert sandbox.lines()[1] == (
                    f"faxage    http://127.0.0.1:{base + 1}  "
                    "username=demo company=12345 password=demo"
                )
            return
        except CannotStart:
            continue
    pytest.skip("no free ports")


# Faults


@pytest.fixture
def arm(control):
    def fault(name, **more):
        status, reply = control("POST", "/faults", {"provider": "faxage", "fault": name, **more})
        assert status == 200, reply

    return fault


@pytest.mark.parametrize(
    ("name", "error", "taken"),
    [
        ("refuse", httpx.ReadError, 0),
        ("drop-before-read", httpx.RemoteProtocolError, 0),
        ("drop-after-accept", httpx.RemoteProtocolError, 1),
        ("half-answer", httpx.RemoteProtocolError, 1),
    ],
)
def test_a_fault_that_loses_the_answer(arm, ask, faxes, name, error, taken):
    arm(name, times=2)
    assert ask(LINES).text == OURS
    for _ in range(2):
        with pytest.raises(error):
            ask(SEND)
    assert len(faxes()) == 2 * taken
    assert ask(SEND).text.startswith("JOBID: ")


@pytest.mark.parametrize(
    ("name", "status", "taken"), [("http-500", 500, 0), ("http-429", 429, 0), ("not-xml", 200, 1)]
)
def test_a_fault_that_answers_something_else(arm, ask, faxes, name, status, taken):
    arm(name)
    reply = ask(SEND)
    assert reply.status_code == status
    assert "JOBID" not in reply.text
    assert reply.text.startswith("<h")
    assert len(faxes()) == taken
    assert reply.headers.get("retry-after") == ("1" if status == 429 else None)
    assert ask(SEND).text.startswith("JOBID: ")


def test_a_half_answer_announces_the_whole(arm, sandbox):
    arm("half-answer")
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.ports["faxage"], timeout=20)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/httpsfax.php", body(SEND), headers)
    with pytest.raises(http.client.IncompleteRead) as caught:
        connection.getresponse().read()
    assert b"JOBID: ".startswith(caught.value.partial[:7])
    connection.close()


def test_a_slow_answer_comes_after_the_fax_was_taken(arm, sandbox, faxes, wait):
    arm("slow", seconds=600)
    with pytest.raises(httpx.TimeoutException):
        httpx.post(
            sandbox.urls["faxage"] + "/httpsfax.php", data=SEND, timeout=0.3, trust_env=False
        )
    wait(faxes)


def test_a_repeated_answer_is_that_of_the_previous_submission(arm, ask, faxes):
    arm("repeat-answer")
    first = ask(SEND)
    ask(LINES)
    assert ask(SEND).text == first.text
    assert len(faxes()) == 1
    assert ask(SEND).text != first.text


def test_a_repeated_answer_on_any_is_the_last_one_given(arm, ask):
    arm("repeat-answer", on="any")
    assert ask(LINES).text == OURS
    assert ask({**LOGIN, "operation": "status"}).text == OURS


def test_a_fault_on_any_meets_any_request(arm, ask):
    arm("http-500", on="any")
    assert ask(LINES).status_code == 500
    assert ask(LINES).status_code == 200


def test_refuse_on_any_resets_connections_before_a_byte_is_read(arm, sandbox, ask):
    ask(LINES)
    arm("refuse", on="any", times=1)
    with pytest.raises(httpx.TransportError):
        ask(LINES)
    assert ask(LINES).text == OURS


def test_faults_are_met_in_the_order_they_were_armed(arm, ask):
    arm("http-500")
    arm("http-429")
    assert [ask(SEND).status_code for _ in range(3)] == [500, 429, 200]


def test_the_log_shows_requests_with_their_secrets_and_faults(arm, ask, control):
    arm("http-429")
    ask(SEND)
    ask(LINES)
    faulty, good = control("GET", "/requests")[1]
    assert (faulty["fault"], faulty["status"]) == ("http-429", 429)
    assert (good["provider"], good["method"], good["path"]) == ("faxage", "POST", "/httpsfax.php")
    assert "password=demo" in good["body"]
    assert good["reply"] == OURS
    assert good["headers"]["content-type"] == "application/x-www-form-urlencoded"
