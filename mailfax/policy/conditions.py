"""Conditions tried on values: each gives checks, with the verdict and what was compared."""

import datetime
from collections.abc import Iterator, Mapping

from mailfax.policy import hours, match, settings, verdict
from mailfax.policy.tables import Condition, ReceiptRule, Rules, SendRule, When
from mailfax.policy.verdict import Check, Unknown, Verdict

Senders = Mapping[str, str | Unknown]
"""The sender addresses that count, in normal form, by what they are called."""

_ANYONE = match.Patterns((match.Anything(),))


def value(condition: Condition, given: str) -> Iterator[Check]:
    """A condition on one known value, and its `not_` twin."""
    shown = given or "nothing"
    if condition.wanted is not None:
        held = condition.wanted.find(given) is not None
        yield Check(condition.key, verdict.of(held), f"{shown}, wanted {condition.wanted.shown}")
    if condition.unwanted is not None:
        free = condition.unwanted.find(given) is None
        remark = f"{shown}, not wanted {condition.unwanted.shown}"
        yield Check(f"not_{condition.key}", verdict.of(free), remark)


def when(asked: When, now: datetime.datetime) -> Iterator[Check]:
    """`when` and `not_when` at this moment."""
    for key, calendars in (("when", asked.wanted), ("not_when", asked.unwanted)):
        if calendars is not None:
            is_open = [one for one in calendars if hours.is_open(one, now)]
            held = bool(is_open) is (key == "when")
            names = ", ".join(one.name for one in calendars)
            state = f"{is_open[0].name} is open" if is_open else f"{names} not open"
            yield Check(key, verdict.of(held), f"{hours.described(calendars[0], now)}, {state}")


def holds(condition: Condition, given: str) -> bool:
    """Whether a condition and its twin hold for one known value."""
    return all(check.verdict is Verdict.YES for check in value(condition, given))


def sender(rule: SendRule, senders: Senders) -> Iterator[Check]:
    """`from` and `not_from`: for all addresses where the rule may lead to a fax, else for one."""
    join = verdict.every if rule.strict else verdict.some
    wanted, unwanted = rule.sender.wanted, rule.sender.unwanted
    if rule.strict or wanted is not None:
        wanted = wanted or _ANYONE
        held = [_held(wanted, address, rule.strict) for address in senders.values()]
        yield Check("from", join(held), f"{_named(senders)}, wanted {wanted.shown}")
    if unwanted is not None:
        free = [verdict.negated(_held(unwanted, a, rule.strict)) for a in senders.values()]
        yield Check("not_from", join(free), f"{_named(senders)}, not wanted {unwanted.shown}")


def owner(
    rule: SendRule, logins: Mapping[str, match.Patterns], login: str, senders: Senders
) -> Iterator[Check]:
    """Whether the login owns every address that counts (RFC 6409 section 6.1)."""
    verdicts = [
        verdict.of(a if isinstance(a, Unknown) else _owns(rule, logins, login, a))
        for a in senders.values()
    ]
    yield Check("login owns", verdict.every(verdicts), f"login {login}, {_named(senders)}")


def _owns(rule: SendRule, logins: Mapping[str, match.Patterns], login: str, address: str) -> bool:
    if login in logins:
        return logins[login].find(address) is not None
    if "@" in login:
        return match.address(login) == address
    named = rule.sender.wanted is not None and rule.sender.wanted.names(address)
    return named and address.rpartition("@")[0] == login.lower()


def _held(patterns: match.Patterns, address: str | Unknown, strict: bool) -> Verdict:
    """An empty address, as of a bounce or a mail with two authors, is nobody's."""
    if isinstance(address, Unknown):
        return verdict.of(address)
    return verdict.of(patterns.find(address) is not None and not (strict and address == ""))


def _named(senders: Senders) -> str:
    return ", ".join(
        f"{name} {a.value if isinstance(a, Unknown) else a or 'empty'}"
        for name, a in senders.items()
    )


def receipts(rules: Rules, rule: SendRule, address: str, number: str) -> dict[str, ReceiptRule]:
    """For each outcome the first [[receipt]] that speaks of it and holds."""
    holding = [
        one
        for one in rules.receipts
        if holds(one.sender, address) and holds(one.to, number) and holds(one.rule, rule.name)
    ]
    found = {}
    for outcome in settings.OUTCOMES:
        first = next((one for one in holding if outcome in one.outcomes), None)
        if first:
            found[outcome] = first
    return found
