"""The listener as a whole: limits, slow clients, the end, and clients that others wrote."""

import os
import pathlib
import shutil
import smtplib
import socket
import subprocess
import threading
import time

import argon2
import pytest
import structlog
import trustme

from mailfax import errors
from mailfax.mail import gate, listener
from tests.mail import rig


@pytest.fixture
def service(tmp_path):
    with rig.serving(tmp_path) as running:
        yield running


def test_several_addresses_are_listened_on_at_once(tmp_path):
    places = (("127.0.0.1", 0), ("127.0.0.1", 0))
    with rig.serving(tmp_path, listen=places) as service:
        assert len(service.listener.addresses) == 2
        for place in service.listener.addresses:
            with rig.Client(place) as client:
                assert client.mail()[0] == 250
    with pytest.raises(OSError):
        socket.create_connection(service.place, timeout=5)


def test_a_client_of_ipv6_is_named_in_the_trace_line(tmp_path):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    with rig.serving(tmp_path, listen=(("::1", 0),)) as service:
        with rig.Client(service.place) as client:
            client.mail()
        assert b"([IPv6:::1])" in service.envelopes[0].trace


def test_an_address_that_is_taken_is_named(tmp_path, service):
    host, port = service.place
    with pytest.raises(errors.Permanent, match=f"cannot listen on {host}:{port}"):
        rig.serving(tmp_path, listen=(("127.0.0.1", 0), service.place)).__enter__()


def test_implicit_tls_without_a_certificate_is_a_mistake(tmp_path):
    with pytest.raises(errors.Permanent, match="without a certificate"):
        rig.serving(tmp_path, implicit_tls=(("127.0.0.1", 0),)).__enter__()


# ── limits ─────────────────────────────────────────────────────────────────────────────


def test_srv_34_one_connection_too_many_from_one_address_is_put_off(tmp_path):
    with rig.serving(tmp_path, max_connections_per_address=2) as service:
        with rig.Client(service.place), rig.Client(service.place) as second:
            with rig.Client(service.place, greet=False) as third:
                assert third.reply() == (421, "4.7.0 Too many connections from your address")
                assert third.ended()
            assert second.mail()[0] == 250
        rig.until(lambda: not service.connections)
        with rig.Client(service.place) as fourth:
            assert fourth.mail()[0] == 250


def test_srv_34_one_connection_too_many_in_all_is_put_off(tmp_path):
    with (
        rig.serving(tmp_path, max_connections=1) as service,
        rig.Client(service.place),
        rig.Client(service.place, greet=False) as second,
    ):
        assert second.reply()[1].startswith("4.3.2")


def test_srv_34_neither_500_idle_nor_50_trickling_clients_keep_a_good_one_waiting(tmp_path):
    with rig.serving(tmp_path, max_connections=600, max_connections_per_address=600) as service:
        idle = [socket.create_connection(service.place, timeout=30) for _ in range(500)]
        trickling = [rig.Client(service.place) for _ in range(50)]
        for client in trickling:
            client.envelope()
        with rig.Client(service.place) as good:
            for octet in b"Subject: x\r\n\r\nbody\r\n":
                for client in trickling:
                    client.send(bytes([octet]))
                assert good.mail()[0] == 250
            good.mail((b"x" * 98 + b"\r\n") * 5000)
        assert len(service.envelopes) == 21
        for client in trickling:
            client.send(b".\r\n")
        assert {client.reply()[0] for client in trickling} == {250}
        for client in trickling:
            client.__exit__()
        for connection in idle:
            connection.close()


def test_ipv6_clients_are_counted_by_their_network():
    counting = gate.Gate(10, 1)
    assert counting.enter("2001:db8::1") is None
    assert counting.enter("2001:db8::ffff:1").status == "4.7.0"
    assert counting.enter("2001:db8:0:1::1") is None
    assert counting.enter("192.0.2.1") is None
    assert counting.enter("192.0.2.2") is None
    counting.leave("2001:db8::1")
    counting.leave("2001:db8::1")
    assert counting.enter("2001:db8::2") is None


def test_a_client_that_says_nothing_is_told_so_and_left(tmp_path):
    with rig.serving(tmp_path, idle=0.2) as service, rig.Client(service.place) as client:
        assert client.reply()[1].startswith("4.4.2")
        assert client.ended()


def test_a_command_that_drips_in_is_idle_all_the_same(tmp_path):
    with (
        rig.serving(tmp_path, idle=1.0) as service,
        rig.Client(service.place) as client,
        pytest.raises(OSError),
    ):
        client.drip(b"N")


def test_a_session_that_lasts_too_long_is_ended(tmp_path):
    with (
        rig.serving(tmp_path, session=0.5) as service,
        rig.Client(service.place) as client,
        pytest.raises(OSError),
    ):
        client.drip(b"NOOP\r\n")


def test_srv_30_a_slow_steady_sender_outlives_idle_time_and_session(tmp_path):
    slow = {"idle": 1.0, "session": 1.0, "rate_grace": 0.1, "min_rate": 10.0}
    with rig.serving(tmp_path, **slow) as service, rig.Client(service.place) as client:
        client.envelope()
        client.send(b"x: y\r\n\r\n")
        for _ in range(40):
            client.send(b"some more\r\n")
            time.sleep(0.05)
        client.send(b".\r\n")
        assert client.reply()[0] == 250
        assert client.reply()[0] == 421


def test_a_sender_below_the_least_rate_is_cut_while_it_sends(tmp_path):
    slow = {"idle": 30.0, "rate_grace": 0.3, "min_rate": 10_000.0}
    with rig.serving(tmp_path, **slow) as service, rig.Client(service.place) as client:
        client.envelope()
        with pytest.raises(OSError):
            client.drip(b"x\r\n")
    assert service.envelopes == []


def test_a_sender_that_stops_within_a_mail_is_cut_and_leaves_nothing(tmp_path):
    with rig.serving(tmp_path, idle=0.5) as service, rig.Client(service.place) as client:
        client.envelope()
        client.send((b"x" * 98 + b"\r\n") * 10_000)
        rig.until(lambda: list(tmp_path.iterdir()))
        assert client.reply() == (421, "4.4.2 The message came too slowly")
        rig.until(lambda: not list(tmp_path.iterdir()))
    assert service.envelopes == []


def test_a_client_that_never_reads_is_cut(tmp_path):
    with rig.serving(tmp_path, idle=0.3) as service, rig.Client(service.place) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with pytest.raises(OSError):
            client.drip(b"EHLO x\r\n" * 10_000, gap=0)
        rig.until(lambda: not service.connections)


def test_a_client_that_hangs_up_within_a_mail_leaves_nothing(tmp_path, service):
    with rig.Client(service.place) as client:
        client.envelope()
        client.send((b"x" * 98 + b"\r\n") * 10_000)
        rig.until(lambda: list(tmp_path.iterdir()))
    rig.until(lambda: not list(tmp_path.iterdir()))
    assert service.envelopes == []


# ── our own trouble, and mails that must not be lost ───────────────────────────────────


class Odd(Exception):
    def __str__(self):
        raise RuntimeError("even my text fails")


def boundary_errors():
    import sqlite3

    return [
        OSError(28, "no space /secret/path"), OSError(5, "EIO"), OSError(24, "EMFILE"),
        PermissionError(13, "/secret"), TimeoutError("secret"), ConnectionResetError("secret"),
        BrokenPipeError("secret"), EOFError("secret"), MemoryError("secret"), KeyError("secret"),
        ValueError("secret"), TypeError("secret"), AttributeError("secret"), IndexError("secret"),
        ZeroDivisionError("secret"), RecursionError("secret"), AssertionError("secret"),
        UnicodeDecodeError("ascii", b"secret", 0, 1, "x"), NotImplementedError("secret"),
        StopIteration("secret"), SystemExit("secret"), KeyboardInterrupt("secret"),
        GeneratorExit("secret"), sqlite3.OperationalError("secret"), Odd(),
        sqlite3.DatabaseError("secret"), errors.Permanent("secret"), errors.Unsure("secret"),
        errors.Fenced("secret"),
    ]  # fmt: skip


@pytest.mark.parametrize("place", ["on_ready", "on_admit", "on_accept", "on_spool"])
def test_whatever_breaks_inside_the_client_is_told_to_try_again_and_no_more(service, place):
    """25 kinds of failure and more: never a 5xx, never their text, and the session goes on."""
    for error in boundary_errors():
        fine = getattr(service, place)
        setattr(service, place, lambda *_, error=error: throw(error))
        with rig.Client(service.place) as client:
            code, text = first_refusal(client)
            assert code == 451, error
            assert text.startswith("4.3.0 ")
            assert "(id " in text
            assert "secret" not in text
            setattr(service, place, fine)
            client.say("RSET")
            assert client.mail()[0] == 250


def throw(error):
    raise error


def first_refusal(client):
    for line in ("MAIL FROM:<a@b.example>", f"RCPT TO:<{rig.NUMBER}>", "DATA"):
        code, text = client.say(line)
        if code >= 400:
            return code, text
    client.send((b"x" * 98 + b"\r\n") * 1000 + b".\r\n")
    return client.reply()


def test_trouble_is_logged_under_the_id_that_the_client_is_told(service, capfd):
    service.on_accept = lambda envelope: throw(RuntimeError("the inside story"))
    with rig.Client(service.place) as client:
        text = client.mail()[1]
    name = text.partition("(id ")[2].rstrip(")")
    logged = capfd.readouterr().out
    assert name in logged
    assert "the inside story" in logged
    assert rig.NUMBER not in logged


def test_a_log_that_cannot_be_written_to_stops_no_mail(service):
    tried = []

    def full(logger, method, event):
        tried.append(method)
        raise OSError(28, "no space")

    with structlog.testing.capture_logs():
        structlog.configure(processors=[full])
        with rig.Client(service.place) as client:
            assert client.say("XYZZY")[0] == 500
            assert client.mail()[0] == 250
            service.on_accept = lambda envelope: throw(RuntimeError)
            assert client.mail()[0] == 451
    assert tried == ["info", "info", "error", "info"]


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (errors.Refused(550, "5.7.1", "Not proven"), (550, "5.7.1 Not proven")),
        (errors.Refused(451, "4.4.3", "DNS is away"), (451, "4.4.3 DNS is away")),
        (errors.Temporary("The ledger is busy"), (451, "4.3.0 The ledger is busy")),
        (
            errors.Refused(550, "5.6.0", "two\r\nlines ü"),
            (550, "5.6.0 two??lines ?"),
        ),
    ],
)
def test_what_the_service_says_no_to_is_refused_in_its_words(tmp_path, service, error, reply):
    service.on_accept = lambda envelope: throw(error)
    with rig.Client(service.place) as client:
        assert client.mail((b"x" * 98 + b"\r\n") * 1000) == reply
    assert list(tmp_path.iterdir()) == []


def test_srv_39_a_long_refusal_is_told_in_several_lines(service):
    service.on_accept = lambda envelope: throw(errors.Refused(550, "5.7.1", "why " * 400))
    with rig.Client(service.place) as client:
        code, text = client.mail()
    assert code == 550
    assert text.count("why") == 400


def test_after_an_unforeseen_error_the_file_stays_for_the_store_to_judge(tmp_path, service):
    service.on_accept = lambda envelope: throw(OSError("was it committed?"))
    with rig.Client(service.place) as client:
        assert client.mail((b"x" * 98 + b"\r\n") * 1000)[0] == 451
    assert len(list(tmp_path.iterdir())) == 1


def test_a_spool_that_breaks_leaves_no_file(tmp_path, service):
    class Broken(rig.FileSpool):
        def finish(self):
            raise OSError(5, "EIO")

    service.listener._host.new_spool = lambda: Broken(tmp_path / "spool")
    with rig.Client(service.place) as client:
        assert client.mail((b"x" * 98 + b"\r\n") * 1000)[0] == 451
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [10, 10_000])
def test_a_client_that_hangs_up_while_its_mail_is_committed_does_not_stop_that(service, size):
    begun, goes_on = threading.Event(), threading.Event()

    def slowly(envelope):
        begun.set()
        assert goes_on.wait(30)

    service.on_accept = slowly
    with rig.Client(service.place) as client:
        client.envelope()
        client.send(b"x: y\r\n" * size + b".\r\n")
        assert begun.wait(30)
        client.hang_up()
    rig.until(lambda: not service.connections)
    assert service.envelopes == []
    goes_on.set()
    assert service.accepted.wait(30)
    assert service.envelopes[0].content.read().endswith(b"x: y\r\n" * size)


def test_mails_queued_for_a_thread_are_taken_even_if_all_their_clients_are_gone(service):
    goes_on = threading.Event()
    service.on_accept = lambda envelope: goes_on.wait(30)
    clients = [rig.Client(service.place) for _ in range(45)]
    for client in clients:
        client.envelope()
        client.send(b"x: y\r\n\r\n.\r\n")
    rig.until(lambda: service.begun == 45)
    for client in clients:
        client.hang_up()
    rig.until(lambda: not service.connections)
    goes_on.set()
    rig.until(lambda: len(service.envelopes) == 45)


# ── the end ────────────────────────────────────────────────────────────────────────────


def test_stopping_says_goodbye_to_the_idle_and_lets_the_busy_finish(tmp_path):
    begun, goes_on = threading.Event(), threading.Event()

    def slowly(envelope):
        begun.set()
        assert goes_on.wait(30)

    with rig.serving(tmp_path) as service:
        service.on_accept = slowly
        with rig.Client(service.place) as idle, rig.Client(service.place) as busy:
            sending = rig.Client(service.place)
            sending.envelope()
            busy.envelope()
            busy.send(b"x: y\r\n\r\n.\r\n")
            assert begun.wait(30)
            ending = threading.Thread(target=service.listener.stop, args=(20,))
            ending.start()
            assert idle.reply() == (421, "4.3.2 We are closing, come back soon")
            with pytest.raises(OSError):
                socket.create_connection(service.place, timeout=5)
            goes_on.set()
            for client in (busy, sending):
                if client is sending:
                    client.send(b"x: y\r\n\r\n.\r\n")
                assert client.reply()[0] == 250
                assert client.reply()[0] == 421
                assert client.ended()
            sending.__exit__()
            ending.join()
    assert len(service.envelopes) == 2


def test_stopping_cuts_who_does_not_finish_in_time(tmp_path):
    with rig.serving(tmp_path) as service, rig.Client(service.place) as client:
        client.envelope()
        client.send(b"x" * 100_000)
        service.listener.stop(grace=0.1)
        with pytest.raises((OSError, AssertionError)):
            client.reply()
    assert service.envelopes == []
    assert list(tmp_path.iterdir()) == []


def test_stopping_twice_or_before_the_start_is_no_error(tmp_path):
    with rig.serving(tmp_path) as service:
        service.listener.stop()
        service.listener.stop()
    settings = listener.Settings(listen=(), hostname="x", domains=())
    other = rig.Service(tmp_path)
    listener.Listener(settings, other.admit, other.accept, other.ready, other.new_spool).stop()


# ── clients that others wrote ──────────────────────────────────────────────────────────


def tool(name):
    """The program, or a skip where it is missing; in CI a missing one is an error."""
    if shutil.which(name) is None:
        assert not os.environ.get("CI"), f"{name} is not installed"
        pytest.skip(f"{name} is not installed")
    return name


def test_smtplib_sends_a_mail(service):
    with smtplib.SMTP(*service.place) as client:
        client.sendmail(
            "a@b.example", [rig.NUMBER], "Subject: x\n\n.body\n",
            mail_options=["RET=HDRS"], rcpt_options=["NOTIFY=NEVER"],
        )  # fmt: skip
    (envelope,) = service.envelopes
    assert envelope.ret == "HDRS"
    assert envelope.rcpt_tos[0].notify == {"NEVER"}
    assert envelope.content.data.endswith(b"Subject: x\r\n\r\n.body\r\n")


def swaks(place, *options):
    """A recipient that starts with a plus would be an option to swaks."""
    return subprocess.run(
        [tool("swaks"), "--server", place[0], "--port", str(place[1]), "--helo", "swaks.example",
         "--from", "a@b.example", "--to", f"FAX={rig.NUMBER}", *options],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--pipeline"],
        ["--protocol", "SMTP"],
        ["--header", "Subject: x", "--body", ".\n..\nend"],
        ["--to", f"FAX={rig.NUMBER},Postmaster@fax.example", "--pipeline"],
    ],
)
def test_swaks_sends_a_mail(service, options):
    done = swaks(service.place, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "250 2.6.0 Queued as M1" in done.stdout


def test_srv_04_swaks_with_broken_line_ends_is_refused(service):
    done = swaks(service.place, "--no-data-fixup", "--data", "Subject: x\n\nbody\r\n.\r\n")
    assert done.returncode != 0
    assert "550 5.6.0" in done.stdout
    assert service.envelopes == []


def test_msmtp_logs_in_over_tls_and_sends_a_mail(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    issued = authority.issue_cert("localhost", "127.0.0.1")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    settings = {
        "implicit_tls": (("127.0.0.1", 0),), "require_auth": frozenset({0}),
        "tls_cert": tmp_path / "cert.pem", "tls_key": tmp_path / "key.pem",
        "logins": {"ann": argon2.PasswordHasher(1, 8, 1).hash("secret")},
    }  # fmt: skip
    with rig.serving(tmp_path, **settings) as service:
        for place, starttls in zip(service.listener.addresses, ("on", "off"), strict=True):
            done = msmtp(tmp_path, place, starttls)
            assert done.returncode == 0, done.stderr
    assert [envelope.login for envelope in service.envelopes] == ["ann", "ann"]


def msmtp(folder: pathlib.Path, place, starttls):
    return subprocess.run(
        [tool("msmtp"), "--file=/dev/null", f"--host={place[0]}", f"--port={place[1]}",
         "--tls=on", f"--tls-starttls={starttls}", f"--tls-trust-file={folder}/ca.pem", "--auth=on",
         "--user=ann", "--passwordeval=echo secret", "--from=a@b.example", "--domain=ms.example",
         rig.NUMBER],
        input=b"Subject: x\n\n.body\n", capture_output=True, timeout=60, check=False,
    )  # fmt: skip
