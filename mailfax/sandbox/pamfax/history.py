"""FaxHistory: what was sent, is under way, came in.

Lists are newest first. Names of lists other than SentFaxes, InboxFaxes and UnpaidFaxes are
inference, and so is GetInboxFax's InboxFax.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from mailfax.sandbox._wire import Reply
from mailfax.sandbox.pamfax import answer, faxjob, images, records
from mailfax.sandbox.pamfax.account import Arrived
from mailfax.sandbox.pamfax.answer import Items
from mailfax.sandbox.pamfax.call import Call, Operations
from mailfax.sandbox.pamfax.jobs import Recipient
from mailfax.sandbox.pamfax.refusals import Refused

_Fax = TypeVar("_Fax", Recipient, Arrived)
_PAGE = 20
_RECENT = 15
_MAX_RECENT = 100
_MAX_RECIPIENTS = 20
_UNDER_WAY = frozenset({"queued", "sending", "delayed"})


# Which faxes


def sent(call: Call) -> list[Recipient]:
    """In the history, newest first."""
    return _seen(
        fax for fax in call.user.faxes.values() if records.over(call.account, fax, call.now)
    )


def outbox(call: Call) -> list[Recipient]:
    """Under way, newest first."""
    return _standing(call, _UNDER_WAY)


def unpaid(call: Call) -> list[Recipient]:
    """Waiting for credit, newest first."""
    return _standing(call, {"unpaid"})


def inbox(call: Call) -> list[Arrived]:
    """Received, newest first."""
    return _seen(call.user.inbox.values())


def _standing(call: Call, states: Iterable[str]) -> list[Recipient]:
    faxes = call.user.faxes.values()
    return _seen(one for one in faxes if records.standing(call.account, one, call.now) in states)


def _seen(faxes: Iterable[_Fax]) -> list[_Fax]:
    found = [fax for fax in faxes if not fax.marks.deleted and not fax.marks.removed]
    return found[::-1]


def find(call: Call, uuid: str) -> Recipient | Arrived:
    """A fax of the user, whichever way it went; raises `Refused`."""
    fax = call.user.inbox.get(uuid) or faxjob.fax_of(call, uuid)
    if fax.marks.removed:
        raise Refused("fax_removed")
    return fax


def find_arrived(call: Call, uuid: str) -> Arrived:
    """A received fax of the user; raises `Refused`."""
    fax = call.user.inbox.get(uuid)
    if fax is None or fax.marks.removed:
        raise Refused("fax_not_found")
    return fax


# Their records


def record(call: Call, fax: Recipient | Arrived) -> answer.Object:
    """A fax as the history has it; raises `Refused` for one that is not kept."""
    if isinstance(fax, Recipient):
        if records.over(call.account, fax, call.now):
            return records.history(call, fax)
        return records.listed(call, fax)
    for shown in arrivals(call, [fax]):
        return shown
    raise Refused("fax_not_found")


def arrivals(call: Call, faxes: Sequence[Arrived]) -> list[answer.Object]:
    """Received faxes, in their order."""
    kept = {one.id: one for one in call.account.exchange.received(call.account.provider)}
    return [records.arrived(call, fax, kept[fax.id]) for fax in faxes if fax.id in kept]


def _list(call: Call, name: str, element: str, faxes: Sequence[Recipient]) -> answer.Object:
    shown = [record(call, fax) for fax in faxjob.page(call, faxes, _PAGE)]
    return {name: Items(element=element, content=shown)}


# Operations


def list_sent_faxes(call: Call) -> answer.Object:
    """Faxes that ended, well or not."""
    return _list(call, "SentFaxes", "FaxHistoryModel", sent(call))


def list_outbox_faxes(call: Call) -> answer.Object:
    """Faxes under way."""
    return _list(call, "OutboxFaxes", "FaxRecipient", outbox(call))


def list_unpaid_faxes(call: Call) -> answer.Object:
    """Faxes that wait for credit."""
    return _list(call, "UnpaidFaxes", "FaxRecipient", unpaid(call))


def list_inbox_faxes(call: Call) -> answer.Object:
    """Faxes that came in."""
    faxes = inbox(call)
    size = call.number("items_per_page", _PAGE)
    start = (call.number("current_page", 1) - 1) * size
    shown = arrivals(call, faxes[start : start + size])
    return {"InboxFaxes": Items(element="InboxFax", content=shown)}


def list_fax_group(call: Call) -> answer.Object:
    """The faxes of one job."""
    job = faxjob.fax_of(call, call.text("uuid")).job
    return _list(call, "FaxGroup", "FaxHistoryModel", list(job.recipients.values()))


def get_fax_group(call: Call) -> answer.Object:
    """What the faxes of one job have in common."""
    job = faxjob.fax_of(call, call.text("uuid")).job
    group: answer.Object = {
        "uuid": job.uuid,
        "recipients": len(job.recipients),
        "pages": str(job.pages),
        "price": call.user.currency.told(job.price),
        "created": call.stamp(job.created),
        "sent": call.stamp(job.sent),
    }
    return {"FaxGroup": group}


def list_recent_faxes(call: Call) -> answer.Object:
    """The latest faxes of all sorts, or of those named; not the delayed ones."""
    wanted = call.items("data_to_list") or ["sent", "inbox", "outbox"]
    sources: dict[str, Callable[[Call], Sequence[Recipient | Arrived]]] = {
        "sent": sent,
        "inbox": inbox,
        "outbox": lambda call: _standing(call, {"queued", "sending"}),
    }
    found = [record(call, fax) for name in wanted if name in sources for fax in sources[name](call)]
    found.sort(key=lambda one: str(one["created"]), reverse=True)
    count = min(call.number("count", _RECENT), _MAX_RECENT)
    return {"RecentFaxes": Items(element="FaxHistoryModel", content=found[:count])}


def list_recent_recipients(call: Call) -> answer.Object:
    """Whom the user sent to, latest first."""
    latest: dict[str, Recipient] = {}
    for fax in reversed(call.user.faxes.values()):
        if fax.recent:
            latest.setdefault(fax.number.e164, fax)
    shown = [
        {"number": number, "name": fax.name, "formatted_number": fax.number.formatted}
        for number, fax in list(latest.items())[:_MAX_RECIPIENTS]
    ]
    return {"RecentRecipients": Items(element="RecentRecipient", content=shown)}


def delete_from_list_recent_recipients(call: Call) -> answer.Object:
    """Without this number in the list."""
    for fax in call.user.faxes.values():
        if fax.number.e164 == call.text("number").strip():
            fax.recent = False
    return {}


def get_fax_details(call: Call) -> answer.Object:
    """A FaxRecipient while it is under way, then a FaxHistoryModel.

    A recipient of the fax that is being edited is found too, as `unknown` (inference).
    """
    uuid, job = call.text("uuid"), call.login().job
    for fax in job.recipients.values() if job else ():
        if uuid == fax.uuid:
            return {"FaxRecipient": records.recipient(call, fax)}
    found = find(call, uuid)
    over = isinstance(found, Arrived) or records.over(call.account, found, call.now)
    return {"FaxHistoryModel" if over else "FaxRecipient": record(call, found)}


def get_inbox_fax(call: Call) -> answer.Object:
    """A received fax; marked as read by wish."""
    fax = find_arrived(call, call.text("uuid"))
    if call.flag("mark_read"):
        fax.marks.read = fax.marks.read or call.now
    return {"InboxFax": record(call, fax)}


def count_faxes(call: Call) -> answer.Object:
    """How many there are of a type."""
    unread = [fax for fax in inbox(call) if fax.marks.read is None]
    counts = {
        "history": len(sent(call)),
        "inbox": len(inbox(call)),
        "inbox_unread": len(unread),
        "outbox": len(outbox(call)),
        "unpaid": len(unpaid(call)),
    }
    counts["all"] = counts["history"] + counts["inbox"] + counts["outbox"] + counts["unpaid"]
    if call.text("type") not in counts:
        raise Refused("bad_property")
    return {"Faxes": {"count": counts[call.text("type")]}}


def get_transmission_report(call: Call) -> Reply:
    """A PDF on what became of a sent fax, with a small picture of its first page."""
    fax = faxjob.fax_of(call, call.text("uuid"))
    if not records.over(call.account, fax, call.now):
        raise Refused("fax_not_ready")
    shown = records.history(call, fax)
    names = ("uuid", "formatted_number", "name", "status_message", "sent", "pages", "pages_sent")
    lines = ["Transmission report", *(f"{name}: {shown[name] or ''}" for name in names)]
    data = images.report(lines, images.job_pages(call.account, fax.job))
    return answer.download(f"report-{fax.uuid}.pdf", "application/pdf", data)


def get_esker_details(_call: Call) -> answer.Object:
    """Internal."""
    raise Refused("no_esker_fax")


OPERATIONS: Operations = {
    "ListSentFaxes": list_sent_faxes,
    "ListOutboxFaxes": list_outbox_faxes,
    "ListInboxFaxes": list_inbox_faxes,
    "ListInboxFax": list_inbox_faxes,
    "ListUnpaidFaxes": list_unpaid_faxes,
    "ListFaxGroup": list_fax_group,
    "ListRecentFaxes": list_recent_faxes,
    "ListRecentRecipients": list_recent_recipients,
    "DeleteFromListRecentRecipients": delete_from_list_recent_recipients,
    "GetFaxDetails": get_fax_details,
    "GetFaxGroup": get_fax_group,
    "GetInboxFax": get_inbox_fax,
    "CountFaxes": count_faxes,
    "GetTransmissionReport": get_transmission_report,
    "GetEskerDetails": get_esker_details,
}
