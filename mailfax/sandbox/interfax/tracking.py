"""dfs.asmx: lists of what was sent, and its pages (facts file, section 1)."""

import re
from collections.abc import Callable, Sequence

from lxml import etree
from PIL import Image

from mailfax.sandbox import _calls, _pages
from mailfax.sandbox.interfax import account as accounts
from mailfax.sandbox.interfax import envelope, transactions
from mailfax.sandbox.interfax.account import Account, Refused
from mailfax.sandbox.interfax.envelope import Arguments, Value
from mailfax.sandbox.interfax.page import Answer
from mailfax.sandbox.interfax.sending import TYPES
from mailfax.sandbox.interfax.transactions import Transaction

_BAD_VERB = -1030
_OUT = ("TotalCount", "ListSize", "ResultCode")


def records(account: Account, found: Sequence[Transaction]) -> list[dict[str, Value]]:
    """The full records of transactions."""
    now = account.now()
    return [transactions.record(one, account.call(one), now) for one in found]


def _up_to(found: Sequence[Transaction], most: int) -> Sequence[Transaction]:
    """The first of them; a negative number is no limit."""
    return found if most < 0 else found[:most]


# FaxStatus


def fax_status(account: Account, given: Arguments) -> Answer:
    """FaxStatus: ids smaller than the one given, newest first, in short."""
    found, out = _older(account, given)
    return Answer([("FaxItem", transactions.short(one)) for one in found], out)


def fax_status_ex(account: Account, given: Arguments) -> Answer:
    """FaxStatusEx: the same with all fields."""
    found, out = _older(account, given)
    return Answer([("FaxItemEx", transactions.extended(one)) for one in found], out)


def fax_status_xml(account: Account, given: Arguments) -> Answer:
    """FaxStatusXML: the same as text; the names of its elements are inference."""
    found, out = _older(account, given)
    root = etree.Element("FaxItems")
    for one in found:
        item = etree.SubElement(root, "FaxItem")
        for name, value in transactions.short(one).items():
            etree.SubElement(item, name).text = envelope.text(value)
    return Answer(etree.tostring(root, encoding="unicode"), out)


def _older(account: Account, given: Arguments) -> tuple[list[dict[str, Value]], dict[str, Value]]:
    user = account.login(given)
    below = given.whole("LastTransactionID")
    found = [one for one in account.sent(user) if one.id < below]
    listed = records(account, _up_to(found, given.whole("MaxItems")))
    return listed, dict(zip(_OUT, (len(found), len(listed), 0), strict=True))


def status_failed(code: int) -> Answer:
    """How FaxStatus and its kin answer a code."""
    return Answer(None, dict(zip(_OUT, (0, 0, code), strict=True)))


# FaxQuery

_Test = Callable[[Transaction], bool]


def fax_query(account: Account, given: Arguments) -> Answer:
    """FaxQuery: by a verb and what it is applied to, newest first (the order is inference)."""
    user = account.login(given)
    wanted = _test(account, given.text("Verb").strip().upper(), given.text("VerbData"))
    found = [one for one in account.sent(user) if wanted(one)]
    listed = records(account, _up_to(found, given.whole("MaxItems")))
    items = [("FaxItemEx", transactions.extended(one)) for one in listed]
    return Answer(items, {"ResultCode": 0})


def _test(account: Account, verb: str, words: str) -> _Test:
    if verb == "ACTIVE":
        now = account.now()
        return lambda one: not account.call(one).over(now)
    ids = _ids(words)
    if verb == "IN":
        return lambda one: one.id in ids
    if verb == "BETWEEN" and len(ids) == 2:
        least, most = sorted(ids)
        return lambda one: least <= one.id <= most
    tests: dict[str, Callable[[Transaction, int], bool]] = {
        "PARENT": lambda one, key: one.parent == key,
        "GT": lambda one, key: one.id > key,
        "GE": lambda one, key: one.id >= key,
        "LT": lambda one, key: one.id < key,
        "LE": lambda one, key: one.id <= key,
        "EQ": lambda one, key: one.id == key,
    }
    if verb not in tests or len(ids) != 1:
        raise Refused(_BAD_VERB)
    return lambda one: tests[verb](one, ids[0])


def _ids(words: str) -> list[int]:
    if not re.fullmatch(r"\s*\d{1,18}\s*(,\s*\d{1,18}\s*)*", words, re.ASCII):
        raise Refused(_BAD_VERB)
    return [int(word) for word in words.split(",")]


def query_failed(code: int) -> Answer:
    """How FaxQuery answers a code."""
    return Answer(None, {"ResultCode": code})


# Pages


def image(account: Account, transaction: Transaction) -> bytes:
    """The fax as a TIFF. Raises `Refused` while it is not made, or when it never will be."""
    call = account.call(transaction)
    now = account.now()
    over = call.over(now)
    waits = call.converted is None or now < call.converted
    gone = over and transaction.wish.delete_after_usage
    if not call.files or gone or call.cause(now) == "conversion_failed" or (waits and not over):
        raise Refused(accounts.NO_IMAGE)
    if len(call.files) == 1 and _pages.kind(call.files[0].data) == "tiff":
        return call.files[0].data
    return _pages.tiff([page for one in call.files for page in _drawn(one)])


def _drawn(file: _calls.File) -> Sequence[Image.Image]:
    try:
        return _pages.frames(file.data)
    except _pages.Unreadable:
        return _pages.stand_in(file.name, _pages.count(file.kind, file.data))


def get_fax_image(account: Account, given: Arguments) -> Answer:
    """GetFaxImage: the pages as they were sent."""
    user = account.login(given)
    transaction = account.transaction(user, given.whole("TransactionID"))
    return Answer(0, {"Image": image(account, transaction)})


# File types


def get_supported_file_types(_account: Account, _given: Arguments) -> str:
    """GetSupportedFileTypes; what stands between them is inference."""
    return ";".join(TYPES)


def is_supported_file_type(_account: Account, given: Arguments) -> bool:
    """IsSupportedFileType, in any case."""
    return given.text("FileType").strip().upper() in TYPES
