"""What PamFax answers: one envelope in two dresses, XML and JSON, read into one plain tree.

Both hold a `result` with a code, and objects beside it. In XML an object's fields are
attributes, in JSON members; a list says so by its `type`. Numbers, flags and texts change
places from answer to answer [recorded answers of 2010 to 2014], so every value is text here,
and one that is null, missing or empty is the empty text.
"""

import contextlib
import dataclasses
import json
import typing
from collections.abc import Callable, Iterator, Mapping

if typing.TYPE_CHECKING:
    from lxml import etree

Node = typing.Union[str, "Object", "Listing"]
Object = Mapping[str, "Node"]


class Unreadable(Exception):
    """No answer of the service; the text goes on after "the provider at HOST"."""


@dataclasses.dataclass(frozen=True, slots=True)
class Listing:
    """A list of objects with fields of its own; an empty one may have no content at all."""

    items: tuple[Node, ...]
    fields: Object


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer; `code` is `success` or the name of an error, in lower case."""

    code: str
    objects: Object


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What all shapes of objects share; a field without default must be there and not empty."""


Shape = typing.TypeVar("Shape", bound=Record)
Result = typing.TypeVar("Result")
Reader = Callable[[Answer], Result]


def read(body: bytes) -> Answer:
    """An answer in whichever dress it came; raises Unreadable."""
    text = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    try:
        objects = _of_json(text) if text.startswith(b"{") else _of_xml(text)
    except (ValueError, RecursionError, SyntaxError) as error:  # SyntaxError: lxml's
        raise Unreadable(f"answered nothing readable ({type(error).__name__})") from None
    result = objects.get("result")
    code = result.get("code") if isinstance(result, Mapping) else None
    if not isinstance(code, str) or not code:
        raise Unreadable("answered without a result")
    return Answer(code.lower(), {key: one for key, one in objects.items() if key != "result"})


# Readers ──────────────────────────────────────────────────────────────────────────────────


def done(answer: Answer) -> None:
    """Nothing but the success itself."""


def everything(answer: Answer) -> dict[str, typing.Any]:
    """All objects as plain data, where no more is known of them."""
    return {key: _plain(one) for key, one in answer.objects.items()}


def one(name: str, shape: type[Shape]) -> Reader[Shape]:
    """The object of that name; raises Unreadable when it is not there."""

    def reader(answer: Answer) -> Shape:
        found = answer.objects.get(name)
        if not isinstance(found, Mapping):
            raise Unreadable(f"answered without {name}")
        return shaped(shape, found)

    return reader


def many(name: str, shape: type[Shape]) -> Reader[tuple[Shape, ...]]:
    """The list of that name, without those objects that do not fit the shape.

    Raises Unreadable when it is not there.
    """

    def reader(answer: Answer) -> tuple[Shape, ...]:
        found = answer.objects.get(name)
        if not isinstance(found, Listing):
            raise Unreadable(f"answered without {name}")
        return tuple(_fitting(shape, found.items))

    return reader


def only_list(answer: Answer) -> tuple[typing.Any, ...]:
    """The one list there is, as plain data, where its name is told nowhere.

    Raises Unreadable when there is none or more than one.
    """
    found = [one for one in answer.objects.values() if isinstance(one, Listing)]
    if len(found) != 1:
        raise Unreadable("answered without a list")
    return tuple(_plain(item) for item in found[0].items)


def shaped(shape: type[Shape], found: Object) -> Shape:
    """An object in its shape; what the shape does not name is left out.

    Raises Unreadable when a field is missing that must be there.
    """
    given = {}
    for field in dataclasses.fields(shape):
        value = found.get(field.name, "")
        given[field.name] = value if isinstance(value, str) else ""
        if not given[field.name] and field.default is dataclasses.MISSING:
            raise Unreadable(f"answered with an object without {field.name}")
    return shape(**given)


def _fitting(shape: type[Shape], items: tuple[Node, ...]) -> Iterator[Shape]:
    for item in items:
        if not isinstance(item, Mapping):
            raise Unreadable("answered with a list of something else")
        with contextlib.suppress(Unreadable):
            yield shaped(shape, item)


def _plain(node: Node) -> typing.Any:
    if isinstance(node, str):
        return node
    if isinstance(node, Listing):
        return [_plain(item) for item in node.items]
    return {key: _plain(one) for key, one in node.items()}


def _is_list(kind: object) -> bool:
    """Whether an object's `type` says that it is a list; `array` only in the PHP parser [P]."""
    return kind in ("list", "array")


# JSON ─────────────────────────────────────────────────────────────────────────────────────


def _of_json(text: bytes) -> Object:
    found = json.loads(
        text.decode("utf-8", "replace"),
        object_pairs_hook=_first_wins,
        parse_int=str,
        parse_float=str,
        parse_constant=_refused,
    )
    return {key: _of_value(one) for key, one in found.items()}


def _first_wins(pairs: list[tuple[str, typing.Any]]) -> dict[str, typing.Any]:
    """The first of two members with one name, filled up from the second.

    AddFile's answer holds its object twice [C][R].
    """
    kept: dict[str, typing.Any] = {}
    for key, value in pairs:
        if key in kept and isinstance(kept[key], dict) and isinstance(value, dict):
            kept[key] = value | kept[key]
        kept.setdefault(key, value)
    return kept


def _refused(constant: str) -> typing.NoReturn:
    raise ValueError(constant)


def _of_value(value: typing.Any) -> Node:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list):
        return Listing(tuple(_of_value(item) for item in value), {})
    inside = {key: _of_value(one) for key, one in value.items()}
    return _listing(inside) if _is_list(inside.get("type")) else inside


def _listing(inside: dict[str, Node]) -> Listing:
    content = inside.pop("content", Listing((), {}))
    items = content.items if isinstance(content, Listing) else (content,)
    return Listing(items, {key: one for key, one in inside.items() if key != "type"})


# XML ──────────────────────────────────────────────────────────────────────────────────────


def _of_xml(text: bytes) -> Object:
    """The children of the root, which is named after the processor [D]."""
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    root = etree.fromstring(text, parser)
    if root.getroottree().docinfo.doctype:
        raise ValueError("a document type")
    return {str(child.tag): _of_element(child) for child in root}


def _of_element(element: "etree._Element") -> Node:
    """An element's attributes and children; its text when it has neither."""
    fields = {str(key): str(value) for key, value in element.attrib.items()}
    if _is_list(fields.get("type")):
        items = tuple(_of_element(child) for child in element)
        return Listing(items, {key: one for key, one in fields.items() if key != "type"})
    inside = {str(child.tag): _of_element(child) for child in element}
    return {**fields, **inside} if fields or inside else element.text or ""
