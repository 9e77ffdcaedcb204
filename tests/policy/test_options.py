"""What senders may say of their faxes themselves: one grammar, four places, nothing overlooked."""

import datetime
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailfax import errors
from mailfax.model import Action, Wish
from mailfax.policy import decide, options, settings
from tests.policy import samples

STAFF = 'name = "staff"\nfrom = "@example.com"\nproof = "login"\ncovers = ["plain", "none"]\n'
ALL = STAFF + f"allow_options = {list(settings.OPTIONS)}\n"
SHUT = STAFF


def wished(*said, rule=ALL, **more):
    """The outcome for a mail that says this, as ("subject", "fine")."""
    found = tuple(Wish(place=place, text=text) for place, text in said)
    given_ = samples.facts(login="ann@example.com", wishes=found, **more)
    return decide.trace(samples.sending(rule), given_, samples.NOW).possible[0]


def decision(*said, **more):
    return wished(*said, **more).decision


def refusal(*said, **more):
    found = decision(*said, **more)
    assert (found.action, found.code) == (Action.REJECT, 550)
    return found.text


SAID = {
    "fine": {"resolution": "fine"},
    "resolution: SuperFine": {"resolution": "superfine"},
    "paper=legal": {"paper": "legal"},
    "parts=attachments": {"parts": "attachments"},
    "nocover": {"cover": "none"},
    "cover=plain": {"cover": "plain"},
    "urgent": {"priority": "urgent"},
    "retries=0": {"tries": 1},
    "retries=4": {"tries": 5},
    'billing="4711 north"': {"billing": "4711 north"},
    "to: Dr Grace Hopper": {"to_name": "Dr Grace Hopper"},
    "company=Example": {"to_company": "Example"},
    "receipt=failure,pdf": {"receipts": frozenset({"failure"}), "receipt_pages": "pdf"},
    "receipt=tiff": {"receipts": frozenset({"success", "failure"}), "receipt_pages": "tiff"},
    "receipt=none": {"receipts": frozenset()},
    "receipt=all": {"receipts": frozenset(settings.OUTCOMES)},
}


@pytest.mark.parametrize("text", SAID)
@pytest.mark.parametrize("place", options.PLACES)
def test_an_option_says_the_same_in_every_place(place, text):
    found = decision((place, text))
    assert {name: getattr(found, name) for name in SAID[text]} == SAID[text]
    assert found.action is Action.ACCEPT


def test_the_place_nearest_to_the_recipient_has_the_say():
    said = [("body", "standard"), ("subject", "fine"), ("header", "superfine")]
    assert decision(*said[:1]).resolution == "standard"
    assert decision(*said[:2]).resolution == "fine"
    assert decision(*said[:3]).resolution == "superfine"
    assert decision(*said, ("address", "fine")).resolution == "fine"
    assert decision(*said, ("address", "nocover")).resolution == "superfine"


def test_explain_shows_what_came_from_the_sender():
    found = wished(("subject", "urgent"), ("header", "billing: 12"))
    assert found.settings["priority"] == settings.Value("urgent", "options")
    assert found.settings["billing"] == settings.Value("12", "options")
    assert found.settings["resolution"].origin == "built in"
    assert found.decision.origins["billing"] == "options"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fien", "'fien' in the subject is no option, did you mean 'fine'?; allowed is: resolut"),
        ("machine", "'machine' in the subject is no option; allowed is: resolution, paper"),
        ("resolution", "resolution in the subject has no value"),
        ("resolution=fin", "must be standard, fine or superfine, not 'fin': did you mean 'fine'?"),
        ("cover=secret", "cover in the subject: must be one of plain, none"),
        ("retries=5", "retries in the subject: must be a whole number from 0 to 4"),
        ("retries=-1", "must be a whole number from 0 to 4"),
        ("receipt=often", "receipt in the subject: must be some of all, delay, failure"),
        ("receipt=none,failure", "does not go together"),
        ("at=25:00", "at in the subject: hour must be in"),
        ("at=tomorrow", "must be a time as 14:30, a date as 2025-03-01, or both"),
        ("at=2025-02-28", "at in the subject: this time is over"),
        ("at=2025-04-02", "is more than 30 days ahead"),
        ("at=9999-12-31 23:59", "ahead"),
        ("\u2460=x", "is no option"),
    ],
)
def test_what_cannot_be_granted_is_refused_with_the_reason(text, said):
    found = refusal(("subject", text))
    assert said in found
    assert found.isascii()
    assert len(found) < 400


def test_an_option_that_the_rule_does_not_list_is_refused():
    rule = STAFF + 'allow_options = ["resolution"]\n'
    assert decision(("subject", "fine"), rule=rule).resolution == "fine"
    said = refusal(("header", "billing: 1"), rule=rule)
    assert said == "'billing: 1' in the header may not be said here; allowed is: resolution"


def test_an_option_that_stands_twice_in_one_place_is_refused():
    assert "'resolution' stands twice in the body" in refusal(("body", "fine"), ("body", "fine"))


def test_where_no_options_are_taken_only_the_address_must_not_hold_any():
    said = [("body", "machine"), ("subject", "fine"), ("header", "nonsense: 1")]
    assert decision(*said, rule=SHUT).resolution == "fine"
    assert decision(*said, rule=SHUT).action is Action.ACCEPT
    said = refusal(("address", "superfine"), rule=SHUT)
    assert said == "'superfine' behind the number: no options are taken here"


def test_one_group_may_be_allowed_what_others_are_not():
    book = samples.sending(
        STAFF.replace('"@example.com"', '["group:chiefs", "@example.com"]'),
        more='[groups.chiefs]\nsenders = ["ann@example.com"]\nallow_options = ["priority"]\n',
    )
    urgent = (Wish(place="subject", text="urgent"),)
    for name, priority in (("ann", "urgent"), ("bob", "normal")):
        address = f"{name}@example.com"
        found = samples.decided(book, address, login=address, wishes=urgent)
        assert found.priority == priority
    assert book.takes_options
    assert not samples.sending(STAFF).takes_options


@pytest.mark.parametrize(
    ("text", "zone", "at"),
    [
        ("14:30", "Europe/Berlin", "2025-03-01T14:30:00+01:00"),
        ("1430", "America/New_York", "2025-03-01T14:30:00-05:00"),
        ("9:00", "Europe/Berlin", "2025-03-02T09:00:00+01:00"),
        ("2025-03-03", "Europe/Berlin", "2025-03-03T00:00:00+01:00"),
        ("2025-03-30 8:15", "Europe/Berlin", "2025-03-30T08:15:00+02:00"),
        ("2025-03-03T0815", "UTC", "2025-03-03T08:15:00+00:00"),
    ],
)
def test_a_time_is_read_in_the_zone_of_the_rule(text, zone, at):
    found = decision(("subject", f"at={text}"), rule=f'{ALL}zone = "{zone}"\n')
    assert found.send_at == datetime.datetime.fromisoformat(at)
    assert decide.opens(samples.sending(ALL), found, samples.NOW) == found.send_at
    assert decide.opens(samples.sending(ALL), found, found.send_at) is None


def test_allow_options_is_a_list_of_known_words_or_none():
    assert not samples.sending(STAFF + 'allow_options = "none"\n').takes_options
    with pytest.raises(errors.Invalid, match="did you mean 'resolution'"):
        samples.sending(STAFF + 'allow_options = ["resolutoin"]\n')


OPEN = samples.decided(samples.sending(ALL), login="ann@example.com")
TEXT = st.text(max_size=80) | st.from_regex(r"[a-z]{2,10}[=:] ?.{0,20}", fullmatch=True)


@given(st.lists(st.tuples(st.sampled_from(options.PLACES), TEXT), max_size=6))
def test_any_text_is_granted_or_refused_in_one_plain_line(said):
    try:
        options.granted([Wish(place=p, text=t) for p, t in said], OPEN, samples.NOW)
    except errors.Permanent as error:
        assert str(error).isascii()
        assert len(str(error)) < 500


WORD = st.text(string.ascii_letters + string.digits + " .-", min_size=1, max_size=60).filter(
    lambda text: text == text.strip()
)


@given(st.sampled_from(["billing", "to", "company"]), WORD, st.sampled_from(["{}={}", '{}: "{}"']))
def test_a_value_comes_out_as_it_was_written(option, value, form):
    found = options.granted(
        [Wish(place="header", text=form.format(option, value))], OPEN, samples.NOW
    )
    assert list(found.values()) == [value]
