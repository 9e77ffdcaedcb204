"""The dialogue over real sockets: verbs, replies, pipelining, smuggling, what is handed on."""

import datetime
import email
import email.policy
import email.utils
import threading

import pytest

from mailfax import errors
from tests.mail import rig


@pytest.fixture
def service(tmp_path):
    with rig.serving(tmp_path, idle=30.0) as running:
        yield running


@pytest.fixture
def client(service):
    with rig.Client(service.place) as talking:
        yield talking


def test_srv_09_srv_15_srv_29_the_extensions_announced_are_those_that_work(client):
    assert client.ehlo[1].split("\n")[1:] == [
        "PIPELINING", "SIZE 25000000", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN",
        "CHUNKING", "HELP",
    ]  # fmt: skip


def test_a_mail_is_handed_on_with_all_that_its_envelope_said(service, client):
    client.say("MAIL FROM:<a@b.example> SIZE=20 RET=FULL ENVID=aB+2Bc BODY=8BITMIME")
    client.say(f"RCPT TO:<@x.example:{rig.NUMBER}> NOTIFY=failure ORCPT=rfc822;FAX+3D1")
    client.say('RCPT TO:<"FAX=+12025550124/T33S=7"@fax2.example>')
    client.say("DATA")
    client.send("Subject: x\r\n\r\n..body\r\n.\r\n")
    assert client.reply() == (250, "2.6.0 Queued as M1")
    (envelope,) = service.envelopes
    assert (envelope.mail_from, envelope.ret, envelope.envid) == ("a@b.example", "FULL", "aB+c")
    first, second = envelope.rcpt_tos
    assert (first.address, first.orcpt) == (rig.NUMBER, "rfc822;FAX+3D1")
    assert first.notify == {"FAILURE"}
    assert second.address == '"FAX=+12025550124/T33S=7"@fax2.example'
    assert envelope.content.data.endswith(b"Subject: x\r\n\r\n.body\r\n")
    assert (envelope.peer.address, envelope.peer.helo) == ("127.0.0.1", "client.example")
    assert (envelope.peer.tls, envelope.login) == (None, None)
    assert envelope.received_at.tzinfo is datetime.UTC


def test_each_recipient_is_asked_about_with_what_is_known_by_then(service, client):
    client.envelope(rig.NUMBER, "Postmaster", "postmaster@Fax.example")
    first, *masters = service.admissions
    assert first.recipient.number.digits == "12025550123"
    assert (first.mail_from, first.size, first.recipients) == ("a@b.example", None, 0)
    assert [(it.recipient, it.recipients) for it in masters] == [(None, 1), (None, 2)]


def test_the_null_sender_is_an_empty_string(service, client):
    client.envelope(sender="")
    client.send("x: y\r\n\r\n.\r\n")
    assert client.reply()[0] == 250
    assert service.admissions[0].mail_from == service.envelopes[0].mail_from == ""


def test_the_mail_stays_as_it_came_and_has_a_trace_line_beside_it(service, client):
    old = b"Received: from x by y;\r\n\tMon, 1 Jan 2024 00:00:00 +0000\r\n"
    client.mail(old + b"Subject: x\r\n\r\nbody\r\n")
    (envelope,) = service.envelopes
    assert envelope.content.data == old + b"Subject: x\r\n\r\nbody\r\n"
    read = email.message_from_bytes(envelope.trace, policy=email.policy.default)
    (trace,) = read.get_all("Received")
    words = trace.split()
    assert words[:5] == ["from", "client.example", "([127.0.0.1])", "by", "mx.fax.example"]
    assert words[words.index("with") + 1] == "ESMTP"
    assert words[words.index("for") + 1] == f"<{rig.NUMBER}>;"
    date = email.utils.parsedate_to_datetime(trace.rpartition(";")[2])
    assert abs(date - datetime.datetime.now(datetime.UTC)) < datetime.timedelta(minutes=5)


def test_the_trace_line_names_no_recipient_when_there_are_two(service, client):
    client.mail(b"x: y\r\n\r\n", rig.NUMBER, "+12025550124@fax.example")
    assert b"for <" not in service.envelopes[0].trace


def test_the_trace_line_holds_nothing_odd_that_a_client_calls_itself(service, client):
    client.say("EHLO (evil);<x>")
    client.mail()
    line = service.envelopes[0].trace.split(b"\r\n")[0]
    assert line == b"Received: from ?evil???x? ([127.0.0.1])"


def test_helo_speaks_the_old_protocol_and_the_trace_says_so(service, client):
    assert client.say("HELO old.example") == (250, "mx.fax.example")
    client.mail()
    assert b"with SMTP\r\n" in service.envelopes[0].trace


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ("NOOP", "250 2.0.0"), ("NOOP x y", "250 2.0.0"), ("RSET", "250 2.0.0"),
        ("RSET x", "501 5.5.4"), ("HELP", "214 2.0.0"), ("VRFY postmaster", "252 2.0.0"),
        ("VRFY", "501 5.5.4"), ("EXPN list", "502 5.5.1"), ("XYZZY", "500 5.5.2"),
        ("", "500 5.5.2"), (" NOOP", "500 5.5.2"), ("EHLO", "501 5.5.4"), ("EHLO a b", "501 5.5.4"),
        ("EHLO a\tb", "501 5.5.4"),
        ("HELO", "501 5.5.4"), ("MAIL", "501 5.5.2"), ("MAIL FROM: <a@b.example>", "501 5.1.7"),
        ("MAIL FROM:<(x)a@b.example>", "501 5.1.7"), ("RCPT TO:<a@b.example>", "503 5.5.1"),
        ("DATA", "503 5.5.1"), ("DATA x", "501 5.5.4"), ("QUIT x", "501 5.5.4"),
        ("STARTTLS", "502 5.5.1"), ("AUTH PLAIN", "502 5.5.1"), ("BDAT 0 LAST", "503 5.5.1"),
        ("LHLO x", "500 5.5.2"),
        ("MAIL FROM:<a@b.example> X-Y=1", "555 5.5.4"), ("noop", "250 2.0.0"),
        ("MAIL FROM:<\xe4@b.example>", "553 5.6.7"), ("NO\xd6P", "500 5.5.2"),
        ("NOOP \0", "500 5.5.2"), ("NOOP a\rb", "500 5.5.2"),
    ],
)  # fmt: skip
def test_srv_01_srv_16_srv_31_srv_33_each_verb_answers_and_the_session_goes_on(client, line, start):
    code, text = client.say(line)
    assert f"{code} {text}".startswith(start)
    assert client.mail()[0] == 250
    assert client.say("QUIT")[0] == 221
    assert client.ended()


def test_srv_32_a_client_must_say_who_it_is_before_it_mails(service):
    with rig.Client(service.place, greet=False) as client:
        client.reply()
        assert client.say("MAIL FROM:<a@b.example>")[0] == 503
        assert client.say("EHLO nonsense.example")[0] == 250


def test_a_second_mail_within_the_first_is_out_of_order(client):
    client.say("MAIL FROM:<a@b.example>")
    assert client.say("MAIL FROM:<a@b.example>")[0] == 503
    client.say("RSET")
    assert client.say("MAIL FROM:<a@b.example>")[0] == 250
    client.say("EHLO again.example")
    assert client.say("RCPT TO:<+12025550123@fax.example>")[0] == 503


@pytest.mark.parametrize(
    ("rcpt", "start"),
    [
        ("<x@elsewhere.example>", "550 5.7.1"), ("<info@fax.example>", "550 5.1.1"),
        ("<+1@fax.example>", "553 5.1.3"), (f"<+1{'2' * 64}@fax.example>", "553 5.1.3"),
        ("<FAX=+12025550123/POSTD=1@fax.example>", "550 5.3.3"), ("+1@fax.example", "501 5.1.3"),
        ("<+12025550123@fax.example> NOTIFY=NEVER,DELAY", "501 5.5.4"),
        ('<"+1202555\u0660123"@fax.example>', "553 5.6.7"), ("<>", "501 5.1.3"),
    ],
)  # fmt: skip
def test_a_recipient_that_cannot_be_is_refused_and_nothing_is_sent_to_it(
    service, client, rcpt, start
):
    client.say("MAIL FROM:<a@b.example>")
    code, text = client.say(f"RCPT TO:{rcpt}")
    assert f"{code} {text}".startswith(start)
    assert client.say("DATA") == (554, "5.5.1 No recipient was accepted")
    assert service.admissions == []


def test_local_numbers_are_read_in_the_country_that_the_service_names(service, client):
    client.envelope('"(202) 555-0123"@fax.example')
    assert str(service.admissions[0].recipient.number) == "+12025550123"


def test_srv_17_valid_parameters_never_change_the_code(service, client):
    service.on_admit = lambda admission: refuse_if(admission, "+12025550124")
    for number, code in (("+12025550123", 250), ("+12025550124", 550)):
        for wish in (
            "",
            " NOTIFY=NEVER",
            f" ORCPT=rfc822;{'x' * 493} NOTIFY=SUCCESS,DELAY,FAILURE",
        ):
            client.say(f"MAIL FROM:<a@b.example> ENVID={'x' * 100} RET=HDRS")
            assert client.say(f"RCPT TO:<{number}@fax.example>{wish}")[0] == code
            client.say("RSET")


def refuse_if(admission, number):
    if str(admission.recipient.number) == number:
        raise errors.Refused(550, "5.7.1", "Not for you")


def test_srv_08_after_100_recipients_more_are_put_off_and_the_first_are_kept(service, client):
    client.say("MAIL FROM:<a@b.example>")
    codes = [client.say(f"RCPT TO:<+1202555{n:04}@fax.example>")[0] for n in range(200)]
    assert codes == [250] * 100 + [452] * 100
    client.say("DATA")
    client.send("x: y\r\n\r\n.\r\n")
    assert client.reply()[0] == 250
    assert len(service.envelopes[0].rcpt_tos) == 100


def test_srv_09_the_size_that_is_declared_is_checked_and_passed_on(service, client):
    assert client.say("MAIL FROM:<a@b.example> SIZE=25000001")[1].startswith("5.3.4")
    assert client.say("MAIL FROM:<a@b.example> SIZE=25000000")[0] == 250
    client.say("RSET")
    client.say("MAIL FROM:<a@b.example>")
    assert service.sizes == [25_000_000, 0]


def test_srv_09_a_declared_size_is_never_where_the_data_ends(service, client):
    client.say("MAIL FROM:<a@b.example> SIZE=5")
    client.say(f"RCPT TO:<{rig.NUMBER}>")
    client.say("DATA")
    client.send(b"x: y\r\n\r\n" + b"z" * 500 + b"\r\n.\r\n")
    assert client.reply()[0] == 250
    assert service.envelopes[0].content.data.endswith(b"z" * 500 + b"\r\n")


def test_a_service_that_is_not_ready_puts_the_mail_off(service, client):
    def full(size):
        raise errors.Refused(452, "4.3.1", "No room")

    service.on_ready = full
    assert client.say("MAIL FROM:<a@b.example>") == (452, "4.3.1 No room")


def test_srv_10_a_mail_above_the_limit_is_swallowed_and_the_next_one_works(tmp_path):
    with rig.serving(tmp_path, max_size=100_000) as service, rig.Client(service.place) as client:
        assert client.mail(b"x" * 98 + b"\r\n" + (b"y" * 98 + b"\r\n") * 2000)[0] == 552
        assert client.mail()[0] == 250
        assert client.say("QUIT")[0] == 221
        assert service.spools <= 1, "it may be too large before it is large"
    assert list(tmp_path.iterdir()) == []


def test_srv_07_a_line_too_long_in_a_mail_is_refused_and_the_next_mail_works(service, client):
    assert client.mail(b"x" * 998 + b"\r\n")[0] == 250
    code, text = client.mail(b"x" * 999 + b"\r\n")
    assert (code, text[:5]) == (554, "5.6.0")
    assert client.mail(b"x" * 200_000 + b"\r\n")[0] == 554
    assert client.mail()[0] == 250


def test_srv_11_one_packet_holds_a_whole_dialogue_and_is_answered_in_order(service):
    mail = f"MAIL FROM:<a@b.example>\r\nRCPT TO:<{rig.NUMBER}>\r\nDATA\r\n"
    with rig.Client(service.place, greet=False) as client:
        client.reply()
        client.send(f"EHLO x\r\n{mail}a: 1\r\n\r\n.\r\n{mail}b: 2\r\n\r\n.\r\nNOOP\r\nQUIT\r\n")
        codes = [client.reply("EHLO")[0], *(client.reply()[0] for _ in range(10))]
        assert codes == [250, 250, 250, 354, 250, 250, 250, 354, 250, 250, 221]
        assert client.ended()
    assert [it.content.data[-8:] for it in service.envelopes] == [b"a: 1\r\n\r\n", b"b: 2\r\n\r\n"]


def test_a_client_that_closes_its_side_still_hears_its_answers(service):
    with rig.Client(service.place, greet=False) as client:
        client.send(f"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<{rig.NUMBER}>\r\nDATA\r\n")
        client.send("a: 1\r\n\r\n.\r\n")
        client.socket.shutdown(1)
        codes = [client.reply("EHLO")[0] for _ in range(6)]
    assert codes == [220, 250, 250, 250, 354, 250]


def test_srv_12_pipelined_data_without_a_recipient_sends_nothing_to_anybody(service, client):
    client.send("MAIL FROM:<a@b.example>\r\nRCPT TO:<no@elsewhere.example>\r\nDATA\r\n")
    client.send("x: y\r\n\r\nbody\r\n.\r\nRSET\r\nQUIT\r\n")
    codes = [client.reply()[0] for _ in range(9)]
    assert codes[:3] == [250, 550, 554]
    assert codes[-2:] == [250, 221]
    assert service.envelopes == []


INNER = f"MAIL FROM:<evil@b.example>\r\nRCPT TO:<{rig.NUMBER}>\r\nDATA\r\nevil\r\n.\r\n".encode()


ENDINGS = [
    b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\n.\r", b"\r.\n",
    b"\r\n.\r\r\n", b"\r\n.\n\r\n", b"\n\r.\r\n", b"\r\n\r.\n",
]  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS)
def test_srv_03_srv_04_no_other_ending_smuggles_a_second_envelope(service, client, ending):
    client.envelope()
    client.send(b"Subject: x\r\n\r\nbody" + ending + INNER)
    code, text = client.reply()
    assert (code, text[:5]) == (550, "5.6.0")
    assert service.envelopes == []
    assert client.mail()[0] == 250
    (envelope,) = service.envelopes
    assert envelope.mail_from == "a@b.example"
    assert len(service.admissions) == 2


@pytest.mark.parametrize("ending", [*ENDINGS, b"\r\n.\r\n", b"\r\n"])
def test_srv_03_srv_13_no_ending_inside_a_chunk_smuggles_a_second_envelope(service, client, ending):
    client.say("MAIL FROM:<a@b.example>")
    client.say(f"RCPT TO:<{rig.NUMBER}>")
    octets = b"Subject: x\r\n\r\nbody" + ending + INNER
    client.send(b"BDAT %d LAST\r\n" % len(octets) + octets + b"NOOP\r\n")
    code = client.reply()[0]
    assert code == (550 if ending in ENDINGS else 250)
    assert client.reply() == (250, "2.0.0 Here")
    assert [it.content.data for it in service.envelopes] == [octets] * (code == 250)
    assert len(service.admissions) == 1


def test_srv_05_a_dot_line_is_stuffed_and_unstuffed_exactly_once(service, client):
    client.mail(b"x: y\r\n\r\n..\r\n...\r\n..x\r\n")
    assert service.envelopes[0].content.data.endswith(b"x: y\r\n\r\n.\r\n..\r\n.x\r\n")


@pytest.mark.parametrize("line", [b"EHLO x\n", b"NOOP x\ny\r\n", b"\n"])
def test_srv_02_a_line_feed_alone_ends_no_command(client, line):
    client.send(line)
    assert client.reply()[0] == 500


def test_srv_02_nothing_behind_a_lone_line_feed_is_taken_for_a_command(service, client):
    client.send(f"NOOP x\nMAIL FROM:<a@b.example>\r\nRCPT TO:<{rig.NUMBER}>\r\n")
    assert client.reply()[0] == 500
    assert client.reply() == (503, "5.5.1 Say MAIL first")


def test_srv_06_a_command_as_long_as_the_extensions_allow_works_and_a_longer_one_does_not(client):
    assert client.say("NOOP " + "x" * 505)[0] == 250
    assert client.say("NOOP " + "x" * 506) == (500, "5.5.2 Line too long")
    assert client.say("NOOP " + "x" * 65_536)[0] == 500
    assert client.say("MAIL FROM:<a@b.example> " + " " * 1500)[0] == 250
    assert client.say(f"RCPT TO:<{rig.NUMBER}> " + " " * 1100)[0] == 500
    assert client.say("NOOP")[0] == 250


def test_a_flood_without_an_end_is_refused_at_once_and_forgotten(client):
    client.send(b"x" * 300_000)
    assert client.reply() == (500, "5.5.2 Line too long")
    client.send(b"x\r\nNOOP\r\n")
    assert client.reply()[0] == 250


def test_other_protocols_are_shown_the_door(service):
    with rig.Client(service.place, greet=False) as client:
        client.reply()
        client.send("POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO x\r\n")
        assert client.reply()[0] == 421
        assert client.ended()


@pytest.mark.parametrize("line", ["XYZZY", "RSET", "MAIL", "VRFY x", "EHLO again"])
def test_a_client_that_only_talks_or_errs_is_ended(client, line):
    codes = []
    while not codes or codes[-1] != 421:
        codes.append(client.say(line)[0])
    assert 15 < len(codes) < 120
    assert client.ended()


def test_a_client_that_guesses_numbers_is_ended(service, client):
    service.on_admit = lambda admission: refuse_if(admission, "+12025550123")
    client.say("MAIL FROM:<a@b.example>")
    codes = [client.say(f"RCPT TO:<{rig.NUMBER}>")[0] for _ in range(101)]
    assert codes == [550] * 100 + [421]


def test_many_mails_in_one_session_are_no_idle_talk(service, client):
    for _ in range(150):
        client.mail()
        client.say("RSET")
    assert len(service.envelopes) == 150


def test_mails_that_wait_in_accept_hold_nobody_else_up(service):
    wait = threading.Barrier(40)
    service.on_accept = lambda envelope: wait.wait(30)
    clients = [rig.Client(service.place) for _ in range(40)]
    for client in clients:
        client.envelope()
        client.send("x: y\r\n\r\n.\r\n")
    assert [client.reply()[0] for client in clients] == [250] * 40
    for client in clients:
        client.__exit__()


def test_a_large_mail_lies_in_a_spool_and_a_small_one_in_memory(service, client):
    body = b"x: y\r\n\r\n" + b"".join(b"%076d\r\n" % line for line in range(30_000))
    assert client.mail(body)[0] == 250
    assert client.mail()[0] == 250
    large, small = (envelope.content for envelope in service.envelopes)
    assert large.data is None
    assert large.path.stat().st_size == large.size
    assert large.read().endswith(body)
    assert small.path is None
    assert small.size == len(small.data)
