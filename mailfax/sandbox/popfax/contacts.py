"""Contacts, their groups, and folders."""

import dataclasses
from typing import Any, ClassVar

from mailfax.sandbox.popfax import codes
from mailfax.sandbox.popfax.account import Item, Message, Visit


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Group(Item):
    """A contact group."""

    TYPE: ClassVar[int] = codes.GROUP
    name: str

    def info(self, visit: Visit) -> dict[str, Any]:  # noqa: ARG002
        """ContactGroupInfo."""
        return {"id": self.id, "name": self.name}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Contact(Item):
    """A person or place with its numbers."""

    TYPE: ClassVar[int] = codes.CONTACT
    group: int
    name: str
    number: str
    gsm: str

    def info(self, visit: Visit) -> dict[str, Any]:  # noqa: ARG002
        """ContactInfo."""
        return {
            "groupid": self.group,
            "id": self.id,
            "name": self.name,
            "number": self.number,
            "gsmnumber": self.gsm,
        }


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Folder(Item):
    """Where messages lie."""

    TYPE: ClassVar[int] = codes.FOLDER
    kind: int
    name: str

    def info(self, visit: Visit) -> dict[str, Any]:  # noqa: ARG002
        """FolderInfo."""
        return {"foldertype": self.kind, "id": self.id, "name": self.name}


def set_group(visit: Visit, wish: dict[str, Any]) -> int:
    """Write a group, or make one where the id is 0; its id, 0 when there is none such
    (inference, both).
    """
    number = wish.get("id", 0)
    known = visit.find(Group, number)
    if known is None and number:
        return 0
    name = wish.get("name", known.name if known else "")
    made = known.made if known else visit.now
    group = Group(id=number or visit.account.number(), made=made, touched=visit.now, name=name)
    visit.account.put(group)
    return group.id


def set_contact(visit: Visit, wish: dict[str, Any]) -> int:
    """Write a contact, or make one, as `set_group`; in no group where groupid is 0."""
    number = wish.get("id", 0)
    known = visit.find(Contact, number)
    old = known.info(visit) if known else {"groupid": 0, "name": "", "number": "", "gsmnumber": ""}
    new = {**old, **wish}
    if (known is None and number) or (new["groupid"] and not visit.find(Group, new["groupid"])):
        return 0
    contact = Contact(
        id=number or visit.account.number(),
        made=known.made if known else visit.now,
        touched=visit.now,
        group=new["groupid"],
        name=new["name"],
        number=new["number"],
        gsm=new["gsmnumber"],
    )
    visit.account.put(contact)
    return contact.id


def rename_folder(visit: Visit, number: int, name: str) -> list[int]:
    """Rename a custom folder; an empty array, or [code] (inference: the manual is silent)."""
    folder = visit.find(Folder, number)
    if folder is None or folder.kind != codes.CUSTOM or not name:
        return [codes.GENERAL]
    visit.touch(folder, name=name)
    return []


def move_to_folder(visit: Visit, objects: list[dict[str, Any]], number: int) -> int:
    """File messages: all of them, or none if one cannot be (inference)."""
    items = named(visit, objects)
    if visit.find(Folder, number) is None or not all(isinstance(x, Message) for x in items):
        return codes.GENERAL
    for item in items:
        assert item is not None
        visit.touch(item, folder=number)
    return codes.DONE


def named(visit: Visit, objects: list[dict[str, Any]]) -> list[Item | None]:
    """The objects that these lists of ids mean, each once; None for what is not there."""
    keys = [(one.get("type", 0), number) for one in objects for number in one.get("ids", [])]
    return [visit.item(*key) for key in dict.fromkeys(keys)]
