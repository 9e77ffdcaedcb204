"""A sandbox, a config and a running `mailfax serve` in one folder: for the demo, and for tests."""

import email
import email.message
import email.policy
import email.utils
import json
import os
import pathlib
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, TypeVar

from mailfax import errors, providers, sandbox

_T = TypeVar("_T")

DOMAIN = "fax.example.com"
SENDER = "ann@clinic.example"
PASSWORD = "correct horse"  # noqa: S105 - the toy login of the demo
FORGER = "chief@clinic.example"
MAILBOX = "reception@clinic.example"

_RULES = """\
version = 1
defaults = {{ country = "US", provider = {first}, cover = "{cover}", tries = 2{more} }}
send = [
{routes}    {{ name = "staff", from = "@clinic.example", proof = "login" }},
    {{ action = "reject", text = "You may not fax here: log in with your own address" }},
]
receive = [{{ deliver = "{mailbox}" }}]
"""

_CONFIG = """\
version = 1
domains = ["{domain}"]
store = "{store}"
documents = "documents"
rules = "rules.toml"

[listener]
listen = ["127.0.0.1:{port}"]
tls = {{ cert = "{certificate}", key = "{certificate}" }}
[listener.logins]
"{sender}" = "{hash}"

[smarthost]
host = "127.0.0.1"
{smarthost}
postmaster = "postmaster@clinic.example"

[worker]
pace = {pace}
lease = {lease}

{web}
{accounts}
"""
_WEB = """\
[web]
listen = ["127.0.0.1:{port}"]
"""
_ACCOUNT = """\
[providers.{name}]
kind = "{kind}"
{settings}
"""
_PUSH = "a-path-nobody-guesses"


class Stage:
    """A sandbox, a config and a service in one folder; a context manager.

    `accounts`: name → kind of provider; without, one account `main` of the first kind. `routes`:
    start of a number → accounts for it, in order; for others it is the first account.
    `settings` are added to those of every account.
    `pace` shortens every waiting time of the service; `store` is a store URL; `environment` is
    added to the service's own. `smarthost` replaces port and TLS of `[smarthost]`, which is the
    sandbox's mailbox. The service's log goes to `folder/serve.log`.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        *,
        accounts: Mapping[str, str] | None = None,
        routes: Mapping[str, Sequence[str]] | None = None,
        settings: Mapping[str, str] | None = None,
        cover: str = "standard",
        pace: float = 0.01,
        lease: float = 60.0,
        store: str = "sqlite:mailfax.db",
        defaults: str = "",
        smarthost: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.accounts = accounts or {"main": providers.kinds()[0]}
        self._routes = routes or {}
        self._given = settings or {}
        self._cover = cover
        self.sandbox = sandbox.Sandbox(base_port=0, tls=True)
        self.port, self._web = _free_port(), _free_port()
        self._options = {"pace": pace, "lease": lease, "store": store}
        self._defaults = defaults
        self._smarthost = smarthost
        self._environment = dict(environment or {})
        self._service: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.prepare()
            self.serve()
            self._tell_where_to_push()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.sandbox.stop()

    @property
    def config(self) -> pathlib.Path:
        """The service's config file."""
        return self.folder / "mailfax.toml"

    def prepare(self) -> None:
        """Start the sandbox and write the config; no service yet."""
        self.sandbox.start()
        self._write()

    # ── the service ─────────────────────────────────────────────────────────────────────

    def serve(self, **environment: str) -> None:
        """Start `mailfax serve` and wait until it greets."""
        command = [sys.executable, "-m", "mailfax", "serve", "--config", str(self.config)]
        with (self.folder / "serve.log").open("ab") as log:
            self._service = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | self._environment | environment,
                start_new_session=True,
            )
        self._await_greeting()

    def _await_greeting(self) -> None:
        """Until the listener greets; fails early when the service has ended."""
        assert self._service is not None
        for _ in range(600):
            if self._service.poll() is not None:
                break
            try:
                with smtplib.SMTP("127.0.0.1", self.port, timeout=5):
                    return
            except OSError:
                time.sleep(0.05)
        log = (self.folder / "serve.log").read_text(encoding="utf-8", errors="replace")
        raise errors.Temporary(f"the service did not start:\n{log[-2000:]}")

    def stop(self) -> None:
        """SIGTERM, and SIGKILL to the whole session if it takes longer than it should."""
        if self._service is None:
            return
        self._service.send_signal(signal.SIGTERM)
        try:
            self._service.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self._service.pid, signal.SIGKILL)
            self._service.wait(10)
        self._service = None

    def kill(self) -> None:
        """SIGKILL to supervisor and roles at once, as a power cut would."""
        assert self._service is not None
        os.killpg(self._service.pid, signal.SIGKILL)
        self._service.wait(10)
        self._service = None

    def command(self, *arguments: str) -> Any:
        """What a command of ours prints as JSON, asked with this stage's config."""
        asked = [
            sys.executable,
            "-m",
            "mailfax",
            *arguments,
            "--config",
            str(self.config),
            "--json",
        ]
        done = subprocess.run(asked, capture_output=True, check=False, timeout=60)
        if not done.stdout:
            raise errors.Permanent(done.stderr.decode(errors="replace").strip())
        return json.loads(done.stdout)

    def tell(self, word: str, job: str) -> None:
        """Say a word on a job, as `mailfax jobs WORD JOB` does."""
        self._say("jobs", word, job)

    def redeliver(self, fax: str) -> None:
        """Mail a received fax again, as `mailfax inbox redeliver FAX` does."""
        self._say("inbox", "redeliver", fax)

    def _say(self, *words: str) -> None:
        asked = [sys.executable, "-m", "mailfax", *words, "--config", str(self.config)]
        subprocess.run(asked, check=True, timeout=60, stdout=subprocess.DEVNULL)

    # ── the world outside ───────────────────────────────────────────────────────────────

    def send(
        self,
        mail: email.message.Message,
        *,
        to: str | None = None,
        login: bool = True,
    ) -> dict[str, Any]:
        """Hand a mail to the listener as a mail program does; returns refused recipients.

        `to` is the recipient where it is not the one in the mail's own header.
        """
        context = self._trust()
        with smtplib.SMTP("127.0.0.1", self.port, timeout=60) as client:
            client.starttls(context=context)
            if login:
                client.login(SENDER, PASSWORD)
            return client.send_message(mail, SENDER if to else None, to)

    def ask(self, path: str, *, method: str = "GET", body: bytes | None = None) -> Any:
        """One request to the sandbox's control port, read as JSON."""
        request = urllib.request.Request(  # noqa: S310 - loopback
            self.sandbox.urls["control"] + path, data=body, method=method
        )
        with self._open(request) as reply:
            return json.loads(reply.read() or b"null")

    def document(self, url: str) -> bytes:
        """What lies at one of the sandbox's own links."""
        with self._open(urllib.request.Request(url)) as reply:  # noqa: S310 - loopback
            data: bytes = reply.read()
            return data

    def _open(self, request: urllib.request.Request) -> Any:
        return urllib.request.urlopen(request, timeout=60, context=self._trust())  # noqa: S310

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.sandbox.ca))

    def faxes(self) -> list[dict[str, Any]]:
        """What the pretend telephone network was asked to carry."""
        found: list[dict[str, Any]] = self.ask("/faxes")
        return found

    def mails(self) -> list[email.message.EmailMessage]:
        """The mails the sink received, oldest first."""
        return [_read_mail(self.document(one["message"])) for one in self.ask("/mail")]

    def ring(self, document: bytes, *, caller: str, tsid: str, account: str | None = None) -> str:
        """Let a fax come in on the account's first number; returns the sandbox's id of it."""
        kind = self.accounts[account or next(iter(self.accounts))]
        query = urllib.parse.urlencode(
            {"provider": kind, "did": self._dids(kind)[0], "caller": caller, "tsid": tsid}
        )
        answer = self.ask(f"/inbound?{query}", method="POST", body=document)
        return str(answer["id"])

    # ── files ───────────────────────────────────────────────────────────────────────────

    def _write(self) -> None:
        import argon2

        text = _CONFIG.format(
            domain=DOMAIN,
            port=self.port,
            certificate=self.sandbox.certificate,
            sender=SENDER,
            hash=argon2.PasswordHasher(time_cost=1, memory_cost=8192).hash(PASSWORD),
            smarthost=self._smarthost or self._sink(),
            web=_WEB.format(port=self._web) if self._pushing() else "",
            accounts="\n".join(
                _ACCOUNT.format(name=name, kind=kind, settings=self._settings(name, kind))
                for name, kind in self.accounts.items()
            ),
            **self._options,
        )
        self.config.write_text(text, encoding="utf-8")
        rules = _RULES.format(
            mailbox=MAILBOX,
            more=self._defaults,
            cover=self._cover,
            first=json.dumps(list(self.accounts)[:1]),
            routes="".join(_route(start, names) for start, names in self._routes.items()),
        )
        (self.folder / "rules.toml").write_text(rules, encoding="utf-8")

    def _sink(self) -> str:
        return f'port = {self.sandbox.ports["smtp"]}\nca = "{self.sandbox.ca}"'

    def _settings(self, account: str, kind: str) -> str:
        """The provider's table: the sandbox's address and credentials, secrets through files."""
        wanted = providers.load(kind).SETTINGS
        given = {
            "url": self.sandbox.urls[kind],
            "rest_url": self.sandbox.urls[kind],
            "ca": str(self.sandbox.ca),
            "interval": "0",
            "numbers": " ".join(self._dids(kind)),
            "push": _PUSH,
            "links": "127.0.0.1",
            **self.sandbox.credentials[kind],
            **self._given,
        }
        return "\n".join(
            f"{name} = {self._secret(account, name, value)}"
            if wanted[name].secret
            else f"{name} = {json.dumps(value)}"
            for name, value in given.items()
            if name in wanted
        )

    def _dids(self, kind: str) -> list[str]:
        found: list[str] = self.ask("/")["dids"][kind]
        return found

    def _pushing(self) -> dict[str, str]:
        """Accounts whose provider pushes, and its kind: those with a secret for it."""
        return {
            name: kind
            for name, kind in self.accounts.items()
            if "push" in providers.load(kind).SETTINGS
        }

    def _tell_where_to_push(self) -> None:
        for name, kind in self._pushing().items():
            url = f"http://127.0.0.1:{self._web}/push/{name}/{_PUSH}"
            body = json.dumps({"provider": kind, "url": url}).encode()
            self.ask("/callbacks", method="POST", body=body)

    def _secret(self, account: str, name: str, value: str) -> str:
        file = self.folder / f"{account}-{name}.secret"
        file.write_text(value, encoding="utf-8")
        file.chmod(0o600)
        return f'{{ file = "{file}" }}'


def _route(start: str, accounts: Sequence[str]) -> str:
    names = json.dumps(list(accounts))
    who = 'from = "@clinic.example", proof = "login"'
    return f'    {{ name = "to {start}", {who}, to = "{start}*", provider = {names} }},\n'


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _read_mail(data: bytes) -> email.message.EmailMessage:
    found = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(found, email.message.EmailMessage)
    return found


def wait_until(what: Callable[[], _T | None], seconds: float, why: str) -> _T:
    """Ask until the answer is true; raises errors.Temporary that says what did not happen."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = what()
        if found:
            return found
        time.sleep(0.1)
    raise errors.Temporary(f"{why} did not happen within {seconds:.0f} s")
