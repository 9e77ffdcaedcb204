"""SOAP over our own wire, against servers that say anything."""

import base64
import email
import json
import logging
import subprocess
import sys
import threading
import tracemalloc

import pytest

from mailfax import errors
from mailfax.providers import _http, _soap
from tests.providers import contract, scripted

NAMESPACE = "urn:test"
SECRET = "s3cret"
SCHEMA = """
<xs:schema targetNamespace="urn:test" elementFormDefault="qualified"
    xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="Send"><xs:complexType><xs:sequence>
    <xs:element name="Number" type="xs:string"/>
    <xs:element name="Data" type="xs:base64Binary" minOccurs="0"/>
    <xs:element name="Files" minOccurs="0"><xs:complexType><xs:sequence>
      <xs:element name="File" type="xs:base64Binary" maxOccurs="unbounded"/>
    </xs:sequence></xs:complexType></xs:element>
  </xs:sequence></xs:complexType></xs:element>
  <xs:element name="SendResponse"><xs:complexType><xs:sequence>
    <xs:element name="Id" type="xs:int"/>
    <xs:element name="Words" type="xs:string" minOccurs="0"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>"""
DESCRIPTION = f"""<?xml version="1.0"?>
<wsdl:definitions targetNamespace="urn:test" xmlns:tns="urn:test"
    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/">
  <wsdl:types>{SCHEMA}</wsdl:types>
  <wsdl:message name="In"><wsdl:part name="parameters" element="tns:Send"/></wsdl:message>
  <wsdl:message name="Out"><wsdl:part name="parameters" element="tns:SendResponse"/></wsdl:message>
  <wsdl:portType name="Port"><wsdl:operation name="Send">
    <wsdl:input message="tns:In"/><wsdl:output message="tns:Out"/>
  </wsdl:operation></wsdl:portType>
  %s
  <wsdl:service name="Test">
    <wsdl:port name="Old" binding="tns:Old">
      <address location="http://127.0.0.1:9/" xmlns="http://schemas.xmlsoap.org/wsdl/soap/"/>
    </wsdl:port>
    <wsdl:port name="New" binding="tns:New">
      <address location="http://127.0.0.1:9/" xmlns="http://schemas.xmlsoap.org/wsdl/soap12/"/>
    </wsdl:port>
  </wsdl:service>
</wsdl:definitions>"""
BINDING = """
  <wsdl:binding name="{name}" type="tns:Port" xmlns:s="http://schemas.xmlsoap.org/wsdl/{soap}/">
    <s:binding transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="Send"><s:operation soapAction="urn:test/Send"/>
      <wsdl:input><s:body use="literal"/></wsdl:input>
      <wsdl:output><s:body use="literal"/></wsdl:output>
    </wsdl:operation>
  </wsdl:binding>"""
BINDINGS = BINDING.format(name="Old", soap="soap") + BINDING.format(name="New", soap="soap12")
OLD = "http://schemas.xmlsoap.org/soap/envelope/"
NEW = "http://www.w3.org/2003/05/soap-envelope"


def envelope(inner, soap=OLD, head='<?xml version="1.0" encoding="utf-8"?>'):
    return f'{head}<s:Envelope xmlns:s="{soap}"><s:Body>{inner}</s:Body></s:Envelope>'.encode()


def response(inner="<Id>7</Id>", **more):
    return envelope(f'<SendResponse xmlns="{NAMESPACE}">{inner}</SendResponse>', **more)


GOOD = response()
FAULT = envelope(
    "<s:Fault><faultcode>s:Client</faultcode><faultstring>no s3cret here</faultstring>"
    "<detail><why>because</why></detail></s:Fault>"
)
FAULT_NEW = envelope(
    '<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang="en">no'
    "</s:Text></s:Reason></s:Fault>",
    soap=NEW,
)


def whole(step):
    """Whether this is no body alone."""
    return callable(step) or step.startswith(b"HTTP/1.1 ")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where descriptions lie, with one."""
    (tmp_path / "test.wsdl").write_text(DESCRIPTION % BINDINGS, encoding="utf-8")
    monkeypatch.setattr(_soap, "WSDL", tmp_path)
    return tmp_path


@pytest.fixture
def call(folder):
    """call(step, changes=…): what the service makes of an answer, and the request."""

    def run(*steps, changes=True, port="Old", **arguments):
        given = {"Number": "1"} | arguments
        steps = [step if whole(step) else scripted.http(body=step) for step in steps]
        with scripted.Server(*steps) as server:
            http = _http.Client(server.url, secrets=[SECRET], silence=2)
            try:
                service = _soap.Service(http, "test.wsdl", "/service", port=port)
                return service.call("Send", changes=changes, **given), server.requests
            finally:
                http.close()

    return run


# Asking


def test_a_request_is_an_envelope_with_its_action_and_the_answer_is_read(call):
    answer, requests = call(GOOD, Number="+4930")
    assert answer.Id == 7
    (request,) = requests
    assert (request.method, request.path) == ("POST", "/service")
    assert request.headers["soapaction"] == '"urn:test/Send"'
    assert request.headers["content-type"] == "text/xml; charset=utf-8"
    assert b"+4930</" in request.body


def test_soap_12_is_spoken_through_its_own_port(call):
    answer, requests = call(response(soap=NEW), port="New")
    assert answer.Id == 7
    assert requests[0].headers["content-type"].startswith("application/soap+xml")
    assert NEW.encode() in requests[0].body


def test_the_element_itself_is_answered_when_it_is_asked_for(call):
    answer, _ = call(response("<Strange>1</Strange><Id>٣</Id>"), raw=True)
    assert answer.tag == "{urn:test}SendResponse"
    assert [node.text for node in answer] == ["1", "٣"]


@pytest.mark.parametrize(
    "wrong",
    [{"Colour": "red"}, {"Number": None}, {"Number": "\x00"}, {"Files": 5}],
    ids=str,
)
def test_arguments_that_do_not_fit_are_permanent_and_nothing_is_sent(call, folder, wrong):
    with scripted.Server(scripted.drop) as server:
        http = _http.Client(server.url, secrets=[SECRET], silence=2)
        service = _soap.Service(http, "test.wsdl", "/service", port="Old")
        with pytest.raises(errors.Permanent):
            service.call("Send", changes=True, **{"Number": "1"} | wrong)
        with pytest.raises(errors.Permanent):
            service.call("Unknown", changes=True)
        http.close()
        assert not server.requests


@pytest.mark.parametrize("size", [0, 1, _soap.LARGE - 1, _soap.LARGE, _soap.LARGE + 1, 100_000])
def test_octets_of_any_size_arrive_as_base64(call, size):
    data = bytes(range(256)) * (size // 256 + 1)
    _, requests = call(GOOD, Data=data[:size])
    coded = requests[0].body.partition(b"Data>")[2].partition(b"</")[0]
    assert base64.b64decode(coded, validate=True) == data[:size]


def test_large_octets_deep_in_the_arguments_keep_their_order(call):
    files = [bytes([number]) * 20_000 for number in range(3)]
    _, requests = call(GOOD, Files={"File": files})
    parts = requests[0].body.split(b"File>")[1::2]
    assert [base64.b64decode(part.partition(b"</")[0]) for part in parts] == files


def test_a_document_of_2_mb_needs_less_than_six_times_its_size(call):
    data = bytes(range(250)) * 8_000
    call(GOOD)  # zeep is loaded
    tracemalloc.start()
    call(GOOD, Data=data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * len(data) + 2 * 4 * len(data) / 3  # the server keeps the request, too


def test_attachments_follow_the_envelope(call):
    file = _soap.Attachment(id="file-1", label="image/tiff", data=contract.TIFF, name="fax.tif")
    _, requests = call(GOOD, attachments=[file])
    head = f"Content-Type: {requests[0].headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + requests[0].body)
    root, attached = message.get_payload()
    assert message.get_content_type() == "multipart/related"
    assert message.get_param("type") == "text/xml"
    assert root["content-id"] == message.get_param("start")
    assert root.get_payload(decode=True).startswith(b"<?xml")
    assert attached["content-id"] == "<file-1>"
    assert attached.get_filename() == "fax.tif"
    assert attached.get_payload(decode=True) == contract.TIFF
    assert contract.TIFF[:2].decode() not in repr(file)


def test_octets_that_look_like_mail_arrive_in_an_attachment_as_they_are(call):
    data = b"\r\n--mailfax\r\n\n.\r" + bytes(range(256)) * 600
    _, requests = call(GOOD, attachments=[_soap.Attachment(id="a", label="image/tiff", data=data)])
    boundary = requests[0].headers["content-type"].partition('boundary="')[2][:-1].encode()
    _, _, attached, end = requests[0].body.split(b"--" + boundary)
    head, _, octets = attached.partition(b"\r\n\r\n")
    assert b"Content-Transfer-Encoding: binary" in head
    assert (octets, end) == (data + b"\r\n", b"--\r\n")


def test_several_threads_may_ask_at_once(folder):
    with scripted.Server(scripted.http(body=GOOD)) as server:
        http = _http.Client(server.url, secrets=[], silence=5)
        service = _soap.Service(http, "test.wsdl", "/service", port="Old")
        found = []

        def run():
            found.append(service.call("Send", changes=True, Number="1").Id)

        threads = [threading.Thread(target=run) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        http.close()
    assert found == [7] * 8


# Reading


def test_a_fault_is_told_with_its_code_text_and_detail(call):
    with pytest.raises(_soap.Fault) as caught:
        call(scripted.http(500, FAULT))
    assert caught.value.code == "s:Client"
    assert str(caught.value) == "no *** here"
    assert caught.value.detail[0].text == "because"


def test_a_fault_with_http_200_is_a_fault_too(call):
    with pytest.raises(_soap.Fault):
        call(FAULT)


def test_a_fault_of_soap_12_is_read(call):
    with pytest.raises(_soap.Fault, match=r"^no$") as caught:
        call(scripted.http(500, FAULT_NEW), port="New")
    assert caught.value.code == "s:Sender"


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha" * 50}">' for n in range(10))
BAD = {
    "nothing": b"",
    "blank": b"  \r\n",
    "HTML": b"<!DOCTYPE html><html><body>We are moving</body></html>",
    "HTML that is XML": b"<html><body><SendResponse/></body></html>",
    "JSON": b'{"Id": 7}',
    "octets": bytes(range(256)),
    "cut": GOOD[:-20],
    "cut in the number": GOOD[: GOOD.index(b"7") + 1],
    "two documents": GOOD + GOOD,
    "words behind": GOOD + b"Warning: x",
    "words before": b"Warning: x" + GOOD,
    "wrong nesting": GOOD.replace(b"</Id></SendResponse>", b"</SendResponse></Id>"),
    "DOCTYPE": response(head="<!DOCTYPE a>"),
    "DOCTYPE of a file": response(head='<!DOCTYPE a SYSTEM "file:///etc/passwd">'),
    "DOCTYPE behind a comment": response(head="<!-- <a> --><!DOCTYPE a>"),
    "DOCTYPE in UTF-16": response(head="<!DOCTYPE a>").decode().encode("utf-16"),
    "DOCTYPE in EBCDIC": response(
        head='<?xml version="1.0" encoding="cp037"?><!DOCTYPE a>'
    ).decode().encode("cp037"),
    "DOCTYPE in UTF-7": b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE a>' + GOOD,
    "laughs": response("<Id>&l9;</Id>", head=f"<!DOCTYPE a [{LAUGHS}]>"),
    "laughs in an attribute": response('<Id a="&l9;">7</Id>', head=f"<!DOCTYPE a [{LAUGHS}]>"),
    "entity without DTD": response("<Id>&nbsp;7</Id>"),
    "deep": b"<a>" * 100_000 + b"</a>" * 100_000,
    "deep in an answer": response("<Id>" * 5_000 + "7" + "</Id>" * 5_000),
    "many tags": response("<Id>7</Id>" * 150_000),
    "another operation": envelope(f'<FetchResponse xmlns="{NAMESPACE}"><Id>7</Id></FetchResponse>'),
    "another namespace": envelope('<SendResponse xmlns="urn:x"><Id>7</Id></SendResponse>'),
    "the request": envelope(f'<Send xmlns="{NAMESPACE}"><Number>1</Number></Send>'),
    "empty body": envelope(""),
    "no body": f'<s:Envelope xmlns:s="{OLD}"/>'.encode(),
    "no envelope": f'<SendResponse xmlns="{NAMESPACE}"><Id>7</Id></SendResponse>'.encode(),
    "SOAP 1.2": response(soap=NEW),
    "SOAP 1.2's fault": FAULT_NEW,
    "multipart": b"--x\r\nContent-Type: text/xml\r\n\r\n" + GOOD + b"\r\n--x--\r\n",
}  # fmt: skip
STATUS = {
    "good with HTTP 500": scripted.http(500, GOOD),
    "good with HTTP 404": scripted.http(404, GOOD),
    "HTML with HTTP 500": scripted.http(500, BAD["HTML that is XML"]),
    "HTTP 502": scripted.http(502, b"<html>Bad Gateway</html>"),
    "HTTP 204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP 202 without a word": scripted.http(202),
    "half": scripted.http(body=GOOD)[:-9],
    "cut without a length": scripted.http(body=GOOD[:-20], length=False),
    "no answer": scripted.drop_after_request,
    "too large": scripted.flood(b"HTTP/1.1 200 OK\r\n\r\n", b"<a>" * 30_000),
}


@pytest.mark.parametrize("name", [*BAD, *STATUS])
@pytest.mark.parametrize(("changes", "kind"), [(True, errors.Unsure), (False, errors.Temporary)])
@pytest.mark.parametrize("raw", [False, True])
def test_what_is_no_whole_answer_is_unsure_or_for_now(call, name, changes, kind, raw):
    with pytest.raises(kind) as caught:
        call(BAD.get(name, STATUS.get(name)), changes=changes, raw=raw, limit=2_000_000)
    assert type(caught.value) is kind
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("name", BAD)
def test_memory_stays_flat(call, name):
    call(GOOD)  # zeep is loaded
    tracemalloc.start()
    with pytest.raises(errors.MailfaxError):
        call(BAD[name])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 2**20


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_login_was_not_carried_out(call, status):
    with pytest.raises(errors.Temporary) as caught:
        call(scripted.http(status, b"<html>No</html>"))
    assert caught.value.cause is errors.Cause.LOGIN_FAILED


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "iso-8859-1", "windows-1252"])
def test_the_declared_charset_is_believed(call, charset):
    head = f'<?xml version="1.0" encoding="{charset}"?>'
    said = response("<Id>7</Id><Words>Grüße</Words>", head=head).decode().encode(charset)
    assert call(said)[0].Words == "Grüße"


def test_a_large_text_is_read(call):
    said = response(f"<Id>7</Id><Words>{'x' * 20_000_000}</Words>")
    assert len(call(said)[0].Words) == 20_000_000


def test_the_words_of_an_answer_go_into_no_log_and_no_error(call, caplog):
    caplog.set_level(logging.DEBUG)
    answer, _ = call(response("<Id>canary-1</Id>"))
    assert answer.Id is None
    with pytest.raises(errors.Unsure) as caught:
        call(b"<canary-2>")
    assert "canary" not in caplog.text + str(caught.value)


# Descriptions


def test_a_description_is_never_fetched_from_the_network(folder):
    with scripted.Server(scripted.http(body=SCHEMA.encode())) as server:
        imported = (
            '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
            f'<xs:import namespace="urn:test" schemaLocation="{server.url}/a.xsd"/></xs:schema>'
        )
        text = (DESCRIPTION % BINDINGS).replace(SCHEMA, imported)
        (folder / "far.wsdl").write_text(text, encoding="utf-8")
        http = _http.Client(server.url, secrets=[], silence=2)
        with pytest.raises(errors.Permanent, match="not ours"):
            _soap.Service(http, "far.wsdl", "/", port="Old").call("Send", changes=True, Number="1")
        http.close()
        assert not server.requests


def test_a_description_of_another_folder_is_not_read(folder, tmp_path_factory):
    far = tmp_path_factory.mktemp("far") / "a.xsd"
    far.write_text(SCHEMA, encoding="utf-8")
    imported = (
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
        f'<xs:import namespace="urn:test" schemaLocation="{far}"/></xs:schema>'
    )
    text = (DESCRIPTION % BINDINGS).replace(SCHEMA, imported)
    (folder / "far.wsdl").write_text(text, encoding="utf-8")
    http = _http.Client("http://127.0.0.1:9", secrets=[], silence=2)
    with pytest.raises(errors.Permanent, match="not ours"):
        _soap.Service(http, "far.wsdl", "/", port="Old").call("Send", changes=True, Number="1")
    http.close()


def test_zeep_is_loaded_only_when_somebody_asks():
    code = (
        "import json, sys; from mailfax.providers import _http, _soap;"
        "_soap.Service(None, 'x.wsdl', '/'); print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert not {"zeep", "lxml.etree", "requests"} & set(json.loads(done.stdout))


@pytest.mark.parametrize("path", sorted(_soap.WSDL.glob("*.wsdl")), ids=lambda path: path.stem)
def test_every_description_of_ours_can_be_read(path):
    service = _soap.Service(None, path.name, "/")
    client, port = service._opened
    assert port._binding.all()
    assert client.wsdl.services
