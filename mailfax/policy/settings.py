"""The settings a rules file may give, how each is read, and how they inherit.

Built in → [defaults] → group → rule: the last to speak wins, and its name is kept beside the
value. Settings never accumulate between rules.
"""

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from mailfax import model
from mailfax.policy import schema

OUTCOMES = ("success", "failure", "delay")
"""What a sender can be told of; the words of NOTIFY (RFC 3461 section 4.1)."""

_RECEIPTS = {"all": frozenset(OUTCOMES), "none": frozenset[str]()}

SEND: Mapping[str, schema.Reader[Any]] = {
    "paper": schema.one_of("a4", "letter", "legal", "auto"),
    "resolution": schema.one_of("standard", "fine", "superfine"),
    "parts": schema.one_of("body", "attachments", "both"),
    "as_it_is": schema.flag,
    "max_pages": schema.whole(1, 1000),
    "tries": schema.whole(1, 20),
    "deadline": schema.duration,
    "receipt_pages": schema.one_of("none", "pdf", "tiff"),
    "on_unknown": schema.one_of("hold", "resend-once"),
    "forget": schema.flag,
    "zone": schema.zone,
    "language": schema.language,
    "country": schema.country,
    "allow_premium": schema.flag,
    "allow_satellite": schema.flag,
}
"""Those that are one plain value; lists and references are read by `read_send`."""

RECEIVE: Mapping[str, schema.Reader[Any]] = {
    "format": schema.one_of("pdf", "tiff", "both"),
    "acknowledge": schema.one_of("delete", "mark", "leave"),
    "zone": schema.zone,
    "language": schema.language,
}

SEND_KEYS = frozenset((*SEND, "provider", "cover", "countries", "receipts"))
RECEIVE_KEYS = frozenset(RECEIVE)

_GUARDS: Mapping[str, Any] = {
    "country": None,
    "countries": None,
    "allow_premium": False,
    "allow_satellite": False,
}
"""Settings of the destination guards: without a word, one's own country and nothing dear."""


def _field_defaults(record: Any, names: Collection[str]) -> dict[str, Any]:
    return {
        field.name: field.default for field in dataclasses.fields(record) if field.name in names
    }


BUILT_IN: Mapping[str, Any] = {
    **_field_defaults(model.Decision, SEND_KEYS),
    **_GUARDS,
}
BUILT_IN_RECEIVE: Mapping[str, Any] = {
    **_field_defaults(model.Target, RECEIVE_KEYS),
    **_field_defaults(model.Routing, RECEIVE_KEYS),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Value:
    """What a setting is in the end, and who said so."""

    value: Any
    origin: str
    """`built in`, `defaults`, `group NAME`, `rule NAME` or `receipt NAME`."""


def inherit(
    built_in: Mapping[str, Any], layers: Iterable[tuple[str, Mapping[str, Any]]]
) -> dict[str, Value]:
    """All settings of `built_in`, each with the word of the last layer that has one."""
    found = {name: Value(value, "built in") for name, value in built_in.items()}
    for origin, layer in layers:
        found |= {name: Value(value, origin) for name, value in layer.items() if name in built_in}
    return found


# ── Reading ────────────────────────────────────────────────────────────────────────────


@dataclasses.dataclass(frozen=True, kw_only=True)
class References:
    """What settings may refer to by name."""

    accounts: Collection[str] | None
    """Provider accounts in mailfax.toml; None when they are not known: any name will do."""
    covers: Collection[str] | None
    """Covers of the file and templates of the same name; None when they are not known."""


def read_send(table: schema.Table, references: References) -> dict[str, Any]:
    """The sending settings that a table gives; wrong ones are noted and left out."""
    found = {
        **{name: table.take(name, read) for name, read in SEND.items()},
        "cover": table.take("cover", _cover(references.covers)),
        "provider": table.many("provider", account(references.accounts)),
        "countries": _set(table.many("countries", _country)),
        "receipts": _receipts(table),
    }
    return {name: value for name, value in found.items() if value is not None}


def read_receive(table: schema.Table) -> dict[str, Any]:
    """The receiving settings that a table gives."""
    found = {name: table.take(name, read) for name, read in RECEIVE.items()}
    return {name: value for name, value in found.items() if value is not None}


def _cover(covers: Collection[str] | None) -> schema.Reader[str]:
    return schema.text if covers is None else known("cover", covers, "none")


def account(accounts: Collection[str] | None) -> schema.Reader[str]:
    """The name of a provider account."""
    return schema.text if accounts is None else known("provider", accounts)


def known(kind: str, names: Collection[str], *words: str) -> schema.Reader[str]:
    """A name that must be among those defined, or one of a few words."""

    def read(value: Any) -> str:
        name = schema.text(value)
        if name not in names and name not in words:
            hint = schema.did_you_mean(name, [*names, *words])
            listed = hint or f": there is {', '.join(sorted(names)) or 'none'}"
            raise ValueError(f"unknown {kind} {name!r}{listed}")
        return name

    return read


def _country(value: Any) -> str:
    return "*" if value == "*" else schema.country(value)


def _receipts(table: schema.Table) -> frozenset[str] | None:
    whole = table.data.get("receipts")
    if isinstance(whole, str) and whole in _RECEIPTS:
        return _RECEIPTS[whole]
    words = OUTCOMES if isinstance(whole, list) else (*OUTCOMES, *_RECEIPTS)
    return _set(table.many("receipts", schema.one_of(*words)))


def _set(values: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if values is None else frozenset(values)


def shown(value: Any) -> str:
    """A setting's value for people: sets and lists with commas, time spans in seconds."""
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or "none"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "not given"}[value]
    return f"{value:g} s" if isinstance(value, float) else str(value)
