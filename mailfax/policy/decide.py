"""May this mail become a fax to this recipient, and how? Pure: facts and time come in.

The first [[send]] rule that holds decides; nothing is accepted by omission. A rule that hangs
on a fact nobody knows yet never falls through to the next: the answer is then None, "ask
again", or errors.Temporary where the fact cannot be had.

What `from` is compared with depends on the proof: with those that vouch for the client the
envelope sender and the header From both have to fit, with the others the header From alone.
Doubt speaks against the sender: for accept and hold every address that counts has to fit
`from` and none may fit `not_from`; for reject and discard one that fits `from` is enough, and
only when all fit `not_from` is the rule passed over.

A login also has to own the addresses: those that [logins] lists for it; else, if the login is
an address, that address; else login@domain where `from` names that domain or address.

Proofs that have to be looked for are not known at first. `Trace.asked` says which of them the
first rule that is still open hangs on, so that nothing is looked for that decides nothing.
"""

import dataclasses
import datetime
import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mailfax import errors
from mailfax.model import Action, Decision, Proof, Recipient, Wish
from mailfax.policy import (
    conditions,
    destination,
    hours,
    index,
    match,
    options,
    proving,
    schema,
    settings,
    verdict,
)
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
    """What is not known of `proof`: fields, or proofs that are sought, as a rule has them."""
    size: int | Unknown = Unknown.NOT_YET
    """Bytes of the mail, or what the client says of them before it is here."""
    wishes: tuple[Wish, ...] = ()
    """What the sender has written about the fax, as far as it has been read."""


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

    @property
    def asked(self) -> frozenset[str]:
        """Proofs, as written, that would bring the first open rule further if they were known."""
        hanging = next((one for one in self.tried if one.verdict is Verdict.NOT_YET), None)
        ways = hanging.ways if hanging and self.decision is None else ()
        open_ = [way for way in ways if way.verdict is Verdict.NOT_YET]
        return frozenset(check.hangs for way in open_ for check in way.checks if check.hangs)


def decide(rules: Rules, facts: Facts, now: datetime.datetime) -> Decision | None:
    """What the rules say; None when a fact that is not known yet decides.

    Where every way the unknown can turn out is a refusal for good, that is said at once.
    Raises errors.Temporary when the deciding fact cannot be had.
    """
    found = _trace(rules, facts, now, _candidates(rules, facts), briefly=True)
    if found.decision is None:
        hanging = next(one for one in found.tried if one.verdict.open)
        if hanging.verdict is Verdict.TEMPORARY:
            why = ", ".join(f"{check.condition}: {check.remark}" for check in hanging.reasons)
            raise errors.Temporary(f"rule {hanging.rule!r} cannot be judged now ({why})")
    return found.decision


def asked(rules: Rules, facts: Facts, now: datetime.datetime) -> frozenset[str]:
    """Proofs, as written, that would bring the decision further if they were known."""
    return _trace(rules, facts, now, _candidates(rules, facts), briefly=True).asked


def guard(rules: Rules, recipient: Recipient, decision: Decision) -> None:
    """Ask the destination guards once more before sending: rules and numbering plans change.

    The decision's rule is looked up in the rules now in force, with the groups that had a say
    then; where the rule is gone, [defaults] speak. Raises errors.Permanent, cause `blocked`.
    """
    rule = next((rule.settings for rule in rules.send if rule.name == decision.rule), {})
    origins = sorted(set(decision.origins.values()), key=lambda name: not name.startswith("group "))
    groups = [_named_layers(rules)[name] for name in origins if name in _named_layers(rules)]
    layers = [("", layer) for layer in (rules.defaults, *groups, rule)]
    found = settings.inherit(settings.BUILT_IN, layers)
    objection = destination.objection(recipient.number, found, rules.deny)
    if objection:
        raise errors.Permanent(objection, cause=errors.Cause.BLOCKED)


@functools.lru_cache(maxsize=4)
def _named_layers(rules: Rules) -> Mapping[str, Mapping[str, Any]]:
    """The settings of every group and of every line of its list, by their name as an origin."""
    groups = {f"group {group.name}": group.settings for group in rules.groups.values()}
    lines = [row for group in rules.groups.values() for row in group.rows.values()]
    return groups | {row.place: row.settings for row in lines}


def opens(rules: Rules, decision: Decision, now: datetime.datetime) -> datetime.datetime | None:
    """When a fax may go out that waits for the time its sender named, or for its calendar to
    open; None: it need not wait.

    A calendar that is gone from the rules now in force holds nothing up; one that stays shut
    for a year holds it for ever.
    """
    if decision.send_at and decision.send_at > now:
        return decision.send_at
    calendar = rules.calendars.get(decision.send_when)
    if calendar is None or hours.is_open(calendar, now):
        return None
    return hours.opens(calendar, now) or datetime.datetime.max.replace(tzinfo=datetime.UTC)


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
    found = _trace(rules, facts, now, rules.send)
    rest = tuple(rule.name for rule in rules.send[len(found.tried) :])
    return dataclasses.replace(found, not_reached=rest)


def _trace(
    rules: Rules,
    facts: Facts,
    now: datetime.datetime,
    among: Iterable[SendRule],
    *,
    briefly: bool = False,
) -> Trace:
    """`briefly` stops where it is clear that what is not known decides."""
    tried: list[Tried] = []
    possible: list[Outcome] = []
    for rule in among:
        tried.append(_try(rules, rule, facts, now))
        if tried[-1].verdict is Verdict.NO:
            continue
        possible.append(_outcome(rules, rule, tried[-1], facts, now))
        if tried[-1].verdict is Verdict.YES or (briefly and not possible[-1].final):
            break
    certain = tried[-1].verdict is Verdict.YES and len(possible) == 1
    settled = certain or all(outcome.final for outcome in possible)
    return Trace(
        facts=facts,
        now=now,
        tried=tuple(tried),
        not_reached=(),
        possible=tuple(possible),
        decision=possible[0].decision if settled else None,
    )


def _candidates(rules: Rules, facts: Facts) -> Iterator[SendRule]:
    """The rules that can hold at all."""
    header = facts.header_from
    known = None if isinstance(header, Unknown) else match.address(header)
    number = str(facts.recipient.number)
    return _index(rules).candidates(match.address(facts.mail_from), known, number)


@functools.lru_cache(maxsize=4)
def _index(rules: Rules) -> index.Senders:
    return index.Senders(rules.send)


# ── One rule ───────────────────────────────────────────────────────────────────────────


def _try(rules: Rules, rule: SendRule, facts: Facts, now: datetime.datetime) -> Tried:
    return Tried(
        rule=rule.name,
        place=rules.place(rule.path),
        checks=(
            *conditions.value(rule.to, str(facts.recipient.number)),
            *conditions.when(rule.when, now),
            *((rule.if_.check(_free(facts)),) if rule.if_ else ()),
        ),
        ways=tuple(_way(rules, rule, proofs, facts) for proofs in rule.ways),
    )


def _free(facts: Facts) -> dict[str, Any]:
    """The facts that `if` may name: see free.MAIL."""
    header, fax = facts.header_from, facts.recipient.number
    return {
        "author": header if isinstance(header, Unknown) else match.address(header),
        "sender": match.address(facts.mail_from),
        "to": str(fax),
        "country": fax.country() or "",
        "kind": fax.kind(),
        "octets": facts.size,
        "login": facts.unknown.get("login") or facts.proof.login or "",
        "networks": facts.unknown.get("networks") or sorted(facts.proof.networks),
    }


def _way(rules: Rules, rule: SendRule, proofs: tuple[proving.Proving, ...], facts: Facts) -> Way:
    senders = _senders(proofs, facts)
    kinds = {proof.kind for proof in proofs} if rule.strict else ()
    checks = [_shown(proof, facts, senders) for proof in proofs]
    checks += conditions.sender(rule, senders)
    login = facts.proof.login
    if login and "login" in kinds and "login" not in facts.unknown:
        checks += conditions.owner(rule, rules.logins, login, senders)
    networks = tuple(proof.argument for proof in proofs if proof.kind == "network")
    confirm = proving.CONFIRMED in kinds and not (len(proofs) > 1 and _has_confirmed(facts))
    return Way(" and ".join(map(str, proofs)), tuple(checks), networks, confirm)


def _has_confirmed(facts: Facts) -> bool:
    """Whether the author has confirmed a fax before: too little where nothing else proves him."""
    header = facts.header_from
    return not isinstance(header, Unknown) and facts.proof.confirmed == match.address(header)


def _senders(proofs: tuple[proving.Proving, ...], facts: Facts) -> conditions.Senders:
    """The addresses that count, each with what it is called."""
    header = facts.header_from
    found = {"From": header if isinstance(header, Unknown) else match.address(header)}
    if not proofs or any(proof.envelope for proof in proofs):
        found["envelope sender"] = match.address(facts.mail_from)
    return found


def _shown(proof: proving.Proving, facts: Facts, senders: conditions.Senders) -> Check:
    """Whether the client or the mail shows this proof; whom it is about is checked apart."""
    condition, kind = f"proof {proof}", proving.KINDS[proof.kind]
    unknown = facts.unknown.get(str(proof) if kind.sought else kind.field)
    if unknown:
        return Check(condition, verdict.of(unknown), f"{proof.kind} {unknown.value}", str(proof))
    header = senders["From"]
    if isinstance(header, Unknown):
        if kind.sought or proof.kind == "client-cert":
            return Check(condition, verdict.of(header), f"From {header.value}")
        header = ""
    envelope = str(senders.get("envelope sender", ""))
    held, remark = kind.shown(proof.argument, facts.proof, header, envelope)
    return Check(condition, verdict.of(held), remark)


# ── What a rule leads to ───────────────────────────────────────────────────────────────


_Groups = tuple[tuple[str, match.Pattern | None], ...]
"""Names of groups, each with the member that held."""

_DECIDED = frozenset(field.name for field in dataclasses.fields(Decision))


def _outcome(
    rules: Rules, rule: SendRule, tried: Tried, facts: Facts, now: datetime.datetime
) -> Outcome:
    number = facts.recipient.number
    exceptions = conditions.receipts(rules, rule, _sender(facts), str(number))
    groups = _groups(rule, tried, facts)
    found, decision = _settled(rules, rule, groups, tuple(exceptions.items()))
    objection = destination.objection(number, found, rules.deny) if rule.strict else None
    if tried.way and tried.way.confirm:
        decision = _to_confirm(decision)
    if facts.wishes and rule.strict:
        found, decision = _as_wished(rules, found, decision, facts.wishes, now)
    if objection:
        decision = _refused(decision, objection)
    sure = tried.verdict is Verdict.YES or not rule.groups
    return Outcome(decision=decision, settings=found, objection=objection, sure=sure)


@functools.lru_cache(maxsize=512)
def _settled(
    rules: Rules,
    rule: SendRule,
    groups: _Groups,
    exceptions: tuple[tuple[str, ReceiptRule], ...],
) -> tuple[Mapping[str, settings.Value], Decision]:
    """Settings and decision of a rule that holds: the same for the most mails."""
    found = _settings(rules, rule, groups, dict(exceptions))
    return found, _decision(rules, rule, found, groups)


def _as_wished(
    rules: Rules,
    found: Mapping[str, settings.Value],
    decision: Decision,
    wishes: tuple[Wish, ...],
    now: datetime.datetime,
) -> tuple[Mapping[str, settings.Value], Decision]:
    """With what the sender may say himself; refused where he says what he may not."""
    try:
        wanted = dict(options.granted(wishes, decision, now))
    except errors.Permanent as error:
        return found, _refused(decision, str(error))
    said = {name: settings.Value(value, "options") for name, value in wanted.items()}
    if "cover" in wanted:
        wanted |= {"cover_words": {}, **_cover(rules, wanted["cover"])}
    origins = {**decision.origins, **dict.fromkeys(said, "options")}
    return {**found, **said}, dataclasses.replace(decision, origins=origins, **wanted)


def _refused(decision: Decision, objection: str) -> Decision:
    """What the rule allows, and the destination guards or the sender's own words do not."""
    return dataclasses.replace(
        decision, action=Action.REJECT, code=550, status="5.7.1", text=objection
    )


def _to_confirm(decision: Decision) -> Decision:
    """What the rule allows once its author has said that it is his."""
    text = f"this fax waits until its author confirms it (rule {decision.rule!r})"
    return dataclasses.replace(decision, action=Action.HOLD, text=text, confirm=True)


def _decision(
    rules: Rules, rule: SendRule, found: Mapping[str, settings.Value], groups: _Groups = ()
) -> Decision:
    values = {name: setting.value for name, setting in found.items() if name in _DECIDED}
    values |= _cover(rules, values["cover"])
    return Decision(
        action=rule.action,
        rule=rule.name,
        rules_hash=rules.hash,
        code=rule.code,
        status=rule.status,
        text=rule.text or _DEFAULT_TEXT.get(rule.action, "").format(rule=rule.name),
        groups=tuple(dict.fromkeys(name for name, _ in groups)),
        origins={name: setting.origin for name, setting in found.items()},
        **values,
    )


def _cover(rules: Rules, name: str) -> dict[str, Any]:
    """The template behind a cover's name, and the words for it."""
    own = rules.covers.get(name)
    return {"cover": own.template, "cover_words": own.words} if own else {"cover": name}


def choose_cover(rules: Rules, decision: Decision, name: str) -> Decision:
    """The decision with the cover that its sender wants.

    Raises errors.Permanent when the rule does not list it in `covers`.
    """
    if name not in decision.covers:
        allowed = ", ".join(decision.covers) or "none"
        raise errors.Permanent(
            f"the cover {name!r} is not for the choosing (rule {decision.rule!r}): {allowed}"
        )
    return dataclasses.replace(decision, **{"cover_words": {}, **_cover(rules, name)})


def covered(rules: Rules) -> list[Decision]:
    """A decision for every cover that a fax may get, in each language and with each words."""
    found: dict[str, Decision] = {}
    for rule in (rule for rule in rules.send if rule.strict):
        named = [(name, line) for name in rule.groups for line in rules.groups[name].sorts]
        for groups in ((), *((one,) for one in named)):
            decision = _settled(rules, rule, groups, ())[1]
            for one in (decision, *(choose_cover(rules, decision, c) for c in decision.covers)):
                key = repr((one.cover, sorted(one.cover_words.items()), one.language))
                found.setdefault(key, one)
    return [one for one in found.values() if one.cover != "none"]


_DEFAULT_TEXT = {
    Action.REJECT: "this fax is not allowed here (rule {rule!r})",
    Action.HOLD: "this fax waits for approval (rule {rule!r})",
}


def _settings(
    rules: Rules, rule: SendRule, groups: _Groups, exceptions: Mapping[str, ReceiptRule]
) -> dict[str, settings.Value]:
    """Built in, [defaults], the groups that hold this mail (the first one first), the rule."""
    layers = [
        *(layer for name, line in reversed(groups) for layer in rules.groups[name].layers(line)),
        (f"rule {rule.name}", rule.settings),
    ]
    found = settings.over(_defaults(rules), layers)
    return found | _receipts(found["receipts"], exceptions)


@functools.lru_cache(maxsize=4)
def _defaults(rules: Rules) -> Mapping[str, settings.Value]:
    return settings.inherit(settings.BUILT_IN, [("defaults", rules.defaults)])


def _groups(rule: SendRule, tried: Tried, facts: Facts) -> _Groups:
    """Groups that the rule names and that hold the sender, the number or the client."""
    senders = rule.sender.wanted.groups(_sender(facts)) if rule.sender.wanted else ()
    numbers = rule.to.wanted.groups(str(facts.recipient.number)) if rule.to.wanted else ()
    networks = tried.way.networks if tried.way else ()
    return (*senders, *numbers, *((name, None) for name in networks))


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
