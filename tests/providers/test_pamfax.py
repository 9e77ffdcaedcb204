"""PamFax behind the port: what is sent, what is followed, what is found again."""

import dataclasses
import datetime
import hashlib

import pytest

from mailfax import errors
from mailfax.model import Outcome
from mailfax.providers import _port, pamfax
from mailfax.providers.pamfax import _account
from tests.providers import contract, pamfax_rig, scripted
from tests.providers.pamfax_rig import (
    DONE,
    FAX,
    HANDLE,
    LOST,
    RECIPIENT,
    Service,
    asked,
    form,
    json_answer,
    listed,
    running,
    submit,
)


class TestContract(contract.Contract):
    kind = "pamfax"
    reference = RECIPIENT
    handle = HANDLE

    def settings(self, url):
        return pamfax_rig.settings(url)

    def login(self):
        return [pamfax_rig.GOOD[operation] for operation in pamfax_rig.BUILDING]

    def entry(self):
        return [pamfax_rig.login()]

    def taken(self):
        return DONE


# Sending


def test_a_fax_is_built_in_a_session_of_its_own_and_sent_last():
    with running() as (account, server):
        assert submit(account) == RECIPIENT
    assert asked(server) == [*pamfax_rig.BUILDING, "FaxJob/Send", "Session/Logout"]
    assert form(server.requests[0])["usertoken"] == ""
    assert {form(one)["usertoken"] for one in server.requests[1:]} == {pamfax_rig.TOKEN}


def test_every_fax_has_its_own_session():
    tokens = [f"{number}" * 32 for number in range(3)]
    service = Service(Session__VerifyUser=[
        pamfax_rig.login(UserToken={"token": token}) for token in tokens
    ])  # fmt: skip
    wanted = [contract.transmission(key) for key in "abc"]
    with running(service) as (account, server):
        account.submit(wanted, contract.payload(), contract.nothing_to_note)
    used = [form(one)["usertoken"] for one in server.requests if one.path.endswith("/Send")]
    assert used == tokens


def test_number_name_and_document_go_out_as_they_are():
    with running() as (account, server):
        submit(account, recipient_name="  Jörg\tMüller\r\n" + "x" * 90)
    fields = {one.path.strip("/"): form(one) for one in server.requests}
    added = fields["FaxJob/AddRecipient"]
    assert added["number"] == "+13035550123"
    assert added["name"] == ("Jörg Müller " + "x" * 90)[:80]
    uploaded = fields["FaxJob/AddFile"]
    assert uploaded["file"] == contract.TIFF
    assert uploaded["filename"] == "fax.tif"
    assert uploaded["file_size"] == str(len(contract.TIFF))
    assert uploaded["file_contentmd5"] == hashlib.md5(contract.TIFF).hexdigest()
    assert len(uploaded["origin"]) <= 20


def test_a_recipient_without_a_name_has_none():
    with running() as (account, server):
        submit(account, recipient_name="")
    assert "name" not in form(server.requests[2])


def test_the_secret_and_the_word_for_it_are_never_sent():
    with running() as (account, server):
        submit(account)
        account.report([RECIPIENT])
    for request in server.requests:
        assert b"w0rd" not in request.body
        assert b"apisecret" not in request.body
        assert len(form(request)["apicheck"]) == 32


def test_the_ids_are_noted_after_the_building_and_before_the_sending():
    notes = []
    with running(Service(FaxJob__Send=LOST)) as (account, server):
        one = contract.transmission()
        account.submit(
            [one], contract.payload(), lambda *noted: notes.append((noted, asked(server)))
        )
    (noted, before), *more = notes
    assert noted == ("t-1", HANDLE)
    assert before == list(pamfax_rig.BUILDING)
    assert not more


def test_a_note_that_fails_stops_the_sending():
    def refuse(key, handle):
        raise errors.Fenced("somebody else owns it")

    with running() as (account, server):
        one = contract.transmission()
        answer = account.submit([one], contract.payload(), refuse)[one.id]
    assert isinstance(answer, errors.Fenced)
    assert "FaxJob/Send" not in asked(server)


def test_the_document_is_waited_for():
    states = [pamfax_rig.state("editing"), pamfax_rig.state("converting_somehow")]
    service = Service(FaxJob__GetFaxState=[*states, pamfax_rig.state()])
    with running(service, patience="30") as (account, server):
        assert submit(account) == RECIPIENT
    assert asked(server).count("FaxJob/GetFaxState") == 3


def test_a_document_that_is_never_ready_is_given_up_unsent():
    service = Service(FaxJob__GetFaxState=pamfax_rig.state("editing"))
    with running(service) as (account, server):
        answer = submit(account)
    assert type(answer) is errors.Temporary
    assert answer.cause is errors.Cause.TIMED_OUT
    assert asked(server)[-1] == "Session/Logout"
    assert "FaxJob/Send" not in asked(server)


@pytest.mark.parametrize(
    "service",
    [Service(FaxJob__GetFaxState=pamfax_rig.state("not_enough_credit")),
     Service(FaxJob__Send=json_answer("not_enough_credit"))],
)  # fmt: skip
def test_without_credit_a_person_must_help(service):
    with running(service) as (account, _):
        answer = submit(account)
    assert type(answer) is errors.Temporary
    assert answer.cause is errors.Cause.NO_CREDIT


TWO = json_answer(Recipients=listed(pamfax_rig.recipient(), pamfax_rig.recipient(uuid="other")))
OTHER = json_answer(Recipients=listed(pamfax_rig.recipient(number="+13035550199")))


@pytest.mark.parametrize(
    "service",
    [
        Service(FaxJob__ListRecipients=TWO),
        Service(FaxJob__ListRecipients=OTHER),
        Service(FaxJob__ListRecipients=json_answer(Recipients=listed())),
        Service(FaxJob__ListRecipients=json_answer(Recipients=listed({"uuid": "u"}))),
        Service(FaxJob__GetFaxState=pamfax_rig.state(files=2)),
        Service(FaxJob__GetFaxState=pamfax_rig.state(files=0)),
        Service(FaxJob__GetFaxState=pamfax_rig.state(cover_id=3)),
        Service(
            FaxJob__ListRecipients=json_answer(Recipients=listed(pamfax_rig.recipient(uuid="a/b")))
        ),
    ],
)
def test_a_fax_with_anything_in_it_that_is_not_ours_is_emptied_and_not_sent(service):
    with running(service) as (account, server):
        assert type(submit(account)) is errors.Temporary
    assert "FaxJob/Send" not in asked(server)
    assert asked(server)[-4:] == [
        "FaxJob/RemoveAllRecipients", "FaxJob/RemoveAllFiles", "FaxJob/RemoveCover",
        "Session/Logout",
    ]  # fmt: skip


@pytest.mark.parametrize("code", ["session_not_found", "user_not_logged_in", "403", "no_fax"])
@pytest.mark.parametrize("operation", ["FaxJob/AddFile", "FaxJob/Send"])
def test_a_session_that_ends_too_early_is_replaced_and_the_fax_built_again(operation, code):
    good = pamfax_rig.GOOD.get(operation, DONE)
    service = Service(**{operation.replace("/", "__"): [json_answer(code), good]})
    with running(service) as (account, server):
        assert submit(account) == RECIPIENT
    assert asked(server).count("Session/VerifyUser") == 2
    assert asked(server).count("FaxJob/Create") == 2


def test_a_session_that_always_ends_is_told_after_the_second():
    with running(Service(FaxJob__AddFile=json_answer("session_not_found"))) as (account, server):
        answer = submit(account)
    assert isinstance(answer, errors.Temporary)
    assert answer.cause is errors.Cause.UNKNOWN
    assert asked(server).count("FaxJob/Create") == 2


def test_a_wrong_login_is_for_a_person():
    for code in ("user_not_found", "bad_password", "403", "user_blacklisted"):
        with running(Service(Session__VerifyUser=json_answer(code))) as (account, _):
            answer = submit(account)
            assert isinstance(answer, errors.Temporary)
            assert answer.cause is errors.Cause.LOGIN_FAILED
            with pytest.raises(errors.Temporary):
                account.check()


@pytest.mark.parametrize("operation", pamfax_rig.BUILDING)
@pytest.mark.parametrize("answer", [LOST, scripted.http(500, b"oops"), scripted.http(body=b"{")])
def test_before_send_a_lost_answer_is_no_lost_fax(operation, answer):
    with running(Service(**{operation.replace("/", "__"): answer})) as (account, server):
        notes = []
        assert type(submit(account, notes)) is errors.Temporary
    assert not notes
    assert "FaxJob/Send" not in asked(server)


@pytest.mark.parametrize("answer", [LOST, scripted.http(500), json_answer("500")])
def test_a_lost_answer_to_send_is_unsure_and_nothing_more_is_asked(answer):
    with running(Service(FaxJob__Send=answer)) as (account, server):
        assert type(submit(account)) is errors.Unsure
    assert asked(server)[-1] == "FaxJob/Send"


def test_a_session_that_cannot_be_left_harms_no_fax():
    with running(Service(Session__Logout=LOST)) as (account, _):
        assert submit(account) == RECIPIENT


def test_the_sender_is_told_when_the_settings_do():
    with running(sender_name="Example", sender_number="+13035550100") as (account, server):
        submit(account)
    told = next(form(one) for one in server.requests if "SetSender" in one.path)
    assert (told["name"], told["number"]) == ("Example", "+13035550100")


@pytest.mark.parametrize(
    ("more", "cause"),
    [
        ({"document": contract.payload(name="fax.exe")}, errors.Cause.UNSUPPORTED_DOCUMENT),
        ({"document": contract.payload(resolution="superfine")}, errors.Cause.NOT_POSSIBLE),
        ({"subaddress": "12"}, errors.Cause.NOT_POSSIBLE),
    ],
)
def test_what_it_cannot_do_is_refused_by_name(more, cause):
    with running() as (account, server):
        assert submit(account, **more).cause is cause
        assert not server.requests


# Following


def report(service, references=(RECIPIENT,), **more):
    with running(service, **more) as (account, server):
        return account.report(references), asked(server)


def test_a_delivered_fax_is_told_with_all_its_facts():
    service = Service(Session__VerifyUser=pamfax_rig.login(Currency={"code": "USD"}))
    reports, _ = report(service, zone="Europe/Berlin")
    told = reports[RECIPIENT]
    assert told.outcome is Outcome.DELIVERED
    assert told.cause is None
    assert (told.pages_sent, told.cost) == (2, "0.34 USD")
    assert told.ended_at == datetime.datetime(2026, 11, 20, 10, 1, 40, tzinfo=datetime.UTC)
    assert '"state": "success"' in told.raw
    assert told.raw.endswith("(times read as Europe/Berlin)")


def test_money_is_euros_where_the_service_names_no_other():
    reports, _ = report(Service())
    assert reports[RECIPIENT].cost == "0.34 EUR"


@pytest.mark.parametrize(
    "name", ["unknown", "", None, "in_queue", "delivering", "Success!", "SUCCESS"]
)
@pytest.mark.parametrize("shape", ["FaxRecipient", "FaxHistoryModel"])
def test_any_other_state_is_not_over(shape, name):
    shown = pamfax_rig.sent(state=name)
    reports, _ = report(Service(FaxHistory__GetFaxDetails=json_answer(**{shape: shown})))
    assert reports[RECIPIENT].outcome is Outcome.PENDING


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("Busy", errors.Cause.BUSY),
        ("Besetzt", errors.Cause.BUSY),
        ("No answer from the other side", errors.Cause.NO_ANSWER),
        ("Failed conversion", errors.Cause.CONVERSION_FAILED),
        ("businessman was annoyed", errors.Cause.UNKNOWN),
        ("Error 4711", errors.Cause.UNKNOWN),
        (None, errors.Cause.UNKNOWN),
    ],
)
def test_why_a_fax_failed_is_unknown_but_for_a_small_table_of_inference(words, cause):
    shown = pamfax_rig.sent(state="failure", status_message=words, pages_sent="0")
    reports, _ = report(Service(FaxHistory__GetFaxDetails=json_answer(FaxHistoryModel=shown)))
    assert reports[RECIPIENT].outcome is Outcome.FAILED
    assert reports[RECIPIENT].cause is cause


def test_a_failed_fax_of_which_some_pages_went_over_is_partial():
    shown = pamfax_rig.sent(state="failure", pages="3", pages_sent=1)
    reports, _ = report(Service(FaxHistory__GetFaxDetails=json_answer(FaxHistoryModel=shown)))
    assert reports[RECIPIENT].cause is errors.Cause.PARTIAL


def test_a_cancelled_fax_is_cancelled():
    shown = pamfax_rig.sent(state="cancelled", sent=None, cancelled="2026-11-20 11:00:00")
    reports, _ = report(Service(FaxHistory__GetFaxDetails=json_answer(FaxHistoryModel=shown)))
    assert reports[RECIPIENT].outcome is Outcome.CANCELLED
    assert reports[RECIPIENT].ended_at.hour == 11


@pytest.mark.parametrize("code", ["fax_not_found", "fax_removed", "not_found"])
def test_a_fax_the_service_does_not_know_is_left_out(code):
    assert report(Service(FaxHistory__GetFaxDetails=json_answer(code)))[0] == {}


@pytest.mark.parametrize("code", ["deprecated", "500", "quantum_decoherence"])
def test_a_fax_it_has_strange_words_for_is_left_pending_and_hides_no_other(code):
    service = Service(FaxHistory__GetFaxDetails=[
        json_answer(code), json_answer(FaxHistoryModel=pamfax_rig.sent()),
    ])  # fmt: skip
    reports, _ = report(service, ["one", "two"])
    assert reports["one"].outcome is Outcome.PENDING
    assert code in reports["one"].raw
    assert reports["two"].outcome is Outcome.DELIVERED


MANY = [f"fax{number}" for number in range(6)]


def test_many_faxes_are_looked_for_in_the_lists_and_only_the_rest_asked_for():
    outbox = json_answer(OutboxFaxes=listed({"uuid": "fax0"}, {"recipient": {"uuid": "fax1"}}))
    history = json_answer(SentFaxes=listed(
        pamfax_rig.sent(uuid="fax2"), pamfax_rig.sent(uuid="fax3", state="failure"),
        {"uuid": "fax4"}, {"uuid": "stranger", "state": "success"}, {"state": "success"},
    ))  # fmt: skip
    service = Service(
        FaxHistory__ListOutboxFaxes=outbox,
        FaxHistory__ListSentFaxes=history,
        FaxHistory__GetFaxDetails=[
            json_answer(FaxHistoryModel=pamfax_rig.sent(uuid="fax4")), json_answer("fax_not_found")
        ],
    )  # fmt: skip
    reports, requests = report(service, MANY)
    assert list(reports) == MANY[:5]
    outcomes = [reports[key].outcome for key in MANY[:5]]
    assert outcomes == [
        Outcome.PENDING, Outcome.PENDING, Outcome.DELIVERED, Outcome.FAILED, Outcome.DELIVERED
    ]  # fmt: skip
    assert requests.count("FaxHistory/GetFaxDetails") == 2


def test_many_faxes_all_under_way_need_a_handful_of_requests():
    outbox = json_answer(OutboxFaxes=listed(*({"uuid": key} for key in MANY)))
    reports, requests = report(Service(FaxHistory__ListOutboxFaxes=outbox), MANY)
    assert {one.outcome for one in reports.values()} == {Outcome.PENDING}
    assert len(requests) <= 4


def outbox_of(keys):
    """Answers, page by page, a hundred to each."""
    pages = [keys[start : start + 100] for start in range(0, len(keys), 100)]
    return [
        json_answer(OutboxFaxes=listed(*({"uuid": key} for key in page))) for page in [*pages, []]
    ]


def test_a_list_is_read_once_for_several_questions_as_far_as_they_need(monkeypatch):
    keys = [f"fax{number}" for number in range(350)]
    with running(Service(FaxHistory__ListOutboxFaxes=outbox_of(keys))) as (account, server):
        for start, read in ((0, 1), (50, 2), (100, 2), (300, 4), (0, 4)):
            assert len(account.report(keys[start : start + 60])) == min(60, 350 - start)
            assert asked(server).count("FaxHistory/ListOutboxFaxes") == read
        assert "FaxHistory/GetFaxDetails" not in asked(server)
        monkeypatch.setattr(account._outbox, "_until", 0.0)
        account.report(keys[:60])
        assert asked(server).count("FaxHistory/ListOutboxFaxes") == 5


def test_a_list_that_broke_is_not_kept():
    steps = [*outbox_of(MANY)[:1], json_answer("too_many_requests"), *outbox_of(MANY)]
    with running(Service(FaxHistory__ListOutboxFaxes=steps)) as (account, _):
        with pytest.raises(errors.Temporary):
            account.report([*MANY, "fax99"])
        assert set(account.report(MANY)) == set(MANY)


def test_sent_faxes_are_read_on_while_they_hold_ours():
    def page(*keys):
        return json_answer(SentFaxes=listed(*(pamfax_rig.sent(uuid=key) for key in keys)))

    history = [page("fax0", "fax1"), page("a"), page("fax2", "fax3", "fax4"), page("b"), page("c")]
    reports, requests = report(Service(FaxHistory__ListSentFaxes=history), MANY)
    assert {key: reports[key].outcome for key in MANY[:5]} == dict.fromkeys(
        MANY[:5], Outcome.DELIVERED
    )
    assert requests.count("FaxHistory/ListSentFaxes") == len(history)
    assert requests.count("FaxHistory/GetFaxDetails") == len(MANY) - 5


def test_lists_that_are_refused_do_not_stop_the_asking():
    reports, requests = report(Service(FaxHistory__ListOutboxFaxes=json_answer("deprecated")), MANY)
    assert len(reports) == requests.count("FaxHistory/GetFaxDetails") == 6


def test_no_faxes_need_no_request():
    assert report(Service(), []) == ({}, [])


def test_a_session_that_has_ended_is_begun_again_for_a_look():
    ended = [json_answer("session_not_found"), json_answer(FaxHistoryModel=pamfax_rig.sent())]
    service = Service(FaxHistory__GetFaxDetails=ended)
    reports, requests = report(service)
    assert reports[RECIPIENT].outcome is Outcome.DELIVERED
    assert requests.count("Session/VerifyUser") == 2


def test_one_session_serves_many_looks():
    with running() as (account, server):
        for _ in range(5):
            account.report([RECIPIENT])
    assert asked(server).count("Session/VerifyUser") == 1


def test_secrets_are_taken_out_of_raw_answers_and_those_are_cut():
    words = f"{contract.Contract.secret} and w0rd " + "x" * 9000
    shown = pamfax_rig.sent(state="failure", status_message=words)
    reports, _ = report(Service(FaxHistory__GetFaxDetails=json_answer(FaxHistoryModel=shown)))
    assert "*** and ***" in reports[RECIPIENT].raw
    assert len(reports[RECIPIENT].raw) <= 4096


@pytest.mark.parametrize("time", ["0000-00-00 00:00:00", "soon", "", None, "9999-12-31 23:59:59"])
def test_a_time_that_is_none_is_none(time):
    shown = pamfax_rig.sent(sent=time)
    service = Service(FaxHistory__GetFaxDetails=json_answer(FaxHistoryModel=shown))
    assert report(service, zone="America/Denver")[0][RECIPIENT].ended_at is None


# Looking up a lost answer


def find(service, handle=HANDLE):
    with running(service) as (account, server):
        return account.find(contract.transmission(handle=handle)), asked(server)


GONE = json_answer("fax_not_found")
DRAFT = json_answer(FaxRecipient=pamfax_rig.recipient())


def test_a_fax_without_noted_ids_was_never_sent():
    assert find(Service(), None) == (_port.Absent.ABSENT, [])


@pytest.mark.parametrize(
    "details",
    [
        json_answer(FaxHistoryModel=pamfax_rig.sent()),
        json_answer(FaxHistoryModel=pamfax_rig.sent(state="failure")),
        json_answer(FaxRecipient=pamfax_rig.recipient(state="delivering")),
        json_answer(FaxRecipient=pamfax_rig.recipient(delivery_started="2026-11-20 11:00:00")),
    ],
)
def test_a_fax_that_is_over_or_has_begun_is_found(details):
    assert find(Service(FaxHistory__GetFaxDetails=details))[0] == RECIPIENT


@pytest.mark.parametrize("details", [GONE, DRAFT])
@pytest.mark.parametrize(
    "operation", ["FaxHistory__ListOutboxFaxes", "FaxHistory__ListUnpaidFaxes"]
)
@pytest.mark.parametrize(
    "item", [{"uuid": RECIPIENT}, {"uuid": FAX}, {"recipient_uuid": RECIPIENT, "state": 3}]
)
def test_a_fax_that_waits_is_found_by_either_id(details, operation, item):
    service = Service(
        FaxHistory__GetFaxDetails=details, **{operation: json_answer(Faxes=listed(item))}
    )
    assert find(service)[0] == RECIPIENT


@pytest.mark.parametrize("details", [GONE, DRAFT])
def test_a_fax_that_is_nowhere_was_not_sent(details):
    others = json_answer(OutboxFaxes=listed({"uuid": "other", "number": "+13035550123"}))
    service = Service(FaxHistory__GetFaxDetails=details, FaxHistory__ListOutboxFaxes=others)
    found, requests = find(service)
    assert found is _port.Absent.ABSENT
    assert "FaxHistory/ListUnpaidFaxes" in requests


@pytest.mark.parametrize(
    "operation", ["FaxHistory__ListOutboxFaxes", "FaxHistory__ListUnpaidFaxes"]
)
@pytest.mark.parametrize(
    "answer",
    [LOST, DONE, json_answer("500"), scripted.http(500), json_answer(A=listed(), B=listed())],
)
def test_a_list_that_cannot_be_read_proves_nothing(operation, answer):
    service = Service(FaxHistory__GetFaxDetails=GONE, **{operation: answer})
    with pytest.raises(errors.Temporary):
        find(service)


def test_a_list_of_many_pages_proves_nothing_but_may_show_the_fax():
    pages = [json_answer(OutboxFaxes=listed({"uuid": f"fax{n}"})) for n in range(4)]
    empty = json_answer(OutboxFaxes=listed())
    with pytest.raises(errors.Temporary, match="too long"):
        find(Service(FaxHistory__GetFaxDetails=GONE, FaxHistory__ListOutboxFaxes=[*pages, empty]))
    ours = json_answer(OutboxFaxes=listed({"uuid": RECIPIENT}))
    service = Service(FaxHistory__GetFaxDetails=GONE, FaxHistory__ListOutboxFaxes=[*pages, ours])
    assert find(service)[0] == RECIPIENT


def test_a_list_that_knows_no_pages_is_read_once():
    same = json_answer(OutboxFaxes=listed({"uuid": "other"}))
    found, requests = find(
        Service(FaxHistory__GetFaxDetails=GONE, FaxHistory__ListOutboxFaxes=same)
    )
    assert found is _port.Absent.ABSENT
    assert requests.count("FaxHistory/ListOutboxFaxes") == 2


# After the end


def test_forgetting_deletes_from_history_and_trash_and_one_already_gone_is_no_error():
    for answer in (DONE, GONE):
        service = Service(FaxHistory__DeleteFaxes=answer, FaxHistory__DeleteFaxesFromTrash=answer)
        with running(service) as (account, server):
            account.forget(RECIPIENT)
        assert asked(server)[1:] == ["FaxHistory/DeleteFaxes", "FaxHistory/DeleteFaxesFromTrash"]
        assert form(server.requests[1])["uuids[0]"] == RECIPIENT


@pytest.mark.parametrize(
    ("answer", "stopped"),
    [(DONE, True), (GONE, False), (json_answer("nothing_to_do"), False)],
)  # fmt: skip
def test_a_fax_is_called_back_when_the_service_says_so(answer, stopped):
    with running(Service(FaxJob__Cancel=answer)) as (account, server):
        assert account.cancel(RECIPIENT) is stopped
    assert form(server.requests[1])["uuid"] == RECIPIENT


@pytest.mark.parametrize("answer", [LOST, json_answer("500"), scripted.http(body=b"<html>")])
def test_a_stop_of_which_nobody_knows_is_unsure(answer):
    with running(Service(FaxJob__Cancel=answer)) as (account, _), pytest.raises(errors.Unsure):
        account.cancel(RECIPIENT)


# Prices


def price(service, pages=3):
    with running(service) as (account, server):
        return account.price(contract.transmission(), pages), server.requests


def test_a_price_is_pages_times_the_price_of_one():
    told = {"priceperpage": "0.09", "priceperpage_proplan": "0.06", "currency": "EUR"}
    found, requests = price(Service(NumberInfo__GetPagePrice=json_answer(Price=told)))
    assert found == "0.27 EUR"
    assert form(requests[-1])["faxnumber"] == "+13035550123"


@pytest.mark.parametrize("told", ["much", "-1", "1e9", "٣"])
def test_a_price_that_is_no_amount_is_not_known(told):
    service = Service(NumberInfo__GetPagePrice=json_answer(Price={"priceperpage": told}))
    assert price(service)[0] is None


def test_a_number_it_does_not_fax_to_has_no_price():
    service = Service(NumberInfo__GetPagePrice=json_answer("unsupported_fax_number"))
    assert price(service)[0] is None


# Settings


@pytest.mark.parametrize(
    ("key", "value"),
    [("zone", "Mars/Base"), ("zone", "../etc"), ("format", "yaml"), ("interval", "often"),
     ("interval", "nan"), ("patience", "-1"), ("patience", "inf"), ("url", "http://example.com")],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_is_named(key, value):
    with pytest.raises(errors.Permanent, match=key):
        pamfax.connect(pamfax_rig.settings("https://example.com") | {key: value})


def test_the_account_is_all_it_says():
    account = pamfax.connect(pamfax_rig.settings("https://example.com") | {"interval": "1.5"})
    for protocol in (_port.Inbound, _port.Cancels, _port.Prices):
        assert isinstance(account, protocol)
    assert account.capabilities == dataclasses.replace(pamfax.CAPABILITIES, request_interval=1.5)
    account.close()


def test_no_cause_of_inference_gives_a_number_up():
    final = {errors.Cause.BAD_NUMBER, errors.Cause.NUMBER_CHANGED, errors.Cause.BLOCKED}
    assert not final & {cause for _, cause in _account.INFERENCE}
