"""Mails in mailboxes that are settled and may still lie where they were found.

That a mail is never faxed twice is the business of `mails`, which knows it by what is in it,
whatever its number. Here it is known by its number, so that one that cannot be moved just now is
not fetched and judged again; numbers mean something only under one UIDVALIDITY.
"""

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from mailfax.store import counters, database, schema

DAILY = 5
"""Answers to the refused mails of one author in the 24 hours from the first."""
_DAY = 86_400.0

_ROW = schema.collected.c


class Collected:
    """What the ledger knows of the mails in mailboxes."""

    def __init__(self, base: database.Database) -> None:
        self._base = base
        self._settling = base.insert(schema.collected).on_conflict_do_nothing(
            index_elements=[_ROW.mailbox, _ROW.validity, _ROW.uid]
        )

    def settled(self, mailbox: str, validity: int, uids: Collection[int]) -> Mapping[int, str]:
        """Those of `uids` that are settled → the folder they belong to. What is not in the mailbox
        any more, or had its number under another UIDVALIDITY, is forgotten.
        """
        query = sa.select(_ROW.validity, _ROW.uid, _ROW.folder).where(_ROW.mailbox == mailbox)
        with self._base.read() as connection:
            known = connection.execute(query).all()
        here = {row.uid: row.folder for row in known if row.validity == validity}
        found = {uid: here[uid] for uid in uids if uid in here}
        if len(found) < len(known):
            self._forget(mailbox, validity, found)
        return found

    def _forget(self, mailbox: str, validity: int, but: Collection[int]) -> None:
        others = sa.or_(_ROW.validity != validity, _ROW.uid.not_in(list(but)))
        with self._base.write("collected") as connection:
            gone = sa.delete(schema.collected).where(_ROW.mailbox == mailbox, others)
            connection.execute(gone)

    def settle(self, mailbox: str, validity: int, uid: int, folder: str) -> None:
        """This mail belongs to this folder now, and is not judged again."""
        row = {"mailbox": mailbox, "validity": validity, "uid": uid, "folder": folder}
        with self._base.write("collected") as connection:
            connection.execute(self._settling, row)

    def may_answer(self, author: str) -> bool:
        """Count an answer to this author; False when he had enough of them today."""
        with self._base.write("collected") as connection:
            name = f"refusal {author}"
            return counters.count(self._base, connection, name, _DAY) <= DAILY
