"""Following thousands of open faxes costs requests by the batch: the worker's own steps, a ledger
on disk, and the stand-in of each service.
"""

import contextlib
import dataclasses
import itertools
import json
import math
import time

import pytest

from mailfax import config as configuration
from mailfax import offramp, providers
from mailfax.service import working
from mailfax.states import Event, State
from mailfax.store import changes
from tests.providers import rounds
from tests.store import samples

BATCHES = {"faxage": 600, "interfax": 600, "monopond": 600, "pamfax": 100, "popfax": 50}
"""Faxes that one question tells of: jobs, a broadcast, a page of a list, a registration."""
SLACK = 3
"""Questions for a batch: a claim may meet the ends of two, and Popfax is asked in three steps."""
ONCE = 6
"""Questions however many faxes there are: a login, the end of a list."""
PAGES = "fax/a/page.tif"

_CONFIG = """\
version = 1
domains = ["fax.example.com"]
store = "sqlite:mailfax.db"
documents = "documents"
rules = "rules.toml"

[listener]
listen = ["127.0.0.1:0"]

[smarthost]
host = "127.0.0.1"
port = 9
tls = "none"
postmaster = "postmaster@example.com"

[worker]
pace = {pace}
lease = 600

[providers.main]
kind = "{kind}"
{account}
"""
_RULES = """\
version = 1
defaults = {country = "US", provider = ["main"]}
send = [{action = "reject"}]
receive = [{deliver = "reception@example.com"}]
"""

pytestmark = pytest.mark.usefixtures("at_once")


class Desk:
    """A worker with one account at the stand-in; a folder holds its ledger.

    `pace`: at 0.001 every fax is due at once, at 60 none is asked after twice in five minutes.
    """

    def __init__(self, folder, sandbox, kind, pace, **settings):
        self.folder = folder
        url = sandbox.urls[kind]
        given = {"url": url, "rest_url": url, **sandbox.credentials[kind], **settings}
        wanted = providers.load(kind).SETTINGS
        account = "\n".join(
            f"{name} = {self._secret(name, value) if wanted[name].secret else json.dumps(value)}"
            for name, value in given.items()
            if name in wanted
        )
        (folder / "rules.toml").write_text(_RULES)
        config = folder / "mailfax.toml"
        config.write_text(_CONFIG.format(kind=kind, pace=pace, account=account))
        self.worker = working.Working(configuration.load(config))
        self.ledger, self.offramp = self.worker._ledger, self.worker._offramp
        self.account = self.worker._accounts["main"]

    def _secret(self, name, value):
        file = self.folder / f"{name}.secret"
        file.write_text(value)
        return json.dumps({"file": str(file)}).replace(":", " =", 1)

    def close(self):
        self.account.close()
        self.worker._smarthost.close()
        self.ledger.close()


@contextlib.contextmanager
def desk(*given, **settings):
    with contextlib.closing(Desk(*given, **settings)) as made:
        yield made


def fill(made, jobs):
    """Faxes whose pages are made, a hundred to a mail."""
    made.worker._documents.put(PAGES, rounds.tiff())
    numbers = (13032000000 + 10_000 * (n // 9000) + n % 9000 for n in range(jobs))  # none special
    wanted = [
        dataclasses.replace(
            samples.new_job(made.ledger.now, str(number)),
            decision=samples.decision(provider=("main",), cover="none"),
        )
        for number in numbers
    ]
    made.ledger.mails.accept(
        [
            samples.acceptance(made.ledger.now, tuple(wanted[start : start + 100]))
            for start in range(0, jobs, 100)
        ]
    )
    claimed = made.ledger.faxes.claim([State.ACCEPTED], jobs, 600, "test")
    made.ledger.faxes.advance_all(
        [changes.Change(job=job, event=Event.RENDERED, document=PAGES, pages=1) for job in claimed]
    )


def hand_over(made, jobs):
    """Submit them all."""
    while made.offramp.submit():
        pass
    assert made.ledger.faxes.counts()[State.SUBMITTED] == jobs


def follow(made, sandbox, jobs, monkeypatch):
    """Ask once after each; when each question began, and how many requests all took."""
    began, requests, asked = [], [], set()
    report = made.account.report

    def watched(references):
        sandbox.log.clear()
        began.append(time.monotonic())
        found = report(references)
        requests.append(len(sandbox.log.entries()))
        asked.update(references)
        return found

    monkeypatch.setattr(made.account, "report", watched)
    while len(asked) < jobs:
        if not made.offramp.follow():
            time.sleep(0.05)
    return began, sum(requests)


def proven(tmp_path, sandbox, kind, jobs, monkeypatch, **settings):
    sandbox.exchange.hold(True)
    with desk(tmp_path, sandbox, kind, pace=0.001, interval="0") as made:
        fill(made, jobs)
        hand_over(made, jobs)
    with desk(tmp_path, sandbox, kind, pace=60, **settings) as made:
        able = made.account.capabilities
        began, requests = follow(made, sandbox, jobs, monkeypatch)
        assert made.ledger.faxes.counts()[State.SUBMITTED] == jobs
    batch = min(BATCHES[kind], able.max_reports, offramp.MANY)
    assert requests <= SLACK * math.ceil(jobs / batch) + ONCE
    least = max(able.request_interval, able.report_interval)
    assert all(later - one > 0.99 * least for one, later in itertools.pairwise(began))


@pytest.mark.parametrize("kind", providers.kinds())
def test_open_faxes_cost_requests_by_the_batch(tmp_path, sandbox, kind, monkeypatch):
    monkeypatch.setattr(offramp, "MANY", 30)
    proven(tmp_path, sandbox, kind, 80, monkeypatch, interval="0")


def test_a_claim_of_more_than_one_question_tells_of_is_asked_after_in_turns(
    tmp_path, sandbox, monkeypatch
):
    proven(tmp_path, sandbox, "interfax", 110, monkeypatch, transport="rest", interval="0.5")


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", providers.kinds())
def test_ten_thousand_open_faxes_cost_requests_by_the_batch_within_the_limits(
    tmp_path, sandbox, kind, monkeypatch
):
    proven(tmp_path, sandbox, kind, 10_000, monkeypatch)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_thousand_open_faxes_by_rest_are_asked_after_within_the_limits(
    tmp_path, sandbox, monkeypatch
):
    proven(tmp_path, sandbox, "interfax", 1000, monkeypatch, transport="rest")
