"""dfs.asmx: the prepaid card that pays for faxes. There is one, and its numbers are ours."""

import csv
import decimal
import io

from mailfax.sandbox.interfax import account as accounts
from mailfax.sandbox.interfax import tracking, transactions
from mailfax.sandbox.interfax.account import Account, Refused
from mailfax.sandbox.interfax.envelope import NOT_YET, Arguments, Value
from mailfax.sandbox.interfax.page import Answer
from mailfax.sandbox.interfax.transactions import Transaction

CARD = 1
_ACCOUNT = 12345
_NOTHING = decimal.Decimal(0)
_NO_CARD = -150
"""For a card that the account does not have: the service's code for it is not known."""


def usage(account: Account) -> decimal.Decimal:
    """What all faxes have cost so far."""
    now = account.now()
    pages = sum(account.call(one).sent(now) for one in account.sent_with_hidden())
    return pages * transactions.COST


def balance(account: Account) -> decimal.Decimal:
    """What is left."""
    return accounts.FIRST_BALANCE - usage(account)


def get_list_pp(account: Account, given: Arguments) -> Answer:
    """GetListPP: the cards of the account."""
    _primary(account, given)
    result: dict[str, Value] = {
        "Valid": True,
        "AccountID": _ACCOUNT,
        "CurrencyCode": "USD",
        "DateFormat": "yyyy-MM-dd",
        "AccountType": "PP",
        "PPCardsDetails": [("PPCardDetails", _details(account))],
        "ResultCode": 0,
    }
    return Answer(result)


def list_failed(code: int) -> Answer:
    """How GetListPP answers a code."""
    return Answer({"Valid": False, "AccountID": 0, "ResultCode": code})


def get_card_details(account: Account, given: Arguments) -> Answer:
    """GetPPCardDetails."""
    _primary(account, given)
    _expect_card(given)
    return Answer({"Details": _details(account), "ResultCode": 0})


def details_failed(code: int) -> Answer:
    """How GetPPCardDetails answers a code."""
    return Answer({"Details": _card(_NOTHING, _NOTHING, 0), "ResultCode": code})


def get_card_transactions(account: Account, given: Arguments) -> Answer:
    """GetPPCardTransactions: what the card has paid for; results count from 0 (inference)."""
    _primary(account, given)
    _expect_card(given)
    found = _paid(account)
    first, most = max(0, given.whole("FirstResult")), given.whole("NumOfResults")
    listed = found[first : first + most] if most > 0 else found[first:]
    items = [("FaxItemEx", transactions.extended(one)) for one in tracking.records(account, listed)]
    result: dict[str, Value] = {
        "Transactions": items,
        "TotalNumOfTransactions": len(found),
        "Currency": "USD",
        "FirstResult": first,
        "NumOfResults": len(listed),
        "ResultCode": 0,
        "LastBalance": balance(account),
    }
    return Answer(result)


def transactions_failed(code: int) -> Answer:
    """How GetPPCardTransactions answers a code."""
    counts = ("TotalNumOfTransactions", "FirstResult", "NumOfResults")
    return Answer({**dict.fromkeys(counts, 0), "ResultCode": code, "LastBalance": _NOTHING})


def get_transactions_as_bytes(account: Account, given: Arguments) -> Answer:
    """GetPPCardTransactionsAsByteArray: a month's, as comma separated text (inference)."""
    _primary(account, given)
    month = (given.whole("Year"), given.whole("Month"))
    times = [(one, account.call(one).accepted) for one in _paid(account)]
    found = [one for one, time in times if (time.year, time.month) == month]
    out = io.StringIO()
    writer = csv.DictWriter(out, transactions.SHORT)
    writer.writeheader()
    writer.writerows(transactions.short(one) for one in tracking.records(account, found))
    return Answer({"Transactions": out.getvalue().encode(), "ResultCode": 0})


def bytes_failed(code: int) -> Answer:
    """How it answers a code."""
    return Answer({"ResultCode": code})


def _paid(account: Account) -> list[Transaction]:
    now = account.now()
    return [one for one in account.sent_with_hidden() if account.call(one).sent(now)]


def _primary(account: Account, given: Arguments) -> None:
    if not account.login(given).primary:
        raise Refused(accounts.NOT_PRIMARY)


def _expect_card(given: Arguments) -> None:
    if given.whole("PPCardID") != CARD:
        raise Refused(_NO_CARD)


def _details(account: Account) -> dict[str, Value]:
    return _card(balance(account), usage(account), CARD)


def _card(left: decimal.Decimal, used: decimal.Decimal, card: int) -> dict[str, Value]:
    full = accounts.FIRST_BALANCE if card else _NOTHING
    return {
        "Balance": left,
        "Bonus": _NOTHING,
        "CloseDate": NOT_YET,
        "CurrentUsage": used,
        "FaceValue": full,
        "IssueDate": NOT_YET,
        "PPCardID": card,
        "PreviousCharge": _NOTHING,
        "PreviousPPCard": 0,
        "OriginalBalance": full,
    }
