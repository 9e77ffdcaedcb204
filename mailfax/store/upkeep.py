"""What a running store needs now and then: what died half-way leaves nothing behind."""

import datetime

from mailfax.store import documents, ledger

KEPT = "push/"
"""Documents of this kind have no row: whoever keeps them removes them."""
ORPHANED = datetime.timedelta(days=1)
"""A document that no row names after this long was written by somebody who then died."""


def sweep(book: ledger.Ledger, folder: documents.LocalDir) -> int:
    """Forget old duplicate keys, half-arrived mails and documents of nobody; returns how many."""
    before = book.now() - ORPHANED
    forgotten = book.mails.sweep() + folder.sweep(before)
    for key in list(folder.keys()):
        if key.startswith(KEPT) or folder.written_at(key) >= before:
            continue
        if not book.names(key.removesuffix(".json")):
            folder.delete(key)
            forgotten += 1
    return forgotten
