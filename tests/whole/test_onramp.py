"""Fax → mail: from the provider's box to the mailbox, and only then away from the provider."""

import io
import itertools
import struct

from PIL import Image

from mailfax import config, providers
from mailfax.demo import stage
from mailfax.providers import _port
from tests.whole import post

_callers = itertools.count(301)


def a_fax(pages=1):
    """A TIFF as a fax machine sends it: bilevel, Group 4."""
    file = io.BytesIO()
    first, *rest = [Image.new("1", (1728, 1100), 1) for _ in range(pages)]
    first.save(file, "TIFF", compression="group4", save_all=True, append_images=rest, dpi=(204, 98))
    return file.getvalue()


def with_unknown_coding(tiff):
    """The same file, its Compression tag (259, SHORT, one value) naming a coding nobody knows."""
    tag = struct.pack("<HHI", 259, 3, 1)
    place = tiff.index(tag) + len(tag)
    return tiff[:place] + struct.pack("<H", 65_000) + tiff[place + 2 :]


def arrived(running, caller):
    """The mail that brings the fax from this caller."""

    def found():
        return next((m for m in running.mails() if caller in m["From"]), None)

    return stage.wait_until(found, 60, f"the mail for the fax from {caller}")


def test_a_received_fax_is_mailed_as_pdf_to_the_mailbox_of_its_number(running):
    running.ring(a_fax(pages=3), caller="+13035550111", tsid="LAB")
    mail = arrived(running, "+13035550111")
    assert mail["To"] == stage.MAILBOX
    assert "3 pages" in mail["Subject"]
    pdf = next(mail.iter_attachments())
    assert pdf.get_content_type() == "application/pdf"
    assert pdf.get_content().startswith(b"%PDF-")


def test_it_is_deleted_at_the_provider_only_after_the_mail_system_has_it(running):
    running.ring(a_fax(), caller="+13035550112", tsid="")
    arrived(running, "+13035550112")

    def gone():
        found = running.command("inbox", "list")
        return all(one["state"] == "acknowledged" for one in found)

    assert stage.wait_until(gone, 30, "the acknowledgement")
    log = running.ask("/requests")
    deleted = [r for r in log if "delfax" in str(r)]
    assert deleted


def test_a_document_that_cannot_be_opened_is_mailed_as_it_came_with_a_warning(running):
    broken = with_unknown_coding(a_fax())
    running.ring(broken, caller="+13035550113", tsid="")
    mail = arrived(running, "+13035550113")
    attached = next(mail.iter_attachments())
    assert attached.get_content() == broken


def test_a_damaged_fax_is_mailed_as_far_as_it_can_be_read_and_as_it_came(running):
    cut = cut_off(a_fax(pages=2))
    running.ring(cut, caller="+13035550117", tsid="")
    mail = arrived(running, "+13035550117")
    assert mail["Subject"].endswith("(2 pages), damaged")
    pdf, original = mail.iter_attachments()
    assert pdf.get_content().startswith(b"%PDF-")
    assert original.get_content() == cut
    assert original.get_filename().endswith("-as-it-came.tif")
    text = " ".join(mail.get_body().get_content().split())
    assert "Page 1: 243 lines are lost. They are white on the page." in text
    assert "Page 2" not in text


def cut_off(tiff):
    """The same file, its first strip of 303 lines zeros from the 20th octet on."""
    with Image.open(io.BytesIO(tiff)) as image:
        start, size = image.tag_v2[273][0], image.tag_v2[279][0]
    return tiff[: start + 19] + bytes(size - 19) + tiff[start + size :]


def test_the_time_line_of_a_received_fax_says_where_it_went(running):
    running.ring(a_fax(), caller="+13035550114", tsid="")
    arrived(running, "+13035550114")
    fax = next(f for f in running.command("inbox", "list") if f["fax"]["caller"] == "+13035550114")
    events = [e["event"] for e in running.command("inbox", "show", fax["id"])["events"]]
    assert events[:3] == ["listed", "stored", "routed"]


def test_a_fax_that_is_asked_for_again_is_mailed_again_under_another_name(running):
    running.ring(a_fax(), caller="+13035550115", tsid="")
    first = arrived(running, "+13035550115")
    fax = next(f for f in running.command("inbox", "list") if f["fax"]["caller"] == "+13035550115")
    running.redeliver(fax["id"])

    def again():
        mails = [m for m in running.mails() if "+13035550115" in m["From"]]
        return len(mails) == 2 and mails[1]

    second = stage.wait_until(again, 30, "the second mail")
    assert second["Message-ID"] != first["Message-ID"]


def test_a_fax_whose_document_the_provider_has_lost_is_told_as_missing(tmp_path):
    slow = {"MAILFAX_FAILPOINTS": "poll-after-list=delay:3"}
    with stage.Stage(tmp_path, environment=slow) as running:
        running.ring(a_fax(), caller="+13035550116", tsid="")
        seen = looks(running)
        stage.wait_until(lambda: looks(running) > seen, 30, "a look into the box")
        take_away(running)
        mail = arrived(running, "+13035550116")
        assert "document missing" in mail["Subject"]
        assert not list(mail.iter_attachments())

        def over():
            return running.command("inbox", "list")[0]["state"] == "acknowledged"

        assert stage.wait_until(over, 30, "the end")


def looks(running):
    """How often the provider was asked what came in."""
    return sum("listfax" in str(one) for one in running.ask("/requests"))


def take_away(running):
    """Delete all received faxes at the provider, as somebody else with the password might."""
    for provider in config.load(running.config).providers.values():
        account = providers.load(provider.kind).connect(provider.plain())
        for fax in account.inbox(None):
            account.acknowledge(fax, _port.How.DELETE)
        account.close()


def test_loop_07_a_fax_of_its_reader_to_a_number_of_ours_waits_for_a_person(running):
    rules = running.folder / "rules.toml"
    text = rules.read_text(encoding="utf-8").replace(stage.MAILBOX, stage.SENDER)
    rules.write_text(text, encoding="utf-8")

    def rung():
        caller = f"+1303555{next(_callers):04d}"
        running.ring(a_fax(), caller=caller, tsid="")
        return arrived(running, caller)["To"] == stage.SENDER

    assert stage.wait_until(rung, 60, "a fax for the sender")
    number = running.command("inbox", "list")[0]["fax"]["did"]
    running.send(post.mail(number))
    job = post.job(running, number)
    assert job["state"] == "held"
    assert "come in here" in job["note"]
    assert post.faxes(running, number) == []
