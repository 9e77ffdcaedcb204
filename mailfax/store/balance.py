"""Arithmetic of one budget in one period: what is used, what is left, what a fax would take."""

import dataclasses
import datetime
import decimal
from collections.abc import Iterator, Mapping

from mailfax.model import BREAKER
from mailfax.money import Money

NOTHING = decimal.Decimal(0)


@dataclasses.dataclass(frozen=True, slots=True)
class Share:
    """What a fax takes of a budget; `money` is None where its price is not known."""

    faxes: int
    pages: int
    money: decimal.Decimal | None

    def minus(self, other: "Share") -> "Share":
        """What is to be added to `other`, so that it becomes this."""
        money = None if self.money is None else self.money - (other.money or NOTHING)
        return Share(self.faxes - other.faxes, self.pages - other.pages, money)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """One budget of one payer in one period."""

    budget: str
    payer: str
    starts: datetime.datetime
    ends: datetime.datetime
    faxes: int
    """Used, or reserved for what is under way; so are `pages` and `money`."""
    pages: int
    money: decimal.Decimal
    most_faxes: int | None
    most_pages: int | None
    most_money: decimal.Decimal | None
    currency: str | None
    soft: decimal.Decimal
    warned: int
    told: Mapping[str, str] | None
    """Whom to warn (`to`), and in which `language` and `zone`."""

    def objection(self, more: Share) -> str | None:
        """Why there is not so much left, as a sentence; None: there is."""
        if self.broken:
            return f"too much was faxed from {self.starts:%Y-%m-%d %H:%M %Z} on: please try later"
        if more.money is None and self.most_money is not None:
            return f"no price is known for this fax, and {self.named} is in money"
        added = {
            "faxes": decimal.Decimal(more.faxes),
            "pages": decimal.Decimal(more.pages),
            "money": more.money or NOTHING,
        }
        for unit, used, most in self._limits():
            if added[unit] > 0 and used + added[unit] > most:
                return (
                    f"{self.named} does not reach until {self.ends:%Y-%m-%d %H:%M %Z}: "
                    f"of {self._shown(unit, most)} {used:f} are used, "
                    f"and this fax needs {added[unit]:f}"
                )
        return None

    @property
    def latches(self) -> bool:
        """Whether it stays used up until a person resets it."""
        return self.budget == BREAKER

    @property
    def broken(self) -> bool:
        """Whether it waits for that person."""
        return self.latches and self.warned > 0

    def tripped(self) -> "Balance":
        """The breaker that was asked for too much; another budget as it is."""
        return dataclasses.replace(self, warned=1) if self.latches and not self.warned else self

    @property
    def named(self) -> str:
        """As people read it."""
        return f"the budget {self.budget!r} ({self.payer})"

    @property
    def lines(self) -> tuple[str, ...]:
        """Each limit and what is used of it, as `81 of 100 faxes`."""
        found = self._limits()
        return tuple(f"{used:f} of {self._shown(unit, most)}" for unit, used, most in found)

    @property
    def near(self) -> bool:
        """Whether so much is used of any limit that there is a warning."""
        return any(used >= most * self.soft and used > 0 for _, used, most in self._limits())

    def plus(self, more: Share) -> "Balance":
        """The balance with so much more used, and the warning that comes of it."""
        new = dataclasses.replace(
            self,
            faxes=self.faxes + more.faxes,
            pages=self.pages + more.pages,
            money=self.money + (more.money or NOTHING),
        )
        if self.warned or not (new.over if self.latches else new.near):
            return new
        return dataclasses.replace(new, warned=1)

    @property
    def over(self) -> bool:
        """Whether more of a limit is used than there is."""
        return any(used > most for _, used, most in self._limits())

    def _limits(self) -> Iterator[tuple[str, decimal.Decimal, decimal.Decimal]]:
        limits = (
            ("faxes", self.faxes, self.most_faxes),
            ("pages", self.pages, self.most_pages),
            ("money", self.money, self.most_money),
        )
        for unit, used, most in limits:
            if most is not None:
                yield unit, decimal.Decimal(used), decimal.Decimal(most)

    def _shown(self, unit: str, most: decimal.Decimal) -> str:
        return f"{most:f} {self.currency if unit == 'money' else unit}"


def price(money: Money | None, currency: str | None) -> decimal.Decimal | None:
    """A price as an amount in the budget's currency; None for other money."""
    if money is None or currency not in {None, money.currency}:
        return None
    return money.amount
