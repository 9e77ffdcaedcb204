"""The manual's 23 structs and 25 arrays, and values of them to and from XML.

Reading goes by element names and these tables, never by xsi:type: some clients send none, and
an array's items may have any name. Writing is NuSOAP's: each element with its xsi:type, arrays
as SOAP-ENC:Array with their arrayType.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from lxml import etree

Element: TypeAlias = Any
Follow: TypeAlias = Callable[[Element], Element]
"""From an element that only refers to another (href) to that one."""

NAMESPACE = "urn:PopfaxService"
SCHEMA = "http://www.w3.org/2001/XMLSchema"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
_NIL = f"{{{INSTANCE}}}nil"
_TYPE = f"{{{INSTANCE}}}type"
_ARRAY_TYPE = f"{{{ENCODING}}}arrayType"
_INTEGER = re.compile(r"\s*([+-]?\d{1,18})(?!\d)", re.ASCII)
_SIMPLE = {"Integer": "int", "String": "string"}


def _members(text: str) -> dict[str, str]:
    """`name` is a string, `name:kind` what it says."""
    pairs = (word.partition(":") for word in text.split())
    return {name: kind or "string" for name, _, kind in pairs}


STRUCTS: Mapping[str, Mapping[str, str]] = {
    "AuthenticationHeader": _members("email password"),
    "LanguageInfo": _members("code language"),
    "CountryInfo": _members("code country"),
    "AccountInfo": _members(
        "faxnumber faxheader notifybysms:int notificationsms notifybyemail:int notificationemail "
        "redirecttoemail:int attachmentid:int firstname lastname city address1 postalcode country "
        "langcode phone companyname vat prepaidbalance:int enddate"
    ),
    "ContactGroupInfo": _members("id:int name"),
    "ContactInfo": _members("groupid:int id:int name number gsmnumber"),
    "FolderInfo": _members("foldertype:int id:int name"),
    "SMSSentInfo": _members(
        "folderid:int id:int status:int sentstatus:int date content recipients:int recipient"
    ),
    "FAXReceivedInfo": _members(
        "folderid:int id:int type:int status:int date pagecount:int sender"
    ),
    "FAXSentInfo": _members(
        "folderid:int id:int type:int status:int sentstatus:int date pagecount:int recipients:int "
        "recipient"
    ),
    "VOICEReceivedInfo": _members(
        "folderid:int id:int type:int status:int date duration:int sender:int"
    ),
    "ObjectIDInfo": _members("object:int type:int action:int"),
    "ObjectsIDInfo": _members("timestamp:int objects:ArrayOfObjectIDInfo"),
    "ObjectData": _members("object:int type:int"),
    "ObjectStatus": _members("id:int object:int status:int"),
    "ObjectsInfo": _members(
        "timestamp:int shifttime:int contactgroups:ArrayOfContactGroupInfo "
        "contacts:ArrayOfContactInfo folders:ArrayOfFolderInfo smsessent:ArrayOfSMSSentInfo "
        "faxesreceived:ArrayOfFAXReceivedInfo faxessent:ArrayOfFAXSentInfo "
        "voicesreceived:ArrayOfVOICEReceivedInfo"
    ),
    "ObjectsID": _members("type:int ids:ArrayOfInteger"),
    "EnumInfo": _members("name value:int"),
    "RecipientInfo": _members("recipient status:int"),
    "SendFaxInfo": _members(
        "numbers:ArrayOfString dithering:int coverpage:int content desc pages:int app:int"
    ),
    "SendSmsInfo": _members("numbers:ArrayOfString unicode:int content app:int"),
    "AppVersion": {},
    "ForwardInfo": _members("id:int type:int forward:int to app:int"),
}
"""Members in the manual's order."""

_EMPTY: Mapping[str, Callable[[], Any]] = {"int": int, "string": str}


def item(array: str) -> str:
    """`ArrayOfInteger` → `int`, `ArrayOfFolderInfo` → `FolderInfo`."""
    name = array.removeprefix("ArrayOf")
    return _SIMPLE.get(name, name)


def empty(kind: str) -> Any:
    """What PHP code sees where a parameter was left out: 0, empty text, no members."""
    return _EMPTY.get(kind, list if kind.startswith("ArrayOf") else dict)()


def write(parent: Element, name: str, kind: str, value: Any) -> None:
    """Add a value to `parent`; None is nil."""
    made = etree.SubElement(parent, name)
    if value is None:
        made.set(_NIL, "true")
        made.set(_TYPE, _qualified(kind))
    elif kind.startswith("ArrayOf"):
        made.set(_TYPE, "SOAP-ENC:Array")
        made.set(_ARRAY_TYPE, f"{_qualified(item(kind))}[{len(value)}]")
        for one in value:
            write(made, "item", item(kind), one)
    else:
        made.set(_TYPE, _qualified(kind))
        if kind not in STRUCTS:
            made.text = str(value)
        for member, inner in STRUCTS.get(kind, {}).items():
            write(made, member, inner, value[member])


def _qualified(kind: str) -> str:
    return f"{'xsd' if kind in _EMPTY else 'tns'}:{kind}"


def read(element: Element, kind: str, follow: Follow) -> Any:
    """The value of an element; None is nil. A struct has the members that were sent."""
    element = follow(element)
    if element.get(_NIL) in {"true", "1"}:
        return None
    if kind == "string":
        return element.text or ""
    if kind == "int":
        return _integer(element.text or "")
    if kind.startswith("ArrayOf"):
        return [_given(child, item(kind), follow) for child in element]
    members = STRUCTS[kind]
    found = {
        name: read(child, members[name], follow)
        for child in element
        if (name := etree.QName(child).localname) in members
    }
    return {name: value for name, value in found.items() if value is not None}


def _given(element: Element, kind: str, follow: Follow) -> Any:
    value = read(element, kind, follow)
    return empty(kind) if value is None else value


def _integer(text: str) -> int:
    """As PHP's (int): the digits at the start, 0 without any."""
    found = _INTEGER.match(text)
    return int(found[1]) if found else 0
