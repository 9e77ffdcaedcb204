"""The rules file: read whole, checked whole, and then never changed.

    load(path, accounts=…) -> Rules      raises errors.Invalid with every problem at once
    reload(current, path, accounts=…)    the new rules, or the old ones and the problems
    run_tests(rules)                     the file's own [[test]]s
    networks(rules, ip)                  which named networks hold an address

The text goes through `tomllib` for its values and `positions` for its places; `named` and
`ordered` turn tables into records; `lint` notes what is probably not meant.
"""

import dataclasses
import functools
import hashlib
import ipaddress
import pathlib
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Protocol

from mailfax import errors
from mailfax.policy import (
    budgets,
    cases,
    doubts,
    including,
    lint,
    match,
    named,
    ordered,
    prices,
    reading,
    schema,
    settings,
)
from mailfax.policy.tables import Budget, Rules, SendRule

__all__ = ["Account", "Accounts", "Rules", "load", "networks", "parse", "reload", "run_tests"]

VERSION = 1

_TOP = frozenset(
    {
        *("version", "include", "defaults", "groups", "covers", "calendars", "logins"),
        *("budgets", "prices", "breaker", "deny"),
        *("send", "receive", "receipt", "test"),
    }
)
ELSEWHERE = {
    "providers": "providers are set up in mailfax.toml, not in the rules",
    "networks": "networks are groups: write [groups.NAME] with networks = ['192.0.2.0/24']",
}


class Account(Protocol):
    """What the rules ask of a provider account."""

    @property
    def resolutions(self) -> frozenset[str]:
        """Resolutions it can send in."""

    @property
    def prints_header(self) -> bool:
        """Whether it prints a line at the head of each page."""


Accounts = Mapping[str, Account]


def load(
    path: pathlib.Path,
    *,
    accounts: Accounts | None = None,
    covers: Collection[str] | None = None,
    domains: Collection[str] = (),
) -> Rules:
    """Read a rules file; `accounts` and `covers` are the provider accounts and cover templates
    that it may name, None where they are not known: then any name will do. `domains` are our
    own fax domains.

    Raises errors.Invalid with all problems, each with file, line and column.
    """
    return parse(reading.octets(path), str(path), accounts=accounts, covers=covers, domains=domains)


def parse(
    data: bytes,
    file: str,
    *,
    accounts: Accounts | None = None,
    covers: Collection[str] | None = None,
    domains: Collection[str] = (),
) -> Rules:
    """Read the bytes of a rules file; `file` is its name in messages. Raises as `load`."""
    document = including.document(data, file)
    book = document.book
    rules = read(document, accounts, covers, data)
    _complete(rules, accounts or {}, book)
    if book.problems:
        raise errors.Invalid(sorted(dict.fromkeys(book.problems), key=_order(file)))
    lint.check(rules, book)
    doubts.loops(rules, domains, book)
    texts = {file: data} | {str(name): text for name, text in book.others.items()}
    book.warnings += [one for name, text in texts.items() for one in doubts.secrets(text, name)]
    return dataclasses.replace(rules, warnings=tuple(sorted(book.warnings, key=_order(file))))


def reload(
    current: Rules,
    path: pathlib.Path,
    *,
    accounts: Accounts | None = None,
    covers: Collection[str] | None = None,
    domains: Collection[str] = (),
) -> tuple[Rules, tuple[errors.Problem, ...]]:
    """The rules of the file as it is now, if it loads and its own tests pass.

    Otherwise `current` and what is wrong; never anything in between.
    """
    try:
        new = load(path, accounts=accounts, covers=covers, domains=domains)
    except errors.Invalid as invalid:
        return current, invalid.problems
    failed = run_tests(new)
    return (current, failed) if failed else (new, ())


def run_tests(rules: Rules) -> tuple[errors.Problem, ...]:
    """Run the file's own [[test]]s; empty when all pass. Reads the mails that they name."""
    from mailfax.policy import selftest  # it judges with rules, so it stands above them

    return selftest.run(rules)


@functools.lru_cache(maxsize=4096)
def networks(rules: Rules, ip: str) -> frozenset[str]:
    """Names of the groups whose networks hold this address; none for what is no address."""
    try:
        found = ipaddress.ip_address(ip)
    except ValueError:
        return frozenset()
    address = getattr(found, "ipv4_mapped", None) or found
    return frozenset(name for name, network in rules.networks if address in network)


def _order(file: str) -> Callable[[errors.Problem], tuple[bool, str, int, int]]:
    """By place, the main file first."""
    return lambda problem: (problem.file != file, problem.file, problem.line, problem.column)


# ── From tables to records ─────────────────────────────────────────────────────────────


def read(
    document: schema.Table,
    accounts: Accounts | None,
    covers: Collection[str] | None,
    data: bytes,
) -> Rules:
    """The records of a document; what is wrong in it is noted in its book."""
    _top(document)
    own = named.covers(document, covers)
    names_known = None if covers is None else {*covers, *own}
    calendars = named.calendars(document)
    references = settings.References(
        accounts=accounts,
        covers=names_known,
        calendars=calendars.keys(),
        budgets=document.table("budgets").data.keys(),
    )
    defaults = _defaults(document, references)
    names = named.Names(
        references=references,
        groups=named.groups(document, references, defaults.get("country")),
        calendars=named.in_zone(calendars, defaults.get("zone", "UTC")),
        country=defaults.get("country"),
    )
    send, receive = ordered.send(document, names), ordered.receive(document, names)
    send_names, receive_names = [r.name for r in send], [r.name for r in receive]
    return Rules(
        file=document.book.file,
        hash=_hash(data, document.book.others),
        defaults=defaults,
        groups=names.groups,
        covers=own,
        calendars=names.calendars,
        budgets=_in_zone(budgets.read(document), defaults.get("zone", "UTC")),
        prices=prices.read(document),
        breaker=budgets.breaker(document),
        deny=named.deny(document, references, defaults.get("country")),
        logins=named.logins(document),
        send=send,
        receive=receive,
        receipts=ordered.receipt(document, names, send_names),
        tests=cases.read(document, names, send_names, receive_names),
        warnings=(),
        index=document.book.index,
        others=tuple(document.book.others),
    )


def _in_zone(found: Mapping[str, Budget], zone: str) -> dict[str, Budget]:
    return {
        name: dataclasses.replace(budget, zone=budget.zone or zone)
        for name, budget in found.items()
    }


def _hash(data: bytes, others: Mapping[pathlib.Path, bytes]) -> str:
    """SHA-256 of the file; where it refers to others, of it and them one after the other."""
    digest = hashlib.sha256(data)
    for one in others.values():
        digest.update(hashlib.sha256(one).digest())
    return digest.hexdigest()


def _top(document: schema.Table) -> None:
    """Version and top-level keys. A version we do not know may mean anything: stop there."""
    document.only(_TOP | ELSEWHERE.keys())
    for key in ELSEWHERE.keys() & document.data.keys():
        document.wrong(key, ELSEWHERE[key])
    if "version" not in document:
        document.wrong("version", "version is missing: begin the file with 'version = 1'")
    version = document.take("version", schema.whole(0, 1_000_000))
    if version not in {None, VERSION}:
        text = f"version {version} is not known here: this mailfax reads version {VERSION}"
        document.wrong("version", text)
        raise errors.Invalid(document.book.problems[-1:])


def _defaults(document: schema.Table, references: settings.References) -> dict[str, Any]:
    table = document.table("defaults")
    table.only(settings.SEND_KEYS | settings.RECEIVE_KEYS)
    return settings.read_send(table, references) | settings.read_receive(table)


# ── What a rule cannot do without ──────────────────────────────────────────────────────


def _complete(rules: Rules, accounts: Accounts, book: schema.Book) -> None:
    """Note every rule that may lead to a fax and does not say by whom or where to."""
    if len(found := budgets.currencies(rules)) > 1:
        text = f"amounts are in {' and '.join(sorted(found))}: a rules file has one currency"
        book.wrong(("budgets",), text)
    for rule in rules.send:
        if not rule.strict:
            continue
        if not _given("provider", rule, rules):
            text = f"rule {rule.name!r} names no provider, and neither does [defaults]"
            book.wrong(rule.path, text)
        if not (_given("country", rule, rules) or _given("countries", rule, rules)):
            text = "has neither country nor countries to fax to, and neither has [defaults]"
            book.wrong(rule.path, f"rule {rule.name!r} {text}")
        for text in sorted(_impossible(rule, rules, accounts)):
            book.wrong(rule.path, f"rule {rule.name!r} {text}")
        for text in sorted(set(_headless(rule, rules, accounts))):
            book.warn(rule.path, f"rule {rule.name!r} {text}")


def _given(key: str, rule: SendRule, rules: Rules) -> bool:
    """Whether every mail that fits the rule has the setting: by it, [defaults] or its groups."""
    if key in rule.settings or key in rules.defaults:
        return True
    sides = (rule.sender.wanted, rule.to.wanted)
    return any(
        side is not None
        and all(isinstance(p, match.InGroup) and rules.groups[p.name].gives(key) for p in side)
        for side in sides
    )


def _inherited(rule: SendRule, rules: Rules) -> Iterator[Mapping[str, settings.Value]]:
    """Its settings without a group, and with each of its groups and each sort of their lines."""
    for layers in rules.layers(rule):
        yield settings.inherit(settings.BUILT_IN, layers)


def _impossible(rule: SendRule, rules: Rules, accounts: Accounts) -> Iterator[str]:
    """What the rule asks of its providers and they cannot do, with each of its groups."""
    for found in _inherited(rule, rules):
        if found["as_it_is"].value and found["cover"].value != "none":
            yield 'sends a PDF as it is, before which no cover can go: set cover = "none"'
        if found["header"].value == "always" and (lack := _unnamed(found)):
            yield f"{lack} for the header line that it asks for"
        if found["header"].value == "always" and found["as_it_is"].value:
            yield "sends a PDF as it is, on which no header line can be put"
        resolution = found["resolution"].value
        names = found["provider"].value
        paid = found["approve_money"].value or any(
            rules.budgets[name].money for name in found["budget"].value if name in rules.budgets
        )
        paid = paid or (rules.breaker is not None and rules.breaker.money is not None)
        for name in names if paid else ():
            if name not in rules.prices:
                yield f"asks what a fax costs, and there is no [prices.{name}]"
        for name in names:
            if name in accounts and resolution not in accounts[name].resolutions:
                yield f"asks for {resolution}, which provider {name!r} cannot send"


def _unnamed(found: Mapping[str, settings.Value]) -> str:
    """What a header line lacks to say who sends; empty when nothing."""
    missing = [key for key in ("identity", "station") if not found[key].value]
    return f"must be given {' and '.join(missing)}" if missing else ""


def _headless(rule: SendRule, rules: Rules, accounts: Accounts) -> Iterator[str]:
    """What the law misses on pages where the provider prints no header line (47 CFR 68.318(d))."""
    for found in _inherited(rule, rules):
        names = [name for name in found["provider"].value or () if name in accounts]
        silent = next((name for name in names if not accounts[name].prints_header), None)
        if silent and found["header"].value == "never":
            yield f"sends pages without a header line: provider {silent!r} prints none"
        elif silent and found["header"].value == "auto" and (lack := _unnamed(found)):
            yield f"{lack} for the header line, as provider {silent!r} prints none"
