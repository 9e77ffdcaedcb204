"""The Monopond twin speaks SOAP as manuals and public clients do (facts file, sections 1 to 7)."""

import httpx
import pytest
from lxml import etree

from tests.providers import exchanges
from tests.sandbox import monopond_soap as soap

NEWER = b'<E:Envelope xmlns:E="http://www.w3.org/2003/05/soap-envelope"/>'
TYPE = (
    "http://docs.oasis-open.org/wss/2004/01/"
    "oasis-200401-wss-username-token-profile-1.0#PasswordText"
)
REFERENCE = "<SendRef>s-1</SendRef>"


@pytest.fixture
def hold(control):
    control("POST", "/clock", {"hold": True})
    return lambda seconds: control("POST", "/clock", {"advance": seconds})


# What other clients send


def test_children_come_in_any_order_and_a_number_may_have_blanks(sandbox, faxes):
    messages = (
        "<FaxMessage><Retries>0</Retries><SendTo> 61255500123</SendTo><Documents><Document>"
        f"<FileData>{soap.TEXT}</FileData><FileName>a.txt</FileName></Document></Documents>"
        "<MessageRef>m-1</MessageRef></FaxMessage>"
    )
    inner = f"<FaxMessages>{messages}</FaxMessages><BroadcastRef>b</BroadcastRef><SendRef/>"
    (sent,) = soap.call(sandbox, "SendFax", inner).findall("FaxMessages/FaxMessage")
    assert dict(sent.attrib) == {
        "messageRef": "m-1", "broadcastRef": "b", "sendTo": "61255500123", "status": "pending"
    }  # fmt: skip
    assert faxes()[0]["number"] == "+61255500123"
    assert faxes()[0]["reference"] == "m-1"


def test_prefixes_types_and_declarations_do_not_matter(sandbox):
    data = (
        '<?xml version="1.0" encoding="ISO-8859-1"?><!-- from a stub -->'
        f'<E:Envelope xmlns:E="{soap.SOAP}"><E:Header>{{}}</E:Header>'
        f'<b:Body xmlns:b="{soap.SOAP}"><FaxStatusRequest xmlns="{soap.namespace()}" '
        'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="apiFaxStatusRequest">'
        '<SendRef xmlns="">\xfc</SendRef></FaxStatusRequest></b:Body></E:Envelope>'
    )
    security = soap.SECURITY.format("demo", "demo").replace("soapenv:", "E:")
    with pytest.raises(soap.Refused) as refused:
        soap.read(soap.post(sandbox, data.format(security).encode("latin-1")))
    assert refused.value.name == "NoMessagesFoundException"


@pytest.mark.parametrize(
    "token",
    [
        "<w:Password>demo</w:Password><w:Username>demo</w:Username>",
        f'<w:Username>demo</w:Username><w:Password Type="{TYPE}">demo</w:Password>',
    ],
)
@pytest.mark.parametrize("times", [1, 3])
def test_every_public_client_s_login_is_known(sandbox, token, times):
    one = f'<w:Security xmlns:w="{soap.WSSE}"><w:UsernameToken>{token}</w:UsernameToken>'
    header = f"{one}</w:Security>" * times
    data = soap.envelope("SendFax", soap.request(), header=header)
    assert soap.read(soap.post(sandbox, data)).find("FaxMessages") is not None


@pytest.mark.parametrize("login", [("demo", "wrong"), ("wrong", "demo"), ("", "")])
def test_a_wrong_login_is_a_fault_without_detail(sandbox, faxes, login):
    header = soap.SECURITY.format(*login)
    data = soap.envelope("SendFax", soap.request(), header=header)
    with pytest.raises(soap.Refused) as refused:
        soap.read(soap.post(sandbox, data))
    assert refused.value == soap.Refused(
        "ns1:FailedAuthentication",
        "The security token could not be authenticated or authorized", "", None,
    )  # fmt: skip
    assert faxes() == []


@pytest.mark.parametrize("header", ["", "<Security/>", f'<w:Security xmlns:w="{soap.WSSE}"/>'])
def test_no_login_is_told_apart_from_a_wrong_one(sandbox, header):
    with pytest.raises(soap.Refused) as refused:
        soap.read(soap.post(sandbox, soap.envelope("FaxStatus", REFERENCE, header=header)))
    assert refused.value.code == "ns1:InvalidSecurity"


# What is no request


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "soap:Client"),
        (b"SendFax", "soap:Client"),
        (b"<a>", "soap:Client"),
        (bytes(range(256)), "soap:Client"),
        (b"<a/>", "soap:VersionMismatch"),
        (NEWER, "soap:VersionMismatch"),
        (b'<?xml version="1.0" encoding="x-none"?><a/>', "soap:Client"),
        (b'<?xml version="1.0" encoding="utf-16"?><a/>', "soap:Client"),
        (f'<E:Envelope xmlns:E="{soap.SOAP}"><E:Body/></E:Envelope>'.encode(), "soap:Client"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "soap:Client"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "soap:Client"),
    ],
)  # fmt: skip
def test_what_is_no_envelope_is_a_fault_of_the_client(sandbox, data, code):
    with pytest.raises(soap.Refused) as refused:
        soap.read(soap.post(sandbox, data))
    assert (refused.value.code, refused.value.name) == (code, "")


def test_entities_are_never_resolved(sandbox):
    bomb = '<!DOCTYPE a [<!ENTITY a "aaaaaaaa">' + "".join(
        f'<!ENTITY {x}{x} "{"&" + x + ";" + "&" + x + ";"}">' for x in "abcdefgh"
    )
    data = bomb + "]>" + soap.envelope("FaxStatus", "<SendRef>&aa;</SendRef>")
    with pytest.raises(soap.Refused, match="DTD"):
        soap.read(soap.post(sandbox, data))


@pytest.mark.parametrize(
    ("version", "operation"), [("2", "SaveFaxDocument"), ("2.1", "ListFaxes"), ("2.2", "SendFax")]
)
def test_an_operation_that_is_not_of_this_version_is_not_recognised(sandbox, version, operation):
    data = soap.envelope(operation, version=version)
    path = "/fax/soap/v2" if version == "2" else "/fax/soap/v2.1"
    with pytest.raises(soap.Refused, match="was not recognized"):
        soap.read(soap.post(sandbox, data, path))


@pytest.mark.parametrize("name", ["v2:SendFax", "v2:SendFaxResponse", "SendFaxRequest"])
def test_an_element_that_is_no_request_or_in_no_namespace_is_not_recognised(sandbox, faxes, name):
    data = soap.envelope("SendFax", soap.request()).replace("v2:SendFaxRequest", name)
    with pytest.raises(soap.Refused, match="was not recognized"):
        soap.read(soap.post(sandbox, data))
    assert faxes() == []


@pytest.mark.parametrize(
    ("operation", "inner", "name"),
    [
        ("FaxStatus", "<v2:SendRef>s-1</v2:SendRef>", "SendRef"),
        ("FaxStatus", "<sendRef>s-1</sendRef>", "sendRef"),
        ("SendFax", soap.request(soap.message(more="<Subject>x</Subject>")), "Subject"),
        ("SendFax", "<FaxMessages><v2:FaxMessage/></FaxMessages>", "FaxMessage"),
    ],
)
def test_a_child_that_is_unknown_or_in_a_namespace_is_not_passed_over(
    sandbox, faxes, operation, inner, name
):
    with pytest.raises(soap.Refused, match=f'local:"{name}"') as refused:
        soap.call(sandbox, operation, inner)
    assert refused.value.code == "soap:Client"
    assert faxes() == []


@pytest.mark.parametrize("name", ["MustBeSentBeforeDate", "MaxFaxPages", "CLI", "TimeZone"])
def test_what_came_with_the_newer_version_is_unknown_in_the_older(sandbox, name):
    with pytest.raises(soap.Refused, match=name):
        soap.send(sandbox, more=f"<{name}/>", version="2")
    assert soap.send(sandbox, more=f"<{name}/>").find("FaxMessages") is not None


def test_announced_references_are_understood(sandbox):
    soap.send(sandbox, soap.message("m-1") + soap.message("m-2") + soap.message("m-3"))
    several = "<MessageRefs><MessageRef>m-1</MessageRef><MessageRef>m-3</MessageRef></MessageRefs>"
    found = soap.status(sandbox, "send", several)
    assert [x.get("messageRef") for x in found.iter("FaxMessage")] == ["m-1", "m-3"]


def test_answers_have_the_namespace_of_their_version(sandbox):
    for version in ("2", "2.1"):
        sent = soap.send(sandbox, version=version)
        assert etree.QName(sent).namespace == soap.namespace(version)
        with pytest.raises(soap.Refused):
            soap.status(sandbox, ref="", version=version)
    assert (
        soap.namespace("2") + '"'
        in soap.post(sandbox, soap.envelope("FaxStatus", version="2"), "/fax/soap/v2").text
    )


def test_both_versions_are_one_account_and_so_is_the_newer_address(sandbox):
    soap.send(sandbox, version="2")
    data = soap.envelope("FaxStatus", REFERENCE)
    assert soap.read(soap.post(sandbox, data, "/api/fax/v2.1")).find("FaxStatusTotals") is not None


def test_faults_answer_with_500_in_xml(sandbox):
    reply = soap.post(sandbox, soap.envelope("FaxStatus", REFERENCE))
    assert reply.status_code == 500
    assert reply.headers["content-type"] == "text/xml;charset=UTF-8"
    assert reply.text.endswith(
        '<detail><ns2:NoMessagesFoundException xmlns:ns2="https://api.monopond.com/fax/soap/v2.1">'
        "<message>no messages were found for these references</message>"
        "</ns2:NoMessagesFoundException></detail></soap:Fault></soap:Body></soap:Envelope>"
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/fax/soap/v2.1", 405),
        ("PUT", "/fax/soap/v2.1?wsdl", 405),
        ("POST", "/fax/soap/v2.2", 404),
        ("GET", "/", 404),
        ("HEAD", "/fax/soap/v2?wsdl", 200),
    ],
)
def test_other_methods_and_paths_are_refused(sandbox, method, path, status):
    reply = httpx.request(method, sandbox.urls["monopond"] + path, trust_env=False)
    assert reply.status_code == status


# The sandbox around it


def test_a_fault_on_submit_strikes_a_send_and_nothing_else(sandbox, control, faxes):
    arm = {"provider": "monopond", "fault": "drop-after-accept"}
    assert control("POST", "/faults", arm)[0] == 200
    with pytest.raises(soap.Refused, match="no messages"):
        soap.status(sandbox)
    with pytest.raises(httpx.RemoteProtocolError):
        soap.send(sandbox)
    assert len(faxes()) == 1
    assert soap.status(sandbox).find("FaxMessages/FaxMessage").get("sendRef") == "s-1"


def test_its_numbers_login_and_paths_stand_in_the_directory(control):
    listed = control("GET", "/")[1]
    assert listed["dids"]["monopond"] == ["+61255500100", "+61255500101"]
    assert listed["credentials"]["monopond"] == {"username": "demo", "password": "demo"}
    assert {"/fax/soap/v2", "/fax/soap/v2.1"} <= set(listed["paths"]["monopond"])


def test_a_reset_forgets_messages_and_documents(sandbox, control):
    saved = (
        f"<DocumentRef>d</DocumentRef><FileName>a.txt</FileName><FileData>{soap.TEXT}</FileData>"
    )
    soap.call(sandbox, "SaveFaxDocument", saved)
    soap.send(sandbox)
    control("DELETE", "/")
    with pytest.raises(soap.Refused, match="no messages"):
        soap.status(sandbox)
    soap.call(sandbox, "SaveFaxDocument", saved)


# The recorded exchanges, which the client is tested with too

FRESH = {"savefaxdocument", "sendfax", "sendfax-docmerge", "sendfax-v2"}
"""Exchanges whose reply is that of an account where nothing happened yet."""
EXPECTED = {"DocumentRefDoesNotExistException", "NoMessagesFoundException"}
"""Faults that such an account answers others with."""


def canonical(data):
    parser = etree.XMLParser(remove_blank_text=True)
    return etree.tostring(etree.fromstring(data, parser), method="c14n")


@pytest.mark.parametrize("exchange", exchanges.of("monopond"), ids=lambda exchange: exchange.name)
def test_a_recorded_request_is_understood_and_answered_as_recorded(sandbox, hold, exchange):
    reply = soap.post(sandbox, exchange.form, exchange.path)
    if exchange.name in FRESH:
        assert canonical(reply.content) == canonical(exchange.body)
    try:
        assert etree.QName(soap.read(reply)).localname == f"{exchange.operation}Response"
    except soap.Refused as fault:
        assert fault.name in EXPECTED or "CLI: is not enabled" in fault.text
