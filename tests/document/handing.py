"""Handing pages over to an invented provider, for tests of what goes over the wire."""

import contextlib
import dataclasses
import datetime

from mailfax import carriers, number
from mailfax.model import Action, Decision, FaxJob, Recipient, Transmission
from mailfax.states import State
from mailfax.store import documents, ledger
from tests.providers.invented import pigeon

NOW = datetime.datetime(2026, 11, 20, 9, 42, 10, tzinfo=datetime.UTC)
TO = number.FaxNumber("12025550123")
_KEY = "fax/aa/one.tif"


@contextlib.contextmanager
def over(folder, pages, **decision):
    """The accounts as a function of what `main` can do; a job with these pages, decided so, and its
    handing-over to `main`.
    """
    kept = documents.LocalDir(folder / "documents")
    kept.put(_KEY, pages)
    book = ledger.open(f"sqlite:///{folder}/mailfax.db")

    def able(**abilities):
        capabilities = dataclasses.replace(pigeon.CAPABILITIES, **abilities)
        account = pigeon.Account(client=None, capabilities=capabilities)
        return carriers.Carriers(ledger=book, folder=kept, accounts={"main": account})

    try:
        yield able, _job(decision), handed(NOW)
    finally:
        book.close()


def handed(at):
    """The handing-over at this time."""
    return Transmission(id="one.1", job="one", account="main", number=TO, started_at=at)


def _job(decision):
    chosen = Decision(action=Action.ACCEPT, rule="r", rules_hash="", provider=("main",), **decision)
    return FaxJob(
        id="one", message="mail", state=State.READY, notify=None, orcpt=None, fence=1, tries=0,
        recipient=Recipient(address="a@b", number=TO), decision=chosen, crashes=0, pages=1,
        created_at=NOW, deadline=NOW, due_at=NOW, document=_KEY,
    )  # fmt: skip
