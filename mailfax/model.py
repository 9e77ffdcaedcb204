"""The words everything above speaks: plain frozen records, no behaviour beyond reading them.

Times are aware datetimes in UTC; sizes are bytes; durations are seconds; lengths on paper
are fax pixels. Bytes of unknown origin stay bytes until the jail has opened them. One
vocabulary, and so one file.
"""

import dataclasses
import datetime
import decimal
import enum
import pathlib
from collections.abc import Mapping
from typing import Any

from mailfax import errors, states
from mailfax.money import Money
from mailfax.number import FaxNumber

# ── Mail in ────────────────────────────────────────────────────────────────────────────

MAILBOX = "mailbox"
"""In place of a client's address: see `Peer`."""


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
    """IP address as text; a Unix socket is ``unix``, and a mailbox that the mail was fetched from
    is ``mailbox``."""
    helo: str = ""
    tls: str | None = None
    """Protocol and cipher, as `TLSv1.3 TLS_AES_256_GCM_SHA384`; None in the clear."""
    certificate: frozenset[str] = frozenset()
    """Addresses and host names in its verified certificate, lower-case."""

    @property
    def fetched(self) -> bool:
        """Whether there was no client: the mail was fetched from a mailbox, `helo` its server."""
        return self.address == MAILBOX


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
    certificate: frozenset[str] = frozenset()
    """Addresses and host names in the client's own certificate, where it was verified."""
    spf: str | None = None
    """Domain of the envelope sender that the client may speak for."""
    dkim: frozenset[str] = frozenset()
    """Domains with a valid signature that counts."""
    dmarc: str | None = None
    """Domain of From, where DMARC passes."""
    arc: str | None = None
    """Trusted sealer whose results speak for From."""
    smime: str | None = None
    """Address in From that the signer's certificate names."""
    pgp: str | None = None
    """Address in From whose key has signed."""
    pin: frozenset[str] = frozenset()
    """Names of the PINs that were given right: an address, a domain with its @, or a name."""
    confirmed: str | None = None
    """Address that has confirmed a fax before."""

    @property
    def proven(self) -> bool:
        """Whether anything was shown but a confirmation given long ago."""
        kept = (self.networks, self.certificate, self.dkim, self.pin)
        words = (self.login, self.spf, self.dmarc, self.arc, self.smime, self.pgp)
        return any(kept) or any(words)

    @property
    def vouched(self) -> bool:
        """Whether the client has shown that the envelope sender is its own."""
        return bool(self.login or self.networks or self.certificate or self.spf)

    def described(self) -> tuple[str, ...]:
        """What was shown, a phrase each: `login ann`, `dkim example.com`."""
        found = []
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            names = sorted(value) if isinstance(value, frozenset) else [value] if value else []
            word = {"networks": "network"}.get(field.name, field.name)
            found += [f"{word} {name}" for name in names]
        return tuple(found)


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
    """Place in the MIME tree, as `1.2`; in a part that was opened, as `1.2/1`."""
    role: Role
    label: str
    """The Content-Type it claims, as `text/plain`: a hint, never a decision."""
    data: bytes
    name: str = ""
    """File name for display: last component, no controls, at most 120 octets."""
    charset: str | None = None
    heading: str = ""
    """Lines that belong above its text: who wrote an enclosed mail, when, to whom."""
    content_id: str | None = None
    inline: bool = False
    """Content-Disposition says that it is to be shown within the text."""
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
    tags: tuple[str, ...] = ()
    """Wishes written behind the number, as `fine` or `cover=clinic`."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One thing that a sender has written about his fax, as `fine` or `cover: clinic`."""

    place: str
    """address, header, subject or body."""
    text: str


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
    urgent: bool = False
    """The sender has marked it as important."""


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
    confirm: bool = False
    """Held until its author confirms it by mail."""
    provider: tuple[str, ...] = ()
    """Accounts in mailfax.toml, in order of preference."""
    cover: str = "none"
    """Template name, or `none`."""
    cover_words: Mapping[str, str] = dataclasses.field(default_factory=dict, hash=False)
    """Fields and labels of the cover that the rules give."""
    cover_when: str = "always"
    """always, body (when the mail has text of its own) or no attachments."""
    covers: tuple[str, ...] = ()
    """Covers of the rules file, or `none`, that the sender may choose instead."""
    remarks: str = "none"
    """What stands on the cover besides: none, body (the text of the mail), or this text."""
    paper: str = "auto"
    """a4, letter, legal, b4 (made smaller), or auto: by the country of the number."""
    resolution: str = "fine"
    """standard 204×98, fine 204×196, superfine 204×391."""
    halftone: str = "auto"
    """text or photo: what shaded places are taken for; auto: for what they look like."""
    blank_pages: str = "keep"
    """keep or drop: the blank pages of a document."""
    parts: str = "both"
    """body, attachments or both."""
    alternative: str = "html"
    """html or text: which version of a text that comes in both."""
    leave_out: frozenset[str] = frozenset({"logos", "trackers"})
    """Of logos, trackers and disclaimers: what is not worth a fax."""
    quotes: str = "keep"
    """keep or cut: the mail that a reply quotes."""
    signature: str = "keep"
    """keep or cut: what stands below the line `-- `."""
    unsupported: str = "refuse"
    """refuse or leave out: an attachment that cannot be faxed."""
    archives: bool = False
    """ZIP archives are opened and what is in them is faxed."""
    header: str = "auto"
    """Line at the head of each page: always, never, or auto: where the provider prints none."""
    identity: str = ""
    """Who is named there as the sender."""
    station: str = ""
    """The sender's number there, as its country writes it."""
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
    budget: tuple[str, ...] = ()
    """Budgets of the rules file that it draws on."""
    groups: tuple[str, ...] = ()
    """Groups of its rule that hold the sender, the number or the client."""
    first_fax: str = "send"
    """send, hold (for a person) or confirm (by its author): the first fax to a number."""
    lookalike: str = "send"
    """Likewise: a fax to a number that looks like one that was faxed before."""
    approve_pages: int | None = None
    """Above so many pages, and `approve_money`, another person has to approve it."""
    approve_money: Money | None = None
    send_when: str = "always"
    """Calendar of the rules that has to be open when the number is called, or always."""
    on_unknown: str = "hold"
    """hold or resend-once, when no one can tell whether the provider took it."""
    forget: bool = False
    """Clear the sent fax at the provider after its end."""
    zone: str = "UTC"
    language: str = "en"
    allow_options: tuple[str, ...] = ()
    """What the sender may say himself: words of `policy.options`."""
    priority: str = "normal"
    """normal, or urgent: goes before all others."""
    billing: str = ""
    """Code under which it is accounted for."""
    send_at: datetime.datetime | None = None
    """Not before; None: now."""
    to_name: str = ""
    """Recipient as the sender names him, as `to_company`; empty: as the address does."""
    to_company: str = ""
    origins: Mapping[str, str] = dataclasses.field(default_factory=dict, hash=False)
    """Where each setting came from: `defaults`, `group NAME`, `rule NAME`, `built in`."""


BREAKER = "breaker"
"""The budget of all faxes of an hour. Once it is used up, it stays so until a person resets it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One budget that a fax draws on, for the day, month or hour that it falls into."""

    budget: str
    """Its name in the rules file."""
    payer: str
    """Whose it is: `sender ann@example.com`, `domain example.com`, `all` …"""
    starts: datetime.datetime
    ends: datetime.datetime
    faxes: int | None = None
    """At the most, as `pages` and `money`; None: any number."""
    pages: int | None = None
    money: Money | None = None
    soft: decimal.Decimal = decimal.Decimal(1)
    """Share of it from which there is a warning."""
    teller: str = ""
    """Address that is warned beside the postmaster."""
    zone: str = "UTC"
    language: str = "en"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where one received fax is to go."""

    kind: str
    """mail (later also folder, print, hook)."""
    address: str
    format: str = "pdf"
    """pdf, pdfa, tiff or both: PDF and TIFF."""


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
class Damage:
    """What the telephone line did to one page of a received fax."""

    page: int
    """From 1."""
    lines: int
    """That could not be read: each shows the line above it instead."""
    lost: int
    """Left white, because nothing could be read from there on."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Pages to be sent: a file, its digest, and the geometry of each page."""

    path: pathlib.Path
    kind: str
    """tiff or pdf."""
    sha256: str
    size: int
    pages: tuple[Page, ...]
    damage: tuple[Damage, ...] = ()
    """Pages of a received fax that did not arrive whole."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ManifestEntry:
    """One MIME part and what was done with it."""

    part: str
    name: str
    label: str
    found: str
    """Kind decided by content: pdf, tiff, png, jpeg, text, html …"""
    outcome: str
    """faxed, left out, refused, opened: its parts are listed after it."""
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
    date: datetime.datetime
    """In the zone that is printed."""
    to_name: str = ""
    to_company: str = ""
    to_number: str = ""
    from_name: str = ""
    from_address: str = ""
    subject: str = ""
    remarks: str = ""
    pages: int = 1
    """All pages of the fax, one of them for the cover."""
    reference: str = ""
    contact: str = ""
    urgent: bool = False
    words: Mapping[str, str] = dataclasses.field(default_factory=dict, hash=False)
    """Fields and labels as the rules give them, which go before all others."""


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
    approved_by: str = ""
    """The person who approved it; empty: nobody did."""


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
    price: Money | None = None
    """What it is expected to cost; None when no price is known."""


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
