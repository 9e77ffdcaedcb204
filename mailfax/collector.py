"""Mail in from a mailbox: fetched, judged as the listener's mail is, made durable, then moved.

A mail leaves its folder only when the ledger has it, or when it is refused for good; what cannot be
judged now stays and is tried again. Who dies in between finds it there again, and the ledger knows
it by what is in it: nothing is faxed twice. Nobody waits for a reply here, so an author who has
shown that the mail is his is told by mail why it was refused.
"""

import contextlib
import dataclasses
import datetime
import hashlib
import pathlib
import time
from collections.abc import Callable, Iterator
from concurrent import futures

import structlog

from mailfax import errors, failpoints
from mailfax.mail import address, addressed, mailbox, message, proof_pin, refusal
from mailfax.model import MAILBOX, Content, Envelope, Gateway, Peer, Rcpt
from mailfax.store import collected, deliveries, documents

AGAIN = 60.0  # seconds until a mail that could not be judged is tried again, then twice as many
SELDOM = 3600.0  # at the most
LONGEST = 5 * 86_400.0  # after which it is refused, as a server would give up (RFC 5321 4.5.4.1)

_log = structlog.get_logger("collector")


@dataclasses.dataclass(frozen=True, slots=True)
class _Rest:
    """A mail that cannot be judged now; times of a clock that only runs."""

    since: float
    pause: float
    until: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Collector:
    """Empties one mailbox."""

    box: mailbox.Mailbox
    source: addressed.Source
    collected: collected.Collected
    deliveries: deliveries.Deliveries
    documents: documents.LocalDir
    accept: Callable[[Envelope], futures.Future[str]]
    """As the listener's: promises the mail's id, or raises errors.Refused."""
    author: Callable[[Envelope], str]
    """The author of a mail where he has shown that it is his; else empty."""
    ours: Callable[[], bool]
    """Whether it is for us to empty: no other node does, and nobody has told us to stop."""
    country: Callable[[], str | None]
    speech: Callable[[], tuple[str, str]]
    """Zone and language of mails to authors."""
    gateway: Gateway
    templates: tuple[pathlib.Path, ...]
    max_size: int
    pace: float
    now: Callable[[], datetime.datetime]
    resting: dict[tuple[int, int], _Rest] = dataclasses.field(default_factory=dict)
    """UIDVALIDITY and UID of the mails that let the others pass."""

    def collect(self) -> int:
        """One round through the folder; returns how many mails left it.

        Raises errors.Temporary when the server is in trouble, or the mailbox is not ours any more.
        """
        found = self.box.look()
        settled = dict(self.collected.settled(self.box.name, found.validity, found.uids))
        self._forget_rests(found)
        moved = 0
        for uid in found.uids:
            if not self._rests((found.validity, uid)):
                moved += self._one(found.validity, uid, settled.get(uid))
        return moved

    def _one(self, validity: int, uid: int, folder: str | None) -> bool:
        """One mail, judged unless it is settled; whether it left the folder."""
        if not self.ours():
            raise errors.Temporary("the mailbox is left to whoever empties it next")
        try:
            folder = folder or self._settled(validity, uid)
            if folder is None:
                return False
            failpoints.hit("collect-before-move")
            self.box.move(uid, folder)
        except mailbox.Lost:
            raise
        except errors.Temporary as error:
            self._rest((validity, uid), str(error))
            return False
        except Exception:  # noqa: BLE001 - one mail that breaks us must not stop the others
            _log.exception("a mail cannot be judged", uid=uid)
            self._rest((validity, uid), "trouble of our own")
            return False
        self.resting.pop((validity, uid), None)
        return True

    def _settled(self, validity: int, uid: int) -> str | None:
        """The folder that the mail belongs to, as it is remembered from now on; None: it is gone.

        Raises errors.Temporary when it cannot be judged now.
        """
        with self._fetched(uid) as fetched:
            if fetched is None:
                return None
            why = self._refusal((validity, uid), fetched)
        failpoints.hit("collect-after-accept")
        folder = self.box.settings.refused if why else self.box.settings.done
        self.collected.settle(self.box.name, validity, uid, folder)
        return folder

    @contextlib.contextmanager
    def _fetched(self, uid: int) -> Iterator[mailbox.Fetched | None]:
        """The mail; what nobody has adopted is not left behind."""
        found = self.box.fetch(uid, self.max_size, self.documents.spool)
        try:
            yield found
        finally:
            if found and found.content.path:
                found.content.path.unlink(missing_ok=True)

    # ── the judgement ───────────────────────────────────────────────────────────────────

    def _refusal(self, key: tuple[int, int], fetched: mailbox.Fetched) -> errors.Refused | None:
        """Make the mail durable; or the reason why not, which its author has been told."""
        head = message.head(fetched.content.head())
        envelope = self._envelope(fetched.content, head)
        try:
            id_ = self._accept(envelope, head, whole=fetched.whole)
        except errors.Refused as refused:
            if refused.code < 500 and not self._is_too_late(key):
                raise errors.Temporary(str(refused)) from None
            why = refused
        except errors.Temporary as error:
            if not self._is_too_late(key):
                raise
            why = errors.Refused(554, "5.4.7", f"It could not be judged for days: {error}")
        else:
            _log.info("mail taken in", mail=id_, uid=key[1])
            return None
        _log.info("mail refused", uid=key[1], code=why.code, status=why.status)
        self._tell(envelope, head, why)
        return why

    def _envelope(self, content: Content, head: message.Head) -> Envelope:
        """What is left of the envelope, without the recipient."""
        return Envelope(
            mail_from=addressed.sender(head),
            rcpt_tos=(),
            content=content,
            peer=Peer(address=MAILBOX, helo=self.box.settings.host),
            login=None,
            received_at=self.now(),
        )

    def _accept(self, envelope: Envelope, head: message.Head, *, whole: bool) -> str:
        if head.automatic or not envelope.mail_from:
            why = head.automatic or "it has no sender"
            raise errors.Refused(550, "5.7.1", f"Automatic mail is not faxed: {why}")
        if not whole:
            raise errors.Refused(552, "5.3.4", f"The mail is larger than {self.max_size} octets")
        to = addressed.recipient(head, self.source, self.country())
        with _lent(envelope.content) as content:
            taken = dataclasses.replace(envelope, rcpt_tos=(Rcpt(address=to),), content=content)
            return self.accept(taken).result()

    def _tell(self, envelope: Envelope, head: message.Head, why: errors.Refused) -> None:
        """Tell a person who has shown that he is the author, and no one else."""
        if head.automatic or head.from_count != 1:
            return
        author = self.author(envelope)
        own = address.split(author)[1] in self.gateway.domains
        if not author or own or not self.collected.may_answer(author):
            return
        told = self._told(author, envelope, head, why)
        message_id = refusal.message_id(told, self.gateway)
        posted = deliveries.NewDelivery(
            id=hashlib.sha256(message_id.encode()).hexdigest()[:26],
            kind="refusal",
            target=author,
            mail_from="",
            message_id=message_id,
            data=refusal.build(told, self.gateway),
        )
        self.deliveries.add([posted])

    def _told(
        self, author: str, envelope: Envelope, head: message.Head, why: errors.Refused
    ) -> refusal.Refusal:
        zone, language = self.speech()
        return refusal.Refusal(
            to=author,
            why=str(why),
            subject=proof_pin.taken_out(head.subject),
            message_id=head.message_id,
            id=envelope.content.sha256,
            at=self.now(),
            zone=zone,
            language=language,
            templates=self.templates,
        )

    # ── those that let the others pass ──────────────────────────────────────────────────

    def _rest(self, key: tuple[int, int], why: str) -> None:
        now, before = time.monotonic(), self.resting.get(key)
        pause = min(before.pause * 2, SELDOM) if before else AGAIN
        since = before.since if before else now
        self.resting[key] = _Rest(since, pause, now + pause * self.pace)
        _log.warning("a mail stays in its mailbox", uid=key[1], why=why)

    def _rests(self, key: tuple[int, int]) -> bool:
        return key in self.resting and time.monotonic() < self.resting[key].until

    def _is_too_late(self, key: tuple[int, int]) -> bool:
        return key in self.resting and time.monotonic() - self.resting[key].since > LONGEST

    def _forget_rests(self, found: mailbox.Folder) -> None:
        here = {(found.validity, uid) for uid in found.uids}
        for key in self.resting.keys() - here:
            del self.resting[key]


@contextlib.contextmanager
def _lent(content: Content) -> Iterator[Content]:
    """The same under another name, which whoever accepts it takes away: ours is still to be read
    when it is refused after that.
    """
    if content.path is None:
        yield content
        return
    name = content.path.with_name(f"{content.path.name}.lent")
    name.hardlink_to(content.path)
    try:
        yield dataclasses.replace(content, path=name)
    finally:
        name.unlink(missing_ok=True)
