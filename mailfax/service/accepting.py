"""The way in, as every role has it that takes mail: judged, made durable, no provider's secrets."""

from concurrent import futures

from mailfax import config as configuration
from mailfax import intake
from mailfax.service import rulebook, wiring
from mailfax.store import documents, ledger, writer

_PROVING = 16
"""Mails whose proofs are looked for at once: mostly they wait for the DNS."""


class Accepting:
    """An `intake.Intake` with all that it works with, from `start` to `stop`."""

    def __init__(self, config: configuration.Config) -> None:
        self.book = rulebook.Rulebook(config)
        self.ledger = ledger.open(config.store, check=False)
        self.folder = documents.LocalDir(config.documents)
        self._writer = writer.Writer(self.ledger.mails)
        self._aside = futures.ThreadPoolExecutor(1, "aside")
        self._proving = futures.ThreadPoolExecutor(_PROVING, "proving")
        self.intake = intake.Intake(
            writer=self._writer,
            deliveries=self.ledger.deliveries,
            documents=self.folder,
            rules=self.book.current,
            gateway=wiring.gateway(config),
            templates=config.template_folders(),
            max_size=config.listener.max_size,
            aside=self._aside,
            confirmations=self.ledger.confirmations,
            numbers=self.ledger.numbers,
            prover=wiring.prover(config, self.ledger, lambda: self.book.current().country),
            proving=self._proving,
            now=wiring.now,
        )

    def start(self) -> None:
        """Begin to accept."""
        self._writer.start()

    def stop(self) -> None:
        """Finish what was begun."""
        self._writer.stop()
        self._aside.shutdown()
        self._proving.shutdown(cancel_futures=True)
        self.ledger.close()

    def watch(self) -> int:
        """A step of a loop: read the rules again if they have changed."""
        self.book.refresh()
        return 0
