"""PamFax behind the provider port.

A fax is known by the id of its recipient: that is what the service's history lists and what
its reports are about.
"""

import contextlib
import dataclasses
import datetime
import decimal
import json
import operator
import re
import zoneinfo
from collections.abc import Mapping, Sequence
from typing import Any

from mailfax import errors
from mailfax.model import InboundFax, Outcome, Report, Transmission
from mailfax.providers import _port
from mailfax.providers.pamfax import _building, _client, _listing, _meanings, _records

BARREN = 2
"""Pages of sent faxes, the latest first, after which none of ours is to be hoped for."""
FEW = 3
"""Up to so many faxes are asked for one by one; more of them are looked for in the lists."""
SHORTEST = 64
"""Octets of the least that can be a page."""
UNKNOWN_TIME = datetime.datetime.fromtimestamp(0, datetime.UTC)
"""Stands for a time of receipt that cannot be read: the fax must not be lost over it."""

OUTCOMES = {
    "success": Outcome.DELIVERED,
    "failure": Outcome.FAILED,
    "cancelled": Outcome.CANCELLED,
}
"""States of a fax that is over [F][C]; any other state is not over."""

INFERENCE: tuple[tuple[re.Pattern[str], errors.Cause], ...] = (
    (re.compile(r"\b(?:busy|besetzt)\b", re.IGNORECASE), errors.Cause.BUSY),
    (re.compile(r"\b(?:no answer|keine antwort)\b", re.IGNORECASE), errors.Cause.NO_ANSWER),
    (
        re.compile(r"\bno (?:carrier|fax tone)\b|\b(?:voice|human) answer", re.IGNORECASE),
        errors.Cause.NO_FAX_TONE,
    ),
    (
        re.compile(r"\bconversion (?:failed|error)|\bfailed conversion\b", re.IGNORECASE),
        errors.Cause.CONVERSION_FAILED,
    ),
)
"""status_message → Cause. It is written for people in the user's language, and neither its
wording nor the numbers of status_code are told anywhere: all of this is inference."""

_ID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]{1,64}")
_AMOUNT = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")


class Account:
    """One PamFax user: Outbound, Inbound, Cancels, Prices."""

    def __init__(
        self,
        client: _client.Client,
        capabilities: _port.Capabilities,
        zone: zoneinfo.ZoneInfo,
        wishes: _building.Wishes,
    ) -> None:
        """`zone`: where the service's times are at home."""
        self.client = client
        self.capabilities = capabilities
        self._zone = zone
        self._wishes = wishes
        self._outbox = _listing.Kept(client.list_outbox_faxes, _ids, _listing.PAGES)
        self._sent = _listing.Kept(client.list_sent_faxes, lambda fax: [fax.uuid], BARREN)

    def check(self) -> None:
        """Log in, and out again."""
        session = self.client.apart()
        session.keep_alive()
        session.logout()

    def close(self) -> None:
        """Let go of connections."""
        self.client.close()

    # Sending ──────────────────────────────────────────────────────────────────────────────

    def submit(
        self, transmissions: Sequence[Transmission], document: _port.Payload, note: _port.Note
    ) -> _port.Submitted:
        """Build and send one fax for each, and note its ids just before it is sent."""
        answers: dict[str, str | errors.MailfaxError] = {}
        for transmission in transmissions:
            if refusal := self.capabilities.refusal(transmission, document):
                answers[transmission.id] = refusal
                continue
            try:
                answers[transmission.id] = _building.send(
                    self.client, transmission, document, note, self._wishes
                )
            except errors.MailfaxError as error:
                answers[transmission.id] = error
        return answers

    def report(self, references: Sequence[str]) -> Mapping[str, Report]:
        """How these faxes stand; many are first looked for in the lists of faxes."""
        reports: dict[str, Report] = {}
        if len(references) > FEW:
            with contextlib.suppress(errors.Permanent):
                reports = self._listed(set(references))
        for reference in references:
            if reference not in reports:
                with contextlib.suppress(_meanings.Gone):
                    reports[reference] = self._asked(reference)
        return {key: reports[key] for key in references if key in reports}

    def find(self, transmission: Transmission) -> str | _port.Absent:
        """The recipient's id, if the fax was sent.

        A fax without noted ids was never sent, and nobody need be asked. Else the service
        knows it as over, or as on its way: then it is in the outbox, or waits for credit. A fax
        that is in neither was not sent, for only its session could do it. That the lists hold
        every fax on its way is inference. Raises errors.Temporary while one is so long that a
        fax may move from page to page under our eyes.
        """
        if transmission.handle is None:
            return _port.Absent.ABSENT
        fax, _, recipient = transmission.handle.partition("/")
        with contextlib.suppress(_meanings.Gone):
            found = self.client.get_fax_details(recipient)
            if isinstance(found, _records.Sent) or _on_its_way(found):
                return recipient
        for operation in (self.client.list_outbox_faxes, self.client.list_unpaid_faxes):
            listing = _listing.Pages(operation)
            if any({fax, recipient} & set(_listing.texts(item)) for item in listing):
                return recipient
            if listing.pages > 1:
                raise errors.Temporary("the provider's lists are too long to be sure of a fax")
        return _port.Absent.ABSENT

    def forget(self, reference: str) -> None:
        """Delete a fax that is over, from the trash too."""
        self._delete(reference)

    def cancel(self, reference: str) -> bool:
        """Stop a fax that is on its way; what the service answers when it is too late is told
        nowhere, so any clear no is taken for that.
        """
        try:
            self.client.cancel(reference)
        except errors.Permanent:
            return False
        return True

    def price(self, transmission: Transmission, pages: int) -> str | None:
        """Pages times the price of a page to that number."""
        try:
            told = self.client.get_page_price(str(transmission.number))
        except errors.Permanent:
            return None
        if not _AMOUNT.fullmatch(told.priceperpage):
            return None
        amount = decimal.Decimal(told.priceperpage) * pages
        return f"{amount} {told.currency or self._currency}"

    # Receiving ────────────────────────────────────────────────────────────────────────────

    def inbox(self, since: str | None) -> Sequence[InboundFax]:  # noqa: ARG002
        """Received faxes, oldest first; ids have no order, so `since` is of no use."""
        found = {fax.uuid: fax for fax in _listing.Pages(self.client.list_inbox_faxes)}
        return [
            self._received(fax)
            for fax in sorted(found.values(), key=operator.attrgetter("received"))
        ]

    def fetch(self, fax: InboundFax) -> _port.Fetched:
        """The document; one that is no TIFF or PDF is Temporary."""
        found = self.client.get_inbox_fax(fax.reference)
        if not found.file_uuid:
            raise errors.Temporary("the provider names no document of a received fax yet")
        data = self.client.get_file(found.file_uuid)
        return _port.Fetched(data=data, kind=_kind(data))

    def acknowledge(self, fax: InboundFax, how: _port.How) -> None:
        """Mark it as read, or delete it from inbox and trash."""
        if how is _port.How.DELETE:
            self._delete(fax.reference)
        elif how is _port.How.MARK:
            with contextlib.suppress(_meanings.Gone):
                self.client.set_faxes_as_read([fax.reference])

    # Following ────────────────────────────────────────────────────────────────────────────

    def _listed(self, wanted: set[str]) -> dict[str, Report]:
        """Reports of those that the lists hold; the rest must be asked for.

        What a listed fax has for fields, and that the latest come first, is inference: only one
        with a state that we know is believed.
        """
        reports = {
            uuid: Report(outcome=Outcome.PENDING, raw=self._raw(item))
            for uuid, item in self._outbox.of(wanted).items()
        }
        over = self._sent.of(wanted - reports.keys())
        return reports | {
            uuid: self._report(fax) for uuid, fax in over.items() if fax.state in OUTCOMES
        }

    def _asked(self, reference: str) -> Report:
        """One fax; raises Gone when the service does not know it.

        One that it only has strange words for is left pending, and hides no other.
        """
        try:
            return self._report(self.client.get_fax_details(reference))
        except _meanings.Gone:
            raise
        except (errors.Permanent, _meanings.Strange) as error:
            return Report(outcome=Outcome.PENDING, raw=str(error))

    def _report(self, fax: _records.Sent | _records.Recipient) -> Report:
        outcome = OUTCOMES.get(fax.state, Outcome.PENDING)
        raw = self._raw(dataclasses.asdict(fax))
        if isinstance(fax, _records.Recipient):
            return Report(outcome=outcome, cause=_cause(outcome, fax.status_message), raw=raw)
        pages, sent = _number(fax.pages), _number(fax.pages_sent)
        cause = _cause(outcome, fax.status_message)
        if cause is errors.Cause.UNKNOWN and 0 < (sent or 0) < (pages or 0):
            cause = errors.Cause.PARTIAL
        return Report(
            outcome=outcome,
            cause=cause,
            pages_sent=sent,
            cost=self._money(fax.cost or fax.price),
            ended_at=self._time(fax.sent or fax.cancelled),
            raw=raw,
        )

    def _received(self, fax: _records.InboxFax) -> InboundFax:
        """`account` is left empty: whoever asked knows whose inbox this is."""
        return InboundFax(
            account="",
            reference=fax.uuid,
            did=_building.spaced(fax.number),
            caller=_building.spaced(fax.sender_number or fax.sender_fax),
            received_at=self._time(fax.received) or UNKNOWN_TIME,
            pages=_number(fax.pages),
        )

    def _delete(self, uuid: str) -> None:
        for operation in (self.client.delete_faxes, self.client.delete_faxes_from_trash):
            with contextlib.suppress(_meanings.Gone):
                operation([uuid])

    @property
    def _currency(self) -> str:
        """The user's currency; prices are in euros unless the user has another [D]."""
        return self.client.currency or "EUR"

    def _money(self, amount: str) -> str | None:
        return f"{amount} {self._currency}" if _AMOUNT.fullmatch(amount) else None

    def _raw(self, found: object) -> str:
        """The provider's words, and how their times were read: they name no zone [D]."""
        said = self.client.redact(json.dumps(found, ensure_ascii=False))
        return f"{said[:4000]} (times read as {self._zone.key})"

    def _time(self, text: str) -> datetime.datetime | None:
        try:
            read = datetime.datetime.fromisoformat(text.strip())
            return read.replace(tzinfo=self._zone).astimezone(datetime.UTC)
        except (ValueError, OverflowError):
            return None


def _ids(item: Any) -> list[str]:
    """Whatever may be the id of a fax on its way."""
    return [text for text in _listing.texts(item) if _ID.fullmatch(text)]


def _on_its_way(recipient: _records.Recipient) -> bool:
    """Whether a recipient has left its first state, which is `unknown` [F]."""
    begun = recipient.delivery_started or recipient.sent or recipient.completed
    return bool(begun) or recipient.state not in {"", "unknown"}


def _cause(outcome: Outcome, words: str) -> errors.Cause | None:
    """By INFERENCE, for a fax that failed."""
    if outcome is not Outcome.FAILED:
        return None
    found = (cause for pattern, cause in INFERENCE if pattern.search(words))
    return next(found, errors.Cause.UNKNOWN)


def _kind(data: bytes) -> str:
    if len(data) >= SHORTEST:
        if data.startswith((b"II*\x00", b"MM\x00*")):
            return "tiff"
        if data.startswith(b"%PDF-"):
            return "pdf"
    raise errors.Temporary("the provider gave a received fax that is no whole TIFF or PDF")


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else None
