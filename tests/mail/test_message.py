"""What a mail says and holds: header facts, flat parts, and sentences for what cannot be read."""

import base64
import binascii
import datetime
import email.message
import email.mime.text
import email.policy
import pathlib
import quopri
import unicodedata

import hypothesis
import hypothesis.strategies as st
import pytest

from mailfax import errors
from mailfax.mail import message
from mailfax.model import Role

CORPUS = pathlib.Path(__file__).parents[3] / "shared" / "corpus" / "email"

needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")


def mail(body: str, *lines: str, end: str = "\r\n") -> bytes:
    header = ["From: Ann <ann@Example.COM>", "Date: Fri, 20 Nov 2026 09:57:20 +0100", *lines]
    return "\n".join([*header, "", body]).replace("\n", end).encode()


def multipart(kind: str, *parts: str) -> bytes:
    body = "".join(f"--b\n{part}\n" for part in parts) + "--b--\n"
    return mail(body, "MIME-Version: 1.0", f"Content-Type: multipart/{kind}; boundary=b")


def readable(content: bytes) -> errors.Refused | None:
    """The refusal, None when the mail can be read."""
    try:
        message.read(content)
    except errors.Refused as error:
        return error
    return None


def refusal(content: bytes) -> errors.Refused:
    with pytest.raises(errors.Refused) as caught:
        message.read(content)
    assert len(str(caught.value)) > 20
    return caught.value


PLAIN = "Content-Type: text/plain\n\nplain words"
HTML = 'Content-Type: text/html; charset=utf-8\n\n<p>words <img src="cid:logo@x"></p>'
PDF = (
    "Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n"
    'Content-Disposition: attachment; filename="a.pdf"\n\nJVBERi0='
)


# ── Header ─────────────────────────────────────────────────────────────────────────────


def test_the_head_tells_id_author_subject_and_date():
    head = message.head(
        mail(
            "body",
            "Message-ID: <1@x>",
            "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=",
            "Received: a",
            "Received: b",
        )
    )
    assert head.message_id == "<1@x>"
    assert head.from_addresses == ("ann@example.com",)
    assert (head.sender_name, head.subject) == ("Ann", "Grüße")
    assert head.date == datetime.datetime(2026, 11, 20, 8, 57, 20, tzinfo=datetime.UTC)
    assert head.received_count == 2
    assert head.automatic is None


def test_the_raw_header_is_kept_as_it_came():
    content = mail("body", "Subject: a\n folded")
    assert message.head(content).raw == content[: content.index(b"\r\n\r\n") + 2]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_bare_line_feeds_read_as_line_ends(end):
    assert message.head(mail("body", "Subject: a", end=end)).subject == "a"
    assert message.read(mail("body", end=end)).parts[0].data == b"body"


def test_a_utf8_mark_before_the_header_is_passed_over():
    content = b"\xef\xbb\xbf" + mail("body", "Subject: a")
    assert message.head(content).from_addresses == ("ann@example.com",)
    assert message.read(content).parts[0].data == b"body"


def test_the_head_of_a_cut_mail_is_the_head_of_the_whole():
    content = mail("x" * 500_000, "Subject: a")
    assert message.head(content[:131_072]) == message.head(content)


def test_a_mail_without_from_has_no_sender():
    assert message.head(b"Subject: a\r\n\r\nb").sender == ""


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ("ann@example.com", ("ann@example.com",)),
        ("ann@example.com (Ann)", ("ann@example.com",)),
        ('"boss@corp.example" <evil@x.example>', ("evil@x.example",)),
        ('"a, b" <a@x>, c@Y', ("a@x", "c@y")),
        ("=?utf-8?q?Doe,_John?= <j@x>", ("j@x",)),
        ("=?utf-8?b?YUB4LCA=?= <j@x>", ("j@x",)),
        ('"odd one"@x', ('"odd one"@x',)),
        ("Friends: a@x, b@x;", ("a@x", "b@x")),
        ("undisclosed:;", ()),
        ("[Ticket 5] Bob <b@x>", ("b@x",)),
        ("Joe joe@x", ()),
        ("<a@x><b@x>", ()),
        ("a@x, nonsense", ()),
        ("a@x (never closed", ()),
        ("a@x\x00, b@x", ()),
        ("", ()),
    ],
)
def test_addresses_in_from_are_all_read_or_none(value, addresses):
    assert message.head(f"From: {value}\r\n\r\n".encode()).from_addresses == addresses


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("=?utf-8?q?a=0D=0ABcc:_x@y?=", "a Bcc: x@y"),
        ("=?utf-8?b?4oCu?=gpj.exe", "gpj.exe"),
        ("=?utf-8?b?w?= =?utf-8?b?7w=?=", "ü"),
        ("=?utf-8?q?a?= =?utf-8?q?b?= c", "ab c"),
        ("=?iso-8859-1?q?=FC?= =?utf-8?q?=C3=BC?=", "üü"),
        ("=?nonsense?q?=FC?=", "ü"),
        ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        ("raw ü", "raw ü"),
        ("\x1b[2Jhidden\x07", "[2Jhidden"),
    ],
)
def test_a_subject_is_decoded_to_one_clean_line(written, shown):
    if written.startswith("=?utf-8?b?w?="):
        halves = [base64.b64encode(bytes([octet])).decode() for octet in "ü".encode()]
        written = " ".join(f"=?utf-8?b?{half}?=" for half in halves)
    assert message.head(f"Subject: {written}\r\n\r\n".encode()).subject == shown


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("Auto-Submitted: auto-replied", "auto-replied"),
        ("Auto-Submitted: auto-generated; x=y", "auto-generated"),
        ("Precedence: bulk", "bulk"),
        ("Precedence: LIST", "list"),
        ("Precedence: junk", "junk"),
        ("List-Id: <l.example>", "List-Id"),
        ("List-Unsubscribe: <mailto:x>", "List-Unsubscribe"),
        ("Content-Type: multipart/report; report-type=delivery-status; boundary=b", "delivery"),
        ("Content-Type: message/disposition-notification", "disposition"),
        ("X-Mailfax-Loop: fax.example", "fax gateway"),
        ("X-Autoreply: yes", "X-Autoreply"),
        ("Return-Path: <>", "null return path"),
    ],
)
def test_a_programs_mail_is_known_and_the_reason_named(line, word):
    reason = message.head(mail("body", line)).automatic
    assert reason is not None
    assert word in reason


@pytest.mark.parametrize(
    "line", ["Auto-Submitted: no", "Precedence: first-class", "X-Auto-Response-Suppress: All"]
)
def test_a_persons_mail_is_not_taken_for_a_programs(line):
    assert message.head(mail("body", line)).automatic is None


def test_a_bounce_without_marks_is_known_by_its_author():
    content = b"From: MAILER-DAEMON@x.example (Mail Delivery System)\r\n\r\nSorry"
    assert message.head(content).automatic is not None


@pytest.mark.parametrize("name", ["From", "Date"])
def test_two_froms_or_two_dates_are_refused(name):
    twice = f"{name}: Bob <bob@x>"
    error = refusal(mail("body", twice))
    assert (error.code, error.status) == (550, "5.6.0")
    assert name in str(error)


def test_loop_05_more_than_a_hundred_servers_are_a_loop():
    assert refusal(mail("body", *["Received: x"] * 101)).reply.startswith("554 5.4.6")
    assert message.read(mail("body", *["Received: x"] * 100)).parts


def test_a_header_over_its_limit_is_refused():
    content = mail("body", *[f"X-{n}: {'y' * 900}" for n in range(100)])
    assert refusal(content).reply.startswith("552 5.3.4")
    with pytest.raises(errors.Refused):
        message.require_sound(message.head(content[:131_072]))


# ── Structure ──────────────────────────────────────────────────────────────────────────


def test_a_plain_mail_is_one_body():
    (part,) = message.read(mail("hello", "Content-Type: Text/Plain; charset=ISO-8859-1")).parts
    assert (part.path, part.role, part.label) == ("1", Role.BODY, "text/plain")
    assert (part.data, part.charset) == (b"hello", "ISO-8859-1")


def test_format_flowed_and_delsp_are_noted():
    line = "Content-Type: text/plain; format=flowed; delsp=yes"
    (part,) = message.read(mail("hello", line)).parts
    assert part.flowed
    assert part.delsp


def test_mixed_parts_come_in_order_with_their_roles():
    parts = message.read(multipart("mixed", PLAIN, PDF, PLAIN)).parts
    assert [(part.path, part.role) for part in parts] == [
        ("1", Role.BODY),
        ("2", Role.ATTACHMENT),
        ("3", Role.BODY),
    ]
    assert parts[1].data == b"%PDF-"
    assert parts[1].name == "a.pdf"


def test_an_unknown_multipart_is_read_as_mixed():
    assert len(message.read(multipart("x-foo", PLAIN, PDF)).parts) == 2


def test_alternatives_share_a_number_and_are_bodies():
    parts = message.read(multipart("alternative", PLAIN, HTML)).parts
    assert [part.alternative for part in parts] == [1, 1]
    assert {part.role for part in parts} == {Role.BODY}


def test_an_attachment_among_alternatives_stands_alone():
    parts = message.read(multipart("alternative", PLAIN, HTML, PDF)).parts
    assert [part.alternative for part in parts] == [1, 1, None]
    assert parts[2].role is Role.ATTACHMENT


def test_a_document_inside_one_alternative_is_not_lost_with_it():
    """Some phones put text, and text with a PDF in the middle, as the two alternatives."""
    inline = PDF.replace("attachment", "inline")
    inner = "Content-Type: multipart/mixed; boundary=c\n\n" + "".join(
        f"--c\n{part}\n" for part in (HTML, inline, HTML)
    )
    parts = message.read(multipart("alternative", PLAIN, inner + "--c--")).parts
    assert [part.alternative for part in parts] == [1, 1, None, None]
    assert [part.role for part in parts] == [Role.BODY, Role.BODY, Role.ATTACHMENT, Role.BODY]


def test_an_image_that_the_html_shows_is_related_and_another_is_a_page():
    shown = "Content-Type: image/png\nContent-ID: <logo@x>\n\nx"
    other = "Content-Type: image/png\nContent-ID: <scan@x>\n\nx"
    parts = message.read(multipart("related", HTML, shown, other)).parts
    assert [part.role for part in parts] == [Role.BODY, Role.RELATED, Role.ATTACHMENT]
    assert parts[1].content_id == "logo@x"


def test_a_mail_that_is_an_enclosed_mail_is_read():
    (part,) = message.read(mail("Subject: old\n\nquoted", "Content-Type: message/rfc822")).parts
    assert (part.path, part.heading, part.data) == ("1", "Subject: old", b"quoted")


def test_a_mailbox_files_first_line_is_passed_over():
    assert message.read(b"From ann Fri Nov 20\n" + mail("x")).sender == "ann@example.com"


@pytest.mark.parametrize(
    "label",
    ["application/pkcs7-signature", "application/pgp-signature", "application/x-pkcs7-signature"],
)
def test_a_detached_signature_is_never_a_page(label):
    parts = message.read(multipart("signed", PLAIN, f"Content-Type: {label}\n\nxxxx")).parts
    assert [part.role for part in parts] == [Role.BODY, Role.SIGNATURE]


def test_a_second_part_that_is_no_signature_is_not_hidden_as_one():
    parts = message.read(multipart("signed", PLAIN, PDF)).parts
    assert parts[1].role is Role.ATTACHMENT


def enclosed(inner: str) -> str:
    return f"Content-Type: message/rfc822\n\n{inner}"


def test_the_headline_of_an_enclosed_mail_stands_above_its_text():
    inner = "From: =?utf-8?q?B=C3=B6b?= <b@x>\nSubject: old\n\nquoted words"
    parts = message.read(multipart("mixed", PLAIN, enclosed(inner))).parts
    assert [part.path for part in parts] == ["1", "2.1"]
    assert parts[1].heading == "From: Böb <b@x>\nSubject: old"
    assert (parts[1].role, parts[1].data) == (Role.ATTACHMENT, b"quoted words")


def test_the_headline_of_an_enclosed_mail_stands_above_all_versions_of_its_text():
    body = f"--c\n{PLAIN}\n--c\n{HTML}\n--c--"
    inner = f"Subject: old\nContent-Type: multipart/alternative; boundary=c\n\n{body}"
    parts = message.read(multipart("mixed", PLAIN, enclosed(inner))).parts
    assert [part.heading for part in parts] == ["", "Subject: old", "Subject: old"]


@pytest.mark.parametrize("first", [PDF, enclosed("Subject: inner\n\nwords")])
def test_an_enclosed_mail_that_begins_with_no_text_has_its_headline_before_it(first):
    inner = f"Subject: old\nContent-Type: multipart/mixed; boundary=c\n\n--c\n{first}\n--c--"
    parts = message.read(multipart("mixed", PLAIN, enclosed(inner))).parts
    assert (parts[1].path, parts[1].data) == ("2.0", b"Subject: old")
    assert len(parts) == 3


def test_an_enclosed_mail_may_be_coded_although_that_is_forbidden():
    inner = base64.b64encode(b"Subject: old\r\n\r\nquoted").decode()
    part = f"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{inner}"
    assert message.read(multipart("mixed", part)).parts[0].data == b"quoted"


def test_a_digest_holds_mails():
    parts = message.read(multipart("digest", "\nSubject: one\n\nfirst")).parts
    assert [(part.path, part.heading) for part in parts] == [("1.1", "Subject: one")]


@pytest.mark.parametrize("kind", ["partial; id=x; number=1", "external-body; access-type=url"])
def test_fragments_and_references_are_refused(kind):
    error = refusal(multipart("mixed", PLAIN, f"Content-Type: message/{kind}\n\nSubject: x\n\n"))
    assert error.reply.startswith("550 5.6.1")
    assert "part 2" in str(error)


@pytest.mark.parametrize(
    "content",
    [
        multipart("encrypted; protocol=application/pgp-encrypted", PLAIN),
        mail("MIAG", "Content-Type: application/pkcs7-mime; smime-type=enveloped-data"),
        mail("MIAG", "Content-Type: application/octet-stream; name=smime.p7m"),
        multipart("mixed", PLAIN, 'Content-Disposition: attachment; filename="smime.p7m"\n\nx'),
        mail("\n-----BEGIN PGP MESSAGE-----\n\nabc"),
    ],
)
def test_encrypted_mail_is_refused(content):
    assert refusal(content).reply.startswith("554 5.7.5")


def test_what_is_said_to_be_signed_and_is_not_is_damaged():
    error = refusal(mail("MIAG", "Content-Type: application/pkcs7-mime; smime-type=signed-data"))
    assert error.reply.startswith("550 5.6.0")
    assert "is damaged" in str(error)


def test_a_missing_last_boundary_is_forgiven():
    content = multipart("mixed", PLAIN, PDF).replace(b"--b--\r\n", b"")
    assert len(message.read(content).parts) == 2


def test_parts_after_the_closing_boundary_are_not_lost():
    content = multipart("mixed", PLAIN) + b"epilogue\r\n--b\r\n" + PDF.encode() + b"\r\n"
    assert [part.data for part in message.read(content).parts] == [b"plain words", b"%PDF-"]


def test_a_boundary_that_begins_like_another_is_told_apart():
    inner = "Content-Type: multipart/mixed; boundary=bb\n\n--bb\n\ninner\n--bb--"
    parts = message.read(multipart("mixed", inner, PLAIN)).parts
    assert [part.path for part in parts] == ["1.1", "2"]


@pytest.mark.parametrize("kind", ["mixed", "mixed; boundary=other", 'mixed; boundary=""'])
def test_a_boundary_that_is_not_there_is_refused(kind):
    content = mail("--b\n\nwords\n--b--", f"Content-Type: multipart/{kind}")
    assert refusal(content).reply.startswith("550 5.6.0")


def test_several_parts_of_which_nothing_came_are_none():
    assert message.read(mail("", "Content-Type: multipart/mixed; boundary=b")).parts == ()


def test_two_different_content_types_are_refused_and_two_equal_ones_read():
    other = "Content-Type: text/html"
    assert refusal(mail("x", "Content-Type: text/plain", other)).reply.startswith("550 5.6.0")
    assert message.read(mail("x", other, other)).parts[0].label == "text/html"


@pytest.mark.parametrize("value", ["nonsense", "text", "text/", "; charset=x", "a/b/c d"])
def test_a_broken_content_type_is_plain_text(value):
    assert message.read(mail("x", f"Content-Type: {value}")).parts[0].label == "text/plain"


def test_nesting_beyond_the_limit_is_refused():
    inner = "Subject: x\n\nend"
    for _ in range(50):
        inner = f"Content-Type: message/rfc822\n\n{inner}"
    assert refusal(multipart("mixed", inner)).reply.startswith("552 5.3.4")


def test_parts_beyond_the_limit_are_refused():
    assert refusal(multipart("mixed", *["\nx"] * 1001)).reply.startswith("552 5.3.4")
    assert len(message.read(multipart("mixed", *["\nx"] * 1000)).parts) == 1000


def test_a_mail_over_the_size_limit_is_refused():
    with pytest.raises(errors.Refused, match=r"over 10 octets"):
        message.read(mail("x"), message.Limits(size=10))


# ── Transfer encodings ─────────────────────────────────────────────────────────────────


def coded(encoding: str, body: str) -> bytes:
    return message.read(mail(body, f"Content-Transfer-Encoding: {encoding}")).parts[0].data


@pytest.mark.parametrize(
    ("body", "data"),
    [
        ("aGVsbG8=", b"hello"),
        ("aGV\n  sbG8=\n\n", b"hello"),
        ("aG!V*s.bG8=", b"hello"),
        ("aGVsbG8", b"hello"),
        ("aGVsbG8h\naGV", b"hello!he"),
        ("aGVsbG8hZ", b"hello!"),
        ("aGk=\naG8=\n", b"hiho"),
        ("aGk=\n-- \nsent from a list, unsubscribe!", b"hi"),
        ("", b""),
    ],
)
def test_base64_gives_all_that_is_in_it(body, data):
    assert coded("base64", body) == data


def test_quoted_printable_is_decoded():
    assert coded("Quoted-Printable", "a=C3=BC=\nb =3D\n") == "aüb =\r\n".encode()


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "8-bit", "binary", "BINARY (x)", ""])
def test_identity_encodings_change_nothing(encoding):
    assert coded(encoding, "a=C3") == b"a=C3"


def test_an_unknown_encoding_is_refused_by_name():
    error = refusal(mail("x", "Content-Transfer-Encoding: rot13"))
    assert error.reply.startswith("554 5.6.1")
    assert "rot13" in str(error)


def uuencoded(data: bytes, name: str) -> str:
    lines = [
        binascii.b2a_uu(data[at : at + 45], backtick=True).decode()
        for at in range(0, len(data), 45)
    ]
    return f"begin 644 {name}\n{''.join(lines)}`\nend\n"


def test_files_uuencoded_in_a_text_become_attachments():
    data = bytes(range(256))
    body = f"before\n{uuencoded(data, '../x.bin')}after\n"
    parts = message.read(mail(body)).parts
    assert [part.path for part in parts] == ["1.1", "1.2", "1.3"]
    assert [part.role for part in parts] == [Role.BODY, Role.ATTACHMENT, Role.BODY]
    assert (parts[1].data, parts[1].name) == (data, "x.bin")


@pytest.mark.parametrize(
    "body", ["begin 644 x\nHELLO\nend\n", "begin 644 x\nM123\n", "begin again"]
)
def test_words_that_only_look_uuencoded_stay_words(body):
    (part,) = message.read(mail(body)).parts
    assert part.data == body.replace("\n", "\r\n").encode()


@pytest.mark.parametrize("encoding", ["x-uuencode", "uuencode", "x-uue"])
def test_uuencode_as_a_transfer_encoding_is_decoded(encoding):
    assert coded(encoding, uuencoded(b"octets", "a")) == b"octets"


# ── File names ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('filename="../../etc/cron.d/x"', "x"),
        ('filename="C:\\docs\\x.pdf"', "x.pdf"),
        ('filename="C:x.pdf"', "x.pdf"),
        ('filename="/evil/"', "evil"),
        ('filename="-dOutputFile=x"', "dOutputFile=x"),
        ('filename="..hidden"', "hidden"),
        ('filename="a\x00.pdf"', "a.pdf"),
        ('filename="a\u202efdp.exe"', "afdp.exe"),
        ('filename="e\u0301.pdf"', "é.pdf"),
        ('filename="=?utf-8?q?=C3=BC.pdf?="', "ü.pdf"),
        ("filename*=utf-8''%e2%82%ac.pdf; filename=plain.pdf", "€.pdf"),
        ("filename*0=long; filename*1=er.pdf", "longer.pdf"),
        ("filename*0*=utf-8''%c3; filename*1*=%bc.pdf", "ü.pdf"),
        ('filename="a\r\n b.pdf"', "a b.pdf"),
        ("filename=my file.pdf", "my file.pdf"),
        ('filename="a;b.pdf"', "a;b.pdf"),
        ('filename="never closed.pdf', "never closed.pdf"),
        ('filename="..."', ""),
    ],
)
def test_a_file_name_is_its_safe_last_component(written, shown):
    part = f"Content-Type: x/y\nContent-Disposition: attachment; {written}\n\nx"
    content = multipart("mixed", "@").replace(b"@", part.encode())
    assert message.read(content).parts[0].name == shown


def test_a_long_file_name_is_cut_and_keeps_its_extension():
    part = f'Content-Type: x/y; name="{"ü" * 4000}.pdf"\n\nx'
    name = message.read(multipart("mixed", part)).parts[0].name
    assert len(name.encode()) <= 120
    assert name.endswith("ü.pdf")


# ── Strangers' mails ───────────────────────────────────────────────────────────────────


@needs_corpus
def test_every_mail_of_the_corpus_is_read_or_refused_with_a_sentence():
    for path in sorted(CORPUS.iterdir()):
        content = path.read_bytes()
        message.head(content)
        refused = readable(content)
        assert refused is None or path.name.startswith("mal-"), f"{path.name}: {refused}"


@needs_corpus
def test_automatic_mail_of_the_corpus_is_known_and_peoples_is_not():
    for path in sorted(CORPUS.iterdir()):
        automatic = message.head(path.read_bytes()).automatic
        assert (automatic is not None) == path.name.startswith("auto-"), path.name


def test_parts_agree_with_the_standard_library_on_sound_mail():
    letter = email.message.EmailMessage(email.policy.SMTP)
    letter["From"], letter["Subject"] = "Ann <ann@example.com>", "Grüße " * 30
    letter.set_content("Grüße\n" * 20)
    letter.add_alternative("<b>Grüße</b>", subtype="html")
    letter.add_attachment(
        bytes(range(256)) * 40, maintype="application", subtype="x", filename="ä.bin"
    )
    letter.add_attachment(email.message_from_bytes(mail("inner")))
    content = letter.as_bytes()
    parts = message.read(content).parts
    theirs = [p for p in email.message_from_bytes(content).walk() if not p.is_multipart()]
    ours = [part for part in parts if not part.path.endswith(".0")]
    assert [part.label for part in ours] == [part.get_content_type() for part in theirs]
    assert [part.data for part in ours] == [part.get_payload(decode=True) for part in theirs]
    assert message.head(content).subject == letter["Subject"].strip()
    assert ours[2].name == "ä.bin"


SEEDS = [
    multipart("mixed", PLAIN, PDF, f"Content-Type: message/rfc822\n\n{PLAIN}"),
    multipart("alternative", PLAIN, HTML),
    mail(f"x\n{uuencoded(b'octets', 'a')}", "Subject: =?utf-8?b?w7w=?= =?x?q?=zz?="),
    mail("x", "Content-Type: text/plain; name*0*=utf-8''%c3; name*1*=%bc", "From: (a (b) <c@d>"),
]


@hypothesis.given(
    seed=st.sampled_from(SEEDS),
    edits=st.lists(
        st.tuples(st.integers(0, 2000), st.integers(0, 40), st.binary(max_size=12)), max_size=8
    ),
)
@hypothesis.settings(max_examples=400)
def test_a_mutilated_mail_is_read_or_refused_never_a_crash(seed, edits):
    content = bytearray(seed)
    for place, length, octets in edits:
        at = place % (len(content) + 1)
        content[at : at + length] = octets
    subject = message.head(bytes(content)).subject
    assert not any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in subject)
    refused = readable(bytes(content))
    assert refused is None or str(refused).isprintable()


@hypothesis.given(st.binary(max_size=300))
def test_any_octets_are_read_or_refused(content):
    message.head(content)
    refused = readable(content)
    assert refused is None or refused.code >= 550


@hypothesis.given(st.binary(max_size=2000), st.sampled_from(["base64", "quoted-printable"]))
def test_what_was_encoded_is_decoded_again(data, encoding):
    body = base64.encodebytes(data) if encoding == "base64" else quopri.encodestring(data, True)
    head = f"From: a@x\nContent-Type: x/y\nContent-Transfer-Encoding: {encoding}\n\n"
    assert message.read(head.encode() + body).parts[0].data == data
