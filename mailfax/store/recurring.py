"""What the mails of a domain bring again and again: pictures and blocks of text, by digest.

Facts only: what follows from them is decided where documents are drawn.
"""

import dataclasses
from collections.abc import Collection

import sqlalchemy as sa

from mailfax.store import database, schema

OFTEN = 3
"""Earlier mails with the same thing that make it one that comes again."""
REMEMBERED = 180 * 86400.0
"""Seconds since it came last, after which a thing is forgotten."""
_MOST = 2000
"""Things of one domain that are told at once, the latest."""

_ROW = schema.recurring.c


@dataclasses.dataclass(frozen=True, slots=True)
class History:
    """What came before one mail of a domain."""

    book: "Recurring"
    domain: str
    mail: str

    def recurring(self) -> frozenset[str]:
        """Digests of what several earlier mails brought."""
        return self.book.known(self.domain, self.mail)

    def note(self, digests: Collection[str]) -> None:
        """Remember what this mail brought."""
        self.book.note(self.domain, self.mail, digests)


class Recurring:
    """How many mails of each domain have brought the same thing."""

    def __init__(self, base: database.Database) -> None:
        self._base = base
        insert = base.insert(schema.recurring)
        self._count = insert.on_conflict_do_update(
            index_elements=[_ROW.domain, _ROW.digest],
            set_={
                "mails": _ROW.mails + 1,
                "mail": insert.excluded.mail,
                "seen_at": insert.excluded.seen_at,
            },
            where=_ROW.mail < insert.excluded.mail,
        )

    def of(self, domain: str, mail: str) -> History:
        """The history of a domain, as the mail with this id finds it."""
        return History(self, domain, mail)

    def known(self, domain: str, mail: str) -> frozenset[str]:
        """What came in at least `OFTEN` mails of the domain before this one."""
        before = _ROW.mails - sa.case((_ROW.mail == mail, 1), else_=0)
        query = (
            sa.select(_ROW.digest)
            .where(_ROW.domain == domain, before >= OFTEN)
            .order_by(_ROW.seen_at.desc())
            .limit(_MOST)
        )
        with self._base.read() as connection:
            return frozenset(connection.scalars(query))

    def note(self, domain: str, mail: str, digests: Collection[str]) -> None:
        """Count this mail for each of the digests, however often it is drawn.

        Ids of mails sort by time: one that is drawn after a later mail is not counted.
        """
        if not digests or not domain:
            return
        now = database.stamp(self._base.now())
        rows = [
            {"domain": domain, "digest": digest, "mail": mail, "mails": 1, "seen_at": now}
            for digest in sorted(set(digests))
        ]
        with self._base.write("recurring") as connection:
            connection.execute(self._count, rows)

    def sweep(self) -> int:
        """Forget what has not come for half a year; returns how much."""
        old = _ROW.seen_at <= database.stamp(self._base.now()) - REMEMBERED
        with self._base.write("sweep") as connection:
            return connection.execute(sa.delete(schema.recurring).where(old)).rowcount
