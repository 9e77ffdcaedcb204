"""Toy InterFAX accounts, and the service's answers as octets."""

import contextlib
import urllib.parse

from lxml import etree

from mailfax.providers import interfax
from tests.providers import contract, scripted

DFS, INBOUND, ADMIN = (
    "http://www.interfax.cc",
    "http://www.interfax.net",
    "http://interfax.net/Admin",
)
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def settings(url):
    return {
        "url": url, "rest_url": url, "username": "ann", "password": contract.Contract.secret,
    }  # fmt: skip


def envelope(inner):
    """A SOAP answer as recorded: prefix soap, payload in a default namespace."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><soap:Envelope '
        f'xmlns:soap="{SOAP}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body>{inner}</soap:Body>'
        "</soap:Envelope>"
    ).encode()


def answer(operation, inner, namespace=DFS):
    """The octets of an operation's HTTP answer."""
    return http(envelope(f'<{operation}Response xmlns="{namespace}">{inner}</{operation}Response>'))


def result(operation, value, namespace=DFS, more=""):
    """An answer that is one value."""
    return answer(operation, f"<{operation}Result>{value}</{operation}Result>{more}", namespace)


def http(body, status=200, headers=()):
    return scripted.http(status, body, headers=headers)


def json(text, status=200, headers=()):
    return scripted.http(status, text.encode(), headers=headers)


def created(place, status=201):
    return scripted.http(status, headers=[f"Location: https://rest.interfax.net{place}"])


def fields(request):
    """The parameters of a SOAP request, nested ones by their path."""
    call = etree.fromstring(request.body).find(f"{{{SOAP}}}Body/*")
    found = {}

    def collect(node, path):
        for child in node:
            name = f"{path}{etree.QName(child).localname}"
            if len(child):
                collect(child, f"{name}.")
            else:
                found[name] = child.text or ""

    collect(call, "")
    return found


def query(request):
    """The query of a REST request."""
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(request.path).query))


def operation(request):
    call = etree.fromstring(request.body).find(f"{{{SOAP}}}Body/*")
    return etree.QName(call).localname


@contextlib.contextmanager
def account(url, **more):
    made = interfax.connect(settings(url) | more, 2)
    try:
        yield made
    finally:
        made.close()


def ask(steps, use, **more):
    """`use` an account against a server that plays `steps`; its result, its requests."""
    with scripted.Server(*steps) as server, account(server.url, **more) as made:
        return use(made), server.requests


def submit(transmission=None, document=None):
    """What submits one transmission and returns its answer."""
    one = transmission or contract.transmission()

    def use(made):
        given = document or contract.payload()
        return made.submit([one], given, contract.nothing_to_note)[one.id]

    return use
