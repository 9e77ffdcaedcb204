"""Who the client is when a proxy stands before us: the PROXY protocol, versions 1 and 2.

A proxy of a named network says in front of everything else, TLS included, whom it speaks for.
Not one octet behind that is read here: the handshake that may follow belongs to the session.
The format is that of HAProxy's doc/proxy-protocol.txt, sections 2.1 and 2.2.
"""

import asyncio
import ipaddress
from collections.abc import Callable, Sequence

from mailfax.mail import connection, terms

_PATIENCE = 30.0
"""Seconds for the announcement."""

_START = 12
"""Octets that tell the versions apart, and that both have."""

_BINARY = b"\r\n\r\n\0\r\nQUIT\n"
_TEXT = b"PROXY "
_TEXT_LIMIT = 107
"""Octets of a line of version 1 with its CR LF."""

_HEAD = 16
"""Octets of version 2 before its addresses; the last two say how long those are."""

_ADDRESS_SIZES = {0x11: 4, 0x21: 16}
"""Families of version 2 that are TCP → octets of an address."""


class Front(asyncio.BufferedProtocol):
    """Takes a connection, reads what a proxy has to say, and hands it on to a session."""

    def __init__(
        self,
        host: connection.Host,
        networks: Sequence[terms.Network],
        new_session: Callable[[], connection.Connection],
    ) -> None:
        self._host = host
        self._networks = networks
        self._new_session = new_session
        self._held = bytearray()
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called for a new connection: whoever is no proxy has the word at once."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._host.open.add(transport)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(_PATIENCE, transport.abort)
        peer = ipaddress.ip_address(
            connection.plain_address(transport.get_extra_info("peername")[0])
        )
        if not any(peer in network for network in self._networks):
            self._hand_on(None)

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002 - asyncio's name
        """Called before each read: room for what is missing and not more."""
        self._buffer = bytearray(missing(self._held))
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Called after each read; anything that is no announcement is cut."""
        self._held += self._buffer[:nbytes]
        try:
            if not missing(self._held):
                self._hand_on(origin(bytes(self._held)))
        except ValueError:
            connection.note("no PROXY protocol, connection cut")
            self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        """Called when the socket is gone before there was a session."""
        self._timer.cancel()
        self._host.open.discard(self._transport)

    def _hand_on(self, client: str | None) -> None:
        self._timer.cancel()
        session = self._new_session()
        session.announced = client
        self._transport.set_protocol(session)
        session.connection_made(self._transport)


def missing(held: bytes | bytearray) -> int:
    """Octets that surely belong to the announcement and are not here yet; 0 when it is whole.

    Raises ValueError for what is none.
    """
    if len(held) < _START:
        return _START - len(held)
    if held.startswith(_BINARY):
        size = _HEAD + int.from_bytes(held[_HEAD - 2 : _HEAD]) if len(held) >= _HEAD else _HEAD
        return size - len(held)
    if not held.startswith(_TEXT) or len(held) > _TEXT_LIMIT:
        raise ValueError(held)
    return 0 if held.endswith(b"\r\n") else 1


def origin(announcement: bytes) -> str | None:
    """The client's IP address; None where the proxy speaks for itself, to see whether we live.

    Raises ValueError for a client of which it says nothing, and for what cannot be read.
    """
    if announcement.startswith(_BINARY):
        return _binary(announcement)
    _, kind, source, *_ = announcement.decode("ascii").split(" ")
    address = ipaddress.ip_address(source)
    if kind != f"TCP{address.version}":
        raise ValueError(kind)
    return connection.plain_address(source)


def _binary(announcement: bytes) -> str | None:
    command, family = announcement[12], announcement[13]
    if command == 0x20:
        return None
    size = _ADDRESS_SIZES.get(family, 0)
    source = announcement[_HEAD : _HEAD + size]
    if command != 0x21 or not size or len(announcement) < _HEAD + 2 * size + 4:
        raise ValueError(announcement)
    return connection.plain_address(str(ipaddress.ip_address(source)))
