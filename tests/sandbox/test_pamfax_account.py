"""Prices, users, numbers, shop and storage of the PamFax twin (facts file, sections 4 to 7)."""

import hashlib
import io
import urllib.request

import pypdf
import pytest

from tests.sandbox.pamfax_stranger import Stranger

ADDRESS = {"zip": "10115", "city": "Berlin", "country_code": "DE"}


@pytest.fixture
def pamfax(sandbox):
    return Stranger(sandbox.urls["pamfax"])


@pytest.fixture
def nobody(sandbox):
    return Stranger(sandbox.urls["pamfax"], username="")


# Prices


def test_a_number_is_described_as_recorded(nobody):
    assert nobody("NumberInfo/GetNumberInfo", faxnumber="0061212341234")["NumberInfo"] == {
        "number": "+61212341234", "number_type": "FIXED", "zone": "1", "country_code": "AU",
        "description": "Australia", "area_code": "2", "city": "Australia", "country_prefix": "61",
        "formatted_number": "+61 2 12341234",
    }  # fmt: skip
    assert nobody.refused("NumberInfo/GetNumberInfo", faxnumber="+61212") == "invalid_fax_number"


def test_a_price_is_text_and_in_the_user_s_currency(nobody, pamfax):
    price = nobody("NumberInfo/GetPagePrice", faxnumber="+61212341234", language_code=False)[
        "Price"
    ]
    assert (price["priceperpage"], price["priceperpage_proplan"]) == ("0.09", "0.06")
    assert (price["priceperpage_formatted"], price["currency"]) == ("0,09 €", "EUR")
    pamfax("UserInfo/SaveUser", user={"currency": "USD"})
    price = pamfax("NumberInfo/GetPagePrice", faxnumber="+61212341234")["Price"]
    assert (price["priceperpage"], price["currency"]) == ("0.12", "USD")
    assert pamfax("Session/ReloadUser")["User"]["credit"] == pytest.approx(
        10_000 / 0.7712, abs=0.01
    )
    assert pamfax.refused("UserInfo/SaveUser", user={"currency": "XXX"}) == "bad_currency"


def test_countries_have_zones_and_zones_have_prices(nobody):
    countries = nobody("Common/ListCountries", culture=False)["CountryList"]
    assert (countries["revision"], countries["language"]) == (1, "en")
    by_code = {one["code"]: one for one in countries["content"]}
    assert by_code["DE"] == {
        "code": "DE", "parent": "", "zone": 1, "name": "Germany", "countryprefix": "49",
        "default_culture": "de-DE",
    }  # fmt: skip
    zones = nobody.listed("Common/ListZones", "ZoneList")
    assert zones[0] == {"zone_id": 1, "price": 0.09, "price_pro": 0.06}
    assert [zone["zone_id"] for zone in zones] == list(range(1, 9))
    seventh = nobody.listed("Common/ListCountriesForZone", "CountryList", zone=7)
    assert "AF" in {one["code"] for one in seventh}
    assert nobody.refused("Common/ListCountriesForZone", zone=9) == "invalid_zone"


def test_lists_of_the_world(nobody):
    assert len(nobody.listed("Common/ListCurrencies", "Currencies")) == 6
    (yen,) = nobody.listed("Common/ListCurrencies", "Currencies", code="JPY")
    assert yen["code"] == "JPY"
    assert nobody.refused("Common/ListCurrencies", code="XXX") == "bad_currency"
    assert len(nobody.listed("Common/ListLanguages", "Languages", min_percent_translated=90)) == 2
    strings = nobody.listed("Common/ListStrings", "PortalStrings", ids=["BTN_YES[NT],BTN_NO[NT]"])
    assert [one["id"] for one in strings] == ["BTN_YES[NT]", "BTN_NO[NT]"]
    assert nobody.listed("Common/ListCountryStates", "StatesList", country_code="US")
    refused = nobody.refused("Common/ListCountryStates", country_code="DE")
    assert refused == "country_has_no_states"
    (city, *_) = nobody.listed("Common/ListCities", "Cities", country_code_a3="DEU")
    codes = {"country_code_a3": "DEU", "city_name_or_id": city["id"]}
    assert nobody.listed("Common/ListZipCodes", "ZipCodes", **codes)
    assert nobody.refused("Common/ListCities", country_code_a3="USA") == "no_cities"
    assert nobody.refused("Common/GetGeoIPInformation", ip="x") == "invalid_ip"
    assert nobody("Common/GetCurrencyByLang", lang="de")["CurCode"]["code"] == "EUR"
    assert {"extension": "tiff"} in nobody.listed("Common/ListSupportedFileTypes", "FileTypes")


def test_the_account_s_zone_is_that_of_users_without_one(pamfax):
    pamfax("Account/SetDefaultTimezone", timezone="Europe/Berlin")
    assert pamfax("Common/GetCurrentSettings")["Settings"]["timezone"] == "Europe/Berlin"
    assert pamfax("Common/ListTimezones")["TimezonesList"]["default"] == "Europe/Berlin"
    assert pamfax.refused("Account/SetDefaultTimezone", timezone="../x") == "invalid_timezone"


# Credit


def test_a_voucher_is_credit_whatever_its_format(pamfax):
    for code in ("PCPC0815", " pcpc-0815 "):
        pamfax("Shopping/RedeemCreditVoucher", vouchercode=code)
    assert pamfax("Session/ReloadUser")["User"]["credit"] == 10_020
    assert pamfax.refused("Shopping/RedeemCreditVoucher", vouchercode="x") == "voucher_invalid"
    (_, order) = pamfax.listed("UserInfo/ListOrders", "Orders")
    headers, data = pamfax.fetch("Shopping/GetInvoice", payment_uuid=order["payment_uuid"])
    assert headers["content-type"] == "application/pdf"
    assert len(pypdf.PdfReader(io.BytesIO(data)).pages) == 1
    assert pamfax.refused("Shopping/GetInvoice", payment_uuid="x") == "payment_not_found"


@pytest.mark.parametrize("amount", ["", "x", "NaN", "Infinity", "1e9"])
def test_sandbox_credit_is_an_amount(pamfax, amount):
    refused = pamfax.refused("Shopping/AddCreditToSandboxUser", amount=amount, reason="x")
    assert refused == "bad_property"


# Users


def test_a_new_user_is_logged_in_and_can_go_again(nobody):
    account = {"name": "Ann", "username": "ann@example.com", "email": "ann@example.com"}
    new = {**account, "password": "secret12", "culture": "de-DE"}
    nobody("UserInfo/ValidateNewUsername", username="ann@example.com")
    nobody.token = nobody("UserInfo/CreateUser", **new)["UserToken"]["token"]
    assert nobody("Session/ReloadUser")["User"]["name"] == "Ann"
    assert nobody.refused("UserInfo/CreateUser", **new) == "user_email_already_exist"
    assert (
        nobody.refused("UserInfo/ValidateNewUsername", username="ann@example.com") == "bad_username"
    )
    other = {**new, "username": "bob@example.com", "email": "bob@example.com"}
    assert nobody.refused("UserInfo/CreateUser", **{**other, "password": "x"}) == "bad_password"
    assert nobody.refused("UserInfo/CreateUser", **{**other, "email": "x"}) == "bad_email"
    nobody("UserInfo/DeleteUser")
    assert nobody.refused("Session/ReloadUser") == "session_not_found"


def test_a_registration_may_need_a_code_from_a_mail(nobody, control):
    new = {"email": "ann@example.com", "password": "secret12", "culture": "en-US"}
    user = nobody("UserInfo/CreateUser", **new, withconfirmation="1")["User"]
    login = {"username": "ann@example.com", "password": "secret12"}
    assert nobody.refused("Session/VerifyUser", **login) == "username_not_confirmed"
    who = {"user_uuid": user["uuid"]}
    assert (
        nobody.refused("UserInfo/ConfirmRegistration", **who, code="x") == "username_not_confirmed"
    )
    code = nobody("UserInfo/GetConfirmationCode", **who)["Confirmation"]["code"]
    (mail,) = control("GET", "/mail")[1]
    assert code in mail["text"]
    nobody("UserInfo/ConfirmRegistration", **who, code=code)
    assert nobody("Session/VerifyUser", **login)
    asked = nobody("UserInfo/isEmailConfirmed", email="ann@example.com")
    assert asked["Confirmation"]["confirmed"] == 1


def test_a_password_is_changed(sandbox, pamfax):
    md5 = hashlib.md5(b"other12").hexdigest()
    wrong = {"password": "other12", "old_password": "x"}
    assert pamfax.refused("UserInfo/SetPassword", **wrong) == "current_password_wrong"
    assert pamfax.refused("UserInfo/SetPassword", password="letters") == "bad_password"
    pamfax("UserInfo/SetPassword", password=md5, hashFunction="md5", old_password="demo")
    pamfax("UserInfo/VerifyPassword", password="other12")
    assert pamfax.refused("UserInfo/VerifyPassword", password="demo") == "bad_password"
    assert Stranger(sandbox.urls["pamfax"], password="other12").token


def test_profiles_and_settings_are_kept(pamfax):
    pamfax("UserInfo/SetProfileProperties", profile="company", properties={"Ünïcode key": "1"})
    told = pamfax("UserInfo/ListProfiles")
    assert told["CompanyProfile"]["content"] == [{"name": "Ünïcode key", "value": "1"}]
    assert pamfax.refused("UserInfo/SetProfileProperties", profile="x") == "bad_property"
    settings = {"provider": "sms", "success": 1, "failure": 1, "inbox": 0, "group": 0}
    pamfax("UserInfo/SetNotifyProviderSettings", **settings)
    told = pamfax("UserInfo/GetNotifySettings")["NotifySettings"]
    assert {"name": "failure", "value": "1"} in told["sms"]["content"]
    _, data = pamfax.fetch("UserInfo/GetNotifySettings", apioutputformat="API_FORMAT_XML")
    assert b'<sms type="list">' in data


def test_a_message_lies_in_the_mailbox(pamfax, control):
    message = {"body": "Hello\r\n", "type": "email", "recipient": "a@example.com\r\nBcc: b"}
    pamfax("UserInfo/SendMessage", **message, subject="Hi")
    (mail,) = control("GET", "/mail")[1]
    assert mail["rcpt_tos"] == ["a@example.com Bcc: b"]
    assert "Subject: Hi\r\n" in mail["text"]


# Numbers of one's own


def test_a_user_has_inboxes_and_a_plan(pamfax, control):
    found = pamfax.listed("UserInfo/ListInboxes", "FaxInNumberList", expired_too=False)
    assert [one["number"] for one in found] == ["+493023125100", "+493023125101"]
    assert control("GET", "/")[1]["dids"]["pamfax"] == [one["number"] for one in found]
    assert pamfax("UserInfo/HasPlan")["Plan"]["name"] == "PRO"


def test_a_number_is_ordered_rings_and_is_given_back(pamfax, control, tiff):
    def order(**arguments):
        area = {"area_code_id": "101", "name": "Ann", "address": "x", **ADDRESS}
        return {**area, "plan_type": "BASIC", "months": 2, **arguments}

    areas = pamfax.listed("Shopping/ListFaxInAreacodes", "AreaCodes", country_code="US")
    assert [one["id"] for one in areas] == ["101", "102"]
    price = pamfax("Shopping/OrderNumberForPFCredit", **order())["Price"]["price"]
    assert price == pamfax("Shopping/GetNumberPrice", plan_type="BASIC", months=2)["Price"]["price"]
    told = pamfax("Shopping/OrderNumberForPFCredit", **order(only_validate=0))["FaxInNumber"]
    number = told["number"]
    assert number.startswith("+1415555015")
    assert pamfax("Session/ReloadUser")["User"]["credit"] == pytest.approx(10_000 - price)
    ring = f"/inbound?provider=pamfax&did=%2B{number[1:]}"
    assert control("POST", ring, tiff())[0] == 201
    assert pamfax.listed("FaxHistory/ListInboxFaxes", "InboxFaxes")[0]["number"] == number
    pamfax("UserInfo/SetNumberAlias", number=number, alias_number="+12025550100")
    pamfax("Shopping/UpgradeBasic2ProForPFCredit", number=number, only_calculate=0)
    again = {"number": number, "only_calculate": 0}
    assert pamfax.refused("Shopping/UpgradeBasic2ProForPFCredit", **again) == "faxin_already_pro"
    pamfax("UserInfo/CancelNumber", number=number)
    assert control("POST", ring, tiff())[0] == 404
    assert pamfax.refused("UserInfo/CancelNumber", number=number) == "number_not_assigned_to_user"


def test_an_order_needs_what_the_place_needs(pamfax, pdf):
    berlin = {"areacode_id": "201", "fullname": "Ann B", "street": "x", **ADDRESS}
    assert pamfax.refused("UserInfo/AssignFaxNumber", **berlin) == "verify_doc_missed"
    document, data = ("id.pdf", pdf()), pdf()
    refused = pamfax.refused("Shopping/UploadVerifyDoc", file=document)
    assert refused == "missing_argument"
    size = {"file_size": len(data), "file_content_md5": ""}
    uuid = pamfax("Shopping/UploadVerifyDoc", file=document, **size)["VerifyDoc"]["uuid"]
    told = pamfax("UserInfo/AssignFaxNumber", **berlin, verify_doc_uuid=uuid)["FaxInNumber"]
    assert told["number"].startswith("+49302312511")
    berlin["city"] = ""
    assert pamfax.refused("UserInfo/AssignFaxNumber", **berlin) == "address_field_missing"
    tokyo = {**berlin, "areacode_id": "401", "city": "x"}
    assert pamfax.refused("UserInfo/AssignFaxNumber", **tokyo) == "no_faxin_available"


# Online storage


def test_a_folder_elsewhere_is_opened_filled_and_faxed_from(pamfax):
    there = {"provider": "DropboxStorage"}
    assert pamfax.refused("OnlineStorage/ListFolderContents", **there) == "not_authenticated"
    pamfax("OnlineStorage/SetAuthToken", **there, token={"auth_token": "x"}, username="ann")
    pamfax("OnlineStorage/StoreFile", file=("a.txt", b"hello"), **there, fullpath="/in/a.txt")
    (file,) = pamfax.listed("OnlineStorage/ListFolderContents", "FolderContents", **there)
    inside = {**there, "folder": "in"}
    assert pamfax.listed("OnlineStorage/ListFolderContents", "FolderContents", **inside) == [file]
    pamfax("FaxJob/Create")
    added = pamfax("FaxJob/AddFileFromOnlineStorage", **there, uuid=file["uuid"])
    assert added["FaxContainerFile"]["name"] == "a.txt"
    refused = pamfax.refused("FaxJob/AddFileFromOnlineStorage", **there, uuid="x")
    assert refused == "file_not_found"
    pamfax("OnlineStorage/DropAuthentication", **there)
    assert pamfax.refused("OnlineStorage/ListFolderContents", **there) == "not_authenticated"
    assert pamfax.refused("OnlineStorage/CheckProviderState", provider="x") == "unknown_provider"


def test_a_browser_lets_the_service_in(sandbox, pamfax):
    url = f"{sandbox.urls['pamfax']}/OspAuth/Google?usertoken={pamfax.token}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=20) as reply:
        assert b"<div id='pamfax_auth_state' style='display:none'>ok</div>" in reply.read()
    providers = pamfax.listed("OnlineStorage/ListProviders", "Providers")
    assert [one["authenticated"] for one in providers] == [1, 0, 0]


# The API account


def test_ended_faxes_are_exported_as_csv(pamfax, tiff, control):
    (uuid,) = pamfax.build(tiff())
    control("POST", "/clock", {"advance": 1})
    pamfax("FaxJob/Send")
    control("POST", "/clock", {"advance": 1})
    span = {"from": "2001-01-01", "to": "2099-01-01"}
    headers, data = pamfax.fetch("Account/ExportResellerData", **span)
    head, line = data.decode().splitlines()
    assert headers["content-type"] == "text/csv"
    assert head == "fax_uuid,user_uuid,number,sent,pages,state,price"
    assert line.startswith(f"{uuid},")
    assert line.endswith(",1,success,0.09")
    assert "T" in line.split(",")[3]
    span["to"] = "2001-02-01"
    assert len(pamfax.fetch("Account/ExportResellerData", **span)[1].splitlines()) == 1


def test_pool_numbers_are_listed_and_ordered_by_their_id(pamfax):
    def pool(**arguments):
        found = pamfax.listed("Shopping/ListAvailablePoolNumbers", "PoolNumbers", **arguments)
        return [one["number"] for one in found]

    assert len(pool(country_code="US")) == 10
    assert len(pool(country_code="US", limit=100)) == 20
    assert pool(country_code="US", prefix="+1202", limit=1) == ["+12025550150"]
    assert pamfax.refused("Shopping/ListAvailablePoolNumbers", country_code="RU") == (
        "invalid_country_code"
    )
    area = {"area_code_id": "102", "name": "Ann", "address": "x", **ADDRESS}
    order = {**area, "plan_type": "PRO", "only_validate": 0, "pool_id": "12025550153"}
    told = pamfax("Shopping/OrderNumberForPFCredit", **order)["FaxInNumber"]
    assert told["number"] == "+12025550153"
    assert pamfax.refused("Shopping/OrderNumberForPFCredit", **order) == "pool_number_not_found"
    assert "+12025550153" not in pool(country_code="US", limit=100)


def test_a_number_is_extended_for_its_plan_s_price(pamfax):
    number = {"number": "+493023125100", "plan_type": "PRO", "months": 3}
    cost = pamfax("Shopping/GetExtendNumberCost", number=number["number"])["Price"]["price"]
    price = pamfax("Shopping/ExtendNumberForPFCredit", **number)["Price"]["price"]
    assert price == pytest.approx(3 * cost)
    before = pamfax.listed("UserInfo/ListInboxes", "FaxInNumberList")[0]["expires"]
    told = pamfax("Shopping/ExtendNumberForPFCredit", **number, only_validate=0)["FaxInNumber"]
    assert told["expires"] > before
    refused = pamfax.refused
    basic = {**number, "plan_type": "BASIC"}
    assert refused("Shopping/ExtendNumberForPFCredit", **basic) == "faxin_plans_mismatch"
    long = {**number, "months": 13}
    assert refused("Shopping/ExtendNumberForPFCredit", **long) == "wrong_months_count"
    pamfax("Shopping/AddCreditToSandboxUser", amount=-10_000)
    assert refused("Shopping/ExtendNumberForPFCredit", **number) == "not_enough_credit"


def test_an_address_is_checked_field_by_field(pamfax, pdf):
    where = {"country_code_a3": "DEU", "city": "Berlin", "zip_code": "10115"}
    street = {"street_name": "x", "building_number": "1"}
    person = {"group_id": "101", "salutation": "MS", "first_name": "A", "last_name": "B"}
    good = {**where, **street, **person}
    assert pamfax("Shopping/CheckAddressForFaxInNumber", **good)["Address"]["uuid"]
    for wrong, code in (
        ({"salutation": "x"}, "wrong_salutation_field"),
        ({"salutation": "COMPANY"}, "address_field_missing"),
        ({"zip_code": ""}, "address_field_missing"),
        ({"group_id": "201"}, "verify_doc_missed"),
        ({"group_id": "x"}, "area_code_not_found"),
    ):
        assert pamfax.refused("Shopping/CheckAddressForFaxInNumber", **good | wrong) == code
    assert pamfax("Shopping/isPIRequiredForGroup", group_id="201")["Group"]["require_pi"] == 1
    file, wrong = ("id.pdf", pdf()), {"file_size": "", "file_content_md5": "0" * 32}
    assert pamfax.refused("Shopping/UploadVerifyDoc", file=file, **wrong) == "file_wrong_checksum"
    told = {"number": "+493023125100", "file_size": len(pdf()), "file_contentmd5": ""}
    assert pamfax("Shopping/ChangeVerifyDoc", file=file, **told)["VerifyDoc"]["uuid"]
    assert pamfax.listed("UserInfo/ListInboxes", "FaxInNumberList")[0]["verified"] == 0
