"""May this mail become a fax to this recipient, and how? Pure: facts and time come in.

The first [[send]] rule that holds decides; nothing is accepted by omission. A rule that hangs
on a fact nobody knows yet never falls through to the next: the answer is then None, "ask
again", or errors.Temporary where the fact cannot be had.

What `from` is compared with depends on the proof: with login and network the envelope sender
and the header From both have to fit, with unsafe-header the header From alone. Doubt speaks
against the sender: for accept and hold every address that counts has to fit `from` and none
may fit `not_from`; for reject and discard one that fits `from` is enough, and only when all
fit `not_from` is the rule passed over.

A login also has to own the addresses: those that [logins] lists for it; else, if the login is
an address, that address; else login@domain where `from` names that domain or address.
"""

import dataclasses
import datetime
import functools
from collections.abc import Iterator, Mapping

from mailfax import errors
from mailfax.model import Action, Decision, Proof, Recipient
from mailfax.policy import conditions, destination, match, proving, schema, settings, verdict
from mailfax.policy.tables import ReceiptRule, Rules, SendRule
from mailfax.policy.verdict import Check, Tried, Unknown, Verdict, Way

UNKNOWN = Unknown.NOT_YET
TEMPORARY = Unknown.TEMPORARY


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of one mail to one recipient."""

    mail_from: str
    """Envelope sender; empty for the null reverse-path."""
    recipient: Recipient
    header_from: str | Unknown = Unknown.NOT_YET
    """The single address in From; empty when there is none or more than one."""
    proof: Proof = dataclasses.field(default_factory=Proof)
    unknown: Mapping[str, Unknown] = dataclasses.field(default_factory=dict)
    """Fields of `proof` that are not known, by name."""
    size: int | Unknown = Unknown.NOT_YET
    """Bytes of the mail; no condition asks for it so far."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one rule leads to, should it hold."""

    decision: Decision
    settings: Mapping[str, settings.Value]
    """Every setting with its origin, those of the guards included."""
    objection: str | None
    """What the destination guards say against it."""
    sure: bool
    """No group whose settings would count is still in doubt."""

    @property
    def final(self) -> bool:
        """Whether this is a refusal for good, whatever becomes known."""
        return self.sure and self.decision.action is Action.REJECT and self.decision.code >= 500


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trace:
    """How a decision came about, for `explain`."""

    facts: Facts
    now: datetime.datetime
    tried: tuple[Tried, ...]
    """Every rule up to the one that surely holds."""
    not_reached: tuple[str, ...]
    possible: tuple[Outcome, ...]
    """What may come of it, in the order of the rules: one when no unknown fact is in the way."""
    decision: Decision | None


def decide(rules: Rules, facts: Facts, now: datetime.datetime) -> Decision | None:
    """What the rules say; None when a fact that is not known yet decides.

    Where every way the unknown can turn out is a refusal for good, that is said at once.
    Raises errors.Temporary when the deciding fact cannot be had.
    """
    found = trace(rules, facts, now)
    if found.decision is None:
        hanging = next(one for one in found.tried if one.verdict.open)
        if hanging.verdict is Verdict.TEMPORARY:
            why = ", ".join(f"{check.condition}: {check.remark}" for check in hanging.reasons)
            raise errors.Temporary(f"rule {hanging.rule!r} cannot be judged now ({why})")
    return found.decision


def guard(rules: Rules, recipient: Recipient, decision: Decision) -> None:
    """Ask the destination guards once more before sending: rules and numbering plans change.

    The decision's rule is looked up in the rules now in force, with the groups that had a say
    then; where the rule is gone, [defaults] speak. Raises errors.Permanent, cause `blocked`.
    """
    rule = next((rule.settings for rule in rules.send if rule.name == decision.rule), {})
    named = {origin.removeprefix("group ") for origin in decision.origins.values()}
    groups = [group.settings for name, group in rules.groups.items() if name in named]
    layers = [("", layer) for layer in (rules.defaults, *groups, rule)]
    found = settings.inherit(settings.BUILT_IN, layers)
    objection = destination.objection(recipient.number, found)
    if objection:
        raise errors.Permanent(objection, cause=errors.Cause.BLOCKED)


def settings_of(rules: Rules, name: str) -> Decision:
    """The settings of one [[send]] rule without a mail: those of [defaults] and its own.

    Raises errors.Permanent when there is no rule of that name.
    """
    rule = next((rule for rule in rules.send if rule.name == name), None)
    if rule is None:
        hint = schema.did_you_mean(name, [rule.name for rule in rules.send])
        raise errors.Permanent(f"{rules.file} has no send rule {name!r}{hint}")
    layers = [("defaults", rules.defaults), (f"rule {name}", rule.settings)]
    return _decision(rules, rule, settings.inherit(settings.BUILT_IN, layers))


def trace(rules: Rules, facts: Facts, now: datetime.datetime) -> Trace:
    """As `decide`, with every step; an unknown fact is shown, never raised."""
    tried = tuple(_walk(rules, facts))
    pairs = zip(rules.send, tried, strict=False)
    possible = tuple(
        _outcome(rules, rule, one, facts) for rule, one in pairs if one.verdict is not Verdict.NO
    )
    settled = len(possible) == 1 or all(outcome.final for outcome in possible)
    return Trace(
        facts=facts,
        now=now,
        tried=tried,
        not_reached=tuple(rule.name for rule in rules.send[len(tried) :]),
        possible=possible,
        decision=possible[0].decision if settled else None,
    )


def _walk(rules: Rules, facts: Facts) -> Iterator[Tried]:
    for rule in rules.send:
        tried = _try(rules, rule, facts)
        yield tried
        if tried.verdict is Verdict.YES:
            return


# ── One rule ───────────────────────────────────────────────────────────────────────────


def _try(rules: Rules, rule: SendRule, facts: Facts) -> Tried:
    return Tried(
        rule=rule.name,
        place=rules.place(rule.path),
        checks=tuple(conditions.value(rule.to, str(facts.recipient.number))),
        ways=tuple(_way(rules, rule, proofs, facts) for proofs in rule.ways),
    )


def _way(rules: Rules, rule: SendRule, proofs: tuple[proving.Proving, ...], facts: Facts) -> Way:
    senders = _senders(proofs, facts)
    checks = [_shown(proof, facts) for proof in proofs]
    checks += conditions.sender(rule, senders)
    login = facts.proof.login
    asked = rule.strict and any(proof.kind == "login" for proof in proofs)
    if asked and login and "login" not in facts.unknown:
        checks += conditions.owner(rule, rules.logins, login, senders)
    networks = tuple(proof.argument for proof in proofs if proof.kind == "network")
    return Way(" and ".join(map(str, proofs)), tuple(checks), networks)


def _senders(proofs: tuple[proving.Proving, ...], facts: Facts) -> conditions.Senders:
    """The addresses that count, each with what it is called."""
    header = facts.header_from
    found = {"From": header if isinstance(header, Unknown) else match.address(header)}
    if not proofs or any(proof.envelope for proof in proofs):
        found["envelope sender"] = match.address(facts.mail_from)
    return found


def _shown(proof: proving.Proving, facts: Facts) -> Check:
    """Whether the client or the mail shows this proof; whom it is about is checked apart."""
    condition = f"proof {proof}"
    if proof.kind == "unsafe-header":
        return Check(condition, Verdict.YES, "From is believed as it stands")
    field = "login" if proof.kind == "login" else "networks"
    if field in facts.unknown:
        unknown = facts.unknown[field]
        return Check(condition, verdict.of(unknown), f"{field} {unknown.value}")
    if proof.kind == "login":
        login = facts.proof.login
        return Check(condition, verdict.of(bool(login)), f"login {login}" if login else "no login")
    inside = proof.argument in facts.proof.networks
    remark = "the client is in it" if inside else "the client is not in it"
    return Check(condition, verdict.of(inside), remark)


# ── What a rule leads to ───────────────────────────────────────────────────────────────


_DECIDED = frozenset(field.name for field in dataclasses.fields(Decision))


def _outcome(rules: Rules, rule: SendRule, tried: Tried, facts: Facts) -> Outcome:
    number = facts.recipient.number
    exceptions = conditions.receipts(rules, rule, _sender(facts), str(number))
    groups = _groups(rule, tried, facts)
    found, decision = _settled(rules, rule, groups, tuple(exceptions.items()))
    objection = destination.objection(number, found) if rule.strict else None
    if objection:
        decision = _refused(decision, objection)
    sure = tried.verdict is Verdict.YES or not rule.groups
    return Outcome(decision=decision, settings=found, objection=objection, sure=sure)


@functools.lru_cache(maxsize=512)
def _settled(
    rules: Rules,
    rule: SendRule,
    groups: tuple[str, ...],
    exceptions: tuple[tuple[str, ReceiptRule], ...],
) -> tuple[Mapping[str, settings.Value], Decision]:
    """Settings and decision of a rule that holds: the same for the most mails."""
    found = _settings(rules, rule, groups, dict(exceptions))
    return found, _decision(rules, rule, found)


def _refused(decision: Decision, objection: str) -> Decision:
    """What the rule allows and the destination guards do not."""
    return dataclasses.replace(
        decision, action=Action.REJECT, code=550, status="5.7.1", text=objection
    )


def _decision(rules: Rules, rule: SendRule, found: Mapping[str, settings.Value]) -> Decision:
    values = {name: setting.value for name, setting in found.items() if name in _DECIDED}
    values["cover"] = rules.covers.get(values["cover"], values["cover"])
    return Decision(
        action=rule.action,
        rule=rule.name,
        rules_hash=rules.hash,
        code=rule.code,
        status=rule.status,
        text=rule.text or _DEFAULT_TEXT.get(rule.action, "").format(rule=rule.name),
        origins={name: setting.origin for name, setting in found.items()},
        **values,
    )


_DEFAULT_TEXT = {
    Action.REJECT: "this fax is not allowed here (rule {rule!r})",
    Action.HOLD: "this fax waits for approval (rule {rule!r})",
}


def _settings(
    rules: Rules, rule: SendRule, groups: tuple[str, ...], exceptions: Mapping[str, ReceiptRule]
) -> dict[str, settings.Value]:
    """Built in, [defaults], the groups that hold this mail (the first one first), the rule."""
    found = settings.inherit(
        settings.BUILT_IN,
        [
            ("defaults", rules.defaults),
            *((f"group {name}", rules.groups[name].settings) for name in reversed(groups)),
            (f"rule {rule.name}", rule.settings),
        ],
    )
    return found | _receipts(found["receipts"], exceptions)


def _groups(rule: SendRule, tried: Tried, facts: Facts) -> tuple[str, ...]:
    """Groups that the rule names and that hold the sender, the number or the client."""
    senders = rule.sender.wanted.groups(_sender(facts)) if rule.sender.wanted else ()
    numbers = rule.to.wanted.groups(str(facts.recipient.number)) if rule.to.wanted else ()
    return (*senders, *numbers, *(tried.way.networks if tried.way else ()))


def _sender(facts: Facts) -> str:
    """The address that settings go by: From, or the envelope's while From is not known."""
    known = facts.mail_from if isinstance(facts.header_from, Unknown) else facts.header_from
    return match.address(known)


def _receipts(
    told: settings.Value, exceptions: Mapping[str, ReceiptRule]
) -> dict[str, settings.Value]:
    """Whom the [[receipt]] exceptions add or take away, outcome by outcome."""
    if not exceptions:
        return {}
    added = {outcome for outcome, rule in exceptions.items() if rule.send}
    names = dict.fromkeys(f"receipt {rule.name}" for rule in exceptions.values())
    outcomes = frozenset(told.value - exceptions.keys() | added)
    return {"receipts": settings.Value(outcomes, " and ".join(names))}
