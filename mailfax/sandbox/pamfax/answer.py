r"""Answers: one model, written as XML or as JSON (facts file, section 2).

XML: the root is named after the processor, fields are attributes, lists have `type="list"`.
JSON: written as PHP writes it, without blanks, with `\/` and `\uXXXX`.
"""

import dataclasses
import decimal
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, Union

from lxml import etree

from mailfax.sandbox import _wire
from mailfax.sandbox._wire import Reply

Scalar: TypeAlias = str | int | decimal.Decimal | None
Value: TypeAlias = Union[Scalar, "Object", "Items"]
Object: TypeAlias = Mapping[str, Value]

_JSON = "application/json; charset=utf-8"
_XML = "text/xml; charset=utf-8"
_ILLEGAL = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold (section 2.2)."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list."""

    element: str
    """What one item is called in XML."""
    content: Sequence[Object]
    attributes: Mapping[str, Scalar] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a call ended."""

    code: str = "success"
    message: str = ""


def write(processor: str, result: Result, payload: Object, *, as_json: bool) -> Reply:
    """The reply with `payload`; HTTP 200, errors included."""
    if as_json:
        return _wire.text(_json(result, payload), kind=_JSON)
    root = etree.Element(processor)
    _result(root, result)
    for name, value in payload.items():
        _element(root, name, value)
    data = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return Reply(body=data, kind=_XML)


def doubled(reply: Reply) -> Reply:
    """An upload's JSON as the live service writes it: with the key `FaxContainerFile` twice.

    What the second one holds is inference: no identifier, as in GetFaxState.
    """
    second = ',"FaxContainerFile":{"file_order":0,"state":""}}'
    return dataclasses.replace(reply, body=reply.body[:-1] + second.encode())


def download(name: str, kind: str, data: bytes) -> Reply:
    """Bytes as they are; the file name in a header (its form is inference)."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    header = f'attachment; filename="{plain}"'
    return Reply(body=data, kind=kind, headers=(("Content-Disposition", header),))


# JSON


def _json(result: Result, payload: Object) -> str:
    head = {
        "code": result.code,
        "type": "" if result.code == "success" else "error",
        "count": len(payload),
        "message": result.message,
    }
    members = {"result": head, **{name: _plain(value) for name, value in payload.items()}}
    return json.dumps(members, separators=(",", ":")).replace("/", "\\/")


def _plain(value: Value) -> Any:
    """What json writes; an empty list has no content (facts file, section 2)."""
    if isinstance(value, Items):
        content = {"content": [_plain(item) for item in value.content]} if value.content else {}
        told = {name: _plain(inner) for name, inner in value.attributes.items()}
        return {"type": "list", **told, **content}
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return _unicode(value) if isinstance(value, str) else value


def _unicode(text: str) -> str:
    """Without the surrogates that stand for bytes which were not UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


# XML


def _result(root: Any, result: Result) -> None:
    element = etree.SubElement(root, "result")
    etree.SubElement(element, "code").text = result.code
    if result.message:
        etree.SubElement(element, "message").text = _legal(result.message)


def _element(parent: Any, name: str, value: Value) -> None:
    element = etree.SubElement(parent, name)
    if isinstance(value, Items):
        element.set("type", "list")
        _attributes(element, value.attributes)
        for item in value.content:
            _element(element, value.element, item)
    elif isinstance(value, Mapping):
        _attributes(element, value)
    else:
        element.text = _written(value)


def _attributes(element: Any, fields: Object) -> None:
    for name, value in fields.items():
        if isinstance(value, Mapping | Items):
            _element(element, name, value)
        else:
            element.set(name, _written(value))


def _written(value: Scalar) -> str:
    """A field's text; nothing for null (inference)."""
    return "" if value is None else _legal(str(_plain(value)))


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", _unicode(text))
