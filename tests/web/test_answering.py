"""The web role: a push that was proven is taken in or kept, and never lost in silence."""

import datetime
import email
import email.policy
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import pytest
import trustme

from mailfax import config as configuration
from mailfax import errors, web
from mailfax.providers import _port
from mailfax.service import answering, wiring
from mailfax.store import inbound, ledger, sqlitefile
from tests.providers import contract, scripted

SECRET = "a-path-nobody-guesses"
FAX = {"messageRef": "98", "faxNumber": "61861112222", "pages": 1, "dateReceived": ""}
CONFIG = """\
version = 1
domains = ["fax.example.com"]
store = "sqlite:mailfax.db"
documents = "documents"
rules = "rules.toml"

[smarthost]
host = "127.0.0.1"
postmaster = "postmaster@clinic.example"

[web]
listen = ["127.0.0.1:0"]
{more}

[providers.main]
kind = "monopond"
url = "{url}"
username = "ann"
password = {{ file = "secret" }}
push = {{ file = "secret" }}

[providers.other]
kind = "faxage"
username = "ann"
company = "12345"
password = {{ file = "secret" }}
"""
DAY = datetime.timedelta(days=1)


class Role:
    """A web role whose provider plays `steps`."""

    def __init__(self, folder, steps):
        self.provider = scripted.Server(*steps)
        self.folder = folder
        self.config = written(folder, self.provider.url)
        ledger.open(self.config.store).close()
        self.role = answering.Answering(self.config)
        self.book = self.role._ledger
        self._thread = threading.Thread(target=self.role._web.run)

    def __enter__(self):
        self.provider.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.role._web.stop()
        self._thread.join()
        self.provider.__exit__()
        self.book.close()

    def push(self, secret=SECRET, **more):
        """The status of the answer to the push of a received fax."""
        ((_, port),) = self.role._web.addresses
        said = json.dumps(FAX | {"tiffDocumentUrl": f"{self.provider.url}/f"} | more)
        url = f"http://127.0.0.1:{port}/push/main/{secret}"
        try:
            with direct().open(urllib.request.Request(url, said.encode())) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def kept(self):
        return sorted((self.folder / "documents" / "push").glob("*/*.json"))

    def again(self):
        self.role._kept.again()

    def received(self):
        """Received faxes with a document, by the provider's reference."""
        return {one.fax.reference for one in self.book.inbound.list() if one.document}

    def mails(self):
        return self.book.deliveries.claim(10, 60, "test")


def direct():
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def written(folder, url="https://example.com", more=""):
    """The config, in this folder."""
    (folder / "secret").write_text(SECRET)
    (folder / "mailfax.toml").write_text(CONFIG.format(url=url, more=more))
    return configuration.load(folder / "mailfax.toml")


def aged(paths, by=DAY):
    """As if these files had been written so long ago."""
    for path in paths:
        then = (wiring.now() - by).timestamp()
        os.utime(path, (then, then))


TIFF = scripted.http(body=contract.TIFF)
DOWN = scripted.http(500)


@pytest.fixture
def play(tmp_path, monkeypatch):
    """play(*steps) → a running role whose provider answers so."""
    monkeypatch.setattr(sqlitefile, "PATIENCE", 0.1)
    return lambda *steps: Role(tmp_path, steps)


def test_a_push_of_a_fax_is_answered_when_the_fax_is_in_the_store(play):
    with play(TIFF) as role:
        assert role.push() == 200
        assert role.received() == {"98"}
        assert not role.kept()


def test_aut_19_a_push_with_a_wrong_secret_asks_nobody_and_leaves_nothing(play):
    with play(TIFF) as role:
        assert role.push("guessed") == 404
        assert not role.kept()
        assert not role.provider.requests


def test_a_push_that_cannot_be_the_providers_is_not_kept(play):
    with play(TIFF) as role:
        assert role.push(messageRef="") == 404
        assert not role.kept()


# Keeping


@pytest.mark.parametrize("step", [DOWN, scripted.http(403), scripted.drop])
def test_a_push_whose_document_cannot_be_had_now_is_kept_and_read_again(play, step):
    with play(step, TIFF) as role:
        assert role.push() == 200
        assert len(role.kept()) == 1
        assert not role.received()
        role.again()
        assert role.received() == {"98"}
        assert not role.kept()


def test_a_push_is_kept_while_our_own_ledger_is_locked(play, tmp_path):
    with play(TIFF) as role:
        other = sqlite3.connect(tmp_path / "mailfax.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        assert role.push() == 200
        assert len(role.kept()) == 1
        role.again()
        assert len(role.kept()) == 1
        other.execute("ROLLBACK")
        other.close()
        role.again()
        assert role.received() == {"98"}
        assert not role.kept()


def test_a_push_that_can_neither_be_taken_nor_kept_is_to_come_again(play, tmp_path):
    with play(DOWN) as role:
        (tmp_path / "documents" / "push").write_text("in the way")
        assert role.push() == 503


def test_what_is_kept_does_not_hold_the_secret(play):
    with play(DOWN) as role:
        role.push()
        (kept,) = role.kept()
        assert SECRET not in kept.read_text()


def test_one_bad_push_does_not_stop_the_others(play):
    with play(DOWN, DOWN, TIFF) as role:
        role.push(messageRef="1")
        role.push(messageRef="2")
        bad, _ = role.kept()
        bad.write_text("[")
        role.again()
        assert role.received() <= {"1", "2"}
        assert len(role.received()) == 1
        assert role.kept() == [bad]


def test_more_pushes_than_are_read_at_once_are_kept(play, monkeypatch):
    monkeypatch.setattr(answering, "READING", 1)
    begun, free = threading.Event(), threading.Event()

    def slow(conn, server):
        server.read(conn)
        begun.set()
        free.wait()
        conn.sendall(TIFF)

    with play(slow) as role:
        first = threading.Thread(target=role.push)
        first.start()
        begun.wait()
        assert role.push(messageRef="99") == 200
        assert len(role.kept()) == 1
        free.set()
        first.join()
        role.again()
        assert role.received() == {"98", "99"}


# Giving up


def test_a_push_that_was_never_taken_in_is_mailed_to_the_postmaster_and_then_removed(play):
    with play(DOWN) as role:
        role.push()
        aged(role.kept())
        role.again()
        assert not role.kept()
        (told,) = role.mails()
        assert (told.mail_from, told.target) == ("", "postmaster@clinic.example")
        mail = email.message_from_bytes(told.data, policy=email.policy.default)
        text = mail.get_body().get_content()
        assert "account main" in text
        assert f"{wiring.now() - DAY:%Y-%m-%d}" in text
        assert "HTTP 500" in text
        (attached,) = mail.iter_attachments()
        assert json.loads(attached.get_content())["messageRef"] == "98"
        assert SECRET not in mail.as_string()


def test_a_push_is_not_removed_before_the_postmaster_can_be_told(play, tmp_path):
    with play(DOWN) as role:
        role.push()
        aged(role.kept())
        other = sqlite3.connect(tmp_path / "mailfax.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        role.again()
        assert len(role.kept()) == 1
        other.execute("ROLLBACK")
        other.close()
        role.again()
        assert not role.kept()
        assert len(role.mails()) == 1


def test_the_postmaster_is_told_once_of_a_push_that_two_gave_up(play):
    with play(DOWN) as role:
        role.push()
        aged(role.kept())
        (path,) = role.kept()
        octets = path.read_bytes()
        role.again()
        path.write_bytes(octets)
        aged([path])
        role.again()
        assert len(role.mails()) == 1


@pytest.mark.parametrize("damage", ["[", "{}", '{"account": "main", "headers": {}, "body": "x"}'])
def test_a_kept_push_that_is_damaged_is_mailed_as_it_lies(play, damage):
    with play(DOWN) as role:
        role.push()
        (path,) = role.kept()
        path.write_text(damage)
        aged([path])
        role.again()
        (told,) = role.mails()
        mail = email.message_from_bytes(told.data, policy=email.policy.default)
        (attached,) = mail.iter_attachments()
        assert attached.get_content().strip() == damage


def test_a_push_of_an_account_that_is_gone_is_mailed_to_the_postmaster(play):
    with play(DOWN) as role:
        role.push()
        aged(role.kept())
        role.role._accounts.clear()
        role.again()
        (told,) = role.mails()
        assert b"not in mailfax.toml" in told.data


def test_a_link_that_stays_dead_brings_the_fax_without_its_pages(play):
    with play(scripted.http(404)) as role:
        role.push()
        role.again()
        assert len(role.kept()) == 1
        aged(role.kept(), datetime.timedelta(hours=7))
        role.again()
        assert not role.kept()
        (arrival,) = role.book.inbound.list()
        assert (arrival.state, arrival.document) == (inbound.LISTED, None)


# The role


def test_only_accounts_whose_provider_pushes_are_connected(tmp_path):
    assert [*answering.connect_pushing(written(tmp_path))] == ["main"]


@pytest.fixture
def signals():
    """A role takes the signals of its process; here they are given back."""
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    yield
    for one, handler in before.items():
        signal.signal(one, handler)


def test_a_role_whose_server_ends_by_itself_ends(tmp_path, signals):
    config = written(tmp_path)
    ledger.open(config.store).close()
    role = answering.Answering(config)
    role._web.stop()
    with pytest.raises(errors.Temporary, match="by itself"):
        role.run()


@pytest.fixture
def process(tmp_path):
    """process(config's folder) → the web role in a process, and the port it answers at."""
    running = []

    def start(folder):
        command = [sys.executable, "-m", "mailfax.service", "--role", "web", "--config"]
        made = subprocess.Popen([*command, folder / "mailfax.toml"], stderr=subprocess.PIPE)
        running.append(made)
        return made, json.loads(made.stderr.readline())["port"]

    yield start
    for one in running:
        one.kill()
        one.communicate()


def test_the_role_ends_well_when_it_is_told_to(tmp_path, process):
    ledger.open(written(tmp_path).store).close()
    made, _ = process(tmp_path)
    made.send_signal(signal.SIGTERM)
    assert made.wait() == 0


def test_a_hangup_reads_the_certificate_again(tmp_path, process):
    import ssl

    file, old, new = tmp_path / "cert.pem", trustme.CA(), trustme.CA()
    old.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(file)
    config = written(tmp_path, more='tls = { cert = "cert.pem", key = "cert.pem" }')
    ledger.open(config.store).close()
    made, port = process(tmp_path)
    new.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(file)
    before = ssl.get_server_certificate(("127.0.0.1", port))
    made.send_signal(signal.SIGHUP)
    while ssl.get_server_certificate(("127.0.0.1", port)) == before:  # the suite's limit ends it
        pass


# The config


@pytest.mark.parametrize("place", ["0.0.0.0:8080", "[::]:8080", "192.0.2.1:80", "example.com:80"])
def test_a_web_without_tls_is_for_this_machine_only(tmp_path, place):
    (tmp_path / "secret").write_text(SECRET)
    text = CONFIG.format(url="https://example.com", more="").replace("127.0.0.1:0", place)
    (tmp_path / "mailfax.toml").write_text(text)
    with pytest.raises(errors.Invalid, match="without tls"):
        configuration.load(tmp_path / "mailfax.toml")
    tls = 'tls = { cert = "x", key = "x" }'
    (tmp_path / "mailfax.toml").write_text(text.replace("[web]", f"[web]\n{tls}"))
    assert configuration.load(tmp_path / "mailfax.toml").web.cert


@pytest.mark.parametrize("place", ["127.0.0.1:80", "127.1.2.3:80", "[::1]:80", "localhost:80"])
def test_a_web_without_tls_may_stand_behind_a_proxy_of_this_machine(tmp_path, place):
    (tmp_path / "secret").write_text(SECRET)
    text = CONFIG.format(url="https://example.com", more="").replace("127.0.0.1:0", place)
    (tmp_path / "mailfax.toml").write_text(text)
    assert configuration.load(tmp_path / "mailfax.toml").web.listen


def test_a_push_without_its_place_in_the_config_is_not_the_providers(play):
    with play(TIFF) as role:
        with pytest.raises(web.Strange):
            role.role._prove("other", f"/{SECRET}")
        with pytest.raises(web.Strange):
            role.role._receive("main", _port.Push(headers={}, body=b"x"))
