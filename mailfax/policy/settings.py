"""The settings a rules file may give, how each is read, and how they inherit.

Built in → [defaults] → group → rule: the last to speak wins, and its name is kept beside the
value. Settings never accumulate between rules.
"""

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from mailfax import model
from mailfax.policy import budgets, schema

OUTCOMES = ("success", "failure", "delay")
"""What a sender can be told of; the words of NOTIFY (RFC 3461 section 4.1)."""

LEFT_OUT = ("logos", "trackers", "disclaimers")
"""What a fax can do without."""

OPTIONS = (
    *("resolution", "paper", "parts", "cover", "at", "priority", "retries", "receipt"),
    *("billing", "to", "company"),
)
"""What a sender may say himself, where `allow_options` lists it: see `options`."""

_RECEIPTS = {"all": frozenset(OUTCOMES), "none": frozenset[str]()}

SEND: Mapping[str, schema.Reader[Any]] = {
    "paper": schema.one_of("a4", "letter", "legal", "b4", "auto"),
    "resolution": schema.one_of("standard", "fine", "superfine"),
    "halftone": schema.one_of("auto", "text", "photo"),
    "blank_pages": schema.one_of("keep", "drop"),
    "parts": schema.one_of("body", "attachments", "both"),
    "alternative": schema.one_of("html", "text"),
    "quotes": schema.one_of("keep", "cut"),
    "signature": schema.one_of("keep", "cut"),
    "unsupported": schema.one_of("refuse", "leave out"),
    "archives": schema.flag,
    "header": schema.one_of("auto", "always", "never"),
    "identity": schema.label,
    "station": schema.station,
    "as_it_is": schema.flag,
    "cover_when": schema.one_of("always", "body", "no attachments"),
    "max_pages": schema.whole(1, 1000),
    "tries": schema.whole(1, 20),
    "deadline": schema.duration,
    "receipt_pages": schema.one_of("none", "pdf", "tiff"),
    "on_unknown": schema.one_of("hold", "resend-once"),
    "forget": schema.flag,
    "first_fax": schema.one_of("send", "hold", "confirm"),
    "lookalike": schema.one_of("send", "hold", "confirm"),
    "approve_pages": schema.whole(0, 1000),
    "approve_money": budgets.amount,
    "priority": schema.one_of("normal", "urgent"),
    "billing": schema.label,
    "zone": schema.zone,
    "language": schema.language,
    "country": schema.country,
    "allow_premium": schema.flag,
    "allow_satellite": schema.flag,
}
"""Those that are one plain value; lists and references are read by `read_send`."""

RECEIVE: Mapping[str, schema.Reader[Any]] = {
    "format": schema.one_of("pdf", "pdfa", "tiff", "both"),
    "acknowledge": schema.one_of("delete", "mark", "leave"),
    "zone": schema.zone,
    "language": schema.language,
}

SEND_KEYS = frozenset(
    (
        *(*SEND, "provider", "cover", "covers", "remarks", "countries", "receipts", "leave_out"),
        *("send_when", "budget", "allow_options"),
    )
)
RECEIVE_KEYS = frozenset(RECEIVE)
MANY = frozenset(
    ("provider", "covers", "budget", "countries", "receipts", "leave_out", "allow_options")
)
"""Those of SEND_KEYS that may be a list."""

_GUARDS: Mapping[str, Any] = {
    "country": None,
    "countries": None,
    "allow_premium": False,
    "allow_satellite": False,
}
"""Settings of the destination guards: without a word, one's own country and nothing dear."""


_LONGEST_REMARKS = 5000


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
    """`built in`, `defaults`, `group NAME`, `rule NAME`, `receipt NAME` or `options`."""


Layers = Iterable[tuple[str, Mapping[str, Any]]]
"""Settings by the name of who gives them, the last of whom has the say."""


def inherit(built_in: Mapping[str, Any], layers: Layers) -> dict[str, Value]:
    """All settings of `built_in`, each with the word of the last layer that has one."""
    return over({name: Value(value, "built in") for name, value in built_in.items()}, layers)


def over(found: Mapping[str, Value], layers: Layers) -> dict[str, Value]:
    """The same settings, with what further layers say of them."""
    said = {
        name: Value(value, origin)
        for origin, layer in layers
        for name, value in layer.items()
        if name in found
    }
    return {**found, **said}


# ── Reading ────────────────────────────────────────────────────────────────────────────


@dataclasses.dataclass(frozen=True, kw_only=True)
class References:
    """What settings may refer to by name."""

    accounts: Collection[str] | None
    """Provider accounts in mailfax.toml; None when they are not known: any name will do."""
    covers: Collection[str] | None
    """Covers of the file and templates of the same name; None when they are not known."""
    calendars: Collection[str] = ()
    budgets: Collection[str] = ()


def read_send(table: schema.Table, references: References) -> dict[str, Any]:
    """The sending settings that a table gives; wrong ones are noted and left out."""
    found = {
        **{name: table.take(name, read) for name, read in SEND.items()},
        "cover": table.take("cover", _cover(references.covers)),
        "covers": table.many("covers", _cover(references.covers)),
        "send_when": table.take("send_when", known("calendar", references.calendars, "always")),
        "remarks": table.take("remarks", _remarks),
        "budget": _budget(table, references.budgets),
        "provider": table.many("provider", account(references.accounts)),
        "countries": _set(table.many("countries", _country)),
        "receipts": _receipts(table),
        "leave_out": _leave_out(table),
        "allow_options": _allow_options(table),
    }
    return {name: value for name, value in found.items() if value is not None}


def read_receive(table: schema.Table) -> dict[str, Any]:
    """The receiving settings that a table gives."""
    found = {name: table.take(name, read) for name, read in RECEIVE.items()}
    return {name: value for name, value in found.items() if value is not None}


def _cover(covers: Collection[str] | None) -> schema.Reader[str]:
    return schema.text if covers is None else known("cover", covers, "none")


def _budget(table: schema.Table, names: Collection[str]) -> tuple[str, ...] | None:
    if table.data.get("budget") == "none":
        return ()
    words = () if isinstance(table.data.get("budget"), list) else ("none",)
    return table.many("budget", known("budget", names, *words))


def _remarks(value: Any) -> str:
    """Text for the cover, of one line or many; `none` and `body` are words."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"must be none, body or a text, not {schema.shown(value)}")
    if len(value) > _LONGEST_REMARKS:
        raise ValueError(f"is longer than {_LONGEST_REMARKS} characters")
    return value.strip()


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


def _leave_out(table: schema.Table) -> frozenset[str] | None:
    if table.data.get("leave_out") == "none":
        return frozenset()
    words = LEFT_OUT if isinstance(table.data.get("leave_out"), list) else (*LEFT_OUT, "none")
    return _set(table.many("leave_out", schema.one_of(*words)))


def _allow_options(table: schema.Table) -> tuple[str, ...] | None:
    if table.data.get("allow_options") == "none":
        return ()
    words = () if isinstance(table.data.get("allow_options"), list) else ("none",)
    return table.many("allow_options", schema.one_of(*OPTIONS, *words))


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
