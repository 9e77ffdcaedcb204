"""HTTP in: what providers push to us, at `/push/ACCOUNT/…`.

A push is answered once what it brought is durable, and never before. Whoever knows an account's
name may knock; whether the push is one of the provider's (by a secret in the path, by a
signature) is for the provider's own module to say, and a push that is not is answered like a
page that is not there.
"""

import asyncio
import dataclasses
import pathlib
import socket
import ssl
from collections.abc import Callable, Mapping

import structlog
import uvicorn
from starlette import applications, concurrency, requests, responses, routing

from mailfax import errors
from mailfax.providers import _port

_log = structlog.get_logger("web")

BODY = 64 * 2**20
"""Octets of a push at the most: a received fax may come in it."""
PATIENCE = 60.0
"""Seconds for all of a push to arrive."""
AT_ONCE = 32
"""Requests at the same time; more are answered 503."""

Receive = Callable[[str, _port.Push], bytes]
"""Makes durable what a push to this account brought; the body of the answer. Raises
errors.Permanent for a push that is not the provider's, errors.Temporary for one to be repeated."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where it listens; with a certificate in HTTPS."""

    listen: tuple[tuple[str, int], ...]
    cert: pathlib.Path | None = None
    key: pathlib.Path | None = None


class Web:
    """The server: `start` binds, `run` serves until `stop`."""

    def __init__(self, settings: Settings, accounts: frozenset[str], receive: Receive) -> None:
        """Raises errors.Permanent for an address or a certificate that cannot be used."""
        self._accounts = accounts
        self._receive = receive
        self._sockets = [_bound(place) for place in settings.listen]
        pushes = routing.Route("/push/{account}/{rest:path}", self._push, methods=["GET", "POST"])
        application = applications.Starlette(routes=[pushes])
        self._server = uvicorn.Server(
            uvicorn.Config(
                application,
                log_config=None,
                access_log=False,
                server_header=False,
                limit_concurrency=AT_ONCE,
                lifespan="off",
                ssl_certfile=settings.cert,
                ssl_keyfile=settings.key,
            )
        )
        _check(settings)

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

    async def _push(self, request: requests.Request) -> responses.Response:
        account = request.path_params["account"]
        try:
            async with asyncio.timeout(PATIENCE):
                body = await _body(request)
            self._check(account)
            push = _port.Push(path=_path(request), headers=_headers(request), body=body)
            answer = await concurrency.run_in_threadpool(self._receive, account, push)
        except Exception as error:  # noqa: BLE001 - each has its answer
            return _refusal(account, error)
        _log.info("push taken", account=account, octets=len(body))
        return responses.Response(answer)

    def _check(self, account: str) -> None:
        if account not in self._accounts:
            raise errors.Permanent("there is no such account, or its provider pushes nothing")


def _refusal(account: str, error: Exception) -> responses.Response:
    """404 for what is not the provider's, 503 for what it should bring again."""
    if isinstance(error, (errors.Permanent, errors.Refused)):
        _log.warning("push refused", account=account[:64], why=str(error))
        return responses.Response(status_code=404)
    if isinstance(error, TimeoutError):
        return responses.Response(status_code=408)
    if isinstance(error, errors.Temporary):
        _log.warning("push not taken", account=account, why=str(error))
    elif not isinstance(error, requests.ClientDisconnect):
        _log.exception("push not taken", account=account[:64])
    return responses.Response(status_code=503, headers={"retry-after": "60"})


async def _body(request: requests.Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY:
            raise errors.Permanent(f"the push is larger than {BODY} octets")
    return bytes(body)


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
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError as error:
        raise errors.Permanent(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return made


def _check(settings: Settings) -> None:
    if settings.cert is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.cert, settings.key)
    except OSError as error:
        raise errors.Permanent(f"the certificate {settings.cert} cannot be used") from error
