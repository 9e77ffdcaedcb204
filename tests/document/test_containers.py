"""Parts that hold other parts: opened in the jail, every one listed, bombs and locks refused."""

import binascii
import stat
import zipfile

import hypothesis
import hypothesis.strategies as st
import pytest

from mailfax import number, pages
from mailfax.document import check, render
from mailfax.document.converters import UnfitError, kinds, unpack
from mailfax.document.render import Unrenderable
from mailfax.errors import Cause, Refused
from mailfax.mail import message
from mailfax.model import Action, Decision, Role
from mailfax.policy import settings
from tests.document import drawing, holding
from tests.document.drawing import CORPUS, attachment, body

OPENING = render.Layout(paper="a4", resolution="fine", archives=True)
CLOSED = render.Layout(paper="a4", resolution="fine")
PAGE = drawing.pdf((210, 297))
needs_corpus = pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not there")


@pytest.fixture
def draw(renderer, tmp_path):
    """What became of each part: path → (found, name, outcome)."""

    def drawn(parts, layout=OPENING):
        _, manifest = renderer.render(parts, layout, tmp_path / "fax.tif")
        assert check.check(tmp_path / "fax.tif") == []
        return {entry.part: (entry.found, entry.name, entry.outcome) for entry in manifest}

    return drawn


@pytest.fixture
def refusal(renderer, tmp_path):
    def refused(parts, layout=OPENING):
        with pytest.raises(Unrenderable) as caught:
            renderer.render(parts, layout, tmp_path / "fax.tif")
        return caught.value

    return refused


# ── Archives ───────────────────────────────────────────────────────────────────────────


def test_what_is_in_an_archive_is_faxed_and_listed(draw):
    archive = holding.zipped({"letters/a.pdf": PAGE, "b.txt": b"words", "letters/": b""})
    assert draw([body("see there"), attachment(archive, "all.zip")]) == {
        "1": ("text", "", "faxed"),
        "2": ("zip", "all.zip", "opened"),
        "2/1": ("pdf", "a.pdf", "faxed"),
        "2/2": ("text", "b.txt", "faxed"),
    }


def test_an_archive_is_refused_where_no_rule_opens_it(refusal):
    error = refusal([body("x"), attachment(holding.zipped({"a.pdf": PAGE}), "all.zip")], CLOSED)
    assert "'all.zip'" in str(error)
    assert "the rules do not open archives" in str(error)
    assert [entry.outcome for entry in error.manifest] == ["left out", "refused"]


def test_an_archive_that_is_not_wanted_stops_nothing(draw):
    layout = render.Layout(paper="a4", resolution="fine", parts="body")
    found = draw([body("x"), attachment(holding.zipped({"a": b"x"}), "all.zip")], layout)
    assert found["2"] == ("zip", "all.zip", "left out")


def test_a_rule_opens_archives():
    decision = Decision(action=Action.ACCEPT, rule="x", rules_hash="", archives=True)
    assert pages.layout_of(decision, number.parse("+12025550123", None), covered=False).archives
    assert settings.BUILT_IN["archives"] is False
    assert settings.SEND["archives"](True) is True


def test_archives_in_archives_are_opened_to_a_depth(draw, refusal):
    archive = b"words"
    for _ in range(5):
        archive = holding.zipped({"in.txt" if archive == b"words" else "in.zip": archive})
    assert draw([attachment(archive, "all.zip")])["2/1/1/1/1/1"] == ("text", "in.txt", "faxed")
    deeper = holding.zipped({"in.zip": archive})
    assert "more than 5 levels deep" in str(refusal([attachment(deeper, "all.zip")]))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("/abs/x.txt", "x.txt"),
        ("C:\\Windows\\x.txt", "x.txt"),
        ("a\r\nX-Evil: 1.txt", "a X-Evil: 1.txt"),
        ("\u202etxt.exe\u202c.txt", "txt.exe.txt"),
        ('q"uo;te=.txt', 'q"uo;te=.txt'),
        ("n" * 3000 + ".txt", "n" * 120),
        ("Grüße.txt", "Grüße.txt"),
    ],
)
def test_names_in_an_archive_are_only_names(draw, name, shown):
    found = draw([attachment(holding.zipped({name: b"words"}), "all.zip")])
    assert found["2/1"] == ("text", shown, "faxed")


def test_umlauts_that_macintosh_wrote_are_read(draw):
    held = holding.zipped({"Gr__.txt": b"words"}).replace(b"Gr__", b"Gr" + "ö".encode())
    assert draw([attachment(held, "all.zip")])["2/1"][1] == "Grö.txt"


def test_what_file_managers_put_beside_documents_is_left_out_and_listed(draw):
    archive = holding.zipped(
        {
            "a.txt": b"words",
            "__MACOSX/._a.txt": b"\0\x05\x16\x07\0\x02\0\0Mac OS X",
            ".DS_Store": b"\0\0\0\x01Bud1\0",
            "Thumbs.db": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "0x1234.asc": b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDME\n",
        }
    )
    found = draw([attachment(archive, "all.zip")])
    assert [outcome for _, _, outcome in found.values()] == ["opened", "faxed"] + 4 * ["left out"]


def link():
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("archive", "why"),
    [
        (lambda: holding.zipped({"zeros": bytes(50_000_000)}), "more than 200 times as large"),
        (lambda: holding.zipped({f"f{n}": bytes(4_500_000) for n in range(23)}), "than 100 MB"),
        (lambda: holding.zipped({str(n): b"" for n in range(501)}), "more than 500 files"),
        (lambda: holding.zipped([(link(), b"/etc/passwd")]), "a link"),
        (lambda: holding.zipped({"a": b"x"})[:-30], "is damaged"),
        (lambda: holding.zipped({"a": b"word" * 9}, 0).replace(b"word", b"lord", 1), "is damaged"),
        (
            lambda: holding.zipped({"a": b"x"}).replace(b"\x14\0\0\0\x08\0", b"\x14\0\0\0\x63\0"),
            "in a way",
        ),
    ],
)
def test_an_archive_that_cannot_be_opened_is_refused_with_the_reason(refusal, archive, why):
    error = refusal([attachment(archive(), "all.zip")])
    assert why in str(error)
    assert error.cause in {Cause.UNSUPPORTED_DOCUMENT, Cause.CONVERSION_FAILED}


@needs_corpus
@pytest.mark.parametrize(
    ("name", "why"), [("bomb-quine.zip", "levels deep"), ("enc-zip.zip", "needs a password")]
)
def test_archives_of_ill_fame_are_refused(refusal, name, why):
    error = refusal([attachment((CORPUS / "office" / name).read_bytes(), name)])
    assert why in str(error)


# ── Mails ──────────────────────────────────────────────────────────────────────────────

INNER = (
    b"From: Bob <bob@example.com>\r\nSubject: old\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\n\r\nhello\r\n--b\r\nContent-Disposition: attachment; filename=a.pdf\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n" + binascii.b2a_base64(PAGE) + b"--b--\r\n"
)


def test_a_mail_attached_as_a_file_becomes_its_parts(draw):
    assert draw([body("see there"), attachment(INNER, "old.eml")]) == {
        "1": ("text", "", "faxed"),
        "2": ("mail", "old.eml", "opened"),
        "2/1.1": ("text", "", "faxed"),
        "2/1.2": ("pdf", "a.pdf", "faxed"),
    }


def test_a_mail_in_an_archive_in_a_mail_becomes_its_parts(draw):
    found = draw([attachment(holding.zipped({"old.eml": INNER}), "all.zip")])
    assert list(found) == ["2", "2/1", "2/1/1.1", "2/1/1.2"]


def test_the_headline_of_a_mail_is_on_the_page_of_its_text(draw, tmp_path):
    draw([attachment(INNER, "old.eml")])
    with_headline = drawing.ink(drawing.pages(tmp_path / "fax.tif")[0])
    draw([body("hello")])
    assert with_headline[3] > drawing.ink(drawing.pages(tmp_path / "fax.tif")[0])[3]


def test_an_encrypted_mail_in_a_mail_is_refused_by_name(refusal):
    inner = b"Content-Type: multipart/encrypted; boundary=b\r\n\r\n"
    error = refusal([attachment(inner, "old.eml")])
    assert "'old.eml' (part 2) cannot be faxed: in it part 1 is encrypted" in str(error)


@needs_corpus
def test_an_outlook_mail_becomes_its_parts_and_those_of_the_mail_in_it(draw):
    found = draw([attachment((CORPUS / "office" / "outlook-nested.msg").read_bytes(), "a.msg")])
    assert found["2"] == ("Outlook mail", "a.msg", "opened")
    assert found["2/1.3"] == ("pdf", "smbprn.00009008.KdcPjl.pdf", "faxed")
    assert {outcome for _, _, outcome in found.values()} == {"opened", "faxed", "left out"}


# ── winmail.dat ────────────────────────────────────────────────────────────────────────


def test_the_attachments_in_winmail_dat_are_faxed_and_its_second_text_is_not(draw):
    wrapped = holding.tnef(b"the same words", [("a.pdf", PAGE), ("b.txt", b"words")])
    assert draw([body("the same words"), attachment(wrapped, "winmail.dat")]) == {
        "1": ("text", "", "faxed"),
        "2": ("winmail.dat", "winmail.dat", "opened"),
        "2/1.1": ("text", "", "left out"),
        "2/2": ("pdf", "a.pdf", "faxed"),
        "2/3": ("text", "b.txt", "faxed"),
    }


@pytest.mark.parametrize("wish", ["body", "both"])
def test_the_text_in_winmail_dat_is_faxed_where_the_mail_has_no_other(draw, wish):
    mail = outlook_mail(holding.tnef("Grüße".encode("cp1252"), [("a.pdf", PAGE)]))
    layout = render.Layout(paper="a4", resolution="fine", parts=wish)
    found = draw(message.read(mail).parts, layout)
    assert found["1/1.1"] == ("text", "", "faxed")
    assert found["1/2"][2] == ("left out" if wish == "body" else "faxed")


def test_a_mail_in_winmail_dat_is_faxed_with_its_headline_and_attachments(draw):
    inner = holding.tnef(b"old words", [("b.txt", b"words")], subject=b"Old")
    wrapped = holding.tnef(b"new words", mails=[inner])
    found = draw(message.read(outlook_mail(wrapped)).parts)
    assert [name for name, (_, _, outcome) in found.items() if outcome == "faxed"] == [
        "1/1.1",
        "1/2.1.1.1",
        "1/2.1.2",
    ]
    assert message.parts(unpack.unpack("winmail.dat", wrapped, ""))[1].heading == "Subject: Old"


def test_mails_in_winmail_dat_are_opened_to_a_depth(refusal):
    wrapped = holding.tnef(b"words")
    for _ in range(6):
        wrapped = holding.tnef(b"words", mails=[wrapped])
    error = refusal(message.read(outlook_mail(wrapped)).parts)
    assert "mails in mails, more than 5 levels deep" in str(error)


def outlook_mail(wrapped):
    head = b"From: a@x\r\nContent-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64"
    return head + b"\r\n\r\n" + binascii.b2a_base64(wrapped)


@needs_corpus
def test_a_real_winmail_dat_adds_nothing_to_the_text_it_came_with(draw):
    mail = (CORPUS / "email" / "winmail-ukrainian.eml").read_bytes()
    outcomes = [outcome for _, _, outcome in draw(message.read(mail).parts).values()]
    assert outcomes == ["faxed", "opened", "left out", "left out"]


@needs_corpus
def test_a_winmail_dat_with_nothing_in_it_is_listed(draw):
    data = (CORPUS / "office" / "tnef-garbage-at-end.dat").read_bytes()
    found = draw([body("words"), attachment(data, "winmail.dat")])
    assert found["2"] == ("winmail.dat", "winmail.dat", "left out")


# ── Signed and encrypted ───────────────────────────────────────────────────────────────


def test_a_mail_inside_its_signature_is_faxed_and_it_is_said_that_nobody_checked(
    renderer, tmp_path
):
    content = b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + "Grüße".encode()
    head = b"From: a@x\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data"
    mail = head + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    mail += binascii.b2a_base64(holding.signed(content))
    _, manifest = renderer.render(message.read(mail).parts, OPENING, tmp_path / "fax.tif")
    outer, inner = manifest
    assert (outer.found, outer.outcome) == ("signed content", "opened")
    assert outer.remarks == ("It is signed; drawing the pages does not check the signature.",)
    assert (inner.part, inner.found, inner.outcome) == ("1/1", "text", "faxed")
    assert message.read(mail).parts[0].role is Role.BODY


def test_a_document_inside_its_signature_is_faxed_by_its_name(draw):
    found = draw([attachment(holding.signed(PAGE), "contract.pdf.p7m")])
    assert found["2/1"] == ("pdf", "contract.pdf", "faxed")


def test_an_encrypted_document_is_refused_as_such(refusal):
    enveloped = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80"
    assert "cannot be faxed: it is encrypted" in str(refusal([attachment(enveloped, "a.p7m")]))


# ── What is no container ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize("junk", [bytes(range(256)) * 9, b"words\n" * 900 + bytes(range(256)) * 90])
def test_binary_junk_in_a_text_is_refused_and_not_printed(refusal, junk):
    assert "of the kind 'binary data'" in str(refusal([body(junk)]))


@pytest.mark.parametrize(
    ("data", "name", "label", "kind"),
    [
        (INNER, "", "application/octet-stream", "mail"),
        (INNER, "old.eml", "text/plain", "mail"),
        (INNER, "old.txt", "application/octet-stream", "text"),
        (b"From: Bob\r\nSent: today\r\n\r\nquoted", "", "text/plain", "text"),
        (b"words", "README", "application/octet-stream", "text"),
        (b"words", "a.bin", "application/octet-stream", "application/octet-stream"),
    ],
)
def test_a_mail_is_told_from_a_text_by_name_label_and_header(data, name, label, kind):
    assert kinds.found(data, name, label) == kind


# ── Whatever comes ─────────────────────────────────────────────────────────────────────

SAMPLES = {
    "zip": holding.zipped({"a.txt": b"words" * 99}),
    "winmail.dat": holding.tnef(b"words", [("a.txt", b"words")]),
    "signed content": holding.signed(b"words"),
}


@hypothesis.given(
    st.sampled_from(sorted(SAMPLES)),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=6),
    st.integers(0, 400),
)
@hypothesis.settings(max_examples=300)
def test_a_mutilated_container_is_opened_or_unfit_and_never_a_crash(kind, edits, cut):
    data = bytearray(SAMPLES[kind])
    for place, octet in edits:
        data[place % len(data)] = octet
    readable(kind, bytes(data[: len(data) - cut]))


@needs_corpus
@hypothesis.given(st.lists(st.tuples(st.integers(0, 71_679), st.integers(0, 255)), max_size=6))
@hypothesis.settings(max_examples=40)
def test_a_mutilated_outlook_mail_is_opened_or_unfit_and_never_a_crash(edits):
    data = bytearray((CORPUS / "office" / "outlook-nested.msg").read_bytes())
    for place, octet in edits:
        data[place] = octet
    readable("Outlook mail", bytes(data))


def readable(kind, data):
    """What comes out can be read as a mail's parts, or is refused with a sentence."""
    try:
        message.parts(unpack.unpack(kind, data, "a"))
    except UnfitError:
        pass
    except Refused as error:
        assert len(str(error)) > 10
