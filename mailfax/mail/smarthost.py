"""Mail out: hands finished mails to the operator's mail server, over one kept connection.

Certificates are always verified; a login is never said in the clear. What went wrong is said
as one of three: `errors.Temporary` surely not taken, try again; `errors.Permanent` refused for
good; `errors.Unsure` the connection was lost after the final dot (RFC 5321 section 4.2.5), so
that the same mail, sent again under the same Message-ID, may arrive twice.

aiosmtplib speaks the protocol on an event loop that runs only while a mail is being sent;
callers in several threads take turns.
"""

import asyncio
import contextlib
import dataclasses
import ipaddress
import pathlib
import re
import ssl
import threading
from collections.abc import Collection, Coroutine, Iterator

import aiosmtplib

from mailfax import errors, failpoints
from mailfax.mail import compose, plain

TLS = ("starttls", "implicit", "opportunistic", "none")

_CHUNK = 65_536
_LINE_END = re.compile(rb"\r\n|\r|\n")
_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")
_OURS = frozenset({500, 501, 502, 503, 504, 530, 534, 535, 538})
"""Replies to MAIL that blame us or our login, not the mail (RFC 5321 4.2, RFC 4954 6)."""

_LOST = (aiosmtplib.SMTPException, OSError)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`[smarthost]` of mailfax.toml."""

    host: str
    port: int = 587
    tls: str = "starttls"
    """starttls (compulsory), implicit, opportunistic (where it is offered) or none."""
    login: str | None = None
    password: str | None = dataclasses.field(default=None, repr=False)
    ca: pathlib.Path | None = None
    """PEM file of the only authorities to be believed; the system's own without it."""
    hostname: str = "localhost"
    """What we call ourselves in EHLO."""
    timeout: float = 60.0
    """Seconds for connecting and for each reply."""
    final_timeout: float = 600.0
    """Seconds for the reply after the final dot (RFC 5321 section 4.5.3.2.6)."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Mail:
    """One transaction: one recipient, as receipts and received faxes have."""

    mail_from: str
    rcpt_to: str
    data: bytes = dataclasses.field(repr=False)
    notify: tuple[str, ...]
    envid: str | None


class Smarthost:
    """The mail server behind us. Opens at the first mail, reopens when the connection is stale."""

    def __init__(self, settings: Settings) -> None:
        """Raises `errors.Invalid` for settings that cannot work or would not be safe."""
        self._settings = settings
        self._context = _context(settings)
        self._lock = threading.Lock()
        self._runner: asyncio.Runner | None = None
        self._client: aiosmtplib.SMTP | None = None
        self._transport: asyncio.BaseTransport | None = None
        """The client's own; it forgets it when it closes, which over TLS takes a while."""

    def send(
        self,
        mail_from: str,
        rcpt_to: str,
        data: bytes,
        *,
        notify: Collection[str] = (),
        envid: str | None = None,
    ) -> None:
        """Hand over one mail; returns once the server has said that it took it.

        An empty `mail_from` is the null return path, and is sent with NOTIFY=NEVER
        (RFC 3834 section 3.3). `notify` and `envid` (plain text) are RFC 3461's and are left
        out where the server does not offer DSN.
        Raises `errors.Temporary`, `errors.Permanent` or `errors.Unsure`.
        """
        if (mail_from and not compose.is_address(mail_from)) or not compose.is_address(rcpt_to):
            wrong = mail_from if compose.is_address(rcpt_to) else rcpt_to
            raise errors.Permanent(f"{wrong!a} is no mail address")
        wishes = tuple(notify) if mail_from else ("NEVER",)
        self._run(self._deliver(_Mail(mail_from, rcpt_to, _wired(data), wishes, envid)))

    def check(self) -> None:
        """Connect, secure and log in, as `send` would; raises `errors.Temporary` if it fails."""
        self._run(self._ready())

    def close(self) -> None:
        """Say QUIT and let the connection go; a later `send` opens it again."""
        with self._lock:
            if self._runner is not None:
                self._runner.run(self._quit())
                self._runner.close()
                self._runner = None

    def _run(self, work: Coroutine[None, None, object]) -> None:
        with self._lock:
            if self._runner is None:
                self._runner = asyncio.Runner()
            self._runner.run(work)

    # ── The connection ─────────────────────────────────────────────────────────────────

    async def _ready(self) -> aiosmtplib.SMTP:
        """The kept connection if it still answers, else a new one."""
        if self._client is not None and self._client.is_connected:
            try:
                if (await self._client.rset()).code == 250:
                    return self._client
            except _LOST:
                pass
        await self._drop()
        self._client = await self._opened()
        self._transport = self._client.transport
        return self._client

    async def _opened(self) -> aiosmtplib.SMTP:
        settings = self._settings
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            local_hostname=settings.hostname,
            timeout=settings.timeout,
            use_tls=settings.tls == "implicit",
            start_tls={"starttls": True, "opportunistic": None}.get(settings.tls, False),
            tls_context=self._context,
        )
        try:
            await client.connect()
            await client.ehlo()
            await self._log_in(client)
        except aiosmtplib.SMTPAuthenticationError as error:
            await _let_go(client, client.transport)
            raise errors.Temporary(
                f"{self._name} refused the login of {settings.login!r}: {_said(error)}",
                cause=errors.Cause.LOGIN_FAILED,
            ) from None
        except _LOST as error:
            await _let_go(client, client.transport)
            raise errors.Temporary(f"{self._name} cannot be used: {_said(error)}") from None
        return client

    async def _log_in(self, client: aiosmtplib.SMTP) -> None:
        settings = self._settings
        if settings.login is None:
            return
        if client.get_transport_info("sslcontext") is None and not _loopback(settings.host):
            raise aiosmtplib.SMTPException("it offers no TLS, and the login is not said without")
        await client.login(settings.login, settings.password or "")

    async def _drop(self) -> None:
        client, self._client = self._client, None
        transport, self._transport = self._transport, None
        if client is not None:
            await _let_go(client, transport)

    async def _quit(self) -> None:
        if self._client is not None and self._client.is_connected:
            with contextlib.suppress(*_LOST):
                await self._client.quit(timeout=2)
        await self._drop()

    # ── The transaction ────────────────────────────────────────────────────────────────

    async def _deliver(self, mail: _Mail) -> None:
        client = await self._ready()
        options = list(self._mail_options(client, mail))
        try:
            await self._say(client, "MAIL", f"FROM:<{mail.mail_from}>", *options)
            rcpt = [f"NOTIFY={','.join(mail.notify)}"] if mail.notify else []
            wishes = rcpt if client.supports_extension("dsn") else []
            await self._say(client, "RCPT", f"TO:<{mail.rcpt_to}>", *wishes)
            await self._say(client, "DATA")
            await self._content(client, mail.data)
        except _LOST as error:
            await self._drop()
            raise errors.Temporary(f"{self._name} was lost: {_said(error)}") from None
        await self._dot(client)
        failpoints.hit("smarthost-after-250")

    def _mail_options(self, client: aiosmtplib.SMTP, mail: _Mail) -> Iterator[str]:
        if client.supports_extension("size"):
            limit = client.esmtp_extensions["size"].strip()
            if limit.isdigit() and 0 < int(limit) < len(mail.data):
                raise errors.Permanent(
                    f"{self._name} takes mails of {limit} octets at most, this one has "
                    f"{len(mail.data)}",
                    cause=errors.Cause.TOO_LONG,
                )
            yield f"SIZE={len(mail.data)}"
        if client.supports_extension("8bitmime") and not mail.data.isascii():
            yield "BODY=8BITMIME"
        if mail.envid and client.supports_extension("dsn"):
            yield f"ENVID={_xtext(mail.envid)}"

    async def _say(self, client: aiosmtplib.SMTP, verb: str, *words: str) -> None:
        """One command; raises what a reply other than success means."""
        reply = await client.execute_command(verb.encode(), *(word.encode() for word in words))
        if reply.code // 100 not in {2, 3}:
            raise self._refusal(verb, reply.code, reply.message)

    async def _content(self, client: aiosmtplib.SMTP, data: bytes) -> None:
        """All but the final dot, at the server's pace: until then nothing is handed over."""
        protocol = client.protocol
        assert protocol is not None
        for place in range(0, len(data), _CHUNK):
            protocol.write(data[place : place + _CHUNK])
            # What StreamWriter.drain awaits; aiosmtplib has no face for it.
            drained = protocol._drain_helper()  # noqa: SLF001
            await asyncio.wait_for(drained, self._settings.timeout)

    async def _dot(self, client: aiosmtplib.SMTP) -> None:
        """The final dot and its reply: from here on a lost answer is a doubt."""
        failpoints.hit("smarthost-before-dot")
        protocol = client.protocol
        try:
            if protocol is None:
                raise aiosmtplib.SMTPServerDisconnected("Connection lost")
            protocol.write(b".\r\n")
        except _LOST as error:
            await self._drop()
            raise errors.Temporary(f"{self._name} was lost: {_said(error)}") from None
        try:
            reply = await protocol.read_response(timeout=self._settings.final_timeout)
        except _LOST as error:
            await self._drop()
            raise errors.Unsure(
                f"{self._name} was lost after the whole mail was sent: {_said(error)}"
            ) from None
        if reply.code // 100 != 2:
            raise self._refusal("the mail", reply.code, reply.message)

    def _refusal(self, what: str, code: int, text: str) -> errors.MailfaxError:
        sentence = f"{self._name} refused {what}: {code} {plain.line(text)}"
        if code // 100 != 5:
            return errors.Temporary(sentence)
        if what == "MAIL" and code in _OURS:
            return errors.Temporary(sentence, cause=errors.Cause.LOGIN_FAILED)
        return errors.Permanent(sentence)

    @property
    def _name(self) -> str:
        return f"the smarthost {self._settings.host}:{self._settings.port}"


async def _let_go(client: aiosmtplib.SMTP, transport: asyncio.BaseTransport | None) -> None:
    """Close the socket at once, and let the loop, which may stop after this, see to it."""
    client.close()
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
    for _ in range(3):  # TLS closes in steps
        await asyncio.sleep(0)


def _context(settings: Settings) -> ssl.SSLContext | None:
    """TLS 1.2 or later, always verified; None where it is switched off."""
    if settings.tls not in TLS:
        raise _invalid("tls", f"is {settings.tls!r}; it can be {', '.join(TLS)}")
    if settings.tls == "none":
        if settings.login is not None and not _loopback(settings.host):
            raise _invalid("login", "would be sent without TLS; set tls, or drop the login")
        return None
    try:
        context = ssl.create_default_context(cafile=settings.ca)
    except OSError as error:
        raise _invalid("ca", f"{settings.ca} cannot be read: {error.strerror or error}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _invalid(key: str, text: str) -> errors.Invalid:
    return errors.Invalid([errors.Problem(f"smarthost.{key}", 0, 0, text)])


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _wired(data: bytes) -> bytes:
    """With CRLF alone as line end, also at the very end, and dots doubled (RFC 5321 4.5.2)."""
    ends = data.count(b"\r\n")
    if ends != data.count(b"\n") or ends != data.count(b"\r"):
        data = _LINE_END.sub(b"\r\n", data)
    if not data.endswith(b"\r\n"):
        data += b"\r\n"
    stuffed = data.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed


def _xtext(text: str) -> str:
    """RFC 3461 section 4: what is not plain becomes `+HH`."""
    plainly = plain.ascii_line(text, 100)
    return _NOT_XTEXT.sub(lambda match: f"+{ord(match[0]):02X}", plainly)


def _said(error: BaseException) -> str:
    """What the server or the system said, on one line."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {plain.line(error.message)}"
    if isinstance(error, TimeoutError) and not str(error):
        return "it did not answer in time"
    return plain.line(str(error)) or type(error).__name__
