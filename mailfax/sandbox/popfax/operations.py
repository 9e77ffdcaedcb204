"""The 41 methods: by name, what each takes and gives, and who does it."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from mailfax.sandbox.popfax import contacts, faxes, sending, settings, synchronizing
from mailfax.sandbox.popfax.account import Item, Visit

_CLASS = "popfaxservice"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method."""

    run: Callable[..., Any]
    """From the visit and its arguments to the result; None is nil."""
    takes: Mapping[str, str]
    """Parameters with their types."""
    gives: str
    """Name of the result."""
    kind: str
    """Its type."""
    everybody: bool
    """Whether it needs no login."""

    def refusal(self, code: int) -> Any:
        """How this method says no: its code where it can, nil otherwise (inference)."""
        return {"int": code, "ArrayOfInteger": [code]}.get(self.kind)


def _operation(
    run: Callable[..., Any], gives: str, *takes: str, everybody: bool = False
) -> Operation:
    name, kind = gives.split()
    parameters = dict(parameter.split() for parameter in takes)
    return Operation(run=run, takes=parameters, gives=name, kind=kind, everybody=everybody)


def _one(kind: type[Item]) -> Callable[[Visit, int], dict[str, Any] | None]:
    """The struct of one object, nil when there is none such (inference)."""

    def run(visit: Visit, number: int) -> dict[str, Any] | None:
        item = visit.find(kind, number)
        return None if item is None else item.info(visit)

    return run


def _many(kind: type[Item]) -> Callable[[Visit, list[int]], list[dict[str, Any]]]:
    """The structs of those that there are, in the order asked for (inference)."""

    def run(visit: Visit, numbers: list[int]) -> list[dict[str, Any]]:
        found = (visit.find(kind, number) for number in dict.fromkeys(numbers))
        return [item.info(visit) for item in found if item is not None]

    return run


OPERATIONS: Mapping[str, Operation] = {
    # Authentication
    "authenticate": _operation(settings.authenticate, "customerid int", everybody=True),
    # Customer account
    "getAllLanguages": _operation(
        settings.get_all_languages, "languages ArrayOfLanguageInfo", everybody=True
    ),
    "getAllCountries": _operation(
        settings.get_all_countries, "countries ArrayOfCountryInfo", everybody=True
    ),
    "getAccountInfo": _operation(settings.get_account_info, "account AccountInfo"),
    "setAccountInfo": _operation(settings.set_account_info, "error int", "account AccountInfo"),
    "setNewEmail": _operation(settings.set_new_email, "error int", "email string"),
    "setNewPassword": _operation(settings.set_new_password, "error int", "password string"),
    "getShiftTime": _operation(synchronizing.get_shift_time, "timeshift int"),
    "getAppVersion": _operation(
        settings.get_app_version,
        "version AppVersion",
        "os string",
        "application string",
        everybody=True,
    ),
    "registerApp": _operation(
        settings.register_app, "error int", "application int", "version string"
    ),
    # Fax, voice and SMS
    "getOneSMSSentInfo": _operation(_one(faxes.Text), "sms SMSSentInfo", "id int"),
    "getSMSSentInfo": _operation(
        _many(faxes.Text), "smses ArrayOfSMSSentInfo", "ids ArrayOfInteger"
    ),
    "getOneFAXReceivedInfo": _operation(_one(faxes.Received), "fax FAXReceivedInfo", "id int"),
    "getFAXReceivedInfo": _operation(
        _many(faxes.Received), "faxes ArrayOfFAXReceivedInfo", "ids ArrayOfInteger"
    ),
    "getOneFAXSentInfo": _operation(_one(faxes.Sent), "fax FAXSentInfo", "id int"),
    "getFAXSentInfo": _operation(
        _many(faxes.Sent), "faxes ArrayOfFAXSentInfo", "ids ArrayOfInteger"
    ),
    "getOneVOICEReceivedInfo": _operation(
        _one(faxes.Voice), "voicemail VOICEReceivedInfo", "id int"
    ),
    "getVOICEReceivedInfo": _operation(
        _many(faxes.Voice), "voicemails ArrayOfVOICEReceivedInfo", "ids ArrayOfInteger"
    ),
    "sendFaxAsynchronous": _operation(
        sending.send_fax, "registration ArrayOfInteger", "fax SendFaxInfo"
    ),
    "sendSmsAsynchronous": _operation(
        sending.send_sms, "registration ArrayOfInteger", "sms SendSmsInfo"
    ),
    "forwardAsynchronous": _operation(
        sending.forward, "registration ArrayOfInteger", "forward ForwardInfo"
    ),
    "getRecipients": _operation(
        faxes.get_recipients, "recipients ArrayOfRecipientInfo", "id int", "type string"
    ),
    "downloadFile": _operation(
        faxes.download_file, "file string", "id int", "type int", "format string"
    ),
    "asynchronInfoRange": _operation(
        sending.asynchron_info_range, "data ArrayOfObjectStatus", "ids ArrayOfInteger"
    ),
    "asynchronInfo": _operation(sending.asynchron_info, "data ArrayOfInteger", "id int"),
    # Contacts and folders
    "getOneContactGroupInfo": _operation(
        _one(contacts.Group), "contactgroup ContactGroupInfo", "id int"
    ),
    "getContactGroupInfo": _operation(
        _many(contacts.Group), "contactgroups ArrayOfContactGroupInfo", "ids ArrayOfInteger"
    ),
    "setContactGroupInfo": _operation(
        contacts.set_group, "id int", "contactgroup ContactGroupInfo"
    ),
    "getOneContactInfo": _operation(_one(contacts.Contact), "contact ContactInfo", "id int"),
    "getContactInfo": _operation(
        _many(contacts.Contact), "contacts ArrayOfContactInfo", "ids ArrayOfInteger"
    ),
    "setContactInfo": _operation(contacts.set_contact, "id int", "contact ContactInfo"),
    "getOneFolderInfo": _operation(_one(contacts.Folder), "folder FolderInfo", "id int"),
    "getFolderInfo": _operation(
        _many(contacts.Folder), "folders ArrayOfFolderInfo", "ids ArrayOfInteger"
    ),
    "renameFolder": _operation(
        contacts.rename_folder, "folders ArrayOfInteger", "folderid int", "name string"
    ),
    "moveToFolder": _operation(
        contacts.move_to_folder, "error int", "objects ArrayOfObjectsID", "folderid int"
    ),
    # Synchronization
    "reviewObjects": _operation(synchronizing.review_objects, "objects ObjectsIDInfo"),
    "getObjects": _operation(
        synchronizing.get_objects, "objects ObjectsInfo", "data ArrayOfObjectData"
    ),
    "getObjectTypes": _operation(
        synchronizing.get_object_types, "types ArrayOfEnumInfo", everybody=True
    ),
    "getObjectActions": _operation(
        synchronizing.get_object_actions, "actions ArrayOfEnumInfo", everybody=True
    ),
    "getModifiedObjects": _operation(
        synchronizing.get_modified_objects, "objects ObjectsIDInfo", "timestamp int"
    ),
    "deleteObjects": _operation(
        synchronizing.delete_objects, "error int", "objects ArrayOfObjectsID"
    ),
}
_BY_NAME = {name.lower(): name for name in OPERATIONS}


def name(sent: str) -> str | None:
    """The method that a body's element means, in any case, with or without its class.

    `PopfaxService.m`, `PopfaxServicem` (as proxies of .NET have it) and `m`; None if unknown.
    """
    return _BY_NAME.get(sent.lower().removeprefix(_CLASS).removeprefix("."))
