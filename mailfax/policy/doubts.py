"""More of lint: what costs money, goes round, waits too long, or stands in two places."""

import datetime
import re
from collections.abc import Collection, Iterable, Iterator

from mailfax import errors
from mailfax.policy import destination, hours, match, schema, settings, tables

_SECRET = re.compile(
    r"(?:password|passwd|passphrase|secret|token|api[ _-]?key)\w*[\"']?\s*"
    r"[=:]\s*[\"']?[^\s\"'{]{4,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY|\$argon2|\b[a-z]+://[^\s:/@]+:[^\s/@]+@",
    re.IGNORECASE,
)
_ANY_CHARACTER = re.compile(r"(?<=[a-z0-9])\.(?=[a-z]{2,})", re.IGNORECASE)
_OPEN_END = re.compile(r"@.*\w.*\.[*+]$")


def check(rules: tables.Rules, book: schema.Book) -> None:
    """Note every warning about `rules` in `book`."""
    for rule in rules.send:
        for text in sorted(set(_of_settings(rules, rule))):
            book.warn(rule.path, f"rule {rule.name!r} {text}")
        for text in _loose(_patterns(rule.sender)):
            book.warn(rule.path, f"rule {rule.name!r}: {text}")
    for group in rules.groups.values():
        for text in _loose(group.senders or ()):
            book.warn(("groups", group.name, "senders"), f"group {group.name!r}: {text}")
    _taken_numbers(rules.receive, book)
    _listed_twice(rules.groups.values(), book)


# ── Settings ───────────────────────────────────────────────────────────────────────────


def _of_settings(rules: tables.Rules, rule: tables.SendRule) -> Iterator[str]:
    if not rule.strict:
        return
    for layers in rules.layers(rule):
        found = settings.inherit(settings.BUILT_IN, layers)
        calendar = rules.calendars.get(found["send_when"].value)
        if calendar and hours.longest_shut(calendar).total_seconds() > found["deadline"].value:
            shut = _hours(hours.longest_shut(calendar))
            yield f"waits for {calendar.name}, which is shut for {shut}, past its deadline"
        if not found["budget"].value and (dear := _dear(found)):
            yield f"may fax {dear} without a budget"


def _hours(span: datetime.timedelta) -> str:
    return f"{span.total_seconds() / 3600:g} hours"


def _dear(found: dict[str, settings.Value]) -> str:
    if found["allow_premium"].value:
        return "premium numbers"
    if found["allow_satellite"].value:
        return "satellite numbers"
    return "any country" if "*" in destination.allowed_countries(found) else ""


# ── Patterns ───────────────────────────────────────────────────────────────────────────


def _patterns(condition: tables.Condition) -> Iterator[match.Pattern]:
    for side in (condition.wanted, condition.unwanted):
        yield from side or ()


def _loose(patterns: Iterable[match.Pattern]) -> Iterator[str]:
    """Expressions that hold more than their writer had in mind."""
    for pattern in patterns:
        if not isinstance(pattern, match.Expression):
            continue
        plain = pattern.text.removeprefix("re:")
        if _OPEN_END.search(plain):
            yield f"'{pattern.text}' is open at its end: anybody can have such a domain"
        if _ANY_CHARACTER.search(plain.rpartition("@")[2]):
            yield f"'{pattern.text}' has a '.' that holds any character: write '\\.'"


# ── Twice ──────────────────────────────────────────────────────────────────────────────


def _taken_numbers(routes: Iterable[tables.ReceiveRule], book: schema.Book) -> None:
    """Some numbers of a rule that an earlier one takes; if it takes all, that is said already."""
    taken: dict[str, str] = {}
    for rule in routes:
        wanted = rule.conditions[0].wanted
        numbers = _numbers(wanted or ())
        lost = [(number, taken[number.value]) for number in numbers if number.value in taken]
        for number, earlier in lost if len(lost) < len(wanted.items if wanted else ()) else ():
            text = f"{number.text} is never reached in rule {rule.name!r}: {earlier!r} takes it"
            book.warn(rule.path, text)
        others = (
            *rule.conditions[1:],
            tables.Condition(key="", unwanted=rule.conditions[0].unwanted),
        )
        if rule.plain and not rule.goes_on and all(other.empty for other in others):
            taken |= {number.value: rule.name for number in numbers if number.value not in taken}


def _numbers(patterns: Iterable[match.Pattern]) -> list[match.Exact]:
    """The single numbers, those of groups too."""
    flat = (one for p in patterns for one in (p.members if isinstance(p, match.InGroup) else (p,)))
    return [one for one in flat if isinstance(one, match.Exact)]


def _listed_twice(groups: Collection[tables.Group], book: schema.Book) -> None:
    """Whom a CSV file lists and a group in the file as well: which settings are meant?"""
    rows = [(group.name, one) for group in groups for one in group.rows]
    listed = {one.value: name for name, one in rows if isinstance(one, match.Exact)}
    for group in groups:
        for one in _numbers([*(group.senders or ()), *(group.numbers or ())]):
            other = listed.get(one.value)
            if other not in {None, group.name}:
                text = f"{one.text} of group {group.name!r} is listed in group {other!r} too"
                book.warn(("groups", group.name), text)


# ── The text of the file ───────────────────────────────────────────────────────────────


def secrets(data: bytes, file: str) -> Iterator[errors.Problem]:
    """Lines that look as if a secret stood in them, comments too; it is not shown."""
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        found = _SECRET.search(line)
        if found:
            text = "looks like a secret: secrets do not belong in the rules"
            yield errors.Problem(file, number, found.start() + 1, text)


def loops(rules: tables.Rules, domains: Collection[str], book: schema.Book) -> None:
    """Received faxes that are mailed to our own fax domain, where they would be faxed."""
    for rule in rules.receive:
        rows = (address for row in rule.rows.values() for address in row.deliver)
        for address in (*rule.deliver, *rows):
            if match.address(address).rpartition("@")[2] in domains:
                text = f"delivers to {address}, which is our own fax domain: a loop"
                book.warn(rule.path, f"rule {rule.name!r} {text}")
