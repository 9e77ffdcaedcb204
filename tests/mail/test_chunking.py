"""BDAT (RFC 3030): chunks counted to the octet, and nothing in them ever taken for a command."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailfax.mail import incoming
from tests.mail import rig

SMUGGLED = (
    f"MAIL FROM:<evil@b.example>\r\nRCPT TO:<{rig.NUMBER}>\r\nBDAT 4 LAST\r\nx\r\n\r\n".encode()
)
LARGE = b"Subject: x\r\n\r\n" + b"".join(b"%076d\r\n" % line for line in range(4000))


@pytest.fixture
def service(tmp_path):
    with rig.serving(tmp_path, idle=30.0) as running:
        yield running


@pytest.fixture
def client(service):
    with rig.Client(service.place) as talking:
        yield talking


def begin(client):
    assert client.say("MAIL FROM:<a@b.example>")[0] == 250
    assert client.say(f"RCPT TO:<{rig.NUMBER}>")[0] == 250


def chunk(client, octets, *, last=False):
    client.send(b"BDAT %d%s\r\n" % (len(octets), b" LAST" * last) + octets)
    return client.reply("BDAT")


def test_srv_13_a_message_in_chunks_arrives_as_it_was(service, client):
    begin(client)
    assert chunk(client, b"Subject: x\r") == (250, "2.0.0 11 octets received")
    assert chunk(client, b"\n\r\n.\r\n..")[0] == 250
    assert chunk(client, b"")[0] == 250
    assert chunk(client, b" end\r\n", last=True) == (250, "2.6.0 Queued as M1")
    begin(client)
    assert chunk(client, b"x: y\r\n\r\nz\r\n", last=True)[0] == 250
    first, second = service.envelopes
    assert first.content.data == b"Subject: x\r\n\r\n.\r\n.. end\r\n"
    assert second.content.data == b"x: y\r\n\r\nz\r\n"
    assert b"with ESMTP\r\n" in first.trace


def test_srv_13_the_last_chunk_may_be_empty_and_the_last_line_unended(service, client):
    begin(client)
    chunk(client, b"Subject: x\r\n\r\nend")
    assert chunk(client, b"", last=True)[0] == 250
    assert service.envelopes[0].content.data == b"Subject: x\r\n\r\nend\r\n"


def test_srv_13_a_whole_dialogue_with_chunks_may_come_in_one_packet(service):
    with rig.Client(service.place, greet=False) as client:
        client.reply()
        client.send(
            f"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<{rig.NUMBER}>\r\n"
            "bdat 6\r\nx: y\r\nBDAT 5 last\r\n\r\nz\r\nQUIT\r\n"
        )
        codes = [client.reply("EHLO")[0], *(client.reply()[0] for _ in range(5))]
        assert codes == [250, 250, 250, 250, 250, 221]
    assert service.envelopes[0].content.data == b"x: y\r\n\r\nz\r\n"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([], 503),
        (["MAIL FROM:<a@b.example>"], 554),
        (["MAIL FROM:<a@b.example>", "RCPT TO:<x@elsewhere.example>"], 554),
    ],
)
def test_srv_13_a_chunk_that_nobody_may_send_is_read_and_thrown_away(service, client, lines, code):
    for line in lines:
        client.say(line)
    assert chunk(client, SMUGGLED)[0] == code
    assert chunk(client, SMUGGLED, last=True)[0] == code
    assert client.say("RSET")[0] == 250
    assert client.mail()[0] == 250
    assert len(service.envelopes) == len(service.admissions) == 1


def test_srv_13_after_the_last_chunk_there_is_no_other(service, client):
    begin(client)
    assert chunk(client, b"x: y\r\n\r\n", last=True)[0] == 250
    assert chunk(client, SMUGGLED, last=True) == (503, "5.5.1 Say MAIL first")
    assert len(service.envelopes) == 1


def test_srv_13_data_and_chunks_do_not_mix_and_rset_clears(service, client):
    begin(client)
    chunk(client, b"x: old\r\n")
    assert client.say("DATA")[0] == 503
    assert client.say(f"RCPT TO:<{rig.NUMBER}>")[0] == 503
    assert client.say("MAIL FROM:<a@b.example>")[0] == 503
    assert client.say("RSET")[0] == 250
    begin(client)
    assert chunk(client, b"x: new\r\n\r\n", last=True)[0] == 250
    assert service.envelopes[0].content.data == b"x: new\r\n\r\n"


def test_srv_14_binary_mail_is_not_offered_and_not_taken(client):
    assert "BINARYMIME" not in client.ehlo[1]
    assert client.say("MAIL FROM:<a@b.example> BODY=BINARYMIME")[1].startswith("5.5.4")


@pytest.mark.parametrize("argument", ["", "x", "-1", "LAST", "4 MORE", "4LAST", "1" * 21, "\t4"])
def test_a_chunk_without_a_size_ends_the_session_since_its_end_is_unknown(
    service, client, argument
):
    begin(client)
    client.send(f"BDAT {argument}\r\n".encode() + SMUGGLED)
    assert client.reply()[0] == 421
    rig.until(lambda: not service.connections)
    assert service.envelopes == []


def test_many_small_chunks_are_no_idle_talk(service, client):
    begin(client)
    for _ in range(300):
        client.send(b"BDAT 4\r\nab\r\n")
    assert {client.reply()[0] for _ in range(300)} == {250}
    assert chunk(client, b"", last=True)[0] == 250
    assert service.envelopes[0].content.data == b"ab\r\n" * 300


@pytest.mark.parametrize("way", ["RSET", "EHLO again.example", "QUIT", "hang up", "flaw"])
def test_a_message_given_up_between_its_chunks_leaves_nothing(tmp_path, service, client, way):
    begin(client)
    assert chunk(client, LARGE)[0] == 250
    assert list(tmp_path.iterdir())
    if way == "hang up":
        client.hang_up()
    elif way == "flaw":
        assert chunk(client, b"lone\nfeed\r\n")[1].startswith("5.6.0")
    else:
        client.say(way)
    rig.until(lambda: not list(tmp_path.iterdir()))
    assert service.envelopes == []


def test_srv_10_chunks_above_the_limit_are_swallowed_and_the_next_mail_works(tmp_path):
    with rig.serving(tmp_path, max_size=100_000) as service, rig.Client(service.place) as client:
        begin(client)
        assert chunk(client, LARGE)[1].startswith("5.3.4")
        assert chunk(client, LARGE, last=True)[0] == 503
        assert client.mail()[0] == 250
        assert service.spools <= 1
    assert list(tmp_path.iterdir()) == []


def test_a_large_message_in_chunks_lies_in_a_spool(service, client):
    begin(client)
    for start in range(0, len(LARGE), 50_001):
        assert chunk(client, LARGE[start : start + 50_001])[0] == 250
    assert chunk(client, b"", last=True)[0] == 250
    (envelope,) = service.envelopes
    assert envelope.content.data is None
    assert envelope.content.read() == LARGE


SIZE = {"max_size": 1000, "spool_above": 10_000, "new_spool": None}


@given(st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"x" * 499, b"a"]), max_size=8),
       st.lists(st.integers(1, 600), max_size=8))  # fmt: skip
def test_srv_04_chunks_hold_whole_lines_however_they_are_cut_or_are_refused(pieces, cuts):
    text = b"".join(pieces)
    message, rest = incoming.Incoming(**SIZE), text
    for cut in cuts:
        message.add(rest[:cut])
        rest = rest[cut:]
    message.add(rest)
    message.end()
    whole = text if not text or text.endswith(b"\r\n") else text + b"\r\n"
    lone = whole.replace(b"\r\n", b"")
    sound = not (b"\r" in lone or b"\n" in lone) and len(whole) <= SIZE["max_size"]
    if sound and max(map(len, whole.split(b"\r\n"))) <= 998:
        assert message.content().data == whole
    else:
        assert message.refusal.code in {550, 552, 554}
