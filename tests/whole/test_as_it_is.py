"""A PDF goes to the provider unchanged where the rule says so, and is opened here all the same."""

import hashlib
import io

import pytest
from reportlab.pdfgen import canvas

from mailfax.demo import stage
from tests.whole import post


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    rules = ', as_it_is = true, max_pages = 3, receipt_pages = "tiff"'
    folder = tmp_path_factory.mktemp("as-it-is")
    with stage.Stage(folder, cover="none", defaults=rules) as running:
        yield running


def a_pdf(pages, password=None):
    held = io.BytesIO()
    paper = canvas.Canvas(held, encrypt=password)
    for number in range(pages):
        paper.drawString(100, 700, f"page {number + 1}")
        paper.showPage()
    paper.save()
    return held.getvalue()


def a_mail(number, data, text=""):
    mail = post.mail(number, text=text)
    mail.add_attachment(data, maintype="application", subtype="pdf", filename="order.pdf")
    return mail


def test_the_provider_gets_the_very_octets_of_the_pdf(running, number):
    data = a_pdf(2)
    mail = a_mail(number, data)
    running.send(mail)
    fax = post.ended(running, number)
    assert (fax["sha256"], fax["pages"]) == (hashlib.sha256(data).hexdigest(), 2)
    told = post.receipt(running, mail["Message-ID"])
    assert "as it is" in told.get_body().get_content()
    kept = [part for part in told.walk() if part.get_content_type() == "application/pdf"]
    assert kept[0].get_content() == data


@pytest.mark.parametrize(
    ("data", "why"), [(a_pdf(4), "4 pages"), (a_pdf(1, "secret"), "password"), (b"%PDF-1.4", "dam")]
)
def test_a_pdf_that_cannot_be_faxed_is_not_handed_over(running, number, data, why):
    running.send(a_mail(number, data))
    job = post.job(running, number)
    assert (job["state"], why in job["note"], post.faxes(running, number)) == ("failed", True, [])


def test_where_there_is_more_to_fax_the_pages_are_made_here(running, number):
    running.send(a_mail(number, a_pdf(1), text="See the order.\n"))
    fax = post.ended(running, number)
    assert fax["pages"] == 2
