"""A fax under construction in the PamFax twin (facts file, sections 4 to 6 and 8)."""

import hashlib
import re
import urllib.parse
import urllib.request

import pytest

from tests.sandbox.pamfax_stranger import Stranger

BERLIN = "+493023125777"
TEXT = ("a.txt", b"hello")


@pytest.fixture
def pamfax(sandbox):
    return Stranger(sandbox.urls["pamfax"])


@pytest.fixture
def hold(control):
    control("POST", "/clock", {"hold": True})
    return lambda seconds: control("POST", "/clock", {"advance": seconds})


@pytest.fixture
def container(pamfax):
    return lambda: pamfax("FaxJob/GetFaxState")["FaxContainer"]


# The state of a fax under construction


def test_a_new_fax_has_the_recorded_fields(pamfax):
    fax = pamfax("FaxJob/Create", user_ip="host.example", user_agent="x", origin="y")[
        "FaxContainer"
    ]
    assert re.fullmatch("[A-Za-z0-9]{14}", fax.pop("uuid"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", fax.pop("created"))
    assert fax == {
        "state": "editing", "price": 0, "pages": None, "currency": "EUR", "currency_rate": 1,
        "cover_id": 0, "cover_text": None, "cover_page_length": None, "updated": None,
        "processing_started": None, "affiliatepartner": None, "send_mail": 0, "send_sms": 0,
        "send_chat": 0, "group_notification": 0, "error_notification": 0,
    }  # fmt: skip


def test_create_hands_back_the_fax_that_is_being_edited(sandbox, pamfax):
    first = pamfax("FaxJob/Create")["FaxContainer"]["uuid"]
    assert pamfax("FaxJob/Create")["FaxContainer"]["uuid"] == first
    other = Stranger(sandbox.urls["pamfax"])
    assert other("FaxJob/Create")["FaxContainer"]["uuid"] != first


def test_a_fax_becomes_ready_when_its_files_are_converted(pamfax, hold, tiff, container):
    pamfax.build(tiff(3), BERLIN, "+14155550199")
    assert (container()["state"], container()["pages"], container()["price"]) == (
        "editing",
        None,
        0,
    )
    assert pamfax.listed("FaxJob/ListFaxFiles", "Files")[0]["pages"] == 0
    told = pamfax("FaxJob/GetFaxState")
    assert told["Files"]["content"] == [{"file_order": 0, "state": "converting"}]
    hold(0.05)
    told = pamfax("FaxJob/GetFaxState")
    assert told["Files"]["content"] == [{"file_order": 0, "state": "converted"}]
    fax = told["FaxContainer"]
    assert (fax["state"], fax["pages"], fax["price"]) == ("ready_to_send", 3, 0.54)
    assert (fax["sms_cost"], fax["send_mail"]) == (0, "0")


def test_a_cover_is_a_page_and_will_do_alone(pamfax, hold, container):
    pamfax("FaxJob/Create")
    pamfax("FaxJob/AddRecipient", number=BERLIN)
    pamfax("FaxJob/SetCover", template_id=3, text="Foobar is here!", template_uuid="*", data=False)
    hold(0.05)
    fax = container()
    assert (fax["state"], fax["pages"], fax["price"]) == ("ready_to_send", 1, 0.09)
    assert (fax["cover_id"], fax["cover_text"]) == (3, "Foobar is here!")
    assert fax["cover_page_length"] == "1"
    pamfax("FaxJob/RemoveCover")
    assert container()["state"] == "editing"


def test_without_a_fax_nothing_can_be_done(pamfax):
    for method in (
        "AddRecipient",
        "ListRecipients",
        "GetFaxState",
        "Send",
        "SetCover",
        "GetPreview",
    ):
        assert pamfax.refused(f"FaxJob/{method}") == "no_fax"
    assert pamfax.refused("FaxJob/AddFile", file=TEXT, filename="a.txt") == "no_fax"


def test_what_is_missing_for_sending_is_said(pamfax, hold):
    pamfax("FaxJob/Create")
    reply = pamfax.answer("FaxJob/Send")["result"]
    assert (reply["code"], reply["message"]) == ("no_files_in_fax", "No files in fax found")
    pamfax("FaxJob/AddFile", file=TEXT, filename="a.txt")
    assert pamfax.refused("FaxJob/Send") == "no_recipients_in_fax"
    pamfax("FaxJob/AddRecipient", number=BERLIN)
    assert pamfax.refused("FaxJob/Send") == "fax_not_ready"
    assert pamfax.refused("FaxJob/SendLater") == "fax_not_ready"
    hold(0.05)
    assert pamfax.refused("FaxJob/SendLater") == "enough_credit"
    pamfax("FaxJob/Send")
    assert pamfax.refused("FaxJob/Send") == "no_fax"


# Recipients


def test_a_recipient_has_the_recorded_fields(pamfax):
    pamfax("FaxJob/Create")
    fax = pamfax("FaxJob/AddRecipient", number="14155551212", name=False)["FaxRecipient"]
    assert re.fullmatch("[A-Za-z0-9]{14}", fax.pop("uuid"))
    assert isinstance(fax.pop("id"), int)
    assert fax.pop("created") == fax.pop("updated")
    assert fax == {
        "name": "", "state": "unknown", "status_code": 0, "status_message": None, "price": 0,
        "price_per_page": 0.09, "price_source": "PNR", "country": "US", "number": "+14155551212",
        "number_type": "FIXED", "zone": "1", "area_code": "415", "description": "United States",
        "currency": "EUR", "currency_rate": "1", "pages": None, "duration": 0,
        "delivery_started": None, "sent": None, "completed": None, "transmission_report": "",
    }  # fmt: skip
    (listed,) = pamfax.listed("FaxJob/ListRecipients", "Recipients")
    assert listed["formatted_number"] == "+1 415 5551212"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("", "invalid_fax_number"),
        ("abc", "invalid_fax_number"),
        ("+4930", "invalid_fax_number"),
        ("+4930231257x", "invalid_fax_number"),
        ("+49302312577712345", "invalid_fax_number"),
        ("+٤٩٣٠٢٣١٢٥٧٧٧", "invalid_fax_number"),
        ("+21012345678", "unsupported_fax_number"),
        ("+19005550123", "unsupported_fax_number"),
    ],
)
def test_a_number_must_be_one(pamfax, number, code):
    pamfax("FaxJob/Create")
    assert pamfax.refused("FaxJob/AddRecipient", number=number) == code
    assert pamfax.listed("FaxJob/ListRecipients", "Recipients") == []


@pytest.mark.parametrize(
    "number", ["004930231257", " 4930231257", "+49 (30) 231-257", "4930231257"]
)
def test_a_number_is_corrected(pamfax, number):
    pamfax("FaxJob/Create")
    told = pamfax("FaxJob/AddRecipient", number=number)["FaxRecipient"]
    assert told["number"] == "+4930231257"


def test_recipients_come_and_go(pamfax):
    def numbers(**page):
        return [
            fax["number"] for fax in pamfax.listed("FaxJob/ListRecipients", "Recipients", **page)
        ]

    many = [f"+4930231257{n:02}" for n in range(12)]
    pamfax("FaxJob/Create")
    added = pamfax("FaxJob/AddRecipients", numbers=many, names=[f"n{n}" for n in range(12)])
    assert [fax["name"] for fax in added["Recipients"]["content"]] == [f"n{n}" for n in range(12)]
    assert numbers() == many
    assert numbers(current_page=2, items_per_page=5) == many[5:10]
    pamfax("FaxJob/RemoveRecipient", number=many[0])
    assert pamfax.refused("FaxJob/RemoveRecipient", number=many[0]) == "invalid_recipient"
    assert pamfax.refused("FaxJob/AddRecipient", number=many[1]) == "duplicate_recipient"
    wrong = {"numbers": [many[0], "x"], "names": False}
    assert pamfax.refused("FaxJob/AddRecipients", **wrong) == "invalid_fax_number"
    assert pamfax.refused("FaxJob/SetRecipients", **wrong) == "invalid_fax_number"
    assert (
        pamfax.refused("FaxJob/AddRecipients", numbers=many[:2], names=["a"]) == "invalid_recipient"
    )
    assert numbers() == many[1:]
    pamfax("FaxJob/SetRecipients", numbers=many[:2], names=False)
    assert numbers() == many[:2]
    pamfax("FaxJob/RemoveAllRecipients")
    assert numbers() == []
    far_too_many = [f"+4930231{n:05}" for n in range(301)]
    assert pamfax.refused("FaxJob/AddRecipients", numbers=far_too_many) == "too_many_numbers"


def test_a_name_is_cut_at_80(pamfax):
    pamfax("FaxJob/Create")
    told = pamfax("FaxJob/AddRecipient", number=BERLIN, name="ä" * 90)["FaxRecipient"]
    assert told["name"] == "ä" * 80


# Files


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.exe", b"x", "file_extension_not_supported"),
        ("pdf", b"x", "file_extension_not_supported"),
        ("a.lnk", b"x", "lnk_file"),
        ("a.pdf", b"%PDF-nothing", "bad_file"),
        ("a.tif", b"x", "bad_file"),
        ("a.txt", b"", "bad_file"),
        (300 * "a" + ".txt", b"x", "filename_too_long"),
        ("a.txt", bytes(50 * 1024 * 1024 + 1), "file_too_large"),
    ],
)
def test_a_file_that_will_not_do_is_refused(pamfax, name, data, code):
    pamfax("FaxJob/Create")
    assert pamfax.refused("FaxJob/AddFile", file=(name, data), filename=name) == code
    assert pamfax.listed("FaxJob/ListFaxFiles", "Files") == []


def test_size_and_md5_are_verified_when_they_are_told(pamfax):
    md5 = hashlib.md5(b"hello").hexdigest()
    pamfax("FaxJob/Create")

    def add(size, content):
        told = {"file_size": size, "file_contentmd5": content}
        reply = pamfax.answer("FaxJob/AddFile", file=TEXT, filename="a.txt", **told)
        return reply["result"]["code"]

    assert add("", "") == add("5", "") == add("", md5) == add("5", md5.upper()) == "success"
    assert add("6", md5) == "file_wrong_size"
    assert add("", "0" * 32) == "file_wrong_checksum"
    (file, *_) = pamfax.listed("FaxJob/ListFaxFiles", "Files")
    assert (file["name"], file["size"], file["contentmd5"]) == ("a.txt", 5, md5)
    assert (file["extension"], file["mimetype"]) == ("txt", "text/plain")


def test_a_file_must_come_along_in_the_part_named_file(sandbox, pamfax):
    pamfax("FaxJob/Create")
    assert pamfax.refused("FaxJob/AddFile", filename="a.txt") == "no_file_uploaded"


def test_the_bare_bytes_of_a_body_are_a_file_too(sandbox, pamfax):
    pamfax("FaxJob/Create")
    query = {"apikey": "demo", "apisecret": "demo", "usertoken": pamfax.token, "filename": "a.txt"}
    url = f"{sandbox.urls['pamfax']}/FaxJob/AddFile?{urllib.parse.urlencode(query)}"
    kind = {"Content-Type": "application/octet-stream"}
    request = urllib.request.Request(url, b"hello=1&x", kind)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=20) as reply:
        assert b"<code>success</code>" in reply.read()
    assert pamfax.listed("FaxJob/ListFaxFiles", "Files")[0]["size"] == 9


def test_files_are_removed_one_by_one_or_all(pamfax):
    pamfax("FaxJob/Create")
    for name in ("a.txt", "b.txt", "c.txt"):
        pamfax("FaxJob/AddFile", file=(name, b"x"), filename=name)
    uuids = [file["uuid"] for file in pamfax.listed("FaxJob/ListFaxFiles", "Files")]
    pamfax("FaxJob/RemoveFile", file_uuid=uuids[1])
    assert pamfax.refused("FaxJob/RemoveFile", file_uuid=uuids[1]) == "file_not_found"
    assert [x["name"] for x in pamfax.listed("FaxJob/ListFaxFiles", "Files")] == ["a.txt", "c.txt"]
    pamfax("FaxJob/RemoveAllFiles")
    assert pamfax.listed("FaxJob/ListFaxFiles", "Files") == []


def test_a_remote_file_is_fetched_from_this_machine_only(sandbox, pamfax):
    pamfax("FaxJob/Create")
    url = f"{sandbox.urls['pamfax']}/x/a.txt"
    told = pamfax("FaxJob/AddRemoteFile", url=url + "?a=1")["FaxContainerFile"]
    assert (told["name"], told["ext"], told["state"]) == ("a.txt", "txt", "")
    for away in ("http://192.0.2.1/a.txt", "file:///etc/a.txt", sandbox.urls["control"] + "/a.txt"):
        assert pamfax.refused("FaxJob/AddRemoteFile", url=away) == "download_failed"


# Covers


def test_no_cover_is_offered_only_beside_a_file(pamfax):
    pamfax("FaxJob/Create")
    covers = pamfax.listed("FaxJob/ListAvailableCovers", "Covers")
    assert [(x["id"], x["title"]) for x in covers] == [
        (1, "Basic"), (3, "Flowers"), (4, "Message"), (5, "Simple"),
    ]  # fmt: skip
    pamfax("FaxJob/AddFile", file=TEXT, filename="a.txt")
    first = pamfax.listed("FaxJob/ListAvailableCovers", "Covers")[0]
    assert (first["id"], first["title"]) == (0, "(none)")
    assert "template_id" not in first


def test_a_cover_is_chosen_by_uuid_or_by_id(pamfax, container):
    def chosen(**arguments):
        pamfax("FaxJob/SetCover", **arguments)
        return container()["cover_id"]

    pamfax("FaxJob/Create")
    assert chosen(template_id=False, text="", template_uuid="4", data=False) == 4
    assert chosen(template_id=5, text="", template_uuid="*", data=False) == 5
    assert chosen(template_id=0, text="", template_uuid="*", data=False) == 0
    assert pamfax.refused("FaxJob/SetCover", template_id=2) == "invalid_cover"


def test_a_user_has_covers_of_his_own(pamfax, tiff):
    cover = pamfax("UserInfo/AddCover", file=("c.tif", tiff()), title="Mine")["Cover"]
    assert pamfax.refused("UserInfo/AddCover", file=("c.exe", b"x")) == "bad_cover_file"
    pamfax("FaxJob/Create")
    pamfax("FaxJob/SetCover", template_uuid=cover["uuid"], text="")
    assert pamfax.listed("UserInfo/ListCovers", "Covers")[-1]["title"] == "Mine"
    pamfax("UserInfo/DeleteCover", uuid=cover["uuid"])
    pamfax("UserInfo/DeleteCover", uuid="1")
    assert pamfax.refused("UserInfo/DeleteCover", uuid="1") == "invalid_cover"
    assert pamfax.listed("UserInfo/ListCovers", "Covers") == []
    assert len(pamfax.listed("FaxJob/ListAvailableCovers", "Covers", defaults_if_empty=True)) == 4
    assert pamfax.listed("FaxJob/ListAvailableCovers", "Covers", defaults_if_empty=False) == []
    pamfax("UserInfo/RestoreDefaultCovers")
    assert len(pamfax.listed("UserInfo/ListCovers", "Covers")) == 4


def test_a_cover_goes_over_the_line_first_and_once_for_each(pamfax, hold, tiff, faxes, sandbox):
    pamfax.build(tiff(2), BERLIN, "+14155550199")
    placeholders = {"{MyOwnName}": "PamFax", "{FromName}": "me"}
    pamfax("FaxJob/SetSenderDetails", number="+4930", name="Sender")
    pamfax("FaxJob/SetCover", template_id=1, text="Hi", template_uuid="*", data=placeholders)
    hold(0.05)
    pamfax("FaxJob/Send")
    one, other = faxes()
    assert (one["pages"], other["pages"]) == (3, 3)
    assert one["sha256"] != other["sha256"]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(one["document"] + "/2", timeout=20) as reply:
        assert reply.read() == tiff(2)


# Previews


def test_a_preview_is_made_when_it_is_asked_for(pamfax, hold, pdf):
    pamfax.build(pdf(3), name="a.pdf")
    uuid = pamfax("FaxJob/Create")["FaxContainer"]["uuid"]
    assert pamfax.refused("FaxJob/GetPreview") == "fax_not_ready"
    hold(0.05)
    assert pamfax.refused("Common/GetPagePreview", uuid=uuid, page_no=1) == "creating_preview"
    told = pamfax("FaxJob/GetPreview", uuid=uuid)
    assert told == {"Status": {"open": 3, "done": 0}, "PreviewPages": {"type": "list"}}
    hold(0.05)
    told = pamfax("FaxJob/GetPreview")
    assert told["Status"] == {"open": 0, "done": 3}
    assert [page["page_no"] for page in told["PreviewPages"]["content"]] == [1, 2, 3]
    headers, data = pamfax.fetch("Common/GetPagePreview", uuid=uuid, page_no=3, max_width=100)
    assert headers["content-type"] == "image/png"
    assert int.from_bytes(data[16:20], "big") == 100
    assert pamfax.refused("Common/GetPagePreview", uuid=uuid, page_no=4) == "file_not_found"


def test_files_of_the_fax_and_pictures_of_covers_can_be_had(pamfax, tiff):
    pamfax.build(tiff(2))
    (file,) = pamfax.listed("FaxJob/ListFaxFiles", "Files")
    headers, data = pamfax.fetch("Common/GetFile", file_uuid=file["uuid"])
    assert (headers["content-type"], data) == ("image/tiff", tiff(2))
    cover = pamfax.listed("FaxJob/ListAvailableCovers", "Covers")[1]
    headers, data = pamfax.fetch("Common/GetFile", file_uuid=cover["thumb_id"])
    assert headers["content-type"] == "image/png"


def test_what_is_deprecated_or_about_notices_changes_nothing(pamfax, tiff, hold, container):
    pamfax.build(tiff())
    hold(0.05)
    before = container()
    pamfax("FaxJob/SetNotifications", notifications={"sms": 1})
    pamfax("FaxJob/ResetNotifications")
    pamfax("FaxJob/StartPreviewCreation")
    assert container() == before | {"updated": container()["updated"]}
