"""Statuses in XML: all data in attributes, zero counters left out (facts, section 4.5)."""

import collections
import datetime
import math
from collections.abc import Iterable

from lxml import etree

from mailfax.sandbox.monopond import messages
from mailfax.sandbox.monopond.account import Account
from mailfax.sandbox.monopond.envelope import Element
from mailfax.sandbox.monopond.messages import Message, Result

LEVELS = ("brief", "send", "details", "results", "all")

_COUNTED = ("pending", "processing", "queued", "starting", "sending", "finalizing", "done")
"""Statuses with a counter in the contract, which has none for the four others."""
_ZONE = datetime.timezone(datetime.timedelta(hours=8))
"""Of the times in the manual."""
_CENTS = 15
"""A page's price, after the manual's sample of a callback."""
_NAMES = {
    "DOCUMENT_EXCEEDS_PAGE_LIMIT": "Document exceeds page limit",
    "DOCUMENT_FAILED_CONVERSION": "Document failed conversion",
    "FUNDS_INSUFFICIENT": "Insufficient funds",
    "BLOCK_SMART": "Number found in the Smart blocklist",
    "BLOCK_DNCR": "Number found in the DNCR blocklist",
    "BLOCK_FPS": "Number found in the FPS blocklist",
    "FAX_NEGOTIATION_FAILED": "Negotiation failed",
    "FAX_EARLY_HANGUP": "Early hang-up on call",
    "FAX_BUSY": "Phone number busy",
    "FAX_NUMBER_UNOBTAINABLE": "Number unobtainable",
    "FAX_SENDING_FAILED": "Sending fax failed",
    "FAX_CANCELLED": "Cancelled",
    "FAX_NO_ANSWER": "No answer",
}
"""Of the codes that occur here (manual, FaxError); that of BLOCK_FPS is inference."""


def totals(parent: Element, account: Account, found: Iterable[Message]) -> None:
    """Append the counts of statuses and of results."""
    statuses: collections.Counter[str] = collections.Counter()
    outcomes: collections.Counter[str] = collections.Counter()
    ended: list[Result] = []
    for message in found:
        status, results = _standing(account, message)
        statuses[status] += 1
        ended += [result for result in results if result.over]
        if status == "done":
            outcomes[results[-1].outcome] += 1
    counts = {name: str(statuses[name]) for name in _COUNTED if statuses[name]}
    etree.SubElement(parent, "FaxStatusTotals", counts)
    counts = {name: str(count) for name, count in outcomes.items()}
    counts["totalAttempts"] = str(len(ended))
    counts["totalFaxDuration"] = str(sum(map(_seconds, ended)))
    counts["totalPages"] = str(sum(map(_pages, ended)))
    etree.SubElement(parent, "FaxResultsTotals", counts)


def listing(parent: Element, account: Account, found: Iterable[Message], level: str) -> None:
    """Append the list of messages, with what the level asks for."""
    listed = etree.SubElement(parent, "FaxMessages")
    for message in found:
        _describe(listed, account, message, level)


def callback(account: Account, message: Message) -> bytes:
    """The document that is posted when a message is done (facts, section 8.1)."""
    root = etree.Element("FaxMessages")
    _describe(root, account, message, "results")
    head = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return head + bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=False))


def _standing(account: Account, message: Message) -> tuple[str, list[Result]]:
    """Status and results of one moment."""
    calls, now = account.calls(message), account.now()
    return messages.status(message, calls, now), messages.results(message, calls, now)


def _describe(parent: Element, account: Account, message: Message, level: str) -> None:
    status, results = _standing(account, message)
    described = etree.SubElement(
        parent,
        "FaxMessage",
        _given(
            messageRef=message.message_ref,
            sendRef=message.send_ref,
            broadcastRef=message.broadcast_ref,
            sendTo=message.send_to,
            status=status,
        ),
    )
    if level in {"details", "all"}:
        etree.SubElement(described, "FaxDetails", _details(message))
    if level in {"results", "all"}:
        attempts = etree.SubElement(described, "FaxResults")
        for result in results:
            _result(attempts, result)


def _details(message: Message) -> dict[str, str]:
    return _given(
        sendFrom=message.send_from,
        resolution=message.resolution,
        retries=str(message.retries),
        busyRetries=str(message.busy_retries),
        headerFormat=message.header_format,
    )


def _result(parent: Element, result: Result) -> None:
    row = etree.SubElement(parent, "FaxResult", attempt=str(result.attempt))
    row.set("scheduledStartTime", _moment(result.start, "milliseconds"))
    if not result.over:
        return
    row.set("result", result.outcome)
    pages = _pages(result)
    row.set("cost", f"{pages * _CENTS // 100}.{pages * _CENTS % 100:02}")
    row.set("pages", str(pages))
    row.set("totalFaxDuration", str(_seconds(result)))
    if result.call and result.call.started and result.call.ended:
        row.set("dateCallStarted", _moment(result.call.started, "seconds"))
        row.set("dateCallEnded", _moment(result.call.ended, "seconds"))
    if result.error:
        etree.SubElement(row, "Error", code=result.error, name=_NAMES[result.error])


def _pages(result: Result) -> int:
    """Pages that arrived."""
    call = result.call
    return call.sent(call.ended) if call and call.ended else 0


def _seconds(result: Result) -> int:
    """On the line, begun seconds counting whole; none unless it was answered."""
    call = result.call
    if call is None or not call.behaviour.answers:
        return 0
    return math.ceil(call.duration.total_seconds())


def _given(**attributes: str) -> dict[str, str]:
    """Those that say something."""
    return {name: value for name, value in attributes.items() if value}


def _moment(time: datetime.datetime, precision: str) -> str:
    return time.astimezone(_ZONE).isoformat(timespec=precision)
