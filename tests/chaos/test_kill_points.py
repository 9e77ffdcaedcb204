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
    again: int = 2
    """Which hit it dies at where the first is to pass."""


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
    Point(15, "learn-after-commit", "worker", again=1),
    Point(16, "collect-mid-download", "worker"),
    Point(16, "stored-before-commit", "worker"),
    Point(17, "collect-after-stored", "worker"),
    Point(17, "distribute-after-routed", "worker"),
    Point(17, "deliver-after-send", "worker"),
    Point(18, "acknowledge-before-delete", "worker"),
    Point(19, "acknowledge-after-delete", "worker"),
]
SLICE = {
    "sqlite-1": ("sqlite", [6, 7, 9]),
    "sqlite-2": ("sqlite", [10, 11]),
    "sqlite-3": ("sqlite", [12, 13]),
    "sqlite-4": ("sqlite", [14]),
    "postgresql": ("postgresql", [6, 11, 14]),
}
LONG = {"sqlite-2": pytest.mark.slow, "sqlite-3": pytest.mark.slow}
"""What the suite runs, those of `LONG` at full length only: a service that dies at one place
after the other, over the same mails. Its worker dies twice at the most: what three died over is
set aside."""


def cases(points):
    """Every point on each engine; on the second a later hit."""
    first = [("sqlite", point, 1) for point in points]
    later = [("postgresql", point, point.again) for point in points]
    return [
        pytest.param(engine, point, nth, id=f"{point.number}-{point.name}-{engine}")
        for engine, point, nth in first + later
    ]


def letters(point):
    """What the point lies on the way of: spool files are of large mails only."""
    return [client.letter(large=True) for _ in range(3)] if point.number < 5 else client.mixed(8)


def last(numbers, points):
    """Of each of these numbers the point that comes last."""
    return list({point.number: point for point in points if point.number in numbers}.values())


def die(ledger, points):
    """Wait until every one of these points has killed its process."""
    for point in points:
        ledger.site.passed(point.name, 60)
        ledger.kills[point.role] += 1


def live_through(ledger, points, figures):
    """Die at each of these points; afterwards every promise is kept."""
    die(ledger, points)
    figures(ledger.settle())
    assert sorted(ledger.site.died()) == sorted(point.role for point in points)


@pytest.mark.parametrize(
    ("engine", "numbers"),
    [pytest.param(*SLICE[id_], id=id_, marks=LONG.get(id_, ())) for id_ in SLICE],
)
def test_kills_one_after_the_other_on_the_way_of_a_mail_break_no_promise(
    sites, figures, engine, numbers
):
    points = last(numbers, OUT)
    with sites(engine).run(",".join(f"{point.name}=kill" for point in points)) as ledger:
        ledger.client.post(client.mixed(8))
        live_through(ledger, points, figures)


def test_kills_one_after_the_other_on_the_way_of_a_received_fax_break_no_promise(sites, figures):
    points = last([16, 18, 19], IN)
    names = ",".join(f"{point.name}=kill" for point in points)
    with sites("sqlite").run(names, ringing=3) as ledger:
        live_through(ledger, points, figures)


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "point", "nth"), cases(OUT))
def test_a_kill_between_mail_and_receipt_breaks_no_promise(sites, figures, engine, point, nth):
    with sites(engine).run(f"{point.name}=kill@{nth}") as ledger:
        ledger.client.post(letters(point))
        live_through(ledger, [point], figures)


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "point", "nth"), cases(IN))
def test_a_kill_between_the_box_and_the_mail_breaks_no_promise(sites, figures, engine, point, nth):
    with sites(engine).run(f"{point.name}=kill@{nth}", ringing=3) as ledger:
        live_through(ledger, [point], figures)


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
