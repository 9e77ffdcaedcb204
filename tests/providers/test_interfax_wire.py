"""The client writes and reads the recorded exchanges."""

import base64
import dataclasses
import datetime
import decimal
import typing

import pytest
from lxml import etree

from mailfax import errors
from mailfax.providers import interfax
from mailfax.providers.interfax import _codes
from tests.providers import exchanges, scripted
from tests.providers import interfax_rig as rig

RECORDED = exchanges.of("interfax")
KINDS = {
    "Temporary": errors.Temporary,
    "Permanent": errors.Permanent,
    "Unsure": errors.Unsure,
    "Gone": _codes.Gone,
    "Beyond": _codes.Beyond,
}
SENDING = """
    SendCharFax Sendfax SendfaxEx SendfaxEx_2 ReSendFax ResendBroadcastFax CancelFax HideFax
    CancelBatch HideBatch FaxStatus FaxStatusEx FaxStatusXML FaxQuery FaxQuery2 GetFaxImage
    StartFileUpload UploadFileChunk CancelFileUpload GetSupportedFileTypes IsSupportedFileType
    SendWordMailMerge GetListPP GetPPCardDetails GetPPCardTransactions
    GetPPCardTransactionsAsByteArray
"""
RECEIVING = "GetList GetList2 GetImageChunk MarkMessage"
ADMIN = """
    GetAccountPPCardsBalance OpenUser CloseUser SetUserProperties GetUserProperties GetInboundNodes
    AddRxService RemoveRxService SetRxServiceProperties GetRxServiceProperties AddRxEmailProperties
    SetRxEmailProperties GetRxEmailProperties RemoveRxEmail AddTxService RemoveTxService
    SetUserTxProperties GetUserTxProperties GetTimeZones GetTimeZonesXML GetOutboundActivity
    GetInboundActivity
"""
REST = """
    POST /outbound/faxes; GET /outbound/faxes; GET /outbound/faxes/completed; GET /outbound/faxes/7;
    GET /outbound/faxes/7/image; POST /outbound/faxes/7/cancel; POST /outbound/faxes/7/hide;
    POST /outbound/faxes/7/resend; GET /outbound/search; POST /outbound/documents;
    POST /outbound/documents/d; GET /outbound/documents; GET /outbound/documents/d;
    DELETE /outbound/documents/d; GET /outbound/batches; GET /outbound/batches/7;
    GET /outbound/batches/7/children; GET /outbound/batches/7/image;
    POST /outbound/batches/7/resend;
    POST /outbound/batches/7/cancel; POST /outbound/batches/7/hide; GET /inbound/faxes;
    GET /inbound/faxes/9; GET /inbound/faxes/9/image; GET /inbound/faxes/9/emails;
    POST /inbound/faxes/9/mark; POST /inbound/faxes/9/resend; GET /accounts/self/ppcards/balance
"""


def argument(value, hint):
    """A recorded value as the client takes it."""
    kinds = typing.get_args(hint) or (hint,)
    if value is None or value == []:
        return value
    if isinstance(value, list):
        return [argument(one, kinds[0]) for one in value]
    if bytes in kinds:
        return base64.b64decode(value)
    if datetime.datetime in kinds:
        return datetime.datetime.fromisoformat(value)
    if dataclasses.is_dataclass(kinds[0]):
        hints = typing.get_type_hints(kinds[0])
        return kinds[0](**{name: argument(one, hints[name]) for name, one in value.items()})
    return value


def plain(value):
    """A result as JSON knows it, without what is empty in a record."""
    if dataclasses.is_dataclass(value):
        told = {key: plain(one) for key, one in vars_of(value).items()}
        return {key: one for key, one in told.items() if one not in (None, "", [])}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return str(value)
    return [plain(one) for one in value] if isinstance(value, (tuple, list)) else value


def vars_of(record):
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}


def call(exchange, url):
    operation = interfax.OPERATIONS[exchange.operation]
    hints = typing.get_type_hints(operation)
    given = {name: argument(value, hints[name]) for name, value in exchange.arguments.items()}
    settings = {"url": url, "rest_url": url, "username": "demo", "password": "demo"}
    account = interfax.connect(settings, 5)
    try:
        return operation(account.client, **given)
    finally:
        account.close()


def tree(node):
    """An element as names and texts, whatever its prefixes."""
    return (node.tag, (node.text or "").strip(), [tree(child) for child in node])


def reply(exchange):
    _, mark, place = exchange.content_type.partition(", Location: ")
    headers = [f"Location: {place}"] if mark else []
    return scripted.http(exchange.status, exchange.body, headers=headers)


def same(recorded, request):
    if recorded.path.endswith(".asmx"):
        assert request.path == recorded.path
        assert tree(etree.fromstring(request.body)) == tree(etree.fromstring(recorded.form))
        namespace = etree.fromstring(recorded.form)[0][0].tag[1:].partition("}")[0]
        assert request.headers["soapaction"] == f'"{namespace}/{recorded.operation}"'
    else:
        method, mark, path = recorded.path.rpartition(" ")
        assert (request.method, request.path) == (method if mark else "POST", path)
        assert request.body == recorded.form
        assert request.headers["authorization"] == "Basic ZGVtbzpkZW1v"


@pytest.mark.parametrize("exchange", RECORDED, ids=lambda one: one.name)
def test_the_client_asks_and_understands_as_recorded(exchange):
    with scripted.Server(reply(exchange)) as server:
        if isinstance(exchange.gives, dict) and "error" in exchange.gives:
            with pytest.raises(KINDS[exchange.gives["error"]]) as caught:
                call(exchange, server.url)
            assert type(caught.value) is KINDS[exchange.gives["error"]]
            assert caught.value.cause == exchange.gives["cause"]
        else:
            assert plain(call(exchange, server.url)) == exchange.gives
    (request,) = server.requests
    same(exchange, request)


def test_every_operation_is_recorded():
    assert {one.operation for one in RECORDED} == interfax.OPERATIONS.keys()


def test_the_operations_are_those_of_the_services():
    soap = {name for name in interfax.OPERATIONS if "." not in name}
    told = [text.split() for text in (SENDING, RECEIVING, ADMIN)]
    assert soap == {name for names in told for name in names}
    assert [len(names) for names in told] == [26, 4, 22]


def test_the_calls_of_the_rest_service_are_all_there():
    asked = {one.path.partition("?")[0] for one in RECORDED if not one.path.endswith(".asmx")}
    calls = {path if " " in path else f"POST {path}" for path in asked}
    told = {" ".join(call.split()) for call in REST.split(";")}
    assert calls == told


def test_every_recording_says_where_it_is_told():
    known = ("recorded 2012-02", "the vendor's ", "the service's help page", "Admin manual, ")
    assert all(one.place.startswith(known) for one in RECORDED)


def test_every_recorded_request_is_what_its_description_says():
    import zeep

    from mailfax.providers import _soap

    for service in ("dfs", "inbound", "admin"):
        client = zeep.Client(str(_soap.WSDL / f"interfax-{service}.wsdl"))
        binding = client.service._binding
        for one in RECORDED:
            if one.path == f"/{service}.asmx":
                element = binding.get(one.operation).input.body
                given = etree.fromstring(one.form)[0][0]
                known = {name for name, _ in element.type.elements}
                assert {etree.QName(child).localname for child in given} <= known


def test_the_login_is_the_octets_of_a_name_and_a_password():
    with scripted.Server(rig.json("[]")) as server, rig.account(server.url) as account:
        interfax.OPERATIONS["outbound.all"](account.client)
        sent = server.requests[0].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent) == b"ann:s3cret&Canary"
