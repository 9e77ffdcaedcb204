"""The mail that warns, once in a period, that a budget is nearly used up."""

import dataclasses
import datetime
import pathlib
from collections.abc import Iterator

from mailfax.mail import automatic, catalogue, compose, layout, plain
from mailfax.model import Gateway


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """What is told."""

    to: str
    budget: str
    payer: str
    used: tuple[str, ...]
    """As `81 of 100 faxes`."""
    breaker: bool
    """It is the one of all, which a person has to reset."""
    starts: datetime.datetime
    until: datetime.datetime
    at: datetime.datetime
    zone: str
    language: str
    templates: tuple[pathlib.Path, ...]


def message_id(shortage: Shortage, gateway: Gateway) -> str:
    """The same for the same period, so that nobody is warned twice."""
    period = (shortage.budget, shortage.payer, shortage.starts.isoformat())
    return compose.stable_id("warning", gateway.name, *period)


def build(shortage: Shortage, gateway: Gateway) -> bytes:
    """The finished mail: octets with CRLF."""
    words = catalogue.load(shortage.templates, "warning", shortage.language)
    letter = compose.text(_letter(shortage, words))
    return compose.message(list(_fields(shortage, gateway, words)), letter)


def _letter(shortage: Shortage, words: catalogue.Catalogue) -> str:
    until = layout.moment(words, shortage.until, shortage.zone)
    payer = plain.line(shortage.payer, 200)
    said = {"budget": shortage.budget, "payer": payer, "until": until}
    blocks = [
        layout.paragraph(words.say(_key(shortage, "what"), **said)),
        "\n".join(f"    {line}" for line in shortage.used),
        layout.paragraph(words.say(_key(shortage, "until"), **said)),
    ]
    return "\n\n".join(blocks) + "\n"


def _key(shortage: Shortage, name: str) -> str:
    return f"breaker.{name}" if shortage.breaker else name


def _fields(shortage: Shortage, gateway: Gateway, words: catalogue.Catalogue) -> Iterator[bytes]:
    used = ", ".join(shortage.used)
    subject = words.say(_key(shortage, "subject"), budget=shortage.budget, used=used)
    yield compose.address_field("From", compose.mailbox(words.say("gateway"), gateway.postmaster))
    yield compose.address_field("To", shortage.to)
    yield compose.machine_field("Date", compose.date(shortage.at, shortage.zone))
    yield compose.machine_field("Message-ID", message_id(shortage, gateway))
    yield compose.field("Subject", subject)
    yield b"Auto-Submitted: auto-generated\r\n"
    yield b"X-Auto-Response-Suppress: All\r\n"
    yield compose.machine_field(automatic.LOOP_FIELD, gateway.name)
