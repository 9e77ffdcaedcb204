"""Faxes and voice mail in the account, their documents, and text messages."""

import base64
import dataclasses
import datetime
from collections.abc import Sequence
from typing import Any, ClassVar

from PIL import Image

from mailfax.sandbox import _calls, _pages
from mailfax.sandbox._calls import File
from mailfax.sandbox.popfax import codes
from mailfax.sandbox.popfax.account import Message, Visit, stamp

_MAX_INT = 2**31 - 1


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sent(Message):
    """A sent fax: one document, a call for each recipient."""

    TYPE: ClassVar[int] = codes.SENT_FAX
    calls: tuple[int, ...]

    def carried(self, visit: Visit) -> list[_calls.Call]:
        """Its calls, as far as the network remembers them."""
        found = map(visit.account.exchange.call, self.calls)
        return [call for call in found if call is not None]

    def changed(self, visit: Visit) -> datetime.datetime:
        """Its calls' ends change it too."""
        ends = [call.ended for call in self.carried(visit) if call.ended and call.over(visit.now)]
        return max([self.touched, *ends])

    def recipients(self, visit: Visit) -> list[tuple[str, int]]:
        """Each number with its status."""
        return [(call.number, _status(call, visit.now)) for call in self.carried(visit)]

    def info(self, visit: Visit) -> dict[str, Any]:
        """FAXSentInfo."""
        calls = self.carried(visit)
        begun = [call.started for call in calls if call.started and call.started <= visit.now]
        return {
            "folderid": self.folder,
            "id": self.id,
            "type": self.TYPE,
            "status": int(self.read),
            "sentstatus": overall([status for _, status in self.recipients(visit)]),
            "date": stamp(min(begun, default=self.made)),
            "pagecount": max((call.pages for call in calls), default=0),
            "recipients": len(self.calls),
            "recipient": calls[0].number if len(self.calls) == 1 and calls else "",
        }


def _status(call: _calls.Call, now: datetime.datetime) -> int:
    if not call.over(now):
        return codes.QUEUED
    return codes.BY_CAUSE.get(call.cause(now), codes.FAILURE)


def overall(statuses: Sequence[int]) -> int:
    """One status for all recipients: in queue until all are done, then theirs if it is the
    same for all, else failure (inference).
    """
    if codes.QUEUED in statuses:
        return codes.QUEUED
    return statuses[0] if len(set(statuses)) == 1 else codes.FAILURE


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Received(Message):
    """A received fax; its document is with the network."""

    TYPE: ClassVar[int] = codes.RECEIVED_FAX
    sender: str
    pages: int

    def info(self, visit: Visit) -> dict[str, Any]:  # noqa: ARG002
        """FAXReceivedInfo."""
        return {
            "folderid": self.folder,
            "id": self.id,
            "type": self.TYPE,
            "status": int(self.read),
            "date": stamp(self.made),
            "pagecount": self.pages,
            "sender": self.sender,
        }


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Voice(Message):
    """A received voice mail."""

    TYPE: ClassVar[int] = codes.VOICE
    sender: str
    duration: int
    wav: bytes

    def info(self, visit: Visit) -> dict[str, Any]:  # noqa: ARG002
        """VOICEReceivedInfo; a sender that does not fit in an int is 0 (inference)."""
        sender = int(self.sender.lstrip("+") or 0)
        return {
            "folderid": self.folder,
            "id": self.id,
            "type": self.TYPE,
            "status": int(self.read),
            "date": stamp(self.made),
            "duration": self.duration,
            "sender": sender if sender <= _MAX_INT else 0,
        }


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Text(Message):
    """A sent text message; it takes as long as a fax takes to be dialled."""

    TYPE: ClassVar[int] = codes.SMS
    content: str
    numbers: tuple[str, ...]

    def changed(self, visit: Visit) -> datetime.datetime:
        """Its arrival changes it too."""
        return max(self.touched, self._over) if self._over <= visit.now else self.touched

    @property
    def _over(self) -> datetime.datetime:
        return self.made + _calls.WAITING

    def recipients(self, visit: Visit) -> list[tuple[str, int]]:
        """Each number with its status, which its last four digits decide as for a fax."""
        behaviours = [_calls.BEHAVIOURS.get(number[-4:], _calls.ANSWERS) for number in self.numbers]
        return [
            (number, codes.BY_CAUSE.get(behaviour.cause, codes.FAILURE))
            if behaviour.ends and self._over <= visit.now
            else (number, codes.QUEUED)
            for number, behaviour in zip(self.numbers, behaviours, strict=True)
        ]

    def info(self, visit: Visit) -> dict[str, Any]:
        """SMSSentInfo."""
        return {
            "folderid": self.folder,
            "id": self.id,
            "status": int(self.read),
            "sentstatus": overall([status for _, status in self.recipients(visit)]),
            "date": stamp(self.made),
            "content": self.content,
            "recipients": len(self.numbers),
            "recipient": self.numbers[0] if len(self.numbers) == 1 else "",
        }


def get_recipients(visit: Visit, number: int, kind: str) -> list[dict[str, Any]]:
    """Each recipient of a sent fax or text message with its status; none if there is no such."""
    item = visit.item(codes.SMS if kind.upper() == "SMS" else codes.SENT_FAX, number)
    pairs = item.recipients(visit) if isinstance(item, Sent | Text) else []
    return [{"recipient": recipient, "status": status} for recipient, status in pairs]


# Documents


def download_file(visit: Visit, number: int, kind: int, form: str) -> str | None:
    """A document in base64, nil when there is none of this form; it is read then (inference)."""
    item = visit.item(kind, number)
    data = document(visit, item, form.lower()) if isinstance(item, Message) else None
    if data is None or not isinstance(item, Message):
        return None
    if not item.read:
        visit.touch(item, read=True)
    return base64.b64encode(data).decode("ascii")


def document(visit: Visit, item: Message, form: str) -> bytes | None:
    """What a message carries, as `tiff`, `pdf` or `wav`; None when it has no such thing."""
    if isinstance(item, Voice):
        return item.wav if form == "wav" else None
    if form not in {"tiff", "pdf"}:
        return None
    files = originals(visit, item)
    if not files:
        return None
    if len(files) == 1 and _pages.kind(files[0].data) == form:
        return files[0].data
    pages = [page for file in files for page in _drawn(file)]
    return _pages.pdf(pages) if form == "pdf" else _pages.tiff(pages)


def originals(visit: Visit, item: Message) -> tuple[File, ...]:
    """The files of a fax as they came; none when the network has dropped them."""
    if isinstance(item, Sent):
        calls = item.carried(visit)
        return calls[0].files if calls else ()
    received = visit.account.exchange.received(visit.account.provider)
    return tuple(
        File(name=f"fax.{fax.kind}", data=fax.data)
        for fax in received
        if isinstance(item, Received) and fax.id == item.id and fax.data
    )


def _drawn(file: File) -> Sequence[Image.Image]:
    try:
        return _pages.frames(file.data)
    except _pages.Unreadable:
        return _pages.stand_in(file.name, _pages.count(file.kind, file.data))
