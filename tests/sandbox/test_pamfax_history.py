"""What the PamFax twin keeps: faxes sent and received, files, the trash (facts, 4 to 6)."""

import io
import urllib.parse

import pypdf
import pytest

from tests.sandbox.pamfax_stranger import Stranger

HIS = "+493023125100"


@pytest.fixture
def pamfax(sandbox):
    return Stranger(sandbox.urls["pamfax"])


@pytest.fixture
def hold(control):
    control("POST", "/clock", {"hold": True})
    return lambda seconds: control("POST", "/clock", {"advance": seconds})


@pytest.fixture
def ring(control):
    """ring(data, **query) → nothing; a fax for one of the numbers."""

    def call(data, **query):
        text = urllib.parse.urlencode({"provider": "pamfax", **query})
        status, reply = control("POST", f"/inbound?{text}", data)
        assert status == 201, reply

    return call


@pytest.fixture
def inbox(pamfax):
    return lambda **page: pamfax.listed("FaxHistory/ListInboxFaxes", "InboxFaxes", **page)


@pytest.fixture
def send(pamfax, hold, tiff):
    """send(*numbers) → uuids of the recipients of a fax whose calls have ended."""

    def submit(*numbers, data=None, name="fax.tif"):
        uuids = pamfax.build(data or tiff(), *numbers, name=name)
        hold(0.05)
        pamfax("FaxJob/Send")
        hold(5)
        return uuids

    return submit


def uuids(faxes):
    return [fax["uuid"] for fax in faxes]


# Sent faxes


def test_sent_faxes_are_listed_newest_first_and_by_pages(pamfax, send):
    sent = [send(f"+4930231257{n:02}")[0] for n in range(5)]

    def listed(**page):
        return uuids(pamfax.listed("FaxHistory/ListSentFaxes", "SentFaxes", **page))

    assert listed() == listed(array_for_api=False) == sent[::-1]
    assert listed(current_page=2, items_per_page=2) == [sent[2], sent[1]]
    assert listed(current_page=3, items_per_page=2) == [sent[0]]
    assert listed(current_page=4, items_per_page=2) == []


def test_details_are_found_by_the_container_too_and_not_by_others(sandbox, pamfax, hold, tiff):
    (uuid,) = pamfax.build(tiff())
    container = pamfax("FaxJob/Create")["FaxContainer"]["uuid"]
    hold(0.05)
    pamfax("FaxJob/Send")
    assert pamfax("FaxHistory/GetFaxDetails", uuid=container)["FaxRecipient"]["uuid"] == uuid
    assert pamfax.refused("FaxHistory/GetFaxDetails", uuid="x") == "fax_not_found"
    assert pamfax.refused("FaxHistory/GetFaxDetails") == "fax_not_found"
    account = {"email": "ann@example.com", "password": "secret12", "culture": "de-DE"}
    reply = Stranger(sandbox.urls["pamfax"], username="")("UserInfo/CreateUser", **account)
    pamfax.token = reply["UserToken"]["token"]
    assert pamfax.refused("FaxHistory/GetFaxDetails", uuid=uuid) == "fax_not_found"


def test_a_group_is_the_faxes_of_one_job(pamfax, send):
    sent = send("+4930231257", "+14155550199")
    send("+14155550198")
    group = pamfax.listed("FaxHistory/ListFaxGroup", "FaxGroup", uuid=sent[1])
    assert uuids(group) == sent
    told = pamfax("FaxHistory/GetFaxGroup", uuid=sent[0])["FaxGroup"]
    assert (told["recipients"], told["pages"], told["price"]) == (2, "1", 0.18)


def test_a_transmission_report_is_a_page_of_pdf(pamfax, send, hold, tiff):
    (uuid,) = send()
    headers, data = pamfax.fetch("FaxHistory/GetTransmissionReport", uuid=uuid)
    assert headers["content-type"] == "application/pdf"
    assert len(pypdf.PdfReader(io.BytesIO(data)).pages) == 1
    (early,) = pamfax.build(tiff())
    hold(0.05)
    pamfax("FaxJob/Send")
    assert pamfax.refused("FaxHistory/GetTransmissionReport", uuid=early) == "fax_not_ready"
    assert pamfax.refused("FaxHistory/GetTransmissionReport", uuid="x") == "fax_not_found"


def test_what_was_sent_can_be_had_as_pdf(pamfax, send, pdf):
    document = pdf(3)
    for data, name, pages in ((document, "a.pdf", 3), (b"one\ftwo", "a.txt", 2)):
        (uuid,) = send(data=data, name=name)
        fax = pamfax("FaxHistory/GetFaxDetails", uuid=uuid)["FaxHistoryModel"]
        headers, out = pamfax.fetch("Common/GetFile", file_uuid=fax["outfile_uuid"])
        assert headers["content-type"] == "application/pdf"
        assert len(pypdf.PdfReader(io.BytesIO(out)).pages) == pages
        assert (out == document) == (name == "a.pdf")
        assert pamfax.fetch("Common/GetPagePreview", uuid=uuid, page_no=2)[1].startswith(b"\x89PNG")


def test_a_fax_is_cloned_with_its_files_and_recipients(pamfax, send, hold, tiff, faxes):
    (uuid,) = send("+4930231257", data=tiff(2))
    pamfax("FaxJob/CloneFax", uuid=uuid, user_ip="0", user_agent="x")
    hold(0.05)
    pamfax("FaxJob/Send")
    one, other = faxes()
    assert (one["number"], one["sha256"]) == (other["number"], other["sha256"])
    reply = pamfax.answer("FaxJob/CloneFax", uuid="x")["result"]
    assert (reply["code"], reply["message"]) == ("fax_not_found", "Fax not found")


def test_faxes_are_forwarded_as_files(pamfax, send, ring, inbox, tiff, pdf):
    (sent,) = send(data=tiff(2))
    ring(tiff(3))
    ring(pdf(4))
    pamfax("FaxJob/Create")
    for uuid in (sent, *uuids(inbox())):
        pamfax("FaxJob/AddAnotherFax", fax_uuid=uuid)
    files = pamfax.listed("FaxJob/ListFaxFiles", "Files")
    assert [file["extension"] for file in files] == ["pdf", "pdf", "tif"]
    assert pamfax.refused("FaxJob/AddAnotherFax", fax_uuid="x") == "fax_not_found"


# Received faxes


def test_received_faxes_are_listed_newest_first(inbox, ring, tiff, pdf, hold):
    ring(tiff(2), caller="+12025550199", tsid="ACME")
    hold(60)
    ring(pdf(3), did="+493023125101")
    new, old = inbox()
    assert old["received"] < new["received"]
    assert (old["number"], old["sender_fax"], old["sender_name"]) == (HIS, "+12025550199", "ACME")
    assert (old["pages"], new["pages"]) == ("2", "3")
    assert new["number"] == "+493023125101"
    assert inbox(current_page=2, items_per_page=1) == [old]


def test_a_received_fax_is_downloaded_as_it_rang(pamfax, inbox, ring, tiff, pdf):
    for data, kind in ((tiff(2), "image/tiff"), (pdf(2), "application/pdf")):
        ring(data)
        fax = inbox()[0]
        headers, got = pamfax.fetch("Common/GetFile", file_uuid=fax["file_uuid"])
        assert got == data
        assert headers["content-type"] == kind
        assert "attachment; filename=" in headers["content-disposition"]
        preview = pamfax.fetch("Common/GetPagePreview", uuid=fax["uuid"], page_no=2, max_height=50)
        assert preview[1].startswith(b"\x89PNG")
    assert pamfax.refused("Common/GetFile", file_uuid="x") == "file_not_found"


def test_a_received_fax_is_read_when_it_is_called_so(pamfax, inbox, ring, tiff):
    def unread():
        return pamfax("FaxHistory/CountFaxes", type="inbox_unread")["Faxes"]["count"]

    for _ in range(4):
        ring(tiff())
    one, two, three, four = uuids(inbox())
    assert unread() == 4
    pamfax("FaxHistory/GetInboxFax", uuid=one, mark_read=False)
    assert unread() == 4
    assert pamfax("FaxHistory/GetInboxFax", uuid=one, mark_read=True)["InboxFax"]["read"]
    pamfax("FaxHistory/SetFaxRead", uuid=two)
    told = pamfax.listed("FaxHistory/SetFaxesAsRead", "InboxFaxes", uuids=[three, "x"])
    assert uuids(told) == [three]
    assert unread() == 1
    assert [bool(fax["read"]) for fax in inbox()] == [True, True, True, False]
    assert pamfax.refused("FaxHistory/SetFaxRead", uuid="x") == "fax_not_found"
    spam = pamfax("FaxHistory/SetSpamStateForFaxes", uuids=[four, "x"], is_spam=True)
    assert [fax["is_spam"] for fax in spam["InboxFaxes"]["content"]] == [1]
    assert [error["uuid"] for error in spam["Errors"]["content"]] == ["x"]


def test_times_are_told_in_the_zone_that_the_settings_tell(pamfax, inbox, ring, tiff, hold):
    ring(tiff())
    utc = inbox()[0]["received"]
    assert pamfax("Common/GetCurrentSettings")["Settings"]["timezone"] == "UTC"
    pamfax("UserInfo/SaveUser", user={"timezone": "Asia/Tokyo"})
    assert pamfax("Common/GetCurrentSettings")["Settings"]["timezone"] == "Asia/Tokyo"
    assert inbox()[0]["received"] != utc
    assert int(inbox()[0]["received"][11:13]) == (int(utc[11:13]) + 9) % 24


# The trash


def test_faxes_go_to_the_trash_and_come_back_or_are_gone(pamfax, send, inbox, ring, tiff):
    sent = send("+4930231257", "+14155550199")
    ring(tiff())
    (came,) = inbox()

    def trash():
        return uuids(pamfax.listed("FaxHistory/ListTrash", "Trash"))

    pamfax("FaxHistory/DeleteFaxes", uuids=[sent[0], came["uuid"]], siblings_too=True)
    assert sorted(trash()) == sorted([*sent, came["uuid"]])
    assert inbox() == pamfax.listed("FaxHistory/ListSentFaxes", "SentFaxes") == []
    pamfax("FaxHistory/RestoreFax", uuid=sent[0])
    assert uuids(pamfax.listed("FaxHistory/ListSentFaxes", "SentFaxes")) == [sent[0]]
    assert pamfax.refused("FaxHistory/RestoreFax", uuid=sent[0]) == "fax_not_found"
    pamfax("FaxHistory/DeleteFaxesFromTrash", uuids=[came["uuid"]])
    assert pamfax.refused("Common/GetFile", file_uuid=came["file_uuid"]) == "file_not_found"
    assert pamfax.refused("FaxHistory/GetInboxFax", uuid=came["uuid"]) == "fax_not_found"
    pamfax("FaxHistory/EmptyTrash")
    assert trash() == []
    assert pamfax.refused("FaxHistory/GetFaxDetails", uuid=sent[1]) == "fax_removed"


def test_only_what_has_ended_can_be_thrown_away(pamfax, hold, tiff):
    (uuid,) = pamfax.build(tiff())
    hold(0.05)
    pamfax("FaxJob/Send")
    assert pamfax.refused("FaxHistory/DeleteFaxes", uuids=[uuid]) == "fax_not_found"
    assert pamfax.refused("FaxHistory/DeleteFax", uuid="x") == "fax_not_found"
    assert pamfax.refused("FaxHistory/DeleteFaxesFromTrash", uuids=["x"]) == "fax_not_found"
    hold(1)
    pamfax("FaxHistory/DeleteFax", uuid=uuid)
    pamfax("FaxHistory/DeleteFaxFromTrash", uuid=uuid)


def test_faxes_of_a_period_are_thrown_away(pamfax, send, inbox, ring, tiff):
    send()
    ring(tiff())
    day = inbox()[0]["received"][:10]
    before = {"date1": "2001-01-01", "date2": "2001-12-31"}
    pamfax("FaxHistory/DeleteFaxesForPeriod", type="inbox", **before)
    assert len(inbox()) == 1
    pamfax("FaxHistory/DeleteFaxesForPeriod", type="inbox", date1=day, date2=day, no_trash=True)
    pamfax("FaxHistory/DeleteFaxesForPeriod", type="sent", date1=day, date2=day)
    assert inbox() == []
    assert len(pamfax.listed("FaxHistory/ListTrash", "Trash")) == 1
    wrong = {"type": "inbox", "date1": "x", "date2": day}
    assert pamfax.refused("FaxHistory/DeleteFaxesForPeriod", **wrong) == "bad_date_value"


# The rest


def test_notes_are_listed_latest_first(pamfax, send):
    (uuid,) = send()
    for note in ("first", "second"):
        pamfax("FaxHistory/AddFaxNote", fax_uuid=uuid, note=note)
    notes = pamfax.listed("FaxHistory/ListFaxNotes", "FaxNotes", fax_uuid=uuid)
    assert [note["note"] for note in notes] == ["second", "first"]


def test_a_fax_is_published_for_everybody_until_it_is_not(sandbox, pamfax, send):
    nobody = Stranger(sandbox.urls["pamfax"], username="")
    (uuid,) = send()
    assert nobody.refused("FaxHistory/GetPublishedFax", uuid=uuid) == "fax_not_found"
    pamfax("FaxHistory/PublishFax", uuid=uuid)
    assert nobody("FaxHistory/GetPublishedFax", uuid=uuid)["PublishedFax"]["uuid"] == uuid
    pamfax("FaxHistory/UnPublishFax", uuid=uuid)
    assert nobody.refused("FaxHistory/GetPublishedFax", uuid=uuid) == "fax_not_found"


def test_faxes_are_counted_by_type(pamfax, send, ring, tiff, hold):
    send("+4930231257", "+14155550199")
    ring(tiff())
    pamfax.build(tiff(), "+493023129008")
    hold(0.05)
    pamfax("FaxJob/Send")

    def count(kind):
        return pamfax("FaxHistory/CountFaxes", type=kind)["Faxes"]["count"]

    kinds = ("history", "inbox", "inbox_unread", "outbox", "unpaid", "all")
    assert [count(kind) for kind in kinds] == [2, 1, 1, 1, 0, 4]
    assert pamfax.refused("FaxHistory/CountFaxes", type="x") == "bad_property"


def test_recent_faxes_and_recipients_are_the_latest(pamfax, send, ring, tiff, hold):
    first, second, again = (
        send(number)[0] for number in ("+4930231257", "+4930231258", "+4930231257")
    )
    hold(60)
    ring(tiff())
    recent = pamfax.listed("FaxHistory/ListRecentFaxes", "RecentFaxes")
    assert uuids(recent)[1:] == [again, second, first]
    assert len(pamfax.listed("FaxHistory/ListRecentFaxes", "RecentFaxes", count=2)) == 2
    inbox = {"data_to_list": ["inbox"]}
    assert len(pamfax.listed("FaxHistory/ListRecentFaxes", "RecentFaxes", **inbox)) == 1

    def recipients():
        found = pamfax.listed("FaxHistory/ListRecentRecipients", "RecentRecipients")
        return [one["number"] for one in found]

    assert recipients() == ["+4930231257", "+4930231258"]
    pamfax("FaxHistory/DeleteFromListRecentRecipients", number="+4930231257")
    assert recipients() == ["+4930231258"]
