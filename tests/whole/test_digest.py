"""Once a day the postmaster is told which faxes wait for a person, and why."""

import contextlib
import datetime
import email
import email.policy

import pytest

from mailfax import config, mailroom
from mailfax.mail import smarthost
from mailfax.model import Gateway
from mailfax.states import State
from mailfax.store import backoff, documents, ledger
from tests.store import samples

EVENING = datetime.datetime(2026, 1, 2, 20, 0, tzinfo=datetime.UTC)
MORNING = datetime.datetime(2026, 1, 3, 7, 0, tzinfo=datetime.UTC)


@pytest.fixture
def clock():
    return samples.Clock(EVENING)


@pytest.fixture
def room(tmp_path, clock):
    book = ledger.open(f"sqlite:///{tmp_path}/mailfax.db", clock=clock)
    yield mailroom.Mailroom(
        ledger=book,
        documents=documents.LocalDir(tmp_path / "documents"),
        smarthost=smarthost.Smarthost(smarthost.Settings(host="127.0.0.1", port=1, tls="none")),
        gateway=Gateway(
            name="fax.example.com", domains=("fax.example.com",), postmaster="pat@example.com"
        ),
        backoff=backoff.Backoff(1.0),
        templates=(config.shipped("templates"),),
        owner="test",
        lease=60.0,
        hourly=9,
        keeping=lambda _: contextlib.nullcontext(),
    )
    book.close()


def hold(room, count=1, note="this fax waits for approval (rule 'abroad')"):
    jobs = tuple(
        samples.new_job(room.ledger.now, state=State.HELD, note=note) for _ in range(count)
    )
    return samples.accepted(room.ledger, jobs)


def posted(room, zone="UTC", language="en"):
    """The mails that were not there before this look at what is held."""
    room.remind(zone, language)
    found = room.ledger.deliveries.claim(9, 1e9, "test")
    octets = (one.data or room.documents.read(one.document) for one in found)
    return [email.message_from_bytes(data, policy=email.policy.default) for data in octets]


def test_what_is_held_in_the_morning_is_listed_once_with_its_reason(room, clock):
    [job] = hold(room)
    samples.accepted(room.ledger)
    assert posted(room) == []
    clock.at = MORNING - datetime.timedelta(seconds=1)
    assert posted(room) == []
    clock.at = MORNING
    [mail] = posted(room)
    assert (mail["To"], mail["Subject"]) == ("pat@example.com", "1 fax is held")
    assert mail["Auto-Submitted"] == "auto-generated"
    text = " ".join(mail.get_content().split())
    assert f"{job.id}: to +1 202-555-0123, from ann@example.com" in text
    assert "why: this fax waits for approval (rule 'abroad')" in text
    assert "ends 3 Jan 2026, 20:00" in text
    clock.forward(600)
    assert posted(room) == []


def test_it_is_told_again_the_next_day_for_as_long_as_it_is_held(room, clock):
    hold(room)
    for day in range(2):
        clock.at = MORNING + datetime.timedelta(days=day)
        assert len(posted(room)) == 1


def test_the_morning_is_that_of_the_rules_zone_and_the_words_those_of_their_language(room, clock):
    hold(room)
    clock.at = MORNING - datetime.timedelta(hours=1)
    assert posted(room, "UTC") == []
    [mail] = posted(room, "Europe/Berlin", "de")
    assert mail["Subject"] == "1 Fax wird zurückgehalten"


def test_many_are_listed_up_to_a_limit_and_the_rest_is_counted(room, clock):
    jobs = hold(room, mailroom.LISTED + 3)
    clock.at = MORNING
    [mail] = posted(room)
    text = mail.get_content()
    assert mail["Subject"] == f"{len(jobs)} faxes are held"
    assert text.count("why: ") == mailroom.LISTED
    assert "There are 3 more" in text
