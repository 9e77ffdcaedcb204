"""What a running store needs now and then: what died half-way leaves nothing behind."""

import datetime

from mailfax.store import documents, ledger

KEPT = "push/"
"""Documents of this kind have no row: whoever keeps them removes them."""
ORPHANED = datetime.timedelta(days=1)
"""A document that no row names after this long was written by somebody who then died."""


def sweep(book: ledger.Ledger, folder: documents.LocalDir) -> int:
    """Forget old duplicate keys, what has not come again for long, half-arrived mails and
    documents of nobody; returns how many.
    """
    before = book.now() - ORPHANED
    forgotten = book.mails.sweep() + book.recurring.sweep() + folder.sweep(before)
    forgotten += book.tries.sweep() + book.confirmations.sweep() + book.spending.sweep()
    for key in list(folder.keys()):
        if key.startswith(KEPT) or folder.written_at(key) >= before:
            continue
        if not book.names(key.removesuffix(".json")):
            folder.delete(key)
            forgotten += 1
    return forgotten
