"""Popfax behind the port: what its answers mean for a fax."""

import datetime
import hashlib
import logging

import hypothesis
import pytest
from hypothesis import strategies as st

from mailfax import errors
from mailfax.model import Outcome
from mailfax.providers import _port, popfax
from mailfax.providers.popfax import _codes, _references, _written
from tests.providers import contract, popfax_wire, scripted
from tests.providers.popfax_wire import answer, changed, faxes, run, sent, standing, taken

NUMBER = "33123456789"
LAST = ("+33123456789", "+33123456790", "+33123456791")


class TestContract(contract.Contract):
    kind = "popfax"
    number = NUMBER
    reference = "4711"

    def settings(self, url):
        return popfax_wire.settings(url)

    def taken(self):
        return taken(0, 4711)


def transmission(key="t-1", number=NUMBER, **more):
    return contract.transmission(key, number=number, **more)


def submit(*transmissions, document=None):
    def use(account):
        pages = document or contract.payload()
        return account.submit(transmissions, pages, contract.nothing_to_note)

    return use


# Sending


def test_a_fax_goes_out_with_its_number_its_pages_and_our_id():
    answers, calls = run([taken(0, 4711)], submit(transmission()))
    assert answers == {"t-1": "4711"}
    fax = calls[0].arguments["fax"]
    assert fax["numbers"] == ["+33123456789"]
    assert (fax["desc"], fax["pages"], fax["coverpage"], fax["app"]) == ("t-1", 1, 0, 0)
    (attachment,) = calls[0].attachments
    assert attachment.get_content_type() == "image/tiff"
    assert attachment.get_filename() == "fax.tif"
    assert attachment.get_payload(decode=True) == contract.TIFF


def test_the_login_is_the_address_and_the_digest_of_the_password():
    _, calls = run([taken(0, 4711)], submit(transmission()))
    email, password = (child.text for child in calls[0].header)
    assert email == "ann@example.com"
    assert password == hashlib.md5(contract.Contract.secret.encode()).hexdigest()
    assert contract.Contract.secret.encode() not in calls[0].request.body


def test_neither_password_nor_digest_is_in_an_error_or_a_log(caplog):
    digest = hashlib.md5(contract.Contract.secret.encode()).hexdigest()
    words = f"no {digest} and {contract.Contract.secret.replace('&', '&amp;')}"
    fault = (
        f"{popfax_wire.HEAD}<SOAP-ENV:Fault><faultcode>{digest}</faultcode>"
        f"<faultstring>{words}</faultstring></SOAP-ENV:Fault>{popfax_wire.TAIL}"
    )
    with caplog.at_level(logging.DEBUG):
        answers, _ = run([popfax_wire.xml(fault.encode())], submit(transmission()))
    said = f"{answers['t-1']} {answers['t-1']!r} {caplog.text}"
    assert digest not in said
    assert "s3cret" not in said
    assert "***" in said


def test_fifty_numbers_go_in_one_request_and_the_rest_in_others():
    many = [transmission(f"t-{n}", f"331234567{n:02}") for n in range(120 - 20)]
    many += [transmission(f"u-{n}", f"331234568{n:02}") for n in range(20)]
    answers, calls = run([taken(0, 1), taken(0, 2), taken(0, 3)], submit(*many))
    assert [len(call.arguments["fax"]["numbers"]) for call in calls] == [50, 50, 20]
    assert len(set(answers.values())) == 120
    assert answers["t-0"] == "1/33123456700"
    assert answers["t-99"] == "2/33123456799"
    assert answers["u-19"] == "3/33123456819"


def test_a_number_asked_for_twice_goes_in_two_requests():
    twice = [transmission("a"), transmission("b"), transmission("c", "33123456790")]
    answers, calls = run([taken(0, 1), taken(0, 2)], submit(*twice))
    assert [call.arguments["fax"]["numbers"] for call in calls] == [
        ["+33123456789", "+33123456790"],
        ["+33123456789"],
    ]
    assert answers == {"a": "1/33123456789", "b": "2", "c": "1/33123456790"}


@pytest.mark.parametrize("code", [101, 108, 111])
def test_a_bad_number_among_good_ones_spoils_none_of_them(code):
    three = [transmission(f"t-{n}", f"3312345678{n}") for n in range(3)]
    steps = [taken(code), taken(0, 1), taken(code), taken(0, 3)]
    answers, calls = run(steps, submit(*three))
    assert len(calls) == 4
    assert (answers["t-0"], answers["t-2"]) == ("1", "3")
    assert answers["t-1"].cause is errors.Cause.BAD_NUMBER


def test_what_goes_wrong_with_a_group_goes_wrong_with_each_of_it():
    pair = [transmission("a"), transmission("b", "33123456790")]
    answers, calls = run([scripted.drop_after_request], submit(*pair))
    assert len(calls) == 1
    assert all(isinstance(one, errors.Unsure) for one in answers.values())


def test_what_it_cannot_do_is_refused_by_name_and_hinders_no_other():
    impossible = [
        (transmission("x", subaddress="12"), None, errors.Cause.NOT_POSSIBLE),
        (transmission("x"), contract.payload("fax.pdf"), errors.Cause.UNSUPPORTED_DOCUMENT),
        (transmission("x"), contract.payload(resolution="ultra"), errors.Cause.NOT_POSSIBLE),
    ]
    for one, document, cause in impossible:
        answers, calls = run([scripted.drop], submit(one, document=document))
        assert answers["x"].cause is cause
        assert not calls
    answers, calls = run([taken(0, 7)], submit(impossible[0][0], transmission("good")))
    assert answers["good"] == "7"
    assert len(calls) == 1


CLEAR = {
    101: (errors.Permanent, "bad_number"),
    102: (errors.Permanent, "unsupported_document"),
    103: (errors.Permanent, "not_possible"),
    104: (errors.Temporary, "no_credit"),
    105: (errors.Permanent, "conversion_failed"),
    106: (errors.Permanent, "unsupported_document"),
    107: (errors.Temporary, "login_failed"),
    108: (errors.Permanent, "bad_number"),
    110: (errors.Temporary, "unknown"),
    111: (errors.Permanent, "bad_number"),
}


@pytest.mark.parametrize("code", [-1, *range(20), *range(99, 115), 200, 2**31])
def test_only_the_codes_of_the_manual_are_a_clear_no(code):
    kind, cause = CLEAR.get(code, (errors.Unsure, "unknown"))
    answers, _ = run([taken(code)], submit(transmission()))
    assert type(answers["t-1"]) is kind
    assert answers["t-1"].cause == cause


# Reports


def report(steps, references=("4711",), **more):
    return run(steps, lambda account: account.report(references), **more)


def test_many_registrations_are_asked_for_in_one_request():
    references = ["1", "2", "3"]
    steps = [
        standing((1, 101, 1), (2, 102, 2), (3, 103, 6)),
        faxes(sent(101), sent(102, sentstatus=2), sent(103, sentstatus=6)),
    ]
    reports, calls = report(steps, references)
    assert [call.operation for call in calls] == ["asynchronInfoRange", "getFAXSentInfo"]
    assert calls[0].arguments == {"ids": [1, 2, 3]}
    assert calls[1].arguments == {"ids": [101, 102, 103]}
    outcomes = [reports[one].outcome for one in references]
    assert outcomes == [Outcome.DELIVERED, Outcome.PENDING, Outcome.FAILED]


def test_more_than_a_list_holds_are_asked_for_in_several_requests():
    references = [str(number) for number in range(1, 1202)]
    _, calls = report([standing()], references)
    assert [len(call.arguments["ids"]) for call in calls] == [600, 600, 1]


def test_no_references_and_words_that_are_none_need_no_request():
    reports, calls = report([scripted.drop], ["", "x", "-1", "1/", "object-", "1/2/3", "٣"])
    assert reports == {}
    assert not calls


def test_a_delivered_fax_is_told_with_all_its_facts():
    reports, _ = report([standing((4711, 815, 1)), faxes(sent(pagecount=3))])
    told = reports["4711"]
    assert (told.outcome, told.cause, told.pages_sent) == (Outcome.DELIVERED, None, 3)
    assert told.ended_at == datetime.datetime(2026, 11, 20, 10, 1, 40, tzinfo=datetime.UTC)
    assert told.raw.startswith("1 OK, FAXSentInfo(")
    assert told.raw.endswith("(times read as Europe/Paris)")


def test_a_fax_in_the_queue_has_no_end():
    reports, _ = report([standing((4711, 815, 2)), faxes(sent(sentstatus=2))])
    told = reports["4711"]
    assert (told.outcome, told.pages_sent, told.ended_at) == (Outcome.PENDING, None, None)


TABLE = {
    0: "unknown", 3: "no_fax_tone", 4: "partial", 5: "line_error", 6: "busy", 7: "refused",
    8: "conversion_failed", 9: "no_answer", 10: "bad_number", 11: "congestion",
    12: "line_error", 13: "line_error", 14: "unsupported_document", 15: "hung_up",
    101: "bad_number", 102: "unsupported_document", 103: "not_possible", 104: "no_credit",
    105: "conversion_failed", 106: "unsupported_document", 107: "login_failed",
    108: "bad_number", 110: "unknown", 111: "bad_number",
}  # fmt: skip


@pytest.mark.parametrize("status", TABLE)
def test_each_status_of_a_failed_fax_has_its_cause(status):
    reports, _ = report([standing((4711, 815, status)), faxes(sent(sentstatus=status))])
    told = reports["4711"]
    assert told.outcome is Outcome.FAILED
    assert told.cause == TABLE[status]
    assert told.pages_sent is None
    assert told.raw.startswith(f"{status} ")


@pytest.mark.parametrize("status", [2, 16, 42, 100, 109, 112, 200, -1])
def test_a_status_that_is_none_or_no_end_leaves_the_fax_pending_and_is_kept(status):
    reports, _ = report([standing((4711, 815, status)), faxes(sent(sentstatus=status))])
    assert reports["4711"].outcome is Outcome.PENDING
    assert reports["4711"].raw.startswith(f"{status} ")


def alone(*data):
    return answer("asynchronInfo", "data", list(data))


@pytest.mark.parametrize("status", [*range(16), 109, 200, 42])
def test_a_registration_without_object_waits(status):
    reports, calls = report([standing((4711, 0, 200)), alone(4711, status)])
    assert [call.operation for call in calls] == ["asynchronInfoRange", "asynchronInfo"]
    assert reports["4711"].outcome is Outcome.PENDING


@pytest.mark.parametrize("status", CLEAR)
def test_a_registration_without_object_has_failed_when_the_request_was_refused(status):
    reports, _ = report([standing((4711, 0, 200)), alone(4711, status)])
    assert reports["4711"].outcome is Outcome.FAILED
    assert reports["4711"].cause == TABLE[status]


def test_an_object_that_only_the_single_question_tells_is_followed():
    steps = [standing((4711, 0, 200)), alone(4711, 2, 815), faxes(sent(815))]
    assert report(steps)[0]["4711"].outcome is Outcome.DELIVERED


def test_a_registration_that_the_provider_does_not_know_is_left_out():
    assert report([standing((4711, 0, 200)), alone(4711)])[0] == {}
    assert report([standing()])[0] == {}


@pytest.mark.parametrize("data", [(), (4711, 2, 815, 1), (109,)])
def test_a_registration_told_in_no_form_of_the_manual_is_asked_for_again(data):
    with pytest.raises(errors.Temporary):
        report([standing((4711, 0, 200)), alone(*data)])


def test_a_fax_whose_object_is_not_told_is_left_out():
    assert report([standing((4711, 815, 1)), faxes()])[0] == {}
    assert report([standing((4711, 815, 1)), faxes(sent(816))])[0] == {}


def test_a_record_that_cannot_be_read_hides_no_other():
    steps = [standing((1, 101, 1), (2, 102, 1)), faxes(sent(101) | {"sentstatus": "x"}, sent(102))]
    assert set(report(steps, ["1", "2"])[0]) == {"2"}


def test_a_member_that_the_manual_does_not_know_is_not_looked_at():
    strange = {"csid": "MACHINE"} | sent(815) | {"cost": "1.5"}
    assert report([standing((4711, 815, 1)), faxes(strange)])[0]["4711"].pages_sent == 1


def test_one_of_many_numbers_is_told_by_the_list_of_recipients_asked_for_once():
    listed = [
        {"recipient": number, "status": status}
        for number, status in zip(LAST, (1, 6, 2), strict=True)
    ]
    references = ["9/33123456789", "9/33123456790", "9/33123456791", "9/33123456799"]
    steps = [
        standing((9, 815, 2)),
        faxes(sent(815, sentstatus=2, recipients=3, recipient="")),
        answer("getRecipients", "recipients", listed),
    ]
    reports, calls = report(steps, references)
    assert calls[2].arguments == {"id": 815, "type": "FAX"}
    assert len(calls) == 3
    outcomes = [reports[one].outcome for one in references]
    assert outcomes == [Outcome.DELIVERED, Outcome.FAILED, Outcome.PENDING, Outcome.PENDING]
    assert reports["9/33123456790"].cause is errors.Cause.BUSY


def test_a_time_that_is_none_is_none():
    for date in ("", "soon", "0000-00-00 00:00:00", "9999-12-31 23:59:59", "20/11/2026"):
        reports, _ = report(
            [standing((4711, 815, 1)), faxes(sent(date=date))], zone="America/Denver"
        )
        assert reports["4711"].ended_at is None


def test_secrets_are_taken_out_of_raw_answers_and_they_are_cut():
    secret = contract.Contract.secret.replace("&", "&amp;")
    reports, _ = report([standing((4711, 815, 1)), faxes(sent(recipient=f"{secret}{'9' * 9000}"))])
    assert "s3cret" not in reports["4711"].raw
    assert len(reports["4711"].raw) <= 4096


# Looking up a lost answer


def find(steps, match="yes", pages=1):
    return run(steps, lambda account: account.find(transmission(pages=pages)), match=match)


def test_without_leave_nobody_can_know_and_nobody_is_asked():
    found, calls = find([scripted.drop], match="no")
    assert found is _port.Absent.CANNOT_KNOW
    assert not calls
    with_leave = popfax.connect(popfax_wire.settings("https://example.com") | {"match": "yes"})
    assert with_leave.capabilities.reference_lookup == "near"
    assert popfax.CAPABILITIES.reference_lookup == "none"
    with_leave.close()


def begun(**more):
    return sent(date="2026-11-20 11:00:05", sentstatus=2, **more)


def test_the_only_fax_to_the_number_at_that_time_is_found_and_can_be_followed():
    found, calls = find([changed((815, 1), (31, 2), (5, 1, -1)), faxes(begun())])
    assert found == "object-815"
    assert calls[0].arguments == {"timestamp": int(contract.NOW.timestamp()) - 60}
    assert calls[1].arguments == {"ids": [815]}
    reports, calls = report([faxes(sent(815))], ["object-815"])
    assert reports["object-815"].outcome is Outcome.DELIVERED
    assert len(calls) == 1


@pytest.mark.parametrize(
    "listed",
    [
        [],
        [begun(recipient="+33123456790")],
        [begun(pagecount=2)],
        [begun(), begun(id=816)],
        [begun(), begun(id=816, pagecount=2)],
        [begun(), begun(id=816) | {"date": "?"}],
        [begun(recipients=2, recipient="")],
        [begun() | {"date": "2026-11-20 10:58:00"}],
        [begun() | {"date": "2026-11-20 11:16:00"}],
        [begun() | {"date": "2026-11-20 10:00:05"}],
    ],
)
def test_none_or_two_or_another_number_time_or_length_prove_nothing(listed):
    steps = [changed(*((one["id"], 1) for one in listed)), faxes(*listed)]
    assert find(steps)[0] is _port.Absent.CANNOT_KNOW


# After the end


def deleted(code=0):
    return answer("deleteObjects", "error", code)


def forget(steps, reference="4711"):
    return run(steps, lambda account: account.forget(reference))[1]


def test_an_ended_fax_is_deleted_by_its_object():
    calls = forget([standing((4711, 815, 1)), deleted()])
    assert calls[1].operation == "deleteObjects"
    assert calls[1].arguments == {"objects": [{"type": 1, "ids": [815]}]}
    assert forget([deleted()], "object-815")[0].arguments == calls[1].arguments


def test_forgetting_a_fax_already_gone_is_no_error():
    forget([standing((4711, 0, 200)), alone(0)])
    forget([standing((4711, 815, 1)), deleted(3), faxes()])


def test_a_deletion_that_failed_is_said():
    with pytest.raises(errors.Temporary):
        forget([standing((4711, 815, 1)), deleted(3), faxes(sent(815))])
    with pytest.raises(errors.Temporary) as caught:
        forget([standing((4711, 815, 1)), deleted(107)])
    assert caught.value.cause is errors.Cause.LOGIN_FAILED


def test_a_fax_of_many_numbers_stays_for_the_others():
    assert not forget([scripted.drop], "9/33123456789")


# References and numbers


@hypothesis.given(
    st.integers(1, 10**17),
    st.integers(0, 10**17),
    st.from_regex("[1-9][0-9]{3,14}", fullmatch=True),
)
def test_a_reference_is_read_as_it_was_written(registration, made, digits):
    for one in (
        _references.Reference(registration=registration),
        _references.Reference(registration=registration, digits=digits),
        _references.Reference(object=made or 1),
    ):
        assert _references.read(str(one)) == one


@hypothesis.given(st.text(max_size=30))
def test_no_word_breaks_the_readers(text):
    read = _references.read(text)
    assert read is None or _references.read(str(read)) == read
    assert _written.e164(text).startswith("+") or _written.e164(text) == _written.spaced(text)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("+33123456789", "+33123456789"),
        ("0033 1 23 45 67 89", "+33123456789"),
        ("+1 (202) 555-0100", "+12025550100"),
        ("0123456789", "0123456789"),
        ("33123456789", "33123456789"),
        ("", ""),
        ("Anonymous  caller", "Anonymous caller"),
        ("+0123", "+0123"),
    ],
)
def test_a_number_is_read_only_with_its_plus_or_two_zeros(written, read):
    assert _written.e164(written) == read


# Settings and login


@pytest.mark.parametrize(
    ("key", "value"),
    [("zone", "Mars/Base"), ("zone", "../etc"), ("match", "maybe"), ("interval", "often"),
     ("folder", "done"), ("folder", "-1"), ("url", "http://example.com")],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_is_named(key, value):
    with pytest.raises(errors.Permanent, match=key):
        popfax.connect(popfax_wire.settings("https://example.com") | {key: value})


def test_five_seconds_lie_between_requests_unless_the_settings_say_otherwise():
    assert popfax.CAPABILITIES.request_interval == 5.0
    account = popfax.connect(popfax_wire.settings("https://example.com") | {"interval": "0"})
    assert account.capabilities.request_interval == 0.0
    account.close()


def test_the_account_is_all_it_says():
    account = popfax.connect(popfax_wire.settings("https://example.com"))
    assert isinstance(account, _port.Inbound)
    assert not isinstance(account, _port.Cancels)
    assert account.capabilities.max_recipients == 50
    account.close()


def test_a_check_passes_with_a_customer_id_and_says_when_the_login_is_refused():
    run([answer("authenticate", "customerid", 4321)], lambda account: account.check())
    with pytest.raises(errors.Temporary) as caught:
        run([answer("authenticate", "customerid", 0)], lambda account: account.check())
    assert caught.value.cause is errors.Cause.LOGIN_FAILED


def test_every_code_has_its_letters_and_its_words():
    assert all(len(one.code) == 2 and one.text for one in _codes.ANSWERS.values())
    assert len({one.code for one in _codes.STATUSES.values()}) == len(_codes.STATUSES)
