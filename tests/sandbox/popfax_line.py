"""A stranger's way to the Popfax twin: envelopes by hand, answers read by their xsi:type."""

import email.mime.application
import hashlib
import urllib.error
import urllib.request
from xml.sax.saxutils import escape

from lxml import etree

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
ARRAY_TYPE = "{http://schemas.xmlsoap.org/soap/encoding/}arrayType"
SECURITY = "http://schemas.xmlsoap.org/ws/2002/07/secext"
LOGIN = ("demo@example.com", hashlib.md5(b"demo").hexdigest())
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def header(login=LOGIN, space=SECURITY):
    """The soap:Header as the manual's sample makes it."""
    if login is None:
        return ""
    name, password = login
    return (
        f'<S:Header><w:AuthenticationHeader xmlns:w="{space}" S:mustUnderstand="1">'
        f"<email>{name}</email><password>{password}</password>"
        "</w:AuthenticationHeader></S:Header>"
    )


def envelope(body, head=""):
    """A request around the body's element; `t:` is the service's namespace."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:t="urn:PopfaxService" '
        'xmlns:E="http://schemas.xmlsoap.org/soap/encoding/">'
        f"{head}<S:Body>{body}</S:Body></S:Envelope>"
    ).encode()


def xml(name, value):
    """An element: texts and numbers, lists of items, dicts of members, None is nil."""
    if value is None:
        return f'<{name} xsi:nil="true"/>'
    if isinstance(value, dict):
        inside = "".join(xml(member, one) for member, one in value.items())
    elif isinstance(value, list):
        inside = "".join(xml("item", one) for one in value)
    else:
        inside = escape(str(value))
    return f"<{name}>{inside}</{name}>"


def value(element):
    """What an element of an answer says, by its xsi:type alone."""
    kind = element.get(f"{XSI}type", "").rpartition(":")[2]
    if element.get(f"{XSI}nil") == "true":
        return None
    if kind == "Array":
        items = [value(item) for item in element]
        assert element.get(ARRAY_TYPE).endswith(f"[{len(items)}]")
        return items
    if kind in {"int", "string"}:
        return int(element.text) if kind == "int" else element.text or ""
    return {member.tag: value(member) for member in element}


def related(octets, files, root="text/xml; charset=UTF-8"):
    """Content-Type and body of multipart/related: the envelope, then (name, data) in base64."""
    parts = [b"Content-Type: " + root.encode() + b"\r\n\r\n" + octets]
    for name, data in files:
        part = email.mime.application.MIMEApplication(data)
        part.add_header("Content-Disposition", "attachment", filename=name)
        parts.append(part.as_bytes().replace(b"\n", b"\r\n"))
    body = b"".join(b"--=_b\r\n" + part + b"\r\n" for part in parts) + b"--=_b--\r\n"
    return 'multipart/related; type="text/xml"; boundary="=_b"', body


class Line:
    """`line.call("getShiftTime")`, `line.call("asynchronInfo", id=5)`, …"""

    def __init__(self, url):
        self.url = f"{url}/?service=Popfax"
        self.login = LOGIN

    def post(self, body, kind="text/xml; charset=UTF-8", **headers):
        """(status, header fields, body) of one POST."""
        request = urllib.request.Request(self.url, body, {"Content-Type": kind, **headers})
        try:
            with _DIRECT.open(request, timeout=20) as reply:
                return reply.status, reply.headers, reply.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def ask(self, element, head=None, files=()):
        """(status, the first element of the answer's body)."""
        octets = envelope(element, header(self.login) if head is None else head)
        kind, body = related(octets, files) if files else ("text/xml; charset=UTF-8", octets)
        status, _, answer = self.post(body, kind)
        return status, etree.fromstring(answer).find(f"{SOAP}Body")[0]

    def call(self, operation, files=(), **arguments):
        """The value that an operation answers."""
        inside = "".join(xml(name, one) for name, one in arguments.items())
        name = f"t:PopfaxService.{operation}"
        status, answer = self.ask(f"<{name}>{inside}</{name}>", files=files)
        assert status == 200, etree.tostring(answer)
        assert answer.tag == f"{{urn:PopfaxService}}PopfaxService.{operation}Response"
        return value(answer[0])

    def send(self, *numbers, files=(), **more):
        """What sendFaxAsynchronous answers."""
        fax = {
            "numbers": list(numbers),
            "dithering": 0,
            "coverpage": 0,
            "content": "",
            "desc": "",
            "pages": 0,
            "app": 0,
        }
        return self.call("sendFaxAsynchronous", files, fax={**fax, **more})

    def fault(self, element, **more):
        """The text of a fault."""
        status, answer = self.ask(element, **more)
        assert (status, answer.tag) == (500, f"{SOAP}Fault")
        assert answer.findtext("faultcode") == "SOAP-ENV:Client"
        return answer.findtext("faultstring")
