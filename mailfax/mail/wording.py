"""The part of a receipt that people read, and its subject line.

What happened, which number, how many pages, how often tried, whose turn it is and what to do
(RFC 6522 section 3, RFC 3249 section 4.4). The words come from templates/receipt; here is only
which of them are said, and in what order.
"""

import textwrap
from collections.abc import Iterator, Sequence

from mailfax import errors
from mailfax.mail import catalogue, dsn, layout, plain
from mailfax.mail.notice import Entry, Kind, Notice
from mailfax.model import ManifestEntry
from mailfax.states import State

_SERIOUS = (Kind.FAILED, Kind.HELD, Kind.DELAYED, Kind.RELAYED, Kind.ACCEPTED, Kind.DELIVERED)

_Row = tuple[str, str]


def words_of(notice: Notice) -> catalogue.Catalogue:
    """The receipt's phrases in the sender's language."""
    return catalogue.load(notice.templates, "receipt", notice.language)


def ordered(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The most serious first, so that nobody overlooks the one that failed."""
    return tuple(sorted(entries, key=lambda entry: _SERIOUS.index(entry.kind)))


def subject(notice: Notice) -> str:
    """What happened at a glance, then the subject of the original."""
    words = words_of(notice)
    if len(notice.entries) == 1:
        what = _subject_of_one(words, notice.entries[0])
    else:
        count = len(notice.entries)
        what = words.say("subject.several", count=count, summary=_summary(words, notice.entries))
    about = plain.line(notice.subject, 120)
    return words.say("subject.about", what=what, subject=about) if about else what


def text(notice: Notice) -> str:
    """The whole letter, lines of at most 72 where words allow."""
    words = words_of(notice)
    if len(notice.entries) == 1:
        blocks = [_first(words, notice.entries[0]), *_letter(words, notice, notice.entries[0])]
    else:
        blocks = list(_several(words, notice))
    blocks += _parts(words, notice)
    if any(entry.kind is not Kind.DELIVERED for entry in notice.entries):
        blocks.append(
            layout.paragraph(words.say("then.quote", postmaster=notice.gateway.postmaster))
        )
    return "\n\n".join(blocks) + "\n"


# ── Subject ────────────────────────────────────────────────────────────────────────────


def _subject_of_one(words: catalogue.Catalogue, entry: Entry) -> str:
    key, cause = _key(entry), entry.cause
    number = plain.telephone(str(entry.job.recipient.number))
    if key == "delayed" and cause is None:
        return words.say("subject.delayed_plain", number=number)
    short = words.say(f"cause.{cause}.short") if cause else ""
    return words.say(f"subject.{key}", number=number, cause=short)


def _summary(words: catalogue.Catalogue, entries: Sequence[Entry]) -> str:
    keys = [_key(entry) for entry in ordered(entries)]
    return ", ".join(
        words.say(f"summary.{key}", count=keys.count(key)) for key in dict.fromkeys(keys)
    )


def _key(entry: Entry) -> str:
    """The phrase that fits: `unsure` stands above failed and held."""
    return "unsure" if entry.unsure and entry.kind in {Kind.FAILED, Kind.HELD} else entry.kind


# ── Letter ─────────────────────────────────────────────────────────────────────────────


def _several(words: catalogue.Catalogue, notice: Notice) -> Iterator[str]:
    count = len(notice.entries)
    yield layout.paragraph(
        words.say("first.several", count=count, summary=_summary(words, notice.entries))
    )
    for position, entry in enumerate(ordered(notice.entries), 1):
        number = plain.telephone(str(entry.job.recipient.number))
        title = f"{position}. {number}: {words.say(f'several.{_key(entry)}')}"
        blocks = list(_letter(words, notice, entry))
        yield "\n\n".join([title, *(textwrap.indent(block, "   ") for block in blocks)])


def _first(words: catalogue.Catalogue, entry: Entry) -> str:
    number = plain.telephone(str(entry.job.recipient.number))
    return layout.paragraph(words.say(f"first.{_key(entry)}", number=number))


def _letter(words: catalogue.Catalogue, notice: Notice, entry: Entry) -> Iterator[str]:
    """Why, what next, and the facts: one block of text each."""
    why = " ".join(_why(words, notice, entry))
    if why:
        yield layout.paragraph(why)
    advice = _advice(words, notice, entry)
    if advice:
        yield layout.paragraph(advice)
    yield layout.table(words, _rows(words, notice, entry))


def _why(words: catalogue.Catalogue, notice: Notice, entry: Entry) -> Iterator[str]:
    key = _key(entry)
    if key == "unsure":
        yield words.say(f"then.unsure_{entry.kind}")
        return
    if entry.cause is not None:
        yield words.say(f"cause.{entry.cause}.sentence")
    arrived = dsn.pages_arrived(entry)
    if entry.kind is Kind.FAILED and arrived and arrived < entry.job.pages:
        yield words.say("then.some_pages", count=arrived, pages=entry.job.pages)
    if entry.job.state is State.EXPIRED and entry.cause is not errors.Cause.TIMED_OUT:
        yield words.say("then.expired")
    yield words.say(
        f"then.{entry.kind}",
        deadline=layout.moment(words, entry.job.deadline, notice.zone),
        postmaster=notice.gateway.postmaster,
    )


def _advice(words: catalogue.Catalogue, notice: Notice, entry: Entry) -> str:
    if _key(entry) == "unsure":
        return words.say("then.unsure_advice", postmaster=notice.gateway.postmaster)
    if entry.kind is Kind.FAILED and entry.cause is not None:
        return words.say("then.advice", advice=words.say(f"cause.{entry.cause}.advice"))
    return ""


def _rows(words: catalogue.Catalogue, notice: Notice, entry: Entry) -> Iterator[_Row]:
    job = entry.job
    to = job.recipient
    subaddress = f" / {to.subaddress}" if to.subaddress else ""
    yield "number", plain.telephone(str(to.number)) + subaddress
    yield "written", plain.line(to.address)
    yield "recipient", ", ".join(filter(None, (plain.line(to.name), plain.line(to.company))))
    yield "subject", plain.line(notice.subject, 300)
    yield "pages", _pages(words, entry)
    yield from _call_rows(words, notice, entry)
    if entry.kind is Kind.FAILED and entry.cause is not None and not entry.unsure:
        yield "turn", words.say(f"turn.{words.say(f'cause.{entry.cause}.turn')}")
    if entry.kind not in {Kind.DELIVERED, Kind.RELAYED}:
        yield "details", plain.line(job.note, 400)
        yield "carrier", plain.line(entry.report.raw, 200) if entry.report else ""
    yield "received", layout.moment(words, notice.arrived_at, notice.zone)
    yield "billing", plain.line(job.decision.billing)
    yield "id", job.id


def _call_rows(words: catalogue.Catalogue, notice: Notice, entry: Entry) -> Iterator[_Row]:
    if not entry.transmissions:
        return
    report, tries = entry.report, max(entry.job.tries, len(entry.transmissions))
    calls = report.dials if report and tries == 1 else None
    many = calls is not None and calls > 1
    yield "tries", words.say("value.calls", tries=tries, calls=calls) if many else str(tries)
    if tries > 1:
        yield "first_try", layout.moment(words, entry.transmissions[0].started_at, notice.zone)
    assert entry.last_try is not None
    over = entry.kind in {Kind.DELIVERED, Kind.RELAYED}
    yield "ended" if over else "last_try", layout.moment(words, entry.last_try, notice.zone)
    if report is not None:
        yield "duration", _duration(words, report.duration)
        csid = plain.line(report.csid or "", 40)
        yield "answered", words.say("value.answered", name=csid) if csid else ""


def _pages(words: catalogue.Catalogue, entry: Entry) -> str:
    pages, arrived = entry.job.pages, dsn.pages_arrived(entry)
    if not pages:
        return ""
    if arrived is None or entry.kind not in {Kind.DELIVERED, Kind.FAILED}:
        return words.say("value.pages_to_send", pages=pages)
    if entry.kind is Kind.DELIVERED and arrived == pages:
        return words.say("value.pages_delivered", pages=pages)
    return words.say("value.pages_arrived", count=arrived, pages=pages)


# ── Parts of the mail ──────────────────────────────────────────────────────────────────


def _parts(words: catalogue.Catalogue, notice: Notice) -> list[str]:
    """The manifest, when anything in it was not faxed, or there is something to say of it."""
    if not any(dsn.matters(part) or part.remarks for part in notice.manifest):
        return []
    rows = [
        _part(words, part)
        for part in notice.manifest
        if part.outcome == "faxed" or dsn.matters(part) or part.remarks
    ]
    return ["\n".join([words.say("parts.title"), *rows])]


def _part(words: catalogue.Catalogue, part: ManifestEntry) -> str:
    label = plain.line(part.found or part.label, 60)
    name = plain.line(part.name, 120) or words.say("parts.unnamed", part=part.part, label=label)
    outcome = words.say(f"parts.{part.outcome.replace(' ', '_')}")
    more = words.count("parts.pages", part.pages) if part.pages else plain.line(part.reason, 200)
    line = f"- {name}: {outcome}" + (f" ({more})" if more else "")
    remarks = (layout.paragraph(plain.line(text, 200), "    ", "    ") for text in part.remarks)
    return "\n".join([layout.paragraph(line, "  ", "    "), *remarks])


def _duration(words: catalogue.Catalogue, seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return words.say("seconds", seconds=rest)
    return words.say("minutes", minutes=minutes, seconds=rest)
