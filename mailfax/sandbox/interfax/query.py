"""dfs.asmx: FaxQuery2, a search by conditions (facts file, section 1)."""

import datetime
import re
from collections.abc import Callable, Sequence

from mailfax.sandbox.interfax import tracking
from mailfax.sandbox.interfax.account import Account, Refused, User
from mailfax.sandbox.interfax.envelope import NOT_YET, Arguments, Value
from mailfax.sandbox.interfax.page import Answer

_NOTHING_WANTED = -710
_BAD_VERB = -1030
_VERBS = (
    "Equals",
    "GreaterThan",
    "GreaterOrEqual",
    "LessThan",
    "LessOrEqual",
    "Like",
    "IncludedIn",
    "Between",
)
_ORDERS = (
    "TransactionID",
    "SubmitTime",
    "CompletionTime",
    "Status",
    "DestinationFax",
    "Subject",
    "PagesSent",
    "UserID",
    "ReplyEmail",
)
_CONDITIONS = {
    "Subject": "Subject",
    "FaxNumber": "DestinationFax",
    "UserID": "UserID",
    "ReplyAddress": "ReplyEmail",
    "TransactionID": "TransactionID",
    "ParentTransactionID": "ParentTransactionID",
    "Status": "Status",
}
"""Condition → field of the record."""

_Record = dict[str, Value]
_Key = int | str


def fax_query2(account: Account, given: Arguments) -> Answer:
    """FaxQuery2. Records count from 0, and a primary user searches the whole account (both
    inference).
    """
    user = account.login(given)
    form, control = given.part("QueryForm"), given.part("QueryControl")
    items, stats = control.flag("ReturnItems"), control.flag("ReturnStats")
    if not (items or stats):
        raise Refused(_NOTHING_WANTED)
    found = _found(account, user, form)
    if control.flag("OnlyParents"):
        found = [one for one in found if one["TransactionID"] == one["ParentTransactionID"]]
    order = control.choice("OrderBy", _ORDERS)
    found.sort(key=lambda one: _sortable(one[order]), reverse=not control.flag("AscOrderDirection"))
    result: dict[str, Value] = {
        "ResultCode": 0,
        "FaxItems": [("FaxItemEx2", one) for one in _page(found, control)] if items else None,
        "Stats": _stats(found) if stats else None,
        "TotalTransactionsNum": len(found),
    }
    return Answer(result)


def failed(code: int) -> Answer:
    """How it answers a code."""
    return Answer({"ResultCode": code, "TotalTransactionsNum": 0})


def _found(account: Account, user: User, form: Arguments) -> list[_Record]:
    tests = [
        test
        for name, field in _CONDITIONS.items()
        if (test := _condition(form.part(name), field)) is not None
    ]
    since, until = form.moment("DateFrom"), form.moment("DateTo")
    whose = None if user.primary else user
    hidden = form.flag("ShowHiddenTransactions")
    listed = account.sent_with_hidden(whose) if hidden else account.sent(whose)
    return [
        one
        for one in tracking.records(account, listed)
        if all(test(one) for test in tests) and _within(one["SubmitTime"], since, until)
    ]


def _within(time: Value, since: datetime.datetime, until: datetime.datetime) -> bool:
    assert isinstance(time, datetime.datetime)
    return since <= time and (until == NOT_YET or time <= until)


def _condition(given: Arguments, field: str) -> Callable[[_Record], bool] | None:
    """A test of one field; None when nothing is asked of it. Raises `Refused`."""
    verb = given.choice("Verb", _VERBS)
    words = given.text("VerbData")
    if not words:
        return None
    numeric = field in {"TransactionID", "ParentTransactionID", "Status"}
    if verb == "Like":
        pattern = ".*".join(re.escape(part) for part in words.split("%"))
        like = re.compile(pattern, re.IGNORECASE | re.DOTALL)
        return lambda one: like.fullmatch(str(one[field])) is not None
    many = words.split(",") if verb in {"IncludedIn", "Between"} else [words]
    values = [_operand(word, numeric=numeric) for word in many]
    test = _comparison(verb, values)
    return lambda one: test(one[field] if numeric else str(one[field]).lower())  # type: ignore[arg-type]


def _comparison(verb: str, values: Sequence[_Key]) -> Callable[[_Key], bool]:
    if verb == "IncludedIn":
        return lambda value: value in values
    if verb == "Between" and len(values) == 2:
        return lambda value: values[0] <= value <= values[1]  # type: ignore[operator]
    tests: dict[str, Callable[[_Key], bool]] = {
        "Equals": lambda value: value == values[0],
        "GreaterThan": lambda value: value > values[0],  # type: ignore[operator]
        "GreaterOrEqual": lambda value: value >= values[0],  # type: ignore[operator]
        "LessThan": lambda value: value < values[0],  # type: ignore[operator]
        "LessOrEqual": lambda value: value <= values[0],  # type: ignore[operator]
    }
    if verb not in tests or len(values) != 1:
        raise Refused(_BAD_VERB)
    return tests[verb]


def _operand(word: str, *, numeric: bool) -> _Key:
    word = word.strip()
    if not numeric:
        return word.lower()
    if not re.fullmatch(r"-?\d{1,18}", word, re.ASCII):
        raise Refused(_BAD_VERB)
    return int(word)


def _sortable(value: Value) -> tuple[str, str | int | float]:
    if isinstance(value, datetime.datetime):
        return "", (value - NOT_YET).total_seconds()
    return ("", value) if isinstance(value, int) else ("", str(value))


def _page(found: Sequence[_Record], control: Arguments) -> Sequence[_Record]:
    first, most = max(0, control.whole("StartingRecord")), control.whole("NumOfResults")
    return found[first : first + most] if most > 0 else found[first:]


def _stats(found: Sequence[_Record]) -> list[tuple[str, Value]]:
    counts: dict[int, int] = {}
    for one in found:
        status = one["Status"]
        assert isinstance(status, int)
        counts[status] = counts.get(status, 0) + 1
    return [
        ("StatusCount", {"Status": status, "Count": count})
        for status, count in sorted(counts.items())
    ]
