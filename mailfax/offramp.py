"""Mail → fax, from the accepted mail to the end of its jobs.

This file, intake.py before it and onramp.py beside it are the table of contents. Each method of
`Offramp` is one step of a job's life, takes whatever is due for it and returns how many it took:

    render    make the pages                                  accepted → ready
    submit    write the intent, hand over to a provider       ready → submitting → submitted
    follow    ask how they stand, call back the unwanted      submitted → delivered, failed, ready
    resolve   after a lost answer: does the provider have it? unsure → submitted, ready, held
    mind      deadlines, and what dead workers left behind

The receipt at the end is the mailroom's business.

One story, and so one file, though a long one; who carries a fax is in carriers.py, what its pages
are in pages.py.

Any number of processes may run them at once: a job is worked on under a lease, and every result
is written with the fence of its claim.
"""

import contextlib
import dataclasses
import datetime
import functools
import pathlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import structlog

from mailfax import carriers, errors, failpoints, pages
from mailfax.document import render
from mailfax.mail import message
from mailfax.model import (
    Document,
    FaxJob,
    Gateway,
    Manifest,
    Outcome,
    Report,
    Transmission,
)
from mailfax.money import Money
from mailfax.policy import decide, misdial, prices, rules
from mailfax.providers import _port
from mailfax.states import Event, State
from mailfax.store import backoff, changes, documents, ledger, mails

RENDER_TRIES = 3  # a renderer that broke thrice on one mail breaks always
BATCH = 20  # jobs handed over by one claim, or as many as one request may carry
MANY = 600  # jobs one status request may ask about

PATIENCE = datetime.timedelta(hours=2)
PATIENCE_PER_PAGE = datetime.timedelta(minutes=3)
"""A handed-over fax that has not ended by then waits for a person."""
UNREACHED = datetime.timedelta(seconds=30)
"""How long the other faxes for a provider rest that could not be reached for one."""
VISIBLE = datetime.timedelta(minutes=3)
"""Until then a provider that does not list a fax may simply not list it yet."""
ECHO = datetime.timedelta(hours=1)
"""So long after a fax came in it may be a program that its reader faxes by."""
UNSURE_AT_MOST = datetime.timedelta(hours=24)
DEADLINE_GRACE = 3600.0

_Begun = tuple[()] | tuple[Sequence[tuple[FaxJob, Transmission]], _port.Payload]
_Groups = dict[carriers.Alike, list[FaxJob]]

_log = structlog.get_logger("offramp")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Offramp:
    """Carries accepted jobs to their end."""

    ledger: ledger.Ledger
    documents: documents.LocalDir
    renderer: render.Renderer
    carriers: carriers.Carriers
    rules: Callable[[], rules.Rules]
    gateway: Gateway
    backoff: backoff.Backoff
    owner: str
    lease: float
    keeping: Callable[[Sequence[FaxJob]], contextlib.AbstractContextManager[None]]

    # ── render ──────────────────────────────────────────────────────────────────────────

    def render(self) -> int:
        """Make the pages of one accepted job."""
        with self._claimed(State.ACCEPTED, 1) as jobs:
            for job in jobs:
                self._guarded(job, self._render)
        return len(jobs)

    def _render(self, job: FaxJob) -> None:
        try:
            with self.documents.scratch() as folder:
                document, manifest = self._pages(job, folder)
                key = self._keep(job, document)
        except errors.Temporary as error:
            self._render_later(job, error)
        except errors.Permanent as error:
            self._end(job, Event.UNRENDERABLE, error.cause, str(error), manifest=_known(error))
        except errors.Refused as error:
            self._end(job, Event.UNRENDERABLE, errors.Cause.UNSUPPORTED_DOCUMENT, str(error))
        except errors.Invalid as error:
            _log.error("a template is wrong: the fax waits", job=job.id, why=str(error))
            self._advance(job, Event.HOLD, note="the cover's template is wrong")
        else:
            failpoints.hit("render-before-state")
            detail = {"manifest": [dataclasses.asdict(entry) for entry in manifest]}
            self._advance(
                job, Event.RENDERED, document=key, pages=len(document.pages), detail=detail
            )

    def _render_later(self, job: FaxJob, error: errors.Temporary) -> None:
        """A document that breaks its renderer again and again is given up; a jail that does not
        work at all is our trouble, and the fax waits for it.
        """
        waited = sum(line.event == "wait" for line in self.ledger.faxes.events(job.id)) + 1
        if isinstance(error, render.Interrupted) and waited >= RENDER_TRIES:
            self._end(job, Event.UNRENDERABLE, error.cause, str(error), manifest=_known(error))
            return
        due = self.backoff.unreachable(job, waited, self.ledger.now(), jitter=_jitter())
        self.ledger.faxes.put_off(job, due, str(error))

    def _pages(self, job: FaxJob, folder: pathlib.Path) -> tuple[Document, Manifest]:
        mail = self._mail(job)
        read = functools.cache(lambda: pages.said(message.read(self._content(mail)), job.decision))
        covered = pages.is_covered(job.decision, read)
        layout = pages.layout_of(job.decision, job.recipient.number, covered=covered)
        if self._may_go_as_it_is(job) and (
            found := self.renderer.as_it_is(read().parts, layout, folder / "fax.pdf")
        ):
            return found
        cover, shared = None, None
        if covered:
            cover = pages.cover_of(job, mail, message.head(mail.header), self.gateway)
        if self.ledger.faxes.siblings(job) > 1:
            shared = pages.Shared.of(
                self.documents, mail.id, layout, plain=not job.decision.allow_options
            )
        return pages.compose(
            self.renderer,
            read,
            layout,
            cover,
            folder,
            language=job.decision.language,
            shared=shared,
            memory=self.ledger.recurring.of(_domain(mail), mail.id),
        )

    def _may_go_as_it_is(self, job: FaxJob) -> bool:
        decision = job.decision
        plainly = decision.as_it_is and decision.cover == "none"
        return plainly and self.carriers.take_pdf(decision)

    def _keep(self, job: FaxJob, document: Document) -> str:
        """Make the pages durable, unless they lie among the documents already; their key."""
        if not document.path.is_relative_to(self.documents.scratch_folder):
            return document.path.relative_to(self.documents.root).as_posix()
        key = documents.key("fax", job.id, document.path.suffix)
        self.documents.put(key, document.path)
        return key

    # ── submit ──────────────────────────────────────────────────────────────────────────

    def submit(self) -> int:
        """Hand due jobs over to their providers: the same pages in one request where they can."""
        with self._claimed(State.READY, self.carriers.most(BATCH, MANY)) as jobs:
            groups: _Groups = {}
            for job in jobs:
                self._guarded(job, self._prepare, groups)
            for account, requests in self.carriers.requests(groups).items():
                for number, group in enumerate(requests):
                    if wait := self._request(group, account):
                        self._stagger(requests[number:], account, wait)
                        break
        return len(jobs)

    def _request(self, group: Sequence[FaxJob], account: str) -> float:
        """One request, if it is the account's turn; the seconds that its others are to wait."""
        try:
            with self.carriers.turn(account) as wait:
                if wait:
                    return wait
                begun = self._begun(group, account)
                if not begun or self._submit(*begun):
                    return 0.0
        except Exception:  # noqa: BLE001 - one bad request must not stop the others
            _log.exception("step failed unforeseen", jobs=[job.id for job in group])
            return 0.0
        return (UNREACHED * self.backoff.scale).total_seconds()

    def _stagger(self, requests: Sequence[Sequence[FaxJob]], account: str, wait: float) -> None:
        """One request after the other, as the account's limit has it; what has moved on has."""
        interval = self.carriers[account].capabilities.request_interval
        turns = [self._in(wait + number * interval) for number, _ in enumerate(requests)]
        self.ledger.faxes.advance_all(
            [
                changes.Change(job=job, event=None, due_at=turn)
                for turn, group in zip(turns, requests, strict=True)
                for job in group
            ]
        )

    def _prepare(self, job: FaxJob, groups: _Groups) -> None:
        """Put it to others with the same pages for the same account, or end it."""
        book, now = self.rules(), self.ledger.now()
        try:
            account = self.carriers.choose(job)
            decide.guard(book, job.recipient, job.decision)
        except errors.Permanent as error:
            self._end(job, Event.DENY, error.cause, str(error))
            return
        if why := misdial.unapproved(job, self._price(job, account)) or self._looping(job):
            self._advance(job, Event.HOLD, note=why)
            return
        if opens := decide.opens(book, job.decision, now):
            until = f"{opens:%Y-%m-%d %H:%M} UTC, as its sender wishes"
            if opens != job.decision.send_at:
                until = f"{job.decision.send_when} is open"
            self.ledger.faxes.put_off(job, min(opens, job.deadline), f"waits until {until}")
            return
        groups.setdefault(self.carriers.alike(job, account), []).append(job)

    def _looping(self, job: FaxJob) -> str | None:
        """Why this may be a fax that goes round and round; None: it is not, or a person knows."""
        since = self.ledger.now() - ECHO
        if job.approved_by or not self.ledger.inbound.returns(job, since):
            return None
        here = f"faxes to {job.recipient.number.display()} come in here"
        return f"{here}, and its sender was just mailed one: another person has to approve it"

    def _price(self, job: FaxJob, account: str) -> Money | None:
        return prices.expected(self.rules().prices, account, job.recipient.number, job.pages)

    def _begun(self, jobs: Sequence[FaxJob], account: str) -> _Begun:
        """Read the pages and write the intent; nothing when that cannot be done."""
        pairs = [
            (job, self.carriers.transmission(job, account, self._price(job, account)))
            for job in jobs
        ]
        try:
            payload = self.carriers.payload(*pairs[0])
        except errors.Temporary as error:
            for job in jobs:
                due = self.backoff.unreachable(job, 1, self.ledger.now(), jitter=_jitter())
                self._guarded(job, self.ledger.faxes.put_off, due, str(error))
            return ()
        except errors.Permanent as error:
            _log.error("pages are missing: the faxes wait for a person", why=str(error))
            for job in jobs:
                self._guarded(job, functools.partial(self._advance, note=str(error)), Event.HOLD)
            return ()
        try:
            ready = {job.id: job for job in self.ledger.faxes.begin_all(pairs, self.lease)}
        except errors.Temporary as error:
            _log.warning("not begun", jobs=[job.id for job in jobs], why=str(error))
            return ()
        sent = [(ready[job.id], one) for job, one in pairs if job.id in ready]
        return (sent, payload) if sent else ()

    def _submit(self, pairs: Sequence[tuple[FaxJob, Transmission]], payload: _port.Payload) -> bool:
        """Call the provider, write what came of it; False when it could not be reached."""
        failpoints.hit("submit-before-connect")
        answers = self._hand_over([sent for _, sent in pairs], payload)
        for job, sent in pairs:
            self._guarded(job, self._conclude, answers[sent.id])
        return not all(
            isinstance(answer, errors.Temporary) and answer.cause is errors.Cause.UNKNOWN
            for answer in answers.values()
        )

    def _hand_over(
        self, sent: Sequence[Transmission], payload: _port.Payload
    ) -> Mapping[str, str | errors.MailfaxError]:
        """The one call that may put faxes on the line: for each a reference, or what went wrong.

        Anything unforeseen is unsure, never "try again". A worker that was left lying calls
        nobody: another asks by then what became of its faxes.
        """
        ids = [one.id for one in sent]
        if self.ledger.now() > sent[0].started_at + datetime.timedelta(seconds=self.lease / 2):
            left = errors.Fenced("these faxes were left lying: somebody else asks after them")
            return dict.fromkeys(ids, left)
        account = self.carriers[sent[0].account]
        try:
            answers = account.submit(sent, payload, self.ledger.faxes.note_handle)
        except errors.MailfaxError as error:
            return dict.fromkeys(ids, error)
        except Exception as error:  # noqa: BLE001 - a provider may fail in any way
            _log.exception("provider failed unforeseen", jobs=ids, account=sent[0].account)
            why = f"unforeseen {type(error).__name__} while handing over"
            return dict.fromkeys(ids, errors.Unsure(why))
        failpoints.hit("submit-after-answer")
        nameless = errors.Unsure("the provider's answer names no fax")
        return {id_: answers.get(id_) or nameless for id_ in ids}

    def _conclude(self, job: FaxJob, answer: str | errors.MailfaxError) -> None:
        """What the answer makes of the job."""
        if isinstance(answer, errors.Fenced):
            raise answer
        if isinstance(answer, str):
            self._advance(job, Event.TAKEN, reference=answer, due_at=self._poll())
        elif isinstance(answer, errors.Permanent):
            self._end(job, Event.REFUSE, answer.cause, str(answer))
        elif isinstance(answer, errors.Temporary):
            self._not_taken(job, answer)
        else:
            due = self.backoff.next_look(self.ledger.now(), self.ledger.now(), jitter=_jitter())
            self._advance(job, Event.LOSE, due_at=due, note=str(answer))

    def _not_taken(self, job: FaxJob, error: errors.Temporary) -> None:
        """The provider surely does not have it: later, or never, or when a person has helped."""
        if error.cause in {errors.Cause.NO_CREDIT, errors.Cause.LOGIN_FAILED}:
            _log.error("an account needs a person", job=job.id, why=str(error))
            self._advance(job, Event.HOLD, cause=error.cause, note=str(error))
            return
        due = self.backoff.unreachable(
            job, job.tries, self.ledger.now(), jitter=_jitter(), not_before=error.not_before
        )
        self._advance(job, Event.PUT_OFF, cause=error.cause, note=str(error), due_at=due)

    # ── follow ──────────────────────────────────────────────────────────────────────────

    def follow(self) -> int:
        """Ask every account in one request how its faxes stand."""
        with self._claimed(State.SUBMITTED, MANY) as jobs:
            current = self.ledger.faxes.current(jobs)
            wanted = self.ledger.faxes.cancels_wanted() if jobs else frozenset()
            for account in {transmission.account for transmission in current.values()}:
                mine = [job for job in jobs if current[job.id].account == account]
                self._follow(account, mine, current, wanted)
        return len(jobs)

    def _follow(
        self,
        account: str,
        jobs: Sequence[FaxJob],
        current: Mapping[str, Transmission],
        unwanted: frozenset[str],
    ) -> None:
        references = {job.id: current[job.id].reference or "" for job in jobs}
        try:
            with self.carriers.turn(account, report=True) as wait:
                if wait:
                    self._stagger([jobs], account, wait)
                    return
                able = self.carriers[account].capabilities
                jobs, others = jobs[: able.max_reports], jobs[able.max_reports :]
                if others:
                    self._stagger([others], account, able.report_interval)
                reports = self.carriers[account].report([references[job.id] for job in jobs])
        except errors.MailfaxError as error:
            for job in jobs:
                self._guarded(job, self._look_later, current[job.id], str(error))
            return
        for job in jobs:
            report = reports.get(references[job.id])
            if job.id in unwanted and report and report.outcome is Outcome.PENDING:
                self._guarded(job, self._call_back, current[job.id])
            else:
                self._guarded(job, self._reported, current[job.id], report)

    def _reported(self, job: FaxJob, transmission: Transmission, report: Report | None) -> None:
        """What the provider's report makes of the job."""
        if report is None or report.outcome is Outcome.PENDING:
            self._wait(job, transmission, report)
        elif report.outcome is Outcome.FAILED:
            self._dialled_in_vain(job, report)
        else:
            event = {
                Outcome.DELIVERED: Event.DELIVER,
                Outcome.RELAYED: Event.RELAY,
                Outcome.CANCELLED: Event.CANCEL,
            }[report.outcome]
            self._advance(job, event, report=report, cause=report.cause)
            failpoints.hit("follow-after-end")
            self._forget(job, transmission)

    def _wait(self, job: FaxJob, transmission: Transmission, report: Report | None) -> None:
        """Not over yet, or not known there: look again, but not for ever."""
        age = self.ledger.now() - transmission.started_at
        patience = PATIENCE + PATIENCE_PER_PAGE * job.pages
        if age < patience * self.backoff.scale:
            self._look_later(job, transmission, "")
            return
        silent = "does not know this fax" if report is None else "has not finished this fax"
        note = f"{transmission.account} {silent} after {round(age.total_seconds() / 60)} minutes"
        self._advance(job, Event.STALL, report=report, note=note)

    def _look_later(self, job: FaxJob, transmission: Transmission, note: str) -> None:
        began = transmission.started_at
        due = self.backoff.next_poll(began, self.ledger.now(), jitter=_shared_jitter(began))
        self.ledger.faxes.put_off(job, due, note)

    def _dialled_in_vain(self, job: FaxJob, report: Report) -> None:
        """Again by the table of causes, or the end."""
        cause = report.cause or errors.Cause.UNKNOWN
        past = self.ledger.faxes.causes([job])[job.id]
        due = self.backoff.next_try(job, cause, past, self.ledger.now(), jitter=_jitter())
        event = Event.FAIL if due is None else Event.RETRY
        self._advance(job, event, report=report, cause=cause, due_at=due)

    def _call_back(self, job: FaxJob, transmission: Transmission) -> None:
        """The sender wants it no more: cancelled only if the provider confirms."""
        account = self.carriers[transmission.account]
        try:
            stopped = isinstance(account, _port.Cancels) and account.cancel(
                transmission.reference or ""
            )
        except errors.MailfaxError as error:
            self._look_later(job, transmission, str(error))
            return
        if stopped:
            self._end(job, Event.CANCEL, errors.Cause.CANCELLED, "called back by its sender")
            return
        due = self.backoff.next_poll(transmission.started_at, self.ledger.now(), jitter=_jitter())
        note = "too late to call it back"
        self.ledger.faxes.advance(
            changes.Change(job=job, event=None, due_at=due, note=note, cancel_refused=True)
        )

    def _forget(self, job: FaxJob, transmission: Transmission) -> None:
        """Clear the fax at the provider where the rule says so; it has ended in any case."""
        if not job.decision.forget:
            return
        try:
            self.carriers[transmission.account].forget(transmission.reference or "")
        except errors.MailfaxError as error:
            _log.warning("not cleared at the provider", job=job.id, why=str(error))

    # ── resolve ─────────────────────────────────────────────────────────────────────────

    def resolve(self) -> int:
        """Find out what became of hand-overs whose answer was lost."""
        with self._claimed(State.UNSURE, BATCH) as jobs:
            current = self.ledger.faxes.current(jobs)
            for job in jobs:
                self._guarded(job, self._resolve, current[job.id])
        return len(jobs)

    def _resolve(self, job: FaxJob, transmission: Transmission) -> None:
        """Adopt it, send it again, or hold it for a person."""
        try:
            with self.carriers.turn(transmission.account) as wait:
                if wait:
                    self.ledger.faxes.put_off(job, self._in(wait))
                    return
                answer = self.carriers[transmission.account].find(transmission)
        except errors.MailfaxError as error:
            self._ask_again(job, transmission, str(error))
            return
        young = self.ledger.now() - transmission.started_at < VISIBLE * self.backoff.scale
        if isinstance(answer, str):
            self._advance(job, Event.FIND, reference=answer, due_at=self.ledger.now())
        elif answer is _port.Absent.ABSENT and young:
            self._ask_again(job, transmission, "the provider does not list it yet")
        elif answer is _port.Absent.ABSENT:
            self._advance(job, Event.ABSENT, note="the provider does not have it")
        elif job.decision.on_unknown == "resend-once" and job.tries == 1:
            self._advance(job, Event.ABSENT, note="nobody can tell; the rule says resend once")
        else:
            self._advance(job, Event.CANNOT_KNOW, note="it may or may not have been sent")

    def _ask_again(self, job: FaxJob, transmission: Transmission, why: str) -> None:
        now = self.ledger.now()
        if now - transmission.started_at > UNSURE_AT_MOST * self.backoff.scale:
            self._advance(job, Event.CANNOT_KNOW, note=f"it may or may not have been sent: {why}")
        else:
            due = self.backoff.next_look(transmission.started_at, now, jitter=_jitter())
            self.ledger.faxes.put_off(job, due, why)

    # ── mind ────────────────────────────────────────────────────────────────────────────

    def mind(self) -> int:
        """End what is past its deadline, and free what dead workers left behind."""
        for job in self.ledger.faxes.reap():
            _log.warning("lease ended", job=job.id, state=job.state, note=job.note)
        for job in self.ledger.faxes.deadlines(DEADLINE_GRACE * self.backoff.scale):
            _log.info("deadline passed", job=job.id, state=job.state)
        self.ledger.deliveries.reap()
        self.ledger.inbound.reap()
        return 0

    # ── common to all steps ─────────────────────────────────────────────────────────────

    @contextlib.contextmanager
    def _claimed(self, state: State, limit: int) -> Iterator[Sequence[FaxJob]]:
        """Due jobs of one state, ours for as long as the block runs."""
        jobs = self.ledger.faxes.claim([state], limit, self.lease, self.owner)
        if jobs:
            failpoints.hit(f"claimed-{state}")
        with self.keeping(jobs):
            yield jobs

    def _guarded(self, job: FaxJob, step: Callable[..., object], *arguments: object) -> None:
        """One job that fails leaves the others alone; its lease and crash count see to it."""
        try:
            step(job, *arguments)
        except errors.Fenced:
            _log.warning("job lost to another worker", job=job.id)
        except errors.Temporary as error:
            _log.warning("step put off", job=job.id, why=str(error))
        except Exception:  # noqa: BLE001 - one bad job must not stop the others
            _log.exception("step failed unforeseen", job=job.id)

    def _advance(self, job: FaxJob, event: Event, **what: Any) -> None:
        changed = self.ledger.faxes.advance(changes.Change(job=job, event=event, **what))
        _log.info("job moved", job=job.id, by=event, state=changed.state, note=changed.note)

    def _end(
        self, job: FaxJob, event: Event, cause: errors.Cause, note: str, **detail: object
    ) -> None:
        self._advance(job, event, cause=cause, note=note, detail=detail)

    def _content(self, mail: mails.Mail) -> bytes:
        if mail.document is not None:
            return self.documents.read(mail.document)
        content = self.ledger.mails.content(mail.id)
        assert content is not None
        return content

    def _mail(self, job: FaxJob) -> mails.Mail:
        mail = self.ledger.mails.get(job.message)
        assert mail is not None
        return mail

    def _in(self, seconds: float) -> datetime.datetime:
        return self.ledger.now() + datetime.timedelta(seconds=seconds)

    def _poll(self) -> datetime.datetime:
        now = self.ledger.now()
        return self.backoff.next_poll(now, now, jitter=_shared_jitter(now))


def _domain(mail: mails.Mail) -> str:
    """Whose mail it is, as far as that is told by the address."""
    return (mail.sender or mail.mail_from).rpartition("@")[2].lower()


def _known(error: errors.MailfaxError) -> list[dict[str, object]]:
    """The manifest that a refusal carries, as data."""
    return [dataclasses.asdict(entry) for entry in getattr(error, "manifest", ())]


def _jitter() -> float:
    return random.random()  # noqa: S311 - spreads load, hides nothing


def _shared_jitter(began: datetime.datetime) -> float:
    """The same for all of one second: what went in one request is asked after in one, too."""
    return random.Random(int(began.timestamp())).random()  # noqa: S311 - likewise
