"""The Popfax twin's wire: description, envelopes, login, names (facts file sections 1 to 5)."""

import gzip
import hashlib

import httpx
import pytest
from lxml import etree

from mailfax.sandbox import popfax
from mailfax.sandbox.popfax import operations, shapes
from tests.sandbox import popfax_line
from tests.sandbox.popfax_line import LOGIN, envelope, header

_NAMES = """
authenticate getAllLanguages getAllCountries getAccountInfo setAccountInfo setNewEmail
setNewPassword getShiftTime getAppVersion registerApp
getOneSMSSentInfo getSMSSentInfo getOneFAXReceivedInfo getFAXReceivedInfo getOneFAXSentInfo
getFAXSentInfo getOneVOICEReceivedInfo getVOICEReceivedInfo sendFaxAsynchronous
sendSmsAsynchronous forwardAsynchronous getRecipients downloadFile asynchronInfoRange
asynchronInfo
getOneContactGroupInfo getContactGroupInfo setContactGroupInfo getOneContactInfo getContactInfo
setContactInfo getOneFolderInfo getFolderInfo renameFolder moveToFolder
reviewObjects getObjects getObjectTypes getObjectActions getModifiedObjects deleteObjects
"""
METHODS = _NAMES.split()
OPEN = {
    "authenticate", "getAllLanguages", "getAllCountries", "getAppVersion", "getObjectTypes",
    "getObjectActions",
}  # fmt: skip
_WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
_XSD = "{http://www.w3.org/2001/XMLSchema}"
_ARRAY = f"{_WSDL}arrayType"


@pytest.fixture
def line(sandbox):
    return popfax_line.Line(sandbox.urls["popfax"])


@pytest.fixture
def get(sandbox):
    return lambda path, **more: httpx.get(sandbox.urls["popfax"] + path, trust_env=False, **more)


@pytest.fixture
def description(get):
    return etree.fromstring(get("/?service=Popfax&wsdl").content)


# The description


@pytest.mark.parametrize("service", ["Popfax", "Authentication", "Customer"])
@pytest.mark.parametrize("ask", ["&wsdl", "&wsdl=1"])
def test_the_description_names_the_address_it_was_asked_for_at(get, sandbox, service, ask):
    reply = get(f"/?service={service}{ask}")
    assert reply.headers["content-type"] == "text/xml; charset=UTF-8"
    (address,) = etree.fromstring(reply.content).iter(
        "{http://schemas.xmlsoap.org/wsdl/soap/}address"
    )
    assert address.get("location") == f"{sandbox.urls['popfax']}/?service={service}"


def test_the_description_sends_nobody_into_the_network(description):
    assert not [one for one in description.iter() if one.get("schemaLocation")]


def test_all_41_methods_are_there_and_in_the_description(description):
    assert len(METHODS) == 41
    assert list(operations.OPERATIONS) == METHODS
    described = [one.get("name") for one in description.find(f"{_WSDL}portType")]
    assert described == [f"PopfaxService.{name}" for name in METHODS]


def test_parameters_and_results_are_those_of_the_description(description):
    parts = {
        message.get("name"): {
            part.get("name"): part.get("type").partition(":")[2] for part in message
        }
        for message in description.iter(f"{_WSDL}message")
    }
    for name, operation in operations.OPERATIONS.items():
        assert parts[f"PopfaxService.{name}Request"] == dict(operation.takes)
        assert parts[f"PopfaxService.{name}Response"] == {operation.gives: operation.kind}


def test_structs_and_arrays_are_those_of_the_description(description):
    structs, arrays = {}, {}
    for kind in description.iter(f"{_XSD}complexType"):
        members = {one.get("name"): one.get("type") for one in kind.iter(f"{_XSD}element")}
        attributes = [one.get(_ARRAY) for one in kind.iter(f"{_XSD}attribute")]
        if attributes:
            arrays[kind.get("name")] = attributes[0].partition(":")[2]
        else:
            structs[kind.get("name")] = {a: b.partition(":")[2] for a, b in members.items()}
    assert structs == shapes.STRUCTS
    assert len(arrays) == 25
    assert arrays == {name: f"{shapes.item(name)}[]" for name in arrays}


def test_other_paths_and_services_are_not_found(get, sandbox):
    for path in ("/", "/?service=Fax&wsdl", "/soap?service=Popfax&wsdl", "/?wsdl"):
        assert get(path).status_code == 404
    assert httpx.post(sandbox.urls["popfax"] + "/", trust_env=False).status_code == 404


def test_a_browser_sees_the_methods(get):
    assert all(f"PopfaxService.{name}<" in get("/?service=Popfax").text for name in METHODS)


# Envelopes


@pytest.mark.parametrize(
    "name",
    ["PopfaxService.authenticate", "PopfaxServiceauthenticate", "authenticate",
     "popfaxservice.AUTHENTICATE"],
)  # fmt: skip
def test_a_method_is_called_by_any_of_its_names_and_answers_to_it(line, name):
    status, answer = line.ask(f"<t:{name}/>")
    assert (status, answer.tag) == (200, f"{{urn:PopfaxService}}{name}Response")
    assert popfax_line.value(answer[0]) > 0


def test_the_body_decides_and_neither_namespace_nor_soapaction(line):
    status, answer = line.ask('<x:authenticate xmlns:x="urn:other"/>')
    assert (status, answer[0].tag) == (200, "customerid")
    reply = line.post(envelope("<authenticate/>", header()), SOAPAction='"getShiftTime"')
    assert b"customerid" in reply[2]


def test_an_answer_says_its_charset_twice_and_alike(line):
    status, headers, body = line.post(envelope("<authenticate/>", header()))
    assert status == 200
    assert headers["content-type"] == "text/xml; charset=UTF-8"
    assert body.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")


def test_parameters_without_known_names_are_taken_by_position(line):
    element = "<renameFolder><param0>999</param0><param1>x</param1></renameFolder>"
    assert popfax_line.value(line.ask(element)[1][0]) == [110]
    folder = next(
        one["id"]
        for one in line.call("getObjects", data=[{"type": 8}])["folders"]
        if one["foldertype"] == 0
    )
    element = f"<renameFolder><param0>{folder}</param0><param1>x</param1></renameFolder>"
    assert popfax_line.value(line.ask(element)[1][0]) == []


def test_items_may_have_any_name_and_any_type(line):
    folders = [one["object"] for one in line.call("reviewObjects")["objects"] if one["type"] == 7]
    element = "".join(f'<int xsi:type="xs:long">{number}</int>' for number in folders)
    _, answer = line.ask(
        '<getFolderInfo><ids xmlns:xs="http://www.w3.org/2001/XMLSchema" '
        f'E:arrayType="xs:long[3]">{element}</ids></getFolderInfo>'
    )
    assert [one["id"] for one in popfax_line.value(answer[0])] == folders


def test_values_may_stand_elsewhere_in_the_envelope(line):
    """SOAP 1.1 section 5.2.1, as toolkits with multi-reference values write."""
    number = line.call("setContactGroupInfo", contactgroup={"id": 0, "name": "Friends"})
    body = (
        '<getContactGroupInfo><ids href="#a"/></getContactGroupInfo>'
        '<multi id="a"><item href="#b"/></multi>'
        f'<multi id="b">{number}</multi>'
    )
    assert popfax_line.value(line.ask(body)[1][0]) == [{"id": number, "name": "Friends"}]


def test_a_reference_in_a_circle_ends(line):
    body = '<getContactGroupInfo><ids href="#a"/></getContactGroupInfo><x id="a" href="#a"/>'
    assert popfax_line.value(line.ask(body)[1][0]) == []


@pytest.mark.parametrize(
    ("sent", "is_the_one"), [("{}", True), (" {} ", True), ("{}abc", True), ("abc", False),
    ("", False), ("9" * 5000, False), ("٣", False)],
)  # fmt: skip
def test_a_number_is_read_as_php_reads_it(line, sent, is_the_one):
    number = line.call("setContactGroupInfo", contactgroup={"name": "Friends"})
    found = line.call("getOneContactGroupInfo", id=sent.format(number))
    assert found == ({"id": number, "name": "Friends"} if is_the_one else None)


@pytest.mark.parametrize("missing", [{}, {"ids": None}, {"ids": [None]}])
def test_what_is_left_out_or_nil_is_empty(line, missing):
    assert line.call("getFAXSentInfo", **missing) == []


def test_an_unknown_method_is_a_fault(line):
    text = line.fault("<t:PopfaxService.sendFax/>")
    assert text == "Operation 'PopfaxService.sendFax' is not defined in the WSDL for this service"


@pytest.mark.parametrize(
    "octets",
    [b"", b"<a/>", b"{}", b"\x00\xff", envelope("<a>"), envelope("")[:-9], envelope(""),
     b'<!DOCTYPE a [<!ENTITY b "c">]>' + envelope("<authenticate>&b;</authenticate>")[38:],
     b"<a>" * 100_000],
)  # fmt: skip
def test_what_is_no_envelope_is_a_fault(line, octets):
    status, headers, body = line.post(octets)
    assert (status, headers["content-type"]) == (500, "text/xml; charset=UTF-8")
    assert b"error in msg parsing" in body


def test_large_answers_are_compressed_for_who_takes_it(line):
    body = envelope("<getAccountInfo/>", header())
    _, headers, packed = line.post(body, **{"Accept-Encoding": "gzip, deflate"})
    assert headers["content-encoding"] == "gzip"
    _, headers, plain = line.post(body)
    assert headers["content-encoding"] is None
    assert gzip.decompress(packed) == plain
    small = envelope("<authenticate/>", header())
    assert line.post(small, **{"Accept-Encoding": "gzip"})[1]["content-encoding"] is None


# Login


def test_the_login_is_the_md5_of_the_password_in_lower_case(line):
    name, password = LOGIN
    assert line.call("authenticate") > 0
    for wrong in [(name, "demo"), (name, password.upper()), ("Demo@example.com", password),
                  (name, ""), ("", "")]:  # fmt: skip
        line.login = wrong
        assert line.call("authenticate") == 0


@pytest.mark.parametrize("head", ["", header(space="urn:other"), "<S:Header/>"])
def test_without_the_manual_s_header_nobody_is_known(line, head):
    status, answer = line.ask("<authenticate/>", head=head)
    assert (status, popfax_line.value(answer[0])) == (200, 0)


@pytest.mark.parametrize("name", METHODS)
def test_each_method_refuses_a_stranger_in_its_own_way(line, name):
    line.login = None
    answer = line.call(name)
    operation = operations.OPERATIONS[name]
    if name in OPEN:
        assert answer == 0 if name == "authenticate" else answer is not None
    elif operation.kind == "int":
        assert answer == 107
    else:
        assert answer == ([107] if operation.kind == "ArrayOfInteger" else None)


@pytest.mark.parametrize("name", METHODS)
def test_each_method_answers_even_without_its_parameters(line, name):
    line.call(name)


def test_a_new_email_and_password_count_at_once_and_until_a_reset(line, sandbox):
    password = hashlib.md5(b"other").hexdigest()
    assert line.call("setNewEmail", email="ann@example.org") == 0
    assert line.call("authenticate") == 0
    line.login = ("ann@example.org", LOGIN[1])
    assert line.call("setNewPassword", password=password) == 0
    line.login = ("ann@example.org", password)
    assert line.call("authenticate") > 0
    sandbox.reset()
    line.login = LOGIN
    assert line.call("authenticate") > 0


def test_a_bad_email_or_password_changes_nothing(line):
    assert line.call("setNewEmail", email="not an address") == 111
    assert line.call("setNewPassword", password="other") == 110
    assert line.call("authenticate") > 0


def test_with_an_interval_what_comes_too_early_is_a_general_failure(line, control, monkeypatch):
    monkeypatch.setattr(popfax.Twin, "INTERVAL", 5.0)
    control("POST", "/clock", {"hold": True})
    assert line.call("getShiftTime") == 0
    assert line.call("getShiftTime") == 110
    assert line.call("getAccountInfo") is None
    control("POST", "/clock", {"advance": 5})
    assert line.call("getShiftTime") == 0


def test_its_credentials_and_number_are_in_the_directory(control):
    directory = control("GET", "/")[1]
    assert directory["credentials"]["popfax"] == {"email": "demo@example.com", "password": "demo"}
    assert directory["dids"]["popfax"] == ["+33199005501"]
