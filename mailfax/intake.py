"""Mail in: judge every recipient, and make the mail durable before its 250.

`Intake` lives in the listener process, which holds no provider's secrets. What it accepts,
offramp.py carries on in the worker; they meet in the ledger and nowhere else.

Refusing is `errors.Refused`; whatever else goes wrong here is our own trouble, and the listener
makes a 451 of it.
"""

import contextlib
import dataclasses
import datetime
import functools
import hashlib
import math
import os
import pathlib
from collections.abc import Callable, Sequence
from concurrent import futures

import structlog

from mailfax import errors
from mailfax.mail import address, listener, message
from mailfax.model import Action, Decision, Envelope, Gateway, Proof, Rcpt, Recipient
from mailfax.policy import decide, rules
from mailfax.states import State
from mailfax.store import deliveries, documents, mails, writer

HEADER = 65_536  # octets of the original's header section kept for reports

_log = structlog.get_logger("intake")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Intake:
    """Judges recipients and makes mails durable."""

    writer: writer.Writer
    deliveries: deliveries.Deliveries
    documents: documents.LocalDir
    rules: Callable[[], rules.Rules]
    gateway: Gateway
    max_size: int
    aside: futures.Executor
    """Runs what is rare and may wait."""
    now: Callable[[], datetime.datetime]

    def ready(self, size: int | None) -> None:
        """At MAIL FROM: is there room for a mail of this many octets?"""
        wanted = 1.5 * (size or self.max_size) + 16_000_000
        free, names = _room(self.documents.root, int(self.now().timestamp()))
        if free < wanted or names < 100:
            raise errors.Refused(452, "4.3.1", "No room for mail at the moment, please try later")

    def admit(self, ask: listener.Admission) -> None:
        """At RCPT: refuse all that the envelope alone can refuse."""
        if ask.recipient is None:
            return
        if not ask.mail_from:
            raise _automatic("bounces are not faxed")
        decision = self._decide(_envelope_facts(ask, self.rules()))
        if decision:
            _refuse_if_rejected(decision)

    def accept(self, envelope: Envelope) -> futures.Future[str]:
        """At the final dot: the whole mail is here. Promises its id for when it is durable."""
        head = message.head(envelope.content.head())
        wanted = self._wanted(envelope)
        if not wanted:
            return self.aside.submit(self._pass_on, envelope, head)
        refuse_loops(head)
        judged = [(rcpt, to, self._judge(envelope, head, to)) for rcpt, to in wanted]
        proof = self._proof(envelope)
        _refuse_if_nothing_is_left(judged, proof)
        id = mails.new_id(self.now())  # noqa: A001
        key = documents.key("mail", id, ".eml") if envelope.content.path else None
        content = self.documents.adopt(envelope.content, key) if key else envelope.content
        acceptance = mails.Acceptance(
            id=id,
            envelope=dataclasses.replace(envelope, content=content),
            jobs=tuple(self._job(f"{id}-{n}", *one) for n, one in enumerate(judged, 1)),
            message_id=head.message_id,
            subject=head.subject,
            sender=head.sender,
            header=(envelope.trace + head.raw)[:HEADER],
            proof=proof,
            document=key,
            dedupe=_sameness(envelope, head),
        )
        return self._told(self.writer.begin(acceptance), key)

    def _told(
        self, promise: futures.Future[mails.Accepted], key: str | None
    ) -> futures.Future[str]:
        """The id alone; a mail that was here before needs no second document."""
        told: futures.Future[str] = futures.Future()

        def landed(done: futures.Future[mails.Accepted]) -> None:
            try:
                accepted = done.result()
            except Exception as error:  # noqa: BLE001 - the client is told
                told.set_exception(error)
                return
            told.set_result(accepted.id)
            if accepted.duplicate:
                self._drop(key)

        promise.add_done_callback(landed)
        return told

    def _drop(self, key: str | None) -> None:
        """A mail that is here already; what cannot be removed now is left to the sweep."""
        with contextlib.suppress(Exception):
            _log.info("the same mail again")
        with contextlib.suppress(errors.Temporary):
            if key:
                self.documents.delete(key)

    def _pass_on(self, envelope: Envelope, head: message.Head) -> str:
        """Mail for the postmaster alone is mailed on to the person behind that name."""
        id = mails.new_id(self.now())  # noqa: A001
        octets = envelope.trace + envelope.content.read()
        data, key = deliveries.kept(self.documents, id, octets)
        posted = deliveries.NewDelivery(
            id=id,
            kind="postmaster",
            target=self.gateway.postmaster,
            mail_from=envelope.mail_from,
            message_id=head.message_id or f"<{id}@{self.gateway.name}>",
            data=data,
            document=key,
        )
        self.deliveries.add([posted])
        return id

    def _wanted(self, envelope: Envelope) -> list[tuple[Rcpt, Recipient]]:
        """The fax recipients, one per number and subaddress (RFC 4161 section 2.1)."""
        country = self.rules().country
        found: dict[tuple[str, str | None], tuple[Rcpt, Recipient]] = {}
        for rcpt in envelope.rcpt_tos:
            if not address.is_postmaster(rcpt.address, self.gateway.domains):
                to = address.parse_recipient(rcpt.address, self.gateway.domains, country)
                found.setdefault((to.number.digits, to.subaddress), (rcpt, to))
        return list(found.values())

    def _judge(self, envelope: Envelope, head: message.Head, to: Recipient) -> Decision:
        facts = decide.Facts(
            mail_from=envelope.mail_from,
            header_from=head.sender,
            proof=self._proof(envelope),
            recipient=to,
            size=envelope.content.size,
        )
        decision = self._decide(facts)
        if decision is None:
            raise errors.Temporary("the rules need to know something that cannot be known now")
        return decision

    def _decide(self, facts: decide.Facts) -> Decision | None:
        return decide.decide(self.rules(), facts, self.now())

    def _proof(self, envelope: Envelope) -> Proof:
        return _proof(self.rules(), envelope.login, envelope.peer.address)

    def _job(self, id: str, rcpt: Rcpt, to: Recipient, decision: Decision) -> mails.NewJob:  # noqa: A002
        """Refused ones are born failed, for their receipt; discarded ones too, without one."""
        if decision.action is Action.DISCARD:
            rcpt = dataclasses.replace(rcpt, notify=frozenset({"NEVER"}))
        over = decision.action in {Action.REJECT, Action.DISCARD}
        held = State.HELD if decision.action is Action.HOLD else State.ACCEPTED
        return mails.NewJob(
            id=id,
            recipient=to,
            rcpt=rcpt,
            decision=decision,
            deadline=self.now() + datetime.timedelta(seconds=decision.deadline),
            state=State.FAILED if over else held,
            cause=errors.Cause.BLOCKED if over else None,
            note=decision.text or (f"rule {decision.rule}: {decision.action}" if over else ""),
        )


@functools.lru_cache(maxsize=1)
def _room(folder: pathlib.Path, second: int) -> tuple[int, float]:  # noqa: ARG001
    """Free octets and file names on this disk, looked up once a second."""
    status = os.statvfs(folder)
    names = status.f_favail if status.f_files else math.inf
    return status.f_bavail * status.f_frsize, names


def _envelope_facts(ask: listener.Admission, book: rules.Rules) -> decide.Facts:
    assert ask.recipient is not None
    return decide.Facts(
        mail_from=ask.mail_from,
        header_from=decide.UNKNOWN,
        proof=_proof(book, ask.login, ask.peer.address),
        recipient=ask.recipient,
        size=ask.size if ask.size is not None else decide.UNKNOWN,
    )


def _proof(book: rules.Rules, login: str | None, peer: str) -> Proof:
    return Proof(login=login, networks=rules.networks(book, peer))


def _automatic(why: str) -> errors.Refused:
    return errors.Refused(550, "5.7.1", f"Automatic mail is not faxed: {why}")


def refuse_loops(head: message.Head) -> None:
    """Raises errors.Refused for mail that goes round, and for what no person wrote."""
    message.require_sound(head)
    if head.automatic:
        raise _automatic(head.automatic)


def _refuse_if_rejected(decision: Decision) -> None:
    if decision.action is Action.REJECT:
        raise errors.Refused(decision.code, decision.status, decision.text)


_Judged = Sequence[tuple[Rcpt, Recipient, Decision]]


def _refuse_if_nothing_is_left(judged: _Judged, proof: Proof) -> None:
    """All refused, or some refused of a sender who proved nothing: the client is told 5xx.

    Otherwise the refused recipients get failure receipts, which only a proven sender may cause.
    """
    refused = [decision for _, _, decision in judged if decision.action is Action.REJECT]
    proven = proof.login or proof.networks
    if refused and (len(refused) == len(judged) or not proven):
        _refuse_if_rejected(refused[0])


def _sameness(envelope: Envelope, head: message.Head) -> str:
    """Equal for a mail sent again because its 250 was lost, and for nothing else."""
    marks = (
        envelope.login or "",
        envelope.mail_from,
        *sorted(rcpt.address for rcpt in envelope.rcpt_tos),
        head.message_id or str(head.date),
        envelope.content.sha256,
    )
    return hashlib.sha256("\0".join(marks).encode()).hexdigest()
