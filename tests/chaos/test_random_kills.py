"""`kill -9` at any moment, under load, to any part of the service and to all of it at once."""

import os
import random
import time

import pytest

from tests.chaos import client

ROUNDS = int(os.environ.get("MAILFAX_CHAOS_ROUNDS", "25"))
"""Rounds on each engine at full length."""
SLICE = [("sqlite", 0)]
PAIRS = 5
"""Of kills in one round; the suite's has fewer. After two the work is let come to its end: what
three workers died over is set aside, as it should be, and that has its own tests."""


def rounds():
    return [
        pytest.param(
            engine, n,
            id=f"{engine}-{n}", marks=[] if (engine, n) in SLICE else [pytest.mark.slow],
        )
        for n in range(ROUNDS)
        for engine in ("sqlite", "postgresql")
    ]  # fmt: skip


def strike(site, chance):
    """Kill something; what it was."""
    what = chance.choices(["all", "worker", "listener", "supervisor"], [4, 3, 2, 1])[0]
    if what in {"worker", "listener"} and site.kill_role(what):
        return what
    if what == "supervisor":
        site.kill_supervisor()
    else:
        what = "all"
        site.kill()
    site.serve()
    return what


@pytest.mark.parametrize(("engine", "n"), rounds())
def test_kills_at_random_break_no_promise(sites, figures, engine, n):
    site, chance = sites(engine), random.Random(n)
    with site.run(ringing=2) as ledger:
        for _ in range(PAIRS if n else 1):
            for _ in range(2):
                ledger.client.post(client.mixed(10), rest=0.2)
                ledger.ring()
                time.sleep(chance.uniform(0.2, 2.0))
                ledger.kills[strike(site, chance)] += 1
            ledger.client.finish()
            ledger.quiet()
        figures(ledger.settle())
