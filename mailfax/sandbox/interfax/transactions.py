"""One fax to one destination: what was asked for, and the service's record of how it stands."""

import dataclasses
import datetime
import decimal
import math

from mailfax.sandbox import _calls
from mailfax.sandbox.interfax import numbers
from mailfax.sandbox.interfax.envelope import NOT_YET, Value

COST = decimal.Decimal("0.10")
"""Of a unit, and a page is one (inference)."""
PREPROCESSING, READY, SENDING, NO_CREDIT = -1, -2, -3, -22

STATUS = {
    None: 0,
    "partial": 1,
    "no_answer": 2,
    "bad_number": 2,
    "refused": 2,
    "no_fax_tone": 12,
    "busy": 263,
    "no_credit": 205000,
    "cancelled": 900001,
    "conversion_failed": 900002,
}
"""By the exchange's cause. 1, 2, 12, 263 and 205000 are the service's (facts file, section 4);
which telephony error is which is inference, and the last two numbers are the sandbox's own, as
the service's are not known: any positive number is a failure."""

SHORT = (
    "TransactionID",
    "SubmitTime",
    "PostponeTime",
    "CompletionTime",
    "DestinationFax",
    "RemoteCSID",
    "PagesSent",
    "Status",
    "Duration",
    "Subject",
    "PagesSubmitted",
)
"""Fields of FaxItem."""
_NEWER = (
    "LocaleID",
    "GMTBias",
    "RetriesInterval",
    "UserData",
    "DeleteAfterUsage",
    "Mode",
    "NumOfTransactions",
    "MessageID",
)
"""What FaxItemEx2 has and FaxItemEx has not."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is the same for all destinations of one document."""

    subject: str = ""
    csid: str = ""
    reply: str = ""
    job: str = ""
    page_size: str
    page_orientation: str
    resolution: str
    rendering: str
    page_header: str = ""
    retries: int = 0
    postponed: datetime.datetime | None = None
    delete_after_usage: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One fax to one destination."""

    id: int
    parent: int
    """The first of the batch; its own without one."""
    siblings: int
    """Of the batch, itself included."""
    call: int
    """Its id in the exchange."""
    user: str
    number: str
    """E.164 with its plus."""
    contact: str
    wish: Wish

    @property
    def in_batch(self) -> bool:
        """Whether it was sent together with others."""
        return self.siblings > 1


def status(call: _calls.Call, now: datetime.datetime) -> int:
    """Negative while it goes on, 0 delivered, positive failed."""
    if call.over(now):
        return STATUS[call.cause(now)]
    if call.state(now) == "calling":
        return SENDING
    if call.converted is None or now < call.converted:
        return PREPROCESSING
    return NO_CREDIT if call.behaviour.cause == "no_credit" else READY


def record(transaction: Transaction, call: _calls.Call, now: datetime.datetime) -> dict[str, Value]:
    """FaxItemEx2, in its order (facts file, section 1)."""
    wish = transaction.wish
    over = call.over(now)
    pages = call.sent(now)
    return {
        "ParentTransactionID": transaction.parent,
        "TransactionID": transaction.id,
        "SubmitTime": call.accepted,
        "PostponeTime": wish.postponed or call.accepted,
        "CompletionTime": call.ended if over else NOT_YET,
        "UserID": transaction.user,
        "Contact": transaction.contact,
        "JobID": wish.job,
        "DestinationFax": numbers.canonical(transaction.number),
        "ReplyEmail": wish.reply,
        "RemoteCSID": transaction.number if call.state(now) == "delivered" else "",
        "PagesSent": pages,
        "Status": status(call, now),
        "Duration": math.ceil(call.duration.total_seconds()) if over else 0,
        "Subject": wish.subject,
        "PagesSubmitted": call.pages,
        "SenderCSID": wish.csid,
        "Priority": 2,
        "Units": decimal.Decimal(pages),
        "CostPerUnit": COST,
        "PageSize": wish.page_size,
        "PageOrientation": wish.page_orientation,
        "PageResolution": wish.resolution,
        "RenderingQuality": wish.rendering,
        "PageHeader": wish.page_header,
        "RetriesToPerform": wish.retries,
        "TrialsPerformed": int(call.started is not None and now >= call.started),
        "LocaleID": 1033,
        "GMTBias": 0,
        "RetriesInterval": 0,
        "UserData": "",
        "DeleteAfterUsage": str(wish.delete_after_usage),
        "Mode": "",
        "NumOfTransactions": transaction.siblings,
        "MessageID": "",
    }


def short(full: dict[str, Value]) -> dict[str, Value]:
    """FaxItem of a record."""
    return {name: full[name] for name in SHORT}


def extended(full: dict[str, Value]) -> dict[str, Value]:
    """FaxItemEx of a record."""
    return {name: value for name, value in full.items() if name not in _NEWER}
