"""The listener role."""

import structlog

from mailfax import config as configuration
from mailfax.mail import listener
from mailfax.service import accepting, loops, rulebook

_log = structlog.get_logger("service")


class Listening:
    """The listener role: network in, no provider secrets."""

    def __init__(self, config: configuration.Config) -> None:
        self._accepting = accepting.Accepting(config)
        way_in = self._accepting.intake
        self._lmtp = config.listener.lmtp
        self._listener = listener.Listener(
            settings(config),
            admit=way_in.admit,
            accept=way_in.accept,
            ready=way_in.ready,
            new_spool=self._accepting.folder.spool,
            country=lambda: self._accepting.book.current().country,
        )

    def run(self) -> None:
        """Listen until told to stop; then finish what was begun."""
        threads = loops.Loops()
        loops.on_signals(threads.stopping.set, self._reload)
        self._accepting.start()
        self._listener.start()
        for host, port in self._listener.addresses:
            _log.info("listening", host=host, port=port)
        if self._lmtp:
            _log.info("listening", lmtp=str(self._lmtp))
        threads.add("rules", self._accepting.watch, rulebook.WATCH)
        threads.run()
        self._listener.stop(loops.GRACE)
        self._accepting.stop()

    def _reload(self) -> None:
        self._accepting.book.refresh()
        self._listener.reload_tls()


def settings(config: configuration.Config) -> listener.Settings:
    """`[listener]` in the listener's own words."""
    table = config.listener
    return listener.Settings(
        listen=table.listen,
        implicit_tls=table.implicit_tls,
        lmtp=table.lmtp,
        proxies=table.proxy,
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
        client_ca=table.client_ca,
    )
