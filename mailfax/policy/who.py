"""Who may fax a number, and where does a fax for it go: the rules, asked from the other end."""

import dataclasses
from collections.abc import Iterator

from mailfax.number import FaxNumber
from mailfax.policy import conditions, destination, settings
from mailfax.policy.tables import Condition, ReceiveRule, Rules, SendRule


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sender:
    """One [[send]] rule that may decide on mails to the number."""

    rule: str
    place: str
    action: str
    who: str
    """`from` and `not_from` in words."""
    proof: str
    when: str
    objection: str | None
    """What the destination guards say, whoever asks; None: nothing."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Route:
    """One [[receive]] rule that may take a fax for the number."""

    rule: str
    place: str
    deliver: tuple[str, ...]
    conditions: str
    """What else has to hold; empty: nothing."""
    goes_on: bool


def senders(rules: Rules, fax: FaxNumber) -> Iterator[Sender]:
    """The rules that may decide, in order: up to the one that takes all that is left."""
    for rule in rules.send:
        if not conditions.holds(rule.to, str(fax)):
            continue
        ways = (" and ".join(map(str, way)) for way in rule.ways if way)
        yield Sender(
            rule=rule.name,
            place=rules.place(rule.path),
            action=str(rule.action),
            who=_words(rule.sender) or "anybody",
            proof=" or ".join(ways) or "none",
            when=_when(rule),
            objection=_objection(rules, rule, fax),
        )
        if rule.sender.empty and rule.plain and not rule.proofs:
            return


def routes(rules: Rules, fax: FaxNumber) -> Iterator[Route]:
    """The rules that may deliver, in order: up to the one that surely ends it."""
    for rule in rules.receive:
        dialled, *others = rule.conditions
        if not conditions.holds(dialled, str(fax)):
            continue
        also = [words for condition in others if (words := _words(condition))]
        also += [_when(rule)] if not rule.plain else []
        yield Route(
            rule=rule.name,
            place=rules.place(rule.path),
            deliver=_deliver(rule, str(fax)),
            conditions=", ".join(also),
            goes_on=rule.goes_on,
        )
        if not also and not rule.goes_on:
            return


def _deliver(rule: ReceiveRule, did: str) -> tuple[str, ...]:
    row = rule.row(did)
    return row.deliver if row else rule.deliver


def _objection(rules: Rules, rule: SendRule, fax: FaxNumber) -> str | None:
    """Only what holds for every group that the rule names, and each sort of its lines."""
    if not rule.strict:
        return None
    found = None
    for layers in rules.layers(rule):
        found = destination.objection(fax, settings.inherit(settings.BUILT_IN, layers))
        if found is None:
            return None
    return found


def _words(condition: Condition) -> str:
    wanted = f"{condition.key} {condition.wanted.shown}" if condition.wanted else ""
    unwanted = f"not_{condition.key} {condition.unwanted.shown}" if condition.unwanted else ""
    return ", ".join(filter(None, (wanted, unwanted)))


def _when(rule: SendRule | ReceiveRule) -> str:
    """`when`, `not_when` and `if`."""
    sides = (("when", rule.when.wanted), ("not_when", rule.when.unwanted))
    said = [f"{key} {', '.join(one.name for one in side)}" for key, side in sides if side]
    return ", ".join([*said, *([f"if {rule.if_.text}"] if rule.if_ else [])])


def report(rules: Rules, fax: FaxNumber) -> list[str]:
    """Both, a line for each rule."""
    return [
        f"number    {destination.described(fax)}",
        *(_sender_line(one) for one in senders(rules, fax)),
        *(_route_line(one) for one in routes(rules, fax)),
    ]


def _sender_line(one: Sender) -> str:
    when = f"; {one.when}" if one.when else ""
    but = f"; but {one.objection}" if one.objection else ""
    return (
        f"send      {one.rule} ({one.place}): {one.action}: {one.who}; proof {one.proof}{when}{but}"
    )


def _route_line(one: Route) -> str:
    only = f" if {one.conditions}" if one.conditions else ""
    goes_on = ", and on to the next" if one.goes_on else ""
    return f"receive   {one.rule} ({one.place}): to {', '.join(one.deliver)}{only}{goes_on}"
