"""The readers of InterFAX's answers, with answers nobody would write."""

import contextlib
import dataclasses
import typing

import hypothesis
import pytest
from hypothesis import strategies as st
from lxml import etree

from mailfax import errors
from mailfax.model import Outcome
from mailfax.providers import _port
from mailfax.providers.interfax import _account, _codes, _push, _reading, _records

KINDS = [one for one in vars(_records).values() if dataclasses.is_dataclass(one)]
NAMES = st.sampled_from(
    ["TransactionID", "Status", "MessageID", "PPCardID", "Name", "Units", "CompletionTime", "x"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(), inner, max_size=4)
    ),
    max_leaves=20,
)
TEXT = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]))


def fits(record):
    """Whether each field holds what its type says."""
    for name, hint in typing.get_type_hints(type(record)).items():
        value = getattr(record, name)
        kinds = typing.get_args(hint) or (hint,)
        if typing.get_origin(hint) is tuple:
            kinds = (tuple,)
        assert isinstance(value, tuple(kind for kind in kinds if isinstance(kind, type)))


@hypothesis.given(JSON, st.sampled_from(KINDS))
def test_no_answer_breaks_a_reader_and_what_is_read_has_its_types(given, kind):
    with contextlib.suppress(_reading.Unreadable):
        fits(_reading.read(kind, given))
    with contextlib.suppress(_reading.Unreadable):
        for record in _reading.several(kind, given, _reading.REST_NAMES):
            fits(record)


@hypothesis.given(st.integers(1, 10**9), st.integers(-(10**6), 10**6), TEXT, st.integers(0, 99))
def test_a_fax_is_read_back_whatever_the_order_of_its_fields(number, status, subject, seed):
    fields = [("TransactionID", number), ("Status", status), ("Subject", subject), ("New", "x")]
    turned = fields[seed % 4 :] + fields[: seed % 4]
    call = etree.Element("{urn:x}Item")
    for name, value in turned:
        etree.SubElement(call, f"{{urn:x}}{name}").text = str(value)
    read = _reading.read(_records.Fax, _reading.plain(call))
    assert (read.transaction_id, read.status, read.subject) == (number, status, subject)


@hypothesis.given(st.lists(st.integers(1, 10**9), max_size=5))
def test_a_list_is_as_long_as_it_was_with_none_with_one_and_with_many(numbers):
    call = etree.Element("Result")
    array = etree.SubElement(call, "Items")
    for number in numbers:
        item = etree.SubElement(array, "FaxItem")
        etree.SubElement(item, "TransactionID").text = str(number)
        etree.SubElement(item, "Status").text = "0"
    read = _reading.several(_records.Fax, _reading.plain(call)["Items"])
    assert [fax.transaction_id for fax in read] == numbers


@pytest.mark.parametrize(
    ("name", "ours"),
    [("TransactionID", "transaction_id"), ("RemoteCSID", "remote_csid"), ("GMTBias", "gmt_bias"),
     ("remoteCSID", "remote_csid"), ("PPCardID", "pp_card_id"), ("id", "id"),
     ("FeedbackWithTIF", "feedback_with_tif"), ("AllowedIPAddresses", "allowed_ip_addresses"),
     ("DialingCountryISOCode", "dialing_country_iso_code"), ("numOfEmails", "num_of_emails")],
)  # fmt: skip
def test_a_name_of_the_service_is_spelt_our_way(name, ours):
    assert _reading.spelt(name) == ours


@pytest.mark.parametrize("value", ["", "-", "+1", "1.0", "1e3", "5_0", "٣", "0x1", True, None, 1.0])
def test_what_is_no_integer_is_not_taken_for_one(value):
    assert _reading.whole(value) is None


@hypothesis.given(st.integers(), st.none() | st.integers(), st.none() | st.integers())
def test_every_state_is_under_way_delivered_or_failed_for_a_cause(status, sent, pages):
    outcome, cause = _codes.outcome(status), _codes.cause(status, sent, pages)
    assert outcome in {Outcome.PENDING, Outcome.DELIVERED, Outcome.FAILED}
    assert (cause is not None) is (outcome is Outcome.FAILED)


@hypothesis.given(st.binary() | TEXT.map(str.encode))
def test_no_feedback_breaks_its_reader(body):
    request = _port.Push(headers={}, body=body)
    with contextlib.suppress(errors.Permanent):
        kind, fields, _ = _push.read(request)
        assert kind in {"Outbound", "Inbound"}
        _push.message(fields)


@hypothesis.given(st.text(max_size=30))
def test_a_number_as_written_and_a_line_of_text_never_break(written):
    assert _account._e164(written) == _account._e164(_account._e164(written))
    spaced = _account._spaced(written)
    etree.Element("a").text = spaced
    assert "\n" not in spaced


@pytest.mark.parametrize(
    ("written", "number"),
    [("0012123456789", "+12123456789"), ("+1 (212) 345-6789", "+12123456789"),
     ("2123456789", "2123456789"), ("", ""), ("Anonymous", "Anonymous"), ("00", "00")],
)  # fmt: skip
def test_a_number_with_its_country_is_read_and_any_other_is_left(written, number):
    assert _account._e164(written) == number
