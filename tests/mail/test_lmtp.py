"""LMTP (RFC 2033) over a unix socket: its one greeting, and a reply for each recipient."""

import smtplib
import socket
import stat

import pytest

from mailfax import errors
from tests.mail import rig

OTHER = "+12025550124@fax.example"


@pytest.fixture
def service(tmp_path):
    with rig.serving(tmp_path, lmtp=tmp_path / "lmtp.sock", max_size=100_000) as running:
        running.lmtp = tmp_path / "lmtp.sock"
        yield running


@pytest.fixture
def client(service):
    with rig.Client(service.lmtp) as talking:
        yield talking


def test_srv_36_lmtp_has_its_own_greeting_and_no_other(client):
    assert "PIPELINING" in client.ehlo[1]
    assert "ENHANCEDSTATUSCODES" in client.ehlo[1]
    assert "STARTTLS" not in client.ehlo[1]
    for line in ("EHLO x", "HELO x", "STARTTLS", "AUTH PLAIN"):
        assert client.say(line)[0] == 500
    assert client.mail()[0] == 250


def test_srv_36_lmtp_is_a_socket_of_this_machine_and_not_a_port(service):
    assert stat.S_IMODE(service.lmtp.stat().st_mode) == 0o660
    with rig.Client(service.place) as client:
        assert client.say("LHLO x")[0] == 500


def test_srv_36_every_accepted_recipient_gets_a_reply_in_order(service, client):
    client.say("MAIL FROM:<a@b.example>")
    codes = [client.say(f"RCPT TO:<{to}>")[0] for to in (rig.NUMBER, "x@fax.example", OTHER)]
    assert codes == [250, 550, 250]
    client.say("DATA")
    client.send("Subject: x\r\n\r\n.\r\nNOOP\r\n")
    assert [client.reply() for _ in range(3)] == [
        (250, "2.6.0 Queued as M1"), (250, "2.6.0 Queued as M1"), (250, "2.0.0 Here"),
    ]  # fmt: skip
    (envelope,) = service.envelopes
    assert [rcpt.address for rcpt in envelope.rcpt_tos] == [rig.NUMBER, OTHER]
    assert b"with LMTP\r\n" in envelope.trace
    assert envelope.peer.address == "127.0.0.1"


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (b"lone\nfeed\r\n", "5.6.0"),
        (b"x" * 90 + b"\r\n" + (b"y" * 90 + b"\r\n") * 1200, "5.3.4"),
        (b"fine\r\n", "5.7.1"),
    ],
)
def test_srv_36_a_mail_that_is_refused_is_refused_to_every_recipient(service, client, message, why):
    def no(envelope):
        raise errors.Refused(550, "5.7.1", "Not proven")

    service.on_accept = no
    client.envelope(rig.NUMBER, OTHER)
    client.send(message + b".\r\nNOOP\r\n")
    replies = [client.reply() for _ in range(3)]
    assert [text[:5] for _, text in replies] == [why, why, "2.0.0"]


def test_srv_36_after_the_last_chunk_too_every_recipient_gets_a_reply(service, client):
    client.say("MAIL FROM:<a@b.example>")
    for to in (rig.NUMBER, OTHER):
        client.say(f"RCPT TO:<{to}>")
    client.send("BDAT 6\r\nx: y\r\nBDAT 5 LAST\r\n\r\nz\r\nNOOP\r\n")
    assert [client.reply()[1][:5] for _ in range(4)] == ["2.0.0", "2.6.0", "2.6.0", "2.0.0"]
    assert len(service.envelopes) == 1


def test_srv_36_without_a_recipient_there_is_no_data(client):
    client.say("MAIL FROM:<a@b.example>")
    assert client.say("DATA")[0] == 503
    client.send("BDAT 3 LAST\r\nabc")
    assert client.reply()[0] == 503


def test_pythons_own_client_delivers(service):
    with smtplib.LMTP(str(service.lmtp)) as client:
        assert client.sendmail("a@b.example", [rig.NUMBER], "Subject: x\n\nbody\n") == {}
    assert service.envelopes[0].content.data == b"Subject: x\r\n\r\nbody\r\n"


def test_a_socket_that_was_left_behind_is_replaced_and_a_file_is_not(tmp_path):
    path = tmp_path / "left.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with rig.serving(tmp_path, lmtp=path), rig.Client(path) as client:
        assert client.mail()[0] == 250
    path.unlink()
    path.write_text("precious")
    with pytest.raises(errors.Permanent, match=r"cannot listen on .*left\.sock"):
        rig.serving(tmp_path, lmtp=path).__enter__()
    assert path.read_text() == "precious"
