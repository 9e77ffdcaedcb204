"""Popfax's side of the wire, for tests: answers as NuSOAP writes them, requests read by name."""

import email
import email.policy

from lxml import etree

from mailfax.providers import popfax
from tests.providers import contract, scripted

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<SOAP-ENV:Envelope SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"'
    f' xmlns:SOAP-ENV="{ENVELOPE}" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    f' xmlns:xsi="{XSI}" xmlns:SOAP-ENC="{ENCODING}"><SOAP-ENV:Body>'
)
TAIL = "</SOAP-ENV:Body></SOAP-ENV:Envelope>"


def settings(url):
    return {"url": url, "email": "ann@example.com", "password": contract.Contract.secret}


def encoded(name, value):
    """A value in section 5 encoding, as NuSOAP writes it."""
    if value is None:
        return f'<{name} xsi:nil="true"/>'
    if isinstance(value, int):
        return f'<{name} xsi:type="xsd:int">{value}</{name}>'
    if isinstance(value, str):
        return f'<{name} xsi:type="xsd:string">{value}</{name}>'
    if isinstance(value, dict):
        inner = "".join(encoded(key, one) for key, one in value.items())
        return f'<{name} xsi:type="tns:Struct">{inner}</{name}>'
    items = "".join(encoded("item", one) for one in value)
    kind = f'xsi:type="SOAP-ENC:Array" SOAP-ENC:arrayType="tns:Any[{len(value)}]"'
    return f"<{name} {kind}>{items}</{name}>"


def octets(operation, part, value, namespace="urn:PopfaxService"):
    """The body of an answer."""
    call = f"ns1:PopfaxService.{operation}Response"
    inner = encoded(part, value)
    return (
        f'{HEAD}<{call} xmlns:ns1="{namespace}" xmlns:tns="{namespace}">{inner}</{call}>{TAIL}'
    ).encode()


def xml(body, status=200):
    """Octets as an HTTP answer."""
    return scripted.http(status, body).replace(
        b"Content-Type: text/html", b"Content-Type: text/xml; charset=UTF-8"
    )


def answer(operation, part, value, **more):
    return xml(octets(operation, part, value, **more))


def taken(*registration):
    return answer("sendFaxAsynchronous", "registration", list(registration))


def sent(number=815, *, sentstatus=1, **more):
    """A FAXSentInfo."""
    return {
        "folderid": 2, "id": number, "type": 1, "status": 0, "sentstatus": sentstatus,
        "date": "2026-11-20 11:01:40", "pagecount": 1, "recipients": 1,
        "recipient": "+33123456789",
    } | more  # fmt: skip


def received(number=31, **more):
    """A FAXReceivedInfo."""
    return {
        "folderid": 1, "id": number, "type": 2, "status": 0, "date": "2026-11-20 03:00:05",
        "pagecount": 2, "sender": "+33199000100",
    } | more  # fmt: skip


def account(**more):
    """An AccountInfo."""
    return {
        "faxnumber": "+33170000001", "faxheader": "www.popfax.com", "notifybysms": 0,
        "notificationsms": "", "notifybyemail": 1, "notificationemail": "ann@example.com",
        "redirecttoemail": 1, "attachmentid": 1, "firstname": "Ann", "lastname": "Example",
        "city": "Paris", "address1": "1 rue de l'Exemple", "postalcode": "75001",
        "country": "FR", "langcode": "fr", "phone": "+33170000002", "companyname": "Example",
        "vat": "", "prepaidbalance": 120, "enddate": "2027-01-31",
    } | more  # fmt: skip


def changed(*objects, timestamp=1795165200):
    """An ObjectsIDInfo; each object as (id, type) or (id, type, action)."""
    listed = [
        {"object": one[0], "type": one[1], "action": one[2] if len(one) > 2 else 1}
        for one in objects
    ]
    return answer("getModifiedObjects", "objects", {"timestamp": timestamp, "objects": listed})


def standing(*registered):
    """An answer of asynchronInfoRange: (registration, object, status) each."""
    keys = ("id", "object", "status")
    data = [dict(zip(keys, one, strict=True)) for one in registered]
    return answer("asynchronInfoRange", "data", data)


def faxes(*infos):
    return answer("getFAXSentInfo", "faxes", list(infos))


def run(steps, use, **more):
    """`use` an account against these answers, one a request; its result and the calls made."""
    with scripted.Server(*steps) as server:
        made = popfax.connect(settings(server.url) | more, 2)
        try:
            return use(made), [Call(request) for request in server.requests]
        finally:
            made.close()


class Call:
    """One request as a stranger reads it: operation, arguments by name, attachments, header."""

    def __init__(self, request):
        self.request = request
        self.attachments = []
        octets = request.body
        label = request.headers["content-type"]
        if label.startswith("multipart/"):
            whole = email.message_from_bytes(
                f"Content-Type: {label}\r\n\r\n".encode() + octets, policy=email.policy.HTTP
            )
            root, *self.attachments = whole.iter_parts()
            octets = root.get_payload(decode=True)
        self.envelope = etree.fromstring(octets)
        self.header = self.envelope.find(f"{{{ENVELOPE}}}Header/*")
        self.element = self.envelope.find(f"{{{ENVELOPE}}}Body/*")
        name = etree.QName(self.element)
        self.namespace = name.namespace
        self.operation = name.localname.removeprefix("PopfaxService.")
        self.arguments = {child.tag: value(child) for child in self.element}


def value(node):
    """A value by its own xsi:type; the lengths of arrays must be right."""
    kind = node.get(f"{{{XSI}}}type")
    array = node.get(f"{{{ENCODING}}}arrayType")
    if array is not None:
        item, _, length = array.partition("[")
        assert all(child.get(f"{{{XSI}}}type") == item for child in node)
        assert length == f"{len(node)}]"
        return [value(child) for child in node]
    if kind == "xsd:int":
        return int(node.text)
    if kind == "xsd:string":
        return node.text or ""
    assert kind.startswith("ns1:")
    return {child.tag: value(child) for child in node}
