"""A signature pays for one fax to one number: a mail that comes again with it is told apart.

Anybody who has a signed mail can send it again, from anywhere. So what was believed of a mail is
remembered with each number that it was faxed to, for as long as signed mail may wait anywhere:
30 days. Who comes again with it is either the client whose 250 was lost, by another way (same
envelope sender, same login), and is told of the first fax; or somebody else, and is refused.
"""

import dataclasses
import enum
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from mailfax.store import schema

ONCE = 30 * 86_400.0
"""Seconds for which a signature is remembered."""

_KEY, _MESSAGE = schema.duplicates.c, schema.messages.c


class Answer(enum.Enum):
    """What becomes of a mail that is not faxed."""

    AGAIN = "it was faxed already"
    ASKED = "its author has been asked too often"
    BARRED = "its numbers or the budgets do not let it pass"
    BROKEN = "too much was faxed, and the breaker has tripped"


@dataclasses.dataclass(frozen=True, slots=True)
class Payer:
    """Who a mail came from, as far as a retry would tell the same."""

    id: str
    mail_from: str
    login: str | None


def keys(digests: frozenset[str], number: str) -> list[str]:
    """What is remembered of one fax."""
    return [f"once {digest} {number}" for digest in sorted(digests)]


def owners(connection: sa.Connection, wanted: Sequence[str]) -> Mapping[str, str]:
    """Key → id of the mail that holds it."""
    if not wanted:
        return {}
    query = sa.select(_KEY.key, _KEY.message).where(_KEY.key.in_(wanted))
    return {row.key: row.message for row in connection.execute(query)}


def payers(connection: sa.Connection, ids: Sequence[str]) -> Mapping[str, Payer]:
    """The mails with these ids."""
    query = sa.select(_MESSAGE.id, _MESSAGE.mail_from, _MESSAGE.login).where(_MESSAGE.id.in_(ids))
    return {row.id: Payer(*row) for row in connection.execute(query)}
