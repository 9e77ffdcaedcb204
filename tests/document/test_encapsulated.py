"""HTML inside rich text: what Outlook put in comes out again."""

import hypothesis
import hypothesis.strategies as st
import pytest

from mailfax.document.converters import encapsulated

HEAD = (
    rb"{\rtf1\ansi\ansicpg1252\fromhtml1 {\fonttbl{\f0 A;}{\f1\fcharset204 B;}{\f2\fcharset128 C;}}"
)


def html(words):
    return encapsulated.html(HEAD + words + b"}")


@pytest.mark.parametrize(
    ("rtf", "found"),
    [
        (rb"{\*\htmltag64 <p>}Hello{\*\htmltag72 </p>}", "<p>Hello</p>"),
        (rb"{\*\htmltag64 <p style='a\{b\}'>}", "<p style='a{b}'>"),
        (rb"\htmlrtf {\b\htmlrtf0 bold\htmlrtf }\htmlrtf0 {\*\htmltag <br>}", "bold<br>"),
        (rb"{\*\htmltag84 &nbsp;}\htmlrtf \'a0\htmlrtf0 x", "&nbsp;x"),
        (rb"{\*\mhtmltag64 <no>}{\*\generator no;}{\colortbl no;}yes", "yes"),
        (rb"Gr\'fc\'dfe\line\tab\endash\~\_", "Grüße\r\n\t–\u00a0\u00ad"),
        (rb"\u8364?\uc2\u8364\'80x y\uc0\u8364 z", "€€ y€z"),
        (rb"\u-10179?\u-8704?", "\U0001f600"),
        (rb"{\f1 \'cf\'f0\'e8} {\f2 \'93\'fa\'96\'7b} \'e9", "При 日本 é"),
        (b"one\r\ntwo", "onetwo"),
    ],
)
def test_html_comes_out_as_it_was(rtf, found):
    assert html(rtf) == found


def test_rich_text_of_another_origin_holds_no_html():
    assert encapsulated.html(rb"{\rtf1\ansi\fromtext words}") is None


@hypothesis.given(
    st.lists(
        st.sampled_from(
            [b"{", b"}", b"\\*", b"\\htmltag ", b"\\htmlrtf ", b"\\htmlrtf0 ", b"\\u-1?",
             b"\\'ff", b"x", b"\\uc99999 ", b"\\ansicpg0 ", b"\\f99999999 ", b"\\fonttbl",
             b"\\fcharset2 ", b"\\", b"\xff"]
        )
    )
)  # fmt: skip
def test_any_rich_text_is_read(pieces):
    assert isinstance(html(b"".join(pieces)), str)
