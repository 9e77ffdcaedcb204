"""Monopond: SOAP 1.1 in two versions, and posts of what happened.

From the provider's manuals and published contracts, and what public clients show; what is
neither is marked "inference" where it stands. Inferred for the whole: both versions are one
account; times are told as the manual's samples have them, at +08:00; other methods than POST
and GET of the contract are refused with 405.
"""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

from lxml import etree

from mailfax.sandbox import _calls, _exchange, _twin, _wire
from mailfax.sandbox._wire import Reply, Request
from mailfax.sandbox.monopond import (
    account,
    arguments,
    documents,
    envelope,
    messages,
    pushes,
    sending,
    shapes,
    steering,
)
from mailfax.sandbox.monopond.account import Account
from mailfax.sandbox.monopond.arguments import Arguments, Shape
from mailfax.sandbox.monopond.envelope import Element
from mailfax.sandbox.monopond.messages import Message

_Operation = Callable[[Account, Arguments, Element], None]

_CONTRACTS = Path(__file__).parents[2] / "wsdl"
_ADDRESS = "{http://schemas.xmlsoap.org/wsdl/soap/}address"
_OLD: dict[str, _Operation] = {
    "SendFaxRequest": sending.Sending(
        limits_pages=False, unsupported="DocumentContentTypeNotFoundException"
    ),
    "FaxStatusRequest": steering.status,
    "StopFaxRequest": steering.stop,
    "PauseFaxRequest": steering.pause,
    "ResumeFaxRequest": steering.resume,
}
_NEW: dict[str, _Operation] = {
    **_OLD,
    "SendFaxRequest": sending.Sending(
        limits_pages=True, unsupported="UnsupportedDocumentContentType"
    ),
    "SaveFaxDocumentRequest": documents.save,
    "DeleteFaxDocumentRequest": documents.delete,
    "FaxDocumentPreviewRequest": documents.show,
}


@dataclasses.dataclass(frozen=True, slots=True)
class _Version:
    number: str
    operations: Mapping[str, _Operation]
    """By request element, as its shapes."""
    shapes: Mapping[str, Shape]

    @property
    def namespace(self) -> str:
        """Of its elements, on whatever host it is."""
        return f"https://api.monopond.com/fax/soap/v{self.number}"


_VERSION_2 = _Version("2", _OLD, shapes.OLD)
_VERSION_2_1 = _Version("2.1", _NEW, shapes.NEW)
_VERSIONS = {
    "/fax/soap/v2": _VERSION_2,
    "/fax/soap/v2.1": _VERSION_2_1,
    "/api/fax/v2.1": _VERSION_2_1,
}


class Twin:
    """The service on its port."""

    NAME: ClassVar[str] = "monopond"
    PORT: ClassVar[int] = 3
    CREDENTIALS: ClassVar[dict[str, str]] = {"username": "demo", "password": "demo"}
    PATHS: ClassVar[tuple[str, ...]] = tuple(_VERSIONS)

    def __init__(self, around: _twin.Surroundings) -> None:
        self._exchange = around.exchange
        self._account = Account(self.NAME, around, self._done)
        self._pushes = pushes.Pushes(self._account)
        around.exchange.listen(
            self.NAME, _exchange.Listener(ended=self._ended, rang=self._pushes.received)
        )

    def reset(self) -> None:
        """Forget messages and documents, and take the account's numbers."""
        self._account.reset()
        for number in account.FIRST:
            self._exchange.assign(self.NAME, f"+{number}")

    def is_submit(self, request: Request) -> bool:
        """Whether it is a SendFax, in any namespace."""
        try:
            operation = envelope.read(request.body).operation if request.method == "POST" else None
        except envelope.Fault:
            return False
        return operation is not None and etree.QName(operation).localname == "SendFaxRequest"

    def handle(self, request: Request) -> Reply:
        """Answer one request."""
        if request.path.startswith(pushes.LINKS):
            return self._pushes.fetch(request)
        version = _VERSIONS.get(request.path.rstrip("/"))
        if version is None:
            return _wire.text("<h1>Not Found</h1>\n", 404)
        if request.method == "POST":
            return self._answer(version, request.body)
        if request.method in {"GET", "HEAD"} and request.query.lower() == "wsdl":
            return _contract(version, request)
        refusal = _wire.text("<h1>Method Not Allowed</h1>\n", 405)
        return dataclasses.replace(refusal, headers=(("Allow", "POST"),))

    def _answer(self, version: _Version, body: bytes) -> Reply:
        try:
            return self._carried_out(version, body)
        except envelope.Fault as fault:
            return fault.reply(version.namespace)

    def _carried_out(self, version: _Version, body: bytes) -> Reply:
        read = envelope.read(body)
        envelope.check(read, **self.CREDENTIALS)
        name = etree.QName(read.operation)
        known = version.operations if name.namespace == version.namespace else {}
        if (operation := known.get(name.localname)) is None:
            raise envelope.unknown(name.text)
        arguments.fit(read.operation, version.shapes[name.localname])
        title = name.localname.removesuffix("Request") + "Response"
        answer = envelope.answer(version.namespace, title)
        operation(self._account, Arguments(read.operation), answer)
        return envelope.reply(answer)

    # The end of a call

    def _ended(self, call: _calls.Call) -> None:
        """Try again, or tell that the message is done."""
        with self._account.lock:
            message = self._account.message(int(call.memo["message"]))
            if message is None:
                return
            now = self._account.now()
            if messages.goes_on(message, self._account.calls(message), now):
                self._account.attempt(message, call.files, now + messages.RETRY)
            else:
                self._account.tell(message, message.over or now)

    def _done(self, message: Message) -> None:
        self._pushes.result(message)


def _contract(version: _Version, request: Request) -> Reply:
    """The contract, its address rewritten to where it was asked for."""
    root = etree.parse(_CONTRACTS / f"monopond-{version.number}.wsdl").getroot()
    for address in root.iter(_ADDRESS):
        address.set("location", request.base + request.path.rstrip("/"))
    return _wire.Reply(body=etree.tostring(root.getroottree()), kind="text/xml;charset=UTF-8")
