"""Text that PGP has signed in place: the words without armour, the signature as no page."""

import binascii

import hypothesis
import hypothesis.strategies as st

from mailfax.mail import clearsigned, message
from mailfax.model import Role

SIGNATURE = "-----BEGIN PGP SIGNATURE-----\r\n\r\niQEz\r\n=abcd\r\n-----END PGP SIGNATURE-----"


def armoured(words: str) -> str:
    return f"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n{words}\r\n{SIGNATURE}"


def parts(body: str):
    return message.read(f"From: a@x\r\n\r\n{body}".encode()).parts


def test_signed_words_lose_their_armour_and_the_signature_is_no_page():
    text, signature = parts("before\r\n" + armoured("- -- dashes\r\nwords") + "\r\nafter")
    assert (text.path, text.role) == ("1.1", Role.BODY)
    assert text.data == b"before\r\n-- dashes\r\nwords\r\nafter"
    assert (signature.path, signature.role) == ("1.2", Role.SIGNATURE)
    assert signature.data.decode() == SIGNATURE + "\r\n"


def test_two_signed_texts_are_both_read():
    body = f"{armoured('one')}\r\n{armoured('two')}"
    assert [part.data for part in parts(body)][:1] == [b"one\r\ntwo\r\n"]
    assert [part.role for part in parts(body)] == [Role.BODY, Role.SIGNATURE, Role.SIGNATURE]


def test_a_file_uuencoded_in_signed_words_is_still_a_file():
    line = binascii.b2a_uu(b"hello").decode()
    body = armoured(f"see\r\nbegin 644 a.txt\r\n{line}`\r\nend\r\n")
    assert [part.name for part in parts(body)] == ["", "a.txt", ""]


def test_armour_that_is_cut_off_or_quoted_stays_as_it_is():
    for body in (
        armoured("words").replace("-----END", "-----"),
        "> " + armoured("words"),
        armoured("words").replace("Hash: SHA256\r\n\r\n", "no header"),
        armoured("words") + " and more",
    ):
        (part,) = parts(body)
        assert part.data == body.encode()


@hypothesis.given(st.lists(st.text("-B> a:\u00fc", max_size=9)), st.text("a- \n"), st.text("b- \n"))
def test_any_words_come_out_as_they_were_signed(lines, before, after):
    escaped = "\r\n".join("- " + line if line.startswith("-") else line for line in lines)
    text = f"{before}\n{armoured(escaped)}\n{after}".encode()
    words, signatures = clearsigned.taken_apart(text)
    assert words.decode() == before + "\n" + "\r\n".join(lines) + "\r\n" + after
    assert len(signatures) == 1


def test_many_beginnings_without_an_end_cost_one_look_each():
    text = b"-----BEGIN PGP SIGNED MESSAGE-----\n" * 20_000 + SIGNATURE.encode()
    assert clearsigned.taken_apart(text) == (text, [])
