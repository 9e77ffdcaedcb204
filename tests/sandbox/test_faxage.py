"""The FAXAGE twin speaks as the manual and the public clients say (facts file sections 1 to 7)."""

import base64
import concurrent.futures
import http.client
import io
import re
import shutil
import subprocess
import urllib.parse
import urllib.request

import httpx
import pypdf
import pytest
from PIL import Image

from tests.providers import exchanges

LOGIN = {"username": "demo", "company": "12345", "password": "demo"}
TO = {**LOGIN, "operation": "sendfax", "recipname": "Ann Example", "faxno": "3035550123"}
TEXT = base64.b64encode(b"hello").decode()
NO_JOB = "ERR06: No jobs to display or job id specified not found"


@pytest.fixture
def url(sandbox):
    return sandbox.urls["faxage"] + "/httpsfax.php"


@pytest.fixture
def hold(control):
    control("POST", "/clock", {"hold": True})
    return lambda seconds: control("POST", "/clock", {"advance": seconds})


@pytest.fixture
def download(url):
    """download(operation, **fields) → httpx reply."""
    return lambda operation, **fields: httpx.post(
        url, data={**LOGIN, "operation": operation, **fields}, trust_env=False
    )


@pytest.fixture
def ring(control):
    """ring(data, **query) → id of the received fax."""

    def call(data, **query):
        text = urllib.parse.urlencode({"provider": "faxage", **query})
        status, reply = control("POST", f"/inbound?{text}", data)
        assert status == 201, reply
        return str(reply["id"])

    return call


# The wire: all encodings that public clients use


@pytest.mark.parametrize("array", ["{}[]", "{}%5B%5D", "{}%5B0%5D", "{}[0]"])
def test_every_spelling_of_the_arrays_is_understood(sandbox, faxes, array):
    names = [array.format(name) for name in ("faxfilenames", "faxfiledata")]
    data = urllib.parse.urlencode(TO) + f"&{names[0]}=a.txt&{names[1]}={TEXT}"
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.ports["faxage"], timeout=20)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/httpsfax.php", data, headers)
    reply = connection.getresponse()
    assert re.fullmatch(rb"JOBID: \d+", reply.read())
    assert reply.headers["content-type"].startswith("text/html")
    assert faxes()[0]["pages"] == 1
    connection.close()


def test_urllib_with_wrapped_base64_and_lost_pluses(url, faxes, tiff):
    page = tiff(2)
    document = page + bytes(-len(page) % 3) + b"\xfb\xef\xbe" * 50
    wrapped = base64.encodebytes(document).decode()
    assert "+" in wrapped
    fields = {**TO, "faxfilenames[]": "A.TIF", "faxfiledata[]": wrapped.replace("+", " ")}
    request = urllib.request.Request(url, urllib.parse.urlencode(fields).encode())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=20) as reply:
        assert reply.read().startswith(b"JOBID: ")
    assert faxes()[0]["pages"] == 2
    with opener.open(faxes()[0]["document"], timeout=20) as reply:
        assert reply.read() == document


def test_httpx_multipart(url, faxes):
    parts = {**TO, "faxfilenames[0]": "a.txt", "faxfiledata[0]": TEXT}
    files = {name: (None, value) for name, value in parts.items()}
    reply = httpx.post(url, files=files, trust_env=False)
    assert reply.text.startswith("JOBID: ")
    assert faxes()[0]["number"] == "+13035550123"


def test_capitalised_names_as_in_the_manual_s_tables(url):
    fields = {"Username": "demo", "Company": "12345", "Password": "demo", "Operation": "listlines"}
    assert httpx.post(url, data=fields, trust_env=False).text == "3035550100\n3035550101"


@pytest.fixture
def curl(url):
    if shutil.which("curl") is None:
        pytest.skip("curl is not here")

    def run(*arguments):
        command = ["curl", "-sS", "--noproxy", "*", "--max-time", "20", *arguments, url]
        return subprocess.run(command, capture_output=True, timeout=30, check=True).stdout

    return run


def test_curl_urlencoded(curl, faxes):
    fields = {**TO, "faxfilenames[]": "a b.txt", "faxfiledata[]": TEXT}
    arguments = [
        x for name, value in fields.items() for x in ("--data-urlencode", f"{name}={value}")
    ]
    assert curl(*arguments).startswith(b"JOBID: ")
    assert len(faxes()) == 1


def test_curl_multipart_and_a_body_large_enough_for_100_continue(curl, faxes, tmp_path):
    big = tmp_path / "big.b64"
    big.write_bytes(base64.encodebytes(b"x\n" * 1_000_000))
    fields = {**TO, "faxfilenames[0]": "a.txt"}
    arguments = [x for name, value in fields.items() for x in ("-F", f"{name}={value}")]
    reply = curl(*arguments, "-F", f"faxfiledata[0]=<{big}", "-H", "Expect: 100-continue")
    assert reply.startswith(b"JOBID: ")
    assert len(httpx.get(faxes()[0]["document"], trust_env=False).content) == 2_000_000


def test_a_file_part_is_no_variable_as_in_php(curl, tmp_path):
    file = tmp_path / "a.b64"
    file.write_text(TEXT)
    fields = {**TO, "faxfilenames[0]": "a.txt"}
    arguments = [x for name, value in fields.items() for x in ("-F", f"{name}={value}")]
    assert curl(*arguments, "-F", f"faxfiledata[0]=@{file}") == b"ERR03: No files to fax"


def test_the_debugging_url_echoes_the_post_and_does_the_same(post, faxes):
    reply = post("/httpsfax-debug.php", {**TO, "faxfilenames[0]": "a.txt", "faxfiledata[0]": TEXT})
    assert "[faxno] => 3035550123" in reply
    assert "[0] => a.txt" in reply
    assert re.search(r"JOBID: \d+$", reply)
    assert len(faxes()) == 1


def test_other_paths_are_not_found(sandbox):
    assert httpx.post(sandbox.urls["faxage"] + "/httpsfax", trust_env=False).status_code == 404


# Login and operation


@pytest.mark.parametrize("name", ["username", "company", "password"])
def test_all_three_credentials_count(post, name):
    for path, text in (
        ("/httpsfax.php", "ERR02: Login incorrect"),
        ("/httpsfax-debug.php", "ERR02: Login incorrect"),
        ("/getcdr.php", "ERR02: login incorrect"),
        ("/provision.php", "ERR02: login incorrect"),
    ):
        assert post(path, {"operation": "listlines", name: "wrong"}).endswith(text)


def test_a_get_has_no_login(url):
    reply = httpx.get(url, params={**LOGIN, "operation": "listlines"}, trust_env=False)
    assert (reply.status_code, reply.text) == (200, "ERR02: Login incorrect")


def test_an_unknown_operation_gets_its_post_back(fax, post):
    reply = fax("sendfaxes", faxno="1")
    assert reply.startswith("ERR08: Unknown operation specified or bad POST\n")
    assert "[operation] => sendfaxes" in reply
    assert post("/provision.php", {"operation": "x"}) == "ERR03: unknown operation"


# sendfax


@pytest.mark.parametrize(
    "number", ["13035550123", "+13035550123", "303-555-0123", "303555012", "", "٣٠٣٥٥٥٠١٢٣"]
)
def test_a_number_is_ten_digits_and_nothing_else(fax, number):
    fields = {"faxfilenames[]": "a.txt", "faxfiledata[]": TEXT}
    reply = fax("sendfax", recipname="Ann", faxno=number, **fields)
    assert reply == f"ERR04: Fax number {number} appears to be invalid"


@pytest.mark.parametrize(
    "number", ["9115550123", "3039110123", "5555550123", "1235550123", "8095550123", "9075550123"]
)
def test_blocked_numbers_are_refused(fax, number, faxes):
    fields = {"faxfilenames[]": "a.txt", "faxfiledata[]": TEXT}
    assert fax("sendfax", recipname="Ann", faxno=number, **fields).startswith("ERR05:")
    assert faxes() == []


@pytest.mark.parametrize("number", ["3035550123", "8085550100", "4165550100", "8005550100"])
def test_fictional_numbers_in_the_service_s_countries_are_delivered(send, job, hold, number):
    sent = send(number)
    hold(1)
    assert job(sent)[4] == "success"


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"faxfilenames[]": "a.exe", "faxfiledata[]": TEXT},
        {"faxfilenames[]": "txt", "faxfiledata[]": TEXT},
        {"faxfilenames[]": "a.txt"},
        {"faxfilenames[]": "a.txt", "faxfiledata[]": "!!!!"},
        {"faxfilenames[0]": "a.txt", "faxfiledata[1]": TEXT},
    ],
)
def test_without_a_usable_file_there_is_nothing_to_fax(fax, files):
    reply = fax("sendfax", recipname="Ann", faxno="3035550123", **files)
    assert reply == "ERR03: No files to fax"


def test_without_a_recipient_the_post_is_bad(fax):
    fields = {"faxfilenames[]": "a.txt", "faxfiledata[]": TEXT}
    assert fax("sendfax", faxno="3035550123", **fields).startswith("ERR08: ")


def test_a_long_name_is_cut_and_a_tab_cannot_break_the_record(send, job):
    sent = send(recipname="A\tB\r\n" + "x" * 40)
    assert job(sent)[2] == "A B " + "x" * 27


def test_a_document_by_url_is_fetched_from_this_machine_only(fax, sandbox, faxes):
    here = sandbox.urls["control"] + "/faxes"
    there = "http://192.0.2.1/a.pdf"
    to = {"recipname": "Ann", "faxno": "3035550123"}
    assert fax("sendfax", faxurl=here, **to).startswith("JOBID: ")
    assert fax("sendfax", **{"faxurls[]": there}, **to) == "ERR03: No files to fax"
    assert fax("sendfax", faxurl="file:///etc/passwd", **to) == "ERR03: No files to fax"
    assert fax("sendfax", faxurl="http://[", **to) == "ERR03: No files to fax"
    assert len(faxes()) == 1


def test_the_types_of_urls_can_be_told(fax, sandbox, faxes, send, tiff):
    send(data=tiff(3))
    document = faxes()[0]["document"]
    fields = {"faxurls[0]": document, "faxurls[1]": document, "faxurltypes[0]": "tif"}
    fax("sendfax", recipname="Ann", faxno="3035550124", **fields)
    assert faxes()[1]["pages"] == 3 + 1


def test_an_asynchronous_url_answers_at_once_and_fails_later(fax, sandbox, wait, job):
    to = {"recipname": "Ann", "faxno": "3035550123", "async": "1"}
    good = fax("sendfax", faxurl=sandbox.urls["control"], **to).removeprefix("JOBID: ")
    bad = fax("sendfax", faxurl="http://127.0.0.1:1/", **to).removeprefix("JOBID: ")
    wait(lambda: job(good)[4] == "success")
    wait(lambda: job(bad)[4:6] == ["failure", "Failed Conversion"])


def test_fifty_clients_at_once_get_fifty_jobs(url, faxes, tiff):
    document = base64.b64encode(tiff()).decode()

    def submit(number):
        fields = {"faxfilenames[]": "a.tif", "faxfiledata[]": document}
        to = {**TO, "faxno": f"30355501{number:02}"}
        return httpx.post(url, data={**to, **fields}, trust_env=False, timeout=30).text

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        replies = list(pool.map(submit, range(50)))
    jobs = {reply.removeprefix("JOBID: ") for reply in replies}
    assert len(jobs) == 50
    assert {fax["reference"] for fax in faxes()} == jobs
    assert {fax["number"] for fax in faxes()} == {f"+130355501{n:02}" for n in range(50)}


# status


def test_a_status_record_has_its_columns_in_order(send, job, hold, tiff):
    sent = send("3035550123", tiff(3))
    hold(0.6)
    asked = ("pagecount", "csid", "showlogin", "xmitpages", "showtries")
    record = job(sent, **dict.fromkeys(asked, "1"))
    assert record[0] == sent
    assert record[1].isdigit()
    assert record[2:6] == ["Ann Example", "3035550123", "success", "Success"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", record[6])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", record[7])
    assert re.fullmatch(r"\d\d:\d\d:\d\d", record[8])
    assert record[9:] == ["3", "3035550123", "demo", "3", "1"]


def test_a_pending_record_has_no_completion_and_names_its_stage(send, job, hold):
    sent = send()
    assert job(sent)[4:6] == ["pending", "Waiting for conversion"]
    hold(0.05)
    assert job(sent)[5] == "In Queue"
    assert job(sent, extqueue="1")[5].endswith(" Tries: 0 Status: In Queue")
    hold(0.05)
    record = job(sent, xmitpages="1")
    assert record[5] == "In Transmission"
    assert record[7:] == ["0000-00-00 00:00:00", "00:00:00", "0"]


@pytest.mark.parametrize(
    ("number", "short", "words", "pages"),
    [
        ("3035559001", "failure", "Busy", "0"),
        ("3035559002", "failure", "Busy", "0"),
        ("3035559003", "failure", "No Answer", "0"),
        ("3035559004", "failure", "No Fax Tone Detected", "0"),
        ("3035559005", "failure", "Call Dropped During Transmission", "2"),
        ("3035559006", "failure", "Number Not In Service", "0"),
        ("3035559007", "failure", "Call Rejected", "0"),
        ("3035559008", "pending", "In Transmission", "0"),
        ("3035559009", "failure", "Insufficient Account Balance", "0"),
        ("3035559010", "failure", "Failed Conversion", "0"),
        ("3035550123", "success", "Success", "3"),
    ],
)
def test_what_becomes_of_a_fax_in_this_dialect(send, job, hold, tiff, number, short, words, pages):
    sent = send(number, tiff(3))
    hold(3600)
    record = job(sent, xmitpages="1")
    assert record[4:6] == [short, words]
    assert record[9] == pages


def test_several_jobs_are_asked_for_in_every_way(fax, send):
    sent = [send() for _ in range(3)]

    def ids(**fields):
        return [line.split("\t")[0] for line in fax("status", **fields).split("\n")]

    assert ids() == sent
    assert ids(useronly="1") == sent
    assert ids(**{"jobids[0]": sent[0], "jobids[1]": sent[2]}) == [sent[0], sent[2]]
    assert ids(jobids=f"{sent[1]},{sent[2]}") == sent[1:]
    assert ids(**{"jobids[]": f"{sent[1]}, {sent[2]},77"}) == sent[1:]


def test_status_is_limited_by_time(fax, send, hold, job):
    first = send()
    hold(60)
    second = send()
    begin, end = job(second)[6], job(first)[6]
    assert fax("status", begin=begin).split("\t")[0] == second
    assert fax("status", end=end).split("\t")[0] == first
    assert fax("status", begin=end, end=begin).count("\n") == 1
    assert fax("status", begin="yesterday").count("\n") == 1
    assert fax("status", begin="2999-01-01 00:00:00") == NO_JOB


@pytest.mark.parametrize("jobid", ["77", "x", "-1", "9" * 30])
def test_an_unknown_job_is_not_found(fax, send, jobid):
    assert fax("status", jobid=jobid) == NO_JOB
    assert fax("dlstatus", jobid=jobid) == NO_JOB
    assert fax("dltrans", jobid=jobid) == NO_JOB


def test_an_account_without_jobs_has_nothing_to_display(fax):
    assert fax("status") == NO_JOB


# dlstatus, dltrans, clear, stopfax


def test_the_image_is_had_once_it_is_made(download, send, hold, tiff):
    document = tiff(2)
    sent = send(data=document)
    assert download("dlstatus", jobid=sent).text == "ERR24: File is not yet converted"
    hold(0.05)
    reply = download("dlstatus", jobid=sent)
    assert reply.content == document
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-disposition"] == f"attachment; filename=fax{sent}.tif"
    pages = pypdf.PdfReader(
        io.BytesIO(download("dlstatus", jobid=sent, viewtype="pdf").content)
    ).pages
    assert len(pages) == 2


def test_an_image_of_a_pdf_is_a_tiff_of_as_many_pages(download, send, hold, pdf):
    document = pdf(3)
    sent = send(data=document, name="a.pdf")
    hold(1)
    assert download("dlstatus", jobid=sent, viewtype="pdf").content == document
    with Image.open(io.BytesIO(download("dlstatus", jobid=sent).content)) as image:
        assert (image.format, image.n_frames) == ("TIFF", 3)


def test_the_transmittal_page_is_one_page_of_pdf(download, send, hold):
    sent = send()
    hold(1)
    reply = download("dltrans", jobid=sent)
    assert len(pypdf.PdfReader(io.BytesIO(reply.content)).pages) == 1
    assert reply.headers["content-disposition"].endswith(".pdf")


def test_there_is_no_image_of_what_could_not_be_converted(fax, send, hold):
    broken = send(data=b"%PDF-nothing", name="a.pdf")
    told = send("3035559010")
    hold(1)
    for sent in (broken, told):
        assert fax("dlstatus", jobid=sent) == "ERR25: File does not exist"
        assert fax("dltrans", jobid=sent) == "ERR25: File does not exist"


def test_only_an_ended_job_can_be_cleared_and_only_once(fax, send, hold, faxes):
    sent = send()
    refusal = (
        f"ERR07: Job ID: {sent} not found, does not belong to you or is pending and cannot be "
        "cleared yet"
    )
    assert fax("clear", jobid=sent) == refusal
    hold(1)
    assert fax("clear", jobid=sent) == f"{sent} cleared"
    assert fax("clear", jobid=sent) == refusal
    assert fax("status", jobid=sent) == NO_JOB
    assert len(faxes()) == 1


def test_a_job_in_the_queue_can_be_stopped(fax, send, job, hold, faxes):
    sent = send()
    assert fax("stopfax", jobid=sent) == f"{sent} stopped"
    assert job(sent)[4] == "failure"
    assert faxes()[0]["cause"] == "cancelled"
    assert fax("stopfax", jobid=sent) == f"ERR20: Job ID - {sent} - is not In Queue"


def test_what_cannot_be_stopped_is_told_by_its_own_code(fax, send, hold):
    sent = send()
    hold(0.1)
    assert fax("stopfax", jobid=sent) == f"ERR22: Job ID - {sent} - is in transmission"
    assert fax("stopfax", faxid=sent) == "ERR18: No jobid specified"
    assert fax("stopfax", jobid="x") == "ERR18: No jobid specified"
    assert fax("stopfax", jobid="7") == "ERR19: JOB ID 7 not found or does not belong to you"


# Results that come by themselves


def test_the_result_is_posted_to_url_notify(send, sandbox, wait, control):
    sent = send("3035559005", url_notify=sandbox.urls["control"] + "/nowhere")
    (push,) = wait(lambda: control("GET", "/callbacks")[1]["pushes"])
    assert push["status"] == 404
    assert sent


def test_a_callback_has_the_manual_s_variables(sandbox, send, job, hold):
    from mailfax.sandbox.faxage import records

    sent = send("3035559001", recipname="Bär & Co")
    hold(1)
    call = sandbox.exchange.call(int(sent))
    fields = dict(urllib.parse.parse_qsl(records.callback(call, sandbox.exchange.now()).decode()))
    record = job(sent)
    assert list(fields) == [
        "jobid",
        "commid",
        "destname",
        "destnum",
        "shortstatus",
        "longstatus",
        "sendtime",
        "completetime",
        "xmittime",
        "pagecount",
        "xmitpages",
    ]
    assert list(fields.values()) == [*record, "1", "0"]


def test_em_notify_mails_the_record_under_the_job_id(send, control, wait, job):
    sent = send(em_notify="1")
    (mail,) = wait(lambda: control("GET", "/mail")[1])
    assert f"Subject: {sent}\r\n" in mail["text"]
    assert mail["text"].endswith("\r\n\r\n" + "\t".join(job(sent)) + "\r\n")


# Faxes that come in


def test_received_faxes_are_listed_by_number_and_then_newest_first(fax, ring, tiff, hold):
    ids = []
    for did in ("3035550101", "3035550100", "3035550101"):
        ids.append(ring(tiff(), did=did))
        hold(60)

    def listed(**fields):
        return [line.split("\t")[0] for line in fax("listfax", **fields).split("\n")]

    assert listed() == [ids[1], ids[2], ids[0]]
    assert listed(idasc="1") == ids
    assert listed(idasc="1", idgt=ids[0]) == ids[1:]
    assert listed(didnumber="3035550100") == [ids[1]]
    times = [line.split("\t")[1] for line in fax("listfax", idasc="1").split("\n")]
    assert listed(begin=times[0], idasc="1", useronly="1") == ids[1:]
    assert fax("listfax", idgt=ids[2]) == "ERR11: No incoming faxes available"


def test_a_listfax_record_has_its_columns_in_order(fax, ring, tiff):
    received = ring(tiff(2), caller="+12025550199", tsid="ACME\tINC")
    asked = ("starttime", "filename", "pagecount", "showtsid")
    record = fax("listfax", **dict.fromkeys(asked, "1")).split("\t")
    assert record[0] == received
    assert record[2] <= record[1]
    assert record[3:] == [
        "(202)555-0199",
        "(303)555-0100",
        f"fax{received}.tif",
        "2",
        "ACME INC",
    ]
    assert len(fax("listfax").split("\t")) == 4


def test_a_caller_that_cannot_be_shown_is_unavailable(fax, ring, pdf):
    ring(pdf(), caller="+493012345678")
    assert fax("listfax").split("\t")[2] == "Unavailable"


@pytest.mark.parametrize(("make", "ending"), [("tiff", "tif"), ("pdf", "pdf")])
def test_a_received_fax_is_downloaded_as_it_rang(request, download, ring, make, ending):
    data = request.getfixturevalue(make)(2)
    received = ring(data)
    reply = download("getfax", faxid=received)
    assert reply.content == data
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-disposition"] == f"attachment; filename=fax{received}.{ending}"


def test_a_received_fax_can_be_deleted_once(fax, ring, tiff):
    received = ring(tiff())
    assert fax("delfax", faxid=received) == "Deleted"
    missing = f"FAX ID {received} not found or does not belong to you"
    assert fax("delfax", faxid=received) == f"ERR14: {missing}"
    assert fax("getfax", faxid=received) == f"ERR12: {missing}"
    assert fax("listfax") == "ERR11: No incoming faxes available"
    assert fax("delfax") == "ERR14: FAX ID  not found or does not belong to you"


# Numbers


def test_numbers_are_switched_off_and_on(fax):
    assert fax("disabledid", didnumber="3035550100") == "Disabled"
    assert fax("enabledid", didnumber="3035550100") == "Enabled"
    assert fax("enabledid", didnumber="+13035550100") == "ERR16: invalid DID number"
    assert fax("disabledid") == "ERR16: invalid DID number"
    missing = "ERR17: DID not found or doesn't belong to you"
    assert fax("disabledid", didnumber="3035550150") == missing


@pytest.mark.parametrize(("number", "word"), [("3035551234", "1"), ("9995551234", "0"), ("", "0")])
def test_portable_says_1_or_0(fax, number, word):
    assert fax("portable", didnumber=number) == word


def test_numbers_are_provisioned_and_given_back(post, fax, control):
    def ask(operation, **fields):
        return post("/provision.php", {"operation": operation, **fields})

    assert ask("listac").split("\n") == ["202", "303", "415", "800"]
    assert ask("listnpanxx", ac="303") == "303555\tDenver\tCO"
    assert ask("listnpanxx").endswith("800555\tToll-Free\tToll-Free")
    assert ask("listnpanxx", ac="999") == ""
    assert ask("listdids", ac="202").split("\n")[0] == "2025550150"
    assert len(ask("listdids").split("\n")) == 40
    assert ask("listdids", ac="202", npanxx="415555").startswith("415555")
    assert ask("provdid", didnumber="2025550150") == "2025550150 provisioned"
    assert "2025550150" not in ask("listdids")
    assert fax("listlines").split("\n")[-1] == "2025550150"
    assert control("GET", "/")[1]["dids"]["faxage"][-1] == "+12025550150"
    taken = "ERR05: 2025550150 does not appear to be available"
    assert ask("provdid", didnumber="2025550150") == taken
    assert ask("provdid", didnumber="555") == "ERR04: Invalid DID number, 555"
    assert ask("deprovdid", didnumber="2025550150") == "2025550150 deprovisioned"
    gone = "ERR05: 2025550150 is invalid or does not belong to you"
    assert ask("deprovdid", didnumber="2025550150") == gone
    assert ask("deprovdid") == "ERR04: Invalid DID number, "


# getcdr.php


def test_call_records_are_of_calls_that_were_picked_up(post, send, ring, tiff, hold):
    sent = send("3035550123", tiff(10))
    busy = send("3035559001")
    hold(60)
    received = ring(tiff(5), caller="+12025550199")

    def records(**fields):
        return [line.split(",") for line in post("/getcdr.php", fields).split("\n")]

    out, came = records(nuidgt="0", nuidshow="1")
    assert [out[0], *out[2:]] == [sent, "OUT", "3035550100", "3035550123", "2"]
    assert [came[0], *came[2:]] == [received, "IN", "2025550199", "3035550100", "1"]
    assert records(nuidgt=sent) == [came[1:]]
    assert records(nuidgt="0", didnumber="3035550100") == [came[1:]]
    assert records(begin=out[1], end=out[1]) == [out[1:]]
    assert busy not in (out[0], came[0])
    assert post("/getcdr.php", {}) == ""
    assert post("/getcdr.php", {"begin": out[1]}) == ""


# The recorded exchanges, which the client is tested with too

FRESH = {
    "clear-err07",
    "delfax-err14",
    "deprovdid-err04",
    "disabledid-err16",
    "enabledid-err17",
    "getcdr-nothing",
    "getfax-err12",
    "listfax-none",
    "listnpanxx-nothing",
    "portable",
    "provdid-err05",
    "status-none",
    "stopfax-err19",
}
"""Exchanges whose reply is that of an account where nothing happened yet."""


@pytest.mark.parametrize("exchange", exchanges.of("faxage"), ids=lambda exchange: exchange.name)
def test_a_recorded_request_is_understood_and_answered_as_recorded(sandbox, exchange):
    reply = httpx.post(
        sandbox.urls["faxage"] + exchange.path,
        content=exchange.form,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        trust_env=False,
    )
    assert reply.status_code == exchange.status
    assert not reply.text.startswith(("ERR02", "ERR03: unknown", "ERR08"))
    if exchange.name in FRESH:
        assert reply.content == exchange.body
    if exchange.operation == "sendfax":
        assert re.fullmatch(r"JOBID: \d+|ERR03: No files to fax", reply.text)
