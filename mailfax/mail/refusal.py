"""The mail that tells an author why his mail, which was fetched from a mailbox, is not faxed.

In place of the reply that a client would have had, and of a delivery report, which may not be sent
for a mail out of a mailbox (RFC 2532 section 2.2.2): a plain automatic reply (RFC 3834), with the
null return path.
"""

import dataclasses
import datetime
import pathlib
from collections.abc import Iterator

from mailfax.mail import automatic, catalogue, compose, layout, plain
from mailfax.model import Gateway


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What the author is told."""

    to: str
    why: str
    """One sentence."""
    subject: str
    """Of his mail, without a PIN, as `message_id` is of his mail."""
    message_id: str
    id: str
    """What tells his mail from others: the same refusal is the same mail."""
    at: datetime.datetime
    zone: str
    language: str
    templates: tuple[pathlib.Path, ...]


def message_id(refusal: Refusal, gateway: Gateway) -> str:
    """The same for the same mail."""
    return compose.stable_id("refusal", gateway.name, refusal.id)


def build(refusal: Refusal, gateway: Gateway) -> bytes:
    """The finished mail: octets with CRLF."""
    words = catalogue.load(refusal.templates, "refusal", refusal.language)
    blocks = [
        layout.paragraph(words.say("what")),
        f"    {plain.line(refusal.subject, 120)}",
        layout.paragraph(words.say("why")),
        f"    {plain.line(refusal.why, 300)}",
        layout.paragraph(words.say("then", postmaster=gateway.postmaster)),
    ]
    fields = list(_fields(refusal, gateway, words))
    return compose.message(fields, compose.text("\n\n".join(blocks) + "\n"))


def _fields(refusal: Refusal, gateway: Gateway, words: catalogue.Catalogue) -> Iterator[bytes]:
    yield compose.address_field("From", compose.mailbox(words.say("gateway"), gateway.postmaster))
    yield compose.address_field("To", refusal.to)
    yield compose.machine_field("Date", compose.date(refusal.at, refusal.zone))
    yield compose.machine_field("Message-ID", message_id(refusal, gateway))
    if compose.is_message_id(refusal.message_id):
        yield compose.machine_field("In-Reply-To", refusal.message_id)
        yield compose.machine_field("References", refusal.message_id)
    about = plain.line(refusal.subject, 120)
    yield compose.field("Subject", words.say("subject", subject=about))
    yield b"Auto-Submitted: auto-replied\r\n"
    yield b"X-Auto-Response-Suppress: All\r\n"
    yield compose.machine_field(automatic.LOOP_FIELD, gateway.name)
