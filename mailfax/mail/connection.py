"""One SMTP connection without its dialogue: octets in, replies out, TLS, deadlines, the end.

aiosmtpd is the transport shell: it owns the stream, the swap to TLS and the loss of the
connection. Nothing of its dialogue is used, because its replies, limits and grammar are not ours.
"""

import abc
import asyncio
import contextlib
import dataclasses
import functools
import ipaddress
import secrets
import ssl
import traceback
from collections.abc import Callable, Mapping
from concurrent import futures
from typing import Any, TypeVar

import structlog
from aiosmtpd import smtp

from mailfax import errors
from mailfax.mail import gate, logins, terms, threads, wire
from mailfax.model import Peer

_log = structlog.get_logger("mailfax.mail")

_HANDSHAKE = 30.0
"""Seconds for a TLS handshake."""

_LINGER = 5.0
"""Seconds for a client to read our last words."""

_SHELL_TIMER = 7 * 86_400.0
"""Seconds until the shell's own timer, which knows nothing of progress, would cut a session."""

_READ = 65_536
"""Octets asked of the socket at once. asyncio's own 256 KB are mapped into memory, shrunk and
unmapped again by the kernel for each read of a few octets: a tenth of a small mail's time."""

T = TypeVar("T")


@dataclasses.dataclass(kw_only=True)
class Host:
    """What all connections of one listener share."""

    settings: terms.Settings
    admit: terms.Admit
    accept: terms.Accept
    ready: terms.Ready
    new_spool: terms.NewSpool
    country: Callable[[], str | None]
    logins: logins.Logins
    gate: gate.Gate
    tls: ssl.SSLContext | None
    works: threads.Pool
    """Threads that write and commit messages; many may wait in there at once."""
    checks: threads.Pool
    """Threads for passwords: few, since each takes the memory its hash asks for."""
    connections: set["Connection"] = dataclasses.field(default_factory=set)
    open: set[asyncio.Transport] = dataclasses.field(default_factory=set)
    """Sockets of all of them, and of those that still take our last words."""
    closing: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What tells one listening socket from another."""

    implicit_tls: bool = False
    require_auth: bool = False
    lmtp: bool = False
    """A unix socket, whose clients are on this machine."""


class Connection(smtp.SMTP, abc.ABC):
    """The shell around one client; a subclass says what is talked about in `converse`."""

    def __init__(self, host: Host, door: Door, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(None, hostname=host.settings.hostname, timeout=_SHELL_TIMER, loop=loop)
        self.host = host
        self.door = door
        self.address = ""
        self.helo = ""
        self.waiting = False
        """Whether the client has the word and nothing of its is half done."""
        self.announced: str | None = None
        """The client's address where a proxy has named it."""
        self._raw: asyncio.Transport | None = None
        self._tls: str | None = None
        self._certificate: frozenset[str] = frozenset()
        self._refusal: errors.Refused | None = None
        self._ends_at = loop.time() + host.settings.session

    def __dir__(self) -> list[str]:
        """Nothing: for each connection aiosmtpd lists its members twice, looking for verbs and
        mechanisms that are not used here, which took 14 % of a small mail's time.
        """
        return []

    @abc.abstractmethod
    async def converse(self) -> None:
        """Talk until there is nothing more to say; raises `errors.Refused` 421 to end it."""

    def forget_client(self) -> None:
        """Drop all that was learnt before TLS (RFC 3207 section 4.2)."""
        self.helo = ""
        self._wire.forget()

    @property
    def secure(self) -> bool:
        """Whether TLS is on."""
        return self._tls is not None

    @property
    def peer(self) -> Peer:
        """Who is at the other end, as far as it is known by now."""
        return Peer(
            address=self.address, helo=self.helo, tls=self._tls, certificate=self._certificate
        )

    # ── what the shell calls ───────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called for a new connection, and again by the shell once TLS is on."""
        super().connection_made(transport)
        if self._raw is None:
            assert isinstance(transport, asyncio.Transport)
            self._raw = transport
            self.host.open.add(transport)
            transport.max_size = _READ  # type: ignore[attr-defined]
            self._enter()

    def connection_lost(self, error: Exception | None) -> None:
        """Called once the socket is gone."""
        super().connection_lost(error)
        if self._raw is not None:
            self.host.open.discard(self._raw)

    def eof_received(self) -> bool:
        """A client may close its side and still hear the answers to what it has sent."""
        asyncio.StreamReaderProtocol.eof_received(self)
        return self._tls_protocol is None

    async def push(self, status: Any) -> None:  # noqa: ARG002 - ours has a status code
        """The shell's one own word: its 220 before the handshake that follows STARTTLS."""
        if not self.door.implicit_tls:
            await self.say(220, "2.0.0", "Go ahead")

    async def _handle_client(self) -> None:
        try:
            await self._welcome()
            await self.converse()
        except errors.Refused as refusal:
            with contextlib.suppress(OSError):
                await self.say_no(refusal)
        except OSError:
            pass
        except Exception as error:  # noqa: BLE001 - this client's end is nobody else's
            trouble(error)
        finally:
            self._leave()

    # ── talking ────────────────────────────────────────────────────────────────────────

    async def say(self, code: int, status: str, text: str) -> None:
        """One reply."""
        await self.send(wire.reply(code, status, text))

    async def say_no(self, refusal: errors.Refused) -> None:
        """A refusal; the log has its codes only, since its words may name a number."""
        note("refused", peer=self.address, code=refusal.code, status=refusal.status)
        await self.say(refusal.code, refusal.status, str(refusal))

    async def send(self, octets: bytes) -> None:
        """Octets to the client; one that does not read them in time is cut."""
        transport = self._writer.transport
        if transport.is_closing():
            raise wire.Gone
        transport.write(octets)
        if not transport.get_write_buffer_size():
            return
        try:
            async with asyncio.timeout(self.host.settings.idle):
                await self._writer.drain()
        except TimeoutError:
            transport.abort()
            raise wire.Gone from None

    async def next_line(self) -> bytes:
        """The next line; the whole of it must come within the idle time. Raises `Refused` 421."""
        if self.host.closing:
            raise _closing()
        self.waiting = True
        try:
            return await self._wire.line(min(self.loop.time() + self._idle, self._ends_at))
        except TimeoutError:
            raise errors.Refused(421, "4.4.2", "Waited too long") from None
        finally:
            self.waiting = False

    async def next_chunk(self, started: float, received: int, *, wanted: bool) -> bytes:
        """More of a message that began at `started` and of which `received` octets have come.

        The deadline is the moment when the idle time is over or the average falls below the
        least rate; once the message is not `wanted` any more, the end of the session too.
        """
        settings = self.host.settings
        slow = started + max(settings.rate_grace, received / settings.min_rate)
        deadline = min(self.loop.time() + self._idle, slow)
        try:
            return await self._wire.chunk(deadline if wanted else min(deadline, self._ends_at))
        except TimeoutError:
            raise errors.Refused(421, "4.4.2", "The message came too slowly") from None

    def put_back(self, octets: bytes) -> None:
        """Octets that came behind the end of a message."""
        self._wire.put_back(octets)

    def ask(self, function: Callable[..., T], *arguments: Any) -> T:
        """Ask a quick question here and now; raises `errors.Refused` and nothing else."""
        return _answer(_outcome(function, *arguments))

    async def kept(self, promise: "futures.Future[T]") -> T:
        """What was promised; raises `errors.Refused` and nothing else. No promise is cancelled."""
        landed: asyncio.Future[T | errors.Refused] = self.loop.create_future()

        def land(done: "futures.Future[T]") -> None:
            outcome = _outcome(done.result)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self.loop.call_soon_threadsafe(_settle, landed, outcome)

        promise.add_done_callback(land)
        return _answer(await landed)

    async def in_thread(self, pool: threads.Pool, function: Callable[..., T], *arguments: Any) -> T:
        """Run `function` in a thread. It runs to its end even if this connection does not.

        Raises `errors.Refused` and nothing else: our own trouble is a 451 that names an id.
        """
        return _answer(await self.start(pool, function, *arguments))

    def start(
        self, pool: threads.Pool, function: Callable[..., T], *arguments: Any
    ) -> "asyncio.Future[T | errors.Refused]":
        """Begin to run `function` in a thread; the result is never an exception."""
        return pool.start(_outcome, function, *arguments)

    async def secure_now(self) -> None:
        """Put TLS on, and start afresh behind it."""
        self.tls_context = self.host.tls
        try:
            async with asyncio.timeout(_HANDSHAKE):
                await super().smtp_STARTTLS("")
        except (TimeoutError, smtp.TLSSetupException) as error:
            raise wire.Gone from error
        tls = self._writer.transport.get_extra_info("ssl_object")
        if tls is None:  # the connection was lost, without an error, amid the handshake
            raise wire.Gone
        self._tls = f"{tls.version()} {tls.cipher()[0]}"
        self._certificate = certified(tls.getpeercert() or {})
        self.forget_client()

    # ── ending ─────────────────────────────────────────────────────────────────────────

    def wind_up(self) -> None:
        """The listener stops: end this connection now if it is waiting, else at its next pause."""
        if self.waiting:
            self._reader.set_exception(_closing())

    def abort(self) -> None:
        """Cut the connection without a word."""
        assert self._raw is not None
        self._raw.abort()

    # ── inside ─────────────────────────────────────────────────────────────────────────

    @property
    def _idle(self) -> float:
        return self.host.settings.idle

    def _enter(self) -> None:
        self.address = self.announced or self._peer_address()
        self._wire = wire.Wire(self._reader, self.loop)
        self._refusal = self.host.gate.enter(self.address)
        self.host.connections.add(self)
        assert self._handler_coroutine is not None
        self.task = self._handler_coroutine
        self.task.add_done_callback(self._left)

    def _peer_address(self) -> str:
        if self.door.lmtp:
            return "127.0.0.1"
        return plain_address(self._writer.get_extra_info("peername")[0])

    def _left(self, _: object) -> None:
        self._wire.close()
        self.host.gate.leave(self.address)
        self.host.connections.discard(self)

    async def _welcome(self) -> None:
        if self.door.implicit_tls and self._refusal is None:
            await self.secure_now()
        if self._refusal is None:
            protocol = "LMTP" if self.door.lmtp else "ESMTP"
            await self.say(220, "", f"{self.hostname} {protocol} mailfax")
        elif not self.door.implicit_tls:
            raise self._refusal
        else:
            raise wire.Gone

    def _leave(self) -> None:
        """Close; a client that does not take our last words is cut after a while."""
        assert self._raw is not None
        transport = self._writer.transport
        if self._tls_protocol is not None and transport is self._raw:
            self._raw.abort()
        elif self.secure or transport.get_write_buffer_size():
            self.loop.call_later(_LINGER, self._raw.abort)
        transport.close()


def certified(certificate: Mapping[str, Any]) -> frozenset[str]:
    """Addresses and host names in a verified certificate, lower-case; wildcards name nobody."""
    names = [value for kind, value in certificate.get("subjectAltName", ()) if kind in _NAMES]
    return frozenset(name.lower() for name in names if "*" not in name)


_NAMES = frozenset({"email", "DNS"})


@functools.lru_cache(maxsize=4096)
def plain_address(host: str) -> str:
    """The client's IP address; IPv4 in IPv6 clothes is IPv4."""
    address = ipaddress.ip_address(host)
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def note(event: str, **facts: object) -> None:
    """A line in the log; a log that cannot be written to stops no mail."""
    with contextlib.suppress(Exception):
        _log.info(event, **facts)


def trouble(error: BaseException) -> errors.Refused:
    """Our own trouble as a reply: an id and nothing else; the log has the rest under that id.

    The traceback is written without variables, whose values may be anybody's mail.
    """
    name = secrets.token_hex(6)
    with contextlib.suppress(Exception):
        _log.error("listener in trouble", id=name, trace="".join(traceback.format_exception(error)))
    return errors.Refused(451, "4.3.0", f"Trouble on our side, try again later (id {name})")


def _outcome(function: Callable[..., T], *arguments: Any) -> T | errors.Refused:
    try:
        return function(*arguments)
    except errors.Refused as refusal:
        return refusal
    except errors.Temporary as error:
        return errors.Refused(451, "4.3.0", str(error))
    except BaseException as error:  # noqa: BLE001 - whatever it is, the client may try again
        return trouble(error)


def _answer(outcome: T | errors.Refused) -> T:
    if isinstance(outcome, errors.Refused):
        raise outcome
    return outcome


def _settle(landed: "asyncio.Future[T]", outcome: T) -> None:
    if not landed.done():
        landed.set_result(outcome)


def _closing() -> errors.Refused:
    return errors.Refused(421, "4.3.2", "We are closing, come back soon")
