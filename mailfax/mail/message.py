"""What a mail says and holds, read outside the jail: its header and its MIME structure.

`head` reads the header section alone and is quick; `read` gives the whole submission with
its parts decoded. Both see one header in one way, so what was judged is what is faxed.
"""

import dataclasses
import datetime
import email.utils
import re
from collections.abc import Iterator

from mailfax import errors
from mailfax.mail import automatic, header, plain, structure
from mailfax.mail.structure import Limits
from mailfax.model import Part, Submission

MAX_RECEIVED = 100
"""Received lines; more is a loop (RFC 5321 section 6.3)."""

_MARK = b"\xef\xbb\xbf"
_URGENT = re.compile(r"importance:high|priority:urgent|x-priority:[12]")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,990}>")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the header section of a mail says; texts are clean and on one line."""

    raw: bytes
    """Its octets as they came, without the empty line after them."""
    message_id: str
    """With its angle brackets; empty when there is none."""
    from_addresses: tuple[str, ...]
    """Every address in From, domains lower-case; empty when there is none or it is unreadable."""
    sender_name: str
    subject: str
    date: datetime.datetime | None
    received_count: int
    date_text: str
    """The Date field as written."""
    automatic: str | None
    """Why this looks like automatic mail, one phrase; None for a person's."""
    from_count: int
    """From fields; a sound mail has one."""
    date_count: int
    urgent: bool
    """Marked as important: Importance, Priority (RFC 4021) or X-Priority."""

    @property
    def sender(self) -> str:
        """The single address in From; empty when there are none or several."""
        return self.from_addresses[0] if len(self.from_addresses) == 1 else ""


def head(data: bytes) -> Head:
    """The header section at the beginning of `data`, which may go on; never raises."""
    return _head(header.split(data, _start(data), len(data))[0])


def require_sound(found: Head, limits: Limits | None = None) -> None:
    """Refuse a header that two readers could read in two ways (RFC 5322 section 3.6).

    Raises `errors.Refused`: 550 5.6.0 for two From or Date fields, 552 5.3.4 for a header
    over its limit, 554 5.4.6 for a loop.
    """
    limit = (limits or Limits()).header
    if len(found.raw) > limit:
        raise errors.Refused(552, "5.3.4", f"the header of the mail is over {limit} octets")
    for name, count in (("From", found.from_count), ("Date", found.date_count)):
        if count > 1:
            raise errors.Refused(550, "5.6.0", f"the mail has {count} {name} lines; one is allowed")
    if found.received_count > MAX_RECEIVED:
        raise errors.Refused(
            554, "5.4.6", f"the mail has passed {found.received_count} servers: it is in a loop"
        )


def read(content: bytes, limits: Limits | None = None) -> Submission:
    """The whole mail: its header, and its parts flat in message order.

    A part inside an enclosed message has Role.ATTACHMENT. That message's From, Date, To and
    Subject are the heading of the text it begins with, or a text before it (path ending in
    `.0`) when it begins with something else. Of the parts
    that share an `alternative` number exactly one is to be used (RFC 2046 section 5.1.4).
    Raises `errors.Refused` with a sentence for whatever cannot be read for certain.
    """
    bounds = limits or Limits()
    if len(content) > bounds.size:
        raise errors.Refused(552, "5.3.4", f"the mail is over {bounds.size} octets")
    section, body = header.split(content, _start(content), len(content))
    found = _head(section)
    require_sound(found, bounds)
    return Submission(
        message_id=found.message_id,
        sender=found.sender,
        sender_name=found.sender_name,
        subject=found.subject,
        date=found.date,
        parts=structure.parts(section, content, body, bounds),
        automatic=found.automatic,
        urgent=found.urgent,
    )


def parts(entity: bytes, limits: Limits | None = None) -> tuple[Part, ...]:
    """The parts of a MIME entity that is no mail but lay in one. Raises as `read`."""
    section, body = header.split(entity, 0, len(entity))
    return structure.parts(section, entity, body, limits or Limits())


def _start(data: bytes) -> int:
    return structure.after_mark(data, 0, len(data))


def _head(section: header.Header) -> Head:
    authors = [box for value in section.all("from") for box in header.mailboxes(value)]
    return Head(
        raw=section.raw,
        message_id=_message_id(section.first("message-id")),
        from_addresses=tuple(address for _, address in authors),
        sender_name=authors[0][0] if len(authors) == 1 else "",
        subject=header.decoded(section.first("subject")),
        date=_date(section.first("date")),
        date_text=plain.line(section.first("date"), 100),
        received_count=section.count("received"),
        automatic=automatic.reason(section),
        from_count=section.count("from"),
        date_count=section.count("date"),
        urgent=any(map(_URGENT.fullmatch, _marks(section))),
    )


def _marks(section: header.Header) -> Iterator[str]:
    """The words by which mail programs mark a mail as important."""
    yield "importance:" + section.first("importance").strip().lower()
    yield "priority:" + section.first("priority").strip().lower()
    yield "x-priority:" + section.first("x-priority").strip()[:1]


def _message_id(value: str) -> str:
    match = _MESSAGE_ID.search(value)
    return match[0] if match and match[0].isascii() and match[0].isprintable() else ""


def _date(value: str) -> datetime.datetime | None:
    try:
        date = email.utils.parsedate_to_datetime(value[:100])
        known = date if date.tzinfo else date.replace(tzinfo=datetime.UTC)
        return known.astimezone(datetime.UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
