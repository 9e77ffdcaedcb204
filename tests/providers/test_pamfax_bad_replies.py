"""Every bad answer has its class, for a submit and for a look, and none is a traceback."""

import contextlib
import gzip
import tracemalloc

import pytest

from mailfax import errors
from mailfax.providers import _port, pamfax
from tests.providers import contract, pamfax_rig, scripted
from tests.providers.pamfax_rig import json_answer, listed

T, P, U = errors.Temporary, errors.Permanent, errors.Unsure
OK = None
"""No error: the answer says something, if little."""


def text(body, **more):
    return scripted.http(body=body, **more)


def xml(code):
    return text(b'<?xml version="1.0"?><FaxJob><result><code>%s</code></result></FaxJob>' % code)


HTML = b"<!DOCTYPE html><html><body><h1>Down for maintenance</h1></body></html>"
SAID = b'{"result":{"code":"success","type":"","count":0,"message":""}}'
GZIP = ["Content-Encoding: gzip"]
DOCTYPE = b'<!DOCTYPE a [<!ENTITY b "c">]><F><result><code>success</code></result></F>'

BAD = {
    # name: (answer, submit, report, inbox, fetch)
    "empty": (text(b""), U, T, T, T),
    "one space": (text(b" "), U, T, T, T),
    "blank lines": (text(b"\r\n\r\n\n"), U, T, T, T),
    "NUL octets": (text(bytes(500)), U, T, T, T),
    "HTML": (text(HTML), U, T, T, T),
    "HTML that holds the success": (text(b"<p>success</p>"), U, T, T, T),
    "PHP warning alone": (text(b"<br />\n<b>Warning</b>: x in y on line 3<br />\n"), U, T, T, T),
    "PHP warning and success": (text(b"<br />\n<b>Warning</b><br />\n" + SAID), U, T, T, T),
    "text": (text(b"success"), U, T, T, T),
    "JSON of something else": (text(b'{"status":"ok"}'), U, T, T, T),
    "JSON list": (text(b"[]"), U, T, T, T),
    "JSON text": (text(b'"success"'), U, T, T, T),
    "JSON null": (text(b"null"), U, T, T, T),
    "result without code": (text(b'{"result":{"type":""}}'), U, T, T, T),
    "result with null": (text(b'{"result":{"code":null}}'), U, T, T, T),
    "result with a list": (text(b'{"result":{"code":["success"]}}'), U, T, T, T),
    "result is a text": (text(b'{"result":"success"}'), U, T, T, T),
    "two answers": (text(SAID + SAID), U, T, T, T),
    "answer and HTML": (text(SAID + HTML), U, T, T, T),
    "answer cut": (text(SAID[:-1]), U, T, T, T),
    "answer cut by its length": (text(SAID)[:-2], U, T, T, T),
    "JSON without end": (text(b'{"result":' * 9999), U, T, T, T),
    "JSON with NaN": (text(SAID[:-1] + b',"x":NaN}'), U, T, T, T),
    "success of another kind": (text(SAID.replace(b"success", b"successful")), U, OK, T, T),
    "XML cut": (text(b"<FaxJob><result><code>success</code></result>"), U, T, T, T),
    "XML without result": (text(b"<FaxJob><code>success</code></FaxJob>"), U, T, T, T),
    "XML with a document type": (text(DOCTYPE), U, T, T, T),
    "XML depth": (text(b"<a>" * 9000 + b"</a>" * 9000), U, T, T, T),
    "UTF-16": (text(SAID.decode().encode("utf-16")), U, T, T, T),
    "UTF-7": (text(b"+AHs-result"), U, T, T, T),
    "EBCDIC": (text(SAID.decode().encode("cp500")), U, T, T, T),
    "broken UTF-8": (text(b"\xff\xfe\xfd{"), U, T, T, T),
    "unknown error": (json_answer("quantum_decoherence"), U, OK, T, T),
    "unknown error in XML": (xml(b"quantum_decoherence"), U, OK, T, T),
    "error without name": (json_answer("unspecified"), U, OK, T, T),
    "server error": (json_answer("500"), U, OK, T, T),
    "number of an error": (json_answer("4008"), U, OK, T, T),
    "error with the password": (json_answer("s3cret&Canary"), U, OK, T, T),
    "no such operation": (json_answer("404"), T, T, T, T),
    "too many requests": (json_answer("too_many_requests"), T, T, T, T),
    "login wrong": (json_answer("user_not_found"), T, T, T, T),
    "login wrong in XML": (xml(b"user_not_found"), T, T, T, T),
    "checksum wrong": (json_answer("403"), T, T, T, T),
    "session ended": (json_answer("session_not_found"), T, T, T, T),
    "credit short": (json_answer("not_enough_credit"), T, T, T, T),
    "deprecated": (json_answer("deprecated"), P, OK, P, P),
    "error of another operation": (json_answer("no_avatar"), P, OK, P, P),
    "invalid number": (json_answer("invalid_fax_number"), P, OK, P, P),
    "gone": (json_answer("fax_not_found"), P, OK, P, P),
    "success alone": (text(SAID), OK, T, T, T),
    "success alone in XML": (xml(b"success"), OK, T, T, T),
    "success with a byte order mark": (text(b"\xef\xbb\xbf" + SAID), OK, T, T, T),
    "success in capitals": (text(SAID.replace(b"success", b"SUCCESS")), OK, T, T, T),
    "success of a login": (pamfax_rig.login(), OK, T, T, T),
    "an empty list": (json_answer(InboxFaxes=listed()), OK, T, OK, T),
    "a list of texts": (json_answer(InboxFaxes=listed("a", "b")), OK, T, T, T),
    "a list of lists": (json_answer(InboxFaxes=listed([1], [2])), OK, T, T, T),
    "a list that is an object": (json_answer(InboxFaxes={"uuid": "u"}), OK, T, T, T),
    "an object that is a list": (json_answer(FaxHistoryModel=listed()), OK, T, T, T),
    "an object that is a text": (json_answer(FaxHistoryModel="success"), OK, T, T, T),
    "a fax without id": (json_answer(FaxHistoryModel={"state": "success"}), OK, T, T, T),
    "one long text": (text(b'{"' + b"x" * 1_900_000), U, T, T, T),
    "numbers without end": (text(b'{"x":[' + b"1," * 900_000), U, T, T, T),
    "answer of 8 MB": (text(b'{"x":"' + b"y" * 8_000_000 + b'"}'), U, T, T, T),
    "compressed": (text(gzip.compress(SAID), headers=GZIP), U, T, T, T),
    "bomb": (text(gzip.compress(bytes(50_000_000)), headers=GZIP), U, T, T, T),
    "unknown coding": (text(SAID, headers=["Content-Encoding: x-own"]), U, T, T, T),
    "no HTTP": (SAID, U, T, T, T),
    "HTTP 201": (scripted.http(201, SAID), U, T, T, T),
    "HTTP 204": (b"HTTP/1.1 204 No Content\r\n\r\n", U, T, T, T),
    "HTTP 301": (scripted.http(301, headers=["Location: https://example.com/"]), U, T, T, T),
    "HTTP 307": (scripted.http(307, headers=["Location: http://127.0.0.1:9/"]), U, T, T, T),
    "HTTP 400": (scripted.http(400, b"Bad Request"), U, T, T, T),
    "HTTP 401": (scripted.http(401, b"Unauthorized"), T, T, T, T),
    "HTTP 403": (scripted.http(403, HTML), T, T, T, T),
    "HTTP 404": (scripted.http(404, HTML), U, T, T, T),
    "HTTP 413": (scripted.http(413, b"Too large"), U, T, T, T),
    "HTTP 429": (scripted.http(429, SAID, headers=["Retry-After: 60"]), T, T, T, T),
    "HTTP 500": (scripted.http(500, SAID), U, T, T, T),
    "HTTP 502 of a proxy": (scripted.http(502, HTML), U, T, T, T),
    "HTTP 503": (scripted.http(503, headers=["Retry-After: 60"]), U, T, T, T),
    "HTTP 504": (scripted.http(504, HTML), U, T, T, T),
    "an error with HTTP 500": (scripted.http(500, json_answer("bad_file")), U, T, T, T),
    "HTTP 999": (scripted.http(999, SAID), U, T, T, T),
    "body without end": (scripted.flood(b"HTTP/1.1 200 OK\r\n\r\n", HTML * 900), U, T, T, T),
    "dropped": (scripted.drop_after_request, U, T, T, T),
    "reset": (scripted.reset_after_request, U, T, T, T),
}  # fmt: skip


@contextlib.contextmanager
def account(*steps):
    with scripted.Server(*steps) as server:
        made = pamfax.connect(pamfax_rig.settings(server.url), 2)
        try:
            yield made
        finally:
            made.close()


def submitting(name):
    return account(*(pamfax_rig.GOOD[one] for one in pamfax_rig.BUILDING), BAD[name][0])


def looking(name):
    return account(pamfax_rig.login(), BAD[name][0])


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_to_send_has_its_class(name):
    expected = BAD[name][1]
    with submitting(name) as made:
        answer = pamfax_rig.submit(made)
    if expected is OK:
        assert answer == pamfax_rig.RECIPIENT
    else:
        assert isinstance(answer, expected)
        assert "s3cret" not in str(answer)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_before_send_never_makes_a_submit_unsure(name):
    for operation in ("Create", "AddFile"):
        at = pamfax_rig.BUILDING.index(f"FaxJob/{operation}")
        good = [pamfax_rig.GOOD[one] for one in pamfax_rig.BUILDING[:at]]
        notes = []
        with account(*good, BAD[name][0]) as made:
            answer = pamfax_rig.submit(made, notes)
        assert isinstance(answer, (errors.Temporary, errors.Permanent))
        assert not notes


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_to_a_look_has_its_class(name):
    looks = (
        lambda made: made.report([pamfax_rig.RECIPIENT]),
        lambda made: made.inbox(None),
        lambda made: made.fetch(contract.inbound()),
    )
    for look, expected in zip(looks, BAD[name][2:], strict=True):
        with looking(name) as made:
            if expected is OK:
                look(made)
            else:
                with pytest.raises(expected) as caught:
                    look(made)
                assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("name", BAD)
def test_no_bad_answer_proves_a_fax_absent(name):
    with looking(name) as made:
        one = contract.transmission(handle=pamfax_rig.HANDLE)
        try:
            found = made.find(one)
        except (errors.Temporary, errors.Permanent):
            return
        assert found is _port.Absent.CANNOT_KNOW


def test_when_to_ask_again_is_handed_on():
    with looking("HTTP 503") as made:
        with pytest.raises(errors.Temporary) as caught:
            made.report([pamfax_rig.RECIPIENT])
        assert caught.value.not_before == 60


@pytest.mark.parametrize("name", BAD)
def test_memory_stays_flat(name):
    with looking(name) as made:
        tracemalloc.start()
        for look in (lambda: made.report([pamfax_rig.RECIPIENT]), lambda: made.inbox(None)):
            with contextlib.suppress(errors.MailfaxError):
                look()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 64 * 2**20
