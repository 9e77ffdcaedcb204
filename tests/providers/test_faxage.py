"""FAXAGE behind the port: what its answers mean for a fax."""

import dataclasses
import datetime

import pytest

from mailfax import errors
from mailfax.model import Outcome
from mailfax.number import FaxNumber
from mailfax.providers import _http, _port, faxage
from mailfax.providers.faxage import _account
from tests.providers import contract, scripted
from tests.providers.conftest import settings

TOKEN = _account.token("t-1")


class TestContract(contract.Contract):
    kind = "faxage"
    reference = "1234567"

    def settings(self, url):
        return settings(url)

    def taken(self):
        return scripted.http(body=b"JOBID: 1234567\n")


def submit(transmission, document=None):
    def use(account):
        pages = document or contract.payload()
        return account.submit([transmission], pages, contract.nothing_to_note)[transmission.id]

    return use


def sent(ask, transmission=None, document=None, **more):
    """The form of one submit."""
    use = submit(transmission or contract.transmission(), document)
    answer, requests = ask([b"JOBID: 5"], use, **more)
    assert answer == "5"
    return dict(requests[0].fields)


# Sending


def test_a_number_goes_out_as_its_ten_digits(ask):
    assert sent(ask)["faxno"] == "3035550123"
    assert sent(ask, contract.transmission(number="14165550199"))["faxno"] == "4165550199"


@pytest.mark.parametrize("number", ["493012345678", "12425550100", "17875550100", "5378312345"])
def test_other_countries_have_no_route_and_nothing_is_sent(ask, number):
    answer, requests = ask([scripted.drop], submit(contract.transmission(number=number)))
    assert isinstance(answer, errors.Permanent)
    assert answer.cause is errors.Cause.NO_ROUTE
    assert not requests


@pytest.mark.parametrize(
    ("resolution", "value"), [("standard", None), ("fine", "1"), ("superfine", "2")]
)
def test_each_resolution_has_its_value_and_standard_has_none(ask, resolution, value):
    form = sent(ask, document=contract.payload(resolution=resolution))
    assert form.get("resolution") == value


@pytest.mark.parametrize(
    "name",
    ["", "Ann", "Ann\tExample\r\nBcc: x", "x" * 90, "Jörg Müller-Lüdenscheidt zu Ostfriesland",
     "株式会社ファックスサービス東京本店", "\ud800 broken", "a" * 22 + "é", "\x85\u2028"],
)  # fmt: skip
def test_a_name_of_any_kind_leaves_the_token_whole_in_32_octets(ask, name):
    recipname = sent(ask, contract.transmission(recipient_name=name))["recipname"]
    assert recipname.endswith(TOKEN)
    assert len(recipname.encode()) <= 32
    assert recipname.isprintable()
    assert recipname == recipname.strip()


def test_without_token_the_name_stands_alone_and_is_never_empty(ask):
    assert sent(ask, token="no")["recipname"] == "Ann Example"
    nameless = contract.transmission(recipient_name="")
    assert sent(ask, nameless, token="no")["recipname"] == "3035550123"


def test_the_header_line_and_priority_come_from_the_settings(ask):
    form = sent(ask, tagname="Example", tagnumber="1.303.555.0100", priority="low")
    assert (form["tagname"], form["tagnumber"], form["priority"]) == (
        "Example", "1.303.555.0100", "low",
    )  # fmt: skip
    assert not {"tagname", "tagnumber", "priority"} & sent(ask).keys()


def test_each_transmission_is_one_request_and_has_its_own_answer(ask):
    several = [contract.transmission(key) for key in ("a", "b", "c")]
    answers, requests = ask(
        [b"JOBID: 1", b"ERR05: blocked", b"JOBID: 3"],
        lambda account: account.submit(several, contract.payload(), contract.nothing_to_note),
    )
    assert len(requests) == 3
    assert (answers["a"], answers["c"]) == ("1", "3")
    assert answers["b"].cause is errors.Cause.BLOCKED


def test_what_it_cannot_do_is_refused_by_name(ask):
    for transmission, document, cause in [
        (contract.transmission(subaddress="12"), None, errors.Cause.NOT_POSSIBLE),
        (contract.transmission(), contract.payload("fax.exe"), errors.Cause.UNSUPPORTED_DOCUMENT),
        (contract.transmission(), contract.payload(resolution="ultra"), errors.Cause.NOT_POSSIBLE),
    ]:
        answer, requests = ask([scripted.drop], submit(transmission, document))
        assert answer.cause is cause
        assert not requests


# Reports


def record(jobid="1", name="Ann", number="3035550123", short="success", long="ok", tail=()):
    times = ("2026-11-20 03:00:05", "2026-11-20 03:01:40", "00:01:05")
    return "\t".join([jobid, "9", name, number, short, long, *times, *tail]).encode() + b"\n"


def report(ask, *lines, references=("1",), **more):
    reports, requests = ask([b"".join(lines)], lambda account: account.report(references), **more)
    return reports, requests


def test_many_jobs_are_asked_for_in_one_request(ask):
    lines = [record("1", tail=["2", "MACHINE", "2"]), record("2", short="pending")]
    reports, requests = report(ask, *lines, references=["1", "2", "3"])
    assert len(requests) == 1
    assert [value for name, value in requests[0].fields if name == "jobids[]"] == ["1", "2", "3"]
    assert set(reports) == {"1", "2"}
    assert reports["2"].outcome is Outcome.PENDING


def test_more_jobs_than_a_form_holds_are_asked_for_in_several_requests(ask):
    references = [str(number) for number in range(1201)]
    _, requests = report(ask, record("7"), references=references)
    assert [len(request.fields) for request in requests] == [608, 608, 9]


def test_no_jobs_need_no_request(ask):
    reports, requests = report(ask, references=[])
    assert reports == {}
    assert requests == []


def test_a_delivered_fax_is_told_with_all_its_facts(ask):
    reports, _ = report(ask, record(tail=["2", "  THE \x07MACHINE ", "2"]), zone="America/Denver")
    told = reports["1"]
    assert told.outcome is Outcome.DELIVERED
    assert told.cause is None
    assert (told.pages_sent, told.duration, told.csid) == (2, 65.0, "THE MACHINE")
    assert told.ended_at == datetime.datetime(2026, 11, 20, 10, 1, 40, tzinfo=datetime.UTC)
    assert told.raw.startswith("1\t9\tAnn\t3035550123\tsuccess")
    assert told.raw.endswith("(times read as America/Denver)")


def test_a_pending_fax_has_no_end_and_says_its_tries(ask):
    long = "In Queue Tries: 3 Status: waiting"
    reports, _ = report(ask, record(short="pending", long=long, tail=["2", "", "0"]))
    told = reports["1"]
    assert told.outcome is Outcome.PENDING
    assert (told.pages_sent, told.duration, told.dials) == (None, None, 3)


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("Failed Conversion", errors.Cause.CONVERSION_FAILED),
        ("Busy signal detected", errors.Cause.BUSY),
        ("No answer from remote", errors.Cause.NO_ANSWER),
        ("No carrier detected", errors.Cause.NO_FAX_TONE),
        ("businessman was annoyed", errors.Cause.UNKNOWN),
        ("", errors.Cause.UNKNOWN),
        ("Fehler 17", errors.Cause.UNKNOWN),
    ],
)
def test_why_a_fax_failed_is_unknown_but_for_a_small_table_of_inference(ask, words, cause):
    reports, _ = report(ask, record(short="failure", long=words, tail=["2", "", "0"]))
    assert reports["1"].outcome is Outcome.FAILED
    assert reports["1"].cause is cause


def test_a_failed_fax_of_which_some_pages_went_over_is_partial(ask):
    reports, _ = report(ask, record(short="failure", long="?", tail=["3", "", "1"]))
    assert reports["1"].cause is errors.Cause.PARTIAL


def test_a_job_the_provider_does_not_know_is_left_out(ask):
    assert report(ask, b"ERR06: No jobs to display or job id specified not found")[0] == {}
    assert report(ask, record("77"))[0] == {}


@pytest.mark.parametrize(
    "line",
    [b"1\t9\tAnn\t30355", record(short="exploded"), record(name="Ann\tSmith"), b"1\n"],
)
def test_a_line_that_cannot_be_read_leaves_its_job_pending(ask, line):
    reports, _ = report(ask, line + b"\n", record("2"), references=["1", "2"])
    assert reports["1"].outcome is Outcome.PENDING
    assert reports["2"].outcome is Outcome.DELIVERED


def test_the_password_is_taken_out_of_raw_answers(ask):
    long = f"login {contract.Contract.secret} s3cret%26Canary failed"
    reports, _ = report(ask, record(short="failure", long=long))
    assert "login *** *** failed" in reports["1"].raw


def test_a_raw_answer_is_cut(ask):
    reports, _ = report(ask, record(long="x" * 9000))
    assert len(reports["1"].raw) <= 4096


@pytest.mark.parametrize("time", ["0000-00-00 00:00:00", "9999-12-31 23:59:59", "soon", "", "٣"])
def test_a_time_that_is_none_is_none(ask, time):
    line = record().replace(b"2026-11-20 03:01:40", time.encode())
    assert report(ask, line, zone="America/Denver")[0]["1"].ended_at is None


# Looking up a lost answer


def find(ask, *lines, token="yes", whole=True):
    body = b"".join(lines)

    def unframed(conn, server):
        server.read(conn)
        conn.sendall(scripted.http(body=body, length=False))

    transmission = contract.transmission()
    found, requests = ask(
        [body if whole else unframed], lambda account: account.find(transmission), token=token
    )
    return found, requests


def test_the_job_with_our_token_is_found(ask):
    found, requests = find(ask, record("8", name="Bob 2zzzzzzz"), record("9", name=f"Ann {TOKEN}"))
    assert found == "9"
    assert requests[0].field("begin") == "2026-11-19 08:00:00"
    assert requests[0].field("end") == "2026-11-21 12:00:00"


def test_the_token_is_found_in_capitals_too(ask):
    assert find(ask, record("9", name=f"ANN {TOKEN.upper()} "))[0] == "9"


NONE = b"ERR06: No jobs to display or job id specified not found"


def test_no_job_at_all_or_only_jobs_of_others_prove_that_it_is_absent(ask):
    assert find(ask, NONE)[0] is _port.Absent.ABSENT
    assert find(ask, record(name="Ann 2zzzzzzz"))[0] is _port.Absent.ABSENT
    assert find(ask, record(name="Bob", number="4155550100"))[0] is _port.Absent.ABSENT


@pytest.mark.parametrize(
    "lines",
    [
        [record("8", name=f"Ann {TOKEN}"), record("9", name=f"Ann {TOKEN}")],
        [record(name=f"Ann {TOKEN[:-1]}")],
        [record(name="Ann Hamilton")],
        [record(name="Ann", number="unknown")],
        [record(name="Bob 2zzzzzzz"), b"broken line\n"],
    ],
)
def test_two_candidates_a_job_without_token_or_a_broken_line_prove_nothing(ask, lines):
    assert find(ask, *lines)[0] is _port.Absent.CANNOT_KNOW


def test_a_listing_that_may_be_cut_proves_no_absence_but_may_show_the_job(ask):
    other, ours = record("8", name="Bob 2zzzzzzz"), record("9", name=f"Ann {TOKEN}")
    assert find(ask, other, whole=False)[0] is _port.Absent.CANNOT_KNOW
    assert find(ask, other, ours, whole=False)[0] == "9"


def test_without_token_nobody_can_know_and_nobody_is_asked(ask):
    found, requests = find(ask, record(), token="no")
    assert found is _port.Absent.CANNOT_KNOW
    assert not requests
    assert faxage.connect(settings("https://example.com") | {"token": "no"}).capabilities == (
        dataclasses.replace(faxage.CAPABILITIES, reference_lookup="none")
    )


def test_tokens_differ_and_look_like_no_name():
    tokens = {_account.token(f"t-{number}") for number in range(20_000)}
    assert len(tokens) == 20_000
    assert all(len(one) == 8 and one.isalnum() and one[0] in "234567" for one in tokens)


# After the end


def test_forgetting_a_job_already_gone_is_no_error(ask):
    ask([b"1 cleared"], lambda account: account.forget("1"))
    ask([b"ERR07: Job ID: 1 not found"], lambda account: account.forget("1"))


@pytest.mark.parametrize(
    ("said", "stopped"),
    [(b"1 stopped", True), (b"stopped\n", True), (b"ERR19: not found", False),
     (b"ERR20: Job ID - 1 - is not In Queue", False), (b"ERR21: Job ID - 1 -", False),
     (b"ERR22: Job ID - 1 - is in transmission", False)],
)  # fmt: skip
def test_a_job_is_called_back_only_while_it_waits(ask, said, stopped):
    assert ask([said], lambda account: account.cancel("1"))[0] is stopped


@pytest.mark.parametrize(
    ("said", "expected"),
    [(b"ERR23: failed to stop", errors.Temporary), (b"<html>stopped</html>", errors.Unsure),
     (b"ERR18: No jobid specified", errors.Permanent), (b"", errors.Unsure)],
)  # fmt: skip
def test_a_stop_that_failed_is_said(ask, said, expected):
    with pytest.raises(expected):
        ask([said], lambda account: account.cancel("1"))


# Settings


@pytest.mark.parametrize(
    ("key", "value"), [("zone", "Mars/Base"), ("zone", "../etc"), ("token", "maybe"),
                       ("interval", "often"), ("url", "http://example.com")]
)  # fmt: skip
def test_a_setting_that_cannot_be_used_is_named(key, value):
    with pytest.raises(errors.Permanent, match=key):
        faxage.connect(settings("https://example.com") | {key: value})


def test_the_interval_between_requests_is_a_setting():
    account = faxage.connect(settings("https://example.com") | {"interval": "1.5"})
    assert account.capabilities.request_interval == 1.5
    account.close()


def test_the_account_is_all_it_says():
    account = faxage.connect(settings("https://example.com"))
    assert isinstance(account, _port.Inbound)
    assert isinstance(account, _port.Cancels)
    assert FaxNumber("13035550123").country() in account.capabilities.countries
    account.close()


def test_a_large_document_is_written_quickly_enough_to_be_one_request(ask):
    document = _port.Payload(name="fax.pdf", data=bytes(3_000_000), pages=1, resolution="fine")
    assert len(sent(ask, document=document)["faxfiledata[]"]) == 4_000_000
    assert _http.REQUEST > 20 * 2**20
