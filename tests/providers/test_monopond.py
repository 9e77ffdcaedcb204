"""Monopond behind the port: what its answers mean for a fax."""

import datetime

import hypothesis
import pytest
from hypothesis import strategies as st

from mailfax import errors
from mailfax.model import Outcome
from mailfax.providers import _http, _port, monopond
from mailfax.providers.monopond import _account
from tests.providers import contract, monopond_wire, scripted
from tests.providers.monopond_wire import account, fault, message, result, settings, text, told

REFERENCE = "mailfax-20261120-1000/t-1/t-1"


class TestContract(contract.Contract):
    kind = "monopond"
    number = "61290000000"
    reference = REFERENCE

    def settings(self, url):
        return settings(url)

    def taken(self):
        return monopond_wire.taken("t-1")


def submit(made, *transmissions, document=None):
    given = transmissions or (contract.transmission(),)
    return made.submit(given, document or contract.payload(), contract.nothing_to_note)


def sent(document=None, given=None, **more):
    """The request of one submit."""
    given = given or contract.transmission()
    ns = monopond_wire.OLD_NS if more.get("version") == "2" else monopond_wire.NS
    with account(monopond_wire.taken(given.id, ns=ns), **more) as (made, server):
        answers = submit(made, given, document=document)
        assert answers == {given.id: f"mailfax-20261120-1000/{given.id}/{given.id}"}
    return server.requests[0]


# Sending


def test_a_fax_goes_out_under_our_own_references():
    request = sent(given=contract.transmission("j-7.2", number="61290001234"))
    assert text(request, "BroadcastRef") == "mailfax-20261120-1000"
    assert text(request, "SendRef") == "j-7.2"
    assert text(request, "FaxMessages/FaxMessage/MessageRef") == "j-7.2"
    assert text(request, "FaxMessages/FaxMessage/SendTo") == "61290001234"


def test_the_provider_is_asked_for_no_retries():
    request = sent()
    assert (text(request, "Retries"), text(request, "BusyRetries")) == ("0", "0")


@pytest.mark.parametrize(("pages", "limit"), [(1, "20"), (20, "20"), (21, "21"), (300, "300")])
def test_a_long_fax_is_allowed_its_pages(pages, limit):
    document = _port.Payload(name="a.pdf", data=contract.TIFF, pages=pages, resolution="fine")
    assert text(sent(document), "MaxFaxPages") == limit
    assert text(sent(document, version="2"), "MaxFaxPages") is None


@pytest.mark.parametrize(("resolution", "value"), [("standard", "normal"), ("fine", "fine")])
def test_each_resolution_has_its_value(resolution, value):
    assert text(sent(contract.payload(resolution=resolution)), "Resolution") == value


def test_what_the_settings_wish_goes_out_and_nothing_else():
    request = sent(
        sender="Clinic", header="%from%|%d", zone="Australia/Perth", cli="61861112222",
        blocklists="dncr smartblock",
    )  # fmt: skip
    assert text(request, "SendFrom") == "Clinic"
    assert text(request, "HeaderFormat") == "%from%|%d"
    assert text(request, "TimeZone") == "Australia/Perth"
    assert text(request, "FaxMessages/FaxMessage/CLI") == "61861112222"
    assert monopond_wire.asked(request).find("Blocklists").attrib == {
        "dncr": "true", "smartblock": "true",
    }  # fmt: skip
    bare = monopond_wire.asked(sent())
    names = {child.tag for child in bare}
    assert names == {
        "BroadcastRef", "SendRef", "FaxMessages", "Documents", "Resolution", "Retries",
        "BusyRetries", "MaxFaxPages",
    }  # fmt: skip


@pytest.mark.parametrize(("version", "path"), [("2", "/fax/soap/v2"), ("2.1", "/fax/soap/v2.1")])
def test_the_version_decides_path_and_namespace(version, path):
    request = sent(version=version)
    assert request.path == path
    assert monopond_wire.asked(request).tag.startswith(f"{{https://api.monopond.com{path}}}")


def test_a_url_with_a_path_keeps_it():
    with scripted.Server(monopond_wire.taken("t-1")) as server:
        made = monopond.connect(settings(f"{server.url}/api/fax"), 2)
        submit(made)
        made.close()
    assert server.requests[0].path == "/api/fax/v2.1"


def test_one_document_goes_to_many_in_one_request():
    many = [contract.transmission(f"t-{number}") for number in range(5)]
    with account(monopond_wire.taken(*(one.id for one in many))) as (made, server):
        answers = submit(made, *many)
    assert answers == {one.id: f"t-0-t-4/t-0-t-4/{one.id}" for one in many}
    assert text(server.requests[0], "SendRef") == "t-0-t-4"
    assert len(server.requests) == 1
    asked = monopond_wire.asked(server.requests[0])
    assert len(asked.findall("FaxMessages/FaxMessage")) == 5
    assert len(asked.findall(".//FileData")) == 1


def test_more_than_six_hundred_are_several_requests():
    many = [contract.transmission(f"t-{number}") for number in range(1201)]

    def take(conn, server):
        refs = monopond_wire.asked(server.read(conn)).findall("FaxMessages/FaxMessage/MessageRef")
        conn.sendall(monopond_wire.taken(*(ref.text for ref in refs)))

    with account(take) as (made, server):
        answers = submit(made, *many)
    sizes = [
        len(monopond_wire.asked(one).findall("FaxMessages/FaxMessage")) for one in server.requests
    ]
    assert sizes == [600, 600, 1]
    assert answers["t-599"] == "t-0-t-599/t-0-t-599/t-599"
    assert answers["t-1200"] == "mailfax-20261120-1000/t-1200/t-1200"


def test_one_bad_number_keeps_no_other_from_being_faxed():
    many = [contract.transmission(f"t-{number}") for number in range(7)]

    def judge(conn, server):
        refs = monopond_wire.asked(server.read(conn)).findall("FaxMessages/FaxMessage/MessageRef")
        names = [ref.text for ref in refs]
        bad = fault("InvalidArgumentsException", "SendTo")
        conn.sendall(bad if "t-4" in names else monopond_wire.taken(*names))

    with account(judge) as (made, server):
        answers = submit(made, *many)
    assert isinstance(answers.pop("t-4"), errors.Permanent)
    assert len(answers) == 6
    assert all(isinstance(one, str) for one in answers.values())
    assert len(server.requests) < 2 * 7
    refs = [text(one, "SendRef") for one in server.requests]
    assert len(set(refs)) == len(refs)


def test_a_lost_answer_leaves_all_of_a_broadcast_unsure_and_is_not_repeated():
    many = [contract.transmission(f"t-{number}") for number in range(3)]
    with account(scripted.drop_after_request) as (made, server):
        answers = submit(made, *many)
    assert [type(one) for one in answers.values()] == [errors.Unsure] * 3
    assert len(server.requests) == 1


def test_a_fax_that_the_answer_does_not_name_is_unsure():
    many = [contract.transmission("a"), contract.transmission("b")]
    with account(monopond_wire.taken("b")) as (made, _):
        answers = submit(made, *many)
    assert isinstance(answers["a"], errors.Unsure)
    assert answers["b"] == "a-b/a-b/b"


def test_what_it_cannot_do_is_refused_by_name_and_the_others_go():
    with account(monopond_wire.taken("b")) as (made, server):
        answers = submit(
            made, contract.transmission("a", subaddress="1"), contract.transmission("b")
        )
    assert answers["a"].cause is errors.Cause.NOT_POSSIBLE
    assert isinstance(answers["b"], str)
    assert len(server.requests) == 1
    for document, cause in [
        (contract.payload("fax.exe"), errors.Cause.UNSUPPORTED_DOCUMENT),
        (contract.payload("fax.rtf"), errors.Cause.UNSUPPORTED_DOCUMENT),
        (contract.payload(resolution="superfine"), errors.Cause.NOT_POSSIBLE),
    ]:
        with account(scripted.drop) as (made, server):
            assert submit(made, document=document)["t-1"].cause is cause
            assert not server.requests


def test_a_large_document_is_one_request():
    document = _port.Payload(name="a.pdf", data=bytes(3_000_000), pages=1, resolution="fine")
    assert len(text(sent(document), "Documents/Document/FileData")) == 4_000_000
    assert _http.REQUEST > 20 * 2**20


# Reports


def report(*inner, references=(REFERENCE,)):
    with account(told(*inner)) as (made, server):
        return made.report(references), server.requests


def the_report(*inner):
    return report(*inner)[0][REFERENCE]


def test_faxes_of_one_minute_are_followed_by_one_question():
    many = [f"mailfax-20261120-1000/t-{number}/t-{number}" for number in range(600)]
    inner = [message(f"t-{number}", "done", result()) for number in range(0, 600, 2)]
    reports, requests = report(*inner, references=many)
    assert len(requests) == 1
    assert text(requests[0], "BroadcastRef") == "mailfax-20261120-1000"
    assert text(requests[0], "SendRef") is None
    assert text(requests[0], "Verbosity") == "all"
    assert set(reports) == set(many[::2])


def test_faxes_of_one_request_are_asked_for_by_it_and_one_alone_by_name():
    _, requests = report(references=["m/s/a", "m/s/b"])
    assert (text(requests[0], "SendRef"), text(requests[0], "MessageRef")) == ("s", None)
    _, requests = report(references=["m/s/a"])
    assert (text(requests[0], "SendRef"), text(requests[0], "MessageRef")) == ("s", "a")


def test_faxes_of_several_minutes_are_several_questions():
    _, requests = report(references=["m1/a/a", "m2/b/b", "m1/c/c", "d"])
    asked = [
        tuple(text(one, name) for name in ("BroadcastRef", "SendRef", "MessageRef"))
        for one in requests
    ]
    assert sorted(asked, key=str) == sorted(
        [("m1", None, None), ("m2", "b", "b"), (None, None, "d")], key=str
    )


def test_a_reference_of_any_shape_is_answered_or_left_out():
    reports, requests = report(message("odd", "done", result()), references=["odd", "", "a/b"])
    assert set(reports) == {"odd"}
    assert len(requests) == 2
    assert report(references=[]) == ({}, [])


@pytest.mark.parametrize("name", ["NoMessagesFoundException", "InvalidArgumentsException"])
def test_faxes_the_provider_does_not_know_are_left_out_and_hide_no_other(name):
    with account(fault(name), told(message("b", "done", result()))) as (made, _):
        reports = made.report(["m1/a/a", "m2/b/b"])
    assert set(reports) == {"m2/b/b"}


def test_a_delivered_fax_is_told_with_all_its_facts():
    told = the_report(
        message(
            "t-1", "done",
            result(
                pages=2, totalFaxDuration=65, cost="0.15", csi=" THE MACHINE ", attempt=2,
                dateCallEnded="2026-11-20T21:01:40.250+11:00",
            ),
            result("failed", "FAX_BUSY"),
        )
    )  # fmt: skip
    assert told.outcome is Outcome.DELIVERED
    assert told.cause is None
    assert (told.pages_sent, told.dials, told.duration, told.cost) == (2, 2, 65, "0.15")
    assert told.csid == "THE MACHINE"
    assert told.ended_at == datetime.datetime(2026, 11, 20, 10, 1, 40, 250000, tzinfo=datetime.UTC)
    assert "FAX_BUSY" in told.raw


STATUSES = (
    "pending", "processing", "queued", "starting", "sending", "pausing", "paused", "resuming",
    "stopping", "finalizing",
)  # fmt: skip


@pytest.mark.parametrize("status", [*STATUSES, "Done", "exploded", None])
def test_nothing_is_over_until_it_is_done(status):
    told = the_report(message("t-1", status, result("failed", "FAX_BUSY", pages=1)))
    assert told.outcome is Outcome.PENDING
    assert (told.cause, told.pages_sent, told.ended_at) == (None, None, None)
    assert told.dials == 1


CAUSES = {
    "DOCUMENT_EXCEEDS_PAGE_LIMIT": "too_long", "DOCUMENT_UNSUPPORTED": "unsupported_document",
    "DOCUMENT_FAILED_CONVERSION": "conversion_failed", "FUNDS_INSUFFICIENT": "no_credit",
    "FUNDS_FAILED": "no_credit", "BLOCK_ACCOUNT": "blocked", "BLOCK_GLOBAL": "blocked",
    "BLOCK_SMART": "blocked", "BLOCK_DNCR": "blocked", "BLOCK_FPS": "blocked",
    "BLOCK_CUSTOM": "blocked", "FAX_NEGOTIATION_FAILED": "no_fax_tone",
    "FAX_EARLY_HANGUP": "hung_up", "FAX_INCOMPATIBLE_MACHINE": "incompatible",
    "FAX_BUSY": "busy", "FAX_NUMBER_UNOBTAINABLE": "bad_number",
    "FAX_SENDING_FAILED": "line_error", "FAX_NO_ANSWER": "no_answer", "FAX_UNKNOWN": "unknown",
    "FAX_NEW_TROUBLE": "unknown", "fax_busy": "unknown", "": "unknown",
}  # fmt: skip


@pytest.mark.parametrize("code", CAUSES)
@pytest.mark.parametrize("word", ["failed", "blocked"])
def test_every_error_code_has_its_cause_and_a_new_one_is_unknown(word, code):
    told = the_report(message("t-1", "done", result(word, code or None)))
    assert told.outcome is Outcome.FAILED
    expected = "blocked" if word == "blocked" and not code else CAUSES[code]
    assert told.cause == expected


def test_the_table_of_causes_is_that_of_the_facts():
    listed = {code for code in CAUSES if code.isupper()} - {"FAX_NEW_TROUBLE"}
    assert _account.CAUSES.keys() == listed | {"FAX_CANCELLED"}


@pytest.mark.parametrize(
    ("code", "cause"),
    [("FAX_SENDING_FAILED", "partial"), ("FAX_EARLY_HANGUP", "partial"), ("FAX_UNKNOWN", "partial"),
     ("FAX_BUSY", "busy"), ("FAX_INCOMPATIBLE_MACHINE", "incompatible")],
)  # fmt: skip
def test_a_line_that_broke_after_whole_pages_has_sent_a_part(code, cause):
    assert the_report(message("t-1", "done", result("failed", code, pages=1))).cause == cause


def test_a_cancelled_fax_is_neither_failed_nor_pending():
    told = the_report(message("t-1", "done", result("failed", "FAX_CANCELLED")))
    assert (told.outcome, told.cause) == (Outcome.CANCELLED, errors.Cause.CANCELLED)


@pytest.mark.parametrize("results", [(), (result(None),), (result("wonderful"),)])
def test_a_fax_that_is_done_without_a_word_how_is_not_given_up(results):
    told = the_report(message("t-1", "done", *results))
    assert told.outcome is Outcome.PENDING


@pytest.mark.parametrize(
    ("others", "outcome"),
    [
        ([message("t-1", "done", result("failed")), message("t-1", "done", result())], "delivered"),
        ([message("t-1", "done", result("failed")), message("t-1", "sending")], "pending"),
        ([message("t-1", "done", result()), message("t-1", "sending")], "delivered"),
    ],
)
def test_of_two_faxes_with_one_reference_the_better_is_told(others, outcome):
    assert the_report(*others).outcome == outcome
    assert the_report(*reversed(others)).outcome == outcome


def test_the_password_is_taken_out_of_raw_answers():
    told = the_report(message("t-1", "done", result(), sendTo="s3cret&amp;Canary"))
    assert "s3cret" not in told.raw
    assert "***" in told.raw


def test_a_raw_answer_is_cut():
    told = the_report(message("t-1", "done", *[result(attempt=n) for n in range(99)]))
    assert len(told.raw) <= 4096


@pytest.mark.parametrize("time", ["2026-11-20T10:00:00", "soon", "", "2026-13-45T99:00:00Z"])
def test_a_time_without_zone_or_sense_is_none(time):
    assert the_report(message("t-1", "done", result(dateCallEnded=time))).ended_at is None


WORD = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), max_size=9).map(
    lambda text: text.translate({ord(sign): None for sign in "<>&\"'"})
)


@hypothesis.given(
    st.one_of(st.sampled_from([*STATUSES, "done"]), WORD),
    st.lists(st.tuples(st.sampled_from(["success", "failed", "blocked", "odd"]), WORD), max_size=4),
    st.dictionaries(
        st.sampled_from(["attempt", "pages", "totalFaxDuration", "dateCallEnded", "csi", "cost"]),
        WORD,
    ),
)
def test_no_attribute_breaks_a_report(status, results, more):
    inner = [result(word, code or None, **more) for word, code in results]
    told = the_report(message("t-1", status, *inner))
    assert isinstance(told.outcome, Outcome)
    assert (told.cause is not None) == (told.outcome in {Outcome.FAILED, Outcome.CANCELLED})


# Looking up a lost answer


def find(*steps):
    with account(*steps) as (made, server):
        return made.find(contract.transmission()), server.requests


def test_a_fax_is_found_by_our_own_reference():
    found, requests = find(told(message("t-1")))
    assert found == REFERENCE
    assert (text(requests[0], "MessageRef"), text(requests[0], "SendRef")) == ("t-1", None)


def test_a_fax_of_a_broadcast_is_found_with_the_reference_of_its_request():
    assert find(told(message("t-1", sendRef="t-0")))[0] == "mailfax-20261120-1000/t-0/t-1"
    assert find(told(message("t-1", sendRef=None, broadcastRef=None)))[0] == "//t-1"


def test_only_the_fault_that_says_so_proves_a_fax_absent():
    assert find(monopond_wire.NONE)[0] is _port.Absent.ABSENT
    assert find(told())[0] is _port.Absent.CANNOT_KNOW
    assert find(told(message("t-2")))[0] is _port.Absent.CANNOT_KNOW
    for name in ("InternalServerException", ""):
        with pytest.raises(errors.Temporary):
            find(fault(name))
    with pytest.raises(errors.Permanent):
        find(fault("InvalidArgumentsException"))


# After the end


def test_the_document_of_a_fax_sent_alone_is_removed_and_one_gone_is_no_error():
    for step in (
        monopond_wire.answer("DeleteFaxDocument"),
        fault("DocumentRefDoesNotExistException"),
    ):
        with account(step) as (made, server):
            made.forget(REFERENCE)
        assert text(server.requests[0], "MessageRef") == "t-1"
        assert text(server.requests[0], "SendRef") == "t-1"


def test_a_document_that_others_may_need_or_that_cannot_be_removed_is_left():
    with account(scripted.drop) as (made, server):
        made.forget("m/s/t-1")
        assert not server.requests
    with account(scripted.drop, version="2") as (made, server):
        made.forget(REFERENCE)
        assert not server.requests


def cancel(step):
    with account(step) as (made, server):
        return made.cancel(REFERENCE), server.requests


def stopped(*statuses):
    inner = [message("t-1", status) for status in statuses]
    return monopond_wire.answer("StopFax", monopond_wire.messages(*inner))


@pytest.mark.parametrize(
    ("step", "yes"),
    [(stopped("stopping"), True), (stopped("stopping", "stopping"), True),
     (stopped("sending"), False), (stopped("done"), False), (stopped(), False),
     (stopped("stopping", "sending"), False), (monopond_wire.NONE, False),
     (fault("InvalidArgumentsException"), False)],
)  # fmt: skip
def test_a_fax_is_called_back_only_when_the_provider_stops_it(step, yes):
    answer, requests = cancel(step)
    assert answer is yes
    assert [text(requests[0], name) for name in ("MessageRef", "SendRef", "BroadcastRef")] == [
        "t-1", "t-1", "mailfax-20261120-1000",
    ]  # fmt: skip


@pytest.mark.parametrize("status", ["pending", "processing", "pausing", "resuming"])
def test_a_fax_too_new_to_be_stopped_is_to_be_called_back_later(status):
    with pytest.raises(errors.Temporary):
        cancel(stopped(status))


@pytest.mark.parametrize(
    "step", [fault("InternalServerException"), scripted.drop_after_request, scripted.http(body=b"")]
)
def test_a_stop_that_failed_is_said(step):
    with pytest.raises(errors.Unsure):
        cancel(step)


# The account


def test_a_check_asks_for_a_fax_that_is_not_there():
    with account(monopond_wire.NONE) as (made, server):
        made.check()
    assert text(server.requests[0], "MessageRef") == "mailfax-check"
    assert text(server.requests[0], "Verbosity") == "brief"


@pytest.mark.parametrize(
    "step",
    [fault(code="ns1:FailedAuthentication", words="The security token could not be authenticated"),
     fault(code="soap:Server", words="A security error was encountered"), fault(code="soap:Client"),
     scripted.http(401), scripted.http(403, b"<html>Forbidden</html>")],
)  # fmt: skip
def test_a_refused_login_is_the_operators_to_mend_and_nothing_was_taken(step):
    with account(step) as (made, _):
        with pytest.raises(errors.Temporary) as caught:
            made.check()
        answer = submit(made)["t-1"]
    for error in (caught.value, answer):
        assert type(error).__mro__[1] is errors.Temporary or type(error) is errors.Temporary
        assert error.cause is errors.Cause.LOGIN_FAILED


def test_a_fault_without_any_reason_is_about_the_login_unless_a_fax_hangs_on_it():
    with account(fault(words="java.lang.NullPointerException")) as (made, _):
        with pytest.raises(errors.Temporary) as caught:
            made.check()
        assert caught.value.cause is errors.Cause.LOGIN_FAILED
        assert isinstance(submit(made)["t-1"], errors.Unsure)


@pytest.mark.parametrize(
    ("key", "value"),
    [("version", "2.2"), ("version", "v2"), ("interval", "often"), ("url", "http://example.com"),
     ("url", "https://["), ("sender", "x" * 21), ("sender", "a\x01"), ("password", "a\nb"),
     ("username", "a\x00"), ("blocklists", "dncr all"), ("numbers", "0812 345"),
     ("numbers", "+1 555")],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_is_named(key, value):
    with pytest.raises(errors.Permanent, match=key) as caught:
        monopond.connect(settings("https://example.com") | {key: value})
    assert key != "password" or value not in str(caught.value)


def test_version_2_refuses_the_settings_it_cannot_send():
    for more in ({"zone": "Australia/Perth"}, {"cli": "61"}):
        with pytest.raises(errors.Permanent, match=next(iter(more))):
            monopond.connect(settings("https://example.com") | more | {"version": "2"})


def test_the_interval_between_requests_is_a_setting():
    made = monopond.connect(settings("https://example.com") | {"interval": "1.5"})
    assert made.capabilities.request_interval == 1.5
    made.close()


def test_the_account_is_all_it_says():
    made = monopond.connect(settings("https://example.com"))
    assert isinstance(made, _port.Cancels)
    assert isinstance(made, _port.Pushes)
    assert not isinstance(made, _port.Inbound)
    assert made.capabilities.max_recipients == _account.GROUP == 600
    made.close()


def test_no_secret_is_in_what_is_printed():
    made = monopond.connect(settings("https://example.com") | {"push": "hidden-path"})
    shown = repr(made) + repr(made.client) + repr(made._options)
    assert "hidden-path" not in shown
    assert contract.Contract.secret not in shown
    made.close()
