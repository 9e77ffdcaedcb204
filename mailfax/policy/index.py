"""Rules found by what their conditions name, so that thousands cost no more than a few.

A condition that names addresses, domains, numbers or beginnings is looked up by keys; one with
a pattern that can hold anything is asked every time. What is found is more than what holds,
never less, and in the order of the file.
"""

import collections
import functools
import heapq
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

from mailfax.policy import match
from mailfax.policy.tables import Condition, ReceiveRule, SendRule

_NOTHING = Condition(key="")


class Places:
    """Where in a list of rules those are whose conditions can hold a value.

    `rules` gives each rule as its conditions, in one and the same order. A rule is kept under
    the condition that tells it from most others.
    """

    def __init__(self, rules: Sequence[Sequence[Condition]]) -> None:
        keyed = [[_keys(condition) for condition in conditions] for conditions in rules]
        count = collections.Counter(
            (side, key) for sides in keyed for side, keys in enumerate(sides) for key in keys or ()
        )
        self._by_key: dict[tuple[int, str], list[int]] = {}
        self._by_side: dict[int, list[int]] = {}
        self._others: list[int] = []
        for place, sides in enumerate(keyed):
            crowds = [
                (max(count[side, key] for key in keys), side)
                for side, keys in enumerate(sides)
                if keys
            ]
            if not crowds:
                self._others.append(place)
                continue
            side = min(crowds)[1]
            self._by_side.setdefault(side, []).append(place)
            for key in sides[side] or ():
                self._by_key.setdefault((side, key), []).append(place)

    def found(self, wanted: Sequence[Collection[str] | None]) -> Iterator[int]:
        """Places in order; `wanted` gives for each condition the keys of the value, or None
        where the value is not known.
        """
        lists = [self._others]
        for side, keys in enumerate(wanted):
            if keys is None:
                lists.append(self._by_side.get(side, []))
            else:
                lists += [self._by_key[side, key] for key in keys if (side, key) in self._by_key]
        last = -1
        kept = [one for one in lists if one] or [[]]
        for place in heapq.merge(*kept) if len(kept) > 1 else kept[0]:
            if place != last:
                yield place
            last = place


class Senders:
    """The [[send]] rules."""

    def __init__(self, rules: Sequence[SendRule]) -> None:
        self._rules = rules
        self._places = Places([_sides(rule) for rule in rules])
        self._gates = [_Gate.of(rule) for rule in rules]

    def candidates(
        self, mail_from: str, header_from: str | None, number: str
    ) -> Iterator[SendRule]:
        """Every rule that may hold, in order. Addresses and number are in their normal form;
        `header_from` is None while it is not known.
        """
        envelope = address_keys(mail_from)
        known = None if header_from is None else {*address_keys(header_from), *envelope}
        for place in self._places.found((known or envelope, known, number_keys(number))):
            if self._gates[place].lets(mail_from, header_from, number):
                yield self._rules[place]

    def above(self, rule: SendRule) -> Iterator[SendRule]:
        """Every rule that may hold all that `rule` holds."""
        senders = _wide_keys(rule.sender)
        for place in self._places.found((senders, senders, _wide_keys(rule.to))):
            yield self._rules[place]


def above(rules: Sequence[ReceiveRule]) -> Callable[[ReceiveRule], Iterator[ReceiveRule]]:
    """For a [[receive]] rule: every one that may hold all that it holds."""
    places = Places([rule.conditions for rule in rules])

    def wider(rule: ReceiveRule) -> Iterator[ReceiveRule]:
        for place in places.found([_wide_keys(condition) for condition in rule.conditions]):
            yield rules[place]

    return wider


def _sides(rule: SendRule) -> tuple[Condition, Condition, Condition]:
    """`from` where the envelope sender has to fit it, `from` where it has not, `to`."""
    if _asks_the_envelope(rule):
        return rule.sender, _NOTHING, rule.to
    return _NOTHING, rule.sender, rule.to


def _asks_the_envelope(rule: SendRule) -> bool:
    """Whether it cannot hold unless the envelope sender fits `from`."""
    return rule.strict and all(any(p.envelope for p in proofs) for proofs in rule.ways)


class _Gate(NamedTuple):
    """What one condition of a rule says for certain."""

    to: match.Patterns | None
    not_to: match.Patterns | None
    sender: match.Patterns | None
    envelope: bool

    @classmethod
    def of(cls, rule: SendRule) -> "_Gate":
        sender = rule.sender.wanted if rule.strict else None
        return cls(rule.to.wanted, rule.to.unwanted, sender, _asks_the_envelope(rule))

    def lets(self, mail_from: str, header_from: str | None, number: str) -> bool:
        """Whether the rule may hold; `header_from` is None if not known."""
        if self.to is not None and self.to.find(number) is None:
            return False
        if self.not_to is not None and self.not_to.find(number) is not None:
            return False
        if self.sender is None:
            return True
        if header_from is not None and self.sender.find(header_from) is None:
            return False
        return not self.envelope or self.sender.find(mail_from) is not None


# ── Keys: `ann@a.b`, `@a.b`, `@*.b`; `+49301`, `+49*` ───────────────────────────────────


def _keys(condition: Condition) -> frozenset[str] | None:
    """What a value has to have one of; None: it may be any."""
    return None if condition.wanted is None else _keys_of(condition.wanted)


def _keys_of(patterns: match.Patterns) -> frozenset[str] | None:
    found = [_key(pattern) for pattern in patterns]
    return None if None in found else frozenset().union(*filter(None, found))


def _key(pattern: match.Pattern) -> frozenset[str] | None:
    match pattern:
        case match.Exact(value=value):
            return frozenset({value})
        case match.Domain(domain=domain):
            return frozenset({f"@{domain}"})
        case match.Subdomains(domain=domain):
            return frozenset({f"@*.{domain}"})
        case match.Prefix(start=start):
            return frozenset({f"{start}*"})
        case match.InGroup(members=members):
            return _keys_of(members)
    return None


def _wide_keys(condition: Condition) -> Collection[str]:
    """One of these has every condition that holds all that this one holds."""
    return () if condition.wanted is None else _wide_keys_of(next(iter(condition.wanted)))


def _wide_keys_of(pattern: match.Pattern) -> Collection[str]:
    match pattern:
        case match.Exact(value=value):
            return {*address_keys(value), *number_keys(value)}
        case match.Domain(domain=domain):
            return address_keys(f"@{domain}")
        case match.Subdomains(domain=domain):
            return {f"@*.{domain}", *address_keys(f"@{domain}")}
        case match.Prefix(start=start):
            return number_keys(start)
        case match.InGroup(members=members):
            return _wide_keys_of(next(iter(members)))
    return ()


@functools.lru_cache(maxsize=1024)
def address_keys(address: str) -> tuple[str, ...]:
    """All that can be said to find an address."""
    _, at, domain = address.rpartition("@")
    if not at:
        return (address,)
    labels = domain.split(".")
    above = (f"@*.{'.'.join(labels[start:])}" for start in range(1, len(labels)))
    return (address, f"@{domain}", *above)


@functools.lru_cache(maxsize=1024)
def number_keys(number: str) -> tuple[str, ...]:
    """All that can be said to find a number, or a word."""
    return (number, *(f"{number[:end]}*" for end in range(1, len(number) + 1)))
