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
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Protocol

from mailfax import errors
from mailfax.policy import cases, lint, match, named, ordered, reading, schema, settings
from mailfax.policy.tables import Rules, SendRule

__all__ = ["Account", "Accounts", "Rules", "load", "networks", "parse", "reload", "run_tests"]

VERSION = 1

_TOP = frozenset(
    {
        *("version", "defaults", "groups", "covers", "calendars", "logins"),
        *("send", "receive", "receipt", "test"),
    }
)
_ELSEWHERE = {
    "providers": "providers are set up in mailfax.toml, not in the rules",
    "networks": "networks are groups: write [groups.NAME] with networks = ['192.0.2.0/24']",
    "include": "include is not available in this version",
}


class Account(Protocol):
    """What the rules ask of a provider account."""

    @property
    def resolutions(self) -> frozenset[str]:
        """Resolutions it can send in."""


Accounts = Mapping[str, Account]


def load(
    path: pathlib.Path,
    *,
    accounts: Accounts | None = None,
    covers: Collection[str] | None = None,
) -> Rules:
    """Read a rules file; `accounts` and `covers` are the provider accounts and cover templates
    that it may name, None where they are not known: then any name will do.

    Raises errors.Invalid with all problems, each with file, line and column.
    """
    return parse(reading.octets(path), str(path), accounts=accounts, covers=covers)


def parse(
    data: bytes,
    file: str,
    *,
    accounts: Accounts | None = None,
    covers: Collection[str] | None = None,
) -> Rules:
    """Read the bytes of a rules file; `file` is its name in messages. Raises as `load`."""
    document = reading.document(data, file)
    book = document.book
    rules = _rules(document, accounts, covers, data)
    _complete(rules, accounts or {}, book)
    if book.problems:
        raise errors.Invalid(sorted(dict.fromkeys(book.problems), key=_by_place))
    lint.check(rules, book)
    return dataclasses.replace(rules, warnings=tuple(sorted(book.warnings, key=_by_place)))


def reload(
    current: Rules,
    path: pathlib.Path,
    *,
    accounts: Accounts | None = None,
    covers: Collection[str] | None = None,
) -> tuple[Rules, tuple[errors.Problem, ...]]:
    """The rules of the file as it is now, if it loads and its own tests pass.

    Otherwise `current` and what is wrong; never anything in between.
    """
    try:
        new = load(path, accounts=accounts, covers=covers)
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


def _by_place(problem: errors.Problem) -> tuple[int, int]:
    return problem.line, problem.column


# ── From tables to records ─────────────────────────────────────────────────────────────


def _rules(
    document: schema.Table,
    accounts: Accounts | None,
    covers: Collection[str] | None,
    data: bytes,
) -> Rules:
    _top(document)
    own = named.covers(document, covers)
    names_known = None if covers is None else {*covers, *own}
    references = settings.References(accounts=accounts, covers=names_known)
    defaults = _defaults(document, references)
    names = named.Names(
        references=references,
        groups=named.groups(document, references, defaults.get("country")),
        calendars=named.calendars(document),
        country=defaults.get("country"),
    )
    send, receive = ordered.send(document, names), ordered.receive(document, names)
    send_names, receive_names = [r.name for r in send], [r.name for r in receive]
    return Rules(
        file=document.book.file,
        hash=hashlib.sha256(data).hexdigest(),
        defaults=defaults,
        groups=names.groups,
        covers=own,
        calendars=names.calendars,
        logins=named.logins(document),
        send=send,
        receive=receive,
        receipts=ordered.receipt(document, names, send_names),
        tests=cases.read(document, names, send_names, receive_names),
        warnings=(),
        index=document.book.index,
    )


def _top(document: schema.Table) -> None:
    """Version and top-level keys. A version we do not know may mean anything: stop there."""
    document.only(_TOP | _ELSEWHERE.keys())
    for key in _ELSEWHERE.keys() & document.data.keys():
        document.wrong(key, _ELSEWHERE[key])
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


def _given(key: str, rule: SendRule, rules: Rules) -> bool:
    """Whether every mail that fits the rule has the setting: by it, [defaults] or its groups."""
    if key in rule.settings or key in rules.defaults:
        return True
    sides = (rule.sender.wanted, rule.to.wanted)
    return any(
        side is not None
        and all(isinstance(p, match.InGroup) and key in rules.groups[p.name].settings for p in side)
        for side in sides
    )


def _impossible(rule: SendRule, rules: Rules, accounts: Accounts) -> Iterator[str]:
    """What the rule asks of its providers and they cannot do, with each of its groups."""
    groups = [rules.groups[name].settings for name in rule.groups]
    for group in [{}, *groups]:
        layers = [("", rules.defaults), ("", group), ("", rule.settings)]
        found = settings.inherit(settings.BUILT_IN, layers)
        if found["as_it_is"].value and found["cover"].value != "none":
            yield 'sends a PDF as it is, before which no cover can go: set cover = "none"'
        resolution = found["resolution"].value
        for name in found["provider"].value:
            if name in accounts and resolution not in accounts[name].resolutions:
                yield f"asks for {resolution}, which provider {name!r} cannot send"
