"""Amounts of money: exact, each with its currency."""

import dataclasses
import decimal
import re

_WRITTEN = re.compile(r"(?P<amount>[0-9]{1,9}(?:\.[0-9]{1,6})?) (?P<currency>[A-Z]{3})")


@dataclasses.dataclass(frozen=True, slots=True)
class Money:
    """`currency` is of ISO 4217, as `EUR`."""

    amount: decimal.Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"


def parse(text: str) -> Money:
    """Read `5.00 EUR`; raises ValueError with half a sentence for anything else."""
    found = _WRITTEN.fullmatch(text)
    if not found:
        raise ValueError(f"must be an amount with its currency, as '5.00 EUR', not {text!r}")
    return Money(decimal.Decimal(found["amount"]), found["currency"])


def reported(text: str | None, currency: str) -> decimal.Decimal | None:
    """What a provider says that a fax has cost; None when it says nothing, or other money.

    A bare amount is in `currency`, in which the account is kept.
    """
    if not text:
        return None
    try:
        found = parse(text if " " in text.strip() else f"{text.strip()} {currency}")
    except ValueError:
        return None
    return found.amount if found.currency == currency else None
