"""Strangers talk to the Monopond twin: zeep by itself, from the served contracts, and curl."""

import base64
import re
import shutil
import subprocess

import httpx
import pytest
import requests
import zeep
from zeep.wsse.username import UsernameToken

from tests.sandbox import monopond_soap as soap

OPERATIONS = {
    "2": ["SendFax", "FaxStatus", "StopFax", "PauseFax", "ResumeFax"],
    "2.1": ["SendFax", "FaxStatus", "StopFax", "PauseFax", "ResumeFax", "SaveFaxDocument",
            "DeleteFaxDocument", "FaxDocumentPreview"],
}  # fmt: skip


@pytest.fixture
def hold(control):
    control("POST", "/clock", {"hold": True})
    return lambda seconds: control("POST", "/clock", {"advance": seconds})


# A stranger: zeep by itself, from the served contracts


@pytest.fixture
def client(sandbox):
    """client(path) → zeep, which knows nothing but the URL and the login."""
    session = requests.Session()
    session.trust_env = False

    def connect(path):
        return zeep.Client(
            sandbox.urls["monopond"] + path,
            wsse=UsernameToken("demo", "demo"),
            transport=zeep.Transport(session=session, timeout=20, operation_timeout=20),
        )

    yield connect
    session.close()


@pytest.mark.parametrize("version", ["2", "2.1"])
@pytest.mark.parametrize("ending", ["?wsdl", "/?wsdl", "?WSDL"])
def test_zeep_sends_a_fax_and_looks_at_it_in_both_versions(client, hold, version, ending):
    service = client(f"/fax/soap/v{version}{ending}").service
    sent = service.SendFax(
        SendRef="s-1",
        FaxMessages={"FaxMessage": [{"MessageRef": "m-1", "SendTo": soap.NUMBER}]},
        Documents={"Document": [{"FileName": "a.txt", "FileData": soap.TEXT, "Order": 0}]},
    )
    assert sent.FaxMessages.FaxMessage[0].status == "pending"
    hold(1)
    found = service.FaxStatus(SendRef="s-1", Verbosity="all")
    assert (found.FaxStatusTotals.done, found.FaxResultsTotals.success) == (1, 1)
    (result,) = found.FaxMessages.FaxMessage[0].FaxResults.FaxResult
    assert (result.result, result.pages, result.cost, result.Error) == ("success", 1, "0.15", None)
    assert service.FaxStatus(SendRef="s-1").FaxMessages is None
    with pytest.raises(zeep.exceptions.Fault, match="no messages"):
        service.StopFax(MessageRef="none")


def test_zeep_uses_every_other_operation(client, tiff, hold):
    service = client("/fax/soap/v2.1?wsdl").service
    page = base64.b64encode(tiff(2)).decode()
    assert service.SaveFaxDocument(DocumentRef="d", FileName="a.tif", FileData=page) is None
    shown = service.FaxDocumentPreview(
        DocumentRef="d",
        Resolution="fine",
        DitheringTechnique="DETAILED",
        StampMergeData={
            "MergeField": [
                {
                    "Key": {"xCoord": 10, "yCoord": 20},
                    "TextValue": {"_value_1": "Hello", "fontSize": 12},
                }
            ]
        },
    )
    assert shown.NumberOfPages == 2
    service.SendFax(
        FaxMessages={"FaxMessage": [{"MessageRef": "m-1", "SendTo": soap.NUMBER}]},
        Documents={"Document": [{"DocumentRef": "d", "Order": 0}]},
    )
    hold(0.06)
    paused = service.PauseFax(MessageRef="m-1").FaxMessages.FaxMessage[0]
    resumed = service.ResumeFax(MessageRef="m-1").FaxMessages.FaxMessage[0]
    stopped = service.StopFax(MessageRef="m-1").FaxMessages.FaxMessage[0]
    assert [paused.status, resumed.status, stopped.status] == ["pausing", "starting", "stopping"]
    assert service.DeleteFaxDocument(DocumentRef="d") is None
    with pytest.raises(zeep.exceptions.Fault, match="no document d"):
        service.FaxDocumentPreview(DocumentRef="d")


@pytest.mark.parametrize("version", ["2", "2.1"])
def test_the_contract_names_its_operations_and_leads_back_here(client, sandbox, version):
    found = client(f"/fax/soap/v{version}/?wsdl")
    (service,) = found.wsdl.services.values()
    (port,) = service.ports.values()
    assert (service.name, port.name) == ("ApiService", "ApiPort")
    assert sorted(port.binding._operations) == sorted(OPERATIONS[version])
    assert port.binding_options["address"] == f"{sandbox.urls['monopond']}/fax/soap/v{version}"


# Raw: what other clients send


@pytest.fixture
def curl(sandbox):
    if shutil.which("curl") is None:
        pytest.skip("curl is not here")

    def run(data, *arguments):
        command = ["curl", "-sS", "--noproxy", "*", "--max-time", "20", "--data-binary", "@-"]
        url = sandbox.urls["monopond"] + "/fax/soap/v2.1/"
        kind = ["-H", "Content-Type: text/xml; charset=utf-8"]
        done = subprocess.run(
            [*command, *kind, *arguments, url], input=data.encode(), capture_output=True, check=True
        )
        return done.stdout.decode()

    return run


@pytest.mark.parametrize(
    "action", ['SOAPAction: ""', 'SOAPAction: "FaxStatus"', "SOAPAction: urn:x/Api/SendFax", "X: y"]
)
def test_curl_gets_the_prefixes_that_the_php_client_strips(curl, action):
    answer = curl(soap.envelope("SendFax", soap.request()), "-H", action)
    assert re.fullmatch(
        r'<soap:Envelope xmlns:soap="http://schemas\.xmlsoap\.org/soap/envelope/"><soap:Body>'
        r'<ns2:SendFaxResponse xmlns:ns2="https://api\.monopond\.com/fax/soap/v2\.1">'
        r'<FaxStatusTotals pending="1"/>'
        r'<FaxResultsTotals totalAttempts="0" totalFaxDuration="0" totalPages="0"/>'
        r'<FaxMessages><FaxMessage messageRef="m-1" sendTo="61255500123" status="pending"/>'
        r"</FaxMessages></ns2:SendFaxResponse></soap:Body></soap:Envelope>",
        answer,
    )


def test_curl_waits_for_100_continue_with_a_large_body(curl, faxes):
    lines = base64.encodebytes(b"x\n" * 500_000).decode()
    data = soap.envelope("SendFax", soap.request(documents=soap.document(data=lines)))
    assert "SendFaxResponse" in curl(data, "-H", "Expect: 100-continue")
    assert len(httpx.get(faxes()[0]["document"], trust_env=False).content) == 1_000_000
