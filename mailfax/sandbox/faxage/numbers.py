"""Telephone numbers: which are dialled, and operations on our own (manual, pages 23 to 26)."""

import re

from mailfax.sandbox import _wire
from mailfax.sandbox._wire import Reply
from mailfax.sandbox.faxage.account import Account, is_number, refused
from mailfax.sandbox.faxage.post import Post

FIRST = ("3035550100", "3035550101")
"""Of the account, before any is provisioned; fictional."""
RATE_CENTERS = {
    "202555": ("Washington", "DC"),
    "303555": ("Denver", "CO"),
    "415555": ("San Francisco", "CA"),
    "800555": ("Toll-Free", "Toll-Free"),
}
"""Where the service has numbers: the first six digits → place and state."""

_PLAUSIBLE = re.compile(r"[2-9]\d{2}[2-9]\d{6}")
_SERVICE = re.compile(r"[2-9]11.*|...[2-9]11.*|(?:900|555).*|...976.*")
_ABROAD = re.compile(
    r"(?:242|246|264|268|284|340|345|441|473|649|658|664|670|671|684|721|758|767|784|787|809|829|"
    r"849|868|869|876|907|939).*"
)
"""Area codes of the plan outside the continental US, Canada and Hawaii."""


def blocked(number: str) -> bool:
    """Whether these ten digits are not dialled (manual, ERR05).

    The exchange 555 is dialled here, unlike there: fictional numbers are for trying out.
    """
    return (
        _PLAUSIBLE.fullmatch(number) is None
        or _SERVICE.fullmatch(number) is not None
        or _ABROAD.fullmatch(number) is not None
    )


def disabledid(account: Account, post: Post) -> Reply:
    """Let callers of a number hear busy."""
    return _switch(account, post, on=False)


def enabledid(account: Account, post: Post) -> Reply:
    """Let a number receive again."""
    return _switch(account, post, on=True)


def _switch(account: Account, post: Post, *, on: bool) -> Reply:
    number = post.text("didnumber")
    if not is_number(number):
        return refused("ERR16: invalid DID number")
    if not account.exchange.switch(account.provider, f"+1{number}", on):
        return refused("ERR17: DID not found or doesn't belong to you")
    return _wire.text("Enabled" if on else "Disabled")


def portable(_account: Account, post: Post) -> Reply:
    """1 for a number of a rate center with service, else 0; by area code here."""
    number = post.text("didnumber")
    served = is_number(number) and any(known[:3] == number[:3] for known in RATE_CENTERS)
    return _wire.text("1" if served else "0")


def listlines(account: Account, _post: Post) -> Reply:
    """Our numbers."""
    lines = account.exchange.lines(account.provider)
    return _wire.text("\n".join(line.did[2:] for line in lines))
