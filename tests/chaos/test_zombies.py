"""A worker that stands still past its lease, is taken for dead, and wakes up.

On PostgreSQL, where two machines share a store. On SQLite all processes are of one host, and one
that stands still with the turn to write stops them all: nothing is taken over, nothing lost.

One letter at a time: the lease and the time until a provider is believed not to have a fax are
scaled down here, the wire's own patience with a process that stands still is not.
"""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys

import pytest

from tests.chaos import client

OUT = [
    "claimed-accepted",
    "render-before-state",
    "claimed-ready",
    "submit-before-connect",
    "request-after-body",
    "submit-after-answer",
    "claimed-submitted",
    "follow-after-end",
    "tell-before-commit",
    "deliver-after-send",
]
IN = [
    "poll-after-list",
    "collect-mid-download",
    "distribute-after-routed",
    "acknowledge-before-delete",
    "acknowledge-after-delete",
]
SLICE = {"submit-before-connect"}


def cases(points):
    return [
        pytest.param(point, id=point, marks=[] if point in SLICE else [pytest.mark.slow])
        for point in points
    ]


@contextlib.contextmanager
def second_worker(site):
    """Another worker on the same store, as on a second machine; its log comes after the first's."""
    config = str(site.running.config)
    command = [sys.executable, "-m", "mailfax", "serve", "--role", "worker", "--config", config]
    with pathlib.Path(site.running.folder, "serve.log").open("ab") as log:
        worker = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield
    finally:
        worker.kill()
        worker.wait(10)


@contextlib.contextmanager
def woken(pid):
    """Let the process go on, whatever happens in the block."""
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("point", cases(OUT))
def test_a_worker_that_wakes_up_too_late_sends_nothing(sites, figures, point):
    site = sites("postgresql")
    with site.run(f"{point}=stop") as ledger:
        ledger.client.post([client.letter()])
        stopped = site.passed(point)
        with second_worker(site):
            with woken(stopped):
                ledger.kills["stopped"] += 1
                ledger.settle()
            ledger.client.post(client.mixed(4))
            figures(ledger.settle())


@pytest.mark.parametrize("point", cases(IN))
def test_a_worker_that_wakes_up_too_late_mails_nothing_twice(sites, figures, point):
    site = sites("postgresql")
    with site.run(f"{point}=stop", ringing=1) as ledger:
        stopped = site.passed(point)
        with second_worker(site):
            with woken(stopped):
                ledger.kills["stopped"] += 1
                ledger.settle()
            ledger.ring()
            figures(ledger.settle())
