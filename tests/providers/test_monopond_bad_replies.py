"""Every bad answer has its class, for a submit and for a look, and none is a traceback."""

import contextlib
import gzip
import tracemalloc

import pytest

from mailfax import errors
from mailfax.providers import _port
from mailfax.providers.monopond import _replies
from tests.providers import contract, monopond_wire, scripted
from tests.providers.monopond_wire import (
    NS,
    account,
    answer,
    body,
    envelope,
    fault,
    message,
    messages,
    result,
    taken,
    told,
)

T, P, U = errors.Temporary, errors.Permanent, errors.Unsure
LOGIN, BROKEN, BROKEN_U = (
    _replies.LoginRefused,
    _replies.InternalServer,
    _replies.InternalServerUnsure,
)
OK = None
"""No error: the answer says something, if little."""

REFERENCE = "mailfax-20261120-1000/t-1/t-1"
SENT = body("SendFax", messages(message()))
STATUS = body("FaxStatus", messages(message("t-1", "done", result())))
GZIP = ["Content-Encoding: gzip"]
HTML = b"<!DOCTYPE html><html><body><h1>Down for maintenance</h1></body></html>"
XHTML = b"<html><body>Down for maintenance</body></html>"
BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
XXE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'


def text(octets, **more):
    return scripted.http(body=octets, **more)


def nested(depth):
    return envelope("<a>" * depth + "</a>" * depth)


BAD = {
    # name: (answer, submit, report)
    "empty": (text(b""), U, T),
    "one space": (text(b" "), U, T),
    "NUL octets": (text(bytes(500)), U, T),
    "HTML": (text(HTML), U, T),
    "HTML that is XML": (text(XHTML), U, T),
    "JSON": (text(b'{"FaxMessages": []}'), U, T),
    "words": (text(b"OK"), U, T),
    "other XML": (text(b"<FaxMessages/>"), U, T),
    "envelope of SOAP 1.2": (
        text(SENT.replace(monopond_wire.SOAP.encode(), b"http://www.w3.org/2003/05/soap-envelope")),
        U, T,
    ),
    "envelope of no namespace": (text(b"<Envelope><Body><a/></Body></Envelope>"), U, T),
    "no body": (text(f'<s:Envelope xmlns:s="{monopond_wire.SOAP}"/>'.encode()), U, T),
    "empty body": (text(envelope("")), U, T),
    "words in the body": (text(envelope("taken")), U, T),
    "another element": (text(envelope("<x/>")), U, T),
    "our own request": (text(envelope(f'<n:SendFaxRequest xmlns:n="{NS}"/>')), U, T),
    "answer of another operation": (answer("StopFax", messages(message())), U, T),
    "answer of another version": (
        answer("SendFax", messages(message()), monopond_wire.OLD_NS), U, T,
    ),
    "answer of no namespace": (text(envelope("<SendFaxResponse/>")), U, T),
    "answer in small letters": (text(SENT.replace(b"SendFaxResponse", b"sendfaxresponse")), U, T),
    "answer of SendFax": (taken("t-1"), OK, T),
    "answer of FaxStatus": (told(message("t-1", "done", result())), U, OK),
    "answer that names nobody": (answer("SendFax"), U, T),
    "answer that names another": (taken("t-2"), U, T),
    "answer with an empty reference": (taken(""), U, T),
    "message in a namespace": (
        text(SENT.replace(b"<FaxMessages>", b'<FaxMessages xmlns="urn:x">')), OK, T,
    ),
    "cut by its length": (text(SENT)[:-20], U, T),
    "cut without a length": (text(SENT[:-20], length=False), U, T),
    "cut in a tag": (text(SENT[:-90], length=False), U, T),
    "without end tags": (text(SENT.replace(b"</FaxMessages>", b"")), U, T),
    "two documents": (text(SENT + SENT), U, T),
    "broken UTF-8": (text(SENT.replace(b"pending", b"\xff\xfe")), U, T),
    "UTF-7": (text(b'<?xml version="1.0" encoding="UTF-7"?>' + SENT), U, T),
    "UTF-16": (text(SENT.decode().encode("utf-16")), U, T),
    "EBCDIC": (text(SENT.decode().encode("cp500")), U, T),
    "unknown encoding": (text(b'<?xml version="1.0" encoding="x-own"?>' + SENT), U, T),
    "DTD": (text(b"<!DOCTYPE a>" + SENT), U, T),
    "entity bomb": (text(BOMB + SENT.replace(b"pending", b"&c;")), U, T),
    "entity of a file": (text(XXE + SENT.replace(b"pending", b"&b;")), U, T),
    "undeclared entity": (text(SENT.replace(b"pending", b"&nbsp;")), U, T),
    "nested deep": (text(nested(5_000)), U, T),
    "nested without end": (text(nested(200_000)), U, T),
    "elements without end": (text(envelope("<a/>" * 1_500_000)), U, T),
    "one attribute without end": (text(envelope(f'<a b="{"x" * 8_000_000}"/>')), U, T),
    "compressed": (text(gzip.compress(SENT), headers=GZIP), U, T),
    "bomb": (text(gzip.compress(bytes(50_000_000)), headers=GZIP), U, T),
    "multipart": (text(b"--a\r\n\r\n" + SENT + b"\r\n--a--"), U, T),
    "no HTTP": (SENT, U, T),
    "fault without a reason": (fault(), U, LOGIN),
    "fault of the client": (fault(code="soap:Client"), LOGIN, LOGIN),
    "fault about the version": (fault(code="soap:VersionMismatch"), LOGIN, LOGIN),
    "fault about security": (fault(words="A security error was encountered"), LOGIN, LOGIN),
    "fault without a code": (text(envelope("<soap:Fault/>")), U, LOGIN),
    "fault with an unknown reason": (fault("SurpriseException"), U, T),
    "fault of another operation": (fault("UnknownHostException"), U, T),
    "fault of a document, to a question": (
        fault("DocumentContentTypeNotFoundException"),
        _replies.DocumentContentTypeNotFound, T,
    ),
    "fault about the arguments": (
        fault("InvalidArgumentsException"), _replies.InvalidArguments, OK,
    ),
    "fault of the server": (fault("InternalServerException"), BROKEN_U, BROKEN),
    "fault that is HTTP 200": (fault("InternalServerException", status=200), BROKEN_U, BROKEN),
    "fault with our password": (
        fault("InternalServerException", "s3cret&amp;Canary"), BROKEN_U, BROKEN,
    ),
    "fault that is cut": (fault("InvalidArgumentsException")[:-30], U, T),
    "fault in HTML": (scripted.http(500, b"<html><faultcode>x</faultcode></html>"), U, T),
    "HTTP 201": (scripted.http(201, SENT), U, T),
    "HTTP 202": (scripted.http(202), U, T),
    "HTTP 204": (b"HTTP/1.1 204 No Content\r\n\r\n", U, T),
    "HTTP 301": (scripted.http(301, headers=["Location: https://example.com/"]), U, T),
    "HTTP 307": (scripted.http(307, headers=["Location: http://127.0.0.1:9/"]), U, T),
    "HTTP 400": (scripted.http(400, b"Bad Request"), U, T),
    "HTTP 401": (scripted.http(401, b"Unauthorized"), T, T),
    "HTTP 403": (scripted.http(403, HTML), T, T),
    "HTTP 404": (scripted.http(404, HTML), U, T),
    "HTTP 413": (scripted.http(413, b"Too large"), U, T),
    "HTTP 429": (scripted.http(429, headers=["Retry-After: 60"]), T, T),
    "HTTP 500": (scripted.http(500), U, T),
    "HTTP 500 with the answer": (scripted.http(500, SENT), U, T),
    "HTTP 502 of a proxy": (scripted.http(502, HTML), U, T),
    "HTTP 503": (scripted.http(503, headers=["Retry-After: 60"]), U, T),
    "HTTP 504": (scripted.http(504, XHTML), U, T),
    "HTTP 999": (scripted.http(999, SENT), U, T),
    "body without end": (scripted.flood(b"HTTP/1.1 200 OK\r\n\r\n", b"<a>" * 20_000), U, T),
    "dropped": (scripted.drop_after_request, U, T),
    "reset": (scripted.reset_after_request, U, T),
}  # fmt: skip

GOOD = {
    "as the service writes it": SENT,
    "with an XML declaration": b'<?xml version="1.0" encoding="UTF-8"?>\n' + SENT,
    "with a byte order mark": b"\xef\xbb\xbf" + SENT,
    "with blanks and comments": SENT.replace(b"><", b">\n  <!-- x --><"),
    "with other prefixes": SENT.replace(b"soap:", b"S:").replace(b":soap", b":S"),
    "with more attributes": SENT.replace(b"<FaxMessage ", b'<FaxMessage new="1" '),
    "with more elements": SENT.replace(b"</FaxMessages>", b"<New/></FaxMessages><New/>"),
    "with a status that is new": SENT.replace(b"pending", b"pondering"),
}


def submit(made):
    one = contract.transmission()
    return made.submit([one], contract.payload(), contract.nothing_to_note)[one.id]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_has_its_class(name):
    step, submitted, looked = BAD[name]
    with account(step) as (made, _):
        said = submit(made)
        assert said == REFERENCE if submitted is OK else type(said) is submitted
        if looked is OK:
            assert isinstance(made.report([REFERENCE]), dict)
            return
        with pytest.raises(looked) as caught:
            made.report([REFERENCE])
        assert type(caught.value) is looked
        assert "s3cret" not in f"{caught.value} {said}"


@pytest.mark.parametrize("name", GOOD)
def test_a_success_in_any_dress_is_a_success(name):
    with account(text(GOOD[name])) as (made, _):
        assert submit(made) == REFERENCE


@pytest.mark.parametrize("name", BAD)
def test_no_bad_answer_proves_a_fax_absent(name):
    with account(BAD[name][0]) as (made, _):
        try:
            found = made.find(contract.transmission())
        except (errors.Temporary, errors.Permanent):
            return
        assert found in {_port.Absent.CANNOT_KNOW, REFERENCE}


@pytest.mark.parametrize("name", BAD)
def test_no_bad_answer_calls_a_fax_back(name):
    with account(BAD[name][0]) as (made, _):
        with contextlib.suppress(errors.MailfaxError):
            assert made.cancel(REFERENCE) is False


def test_when_to_ask_again_is_handed_on():
    with account(scripted.http(503, headers=["Retry-After: 60"])) as (made, _):
        with pytest.raises(errors.Temporary) as caught:
            made.report([REFERENCE])
        assert caught.value.not_before == 60


@pytest.mark.parametrize("name", BAD)
def test_memory_stays_flat(name):
    with account(BAD[name][0]) as (made, _):
        tracemalloc.start()
        submit(made)
        with contextlib.suppress(errors.MailfaxError):
            made.report([REFERENCE])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 64 * 2**20


def test_no_bad_answer_is_written_to_a_log(caplog):
    broken = STATUS.replace(b'attempt="1"', b'attempt="s3cret"')
    with account(text(broken)) as (made, _):
        assert made.report([REFERENCE])
    assert "s3cret" not in caplog.text
