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
from collections.abc import Callable, Mapping, Sequence
from concurrent import futures
from typing import Any

import structlog

from mailfax import errors
from mailfax.mail import (
    address,
    confirm,
    header,
    listener,
    message,
    proof,
    proof_pin,
    proof_results,
    wishes,
)
from mailfax.model import Action, Decision, Envelope, Gateway, Peer, Proof, Rcpt, Recipient, Wish
from mailfax.policy import budgets, decide, match, misdial, prices, proving, rules
from mailfax.policy.verdict import Unknown
from mailfax.states import State
from mailfax.store import (
    confirmations,
    deliveries,
    documents,
    mails,
    numbers,
    replays,
    writer,
)

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
    templates: tuple[pathlib.Path, ...]
    max_size: int
    aside: futures.Executor
    """Runs what is rare and may wait."""
    confirmations: confirmations.Confirmations
    numbers: numbers.Numbers
    prover: proof.Prover
    proving: futures.Executor
    """Runs what asks the DNS, hashes whole mails, or starts a program."""
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
        book = self.rules()
        said = wishes.of(envelope.content.read()) if book.takes_options else ()
        case = _Case(book, envelope, head, tuple(wanted), self._proof(envelope), said)
        judged = self._judged(case, case.book.sought)
        if judged is not None:
            return self._keep(case, judged)
        return self.proving.submit(lambda: self._keep(*self._prove(case)).result())

    def _prove(self, case: "_Case") -> tuple["_Case", "_Judged"]:
        """Look for the proofs that the first open rule hangs on, until nothing hangs any more."""
        evidence = self.prover.evidence(
            case.envelope,
            header.split(case.head.raw, 0, len(case.head.raw))[0],
            match.address(case.head.sender),
            [to for _, to in case.wanted],
        )
        unknown = dict(case.book.sought)
        while (judged := self._judged(case, unknown)) is None:
            asked = self._asked(case, unknown) & unknown.keys()
            if not asked:
                raise errors.Temporary("the rules need to know something that cannot be known now")
            for word in sorted(asked):
                case, unknown = self._sought(case, unknown, word, evidence)
        return dataclasses.replace(case, sought=True, once=frozenset(evidence.once)), judged

    def _sought(
        self, case: "_Case", unknown: dict[str, Unknown], word: str, evidence: proof.Evidence
    ) -> tuple["_Case", dict[str, Unknown]]:
        """One proof looked for: it is known now, or it cannot be had."""
        try:
            if word == proving.CONFIRMED:
                author = match.address(case.head.sender)
                known = self.confirmations.known(author)
                found: Mapping[str, Any] = {"confirmed": author if known else None}
            else:
                found = evidence.find(word)
        except errors.Temporary as error:
            _log.warning("a proof could not be looked for", proof=word, why=str(error))
            return case, {**unknown, word: Unknown.TEMPORARY}
        shown = dataclasses.replace(case.proof, **found)
        left = {name: why for name, why in unknown.items() if name != word}
        return dataclasses.replace(case, proof=shown), left

    def _keep(self, case: "_Case", judged: "_Judged") -> futures.Future[str]:
        """Make the mail durable, with a job for each recipient."""
        envelope, head = case.envelope, case.head
        _refuse_if_nothing_is_left(judged, case)
        judged = [(rcpt, to, self._minded(case, to, decision)) for rcpt, to, decision in judged]
        id = mails.new_id(self.now())  # noqa: A001
        key = documents.key("mail", id, ".eml") if envelope.content.path else None
        if key:
            kept = self.documents.adopt(envelope.content, key)
            envelope = dataclasses.replace(envelope, content=kept)
        acceptance = mails.Acceptance(
            id=id,
            envelope=envelope,
            jobs=tuple(self._job(case, f"{id}-{n}", *one) for n, one in enumerate(judged, 1)),
            message_id=head.message_id,
            subject=_subject(head, judged),
            sender=head.sender,
            header=(envelope.trace + self._seen(case))[:HEADER],
            proof=case.proof,
            document=key,
            dedupe=_sameness(envelope, head),
            remembered=mails.FETCHED if envelope.peer.fetched else mails.REMEMBERED,
            once=case.once,
        )
        if any(decision.confirm for _, _, decision in judged):
            acceptance = self._asking(acceptance, judged)
        return self._told(self.writer.begin(acceptance), key)

    def _seen(self, case: "_Case") -> bytes:
        """The header as it is kept: our own results on top, no others in our name, no PIN."""
        name = self.gateway.name
        plain = proof_pin.cleaned(proof_results.without(case.head.raw, name))
        return proof_results.line(name, proof.results(case.proof)) + plain if case.sought else plain

    def _asking(self, acceptance: mails.Acceptance, judged: "_Judged") -> mails.Acceptance:
        """The same with a mail to its author, who has to say that it is his."""
        first = next(decision for _, _, decision in judged if decision.confirm)
        token = confirmations.new_token()
        asked = confirmations.Asked(
            token=token,
            address=match.address(acceptance.sender),
            until=self.now() + confirmations.VALID,
        )
        question = confirm.Question(
            to=acceptance.sender,
            token=token,
            numbers=tuple(to.number.display() for _, to, d in judged if d.confirm),
            subject=acceptance.subject,
            id=acceptance.id,
            at=self.now(),
            until=asked.until,
            zone=first.zone,
            language=first.language,
            templates=self.templates,
        )
        posted = deliveries.NewDelivery(
            id=f"{acceptance.id}-confirm",
            kind="confirm",
            target=acceptance.sender,
            mail_from="",
            message_id=confirm.message_id(question, self.gateway),
            data=confirm.build(question, self.gateway),
            jobs=tuple(job.id for job in acceptance.jobs if job.decision.confirm),
        )
        return dataclasses.replace(acceptance, asked=asked, posted=(posted,))

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
            if accepted.refused:
                told.set_exception(_NOT_TAKEN[accepted.refused](_sentence(accepted.why)))
            else:
                told.set_result(accepted.id)
            if accepted.duplicate or accepted.refused:
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
        """Mail for nobody but the postmaster goes to the person behind that name; a confirmation
        lets a fax go.
        """
        tokens = [self._token(rcpt) for rcpt in envelope.rcpt_tos]
        if any(tokens):
            return self._confirm(next(filter(None, tokens)), head)
        id = mails.new_id(self.now())  # noqa: A001
        content = envelope.content.read()
        raw = proof_results.without(content[: len(head.raw)], self.gateway.name)
        octets = envelope.trace + raw + content[len(head.raw) :]
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

    def _token(self, rcpt: Rcpt) -> str:
        return address.confirmation(rcpt.address, self.gateway.domains)

    def _confirm(self, token: str, head: message.Head) -> str:
        """The author's word on a fax that waits for it: by a person, from his own address."""
        refuse_loops(head)
        try:
            released = self.confirmations.confirm(token, match.address(head.sender))
        except errors.Permanent as error:
            raise errors.Refused(550, "5.7.1", str(error)) from None
        _log.info("confirmed by its author", jobs=list(released))
        return released[0] if released else "confirmed"

    def author(self, envelope: Envelope) -> str:
        """The single address in From where it is shown to be the author's, by a signature or a
        server's word that some rule asks for; else empty.

        PINs are not looked at: they say who may fax, and every look at a wrong one counts.
        """
        head = message.head(envelope.content.head())
        section = header.split(head.raw, 0, len(head.raw))[0]
        author, sender = match.address(head.sender), match.address(envelope.mail_from)
        evidence = self.prover.evidence(envelope, section, author, [])
        words = [proving.read(one) for one in sorted(self.rules().sought)]
        seen = (one for one in words if one.kind not in {proving.CONFIRMED, "pin"})
        return head.sender if any(_shows(evidence, one, author, sender) for one in seen) else ""

    def _wanted(self, envelope: Envelope) -> list[tuple[Rcpt, Recipient]]:
        """The fax recipients, one per number and subaddress (RFC 4161 section 2.1)."""
        country = self.rules().country
        found: dict[tuple[str, str | None], tuple[Rcpt, Recipient]] = {}
        for rcpt in envelope.rcpt_tos:
            if not (address.is_postmaster(rcpt.address, self.gateway.domains) or self._token(rcpt)):
                to = address.parse_recipient(rcpt.address, self.gateway.domains, country)
                found.setdefault((to.number.digits, to.subaddress), (rcpt, to))
        return list(found.values())

    def _judged(self, case: "_Case", unknown: Mapping[str, Unknown]) -> "_Judged | None":
        """The decision for each recipient; None while one hangs on a proof not looked for yet."""
        judged = []
        for rcpt, to in case.wanted:
            decision = _decided(case, unknown, to, self.now())
            if decision is None:
                return None
            judged.append((rcpt, to, decision))
        return judged

    def _asked(self, case: "_Case", unknown: Mapping[str, Unknown]) -> frozenset[str]:
        asked = (
            decide.asked(case.book, case.facts(to, unknown), self.now()) for _, to in case.wanted
        )
        return frozenset[str]().union(*asked)

    def _decide(self, facts: decide.Facts) -> Decision | None:
        return decide.decide(self.rules(), facts, self.now())

    def _proof(self, envelope: Envelope) -> Proof:
        return _proof(self.rules(), envelope.login, envelope.peer)

    def _minded(self, case: "_Case", to: Recipient, decision: Decision) -> Decision:
        """The decision, unless the number may be a slip of the finger."""
        if not misdial.asks(decision):
            return decision
        sender, fax = case.sender.lower(), to.number
        alike = [fax, *misdial.neighbours(fax)] if decision.lookalike != "send" else []
        history = misdial.History(
            faxed=self.numbers.has_faxed(sender, fax),
            alike=self.numbers.among(alike, sender, misdial.organisation(sender)),
        )
        return misdial.guarded(decision, fax, history)

    def _job(
        self,
        case: "_Case",
        id: str,  # noqa: A002
        rcpt: Rcpt,
        to: Recipient,
        decision: Decision,
    ) -> mails.NewJob:
        """Refused ones are born failed, for their receipt; discarded ones too, without one."""
        if decision.action is Action.DISCARD:
            rcpt = dataclasses.replace(rcpt, notify=frozenset({"NEVER"}))
        over = decision.action in {Action.REJECT, Action.DISCARD}
        held = State.HELD if decision.action is Action.HOLD else State.ACCEPTED
        begins = decision.send_at or self.now()
        return mails.NewJob(
            id=id,
            recipient=_named(to, decision),
            rcpt=rcpt,
            decision=decision,
            deadline=begins + datetime.timedelta(seconds=decision.deadline),
            state=State.FAILED if over else held,
            cause=errors.Cause.BLOCKED if over else None,
            note=decision.text or (f"rule {decision.rule}: {decision.action}" if over else ""),
            charges=budgets.charges(case.book, decision, case.sender, to.number, self.now()),
            price=prices.cheapest(case.book.prices, decision.provider, to.number),
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
        proof=_proof(book, ask.login, ask.peer),
        unknown=book.sought,
        recipient=ask.recipient,
        size=ask.size if ask.size is not None else decide.UNKNOWN,
        wishes=wishes.tagged(ask.recipient),
    )


def _named(to: Recipient, decision: Decision) -> Recipient:
    """The recipient as the sender names him, else as the address does."""
    name, company = decision.to_name or to.name, decision.to_company or to.company
    return dataclasses.replace(to, name=name, company=company)


def _subject(head: message.Head, judged: "_Judged") -> str:
    """The subject as people may read it: without a PIN, and without options that were taken."""
    plain = proof_pin.taken_out(head.subject)
    taken = any(decision.allow_options for _, _, decision in judged)
    return wishes.subject_without(plain) if taken else plain


def _proof(book: rules.Rules, login: str | None, peer: Peer) -> Proof:
    return Proof(
        login=login, networks=rules.networks(book, peer.address), certificate=peer.certificate
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Case:
    """One mail before its judge."""

    book: rules.Rules
    envelope: Envelope
    head: message.Head
    wanted: tuple[tuple[Rcpt, Recipient], ...]
    proof: Proof
    wishes: tuple[Wish, ...] = ()
    """What the mail says of its faxes to all recipients."""
    sought: bool = False
    """Whether proofs were looked for."""
    once: frozenset[str] = frozenset()

    @property
    def sender(self) -> str:
        """Whose fax it is."""
        return self.head.sender or self.envelope.mail_from

    def facts(self, to: Recipient, unknown: Mapping[str, Unknown]) -> decide.Facts:
        """What is known of the mail to one of its recipients."""
        return decide.Facts(
            mail_from=self.envelope.mail_from,
            header_from=self.head.sender,
            proof=self.proof,
            unknown=unknown,
            recipient=to,
            size=self.envelope.content.size,
            wishes=(*wishes.tagged(to), *self.wishes),
        )


def _decided(
    case: _Case, unknown: Mapping[str, Unknown], to: Recipient, now: datetime.datetime
) -> Decision | None:
    try:
        return decide.decide(case.book, case.facts(to, unknown), now)
    except errors.Temporary as error:
        spf = unknown.get("spf") is Unknown.TEMPORARY
        raise errors.Refused(451, "4.7.24" if spf else "4.7.5", str(error)) from None


_NOT_TAKEN: Mapping[replays.Answer, Callable[[str], errors.Refused]] = {
    replays.Answer.AGAIN: lambda _: errors.Refused(
        550, "5.7.1", "This signed mail was faxed to this number already: write a new one"
    ),
    replays.Answer.ASKED: lambda _: errors.Refused(
        450, "4.7.1", "Too many faxes of this author wait for his word"
    ),
    replays.Answer.BARRED: lambda why: errors.Refused(550, "5.7.1", why),
    replays.Answer.BROKEN: lambda why: errors.Refused(450, "4.7.1", why),
}


def _sentence(why: str) -> str:
    """As a reply to a client: ASCII, with a capital."""
    plain = why.encode("ascii", "replace").decode()
    return plain[:1].upper() + plain[1:]


def _shows(evidence: proof.Evidence, word: proving.Proving, author: str, sender: str) -> bool:
    """Whether this proof is found now."""
    try:
        found = Proof(**evidence.find(str(word)))
    except errors.Temporary:
        return False
    return proving.KINDS[word.kind].shown(word.argument, found, author, sender)[0]


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


def _refuse_if_nothing_is_left(judged: _Judged, case: _Case) -> None:
    """All refused, or some of an envelope sender that is not proven: the client is told 5xx.

    Otherwise the refused recipients get failure receipts, which only a proven one may cause.
    """
    refused = [decision for _, _, decision in judged if decision.action is Action.REJECT]
    if refused and (len(refused) == len(judged) or not case.proof.vouched):
        _refuse_if_rejected(refused[0])


def _sameness(envelope: Envelope, head: message.Head) -> str:
    """Equal for a mail sent again because its 250 was lost, or fetched again from its mailbox, and
    for nothing else.
    """
    marks = (
        envelope.login or "",
        envelope.mail_from,
        *sorted(rcpt.address for rcpt in envelope.rcpt_tos),
        head.message_id or str(head.date),
        _digest(envelope, head),
    )
    return hashlib.sha256("\0".join(marks).encode()).hexdigest()


def _digest(envelope: Envelope, head: message.Head) -> str:
    """Of the mail; of its body alone where servers may have delivered it to the mailbox twice, each
    time with trace lines of its own.
    """
    if not (envelope.peer.fetched and (head.message_id or head.date)):
        return envelope.content.sha256
    return hashlib.sha256(envelope.content.read()[len(head.raw) :]).hexdigest()
