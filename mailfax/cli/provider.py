"""`mailfax provider NAME [OPERATION key=value…]`: every operation of a provider's manual, by hand.

NAME is an account of mailfax.toml, or a kind of provider: the only account of that kind is then
meant, and to list what a kind can do needs no account at all. A value is read as the operation's
own type asks: `@FILE` is what is in a file, JSON stands for lists and records, `key=a key=b` is a
list too. The answer is JSON; octets in it go to `--out`.
"""

import contextlib
import dataclasses
import difflib
import inspect
import json
import pathlib
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence

import typer

from mailfax import errors
from mailfax.cli import output, place

if typing.TYPE_CHECKING:
    from mailfax import config as configuration

_Operation = Callable[..., typing.Any]


def add(app: typer.Typer) -> None:
    """Hang the command into the command line."""
    app.command()(provider)


def provider(
    name: typing.Annotated[str, typer.Argument(help="Account in mailfax.toml, or a kind.")],
    operation: typing.Annotated[str | None, typer.Argument(help="As in the manual.")] = None,
    arguments: typing.Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...")] = None,
    out: typing.Annotated[
        pathlib.Path | None, typer.Option("--out", "-o", help="File for the document it gives.")
    ] = None,
    config: place.Config = None,
    json: place.Json = False,
) -> None:
    """Any operation of a provider's manual; without one, the list of them."""
    from mailfax import providers

    if operation is None:
        _list(providers.load(_kind(config, name)).OPERATIONS, json=json)
        return
    account = _account(config, name)
    module = providers.load(account.kind)
    function = _operation(module.OPERATIONS, operation)
    given = _read(function, operation, arguments or [])
    opened = module.connect(account.plain())
    with contextlib.closing(opened), _progress():
        answer = function(opened.client, **given)
    _show(answer, out)


def _kind(config: str | None, name: str) -> str:
    from mailfax import providers

    kinds = providers.kinds()
    try:
        return name if name in kinds else _account(config, name).kind
    except errors.Usage as error:
        raise errors.Usage(f"{name!r} is none of {', '.join(kinds)}; {error}") from None


def _account(config: str | None, name: str) -> "configuration.Provider":
    """The account of this name, or the only one of this kind."""
    known = place.config(config).providers
    if name in known:
        return known[name]
    same = [account for account in known.values() if account.kind == name]
    if len(same) != 1:
        listed = ", ".join(f"{one} ({account.kind})" for one, account in known.items())
        raise errors.Usage(f"{name!r} is not one account of mailfax.toml; there is {listed}")
    return same[0]


# ── Operations ─────────────────────────────────────────────────────────────────────────


def _list(operations: Mapping[str, _Operation], *, json: bool) -> None:
    rows = [
        {"operation": name, "arguments": list(_parameters(one)), "help": _first_line(one)}
        for name, one in sorted(operations.items(), key=lambda pair: pair[0].lower())
    ]
    if json:
        output.as_json(rows)
        return
    output.table(("operation", "what it does"), [(row["operation"], row["help"]) for row in rows])


def _first_line(function: _Operation) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]


def _parameters(function: _Operation) -> dict[str, inspect.Parameter]:
    """All it takes but the client."""
    return dict(list(inspect.signature(function).parameters.items())[1:])


def _operation(operations: Mapping[str, _Operation], name: str) -> _Operation:
    if name not in operations:
        raise errors.Usage(f"there is no operation {name!r}{_near(name, operations)}")
    return operations[name]


def _near(name: str, known: Mapping[str, object]) -> str:
    by_lower = {one.lower(): one for one in known}
    near = difflib.get_close_matches(name.lower(), by_lower, 1)
    return f"; did you mean {by_lower[near[0]]!r}?" if near else f"; there is {', '.join(known)}"


# ── Arguments ──────────────────────────────────────────────────────────────────────────


def _read(function: _Operation, name: str, words: Sequence[str]) -> dict[str, object]:
    """Each `key=value` as the type that the operation wants; raises errors.Usage by name."""
    parameters = _parameters(function)
    given: dict[str, list[str]] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise errors.Usage(f"{word!r} is not of the form key=value")
        if key not in parameters:
            raise errors.Usage(f"{name} takes no {key!r}{_near(key, parameters)}")
        given.setdefault(key, []).append(value)
    missing = [one for one, p in parameters.items() if _needed(p) and one not in given]
    if missing:
        raise errors.Usage(f"{name} needs {' and '.join(missing)}")
    wanted = typing.get_type_hints(function)
    return {key: _value(key, wanted[key], values) for key, values in given.items()}


def _needed(parameter: inspect.Parameter) -> bool:
    variadic = parameter.kind in {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    return parameter.default is inspect.Parameter.empty and not variadic


def _value(key: str, wanted: typing.Any, words: Sequence[str]) -> object:
    import pydantic

    plain = [_plain(key, word) for word in words]
    adapter: pydantic.TypeAdapter[object] = pydantic.TypeAdapter(wanted)
    tries: list[object] = [plain[0]] if len(plain) == 1 else []
    tries += [plain, [_record(wanted, one) for one in plain], _record(wanted, plain[0])]
    reasons = []
    for one in tries:
        try:
            return adapter.validate_python(one)
        except pydantic.ValidationError as error:
            reasons.append(error.errors()[0]["msg"])
    raise errors.Usage(f"{key}={words[0][:60]!r} does not fit: {reasons[0].lower()}")


@dataclasses.dataclass(frozen=True, slots=True)
class _File:
    name: str
    data: bytes


def _plain(key: str, word: str) -> object:
    """A word as JSON, as the file it names, or as it is."""
    if word.startswith("@"):
        path = place.existing(pathlib.Path(word[1:]))
        return _File(path.name, path.read_bytes())
    if word[:1] in {"{", "["}:
        try:
            return json.loads(word)
        except ValueError as error:
            raise errors.Usage(f"{key} is no sound JSON: {error}") from None
    return word


def _record(wanted: typing.Any, word: object) -> object:
    """A file as its octets, or as the record of name and octets that the operation has for it."""
    if not isinstance(word, _File):
        return word
    kinds = [one for one in _inside(wanted) if dataclasses.is_dataclass(one)]
    for kind in kinds:
        names = [field.name for field in dataclasses.fields(kind)]
        data = next((name for name in names if name in {"data", "content", "octets"}), None)
        title = next((name for name in names if name in {"name", "filename", "file_name"}), None)
        if data:
            return {data: word.data, **({title: word.name} if title else {})}
    return word.data


def _inside(wanted: typing.Any) -> Iterator[typing.Any]:
    """A type, and all that it is made of."""
    yield wanted
    for argument in typing.get_args(wanted):
        if not isinstance(argument, types.EllipsisType):
            yield from _inside(argument)


# ── The answer ─────────────────────────────────────────────────────────────────────────


def _show(answer: object, out: pathlib.Path | None) -> None:
    found = next(_octets(answer), None)
    if out is not None:
        if found is None:
            raise errors.Permanent(f"the answer holds no document for {out}")
        out.write_bytes(found)
    output.as_json(answer)


def _octets(answer: object) -> Iterator[bytes]:
    """All octets in an answer, however deep."""
    if isinstance(answer, bytes):
        yield answer
    elif dataclasses.is_dataclass(answer) and not isinstance(answer, type):
        for field in dataclasses.fields(answer):
            yield from _octets(getattr(answer, field.name))
    elif isinstance(answer, Mapping):
        for one in answer.values():
            yield from _octets(one)
    elif isinstance(answer, Sequence) and not isinstance(answer, str):
        for one in answer:
            yield from _octets(one)


@contextlib.contextmanager
def _progress() -> Iterator[None]:
    """A bar for what goes over the wire, on a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    import rich.console
    import rich.progress

    from mailfax.providers import _http

    with rich.progress.Progress(
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.DownloadColumn(),
        console=rich.console.Console(stderr=True),
        transient=True,
    ) as bars:
        tasks = {way: bars.add_task(way, total=None, visible=False) for way in ("sent", "received")}

        def moved(way: str, done: int, whole: int | None) -> None:
            bars.update(tasks[way], completed=done, total=whole, visible=True)

        token = _http.MOVED.set(moved)
        try:
            yield
        finally:
            _http.MOVED.reset(token)
