"""The words everything above speaks: plain frozen records, no behaviour beyond reading them.

Times are aware datetimes in UTC; sizes are bytes; durations are seconds; lengths on paper
are fax pixels. Bytes of unknown origin stay bytes until the jail has opened them. One
vocabulary, and so one file.
"""

import dataclasses
import datetime
import enum
import pathlib
from collections.abc import Mapping
from typing import Any

from mailfax import errors, states
from mailfax.number import FaxNumber

# ── Mail in ────────────────────────────────────────────────────────────────────────────


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The octets of one mail: in memory when small, in a spool file when large."""

    size: int
    sha256: str
    data: bytes | None = None
    path: pathlib.Path | None = None

    def read(self) -> bytes:
        """All octets, from wherever they are."""
        if self.data is not None:
            return self.data
        assert self.path is not None
        return self.path.read_bytes()

    def head(self, limit: int = 131_072) -> bytes:
        """The first `limit` octets: enough for any header section worth reading."""
        if self.data is not None:
            return self.data[:limit]
        assert self.path is not None
        with self.path.open("rb") as file:
            return file.read(limit)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rcpt:
    """One accepted RCPT TO: the address exactly as spelt, and its DSN wishes (RFC 3461)."""

    address: str
    notify: frozenset[str] | None = None
    """Of NEVER, SUCCESS, FAILURE, DELAY; None when the client did not say."""
    orcpt: str | None = None
    """As received, still xtext: `rfc822;FAX+3D+2B1…`."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Who is at the other end of an SMTP session."""

    address: str
    """IP address as text; a Unix socket is ``unix``."""
    helo: str = ""
    tls: str | None = None
    """Protocol and cipher, as `TLSv1.3 TLS_AES_256_GCM_SHA384`; None in the clear."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One SMTP transaction. `mail_from` is empty for the null reverse-path."""

    mail_from: str
    rcpt_tos: tuple[Rcpt, ...]
    content: Content
    peer: Peer
    login: str | None
    received_at: datetime.datetime
    ret: str | None = None
    """FULL or HDRS, when the client said so."""
    envid: str | None = None
    """Decoded from xtext, case kept."""
    trace: bytes = b""
    """The Received line that we put before the mail, with its CR LF (RFC 5321 section 4.4).
    Not part of `content`, so that the same mail sent twice has the same digest."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What the sender has shown. None is not shown; domains are lower-case."""

    login: str | None = None
    networks: frozenset[str] = frozenset()
    """Names of the rules file's networks that hold the client's address."""
    dkim: frozenset[str] = frozenset()
    """Domains with a valid signature that counts."""
    spf: str | None = None
    dmarc: str | None = None
    smime: str | None = None
    pin: bool = False


class Role(enum.StrEnum):
    """What a MIME part is to its mail."""

    BODY = "body"
    ATTACHMENT = "attachment"
    RELATED = "related"
    """An image that the HTML body refers to by its content id."""
    SIGNATURE = "signature"
    """The detached signature of a signed mail: never a page."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One leaf of a mail, decoded from its transfer encoding and nothing more."""

    path: str
    """Place in the MIME tree, as `1.2`."""
    role: Role
    label: str
    """The Content-Type it claims, as `text/plain`: a hint, never a decision."""
    data: bytes
    name: str = ""
    """File name for display: last component, no controls, at most 120 octets."""
    charset: str | None = None
    content_id: str | None = None
    flowed: bool = False
    """format=flowed of RFC 3676."""
    delsp: bool = False
    alternative: int | None = None
    """Number of the multipart/alternative it belongs to; None when it stands alone."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One destination; `address` is byte for byte what RCPT TO said."""

    address: str
    number: FaxNumber
    subaddress: str | None = None
    """T.33 digits, at most 20."""
    name: str = ""
    company: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What a mail asks for, read from its header and MIME structure."""

    message_id: str
    sender: str
    """The single address in From, lower-case domain; empty when there is none."""
    sender_name: str
    subject: str
    date: datetime.datetime | None
    parts: tuple[Part, ...]
    """Leaves in message order."""
    automatic: str | None = None
    """Why this looks like automatic mail (RFC 3834), one phrase; None for a person's."""
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)


# ── Rules ──────────────────────────────────────────────────────────────────────────────


class Action(enum.StrEnum):
    """What a rule says to do."""

    ACCEPT = "accept"
    REJECT = "reject"
    HOLD = "hold"
    DISCARD = "discard"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the rules said about one recipient, frozen with its job."""

    action: Action
    rule: str
    rules_hash: str
    code: int = 550
    status: str = "5.7.1"
    text: str = ""
    """Reply and reason, for reject and hold."""
    provider: tuple[str, ...] = ()
    """Accounts in mailfax.toml, in order of preference."""
    cover: str = "none"
    """Template name, or `none`."""
    paper: str = "auto"
    """a4, letter, legal, or auto: by the country of the number."""
    resolution: str = "fine"
    """standard 204×98, fine 204×196, superfine 204×391."""
    parts: str = "both"
    """body, attachments or both."""
    as_it_is: bool = False
    """A PDF that is all there is to fax goes to the provider as it is, which draws it itself."""
    max_pages: int = 100
    tries: int = 5
    """Transmissions at the most, over all providers."""
    deadline: float = 24 * 3600.0
    """Seconds after acceptance when the job expires."""
    receipts: frozenset[str] = frozenset({"success", "failure"})
    receipt_pages: str = "none"
    """Attach the page images to receipts: none, pdf or tiff."""
    on_unknown: str = "hold"
    """hold or resend-once, when no one can tell whether the provider took it."""
    forget: bool = False
    """Clear the sent fax at the provider after its end."""
    zone: str = "UTC"
    language: str = "en"
    origins: Mapping[str, str] = dataclasses.field(default_factory=dict, hash=False)
    """Where each setting came from: `defaults`, `group NAME`, `rule NAME`, `built in`."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where one received fax is to go."""

    kind: str
    """mail (later also folder, print, hook)."""
    address: str
    format: str = "pdf"
    """pdf, tiff or both."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """What the rules said about one received fax: every target of every matched rule."""

    rules: tuple[str, ...]
    rules_hash: str
    targets: tuple[Target, ...]
    acknowledge: str = "delete"
    """What to do at the provider after delivery: delete, mark or leave."""
    zone: str = "UTC"
    language: str = "en"


# ── Pages ──────────────────────────────────────────────────────────────────────────────


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Geometry of one fax page (ITU-T T.4): pixels across, lines down, lines per inch."""

    width: int
    length: int
    resolution: tuple[int, int]
    size: int
    """Octets of the coded strip."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Pages to be sent: a file, its digest, and the geometry of each page."""

    path: pathlib.Path
    kind: str
    """tiff or pdf."""
    sha256: str
    size: int
    pages: tuple[Page, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ManifestEntry:
    """One MIME part and what was done with it."""

    part: str
    name: str
    label: str
    found: str
    """Kind decided by content: pdf, tiff, png, jpeg, text, html …"""
    outcome: str
    """faxed, left out, refused."""
    reason: str = ""
    pages: int = 0
    remarks: tuple[str, ...] = ()
    """What a person should know of a part that was faxed, in whole sentences."""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "ManifestEntry":
        """The entry as it was kept in JSON."""
        return cls(**{**data, "remarks": tuple(data.get("remarks", ()))})


Manifest = tuple[ManifestEntry, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """The words on a cover page, all plain text."""

    template: str
    to_name: str
    to_company: str
    to_number: str
    from_name: str
    from_address: str
    subject: str
    remarks: str
    date: str
    pages: int
    """All pages of the fax, the cover included."""
    reference: str
    contact: str = ""


# ── Sending ────────────────────────────────────────────────────────────────────────────


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FaxJob:
    """One document to one recipient, as the ledger holds it."""

    id: str
    message: str
    """Id of the mail it came with."""
    state: states.State
    recipient: Recipient
    notify: frozenset[str] | None
    orcpt: str | None
    decision: Decision
    fence: int
    tries: int
    """Transmissions that were begun."""
    crashes: int
    """Claims that ended without a word: the poison count."""
    created_at: datetime.datetime
    deadline: datetime.datetime
    due_at: datetime.datetime
    document: str | None = None
    """Key in the document store, once rendered."""
    pages: int = 0
    cause: errors.Cause | None = None
    note: str = ""
    """One sentence on how it stands, fit for the sender."""
    ended_at: datetime.datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Transmission:
    """One handing-over of a job to one provider account; `id` is our reference there."""

    id: str
    job: str
    account: str
    number: FaxNumber
    started_at: datetime.datetime
    subaddress: str | None = None
    recipient_name: str = ""
    reference: str | None = None
    """The provider's own id, once it has answered."""
    handle: str | None = None
    """An early id of the provider's, known before the critical call."""
    pages: int = 0
    resolution: str = "fine"


class Outcome(enum.StrEnum):
    """What a provider's report says, whatever its own words."""

    PENDING = "pending"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the provider says now about one transmission."""

    outcome: Outcome
    cause: errors.Cause | None = None
    pages_sent: int | None = None
    dials: int | None = None
    duration: float | None = None
    csid: str | None = None
    cost: str | None = None
    """Amount and currency as the provider writes them."""
    ended_at: datetime.datetime | None = None
    raw: str = ""
    """The provider's own words, secrets removed, at most 4096 characters."""


# ── Receiving ──────────────────────────────────────────────────────────────────────────


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class InboundFax:
    """A fax that came in; (account, reference) names it for ever."""

    account: str
    reference: str
    did: str
    """Number dialled to reach us: E.164 with plus where it can be read, else as written."""
    caller: str
    """Who dialled, likewise; empty when withheld."""
    received_at: datetime.datetime
    tsid: str = ""
    pages: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One outgoing mail with its own state; twins share `message_id`."""

    id: str
    target: str
    """Address it goes to."""
    mail_from: str
    """Envelope sender; empty for the null reverse-path."""
    message_id: str
    document: str | None
    """Key of the finished mail in the document store, when it is not small."""
    tries: int
    fence: int
    created_at: datetime.datetime
    next_at: datetime.datetime
    data: bytes | None = None
    """The finished mail, when small."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """Who and where we are, for replies, reports and mails."""

    name: str
    """Fully qualified host name."""
    domains: tuple[str, ...]
    """Fax domains: mail to number@ these is faxed."""
    postmaster: str
    """A person's address."""
