"""Received faxes at PamFax: listed, fetched, marked or deleted, and never lost."""

import datetime

import pytest

from mailfax import errors
from mailfax.providers import _port
from mailfax.providers.pamfax import _account, _listing
from tests.providers import contract, scripted
from tests.providers.pamfax_rig import (
    DONE,
    LOST,
    Service,
    asked,
    form,
    json_answer,
    listed,
    running,
)

PDF = b"%PDF-1.4\n" + bytes(200)


def item(uuid, received="2026-11-20 11:10:00", **more):
    """A received fax as a list tells it."""
    given = {
        "uuid": uuid, "file_uuid": f"{uuid}File", "received": received,
        "number": "+493012345678", "sender_number": "+13035550199", "pages": "2",
    }  # fmt: skip
    return given | more


def inbox(*pages, **more):
    answers = [json_answer(InboxFaxes=listed(*page)) for page in (*pages, ())]
    with running(Service(FaxHistory__ListInboxFaxes=answers), **more) as (account, server):
        return account.inbox(None), server.requests


FOUND = json_answer(InboxFax=item("u1"))
DOCUMENT = scripted.http(body=PDF)


def fetch(details=FOUND, file=DOCUMENT):
    service = Service(FaxHistory__GetInboxFax=details, Common__GetFile=file)
    with running(service) as (account, server):
        return account.fetch(contract.inbound("u1")), server


def test_received_faxes_of_all_pages_come_oldest_first():
    newer, older = item("b", "2026-11-20 11:20:00"), item("a")
    faxes, requests = inbox(
        [newer, item("c", "2026-11-20 11:15:00")], [older], zone="Europe/Berlin"
    )
    assert [fax.reference for fax in faxes] == ["a", "c", "b"]
    first = faxes[0]
    assert (first.did, first.caller, first.pages) == ("+493012345678", "+13035550199", 2)
    assert first.received_at == datetime.datetime(2026, 11, 20, 10, 10, tzinfo=datetime.UTC)
    assert [form(one)["current_page"] for one in requests[1:]] == ["1", "2", "3"]


def test_an_empty_inbox_is_empty():
    assert inbox()[0] == []


def test_a_fax_that_moves_to_the_next_page_meanwhile_is_listed_once():
    faxes, _ = inbox([item("a")], [item("a"), item("b")])
    assert [fax.reference for fax in faxes] == ["a", "b"]


def test_a_broken_entry_hides_no_other():
    faxes, _ = inbox([{"file_uuid": "x"}, item("b"), {}])
    assert [fax.reference for fax in faxes] == ["b"]


def test_a_fax_with_nothing_but_its_ids_is_not_lost():
    faxes, _ = inbox([{"uuid": "a", "file_uuid": "f"}, item("b", None, pages="many", number=None)])
    assert {fax.reference for fax in faxes} == {"a", "b"}
    assert {fax.received_at for fax in faxes} == {_account.UNKNOWN_TIME}
    assert {(fax.did, fax.pages) for fax in faxes} == {("", None)}


def test_an_endless_inbox_ends():
    many = _listing.PAGES + 40
    same = [json_answer(InboxFaxes=listed(item(f"u{number}"))) for number in range(many)]
    with running(Service(FaxHistory__ListInboxFaxes=same)) as (account, _):
        assert len(account.inbox(None)) == _listing.PAGES


@pytest.mark.parametrize(
    ("data", "kind"),
    [(contract.TIFF, "tiff"), (b"MM\x00*" + bytes(99), "tiff"), (PDF, "pdf")],
)
def test_the_first_octets_tell_what_a_fax_is(data, kind):
    fetched, server = fetch(file=scripted.http(body=data))
    assert (fetched.kind, fetched.data) == (kind, data)
    assert asked(server)[1:] == ["FaxHistory/GetInboxFax", "Common/GetFile"]
    assert form(server.requests[1])["mark_read"] == "0"
    assert form(server.requests[2])["file_uuid"] == "u1File"


def test_a_received_fax_may_have_any_name_in_its_answer():
    fetched, _ = fetch(json_answer(FaxInboxModel=item("u1")))
    assert fetched.data == PDF


@pytest.mark.parametrize(
    "file",
    [
        scripted.http(body=b""), scripted.http(body=b"II*\x00"), scripted.http(body=b"%PDF-1.4"),
        scripted.http(body=b"<html>" + bytes(200)), scripted.http(body=b"\x89PNG" + bytes(200)),
        scripted.http(body=PDF, length=False), scripted.http(body=PDF)[:-9], LOST, DONE,
        scripted.http(404, PDF), json_answer("500"),
    ],
)  # fmt: skip
def test_a_fax_that_is_short_cut_or_of_another_kind_is_asked_for_again_later(file):
    with pytest.raises(errors.Temporary):
        fetch(file=file)


def test_a_fax_whose_document_is_not_there_yet_is_asked_for_again_later():
    with pytest.raises(errors.Temporary):
        fetch(json_answer(InboxFax={"uuid": "u1", "file_uuid": None}))


def test_a_fax_that_is_gone_is_permanent():
    with pytest.raises(errors.Permanent):
        fetch(json_answer("fax_not_found"))
    with pytest.raises(errors.Permanent):
        fetch(file=json_answer("file_not_found"))


def acknowledge(how, service=None):
    with running(service) as (account, server):
        account.acknowledge(contract.inbound("u1"), how)
    return server.requests


@pytest.mark.parametrize("answer", [DONE, json_answer("fax_not_found")])
def test_a_fax_safe_with_us_is_marked_as_read(answer):
    requests = acknowledge(_port.How.MARK, Service(FaxHistory__SetFaxesAsRead=answer))
    assert requests[1].path.endswith("SetFaxesAsRead")
    assert form(requests[1])["uuids[0]"] == "u1"


@pytest.mark.parametrize("answer", [DONE, json_answer("fax_not_found")])
def test_a_fax_to_be_deleted_leaves_the_trash_as_well(answer):
    service = Service(FaxHistory__DeleteFaxes=answer, FaxHistory__DeleteFaxesFromTrash=answer)
    paths = [one.path for one in acknowledge(_port.How.DELETE, service)[1:]]
    assert paths == ["/FaxHistory/DeleteFaxes", "/FaxHistory/DeleteFaxesFromTrash"]


def test_a_fax_to_be_left_needs_no_request():
    assert acknowledge(_port.How.LEAVE) == []
