"""A rules file as records: what was written, checked, with names resolved. All frozen."""

import dataclasses
import datetime
import functools
import ipaddress
from collections.abc import Mapping
from typing import Any

from mailfax import errors
from mailfax.model import Action
from mailfax.policy import match, positions, proving

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclasses.dataclass(frozen=True, kw_only=True)
class Group:
    """A named list of senders, numbers or networks, with settings of its own."""

    name: str
    senders: match.Patterns | None = None
    numbers: match.Patterns | None = None
    networks: tuple[Network, ...] = ()
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hours:
    """Days of the week, Monday is 0, and the span of each in which it is open."""

    days: frozenset[int]
    opens: datetime.time
    closes: datetime.time


@dataclasses.dataclass(frozen=True, kw_only=True)
class Calendar:
    """When an office is open."""

    name: str
    zone: str | None
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


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class SendRule:
    """One [[send]]."""

    name: str
    path: positions.Path
    action: Action
    sender: Condition
    to: Condition
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
        return self.sender.empty and self.to.empty and not self.proofs

    @functools.cached_property
    def ways(self) -> tuple[tuple[proving.Proving, ...], ...]:
        """Sets of proofs of which one is enough; one empty set when no proof is asked for."""
        if self.every or not self.proofs:
            return (self.proofs,)
        return tuple((proof,) for proof in self.proofs)

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
    deliver: tuple[str, ...]
    goes_on: bool
    """`continue`: the next rule that holds delivers too."""
    settings: Mapping[str, Any]

    @property
    def catch_all(self) -> bool:
        """Whether it holds for every fax."""
        return all(condition.empty for condition in self.conditions) and not self.goes_on


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
    """One rules file, loaded whole. `hash` is the SHA-256 of its bytes."""

    file: str
    hash: str
    defaults: Mapping[str, Any]
    groups: Mapping[str, Group]
    covers: Mapping[str, str]
    """Name of a cover → its template."""
    calendars: Mapping[str, Calendar]
    logins: Mapping[str, match.Patterns]
    """Login → the addresses it owns, where the file says so."""
    send: tuple[SendRule, ...]
    receive: tuple[ReceiveRule, ...]
    receipts: tuple[ReceiptRule, ...]
    tests: tuple[Case, ...]
    warnings: tuple[errors.Problem, ...]
    index: positions.Index

    @property
    def country(self) -> str | None:
        """The country that local numbers belong to, for reading what users write."""
        country = self.defaults.get("country")
        return str(country) if country else None

    @functools.cached_property
    def networks(self) -> tuple[tuple[str, Network], ...]:
        """Every network with the name of its group."""
        groups = self.groups.values()
        return tuple((group.name, network) for group in groups for network in group.networks)

    def place(self, path: positions.Path) -> str:
        """`file:line` of a rule or test."""
        return f"{self.file}:{self.index.find(path)[0]}"
