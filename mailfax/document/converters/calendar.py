"""Calendar files and invitations (RFC 5545, RFC 5546) as a readable page."""

import datetime
from collections.abc import Iterator, Sequence
from typing import Any

import icalendar

from mailfax.document.converters import Item, UnfitError, charsets, facts

_METHODS = {
    "REQUEST": "Invitation",
    "CANCEL": "Called off",
    "REPLY": "Answer to an invitation",
    "COUNTER": "Another time proposed",
}
_KINDS = {"VEVENT": "Appointment", "VTODO": "Task", "VJOURNAL": "Note"}
_ANSWERS = {
    "ACCEPTED": "accepted",
    "DECLINED": "declined",
    "TENTATIVE": "perhaps",
    "DELEGATED": "sends another",
}
_EVERY = {
    "SECONDLY": "second",
    "MINUTELY": "minute",
    "HOURLY": "hour",
    "DAILY": "day",
    "WEEKLY": "week",
    "MONTHLY": "month",
    "YEARLY": "year",
}
_DAYS = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}
_MOST = 500
"""Entries; a whole calendar is nothing to fax."""


def read(item: Item) -> str:
    """The entries of a calendar file. Raises `UnfitError`: damaged, empty, entries."""
    text = charsets.decode(item.data, item.charset)
    try:
        calendars = icalendar.Calendar.from_ical(text, multiple=True)
        cards = [card for calendar in calendars for card in _cards(calendar)]
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError):
        raise UnfitError("damaged") from None
    if not cards:
        raise UnfitError("empty")
    return f"\n\n{facts.RULE}\n\n".join(cards)


def _cards(calendar: Any) -> Iterator[str]:
    method = str(calendar.get("METHOD", "")).upper()
    entries = [one for one in calendar.walk() if one.name in _KINDS]
    if len(entries) > _MOST:
        raise UnfitError("entries", _MOST)
    for entry in entries:
        what = _METHODS.get(method) or _KINDS[entry.name]
        headline = f"{what}: {_words(entry, 'SUMMARY') or 'without a subject'}"
        yield facts.card(headline, _rows(entry), _words(entry, "DESCRIPTION"))


def _rows(entry: Any) -> Iterator[facts.Row]:
    yield "When", _when(entry)
    yield "Due", _moment(entry["DUE"].dt) if "DUE" in entry else ""
    for rule in _all(entry, "RRULE"):
        yield "Repeated", _repeated(rule)
    yield "Where", _words(entry, "LOCATION")
    yield "Organiser", "".join(map(_person, _all(entry, "ORGANIZER")))
    yield "Invited", "\n".join(map(_person, _all(entry, "ATTENDEE")))
    yield "Status", _words(entry, "STATUS").lower()
    yield "Web page", _words(entry, "URL")


def _all(entry: Any, name: str) -> Sequence[Any]:
    value = entry.get(name, [])
    return value if isinstance(value, list) else [value]


def _words(entry: Any, name: str) -> str:
    return "\n".join(map(str, _all(entry, name)))


# ── Times ──────────────────────────────────────────────────────────────────────────────


def _when(entry: Any) -> str:
    """`Tuesday, 1 December 2026, 10:00 to 11:30 (Europe/Berlin, UTC+01:00)`."""
    if "DTSTART" not in entry:
        return ""
    start, zone = entry["DTSTART"].dt, entry["DTSTART"].params.get("TZID", "")
    end = _end(entry, start)
    if not isinstance(start, datetime.datetime):
        last = end - datetime.timedelta(days=1)  # the end of whole days is the day after
        return _day(start) if last <= start else f"{_day(start)} to {_day(last)}"
    if end == start:
        return _moment(start, zone)
    if (start.date(), start.tzinfo) == (end.date(), end.tzinfo):
        return f"{_day(start)}, {start:%H:%M} to {end:%H:%M}{_zone(start, zone)}"
    return f"{_moment(start, zone)} to {_moment(end, zone)}"


def _end(entry: Any, start: Any) -> Any:
    if "DTEND" in entry:
        end = entry["DTEND"].dt
        return end if type(end) is type(start) else start
    return start + entry["DURATION"].dt if "DURATION" in entry else start


def _moment(time: datetime.date, zone: str = "") -> str:
    if not isinstance(time, datetime.datetime):
        return _day(time)
    return f"{_day(time)}, {time:%H:%M}{_zone(time, zone)}"


def _day(day: datetime.date) -> str:
    return f"{day:%A}, {day.day} {day:%B} {day.year}"


def _zone(time: datetime.datetime, name: str) -> str:
    """The zone's name and how far it is from UTC; nothing for a time that holds in any zone."""
    offset = time.strftime("%z")
    if not offset:
        return ""
    shift = "UTC" if int(offset) == 0 else f"UTC{offset[:3]}:{offset[3:5]}"
    return f" ({', '.join(filter(None, (name, shift)))})"


def _repeated(rule: Any) -> str:
    """A rule in words; one with more to it than days, count and end as it is written."""
    if rule.keys() - {"FREQ", "INTERVAL", "BYDAY", "COUNT", "UNTIL", "WKST"}:
        return str(rule.to_ical().decode())
    unit, step = _EVERY[str(rule["FREQ"][0]).upper()], rule.get("INTERVAL", [1])[0]
    words = [f"every {unit}" if step == 1 else f"every {step} {unit}s"]
    if days := rule.get("BYDAY"):
        words.append("on " + ", ".join(map(_weekday, days)))
    if "COUNT" in rule:
        words.append(f"{rule['COUNT'][0]} times")
    if "UNTIL" in rule:
        words.append(f"until {_moment(rule['UNTIL'][0])}")
    return ", ".join(words)


def _weekday(day: Any) -> str:
    """`2TU` is the second Tuesday, `-1FR` the last Friday."""
    number, name = str(day)[:-2], _DAYS[str(day)[-2:].upper()]
    if not number:
        return name
    nth = int(number)
    return f"the last {name}" if nth == -1 else f"{name} no. {nth}"


# ── People ─────────────────────────────────────────────────────────────────────────────


def _person(value: Any) -> str:
    address = str(value)
    address = address[7:] if address.lower().startswith("mailto:") else address
    name = str(value.params.get("CN", "")).strip('"')
    shown = f"{name} <{address}>" if name and name != address else address
    answer = _ANSWERS.get(str(value.params.get("PARTSTAT", "")).upper())
    return f"{shown} ({answer})" if answer else shown
