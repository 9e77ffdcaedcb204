"""What FAXAGE answers: error lines, and records of tabs and line ends.

Every reply is HTTP 200 with plain text; a failure begins with `ERR` and two digits. Nothing
but those digits is read, and they mean different things at different URLs. Sources: the
API manual of March 2014 (page numbers) and public clients; what is neither is marked
"inference".
"""

import dataclasses
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Generic, TypeVar

from mailfax import errors

FAX = "/httpsfax.php"
DEBUG = "/httpsfax-debug.php"
CDR = "/getcdr.php"
PROVISION = "/provision.php"

COLUMNS = 40
"""Columns looked at in one line."""
UNREAD = 1000
"""Lines kept of those that cannot be read."""

Record = TypeVar("Record")

_ERROR = re.compile(r"ERR([0-9]{2})(?![0-9])")
_JOBID = re.compile(r"^JOBID:[ \t]*([0-9]{1,18})[ \t]*\r?$", re.MULTILINE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHORT = frozenset({"pending", "success", "failure"})


class Gone(errors.Permanent):
    """What was asked about is not there, or is not ours."""


class TooLate(errors.Permanent):
    """The job cannot be stopped any more."""


@dataclasses.dataclass(frozen=True, slots=True)
class Meaning:
    """What one error number says, in our words."""

    kind: type[errors.Temporary | errors.Permanent | errors.Unsure]
    text: str
    cause: errors.Cause = errors.Cause.UNKNOWN


_DATABASE = Meaning(errors.Temporary, "the provider's database is out of order")
_LOGIN = Meaning(
    errors.Temporary,
    "the provider refuses the login, or the account is disabled",
    errors.Cause.LOGIN_FAILED,
)
_BAD_POST = Meaning(errors.Permanent, "the provider does not understand the request")
_NO_JOB = Meaning(Gone, "the provider has no such job")
_NO_FAX = Meaning(Gone, "the provider has no such received fax")
_NO_DID = Meaning(errors.Permanent, "that is not a ten-digit number", errors.Cause.BAD_NUMBER)

MEANINGS: dict[tuple[str, int], Meaning] = {
    (FAX, 1): _DATABASE,
    (FAX, 2): _LOGIN,
    (FAX, 3): Meaning(  # page 10
        errors.Permanent,
        "the provider found no file it can fax",
        errors.Cause.UNSUPPORTED_DOCUMENT,
    ),
    (FAX, 4): Meaning(  # page 10
        errors.Permanent,
        "the provider says that the fax number is invalid",
        errors.Cause.BAD_NUMBER,
    ),
    (FAX, 5): Meaning(  # page 10: outside its area, or 555, 911 and the like
        errors.Permanent, "the provider does not fax to that number", errors.Cause.BLOCKED
    ),
    (FAX, 6): _NO_JOB,
    (FAX, 7): Meaning(Gone, "the provider has no such job, or it has not ended yet"),  # page 17
    (FAX, 8): _BAD_POST,
    (FAX, 11): Meaning(Gone, "the provider has no received faxes"),  # page 19
    (FAX, 12): _NO_FAX,
    (FAX, 13): Meaning(errors.Temporary, "the provider cannot open its file"),  # page 20
    (FAX, 14): _NO_FAX,
    (FAX, 15): Meaning(  # page 10: "not properly inserted" does not say that nothing will go out
        errors.Unsure, "the provider did not record the job properly; it may have taken it"
    ),
    (FAX, 16): _NO_DID,
    (FAX, 17): Meaning(Gone, "the provider has no such number for us"),  # page 23
    (FAX, 18): Meaning(errors.Permanent, "the job id is not a number"),  # page 22
    (FAX, 19): _NO_JOB,
    (FAX, 20): Meaning(TooLate, "the job is not waiting any more"),  # page 22
    (FAX, 21): Meaning(TooLate, "the job is not on the provider's fax server"),  # page 22
    (FAX, 22): Meaning(TooLate, "the job is being transmitted"),  # page 22
    (FAX, 23): Meaning(errors.Temporary, "the provider failed to stop the job"),  # page 22
    (FAX, 24): Meaning(errors.Temporary, "the document is not converted yet"),  # page 15
    (FAX, 25): Meaning(Gone, "the provider has no image of that fax"),  # page 15
    (CDR, 1): _DATABASE,
    (CDR, 2): _LOGIN,
    (PROVISION, 1): _DATABASE,
    (PROVISION, 2): _LOGIN,
    (PROVISION, 3): _BAD_POST,  # page 30
    (PROVISION, 4): _NO_DID,  # pages 34, 35
    (PROVISION, 5): Meaning(Gone, "that number is not to be had, or not ours"),  # pages 34, 35
}
"""Error numbers by URL (manual pages 10–35)."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One job as the status operation tells it (page 13); None was not asked for or not said."""

    jobid: str
    commid: str
    destname: str
    destnum: str
    shortstatus: str
    """pending, success or failure."""
    longstatus: str
    """For people; the manual warns against reading it by program."""
    sendtime: str
    completetime: str
    """All zeros while pending."""
    xmittime: str
    pagecount: int | None = None
    csid: str | None = None
    login: str | None = None
    xmitpages: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One received fax as the listfax operation tells it (page 19)."""

    recvid: str
    recvdate: str
    starttime: str | None = None
    cid: str
    dnis: str
    filename: str | None = None
    pagecount: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call detail record (page 28); duration in seconds."""

    nuid: str | None = None
    calldate: str
    direction: str
    src: str
    dst: str
    duration: int | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One line of listnpanxx: the first six digits of numbers, and where they are (page 32)."""

    npanxx: str
    rcname: str
    rcstate: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[Record]):
    """A reply of records; lines that cannot be read are never guessed at, the first are kept."""

    records: tuple[Record, ...] = ()
    unread: tuple[str, ...] = ()
    whole: bool = True
    """The reply's framing proves that no line is missing."""


STATUS_COLUMNS = (
    "jobid", "commid", "destname", "destnum", "shortstatus", "longstatus",
    "sendtime", "completetime", "xmittime",
)  # fmt: skip
STATUS_OPTIONAL = ("pagecount", "csid", "login", "xmitpages")
"""Always in this order, each only when asked for (confirmed by a client's test)."""
LISTFAX_COLUMNS = ("recvid", "recvdate", "starttime", "cid", "dnis", "filename", "pagecount")
"""That the optional starttime stands third was seen in a capture; page 19 does not say."""
LISTFAX_ALWAYS = frozenset({"recvid", "recvdate", "cid", "dnis"})


def text(body: bytes) -> str:
    """A reply as text; the manual names no charset."""
    return body.decode("utf-8", "replace").removeprefix("\ufeff")


def error_number(said: str) -> int | None:
    """The number of a reply that begins with ERR, else None."""
    found = _ERROR.match(said.lstrip())
    return int(found[1]) if found else None


def jobid(said: str) -> str | None:
    """The job id of a reply with exactly one line `JOBID: n`, else None."""
    found = _JOBID.findall(said)
    return found[0] if len(found) == 1 else None


def says(said: str, word: str) -> bool:
    """Whether a reply is `word`, or one short line that ends with it.

    The manual prints the bare word; an id in front of it is inference.
    """
    return bool(re.fullmatch(rf"(?:[^<>\n]{{0,80}}[ \t])?{word}[.!]?", said.strip(), re.IGNORECASE))


def lines(said: str) -> Iterator[str]:
    """The lines of a reply without their ends; blank ones are left out."""
    found = (match[0].rstrip("\r") for match in re.finditer(r"[^\n]+", said))
    return (line for line in found if line.strip())


def statuses(said: str, asked: Collection[str]) -> Listing[Status]:
    """Status records with the `asked` optional columns."""
    names = (*STATUS_COLUMNS, *(name for name in STATUS_OPTIONAL if name in asked))
    return _listing(said, "\t", lambda columns: _status(names, columns))


def receiveds(said: str, asked: Collection[str]) -> Listing[Received]:
    """Listfax records with the `asked` optional columns."""
    names = tuple(name for name in LISTFAX_COLUMNS if name in LISTFAX_ALWAYS or name in asked)
    return _listing(said, "\t", lambda columns: _received(names, columns))


def calls(said: str, *, numbered: bool) -> Listing[Call]:
    """Call detail records, `numbered` when nuidshow was asked for."""
    names = ("nuid",) * numbered + ("calldate", "direction", "src", "dst", "duration")
    return _listing(said, ",", lambda columns: _call(names, columns))


def exchanges(said: str) -> Listing[Exchange]:
    """The lines of listnpanxx; that tabs part them is inference, the manual lost them."""
    return _listing(said, "\t", _exchange)


def _listing(
    said: str, separator: str, read: Callable[[list[str]], Record | None]
) -> Listing[Record]:
    records: list[Record] = []
    unread: list[str] = []
    for line in lines(said):
        record = read(line.split(separator, COLUMNS))
        if record is not None:
            records.append(record)
        elif len(unread) < UNREAD:
            unread.append(line)
    return Listing(records=tuple(records), unread=tuple(unread))


def _status(names: Sequence[str], columns: list[str]) -> Status | None:
    if len(columns) < len(STATUS_COLUMNS) or not _digits(columns[0]):
        return None
    row = dict(zip(names, columns, strict=False))
    if row["shortstatus"].lower() not in _SHORT:
        return None
    return Status(
        **{name: row[name] for name in STATUS_COLUMNS}
        | {"shortstatus": row["shortstatus"].lower()},
        pagecount=_number(row.get("pagecount")),
        csid=row.get("csid"),
        login=row.get("login"),
        xmitpages=_number(row.get("xmitpages")),
    )


def _received(names: Sequence[str], columns: list[str]) -> Received | None:
    """A line without all its columns may be cut in the number it came in to: it is none."""
    if len(columns) < len(names) or not _digits(columns[0]) or not _DATE.match(columns[1]):
        return None
    row = dict(zip(names, columns, strict=False))
    return Received(
        recvid=row["recvid"],
        recvdate=row["recvdate"],
        starttime=row.get("starttime"),
        cid=row["cid"],
        dnis=row["dnis"],
        filename=row.get("filename"),
        pagecount=_number(row.get("pagecount")),
    )


def _call(names: Sequence[str], columns: list[str]) -> Call | None:
    row = dict(zip(names, columns, strict=False))
    if len(columns) != len(names) or row["direction"] not in {"IN", "OUT"}:
        return None
    return Call(
        nuid=row.get("nuid"),
        calldate=row["calldate"],
        direction=row["direction"],
        src=row["src"],
        dst=row["dst"],
        duration=_number(row["duration"]),
    )


def _exchange(columns: list[str]) -> Exchange | None:
    if len(columns) != 3 or not _digits(columns[0]):
        return None
    return Exchange(npanxx=columns[0], rcname=columns[1], rcstate=columns[2])


def _digits(column: str) -> bool:
    return bool(re.fullmatch("[0-9]{1,18}", column))


def _number(column: str | None) -> int | None:
    return int(column) if column is not None and _digits(column) else None
