"""The one account of the service: its login, its settings, and the objects in it."""

import abc
import dataclasses
import datetime
import hashlib
import itertools
import threading
import time
import zoneinfo
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from mailfax.sandbox import _exchange, _twin
from mailfax.sandbox.popfax.mime import Attachment

EMAIL = "demo@example.com"
PASSWORD = "demo"  # noqa: S105
FAX_NUMBER = "+33199005501"
"""Of the range that France keeps for fiction."""
CREDITS = 100_000
_PARIS = zoneinfo.ZoneInfo("Europe/Paris")
_FIRST_ID_EPOCH = 1_100_000_000
"""So that numbers here are not those that the exchange counts from, and fit in 31 bits."""
_FIRST_SETTINGS: Mapping[str, Any] = {
    "faxnumber": FAX_NUMBER,
    "faxheader": "www.popfax.com",
    "notifybysms": 0,
    "notificationsms": "",
    "notifybyemail": 0,
    "notificationemail": EMAIL,
    "redirecttoemail": 0,
    "attachmentid": 1,
    "firstname": "Demo",
    "lastname": "Example",
    "city": "Paris",
    "address1": "1 rue de l'Exemple",
    "postalcode": "75001",
    "country": "FR",
    "langcode": "en",
    "phone": "+33199005500",
    "companyname": "Example",
    "vat": "",
    "enddate": "2099-12-31 23:59:59",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Item(abc.ABC):
    """Anything with an object type and an id; it is there from `made` on."""

    TYPE: ClassVar[int]
    id: int
    made: datetime.datetime
    touched: datetime.datetime
    """When it was last filed, read or written."""

    def changed(self, visit: "Visit") -> datetime.datetime:  # noqa: ARG002
        """When it last became different, as seen now."""
        return self.touched

    @abc.abstractmethod
    def info(self, visit: "Visit") -> dict[str, Any]:
        """The struct of the manual for it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Message(Item):
    """What lies in folders and is read."""

    folder: int
    read: bool = False


_Kind = TypeVar("_Kind", bound=Item)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What an asynchronous call was answered with; e-mail becomes no object."""

    id: int
    item: Item | None


class Account:
    """The state behind all requests; whoever uses it holds `lock`."""

    def __init__(self, provider: str, around: _twin.Surroundings) -> None:
        self.provider = provider
        self.around = around
        self.lock = threading.RLock()
        self._ids = itertools.count(int(time.time()) - _FIRST_ID_EPOCH)
        self.reset()

    def reset(self) -> None:
        """An account with its first login and settings, and nothing in it."""
        self.email = EMAIL
        self.password = hashlib.md5(PASSWORD.encode(), usedforsecurity=False).hexdigest()
        self.settings = dict(_FIRST_SETTINGS)
        self.balance = CREDITS
        self.items: dict[tuple[int, int], Item] = {}
        self.deleted: dict[tuple[int, int], datetime.datetime] = {}
        self.registrations: dict[int, Registration] = {}
        self.inbox = self.outbox = 0
        self.asked: datetime.datetime | None = None
        """When the last request came in."""

    @property
    def exchange(self) -> _exchange.Exchange:
        """The network."""
        return self.around.exchange

    def number(self) -> int:
        """An id that nothing has or had; identifiers go on counting after a reset."""
        return next(self._ids)

    def knows(self, login: Mapping[str, Any]) -> bool:
        """Whether these are the account's email and the MD5 of its password."""
        return login.get("email") == self.email and login.get("password") == self.password

    def put(self, item: Item) -> None:
        """Take in a new object, or a new state of one."""
        self.items[item.TYPE, item.id] = item

    def drop(self, item: Item, now: datetime.datetime) -> None:
        """Forget an object, but that it was there."""
        del self.items[item.TYPE, item.id]
        self.deleted[item.TYPE, item.id] = now

    def register(self, number: int, item: Item | None) -> None:
        """Note what becomes of an accepted order, and take its object in."""
        self.registrations[number] = Registration(id=number, item=item)
        if item is not None:
            self.put(item)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request: whose, when, and what came with it."""

    account: Account
    known: bool
    """Whether its login is right."""
    now: datetime.datetime
    attachments: tuple[Attachment, ...] = ()

    def items(self) -> list[Item]:
        """All objects that are there by now, oldest first."""
        return [item for item in self.account.items.values() if item.made <= self.now]

    def item(self, kind: int, number: int) -> Item | None:
        """The object of this type and id."""
        item = self.account.items.get((kind, number))
        return item if item is not None and item.made <= self.now else None

    def find(self, kind: type[_Kind], number: int) -> _Kind | None:
        """The same, of a known type."""
        item = self.item(kind.TYPE, number)
        return item if isinstance(item, kind) else None

    def touch(self, item: Item, **changes: Any) -> None:
        """Change an object now."""
        self.account.put(dataclasses.replace(item, touched=self.now, **changes))


def stamp(time: datetime.datetime) -> str:
    """A time in France, as the service's older interface writes it (v3: inference)."""
    return time.astimezone(_PARIS).strftime("%Y-%m-%d %H:%M:%S")


def seconds(time: datetime.datetime) -> int:
    """A time as synchronization counts it: whole seconds since 1970 (inference)."""
    return int(time.timestamp())
