"""mailfax.toml: how the service runs. Who may do what is the rules file's business.

`load` finds, reads and checks the file and gives one frozen `Config`; everything wrong with it
comes at once as `errors.Invalid`, each problem with file, line and column. Secrets stand in
the file only as `{ env = "NAME" }` or `{ file = "PATH" }` and are shown as `***`.

One format, and so one file: its records, and the reading of each table.
"""

import contextlib
import dataclasses
import functools
import ipaddress
import os
import pathlib
import re
from collections.abc import Mapping
from typing import Any

from mailfax import errors, providers
from mailfax.policy import reading, schema
from mailfax.providers import _port

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

VERSION = 1
PLACES = (pathlib.Path("mailfax.toml"), pathlib.Path("/etc/mailfax/mailfax.toml"))
"""Where the file is looked for after `--config` and MAILFAX_CONFIG."""
_NOTING = ("Delivered-To", "X-Original-To", "Envelope-To")
"""Fields in which Postfix, Dovecot, Exim note the recipient of the envelope."""
_UNITS = {"": 1, "B": 1, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000}
_SIZE = re.compile(r"(\d{1,12})\s*([KMG]?B)?", re.IGNORECASE)
_LISTEN = re.compile(r"(?P<host>\[[0-9a-fA-F:]+\]|[^:\s]+):(?P<port>\d{1,5})")


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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """`[listener]`: SMTP in. Sizes in octets, times in seconds."""

    listen: tuple[tuple[str, int], ...] = (("127.0.0.1", 2525),)
    implicit_tls: tuple[tuple[str, int], ...] = ()
    lmtp: pathlib.Path | None = None
    """Unix socket."""
    proxy: tuple[Network, ...] = ()
    """Where proxies stand that announce the client by the PROXY protocol."""
    cert: pathlib.Path | None = None
    key: pathlib.Path | None = None
    max_size: int = 25_000_000
    max_recipients: int = 100
    max_connections: int = 500
    max_connections_per_address: int = 50
    idle: float = 300.0
    logins: Mapping[str, str] = dataclasses.field(default_factory=dict)
    client_ca: pathlib.Path | None = None
    """PEM file of the authorities whose client certificates are believed."""
    trusted_results: Mapping[str, tuple[Network, ...]] = dataclasses.field(default_factory=dict)
    """Server whose Authentication-Results are believed → where it stands."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    """`[proof]`: what a mail's proof of its sender is checked against."""

    smime_roots: pathlib.Path | None = None
    """PEM file."""
    pgp_keys: pathlib.Path | None = None
    """Folder of `ADDRESS.asc`."""
    pins: Mapping[str, Secret] = dataclasses.field(default_factory=dict)
    """Address, @domain or name → PIN, or its Argon2 hash."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Dns:
    """`[dns]`: whom to ask."""

    servers: tuple[tuple[str, int], ...] = ()
    """None: those of this machine."""
    timeout: float = 5.0
    """Seconds for one question."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Smarthost:
    """`[smarthost]`: where receipts and received faxes are mailed through."""

    host: str = ""
    port: int = 587
    tls: str = "starttls"
    login: str | None = None
    password: Secret | None = None
    ca: pathlib.Path | None = None
    timeout: float = 60.0
    postmaster: str = ""
    receipts_per_hour: int = 200
    """To one address; more wait."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One `[providers.NAME]` account: its kind, and what that kind asks for."""

    kind: str
    settings: Mapping[str, str | Secret]

    def plain(self) -> dict[str, str]:
        """What `connect` of the kind takes, secrets revealed."""
        return {
            key: value.reveal() if isinstance(value, Secret) else value
            for key, value in self.settings.items()
        }


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """`[worker]`: how patient it is."""

    renderers: int = 2
    lease: float = 60.0
    """Seconds a job belongs to a worker that does not renew."""
    pace: float = 1.0
    """Factor on every waiting time: back-off, status polls, inbox polls."""
    require_jail: bool = False
    """Refuse to render when a wall of the jail is missing."""
    postscript: bool = False
    """Let Ghostscript open PostScript, in the jail."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """`[web]`: where providers push to."""

    listen: tuple[tuple[str, int], ...]
    cert: pathlib.Path | None = None
    key: pathlib.Path | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """`[mailbox]`: mail that is fetched by IMAP. Times in seconds."""

    host: str = ""
    port: int = 993
    tls: str = "implicit"
    ca: pathlib.Path | None = None
    """PEM file of the only authorities to believe."""
    login: str = ""
    password: Secret = dataclasses.field(default_factory=lambda: Secret(""))
    folder: str = "INBOX"
    done: str = "Faxed"
    refused: str = "Refused"
    max_size: int | None = None
    """None: the listener's."""
    interval: float = 60.0
    """Between two looks, at the most."""
    idle: bool = True
    timeout: float = 60.0
    header: str = ""
    """Field in which the mailbox's server notes the recipient of the envelope; empty: none."""
    address: str = ""
    """The mailbox's own: what is behind its plus is a number."""
    subject_number: bool = False
    trusted_results: tuple[str, ...] = ()
    """Servers whose Authentication-Results are believed."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole file; paths are absolute."""

    domains: tuple[str, ...]
    name: str
    """Our name in SMTP and reports."""
    store: str
    """URL as SQLAlchemy reads it."""
    documents: pathlib.Path
    rules: pathlib.Path
    templates: pathlib.Path | None
    listener: Listener
    proof: Proofs
    dns: Dns
    smarthost: Smarthost
    providers: Mapping[str, Provider]
    worker: Worker
    web: Web | None
    """None: no web role."""
    mailbox: Mailbox | None
    """None: no mailbox role."""
    listens: bool
    """Whether there is a listener role: not where a mailbox stands in its place."""
    log: str

    def template_folders(self) -> tuple[pathlib.Path, ...]:
        """The operator's templates laid over the shipped ones."""
        own = (self.templates,) if self.templates else ()
        return (*own, shipped("templates"))

    def covers(self) -> list[str]:
        """Names of all cover templates there are."""
        files = (file for folder in self.template_folders() for file in folder.glob("cover/*.*"))
        return sorted({file.stem for file in files if file.suffix in {".toml", ".html"}})


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
    """Read and check the file; raises errors.Invalid with everything wrong in it."""
    document = reading.document(reading.octets(path), str(path))
    config = _config(document, path.resolve().parent)
    if problems := document.book.problems:
        raise errors.Invalid(
            sorted(dict.fromkeys(problems), key=lambda one: (one.line, one.column))
        )
    return config


# ── Tables ─────────────────────────────────────────────────────────────────────────────

_TOP = frozenset({
    "version", "domains", "hostname", "store", "documents", "rules", "templates", "log",
    "listener", "proof", "dns", "smarthost", "providers", "worker", "web",
    "mailbox",
})  # fmt: skip


def _config(top: schema.Table, folder: pathlib.Path) -> Config:
    top.only(_TOP)
    _compulsory(top, "version", "domains", "rules", "smarthost", "providers")
    version = top.take("version", schema.whole(0, 1_000_000))
    if version not in {None, VERSION}:
        text = f"version {version} is not known here: this mailfax reads version {VERSION}"
        top.wrong("version", text)
    domains = top.many("domains", _domain) or ("",)
    place = _path(folder)
    name = top.take("hostname", _domain) or domains[0]
    if name in top.table("listener").table("trusted_results").data:
        top.wrong("listener", f"trusted_results: {name} is ourselves, and no mail brings our word")
    return Config(
        domains=domains,
        name=name,
        store=_url(top.take("store", _store) or "sqlite:///var/lib/mailfax/mailfax.db", folder),
        documents=top.take("documents", place) or pathlib.Path("/var/lib/mailfax/documents"),
        rules=top.take("rules", place) or folder,
        templates=top.take("templates", place),
        listener=_listener(top.table("listener"), place),
        proof=_proof(top.table("proof"), place),
        dns=_dns(top.table("dns")),
        smarthost=_smarthost(top.table("smarthost"), place),
        providers=_providers(top, place),
        worker=_worker(top.table("worker")),
        web=_web(top.table("web"), place) if "web" in top else None,
        mailbox=_mailbox(top.table("mailbox"), place, name) if "mailbox" in top else None,
        listens="listener" in top or "mailbox" not in top,
        log=top.take("log", schema.one_of("debug", "info", "warning", "error")) or "info",
    )


def _listener(table: schema.Table, place: schema.Reader[pathlib.Path]) -> Listener:
    limit = schema.whole(1, 100_000)
    found = {
        "listen": table.many("listen", _listen),
        "implicit_tls": table.many("implicit_tls", _listen),
        "lmtp": table.take("lmtp", place),
        "proxy": table.many("proxy", _network),
        **_tls(table, place),
        "max_size": table.take("max_size", _size),
        "max_recipients": table.take("max_recipients", schema.whole(100, 10_000)),
        "max_connections": table.take("max_connections", limit),
        "max_connections_per_address": table.take("max_connections_per_address", limit),
        "idle": table.take("idle", _seconds),
        "logins": _logins(table.table("logins"), place),
        "client_ca": table.take("client_ca", place),
        "trusted_results": _trusted(table.table("trusted_results")),
    }
    table.only({*found, "tls"} - {"cert", "key"})
    if "client_ca" in table and "tls" not in table:
        table.wrong("client_ca", "client_ca needs tls = { cert = …, key = … }")
    if "implicit_tls" in table and "tls" not in table:
        table.wrong("implicit_tls", "implicit_tls needs tls = { cert = …, key = … }")
    return Listener(**_given(found))


def _tls(table: schema.Table, place: schema.Reader[pathlib.Path]) -> dict[str, pathlib.Path | None]:
    tls = table.table("tls")
    if "tls" in table:
        tls.only({"cert", "key"})
        _compulsory(tls, "cert", "key")
    return {"cert": tls.take("cert", place), "key": tls.take("key", place)}


def _web(table: schema.Table, place: schema.Reader[pathlib.Path]) -> Web:
    table.only({"listen", "tls"})
    _compulsory(table, "listen")
    found = Web(listen=table.many("listen", _listen) or (), **_tls(table, place))
    if "tls" not in table and not all(_loopback(host) for host, _ in found.listen):
        table.wrong("listen", "without tls only this machine may be listened to, as 127.0.0.1:8080")
    return found


def _logins(table: schema.Table, place: schema.Reader[pathlib.Path]) -> dict[str, str]:
    return _given({name: table.take(name, _hash(place)) for name in table.data})


def _trusted(table: schema.Table) -> dict[str, tuple[Network, ...]]:
    """Server = networks from which its word is believed."""
    for name in table.data:
        if not name.isascii() or " " in name or "." not in name:
            table.wrong(name, f"{name!r} is not the name of a server, as mx.example.com")
    return {name.lower(): table.many(name, _network) or () for name in table.data}


def _proof(table: schema.Table, place: schema.Reader[pathlib.Path]) -> Proofs:
    pins = table.table("pins")
    found = {
        "smime_roots": table.take("smime_roots", place),
        "pgp_keys": table.take("pgp_keys", place),
        "pins": _given({name.lower(): pins.take(name, _pin(place)) for name in pins.data}),
    }
    table.only(found)
    return Proofs(**_given(found))


def _dns(table: schema.Table) -> Dns:
    found = {
        "servers": table.many("servers", _server),
        "timeout": table.take("timeout", _seconds),
    }
    table.only(found)
    return Dns(**_given(found))


def _smarthost(table: schema.Table, place: schema.Reader[pathlib.Path]) -> Smarthost:
    found = {
        "host": table.take("host", schema.text),
        "port": table.take("port", schema.whole(1, 65_535)),
        "tls": table.take("tls", schema.one_of("starttls", "implicit", "opportunistic", "none")),
        "login": table.take("login", schema.text),
        "password": table.take("password", _secret(place)),
        "ca": table.take("ca", place),
        "timeout": table.take("timeout", _seconds),
        "postmaster": table.take("postmaster", _address),
        "receipts_per_hour": table.take("receipts_per_hour", schema.whole(1, 1_000_000)),
    }
    table.only(found)
    _compulsory(table, "host", "postmaster")
    if "login" in table and "password" not in table:
        table.wrong("login", "login needs a password")
    return Smarthost(**_given(found))


def _worker(table: schema.Table) -> Worker:
    found = {
        "renderers": table.take("renderers", schema.whole(1, 64)),
        "lease": table.take("lease", _seconds),
        "pace": table.take("pace", _factor),
        "require_jail": table.take("require_jail", schema.flag),
        "postscript": table.take("postscript", schema.flag),
    }
    table.only(found)
    return Worker(**_given(found))


def _providers(top: schema.Table, place: schema.Reader[pathlib.Path]) -> dict[str, Provider]:
    found = {}
    for name, table in top.named("providers"):
        _compulsory(table, "kind")
        kind = table.take("kind", _kind)
        if kind is not None:
            wanted = providers.load(kind).SETTINGS
            found[name] = Provider(kind=kind, settings=_settings(table, wanted, place))
    if not top.data.get("providers", True):
        top.wrong("providers", "there is no [providers.NAME]")
    return found


def _settings(
    table: schema.Table,
    wanted: Mapping[str, _port.Setting],
    place: schema.Reader[pathlib.Path],
) -> dict[str, str | Secret]:
    table.only({"kind", *wanted})
    _compulsory(table, *(key for key, setting in wanted.items() if setting.required))
    return {
        key: table.take(key, _secret(place) if setting.secret else _plain) or setting.default
        for key, setting in wanted.items()
    }


def _mailbox(table: schema.Table, place: schema.Reader[pathlib.Path], name: str) -> Mailbox:
    tls = table.take("tls", schema.one_of("implicit", "starttls")) or "implicit"
    found = {
        "host": table.take("host", schema.text),
        "port": table.take("port", schema.whole(1, 65_535)) or (993 if tls == "implicit" else 143),
        "tls": tls,
        "ca": table.take("ca", place),
        "login": table.take("login", schema.text),
        "password": table.take("password", _secret(place)),
        **{key: table.take(key, schema.text) for key in ("folder", "done", "refused")},
        "max_size": table.take("max_size", _size),
        "interval": table.take("interval", _seconds),
        "idle": table.take("idle", schema.flag),
        "timeout": table.take("timeout", _seconds),
        "header": table.take("header", schema.one_of(*_NOTING)),
        "address": table.take("address", _address),
        "subject_number": table.take("subject_number", schema.flag),
        "trusted_results": table.many("trusted_results", _server_name),
    }
    table.only(found)
    _compulsory(table, "host", "login", "password")
    mailbox = Mailbox(**_given(found))
    _check_mailbox(table, mailbox, name)
    return mailbox


def _check_mailbox(table: schema.Table, mailbox: Mailbox, name: str) -> None:
    """What does not fit together."""
    if not mailbox.header and not mailbox.subject_number:
        text = "[mailbox] needs header or subject_number = true: which number is a mail faxed to?"
        table.wrong("header", text)
    if mailbox.address and not mailbox.header:
        table.wrong("address", "address needs header: the field that says what is behind its plus")
    if len({mailbox.folder, mailbox.done, mailbox.refused}) < 3:
        table.wrong("folder", "folder, done and refused are three folders")
    if name in mailbox.trusted_results:
        text = f"trusted_results: {name} is ourselves, and no mail brings our word"
        table.wrong("trusted_results", text)


def _server_name(value: Any) -> str:
    name = schema.text(value)
    if not name.isascii() or " " in name or "." not in name:
        raise ValueError(f"{name!r} is not the name of a server, as mx.example.com")
    return name.lower()


def _compulsory(table: schema.Table, *keys: str) -> None:
    for key in keys:
        if key not in table:
            table.wrong(key, f"{table.label} needs {key}")


def _given(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if value is not None}


# ── Readers ────────────────────────────────────────────────────────────────────────────


def _size(value: Any) -> int:
    """Octets, as a whole number or as `25MB`."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise ValueError(
            f'must be a number of octets or text like "25MB", not {schema.shown(value)}'
        )
    return int(match[1]) * _UNITS[(match[2] or "").upper()]


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 86_400:
        raise ValueError(f"must be seconds, up to a day, not {schema.shown(value)}")
    return float(value)


def _factor(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 100:
        raise ValueError(f"must be a factor from 0.001 to 100, not {schema.shown(value)}")
    return float(value)


def _listen(value: Any) -> tuple[str, int]:
    match = _LISTEN.fullmatch(value) if isinstance(value, str) else None
    if not match or int(match["port"]) > 65_535:
        raise ValueError('must look like "0.0.0.0:25" or "[::]:25"')
    return match["host"].strip("[]"), int(match["port"])


def _server(value: Any) -> tuple[str, int]:
    """A name server by its address, `192.0.2.53`, or with a port of its own."""
    text = schema.text(value)
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(text)), 53
    host, port = _listen(text)
    try:
        return str(ipaddress.ip_address(host)), port
    except ValueError:
        raise ValueError(f"a name server is an address, as 192.0.2.53, not {text!r}") from None


def _network(value: Any) -> Network:
    try:
        return ipaddress.ip_network(schema.text(value))
    except ValueError:
        raise ValueError(f"must be a network like '192.0.2.0/24', not {schema.shown(value)}") from (
            None
        )


def _loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"  # RFC 6761 section 6.3


def _domain(value: Any) -> str:
    name = schema.text(value).lower()
    if "@" in name or "." not in name or not name.isascii() or " " in name:
        raise ValueError(f'must be a domain like "fax.example.com", not {schema.shown(value)}')
    return name


def _address(value: Any) -> str:
    text = schema.text(value)
    if text.count("@") != 1 or " " in text:
        raise ValueError(f"must be one mail address, not {schema.shown(value)}")
    return text


def _path(folder: pathlib.Path) -> schema.Reader[pathlib.Path]:
    """A path; a relative one begins where the config lies."""
    return lambda value: folder / schema.text(value)


def _store(value: Any) -> str:
    url = schema.text(value)
    if not url.startswith(("sqlite:", "postgresql+psycopg://")):
        raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
    return url


def _url(url: str, folder: pathlib.Path) -> str:
    """`sqlite:///var/lib/x.db` is absolute, as a URL reads; `sqlite:x.db` lies by the file."""
    if not url.startswith("sqlite:"):
        return url
    path = url.removeprefix("sqlite:")
    absolute = "/" + path.lstrip("/") if path.startswith("///") else path
    return f"sqlite:///{folder / absolute}"


def _kind(value: Any) -> str:
    kind, known = schema.text(value), providers.kinds()
    if kind not in known:
        hint = schema.did_you_mean(kind, known) or f"; there is {', '.join(known)}"
        raise ValueError(f"{kind!r} is no provider{hint}")
    return kind


def _plain(value: Any) -> str:
    """A provider's setting as text; a switch is yes or no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, int | float) else schema.text(value)


def _secret(place: schema.Reader[pathlib.Path]) -> schema.Reader[Secret]:
    """What the environment or a file holds; the text of the file is never shown."""

    def read(value: Any) -> Secret:
        if not isinstance(value, dict) or len(value) != 1 or not value.keys() <= {"env", "file"}:
            text = 'a secret is { env = "NAME" } or { file = "PATH" }, never the text itself'
            raise ValueError(text)
        if "env" in value:
            return Secret(_from_environment(str(value["env"])))
        return Secret(_from_file(place(value["file"])))

    return read


def _from_environment(name: str) -> str:
    if name not in os.environ:
        raise ValueError(f"the environment variable {name} is not set")
    return os.environ[name]


def _from_file(name: pathlib.Path) -> str:
    try:
        return name.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise ValueError(f"the file {name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"the file {name} is not UTF-8") from None


def _pin(place: schema.Reader[pathlib.Path]) -> schema.Reader[Secret]:
    """A PIN kept elsewhere, or its Argon2 hash, which may stand here."""

    def read(value: Any) -> Secret:
        if isinstance(value, str) and value.startswith("$argon2id$"):
            return Secret(value)
        found = _secret(place)(value)
        if not re.fullmatch(r"[^\s\[\]]{6,64}|\$argon2id\$.*", found.reveal()):
            raise ValueError("must have 6 to 64 characters, none of them blank or a bracket")
        return found

    return read


def _hash(place: schema.Reader[pathlib.Path]) -> schema.Reader[str]:
    """An Argon2 hash, written here or kept elsewhere like a secret."""

    def read(value: Any) -> str:
        text = _secret(place)(value).reveal() if isinstance(value, dict) else value
        if not isinstance(text, str) or not text.startswith("$argon2id$"):
            raise ValueError("must be an Argon2 hash that begins $argon2id$: mailfax config hash")
        return text

    return read
