"""inbound.asmx: faxes that came in (facts file, section 2)."""

import datetime
import math
import re
from collections.abc import Callable, Sequence

from mailfax.sandbox import _calls
from mailfax.sandbox.interfax import account as accounts
from mailfax.sandbox.interfax import envelope, numbers
from mailfax.sandbox.interfax.account import Account, Refused, User
from mailfax.sandbox.interfax.envelope import Arguments, Value
from mailfax.sandbox.interfax.page import Answer

_LISTS = ("AllMessages", "NewMessages", "AccountAllMessages", "AccountNewMessages")
_MAX_ITEMS = 100
_MAX_CHUNK = 3 * 1024 * 1024
"""Of an image; that the limit of uploads holds here is inference."""
_BAD_VERB = -1030
_NO_MESSAGE = -3001
_PAST_THE_END = -3002
_NO_IMAGE = -3003
_BAD_CHUNK = -3005
_BAD_COUNT = -3006
_NOT_PRIMARY = -3007


def record(account: Account, fax: _calls.Received) -> dict[str, Value]:
    """MessageItem, in its order."""
    return {
        "MessageID": fax.id,
        "PhoneNumber": numbers.canonical(fax.did),
        "RemoteCSID": fax.tsid,
        "MessageStatus": 0,
        "Pages": fax.pages,
        "MessageSize": len(account.image(fax)),
        "MessageType": 1,
        "ReceiveTime": fax.received,
        "CallerID": numbers.canonical(fax.caller),
        "MessageRecordingDuration": math.ceil((fax.received - fax.started).total_seconds()),
    }


def record2(account: Account, fax: _calls.Received) -> dict[str, Value]:
    """MessageItem2: the same with the user before it."""
    owner = account.owner(fax)
    return {"UserID": owner.name if owner else "", **record(account, fax)}


def find(account: Account, user: User, key: int) -> _calls.Received:
    """A received fax that `user` may see: a primary user those of all. Raises `Refused`."""
    for fax in account.received(None if user.primary else user):
        if fax.id == key:
            return fax
    raise Refused(_NO_MESSAGE)


def get_list(account: Account, given: Arguments) -> Answer:
    """GetList: newest first (inference); MarkAsRead, which some clients send, is no parameter."""
    user = account.login(given)
    which = given.choice("LType", _LISTS)
    if given.whole("MaxItems") < 1:
        raise Refused(_BAD_COUNT)
    if which.startswith("Account") and not user.primary:
        raise Refused(_NOT_PRIMARY)
    found = [
        fax
        for fax in account.received(None if which.startswith("Account") else user)
        if "New" not in which or fax.id not in account.read
    ]
    listed = found[: min(given.whole("MaxItems"), _MAX_ITEMS)]
    items = [("MessageItem", record(account, fax)) for fax in listed]
    return Answer(0, {"objMessageItem": items})


def get_list2(account: Account, given: Arguments) -> Answer:
    """GetList2: by conditions; records count from 0 (inference)."""
    user = account.login(given)
    form, control = given.part("QueryForm"), given.part("QueryControl")
    key, whose = form.whole("TransactionID"), form.text("UserID")
    if whose and whose != user.name and not user.primary:
        raise Refused(accounts.NOT_PRIMARY)
    in_time = _received(form.part("RecieveTime"))
    unread = form.flag("OnlyNewMessages")
    found = [
        fax
        for fax in account.received(None if user.primary else user)
        if key in {0, fax.id}
        and whose in {"", record2(account, fax)["UserID"]}
        and not (unread and fax.id in account.read)
        and in_time(fax.received.replace(microsecond=0))
    ]
    first, most = max(0, control.whole("FromRecordNumber")), control.whole("MaxChunkSize")
    listed = found[first : first + most] if most > 0 else found[first:]
    result: dict[str, Value] = {
        "MessageItems": [("MessageItem2", record2(account, fax)) for fax in listed],
        "ResultCode": 0,
        "TotalTransactionsNum": len(found),
    }
    return Answer(result)


def list2_failed(code: int) -> Answer:
    """How GetList2 answers a code."""
    return Answer({"ResultCode": code, "TotalTransactionsNum": 0})


def _received(given: Arguments) -> Callable[[datetime.datetime], bool]:
    """A test of the time of receipt. Raises `Refused`."""
    verb, words = given.text("Verb").strip().upper(), given.text("VerbData")
    if not verb and not words:
        return lambda _time: True
    times = [_time(word) for word in words.split(",")]
    if verb == "BETWEEN" and len(times) == 2:
        return lambda time: times[0] <= time <= times[1]
    tests: dict[str, Callable[[datetime.datetime], bool]] = {
        "<": lambda time: time < times[0],
        "<=": lambda time: time <= times[0],
        ">": lambda time: time > times[0],
        ">=": lambda time: time >= times[0],
        "=": lambda time: time == times[0],
    }
    if verb not in tests or len(times) != 1:
        raise Refused(_BAD_VERB)
    return tests[verb]


def _time(word: str) -> datetime.datetime:
    """`yyyy-MM-dd[ HH:mm:ss]`."""
    if not re.fullmatch(r"\s*\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?\s*", word, re.ASCII):
        raise Refused(_BAD_VERB)
    try:
        return envelope.read_time(word.strip())
    except ValueError:
        raise Refused(_BAD_VERB) from None


def get_image_chunk(account: Account, given: Arguments) -> Answer:
    """GetImageChunk. The fax becomes read when MarkAsRead is true, and, as the documentation
    says, also once its last chunk is delivered.
    """
    user = account.login(given)
    fax = find(account, user, given.whole("MessageID"))
    size, start = given.whole("ChunkSize"), given.whole("From")
    data = account.image(fax)
    if not data:
        raise Refused(_NO_IMAGE)
    if not 1 <= size <= _MAX_CHUNK:
        raise Refused(_BAD_CHUNK)
    if not 0 <= start < len(data):
        raise Refused(_PAST_THE_END)
    if given.flag("MarkAsRead") or start + size >= len(data):
        account.read.add(fax.id)
    if start + size >= len(data):
        _delivered(account, fax)
    return Answer(0, {"Image": data[start : start + size]})


def _delivered(account: Account, fax: _calls.Received) -> None:
    """The image goes once it was fetched, when the user has set it so."""
    owner = account.owner(fax)
    if owner and owner.rx and owner.rx.delete_after_usage == "DeleteAfterWS":
        account.exchange.discard(accounts.NAME, fax.id)


def mark_message(account: Account, given: Arguments) -> int:
    """MarkMessage: read, or unread again."""
    fax = find(account, account.login(given), given.whole("MessageID"))
    mark(account, fax, read=given.flag("MarkAsRead"))
    return 0


def mark(account: Account, fax: _calls.Received, *, read: bool) -> None:
    """Set whether a fax is read."""
    if read:
        account.read.add(fax.id)
    else:
        account.read.discard(fax.id)


def unread(account: Account, faxes: Sequence[_calls.Received]) -> list[_calls.Received]:
    """Those that nobody has read."""
    return [fax for fax in faxes if fax.id not in account.read]
