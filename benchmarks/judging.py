"""Rows 25 and 26: the rules' judge, on 5,000 rules of which 50 are patterns: CPU alone."""

import datetime
import pathlib
import random
import time
from collections.abc import Iterator

import bench
import table
from measure import Scale
from table import Cell

from mailfax import number
from mailfax.model import Proof, Recipient
from mailfax.policy import decide, explain, rules
from mailfax.policy.tables import Rules

ROWS = frozenset({25, 26})
RULES = 5000
_NOW = datetime.datetime(2025, 3, 3, 9, 30, tzinfo=datetime.UTC)


def cells(rows: frozenset[int], scale: Scale, _work: pathlib.Path) -> Iterator[Cell]:
    """The cells of these rows."""
    book, chance = _book(), random.Random("judging")
    if 25 in rows:
        for what, header in (("whole mails", True), ("at RCPT", False)):
            mails = [_mail(chance.randrange(RULES), header) for _ in range(scale.of(20_000, 500))]
            yield _cell(25, what, "/s", len(mails) / _judged(book, mails))
    if 26 in rows:
        mails = [_mail(RULES - n, header=False) for n in range(1, scale.of(20, 2))]
        began = time.process_time()
        for mail in mails:
            explain.report(book, mail, _NOW)
        yield _cell(26, "rules part", "ms", (time.process_time() - began) / len(mails) * 1000)


def _cell(row: int, what: str, unit: str, ours: float) -> Cell:
    title = table.ROWS[row]
    return Cell(row=row, what=what, bar=title.bar, target=title.target, unit=unit, ours=ours)


def _judged(book: Rules, mails: list[decide.Facts]) -> float:
    """Seconds for all of them."""
    decide.decide(book, mails[0], _NOW)
    began = time.process_time()
    for mail in mails:
        decide.decide(book, mail, _NOW)
    return time.process_time() - began


def _book() -> Rules:
    lines = ["version = 1", 'defaults = { country = "US", provider = ["main"] }']
    for n in range(RULES):
        lines += ["[[send]]", _conditions(n), 'proof = "login"']
    lines += ["[[send]]", 'action = "reject"', "[[receive]]", 'deliver = "fax@example.com"']
    return rules.parse("\n".join(lines).encode(), "rules.toml")


def _conditions(n: int) -> str:
    """A pattern, an address, a domain, or one and the same domain and a number."""
    if n % 100 == 0:
        return f'from = "re:user{n}[a-z]+@example.com"'
    if n % 3 == 0:
        return f'from = "user{n}@example{n % 97}.com"'
    if n % 3 == 1:
        return f'from = "@d{n}.example.com"'
    return f'from = "@example.com"\nto = "+1202555{n:04d}"'


def _mail(n: int, header: bool) -> decide.Facts:
    """One that rule `n` is about."""
    authors = (f"user{n}@example{n % 97}.com", f"ann@d{n}.example.com", "bob@example.com")
    to = number.FaxNumber(f"1202555{n:04d}")
    return decide.Facts(
        mail_from=authors[n % 3],
        header_from=authors[n % 3] if header else decide.UNKNOWN,
        proof=Proof(login=authors[n % 3]),
        recipient=Recipient(address=f"{to}@fax.example.com", number=to),
    )


if __name__ == "__main__":
    bench.alone(cells, ROWS)
