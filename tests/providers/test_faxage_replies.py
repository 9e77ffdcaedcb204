"""The readers of FAXAGE's lines, with lines nobody would write."""

import urllib.parse

import hypothesis
import pytest
from hypothesis import strategies as st

from mailfax.providers import _http
from mailfax.providers.faxage import _account, _replies

COLUMN = st.text(
    st.characters(codec="utf-8", exclude_characters="\t\n\r"), max_size=12
)  # fmt: skip
NUMBER = st.integers(0, 10**9).map(str)
LINES = st.one_of(
    st.text(),
    st.lists(
        st.one_of(COLUMN, NUMBER, st.sampled_from(["success", "pending", "IN", "OUT"])), max_size=14
    ).map("\t".join),
    st.binary().map(_replies.text),
)


@hypothesis.given(LINES, st.sets(st.sampled_from(["pagecount", "csid", "login", "xmitpages"])))
def test_no_text_breaks_a_reader_and_no_line_gets_lost(said, asked):
    for listing in (
        _replies.statuses(said, asked),
        _replies.receiveds(said, {"starttime", "pagecount"}),
        _replies.calls(said, numbered=True),
        _replies.exchanges(said),
    ):
        assert len(listing.records) + len(listing.unread) == len(list(_replies.lines(said)))
    _replies.jobid(said)
    _replies.error_number(said)
    _replies.says(said, "stopped")


@hypothesis.given(
    NUMBER,
    st.lists(COLUMN, min_size=3, max_size=3),
    st.sampled_from(["pending", "success", "failure", "SUCCESS"]),
    st.lists(COLUMN, min_size=4, max_size=4),
    st.sets(st.sampled_from(_replies.STATUS_OPTIONAL)),
    st.lists(NUMBER, min_size=4, max_size=4),
)
def test_a_status_record_is_read_back_whatever_its_columns_hold(jobid, head, short, tail, asked, n):
    optional = dict(zip(_replies.STATUS_OPTIONAL, n, strict=True))
    columns = [jobid, *head, short, *tail]
    columns += [optional[name] for name in _replies.STATUS_OPTIONAL if name in asked]
    (record,) = _replies.statuses("\t".join(columns), asked).records
    assert [record.commid, record.destname, record.destnum] == head
    assert record.shortstatus == short.lower()
    assert [record.longstatus, record.sendtime, record.completetime, record.xmittime] == tail
    for name in _replies.STATUS_OPTIONAL:
        value = getattr(record, name)
        assert (str(value) if value is not None else None) == (
            optional[name] if name in asked else None
        )


@hypothesis.given(
    st.lists(COLUMN, min_size=4, max_size=4), NUMBER,
    st.sets(st.sampled_from(["starttime", "filename"])),
)  # fmt: skip
def test_a_listfax_record_is_read_back_with_starttime_third(columns, recvid, asked):
    starttime, cid, dnis, filename = columns
    recvdate = "2026-11-20 02:10:00"
    line = [recvid, recvdate]
    line += [starttime] * ("starttime" in asked) + [cid, dnis]
    line += [filename] * ("filename" in asked)
    (record,) = _replies.receiveds("\t".join(line), asked).records
    assert (record.recvid, record.recvdate, record.cid, record.dnis) == (
        recvid,
        recvdate,
        cid,
        dnis,
    )
    assert record.starttime == (starttime if "starttime" in asked else None)
    assert record.filename == (filename if "filename" in asked else None)


@pytest.mark.parametrize(
    ("said", "yes"),
    [("stopped", True), ("Stopped\n", True), ("123 stopped", True), ("Job ID: 123 stopped.", True),
     ("<p>stopped", False), ("stopped 123", False), ("unstopped", False), ("", False),
     ("x" * 99 + " stopped", False), ("1\nstopped", False)],
)  # fmt: skip
def test_a_word_confirms_alone_or_at_the_end_of_one_short_line(said, yes):
    assert _replies.says(said, "stopped") is yes


def test_provisioned_is_not_deprovisioned():
    assert not _replies.says("3035551212 deprovisioned", "provisioned")


@hypothesis.given(
    st.lists(st.tuples(st.text(min_size=1), st.one_of(st.text(), st.binary())), min_size=1)
)
def test_a_form_is_decoded_to_what_was_encoded(fields):
    import base64

    coded = b"".join(_http.form(fields)).decode("ascii")
    read = urllib.parse.parse_qsl(coded, keep_blank_values=True)
    assert read == [
        (name, base64.b64encode(value).decode() if isinstance(value, bytes) else value)
        for name, value in fields
    ]


@hypothesis.given(st.text(min_size=1), st.text(), st.text())
def test_no_secret_is_left_in_a_text(secret, before, after):
    left = _http.redact(f"{before}{secret}{after}", [secret])
    assert secret not in left or secret in "***" or secret in before + after + "***"


@hypothesis.given(st.text(max_size=40))
def test_a_time_spent_and_a_written_number_never_break(written):
    _account._seconds(written)
    assert _account._e164(written).isprintable() or written
