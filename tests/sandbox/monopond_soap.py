"""Requests to the Monopond twin, written by hand as the manual shows them."""

import base64
import dataclasses

import httpx
from lxml import etree

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
TEXT = base64.b64encode(b"hello").decode()
NUMBER = "61255500123"
NO_RETRIES = "<Retries>0</Retries><BusyRetries>0</BusyRetries>"
SECURITY = (
    f'<wsse:Security xmlns:wsse="{WSSE}" soapenv:mustUnderstand="1"><wsse:UsernameToken>'
    "<wsse:Username>{}</wsse:Username><wsse:Password>{}</wsse:Password>"
    "</wsse:UsernameToken></wsse:Security>"
)


@dataclasses.dataclass
class Refused(Exception):
    """A fault: code, text, and the detail element's name and message."""

    code: str
    text: str
    name: str
    message: str | None


def namespace(version="2.1"):
    return f"https://api.monopond.com/fax/soap/v{version}"


def envelope(operation, inner="", *, version="2.1", header=None):
    """A request as in the manual's samples."""
    header = SECURITY.format("demo", "demo") if header is None else header
    return (
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:v2="{namespace(version)}">'
        f"<soapenv:Header>{header}</soapenv:Header><soapenv:Body>"
        f"<v2:{operation}Request>{inner}</v2:{operation}Request>"
        "</soapenv:Body></soapenv:Envelope>"
    )


def post(sandbox, data, path="/fax/soap/v2.1", **headers):
    """The reply to a POST of this text."""
    kind = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
    return httpx.post(
        sandbox.urls["monopond"] + path,
        content=data,
        headers={**kind, **headers},
        trust_env=False,
        timeout=20,
        verify=False,
    )


def read(reply):
    """The element in the body; raises `Refused` for a fault."""
    root = etree.fromstring(reply.content)
    (found,) = root.findall(f"{{{SOAP}}}Body/*")
    if found.tag != f"{{{SOAP}}}Fault":
        assert reply.status_code == 200
        return found
    assert reply.status_code == 500
    detail = found.find("detail/*")
    name = "" if detail is None else etree.QName(detail).localname
    message = None if detail is None else detail.findtext("message")
    raise Refused(found.findtext("faultcode"), found.findtext("faultstring"), name, message)


def call(sandbox, operation, inner="", *, version="2.1"):
    """The answer's element."""
    data = envelope(operation, inner, version=version)
    return read(post(sandbox, data, f"/fax/soap/v{version}"))


def document(name="a.txt", data=TEXT, more=""):
    """A Document; bytes are encoded."""
    text = data if isinstance(data, str) else base64.b64encode(data).decode()
    return f"<Document><FileName>{name}</FileName><FileData>{text}</FileData>{more}</Document>"


def message(ref="m-1", to=NUMBER, more=""):
    """A FaxMessage."""
    return f"<FaxMessage><MessageRef>{ref}</MessageRef><SendTo>{to}</SendTo>{more}</FaxMessage>"


def request(messages=None, documents=None, more=""):
    """What a SendFaxRequest has inside."""
    listed = message() if messages is None else messages
    papers = document() if documents is None else documents
    wrapped = f"<Documents>{papers}</Documents>" if papers else ""
    return f"<FaxMessages>{listed}</FaxMessages>{wrapped}{more}"


def send(sandbox, messages=None, documents=None, more="<SendRef>s-1</SendRef>", version="2.1"):
    """The answer to a SendFax."""
    return call(sandbox, "SendFax", request(messages, documents, more), version=version)


def status(sandbox, level="all", ref="<SendRef>s-1</SendRef>", version="2.1"):
    """The answer to a FaxStatus."""
    asked = f"{ref}<Verbosity>{level}</Verbosity>" if level else ref
    return call(sandbox, "FaxStatus", asked, version=version)


def word(sandbox, ref="m-1"):
    """The status of one message."""
    found = status(sandbox, "send", f"<MessageRef>{ref}</MessageRef>")
    return found.find("FaxMessages/FaxMessage").get("status")


def rows(sandbox, ref="m-1"):
    """The attempts of one message: their attributes, with the error's code as `error`."""
    found = status(sandbox, "results", f"<MessageRef>{ref}</MessageRef>")
    told = []
    for row in found.iterfind("FaxMessages/FaxMessage/FaxResults/FaxResult"):
        error = row.find("Error")
        told.append({**row.attrib, "error": "" if error is None else error.get("code")})
    return told
