"""The client writes and reads the recorded exchanges, and its contract has what the manual has."""

import base64
import dataclasses
import typing

import pytest
from lxml import etree

from mailfax import errors
from mailfax.providers import _soap, popfax
from mailfax.providers.popfax import _codes, _records, _wire
from tests.providers import exchanges, popfax_wire, scripted

RECORDED = exchanges.of("popfax")
KINDS = {
    "Temporary": errors.Temporary,
    "Permanent": errors.Permanent,
    "Unsure": errors.Unsure,
    "Gone": _codes.Gone,
    "Nil": _codes.Nil,
}

MANUAL = """
authenticate
getAllLanguages getAllCountries getAccountInfo setAccountInfo setNewEmail setNewPassword
getShiftTime getAppVersion registerApp
getOneSMSSentInfo getSMSSentInfo getOneFAXReceivedInfo getFAXReceivedInfo getOneFAXSentInfo
getFAXSentInfo getOneVOICEReceivedInfo getVOICEReceivedInfo sendFaxAsynchronous
sendSmsAsynchronous forwardAsynchronous getRecipients downloadFile asynchronInfoRange asynchronInfo
getOneContactGroupInfo getContactGroupInfo setContactGroupInfo getOneContactInfo getContactInfo
setContactInfo getOneFolderInfo getFolderInfo renameFolder moveToFolder
reviewObjects getObjects getObjectTypes getObjectActions getModifiedObjects deleteObjects
"""
"""Methods in the order of the manual's chapters."""

ARRAYS = """
Integer String AuthenticationHeader LanguageInfo CountryInfo AccountInfo ContactGroupInfo
ContactInfo FolderInfo SMSSentInfo FAXReceivedInfo FAXSentInfo VOICEReceivedInfo ObjectIDInfo
ObjectsIDInfo ObjectData ObjectStatus ObjectsInfo EnumInfo RecipientInfo SendFaxInfo SendSmsInfo
ObjectsID AppVersion ForwardInfo
"""
"""The manual's list of arrays, each ArrayOf…."""


def made(hint, given):
    """A recording's argument as the client takes it."""
    if typing.get_origin(hint) is not None:
        return tuple(made(typing.get_args(hint)[0], one) for one in given)
    if hint is _wire.File:
        name, data = given
        return _wire.File(name, base64.b64decode(data))
    if dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return hint(**{name: made(hints[name], one) for name, one in given.items()})
    return given


def plain(value):
    """A result as JSON knows it."""
    if dataclasses.is_dataclass(value):
        fields = (field.name for field in dataclasses.fields(value))
        return {name: plain(getattr(value, name)) for name in fields}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return [plain(one) for one in value] if isinstance(value, tuple) else value


def call(exchange, url):
    operation = popfax.OPERATIONS[exchange.operation]
    hints = typing.get_type_hints(operation)
    given = {name: made(hints[name], one) for name, one in exchange.arguments.items()}
    account = popfax.connect({"url": url, "email": "demo@example.com", "password": "demo"}, 5)
    try:
        return operation(account.client, **given)
    finally:
        account.close()


def as_recorded(exchange):
    """The recorded request, read as a stranger reads one."""
    request = scripted.Request(b"POST / HTTP/1.1", exchange.form)
    label = "text/xml; charset=UTF-8"
    if exchange.form.startswith(b"--"):
        boundary = exchange.form.partition(b"\r\n")[0][2:].decode()
        label = f'multipart/related; type="text/xml"; boundary="{boundary}"'
    request.headers["content-type"] = label
    return popfax_wire.Call(request)


def header(found):
    """The login: its name, its attributes, its children."""
    return (
        found.header.tag,
        dict(found.header.attrib),
        [(one.tag, one.text) for one in found.header],
    )


def attached(found):
    return [
        (part.get_content_type(), part.get_filename(), part.get_payload(decode=True))
        for part in found.attachments
    ]


@pytest.mark.parametrize("exchange", RECORDED, ids=lambda one: one.name)
def test_the_client_asks_and_understands_as_recorded(exchange):
    with scripted.Server(popfax_wire.xml(exchange.body, exchange.status)) as server:
        if isinstance(exchange.gives, dict) and "error" in exchange.gives:
            with pytest.raises(errors.MailfaxError) as caught:
                call(exchange, server.url)
            assert type(caught.value) is KINDS[exchange.gives["error"]]
            assert caught.value.cause == exchange.gives["cause"]
        else:
            assert plain(call(exchange, server.url)) == exchange.gives
    asked, recorded = popfax_wire.Call(server.requests[0]), as_recorded(exchange)
    assert asked.request.path == exchange.path
    assert asked.element.tag == recorded.element.tag
    assert list(asked.arguments.items()) == list(recorded.arguments.items())
    assert header(asked) == header(recorded)
    assert attached(asked) == attached(recorded)


def test_every_operation_of_the_manual_is_there_and_recorded():
    assert len(MANUAL.split()) == 41
    assert list(popfax.OPERATIONS) == MANUAL.split()
    assert {one.operation for one in RECORDED} == set(MANUAL.split())


def test_every_recording_says_where_it_is_told():
    assert all(one.place.startswith("manual, ") for one in RECORDED)


@pytest.fixture(scope="module")
def wsdl():
    return etree.parse(_soap.WSDL / "popfax.wsdl").getroot()


def names(wsdl, path):
    return wsdl.xpath(
        path,
        namespaces={
            "wsdl": "http://schemas.xmlsoap.org/wsdl/",
            "xsd": "http://www.w3.org/2001/XMLSchema",
        },
    )


def test_the_description_has_every_operation_and_every_array_of_the_manual(wsdl):
    operations = names(wsdl, "wsdl:portType/wsdl:operation/@name")
    assert operations == [f"PopfaxService.{name}" for name in MANUAL.split()]
    assert names(wsdl, "wsdl:binding/wsdl:operation/@name") == operations
    arrays = names(wsdl, "//xsd:complexType[starts-with(@name,'ArrayOf')]/@name")
    assert len(arrays) == 25
    assert arrays == [f"ArrayOf{name}" for name in ARRAYS.split()]


def test_every_struct_of_the_description_is_a_record_with_the_same_members(wsdl):
    structs = {
        one.get("name"): names(one, ".//xsd:element/@name")
        for one in names(wsdl, "//xsd:complexType[not(starts-with(@name,'ArrayOf'))]")
    }
    assert structs.pop("AuthenticationHeader") == ["email", "password"]
    for name, members in structs.items():
        record = getattr(_records, name)
        assert {field.name for field in dataclasses.fields(record)} == set(members)


def test_both_tables_of_the_manual_are_whole():
    assert sorted(_codes.ANSWERS) == list(range(101, 112))
    assert sorted(_codes.STATUSES) == [*range(16), *range(101, 112)]
    letters = "FA OK IQ NF IT CF BU CR CE NA IN SB BA LP CS RF BL NT MF NC SE UF AF NR MA GF DF"
    assert [_codes.STATUSES[number].code for number in sorted(_codes.STATUSES)] == letters.split()


def test_the_namespace_of_the_service_is_a_setting():
    answer = popfax_wire.answer("authenticate", "customerid", 7, namespace="http://x.example/soap")
    number, calls = popfax_wire.run(
        [answer], lambda account: account.client.authenticate(), namespace="http://x.example/soap"
    )
    assert number == 7
    assert calls[0].namespace == "http://x.example/soap"


def test_text_that_xml_cannot_carry_is_refused_before_anything_is_sent():
    with scripted.Server(scripted.drop) as server:
        account = popfax.connect(popfax_wire.settings(server.url), 2)
        sms = _records.SendSmsInfo(numbers=("+331\x00",), content="x")
        for ask in (
            lambda: account.client.set_new_email("a\x01b"),
            lambda: account.client.send_sms_asynchronous(sms),
        ):
            with pytest.raises(errors.Permanent, match="cannot be asked so"):
                ask()
        account.close()
        assert not server.requests


def test_a_file_name_of_any_kind_stays_in_its_header_line():
    fax = _records.SendFaxInfo(numbers=("+33123456789",))
    files = [_wire.File('a"\r\nX: é.tif', b"II*\x00")]
    _, calls = popfax_wire.run(
        [popfax_wire.taken(0, 5)],
        lambda account: account.client.send_fax_asynchronous(fax, files),
    )
    assert attached(calls[0]) == [("image/tiff", "a___X___.tif", b"II*\x00")]
