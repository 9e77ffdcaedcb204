"""The worker role."""

import functools
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable

import structlog

from mailfax import carriers, mailroom, offramp, onramp, providers
from mailfax import config as configuration
from mailfax.document import render
from mailfax.mail import message, smarthost
from mailfax.providers import _port
from mailfax.service import loops, rulebook, wiring
from mailfax.states import State
from mailfax.store import backoff, documents, due, inbound, ledger, upkeep

REST = 0.5  # seconds a loop rests when it found nothing to do
POLL = 30.0  # seconds between two looks into the providers' boxes
REMIND = 600.0  # seconds between two looks whether the postmaster has been told what is held
SWEEP = 3600.0  # seconds between two sweeps of the store
LEAST_REST = 0.1  # however fast the pace: each look is a question to the store

_log = structlog.get_logger("service")


class Working:
    """The worker role: renders, submits, follows, polls, mails."""

    def __init__(self, config: configuration.Config) -> None:
        self._config = config
        self._book = rulebook.Rulebook(config)
        self._ledger = ledger.open(config.store, check=False)
        lease = config.worker.lease
        jobs, faxes, mails = self._heartbeats = [
            loops.Heartbeat(room.renew, lease)
            for room in (self._ledger.faxes, self._ledger.inbound, self._ledger.deliveries)
        ]
        self._renderer = render.Renderer(
            render_settings(config), config.template_folders(), message.parts
        )
        self._accounts = connect_accounts(config)
        self._smarthost = smarthost.Smarthost(smarthost_settings(config))
        self._owner = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._bells: dict[str, list[threading.Event]] = {}
        self._rest = REST
        self._documents = folder = documents.LocalDir(config.documents)
        waiting = backoff.Backoff(config.worker.pace)
        self._offramp = offramp.Offramp(
            ledger=self._ledger,
            documents=folder,
            renderer=self._renderer,
            carriers=carriers.Carriers(ledger=self._ledger, folder=folder, accounts=self._accounts),
            rules=self._book.current,
            gateway=wiring.gateway(config),
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
            gateway=wiring.gateway(config),
            backoff=waiting,
            templates=config.template_folders(),
            owner=self._owner,
            lease=lease,
            keeping=faxes.keeping,
            pause=time.sleep,
        )
        self._mailroom = mailroom.Mailroom(
            ledger=self._ledger,
            documents=folder,
            smarthost=self._smarthost,
            gateway=wiring.gateway(config),
            backoff=waiting,
            templates=config.template_folders(),
            hourly=config.smarthost.receipts_per_hour,
            owner=self._owner,
            lease=lease,
            keeping=mails.keeping,
        )

    def run(self) -> None:
        """Work until told to stop; what is in hand is finished or left to its lease."""
        threads = loops.Loops()
        loops.on_signals(threads.stopping.set, self._book.refresh)
        with self._renderer:
            self._renderer.start()
            self._fill(threads)
            _log.info("working", owner=self._owner, accounts=sorted(self._accounts))
            threads.run()
        for account in self._accounts.values():
            account.close()
        self._smarthost.close()
        self._ledger.close()

    def _fill(self, threads: loops.Loops) -> None:
        steps: dict[str, tuple[Callable[[], int], ...]] = {
            State.ACCEPTED: (self._offramp.render,) * self._config.worker.renderers,
            State.READY: (self._offramp.submit,),
            State.SUBMITTED: (self._offramp.follow,),
            State.UNSURE: (self._offramp.resolve,),
            due.UNTOLD: (self._mailroom.tell,),
            due.MAILS: (self._mailroom.deliver,),
            inbound.LISTED: (self._onramp.collect,),
            inbound.STORED: (self._onramp.distribute,),
            inbound.ROUTED: (self._onramp.acknowledge,),
        }
        for kind, doers in steps.items():
            self._bells[kind] = [threading.Event() for _ in doers]
            for step, bell in zip(doers, self._bells[kind], strict=True):
                threads.wait_for(step.__name__, step, bell)
        pace, lease = self._config.worker.pace, self._config.worker.lease
        self._rest = max(LEAST_REST, REST * pace)
        threads.add("look", functools.partial(self._look, threads), self._rest)
        threads.add("mind", self._offramp.mind, max(self._rest, lease / 30))
        threads.add("poll", self._onramp.poll, max(LEAST_REST, POLL * pace))
        threads.add("remind", self._remind, REMIND)
        threads.add("sweep", self._sweep, SWEEP)
        threads.add("rules", self._watch, rulebook.WATCH)
        for heartbeat in self._heartbeats:
            threads.add("heartbeat", heartbeat.step, lease / 3)

    def _look(self, threads: loops.Loops) -> int:
        """Ask once what is due, and ring for it; again at once where somebody was busy."""
        for kind in self._ledger.due.now():
            for bell in self._bells[kind]:
                bell.set()
        threads.busy.clear()
        threads.busy.wait(self._rest)
        return 1

    def _remind(self) -> int:
        defaults = self._book.current().defaults
        return self._mailroom.remind(defaults.get("zone", "UTC"), defaults.get("language", "en"))

    def _sweep(self) -> int:
        forgotten = upkeep.sweep(self._ledger, self._documents)
        if forgotten:
            _log.info("swept", forgotten=forgotten)
        return 0

    def _watch(self) -> int:
        self._book.refresh()
        return 0


def render_settings(config: configuration.Config) -> render.Settings:
    """`[worker]` in the renderer's own words."""
    worker = config.worker
    return render.Settings(
        workers=worker.renderers,
        postscript=worker.postscript,
        require_jail=worker.require_jail,
    )


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
        name: providers.load(provider.kind).connect(provider.plain())
        for name, provider in config.providers.items()
    }
