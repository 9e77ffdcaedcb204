"""Who is still to be told how their fax ended: each end, and each hold, exactly once."""

import dataclasses
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from mailfax import errors
from mailfax.model import FaxJob
from mailfax.store import database, deliveries, mails, rows, schema, timeline

_JOB = schema.jobs.c
_NOW = _JOB.untold == sa.literal_column("1")


@dataclasses.dataclass(frozen=True, slots=True)
class Untold:
    """A mail, and those of its jobs that its sender is to hear of now."""

    mail: mails.Mail
    jobs: tuple[FaxJob, ...]


class Receipts:
    """What the ledger knows of who was told."""

    def __init__(self, base: database.Database) -> None:
        self._base = base

    def untold(self, limit: int, *, but: Collection[str] = ()) -> Sequence[Untold]:
        """Up to `limit` mails with news: failures and holds at once, the rest when all ended.

        `but` are mails that are left for later.
        """
        with self._base.read() as connection:
            some = sa.select(_JOB.message).where(_NOW).distinct().limit(limit)
            if but:
                some = some.where(_JOB.message.not_in(list(but)))
            messages = connection.scalars(some).all()
            if not messages:
                return []
            query = sa.select(schema.jobs).where(_NOW, _JOB.message.in_(messages))
            news: dict[str, list[FaxJob]] = {}
            for row in connection.execute(query.order_by(_JOB.message, _JOB.id)).mappings():
                news.setdefault(row["message"], []).append(rows.job(row))
            senders = mails.read(connection, news)
            return [Untold(senders[message], tuple(jobs)) for message, jobs in news.items()]

    def told(
        self, jobs: Sequence[FaxJob], new: Sequence[deliveries.NewDelivery], hourly: int = 0
    ) -> None:
        """In one commit: these mails go out, and these jobs are told (with no mail: on purpose).

        With `hourly`, more receipts than that to one address in an hour wait for their turn.
        Raises Fenced when somebody else told of one of them, or it has moved on: nothing is
        written, and `untold` gives the news as it is now.
        """
        with self._base.write("told") as connection:
            ids = sorted(job.id for job in jobs)
            query = sa.select(_JOB.id, _JOB.state).where(_NOW, _JOB.id.in_(ids))
            found = connection.execute(query.order_by(_JOB.id).with_for_update())
            if {row.id: row.state for row in found} != {job.id: job.state for job in jobs}:
                raise errors.Fenced("somebody else has told the sender already")
            connection.execute(sa.update(schema.jobs).where(_JOB.id.in_(ids)).values(untold=0))
            deliveries.insert(self._base, connection, new, hourly)
            now = database.stamp(self._base.now())
            targets = sorted(mail.target for mail in new)
            timeline.write(
                connection,
                [
                    timeline.line(
                        job.id, now, timeline.Word.TOLD, job.state, detail={"targets": targets}
                    )
                    for job in jobs
                ],
            )
