"""Mail → fax → receipt, through every room."""

import email
import email.policy
import io
import smtplib

import pytest
from PIL import Image

from mailfax.demo import stage
from tests.whole import post


def machine_part(receipt):
    """The blocks of the report for machines."""
    part = next(p for p in receipt.walk() if p.get_content_type() == "message/delivery-status")
    return part.get_payload()


def test_a_mail_becomes_a_fax_and_its_sender_a_receipt(running, number):
    mail = post.mail(number, subject="Lab results")
    running.send(mail)
    fax = post.ended(running, number)
    assert fax["state"] == "delivered"
    assert fax["pages"] == 2, "cover and text"
    receipt = post.receipt(running, mail["Message-ID"])
    assert receipt["In-Reply-To"] == mail["Message-ID"]
    assert receipt["Auto-Submitted"] == "auto-replied"
    whole, one = machine_part(receipt)
    assert whole["Reporting-MTA"] == f"dns; {stage.DOMAIN}"
    assert one["Action"] == "delivered"
    assert one["Status"] == "2.1.5"
    assert one["Final-Recipient"] == f"rfc822; {number}@{stage.DOMAIN}"


def test_a_logo_that_three_mails_have_brought_is_left_out_of_the_fourth_and_listed(running):
    held = io.BytesIO()
    Image.new("L", (200, 60), 0).save(held, "PNG")
    for number in range(4):
        to = f"+1202556{number:04d}"
        mail = post.mail(to, text="A letter that says more than its picture does.\n")
        mail.add_attachment(held.getvalue(), maintype="image", subtype="png", filename="x.png")
        running.send(mail)
        assert post.ended(running, to)["pages"] == (2 if number == 3 else 3)
    told = post.receipt(running, mail["Message-ID"]).as_string()
    assert "x.png" in told
    assert "earlier mails" in told


def test_a_busy_line_is_tried_again_and_then_told_with_its_cause(running):
    number = "+13125559001"
    running.send(post.mail(number))
    job = post.job(running, number)
    assert (job["state"], job["cause"]) == ("failed", "busy")
    assert len(post.faxes(running, number)) == job["tries"] == 2
    _, one = machine_part(post.receipt(running, job["id"]))
    assert (one["Action"], one["Status"]) == ("failed", "4.4.1")


def test_a_line_that_is_busy_once_gets_its_fax_at_the_second_try(running):
    number = "+13125559002"
    running.send(post.mail(number))
    job = post.job(running, number)
    assert (job["state"], job["tries"]) == ("delivered", 2)


@pytest.mark.parametrize(
    ("number", "cause"),
    [("+13125559004", "no_fax_tone"), ("+13125559006", "bad_number"), ("+13125559007", "refused"),
     ("+13125559010", "conversion_failed")],
)  # fmt: skip
def test_what_no_retry_can_mend_is_dialled_once(running, number, cause):
    """Where the provider's words for it are not documented the cause is unknown: once more."""
    running.send(post.mail(number))
    job = post.job(running, number)
    assert job["state"] == "failed"
    assert (job["cause"], len(post.faxes(running, number))) in {(cause, 1), ("unknown", 2)}


def test_a_sender_without_a_login_is_refused_in_the_session_and_nothing_is_faxed(running, number):
    before = len(running.ask("/requests"))
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        running.send(post.mail(number), login=False)
    assert caught.value.recipients == {
        f"{number}@{stage.DOMAIN}": (
            550,
            b"5.7.1 You may not fax here: log in with your own address",
        )
    }
    assert running.command("jobs", "list", "--number", number) == []
    assert not any(number[2:] in str(r) for r in running.ask("/requests")[before:])


def test_the_same_mail_sent_twice_is_faxed_once(running, number):
    mail = post.mail(number)
    running.send(mail)
    running.send(mail)
    post.ended(running, number)
    assert len(running.command("jobs", "list", "--number", number)) == 1
    assert len(post.faxes(running, number)) == 1


def test_several_recipients_are_several_faxes_and_one_receipt(running):
    numbers = ["+14155550111", "+14155550112", "+14155550113"]
    mail = post.mail(numbers)
    running.send(mail)
    for number in numbers:
        assert post.ended(running, number)["state"] == "delivered"
    receipt = post.receipt(running, mail["Message-ID"])
    assert len(machine_part(receipt)) == 1 + len(numbers)
    assert len(post.receipts(running, mail["Message-ID"])) == 1


def test_what_cannot_be_rendered_stops_the_whole_fax_and_is_named(running, number):
    mail = post.mail(number)
    mail.add_attachment(b"\x7fELF" + bytes(500), maintype="application", subtype="x-executable",
                        filename="setup.exe")  # fmt: skip
    running.send(mail)
    job = post.job(running, number)
    assert (job["state"], job["cause"]) == ("failed", "unsupported_document")
    assert "setup.exe" in job["note"]
    assert post.faxes(running, number) == []
    assert "setup.exe" in post.receipt(running, job["id"]).as_string()


def test_a_lost_answer_never_makes_a_second_fax(running, number):
    post.fault(running, "drop-after-accept")
    running.send(post.mail(number))
    job = post.job(running, number)
    assert job["state"] == "delivered"
    assert len(post.faxes(running, number)) == 1
    events = [e["event"] for e in running.command("jobs", "show", job["id"])["events"]]
    assert "lose" in events
    assert "find" in events


def test_a_request_that_never_arrived_is_simply_sent_again(running, number):
    post.fault(running, "refuse")
    running.send(post.mail(number))
    assert post.ended(running, number)["state"] == "delivered"
    assert len(post.faxes(running, number)) == 1


def test_a_fax_that_waits_at_the_provider_can_be_called_back(running, number):
    running.ask("/clock", method="POST", body=b'{"hold": true}')
    try:
        running.send(post.mail(number))
        stage.wait_until(lambda: post.faxes(running, number), 30, "the hand-over")
        job = running.command("jobs", "list", "--number", number)[0]
        running.tell("cancel", job["id"])
        assert post.job(running, number)["state"] == "cancelled"
    finally:
        running.ask("/clock", method="POST", body=b'{"hold": false}')
    _, one = machine_part(post.receipt(running, job["id"]))
    assert (one["Action"], one["Status"]) == ("failed", "5.0.0")


def test_a_fax_on_the_line_cannot_be_called_back_and_goes_on(running):
    number = "+14155559008"
    running.send(post.mail(number))
    stage.wait_until(lambda: post.faxes(running, number), 30, "the hand-over")
    job = running.command("jobs", "list", "--number", number)[0]

    def said():
        events = running.command("jobs", "show", job["id"])["events"]
        return [e["event"] for e in events if "cancel" in e["event"]]

    stage.wait_until(lambda: post.faxes(running, number)[0]["state"] == "calling", 30, "the call")
    running.tell("cancel", job["id"])
    assert stage.wait_until(lambda: len(said()) == 2 and said(), 30, "the provider's answer")


def test_every_job_has_a_time_line_from_acceptance_to_receipt(running, number):
    running.send(post.mail(number))
    job = post.job(running, number)
    post.receipt(running, job["id"])
    events = [e["event"] for e in running.command("jobs", "show", job["id"])["events"]]
    for earlier, later in zip(
        ("rendered", "claim", "taken"), ("claim", "taken", "deliver"), strict=True
    ):
        assert events.index(earlier) < events.index(later)


def test_an_automatic_mail_is_not_faxed_and_not_answered(running, number):
    with pytest.raises(smtplib.SMTPResponseException, match="Automatic") as caught:
        running.send(post.mail(number, Auto_Submitted="auto-replied"))
    assert caught.value.smtp_code == 550
    assert running.command("jobs", "list", "--number", number) == []


def test_every_accepted_recipient_has_its_outcome(running):
    assert running.command("verify")["findings"] == []


def test_real_mails_of_real_programs_are_faxed_or_refused_by_name(running, corpus):
    names = ["client-iphone-inline-jpeg", "client-yahoo", "cid-gifs-plus-text-attach", "att-only"]
    for index, name in enumerate(names):
        number = f"+1650555{index:04d}"
        found = email.message_from_bytes(
            (corpus / "email" / f"{name}.eml").read_bytes(), policy=email.policy.compat32
        )
        del found["From"], found["To"], found["Cc"]
        found["From"] = stage.SENDER
        try:
            running.send(found, to=f"{number}@{stage.DOMAIN}")
        except smtplib.SMTPResponseException as refusal:
            assert refusal.smtp_code == 554, name
            assert b"longer than 1000 octets" in refusal.smtp_error, name
            continue
        job = post.job(running, number)
        assert job["state"] == "delivered" or job["note"], name


def test_mail_for_the_postmaster_reaches_the_person_behind_that_name(running):
    mail = post.mail("postmaster", subject="Who runs this?")
    running.send(mail)

    def found():
        return next((m for m in running.mails() if m["Subject"] == "Who runs this?"), None)

    passed = stage.wait_until(found, 30, "the mail to the postmaster")
    assert passed["Message-ID"] == mail["Message-ID"]
