"""Reading the things that rules refer to by name: covers, calendars, groups, logins."""

import dataclasses
import datetime
import ipaddress
import re
from collections.abc import Collection, Mapping
from typing import Any

from mailfax.policy import lists, match, schema, settings, tables

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(
    r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? (?P<opens>\d\d:\d\d)-(?P<closes>\d\d:\d\d)"
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Names:
    """What a rule may refer to, and the country its local numbers belong to."""

    references: settings.References
    groups: Mapping[str, tables.Group]
    calendars: Mapping[str, tables.Calendar]
    country: str | None

    def addresses(self, value: Any) -> match.Pattern:
        """Reader of one value of `from` in [[send]]."""
        text = schema.text(value)
        return self._group(text, "senders") or match.read_address(text)

    def numbers(self, value: Any) -> match.Pattern:
        """Reader of one value of `to`, or of `from` in [[receive]]."""
        text = schema.text(value)
        return self._group(text, "numbers") or match.read_number(text, self.country)

    def calendar(self, value: Any) -> tables.Calendar:
        """Reader of one value of `when`."""
        return self.calendars[settings.known("calendar", self.calendars)(value)]

    def _group(self, text: str, kind: str) -> match.Pattern | None:
        if not text.startswith("group:"):
            return None
        name = text.removeprefix("group:")
        group = self.groups[settings.known("group", self.groups)(name)]
        members = group.senders if kind == "senders" else group.numbers
        if members is None:
            raise ValueError(f"group {name!r} has no {kind}")
        return match.InGroup(text, name, members)


_COVER_FIELDS = (
    *("from_name", "from_company", "from_number", "from_phone", "from_address"),
    *("contact", "notice"),
)
"""Fields of a cover that the rules may give."""


def covers(document: schema.Table, templates: Collection[str] | None) -> dict[str, tables.Cover]:
    """[covers.NAME]: a template, which is called like the cover unless it says so, and words."""
    read = schema.text if templates is None else settings.known("cover template", templates)
    found = {}
    for name, table in document.named("covers"):
        table.only({"template", "words"})
        words = table.table("words")
        template = table.take("template", read) or name
        found[name] = tables.Cover(template=template, words=_words(words))
    return found


def _words(table: schema.Table) -> dict[str, str]:
    """Fields of the sender, and labels, which begin with a capital."""
    table.only({*_COVER_FIELDS, *(name for name in table.data if name[:1].isupper())})
    return {name: words for name in table.data if (words := table.take(name, schema.text))}


def calendars(document: schema.Table) -> dict[str, tables.Calendar]:
    """[calendars.NAME], the zone empty where they name none."""
    return {name: _calendar(name, table) for name, table in document.named("calendars")}


def in_zone(found: Mapping[str, tables.Calendar], zone: str) -> dict[str, tables.Calendar]:
    """The same, with this zone for those which name none."""
    return {
        name: dataclasses.replace(calendar, zone=calendar.zone or zone)
        for name, calendar in found.items()
    }


def _calendar(name: str, table: schema.Table) -> tables.Calendar:
    if name == "always":
        table.book.wrong(table.path, "always is no name for a calendar: it is the word for none")
    table.only({"zone", "hours", "closed"})
    if "hours" not in table:
        table.wrong("hours", f'{table.label} needs hours, as ["mon-fri 08:00-17:00"]')
    return tables.Calendar(
        name=name,
        zone=table.take("zone", schema.zone) or "",
        hours=table.many("hours", _hours) or (),
        closed=frozenset(table.many("closed", _date) or ()),
    )


def _hours(value: Any) -> tables.Hours:
    match_ = _HOURS.fullmatch(schema.text(value).lower())
    if not match_:
        raise ValueError(f"must be hours, as 'mon-fri 08:00-17:00', not {schema.shown(value)}")
    first, last, opens, closes = match_.groups()
    if first not in _DAYS or (last or first) not in _DAYS:
        raise ValueError(f"names a day that is none of {', '.join(_DAYS)}, in {value!r}")
    start, end = _DAYS.index(first), _DAYS.index(last or first)
    span = (end - start) % 7 + 1
    days = frozenset((start + n) % 7 for n in range(span))
    opens_at, closes_at = datetime.time.fromisoformat(opens), _closes(closes)
    if opens_at >= closes_at:
        raise ValueError(f"closes before it opens, in {value!r}")
    return tables.Hours(days=days, opens=opens_at, closes=closes_at)


def _closes(text: str) -> datetime.time:
    return datetime.time.max if text == "24:00" else datetime.time.fromisoformat(text)


def _date(value: Any) -> datetime.date:
    if isinstance(value, datetime.datetime) or not isinstance(value, datetime.date | str):
        raise ValueError(f"must be a date, as 2025-12-25, not {schema.shown(value)}")  # noqa: TRY004
    try:
        return value if isinstance(value, datetime.date) else datetime.date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"must be a date, as 2025-12-25, not {schema.shown(value)}") from None


def groups(
    document: schema.Table, references: settings.References, country: str | None
) -> dict[str, tables.Group]:
    """[groups.NAME]."""
    return {
        name: _group(name, table, references, country) for name, table in document.named("groups")
    }


def _group(
    name: str, table: schema.Table, references: settings.References, country: str | None
) -> tables.Group:
    table.only({"senders", "numbers", "networks", *settings.SEND_KEYS})
    if not {"senders", "numbers", "networks"} & table.data.keys():
        table.book.wrong(table.path, f"{table.label} needs senders, numbers or networks")
    listed = _Listed(table, references)
    return tables.Group(
        name=name,
        senders=listed.members("senders", "sender", _listed_address, match.read_address),
        numbers=listed.members(
            "numbers", "number", *[lambda text: match.read_number(text, country)] * 2
        ),
        networks=table.many("networks", _network) or (),
        rows=listed.rows,
        settings=settings.read_send(table, references),
    )


def deny(
    document: schema.Table, references: settings.References, country: str | None
) -> match.Patterns | None:
    """[deny]: numbers that no rule lets pass."""
    if "deny" not in document:
        return None
    table = document.table("deny")
    table.only({"numbers"})
    if "numbers" not in table:
        table.wrong("numbers", "[deny] needs numbers")
    return _Listed(table, references).members(
        "numbers", "number", *[lambda text: match.read_number(text, country)] * 2
    )


class _Listed:
    """The members of a group: in the file, or in a CSV file beside it, whose rows are kept."""

    def __init__(self, table: schema.Table, references: settings.References) -> None:
        self._table = table
        self._references = references
        self.rows: dict[match.Pattern, tables.Row] = {}

    def members(
        self,
        key: str,
        column: str,
        read_cell: schema.Reader[match.Pattern],
        read: schema.Reader[match.Pattern],
    ) -> match.Patterns | None:
        """What `key` lists; None when it is absent."""
        if not isinstance(self._table.data.get(key), dict):
            found = self._table.many(key, _member(read))
            return None if found is None else match.Patterns(found)
        place = self._table.table(key)
        place.only({"csv"})
        rows = lists.rows(
            place,
            "csv",
            place.take("csv", schema.text) or "",
            column=column,
            pattern=_member(read_cell),
            known=settings.SEND_KEYS,
            read=lambda line: settings.read_send(line, self._references),
        )
        self.rows |= rows
        return match.Patterns(tuple(rows))


def _listed_address(text: str) -> match.Pattern:
    """As in `from`; lists from elsewhere write `*@example.com` for a whole domain."""
    return match.read_address(text.removeprefix("*") if text.startswith("*@") else text)


def _member(read: schema.Reader[match.Pattern]) -> schema.Reader[match.Pattern]:
    """A pattern that is not itself a group."""

    def member(value: Any) -> match.Pattern:
        text = schema.text(value)
        if text.startswith("group:"):
            raise ValueError(f"{text!r} stands in a group: groups do not hold groups")
        return read(text)

    return member


def _network(value: Any) -> tables.Network:
    text = schema.text(value)
    try:
        loose = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is not a network: write it like '192.0.2.0/24'") from None
    if loose.network_address != ipaddress.ip_address(text.partition("/")[0]):
        raise ValueError(f"{text!r} has bits set after its mask: write '{loose}'")
    return loose


def logins(document: schema.Table) -> dict[str, match.Patterns]:
    """[logins]: login = the addresses it may send as."""
    table = document.table("logins")
    owned = {name: table.many(name, _member(match.read_address)) for name in table.data}
    return {name: match.Patterns(patterns or ()) for name, patterns in owned.items()}
