"""The way to a provider tells what surely was not done from what nobody knows."""

import base64
import gzip
import logging
import socket
import ssl
import tracemalloc

import pytest
import trustme

from mailfax import errors, failpoints
from mailfax.providers import _http
from tests.providers import scripted

SECRET = "p&ss wörd+<1>"
FIELDS = [("user", "ann"), ("password", SECRET), ("data[]", b"\xfb\xff\x00 pages")]


def client(url, *, silence=2.0, ca=""):
    return _http.Client(url, secrets=[SECRET], silence=silence, ca=ca)


def post(url, *, changes=True, limit=1000, silence=2.0, ca="", fields=FIELDS):
    way = client(url, silence=silence, ca=ca)
    try:
        return way.post_form("/do", fields, changes=changes, limit=limit)
    finally:
        way.close()


def test_a_form_arrives_as_it_was_given():
    with scripted.Server(scripted.http(body=b"fine")) as server:
        reply = post(server.url)
    request = server.requests[0]
    assert (request.method, request.path) == ("POST", "/do")
    assert request.fields == [("user", "ann"), ("password", SECRET), ("data[]", "+/8AIHBhZ2Vz")]
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.headers["accept-encoding"] == "identity"
    assert "transfer-encoding" not in request.headers
    assert (reply.status, reply.body, reply.whole) == (200, b"fine", True)


def test_the_path_of_the_base_url_is_kept():
    with scripted.Server(scripted.http()) as server:
        post(server.url + "/deep/")
    assert server.requests[0].path == "/deep/do"


def test_a_large_body_arrives_whole():
    pages = bytes(range(256)) * 4096 + b"x"
    with scripted.Server(scripted.http()) as server:
        post(server.url, fields=[("data", pages), ("more", "yes")])
    assert base64.b64decode(server.requests[0].field("data")) == pages
    assert server.requests[0].field("more") == "yes"


def test_the_parts_of_a_body_arrive_as_one():
    parts = [b"head", bytes(200_000), b"", b"tail"]
    with scripted.Server(scripted.http()) as server:
        way = client(server.url)
        way.request("POST", "/do", changes=True, body=parts)
        way.close()
    assert server.requests[0].body == b"".join(parts)


def test_a_reply_that_ends_with_its_connection_is_not_called_whole():
    with scripted.Server(scripted.http(body=b"perhaps", length=False)) as server:
        reply = post(server.url)
    assert reply.body == b"perhaps"
    assert not reply.whole


def test_every_status_but_redirects_and_429_is_handed_on():
    with scripted.Server(scripted.http(500, b"<fault/>"), scripted.http(404)) as server:
        assert post(server.url).body == b"<fault/>"
        assert post(server.url).status == 404


def closed_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@pytest.mark.parametrize("changes", [True, False])
def test_a_refused_connection_is_temporary(changes):
    with pytest.raises(errors.Temporary, match="cannot be reached"):
        post(f"http://127.0.0.1:{closed_port()}", changes=changes)


def test_an_unknown_host_is_temporary():
    with pytest.raises(errors.Temporary, match="cannot be reached"):
        post("https://nowhere.invalid")


LOST = {
    "dropped after the request": scripted.drop_after_request,
    "reset after the request": scripted.reset_after_request,
    "silence": scripted.silent,
    "half a body": scripted.http(body=b"JOBID: 1") [:-2],
    "half a header": b"HTTP/1.1 200 OK\r\nContent-Le",
    "no HTTP": b"220 mail.example.com ESMTP\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello",
    "chunks without end": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nab",
    "compressed": scripted.http(body=gzip.compress(b"fine"), headers=["Content-Encoding: gzip"]),
    "redirect": scripted.http(302, headers=["Location: http://127.0.0.1:1/elsewhere"]),
    "redirect to GET": scripted.http(303, headers=["Location: /done"]),
    "header without end": scripted.flood(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65536),
    "body without end": scripted.flood(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
    "chunks for ever": scripted.flood(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"5\r\nhello\r\n" * 999
    ),
    "only hints": scripted.flood(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 99),
}  # fmt: skip


@pytest.mark.parametrize("name", LOST)
def test_an_answer_lost_after_the_body_is_unsure_when_something_changes_else_temporary(
    name, monkeypatch
):
    monkeypatch.setattr(_http, "PATIENCE", 2)
    with scripted.Server(LOST[name]) as server:
        for changes, expected in [(True, errors.Unsure), (False, errors.Temporary)]:
            with pytest.raises(expected) as caught:
                post(server.url, changes=changes, silence=0.3)
            assert "\n" not in str(caught.value)
            assert len(str(caught.value)) < 400
    assert all(request.path == "/do" for request in server.requests)


@pytest.mark.parametrize("octets", [b"HTTP/1.1 200 OK\r\nX-Slow: " + b"y" * 9000, b"H"])
def test_an_answer_that_drips_ends_with_the_patience_for_the_whole_exchange(octets, monkeypatch):
    monkeypatch.setattr(_http, "PATIENCE", 0.01)
    with scripted.Server(scripted.drip(octets)) as server, pytest.raises(errors.Unsure):
        post(server.url, silence=60)


def test_a_connection_closed_before_the_body_was_read_never_makes_a_body_error_temporary():
    with scripted.Server(scripted.drop) as server, pytest.raises(errors.MailfaxError) as caught:
        post(server.url, fields=[("data", bytes(5_000_000))])
    assert not isinstance(caught.value, errors.Permanent)


def test_an_unforeseen_error_after_the_body_is_unsure_only_where_something_changes(monkeypatch):
    monkeypatch.setattr(failpoints, "_points", {"request-after-body": ("error", 1)})
    with scripted.Server(scripted.http(body=b"fine")) as server:
        assert post(server.url, changes=False).body == b"fine"
        with pytest.raises(errors.Unsure, match="OSError"):
            post(server.url)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        (["Retry-After: 120"], 120.0),
        (["Retry-After: Fri, 20 Nov 2026 10:00:30 GMT", "Date: Fri, 20 Nov 2026 10:00:00 GMT"], 30),
        (["Retry-After: Fri, 20 Nov 2026 09:00:00 GMT", "Date: Fri, 20 Nov 2026 10:00:00 GMT"], 0),
        (["Retry-After: Fri, 20 Nov 2026 10:00:30 GMT"], None),
        (["Retry-After: soon"], None),
        (["Retry-After: -5"], None),
        (["Retry-After: ٣"], None),
        ([], None),
    ],
)
def test_too_many_requests_is_temporary_and_says_when(headers, wait):
    with scripted.Server(scripted.http(429, headers=headers)) as server:
        with pytest.raises(errors.Temporary) as caught:
            post(server.url)
        assert caught.value.not_before == wait


def test_memory_stays_flat_under_a_reply_without_end():
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    with scripted.Server(scripted.flood(head, b"x" * 65536)) as server:
        way = client(server.url)
        tracemalloc.start()
        with pytest.raises(errors.Temporary, match="more than"):
            way.post_form("/do", FIELDS, changes=False, limit=2**20)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        way.close()
    assert peak < 8 * 2**20


def test_a_request_larger_than_the_cap_is_refused_before_connecting(monkeypatch):
    monkeypatch.setattr(_http, "REQUEST", 1000)
    with pytest.raises(errors.Permanent) as caught:
        post(f"http://127.0.0.1:{closed_port()}", fields=[("data", bytes(1000))])
    assert caught.value.cause is errors.Cause.TOO_LONG


def test_cookies_are_not_kept():
    reply = scripted.http(headers=["Set-Cookie: session=1; Path=/"])
    with scripted.Server(reply) as server:
        way = client(server.url)
        for _ in range(2):
            way.post_form("/do", FIELDS, changes=False)
        way.close()
    assert "cookie" not in server.requests[1].headers


def test_each_request_has_a_connection_of_its_own():
    def step(conn, server):
        server.read(conn)
        conn.sendall(scripted.http(body=b"fine"))
        server.lasting = conn.recv(1)

    with scripted.Server(step) as server:
        way = client(server.url)
        for _ in range(3):
            way.post_form("/do", FIELDS, changes=True)
        way.close()
    assert len(server.requests) == 3
    assert server.lasting == b""


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    with scripted.Server(scripted.http(body=b"fine")) as server:
        assert post(server.url).body == b"fine"


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1",
        "http://example.com",
        "http://127.0.0.1.example.com",
        "http://0.0.0.0",
        "http://[::]",
        "ftp://127.0.0.1",
        "//127.0.0.1",
        "https://",
        "https://user:word@example.com",
        "https://user@example.com",
        "https://example.com?x=1",
        "https://example.com#x",
        "https://example.com:99999",
        "https://exa mple.com",
        "https://example.com/a\x7fb",
        "https://[::1",
        "",
    ],
)
def test_a_base_url_that_is_no_https_or_carries_more_than_a_place_is_refused(url):
    with pytest.raises(errors.Permanent, match="url"):
        client(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1"])
def test_this_machine_may_be_spoken_to_in_the_clear(url):
    client(url).close()


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def ca(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


def server_side(authority, *names, version=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    if version:
        context.minimum_version = context.maximum_version = version
    return context


def test_a_server_of_the_given_authority_is_trusted(authority, ca):
    tls = server_side(authority, "127.0.0.1")
    with scripted.Server(scripted.http(body=b"fine"), tls=tls) as server:
        assert post(server.url, ca=ca).body == b"fine"


def test_a_certificate_of_a_stranger_or_for_another_name_is_temporary_and_nothing_is_sent(
    authority, ca
):
    for tls, trusted in [
        (server_side(authority, "127.0.0.1"), ""),
        (server_side(authority, "other.example"), ca),
    ]:
        with scripted.Server(scripted.http(), tls=tls) as server:
            with pytest.raises(errors.Temporary, match=r"(?i)certificate"):
                post(server.url, ca=trusted)
            assert not server.requests


def test_a_server_that_speaks_no_tls_is_temporary(ca):
    with scripted.Server(b"HTTP/1.1 200 OK\r\n\r\n") as server, pytest.raises(errors.Temporary):
        post(server.url.replace("http:", "https:"), ca=ca, silence=0.3)


def test_tls_older_than_1_2_is_not_offered():
    assert _http._context("").minimum_version is ssl.TLSVersion.TLSv1_2


def test_all_authorities_are_read_once_and_a_file_of_them_for_every_client(ca):
    assert _http._context("") is _http._context("")
    assert _http._context(ca) is not _http._context(ca)


def test_a_ca_file_that_is_not_there_is_said():
    with pytest.raises(errors.Permanent, match="CA file"):
        client("https://example.com", ca="/nowhere/ca.pem")


def test_a_secret_is_hidden_in_every_shape_it_is_shown_in():
    shown = (
        f"{SECRET} p%26ss%20w%C3%B6rd%2B%3C1%3E p%26ss+w%C3%B6rd%2B%3C1%3E"
        " p%26ss%20w%c3%b6rd%2b%3c1%3e p&amp;ss wörd+&lt;1&gt;"
    )
    assert _http.redact(shown, [SECRET, ""]) == "*** *** *** *** ***"


def test_no_secret_reaches_an_error_or_a_log(caplog):
    echo = (
        b"HTTP/1.1 200 OK\r\nX: p%26ss%20w%C3%B6rd%2B%3C1%3E\r\nbroken p&ss w\xc3\xb6rd+<1>\r\n\r\n"
    )
    with caplog.at_level(logging.DEBUG), scripted.Server(echo) as server:
        with pytest.raises(errors.Unsure) as caught:
            post(server.url)
        assert "p&ss" not in str(caught.value)
        assert caught.value.__context__ is None
    assert "ss%20w" not in caplog.text
    assert "p&ss" not in caplog.text


def test_the_library_is_imported_only_when_a_client_is_made():
    import subprocess
    import sys

    program = (
        "import sys, mailfax.providers as rooms\n"
        "for kind in rooms.kinds(): rooms.load(kind)\n"
        "print('httpx' in sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "False"
