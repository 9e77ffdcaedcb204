"""SendFax: what a request and its messages say, and what becomes of it.

A message has what it says itself, then what the request says, then the account's own.
"""

import dataclasses
import datetime
import re
import zoneinfo
from collections.abc import Mapping, Sequence

from mailfax.sandbox import _pages
from mailfax.sandbox._calls import File
from mailfax.sandbox.monopond import documents, records
from mailfax.sandbox.monopond.account import Account
from mailfax.sandbox.monopond.arguments import Arguments
from mailfax.sandbox.monopond.documents import Wish
from mailfax.sandbox.monopond.envelope import Element
from mailfax.sandbox.monopond.messages import Message

_NUMBER = re.compile(r"[1-9]\d{6,14}", re.ASCII)
"""Country code first, no plus, as in all samples; that others are refused is inference."""
_LONGEST_NAME = 32
"""Of SendFrom (manual); newer manuals allow a request's only 20."""
_MOST_RETRIES = 10
"""The account's limit, which cuts what is above it: inference."""
BLOCKED = {
    "61255500811": ("dncr", "BLOCK_DNCR"),
    "441632960811": ("fps", "BLOCK_FPS"),
    "61255500812": ("smartblock", "BLOCK_SMART"),
}
"""Numbers on a list: which, and what it leads to when the list is asked for."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a message is sent."""

    send_from: str = "Fax"
    resolution: str = "normal"
    retries: int = 2
    busy_retries: int = 2
    header_format: str = ""
    start: datetime.datetime | None = None
    latest: datetime.datetime | None = None
    max_pages: int = 20
    lists: frozenset[str] = frozenset()
    documents: Sequence[Wish] = ()


_ACCOUNT = Settings()
"""What the account has for requests that say nothing: of retries, inference."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    message_ref: str
    send_to: str
    settings: Settings


class Sending:
    """SendFax of one version of the service."""

    def __init__(self, *, limits_pages: bool, unsupported: str) -> None:
        """`unsupported`: the fault of a document of a known type that is not taken."""
        self._limits_pages = limits_pages
        self._unsupported = unsupported

    def __call__(self, account: Account, asked: Arguments, answer: Element) -> None:
        """Take the messages, all or none, and tell how they stand."""
        orders = _orders(account, asked)
        asked.check()
        with account.lock:
            wishes = [wish for order in orders for wish in order.settings.documents]
            taken = documents.take(account, wishes, unsupported=self._unsupported)
            found = [self._taken(account, asked, order, taken) for order in orders]
        records.totals(answer, account, found)
        records.listing(answer, account, found, "send")

    def _taken(
        self, account: Account, asked: Arguments, order: _Order, taken: Mapping[Wish, File]
    ) -> Message:
        now, settings = account.now(), order.settings
        files = [taken[wish] for wish in settings.documents]
        message = Message(
            id=account.next_id(),
            message_ref=order.message_ref,
            send_ref=asked.text("SendRef"),
            broadcast_ref=asked.text("BroadcastRef"),
            send_to=order.send_to,
            send_from=settings.send_from,
            resolution=settings.resolution,
            retries=settings.retries,
            busy_retries=settings.busy_retries,
            header_format=settings.header_format,
            documents=tuple(wish.reference for wish in settings.documents if wish.reference),
            accepted=now,
            start=max(now, settings.start or now),
            latest=settings.latest,
            verdict=self._verdict(order, files),
        )
        if message.verdict:
            account.tell(message, message.judged)
        else:
            account.attempt(message, files, message.start)
        account.keep(message)
        return message

    def _verdict(self, order: _Order, files: Sequence[File]) -> str:
        """The error that lets a message end before it is dialled, or empty."""
        name, error = BLOCKED.get(order.send_to, ("", ""))
        if name in order.settings.lists:
            return error
        too_long = self._limits_pages and _length(files) > order.settings.max_pages
        return "DOCUMENT_EXCEEDS_PAGE_LIMIT" if too_long else ""


def _orders(account: Account, asked: Arguments) -> list[_Order]:
    common = _settings(account, asked, _ACCOUNT)
    wanted = asked.each("FaxMessages", "FaxMessage")
    if not wanted:
        asked.wrong("FaxMessages", "at least one FaxMessage is required")
    return [_order(account, message, common) for message in wanted]


def _order(account: Account, asked: Arguments, common: Settings) -> _Order:
    send_to = asked.needed("SendTo")
    if send_to and not _NUMBER.fullmatch(send_to):
        asked.wrong("SendTo", "is not a number with its country code")
    settings = _settings(account, asked, common)
    if not settings.documents:
        asked.wrong("Documents", "at least one Document is required")
    return _Order(message_ref=asked.needed("MessageRef"), send_to=send_to, settings=settings)


def _settings(account: Account, asked: Arguments, common: Settings) -> Settings:
    _check_caller(account, asked)
    _check_zone(asked)
    retries, busy = asked.count("Retries"), asked.count("BusyRetries")
    pages, lists = asked.count("MaxFaxPages"), _lists(asked)
    return Settings(
        send_from=asked.text("SendFrom", _LONGEST_NAME) or common.send_from,
        resolution=asked.choice("Resolution", documents.RESOLUTIONS) or common.resolution,
        retries=common.retries if retries is None else min(retries, _MOST_RETRIES),
        busy_retries=common.busy_retries if busy is None else min(busy, _MOST_RETRIES),
        header_format=asked.text("HeaderFormat") or common.header_format,
        start=asked.moment("ScheduledStartTime") or common.start,
        latest=asked.moment("MustBeSentBeforeDate") or common.latest,
        max_pages=common.max_pages if pages is None else pages,
        lists=common.lists if lists is None else lists,
        documents=documents.read(asked) or common.documents,
    )


def _lists(asked: Arguments) -> frozenset[str] | None:
    """The block lists to be asked; None when nothing is said."""
    wanted = asked.inner("Blocklists")
    if wanted is None:
        return None
    return frozenset(name for name, _ in BLOCKED.values() if wanted.flag(name))


def _check_caller(account: Account, asked: Arguments) -> None:
    """A caller's number must be enabled for the account; its own are here: inference."""
    caller = asked.text("CLI")
    if caller and not account.owns(caller):
        asked.wrong("CLI", "is not enabled on this account")


def _check_zone(asked: Arguments) -> None:
    zone = asked.text("TimeZone")
    if zone and zone not in zoneinfo.available_timezones():
        asked.wrong("TimeZone", "is not known")


def _length(files: Sequence[File]) -> int:
    """Pages of all; 0 when one cannot be read, which the conversion then tells."""
    try:
        return sum(_pages.count(file.kind, file.data) for file in files)
    except _pages.Unreadable:
        return 0
