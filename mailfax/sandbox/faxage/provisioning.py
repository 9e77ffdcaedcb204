"""provision.php: numbers to be had (manual, pages 29 to 35)."""

from mailfax.sandbox import _wire
from mailfax.sandbox._wire import Reply
from mailfax.sandbox.faxage.account import Account, is_number, refused
from mailfax.sandbox.faxage.numbers import RATE_CENTERS
from mailfax.sandbox.faxage.post import Post

_STOCK = tuple(f"{npanxx}01{last}" for npanxx in sorted(RATE_CENTERS) for last in range(50, 60))


def _available(account: Account) -> list[str]:
    taken = {line.did for line in account.exchange.lines()}
    return [number for number in _STOCK if f"+1{number}" not in taken]


def listac(account: Account, _post: Post) -> Reply:
    """Area codes in which there are numbers."""
    return _wire.text("\n".join(dict.fromkeys(did[:3] for did in _available(account))))


def listnpanxx(account: Account, post: Post) -> Reply:
    """First six digits with place and state, of one area code or all."""
    area = post.text("ac")
    found = dict.fromkeys(did[:6] for did in _available(account))
    lines = [
        "\t".join((npanxx, *RATE_CENTERS[npanxx])) for npanxx in found if area in {"", npanxx[:3]}
    ]
    return _wire.text("\n".join(lines))


def listdids(account: Account, post: Post) -> Reply:
    """Numbers, by npanxx, else by area code, else all."""
    start = post.text("npanxx") or post.text("ac")
    return _wire.text("\n".join(did for did in _available(account) if did.startswith(start)))


def provdid(account: Account, post: Post) -> Reply:
    """Take a number; the number before the word is inference."""
    number = post.text("didnumber")
    if not is_number(number):
        return refused(f"ERR04: Invalid DID number, {number}")
    if number not in _STOCK or not account.exchange.assign(account.provider, f"+1{number}"):
        return refused(f"ERR05: {number} does not appear to be available")
    return _wire.text(f"{number} provisioned")


def deprovdid(account: Account, post: Post) -> Reply:
    """Give a number back; the number before the word is inference."""
    number = post.text("didnumber")
    if not is_number(number):
        return refused(f"ERR04: Invalid DID number, {number}")
    if not account.exchange.release(account.provider, f"+1{number}"):
        return refused(f"ERR05: {number} is invalid or does not belong to you")
    return _wire.text(f"{number} deprovisioned")
