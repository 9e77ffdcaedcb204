"""Mail out: what the smarthost gets, and what each way of failing is called."""

import contextlib
import logging
import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest
import trustme

from mailfax import errors
from mailfax.mail import smarthost
from tests.mail import sink

DATA = b"From: a@x.example\r\nSubject: hello\r\n\r\n.dotted\r\n..twice\r\nend\r\n"
SENDER, TARGET = "fax@fax.example", "ann@example.com"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def server_tls(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(scope="module")
def ca(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@contextlib.contextmanager
def client(port: int, **settings):
    given = {"host": "127.0.0.1", "port": port, "tls": "none", "hostname": "fax.example"}
    host = smarthost.Smarthost(
        smarthost.Settings(**{"timeout": 5, "final_timeout": 5, **given, **settings})
    )
    try:
        yield host
    finally:
        host.close()


# ── What arrives ───────────────────────────────────────────────────────────────────────


def test_a_mail_arrives_octet_for_octet_with_its_envelope():
    with sink.Sink() as server, client(server.port) as host:
        host.send(SENDER, TARGET, DATA)
    (kept,) = server.mails
    assert (kept.mail_from, kept.rcpt_to, kept.data) == (SENDER, TARGET, DATA)
    assert kept.mail_options == f"SIZE={len(DATA) + 2}"


def test_lone_line_ends_and_a_missing_last_one_are_made_right():
    with sink.Sink() as server, client(server.port) as host:
        host.send(SENDER, TARGET, b".a: b\n\nc\rd")
    assert server.mails[0].data == b".a: b\r\n\r\nc\r\nd\r\n"


def test_a_mail_larger_than_every_buffer_arrives_whole():
    data = DATA + (b"x" * 76 + b"\r\n") * 100_000
    with sink.Sink() as server, client(server.port) as host:
        host.send(SENDER, TARGET, data)
    assert server.mails[0].data == data


def test_loop_09_the_null_return_path_asks_for_no_report():
    with sink.Sink() as server, client(server.port) as host:
        host.send("", TARGET, DATA)
    assert (server.mails[0].mail_from, server.mails[0].rcpt_options) == ("", "NOTIFY=NEVER")


def test_wishes_for_reports_travel_as_xtext():
    with sink.Sink() as server, client(server.port) as host:
        host.send(SENDER, TARGET, DATA, notify=("SUCCESS", "FAILURE"), envid="in+4=1 x")
    assert server.mails[0].mail_options.endswith("ENVID=in+2B4+3D1+20x")
    assert server.mails[0].rcpt_options == "NOTIFY=SUCCESS,FAILURE"


def test_a_server_without_dsn_hears_nothing_of_it():
    with sink.Sink(extensions=()) as server, client(server.port) as host:
        host.send("", TARGET, DATA, envid="x")
    assert "ENVID" not in server.mails[0].mail_options
    assert not server.mails[0].rcpt_options


def test_eight_bits_are_announced():
    with sink.Sink() as server, client(server.port) as host:
        host.send(SENDER, TARGET, "Subject: ü\r\n\r\nü\r\n".encode())
    assert "BODY=8BITMIME" in server.mails[0].mail_options


# ── The kept connection ────────────────────────────────────────────────────────────────


def test_several_mails_share_one_connection():
    with sink.Sink() as server, client(server.port) as host:
        for number in range(5):
            host.send(SENDER, f"ann{number}@example.com", DATA)
    assert (len(server.mails), server.connections) == (5, 1)


def test_a_connection_that_the_server_closed_is_opened_again():
    with sink.Sink() as server, client(server.port) as host:
        host.send(SENDER, TARGET, DATA)
        server.cut()
        host.send(SENDER, TARGET, DATA)
    assert (len(server.mails), server.connections) == (2, 2)


@pytest.mark.parametrize("how", ["421 4.3.2 too long idle", "drop"])
def test_a_connection_that_is_stale_is_opened_again(how):
    with sink.Sink() as server, client(server.port) as host:
        host.send(SENDER, TARGET, DATA)
        server.once["RSET"] = how
        host.send(SENDER, TARGET, DATA)
    assert (len(server.mails), server.connections) == (2, 2)


def test_a_refused_recipient_leaves_the_connection_for_the_next_mail():
    with sink.Sink() as server, client(server.port) as host:
        server.once["RCPT"] = "550 5.1.1 no such user"
        with pytest.raises(errors.Permanent):
            host.send(SENDER, TARGET, DATA)
        host.send(SENDER, TARGET, DATA)
    assert (len(server.mails), server.connections) == (1, 1)


def test_after_close_it_can_be_used_again():
    with sink.Sink() as server, client(server.port) as host:
        host.send(SENDER, TARGET, DATA)
        host.close()
        host.send(SENDER, TARGET, DATA)
    assert (len(server.mails), server.connections) == (2, 2)


def test_threads_take_turns():
    with sink.Sink() as server, client(server.port) as host:
        threads = [
            threading.Thread(target=host.send, args=(SENDER, f"a{number}@x.example", DATA))
            for number in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (len(server.mails), server.connections) == (8, 1)


# ── What failing is called ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "dot"])
def test_a_4xx_is_temporary(verb):
    with sink.Sink() as server, client(server.port) as host:
        server.behave[verb] = "451 4.3.0 later"
        with pytest.raises(errors.Temporary, match=r"451 4\.3\.0 later"):
            host.send(SENDER, TARGET, DATA)


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "dot"])
def test_a_5xx_about_the_mail_is_permanent(verb):
    with sink.Sink() as server, client(server.port) as host:
        server.behave[verb] = "554 5.7.1 never"
        with pytest.raises(errors.Permanent, match=r"554 5\.7\.1 never"):
            host.send(SENDER, TARGET, DATA)


@pytest.mark.parametrize("verb", ["EHLO", "MAIL", "RCPT", "DATA", "content"])
@pytest.mark.parametrize("how", ["drop", "hang"])
def test_a_connection_lost_before_the_final_dot_is_temporary(verb, how):
    data = DATA + (b"x" * 76 + b"\r\n") * 150_000
    with sink.Sink() as server, client(server.port, timeout=0.3) as host:
        server.behave[verb] = how
        with pytest.raises(errors.Temporary):
            host.send(SENDER, TARGET, data)


@pytest.mark.parametrize("how", ["drop", "hang", "nonsense"])
def test_a_connection_lost_after_the_final_dot_is_a_doubt(how):
    with sink.Sink() as server, client(server.port, final_timeout=0.3) as host:
        server.behave["dot"] = how
        with pytest.raises(errors.Unsure, match="after the whole mail was sent"):
            host.send(SENDER, TARGET, DATA)
        server.behave.clear()
        host.send(SENDER, TARGET, DATA)
    assert len(server.mails) == 1


def test_a_421_in_the_middle_is_temporary_and_the_next_mail_goes():
    with sink.Sink() as server, client(server.port) as host:
        server.once["RCPT"] = "421 4.3.2 going down"
        with pytest.raises(errors.Temporary):
            host.send(SENDER, TARGET, DATA)
        host.send(SENDER, TARGET, DATA)
    assert len(server.mails) == 1


def test_a_mail_over_the_servers_limit_is_permanent_and_never_sent():
    with (
        sink.Sink(size=1000) as server,
        client(server.port) as host,
        pytest.raises(errors.Permanent, match="1000 octets") as caught,
    ):
        host.send(SENDER, TARGET, DATA * 30)
    assert caught.value.cause is errors.Cause.TOO_LONG
    assert "MAIL" not in server.verbs


def test_a_server_that_is_not_there_is_temporary():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with client(port) as host, pytest.raises(errors.Temporary, match=f"127.0.0.1:{port}"):
        host.send(SENDER, TARGET, DATA)


def test_a_server_that_never_greets_is_temporary():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with client(port, timeout=0.2) as host, pytest.raises(errors.Temporary):
            host.send(SENDER, TARGET, DATA)


@pytest.mark.parametrize(
    ("mail_from", "rcpt_to"), [(SENDER, ""), (SENDER, "a@x>\r\nDATA"), ("no address", TARGET)]
)
def test_what_is_no_address_is_permanent_and_nothing_is_said(mail_from, rcpt_to):
    with (
        sink.Sink() as server,
        client(server.port) as host,
        pytest.raises(errors.Permanent, match="no mail address"),
    ):
        host.send(mail_from, rcpt_to, DATA)
    assert server.connections == 0


# ── TLS and login ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("tls", ["starttls", "opportunistic"])
def test_aut_18_starttls_is_used_and_the_login_said_after_it(server_tls, ca, tls):
    with (
        sink.Sink(starttls=server_tls, login=("fax", "secret")) as server,
        client(server.port, tls=tls, ca=ca, login="fax", password="secret") as host,
    ):
        host.send(SENDER, TARGET, DATA)
    assert server.verbs[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]
    assert len(server.mails) == 1


def test_implicit_tls_is_used(server_tls, ca):
    with (
        sink.Sink(implicit=server_tls) as server,
        client(server.port, tls="implicit", ca=ca) as host,
    ):
        host.send(SENDER, TARGET, DATA)
    assert len(server.mails) == 1


def test_aut_18_without_starttls_nothing_is_sent_where_it_is_compulsory(ca):
    with (
        sink.Sink() as server,
        client(server.port, tls="starttls", ca=ca) as host,
        pytest.raises(errors.Temporary, match="STARTTLS"),
    ):
        host.send(SENDER, TARGET, DATA)
    assert "MAIL" not in server.verbs


def test_without_starttls_opportunistic_sends_in_the_clear(ca):
    with sink.Sink() as server, client(server.port, tls="opportunistic", ca=ca) as host:
        host.send(SENDER, TARGET, DATA)
    assert len(server.mails) == 1


def test_a_login_is_never_said_in_the_clear_to_another_machine(ca):
    settings = {"host": "127.1", "tls": "opportunistic", "ca": ca, "login": "fax", "password": "x"}
    with (
        sink.Sink(login=("fax", "x")) as server,
        client(server.port, **settings) as host,
        pytest.raises(errors.Temporary, match="no TLS"),
    ):
        host.send(SENDER, TARGET, DATA)
    assert "AUTH" not in server.verbs


@pytest.mark.parametrize("tls", ["starttls", "opportunistic", "implicit"])
def test_a_certificate_of_a_stranger_stops_everything(server_tls, tls):
    contexts = {"implicit": server_tls} if tls == "implicit" else {"starttls": server_tls}
    with (
        sink.Sink(**contexts, login=("fax", "secret")) as server,
        client(server.port, tls=tls, login="fax", password="secret") as host,
        pytest.raises(errors.Temporary, match="certificate"),
    ):
        host.send(SENDER, TARGET, DATA)
    assert not {"AUTH", "MAIL"} & set(server.verbs)


def test_a_certificate_for_another_name_stops_everything(authority, ca):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("other.example").configure_cert(context)
    with (
        sink.Sink(starttls=context) as server,
        client(server.port, tls="starttls", ca=ca) as host,
        pytest.raises(errors.Temporary, match="certificate"),
    ):
        host.send(SENDER, TARGET, DATA)
    assert "MAIL" not in server.verbs


def test_a_refused_login_is_temporary_and_says_no_secret(caplog):
    caplog.set_level(logging.DEBUG)
    with (
        sink.Sink(login=("fax", "right")) as server,
        client(server.port, login="fax", password="canary") as host,
    ):
        with pytest.raises(errors.Temporary, match="login of 'fax'") as caught:
            host.send(SENDER, TARGET, DATA)
        assert "canary" not in repr(host._settings)
    assert caught.value.cause is errors.Cause.LOGIN_FAILED
    ours = [r for r in caplog.records if not r.name.startswith("mail.")]  # the sink's own log
    assert "canary" not in str(caught.value) + "".join(r.getMessage() for r in ours)


def test_a_server_that_wants_a_login_is_our_trouble_not_the_mails():
    with sink.Sink() as server, client(server.port) as host:
        server.behave["MAIL"] = "530 5.7.0 log in first"
        with pytest.raises(errors.Temporary) as caught:
            host.send(SENDER, TARGET, DATA)
    assert caught.value.cause is errors.Cause.LOGIN_FAILED


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"tls": "maybe"}, "maybe"),
        ({"tls": "none", "host": "mail.example.com", "login": "fax"}, "without TLS"),
        ({"tls": "starttls", "ca": "/nowhere/ca.pem"}, "cannot be read"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(settings, word):
    with pytest.raises(errors.Invalid, match=word):
        smarthost.Smarthost(smarthost.Settings(**{"host": "127.0.0.1", **settings}))


def test_check_connects_and_logs_in_and_sends_nothing(server_tls, ca):
    with (
        sink.Sink(starttls=server_tls, login=("fax", "secret")) as server,
        client(server.port, tls="starttls", ca=ca, login="fax", password="secret") as host,
    ):
        host.check()
    assert "AUTH" in server.verbs
    assert "MAIL" not in server.verbs


# ── Strangers ──────────────────────────────────────────────────────────────────────────


@pytest.mark.skipif(shutil.which("smtp-sink") is None, reason="Postfix's smtp-sink is not here")
def test_postfix_takes_our_mails():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(["smtp-sink", "-u", "nobody", f"127.0.0.1:{port}", "10"])
    try:
        _wait_for(port)
        with client(port) as host:
            for _ in range(3):
                host.send("", TARGET, DATA)
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
