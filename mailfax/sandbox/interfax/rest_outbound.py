"""REST: faxes that go out, alone and in batches (facts file, section 5)."""

import json
import re
from collections.abc import Sequence
from typing import Any

from mailfax.sandbox._wire import Reply
from mailfax.sandbox.interfax import account as accounts
from mailfax.sandbox.interfax import envelope, rest_documents, sending, tracking
from mailfax.sandbox.interfax.account import Refused, may_send
from mailfax.sandbox.interfax.envelope import NOT_YET, Value
from mailfax.sandbox.interfax.rest import Problem, Visit, done
from mailfax.sandbox.interfax.transactions import Transaction, Wish

_FIELDS = {
    "status": "Status",
    "userId": "UserID",
    "pagesSent": "PagesSent",
    "completionTime": "CompletionTime",
    "remoteCSID": "RemoteCSID",
    "duration": "Duration",
    "priority": "Priority",
    "units": "Units",
    "costPerUnit": "CostPerUnit",
    "attemptsMade": "TrialsPerformed",
    "pageSize": "PageSize",
    "pageOrientation": "PageOrientation",
    "pageResolution": "PageResolution",
    "rendering": "RenderingQuality",
    "pageHeader": "PageHeader",
    "submitTime": "SubmitTime",
    "subject": "Subject",
    "destinationFax": "DestinationFax",
    "replyEmail": "ReplyEmail",
    "pagesSubmitted": "PagesSubmitted",
    "senderCSID": "SenderCSID",
    "attemptsToPerform": "RetriesToPerform",
    "contact": "Contact",
}
"""After id and uri; name here → name in a FaxItemEx2."""
_STATUSES = {
    "all": lambda _status: True,
    "completed": lambda status: status >= 0,
    "success": lambda status: status == 0,
    "failed": lambda status: status > 0,
    "inprocess": lambda status: status < 0,
}


def records(visit: Visit, found: Sequence[Transaction]) -> list[dict[str, Value]]:
    """Transactions as REST shows them; those of a batch name its head."""
    listed = []
    for one, full in zip(found, tracking.records(visit.account, found), strict=True):
        record: dict[str, Value] = {
            "id": one.id,
            "uri": f"{visit.request.base}/outbound/faxes/{one.id}",
            **{name: full[field] for name, field in _FIELDS.items()},
        }
        if one.in_batch:
            record["batchHeadId"] = one.parent
        listed.append(record)
    return listed


# Sending


def send(visit: Visit) -> Reply:
    """POST /outbound/faxes: to one destination."""
    user = may_send(visit.user)
    destination = (sending.number(user, visit.text("faxNumber")), visit.text("contact"))
    files = rest_documents.bodies(visit)
    key = sending.submit(visit.account, user, [destination], files, _wish(visit))
    return visit.created(f"/outbound/faxes/{key}")


def send_batch(visit: Visit) -> Reply:
    """POST /outbound/batches: to a list of destinations, as JSON or XML."""
    user = may_send(visit.user)
    named = _listed(visit.text("list"))
    destinations = [(sending.number(user, number), contact) for number, contact in named]
    if not destinations:
        raise Refused(accounts.BAD_RECIPIENT)
    files = rest_documents.bodies(visit)
    key = sending.submit(visit.account, user, destinations, files, _wish(visit))
    return visit.created(f"/outbound/batches/{key}")


def _listed(text: str) -> list[tuple[str, str]]:
    try:
        entries: Any = json.loads(text)
        return [(str(one["faxNumber"]), str(one.get("contact", ""))) for one in entries]
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    try:
        root = envelope.parse(text.encode())
    except envelope.Unreadable:
        raise Refused(accounts.BAD_RECIPIENT) from None
    found = root.iter("{*}Destination")
    return [(one.findtext("{*}faxNumber", ""), one.findtext("{*}contact", "")) for one in found]


def _wish(visit: Visit) -> Wish:
    """What the query says of the pages; the user's defaults for the rest. Raises `Refused`."""
    tx = may_send(visit.user).tx
    assert tx is not None
    fine = {"fine": "Fine", "standard": "Standard"}
    grey = {"grayscale": "Fine", "greyscale": "Fine", "bw": "Standard"}
    sizes, ways = ("A4", "Letter", "Legal", "B4"), ("Portrait", "Landscape")
    return Wish(
        subject=visit.text("reference")[:60],
        csid=(visit.text("csid") or visit.user.csid)[:20],
        reply=visit.text("replyAddress") or tx.reply_address,
        page_size=sending.one_of(visit.text("pageSize"), sizes, tx.page_size),
        page_orientation=sending.one_of(visit.text("pageOrientation"), ways, tx.page_orientation),
        resolution=fine.get(visit.text("resolution").lower(), tx.page_resolution),
        rendering=grey.get(visit.text("rendering").lower(), tx.rendering_quality),
        page_header=visit.text("pageHeader") or tx.page_header,
        retries=visit.whole("retriesToPerform", tx.retries),
        postponed=sending.postponed(visit.account, visit.time("postponeTime") or NOT_YET),
        delete_after_usage=tx.delete_after_usage,
    )


def resend(visit: Visit, key: str) -> Reply:
    """POST /outbound/faxes/{id}/resend."""
    user = may_send(visit.user)
    old = visit.account.transaction(user, int(key))
    new = sending.resend(visit.account, user, old, visit.text("faxNumber"))
    return visit.created(f"/outbound/faxes/{new}")


# Lists


def faxes(visit: Visit) -> Reply:
    """GET /outbound/faxes: without batches."""
    found = [one for one in visit.account.sent(visit.whose()) if not one.in_batch]
    return visit.many("Fax", records(visit, _paged(visit, found)))


def _paged(visit: Visit, found: Sequence[Transaction]) -> Sequence[Transaction]:
    """From `lastId` on, in the wanted direction."""
    last = visit.whole("lastId", 0)
    if _ascending(visit):
        found = [one for one in reversed(found) if one.id > last]
    elif last:
        found = [one for one in found if one.id < last]
    return found[: visit.limit()]


def _ascending(visit: Visit) -> bool:
    order = visit.text("sortOrder").lower()
    if order not in {"", "asc", "desc"}:
        raise Problem(400, -150, "sortOrder is asc or desc")
    return order == "asc"


def completed(visit: Visit) -> Reply:
    """GET /outbound/faxes/completed: of these ids those that have ended."""
    now = visit.account.now()
    found = [
        one
        for one in _with_ids(visit, visit.account.sent_with_hidden(visit.whose()))
        if visit.account.call(one).over(now)
    ]
    return visit.many("Fax", records(visit, found))


def _with_ids(visit: Visit, found: Sequence[Transaction]) -> list[Transaction]:
    """Those whose ids the query names, however it sets them apart."""
    ids = {int(word) for word in re.findall(r"[0-9]{1,18}", visit.text("ids"))}
    return [one for one in found if one.id in ids]


def search(visit: Visit) -> Reply:
    """GET /outbound/search."""
    found: Sequence[Transaction] = visit.account.sent(visit.whose())
    if visit.text("ids"):
        found = _with_ids(visit, found)
    if reference := visit.text("reference"):
        found = [one for one in found if one.wish.subject == reference]
    if number := _digits(visit.text("faxNumber")):
        found = [one for one in found if one.number[1:] == number]
    found = _submitted(visit, _standing(visit, found))
    if _ascending(visit):
        found = found[::-1]
    first = max(0, visit.whole("offset", 0))
    return visit.many("Fax", records(visit, found[first : first + visit.limit()]))


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text).removeprefix("00")


def _standing(visit: Visit, found: Sequence[Transaction]) -> Sequence[Transaction]:
    """Those with the wanted status."""
    text = visit.text("status")
    if not text:
        return found
    fits = _STATUSES.get(text.lower())
    if fits is None:
        code = visit.whole("status", 0)
        fits = code.__eq__
    full = tracking.records(visit.account, found)
    return [one for one, record in zip(found, full, strict=True) if fits(record["Status"])]


def _submitted(visit: Visit, found: Sequence[Transaction]) -> Sequence[Transaction]:
    since, until = visit.time("dateFrom"), visit.time("dateTo")
    times = [(one, visit.account.call(one).accepted.replace(microsecond=0)) for one in found]
    return [
        one
        for one, time in times
        if (since is None or since <= time) and (until is None or time <= until)
    ]


# One fax


def fax(visit: Visit, key: str) -> Reply:
    """GET /outbound/faxes/{id}."""
    (record,) = records(visit, [visit.account.transaction(visit.user, int(key))])
    return visit.one("Fax", record)


def image(visit: Visit, key: str) -> Reply:
    """GET /outbound/faxes/{id}/image."""
    transaction = visit.account.transaction(visit.user, int(key))
    return Reply(body=tracking.image(visit.account, transaction), kind="image/tiff")


def cancel(visit: Visit, key: str) -> Reply:
    """POST /outbound/faxes/{id}/cancel."""
    sending.cancel(visit.account, visit.user, int(key))
    return done()


def hide(visit: Visit, key: str) -> Reply:
    """POST /outbound/faxes/{id}/hide."""
    visit.account.hidden.add(visit.account.transaction(visit.user, int(key)).id)
    return done()


# Batches


def batches(visit: Visit) -> Reply:
    """GET /outbound/batches: their heads."""
    found = visit.account.sent(visit.whose())
    heads = [one for one in found if one.in_batch and one.id == one.parent]
    return visit.many("Batch", records(visit, _paged(visit, heads)))


def batch(visit: Visit, key: str) -> Reply:
    """GET /outbound/batches/{id}."""
    (record,) = records(visit, _batch(visit, key)[:1])
    return visit.one("Batch", record)


def children(visit: Visit, key: str) -> Reply:
    """GET /outbound/batches/{id}/children."""
    return visit.many("Fax", records(visit, _batch(visit, key)))


def batch_image(visit: Visit, key: str) -> Reply:
    """GET /outbound/batches/{id}/image."""
    head = _batch(visit, key)[0]
    return Reply(body=tracking.image(visit.account, head), kind="image/tiff")


def resend_batch(visit: Visit, key: str) -> Reply:
    """POST /outbound/batches/{id}/resend."""
    user = may_send(visit.user)
    only_errors = visit.flag("errorsOnly")
    again = sending.resend_batch(
        visit.account, user, _batch(visit, key), visit.text("reference"), only_errors=only_errors
    )
    return visit.created(f"/outbound/batches/{again}")


def cancel_batch(visit: Visit, key: str) -> Reply:
    """POST /outbound/batches/{id}/cancel."""
    for one in _batch(visit, key):
        visit.account.exchange.cancel(one.call)
    return done()


def hide_batch(visit: Visit, key: str) -> Reply:
    """POST /outbound/batches/{id}/hide."""
    visit.account.hidden.update(one.id for one in _batch(visit, key))
    return done()


def _batch(visit: Visit, key: str) -> list[Transaction]:
    found = sending.children(visit.account, visit.user, int(key))
    if not found[0].in_batch:
        raise Refused(accounts.NO_TRANSACTION)
    return found
