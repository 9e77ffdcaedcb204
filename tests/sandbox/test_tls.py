"""With TLS every port shows a certificate of the sandbox's own authority."""

import shutil
import smtplib
import ssl
import subprocess
from pathlib import Path

import httpx
import pytest

from mailfax.sandbox import CannotStart, Sandbox

LINES = {"username": "demo", "company": "12345", "password": "demo", "operation": "listlines"}


@pytest.fixture(scope="module")
def secure():
    with Sandbox(0, tls=True) as running:
        yield running


@pytest.fixture
def client(secure):
    secure.reset()
    context = ssl.create_default_context(cafile=secure.ca)
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
    with httpx.Client(verify=context, trust_env=False, timeout=20) as connection:
        yield connection


def test_a_client_that_trusts_the_ca_is_served_on_every_port(secure, client):
    page = client.get(secure.urls["control"]).json()
    assert page["ca"] == str(secure.ca)
    assert page["urls"]["faxage"].startswith("https://")
    assert client.post(page["urls"]["faxage"] + "/httpsfax.php", data=LINES).text
    by_name = page["urls"]["faxage"].replace("127.0.0.1", "localhost")
    assert client.post(by_name + "/httpsfax.php", data=LINES).text
    assert secure.lines()[-1].split() == ["ca", str(secure.ca)]


def test_a_client_that_does_not_trust_it_is_not(secure):
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(secure.urls["control"], trust_env=False)


def test_the_sink_offers_starttls(secure):
    context = ssl.create_default_context(cafile=secure.ca)
    with smtplib.SMTP("127.0.0.1", secure.ports["smtp"], timeout=20) as connection:
        connection.starttls(context=context)
        connection.login("any", "login")
        connection.sendmail("a@example.com", ["b@example.org"], b"Subject: x\r\n\r\n")
    assert secure.mailbox.mails()[-1].tls


def test_bad_tls_is_shown_to_new_connections_only_so_often(secure, client):
    url = secure.urls["faxage"] + "/httpsfax.php"
    assert client.post(url, data=LINES).status_code == 200
    client.post(
        secure.urls["control"] + "/faults",
        json={"provider": "faxage", "fault": "bad-tls", "times": 2},
    )
    for _ in range(2):
        with pytest.raises(httpx.ConnectError, match="self-signed"):
            client.post(url, data=LINES)
    assert client.post(url, data=LINES).status_code == 200


def test_refuse_on_any_comes_before_the_handshake(secure, client):
    client.post(
        secure.urls["control"] + "/faults",
        json={"provider": "faxage", "fault": "refuse", "on": "any"},
    )
    with pytest.raises(httpx.ConnectError):
        client.post(secure.urls["faxage"] + "/httpsfax.php", data=LINES)


@pytest.mark.parametrize("name", ["drop-after-accept", "half-answer", "refuse"])
def test_lost_answers_are_lost_over_tls_too(secure, client, name):
    client.post(secure.urls["control"] + "/faults", json={"provider": "faxage", "fault": name})
    send = {
        **LINES,
        "operation": "sendfax",
        "recipname": "Ann",
        "faxno": "3035550123",
        "faxfilenames[]": "a.txt",
        "faxfiledata[]": "aGVsbG8=",
    }
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        client.post(secure.urls["faxage"] + "/httpsfax.php", data=send)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here")
def test_curl_trusts_it_too(secure):
    command = ["curl", "-sS", "--noproxy", "*", "--cacert", str(secure.ca), secure.urls["control"]]
    done = subprocess.run(command, capture_output=True, timeout=20, check=True)
    assert b'"faxage"' in done.stdout


def test_plain_http_on_a_secure_port_ends_quietly(secure, capfd):
    with pytest.raises(httpx.TransportError):
        httpx.get(secure.urls["control"].replace("https", "http"), trust_env=False)
    assert capfd.readouterr() == ("", "")


def test_the_authority_s_files_go_when_it_stops():
    with Sandbox(0, tls=True) as running:
        folder = Path(running.ca).parent
        assert folder.is_dir()
    assert not folder.exists()


def test_without_the_package_it_says_what_is_missing(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric", None)
    with pytest.raises(CannotStart, match="cryptography"):
        Sandbox(0, tls=True).start()
