"""The mail that brings a received fax (RFC 4160 section 4, RFC 3965, RFC 3458).

It comes from the caller as `FAX=+…@our-domain`, so that an answer finds its way back, and
holds the pages as PDF, TIFF or both. A fax that could not be opened is attached as it came,
with a warning; one whose document is missing is told too. The envelope sender is the caller's.
"""

import dataclasses
import pathlib
import re
import zoneinfo
from collections.abc import Iterator, Sequence

from mailfax import errors
from mailfax.mail import automatic, catalogue, compose, layout, plain
from mailfax.model import Damage, Gateway, InboundFax

_E164 = re.compile(r"\+[0-9]{4,15}")
_EXTENSIONS = {"pdf": "pdf", "tiff": "tif", "tif": "tif"}
_TOLD = 20
"""Damaged pages that are told of one by one."""
_LABELS = {"pdf": "application/pdf", "tiff": "image/tiff", "tif": "image/tiff"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One file of the fax: its kind (pdf, tiff, or what came), octets, and pages if counted."""

    kind: str
    data: bytes = dataclasses.field(repr=False)
    pages: int | None = None
    original: bool = False
    """As it came, beside one in which damaged pages were made anew."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Everything the mail is made of; the same letter gives the same octets."""

    id: str
    """Ours for this fax and target: the Message-ID follows from it."""
    fax: InboundFax
    to: str
    gateway: Gateway
    attachments: Sequence[Attachment]
    templates: tuple[pathlib.Path, ...]
    """Template folders, first wins."""
    warning: str = ""
    """Why the document could not be opened, one sentence; empty when all is well."""
    damage: Sequence[Damage] = ()
    """Pages that did not arrive whole."""
    zone: str = "UTC"
    language: str = "en"
    automatic: bool = True
    """Marked auto-generated, so that no vacation reply is faxed back."""


def message_id(letter: Letter) -> str:
    """The mail's Message-ID: the same for the same id and mailbox, so a twin is recognised."""
    return compose.stable_id("fax", letter.gateway.name, letter.id, letter.to)


def build(letter: Letter) -> bytes:
    """The finished mail: octets with CRLF, ready for the smarthost.

    Raises `errors.Permanent` when `to` is no mail address.
    """
    if not compose.is_address(letter.to):
        raise errors.Permanent(f"{letter.to!a} is no address that a fax can be mailed to")
    text = compose.text(_text(letter))
    files = [compose.attachment(file) for file in _files(letter)]
    body = compose.multipart("mixed", [text, *files], message_id(letter))
    return compose.message(list(_fields(letter)), body)


# ── Header ─────────────────────────────────────────────────────────────────────────────


def _fields(letter: Letter) -> Iterator[bytes]:
    gateway, date = letter.gateway, compose.date(letter.fax.received_at, letter.zone)
    trace = f"by {gateway.name} via FAX with HTTP id {letter.id}; {date}"
    yield compose.machine_field("Received", trace)
    yield compose.machine_field("Date", date)
    yield compose.address_field("From", _sender(letter))
    yield compose.address_field("To", letter.to)
    yield compose.field("Subject", _subject(letter))
    yield compose.machine_field("Message-ID", message_id(letter))
    yield b"Message-Context: fax-message\r\n"
    if letter.automatic:
        yield b"Auto-Submitted: auto-generated\r\n"
    yield compose.machine_field(automatic.LOOP_FIELD, gateway.name)


def _sender(letter: Letter) -> str:
    """The caller where the number is known, never the station id (RFC 4160 section 4.2.3)."""
    words, caller = _words(letter), letter.fax.caller
    if not _E164.fullmatch(caller):
        return compose.mailbox(words.say("sender.unknown"), letter.gateway.postmaster)
    name = words.say("sender.known", caller=plain.telephone(caller))
    return compose.mailbox(name, f"FAX={caller}@{letter.gateway.domains[0]}")


def _subject(letter: Letter) -> str:
    words, caller, pages = _words(letter), _caller(letter), _pages(letter)
    if letter.warning:
        return words.say(f"subject.{_trouble(letter)}", caller=caller)
    if pages is None:
        subject = words.say("subject.plain", caller=caller)
    else:
        subject = words.count("subject.pages", pages, caller=caller)
    return words.say("subject.damaged", subject=subject) if letter.damage else subject


# ── Text ───────────────────────────────────────────────────────────────────────────────


def _text(letter: Letter) -> str:
    words = _words(letter)
    blocks = [layout.paragraph(words.say("text.arrived", caller=_caller(letter)))]
    if letter.warning:
        warning = plain.line(letter.warning, 300)
        blocks.append(layout.paragraph(words.say(f"text.{_trouble(letter)}", warning=warning)))
    if letter.damage:
        blocks += [layout.paragraph(sentence) for sentence in _damage(words, letter)]
    blocks.append(layout.table(words, _rows(words, letter)))
    if _E164.fullmatch(letter.fax.caller):
        blocks.append(layout.paragraph(words.say("text.answer", caller=_caller(letter))))
    return "\n\n".join(blocks) + "\n"


def _damage(words: catalogue.Catalogue, letter: Letter) -> Iterator[str]:
    """What the line did to which page, and what was made of it."""
    yield words.say("text.damaged")
    for page in letter.damage[:_TOLD]:
        counts = (("lines", page.lines), ("lost", page.lost))
        yield " ".join(
            words.count(f"text.{key}", count, page=page.page) for key, count in counts if count
        )
    if more := len(letter.damage[_TOLD:]):
        yield words.count("text.more", more)
    if any(file.original for file in letter.attachments):
        yield words.say("text.original")


def _rows(words: catalogue.Catalogue, letter: Letter) -> Iterator[tuple[str, str]]:
    fax, pages = letter.fax, _pages(letter)
    tsid = plain.line(fax.tsid, 40)
    yield "caller", plain.telephone(fax.caller) if fax.caller else ""
    yield "did", plain.telephone(fax.did)
    yield "received", layout.moment(words, fax.received_at, letter.zone)
    yield "pages", "" if pages is None else str(pages)
    yield "tsid", words.say("text.unverified", name=tsid) if tsid else ""
    yield "files", ", ".join(file.name for file in _files(letter))
    yield "id", letter.id


def _caller(letter: Letter) -> str:
    if not letter.fax.caller:
        return _words(letter).say("caller.withheld")
    return plain.telephone(letter.fax.caller)


def _pages(letter: Letter) -> int | None:
    counted = [file.pages for file in letter.attachments if file.pages is not None]
    return counted[0] if counted else letter.fax.pages


def _trouble(letter: Letter) -> str:
    return "unopened" if letter.attachments else "missing"


def _words(letter: Letter) -> catalogue.Catalogue:
    return catalogue.load(letter.templates, "forward", letter.language)


# ── Files ──────────────────────────────────────────────────────────────────────────────


def _files(letter: Letter) -> list[compose.Attachment]:
    """Named by time and caller, so that a folder of them sorts itself.

    A file that could not be opened has no type that a mail program would open by itself.
    """
    fax = letter.fax
    local = fax.received_at.astimezone(zoneinfo.ZoneInfo(letter.zone))
    caller = f"-from-{fax.caller[1:]}" if _E164.fullmatch(fax.caller) else ""
    stem = f"fax-{local:%Y-%m-%d-%H%M%S}{caller}"
    return [
        compose.Attachment(
            name=f"{stem}{'-as-it-came' * file.original}.{_EXTENSIONS.get(file.kind, 'bin')}",
            label="application/octet-stream"
            if letter.warning
            else _LABELS.get(file.kind, "application/octet-stream"),
            data=file.data,
        )
        for file in letter.attachments
    ]
