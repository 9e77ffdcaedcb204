"""The client writes and reads the recorded exchanges, and keeps to the service's description."""

import base64
import dataclasses
import datetime
import decimal
import functools

import pytest
from lxml import etree

from mailfax import errors
from mailfax.providers import _soap, monopond
from mailfax.providers.monopond import _replies, _requests
from tests.providers import exchanges, monopond_wire, scripted

RECORDED = exchanges.of("monopond")
OPERATIONS = {
    "SendFax", "FaxStatus", "StopFax", "PauseFax", "ResumeFax",
    "SaveFaxDocument", "DeleteFaxDocument", "FaxDocumentPreview",
}  # fmt: skip
"""Facts section 4."""
XSD = "{http://www.w3.org/2001/XMLSchema}"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"


def stamp(given):
    if "text" in given:
        size = given.get("size")
        return _requests.TextStamp(**given | {"size": decimal.Decimal(size) if size else None})
    return _requests.ImageStamp(**given | {"data": base64.b64decode(given["data"])})


def document(given):
    more = {"stamps": [stamp(one) for one in given.get("stamps", [])]}
    if "data" in given:
        more["data"] = base64.b64decode(given["data"])
    return _requests.Document(**given | more)


def properties(given):
    more = {"documents": [document(one) for one in given.get("documents", [])]}
    for name in given.keys() & {"scheduled_start_time", "must_be_sent_before"}:
        more[name] = datetime.datetime.fromisoformat(given[name])
    if "blocklists" in given:
        more["blocklists"] = _requests.Blocklists(**given["blocklists"])
    return _requests.Properties(**given | more)


def message(given):
    return _requests.Message(**given | {"properties": properties(given.get("properties", {}))})


def arguments(exchange):
    """A recording's arguments as the client takes them."""
    given = dict(exchange.arguments)
    if "messages" in given:
        given["messages"] = [message(one) for one in given["messages"]]
    if "properties" in given:
        given["properties"] = properties(given["properties"])
    if "stamps" in given:
        given["stamps"] = [stamp(one) for one in given["stamps"]]
    if "file_data" in given:
        given["file_data"] = base64.b64decode(given["file_data"])
    return given


def plain(value):
    """A result as JSON knows it."""
    if dataclasses.is_dataclass(value):
        return {key: plain(one) for key, one in dataclasses.asdict(value).items()}
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, (tuple, list)):
        return [plain(one) for one in value]
    return value


def version(exchange):
    return exchange.path.rpartition("/v")[2]


def call(exchange, url):
    given = {"url": url, "version": version(exchange), "username": "demo", "password": "demo"}
    account = monopond.connect(given, 5)
    try:
        return monopond.OPERATIONS[exchange.operation](account.client, **arguments(exchange))
    finally:
        account.close()


@pytest.mark.parametrize("exchange", RECORDED, ids=lambda one: one.name)
def test_the_client_asks_and_understands_as_recorded(exchange):
    reply = scripted.http(exchange.status, exchange.body)
    with scripted.Server(reply) as server:
        if isinstance(exchange.gives, dict) and "error" in exchange.gives:
            with pytest.raises(getattr(_replies, exchange.gives["error"])) as caught:
                call(exchange, server.url)
            assert type(caught.value).__name__ == exchange.gives["error"]
            assert caught.value.cause == exchange.gives["cause"]
        else:
            assert plain(call(exchange, server.url)) == exchange.gives
    request = server.requests[0]
    assert request.path == exchange.path
    assert request.headers["soapaction"] == '""'
    assert request.headers["content-type"] == "text/xml; charset=utf-8"
    assert monopond_wire.canonical(request.body) == monopond_wire.canonical(exchange.form)


@pytest.mark.parametrize("exchange", RECORDED, ids=lambda one: one.name)
def test_requests_and_answers_are_as_the_description_says(exchange):
    schema = schemas()[version(exchange)]
    for octets in (exchange.form, exchange.body):
        inside = etree.fromstring(octets).find(f"{{{monopond_wire.SOAP}}}Body")[0]
        inside = next(inside.iterchildren("detail"), inside)
        inside = inside[0] if inside.tag == "detail" else inside
        if not inside.tag.endswith("}Fault"):
            schema.assertValid(inside)


@functools.cache
def schemas():
    """Each description's schema, read by another hand than the client's."""
    read = {}
    for name in monopond.VERSIONS:
        wsdl = etree.parse(_soap.WSDL / f"monopond-{name}.wsdl")
        schema = etree.tostring(wsdl.find(f"{WSDL}types/{XSD}schema"))
        read[name] = etree.XMLSchema(etree.fromstring(schema))
    return read


@pytest.mark.parametrize(("name", "operations"), [("2", 5), ("2.1", 8)])
def test_each_description_has_its_operations_with_their_faults(name, operations):
    wsdl = etree.parse(_soap.WSDL / f"monopond-{name}.wsdl")
    found = {
        one.get("name"): {fault.get("name") for fault in one.iterfind(f"{WSDL}fault")}
        for one in wsdl.iterfind(f"{WSDL}portType/{WSDL}operation")
    }
    assert len(found) == operations
    for operation, faults in found.items():
        assert faults <= _replies.DECLARED[operation]
        assert name == "2" or faults == _replies.DECLARED[operation]


def test_the_operations_are_those_of_the_documentation():
    assert monopond.OPERATIONS.keys() == OPERATIONS


def test_every_operation_is_recorded_with_each_of_its_faults():
    assert {one.operation for one in RECORDED} == OPERATIONS
    recorded = {
        (one.operation, fault)
        for one in RECORDED
        for fault in _replies.MEANINGS
        if f"<ns2:{fault} ".encode() in one.body
    }
    assert recorded == {
        (operation, fault) for operation, faults in _replies.DECLARED.items() for fault in faults
    }


def test_every_fault_has_a_class_of_its_own():
    kinds = [meaning.kind for meaning in _replies.MEANINGS.values()]
    assert len(set(kinds)) == len(kinds) == 10


def test_every_recording_says_where_it_is_told():
    assert all("facts" in one.place or "documentation" in one.place for one in RECORDED)


@pytest.mark.parametrize(
    "operation", ["SaveFaxDocument", "DeleteFaxDocument", "FaxDocumentPreview"]
)
def test_version_2_knows_no_stored_documents_and_is_not_asked(operation):
    given = {"SaveFaxDocument": ["a", "a.tif", b"x"], "FaxDocumentPreview": ["a"]}
    more = {"document_ref": "a"} if operation == "DeleteFaxDocument" else {}
    with monopond_wire.account(scripted.drop, version="2") as (account, server):
        with pytest.raises(errors.Permanent, match=operation):
            monopond.OPERATIONS[operation](account.client, *given.get(operation, []), **more)
        assert not server.requests


@pytest.mark.parametrize(
    "given",
    [{"cli": "61"}, {"max_fax_pages": 3}, {"time_zone": "UTC"},
     {"must_be_sent_before": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)}],
)  # fmt: skip
def test_a_property_that_version_2_does_not_know_is_refused_by_name(given):
    wishes = _requests.Properties(**given)
    one = _requests.Message(message_ref="a", send_to="61")
    with monopond_wire.account(scripted.drop, version="2") as (account, server):
        with pytest.raises(errors.Permanent, match="unexpected keyword"):
            account.client.send_fax([one], properties=wishes)
        assert not server.requests


def test_a_time_without_zone_is_not_sent():
    naive = _requests.Properties(scheduled_start_time=datetime.datetime(2026, 1, 1))
    one = _requests.Message(message_ref="a", send_to="61", properties=naive)
    with monopond_wire.account(scripted.drop) as (account, server):
        with pytest.raises(errors.Permanent, match="time zone"):
            account.client.send_fax([one])
        assert not server.requests


@pytest.mark.parametrize("operation", sorted(OPERATIONS - {"SendFax"}))
def test_no_reference_at_all_would_mean_everything_and_is_not_sent(operation):
    if operation in {"SaveFaxDocument", "FaxDocumentPreview"}:
        return
    with monopond_wire.account(scripted.drop) as (account, server):
        with pytest.raises(errors.Permanent, match="reference"):
            monopond.OPERATIONS[operation](account.client)
        assert not server.requests


@pytest.mark.parametrize("preview", ["", "&lt;html&gt;", "SUkq=AA", "é"])
def test_a_preview_that_is_no_document_is_temporary(preview):
    inner = f"<TiffPreview>{preview}</TiffPreview>"
    with monopond_wire.account(monopond_wire.answer("FaxDocumentPreview", inner)) as (account, _):
        with pytest.raises(errors.Temporary):
            account.client.fax_document_preview("a")


def test_documents_stay_out_of_what_is_printed():
    shown = repr(_requests.Document(name="a", data=b"secret")) + repr(
        _requests.ImageStamp(x=1, y=2, name="a", data=b"secret")
    )
    assert "secret" not in shown
