"""The client writes and reads the recorded exchanges, octet by octet."""

import base64
import dataclasses
import datetime

import pytest

from mailfax import errors
from mailfax.providers import faxage
from mailfax.providers.faxage import _client, _replies
from tests.providers import exchanges, scripted

RECORDED = exchanges.of("faxage")
KINDS = {
    "Temporary": errors.Temporary,
    "Permanent": errors.Permanent,
    "Unsure": errors.Unsure,
    "Gone": _replies.Gone,
    "TooLate": _replies.TooLate,
}


def arguments(exchange):
    """A recording's arguments as the client takes them."""
    given = dict(exchange.arguments)
    for name in given.keys() & {"begin", "end"}:
        given[name] = datetime.datetime.fromisoformat(given[name])
    if "files" in given:
        given["files"] = [
            _client.File(name, base64.b64decode(data)) for name, data in given["files"]
        ]
    return given


def plain(value):
    """A result as JSON knows it."""
    if dataclasses.is_dataclass(value):
        return {key: plain(one) for key, one in dataclasses.asdict(value).items()}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, (tuple, list)):
        return [plain(one) for one in value]
    return value


def call(exchange, url):
    account = faxage.connect(
        {"url": url, "username": "demo", "company": "12345", "password": "demo"}, 5
    )
    try:
        return faxage.OPERATIONS[exchange.operation](account.client, **arguments(exchange))
    finally:
        account.close()


@pytest.mark.parametrize("exchange", RECORDED, ids=lambda one: one.name)
def test_the_client_asks_and_understands_as_recorded(exchange):
    reply = scripted.http(exchange.status, exchange.body)
    with scripted.Server(reply) as server:
        if isinstance(exchange.gives, dict) and "error" in exchange.gives:
            with pytest.raises(KINDS[exchange.gives["error"]]) as caught:
                call(exchange, server.url)
            assert type(caught.value) is KINDS[exchange.gives["error"]]
            assert caught.value.cause == exchange.gives["cause"]
        else:
            assert plain(call(exchange, server.url)) == exchange.gives
    request = server.requests[0]
    assert request.path == exchange.path
    assert sorted(request.fields) == sorted(exchange.fields)
    assert arrays(request.fields) == arrays(exchange.fields)


def arrays(fields):
    """The array fields, whose order matters."""
    return [pair for pair in fields if pair[0].endswith("[]")]


def test_every_operation_of_the_manual_is_recorded():
    assert {one.operation for one in RECORDED} == faxage.OPERATIONS.keys() - {"debug"}


def test_every_recording_says_where_it_is_told():
    assert all("manual page" in one.place for one in RECORDED)


def test_every_error_number_of_an_operation_has_a_meaning():
    for wire in _client._WIRES.values():
        for number in wire.numbers:
            assert (wire.url, number) in _replies.MEANINGS


def test_every_meaning_belongs_to_an_operation():
    used = {(wire.url, number) for wire in _client._WIRES.values() for number in wire.numbers}
    assert used == _replies.MEANINGS.keys()


def test_the_debug_page_echoes_without_the_password():
    echo = scripted.http(body=b"Array ( [password] => demo [operation] => status ) JOBID: 5")
    with scripted.Server(echo) as server:
        account = faxage.connect(
            {"url": server.url, "username": "ann", "company": "12345", "password": "demo"}, 5
        )
        said = account.client.debug("status", {"jobid": "5"})
        account.close()
    assert said == "Array ( [password] => *** [operation] => status ) JOBID: 5"
    request = server.requests[0]
    assert request.path == "/httpsfax-debug.php"
    assert request.field("operation") == "status"


@pytest.mark.parametrize("operation", ["portable", "listlines", "listac", "listdids"])
@pytest.mark.parametrize("body", [b"<html>2</html>", "٣".encode(), b"yes"])
def test_a_number_that_is_none_is_not_taken_for_one(operation, body):
    with scripted.Server(scripted.http(body=body)) as server:
        account = faxage.connect(
            {"url": server.url, "username": "demo", "company": "12345", "password": "demo"}, 5
        )
        given = ["3035551212"] if operation == "portable" else []
        with pytest.raises(errors.Temporary):
            faxage.OPERATIONS[operation](account.client, *given)
        account.close()
