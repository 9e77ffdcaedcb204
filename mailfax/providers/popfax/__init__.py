"""Popfax: SOAP with encoded values over HTTPS; faxes, SMS, voice mail and contacts.

The manual, M2M_API_v3 of 13 May 2011, is all there is: no description of the service is to be
had any more, so much of the wire is inference and marked where it stands.
"""

import dataclasses
import re
import zoneinfo
from collections.abc import Callable, Mapping
from typing import Any

from mailfax import errors
from mailfax.providers import _http, _port
from mailfax.providers.popfax import _account, _client, _following, _wire

SETTINGS: Mapping[str, _port.Setting] = {
    "url": _port.Setting(
        required=False, default="https://api3.popfax.com", help="base URL of the service"
    ),
    "email": _port.Setting(help="login, an e-mail address"),
    "password": _port.Setting(secret=True, help="password of the login"),
    "zone": _port.Setting(
        required=False,
        default="Europe/Paris",
        help="time zone of the account's times, which the manual calls French time",
    ),
    "number": _port.Setting(
        required=False,
        help="our fax number, to which faxes come in; empty: as the account says",
    ),
    "match": _port.Setting(
        required=False,
        default="no",
        help="yes: a fax whose answer was lost is taken for the only one that went to its number "
        "at that time, with as many pages; no: a person decides",
    ),
    "folder": _port.Setting(
        required=False,
        help="number of the folder into which a received fax is moved instead of being marked; "
        "faxes in it are not looked at",
    ),
    "namespace": _port.Setting(
        required=False,
        default="urn:PopfaxService",
        help="XML namespace of the service; documented nowhere",
    ),
    "interval": _port.Setting(
        required=False, default="5", help="least seconds between two requests"
    ),
    "ca": _port.Setting(
        required=False, help="file of the certificate authorities to trust instead of all"
    ),
}

CAPABILITIES = _port.Capabilities(
    file_types=frozenset({"tif", "tiff"}),  # the manual's sample; it names no other type
    countries=None,
    subaddress=False,
    resolutions=frozenset({"standard", "fine", "superfine"}),  # inference: the TIFF's own
    max_pages=None,
    max_bytes=None,
    max_recipients=_account.NUMBERS,
    max_reports=_following.BATCH,
    scheduling=False,
    own_retries=False,  # the manual tells of none
    prints_header=True,  # AccountInfo.faxheader
    confirms_delivery=True,
    reference_lookup="none",
    request_interval=5.0,  # inference: asked for by the service's older API
)

OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "authenticate": _client.Client.authenticate,
    "getAllLanguages": _client.Client.get_all_languages,
    "getAllCountries": _client.Client.get_all_countries,
    "getAccountInfo": _client.Client.get_account_info,
    "setAccountInfo": _client.Client.set_account_info,
    "setNewEmail": _client.Client.set_new_email,
    "setNewPassword": _client.Client.set_new_password,
    "getShiftTime": _client.Client.get_shift_time,
    "getAppVersion": _client.Client.get_app_version,
    "registerApp": _client.Client.register_app,
    "getOneSMSSentInfo": _client.Client.get_one_sms_sent_info,
    "getSMSSentInfo": _client.Client.get_sms_sent_info,
    "getOneFAXReceivedInfo": _client.Client.get_one_fax_received_info,
    "getFAXReceivedInfo": _client.Client.get_fax_received_info,
    "getOneFAXSentInfo": _client.Client.get_one_fax_sent_info,
    "getFAXSentInfo": _client.Client.get_fax_sent_info,
    "getOneVOICEReceivedInfo": _client.Client.get_one_voice_received_info,
    "getVOICEReceivedInfo": _client.Client.get_voice_received_info,
    "sendFaxAsynchronous": _client.Client.send_fax_asynchronous,
    "sendSmsAsynchronous": _client.Client.send_sms_asynchronous,
    "forwardAsynchronous": _client.Client.forward_asynchronous,
    "getRecipients": _client.Client.get_recipients,
    "downloadFile": _client.Client.download_file,
    "asynchronInfoRange": _client.Client.asynchron_info_range,
    "asynchronInfo": _client.Client.asynchron_info,
    "getOneContactGroupInfo": _client.Client.get_one_contact_group_info,
    "getContactGroupInfo": _client.Client.get_contact_group_info,
    "setContactGroupInfo": _client.Client.set_contact_group_info,
    "getOneContactInfo": _client.Client.get_one_contact_info,
    "getContactInfo": _client.Client.get_contact_info,
    "setContactInfo": _client.Client.set_contact_info,
    "getOneFolderInfo": _client.Client.get_one_folder_info,
    "getFolderInfo": _client.Client.get_folder_info,
    "renameFolder": _client.Client.rename_folder,
    "moveToFolder": _client.Client.move_to_folder,
    "reviewObjects": _client.Client.review_objects,
    "getObjects": _client.Client.get_objects,
    "getObjectTypes": _client.Client.get_object_types,
    "getObjectActions": _client.Client.get_object_actions,
    "getModifiedObjects": _client.Client.get_modified_objects,
    "deleteObjects": _client.Client.delete_objects,
}
"""Each takes an account's `client` first: `OPERATIONS["getShiftTime"](account.client)`."""


def connect(settings: Mapping[str, str], timeout: float = 60.0) -> _account.Account:
    """An account from its settings; `timeout`: seconds of silence borne on the wire.

    Nothing is sent yet. Raises errors.Permanent for a setting that cannot be used.
    """
    given = {key: settings.get(key) or setting.default for key, setting in SETTINGS.items()}
    digest = _wire.digest(given["password"])
    http = _http.Client(
        given["url"], secrets=[given["password"], digest], silence=timeout, ca=given["ca"]
    )
    wire = _wire.Wire(http, email=given["email"], password=digest, namespace=given["namespace"])
    options = _account.Options(
        zone=_zone(given["zone"]),
        match=_yes(given["match"]),
        folder=_folder(given["folder"]),
        number=given["number"],
    )
    capabilities = dataclasses.replace(
        CAPABILITIES,
        reference_lookup="near" if options.match else "none",
        request_interval=_interval(given["interval"]),
    )
    return _account.Account(_client.Client(wire), capabilities, options)


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise errors.Permanent(f"zone {name!r} is no time zone, as Europe/Paris is") from None


def _yes(value: str) -> bool:
    if value not in {"yes", "no"}:
        raise errors.Permanent(f"match is {value!r}; it must be yes or no")
    return value == "yes"


def _folder(value: str) -> int | None:
    if value and not re.fullmatch("[0-9]{1,9}", value):
        raise errors.Permanent(f"folder {value!r} is no number of a folder")
    return int(value) if value else None


def _interval(value: str) -> float:
    try:
        return max(0.0, float(value))
    except ValueError:
        raise errors.Permanent(f"interval {value!r} is no number of seconds") from None
