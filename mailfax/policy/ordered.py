"""Reading the ordered tables: [[send]], [[receive]] and [[receipt]]."""

import dataclasses
import re
from collections.abc import Collection, Iterable
from typing import Any

from mailfax.model import Action
from mailfax.policy import free, lists, match, named, proving, schema, settings, tables

_SEND_KEYS = settings.SEND_KEYS | {
    *("name", "from", "not_from", "to", "not_to", "when", "not_when", "if"),
    *("proof", "proof_all", "action", "code", "status", "text"),
}
_RECEIVE_KEYS = settings.RECEIVE_KEYS | {
    *("name", "to", "not_to", "from", "not_from", "account", "not_account", "tsid", "not_tsid"),
    *("when", "not_when", "if", "deliver", "table", "continue"),
}
_RECEIPT_KEYS = frozenset(
    ("name", "from", "not_from", "to", "not_to", "rule", "not_rule", "outcome", "send")
)
_STATUS = re.compile(r"[45]\.[0-9]{1,3}\.[0-9]{1,3}")
_OTHER_TARGETS = re.compile(r"(folder|print|command|hook|https?):", re.IGNORECASE)


def given_names(
    rules: Iterable[schema.Table], kind: str, read: schema.Reader[str] = schema.label
) -> list[str]:
    """The name of each table, `send 1` where none is given; twins are noted."""
    names: list[str] = []
    for count, table in enumerate(rules, 1):
        name = table.take("name", read) or f"{kind} {count}"
        if name in names:
            table.wrong("name", f"the name {name!r} is given twice in [[{kind}]]")
        names.append(name)
    return names


def _condition(
    table: schema.Table, key: str, read: schema.Reader[match.Pattern]
) -> tables.Condition:
    wanted, unwanted = table.many(key, read), table.many(f"not_{key}", read)
    return tables.Condition(
        key=key,
        wanted=None if wanted is None else match.Patterns(wanted),
        unwanted=None if unwanted is None else match.Patterns(unwanted),
    )


# ── [[send]] ───────────────────────────────────────────────────────────────────────────


def send(document: schema.Table, names: named.Names) -> tuple[tables.SendRule, ...]:
    """Every [[send]], in order; the last has to be a catch-all."""
    found = document.ordered("send")
    rules = zip(found, given_names(found, "send"), strict=True)
    read = tuple(_send_rule(table, name, names) for table, name in rules)
    if not document.data.get("send", []):
        document.wrong("send", "[[send]] is missing: without one nobody may fax")
    elif read and not read[-1].catch_all:
        text = 'must be a catch-all without conditions, as { action = "reject" }'
        document.book.wrong(read[-1].path, f"the last [[send]] {text}")
    return read


def _send_rule(table: schema.Table, name: str, names: named.Names) -> tables.SendRule:
    table.only(_SEND_KEYS)
    action = Action(table.take("action", schema.one_of(*Action)) or Action.ACCEPT)
    proofs, every = _proofs(table, names)
    if action in {Action.ACCEPT, Action.HOLD} and not {"proof", "proof_all"} & table.data.keys():
        table.book.wrong(
            table.path, f"rule {name!r} may lead to a fax but asks for no proof: add proof"
        )
    if any(proof.kind == proving.CONFIRMED for proof in proofs):
        _may_ask(table, action, names)
    code, status = _reply(table, action)
    if "text" in table and action not in {Action.REJECT, Action.HOLD}:
        table.wrong("text", f"text: has no use with action {action}")
    return tables.SendRule(
        name=name,
        path=table.path,
        action=action,
        sender=_condition(table, "from", names.addresses),
        to=_condition(table, "to", names.numbers),
        when=_when(table, names),
        if_=table.take("if", free.reader(free.MAIL)),
        proofs=proofs,
        every=every,
        code=code,
        status=status,
        text=table.take("text", schema.sentence) or "",
        settings=settings.read_send(table, names.references),
    )


def _proofs(table: schema.Table, names: named.Names) -> tuple[tuple[proving.Proving, ...], bool]:
    if "proof" in table and "proof_all" in table:
        table.wrong("proof_all", "proof_all: a rule has either proof (any of) or proof_all")
    networks = {group.name for group in names.groups.values() if group.networks}

    def read(value: Any) -> proving.Proving:
        proof = proving.read(schema.text(value))
        if proof.kind == "network":
            settings.known("network", networks)(proof.argument)
        return proof

    every = "proof_all" in table
    return table.many("proof_all" if every else "proof", read) or (), every


def _may_ask(table: schema.Table, action: Action, names: named.Names) -> None:
    """Only people whom the rule names may be asked by mail: no stranger hears from us."""
    wanted = table.many("from", names.addresses) or (match.Anything(),)
    if any(isinstance(pattern, match.Anything) for pattern in wanted):
        table.wrong(_proof_key(table), "proof confirmed needs from: whom may we ask by mail?")
    if action is not Action.ACCEPT:
        table.wrong(_proof_key(table), f"proof confirmed has no use with action {action}")


def _proof_key(table: schema.Table) -> str:
    return "proof_all" if "proof_all" in table else "proof"


def _when(table: schema.Table, names: named.Names) -> tables.When:
    return tables.When(
        wanted=table.many("when", names.calendar), unwanted=table.many("not_when", names.calendar)
    )


def _reply(table: schema.Table, action: Action) -> tuple[int, str]:
    """Reply code and enhanced status of a refusal; one follows from the other."""
    if action is not Action.REJECT:
        for key in {"code", "status"} & table.data.keys():
            table.wrong(key, f"{key}: has no use with action {action}")
        return 550, "5.7.1"
    code = table.take("code", schema.whole(400, 599))
    status = table.take("status", _status)
    if code and status and str(code)[0] != status[0]:
        table.wrong("status", f"status: {status} and code {code} are not of one class")
    if status and not code:
        code = 550 if status[0] == "5" else 450
    code = code or 550
    return code, status or f"{code // 100}.7.1"


def _status(value: Any) -> str:
    if not isinstance(value, str) or not _STATUS.fullmatch(value):
        raise ValueError(f"must be an enhanced status as '5.7.1', not {schema.shown(value)}")
    return value


# ── [[receive]] ────────────────────────────────────────────────────────────────────────


def receive(document: schema.Table, names: named.Names) -> tuple[tables.ReceiveRule, ...]:
    """Every [[receive]], in order; the last has to be a catch-all."""
    found = document.ordered("receive")
    rules = zip(found, given_names(found, "receive"), strict=True)
    read = tuple(_receive_rule(table, name, names) for table, name in rules)
    if not document.data.get("receive", []):
        document.wrong("receive", "[[receive]] is missing: a fax that comes in has no owner")
    elif read and not read[-1].catch_all:
        text = "must be a catch-all, without conditions and continue, so each fax has an owner"
        document.book.wrong(read[-1].path, f"the last [[receive]] {text}")
    return read


def _receive_rule(table: schema.Table, name: str, names: named.Names) -> tables.ReceiveRule:
    table.only(_RECEIVE_KEYS)
    rows = _table(table, names) if "table" in table else {}
    if not {"deliver", "table"} & table.data.keys():
        table.book.wrong(table.path, f"rule {name!r} says no one to deliver to: add deliver")
    to = _condition(table, "to", names.numbers)
    return tables.ReceiveRule(
        name=name,
        path=table.path,
        conditions=(
            dataclasses.replace(to, wanted=match.Patterns(tuple(rows))) if rows else to,
            _condition(table, "from", names.numbers),
            _condition(table, "account", _account(names.references)),
            _condition(table, "tsid", lambda value: match.read_word(schema.text(value))),
        ),
        when=_when(table, names),
        if_=table.take("if", free.reader(free.FAX)),
        deliver=table.many("deliver", _target) or (),
        rows=rows,
        goes_on=table.take("continue", schema.flag) or False,
        settings=settings.read_receive(table),
    )


def _table(table: schema.Table, names: named.Names) -> dict[match.Pattern, tables.Row]:
    """The CSV file of numbers dialled, and where the faxes for each go."""
    for key in {"to", "deliver"} & table.data.keys():
        table.wrong(key, f"{key}: stands in the table's lines, not beside it")
    rows = lists.rows(
        table,
        "table",
        table.take("table", schema.text) or "",
        column="number",
        pattern=names.numbers,
        known={"deliver", *settings.RECEIVE_KEYS},
        read=settings.read_receive,
    )
    for row in rows.values():
        if not row.deliver:
            table.wrong("table", f"table: {row.place} says no one to deliver to")
    return rows


def _account(references: settings.References) -> schema.Reader[match.Pattern]:
    read = settings.account(references.accounts)
    return lambda value: match.Exact(value, match.word(read(value)))


def _target(value: Any) -> str:
    text = schema.text(value)
    other = _OTHER_TARGETS.match(text)
    if other:
        raise ValueError(f"delivery to {other.group(1)}: is not available in this version")
    return match.read_mailbox(text)


# ── [[receipt]] ────────────────────────────────────────────────────────────────────────


def receipt(
    document: schema.Table, names: named.Names, rules: Collection[str]
) -> tuple[tables.ReceiptRule, ...]:
    """Every [[receipt]], in order."""
    found = document.ordered("receipt")
    read = []
    for table, name in zip(found, given_names(found, "receipt"), strict=True):
        table.only(_RECEIPT_KEYS)
        if "send" not in table:
            table.wrong("send", f"receipt {name!r} needs send = true or send = false")
        outcomes = table.many("outcome", schema.one_of(*settings.OUTCOMES))
        read.append(
            tables.ReceiptRule(
                name=name,
                sender=_condition(table, "from", names.addresses),
                to=_condition(table, "to", names.numbers),
                rule=_condition(table, "rule", _rule_pattern(rules)),
                outcomes=frozenset(outcomes or settings.OUTCOMES),
                send=table.take("send", schema.flag) or False,
            )
        )
    return tuple(read)


def _rule_pattern(rules: Collection[str]) -> schema.Reader[match.Pattern]:
    read = settings.known("rule", rules)
    return lambda value: match.Exact(value, read(value))
