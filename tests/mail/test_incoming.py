"""The wire form of DATA: where it ends, what its dots mean, what it must not hold."""

import hashlib
import itertools
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailfax import errors
from mailfax.mail import incoming
from tests.mail import rig


def taking(max_size=1_000_000, spool_above=65_536, new_spool=None):
    return incoming.Incoming(max_size=max_size, spool_above=spool_above, new_spool=new_spool)


def taken(wire, cuts=(), **settings):
    """Feed `wire` cut at these places; the incoming and what it left over."""
    message, rest = taking(**settings), b""
    places = [0, *sorted(cut % (len(wire) + 1) for cut in cuts), len(wire)]
    for start, end in itertools.pairwise(places):
        if message.ended:
            rest += wire[start:end]
        elif start < end:
            rest = message.feed(wire[start:end])
    return message, rest


LINES = st.lists(st.binary(max_size=30).filter(lambda line: not set(line) & set(b"\r\n")))
CUTS = st.lists(st.integers(0, 10_000), max_size=20)


@given(lines=LINES, cuts=CUTS, behind=st.binary(max_size=20))
def test_what_a_client_stuffs_comes_out_as_it_was_however_it_is_cut(lines, cuts, behind):
    sent = b"".join(line + b"\r\n" for line in lines)
    stuffed = b"".join((b"." if line[:1] == b"." else b"") + line + b"\r\n" for line in lines)
    message, rest = taken(stuffed + b".\r\n" + behind, cuts)
    assert message.ended
    assert message.refusal is None
    assert rest == behind
    content = message.content()
    assert content.data == sent
    assert message.size == len(sent)
    assert content.sha256 == hashlib.sha256(content.data).hexdigest()


@given(wire=st.lists(st.sampled_from([b"\r", b"\n", b".", b"\r\n", b"a"])).map(b"".join), cuts=CUTS)
def test_any_mix_of_ends_and_dots_is_read_as_the_grammar_says(wire, cuts):
    message, rest = taken(wire, cuts)
    before, end, behind = (b"\r\n" + wire).partition(b"\r\n.\r\n")
    assert message.ended == bool(end)
    assert rest == behind
    if end:
        text = before[2:] + b"\r\n" if before else b""
        clean = b"\n" not in text.replace(b"\r\n", b"") and b"\r" not in text.replace(b"\r\n", b"")
        assert (message.refusal is None) == clean


@given(cuts=CUTS, length=st.integers(990, 1010), dotted=st.booleans())
def test_a_line_of_1000_octets_fits_and_a_longer_one_is_refused(cuts, length, dotted):
    line = (b"." if dotted else b"x") + b"x" * (length - 3) + b"\r\n"
    message, rest = taken(b"a\r\n" + b"." * dotted + line + b".\r\nQUIT\r\n", cuts)
    assert message.ended
    assert rest == b"QUIT\r\n"
    assert (message.refusal is None) == (length <= 1000)


@pytest.mark.parametrize("filling", [b"x", b"\n", b"\r", b"x\n", b"\0"])
def test_a_flood_without_line_ends_is_refused_and_not_kept(filling):
    message = taking()
    for _ in range(100):
        assert message.feed(filling * 10_000) == b""
    assert message.refusal is not None
    assert len(message._open) < 10
    assert not message._kept


def test_a_message_above_the_limit_is_read_to_its_end_and_refused():
    message, rest = taken(b"0123456\r\n" * 10 + b".\r\nRSET\r\n", max_size=89)
    assert message.ended
    assert message.refusal.code == 552
    assert rest == b"RSET\r\n"
    assert taken(b"0123456\r\n" * 10 + b".\r\n", max_size=90)[0].refusal is None


def test_a_large_message_goes_to_the_spool_whole(tmp_path):
    body = b"".join(b"%076d\r\n" % line for line in range(20_000))
    message = taking(max_size=10_000_000, new_spool=lambda: rig.FileSpool(tmp_path / "mail"))
    for start in range(0, len(body), 65_536):
        message.feed(body[start : start + 65_536])
        if message.full:
            message.flush()
    message.feed(b".\r\n")
    content = message.content()
    assert content.data is None
    assert content.read() == body
    assert content.sha256 == hashlib.sha256(body).hexdigest()


def test_a_message_given_up_leaves_no_file_even_if_a_write_is_still_to_come(tmp_path):
    message = taking(spool_above=10, new_spool=lambda: rig.FileSpool(tmp_path / "mail"))
    message.feed(b"x" * 100 + b"\r\n")
    message.flush()
    message.discard()
    message.feed(b"x" * 100 + b"\r\n")
    message.flush()
    assert list(tmp_path.iterdir()) == []


def test_giving_up_waits_for_a_write_that_is_under_way(tmp_path):
    begun, goes_on = threading.Event(), threading.Event()

    class Slow(rig.FileSpool):
        def write(self, data):
            begun.set()
            assert goes_on.wait(20)
            super().write(data)

    message = taking(spool_above=10, new_spool=lambda: Slow(tmp_path / "mail"))
    message.feed(b"x" * 100 + b"\r\n")
    threads = [threading.Thread(target=step) for step in (message.flush, message.discard)]
    threads[0].start()
    assert begun.wait(20)
    threads[1].start()
    goes_on.set()
    for thread in threads:
        thread.join()
    assert list(tmp_path.iterdir()) == []


def test_trouble_with_the_spool_is_raised_once_the_message_has_ended():
    def full():
        raise errors.Refused(452, "4.3.1", "disk full")

    message = taking(spool_above=10, new_spool=full)
    message.feed(b"x" * 100 + b"\r\n")
    message.flush()
    message.feed(b"y" * 100 + b"\r\n.\r\n")
    assert message.ended
    with pytest.raises(errors.Refused, match="disk full"):
        message.content()
