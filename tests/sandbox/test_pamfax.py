"""The PamFax twin on the wire: who may call, answers, sessions (facts, 1 to 4)."""

import hashlib
import http.client
import json
import re
import shutil
import subprocess
import urllib.parse
import urllib.request

import pytest
from lxml import etree

from tests.sandbox import pamfax_stranger
from tests.sandbox.pamfax_stranger import Stranger

J = {"apioutputformat": "API_FORMAT_JSON"}


@pytest.fixture
def pamfax(sandbox):
    return Stranger(sandbox.urls["pamfax"])


@pytest.fixture
def nobody(sandbox):
    return Stranger(sandbox.urls["pamfax"], username="")


@pytest.fixture
def hold(control):
    control("POST", "/clock", {"hold": True})
    return lambda seconds: control("POST", "/clock", {"advance": seconds})


@pytest.fixture
def get(sandbox):
    """get(path, **query) → bytes."""

    def ask(path, **query):
        text = urllib.parse.urlencode({"apikey": "demo", **query})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        url = f"{sandbox.urls['pamfax']}{path}?{text}"
        with opener.open(url, timeout=20) as reply:
            assert reply.status == 200
            return reply.read()

    return ask


def code(data):
    return json.loads(data)["result"]["code"]


# Who may call


def test_a_checksum_written_out_by_hand_is_taken_and_a_wrong_one_refused(get):
    apicheck = "db0db19e76ac2c034eb32995813551fc"
    assert hashlib.md5(b"API_FORMAT_JSONdemodemodemo").hexdigest() == apicheck
    login = {"username": "demo", "password": "demo", **J}
    assert code(get("/Session/VerifyUser", apicheck=apicheck, **login)) == "success"
    assert code(get("/Session/VerifyUser", apicheck="8" + apicheck[1:], **login)) == "403"
    assert code(get("/Session/VerifyUser", apicheck=apicheck.upper(), **login)) == "403"
    assert code(get("/Session/VerifyUser", apicheck=apicheck, x="1", **login)) == "403"


def test_the_secret_itself_will_do_instead(get):
    login = {"username": "demo", "password": "demo", **J}
    assert code(get("/Session/VerifyUser", apisecret="demo", **login)) == "success"
    assert code(get("/Session/VerifyUser", apisecret="demo2", **login)) == "403"
    assert code(get("/Session/VerifyUser", **login)) == "403"
    wrong = {**login, "apikey": "demo2"}
    assert code(get("/Session/VerifyUser", apisecret="demo", **wrong)) == "403"


def test_a_wrong_checksum_is_not_saved_by_the_secret(get):
    assert code(get("/Common/ListZones", apisecret="demo", apicheck="0" * 32, **J)) == "403"


def test_arguments_of_query_and_body_count_together(sandbox):
    query = {"apikey": "demo", "username": "demo", **J}
    apicheck = hashlib.md5(b"API_FORMAT_JSONdemodemodemo").hexdigest()
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.ports["pamfax"], timeout=20)
    connection.request(
        "POST",
        f"/Session/VerifyUser/?{urllib.parse.urlencode(query)}",
        f"password=demo&apicheck={apicheck}",
        {"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert code(connection.getresponse().read()) == "success"
    connection.close()


@pytest.mark.parametrize("path", ["/Common/ListZones", "/Common/ListZones/", "//Common/ListZones/"])
def test_slashes_may_be_doubled_and_may_follow(get, path):
    assert code(get(path, apisecret="demo", **J)) == "success"


@pytest.mark.parametrize("path", ["/", "/Common", "/Common/No", "/No/ListZones", "/a/b/c"])
def test_what_is_not_there_is_said_to_be_not_there(get, path):
    assert code(get(path, apisecret="demo", **J)) == "404"


def test_empty_file_fields_of_the_vendor_s_client_change_nothing(sandbox):
    apicheck = hashlib.md5(b"API_FORMAT_JSONdemo").hexdigest()
    fields = "file[name]=&file[mime]=&file[postname]=&apioutputformat=API_FORMAT_JSON&usertoken="
    body = f"{fields}&apikey=demo&apicheck={apicheck}".encode()
    request = urllib.request.Request(sandbox.urls["pamfax"] + "/Common/ListZones", body)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=20) as reply:
        assert code(reply.read()) == "success"


# Envelopes


def test_xml_is_the_default_and_has_the_form_of_the_vendor_s_sample(get):
    data = get("/Session/VerifyUser/", apisecret="demo", username="demo", password="demo")
    assert data.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    root = etree.fromstring(data)
    assert root.tag == "Session"
    assert [child.tag for child in root] == [
        "result",
        "User",
        "Currency",
        "UserToken",
        "UserRights",
    ]
    assert [(child.tag, child.text) for child in root[0]] == [("code", "success")]
    assert root.find("User").get("username") == "demo"
    assert root.find("User").get("is_member") == "0"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", root.find("User").get("created"))
    assert re.fullmatch("[a-z0-9]{32}", root.find("UserToken").get("token"))
    assert root.find("UserRights").attrib == {"type": "list"}
    assert dict(root.find("UserRights")[0].attrib) == {"name": "see_credit", "allowed": "1"}


def test_an_error_in_xml_has_a_message(get):
    root = etree.fromstring(get("/FaxJob/Create", apisecret="demo"))
    assert root.tag == "FaxJob"
    assert root.findtext("result/code") == "no_user_logged_in"
    assert root.findtext("result/message")


def test_xml_and_json_tell_the_same(get, pamfax, tiff):
    pamfax.build(tiff())
    text = {"apisecret": "demo", "usertoken": pamfax.token}
    told = json.loads(get("/FaxJob/GetFaxState", **text, **J))["FaxContainer"]
    root = etree.fromstring(get("/FaxJob/GetFaxState", **text))
    shown = {name: "" if value is None else str(value) for name, value in told.items()}
    assert dict(root.find("FaxContainer").attrib) == shown
    assert [file.get("file_order") for file in root.find("Files")] == ["0"]


def test_json_is_written_as_php_writes_it(pamfax):
    _, data = pamfax.fetch("NumberInfo/GetPagePrice", faxnumber="+61212341234")
    assert b'"priceperpage":"0.09"' in data
    assert b'"priceperpage_formatted":"0,09 \\u20ac"' in data
    assert b", " not in data
    _, data = pamfax.fetch("Shopping/GetShopLink")
    assert b"https:\\/\\/" in data


def test_counts_are_of_payloads_and_an_empty_list_has_no_content(pamfax):
    reply = pamfax.answer("FaxHistory/ListSentFaxes")
    assert reply == {
        "result": {"code": "success", "type": "", "count": 1, "message": ""},
        "SentFaxes": {"type": "list"},
    }
    assert len(pamfax("Session/VerifyUser", username="demo", password="demo")) == 4
    assert pamfax("Session/KeepAlive") == {}


def test_an_upload_is_answered_with_a_doubled_key(pamfax, tiff):
    pamfax("FaxJob/Create", user_ip="", user_agent="", origin="")
    _, data = pamfax.fetch("FaxJob/AddFile", file=("a.tif", tiff()), filename="a.tif")
    assert data.count(b'"FaxContainerFile":') == 2
    assert "file_uuid" not in json.loads(data)["FaxContainerFile"]
    cut = data[: data.rfind(b'"FaxContainerFile":')].rstrip(b",") + b"}"
    first = json.loads(cut)["FaxContainerFile"]
    assert re.fullmatch("[A-Za-z0-9]{14}", first.pop("file_uuid"))
    assert first == {
        "name": "a.tif", "file_order": 0, "ext": "tif", "mime": "image/tiff", "state": "",
    }  # fmt: skip


def test_text_that_xml_cannot_hold_does_no_harm(get, pamfax, tiff):
    pamfax.build(tiff())
    name = 'a\x01<b>&"c'
    told = pamfax("FaxJob/AddRecipient", number="+4930231257", name=name)
    assert told["FaxRecipient"]["name"] == name
    data = get("/FaxJob/ListRecipients", apisecret="demo", usertoken=pamfax.token)
    assert etree.fromstring(data)[1][1].get("name") == 'a\ufffd<b>&"c'


def test_bytes_that_are_not_utf_8_do_no_harm(get, pamfax, tiff):
    pamfax.build(tiff())
    common = {"apisecret": "demo", "usertoken": pamfax.token, "number": "+4930231257"}
    assert code(get("/FaxJob/AddRecipient", name=b"\xff\xfe", **common, **J)) == "success"
    assert b"\xef\xbf\xbd" in get("/FaxJob/ListRecipients", **common)


# Sessions


def test_a_token_is_needed_and_must_be_known(nobody):
    assert nobody.refused("FaxJob/Create") == "no_user_logged_in"
    nobody.token = "x" * 32
    assert nobody.refused("FaxJob/Create") == "session_not_found"
    assert nobody("Common/ListZones")


def test_username_and_password_may_be_md5(nobody):
    md5 = hashlib.md5(b"demo").hexdigest()
    for username, password in (("demo", md5), (md5, "demo"), (md5, md5)):
        assert nobody("Session/VerifyUser", username=username, password=password)["UserToken"]


@pytest.mark.parametrize(
    ("username", "password"), [("demo", "Demo"), ("Demo", "demo"), ("", ""), ("demo", "")]
)
def test_a_wrong_login_is_an_unknown_user(nobody, username, password):
    reply = nobody.answer("Session/VerifyUser", username=username, password=password)
    assert reply["result"] == {
        "code": "user_not_found", "type": "error", "count": 0,
        "message": "Unknown user name or incorrect password",
    }  # fmt: skip


def test_a_session_lives_ten_minutes_from_its_last_call(pamfax, tiff, hold):
    pamfax.build(tiff())
    hold(599)
    pamfax("Session/KeepAlive")
    hold(599)
    pamfax("Session/Ping")
    hold(599)
    assert pamfax("FaxJob/GetFaxState")["FaxContainer"]["state"] == "ready_to_send"
    hold(600)
    assert pamfax.refused("FaxJob/GetFaxState") == "session_not_found"


def test_a_fax_under_construction_ends_with_its_session(sandbox, pamfax, tiff, hold):
    (uuid,) = pamfax.build(tiff())
    hold(600)
    again = Stranger(sandbox.urls["pamfax"])
    assert again.refused("FaxJob/GetFaxState") == "no_fax"
    assert again.refused("FaxHistory/GetFaxDetails", uuid=uuid) == "fax_not_found"


def test_logging_out_ends_the_session(pamfax):
    pamfax("Session/Logout")
    assert pamfax.refused("Session/KeepAlive") == "session_not_found"


def test_a_login_identifier_works_once_and_in_time(pamfax, nobody, hold):
    def identifier(**arguments):
        told = pamfax("Session/CreateLoginIdentifier", **arguments)
        return told["UserIdentifier"]["identifier"]

    def use(code, **arguments):
        reply = nobody.answer("Session/VerifyFromIdentifier", identifier=code, **arguments)
        return reply["result"]["code"]

    once = identifier(user_ip="0")
    assert [use(once), use(once)] == ["success", "identifier_not_found"]
    bound = identifier(user_ip="192.0.2.1")
    assert use(bound) == "invalid_ip"
    assert use(bound, user_ip="192.0.2.1") == "success"
    late, endless = identifier(timetolifeminutes=5), identifier(timetolifeminutes=-1)
    hold(300)
    assert use(late) == "identifier_not_found"
    assert [use(endless), use(endless)] == ["success", "success"]
    pamfax("Session/RemoveLoginIdentifier", identifier=endless)
    assert use(endless) == "identifier_not_found"
    assert pamfax.refused("Session/RemoveLoginIdentifier", identifier="x") == "identifier_not_found"


def test_a_login_may_ask_for_an_identifier(nobody):
    login = {"username": "demo", "password": "demo"}
    assert "UserIdentifier" in nobody("Session/VerifyUser", remember_me=True, **login)
    assert "UserIdentifier" not in nobody("Session/VerifyUser", remember_me=False, **login)


def test_changes_are_told_once_to_those_who_listen(pamfax, tiff, wait, control):
    pamfax("Session/RegisterListener", listener_types=["faxsending"])
    pamfax("Session/RegisterListener", listener_types=["faxfailed"], append=True)
    (uuid,) = pamfax.build(tiff(), "+493023129001")
    control("POST", "/clock", {"advance": 1})
    pamfax("FaxJob/Send")
    assert pamfax.listed("Session/ListChanges", "Changes") == [{"name": "faxsending", "uuid": uuid}]
    changes = wait(lambda: pamfax.listed("Session/ListChanges", "Changes"))
    assert changes == [{"name": "faxfailed", "uuid": uuid}]
    assert pamfax.listed("Session/ListChanges", "Changes") == []
    assert pamfax.refused("Session/RegisterListener", listener_types=["x"]) == "bad_property"


# Strangers


@pytest.fixture
def curl(sandbox):
    if shutil.which("curl") is None:
        pytest.skip("curl is not here")

    def run(path, *arguments):
        url = sandbox.urls["pamfax"] + path
        command = ["curl", "-sS", "--noproxy", "*", "--max-time", "20", *arguments, url]
        return subprocess.run(command, capture_output=True, timeout=30, check=True).stdout

    return run


def test_curl_sends_a_fax_with_the_secret_on_the_wire(curl, tmp_path, tiff, faxes, hold):
    (tmp_path / "fax.tif").write_bytes(tiff(2))
    common = ["-d", "apikey=demo", "-d", "apisecret=demo", "-d", "apioutputformat=API_FORMAT_JSON"]
    data = curl("//Session/VerifyUser/", *common, "-d", "username=demo", "-d", "password=demo")
    token = json.loads(data)["UserToken"]["token"]
    common += ["-d", f"usertoken={token}"]
    forms = [argument.replace("-d", "-F") for argument in common]
    assert code(curl("//FaxJob/Create/", *common)) == "success"
    file = ["-F", "filename=fax.tif", "-F", f"file=@{tmp_path / 'fax.tif'}"]
    assert code(curl("//FaxJob/AddFile/", *forms, *file)) == "success"
    plus = ["--data-urlencode", "number=+493023125777"]
    assert code(curl("//FaxJob/AddRecipient/", *common, *plus)) == "success"
    assert code(curl("//FaxJob/Send/", *common)) == "fax_not_ready"
    hold(0.05)
    assert code(curl("//FaxJob/Send/", *common)) == "success"
    assert [(fax["number"], fax["pages"]) for fax in faxes()] == [("+493023125777", 2)]


def test_a_plus_that_was_not_quoted_is_a_plus_again(curl, pamfax, tiff):
    pamfax.build(tiff())
    query = f"apikey=demo&apisecret=demo&apioutputformat=API_FORMAT_JSON&usertoken={pamfax.token}"
    told = json.loads(curl(f"/FaxJob/AddRecipient?{query}&number=+4930231257"))
    assert told["FaxRecipient"]["number"] == "+4930231257"


def test_an_upload_in_php_s_order_with_the_checksum_after_the_file(sandbox, pamfax, tiff):
    pamfax("FaxJob/Create")
    counted = {"filename": "a.tif", "origin": "file_1.tif", **J}
    parts = [("apioutputformat", J["apioutputformat"]), ("apikey", "demo")]
    body = pamfax_stranger.multipart(
        [*parts, ("usertoken", pamfax.token), ("filename", "a.tif"), ("origin", "file_1.tif")],
        [("file", "/tmp/a.tif", tiff())],
    )
    last = pamfax_stranger.multipart([("apicheck", pamfax_stranger.checksum(counted))], [])
    closing = f"--{pamfax_stranger.BOUNDARY}--\r\n".encode()
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.ports["pamfax"], timeout=20)
    kind = f"multipart/form-data; boundary={pamfax_stranger.BOUNDARY}"
    connection.request(
        "POST", "/FaxJob/AddFile", body.removesuffix(closing) + last, {"Content-Type": kind}
    )
    assert b'"code":"success"' in connection.getresponse().read()
    connection.close()


def test_only_what_sends_is_a_submission(pamfax, control, tiff, wait, faxes):
    (uuid,) = pamfax.build(tiff())
    control("POST", "/clock", {"advance": 1})
    fault = {"provider": "pamfax", "fault": "drop-after-accept"}
    assert control("POST", "/faults", fault)[0] == 200
    assert pamfax("FaxJob/GetFaxState")["FaxContainer"]["state"] == "ready_to_send"
    with pytest.raises((http.client.HTTPException, OSError)):
        pamfax("FaxJob/Send")
    wait(lambda: "FaxHistoryModel" in pamfax("FaxHistory/GetFaxDetails", uuid=uuid))
    assert [fax["reference"] for fax in faxes()] == [uuid]
    assert pamfax.refused("FaxJob/Send") == "no_fax"


def test_a_reset_leaves_the_demo_user_alone_with_his_credit(sandbox, pamfax, control, tiff):
    pamfax("Shopping/AddCreditToSandboxUser", amount=5)
    control("DELETE", "/")
    assert pamfax.refused("Session/ReloadUser") == "session_not_found"
    user = Stranger(sandbox.urls["pamfax"])("Session/ReloadUser")["User"]
    assert user["credit"] == 10_000
