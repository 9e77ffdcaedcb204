"""What senders say of their faxes themselves reaches the fax, and no page or receipt shows it."""

import datetime
import smtplib

import pytest

from mailfax import pages as faxed
from mailfax.demo import stage
from mailfax.mail import message
from mailfax.policy import settings
from mailfax.store import ledger
from tests.mail import facts
from tests.store import samples
from tests.whole import post


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A service whose senders may say everything that there is."""
    allowed = f', covers = ["none"], allow_options = {list(settings.OPTIONS)}'
    with stage.Stage(tmp_path_factory.mktemp("options"), defaults=allowed) as running:
        yield running


def pages(running, job):
    return (running.folder / "documents" / job["document"]).read_bytes()


def page(text):
    return f"<html><body>{text}<p>A line of text.</p></body></html>"


def test_options_of_all_four_places_reach_the_fax_and_the_receipt(running, number):
    mail = post.mail(
        number,
        subject="[fax superfine] Order 5",
        text="#fax to: Grace Hopper\n\nA line of text.\n",
        X_Fax_Billing="4711",
    )
    running.send(mail, to=f"{number}+nocover@{stage.DOMAIN}")
    job = post.job(running, number)
    assert (job["state"], job["recipient"]["name"], job["pages"]) == (
        "delivered",
        "Grace Hopper",
        1,
    )
    decision = job["decision"]
    assert (decision["resolution"], decision["cover"]) == ("superfine", "none")
    assert decision["origins"]["billing"] == "options"
    assert [one["id"] for one in running.command("jobs", "list", "--billing", "4711")] == [
        job["id"]
    ]
    receipt = post.receipt(running, mail["Message-ID"])
    words = next(part for part in receipt.walk() if part.get_content_type() == "text/plain")
    assert "Order 5" in receipt["Subject"]
    assert "[fax" not in receipt["Subject"] + words.get_content()
    assert "4711" in words.get_content()


def test_the_pages_are_those_of_the_mail_without_its_options(running):
    plain, marked = "+12025557701", "+12025557702"
    first = post.mail(plain, text="A line of text.\n", X_Fax_Cover="none")
    first.add_alternative(page(""), subtype="html")
    second = post.mail(marked, text="#fax nocover\n#fax billing: 9\n\nA line of text.\n")
    second.add_alternative(
        page("<div>#fax nocover</div><div>#fax billing: 9</div>"), subtype="html"
    )
    for mail in (first, second):
        running.send(mail)
    found = [pages(running, post.job(running, number)) for number in (plain, marked)]
    assert found[0] == found[1]


def test_a_word_that_is_none_refuses_the_mail_with_the_list(running, number):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        running.send(post.mail(number), to=f"{number}+fien@{stage.DOMAIN}")
    code, said = next(iter(refused.value.recipients.values()))
    assert code == 550
    assert b"did you mean 'fine'" in said
    with pytest.raises(smtplib.SMTPDataError, match="allowed is: resolution, paper"):
        running.send(post.mail(number, subject="[fax colour] Order 5"))
    assert running.command("jobs", "list", "--number", number) == []


def test_a_fax_waits_for_the_time_that_its_sender_names(running, number):
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=30)
    running.send(post.mail(number, subject=f"[fax at={later:%Y-%m-%dT%H:%M}] Order 5"))

    def waits():
        job = running.command("jobs", "list", "--number", number)[0]
        return job if job["note"] else None

    job = stage.wait_until(waits, 60, "the fax to wait")
    assert job["state"] == "ready"
    assert job["note"] == f"waits until {later:%Y-%m-%d %H:%M} UTC, as its sender wishes"
    assert job["deadline"] > job["due_at"]
    assert post.faxes(running, number) == []


@pytest.mark.parametrize("priority", ["urgent", "normal"])
def test_the_cover_says_that_a_fax_is_urgent(tmp_path, priority):
    clock = samples.Clock()
    book = ledger.open(f"sqlite:///{tmp_path}/mailfax.db", clock=clock)
    [job] = samples.accepted(book, (samples.new_job(clock, said={"priority": priority}),))
    mail = book.mails.get(job.message)
    cover = faxed.cover_of(job, mail, message.head(mail.header), facts.GATEWAY)
    book.close()
    assert cover.urgent is (priority == "urgent")
