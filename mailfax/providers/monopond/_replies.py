"""What Monopond answers: how faxes stand, and faults.

Answers hold their data in attributes, zero counters are left out, and a message may come twice
(facts section 4.5). Sources: the service's published description and documentation as the facts
file grades them; what is neither is marked "inference".
"""

import dataclasses
import datetime
import typing
from collections.abc import Mapping

from mailfax import errors
from mailfax.providers import _soap

Record = typing.TypeVar("Record")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StatusTotals:
    """How many faxes are at each status."""

    pending: int = 0
    processing: int = 0
    queued: int = 0
    starting: int = 0
    sending: int = 0
    finalizing: int = 0
    done: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ResultsTotals:
    """How many faxes ended how; duration in seconds."""

    success: int = 0
    blocked: int = 0
    failed: int = 0
    total_attempts: int = 0
    total_fax_duration: int = 0
    total_pages: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FaxError:
    """Why an attempt failed: a code of `CAUSES`, or a new one, and its words."""

    code: str | None = None
    name: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One attempt; one in progress has but its number and start (facts section 4.5)."""

    attempt: int | None = None
    result: str | None = None
    """success, blocked or failed."""
    error: FaxError | None = None
    cost: str | None = None
    pages: int | None = None
    total_fax_duration: int | None = None
    scheduled_start_time: datetime.datetime | None = None
    date_call_started: datetime.datetime | None = None
    date_call_ended: datetime.datetime | None = None
    date_dncr_washed: datetime.datetime | None = None
    dncr_transaction_id: str | None = None
    csi: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """The properties a fax was sent with."""

    send_from: str | None = None
    resolution: str | None = None
    retries: int | None = None
    busy_retries: int | None = None
    header_format: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MessageStatus:
    """How one fax stands; details and results as the verbosity says."""

    message_ref: str | None = None
    send_ref: str | None = None
    broadcast_ref: str | None = None
    send_to: str | None = None
    status: str | None = None
    """Of pending, processing, queued, starting, sending, pausing, paused, resuming, stopping,
    finalizing, done."""
    details: Details | None = None
    results: tuple[Result, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The answer of all operations on faxes; totals are None where they are not told."""

    status_totals: StatusTotals | None = None
    results_totals: ResultsTotals | None = None
    messages: tuple[MessageStatus, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A document as it would be sent."""

    tiff: bytes = dataclasses.field(repr=False)
    pages: int | None


def status(answer: typing.Any) -> Status:
    """Read a response of SendFax, FaxStatus, StopFax, PauseFax or ResumeFax."""
    messages = [] if answer.FaxMessages is None else answer.FaxMessages.FaxMessage
    return Status(
        status_totals=_read(StatusTotals, answer.FaxStatusTotals),
        results_totals=_read(ResultsTotals, answer.FaxResultsTotals),
        messages=tuple(_message(message) for message in messages),
    )


def _message(message: typing.Any) -> MessageStatus:
    results = [] if message.FaxResults is None else message.FaxResults.FaxResult
    return dataclasses.replace(
        _read(MessageStatus, message) or MessageStatus(),
        details=_read(Details, message.FaxDetails),
        results=tuple(_result(result) for result in results),
    )


def _result(result: typing.Any) -> Result:
    read = _read(Result, result) or Result()
    return dataclasses.replace(read, error=_read(FaxError, result.Error))


def _read(kind: type[Record], element: typing.Any) -> Record | None:
    """The attributes of an element that `kind` has a field for; None when there is no element."""
    if element is None:
        return None
    values = {name: getattr(element, wire, None) for name, wire in _names(kind)}
    return kind(**{name: _utc(value) for name, value in values.items() if value is not None})


def _names(kind: typing.Any) -> tuple[tuple[str, str], ...]:
    """Field names and what the wire calls them, as total_pages and totalPages."""
    names = [field.name for field in dataclasses.fields(kind)]
    heads = ((name, *name.partition("_")) for name in names)
    return tuple((name, head + rest.title().replace("_", "")) for name, head, _, rest in heads)


def _utc(value: typing.Any) -> typing.Any:
    """Times in UTC; one without zone is dropped, for nobody knows which it is in."""
    if not isinstance(value, datetime.datetime):
        return value
    return value.astimezone(datetime.UTC) if value.utcoffset() is not None else None


# Faults ────────────────────────────────────────────────────────────────────────────────


class InvalidArguments(errors.Permanent):
    """Something in the request is not as it must be; the words are free text."""


class NoMessagesFound(errors.Permanent):
    """The provider has no fax with these references."""


class DocumentContentTypeNotFound(errors.Permanent):
    """The provider cannot tell what kind of document it was given."""


class UnsupportedDocumentContentType(errors.Permanent):
    """The provider does not fax this kind of document."""


class DocumentRefAlreadyExists(errors.Permanent):
    """A document is stored under this reference already."""


class DocumentRefDoesNotExist(errors.Permanent):
    """No document is stored under this reference, or not any more."""


class MergeFieldDoesNotMatchDocumentType(errors.Permanent):
    """Merge fields are for Microsoft documents, stamps for TIFF."""


class UnknownHost(errors.Temporary):
    """The provider could not reach one of its own machines (inference: the name says so)."""


class Interrupted(errors.Temporary):
    """The provider gave up drawing a preview (inference: the name says so)."""


class InternalServer(errors.Temporary):
    """The provider failed; nothing was to be changed."""


class InternalServerUnsure(errors.Unsure):
    """The provider failed while it changed something, nobody knows how far it got."""


class LoginRefused(errors.Temporary):
    """A fault that has no reason of the service's own, as for a wrong login."""


Failure = type[errors.Temporary | errors.Permanent | errors.Unsure]


@dataclasses.dataclass(frozen=True, slots=True)
class Meaning:
    """What one fault says, in our words."""

    kind: Failure
    text: str
    cause: errors.Cause = errors.Cause.UNKNOWN


_ILL_KIND = errors.Cause.UNSUPPORTED_DOCUMENT

MEANINGS: Mapping[str, Meaning] = {
    "InvalidArgumentsException": Meaning(
        InvalidArguments, "the provider does not accept the request"
    ),
    "NoMessagesFoundException": Meaning(NoMessagesFound, "the provider has no such fax"),
    "DocumentContentTypeNotFoundException": Meaning(
        DocumentContentTypeNotFound,
        "the provider cannot tell what kind of document this is",
        _ILL_KIND,
    ),
    "UnsupportedDocumentContentType": Meaning(  # spelt so, without Exception
        UnsupportedDocumentContentType,
        "the provider does not take this kind of document",
        _ILL_KIND,
    ),
    "DocumentRefAlreadyExistsException": Meaning(
        DocumentRefAlreadyExists, "the provider has a document of that reference already"
    ),
    "DocumentRefDoesNotExistException": Meaning(
        DocumentRefDoesNotExist, "the provider has no document of that reference"
    ),
    "MergeFieldDoesNotMatchDocumentTypeException": Meaning(
        MergeFieldDoesNotMatchDocumentType,
        "the merge fields do not fit the kind of document",
        _ILL_KIND,
    ),
    "UnknownHostException": Meaning(UnknownHost, "the provider cannot reach its own machine"),
    "InterruptedException": Meaning(Interrupted, "the provider was interrupted"),
    "InternalServerException": Meaning(InternalServer, "the provider has failed"),
}
"""The element in a fault's detail → what it means (facts section 7)."""

_FAX = {"InvalidArgumentsException", "NoMessagesFoundException", "InternalServerException"}
_DOCUMENT = {"InvalidArgumentsException", "InternalServerException"}
_KIND = {"UnsupportedDocumentContentType", "MergeFieldDoesNotMatchDocumentTypeException"}

DECLARED: Mapping[str, frozenset[str]] = {
    "SendFax": frozenset(
        {
            *_FAX,
            *_KIND,
            "DocumentContentTypeNotFoundException",
            "DocumentRefAlreadyExistsException",
            "DocumentRefDoesNotExistException",
        }
    ),
    "FaxStatus": frozenset(_FAX),
    "StopFax": frozenset(_FAX),
    "PauseFax": frozenset(_FAX),
    "ResumeFax": frozenset(_FAX),
    "SaveFaxDocument": frozenset(
        {
            *_DOCUMENT,
            "DocumentRefAlreadyExistsException",
            "DocumentContentTypeNotFoundException",
        }
    ),
    "DeleteFaxDocument": frozenset({*_DOCUMENT, "DocumentRefDoesNotExistException"}),
    "FaxDocumentPreview": frozenset(
        {
            *_DOCUMENT,
            *_KIND,
            "DocumentRefDoesNotExistException",
            "UnknownHostException",
            "InterruptedException",
        }
    ),
}
"""Faults of each operation (facts section 7, version 2.1, of which version 2 has a part).
Only one that is declared is a clear no."""


def reason(fault: _soap.Fault) -> tuple[str, str]:
    """Name and words of a fault: the element in its detail, empty when there is none."""
    from lxml import etree

    found = None if fault.detail is None else next(fault.detail.iterchildren("*"), None)
    if found is None:
        return "", str(fault)
    return etree.QName(found).localname, found.findtext("{*}message") or str(fault)


def not_begun(fault: _soap.Fault) -> bool:
    """Whether a fault without a reason says that the request was turned away at the door.

    Either by its code (SOAP 1.1 section 4.4.1), or by words on security: what a wrong login
    answers is documented nowhere, the words are those of the usual library (inference).
    """
    code = fault.code.rpartition(":")[2].partition(".")[0]
    said = f"{fault.code} {fault}".lower()
    return code in {"Client", "MustUnderstand", "VersionMismatch"} or any(
        word in said for word in ("secur", "authenticat", "authori", "credential", "password")
    )
