"""Where does a received fax go? Pure: the fax and the time come in.

The first [[receive]] rule that holds delivers; with `continue` the next that holds delivers as
well. The last rule is a catch-all, so no fax is without an owner. The first rule that held
says what becomes of the fax at the provider, and zone and language.
"""

import dataclasses
import datetime
from typing import Any

from mailfax.model import InboundFax, Routing, Target
from mailfax.policy import conditions, match, settings
from mailfax.policy.tables import ReceiveRule, Rules
from mailfax.policy.verdict import Tried, Unknown, Verdict


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trace:
    """How a routing came about, for `explain`."""

    fax: InboundFax
    now: datetime.datetime
    tried: tuple[Tried, ...]
    settings: dict[str, settings.Value]
    """Settings of the first rule that held, with their origins."""
    routing: Routing


def route(rules: Rules, fax: InboundFax, now: datetime.datetime) -> Routing:
    """The targets of this fax: at least one."""
    return trace(rules, fax, now).routing


def trace(rules: Rules, fax: InboundFax, now: datetime.datetime) -> Trace:
    """As `route`, with every step."""
    tried, held = [], []
    for rule in rules.receive:
        one = _try(rules, rule, fax)
        tried.append(one)
        if one.verdict is Verdict.YES:
            held.append(rule)
            if not rule.goes_on:
                break
    found = _settings(rules, held[0], fax.did)
    routing = Routing(
        rules=tuple(rule.name for rule in held),
        rules_hash=rules.hash,
        targets=tuple(
            dict.fromkeys(target for rule in held for target in _targets(rules, rule, fax.did))
        ),
        acknowledge=found["acknowledge"].value,
        zone=found["zone"].value,
        language=found["language"].value,
    )
    return Trace(fax=fax, now=now, tried=tuple(tried), settings=found, routing=routing)


def _try(rules: Rules, rule: ReceiveRule, fax: InboundFax) -> Tried:
    given = (fax.did, fax.caller, match.word(fax.account), match.word(fax.tsid))
    pairs = zip(rule.conditions, given, strict=True)
    checks = [check for condition, value in pairs for check in conditions.value(condition, value)]
    checks += conditions.when(rule.when, fax.received_at)
    if rule.if_:
        checks.append(rule.if_.check(_free(fax)))
    return Tried(rule=rule.name, place=rules.place(rule.path), checks=tuple(checks))


def _free(fax: InboundFax) -> dict[str, Any]:
    """The facts that `if` may name: see free.FAX."""
    return {
        "to": fax.did,
        "caller": fax.caller,
        "account": fax.account,
        "tsid": fax.tsid,
        "pages": Unknown.TEMPORARY if fax.pages is None else fax.pages,
    }


def _settings(rules: Rules, rule: ReceiveRule, did: str) -> dict[str, settings.Value]:
    """Built in, [defaults], the rule, the line of its table."""
    row = rule.row(did)
    layers = [("defaults", rules.defaults), (f"rule {rule.name}", rule.settings)]
    layers += [(row.place, row.settings)] if row else []
    return settings.inherit(settings.BUILT_IN_RECEIVE, layers)


def _targets(rules: Rules, rule: ReceiveRule, did: str) -> list[Target]:
    wanted = _settings(rules, rule, did)["format"].value
    row = rule.row(did)
    deliver = row.deliver if row else rule.deliver
    return [Target(kind="mail", address=address, format=wanted) for address in deliver]
