"""The listener role."""

from concurrent import futures

import structlog

from mailfax import config as configuration
from mailfax import intake
from mailfax.mail import listener
from mailfax.service import loops, rulebook, wiring
from mailfax.store import documents, ledger, writer

_log = structlog.get_logger("service")


class Listening:
    """The listener role: network in, no provider secrets."""

    def __init__(self, config: configuration.Config) -> None:
        self._book = rulebook.Rulebook(config)
        self._ledger = ledger.open(config.store, check=False)
        self._writer = writer.Writer(self._ledger.mails)
        self._aside = futures.ThreadPoolExecutor(1, "aside")
        folder = documents.LocalDir(config.documents)
        way_in = intake.Intake(
            writer=self._writer,
            deliveries=self._ledger.deliveries,
            documents=folder,
            rules=self._book.current,
            gateway=wiring.gateway(config),
            max_size=config.listener.max_size,
            aside=self._aside,
            now=wiring.now,
        )
        self._listener = listener.Listener(
            settings(config),
            admit=way_in.admit,
            accept=way_in.accept,
            ready=way_in.ready,
            new_spool=folder.spool,
            country=lambda: self._book.current().country,
        )

    def run(self) -> None:
        """Listen until told to stop; then finish what was begun."""
        threads = loops.Loops()
        loops.on_signals(threads.stopping.set, self._reload)
        self._writer.start()
        self._listener.start()
        for host, port in self._listener.addresses:
            _log.info("listening", host=host, port=port)
        threads.add("rules", self._watch, rulebook.WATCH)
        threads.run()
        self._listener.stop(loops.GRACE)
        self._writer.stop()
        self._aside.shutdown()
        self._ledger.close()

    def _watch(self) -> int:
        self._book.refresh()
        return 0

    def _reload(self) -> None:
        self._book.refresh()
        self._listener.reload_tls()


def settings(config: configuration.Config) -> listener.Settings:
    """`[listener]` in the listener's own words."""
    table = config.listener
    return listener.Settings(
        listen=table.listen,
        implicit_tls=table.implicit_tls,
        tls_cert=table.cert,
        tls_key=table.key,
        hostname=config.name,
        domains=config.domains,
        max_size=table.max_size,
        max_recipients=table.max_recipients,
        max_connections=table.max_connections,
        max_connections_per_address=table.max_connections_per_address,
        idle=table.idle,
        logins=table.logins,
    )
