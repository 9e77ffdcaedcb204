"""What the dead leave behind is cleared away, and nothing else is."""

import pytest

from mailfax.demo import stage
from tests.chaos import client

KEPT = ["mail", "fax", "outgoing", "inbound"]


@pytest.mark.parametrize(
    "point",
    [
        "spool-after-fsync",
        pytest.param("spool-mid-write", marks=pytest.mark.slow),
        pytest.param("spool-after-rename", marks=pytest.mark.slow),
        pytest.param("accept-before-commit", marks=pytest.mark.slow),
    ],
)
def test_what_a_dead_listener_left_is_swept_and_what_was_accepted_is_not(fresh, point):
    site = fresh("sqlite")
    with site.run(f"{point}=kill") as ledger:
        ledger.client.post([client.letter(large=True) for _ in range(3)])
        site.passed(point)
        ledger.kills["listener"] += 1
        ledger.settle()
        before = site.files(*KEPT, "incoming")
        orphans = len(site.files("mail", "incoming")) - 3
        assert orphans > 0
        site.age(before)
        site.kill()
        site.serve()
        stage.wait_until(lambda: site.files("incoming") == [], 90, "the sweep")
        stage.wait_until(lambda: len(site.files("mail")) == 3, 90, "the sweep of documents")
        assert len(before) - len(site.files(*KEPT)) == orphans
        ledger.settle()


@pytest.mark.slow
def test_pages_of_a_dead_worker_are_swept(fresh):
    site = fresh("sqlite")
    with site.run("render-mid=kill") as ledger:
        ledger.client.post([client.letter()])
        site.passed("render-mid")
        ledger.kills["worker"] += 1
        left = site.scratch()
        assert left
        ledger.settle()
        site.age(left)
        site.kill()
        site.serve()
        stage.wait_until(lambda: not site.scratch(), 90, "the sweep of pages")
