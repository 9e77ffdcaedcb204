"""What a sender may say about his fax himself: his wishes read and checked. Pure.

One grammar in four places. A wish is `OPTION=VALUE` or `OPTION: VALUE`, the value in quotes or not,
or one of the short words. The place that is nearest to the recipient has the say: the address
before the header, the header before the subject, the subject before the text. A wish that cannot be
granted is never overlooked: the fax is refused with the list of those that can.
"""

import datetime
import difflib
import re
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mailfax import errors
from mailfax.model import Decision, Wish
from mailfax.policy import settings

PLACES = ("body", "subject", "header", "address")
"""Whose word counts for more comes later."""
SHORT: Mapping[str, tuple[str, str]] = {
    "standard": ("resolution", "standard"),
    "fine": ("resolution", "fine"),
    "superfine": ("resolution", "superfine"),
    "nocover": ("cover", "none"),
    "urgent": ("priority", "urgent"),
}
"""Words that say an option and its value in one."""
AHEAD = datetime.timedelta(days=30)
"""How far ahead a fax may be put off."""

_WISH = re.compile(r"([A-Za-z][A-Za-z-]*)\s*(?:[:=]\s*(.*))?", re.DOTALL)
_MOMENT = re.compile(
    r"(?:(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]+(?=[0-9])|$))?"
    r"(?:(?P<hour>[0-9]{1,2})[:.]?(?P<minute>[0-9]{2}))?"
)
_LONGEST = 60
_PAGES = frozenset({"pdf", "tiff"})

_Reader = Callable[[str, Decision, datetime.datetime], Mapping[str, Any]]
"""From a value, what the rule says, and now, to fields of a decision; raises ValueError."""


def granted(
    wishes: Sequence[Wish], decision: Decision, now: datetime.datetime
) -> Mapping[str, Any]:
    """Fields of `decision` as its sender wants them; `cover` is the name that he wrote.

    Where the rule takes no options, only an address may not hold any: the rest is plain text then.
    Raises errors.Permanent with one sentence for a wish that cannot be granted.
    """
    if not decision.allow_options:
        tag = next((wish for wish in wishes if wish.place == "address"), None)
        if tag:
            raise errors.Permanent(f"{_quoted(tag.text)} behind the number: {_taken(decision)}")
        return {}
    found: dict[str, Any] = {}
    for place in PLACES:
        found |= _in_one_place([w for w in wishes if w.place == place], decision, now)
    return found


def _in_one_place(
    wishes: Sequence[Wish], decision: Decision, now: datetime.datetime
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    told: set[str] = set()
    for wish in wishes:
        option, value = _option(wish, decision)
        if option in told:
            raise errors.Permanent(f"the option '{option}' stands twice in the {wish.place}")
        told.add(option)
        try:
            found |= _READERS[option](value, decision, now)
        except ValueError as problem:
            raise errors.Permanent(f"{option} in the {wish.place}: {_plain(problem)}") from None
    return found


def _option(wish: Wish, decision: Decision) -> tuple[str, str]:
    """Option and value of a wish that the rule allows."""
    match = _WISH.fullmatch(wish.text.strip())
    name = match[1].lower() if match else ""
    value = _unquoted(match[2] or "") if match else ""
    option, value = SHORT[name] if name in SHORT and not value else (name, value)
    if option not in decision.allow_options:
        why = "may not be said here" if option in _READERS else f"is no option{_near(name)}"
        raise errors.Permanent(
            f"{_quoted(wish.text)} in the {wish.place} {why}; {_taken(decision)}"
        )
    if not value:
        raise errors.Permanent(f"{option} in the {wish.place} has no value")
    return option, value


def _near(name: str) -> str:
    near = difflib.get_close_matches(name, [*_READERS, *SHORT], 1)
    return f", did you mean '{near[0]}'?" if near else ""


def _taken(decision: Decision) -> str:
    words = ", ".join(decision.allow_options)
    return f"allowed is: {words}" if words else "no options are taken here"


def _unquoted(value: str) -> str:
    text = value.strip()
    quoted = len(text) >= 2 and text[0] == text[-1] == '"'
    return text[1:-1].strip() if quoted else text


def _quoted(text: str) -> str:
    return f"'{_plain(text[:_LONGEST])}'"


def _plain(text: object) -> str:
    """As a reply to a client can hold it."""
    return str(text).encode("ascii", "replace").decode()


# ── The options ────────────────────────────────────────────────────────────────────────


def _setting(name: str) -> _Reader:
    """One that takes what the setting of the same name takes."""
    return lambda value, _, __: {name: settings.SEND[name](value.lower())}


def _label(name: str) -> _Reader:
    return lambda value, _, __: {name: settings.SEND["billing"](value)}


def _cover(value: str, decision: Decision, _: datetime.datetime) -> Mapping[str, Any]:
    if value not in decision.covers:
        raise ValueError(f"must be one of {', '.join(decision.covers) or 'none'}")
    return {"cover": value}


def _at(value: str, decision: Decision, now: datetime.datetime) -> Mapping[str, Any]:
    try:
        found = _moment(value, now.astimezone(zoneinfo.ZoneInfo(decision.zone)))
    except OverflowError:
        raise ValueError("is a time out of all reckoning") from None
    if found < now:
        raise ValueError("this time is over")
    if found - now > AHEAD:
        raise ValueError(f"is more than {AHEAD.days} days ahead")
    return {"send_at": found}


def _moment(value: str, local: datetime.datetime) -> datetime.datetime:
    """`14:30` today or else tomorrow, `2025-03-01`, `2025-03-01 14:30`: in the zone of `local`."""
    match = _MOMENT.fullmatch(value)
    if match is None:
        raise ValueError("must be a time as 14:30, a date as 2025-03-01, or both")
    clock = datetime.time(int(match["hour"] or 0), int(match["minute"] or 0))
    date = datetime.date.fromisoformat(match["date"]) if match["date"] else local.date()
    found = datetime.datetime.combine(date, clock, local.tzinfo)
    if not match["date"] and found < local:
        found = datetime.datetime.combine(date + datetime.timedelta(days=1), clock, local.tzinfo)
    return found.astimezone(datetime.UTC)


def _retries(value: str, decision: Decision, _: datetime.datetime) -> Mapping[str, Any]:
    most = decision.tries - 1
    if not (value.isascii() and value.isdigit() and len(value) <= 3 and int(value) <= most):
        raise ValueError(f"must be a whole number from 0 to {most}")
    return {"tries": int(value) + 1}


def _receipt(value: str, _: Decision, __: datetime.datetime) -> Mapping[str, Any]:
    words = set(filter(None, re.split(r"[\s,]+", value.lower())))
    known = {*settings.OUTCOMES, *_PAGES, "all", "none"}
    if not words or words - known:
        raise ValueError(f"must be some of {', '.join(sorted(known))}")
    told = words - _PAGES
    forms = words & _PAGES
    if len(forms) > 1 or ({"all", "none"} & told and len(told) > 1):
        raise ValueError("does not go together")
    found: dict[str, Any] = {"receipt_pages": forms.pop()} if forms else {}
    if told:
        every = {"all": settings.OUTCOMES, "none": ()}
        found["receipts"] = frozenset(next((every[w] for w in told if w in every), tuple(told)))
    return found


_READERS: Mapping[str, _Reader] = {
    "resolution": _setting("resolution"),
    "paper": _setting("paper"),
    "parts": _setting("parts"),
    "priority": _setting("priority"),
    "cover": _cover,
    "at": _at,
    "retries": _retries,
    "receipt": _receipt,
    "billing": _label("billing"),
    "to": _label("to_name"),
    "company": _label("to_company"),
}
