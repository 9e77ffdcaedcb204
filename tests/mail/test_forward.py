"""The mail that brings a received fax."""

import dataclasses
import datetime
import email
import email.policy

import hypothesis
import hypothesis.strategies as st
import pytest

from mailfax import errors
from mailfax.mail import automatic, compose, forward, header, message
from mailfax.model import Damage, InboundFax
from tests.mail import facts

HEADER = [
    "Received",
    "Date",
    "From",
    "To",
    "Subject",
    "Message-ID",
    "Message-Context",
    "Auto-Submitted",
    "X-Mailfax-Loop",
    "MIME-Version",
    "Content-Type",
]
FAX = InboundFax(
    account="main",
    reference="4711",
    did="+12025550100",
    caller="+12025550199",
    received_at=datetime.datetime(2026, 11, 20, 10, 4, 51, tzinfo=datetime.UTC),
    tsid="ACME LEGAL",
)
TIFF = forward.Attachment(kind="tiff", data=b"II*\0\x08\0\0\0" * 20_000, pages=3)
PDF = forward.Attachment(kind="pdf", data=b"%PDF-1.7", pages=3)


def letter(**fields) -> forward.Letter:
    given = {
        "id": "in-004411",
        "fax": FAX,
        "to": "bob@example.org",
        "gateway": facts.GATEWAY,
        "attachments": [TIFF],
        "templates": facts.TEMPLATES,
        "zone": "Europe/Berlin",
    }
    return forward.Letter(**{**given, **fields})


def parsed(**fields) -> email.message.EmailMessage:
    octets = forward.build(letter(**fields))
    return email.message_from_bytes(octets, policy=email.policy.default)


def words(mail) -> str:
    return " ".join(next(mail.iter_parts()).get_content().split())


def test_the_header_is_that_of_the_handbook():
    mail = parsed()
    assert mail.keys() == HEADER
    assert mail["From"] == "Fax +1 202-555-0199 <FAX=+12025550199@fax.example>"
    assert mail["To"] == "bob@example.org"
    assert mail["Subject"] == "Fax from +1 202-555-0199 (3 pages)"
    assert mail["Message-Context"] == "fax-message"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"] == "Fri, 20 Nov 2026 11:04:51 +0100"
    assert mail["Received"] == (
        "by fax.example via FAX with HTTP id in-004411; Fri, 20 Nov 2026 11:04:51 +0100"
    )


def test_the_document_is_attached_octet_for_octet_under_a_telling_name():
    _, part = parsed().iter_parts()
    assert part.get_content_type() == "image/tiff"
    assert part.get_filename() == "fax-2026-11-20-110451-from-12025550199.tif"
    assert part.get_payload(decode=True) == TIFF.data


def test_both_kinds_can_be_attached():
    _, *parts = parsed(attachments=[PDF, TIFF]).iter_parts()
    assert [part.get_content_type() for part in parts] == ["application/pdf", "image/tiff"]


def test_adr_25_the_text_says_from_to_when_how_many_and_how_to_answer():
    text = words(parsed())
    for phrase in (
        "You have received a fax from +1 202-555-0199.",
        "To number: +1 202-555-0100",
        "Received: 20 Nov 2026, 11:04 (+0100)",
        "Pages: 3",
        "Sent by: ACME LEGAL (what the sending machine calls itself; not verified)",
        "Fax id: in-004411",
        "your answer goes to +1 202-555-0199 as a fax",
    ):
        assert phrase in text


@pytest.mark.parametrize("caller", ["", "anonymous", "5550199", "+1 202 555", "+1x\r\nBcc: y@z"])
def test_a_caller_without_a_number_gets_no_fax_address(caller):
    mail = parsed(fax=dataclasses.replace(FAX, caller=caller))
    assert mail["From"] == "Fax gateway <postmaster@fax.example>"
    assert "your answer goes" not in words(mail)
    assert mail.keys() == HEADER


def test_a_caller_of_no_known_numbering_plan_keeps_its_number():
    mail = parsed(fax=dataclasses.replace(FAX, caller="+9991234567"))
    assert mail["From"] == "Fax +9991234567 <FAX=+9991234567@fax.example>"


def test_a_fax_that_could_not_be_opened_comes_as_it_is_with_a_warning():
    mail = parsed(
        warning="the TIFF is broken", attachments=[forward.Attachment(kind="tiff", data=b"II*")]
    )
    text, part = mail.iter_parts()
    assert "could not be opened" in mail["Subject"]
    assert "document of this fax (the TIFF is broken)" in " ".join(text.get_content().split())
    assert part.get_content_type() == "application/octet-stream"
    assert part.get_payload(decode=True) == b"II*"


def test_a_fax_whose_document_is_gone_is_told_all_the_same():
    mail = parsed(warning="the carrier has deleted it", attachments=[])
    assert "document missing" in mail["Subject"]
    assert "is missing" in words(mail)


def test_the_same_letter_gives_the_same_octets_and_another_mailbox_another_id():
    assert forward.build(letter()) == forward.build(letter())
    assert forward.message_id(letter()) != forward.message_id(letter(to="ann@example.org"))


def test_the_mail_can_be_marked_as_a_persons():
    mail = parsed(automatic=False)
    assert "Auto-Submitted" not in mail


def test_our_own_mail_coming_back_is_known_as_automatic():
    head = message.head(forward.build(letter(automatic=False)))
    assert head.automatic == "it was sent by a fax gateway"
    assert automatic.LOOP_FIELD.lower() in header.split(b"X-Mailfax-Loop: x\r\n", 0, 19)[0].fields


@pytest.mark.parametrize("to", ["", "bob", "b@x\r\nBcc: y@z", "a b@x"])
def test_what_is_no_address_gets_no_mail(to):
    with pytest.raises(errors.Permanent):
        forward.build(letter(to=to))


def test_pages_that_nobody_counted_are_not_told():
    mail = parsed(attachments=[dataclasses.replace(TIFF, pages=None)])
    assert mail["Subject"] == "Fax from +1 202-555-0199"
    assert "Pages" not in words(mail)


def test_what_the_line_has_damaged_is_told_page_by_page():
    pages = [Damage(page=1, lines=1, lost=0), Damage(page=3, lines=12, lost=940)]
    mail = parsed(damage=pages, attachments=[PDF, dataclasses.replace(TIFF, original=True)])
    assert mail["Subject"] == "Fax from +1 202-555-0199 (3 pages), damaged"
    text, whole, original = mail.iter_parts()
    for phrase in (
        "CAUTION: the telephone line has damaged this fax.",
        "Page 1: 1 line could not be read. The line above is shown in its place.",
        "Page 3: 12 lines could not be read. The line above each of them is shown in its place.",
        "Page 3: 940 lines are lost. They are white on the page.",
        "The document is attached a second time as it came",
    ):
        assert phrase in " ".join(text.get_content().split())
    assert whole.get_filename() == "fax-2026-11-20-110451-from-12025550199.pdf"
    assert original.get_filename() == "fax-2026-11-20-110451-from-12025550199-as-it-came.tif"


def test_of_very_many_damaged_pages_the_first_are_told_and_the_others_counted():
    text = words(parsed(damage=[Damage(page=n, lines=2, lost=0) for n in range(1, 31)]))
    assert "Page 20: 2 lines" in text
    assert "Page 21" not in text
    assert "10 more pages are damaged." in text
    assert "as it came" not in text


def test_german_words_are_german():
    mail = parsed(language="de")
    assert mail["Subject"] == "Fax von +1 202-555-0199 (3 Seiten)"
    assert "Sie haben ein Fax" in words(mail)


@hypothesis.given(
    caller=st.text(max_size=60),
    tsid=st.text(max_size=60) | st.just("A\r\nBcc: x@y"),
    did=st.text(max_size=60),
    warning=st.text(max_size=60),
    data=st.binary(max_size=200),
)
def test_what_a_caller_sends_never_makes_a_header_field(caller, tsid, did, warning, data):
    fax = dataclasses.replace(FAX, caller=caller, tsid=tsid, did=did)
    octets = forward.build(
        letter(
            fax=fax,
            warning=warning,
            attachments=[forward.Attachment(kind="tiff", data=data, pages=1)],
        )
    )
    assert octets.isascii()
    assert octets.count(b"\n") == octets.count(b"\r\n") == octets.count(b"\r")
    assert max(map(len, octets.split(b"\r\n"))) <= 78
    mail = email.message_from_bytes(octets)
    assert mail.keys() == HEADER
    assert mail.get_payload(1).get_payload(decode=True) == data


# ── The octets below ───────────────────────────────────────────────────────────────────


@hypothesis.given(st.text(max_size=300))
def test_a_header_line_says_what_it_was_given_and_folds(text):
    octets = compose.field("Subject", text)
    assert octets.isascii()
    assert octets.endswith(b"\r\n")
    read = email.message_from_bytes(octets, policy=email.policy.default)
    assert read.keys() == ["Subject"]
    shown = message.head(octets + b"\r\n").subject
    assert "".join(shown.split()) == "".join(compose.plain.line(text, 900).split())


@hypothesis.given(st.text(max_size=200))
def test_a_mailbox_is_read_back_with_one_address(name):
    octets = compose.address_field("From", compose.mailbox(name, "a@x.example"))
    assert message.head(octets + b"\r\n").from_addresses == ("a@x.example",)


@hypothesis.given(st.text(max_size=400))
def test_a_text_part_is_read_back_in_short_lines(text):
    octets = compose.message([b"From: a@x\r\n"], compose.text(text.replace("\r", "")))
    assert max(map(len, octets.split(b"\r\n"))) <= 78
    read = email.message_from_bytes(octets).get_payload(decode=True)
    expected = text.replace("\r", "").encode("utf-8", "replace").replace(b"\n", b"\r\n")
    assert read.replace(b"\r\n", b"\n") == expected.replace(b"\r\n", b"\n")
