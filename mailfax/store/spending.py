"""What is used of the budgets: reserved with a job, corrected when it is sent, given back.

Each period of each payer is a row of `spending`; what a job has of it is a row of `charges`, so
that the one is the sum of the other. Rows are locked in one order before they are read: two nodes
that accept at once wait for each other, and neither overspends. A clock that is set back opens
no period again: what is used then is counted in the last one there was.
"""

import dataclasses
import typing
import zoneinfo
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from mailfax import money
from mailfax.model import BREAKER, Charge
from mailfax.money import Money
from mailfax.states import Event, State
from mailfax.store import balance, changes, database, deliveries, leases, schema
from mailfax.store.balance import Balance, Share

KEPT = 100 * 86_400.0
"""Seconds after the end of a period until it is forgotten."""

_ROW, _CHARGE, _SENT = schema.spending.c, schema.charges.c, schema.transmissions.c

_MAYBE = frozenset({Event.CANNOT_KNOW, Event.STALL, Event.DEADLINE, Event.LOSE})
"""How a transmission ended that may have been sent, and paid for."""

Key = tuple[str, str, float]
"""Budget, payer, and when the period began."""


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    """A job on its way into the ledger, what it draws on, and the price of its first page."""

    job: str
    charges: tuple[Charge, ...]
    price: Money | None


class Refusal(typing.NamedTuple):
    """Why a job is not accepted."""

    why: str
    later: bool = False
    """The same mail may be taken when a person has reset the breaker."""


class Spending:
    """The budgets, as people look at them."""

    def __init__(self, base: database.Database) -> None:
        self._base = base

    def list(self, *, every: bool = False) -> Sequence[Balance]:
        """The budgets of periods that are not over, the latest first; `every`: of all kept."""
        query = sa.select(schema.spending).order_by(_ROW.budget, _ROW.payer, _ROW.starts.desc())
        if not every:
            query = query.where(_ROW.ends > database.stamp(self._base.now()))
        with self._base.read() as connection:
            return [_balance(row) for row in connection.execute(query).mappings()]

    def breaker(self) -> Balance | None:
        """The breaker that has tripped; None: none has."""
        return next((one for one in self.list(every=True) if one.broken), None)

    def of(self, job: str) -> Mapping[str, Share]:
        """Budget → what this job has reserved or used of it."""
        query = sa.select(schema.charges).where(_CHARGE.job == job).order_by(_CHARGE.budget)
        with self._base.read() as connection:
            return {row["budget"]: _share(row) for row in connection.execute(query).mappings()}

    def unwarned(self, limit: int) -> Sequence[Balance]:
        """Budgets of which somebody is to be warned now."""
        query = sa.select(schema.spending).where(_ROW.warned == sa.literal_column("1"))
        with self._base.read() as connection:
            found = connection.execute(query.limit(limit)).mappings()
            return [_balance(row) for row in found]

    def warned(self, of: Balance, new: Sequence[deliveries.NewDelivery]) -> None:
        """In one commit: these mails go out, and this budget has been warned of."""
        with self._base.write("warned") as connection:
            mine = sa.update(schema.spending).where(_same(_key(of)), _ROW.warned == 1)
            if connection.execute(mine.values(warned=2)).rowcount:
                deliveries.insert(self._base, connection, new)

    def reset(self, budget: str, payer: str) -> int:
        """Forget what this payer has used of a budget; returns how many periods that were.

        What is under way then is not counted either.
        """
        with self._base.write("reset") as connection:
            of = (_CHARGE.budget == budget, _CHARGE.payer == payer)
            connection.execute(sa.delete(schema.charges).where(*of))
            mine = (_ROW.budget == budget, _ROW.payer == payer)
            return connection.execute(sa.delete(schema.spending).where(*mine)).rowcount

    def sweep(self) -> int:
        """Forget periods that ended long ago; returns how many."""
        with self._base.write("sweep") as connection:
            old = _ROW.ends <= database.stamp(self._base.now()) - KEPT
            over = sa.exists().where(
                _CHARGE.budget == _ROW.budget,
                _CHARGE.payer == _ROW.payer,
                _CHARGE.starts == _ROW.starts,
                old,
            )
            connection.execute(sa.delete(schema.charges).where(over))
            return connection.execute(sa.delete(schema.spending).where(old)).rowcount


# ── In somebody else's commit ──────────────────────────────────────────────────────────


def reserve(
    base: database.Database, connection: sa.Connection, orders: Sequence[Order]
) -> tuple[dict[str, Refusal], list[dict[str, Any]]]:
    """Reserve a fax and its first page for each job, in order, while there is enough.

    Returns what is said of each job that is refused, and rows of `charges` to be inserted
    once the jobs are.
    """
    if not any(order.charges for order in orders):
        return {}, []
    said = {_whose(charge): charge for order in orders for charge in order.charges}
    keys = _periods(connection, said)
    books = _opened(base, connection, {keys[whose]: charge for whose, charge in said.items()})
    refused: dict[str, Refusal] = {}
    made: list[dict[str, Any]] = []
    for order in orders:
        shares = {keys[_whose(charge)]: _first(charge, order.price) for charge in order.charges}
        objections = {key: books[key].objection(share) for key, share in shares.items()}
        against = [key for key, why in objections.items() if why]
        if against:
            later = any(books[key].latches for key in against)
            refused[order.job] = Refusal(objections[against[0]] or "", later)
            books |= {key: books[key].tripped() for key in against}
            continue
        for key, share in shares.items():
            books[key] = books[key].plus(share)
            made.append(_charge_row(order.job, key, share))
    _write(connection, books)
    return refused, made


def insert(connection: sa.Connection, made: Sequence[Mapping[str, Any]]) -> None:
    """Keep what was reserved."""
    if made:
        connection.execute(sa.insert(schema.charges), list(made))


def enlarge(
    connection: sa.Connection, wanted: Mapping[str, tuple[int, Money | None]]
) -> dict[str, str]:
    """Reserve for jobs that are about to be sent what they really need: pages, and their price.

    Returns the sentence for each job for which there is not enough; it keeps what it had.
    """
    charges = _charges(connection, wanted) if wanted else []
    books = _locked(connection, charges)
    refused = {}
    for job in sorted({row["job"] for row in charges}):
        pages, cost = wanted[job]
        mine = [row for row in charges if row["job"] == job and _key_of(row) in books]
        shares = [_whole(books[_key_of(row)], pages, cost) for row in mine]
        more = [share.minus(_share(row)) for row, share in zip(mine, shares, strict=True)]
        objections = (
            books[_key_of(row)].objection(one)
            for row, one in zip(mine, more, strict=True)
            if not books[_key_of(row)].latches
        )
        if why := next(filter(None, objections), None):
            refused[job] = why
        else:
            _move(connection, books, mine, shares)
    _write(connection, books)
    return refused


def lock(connection: sa.Connection, jobs: Collection[str]) -> None:
    """Take all that these jobs draw on, before some of it is needed and then more."""
    _locked(connection, _charges(connection, jobs))


def close(connection: sa.Connection, ended: Mapping[str, State]) -> None:
    """Correct what these jobs had reserved to what they have used; the rest goes back."""
    charges = _charges(connection, ended) if ended else []
    if not charges:
        return
    books = _locked(connection, charges)
    sent = _sent(connection, {row["job"] for row in charges})
    for row in charges:
        if _key_of(row) in books:
            currency = books[_key_of(row)].currency
            used = _used(ended[row["job"]], _share(row), sent.get(row["job"], []), currency)
            _move(connection, books, [row], [used])
    _write(connection, books)


def _used(state: State, had: Share, sent: Sequence[leases.Row], currency: str | None) -> Share:
    """What a fax has used in the end: what it cost is as the provider says, where it does."""
    reports = [row["report"] or {} for row in sent]
    told = [money.reported(one.get("cost"), currency) for one in reports if currency]
    costs = [cost for cost in told if cost is not None]
    paid = sum(costs, balance.NOTHING) if costs else None
    if state in changes.GOOD or any(row["outcome"] in _MAYBE for row in sent):
        return Share(1, had.pages, had.money if paid is None else paid)
    pages = sum(one.get("pages_sent") or 0 for one in reports)
    return Share(0, pages, paid or (had.money if pages and paid is None else balance.NOTHING))


# ── Rows ───────────────────────────────────────────────────────────────────────────────


def _periods(
    connection: sa.Connection, said: Mapping[tuple[str, str], Charge]
) -> dict[tuple[str, str], Key]:
    """For each budget and payer the period that is open: by the clock, or the last there was."""
    query = (
        sa.select(_ROW.budget, _ROW.payer, sa.func.max(_ROW.starts))
        .where(sa.tuple_(_ROW.budget, _ROW.payer).in_(sorted(said)))
        .group_by(_ROW.budget, _ROW.payer)
    )
    known = {(budget, payer): starts for budget, payer, starts in connection.execute(query)}
    broken = sa.select(sa.func.max(_ROW.starts)).where(_ROW.budget == BREAKER, _ROW.warned > 0)
    found = {
        whose: (*whose, max(database.stamp(charge.starts), known.get(whose, 0.0)))
        for whose, charge in said.items()
    }
    for whose in [whose for whose in said if whose[0] == BREAKER]:
        since = connection.scalar(broken)
        found[whose] = found[whose] if since is None else (*whose, since)
    return found


def _opened(
    base: database.Database, connection: sa.Connection, said: Mapping[Key, Charge]
) -> dict[Key, Balance]:
    """The rows of these periods, locked, each with the limits that were said last."""
    opening = base.insert(schema.spending).on_conflict_do_nothing()
    connection.execute(opening, [_new_row(key, said[key]) for key in sorted(said)])
    found = _lock(connection, said)
    return {key: _limited(found[key], charge) for key, charge in said.items()}


def _limited(book: Balance, charge: Charge) -> Balance:
    return dataclasses.replace(
        book,
        ends=max(book.ends, charge.ends),
        most_faxes=charge.faxes,
        most_pages=charge.pages,
        most_money=charge.money.amount if charge.money else None,
        currency=charge.money.currency if charge.money else book.currency,
        soft=charge.soft,
        told=_told(charge),
    )


def _told(charge: Charge) -> dict[str, str]:
    return {"to": charge.teller, "language": charge.language, "zone": charge.zone}


def _lock(connection: sa.Connection, keys: Collection[Key]) -> dict[Key, Balance]:
    """These rows, as far as they are there, nobody else's to change until the commit."""
    if not keys:
        return {}
    named = sa.tuple_(_ROW.budget, _ROW.payer, _ROW.starts).in_(sorted(keys))
    query = sa.select(schema.spending).where(named)
    ordered = query.order_by(_ROW.budget, _ROW.payer, _ROW.starts).with_for_update()
    return {_key_of(row): _balance(row) for row in connection.execute(ordered).mappings()}


def _locked(connection: sa.Connection, charges: Sequence[leases.Row]) -> dict[Key, Balance]:
    return _lock(connection, {_key_of(row) for row in charges})


def _write(connection: sa.Connection, books: Mapping[Key, Balance]) -> None:
    if books:
        connection.execute(_WRITING, [_written(key, book) for key, book in books.items()])


_KEPT_BY_NAME = (
    *("faxes", "pages", "money", "most_faxes", "most_pages", "most_money"),
    *("currency", "soft", "warned", "told"),
)

_WRITING = (
    sa.update(schema.spending)
    .where(
        _ROW.budget == sa.bindparam("of_budget"),
        _ROW.payer == sa.bindparam("of_payer"),
        _ROW.starts == sa.bindparam("of_starts"),
    )
    .values({name: sa.bindparam(f"new_{name}") for name in ("ends", *_KEPT_BY_NAME)})
)


def _written(key: Key, book: Balance) -> dict[str, Any]:
    new = {f"new_{name}": getattr(book, name) for name in _KEPT_BY_NAME}
    of = dict(zip(("of_budget", "of_payer", "of_starts"), key, strict=True))
    return {**of, **new, "new_ends": database.stamp(book.ends)}


def _new_row(key: Key, charge: Charge) -> dict[str, Any]:
    budget, payer, starts = key
    return {
        "budget": budget,
        "payer": payer,
        "starts": starts,
        "ends": database.stamp(charge.ends),
        "faxes": 0,
        "pages": 0,
        "money": balance.NOTHING,
        "soft": charge.soft,
        "warned": 0,
    }


def _balance(row: leases.Row) -> Balance:
    kept = {name: row[name] for name in (*_KEPT_BY_NAME, "budget", "payer")}
    zone = zoneinfo.ZoneInfo((row["told"] or {}).get("zone", "UTC"))
    starts, ends = (database.moment(row[name]).astimezone(zone) for name in ("starts", "ends"))
    return Balance(starts=starts, ends=ends, **kept)


def _charges(connection: sa.Connection, jobs: Collection[str]) -> Sequence[leases.Row]:
    query = sa.select(schema.charges).where(_CHARGE.job.in_(sorted(jobs)))
    return connection.execute(query.order_by(_CHARGE.job, _CHARGE.budget)).mappings().all()


def _move(
    connection: sa.Connection,
    books: dict[Key, Balance],
    charges: Sequence[leases.Row],
    shares: Sequence[Share],
) -> None:
    """Make the shares of one job what they are to be, and the balances with them."""
    for row, share in zip(charges, shares, strict=True):
        books[_key_of(row)] = books[_key_of(row)].plus(share.minus(_share(row)))
        mine = (_CHARGE.job == row["job"], _CHARGE.budget == row["budget"])
        connection.execute(sa.update(schema.charges).where(*mine).values(_plain(share)))


def _first(charge: Charge, price: Money | None) -> Share:
    """What a fax reserves whose pages are still to be made: it has one at the least."""
    return Share(1, 1, balance.price(price, charge.money.currency if charge.money else None))


def _whole(book: Balance, pages: int, price: Money | None) -> Share:
    return Share(1, pages, balance.price(price, book.currency))


def _charge_row(job: str, key: Key, share: Share) -> dict[str, Any]:
    budget, payer, starts = key
    return {
        "job": job,
        "budget": budget,
        "payer": payer,
        "starts": starts,
        **_plain(share),
    }


def _plain(share: Share) -> dict[str, Any]:
    money_ = share.money or balance.NOTHING
    return {"faxes": share.faxes, "pages": share.pages, "money": money_}


def _share(row: leases.Row) -> Share:
    return Share(row["faxes"], row["pages"], row["money"])


def _sent(connection: sa.Connection, jobs: Collection[str]) -> Mapping[str, list[leases.Row]]:
    """What became of every handing-over of these jobs."""
    query = sa.select(_SENT.job, _SENT.outcome, _SENT.report).where(_SENT.job.in_(sorted(jobs)))
    found: dict[str, list[leases.Row]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["job"], []).append(row)
    return found


def _whose(charge: Charge) -> tuple[str, str]:
    return charge.budget, charge.payer


def _key_of(row: leases.Row) -> Key:
    return row["budget"], row["payer"], row["starts"]


def _key(book: Balance) -> Key:
    return book.budget, book.payer, database.stamp(book.starts)


def _same(key: Key) -> sa.ColumnElement[bool]:
    budget, payer, starts = key
    return sa.and_(_ROW.budget == budget, _ROW.payer == payer, _ROW.starts == starts)
