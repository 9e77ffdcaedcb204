"""The service's objects of a fax (facts file, section 5).

A number may be a number in one answer and text in another: kept as recorded. States of a fax
between `unknown` and its end are inference, and so are the fields of a received fax.
"""

import datetime
import decimal

from mailfax.sandbox import _calls
from mailfax.sandbox.pamfax import answer, words
from mailfax.sandbox.pamfax.account import Account, Arrived
from mailfax.sandbox.pamfax.call import Call
from mailfax.sandbox.pamfax.jobs import Document, Job, Recipient

ENDS = frozenset({"success", "failure", "cancelled"})
"""States of the history (facts file, section 6)."""
VISIBLE = datetime.timedelta(days=30)
"""How long a sent fax stays in the history (seen once: from `sent` to `visible_until`)."""


def standing(account: Account, fax: Recipient, now: datetime.datetime) -> str:
    """`unknown`, `unpaid`, `delayed`, `queued`, `sending`, `success`, `failure`, `cancelled`."""
    if fax.cancelled is not None:
        return "cancelled"
    carried = account.call(fax)
    if carried is None:
        return "unpaid" if fax.job.unpaid else "unknown"
    state = carried.state(now)
    if state == "failed":
        return "cancelled" if carried.cause(now) == "cancelled" else "failure"
    if state == "queued" and fax.job.due is not None:
        return "delayed"
    return {"queued": "queued", "calling": "sending", "delivered": "success"}[state]


def over(account: Account, fax: Recipient, now: datetime.datetime) -> bool:
    """Whether a fax is in the history: sent, failed or cancelled."""
    return standing(account, fax, now) in ENDS


def container(call: Call, job: Job) -> dict[str, answer.Value]:
    """The FaxContainer as Create answers it."""
    return {
        "uuid": job.uuid,
        "state": "editing",
        "price": 0,
        "pages": None,
        "currency": call.user.currency.code,
        "currency_rate": call.user.currency.rate,
        "cover_id": job.sheet.cover.id if job.sheet else 0,
        "cover_text": job.sheet.text if job.sheet else None,
        "cover_page_length": "1" if job.sheet else None,
        "created": call.stamp(job.created),
        "updated": call.stamp(job.updated),
        "processing_started": None,
        "affiliatepartner": None,
        "send_mail": 0,
        "send_sms": 0,
        "send_chat": 0,
        "group_notification": 0,
        "error_notification": 0,
    }


def standing_container(call: Call, job: Job) -> dict[str, answer.Value]:
    """The FaxContainer as GetFaxState answers it: with price and pages once they are known."""
    state = job.state(call.now, call.user.credit)
    flags = ("send_mail", "send_sms", "send_chat", "group_notification", "error_notification")
    known: answer.Object = {"price": call.user.currency.told(job.price), "pages": job.pages}
    return {
        **container(call, job),
        "state": state,
        "sms_cost": 0,
        **dict.fromkeys(flags, "0"),
        **({} if state == "editing" else known),
    }


def document_state(document: Document, now: datetime.datetime) -> str:
    """`converting` or `converted`."""
    return "converted" if document.converted(now) else "converting"


def recipient(call: Call, fax: Recipient) -> dict[str, answer.Value]:
    """The FaxRecipient: a fax that is not yet in the history."""
    carried = call.account.call(fax)
    started = carried.started if carried else None
    begun = started is not None and call.now >= started
    money = call.user.currency
    return {
        "uuid": fax.uuid,
        "id": fax.id,
        "name": fax.name,
        "state": standing(call.account, fax, call.now),
        "status_code": 0,
        "status_message": None,
        "price": money.told(fax.price),
        "price_per_page": money.told(fax.number.price),
        "price_source": "PNR",
        "country": fax.number.country.code,
        **fax.number.described(),
        "currency": money.code,
        "currency_rate": str(money.rate),
        "pages": fax.job.pages if fax.job.sent else None,
        "duration": 0,
        "delivery_started": call.stamp(started) if begun else None,
        "sent": call.stamp(fax.job.sent),
        "completed": None,
        "transmission_report": "",
        "created": call.stamp(fax.created),
        "updated": call.stamp(fax.job.sent or fax.created),
    }


def listed(call: Call, fax: Recipient) -> dict[str, answer.Value]:
    """A FaxRecipient in a list: with its number as people read it."""
    return {**recipient(call, fax), "formatted_number": fax.number.formatted}


def history(call: Call, fax: Recipient) -> dict[str, answer.Value]:
    """The FaxHistoryModel: a fax that has ended."""
    carried = call.account.call(fax)
    cause = carried.cause(call.now) if carried else "cancelled"
    ended = carried.ended if carried else fax.cancelled
    sent = carried.sent(call.now) if carried else 0
    money, refunded = call.user.currency, refund(fax, carried, call.now)
    state = standing(call.account, fax, call.now)
    return {
        "uuid": fax.uuid,
        "outfile_uuid": fax.job.outfile,
        "state": state,
        "status_code": words.STATUS[cause][0],
        "status_message": words.status(cause, call.culture),
        "formatted_number": fax.number.formatted,
        "country": fax.number.country.code,
        "country_prefix": fax.number.country.prefix,
        **fax.number.described(),
        "name": fax.name,
        "sender_fax": fax.job.sender_number,
        "sender_name": fax.job.sender_name,
        "pages": str(fax.job.pages),
        "pages_sent": str(sent),
        "price": money.told(fax.price),
        "cost": money.told(fax.price - refunded),
        "refunded": money.told(refunded),
        "price_source": "PNR",
        "cover_text": fax.job.sheet.text if fax.job.sheet else None,
        "cover_data": None,
        "sent": call.stamp(ended),
        "created": call.stamp(fax.job.created),
        "cancelled": call.stamp(ended) if state == "cancelled" else None,
        "deleted": call.stamp(fax.marks.deleted),
        "removed_from_trash": call.stamp(fax.marks.removed),
        "published": call.stamp(fax.marks.published),
        "visible_until": call.stamp(ended + VISIBLE) if ended else None,
        "files_present": "1" if carried and carried.files else "0",
        "fax_provider_id": 1,
        "transmission_report": "",
    }


def refund(fax: Recipient, carried: _calls.Call | None, now: datetime.datetime) -> decimal.Decimal:
    """EUR given back at the end: for the pages that did not arrive."""
    if carried is None or not carried.over(now) or not fax.job.pages:
        return decimal.Decimal(0)
    missing = fax.job.pages - carried.sent(now)
    return fax.price * missing / fax.job.pages


def arrived(call: Call, fax: Arrived, received: _calls.Received) -> dict[str, answer.Value]:
    """A received fax, its fields named like those of a sent one (inference)."""
    return {
        "uuid": fax.uuid,
        "file_uuid": fax.file,
        "received": call.stamp(received.received),
        "created": call.stamp(received.received),
        "number": received.did,
        "sender_fax": received.caller,
        "sender_name": received.tsid,
        "pages": str(received.pages),
        "state": "success",
        "read": call.stamp(fax.marks.read),
        "is_spam": int(fax.marks.spam),
        "deleted": call.stamp(fax.marks.deleted),
        "removed_from_trash": call.stamp(fax.marks.removed),
        "published": call.stamp(fax.marks.published),
        "visible_until": call.stamp(received.received + VISIBLE),
        "files_present": "1" if received.data else "0",
    }
