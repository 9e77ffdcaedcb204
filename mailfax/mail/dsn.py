"""The part of a receipt that machines read: message/delivery-status (RFC 3464, RFC 3461).

Built as plain text line by line: ASCII only, folded at spaces, never an encoded word. An
`accepted` entry has no place here, since the standard knows no such action.
"""

import re
from collections.abc import Iterator

from mailfax import errors
from mailfax.mail import compose, plain
from mailfax.mail.notice import Entry, Kind, Notice
from mailfax.model import ManifestEntry

_ACTIONS = {
    Kind.DELIVERED: "delivered",
    Kind.RELAYED: "relayed",
    Kind.DELAYED: "delayed",
    Kind.HELD: "delayed",
    Kind.FAILED: "failed",
}

_FEATURES = (
    '(& (type="image/tiff") (image-file-structure=TIFF-minimal) (MRC-mode=0) '
    "(color=Binary) (image-coding=MH) "
    "(| (& (dpi=204) (dpi-xyratio=[204/98,204/196])) "
    "(& (dpi=200) (dpi-xyratio=[200/100,1]))) "
    "(size-x<=2150/254) (paper-size=[letter,A4]) (ua-media=stationery))"
)
"""What any fax machine behind us takes (RFC 2879); RFC 2530 section 3."""

_XTEXT = re.compile(r"\+([0-9A-F]{2})")


def machine_part(notice: Notice) -> compose.Entity:
    """The message/delivery-status part for every entry that has an action."""
    blocks = [_block(_message_fields(notice))]
    blocks += [_block(_recipient_fields(notice, entry)) for entry in told(notice)]
    header = (b"Content-Type: message/delivery-status\r\n",)
    return compose.Entity(header, (b"\r\n".join(blocks),))


def told(notice: Notice) -> list[Entry]:
    """The entries a delivery report can speak of."""
    return [entry for entry in notice.entries if entry.kind in _ACTIONS]


def status(notice: Notice, entry: Entry) -> str:
    """The enhanced status code of one entry (RFC 3463).

    2.6.4 tells that a part of the mail was left out; what is not final is never class 5.
    """
    if entry.kind in {Kind.DELIVERED, Kind.RELAYED}:
        return "2.6.4" if any(map(matters, notice.manifest)) else "2.1.5"
    if entry.unsure:
        return "4.4.7"
    if entry.cause is None:
        return "4.7.0" if entry.kind is Kind.HELD else "4.0.0"
    code = errors.STATUS[entry.cause]
    if entry.kind is not Kind.FAILED and code.startswith("5"):
        return "4.0.0"
    return code


def matters(part: ManifestEntry) -> bool:
    """Whether something of the mail is missing on paper: a text's other form is not missed."""
    kept = part.outcome in {"faxed", "opened"}
    return not kept and (bool(part.name) or not part.label.startswith("text/"))


_Fields = Iterator[tuple[str, str]]


def _block(fields: _Fields) -> bytes:
    return b"".join(compose.machine_field(name, value) for name, value in fields)


def _message_fields(notice: Notice) -> _Fields:
    if notice.envid is not None:
        yield "Original-Envelope-Id", notice.envid
    yield "Reporting-MTA", f"dns; {notice.gateway.name}"
    if notice.peer is not None:
        yield "Received-From-MTA", _peer(notice.peer.helo, notice.peer.address)
    yield "Arrival-Date", compose.date(notice.arrived_at, notice.zone)


def _peer(helo: str, address: str) -> str:
    literal = f"IPv6:{address}" if ":" in address else address
    return f"dns; {_foreign(helo) or address} ([{literal}])"


def _recipient_fields(notice: Notice, entry: Entry) -> _Fields:
    job = entry.job
    if job.orcpt is not None:
        kind, _, written = job.orcpt.partition(";")
        yield "Original-Recipient", f"{kind.strip()}; {_decoded(written)}"
    yield "Final-Recipient", f"rfc822; {job.recipient.address}"
    yield "Action", _ACTIONS[entry.kind]
    yield "Status", status(notice, entry)
    if entry.cause is not None:
        yield "Diagnostic-Code", _diagnosis(entry, entry.cause)
    if entry.last_try is not None:
        yield "Last-Attempt-Date", compose.date(entry.last_try, notice.zone)
    yield "Final-Log-ID", job.id
    if entry.kind is Kind.DELAYED:
        yield "Will-Retry-Until", compose.date(job.deadline, notice.zone)
    if entry.kind in {Kind.DELIVERED, Kind.RELAYED}:
        yield "Media-Accept-Features", _FEATURES
    yield from _own_fields(entry)


def _diagnosis(entry: Entry, cause: errors.Cause) -> str:
    """Our word for the cause, and the provider's own words where the line was tried."""
    report = entry.report
    if not entry.transmissions or report is None:
        return f"x-mailfax; {cause}"
    words = _foreign(report.raw).replace("(", "[").replace(")", "]")
    return f"x-fax; {cause} ({words})" if words else f"x-fax; {cause}"


def _own_fields(entry: Entry) -> _Fields:
    job, report = entry.job, entry.report
    if entry.transmissions:
        yield "X-Mailfax-Attempts", str(max(job.tries, len(entry.transmissions)))
        reference = _foreign(entry.transmissions[-1].reference or "")
        if reference:
            yield "X-Mailfax-Carrier-Job", reference
    arrived = pages_arrived(entry)
    if job.pages and arrived is not None:
        yield "X-Mailfax-Pages", f"{arrived} of {job.pages}"
    csid = _foreign(report.csid or "") if report is not None else ""
    if csid:
        yield "X-Mailfax-Remote-ID", csid


def pages_arrived(entry: Entry) -> int | None:
    """Pages that the other side has; None when nobody knows."""
    if entry.report is not None and entry.report.pages_sent is not None:
        return entry.report.pages_sent
    if entry.kind is Kind.DELIVERED:
        return entry.job.pages
    return None if entry.unsure or entry.kind is Kind.RELAYED else 0


def _foreign(text: str) -> str:
    """Words of others, short and without what could be read as an encoded word."""
    return plain.ascii_line(text, 160).replace("=?", "=_")


def _decoded(xtext: str) -> str:
    """RFC 3461 section 4: `+2B` is a plus sign."""
    return _XTEXT.sub(lambda match: chr(int(match[1], 16)), xtext)
