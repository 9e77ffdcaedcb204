"""Fax → mail, from the provider's box to the mailbox.

Each method of `Onramp` is one step; it takes whatever is due and returns how many faxes it took.

    poll          look into each account's box, note what is new           → listed
    (receive)     or the provider brings it of its own accord              → listed, stored
    collect       fetch the document, make it durable                      listed → stored
    distribute    open it in the jail, route it, post a mail per target    stored → routed
    acknowledge   once every mail is with the mail system, tell the provider  routed → acknowledged

(account, provider's fax id) names a fax for ever: listing it twice changes nothing. A fax leaves
the provider only after its last mail was accepted by the mail system.
"""

import contextlib
import dataclasses
import datetime
import pathlib
import random
from collections.abc import Callable, Mapping, Sequence

import structlog

from mailfax import errors, failpoints
from mailfax.document import render
from mailfax.mail import forward
from mailfax.model import Damage, Document, Gateway, InboundFax, Routing, Target
from mailfax.policy import route, rules
from mailfax.providers import _port
from mailfax.store import backoff, deliveries, documents, inbound, ledger, mails

MISSING_AFTER = 5  # times a provider says that it has no document; then the reader is told
NO_DOCUMENT = "the provider has no document"
WHOLE = 0.02  # share of looks that list the whole box: ids may start anew
BATCH = 10  # faxes claimed at once
PATIENCE = 20  # turns that a look into the box waits for

_log = structlog.get_logger("onramp")


def receive(
    book: ledger.Ledger, folder: documents.LocalDir, account: str, pushed: _port.Pushed
) -> None:
    """Make durable what a provider brought, so that its push may be answered.

    What it says of faxes that we sent is a hint to ask now, and nothing is believed.
    """
    if pushed.references:
        book.faxes.hasten(account, pushed.references)
    for fax, fetched in pushed.received:
        fax = dataclasses.replace(fax, account=account)  # noqa: PLW2901 - ours knows its name
        if fetched is None:
            book.inbound.learn([fax])
            continue
        id_ = mails.new_id(book.now())
        key = documents.key("inbound", id_, f".{fetched.kind}")
        folder.put(key, fetched.data)
        if book.inbound.bring(fax, id_, key, fetched.kind):
            _log.info("fax received", fax=id_, account=account)
        else:
            folder.delete(key)


@dataclasses.dataclass(frozen=True)
class _Made:
    """What goes into the mail that brings a fax."""

    files: Sequence[forward.Attachment] = ()
    warning: str = ""
    damage: Sequence[Damage] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Onramp:
    """Carries received faxes to mail."""

    ledger: ledger.Ledger
    documents: documents.LocalDir
    renderer: render.Renderer
    accounts: Mapping[str, _port.Outbound]
    rules: Callable[[], rules.Rules]
    gateway: Gateway
    backoff: backoff.Backoff
    templates: tuple[pathlib.Path, ...]
    owner: str
    lease: float
    keeping: Callable[[Sequence[inbound.Arrival]], contextlib.AbstractContextManager[None]]
    pause: Callable[[float], object]
    """Waits so many seconds."""

    # ── poll ────────────────────────────────────────────────────────────────────────────

    def poll(self) -> int:
        """Look into the box of every account that has one and that nobody else is polling."""
        return sum(
            self._poll(name, account)
            for name, account in self.accounts.items()
            if isinstance(account, _port.Inbound)
        )

    def _poll(self, name: str, account: _port.Inbound) -> int:
        if self.ledger.accounts.hold(f"poll:{name}", self.owner, self.lease) is None:
            return 0
        since = self.ledger.accounts.high_water(name) if random.random() > WHOLE else None  # noqa: S311
        try:
            listed = self._listed(name, account, since)
        except errors.MailfaxError as error:
            _log.warning("inbox not read", account=name, error=str(error))
            return 0
        faxes = [dataclasses.replace(fax, account=name) for fax in listed]
        failpoints.hit("poll-after-list")
        new = self.ledger.inbound.learn(faxes)
        for fax in new:
            _log.info("fax received", fax=fax, account=name)
        return 0

    def _listed(self, name: str, account: _port.Inbound, since: str | None) -> Sequence[InboundFax]:
        """What is in the box; waits its turn among the requests of a busy account."""
        interval = self.accounts[name].capabilities.request_interval
        for _ in range(PATIENCE):
            with self.ledger.accounts.turn(name, interval) as wait:
                if not wait:
                    return account.inbox(since)
            self.pause(wait)
        raise errors.Temporary("other requests were always first")

    # ── collect ─────────────────────────────────────────────────────────────────────────

    def collect(self) -> int:
        """Fetch the documents of listed faxes and make them durable."""
        claimed = self.ledger.inbound.claim("listed", BATCH, self.lease, self.owner)
        with self.keeping(claimed):
            for arrival in claimed:
                self._guarded(arrival, self._collect)
        return len(claimed)

    def _collect(self, arrival: inbound.Arrival) -> None:
        if not self._has_box(arrival):
            self.ledger.inbound.missing(arrival, "the provider brought no document")
            return
        try:
            fetched = self._inbox(arrival).fetch(arrival.fax)
        except errors.Permanent as error:
            self._not_there(arrival, str(error))
            return
        failpoints.hit("collect-mid-download")
        key = documents.key("inbound", arrival.id, f".{fetched.kind}")
        self.documents.put(key, fetched.data)
        self.ledger.inbound.stored(arrival, key, fetched.kind, arrival.fax.pages)
        failpoints.hit("collect-after-stored")

    def _not_there(self, arrival: inbound.Arrival, why: str) -> None:
        """The provider says that it has no document: asked again, then told to the reader."""
        note = f"{NO_DOCUMENT} ({why})"
        lines = self.ledger.faxes.events(arrival.id)
        if sum(line.note.startswith(NO_DOCUMENT) for line in lines) + 1 < MISSING_AFTER:
            raise errors.Temporary(note)
        self.ledger.inbound.missing(arrival, why)
        _log.error("a received fax has no document", fax=arrival.id, why=why)

    # ── distribute ──────────────────────────────────────────────────────────────────────

    def distribute(self) -> int:
        """Route stored faxes and post a mail for each of their targets."""
        claimed = self.ledger.inbound.claim("stored", BATCH, self.lease, self.owner)
        with self.keeping(claimed):
            for arrival in claimed:
                self._guarded(arrival, self._distribute)
        return len(claimed)

    def _distribute(self, arrival: inbound.Arrival) -> None:
        routing = route.route(self.rules(), arrival.fax, self.ledger.now())
        mails = [self._mail(arrival, routing, n, t) for n, t in enumerate(routing.targets, 1)]
        self.ledger.inbound.routed(arrival, mails, routing)
        failpoints.hit("distribute-after-routed")
        _log.info("fax routed", fax=arrival.id, rules=routing.rules, targets=len(mails))

    def _mail(
        self, arrival: inbound.Arrival, routing: Routing, number: int, target: Target
    ) -> deliveries.NewDelivery:
        """One finished mail; its ids follow from the fax, so that a twin is the same mail."""
        made = self._attachments(arrival, target.format)
        round_ = f".{arrival.redelivered}" if arrival.redelivered else ""
        letter = forward.Letter(
            id=f"{arrival.id}{round_}-{number}",
            fax=arrival.fax,
            to=target.address,
            gateway=self.gateway,
            attachments=made.files,
            warning=made.warning,
            damage=made.damage,
            zone=routing.zone,
            language=routing.language,
            templates=self.templates,
        )
        data, key = deliveries.kept(self.documents, letter.id, forward.build(letter))
        return deliveries.NewDelivery(
            id=letter.id,
            kind="forward",
            target=target.address,
            mail_from=self.gateway.postmaster,
            message_id=forward.message_id(letter),
            data=data,
            document=key,
            fax=arrival.id,
        )

    def _attachments(self, arrival: inbound.Arrival, wish: str) -> _Made:
        """The pages as wished; as they came, with a warning, when they cannot be opened; none
        when the provider has lost them.
        """
        if arrival.document is None:
            return _Made(warning=arrival.note)
        assert arrival.kind is not None
        source = self.documents.path(arrival.document)
        kinds = ("pdf", "tiff") if wish == "both" else (wish,)
        with self.documents.scratch() as folder:
            try:
                made = [self._document(source, arrival.kind, kind, folder) for kind in kinds]
                files = [_attachment(document) for document in made]
            except (errors.Permanent, FileNotFoundError) as error:
                return self._raw(arrival.document, arrival.kind, str(error))
        damage = made[0].damage
        if any(page.lost for page in damage):
            raw = self.documents.read(arrival.document)
            files.append(forward.Attachment(kind=arrival.kind, data=raw, original=True))
        return _Made(files, damage=damage)

    def _raw(self, document: str, kind: str, warning: str) -> _Made:
        """The document as it came; nothing when it is gone."""
        try:
            raw = forward.Attachment(kind=kind, data=self.documents.read(document))
        except errors.Permanent as error:
            return _Made(warning=str(error))
        return _Made([raw], warning)

    def _document(
        self, source: pathlib.Path, kind: str, wish: str, folder: pathlib.Path
    ) -> Document:
        return self.renderer.received(source, kind, wish, folder / f"fax.{wish}")

    # ── acknowledge ─────────────────────────────────────────────────────────────────────

    def acknowledge(self) -> int:
        """Tell the provider of faxes whose every mail was accepted by the mail system."""
        claimed = self.ledger.inbound.to_acknowledge(BATCH, self.lease, self.owner)
        with self.keeping(claimed):
            for arrival in claimed:
                self._guarded(arrival, self._acknowledge)
        return len(claimed)

    def _acknowledge(self, arrival: inbound.Arrival) -> None:
        assert arrival.routing is not None
        how = _port.How(arrival.routing.acknowledge if arrival.document else "leave")
        if not self._has_box(arrival):
            self.ledger.inbound.acknowledged(arrival, "the provider keeps no box")
            return
        failpoints.hit("acknowledge-before-delete")
        self._inbox(arrival).acknowledge(arrival.fax, how)
        failpoints.hit("acknowledge-after-delete")
        self.ledger.inbound.acknowledged(arrival, f"at the provider: {how}")

    # ── common to all steps ─────────────────────────────────────────────────────────────

    def _guarded(self, arrival: inbound.Arrival, step: Callable[[inbound.Arrival], None]) -> None:
        """One fax that fails is put off, with the reason in its time line; the others go on."""
        try:
            step(arrival)
        except errors.Fenced:
            _log.warning("fax lost to another worker", fax=arrival.id)
        except errors.MailfaxError as error:
            due = self._later(arrival)
            self.ledger.inbound.put_off(arrival, due, str(error))
            _log.warning(
                "received fax put off", fax=arrival.id, why=str(error), tries=arrival.tries
            )
        except Exception as error:  # noqa: BLE001 - one bad fax must not stop the others
            _log.exception("step failed unforeseen", fax=arrival.id)
            why = f"unforeseen {type(error).__name__}"
            self.ledger.inbound.put_off(arrival, self._later(arrival), why)

    def _later(self, arrival: inbound.Arrival) -> datetime.datetime:
        jitter = random.random()  # noqa: S311 - spreads load, hides nothing
        return self.backoff.next_look(arrival.learned_at, self.ledger.now(), jitter=jitter)

    def _has_box(self, arrival: inbound.Arrival) -> bool:
        """Whether its provider has a box to look into; one that brings faxes may have none."""
        account = self.accounts.get(arrival.fax.account)
        return account is None or isinstance(account, _port.Inbound)

    def _inbox(self, arrival: inbound.Arrival) -> _port.Inbound:
        account = self.accounts.get(arrival.fax.account)
        if not isinstance(account, _port.Inbound):
            raise errors.Temporary(f"account {arrival.fax.account} is not in mailfax.toml any more")
        return account


def _attachment(document: Document) -> forward.Attachment:
    return forward.Attachment(
        kind="pdf" if document.kind == "pdfa" else document.kind,
        data=document.path.read_bytes(),
        pages=len(document.pages),
    )
