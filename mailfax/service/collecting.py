"""The mailbox role: empties the mailbox, one node at a time."""

import os
import secrets
import socket

import structlog

from mailfax import collector, errors
from mailfax import config as configuration
from mailfax.mail import mailbox
from mailfax.service import accepting, loops, rulebook, wiring

SLOWEST = 900.0  # seconds between two tries at a server that is in trouble
_FIRST = 2.0  # seconds until the second try, then twice as many

_log = structlog.get_logger("service")


class Collecting:
    """The mailbox role: network out to one mail server, no provider secrets."""

    def __init__(self, config: configuration.Config) -> None:
        assert config.mailbox is not None
        self._accepting = accepting.Accepting(config)
        self._interval, self._lease = config.mailbox.interval, config.worker.lease
        self._pace = config.worker.pace
        self._owner = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._ours = False
        self._failures = 0
        self._mailbox = mailbox.Mailbox(settings(config))
        self._threads = loops.Loops()
        self._collector = collector.Collector(
            box=self._mailbox,
            source=wiring.source(config),
            collected=self._accepting.ledger.collected,
            deliveries=self._accepting.ledger.deliveries,
            documents=self._accepting.folder,
            accept=self._accepting.intake.accept,
            author=self._accepting.intake.author,
            ours=lambda: self._ours and not self._threads.stopping.is_set(),
            country=lambda: self._accepting.book.current().country,
            speech=self._speech,
            gateway=wiring.gateway(config),
            templates=config.template_folders(),
            max_size=config.mailbox.max_size or config.listener.max_size,
            pace=self._pace,
            now=wiring.now,
        )

    def run(self) -> None:
        """Collect until told to stop; then finish what was begun."""
        loops.on_signals(self._threads.stopping.set, self._accepting.book.refresh)
        self._accepting.start()
        self._threads.add("hold", self._hold, self._lease / 3)
        self._threads.add("collect", self._collect, loops.LISTEN)
        self._threads.add("rules", self._accepting.watch, rulebook.WATCH)
        _log.info("collecting", mailbox=self._mailbox.name)
        self._threads.run()
        if self._ours:
            self._accepting.ledger.accounts.release(self._name, self._owner)
        self._mailbox.close()
        self._accepting.stop()

    @property
    def _name(self) -> str:
        """What is held in the ledger; no account of a provider has a space in its name."""
        return f"mailbox {self._mailbox.name}"

    def _hold(self) -> int:
        """Take the mailbox, or keep it; while the ledger cannot be asked it is nobody's."""
        try:
            fence = self._accepting.ledger.accounts.hold(self._name, self._owner, self._lease)
        except errors.Temporary:
            self._ours = False
            raise
        self._ours = fence is not None
        return 0

    def _collect(self) -> int:
        """One round, and the wait for the next; ever longer while the server is in trouble."""
        if not self._ours:
            self._mailbox.close()
            return 0
        try:
            if not self._mailbox.opened:
                self._mailbox.make_folders()
            self._collector.collect()
            self._mailbox.wait(self._interval, self._threads.stopping)
        except errors.Temporary:
            self._threads.stopping.wait(self._pause())
            raise
        self._failures = 0
        return 1

    def _pause(self) -> float:
        self._failures += 1
        doubled = _FIRST * 2.0 ** min(self._failures - 1, 20)
        return min(doubled, SLOWEST) * self._pace

    def _speech(self) -> tuple[str, str]:
        defaults = self._accepting.book.current().defaults
        return defaults.get("zone", "UTC"), defaults.get("language", "en")


def settings(config: configuration.Config) -> mailbox.Settings:
    """`[mailbox]` in the mailbox's own words."""
    table = config.mailbox
    assert table is not None
    return mailbox.Settings(
        host=table.host,
        port=table.port,
        tls=table.tls,
        ca=table.ca,
        login=table.login,
        password=table.password.reveal(),
        folder=table.folder,
        done=table.done,
        refused=table.refused,
        idle=table.idle,
        timeout=table.timeout,
    )
