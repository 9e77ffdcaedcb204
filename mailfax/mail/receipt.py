"""Receipts: the finished mail that tells a sender how the faxes stand.

Layout (RFC 6522, RFC 3464): multipart/report of the letter for people, the report for machines,
and the original's header, or the whole original where the client asked for it, the fax failed
and the sender is proven. Page images travel inside the first part, as multipart/mixed behind
the letter, so that the order of the three stays what the standard demands.

A notice of acceptance, and any notice about a mail that was fetched from a mailbox, is a plain
automatic reply instead: the standard has no such action, or forbids the report.

The envelope is the caller's: null return path, to the same address as in To, NOTIFY=NEVER.
"""

from collections.abc import Iterator

from mailfax import errors
from mailfax.mail import automatic, compose, dsn, wording
from mailfax.mail.notice import Entry, Kind, Notice, kind_of

__all__ = ["Entry", "Kind", "Notice", "build", "kind_of", "message_id", "wanted"]

RETURN_LIMIT = 1_000_000
"""Octets of an original that goes back whole."""

_NOTIFY = {
    Kind.DELIVERED: "SUCCESS",
    Kind.RELAYED: "SUCCESS",
    Kind.FAILED: "FAILURE",
    Kind.DELAYED: "DELAY",
    Kind.HELD: "DELAY",
}


def wanted(notify: frozenset[str] | None, receipts: frozenset[str], kind: Kind) -> bool:
    """Whether the sender is to be told of `kind`.

    What the client said with NOTIFY wins, NEVER included (RFC 3461 section 5.2). Where it
    said nothing, the rule's `receipts` (success, failure, delay) decide. A fax that waits for a
    person is told wherever failure or delay is: else nobody would know of it.
    """
    word = _NOTIFY.get(kind)
    if notify is not None:
        return word is not None and word in notify
    if kind is Kind.HELD:
        return bool(receipts & {"failure", "delay"})
    return (word.lower() if word else str(kind)) in receipts


def message_id(notice: Notice) -> str:
    """The receipt's Message-ID: the same for the same jobs, kinds and `sequence`."""
    ids = sorted(f"{entry.job.id} {entry.kind}" for entry in notice.entries)
    return compose.stable_id("receipt", notice.gateway.name, *ids, str(notice.sequence))


def build(notice: Notice) -> bytes:
    """The finished mail: octets with CRLF, ready for the smarthost.

    Raises `errors.Permanent` when there is no address that it could go to.
    """
    if not compose.is_address(notice.to):
        raise errors.Permanent(f"{notice.to!a} is no address that a receipt can be sent to")
    letter = compose.text(wording.text(notice))
    if notice.attachments and notice.proven:
        images = [compose.attachment(file) for file in notice.attachments]
        letter = compose.multipart("mixed", [letter, *images], message_id(notice) + "letter")
    return compose.message(list(_fields(notice)), _body(notice, letter))


def _body(notice: Notice, letter: compose.Entity) -> compose.Entity:
    if notice.mailbox or not dsn.told(notice):
        return letter
    parts = [letter, dsn.machine_part(notice)]
    returned = _returned(notice)
    if returned is not None:
        parts.append(returned)
    kind = "report-type=delivery-status"
    return compose.multipart("report", parts, message_id(notice), options=kind)


def _returned(notice: Notice) -> compose.Entity | None:
    """The original, as far as it goes back (RFC 3461 section 4.3)."""
    failed = any(entry.kind is Kind.FAILED for entry in notice.entries)
    whole = notice.whole
    if whole is not None and failed and notice.proven and notice.ret == "FULL":
        enclosed = compose.whole_message(whole) if len(whole) <= RETURN_LIMIT else None
        if enclosed is not None:
            return enclosed
    return compose.headers_only(notice.header) if notice.header else None


def _fields(notice: Notice) -> Iterator[bytes]:
    words = wording.words_of(notice)
    sender = compose.mailbox(words.say("gateway"), notice.gateway.postmaster)
    yield compose.address_field("From", sender)
    yield compose.address_field("To", notice.to)
    yield compose.machine_field("Date", compose.date(notice.at, notice.zone))
    yield compose.machine_field("Message-ID", message_id(notice))
    if compose.is_message_id(notice.message_id):
        yield compose.machine_field("In-Reply-To", notice.message_id)
        yield compose.machine_field("References", notice.message_id)
    yield compose.field("Subject", wording.subject(notice))
    yield b"Auto-Submitted: auto-replied\r\n"
    yield b"X-Auto-Response-Suppress: All\r\n"
    yield compose.machine_field(automatic.LOOP_FIELD, notice.gateway.name)
