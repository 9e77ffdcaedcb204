"""Popfax M2M v3: SOAP, rpc/encoded, with the fax as an attachment of the request.

From the manual of May 2011; what it does not say is marked "inference" where it stands, and the
wire's shape is that of NuSOAP, which the service almost surely is. Inferred for the whole: times
are in France's zone; one registration stands for all numbers of an order; the network's
number without credit is refused at once, as the account pays in advance; nobody is told of a
fax that was sent.
"""

import datetime
import gzip
import io
import pathlib
import wave
from typing import Any, ClassVar

from lxml import etree

from mailfax.sandbox import _calls, _exchange, _twin, _wire
from mailfax.sandbox._wire import Reply, Request
from mailfax.sandbox.popfax import (
    account,
    codes,
    contacts,
    envelope,
    faxes,
    mails,
    mime,
    operations,
)

_WSDL = pathlib.Path(__file__).parents[2] / "wsdl" / "popfax.wsdl"
_XML = "text/xml; charset=UTF-8"
_SERVICES = ("Popfax", "Authentication", "Customer")
"""All three answer all methods (inference: the last two are what the first is made from)."""
_ADDRESS = "{http://schemas.xmlsoap.org/wsdl/soap/}address"
_IMPORT = "{http://www.w3.org/2001/XMLSchema}import"
_SUBMITS = {"sendFaxAsynchronous", "forwardAsynchronous"}
_COMPRESSED = 1024
"""From this size on NuSOAP compresses answers for those who take it."""


class Twin:
    """The service on its port."""

    NAME: ClassVar[str] = "popfax"
    PORT: ClassVar[int] = 5
    CREDENTIALS: ClassVar[dict[str, str]] = {
        "email": account.EMAIL,
        "password": account.PASSWORD,
    }
    PATHS: ClassVar[tuple[str, ...]] = ("/?service=Popfax", "/?service=Popfax&wsdl")
    INTERVAL: ClassVar[float] = 0.0
    """Least pretend seconds between two requests; what comes earlier is a general failure.

    The service's older interface wants 5; that this one does, and answers so, is inference.
    """

    def __init__(self, around: _twin.Surroundings) -> None:
        self._account = account.Account(self.NAME, around)
        around.exchange.listen(self.NAME, _exchange.Listener(rang=self._rang))

    def reset(self) -> None:
        """Back to the first login and number, the folders, a contact and a voice mail."""
        with self._account.lock:
            self._account.reset()
            self._account.exchange.assign(self.NAME, account.FAX_NUMBER)
            _furnish(self._account)

    def is_submit(self, request: Request) -> bool:
        """Whether it sends a fax, as an order or as a forward."""
        if request.method != "POST":
            return False
        try:
            call, _ = _read(request)
        except envelope.Unreadable:
            return False
        return operations.name(call.operation) in _SUBMITS

    def handle(self, request: Request) -> Reply:
        """Answer one request."""
        service = request.arguments.get("service")
        if request.path != "/" or service not in _SERVICES:
            return _wire.text("<h1>Not Found</h1>\n", 404)
        if request.method == "POST":
            return _compressed(request, self._answer(request))
        if "wsdl" in request.query:
            return Reply(body=_description(f"{request.base}/?service={service}"), kind=_XML)
        names = "".join(f"<li>PopfaxService.{name}</li>\n" for name in operations.OPERATIONS)
        return _wire.text(f"<h1>PopfaxService</h1>\n<ul>\n{names}</ul>\n")

    def _answer(self, request: Request) -> Reply:
        try:
            call, attachments = _read(request)
        except envelope.Unreadable as error:
            return _fault(str(error))
        name = operations.name(call.operation)
        if name is None:
            return _fault(
                f"Operation '{call.operation}' is not defined in the WSDL for this service"
            )
        operation = operations.OPERATIONS[name]
        with self._account.lock:
            value = self._result(operation, call, attachments)
        body = envelope.answer(call.operation, operation.gives, operation.kind, value)
        return Reply(body=body, kind=_XML)

    def _result(
        self,
        operation: operations.Operation,
        call: envelope.Call,
        attachments: tuple[mime.Attachment, ...],
    ) -> Any:
        visit = self._visit(known=self._account.knows(call.login), attachments=attachments)
        if self._hasty(visit.now):
            return operation.refusal(codes.GENERAL)
        if not visit.known and not operation.everybody:
            return operation.refusal(codes.NOT_AUTHENTICATED)
        return operation.run(visit, *call.arguments(operation.takes))

    def _visit(
        self, *, known: bool, attachments: tuple[mime.Attachment, ...] = ()
    ) -> account.Visit:
        now = self._account.exchange.now()
        return account.Visit(account=self._account, known=known, now=now, attachments=attachments)

    def _hasty(self, now: datetime.datetime) -> bool:
        last, self._account.asked = self._account.asked, now
        return last is not None and now - last < datetime.timedelta(seconds=self.INTERVAL)

    def _rang(self, fax: _calls.Received) -> None:
        """Put a fax into the inbox, and mail it where the account wants that."""
        with self._account.lock:
            item = faxes.Received(
                id=fax.id,
                made=fax.received,
                touched=fax.received,
                folder=self._account.inbox,
                sender=fax.caller,
                pages=fax.pages,
            )
            self._account.put(item)
            mails.notify(self._visit(known=True), fax, item)


def _read(request: Request) -> tuple[envelope.Call, tuple[mime.Attachment, ...]]:
    """The call and what came with it. Raises `envelope.Unreadable`."""
    try:
        octets, attachments = mime.split(request.headers.get("content-type", ""), request.body)
    except mime.Broken as error:
        raise envelope.Unreadable(f"error in msg parsing:\n{error}") from None
    return envelope.parse(octets), attachments


def _fault(text: str) -> Reply:
    return Reply(body=envelope.fault(text), status=500, kind=_XML)


def _compressed(request: Request, reply: Reply) -> Reply:
    if "gzip" not in request.headers.get("accept-encoding", "") or len(reply.body) <= _COMPRESSED:
        return reply
    return Reply(
        body=gzip.compress(reply.body),
        status=reply.status,
        kind=reply.kind,
        headers=(("Content-Encoding", "gzip"),),
    )


def _description(address: str) -> bytes:
    """The WSDL, with the address that it was asked for at.

    The schema of SOAP's encoding is imported without a place, as NuSOAP's own descriptions
    do: clients know it, and PHP's would otherwise read it from the network, or fail.
    """
    root = etree.fromstring(_WSDL.read_bytes())
    for element in root.iter(_ADDRESS):
        element.set("location", address)
    for element in root.iter(_IMPORT):
        element.attrib.pop("schemaLocation", None)
    octets: bytes = etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")
    return octets


def _furnish(home: account.Account) -> None:
    """What a new account has: folders, and one of each thing that no operation makes."""
    now = home.exchange.now()

    def folder(kind: int, name: str) -> int:
        number = home.number()
        home.put(contacts.Folder(id=number, made=now, touched=now, kind=kind, name=name))
        return number

    home.inbox = folder(codes.INBOX, "Inbox")
    home.outbox = folder(codes.OUTBOX, "Outbox")
    folder(codes.CUSTOM, "Archive")
    home.put(
        faxes.Voice(
            id=home.number(),
            made=now,
            touched=now,
            folder=home.inbox,
            sender="+33199005599",
            duration=1,
            wav=_silence(),
        )
    )


def _silence() -> bytes:
    """One second."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(b"\x80" * 8000)
    return out.getvalue()
