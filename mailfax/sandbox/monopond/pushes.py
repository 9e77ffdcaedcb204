"""What the service tells by itself (facts, sections 8.1 and 8.2), all to one URL.

Results are posted once, when a message is done. Received faxes are posted until they are
answered with 200, once a minute and for as long as the link in them is good: inference, as
neither repetition nor content types are told anywhere. Nothing is signed, as nothing is there.
"""

import dataclasses
import datetime
import hashlib
import hmac
import json
import secrets

from mailfax.sandbox import _pages, _wire
from mailfax.sandbox._calls import Received
from mailfax.sandbox._wire import Reply, Request
from mailfax.sandbox.monopond import records
from mailfax.sandbox.monopond.account import Account
from mailfax.sandbox.monopond.messages import Message

LINKS = "/fax/incoming/"
"""Where the links in pushes lead; here on the service's own port."""
AGAIN = datetime.timedelta(minutes=1)
_LINK = datetime.timedelta(hours=24)


class Pushes:
    """Posts of results and of received faxes."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._errands = account.around.errands
        self._secret = secrets.token_bytes(16)

    def result(self, message: Message) -> None:
        """Tell of a message that is done."""
        url = self._errands.target(self._account.provider)
        if url:
            body = records.callback(self._account, message)
            kind = {"Content-Type": "application/xml"}
            self._errands.push(self._account.provider, url, body, kind)

    def received(self, fax: Received) -> None:
        """Tell of a fax that came in, and go on until somebody has heard it."""
        provider, url = self._account.provider, self._errands.target(self._account.provider)
        if not url:
            self._again(fax)
            return
        body = json.dumps(self._described(fax)).encode()
        kind = {"Content-Type": "application/json"}
        self._errands.push(provider, url, body, kind, lambda: self._again(fax))

    def _again(self, fax: Received) -> None:
        now = self._account.now()
        if now < fax.received + _LINK and self._find(str(fax.id)):
            fax = dataclasses.replace(fax, data=b"")
            self._account.exchange.at(now + AGAIN, lambda: self.received(fax))

    def _described(self, fax: Received) -> dict[str, str | int]:
        """Whose number faxNumber is, is told in two ways: the called one here (inference)."""
        return {
            "messageRef": str(fax.id),
            "faxNumber": fax.did.removeprefix("+"),
            "status": "RELAYED",
            "pages": fax.pages,
            "tsi": fax.tsid,
            "cli": fax.caller.removeprefix("+"),
            "dateReceived": f"{fax.received:%Y-%m-%d %H:%M:%S}",
            "tiffDocumentUrl": self._link(fax),
        }

    # Links

    def _link(self, fax: Received) -> str:
        expires = str(int((fax.received + _LINK).timestamp()))
        base = self._account.around.urls()[self._account.provider]
        signature = self._signature(str(fax.id), expires)
        return f"{base}{LINKS}{fax.id}.tiff?expires={expires}&signature={signature}"

    def _signature(self, identifier: str, expires: str) -> str:
        text = f"{identifier} {expires}".encode()
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()

    def fetch(self, request: Request) -> Reply:
        """The document behind a link; 403 when it is not signed or too old (inference)."""
        identifier = request.path.removeprefix(LINKS).removesuffix(".tiff")
        expires, signature = (str(request.arguments.get(x, "")) for x in ("expires", "signature"))
        good = hmac.compare_digest(
            self._signature(identifier, expires).encode(), signature.encode("utf-8", "replace")
        )
        if not good or self._account.now().timestamp() >= int(expires):
            return _wire.text("<h1>Forbidden</h1>\n", 403)
        fax = self._find(identifier)
        if fax is None or not fax.data:
            return _wire.text("<h1>Not Found</h1>\n", 404)
        return _wire.Reply(body=_tiff(fax), kind="image/tiff")

    def _find(self, identifier: str) -> Received | None:
        received = self._account.exchange.received(self._account.provider)
        return next((fax for fax in received if str(fax.id) == identifier), None)


def _tiff(fax: Received) -> bytes:
    """As it rang, or a stand-in of as many pages for what rang as PDF."""
    if fax.kind == "tiff":
        return fax.data
    return _pages.tiff(_pages.stand_in(f"fax{fax.id}", fax.pages))
