"""The web's door: who is let in, how far, and that nobody shuts out another."""

import contextlib
import socket
import ssl
import threading

import pytest
import trustme

from mailfax import errors, web
from mailfax.web import _server

PATH = "/push/main/secret"


class Door:
    """A running web; `taken` are the pushes that came through."""

    def __init__(self, **settings):
        self.taken = []
        self.receive = lambda account, push: b"OK"
        listen = (("127.0.0.1", 0),)
        self.web = web.Web(web.Settings(listen=listen, **settings), self._prove, self._receive)
        (self.place,) = self.web.addresses
        self._thread = threading.Thread(target=self.web.run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.web.stop()
        self._thread.join()

    @staticmethod
    def _prove(account, path):
        if (account, path) != ("main", "/secret"):
            raise web.Strange("the secret is wrong")

    def _receive(self, account, push):
        self.taken.append(push)
        return self.receive(account, push)

    def connect(self, source="127.0.0.1"):
        """A connection that ends with its block."""
        made = socket.create_connection(self.place, timeout=60, source_address=(source, 0))
        return contextlib.closing(made)

    def push(self, body=b"{}", path=PATH):
        with self.connect() as conn:
            return ask(conn, request(body, path))


@pytest.fixture
def door():
    with Door() as made:
        yield made


def request(body=b"{}", path=PATH, *fields, length=None):
    size = len(body) if length is None else length
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {size}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


def ask(conn, octets):
    """(status, body) of the answer to these octets."""
    conn.sendall(octets)
    said = whole(conn)
    head, _, body = said.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), body


def whole(conn):
    """All that comes until the other side closes."""
    said = b""
    while more := conn.recv(65_536):
        said += more
    return said


# Who is let in


def test_a_push_is_handed_over_whole_and_answered_with_what_the_provider_wants(door):
    assert door.push(b"x" * 1_000_000) == (200, b"OK")
    (push,) = door.taken
    assert push.body == b"x" * 1_000_000
    assert push.headers["host"] == "x"


def test_a_push_comes_without_its_path_which_is_a_secret(door):
    door.push()
    assert "secret" not in str(door.taken)


@pytest.mark.parametrize(
    "path", ["/push/main/guessed", "/push/other/secret", "/push/main/", "/", "/push/main/secret?x"]
)
def test_what_does_not_know_account_and_secret_is_not_there(door, path):
    assert door.push(path=path)[0] == 404
    assert not door.taken


def test_a_stranger_is_answered_before_his_body_is_asked_for(door):
    with door.connect() as conn:
        ahead = request(b"", "/push/main/guessed", "Expect: 100-continue", length=1_000_000)
        assert ask(conn, ahead)[0] == 404


def test_a_stranger_who_sends_a_large_body_at_once_still_hears_his_answer(door):
    assert door.push(b"x" * web.BODY, "/push/main/guessed")[0] == 404


def test_a_push_that_says_it_is_too_large_is_refused_before_it_comes(door):
    with door.connect() as conn:
        ahead = request(b"", PATH, "Expect: 100-continue", length=web.BODY + 1)
        assert ask(conn, ahead)[0] == 413


def test_a_push_that_grows_too_large_is_refused(door, monkeypatch):
    monkeypatch.setattr(web, "BODY", 10)
    with door.connect() as conn:
        head = request(b"", PATH, "Transfer-Encoding: chunked").replace(
            b"Content-Length: 0\r\n", b""
        )
        assert ask(conn, head + b"b\r\nhello world\r\n0\r\n\r\n")[0] == 413
    assert not door.taken


def test_a_body_that_does_not_come_is_not_waited_for_for_ever(door, monkeypatch):
    monkeypatch.setattr(web, "PATIENCE", 0.1)
    with door.connect() as conn:
        assert ask(conn, request(b"", length=10))[0] == 408


# What goes wrong


@pytest.mark.parametrize(
    ("error", "status"),
    [(web.Strange("no push"), 404), (errors.Temporary("later"), 503), (errors.Permanent("x"), 503),
     (KeyError("x"), 503)],
)  # fmt: skip
def test_only_what_is_not_the_providers_is_not_there_and_our_trouble_comes_again(
    door, error, status
):
    def fail(account, push):
        raise error

    door.receive = fail
    assert door.push()[0] == status


def test_more_at_once_than_can_be_taken_in_are_to_come_again(door, monkeypatch):
    free = threading.Event()
    begun = threading.Semaphore(0)

    def slow(account, push):
        begun.release()
        free.wait()
        return b""

    door.receive = slow
    with contextlib.ExitStack() as stack:
        stack.callback(free.set)
        conns = [stack.enter_context(door.connect()) for _ in range(web.AT_ONCE)]
        for conn in conns:
            conn.sendall(request())
            begun.acquire()
        assert door.push()[0] == 503
        free.set()
        assert {ask(conn, b"")[0] for conn in conns} == {200}
    assert door.push()[0] == 200


# Who shuts out whom


def test_idle_and_half_sent_connections_shut_nobody_out(door):
    with contextlib.ExitStack() as stack:
        for number in range(100):
            conn = stack.enter_context(door.connect())
            conn.sendall(request()[: number % 40])
        assert door.push()[0] == 200


@pytest.mark.parametrize("begun", [b"", b"POST /push/main/secret HTTP/1.1\r\nHost: x\r\n"])
def test_a_connection_whose_head_does_not_come_is_cut(monkeypatch, begun):
    monkeypatch.setattr(_server, "HEAD", 0.1)
    with Door() as door, door.connect() as conn:
        conn.sendall(begun)
        with contextlib.suppress(ConnectionResetError):
            assert whole(conn) == b""


def test_a_push_that_takes_long_to_be_read_is_not_cut(monkeypatch):
    monkeypatch.setattr(_server, "HEAD", 0.1)
    with Door() as door:
        waited = threading.Event()
        door.receive = lambda *_: str(waited.wait(0.5)).encode()
        assert door.push() == (200, b"False")


def test_a_connection_carries_one_request(door):
    with door.connect() as conn:
        assert ask(conn, request() * 2) == (200, b"OK")
    assert len(door.taken) == 1


# TLS


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def tls(authority, tmp_path):
    """Settings of a door with a certificate."""
    file = tmp_path / "cert.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(file)
    return {"cert": file, "key": file}


def secured(conn, authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context.wrap_socket(conn, server_hostname="localhost")


def test_a_door_with_a_certificate_speaks_https(authority, tls):
    with Door(**tls) as door, door.connect() as plain, secured(plain, authority) as conn:
        assert ask(conn, request()) == (200, b"OK")


def test_connections_of_one_address_are_counted_before_they_speak_and_others_come_in(
    authority, tls, monkeypatch
):
    monkeypatch.setattr(_server, "EACH", 3)
    with Door(**tls) as door, contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(door.connect())
        with door.connect() as fourth:
            with contextlib.suppress(ConnectionResetError):
                assert fourth.recv(1) == b""
        with door.connect("127.0.0.2") as plain, secured(plain, authority) as conn:
            assert ask(conn, request()) == (200, b"OK")


def test_who_speaks_no_tls_in_time_is_cut(tls, monkeypatch):
    monkeypatch.setattr(_server, "HEAD", 0.1)
    with Door(**tls) as door, door.connect() as conn:
        with contextlib.suppress(ConnectionResetError):
            assert conn.recv(1) == b""


def test_a_new_certificate_is_read_while_it_runs(tls):
    other = trustme.CA()
    with Door(**tls) as door:
        other.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(tls["cert"])
        door.web.reload_tls()
        with door.connect() as plain, secured(plain, other) as conn:
            assert ask(conn, request())[0] == 200


def test_a_certificate_that_is_none_leaves_the_old_one_in_use(authority, tls):
    with Door(**tls) as door:
        tls["cert"].write_text("nothing")
        with pytest.raises(errors.Permanent, match="certificate"):
            door.web.reload_tls()
        with door.connect() as plain, secured(plain, authority) as conn:
            assert ask(conn, request())[0] == 200


def test_a_door_that_cannot_open_says_why(tmp_path):
    with Door() as door, pytest.raises(errors.Permanent, match="cannot listen"):
        web.Web(web.Settings(listen=(door.place,)), door._prove, door._receive)
    (tmp_path / "cert.pem").write_text("nothing")
    with pytest.raises(errors.Permanent, match="certificate"):
        Door(cert=tmp_path / "cert.pem", key=tmp_path / "cert.pem")


@pytest.mark.parametrize(
    ("address", "place"),
    [("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::1"),
     ("fe80::1%eth0", "fe80::1")],
)  # fmt: skip
def test_an_ipv4_address_is_one_even_where_an_ipv6_socket_heard_it(address, place):
    assert _server._place((address, 1)) == place
