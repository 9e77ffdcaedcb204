"""A process that stood still, on the wire to a provider: what it had begun, it does not finish."""

import pytest

from mailfax import errors, failpoints
from mailfax.providers import _http
from tests.providers import scripted

SILENCE = 0.3


@pytest.fixture
def stand_still(monkeypatch):
    """Let the process stand still before the nth piece of a body."""

    def arrange(nth):
        monkeypatch.setattr(
            failpoints, "_points", {"request-mid-body": (f"delay:{2 * SILENCE}", nth)}
        )
        failpoints._hits.clear()

    return arrange


def post(server, *, changes=True):
    client = _http.Client(server.url, secrets=[], silence=SILENCE)
    try:
        return client.post_form("/do", [("data", bytes(200_000))], changes=changes)
    finally:
        client.close()


def test_a_request_that_changes_something_is_not_begun_after_standing_still(stand_still):
    stand_still(1)
    with scripted.Server(scripted.drop) as server, pytest.raises(errors.Temporary, match="still"):
        post(server)


def test_a_request_that_was_begun_is_not_finished_after_standing_still(stand_still):
    stand_still(3)
    with scripted.Server(scripted.drop_after_request) as server, pytest.raises(errors.Unsure):
        post(server)
    assert server.requests == []


def test_a_request_that_changes_nothing_may_take_its_time(stand_still):
    stand_still(1)
    with scripted.Server(scripted.http(body=b"fine")) as server:
        assert post(server, changes=False).body == b"fine"
