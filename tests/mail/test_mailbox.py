"""A mailbox at a real server, and at servers that no one should have to talk to."""

import contextlib
import hashlib
import socket
import ssl
import threading
import time

import pytest
import trustme

from mailfax import errors
from mailfax.mail import mailbox
from mailfax.store import documents
from tests.mail import dovecot

LIMIT = 25_000_000
MAIL = b"From: ann@clinic.example\r\nSubject: x\r\nMessage-ID: <%d@a.example>\r\n\r\nDear lab.\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with dovecot.Dovecot(tmp_path_factory.mktemp("imap")) as found:
        yield found


@pytest.fixture
def folder(tmp_path):
    return documents.LocalDir(tmp_path / "documents")


@pytest.fixture
def opened(server):
    """user, and what is different → his mailbox."""
    with contextlib.ExitStack() as after:

        def make(user, **more):
            own = {"host": "127.0.0.1", "port": server.port, "ca": server.ca, "timeout": 10.0}
            own |= {"login": user, "password": dovecot.PASSWORD, **more}
            found = mailbox.Mailbox(mailbox.Settings(**own))
            after.callback(found.close)
            return found

        yield make


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_mails_are_seen_oldest_first_fetched_unread_and_moved(server, opened, folder, tls):
    user = f"ann-{tls}"
    server.bring(user, *(MAIL % n for n in range(3)))
    box = opened(user, tls=tls, port=server.port if tls == "implicit" else server.plain)
    box.make_folders()
    found = box.look()
    assert len(found.uids) == 3
    octets = [box.fetch(uid, LIMIT, folder.spool).content.data for uid in found.uids]
    assert octets == [MAIL % n for n in range(3)]
    with server.client(user) as client:
        client.select_folder("INBOX", readonly=True)
        assert all(b"\\Seen" not in flags for flags in client.get_flags(found.uids).values())
    box.move(found.uids[1], "Faxed")
    assert box.look().uids == (found.uids[0], found.uids[2])
    assert server.mails(user, "Faxed") == ["<1@a.example>"]


def test_a_large_mail_arrives_in_pieces_and_whole(server, opened, folder):
    large = MAIL % 1 + b"".join(b"%078d\r\n" % n for n in range(40_000))
    server.bring("bob", large)
    box = opened("bob")
    (uid,) = box.look().uids
    found = box.fetch(uid, LIMIT, folder.spool)
    assert found.whole
    assert found.content.data is None
    assert found.content.size == len(large) > 10 * mailbox.PIECE
    assert found.content.sha256 == hashlib.sha256(large).hexdigest()
    assert found.content.read() == large


def test_of_a_mail_over_the_limit_only_the_header_is_fetched(server, opened, folder):
    server.bring("carl", MAIL % 1 + b"x" * 50 + b"\r\n")
    box = opened("carl")
    (uid,) = box.look().uids
    found = box.fetch(uid, 100, folder.spool)
    assert not found.whole
    assert found.content.data == (MAIL % 1).partition(b"Dear")[0]


def test_a_mail_that_somebody_else_took_is_gone(server, opened, folder):
    server.bring("dora", MAIL % 1)
    box = opened("dora")
    (uid,) = box.look().uids
    with server.client("dora") as client:
        client.select_folder("INBOX")
        client.delete_messages([uid])
        client.expunge()
    assert box.fetch(uid, LIMIT, folder.spool) is None
    assert box.look().uids == ()


def test_new_mail_ends_the_wait(server, opened):
    box = opened("eva")
    box.look()
    bringing = threading.Timer(0.3, server.bring, ("eva", MAIL % 1))
    bringing.start()
    began = time.monotonic()
    box.wait(300, threading.Event())
    bringing.join()
    assert time.monotonic() - began < 200, "it is the mail that ended it, not the time"
    assert len(box.look().uids) == 1


def test_whoever_stops_us_ends_the_wait(opened):
    box = opened("fred")
    box.look()
    stopping = threading.Event()
    stopping.set()
    box.wait(300, stopping)
    opened("fred", idle=False).wait(300, stopping)


def test_a_wrong_password_is_said_without_it(opened):
    with pytest.raises(errors.Temporary, match="refuses our login") as caught:
        opened("gina", password="wrong horse").look()
    assert "horse" not in str(caught.value)


def test_a_server_whose_certificate_nobody_vouches_for_is_not_told_the_password(
    server, opened, tmp_path
):
    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(stranger)
    log = (server.folder / "log").read_text()
    for tls, port in (("implicit", server.port), ("starttls", server.plain)):
        with pytest.raises(errors.Temporary, match="certificate verify failed"):
            opened("hans", ca=stranger, tls=tls, port=port).look()
    assert "user=<hans>" not in (server.folder / "log").read_text()[len(log) :]


def test_a_check_changes_nothing(server, opened):
    server.bring("ida", MAIL % 1)
    assert opened("ida").check() == "takes our login, 1 in INBOX; Faxed and Refused will be made"
    assert server.mails("ida", "Faxed") == []
    opened("ida").make_folders()
    assert opened("ida").check() == "takes our login, 1 in INBOX"


def test_a_folder_that_is_not_there_is_said_and_the_connection_kept(server, opened):
    server.bring("jan", MAIL % 1)
    box = opened("jan")
    (uid,) = box.look().uids
    with pytest.raises(errors.Temporary, match="does not move a mail to Nowhere"):
        box.move(uid, "Nowhere")
    assert box.look().uids == (uid,)
    assert box.opened


# ── hostile servers ────────────────────────────────────────────────────────────────────


class Liar:
    """An IMAP server that greets, takes every login, and answers each verb as it was told to."""

    def __init__(self, answers, context, *, tls=True):
        self._answers = {
            "CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS\r\n",
            "SELECT": b"* OK [UIDVALIDITY 7] .\r\n",
            "SEARCH": b"* SEARCH 1\r\n",
            **answers,
        }
        self._context, self._tls = context, tls
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.said = []
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.close()
        self._thread.join(20)
        assert not self._thread.is_alive()

    def _serve(self):
        self._server.settimeout(10)
        with contextlib.suppress(OSError):
            raw, _ = self._server.accept()
            raw.settimeout(10)
            with self._context.wrap_socket(raw, server_side=True) if self._tls else raw as line:
                self._talk(line)

    def _talk(self, line):
        line.sendall(self._answers.get("greeting", b"* OK hello\r\n"))
        with line.makefile("rb") as asked:
            for words in asked:
                self.said.append(words)
                if words.count(b" ") == 0:
                    return
                tag, verb, *more = words.split()
                name = (more[0] if verb == b"UID" else verb).decode("ascii", "replace").upper()
                answer = self._answers.get(name, b"")
                if answer is None:
                    return
                if callable(answer):
                    answer = answer(words)
                line.sendall(answer + (b"" if answer.endswith(b"!") else tag + b" OK .\r\n"))


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """Whom to believe, and a server's context that it has signed."""
    found = trustme.CA()
    place = tmp_path_factory.mktemp("liar") / "ca.pem"
    found.cert_pem.write_to_path(place)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    found.issue_cert("127.0.0.1").configure_cert(context)
    return place, context


@pytest.fixture
def lying(authority):
    """What it answers to each verb → a mailbox there, and the liar."""
    ca, context = authority
    with contextlib.ExitStack() as after:

        def make(tls="implicit", **answers):
            liar = after.enter_context(Liar(answers, context, tls=tls == "implicit"))
            settings = mailbox.Settings(
                host="127.0.0.1", port=liar.port, ca=ca, login="u", password="geheim",
                timeout=0.3, tls=tls,
            )  # fmt: skip
            box = mailbox.Mailbox(settings)
            after.callback(box.close)
            return box, liar

        yield make


def fetched(octets, key=b"BODY[]<0>"):
    return b"* 1 FETCH (UID 1 %s {%d}\r\n%s)\r\n" % (key, len(octets), octets)


def endless(words):
    """Whatever piece is asked for, there is one."""
    if b"SIZE" in words:
        return b"* 1 FETCH (UID 1 RFC822.SIZE 10)\r\n"
    if b"HEADER" in words:
        return fetched(b"Subject: x\r\n\r\n", b"BODY[HEADER]<0>")
    place = words.partition(b"BODY.PEEK[]<")[2].partition(b".")[0]
    return fetched(b"x" * 1000, b"BODY[]<%s>" % place)


@pytest.mark.parametrize(
    "answers",
    [
        {"greeting": b"hello?!"},
        {"greeting": b"* BYE go away\r\n"},
        {"greeting": b"* PREAUTH come in\r\n", "tls": "starttls"},
        {"LOGIN": b"nothing more!"},
        {"LOGIN": None},
        {"SELECT": None},
        {"SELECT": b"* OK no validity\r\n"},
        {"SELECT": b"* OK [UIDVALIDITY x] .\r\n"},
        {"SEARCH": b"* SEARCH one two\r\n"},
        {"SEARCH": b"* SEARCH " + b"1 " * 600_000 + b"\r\n"},
        {"SEARCH": b"* 1 EXISTS\r\n" * 200_000},
        {"SEARCH": b"* SEARCH (((\r\n"},
        {"SEARCH": b"* 1 FETCH (X {4000000000}\r\nabc!"},
        {"SEARCH": b"* 1 FETCH (X {-1}\r\nabc!"},
        {"SEARCH": b"* SEARCH 1\r\n* BYE enough\r\n!"},
    ],
)
def test_a_server_in_disorder_is_temporary_trouble_and_the_next_question_starts_anew(
    lying, answers
):
    box, _ = lying(**answers)
    with pytest.raises(mailbox.Lost):
        box.look()
    assert not box.opened


@pytest.mark.parametrize(
    "answer",
    [
        b"* 1 FETCH (UID 1 RFC822.SIZE many)\r\n",
        b"* 1 FETCH (UID 1 RFC822.SIZE 10 BODY[]<0> {4000000000}\r\nabc!",
        b"* 1 FETCH (UID 1 RFC822.SIZE 10 BODY[]<0> {9}\r\nabc!",
        fetched(b"Subject: all of it\r\n\r\n", b"BODY[]"),
        b"* 1 FETCH (UID 1 FLAGS ())\r\n",
    ],
)
def test_a_server_that_lies_about_a_mail_gives_none(lying, folder, answer):
    box, _ = lying(FETCH=answer)
    box.look()
    with pytest.raises(mailbox.Lost):
        box.fetch(1, LIMIT, folder.spool)
    assert list(folder.root.rglob("*.*")) == []


def test_a_mail_that_never_ends_is_too_large_whatever_its_size_was_said_to_be(lying, folder):
    box, _ = lying(FETCH=endless)
    box.look()
    found = box.fetch(1, 200_000, folder.spool)
    assert not found.whole
    assert found.content.data == b"Subject: x\r\n\r\n"
    assert [one for one in (folder.root / "incoming").iterdir() if one.is_file()] == []


def test_without_tls_the_password_is_not_said(lying):
    for capability in (b"* CAPABILITY IMAP4rev1\r\n", b"* CAPABILITY IMAP4rev1 STARTTLS\r\n"):
        box, liar = lying(tls="starttls", CAPABILITY=capability)
        with pytest.raises(errors.Temporary):
            box.look()
        assert not any(b"geheim" in words for words in liar.said)


def test_what_was_slipped_in_before_starttls_is_not_believed(lying):
    slipped = b"* CAPABILITY IMAP4rev1\r\nX OK .\r\n"
    box, liar = lying(tls="starttls", STARTTLS=slipped)
    with pytest.raises(errors.Temporary):
        box.look()
    assert not any(b"geheim" in words for words in liar.said)
