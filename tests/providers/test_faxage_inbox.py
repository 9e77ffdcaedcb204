"""Received faxes at FAXAGE: listed, fetched, deleted, and never lost."""

import datetime

import pytest

from mailfax import errors
from mailfax.providers import _port
from mailfax.providers.faxage import _account
from tests.providers import contract, scripted

PDF = b"%PDF-1.4\n" + bytes(200)


def inbox(ask, body, since=None, **more):
    return ask([body], lambda account: account.inbox(since), **more)


def test_received_faxes_come_oldest_first_with_their_numbers_in_e164(ask):
    body = (
        b"10\t2026-11-20 02:20:00\t2026-11-20 02:18:00\tUnavailable\t(303)555-1213\t3\n"
        b"9\t2026-11-20 02:10:00\t2026-11-20 02:08:50\t(303)555-0199\t(303)555-1212\t2\n\n"
    )
    faxes, requests = inbox(ask, body, since="8", zone="America/Denver")
    assert [fax.reference for fax in faxes] == ["9", "10"]
    assert (faxes[0].did, faxes[0].caller, faxes[0].pages) == ("+13035551212", "+13035550199", 2)
    assert faxes[0].received_at == datetime.datetime(2026, 11, 20, 9, 10, tzinfo=datetime.UTC)
    assert faxes[1].caller == ""
    form = dict(requests[0].fields)
    assert (form["idgt"], form["idasc"], form["starttime"], form["pagecount"]) == ("8", *"111")


def test_an_empty_inbox_is_empty(ask):
    assert inbox(ask, b"ERR11: No incoming faxes available")[0] == []


@pytest.mark.parametrize("since", [None, "", "x", "-1", "٣", "9" * 99])
def test_a_hint_that_is_no_number_is_not_sent(ask, since):
    _, requests = inbox(ask, b"ERR11: none", since)
    assert "idgt" not in dict(requests[0].fields)


def test_a_fax_is_listed_once_and_a_broken_line_hides_no_other(ask):
    line = b"9\t2026-11-20 02:10:00\t2026-11-20 02:08:50\t(303)555-0199\t(303)555-1212\t2\n"
    assert len(inbox(ask, line + b"broken\n" + line)[0]) == 1


def test_a_fax_with_an_unreadable_date_or_number_is_not_lost(ask):
    faxes, _ = inbox(ask, b"9\t0000-00-00 00:00:00\t?\tAnonymous  Caller\t0123\tmany\n")
    assert faxes[0].received_at == _account.UNKNOWN_TIME
    assert (faxes[0].caller, faxes[0].did, faxes[0].pages) == ("Anonymous Caller", "0123", None)


@pytest.mark.parametrize(
    ("data", "kind"),
    [(contract.TIFF, "tiff"), (b"MM\x00*" + bytes(99), "tiff"), (PDF, "pdf")],
)
def test_the_first_octets_tell_what_a_fax_is(ask, data, kind):
    fetched, requests = ask([data], lambda account: account.fetch(contract.inbound("7")))
    assert (fetched.kind, fetched.data) == (kind, data)
    assert requests[0].field("faxid") == "7"


@pytest.mark.parametrize(
    "data", [b"", b"II*\x00", b"%PDF-1.4", b"<html>" + bytes(200), b"\x89PNG" + bytes(200)]
)
def test_a_fax_that_is_short_or_of_another_kind_is_asked_for_again_later(ask, data):
    with pytest.raises(errors.Temporary):
        ask([data], lambda account: account.fetch(contract.inbound()))


def test_a_fax_that_is_gone_is_permanent(ask):
    with pytest.raises(errors.Permanent):
        ask([b"ERR12: FAX ID 1 not found"], lambda account: account.fetch(contract.inbound()))


def test_a_fax_safe_with_us_is_deleted_and_one_already_gone_is_no_error(ask):
    def use(account):
        account.acknowledge(contract.inbound("7"), _port.How.DELETE)

    _, requests = ask([b"Deleted"], use)
    assert requests[0].field("operation") == "delfax"
    ask([b"ERR14: FAX ID 7 not found"], use)


@pytest.mark.parametrize("how", [_port.How.MARK, _port.How.LEAVE])
def test_a_fax_to_be_marked_or_left_needs_no_request(ask, how):
    _, requests = ask([scripted.drop], lambda account: account.acknowledge(contract.inbound(), how))
    assert not requests
