"""Jobs, reports and notices for the tests of what we write to senders."""

import datetime
import pathlib

from mailfax import errors
from mailfax.mail import receipt
from mailfax.mail.receipt import Entry, Kind, Notice
from mailfax.model import (
    Action,
    Decision,
    FaxJob,
    Gateway,
    Outcome,
    Peer,
    Recipient,
    Report,
    Transmission,
)
from mailfax.number import FaxNumber
from mailfax.states import State

TEMPLATES = (pathlib.Path(__file__).parents[2] / "templates",)
GATEWAY = Gateway(name="fax.example", domains=("fax.example",), postmaster="postmaster@fax.example")
ARRIVED = datetime.datetime(2026, 11, 20, 8, 57, 31, tzinfo=datetime.UTC)
ENDED = ARRIVED + datetime.timedelta(minutes=43)
NUMBER = FaxNumber("12025550123")
ADDRESS = "FAX=+1-202.555-0123@fax.example"

STATES = {
    Kind.ACCEPTED: State.ACCEPTED,
    Kind.DELAYED: State.READY,
    Kind.DELIVERED: State.DELIVERED,
    Kind.RELAYED: State.RELAYED,
    Kind.FAILED: State.FAILED,
    Kind.HELD: State.HELD,
}


def job(kind: Kind, **fields) -> FaxJob:
    given = {
        "id": "job-000271",
        "message": "mail-1",
        "state": STATES[kind],
        "recipient": Recipient(address=ADDRESS, number=NUMBER, name="Bob Weiß", company="ACME"),
        "notify": None,
        "orcpt": None,
        "decision": Decision(action=Action.ACCEPT, rule="all", rules_hash="x"),
        "fence": 1,
        "tries": 1,
        "crashes": 0,
        "created_at": ARRIVED,
        "deadline": ARRIVED + datetime.timedelta(hours=4),
        "due_at": ARRIVED,
        "pages": 7,
    }
    return FaxJob(**{**given, **fields})


def transmissions(count: int) -> tuple[Transmission, ...]:
    return tuple(
        Transmission(
            id=f"t{number}",
            job="job-000271",
            account="main",
            number=NUMBER,
            started_at=ARRIVED + datetime.timedelta(minutes=10 * number),
            reference=f"8821{number}",
        )
        for number in range(count)
    )


def report(kind: Kind, **fields) -> Report:
    outcome = {Kind.DELIVERED: Outcome.DELIVERED, Kind.RELAYED: Outcome.RELAYED}
    given = {"outcome": outcome.get(kind, Outcome.FAILED), "ended_at": ENDED}
    return Report(**{**given, **fields})


def entry(
    kind: Kind, *, cause: errors.Cause | None = None, unsure: bool = False, **fields
) -> Entry:
    return Entry(
        kind=kind,
        job=job(kind, cause=cause, **fields),
        transmissions=transmissions(fields.get("tries", 1)),
        report=report(kind),
        unsure=unsure,
    )


def notice(*entries: Entry, **fields) -> Notice:
    given = {
        "entries": entries,
        "to": "alice@example.com",
        "gateway": GATEWAY,
        "templates": TEMPLATES,
        "at": ARRIVED + datetime.timedelta(hours=1),
        "arrived_at": ARRIVED,
        "message_id": "<5f1c.77@example.com>",
        "subject": "Contract",
        "header": b"From: Alice <alice@example.com>\r\nSubject: Contract\r\n",
        "peer": Peer(address="192.0.2.7", helo="mail.example.com"),
        "proven": True,
        "zone": "Europe/Berlin",
    }
    return receipt.Notice(**{**given, **fields})
