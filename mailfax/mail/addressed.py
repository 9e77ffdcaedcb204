"""To which number a mail from a mailbox goes: what its own server noted, or a rule on the subject.

A mail that was fetched has lost its envelope. To and Cc are what its author wrote, for people to
read, and never choose a number (RFC 2532 section 2.2.2). The copy of the envelope is believed where
nobody but the mailbox's own server can have written it: above all Received lines.
"""

import dataclasses
import re
from collections.abc import Iterator

from mailfax import errors
from mailfax.mail import address, header, message, proof_pin, wishes

_RECEIVED = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)
_SUBJECT = re.compile(r"(?:fax +to:? +)?(\+?[0-9][0-9 ()./-]{1,40})", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """How mails in a mailbox name their numbers."""

    domains: tuple[str, ...]
    """Ours: a number at one of them is a number."""
    header: str = ""
    """Field in which the mailbox's server notes the recipient, as `Delivered-To`; empty: none."""
    address: str = ""
    """The mailbox's own, `fax@example.com`: what is behind its plus is a number."""
    subject: bool = False
    """A subject that is nothing but a number names it."""


def recipient(head: message.Head, source: Source, country: str | None) -> str:
    """The fax address that the mail is for, `number@` the first of our domains for a number in the
    subject; `country` is where numbers without a plus are at home.

    Raises errors.Refused when there is none, or it can be read in two ways.
    """
    section = header.split(head.raw, 0, len(head.raw))[0]
    for noted in _noted(head, source):
        if found := fax_address(noted, source, country):
            return found
    if found := in_subject(section, source):
        return found
    raise errors.Refused(550, "5.1.1", "It does not say to which number it is to be faxed")


def _noted(head: message.Head, source: Source) -> Iterator[str]:
    """The recipient that the mailbox's own server has noted."""
    ours = _RECEIVED.search(head.raw)
    if not source.header or ours is None:
        return
    above = header.split(head.raw, 0, ours.start())[0]
    boxes = header.mailboxes(above.first(source.header.lower()))
    if len(boxes) == 1:
        yield boxes[0][1]


def in_subject(section: header.Header, source: Source) -> str:
    """The fax address that a number in the subject stands for; empty when it is no number alone."""
    if not source.subject or section.count("subject") != 1:
        return ""
    decoded = header.decoded(section.first("subject"))
    plain = wishes.subject_without(proof_pin.taken_out(decoded))
    found = _SUBJECT.fullmatch(plain)
    return f"{found[1].strip()}@{source.domains[0]}" if found else ""


def fax_address(written: str, source: Source, country: str | None) -> str:
    """The address as the listener would have had it; empty for one that is none of ours."""
    local, domain = address.split(written)
    mine, home = address.split(source.address)
    name, _, rest = local.partition("+")
    if mine and (name.lower(), domain) == (mine.lower(), home):
        return _behind_plus(rest, source, country) if rest else ""
    return written if any(domain == one.lower() for one in source.domains) else ""


def _behind_plus(rest: str, source: Source, country: str | None) -> str:
    """In `fax+4930123456@` the plus may be the number's own. Raises errors.Refused when that makes
    another number than the digits alone.
    """
    readings = {}
    for text in (rest, f"+{rest}"):
        try:
            read = address.parse_recipient(f"{text}@{source.domains[0]}", source.domains, country)
        except errors.Refused:
            continue
        readings[read.number.digits] = read.address
    if len(readings) > 1:
        raise errors.Refused(
            553, "5.1.3", f"{rest[:40]!a} can be read in two ways: write two pluses before it"
        )
    return next(iter(readings.values()), f"{rest}@{source.domains[0]}")


def sender(head: message.Head) -> str:
    """The envelope sender as far as it was noted, else the single address in From."""
    section = header.split(head.raw, 0, len(head.raw))[0]
    boxes = header.mailboxes(section.first("return-path"))
    return boxes[0][1] if len(boxes) == 1 else head.sender
