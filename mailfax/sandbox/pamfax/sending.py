"""FaxJob, from sending on: at once, later, when there is credit; and taking it back.

A fax with a time waits on the network without its document, which the first call to the
service after that time brings: nothing here runs on a timer.
"""

import contextlib
import dataclasses
import datetime

from mailfax.sandbox import _calls
from mailfax.sandbox.pamfax import answer, covers, faxjob, images, records, words
from mailfax.sandbox.pamfax.account import Account, User
from mailfax.sandbox.pamfax.answer import Items
from mailfax.sandbox.pamfax.call import Call, Operations
from mailfax.sandbox.pamfax.jobs import Job, Recipient
from mailfax.sandbox.pamfax.refusals import Refused

_LATEST = datetime.timedelta(days=14)
_PATIENCE = datetime.timedelta(hours=2)
"""How long an unpaid fax goes out by itself when credit comes."""
_WORDS = {
    "queued": "In queue",
    "delayed": "In queue",
    "sending": "Sending",
    "unpaid": "Unpaid",
}
SUBMITS = frozenset({"Send", "SendLater", "SendUnpaidFaxes", "SendDelayedFaxNow", "QuickSend"})


def send(call: Call) -> answer.Object:
    """Send the edited fax; the order of the checks is inference."""
    job = call.job
    due = _due(call)
    if _state(call, job) == "not_enough_credit":
        raise Refused("not_enough_credit")
    call.login().job = None
    _take(call.account, call.user, job, call.now)
    _start(call.account, call.user, job, call.now, due)
    return {}


def send_later(call: Call) -> answer.Object:
    """Put the edited fax among the unpaid ones."""
    job = call.job
    _due(call)
    if _state(call, job) == "ready_to_send":
        raise Refused("enough_credit")
    call.login().job = None
    job.unpaid = call.now
    _take(call.account, call.user, job, call.now)
    return {}


def _state(call: Call, job: Job) -> str:
    """`ready_to_send` or `not_enough_credit`; raises `Refused` for a fax that is not ready."""
    if not job.documents and job.sheet is None:
        raise Refused("no_files_in_fax")
    if not job.recipients:
        raise Refused("no_recipients_in_fax")
    state = job.state(call.now, call.user.credit)
    if state == "editing":
        raise Refused("fax_not_ready")
    return state


def _due(call: Call) -> datetime.datetime | None:
    """When to send, by `datetime` or else `send_at`; None: now. Raises `Refused`."""
    named = call.word("send_at_timezone")
    where = words.zone(named) if named else call.zone
    standard, local = call.word("datetime"), call.word("send_at")
    if not standard and not local:
        return None
    due = words.read_time(standard or local, where, "" if standard else call.culture)
    if not call.now <= due <= call.now + _LATEST:
        raise Refused("invalid_datetime")
    return due


def _take(account: Account, user: User, job: Job, now: datetime.datetime) -> None:
    """A fax leaves the session, and each recipient becomes a fax of the user."""
    job.sent = now
    for fax in job.recipients.values():
        account.keep(user, fax)


def _start(
    account: Account,
    user: User,
    job: Job,
    now: datetime.datetime,
    due: datetime.datetime | None = None,
) -> None:
    """Take the price and order the calls; a fax with a time waits for its document."""
    job.unpaid, job.due = None, due
    for fax in job.recipients.values():
        if fax.cancelled is None:
            fax.price = job.pages * fax.number.price
            user.credit -= fax.price
            call = account.exchange.order(
                account.provider, fax.number.e164, None, reference=fax.uuid
            )
            fax.call = call.id
            account.changed(user, "faxsending", fax.uuid)
    if due is None:
        _bring(account, user, job, now)
    else:
        account.waiting[job.uuid] = (user, job)


def _bring(account: Account, user: User, job: Job, now: datetime.datetime) -> None:
    """The network gets the documents, and alone keeps them from here on."""
    job.due = None
    account.waiting.pop(job.uuid, None)
    for fax in job.recipients.values():
        if fax.call is not None:
            account.exchange.fill(fax.call, images.files(job, fax, user, now))
    for document in job.documents:
        document.data = b""


def awake(account: Account, now: datetime.datetime) -> None:
    """Send what waited for its time."""
    for user, job in list(account.waiting.values()):
        if job.due is not None and job.due <= now:
            _bring(account, user, job, now)


def paid(account: Account, user: User, now: datetime.datetime) -> None:
    """Credit came: send what waits for it and is not old."""
    for job in _unpaid(user):
        recent = job.unpaid is not None and now - job.unpaid <= _PATIENCE
        if recent and job.affordable(user.credit):
            _start(account, user, job, now)


def _unpaid(user: User) -> list[Job]:
    found = {one.job.uuid: one.job for one in user.faxes.values() if one.job.unpaid is not None}
    return list(found.values())


def send_unpaid_faxes(call: Call) -> answer.Object:
    """Send these unpaid faxes while the credit lasts."""
    sent: list[answer.Object] = []
    unpaid: list[answer.Object] = []
    for uuid in call.items("uuids"):
        fax = faxjob.fax_of(call, uuid)
        job = fax.job
        if job.unpaid is not None and job.affordable(call.user.credit):
            _start(call.account, call.user, job, call.now)
        (unpaid if job.unpaid is not None else sent).append(records.listed(call, fax))
    return {
        "SentFaxes": Items(element="FaxRecipient", content=sent),
        "UnpaidFaxes": Items(element="FaxRecipient", content=unpaid),
    }


def edit_delayed_fax(call: Call) -> answer.Object:
    """Another time for a fax that waits for its time."""
    job = _delayed(call, call.text("fax_uuid"))
    due = _due(call)
    if due is None:
        raise Refused("invalid_datetime")
    job.due = due
    return {}


def send_delayed_fax_now(call: Call) -> answer.Object:
    """Send a fax that waits for its time."""
    _bring(call.account, call.user, _delayed(call, call.text("uuid")), call.now)
    return {}


def _delayed(call: Call, uuid: str) -> Job:
    job = faxjob.fax_of(call, uuid).job
    if job.due is None:
        raise Refused("fax_not_found")
    return job


def cancel(call: Call) -> answer.Object:
    """Take a fax back, or all of its job; one that is being dialled goes on.

    Which code tells that it is too late is inference.
    """
    fax = faxjob.fax_of(call, call.text("uuid"))
    siblings = list(fax.job.recipients.values()) if call.flag("siblings_too") else [fax]
    stopped = [_stop(call, one) for one in siblings]
    if any(stopped):
        return {}
    over = all(records.over(call.account, one, call.now) for one in siblings)
    raise Refused("fax_not_found" if over else "unable_to_cancel")


def _stop(call: Call, fax: Recipient) -> bool:
    if fax.call is not None:
        return call.account.exchange.cancel(fax.call)
    if fax.cancelled is None and fax.job.unpaid is not None:
        fax.cancelled = call.now
        return True
    return False


def ended(account: Account, uuid: str) -> None:
    """A call ended: give back what it did not cost, and tell who listens."""
    now = account.exchange.now()
    for user in account.users.values():
        fax = user.faxes.get(uuid)
        if fax is not None:
            user.credit += records.refund(fax, account.call(fax), now)
            delivered = records.standing(account, fax, now) == "success"
            account.changed(user, "faxsucceeded" if delivered else "faxfailed", uuid)


def faxes_in_progress(call: Call) -> answer.Object:
    """How many faxes are under way or unpaid, and shortly which; names are inference."""
    under_way = [
        (fax, state)
        for fax in call.user.faxes.values()
        if (state := records.standing(call.account, fax, call.now)) in _WORDS
    ]
    short: list[answer.Object] = [
        {
            "recipient_uuid": fax.uuid,
            "recipient_id": fax.id,
            "container_id": fax.job.uuid,
            "state": state,
            "state_string": _WORDS[state],
            "created": call.stamp(fax.created),
            "updated": call.stamp(fax.job.sent),
        }
        for fax, state in under_way
    ]
    unpaid = sum(state == "unpaid" for _, state in under_way)
    counted = {"in_progress": len(short) - unpaid, "unpaid": unpaid}
    return {"Count": counted, "Faxes": Items(element="Fax", content=short)}


def quick_send(call: Call) -> answer.Object:
    """Log in, build a fax and send it at once; wrong numbers are passed over.

    The real one answers when the fax is converted; here that takes no time.
    """
    session = call.account.login(
        call.account.user(call.text("username"), call.text("password")), call.now
    )
    session.job = Job(created=call.now, origin=call.word("origin"))
    try:
        _fill(dataclasses.replace(call, session=session))
        later = call.now + _calls.CONVERTING
        return send(dataclasses.replace(call, session=session, fields={}, now=later))
    finally:
        del call.account.sessions[session.token]


def _fill(call: Call) -> None:
    pairs = zip(call.items("rec_number"), call.items("rec_name"), strict=False)
    for number, name in pairs:
        with contextlib.suppress(Refused):
            faxjob.add(call, [(number, name)])
    for upload in call.uploads():
        faxjob.take(call, upload.name, upload.data)
    if call.word("cover_id"):
        chosen = {"template_id": call.text("cover_id"), "text": call.text("cover_text")}
        covers.set_cover(dataclasses.replace(call, fields=dict(chosen)))


LOGGED_IN: Operations = {
    "Send": send,
    "SendLater": send_later,
    "SendUnpaidFaxes": send_unpaid_faxes,
    "EditDelayedFax": edit_delayed_fax,
    "SendDelayedFaxNow": send_delayed_fax_now,
    "Cancel": cancel,
    "FaxesInProgress": faxes_in_progress,
}
OPEN: Operations = {"QuickSend": quick_send}
