"""What senders write about their faxes is found in its four places, and taken out again."""

import email.message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailfax.mail import address, message, wishes
from mailfax.model import Role

DOMAINS = ("fax.example.com",)


def tags(local, country="US"):
    found = address.parse_recipient(f"{local}@fax.example.com", DOMAINS, country)
    return str(found.number), found.tags


@pytest.mark.parametrize(
    ("local", "number", "found"),
    [
        ("+12025550123", "+12025550123", ()),
        ("+12025550123+fine", "+12025550123", ("fine",)),
        ("2025550123+fine+nocover", "+12025550123", ("fine", "nocover")),
        ("+493012345678+cover=clinic", "+493012345678", ("cover=clinic",)),
        ("FAX=+12025550123+fine/T33S=1387", "+12025550123", ("fine",)),
        ("FAX=+12025550123/ATTN=Ann+Bob", "+12025550123", ()),
    ],
)
def test_tags_stand_behind_the_number(local, number, found):
    assert tags(local) == (number, found)


def test_an_underscore_in_a_tag_is_a_space():
    to = address.parse_recipient("+12025550123+to=Grace_Hopper@fax.example.com", DOMAINS, None)
    assert [wish.text for wish in wishes.tagged(to)] == ["to=Grace Hopper"]


def mail(*, subject="", text=None, html=None, **fields):
    found = email.message.EmailMessage()
    found["Subject"] = subject
    for name, value in fields.items():
        found[name.replace("_", "-")] = value
    found.set_content(
        text if text is not None else html, subtype="html" if text is None else "plain"
    )
    if text is not None and html is not None:
        found.add_alternative(html, subtype="html")
    return found.as_bytes()


def said(data):
    return [(wish.place, wish.text) for wish in wishes.of(data)]


def left(data):
    """The text of each version as it is printed."""
    found = wishes.without(message.read(data))
    return [p.data.decode().replace("\r\n", "\n") for p in found.parts if p.role is Role.BODY]


@pytest.mark.parametrize(
    ("subject", "found", "rest"),
    [
        ("[fax fine] Order 5", ["fine"], "Order 5"),
        ("Order [fax fine cover=plain] 5", ["fine", "cover=plain"], "Order 5"),
        ('[FAX to="Grace Hopper" urgent]', ['to="Grace Hopper"', "urgent"], ""),
        ("[fax at: 2025-03-01 14:30] x", ["at: 2025-03-01 14:30"], "x"),
        ("[fax] hello", [], "[fax] hello"),
        ("[faxes wanted] hello", [], "[faxes wanted] hello"),
        ("Re: [list] a fax [ok]", [], "Re: [list] a fax [ok]"),
    ],
)
def test_brackets_in_the_subject_are_read_and_taken_out(subject, found, rest):
    assert said(mail(subject=subject, text="x\n")) == [("subject", text) for text in found]
    assert wishes.subject_without(subject) == rest


def test_an_encoded_subject_is_read_as_people_see_it():
    assert said(mail(subject="[fax to=Müller] Grüße", text="x\n")) == [("subject", "to=Müller")]


def test_fields_of_the_header_are_read():
    data = mail(text="x\n", X_Fax_Resolution="fine", X_FAX_To="Grace Hopper", X_Faxed="no")
    assert said(data) == [("header", "resolution: fine"), ("header", "to: Grace Hopper")]


@pytest.mark.parametrize(
    ("text", "found", "rest"),
    [
        ("#fax resolution: fine\n\nDear Ann\n", ["resolution: fine"], "Dear Ann\n"),
        (
            "\n#FAX fine nocover\n#fax at: 14:30\n\n\nHi\n",
            ["fine", "nocover", "at: 14:30"],
            "\nHi\n",
        ),
        ("#fax fine\nHi\n", ["fine"], "Hi\n"),
        ("#fax fine", ["fine"], ""),
        ("Hi\n#fax fine\n", [], "Hi\n#fax fine\n"),
        ("#faxes\n", [], "#faxes\n"),
    ],
)
def test_lines_at_the_top_of_the_text_are_read_and_taken_out(text, found, rest):
    data = mail(text=text)
    assert said(data) == [("body", one) for one in found]
    assert left(data)[0].rstrip("\n") == rest.rstrip("\n")


def test_lines_at_the_top_are_taken_out_of_every_version():
    page = (
        "<html><head><style>#fax {color: red}</style></head><body><!-- #fax no -->"
        "<div>#fax <b>resolution:</b>&nbsp;fine</div><div><br></div><p>Dear #fax</p></body></html>"
    )
    data = mail(text="#fax resolution: fine\n\nDear #fax\n", html=page)
    assert said(data) == [("body", "resolution: fine")]
    plain, rich = left(data)
    assert plain == "Dear #fax\n"
    assert "resolution:" not in rich
    assert "<p>Dear #fax</p>" in rich
    assert "color: red" in rich


def test_a_mail_of_html_alone_may_begin_with_options():
    data = mail(html="<HTML><body>#fax fine<br>#fax cover: none<br><br>Hello<br>#fax x</body>")
    assert said(data) == [("body", "fine"), ("body", "cover: none")]
    assert left(data) == ["<HTML><body><br><br><br>Hello<br>#fax x</body>\n"]


def test_an_attached_text_is_no_place_for_options():
    found = email.message.EmailMessage()
    found.set_content("Hello\n")
    found.add_attachment("#fax fine\n", filename="a.txt")
    assert said(found.as_bytes()) == []
    assert b"#fax fine" in wishes.without(message.read(found.as_bytes())).parts[1].data


PIECES = [
    "#fax ",
    "fine",
    "\n",
    " ",
    ":",
    "<div>",
    "<br>",
    "<head>",
    "</head",
    "<!--",
    "-->",
    "&nbsp;",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=14), st.booleans())
def test_any_text_is_read_and_what_is_taken_out_is_gone(pieces, html):
    kind = b"text/html" if html else b"text/plain"
    body = "".join(pieces).encode("utf-8", "replace")
    data = b"Content-Type: " + kind + b"; charset=utf-8\r\n\r\n" + body
    wishes.of(data)
    part = wishes.without(message.read(data)).parts[0]
    assert len(part.data) <= len(body)
    if not wishes.of(data):
        assert part.data == message.read(data).parts[0].data


def test_a_long_page_of_unclosed_tags_is_read_once():
    for piece in (b"<head", b"<!--", b"<style>", b"<div>", b"&nbsp;", b"\n"):
        data = b"Content-Type: text/html\r\n\r\n" + piece * 40_000
        assert wishes.of(data) == ()
