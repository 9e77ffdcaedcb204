"""Toy accounts that several test modules speak through, and the stand-in of all services."""

import datetime

import pytest

from mailfax import providers
from mailfax.providers import faxage
from mailfax.sandbox import Sandbox, _calls
from tests.providers import contract, scripted


def settings(url):
    return {
        "url": url, "username": "ann", "company": "12345", "password": contract.Contract.secret,
    }  # fmt: skip


@pytest.fixture
def ask():
    """ask(steps, use, **settings): `use` an account against a server; its result, its requests."""

    def run(steps, use, **more):
        steps = [step if callable(step) else scripted.http(body=step) for step in steps]
        with scripted.Server(*steps) as server:
            account = faxage.connect(settings(server.url) | more, 2)
            try:
                return use(account), server.requests
            finally:
                account.close()

    return run


@pytest.fixture(scope="session")
def standing():
    with Sandbox(base_port=0) as running:
        yield running


@pytest.fixture
def sandbox(standing):
    """The stand-in in its first minute; no request of the test may trip it."""
    standing.reset()
    yield standing
    mistakes = [entry["error"] for entry in standing.log.entries() if entry["error"]]
    assert mistakes == []


@pytest.fixture
def at_once(monkeypatch):
    """The stand-ins convert documents in no time, so that nobody waits for them."""
    monkeypatch.setattr(_calls, "CONVERTING", datetime.timedelta(0))


@pytest.fixture
def connect_to(sandbox):
    """connect_to(kind, **settings): an account of the stand-in's."""
    made = []

    def account(kind, **more):
        url = sandbox.urls[kind]
        given = {"url": url, "rest_url": url, "interval": "0", **sandbox.credentials[kind]}
        made.append(providers.load(kind).connect(given | more, 10))
        return made[-1]

    yield account
    for one in made:
        one.close()
