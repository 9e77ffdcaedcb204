"""Building one fax in a session of its own, and sending it.

A fax is built step by step, and the steps name no fax: they work on the one that the session
holds. Only the last step, Send, can put it on the line, so whatever goes wrong before it has
surely sent nothing. Just before it the ids of fax and recipient are noted: a fax without a note
was never sent.
"""

import contextlib
import dataclasses
import re
import time
from collections.abc import Callable, Iterator

from mailfax import errors, failpoints
from mailfax.model import Transmission
from mailfax.number import FaxNumber
from mailfax.providers import _port
from mailfax.providers.pamfax import _calling, _client, _meanings, _records

NAME = 80
"""Characters of a recipient's name that the service keeps [P]."""
LONGEST_PAUSE = 4.0
"""Seconds between two looks at a conversion; the vendor's samples wait 2 to 5 [D]."""

_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_ID = re.compile(r"[A-Za-z0-9]{1,64}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What an account's settings wish; None leaves it to the user's profile."""

    patience: float
    """Seconds to wait for the conversion of a document."""
    sender_name: str | None
    sender_number: str | None


def send(
    client: _client.Client,
    transmission: Transmission,
    document: _port.Payload,
    note: _port.Note,
    wishes: Wishes,
) -> str:
    """Build and send a fax and return its recipient's id; note `FAX/RECIPIENT` before.

    When the session ends before the fax is sent, it is built once more in another. Raises
    errors.Unsure for Send alone.
    """
    with contextlib.suppress(_meanings.Ended):
        return _sent(client.apart(), transmission, document, note, wishes)
    return _sent(client.apart(), transmission, document, note, wishes)


def spaced(text: str) -> str:
    """One line: every run of blanks and control characters is one space."""
    return _BLANK.sub(" ", text).strip()


def _sent(
    session: _client.Client,
    transmission: Transmission,
    document: _port.Payload,
    note: _port.Note,
    wishes: Wishes,
) -> str:
    try:
        fax, recipient = _built(session, transmission, document, wishes)
        note(transmission.id, f"{fax}/{recipient}")
        failpoints.hit("submit-before-connect")
        session.send()
    except (errors.Temporary, errors.Permanent):
        _quietly(session.logout)
        raise
    failpoints.hit("submit-after-answer")
    _quietly(session.logout)
    return recipient


def _built(
    session: _client.Client,
    transmission: Transmission,
    document: _port.Payload,
    wishes: Wishes,
) -> tuple[str, str]:
    """Ids of a fax that is ready to be sent, and of its one recipient."""
    name = spaced(transmission.recipient_name)[:NAME] or None
    try:
        fax = session.create()
        session.add_recipient(str(transmission.number), name=name)
        session.add_file(_calling.File(document.name, document.data), origin="mailfax")
        if wishes.sender_name or wishes.sender_number:
            session.set_sender_details(number=wishes.sender_number, name=wishes.sender_name)
        state = _ready(session, wishes.patience)
        return fax.uuid, _only_recipient(session, state, transmission.number)
    except errors.Unsure as error:
        raise errors.Temporary(f"nothing was sent yet: {error}") from None


def _ready(session: _client.Client, patience: float) -> _records.FaxState:
    """The fax once its document is converted."""
    for pause in _pauses(patience):
        state = session.get_fax_state()
        if state.fax.state == "ready_to_send":
            return state
        if state.fax.state == "not_enough_credit":
            raise errors.Temporary(
                "the account has too little credit for this fax", cause=errors.Cause.NO_CREDIT
            )
        time.sleep(pause)
    raise errors.Temporary(
        f"the provider has not converted the document in {patience:g} seconds",
        cause=errors.Cause.TIMED_OUT,
    )


def _only_recipient(session: _client.Client, state: _records.FaxState, number: FaxNumber) -> str:
    """The id of the fax's one recipient, which has our number.

    A session may hand back a fax that was left unfinished in it [P]: one with anything in it
    that we did not put there is emptied, and not sent.
    """
    recipients = session.list_recipients()
    ours = [one.uuid for one in recipients if re.sub("[^0-9]", "", one.number) == number.digits]
    bare = state.fax.cover_id in {"", "0"} and len(state.files) == 1
    if len(recipients) == len(ours) == 1 and bare and _ID.fullmatch(ours[0]):
        return ours[0]
    for empty in (session.remove_all_recipients, session.remove_all_files, session.remove_cover):
        _quietly(empty)
    raise errors.Temporary("the provider had something else in the fax; it was not sent")


def _pauses(patience: float) -> Iterator[float]:
    """Seconds to wait after each look, longer and longer, `patience` in all."""
    pause = 0.25
    while patience > 0:
        yield min(pause, patience)
        patience -= pause
        pause = min(2 * pause, LONGEST_PAUSE)


def _quietly(operation: Callable[[], object]) -> None:
    """Do what is well done but changes nothing if it is not."""
    with contextlib.suppress(errors.MailfaxError):
        operation()
