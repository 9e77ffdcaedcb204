"""[budgets.NAME]: how much a sender, a domain, a group, a number or all may fax in a day or month.

What is used is the ledger's business; here it is said who pays, in which period, and how much
there is.
"""

import datetime
import decimal
import zoneinfo
from collections.abc import Iterator, Mapping
from typing import Any

from mailfax import money
from mailfax.model import BREAKER, Charge, Decision
from mailfax.number import FaxNumber
from mailfax.policy import match, schema, tables

PER = ("sender", "domain", "group", "number", "all")
EVERY = ("day", "month")
LIMITS = frozenset(("faxes", "pages", "money"))

_AT_MOST = schema.whole(0, 1_000_000_000)


def read(document: schema.Table) -> dict[str, tables.Budget]:
    """Every [budgets.NAME], the zone empty where it names none."""
    return {name: _budget(name, table) for name, table in document.named("budgets")}


def breaker(document: schema.Table) -> tables.Budget | None:
    """[breaker]: what all together may fax in an hour."""
    if BREAKER not in document:
        return None
    table = document.table(BREAKER)
    table.only(LIMITS)
    return _limited(BREAKER, table, per="all", every="hour", zone="UTC")


def _budget(name: str, table: schema.Table) -> tables.Budget:
    table.only({"per", "every", *LIMITS, "soft", "zone"})
    if name == BREAKER:
        table.book.wrong(table.path, f"{BREAKER} is no name for a budget: write [{BREAKER}]")
    for key in ("per", "every"):
        if key not in table:
            table.wrong(key, f"{table.label} must say {key}")
    return _limited(
        name,
        table,
        per=table.take("per", schema.one_of(*PER)) or "all",
        every=table.take("every", schema.one_of(*EVERY)) or "day",
        soft=table.take("soft", _share) or decimal.Decimal(1),
        zone=table.take("zone", schema.zone) or "",
    )


def _limited(name: str, table: schema.Table, **more: Any) -> tables.Budget:
    if not LIMITS & table.data.keys():
        table.book.wrong(table.path, f"{table.label} needs a limit: faxes, pages or money")
    return tables.Budget(
        name=name,
        faxes=table.take("faxes", _AT_MOST),
        pages=table.take("pages", _AT_MOST),
        money=table.take("money", amount),
        **more,
    )


@schema.shaped(type="string", pattern="^[0-9]+(\\.[0-9]+)? [A-Z]{3}$")
def amount(value: Any) -> money.Money:
    """Money as `20.00 EUR`."""
    return money.parse(schema.text(value))


@schema.shaped(type="number", exclusiveMinimum=0, maximum=1)
def _share(value: Any) -> decimal.Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise ValueError(f"must be a share from 0 to 1, as 0.8, not {schema.shown(value)}")
    return decimal.Decimal(str(value))


def currencies(rules: tables.Rules) -> set[str]:
    """Every currency that the file speaks of."""
    groups = [line for group in rules.groups.values() for line in _settings(group)]
    layers = [rules.defaults, *groups, *(rule.settings for rule in rules.send)]
    every = [*rules.budgets.values(), *([rules.breaker] if rules.breaker else [])]
    amounts = [budget.money for budget in every]
    amounts += [layer.get("approve_money") for layer in layers]
    written = {one.currency for one in amounts if one is not None}
    return written | {tariff.currency for tariff in rules.prices.values()}


def _settings(group: tables.Group) -> Iterator[Mapping[str, Any]]:
    yield group.settings
    yield from (row.settings for row in group.rows.values())


def charges(
    rules: tables.Rules, decision: Decision, sender: str, fax: FaxNumber, now: datetime.datetime
) -> tuple[Charge, ...]:
    """What a fax that is accepted now draws on; `sender` is whose fax it is."""
    wanted = [rules.budgets[name] for name in decision.budget if name in rules.budgets]
    wanted += [rules.breaker] if rules.breaker else []
    return tuple(_charge(budget, decision, sender, fax, now) for budget in wanted)


def _charge(
    budget: tables.Budget, decision: Decision, sender: str, fax: FaxNumber, now: datetime.datetime
) -> Charge:
    starts, ends = period(budget.every, budget.zone, now)
    return Charge(
        budget=budget.name,
        payer=_payer(budget.per, decision, match.address(sender), fax),
        starts=starts,
        ends=ends,
        faxes=budget.faxes,
        pages=budget.pages,
        money=budget.money,
        soft=budget.soft,
        teller="" if decision.confirm or budget.name == BREAKER else sender,
        zone=budget.zone,
        language=decision.language,
    )


def _payer(per: str, decision: Decision, sender: str, fax: FaxNumber) -> str:
    payers = {
        "sender": sender,
        "domain": sender.rpartition("@")[2],
        "group": next(iter(decision.groups), "none"),
        "number": str(fax),
    }
    return f"{per} {payers[per]}" if per in payers else per


def period(
    every: str, zone: str, now: datetime.datetime
) -> tuple[datetime.datetime, datetime.datetime]:
    """The hour, day or month in this zone that holds `now`: its first moment, and the next one's.

    Hours are those of UTC.
    """
    local = now.astimezone(zoneinfo.ZoneInfo(zone))
    if every == "hour":
        start = now.astimezone(datetime.UTC).replace(minute=0, second=0, microsecond=0)
        return start, start + datetime.timedelta(hours=1)
    start = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if every == "day":
        return start, start + datetime.timedelta(days=1)
    start = start.replace(day=1)
    return start, (start + datetime.timedelta(days=32)).replace(day=1)
