"""The Popfax twin sends: attachments, codes, registrations, statuses (facts file, 1 to 4)."""

import concurrent.futures
import email.mime.application
import email.mime.multipart
import email.mime.text
import email.parser
import email.policy
import io

import hypothesis
import pypdf
import pytest
from hypothesis import strategies

from mailfax.sandbox.popfax import account, mime
from tests.sandbox import popfax_line
from tests.sandbox.popfax_line import envelope, header

NUMBER = "+33199005510"
SPECIAL = {
    "9001": 6, "9003": 9, "9004": 3, "9005": 4, "9006": 10, "9007": 7, "9010": 8, "0100": 1,
}  # fmt: skip


@pytest.fixture
def line(sandbox):
    return popfax_line.Line(sandbox.urls["popfax"])


@pytest.fixture
def hold(control):
    control("POST", "/clock", {"hold": True})
    return lambda seconds: control("POST", "/clock", {"advance": seconds})


@pytest.fixture
def sent(line, tiff, hold):
    """sent(*numbers) → (registration, object) of a fax that is registered and an object."""

    def send(*numbers, files=None, **more):
        done, registration = line.send(*numbers, files=files or [("a.tif", tiff())], **more)
        assert done == 0
        hold(0.06)
        number, _, thing = line.call("asynchronInfo", id=registration)
        assert number == registration
        return registration, thing

    return send


# Orders


def test_a_fax_is_registered_with_its_attachment_unchanged(line, tiff, faxes, sandbox):
    document = tiff(2)
    done, registration = line.send(NUMBER, files=[("page.TIF", document)])
    (fax,) = faxes()
    assert done == 0
    assert (fax["number"], fax["pages"]) == (NUMBER, 2)
    assert fax["reference"] == str(registration)
    assert sandbox.exchange.calls()[0].files[0].data == document


def test_several_attachments_become_pages_in_their_order(line, tiff, pdf, faxes, sandbox):
    line.send(NUMBER, files=[("a.tif", tiff(2)), ("b.pdf", pdf(3))])
    assert faxes()[0]["pages"] == 5
    assert [file.kind for file in sandbox.exchange.calls()[0].files] == ["tiff", "pdf"]


def test_a_cover_page_comes_first_and_may_come_alone(line, tiff, faxes):
    assert line.send(NUMBER, coverpage=1, content="Bonjour")[0] == 0
    assert line.send(NUMBER, coverpage=1, content="Hi", files=[("a.tif", tiff(2))])[0] == 0
    assert line.send(NUMBER, coverpage=0, content="Hi", files=[("a.tif", tiff(2))])[0] == 0
    assert [fax["pages"] for fax in faxes()] == [1, 3, 2]


@pytest.mark.parametrize(
    ("numbers", "code"),
    [([], 108), (["33199005510"], 101), (["+33 1 99 00 55 10"], 101), (["+0199005510"], 101),
     ([""], 101), ([NUMBER, "+1"], 101), (["+٣٣199005510"], 101), ([NUMBER + "\n"], 101),
     ([NUMBER] * 51, 103), (["x"] * 51, 101), (["+33199009009"], 104), ([NUMBER] * 50, 0)],
)  # fmt: skip
def test_the_list_of_numbers_is_checked(line, tiff, faxes, numbers, code):
    assert line.send(*numbers, files=[("a.tif", tiff())])[0] == code
    assert len(faxes()) == (len(numbers) if code == 0 else 0)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [("a.doc", b"x", 106), ("a", b"x", 106), ("a.tif.exe", b"II*\0", 106),
     ("a.tif", b"not a tiff", 105), ("a.pdf", b"%PDF-1.4 broken", 105), ("a.tif", b"", 105)],
)  # fmt: skip
def test_the_document_is_checked(line, faxes, name, data, code):
    assert line.send(NUMBER, files=[(name, data)]) == [code]
    assert faxes() == []


def test_without_a_document_there_is_no_fax(line, faxes):
    assert line.send(NUMBER) == [102]
    assert line.send(NUMBER, coverpage=1) == [102]
    assert line.send(NUMBER, content="not used without coverpage") == [102]
    assert faxes() == []


def test_a_stranger_is_refused_before_all_else(line, faxes, tiff):
    line.login = None
    assert line.send(files=[("a.tif", tiff())]) == [107]
    assert faxes() == []


def test_each_page_to_each_number_costs_a_credit(line, tiff):
    before = line.call("getAccountInfo")["prepaidbalance"]
    assert line.send(NUMBER, NUMBER, files=[("a.tif", tiff(3))])[0] == 0
    assert line.call("getAccountInfo")["prepaidbalance"] == before - 6


def test_an_order_beyond_the_credits_is_refused_whole(sandbox, line, tiff, faxes, monkeypatch):
    monkeypatch.setattr(account, "CREDITS", 5)
    sandbox.reset()
    assert line.send(NUMBER, NUMBER, files=[("a.tif", tiff(3))]) == [104]
    assert faxes() == []
    assert line.send(NUMBER, files=[("a.tif", tiff(5))])[0] == 0


# What travels as attachment


def parts(octets, part):
    """A multipart made by Python's own library, with its line ends."""
    whole = email.mime.multipart.MIMEMultipart("related", boundary="=_x y")
    whole.attach(email.mime.text.MIMEText(octets.decode(), "xml", "utf-8"))
    whole.attach(part)
    head, _, body = whole.as_bytes(policy=email.policy.compat32).partition(b"\n\n")
    kind = email.parser.BytesHeaderParser().parsebytes(head)["Content-Type"]
    return " ".join(kind.split()), body


def test_python_s_own_multipart_with_bare_line_feeds_is_read(line, tiff, faxes):
    fax = popfax_line.xml("fax", {"numbers": [NUMBER], "coverpage": 0})
    octets = envelope(f"<sendFaxAsynchronous>{fax}</sendFaxAsynchronous>", header())
    part = email.mime.application.MIMEApplication(tiff(3))
    part.add_header("Content-Disposition", "attachment", filename="é.tif")
    kind, body = parts(octets, part)
    assert line.post(body, kind)[0] == 200
    assert faxes()[0]["pages"] == 3


def test_a_file_without_a_name_is_known_by_its_content_type(line, tiff, pdf, faxes):
    fax = popfax_line.xml("fax", {"numbers": [NUMBER]})
    octets = envelope(f"<sendFaxAsynchronous>{fax}</sendFaxAsynchronous>", header())
    for label, data, pages in [("image/tiff", tiff(2), 2), ("application/pdf", pdf(4), 4)]:
        body = (
            b"--b\r\nContent-Type: text/xml\r\n\r\n" + octets
            + b"\r\n--b\r\nContent-Type: " + label.encode()
            + b"\r\nContent-Transfer-Encoding: binary\r\n\r\n" + data + b"\r\n--b--\r\n"
        )  # fmt: skip
        assert line.post(body, "multipart/related; boundary=b")[0] == 200
        assert faxes()[-1]["pages"] == pages
    unlabelled = body.replace(b"application/pdf", b"application/octet-stream")
    assert b">106<" in line.post(unlabelled, "multipart/related; boundary=b")[2]


@pytest.mark.parametrize(
    ("kind", "body"),
    [("multipart/related", b"--b\r\n\r\n--b--"),
     ("multipart/related; boundary=b", b"--b\r\nContent-Type: text/xml\r\n\r\n<a/>"),
     ("multipart/related; boundary=b", b"--b\r\nContent-Type: text/xml\r\n--b--\r\n"),
     ("multipart/related; boundary=b", b"--b\r\nContent-Type: image/tiff\r\n\r\nII\r\n--b--\r\n"),
     ("multipart/related; boundary=b",
      b"--b\r\nContent-Type: text/xml\r\nContent-Transfer-Encoding: base64\r\n\r\nA\r\n--b--\r\n"),
     ("multipart/related; boundary=b",
      b"--b\r\nContent-Type: text/xml\r\nContent-Disposition: attachment\r\n\r\n<a/>\r\n--b--")],
)  # fmt: skip
def test_a_broken_multipart_is_a_fault(line, kind, body):
    status, _, answer = line.post(body, kind)
    assert status == 500
    assert b"error in msg parsing" in answer


@hypothesis.given(strategies.lists(strategies.binary(max_size=200), max_size=4))
def test_any_octets_come_out_of_a_multipart_as_they_went_in(documents):
    files = [(f"{number}.bin", data) for number, data in enumerate(documents)]
    octets, found = mime.split(*popfax_line.related(b"<a/>", files))
    assert octets == b"<a/>"
    assert [(one.name, one.data) for one in found] == files


@hypothesis.given(strategies.text(max_size=60), strategies.binary(max_size=300))
def test_nonsense_is_broken_or_taken_as_it_is(label, body):
    for kind in (
        label,
        'multipart/related; boundary="=_b"',
        f"multipart/related; boundary={label}",
    ):
        for octets in (body, b"--=_b\r\n" + body + b"\r\n--=_b--"):
            try:
                mime.split(kind.replace("\r", "").replace("\n", ""), octets)
            except mime.Broken:
                continue


# Registrations


def test_a_registration_becomes_an_object_when_its_pages_are_made(line, tiff, hold):
    _, registration = line.send(NUMBER, files=[("a.tif", tiff())])
    before = len(line.call("reviewObjects")["objects"])
    assert line.call("asynchronInfo", id=registration) == [registration, 2]
    assert line.call("asynchronInfoRange", ids=[registration]) == [
        {"id": registration, "object": 0, "status": 200}
    ]
    hold(0.06)
    number, status, thing = line.call("asynchronInfo", id=registration)
    assert (number, status) == (registration, 2)
    assert thing not in {0, registration}
    assert len(line.call("reviewObjects")["objects"]) == before + 1
    assert line.call("asynchronInfoRange", ids=[registration]) == [
        {"id": registration, "object": thing, "status": 2}
    ]
    hold(1)
    assert line.call("asynchronInfo", id=registration) == [registration, 1, thing]


def test_what_is_no_registration_has_one_element_or_status_200(line, sent):
    _, thing = sent(NUMBER)
    for wrong in (0, -1, thing, 2**31 - 1):
        assert line.call("asynchronInfo", id=wrong) == [200]
    assert line.call("asynchronInfoRange", ids=[1, 2]) == [
        {"id": 1, "object": 0, "status": 200},
        {"id": 2, "object": 0, "status": 200},
    ]


@pytest.mark.parametrize(("end", "status"), SPECIAL.items())
def test_each_special_number_ends_in_its_status(line, sent, hold, tiff, end, status):
    registration, thing = sent(f"+3319900{end}", files=[("a.tif", tiff(3))])
    hold(2)
    assert line.call("asynchronInfo", id=registration) == [registration, status, thing]
    fax = line.call("getOneFAXSentInfo", id=thing)
    assert (fax["sentstatus"], fax["pagecount"]) == (status, 3)


def test_9008_stays_in_the_queue_and_9002_answers_the_second_time(line, sent, hold):
    never, _ = sent("+33199009008")
    first, _ = sent("+33199009002")
    second, _ = sent("+33199009002")
    hold(3600)
    statuses = [line.call("asynchronInfo", id=one)[1] for one in (never, first, second)]
    assert statuses == [2, 6, 1]


def test_a_fax_says_all_that_the_manual_lists(line, sent, hold):
    _, thing = sent(NUMBER)
    hold(2)
    (outbox,) = [
        one["id"]
        for one in line.call("getObjects", data=[{"type": 8}])["folders"]
        if one["foldertype"] == 2
    ]
    fax = line.call("getOneFAXSentInfo", id=thing)
    assert list(fax) == [
        "folderid", "id", "type", "status", "sentstatus", "date", "pagecount", "recipients",
        "recipient",
    ]  # fmt: skip
    date = fax.pop("date")
    assert fax == {
        "folderid": outbox, "id": thing, "type": 1, "status": 0, "sentstatus": 1, "pagecount": 1,
        "recipients": 1, "recipient": NUMBER,
    }  # fmt: skip
    assert line.call("getFAXSentInfo", ids=[thing, 5, thing]) == [{**fax, "date": date}]


def test_times_are_french_in_winter_and_summer(line, sent, hold, sandbox):
    shifts = set()
    for _ in range(2):
        _, thing = sent(NUMBER)
        hold(0.2)
        started = sandbox.exchange.call(thing).started
        date = line.call("getOneFAXSentInfo", id=thing)["date"]
        shifts.add(int(date[11:13]) - started.hour)
        assert date[13:] == f":{started:%M:%S}"
        hold(183 * 86_400)
    assert {shift % 24 for shift in shifts} == {1, 2}


def test_many_recipients_are_one_object_and_each_has_its_status(line, sent, hold):
    _, thing = sent(NUMBER, "+33199009001")
    assert line.call("getOneFAXSentInfo", id=thing)["sentstatus"] == 2
    hold(2)
    fax = line.call("getOneFAXSentInfo", id=thing)
    assert (fax["recipients"], fax["recipient"], fax["sentstatus"]) == (2, "", 0)
    assert line.call("getRecipients", id=thing, type="FAX") == [
        {"recipient": NUMBER, "status": 1},
        {"recipient": "+33199009001", "status": 6},
    ]
    assert line.call("getRecipients", id=thing, type="SMS") == []


def test_orders_from_many_threads_are_all_taken_once(line, tiff, faxes):
    document = [("a.tif", tiff())]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: line.send(NUMBER, files=document), range(40)))
    assert {done for done, _ in answers} == {0}
    assert {fax["reference"] for fax in faxes()} == {str(number) for _, number in answers}


@pytest.mark.parametrize("fault", ["drop-after-accept", "drop-before-read"])
def test_only_what_sends_a_fax_meets_a_fault_on_submit(line, tiff, control, faxes, fault):
    control("POST", "/faults", {"provider": "popfax", "fault": fault})
    assert line.call("getShiftTime") == 0
    assert line.call("sendSmsAsynchronous", sms={"numbers": [NUMBER], "content": "x"})[0] == 0
    with pytest.raises(OSError):
        line.send(NUMBER, files=[("a.tif", tiff())])
    assert len(faxes()) == (fault == "drop-after-accept")


# Text messages and forwards


def test_a_text_message_goes_the_same_way(line, hold):
    sms = {"numbers": ["+33623456789"], "unicode": 1, "content": "Grüße & <3", "app": 0}
    done, registration = line.call("sendSmsAsynchronous", sms=sms)
    assert (done, line.call("asynchronInfo", id=registration)) == (0, [registration, 2])
    hold(0.06)
    assert line.call("asynchronInfo", id=registration)[1] == 2
    hold(0.2)
    _, status, thing = line.call("asynchronInfo", id=registration)
    text = line.call("getOneSMSSentInfo", id=thing)
    assert (status, text["sentstatus"]) == (1, 1)
    assert (text["content"], text["recipient"]) == ("Grüße & <3", "+33623456789")
    assert line.call("getSMSSentInfo", ids=[thing]) == [text]


@pytest.mark.parametrize(
    ("numbers", "content", "code"),
    [([], "x", 108), (["0623456789"], "x", 101), ([NUMBER] * 51, "x", 103),
     (["+33199009009"], "x", 104), ([NUMBER], "", 110)],
)  # fmt: skip
def test_a_text_message_is_checked_like_a_fax(line, numbers, content, code):
    sms = {"numbers": numbers, "content": content}
    assert line.call("sendSmsAsynchronous", sms=sms) == [code]


def test_recipients_of_a_text_message_have_their_own_status(line, hold):
    sms = {"numbers": [NUMBER, "+33199009006", "+33199009008"], "content": "x"}
    _, registration = line.call("sendSmsAsynchronous", sms=sms)
    hold(0.2)
    _, status, thing = line.call("asynchronInfo", id=registration)
    assert status == 2
    recipients = line.call("getRecipients", id=thing, type="SMS")
    assert [one["status"] for one in recipients] == [1, 10, 2]


def test_a_fax_is_forwarded_to_a_number_as_a_new_fax(line, sent, hold, faxes):
    _, thing = sent(NUMBER)
    wish = {"id": thing, "type": 1, "forward": 3, "to": "+33199005520", "app": 0}
    done, registration = line.call("forwardAsynchronous", forward=wish)
    hold(2)
    old, new = faxes()
    assert done == 0
    assert (new["number"], new["sha256"]) == ("+33199005520", old["sha256"])
    assert line.call("asynchronInfo", id=registration)[1:] == [1, new["id"]]


def test_a_received_fax_is_forwarded_by_mail_and_becomes_no_object(line, control, tiff):
    _, ring = control("POST", "/inbound?provider=popfax", tiff(2))
    wish = {"id": ring["id"], "type": 2, "forward": 5, "to": "ann@example.org"}
    done, registration = line.call("forwardAsynchronous", forward=wish)
    assert done == 0
    assert line.call("asynchronInfo", id=registration) == [registration, 109]
    (mail,) = control("GET", "/mail")[1]
    assert mail["rcpt_tos"] == ["ann@example.org"]
    message = email.message_from_bytes(mail["text"].encode(), policy=email.policy.default)
    (part,) = message.iter_attachments()
    assert len(pypdf.PdfReader(io.BytesIO(part.get_content())).pages) == 2


def test_a_voice_mail_and_a_text_are_forwarded_by_mail_too(line, hold, control):
    (voice,) = line.call("getObjects", data=[{"type": 8}])["voicesreceived"]
    sms = {"numbers": [NUMBER], "content": "Grüße"}
    _, registration = line.call("sendSmsAsynchronous", sms=sms)
    hold(1)
    text = line.call("asynchronInfo", id=registration)[2]
    for kind, thing in ((3, voice["id"]), (4, text)):
        wish = {"id": thing, "type": kind, "forward": 5, "to": "ann@example.org"}
        assert line.call("forwardAsynchronous", forward=wish)[0] == 0
    heard, read = (
        email.message_from_bytes(mail["text"].encode(), policy=email.policy.default)
        for mail in control("GET", "/mail")[1]
    )
    assert next(heard.iter_attachments()).get_content_type() == "audio/x-wav"
    assert read.get_content().strip() == "Grüße"


def test_a_text_message_is_forwarded_as_one(line, hold):
    _, first = line.call("sendSmsAsynchronous", sms={"numbers": [NUMBER], "content": "x"})
    hold(1)
    wish = {"id": line.call("asynchronInfo", id=first)[2], "type": 4, "forward": 4, "to": NUMBER}
    done, second = line.call("forwardAsynchronous", forward=wish)
    hold(1)
    assert done == 0
    thing = line.call("asynchronInfo", id=second)[2]
    assert line.call("getOneSMSSentInfo", id=thing)["content"] == "x"


@pytest.mark.parametrize(
    ("wish", "code"),
    [({"id": 1}, 110), ({"type": 7}, 110), ({"to": ""}, 108), ({"to": "0123"}, 101),
     ({"forward": 5}, 111), ({"forward": 4}, 110), ({"forward": 1}, 110), ({"forward": 2}, 110),
     ({"forward": 5, "to": "a@b.c\r\nBcc: x@y.zz"}, 111), ({"to": "+33199009009"}, 104)],
)  # fmt: skip
def test_a_forward_is_checked(line, sent, faxes, control, wish, code):
    _, thing = sent(NUMBER)
    forward = {"id": thing, "type": 1, "forward": 3, "to": NUMBER, **wish}
    assert line.call("forwardAsynchronous", forward=forward) == [code]
    assert len(faxes()) == 1
    assert control("GET", "/mail")[1] == []
