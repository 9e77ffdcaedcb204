"""What services do on their own: fetch a document by URL, push a result to a URL.

Only this machine is ever called, directly and without following redirects: a toy service
must not reach into a network because somebody told it an address.
"""

import collections
import concurrent.futures
import contextlib
import http.client
import ipaddress
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

_SECONDS = 5.0
_MAX_BYTES = 64 * 1024 * 1024
_REMEMBERED = 200


class Failed(Exception):
    """An errand that came to nothing; the text says why."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object) -> None:
        """Follow nothing: the redirect itself is then the answer, an error."""


class Errands:
    """A few threads that carry messages to this machine's other ports."""

    def __init__(self, clock: Callable[[], str]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._targets: dict[str, str] = {}
        self._done: collections.deque[dict[str, Any]] = collections.deque(maxlen=_REMEMBERED)
        self._pool = concurrent.futures.ThreadPoolExecutor(4, "sandbox-errand")
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)

    def close(self) -> None:
        """Drop what waits, and wait for what is under way (seconds at most)."""
        self._pool.shutdown(cancel_futures=True)

    def clear(self) -> None:
        """Forget targets and the record of pushes."""
        with self._lock:
            self._targets.clear()
            self._done.clear()

    def aim(self, provider: str, url: str) -> None:
        """Set where a service pushes; an empty URL ends it. Raises `Failed`."""
        if url:
            check(url)
        with self._lock:
            self._targets[provider] = url

    def target(self, provider: str) -> str:
        """Where a service pushes, or empty."""
        with self._lock:
            return self._targets.get(provider, "")

    def record(self) -> dict[str, Any]:
        """Targets, and the last pushes with what came back."""
        with self._lock:
            return {"targets": dict(self._targets), "pushes": list(self._done)}

    def later(self, errand: Callable[[], None]) -> None:
        """Run something soon, on a thread of our own; dropped while closing."""
        with contextlib.suppress(RuntimeError):
            self._pool.submit(errand)

    def push(
        self,
        provider: str,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        failed: Callable[[], None] = lambda: None,
    ) -> None:
        """POST to `url` soon, once, and write down what came of it.

        `failed` is called when it was not answered with 200.
        """
        self.later(lambda: self._push(provider, url, body, headers, failed))

    def _push(
        self,
        provider: str,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        failed: Callable[[], None],
    ) -> None:
        entry: dict[str, Any] = {"time": self._clock(), "provider": provider, "url": url}
        try:
            entry["status"], answer = self._call(url, body, headers)
            entry["answer"] = answer[:1000].decode("utf-8", "replace")
        except Failed as error:
            entry["error"] = str(error)
        with self._lock:
            self._done.append(entry)
        if entry.get("status") != 200:
            failed()

    def fetch(self, url: str) -> bytes:
        """The document at `url`, now. Raises `Failed`."""
        status, data = self._call(url, None, {})
        if status != 200:
            raise Failed(f"{url} answered {status}")
        return data

    def _call(self, url: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """POST with a body, GET without; the status and what came with it."""
        check(url)
        try:
            request = urllib.request.Request(url, body, dict(headers))  # noqa: S310
            with self._opener.open(request, timeout=_SECONDS) as answer:
                status, data = int(answer.status), answer.read(_MAX_BYTES + 1)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(_MAX_BYTES)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Failed(f"{url} cannot be reached: {error}") from None
        if len(data) > _MAX_BYTES:
            raise Failed(f"{url} is larger than {_MAX_BYTES} bytes")
        return status, data


def check(url: str) -> None:
    """Raise `Failed` unless `url` is http(s) on this very machine."""
    try:
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname or ""
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local or parts.scheme not in {"http", "https"}:
        raise Failed(f"{url} is not an http address on this machine, and no other is called")
