"""The asynchronous methods: what is sent is registered first, and becomes an object after."""

import re
from typing import Any

from mailfax.sandbox import _calls, _pages
from mailfax.sandbox._calls import File
from mailfax.sandbox.popfax import codes, faxes, mails
from mailfax.sandbox.popfax.account import Message, Registration, Visit

_MOST_NUMBERS = 50
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
"""International, with its plus (manual, samples); E.164's lengths are inference."""
_KINDS = {"tif": "tiff", "tiff": "tiff", "pdf": "pdf"}
_LABELS = {"image/tiff": "tiff", "image/tif": "tiff", "application/pdf": "pdf"}
"""TIFF is the manual's sample; PDF, which it lets one download, is inference."""


def send_fax(visit: Visit, fax: dict[str, Any]) -> list[int]:
    """Register a fax: [0, registration] or [code]; the order of the checks is inference."""
    numbers = fax.get("numbers", [])
    code = _wrong_numbers(numbers)
    if code:
        return [code]
    files = _files(visit, fax)
    return [_wrong_files(files)] if _wrong_files(files) else _fax(visit, numbers, files)


def _wrong_numbers(numbers: list[str]) -> int:
    if not numbers:
        return codes.NO_RECIPIENTS
    if not all(_NUMBER.fullmatch(number) for number in numbers):
        return codes.BAD_LIST
    return codes.TOO_MANY if len(numbers) > _MOST_NUMBERS else codes.DONE


def _files(visit: Visit, fax: dict[str, Any]) -> list[File]:
    """The cover page, if one is wanted, and the attachments in their order (inference)."""
    cover = fax.get("content", "") if fax.get("coverpage") == 1 else ""
    first = [File(name="cover.txt", data=cover.encode())] if cover else []
    return first + [
        File(name=f"{number}.{_kind(one.name, one.label)}", data=one.data)
        for number, one in enumerate(visit.attachments, 1)
    ]


def _kind(name: str, label: str) -> str:
    """By the file's name, or by the Content-Type of one without; else `unknown`."""
    if not name:
        return _LABELS.get(label, "unknown")
    return _KINDS.get(name.rpartition(".")[2].lower(), "unknown")


def _wrong_files(files: list[File]) -> int:
    if not files:
        return codes.NO_ATTACHMENT
    if any(file.kind == "unknown" for file in files):
        return codes.UNSUPPORTED
    return codes.DONE if _pages_of(files) else codes.NOT_CONVERTED


def _pages_of(files: list[File]) -> int:
    """0 when one of them cannot be read."""
    try:
        return sum(_pages.count(file.kind, file.data) for file in files)
    except _pages.Unreadable:
        return 0


def _fax(visit: Visit, numbers: list[str], files: list[File]) -> list[int]:
    """Order the calls, if there is credit for them: one for a page to a number (inference)."""
    if not _pay(visit, numbers, _pages_of(files)):
        return [codes.NO_CREDIT]
    account = visit.account
    registration = account.number()
    calls = [
        account.exchange.order(account.provider, number, files, reference=str(registration))
        for number in numbers
    ]
    first = calls[0].id
    item = faxes.Sent(
        id=first,
        made=_converted(visit, calls),
        touched=_converted(visit, calls),
        folder=account.outbox,
        calls=tuple(call.id for call in calls),
    )
    account.register(registration, item)
    return [codes.DONE, registration]


def _converted(visit: Visit, calls: list[_calls.Call]) -> Any:
    """When the last of the calls has its pages: then the fax is an object."""
    now = [visit.account.exchange.call(call.id) for call in calls]
    return max(call.converted for call in now if call is not None and call.converted is not None)


def _pay(visit: Visit, numbers: list[str], pages: int) -> bool:
    """Take the credits; nobody has any for a number that the network says costs too much."""
    causes = {_calls.BEHAVIOURS.get(number[-4:], _calls.ANSWERS).cause for number in numbers}
    price = pages * len(numbers)
    if "no_credit" in causes or price > visit.account.balance:
        return False
    visit.account.balance -= price
    return True


def send_sms(visit: Visit, sms: dict[str, Any]) -> list[int]:
    """Register a text message; one without text is a general failure (inference)."""
    numbers = sms.get("numbers", [])
    code = _wrong_numbers(numbers)
    if code:
        return [code]
    return _text(visit, numbers, sms.get("content", ""))


def _text(visit: Visit, numbers: list[str], content: str) -> list[int]:
    if not content:
        return [codes.GENERAL]
    if not _pay(visit, numbers, 1):
        return [codes.NO_CREDIT]
    account = visit.account
    made = visit.now + _calls.CONVERTING
    registration = account.number()
    item = faxes.Text(
        id=account.number(),
        made=made,
        touched=made,
        folder=account.outbox,
        content=content,
        numbers=tuple(numbers),
    )
    account.register(registration, item)
    return [codes.DONE, registration]


def forward(visit: Visit, wish: dict[str, Any]) -> list[int]:
    """Send a message of the account on; which goes which way is inference."""
    item = visit.item(wish.get("type", 0), wish.get("id", 0))
    way, to = wish.get("forward"), wish.get("to", "")
    if not isinstance(item, Message):
        return [codes.GENERAL]
    if not to:
        return [codes.NO_RECIPIENTS]
    if way == codes.BY_EMAIL:
        return _by_email(visit, item, to)
    return [codes.BAD_LIST] if _wrong_numbers([to]) else _by_number(visit, item, way, to)


def _by_number(visit: Visit, item: Message, way: int | None, to: str) -> list[int]:
    if way == codes.BY_FAX and isinstance(item, faxes.Sent | faxes.Received):
        files = list(faxes.originals(visit, item))
        return _fax(visit, [to], files) if files else [codes.NO_ATTACHMENT]
    if way == codes.BY_SMS and isinstance(item, faxes.Text):
        return _text(visit, [to], item.content)
    return [codes.GENERAL]


def _by_email(visit: Visit, item: Message, to: str) -> list[int]:
    if not mails.is_address(to):
        return [codes.BAD_ADDRESS]
    mails.forward(visit, item, to)
    registration = visit.account.number()
    visit.account.register(registration, None)
    return [codes.DONE, registration]


# What became of it


def asynchron_info(visit: Visit, number: int) -> list[int]:
    """[200] for what is no registration; its id and status, and the object once there is one.

    The manual tells the lengths and their last elements; the others are inference.
    """
    registration = visit.account.registrations.get(number)
    if registration is None:
        return [codes.UNKNOWN_REGISTRATION]
    thing, status = _standing(visit, registration)
    return [number, status, thing] if thing else [number, status]


def asynchron_info_range(visit: Visit, numbers: list[int]) -> list[dict[str, int]]:
    """The same of many; to the letter, status 200 wherever there is no object (yet)."""
    found = []
    for number in numbers:
        registration = visit.account.registrations.get(number)
        thing, status = _standing(visit, registration) if registration else (0, 0)
        shown = status if thing else codes.UNKNOWN_REGISTRATION
        found.append({"id": number, "object": thing, "status": shown})
    return found


def _standing(visit: Visit, registration: Registration) -> tuple[int, int]:
    """The object's id, or 0, and the status."""
    item = registration.item
    if item is None:
        return 0, codes.MAIL_ACCEPTED
    if item.made > visit.now:
        return 0, codes.QUEUED
    return item.id, item.info(visit)["sentstatus"]
