"""Receipts: who is told, what the mail looks like from outside, and what a person reads."""

import dataclasses
import email
import email.policy
import re
import tomllib

import hypothesis
import hypothesis.strategies as st
import pytest

from mailfax import errors
from mailfax.mail import compose, receipt
from mailfax.mail.receipt import Kind
from mailfax.model import ManifestEntry
from mailfax.states import State
from tests.mail import facts

HEADER = [
    "From",
    "To",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Subject",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "X-Mailfax-Loop",
    "MIME-Version",
    "Content-Type",
]
LANGUAGES = ["en", "de"]
PDF = compose.Attachment("fax.pdf", "application/pdf", b"%PDF-1.7 pages")


def parsed(*entries, **fields) -> email.message.EmailMessage:
    octets = receipt.build(facts.notice(*entries, **fields))
    return email.message_from_bytes(octets, policy=email.policy.default)


def letter(*entries, **fields) -> str:
    part = parsed(*entries, **fields)
    while part.is_multipart():
        part = part.get_payload(0)
    return part.get_content()


def flat(text: str) -> str:
    return " ".join(text.split())


# ── Who is told ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", Kind)
def test_never_means_never(kind):
    assert not receipt.wanted(
        frozenset({"NEVER"}), frozenset({"success", "failure", "delay"}), kind
    )


@pytest.mark.parametrize(
    ("notify", "told"),
    [
        ({"SUCCESS"}, {Kind.DELIVERED, Kind.RELAYED}),
        ({"FAILURE"}, {Kind.FAILED}),
        ({"DELAY"}, {Kind.DELAYED, Kind.HELD}),
        ({"SUCCESS", "FAILURE"}, {Kind.DELIVERED, Kind.RELAYED, Kind.FAILED}),
    ],
)
def test_the_clients_word_wins_over_the_rule(notify, told):
    for receipts in (frozenset(), frozenset({"success", "failure", "delay"})):
        assert {k for k in Kind if receipt.wanted(frozenset(notify), receipts, k)} == told


@pytest.mark.parametrize(
    ("receipts", "told"),
    [
        ({"success", "failure"}, {Kind.DELIVERED, Kind.RELAYED, Kind.FAILED, Kind.HELD}),
        ({"failure"}, {Kind.FAILED, Kind.HELD}),
        ({"success"}, {Kind.DELIVERED, Kind.RELAYED}),
        ({"delay"}, {Kind.DELAYED, Kind.HELD}),
        (set(), set()),
    ],
)
def test_without_a_word_of_the_client_the_rule_decides(receipts, told):
    assert {k for k in Kind if receipt.wanted(None, frozenset(receipts), k)} == told


@pytest.mark.parametrize("state", State)
def test_every_state_is_told_as_some_kind(state):
    kind = receipt.kind_of(state)
    assert kind is Kind.FAILED if state in {State.CANCELLED, State.EXPIRED} else kind in Kind


# ── From outside ───────────────────────────────────────────────────────────────────────


def test_loop_03_loop_04_loop_08_the_header_is_whole_and_it_goes_to_the_envelope_sender():
    mail = parsed(facts.entry(Kind.FAILED, cause=errors.Cause.BUSY))
    assert mail.keys() == HEADER
    assert mail["From"] == "Fax gateway <postmaster@fax.example>"
    assert mail["To"] == "alice@example.com"
    assert mail["In-Reply-To"] == mail["References"] == "<5f1c.77@example.com>"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["X-Mailfax-Loop"] == "fax.example"
    assert mail["Date"] == "Fri, 20 Nov 2026 10:57:31 +0100"


def test_a_report_has_its_three_parts_in_order():
    mail = parsed(facts.entry(Kind.FAILED))
    assert mail.get_content_type() == "multipart/report"
    assert mail["Content-Type"].params["report-type"] == "delivery-status"
    assert [part.get_content_type() for part in mail.iter_parts()] == [
        "text/plain",
        "message/delivery-status",
        "text/rfc822-headers",
    ]


def test_page_images_travel_behind_the_letter_and_leave_the_order_as_it_is():
    mail = parsed(facts.entry(Kind.DELIVERED), attachments=(PDF,))
    first, *others = mail.iter_parts()
    assert [part.get_content_type() for part in others] == [
        "message/delivery-status",
        "text/rfc822-headers",
    ]
    assert first.get_content_type() == "multipart/mixed"
    assert [part.get_content_type() for part in first.iter_parts()] == ["text/plain", PDF.label]
    assert list(first.iter_parts())[1].get_content() == PDF.data


def test_loop_10_nothing_is_attached_or_returned_whole_for_an_unproven_sender():
    mail = parsed(
        facts.entry(Kind.FAILED), attachments=(PDF,), whole=b"x", ret="FULL", proven=False
    )
    kinds = [part.get_content_type() for part in mail.walk()]
    assert PDF.label not in kinds
    assert "message/rfc822" not in kinds


WHOLE = b"Subject: Contract\r\n\r\nthe words\r\n"


@pytest.mark.parametrize(
    ("kind", "ret", "whole", "returned"),
    [
        (Kind.FAILED, "FULL", WHOLE, "message/rfc822"),
        (Kind.FAILED, "HDRS", WHOLE, "text/rfc822-headers"),
        (Kind.FAILED, None, WHOLE, "text/rfc822-headers"),
        (Kind.DELIVERED, "FULL", WHOLE, "text/rfc822-headers"),
        (Kind.FAILED, "FULL", WHOLE + b"x" * receipt.RETURN_LIMIT, "text/rfc822-headers"),
        (Kind.FAILED, "FULL", WHOLE + b"x" * 999, "text/rfc822-headers"),
        (Kind.FAILED, "FULL", WHOLE + b"a\rb", "text/rfc822-headers"),
        (Kind.FAILED, "FULL", None, "text/rfc822-headers"),
    ],
)
def test_the_whole_original_goes_back_only_on_failure_and_on_request(kind, ret, whole, returned):
    mail = parsed(facts.entry(kind), ret=ret, whole=whole)
    assert list(mail.iter_parts())[2].get_content_type() == returned


def test_a_returned_original_with_eight_bits_is_marked_so_all_the_way_up():
    octets = receipt.build(
        facts.notice(facts.entry(Kind.FAILED), ret="FULL", whole="Subject: x\n\nü\n".encode())
    )
    assert octets.count(b"Content-Transfer-Encoding: 8bit\r\n") == 2
    assert "Subject: x\r\n\r\nü\r\n".encode() in octets


def test_an_original_that_holds_our_boundary_does_not_break_the_report():
    plain = receipt.build(facts.notice(facts.entry(Kind.FAILED)))
    boundary = re.search(rb'boundary="(.+?)"', plain)[1]
    mail = parsed(facts.entry(Kind.FAILED), header=b"X: y\r\n--" + boundary + b"--\r\n")
    assert len(list(mail.iter_parts())) == 3


def test_broken_headers_of_the_original_travel_coded():
    mail = parsed(facts.entry(Kind.FAILED), header="Subject: ü\nX: ".encode() + b"y" * 2000)
    octets = list(mail.iter_parts())[2].get_payload(decode=True)
    assert octets.startswith("Subject: ü\r\nX: yyyy".encode())


@pytest.mark.parametrize("fields", [{"mailbox": True}, {}])
def test_what_may_not_be_a_report_is_a_plain_reply(fields):
    kind = Kind.FAILED if fields else Kind.ACCEPTED
    mail = parsed(facts.entry(kind), **fields)
    assert mail.get_content_type() == "text/plain"
    assert mail["Auto-Submitted"] == "auto-replied"


def test_the_same_facts_give_the_same_message_id_and_others_another():
    failed = facts.notice(facts.entry(Kind.FAILED))
    later = dataclasses.replace(failed, at=facts.ENDED)
    assert receipt.message_id(failed) == receipt.message_id(later)
    assert receipt.message_id(failed) in receipt.build(later).decode()
    others = [
        facts.notice(facts.entry(Kind.DELIVERED)),
        facts.notice(facts.entry(Kind.FAILED, id="job-2")),
        dataclasses.replace(failed, sequence=1),
    ]
    assert len({receipt.message_id(one) for one in [failed, *others]}) == 4


@pytest.mark.parametrize("to", ["", "<>", "no address", "a@x\r\nBcc: b@x", "a@x, b@x"])
def test_loop_01_a_receipt_goes_to_one_address_or_nowhere(to):
    with pytest.raises(errors.Permanent):
        receipt.build(facts.notice(facts.entry(Kind.FAILED), to=to))


def test_an_original_without_message_id_gets_no_thread():
    mail = parsed(facts.entry(Kind.FAILED), message_id="")
    assert mail.keys() == [name for name in HEADER if name not in {"In-Reply-To", "References"}]


HOSTILE = st.text(max_size=400) | st.sampled_from(
    [
        "a\r\nBcc: x@y",
        "=?utf-8?q?a=0D=0ABcc:_x@y?=",
        "\n\nbody",
        "\u202egpj.exe",
        "ü" * 300,
        "x " * 300,
        "{0.__class__} {number}",
        "\ud800",
    ]
)


@hypothesis.given(
    subject=HOSTILE,
    raw=HOSTILE,
    csid=HOSTILE,
    note=HOSTILE,
    name=HOSTILE,
    message_id=HOSTILE,
    header=st.binary(max_size=300),
)
def test_hostile_values_never_make_a_header_field_or_a_part(
    subject, raw, csid, note, name, message_id, header
):
    entry = facts.entry(Kind.FAILED, cause=errors.Cause.LINE_ERROR, note=note)
    entry = dataclasses.replace(entry, report=facts.report(Kind.FAILED, raw=raw, csid=csid))
    part = ManifestEntry(
        part="1", name=name, label="x/y", found="x", outcome="left out", reason=raw
    )
    octets = receipt.build(
        facts.notice(
            entry,
            subject=subject,
            message_id=message_id,
            header=header,
            manifest=(part,),
            attachments=(compose.Attachment(name, "application/pdf", b"x"),),
        )
    )
    mail = email.message_from_bytes(octets)
    assert [key for key in mail if key not in {"In-Reply-To", "References"}] == [
        key for key in HEADER if key not in {"In-Reply-To", "References"}
    ]
    assert octets.isascii()
    assert octets.count(b"\n") == octets.count(b"\r\n") == octets.count(b"\r")
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    assert len(mail.get_payload()) == 2 + bool(header)


# ── What a person reads ────────────────────────────────────────────────────────────────


def test_a_failure_says_what_happened_how_often_and_what_to_do():
    busy = facts.entry(Kind.FAILED, cause=errors.Cause.BUSY, tries=5)
    quoted = facts.report(Kind.FAILED, raw="user busy")
    text = letter(dataclasses.replace(busy, report=quoted))
    words = flat(text)
    for phrase in (
        "Your fax to +1 202-555-0123 was NOT delivered.",
        "The line was busy.",
        "We have stopped trying.",
        "What to do: send it again later",
        f"As you wrote it: {facts.ADDRESS}",
        "Recipient: Bob Weiß, ACME",
        "Your subject: Contract",
        "Pages: 0 of 7 arrived",
        "Tries: 5",
        "First try: 20 Nov 2026, 09:57 (+0100)",
        "Last try: 20 Nov 2026, 10:40 (+0100)",
        "Carrier's words: user busy",
        "Fax id: job-000271",
        "postmaster@fax.example",
    ):
        assert phrase in words


@pytest.mark.parametrize(
    ("kind", "start"),
    [
        (Kind.FAILED, "Fax NOT delivered to +1 202-555-0123 (line busy)"),
        (Kind.DELAYED, "Fax still on its way to +1 202-555-0123 (line busy)"),
        (Kind.DELIVERED, "Fax delivered to +1 202-555-0123"),
        (Kind.RELAYED, "Fax handed over for +1 202-555-0123, not confirmed"),
        (Kind.HELD, "Fax on hold for +1 202-555-0123"),
        (Kind.ACCEPTED, "Fax accepted for +1 202-555-0123"),
    ],
)
def test_the_subject_tells_at_a_glance_and_keeps_the_original(kind, start):
    subject = parsed(facts.entry(kind, cause=errors.Cause.BUSY))["Subject"]
    assert subject == f"{start} - Contract"
    assert parsed(facts.entry(kind, cause=errors.Cause.BUSY), subject="")["Subject"] == start


def test_a_delivered_fax_says_pages_time_length_and_who_answered():
    delivered = dataclasses.replace(
        facts.entry(Kind.DELIVERED),
        report=facts.report(Kind.DELIVERED, duration=83.4, csid="ACME LEGAL", raw="ok"),
    )
    words = flat(letter(delivered))
    assert "Pages: 7, all delivered" in words
    assert "Finished: 20 Nov 2026, 10:40 (+0100)" in words
    assert "Length of call: 1 min 23 s" in words
    assert 'Answered by: "ACME LEGAL" (what the machine calls itself; not verified)' in words
    assert "What to do" not in words


def test_a_delay_says_until_when_and_asks_nothing():
    words = flat(letter(facts.entry(Kind.DELAYED, cause=errors.Cause.BUSY)))
    assert "We keep trying until 20 Nov 2026, 13:57 (+0100)." in words
    assert "You need not do anything." in words


@pytest.mark.parametrize("kind", [Kind.FAILED, Kind.HELD])
def test_an_unknown_outcome_says_so_and_never_that_it_failed(kind):
    entry = facts.entry(kind, unsure=True, cause=errors.Cause.TIMED_OUT)
    words = flat(letter(entry))
    assert "may or may not have arrived" in words
    assert "NOT delivered" not in words + parsed(entry)["Subject"]
    assert "ask the recipient whether the fax arrived" in words
    assert "Pages: 7 " in words


def test_a_fax_that_was_dialled_more_than_once_says_so():
    entry = facts.entry(Kind.FAILED, cause=errors.Cause.BUSY)
    words = flat(letter(dataclasses.replace(entry, report=facts.report(Kind.FAILED, dials=3))))
    assert "Tries: 1 (3 calls)" in words


def test_a_fax_that_was_never_tried_speaks_of_no_call():
    entry = facts.Entry(
        kind=Kind.FAILED,
        job=facts.job(
            Kind.FAILED, cause=errors.Cause.CONVERSION_FAILED, note="x.doc is broken", pages=0
        ),
    )
    words = flat(letter(entry))
    assert "Details: x.doc is broken" in words
    assert "Tries" not in words
    assert "Pages" not in words


def test_a_short_call_is_told_in_seconds_and_a_subaddress_behind_the_number():
    delivered = facts.entry(
        Kind.DELIVERED,
        recipient=dataclasses.replace(facts.job(Kind.FAILED).recipient, subaddress="42"),
    )
    report = facts.report(Kind.DELIVERED, duration=41.0)
    words = flat(letter(dataclasses.replace(delivered, report=report)))
    assert "Length of call: 41 s" in words
    assert "Fax number: +1 202-555-0123 / 42" in words


def test_some_pages_that_arrived_are_told():
    entry = facts.entry(Kind.FAILED, cause=errors.Cause.PARTIAL)
    words = flat(letter(dataclasses.replace(entry, report=facts.report(Kind.FAILED, pages_sent=3))))
    assert "Pages: 3 of 7 arrived" in words
    assert "The first pages have arrived" in words


def test_a_fax_that_expired_says_that_its_time_ran_out():
    words = flat(letter(facts.entry(Kind.FAILED, cause=errors.Cause.BUSY, state=State.EXPIRED)))
    assert "The line was busy. The time allowed for sending it has run out." in words


def test_the_parts_that_were_not_faxed_are_named():
    manifest = (
        ManifestEntry(
            part="1", name="", label="text/plain", found="text", outcome="faxed", pages=1
        ),
        ManifestEntry(part="2", name="", label="text/html", found="html", outcome="left out"),
        ManifestEntry(
            part="3",
            name="logo.png",
            label="image/png",
            found="png",
            outcome="left out",
            reason="tiny",
        ),
    )
    text = letter(facts.entry(Kind.DELIVERED), manifest=manifest)
    assert "- part 1 (text): faxed (1 page)" in text
    assert "- logo.png: NOT faxed (tiny)" in text
    assert "part 2" not in text
    assert "parts of your mail" not in letter(facts.entry(Kind.DELIVERED), manifest=manifest[:2])


def test_several_recipients_share_one_summary_with_the_failed_first():
    entries = [
        facts.entry(Kind.DELIVERED, id="job-1"),
        facts.entry(Kind.FAILED, id="job-2", cause=errors.Cause.NO_ANSWER),
        facts.entry(Kind.HELD, id="job-3", unsure=True),
    ]
    mail = parsed(*entries)
    assert mail["Subject"] == (
        "Fax to 3 numbers: 1 NOT delivered, 1 not known, 1 delivered - Contract"
    )
    text = letter(*entries)
    assert text.index("job-2") < text.index("job-3") < text.index("job-1")
    assert "1. +1 202-555-0123: NOT DELIVERED" in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("unsure", [False, True])
@pytest.mark.parametrize("kind", Kind)
def test_every_cause_and_kind_makes_a_whole_letter_in_every_language(kind, unsure, language):
    for cause in (None, *errors.Cause):
        entry = facts.entry(kind, cause=cause, unsure=unsure, note="a note")
        fields = {"language": language, "subject": "Contract"}
        text = letter(entry, **fields)
        assert "{" not in text
        assert "+1 202-555-0123" in flat(text)
        assert "job-000271" in text
        assert all(len(line) <= 78 for line in text.splitlines())
        letter(entry, entry, **fields)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_phrase_and_every_cause(language):
    def keys(path):
        return {(a, b, c) for a, b, c in _leaves(tomllib.loads(path.read_text(encoding="utf-8")))}

    folder = facts.TEMPLATES[0] / "receipt"
    assert keys(folder / f"{language}.toml") == keys(folder / "en.toml")
    causes = {second for first, second, _ in keys(folder / f"{language}.toml") if first == "cause"}
    assert causes == set(errors.Cause)


def _leaves(table):
    for first, below in table.items():
        for second, leaf in below.items() if isinstance(below, dict) else [("", below)]:
            for third in leaf if isinstance(leaf, dict) else [""]:
                yield first, second, third


def test_a_language_that_is_not_there_is_english():
    assert "NOT delivered" in letter(facts.entry(Kind.FAILED), language="xx")


def test_a_number_that_no_plan_knows_is_shown_as_it_stands():
    strange = dataclasses.replace(
        facts.job(Kind.FAILED).recipient, number=facts.FaxNumber("9991234567")
    )
    assert "+9991234567" in letter(facts.entry(Kind.FAILED, recipient=strange))
