"""Addresses of faxes: every spelling of a number, and what is refused (ADR rows)."""

import contextlib
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailfax import errors
from mailfax.mail import address

OURS = ("fax.example", "FAX2.example")


def parsed(local, country="US"):
    return address.parse_recipient(f"{local}@fax.example", OURS, country)


def refusal(local, country="US"):
    with pytest.raises(errors.Refused) as caught:
        parsed(local, country)
    return f"{caught.value.code} {caught.value.status}"


@pytest.mark.parametrize(
    ("local", "country"),
    [
        ("+12025550123", None),
        ("+1-202-555-0123", None),
        ("+1.202.555.0123", None),
        ("+1-202.555-0123", "DE"),
        ('"+1 202 555 0123"', None),
        ('"+1 (202) 555-0123"', None),
        ('"(202) 555-0123"', "US"),
        ("202-555-0123", "US"),
        ("202.555.0123", "US"),
        ("2025550123", "US"),
        ("12025550123", "US"),
        ("1-202-555-0123", "US"),
        ("0012025550123", "DE"),
        ("001-202-555-0123", None),
        ("00.1.202.555.0123", "US"),
        ("01112025550123", "US"),
        ("FAX=+12025550123", None),
        ("fax=+12025550123", None),
        ("Fax=+1-202.555-0123", None),
        ("/FAX=+12025550123", None),
        ("FAX=+12025550123/", None),
        ("/FAX=+12025550123/", None),
        ('"FAX=+12025550123"', None),
        (r'"F\AX=+1202555\0123"', None),
        ("FAX=2025550123", "US"),
        ("+12025550123/FOO=bar", None),
    ],
)
def test_adr_01_adr_02_adr_06_adr_18_each_common_spelling_names_the_same_number(local, country):
    assert parsed(local, country).number.digits == "12025550123"


@pytest.mark.parametrize(
    ("local", "country", "digits"),
    [
        ('"+49 30 123-456"', None, "4930123456"),
        ("0049-30-123456", None, "4930123456"),
        ("004930123456", "US", "4930123456"),
        ("01149-30-123456", "US", "4930123456"),
        ("030/123456", "DE", "4930123456"),
        ("030123456", "DE", "4930123456"),
        ("4930123456", "DE", "4930123456"),
        ("+39-06-12345678", "US", "390612345678"),
        ("02079460123", "GB", "442079460123"),
    ],
)
def test_adr_13_local_numbers_are_read_in_their_country(local, country, digits):
    assert parsed(local, country).number.digits == digits


@pytest.mark.parametrize(
    ("local", "country"),
    [
        ("2025550123", None),
        ("12025550123", None),
        ("4930123456", "US"),
        ("3906123456", "IT"),
        ("0", "US"),
        ("911", "US"),
        ("+1202555", None),
        ("+1234567890123456", None),
        ("+" + "1" * 40, None),
        ("++12025550123", None),
        ("+1202555O123", None),
        ("FAX=9p040123", "US"),
        ("FAX=+1202555w0123", None),
        ('"+1202555\u0660123"', None),
        ('"+\uff112025550123"', None),
        ("+12025550123,+12025550124", None),
        ("+12025550123/T33S=", None),
        ("+12025550123/T33S=12#34", None),
        ("+12025550123/T33S=ab", None),
        ('"+12025550123/T33S=\u0661"', None),
        ("+12025550123/T33S=" + "1" * 21, None),
        ("+12025550123/T33S=1/T33S=2", None),
        ("FAX=+1" + "2" * 59, None),
        ("+12025550123/X=" + "y" * 60, None),
    ],
)
def test_adr_04_adr_10_adr_21_adr_22_adr_23_what_cannot_be_dialled_is_malformed(local, country):
    assert refusal(local, country) == "553 5.1.3"


def test_a_number_that_can_be_read_in_two_ways_is_refused_and_says_so():
    with pytest.raises(errors.Refused, match="two ways"):
        parsed("3906123456", "IT")


@pytest.mark.parametrize(
    "local", ["info", '""', "FAX=", "FAX=foo", "TEL=+12025550123", "a=b=c", "/"]
)
def test_adr_11_what_is_no_number_at_all_is_an_unknown_mailbox(local):
    assert refusal(local) == "550 5.1.1"


@pytest.mark.parametrize("wish", ["POSTD=p1", "ISUB=12", "isub=1"])
def test_adr_09_what_no_provider_can_dial_is_refused_and_not_dropped(wish):
    assert refusal(f"FAX=+12025550123/{wish}") == "550 5.3.3"


def test_adr_14_other_domains_are_not_relayed_to():
    for other in ("x@elsewhere.example", "+12025550123@sub.fax.example", "+12025550123"):
        with pytest.raises(errors.Refused, match="no mail") as caught:
            address.parse_recipient(other, OURS, "US")
        assert caught.value.reply.startswith("550 5.7.1 ")


@pytest.mark.parametrize("domain", ["fax.example", "Fax.Example", "fax2.EXAMPLE"])
def test_domains_are_matched_without_regard_to_case(domain):
    found = address.parse_recipient(f"+12025550123@{domain}", OURS, None)
    assert found.address == f"+12025550123@{domain}"


def test_adr_04_adr_22_a_subaddress_of_twenty_digits_fits():
    assert parsed(f"FAX=+12025550123/t33s={'7' * 20}").subaddress == "7" * 20


def test_adr_07_adr_08_qualifiers_fill_the_cover_and_unknown_ones_survive_in_the_address():
    local = '"/FAX=+12025550123/ATTN=Tom.Smith/ORG=ACME_Inc/OFNO=B2/Foo=x/"'
    found = parsed(local)
    assert (found.name, found.company) == ("Tom Smith", "ACME Inc, B2")
    assert found.address == f"{local}@fax.example"


def test_adr_17_a_local_part_of_64_octets_works_and_one_of_65_is_refused():
    local = "+12025550123/FOO="
    assert parsed(local + "x" * (64 - len(local))).number
    assert refusal(local + "x" * (65 - len(local))) == "553 5.1.3"


@pytest.mark.parametrize(
    "mailbox", ["postmaster", "PostMaster@fax.example", '"postmaster"@FAX2.example']
)
def test_adr_19_the_postmaster_is_known_in_any_case_and_with_any_of_our_domains(mailbox):
    assert address.is_postmaster(mailbox, OURS)


@pytest.mark.parametrize("mailbox", ["postmaster@elsewhere.example", "post@fax.example", "", "@"])
def test_nobody_else_is_the_postmaster(mailbox):
    assert not address.is_postmaster(mailbox, OURS)


@given(local=st.text(max_size=70), country=st.sampled_from(["US", "DE", "IT", None]))
@example(local='"', country=None)
@example(local="/=/=", country="US")
def test_any_text_is_either_a_number_or_refused_in_words(local, country):
    with contextlib.suppress(errors.Refused):
        found = parsed(local, country)
        assert found.number.digits.isascii()
        assert found.address == f"{local}@fax.example"


SEPARATORS = st.text("-. ()", max_size=2)


@given(
    marks=st.lists(SEPARATORS, min_size=10, max_size=10),
    subaddress=st.text(string.digits, min_size=1, max_size=20),
)
def test_adr_02_marks_between_digits_change_nothing(marks, subaddress):
    number = "".join(f"{digit}{mark}" for digit, mark in zip("2025550123", marks, strict=True))
    if len(f'"FAX=+1{number}/T33S={subaddress}"') <= 64:
        found = parsed(f'"FAX=+1{number}/T33S={subaddress}"')
        assert (found.number.digits, found.subaddress) == ("12025550123", subaddress)
