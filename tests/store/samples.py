"""Mails, jobs and faxes to fill a ledger with."""

import datetime
import hashlib
import itertools
import os
from concurrent import futures

from mailfax.model import (
    Action,
    Content,
    Decision,
    Envelope,
    InboundFax,
    Peer,
    Rcpt,
    Recipient,
    Routing,
    Target,
    Transmission,
)
from mailfax.number import FaxNumber
from mailfax.states import Event, State
from mailfax.store import deliveries, mails
from mailfax.store.faxes import Change

START = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.UTC)

_numbers = itertools.count(1)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, at=START):
        self.at = at

    def __call__(self):
        return self.at

    def forward(self, seconds):
        self.at += datetime.timedelta(seconds=seconds)


def together(*calls):
    """The answers of calls that run at once, each in a thread; the first error is raised."""
    with futures.ThreadPoolExecutor(len(calls)) as threads:
        return [running.result() for running in [threads.submit(call) for call in calls]]


def later(clock, seconds):
    return clock() + datetime.timedelta(seconds=seconds)


def fresh(prefix):
    return f"{prefix}{os.getpid()}x{next(_numbers):06}"


def decision(**changes):
    settings = {
        "action": Action.ACCEPT,
        "rule": "staff",
        "rules_hash": "abc",
        "provider": ("main", "spare"),
        "origins": {"cover": "defaults"},
    }
    return Decision(**settings | changes)


def new_job(clock, number="12025550123", allowed=86400.0, said=(), **changes):
    return mails.NewJob(
        id=fresh("job"),
        recipient=Recipient(address=f"{number}@fax.example.com", number=FaxNumber(number)),
        rcpt=Rcpt(address=f"{number}@fax.example.com", notify=frozenset({"FAILURE", "SUCCESS"})),
        decision=decision(**dict(said)),
        deadline=later(clock, allowed),
        **changes,
    )


def content(data=b"Subject: hello\r\n\r\nfax me\r\n"):
    return Content(size=len(data), sha256=hashlib.sha256(data).hexdigest(), data=data)


def envelope(clock, **changes):
    settings = {
        "mail_from": "ann@example.com",
        "rcpt_tos": (),
        "content": content(),
        "peer": Peer(address="192.0.2.7", helo="desk.example.com", tls="TLSv1.3"),
        "login": "ann",
        "received_at": clock(),
        "ret": "HDRS",
        "envid": "Q7",
    }
    return Envelope(**settings | changes)


def acceptance(clock, jobs=1, **changes):
    made = jobs if isinstance(jobs, tuple) else tuple(new_job(clock) for _ in range(jobs))
    settings = {
        "id": fresh("mail"),
        "envelope": envelope(clock),
        "jobs": made,
        "message_id": "<1@example.com>",
        "subject": "hello",
        "sender": "ann@example.com",
        "header": b"Subject: hello\r\n",
    }
    return mails.Acceptance(**settings | changes)


def accepted(ledger, jobs=1, **changes):
    """Accept one mail; its jobs as they are in the ledger."""
    mail = acceptance(ledger.now, jobs, **changes)
    ledger.mails.accept([mail])
    return [ledger.faxes.get(job.id) for job in mail.jobs]


def claim(ledger, state, limit=1, lease=60.0, owner="worker"):
    return ledger.faxes.claim([state], limit, lease, owner)


def ready(ledger, jobs=1):
    """Jobs with pages, waiting to be sent."""
    accepted(ledger, jobs)
    claimed = claim(ledger, State.ACCEPTED, jobs)
    changes = [
        Change(job=job, event=Event.RENDERED, document=f"fax/{job.id}", pages=2) for job in claimed
    ]
    assert not ledger.faxes.advance_all(changes)
    return [ledger.faxes.get(job.id) for job in claimed]


def transmission(ledger, job):
    return Transmission(
        id=fresh("tx"),
        job=job.id,
        account="main",
        number=job.recipient.number,
        started_at=ledger.now(),
        pages=job.pages,
    )


def submitting(ledger):
    """One job whose intent to send is durable, still leased."""
    ready(ledger)
    [job] = claim(ledger, State.READY)
    return ledger.faxes.begin(job, transmission(ledger, job), 60.0)


def submitted(ledger):
    """One job that its provider has."""
    job = submitting(ledger)
    return ledger.faxes.advance(Change(job=job, event=Event.TAKEN, reference=f"R-{job.id}"))


def received(reference, account="main", **changes):
    settings = {
        "did": "+12025550100",
        "caller": "+12025550199",
        "received_at": START,
        "tsid": "CALLER",
    }
    return InboundFax(account=account, reference=reference, **settings | changes)


ROUTING = Routing(
    rules=("all",), rules_hash="abc", targets=(Target(kind="mail", address="fax@example.com"),)
)


def delivery(target="ann@example.com", **changes):
    settings = {
        "id": fresh("del"),
        "kind": "receipt",
        "mail_from": "",
        "message_id": f"<{fresh('m')}@fax.example.com>",
        "data": b"Subject: sent\r\n\r\n",
    }
    return deliveries.NewDelivery(target=target, **settings | changes)
