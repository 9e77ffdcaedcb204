"""The mail that lists, once a day, the faxes that wait for a person: ids and reasons alone."""

import dataclasses
import datetime
import pathlib
from collections.abc import Iterator

from mailfax.mail import automatic, catalogue, compose, layout, plain
from mailfax.model import FaxJob, Gateway


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What is told to the postmaster."""

    held: tuple[tuple[FaxJob, str], ...]
    """Each with its sender's address, those that have waited longest first."""
    more: int
    """How many there are besides."""
    day: datetime.date
    at: datetime.datetime
    zone: str
    language: str
    templates: tuple[pathlib.Path, ...]


def message_id(digest: Digest, gateway: Gateway) -> str:
    """The same all day, so that it goes out once."""
    return compose.stable_id("digest", gateway.name, digest.day.isoformat())


def build(digest: Digest, gateway: Gateway) -> bytes:
    """The finished mail: octets with CRLF."""
    words = catalogue.load(digest.templates, "digest", digest.language)
    letter = compose.text("\n\n".join(_letter(digest, words)) + "\n")
    return compose.message(list(_fields(digest, gateway, words)), letter)


def _letter(digest: Digest, words: catalogue.Catalogue) -> Iterator[str]:
    yield layout.paragraph(words.count("what", len(digest.held) + digest.more))
    for job, sender in digest.held:
        yield "\n".join(_fax(job, sender, digest, words))
    if digest.more:
        yield layout.paragraph(words.count("more", digest.more))
    yield layout.paragraph(words.say("how"))


def _fax(job: FaxJob, sender: str, digest: Digest, words: catalogue.Catalogue) -> Iterator[str]:
    number, until = job.recipient.number.display(), layout.moment(words, job.deadline, digest.zone)
    told = words.say("fax.to", id=job.id, number=number, sender=plain.line(sender, 200))
    yield layout.paragraph(told, later="    ")
    if job.note:
        why = words.say("fax.why", note=plain.line(job.note, 300))
        yield layout.paragraph(why, "    ", "    ")
    yield layout.paragraph(words.say("fax.until", until=until), "    ", "    ")


def _fields(digest: Digest, gateway: Gateway, words: catalogue.Catalogue) -> Iterator[bytes]:
    yield compose.address_field("From", compose.mailbox(words.say("gateway"), gateway.postmaster))
    yield compose.address_field("To", gateway.postmaster)
    yield compose.machine_field("Date", compose.date(digest.at, digest.zone))
    yield compose.machine_field("Message-ID", message_id(digest, gateway))
    yield compose.field("Subject", words.count("subject", len(digest.held) + digest.more))
    yield b"Auto-Submitted: auto-generated\r\n"
    yield b"X-Auto-Response-Suppress: All\r\n"
    yield compose.machine_field(automatic.LOOP_FIELD, gateway.name)
