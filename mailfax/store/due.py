"""Is there anything to do? One cheap question instead of a dozen claims that find nothing."""

from collections.abc import Mapping

import sqlalchemy as sa

from mailfax.states import State
from mailfax.store import database, deliveries, inbound, schema

JOBS = (State.ACCEPTED, State.READY, State.SUBMITTED, State.UNSURE)
UNTOLD, MAILS = "untold", "mails"
FAXES = (inbound.LISTED, inbound.STORED, inbound.ROUTED)


class Due:
    """The question, made once for a database."""

    def __init__(self, base: database.Database) -> None:
        self._base = base
        job, mail, fax = schema.jobs, schema.deliveries, schema.inbound
        asked: Mapping[str, sa.ColumnElement[bool]] = {
            **{str(state): self._any(job, str(state)) for state in JOBS},
            UNTOLD: sa.or_(
                sa.exists().where(job.c.untold == sa.literal_column("1")),
                sa.exists().where(schema.spending.c.warned == sa.literal_column("1")),
            ),
            MAILS: self._any(mail, deliveries.WAITING),
            inbound.LISTED: self._any(fax, inbound.LISTED),
            inbound.STORED: self._any(fax, inbound.STORED),
            inbound.ROUTED: self._any(fax, inbound.ROUTED, inbound.SAFE),
        }
        self._query = sa.select(*(exists.label(kind) for kind, exists in asked.items()))

    def _any(
        self, table: sa.Table, state: str, *more: sa.ColumnElement[bool]
    ) -> sa.ColumnElement[bool]:
        """Whether a row of this state is due and free, or its lease ran out: as claims ask."""
        row, now = table.c, self._base.due_now
        mine = (row.state == state, row.ended_at.is_(None), row.due_at <= now, *more)
        return sa.or_(
            sa.exists().where(*mine, row.leased_until.is_(None)),
            sa.exists().where(*mine, row.leased_until.is_not(None), row.leased_until <= now),
        )

    def now(self) -> frozenset[str]:
        """Kinds of work that somebody could take now: states of jobs and faxes, UNTOLD, MAILS."""
        with self._base.read() as connection:
            row = connection.execute(self._query, self._base.at()).mappings().one()
            return frozenset(kind for kind, there in row.items() if there)
