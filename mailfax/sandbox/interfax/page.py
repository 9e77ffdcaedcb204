"""An .asmx page: its operations over SOAP and, where it has them, plain HTTP forms; its WSDL."""

import dataclasses
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from mailfax.sandbox import _wire
from mailfax.sandbox._wire import Reply, Request
from mailfax.sandbox.interfax import envelope
from mailfax.sandbox.interfax.account import Account, Refused
from mailfax.sandbox.interfax.envelope import Arguments, Value

_WSDL = Path(__file__).parents[2] / "wsdl"
_XML = "text/xml; charset=utf-8"


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What an operation gives back."""

    result: Value
    out: Mapping[str, Value] = dataclasses.field(default_factory=dict)
    """Parameters that come back too, in the order of their declaration."""


_Function: TypeAlias = Callable[[Account, Arguments], "Answer | Value"]


@dataclasses.dataclass(frozen=True, slots=True)
class Operation:
    """One operation."""

    run: _Function
    form: str = ""
    """The element of its plain HTTP answer; empty when there is no such form."""
    failed: Callable[[int], Answer] = Answer
    """How it answers a negative code; most do with the code as result."""
    submits: bool = False
    """Whether it asks for a fax to be sent."""

    def answer(self, account: Account, arguments: Arguments) -> Answer:
        """Do it. Raises `envelope.Unreadable`."""
        try:
            given = self.run(account, arguments)
        except Refused as refusal:
            return self.failed(refusal.code)
        return given if isinstance(given, Answer) else Answer(given)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One service."""

    path: str
    namespace: str
    wsdl: str
    """Name of its description's file."""
    operations: Mapping[str, Operation]

    def owns(self, path: str) -> bool:
        """Whether a request for `path` is ours."""
        return path == self.path or path.startswith(f"{self.path}/")

    def handle(self, account: Account, request: Request) -> Reply:
        """Answer one request."""
        name = request.path.removeprefix(self.path).strip("/")
        if name:
            return self._form(account, request, name)
        if request.method in {"GET", "HEAD"}:
            return self._description(request)
        try:
            return self._soap(account, request)
        except envelope.Fault as fault:
            return fault.reply
        except envelope.Unreadable as error:
            return _wire.text(f"{error}\n", 500, "text/plain; charset=utf-8")

    def submits(self, request: Request) -> bool:
        """Whether a request asks for a fax to be sent."""
        name = request.path.removeprefix(self.path).strip("/")
        if not name and request.method == "POST":
            try:
                name = envelope.read(request, self.namespace).operation
            except (envelope.Fault, envelope.Unreadable):
                return False
        return name in self.operations and self.operations[name].submits

    # SOAP

    def _soap(self, account: Account, request: Request) -> Reply:
        message = envelope.read(request, self.namespace)
        operation = self.operations.get(message.operation)
        if operation is None:
            raise envelope.Fault(
                message.version,
                "Server did not recognize the value of HTTP Header SOAPAction: "
                f"{self.namespace}/{message.operation}.",
            )
        try:
            given = operation.answer(account, message.arguments)
        except envelope.Unreadable as error:
            text = f"Server was unable to read request. ---> {error}"
            raise envelope.Fault(message.version, text) from None
        values = {f"{message.operation}Result": given.result, **given.out}
        return envelope.answer(message, self.namespace, values)

    # GET and POST of plain parameters

    def _form(self, account: Account, request: Request, name: str) -> Reply:
        operation = self.operations.get(name)
        if operation is None or not operation.form:
            return _wire.text(f"Request format is unrecognized: /{name}.\n", 500)
        fields = request.form.fields if request.method == "POST" else request.arguments
        plain = {key: value for key, value in fields.items() if isinstance(value, str)}
        try:
            given = operation.answer(account, Arguments.of(plain, self.namespace))
        except envelope.Unreadable as error:
            return _wire.text(f"{error}\n", 500, "text/plain; charset=utf-8")
        made = envelope.element(operation.form, self.namespace, given.result)
        return Reply(body=envelope.serial(made), kind=_XML)

    # Description

    def _description(self, request: Request) -> Reply:
        if request.query.lower() != "wsdl":
            names = "".join(f"<li>{name}</li>" for name in self.operations)
            return _wire.text(f"<html><body><ul>{names}</ul></body></html>\n")
        root = envelope.parse((_WSDL / self.wsdl).read_bytes())
        for address in _addresses(root):
            tail = re.search(r"\.asmx(/.*)?$", address.get("location", ""))
            extra = (tail[1] or "") if tail else ""
            address.set("location", f"{request.base}{self.path}{extra}")
        return Reply(body=envelope.serial(root), kind=_XML)


def _addresses(root: Any) -> list[Any]:
    """The address of every port, of SOAP 1.1, SOAP 1.2 and HTTP."""
    return [port[0] for port in root.iter("{http://schemas.xmlsoap.org/wsdl/}port") if len(port)]
