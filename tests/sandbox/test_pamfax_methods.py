"""Every method of the facts file (section 4, written out here) is there and keeps its head."""

import json
import re

import pytest

from tests.sandbox.pamfax_stranger import Stranger

METHODS = re.findall(
    r"\S+",
    """
Session/VerifyUser Session/VerifyFromIdentifier Session/CreateLoginIdentifier
Session/RemoveLoginIdentifier Session/ReloadUser Session/ListChanges Session/RegisterListener
Session/KeepAlive Session/Ping
Common/ListSupportedFileTypes Common/GetFile Common/GetPagePreview Common/ListCountries
Common/ListCountriesForZone Common/ListZones Common/ListCurrencies Common/ListStrings
Common/GetCurrentSettings Common/GetCurrentCultureInfo Common/ListVersions
Common/GetGeoIPInformation Common/ListLanguages Common/ListTimezones Common/ListCountryStates
Common/ListCities Common/ListZipCodes Common/ListCountriesPrices Common/GetFormattedPrice
Common/GetCurrencyByLang Common/SetCulture Common/startCreateZipArchive
FaxJob/Create FaxJob/CloneFax FaxJob/AddRecipient FaxJob/AddRecipients FaxJob/SetRecipients
FaxJob/ListRecipients FaxJob/RemoveRecipient FaxJob/RemoveAllRecipients FaxJob/AddFile
FaxJob/AddRemoteFile FaxJob/AddFileFromOnlineStorage FaxJob/AddAnotherFax FaxJob/RemoveFile
FaxJob/RemoveAllFiles FaxJob/ListFaxFiles FaxJob/SetCover FaxJob/RemoveCover
FaxJob/ListAvailableCovers FaxJob/GetFaxState FaxJob/GetPreview FaxJob/StartPreviewCreation
FaxJob/Send FaxJob/SendLater FaxJob/SendUnpaidFaxes FaxJob/EditDelayedFax
FaxJob/SendDelayedFaxNow FaxJob/Cancel FaxJob/QuickSend FaxJob/SetSenderDetails
FaxJob/ResetNotifications FaxJob/SetNotifications FaxJob/FaxesInProgress
FaxHistory/ListSentFaxes FaxHistory/ListOutboxFaxes FaxHistory/ListInboxFaxes
FaxHistory/ListUnpaidFaxes FaxHistory/ListFaxGroup FaxHistory/ListTrash FaxHistory/ListRecentFaxes
FaxHistory/ListRecentRecipients FaxHistory/DeleteFromListRecentRecipients
FaxHistory/DeleteFaxesForPeriod FaxHistory/SetFaxRead FaxHistory/SetFaxesAsRead
FaxHistory/GetInboxFax FaxHistory/GetFaxDetails FaxHistory/GetFaxGroup FaxHistory/CountFaxes
FaxHistory/DeleteFaxes FaxHistory/DeleteFax FaxHistory/RestoreFax FaxHistory/EmptyTrash
FaxHistory/DeleteFaxesFromTrash FaxHistory/DeleteFaxFromTrash FaxHistory/GetTransmissionReport
FaxHistory/ListFaxNotes FaxHistory/AddFaxNote FaxHistory/SetSpamStateForFaxes
FaxHistory/PublishFax FaxHistory/UnPublishFax FaxHistory/GetPublishedFax FaxHistory/GetEskerDetails
FaxHistory/ListInboxFax
NumberInfo/GetNumberInfo NumberInfo/GetPagePrice
Shopping/ListAvailableItems Shopping/GetInvoice Shopping/GetShopLink Shopping/ListFaxInCountries
Shopping/ListFaxInAreacodes Shopping/ValidateAddressForFaxInNumber
Shopping/CheckAddressForFaxInNumber Shopping/RedeemCreditVoucher Shopping/GetNearestFaxInNumber
Shopping/GetNumberPrice Shopping/GetExtendNumberCost Shopping/ListAvailablePoolNumbers
Shopping/isPIRequiredForGroup Shopping/UploadVerifyDoc Shopping/ChangeVerifyDoc
Shopping/UpgradeBasic2ProForPFCredit Shopping/OrderNumberForPFCredit
Shopping/ExtendNumberForPFCredit Shopping/ListAvailableItemsForPFCredit
Shopping/AddCreditToSandboxUser
UserInfo/ListInboxes UserInfo/ListProfiles UserInfo/SetProfileProperties UserInfo/SaveUser
UserInfo/GetCultureInfo UserInfo/HasPlan UserInfo/ListExpirations UserInfo/ListOrders
UserInfo/ListTransactions UserInfo/ListWallMessages UserInfo/ListUserAgents
UserInfo/GetNotifySettings UserInfo/SetGlobalNotifySettings UserInfo/SetNotifyProviderSettings
UserInfo/ListCovers UserInfo/AddCover UserInfo/DeleteCover UserInfo/RestoreDefaultCovers
UserInfo/CreateUser UserInfo/ValidateNewUsername UserInfo/ConfirmRegistration
UserInfo/isEmailConfirmed UserInfo/GetConfirmationCode UserInfo/SetPassword
UserInfo/VerifyPassword UserInfo/SendPasswordResetMessage UserInfo/SendMessage
UserInfo/ReactivateCredit UserInfo/SetOnlineStorageSettings UserInfo/AssignFaxNumber
UserInfo/CancelNumber UserInfo/SetNumberAlias UserInfo/RemoveNumberAlias UserInfo/AddIdentifier
UserInfo/RemoveIdentifier
OnlineStorage/ListProviders OnlineStorage/ListFolderContents OnlineStorage/StoreFile
OnlineStorage/GetProviderLogo OnlineStorage/CheckProviderState OnlineStorage/SetAuthToken
OnlineStorage/DropAuthentication OnlineStorage/Authenticate
Account/Register Account/GetInfo Account/SetDefaultTimezone Account/ExportResellerData
UserInfo/DeleteUser Session/Logout
""",
)
ARGUMENTS = re.findall(
    r"\w+",
    """
    uuid uuids number numbers names fax_uuid template_id template_uuid text url filename datetime
    send_at type user provider token settings data properties identifier username password amount
    code language from to timezone user_ip listener_types current_page vouchercode faxnumber
    """,
)


@pytest.fixture
def everybody(sandbox):
    """everybody(arguments) → codes by method, each called in a session of its own."""

    def call(**arguments):
        codes = {}
        for method in METHODS:
            headers, data = Stranger(sandbox.urls["pamfax"]).fetch(method, **arguments)
            binary = not headers["content-type"].startswith("application/json")
            codes[method] = "binary" if binary else json.loads(data)["result"]["code"]
            if method == "UserInfo/DeleteUser":
                sandbox.reset()
        return codes

    return call


def test_every_method_is_there(everybody):
    assert len(METHODS) == len(set(METHODS)) > 160
    codes = everybody()
    assert not {"404", "500", "403"} & set(codes.values())


@pytest.mark.parametrize("value", [["x", "y"], {"a": "b"}, "0", "-1", "9" * 40, "\x00", "é€"])
def test_no_method_loses_its_head_over_strange_arguments(everybody, value):
    codes = everybody(**dict.fromkeys(ARGUMENTS, value))
    assert not {"404", "500", "403"} & set(codes.values())
