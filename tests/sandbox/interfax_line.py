"""Strangers' ways to the InterFAX twin: envelopes by hand, zeep by itself, plain HTTP."""

import base64
from xml.sax.saxutils import escape

import httpx
import requests
import zeep
from lxml import etree

SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
SPACES = {
    "dfs": "http://www.interfax.cc",
    "inbound": "http://www.interfax.net",
    "admin": "http://interfax.net/Admin",
}
LOGIN = {"Username": "demo", "Password": "demo"}
PRIMARY = {"PrimaryUsername": "demo", "PrimaryPassword": "demo"}


def b64(data):
    """As it stands in an envelope."""
    return base64.b64encode(data).decode()


def xml(name, value):
    """An element and what is in it: text, a dict, or a list of pairs."""
    if isinstance(value, dict):
        value = list(value.items())
    inside = (
        "".join(xml(*pair) for pair in value) if isinstance(value, list) else escape(str(value))
    )
    return f"<{name}>{inside}</{name}>"


def envelope(service, operation, fields, soap=SOAP11):
    """A request, written by hand."""
    inside = "".join(xml(name, value) for name, value in fields.items())
    body = f'<{operation} xmlns="{SPACES[service]}">{inside}</{operation}>'
    return (
        f'<?xml version="1.0" encoding="utf-8"?>'
        f'<e:Envelope xmlns:e="{soap}"><e:Body>{body}</e:Body></e:Envelope>'
    ).encode()


def read(element):
    """What an element holds: text, a dict, or a list where names repeat."""
    names = [etree.QName(child).localname for child in element]
    if not names:
        return element.text or ""
    if len(set(names)) < len(names):
        return [read(child) for child in element]
    return dict(zip(names, map(read, element), strict=True))


class Line:
    """One account at a running sandbox."""

    def __init__(self, sandbox):
        self.url = sandbox.urls["interfax"]
        self.web = httpx.Client(base_url=self.url, auth=("demo", "demo"), trust_env=False)

    def close(self):
        self.web.close()

    def post(self, service, operation, body, **headers):
        """POST an envelope as public clients do."""
        given = {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{SPACES[service]}/{operation}"',
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return self.web.post(f"/{service}.asmx", content=body, headers=given, auth=None)

    def soap(self, service, operation, **fields):
        """The children of the response; what is not there is not in the dict."""
        reply = self.post(service, operation, envelope(service, operation, fields))
        assert reply.status_code == 200, reply.text
        (response,) = etree.fromstring(reply.content)[0]
        assert response.tag == f"{{{SPACES[service]}}}{operation}Response"
        return read(response) or {}

    def dfs(self, operation, **fields):
        """An operation of dfs.asmx by the first user."""
        return self.soap("dfs", operation, **LOGIN, **fields)

    def code(self, operation, **fields):
        """Its result, a number."""
        return int(self.dfs(operation, **fields)[f"{operation}Result"])

    def inbound(self, operation, **fields):
        """An operation of inbound.asmx."""
        return self.soap("inbound", operation, **LOGIN, **fields)

    def admin(self, operation, **fields):
        """The result of an operation of admin.asmx that only a primary user may do."""
        return int(self.soap("admin", operation, **PRIMARY, **fields)[f"{operation}Result"])

    def own(self, operation, **fields):
        """The same of one that any user may do."""
        return int(self.soap("admin", operation, **LOGIN, **fields)[f"{operation}Result"])

    def send(self, numbers="+13035550123", data=b"hello\n", kind="TXT", **fields):
        """The TransactionID of a fax sent with SendfaxEx_2."""
        given = {"FilesData": b64(data), "FileTypes": kind, "FileSizes": len(data), **fields}
        key = self.code("SendfaxEx_2", FaxNumbers=numbers, **given)
        assert key > 0, key
        return key

    def item(self, key):
        """The FaxItemEx of a transaction."""
        reply = self.dfs("FaxQuery", Verb="EQ", VerbData=key, MaxItems=1, ResultCode=0)
        assert reply["ResultCode"] == "0"
        return reply["FaxQueryResult"]["FaxItemEx"]

    def status(self, key):
        """How a transaction stands."""
        return int(self.item(key)["Status"])

    def zeep(self, service, port=""):
        """A zeep of its own, made from nothing but the served WSDL."""
        session = requests.Session()
        session.trust_env = False
        transport = zeep.transports.Transport(session=session)
        client = zeep.Client(f"{self.url}/{service}.asmx?WSDL", transport=transport)
        return client, client.bind(port_name=port) if port else client.service
