"""InterFAX behind the port: how faxes stand, what became of a lost answer, and the end."""

import datetime

import pytest

from mailfax import errors
from mailfax.model import Outcome
from mailfax.providers import _port
from tests.providers import contract, scripted
from tests.providers import interfax_rig as rig

BOTH = pytest.mark.parametrize("transport", ["soap", "rest"])


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
    _, requests = report(fax(), references=[str(number) for number in range(1201)])
    lengths = [len(rig.fields(one)["VerbData"].split(",")) for one in requests]
    assert lengths == [600, 600, 1]


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


def test_asked_too_often_means_wait_a_minute():
    with pytest.raises(errors.Temporary) as caught:
        rig.ask([listed(code=-1011)], lambda made: made.report(["7"]))
    assert caught.value.not_before == 60
