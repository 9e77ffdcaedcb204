"""FAXAGE's operations, one typed method each; every call is one POST (manual page 5).

Times go over the wire as `YYYY-MM-DD HH:MM:SS` and are the account's own: the manual names
no zone. Every method raises errors.Temporary or errors.Permanent by the provider's error
number; those that must not happen twice also errors.Unsure, for an answer that was lost or
that nobody understands. Temporary with cause `login_failed` is the operator's to mend.
"""

import dataclasses
import datetime
from collections.abc import Callable, Mapping, Sequence

from mailfax import errors
from mailfax.providers import _http
from mailfax.providers.faxage import _replies
from mailfax.providers.faxage._replies import Call, Exchange, Listing, Received, Record, Status


@dataclasses.dataclass(frozen=True, slots=True)
class File:
    """A document as sendfax takes it; the ending of its name tells its type (page 7)."""

    name: str
    data: bytes


@dataclasses.dataclass(frozen=True, slots=True)
class _Wire:
    """Where an operation lives, whether doing it twice matters, and its error numbers."""

    url: str
    changes: bool
    numbers: frozenset[int]


def _wire(url: str, *numbers: int, changes: bool = False) -> _Wire:
    return _Wire(url, changes, frozenset(numbers))


_WIRES = {
    "sendfax": _wire(_replies.FAX, 1, 2, 3, 4, 5, 8, 15, changes=True),
    "status": _wire(_replies.FAX, 1, 2, 6, 8),
    "dlstatus": _wire(_replies.FAX, 1, 2, 6, 24, 25),
    "dltrans": _wire(_replies.FAX, 1, 2, 6, 24, 25),
    "clear": _wire(_replies.FAX, 1, 2, 7, 8),
    "stopfax": _wire(_replies.FAX, 1, 2, 8, 18, 19, 20, 21, 22, 23, changes=True),
    "listfax": _wire(_replies.FAX, 1, 2, 8, 11),
    "getfax": _wire(_replies.FAX, 1, 2, 8, 12, 13),
    "delfax": _wire(_replies.FAX, 1, 2, 8, 14),
    "disabledid": _wire(_replies.FAX, 1, 2, 8, 16, 17, changes=True),
    "enabledid": _wire(_replies.FAX, 1, 2, 8, 16, 17, changes=True),
    "portable": _wire(_replies.FAX, 1, 2, 8),
    "listlines": _wire(_replies.FAX, 1, 2, 8),
    "getcdr": _wire(_replies.CDR, 1, 2),
    "listac": _wire(_replies.PROVISION, 1, 2, 3),
    "listnpanxx": _wire(_replies.PROVISION, 1, 2, 3),
    "listdids": _wire(_replies.PROVISION, 1, 2, 3),
    "provdid": _wire(_replies.PROVISION, 1, 2, 3, 4, 5, changes=True),
    "deprovdid": _wire(_replies.PROVISION, 1, 2, 3, 4, 5, changes=True),
}
"""Only an error number that the manual gives for the operation is a clear no. Repeating
clear and delfax does no harm, so a lost answer of theirs is Temporary."""

_MAY_BE_EMPTY = frozenset({"getcdr", "listnpanxx"})
"""Listings that say nothing when there is nothing; the others have an error number for it."""


class Client:
    """One account's operations."""

    def __init__(self, http: _http.Client, *, username: str, company: str, password: str) -> None:
        self._http = http
        self._login = (("username", username), ("company", company), ("password", password))

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def redact(self, text: str) -> str:
        """The text without the account's password."""
        return self._http.redact(text)

    # Sending ──────────────────────────────────────────────────────────────────────────

    def sendfax(
        self,
        recipname: str,
        faxno: str,
        files: Sequence[File],
        *,
        tagname: str | None = None,
        tagnumber: str | None = None,
        em_notify: bool = False,
        url_notify: str | None = None,
        resolution: int | None = None,
        contrastalgo: int | None = None,
        priority: str | None = None,
    ) -> str:
        """Fax documents to a ten-digit number and return the job id (pages 8–10).

        `recipname`: at most 32 characters. `tagname`, `tagnumber` (`1.XXX.XXX.XXXX`): the
        header line of each page. `resolution`: 1 fine, 2 superfine, None the account's own.
        `contrastalgo`: 1 or 2, darker. `priority`: high or low. `em_notify`, `url_notify`:
        tell the end by mail, or by a POST to that URL.
        """
        names = _fields(faxfilenames=[file.name for file in files])
        data = [("faxfiledata[]", file.data) for file in files]
        options = _fields(
            tagname=tagname, tagnumber=tagnumber, em_notify=em_notify, url_notify=url_notify,
            resolution=resolution, contrastalgo=contrastalgo, priority=priority,
        )  # fmt: skip
        return self._send(recipname, faxno, [*names, *data, *options])

    def sendfax_urls(
        self,
        recipname: str,
        faxno: str,
        urls: Sequence[str],
        *,
        types: Sequence[str] = (),
        at_once: bool = False,
        tagname: str | None = None,
        tagnumber: str | None = None,
        em_notify: bool = False,
        url_notify: str | None = None,
        resolution: int | None = None,
        contrastalgo: int | None = None,
        priority: str | None = None,
    ) -> str:
        """Let the provider fetch documents and fax them: sendfax in URL mode (pages 8–10).

        `types`: file name endings of the URLs, in their order. `at_once`: answer before
        they are fetched (`async` on the wire). The rest as in `sendfax`.
        """
        options = _fields(
            faxurls=list(urls), faxurltypes=list(types), tagname=tagname, tagnumber=tagnumber,
            em_notify=em_notify, url_notify=url_notify, resolution=resolution,
            contrastalgo=contrastalgo, priority=priority, **{"async": at_once},
        )  # fmt: skip
        return self._send(recipname, faxno, options)

    def status(
        self,
        *,
        jobid: str | None = None,
        jobids: Sequence[str] = (),
        pagecount: bool = False,
        csid: bool = False,
        showlogin: bool = False,
        xmitpages: bool = False,
        extqueue: bool = False,
        useronly: bool = False,
        begin: datetime.datetime | None = None,
        end: datetime.datetime | None = None,
    ) -> Listing[Status]:
        """How jobs stand; all of the company's when none is named (pages 12–14).

        `pagecount`, `csid`, `showlogin`, `xmitpages`: ask for these columns. `extqueue`:
        tries so far, at the end of longstatus. `useronly`: jobs of this login alone. None
        known is an empty listing.
        """
        options = _fields(
            jobid=jobid, jobids=list(jobids), pagecount=pagecount, csid=csid, showlogin=showlogin,
            xmitpages=xmitpages, extqueue=extqueue, useronly=useronly, begin=begin, end=end,
        )  # fmt: skip
        wishes = (("pagecount", pagecount), ("csid", csid), ("login", showlogin),
                  ("xmitpages", xmitpages))  # fmt: skip
        asked = [name for name, wish in wishes if wish]
        return self._listing("status", options, lambda said: _replies.statuses(said, asked))

    def dlstatus(self, jobid: str, *, viewtype: str | None = None) -> bytes:
        """The pages of a sent fax: tiff, or pdf when `viewtype` says so (page 15)."""
        return self._file("dlstatus", _fields(jobid=jobid, viewtype=viewtype))

    def dltrans(self, jobid: str) -> bytes:
        """The transmittal page of a sent fax, a PDF (page 16)."""
        return self._file("dltrans", _fields(jobid=jobid))

    def clear(self, jobid: str) -> None:
        """Remove the record of an ended job; raises Gone when there is none (page 17)."""
        self._confirmed("clear", "cleared", _fields(jobid=jobid))

    def stopfax(self, jobid: str) -> None:
        """Stop a job that waits; raises TooLate or Gone when it does not (page 22)."""
        self._confirmed("stopfax", "stopped", _fields(jobid=jobid))

    # Receiving ────────────────────────────────────────────────────────────────────────

    def listfax(
        self,
        *,
        useronly: bool = False,
        idasc: bool = False,
        filename: bool = False,
        starttime: bool = False,
        begin: datetime.datetime | None = None,
        idgt: str | None = None,
        pagecount: bool = False,
        didnumber: str | None = None,
    ) -> Listing[Received]:
        """Received faxes (pages 18, 19); none is an empty listing.

        `idasc`: oldest first. `begin`: received after. `idgt`: recvid greater than.
        `didnumber`: ten digits, only faxes to that number. `filename`, `starttime`,
        `pagecount`: ask for these columns.
        """
        options = _fields(
            useronly=useronly, idasc=idasc, filename=filename, starttime=starttime, begin=begin,
            idgt=idgt, pagecount=pagecount, didnumber=didnumber,
        )  # fmt: skip
        wishes = {"filename": filename, "starttime": starttime, "pagecount": pagecount}
        asked = [name for name, wish in wishes.items() if wish]
        return self._listing("listfax", options, lambda said: _replies.receiveds(said, asked))

    def getfax(self, faxid: str) -> bytes:
        """A received fax: PDF or TIFF, as the account is set (page 20)."""
        return self._file("getfax", _fields(faxid=faxid))

    def delfax(self, faxid: str) -> None:
        """Delete a received fax; raises Gone when there is none (page 21)."""
        self._confirmed("delfax", "deleted", _fields(faxid=faxid))

    # Numbers ──────────────────────────────────────────────────────────────────────────

    def disabledid(self, didnumber: str) -> None:
        """Let callers of one of our numbers hear a fast busy tone (page 23)."""
        self._confirmed("disabledid", "disabled", _fields(didnumber=didnumber))

    def enabledid(self, didnumber: str) -> None:
        """Take calls to one of our numbers again (page 24)."""
        self._confirmed("enabledid", "enabled", _fields(didnumber=didnumber))

    def portable(self, didnumber: str) -> bool:
        """Whether a number lies where the provider gives service (page 25)."""
        said = self._text("portable", _fields(didnumber=didnumber)).strip()
        if said not in {"0", "1"}:
            raise self._odd("portable")
        return said == "1"

    def listlines(self) -> list[str]:
        """Our numbers, ten digits each (page 26)."""
        return self._digits("listlines", [])

    def getcdr(
        self,
        *,
        begin: datetime.datetime | None = None,
        end: datetime.datetime | None = None,
        nuidgt: str | None = None,
        nuidshow: bool = False,
        didnumber: str | None = None,
    ) -> Listing[Call]:
        """Call detail records, oldest first (pages 27, 28).

        Needs `begin` and `end`, or `nuidgt`: ids greater than. `didnumber`: only calls to it.
        """
        options = _fields(
            begin=begin, end=end, nuidgt=nuidgt, nuidshow=nuidshow, didnumber=didnumber
        )
        return self._listing(
            "getcdr", options, lambda said: _replies.calls(said, numbered=nuidshow)
        )

    def listac(self) -> list[str]:
        """Area codes in which numbers are to be had (page 31)."""
        return self._digits("listac", [])

    def listnpanxx(self, *, ac: str | None = None) -> Listing[Exchange]:
        """First six digits of the numbers to be had, in one area code or all (page 32)."""
        return self._listing("listnpanxx", _fields(ac=ac), _replies.exchanges)

    def listdids(self, *, ac: str | None = None, npanxx: str | None = None) -> list[str]:
        """Numbers to be had, by area code or by `npanxx`, which wins (page 33)."""
        return self._digits("listdids", _fields(ac=ac, npanxx=npanxx))

    def provdid(self, didnumber: str) -> None:
        """Take a number into the account (page 34)."""
        self._confirmed("provdid", "provisioned", _fields(didnumber=didnumber))

    def deprovdid(self, didnumber: str) -> None:
        """Give a number back (page 35)."""
        self._confirmed("deprovdid", "deprovisioned", _fields(didnumber=didnumber))

    def debug(self, operation: str, fields: Mapping[str, str]) -> str:
        """Do any operation and return the answer with what the provider was sent (page 6).

        It has its full effect. The password is taken out of the echo.
        """
        form = [*self._login, ("operation", operation), *fields.items()]
        reply = self._http.post_form(_replies.DEBUG, form, changes=True)
        return self.redact(_replies.text(reply.body))

    # The wire ─────────────────────────────────────────────────────────────────────────

    def _send(self, recipname: str, faxno: str, fields: _http.Fields) -> str:
        recipient = [("recipname", recipname), ("faxno", faxno)]
        reply = self._post("sendfax", [*recipient, *fields])
        said = _replies.text(reply.body)
        jobid = _replies.jobid(said)
        if jobid is None or not (reply.whole or said.endswith("\n")):
            raise self._odd("sendfax")
        return jobid

    def _file(self, operation: str, fields: _http.Fields) -> bytes:
        return self._post(operation, fields, _http.FILE).body

    def _text(self, operation: str, fields: _http.Fields) -> str:
        return _replies.text(self._post(operation, fields).body)

    def _confirmed(self, operation: str, word: str, fields: _http.Fields) -> None:
        if not _replies.says(self._text(operation, fields), word):
            raise self._odd(operation)

    def _digits(self, operation: str, fields: _http.Fields) -> list[str]:
        found = [line.strip() for line in _replies.lines(self._text(operation, fields))]
        if not all(line.isascii() and line.isdigit() for line in found):
            raise self._odd(operation)
        return found

    def _listing(
        self, operation: str, fields: _http.Fields, read: Callable[[str], Listing[Record]]
    ) -> Listing[Record]:
        try:
            reply = self._post(operation, fields)
        except _replies.Gone:
            return Listing()
        found = read(_replies.text(reply.body))
        if not found.records and (found.unread or operation not in _MAY_BE_EMPTY):
            raise self._odd(operation)
        return dataclasses.replace(found, whole=reply.whole)

    def _odd(self, operation: str) -> errors.MailfaxError:
        return self._http.unread(
            "answered what its manual does not say", changes=_WIRES[operation].changes
        )

    def _post(self, operation: str, fields: _http.Fields, limit: int = _http.TEXT) -> _http.Reply:
        """One operation; raises by the error number when the reply begins with one."""
        wire = _WIRES[operation]
        named = [] if wire.url == _replies.CDR else [("operation", operation)]
        reply = self._http.post_form(
            wire.url, [*self._login, *named, *fields], changes=wire.changes, limit=limit
        )
        if reply.status != 200:
            why = f"answered HTTP {reply.status}"
            raise self._http.unread(why, changes=wire.changes, reply=reply)
        number = _replies.error_number(_replies.text(reply.body[:64]))
        if number is not None:
            raise self._refusal(wire, number)
        return reply

    def _refusal(self, wire: _Wire, number: int) -> errors.MailfaxError:
        meaning = _replies.MEANINGS[wire.url, number] if number in wire.numbers else None
        if meaning is None:
            why = f"answered ERR{number:02}, which its manual does not know here"
            return self._http.unread(why, changes=wire.changes)
        return meaning.kind(f"{meaning.text} (ERR{number:02})", cause=meaning.cause)


def _fields(**values: object) -> list[tuple[str, str | bytes]]:
    """Form fields of the options that are given: flags as 1, lists as `name[]`."""
    pairs: list[tuple[str, str | bytes]] = []
    for name, value in values.items():
        if isinstance(value, list):
            pairs += [(f"{name}[]", _written(one)) for one in value]
        elif value is not None and value is not False:
            pairs.append((name, _written(value)))
    return pairs


def _written(value: object) -> str:
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return "1" if value is True else str(value)
