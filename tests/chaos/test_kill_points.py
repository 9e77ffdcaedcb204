"""`kill -9` at one exact place, once; the service starts again and every promise is kept."""

import pytest

from tests.chaos import client


@pytest.mark.parametrize(
    "point",
    [
        "accept-after-commit",
        "claimed-ready",
        "render-before-state",
        "submit-before-connect",
        "request-after-body",
        "submit-after-answer",
        "follow-after-end",
        "deliver-after-send",
    ],
)
def test_a_kill_on_the_way_from_mail_to_fax_breaks_no_promise(sites, point):
    site = sites("sqlite")
    with site.run(f"{point}=kill") as ledger:
        ledger.client.post(client.mixed(8))
        site.passed(point)
        ledger.kills[point] += 1
        print(ledger.settle(), list(site.leftovers()))
