"""Fetching received faxes from where a push says they lie: a signed link, good for 24 hours.

The documented sample lies at a content network, not at the service itself, and is plain http
(facts section 8.2). We ask only hosts that the settings name, and always over HTTPS; that the
network serves the same link over HTTPS is inference.
"""

import contextlib
import datetime
import re
import urllib.parse
from collections.abc import Sequence

from mailfax import errors
from mailfax.providers import _http, _port

SHORTEST = 64
"""Octets of the least that can be a page."""
GONE = 410
"""The document was there and will not be again (RFC 9110 section 15.5.11)."""
ABSENT = frozenset({403, 404})
"""A signed link past its time answers 403 at the network of the sample; so does one that the
network has not got yet, or a clock that is wrong (inference)."""
SETTLED = datetime.timedelta(hours=6)
"""After so long what is absent does not come any more (inference)."""

_LINK = re.compile(r"https?://[A-Za-z0-9.:-]+/[!-~]{0,4000}", re.IGNORECASE)
"""No login, no literal IPv6, nothing that another reader could take for the end of the host."""


class Links:
    """Where documents of received faxes may be fetched from."""

    def __init__(self, base: str, hosts: Sequence[str], *, silence: float, ca: str) -> None:
        """`base`: the service's own address, always good; `hosts`: others, with all below them."""
        parts = urllib.parse.urlsplit(base)
        self._own = f"{parts.scheme}://{parts.netloc}"
        self._hosts = tuple(hosts)
        self._silence = silence
        self._ca = ca

    def fetch(self, link: str, age: datetime.timedelta) -> _port.Fetched | None:
        """The document; None when it is gone, or absent when the push has this age.

        Raises errors.Temporary when it cannot be had now, or its host is not in the settings.
        """
        origin, path = self._place(link)
        http = _http.Client(origin, secrets=[], silence=self._silence, ca=self._ca)
        with contextlib.closing(http):
            reply = http.request("GET", path, changes=False, limit=_http.FILE)
        if reply.status == GONE or (reply.status in ABSENT and age >= SETTLED):
            return None
        if reply.status != 200:
            raise http.unread(f"answered HTTP {reply.status}", changes=False, reply=reply)
        return _port.Fetched(data=reply.body, kind=_kind(reply.body))

    def _place(self, link: str) -> tuple[str, str]:
        """Scheme and host of a link, and the rest of it."""
        try:
            parts = urllib.parse.urlsplit(link if _LINK.fullmatch(link) else "")
            host, port = parts.hostname or "", parts.port
        except ValueError:
            host, port = "", None
        if not host:
            raise errors.Temporary("a received fax lies where no link can be read")
        path = urllib.parse.urlunsplit(("", "", "/" + parts.path.lstrip("/"), parts.query, ""))
        if f"{parts.scheme}://{parts.netloc}" == self._own:
            return self._own, path
        if port is not None or not any(f".{host}".endswith(f".{one}") for one in self._hosts):
            raise errors.Temporary(f"a received fax lies at {host}, which `links` does not name")
        return f"https://{host}", path


def _kind(data: bytes) -> str:
    if len(data) >= SHORTEST:
        if data.startswith((b"II*\x00", b"MM\x00*")):
            return "tiff"
        if data.startswith(b"%PDF-"):
            return "pdf"
    raise errors.Temporary("the provider gave a received fax that is no whole TIFF or PDF")
