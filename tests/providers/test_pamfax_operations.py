"""Every operation asks at its own path with its own arguments, as the reference client does."""

import pytest

from mailfax import errors
from mailfax.providers import pamfax
from mailfax.providers.pamfax import _calling, _checksum, _client
from tests.providers import pamfax_rig, scripted
from tests.providers.pamfax_rig import (
    DONE,
    FAX,
    FILE,
    LOST,
    Service,
    form,
    json_answer,
    listed,
    running,
)

DOCUMENT = _calling.File("fax.tif", b"II*\x00 octets")
PAGING = {"current_page": 2, "items_per_page": 50}
SENDING = {
    "send_at": "1.2.2027",
    "send_at_timezone": "Europe/Moscow",
    "datetime": "2027-01-01 10:20:30",
}
CODES = {"provider": "DropboxStorage"}

SESSION = {
    "VerifyUser": {"username": "u", "password": "p", "remember_me": True, "user_ip": "10.0.0.9",
                   "timetolifeminutes": 5},
    "VerifyFromIdentifier": {"identifier": "i", "user_ip": "10.0.0.9", "type": "skype"},
    "CreateLoginIdentifier": {"user_ip": "10.0.0.9", "timetolifeminutes": 60},
    "RemoveLoginIdentifier": {"identifier": "i"},
    "ReloadUser": {}, "ListChanges": {},
    "RegisterListener": {"listener_types": ["faxall", "faxfailed"], "append": True},
    "KeepAlive": {}, "Ping": {}, "Logout": {},
}  # fmt: skip
COMMON = {
    "ListSupportedFileTypes": {}, "GetFile": {"file_uuid": FILE},
    "GetPagePreview": {"uuid": FAX, "page_no": 1, "max_width": 600, "max_height": 800},
    "ListCountries": {"culture": "de-DE"}, "ListCountriesForZone": {"zone": 1}, "ListZones": {},
    "ListCurrencies": {"code": "JPY"}, "ListStrings": {"ids": ["hello"], "culture": "en"},
    "GetCurrentSettings": {}, "GetCurrentCultureInfo": {}, "ListVersions": {"is_beta": True},
    "GetGeoIPInformation": {"ip": "192.0.2.1"}, "ListLanguages": {"min_percent_translated": 50},
    "ListTimezones": {}, "ListCountryStates": {"country_code": "US"},
    "ListCities": {"country_code_a3": "DEU"},
    "ListZipCodes": {"country_code_a3": "DEU", "city_name_or_id": "Berlin", "exact": True},
    "ListCountriesPrices": {"language": "EN"}, "GetFormattedPrice": {"ip": "192.0.2.1"},
    "GetCurrencyByLang": {"lang": "DE"}, "SetCulture": {"language": "en"},
    "startCreateZipArchive": {"arguments": {"uuids": ["u1"]}},
}  # fmt: skip
FAXJOB = {
    "Create": {"user_ip": "10.0.0.9", "user_agent": "ua", "origin": "API Samples"},
    "CloneFax": {"uuid": "u1", "user_ip": "10.0.0.9", "user_agent": "ua"},
    "AddRecipient": {"number": "+4930123456", "name": "Jörg A"},
    "AddRecipients": {"numbers": ["+491", "+492"], "names": ["b", "a"]},
    "SetRecipients": {"numbers": ["+491", "+492"], "names": ["b", "a"]},
    "ListRecipients": PAGING, "RemoveRecipient": {"number": "+491"}, "RemoveAllRecipients": {},
    "AddFile": {"file": DOCUMENT, "origin": "scan"}, "AddRemoteFile": {"url": "https://a:b@c/d"},
    "AddFileFromOnlineStorage": {**CODES, "uuid": "u1"}, "AddAnotherFax": {"fax_uuid": "u1"},
    "RemoveFile": {"file_uuid": FILE}, "RemoveAllFiles": {}, "ListFaxFiles": {},
    "SetCover": {"template_id": 1, "text": "Hello & bye", "template_uuid": "*",
                 "data": {"{MyOwnName}": "PamFax"}},
    "RemoveCover": {}, "ListAvailableCovers": {"defaults_if_empty": True}, "GetFaxState": {},
    "GetPreview": {}, "StartPreviewCreation": {}, "Send": SENDING, "SendLater": SENDING,
    "SendUnpaidFaxes": {"uuids": ["u1", "u2"]}, "EditDelayedFax": {"fax_uuid": "u1", **SENDING},
    "SendDelayedFaxNow": {"uuid": "u1"}, "Cancel": {"uuid": "u1", "siblings_too": True},
    "QuickSend": {"username": "u", "password": "p", "user_ip": "10.0.0.9", "origin": "scan",
                  "rec_number": ["+491"], "rec_name": ["a"], "cover_id": 3, "cover_text": "hi"},
    "SetSenderDetails": {"number": "+491", "name": "Ann"}, "ResetNotifications": {},
    "SetNotifications": {"notifications": {"sms": True}, "group_notification": True,
                         "error_notification": False, "save_defaults": False},
    "FaxesInProgress": {},
}  # fmt: skip
FAXHISTORY = {
    "ListSentFaxes": {**PAGING, "array_for_api": {"state": "failure"}}, "ListOutboxFaxes": PAGING,
    "ListInboxFaxes": PAGING, "ListUnpaidFaxes": PAGING,
    "ListFaxGroup": {"uuid": "u1", **PAGING}, "ListTrash": PAGING,
    "ListRecentFaxes": {"count": 100, "data_to_list": ["sent", "inbox"]},
    "ListRecentRecipients": {}, "DeleteFromListRecentRecipients": {"number": "+491"},
    "DeleteFaxesForPeriod": {"type": "inbox", "date1": "2026-01-01", "date2": "2026-02-01",
                             "no_trash": True},
    "SetFaxRead": {"uuid": "u1"}, "SetFaxesAsRead": {"uuids": ["u1"]},
    "GetInboxFax": {"uuid": "u1", "mark_read": True}, "GetFaxDetails": {"uuid": "u1"},
    "GetFaxGroup": {"uuid": "u1"}, "CountFaxes": {"type": "inbox_unread"},
    "DeleteFaxes": {"uuids": ["u1"], "siblings_too": True},
    "DeleteFax": {"uuid": "u1", "siblings_too": True}, "RestoreFax": {"uuid": "u1"},
    "EmptyTrash": {}, "DeleteFaxesFromTrash": {"uuids": ["u1"]},
    "DeleteFaxFromTrash": {"uuid": "u1"}, "GetTransmissionReport": {"uuid": "u1"},
    "ListFaxNotes": {"fax_uuid": "u1"}, "AddFaxNote": {"fax_uuid": "u1", "note": "seen"},
    "SetSpamStateForFaxes": {"uuids": ["u1"], "is_spam": True}, "PublishFax": {"uuid": "u1"},
    "UnPublishFax": {"uuid": "u1"}, "GetPublishedFax": {"uuid": "u1"},
    "GetEskerDetails": {"fax_id": 7}, "ListInboxFax": {},
}  # fmt: skip
NUMBERINFO = {
    "GetNumberInfo": {"faxnumber": "+12139851886"},
    "GetPagePrice": {"faxnumber": "+12139851886", "language_code": "EN"},
}
ORDER = {"name": "John Smith", "address": "Main 22", "zip": "22000", "city": "Berlin",
         "country_code": "DE", "plan_type": "BASIC", "state_code": "CA", "company": "c",
         "only_validate": False, "months": 2}  # fmt: skip
SHOPPING = {
    "ListAvailableItems": {}, "GetInvoice": {"payment_uuid": "u1"},
    "GetShopLink": {"type": "checkout", "product": "Pack10", "pay": "1"},
    "ListFaxInCountries": {"culture": "en"},
    "ListFaxInAreacodes": {"country_code": "US", "state": "CA"},
    "ValidateAddressForFaxInNumber": {"area_code_id": "7", "name": "n", "company": "c",
                                      "address1": "a", "zip": "z", "city": "b",
                                      "country_code": "DE"},
    "CheckAddressForFaxInNumber": {"group_id": "7", "salutation": "MR", "country_code_a3": "DEU",
                                   "city": "b", "zip_code": "z", "street_name": "s",
                                   "building_number": "1", "building_letter": "a",
                                   "company_name": "c", "first_name": "f", "last_name": "l",
                                   "verify_doc_uuid": "v", "token": "t", "rnd": "r",
                                   "trial_request": "1"},
    "RedeemCreditVoucher": {"vouchercode": "PCPC0815"},
    "GetNearestFaxInNumber": {"ip_address": "192.0.2.1"},
    "GetNumberPrice": {"plan_type": "PRO", "months": 12}, "GetExtendNumberCost": {"number": "+491"},
    "ListAvailablePoolNumbers": {"country_code": "DE", "prefix": "+49", "us_state": "CA",
                                 "group_id": "7", "limit": 10},
    "isPIRequiredForGroup": {"group_id": "7"},
    "UploadVerifyDoc": {"file": DOCUMENT, "file_size": 11, "file_content_md5": "m"},
    "ChangeVerifyDoc": {"number": "+491", "file": DOCUMENT, "file_size": 11,
                        "file_contentmd5": "m"},
    "UpgradeBasic2ProForPFCredit": {"number": "+491", "only_calculate": False},
    "OrderNumberForPFCredit": {"area_code_id": "7", **ORDER, "pool_id": "p",
                               "verify_doc_uuid": "v"},
    "ExtendNumberForPFCredit": {"number": "+491", **ORDER}, "ListAvailableItemsForPFCredit": {},
    "AddCreditToSandboxUser": {"amount": "1000", "reason": "Testing"},
}  # fmt: skip
USERINFO = {
    "ListInboxes": {"expired_too": True, "shared_too": False}, "ListProfiles": {},
    "SetProfileProperties": {"profile": "user", "properties": {"name": "Ann"},
                             "ignoreerrors": True},
    "SaveUser": {"user": {"name": "Ann"}, "profile": {"city": "Berlin"}}, "GetCultureInfo": {},
    "HasPlan": {}, "ListExpirations": {"type": "CREDIT"}, "ListOrders": PAGING,
    "ListTransactions": PAGING,
    "ListWallMessages": {"count": 1, "data_to_list": ["faxin"]}, "ListUserAgents": {"max": 20},
    "GetNotifySettings": {},
    "SetGlobalNotifySettings": {"single_notification_limit": 5,
                                "attach_transmission_report": True, "max_attachment_size_mb": 2},
    "SetNotifyProviderSettings": {"provider": "mail", "success": True, "failure": True,
                                  "inbox": False, "group": False},
    "ListCovers": {}, "AddCover": {"file": DOCUMENT, "title": "Mine"},
    "DeleteCover": {"uuid": "u1"}, "RestoreDefaultCovers": {},
    "CreateUser": {"name": "Ann", "username": "ann@example.com", "password": "pass1word",
                   "email": "ann@example.com", "culture": "en-US",
                   "externalprofile": {"type": "skype"}, "campaign_id": "c",
                   "withconfirmation": True},
    "ValidateNewUsername": {"username": "ann@example.com"},
    "ConfirmRegistration": {"user_uuid": "u1", "code": "c"},
    "isEmailConfirmed": {"email": "ann@example.com"},
    "GetConfirmationCode": {"user_uuid": "u1", "sentbyemail": True}, "DeleteUser": {},
    "SetPassword": {"password": "new", "hashFunction": "md5", "old_password": "old"},
    "VerifyPassword": {"password": "p"},
    "SendPasswordResetMessage": {"username": "ann", "user_ip": "10.0.0.9"},
    "SendMessage": {"body": "Hi", "type": "email", "recipient": "a@example.com", "subject": "s"},
    "ReactivateCredit": {},
    "SetOnlineStorageSettings": {**CODES, "settings": {"inbox_enabled": True, "inbox_path": "/a"}},
    "AssignFaxNumber": {"areacode_id": "7", "fullname": "Smith John", "street": "Main 22",
                        "zip": "z", "city": "b", "country_code": "DE", "company": "c",
                        "building_number": "22", "verify_doc_uuid": "v"},
    "CancelNumber": {"number": "+491"},
    "SetNumberAlias": {"number": "+491", "alias_number": "+492"},
    "RemoveNumberAlias": {"number": "+491", "alias_number": "+492"},
    "AddIdentifier": {"profiletype": "skype", "identifier": "i", "externalprofile": {"a": "b"}},
    "RemoveIdentifier": {"identifier": "i"},
}  # fmt: skip
ONLINESTORAGE = {
    "ListProviders": {"attach_settings": True},
    "ListFolderContents": {**CODES, "folder": "u1", "clear_cache": True},
    "StoreFile": {**CODES, "file": DOCUMENT, "fullpath": "/a/b.tif"},
    "GetProviderLogo": {**CODES, "size": 16},
    "CheckProviderState": CODES,
    "SetAuthToken": {**CODES, "token": {"auth_token_cp": "t"}, "username": "u"},
    "DropAuthentication": CODES,
    "Authenticate": {**CODES, "username": "u", "password": "p"},
}
PROCESSORS = {
    "Session": SESSION, "Common": COMMON, "FaxJob": FAXJOB, "FaxHistory": FAXHISTORY,
    "NumberInfo": NUMBERINFO, "Shopping": SHOPPING, "UserInfo": USERINFO,
    "OnlineStorage": ONLINESTORAGE,
}  # fmt: skip
ASKED = {
    f"{processor}/{name}": arguments
    for processor, operations in PROCESSORS.items()
    for name, arguments in operations.items()
}
"""Every method of the facts, each with all arguments it takes there."""

NAMES = {"hashFunction": "hash_function"}
"""Arguments that are called otherwise in Python."""
MADE = {"FaxJob/AddFile": ("filename", "file_size", "file_contentmd5")}
"""Arguments that the client makes by itself."""
FILES = {
    "Common/GetFile", "Common/GetPagePreview", "FaxHistory/GetTransmissionReport",
    "Shopping/GetInvoice", "OnlineStorage/GetProviderLogo",
}  # fmt: skip
WITHOUT_SESSION = {
    "Session/VerifyUser", "Session/VerifyFromIdentifier", "FaxJob/QuickSend",
    "UserInfo/ValidateNewUsername", "UserInfo/CreateUser", "UserInfo/ConfirmRegistration",
    "UserInfo/isEmailConfirmed", "UserInfo/GetConfirmationCode",
    "UserInfo/SendPasswordResetMessage",
}  # fmt: skip
ONCE = {
    "Session/VerifyFromIdentifier", "Session/CreateLoginIdentifier", "Session/ListChanges",
    "Common/startCreateZipArchive",
    "FaxJob/Create", "FaxJob/CloneFax", "FaxJob/AddRecipient", "FaxJob/AddRecipients",
    "FaxJob/AddFile", "FaxJob/AddRemoteFile", "FaxJob/AddFileFromOnlineStorage",
    "FaxJob/AddAnotherFax", "FaxJob/Send", "FaxJob/SendLater", "FaxJob/SendUnpaidFaxes",
    "FaxJob/SendDelayedFaxNow", "FaxJob/Cancel", "FaxJob/QuickSend", "FaxHistory/AddFaxNote",
    "Shopping/RedeemCreditVoucher", "Shopping/AddCreditToSandboxUser", "Shopping/UploadVerifyDoc",
    "Shopping/ChangeVerifyDoc", "Shopping/OrderNumberForPFCredit",
    "Shopping/ExtendNumberForPFCredit", "Shopping/UpgradeBasic2ProForPFCredit",
    "UserInfo/AssignFaxNumber", "UserInfo/CancelNumber", "UserInfo/ReactivateCredit",
    "UserInfo/SendMessage", "UserInfo/AddCover", "UserInfo/CreateUser", "UserInfo/DeleteUser",
    "UserInfo/SetPassword", "UserInfo/SendPasswordResetMessage", "OnlineStorage/StoreFile",
}  # fmt: skip
"""What must not happen twice by our doing: a lost answer is unsure."""

OBJECTS = json_answer(
    UserToken={"token": "t"}, FaxContainer={"uuid": "u"}, FaxRecipient={"uuid": "u"},
    FaxContainerFile={"file_uuid": "u"}, InboxFax={"uuid": "u"}, NumberInfo={"number": "+49"},
    Price={"priceperpage": "0.1"}, Status={"open": 1, "done": 0},
)  # fmt: skip
LISTS = {
    "Common/ListCountries": "CountryList", "Common/ListZones": "ZoneList",
    "FaxJob/ListRecipients": "Recipients", "FaxJob/ListFaxFiles": "Files",
    "FaxJob/ListAvailableCovers": "Covers", "FaxHistory/ListSentFaxes": "SentFaxes",
    "FaxHistory/ListInboxFaxes": "InboxFaxes", "FaxHistory/ListOutboxFaxes": "OutboxFaxes",
    "FaxHistory/ListUnpaidFaxes": "UnpaidFaxes", "FaxHistory/ListFaxGroup": "Faxes",
    "FaxHistory/ListTrash": "Faxes",
}  # fmt: skip


def answer(name):
    if name in FILES:
        return scripted.http(body=b"%PDF-1.4 octets")
    return json_answer(**{LISTS[name]: listed()}) if name in LISTS else OBJECTS


def call(account, name):
    arguments = {NAMES.get(key, key): value for key, value in ASKED[name].items()}
    return pamfax.OPERATIONS[name](account.client, **arguments)


def flat(name, value):
    """Pairs of a form, as PHP reads them."""
    if isinstance(value, dict):
        return [pair for key, one in value.items() for pair in flat(f"{name}[{key}]", one)]
    if isinstance(value, list):
        return [pair for key, one in enumerate(value) for pair in flat(f"{name}[{key}]", one)]
    return [(name, str(int(value)) if isinstance(value, bool) else str(value))]


def test_there_is_an_operation_for_every_method_of_the_facts_and_no_other():
    assert pamfax.OPERATIONS.keys() == ASKED.keys()


@pytest.mark.parametrize("name", ASKED)
def test_an_operation_asks_with_all_its_arguments_at_its_path(name):
    service = Service(**{name.replace("/", "__"): answer(name)})
    with running(service) as (account, server):
        call(account, name)
    request = server.requests[-1]
    assert request.method == "POST"
    assert request.path == f"/{name}"
    sent = form(request)
    assert sent.pop("apikey") == "key"
    assert sent.pop("apioutputformat") == "API_FORMAT_JSON"
    assert sent.pop("usertoken") == ("" if name in WITHOUT_SESSION else pamfax_rig.TOKEN)
    apicheck = sent.pop("apicheck")
    given = dict(ASKED[name])
    file = given.pop("file", None)
    if file is not None:
        assert sent.pop("file") == file.data
    given = given.pop("arguments", given)
    told = dict(pair for key, value in given.items() for pair in flat(key, value))
    made = {key: sent.pop(key) for key in MADE.get(name, ())}
    assert sent == told
    counted = {**given, **made, "apioutputformat": "API_FORMAT_JSON"}
    assert apicheck == _checksum.apicheck(counted, "w0rd")


@pytest.mark.parametrize("name", sorted(ASKED.keys() - FILES))
def test_a_lost_answer_is_unsure_where_it_matters_and_else_temporary(name):
    expected = errors.Unsure if name in ONCE else errors.Temporary
    with running(Service(**{name.replace("/", "__"): LOST})) as (account, _):
        with pytest.raises(expected) as caught:
            call(account, name)
        assert type(caught.value) is expected


@pytest.mark.parametrize("name", sorted(FILES))
def test_where_a_file_should_be_an_error_is_told_by_its_code(name):
    service = Service(**{name.replace("/", "__"): json_answer("file_not_found")})
    with running(service) as (account, _), pytest.raises(errors.Permanent, match="file_not_found"):
        call(account, name)


def test_quick_send_can_carry_a_document_and_is_this_users_by_default():
    with running() as (account, server):
        account.client.quick_send(["+491"], file=DOCUMENT)
    sent = form(server.requests[0])
    assert (sent["username"], sent["file"]) == ("ann", DOCUMENT.data)


def test_logging_in_as_another_leaves_our_session_alone():
    with running() as (account, server):
        account.client.verify_user("bob", "pw")
        account.client.keep_alive()
    users = [form(one)["username"] for one in server.requests if "VerifyUser" in one.path]
    assert users == ["bob", "ann"]


def test_xml_is_asked_for_when_the_settings_say_so():
    said = (
        b"<FaxHistory><result><code>success</code></result>"
        b'<InboxFaxes type="list"><Fax uuid="a" file_uuid="f" received="2026-11-20 11:10:00"/>'
        b"</InboxFaxes></FaxHistory>"
    )
    login = b'<S><result><code>success</code></result><UserToken token="t"/></S>'
    service = Service(
        Session__VerifyUser=scripted.http(body=login),
        FaxHistory__ListInboxFaxes=scripted.http(body=said),
    )
    with running(service, format="xml") as (account, server):
        (fax,) = account.inbox(None)
    assert (fax.reference, fax.received_at.hour) == ("a", 11)
    assert form(server.requests[1])["usertoken"] == "t"
    assert {form(one)["apioutputformat"] for one in server.requests} == {"API_FORMAT_XML"}


def test_no_operation_hides_another():
    names = [method.__name__ for method in pamfax.OPERATIONS.values()]
    assert len(set(names)) == len(names)
    assert all(getattr(_client.Client, name) in pamfax.OPERATIONS.values() for name in names)


@pytest.mark.parametrize("name", ['a".tif', "a\r\nX: y.tif", "über.tif", "a;b.tif", "\ud800"])
def test_no_file_name_breaks_out_of_its_place(name):
    with running(Service(UserInfo__AddCover=DONE)) as (account, server):
        account.client.add_cover(_calling.File(name, b"data"))
    assert form(server.requests[-1])["file"] == b"data"
    assert b"\r\nX: y" not in server.requests[-1].body


def test_a_document_is_not_shown():
    assert "octets" not in repr(DOCUMENT)
