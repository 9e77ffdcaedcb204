"""Popfax's operations, one typed method each; every call is one SOAP request.

The manual is M2M_API_v3 of 13 May 2011; its text has no page numbers, so its chapters are named.
Every method raises errors.Temporary or errors.Permanent by the provider's code; those that must
not happen twice also errors.Unsure, for an answer that was lost or that nobody understands.
Temporary with cause `login_failed` is the operator's to mend. A record of a list that cannot be
read is left out of it. What the service answers to a wrong login is told only of `authenticate`;
that it answers nil where a struct or list is due is inference from the manual's sample.
"""

import base64
import binascii
import dataclasses
from collections.abc import Sequence

from mailfax.providers import _http
from mailfax.providers.popfax import _codes, _wire
from mailfax.providers.popfax._records import (
    AccountInfo,
    AppVersion,
    ContactGroupInfo,
    ContactInfo,
    CountryInfo,
    EnumInfo,
    FAXReceivedInfo,
    FAXSentInfo,
    FolderInfo,
    ForwardInfo,
    LanguageInfo,
    ObjectData,
    ObjectsID,
    ObjectsIDInfo,
    ObjectsInfo,
    ObjectStatus,
    RecipientInfo,
    SendFaxInfo,
    SendSmsInfo,
    SMSSentInfo,
    VOICEReceivedInfo,
)


@dataclasses.dataclass(frozen=True, slots=True)
class Progress:
    """What is known of a registration: its status, and its object once there is one."""

    status: int
    object: int | None


class Client:
    """One account's operations."""

    def __init__(self, wire: _wire.Wire) -> None:
        self._wire = wire

    def close(self) -> None:
        """Let go of connections."""
        self._wire.close()

    def redact(self, text: str) -> str:
        """The text without the account's password and its digest."""
        return self._wire.redact(text)

    # Authentication ───────────────────────────────────────────────────────────────────

    def authenticate(self) -> int:
        """Our customer id; 0 when the login is refused (chapter Authentication)."""
        return self._wire.ask("authenticate", int)

    # Customer account ─────────────────────────────────────────────────────────────────

    def get_all_languages(self) -> tuple[LanguageInfo, ...]:
        """Languages of the service (chapter Customer account)."""
        return self._wire.ask("getAllLanguages", tuple[LanguageInfo, ...])

    def get_all_countries(self) -> tuple[CountryInfo, ...]:
        """Countries of the service (chapter Customer account)."""
        return self._wire.ask("getAllCountries", tuple[CountryInfo, ...])

    def get_account_info(self) -> AccountInfo:
        """The account's data: number, header line, credits (chapter Customer account)."""
        return self._wire.ask("getAccountInfo", AccountInfo)

    def set_account_info(self, account: AccountInfo) -> None:
        """Change the account's data; all of them are sent (chapter Customer account)."""
        self._wire.do("setAccountInfo", changes=True, account=account)

    def set_new_email(self, email: str) -> None:
        """Change the login (chapter Customer account)."""
        self._wire.do("setNewEmail", changes=True, email=email)

    def set_new_password(self, password: str) -> None:
        """Change the password, given in the clear and sent as its digest (same chapter)."""
        self._wire.do("setNewPassword", changes=True, password=_wire.digest(password))

    def get_shift_time(self) -> int:
        """The account's shift of time, whose unit is not told (chapter Customer account)."""
        return self._wire.ask("getShiftTime", int)

    def get_app_version(self, os: str, application: str) -> AppVersion:
        """Reserved for the service's own programs (chapter Customer account)."""
        try:
            return self._wire.ask("getAppVersion", AppVersion, os=os, application=application)
        except _codes.Nil:  # a struct without members is nil to zeep
            return AppVersion()

    def register_app(self, application: int, version: str) -> None:
        """Reserved for the service's own programs (chapter Customer account)."""
        self._wire.do("registerApp", changes=True, application=application, version=version)

    # Fax, voice and SMS messages ──────────────────────────────────────────────────────

    def get_one_sms_sent_info(self, id: int) -> SMSSentInfo:  # noqa: A002
        """A sent SMS (chapter Fax, voice and SMS message)."""
        return self._wire.ask("getOneSMSSentInfo", SMSSentInfo, id=id)

    def get_sms_sent_info(self, ids: Sequence[int]) -> tuple[SMSSentInfo, ...]:
        """Sent SMSs (chapter Fax, voice and SMS message)."""
        return self._wire.ask("getSMSSentInfo", tuple[SMSSentInfo, ...], ids=ids)

    def get_one_fax_received_info(self, id: int) -> FAXReceivedInfo:  # noqa: A002
        """A received fax (chapter Fax, voice and SMS message)."""
        return self._wire.ask("getOneFAXReceivedInfo", FAXReceivedInfo, id=id)

    def get_fax_received_info(self, ids: Sequence[int]) -> tuple[FAXReceivedInfo, ...]:
        """Received faxes (chapter Fax, voice and SMS message)."""
        return self._wire.ask("getFAXReceivedInfo", tuple[FAXReceivedInfo, ...], ids=ids)

    def get_one_fax_sent_info(self, id: int) -> FAXSentInfo:  # noqa: A002
        """A sent fax (chapter Fax, voice and SMS message)."""
        return self._wire.ask("getOneFAXSentInfo", FAXSentInfo, id=id)

    def get_fax_sent_info(self, ids: Sequence[int]) -> tuple[FAXSentInfo, ...]:
        """Sent faxes (chapter Fax, voice and SMS message)."""
        return self._wire.ask("getFAXSentInfo", tuple[FAXSentInfo, ...], ids=ids)

    def get_one_voice_received_info(self, id: int) -> VOICEReceivedInfo:  # noqa: A002
        """A voice mail (chapter Fax, voice and SMS message)."""
        return self._wire.ask("getOneVOICEReceivedInfo", VOICEReceivedInfo, id=id)

    def get_voice_received_info(self, ids: Sequence[int]) -> tuple[VOICEReceivedInfo, ...]:
        """Voice mails (chapter Fax, voice and SMS message)."""
        return self._wire.ask("getVOICEReceivedInfo", tuple[VOICEReceivedInfo, ...], ids=ids)

    def send_fax_asynchronous(self, fax: SendFaxInfo, files: Sequence[_wire.File]) -> int:
        """Register a fax for sending and return the registration (same chapter).

        The files travel beside the request (SOAP with Attachments); one is what the manual's
        sample shows.
        """
        return self._wire.register("sendFaxAsynchronous", files, fax=fax)

    def send_sms_asynchronous(self, sms: SendSmsInfo) -> int:
        """Register an SMS for sending and return the registration (same chapter)."""
        return self._wire.register("sendSmsAsynchronous", sms=sms)

    def forward_asynchronous(self, forward: ForwardInfo) -> int:
        """Register an object to be passed on and return the registration (same chapter)."""
        return self._wire.register("forwardAsynchronous", forward=forward)

    def get_recipients(self, id: int, type: str) -> tuple[RecipientInfo, ...]:  # noqa: A002
        """Recipients of a sent object; `type` is FAX or SMS (same chapter)."""
        return self._wire.ask("getRecipients", tuple[RecipientInfo, ...], id=id, type=type)

    def download_file(self, id: int, type: int, format: str) -> bytes:  # noqa: A002
        """The content of an object; `format` is wav, pdf or tiff (same chapter).

        That it comes as base64 is inference: XML cannot carry its octets.
        """
        said = self._wire.ask(
            "downloadFile", str, limit=_http.FILE, id=id, type=type, format=format
        )
        try:
            data = base64.b64decode("".join(said.split()), validate=True)
        except (binascii.Error, ValueError):
            raise self._wire.odd(changes=False) from None
        if not data:
            raise self._wire.nothing()
        return data

    def asynchron_info_range(self, ids: Sequence[int]) -> tuple[ObjectStatus, ...]:
        """How registrations stand, each with its object, 0 when it has none (same chapter)."""
        return self._wire.ask("asynchronInfoRange", tuple[ObjectStatus, ...], ids=ids)

    def asynchron_info(self, id: int) -> Progress:  # noqa: A002
        """How one registration stands; raises Gone when there is no such (same chapter)."""
        match self._wire.ask("asynchronInfo", tuple[int, ...], id=id):
            case (code,):
                self._wire.refuse(code, changes=False)
                raise _codes.Gone(f"the provider knows no such registration ({code})")
            case (_, status):
                return Progress(status, None)
            case (_, status, made):
                return Progress(status, made)
        raise self._wire.odd(changes=False)

    # Contact book and folders ─────────────────────────────────────────────────────────

    def get_one_contact_group_info(self, id: int) -> ContactGroupInfo:  # noqa: A002
        """A group of contacts (chapter Contactbook and folders)."""
        return self._wire.ask("getOneContactGroupInfo", ContactGroupInfo, id=id)

    def get_contact_group_info(self, ids: Sequence[int]) -> tuple[ContactGroupInfo, ...]:
        """Groups of contacts (chapter Contactbook and folders)."""
        return self._wire.ask("getContactGroupInfo", tuple[ContactGroupInfo, ...], ids=ids)

    def set_contact_group_info(self, contactgroup: ContactGroupInfo) -> int:
        """Change or make a group and return its id (chapter Contactbook and folders).

        That id 0 makes a new one is inference.
        """
        return self._wire.made("setContactGroupInfo", contactgroup=contactgroup)

    def get_one_contact_info(self, id: int) -> ContactInfo:  # noqa: A002
        """A contact (chapter Contactbook and folders)."""
        return self._wire.ask("getOneContactInfo", ContactInfo, id=id)

    def get_contact_info(self, ids: Sequence[int]) -> tuple[ContactInfo, ...]:
        """Contacts (chapter Contactbook and folders)."""
        return self._wire.ask("getContactInfo", tuple[ContactInfo, ...], ids=ids)

    def set_contact_info(self, contact: ContactInfo) -> int:
        """Change or make a contact and return its id (chapter Contactbook and folders)."""
        return self._wire.made("setContactInfo", contact=contact)

    def get_one_folder_info(self, id: int) -> FolderInfo:  # noqa: A002
        """A folder (chapter Contactbook and folders)."""
        return self._wire.ask("getOneFolderInfo", FolderInfo, id=id)

    def get_folder_info(self, ids: Sequence[int]) -> tuple[FolderInfo, ...]:
        """Folders (chapter Contactbook and folders)."""
        return self._wire.ask("getFolderInfo", tuple[FolderInfo, ...], ids=ids)

    def rename_folder(self, folderid: int, name: str) -> tuple[int, ...]:
        """Give a folder a new name; what the ints say is not told (same chapter)."""
        said = self._wire.ask("renameFolder", tuple[int, ...], folderid=folderid, name=name)
        if len(said) == 1:
            self._wire.refuse(said[0], changes=False)
        return said

    def move_to_folder(self, objects: Sequence[ObjectsID], folderid: int) -> None:
        """Put objects into a folder (chapter Contactbook and folders)."""
        self._wire.do("moveToFolder", objects=objects, folderid=folderid)

    # Object updates and manipulations ─────────────────────────────────────────────────

    def review_objects(self) -> ObjectsIDInfo:
        """All objects of the account (chapter Object updates)."""
        return self._wire.ask("reviewObjects", ObjectsIDInfo)

    def get_objects(self, data: Sequence[ObjectData]) -> ObjectsInfo:
        """All about the objects named (chapter Object updates)."""
        return self._wire.ask("getObjects", ObjectsInfo, data=data)

    def get_object_types(self) -> tuple[EnumInfo, ...]:
        """Names of the object types (chapter Object updates)."""
        return self._wire.ask("getObjectTypes", tuple[EnumInfo, ...])

    def get_object_actions(self) -> tuple[EnumInfo, ...]:
        """Names of the actions (chapter Object updates)."""
        return self._wire.ask("getObjectActions", tuple[EnumInfo, ...])

    def get_modified_objects(self, timestamp: int) -> ObjectsIDInfo:
        """What changed since `timestamp`, an earlier answer's; 0: all (chapter Object updates)."""
        return self._wire.ask("getModifiedObjects", ObjectsIDInfo, timestamp=timestamp)

    def delete_objects(self, objects: Sequence[ObjectsID]) -> None:
        """Delete objects (chapter Object updates)."""
        self._wire.do("deleteObjects", objects=objects)
