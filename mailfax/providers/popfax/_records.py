"""Popfax's structs as records, and the way between them and what zeep gives and takes.

One record for each object type of the manual, with its member names. A member that
the service leaves out, or writes as what it is not, makes its record unreadable: in a list
such records are left out, alone they are the caller's `Unreadable`.
"""

import dataclasses
import functools
import typing
from collections.abc import Mapping, Sequence

Result = typing.TypeVar("Result")


class Unreadable(Exception):
    """The answer is not what the manual says."""


class Nothing(Exception):
    """The answer is nil where a struct or a list should be."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LanguageInfo:
    """A language of the service: ISO 639-1 code and its own name."""

    code: str
    language: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CountryInfo:
    """A country of the service: ISO 3166 code and name."""

    code: str
    country: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AccountInfo:
    """The customer's account; ints are 0 or 1 but for `prepaidbalance`."""

    faxnumber: str
    """Our fax number in international form, where there is one."""
    faxheader: str
    notifybysms: int
    notificationsms: str
    notifybyemail: int
    notificationemail: str
    redirecttoemail: int
    """1: the fax is attached to the mail that tells of it."""
    attachmentid: int
    """1: attached as PDF, 0: as TIFF."""
    firstname: str
    lastname: str
    city: str
    address1: str
    postalcode: str
    country: str
    langcode: str
    phone: str
    companyname: str
    vat: str
    prepaidbalance: int
    """Credits."""
    enddate: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ContactGroupInfo:
    """A group of contacts."""

    id: int
    name: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ContactInfo:
    """A contact: fax number and mobile number."""

    groupid: int
    id: int
    name: str
    number: str
    gsmnumber: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FolderInfo:
    """A folder; `foldertype` 0 is a customer's own, 1 inbox, 2 outbox."""

    foldertype: int
    id: int
    name: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SMSSentInfo:
    """A sent SMS; `status` 1 is read, `date` is French time."""

    folderid: int
    id: int
    status: int
    sentstatus: int
    date: str
    content: str
    recipients: int
    recipient: str
    """The number, when there is one recipient."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FAXReceivedInfo:
    """A received fax; `status` 1 is read. What `type` means is not told."""

    folderid: int
    id: int
    type: int
    status: int
    date: str
    pagecount: int
    sender: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FAXSentInfo:
    """A sent fax; `sentstatus` is of the table of fax statuses, `status` 1 is read."""

    folderid: int
    id: int
    type: int
    status: int
    sentstatus: int
    date: str
    pagecount: int
    recipients: int
    recipient: str
    """The number, when there is one recipient."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VOICEReceivedInfo:
    """A received voice mail; `duration` in seconds, `sender` an int in the manual."""

    folderid: int
    id: int
    type: int
    status: int
    date: str
    duration: int
    sender: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ObjectIDInfo:
    """An object that changed; `action` 1 is made or modified, -1 deleted."""

    object: int
    type: int
    action: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ObjectsIDInfo:
    """What changed, and the service's time of the question, to ask with the next time."""

    timestamp: int
    objects: tuple[ObjectIDInfo, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ObjectData:
    """An object asked for, by id and type."""

    object: int
    type: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ObjectStatus:
    """How a registration stands; `object` 0 (then `status` is 200) has none."""

    id: int
    object: int
    status: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ObjectsInfo:
    """Objects of all kinds."""

    timestamp: int
    shifttime: int
    contactgroups: tuple[ContactGroupInfo, ...]
    contacts: tuple[ContactInfo, ...]
    folders: tuple[FolderInfo, ...]
    smsessent: tuple[SMSSentInfo, ...]
    faxesreceived: tuple[FAXReceivedInfo, ...]
    faxessent: tuple[FAXSentInfo, ...]
    voicesreceived: tuple[VOICEReceivedInfo, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ObjectsID:
    """Objects of one type, by their ids."""

    type: int
    ids: tuple[int, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EnumInfo:
    """A name and its number."""

    name: str
    value: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RecipientInfo:
    """How it went for one recipient."""

    recipient: str
    status: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SendFaxInfo:
    """A fax to send; its document goes as an attachment. `app` is the service's own."""

    numbers: tuple[str, ...]
    """At most 50, in international form with plus."""
    dithering: int = 0
    """1 dithers, 0 takes a threshold."""
    coverpage: int = 0
    content: str = ""
    """Of the cover page, where there is one."""
    desc: str = ""
    """Shown in the Popfax box, and nowhere in the answers."""
    pages: int = 0
    app: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SendSmsInfo:
    """An SMS to send."""

    numbers: tuple[str, ...]
    content: str
    unicode: int = 0
    app: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AppVersion:
    """Reserved by the service; the manual gives it no members."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ForwardInfo:
    """An object to pass on: `forward` 3 as fax, 4 as SMS, 5 as e-mail."""

    id: int
    type: int
    forward: int
    to: str
    app: int = 0


def read(kind: type[Result], value: typing.Any) -> Result:
    """What zeep read, as an int, a str, a record or a tuple of one of them.

    Raises Unreadable; Nothing for a nil record or tuple.
    """
    if value is None and kind not in {int, str}:
        raise Nothing
    return typing.cast("Result", _read(kind, value))


def plain(value: object) -> object:
    """A record, list, int or str as zeep takes it: items of lists as elements.

    Raises ValueError for text that XML cannot carry.
    """
    if dataclasses.is_dataclass(value):
        return {name: plain(member) for name, member in _members(value).items()}
    if isinstance(value, str) or not isinstance(value, Sequence):
        return value
    return [_element("item", one) for one in value]


def _read(kind: typing.Any, value: typing.Any) -> object:
    if kind is int and type(value) is int:
        return value
    if kind is str and (value is None or isinstance(value, str)):
        return value or ""  # an empty element and a missing one look the same to zeep
    if typing.get_origin(kind) is tuple:
        return _list(typing.get_args(kind)[0], value)
    if dataclasses.is_dataclass(kind):
        return _record(typing.cast("type", kind), value)
    raise Unreadable


def _list(kind: typing.Any, value: typing.Any) -> tuple[object, ...]:
    """The items that can be read; Unreadable when there are some, and none can be."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Unreadable
    found = []
    for item in value:
        try:
            found.append(_read(kind, item))
        except Unreadable:
            if kind is int:
                raise
    if value and not found:
        raise Unreadable
    return tuple(found)


def _record(kind: type, value: typing.Any) -> object:
    try:
        return kind(**{name: _read(hint, value[name]) for name, hint in _hints(kind).items()})
    except (KeyError, TypeError, AttributeError):
        raise Unreadable from None


@functools.cache
def _hints(kind: type) -> Mapping[str, typing.Any]:
    return typing.get_type_hints(kind)


def _members(record: typing.Any) -> Mapping[str, object]:
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}


def _element(name: str, value: object) -> typing.Any:
    """A value as an element of its own."""
    from lxml import etree

    element = etree.Element(name)
    if dataclasses.is_dataclass(value):
        element.extend([_element(member, one) for member, one in _members(value).items()])
    elif isinstance(value, Sequence) and not isinstance(value, str):
        element.extend([_element("item", one) for one in value])
    else:
        element.text = str(value)
    return element
