"""Outgoing mail, durable: whatever was posted is sent, or its failure is said.

`Mailroom.tell` writes the receipts of jobs that have ended or wait for a person; received faxes are
posted by onramp.py. `Mailroom.deliver` hands what is due to the smarthost. Mail is at-least-once:
after a crash between the smarthost's 250 and our record the same mail goes out again with the same
Message-ID, so that the twin can be recognised.
"""

import contextlib
import dataclasses
import datetime
import hashlib
import pathlib
import random
import zoneinfo
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import structlog

from mailfax import errors, failpoints
from mailfax.document import pdf
from mailfax.mail import compose, digest, proof_pin, receipt, smarthost, warning
from mailfax.model import Delivery, FaxJob, Gateway, Manifest, ManifestEntry
from mailfax.states import State
from mailfax.store import backoff, balance, deliveries, documents, ledger, mails, receipts

REST = datetime.timedelta(minutes=15)
BATCH = 20  # mails claimed at once, sent over one kept connection
MORNING = 7  # o'clock, when the postmaster is told what is held
LISTED = 200  # held faxes that are named to him
UNSURE = frozenset({"cannot_know", "stall", "deadline"})
"""How a transmission ended of which nobody can tell whether it arrived."""
UNCONFIRMED = frozenset({State.HELD, State.EXPIRED, State.CANCELLED})
"""Where a fax stands whose author was asked and has not answered."""

_log = structlog.get_logger("mailroom")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mailroom:
    """Sends posted mail through the smarthost."""

    ledger: ledger.Ledger
    documents: documents.LocalDir
    smarthost: smarthost.Smarthost
    gateway: Gateway
    backoff: backoff.Backoff
    templates: tuple[pathlib.Path, ...]
    hourly: int
    """Receipts that one address is sent within an hour; more of them wait."""
    owner: str
    lease: float
    keeping: Callable[[Sequence[Delivery]], contextlib.AbstractContextManager[None]]
    resting: dict[str, datetime.datetime] = dataclasses.field(default_factory=dict)
    """Mails whose receipt could not be written, and until when they let the others pass."""

    # ── receipts ────────────────────────────────────────────────────────────────────────

    def tell(self) -> int:
        """Post the receipts that are due; returns how many mails there was news of."""
        news = self.ledger.receipts.untold(BATCH, but=self._resting())
        for one in news:
            try:
                self._tell(one)
            except errors.Fenced:
                _log.info("told by another worker", mail=one.mail.id)
            except errors.Temporary as error:
                _log.warning("receipt not written yet", mail=one.mail.id, why=str(error))
            except Exception:  # noqa: BLE001 - one that cannot be told must not silence the others
                self.resting[one.mail.id] = self.ledger.now() + REST * self.backoff.scale
                _log.exception("receipt not written", mail=one.mail.id)
        return len(news) + self._warn()

    def _warn(self) -> int:
        """Warn payer and postmaster of budgets that are nearly used up; returns how many."""
        books = self.ledger.spending.unwarned(BATCH)
        for book in books:
            told = book.told or {}
            targets = dict.fromkeys(filter(None, (told.get("to"), self.gateway.postmaster)))
            self.ledger.spending.warned(book, [self._shortage(book, told, to) for to in targets])
            _log.warning("a budget is nearly used up", budget=book.budget, used=book.lines)
        return len(books)

    def _shortage(
        self, book: balance.Balance, told: Mapping[str, str], to: str
    ) -> deliveries.NewDelivery:
        shortage = warning.Shortage(
            to=to,
            budget=book.budget,
            payer=book.payer,
            used=book.lines,
            breaker=book.latches,
            starts=book.starts,
            until=book.ends,
            at=self.ledger.now(),
            zone=told.get("zone", "UTC"),
            language=told.get("language", "en"),
            templates=self.templates,
        )
        message_id = warning.message_id(shortage, self.gateway)
        return deliveries.NewDelivery(
            id=hashlib.sha256(f"{message_id} {to}".encode()).hexdigest()[:26],
            kind="warning",
            target=to,
            mail_from="",
            message_id=message_id,
            data=warning.build(shortage, self.gateway),
        )

    # ── what is held ────────────────────────────────────────────────────────────────────

    def remind(self, zone: str, language: str) -> int:
        """Post the day's list of held faxes to the postmaster, once, from the morning on."""
        now = self.ledger.now()
        local = now.astimezone(zoneinfo.ZoneInfo(zone))
        morning = local.replace(hour=MORNING, minute=0, second=0, microsecond=0)
        jobs, count = self.ledger.faxes.held(morning, LISTED) if local >= morning else ([], 0)
        if jobs:
            listed = digest.Digest(
                held=tuple((job, self._sender(job)) for job in jobs),
                more=count - len(jobs),
                day=local.date(),
                at=now,
                zone=zone,
                language=language,
                templates=self.templates,
            )
            self.ledger.deliveries.add([self._listed(listed)])
        return 0

    def _sender(self, job: FaxJob) -> str:
        mail = self.ledger.mails.get(job.message)
        return mail.sender or mail.mail_from if mail else ""

    def _listed(self, listed: digest.Digest) -> deliveries.NewDelivery:
        message_id = digest.message_id(listed, self.gateway)
        id = hashlib.sha256(message_id.encode()).hexdigest()[:26]  # noqa: A001
        data, key = deliveries.kept(self.documents, id, digest.build(listed, self.gateway))
        return deliveries.NewDelivery(
            id=id,
            kind="digest",
            target=self.gateway.postmaster,
            mail_from="",
            message_id=message_id,
            data=data,
            document=key,
        )

    def _resting(self) -> Collection[str]:
        """Those that still rest; the others are forgotten and tried again."""
        now = self.ledger.now()
        for mail in [mail for mail, until in self.resting.items() if until <= now]:
            del self.resting[mail]
        return self.resting.keys()

    def _tell(self, news: receipts.Untold) -> None:
        """One receipt for all jobs of a mail that have news, or none where none is wanted."""
        entries = [self._entry(job) for job in news.jobs]
        wanted = [one for one in entries if _wanted(news.mail, one)]
        posted = [self._receipt(news.mail, wanted)] if wanted else []
        failpoints.hit("tell-before-commit")
        self.ledger.receipts.told(news.jobs, posted, self.hourly)

    def _entry(self, job: FaxJob) -> receipt.Entry:
        past = self.ledger.faxes.transmissions(job.id)
        return receipt.Entry(
            kind=receipt.kind_of(job.state),
            job=job,
            transmissions=tuple(one.transmission for one in past),
            report=next((one.report for one in reversed(past) if one.report), None),
            unsure=bool(past) and past[-1].outcome in UNSURE,
        )

    def _receipt(
        self, mail: mails.Mail, entries: Sequence[receipt.Entry]
    ) -> deliveries.NewDelivery:
        decision = entries[0].job.decision
        notice = receipt.Notice(
            entries=tuple(entries),
            to=_addressee(mail),
            gateway=self.gateway,
            templates=self.templates,
            at=self.ledger.now(),
            arrived_at=mail.received_at,
            message_id=mail.message_id,
            subject=mail.subject,
            header=mail.header,
            whole=self._whole(mail),
            ret=mail.ret,
            envid=mail.envid,
            peer=None if mail.peer.fetched else mail.peer,
            mailbox=mail.peer.fetched,
            proven=mail.proof.vouched or (mail.proof.proven and _addressee(mail) == mail.sender),
            zone=decision.zone,
            language=decision.language,
            manifest=self._manifest(entries[0].job),
            sequence=self._told_before(entries),
            attachments=tuple(self._images(entries)),
        )
        message_id = receipt.message_id(notice)
        id = hashlib.sha256(message_id.encode()).hexdigest()[:26]  # noqa: A001
        data, key = deliveries.kept(self.documents, id, receipt.build(notice))
        return deliveries.NewDelivery(
            id=id,
            kind="receipt",
            target=_addressee(mail),
            mail_from="",
            message_id=message_id,
            data=data,
            document=key,
            jobs=tuple(entry.job.id for entry in entries),
        )

    def _whole(self, mail: mails.Mail) -> bytes | None:
        """The original, where the client asked for it back and it is not large."""
        if mail.ret != "FULL" or mail.size > receipt.RETURN_LIMIT:
            return None
        found = None
        if mail.document is None:
            found = self.ledger.mails.content(mail.id)
        else:
            with contextlib.suppress(errors.Permanent):  # it is gone: the header alone goes back
                found = self.documents.read(mail.document)
        return proof_pin.cleaned_mail(found) if found else None

    def _told_before(self, entries: Sequence[receipt.Entry]) -> int:
        """How often these jobs were told of: a second hold is news, and needs its own mail."""
        lines = (event for one in entries for event in self.ledger.faxes.events(one.job.id))
        return sum(line.event == "told" for line in lines)

    def _manifest(self, job: FaxJob) -> Manifest:
        for event in self.ledger.faxes.events(job.id):
            if "manifest" in event.detail:
                return tuple(map(ManifestEntry.of, event.detail["manifest"]))
        return ()

    def _images(self, entries: Sequence[receipt.Entry]) -> Iterator[compose.Attachment]:
        """The pages as they were sent, where the rule wants them in the receipt."""
        for job in (entry.job for entry in entries):
            if job.decision.receipt_pages == "none" or job.document is None:
                continue
            source = self.documents.path(job.document)
            if not self.documents.exists(job.document):
                _log.error("a receipt goes without its pages: they are missing", job=job.id)
                continue
            name = f"fax-{job.id}"
            if job.document.endswith(".pdf"):
                yield compose.Attachment(f"{name}.pdf", "application/pdf", source.read_bytes())
                continue
            if job.decision.receipt_pages == "tiff":
                yield compose.Attachment(f"{name}.tif", "image/tiff", source.read_bytes())
                continue
            with self.documents.scratch() as folder:
                made = folder / "fax.pdf"
                pdf.wrap(source, made)
                yield compose.Attachment(f"{name}.pdf", "application/pdf", made.read_bytes())

    # ── delivery ────────────────────────────────────────────────────────────────────────

    def deliver(self) -> int:
        """Send what is due; returns how many were tried."""
        claimed = self.ledger.deliveries.claim(BATCH, self.lease, self.owner)
        with self.keeping(claimed):
            for delivery in claimed:
                try:
                    self._send(delivery)
                except errors.Fenced:
                    _log.warning("delivery lost to another worker", delivery=delivery.id)
        return len(claimed)

    def _send(self, delivery: Delivery) -> None:
        try:
            self.smarthost.send(delivery.mail_from, delivery.target, self._octets(delivery))
        except errors.Permanent as error:
            self._give_up(delivery, str(error))
        except (errors.Temporary, errors.Unsure) as error:
            self._put_off(delivery, str(error))
        else:
            failpoints.hit("deliver-after-send")
            self.ledger.deliveries.delivered(delivery)
            _log.info("mail delivered", delivery=delivery.id, message_id=delivery.message_id)

    def _octets(self, delivery: Delivery) -> bytes:
        if delivery.data is not None:
            return delivery.data
        assert delivery.document is not None
        return self.documents.read(delivery.document)

    def _put_off(self, delivery: Delivery, why: str) -> None:
        next_at = self.backoff.next_delivery(
            delivery,
            self.ledger.now(),
            jitter=random.random(),  # noqa: S311
        )
        if next_at is None:
            self._give_up(delivery, f"given up after {delivery.tries} tries: {why}")
            return
        self.ledger.deliveries.put_off(delivery, next_at, why)
        _log.warning("mail put off", delivery=delivery.id, until=next_at.isoformat(), why=why)

    def _give_up(self, delivery: Delivery, why: str) -> None:
        """Never a report about a report (RFC 5321 section 4.5.4): the operator reads it here."""
        self.ledger.deliveries.fail(delivery, why)
        _log.error("mail not delivered", delivery=delivery.id, target=delivery.target, why=why)


def _wanted(mail: mails.Mail, entry: receipt.Entry) -> bool:
    """Nothing automatic goes to a null sender (RFC 3834 section 2)."""
    job = entry.job
    if job.decision.confirm and job.state in UNCONFIRMED:
        return False  # nobody has said that it is his: he would hear of a stranger's fax
    return bool(_addressee(mail)) and receipt.wanted(job.notify, job.decision.receipts, entry.kind)


def _addressee(mail: mails.Mail) -> str:
    """Who hears how it went: the envelope sender. A mailbox has no envelope: of a mail that was
    fetched the author hears, and only one who has shown that he is it.
    """
    if not mail.peer.fetched:
        return mail.mail_from
    return mail.sender if mail.proof.proven or mail.proof.confirmed else ""
