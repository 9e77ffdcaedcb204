"""Received faxes at Popfax: listed by what changed, fetched, deleted, and never lost."""

import base64
import datetime

import hypothesis
import pytest
from hypothesis import strategies as st

from mailfax import errors
from mailfax.providers import _port
from mailfax.providers.popfax import _account
from tests.providers import contract, popfax_wire, scripted
from tests.providers.popfax_wire import answer, changed, received, run

TS = 1795165200
PDF = b"%PDF-1.4\n" + bytes(200)


def listed(*infos):
    return answer("getFAXReceivedInfo", "faxes", list(infos))


def ours(**more):
    return answer("getAccountInfo", "account", popfax_wire.account(**more))


def inbox(steps, *since, **more):
    """Looks into the box, one after another; all their faxes, and the calls."""
    return run(steps, lambda account: [account.inbox(one) for one in since or [None]], **more)


def test_received_faxes_come_by_their_ids_with_numbers_in_e164():
    steps = [
        changed((32, 2), (815, 1), (31, 2), (7, 6)),
        listed(received(32, sender=""), received(31)),
        ours(),
    ]
    (faxes,), calls = inbox(steps)
    assert [fax.reference for fax in faxes] == ["31", "32"]
    assert (faxes[0].did, faxes[0].caller, faxes[0].pages) == ("+33170000001", "+33199000100", 2)
    assert faxes[0].received_at == datetime.datetime(2026, 11, 20, 2, 0, 5, tzinfo=datetime.UTC)
    assert faxes[1].caller == ""
    assert calls[0].arguments == {"timestamp": 0}
    assert calls[1].arguments == {"ids": [31, 32]}


def test_an_empty_box_needs_one_request():
    (faxes,), calls = inbox([changed()])
    assert faxes == []
    assert len(calls) == 1


def test_the_next_look_asks_for_what_changed_since_by_the_clock_of_the_service():
    first = [changed((31, 2), timestamp=TS), listed(received(31)), ours()]
    second = [changed((31, 2), (40, 2), timestamp=TS + 90), listed(received(40)), ours()]
    (_, faxes, nothing), calls = inbox([*first, *second, changed()], None, "31", "40")
    assert [fax.reference for fax in faxes] == ["40"]
    assert nothing == []
    asked = [call.arguments for call in calls if call.operation == "getModifiedObjects"]
    assert asked == [{"timestamp": one} for one in (0, TS - 60, TS + 30)]


@pytest.mark.parametrize("since", [None, "30", "x", ""])
def test_a_look_that_was_not_kept_is_made_again(since):
    first = [changed((31, 2), timestamp=TS), listed(received(31)), ours()]
    (_, faxes), calls = inbox([*first, *first], "12", since)
    assert [fax.reference for fax in faxes] == ["31"]
    assert calls[3].arguments == {"timestamp": 0}


def test_a_look_that_failed_forgets_nothing():
    steps = [changed((31, 2), timestamp=TS), scripted.drop_after_request]
    again = [changed((31, 2), timestamp=TS), listed(received(31)), ours()]

    def use(account):
        with pytest.raises(errors.Temporary):
            account.inbox("12")
        return account.inbox("12")

    faxes, calls = run([*steps, *again], use)
    assert [fax.reference for fax in faxes] == ["31"]
    assert calls[2].arguments == {"timestamp": 0}


def test_a_fax_that_was_deleted_is_not_asked_for():
    _, calls = inbox([changed((31, 2), (32, 2), (31, 2, -1)), listed(received(32)), ours()])
    assert calls[1].arguments == {"ids": [32]}


def test_our_number_may_be_a_setting_and_the_account_is_then_not_asked():
    (faxes,), calls = inbox([changed((31, 2)), listed(received())], number="+33 1 99 99 99 99")
    assert faxes[0].did == "+33199999999"
    assert len(calls) == 2


def test_faxes_in_the_folder_of_the_settings_are_not_looked_at():
    steps = [changed((31, 2), (32, 2)), listed(received(31, folderid=9), received(32)), ours()]
    assert [fax.reference for fax in inbox(steps, folder="9")[0][0]] == ["32"]


def test_a_large_box_is_asked_for_in_several_requests():
    steps = [changed(*((number, 2) for number in range(1, 1202))), listed()]
    _, calls = inbox(steps)
    assert [len(call.arguments["ids"]) for call in calls[1:]] == [600, 600, 1]


def test_a_fax_with_an_unreadable_date_or_number_is_not_lost_and_a_broken_one_hides_no_other():
    strange = received(31, date="yesterday", sender="Anonymous", pagecount=0)
    steps = [changed((31, 2), (32, 2)), listed(strange, received(32) | {"id": "x"}), ours()]
    (faxes,), _ = inbox(steps)
    assert [fax.reference for fax in faxes] == ["31"]
    assert faxes[0].received_at == _account.UNKNOWN_TIME
    assert (faxes[0].caller, faxes[0].pages) == ("Anonymous", None)


@hypothesis.settings(max_examples=200)
@hypothesis.given(
    st.lists(st.tuples(st.integers(1, 9), st.sampled_from([1, 2, 7]), st.sampled_from([1, -1])))
)
def test_what_changed_names_each_living_fax_and_no_other(objects):
    from mailfax.providers.popfax import _records

    named = _records.ObjectsIDInfo(
        timestamp=0,
        objects=tuple(_records.ObjectIDInfo(object=n, type=t, action=a) for n, t, a in objects),
    )
    dead = {n for n, t, a in objects if t == 2 and a == -1}
    assert set(_account._of(named, 2)) == {n for n, t, _ in objects if t == 2} - dead


# Fetching


def fetch(data, reference="31"):
    text = data if isinstance(data, str) else base64.encodebytes(data).decode()
    return run(
        [answer("downloadFile", "file", text)],
        lambda account: account.fetch(contract.inbound(reference)),
    )


@pytest.mark.parametrize(
    ("data", "kind"),
    [(contract.TIFF, "tiff"), (b"MM\x00*" + bytes(99), "tiff"), (PDF, "pdf")],
)
def test_the_first_octets_tell_what_a_fax_is(data, kind):
    fetched, calls = fetch(data)
    assert (fetched.kind, fetched.data) == (kind, data)
    assert calls[0].arguments == {"id": 31, "type": 2, "format": "tiff"}


@pytest.mark.parametrize(
    "data",
    ["", " ", "%PDF-1.4 in the clear", "SUkqAA", b"II*\x00", b"<html>" + bytes(200), "é" * 100],
)
def test_a_fax_that_is_short_or_of_another_kind_or_coding_is_asked_for_again_later(data):
    with pytest.raises(errors.Temporary):
        fetch(data)


def test_a_reference_of_another_provider_is_no_fax_here():
    with pytest.raises(errors.Permanent):
        fetch(contract.TIFF, "a-b")


def test_a_large_fax_is_read_whole():
    data = b"II*\x00" + bytes(range(256)) * 40_000
    assert fetch(data)[0].data == data


# Telling the provider


def acknowledge(how, steps, **more):
    return run(steps, lambda account: account.acknowledge(contract.inbound("31"), how), **more)[1]


def test_a_fax_safe_with_us_is_deleted_and_one_already_gone_is_no_error():
    (call,) = acknowledge(_port.How.DELETE, [answer("deleteObjects", "error", 0)])
    assert call.arguments == {"objects": [{"type": 2, "ids": [31]}]}
    for code in (3, 110):
        acknowledge(_port.How.DELETE, [answer("deleteObjects", "error", code), listed()])


@pytest.mark.parametrize("code", [3, 107, 110, -1])
def test_a_fax_that_could_not_be_deleted_is_put_off(code):
    steps = [answer("deleteObjects", "error", code), listed(received(31))]
    with pytest.raises(errors.Temporary):
        acknowledge(_port.How.DELETE, steps)


def test_a_fax_to_be_marked_is_moved_into_the_folder_of_the_settings():
    steps = [answer("moveToFolder", "error", 0)]
    (call,) = acknowledge(_port.How.MARK, steps, folder="9")
    assert call.arguments == {"objects": [{"type": 2, "ids": [31]}], "folderid": 9}


def test_a_fax_moved_already_is_no_error():
    steps = [answer("moveToFolder", "error", 110), listed(received(31, folderid=9))]
    acknowledge(_port.How.MARK, steps, folder="9")


@pytest.mark.parametrize("how", [_port.How.MARK, _port.How.LEAVE])
def test_a_fax_to_be_marked_without_folder_or_left_needs_no_request(how):
    assert not acknowledge(how, [scripted.drop])
