"""[prices.ACCOUNT]: what a fax to a number is expected to cost. The longest prefix wins."""

import decimal
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mailfax import number
from mailfax.money import Money
from mailfax.policy import lists, match, schema, tables

_PREFIX = re.compile(r"\+[0-9]{0,15}")
_AMOUNT = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
_CURRENCY = re.compile(r"[A-Z]{3}")

MINUTES = 1
"""For which a page holds the line, where calls are paid by time: 40 s at 14,400 bit/s, begun
minutes counting whole."""

UNITS = ("page", "minute", "call")


def read(document: schema.Table) -> dict[str, tables.Tariff]:
    """Every [prices.ACCOUNT]."""
    return {name: _tariff(name, table) for name, table in document.named("prices")}


def _tariff(name: str, table: schema.Table) -> tables.Tariff:
    table.only({"currency", *UNITS})
    currency = table.take("currency", _currency)
    if "currency" not in table:
        table.wrong("currency", f'{table.label} needs a currency, as "EUR"')
    if not set(UNITS) & table.data.keys():
        table.book.wrong(table.path, f"{table.label} needs prices: page, minute or call")
    units = {unit: _unit(table, unit) for unit in UNITS if unit in table}
    return tables.Tariff(account=name, currency=currency or "", units=units)


def _unit(table: schema.Table, unit: str) -> Mapping[str, decimal.Decimal]:
    """Prefix → amount, written in the file or in a CSV file beside it."""
    inner = schema.Table(table.book, _plain(table, unit), (*table.path, unit), f"{unit} = {{…}}")
    if "csv" not in inner:
        for prefix in inner.data:
            if not _PREFIX.fullmatch(prefix):
                inner.wrong(prefix, f"{prefix!r} must be a prefix, as '+49', or '+' for the rest")
        found = {prefix: inner.take(prefix, amount) for prefix in inner.data}
        return {prefix: price for prefix, price in found.items() if price is not None}
    inner.only({"csv"})
    rows = lists.rows(
        inner,
        "csv",
        inner.take("csv", schema.text) or "",
        column="prefix",
        pattern=_prefix,
        known={"price"},
        read=lambda line: {"price": line.take("price", amount)},
    )
    prices = {one.text: row.settings["price"] for one, row in rows.items()}
    return {prefix: price for prefix, price in prices.items() if price is not None}


def _plain(table: schema.Table, unit: str) -> dict[str, Any]:
    """One price for all numbers may be written without a table."""
    value = table.data[unit]
    return value if isinstance(value, dict) else {"+": value}


def _prefix(value: Any) -> match.Pattern:
    text = "+" + schema.text(value).removeprefix("+")
    if not _PREFIX.fullmatch(text):
        raise ValueError(f"{text!r} must be a prefix, as '+49'")
    return match.Exact(text, text)


@schema.shaped(type="string", pattern=f"^{_AMOUNT.pattern}$")
def amount(value: Any) -> decimal.Decimal:
    """An amount of money in quotes, so that it stays exact."""
    text = schema.text(value)
    if not _AMOUNT.fullmatch(text):
        raise ValueError(f"must be an amount, as '0.05', not {schema.shown(value)}")
    return decimal.Decimal(text)


@schema.shaped(type="string", pattern=f"^{_CURRENCY.pattern}$")
def _currency(value: Any) -> str:
    text = schema.text(value)
    if not _CURRENCY.fullmatch(text):
        raise ValueError(f"must be a currency as 'EUR', not {schema.shown(value)}")
    return text


def expected(
    tariffs: Mapping[str, tables.Tariff], account: str, fax: number.FaxNumber, pages: int
) -> Money | None:
    """What so many pages cost by this account; None when no price is known."""
    tariff = tariffs.get(account)
    if tariff is None:
        return None
    counts = {"page": pages, "minute": pages * MINUTES, "call": 1}
    found = {unit: _longest(prices, str(fax)) for unit, prices in tariff.units.items()}
    if None in found.values():
        return None
    total = sum((counts[unit] * price for unit, price in found.items() if price), decimal.Decimal())
    return Money(total, tariff.currency)


def cheapest(
    tariffs: Mapping[str, tables.Tariff], accounts: Sequence[str], fax: number.FaxNumber
) -> Money | None:
    """What the first page costs at the least by these accounts; None when none has a price."""
    found = [expected(tariffs, account, fax, 1) for account in accounts]
    known = [price for price in found if price is not None]
    return min(known, key=lambda price: price.amount, default=None)


def _longest(prices: Mapping[str, decimal.Decimal], fax: str) -> decimal.Decimal | None:
    starts = (fax[:length] for length in range(len(fax), 0, -1))
    return next((prices[start] for start in starts if start in prices), None)
