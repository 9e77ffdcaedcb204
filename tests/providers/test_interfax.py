"""InterFAX behind the port: what its answers mean for a fax."""

import pytest

from mailfax import errors
from mailfax.providers import _port, interfax
from mailfax.providers.interfax import _codes, _transports
from tests.providers import contract, scripted
from tests.providers import interfax_rig as rig

BOTH = pytest.mark.parametrize("transport", ["soap", "rest"])


class TestContractBySoap(contract.Contract):
    kind = "interfax"
    reference = "257489542"

    def settings(self, url):
        return rig.settings(url)

    def taken(self):
        return rig.result("SendfaxEx_2", 257489542)


class TestContractByRest(TestContractBySoap):
    def settings(self, url):
        return rig.settings(url) | {"transport": "rest"}

    def taken(self):
        return rig.created("/outbound/faxes/257489542")


def large(octets=1_200_000, name="fax.tif"):
    return _port.Payload(name=name, data=b"x" * octets, pages=1, resolution="fine")


def sent(transmission=None, document=None, **more):
    """The parameters of one submit by SOAP."""
    steps = [rig.result("SendfaxEx_2", 5)]
    answer, requests = rig.ask(steps, rig.submit(transmission, document), **more)
    assert answer == "5"
    return rig.fields(requests[0])


def posted(transmission=None, document=None, **more):
    """One submit by REST, and its query."""
    steps = [rig.created("/outbound/faxes/5")]
    use = rig.submit(transmission, document)
    answer, (request,) = rig.ask(steps, use, transport="rest", **more)
    assert answer == "5"
    return request, rig.query(request)


# Sending by SOAP


def test_a_fax_goes_out_with_its_number_reference_and_document():
    form = sent()
    assert form["FaxNumbers"] == "+13035550123"
    assert (form["Subject"], form["JobID"]) == ("t-1", "t-1")
    assert (form["FileTypes"], form["FileSizes"]) == ("TIF", str(len(contract.TIFF)))
    assert form["Contacts"] == "Ann Example"
    assert form["RetriesToPerform"] == "0"
    assert form["Postpone"] == "1980-01-01T00:00:00"


@pytest.mark.parametrize(("resolution", "high"), [("standard", "false"), ("fine", "true")])
def test_each_resolution_has_its_value(resolution, high):
    document = contract.payload(resolution=resolution)
    assert sent(document=document)["IsHighResolution"] == high
    _, query = posted(document=document)
    assert query["resolution"] == resolution


def test_what_the_settings_leave_open_is_the_users_own():
    assert not {"CSID", "PageHeader", "PageSize", "PageOrientation"} & sent().keys()
    form = sent(csid="EXAMPLE", header="N", paper="A4")
    assert (form["CSID"], form["PageHeader"], form["PageSize"]) == ("EXAMPLE", "N", "A4")


@pytest.mark.parametrize(
    "name",
    ["Ann;Bob", "Ann\tExample\r\nBcc: x", "x" * 500, "株式会社", "\ud800 broken", "\uffff", ""],
)  # fmt: skip
def test_a_name_of_any_kind_is_one_name_of_one_line(name):
    contact = sent(contract.transmission(recipient_name=name)).get("Contacts", "")
    assert ";" not in contact
    assert len(contact) <= 60
    assert contact.isprintable()
    _, query = posted(contract.transmission(recipient_name=name))
    assert query.get("contact", "").isprintable()


def test_a_long_id_is_cut_to_what_a_subject_holds():
    form = sent(contract.transmission("x" * 99))
    assert form["Subject"] == "x" * 60


UPLOAD = [
    rig.result("StartFileUpload", 0, more="<SessionID>AB12</SessionID>"),
    rig.result("UploadFileChunk", 1_000_000),
    rig.result("UploadFileChunk", 1_200_000),
]


def test_a_document_of_250_kb_goes_with_the_request_and_a_larger_one_is_uploaded():
    assert len(sent(document=large(_transports.WHOLE))["FilesData"]) > 300_000
    steps = [*UPLOAD, rig.result("SendfaxEx_2", 5)]
    answer, requests = rig.ask(steps, rig.submit(document=large()))
    assert answer == "5"
    assert [rig.operation(one) for one in requests] == [
        "StartFileUpload", "UploadFileChunk", "UploadFileChunk", "SendfaxEx_2",
    ]  # fmt: skip
    first, last, fax = map(rig.fields, requests[1:])
    assert (first["SessionID"], first["IsLast"]) == ("AB12", "false")
    assert (last["SessionID"], last["IsLast"]) == ("AB12", "true")
    assert "Username" not in first
    assert fax["FilesData"] == ""
    assert fax["FileSizes"] == "1200000/sessionID=AB12"


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ([rig.result("StartFileUpload", -1003)], errors.Temporary),
        ([rig.result("StartFileUpload", 0)], errors.Temporary),
        ([scripted.drop_after_request], errors.Temporary),
        ([UPLOAD[0], scripted.drop_after_request], errors.Temporary),
        ([UPLOAD[0], rig.result("UploadFileChunk", -1062)], errors.Temporary),
        ([UPLOAD[0], rig.result("UploadFileChunk", -1063)], errors.Permanent),
        ([UPLOAD[0], rig.result("UploadFileChunk", -150)], errors.Temporary),
        ([UPLOAD[0], rig.result("UploadFileChunk", -9999)], errors.Temporary),
        ([UPLOAD[0], rig.result("UploadFileChunk", 999_999)], errors.Temporary),
        ([*UPLOAD, rig.result("SendfaxEx_2", -1062)], errors.Temporary),
        ([*UPLOAD, scripted.drop_after_request], errors.Unsure),
    ],
)
def test_only_the_last_request_of_an_upload_can_be_unsure(steps, kind):
    answer, requests = rig.ask(steps, rig.submit(document=large()))
    assert type(answer) is kind
    assert len(requests) == len(steps)


def test_each_transmission_is_one_request_and_has_its_own_answer():
    several = [contract.transmission(key) for key in ("a", "b", "c")]
    answers, requests = rig.ask(
        [rig.result("SendfaxEx_2", value) for value in (1, -112, 3)],
        lambda made: made.submit(several, contract.payload(), contract.nothing_to_note),
    )
    assert [rig.fields(one)["Subject"] for one in requests] == ["a", "b", "c"]
    assert (answers["a"], answers["c"]) == ("1", "3")
    assert answers["b"].cause is errors.Cause.BAD_NUMBER


@BOTH
def test_what_it_cannot_do_is_refused_by_name(transport):
    for transmission, document, cause in [
        (contract.transmission(subaddress="12"), None, errors.Cause.NOT_POSSIBLE),
        (contract.transmission(), contract.payload("fax.exe"), errors.Cause.UNSUPPORTED_DOCUMENT),
        (contract.transmission(), contract.payload("fax"), errors.Cause.UNSUPPORTED_DOCUMENT),
        (
            contract.transmission(),
            contract.payload(resolution="superfine"),
            errors.Cause.NOT_POSSIBLE,
        ),
        (contract.transmission(), large(20_000_001), errors.Cause.TOO_LONG),
    ]:
        use = rig.submit(transmission, document)
        answer, requests = rig.ask([scripted.drop], use, transport=transport)
        assert answer.cause is cause
        assert not requests


# Sending by REST


def test_a_fax_by_rest_is_its_octets_with_the_rest_in_the_query():
    request, query = posted(csid="EXAMPLE", paper="Letter", header="N")
    assert request.body == contract.TIFF
    assert request.headers["content-type"] == "image/tiff"
    assert request.headers["authorization"].startswith("Basic ")
    assert query == {
        "faxNumber": "+13035550123", "contact": "Ann Example", "retriesToPerform": "0",
        "csid": "EXAMPLE", "pageHeader": "N", "reference": "t-1", "pageSize": "letter",
        "resolution": "fine", "rendering": "bw",
    }  # fmt: skip


def test_a_large_document_by_rest_is_uploaded_in_ranges():
    steps = [
        rig.created("/outbound/documents/d-1"),
        rig.json("", 202),
        rig.json("", 200),
        rig.created("/outbound/faxes/5"),
    ]
    answer, requests = rig.ask(steps, rig.submit(document=large()), transport="rest")
    create, first, second, fax = requests
    assert answer == "5"
    assert rig.query(create) == {"size": "1200000", "name": "fax.tif"}
    assert (first.path, first.headers["range"]) == ("/outbound/documents/d-1", "bytes=0-999999")
    assert (second.headers["range"], len(second.body)) == ("bytes=1000000-1199999", 200_000)
    assert fax.body == b""
    assert fax.headers["content-location"] == "https://rest.interfax.net/outbound/documents/d-1"


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ([scripted.drop_after_request], errors.Temporary),
        ([rig.json("", 201)], errors.Temporary),
        ([rig.created("/elsewhere/d-1")], errors.Temporary),
        ([rig.created("/outbound/documents/d-1"), rig.json("", 413)], errors.Permanent),
        ([rig.created("/outbound/documents/d-1"), rig.json("", 404)], errors.Permanent),
        ([rig.created("/outbound/documents/d-1"), rig.json("", 202)], errors.Temporary),
    ],
)
def test_an_upload_by_rest_that_fails_has_sent_nothing(steps, kind):
    answer, _ = rig.ask(steps, rig.submit(document=large()), transport="rest")
    assert isinstance(answer, kind)


# Settings


@pytest.mark.parametrize(
    ("key", "value"),
    [("zone", "Mars/Base"), ("zone", "../etc"), ("transport", "pigeon"), ("interval", "often"),
     ("paper", "A3"), ("csid", "x" * 21), ("url", "http://example.com"),
     ("rest_url", "ftp://example.com")],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_is_named(key, value):
    with pytest.raises(errors.Permanent, match="url" if "url" in key else key):
        interfax.connect(rig.settings("https://example.com") | {key: value})


def test_six_requests_a_minute_are_the_published_limit_and_can_be_set():
    assert interfax.CAPABILITIES.report_interval == 10
    with rig.account("https://example.com", interval="0") as made:
        assert made.capabilities.report_interval == 0


def test_where_the_soap_services_are_the_rest_service_is_too():
    steps = [rig.json("[]")]
    _, requests = rig.ask(steps, lambda made: made.check(), transport="rest", rest_url="")
    assert [one.path for one in requests] == ["/outbound/faxes?limit=1"]


@BOTH
def test_the_account_is_all_it_says(transport):
    with rig.account("https://example.com", transport=transport) as made:
        for protocol in (_port.Inbound, _port.Cancels, _port.Pushes, _port.Imports):
            assert isinstance(made, protocol)
        assert not isinstance(made, _port.Prices)


@pytest.mark.parametrize(
    ("step", "transport"),
    [(rig.answer("FaxStatus", "<ResultCode>-1003</ResultCode>"), "soap"),
     (rig.json('{"code": -1003}', 401), "rest")],
)  # fmt: skip
def test_a_wrong_login_fails_the_check(step, transport):
    with pytest.raises(errors.Temporary) as caught:
        rig.ask([step], lambda made: made.check(), transport=transport)
    assert caught.value.cause is errors.Cause.LOGIN_FAILED


@pytest.mark.parametrize(
    ("step", "transport"),
    [(rig.answer("FaxStatus", "<ResultCode>0</ResultCode>"), "soap"), (rig.json("[]"), "rest")],
)
def test_a_good_login_passes_the_check(step, transport):
    rig.ask([step], lambda made: made.check(), transport=transport)


def test_every_code_has_a_sentence_and_a_class():
    for table in (_codes.SENDING, _codes.RECEIVING, _codes.ADMIN):
        for code, meaning in table.items():
            assert code < 0
            assert meaning.text
            assert issubclass(meaning.kind, (errors.Temporary, errors.Permanent, errors.Unsure))
