"""The part of a receipt that machines read, row by row of the standard."""

import dataclasses
import email
import email.utils
import re

import hypothesis
import hypothesis.strategies as st
import pytest

from mailfax import errors
from mailfax.mail import dsn
from mailfax.mail.receipt import Kind
from mailfax.model import ManifestEntry, Peer, Recipient
from mailfax.states import State
from tests.mail import facts

REGISTERED = {
    "original-envelope-id",
    "reporting-mta",
    "received-from-mta",
    "arrival-date",
    "original-recipient",
    "final-recipient",
    "action",
    "status",
    "diagnostic-code",
    "last-attempt-date",
    "final-log-id",
    "will-retry-until",
    "media-accept-features",
}
"""RFC 3464, and RFC 2530 for the last."""

TOLD = [kind for kind in Kind if kind is not Kind.ACCEPTED]


def octets(*entries, **fields) -> bytes:
    return b"".join(dsn.machine_part(facts.notice(*entries, **fields)).pieces())


def blocks(*entries, **fields) -> list[email.message.Message]:
    return email.message_from_bytes(octets(*entries, **fields)).get_payload()


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        (Kind.FAILED, "failed"),
        (Kind.DELIVERED, "delivered"),
        (Kind.RELAYED, "relayed"),
        (Kind.DELAYED, "delayed"),
        (Kind.HELD, "delayed"),
    ],
)
def test_each_kind_has_its_action(kind, action):
    assert blocks(facts.entry(kind))[1]["Action"] == action


def test_an_accepted_fax_has_no_block():
    assert len(blocks(facts.entry(Kind.ACCEPTED), facts.entry(Kind.FAILED))) == 2


def test_the_failed_report_reads_as_in_the_handbook():
    busy = facts.entry(
        Kind.FAILED,
        cause=errors.Cause.BUSY,
        tries=5,
        orcpt="rfc822;FAX+3D+2B12025550123@fax.example",
    )
    assert octets(busy, envid="QQ+314159").decode().splitlines() == [
        "Content-Type: message/delivery-status",
        "",
        "Original-Envelope-Id: QQ+314159",
        "Reporting-MTA: dns; fax.example",
        "Received-From-MTA: dns; mail.example.com ([192.0.2.7])",
        "Arrival-Date: Fri, 20 Nov 2026 09:57:31 +0100",
        "",
        "Original-Recipient: rfc822; FAX=+12025550123@fax.example",
        "Final-Recipient: rfc822; FAX=+1-202.555-0123@fax.example",
        "Action: failed",
        "Status: 4.4.1",
        "Diagnostic-Code: x-fax; busy",
        "Last-Attempt-Date: Fri, 20 Nov 2026 10:40:31 +0100",
        "Final-Log-ID: job-000271",
        "X-Mailfax-Attempts: 5",
        "X-Mailfax-Carrier-Job: 88214",
        "X-Mailfax-Pages: 0 of 7",
    ]


def test_the_envelope_id_is_there_exactly_when_it_came():
    assert "Original-Envelope-Id" not in blocks(facts.entry(Kind.FAILED))[0]
    assert blocks(facts.entry(Kind.FAILED), envid="aB+c")[0]["Original-Envelope-Id"] == "aB+c"


def test_the_original_recipient_is_there_exactly_when_it_came():
    assert "Original-Recipient" not in blocks(facts.entry(Kind.FAILED))[1]
    written = facts.entry(Kind.FAILED, orcpt="rfc822;Ann+40x.example")
    assert blocks(written)[1]["Original-Recipient"] == "rfc822; Ann@x.example"


@pytest.mark.parametrize(
    "address",
    [facts.ADDRESS, "fax=+1202-555.0123/T33S=42@Fax.Example", '"FAX=+1202 5550123"@fax.example'],
)
def test_adr_03_the_final_recipient_is_what_rcpt_said(address):
    to = Recipient(address=address, number=facts.NUMBER)
    assert (
        blocks(facts.entry(Kind.FAILED, recipient=to))[1]["Final-Recipient"] == f"rfc822; {address}"
    )


@pytest.mark.parametrize("cause", errors.Cause)
def test_a_failure_has_the_status_of_its_cause(cause):
    assert blocks(facts.entry(Kind.FAILED, cause=cause))[1]["Status"] == errors.STATUS[cause]


@pytest.mark.parametrize("kind", [Kind.DELAYED, Kind.HELD])
@pytest.mark.parametrize("cause", [None, *errors.Cause])
def test_what_may_still_arrive_has_no_final_status(kind, cause):
    assert blocks(facts.entry(kind, cause=cause))[1]["Status"].startswith("4.")


def test_a_failure_without_cause_has_the_fall_back_status():
    assert blocks(facts.entry(Kind.FAILED))[1]["Status"] == "5.0.0"


def test_a_fax_that_expired_keeps_its_last_cause_and_else_has_run_out_of_time():
    busy = facts.entry(Kind.FAILED, cause=errors.Cause.BUSY, state=State.EXPIRED)
    assert blocks(busy)[1]["Status"] == "4.4.1"
    assert blocks(facts.entry(Kind.FAILED, state=State.EXPIRED))[1]["Status"] == "4.4.7"


@pytest.mark.parametrize("kind", [Kind.FAILED, Kind.HELD])
def test_an_unknown_outcome_has_a_status_of_its_own(kind):
    block = blocks(facts.entry(kind, unsure=True))[1]
    assert block["Status"] == "4.4.7"
    assert "X-Mailfax-Pages" not in block


@pytest.mark.parametrize(
    ("name", "label", "status"),
    [("logo.png", "image/png", "2.6.4"), ("", "image/png", "2.6.4"), ("", "text/plain", "2.1.5")],
)
def test_a_part_left_out_shows_in_the_status_but_the_other_form_of_a_text_does_not(
    name, label, status
):
    left_out = ManifestEntry(part="1", name=name, label=label, found="x", outcome="left out")
    assert blocks(facts.entry(Kind.DELIVERED), manifest=(left_out,))[1]["Status"] == status
    assert blocks(facts.entry(Kind.DELIVERED))[1]["Status"] == "2.1.5"


def test_nobody_who_answered_by_mail_is_named_and_nothing_was_translated():
    for kind in TOLD:
        block = blocks(facts.entry(kind))
        assert "Remote-MTA" not in block[1]
        assert "DSN-Gateway" not in block[0]


def test_the_provider_is_quoted_and_our_own_trouble_is_not_called_the_lines():
    said = facts.entry(Kind.FAILED, cause=errors.Cause.BUSY)
    quoted = facts.report(Kind.FAILED, raw="user busy (cause 17)")
    block = blocks(
        facts.Entry(kind=Kind.FAILED, job=said.job, transmissions=said.transmissions, report=quoted)
    )
    assert block[1]["Diagnostic-Code"] == "x-fax; busy (user busy [cause 17])"
    ours = facts.Entry(kind=Kind.FAILED, job=facts.job(Kind.FAILED, cause=errors.Cause.TOO_LONG))
    assert blocks(ours)[1]["Diagnostic-Code"] == "x-mailfax; too_long"
    assert "Diagnostic-Code" not in blocks(facts.entry(Kind.DELIVERED))[1]


def test_the_last_attempt_is_dated_only_when_there_was_one():
    tried = facts.entry(Kind.FAILED)
    assert blocks(tried)[1]["Last-Attempt-Date"] == "Fri, 20 Nov 2026 10:40:31 +0100"
    never = facts.Entry(kind=Kind.FAILED, job=facts.job(Kind.FAILED, cause=errors.Cause.CANCELLED))
    assert "Last-Attempt-Date" not in blocks(never)[1]


@pytest.mark.parametrize("kind", TOLD)
def test_only_a_delayed_fax_says_until_when_it_is_tried(kind):
    assert ("Will-Retry-Until" in blocks(facts.entry(kind))[1]) == (kind is Kind.DELAYED)


@pytest.mark.parametrize("kind", TOLD)
def test_every_date_has_a_numeric_zone(kind):
    for block in blocks(facts.entry(kind)):
        for name in ("Arrival-Date", "Last-Attempt-Date", "Will-Retry-Until"):
            if name in block:
                assert email.utils.parsedate_tz(block[name])[9] == 3600


@pytest.mark.parametrize("kind", TOLD)
def test_every_field_is_registered_or_ours(kind):
    for block in blocks(facts.entry(kind, cause=errors.Cause.BUSY), envid="x"):
        for name in block:
            assert name.lower() in REGISTERED or name.startswith("X-Mailfax-")


def test_the_features_of_a_fax_machine_can_be_read_as_an_expression():
    value = re.sub(r"\s+", " ", blocks(facts.entry(Kind.DELIVERED))[1]["Media-Accept-Features"])
    assert value.count("(") == value.count(")")
    assert value.startswith('(& (type="image/tiff")')


def test_each_recipient_has_a_block_in_the_given_order():
    both = [facts.entry(Kind.FAILED, id="j1"), facts.entry(Kind.DELIVERED, id="j2")]
    assert [block["Final-Log-ID"] for block in blocks(*both)[1:]] == ["j1", "j2"]


def test_an_ipv6_client_is_written_as_a_literal():
    peer = Peer(address="2001:db8::1", helo="")
    field = blocks(facts.entry(Kind.FAILED), peer=peer)[0]["Received-From-MTA"]
    assert field == "dns; 2001:db8::1 ([IPv6:2001:db8::1])"


HOSTILE = st.text(max_size=600) | st.sampled_from(
    ["a\r\nStatus: 2.1.5", "x\n\nAction: delivered", "=?utf-8?q?x?=", "ü\u202ex\x00", "x " * 400]
)


@hypothesis.given(raw=HOSTILE, csid=HOSTILE, reference=HOSTILE, helo=HOSTILE, envid=HOSTILE)
def test_hostile_values_stay_in_their_field(raw, csid, reference, helo, envid):
    entry = facts.entry(Kind.FAILED, cause=errors.Cause.BUSY, orcpt=f"rfc822;{envid}")
    (transmission,) = entry.transmissions
    hostile = facts.Entry(
        kind=Kind.FAILED,
        job=entry.job,
        transmissions=(dataclasses.replace(transmission, reference=reference or None),),
        report=facts.report(Kind.FAILED, raw=raw, csid=csid),
    )
    peer = Peer(address="192.0.2.7", helo=helo)
    part = octets(hostile, peer=peer, envid=envid)
    assert part.isascii()
    assert b"=?" not in part or "=" in envid
    assert all(len(line) <= 998 for line in part.split(b"\r\n"))
    assert part.count(b"\n") == part.count(b"\r\n") == part.count(b"\r")
    message, recipient = email.message_from_bytes(part).get_payload()
    assert message.keys() == [
        "Original-Envelope-Id",
        "Reporting-MTA",
        "Received-From-MTA",
        "Arrival-Date",
    ]
    expected = ["Original-Recipient", "Final-Recipient", "Action", "Status", "Diagnostic-Code"]
    assert recipient.keys()[:5] == expected
    assert recipient["Status"] == "4.4.1"
    assert set(recipient.keys()[5:]) <= {
        "Last-Attempt-Date",
        "Final-Log-ID",
        "X-Mailfax-Attempts",
        "X-Mailfax-Carrier-Job",
        "X-Mailfax-Pages",
        "X-Mailfax-Remote-ID",
    }
