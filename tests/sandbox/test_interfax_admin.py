"""The InterFAX twin administers as the Admin manual says."""

import datetime

import pytest
from lxml import etree

from tests.sandbox import interfax_line
from tests.sandbox.interfax_line import LOGIN, PRIMARY

ANN = {"Username": "demo.ann", "Password": "secret1"}


@pytest.fixture
def line(sandbox):
    made = interfax_line.Line(sandbox)
    yield made
    made.close()


@pytest.fixture
def ann(line):
    """A second user without services."""
    assert line.admin("OpenUser", NewUser=ANN) == 0
    return ANN


def users(line, **fields):
    return line.soap("admin", "GetUserProperties", **PRIMARY, User=fields)


def tx(line, login=LOGIN):
    return line.soap("admin", "GetUserTxProperties", **login, User_tx={})


# Users


def test_a_user_is_opened_with_its_properties(line):
    new = {**ANN, "CSID": "Ann", "TimeZone": "Eastern Standard Time"}
    assert line.admin("OpenUser", NewUser=new) == 0
    reply = users(line, Username="demo.ann")
    assert reply == {"GetUserPropertiesResult": "0", "User": new}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"Username": ""}, -2015),
        ({"Username": "demo." + "x" * 16}, -2015),
        ({"Username": "ann"}, -2013),
        ({"Username": "demoann"}, -2013),
        ({"Password": "ab"}, -2011),
        ({"Password": "x" * 17}, -2011),
        ({"Password": "not good"}, -2011),
        ({"Password": ""}, -2011),
        ({"TimeZone": "Mars"}, -2012),
        ({"CSID": "x" * 21}, -2017),
    ],
)
def test_a_user_is_refused(line, fields, code):
    assert line.admin("OpenUser", NewUser={**ANN, **fields}) == code


def test_a_name_is_used_once_and_there_is_a_limit(line, ann):
    assert line.admin("OpenUser", NewUser=ann) == -2010
    codes = [line.admin("OpenUser", NewUser={**ann, "Username": f"demo.{n}"}) for n in range(20)]
    assert codes[0] == 0
    assert codes[-1] == -1020


def test_only_primary_users_open_and_close(line, ann):
    login = {"PrimaryUsername": "demo.ann", "PrimaryPassword": "secret1"}
    for operation, fields in (
        ("OpenUser", {"NewUser": {**ANN, "Username": "demo.bob"}}),
        ("CloseUser", {"Username": "demo.ann"}),
        ("AddRxService", {"Username": "demo.ann"}),
        ("RemoveRxService", {"Username": "demo.ann"}),
        ("AddTxService", {"User_tx": {"Username": "demo.ann"}}),
        ("RemoveTxService", {"Username": "demo.ann"}),
        ("GetAccountPPCardsBalance", {"Balance": 0}),
    ):
        for given, code in ((login, "-310"), ({**login, "PrimaryPassword": "x"}, "-1003")):
            reply = line.soap("admin", operation, **given, **fields)
            assert reply[f"{operation}Result"] == code


def test_a_user_is_closed_with_its_services(line, ann, sandbox):
    assert line.admin("AddRxService", Username="demo.ann", CountryISOCode="US") == 0
    assert len(sandbox.exchange.lines("interfax")) == 2
    assert line.admin("CloseUser", Username="demo.ann") == 0
    assert len(sandbox.exchange.lines("interfax")) == 1
    assert line.soap("inbound", "MarkMessage", **ann)["MarkMessageResult"] == "-1003"
    assert line.admin("CloseUser", Username="demo.ann") == -2014
    assert line.admin("CloseUser", Username="demo") == -2016


def test_a_user_changes_itself_and_a_primary_user_anybody(line, ann):
    as_ann = {"PrimaryUsername": "demo.ann", "PrimaryPassword": "secret1"}
    ok = {"SetUserPropertiesResult": "0"}
    new = {"Username": "demo.ann", "CSID": "A"}
    assert line.soap("admin", "SetUserProperties", **as_ann, User=new) == ok
    assert (
        line.soap("admin", "SetUserProperties", **PRIMARY, User={**new, "Password": "new1"}) == ok
    )
    assert users(line, Username="demo.ann")["User"]["CSID"] == "A"
    refused = line.soap("admin", "SetUserProperties", **as_ann, User=new)
    assert refused == {"SetUserPropertiesResult": "-1003"}
    as_ann["PrimaryPassword"] = "new1"
    other = {"Username": "demo", "CSID": "A"}
    reply = line.soap("admin", "SetUserProperties", **as_ann, User=other)
    assert reply == {"SetUserPropertiesResult": "-310"}
    assert line.admin("SetUserProperties", User={"Username": "demo.x"}) == -2014
    assert line.admin("SetUserProperties", User={"CSID": "x" * 21}) == -2017


def test_the_csid_of_the_user_goes_with_its_faxes(line):
    assert line.admin("SetUserProperties", User={"CSID": "Demo"}) == 0
    assert line.item(line.send())["SenderCSID"] == "Demo"


def test_the_balance(line):
    reply = line.soap("admin", "GetAccountPPCardsBalance", **PRIMARY, Balance=0)
    assert reply == {"GetAccountPPCardsBalanceResult": "0", "Balance": "100.00"}


# Receiving


def test_nodes_by_country(line):
    def nodes(country):
        reply = line.soap("admin", "GetInboundNodes", Country=country, Language="EN")
        return reply["GetInboundNodesResult"]

    assert [node["Prefix"] for node in nodes("us")] == ["212", "415"]
    assert nodes("DE")["InboundNode"]["CountryCode"] == "49"
    assert nodes("FR") == ""


def test_a_number_is_chosen_or_asked_for(line, ann, sandbox, control, tiff):
    given = {"Username": "demo.ann", "CountryISOCode": "GB", "Prefix": "20"}
    wished = {**given, "LocalNumber": "79460113", "Emails": "a@example.com; b@example.com"}
    assert line.admin("AddRxService", **wished) == 0
    reply = line.soap("admin", "GetRxServiceProperties", **ann)
    assert reply["GetRxServicePropertiesResult"] == "0"
    assert list(reply["U_Rx"].items()) == [
        ("Username", "demo.ann"),
        ("PhoneNumber", "00442079460113"),
        ("AttachmentFormat", ""),
        ("DeleteAfterUsage", ""),
        ("Emails", "a@example.com;b@example.com"),
        ("TimeZone", "GMT Standard Time"),
        ("NumberFormat", ""),
    ]
    assert "+442079460113" in control("GET", "/")[1]["dids"]["interfax"]
    assert line.admin("AddRxService", **given) == -2032
    assert line.admin("RemoveRxService", Username="demo.ann") == 0
    assert line.admin("RemoveRxService", Username="demo.ann") == -2036
    assert line.admin("AddRxService", **given) == 0
    assert sandbox.exchange.lines("interfax")[-1].did == "+442079460110"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"Username": "demo.bob"}, -2014),
        ({"CountryISOCode": "XX"}, -2028),
        ({"CountryISOCode": ""}, -2028),
        ({"CountryISOCode": "FR"}, -2033),
        ({"Prefix": "999"}, -2033),
        ({"LocalNumber": "1"}, -2033),
    ],
)
def test_a_number_is_refused(line, ann, fields, code):
    given = {"Username": "demo.ann", "CountryISOCode": "US", "Prefix": "212", **fields}
    assert line.admin("AddRxService", **given) == code


def test_numbers_run_out(line):
    codes = []
    for n in range(11):
        line.admin("OpenUser", NewUser={**ANN, "Username": f"demo.{n}"})
        given = {"Username": f"demo.{n}", "CountryISOCode": "US", "Prefix": "212"}
        codes.append(line.admin("AddRxService", **given))
    assert codes == [0] * 10 + [-2033]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"AttachmentFormat": "JPG"}, -2053),
        ({"DeleteAfterUsage": "Soon"}, -2054),
        ({"TimeZone": "Mars"}, -2012),
        ({"Username": "demo.bob"}, -2014),
        ({"AttachmentFormat": "TIFF", "NumberFormat": "n", "TimeZone": "Tokyo Standard Time"}, 0),
    ],
)
def test_receiving_is_set_and_checked(line, fields, code):
    assert line.own("SetRxServiceProperties", U_Rx=fields) == code
    reply = line.soap("admin", "GetRxServiceProperties", **LOGIN)["U_Rx"]
    changed = ("TIF", "n", "Tokyo Standard Time")
    kept = (reply["AttachmentFormat"], reply["NumberFormat"], reply["TimeZone"])
    assert (kept == changed) == (code == 0)


def test_without_a_receiving_service_there_is_nothing_to_set(line, ann):
    for operation in (
        "SetRxServiceProperties", "GetRxServiceProperties", "AddRxEmailProperties",
        "SetRxEmailProperties", "GetRxEmailProperties", "RemoveRxEmail",
    ):  # fmt: skip
        assert line.soap("admin", operation, **ann) == {f"{operation}Result": "-2036"}


def test_addresses_are_added_changed_listed_and_removed(line):
    assert line.own("AddRxEmailProperties", EmailAddress="a@example.com", SendSigned="true") == 0
    assert line.own("AddRxEmailProperties", EmailAddress="a@example.com") == -2034
    given = {"EmailAddress": "a@example.com", "SendEncrypted": "true", "DigitalID": "id"}
    assert line.own("SetRxEmailProperties", **given) == 0
    assert line.own("SetRxEmailProperties", EmailAddress="b@example.com") == -2035
    reply = line.soap("admin", "GetRxEmailProperties", **LOGIN)
    assert reply["URxE"]["User_RxEmail"] == {
        "EmailAddress": "a@example.com",
        "SendSigned": "false",
        "SendEncrypted": "true",
        "DigitalID": "id",
    }
    assert line.own("RemoveRxEmail", EmailAddress="a@example.com") == 0
    assert line.own("RemoveRxEmail", EmailAddress="a@example.com") == -2035
    assert line.soap("admin", "GetRxEmailProperties", **LOGIN)["URxE"] == ""


# Sending


def test_a_sending_service_is_added_and_removed(line, ann):
    assert tx(line, ann) == {"GetUserTxPropertiesResult": "-2030"}
    given = {"Username": "demo.ann", "DefaultPageSize": "Letter", "FeedbackType": 2}
    assert line.admin("AddTxService", User_tx=given) == 0
    assert line.admin("AddTxService", User_tx=given) == -2031
    reply = tx(line, ann)["User_tx"]
    assert (reply["DefaultPageSize"], reply["FeedbackType"]) == ("Letter", "2")
    assert line.admin("RemoveTxService", Username="demo.ann") == 0
    assert line.admin("RemoveTxService", Username="demo.ann") == -2030
    assert line.soap("admin", "SetUserTxProperties", **ann, User_tx={}) == {
        "SetUserTxPropertiesResult": "-2030"
    }
    assert line.admin("AddTxService", User_tx={"Username": "demo.bob"}) == -2014


def test_the_structure_has_its_20_members_in_order(line):
    assert list(tx(line)["User_tx"]) == [
        "Username", "CheckPassword", "Conversion", "FeedbackType", "FeedbackFormat",
        "FeedbackWithTIF", "AllowedSenders", "AllowedIPAddresses", "DefaultPageSize",
        "DefaultPageOrientation", "DefaultPageResolution", "DefaultRenderingQuality",
        "DefaultPageHeader", "DefaultRetriesToPerform", "DefaultReplyAddress",
        "AuthenticateBySignature", "AuthenticateByTickets", "DefaultDeleteAfterUsage",
        "DialingAreaCode", "DialingCountryISOCode",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["User_tx", "U_tx"])
def test_sending_is_set_under_both_names_of_the_structure(line, name):
    given = {"AllowedSenders": "a@example.com, *@example.org", "CheckPassword": "true"}
    assert line.own("SetUserTxProperties", **{name: given}) == 0
    reply = tx(line)["User_tx"]
    assert reply["AllowedSenders"] == given["AllowedSenders"]
    assert reply["CheckPassword"] == "true"
    assert reply["DefaultPageSize"] == "A4"


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("FeedbackType", "4", -2020),
        ("FeedbackFormat", "-1", -2021),
        ("AllowedSenders", "ann", -2022),
        ("AllowedSenders", "*", -2022),
        ("DefaultPageSize", "A5", -2023),
        ("DefaultPageOrientation", "Upside", -2024),
        ("DefaultPageResolution", "High", -2025),
        ("DefaultRenderingQuality", "Best", -2026),
        ("DefaultRetriesToPerform", "10", -2027),
        ("DialingCountryISOCode", "XX", -2028),
    ],
)
def test_each_member_is_checked(line, member, value, code):
    before = tx(line)
    assert line.own("SetUserTxProperties", User_tx={member: value}) == code
    assert tx(line) == before


def test_a_normal_user_sets_only_the_own_service(line, ann):
    assert line.admin("AddTxService", User_tx={"Username": "demo.ann"}) == 0
    for operation in ("SetUserTxProperties", "GetUserTxProperties"):
        reply = line.soap("admin", operation, **ann, User_tx={"Username": "demo"})
        assert reply == {f"{operation}Result": "-310"}
    given = {"Username": "demo.ann", "DefaultPageHeader": "h"}
    assert line.own("SetUserTxProperties", User_tx=given) == 0
    assert tx(line, ann)["User_tx"]["DefaultPageHeader"] == "h"


def test_defaults_of_the_service_hold_where_a_fax_says_nothing(line):
    given = {"DefaultPageResolution": "Fine", "DefaultPageSize": "Legal"}
    assert line.own("SetUserTxProperties", User_tx=given) == 0
    key = line.code("SendCharFax", FaxNumber="+13035550123", Data="x", FileType="TXT")
    item = line.item(key)
    assert (item["PageResolution"], item["PageSize"]) == ("Fine", "Legal")


# Time zones


def test_time_zones_are_for_anyone(line):
    zones = line.soap("admin", "GetTimeZones")["GetTimeZonesResult"]
    offsets = {zone["Name"]: int(zone["GMTOffset"]) for zone in zones}
    assert offsets["India Standard Time"] == 330
    assert offsets["Hawaiian Standard Time"] == -600
    text = line.soap("admin", "GetTimeZonesXML")["GetTimeZonesXMLResult"]
    root = etree.fromstring(text)
    assert root.tag == "TimeZones"
    assert [child.tag for child in root[:4]] == ["Name", "GMTOffset"] * 2
    names, minutes = (root.xpath(f"{tag}/text()") for tag in ("Name", "GMTOffset"))
    assert dict(zip(names, map(int, minutes), strict=True)) == offsets


# Activity


@pytest.fixture
def days(sandbox):
    """days(n) → the date that many days from now."""
    now = sandbox.exchange.now()
    return lambda n: (now + datetime.timedelta(days=n)).strftime("%Y-%m-%dT00:00:00")


def activity(line, kind, since, until, login=LOGIN, **more):
    name = f"Get{kind}Activity"
    given = {"TimeFrom": since, "TimeUntil": until, **more}
    return line.soap("admin", name, **login, **given)[f"{name}Result"]


def test_outbound_activity_by_user(line, ann, days, tiff, wait):
    assert line.admin("AddTxService", User_tx={"Username": "demo.ann"}) == 0
    keys = [line.send(data=tiff(2), kind="TIF"), line.send("+13035559001")]
    wait(lambda: all(line.status(key) >= 0 for key in keys))
    result = activity(line, "Outbound", days(-1), days(0))
    assert result["Status"] == "0"
    assert result["TimeFrom"] == days(-1)
    mine, hers = result["Users"]
    assert list(mine.items()) == [
        ("Username", "demo"),
        ("TotalFaxes", "2"),
        ("TotalPages", "2"),
        ("TotalUnits", "2"),
        ("TotalCost", "0.20"),
        ("MinTransactionID", str(keys[0])),
        ("MaxTransactionID", str(keys[1])),
    ]
    assert (hers["Username"], hers["TotalFaxes"]) == ("demo.ann", "0")
    only = activity(line, "Outbound", days(-1), days(0), OnlyMyUser="true")
    assert only["Users"]["UserOutboundSummary"] == mine
    assert activity(line, "Outbound", days(-3), days(-2))["Users"][0]["TotalFaxes"] == "0"


def test_inbound_activity_by_number(line, ann, days, sandbox, tiff):
    fax = sandbox.exchange.ring("interfax", "+12125550100", "", "", tiff(3))
    result = activity(line, "Inbound", days(-1), days(1))
    summary = result["Users"]["UserInboundSummary"]
    assert list(summary.items()) == [
        ("Username", "demo"),
        ("PhoneNumber", "0012125550100"),
        ("TotalFaxes", "1"),
        ("TotalPages", "3"),
        ("TotalUnits", "3"),
        ("TotalCost", "0"),
        ("MinTransactionID", str(fax.id)),
        ("MaxTransactionID", str(fax.id)),
    ]


@pytest.mark.parametrize("kind", ["Outbound", "Inbound"])
def test_activity_is_refused(line, ann, days, kind):
    def status(*args, **more):
        return activity(line, kind, *args, **more)["Status"]

    assert status(days(0), days(-1)) == "-2040"
    assert status(days(-61), days(0)) == "-2041"
    assert status(days(-60), days(0)) == "0"
    assert status(days(-1), days(0), login=ann) == "-310"
    assert status(days(-1), days(0), login={"Username": "demo"}) == "-1003"
