"""Toy accounts that several test modules speak through."""

import pytest

from mailfax.providers import faxage
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
