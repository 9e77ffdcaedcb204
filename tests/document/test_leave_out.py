"""What is left out of a mail: quotes, signatures, legal notices, logos and trackers."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mailfax.document import leaveout, render
from mailfax.document.converters import Item, Trim, html, text, trimming
from mailfax.errors import Cause
from mailfax.mail import message
from mailfax.model import Part, Role
from tests.document import drawing
from tests.document.drawing import CORPUS, attachment, body

ALL = Trim(quotes=True, signature=True, disclaimers=True, logos=True, trackers=True)
LEAVE_OUT = ("disclaimers", "logos", "trackers")


def left_of_html(source, trim=ALL, **related):
    """The words of an HTML text that stay, and what was told of the others."""
    told = {"remarks": {}, "left": {}}

    def tell(**message):
        if "remark" in message:
            told["remarks"][message["remark"]] = message["number"]
        told["left"] |= message.get("left", {})

    item = Item(kind="html", data=source.encode(), related=related, trim=trim, tell=tell)
    words = re.sub(r"<style.*?</style>|<[^>]*>", " ", html.source(item), flags=re.DOTALL)
    return " ".join(words.split()), told


def left_of_text(source, trim=ALL):
    """The same of plain text."""
    remarks = []
    tell = lambda **message: remarks.append(message.get("remark"))  # noqa: E731
    item = Item(kind="text", data=source.encode(), trim=trim, tell=tell)
    return text.read(item), [code for code in remarks if code]


def logo(size=(200, 60), ink=0):
    return drawing.picture(Image.new("L", size, ink), "PNG")


# ── Quotes ─────────────────────────────────────────────────────────────────────────────

QUOTED_HTML = {
    "Outlook": "<div class=WordSection1><p class=MsoNormal>mine<o:p></o:p></p>"
    "<div style='border:none;border-top:solid #E1E1E1 1.0pt'><p class=MsoNormal><b>Von:</b> Bob<br>"
    "<b>Gesendet:</b> Montag<br><b>An:</b> Ann<br><b>Betreff:</b> x</p></div>"
    "<p class=MsoNormal>theirs</p></div>",
    "Outlook on the web": "<div>mine</div><div id=appendonsend></div><hr>"
    "<div id=divRplyFwdMsg><b>From:</b> Bob<br><b>Sent:</b> Monday<br><b>Subject:</b> x</div>"
    "<div>theirs</div>",
    "Gmail": "<div dir=ltr>mine</div><br><div class='gmail_quote gmail_quote_container'>"
    "<div dir=ltr class=gmail_attr>On Mon, Nov 4, 2024 at 9:00 AM Bob &lt;b@x&gt; wrote:<br></div>"
    "<blockquote class=gmail_quote>theirs</blockquote></div>",
    "Apple Mail": "mine<div><br><blockquote type=cite><div>On 4. Nov 2024, at 09:00, Bob wrote:"
    "</div><br><div>theirs</div></blockquote></div>",
    "Thunderbird": "<p>mine</p><div class=moz-cite-prefix>Am 04.11.24 um 09:00 schrieb Bob:<br>"
    "</div><blockquote type=cite><pre class=moz-quote-pre>theirs\ntheirs</pre></blockquote>",
    "Yahoo": "<div>mine</div><div id=yahoo_quoted_1 class=yahoo_quoted><div>On Monday, November 4,"
    " 2024 at 09:00:00 AM GMT+1, Bob wrote:</div><div>theirs</div></div>",
    "Lotus": "<font>mine</font><br><br><font size=1>From: </font><font>Bob/X</font><br>"
    "<font>To: </font>Ann/X<br><font>Date: </font>11/04/2024<br><font>Subject: </font>x<br><hr>"
    "<tt>theirs</tt>",
    "a text turned into HTML": "<pre>mine\n\nOn 4 Nov 2024 Bob wrote:\n&gt; theirs\n&gt;\n"
    "&gt; theirs</pre>",
}
QUOTED_TEXT = {
    "English": "mine\n\nOn Mon, Nov 4, 2024 at 9:00 AM Bob <b@x> wrote:\n\n> theirs\n>\n> theirs\n",
    "a broken attribution": "mine\n\nOn Mon, Nov 4, 2024 at 9:00 AM Bob Longname\n<b@x> wrote:\n"
    "> theirs",
    "German": "mine\n\nAm 04.11.24 um 09:00 schrieb Bob:\n> theirs",
    "French": "mine\n\nLe lun. 4 nov. 2024 à 09:00, Bob <b@x> a écrit :\n> theirs",
    "Spanish": "mine\n\nEl lun, 4 nov 2024 a las 9:00, Bob (<b@x>) escribió:\n> theirs",
    "Russian": "mine\n\n4 ноября 2024 г. Bob пишет:\n> theirs",
    "Outlook": "mine\n\n-----Original Message-----\nFrom: Bob\nSent: Monday\n\ntheirs",
    "Outlook in German": "mine\n\n________________________________\nVon: Bob\n"
    "Gesendet: Montag\nAn: Ann\nBetreff: x\n\ntheirs",
    "Outlook in French": "mine\n\nDe : Bob\nEnvoyé : lundi\nÀ : Ann\nObjet : x\n\ntheirs",
    "Yahoo": "mine\n\n    On Monday, November 4, 2024 at 09:00:00 AM GMT+1, Bob <b@x> wrote:  \n"
    " \n theirs",
    "an answer below": "On 4 Nov 2024, Bob wrote:\n> theirs\n> theirs\n\nmine\n",
}


@pytest.mark.parametrize("client", QUOTED_HTML)
def test_a_quote_is_cut_from_html_as_every_client_writes_it(client):
    words, told = left_of_html(QUOTED_HTML[client])
    assert (words, list(told["remarks"])) == ("mine", ["quote"])
    assert "theirs" in left_of_html(QUOTED_HTML[client], Trim())[0]


@pytest.mark.parametrize("client", QUOTED_TEXT)
def test_a_quote_is_cut_from_plain_text_in_many_languages(client):
    assert left_of_text(QUOTED_TEXT[client]) == ("mine", ["quote"])


FORWARDS = (
    "see below\n\n---------- Forwarded message ---------\nFrom: Bob\nDate: x\nSubject: y\n\ntheirs",
    "see below\n\nBegin forwarded message:\n\n> From: Bob\n> Subject: y\n>\n> theirs",
    "siehe unten\n\n-----Weitergeleitete Nachricht-----\nVon: Bob\nGesendet: x\nAn: y\n\ntheirs",
)


@pytest.mark.parametrize("source", FORWARDS)
def test_what_is_forwarded_is_never_cut(source):
    words, remarks = left_of_text(source)
    assert "theirs" in words
    assert not remarks


def test_the_subject_tells_a_forward_too():
    source = QUOTED_TEXT["Outlook"]
    assert "theirs" in left_of_text(source, Trim(quotes=True, forwarded=True))[0]
    subjects = ("Fwd: x", "FW: x", "WG: x", "TR : x", "Re: Fwd: x", "Re: x")
    told = [leaveout.About(subject=subject).forwarded for subject in subjects]
    assert told == [True, True, True, True, False, False]


@pytest.mark.parametrize(
    "source",
    [
        "> theirs\n> theirs",
        "On 4 Nov 2024, Bob wrote:\n> theirs",
        "\n\n-----Original Message-----\nFrom: Bob\nSent: x\nTo: y\n\ntheirs",
        "Sent from my phone\n\nOn 4 Nov 2024, Bob wrote:\n> theirs",
        "-- \nAnn\n\nOn 4 Nov 2024, Bob wrote:\n> theirs",
    ],
)
def test_nothing_is_cut_where_nothing_would_be_left(source):
    assert "theirs" in left_of_text(source, Trim(quotes=True))[0]


def test_answers_between_the_lines_keep_what_they_answer():
    source = "On 4 Nov 2024, Bob wrote:\n> one?\n\nyes\n\n> two?\n\nno\n"
    assert left_of_text(source)[1] == []
    asked = "<blockquote type=cite>{}?</blockquote>"
    between = f"{asked.format('one')}<p>yes</p>{asked.format('two')}<p>no"
    assert left_of_html(between)[1]["remarks"] == {}


def test_a_letter_that_begins_like_a_header_is_no_quote():
    source = "MEMO\n\nFrom: the board of directors we hear that all is well.\n\nAnn\n"
    assert left_of_text(source)[1] == []


# ── Signatures and legal notices ───────────────────────────────────────────────────────

NOTICES = (
    "This e-mail and any attachments are confidential and intended solely for the addressee.",
    "CONFIDENTIALITY NOTICE: This message may contain protected health information.",
    "If you are not the intended recipient, please delete this message.",
    "Diese E-Mail enthält vertrauliche und/oder rechtlich geschützte Informationen.",
    "Der Inhalt dieser E-Mail ist ausschließlich für den bezeichneten Adressaten bestimmt.",
    "Ce message et toutes les pièces jointes sont confidentiels et destinés à leurs destinataires.",
    "Este mensaje y sus anexos pueden contener información confidencial.",
)


@pytest.mark.parametrize("notice", NOTICES)
def test_a_legal_notice_is_left_out_by_its_first_words(notice):
    source = f"mine\n\nKind regards\nAnn\n\n{'_' * 30}\n{notice}\nPlease tell us of errors.\n"
    words, remarks = left_of_text(source)
    assert (words, remarks) == ("mine\n\nKind regards\nAnn", ["disclaimer"])
    assert notice in left_of_text(source, Trim(quotes=True))[0]
    words, told = left_of_html(f"<p>mine</p><p>Kind regards<br>Ann</p><p>{notice}</p>")
    assert (words, list(told["remarks"])) == ("mine Kind regards Ann", ["disclaimer"])


def test_a_notice_above_a_quote_goes_and_the_quote_stays():
    source = f"mine\n\n{NOTICES[0]}\n\nOn 4 Nov 2024, Bob wrote:\n> theirs\n"
    words, remarks = left_of_text(source, Trim(disclaimers=True))
    assert remarks == ["disclaimer"]
    assert words.startswith("mine")
    assert words.endswith("> theirs")


def test_a_block_that_every_mail_of_a_domain_ends_with_is_a_notice():
    house = "Example Ltd is registered in Ruritania under number 12345 and acts under the general "
    house += "terms that are shown in its offices; statements by telephone bind nobody at all."
    source = f"mine\n\nKind regards\nAnn\n\n{house}\n"
    [block] = trimming.blocks(source.split("\n"), [])
    known = Trim(disclaimers=True, recurring=frozenset([block]))
    assert left_of_text(source, known) == ("mine\n\nKind regards\nAnn", ["disclaimer"])
    assert left_of_text(source, Trim(disclaimers=True))[1] == []
    assert left_of_text(f"mine\n\n{house}\n", known)[1] == [], "it may be the letter itself"


def test_a_signature_is_kept_unless_it_is_to_be_cut():
    source = "mine\n\n-- \nAnn\nTel. 1\n"
    assert left_of_text(source) == ("mine", ["signature"])
    assert left_of_text(source, Trim()) == ("mine\n\n-- \nAnn\nTel. 1".replace("-- ", "--"), [])
    marked = "<p>mine</p><div class=gmail_signature>Ann<br>Tel. 1</div>"
    assert left_of_html(marked)[0] == "mine"
    assert left_of_html(marked, Trim())[0] == "mine Ann Tel. 1"


LINES = st.sampled_from(
    ["", "x", "> q", ">> q", "-- ", "From: a", "Sent: b", "To: c", "Kind regards", "_" * 20,
     "On 1 Jan 2024 Bob wrote:", "-----Original Message-----", NOTICES[0], "word " * 40]
)  # fmt: skip


@given(st.lists(LINES, max_size=30))
def test_whatever_is_cut_lies_in_the_text_and_leaves_something(lines):
    found = trimming.cuts(lines, trimming.marked(lines), ALL)
    gone = [number for cut in found for number in cut.lines]
    assert len(gone) == len(set(gone))
    assert set(gone) <= set(range(len(lines)))
    assert not gone or any(lines[n].strip() for n in range(len(lines)) if n not in gone)


TAGS = st.sampled_from(
    ["<p>", "</p>", "<br>", "<div id=appendonsend>", "</div>", "a", "<blockquote type=cite>",
     "</blockquote>", "<pre>", "b\nc", "</pre>", "<table><tr><td>", "-- ", "<img src=cid:x>",
     "Kind regards", "&gt; q<br>", "From: a<br>To: b<br>Date: c<br>"]
)  # fmt: skip


@given(st.lists(TAGS, max_size=25))
def test_trimming_any_html_ends_and_invents_nothing(pieces):
    source = "".join(pieces)
    whole, kept = left_of_html(source, Trim())[0], left_of_html(source)[0]
    assert len(kept) <= len(whole)


# ── Pictures in HTML ───────────────────────────────────────────────────────────────────

LETTER = "<p>please find the figures that you have asked for</p>"


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (f"{LETTER}<p>Kind regards<br>Ann</p><p><img src=cid:x></p>", "logo"),
        (f"{LETTER}<p>-- <br>Ann<br><img src=cid:x width=100 height=30></p>", "logo"),
        (f"{LETTER}<div class=moz-signature>Ann <img src=cid:x></div>", "logo"),
        (f"{LETTER}<p><img src=cid:x width=1 height=1></p>", "dot"),
        (f"{LETTER}<div style='display:none'><img src=cid:x></div>", "hidden"),
        (f"<p><img src=cid:x></p>{LETTER}", None),
        (f"{LETTER}<p>Kind regards</p><img src=cid:x width=700 height=900>", None),
        ("<p>Regards</p><img src=cid:x>", None),
    ],
)
def test_a_picture_is_told_by_its_place_and_its_size(source, code):
    _words, told = left_of_html(source, x=logo())
    assert told["left"] == ({"x": code} if code else {})


def test_pictures_on_the_web_are_counted_and_trackers_apart():
    source = (
        f"{LETTER}<img src=https://x/a.png width=600><img src='https://x/o.gif' width=1 height=1>"
    )
    assert left_of_html(source)[1]["remarks"] == {"remote": 1, "trackers": 1}


def test_a_picture_that_came_in_earlier_mails_is_left_out_where_it_is_small():
    earlier = Trim(logos=True, recurring=frozenset([leaveout.digest(logo())]))
    source = f"<p><img src=cid:x></p>{LETTER}"
    assert left_of_html(source, earlier, x=logo())[1]["left"] == {"x": "repeated"}
    large = f"<p><img src=cid:x width=600 height=180></p>{LETTER}"
    assert left_of_html(large, earlier, x=logo())[1]["left"] == {}


# ── Through the renderer ───────────────────────────────────────────────────────────────


class History:
    """What a domain has sent before, as the store tells it."""

    def __init__(self, *known):
        self.known, self.noted = frozenset(known), []

    def recurring(self):
        return self.known

    def note(self, digests):
        self.noted += digests


@pytest.fixture
def fax(renderer, tmp_path):
    def draw(*parts, about=render.NOTHING_KNOWN, **layout):
        wish = {"paper": "a4", "resolution": "fine", "leave_out": LEAVE_OUT, **layout}
        _, manifest = renderer.render(parts, render.Layout(**wish), tmp_path / "fax.tif", about)
        return {entry.part: entry for entry in manifest}

    return draw


def inline(data, name="image001.png", path="2", **more):
    return Part(path=path, role=Role.ATTACHMENT, label="image/png", data=data, name=name, **more)


WORDS = "Dear Sir, please find enclosed what we have spoken about."


def test_small_pictures_within_a_text_are_left_out_with_a_reason(fax):
    manifest = fax(body(WORDS), inline(logo(), inline=True), inline(logo((2, 2)), "a.png", "3"))
    assert [manifest[path].outcome for path in "123"] == ["faxed", "left out", "left out"]
    assert "signatures" in manifest["2"].reason
    assert "dot" in manifest["3"].reason
    manifest = fax(body(WORDS), inline(logo(), inline=True), leave_out=())
    assert manifest["2"].outcome == "faxed"


def test_a_picture_that_is_large_or_attached_or_all_there_is_is_faxed(fax):
    assert fax(body(WORDS), inline(logo((1240, 1754)), inline=True))["2"].outcome == "faxed"
    assert fax(body(WORDS), inline(logo(), "stamp.png"))["2"].outcome == "faxed"
    assert fax(body("see:"), inline(logo(), inline=True))["2"].outcome == "faxed"
    assert fax(inline(logo(), inline=True))["2"].outcome == "faxed"


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not there")
def test_a_photograph_that_a_telephone_put_into_the_text_is_faxed(fax):
    mail = message.read((CORPUS / "email/client-iphone-inline-jpeg.eml").read_bytes())
    assert [entry.outcome for entry in fax(*mail.parts).values()] == ["faxed"] * 3


def test_a_picture_that_came_before_is_left_out_and_what_came_is_remembered(fax):
    history = History(leaveout.digest(logo()))
    about = render.About(memory=history)
    manifest = fax(body(WORDS), inline(logo(), "stamp.png"), about=about)
    assert "earlier mails" in manifest["2"].reason
    assert history.noted == [leaveout.digest(logo())]


def test_a_logo_in_html_is_listed_and_a_picture_that_stands_there_is_faxed(fax):
    source = f"{LETTER}<p><img src=cid:map width=600></p><p>Kind regards</p><img src=cid:logo>"
    parts = [
        Part(path=f"1.{number}", role=Role.RELATED, label="image/png", data=data, content_id=cid)
        for number, (cid, data) in enumerate([("map", logo((600, 400))), ("logo", logo())], 2)
    ]
    manifest = fax(body(source, "text/html", path="1.1"), *parts)
    assert [manifest[path].outcome for path in ("1.1", "1.2", "1.3")] == [
        "faxed",
        "faxed",
        "left out",
    ]
    assert "signatures" in manifest["1.3"].reason


def test_the_plain_version_is_faxed_where_the_rules_say_so_and_its_pictures_with_it(fax):
    parts = [
        body(WORDS, path="1.1", alternative=1),
        body(f"{LETTER}<img src=cid:map>", "text/html", path="1.2.1", alternative=1),
        Part(
            path="1.2.2",
            role=Role.RELATED,
            label="image/png",
            data=logo((900, 900)),
            content_id="map",
        ),
    ]
    outcomes = [entry.outcome for entry in fax(*parts, alternative="text").values()]
    assert outcomes == ["faxed", "left out", "faxed"]
    assert fax(*parts)["1.1"].outcome == "left out"


def test_quotes_are_cut_by_rule_and_it_is_said(fax):
    manifest = fax(body(QUOTED_TEXT["English"]), quotes="cut")
    assert manifest["1"].remarks == ("Left out: the earlier mail that it quotes.",)
    assert fax(body(QUOTED_TEXT["English"]))["1"].remarks == ()


def test_a_text_that_is_attached_is_faxed_as_it_is(fax):
    quoted = attachment(QUOTED_TEXT["English"].encode(), "thread.txt")
    assert fax(body(WORDS), quoted, quotes="cut", signature="cut")["2"].remarks == ()


# ── Attachments that cannot be faxed ───────────────────────────────────────────────────


def test_an_attachment_that_cannot_be_faxed_is_left_out_where_the_rules_say_so(fax):
    parts = [
        body(WORDS),
        attachment(b"%PDF-1.4 broken", "broken.pdf"),
        attachment(b"\0\1\2", "x.bin", "3"),
        attachment(drawing.pdf((100, 100)), "good.pdf", "4"),
    ]
    manifest = fax(*parts, unsupported="leave out")
    assert [manifest[path].outcome for path in "1234"] == ["faxed", "left out", "left out", "faxed"]
    assert "damaged" in manifest["2"].reason
    assert manifest["3"].reason
    with pytest.raises(render.Unrenderable, match=r"x\.bin|broken\.pdf"):
        fax(*parts)


@pytest.mark.parametrize(
    ("parts", "cause"),
    [
        ([attachment(b"\0\1\2", "x.bin")], Cause.UNSUPPORTED_DOCUMENT),
        ([body("x" * 90), attachment(drawing.pdf(*[(100, 100)] * 3), "x.pdf")], Cause.TOO_LONG),
    ],
    ids=["nothing left", "too many pages"],
)
def test_leaving_out_makes_no_empty_fax_and_lifts_no_limit(fax, parts, cause):
    with pytest.raises(render.Unrenderable) as caught:
        fax(*parts, unsupported="leave out", max_pages=2)
    assert caught.value.cause is cause
