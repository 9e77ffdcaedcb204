"""The sink takes every mail as it was sent."""

import smtplib

import pytest

MAIL = b"Subject: Hi\r\n\r\n.dot\r\nb\xc3\xa4r\r\n"


@pytest.fixture
def client(sandbox):
    with smtplib.SMTP("127.0.0.1", sandbox.ports["smtp"], timeout=20) as connection:
        yield connection


def test_a_mail_is_kept_with_its_envelope(client, control, sandbox):
    client.sendmail("a@example.com", ["b@example.org", "c@example.org"], MAIL)
    (mail,) = control("GET", "/mail")[1]
    assert mail["mail_from"] == "a@example.com"
    assert mail["rcpt_tos"] == ["b@example.org", "c@example.org"]
    assert mail["text"] == MAIL.decode()
    assert mail["size"] == len(MAIL)
    assert mail["tls"] is False
    assert sandbox.mailbox.mails()[0].data == MAIL


def test_a_message_can_be_had_as_it_came(client, control):
    import httpx

    client.sendmail("a@example.com", ["b@example.org"], b"X: \xff\r\n\r\nx\r\n")
    (mail,) = control("GET", "/mail")[1]
    reply = httpx.get(mail["message"], trust_env=False)
    assert reply.content == b"X: \xff\r\n\r\nx\r\n"
    assert reply.headers["content-type"] == "message/rfc822"


def test_delivery_status_parameters_are_taken_as_spelled(client, control):
    client.ehlo("relay.example")
    assert client.has_extn("dsn")
    client.mail("a@example.com", ["RET=HDRS", "ENVID=QQ314159", "BODY=8BITMIME"])
    client.rcpt("b@example.org", ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;Bob@Example.org"])
    client.rcpt("c@example.org")
    long = "ORCPT=rfc822;" + "x" * 600
    assert client.rcpt("d@example.org", [long])[0] == 250
    client.data(MAIL)
    (mail,) = control("GET", "/mail")[1]
    assert mail["mail_options"] == ["RET=HDRS", "ENVID=QQ314159", "BODY=8BITMIME"]
    assert mail["rcpt_options"] == [
        ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;Bob@Example.org"],
        [],
        [long],
    ]


def test_other_parameters_are_refused(client):
    client.ehlo()
    assert client.mail("a@example.com", ["X=1"])[0] == 555
    client.mail("a@example.com")
    assert client.rcpt("b@example.org", ["X=1"])[0] == 555


def test_the_null_sender_is_empty(client, sandbox):
    client.sendmail("", ["b@example.org"], MAIL)
    client.sendmail("<>", ["b@example.org"], MAIL)
    assert [mail.mail_from for mail in sandbox.mailbox.mails()] == ["", ""]


def test_the_oldest_mails_go_first(sandbox, monkeypatch):
    from mailfax.sandbox import _mailbox

    monkeypatch.setattr(_mailbox, "_MAX_BYTES", 10)
    for text in (b"12345", b"67890", b"abc"):
        sandbox.mailbox.put("", ("b@example.org",), text)
    assert [mail.data for mail in sandbox.mailbox.mails()] == [b"67890", b"abc"]


def test_an_open_session_does_not_keep_the_sandbox_from_stopping(sandbox):
    connection = smtplib.SMTP("127.0.0.1", sandbox.ports["smtp"], timeout=20)
    connection.ehlo()
    connection.mail("a@example.com")
    sandbox.stop()
    with pytest.raises(smtplib.SMTPServerDisconnected):
        connection.rcpt("b@example.org")
    connection.close()
