"""The tables of the ledger, and how a database comes to have them.

Times are seconds since 1970 in UTC, as double precision: the same on both engines, and exact
to the microsecond. Ids are text made by whoever inserts, so an insert that is repeated after
a lost answer finds itself.
"""

import decimal
import json
import pathlib
from typing import Any

import sqlalchemy as sa

from mailfax import errors

REVISIONS = ("v0001",)
"""Every migration, oldest first; the last one is what this program speaks."""

_ADVISORY_LOCK = 0x6D61696C666178
"""Key of the PostgreSQL advisory lock that one migrating process holds: `mailfax` in ASCII."""


class Words(sa.types.TypeDecorator[str]):
    """Text of unknown origin: what a database cannot hold (NUL, lone surrogates) becomes U+FFFD."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002, D102
        if value is None or (value.isprintable() and value.isascii()):
            return value
        clean = value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass")
        return clean.decode("utf-16", "replace")


class Amount(sa.types.TypeDecorator[decimal.Decimal]):
    """An amount of money as text, so that it is exact on both engines."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: decimal.Decimal | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002, D102
        return None if value is None else f"{value:f}"

    def process_result_value(  # noqa: D102
        self,
        value: str | None,
        dialect: sa.Dialect,  # noqa: ARG002
    ) -> decimal.Decimal | None:
        return None if value is None else decimal.Decimal(value)


class Json(sa.types.TypeDecorator[Any]):
    """A JSON value as ASCII text, so that it is byte for byte the same on both engines."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:  # noqa: ARG002, D102
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:  # noqa: ARG002, D102
        return None if value is None else json.loads(value)


METADATA = sa.MetaData()


def _time(name: str, *, nullable: bool = True) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=nullable)


def _id(name: str = "id") -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _lease() -> list[sa.Column[Any]]:
    """The columns of a row that workers take turns with; `leases` alone writes the last four."""
    return [
        sa.Column("state", sa.Text, nullable=False),
        _time("due_at", nullable=False),
        _time("ended_at"),
        sa.Column("owner", sa.Text),
        _time("leased_until"),
        sa.Column("fence", sa.Integer, nullable=False, default=0),
        sa.Column("crashes", sa.Integer, nullable=False, default=0),
    ]


def _lease_indexes(table: sa.Table) -> None:
    """What keeps claims and reaping flat however many rows wait or have ended."""
    free = sa.and_(table.c.ended_at.is_(None), table.c.leased_until.is_(None))
    _partial(f"{table.name}_due", free, table.c.state, table.c.due_at)
    leased = table.c.leased_until.is_not(None)
    _partial(f"{table.name}_leased", leased, table.c.state, table.c.leased_until)


def _partial(name: str, where: sa.ColumnElement[bool], *columns: sa.Column[Any]) -> sa.Index:
    return sa.Index(name, *columns, sqlite_where=where, postgresql_where=where)


messages = sa.Table(
    "messages",
    METADATA,
    _id(),
    _time("received_at", nullable=False),
    sa.Column("mail_from", Words, nullable=False),
    sa.Column("login", Words),
    sa.Column("peer", Words, nullable=False),
    sa.Column("helo", Words, nullable=False),
    sa.Column("tls", Words),
    sa.Column("ret", sa.Text),
    sa.Column("envid", Words),
    sa.Column("message_id", Words, nullable=False),
    sa.Column("subject", Words, nullable=False),
    sa.Column("sender", Words, nullable=False),
    sa.Column("proof", Json, nullable=False),
    sa.Column("header", sa.LargeBinary, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("content", sa.LargeBinary),
    sa.Column("document", sa.Text),
)

duplicates = sa.Table(
    "duplicates",
    METADATA,
    _id("key"),
    sa.Column("message", sa.Text, nullable=False),
    _time("until", nullable=False),
)
sa.Index("duplicates_until", duplicates.c.until)

counters = sa.Table(
    "counters",
    METADATA,
    _id("name"),
    sa.Column("count", sa.Integer, nullable=False),
    _time("until", nullable=False),
)

confirmations = sa.Table(
    "confirmations",
    METADATA,
    _id("token"),
    sa.Column("address", Words, nullable=False),
    sa.Column("message", sa.Text, sa.ForeignKey("messages.id"), nullable=False),
    _time("asked_at", nullable=False),
    _time("until", nullable=False),
    _time("used_at"),
)
"""`token` is the SHA-256 of what was mailed."""
sa.Index("confirmations_address", confirmations.c.address)

jobs = sa.Table(
    "jobs",
    METADATA,
    _id(),
    sa.Column("message", sa.Text, sa.ForeignKey("messages.id"), nullable=False),
    *_lease(),
    sa.Column("address", Words, nullable=False),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("subaddress", sa.Text),
    sa.Column("name", Words, nullable=False),
    sa.Column("company", Words, nullable=False),
    sa.Column("notify", sa.Text),
    sa.Column("orcpt", Words),
    sa.Column("decision", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    _time("created_at", nullable=False),
    _time("deadline", nullable=False),
    sa.Column("document", sa.Text),
    sa.Column("pages", sa.Integer, nullable=False, default=0),
    sa.Column("cause", sa.Text),
    sa.Column("note", Words, nullable=False),
    sa.Column("transmission", sa.Text),
    _time("cancel_wanted"),
    sa.Column("untold", sa.Integer, nullable=False, default=0),
    sa.Column("approved_by", Words, nullable=False, default=""),
    sa.Column("urgent", sa.Integer, nullable=False, default=0),
    sa.Column("billing", Words, nullable=False, default=""),
)
"""`untold`: 0 nothing to tell, 1 tell now, 2 tell when every job of the message has ended."""
_lease_indexes(jobs)
sa.Index("jobs_state", jobs.c.state, jobs.c.deadline)
sa.Index("jobs_message", jobs.c.message)
sa.Index("jobs_number", jobs.c.number)
sa.Index("jobs_created", jobs.c.created_at)
_urgent = jobs.c.urgent == sa.literal_column("1")
_partial("jobs_urgent", _urgent, jobs.c.urgent, jobs.c.state, jobs.c.due_at)
_partial("jobs_billing", jobs.c.billing != sa.literal_column("''"), jobs.c.billing)
_partial("jobs_untold", jobs.c.untold == sa.literal_column("1"), jobs.c.message)
_partial("jobs_cancel", jobs.c.cancel_wanted.is_not(None), jobs.c.id)

transmissions = sa.Table(
    "transmissions",
    METADATA,
    _id(),
    sa.Column("job", sa.Text, sa.ForeignKey("jobs.id"), nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("subaddress", sa.Text),
    sa.Column("recipient_name", Words, nullable=False),
    sa.Column("reference", Words),
    sa.Column("handle", Words),
    sa.Column("pages", sa.Integer, nullable=False),
    sa.Column("resolution", sa.Text, nullable=False),
    sa.Column("price", sa.Text),
    _time("started_at", nullable=False),
    _time("ended_at"),
    sa.Column("outcome", sa.Text),
    sa.Column("cause", sa.Text),
    sa.Column("note", Words, nullable=False, default=""),
    sa.Column("report", Json),
)
sa.Index("transmissions_job", transmissions.c.job)
sa.Index("transmissions_reference", transmissions.c.account, transmissions.c.reference)

events = sa.Table(
    "events",
    METADATA,
    sa.Column(
        "id",
        sa.BigInteger().with_variant(sa.Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    sa.Column("subject", sa.Text, nullable=False),
    _time("at", nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("cause", sa.Text),
    sa.Column("note", Words, nullable=False),
    sa.Column("detail", Json),
)
"""`subject` is the id of a job or of a received fax."""
sa.Index("events_subject", events.c.subject, events.c.id)

inbound = sa.Table(
    "inbound",
    METADATA,
    _id(),
    *_lease(),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("reference", Words, nullable=False),
    sa.Column("did", Words, nullable=False),
    sa.Column("caller", Words, nullable=False),
    sa.Column("tsid", Words, nullable=False),
    sa.Column("pages", sa.Integer),
    _time("received_at", nullable=False),
    _time("learned_at", nullable=False),
    sa.Column("document", sa.Text),
    sa.Column("kind", sa.Text),
    sa.Column("routing", Json),
    sa.Column("redelivered", sa.Integer, nullable=False, default=0),
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    sa.Column("note", Words, nullable=False),
    sa.UniqueConstraint("account", "reference", name="inbound_reference"),
)
_lease_indexes(inbound)
sa.Index("inbound_learned", inbound.c.learned_at)

deliveries = sa.Table(
    "deliveries",
    METADATA,
    _id(),
    *_lease(),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("target", Words, nullable=False),
    sa.Column("mail_from", Words, nullable=False),
    sa.Column("message_id", Words, nullable=False),
    sa.Column("data", sa.LargeBinary),
    sa.Column("document", sa.Text),
    sa.Column("jobs", Json, nullable=False),
    sa.Column("fax", sa.Text, sa.ForeignKey("inbound.id")),
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    _time("created_at", nullable=False),
    sa.Column("note", Words, nullable=False),
    sa.UniqueConstraint("message_id", "target", name="deliveries_once"),
)
_lease_indexes(deliveries)
sa.Index("deliveries_state", deliveries.c.state)
sa.Index("deliveries_target", deliveries.c.target, deliveries.c.due_at)
_partial("deliveries_fax", deliveries.c.fax.is_not(None), deliveries.c.fax)

accounts = sa.Table(
    "accounts",
    METADATA,
    _id("name"),
    sa.Column("owner", sa.Text),
    _time("leased_until"),
    sa.Column("fence", sa.Integer, nullable=False, default=0),
    _time("next_request"),
    sa.Column("high_water", Words),
)

recurring = sa.Table(
    "recurring",
    METADATA,
    _id("domain"),
    _id("digest"),
    sa.Column("mail", sa.Text, nullable=False),
    sa.Column("mails", sa.Integer, nullable=False),
    _time("seen_at", nullable=False),
)
"""`mail` is the last one that was counted; `mails` is how many were."""
sa.Index("recurring_seen", recurring.c.seen_at)


spending = sa.Table(
    "spending",
    METADATA,
    _id("budget"),
    sa.Column("payer", Words, primary_key=True),
    sa.Column("starts", sa.Double, primary_key=True),
    _time("ends", nullable=False),
    sa.Column("faxes", sa.Integer, nullable=False),
    sa.Column("pages", sa.Integer, nullable=False),
    sa.Column("money", Amount, nullable=False),
    sa.Column("most_faxes", sa.Integer),
    sa.Column("most_pages", sa.Integer),
    sa.Column("most_money", Amount),
    sa.Column("currency", sa.Text),
    sa.Column("soft", Amount, nullable=False),
    sa.Column("warned", sa.Integer, nullable=False),
    sa.Column("told", Json),
)
"""What is used of each budget, with its limits as they were said last. `warned`: 0 not yet, 1 to
be told now, 2 told; `told`: to whom, in which language and zone.
"""
_partial("spending_warned", spending.c.warned == sa.literal_column("1"), spending.c.budget)

charges = sa.Table(
    "charges",
    METADATA,
    sa.Column("job", sa.Text, sa.ForeignKey("jobs.id"), primary_key=True),
    _id("budget"),
    sa.Column("payer", Words, nullable=False),
    _time("starts", nullable=False),
    sa.Column("faxes", sa.Integer, nullable=False),
    sa.Column("pages", sa.Integer, nullable=False),
    sa.Column("money", Amount, nullable=False),
)
"""What each job has of its budgets: reserved while it is under way, used once it has ended."""
sa.Index("charges_period", charges.c.budget, charges.c.payer, charges.c.starts)

suppressed = sa.Table(
    "suppressed",
    METADATA,
    _id("number"),
    _time("since", nullable=False),
    sa.Column("note", Words, nullable=False),
)
"""Numbers whose owners want no fax."""

dialled = sa.Table(
    "dialled",
    METADATA,
    sa.Column("sender", Words, primary_key=True),
    _id("number"),
    sa.Column("domain", Words, nullable=False),
    _time("last", nullable=False),
)
"""Who has faxed which number with success, and when last."""
sa.Index("dialled_domain", dialled.c.domain, dialled.c.number)

collected = sa.Table(
    "collected",
    METADATA,
    sa.Column("mailbox", Words, primary_key=True),
    sa.Column("validity", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("uid", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("folder", Words, nullable=False),
)
"""Mails of mailboxes that are settled and may not have been moved yet, and where to."""


def check(connection: sa.Connection) -> bool:
    """Whether the database is at the last revision; raises Permanent when it is a newer one's."""
    known = sa.inspect(connection).has_table("alembic_version")
    row = (
        connection.execute(sa.text("SELECT version_num FROM alembic_version")).first()
        if known
        else None
    )
    if row is not None and row[0] not in REVISIONS:
        raise errors.Permanent(
            f"the ledger was written by a newer mailfax (its schema is {row[0]}, "
            f"ours {REVISIONS[-1]}): install that version again"
        )
    return row is not None and row[0] == REVISIONS[-1]


def migrate(connection: sa.Connection) -> None:
    """Bring the database of an open write transaction to the last revision, or leave it as it was.

    Of several processes that start at once the first migrates and the others wait for it.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
    if not check(connection):
        _upgrade(connection)


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command, config

    settings = config.Config()
    place = pathlib.Path(__file__).with_name("migrations")
    settings.set_main_option("script_location", str(place).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")
