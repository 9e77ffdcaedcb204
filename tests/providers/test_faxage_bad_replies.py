"""Every bad answer has its class, for a submit and for a look, and none is a traceback."""

import contextlib
import gzip
import tracemalloc

import pytest

from mailfax import errors
from mailfax.providers import _port, faxage
from tests.providers import contract, scripted
from tests.providers.conftest import settings

T, P, U = errors.Temporary, errors.Permanent, errors.Unsure
OK = None
"""No error: the answer says something, if little."""


def text(body, **more):
    return scripted.http(body=body, **more)


STATUS = b"1\t9\tAnn\t3035550123\tsuccess\tok\t2026-11-20 03:00:05\t2026-11-20 03:01:40\t00:01:05"
LIST = b"9\t2026-11-20 02:10:00\t2026-11-20 02:08:50\t(303)555-0199\t(303)555-1212\t2"
GZIP = ["Content-Encoding: gzip"]
HTML = b"<!DOCTYPE html><html><body><h1>Down for maintenance</h1></body></html>"

BAD = {
    # name: (answer, submit, report, inbox, fetch)
    "empty": (text(b""), U, T, T, T),
    "one space": (text(b" "), U, T, T, T),
    "blank lines": (text(b"\r\n\r\n\n"), U, T, T, T),
    "NUL octets": (text(bytes(500)), U, T, T, T),
    "HTML": (text(HTML), U, T, T, T),
    "HTML that holds the success": (text(b"<p>JOBID: 5</p>"), U, T, T, T),
    "HTML that holds an error": (text(b"<p>ERR04: Fax number</p>"), U, T, T, T),
    "PHP warning alone": (text(b"<br />\n<b>Warning</b>: x in y on line 3<br />\n"), U, T, T, T),
    "JSON": (text(b'{"jobid": 5}'), U, T, T, T),
    "XML": (text(b'<?xml version="1.0"?><jobid>5</jobid>'), U, T, T, T),
    "XML bomb": (text(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), U, T, T, T),
    "no id": (text(b"JOBID:"), U, T, T, T),
    "id of letters": (text(b"JOBID: abc"), U, T, T, T),
    "negative id": (text(b"JOBID: -5"), U, T, T, T),
    "id with a fraction": (text(b"JOBID: 5.5"), U, T, T, T),
    "id of Arabic digits": (text("JOBID: ٣".encode()), U, T, T, T),
    "endless id": (text(b"JOBID: " + b"9" * 10_000), U, T, T, T),
    "two ids": (text(b"JOBID: 5\nJOBID: 6\n"), U, T, T, T),
    "id with words": (text(b"JOBID: 5 queued"), U, T, T, T),
    "id in small letters": (text(b"jobid: 5"), U, T, T, T),
    "equals for colon": (text(b"JOBID=5"), U, T, T, T),
    "UTF-16": (text("JOBID: 5".encode("utf-16")), U, T, T, T),
    "UTF-7": (text("JOBID: 5€".encode("utf-7")), U, T, T, T),
    "EBCDIC": (text("JOBID: 5".encode("cp500")), U, T, T, T),
    "broken UTF-8": (text(b"\xff\xfe\xfdJOBID"), U, T, T, T),
    "error without number": (text(b"ERR: something"), U, T, T, T),
    "error with one digit": (text(b"ERR4: Fax number"), U, T, T, T),
    "error with three digits": (text(b"ERR004: Fax number"), U, T, T, T),
    "error in small letters": (text(b"err04: fax number"), U, T, T, T),
    "unknown error": (text(b"ERR77: whatever"), U, T, T, T),
    "error of another operation": (text(b"ERR18: No jobid specified"), U, T, T, T),
    "database down": (text(b"ERR01: Database connection failed"), T, T, T, T),
    "login wrong": (text(b"ERR02: Login incorrect"), T, T, T, T),
    "login wrong after blank lines": (text(b"\r\n  ERR02: Login incorrect"), T, T, T, T),
    "bad POST with its echo": (text(b"ERR08: bad POST\npassword=s3cret&Canary"), P, P, P, P),
    "not recorded properly": (text(b"ERR15: Invalid Job ID"), U, T, T, T),
    "words of another operation": (text(b"Deleted"), U, T, T, T),
    "one digit": (text(b"1"), U, T, T, T),
    "status record": (text(STATUS), U, OK, T, T),
    "status record without its last columns": (text(STATUS[:40]), U, T, T, T),
    "status record with commas": (text(STATUS.replace(b"\t", b",")), U, T, T, T),
    "status word unknown": (text(STATUS.replace(b"success", b"wonderful")), U, T, T, T),
    "status record and HTML": (text(STATUS + b"\n" + HTML), U, OK, T, T),
    "list record": (text(LIST), U, T, OK, T),
    "list record without its last columns": (text(LIST[:40]), U, T, T, T),
    "list record cut in its number": (text(LIST[:-7]), U, T, T, T),
    "list record and an empty line": (text(LIST + b"\n\n"), U, T, OK, T),
    "list without end": (text((LIST + b"\n") * 20_000), U, T, OK, T),
    "one line without end": (text(b"\t" * 8_000_000), U, T, T, T),
    "empty lines without end": (text(b"\n" * 8_000_000), U, T, T, T),
    "short lines without end": (text(b"ab\n" * 200_000), U, T, T, T),
    "compressed": (text(gzip.compress(b"JOBID: 5"), headers=GZIP), U, T, T, T),
    "bomb": (text(gzip.compress(bytes(50_000_000)), headers=GZIP), U, T, T, T),
    "unknown coding": (text(b"JOBID: 5", headers=["Content-Encoding: x-own"]), U, T, T, T),
    "success cut by its length": (text(b"JOBID: 56789")[:-2], U, T, T, T),
    "success that may be cut": (text(b"JOBID: 567", length=False), U, T, T, T),
    "no HTTP": (b"JOBID: 5\n", U, T, T, T),
    "HTTP 201": (scripted.http(201, b"JOBID: 5"), U, T, T, T),
    "HTTP 204": (b"HTTP/1.1 204 No Content\r\n\r\n", U, T, T, T),
    "HTTP 301": (scripted.http(301, headers=["Location: https://example.com/"]), U, T, T, T),
    "HTTP 307": (scripted.http(307, headers=["Location: http://127.0.0.1:9/"]), U, T, T, T),
    "HTTP 400": (scripted.http(400, b"Bad Request"), U, T, T, T),
    "HTTP 401": (scripted.http(401, b"Unauthorized"), U, T, T, T),
    "HTTP 403": (scripted.http(403, HTML), U, T, T, T),
    "HTTP 404": (scripted.http(404, HTML), U, T, T, T),
    "HTTP 413": (scripted.http(413, b"Too large"), U, T, T, T),
    "HTTP 429": (scripted.http(429, b"ERR05: no", headers=["Retry-After: 60"]), T, T, T, T),
    "HTTP 500": (scripted.http(500, b"JOBID: 5"), U, T, T, T),
    "HTTP 502 of a proxy": (scripted.http(502, HTML), U, T, T, T),
    "HTTP 503": (scripted.http(503, headers=["Retry-After: 60"]), U, T, T, T),
    "HTTP 504": (scripted.http(504, HTML), U, T, T, T),
    "an error with HTTP 500": (scripted.http(500, b"ERR05: blocked"), U, T, T, T),
    "HTTP 999": (scripted.http(999, b"JOBID: 5"), U, T, T, T),
    "body without end": (scripted.flood(b"HTTP/1.1 200 OK\r\n\r\n", b"ERR05: " * 9000), U, T, T, T),
    "dropped": (scripted.drop_after_request, U, T, T, T),
    "reset": (scripted.reset_after_request, U, T, T, T),
}  # fmt: skip

GOOD = {
    "as in the manual": b"JOBID: 567",
    "with a line end": b"JOBID: 567\r\n",
    "without a space": b"JOBID:567",
    "with a byte order mark": b"\xef\xbb\xbfJOBID: 567",
    "after a warning": b"<br />\n<b>Warning</b>: x on line 3<br />\nJOBID: 567\n",
}


@contextlib.contextmanager
def account(step):
    with scripted.Server(step) as server:
        made = faxage.connect(settings(server.url), 2)
        try:
            yield made
        finally:
            made.close()


def submit(made):
    one = contract.transmission()
    return made.submit([one], contract.payload(), contract.nothing_to_note)[one.id]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_has_its_class(name):
    answer, submitted, *looked = BAD[name]
    with account(answer) as made:
        assert type(submit(made)) is submitted
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
                assert type(caught.value) is expected
                assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("name", GOOD)
def test_a_success_in_any_dress_is_a_success(name):
    with account(text(GOOD[name])) as made:
        assert submit(made) == "567"


CLEAR = {
    1: (T, "unknown"), 2: (T, "login_failed"), 3: (P, "unsupported_document"),
    4: (P, "bad_number"), 5: (P, "blocked"), 8: (P, "unknown"),
}  # fmt: skip


@pytest.mark.parametrize("number", range(100))
def test_only_the_error_numbers_of_sendfax_are_a_clear_no(number):
    kind, cause = CLEAR.get(number, (U, "unknown"))
    with account(text(b"ERR%02d: words" % number)) as made:
        answer = submit(made)
    assert type(answer) is kind
    assert answer.cause == cause


@pytest.mark.parametrize(
    "name", [name for name in BAD if name not in {"status record", "status record and HTML"}]
)
def test_no_bad_answer_proves_a_fax_absent(name):
    with account(BAD[name][0]) as made:
        try:
            found = made.find(contract.transmission())
        except (errors.Temporary, errors.Permanent):
            return
        assert found is _port.Absent.CANNOT_KNOW


def test_when_to_ask_again_is_handed_on():
    with account(scripted.http(503, headers=["Retry-After: 60"])) as made:
        with pytest.raises(errors.Temporary) as caught:
            made.report(["1"])
        assert caught.value.not_before == 60


@pytest.mark.parametrize("name", BAD)
def test_memory_stays_flat(name):
    with account(BAD[name][0]) as made:
        tracemalloc.start()
        submit(made)
        for look in (lambda: made.report(["1"]), lambda: made.inbox(None)):
            with contextlib.suppress(errors.MailfaxError):
                look()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 64 * 2**20
