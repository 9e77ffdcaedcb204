"""A mailbox at a mail server, by IMAP (RFC 3501): looked into, fetched from in pieces, tidied.

TLS is compulsory and certificates are always verified. Nothing is deleted: a mail leaves its folder
for another one, by MOVE (RFC 6851) where the server knows it. What the server says is bounded:
its longest literal, and all that it says in answer to one question.

Raises `errors.Temporary` for whatever the server refuses, and `Lost`, which is one too, when the
connection is gone; the next question opens it again. For one thread.
"""

import contextlib
import dataclasses
import functools
import hashlib
import imaplib
import pathlib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import imapclient
import structlog

from mailfax import errors
from mailfax.mail import incoming, plain
from mailfax.model import Content

PIECE = 262_144
"""Octets asked for at once."""
SMALL = 65_536
"""Octets up to which a mail stays in memory."""
_HEADER = 131_072
"""Octets of the header section of a mail that is too large."""
_ANSWER = 2_000_000
"""Octets of all that is said in answer to one question."""
_TICK = 0.5
"""Seconds between two thoughts of stopping."""

_log = structlog.get_logger("mailbox")


class Lost(errors.Temporary):
    """The connection is gone, or the server is not to be understood."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`[mailbox]` of mailfax.toml."""

    host: str
    port: int = 993
    tls: str = "implicit"
    """implicit or starttls."""
    ca: pathlib.Path | None = None
    """PEM file of the only authorities to be believed; the system's own without it."""
    login: str
    password: str = dataclasses.field(repr=False)
    folder: str = "INBOX"
    done: str = "Faxed"
    """Folder for mails that were accepted, `refused` for the others."""
    refused: str = "Refused"
    idle: bool = True
    """Be told of new mail (RFC 2177), where the server can."""
    timeout: float = 60.0
    """Seconds for connecting, and for the next octets of an answer."""


@dataclasses.dataclass(frozen=True, slots=True)
class Folder:
    """What is in the folder now."""

    validity: int
    """UIDVALIDITY: UIDs mean something only together with it (RFC 3501 section 2.3.1.1)."""
    uids: tuple[int, ...]
    """Oldest first."""


@dataclasses.dataclass(frozen=True, slots=True)
class Fetched:
    """One mail, or the header section alone of one that is too large."""

    content: Content
    whole: bool = True


class Mailbox:
    """One folder of one login. Opens at the first question."""

    def __init__(self, settings: Settings) -> None:
        """Raises `errors.Permanent` for a file of authorities that cannot be read."""
        self.settings = settings
        self._context = _context(settings.ca)
        self._client: imapclient.IMAPClient | None = None
        self._left = 0

    @property
    def name(self) -> str:
        """The same for the same folder of the same login, and for no other."""
        one = self.settings
        return f"{one.login} at {one.host}:{one.port}, {one.folder}"

    @property
    def opened(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._client is not None

    # ── questions ──────────────────────────────────────────────────────────────────────

    def look(self) -> Folder:
        """What waits in the folder."""
        with self._asking("look into the folder") as client:
            selected = client.select_folder(self.settings.folder)
            uids = client.search(["UNDELETED"])
            return Folder(int(selected[b"UIDVALIDITY"]), tuple(sorted(map(int, uids))))

    def fetch(
        self, uid: int, max_size: int, new_spool: Callable[[], incoming.Spool]
    ) -> Fetched | None:
        """The mail as it is now, read mark untouched; in a spool when it is not small.

        None: it is gone. Raises also what the spool raises.
        """
        with contextlib.suppress(_Gone):
            if self._item(uid, "RFC822.SIZE", b"RFC822.SIZE", int) <= max_size:
                with contextlib.suppress(_TooLarge):
                    return Fetched(_gathered(self._pieces(uid, max_size), new_spool))
            head = self._item(uid, f"BODY.PEEK[HEADER]<0.{_HEADER}>", b"BODY[HEADER]<0>", bytes)
            return Fetched(_in_memory(head), whole=False)
        return None

    def move(self, uid: int, folder: str) -> None:
        """From the folder that was looked into to this one."""
        with self._asking(f"move a mail to {folder}") as client:
            if client.has_capability("MOVE"):
                client.move([uid], folder)
                return
            client.copy([uid], folder)
            client.add_flags([uid], [imapclient.DELETED], silent=True)
            if client.has_capability("UIDPLUS"):
                client.uid_expunge([uid])

    def wait(self, seconds: float, stopping: threading.Event) -> None:
        """Until something happens in the folder, or this long."""
        until = time.monotonic() + seconds
        with self._asking("tell of new mail") as client:
            if not (self.settings.idle and client.has_capability("IDLE")):
                stopping.wait(seconds)
                return
            client.idle()
            while not stopping.is_set() and time.monotonic() < until:
                began = time.monotonic()
                if client.idle_check(_TICK) or time.monotonic() - began < _TICK / 2:
                    break  # news; or the end of the connection, which looks like none at all
            client.idle_done()

    def check(self) -> str:
        """Log in and look, change nothing; what is there, as a phrase."""
        try:
            with self._asking("look into its folders") as client:
                client.select_folder(self.settings.folder, readonly=True)
                waiting = len(client.search(["UNDELETED"]))
                absent = [one for one in self._aside() if not client.folder_exists(one)]
        finally:
            self.close()
        more = f"; {' and '.join(absent)} will be made" if absent else ""
        return f"takes our login, {waiting} in {self.settings.folder}{more}"

    def make_folders(self) -> None:
        """Those for mails that are done with, where they are not there."""
        with self._asking("make a folder") as client:
            for name in self._aside():
                if not client.folder_exists(name):
                    client.create_folder(name)

    def close(self) -> None:
        """Let the connection go; the next question opens it again."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                client.shutdown()

    # ── the connection ─────────────────────────────────────────────────────────────────

    def _aside(self) -> tuple[str, str]:
        return self.settings.done, self.settings.refused

    @contextlib.contextmanager
    def _asking(self, what: str) -> Iterator[imapclient.IMAPClient]:
        """One question; whatever goes wrong is said as trouble of this server's."""
        try:
            self._left = _ANSWER
            if self._client is None:
                self._client = self._opened()
            yield self._client
        except _Gone:
            raise
        except errors.MailfaxError:
            self.close()
            raise
        except (imaplib.IMAP4.abort, OSError) as error:
            self.close()
            raise Lost(f"{self._server} was lost: {_words(error)}") from None
        except imaplib.IMAP4.error as error:
            if self._client is None:
                raise Lost(f"{self._server} lets nobody in: {_words(error)}") from None
            raise errors.Temporary(f"{self._server} does not {what}: {_words(error)}") from None
        except Exception as error:  # noqa: BLE001 - the library raises what it stumbles over
            self.close()
            kind = type(error).__name__
            raise Lost(f"{self._server} is not to be understood ({kind})") from None

    @property
    def _server(self) -> str:
        return f"the mailbox server {self.settings.host}"

    def _opened(self) -> imapclient.IMAPClient:
        settings = self.settings
        implicit = settings.tls == "implicit"
        client = imapclient.IMAPClient(
            settings.host,
            settings.port,
            ssl=implicit,
            ssl_context=self._context if implicit else None,
            timeout=imapclient.SocketTimeout(settings.timeout, settings.timeout),
        )
        try:
            self._bound(client)
            if not implicit:
                client.starttls(self._context)
            self._log_in(client)
        except BaseException:
            with contextlib.suppress(Exception):
                client.shutdown()
            raise
        _log.info("mailbox opened", host=settings.host, folder=settings.folder)
        return client

    def _log_in(self, client: imapclient.IMAPClient) -> None:
        """Without the server's words, which may repeat what was said."""
        try:
            client.login(self.settings.login, self.settings.password)
        except imapclient.exceptions.LoginError:
            raise Lost(f"{self._server} refuses our login") from None

    def _bound(self, client: imapclient.IMAPClient) -> None:
        """No answer is longer than it may be: imaplib itself takes as much as it is promised."""
        wire: Any = client._imap  # noqa: SLF001 - there is no other way in
        wire.read = functools.partial(self._taken, wire.read)
        wire.readline = functools.partial(self._line, wire.readline)
        wire.debug = 0

    def _taken(self, read: Callable[[int], bytes], size: int) -> bytes:
        if not 0 <= size <= self._left:
            raise imaplib.IMAP4.abort(f"it announces {size} octets")
        return self._counted(read(size))

    def _line(self, read: Callable[[], bytes]) -> bytes:
        """After a line above its limit, a million octets, imaplib has lost its place."""
        try:
            return self._counted(read())
        except imaplib.IMAP4.error as error:
            raise imaplib.IMAP4.abort(str(error)) from None

    def _counted(self, octets: bytes) -> bytes:
        self._left -= len(octets)
        if self._left < 0:
            raise imaplib.IMAP4.abort(f"it says more than {_ANSWER} octets at once")
        return octets

    # ── one mail ───────────────────────────────────────────────────────────────────────

    def _pieces(self, uid: int, max_size: int) -> Iterator[bytes]:
        """The mail piece by piece, however large the server says it is: until nothing comes."""
        place = 0
        while piece := self._item(
            uid, f"BODY.PEEK[]<{place}.{PIECE}>", f"BODY[]<{place}>".encode("ascii"), bytes
        ):
            place += len(piece)
            if place > max_size:
                raise _TooLarge("the mail is too large")
            yield piece

    def _item(self, uid: int, item: str, key: bytes, kind: type) -> Any:
        """One thing about one mail, of this kind, by the key that it has in the answer."""
        with self._asking("give a mail") as client:
            answer = client.fetch([uid], [item])
            if uid not in answer:
                raise _Gone("the mail is gone")
            found = kind() if answer[uid][key] is None else answer[uid][key]
            if not isinstance(found, kind):
                raise imaplib.IMAP4.abort(f"it gives no {item}")
            return found


class _Gone(errors.Permanent):
    """There is no such mail any more."""


class _TooLarge(errors.Permanent):
    """It is over the limit."""


def _gathered(pieces: Iterator[bytes], new_spool: Callable[[], incoming.Spool]) -> Content:
    kept = b""
    for piece in pieces:
        kept += piece
        if len(kept) > SMALL:
            return _spooled(kept, pieces, new_spool())
    return _in_memory(kept)


def _spooled(first: bytes, pieces: Iterator[bytes], spool: incoming.Spool) -> Content:
    try:
        spool.write(first)
        for piece in pieces:
            spool.write(piece)
        return spool.finish()
    except BaseException:
        spool.discard()
        raise


def _in_memory(octets: bytes) -> Content:
    return Content(size=len(octets), sha256=hashlib.sha256(octets).hexdigest(), data=octets)


def _context(ca: pathlib.Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise errors.Permanent(f"the authorities in {ca} cannot be read: {error}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _words(error: Exception) -> str:
    """What was said, short: the library's own name for a silence says nothing to people."""
    return plain.ascii_line(str(error), 160) or type(error).__name__
