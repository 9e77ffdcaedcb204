"""The one account of the service: its users, what they send with, and what they receive on."""

import dataclasses
import datetime
import decimal
import itertools
import secrets
import threading
import time

from mailfax.sandbox import _calls, _exchange, _pages, _twin
from mailfax.sandbox.interfax import numbers, timezones
from mailfax.sandbox.interfax.envelope import Arguments
from mailfax.sandbox.interfax.transactions import Transaction

NAME = "interfax"
NAMESPACE = "demo"
"""What new users' names begin with, before a dot."""
MAX_USERS = 20
"""Of one account; the real number is not known."""
MAX_BYTES = 20 * 1024 * 1024
"""Of one fax."""
FIRST_BALANCE = decimal.Decimal("100.00")
_FIRST_ID_EPOCH = 1_500_000_000
_MAX_KEPT = 20_000

BAD_RECIPIENT = -112
TOO_LATE = -114
NO_DOCUMENT = -123
NOT_PRIMARY = -310
NOT_YOURS = -311
NO_TX = -677
UNAUTHENTICATED = -1003
NO_TRANSACTION = -1005
NO_IMAGE = -1009
TOO_BIG = -1063


class Refused(Exception):
    """What the service answers with a negative code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclasses.dataclass(slots=True, kw_only=True)
class Tx:
    """A user's sending service (User_Tx without the name); the defaults are inference."""

    check_password: bool = False
    conversion: str = ""
    feedback_type: int = 0
    """0 never, 1 on success, 2 on failure, 3 always."""
    feedback_format: int = 0
    feedback_with_tif: bool = False
    allowed_senders: str = ""
    allowed_addresses: str = ""
    page_size: str = "A4"
    page_orientation: str = "Portrait"
    page_resolution: str = "Standard"
    rendering_quality: str = "Standard"
    page_header: str = ""
    retries: int = 0
    reply_address: str = ""
    by_signature: bool = False
    by_tickets: bool = False
    delete_after_usage: bool = False
    area: str = "212"
    country: str = "US"


@dataclasses.dataclass(slots=True, kw_only=True)
class Forwarding:
    """One address to which a user's received faxes are mailed."""

    address: str
    signed: bool = False
    encrypted: bool = False
    digital_id: str = ""


@dataclasses.dataclass(slots=True, kw_only=True)
class Rx:
    """A user's receiving service (User_Rx without the name)."""

    number: str
    """E.164 with its plus."""
    attachment_format: str = ""
    """TIF or PDF; as it rang until one is set (a liberty of the sandbox)."""
    delete_after_usage: str = ""
    number_format: str = ""
    forwardings: list[Forwarding] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class User:
    """One user."""

    name: str
    password: str
    csid: str = ""
    time_zone: str = timezones.DEFAULT
    primary: bool = False
    tx: Tx | None = None
    rx: Rx | None = None


@dataclasses.dataclass(slots=True, kw_only=True)
class Upload:
    """A document that comes in chunks, by SOAP."""

    user: User
    data: bytearray = dataclasses.field(default_factory=bytearray)
    complete: bool = False


@dataclasses.dataclass(slots=True, kw_only=True)
class Document:
    """A document that comes in chunks, by REST."""

    id: str
    user: User
    name: str
    size: int
    disposition: str
    sharing: str
    created: datetime.datetime
    used: datetime.datetime
    data: bytearray = dataclasses.field(default_factory=bytearray)


@dataclasses.dataclass(slots=True, kw_only=True)
class Forwarded:
    """A received fax that was mailed to somebody."""

    address: str
    time: datetime.datetime


class Account:
    """What all operations work on; `lock` is held while one is carried out."""

    def __init__(self, around: _twin.Surroundings) -> None:
        self.around = around
        self.lock = threading.RLock()
        self._ids = itertools.count(int(time.time()) - _FIRST_ID_EPOCH)
        self.clear()

    def clear(self) -> None:
        """Back to one user without faxes; identifiers go on counting."""
        self.users: dict[str, User] = {}
        self.transactions: dict[int, Transaction] = {}
        self.hidden: set[int] = set()
        self.uploads: dict[str, Upload] = {}
        self.documents: dict[str, Document] = {}
        self.read: set[int] = set()
        self.forwarded: dict[int, list[Forwarded]] = {}
        self.images: dict[tuple[int, str], bytes] = {}

    def open(self, name: str, password: str) -> None:
        """Take the first user, who can send and receive."""
        self.users[name] = User(
            name=name, password=password, primary=True, tx=Tx(), rx=Rx(number=numbers.FIRST)
        )
        self.exchange.assign(NAME, numbers.FIRST)

    @property
    def exchange(self) -> _exchange.Exchange:
        """The network."""
        return self.around.exchange

    def now(self) -> datetime.datetime:
        """The time by the network's clock."""
        return self.exchange.now()

    # Who asks

    def user(self, name: str, password: str) -> User:
        """The user with this login. Raises `Refused`."""
        user = self.users.get(name)
        if user is None or not secrets.compare_digest(user.password.encode(), password.encode()):
            raise Refused(UNAUTHENTICATED)
        return user

    def login(self, given: Arguments) -> User:
        """The user who calls an operation of dfs or inbound. Raises `Refused`."""
        return self.user(given.text("Username"), given.text("Password"))

    def sender(self, given: Arguments) -> User:
        """The same, who must be able to send."""
        return may_send(self.login(given))

    # What was sent

    def next_id(self) -> int:
        """A new TransactionID."""
        return next(self._ids)

    def keep(self, transaction: Transaction) -> None:
        """Remember a transaction, and forget the oldest of very many."""
        self.transactions[transaction.id] = transaction
        while len(self.transactions) > _MAX_KEPT:
            self.transactions.pop(next(iter(self.transactions)))

    def call(self, transaction: Transaction) -> _calls.Call:
        """The network's side of a transaction. Raises `Refused`."""
        call = self.exchange.call(transaction.call)
        if call is None:
            raise Refused(NO_TRANSACTION)
        return call

    def transaction(self, user: User, key: int) -> Transaction:
        """One transaction that `user` may see. Raises `Refused`."""
        found = self.transactions.get(key)
        if found is None or self.exchange.call(found.call) is None:
            raise Refused(NO_TRANSACTION)
        if found.user != user.name and not user.primary:
            raise Refused(NOT_YOURS)
        return found

    def sent(self, user: User | None = None) -> list[Transaction]:
        """The transactions of one user or all, newest first; hidden ones are left out."""
        return [x for x in self.sent_with_hidden(user) if x.id not in self.hidden]

    def sent_with_hidden(self, user: User | None = None) -> list[Transaction]:
        """The same with the hidden ones."""
        known = {call.id for call in self.exchange.calls(NAME)}
        return [
            transaction
            for transaction in reversed(self.transactions.values())
            if (user is None or transaction.user == user.name) and transaction.call in known
        ]

    # What came in

    def received(self, user: User | None = None) -> list[_calls.Received]:
        """Faxes for one user or all that still have an image, newest first."""
        ours = {
            owner.rx.number
            for owner in self.users.values()
            if owner.rx is not None and user in {None, owner}
        }
        faxes = self.exchange.received(NAME)
        return [fax for fax in reversed(faxes) if fax.did in ours and not fax.discarded]

    def owner(self, fax: _calls.Received) -> User | None:
        """The user on whose number a fax came in."""
        owners = (user for user in self.users.values() if user.rx and user.rx.number == fax.did)
        return next(owners, None)

    def image(self, fax: _calls.Received) -> bytes:
        """The document of a received fax in the format that its user set; empty when gone."""
        owner = self.owner(fax)
        wish = {"TIF": "tiff", "PDF": "pdf"}.get(
            owner.rx.attachment_format if owner and owner.rx else ""
        )
        if wish in {None, fax.kind} or not fax.data:
            return fax.data
        assert wish is not None
        if (fax.id, wish) not in self.images:
            self.images[fax.id, wish] = _converted(fax, wish)
        return self.images[fax.id, wish]


def may_send(user: User) -> User:
    """`user`, who must have a sending service. Raises `Refused`."""
    if user.tx is None:
        raise Refused(NO_TX)
    return user


def _converted(fax: _calls.Received, wish: str) -> bytes:
    try:
        pages = _pages.frames(fax.data)
    except _pages.Unreadable:
        pages = _pages.stand_in(f"fax {fax.id}", fax.pages)
    return _pages.pdf(pages) if wish == "pdf" else _pages.tiff(pages)
