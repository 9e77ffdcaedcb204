"""The SMTP listener: an event loop in a thread, the sockets, TLS, and a tidy end.

    listener = Listener(settings, admit, accept, ready, new_spool)
    listener.start()
    …
    listener.stop()

What is said to a client is in `session`; what the caller's functions are asked in `terms`.
"""

import asyncio
import concurrent.futures
import contextlib
import functools
import pathlib
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence

from mailfax import errors
from mailfax.mail import connection, gate, logins, proxied, session, threads
from mailfax.mail.terms import Accept, Admission, Admit, NewSpool, Ready, Settings

__all__ = ["Accept", "Admission", "Admit", "Listener", "NewSpool", "Ready", "Settings"]

_BACKLOG = 512
_WORKS = 64
_CHECKS = 2
"""Threads of each kind; see `connection.Host`."""


class Listener:
    """Takes mail on all addresses of its settings from `start` to `stop`."""

    def __init__(
        self,
        settings: Settings,
        admit: Admit,
        accept: Accept,
        ready: Ready,
        new_spool: NewSpool,
        country: Callable[[], str | None] = lambda: None,
    ) -> None:
        """`country` names the country (ISO 3166) in which numbers without a plus are at home.

        Raises `errors.Permanent` for a certificate or a password hash that cannot be read.
        """
        self._settings = settings
        self._host = connection.Host(
            settings=settings,
            admit=admit,
            accept=accept,
            ready=ready,
            new_spool=new_spool,
            country=country,
            logins=logins.Logins(settings.logins),
            gate=gate.Gate(settings.max_connections, settings.max_connections_per_address),
            tls=_context(settings),
            works=threads.Pool(_WORKS, "smtp-work"),
            checks=threads.Pool(_CHECKS, "smtp-login"),
        )
        self._bound: list[tuple[str, int]] = []
        self._grace = 0.0
        self._thread: threading.Thread | None = None

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Host and port of each socket: those of `listen`, then those of `implicit_tls`."""
        return list(self._bound)

    def start(self) -> None:
        """Listen; returns once clients can connect. Raises `errors.Permanent` where that fails."""
        started: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(started)), name="smtp-listener", daemon=True
        )
        self._thread.start()
        started.result()

    def stop(self, grace: float = 10.0) -> None:
        """Take no more clients; let mails that are arriving or being committed finish.

        Blocks for at most about `grace` seconds. A commit that takes longer runs on in its
        thread; its client is gone and will send again.
        """
        if self._thread is not None and self._thread.is_alive():
            self._grace = grace
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
        for pool in (self._host.works, self._host.checks):
            pool.close()

    def reload_tls(self) -> None:
        """Read certificate and key again, for the clients to come.

        Raises `errors.Permanent` when they cannot be read; the ones in use stay.
        """
        self._host.tls = _context(self._settings)

    async def _serve(self, started: "concurrent.futures.Future[None]") -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        servers: list[asyncio.Server] = []
        try:
            await self._open(servers)
        except errors.Permanent as error:
            _close(servers)
            started.set_exception(error)
            return
        started.set_result(None)
        await self._stopping.wait()
        _close(servers)
        await self._wind_up()

    async def _open(self, servers: list[asyncio.Server]) -> None:
        settings = self._settings
        for implicit, places in ((False, settings.listen), (True, settings.implicit_tls)):
            for place in places:
                door = connection.Door(
                    implicit_tls=implicit, require_auth=place[1] in settings.require_auth
                )
                servers.append(await self._listen(place, door))
        if settings.lmtp:
            servers.append(await self._listen_here(settings.lmtp))

    async def _listen(self, place: tuple[str, int], door: connection.Door) -> asyncio.Server:
        factory = self._factory(door)
        with _named(f"{place[0]}:{place[1]}"):
            server = await self._loop.create_server(factory, *place, backlog=_BACKLOG)
        self._bound += [socket.getsockname()[:2] for socket in server.sockets]
        return server

    async def _listen_here(self, path: pathlib.Path) -> asyncio.Server:
        """LMTP, for whoever may open the socket: its owner and its group."""
        factory = self._session(connection.Door(lmtp=True))
        with _named(str(path)):
            server = await self._loop.create_unix_server(factory, path, backlog=_BACKLOG)
            path.chmod(0o660)  # noqa: ASYNC240 - once, at the start
        return server

    def _factory(self, door: connection.Door) -> "Callable[[], asyncio.BaseProtocol]":
        new_session = self._session(door)
        networks = self._settings.proxies
        if not networks:
            return new_session
        return functools.partial(proxied.Front, self._host, networks, new_session)

    def _session(self, door: connection.Door) -> "Callable[[], session.Session]":
        return functools.partial(session.Session, self._host, door, self._loop)

    async def _wind_up(self) -> None:
        """Say 421 to who is waiting, wait for the others and for commits, cut what is left."""
        self._host.closing = True
        end = self._loop.time() + self._grace
        clients = list(self._host.connections)
        for client in clients:
            client.wind_up()
        await self._wait([client.task for client in clients], end)
        for client in list(self._host.connections):
            client.abort()
        await self._wait([asyncio.ensure_future(self._host.works.idle())], end)
        for transport in list(self._host.open):
            transport.abort()
        for _ in range(3):  # TLS closes in steps
            await asyncio.sleep(0)

    async def _wait(self, awaited: "Sequence[asyncio.Future[None]]", end: float) -> None:
        if awaited:
            await asyncio.wait(awaited, timeout=max(0.0, end - self._loop.time()))


@contextlib.contextmanager
def _named(place: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise errors.Permanent(f"cannot listen on {place}: {error.strerror or error}") from error


def _close(servers: list[asyncio.Server]) -> None:
    for server in servers:
        server.close()


def _context(settings: Settings) -> ssl.SSLContext | None:
    """TLS 1.2 at the least (RFC 8996); None when there is no certificate."""
    if settings.tls_cert is None:
        if settings.implicit_tls:
            raise errors.Permanent("implicit TLS is asked for without a certificate")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except OSError as error:
        raise errors.Permanent(
            f"the TLS certificate {settings.tls_cert} cannot be used: {error.strerror or error}"
        ) from error
    if settings.client_ca:
        _ask_clients(context, settings.client_ca)
    return context


def _ask_clients(context: ssl.SSLContext, authorities: pathlib.Path) -> None:
    """Ask clients for a certificate, which they need not have (RFC 8314 section 4.2)."""
    try:
        context.load_verify_locations(authorities)
    except OSError as error:
        raise errors.Permanent(
            f"the authorities for clients in {authorities} cannot be used: "
            f"{error.strerror or error}"
        ) from error
    context.verify_mode = ssl.CERT_OPTIONAL
