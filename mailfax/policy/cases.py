"""Reading [[test]]: a mail or a received fax in a few words, and what should come of it."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from mailfax import errors, number
from mailfax.model import Action
from mailfax.policy import named, ordered, proving, schema, settings, tables


def read(
    document: schema.Table,
    names: named.Names,
    send_rules: Collection[str],
    receive_rules: Collection[str],
) -> tuple[tables.Case, ...]:
    """Every [[test]]: one with `did` is about a fax that comes in, any other about a mail."""
    found = document.ordered("test")
    cases = zip(found, ordered.given_names(found, "test", schema.sentence), strict=True)
    return tuple(
        _fax(table, name, names, receive_rules)
        if "did" in table
        else _mail(table, name, names, send_rules)
        for table, name in cases
    )


def _mail(
    table: schema.Table, name: str, names: named.Names, rules: Collection[str]
) -> tables.Case:
    networks = {group.name for group in names.groups.values() if group.networks}
    given = {
        "from": table.take("from", schema.text),
        "mail_from": table.take("mail_from", _string),
        "login": table.take("login", schema.text),
        "network": table.many("network", settings.known("network", networks)),
        "proof": table.many("proof", lambda value: proving.read(schema.text(value))),
        "eml": table.take("eml", schema.text),
        "to": table.take("to", lambda value: _number(value, names.country)),
        "size": table.take("size", schema.whole(0, 10**12)),
        "at": table.take("at", schema.moment),
    }
    expected = {
        "rule": table.take("rule", settings.known("rule", rules)),
        "action": table.take("action", schema.one_of(*Action)),
        "text": table.take("text", schema.text),
        "settings": _settings(
            table, settings.SEND_KEYS, lambda inner: settings.read_send(inner, names.references)
        ),
    }
    if "to" not in table or not {"from", "eml"} & table.data.keys():
        text = f"test {name!r} needs to, and from or eml; or did, for a fax that comes in"
        table.book.wrong(table.path, text)
    return _case(table, name, given, expected)


def _fax(table: schema.Table, name: str, names: named.Names, rules: Collection[str]) -> tables.Case:
    given = {
        "did": table.take("did", lambda value: _dialled(value, names.country)),
        "caller": table.take("caller", lambda value: _dialled(value, names.country)),
        "tsid": table.take("tsid", _string),
        "account": table.take("account", settings.account(names.references.accounts)),
        "at": table.take("at", schema.moment),
    }
    expected = {
        "rule": table.take("rule", settings.known("rule", rules)),
        "deliver": table.many("deliver", schema.text),
        "settings": _settings(table, settings.RECEIVE_KEYS, settings.read_receive),
    }
    return _case(table, name, given, expected)


def _case(
    table: schema.Table, name: str, given: Mapping[str, Any], expected: Mapping[str, Any]
) -> tables.Case:
    table.only({"name", *given, *expected})
    if not expected.keys() & table.data.keys():
        text = f"test {name!r} expects nothing: say {', '.join(expected)}"
        table.book.wrong(table.path, text)
    return tables.Case(
        name=name,
        path=table.path,
        given={key: value for key, value in given.items() if value is not None},
        expected={key: value for key, value in expected.items() if value is not None},
    )


def _settings(
    table: schema.Table,
    keys: Collection[str],
    read_all: Callable[[schema.Table], dict[str, Any]],
) -> dict[str, Any]:
    inner = table.table("settings")
    inner.only(keys)
    return read_all(inner)


def _string(value: Any) -> str:
    return "" if value == "" else schema.text(value)


def _number(value: Any, country: str | None) -> number.FaxNumber:
    try:
        return number.parse(schema.text(value), country)
    except errors.Permanent as problem:
        raise ValueError(str(problem)) from None


def _dialled(value: Any, country: str | None) -> str:
    """A number as the provider tells it: E.164 where it can be read, else as written."""
    text = _string(value)
    try:
        return str(number.parse(text, country))
    except errors.Permanent:
        return text
