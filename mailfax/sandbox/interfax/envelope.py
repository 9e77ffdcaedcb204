"""SOAP 1.1 and 1.2 envelopes as ASP.NET reads and writes them, document/literal wrapped.

Read with leniency where recordings prove it (facts file, section 0): the order of elements is
free, any may be missing, unknown ones are passed over. Written as recorded: the prefix `soap`,
and the payload in a default namespace. What a fault says is ASP.NET's habit (inference).
"""

import base64
import binascii
import dataclasses
import datetime
import decimal
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from lxml import etree

from mailfax.sandbox._wire import Reply, Request

NOT_YET = datetime.datetime(1, 1, 1, tzinfo=datetime.UTC)
"""What .NET writes for a time that is not known."""

Value: TypeAlias = (
    "str | int | bool | bytes | decimal.Decimal | datetime.datetime "
    "| Mapping[str, Value] | Sequence[tuple[str, Value]] | None"
)
"""Contents of an element: None leaves it out; pairs are children, in order."""

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_XSD = "http://www.w3.org/2001/XMLSchema"
_DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>'
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold (section 2.2)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Version:
    """One of the two SOAPs."""

    namespace: str
    kind: str
    """The media type of its messages."""


SOAP11 = Version("http://schemas.xmlsoap.org/soap/envelope/", "text/xml")
SOAP12 = Version("http://www.w3.org/2003/05/soap-envelope", "application/soap+xml")


class Unreadable(Exception):
    """A message that is not what it must be; the text says why."""


class Fault(Exception):
    """A message that is answered with a fault."""

    def __init__(self, version: Version, text: str, code: str = "Client") -> None:
        super().__init__(text)
        self.version = version
        self.code = code

    @property
    def reply(self) -> Reply:
        """The fault, as HTTP 500."""
        return write(self.version, self._element(), status=500)

    def _element(self) -> Any:
        soap = f"{{{self.version.namespace}}}"
        fault = etree.Element(f"{soap}Fault")
        if self.version is SOAP11:
            etree.SubElement(fault, "faultcode").text = f"soap:{self.code}"
            etree.SubElement(fault, "faultstring").text = clean(str(self))
            etree.SubElement(fault, "detail")
            return fault
        code = {"Client": "Sender", "Server": "Receiver"}.get(self.code, self.code)
        value = etree.SubElement(etree.SubElement(fault, f"{soap}Code"), f"{soap}Value")
        value.text = f"soap:{code}"
        text = etree.SubElement(etree.SubElement(fault, f"{soap}Reason"), f"{soap}Text")
        text.set("{http://www.w3.org/XML/1998/namespace}lang", "en")
        text.text = clean(str(self))
        return fault


class Arguments:
    """The children of an element, by name; one that is missing is null, 0, false or no time."""

    def __init__(self, element: Any, namespace: str) -> None:
        self._element = element
        self._namespace = namespace

    @classmethod
    def of(cls, fields: Mapping[str, str], namespace: str) -> "Arguments":
        """Those of a query string or a form."""
        element = etree.Element("fields")
        for name, value in fields.items():
            if re.fullmatch(r"\w+", name, re.ASCII):
                etree.SubElement(element, f"{{{namespace}}}{name}").text = clean(value)
        return cls(element, namespace)

    def has(self, *names: str) -> bool:
        """Whether any of them is there."""
        return any(self._child(name) is not None for name in names)

    def text(self, name: str) -> str:
        """A string, empty when missing."""
        child = self._child(name)
        return "" if child is None else "".join(child.itertext())

    def whole(self, name: str, default: int = 0) -> int:
        """An integer. Raises `Unreadable` for anything else."""
        text = self._typed(name)
        if text is None:
            return default
        if not re.fullmatch(r"[+-]?\d{1,19}", text, re.ASCII):
            raise Unreadable("Input string was not in a correct format.")
        return int(text)

    def flag(self, name: str) -> bool:
        """A boolean as XML Schema spells it. Raises `Unreadable` for anything else."""
        text = self._typed(name)
        if text not in {None, "0", "1", "true", "false"}:
            raise Unreadable(f"The string '{text}' is not a valid Boolean value.")
        return text in {"1", "true"}

    def moment(self, name: str) -> datetime.datetime:
        """A time, GMT without a zone (inference). Raises `Unreadable` for anything else."""
        text = self._typed(name)
        try:
            return NOT_YET if text is None else read_time(text)
        except ValueError:
            raise Unreadable(f"The string '{text}' is not a valid AllXsd value.") from None

    def octets(self, name: str) -> bytes:
        """Base64, which may contain line ends. Raises `Unreadable` for anything else."""
        text = "".join(self.text(name).split())
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise Unreadable("Invalid length or character in a Base-64 string.") from None

    def choice(self, name: str, values: Sequence[str]) -> str:
        """One of an enumeration, its first when missing. Raises `Unreadable`."""
        text = self._typed(name)
        if text is not None and text not in values:
            raise Unreadable(f"Instance validation error: '{text}' is not a valid value.")
        return values[0] if text is None else text

    def part(self, *names: str) -> "Arguments":
        """A structure, by the first of these names that is there; empty when missing."""
        found = (child for child in map(self._child, names) if child is not None)
        return Arguments(next(found, etree.Element("missing")), self._namespace)

    def _typed(self, name: str) -> str | None:
        child = self._child(name)
        if child is None or child.get(f"{{{_XSI}}}nil") in {"true", "1"}:
            return None
        return "".join(child.itertext()).strip()

    def _child(self, name: str) -> Any:
        return self._element.find(f"{{{self._namespace}}}{name}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One request: what is asked, in which SOAP."""

    version: Version
    operation: str
    arguments: Arguments


def read(request: Request, namespace: str) -> Message:
    """The message in a POST. Raises `Fault`, and `Unreadable` when it is no SOAP at all."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    version = {SOAP11.kind: SOAP11, SOAP12.kind: SOAP12}.get(kind)
    if version is None:
        raise Unreadable(f"Request format is invalid: {kind}.")
    body = _body(request.body, version)
    name = etree.QName(body)
    _expect_action(request, version, f"{name.namespace}/{name.localname}")
    operation = name.localname if name.namespace == namespace else ""
    return Message(version=version, operation=operation, arguments=Arguments(body, namespace))


def parse(data: bytes) -> Any:
    """The root of an XML document; no DTD, no entities, no network. Raises `Unreadable`."""
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable(f"There is an error in XML document: {error.msg}") from None
    if root.getroottree().docinfo.doctype:
        raise Unreadable("For security reasons DTD is prohibited in this XML document.")
    return root


def _body(data: bytes, version: Version) -> Any:
    """The first element in the envelope's body."""
    try:
        root = parse(data)
    except Unreadable as error:
        raise Fault(version, f"Server was unable to read request. ---> {error}") from None
    if etree.QName(root).localname != "Envelope":
        raise Fault(version, "Server was unable to read request. ---> Expected an Envelope.")
    if etree.QName(root).namespace != version.namespace:
        text = f"Envelope namespace {etree.QName(root).namespace} was unexpected."
        raise Fault(version, f"Possible SOAP version mismatch: {text}", "VersionMismatch")
    body = root.find(f"{{{version.namespace}}}Body")
    if body is None or len(body) == 0:
        raise Fault(version, "Unable to handle request without a valid body.")
    return body[0]


def _expect_action(request: Request, version: Version, wanted: str) -> None:
    """SOAP 1.1 must name the operation in its header too; 1.2 may, in its media type."""
    if version is SOAP11:
        given = request.headers.get("soapaction", "").strip().strip('"')
    else:
        found = re.search(r'action="?([^";]+)', request.headers.get("content-type", ""))
        given = found[1] if found else wanted
    if not given:
        raise Fault(version, "Unable to handle request without a valid action parameter.")
    if given != wanted:
        raise Fault(
            version, f"Server did not recognize the value of HTTP Header SOAPAction: {given}."
        )


def answer(message: Message, namespace: str, values: Value) -> Reply:
    """The response to `message`, its children being `values`."""
    response = element(f"{message.operation}Response", namespace, values)
    return write(message.version, response)


def element(name: str, namespace: str, value: Value) -> Any:
    """An element in a default namespace."""
    made = etree.Element(f"{{{namespace}}}{name}", nsmap={None: namespace})
    _fill(made, namespace, value)
    return made


def _fill(parent: Any, namespace: str, value: Value) -> None:
    if not isinstance(value, Mapping | list | tuple):
        parent.text = text(value)
        return
    for name, inner in children(value):
        if inner is not None:
            _fill(etree.SubElement(parent, f"{{{namespace}}}{name}"), namespace, inner)


def children(value: Value) -> Iterator[tuple[str, Value]]:
    """The pairs of a structure or an array."""
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list | tuple):
        yield from value


def write(version: Version, content: Any, status: int = 200) -> Reply:
    """An envelope around `content`."""
    soap = version.namespace
    root = etree.Element(f"{{{soap}}}Envelope", nsmap={"soap": soap, "xsi": _XSI, "xsd": _XSD})
    etree.SubElement(root, f"{{{soap}}}Body").append(content)
    return Reply(body=serial(root), status=status, kind=f"{version.kind}; charset=utf-8")


def serial(root: Any) -> bytes:
    """The document as octets."""
    return _DECLARATION + bytes(etree.tostring(root, encoding="utf-8", xml_declaration=False))


def text(value: Value) -> str:
    """A simple value as XML Schema spells it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        return stamp(value)
    return "" if value is None else clean(str(value))


def clean(words: str) -> str:
    """Without what XML cannot hold."""
    return _ILLEGAL.sub("", words)


def stamp(time: datetime.datetime) -> str:
    """A time in GMT without a zone, to the second."""
    return time.astimezone(datetime.UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def read_time(words: str) -> datetime.datetime:
    """A time, GMT when it names no zone. Raises ValueError."""
    time = datetime.datetime.fromisoformat(words)
    try:
        return time.replace(tzinfo=time.tzinfo or datetime.UTC).astimezone(datetime.UTC)
    except OverflowError:
        return NOT_YET
