"""A rules file as records: what was written, checked, with names resolved. All frozen."""

import dataclasses
import datetime
import decimal
import functools
import ipaddress
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from mailfax import errors
from mailfax.model import Action
from mailfax.money import Money
from mailfax.policy import free, match, positions, proving, verdict

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a CSV file."""

    place: str
    """As `staff.csv ann@example.com`."""
    settings: Mapping[str, Any]
    deliver: tuple[str, ...] = ()


Rows = Mapping[match.Pattern, Row]
"""The lines of a CSV file by what stands in their first column."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Group:
    """A named list of senders, numbers or networks, with settings of its own."""

    name: str
    senders: match.Patterns | None = None
    numbers: match.Patterns | None = None
    networks: tuple[Network, ...] = ()
    rows: Rows = dataclasses.field(default_factory=dict)
    """Where a CSV file lists the senders or numbers."""
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def layers(self, listed: match.Pattern | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Its settings and those of one of its lines, the latter having the say."""
        yield f"group {self.name}", self.settings
        if listed is not None and listed in self.rows:
            yield self.rows[listed].place, self.rows[listed].settings

    @functools.cached_property
    def sorts(self) -> tuple[match.Pattern | None, ...]:
        """No line, and one of each sort of lines: those of a sort have the same settings."""
        lines = {repr(row.settings): pattern for pattern, row in self.rows.items()}
        return (None, *lines.values())

    def gives(self, key: str) -> bool:
        """Whether all that it holds have this setting."""
        lines = [self.rows[one].settings for one in self.sorts if one is not None]
        return key in self.settings or (bool(lines) and all(key in line for line in lines))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cover:
    """[covers.NAME]: a template, and words that go before its own."""

    template: str
    words: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Budget:
    """[budgets.NAME] or [breaker]: how much one payer may fax in a period; None: any number."""

    name: str
    per: str
    every: str
    faxes: int | None
    pages: int | None
    money: Money | None
    soft: decimal.Decimal = decimal.Decimal(1)
    """Share of it from which there is a warning."""
    zone: str
    """Whose midnight ends the day."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tariff:
    """[prices.ACCOUNT]: for `page`, `minute` and `call`, amounts by prefix of the number."""

    account: str
    currency: str
    units: Mapping[str, Mapping[str, decimal.Decimal]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hours:
    """Days of the week, Monday is 0, and the span of each in which it is open."""

    days: frozenset[int]
    opens: datetime.time
    closes: datetime.time
    """`datetime.time.max` for the end of the day."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Calendar:
    """When an office is open."""

    name: str
    zone: str
    hours: tuple[Hours, ...]
    closed: frozenset[datetime.date]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Condition:
    """`key` and its `not_` twin; a side that was not written is None."""

    key: str
    wanted: match.Patterns | None = None
    unwanted: match.Patterns | None = None

    @property
    def empty(self) -> bool:
        """Whether it asks for nothing."""
        return self.wanted is None and self.unwanted is None


@dataclasses.dataclass(frozen=True, kw_only=True)
class When:
    """`when` and `not_when`: calendars, of which one has to be open, or none may be."""

    wanted: tuple[Calendar, ...] | None = None
    unwanted: tuple[Calendar, ...] | None = None

    @property
    def empty(self) -> bool:
        """Whether it asks for nothing."""
        return self.wanted is None and self.unwanted is None


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class SendRule:
    """One [[send]]."""

    name: str
    path: positions.Path
    action: Action
    sender: Condition
    to: Condition
    when: When = When()
    if_: free.Free | None = None
    """`if`"""
    proofs: tuple[proving.Proving, ...] = ()
    every: bool = False
    """All proofs are needed, not one of them."""
    code: int = 550
    status: str = "5.7.1"
    text: str = ""
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @functools.cached_property
    def catch_all(self) -> bool:
        """Whether it holds for every mail."""
        return self.plain and self.sender.empty and self.to.empty and not self.proofs

    @property
    def plain(self) -> bool:
        """Whether it holds at any time and asks nothing in words of its own."""
        return self.when.empty and self.if_ is None

    @functools.cached_property
    def ways(self) -> tuple[tuple[proving.Proving, ...], ...]:
        """Sets of proofs of which one is enough; one empty set when no proof is asked for.

        To ask the author by mail comes last, whatever the order in the file.
        """
        if self.every or not self.proofs:
            return (self.proofs,)
        ways = ((proof,) for proof in self.proofs)
        return tuple(sorted(ways, key=lambda way: way[0].kind == proving.CONFIRMED))

    @functools.cached_property
    def groups(self) -> tuple[str, ...]:
        """Every group it names: of senders, of numbers, of networks."""
        sides = [side for side in (self.sender.wanted, self.to.wanted) if side]
        listed = [p.name for side in sides for p in side if isinstance(p, match.InGroup)]
        networks = [proof.argument for proof in self.proofs if proof.kind == "network"]
        return (*listed, *networks)

    @functools.cached_property
    def strict(self) -> bool:
        """Whether it may lead to a fax, so that doubt about the sender speaks against it."""
        return self.action in {Action.ACCEPT, Action.HOLD}


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReceiveRule:
    """One [[receive]]."""

    name: str
    path: positions.Path
    conditions: tuple[Condition, ...]
    """On to (the number dialled), from (the caller), account and tsid."""
    when: When
    if_: free.Free | None
    """`if`"""
    deliver: tuple[str, ...]
    rows: Rows
    """Of `table`: whose line has the number dialled is delivered as that line says."""
    goes_on: bool
    """`continue`: the next rule that holds delivers too."""
    settings: Mapping[str, Any]

    def row(self, did: str) -> Row | None:
        """The line of its table that has the number dialled."""
        wanted = self.conditions[0].wanted if self.rows else None
        found = wanted.find(did) if wanted else None
        return self.rows[found] if found else None

    @property
    def catch_all(self) -> bool:
        """Whether it holds for every fax."""
        open_ = self.plain and all(condition.empty for condition in self.conditions)
        return open_ and not self.goes_on

    @property
    def plain(self) -> bool:
        """Whether it holds at any time and asks nothing in words of its own."""
        return self.when.empty and self.if_ is None


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ReceiptRule:
    """One [[receipt]]: an exception for some outcomes."""

    name: str
    sender: Condition
    to: Condition
    rule: Condition
    outcomes: frozenset[str]
    send: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """One [[test]]: a mail or a fax in a few words, and what should come of it."""

    name: str
    path: positions.Path
    given: Mapping[str, Any]
    expected: Mapping[str, Any]

    @property
    def receives(self) -> bool:
        """Whether it is about a fax that came in."""
        return "did" in self.given


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Rules:
    """One rules file, loaded whole. `hash` is the SHA-256 of its bytes, and of those of the other
    files that it refers to.
    """

    file: str
    hash: str
    defaults: Mapping[str, Any]
    groups: Mapping[str, Group]
    covers: Mapping[str, Cover]
    calendars: Mapping[str, Calendar]
    budgets: Mapping[str, Budget]
    prices: Mapping[str, Tariff]
    breaker: Budget | None
    """How much all together may fax in an hour."""
    deny: match.Patterns | None
    """Numbers that no rule lets pass."""
    logins: Mapping[str, match.Patterns]
    """Login → the addresses it owns, where the file says so."""
    send: tuple[SendRule, ...]
    receive: tuple[ReceiveRule, ...]
    receipts: tuple[ReceiptRule, ...]
    tests: tuple[Case, ...]
    warnings: tuple[errors.Problem, ...]
    index: positions.Index
    others: tuple[pathlib.Path, ...] = ()
    """Files and folders that were read besides."""

    @property
    def country(self) -> str | None:
        """The country that local numbers belong to, for reading what users write."""
        country = self.defaults.get("country")
        return str(country) if country else None

    @functools.cached_property
    def sought(self) -> Mapping[str, verdict.Unknown]:
        """Every proof of [[send]] that has to be looked for, as written: none is known at first."""
        words = {str(proof) for rule in self.send for proof in rule.proofs if proof.sought}
        return dict.fromkeys(words, verdict.Unknown.NOT_YET)

    @functools.cached_property
    def takes_options(self) -> bool:
        """Whether any sender may say anything about his fax himself."""
        groups = self.groups.values()
        layers = [self.defaults, *(rule.settings for rule in self.send)]
        layers += [group.settings for group in groups]
        layers += [row.settings for group in groups for row in group.rows.values()]
        return any(layer.get("allow_options") for layer in layers)

    @functools.cached_property
    def networks(self) -> tuple[tuple[str, Network], ...]:
        """Every network with the name of its group."""
        groups = self.groups.values()
        return tuple((group.name, network) for group in groups for network in group.networks)

    def layers(self, rule: SendRule) -> Iterator[list[tuple[str, Mapping[str, Any]]]]:
        """What may have a say under a rule: no group, or one of its groups with a sort of line."""
        groups = [self.groups[name] for name in rule.groups]
        for own in [(), *(group.layers(sort) for group in groups for sort in group.sorts)]:
            yield [("defaults", self.defaults), *own, (f"rule {rule.name}", rule.settings)]

    def place(self, path: positions.Path) -> str:
        """`file:line` of a rule or test."""
        return f"{self.file_of(path)}:{self.index.find(path)[0]}"

    def file_of(self, path: positions.Path) -> str:
        """The file that a rule or test stands in."""
        return self.index.file(path) or self.file
