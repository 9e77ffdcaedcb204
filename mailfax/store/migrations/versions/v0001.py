"""The first tables: mails, jobs, transmissions, time lines, received faxes, deliveries."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "v0001"
down_revision = None


def upgrade() -> None:
    """Make every table; the order is that of foreign keys."""
    _messages()
    _duplicates()
    _counters()
    _confirmations()
    _jobs()
    _transmissions()
    _events()
    _inbound()
    _deliveries()
    _accounts()
    _recurring()
    _spending()
    _numbers()
    _collected()


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("received_at", sa.Double(), nullable=False),
        sa.Column("mail_from", sa.Text(), nullable=False),
        sa.Column("login", sa.Text()),
        sa.Column("peer", sa.Text(), nullable=False),
        sa.Column("helo", sa.Text(), nullable=False),
        sa.Column("tls", sa.Text()),
        sa.Column("ret", sa.Text()),
        sa.Column("envid", sa.Text()),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("header", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary()),
        sa.Column("document", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
    )


def _duplicates() -> None:
    op.create_table(
        "duplicates",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("duplicates_until", "duplicates", ["until"])


def _counters() -> None:
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _confirmations() -> None:
    op.create_table(
        "confirmations",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.Double(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("used_at", sa.Double()),
        sa.ForeignKeyConstraint(
            ["message"],
            ["messages.id"],
        ),
        sa.PrimaryKeyConstraint("token"),
    )
    op.create_index("confirmations_address", "confirmations", ["address"])


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double()),
        sa.Column("owner", sa.Text()),
        sa.Column("leased_until", sa.Double()),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("subaddress", sa.Text()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("notify", sa.Text()),
        sa.Column("orcpt", sa.Text()),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("deadline", sa.Double(), nullable=False),
        sa.Column("document", sa.Text()),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("cause", sa.Text()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("transmission", sa.Text()),
        sa.Column("cancel_wanted", sa.Double()),
        sa.Column("untold", sa.Integer(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Integer(), nullable=False),
        sa.Column("billing", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message"],
            ["messages.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("jobs_cancel", "jobs", ["id"], **_where("cancel_wanted IS NOT NULL"))
    op.create_index("jobs_created", "jobs", ["created_at"])
    op.create_index(
        "jobs_due",
        "jobs",
        ["state", "due_at"],
        **_where("ended_at IS NULL AND leased_until IS NULL"),
    )
    op.create_index(
        "jobs_leased", "jobs", ["state", "leased_until"], **_where("leased_until IS NOT NULL")
    )
    op.create_index("jobs_message", "jobs", ["message"])
    op.create_index("jobs_number", "jobs", ["number"])
    op.create_index("jobs_state", "jobs", ["state", "deadline"])
    op.create_index("jobs_untold", "jobs", ["message"], **_where("untold = 1"))
    op.create_index("jobs_urgent", "jobs", ["urgent", "state", "due_at"], **_where("urgent = 1"))
    op.create_index("jobs_billing", "jobs", ["billing"], **_where("billing != ''"))


def _transmissions() -> None:
    op.create_table(
        "transmissions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("subaddress", sa.Text()),
        sa.Column("recipient_name", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("handle", sa.Text()),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("resolution", sa.Text(), nullable=False),
        sa.Column("price", sa.Text()),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double()),
        sa.Column("outcome", sa.Text()),
        sa.Column("cause", sa.Text()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("report", sa.Text()),
        sa.ForeignKeyConstraint(
            ["job"],
            ["jobs.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("transmissions_job", "transmissions", ["job"])
    op.create_index("transmissions_reference", "transmissions", ["account", "reference"])


def _events() -> None:
    op.create_table(
        "events",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("events_subject", "events", ["subject", "id"])


def _inbound() -> None:
    op.create_table(
        "inbound",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double()),
        sa.Column("owner", sa.Text()),
        sa.Column("leased_until", sa.Double()),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("did", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("tsid", sa.Text(), nullable=False),
        sa.Column("pages", sa.Integer()),
        sa.Column("received_at", sa.Double(), nullable=False),
        sa.Column("learned_at", sa.Double(), nullable=False),
        sa.Column("document", sa.Text()),
        sa.Column("kind", sa.Text()),
        sa.Column("routing", sa.Text()),
        sa.Column("redelivered", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account", "reference", name="inbound_reference"),
    )
    op.create_index(
        "inbound_due",
        "inbound",
        ["state", "due_at"],
        **_where("ended_at IS NULL AND leased_until IS NULL"),
    )
    op.create_index("inbound_learned", "inbound", ["learned_at"])
    op.create_index(
        "inbound_leased", "inbound", ["state", "leased_until"], **_where("leased_until IS NOT NULL")
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double()),
        sa.Column("owner", sa.Text()),
        sa.Column("leased_until", sa.Double()),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("mail_from", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary()),
        sa.Column("document", sa.Text()),
        sa.Column("jobs", sa.Text(), nullable=False),
        sa.Column("fax", sa.Text()),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["fax"],
            ["inbound.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("message_id", "target", name="deliveries_once"),
    )
    op.create_index(
        "deliveries_due",
        "deliveries",
        ["state", "due_at"],
        **_where("ended_at IS NULL AND leased_until IS NULL"),
    )
    op.create_index("deliveries_fax", "deliveries", ["fax"], **_where("fax IS NOT NULL"))
    op.create_index(
        "deliveries_leased",
        "deliveries",
        ["state", "leased_until"],
        **_where("leased_until IS NOT NULL"),
    )
    op.create_index("deliveries_state", "deliveries", ["state"])
    op.create_index("deliveries_target", "deliveries", ["target", "due_at"])


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("leased_until", sa.Double()),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("next_request", sa.Double()),
        sa.Column("high_water", sa.Text()),
        sa.PrimaryKeyConstraint("name"),
    )


def _recurring() -> None:
    op.create_table(
        "recurring",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "digest"),
    )
    op.create_index("recurring_seen", "recurring", ["seen_at"])


def _spending() -> None:
    op.create_table(
        "spending",
        sa.Column("budget", sa.Text(), nullable=False),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("starts", sa.Double(), nullable=False),
        sa.Column("ends", sa.Double(), nullable=False),
        sa.Column("faxes", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("money", sa.Text(), nullable=False),
        sa.Column("most_faxes", sa.Integer()),
        sa.Column("most_pages", sa.Integer()),
        sa.Column("most_money", sa.Text()),
        sa.Column("currency", sa.Text()),
        sa.Column("soft", sa.Text(), nullable=False),
        sa.Column("warned", sa.Integer(), nullable=False),
        sa.Column("told", sa.Text()),
        sa.PrimaryKeyConstraint("budget", "payer", "starts"),
    )
    op.create_index("spending_warned", "spending", ["budget"], **_where("warned = 1"))
    op.create_table(
        "charges",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("budget", sa.Text(), nullable=False),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("starts", sa.Double(), nullable=False),
        sa.Column("faxes", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("money", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job"],
            ["jobs.id"],
        ),
        sa.PrimaryKeyConstraint("job", "budget"),
    )
    op.create_index("charges_period", "charges", ["budget", "payer", "starts"])


def _numbers() -> None:
    op.create_table(
        "suppressed",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "dialled",
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("last", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("sender", "number"),
    )
    op.create_index("dialled_domain", "dialled", ["domain", "number"])


def _collected() -> None:
    op.create_table(
        "collected",
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("validity", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("uid", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", "validity", "uid"),
    )
