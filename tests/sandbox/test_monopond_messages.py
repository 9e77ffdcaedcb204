"""Messages at the Monopond twin: what is refused, states, levels, totals."""

import datetime
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from mailfax.sandbox.monopond.arguments import Arguments
from tests.sandbox import monopond_soap as soap

ORDER = ["pending", "processing", "queued", "starting", "sending", "finalizing", "done"]


@pytest.fixture
def hold(control):
    control("POST", "/clock", {"hold": True})
    return lambda seconds: control("POST", "/clock", {"advance": seconds})


@pytest.fixture
def send(sandbox):
    """send(to, more) → one message m-1 to this number, without retries."""

    def submit(to=soap.NUMBER, more="", papers=None):
        return soap.send(sandbox, soap.message(to=to, more=soap.NO_RETRIES + more), papers)

    return submit


def refused(sandbox, messages=None, documents=None, more=""):
    """The fault of a SendFax."""
    with pytest.raises(soap.Refused) as caught:
        soap.send(sandbox, messages, documents, more)
    return caught.value


# What is refused


@pytest.mark.parametrize(
    ("messages", "named"),
    [
        ("", "FaxMessages"),
        ("<FaxMessage><SendTo>61255500123</SendTo></FaxMessage>", "MessageRef: is required"),
        ("<FaxMessage><MessageRef>m</MessageRef></FaxMessage>", "SendTo: is required"),
        (soap.message(to="+61255500123"), "SendTo"),
        (soap.message(to="0255500123"), "SendTo"),
        (soap.message(to="61 2 5550 0123"), "SendTo"),
        (soap.message(to="٦١٢٥٥٥٠٠١٢٣"), "SendTo"),
        (soap.message(more="<Resolution>superfine</Resolution>"), "Resolution"),
        (soap.message(more="<Resolution>Fine</Resolution>"), "Resolution"),
        (soap.message(more="<Retries>-1</Retries>"), "Retries"),
        (soap.message(more="<Retries>many</Retries>"), "Retries"),
        (soap.message(more="<BusyRetries>99999999999</BusyRetries>"), "BusyRetries"),
        (soap.message(more="<MaxFaxPages>1.5</MaxFaxPages>"), "MaxFaxPages"),
        (soap.message(more=f"<SendFrom>{'x' * 33}</SendFrom>"), "SendFrom"),
        (soap.message(more="<CLI>61255509999</CLI>"), "CLI"),
        (soap.message(more="<TimeZone>Mars/Olympus</TimeZone>"), "TimeZone"),
        (soap.message(more='<Blocklists dncr="yes"/>'), "dncr"),
        (soap.message(more="<ScheduledStartTime>tomorrow</ScheduledStartTime>"), "Scheduled"),
    ],
)
def test_a_wrong_argument_is_named_and_nothing_is_sent(sandbox, faxes, messages, named):
    fault = refused(sandbox, messages)
    assert (fault.code, fault.name) == ("soap:Server", "InvalidArgumentsException")
    assert named in fault.text
    assert fault.message == fault.text
    assert faxes() == []


def test_all_mistakes_are_told_at_once_and_one_of_them_stops_all_messages(sandbox, faxes):
    fault = refused(sandbox, soap.message() + soap.message(ref="", to="x"))
    assert "MessageRef" in fault.text
    assert "SendTo" in fault.text
    assert faxes() == []


@pytest.mark.parametrize(
    "time",
    [
        "2026-11-20",
        "2026-11-20T10:00:00",
        "2026-11-20 10:00:00+08:00",
        "2026-02-30T10:00:00Z",
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59Z",
        "2026-W47-5T10:00:00Z",
    ],
)
def test_a_time_without_its_zone_or_out_of_reach_is_refused(sandbox, time):
    for name in ("ScheduledStartTime", "MustBeSentBeforeDate"):
        assert name in refused(sandbox, more=f"<{name}>{time}</{name}>").text


@given(
    time=st.datetimes(datetime.datetime(1000, 1, 2), datetime.datetime(8999, 12, 30)),
    minutes=st.integers(-14 * 60, 14 * 60),
    colon=st.sampled_from(["", ":"]),
)
def test_a_time_is_read_in_any_zone_with_and_without_its_colon(time, minutes, colon):
    zone = datetime.timezone(datetime.timedelta(minutes=minutes))
    hours, rest = divmod(abs(minutes), 60)
    spelling = f"{'-' if minutes < 0 else '+'}{hours:02}{colon}{rest:02}"
    element = etree.Element("x")
    etree.SubElement(element, "T").text = f"{time:%Y-%m-%dT%H:%M:%S}{spelling}"
    asked = Arguments(element)
    assert asked.moment("T") == time.replace(microsecond=0, tzinfo=zone)
    asked.check()


@given(st.text(string.printable, max_size=30))
def test_any_text_is_a_time_or_named_as_wrong_and_never_ends_the_port(text):
    element = etree.Element("x")
    etree.SubElement(element, "T").text = "".join(c for c in text if c.isprintable())
    asked = Arguments(element)
    if asked.moment("T") is None and asked.text("T"):
        with pytest.raises(Exception, match="T: is not a date"):
            asked.check()


# What a message has from where


def details(sandbox):
    found = soap.status(sandbox, "details")
    return [dict(x.attrib) for x in found.iterfind("FaxMessages/FaxMessage/FaxDetails")]


def test_a_message_has_its_own_then_the_request_s_then_the_account_s(sandbox, faxes):
    own = (
        "<SendFrom>Own</SendFrom><Resolution>normal</Resolution><BusyRetries>1</BusyRetries>"
        f"<HeaderFormat>%to%</HeaderFormat><Documents>{soap.document('b.txt')}</Documents>"
    )
    common = (
        "<SendRef>s-1</SendRef><SendFrom>Common</SendFrom><Resolution>fine</Resolution>"
        "<Retries>0</Retries><CLI>61255500100</CLI><TimeZone>Australia/Perth</TimeZone>"
    )
    soap.send(sandbox, soap.message("m-1", more=own) + soap.message("m-2"), more=common)
    assert details(sandbox) == [
        {
            "sendFrom": "Own", "resolution": "normal", "retries": "0", "busyRetries": "1",
            "headerFormat": "%to%",
        },
        {"sendFrom": "Common", "resolution": "fine", "retries": "0", "busyRetries": "2"},
    ]  # fmt: skip
    names = [[file.name for file in call.files] for call in sandbox.exchange.calls()]
    assert names == [["b.txt"], ["a.txt"]]


def test_without_any_word_the_account_decides(sandbox):
    soap.send(sandbox)
    assert details(sandbox) == [
        {"sendFrom": "Fax", "resolution": "normal", "retries": "2", "busyRetries": "2"}
    ]


def test_documents_go_out_in_their_order(sandbox):
    papers = [
        soap.document("c.txt", more="<Order>2</Order>"),
        soap.document("a.txt"),
        soap.document("b.txt", more="<Order>0</Order>"),
        soap.document("z.txt", more="<Order>-1</Order>"),
    ]
    soap.send(sandbox, documents="".join(papers))
    (call,) = sandbox.exchange.calls()
    assert [file.name for file in call.files] == ["z.txt", "a.txt", "b.txt", "c.txt"]


def test_six_hundred_messages_go_in_one_request(sandbox, faxes, hold):
    listed = "".join(soap.message(f"m-{n}", f"6125550{n:04}") for n in range(600))
    sent = soap.send(sandbox, listed)
    assert len(sent.findall("FaxMessages/FaxMessage")) == 600
    assert sent.find("FaxStatusTotals").get("pending") == "600"
    assert len({fax["number"] for fax in faxes()}) == 600


def test_the_same_reference_twice_is_two_faxes(sandbox, faxes):
    soap.send(sandbox)
    soap.send(sandbox)
    assert len(soap.status(sandbox, "send").findall("FaxMessages/FaxMessage")) == 2
    assert len(faxes()) == 2


# States


def test_a_message_passes_its_states_in_their_order(sandbox, send, hold, tiff):
    send(papers=soap.document("a.tif", tiff(2)))
    seen = [soap.word(sandbox)]
    for _ in range(50):
        hold(0.01)
        seen.append(soap.word(sandbox))
    assert list(dict.fromkeys(seen)) == ORDER
    assert seen == sorted(seen, key=ORDER.index)


def test_it_is_done_when_the_network_is(sandbox, send, hold, faxes, tiff):
    send(papers=soap.document("a.tif", tiff(2)))
    hold(0.399)
    assert (soap.word(sandbox), faxes()[0]["state"]) == ("finalizing", "calling")
    hold(0.001)
    assert (soap.word(sandbox), faxes()[0]["state"]) == ("done", "delivered")


def test_an_attempt_under_way_has_its_start_and_nothing_else(sandbox, send, hold):
    send()
    hold(0.15)
    (row,) = soap.rows(sandbox)
    assert set(row) == {"attempt", "scheduledStartTime", "error"}
    assert row["attempt"] == "1"


def test_an_attempt_that_is_over_has_its_figures(sandbox, send, hold, tiff):
    send(papers=soap.document("a.tif", tiff(12)))
    hold(3)
    (row,) = soap.rows(sandbox)
    begun = sandbox.exchange.calls()[0].started.astimezone(
        datetime.timezone(datetime.timedelta(hours=8))
    )
    assert row.pop("scheduledStartTime").endswith("+08:00")
    ended = begun + datetime.timedelta(seconds=2.3)
    assert row == {
        "attempt": "1",
        "result": "success",
        "cost": "1.80",
        "pages": "12",
        "totalFaxDuration": "3",
        "dateCallStarted": begun.isoformat(timespec="seconds"),
        "dateCallEnded": ended.isoformat(timespec="seconds"),
        "error": "",
    }


@pytest.mark.parametrize(
    ("digits", "error", "pages"),
    [
        ("9001", "FAX_BUSY", "0"),
        ("9002", "FAX_BUSY", "0"),
        ("9003", "FAX_NO_ANSWER", "0"),
        ("9004", "FAX_NEGOTIATION_FAILED", "0"),
        ("9005", "FAX_EARLY_HANGUP", "2"),
        ("9006", "FAX_NUMBER_UNOBTAINABLE", "0"),
        ("9007", "FAX_SENDING_FAILED", "0"),
        ("9009", "FUNDS_INSUFFICIENT", "0"),
        ("9010", "DOCUMENT_FAILED_CONVERSION", "0"),
    ],
)
def test_each_failure_has_its_code(sandbox, send, hold, tiff, digits, error, pages):
    send(f"6125555{digits}", papers=soap.document("a.tif", tiff(3)))
    hold(1)
    assert soap.word(sandbox) == "done"
    (row,) = soap.rows(sandbox)
    assert (row["result"], row["error"], row["pages"]) == ("failed", error, pages)
    assert ("dateCallStarted" in row) is (digits not in {"9009", "9010"})
    found = soap.status(sandbox, "all").find(".//Error")
    assert found.get("name")
    assert soap.status(sandbox, "brief").find("FaxResultsTotals").get("failed") == "1"


def test_a_fax_that_never_ends_is_being_sent_for_ever(sandbox, send, hold):
    send("61255559008")
    hold(86_400)
    assert soap.word(sandbox) == "sending"


def test_a_broken_document_fails_in_conversion(sandbox, send, hold):
    send(papers=soap.document("a.pdf", b"%PDF-nothing"))
    hold(1)
    assert soap.rows(sandbox)[0]["error"] == "DOCUMENT_FAILED_CONVERSION"


# Limits and lists that end a message before it is dialled


@pytest.mark.parametrize(
    ("pages", "more", "error"),
    [
        (20, "", ""),
        (21, "", "DOCUMENT_EXCEEDS_PAGE_LIMIT"),
        (21, "<MaxFaxPages>21</MaxFaxPages>", ""),
        (2, "<MaxFaxPages>1</MaxFaxPages>", "DOCUMENT_EXCEEDS_PAGE_LIMIT"),
    ],
)
def test_a_document_has_at_most_so_many_pages(sandbox, send, hold, faxes, tiff, pages, more, error):
    send(more=more, papers=soap.document("a.tif", tiff(pages)))
    assert soap.word(sandbox) == "pending"
    hold(0.03)
    assert soap.word(sandbox) == "processing"
    assert soap.rows(sandbox)[0].keys() == {"attempt", "scheduledStartTime", "error"}
    hold(10)
    (row,) = soap.rows(sandbox)
    assert (soap.word(sandbox), row["error"]) == ("done", error)
    assert len(faxes()) == (0 if error else 1)


def test_the_older_version_counts_no_pages(sandbox, hold, tiff):
    soap.send(sandbox, documents=soap.document("a.tif", tiff(21)), version="2")
    hold(10)
    assert soap.rows(sandbox)[0]["result"] == "success"


@pytest.mark.parametrize(
    ("number", "name", "error"),
    [
        ("61255500811", "dncr", "BLOCK_DNCR"),
        ("441632960811", "fps", "BLOCK_FPS"),
        ("61255500812", "smartblock", "BLOCK_SMART"),
    ],
)
def test_a_number_on_a_list_is_blocked_when_the_list_is_asked(
    sandbox, send, hold, faxes, number, name, error
):
    send(number, f'<Blocklists {name}="true"/>')
    send("61255500123", '<Blocklists dncr="1" fps="1" smartblock="1"/>')
    send(number, f'<Blocklists {name}="false"/>')
    hold(1)
    assert [row["error"] for row in soap.rows(sandbox)] == [error, "", ""]
    found = soap.status(sandbox, "brief").find("FaxResultsTotals")
    assert (found.get("blocked"), found.get("success"), found.get("failed")) == ("1", "2", None)
    assert len(faxes()) == 2


# Looking


def test_levels_add_up(sandbox, send, hold):
    send()
    hold(1)
    parts = {
        "brief": set(),
        "send": {"FaxMessages"},
        "details": {"FaxMessages", "FaxDetails"},
        "results": {"FaxMessages", "FaxResults"},
        "all": {"FaxMessages", "FaxDetails", "FaxResults"},
    }
    for level, expected in parts.items():
        found = {element.tag for element in soap.status(sandbox, level).iter()}
        assert found & {"FaxMessages", "FaxDetails", "FaxResults"} == expected
        assert found > {"FaxStatusTotals", "FaxResultsTotals"}
    assert soap.status(sandbox, "").find("FaxMessages") is None
    with pytest.raises(soap.Refused, match="Verbosity"):
        soap.status(sandbox, "BRIEF")


def test_references_narrow_one_another(sandbox):
    two = soap.message("m-1") + soap.message("m-2")
    for send_ref in ("s-1", "s-2"):
        more = f"<SendRef>{send_ref}</SendRef><BroadcastRef>b</BroadcastRef>"
        soap.send(sandbox, two, more=more)

    def count(refs):
        return len(soap.status(sandbox, "send", refs).findall("FaxMessages/FaxMessage"))

    assert count("<BroadcastRef>b</BroadcastRef>") == 4
    assert count("<SendRef>s-2</SendRef>") == 2
    assert count("<MessageRef>m-1</MessageRef>") == 2
    assert count("<MessageRef>m-1</MessageRef><SendRef>s-2</SendRef><BroadcastRef/>") == 1


@pytest.mark.parametrize("operation", ["FaxStatus", "StopFax", "PauseFax", "ResumeFax"])
def test_references_are_needed_and_must_lead_somewhere(sandbox, send, operation):
    send()
    with pytest.raises(soap.Refused) as none:
        soap.call(sandbox, operation, "<SendRef> </SendRef>")
    assert none.value.name == "InvalidArgumentsException"
    with pytest.raises(soap.Refused) as wrong:
        soap.call(sandbox, operation, "<SendRef>s-1</SendRef><MessageRef>m-2</MessageRef>")
    assert wrong.value.name == "NoMessagesFoundException"


def test_totals_count_what_is_there_and_leave_out_zeros(sandbox, hold, tiff):
    papers = soap.document("a.tif", tiff(3))
    several = [soap.message("m-1"), soap.message("m-2", "61255559005", soap.NO_RETRIES)]
    never = soap.message("m-3", "61255559008")
    soap.send(sandbox, "".join([*several, never]), papers)
    hold(2)
    found = soap.status(sandbox, "brief")
    assert dict(found.find("FaxStatusTotals").attrib) == {"sending": "1", "done": "2"}
    assert dict(found.find("FaxResultsTotals").attrib) == {
        "success": "1",
        "failed": "1",
        "totalAttempts": "2",
        "totalFaxDuration": "2",
        "totalPages": "5",
    }
