"""What goes into Monopond's requests: faxes, documents, stamps, and the properties they share.

Each knows how it is written (`wire`): the names of the service description, nothing for what is
not given, so that an older version which does not know a property refuses only its use.
"""

import base64
import dataclasses
import datetime
import decimal
import typing
from collections.abc import Mapping, Sequence

from mailfax import errors
from mailfax.providers import _soap

Wire = dict[str, typing.Any]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TextStamp:
    """Words put on the page; the origin is top left, in pixels (facts section 4.3)."""

    x: int
    y: int
    text: str
    font: str | None = None
    """One of the manual's list, as `Times-Roman`."""
    size: decimal.Decimal | None = None

    def wire(self) -> Wire:
        """A MergeField of StampMergeData."""
        value = given(_value_1=self.text, fontName=self.font, fontSize=self.size)
        return {"Key": {"xCoord": self.x, "yCoord": self.y}, "TextValue": value}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ImageStamp:
    """A picture put on the page; the ending of its name tells its type."""

    x: int
    y: int
    name: str
    data: bytes = dataclasses.field(repr=False)
    width: int | None = None
    height: int | None = None

    def wire(self) -> Wire:
        """A MergeField of StampMergeData."""
        value = given(
            FileName=self.name, FileData=coded(self.data), width=self.width, height=self.height
        )
        return {"Key": {"xCoord": self.x, "yCoord": self.y}, "ImageValue": value}


Stamp = TextStamp | ImageStamp


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document to be sent: name and data, or `ref` alone for one that was stored before.

    All three together store it for later. `order`: its place among several. `dithering`: none,
    normal, turbo, darken, darken_more, darken_extra, lighten, lighten_more, crosshatch, or
    DETAILED, which is in capitals. `merge`: values for the `<mf:key>` places of a Microsoft
    document. `stamps`: on TIFF only, since August 2016.
    """

    name: str | None = None
    data: bytes | None = dataclasses.field(default=None, repr=False)
    ref: str | None = None
    order: int = 0
    dithering: str | None = None
    merge: Mapping[str, str] = dataclasses.field(default_factory=dict)
    stamps: Sequence[Stamp] = ()

    def wire(self) -> Wire:
        """A Document element; Order is required by the service description."""
        return given(
            DocumentRef=self.ref,
            FileName=self.name,
            FileData=None if self.data is None else coded(self.data),
            Order=self.order,
            **drawing(self.dithering, self.merge, self.stamps),
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Blocklists:
    """Lists a number is looked up in before it is called; None leaves it to the service.

    `dncr`: Australia's Do Not Call Register; `fps`: the British Fax Preference Service;
    `smartblock`: numbers that have failed again and again.
    """

    dncr: bool | None = None
    fps: bool | None = None
    smartblock: bool | None = None

    def wire(self) -> Wire:
        """The attributes of a Blocklists element."""
        return given(dncr=self.dncr, fps=self.fps, smartblock=self.smartblock)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """What a request says for all its faxes, and a fax for itself, which then wins.

    None leaves it to the request, or to the account. `resolution`: normal or fine. `send_from`:
    the sender's identity on the line, at most 20 characters. `retries`, and `busy_retries` for
    busy and no answer. `header_format`: `%from%`, `%to%` and letters of strftime; `|` parts left
    from right. `must_be_sent_before`: the fax is cancelled then. `max_fax_pages`: 20 when not
    said. `cli`: the caller's number, once the account may. `time_zone`: of the header line, as
    `Australia/Perth`. Version 2 does not know the last four.
    """

    documents: Sequence[Document] = ()
    resolution: str | None = None
    blocklists: Blocklists | None = None
    send_from: str | None = None
    scheduled_start_time: datetime.datetime | None = None
    retries: int | None = None
    busy_retries: int | None = None
    header_format: str | None = None
    must_be_sent_before: datetime.datetime | None = None
    max_fax_pages: int | None = None
    cli: str | None = None
    time_zone: str | None = None

    def wire(self) -> Wire:
        """The elements that are given."""
        documents = [document.wire() for document in self.documents]
        return given(
            Documents={"Document": documents} if documents else None,
            Resolution=self.resolution,
            Blocklists=self.blocklists.wire() if self.blocklists else None,
            SendFrom=self.send_from,
            ScheduledStartTime=_moment(self.scheduled_start_time),
            Retries=self.retries,
            BusyRetries=self.busy_retries,
            HeaderFormat=self.header_format,
            MustBeSentBeforeDate=_moment(self.must_be_sent_before),
            MaxFaxPages=self.max_fax_pages,
            CLI=self.cli,
            TimeZone=self.time_zone,
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One fax: our reference, the number with its country code and no plus, and its own wishes."""

    message_ref: str
    send_to: str
    properties: Properties = Properties()

    def wire(self) -> Wire:
        """A FaxMessage element."""
        return {"MessageRef": self.message_ref, "SendTo": self.send_to, **self.properties.wire()}


def drawing(dithering: str | None, merge: Mapping[str, str], stamps: Sequence[Stamp]) -> Wire:
    """How a document is drawn: the elements that sending and preview share."""
    fields = [{"Key": key, "Value": value} for key, value in merge.items()]
    marks = [stamp.wire() for stamp in stamps]
    return given(
        DitheringTechnique=dithering,
        DocMergeData={"MergeField": fields} if fields else None,
        StampMergeData={"MergeField": marks} if marks else None,
    )


def references(message: str | None, send: str | None, broadcast: str | None) -> Wire:
    """The references that are given; raises errors.Permanent for none, which would mean all."""
    refs = given(MessageRef=message or None, SendRef=send or None, BroadcastRef=broadcast or None)
    if not refs:
        raise errors.Permanent("a message, send or broadcast reference must be given")
    return refs


def given(**values: object) -> Wire:
    """Names and values without those that are None."""
    return {name: value for name, value in values.items() if value is not None}


def coded(data: bytes) -> str | bytes:
    """Octets as base64 text (RFC 2045) in one line; large ones are coded on their way out."""
    return data if len(data) >= _soap.LARGE else base64.b64encode(data).decode("ascii")


def _moment(time: datetime.datetime | None) -> str | None:
    """A time with its offset; one without would be guessed at by the service."""
    if time is None:
        return None
    if time.utcoffset() is None:
        raise errors.Permanent(f"the time {time} has no time zone")
    return time.isoformat(timespec="seconds")
