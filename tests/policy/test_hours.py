"""When an office is open, in its own zone and through the changes of the clocks."""

import datetime
import zoneinfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailfax import errors
from mailfax.model import Action
from mailfax.policy import decide, explain, hours, route
from tests.policy import samples

CALENDARS = """
[calendars.office]
zone = "Europe/Berlin"
hours = ["mon-fri 08:00-17:00"]
closed = [2025-12-25]
[calendars.night]
hours = ["fri-mon 22:00-24:00", "sat-tue 00:00-06:00"]
"""
STAFF = 'from = "@example.com"\nproof = "login"\n'


def at(text):
    return datetime.datetime.fromisoformat(text)


def calendar(zone, *spans, closed=("2000-01-01",)):
    lines = f'[calendars.x]\nzone = "{zone}"\nhours = {list(spans)!r}\nclosed = {list(closed)!r}\n'
    return samples.sending(more=lines).calendars["x"]


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        ("2025-03-03T07:00:00+01:00", False),
        ("2025-03-03T08:00:00+01:00", True),
        ("2025-03-03T16:59:59+01:00", True),
        ("2025-03-03T17:00:00+01:00", False),
        ("2025-03-03T07:30:00+00:00", True),
        ("2025-07-07T06:30:00+00:00", True),  # summer time
        ("2025-07-07T15:30:00+00:00", False),
        ("2025-03-02T12:00:00+01:00", False),  # a Sunday
        ("2025-12-25T12:00:00+01:00", False),
    ],
)
def test_a_rule_holds_while_its_calendar_is_open(moment, open_):
    book = samples.sending(f'{STAFF}when = "office"', more=CALENDARS)
    found = decide.decide(book, samples.facts(login="ann"), at(moment))
    assert (found.action is Action.ACCEPT) is open_
    twin = samples.sending(f'{STAFF}not_when = "office"', more=CALENDARS)
    found = decide.decide(twin, samples.facts(login="ann"), at(moment))
    assert (found.action is Action.REJECT) is open_


def test_one_of_several_calendars_is_enough_and_a_night_goes_on_after_midnight():
    book = samples.sending(f'{STAFF}when = ["office", "night"]', more=CALENDARS)
    for moment, rule in (
        ("2025-03-03T12:00:00+00:00", "send 1"),
        ("2025-03-01T23:59:00+00:00", "send 1"),
        ("2025-03-02T05:00:00+00:00", "send 1"),
        ("2025-03-02T07:00:00+00:00", "send 2"),
    ):
        assert decide.decide(book, samples.facts(login="ann"), at(moment)).rule == rule


def test_a_calendar_without_a_zone_has_that_of_the_defaults():
    head = samples.HEAD.replace("{ ", '{ zone = "Asia/Tokyo", ')
    book = samples.sending(more=CALENDARS, head=head)
    assert book.calendars["night"].zone == "Asia/Tokyo"
    assert samples.sending(more=CALENDARS).calendars["night"].zone == "UTC"


def test_explain_shows_the_clock_on_the_wall():
    book = samples.sending(f'{STAFF}when = "office"', more=CALENDARS)
    lines = explain.report(book, samples.facts(login="ann"), at("2025-03-02T12:00:00+00:00"))
    assert any("no: when: Sun 2025-03-02 13:00 CET, office not open" in line for line in lines)


def test_a_received_fax_goes_by_when_it_came():
    book = samples.parse(
        f'{samples.HEAD}{CALENDARS}[[send]]\naction = "reject"\n'
        '[[receive]]\nnot_when = "office"\ndeliver = "oncall@example.com"\n' + samples.TAIL
    )
    found = route.route(book, samples.fax(), samples.NOW)  # a Saturday
    assert [target.address for target in found.targets] == ["oncall@example.com"]


def test_a_fax_may_wait_until_the_office_opens():
    book = samples.sending(f'{STAFF}send_when = "office"', STAFF, more=CALENDARS)
    decision = decide.decide(book, samples.facts(login="ann"), samples.NOW)
    assert (decision.action, decision.send_when) == (Action.ACCEPT, "office")
    assert decision.origins["send_when"] == "rule send 1"
    assert decide.opens(book, decision, samples.NOW) == at("2025-03-03T08:00:00+01:00")
    assert decide.opens(book, decision, at("2025-03-03T08:00:00+01:00")) is None
    assert decide.opens(samples.sending(STAFF), decision, samples.NOW) is None, "it is gone"


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ('send_when = "ofice"', "send_when: unknown calendar 'ofice': did you mean 'office'"),
        ('when = ["office", 3]', "when: must be in quotes"),
        ("when = []", "when: is an empty list"),
    ],
)
def test_a_calendar_that_is_not_there_is_named(lines, why):
    with pytest.raises(errors.Invalid, match=why):
        samples.sending(STAFF + lines, more=CALENDARS)


def test_always_is_no_name_for_a_calendar():
    with pytest.raises(errors.Invalid, match="always is no name"):
        samples.sending(more='[calendars.always]\nhours = "mon 08:00-09:00"\n')


def test_where_the_clocks_go_forward_it_opens_when_the_missing_hour_is_over():
    found = calendar("Europe/Berlin", "sun 02:30-04:00")
    opens = hours.opens(found, at("2025-03-30T00:00:00+01:00"))
    assert opens == at("2025-03-30T03:00:00+02:00")


def test_where_the_clocks_go_back_what_the_clock_shows_counts():
    found = calendar("Europe/Berlin", "sun 01:00-02:30")
    after = hours.opens(found, at("2025-10-26T02:45:00+02:00"))
    assert after == at("2025-10-26T02:00:00+01:00")


def test_a_holiday_is_passed_over_and_what_never_opens_is_said_so():
    found = calendar("UTC", "thu 08:00-09:00", closed=["2025-12-25"])
    assert hours.opens(found, at("2025-12-20T00:00:00Z")) == at("2026-01-01T08:00:00Z")
    thursdays = [datetime.date(2025, 1, 2) + datetime.timedelta(days=7 * n) for n in range(60)]
    never = calendar("UTC", "thu 08:00-09:00", closed=[day.isoformat() for day in thursdays])
    assert hours.opens(never, at("2025-01-01T00:00:00Z")) is None


ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca")
CHANGES = [
    *(datetime.date(2025, 3, 9), datetime.date(2025, 3, 30), datetime.date(2025, 4, 6)),
    *(datetime.date(2025, 10, 5), datetime.date(2025, 10, 26), datetime.date(2025, 6, 1)),
]


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(ZONES),
    st.lists(st.tuples(st.integers(0, 46), st.integers(1, 8)), min_size=1, max_size=2),
    st.sampled_from(CHANGES),
    st.integers(0, 47),
)
def test_it_opens_at_the_first_minute_at_which_it_is_open(zone, spans, day, half_hours):
    lines = [f"mon-sun {_clock(start)}-{_clock(min(start + long, 48))}" for start, long in spans]
    found = calendar(zone, *lines)
    midnight = datetime.datetime.combine(day, datetime.time(), tzinfo=zoneinfo.ZoneInfo(zone))
    now = midnight.astimezone(datetime.UTC) + datetime.timedelta(minutes=30 * half_hours)
    minutes = (now + datetime.timedelta(minutes=n) for n in range(2880))
    assert hours.opens(found, now) == next(one for one in minutes if hours.is_open(found, one))


def _clock(half_hours):
    return f"{half_hours // 2:02}:{half_hours % 2 * 30:02}"


def test_the_longest_time_it_is_shut_in_a_week():
    office = calendar("UTC", "mon-fri 08:00-17:00")
    assert hours.longest_shut(office) == datetime.timedelta(hours=63)
    assert hours.longest_shut(calendar("UTC", "mon-sun 00:00-24:00")) == datetime.timedelta(0)
    both = calendar("UTC", "mon-sun 06:00-22:00", "mon-sun 22:00-24:00")
    assert hours.longest_shut(both) == datetime.timedelta(hours=6)
