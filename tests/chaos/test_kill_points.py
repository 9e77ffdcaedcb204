"""`kill -9` at one exact place; the service starts again, and no promise is broken.

The places are those of the list in the glossary of faults: 1 to 14 lie between the first octet of
a mail and the receipt, 15 to 19 between the provider's box and the mailbox, 20 is the migration.
"""

import dataclasses

import pytest

from mailfax import errors
from tests.chaos import client


@dataclasses.dataclass(frozen=True)
class Point:
    """A place to die at: its number in the list, its name in the code, whose process it is."""

    number: int
    name: str
    role: str


OUT = [
    Point(1, "spool-before-write", "listener"),
    Point(2, "spool-mid-write", "listener"),
    Point(3, "spool-after-fsync", "listener"),
    Point(4, "spool-after-rename", "listener"),
    Point(5, "accept-before-commit", "listener"),
    Point(6, "accept-after-commit", "listener"),
    Point(6, "listener-before-250", "listener"),
    Point(7, "claimed-accepted", "worker"),
    Point(7, "claimed-ready", "worker"),
    Point(7, "claimed-submitted", "worker"),
    Point(8, "render-mid", "worker"),
    Point(9, "put-after-fsync", "worker"),
    Point(9, "render-before-state", "worker"),
    Point(10, "begin-before-commit", "worker"),
    Point(10, "submit-before-connect", "worker"),
    Point(11, "request-after-body", "worker"),
    Point(12, "submit-after-answer", "worker"),
    Point(12, "advance-before-commit", "worker"),
    Point(13, "follow-after-end", "worker"),
    Point(13, "tell-before-commit", "worker"),
    Point(13, "told-after-commit", "worker"),
    Point(14, "smarthost-after-250", "worker"),
    Point(14, "deliver-after-send", "worker"),
]
IN = [
    Point(15, "poll-after-list", "worker"),
    Point(15, "learn-after-commit", "worker"),
    Point(16, "collect-mid-download", "worker"),
    Point(16, "stored-before-commit", "worker"),
    Point(17, "collect-after-stored", "worker"),
    Point(17, "distribute-after-routed", "worker"),
    Point(17, "deliver-after-send", "worker"),
    Point(18, "acknowledge-before-delete", "worker"),
    Point(19, "acknowledge-after-delete", "worker"),
]
SLICE = {
    ("sqlite", "accept-after-commit"), ("sqlite", "claimed-ready"),
    ("sqlite", "render-before-state"), ("sqlite", "submit-before-connect"),
    ("sqlite", "request-after-body"), ("sqlite", "submit-after-answer"),
    ("sqlite", "follow-after-end"), ("sqlite", "deliver-after-send"),
    ("postgresql", "listener-before-250"), ("postgresql", "request-after-body"),
    ("sqlite", "acknowledge-before-delete"),
}  # fmt: skip
"""What the suite runs; the rest is the full length."""


def cases(points):
    """Every point on each engine; the second hit on the second, so that the first passes there."""
    return [
        pytest.param(
            engine, point, nth,
            id=f"{point.number}-{point.name}-{engine}",
            marks=[] if (engine, point.name) in SLICE else [pytest.mark.slow],
        )
        for engine, nth in (("sqlite", 1), ("postgresql", 2))
        for point in points
    ]  # fmt: skip


def letters(point):
    """What the point lies on the way of: spool files are of large mails only."""
    return [client.letter(large=True) for _ in range(3)] if point.number < 5 else client.mixed(8)


@pytest.mark.parametrize(("engine", "point", "nth"), cases(OUT))
def test_a_kill_between_mail_and_receipt_breaks_no_promise(sites, figures, engine, point, nth):
    site = sites(engine)
    with site.run(f"{point.name}=kill@{nth}") as ledger:
        ledger.client.post(letters(point))
        site.passed(point.name)
        ledger.kills[point.role] += 1
        figures(ledger.settle())
        assert site.died() == [point.role]


@pytest.mark.parametrize(("engine", "point", "nth"), cases(IN))
def test_a_kill_between_the_box_and_the_mail_breaks_no_promise(sites, figures, engine, point, nth):
    site = sites(engine)
    with site.run(f"{point.name}=kill@{nth}", ringing=3) as ledger:
        site.passed(point.name)
        ledger.kills[point.role] += 1
        figures(ledger.settle())
        assert site.died() == [point.role]


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_kill_in_the_middle_of_the_migration_leaves_a_store_that_opens(
    fresh, figures, engine, moment
):
    site = fresh(engine)
    with pytest.raises(errors.Temporary, match="did not start"):
        site.serve(f"migrate-{moment}-commit=kill")
    with site.run() as ledger:
        ledger.client.post(client.mixed(8))
        ledger.kills["supervisor"] += 1
        figures(ledger.settle())
