"""A trace for people and for programs: each rule tried, what stopped it, and whence each value.

Lines are for reading; the dictionaries hold the same in JSON's types.
"""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mailfax.model import Action, Decision, InboundFax, Target
from mailfax.money import Money
from mailfax.policy import budgets, decide, destination, prices, route, settings
from mailfax.policy.tables import Rules
from mailfax.policy.verdict import Check, Tried, Unknown, Verdict, Way


def report(rules: Rules, facts: decide.Facts, now: datetime.datetime) -> list[str]:
    """How the rules judge a mail, a line for each step."""
    found = decide.trace(rules, facts, now)
    lines = [
        f"mail      From {_known(facts.header_from)}, envelope sender {facts.mail_from or '<>'}",
        f"at        {found.now.isoformat(sep=' ', timespec='seconds')}",
        f"shown     {_shown(facts)}",
        f"to        {facts.recipient.address}: {destination.described(facts.recipient.number)}",
        *_rules(found.tried, found.not_reached),
    ]
    if found.decision:
        return [*lines, *_outcome(found.possible[0], _spending(rules, found, found.possible[0]))]
    lines.append("decision  hangs on what is not known; it will be one of these:")
    for outcome in found.possible:
        lines += _outcome(outcome, _spending(rules, found, outcome))
    return lines


def data(rules: Rules, facts: decide.Facts, now: datetime.datetime) -> dict[str, Any]:
    """How the rules judge a mail, in JSON's types."""
    found = decide.trace(rules, facts, now)
    return {
        "at": found.now.isoformat(),
        "mail_from": facts.mail_from,
        "header_from": _known(facts.header_from),
        "proof": _shown(facts),
        "to": str(facts.recipient.number),
        "destination": destination.described(facts.recipient.number),
        "rules": [_tried_data(one) for one in found.tried],
        "not_reached": list(found.not_reached),
        "decision": _decision_data(found.decision) if found.decision else None,
        "possible": [
            _outcome_data(outcome) | {"spending": list(_spending(rules, found, outcome))}
            for outcome in found.possible
        ],
    }


def report_fax(rules: Rules, fax: InboundFax, now: datetime.datetime) -> list[str]:
    """How the rules route a received fax, a line for each step."""
    found = route.trace(rules, fax, now)
    passed = rules.receive[len(found.tried) :]
    return [
        f"fax       to {fax.did}, from {fax.caller or 'a withheld number'}, account {fax.account}",
        *_rules(found.tried, tuple(rule.name for rule in passed)),
        *(f"deliver   {target.address} as {target.format}" for target in found.routing.targets),
        *_settings(found.settings),
    ]


def data_fax(rules: Rules, fax: InboundFax, now: datetime.datetime) -> dict[str, Any]:
    """How the rules route a received fax, in JSON's types."""
    found = route.trace(rules, fax, now)
    return {
        "at": found.now.isoformat(),
        "did": fax.did,
        "caller": fax.caller,
        "account": fax.account,
        "rules": [_tried_data(one) for one in found.tried],
        "matched": list(found.routing.rules),
        "targets": [_target_data(target) for target in found.routing.targets],
        "settings": _settings_data(found.settings),
    }


_PLAIN = {"proof login", "proof unsafe-header"}
"""Proofs whose remark says nothing that the line `shown` has not said."""

# ── Lines ──────────────────────────────────────────────────────────────────────────────


def _known(value: str | Unknown) -> str:
    return value.value if isinstance(value, Unknown) else value or "nobody, or more than one"


def _shown(facts: decide.Facts) -> str:
    shown = list(facts.proof.described())
    shown += [f"{name} {unknown.value}" for name, unknown in sorted(facts.unknown.items())]
    return ", ".join(shown) or "no proof"


def _rules(tried: tuple[Tried, ...], not_reached: tuple[str, ...]) -> Iterator[str]:
    for one in tried:
        yield f"rule      {one.rule} ({one.place}): {one.verdict.value}{_why(one)}"
    for name in not_reached:
        yield f"rule      {name}: not reached"


def _why(one: Tried) -> str:
    """What stopped it, or the proof that carried it."""
    if one.verdict is Verdict.YES:
        return f", by {_way(one.way)}" if one.way and one.way.proofs else ""
    return ": " + "; ".join(f"{check.condition}: {check.remark}" for check in one.reasons)


def _way(way: Way) -> str:
    """The proofs of a way, each with what showed it where that says more than the word itself."""
    proofs = {f"proof {word}" for word in way.proofs.split(" and ")}
    seen = [
        c.remark
        for c in way.checks
        if c.condition in proofs and c.condition not in _PLAIN and ":" not in c.condition
    ]
    return f"{way.proofs} ({', '.join(seen)})" if seen else way.proofs


def _spending(rules: Rules, found: decide.Trace, outcome: decide.Outcome) -> Iterator[str]:
    """What a page costs by each account, and the budgets that the fax would draw on."""
    decision, facts = outcome.decision, found.facts
    if decision.action not in {Action.ACCEPT, Action.HOLD}:
        return
    fax = facts.recipient.number
    for account in decision.provider:
        if price := prices.expected(rules.prices, account, fax, 1):
            yield f"price     {price} for one page by {account}"
    known = facts.header_from
    sender = facts.mail_from if isinstance(known, Unknown) else known
    for charge in budgets.charges(rules, decision, sender, fax, found.now):
        limits = {"faxes": charge.faxes, "pages": charge.pages, "": charge.money}
        shown = ", ".join(f"{most} {unit}".strip() for unit, most in limits.items() if most)
        until = f"{charge.ends:%Y-%m-%d %H:%M %Z}"
        yield f"budget    {charge.budget} ({charge.payer}): {shown or 'nothing'} until {until}"


def _outcome(outcome: decide.Outcome, spending: Iterable[str]) -> Iterator[str]:
    decision = outcome.decision
    reply = f": {decision.code} {decision.status}" if decision.action == "reject" else ""
    text = f" {decision.text}" if decision.text else ""
    yield f"decision  {decision.action} by rule {decision.rule}{reply}{text}"
    if outcome.objection:
        yield "guard     the destination, whatever the rules"
    yield from spending
    yield from _settings(outcome.settings)


def _settings(found: Mapping[str, settings.Value]) -> Iterator[str]:
    for name, setting in sorted(found.items()):
        yield f"  {name} = {settings.shown(setting.value)}  ({setting.origin})"


# ── JSON ───────────────────────────────────────────────────────────────────────────────


def _tried_data(one: Tried) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "place": one.place,
        "verdict": one.verdict.value,
        "reasons": [_check_data(check) for check in one.reasons],
        "checks": [_check_data(check) for check in one.checks],
        "ways": [
            {
                "proof": way.proofs,
                "verdict": way.verdict.value,
                "checks": [_check_data(check) for check in way.checks],
            }
            for way in one.ways
        ],
    }


def _check_data(check: Check) -> dict[str, str]:
    return {
        "condition": check.condition,
        "verdict": check.verdict.value,
        "remark": check.remark,
    }


def _outcome_data(outcome: decide.Outcome) -> dict[str, Any]:
    return {
        **_decision_data(outcome.decision),
        "objection": outcome.objection,
        "settings": _settings_data(outcome.settings),
    }


def _decision_data(decision: Decision) -> dict[str, Any]:
    found = {"action": str(decision.action), "rule": decision.rule, "text": decision.text}
    if decision.action == "reject":
        return {**found, "code": decision.code, "status": decision.status}
    return found


def _target_data(target: Target) -> dict[str, str]:
    return {"kind": target.kind, "address": target.address, "format": target.format}


def _settings_data(found: Mapping[str, settings.Value]) -> dict[str, Any]:
    return {
        name: {"value": _plain(setting.value), "origin": setting.origin}
        for name, setting in sorted(found.items())
    }


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Money):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
