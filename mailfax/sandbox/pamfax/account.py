"""The API account of the service: its users, their sessions, and what they have there."""

import collections
import contextlib
import dataclasses
import datetime
import decimal
import hashlib
import itertools
import threading
import time
import zoneinfo
from collections.abc import Iterator

from mailfax.sandbox import _calls, _exchange, _twin
from mailfax.sandbox.pamfax import money, words
from mailfax.sandbox.pamfax.jobs import Cover, Job, Marks, Recipient
from mailfax.sandbox.pamfax.refusals import Refused

IDLE = datetime.timedelta(minutes=10)
"""How long a session lives without a call (vendor's code of 2017; 5 minutes in 2011)."""
FIRST_CREDIT = decimal.Decimal(10_000)
NUMBERS = ("+493023125100", "+493023125101")
"""Of the demo user; fictional."""
_MAX_KEPT = 20_000
_FIRST_ID_EPOCH = 1_500_000_000

STANDARD_COVERS = tuple(
    Cover(id=number, uuid=str(number), title=title)
    for number, title in ((1, "Basic"), (3, "Flowers"), (4, "Message"), (5, "Simple"))
)
"""Recorded titles and ids; a standard cover's uuid is its id (vendor's code, SetCover)."""


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class Arrived:
    """A received fax."""

    id: int
    """On the network."""
    uuid: str = dataclasses.field(default_factory=words.uuid)
    file: str = dataclasses.field(default_factory=words.uuid)
    marks: Marks = dataclasses.field(default_factory=Marks)


@dataclasses.dataclass(slots=True, kw_only=True)
class Inbox:
    """One of a user's own numbers."""

    number: str
    plan: str
    """BASIC or PRO."""
    expires: datetime.datetime
    alias: str = ""
    verified: bool = True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Something bought, or credit got."""

    description: str
    amount: decimal.Decimal
    """EUR, as it changed the credit."""
    created: datetime.datetime
    uuid: str = dataclasses.field(default_factory=words.uuid)


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class Storage:
    """A user's folder at an online storage provider."""

    username: str = ""
    authenticated: bool = False
    files: dict[str, bytes] = dataclasses.field(default_factory=dict)
    """By full path."""
    uuids: dict[str, str] = dataclasses.field(default_factory=dict)
    """Paths by the identifiers of the last listing."""
    settings: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class User:
    """A customer of the service, and all that is his."""

    username: str
    password: str
    """Its MD5."""
    name: str
    email: str
    created: datetime.datetime
    uuid: str = dataclasses.field(default_factory=words.uuid)
    credit: decimal.Decimal = decimal.Decimal(0)
    currency: money.Currency = money.EURO
    culture: str = "en-US"
    zone: zoneinfo.ZoneInfo | None = None
    """None: the account's."""
    code: str = ""
    """What confirms the registration, while it is not."""
    faxes: dict[str, Recipient] = dataclasses.field(default_factory=dict)
    """Sent, waiting or unpaid, by uuid, oldest first."""
    inbox: dict[str, Arrived] = dataclasses.field(default_factory=dict)
    numbers: dict[str, Inbox] = dataclasses.field(default_factory=dict)
    standard_covers: bool = True
    covers: dict[str, tuple[Cover, bytes]] = dataclasses.field(default_factory=dict)
    profiles: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)
    notify: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)
    orders: list[Order] = dataclasses.field(default_factory=list)
    storages: dict[str, Storage] = dataclasses.field(default_factory=dict)

    def is_called(self, username: str) -> bool:
        """Whether this is the username, or its MD5."""
        return username in {self.username, md5(self.username)}

    def has_password(self, password: str) -> bool:
        """Whether this is the password, or its MD5."""
        return self.password in {md5(password), password}

    def pay(self, amount: decimal.Decimal, description: str, now: datetime.datetime) -> None:
        """Change the credit by `amount`, in EUR, and write it down."""
        self.credit += amount
        self.orders.append(Order(description=description, amount=amount, created=now))


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class Session:
    """A login, with the one fax that is edited in it."""

    user: User
    used: datetime.datetime
    token: str = dataclasses.field(default_factory=words.token)
    job: Job | None = None
    culture: str = ""
    listeners: set[str] = dataclasses.field(default_factory=set)
    changes: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    """Types and uuids of faxes."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """What logs a user in without a password."""

    user: User
    ip: str
    expires: datetime.datetime | None
    """None: never, and it can be used more than once."""


class Account:
    """What operations work on; `lock` is held while one runs."""

    def __init__(self, provider: str, around: _twin.Surroundings) -> None:
        self.provider = provider
        self.around = around
        self.lock = threading.Lock()
        self.ids = itertools.count(int(time.time()) - _FIRST_ID_EPOCH)
        self.clear()

    def clear(self) -> None:
        """Forget everything but the demo user."""
        self.zone = zoneinfo.ZoneInfo("UTC")
        self.users: dict[str, User] = {}
        self.sessions: collections.OrderedDict[str, Session] = collections.OrderedDict()
        self.identifiers: dict[str, Identifier] = {}
        self.waiting: dict[str, tuple[User, Job]] = {}
        """Jobs with a time that has not come, by uuid."""
        self.documents: set[str] = set()
        """Verification documents that were uploaded."""

    @property
    def exchange(self) -> _exchange.Exchange:
        """The network."""
        return self.around.exchange

    @contextlib.contextmanager
    def unlocked(self) -> Iterator[None]:
        """Let others in while something slow goes on."""
        self.lock.release()
        try:
            yield
        finally:
            self.lock.acquire()

    # Users and sessions

    def user(self, username: str, password: str) -> User:
        """Who logs in so; raises `Refused`."""
        for user in self.users.values():
            if user.is_called(username) and user.has_password(password):
                if user.code:
                    raise Refused("username_not_confirmed")
                return user
        raise Refused("user_not_found")

    def login(self, user: User, now: datetime.datetime) -> Session:
        """A new session."""
        self._end_idle(now)
        session = Session(user=user, used=now)
        self.sessions[session.token] = session
        return session

    def session(self, token: str, now: datetime.datetime) -> Session | None:
        """The session with this token, used again; None when it is over."""
        self._end_idle(now)
        session = self.sessions.get(token)
        if session is not None:
            session.used = now
            self.sessions.move_to_end(token)
        return session

    def _end_idle(self, now: datetime.datetime) -> None:
        while self.sessions:
            oldest = next(iter(self.sessions.values()))
            if now - oldest.used < IDLE:
                return
            del self.sessions[oldest.token]

    def owner(self, did: str) -> User | None:
        """Whose number this is."""
        return next((user for user in self.users.values() if did in user.numbers), None)

    # Faxes

    def call(self, fax: Recipient) -> _calls.Call | None:
        """A fax on the network; None when it is not there, or not any more."""
        return None if fax.call is None else self.exchange.call(fax.call)

    def keep(self, user: User, fax: Recipient) -> None:
        """Put a fax in a user's history, and forget the oldest when there are very many."""
        user.faxes[fax.uuid] = fax
        while len(user.faxes) > _MAX_KEPT:
            del user.faxes[next(iter(user.faxes))]

    def changed(self, user: User, kind: str, uuid: str) -> None:
        """Tell the user's sessions that listen (`Session/RegisterListener`)."""
        for session in self.sessions.values():
            if session.user is user and session.listeners & {kind, "faxall"}:
                session.changes.append((kind, uuid))


def md5(text: str) -> str:
    """As passwords and usernames may be sent."""
    data = text.encode("utf-8", "surrogateescape")
    return hashlib.md5(data).hexdigest()  # noqa: S324  the service's own
