"""SOAP's section 5 encoding, which zeep speaks only by halves (SOAP 1.1, section 5).

Going out, zeep writes neither xsi:type nor arrayType: both are put in here, by the WSDL. Coming
in, it believes whatever xsi:type stands there, and NuSOAP writes SOAP-ENC:Array for every list:
types are set by the WSDL again, so that an answer is read by its names alone. Neither the
service's namespace nor the name of an answer's only part is known for sure: the one is a
setting, the other is not looked at.
"""

import dataclasses
import re
import typing
from collections.abc import Iterator

if typing.TYPE_CHECKING:
    from lxml import etree

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
XSD = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

_TYPE = f"{{{XSI}}}type"
_NIL = f"{{{XSI}}}nil"
_ARRAY = f"{{{ENCODING}}}arrayType"
_INT = re.compile(r"\s*[+-]?[0-9]{1,18}\s*")


@dataclasses.dataclass(frozen=True)
class Encoded:
    """zeep's plugin; `namespace`: what the service's own types and operations are in."""

    namespace: str

    def egress(
        self, envelope: "etree._Element", http_headers: object, operation: typing.Any, _: object
    ) -> tuple["etree._Element", object]:
        """The request with a type at every value and a length at every list."""
        body = envelope.find(f"{{{ENVELOPE}}}Body")
        body[0] = self._call(body[0])
        for node, kind in _typed(body[0], operation.input.body.type):
            if node is not body[0]:
                node.set(_TYPE, self._name(kind))
            item = _item(kind)
            if item is not None:
                node.set(_ARRAY, f"{self._name(item)}[{len(node)}]")
        return envelope, http_headers

    def ingress(
        self, envelope: "etree._Element", http_headers: object, operation: typing.Any
    ) -> tuple["etree._Element", object]:
        """The answer with the WSDL's types instead of the service's."""
        call = envelope.find(f"{{{ENVELOPE}}}Body/*")
        if call is None or call.tag == f"{{{ENVELOPE}}}Fault" or operation.output.body is None:
            return envelope, http_headers
        if len(call) == 1:
            call[0].tag = operation.output.body.type.elements[0][0]
        for node, kind in _typed(call, operation.output.body.type):
            _retype(node, kind)
        return envelope, http_headers

    def _call(self, node: "etree._Element") -> "etree._Element":
        """The call's element in the service's namespace, with all prefixes that are used below."""
        from lxml import etree

        prefixes = {"ns1": self.namespace, "xsd": XSD, "xsi": XSI, "SOAP-ENC": ENCODING}
        name = etree.QName(self.namespace, etree.QName(node).localname)
        call = etree.Element(name, nsmap=prefixes)
        call.set(f"{{{ENVELOPE}}}encodingStyle", ENCODING)
        call.extend(list(node))
        return call

    @staticmethod
    def _name(kind: typing.Any) -> str:
        prefix = "xsd" if kind.qname.namespace == XSD else "ns1"
        return f"{prefix}:{kind.qname.localname}"


def _typed(node: "etree._Element", kind: typing.Any) -> Iterator[tuple["etree._Element", object]]:
    """Each element with its type, as far as the types know it."""
    yield node, kind
    item, members = _item(kind), dict(getattr(kind, "elements", ()))
    for child in node.iterchildren("*"):
        name = child.tag.rpartition("}")[2]
        if item is not None:
            yield from _typed(child, item)
        elif name in members:
            yield from _typed(child, members[name].type)


def _item(kind: typing.Any) -> typing.Any:
    """The type of a list's items; None when it is no list."""
    array = getattr(kind, "_array_type", None)
    return array.array_type if array is not None else None


def _retype(node: "etree._Element", kind: typing.Any) -> None:
    """Nil is nothing at all; a list is one even when empty; an int of other than digits is none.

    Raises ValueError for text where a list should be.
    """
    if node.get(_NIL) in {"1", "true"}:
        node.attrib.clear()
        return
    node.attrib.pop(_TYPE, None)
    if kind.qname is not None:
        node.set(_TYPE, kind.qname)
    if _item(kind) is not None:
        if (node.text or "").strip():
            raise ValueError(node.tag)
        node.set(_ARRAY, "")
    if kind.qname == f"{{{XSD}}}int" and not _INT.fullmatch(node.text or ""):
        node.text = None
