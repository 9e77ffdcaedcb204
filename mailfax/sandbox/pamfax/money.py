"""Currencies: all is kept in EUR and told in the user's currency (vendor's page, "Currencies")."""

import dataclasses
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from mailfax.sandbox.pamfax import answer

_CENT = Decimal("0.01")


@dataclasses.dataclass(frozen=True, slots=True)
class Currency:
    """What a user may be billed in."""

    code: str
    symbol: str
    rate: Decimal
    """EUR for one of it."""

    def told(self, euros: Decimal) -> Decimal:
        """An amount kept in EUR, as this currency's answers have it."""
        return (euros / self.rate).quantize(_CENT, ROUND_HALF_UP)

    def kept(self, amount: Decimal) -> Decimal:
        """An amount of this currency in EUR."""
        return amount * self.rate

    def formatted(self, euros: Decimal) -> str:
        """As `0,09 €` (facts file, section 5, GetPagePrice)."""
        return f"{self.told(euros)} {self.symbol}".replace(".", ",")

    def entry(self) -> answer.Object:
        """As the list of currencies has it; the names of the fields are inference."""
        return {"code": self.code, "raw_symbol": self.symbol, "rate": self.rate}


EURO = Currency("EUR", "€", Decimal(1))
CURRENCIES: Mapping[str, Currency] = {
    one.code: one
    for one in (
        EURO,
        Currency("USD", "$", Decimal("0.7712")),
        Currency("GBP", "£", Decimal("1.1716")),
        Currency("CHF", "CHF", Decimal("0.9275")),
        Currency("JPY", "¥", Decimal("0.0066")),
        Currency("AUD", "A$", Decimal("0.6120")),
    )
}
