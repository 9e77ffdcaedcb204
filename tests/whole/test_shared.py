"""Pages that recipients share: drawn once, never written over, swept when nobody uses them."""

import os
import time

import pytest

from mailfax import pages
from mailfax.document import render, tiff
from mailfax.model import ManifestEntry
from mailfax.store import documents, ledger, upkeep
from tests.store import samples

LAYOUT = render.Layout(paper="a4", resolution="fine")
ENTRY = ManifestEntry(part="1", name="", label="text/plain", found="text", outcome="faxed")


@pytest.fixture
def folder(tmp_path):
    return documents.LocalDir(tmp_path / "documents")


def drawn(tmp_path, length):
    """Pages of one sheet of this length, as a renderer leaves them."""
    strip = tiff.Strip(1728, length, (204, 196), b"\x00\x10\x01\x00\x10\x01")
    return tiff.write(tmp_path / f"{length}.tif", [strip])


def test_what_one_recipient_had_drawn_the_next_one_finds(folder, tmp_path):
    shared = pages.Shared.of(folder, "mail", LAYOUT)
    assert shared.get() is None
    shared.put(drawn(tmp_path, 100), (ENTRY,))
    document, manifest = pages.Shared.of(folder, "mail", LAYOUT).get()
    assert (len(document.pages), manifest) == (1, (ENTRY,))


def test_pages_that_others_use_are_never_written_over(folder, tmp_path):
    shared = pages.Shared.of(folder, "mail", LAYOUT)
    first, _ = shared.put(drawn(tmp_path, 100), (ENTRY,))
    second, _ = shared.put(drawn(tmp_path, 200), (ENTRY,))
    assert first.sha256 == second.sha256 == tiff.geometry(first.path).sha256


def test_the_sweep_leaves_what_a_job_uses_and_what_was_used_today(folder, tmp_path):
    book = ledger.open(f"sqlite:///{tmp_path}/mailfax.db")
    used, idle, fresh = (pages.Shared.of(folder, name, LAYOUT) for name in ("a", "b", "c"))
    for shared in (used, idle, fresh):
        shared.put(drawn(tmp_path, 100), (ENTRY,))
    for path in folder.root.rglob("fax/*/*"):
        old = time.time() - 2 * 86_400
        os.utime(path, (old, old))
    fresh.get()
    name(book, used.key)
    upkeep.sweep(book, folder)
    assert [one.get() is not None for one in (used, idle, fresh)] == [True, False, True]
    book.close()


def name(book, key):
    """A job whose pages these are."""
    samples.accepted(book)
    [job] = samples.claim(book, samples.State.ACCEPTED)
    change = samples.Change(job=job, event=samples.Event.RENDERED, document=key, pages=1)
    book.faxes.advance(change)
