"""A fax: under construction a job with files, cover and recipients; then one per recipient."""

import dataclasses
import datetime
import decimal
import hashlib
import mimetypes
from collections.abc import Mapping

from mailfax.sandbox import _calls, _pages
from mailfax.sandbox.pamfax import places, words
from mailfax.sandbox.pamfax.refusals import Refused


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class Document:
    """A file of a job."""

    name: str
    data: bytes
    pages: int
    added: datetime.datetime
    uuid: str = dataclasses.field(default_factory=words.uuid)
    md5: str = ""

    def __post_init__(self) -> None:
        self.md5 = hashlib.md5(self.data).hexdigest()  # noqa: S324  the service's own

    @property
    def extension(self) -> str:
        """The ending of its name, lower case."""
        return self.name.rpartition(".")[2].lower()

    @property
    def mime(self) -> str:
        """Its type by its name."""
        return mimetypes.guess_type(f"a.{self.extension}")[0] or "application/octet-stream"

    def converted(self, now: datetime.datetime) -> bool:
        """Whether its pages are made."""
        return now >= self.added + _calls.CONVERTING


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """A template of a cover sheet."""

    id: int
    uuid: str
    title: str
    creator: int = 0
    """0 for the service's own."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A cover as a job uses it."""

    cover: Cover
    text: str
    data: Mapping[str, str]
    since: datetime.datetime


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class Note:
    """Free text that a user puts on a fax."""

    text: str
    created: datetime.datetime


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class Marks:
    """What a user does with a fax in the history, whichever way it went."""

    read: datetime.datetime | None = None
    spam: bool = False
    deleted: datetime.datetime | None = None
    """In the trash since."""
    removed: datetime.datetime | None = None
    """Gone from the trash since."""
    published: datetime.datetime | None = None
    notes: list[Note] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class Recipient:
    """One destination of a job: the service's unit of history."""

    id: int
    number: places.Number
    name: str
    job: "Job"
    created: datetime.datetime
    uuid: str = dataclasses.field(default_factory=words.uuid)
    call: int | None = None
    """On the network, once it was ordered there."""
    price: decimal.Decimal = decimal.Decimal(0)
    """EUR, once it is sent."""
    cancelled: datetime.datetime | None = None
    """When it was taken out of the unpaid faxes."""
    recent: bool = True
    """Whether the list of recent recipients shows it."""
    marks: Marks = dataclasses.field(default_factory=Marks)

    @property
    def behaviour(self) -> _calls.Behaviour:
        """What the network will do, as far as it is known before a call."""
        return _calls.BEHAVIOURS.get(self.number.e164[-4:], _calls.ANSWERS)


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """What the service calls a FaxContainer."""

    created: datetime.datetime
    agent: str = ""
    origin: str = ""
    uuid: str = dataclasses.field(default_factory=words.uuid)
    outfile: str = dataclasses.field(default_factory=words.uuid)
    """What the PDF of its pages is called, once it is sent."""
    updated: datetime.datetime | None = None
    recipients: dict[str, Recipient] = dataclasses.field(default_factory=dict)
    """By number."""
    documents: list[Document] = dataclasses.field(default_factory=list)
    sheet: Sheet | None = None
    sender_number: str | None = None
    sender_name: str | None = None
    previewed: datetime.datetime | None = None
    """When its preview was asked for first."""
    sent: datetime.datetime | None = None
    due: datetime.datetime | None = None
    """When it shall go out, while it waits for that."""
    unpaid: datetime.datetime | None = None
    """Since when it waits for credit."""

    def converted(self, now: datetime.datetime) -> bool:
        """Whether all its pages are made."""
        covered = self.sheet is None or now >= self.sheet.since + _calls.CONVERTING
        return covered and all(one.converted(now) for one in self.documents)

    @property
    def pages(self) -> int:
        """With the cover."""
        return sum(one.pages for one in self.documents) + (self.sheet is not None)

    @property
    def price(self) -> decimal.Decimal:
        """EUR, for all recipients."""
        prices = (one.number.price for one in self.recipients.values())
        return self.pages * sum(prices, decimal.Decimal(0))

    def affordable(self, credit: decimal.Decimal) -> bool:
        """Whether `credit` pays for it; nothing ever pays for a number without credit."""
        return self.price <= credit and not any(
            one.behaviour.cause == "no_credit" for one in self.recipients.values()
        )

    def state(self, now: datetime.datetime, credit: decimal.Decimal) -> str:
        """`editing`, `ready_to_send` or `not_enough_credit` (facts file, section 6).

        Raises `Refused` when its pages cannot be made (which code is inference).
        """
        content = self.documents or self.sheet
        if not content or not self.recipients or not self.converted(now):
            return "editing"
        if any(one.behaviour == _calls.CONVERSION_FAILED for one in self.recipients.values()):
            raise Refused("conversion_compilefax")
        return "ready_to_send" if self.affordable(credit) else "not_enough_credit"


def document(name: str, data: bytes, added: datetime.datetime) -> Document:
    """A file with its pages counted; raises `Refused` for one that cannot be read."""
    try:
        pages = _pages.count(name.rpartition(".")[2].lower(), data)
    except _pages.Unreadable:
        raise Refused("bad_file") from None
    return Document(name=name, data=data, pages=pages, added=added)
