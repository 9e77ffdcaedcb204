"""What the listener and the program around it agree on: settings, and who is asked what when."""

import dataclasses
import ipaddress
import pathlib
from collections.abc import Callable, Mapping
from concurrent import futures

from mailfax.mail import incoming
from mailfax.model import Envelope, Peer, Rcpt, Recipient

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the listener listens. Sizes in octets, times in seconds."""

    listen: tuple[tuple[str, int], ...]
    """Host and port; port 0 takes a free one."""
    hostname: str
    domains: tuple[str, ...]
    """Ours; mail for any other is refused."""
    implicit_tls: tuple[tuple[str, int], ...] = ()
    lmtp: pathlib.Path | None = None
    """Unix socket for LMTP."""
    proxies: tuple[Network, ...] = ()
    """Where every connection begins with the PROXY protocol."""
    tls_cert: pathlib.Path | None = None
    tls_key: pathlib.Path | None = None
    client_ca: pathlib.Path | None = None
    """PEM file of the authorities for certificates of clients; None: no client is asked for one."""
    logins: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Name → Argon2 hash."""
    require_auth: frozenset[int] = frozenset()
    """Ports, as in `listen` and `implicit_tls`, that take mail only after a login (RFC 6409)."""
    max_size: int = 25_000_000
    max_recipients: int = 100
    max_connections: int = 500
    max_connections_per_address: int = 50
    """One IPv4 address, or one IPv6 network of 64 bits."""
    idle: float = 300.0
    """Longest wait for a whole command, and for the next octet of a message."""
    session: float = 3600.0
    """Longest session; a message that is arriving is let finish."""
    min_rate: float = 100.0
    """Octets per second, on average over one message, below which the client is cut."""
    rate_grace: float = 60.0
    """Seconds of a message before `min_rate` counts."""
    spool_above: int = 65_536
    """Messages larger than this go to the spool while they arrive."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """One RCPT TO and all that is known when it is said."""

    mail_from: str
    """Empty for the null reverse-path."""
    rcpt: Rcpt
    recipient: Recipient | None
    """None for the postmaster, whose mail is not faxed."""
    peer: Peer
    login: str | None
    size: int | None
    """What the client says the message will have."""
    recipients: int
    """How many were accepted before in this transaction."""


Admit = Callable[[Admission], None]
"""Asked at RCPT; raises `errors.Refused`. Runs in the event loop: it must not wait."""

Accept = Callable[[Envelope], futures.Future[str]]
"""Given the whole message; promises its id, and keeps that once the message is durable. For one in
memory it runs in the event loop and must not wait; for one on disk, in a thread. It or its promise
raises `errors.Refused`; whatever else they raise becomes a 451."""

Ready = Callable[[int], None]
"""Asked at MAIL with the declared size, 0 when there is none; raises `errors.Refused` 452. Runs in
the event loop: it must not wait."""

NewSpool = Callable[[], incoming.Spool]
"""A fresh place for a large message. Runs in a thread."""
