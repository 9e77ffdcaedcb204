"""The web role."""

import threading

import structlog

from mailfax import config as configuration
from mailfax import errors, onramp, providers, web
from mailfax.providers import _port
from mailfax.service import kept, loops, wiring
from mailfax.store import documents, ledger

AGAIN = 60.0  # seconds between two tries of pushes that are kept
READING = 16  # pushes read at once: their links may be slow; more are kept for later

_log = structlog.get_logger("service")


class Answering:
    """The web role: answers what providers push."""

    def __init__(self, config: configuration.Config) -> None:
        assert config.web is not None
        self._ledger = ledger.open(config.store, check=False)
        self._documents = documents.LocalDir(config.documents)
        self._accounts = connect_pushing(config)
        self._reading = threading.BoundedSemaphore(READING)
        self._kept = kept.Kept(
            documents=self._documents,
            deliveries=self._ledger.deliveries,
            gateway=wiring.gateway(config),
            take=self._take,
        )
        settings = web.Settings(listen=config.web.listen, cert=config.web.cert, key=config.web.key)
        self._web = web.Web(settings, self._prove, self._receive)
        self._threads = loops.Loops()
        self._told = False

    def run(self) -> None:
        """Answer until told to stop; raises errors.Temporary when the server ends by itself."""
        loops.on_signals(self._stop, self._reload)
        for host, port in self._web.addresses:
            _log.info("answering", host=host, port=port, accounts=sorted(self._accounts))
        self._threads.add("web", self._serve, loops.LISTEN)
        self._threads.add("again", self._kept.again, AGAIN)
        self._threads.run(before_end=self._web.stop)
        self._ledger.close()
        if not self._told:
            raise errors.Temporary("the web server ended by itself")

    def _stop(self) -> None:
        self._told = True
        self._threads.stopping.set()

    def _serve(self) -> int:
        """Without its server the role is of no use: it ends, and its supervisor starts it again."""
        try:
            self._web.run()
        finally:
            self._threads.stopping.set()
        return 0

    def _reload(self) -> None:
        try:
            self._web.reload_tls()
        except errors.Permanent as error:
            _log.error("the certificate stays as it was", why=str(error))

    # ── one push ────────────────────────────────────────────────────────────────────────

    def _prove(self, account: str, path: str) -> None:
        if account not in self._accounts:
            raise web.Strange("there is no such account, or its provider pushes nothing")
        try:
            self._accounts[account].prove(path)
        except errors.Permanent as error:
            raise web.Strange(str(error)) from error

    def _receive(self, account: str, push: _port.Push) -> bytes:
        """Take a push in; one that cannot be just now is kept, and read again later.

        Raises web.Strange for one that is not the provider's, errors.Temporary for one that
        cannot even be kept.
        """
        try:
            return self._take(account, push)
        except web.Strange:
            raise
        except Exception as error:  # noqa: BLE001 - what was proven is not lost, whatever happens
            self._kept.keep(account, push, error)
            return b""

    def _take(self, account: str, push: _port.Push) -> bytes:
        pushed = self._read(account, push)
        onramp.receive(self._ledger, self._documents, account, pushed)
        return pushed.reply

    def _read(self, account: str, push: _port.Push) -> _port.Pushed:
        if account not in self._accounts:
            raise errors.Temporary(f"account {account} is not in mailfax.toml any more")
        if not self._reading.acquire(blocking=False):
            raise errors.Temporary(f"{READING} pushes are being read already")
        try:
            return self._accounts[account].receive(push)
        except errors.Permanent as error:
            raise web.Strange(str(error)) from error
        finally:
            self._reading.release()


def connect_pushing(config: configuration.Config) -> dict[str, _port.Pushes]:
    """The accounts whose provider pushes, by name; no other is connected."""
    return {
        name: providers.load(provider.kind).connect(provider.plain())
        for name, provider in config.providers.items()
        if issubclass(providers.account(provider.kind), _port.Pushes)
    }
