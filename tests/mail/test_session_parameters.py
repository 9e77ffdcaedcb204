"""MAIL and RCPT read by the grammar: paths, and the parameters of SIZE, BODY, DSN and AUTH."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailfax import errors
from mailfax.mail import parameters


def reply(read, text):
    with pytest.raises(errors.Refused) as caught:
        read(text)
    return caught.value.reply[:9]


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("<>", ""),
        ("<a@b.example>", "a@b.example"),
        ("<A.b+c=d/e@B.example>", "A.b+c=d/e@B.example"),
        ('<"a b\\"<>@c"@b.example>', '"a b\\"<>@c"@b.example'),
        ("<a@[192.0.2.1]>", "a@[192.0.2.1]"),
        ("<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"),
        ("<@x.example,@y.example:a@b.example>", "a@b.example"),
        ("<a@localhost>", "a@localhost"),
    ],
)
def test_adr_20_a_path_is_read_as_it_is_spelt_without_its_route(path, address):
    assert parameters.mail(f"FROM:{path}").address == address
    assert parameters.mail(f"from:{path} SIZE=1").address == address
    if address:
        assert parameters.rcpt(f"To:{path}").address == address


@pytest.mark.parametrize(
    "path",
    [
        "", "a@b.example", "<a@b.example", "a@b.example>", "<(x)a@b.example>", "<a@b.example(x)>",
        "<a b@c.example>", "<a@b..example>", "<a..b@c.example>", "<.a@b.example>", "<a@>", "<@b>",
        "<a>", '<"a@b.example>', "<a@b.example><c@d.example>", "<a@b.example>SIZE=1", "<<a@b>>",
        " <a@b.example>", "<a@-b.example>", "<a@b.example\0>", "<a@b_\tc>", "A <a@b.example>",
        f"<a@{'b' * 300}.example>", "<@x.example:>", "<@x.example a@b.example>",
    ],
)  # fmt: skip
def test_srv_35_what_is_no_path_is_refused_and_never_guessed_at(path):
    assert reply(parameters.mail, f"FROM:{path}") == "501 5.1.7"
    assert reply(parameters.rcpt, f"TO:{path}") == "501 5.1.3"


def test_the_null_path_is_no_recipient_and_the_postmaster_no_sender():
    assert reply(parameters.rcpt, "TO:<>") == "501 5.1.3"
    assert reply(parameters.mail, "FROM:<postmaster>") == "501 5.1.7"
    assert parameters.rcpt("TO:<PostMaster>").address == "PostMaster"


@pytest.mark.parametrize("text", ["", "FROM", "FROM <a@b>", "TO:<a@b>", "FROM :<a@b>"])
def test_the_word_and_its_colon_are_wanted(text):
    assert reply(parameters.mail, text) == "501 5.5.2"


def test_srv_17_srv_19_srv_24_all_parameters_together_are_read_with_their_case():
    found = parameters.mail(
        "FROM:<a@b.example> size=123 BODY=8bitmime ret=hdrs ENVID=aB+2Bc AUTH=e+3Dmc2@b.example"
    )
    assert (found.size, found.ret, found.envid) == (123, "HDRS", "aB+c")
    rcpt = parameters.rcpt("TO:<a@b.example> NOTIFY=success,Delay ORCPT=rfc822;aB+2Bc@B.example")
    assert rcpt.notify == {"SUCCESS", "DELAY"}
    assert rcpt.orcpt == "rfc822;aB+2Bc@B.example"


def test_nothing_said_is_nothing_known():
    found = parameters.mail("FROM:<a@b.example>")
    assert (found.size, found.ret, found.envid) == (None, None, None)
    assert parameters.rcpt("TO:<a@b.example>").notify is None


@pytest.mark.parametrize(
    "parameter",
    [
        "SIZE", "SIZE=", "SIZE=x", "SIZE=-1", "SIZE=" + "1" * 21, "SIZE=1 SIZE=1",
        "BODY=BINARYMIME", "BODY=", "RET", "RET=XX", "RET=FULL RET=FULL", "RET=FULL,HDRS",
        "ENVID", "ENVID=", "ENVID=a+2bc", "ENVID=a+", "ENVID=a+0A", "ENVID=+FF", "ENVID=a ENVID=b",
        "ENVID=" + "x" * 101, "AUTH=nobody", "AUTH=", "AUTH=a+b@c", "=x", "-X=1", "SIZE=1=2",
    ],
)  # fmt: skip
def test_srv_18_a_wrong_or_repeated_parameter_of_mail_is_refused(parameter):
    assert reply(parameters.mail, f"FROM:<a@b.example> {parameter}") == "501 5.5.4"


@pytest.mark.parametrize(
    "parameter",
    [
        "NOTIFY", "NOTIFY=", "NOTIFY=NEVER,DELAY", "NOTIFY=ALWAYS", "NOTIFY=SUCCESS,",
        "NOTIFY=NEVER NOTIFY=NEVER", "ORCPT", "ORCPT=nosemicolon", "ORCPT=;x", "ORCPT=rfc822;",
        "ORCPT=rfc822;a+2b", "ORCPT=rfc822;" + "x" * 494, "ORCPT=rfc822;+0D",
    ],
)  # fmt: skip
def test_srv_18_srv_19_a_wrong_or_repeated_parameter_of_rcpt_is_refused(parameter):
    assert reply(parameters.rcpt, f"TO:<a@b.example> {parameter}") == "501 5.5.4"


def test_srv_19_the_longest_values_that_the_rules_allow_are_accepted():
    assert parameters.mail(f"FROM:<a@b.example> ENVID={'x' * 100}").envid == "x" * 100
    orcpt = "rfc822;" + "x" * 493
    assert parameters.rcpt(f"TO:<a@b.example> ORCPT={orcpt}").orcpt == orcpt


@pytest.mark.parametrize("name", ["MT-PRIORITY=3", "SMTPUTF8", "X", "NOTIFY=NEVER"])
def test_srv_28_an_unknown_parameter_is_555_and_not_a_syntax_error(name):
    assert reply(parameters.mail, f"FROM:<a@b.example> {name}") == "555 5.5.4"


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30))
def test_xtext_comes_back_as_it_was_written(text):
    coded = "".join(f"+{ord(c):02X}" if c in "+=" else c for c in text)
    assert parameters.decode_xtext(coded) == text


def code(read, text):
    try:
        read(text)
    except errors.Refused as refused:
        return refused.code
    return 250


@given(st.text(max_size=80))
def test_any_argument_is_read_or_refused_in_words(text):
    for read, word in ((parameters.mail, "FROM:<a@b.example> "), (parameters.rcpt, "TO:")):
        for argument in (text, word + text):
            assert code(read, argument) in {250, 501, 555}
