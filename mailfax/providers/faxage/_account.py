"""FAXAGE behind the provider port.

What is peculiar here: the service has no field for our reference, so a short token goes at the
end of the recipient's name, where `find` looks for it; and its times name no zone, so they
are read in the zone of the account's settings.
"""

import base64
import contextlib
import dataclasses
import datetime
import hashlib
import re
import zoneinfo
from collections.abc import Callable, Iterator, Mapping, Sequence

from mailfax import errors, failpoints
from mailfax.model import InboundFax, Outcome, Report, Transmission
from mailfax.number import FaxNumber
from mailfax.providers import _port
from mailfax.providers.faxage import _client, _replies
from mailfax.providers.faxage._replies import Listing, Received, Status

NAME = 32
"""Octets of recipname: the manual's 32 characters (page 8), counted so that it surely fits."""
BATCH = 600
"""Jobs in one status request: PHP drops form fields beyond a thousand by default."""
WINDOW = datetime.timedelta(hours=26)
"""Around the start of a transmission: zones lie 14 hours around UTC, and 12 are to spare."""
SHORTEST = 64
"""Octets of the least that can be a page."""
UNKNOWN_TIME = datetime.datetime.fromtimestamp(0, datetime.UTC)
"""Stands for a time of receipt that cannot be read: the fax must not be lost over it."""

RESOLUTIONS: Mapping[str, int | None] = {"standard": None, "fine": 1, "superfine": 2}
"""The wire has no value for standard (page 9): left out, the account's own setting holds,
which is never worse, and its pages are the ones we made either way."""

INFERENCE: tuple[tuple[re.Pattern[str], errors.Cause], ...] = (
    (re.compile(r"\bfailed conversion\b", re.IGNORECASE), errors.Cause.CONVERSION_FAILED),
    (re.compile(r"\bbusy\b", re.IGNORECASE), errors.Cause.BUSY),
    (re.compile(r"\bno answer\b", re.IGNORECASE), errors.Cause.NO_ANSWER),
    (
        re.compile(r"\bno (?:carrier|fax tone)\b|\b(?:voice|human) answer", re.IGNORECASE),
        errors.Cause.NO_FAX_TONE,
    ),
)
"""longstatus → Cause. The wording is documented nowhere and may change (page 13): only "Failed
Conversion" stands in the manual (page 15), the rest is inference from the trade's usual
words. None of them leads to giving up a number for good."""

_TRIES = re.compile(r"Tries: *([0-9]{1,6}) +Status:")
_SPENT = re.compile(r"([0-9]{1,6}):([0-5][0-9]):([0-5][0-9])")
_TOKEN = re.compile(r"(?:^|\s)[2-7][a-z2-7]{7}$")
_LOCAL = re.compile(r"\(?[0-9]{3}\)? ?[0-9]{3}-?[0-9]{4}")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What an account's settings wish; None leaves it to the account at the provider."""

    zone: zoneinfo.ZoneInfo
    token: bool
    tagname: str | None
    tagnumber: str | None
    priority: str | None


class Account:
    """One FAXAGE account: Outbound, Inbound, Cancels."""

    def __init__(
        self, client: _client.Client, capabilities: _port.Capabilities, options: Options
    ) -> None:
        self.client = client
        self.capabilities = capabilities
        self._options = options

    def check(self) -> None:
        """Ask for our numbers: a wrong login is told, and nothing is changed."""
        self.client.listlines()

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
        """Hand the document over once for each; there is no early handle to note."""
        answers: dict[str, str | errors.MailfaxError] = {}
        for transmission in transmissions:
            try:
                answers[transmission.id] = self._send(transmission, document)
            except errors.MailfaxError as error:
                answers[transmission.id] = error
        return answers

    def report(self, references: Sequence[str]) -> Mapping[str, Report]:
        """How these jobs stand; a line that cannot be read leaves its job pending."""
        reports: dict[str, Report] = {}
        for start in range(0, len(references), BATCH):
            reports |= self._reports(references[start : start + BATCH])
        return reports

    def find(self, transmission: Transmission) -> str | _port.Absent:
        """The job whose recipient name ends in this transmission's token.

        Absent only when the listing surely is complete and every job to this number carries
        another token. Without tokens nothing is ever sure: a job to the same number may be
        an earlier transmission of the same fax.
        """
        if not self._options.token:
            return _port.Absent.CANNOT_KNOW
        listing = self._around(transmission.started_at)
        jobs = [job for job in listing.records if _may_be_to(job, transmission.number)]
        names = {job.jobid: _spaced(job.destname).lower() for job in jobs}
        mine = [jobid for jobid, name in names.items() if name.endswith(token(transmission.id))]
        if len(mine) == 1:
            return mine[0]
        others_known = all(_TOKEN.search(name) for name in names.values())
        if not mine and others_known and listing.whole and not listing.unread:
            return _port.Absent.ABSENT
        return _port.Absent.CANNOT_KNOW

    def forget(self, reference: str) -> None:
        """Clear the record of an ended job."""
        _unless_gone(self.client.clear, reference)

    def cancel(self, reference: str) -> bool:
        """Stop a job that still waits (page 22)."""
        try:
            self.client.stopfax(reference)
        except (_replies.TooLate, _replies.Gone):
            return False
        return True

    # Receiving ────────────────────────────────────────────────────────────────────────

    def inbox(self, since: str | None) -> Sequence[InboundFax]:
        """Received faxes, oldest first; lines that cannot be read are left for later."""
        idgt = since if since is not None and re.fullmatch("[0-9]{1,18}", since) else None
        listing = self.client.listfax(idasc=True, starttime=True, pagecount=True, idgt=idgt)
        records = {record.recvid: record for record in listing.records}
        return [self._received(records[key]) for key in sorted(records, key=int)]

    def fetch(self, fax: InboundFax) -> _port.Fetched:
        """The document; one that is no TIFF or PDF is Temporary."""
        data = self.client.getfax(fax.reference)
        return _port.Fetched(data=data, kind=_kind(data))

    def acknowledge(self, fax: InboundFax, how: _port.How) -> None:
        """Delete it; the service has no mark, so `mark` and `leave` do nothing."""
        if how is _port.How.DELETE:
            _unless_gone(self.client.delfax, fax.reference)

    # Between the two ──────────────────────────────────────────────────────────────────

    def _send(self, transmission: Transmission, document: _port.Payload) -> str:
        if refusal := self.capabilities.refusal(transmission, document):
            raise refusal
        failpoints.hit("submit-before-connect")
        reference = self.client.sendfax(
            self._name(transmission),
            _ten_digits(transmission.number),
            [_client.File(document.name, document.data)],
            tagname=self._options.tagname,
            tagnumber=self._options.tagnumber,
            resolution=RESOLUTIONS[document.resolution],
            priority=self._options.priority,
        )
        failpoints.hit("submit-after-answer")
        return reference

    def _name(self, transmission: Transmission) -> str:
        """recipname: the name, cut so that the token at its end stays whole."""
        tail = token(transmission.id) if self._options.token else ""
        octets = _spaced(transmission.recipient_name).encode("utf-8", "replace")
        name = octets[: NAME - len(tail) - bool(tail)].decode("utf-8", "ignore").strip()
        return f"{name} {tail}".strip() or _ten_digits(transmission.number)

    def _around(self, moment: datetime.datetime) -> Listing[Status]:
        local = moment.astimezone(self._options.zone)
        return self.client.status(begin=local - WINDOW, end=local + WINDOW)

    def _reports(self, references: Sequence[str]) -> Mapping[str, Report]:
        listing = self.client.status(
            jobids=references, pagecount=True, csid=True, xmitpages=True, extqueue=True
        )
        reports = {
            line.split("\t")[0]: Report(outcome=Outcome.PENDING, raw=self._raw(line))
            for line in listing.unread
        }
        reports |= {job.jobid: self._report(job) for job in listing.records}
        return {key: reports[key] for key in references if key in reports}

    def _report(self, job: Status) -> Report:
        outcome = _OUTCOMES[job.shortstatus]
        ended = outcome is not Outcome.PENDING
        tries = _TRIES.search(job.longstatus)
        return Report(
            outcome=outcome,
            cause=_cause(job) if outcome is Outcome.FAILED else None,
            pages_sent=job.xmitpages if ended else None,
            dials=int(tries[1]) if tries else None,
            duration=_seconds(job.xmittime) if ended else None,
            csid=_spaced(job.csid or "") or None,
            ended_at=self._time(job.completetime),
            raw=self._raw("\t".join(str(value) for value in _values(job))),
        )

    def _raw(self, line: str) -> str:
        """The provider's words, and how their times were read: their zone is documented nowhere."""
        return f"{self.client.redact(line)[:4000]} (times read as {self._options.zone.key})"

    def _received(self, record: Received) -> InboundFax:
        """`account` is left empty: whoever asked knows whose inbox this is."""
        return InboundFax(
            account="",
            reference=record.recvid,
            did=_e164(record.dnis),
            caller="" if record.cid.strip().lower() == "unavailable" else _e164(record.cid),
            received_at=self._time(record.recvdate) or UNKNOWN_TIME,
            pages=record.pagecount,
        )

    def _time(self, text: str) -> datetime.datetime | None:
        try:
            read = datetime.datetime.fromisoformat(text.strip())
            return read.replace(tzinfo=self._options.zone).astimezone(datetime.UTC)
        except (ValueError, OverflowError):
            return None


def token(transmission: str) -> str:
    """Eight characters that stand for a transmission id; the first is a digit, as in no name."""
    digest = hashlib.sha256(transmission.encode()).digest()
    return "234567"[digest[-1] % 6] + base64.b32encode(digest).decode("ascii")[:7].lower()


_OUTCOMES = {
    "pending": Outcome.PENDING,
    "success": Outcome.DELIVERED,
    "failure": Outcome.FAILED,
}


def _unless_gone(operation: Callable[[str], None], key: str) -> None:
    with contextlib.suppress(_replies.Gone):
        operation(key)


def _cause(job: Status) -> errors.Cause:
    """By INFERENCE; else by the page counts, which are documented (page 14)."""
    for pattern, cause in INFERENCE:
        if pattern.search(job.longstatus):
            return cause
    if 0 < (job.xmitpages or 0) < (job.pagecount or 0):
        return errors.Cause.PARTIAL
    return errors.Cause.UNKNOWN


def _kind(data: bytes) -> str:
    if len(data) >= SHORTEST:
        if data.startswith((b"II*\x00", b"MM\x00*")):
            return "tiff"
        if data.startswith(b"%PDF-"):
            return "pdf"
    raise errors.Temporary("the provider gave a received fax that is no whole TIFF or PDF")


def _may_be_to(job: Status, number: FaxNumber) -> bool:
    """Whether a job goes to this number, or to one that cannot be read."""
    digits = _digits(job.destnum)
    return digits[-10:] == _ten_digits(number) or len(digits) not in {10, 11}


def _ten_digits(number: FaxNumber) -> str:
    """A number of the North American plan without its country code (page 8)."""
    return number.digits[1:]


def _e164(written: str) -> str:
    """`(303)555-1212` with country code and plus; anything else as written."""
    digits = _digits(written)
    if len(digits) == 10 and _LOCAL.fullmatch(written.strip()):
        return f"+1{digits}"
    return _spaced(written)


def _seconds(spent: str) -> float | None:
    found = _SPENT.fullmatch(spent.strip())
    return int(found[1]) * 3600.0 + int(found[2]) * 60 + int(found[3]) if found else None


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)


def _spaced(text: str) -> str:
    """One line: every run of blanks and control characters is one space."""
    return _BLANK.sub(" ", text).strip()


def _values(job: Status) -> Iterator[object]:
    return (value for value in dataclasses.astuple(job) if value is not None)
