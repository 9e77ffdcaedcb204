"""Looking at messages that are under way, and steering them (manual, FaxStatus to ResumeFax).

What is asked of a message that is not in the right state for it is passed over, and its
status told as it is: inference, as no fault is named for that.
"""

from collections.abc import Callable, Collection

from mailfax.sandbox.monopond import envelope, records
from mailfax.sandbox.monopond.account import Account
from mailfax.sandbox.monopond.arguments import Arguments
from mailfax.sandbox.monopond.envelope import Element
from mailfax.sandbox.monopond.messages import Message

_BEFORE_DIALLING = {"queued", "starting", "sending"}


def status(account: Account, asked: Arguments, answer: Element) -> None:
    """FaxStatus; the level is brief when none is asked for."""
    level = asked.choice("Verbosity", records.LEVELS) or "brief"
    found = _found(account, asked)
    records.totals(answer, account, found)
    if level != "brief":
        records.listing(answer, account, found, level)


def stop(account: Account, asked: Arguments, answer: Element) -> None:
    """StopFax."""
    _steer(account, asked, answer, {*_BEFORE_DIALLING, "paused"}, account.stop)


def pause(account: Account, asked: Arguments, answer: Element) -> None:
    """PauseFax."""
    _steer(account, asked, answer, _BEFORE_DIALLING, account.pause)


def resume(account: Account, asked: Arguments, answer: Element) -> None:
    """ResumeFax."""
    _steer(account, asked, answer, {"paused", "pausing"}, account.resume)


def _steer(
    account: Account,
    asked: Arguments,
    answer: Element,
    states: Collection[str],
    turn: Callable[[Message], None],
) -> None:
    """Turn those that can be; answers in public show the list without the totals."""
    found = _found(account, asked)
    with account.lock:
        for message in found:
            if account.status(message) in states:
                turn(message)
    records.listing(answer, account, found, "send")


def _found(account: Account, asked: Arguments) -> list[Message]:
    references = asked.references()
    if not references:
        asked.wrong("MessageRef, SendRef, BroadcastRef", "at least one is required")
    asked.check()
    found = account.find(references)
    if not found:
        text = "no messages were found for these references"
        raise envelope.Fault(text, "NoMessagesFoundException")
    return found
