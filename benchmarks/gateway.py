"""mailfax under test: the real roles as processes, with a config and rules made for it.

Mail comes in by network proof from 127.0.0.0/8, so that neither TLS nor a login is paid for that
the yardstick does not have. `Sandbox` is the pretend provider and mailbox, a process of its own.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any, Self

from mailfax import providers

DOMAIN = "fax.example.com"
NUMBER = "12025550123"
AS_IT_IS = "12025550124"
"""Where a PDF goes unchanged."""
SENDER = "sender@example.com"
MAILBOX = "reception@example.com"
PUSH = "a-path-nobody-guesses"

_RULES = f"""\
version = 1
defaults = {{ country = "US", paper = "a4", provider = ["main"], cover = "none" }}
groups.here = {{ networks = ["127.0.0.0/8"] }}
receive = [{{ deliver = "{MAILBOX}" }}]

[[send]]
name = "as it is"
from = "@example.com"
to = "+{AS_IT_IS}"
proof = "network:here"
parts = "attachments"
as_it_is = true

[[send]]
from = "@example.com"
proof = "network:here"

[[send]]
action = "reject"
"""

_CONFIG = """\
version = 1
domains = ["{domain}"]
store = "sqlite:mailfax.db"
documents = "documents"
rules = "rules.toml"

[listener]
listen = ["127.0.0.1:{port}"]
max_connections_per_address = 200

[smarthost]
host = "127.0.0.1"
port = {smarthost}
tls = "none"
postmaster = "postmaster@example.com"

[worker]
pace = {pace}

[web]
listen = ["127.0.0.1:{web}"]

[providers.main]
kind = "{kind}"
{account}
"""


class Sandbox:
    """`mailfax sandbox` without TLS, on free ports; a context manager."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "mailfax", "sandbox", "--base-port", "0"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.control = self._process.stdout.readline().split()[1]
        told = self.ask("/")
        self.urls: Mapping[str, str] = told["urls"]
        self.ports: Mapping[str, int] = told["ports"]
        self.credentials: Mapping[str, Mapping[str, str]] = told["credentials"]
        self.dids: Mapping[str, list[str]] = told["dids"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        stop(self._process)

    def ask(self, path: str, method: str = "GET", body: bytes | None = None) -> Any:
        """One request to the control port."""
        request = urllib.request.Request(self.control + path, data=body, method=method)
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.loads(reply.read() or b"null")

    def ring(self, kind: str, pages: bytes) -> None:
        """Let a fax come in."""
        query = {"provider": kind, "did": self.dids[kind][0], "caller": "+13035550188"}
        self.ask(f"/inbound?{urllib.parse.urlencode(query)}", "POST", pages)

    def mails(self) -> int:
        """How many mails the mailbox has taken."""
        return len(self.ask("/mail"))


class Gateway:
    """Config, rules, store and documents in one folder, and the roles that run on them."""

    def __init__(
        self,
        folder: pathlib.Path,
        sandbox: Sandbox | None = None,
        pace: float = 1.0,
        kind: str = providers.kinds()[0],
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self.kind = kind
        self.config = folder / "mailfax.toml"
        self.roles: dict[str, subprocess.Popen[bytes]] = {}
        (folder / "rules.toml").write_text(_RULES)
        self.config.write_text(
            _CONFIG.format(
                domain=DOMAIN,
                port=self.port,
                smarthost=sandbox.ports["smtp"] if sandbox else 9,
                kind=self.kind,
                pace=pace,
                web=free_port(),
                account="\n".join(self._account(sandbox)),
            )
        )

    def _account(self, sandbox: Sandbox | None) -> Iterator[str]:
        """The provider's table; without a sandbox no worker runs, and any words will do."""
        wanted = providers.load(self.kind).SETTINGS
        known = {name: "none" for name, setting in wanted.items() if setting.required}
        if sandbox:
            url = sandbox.urls[self.kind]
            known = {"url": url, "rest_url": url, "interval": "0", "push": PUSH}
            known |= sandbox.credentials[self.kind]
        for name, value in known.items():
            if name in wanted:
                secret = wanted[name].secret
                yield f"{name} = {self._secret(name, value) if secret else json.dumps(value)}"

    def _secret(self, name: str, value: str) -> str:
        file = self.folder / f"{name}.secret"
        file.write_text(value)
        return f'{{ file = "{file}" }}'

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.roles.values():
            stop(process)

    @property
    def pids(self) -> list[int]:
        """Of the roles that run."""
        return [process.pid for process in self.roles.values()]

    def start(self, role: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a role as the service's supervisor does; returns once it is at work."""
        command = [sys.executable, "-m", "mailfax.service"]
        command += ["--role", role, "--config", str(self.config)]
        log = self.folder / f"{role}.log"
        with log.open("wb") as file:
            self.roles[role] = process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stderr=file, env=os.environ | environment
            )
        if role == "listener":
            greeted(self.port, process, log)
        else:
            _said(log, process, {"worker": '"working"', "web": '"answering"'}[role])
        return process

    def clear(self) -> None:
        """Remove the large mails that were taken, so that the disk does not fill up."""
        for folder in (self.folder / "documents").glob("mail/*"):
            shutil.rmtree(folder, ignore_errors=True)

    def send(self, mail: bytes, number: str = NUMBER) -> None:
        """Hand one finished mail to the listener."""
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname="load.example") as client:
            client.sendmail(SENDER, [f"+{number}@{DOMAIN}"], mail)


def stop(process: subprocess.Popen[Any]) -> None:
    """SIGTERM, and SIGKILL when it takes too long."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
    if process.stdout:
        process.stdout.close()


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def greeted(port: int, process: subprocess.Popen[Any], log: pathlib.Path) -> None:
    """Wait until an SMTP server greets; raises RuntimeError with its log when it does not."""
    for _ in range(600):
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 2) as one:
            if one.recv(100).startswith(b"220"):
                return
        time.sleep(0.05)
    raise RuntimeError(f"port {port} does not greet: {_tail(log)}")


def _said(log: pathlib.Path, process: subprocess.Popen[Any], word: str) -> None:
    for _ in range(600):
        if re.search(word, log.read_text(errors="replace")):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"never said {word}: {_tail(log)}")


def _tail(log: pathlib.Path) -> str:
    return log.read_text(errors="replace")[-1500:] if log.exists() else "no log"


def wait_until(count: int, seconds: float, what: Any) -> None:
    """Wait until `what()` is at least `count`; raises RuntimeError when it takes too long."""
    until = time.monotonic() + seconds
    while (found := what()) < count:
        if time.monotonic() > until:
            raise RuntimeError(f"only {found} of {count} came within {seconds:g} seconds")
        time.sleep(0.2)
