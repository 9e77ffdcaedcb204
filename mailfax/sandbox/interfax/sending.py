"""dfs.asmx: sending, and what becomes of what was sent (facts file, section 1)."""

import csv
import dataclasses
import datetime
import re
from collections.abc import Sequence

from mailfax.sandbox._calls import File
from mailfax.sandbox.interfax import account as accounts
from mailfax.sandbox.interfax import numbers, uploads
from mailfax.sandbox.interfax.account import Account, Refused, User
from mailfax.sandbox.interfax.envelope import Arguments
from mailfax.sandbox.interfax.transactions import Transaction, Wish

_MAX_RECIPIENTS = 20_000
_MAX_DELAY = datetime.timedelta(days=30)
_CSID_LENGTH = 20
_SUBJECT_LENGTH = 60

_COUNTS_DIFFER = -1002
_NO_TYPE = -1004
_BAD_SIZE = -1007
_SIZES_DIFFER = -1008
_CONFLICTING_SWITCHES = -1010

TYPES = (
    *("PDF", "TIF", "TIFF", "DOC", "DOT", "DOCX", "ODT", "ODS", "ODP", "ODG", "ODM", "ODF"),
    *("RTF", "TXT", "HTML", "HTM", "XML", "XLS", "XLSX", "PPT", "PPTX", "GIF", "PNG", "JPG"),
    *("JPEG", "BMP", "PCX", "PS", "EPS", "MHT", "URL", "SNP", "ZIP"),
)
"""What can be sent (facts file, section 5)."""


# The document


def file(kind: str, data: bytes) -> File:
    """A file of a type as the service spells it. Raises `Refused`.

    The type may carry switches, `/AB` and `/PB`, which exclude each other.
    """
    name, *switches = kind.strip().upper().split("/")
    if not name:
        raise Refused(_NO_TYPE)
    if {"AB", "PB"} <= set(switches):
        raise Refused(_CONFLICTING_SWITCHES)
    if name not in TYPES or not data:
        raise Refused(accounts.NO_DOCUMENT)
    if len(data) > accounts.MAX_BYTES:
        raise Refused(accounts.TOO_BIG)
    return File(name=f"document.{name.lower()}", data=data)


def _files(account: Account, user: User, given: Arguments) -> list[File]:
    """The files in FilesData, or in the upload that FileSizes names. Raises `Refused`.

    The sizes are looked at first, as in a recording where all was missing.
    """
    words, session = _session(given.text("FileSizes"))
    sizes = [_size(word) for word in words.split(";")]
    kinds = given.text("FileTypes").split(";")
    if not all(kinds):
        raise Refused(_NO_TYPE)
    if len(kinds) != len(sizes):
        raise Refused(_COUNTS_DIFFER)
    data = uploads.data(account, user, session) if session else given.octets("FilesData")
    if sum(sizes) != len(data):
        raise Refused(_SIZES_DIFFER)
    if len(data) > accounts.MAX_BYTES:
        raise Refused(accounts.TOO_BIG)
    files = []
    for kind, size in zip(kinds, sizes, strict=True):
        files.append(file(kind, data[:size]))
        data = data[size:]
    return files


def _session(text: str) -> tuple[str, str]:
    """`123/sessionID=ABC` → sizes and session."""
    found = re.fullmatch(r"(.*?)/sessionID=(.*)", text, re.IGNORECASE | re.DOTALL)
    return (found[1], found[2].strip()) if found else (text, "")


def _size(word: str) -> int:
    if not re.fullmatch(r"\s*\d{1,12}\s*", word, re.ASCII) or int(word) == 0:
        raise Refused(_BAD_SIZE)
    return int(word)


# The destinations


def _destinations(user: User, fax_numbers: str, contacts: str) -> list[tuple[str, str]]:
    """Number and contact of each destination. Raises `Refused`.

    One bad number lets the whole broadcast be refused (inference), so that the
    TransactionIDs always count along the list.
    """
    written = fax_numbers.split(";")
    names = [*contacts.split(";"), *[""] * len(written)]
    pairs = [(text, name) for text, name in zip(written, names, strict=False) if text.strip()]
    if not 0 < len(pairs) <= _MAX_RECIPIENTS:
        raise Refused(accounts.BAD_RECIPIENT)
    return [(number(user, text), name.strip()) for text, name in pairs]


def number(user: User, text: str) -> str:
    """E.164 of a number as this user writes it. Raises `Refused`."""
    tx = accounts.may_send(user).tx
    assert tx is not None
    resolved = numbers.resolve(text, tx.country, tx.area)
    if resolved is None:
        raise Refused(accounts.BAD_RECIPIENT)
    return resolved


# Handing over


def submit(
    account: Account,
    user: User,
    destinations: Sequence[tuple[str, str]],
    files: Sequence[File],
    wish: Wish,
) -> int:
    """Order one call for each destination: consecutive ids, of which the first is returned."""
    ids = [account.next_id() for _ in destinations]
    for key, (fax_number, contact) in zip(ids, destinations, strict=True):
        call = account.exchange.order(
            accounts.NAME, fax_number, files, reference=str(key), start=wish.postponed
        )
        account.keep(
            Transaction(
                id=key,
                parent=ids[0],
                siblings=len(ids),
                call=call.id,
                user=user.name,
                number=fax_number,
                contact=contact,
                wish=wish,
            )
        )
    return ids[0]


def postponed(account: Account, time: datetime.datetime) -> datetime.datetime | None:
    """When to send; a past time is now. Raises `Refused`."""
    now = account.now()
    if time > now + _MAX_DELAY:
        raise Refused(accounts.TOO_LATE)
    return time if time > now else None


def wish(account: Account, user: User, given: Arguments) -> Wish:
    """What SendfaxEx and SendfaxEx_2 say about the pages. Raises `Refused`.

    What is no value of the service's is the user's default, and a text that is too long is
    cut (inference).
    """
    tx = accounts.may_send(user).tx
    assert tx is not None
    sizes, ways = ("A4", "Letter", "Legal", "B4"), ("Portrait", "Landscape")
    return Wish(
        subject=given.text("Subject")[:_SUBJECT_LENGTH],
        csid=(given.text("CSID") or user.csid)[:_CSID_LENGTH],
        reply=given.text("ReplyAddress") or tx.reply_address,
        job=given.text("JobID"),
        page_size=one_of(given.text("PageSize"), sizes, tx.page_size),
        page_orientation=one_of(given.text("PageOrientation"), ways, tx.page_orientation),
        resolution=_fineness(given, "IsHighResolution", tx.page_resolution),
        rendering=_fineness(given, "IsFineRendering", tx.rendering_quality),
        page_header=given.text("PageHeader"),
        retries=given.whole("RetriesToPerform"),
        postponed=postponed(account, given.moment("Postpone")),
        delete_after_usage=tx.delete_after_usage,
    )


def _fineness(given: Arguments, name: str, default: str) -> str:
    if not given.has(name):
        return default
    return "Fine" if given.flag(name) else "Standard"


def one_of(text: str, values: Sequence[str], default: str) -> str:
    """The value that is meant, in any case."""
    return {value.lower(): value for value in values}.get(text.strip().lower(), default)


# The operations


def send_char_fax(account: Account, given: Arguments) -> int:
    """SendCharFax: text to one destination."""
    return _single(account, given, given.text("Data").encode())


def sendfax(account: Account, given: Arguments) -> int:
    """Sendfax: one file to one destination."""
    return _single(account, given, given.octets("FileData"))


def _single(account: Account, given: Arguments, data: bytes) -> int:
    user = account.sender(given)
    files = [file(given.text("FileType"), data)]
    destination = (number(user, given.text("FaxNumber")), "")
    return submit(account, user, [destination], files, wish(account, user, given))


def sendfax_ex(account: Account, given: Arguments) -> int:
    """SendfaxEx and SendfaxEx_2: any number of files to any number of destinations."""
    user = account.sender(given)
    files = _files(account, user, given)
    destinations = _destinations(user, given.text("FaxNumbers"), given.text("Contacts"))
    wanted = wish(account, user, given)
    key = submit(account, user, destinations, files, wanted)
    uploads.used(account, _session(given.text("FileSizes"))[1])
    return key


def send_word_mail_merge(account: Account, given: Arguments) -> int:
    """SendWordMailMerge: a document to each number in the first column of a list.

    That the list is comma separated, with or without a line of headings, is inference; the
    options are passed over.
    """
    user = account.sender(given)
    files = [file("DOC", given.octets("Document"))]
    rows = csv.reader(given.octets("List").decode("utf-8", "replace").splitlines())
    first = [row[0] for row in rows if row and re.search(r"\d", row[0])]
    destinations = _destinations(user, ";".join(first), "")
    return submit(account, user, destinations, files, wish(account, user, given))


def resend_fax(account: Account, given: Arguments) -> int:
    """ReSendFax: the same document again, to the same number or another."""
    user = account.sender(given)
    old = account.transaction(user, given.whole("TransactionID"))
    return resend(account, user, old, given.text("FaxNumber"))


def resend(account: Account, user: User, old: Transaction, text: str) -> int:
    """Send the document of `old` again. Raises `Refused`."""
    destination = (number(user, text) if text.strip() else old.number, old.contact)
    return submit(account, user, [destination], _kept(account, old), _now(old.wish))


def resend_broadcast(account: Account, given: Arguments) -> int:
    """ResendBroadcastFax: a whole batch again, or those that failed."""
    user = account.sender(given)
    batch = children(account, user, given.whole("ParentTransactionID"))
    return resend_batch(
        account, user, batch, given.text("Subject"), only_errors=given.flag("SendErrorsOnly")
    )


def resend_batch(
    account: Account,
    user: User,
    batch: Sequence[Transaction],
    subject: str = "",
    *,
    only_errors: bool,
) -> int:
    """Send a batch again. Raises `Refused`."""
    now = account.now()
    again = [
        (one.number, one.contact)
        for one in batch
        if not only_errors or account.call(one).cause(now) is not None
    ]
    if not again:
        raise Refused(accounts.BAD_RECIPIENT)
    old = batch[0]
    wanted = _now(old.wish)
    if subject:
        wanted = dataclasses.replace(wanted, subject=subject[:_SUBJECT_LENGTH])
    return submit(account, user, again, _kept(account, old), wanted)


def _now(wanted: Wish) -> Wish:
    return dataclasses.replace(wanted, postponed=None)


def _kept(account: Account, transaction: Transaction) -> Sequence[File]:
    files = account.call(transaction).files
    if not files:
        raise Refused(accounts.NO_IMAGE)
    return files


def children(account: Account, user: User, parent: int) -> list[Transaction]:
    """The transactions of a batch, oldest first. Raises `Refused`."""
    head = account.transaction(user, parent)
    batch = [one for one in account.sent_with_hidden() if one.parent == head.id]
    if not batch:
        raise Refused(accounts.NO_TRANSACTION)
    return batch[::-1]


# Calling back and hiding


def cancel(account: Account, user: User, key: int) -> int:
    """Stop a fax that waits. One that is on the line goes on all the same: 0 says that it was
    asked for, and the status what came of it (inference). Raises `Refused`.
    """
    transaction = account.transaction(user, key)
    call = account.call(transaction)
    if call.over(account.now()):
        raise Refused(accounts.NO_TRANSACTION)
    account.exchange.cancel(call.id)
    return 0


def cancel_fax(account: Account, given: Arguments) -> int:
    """CancelFax: on the first of a batch too, only that one."""
    return cancel(account, account.login(given), given.whole("TransactionID"))


def cancel_batch(account: Account, given: Arguments) -> int:
    """CancelBatch: all that still wait."""
    batch = children(account, account.login(given), given.whole("ParentTransactionID"))
    for one in batch:
        account.exchange.cancel(one.call)
    return 0


def hide_fax(account: Account, given: Arguments) -> int:
    """HideFax: leave it out of lists from now on."""
    account.hidden.add(account.transaction(account.login(given), given.whole("TransactionID")).id)
    return 0


def hide_batch(account: Account, given: Arguments) -> int:
    """HideBatch: the same for a whole batch."""
    batch = children(account, account.login(given), given.whole("ParentTransactionID"))
    account.hidden.update(one.id for one in batch)
    return 0
