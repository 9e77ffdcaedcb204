"""A fax to the wrong number: the first one to a number, a look-alike, a long or a dear one.

Nothing here stops a fax for good: it waits until its author or another person has looked again.
"""

import dataclasses
from collections.abc import Sequence

from mailfax.model import Action, Decision, FaxJob
from mailfax.money import Money
from mailfax.number import FaxNumber
from mailfax.policy.lint import PUBLIC_DOMAINS


@dataclasses.dataclass(frozen=True, kw_only=True)
class History:
    """What the ledger knows of a number; False and none where it was not asked."""

    faxed: bool = False
    """The sender has faxed it with success."""
    alike: Sequence[FaxNumber] = ()
    """Numbers like it, or itself, that the sender or his organisation has faxed with success."""


def asks(decision: Decision) -> bool:
    """Whether the history of the number matters."""
    return decision.action is Action.ACCEPT and {decision.first_fax, decision.lookalike} != {"send"}


def organisation(sender: str) -> str | None:
    """The domain whose people know the same numbers; None where anybody may have an address."""
    domain = sender.lower().rpartition("@")[2]
    return None if domain in PUBLIC_DOMAINS else domain


def neighbours(fax: FaxNumber) -> list[FaxNumber]:
    """Every number that differs in one digit, or in two neighbours that changed places."""
    text = fax.digits
    typed = {
        text[:place] + digit + text[place + 1 :]
        for place in range(len(text))
        for digit in "0123456789"
    }
    swapped = {
        text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        for place in range(len(text) - 1)
    }
    return [FaxNumber(digits) for digits in sorted((typed | swapped) - {text})]


def guarded(decision: Decision, fax: FaxNumber, history: History) -> Decision:
    """The decision, or one that waits: for a look-alike first, since it says more."""
    alike = next(iter(history.alike), None)
    if decision.lookalike != "send" and alike and fax not in history.alike:
        text = f"{fax.display()} looks like {alike.display()}, which was faxed before"
        return _waiting(decision, decision.lookalike, text)
    if decision.first_fax != "send" and not history.faxed:
        return _waiting(decision, decision.first_fax, f"{fax.display()} was never faxed before")
    return decision


def _waiting(decision: Decision, how: str, why: str) -> Decision:
    confirm = how == "confirm"
    whom = "its author confirms it" if confirm else "somebody approves it"
    text = f"{why}: this fax waits until {whom}"
    return dataclasses.replace(decision, action=Action.HOLD, text=text, confirm=confirm)


def unapproved(job: FaxJob, price: Money | None) -> str | None:
    """Why another person has to approve this fax first; None: nobody has to, or somebody has.

    A price that nobody knows is above any limit.
    """
    if job.approved_by:
        return None
    most_pages, most_money = job.decision.approve_pages, job.decision.approve_money
    if most_pages is not None and job.pages > most_pages:
        return f"it has {job.pages} pages: another person has to approve it"
    if most_money is not None and (price is None or price.amount > most_money.amount):
        cost = f"costs about {price}" if price else "has no known price"
        return f"it {cost}: another person has to approve it"
    return None
