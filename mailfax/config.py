"""mailfax.toml: how the service runs. Who may do what is the rules file's business.

`load` finds, reads and checks the file and gives one frozen `Config`; everything wrong with it
comes at once as `errors.Invalid`, each problem with file, line and column. Secrets stand in
the file only as `{ env = "NAME" }` or `{ file = "PATH" }` and are shown as `***`.
"""

import difflib
import functools
import os
import pathlib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

import pydantic

from mailfax import errors, providers
from mailfax.policy import positions
from mailfax.providers import _port

PLACES = (pathlib.Path("mailfax.toml"), pathlib.Path("/etc/mailfax/mailfax.toml"))
"""Where the file is looked for after `--config` and MAILFAX_CONFIG."""

_UNITS = {"": 1, "B": 1, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000}
_SIZE = re.compile(r"(\d+)\s*([KMG]?B)?", re.IGNORECASE)
_LISTEN = re.compile(r"(?P<host>\[[0-9a-fA-F:]+\]|[^:]+):(?P<port>\d{1,5})")


class Secret:
    """A value that is never printed; `reveal()` gives it to the wire that needs it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return "***"


def _size(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise ValueError('a size is a number of octets or text like "25MB"')
    return int(match[1]) * _UNITS[(match[2] or "").upper()]


def _listen(value: object) -> tuple[str, int]:
    match = _LISTEN.fullmatch(value) if isinstance(value, str) else None
    if not match or int(match["port"]) > 65535:
        raise ValueError('an address to listen on looks like "0.0.0.0:25" or "[::]:25"')
    return match["host"].strip("[]"), int(match["port"])


def _secret(value: object) -> Secret:
    if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in {"env", "file"}:
        raise ValueError('a secret is { env = "NAME" } or { file = "PATH" }, never the text itself')
    (kind, where), *_ = value.items()
    return Secret(_from_environment(str(where)) if kind == "env" else _from_file(str(where)))


def _from_environment(name: str) -> str:
    try:
        return os.environ[name]
    except KeyError:
        raise ValueError(f"the environment variable {name} is not set") from None


def _from_file(name: str) -> str:
    try:
        return pathlib.Path(name).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ValueError(f"the secret file {name} cannot be read: {reason}") from None


def _hash(value: object) -> str:
    if isinstance(value, dict):
        value = _secret(value).reveal()
    if not isinstance(value, str) or not value.startswith("$argon2id$"):
        raise ValueError("a login's value is an Argon2 hash that begins $argon2id$")
    return value


Size = Annotated[int, pydantic.BeforeValidator(_size)]
Address = Annotated[tuple[str, int], pydantic.BeforeValidator(_listen)]
SecretText = Annotated[Secret, pydantic.PlainValidator(_secret)]
Hash = Annotated[str, pydantic.BeforeValidator(_hash)]


class _Table(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True
    )


class Tls(_Table):
    """Certificate chain and key, PEM files."""

    cert: pathlib.Path
    key: pathlib.Path


class Listener(_Table):
    """`[listener]`: SMTP in."""

    listen: tuple[Address, ...] = (("127.0.0.1", 2525),)
    implicit_tls: tuple[Address, ...] = ()
    tls: Tls | None = None
    max_size: Size = 25_000_000
    max_recipients: Annotated[int, pydantic.Field(ge=100)] = 100
    max_connections: int = 500
    max_connections_per_address: int = 50
    idle: float = 300.0
    logins: dict[str, Hash] = {}


class Smarthost(_Table):
    """`[smarthost]`: where receipts and received faxes are mailed through."""

    host: str
    port: int = 587
    tls: str = pydantic.Field(
        default="starttls", pattern="^(starttls|implicit|opportunistic|none)$"
    )
    login: str | None = None
    password: SecretText | None = None
    ca: pathlib.Path | None = None
    timeout: float = 60.0
    postmaster: str


class Provider(pydantic.BaseModel):
    """One `[providers.NAME]` account: its kind and what that kind asks for."""

    model_config = pydantic.ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)
    kind: str

    def values(self) -> dict[str, Any]:
        """All keys but `kind`."""
        return dict(self.model_extra or {})


class Worker(_Table):
    """`[worker]`: how patient it is."""

    renderers: int = 2
    lease: float = 60.0
    """Seconds a job belongs to a worker that does not renew."""
    pace: float = 1.0
    """Factor on every waiting time: back-off, status polls, inbox polls."""
    require_jail: bool = False
    """Refuse to render when bubblewrap or Landlock is missing."""


class Config(_Table):
    """The whole file."""

    version: int
    domains: tuple[str, ...] = pydantic.Field(min_length=1)
    hostname: str = ""
    """Our name in SMTP and reports; the first domain when absent."""
    store: str = "sqlite:///var/lib/mailfax/mailfax.db"
    documents: pathlib.Path = pathlib.Path("/var/lib/mailfax/documents")
    rules: pathlib.Path
    templates: pathlib.Path | None = None
    listener: Listener = Listener()
    smarthost: Smarthost
    providers: dict[str, Provider] = pydantic.Field(min_length=1)
    worker: Worker = Worker()
    log: str = pydantic.Field(default="info", pattern="^(debug|info|warning|error)$")

    @property
    def name(self) -> str:
        """Our fully qualified name."""
        return self.hostname or self.domains[0]

    def settings(self, account: str) -> Mapping[str, str]:
        """What `connect` of the account's provider takes, secrets revealed."""
        provider = self.providers[account]
        wanted = providers.load(provider.kind).SETTINGS
        given = provider.values()
        return {key: _plain(given.get(key, setting.default)) for key, setting in wanted.items()}

    def template_folders(self) -> tuple[pathlib.Path, ...]:
        """The operator's templates laid over the shipped ones."""
        own = (self.templates,) if self.templates else ()
        return (*own, shipped("templates"))

    def covers(self) -> list[str]:
        """Names of all cover templates there are."""
        files = (file for folder in self.template_folders() for file in folder.glob("cover/*.toml"))
        return sorted({file.stem for file in files})


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return _secret(value).reveal()
    return (
        {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    )


@functools.cache
def shipped(folder: str) -> pathlib.Path:
    """`rules` or `templates`: inside the package in a wheel, beside it in a checkout."""
    package = pathlib.Path(__file__).parent
    inside = package / folder
    return inside if inside.is_dir() else package.parent / folder


def find(named: str | None) -> pathlib.Path:
    """The file `--config` or MAILFAX_CONFIG names, else the first of PLACES that exists.

    Raises errors.Usage when there is none.
    """
    given = named or os.environ.get("MAILFAX_CONFIG")
    if given:
        return pathlib.Path(given)
    for place in PLACES:
        if place.is_file():
            return place
    looked = " or ".join(str(place) for place in PLACES)
    raise errors.Usage(
        f"there is no {looked}; name one with --config, or start one with: mailfax config init"
    )


def load(path: pathlib.Path) -> Config:
    """Read and check the file; raises errors.Invalid with everything wrong in it.

    Relative paths in it are relative to the file.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise errors.Invalid(
            [errors.Problem(str(path), 0, 0, f"cannot be read: {error.strerror}")]
        ) from None
    except UnicodeDecodeError:
        raise errors.Invalid([errors.Problem(str(path), 0, 0, "is not UTF-8 text")]) from None
    return _check(text, path)


def _check(text: str, path: pathlib.Path) -> Config:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise errors.Invalid([positions.syntax_problem(str(path), str(error), text)]) from None
    index = positions.index(text)

    def problem(place: tuple[str | int, ...], what: str) -> errors.Problem:
        line, column = index.find(place)
        return errors.Problem(str(path), line, column, what)

    try:
        config = Config.model_validate(table)
    except pydantic.ValidationError as error:
        raise errors.Invalid([problem(*wrong) for wrong in _explained(error)]) from None
    wrongs = [problem(*wrong) for wrong in (*_meaning(config), *_accounts(config))]
    if wrongs:
        raise errors.Invalid(wrongs)
    return _anchored(config, path.resolve().parent)


_Wrong = tuple[tuple[str | int, ...], str]


def _explained(error: pydantic.ValidationError) -> Iterator[_Wrong]:
    """Pydantic's findings as places and sentences."""
    for found in error.errors(include_url=False, include_input=False):
        place, kind = tuple(found["loc"]), found["type"]
        if kind == "extra_forbidden":
            yield place, f"{place[-1]} is not a key here{_hint(str(place[-1]), _keys(place))}"
        elif kind == "missing":
            yield place[:-1], f"{place[-1]} is missing"
        else:
            name = next((str(key) for key in reversed(place) if isinstance(key, str)), "the file")
            yield place, f"{name}: {found['msg'].removeprefix('Value error, ')}"


def _keys(place: tuple[str | int, ...]) -> list[str]:
    model: Any = Config
    for key in place[:-1]:
        field = getattr(model, "model_fields", {}).get(key)
        annotation: Any = field.annotation if field else None
        options = getattr(annotation, "__args__", (annotation,))
        model = next((one for one in options if hasattr(one, "model_fields")), None)
    return list(getattr(model, "model_fields", {}))


def _hint(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _meaning(config: Config) -> Iterator[_Wrong]:
    if config.version != 1:
        yield ("version",), f"version {config.version} is not known to this mailfax; it reads 1"
    if config.listener.implicit_tls and not config.listener.tls:
        yield ("listener", "implicit_tls"), "implicit_tls needs tls = { cert = …, key = … }"
    if config.smarthost.login and not config.smarthost.password:
        yield ("smarthost", "login"), "login needs a password"
    if not config.store.startswith(("sqlite:", "postgresql+psycopg://")):
        yield ("store",), "store is a URL that begins sqlite:/// or postgresql+psycopg://"


def _accounts(config: Config) -> Iterator[_Wrong]:
    for name, provider in config.providers.items():
        place = ("providers", name)
        if provider.kind not in providers.kinds():
            hint = (
                _hint(provider.kind, providers.kinds())
                or f"; there is {', '.join(providers.kinds())}"
            )
            yield (*place, "kind"), f"kind {provider.kind!r} is no provider{hint}"
            continue
        wanted = providers.load(provider.kind).SETTINGS
        yield from _settings(place, provider.values(), wanted)


def _settings(
    place: tuple[str, str], given: Mapping[str, Any], wanted: Mapping[str, _port.Setting]
) -> Iterator[_Wrong]:
    for key, value in given.items():
        if key not in wanted:
            yield (*place, key), f"{key} is not a key here{_hint(key, list(wanted))}"
        elif wanted[key].secret or isinstance(value, dict):
            yield from ((((*place, key)), text) for text in _complaint(_secret, value))
    for key, setting in wanted.items():
        if setting.required and key not in given:
            yield place, f"{key} is missing"


def _complaint(check: Callable[[object], object], value: object) -> Iterator[str]:
    try:
        check(value)
    except ValueError as error:
        yield str(error)


def _anchored(config: Config, folder: pathlib.Path) -> Config:
    """Paths made absolute, from the folder the file lies in."""
    changes: dict[str, Any] = {
        "documents": folder / config.documents,
        "rules": folder / config.rules,
        "templates": folder / config.templates if config.templates else None,
        "store": _anchored_store(config.store, folder),
    }
    return config.model_copy(update=changes)


def _anchored_store(url: str, folder: pathlib.Path) -> str:
    """`sqlite:///var/lib/x.db` is absolute, as a URL reads; `sqlite:x.db` lies by the file."""
    if not url.startswith("sqlite:"):
        return url
    path = url.removeprefix("sqlite:")
    if path.startswith("///"):
        path = "/" + path.lstrip("/")
    return f"sqlite:///{folder / path}"
