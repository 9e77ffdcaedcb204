"""HTTP in: what providers push to us, at `/push/ACCOUNT/…`.

A push is answered once what it brought is durable, and never before. Whoever knows an account's
name may knock; whether the push is one of the provider's is for the provider's own module to say,
by the secret in the path before anything is read of the body, then by what it reads. A push that
is not is answered like a page that is not there.
"""

import asyncio
import contextlib
import dataclasses
import pathlib
import socket
import ssl
from collections.abc import Callable, Mapping

import structlog
from starlette import applications, concurrency, requests, responses, routing

from mailfax import errors
from mailfax.providers import _port
from mailfax.web import _server

_log = structlog.get_logger("web")

BODY = 8 * 2**20
"""Octets of a push at the most: those that are known tell of a fax and do not carry it."""
PATIENCE = 60.0
"""Seconds for the body of a push to arrive."""
AT_ONCE = 32
"""Pushes that are taken in at the same time; more are answered 503."""
LINGER = 2.0
"""Seconds in which the rest of a refused push is let in: to close before loses the answer."""


class Strange(errors.Permanent):
    """A push that is not one of the provider's."""


Prove = Callable[[str, str], None]
"""Account and path, from after the account's name: raises Strange unless the provider knows it."""
Receive = Callable[[str, _port.Push], bytes]
"""Makes durable what a push to this account brought; the body of the answer. Raises Strange for a
push that cannot be the provider's, anything else for one to be repeated."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where it listens; with a certificate in HTTPS."""

    listen: tuple[tuple[str, int], ...]
    cert: pathlib.Path | None = None
    key: pathlib.Path | None = None


class Web:
    """The server: it listens at once, `run` serves until `stop`."""

    def __init__(self, settings: Settings, prove: Prove, receive: Receive) -> None:
        """Raises errors.Permanent for an address or a certificate that cannot be used."""
        self._settings = settings
        self._prove = prove
        self._receive = receive
        self._slots = asyncio.Semaphore(AT_ONCE)
        context = _context(settings)
        self._sockets = [_bound(place) for place in settings.listen]
        pushes = routing.Route("/push/{account}/{rest:path}", self._push, methods=["GET", "POST"])
        self._server = _server.Server(applications.Starlette(routes=[pushes]), context)

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Host and port of each socket."""
        return [one.getsockname()[:2] for one in self._sockets]

    def run(self) -> None:
        """Serve; returns after `stop`."""
        self._server.run(self._sockets)

    def stop(self) -> None:
        """Take no more requests; those under way are finished."""
        self._server.should_exit = True

    def reload_tls(self) -> None:
        """Read certificate and key again, for new connections; raises errors.Permanent."""
        self._server.context = _context(self._settings)

    async def _push(self, request: requests.Request) -> responses.Response:
        account = request.path_params["account"]
        try:
            self._prove(account, _path(request))
            body = await _body(request)
            push = _port.Push(headers=_headers(request), body=body)
            answer = await self._taken(account, push)
        except Exception as error:  # noqa: BLE001 - each has its answer
            await _let_in(request)
            return _refusal(account, error)
        _log.info("push taken", account=account, octets=len(body))
        return responses.Response(answer)

    async def _taken(self, account: str, push: _port.Push) -> bytes:
        if self._slots.locked():
            raise errors.Temporary(f"{AT_ONCE} pushes are being taken in already")
        async with self._slots:
            return await concurrency.run_in_threadpool(self._receive, account, push)


class _TooLarge(errors.Permanent):
    """A push above the limit."""


def _refusal(account: str, error: Exception) -> responses.Response:
    """404 for what is not the provider's, 503 for what it should bring again."""
    if isinstance(error, requests.ClientDisconnect):
        return responses.Response(status_code=400)
    if isinstance(error, TimeoutError):
        return responses.Response(status_code=408)
    if isinstance(error, (Strange, _TooLarge)):
        _log.warning("push refused", account=account[:64], why=str(error))
        return responses.Response(status_code=404 if isinstance(error, Strange) else 413)
    foreseen = isinstance(error, errors.MailfaxError)
    _log.error("push not taken", account=account, why=str(error), exc_info=not foreseen)
    return responses.Response(status_code=503, headers={"retry-after": "60"})


async def _body(request: requests.Request) -> bytes:
    if int(request.headers.get("content-length", 0)) > BODY:
        raise _TooLarge(f"the push is larger than {BODY} octets")
    body = bytearray()
    async with asyncio.timeout(PATIENCE):
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY:
                raise _TooLarge(f"the push is larger than {BODY} octets")
    return bytes(body)


async def _let_in(request: requests.Request) -> None:
    """Throw away what is under way of the body; one that waits to be asked for is not."""
    if "expect" in request.headers:
        return
    with contextlib.suppress(TimeoutError, RuntimeError, requests.ClientDisconnect):
        async with asyncio.timeout(LINGER):
            async for _ in request.stream():
                pass


def _path(request: requests.Request) -> str:
    """Path and query as they came, from after the account's name."""
    path = "/" + str(request.path_params["rest"])
    return f"{path}?{request.url.query}" if request.url.query else path


def _headers(request: requests.Request) -> Mapping[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _bound(place: tuple[str, int]) -> socket.socket:
    host, port = place
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        with contextlib.ExitStack() as opened:
            made = opened.enter_context(socket.socket(family, kind, protocol))
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
            made.listen()
            made.setblocking(False)
            opened.pop_all()
    except OSError as error:
        raise errors.Permanent(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return made


def _context(settings: Settings) -> ssl.SSLContext | None:
    if settings.cert is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.cert, settings.key)
    except OSError as error:
        raise errors.Permanent(f"the certificate {settings.cert} cannot be used") from error
    return context
