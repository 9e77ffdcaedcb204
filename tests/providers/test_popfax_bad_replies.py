"""Every bad answer has its class, for a submit and for a look, and none is a traceback."""

import contextlib
import gzip
import tracemalloc

import pytest

from mailfax import errors
from mailfax.providers import _port, popfax
from tests.providers import contract, popfax_wire, scripted
from tests.providers.popfax_wire import HEAD, TAIL, answer, encoded, octets, taken, xml

T, P, U = errors.Temporary, errors.Permanent, errors.Unsure
OK = None
"""No error: the answer says something, if little."""

HTML = b"<!DOCTYPE html><html><body><h1>Down for maintenance</h1></body></html>"
GZIP = ["Content-Encoding: gzip"]
GOOD = octets("sendFaxAsynchronous", "registration", [0, 4711])
SOAP_1_2 = b"www.w3.org/2003/05/soap-envelope"
DTD = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;">]>'


def inside(body):
    """An envelope around this."""
    return xml(f"{HEAD}{body}{TAIL}".encode())


def registered(inner):
    """An answer to sendFaxAsynchronous with this in place of its list."""
    call = "PopfaxService.sendFaxAsynchronousResponse"
    return inside(f'<n:{call} xmlns:n="urn:PopfaxService">{inner}</n:{call}>')


def listed(*items):
    inner = "".join(f"<item>{one}</item>" for one in items)
    return registered(f"<registration>{inner}</registration>")


def fault(code, text="words", status=500):
    inner = (
        f"<SOAP-ENV:Fault><faultcode>{code}</faultcode><faultstring>{text}</faultstring>"
        "</SOAP-ENV:Fault>"
    )
    return xml(f"{HEAD}{inner}{TAIL}".encode(), status)


def changed(objects, timestamp=1):
    return answer("getModifiedObjects", "objects", {"timestamp": timestamp, "objects": objects})


BAD = {
    # name: (answer, submit, report, inbox, fetch)
    "empty": (xml(b""), U, T, T, T),
    "one space": (xml(b" "), U, T, T, T),
    "NUL octets": (xml(bytes(500)), U, T, T, T),
    "HTML": (xml(HTML), U, T, T, T),
    "HTML that holds the success": (xml(b"<p>" + GOOD[38:] + b"</p>"), U, T, T, T),
    "PHP warning before the answer": (xml(b"<br />\n<b>Warning</b>: x\n" + GOOD), U, T, T, T),
    "JSON": (xml(b"[0, 4711]"), U, T, T, T),
    "text": (xml(b"4711"), U, T, T, T),
    "other XML": (xml(b"<registration><item>0</item><item>5</item></registration>"), U, T, T, T),
    "cut XML": (xml(GOOD[:-30]), U, T, T, T),
    "XML cut in its number": (xml(GOOD[: GOOD.index(b"4711") + 2]), U, T, T, T),
    "two documents": (xml(GOOD + GOOD), U, T, T, T),
    "entities": (xml(DTD + GOOD[38:].replace(b"4711", b"&d;")), U, T, T, T),
    "a document type": (xml(DTD + GOOD[38:]), U, T, T, T),
    "EBCDIC": (xml(GOOD.decode().encode("cp500")), U, T, T, T),
    "broken UTF-8": (xml(GOOD.replace(b"4711", b"\xff\xfe")), U, T, T, T),
    "deep XML": (xml(b"<a>" * 100_000), U, T, T, T),
    "envelope without body": (xml(HEAD[:-15].encode() + b"</SOAP-ENV:Envelope>"), U, T, T, T),
    "empty body": (inside(""), U, T, T, T),
    "SOAP 1.2": (
        xml(GOOD.replace(b"schemas.xmlsoap.org/soap/envelope/", SOAP_1_2)), U, T, T, T,
    ),
    "answer without list": (registered(""), U, T, T, T),
    "nil": (registered('<registration xsi:nil="true"/>'), U, T, T, T),
    "nil with a length": (
        registered('<registration xsi:nil="1" SOAP-ENC:arrayType="xsd:int[0]"/>'), U, T, T, T,
    ),
    "empty list": (taken(), U, OK, T, T),
    "empty element": (registered("<registration/>"), U, OK, T, T),
    "one unknown code": (taken(7), U, T, T, T),
    "three ints": (taken(0, 4711, 5), U, T, T, T),
    "a thousand ints": (taken(*range(1000)), U, T, T, T),
    "registration 0": (taken(0, 0), U, T, T, T),
    "negative registration": (taken(0, -5), U, T, T, T),
    "registration of letters": (listed("0", "abc"), U, T, T, T),
    "registration with a fraction": (listed("0", "5.5"), U, T, T, T),
    "registration of Arabic digits": (listed("0", "٣"), U, T, T, T),
    "registration with an underscore": (listed("0", "4_711"), U, T, T, T),
    "endless registration": (listed("0", "9" * 10_000), U, T, T, T),
    "nil registration": (registered(
        '<registration><item>0</item><item xsi:nil="true"/></registration>'
    ), U, T, T, T),
    "registration in a struct": (listed("0", "<id>4711</id>"), U, T, T, T),
    "a string for the list": (registered(encoded("registration", "4711")), U, T, T, T),
    "an int for the list": (registered(encoded("registration", 4711)), U, T, T, T),
    "a struct for the list": (registered(encoded("registration", {"id": 5})), U, T, T, T),
    "login refused as a code": (taken(107), T, T, T, T),
    "no credit as a code": (taken(104), T, T, T, T),
    "bad list as a code": (taken(101), P, T, T, T),
    "mail accepted as a code": (taken(109), U, T, T, T),
    "general failure as a code": (taken(110), T, T, T, T),
    "status of nothing": (answer("asynchronInfoRange", "data", []), U, OK, T, T),
    "status record": (popfax_wire.standing((4711, 815, 1)), U, T, T, T),
    "status record without its object": (
        answer("asynchronInfoRange", "data", [{"id": 4711, "status": 1}]), U, T, T, T,
    ),
    "status record of words": (
        answer("asynchronInfoRange", "data", [{"id": "a", "object": "b", "status": "c"}]),
        U, T, T, T,
    ),
    "changes": (changed([]), U, T, OK, T),
    "changes without their time": (
        answer("getModifiedObjects", "objects", {"objects": []}), U, T, T, T,
    ),
    "changes of nothing": (answer("getModifiedObjects", "objects", None), U, T, T, T),
    "changes of words": (changed([{"object": "a", "type": "b", "action": "c"}]), U, T, T, T),
    "changes without end": (
        changed([{"object": n, "type": 5, "action": 1} for n in range(5_000)]), U, T, OK, T,
    ),
    "a file": (answer("downloadFile", "file", "SUkqAAgAAAA" + "A" * 201), U, T, T, OK),
    "a file that is none": (answer("downloadFile", "file", "not base64!"), U, T, T, T),
    "fault of the server": (fault("SOAP-ENV:Server"), U, T, T, T),
    "fault of the client": (fault("SOAP-ENV:Client", "s3cret&amp;Canary"), U, T, T, T),
    "fault of understanding": (fault("SOAP-ENV:MustUnderstand"), P, P, P, P),
    "fault of the version": (fault("SOAP-ENV:VersionMismatch"), P, P, P, P),
    "fault with HTTP 200": (fault("Server", status=200), U, T, T, T),
    "fault without a word": (inside("<SOAP-ENV:Fault/>"), U, T, T, T),
    "multipart": (
        scripted.http(body=b"--x\r\nContent-Type: text/xml\r\n\r\n" + GOOD + b"\r\n--x--\r\n"),
        U, T, T, T,
    ),
    "compressed": (scripted.http(body=gzip.compress(GOOD), headers=GZIP), U, T, T, T),
    "bomb": (scripted.http(body=gzip.compress(bytes(50_000_000)), headers=GZIP), U, T, T, T),
    "success cut by its length": (xml(GOOD)[:-9], U, T, T, T),
    "no HTTP": (GOOD, U, T, T, T),
    "HTTP 201": (xml(GOOD, 201), U, T, T, T),
    "HTTP 202 and nothing": (xml(b"", 202), U, T, T, T),
    "HTTP 204": (b"HTTP/1.1 204 No Content\r\n\r\n", U, T, T, T),
    "HTTP 301": (scripted.http(301, headers=["Location: https://example.com/"]), U, T, T, T),
    "HTTP 307": (scripted.http(307, headers=["Location: http://127.0.0.1:9/"]), U, T, T, T),
    "HTTP 400": (scripted.http(400, b"Bad Request"), U, T, T, T),
    "HTTP 401": (scripted.http(401, b"Unauthorized"), T, T, T, T),
    "HTTP 403": (scripted.http(403, HTML), T, T, T, T),
    "HTTP 404": (scripted.http(404, HTML), U, T, T, T),
    "HTTP 413": (scripted.http(413, b"Too large"), U, T, T, T),
    "HTTP 429": (scripted.http(429, headers=["Retry-After: 60"]), T, T, T, T),
    "HTTP 500 with a success": (xml(GOOD, 500), U, T, T, T),
    "HTTP 502 of a proxy": (scripted.http(502, HTML), U, T, T, T),
    "HTTP 503": (scripted.http(503, headers=["Retry-After: 60"]), U, T, T, T),
    "HTTP 504": (scripted.http(504, HTML), U, T, T, T),
    "HTTP 999": (xml(GOOD, 999), U, T, T, T),
    "body without end": (scripted.flood(b"HTTP/1.1 200 OK\r\n\r\n", GOOD * 200), U, T, T, T),
    "dropped": (scripted.drop_after_request, U, T, T, T),
    "reset": (scripted.reset_after_request, U, T, T, T),
}  # fmt: skip

SUCCESS = {
    "as NuSOAP writes it": GOOD,
    "in another namespace": octets(
        "sendFaxAsynchronous", "registration", [0, 4711], namespace="http://api3.popfax.com/soap"
    ),
    "with its part called otherwise": octets("sendFaxAsynchronous", "return", [0, 4711]),
    "with 109 before it": octets("sendFaxAsynchronous", "registration", [109, 4711]),
    "with nil before it": octets("sendFaxAsynchronous", "registration", [0, 4711]).replace(
        b">0<", b"> 0 <"
    ),
    "as PHP writes it": GOOD.replace(b'SOAP-ENC:Array"', b'ns1:ArrayOfInteger"'),
    "without types": GOOD.replace(b' xsi:type="xsd:int"', b"").replace(
        b' xsi:type="SOAP-ENC:Array" SOAP-ENC:arrayType="tns:Any[2]"', b""
    ),
    "with wrong types": GOOD.replace(b"xsd:int", b"xsd:string"),
    "with other names of items": GOOD.replace(b"item", b"SOAP-ENC:int"),
    "after a comment": GOOD.replace(b"<ns1", b"<!-- served by 7 --><ns1", 1),
    "indented": GOOD.replace(b"><", b">\n  <"),
}


@contextlib.contextmanager
def account(step):
    with scripted.Server(step) as server:
        made = popfax.connect(popfax_wire.settings(server.url), 2)
        try:
            yield made
        finally:
            made.close()


def submit(made):
    one = contract.transmission(number="33123456789")
    return made.submit([one], contract.payload(), contract.nothing_to_note)[one.id]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_has_its_class(name):
    step, submitted, *looked = BAD[name]
    with account(step) as made:
        said = submit(made)
        assert type(said) is submitted
        assert "s3cret" not in str(said)
        looks = (
            lambda: made.report(["4711"]),
            lambda: made.inbox(None),
            lambda: made.fetch(contract.inbound()),
        )
        for look, expected in zip(looks, looked, strict=True):
            if expected is OK:
                look()
            else:
                with pytest.raises(expected) as caught:
                    look()
                assert isinstance(caught.value, expected)
                assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("name", SUCCESS)
def test_a_success_in_any_dress_is_a_success(name):
    with account(xml(SUCCESS[name])) as made:
        assert submit(made) == "4711"


@pytest.mark.parametrize("name", BAD)
def test_no_bad_answer_proves_a_fax_absent_or_found(name):
    with scripted.Server(BAD[name][0]) as server:
        made = popfax.connect(popfax_wire.settings(server.url) | {"match": "yes"}, 2)
        try:
            found = made.find(contract.transmission(number="33123456789"))
        except (errors.Temporary, errors.Permanent):
            return
        finally:
            made.close()
        assert found is _port.Absent.CANNOT_KNOW


def test_when_to_ask_again_is_handed_on():
    with account(scripted.http(503, headers=["Retry-After: 60"])) as made:
        with pytest.raises(errors.Temporary) as caught:
            made.report(["4711"])
        assert caught.value.not_before == 60


@pytest.mark.parametrize("name", ["deep XML", "changes without end", "body without end", "bomb"])
def test_memory_stays_flat(name):
    with account(BAD[name][0]) as made:
        tracemalloc.start()
        submit(made)
        for look in (lambda: made.report(["4711"]), lambda: made.inbox(None)):
            with contextlib.suppress(errors.MailfaxError):
                look()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 64 * 2**20
