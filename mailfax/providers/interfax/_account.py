"""InterFAX behind the provider port.

What is peculiar here: a fax carries our reference as its subject, where `find` asks for it; a
document above 250 kB is uploaded first and faxed by a small second request, so that little can
be lost with its answer; and the SOAP services name no zone for their times, so they are read in
the zone of the account's settings.
"""

import contextlib
import dataclasses
import datetime
import re
import zoneinfo
from collections.abc import Mapping, Sequence

from mailfax import errors, failpoints
from mailfax.model import InboundFax, Outcome, Report, Transmission
from mailfax.providers import _port
from mailfax.providers.interfax import _codes, _push, _transports, _wire
from mailfax.providers.interfax._records import Fax, Message

REFERENCE = 60
"""Characters of a subject."""
CONTACT = 60
"""Characters of a recipient's name that are handed over; how many fit is documented nowhere."""
SHORTEST = 64
"""Octets of the least that can be a page."""
UNKNOWN_TIME = datetime.datetime.fromtimestamp(0, datetime.UTC)
"""Stands for a time of receipt that cannot be read: the fax must not be lost over it."""

_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")


class Account:
    """One InterFAX account: Outbound, Inbound, Cancels, Pushes, Imports."""

    def __init__(
        self,
        client: _wire.Client,
        transport: _transports.Transport,
        capabilities: _port.Capabilities,
        zone: datetime.tzinfo,
        push: str,
    ) -> None:
        """`zone`: of times without one; `push`: the last part of the path that is posted to."""
        self.client = client
        self.capabilities = capabilities
        self._transport = transport
        self._zone = zone
        self._push = push

    def check(self) -> None:
        """Ask for the newest fax: a wrong login is told, and nothing is changed."""
        self._transport.check()

    def close(self) -> None:
        """Let go of connections."""
        self.client.close()

    # Sending ──────────────────────────────────────────────────────────────────────────

    def submit(
        self,
        transmissions: Sequence[Transmission],
        document: _port.Payload,
        note: _port.Note,  # noqa: ARG002
    ) -> _port.Submitted:
        """Hand the document over once for each, since a list has only one reference."""
        answers: dict[str, str | errors.MailfaxError] = {}
        for transmission in transmissions:
            try:
                answers[transmission.id] = self._send(transmission, document)
            except errors.MailfaxError as error:
                answers[transmission.id] = error
        return answers

    def report(self, references: Sequence[str]) -> Mapping[str, Report]:
        """How these faxes stand."""
        known = [one for one in references if re.fullmatch("[0-9]{1,18}", one)]
        reports: dict[str, Report] = {}
        batch = self._transport.batch
        for start in range(0, len(known), batch):
            asked = known[start : start + batch]
            told = {str(fax.transaction_id): fax for fax in self._transport.faxes(asked)}
            reports |= {one: self._report(told[one]) for one in asked if one in told}
        return reports

    def find(self, transmission: Transmission) -> str | _port.Absent:
        """The fax whose subject is this transmission's id.

        Absent only when the service lists all that it found, and each with a subject of its own.
        """
        found, whole = self._transport.by_reference(
            _reference(transmission), transmission.started_at
        )
        mine = [fax for fax in found if fax.subject.strip() == _reference(transmission)]
        if len(mine) == 1:
            return str(mine[0].transaction_id)
        others_known = whole and all(fax.subject for fax in found)
        return _port.Absent.ABSENT if others_known and not mine else _port.Absent.CANNOT_KNOW

    def forget(self, reference: str) -> None:
        """Hide an ended fax; the image goes by the account's DefaultDeleteAfterUsage."""
        with contextlib.suppress(_codes.Gone):
            self._transport.hide(_number(reference))

    def cancel(self, reference: str) -> bool:
        """Stop a fax that waits; by which code the service says "too late" is not documented."""
        try:
            self._transport.cancel(_number(reference))
        except (errors.Permanent, _codes.Unknown):
            return False
        return True

    # Receiving ────────────────────────────────────────────────────────────────────────

    def inbox(self, since: str | None) -> Sequence[InboundFax]:
        """Received faxes, oldest first: all that have an image, or with `since` the unread."""
        found = self._transport.messages(unread_only=since is not None)
        messages = {message.message_id: message for message in found}
        return [self._received(messages[key]) for key in sorted(messages)]

    def fetch(self, fax: InboundFax) -> _port.Fetched:
        """The document; one that is no TIFF or PDF is Temporary."""
        data = self._transport.image(_number(fax.reference))
        return _port.Fetched(data=data, kind=_kind(data))

    def acknowledge(self, fax: InboundFax, how: _port.How) -> None:
        """Mark it as read; nobody can delete it, but the account's DeleteAfterUsage does."""
        if how is not _port.How.LEAVE:
            with contextlib.suppress(_codes.Gone):
                self._transport.mark(_number(fax.reference))

    # Web feedback and settings ────────────────────────────────────────────────────────

    def prove(self, path: str) -> None:
        """Raise errors.Permanent unless the path ends in the secret."""
        _port.prove(path, self._push)

    def receive(self, request: _port.Push) -> _port.Pushed:
        """Read a web feedback; its document is fetched like that of any fax in the box."""
        kind, fields, reply = _push.read(request)
        if kind == "Outbound":
            sent = (_push.transaction(fields, "TransactionID"),)
            return _port.Pushed(references=sent, reply=reply)
        received = self._received(_push.message(fields))
        return _port.Pushed(received=((received, None),), reply=reply)

    def import_rules(self) -> Mapping[str, object]:
        """What the user may send and how, as the Admin service tells it (SOAP in any case)."""
        return _transports.settings(self.client)

    # Between the two ──────────────────────────────────────────────────────────────────

    def _send(self, transmission: Transmission, document: _port.Payload) -> str:
        if refusal := self.capabilities.refusal(transmission, document):
            raise refusal
        handed = _transports.Handed(
            number=str(transmission.number),
            reference=_reference(transmission),
            contact=_spaced(transmission.recipient_name)[:CONTACT],
            kind=document.name.rpartition(".")[2].lower(),
            data=document.data,
            fine=document.resolution == "fine",
        )
        ready = self._transport.prepare(handed)
        failpoints.hit("submit-before-connect")
        reference = ready()
        failpoints.hit("submit-after-answer")
        return reference

    def _report(self, fax: Fax) -> Report:
        outcome = _codes.outcome(fax.status)
        ended = outcome is not Outcome.PENDING
        return Report(
            outcome=outcome,
            cause=_codes.cause(fax.status, fax.pages_sent, fax.pages_submitted),
            pages_sent=fax.pages_sent if ended else None,
            dials=fax.trials_performed,
            duration=float(fax.duration) if ended and fax.duration is not None else None,
            csid=_spaced(fax.remote_csid) or None,
            cost=_cost(fax) if ended else None,
            ended_at=self._time(fax.completion_time) if ended else None,
            raw=self._raw(fax),
        )

    def _raw(self, fax: Fax) -> str:
        values = {name: value for name, value in dataclasses.asdict(fax).items() if value}
        values["status"] = fax.status
        text = "; ".join(f"{name}={_spaced(str(value))}" for name, value in values.items())
        return self.client.redact(text)[:4096]

    def _received(self, message: Message) -> InboundFax:
        return InboundFax(
            account="",
            reference=str(message.message_id),
            did=_e164(message.phone_number),
            caller=_e164(message.caller_id),
            received_at=self._time(message.receive_time) or UNKNOWN_TIME,
            tsid=_spaced(message.remote_csid),
            pages=message.pages,
        )

    def _time(self, moment: datetime.datetime | None) -> datetime.datetime | None:
        if moment is None:
            return None
        try:
            aware = moment if moment.tzinfo else moment.replace(tzinfo=self._zone)
            return aware.astimezone(datetime.UTC)
        except OverflowError:
            return None


def zone(name: str) -> zoneinfo.ZoneInfo:
    """A time zone by its name; raises errors.Permanent for one that is none."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise errors.Permanent(f"zone {name!r} is no time zone, as Europe/London is") from None


def _reference(transmission: Transmission) -> str:
    return transmission.id[:REFERENCE]


def _number(reference: str) -> int:
    if not re.fullmatch("[0-9]{1,18}", reference):
        raise _codes.Gone(f"{reference!r} is no id of this provider")
    return int(reference)


def _kind(data: bytes) -> str:
    if len(data) >= SHORTEST:
        if data.startswith((b"II*\x00", b"MM\x00*")):
            return "tiff"
        if data.startswith(b"%PDF-"):
            return "pdf"
    raise errors.Temporary("the provider gave a received fax that is no whole TIFF or PDF")


def _e164(written: str) -> str:
    """Numbers come as `00` and country code, or with a plus; anything else as written."""
    plain = re.sub("[ ().-]", "", written)
    found = re.fullmatch(r"(?:\+|00)([1-9][0-9]{3,14})", plain)
    return f"+{found[1]}" if found else _spaced(written)


def _cost(fax: Fax) -> str | None:
    """Units by price; the account's currency is not told."""
    if fax.units is None or fax.cost_per_unit is None:
        return None
    return f"{fax.units * fax.cost_per_unit:f}"


def _spaced(text: str) -> str:
    """One line that XML can carry: blanks and control characters in a row are one space."""
    return _BLANK.sub(" ", _NOT_XML.sub("�", text)).strip()
