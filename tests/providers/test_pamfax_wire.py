"""The client writes and reads the recorded exchanges, field by field."""

import base64
import dataclasses

import pytest

from mailfax import errors
from mailfax.providers import pamfax
from mailfax.providers.pamfax import _calling, _meanings
from tests.providers import exchanges, pamfax_rig, scripted

RECORDED = exchanges.of("pamfax")
KINDS = {
    "Temporary": errors.Temporary,
    "Permanent": errors.Permanent,
    "Unsure": errors.Unsure,
    "Gone": _meanings.Gone,
    "Ended": _meanings.Ended,
}
ACCOUNT = {"apikey": "demo", "secret": "demo", "username": "demo", "password": "demo"}


def arguments(exchange):
    """A recording's arguments as the client takes them."""
    given = dict(exchange.arguments)
    if "file" in given:
        name, data = given["file"]
        given["file"] = _calling.File(name, base64.b64decode(data))
    return given


def plain(value):
    """A result as JSON knows it; what is empty is left out."""
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: plain(getattr(value, name)) for name in names if getattr(value, name) != ""}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, (tuple, list)):
        return [plain(one) for one in value]
    return value


def steps(exchange):
    """The recorded answer, after a login where the call needs one."""
    reply = scripted.http(exchange.status, exchange.body)
    reply = reply.replace(b"text/html", exchange.content_type.encode())
    token = dict(exchange.fields)["usertoken"]
    return [pamfax_rig.login(UserToken={"token": token}), reply] if token else [reply]


def call(exchange, url):
    kind = "xml" if b"API_FORMAT_XML" in exchange.form else "json"
    account = pamfax.connect({"url": url, **ACCOUNT, "format": kind}, 5)
    try:
        return pamfax.OPERATIONS[exchange.operation](account.client, **arguments(exchange))
    finally:
        account.close()


@pytest.mark.parametrize("exchange", RECORDED, ids=lambda one: one.name)
def test_the_client_asks_and_understands_as_recorded(exchange):
    asked = steps(exchange)
    with scripted.Server(*asked) as server:
        if isinstance(exchange.gives, dict) and "error" in exchange.gives:
            with pytest.raises(KINDS[exchange.gives["error"]]) as caught:
                call(exchange, server.url)
            assert type(caught.value) is KINDS[exchange.gives["error"]]
            assert caught.value.cause == exchange.gives["cause"]
        else:
            assert plain(call(exchange, server.url)) == exchange.gives
    request = server.requests[len(asked) - 1]
    assert request.path == exchange.path
    sent = {
        name: value.decode("latin-1") if isinstance(value, bytes) else value
        for name, value in pamfax_rig.form(request).items()
    }
    assert sent == dict(exchange.fields)


def test_the_operations_that_carry_a_fax_are_recorded():
    recorded = {one.operation for one in RECORDED}
    assert recorded >= {*pamfax_rig.BUILDING, "FaxJob/Send", "FaxHistory/GetFaxDetails",
                        "FaxHistory/ListInboxFaxes", "Common/GetFile",
                        "FaxHistory/SetFaxesAsRead", "FaxJob/Cancel"}  # fmt: skip


def test_every_processor_is_recorded():
    assert {one.operation.partition("/")[0] for one in RECORDED} == {
        name.partition("/")[0] for name in pamfax.OPERATIONS
    }


def test_every_recording_says_where_it_is_told():
    words = ("facts section", "recorded answer", "vendor's page")
    assert all(any(word in one.place for word in words) for one in RECORDED)
