"""HTTPS to a provider: the only module that knows the HTTP library.

What can go wrong is told apart at the place where it happens:

- the name, the connection, TLS, or anything else before the first body octet was handed to
  the socket: `errors.Temporary`, the provider surely has nothing;
- anything after it: `errors.Unsure` for a request that changes something, else `Temporary`;
- 429: `Temporary`, with Retry-After (RFC 9110 section 10.2.3) as `not_before`.

A redirect is a failure and is never followed. Replies are read under a cap and must come
uncompressed, so that memory stays flat. Each request has a connection of its own: an idle one
that the server closes at the wrong moment looks exactly like a lost answer.
"""

import base64
import contextlib
import contextvars
import dataclasses
import email.utils
import functools
import html
import ipaddress
import logging
import re
import ssl
import time
import typing
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence

from mailfax import errors, failpoints

if typing.TYPE_CHECKING:
    import httpx

CONNECT = 10.0
"""Seconds a connection may take, TLS not counted."""
PATIENCE = 10
"""A whole exchange may take this many times the silence that is borne."""
TEXT = 8 * 2**20
"""Octets of a reply that is read as text."""
FILE = 64 * 2**20
"""Octets of a reply that is a document."""
REQUEST = 128 * 2**20
"""Octets of a request."""

_CHUNK = 65_536
_CODED = _CHUNK // 4 * 3  # octets that make a chunk of base64
_HEADERS = {
    "accept": "*/*",
    "accept-encoding": "identity",
    "connection": "close",
    "user-agent": "mailfax",
}
_UNSAFE = re.compile(rb"[^A-Za-z0-9_.~-]")
_HOST = re.compile(r"[A-Za-z0-9.:_-]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

MOVED: contextvars.ContextVar[Callable[[str, int, int | None], None] | None] = (
    contextvars.ContextVar("MOVED", default=None)
)
"""Told, in this context, how many octets were `sent` or `received`, and of how many, if known."""

Fields = Sequence[tuple[str, str | bytes]]
"""Names and values of a form, in order; octets go as base64 text."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A complete answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool
    """Its framing proves that nothing is missing: a length or chunks (RFC 9112 section 6.3)."""


class Client:
    """One provider account's way to its base URL; safe to use from several threads."""

    def __init__(self, base: str, *, secrets: Sequence[str], silence: float, ca: str = "") -> None:
        """`silence`: seconds between two octets; `ca`: file of the only authorities trusted.

        Raises errors.Permanent for a base URL that would carry secrets in the clear.
        """
        self._host = _checked(base)
        self._base = base.rstrip("/")
        self._secrets = tuple(secrets)
        self._silence = silence
        self._timeouts = {
            "connect": min(silence, CONNECT), "read": silence, "write": silence, "pool": silence,
        }  # fmt: skip
        self._transport = _transport(silence, ca)

    def close(self) -> None:
        """Let go of connections."""
        self._transport.close()

    def post_form(self, path: str, fields: Fields, *, changes: bool, limit: int = TEXT) -> Reply:
        """POST a form (application/x-www-form-urlencoded) and read at most `limit` octets.

        Raises as the module says; every complete answer but a redirect and 429 is returned.
        """
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return self._exchange("POST", path, headers, form(fields), changes, limit)

    def request(
        self,
        method: str,
        path: str,
        *,
        changes: bool,
        headers: Mapping[str, str] | None = None,
        body: bytes | Sequence[bytes] = b"",
        limit: int = TEXT,
    ) -> Reply:
        """Any request; `path` may have a query, and the body come in parts, which are not joined.

        Raises and returns as `post_form`.
        """
        parts = [body] if isinstance(body, bytes) else body
        return self._exchange(method, path, headers or {}, parts, changes, limit)

    def unread(self, why: str, *, changes: bool, reply: Reply | None = None) -> errors.MailfaxError:
        """The error for an answer nobody understands: `why` ends "the provider at HOST …"."""
        text = f"the provider at {self._host} {self.clean(why)}"
        if changes:
            return errors.Unsure(f"{text}; it may have taken the request")
        return errors.Temporary(text, not_before=_retry_after(reply.headers) if reply else None)

    def clean(self, text: str, limit: int = 200) -> str:
        """Foreign words fit for one line: secrets and control characters gone, cut."""
        return _CONTROLS.sub(" ", redact(text, self._secrets)).strip()[:limit]

    def redact(self, text: str) -> str:
        """The text without this account's secrets."""
        return redact(text, self._secrets)

    def _exchange(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Sequence[bytes],
        changes: bool,
        limit: int,
    ) -> Reply:
        size = sum(map(len, body))
        if size > REQUEST:
            raise errors.Permanent(
                f"the request of {size} octets is larger than the {REQUEST} that may be sent",
                cause=errors.Cause.TOO_LONG,
            )
        sending = _Sending(body, size, changes, self._silence)
        try:
            return self._talk(self._request(method, path, headers, sending), limit)
        except errors.Temporary:
            raise
        except Exception as error:  # noqa: BLE001
            failure = self._failure(error, sending.begun, changes)
        raise failure

    def _request(
        self, method: str, path: str, headers: Mapping[str, str], sending: "_Sending"
    ) -> "httpx.Request":
        import httpx

        return httpx.Request(
            method,
            f"{self._base}/{path.removeprefix('/')}",
            headers={**_HEADERS, **headers, "content-length": str(sending.size)},
            content=sending,
            extensions={"timeout": self._timeouts},
        )

    def _talk(self, request: "httpx.Request", limit: int) -> Reply:
        with contextlib.closing(self._transport.handle_request(request)) as response:
            headers = dict(response.headers.multi_items())
            if response.status_code == 429:
                raise errors.Temporary(
                    f"the provider at {self._host} asks for fewer requests",
                    not_before=_retry_after(headers),
                )
            if 300 <= response.status_code < 400:
                raise _UnusableError(f"answered with a redirect (HTTP {response.status_code})")
            if headers.get("content-encoding", "identity").lower() != "identity":
                raise _UnusableError("compressed its answer, which it was asked not to")
            return Reply(
                status=response.status_code,
                headers=headers,
                body=_read(response, headers.get("content-length", ""), limit),
                whole="content-length" in headers or "transfer-encoding" in headers,
            )

    def _failure(self, error: Exception, begun: bool, changes: bool) -> errors.MailfaxError:
        """What an exchange that broke means; the library quotes foreign octets, so we do not."""
        if not begun:
            what = self.clean(str(error) or type(error).__name__)
            return errors.Temporary(f"the provider at {self._host} cannot be reached: {what}")
        if isinstance(error, _UnusableError):
            return self.unread(str(error), changes=changes)
        return self.unread(f"gave no whole answer ({type(error).__name__})", changes=changes)


def form(fields: Fields) -> list[bytes]:
    """A form as it goes over the wire, in parts: all but RFC 3986's unreserved characters are
    escaped, and but the slashes of base64, which mean nothing in a form: that took a third.
    """
    parts, text = [], b""
    for number, (name, value) in enumerate(fields):
        text += (b"&" if number else b"") + _quoted(name) + b"="
        if isinstance(value, str):
            text += _quoted(value)
        else:
            parts += [text, *_coded(value)]
            text = b""
    return [*parts, text]


def redact(text: str, secrets: Sequence[str]) -> str:
    """The text with `***` for every secret, also as a URL, form or HTML page would show it."""
    quote = urllib.parse
    shapes = {
        shape
        for secret in filter(None, secrets)
        for shape in (secret, quote.quote(secret), quote.quote_plus(secret), html.escape(secret))
    }
    for shape in sorted(shapes, key=len, reverse=True):
        text = re.sub(re.escape(shape), "***", text, flags=re.IGNORECASE)
    return text


class _UnusableError(Exception):
    """A complete answer that is of no use; its text goes on after "the provider at HOST"."""


class _Sending:
    """A request body that knows whether its first octet has been handed to the socket.

    One without a body has begun with its head, which is sent before the body is asked for. What
    changes something is not sent, or not to its end, by a process that stood still for longer
    than `silence`: another may have been given its work.
    """

    def __init__(self, body: Sequence[bytes], size: int, changes: bool, silence: float) -> None:
        """`size`: octets of the body's parts together."""
        self._body = body
        self._changes = changes
        self._silence = silence
        self._moved = time.monotonic()
        self.size = size
        self.begun = False

    def __iter__(self) -> Iterator[bytes]:
        sent = 0
        self.begun = not self.size
        for chunk in _chunks(self._body):
            if self._changes:
                failpoints.hit("request-mid-body")
                self._go_on()
            self.begun = True
            yield chunk
            sent += len(chunk)
            _tell("sent", sent, self.size)
        if self._changes:
            failpoints.hit("request-after-body")

    def _go_on(self) -> None:
        still, self._moved = time.monotonic() - self._moved, time.monotonic()
        if still > self._silence:
            raise TimeoutError(f"this process stood still for {still:.0f} seconds")


class _Network:
    """Opens connections that end after `seconds`, however much they drip (`httpcore`'s port)."""

    def __init__(self, inner: typing.Any, seconds: float) -> None:
        self._inner = inner
        self._seconds = seconds

    def connect_tcp(self, *args: typing.Any, **kwargs: typing.Any) -> typing.Any:
        until = time.monotonic() + self._seconds
        return _Stream(self._inner.connect_tcp(*args, **kwargs), until)


class _Stream:
    """A connection with a last moment."""

    def __init__(self, inner: typing.Any, until: float) -> None:
        self._inner = inner
        self._until = until

    def read(self, max_bytes: int, timeout: float) -> bytes:
        return bytes(self._inner.read(max_bytes, self._left(timeout)))

    def write(self, buffer: bytes, timeout: float) -> None:
        self._inner.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str, timeout: float
    ) -> "_Stream":
        secured = self._inner.start_tls(ssl_context, server_hostname, self._left(timeout))
        return _Stream(secured, self._until)

    def get_extra_info(self, info: str) -> typing.Any:
        return self._inner.get_extra_info(info)

    def _left(self, timeout: float) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the exchange took too long")
        return min(timeout, left)


def _chunks(body: Sequence[bytes]) -> Iterator[bytes]:
    for part in body:
        for start in range(0, len(part), _CHUNK):
            yield part[start : start + _CHUNK]


def _transport(silence: float, ca: str) -> "httpx.HTTPTransport":
    """Without the library's client, which took a third of a request to merge what is fixed."""
    import httpcore
    import httpx

    for name in ("httpx", "httpcore"):  # they log URLs and headers at INFO and DEBUG
        logging.getLogger(name).setLevel(logging.WARNING)
    context = _context(ca)
    transport = httpx.HTTPTransport(verify=context, trust_env=False)
    network: typing.Any = _Network(httpcore.SyncBackend(), silence * PATIENCE)
    transport._pool = httpcore.ConnectionPool(  # noqa: SLF001
        ssl_context=context, max_keepalive_connections=0, network_backend=network
    )
    return transport


def _context(ca: str) -> ssl.SSLContext:
    if not ca:
        return _public()
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise errors.Permanent(f"the CA file {ca!r} cannot be read: {error}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@functools.cache
def _public() -> ssl.SSLContext:
    """All authorities, read once for all accounts: that takes 20 ms."""
    import httpx

    context = httpx.create_ssl_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _checked(base: str) -> str:
    """Host and port of the base URL, which is https, or http to this very machine."""
    try:
        parts = urllib.parse.urlsplit(base)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise errors.Permanent(f"the provider's url cannot be read: {error}") from None
    more = parts.username is not None or parts.query or parts.fragment
    if not _HOST.fullmatch(host) or not base.isprintable() or more:
        raise errors.Permanent("the provider's url must be https://HOST with at most port and path")
    if parts.scheme != "https" and not (parts.scheme == "http" and _loopback(host)):
        raise errors.Permanent("the provider's url must begin with https://")
    return parts.netloc


def _loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"  # RFC 6761 section 6.3


def _read(response: "httpx.Response", length: str, limit: int) -> bytes:
    """The body; `length`: what the answer says of itself."""
    body = bytearray()
    whole = int(length) if length.isdecimal() else None
    for chunk in response.iter_raw():
        body += chunk
        _tell("received", len(body), whole)
        if len(body) > limit:
            raise _UnusableError(f"answered with more than {limit} octets")
    return bytes(body)


def _tell(way: str, done: int, whole: int | None) -> None:
    if moved := MOVED.get():
        moved(way, done, whole)


def _coded(octets: bytes) -> Iterator[bytes]:
    """Base64 for a form, a chunk at a time: copies of all of it took a third of a submit."""
    for start in range(0, len(octets), _CODED):
        chunk = base64.b64encode(octets[start : start + _CODED])
        yield chunk.replace(b"+", b"%2B").replace(b"=", b"%3D")


def _quoted(text: str) -> bytes:
    octets = text.encode("utf-8", "replace")
    return _UNSAFE.sub(lambda found: b"%%%02X" % found[0][0], octets)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of Retry-After; one that is a date is read against the server's own Date."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    try:
        then = email.utils.parsedate_to_datetime(value)
        wait = then - email.utils.parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return max(0.0, wait.total_seconds())
