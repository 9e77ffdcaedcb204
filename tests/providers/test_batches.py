"""Asking how many open faxes stand costs requests by the batch, never by the fax."""

import pytest

from mailfax import providers
from mailfax.model import Outcome
from mailfax.providers import _port
from mailfax.sandbox import Sandbox
from tests.providers import contract
from tests.whole import test_onramp

OPEN = 30
FEW = 4
"""Requests, a login and a second list included."""


@pytest.mark.parametrize("kind", providers.kinds())
def test_many_open_faxes_are_asked_after_together(kind):
    with Sandbox(base_port=0) as sandbox:
        account = connect(sandbox, kind)
        references = list(submitted(account).values())
        assert len(set(references)) == OPEN
        before = len(sandbox.log.entries())
        reports = account.report(references)
        assert len(sandbox.log.entries()) - before <= FEW
        assert {reports[one].outcome for one in references} == {Outcome.PENDING}
        account.close()


def connect(sandbox, kind):
    """An account of the sandbox's."""
    url = sandbox.urls[kind]
    given = {"url": url, "rest_url": url, **sandbox.credentials[kind]}
    return providers.load(kind).connect(given, 20)


def submitted(account):
    """Transmission → reference of faxes that never end, so many in a request as may be."""
    most = account.capabilities.max_recipients
    sent = [
        contract.transmission(f"t-{place}", number=f"1303{place}9008")
        for place in range(320, 320 + OPEN)
    ]
    page = _port.Payload(name="fax.tif", data=test_onramp.a_fax(), pages=1, resolution="fine")
    found = {}
    for start in range(0, OPEN, most):
        part = sent[start : start + most]
        found |= account.submit(part, page, contract.nothing_to_note)
    return found
