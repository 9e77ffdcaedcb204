"""Asking how many open faxes stand costs requests by the batch, never by the fax."""

import pytest

from mailfax import providers
from mailfax.model import Outcome
from tests.providers import contract, rounds

OPEN = 30
FEW = 4
"""Requests, a login and a second list included."""


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("kind", providers.kinds())
def test_many_open_faxes_are_asked_after_together(sandbox, connect_to, kind):
    account = connect_to(kind)
    references = list(submitted(account).values())
    assert len(set(references)) == OPEN
    before = len(sandbox.log.entries())
    reports = account.report(references)
    assert len(sandbox.log.entries()) - before <= FEW
    assert {reports[one].outcome for one in references} == {Outcome.PENDING}


def submitted(account):
    """Transmission → reference of faxes that never end, so many in a request as may be."""
    most = account.capabilities.max_recipients
    sent = [
        contract.transmission(f"t-{place}", number=f"1303{place}9008")
        for place in range(320, 320 + OPEN)
    ]
    found = {}
    for start in range(0, OPEN, most):
        part = sent[start : start + most]
        found |= account.submit(part, rounds.document(), contract.nothing_to_note)
    return found
