# ruff: noqa: N802 - the verbs name the methods, as aiosmtpd has it
"""A mail server on loopback that keeps what it gets, and misbehaves at the verb it is told to.

`sink.behave["RCPT"] = "550 5.1.1 no such user"` answers so; `"hang"` says nothing more; `"drop"`
cuts the connection. Verbs are EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, RSET, `content` (while
the mail is coming) and `dot` (when all of it is there). `sink.once` does it one time only.
"""

import asyncio
import dataclasses
import ssl
import threading
from collections.abc import Sequence
from typing import Self

import aiosmtpd.smtp


@dataclasses.dataclass(frozen=True)
class Kept:
    """One mail and its envelope; options as they were written."""

    mail_from: str
    rcpt_to: str
    data: bytes
    mail_options: str
    rcpt_options: str


class Sink:
    """The server; a context manager."""

    def __init__(
        self,
        *,
        starttls: ssl.SSLContext | None = None,
        implicit: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
        extensions: Sequence[str] = ("DSN",),
        size: int = 33_554_432,
    ) -> None:
        self.behave: dict[str, str] = {}
        self.once: dict[str, str] = {}
        self.mails: list[Kept] = []
        self.verbs: list[str] = []
        self.connections = 0
        self.sessions: list[_Session] = []
        self.login = login
        self.extensions = extensions
        self._starttls, self._implicit, self._size = starttls, implicit, size
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """Close every connection from our side."""

        async def close() -> None:
            for session in self.sessions:
                if session.transport:
                    session.transport.close()
            await asyncio.sleep(0.05)

        asyncio.run_coroutine_threadsafe(close(), self._loop).result()

    async def _serve(self) -> asyncio.Server:
        return await self._loop.create_server(
            lambda: _Session(self, self._starttls, self._size), "127.0.0.1", 0, ssl=self._implicit
        )

    async def _stop(self) -> None:
        self._server.close()
        for transport in list(self._loop._transports.values()):
            transport.abort()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(4):  # TLS closes in steps
            await asyncio.sleep(0)


class _Session(aiosmtpd.smtp.SMTP):
    """One connection."""

    def __init__(self, sink: Sink, context: ssl.SSLContext | None, size: int) -> None:
        super().__init__(
            _Handler(sink),
            hostname="sink.example",
            tls_context=context,
            data_size_limit=size,
            auth_require_tls=False,
            authenticator=self._check,
            loop=asyncio.get_running_loop(),
        )
        self.sink = sink
        self.options = {"MAIL": "", "RCPT": ""}

    def connection_made(self, transport):
        if self.transport is None:
            self.sink.connections += 1
            self.sink.sessions.append(self)
        super().connection_made(transport)

    def _check(self, server, session, envelope, mechanism, data):
        offered = (data.login.decode(), data.password.decode())
        return aiosmtpd.smtp.AuthResult(success=offered == self.sink.login, handled=False)

    async def misbehaves(self, verb: str) -> bool:
        """Do what the sink was told to do at this verb; True when that was something."""
        self.sink.verbs.append(verb)
        action = self.sink.once.pop(verb, None) or self.sink.behave.get(verb)
        if action is None:
            return False
        if action == "hang":
            await asyncio.sleep(3600)
        elif action == "drop":
            self.transport.abort()
        else:
            await self.push(action)
        return True

    async def smtp_EHLO(self, arg):
        if not await self.misbehaves("EHLO"):
            await super().smtp_EHLO(arg)

    async def smtp_STARTTLS(self, arg):
        if not await self.misbehaves("STARTTLS"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg):
        if not await self.misbehaves("AUTH"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg):
        path, _, self.options["MAIL"] = arg.partition("> ")
        if not await self.misbehaves("MAIL"):
            await super().smtp_MAIL(path.removesuffix(">") + ">")

    async def smtp_RCPT(self, arg):
        path, _, self.options["RCPT"] = arg.partition("> ")
        if not await self.misbehaves("RCPT"):
            await super().smtp_RCPT(path.removesuffix(">") + ">")

    async def smtp_RSET(self, arg):
        if not await self.misbehaves("RSET"):
            await super().smtp_RSET(arg)

    async def smtp_DATA(self, arg):
        if await self.misbehaves("DATA"):
            return
        if {"content"} & {*self.sink.behave, *self.sink.once}:
            await self.push("354 go ahead")
            await self._reader.read(1000)
            await self.misbehaves("content")
            return
        await super().smtp_DATA(arg)


class _Handler:
    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        more = [f"250-{word}" for word in self.sink.extensions]
        kept = [line for line in responses if self.sink.login or "AUTH" not in line]
        return [*kept[:-1], *more, kept[-1]]

    async def handle_DATA(self, server, session, envelope):
        if await server.misbehaves("dot"):
            return None
        mail_from = "" if envelope.mail_from == "<>" else envelope.mail_from
        options = server.options
        self.sink.mails.append(
            Kept(
                mail_from,
                envelope.rcpt_tos[0],
                envelope.original_content,
                options["MAIL"],
                options["RCPT"],
            )
        )
        return "250 2.0.0 taken"
