"""What passes over a port: requests, replies, and the log of both."""

import collections
import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

from mailfax.sandbox import _form

_LOGGED_REQUESTS = 1000
_LOGGED_BODY = 65_536
LOGGED_REPLY = 4_096
_HTML = "text/html; charset=UTF-8"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Request:
    """One HTTP request, its body read."""

    method: str
    path: str
    """Decoded by nobody: as on the wire, without the query."""
    query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    base: str
    """Scheme and authority as the client wrote them, for links back."""

    @functools.cached_property
    def form(self) -> _form.Form:
        """The body as PHP sees it."""
        return _form.parse(self.headers.get("content-type", ""), self.body)

    @functools.cached_property
    def arguments(self) -> _form.Fields:
        """The query string as PHP sees it."""
        return _form.urlencoded(self.query.encode("latin-1", "replace"))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a service answers."""

    body: bytes = b""
    status: int = 200
    kind: str = _HTML
    """Content-Type."""
    headers: tuple[tuple[str, str], ...] = ()


def text(body: str, status: int = 200, kind: str = _HTML) -> Reply:
    """A reply of text, surrogates for bytes that were not UTF-8 turned back into them."""
    return Reply(body=body.encode("utf-8", "surrogateescape"), status=status, kind=kind)


class Log:
    """The last requests to all services, each with its answer, secrets kept."""

    def __init__(self, clock: Callable[[], str]) -> None:
        self._clock = clock
        self._entries: collections.deque[dict[str, Any]] = collections.deque(
            maxlen=_LOGGED_REQUESTS
        )

    def open(self, provider: str, request: Request) -> dict[str, Any]:
        """Write a request down; what becomes of it is added to the entry."""
        entry: dict[str, Any] = {
            "time": self._clock(),
            "provider": provider,
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "headers": dict(request.headers),
            "size": len(request.body),
            "body": request.body[:_LOGGED_BODY].decode("utf-8", "replace"),
            "fault": None,
            "error": None,
            "status": None,
            "reply": None,
        }
        self._entries.append(entry)
        return entry

    def mistake(self, provider: str, trace: str) -> None:
        """Write down that the sandbox itself failed at a connection."""
        self._entries.append({"time": self._clock(), "provider": provider, "error": trace})

    def entries(self) -> list[dict[str, Any]]:
        """The requests, oldest first."""
        return [dict(entry) for entry in list(self._entries)]

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()
