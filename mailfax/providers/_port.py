"""What mailfax asks of a fax provider, and what it promises in return.

A provider is one module here, named after itself, with:

    SETTINGS      the keys its `[providers.NAME]` table takes: name → `Setting`
    CAPABILITIES  what it can do, known before anybody connects
    connect(settings, timeout=60.0) -> Account
    OPERATIONS    every operation of its manual: name → typed function, which takes the
                  account's `client` first

An `Account` is what mailfax talks to. It must have `capabilities` and `Outbound`; it may
have `Inbound`, `Cancels`, `Pushes`, `Prices`, `Imports`: what only some providers can do is
a protocol of its own, found by `isinstance`.

The ledger has made the *intent* durable before `submit` is called, and calls it once per
transmission. Every failure says at the place where it happens what it means:

  errors.Temporary   the provider surely has not taken it; it may work later
  errors.Permanent   the provider said no to this fax, with a Cause
  errors.Unsure      it may have been taken

An unforeseen error after the first body byte has left is Unsure, never "try again": a
provider that took a fax and whose answer was lost would otherwise send it twice. Calls that
change nothing (report, find, inbox, fetch) raise only Temporary or Permanent.

Providers use HTTPS to their own base URL and nothing else: no disk, no SQL, no clock.
"""

import dataclasses
import datetime
import enum
import hmac
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from mailfax import errors
from mailfax.model import InboundFax, Report, Transmission
from mailfax.number import FaxNumber


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One key of a provider's table in mailfax.toml."""

    secret: bool = False
    required: bool = True
    default: str = ""
    help: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fax:
    """What decides whether a provider can carry it at all."""

    number: FaxNumber
    subaddress: str | None
    resolution: str
    pages: int
    size: int
    """Octets of its document."""
    kind: str = "tif"
    """What its document is: the ending of its name."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a provider can do, as data; what it cannot do is refused before sending."""

    file_types: frozenset[str]
    """Of tiff, pdf and others, by file extension."""
    countries: frozenset[str] | None
    """ISO codes it sends to; None: everywhere."""
    subaddress: bool
    resolutions: frozenset[str]
    max_pages: int | None
    max_bytes: int | None
    max_recipients: int
    """Transmissions of one document in one submit."""
    max_reports: int
    """Faxes that one `report` may be of: of more, it would take several questions."""
    scheduling: bool
    own_retries: bool
    """Retries by itself and cannot be told not to."""
    prints_header: bool
    confirms_delivery: bool
    reference_lookup: str
    """exact, near or none: how surely `find` can tell after a lost answer."""
    request_interval: float
    """Least seconds between two requests of one account, over all nodes."""
    group4: bool = True
    """Takes Group 4 pages: they go over lines with error correction, or it codes them anew for the
    others, where T.6 must not be used (ITU-T T.30). Else it is given Group 3."""
    report_interval: float = 0.0
    """Least seconds between two `report`s of one account, likewise."""

    def obstacle(self, who: str, fax: Fax) -> errors.Permanent | None:
        """Why a fax cannot go this way, in a sentence that begins with `who`; None when it can."""
        cause = errors.Cause
        country = fax.number.country()
        unknown = self.countries is not None and country not in self.countries
        many = self.max_pages is not None and fax.pages > self.max_pages
        large = self.max_bytes is not None and fax.size > self.max_bytes
        resolution = f"cannot send at {fax.resolution} resolution"
        reasons = (
            (
                fax.kind not in self.file_types,
                f"does not take {fax.kind} files",
                cause.UNSUPPORTED_DOCUMENT,
            ),
            (unknown, f"does not fax to {country or fax.number.display()}", cause.NO_ROUTE),
            (
                fax.subaddress and not self.subaddress,
                "cannot send to a subaddress",
                cause.NOT_POSSIBLE,
            ),
            (fax.resolution not in self.resolutions, resolution, cause.NOT_POSSIBLE),
            (many, f"takes {self.max_pages} pages at the most", cause.TOO_LONG),
            (large, f"takes {self.max_bytes} octets at the most", cause.TOO_LONG),
        )
        found = ((text, why) for there, text, why in reasons if there)
        return next((errors.Permanent(f"{who} {text}", cause=why) for text, why in found), None)

    def refusal(self, transmission: Transmission, document: "Payload") -> errors.Permanent | None:
        """What a provider says of a fax before anything of it is sent; None: nothing."""
        fax = Fax(
            number=transmission.number,
            subaddress=transmission.subaddress,
            resolution=document.resolution,
            pages=document.pages,
            size=len(document.data),
            kind=document.name.rpartition(".")[2].lower(),
        )
        return self.obstacle("this provider", fax)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The pages as they go over the wire."""

    name: str
    """As `fax.tif`; the ending tells the type."""
    data: bytes
    pages: int
    resolution: str


class Absent(enum.Enum):
    """Answers of `find` that are not a reference."""

    ABSENT = "absent"
    """The provider surely does not have it: safe to send again."""
    CANNOT_KNOW = "cannot know"
    """Nobody can tell; a person decides."""


class How(enum.StrEnum):
    """What to do with a received fax at the provider once it is safe with us."""

    DELETE = "delete"
    MARK = "mark"
    LEAVE = "leave"


Note = Callable[[str, str], None]
"""note(transmission id, handle): make a provider's early handle durable, now."""

Submitted = Mapping[str, str | errors.MailfaxError]
"""Transmission id → provider's reference, or what went wrong with this one."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The document of a received fax, as the provider gave it."""

    data: bytes
    kind: str
    """tiff or pdf, decided by its first bytes."""


class Outbound(Protocol):
    """Sending. Every account has it."""

    capabilities: Capabilities

    def submit(
        self, transmissions: Sequence[Transmission], document: Payload, note: Note
    ) -> Submitted:
        """Hand one document to the provider for each transmission; every id is answered.

        Raises only when nothing is known of any of them.
        """

    def report(self, references: Sequence[str]) -> Mapping[str, Report]:
        """How these faxes stand; a reference the provider does not know is left out."""

    def find(self, transmission: Transmission) -> str | Absent:
        """After a lost answer: the provider's reference of this transmission, if it has it."""

    def forget(self, reference: str) -> None:
        """Remove an ended fax at the provider; one already gone is no error."""

    def check(self) -> None:
        """Prove address and login by a call that changes nothing; raises what is wrong."""

    def close(self) -> None:
        """Let go of connections."""


@runtime_checkable
class Inbound(Protocol):
    """Receiving by looking into the provider's box."""

    def inbox(self, since: str | None) -> Sequence[InboundFax]:
        """Received faxes, oldest first; `since` is the largest reference seen, a hint."""

    def fetch(self, fax: InboundFax) -> Fetched:
        """The document of one of them."""

    def acknowledge(self, fax: InboundFax, how: How) -> None:
        """Delete or mark it; one already gone is no error."""


@runtime_checkable
class Cancels(Protocol):
    """Calling back a fax that was handed over."""

    def cancel(self, reference: str) -> bool:
        """True when the provider confirms that it stops; False when it is too late."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A provider's HTTP request to us, without its path, which is a secret."""

    headers: Mapping[str, str]
    body: bytes
    age: datetime.timedelta = datetime.timedelta()
    """How long ago it came; what is read again has been kept for so long."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What a push told us, and the reply to give once it is durable."""

    references: tuple[str, ...] = ()
    """Outgoing faxes worth a look now: a hint, never the truth."""
    received: tuple[tuple[InboundFax, Fetched | None], ...] = ()
    reply: bytes = b""


@runtime_checkable
class Pushes(Protocol):
    """Providers that call us."""

    def prove(self, path: str) -> None:
        """Raise errors.Permanent unless a push to this path (and query) can be the provider's.

        Asked before anything of it is read; what proves itself by its body is let pass.
        """

    def receive(self, request: Push) -> Pushed:
        """Read one push that was proven; raises errors.Permanent when it is not the provider's.

        errors.Temporary when what it points to cannot be had now: keep it, and bring it again.
        """


def prove(path: str, secret: str) -> None:
    """For services that sign nothing: raises errors.Permanent unless the path ends in the secret.

    Without a secret nobody gets in.
    """
    last = urllib.parse.urlsplit(path).path.rstrip("/").rpartition("/")[2]
    if not secret or not hmac.compare_digest(last.encode("utf-8", "replace"), secret.encode()):
        raise errors.Permanent("this push does not know the secret path")


@runtime_checkable
class Prices(Protocol):
    """Providers that name a price before sending."""

    def price(self, transmission: Transmission, pages: int) -> str | None:
        """Amount and currency, or None when it cannot be known."""


@runtime_checkable
class Imports(Protocol):
    """Providers whose account holds allowed senders and routes worth importing."""

    def import_rules(self) -> Mapping[str, object]:
        """The account's settings as a rules file's tables."""


Clock = Callable[[], datetime.datetime]
