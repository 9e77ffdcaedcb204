"""Two hundred good numbers and more bad ones: of every country that the numbering plans know."""

import phonenumbers
import pytest
from phonenumbers import PhoneNumberType as Kind
from phonenumbers import shortnumberinfo

from mailfax import errors, number
from mailfax.mail import address
from tests.policy import samples

COUNTRIES = sorted(phonenumbers.SUPPORTED_REGIONS)
DOMAINS = ("fax.example.com",)
WORLD = 'version = 1\ndefaults = { country = "US", countries = ["*"], provider = ["main"] }\n'
ANN = 'from = "@example.com"\nproof = "login"'


def example(country, kind):
    found = phonenumbers.example_number_for_type(country, kind)
    return found and phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


def examples(kind):
    return [found for country in COUNTRIES if (found := example(country, kind))]


GOOD = examples(Kind.FIXED_LINE)
DEAR = examples(Kind.PREMIUM_RATE) + examples(Kind.SHARED_COST) + examples(Kind.PERSONAL_NUMBER)
SATELLITES = ["+870773111632", "+8816123456789", "+8816312345678", "+883510001234567"]


def judged(book, written):
    return samples.decided(book, to=written, login="ann@example.com")


@pytest.fixture(scope="module")
def world():
    return samples.sending(ANN, head=WORLD)


@pytest.fixture(scope="module")
def home():
    return samples.sending(ANN)


def test_there_are_two_hundred_of_each():
    assert len(set(GOOD)) > 200
    assert len({*DEAR, *SATELLITES, *emergencies(), *wrong_lengths()}) > 200


def test_an_ordinary_line_of_every_country_is_faxed_to_where_the_world_is_allowed(world):
    refused = [found for found in GOOD if judged(world, found).action != "accept"]
    assert refused == []


def test_aut_20_no_line_of_another_country_is_faxed_to_without_a_word(home):
    abroad = [found for found in GOOD if number.parse(found, None).country() != "US"]
    accepted = [found for found in abroad if judged(home, found).action == "accept"]
    assert (accepted, len(abroad) > 200) == ([], True)


def test_aut_20_a_dear_number_is_refused_everywhere_and_by_its_kind(world):
    accepted = [found for found in DEAR if judged(world, found).action != "reject"]
    assert (accepted, len(DEAR) > 100) == ([], True)


@pytest.mark.parametrize("satellite", SATELLITES)
def test_a_satellite_is_refused_even_where_the_world_is_allowed(world, satellite):
    try:
        assert judged(world, satellite).action == "reject"
    except errors.Permanent as refusal:
        assert refusal.cause is errors.Cause.BAD_NUMBER


def emergencies():
    """Country and a number to call for help there, as it is dialled."""
    usual = ["110", "112", "911", "999", "000", "15", "17", "18", "113", "115", "118", "119"]
    return [
        (country, written)
        for country in COUNTRIES
        for written in usual
        if shortnumberinfo.is_emergency_number(written, country)
    ]


def wrong_lengths():
    """A line of each country without its last three digits, and with five too many."""
    return [(None, found[:-3]) for found in GOOD] + [(None, f"{found}00000") for found in GOOD]


def read(country, written):
    return address.parse_recipient(f"{written}@{DOMAINS[0]}", DOMAINS, country)


def test_a_number_to_call_for_help_is_never_dialled():
    for country, written in emergencies():
        with pytest.raises(errors.Refused) as caught:
            read(country, written)
        assert written in str(caught.value)


def test_a_number_of_the_wrong_length_is_refused_by_name():
    """Some countries have shorter numbers too: those that remain are real."""
    taken = []
    for country, written in wrong_lengths():
        try:
            taken.append(read(country, written).number)
        except errors.Refused as refusal:
            assert written in str(refusal)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(str(one))) for one in taken)
    assert len(taken) < 60


@pytest.mark.parametrize("country", ["US", "DE", "GB", "FR", "IT", "JP", "AU", "IN"])
def test_local_and_international_spelling_are_one_number(country):
    for kind in (Kind.FIXED_LINE, Kind.MOBILE):
        found = phonenumbers.example_number_for_type(country, kind)
        local = phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.NATIONAL)
        written = "".join(letter for letter in local if letter.isdigit())
        assert str(read(country, written).number) == example(country, kind)
