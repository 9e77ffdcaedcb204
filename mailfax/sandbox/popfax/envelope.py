"""SOAP 1.1 envelopes, rpc/encoded, as NuSOAP reads and writes them.

Answers and faults have the shape that NuSOAP 0.9.5 itself gave for this description (tried
2026-11-20); that the service is NuSOAP is inference.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from lxml import etree

from mailfax.sandbox.popfax import shapes
from mailfax.sandbox.popfax.shapes import Element

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_SECURITY = "http://schemas.xmlsoap.org/ws/2002/07/secext"
_CREDENTIALS = f"{{{_SECURITY}}}AuthenticationHeader"
"""The one header element that the manual's sample puts on the wire."""
_PREFIXES = {
    "SOAP-ENV": _SOAP,
    "xsd": shapes.SCHEMA,
    "xsi": shapes.INSTANCE,
    "SOAP-ENC": shapes.ENCODING,
    "tns": shapes.NAMESPACE,
}


class Unreadable(Exception):
    """No request of ours; the text is the fault's."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request."""

    operation: str
    """As the body's element spells it, without its namespace."""
    login: Mapping[str, Any]
    """email and password, as far as they are given."""
    body: Element

    def arguments(self, takes: Mapping[str, str]) -> list[Any]:
        """Values by the names of parameters, or by position where no name is known.

        By position is how NuSOAP hands them on, whatever their names.
        """
        sent = list(self.body)
        named = {etree.QName(child).localname: child for child in sent}
        if not named.keys() & takes.keys():
            named = dict(zip(takes, sent, strict=False))
        return [self._value(named.get(name), kind) for name, kind in takes.items()]

    def _value(self, element: Element, kind: str) -> Any:
        value = None if element is None else shapes.read(element, kind, _follow)
        return shapes.empty(kind) if value is None else value


def parse(octets: bytes) -> Call:
    """Read a request. Raises `Unreadable`."""
    envelope = _parsed(octets)
    body = envelope.find(f"{{{_SOAP}}}Body")
    if envelope.tag != f"{{{_SOAP}}}Envelope" or body is None or len(body) == 0:
        raise Unreadable("error in msg parsing:\nno SOAP 1.1 envelope with a body")
    name = etree.QName(body[0]).localname
    return Call(operation=name, login=_login(envelope), body=body[0])


def _parsed(octets: bytes) -> Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        envelope = etree.fromstring(octets, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable(
            f"error in msg parsing:\nXML error parsing SOAP payload: {error}"
        ) from None
    if envelope.getroottree().docinfo.doctype:
        raise Unreadable("error in msg parsing:\na document type has no place here")
    return envelope


def _login(envelope: Element) -> Mapping[str, Any]:
    element = envelope.find(f"{{{_SOAP}}}Header/{_CREDENTIALS}")
    if element is None:
        return {}
    value = shapes.read(element, "AuthenticationHeader", _follow)
    return value if isinstance(value, dict) else {}


def _follow(element: Element) -> Element:
    """SOAP 1.1 section 5.2.1: an element may stand elsewhere in the envelope."""
    wanted = element.get("href", "")
    if not wanted.startswith("#"):
        return element
    found = element.getroottree().xpath("//*[@id=$id]", id=wanted[1:])
    return found[0] if found else element


def answer(operation: str, name: str, kind: str, value: Any) -> bytes:
    """The envelope of one result; `operation` as it was asked."""
    envelope, body = _empty()
    tag = f"{{{shapes.NAMESPACE}}}{operation}Response"
    result = etree.SubElement(body, tag, nsmap={"ns1": shapes.NAMESPACE})
    shapes.write(result, name, kind, value)
    return _octets(envelope)


def fault(text: str) -> bytes:
    """The envelope of a fault, which is always the client's."""
    envelope, body = _empty()
    element = etree.SubElement(body, f"{{{_SOAP}}}Fault")
    fields = {"faultcode": "SOAP-ENV:Client", "faultactor": "", "faultstring": text, "detail": ""}
    for name, value in fields.items():
        shapes.write(element, name, "string", value)
    return _octets(envelope)


def _empty() -> tuple[Element, Element]:
    envelope = etree.Element(f"{{{_SOAP}}}Envelope", nsmap=_PREFIXES)
    envelope.set(f"{{{_SOAP}}}encodingStyle", shapes.ENCODING)
    return envelope, etree.SubElement(envelope, f"{{{_SOAP}}}Body")


def _octets(envelope: Element) -> bytes:
    octets: bytes = etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
    return octets
