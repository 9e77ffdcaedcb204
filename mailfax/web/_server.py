"""Connections in: uvicorn's HTTP over sockets that are accepted here.

uvicorn counts an idle connection like a request, waits for ever for a head, and 60 seconds for
a TLS handshake. So connections are accepted, counted and cut here; each carries one request.
"""

import asyncio
import ipaddress
import socket
import ssl
import typing
from collections.abc import Sequence

import uvicorn
from uvicorn.protocols.http import h11_impl

from mailfax.mail import gate

HEAD = 10.0
"""Seconds for the TLS handshake, and again for the whole head of the request."""
TOTAL = 500
"""Connections at once; more are closed unread."""
EACH = 20
"""Connections at once from one address, unless a reverse proxy speaks for all."""
AGAIN = 0.2
"""Seconds until the next try when the system has no more sockets."""


class Server(uvicorn.Server):
    """Serves an application on listening sockets, in HTTPS where there is a `context`.

    Another context holds for the connections that come after it.
    """

    def __init__(self, application: typing.Any, context: ssl.SSLContext | None) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                http=_Connection,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="error",  # strangers would fill the log with requests that are none
                access_log=False,
                server_header=False,
                headers=[("connection", "close")],
            )
        )
        self.context = context
        self._gate = gate.Gate(TOTAL, EACH if context else TOTAL)
        self._tasks: set[asyncio.Task[None]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections; the sockets are listening already."""
        self.servers = []
        self._accepting = [asyncio.create_task(self._accept(one)) for one in sockets or []]
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, and finish those that are under way."""
        for task in self._accepting:
            task.cancel()
        await asyncio.gather(*self._accepting, return_exceptions=True)
        await super().shutdown(sockets)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, address = await loop.sock_accept(listening)
            except OSError:
                await asyncio.sleep(AGAIN)
                continue
            task = loop.create_task(self._carry(connection, _place(address)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, accepted: socket.socket, place: str) -> None:
        """One connection from beginning to end; one too many has its end at once."""
        try:
            if self._gate.enter(place):
                accepted.close()
            else:
                await self._speak(accepted)
        finally:
            self._gate.leave(place)

    async def _speak(self, accepted: socket.socket) -> None:
        context = self.context
        patience = HEAD if context else None
        connection = _Connection(self.config, self.server_state, {})
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: connection,
                accepted,
                ssl=context,
                ssl_handshake_timeout=patience,
                ssl_shutdown_timeout=patience,
            )
        except OSError:  # no TLS, too slow for it, or gone
            return
        await connection.gone.wait()


class _Connection(h11_impl.H11Protocol):
    """Is cut when the head of its request is not whole in time."""

    def __init__(self, *args: typing.Any, **named: typing.Any) -> None:
        super().__init__(*args, **named)
        self.gone = asyncio.Event()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._cut = self.loop.call_later(HEAD, transport.abort)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None:
            self._cut.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cut.cancel()
        super().connection_lost(exc)
        self.gone.set()


def _place(address: Sequence[typing.Any]) -> str:
    """The peer's address; one of IPv4 as such, even where an IPv6 socket heard it."""
    parsed = ipaddress.ip_address(str(address[0]).partition("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)
