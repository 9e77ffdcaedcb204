"""STARTTLS, implicit TLS and logins, over real sockets with a real certificate."""

import base64
import socket
import ssl
import threading

import argon2
import pytest
import trustme

from mailfax import errors
from mailfax.mail import logins
from tests.mail import rig

CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
WORDS = {"ann": CHEAP.hash("secret ä"), "bob": CHEAP.hash("")}


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def trust(authority):
    return rig.trusting(authority)


@pytest.fixture(scope="module")
def certificate(authority, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    issued = authority.issue_cert("localhost")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    for part in issued.cert_chain_pems:
        part.write_to_path(folder / "cert.pem", append=True)
    return {"tls_cert": folder / "cert.pem", "tls_key": folder / "key.pem"}


@pytest.fixture
def service(tmp_path, certificate):
    doors = {"listen": (("127.0.0.1", 0),), "implicit_tls": (("127.0.0.1", 0),)}
    with rig.serving(tmp_path, logins=WORDS, **doors, **certificate) as running:
        running.implicit = running.listener.addresses[1]
        yield running


@pytest.fixture
def client(service, trust):
    """After STARTTLS and EHLO."""
    with rig.Client(service.place) as talking:
        talking.starttls(trust)
        talking.ehlo = talking.say("EHLO safe.example")
        yield talking


def coded(text):
    return base64.b64encode(text.encode()).decode()


def test_srv_21_in_the_clear_tls_is_offered_and_no_login_is(service):
    with rig.Client(service.place) as client:
        assert "STARTTLS" in client.ehlo[1]
        assert "AUTH" not in client.ehlo[1]
        assert client.say(f"AUTH PLAIN {coded('x')}")[1].startswith("5.7.11")
        assert client.mail()[0] == 250


def test_srv_20_behind_tls_logins_are_offered_and_tls_is_not(service, client):
    assert "STARTTLS" not in client.ehlo[1]
    assert "AUTH PLAIN LOGIN" in client.ehlo[1]
    assert client.say("STARTTLS")[0] == 503
    client.mail()
    (envelope,) = service.envelopes
    assert envelope.peer.tls == "TLSv1.3 TLS_AES_256_GCM_SHA384"
    assert b"with ESMTPS\r\n" in envelope.trace
    assert b"\ttls TLS_AES_256_GCM_SHA384;\r\n" in envelope.trace


def test_srv_20_starttls_forgets_what_was_said_and_done_before(service, trust):
    with rig.Client(service.place) as client:
        client.say("MAIL FROM:<a@b.example>")
        client.starttls(trust)
        assert client.say(f"RCPT TO:<{rig.NUMBER}>")[0] == 503
        assert client.say("MAIL FROM:<a@b.example>") == (503, "5.5.1 Say EHLO first")


def test_srv_20_what_is_slipped_in_behind_starttls_is_dropped(service, trust):
    with rig.Client(service.place) as client:
        client.send("STARTTLS\r\nRSET\r\nXYZZY\r\nMAIL FROM:<evil@b.example>\r\n")
        assert client.reply()[0] == 220
        client.file.close()
        client.socket = trust.wrap_socket(client.socket, server_hostname="localhost")
        client.file = client.socket.makefile("rb")
        assert client.say("NOOP") == (250, "2.0.0 Here")
        assert client.say("EHLO safe.example")[0] == 250
        assert client.mail()[0] == 250
        assert service.envelopes[0].mail_from == "a@b.example"


@pytest.mark.parametrize("rubbish", [b"\x16\x03\x01 this is no handshake", b"EHLO x\r\n", b""])
def test_a_broken_handshake_ends_the_connection_and_nothing_else(service, trust, rubbish):
    with rig.Client(service.place) as client:
        client.say("STARTTLS")
        client.send(rubbish)
        client.socket.shutdown(socket.SHUT_WR)
        client.file.read()
    with rig.Client(service.place) as client:
        assert client.mail()[0] == 250


def test_srv_22_tls_before_1_2_is_refused(service):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with (
        socket.create_connection(service.implicit, timeout=30) as raw,
        pytest.raises((ssl.SSLError, OSError)),
    ):
        context.wrap_socket(raw)


def test_srv_22_implicit_tls_takes_logins_and_mail(service, trust):
    with rig.Client(service.implicit, tls=trust) as client:
        assert "AUTH PLAIN LOGIN" in client.ehlo[1]
        assert "STARTTLS" not in client.ehlo[1]
        assert client.say(f"AUTH PLAIN {coded(chr(0) + 'ann' + chr(0) + 'secret ä')}")[0] == 235
        assert client.mail(b"x: y\r\n\r\n" + (b"z" * 76 + b"\r\n") * 30_000)[0] == 250
    (envelope,) = service.envelopes
    assert envelope.login == "ann"
    assert b"with ESMTPSA" in envelope.trace


@pytest.mark.parametrize(
    "lines",
    [
        ["AUTH PLAIN " + coded("\0ann\0secret ä")],
        ["auth plain " + coded("ann\0ann\0secret ä")],
        ["AUTH PLAIN", coded("\0ann\0secret ä")],
        ["AUTH LOGIN", coded("ann"), coded("secret ä")],
        ["AUTH LOGIN " + coded("ann"), coded("secret ä")],
        ["AUTH LOGIN", coded("bob"), "="],
    ],
)
def test_srv_23_each_way_to_log_in_works(service, client, lines):
    codes = [client.say(line)[0] for line in lines]
    assert codes == [334] * (len(lines) - 1) + [235]
    assert client.say(lines[0])[0] == 503
    assert client.mail()[0] == 250
    assert service.envelopes[0].login in {"ann", "bob"}


@pytest.mark.parametrize(
    ("lines", "start"),
    [
        (["AUTH"], "501 5.5.4"),
        (["AUTH CRAM-MD5"], "504 5.5.4"),
        (["AUTH PLAIN !!!"], "501 5.5.2"),
        (["AUTH PLAIN", "!!!"], "501 5.5.2"),
        (["AUTH PLAIN", "*"], "501 5.7.0"),
        (["AUTH LOGIN", coded("ann"), "*"], "501 5.7.0"),
        (["AUTH PLAIN " + coded("ann")], "501 5.5.2"),
        (["AUTH PLAIN " + base64.b64encode(b"\0\xff\0x").decode()], "501 5.5.2"),
        (["AUTH PLAIN ="], "501 5.5.2"),
        (["AUTH PLAIN " + coded("\0ann\0wrong")], "535 5.7.8"),
        (["AUTH PLAIN " + coded("\0nobody\0wrong")], "535 5.7.8"),
        (["AUTH PLAIN " + coded("boss\0ann\0secret ä")], "535 5.7.8"),
        (["AUTH PLAIN " + coded("\0\0")], "535 5.7.8"),
        (["AUTH PLAIN", "A" * 20_000], "500 5.5.2"),
    ],
)
def test_srv_23_each_way_to_fail_has_its_code_and_leaves_nobody_logged_in(
    service, client, lines, start
):
    for line in lines:
        code, text = client.say(line)
    assert f"{code} {text}".startswith(start)
    assert client.mail()[0] == 250
    assert service.envelopes[0].login is None


def test_srv_23_a_login_within_a_mail_is_out_of_order(client):
    client.say("MAIL FROM:<a@b.example>")
    assert client.say("AUTH PLAIN " + coded("\0ann\0secret ä"))[0] == 503


def test_srv_25_four_wrong_passwords_are_borne_and_the_fifth_ends_it(client):
    wrong = "AUTH PLAIN " + coded("\0ann\0wrong")
    assert [client.say(wrong)[0] for _ in range(5)] == [535] * 4 + [421]
    assert client.ended()


def test_srv_23_a_long_answer_of_the_client_fits(client):
    assert client.say("AUTH PLAIN " + coded("\0ann\0" + "x" * 9000))[0] == 535


def test_srv_24_srv_26_an_authenticated_null_sender_and_the_auth_parameter_are_fine(
    service, client
):
    client.say("AUTH PLAIN " + coded("\0ann\0secret ä"))
    assert client.say("MAIL FROM:<> AUTH=<>")[0] == 250
    client.say("RSET")
    assert client.say("MAIL FROM:<a@b.example> AUTH=other@b.example")[0] == 250


def test_an_unknown_name_is_checked_as_dearly_as_a_known_one():
    checked = logins.Logins(WORDS)
    assert argon2.extract_parameters(checked._nobody) == argon2.extract_parameters(WORDS["ann"])
    assert checked.verify("ann", "secret ä")
    assert not checked.verify("nobody", "secret ä")
    assert not logins.Logins({})


def test_a_password_hash_that_is_none_is_named():
    with pytest.raises(errors.Permanent, match="'ann'"):
        logins.Logins({"ann": "secret"})


@pytest.fixture
def submission(tmp_path, certificate):
    settings = {"logins": WORDS, "require_auth": frozenset({0}), **certificate}
    with rig.serving(tmp_path, **settings) as running:
        yield running


def test_srv_21_a_port_for_logins_wants_tls_first(submission):
    with rig.Client(submission.place, greet=False) as client:
        client.reply()
        for line in ("HELO x", "MAIL FROM:<a@b.example>", "RSET", "VRFY x", "HELP"):
            assert client.say(line) == (530, "5.7.0 Say STARTTLS first")
        assert client.say("NOOP")[0] == 250
        assert client.say("EHLO x")[0] == 250
        assert client.say("QUIT")[0] == 221


def test_srv_26_srv_27_a_port_for_logins_wants_a_login_then_and_whole_domains(submission, trust):
    with rig.Client(submission.place) as client:
        client.starttls(trust)
        client.say("EHLO x")
        assert client.say("MAIL FROM:<a@b.example>") == (530, "5.7.0 Log in first")
        client.say("AUTH LOGIN " + coded("ann"))
        client.say(coded("secret ä"))
        assert client.say("MAIL FROM:<a@host>")[0] == 554
        assert client.say("MAIL FROM:<>")[0] == 250
        client.say("RSET")
        assert client.mail()[0] == 250


def test_a_certificate_is_renewed_for_the_clients_to_come(tmp_path, authority, trust):
    files = {"tls_cert": tmp_path / "c.pem", "tls_key": tmp_path / "k.pem"}

    def issue():
        issued = authority.issue_cert("localhost")
        issued.private_key_pem.write_to_path(files["tls_key"])
        issued.cert_chain_pems[0].write_to_path(files["tls_cert"])

    issue()
    with rig.serving(tmp_path, **files) as service:
        serials = [serial(service, trust)]
        issue()
        service.listener.reload_tls()
        serials.append(serial(service, trust))
        files["tls_cert"].write_text("rubbish")
        with pytest.raises(errors.Permanent, match=r"c\.pem"):
            service.listener.reload_tls()
        serials.append(serial(service, trust))
    assert serials[0] != serials[1] == serials[2]


def serial(service, trust):
    with rig.Client(service.place) as client:
        client.starttls(trust)
        return client.socket.getpeercert()["serialNumber"]


def test_a_client_that_hangs_up_behind_tls_does_not_stop_its_mail(service, client):
    goes_on = threading.Event()
    service.on_accept = lambda envelope: goes_on.wait(30)
    client.envelope()
    client.send("x: y\r\n\r\n.\r\nNOOP\r\n")
    client.hang_up()
    rig.until(lambda: not service.connections)
    goes_on.set()
    assert service.accepted.wait(30)
    assert service.envelopes[0].peer.tls.startswith("TLSv1.3")
