"""The stand-in of the provider that nobody has."""

import base64
import json
from typing import ClassVar

from mailfax.sandbox import _calls, _twin, _wire
from mailfax.sandbox._wire import Reply, Request


class Twin:
    """Two operations over the pretend telephone network."""

    NAME: ClassVar[str] = "pigeon"
    PORT: ClassVar[int] = 7
    CREDENTIALS: ClassVar[dict[str, str]] = {"token": "demo"}
    PATHS: ClassVar[tuple[str, ...]] = ("/send", "/states")

    def __init__(self, around: _twin.Surroundings) -> None:
        self._exchange = around.exchange

    def reset(self) -> None:
        """It has one number."""
        self._exchange.assign(self.NAME, "+12125550177")

    def is_submit(self, request: Request) -> bool:
        """Whether it sends."""
        return request.path == "/send"

    def handle(self, request: Request) -> Reply:
        """Answer one request."""
        given = json.loads(request.body)
        if given.get("token") != self.CREDENTIALS["token"]:
            return _wire.text("no", status=403)
        if request.path == "/send":
            file = _calls.File(name="fax.tiff", data=base64.b64decode(given["pages"]))
            call = self._exchange.order(self.NAME, given["number"], [file])
            return _wire.text(json.dumps({"fax": call.reference}))
        now = self._exchange.now()
        states = {
            call.reference: call.state(now)
            for call in self._exchange.calls(self.NAME)
            if call.reference in given["faxes"]
        }
        return _wire.text(json.dumps(states))
