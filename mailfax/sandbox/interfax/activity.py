"""admin.asmx: sums of faxes by user (manual)."""

import datetime
import decimal
from collections.abc import Callable, Sequence

from mailfax.sandbox.interfax import administration, numbers, transactions
from mailfax.sandbox.interfax.account import Account, Refused, User
from mailfax.sandbox.interfax.envelope import NOT_YET, Arguments, Value
from mailfax.sandbox.interfax.page import Answer

_BAD_RANGE = -2040
_TOO_OLD = -2041
_DAYS = datetime.timedelta(days=60)

_Fax = tuple[int, int]
"""Identifier and pages."""


def outbound(account: Account, given: Arguments) -> Answer:
    """GetOutboundActivity: of every user with a sending service; faxes that have ended."""
    now = account.now()

    def sent(user: User, since: datetime.datetime, until: datetime.datetime) -> list[_Fax]:
        calls = [(one, account.call(one)) for one in account.sent_with_hidden(user)]
        return [
            (one.id, call.sent(now))
            for one, call in calls
            if call.over(now) and since <= call.accepted < until
        ]

    users = [user for user in account.users.values() if user.tx is not None]
    return _summary(account, given, "UserOutboundSummary", users, sent)


def inbound(account: Account, given: Arguments) -> Answer:
    """GetInboundActivity: of every user with a receiving service; it costs nothing here."""

    def came(user: User, since: datetime.datetime, until: datetime.datetime) -> list[_Fax]:
        faxes = account.received(user)
        return [(fax.id, fax.pages) for fax in faxes if since <= fax.received < until]

    users = [user for user in account.users.values() if user.rx is not None]
    return _summary(account, given, "UserInboundSummary", users, came)


def failed(code: int) -> Answer:
    """How both answer a code."""
    return Answer({"Status": code, "TimeFrom": NOT_YET, "TimeUntil": NOT_YET})


def _summary(
    account: Account,
    given: Arguments,
    name: str,
    users: Sequence[User],
    faxes: Callable[[User, datetime.datetime, datetime.datetime], list[_Fax]],
) -> Answer:
    caller = administration.primary(account, given)
    since, until = given.moment("TimeFrom"), given.moment("TimeUntil")
    if until < since:
        raise Refused(_BAD_RANGE)
    if since.date() < (account.now() - _DAYS).date():
        raise Refused(_TOO_OLD)
    only_mine = given.flag("OnlyMyUser")
    asked = [user for user in users if user is caller or not only_mine]
    last = until + datetime.timedelta(days=1) if _is_date(until) else until
    result: dict[str, Value] = {
        "Status": 0,
        "TimeFrom": since,
        "TimeUntil": until,
        "Users": [(name, _line(name, user, faxes(user, since, last))) for user in asked],
    }
    return Answer(result)


def _is_date(time: datetime.datetime) -> bool:
    """Whether it names a whole day, which then counts to its end (inference)."""
    return time.time() == datetime.time.min


def _line(name: str, user: User, faxes: Sequence[_Fax]) -> dict[str, Value]:
    pages = sum(pages for _, pages in faxes)
    ids = [key for key, _ in faxes]
    cost = transactions.COST if name == "UserOutboundSummary" else decimal.Decimal(0)
    number: dict[str, Value] = {}
    if name == "UserInboundSummary" and user.rx is not None:
        number = {"PhoneNumber": numbers.canonical(user.rx.number)}
    return {
        "Username": user.name,
        **number,
        "TotalFaxes": len(faxes),
        "TotalPages": pages,
        "TotalUnits": decimal.Decimal(pages),
        "TotalCost": pages * cost,
        "MinTransactionID": min(ids, default=0),
        "MaxTransactionID": max(ids, default=0),
    }
