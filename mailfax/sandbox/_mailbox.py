"""An SMTP sink: takes every mail and keeps it, so that a test can read what was sent.

Announces SIZE, 8BITMIME, SMTPUTF8 and DSN; with a certificate STARTTLS, and then AUTH, where
any login is good.
"""

import asyncio
import collections
import dataclasses
import itertools
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

from aiosmtpd import smtp

_MAX_SIZE = 64 * 1024 * 1024
_MAX_MAILS = 10_000
_MAX_BYTES = 256 * 1024 * 1024
_DSN = {"RET", "ENVID", "NOTIFY", "ORCPT"}
"""RFC 3461 section 4."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One transaction."""

    id: int
    time: str
    mail_from: str
    """Empty for the null sender."""
    mail_options: tuple[str, ...]
    rcpt_tos: tuple[str, ...]
    rcpt_options: tuple[tuple[str, ...], ...]
    """Of each recipient, as spelled by the client."""
    data: bytes
    tls: bool = False


class Mailbox:
    """The mails received, oldest first, bounded in number and bytes."""

    def __init__(self, clock: Callable[[], str]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._mails: collections.deque[Mail] = collections.deque()
        self._bytes = 0

    def mails(self) -> list[Mail]:
        """All that is kept."""
        with self._lock:
            return list(self._mails)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._mails.clear()
            self._bytes = 0

    def put(
        self,
        mail_from: str,
        rcpt_tos: tuple[str, ...],
        data: bytes,
        *,
        mail_options: tuple[str, ...] = (),
        rcpt_options: tuple[tuple[str, ...], ...] = (),
        tls: bool = False,
    ) -> Mail:
        """Keep one mail."""
        with self._lock:
            mail = Mail(
                id=next(self._ids),
                time=self._clock(),
                mail_from=mail_from,
                mail_options=mail_options,
                rcpt_tos=rcpt_tos,
                rcpt_options=rcpt_options,
                data=data,
                tls=tls,
            )
            self._mails.append(mail)
            self._bytes += len(data)
            while len(self._mails) > _MAX_MAILS or self._bytes > _MAX_BYTES:
                self._bytes -= len(self._mails.popleft().data)
            return mail


class _Session(smtp.SMTP):
    """aiosmtpd's dialogue, taught the DSN parameters, which it refuses with 555."""

    command_size_limit = 1000
    command_size_limits: dict[str, int] = collections.defaultdict(lambda: 1000)  # noqa: RUF012
    """With room for DSN parameters (RFC 3461 section 4); the base has 512."""
    parameters = ""
    """Of the MAIL or RCPT at hand, exactly as sent (it upper-cases its own copy)."""

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        address, parameters = super()._getaddr(arg)
        self.parameters = parameters or ""
        return address, parameters

    def _getparams(self, params: Any) -> dict[str, str | bool] | None:
        known = super()._getparams(params)
        if known is None:
            return None
        return {name: value for name, value in known.items() if name not in _DSN}


class _Handler:
    """What aiosmtpd asks us."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_EHLO(  # noqa: N802  aiosmtpd's name
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        """Announce DSN."""
        session.host_name = hostname
        return [*responses[:-1], "250-DSN", responses[-1]]

    async def handle_MAIL(  # noqa: N802  aiosmtpd's name
        self, server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Take every sender."""
        envelope.mail_from = address
        envelope.mail_options.extend(server.parameters.split())
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Take every recipient."""
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.append(tuple(server.parameters.split()))
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802  aiosmtpd's name
        self, _server: Any, session: Any, envelope: Any
    ) -> str:
        """Keep the mail."""
        mail = self._mailbox.put(
            "" if envelope.mail_from == "<>" else envelope.mail_from,
            tuple(envelope.rcpt_tos),
            envelope.content,
            mail_options=tuple(envelope.mail_options),
            rcpt_options=tuple(envelope.rcpt_options),
            tls=session.ssl is not None,
        )
        return f"250 2.6.0 kept as {mail.id}"

    async def handle_exception(self, _error: Exception) -> str:
        """Nothing is printed, and nobody is told our insides."""
        return "451 4.3.0 the sink failed"


def _closed(session: _Session) -> bool:
    """Whether its connection has been there and is over; a new one has none for a moment."""
    return session.transport is not None and session.transport.is_closing()


class Sink:
    """The SMTP port: bound at construction, served by a loop in a thread until `stop`."""

    def __init__(
        self, address: tuple[str, int], mailbox: Mailbox, tls: ssl.SSLContext | None
    ) -> None:
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._socket = socket.create_server(address, family=family, backlog=128)
        self.port: int = self._socket.getsockname()[1]
        self._handler = _Handler(mailbox)
        self._tls = tls
        self._sessions: list[_Session] = []
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda _loop, _context: None)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-smtp", daemon=True)

    def start(self) -> None:
        """Begin to accept connections."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Close the port and all connections; wait for the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()
        self._socket.close()

    def _run(self) -> None:
        serving = self._loop.create_server(self._session, sock=self._socket)
        server = self._loop.run_until_complete(serving)
        self._loop.call_soon(self._ready.set)
        self._loop.run_forever()
        self._loop.run_until_complete(self._end(server))

    def _session(self) -> _Session:
        session = _Session(
            self._handler,
            data_size_limit=_MAX_SIZE,
            enable_SMTPUTF8=True,
            hostname="sandbox.invalid",
            ident="sandbox",
            tls_context=self._tls,
            authenticator=lambda *_said: smtp.AuthResult(success=True),
            loop=self._loop,
        )
        self._sessions = [known for known in self._sessions if not _closed(known)]
        self._sessions.append(session)
        return session

    async def _end(self, server: asyncio.Server) -> None:
        server.close()
        for session in self._sessions:
            if isinstance(session.transport, asyncio.WriteTransport):
                session.transport.abort()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(4):  # TLS closes in steps
            await asyncio.sleep(0)
