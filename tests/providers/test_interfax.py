"""InterFAX behind the port: what its answers mean for a fax."""

import datetime

import pytest

from mailfax import errors
from mailfax.model import Outcome
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


# Reports


def fax(number=7, status=0, **more):
    values = {"TransactionID": number, "Status": status} | more
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items())


def listed(*faxes, code=0, kind="FaxItemEx"):
    items = "".join(f"<{kind}>{one}</{kind}>" for one in faxes)
    more = f"<ResultCode>{code}</ResultCode>"
    return rig.answer("FaxQuery", f"<FaxQueryResult>{items}</FaxQueryResult>{more}")


def report(*faxes, references=("7",), **more):
    return rig.ask([listed(*faxes)], lambda made: made.report(references), **more)


def test_many_faxes_are_asked_for_in_one_request():
    reports, requests = report(fax(1), fax(2, -3), fax(9), references=["1", "2", "3"])
    form = rig.fields(requests[0])
    assert len(requests) == 1
    assert (form["Verb"], form["VerbData"], form["MaxItems"]) == ("IN", "1,2,3", "-1")
    assert set(reports) == {"1", "2"}
    assert reports["2"].outcome is Outcome.PENDING


def test_many_faxes_are_asked_for_in_one_request_by_rest_for_each_hundred():
    references = [str(number) for number in range(250)]
    body = rig.json('[{"id": 7, "status": -1}, {"id": 249, "status": 0}]')
    reports, requests = rig.ask([body], lambda made: made.report(references), transport="rest")
    assert [rig.query(one)["limit"] for one in requests] == ["100", "100", "50"]
    assert reports["249"].outcome is Outcome.DELIVERED


def test_more_faxes_than_fit_into_a_question_make_several():
    _, requests = report(fax(), references=[str(number) for number in range(1001)])
    lengths = [len(rig.fields(one)["VerbData"].split(",")) for one in requests]
    assert lengths == [500, 500, 1]


@BOTH
@pytest.mark.parametrize("references", [[], ["x"], [""], ["1,2"], ["٣"], ["9" * 40]])
def test_what_is_no_id_of_the_service_needs_no_request(transport, references):
    use = lambda made: made.report(references)  # noqa: E731
    reports, requests = rig.ask([scripted.drop], use, transport=transport)
    assert (reports, requests) == ({}, [])


FACTS = {
    "PagesSent": 2, "PagesSubmitted": 2, "Duration": 65, "RemoteCSID": " THE  MACHINE ",
    "CompletionTime": "2026-11-20T03:01:40", "Units": "1.5", "CostPerUnit": "0.10",
    "TrialsPerformed": 1, "Subject": "s3cret&amp;Canary",
}  # fmt: skip


def test_a_delivered_fax_is_told_with_all_its_facts():
    reports, _ = report(fax(**FACTS), zone="America/Denver")
    told = reports["7"]
    assert told.outcome is Outcome.DELIVERED
    assert (told.cause, told.pages_sent, told.dials) == (None, 2, 1)
    assert (told.duration, told.csid, told.cost) == (65.0, "THE MACHINE", "0.150")
    assert told.ended_at == datetime.datetime(2026, 11, 20, 10, 1, 40, tzinfo=datetime.UTC)
    assert "status=0" in told.raw
    assert "Canary" not in told.raw


def test_the_same_facts_come_by_rest_in_gmt():
    body = rig.json(
        '[{"id": 7, "status": 0, "pagesSent": 2, "pagesSubmitted": 2, "duration": 65,'
        ' "remoteCSID": "THE MACHINE", "completionTime": "2026-11-20T10:01:40", "units": 1.5,'
        ' "costPerUnit": 0.10, "attemptsMade": 1}]'
    )
    use = lambda made: made.report(["7"])["7"]  # noqa: E731
    told, _ = rig.ask([body], use, transport="rest", zone="America/Denver")
    assert (told.pages_sent, told.dials, told.duration) == (2, 1, 65.0)
    assert (told.csid, told.cost) == ("THE MACHINE", "0.150")
    assert told.ended_at == datetime.datetime(2026, 11, 20, 10, 1, 40, tzinfo=datetime.UTC)


@pytest.mark.parametrize("status", [-1, -2, -3, -11, -22, -99999])
def test_a_negative_state_is_under_way_and_has_no_end(status):
    told = report(fax(status=status, **FACTS))[0]["7"]
    assert told.outcome is Outcome.PENDING
    assert (told.cause, told.pages_sent, told.duration, told.ended_at) == (None, None, None, None)


@pytest.mark.parametrize(
    ("status", "cause"),
    [(1, "hung_up"), (2, "line_error"), (12, "line_error"), (263, "busy"), (205000, "no_credit"),
     (3, "unknown"), (6017, "unknown"), (2**31 - 1, "unknown")],
)  # fmt: skip
def test_a_positive_state_is_a_failure_and_most_have_no_known_cause(status, cause):
    told = report(fax(status=status))[0]["7"]
    assert told.outcome is Outcome.FAILED
    assert told.cause == cause
    assert f"status={status}" in told.raw


def test_a_failed_fax_of_which_some_pages_went_over_is_partial():
    told = report(fax(status=1, PagesSent=1, PagesSubmitted=3))[0]["7"]
    assert told.cause is errors.Cause.PARTIAL


def test_a_fax_the_provider_does_not_know_is_left_out():
    assert report(fax(8))[0] == {}
    assert report()[0] == {}
    assert rig.ask([listed(code=-1005)], lambda made: made.report(["7"]))[0] == {}


def test_unknown_and_misplaced_fields_hide_no_other():
    odd = f"<Subject>s</Subject><New>1</New>{fax(status=263)}<More><Deep>1</Deep></More>"
    assert report(odd)[0]["7"].cause is errors.Cause.BUSY


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00", "9999-12-31T23:59:59", "soon", "", "٣"])
def test_a_time_that_is_none_is_none(time):
    reports, _ = report(fax(CompletionTime=time), zone="America/Denver")
    assert reports["7"].ended_at is None


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "many", ""])
def test_an_amount_that_is_none_is_none(amount):
    assert report(fax(Units=amount, CostPerUnit="1"))[0]["7"].cost is None


@pytest.mark.parametrize(
    "broken",
    ["<Status>0</Status>", "<TransactionID>7</TransactionID>", fax("seven"), fax(status="good"),
     fax("٣"), fax("7_0")],
)  # fmt: skip
def test_a_list_with_a_fax_that_cannot_be_read_is_asked_for_again(broken):
    with pytest.raises(errors.Temporary):
        report(fax(), broken)


def test_a_raw_answer_is_cut():
    assert len(report(fax(Contact="x" * 9000))[0]["7"].raw) <= 4096


# Looking up a lost answer


def found(*faxes, total=None, code=0):
    items = "".join(f"<FaxItemEx2>{one}</FaxItemEx2>" for one in faxes)
    count = len(faxes) if total is None else total
    return rig.result(
        "FaxQuery2",
        f"<ResultCode>{code}</ResultCode><FaxItems>{items}</FaxItems>"
        f"<TotalTransactionsNum>{count}</TotalTransactionsNum>",
    )


def find(step, transport="soap"):
    use = lambda made: made.find(contract.transmission())  # noqa: E731
    return rig.ask([step], use, transport=transport)


def test_the_fax_with_our_reference_is_found():
    answer, requests = find(found(fax(7, -3, Subject="t-1")))
    form = rig.fields(requests[0])
    assert answer == "7"
    assert form["QueryForm.Subject.Verb"] == "Equals"
    assert form["QueryForm.Subject.VerbData"] == "t-1"
    assert form["QueryForm.ShowHiddenTransactions"] == "true"
    assert form["QueryForm.DateFrom"] == "2026-11-18T10:00:00"
    assert form["QueryForm.DateTo"] == "2026-11-22T10:00:00"


def test_the_fax_with_our_reference_is_found_by_rest():
    body = rig.json('[{"id": 6, "status": 0, "subject": "t-11"}, '
                    '{"id": 7, "status": 0, "subject": "t-1"}]')  # fmt: skip
    answer, requests = find(body, "rest")
    assert answer == "7"
    assert rig.query(requests[0])["reference"] == "t-1"


@pytest.mark.parametrize(
    ("step", "transport"),
    [(found(), "soap"), (found(fax(Subject="t-11")), "soap"), (rig.json("[]"), "rest"),
     (rig.json('[{"id": 7, "status": 0, "subject": "t-11"}]'), "rest")],
)  # fmt: skip
def test_no_fax_or_only_others_prove_that_it_is_absent(step, transport):
    assert find(step, transport)[0] is _port.Absent.ABSENT


@pytest.mark.parametrize(
    ("step", "transport"),
    [
        (found(fax(7, Subject="t-1"), fax(8, Subject="t-1")), "soap"),
        (found(total=1), "soap"),
        (found(total="many"), "soap"),
        (found(fax(7), total=1), "soap"),
        (rig.result("FaxQuery2", "<ResultCode>0</ResultCode>"), "soap"),
        (rig.json('[{"id": 7, "status": 0}]'), "rest"),
        (rig.json("[" + ",".join(['{"id": 7, "status": 0, "subject": "x"}'] * 100) + "]"), "rest"),
        (rig.json('[{"id": 7, "status": 0, "subject": "t-1"}, '
                  '{"id": 8, "status": 0, "subject": "t-1"}]'), "rest"),
    ],
)  # fmt: skip
def test_two_candidates_one_without_subject_or_a_list_that_is_not_all_prove_nothing(
    step, transport
):
    assert find(step, transport)[0] is _port.Absent.CANNOT_KNOW


@pytest.mark.parametrize("code", [-150, -1003, -1011, -1030, -9999])
def test_a_refused_look_up_proves_nothing(code):
    with pytest.raises((errors.Temporary, errors.Permanent)):
        find(found(code=code))


# After the end


def test_forgetting_hides_and_a_fax_already_gone_is_no_error():
    _, requests = rig.ask([rig.result("HideFax", 0)], lambda made: made.forget("7"))
    assert rig.fields(requests[0])["TransactionID"] == "7"
    rig.ask([rig.result("HideFax", -1005)], lambda made: made.forget("7"))
    _, requests = rig.ask([rig.json("")], lambda made: made.forget("7"), transport="rest")
    assert (requests[0].method, requests[0].path) == ("POST", "/outbound/faxes/7/hide")
    rig.ask([rig.json("", 404)], lambda made: made.forget("7"), transport="rest")
    rig.ask([scripted.drop], lambda made: made.forget("not ours"))


@pytest.mark.parametrize(
    ("step", "transport", "stopped"),
    [(rig.result("CancelFax", 0), "soap", True), (rig.result("CancelFax", -1005), "soap", False),
     (rig.result("CancelFax", -311), "soap", False), (rig.result("CancelFax", -42), "soap", False),
     (rig.json(""), "rest", True), (rig.json("", 404), "rest", False),
     (rig.json('{"code": -42, "message": "too late"}', 400), "rest", False)],
)  # fmt: skip
def test_a_fax_is_called_back_only_when_the_service_says_so(step, transport, stopped):
    assert rig.ask([step], lambda made: made.cancel("7"), transport=transport)[0] is stopped


@pytest.mark.parametrize(
    ("step", "transport", "kind"),
    [(rig.result("CancelFax", -1003), "soap", errors.Temporary),
     (rig.result("CancelFax", "done"), "soap", errors.Unsure),
     (scripted.drop_after_request, "soap", errors.Unsure),
     (rig.json("", 401), "rest", errors.Temporary), (rig.json("", 500), "rest", errors.Unsure)],
)  # fmt: skip
def test_a_stop_that_failed_is_said(step, transport, kind):
    with pytest.raises(kind):
        rig.ask([step], lambda made: made.cancel("7"), transport=transport)


# Web feedback, settings


FORM = (
    b"TransactionIDType=Inbound&TransactionID=9&PhoneNumber=0013035551212&CallerID=%2B13035550199"
    b"&RemoteCSID=THEIRS&Pages=2&ReceiveTime=20%2f11%2f2026+09%3a10%3a00"
)
NAMESPACE = "http://CallBack.Interfax.net/"


def pushed(body):
    request = _port.Push(path="/x", headers={}, body=body)
    return rig.ask([scripted.drop], lambda made: made.receive(request))[0]


def soap(inner, namespace=NAMESPACE):
    return rig.envelope(inner.replace(">", f' xmlns="{namespace}">', 1))


@pytest.mark.parametrize(
    "body",
    [b"TransactionIDType=Outbound&TransactionID=7&Status=0&Contact=x",
     soap("<Outbound><TransactionID>7</TransactionID></Outbound>"),
     soap("<Outbound><p><TransactionID>7</TransactionID></p></Outbound>",
          NAMESPACE.replace("http", "https"))],
)  # fmt: skip
def test_a_feedback_on_a_fax_sent_is_a_hint_to_look(body):
    told = pushed(body)
    assert told.references == ("7",)
    assert not told.received
    assert b"OK" in told.reply


@pytest.mark.parametrize(
    "body",
    [FORM,
     soap("<Inbound><MessageID>9</MessageID><PhoneNumber>0013035551212</PhoneNumber><CallerID>"
          "+13035550199</CallerID><RemoteCSID>THEIRS</RemoteCSID><Pages>2</Pages><ReceiveTime>"
          "2026-11-20T09:10:00</ReceiveTime></Inbound>")],
)  # fmt: skip
def test_a_feedback_on_a_fax_received_tells_of_it_without_its_pages(body):
    ((told, document),) = pushed(body).received
    assert document is None
    assert (told.reference, told.did, told.caller) == ("9", "+13035551212", "+13035550199")
    assert (told.tsid, told.pages) == ("THEIRS", 2)
    assert told.received_at == datetime.datetime(2026, 11, 20, 9, 10, tzinfo=datetime.UTC)


def test_a_feedback_by_soap_is_answered_by_soap():
    reply = pushed(soap("<Outbound><TransactionID>7</TransactionID></Outbound>")).reply
    assert b'<OutboundResponse xmlns="http://CallBack.Interfax.net/">' in reply
    assert b"<OutboundResult>OK</OutboundResult>" in reply


@pytest.mark.parametrize(
    "body",
    [b"", b"x", bytes(range(256)), b"TransactionIDType=Other&TransactionID=7", b"{}", b"<", b"<a/>",
     b"TransactionIDType=Outbound", b"TransactionIDType=Outbound&TransactionID=x",
     b"TransactionIDType=Outbound&TransactionID=" + b"9" * 99, b"a=1&" * 999, b"x" * 2_000_000,
     "TransactionIDType=Outbound&TransactionID=٣".encode(),
     b"<!DOCTYPE a>" + soap("<Outbound><TransactionID>7</TransactionID></Outbound>"),
     soap("<Outbound><TransactionID>7</TransactionID></Outbound>", "urn:other"),
     soap("<Other><TransactionID>7</TransactionID></Other>"), soap("<Outbound></Outbound>"),
     soap("<Outbound><TransactionID>7</TransactionID></Outbound>")[:-9],
     b"<a>" * 100_000, rig.envelope("")],
)  # fmt: skip
def test_what_is_no_feedback_is_refused(body):
    with pytest.raises(errors.Permanent):
        pushed(body)


def test_the_users_settings_are_there_for_rules():
    tx = "<User_tx><AllowedSenders>*@example.com</AllowedSenders><FeedbackType>3</FeedbackType>"
    rx = "<U_Rx><PhoneNumber>0013035551212</PhoneNumber></U_Rx>"
    email = "<User_RxEmail><EmailAddress>fax@example.com</EmailAddress></User_RxEmail>"
    steps = [
        rig.result("GetUserTxProperties", 0, rig.ADMIN, f"{tx}</User_tx>"),
        rig.result("GetRxServiceProperties", 0, rig.ADMIN, rx),
        rig.result("GetRxEmailProperties", 0, rig.ADMIN, f"<URxE>{email}</URxE>"),
    ]
    rules, _ = rig.ask(steps, lambda made: made.import_rules())
    assert rules["sending"]["allowed_senders"] == "*@example.com"
    assert rules["sending"]["feedback_type"] == 3
    assert rules["receiving"]["phone_number"] == "0013035551212"
    assert rules["forwarding"][0]["email_address"] == "fax@example.com"


def test_a_user_without_a_service_has_no_settings_of_it():
    steps = [
        rig.result("GetUserTxProperties", -2030, rig.ADMIN),
        rig.result("GetRxServiceProperties", -2036, rig.ADMIN),
    ]
    assert rig.ask(steps, lambda made: made.import_rules())[0] == {}


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
    assert interfax.CAPABILITIES.request_interval == 10
    with rig.account("https://example.com", interval="0") as made:
        assert made.capabilities.request_interval == 0


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


def test_asked_too_often_means_wait_a_minute():
    with pytest.raises(errors.Temporary) as caught:
        rig.ask([listed(code=-1011)], lambda made: made.report(["7"]))
    assert caught.value.not_before == 60


def test_every_code_has_a_sentence_and_a_class():
    for table in (_codes.SENDING, _codes.RECEIVING, _codes.ADMIN):
        for code, meaning in table.items():
            assert code < 0
            assert meaning.text
            assert issubclass(meaning.kind, (errors.Temporary, errors.Permanent, errors.Unsure))
