"""The Popfax twin keeps: received faxes, downloads, contacts, folders, what changed, settings."""

import base64
import email
import email.policy
import io
import wave

import pypdf
import pytest
from PIL import Image

from tests.sandbox import popfax_line

NUMBER = "+33199005510"
NOBODY = 2**31 - 1


@pytest.fixture
def line(sandbox):
    return popfax_line.Line(sandbox.urls["popfax"])


@pytest.fixture
def hold(control):
    control("POST", "/clock", {"hold": True})
    return lambda seconds: control("POST", "/clock", {"advance": seconds})


@pytest.fixture
def ring(control):
    """ring(document) → the id of a received fax."""

    def call(document, caller="%2B13035550123"):
        status, reply = control("POST", f"/inbound?provider=popfax&caller={caller}", document)
        assert status == 201, reply
        return reply["id"]

    return call


@pytest.fixture
def everything(line):
    """everything() → ObjectsInfo of all objects."""
    return lambda: line.call("getObjects", data=[{"object": 0, "type": 8}])


@pytest.fixture
def folder(everything):
    """folder(type) → its id."""
    return lambda kind: next(
        one["id"] for one in everything()["folders"] if one["foldertype"] == kind
    )


@pytest.fixture
def sent(line, tiff, hold):
    """sent() → the object of a fax that is delivered."""

    def send(files=None):
        _, registration = line.send(NUMBER, files=files or [("a.tif", tiff())])
        hold(5)
        return line.call("asynchronInfo", id=registration)[2]

    return send


@pytest.fixture
def download(line):
    """download(id, type, format) → the octets, or None."""

    def get(thing, kind, form):
        text = line.call("downloadFile", id=thing, type=kind, format=form)
        return None if text is None else base64.b64decode(text, validate=True)

    return get


def frames(data):
    with Image.open(io.BytesIO(data), formats=["TIFF"]) as image:
        return image.n_frames


def changes(line, timestamp):
    """{(type, object): action} since then."""
    found = line.call("getModifiedObjects", timestamp=timestamp)["objects"]
    return {(one["type"], one["object"]): one["action"] for one in found}


# Received faxes


def test_a_received_fax_is_in_the_inbox(line, ring, tiff, folder, hold, sandbox):
    thing = ring(tiff(2))
    fax = line.call("getOneFAXReceivedInfo", id=thing)
    assert list(fax) == ["folderid", "id", "type", "status", "date", "pagecount", "sender"]
    date = fax.pop("date")
    assert fax == {
        "folderid": folder(1), "id": thing, "type": 2, "status": 0, "pagecount": 2,
        "sender": "+13035550123",
    }  # fmt: skip
    assert date[13:] == f":{sandbox.exchange.now():%M:%S}"
    assert line.call("getFAXReceivedInfo", ids=[thing]) == [{**fax, "date": date}]
    assert {"object": thing, "type": 2, "action": 1} in line.call("reviewObjects")["objects"]


def test_a_fax_is_read_once_it_is_downloaded(line, ring, tiff, download):
    document = tiff(3)
    thing = ring(document)
    assert line.call("getOneFAXReceivedInfo", id=thing)["status"] == 0
    assert download(thing, 2, "tiff") == document
    assert line.call("getOneFAXReceivedInfo", id=thing)["status"] == 1


def test_a_download_may_name_its_type_in_any_spelling_of_the_number(line, ring, tiff):
    thing = ring(tiff())
    element = f"<downloadFile><id>{thing}</id><type> 2</type><format>TIFF</format></downloadFile>"
    assert line.ask(element)[1][0].text.startswith("SUkq")


def test_a_received_fax_comes_in_the_other_form_too(ring, tiff, pdf, download):
    thing = ring(tiff(2))
    assert len(pypdf.PdfReader(io.BytesIO(download(thing, 2, "pdf"))).pages) == 2
    thing = ring(pdf(3))
    assert frames(download(thing, 2, "tiff")) == 3


def test_a_sent_fax_comes_back_with_all_its_files(sent, tiff, pdf, download):
    document = tiff(2)
    assert download(sent([("a.tif", document)]), 1, "tiff") == document
    assert frames(download(sent([("a.tif", document), ("b.pdf", pdf(3))]), 1, "tiff")) == 5


def test_a_voice_mail_can_be_heard(line, everything, download):
    (voice,) = everything()["voicesreceived"]
    assert line.call("getOneVOICEReceivedInfo", id=voice["id"]) == voice
    assert line.call("getVOICEReceivedInfo", ids=[voice["id"]]) == [voice]
    assert (voice["duration"], voice["sender"]) == (1, 0)
    with wave.open(io.BytesIO(download(voice["id"], 3, "wav"))) as file:
        assert file.getnframes() == file.getframerate()
    assert everything()["voicesreceived"][0]["status"] == 1


def test_what_cannot_be_downloaded_is_nil(ring, tiff, everything, download, folder):
    thing = ring(tiff())
    voice = everything()["voicesreceived"][0]["id"]
    wishes = [
        (thing, 2, "wav"), (thing, 2, "doc"), (thing, 2, ""), (thing, 1, "tiff"), (0, 2, "tiff"),
        (voice, 3, "tiff"), (folder(1), 7, "tiff"), (thing, 8, "tiff"),
    ]  # fmt: skip
    assert [download(*wish) for wish in wishes] == [None] * len(wishes)


def test_a_deleted_fax_is_gone_with_its_document(line, ring, tiff, download, sandbox):
    thing = ring(tiff())
    assert line.call("deleteObjects", objects=[{"type": 2, "ids": [thing]}]) == 0
    assert line.call("getOneFAXReceivedInfo", id=thing) is None
    assert download(thing, 2, "tiff") is None
    assert sandbox.exchange.received("popfax")[0].discarded


def test_the_account_is_told_by_mail_if_it_wants_to_be(line, ring, tiff, control):
    ring(tiff())
    wish = {"notifybyemail": 1, "notificationemail": "ann@example.org"}
    assert line.call("setAccountInfo", account=wish) == 0
    ring(tiff())
    wish = {"redirecttoemail": 1, "attachmentid": 0}
    assert line.call("setAccountInfo", account=wish) == 0
    document = tiff(2)
    ring(document)
    told, handed = (
        email.message_from_bytes(mail["text"].encode(), policy=email.policy.default)
        for mail in control("GET", "/mail")[1]
    )
    assert told["To"] == "ann@example.org"
    assert "+13035550123" in told.get_content()
    (part,) = handed.iter_attachments()
    assert part.get_content() == document
    line.call("setAccountInfo", account={"attachmentid": 1})
    ring(document)
    mail = control("GET", "/mail")[1][-1]
    assert "application/pdf" in mail["text"]


# Contacts


def test_contacts_and_groups_are_made_and_written(line):
    group = line.call("setContactGroupInfo", contactgroup={"id": 0, "name": "Amis"})
    contact = {"groupid": group, "id": 0, "name": "Ann", "number": NUMBER, "gsmnumber": "+336"}
    number = line.call("setContactInfo", contact=contact)
    assert len({0, group, number}) == 3
    assert line.call("getOneContactInfo", id=number) == {**contact, "id": number}
    assert line.call("setContactInfo", contact={"id": number, "name": "Bob"}) == number
    assert line.call("getContactInfo", ids=[number]) == [{**contact, "id": number, "name": "Bob"}]
    assert line.call("setContactGroupInfo", contactgroup={"id": group, "name": "Friends"}) == group
    assert line.call("getOneContactGroupInfo", id=group) == {"id": group, "name": "Friends"}


def test_what_is_not_there_cannot_be_written(line):
    assert line.call("setContactGroupInfo", contactgroup={"id": NOBODY, "name": "x"}) == 0
    assert line.call("setContactInfo", contact={"id": NOBODY, "name": "x"}) == 0
    assert line.call("setContactInfo", contact={"groupid": NOBODY, "name": "x"}) == 0


def test_contacts_outlive_their_group(line):
    group = line.call("setContactGroupInfo", contactgroup={"name": "Amis"})
    number = line.call("setContactInfo", contact={"groupid": group, "name": "Ann"})
    assert line.call("deleteObjects", objects=[{"type": 5, "ids": [group]}]) == 0
    assert line.call("getOneContactInfo", id=number)["groupid"] == 0


# Folders


def test_faxes_are_filed(line, ring, tiff, folder, sent):
    received, out = ring(tiff()), sent()
    objects = [{"type": 1, "ids": [out]}, {"type": 2, "ids": [received]}]
    assert line.call("moveToFolder", objects=objects, folderid=folder(0)) == 0
    assert line.call("getOneFAXSentInfo", id=out)["folderid"] == folder(0)
    assert line.call("getOneFAXReceivedInfo", id=received)["folderid"] == folder(0)


def test_all_are_filed_or_none(line, ring, tiff, folder):
    thing = ring(tiff())
    good = {"type": 2, "ids": [thing]}
    for objects, place in [
        ([good], NOBODY),
        ([good, {"type": 2, "ids": [NOBODY]}], folder(0)),
        ([good, {"type": 7, "ids": [folder(1)]}], folder(0)),
    ]:
        assert line.call("moveToFolder", objects=objects, folderid=place) == 110
    assert line.call("getOneFAXReceivedInfo", id=thing)["folderid"] == folder(1)


def test_only_custom_folders_are_renamed_or_deleted(line, folder):
    assert line.call("renameFolder", folderid=folder(0), name="Été") == []
    assert line.call("getOneFolderInfo", id=folder(0))["name"] == "Été"
    assert line.call("renameFolder", folderid=folder(1), name="x") == [110]
    assert line.call("renameFolder", folderid=NOBODY, name="x") == [110]
    assert line.call("deleteObjects", objects=[{"type": 7, "ids": [folder(1)]}]) == 110
    assert [one["name"] for one in line.call("getFolderInfo", ids=[folder(1)])] == ["Inbox"]


def test_what_was_in_a_deleted_folder_goes_home(line, ring, tiff, folder, sent):
    received, out = ring(tiff()), sent()
    objects = [{"type": 1, "ids": [out]}, {"type": 2, "ids": [received]}]
    line.call("moveToFolder", objects=objects, folderid=folder(0))
    assert line.call("deleteObjects", objects=[{"type": 7, "ids": [folder(0)]}]) == 0
    assert line.call("getOneFAXReceivedInfo", id=received)["folderid"] == folder(1)
    assert line.call("getOneFAXSentInfo", id=out)["folderid"] == folder(2)


# Synchronization


def test_everything_is_reviewed_with_a_time(line, ring, tiff, sandbox, hold):
    thing = ring(tiff())
    review = line.call("reviewObjects")
    assert review["timestamp"] == int(sandbox.exchange.now().timestamp())
    assert {one["action"] for one in review["objects"]} == {1}
    kinds = sorted(one["type"] for one in review["objects"])
    assert kinds == [2, 3, 7, 7, 7]
    assert line.call("getModifiedObjects", timestamp=0) == review
    hold(2)
    assert line.call("getModifiedObjects", timestamp=review["timestamp"] + 1)["objects"] == []
    assert (2, thing) in changes(line, review["timestamp"])


def test_a_fax_changes_when_it_ends_is_read_filed_and_deleted(
    line, tiff, hold, download, folder, control
):
    def since():
        hold(2)
        return line.call("reviewObjects")["timestamp"]

    start = since()
    _, registration = line.send("+33199009005", files=[("a.tif", tiff(2))])
    hold(0.06)
    thing = line.call("asynchronInfo", id=registration)[2]
    assert changes(line, start) == {(1, thing): 1}
    before_the_end = since()
    assert changes(line, before_the_end) == {}
    for change in (
        lambda: download(thing, 1, "tiff"),
        lambda: line.call(
            "moveToFolder", objects=[{"type": 1, "ids": [thing]}], folderid=folder(0)
        ),
    ):
        start = since()
        assert changes(line, start) == {}
        change()
        assert changes(line, start) == {(1, thing): 1}
    start = since()
    line.call("deleteObjects", objects=[{"type": 1, "ids": [thing]}])
    assert changes(line, start) == {(1, thing): -1}
    assert all(one["object"] != thing for one in line.call("reviewObjects")["objects"])


def test_the_end_of_a_call_is_a_change(line, tiff, hold):
    _, registration = line.send(NUMBER, files=[("a.tif", tiff(20))])
    hold(2)
    thing = line.call("asynchronInfo", id=registration)[2]
    start = line.call("reviewObjects")["timestamp"]
    assert changes(line, start) == {}
    hold(3)
    assert changes(line, start) == {(1, thing): 1}


def test_the_arrival_of_a_text_message_is_a_change(line, hold, sandbox):
    sandbox.exchange.advance(1 - sandbox.exchange.now().microsecond / 1_000_000 - 0.1)
    sms = {"numbers": [NUMBER], "content": "x"}
    _, registration = line.call("sendSmsAsynchronous", sms=sms)
    hold(0.06)
    thing = line.call("asynchronInfo", id=registration)[2]
    start = line.call("reviewObjects")["timestamp"] + 1
    assert changes(line, start) == {}
    hold(0.1)
    assert changes(line, start) == {(4, thing): 1}


def test_what_changes_in_the_second_of_an_answer_is_in_the_next(line, ring, tiff, hold):
    stamp = line.call("reviewObjects")["timestamp"]
    thing = ring(tiff())
    assert (2, thing) in changes(line, stamp)


def test_objects_are_fetched_by_type_and_id(line, ring, tiff, folder, sent, everything):
    received, out = ring(tiff()), sent()
    data = [
        {"type": 1, "object": out}, {"type": 2, "object": received}, {"type": 1, "object": out},
        {"type": 7, "object": folder(1)}, {"type": 2, "object": out}, {"type": 9, "object": 1},
    ]  # fmt: skip
    found = line.call("getObjects", data=data)
    assert list(found) == [
        "timestamp", "shifttime", "contactgroups", "contacts", "folders", "smsessent",
        "faxesreceived", "faxessent", "voicesreceived",
    ]  # fmt: skip
    counts = {name: len(value) for name, value in found.items() if isinstance(value, list)}
    assert counts == {
        "contactgroups": 0, "contacts": 0, "folders": 1, "smsessent": 0, "faxesreceived": 1,
        "faxessent": 1, "voicesreceived": 0,
    }  # fmt: skip
    assert found["faxessent"] == [line.call("getOneFAXSentInfo", id=out)]
    assert len(everything()["folders"]) == 3
    assert found["shifttime"] == line.call("getShiftTime")


def test_all_are_deleted_or_none(line, ring, tiff):
    first, second = ring(tiff()), ring(tiff())
    objects = [{"type": 2, "ids": [first, NOBODY]}]
    assert line.call("deleteObjects", objects=objects) == 110
    objects = [{"type": 2, "ids": [first, second, first]}]
    assert line.call("deleteObjects", objects=objects) == 0
    assert line.call("getFAXReceivedInfo", ids=[first, second]) == []
    assert line.call("deleteObjects", objects=objects) == 110


def test_a_deleted_fax_that_is_queued_is_sent_and_its_registration_known(line, tiff, hold, faxes):
    _, registration = line.send(NUMBER, files=[("a.tif", tiff())])
    hold(0.06)
    thing = line.call("asynchronInfo", id=registration)[2]
    assert line.call("deleteObjects", objects=[{"type": 1, "ids": [thing]}]) == 0
    assert line.call("getOneFAXSentInfo", id=thing) is None
    hold(2)
    assert faxes()[0]["state"] == "delivered"
    assert line.call("asynchronInfo", id=registration) == [registration, 1, thing]


def test_types_and_actions_are_named(line):
    types = {one["value"] for one in line.call("getObjectTypes")}
    assert types == {1, 2, 3, 4, 5, 6, 7, 8, 10, 11}
    assert {one["value"] for one in line.call("getObjectActions")} == {1, -1}


# Settings


def test_settings_are_written_but_for_those_of_the_service(line):
    before = line.call("getAccountInfo")
    assert len(before) == 20
    wish = {**before, "firstname": "Ann", "country": "US", "langcode": "fr", "notifybysms": 1,
            "faxnumber": "+1", "prepaidbalance": 10**6, "enddate": "never"}  # fmt: skip
    assert line.call("setAccountInfo", account=wish) == 0
    kept = {name: before[name] for name in ("faxnumber", "prepaidbalance", "enddate")}
    assert line.call("getAccountInfo") == {**wish, **kept}


@pytest.mark.parametrize(
    ("wish", "code"),
    [({"langcode": "xx"}, 110), ({"country": "France"}, 110), ({"notificationemail": "x"}, 111)],
)
def test_bad_settings_change_nothing(line, wish, code):
    before = line.call("getAccountInfo")
    assert line.call("setAccountInfo", account={"firstname": "Ann", **wish}) == code
    assert line.call("getAccountInfo") == before


def test_languages_and_countries_have_their_iso_codes(line):
    assert {"code": "fr", "language": "Français"} in line.call("getAllLanguages")
    assert {"code": "FR", "country": "France"} in line.call("getAllCountries")


def test_what_is_reserved_is_answered_all_the_same(line):
    assert line.call("getAppVersion", os="Linux", application="x") == {}
    assert line.call("registerApp", application=1, version="1.0") == 0


def test_a_reset_empties_the_account_and_ids_go_on(line, ring, tiff, sandbox, everything):
    ring(tiff())
    old = line.call("setContactInfo", contact={"name": "Ann"})
    _, registration = line.send(NUMBER, files=[("a.tif", tiff())])
    sandbox.reset()
    found = everything()
    assert (found["faxesreceived"], found["contacts"], found["faxessent"]) == ([], [], [])
    assert line.call("asynchronInfo", id=registration) == [200]
    assert line.call("setContactInfo", contact={"name": "Ann"}) > max(old, registration)
    assert max(one["object"] for one in line.call("reviewObjects")["objects"]) < 2**31
