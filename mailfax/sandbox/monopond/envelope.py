"""SOAP 1.1 as the service speaks it (facts, sections 2, 3 and 7), read and written by hand.

Public clients look at the very prefixes `soap` and `ns2` of an answer, so these are kept.
Codes and texts of faults without a detail element are those of Apache CXF and WSS4J, which
the service's looks suggest; that is inference, HTTP 500 for every fault too.
"""

import dataclasses
from typing import Any, TypeAlias

from lxml import etree

from mailfax.sandbox import _wire
from mailfax.sandbox._wire import Reply

Element: TypeAlias = Any
"""An element of lxml, which has no types."""

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_KIND = "text/xml;charset=UTF-8"
_EMPTY = {"UnsupportedDocumentContentType", "UnknownHostException", "InterruptedException"}
"""Faults whose detail element holds no message."""


class Fault(Exception):
    """An answer that says no; `name` is that of its detail element, empty for none."""

    def __init__(self, text: str, name: str = "", code: str = "soap:Server") -> None:
        super().__init__(text)
        self.name = name
        self.code = code

    def reply(self, namespace: str) -> Reply:
        """The fault on the wire, its detail in the service's namespace."""
        envelope, body = _envelope()
        fault = etree.SubElement(body, f"{{{_SOAP}}}Fault")
        prefixes = {"ns1": _WSSE} if self.code.startswith("ns1:") else None
        etree.SubElement(fault, "faultcode", nsmap=prefixes).text = self.code
        etree.SubElement(fault, "faultstring").text = str(self)
        if self.name:
            detail = etree.SubElement(fault, "detail")
            named = etree.SubElement(
                detail, f"{{{namespace}}}{self.name}", nsmap={"ns2": namespace}
            )
            if self.name not in _EMPTY:
                etree.SubElement(named, "message").text = str(self)
        return _sent(envelope, 500)


def unmarshalling(text: str) -> Fault:
    """A request that does not fit the service's types."""
    return Fault(f"Unmarshalling Error: {text}", code="soap:Client")


def unknown(name: str) -> Fault:
    """A request that is none of the service's."""
    text = f"Message part {name} was not recognized. (Does it exist in service WSDL?)"
    return Fault(text, code="soap:Client")


@dataclasses.dataclass(frozen=True, slots=True)
class Envelope:
    """A request."""

    operation: Element
    """The first element of its body: what is dispatched on."""
    logins: tuple[tuple[str, str], ...]
    """User names and passwords of all its security headers, of which some clients send many."""


def read(data: bytes) -> Envelope:
    """A request, whatever its prefixes. Raises `Fault`."""
    root = _parsed(data)
    name = etree.QName(root)
    if name.localname != "Envelope":
        raise Fault(
            f'"{name.namespace}", the namespace on the "{name.localname}" element, is not '
            "a valid SOAP version.",
            code="soap:VersionMismatch",
        )
    if name.namespace != _SOAP:
        raise Fault(
            "A SOAP 1.2 message is not valid when sent to a SOAP 1.1 only endpoint.",
            code="soap:VersionMismatch",
        )
    operation = root.find(f"{{{_SOAP}}}Body/*")
    if operation is None:
        raise Fault("The message has no body.", code="soap:Client")
    return Envelope(operation, _logins(root))


def _parsed(data: bytes) -> Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Fault(f"Error reading XMLStreamReader: {error}", code="soap:Client") from None
    if root.getroottree().docinfo.doctype:
        raise Fault(
            "Error reading XMLStreamReader: Received event DTD, instead of START_ELEMENT "
            "or END_ELEMENT.",
            code="soap:Client",
        )
    return root


def _logins(root: Element) -> tuple[tuple[str, str], ...]:
    """Children in any order, as public clients send them; types and identifiers do not count."""
    tokens = root.iterfind(f"{{{_SOAP}}}Header/{{{_WSSE}}}Security/{{{_WSSE}}}UsernameToken")
    return tuple(
        (token.findtext(f"{{{_WSSE}}}Username", ""), token.findtext(f"{{{_WSSE}}}Password", ""))
        for token in tokens
    )


def check(envelope: Envelope, username: str, password: str) -> None:
    """Raise `Fault` unless the request carries this login, and no other."""
    if not envelope.logins:
        raise Fault(
            "An error was discovered processing the <wsse:Security> header",
            code="ns1:InvalidSecurity",
        )
    if set(envelope.logins) != {(username, password)}:
        raise Fault(
            "The security token could not be authenticated or authorized",
            code="ns1:FailedAuthentication",
        )


def answer(namespace: str, name: str) -> Element:
    """The element of a new answer, to be filled and then sent."""
    _, body = _envelope()
    return etree.SubElement(body, f"{{{namespace}}}{name}", nsmap={"ns2": namespace})


def reply(element: Element) -> Reply:
    """The filled answer on the wire."""
    return _sent(element.getroottree().getroot(), 200)


def _envelope() -> tuple[Element, Element]:
    envelope = etree.Element(f"{{{_SOAP}}}Envelope", nsmap={"soap": _SOAP})
    return envelope, etree.SubElement(envelope, f"{{{_SOAP}}}Body")


def _sent(envelope: Element, status: int) -> Reply:
    return _wire.Reply(
        body=etree.tostring(envelope, encoding="UTF-8", xml_declaration=False),
        status=status,
        kind=_KIND,
    )
