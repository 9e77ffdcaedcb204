"""The running program: processes, threads, signals and the clock.

`serve` without a role supervises one process per role and starts a role that died again; with a
role it is that role, in this process, until SIGTERM or SIGINT. SIGHUP reads rules and certificates
again. Each role owns its own connections; they meet in the store and nowhere else.
"""

import contextlib
import ctypes
import datetime
import logging
import os
import pathlib
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypedDict

import structlog

from mailfax import config as configuration
from mailfax import errors, intake, mailroom, offramp, onramp, providers
from mailfax.document import cover, render
from mailfax.mail import listener, smarthost
from mailfax.model import Gateway
from mailfax.policy import rules as policy
from mailfax.providers import _port
from mailfax.store import backoff, documents, writer
from mailfax.store import ledger as store

ROLES = ("listener", "worker")
RULES = 2.0  # seconds between two looks at the rules file
GRACE = 10.0  # seconds a role has to finish what it is doing after SIGTERM

_log = structlog.get_logger("service")


def now() -> datetime.datetime:
    """The one clock."""
    return datetime.datetime.now(datetime.UTC)


def start_log(level: str) -> None:
    """One JSON object a line on standard error; control characters are escaped by JSON."""
    levels = {"debug": 10, "info": 20, "warning": 30, "error": 40}
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd names every peer
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(levels[level]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )


# ── The supervisor ─────────────────────────────────────────────────────────────────────


def serve(path: pathlib.Path, role: str | None) -> None:
    """Run one role, or all of them under supervision, until told to stop."""
    config = configuration.load(path)
    start_log(config.log)
    if role is None:
        Rulebook(config)
        store.open(config.store).close()
        Supervisor(path).run()
    elif role == "listener":
        Listening(config).run()
    elif role == "worker":
        Working(config).run()
    else:
        raise errors.Usage(f"{role!r} is no role; there is {' and '.join(ROLES)}")


class Supervisor:
    """Keeps one process per role alive; a role that dies young is started ever more slowly."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path
        self._stop = threading.Event()
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def run(self) -> None:
        """Start the roles, mind them, and stop them all when told to."""
        _on_signals(self._stop.set, lambda: self._tell(signal.SIGHUP))
        minders = [threading.Thread(target=self._mind, args=(role,)) for role in ROLES]
        for minder in minders:
            minder.start()
        self._stop.wait()
        self._tell(signal.SIGTERM)
        for minder in minders:
            minder.join(GRACE + 5)
        self._tell(signal.SIGKILL)

    def _mind(self, role: str) -> None:
        pause = 0.2
        while not self._stop.is_set():
            started = time.monotonic()
            self._children[role] = child = _spawn(role, self._path)
            code = child.wait()
            if self._stop.is_set():
                return
            pause = 0.2 if time.monotonic() - started > 10 else min(pause * 2, 10.0)
            _log.error("role ended", role=role, code=code, again_in=pause)
            self._stop.wait(pause)

    def _tell(self, what: signal.Signals) -> None:
        for child in self._children.values():
            if child.poll() is None:
                child.send_signal(what)


def _spawn(role: str, path: pathlib.Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "mailfax", "serve", "--role", role, "--config", str(path)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent)  # noqa: PLW1509


def _die_with_parent() -> None:
    """A role whose supervisor was killed gets SIGTERM (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _on_signals(stop: Callable[[], None], reload: Callable[[], None]) -> None:
    signal.signal(signal.SIGTERM, lambda *_: stop())
    signal.signal(signal.SIGINT, lambda *_: stop())
    signal.signal(signal.SIGHUP, lambda *_: reload())


# ── What both roles need ───────────────────────────────────────────────────────────────


class Rulebook:
    """The rules in force: replaced as a whole, and only by a set without a problem."""

    def __init__(self, config: configuration.Config) -> None:
        self._path = config.rules
        self._known = known(config)
        self.rules = policy.load(self._path, **self._known)
        self._stamp = self._look()

    def current(self) -> policy.Rules:
        """The rules in force."""
        return self.rules

    def refresh(self) -> None:
        """Take a changed file if it has no problem; otherwise keep the last good set."""
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        self.rules, problems = policy.reload(self.rules, self._path, **self._known)
        if problems:
            _log.error("rules kept: the new file is wrong", problems=[str(p) for p in problems])
        else:
            _log.info("rules in force", hash=self.rules.hash)

    def _look(self) -> tuple[int, int]:
        try:
            stat = self._path.stat()
        except OSError:
            return (0, 0)
        return (stat.st_mtime_ns, stat.st_size)


class Known(TypedDict):
    """What a rules file may name: accounts with what they can do, and cover templates."""

    accounts: dict[str, _port.Capabilities]
    covers: list[str]


def known(config: configuration.Config) -> Known:
    """What the rules of this config are checked against."""
    accounts = {
        name: providers.load(provider.kind).CAPABILITIES
        for name, provider in config.providers.items()
    }
    return Known(accounts=accounts, covers=cover.names(config.template_folders()))


def load_rules(config: configuration.Config) -> policy.Rules:
    """The config's rules; raises errors.Invalid with all that is wrong in them."""
    return policy.load(config.rules, **known(config))


class Loops:
    """Named threads that repeat a step until told to stop; a step says how much it did."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def add(self, name: str, step: Callable[[], int], pause: float) -> None:
        """Repeat `step`, resting `pause` seconds whenever it found nothing to do."""
        thread = threading.Thread(target=self._repeat, args=(name, step, pause), name=name)
        self._threads.append(thread)

    def run(self) -> None:
        """Start all, wait for the word, give them GRACE to finish."""
        for thread in self._threads:
            thread.daemon = True
            thread.start()
        self.stopping.wait()
        deadline = time.monotonic() + GRACE
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _repeat(self, name: str, step: Callable[[], int], pause: float) -> None:
        while not self.stopping.is_set():
            done = 0
            try:
                done = step()
            except errors.MailfaxError as error:
                _log.warning("step failed", loop=name, error=str(error))
            except Exception:  # noqa: BLE001 - the service goes on
                _log.exception("step failed unforeseen", loop=name)
            if not done:
                self.stopping.wait(pause)


class Heartbeat:
    """Renews the leases of the rows in hand, at a third of their length."""

    def __init__(self, renew: Callable[[Sequence[Any], float], object], lease: float) -> None:
        self._renew = renew
        self._lease = lease
        self._rows: dict[str, Any] = {}
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def keeping(self, rows: Sequence[Any]) -> Iterator[None]:
        """Keep these rows ours for as long as the block runs."""
        with self._lock:
            self._rows |= {row.id: row for row in rows}
        try:
            yield
        finally:
            with self._lock:
                for row in rows:
                    self._rows.pop(row.id, None)

    def step(self) -> int:
        """Renew once."""
        with self._lock:
            rows = list(self._rows.values())
        if rows:
            self._renew(rows, self._lease)
        return 0


# ── Listener ───────────────────────────────────────────────────────────────────────────


class Listening:
    """The listener role: network in, no provider secrets."""

    def __init__(self, config: configuration.Config) -> None:
        self._book = Rulebook(config)
        self._ledger = store.open(config.store, check=False)
        self._writer = writer.Writer(self._ledger.mails)
        folder = documents.LocalDir(config.documents)
        way_in = intake.Intake(
            writer=self._writer,
            documents=folder,
            rules=self._book.current,
            gateway=gateway(config),
            max_size=config.listener.max_size,
            now=now,
        )
        self._listener = listener.Listener(
            listener_settings(config),
            admit=way_in.admit,
            accept=way_in.accept,
            ready=way_in.ready,
            new_spool=folder.spool,
            country=lambda: self._book.current().country,
        )

    def run(self) -> None:
        """Listen until told to stop; then finish what was begun."""
        loops = Loops()
        _on_signals(loops.stopping.set, self._reload)
        self._writer.start()
        self._listener.start()
        for host, port in self._listener.addresses:
            _log.info("listening", host=host, port=port)
        loops.add("rules", self._watch, RULES)
        loops.run()
        self._listener.stop(GRACE)
        self._writer.stop()
        self._ledger.close()

    def _watch(self) -> int:
        self._book.refresh()
        return 0

    def _reload(self) -> None:
        self._book.refresh()
        self._listener.reload_tls()


def gateway(config: configuration.Config) -> Gateway:
    """Who and where we are, for stories and mails."""
    return Gateway(name=config.name, domains=config.domains, postmaster=config.smarthost.postmaster)


def listener_settings(config: configuration.Config) -> listener.Settings:
    """`[listener]` in the listener's own words."""
    table = config.listener
    return listener.Settings(
        listen=table.listen,
        implicit_tls=table.implicit_tls,
        tls_cert=table.tls.cert if table.tls else None,
        tls_key=table.tls.key if table.tls else None,
        hostname=config.name,
        domains=config.domains,
        max_size=table.max_size,
        max_recipients=table.max_recipients,
        max_connections=table.max_connections,
        max_connections_per_address=table.max_connections_per_address,
        idle=table.idle,
        logins=table.logins,
    )


# ── Worker ─────────────────────────────────────────────────────────────────────────────


REST = 0.5  # seconds a loop rests when it found nothing to do
POLL = 30.0  # seconds between two looks into the providers' boxes
LEAST_REST = 0.05  # however fast the pace: each look is a question to the store


class Working:
    """The worker role: renders, submits, follows, polls, mails."""

    def __init__(self, config: configuration.Config) -> None:
        self._config = config
        self._book = Rulebook(config)
        self._ledger = store.open(config.store, check=False)
        lease = config.worker.lease
        jobs, faxes, mails = self._heartbeats = [
            Heartbeat(room.renew, lease)
            for room in (self._ledger.faxes, self._ledger.inbound, self._ledger.deliveries)
        ]
        self._renderer = render.Renderer(render_settings(config), config.template_folders())
        self._accounts = connect_accounts(config)
        self._smarthost = smarthost.Smarthost(smarthost_settings(config))
        self._owner = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        folder = documents.LocalDir(config.documents)
        waiting = backoff.Backoff(config.worker.pace)
        self._offramp = offramp.Offramp(
            ledger=self._ledger,
            documents=folder,
            renderer=self._renderer,
            accounts=self._accounts,
            rules=self._book.current,
            gateway=gateway(config),
            backoff=waiting,
            owner=self._owner,
            lease=lease,
            keeping=jobs.keeping,
        )
        self._onramp = onramp.Onramp(
            ledger=self._ledger,
            documents=folder,
            renderer=self._renderer,
            accounts=self._accounts,
            rules=self._book.current,
            gateway=gateway(config),
            backoff=waiting,
            templates=config.template_folders(),
            owner=self._owner,
            lease=lease,
            keeping=faxes.keeping,
        )
        self._mailroom = mailroom.Mailroom(
            ledger=self._ledger,
            documents=folder,
            smarthost=self._smarthost,
            gateway=gateway(config),
            backoff=waiting,
            templates=config.template_folders(),
            owner=self._owner,
            lease=lease,
            keeping=mails.keeping,
        )

    def run(self) -> None:
        """Work until told to stop; what is in hand is finished or left to its lease."""
        loops = Loops()
        _on_signals(loops.stopping.set, self._book.refresh)
        with self._renderer:
            self._renderer.start()
            self._fill(loops)
            _log.info("working", owner=self._owner, accounts=sorted(self._accounts))
            loops.run()
        for account in self._accounts.values():
            account.close()
        self._smarthost.close()
        self._ledger.close()

    def _fill(self, loops: Loops) -> None:
        pace = self._config.worker.pace
        rest = max(LEAST_REST, REST * pace)
        for _ in range(self._config.worker.renderers):
            loops.add("render", self._offramp.render, rest)
        for step in (
            self._offramp.submit,
            self._offramp.follow,
            self._offramp.resolve,
            self._offramp.mind,
            self._onramp.collect,
            self._onramp.distribute,
            self._onramp.acknowledge,
            self._mailroom.tell,
            self._mailroom.deliver,
        ):
            loops.add(step.__name__, step, rest)
        loops.add("poll", self._onramp.poll, max(LEAST_REST, POLL * pace))
        for heartbeat in self._heartbeats:
            loops.add("heartbeat", heartbeat.step, self._config.worker.lease / 3)
        loops.add("rules", self._watch, RULES)

    def _watch(self) -> int:
        self._book.refresh()
        return 0


def render_settings(config: configuration.Config) -> render.Settings:
    """`[worker]` in the renderer's own words."""
    return render.Settings(workers=config.worker.renderers, require_jail=config.worker.require_jail)


def smarthost_settings(config: configuration.Config) -> smarthost.Settings:
    """`[smarthost]` in the smarthost's own words."""
    table = config.smarthost
    return smarthost.Settings(
        host=table.host,
        port=table.port,
        tls=table.tls,
        login=table.login,
        password=table.password.reveal() if table.password else None,
        ca=table.ca,
        hostname=config.name,
        timeout=table.timeout,
    )


def connect_accounts(config: configuration.Config) -> dict[str, _port.Outbound]:
    """Account name → its provider, ready to talk."""
    return {
        name: providers.load(provider.kind).connect(config.settings(name))
        for name, provider in config.providers.items()
    }
