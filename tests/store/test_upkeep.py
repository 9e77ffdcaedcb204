"""Sweeping: what somebody left behind goes, what a row names stays."""

import datetime
import os

from mailfax.store import documents, ledger, upkeep


def test_documents_of_nobody_go_after_a_day_and_others_stay(tmp_path):
    folder = documents.LocalDir(tmp_path / "documents")
    now = datetime.datetime.now(datetime.UTC)
    book = ledger.open(f"sqlite:///{tmp_path}/mailfax.db")
    try:
        for key in ("fax/ab/old.tif", "fax/ab/new.tif", "outgoing/cd/named.eml"):
            folder.put(key, b"x")
        book.deliveries.add([
            ledger.deliveries.NewDelivery(
                id="d1", kind="receipt", target="a@b.example", mail_from="",
                message_id="<1@x>", document="outgoing/cd/named.eml",
            )
        ])  # fmt: skip
        spool = folder.spool()
        spool.write(b"half a mail")
        long_ago = (now - datetime.timedelta(days=2)).timestamp()
        for path in (tmp_path / "documents").rglob("*"):
            if path.is_file() and path.name != "new.tif":
                os.utime(path, (long_ago, long_ago))
        assert upkeep.sweep(book, folder) == 2
        assert sorted(folder.keys()) == ["fax/ab/new.tif", "outgoing/cd/named.eml"]
        spool.discard()
    finally:
        book.close()
