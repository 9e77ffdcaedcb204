"""What the service sends by itself: received faxes and results, as mail and as web feedback.

Web feedback goes to the address that is set on the control port: a form POST, or SOAP when its
path ends in `.asmx` (a convention of the sandbox; the real account has a setting for it).
"""

import csv
import datetime
import email.message
import io
import re
import urllib.parse
from collections.abc import Sequence

from mailfax.sandbox import _calls
from mailfax.sandbox.interfax import account as accounts
from mailfax.sandbox.interfax import envelope, inbox, tracking, transactions
from mailfax.sandbox.interfax.account import Account, Forwarded, Refused
from mailfax.sandbox.interfax.envelope import Value
from mailfax.sandbox.interfax.transactions import Transaction

_FROM = "interfax@sandbox.invalid"
_FEEDBACK = "http://CallBack.Interfax.net/"
_CSV = 3
_COLUMNS = {
    "TransactionID": "TransactionID",
    "CSID": "RemoteCSID",
    "PagesSent": "PagesSent",
    "Status": "Status",
    "OriginalSubject": "Subject",
    "DestinationFax": "DestinationFax",
    "Duration": "Duration",
    "SubmitTime": "SubmitTime",
    "CompletionTime": "CompletionTime",
    "Contact": "Contact",
}
"""Of the mailed result, in its order (facts file, section 7)."""


# Received faxes


def received(account: Account, fax: _calls.Received) -> None:
    """Tell of a fax that came in, and mail it to its user's addresses."""
    to = addresses(account, fax)
    if to:
        mail(account, fax, to)
    feed_back(account, "Inbound", inbox.record2(account, fax))


def addresses(account: Account, fax: _calls.Received) -> list[str]:
    """Where a received fax goes by mail."""
    owner = account.owner(fax)
    return [one.address for one in owner.rx.forwardings] if owner and owner.rx else []


def mail(account: Account, fax: _calls.Received, to: Sequence[str]) -> None:
    """Mail a received fax; one mail each."""
    data = account.image(fax)
    for address in to:
        message = _message(address, f"Fax {fax.id} from {fax.caller or 'unknown'}")
        message.set_content(f"{fax.pages} pages\n")
        _attach(message, f"fax{fax.id}", data)
        _post(account, address, message)
        sent = Forwarded(address=address, time=account.now())
        account.forwarded.setdefault(fax.id, []).append(sent)
    owner = account.owner(fax)
    if owner and owner.rx and owner.rx.delete_after_usage == "DeleteAfterMail":
        account.exchange.discard(accounts.NAME, fax.id)


# Results


def ended(account: Account, call: _calls.Call) -> None:
    """Tell what became of a fax."""
    transaction = account.transactions.get(int(call.reference))
    if transaction is None or transaction.call != call.id:
        return
    now = account.now()
    record = transactions.record(transaction, call, now)
    feed_back(account, "Outbound", record)
    user = account.users.get(transaction.user)
    wanted = {1: call.cause(now) is None, 2: call.cause(now) is not None, 3: True}
    reply = transaction.wish.reply
    if reply and user and user.tx and wanted.get(user.tx.feedback_type, False):
        _confirm(account, transaction, record)


def _confirm(account: Account, transaction: Transaction, record: dict[str, Value]) -> None:
    """Mail a result to the reply address; HTML is not made here, those formats get text."""
    tx = account.users[transaction.user].tx
    assert tx is not None
    values = {name: envelope.text(record[field]) for name, field in _COLUMNS.items()}
    lines = [f"{name}: {value}" for name, value in values.items()]
    if tx.feedback_format == _CSV:
        out = io.StringIO()
        csv.writer(out).writerows([list(values), list(values.values())])
        lines = out.getvalue().splitlines()
    message = _message(transaction.wish.reply, f"Fax {transaction.id}")
    message.set_content("\n".join(lines) + "\n")
    if tx.feedback_with_tif:
        _attach_pages(account, message, transaction)
    _post(account, transaction.wish.reply, message)


def _attach_pages(
    account: Account, message: email.message.EmailMessage, transaction: Transaction
) -> None:
    try:
        _attach(message, f"fax{transaction.id}", tracking.image(account, transaction))
    except Refused:
        return


def _message(to: str, subject: str) -> email.message.EmailMessage:
    message = email.message.EmailMessage()
    message["From"] = _FROM
    message["To"] = re.sub(r"[\r\n]", "", to)
    message["Subject"] = re.sub(r"[\r\n]", "", subject)
    return message


def _attach(message: email.message.EmailMessage, name: str, data: bytes) -> None:
    is_pdf = data.startswith(b"%PDF")
    main, sub, ending = ("application", "pdf", "pdf") if is_pdf else ("image", "tiff", "tif")
    message.add_attachment(data, maintype=main, subtype=sub, filename=f"{name}.{ending}")


def _post(account: Account, to: str, message: email.message.EmailMessage) -> None:
    account.around.mailbox.put(_FROM, (to,), message.as_bytes())


# Web feedback


def feed_back(account: Account, direction: str, record: dict[str, Value]) -> None:
    """Push a record to where the account wants it."""
    url = account.around.errands.target(accounts.NAME)
    if not url:
        return
    if urllib.parse.urlsplit(url).path.lower().endswith(".asmx"):
        body, headers = (
            soap(direction, record),
            {
                "Content-Type": "text/xml; charset=utf-8",
                "SOAPAction": f'"{_FEEDBACK}{direction}"',
            },
        )
    else:
        body, headers = (
            form(direction, record),
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
    account.around.errands.push(accounts.NAME, url, body, headers)


def form(direction: str, record: dict[str, Value]) -> bytes:
    """The body of a POST: fields by their names' order, as far as they are known (facts file,
    section 6), which of a received fax are, is inference; times as dd/mm/yyyy.
    """
    fields = {name: _posted(value) for name, value in sorted(record.items())}
    return urllib.parse.urlencode({"TransactionIDType": direction, **fields}).encode()


def _posted(value: Value) -> str:
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).strftime("%d/%m/%Y %H:%M:%S")
    return envelope.text(value)


def soap(direction: str, record: dict[str, Value]) -> bytes:
    """The same as a SOAP 1.1 request to the method of that name."""
    content = envelope.element(direction, _FEEDBACK, dict(sorted(record.items())))
    return envelope.write(envelope.SOAP11, content).body
