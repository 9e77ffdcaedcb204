"""Monopond's side of the wire, for tests: answers as its server writes them, requests read."""

import contextlib
import io
import xml.etree.ElementTree as ET

from lxml import etree

from mailfax.providers import monopond
from tests.providers import contract, scripted

NS = "https://api.monopond.com/fax/soap/v2.1"
OLD_NS = "https://api.monopond.com/fax/soap/v2"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def settings(url):
    return {"url": url, "username": "ann", "password": contract.Contract.secret}


def envelope(inner):
    """A body in an envelope with the prefixes that the service uses."""
    inner = f"<soap:Body>{inner}</soap:Body>"
    return f'<soap:Envelope xmlns:soap="{SOAP}">{inner}</soap:Envelope>'.encode()


def body(operation, inner="", ns=NS):
    """The octets of an answer."""
    call = f"ns2:{operation}Response"
    return envelope(f'<{call} xmlns:ns2="{ns}">{inner}</{call}>')


def answer(operation, inner="", ns=NS):
    """An answer over HTTP."""
    return scripted.http(body=body(operation, inner, ns))


def element(name, inner="", /, **attributes):
    """An element as text; attributes that are None are left out."""
    pairs = "".join(f' {key}="{value}"' for key, value in attributes.items() if value is not None)
    return f"<{name}{pairs}>{inner}</{name}>"


def messages(*inner):
    return element("FaxMessages", "".join(inner))


def message(ref="t-1", status="pending", *results, **more):
    """A FaxMessage with its attempts."""
    inner = element("FaxResults", "".join(results)) if results else ""
    given = {"messageRef": ref, "sendRef": ref, "broadcastRef": "mailfax-20261120-1000"}
    return element("FaxMessage", inner, **given | {"status": status} | more)


def result(word="success", code=None, **more):
    """One attempt."""
    error = element("Error", code=code, name="words") if code else ""
    return element("FaxResult", error, **{"attempt": 1, "result": word} | more)


def taken(*refs, ns=NS):
    """What SendFax answers when it takes these."""
    return answer("SendFax", messages(*(message(ref) for ref in refs)), ns)


def told(*inner):
    """What FaxStatus answers."""
    return answer("FaxStatus", messages(*inner))


def fault(name="", words="as the service words it", *, code="soap:Server", status=500, ns=NS):
    """A fault with a reason of the service's own, or without."""
    inner = f'<x:{name} xmlns:x="{ns}"><message>{words}</message></x:{name}>' if name else ""
    detail = f"<detail>{inner}</detail>" if name else ""
    said = f"<faultcode>{code}</faultcode><faultstring>{words}</faultstring>{detail}"
    return scripted.http(status, envelope(f"<soap:Fault>{said}</soap:Fault>"))


NONE = fault("NoMessagesFoundException")


def asked(request):
    """The first element of a request's body, without namespaces to care for."""
    return etree.fromstring(request.body).find(f"{{{SOAP}}}Body")[0]


def text(request, path):
    """What stands at a path of a request; None when nothing does."""
    return asked(request).findtext(path)


def canonical(octets):
    """XML in one way of writing: prefixes and blanks between elements do not count."""
    out = io.StringIO()
    ET.canonicalize(octets.decode(), out=out, strip_text=True, rewrite_prefixes=True)
    return out.getvalue()


@contextlib.contextmanager
def account(*steps, **more):
    """An account and the server it speaks to."""
    with scripted.Server(*steps) as server:
        made = monopond.connect(settings(server.url) | more, 2)
        try:
            yield made, server
        finally:
            made.close()
