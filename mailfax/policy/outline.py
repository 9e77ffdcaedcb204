"""The rules file as a JSON Schema, for editors that complete and check while one types.

It is not written down anywhere: the readers are let loose on a file that has one of each table,
and the book takes down what they ask for.
"""

from collections.abc import Collection, Sequence
from typing import Any

from mailfax.policy import including, positions, rules, schema

_NAMED: dict[str, Any] = {
    "groups": {schema.NAME: {}, f"{schema.NAME} ": {"senders": {}, "numbers": {}}},
    **{key: {schema.NAME: {}} for key in ("covers", "calendars", "budgets", "prices")},
}
_PROBE: dict[str, Any] = {
    "version": rules.VERSION,
    "breaker": {},
    "deny": {},
    "send": [{"action": "reject"}, {"proof_all": []}, {}],
    "receive": [{"table": ""}, {}],
    "receipt": [{}],
    "test": [{"did": ""}, {}],
    **_NAMED,
}
_FILE = "the file"
_OPEN = frozenset(("[words]", "[logins]"))
"""Tables with names of the writer's own."""


class _Taker(schema.Book):
    """A book that takes down what is asked for."""

    def __init__(self) -> None:
        super().__init__("", positions.Index({(): (1, 1)}))
        self.shapes: dict[str, dict[str, list[schema.Shape]]] = {}
        self.known: dict[str, set[str]] = {}

    def takes(self, label: str, key: str, shape: schema.Shape) -> None:
        """Keep the shape under the label of the table, whatever its name."""
        asked = self.shapes.setdefault(_plain(label), {}).setdefault(key, [])
        if shape not in asked:
            asked.append(shape)

    def knows(self, label: str, keys: Collection[str]) -> None:
        """Keep the keys, those of all tables of one label together."""
        self.known.setdefault(_plain(label), set()).update(keys)


def _plain(label: str) -> str:
    return label.replace(f"{schema.NAME} ", schema.NAME)


def outline() -> dict[str, Any]:
    """The schema, draft 2020-12."""
    taker = _Taker()
    document = schema.Table(taker, _PROBE, (), _FILE)
    tuple(including.paths(document))
    rules.read(document, None, None, b"")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rules of mailfax",
        **_table(taker, _FILE),
        "required": ["version", "send", "receive"],
    }


def _table(taker: _Taker, label: str) -> dict[str, Any]:
    if label in _OPEN:
        return {"type": "object"}
    shapes = taker.shapes.get(label, {})
    known = taker.known.get(label, set()) | shapes.keys()
    if label == _FILE:
        known -= rules.ELSEWHERE.keys()
    return {
        "type": "object",
        "properties": {key: _value(taker, shapes.get(key, [])) for key in sorted(known)},
        "additionalProperties": False,
    }


def _value(taker: _Taker, shapes: Sequence[schema.Shape]) -> dict[str, Any]:
    """Any of the shapes; a key that is known and was not asked for may be anything."""
    named = any("tables" in shape for shape in shapes)
    found = [_shape(taker, shape) for shape in shapes if not (named and "table" in shape)]
    return found[0] if len(found) == 1 else {"anyOf": found} if found else {}


def _shape(taker: _Taker, shape: schema.Shape) -> dict[str, Any]:
    if "table" in shape:
        return _table(taker, shape["table"])
    if "tables" in shape:
        return {"type": "object", "additionalProperties": _table(taker, shape["tables"])}
    if "list" in shape:
        return {"type": "array", "items": _table(taker, shape["list"])}
    return dict(shape)
