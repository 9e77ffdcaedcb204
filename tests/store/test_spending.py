"""Budgets hold, whoever asks, however many at once, and whatever the clock does."""

import dataclasses
import datetime
import decimal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from mailfax import money
from mailfax.model import Charge, Outcome, Report
from mailfax.number import FaxNumber
from mailfax.states import Event, State
from mailfax.store import ledger as store
from mailfax.store import replays, spending
from mailfax.store.faxes import Change
from tests.store import samples

DAY = datetime.timedelta(days=1)
CENT = money.parse("0.05 EUR")


def charge(clock, budget="daily", payer="sender ann@example.com", **limits):
    starts = clock().replace(hour=0, minute=0, second=0, microsecond=0)
    settings = {"soft": decimal.Decimal("0.8"), "teller": "ann@example.com"}
    return Charge(budget=budget, payer=payer, starts=starts, ends=starts + DAY, **settings | limits)


def order(clock, *charges, jobs=1, price=None, number="12025550123", **changes):
    """A mail whose faxes draw on these budgets."""
    made = tuple(
        dataclasses.replace(samples.new_job(clock, number, **changes), charges=charges, price=price)
        for _ in range(jobs)
    )
    return samples.acceptance(clock, made)


def accept(ledger, mail):
    (answer,) = ledger.mails.accept([mail])
    return answer


def used(ledger, budget="daily"):
    """Faxes, pages and money used of a budget that has one payer and one period."""
    (found,) = [one for one in ledger.spending.list() if one.budget == budget]
    return found.faxes, found.pages, found.money


def begin(ledger, pages=1, price=None):
    """Render one accepted job to so many pages and try to send it; how it stands then."""
    [job] = samples.claim(ledger, State.ACCEPTED)
    ledger.faxes.advance(Change(job=job, event=Event.RENDERED, document="d", pages=pages))
    [job] = samples.claim(ledger, State.READY)
    sent = dataclasses.replace(samples.transmission(ledger, job), price=price)
    ledger.faxes.begin_all([(job, sent)], 60.0)
    return ledger.faxes.get(job.id)


def end(ledger, job, event, **report):
    """The provider takes it, and says how it went."""
    outcome = Outcome.DELIVERED if event is Event.DELIVER else Outcome.FAILED
    ledger.faxes.advance(Change(job=job, event=Event.TAKEN, reference="R"))
    [job] = samples.claim(ledger, State.SUBMITTED)
    told = Report(outcome=outcome, **report)
    return ledger.faxes.advance(Change(job=job, event=event, report=told))


def test_a_fax_reserves_what_it_draws_on_with_its_acceptance(ledger, clock):
    mail = order(clock, charge(clock, faxes=3), charge(clock, "house", "all", pages=9))
    assert not accept(ledger, mail).refused
    assert used(ledger) == used(ledger, "house") == (1, 1, 0)
    assert set(ledger.spending.of(mail.jobs[0].id)) == {"daily", "house"}


def test_a_budget_that_is_used_up_refuses_the_mail_and_says_until_when(ledger, clock):
    for _ in range(2):
        assert not accept(ledger, order(clock, charge(clock, faxes=2))).refused
    refused = accept(ledger, order(clock, charge(clock, faxes=2)))
    assert refused.refused is replays.Answer.BARRED
    assert refused.why == (
        "the budget 'daily' (sender ann@example.com) does not reach until 2026-01-03 00:00 UTC: "
        "of 2 faxes 2 are used, and this fax needs 1"
    )
    assert used(ledger)[0] == len(ledger.faxes.list()) == 2
    assert ledger.verify() == []


def test_a_refused_mail_draws_on_none_of_its_budgets_and_may_come_again(ledger, clock):
    poor = order(clock, charge(clock, "house", "all", faxes=9), charge(clock, faxes=0))
    poor = dataclasses.replace(poor, dedupe="same")
    assert accept(ledger, poor).refused
    assert used(ledger, "house") == (0, 0, 0)
    rich = dataclasses.replace(order(clock, charge(clock, faxes=1)), dedupe="same")
    again = accept(ledger, rich)
    assert (again.duplicate, again.refused) == (False, None)


def test_of_many_recipients_those_go_that_the_budget_lets(ledger, clock):
    mail = order(clock, charge(clock, faxes=2), jobs=3)
    assert not accept(ledger, mail).refused
    states = [ledger.faxes.get(job.id).state for job in mail.jobs]
    assert states == [State.ACCEPTED, State.ACCEPTED, State.FAILED]
    assert "does not reach" in ledger.faxes.get(mail.jobs[2].id).note
    assert used(ledger)[0] == 2


def test_the_same_mail_again_reserves_nothing(ledger, clock):
    mail = order(clock, charge(clock, faxes=5))
    for _ in range(3):
        accept(ledger, mail)
    assert used(ledger)[0] == 1


def test_a_fax_that_was_sent_has_used_its_pages_and_what_the_provider_says_it_cost(ledger, clock):
    limit = charge(clock, pages=10, money=money.parse("1.00 EUR"))
    accept(ledger, order(clock, limit, price=CENT))
    job = begin(ledger, pages=4, price=money.parse("0.20 EUR"))
    assert (job.state, used(ledger)) == (State.SUBMITTING, (1, 4, decimal.Decimal("0.20")))
    end(ledger, job, Event.DELIVER, cost="0.1700 EUR")
    assert used(ledger) == (1, 4, decimal.Decimal("0.17"))


@pytest.mark.parametrize("pages", [6, 40])
def test_pages_that_nobody_has_paid_for_are_not_sent(ledger, clock, pages):
    accept(ledger, order(clock, charge(clock, pages=5)))
    job = begin(ledger, pages=pages)
    assert (job.state, job.cause) == (State.FAILED, "blocked")
    assert f"of 5 pages 1 are used, and this fax needs {pages - 1}" in job.note
    assert ledger.faxes.transmissions(job.id) == []
    assert used(ledger) == (0, 0, 0)


def test_without_a_price_nothing_is_paid_from_a_budget_in_money(ledger, clock):
    limit = charge(clock, money=money.parse("1.00 EUR"))
    assert "no price is known" in accept(ledger, order(clock, limit)).why
    assert accept(ledger, order(clock, limit, price=money.parse("0.05 USD"))).refused
    accept(ledger, order(clock, limit, price=CENT))
    assert begin(ledger, pages=2).state is State.FAILED


def test_what_was_surely_not_sent_is_given_back(ledger, clock):
    accept(ledger, order(clock, charge(clock, faxes=1, pages=9)))
    end(ledger, begin(ledger, pages=3), Event.FAIL)
    assert used(ledger) == (0, 0, 0)
    accept(ledger, order(clock, charge(clock, faxes=1)))
    ledger.faxes.tell(ledger.faxes.list(state=State.ACCEPTED)[0].id, Event.CANCEL, "no")
    assert used(ledger) == (0, 0, 0)


def test_pages_that_went_out_before_the_line_broke_are_paid(ledger, clock):
    accept(ledger, order(clock, charge(clock, pages=9)))
    end(ledger, begin(ledger, pages=3), Event.FAIL, pages_sent=2)
    assert used(ledger) == (0, 2, 0)


def test_what_may_have_been_sent_is_not_given_back(ledger, clock):
    accept(ledger, order(clock, charge(clock, faxes=1), allowed=1000.0))
    job = begin(ledger, pages=3)
    ledger.faxes.advance(Change(job=job, event=Event.LOSE))
    clock.forward(1000 + 3600)
    ledger.faxes.deadlines()
    assert ledger.faxes.get(job.id).state is State.FAILED
    assert used(ledger) == (1, 3, 0)


def test_the_next_day_begins_anew_and_a_clock_set_back_opens_nothing(ledger, clock):
    assert not accept(ledger, order(clock, charge(clock, faxes=1))).refused
    clock.forward(86_400)
    assert not accept(ledger, order(clock, charge(clock, faxes=1))).refused
    for back in (1000, 86_400, 86_400 * 400):
        clock.forward(-back)
        assert accept(ledger, order(clock, charge(clock, faxes=1))).refused
    assert len(ledger.spending.list(every=True)) == 2


def test_what_ends_on_another_day_is_corrected_where_it_was_reserved(ledger, clock):
    accept(ledger, order(clock, charge(clock, faxes=5)))
    clock.forward(86_000)
    accept(ledger, order(clock, charge(clock, faxes=5)))
    end(ledger, begin(ledger, pages=2), Event.FAIL)
    assert [one.faxes for one in ledger.spending.list(every=True)] == [1, 0]


def test_a_lower_limit_counts_from_the_next_fax_on_and_for_what_is_under_way(ledger, clock):
    accept(ledger, order(clock, charge(clock, pages=50)))
    accept(ledger, order(clock, charge(clock, pages=5)))
    assert begin(ledger, pages=30).state is State.FAILED


def test_from_the_soft_limit_on_there_is_one_warning(ledger, clock):
    for count in range(10):
        accept(ledger, order(clock, charge(clock, faxes=10)))
        assert len(ledger.spending.unwarned(5)) == (count >= 7)
    (book,) = ledger.spending.unwarned(5)
    assert book.told["to"] == "ann@example.com"
    for _ in range(2):
        ledger.spending.warned(book, [samples.delivery(message_id="<w@x>")])
    assert ledger.spending.unwarned(5) == []
    assert len(ledger.deliveries.claim(9, 60.0, "me")) == 1


def test_a_payer_who_is_reset_begins_anew(ledger, clock):
    accept(ledger, order(clock, charge(clock, faxes=1)))
    assert ledger.spending.reset("daily", "sender ann@example.com") == 1
    assert not accept(ledger, order(clock, charge(clock, faxes=1))).refused
    assert begin(ledger).state is State.SUBMITTING


def test_periods_of_long_ago_are_forgotten(ledger, clock):
    accept(ledger, order(clock, charge(clock, faxes=1)))
    clock.forward(spending.KEPT)
    assert ledger.spending.sweep() == 0
    clock.forward(86_400)
    assert ledger.spending.sweep() == 1


def hourly(clock, **limits):
    """As policy makes the breaker."""
    starts = clock().replace(minute=0, second=0, microsecond=0)
    ends = starts + datetime.timedelta(hours=1)
    made = charge(clock, "breaker", "all", soft=decimal.Decimal(1), teller="", **limits)
    return dataclasses.replace(made, starts=starts, ends=ends)


def test_the_breaker_trips_at_what_is_too_much_and_stays_so_until_it_is_reset(ledger, url, clock):
    for _ in range(2):
        assert not accept(ledger, order(clock, hourly(clock, faxes=2))).refused
    assert ledger.spending.breaker() is None
    assert accept(ledger, order(clock, hourly(clock, faxes=2))).refused is replays.Answer.BROKEN
    (told,) = ledger.spending.unwarned(5)
    ledger.spending.warned(told, [])
    clock.forward(5 * 3600)
    other = store.open(url, clock=clock, check=False)
    assert "please try later" in accept(other, order(clock, hourly(clock, faxes=2))).why
    assert other.spending.unwarned(5) == []
    assert other.spending.breaker().warned == 2
    assert other.spending.reset("breaker", "all") == 1
    assert other.spending.breaker() is None
    other.close()
    assert not accept(ledger, order(clock, hourly(clock, faxes=2))).refused


def test_an_hour_that_did_not_trip_ends_by_itself(ledger, clock):
    for _ in range(3):
        assert not accept(ledger, order(clock, hourly(clock, faxes=1))).refused
        clock.forward(3600)


def test_pages_trip_the_breaker_and_what_was_taken_before_goes_out(ledger, clock):
    accept(ledger, order(clock, hourly(clock, pages=10)))
    assert begin(ledger, pages=30).state is State.SUBMITTING
    assert ledger.spending.breaker().pages == 30
    assert accept(ledger, order(clock, hourly(clock, pages=10))).refused is replays.Answer.BROKEN


def test_two_nodes_at_once_do_not_overspend(ledger, url, clock):
    other = store.open(url, clock=clock, check=False)
    limits = [charge(clock, faxes=7), charge(clock, "house", "all", pages=9)]
    orders = [
        order(clock, *(limits if n % 2 else reversed(limits)), charge(clock, "own", f"sender {n}"))
        for n in range(24)
    ]
    answers = samples.together(
        *(lambda n=n: accept((ledger, other)[n % 2], orders[n]) for n in range(24))
    )
    other.close()
    assert sum(not one.refused for one in answers) == 7
    assert used(ledger) == (7, 7, 0)
    assert len(ledger.faxes.list()) == 7


def test_two_nodes_that_send_at_once_do_not_overspend(ledger, url, clock):
    other = store.open(url, clock=clock, check=False)
    for _ in range(10):
        accept(ledger, order(clock, charge(clock, pages=20)))
    for job in samples.claim(ledger, State.ACCEPTED, 10):
        ledger.faxes.advance(Change(job=job, event=Event.RENDERED, document="d", pages=4))
    ready = samples.claim(ledger, State.READY, 10)
    pairs = [(job, samples.transmission(ledger, job)) for job in ready]
    begun = samples.together(
        *(
            lambda pair=pair, n=n: (ledger, other)[n % 2].faxes.begin_all([pair], 60.0)
            for n, pair in enumerate(pairs)
        )
    )
    other.close()
    sent = sum(len(one) for one in begun)
    assert sent >= 3
    assert used(ledger)[1] == 4 * sent <= 20
    assert ledger.faxes.counts()[State.FAILED] == 10 - sent


def test_a_number_that_is_suppressed_is_not_faxed(ledger, clock):
    number = FaxNumber("12025550123")
    ledger.numbers.suppress(number, "asked by letter")
    assert "wants no fax" in accept(ledger, order(clock)).why
    assert [one.note for one in ledger.numbers.list()] == ["asked by letter"]
    assert not accept(ledger, order(clock, number="12025550124")).refused
    assert ledger.numbers.allow(number)
    assert not ledger.numbers.allow(number)
    assert not accept(ledger, order(clock)).refused


def test_a_number_that_is_suppressed_meanwhile_is_not_faxed(ledger, clock):
    accept(ledger, order(clock, charge(clock, faxes=1)))
    ledger.numbers.suppress(FaxNumber("12025550123"), "")
    job = begin(ledger)
    assert (job.state, job.cause) == (State.FAILED, "blocked")
    assert used(ledger) == (0, 0, 0)


def test_a_number_is_known_once_it_was_faxed_with_success(ledger, clock):
    number, other = FaxNumber("12025550123"), FaxNumber("12025550124")
    accept(ledger, order(clock))
    end(ledger, begin(ledger), Event.FAIL)
    assert not ledger.numbers.has_faxed("ann@example.com", number)
    accept(ledger, order(clock))
    end(ledger, begin(ledger), Event.DELIVER)
    assert ledger.numbers.has_faxed("ann@example.com", number)
    assert not ledger.numbers.has_faxed("bob@example.com", number)
    assert ledger.numbers.among([number, other], "bob@example.com", "example.com") == [number]
    assert ledger.numbers.among([number, other], "bob@example.com", None) == []


LIMITS = {"daily": (3, 12), "house": (5, None)}
"""Of the machine: faxes and pages of each budget."""


class Machine(RuleBasedStateMachine):
    """Two senders, two budgets, and everything that can happen to a fax."""

    def __init__(self):
        super().__init__()
        self.clock = samples.Clock()
        self.folder = self.new_folder()
        self.ledger = store.open(f"sqlite:///{self.folder}/mailfax.db", clock=self.clock)

    def teardown(self):
        self.ledger.close()

    def charges(self, sender):
        """As policy makes them for the day of the clock."""
        payers = {"daily": f"sender {sender}", "house": "all"}
        return [
            charge(self.clock, name, payers[name], faxes=faxes, pages=pages)
            for name, (faxes, pages) in LIMITS.items()
        ]

    @rule(sender=st.sampled_from("ab"), jobs=st.integers(1, 3))
    def accept(self, sender, jobs):
        accept(self.ledger, order(self.clock, *self.charges(sender), jobs=jobs))

    @precondition(lambda self: self.ledger.faxes.list(state=State.ACCEPTED))
    @rule(pages=st.integers(1, 9))
    def send(self, pages):
        if job := next(iter(samples.claim(self.ledger, State.ACCEPTED)), None):
            done = Change(job=job, event=Event.RENDERED, document="d", pages=pages)
            self.ledger.faxes.advance(done)
            [job] = samples.claim(self.ledger, State.READY)
            self.ledger.faxes.begin_all([(job, samples.transmission(self.ledger, job))], 1e6)

    @precondition(lambda self: self.ledger.faxes.list(state=State.SUBMITTING))
    @rule(how=st.sampled_from([Event.TAKEN, Event.REFUSE, Event.LOSE, Event.PUT_OFF]))
    def answer(self, how):
        job = self.ledger.faxes.list(state=State.SUBMITTING)[0]
        self.ledger.faxes.advance(Change(job=job, event=how))
        for again in samples.claim(self.ledger, State.READY):
            sent = samples.transmission(self.ledger, again)
            self.ledger.faxes.begin_all([(again, sent)], 1e6)

    @rule(how=st.sampled_from([Event.DELIVER, Event.FAIL, Event.CANCEL]))
    def finish(self, how):
        for job in samples.claim(self.ledger, State.SUBMITTED):
            self.ledger.faxes.advance(Change(job=job, event=how))

    @rule(seconds=st.sampled_from([60, 7_200, 90_000, -90_000]))
    def wait(self, seconds):
        self.clock.forward(seconds)
        self.ledger.faxes.deadlines()

    @rule()
    def restart(self):
        self.ledger.close()
        self.ledger = store.open(self.ledger._base.url, clock=self.clock)

    @invariant()
    def nobody_overspends_and_every_balance_is_the_sum_of_its_shares(self):
        books = self.ledger.spending.list(every=True)
        for book in books:
            faxes, pages = LIMITS[book.budget]
            assert 0 <= book.faxes <= faxes
            assert 0 <= book.pages <= (pages or book.pages)
        shares = [
            share
            for job in self.ledger.faxes.list(limit=500)
            for share in self.ledger.spending.of(job.id).values()
        ]
        for unit in ("faxes", "pages"):
            assert sum(getattr(one, unit) for one in shares) == sum(
                getattr(book, unit) for book in books
            )


def test_any_order_of_faxes_ends_restarts_and_clocks_keeps_the_budgets(tmp_path_factory):
    Machine.new_folder = staticmethod(lambda: tmp_path_factory.mktemp("budget"))
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=7,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
