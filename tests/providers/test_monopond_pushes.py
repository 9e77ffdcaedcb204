"""What Monopond posts to us: results as a hint, received faxes with their pages."""

import contextlib
import datetime
import json
import ssl

import hypothesis
import pytest
import trustme
from hypothesis import strategies as st

from mailfax import errors
from mailfax.providers import _port, monopond
from mailfax.providers.monopond import _pushes
from tests.providers import contract, scripted
from tests.providers.monopond_wire import settings

SECRET = "9f8e7d6c"
RESULT = b"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<FaxMessages>
  <FaxMessage status="done" sendTo="61011111111" broadcastRef="test-1" sendRef="test-1-1"
      messageRef="test-1-1-1">
    <FaxResults>
      <FaxResult dateCallEnded="2012-08-02T13:27:18+08:00"
          dateCallStarted="2012-08-02T13:26:51+08:00"
          scheduledStartTime="2012-08-02T13:26:49.299+08:00" totalFaxDuration="27" pages="1"
          cost="0.15" result="success" attempt="1"/>
    </FaxResults>
  </FaxMessage>
</FaxMessages>
"""
"""Facts section 8.1."""
FAX = {
    "messageRef": "0987665543", "faxNumber": "61861112222", "status": "RELAYED", "pages": 2,
    "tsi": "tsi1234", "cli": "61290001234", "dateReceived": "2019-05-15 13:27:55",
}  # fmt: skip
"""Facts section 8.2, with numbers that are numbers."""


YOUNG, OLD = datetime.timedelta(hours=5), datetime.timedelta(hours=7)


def connected(url="https://example.com", **more):
    made = monopond.connect(settings(url) | {"push": SECRET} | more, 2)
    return contextlib.closing(made)


def receive(body, url="https://example.com", age=YOUNG, **more):
    with connected(url, **more) as made:
        return made.receive(_port.Push(headers={}, body=body, age=age))


def fax(numbers="", **more):
    """The received fax that a push tells of."""
    ((found, document),) = receive(json.dumps(FAX | more).encode(), numbers=numbers).received
    assert document is None
    return found


# Who may post


@pytest.mark.parametrize(
    "path", ["", "/", "/push/main", "/push/main/9f8e7d6", f"/{SECRET}/x", "/push/é", f"/?{SECRET}"]
)
def test_a_push_without_the_secret_path_is_refused(path):
    with connected() as made, pytest.raises(errors.Permanent, match="secret"):
        made.prove(path)


@pytest.mark.parametrize("path", ["/push/main/", "/", ""])
def test_without_a_secret_nobody_gets_in(path):
    with connected(push="") as made, pytest.raises(errors.Permanent, match="secret"):
        made.prove(path)


@pytest.mark.parametrize("path", [f"/push/main/{SECRET}", f"/push/main/{SECRET}/?x=1"])
def test_a_path_that_ends_in_the_secret_is_let_in_and_a_query_does_no_harm(path):
    with connected() as made:
        made.prove(path)


# Results


def test_a_result_is_a_hint_to_look_at_the_fax():
    pushed = receive(RESULT)
    assert pushed.references == ("test-1/test-1-1/test-1-1-1",)
    assert pushed.received == ()


def test_many_results_are_many_hints_and_one_without_reference_is_none():
    body = (
        b'<FaxMessages><FaxMessage messageRef="a"/><FaxMessage sendRef="b"/><Other messageRef="c"/>'
        b'<FaxMessage messageRef="d" sendRef="e"/></FaxMessages>'
    )
    assert receive(body).references == ("//a", "/e/d")


@pytest.mark.parametrize(
    "body",
    [
        b"<", b"<FaxMessages>", b"<html/>", RESULT[:-20], RESULT + b"<a/>",
        b"<!DOCTYPE FaxMessages><FaxMessages/>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><FaxMessages><FaxMessage messageRef="&b;"/></FaxMessages>',
    ],
)  # fmt: skip
def test_other_xml_is_refused(body):
    with pytest.raises(errors.Permanent):
        receive(body)


# Received faxes


def test_a_received_fax_is_told_with_all_its_facts():
    found = fax()
    assert (found.reference, found.account) == ("0987665543", "")
    assert (found.did, found.caller) == ("+61861112222", "+61290001234")
    assert (found.tsid, found.pages) == ("tsi1234", 2)
    assert found.received_at == datetime.datetime(2019, 5, 15, 13, 27, 55, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("numbers", "told", "did", "caller"),
    [
        ("", "61861112222", "+61861112222", ""),
        ("+61861112222", "61861112222", "+61861112222", ""),
        ("+61861112222 +61861113333", "+61861113333", "+61861113333", ""),
        ("+61861112222", "61290001234", "+61861112222", "+61290001234"),
        ("+61861112222 +61861113333", "61290001234", "", "+61290001234"),
        ("+61861112222 +61861113333", ["61290001234", "61861113333"], "+61861113333", ""),
        ("", ["61861112222"], "+61861112222", ""),
        ("", [], "", ""),
        ("", None, "", ""),
        ("", "12345677", "12345677", ""),
        ("+61861112222", None, "+61861112222", ""),
    ],
)
def test_the_number_that_may_mean_either_side_is_ours_or_the_callers(numbers, told, did, caller):
    found = fax(numbers, faxNumber=told, cli="")
    assert (found.did, found.caller) == (did, caller)


def test_who_calls_is_told_by_the_network_before_anything_else():
    assert fax("+61861112222", faxNumber="61290009999").caller == "+61290001234"
    assert fax(cli="Anonymous\r\nBcc: x").caller == "Anonymous Bcc: x"


def test_a_reference_that_is_a_number_is_the_same_reference():
    assert fax(messageRef=987665543).reference == "987665543"


@pytest.mark.parametrize("value", ["", None, True, [], {}, "\n", 1.5])
def test_a_push_without_a_reference_tells_of_no_fax(value):
    with pytest.raises(errors.Permanent):
        fax(messageRef=value)


@pytest.mark.parametrize("date", ["", None, 5, "2019-05-15T13:27:55Z", "0000-00-00 00:00:00"])
def test_a_fax_with_an_unreadable_date_is_not_lost(date):
    assert fax(dateReceived=date).received_at == _pushes.UNKNOWN_TIME


@pytest.mark.parametrize("pages", [None, "2", -1, 1.5, True, 10**9])
def test_pages_that_are_no_count_are_unknown(pages):
    assert fax(pages=pages).pages is None


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"x", b'{"messageRef": "1"', b"[" * 200_000, b"\xff{}",
             b'{"messageRef": ' + b"9" * 9999 + b"}"],
)  # fmt: skip
def test_anything_else_is_refused(body):
    with pytest.raises(errors.Permanent):
        receive(body)


@hypothesis.given(
    st.dictionaries(
        st.sampled_from([*FAX]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=4,
        ),
    )
)
def test_no_push_breaks_the_reader(said):
    try:
        arrival = _pushes.arrival(json.dumps(said).encode(), ["+61861112222"])
    except errors.Permanent:
        return
    shown = f"{arrival.fax.reference}{arrival.fax.did}{arrival.fax.caller}{arrival.fax.tsid}"
    assert shown.isprintable()
    assert arrival.fax.reference


@hypothesis.given(st.binary())
def test_no_octets_break_the_reader(body):
    try:
        receive(body)
    except errors.Permanent:
        return


# Their documents


def document(link, step, **more):
    """What is fetched from a link at the server that plays `step`."""
    with scripted.Server(step) as server:
        body = json.dumps(FAX | {"tiffDocumentUrl": link.format(url=server.url)}).encode()
        pushed = receive(body, url=f"{server.url}/fax/soap", **more)
        return pushed.received[0][1], server.requests


@pytest.mark.parametrize(
    ("data", "kind"),
    [(contract.TIFF, "tiff"), (b"MM\x00*" + bytes(99), "tiff"), (b"%PDF-1.4" + bytes(99), "pdf")],
)
def test_a_received_fax_comes_with_its_pages(data, kind):
    fetched, requests = document(
        "{url}/f/4c19?Expires=1&Signature=a~b_%2F", scripted.http(body=data)
    )
    assert (fetched.kind, fetched.data) == (kind, data)
    assert requests[0].method == "GET"
    assert requests[0].path == "/f/4c19?Expires=1&Signature=a~b_%2F"
    assert "authorization" not in requests[0].headers
    assert contract.Contract.secret not in str(requests[0].headers)


@pytest.mark.parametrize(("status", "age"), [(403, OLD), (404, OLD), (410, YOUNG), (410, OLD)])
def test_a_fax_whose_link_has_died_comes_without_its_pages(status, age):
    assert document("{url}/f", scripted.http(status, b"<Error/>"), age=age)[0] is None


@pytest.mark.parametrize("status", [403, 404])
def test_a_link_that_leads_nowhere_soon_after_its_push_may_do_so_later(status):
    with pytest.raises(errors.Temporary):
        document("{url}/f", scripted.http(status, b"<Error/>"), age=YOUNG)


@pytest.mark.parametrize(
    "step",
    [scripted.http(500), scripted.http(503), scripted.http(302, headers=["Location: /x"]),
     scripted.http(), scripted.http(body=b"<html>" + bytes(99)), scripted.http(body=b"II*\x00"),
     scripted.http(body=contract.TIFF)[:-9], scripted.drop_after_request, scripted.http(429),
     scripted.http(206, contract.TIFF)],
)  # fmt: skip
def test_pages_that_cannot_be_had_now_leave_the_push_to_be_brought_again(step):
    with pytest.raises(errors.Temporary):
        document("{url}/f", step)


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/f", "https://notmonopond.com/f", "https://monopond.com.evil.example/",
        "https://monopond.com:8443/f", "https://user@evil.example/f", "https://127.0.0.1/f",
        "http://127.0.0.1:9/f", "https://[::1]/f", "file:///etc/passwd", "ftp://monopond.com/f",
        "//monopond.com/f", "monopond.com", "https://", "https://[", "https://monopond.com:x/",
        "https://mono\npond.com/", "https://monopond.com/a b", "https://monopond.com/" + "x" * 9000,
        "https://cloudfront.net@evil.example/", "https://evil.example#cloudfront.net",
        "https://evil.example\\.cloudfront.net/",
    ],
)  # fmt: skip
def test_a_link_to_a_host_that_is_not_named_is_not_followed(link):
    with scripted.Server(scripted.drop) as server:
        made = monopond.connect(settings(server.url), 2)
        with pytest.raises(errors.Temporary) as caught:
            made._links.fetch(link, YOUNG)
        made.close()
    assert not server.requests
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["http", "https", "HTTPS"])
@pytest.mark.parametrize("host", ["cloudfront.net", "D111.cloudfront.net", "files.monopond.com"])
def test_a_named_host_is_only_asked_in_secret(scheme, host):
    made = monopond.connect(settings("https://example.com"))
    place = made._links._place(f"{scheme}://{host}//f?x=1#y")
    assert place == (f"https://{host.lower()}", "/f?x=1")
    made.close()


def test_a_link_at_a_named_host_is_fetched_over_tls(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with scripted.Server(scripted.http(body=contract.TIFF), tls=context) as server:
        body = json.dumps(FAX | {"tiffDocumentUrl": f"{server.url}/f"}).encode()
        pushed = receive(body, url=server.url, ca=str(tmp_path / "ca.pem"))
    assert pushed.received[0][1].kind == "tiff"


def test_the_hosts_are_a_setting():
    made = monopond.connect(settings("https://example.com") | {"links": "Store.example"})
    assert made._links._place("https://a.store.example/f") == ("https://a.store.example", "/f")
    with pytest.raises(errors.Temporary, match="links"):
        made._links._place("https://d111.cloudfront.net/f")
    made.close()
