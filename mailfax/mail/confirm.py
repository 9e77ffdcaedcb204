"""The mail that asks an author whether a fax is his.

The address that confirms it stands in the text alone: neither a reply nor a machine that answers
mail by itself reaches it. The return path is null, as for all that programs write.
"""

import dataclasses
import datetime
import pathlib
from collections.abc import Iterator

from mailfax.mail import automatic, catalogue, compose, layout, plain
from mailfax.model import Gateway


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the author is asked."""

    to: str
    token: str
    numbers: tuple[str, ...]
    """As people write them."""
    subject: str
    """Of his mail, without a PIN."""
    id: str
    """Of his mail, here."""
    at: datetime.datetime
    until: datetime.datetime
    zone: str
    language: str
    templates: tuple[pathlib.Path, ...]


def message_id(question: Question, gateway: Gateway) -> str:
    """The same for the same mail."""
    return compose.stable_id("confirm", gateway.name, question.id)


def build(question: Question, gateway: Gateway) -> bytes:
    """The finished mail: octets with CRLF."""
    words = catalogue.load(question.templates, "confirm", question.language)
    letter = compose.text(_letter(question, gateway, words))
    return compose.message(list(_fields(question, gateway, words)), letter)


def _letter(question: Question, gateway: Gateway, words: catalogue.Catalogue) -> str:
    until = layout.moment(words, question.until, question.zone)
    blocks = [
        layout.paragraph(words.say("what", numbers=", ".join(question.numbers))),
        f"    {plain.line(question.subject, 120)}",
        layout.paragraph(words.say("how")),
        f"    confirm+{question.token}@{gateway.domains[0]}",
        layout.paragraph(words.say("until", until=until)),
        layout.paragraph(words.say("otherwise")),
    ]
    return "\n\n".join(blocks) + "\n"


def _fields(question: Question, gateway: Gateway, words: catalogue.Catalogue) -> Iterator[bytes]:
    yield compose.address_field("From", compose.mailbox(words.say("gateway"), gateway.postmaster))
    yield compose.address_field("To", question.to)
    yield compose.machine_field("Date", compose.date(question.at, question.zone))
    yield compose.machine_field("Message-ID", message_id(question, gateway))
    yield compose.field("Subject", words.say("subject", numbers=", ".join(question.numbers)))
    yield b"Auto-Submitted: auto-generated\r\n"
    yield b"X-Auto-Response-Suppress: All\r\n"
    yield compose.machine_field(automatic.LOOP_FIELD, gateway.name)
