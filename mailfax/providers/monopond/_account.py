"""Monopond behind the provider port.

What is peculiar here: all references are ours. A fax's message reference is the transmission's
id; what else it is given lets many be followed by one question (`_refs`). Our reference of a fax
is the three together. There is no box to look into: received faxes are pushed to us.
"""

import contextlib
import dataclasses
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence

from mailfax import errors
from mailfax.model import Outcome, Report, Transmission
from mailfax.providers import _port
from mailfax.providers.monopond import _client, _links, _pushes, _replies, _requests
from mailfax.providers.monopond._replies import MessageStatus, Result

GROUP = 600
"""Faxes in one request: about so many are recommended (facts section 6)."""
USUAL_PAGES = 20
"""Pages that the service allows when it is told nothing (facts section 6)."""

RESOLUTIONS: Mapping[str, str] = {"standard": "normal", "fine": "fine"}

CAUSES: Mapping[str, errors.Cause] = {
    "DOCUMENT_EXCEEDS_PAGE_LIMIT": errors.Cause.TOO_LONG,
    "DOCUMENT_UNSUPPORTED": errors.Cause.UNSUPPORTED_DOCUMENT,
    "DOCUMENT_FAILED_CONVERSION": errors.Cause.CONVERSION_FAILED,
    "FUNDS_INSUFFICIENT": errors.Cause.NO_CREDIT,
    "FUNDS_FAILED": errors.Cause.NO_CREDIT,
    "BLOCK_ACCOUNT": errors.Cause.BLOCKED,
    "BLOCK_GLOBAL": errors.Cause.BLOCKED,
    "BLOCK_SMART": errors.Cause.BLOCKED,
    "BLOCK_DNCR": errors.Cause.BLOCKED,
    "BLOCK_FPS": errors.Cause.BLOCKED,
    "BLOCK_CUSTOM": errors.Cause.BLOCKED,
    "FAX_NEGOTIATION_FAILED": errors.Cause.NO_FAX_TONE,  # inference: no other code is a voice
    "FAX_EARLY_HANGUP": errors.Cause.HUNG_UP,
    "FAX_INCOMPATIBLE_MACHINE": errors.Cause.INCOMPATIBLE,
    "FAX_BUSY": errors.Cause.BUSY,
    "FAX_NUMBER_UNOBTAINABLE": errors.Cause.BAD_NUMBER,
    "FAX_SENDING_FAILED": errors.Cause.LINE_ERROR,
    "FAX_CANCELLED": errors.Cause.CANCELLED,
    "FAX_NO_ANSWER": errors.Cause.NO_ANSWER,
    "FAX_UNKNOWN": errors.Cause.UNKNOWN,
}
"""Error codes (facts section 5) → Cause; one that is not here is unknown."""

OUTCOMES: Mapping[str, Outcome] = {
    "success": Outcome.DELIVERED,
    "blocked": Outcome.FAILED,
    "failed": Outcome.FAILED,
}
"""The result of the last attempt of a fax that is `done`; any other word leaves it pending, for
a fax given up while it is on its way would go out twice."""

TOO_EARLY = frozenset({"pending", "processing", "pausing", "resuming"})
"""A fax can be stopped from paused, queued, starting and sending (facts section 5)."""

_ON_THE_LINE = frozenset({errors.Cause.LINE_ERROR, errors.Cause.HUNG_UP, errors.Cause.UNKNOWN})
_PRECEDENCE = (Outcome.DELIVERED, Outcome.PENDING, Outcome.CANCELLED, Outcome.FAILED)
"""Of two faxes with one reference, which the service allows, the one that is told."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What an account's settings wish; None or empty leaves it to the account at the provider."""

    version: str
    sender: str | None
    header: str | None
    zone: str | None
    cli: str | None
    blocklists: _requests.Blocklists | None
    push: str = dataclasses.field(repr=False)
    numbers: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Reference:
    """How a fax is named at the provider; written with slashes between."""

    broadcast: str
    send: str
    message: str

    def __str__(self) -> str:
        return f"{self.broadcast}/{self.send}/{self.message}"

    @classmethod
    def read(cls, written: str) -> "Reference":
        """The other way; text without its two slashes is a message reference."""
        parts = written.split("/")
        return cls(*parts) if len(parts) == 3 else cls("", "", written)


class Account:
    """One Monopond account: Outbound, Cancels, Pushes."""

    def __init__(
        self,
        client: _client.Client,
        links: _links.Links,
        capabilities: _port.Capabilities,
        options: Options,
    ) -> None:
        self.client = client
        self.capabilities = capabilities
        self._links = links
        self._options = options

    def check(self) -> None:
        """Ask for a fax that is not there: a wrong login is told, and nothing is changed."""
        with contextlib.suppress(_replies.NoMessagesFound):
            self.client.fax_status(message_ref="mailfax-check")

    def close(self) -> None:
        """Let go of connections."""
        self.client.close()

    # Sending ──────────────────────────────────────────────────────────────────────────

    def submit(
        self,
        transmissions: Sequence[Transmission],
        document: _port.Payload,
        note: _port.Note,
    ) -> _port.Submitted:
        """Hand the document over for all, in requests of 600."""
        answers: dict[str, str | errors.MailfaxError] = {}
        able = []
        for transmission in transmissions:
            if refusal := self.capabilities.refusal(transmission, document):
                answers[transmission.id] = refusal
            else:
                able.append(transmission)
        for start in range(0, len(able), GROUP):
            answers |= self._send(able[start : start + GROUP], document, note, first=not start)
        return answers

    def report(self, references: Sequence[str]) -> Mapping[str, Report]:
        """How these faxes stand, one question for all that share a broadcast reference."""
        wanted = {key: Reference.read(key) for key in references if key}
        told: dict[Reference, Report] = {}
        for _, group in itertools.groupby(sorted(wanted.values(), key=_common), _common):
            told |= self._reports(list(group))
        return {key: told[fax] for key, fax in wanted.items() if fax in told}

    def find(self, transmission: Transmission) -> str | _port.Absent:
        """The fax whose message reference is this transmission's id.

        Absent when the service says that it has none (facts section 10).
        """
        try:
            answer = self.client.fax_status(message_ref=transmission.id, verbosity="send")
        except _replies.NoMessagesFound:
            return _port.Absent.ABSENT
        for message in answer.messages:
            if message.message_ref == transmission.id:
                refs = message.broadcast_ref or "", message.send_ref or "", transmission.id
                return str(Reference(*refs))
        return _port.Absent.CANNOT_KNOW

    def forget(self, reference: str) -> None:
        """Remove the document of a fax that was sent alone.

        The record stays, the service has no way to remove it; nor is a document removed that
        others of a broadcast may still need. Version 2 cannot remove anything.
        """
        fax = Reference.read(reference)
        if self._options.version != "2" and fax.send == fax.message:
            with contextlib.suppress(_replies.DocumentRefDoesNotExist):
                self.client.delete_fax_document(message_ref=fax.message, send_ref=fax.send)

    def cancel(self, reference: str) -> bool:
        """Stop a fax that is not on the line; `stopping` is taken for yes (facts section 4.5).

        How the service says that it is too late is documented nowhere: a status that is not
        `stopping`, or a fault about the references (inference). Raises errors.Temporary for a
        fax that it cannot stop yet, being too new.
        """
        fax = Reference.read(reference)
        try:
            answer = self.client.stop_fax(
                message_ref=fax.message, send_ref=fax.send, broadcast_ref=fax.broadcast
            )
        except (_replies.NoMessagesFound, _replies.InvalidArguments):
            return False
        mine = {one.status for one in answer.messages if one.message_ref == fax.message}
        if mine & TOO_EARLY:
            raise errors.Temporary("the provider has not got so far that it could stop this fax")
        return mine == {"stopping"}

    # Being called ─────────────────────────────────────────────────────────────────────

    def prove(self, path: str) -> None:
        """Raise errors.Permanent unless the path ends in the secret."""
        _port.prove(path, self._options.push)

    def receive(self, request: _port.Push) -> _port.Pushed:
        """Read a push; a received fax's document is fetched at once, its link lives 24 hours.

        Raises errors.Permanent for a push that is not Monopond's, and errors.Temporary when
        the document cannot be had now: keep the push then, and bring it again. A fax whose
        document is not there, hours after its push, comes without one.
        """
        if request.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            refs = _pushes.results(request.body)
            return _port.Pushed(references=tuple(str(Reference(*one)) for one in refs))
        arrival = _pushes.arrival(request.body, self._options.numbers)
        document = self._links.fetch(arrival.link, request.age) if arrival.link else None
        return _port.Pushed(received=((arrival.fax, document),))

    # ──────────────────────────────────────────────────────────────────────────────────

    def _send(
        self,
        group: Sequence[Transmission],
        document: _port.Payload,
        note: _port.Note,
        *,
        first: bool = False,
    ) -> dict[str, str | errors.MailfaxError]:
        """One request for all; one that is refused for its arguments goes again in halves.

        So one bad number keeps no other from being faxed: that the service takes none of a
        request it refuses is inference. Before every request but the first the ledger is asked
        whether these faxes are still ours to send: `note` raises errors.Fenced if not.
        """
        try:
            for transmission in () if first else group:
                note(transmission.id, "")
            return self._sent(group, document)
        except _replies.InvalidArguments as error:
            if len(group) == 1:
                return {group[0].id: error}
        except errors.MailfaxError as error:
            return dict.fromkeys((transmission.id for transmission in group), error)
        half = len(group) // 2
        halves = group[:half], group[half:]
        return self._send(halves[0], document, note) | self._send(halves[1], document, note)

    def _sent(
        self, group: Sequence[Transmission], document: _port.Payload
    ) -> dict[str, str | errors.MailfaxError]:
        broadcast, send = _refs(group)
        own = _requests.Properties(cli=self._options.cli)
        answer = self.client.send_fax(
            [
                _requests.Message(
                    message_ref=transmission.id,
                    send_to=transmission.number.digits,
                    properties=own,
                )
                for transmission in group
            ],
            broadcast_ref=broadcast,
            send_ref=send,
            properties=self._properties(document),
        )
        taken = {message.message_ref for message in answer.messages}
        return {
            transmission.id: str(Reference(broadcast, send, transmission.id))
            if transmission.id in taken
            else errors.Unsure("the provider's answer does not name this fax")
            for transmission in group
        }

    def _properties(self, document: _port.Payload) -> _requests.Properties:
        """What holds for the whole request; retries are ours, so it is asked for none."""
        pages = max(USUAL_PAGES, document.pages)
        return _requests.Properties(
            documents=[_requests.Document(name=document.name, data=document.data)],
            resolution=RESOLUTIONS[document.resolution],
            blocklists=self._options.blocklists,
            send_from=self._options.sender,
            retries=0,
            busy_retries=0,
            header_format=self._options.header,
            max_fax_pages=None if self._options.version == "2" else pages,
            time_zone=self._options.zone,
        )

    def _reports(self, group: Sequence[Reference]) -> dict[Reference, Report]:
        """Reports of faxes that have a reference in common; those not found are left out."""
        try:
            answer = self.client.fax_status(
                message_ref=_agreed(fax.message for fax in group),
                send_ref=_agreed(fax.send for fax in group),
                broadcast_ref=_agreed(fax.broadcast for fax in group),
                verbosity="all",
            )
        except (_replies.NoMessagesFound, _replies.InvalidArguments):
            return {}
        told: dict[str | None, list[Report]] = {}
        for message in answer.messages:
            told.setdefault(message.message_ref, []).append(self._report(message))
        return {
            fax: min(told[fax.message], key=lambda one: _PRECEDENCE.index(one.outcome))
            for fax in group
            if fax.message in told
        }

    def _report(self, message: MessageStatus) -> Report:
        last = max(message.results, key=lambda one: one.attempt or 0, default=Result())
        outcome = _outcome(message.status, last)
        ended = outcome is not Outcome.PENDING
        return Report(
            outcome=outcome,
            cause=_cause(last) if outcome in {Outcome.FAILED, Outcome.CANCELLED} else None,
            pages_sent=last.pages if ended else None,
            dials=last.attempt,
            duration=last.total_fax_duration if ended else None,
            csid=self.client.clean(last.csi or "") or None,
            cost=last.cost,
            ended_at=last.date_call_ended if ended else None,
            raw=self.client.clean(json.dumps(dataclasses.asdict(message), default=str)),
        )


def _refs(group: Sequence[Transmission]) -> tuple[str, str]:
    """Broadcast and send reference of a request, so that no question has too long an answer.

    Faxes sent alone share a broadcast reference with all others of their minute; those of one
    request with nobody else. A part of a request that was refused has references of its own.
    """
    first, last = group[0], group[-1]
    if first is last:
        return f"mailfax-{first.started_at:%Y%m%d-%H%M}", first.id
    span = f"{first.id}-{last.id}"
    return span, span


def _outcome(status: str | None, last: Result) -> Outcome:
    """Final only once the message is `done`, by its last attempt (facts section 10)."""
    if status != "done":
        return Outcome.PENDING
    if last.result == "failed" and last.error and last.error.code == "FAX_CANCELLED":
        return Outcome.CANCELLED
    return OUTCOMES.get(last.result or "", Outcome.PENDING)


def _cause(last: Result) -> errors.Cause:
    """By its code; a line that broke after whole pages went over has sent a part (inference)."""
    code = last.error.code if last.error else None
    if code is None and last.result == "blocked":
        return errors.Cause.BLOCKED
    cause = CAUSES.get(code or "", errors.Cause.UNKNOWN)
    return errors.Cause.PARTIAL if cause in _ON_THE_LINE and last.pages else cause


def _common(fax: Reference) -> str:
    """What faxes must share to be asked for together."""
    return fax.broadcast or fax.send or fax.message


def _agreed(refs: Iterable[str]) -> str | None:
    """The one reference that all have."""
    found = set(refs)
    return found.pop() or None if len(found) == 1 else None
