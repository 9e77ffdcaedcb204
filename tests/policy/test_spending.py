"""Budgets, prices, denied numbers and slips of the finger: what the rules say of them."""

import dataclasses
import datetime
import decimal
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailfax import errors, money, number
from mailfax.model import FaxJob
from mailfax.policy import budgets, decide, explain, misdial, prices
from mailfax.states import State
from mailfax.store import rows
from tests.policy import samples

STAFF = 'name = "staff"\nfrom = ["@example.com", "group:lab"]\nproof = "login"\n'
MORE = """
[groups.lab]
senders = ["eva@lab.example"]
budget = ["shared", "house"]
[budgets.daily]
per = "sender"
every = "day"
faxes = 10
soft = 0.8
[budgets.shared]
per = "group"
every = "month"
money = "20.00 EUR"
zone = "America/New_York"
[budgets.house]
per = "all"
every = "day"
pages = 500
[prices.main]
currency = "EUR"
page = { "+" = "0.20", "+1" = "0.03", "+1202" = "0.05" }
call = "0.01"
"""
NUMBER = number.parse("+12025550123", None)


def book(settings="", more=MORE):
    return samples.sending(STAFF + settings, more=more)


def drawn(rules, sender="ann@example.com", now=samples.NOW):
    decision = decide.decide(rules, samples.facts(sender, login=sender), now)
    return budgets.charges(rules, decision, sender, NUMBER, now)


def test_a_fax_draws_on_the_budgets_of_its_rule():
    (charge,) = drawn(book('budget = "daily"'), "Ann@Example.com")
    assert (charge.budget, charge.payer, charge.faxes) == ("daily", "sender ann@example.com", 10)
    assert charge.soft == decimal.Decimal("0.8")
    assert drawn(book()) == drawn(book('budget = "none"')) == ()


def test_the_breaker_counts_every_fax_of_the_hour():
    rules = book('budget = "daily"', MORE + "[breaker]\nfaxes = 60\npages = 900\n")
    _, every = drawn(rules, now=samples.NOW)
    assert (every.budget, every.payer, every.teller) == ("breaker", "all", "")
    assert (every.faxes, every.pages) == (60, 900)
    assert every.starts.isoformat() == "2025-03-01T09:00:00+00:00"
    assert every.ends - every.starts == datetime.timedelta(hours=1)


def test_a_group_pays_together_from_its_own_budgets():
    shared, house = drawn(book(), "eva@lab.example")
    assert (shared.payer, house.payer) == ("group lab", "all")
    assert shared.money == money.parse("20.00 EUR")


@pytest.mark.parametrize(
    ("per", "payer"),
    [("domain", "domain example.com"), ("number", "number +12025550123"), ("group", "group none")],
)
def test_who_pays_is_said_by_the_budget(per, payer):
    more = MORE.replace('per = "sender"', f'per = "{per}"')
    assert drawn(book('budget = "daily"', more))[0].payer == payer


def test_a_day_begins_at_midnight_in_the_zone_of_the_budget():
    late = datetime.datetime(2025, 3, 1, 3, 0, tzinfo=datetime.UTC)
    shared, house = drawn(book(), "eva@lab.example", late)
    assert house.starts.isoformat() == "2025-03-01T00:00:00+00:00"
    assert shared.starts.isoformat() == "2025-02-01T00:00:00-05:00", "February still, over there"


@given(
    st.datetimes(datetime.datetime(1990, 1, 1), datetime.datetime(2060, 1, 1)),
    st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Gaza", "Pacific/Apia"]),
    st.sampled_from(budgets.EVERY),
)
def test_every_moment_lies_in_one_period_and_periods_follow_each_other(at, zone, every):
    now = at.replace(tzinfo=datetime.UTC)
    starts, ends = budgets.period(every, zone, now)
    assert starts.timestamp() <= now.timestamp() < ends.timestamp()
    following, _ = budgets.period(every, zone, ends + datetime.timedelta(hours=3))
    assert following.timestamp() == ends.timestamp()
    assert starts.tzinfo == zoneinfo.ZoneInfo(zone)


@pytest.mark.parametrize(
    ("to", "pages", "price"),
    [
        ("+12025550123", 3, "0.16"),
        ("+13125550123", 3, "0.10"),
        ("+442079460018", 2, "0.41"),
    ],
)
def test_the_longest_prefix_says_what_a_fax_costs(to, pages, price):
    found = prices.expected(book().prices, "main", number.parse(to, None), pages)
    assert found == money.Money(decimal.Decimal(price), "EUR")


def test_where_no_prefix_fits_or_no_table_is_there_is_no_price():
    rules = book(more=MORE.replace('"+" = "0.20", ', ""))
    assert prices.expected(rules.prices, "main", number.parse("+442079460018", None), 1) is None
    assert prices.expected(rules.prices, "spare", NUMBER, 1) is None
    assert prices.cheapest(rules.prices, ["spare", "main"], NUMBER) == money.parse("0.06 EUR")


def test_a_table_of_prices_may_be_a_csv_file(tmp_path):
    (tmp_path / "main.csv").write_text("prefix;price\n49;0.04\n+4989;0.05\n", encoding="utf-8")
    text = samples.HEAD + '[prices.main]\ncurrency = "EUR"\nminute = { csv = "main.csv" }\n'
    (tmp_path / "rules.toml").write_text(
        f'{text}[[send]]\naction = "reject"\n{samples.TAIL}', encoding="utf-8"
    )
    from mailfax.policy import rules

    found = rules.load(tmp_path / "rules.toml").prices
    assert found["main"].units["minute"] == {
        "+49": decimal.Decimal("0.04"),
        "+4989": decimal.Decimal("0.05"),
    }


@pytest.mark.parametrize(
    ("settings", "more", "problem"),
    [
        ('budget = "dayly"', MORE, "unknown budget 'dayly': did you mean 'daily'?"),
        ("", MORE + '[budgets.x]\nper = "all"\nevery = "day"\n', "needs a limit"),
        ("", MORE + "[budgets.x]\nfaxes = 1\n", "must say per"),
        ("", MORE.replace("0.8", "80"), "soft: must be a share from 0 to 1"),
        ("", MORE.replace("20.00 EUR", "20 euros"), "money: must be an amount with its currency"),
        ("", MORE.replace("20.00 EUR", "20.00 USD"), "amounts are in EUR and USD"),
        ("", MORE.replace('"+1202"', '"1202"'), "'1202' must be a prefix"),
        ("", MORE.replace('"0.03"', "0.03"), "must be in quotes: write '0.03'"),
        ('approve_money = "1.00 EUR"\nprovider = "two"', MORE, "there is no [prices.two]"),
        ("", MORE + "[deny]\n", "[deny] needs numbers"),
        ("", MORE + "[breaker]\n", "[breaker] needs a limit"),
        ("", MORE.replace("budgets.daily", "budgets.breaker"), "breaker is no name for a budget"),
        ('provider = "two"', MORE + '[breaker]\nmoney = "9.00 EUR"\n', "no [prices.two]"),
    ],
)
def test_what_is_wrong_is_said_when_the_file_is_read(settings, more, problem):
    with pytest.raises(errors.Invalid) as caught:
        book(settings, more)
    assert problem in str(caught.value)


def test_no_rule_lets_a_denied_number_pass_now_or_later():
    rules = book('countries = "*"', MORE + '[deny]\nnumbers = ["+1202555*", "+13125550100"]\n')
    decision = samples.decided(rules, login="ann@example.com")
    assert (decision.action, decision.code) == ("reject", 550)
    assert "never faxed" in decision.text
    other = samples.facts(login="ann@example.com", to="+13125550101")
    accepted = decide.decide(rules, other, samples.NOW)
    assert accepted.action == "accept"
    denied = book('countries = "*"', MORE + '[deny]\nnumbers = "+13125550101"\n')
    with pytest.raises(errors.Permanent, match="never faxed"):
        decide.guard(denied, other.recipient, accepted)


def minded(settings, **history):
    decision = samples.decided(book(settings), login="ann@example.com")
    return misdial.guarded(decision, NUMBER, misdial.History(**history))


def test_the_first_fax_to_a_number_waits_where_the_rule_says_so():
    assert not misdial.asks(samples.decided(book(), login="ann@example.com"))
    held = minded('first_fax = "hold"')
    assert (held.action, held.confirm) == ("hold", False)
    assert "was never faxed before" in held.text
    assert minded('first_fax = "confirm"').confirm
    assert minded('first_fax = "hold"', faxed=True).action == "accept"


def test_a_number_that_looks_like_a_known_one_waits_where_the_rule_says_so():
    known = number.parse("+12025550132", None)
    held = minded('lookalike = "hold"', alike=[known])
    assert held.action == "hold"
    assert "+1 202-555-0123 looks like +1 202-555-0132" in held.text
    assert minded('lookalike = "hold"', alike=[known, NUMBER]).action == "accept"
    assert minded("", alike=[known]).action == "accept"


@given(st.from_regex(r"[1-9][0-9]{7,14}", fullmatch=True), st.data())
def test_every_single_slip_of_the_finger_is_a_neighbour_and_the_number_itself_is_not(digits, data):
    fax = number.FaxNumber(digits)
    near = misdial.neighbours(fax)
    place = data.draw(st.integers(0, len(digits) - 1))
    digit = data.draw(st.sampled_from("0123456789"))
    typed = digits[:place] + digit + digits[place + 1 :]
    swapped = digits[:place] + digits[place : place + 2][::-1] + digits[place + 2 :]
    assert {number.FaxNumber(typed), number.FaxNumber(swapped)} - {fax} <= set(near)
    assert fax not in near
    assert len(near) <= 9 * len(digits) + len(digits) - 1


def test_people_of_a_public_mail_domain_know_nothing_of_each_other():
    assert misdial.organisation("Ann@Example.com") == "example.com"
    assert misdial.organisation("ann@gmail.com") is None


def job(decision, pages, approved_by=""):
    at = samples.NOW
    return FaxJob(
        id="j", message="m", state=State.READY, recipient=samples.facts().recipient, notify=None,
        orcpt=None, decision=decision, fence=0, tries=0, crashes=0, created_at=at, deadline=at,
        due_at=at, pages=pages, approved_by=approved_by,
    )  # fmt: skip


def test_long_and_dear_faxes_need_another_person():
    rules = book('approve_pages = 50\napprove_money = "5.00 EUR"')
    decision = samples.decided(rules, login="ann@example.com")
    cheap = money.parse("5.00 EUR")
    assert misdial.unapproved(job(decision, 50), cheap) is None
    assert "51 pages" in misdial.unapproved(job(decision, 51), cheap)
    assert "5.01 EUR" in misdial.unapproved(job(decision, 1), money.parse("5.01 EUR"))
    assert "no known price" in misdial.unapproved(job(decision, 1), None)
    assert misdial.unapproved(job(decision, 51, "bob"), cheap) is None


def test_a_decision_keeps_its_budgets_and_limits_in_the_store():
    decision = samples.decided(
        book('budget = ["daily", "house"]\napprove_money = "5.00 EUR"'), login="ann@example.com"
    )
    assert rows.decision(rows.decision_text(decision)) == decision
    bare = dataclasses.replace(decision, approve_money=None)
    assert rows.decision(rows.decision_text(bare)) == bare


def test_explain_shows_the_price_and_the_budgets_that_would_be_drawn_on():
    rules, facts = book('budget = "daily"'), samples.facts(login="ann@example.com")
    lines = explain.report(rules, facts, samples.NOW)
    assert "price     0.06 EUR for one page by main" in lines
    assert "budget    daily (sender ann@example.com): 10 faxes until 2025-03-02 00:00 UTC" in lines
    (outcome,) = explain.data(rules, facts, samples.NOW)["possible"]
    assert outcome["spending"] == [line for line in lines if line.startswith(("price", "budget"))]
