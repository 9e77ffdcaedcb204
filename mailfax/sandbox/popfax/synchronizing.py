"""What there is in the account, what changed since, and away with it."""

import datetime
from collections.abc import Mapping
from typing import Any

from mailfax.sandbox.popfax import codes
from mailfax.sandbox.popfax.account import Item, Visit, seconds
from mailfax.sandbox.popfax.contacts import Contact, Folder, Group, named
from mailfax.sandbox.popfax.faxes import Received, Sent, Text, Voice

SHIFT = 0
"""The account's hours away from France: it is in France."""
_LISTS: Mapping[str, type[Item]] = {
    "contactgroups": Group,
    "contacts": Contact,
    "folders": Folder,
    "smsessent": Text,
    "faxesreceived": Received,
    "faxessent": Sent,
    "voicesreceived": Voice,
}


def review_objects(visit: Visit) -> dict[str, Any]:
    """All objects."""
    return _listed(visit, {(item.TYPE, item.id): codes.CHANGED for item in visit.items()})


def get_modified_objects(visit: Visit, timestamp: int) -> dict[str, Any]:
    """What was made, changed or deleted since, the second itself included, or all since 0.

    Included (inference), so that nothing which happens within the second of an answer,
    after it, escapes the next question.
    """
    if timestamp <= 0:
        return review_objects(visit)
    changed = {
        (item.TYPE, item.id): codes.CHANGED
        for item in visit.items()
        if _since(item.changed(visit), timestamp)
    }
    deleted = {
        key: codes.DELETED for key, time in visit.account.deleted.items() if _since(time, timestamp)
    }
    return _listed(visit, {**changed, **deleted})


def _since(time: datetime.datetime, timestamp: int) -> bool:
    return seconds(time) >= timestamp


def _listed(visit: Visit, found: Mapping[tuple[int, int], int]) -> dict[str, Any]:
    """ObjectsIDInfo."""
    return {
        "timestamp": seconds(visit.now),
        "objects": [
            {"object": number, "type": kind, "action": action}
            for (kind, number), action in found.items()
        ],
    }


def get_objects(visit: Visit, data: list[dict[str, Any]]) -> dict[str, Any]:
    """The objects asked for, or all where one is of the type for that; unknown ones are
    passed over (inference).
    """
    keys = dict.fromkeys((one.get("type", 0), one.get("object", 0)) for one in data)
    if any(kind == codes.ALL for kind, _ in keys):
        found = visit.items()
    else:
        found = [item for key in keys if (item := visit.item(*key)) is not None]
    return {
        "timestamp": seconds(visit.now),
        "shifttime": SHIFT,
        **{
            name: [item.info(visit) for item in found if isinstance(item, kind)]
            for name, kind in _LISTS.items()
        },
    }


def get_object_types(_visit: Visit) -> list[dict[str, Any]]:
    """Names and numbers of object types."""
    return [{"name": name, "value": value} for name, value in codes.TYPES.items()]


def get_object_actions(_visit: Visit) -> list[dict[str, Any]]:
    """Names and numbers of actions."""
    return [{"name": name, "value": value} for name, value in codes.ACTIONS.items()]


def get_shift_time(_visit: Visit) -> int:
    """The account's time shift."""
    return SHIFT


def delete_objects(visit: Visit, objects: list[dict[str, Any]]) -> int:
    """Delete all of these, or none if one is not there or must stay (inference)."""
    items = named(visit, objects)
    if not all(item is not None and _may_go(item) for item in items):
        return codes.GENERAL
    for item in items:
        assert item is not None
        _delete(visit, item)
    return codes.DONE


def _may_go(item: Item) -> bool:
    return not isinstance(item, Folder) or item.kind == codes.CUSTOM


def _delete(visit: Visit, item: Item) -> None:
    """A deleted fax that is still to be sent is sent; what a folder or group held stays
    (inference, both).
    """
    account = visit.account
    account.drop(item, visit.now)
    if isinstance(item, Received):
        account.exchange.discard(account.provider, item.id)
    for other in visit.items():
        if isinstance(item, Folder) and getattr(other, "folder", None) == item.id:
            sent = isinstance(other, Sent | Text)
            visit.touch(other, folder=account.outbox if sent else account.inbox)
        elif isinstance(item, Group) and isinstance(other, Contact) and other.group == item.id:
            visit.touch(other, group=0)
