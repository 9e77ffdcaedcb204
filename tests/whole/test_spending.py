"""Who may spend how much, and faxes that wait for a second look: over real SMTP, with people."""

import itertools
import json
import re
import smtplib

import pytest
import typer.testing

from mailfax import cli
from mailfax.demo import stage
from tests.whole import post

pytestmark = pytest.mark.xdist_group("spending")

RULES = """\
version = 1
defaults = { country = "US", provider = ["main"], zone = "Europe/Berlin" }
[deny]
numbers = ["+12025559*"]
[budgets.few]
per = "sender"
every = "day"
faxes = 2
soft = 0.5
[budgets.short]
per = "sender"
every = "month"
pages = 1
[budgets.purse]
per = "domain"
every = "month"
money = "5.00 EUR"
[prices.main]
currency = "EUR"
page = { "+1" = "0.07" }
[[send]]
name = "few"
to = "+120255501*"
from = "@clinic.example"
proof = "login"
budget = ["few", "purse"]
[[send]]
name = "short"
to = "+120255502*"
from = "@clinic.example"
proof = "login"
cover = "standard"
budget = "short"
[[send]]
name = "long"
to = "+120255503*"
from = "@clinic.example"
proof = "login"
approve_pages = 0
[[send]]
name = "careful"
to = "+120255504*"
from = "@clinic.example"
proof = "login"
first_fax = "hold"
lookalike = "hold"
[[send]]
name = "asked"
to = "+120255505*"
from = "@clinic.example"
proof = "login"
first_fax = "confirm"
[[send]]
name = "everything else"
from = "@clinic.example"
proof = "login"
[[send]]
action = "reject"
[[receive]]
deliver = "reception@clinic.example"
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    found = stage.Stage(tmp_path_factory.mktemp("spending"))
    try:
        found.prepare()
        (found.folder / "rules.toml").write_text(RULES, encoding="utf-8")
        found.serve()
        yield found
    finally:
        found.__exit__()


def refused(running, number):
    """The reply to a mail that is not taken."""
    with pytest.raises(smtplib.SMTPException) as caught:
        running.send(post.mail(number))
    error = caught.value
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        ((code, text),) = error.recipients.values()
    else:
        code, text = error.smtp_code, error.smtp_error
    return code, text.decode()


def mailfax(running, *words):
    """A command that may fail: whether it did not, and all that it says."""
    done = typer.testing.CliRunner().invoke(cli.app, [*words, "-c", str(running.config)])
    return done.exception is None, f"{done.output}{done.exception or ''}"


def told(running, *words):
    """What a command prints as JSON."""
    return json.loads(mailfax(running, *words, "--json")[1])


def job(running, number, *states):
    """The newest job to this number, once it is in one of these states or has ended."""

    def found():
        one = told(running, "jobs", "list", "--number", number)[0]
        return one if one["state"] in (*states, "delivered", "failed") else None

    return stage.wait_until(found, 60.0, f"the job to {number}")


def warnings(running, word):
    """Mails of ours whose subject has this word, by whom they go to."""
    return {m["To"]: m for m in running.mails() if word in str(m["Subject"])}


def test_a_sender_faxes_as_much_as_his_budget_has_and_is_warned_before(running):
    numbers = [f"+120255501{place:02d}" for place in range(3)]
    for number in numbers[:2]:
        running.send(post.mail(number))
        assert post.ended(running, number)["state"] == "delivered"
    code, text = refused(running, numbers[2])
    assert code == 550
    assert "5.7.1 The budget 'few' (sender ann@clinic.example) does not reach until" in text
    assert "of 2 faxes 2 are used" in text
    done = job(running, numbers[0])
    found = {one["budget"]: one for one in told(running, "budgets")}
    assert (found["few"]["faxes"], found["few"]["most_faxes"]) == (2, 2)
    shown = told(running, "jobs", "show", done["id"])
    assert shown["budgets"]["purse"]["faxes"] == 1
    price = shown["transmissions"][0]["transmission"]["price"]
    assert price["currency"] == "EUR"
    assert shown["budgets"]["purse"]["money"] == price["amount"]
    both = {stage.SENDER, "postmaster@clinic.example"}
    stage.wait_until(lambda: warnings(running, "budget few").keys() == both, 30.0, "two warnings")
    for warned in warnings(running, "budget few").values():
        assert "of 2 faxes" in warned.get_content()
        assert warned["Auto-Submitted"] == "auto-generated"


def test_pages_beyond_the_budget_are_not_sent_and_the_receipt_says_why(running):
    number = "+12025550201"
    running.send(post.mail(number))
    done = job(running, number)
    assert (done["state"], done["cause"]) == ("failed", "blocked")
    assert post.faxes(running, number) == []
    said = post.receipt(running, done["id"]).get_body().get_content()
    assert "of 1 pages 1 are used" in " ".join(said.split())


def test_denied_and_suppressed_numbers_are_refused_whatever_the_rules_say(running):
    code, text = refused(running, "+12025559123")
    assert (code, "never faxed" in text) == (550, True)
    assert mailfax(running, "numbers", "suppress", "+12025550601", "--note", "by letter")[0]
    code, text = refused(running, "+12025550601")
    assert (code, "wants no fax" in text) == (550, True)
    assert told(running, "numbers", "list")[0]["note"] == "by letter"
    assert mailfax(running, "numbers", "allow", "(202) 555-0601")[0]
    running.send(post.mail("+12025550601"))
    assert post.ended(running, "+12025550601")["state"] == "delivered"


def test_a_long_fax_waits_until_another_person_approves_it(running):
    number = "+12025550301"
    running.send(post.mail(number))
    held = job(running, number, "held")
    assert "another person" in held["note"]
    for own in (stage.SENDER, "ann"):
        done, said = mailfax(running, "jobs", "approve", held["id"], "--by", own)
        assert (done, "has sent this fax" in said) == (False, True)
    assert mailfax(running, "jobs", "release", held["id"])[0]
    assert "another person" in job(running, number, "held")["note"]
    assert mailfax(running, "jobs", "approve", held["id"], "--by", "bob@clinic.example")[0]
    assert post.ended(running, number)["state"] == "delivered"
    shown = told(running, "jobs", "show", held["id"])
    assert shown["job"]["approved_by"] == "bob@clinic.example"


def test_the_first_fax_to_a_number_waits_the_second_goes_and_a_slip_of_the_finger_is_seen(running):
    known, slip = "+12025550412", "+12025550421"
    running.send(post.mail(known))
    held = job(running, known, "held")
    assert "never faxed before" in held["note"]
    assert mailfax(running, "jobs", "approve", held["id"], "--by", "bob")[0]
    assert job(running, known)["state"] == "delivered"
    running.send(post.mail(known, subject="again"))
    assert job(running, known)["state"] == "delivered"
    assert len(post.faxes(running, known)) == 2
    running.send(post.mail(slip))
    assert "looks like +1 202-555-0412" in job(running, slip, "held")["note"]


def test_the_author_himself_may_be_asked_whether_the_number_is_right(running):
    number = "+12025550501"
    running.send(post.mail(number))
    assert "until its author confirms it" in job(running, number, "held")["note"]
    question = stage.wait_until(
        lambda: warnings(running, "Please confirm").get(stage.SENDER), 30.0, "the question"
    )
    assert "+1 202-555-0501" in question.get_content()
    (address,) = re.findall(r"confirm\+\w+@\S+", question.get_content())
    running.send(post.mail(number, subject="yes"), to=address)
    assert post.ended(running, number)["state"] == "delivered"


def test_the_breaker_stops_a_runaway_until_a_person_resets_it(running):
    rules = running.folder / "rules.toml"
    rules.write_text(RULES + "[breaker]\nfaxes = 1\n", encoding="utf-8")
    serial = itertools.count(700)

    def stopped():
        try:
            running.send(post.mail(f"+12025550{next(serial)}"))
        except smtplib.SMTPDataError as error:
            return error.smtp_code
        return None

    assert stage.wait_until(stopped, 30.0, "the breaker") == 450
    assert stopped() == 450
    done, said = mailfax(running, "breaker")
    assert (done, "1 of 1 faxes" in said) == (False, True)
    stage.wait_until(lambda: warnings(running, "Too much"), 30.0, "word of it")
    assert warnings(running, "Too much").keys() == {"postmaster@clinic.example"}
    assert mailfax(running, "breaker", "--reset")[0]
    assert stopped() is None


def test_the_promise_is_kept_with_all_that(running):
    assert told(running, "verify")["findings"] == []
