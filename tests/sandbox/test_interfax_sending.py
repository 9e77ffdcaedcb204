"""The InterFAX twin sends as dfs.asmx does (facts file, sections 1 and 4)."""

import base64
import concurrent.futures
import datetime
import itertools
import re

import httpx
import pytest
from lxml import etree

from tests.sandbox import interfax_line
from tests.sandbox.interfax_line import LOGIN, b64


@pytest.fixture
def line(sandbox):
    made = interfax_line.Line(sandbox)
    yield made
    made.close()


@pytest.fixture
def hold(control):
    control("POST", "/clock", {"hold": True})
    return lambda seconds: control("POST", "/clock", {"advance": seconds})


@pytest.fixture
def ann(line):
    """A second user, who can send."""
    assert line.admin("OpenUser", NewUser={"Username": "demo.ann", "Password": "secret1"}) == 0
    assert line.admin("AddTxService", User_tx={"Username": "demo.ann"}) == 0
    return {"Username": "demo.ann", "Password": "secret1"}


# The simple operations


def test_sendfax_takes_a_file(line, faxes, tiff):
    key = line.code("Sendfax", FaxNumber="+13035550123", FileData=b64(tiff(3)), FileType="tif")
    (fax,) = faxes()
    assert (fax["reference"], fax["number"], fax["pages"]) == (str(key), "+13035550123", 3)


def test_send_char_fax_takes_text(line, faxes):
    key = line.code("SendCharFax", FaxNumber="+13035550123", Data="Grüße", FileType="TXT")
    (fax,) = faxes()
    assert (fax["reference"], fax["pages"]) == (str(key), 1)
    assert httpx.get(fax["document"], trust_env=False).content == "Grüße".encode()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"FileData": b64(b"x")}, -1004),
        ({"FileData": b64(b"x"), "FileType": "EXE"}, -123),
        ({"FileType": "TXT"}, -123),
        ({"FileData": b64(b"x"), "FileType": "HTML/AB/PB"}, -1010),
        ({"FileData": b64(b"x"), "FileType": "TXT", "FaxNumber": ""}, -112),
        ({"FileData": b64(b"x"), "FileType": "TXT", "FaxNumber": "12"}, -112),
        ({"FileData": b64(b"x"), "FileType": "TXT", "Password": "wrong"}, -1003),
    ],
)
def test_sendfax_refuses(line, faxes, fields, code):
    given = {**LOGIN, "FaxNumber": "+13035550123", **fields}
    assert line.soap("dfs", "Sendfax", **given) == {"SendfaxResult": str(code)}
    assert faxes() == []


def test_one_of_the_switches_is_no_conflict(line):
    given = {"FaxNumber": "+13035550123", "FileData": b64(b"x"), "FileType": "HTML/AB"}
    assert line.code("Sendfax", **given) > 0


# SendfaxEx_2


GOOD = {"FaxNumbers": "+13035550123", "FilesData": b64(b"hello"), "FileTypes": "TXT",
        "FileSizes": "5"}  # fmt: skip


@pytest.mark.parametrize("operation", ["SendfaxEx", "SendfaxEx_2"])
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (dict.fromkeys(GOOD, ""), -1007),
        ({"FaxNumbers": ""}, -112),
        ({"FaxNumbers": ";"}, -112),
        ({"FaxNumbers": "list={friends}"}, -112),
        ({"FaxNumbers": "+13035550123;911"}, -112),
        ({"FileSizes": "0"}, -1007),
        ({"FileSizes": "-5"}, -1007),
        ({"FileSizes": "five"}, -1007),
        ({"FileSizes": "٥"}, -1007),
        ({"FileTypes": "TXT;TXT"}, -1002),
        ({"FileSizes": "2;3"}, -1002),
        ({"FileTypes": ""}, -1004),
        ({"FileTypes": "TXT;", "FileSizes": "2;3"}, -1004),
        ({"FileSizes": "4"}, -1008),
        ({"FileTypes": "TXT;TXT", "FileSizes": "2;2"}, -1008),
        ({"FileTypes": "EXE"}, -123),
        ({"FileSizes": "5/sessionID=ABC"}, -1062),
        ({"Postpone": "2199-01-01T00:00:00"}, -114),
        ({"Password": "demo "}, -1003),
        ({"Username": ""}, -1003),
    ],
)
def test_what_it_refuses(line, faxes, operation, fields, code):
    reply = line.soap("dfs", operation, **{**LOGIN, **GOOD, **fields})
    assert reply == {f"{operation}Result": str(code)}
    assert faxes() == []


def test_a_login_is_looked_at_before_anything_else(line):
    reply = line.soap("dfs", "SendfaxEx_2", Username="demo", Password="x")
    assert reply == {"SendfaxEx_2Result": "-1003"}


def test_several_files_are_one_document(line, faxes, tiff):
    page = tiff(2)
    line.send(data=page + b"hello", kind="TIF;TXT", FileSizes=f"{len(page)};5")
    (fax,) = faxes()
    assert fax["pages"] == 3
    first = httpx.get(fax["document"] + "/1", trust_env=False)
    assert first.content == page


def test_more_than_twenty_megabytes_are_too_big(line, faxes):
    session = line.dfs("StartFileUpload")["SessionID"]
    chunk = b64(bytes(2_900_000))
    sizes = [
        line.soap("dfs", "UploadFileChunk", SessionID=session, Chunk=chunk)["UploadFileChunkResult"]
        for _ in range(8)
    ]
    assert sizes[:2] == ["2900000", "5800000"]
    assert sizes[7] == "-1063"
    assert faxes() == []


def test_each_destination_has_its_own_id_and_all_have_the_first_as_parent(line, faxes, hold):
    numbers = [f"+130355501{n:02}" for n in range(5)]
    first = line.send(";".join(numbers), Contacts="Ann;Bob;;Dora")
    assert [fax["number"] for fax in faxes()] == numbers
    assert [int(fax["reference"]) for fax in faxes()] == list(range(first, first + 5))
    reply = line.dfs("FaxQuery", Verb="PARENT", VerbData=first, MaxItems=-1)
    items = reply["FaxQueryResult"]
    assert [int(item["TransactionID"]) for item in items] == list(range(first + 4, first - 1, -1))
    assert {item["ParentTransactionID"] for item in items} == {str(first)}
    assert [item["Contact"] for item in items] == ["", "Dora", "", "Bob", "Ann"]


def test_fifty_broadcasts_at_once_keep_their_ids_together(line, faxes):
    def submit(number):
        web = interfax_line.envelope(
            "dfs", "SendfaxEx_2", {**LOGIN, **GOOD, "FaxNumbers": f"{number}0;{number}1"}
        )
        reply = line.post("dfs", "SendfaxEx_2", web)
        return number, int(re.search(r"Result>(\d+)<", reply.text)[1])

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        firsts = dict(pool.map(submit, [f"+13035551{n:02}" for n in range(50)]))
    ids = {fax["number"]: int(fax["reference"]) for fax in faxes()}
    assert len(ids) == 100
    for number, first in firsts.items():
        assert (ids[f"{number}0"], ids[f"{number}1"]) == (first, first + 1)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("+1 (303) 555-0123", "0013035550123"),
        ("0013035550123", "0013035550123"),
        ("01113035550123", "0013035550123"),
        ("13035550123", "0013035550123"),
        ("303-555-0123", "0013035550123"),
        ("5550123", "0012125550123"),
        ("+442079460123", "00442079460123"),
        ("00442079460123", "00442079460123"),
        ("+4930231250", "004930231250"),
    ],
)
def test_numbers_are_understood_from_where_the_user_dials(line, written, canonical):
    assert line.item(line.send(written))["DestinationFax"] == canonical


def test_a_user_in_another_country_writes_that_country_s_numbers(line):
    tx = {"DialingCountryISOCode": "DE", "DialingAreaCode": "30"}
    assert line.own("SetUserTxProperties", User_tx=tx) == 0
    assert (
        line.item(line.send("030 23125123"))["DestinationFax"]
        == "004930023125123"[:4] + "3023125123"
    )
    assert line.item(line.send("089 999998123"))["DestinationFax"] == "004989999998123"


def test_the_record_has_all_27_fields_in_order(line, hold, tiff):
    page = tiff(3)
    key = line.send(
        "+13035550123", page, "TIF", Contacts="Ann", RetriesToPerform=2, CSID="c" * 30,
        PageHeader="N", JobID="job-7", Subject="s" * 80, ReplyAddress="a@example.com",
        PageSize="b4", PageOrientation="Landscape", IsHighResolution="1", IsFineRendering="1",
    )  # fmt: skip
    hold(1)
    item = line.item(key)
    time = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
    for name in ("SubmitTime", "PostponeTime", "CompletionTime"):
        assert re.fullmatch(time, item.pop(name))
    assert list(item.items()) == [
        ("ParentTransactionID", str(key)), ("TransactionID", str(key)), ("UserID", "demo"),
        ("Contact", "Ann"), ("JobID", "job-7"), ("DestinationFax", "0013035550123"),
        ("ReplyEmail", "a@example.com"), ("RemoteCSID", "+13035550123"), ("PagesSent", "3"),
        ("Status", "0"), ("Duration", "1"), ("Subject", "s" * 60), ("PagesSubmitted", "3"),
        ("SenderCSID", "c" * 20), ("Priority", "2"), ("Units", "3"), ("CostPerUnit", "0.10"),
        ("PageSize", "B4"), ("PageOrientation", "Landscape"), ("PageResolution", "Fine"),
        ("RenderingQuality", "Fine"), ("PageHeader", "N"), ("RetriesToPerform", "2"),
        ("TrialsPerformed", "1"),
    ]  # fmt: skip


# Status


def test_the_status_is_negative_until_the_end(line, hold):
    key = line.send()
    seen = [line.status(key)]
    for seconds in (0.06, 0.06, 1):
        hold(seconds)
        seen.append(line.status(key))
    assert seen == [-1, -2, -3, 0]
    assert line.item(key)["CompletionTime"] != "0001-01-01T00:00:00"


def test_an_unfinished_fax_was_completed_in_the_year_1(line, hold):
    assert line.item(line.send())["CompletionTime"] == "0001-01-01T00:00:00"


@pytest.mark.parametrize(
    ("ending", "status", "pages"),
    [("0123", 0, 3), ("9001", 263, 0), ("9005", 1, 2), ("9009", 205000, 0)],
)
def test_known_endings_have_the_service_s_codes(line, hold, tiff, ending, status, pages):
    key = line.send(f"+1303555{ending}", tiff(3), "TIF")
    hold(1)
    item = line.item(key)
    assert (int(item["Status"]), int(item["PagesSent"])) == (status, pages)


@pytest.mark.parametrize("ending", ["9003", "9004", "9006", "9007", "9010"])
def test_all_other_failures_are_positive(line, hold, ending):
    key = line.send(f"+1303555{ending}")
    hold(1)
    assert line.status(key) > 0


def test_a_fax_without_credit_waits_for_it(line, hold):
    key = line.send("+13035559009")
    hold(0.07)
    assert line.status(key) == -22


def test_one_that_never_ends_goes_on_sending(line, hold):
    key = line.send("+13035559008")
    hold(100_000)
    assert line.status(key) == -3


def test_busy_once_succeeds_the_second_time(line, hold):
    first = line.send("+13035559002")
    second = line.send("+13035559002")
    hold(1)
    assert (line.status(first), line.status(second)) == (263, 0)


def test_a_document_that_is_broken_fails_after_it_was_taken(line, hold):
    key = line.send(data=b"no TIFF", kind="TIF")
    hold(1)
    assert line.status(key) > 0


# Postponing


def test_a_fax_is_sent_when_its_time_has_come(line, hold, sandbox):
    later = sandbox.exchange.now() + datetime.timedelta(hours=1)
    key = line.send(Postpone=later.strftime("%Y-%m-%dT%H:%M:%SZ"))
    hold(3000)
    assert line.status(key) == -2
    assert line.item(key)["PostponeTime"] == later.strftime("%Y-%m-%dT%H:%M:%S")
    hold(602)
    assert line.status(key) == 0


@pytest.mark.parametrize(
    "past", ["1980-01-01T00:00:00", "2001-12-31T00:00:00-00:00", "0001-01-01T00:00:00"]
)
def test_a_past_time_is_now(line, hold, past):
    key = line.send(Postpone=past)
    hold(1)
    assert line.status(key) == 0


def test_thirty_days_is_the_limit(line, sandbox):
    now = sandbox.exchange.now()
    near, far = (now + datetime.timedelta(days=days) for days in (29.9, 30.1))
    assert line.code("SendfaxEx_2", **GOOD, Postpone=near.isoformat()) > 0
    assert line.code("SendfaxEx_2", **GOOD, Postpone=far.isoformat()) == -114


# Cancelling and hiding


def test_a_waiting_fax_can_be_cancelled(line, hold, faxes):
    key = line.send()
    assert line.code("CancelFax", TransactionID=key) == 0
    assert line.status(key) > 0
    assert faxes()[0]["cause"] == "cancelled"
    assert line.code("CancelFax", TransactionID=key) == -1005


def test_a_fax_on_the_line_goes_on(line, hold):
    key = line.send()
    hold(0.15)
    assert line.status(key) == -3
    line.code("CancelFax", TransactionID=key)
    hold(1)
    assert line.status(key) == 0


def test_the_head_of_a_batch_is_cancelled_alone_and_a_batch_as_a_whole(line, hold):
    first = line.send("+13035550101;+13035550102;+13035550103")
    assert line.code("CancelFax", TransactionID=first) == 0
    assert line.status(first) > 0
    assert line.status(first + 1) < 0
    assert line.code("CancelBatch", ParentTransactionID=first) == 0
    assert all(line.status(key) > 0 for key in range(first, first + 3))


def test_hidden_faxes_are_listed_no_more(line):
    key = line.send()
    batch = line.send("+13035550101;+13035550102")
    assert line.code("HideFax", TransactionID=key) == 0
    assert line.code("HideBatch", ParentTransactionID=batch) == 0
    assert line.dfs("FaxStatus", LastTransactionID=999999999, MaxItems=9)["TotalCount"] == "0"


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        ("CancelFax", "TransactionID"),
        ("HideFax", "TransactionID"),
        ("ReSendFax", "TransactionID"),
        ("GetFaxImage", "TransactionID"),
        ("CancelBatch", "ParentTransactionID"),
        ("HideBatch", "ParentTransactionID"),
        ("ResendBroadcastFax", "ParentTransactionID"),
    ],
)
def test_unknown_transactions_and_other_users_ones(line, ann, operation, name):
    assert line.code(operation, **{name: 7}) == -1005
    key = line.send()
    reply = line.soap("dfs", operation, **ann, **{name: key})
    assert reply[f"{operation}Result"] == "-311"


# Sending again


def test_a_fax_is_sent_again_to_the_same_number_or_another(line, faxes):
    key = line.send(Subject="s")
    again = line.code("ReSendFax", TransactionID=key)
    other = line.code("ReSendFax", TransactionID=key, FaxNumber="+13035550199")
    assert key < again < other
    assert [fax["number"] for fax in faxes()] == ["+13035550123"] * 2 + ["+13035550199"]
    assert len({fax["sha256"] for fax in faxes()}) == 1
    assert line.item(other)["Subject"] == "s"
    assert line.code("ReSendFax", TransactionID=key, FaxNumber="x") == -112


def test_a_broadcast_is_sent_again_whole_or_where_it_failed(line, hold, faxes):
    first = line.send("+13035550101;+13035559001;+13035550103")
    hold(1)
    failed = line.code(
        "ResendBroadcastFax", ParentTransactionID=first, Subject="again", SendErrorsOnly="true"
    )
    assert [fax["number"] for fax in faxes()[3:]] == ["+13035559001"]
    assert line.item(failed)["Subject"] == "again"
    whole = line.code("ResendBroadcastFax", ParentTransactionID=first, SendErrorsOnly="false")
    assert [fax["number"] for fax in faxes()[4:]] == [fax["number"] for fax in faxes()[:3]]
    assert line.item(whole + 2)["ParentTransactionID"] == str(whole)


def test_a_mail_merge_goes_to_the_numbers_of_its_list(line, faxes):
    rows = b"Number,Name\r\n+13035550101,Ann\r\n+13035550102,Bob\r\n"
    key = line.code("SendWordMailMerge", Document=b64(b"doc"), List=b64(rows), Options="")
    assert [fax["number"] for fax in faxes()] == ["+13035550101", "+13035550102"]
    assert faxes()[0]["reference"] == str(key)
    assert line.code("SendWordMailMerge", Document=b64(b"doc"), List="") == -112


# Uploads


def test_a_document_comes_in_chunks_and_its_session_serves_once(line, faxes, tiff):
    page = tiff(4)
    reply = line.dfs("StartFileUpload")
    session = reply["SessionID"]
    assert reply["StartFileUploadResult"] == "0"
    assert re.fullmatch(r"[0-9A-F]{64}", session)
    totals = []
    for start in itertools.count(0, 100):
        last = start + 100 >= len(page)
        chunk = {"Chunk": b64(page[start : start + 100]), "IsLast": str(last).lower()}
        reply = line.soap("dfs", "UploadFileChunk", SessionID=session, **chunk)
        totals.append(int(reply["UploadFileChunkResult"]))
        if last:
            break
    assert totals == [*range(100, len(page), 100), len(page)]
    sizes = f"{len(page)}/sessionID={session}"
    given = {"FaxNumbers": "+13035550123", "FilesData": "", "FileTypes": "TIF"}
    assert line.code("SendfaxEx_2", **given, FileSizes="5/sessionID=" + session) == -1008
    assert line.code("SendfaxEx_2", **given, FileSizes=sizes) > 0
    assert faxes()[0]["pages"] == 4
    assert line.code("SendfaxEx_2", **given, FileSizes=sizes) == -1062


def test_a_wrong_login_opens_no_session(line):
    reply = line.soap("dfs", "StartFileUpload", Username="demo", Password="x")
    assert reply == {"StartFileUploadResult": "-1003"}


def test_chunks_are_refused_with_their_codes(line):
    def upload(session, **fields):
        reply = line.soap("dfs", "UploadFileChunk", SessionID=session, **fields)
        return int(reply["UploadFileChunkResult"])

    session = line.dfs("StartFileUpload")["SessionID"]
    assert upload("ABC", Chunk=b64(b"x")) == -1062
    assert upload(session) == -1061
    assert upload(session, Chunk="") == -1061
    unfinished = {**GOOD, "FilesData": "", "FileSizes": f"5/sessionID={session}"}
    assert upload(session, Chunk=b64(b"hello")) == 5
    assert line.code("SendfaxEx_2", **unfinished) == -1062
    assert upload(session, Chunk=b64(b"!"), IsLast="true") == 6
    assert upload(session, Chunk=b64(b"x")) == -1062


def test_an_upload_is_cancelled_and_even_an_unknown_one_answers_0(line):
    session = line.dfs("StartFileUpload")["SessionID"]
    assert line.soap("dfs", "CancelFileUpload", **LOGIN, SessionId=session) == {
        "CancelFileUploadResult": "0"
    }
    assert line.soap("dfs", "UploadFileChunk", SessionID=session, Chunk="eA==") == {
        "UploadFileChunkResult": "1"
    }
    line.soap("dfs", "CancelFileUpload", SessionID=session)
    assert line.soap("dfs", "UploadFileChunk", SessionID=session, Chunk="eA==") == {
        "UploadFileChunkResult": "-1062"
    }


def test_a_session_is_its_user_s_own(line, ann):
    session = line.dfs("StartFileUpload")["SessionID"]
    line.soap("dfs", "UploadFileChunk", SessionID=session, Chunk=b64(b"hello"), IsLast="1")
    given = {**GOOD, "FilesData": "", "FileSizes": f"5/sessionID={session}"}
    assert line.soap("dfs", "SendfaxEx_2", **ann, **given)["SendfaxEx_2Result"] == "-1062"
    assert line.code("SendfaxEx_2", **given) > 0


# Lists


def test_fax_status_lists_smaller_ids_newest_first(line, hold):
    keys = [line.send(f"+130355501{n:02}") for n in range(4)]
    reply = line.dfs("FaxStatus", LastTransactionID=keys[3], MaxItems=2)
    assert (reply["TotalCount"], reply["ListSize"], reply["ResultCode"]) == ("3", "2", "0")
    items = reply["FaxStatusResult"]
    assert [int(item["TransactionID"]) for item in items] == [keys[2], keys[1]]
    assert list(items[0]) == [
        "TransactionID", "SubmitTime", "PostponeTime", "CompletionTime", "DestinationFax",
        "RemoteCSID", "PagesSent", "Status", "Duration", "Subject", "PagesSubmitted",
    ]  # fmt: skip
    assert list(reply) == ["FaxStatusResult", "TotalCount", "ListSize", "ResultCode"]


def test_fax_status_xml_holds_the_same_as_text(line):
    key = line.send(Subject="a<b & c")
    text = line.dfs("FaxStatusXML", LastTransactionID=999999999, MaxItems=1)["FaxStatusXMLResult"]
    (item,) = etree.fromstring(text)
    assert item.findtext("TransactionID") == str(key)
    assert item.findtext("Subject") == "a<b & c"


@pytest.mark.parametrize("operation", ["FaxStatus", "FaxStatusEx", "FaxStatusXML"])
def test_a_wrong_login_gets_counts_and_a_code_but_no_list(line, operation):
    reply = line.soap("dfs", operation, Username="demo", Password="x", LastTransactionID=9)
    assert reply == {"TotalCount": "0", "ListSize": "0", "ResultCode": "-1003"}


def test_a_user_sees_only_the_own_faxes(line, ann):
    line.send()
    reply = line.soap("dfs", "FaxStatus", **ann, LastTransactionID=999999999, MaxItems=9)
    assert reply["TotalCount"] == "0"


def test_fax_query_by_each_verb(line, hold):
    keys = [line.send(f"+130355501{n:02}") for n in range(5)]

    def found(verb, data="", most=-1):
        reply = line.dfs("FaxQuery", Verb=verb, VerbData=data, MaxItems=most)
        assert reply["ResultCode"] == "0"
        items = reply["FaxQueryResult"] or []
        items = [items["FaxItemEx"]] if isinstance(items, dict) else items
        return [keys.index(int(item["TransactionID"])) for item in items]

    assert found("GT", keys[2]) == [4, 3]
    assert found("GE", keys[2]) == [4, 3, 2]
    assert found("LT", keys[2]) == [1, 0]
    assert found("LE", keys[2]) == [2, 1, 0]
    assert found("EQ", keys[2]) == [2]
    assert found("IN", f"{keys[0]},{keys[3]},7") == [3, 0]
    assert found("BETWEEN", f"{keys[1]},{keys[3]}") == [3, 2, 1]
    assert found("PARENT", keys[2]) == [2]
    assert found("ACTIVE") == [4, 3, 2, 1, 0]
    assert found("GE", keys[0], most=2) == [4, 3]
    hold(1)
    assert found("ACTIVE") == []


@pytest.mark.parametrize(
    ("verb", "data"),
    [
        ("", ""),
        ("XX", "1"),
        ("EQ", ""),
        ("EQ", "x"),
        ("EQ", "1,2"),
        ("BETWEEN", "1"),
        ("IN", "1;2"),
    ],
)
def test_a_bad_verb_or_data_is_told(line, verb, data):
    reply = line.dfs("FaxQuery", Verb=verb, VerbData=data, MaxItems=1)
    assert reply == {"ResultCode": "-1030"}


# FaxQuery2


@pytest.fixture
def search(line):
    """search(form, **control) → (result, the ids found)."""

    def ask(form, **control):
        given = {"ReturnItems": "true", "AscOrderDirection": "true", **control}
        result = line.dfs("FaxQuery2", QueryForm=form, QueryControl=given)["FaxQuery2Result"]
        items = result.get("FaxItems") or []
        items = [items["FaxItemEx2"]] if isinstance(items, dict) else items
        return result, [int(item["TransactionID"]) for item in items]

    return ask


@pytest.fixture
def three(line, hold):
    """Three faxes: one sent, one busy, one under way."""
    keys = [
        line.send("+13035550123", Subject="first", ReplyAddress="a@example.com"),
        line.send("+13035559001", Subject="second"),
    ]
    hold(1)
    return [*keys, line.send("+442079460123", Subject="third, last")]


def test_fax_query_2_by_each_condition(search, three):
    def where(name, verb, data):
        found = search({name: {"Verb": verb, "VerbData": data}})[1]
        return [three.index(key) for key in found]

    assert where("Subject", "Equals", "First") == [0]
    assert where("Subject", "Equals", "third, last") == [2]
    assert where("Subject", "Like", "%ir%") == [0, 2]
    assert where("Subject", "Like", "ir") == []
    assert where("FaxNumber", "Equals", "00442079460123") == [2]
    assert where("FaxNumber", "Like", "001303%") == [0, 1]
    assert where("UserID", "Equals", "demo") == [0, 1, 2]
    assert where("ReplyAddress", "Equals", "a@example.com") == [0]
    assert where("TransactionID", "GreaterThan", three[0]) == [1, 2]
    assert where("TransactionID", "GreaterOrEqual", three[1]) == [1, 2]
    assert where("TransactionID", "LessThan", three[1]) == [0]
    assert where("TransactionID", "LessOrEqual", three[1]) == [0, 1]
    assert where("TransactionID", "IncludedIn", f"{three[0]},{three[2]}") == [0, 2]
    assert where("ParentTransactionID", "Between", f"{three[0]},{three[1]}") == [0, 1]
    assert where("Status", "LessThan", "0") == [2]
    assert where("Status", "Equals", "263") == [1]
    assert where("Status", "Equals", "") == [0, 1, 2]


def test_fax_query_2_by_date(search, three, line):
    times = [line.item(key)["SubmitTime"] for key in three]
    assert search({"DateFrom": times[2] + "Z"})[1] == [three[2]]
    assert search({"DateTo": "2001-01-01T00:00:00"})[1] == []


def test_fax_query_2_orders_pages_and_counts(search, three):
    result, found = search({}, OrderBy="DestinationFax")
    assert [three.index(key) for key in found] == [0, 1, 2]
    assert result["TotalTransactionsNum"] == "3"
    assert search({}, AscOrderDirection="false")[1] == three[::-1]
    result, found = search({}, StartingRecord=1, NumOfResults=1, ReturnStats="true")
    assert found == [three[1]]
    assert result["Stats"] == [
        {"Status": "-1", "Count": "1"},
        {"Status": "0", "Count": "1"},
        {"Status": "263", "Count": "1"},
    ]


def test_fax_query_2_shows_hidden_ones_and_heads_when_asked(search, three, line):
    line.code("HideFax", TransactionID=three[0])
    batch = line.send("+13035550101;+13035550102")
    assert search({})[1] == [*three[1:], batch, batch + 1]
    assert search({"ShowHiddenTransactions": "1"})[1] == [*three, batch, batch + 1]
    assert search({}, OnlyParents="true")[1] == [*three[1:], batch]


def test_fax_query_2_has_35_fields(line, three):
    control = {"ReturnItems": "true", "NumOfResults": 1}
    result = line.dfs("FaxQuery2", QueryForm={}, QueryControl=control)["FaxQuery2Result"]
    assert len(result["FaxItems"]["FaxItemEx2"]) == 35


def test_fax_query_2_refuses(search, line):
    assert search({}, ReturnItems="false")[0]["ResultCode"] == "-710"
    bad = {"Status": {"Verb": "Equals", "VerbData": "x"}}
    assert search(bad)[0]["ResultCode"] == "-1030"
    reply = line.soap("dfs", "FaxQuery2", Username="x", QueryControl={"ReturnItems": "1"})
    assert reply["FaxQuery2Result"]["ResultCode"] == "-1003"


# Pages and types


def test_the_image_is_what_was_sent(line, hold, tiff, pdf):
    page = tiff(2)
    sent = line.send(data=page, kind="TIF")
    drawn = line.send(data=pdf(3), kind="PDF")
    assert line.code("GetFaxImage", TransactionID=sent) == -1009
    hold(1)
    reply = line.dfs("GetFaxImage", TransactionID=sent)
    assert reply["GetFaxImageResult"] == "0"
    assert base64.b64decode(reply["Image"]) == page
    assert base64.b64decode(line.dfs("GetFaxImage", TransactionID=drawn)["Image"])[:4] == b"II*\0"


def test_there_is_no_image_of_what_could_not_be_converted(line, hold):
    key = line.send(data=b"no PDF", kind="PDF")
    hold(1)
    assert line.dfs("GetFaxImage", TransactionID=key) == {"GetFaxImageResult": "-1009"}


def test_an_image_is_deleted_after_use_where_the_user_wants_that(line, hold, tiff):
    assert line.own("SetUserTxProperties", User_tx={"DefaultDeleteAfterUsage": "true"}) == 0
    key = line.send(data=tiff(), kind="TIF")
    hold(1)
    assert line.code("GetFaxImage", TransactionID=key) == -1009


def test_file_types(line):
    types = line.dfs("GetSupportedFileTypes")["GetSupportedFileTypesResult"].split(";")
    assert {"PDF", "TIF", "DOCX", "TXT"} <= set(types)
    for name, known in (("pdf", "true"), ("EXE", "false"), ("", "false")):
        reply = line.dfs("IsSupportedFileType", FileType=name)
        assert reply == {"IsSupportedFileTypeResult": known}


# The prepaid card


def test_faxes_are_paid_from_the_card(line, hold, tiff):
    line.send(data=tiff(3), kind="TIF")
    line.send("+13035559001")
    hold(1)
    listed = line.dfs("GetListPP")["GetListPPResult"]
    card = listed["PPCardsDetails"]["PPCardDetails"]
    assert (listed["Valid"], listed["ResultCode"]) == ("true", "0")
    assert (card["Balance"], card["CurrentUsage"]) == ("99.70", "0.30")
    details = line.dfs("GetPPCardDetails", PPCardID=card["PPCardID"])["GetPPCardDetailsResult"]
    assert details["Details"] == card
    paid = line.dfs("GetPPCardTransactions", PPCardID=1, FirstResult=0, NumOfResults=9)
    paid = paid["GetPPCardTransactionsResult"]
    assert paid["TotalNumOfTransactions"] == "1"
    assert paid["Transactions"]["FaxItemEx"]["PagesSent"] == "3"
    now = datetime.datetime.now(datetime.UTC)
    reply = line.dfs("GetPPCardTransactionsAsByteArray", Year=now.year, Month=now.month)
    text = base64.b64decode(reply["GetPPCardTransactionsAsByteArrayResult"]["Transactions"])
    assert text.startswith(b"TransactionID,")
    assert text.count(b"\r\n") == 2


def test_the_card_is_for_primary_users_and_has_one_number(line, ann):
    for operation in ("GetListPP", "GetPPCardDetails", "GetPPCardTransactions"):
        result = line.soap("dfs", operation, **ann, PPCardID=1)[f"{operation}Result"]
        assert result["ResultCode"] == "-310"
    name = "GetPPCardTransactionsAsByteArray"
    assert line.soap("dfs", name, **ann)[f"{name}Result"] == {"ResultCode": "-310"}
    result = line.dfs("GetPPCardDetails", PPCardID=2)["GetPPCardDetailsResult"]
    assert int(result["ResultCode"]) < 0


def test_a_user_without_a_sending_service_cannot_send(line):
    assert line.admin("RemoveTxService", Username="demo") == 0
    assert line.code("SendfaxEx_2", **GOOD) == -677
    assert line.code("SendCharFax", FaxNumber="+13035550123", Data="x", FileType="TXT") == -677
    assert line.dfs("StartFileUpload") == {"StartFileUploadResult": "-677"}
