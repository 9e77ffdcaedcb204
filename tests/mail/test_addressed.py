"""To which number a fetched mail goes: never by what its author wrote to To and Cc."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailfax import errors
from mailfax.mail import addressed, message

OURS = ("fax.example.com",)
NUMBER = "+12025550123"
RECEIVED = "Received: from a.example by imap.example.com; Fri, 2 Jan 2026 10:00:00 +0000\r\n"
NOTED = addressed.Source(domains=OURS, header="Delivered-To", address="fax@example.com")
SUBJECT = addressed.Source(domains=OURS, subject=True)


def to(section, source=NOTED, country="US"):
    return addressed.recipient(message.head(section.encode() + b"\r\n"), source, country)


def refused(section, source=NOTED, country="US"):
    with pytest.raises(errors.Refused) as caught:
        to(section, source, country)
    return caught.value.status


def noted(address, below=""):
    return f"Delivered-To: {address}\r\n{RECEIVED}{below}From: ann@clinic.example\r\n"


@pytest.mark.parametrize(
    ("address", "number"),
    [
        (f"{NUMBER}@fax.example.com", NUMBER),
        (f"<{NUMBER}@FAX.example.com>", NUMBER),
        (f"fax+{NUMBER}@example.com", NUMBER),
        (f"FAX+{NUMBER}@Example.com", NUMBER),
        ("fax+4930123456@example.com", "+4930123456"),
        ("fax+2025550123@example.com", "2025550123"),
        ("fax+FAX=+12025550123/ATTN=Ann@example.com", "FAX=+12025550123/ATTN=Ann"),
    ],
)
def test_what_the_mailboxs_own_server_noted_names_the_number(address, number):
    assert to(noted(address)) in {f"{number}@fax.example.com", f"{number}@FAX.example.com",
                                  f"{number}@fax.example.com".lower()}  # fmt: skip


def test_adr_16_to_and_cc_never_choose_a_number():
    hostile = (
        f"To: +19005550100@fax.example.com, fax+{NUMBER}@example.com\r\n"
        "Cc: +19005550101@fax.example.com\r\nBcc: +19005550102@fax.example.com\r\n"
        "Resent-To: +19005550103@fax.example.com\r\n"
    )
    assert to(noted(f"{NUMBER}@fax.example.com", hostile)) == f"{NUMBER}@fax.example.com"
    assert refused(noted("fax@example.com", hostile)) == "5.1.1"
    assert refused(RECEIVED + hostile) == "5.1.1"
    assert refused(RECEIVED + hostile + "Subject: Results\r\n", SUBJECT) == "5.1.1"


def test_a_note_below_a_received_line_came_with_the_mail_and_counts_for_nothing():
    below = f"Delivered-To: {NUMBER}@fax.example.com\r\n"
    assert refused(RECEIVED + below) == "5.1.1"
    assert refused(noted("fax@example.com", below)) == "5.1.1"
    assert refused(below) == "5.1.1", "nobody but the author may have written it"
    assert refused(f"X-Original-To: {NUMBER}@fax.example.com\r\n{RECEIVED}") == "5.1.1"


def test_of_several_notes_only_the_topmost_counts():
    both = noted(f"{NUMBER}@fax.example.com").replace(
        RECEIVED, f"Delivered-To: +19005550100@fax.example.com\r\n{RECEIVED}"
    )
    assert to(both) == f"{NUMBER}@fax.example.com"


def test_an_address_of_others_is_no_number_of_ours():
    assert refused(noted(f"{NUMBER}@evil.example")) == "5.1.1"
    assert refused(noted(f"other+{NUMBER}@example.com")) == "5.1.1"


def test_digits_behind_a_plus_that_are_two_numbers_are_refused():
    assert refused(noted("fax+3612345678@example.com"), country="DE") == "5.1.3"


@pytest.mark.parametrize(
    "subject",
    [
        NUMBER,
        f"Fax to {NUMBER}",
        f"fax to: {NUMBER}",
        f"{NUMBER} [pin 814725]",
        f"=?utf-8?q?fax_to_{NUMBER.replace('+', '=2B')}?=",
        f"[fax fine] {NUMBER}",
    ],
)
def test_a_subject_that_is_a_number_names_it(subject):
    assert to(f"Subject: {subject}\r\n", SUBJECT) == f"{NUMBER}@fax.example.com"


@pytest.mark.parametrize(
    "section",
    [
        f"Subject: Re: {NUMBER}\r\n",
        f"Subject: call {NUMBER}\r\n",
        f"Subject: {NUMBER} please\r\n",
        f"Subject: {NUMBER}, +12025550124\r\n",
        f"Subject: {NUMBER}@evil.example\r\n",
        "Subject: Results of 2025\r\n",
        f"Subject: {NUMBER}\r\nSubject: +19005550100\r\n",
        "From: ann@clinic.example\r\n",
    ],
)
def test_any_other_subject_names_none(section):
    assert refused(section, SUBJECT) == "5.1.1"


def test_a_subject_counts_only_where_the_config_says_so():
    assert refused(noted("fax@example.com", f"Subject: {NUMBER}\r\n")) == "5.1.1"


@given(st.text(alphabet=" +()-./0123456789\taFfx@[]<>\"'\\=?", max_size=60))
def test_whatever_a_subject_says_it_is_read_or_refused(text):
    try:
        found = to(f"Subject: {text}\r\n", SUBJECT)
    except errors.Refused:
        return
    assert found.endswith("@fax.example.com")
    assert found.count("@") == 1


def test_the_envelope_sender_is_the_noted_one_else_the_author():
    head = message.head(b"Return-Path: <bounce@list.example>\r\nFrom: ann@clinic.example\r\n\r\n")
    assert addressed.sender(head) == "bounce@list.example"
    head = message.head(b"From: ann@clinic.example\r\n\r\n")
    assert addressed.sender(head) == "ann@clinic.example"
