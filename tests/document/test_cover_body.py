"""The mail's own text on the cover, and when there is a cover at all."""

import pytest

from mailfax import pages
from mailfax.document import render
from mailfax.mail import message
from mailfax.model import Action, Decision
from tests.document import drawing
from tests.document.test_cover import AT

TEXT = "Dear Käthe,\n\nthe order is signed.\n\nAnn\n"
HTML = "<div>Dear Käthe,</div><div><br></div><div>the order is signed.</div>"


def mail(*parts, subject="Order", more=""):
    """A mail of these parts: (type, octets, disposition)."""
    fields = f"Subject: {subject}\r\n{more}Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    held = [fields.encode()]
    for kind, data, disposition in parts:
        head = f"--b\r\nContent-Type: {kind}\r\nContent-Disposition: {disposition}\r\n\r\n"
        held.append(head.encode() + data + b"\r\n")
    return message.read(b"".join(held) + b"--b--\r\n")


def text(words=TEXT):
    return ("text/plain; charset=utf-8", words.encode(), "inline")


def page_of_html():
    return ("text/html; charset=utf-8", HTML.encode(), "inline")


def attached():
    return ("application/pdf", drawing.pdf((210, 297)), "attachment; filename=a.pdf")


def decided(**changed):
    settings = {"cover": "standard", "zone": "Europe/Berlin", **changed}
    return Decision(action=Action.ACCEPT, rule="staff", rules_hash="", **settings)


def fax(renderer, folder, submission, decision):
    covered = pages.is_covered(decision, lambda: submission)
    layout = pages.layout_on("a4", decision, covered=covered)
    cover = pages.cover_by(decision, AT, subject=submission.subject) if covered else None
    document, manifest = pages.compose(renderer, lambda: submission, layout, cover, folder)
    return drawing.pages(document.path), manifest


@pytest.mark.parametrize("body", [text, page_of_html])
def test_the_text_of_a_mail_stands_on_the_cover_and_is_no_page_besides(renderer, tmp_path, body):
    decision = decided(remarks="body")
    found, manifest = fax(renderer, tmp_path, mail(body(), attached()), decision)
    bare, _ = fax(renderer, tmp_path, mail(attached()), decision)
    assert len(found) == len(bare) == 2
    assert drawing.darkness(found[0]) > 1.1 * drawing.darkness(bare[0])
    assert [(one.outcome, one.pages) for one in manifest] == [("faxed", 0), ("faxed", 1)]
    assert manifest[0].remarks == ("It stands on the cover page.",)


def test_what_the_rules_cut_is_cut_on_the_cover_too_and_told(renderer, tmp_path):
    quoted = mail(text(TEXT + "\nOn Monday, Bob wrote:\n" + "> old words\n" * 200), attached())
    kept, _ = fax(renderer, tmp_path, quoted, decided(remarks="body"))
    cut, manifest = fax(renderer, tmp_path, quoted, decided(remarks="body", quotes="cut"))
    assert len(kept) > len(cut) == 2
    assert len(manifest[0].remarks) == 2


def test_the_identity_of_the_header_line_stands_on_the_cover_unless_it_has_words_of_its_own():
    identity = {"identity": "Example Ltd", "station": "+1 212 555 0199"}
    assert pages.cover_by(decided(**identity), AT).words["from_company"] == "Example Ltd"
    own = decided(**identity, cover_words={"from_company": "Example, Radiology"})
    assert pages.cover_by(own, AT).words["from_company"] == "Example, Radiology"
    assert pages.cover_by(own, AT).words["from_number"] == "+1 212 555 0199"


def test_a_mail_that_is_only_text_is_then_only_a_cover(renderer, tmp_path):
    found, manifest = fax(renderer, tmp_path, mail(text()), decided(remarks="body"))
    assert len(found) == 1
    assert [one.outcome for one in manifest] == ["faxed"]


def test_a_long_text_flows_to_further_cover_pages(renderer, tmp_path):
    long = mail(text("A line of the mail.\n" * 100), attached())
    found, _ = fax(renderer, tmp_path, long, decided(remarks="body"))
    assert len(found) == 4


def test_a_mail_without_anything_is_still_no_fax(renderer, tmp_path):
    with pytest.raises(render.Unrenderable, match="nothing to fax"):
        fax(renderer, tmp_path, mail(text(" \n")), decided(remarks="body"))


def test_a_text_of_the_rules_stands_on_the_cover_and_the_mail_on_its_pages(renderer, tmp_path):
    found, _ = fax(renderer, tmp_path, mail(text()), decided(remarks="Office hours: 9 to 5."))
    bare, _ = fax(renderer, tmp_path, mail(text()), decided())
    assert len(found) == len(bare) == 2
    assert drawing.darkness(found[0]) > drawing.darkness(bare[0])


@pytest.mark.parametrize(
    ("when", "alone", "with_body", "only_attached"),
    [("always", 2, 3, 2), ("body", 2, 3, 1), ("no attachments", 2, 2, 1)],
)
def test_the_rule_says_when_there_is_a_cover(
    renderer, tmp_path, when, alone, with_body, only_attached
):
    mails = (mail(text()), mail(text(), attached()), mail(attached()))
    counts = [len(fax(renderer, tmp_path, one, decided(cover_when=when))[0]) for one in mails]
    assert counts == [alone, with_body, only_attached]


@pytest.mark.parametrize(
    ("more", "urgent"),
    [
        ("Importance: High\r\n", True),
        ("X-Priority: 1 (Highest)\r\n", True),
        ("Priority: urgent\r\n", True),
        ("X-Priority: 3\r\nImportance: normal\r\n", False),
        ("", False),
    ],
)
def test_a_mail_marked_as_important_is_urgent_on_its_cover(more, urgent):
    assert mail(text(), more=more).urgent is urgent
