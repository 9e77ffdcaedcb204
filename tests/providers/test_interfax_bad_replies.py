"""Every bad answer has its class, for a submit and for a look, and none is a traceback."""

import contextlib
import gzip
import json
import tracemalloc

import pytest

from mailfax import errors
from mailfax.providers import _port
from mailfax.providers.interfax import _codes
from tests.providers import contract, scripted
from tests.providers import interfax_rig as rig

T, P, U = errors.Temporary, errors.Permanent, errors.Unsure
OK = None
"""No error: the answer says something, if little."""

HTML = b"<!DOCTYPE html><html><body><h1>Down for maintenance</h1></body></html>"
GZIP = ["Content-Encoding: gzip"]
SENT = rig.envelope(
    f'<SendfaxEx_2Response xmlns="{rig.DFS}"><SendfaxEx_2Result>567</SendfaxEx_2Result>'
    "</SendfaxEx_2Response>"
)
FAX = "<TransactionID>1</TransactionID><Status>0</Status>"
FAXES = f"<FaxQueryResult><FaxItemEx>{FAX}</FaxItemEx></FaxQueryResult><ResultCode>0</ResultCode>"
LIST = (
    "<GetList2Result><MessageItems><MessageItem2><MessageID>9</MessageID></MessageItem2>"
    "</MessageItems><ResultCode>0</ResultCode><TotalTransactionsNum>1</TotalTransactionsNum>"
    "</GetList2Result>"
)


def text(body, **more):
    return scripted.http(body=body, **more)


def sent(value):
    return rig.result("SendfaxEx_2", value)


def fault(code, status=500):
    inner = f"<soap:Fault><faultcode>{code}</faultcode><faultstring>s3cret&amp;Canary</faultstring>"
    return rig.http(rig.envelope(f"{inner}<detail/></soap:Fault>"), status)


BAD = {
    # name: (answer, submit, report, inbox, fetch)
    "empty": (text(b""), U, T, T, T),
    "one space": (text(b" "), U, T, T, T),
    "NUL octets": (text(bytes(500)), U, T, T, T),
    "HTML": (text(HTML), U, T, T, T),
    "HTML that is XML": (text(b"<html><body>5</body></html>"), U, T, T, T),
    "words": (text(b"567"), U, T, T, T),
    "JSON": (text(b'{"id": 5}'), U, T, T, T),
    "XML bomb": (text(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), U, T, T, T),
    "DTD before the answer": (text(SENT.replace(b"?>", b"?><!DOCTYPE a>")), U, T, T, T),
    "plain typed element": (text(b'<long xmlns="http://www.interfax.cc">5</long>'), U, T, T, T),
    "empty envelope": (rig.http(rig.envelope("")), U, T, T, T),
    "no id": (rig.answer("SendfaxEx_2", ""), U, T, T, T),
    "empty id": (sent(""), U, T, T, T),
    "nil id": (
        rig.answer("SendfaxEx_2", '<SendfaxEx_2Result xsi:nil="true">5</SendfaxEx_2Result>'),
        U, T, T, T,
    ),
    "id of letters": (sent("abc"), U, T, T, T),
    "id 0": (sent(0), U, T, T, T),
    "id with a fraction": (sent("5.5"), U, T, T, T),
    "id with an exponent": (sent("5e3"), U, T, T, T),
    "id with an underscore": (sent("5_0"), U, T, T, T),
    "id of Arabic digits": (sent("٣"), U, T, T, T),
    "endless id": (sent("9" * 10_000), U, T, T, T),
    "two ids": (
        rig.answer("SendfaxEx_2", "<SendfaxEx_2Result>5</SendfaxEx_2Result>" * 2), U, T, T, T,
    ),
    "id with words": (sent("5 queued"), U, T, T, T),
    "id in an element": (sent("<long>5</long>"), U, T, T, T),
    "result of another operation": (rig.result("Sendfax", 5), U, T, T, T),
    "result of another service": (rig.result("SendfaxEx_2", 5, rig.INBOUND), U, T, T, T),
    "result under another name": (rig.answer("SendfaxEx_2", "<Result>5</Result>"), U, T, T, T),
    "the request": (rig.http(rig.envelope(f'<SendfaxEx_2 xmlns="{rig.DFS}"/>')), U, T, T, T),
    "UTF-16": (text(SENT.decode().replace("utf-8", "utf-16").encode("utf-16")), U, T, T, T),
    "UTF-7": (text(SENT.replace(b"utf-8", b"utf-7")), U, T, T, T),
    "EBCDIC": (text(SENT.decode().encode("cp500")), U, T, T, T),
    "broken UTF-8": (text(SENT.replace(b"567", b"\xff\xfe5")), U, T, T, T),
    "control characters": (text(SENT.replace(b"567", b"5\x00")), U, T, T, T),
    "nesting": (text(b"<a>" * 200_000), U, T, T, T),
    "nesting in the result": (sent("<a>" * 3000 + "5" + "</a>" * 3000), U, T, T, T),
    "elements without end": (sent("<a/>" * 300_000), U, T, T, T),
    "unknown code": (sent(-77777), U, T, T, T),
    "code of another service": (sent(-3001), U, T, T, T),
    "wrong login": (sent(-1003), T, T, T, T),
    "internal error": (sent(-150), U, T, T, T),
    "bad number": (sent(-112), P, T, T, T),
    "fault for us": (fault("soap:Client"), P, P, P, P),
    "fault of theirs": (fault("soap:Server"), U, T, T, T),
    "fault with HTTP 200": (fault("soap:Server", 200), U, T, T, T),
    "fault without code": (fault(""), U, T, T, T),
    "list of faxes": (rig.answer("FaxQuery", FAXES), U, OK, T, T),
    "list of faxes, cut": (text(rig.answer("FaxQuery", FAXES)[:-80]), U, T, T, T),
    "list of faxes without code": (
        rig.answer("FaxQuery", FAXES.partition("<ResultCode")[0]), U, T, T, T,
    ),
    "list of faxes without end": (
        rig.answer("FaxQuery", FAXES.replace("<FaxItemEx>", "<FaxItemEx/>" * 9 + "<FaxItemEx>")),
        U, T, T, T,
    ),
    "list of 20 000 faxes": (
        rig.answer("FaxQuery", FAXES.replace("</FaxQueryResult>",
                   f"<FaxItemEx>{FAX}</FaxItemEx>" * 20_000 + "</FaxQueryResult>")),
        U, OK, T, T,
    ),
    "list of received faxes": (rig.answer("GetList2", LIST, rig.INBOUND), U, T, OK, T),
    "list of received faxes without total": (
        rig.answer("GetList2", LIST.replace("TotalT", "T"), rig.INBOUND), U, T, OK, T,
    ),
    "list that is a number": (rig.result("GetList2", 0, rig.INBOUND), U, T, T, T),
    "image without end": (
        rig.result("GetImageChunk", 0, rig.INBOUND, f"<Image>{'SUkq' * 9}</Image>"), U, T, T, T,
    ),
    "compressed": (text(gzip.compress(SENT), headers=GZIP), U, T, T, T),
    "bomb": (text(gzip.compress(bytes(50_000_000)), headers=GZIP), U, T, T, T),
    "success cut by its length": (text(SENT)[:-2], U, T, T, T),
    "success cut without a length": (text(SENT[:-40], length=False), U, T, T, T),
    "no HTTP": (SENT, U, T, T, T),
    "HTTP 201": (scripted.http(201, SENT), U, T, T, T),
    "HTTP 204": (b"HTTP/1.1 204 No Content\r\n\r\n", U, T, T, T),
    "HTTP 301": (scripted.http(301, headers=["Location: https://example.com/"]), U, T, T, T),
    "HTTP 400": (scripted.http(400, b"Bad Request"), U, T, T, T),
    "HTTP 401": (scripted.http(401, b"Unauthorized"), T, T, T, T),
    "HTTP 403": (scripted.http(403, HTML), T, T, T, T),
    "HTTP 404": (scripted.http(404, HTML), U, T, T, T),
    "HTTP 413": (scripted.http(413, b"Too large"), U, T, T, T),
    "HTTP 429": (scripted.http(429, SENT, headers=["Retry-After: 60"]), T, T, T, T),
    "HTTP 500": (scripted.http(500, SENT), U, T, T, T),
    "HTTP 502 of a proxy": (scripted.http(502, HTML), U, T, T, T),
    "HTTP 503": (scripted.http(503, headers=["Retry-After: 60"]), U, T, T, T),
    "HTTP 999": (scripted.http(999, SENT), U, T, T, T),
    "body without end": (
        scripted.flood(b"HTTP/1.1 200 OK\r\n\r\n", b"<a>5</a>" * 9000), U, T, T, T,
    ),
    "dropped": (scripted.drop_after_request, U, T, T, T),
    "reset": (scripted.reset_after_request, U, T, T, T),
}  # fmt: skip


def place(path="/outbound/faxes/567", status=201):
    return scripted.http(status, headers=[f"Location: https://rest.interfax.net{path}"])


def refused(status, code):
    return rig.json(json.dumps({"code": code, "message": "s3cret&Canary"}), status)


BAD_REST = {
    # name: (answer, submit, report, inbox, fetch)
    "empty": (text(b""), U, T, T, T),
    "HTML": (text(HTML), U, T, T, T),
    "JSON cut": (text(b'[{"id": 1, "status": 0'), U, T, T, T),
    "JSON that may be cut": (text(b"[]", length=False), U, T, T, T),
    "JSON of another kind": (text(b'{"id": 1, "status": 0}'), U, T, T, T),
    "JSON of strings": (text(b'["1"]'), U, T, T, T),
    "JSON of nulls": (text(b"[null]"), U, T, T, T),
    "JSON that nests": (text(b"[" * 200_000), U, T, T, T),
    "JSON with NaN": (text(b'[{"id": 1, "status": NaN}]'), U, T, T, T),
    "JSON with yes for a state": (text(b'[{"id": 1, "status": true}]'), U, T, T, T),
    "JSON with an endless number": (text(b"[" + b"9" * 100_000 + b"]"), U, T, T, T),
    "JSON in UTF-16 cut": (text(b"\xff\xfe[\x00]"), U, T, T, T),
    "list of faxes": (text(b'[{"id": 1, "status": 0}]'), U, OK, T, T),
    "list of received faxes": (text(b'[{"messageId": 9}]'), U, T, OK, T),
    "XML": (text(b"<ArrayOfFax/>"), U, T, T, T),
    "created, elsewhere": (place("/outbound/batches/567"), U, T, T, T),
    "created, without place": (scripted.http(201), U, T, T, T),
    "created, without id": (place("/outbound/faxes/"), U, T, T, T),
    "created, id of letters": (place("/outbound/faxes/abc"), U, T, T, T),
    "created, but HTTP 200": (place(status=200), U, T, T, T),
    "compressed": (text(gzip.compress(b"[]"), headers=GZIP), U, T, T, T),
    "cut by its length": (text(b'[{"id": 1, "status": 0}]')[:-2], U, T, T, T),
    "HTTP 204": (b"HTTP/1.1 204 No Content\r\n\r\n", U, T, T, T),
    "HTTP 307": (scripted.http(307, headers=["Location: http://127.0.0.1:9/"]), U, T, T, T),
    "HTTP 400": (scripted.http(400, b"Bad Request"), U, T, T, T),
    "HTTP 400 of a bad number": (refused(400, -112), P, P, T, T),
    "HTTP 400 with an unknown code": (refused(400, -113), U, T, T, T),
    "HTTP 401": (scripted.http(401), T, T, T, T),
    "HTTP 403": (scripted.http(403, HTML), T, T, T, T),
    "HTTP 404": (scripted.http(404), P, P, P, P),
    "HTTP 413": (scripted.http(413), P, P, P, P),
    "HTTP 415": (scripted.http(415), P, P, P, P),
    "HTTP 429": (scripted.http(429, headers=["Retry-After: 60"]), T, T, T, T),
    "HTTP 500": (scripted.http(500), U, T, T, T),
    "HTTP 500 with no credit": (refused(500, -2037), T, T, T, T),
    "HTTP 500 with an unknown code": (refused(500, -113), U, T, T, T),
    "HTTP 503": (scripted.http(503, headers=["Retry-After: 60"]), U, T, T, T),
    "dropped": (scripted.drop_after_request, U, T, T, T),
    "reset": (scripted.reset_after_request, U, T, T, T),
}  # fmt: skip

ALL = [("soap", name) for name in BAD] + [("rest", name) for name in BAD_REST]
EVERY = pytest.mark.parametrize(("transport", "name"), ALL)


def row(transport, name):
    return (BAD if transport == "soap" else BAD_REST)[name]


@contextlib.contextmanager
def account(step, transport="soap"):
    with scripted.Server(step) as server, rig.account(server.url, transport=transport) as made:
        yield made


@EVERY
def test_a_bad_answer_has_its_class(transport, name):
    answer, submitted, *looked = row(transport, name)
    with account(answer, transport) as made:
        refusal = rig.submit()(made)
        assert isinstance(refusal, submitted)
        assert "Canary" not in str(refusal)
        looks = (
            lambda: made.report(["1"]),
            lambda: made.inbox(None),
            lambda: made.fetch(contract.inbound()),
        )
        for look, expected in zip(looks, looked, strict=True):
            if expected is OK:
                assert look()
            else:
                with pytest.raises(expected) as caught:
                    look()
                assert not isinstance(caught.value, errors.Unsure)
                assert "Canary" not in str(caught.value)


GOOD = {
    "as recorded": SENT,
    "without a declaration": SENT.partition(b"?>")[2],
    "with another prefix": SENT.replace(b"soap:", b"S:").replace(b"xmlns:soap", b"xmlns:S"),
    "with a byte order mark": b"\xef\xbb\xbf" + SENT,
    "with blanks around": SENT.replace(b"567", b"\r\n 567 "),
    "with a comment": SENT.replace(b"567", b"<!-- x -->567"),
    "with more behind": SENT.replace(b"</SendfaxEx_2Resp", b"<New>1</New></SendfaxEx_2Resp"),
    "with more before": SENT.replace(b"<SendfaxEx_2Result", b"<New>1</New><SendfaxEx_2Result"),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_success_in_any_dress_is_a_success(name):
    with account(text(GOOD[name])) as made:
        assert rig.submit()(made) == "567"


SURE = {code: meaning for code, meaning in _codes.SENDING.items() if meaning.kind is not U}


@pytest.mark.parametrize("code", [*_codes.SENDING, *_codes.RECEIVING, *_codes.ADMIN, -2, -77777])
def test_only_the_codes_of_the_sending_service_are_a_clear_no(code):
    with account(sent(code)) as made:
        answer = rig.submit()(made)
    if code in SURE:
        assert isinstance(answer, SURE[code].kind)
        assert answer.cause is SURE[code].cause
    else:
        assert isinstance(answer, errors.Unsure)
        assert answer.cause is errors.Cause.UNKNOWN
    assert str(code) in str(answer)


@EVERY
def test_no_bad_answer_proves_a_fax_absent(transport, name):
    with account(row(transport, name)[0], transport) as made:
        try:
            found = made.find(contract.transmission())
        except (errors.Temporary, errors.Permanent):
            return
        assert found is _port.Absent.CANNOT_KNOW


@pytest.mark.parametrize("transport", ["soap", "rest"])
def test_when_to_ask_again_is_handed_on(transport):
    answer = scripted.http(503, headers=["Retry-After: 60"])
    with account(answer, transport) as made:
        with pytest.raises(errors.Temporary) as caught:
            made.report(["1"])
        assert caught.value.not_before == 60


@EVERY
def test_memory_stays_flat(transport, name):
    with account(row(transport, name)[0], transport) as made:
        rig.submit()(made)  # zeep is loaded
        tracemalloc.start()
        rig.submit()(made)
        for look in (lambda: made.report(["1"]), lambda: made.inbox(None)):
            with contextlib.suppress(errors.MailfaxError):
                look()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 64 * 2**20
