"""The InterFAX twin speaks .asmx as recordings and ASP.NET do (facts file, sections 0 and 4)."""

import shutil
import subprocess

import httpx
import pytest
from lxml import etree

from tests.sandbox import interfax_line
from tests.sandbox.interfax_line import LOGIN, SOAP12, SPACES, b64, envelope


@pytest.fixture
def line(sandbox):
    made = interfax_line.Line(sandbox)
    yield made
    made.close()


TEXT = {"FilesData": b64(b"hello"), "FileTypes": "TXT", "FileSizes": "5"}
TO = {**LOGIN, "FaxNumbers": "+13035550123", **TEXT}


# Envelopes


def test_the_response_is_written_as_recorded(line):
    reply = line.post("dfs", "IsSupportedFileType", envelope("dfs", "IsSupportedFileType", {}))
    assert reply.headers["content-type"] == "text/xml; charset=utf-8"
    text = reply.text
    assert text.startswith('<?xml version="1.0" encoding="utf-8"?><soap:Envelope ')
    for prefix, space in [("xsi", "-instance"), ("xsd", "")]:
        assert f'xmlns:{prefix}="http://www.w3.org/2001/XMLSchema{space}"' in text
    assert text.endswith(
        '<soap:Body><IsSupportedFileTypeResponse xmlns="http://www.interfax.cc">'
        "<IsSupportedFileTypeResult>false</IsSupportedFileTypeResult>"
        "</IsSupportedFileTypeResponse></soap:Body></soap:Envelope>"
    )


def test_soap_12_is_answered_in_soap_12(line):
    body = envelope("dfs", "SendfaxEx_2", TO, SOAP12)
    kind = f'application/soap+xml; charset=utf-8; action="{SPACES["dfs"]}/SendfaxEx_2"'
    for given in (kind, "application/soap+xml"):
        reply = line.web.post("/dfs.asmx", content=body, headers={"Content-Type": given})
        assert reply.headers["content-type"] == "application/soap+xml; charset=utf-8"
        assert etree.fromstring(reply.content).tag == f"{{{SOAP12}}}Envelope"
        assert int(etree.fromstring(reply.content)[0][0][0].text) > 0


def test_order_is_free_elements_may_be_missing_and_unknown_ones_are_passed_over(line, faxes):
    key = line.soap("dfs", "SendfaxEx_2", **dict(reversed(TO.items())), Colour="blue")
    assert faxes()[0]["reference"] == key["SendfaxEx_2Result"]


def test_credentials_as_attributes_count_as_absent(line):
    space = SPACES["dfs"]
    body = envelope("dfs", "SendfaxEx_2", TEXT).replace(
        f'xmlns="{space}"'.encode(), f'xmlns="{space}" Username="demo" Password="demo"'.encode()
    )
    reply = line.post("dfs", "SendfaxEx_2", body)
    assert "<SendfaxEx_2Result>-1003</SendfaxEx_2Result>" in reply.text


def test_elements_of_another_namespace_are_unknown(line):
    body = envelope("dfs", "SendfaxEx_2", TO).replace(b"<Username>", b'<Username xmlns="">')
    assert "-1003" in line.post("dfs", "SendfaxEx_2", body).text


@pytest.mark.parametrize("word", ["0", "1", "true", "false", " true "])
def test_booleans_have_all_of_xml_schema_s_spellings(line, word):
    fine = line.item(line.send(IsHighResolution=word))["PageResolution"]
    assert fine == ("Fine" if word.strip() in {"1", "true"} else "Standard")


def test_base64_may_contain_line_breaks(line, faxes, tiff):
    page = tiff(2)
    coded = "\r\n".join(b64(page)[at : at + 20] for at in range(0, len(b64(page)), 20))
    line.send(FilesData=coded, FileTypes="TIF", FileSizes=len(page))
    document = httpx.get(faxes()[0]["document"], trust_env=False)
    assert document.content == page


def test_a_control_character_in_a_received_name_does_not_break_the_answer(line, sandbox, tiff):
    sandbox.exchange.ring("interfax", "+12125550100", "", "A\x00\x1b\ud800B", tiff())
    reply = line.inbound("GetList", LType="NewMessages", MaxItems=1)
    assert reply["objMessageItem"]["MessageItem"]["RemoteCSID"] == "AB"


# Faults: only for what is no message of the service


BROKEN = {
    "not XML": (b"hello", "Client"),
    "nothing": (b"", "Client"),
    "cut off": (envelope("dfs", "SendfaxEx_2", TO)[:-9], "Client"),
    "no envelope": (b"<a/>", "Client"),
    "no body": (b'<e:Envelope xmlns:e="%s"/>' % interfax_line.SOAP11.encode(), "Client"),
    "the other SOAP": (envelope("dfs", "SendfaxEx_2", TO, SOAP12), "VersionMismatch"),
    "a DTD": (b"<!DOCTYPE e>" + envelope("dfs", "SendfaxEx_2", TO).partition(b"?>")[2], "Client"),
    "a word for a number": (
        envelope("dfs", "SendfaxEx_2", {"RetriesToPerform": "x"} | TO),
        "Client",
    ),
    "an empty number": (envelope("dfs", "SendfaxEx_2", {"RetriesToPerform": ""} | TO), "Client"),
    "a capital True": (envelope("dfs", "SendfaxEx_2", {"IsHighResolution": "True"} | TO), "Client"),
    "no time": (envelope("dfs", "SendfaxEx_2", {"Postpone": "tomorrow"} | TO), "Client"),
    "no base64": (envelope("dfs", "SendfaxEx_2", TO | {"FilesData": "a?"}), "Client"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_message_that_cannot_be_read_is_a_fault_and_faxes_nothing(line, name, faxes):
    body, code = BROKEN[name]
    reply = line.post("dfs", "SendfaxEx_2", body)
    assert reply.status_code == 500
    fault = etree.fromstring(reply.content).find(f".//{{{interfax_line.SOAP11}}}Fault")
    assert fault.findtext("faultcode") == f"soap:{code}"
    assert fault.findtext("faultstring")
    assert faxes() == []


def test_entities_are_never_expanded_nor_files_read(line):
    body = envelope("dfs", "SendfaxEx_2", TO).partition(b"?>")[2]
    attack = b'<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + body.replace(
        b"<Username>demo", b"<Username>&x;"
    )
    reply = line.post("dfs", "SendfaxEx_2", attack)
    assert reply.status_code == 500
    assert "root" not in reply.text


def test_a_fault_of_soap_12(line):
    reply = line.web.post(
        "/dfs.asmx", content=b"<a/>", headers={"Content-Type": "application/soap+xml"}
    )
    assert reply.status_code == 500
    root = etree.fromstring(reply.content)
    assert root.findtext(f".//{{{SOAP12}}}Value") == "soap:Sender"


@pytest.mark.parametrize("action", ["", '""', "x", '"http://www.interfax.cc/Sendfax"'])
def test_the_action_must_name_the_operation(line, action):
    reply = line.post("dfs", "", envelope("dfs", "SendfaxEx_2", TO), SOAPAction=action)
    assert reply.status_code == 500
    assert "soap:Client" in reply.text


def test_an_action_without_quotes_is_understood(line):
    action = f"{SPACES['dfs']}/SendfaxEx_2"
    reply = line.post("dfs", "", envelope("dfs", "SendfaxEx_2", TO), SOAPAction=action)
    assert reply.status_code == 200


def test_an_unknown_operation_is_a_fault(line):
    reply = line.post("dfs", "FaxQuery3", envelope("dfs", "FaxQuery3", LOGIN))
    assert reply.status_code == 500
    assert "FaxQuery3" in reply.text


def test_another_media_type_is_no_soap(line):
    reply = line.post("dfs", "FaxQuery", b"{}", Content_Type="application/json")
    assert reply.status_code == 500
    assert "Request format is invalid" in reply.text


# Plain HTTP


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_simple_operations_have_plain_http_forms(line, faxes, method):
    fields = {**LOGIN, "FaxNumber": "+13035550123", "Data": "hello", "FileType": "TXT"}
    given = {"params": fields} if method == "GET" else {"data": fields}
    reply = line.web.request(method, "/dfs.asmx/SendCharFax", auth=None, **given)
    assert reply.headers["content-type"] == "text/xml; charset=utf-8"
    root = etree.fromstring(reply.content)
    assert root.tag == "{http://www.interfax.cc}long"
    assert root.text == faxes()[0]["reference"]


def test_each_sort_of_plain_answer_has_its_type_s_name(line):
    def ask(operation, **fields):
        reply = line.web.get(f"/dfs.asmx/{operation}", params={**LOGIN, **fields})
        return etree.QName(etree.fromstring(reply.content)).localname

    assert ask("CancelFax", TransactionID="1") == "int"
    assert ask("GetSupportedFileTypes") == "string"
    assert ask("IsSupportedFileType", FileType="PDF") == "boolean"


@pytest.mark.parametrize(
    "path", ["dfs.asmx/FaxStatus", "dfs.asmx/FaxQuery2", "dfs.asmx/GetFaxImage",
             "dfs.asmx/StartFileUpload", "inbound.asmx/GetList", "dfs.asmx/Nothing"],
)  # fmt: skip
def test_other_operations_have_none(line, path):
    assert line.web.get(f"/{path}", params=LOGIN).status_code == 500


def test_a_plain_form_that_cannot_be_read_is_an_error(line):
    reply = line.web.get("/dfs.asmx/CancelFax", params={**LOGIN, "TransactionID": "x"})
    assert reply.status_code == 500


# The served descriptions, and zeep by itself


@pytest.mark.parametrize("service", ["dfs", "inbound", "admin"])
@pytest.mark.parametrize("query", ["WSDL", "wsdl"])
def test_the_description_names_this_very_port(line, service, query):
    reply = line.web.get(f"/{service}.asmx?{query}", auth=None)
    assert reply.headers["content-type"] == "text/xml; charset=utf-8"
    locations = etree.fromstring(reply.content).xpath("//@location")
    assert set(locations) == {f"{line.url}/{service}.asmx"}
    assert len(locations) >= 2


def test_without_a_query_a_page_lists_the_operations(line):
    assert "<li>SendfaxEx_2</li>" in line.web.get("/dfs.asmx").text


@pytest.mark.parametrize("service", ["dfs", "inbound", "admin"])
def test_each_described_operation_is_there_and_no_other(line, service):
    client, _ = line.zeep(service)
    described = {
        name
        for port in client.wsdl.services.popitem()[1].ports.values()
        for name in port.binding.all()
    }
    listed = line.web.get(f"/{service}.asmx").text
    assert described == set(listed.replace("</li>", "<li>").split("<li>")[1::2])


@pytest.mark.parametrize("port", ["InterFaxSoap", "InterFaxSoap12"])
def test_zeep_sends_and_follows(line, port, tiff, wait):
    _, service = line.zeep("dfs", port)
    page = tiff(2)
    key = service.SendfaxEx_2(
        "demo", "demo", "+13035550123", "Ann", page, "TIF", str(len(page)),
        "2001-01-01T00:00:00", 0, "csid", "N", "job-1", "subject", "a@example.com", "A4",
        "Portrait", True, False,
    )  # fmt: skip

    def sent():
        reply = service.FaxStatusEx("demo", "demo", 999999999, 10, 0, 0, 0)
        (item,) = reply["FaxStatusExResult"]["FaxItemEx"]
        return item if item["Status"] >= 0 else None

    item = wait(sent)
    assert (item["TransactionID"], item["Status"], item["PagesSent"]) == (key, 0, 2)
    assert item["JobID"] == "job-1"
    reply = service.GetFaxImage("demo", "demo", key, None)
    assert (reply["GetFaxImageResult"], reply["Image"]) == (0, page)


@pytest.mark.parametrize("port", ["InboundSoap", "InboundSoap12"])
def test_zeep_fetches(line, port, sandbox, tiff):
    _, service = line.zeep("inbound", port)
    fax = sandbox.exchange.ring("interfax", "+12125550100", "+12025550199", "ACME", tiff(2))
    reply = service.GetList("demo", "demo", "NewMessages", 10, {"MessageItem": []})
    assert reply["GetListResult"] == 0
    (item,) = reply["objMessageItem"]["MessageItem"]
    chunk = service.GetImageChunk("demo", "demo", item["MessageID"], True, 100_000, 0, None)
    assert chunk["Image"] == fax.data
    assert service.GetList("demo", "demo", "NewMessages", 10, None)["objMessageItem"] is None
    form = {"TransactionID": 0, "OnlyNewMessages": False}
    found = service.GetList2("demo", "demo", form, {"MaxChunkSize": 10, "FromRecordNumber": 0})
    assert found["MessageItems"]["MessageItem2"][0]["UserID"] == "demo"


@pytest.mark.parametrize("port", ["AdminSoap", "AdminSoap12"])
def test_zeep_administers(line, port):
    _, service = line.zeep("admin", port)
    new = {"Username": "demo.ann", "Password": "secret1", "TimeZone": "GMT Standard Time"}
    assert service.OpenUser("demo", "demo", new) == 0
    reply = service.GetUserProperties("demo", "demo", {"Username": "demo.ann"})
    assert reply["User"]["TimeZone"] == "GMT Standard Time"
    assert service.AddRxService("demo", "demo", "demo.ann", "GB", "20", "", "a@example.com") == 0
    emails = service.GetRxEmailProperties("demo.ann", "secret1", None)
    assert emails["URxE"]["User_RxEmail"][0]["EmailAddress"] == "a@example.com"


# The port as a whole


def test_other_paths_are_not_found(line):
    assert line.web.get("/").status_code == 404
    assert line.web.post("/dfs.asmxx").status_code == 404


def test_reset_leaves_nothing_behind(line, sandbox, tiff):
    key = line.send()
    sandbox.exchange.ring("interfax", "+12125550100", "", "", tiff())
    assert line.admin("RemoveRxService", Username="demo") == 0
    sandbox.reset()
    assert "FaxQueryResult" in line.dfs("FaxQuery", Verb="EQ", VerbData=key, MaxItems=1)
    assert line.dfs("FaxStatus", LastTransactionID=999999999)["TotalCount"] == "0"
    assert sandbox.exchange.lines("interfax")[0].did == "+12125550100"
    assert line.send() > key


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/dfs.asmx", envelope("dfs", "SendfaxEx_2", TO)),
        ("/outbound/faxes?faxNumber=%2B13035550123", b"hello"),
    ],
)
def test_a_fault_on_submit_meets_what_sends_and_only_that(line, control, faxes, path, body):
    fault = {"provider": "interfax", "fault": "drop-after-accept"}
    assert control("POST", "/faults", fault)[0] == 200
    assert line.dfs("FaxStatus", LastTransactionID=1)["ResultCode"] == "0"
    headers = {"Content-Type": "text/plain"}
    if path == "/dfs.asmx":
        headers = {"Content-Type": "text/xml", "SOAPAction": f"{SPACES['dfs']}/SendfaxEx_2"}
    with pytest.raises(httpx.RemoteProtocolError):
        line.web.post(path, content=body, headers=headers)
    assert len(faxes()) == 1
    assert line.web.post(path, content=body, headers=headers).is_success


def test_curl_sends_over_rest(line, tmp_path, tiff, faxes):
    if shutil.which("curl") is None:
        pytest.skip("curl is not here")
    page = tmp_path / "fax.tif"
    page.write_bytes(tiff(3))
    command = ["curl", "-sSi", "--noproxy", "*", "--max-time", "20", "-u", "demo:demo"]
    command += ["-H", "Content-Type: image/tiff", "--data-binary", f"@{page}"]
    url = f"{line.url}/outbound/faxes?faxNumber=%2B13035550123&reference=r"
    reply = subprocess.run([*command, url], capture_output=True, timeout=30, check=True, text=True)
    (fax,) = faxes()
    assert reply.stdout.startswith("HTTP/1.1 201 Created")
    assert f"Location: {line.url}/outbound/faxes/{fax['reference']}" in reply.stdout
    assert fax["pages"] == 3
