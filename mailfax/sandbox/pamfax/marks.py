"""FaxHistory: what users do with faxes: read, note, publish, call spam, throw away."""

import datetime
from collections.abc import Iterable

from mailfax.sandbox.pamfax import answer, history, records
from mailfax.sandbox.pamfax.account import Arrived
from mailfax.sandbox.pamfax.answer import Items
from mailfax.sandbox.pamfax.call import Call, Operations
from mailfax.sandbox.pamfax.jobs import Note, Recipient
from mailfax.sandbox.pamfax.refusals import Refused

_Fax = Recipient | Arrived


# Read, noted, published, spam


def set_fax_read(call: Call) -> answer.Object:
    """A received fax is read."""
    marks = history.find_arrived(call, call.text("uuid")).marks
    marks.read = marks.read or call.now
    return {}


def set_faxes_as_read(call: Call) -> answer.Object:
    """Received faxes are read; those that are ours are listed."""
    faxes = _arrived(call)
    for fax in faxes:
        fax.marks.read = fax.marks.read or call.now
    return {"InboxFaxes": Items(element="InboxFax", content=history.arrivals(call, faxes))}


def _arrived(call: Call) -> list[Arrived]:
    inbox = call.user.inbox
    return [inbox[uuid] for uuid in call.items("uuids") if uuid in inbox]


def set_spam_state_for_faxes(call: Call) -> answer.Object:
    """Received faxes are spam, or are not; the others are listed as errors."""
    faxes = _arrived(call)
    for fax in faxes:
        fax.marks.spam = call.flag("is_spam")
    errors = [
        {"uuid": uuid, "code": "fax_not_found"}
        for uuid in call.items("uuids")
        if uuid not in call.user.inbox
    ]
    return {
        "InboxFaxes": Items(element="InboxFax", content=history.arrivals(call, faxes)),
        "Errors": Items(element="Error", content=errors),
    }


def list_fax_notes(call: Call) -> answer.Object:
    """Notes of a fax, latest first."""
    notes = history.find(call, call.text("fax_uuid")).marks.notes
    shown = [{"note": note.text, "created": call.stamp(note.created)} for note in reversed(notes)]
    return {"FaxNotes": Items(element="FaxNote", content=shown)}


def add_fax_note(call: Call) -> answer.Object:
    """One more note."""
    marks = history.find(call, call.text("fax_uuid")).marks
    marks.notes.append(Note(text=call.text("note"), created=call.now))
    return {}


def publish_fax(call: Call) -> answer.Object:
    """Everybody may see the fax."""
    history.find(call, call.text("uuid")).marks.published = call.now
    return {}


def unpublish_fax(call: Call) -> answer.Object:
    """Nobody else may see the fax."""
    history.find(call, call.text("uuid")).marks.published = None
    return {}


def get_published_fax(call: Call) -> answer.Object:
    """A published fax of whomever."""
    uuid = call.text("uuid")
    for user in call.account.users.values():
        fax = user.faxes.get(uuid) or user.inbox.get(uuid)
        if fax is not None and fax.marks.published is not None:
            return {"PublishedFax": {"uuid": uuid, "published": call.stamp(fax.marks.published)}}
    raise Refused("fax_not_found")


# The trash


def _all(call: Call) -> list[_Fax]:
    return [*call.user.faxes.values(), *call.user.inbox.values()]


def _trash(call: Call) -> list[_Fax]:
    return [fax for fax in _all(call) if fax.marks.deleted and not fax.marks.removed]


def list_trash(call: Call) -> answer.Object:
    """What was thrown away and can be restored."""
    shown = [history.record(call, fax) for fax in _trash(call)]
    return {"Trash": Items(element="FaxHistoryModel", content=shown)}


def delete_faxes(call: Call) -> answer.Object:
    """Faxes go to the trash, by wish with all of their jobs."""
    for fax in _named(call):
        fax.marks.deleted = fax.marks.deleted or call.now
    return {}


def _named(call: Call) -> list[_Fax]:
    """Faxes of `uuids` or `uuid` that have ended; raises `Refused` for others."""
    found: list[_Fax] = []
    for uuid in call.items("uuids") or call.items("uuid"):
        fax = history.find(call, uuid)
        siblings = call.flag("siblings_too") and isinstance(fax, Recipient)
        found += fax.job.recipients.values() if siblings and isinstance(fax, Recipient) else [fax]
    if not found or not all(_ended(call, fax) for fax in found):
        raise Refused("fax_not_found")
    return found


def _ended(call: Call, fax: _Fax) -> bool:
    return isinstance(fax, Arrived) or records.over(call.account, fax, call.now)


def delete_faxes_from_trash(call: Call) -> answer.Object:
    """Faxes of the trash are gone for good."""
    named = _named(call)
    if not all(fax.marks.deleted for fax in named):
        raise Refused("fax_not_found")
    _remove(call, named)
    return {}


def empty_trash(call: Call) -> answer.Object:
    """All faxes of the trash are gone for good."""
    _remove(call, _trash(call))
    return {}


def _remove(call: Call, faxes: Iterable[_Fax]) -> None:
    for fax in faxes:
        fax.marks.removed = call.now
        if isinstance(fax, Arrived):
            call.account.exchange.discard(call.account.provider, fax.id)


def restore_fax(call: Call) -> answer.Object:
    """A fax comes back from the trash."""
    fax = history.find(call, call.text("uuid"))
    if fax.marks.deleted is None:
        raise Refused("fax_not_found")
    fax.marks.deleted = None
    return {}


def delete_faxes_for_period(call: Call) -> answer.Object:
    """Faxes of some days go to the trash or for good; types are inference."""
    kinds: dict[str, list[_Fax]] = {
        "sent": [*history.sent(call)],
        "history": [*history.sent(call)],
        "inbox": [*history.inbox(call)],
        "trash": _trash(call),
    }
    if call.text("type") not in kinds:
        raise Refused("bad_property")
    first, last = _day(call.text("date1")), _day(call.text("date2"))
    faxes = [fax for fax in kinds[call.text("type")] if first <= _created(call, fax) <= last]
    for fax in faxes:
        fax.marks.deleted = fax.marks.deleted or call.now
    if call.flag("no_trash") or call.text("type") == "trash":
        _remove(call, faxes)
    return {}


def _day(text: str) -> str:
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise Refused("bad_date_value") from None


def _created(call: Call, fax: _Fax) -> str:
    return str(history.record(call, fax)["created"])[:10]


OPERATIONS: Operations = {
    "SetFaxRead": set_fax_read,
    "SetFaxesAsRead": set_faxes_as_read,
    "SetSpamStateForFaxes": set_spam_state_for_faxes,
    "ListFaxNotes": list_fax_notes,
    "AddFaxNote": add_fax_note,
    "PublishFax": publish_fax,
    "UnPublishFax": unpublish_fax,
    "ListTrash": list_trash,
    "DeleteFaxes": delete_faxes,
    "DeleteFax": delete_faxes,
    "DeleteFaxesFromTrash": delete_faxes_from_trash,
    "DeleteFaxFromTrash": delete_faxes_from_trash,
    "EmptyTrash": empty_trash,
    "RestoreFax": restore_fax,
    "DeleteFaxesForPeriod": delete_faxes_for_period,
}
OPEN: Operations = {"GetPublishedFax": get_published_fax}
