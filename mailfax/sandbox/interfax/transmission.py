"""admin.asmx: a user's sending service (manual, structure User_Tx)."""

import dataclasses
import re
from collections.abc import Callable
from typing import Any

from mailfax.sandbox.interfax import administration, numbers
from mailfax.sandbox.interfax.account import Account, Refused, Tx
from mailfax.sandbox.interfax.envelope import Arguments, Value
from mailfax.sandbox.interfax.page import Answer

_NO_TX = -2030
_HAS_TX = -2031
_NAMES = ("User_tx", "U_tx")
"""The manual's name of the structure, and that of one public snippet."""

_FIELDS = {
    "CheckPassword": "check_password",
    "Conversion": "conversion",
    "FeedbackType": "feedback_type",
    "FeedbackFormat": "feedback_format",
    "FeedbackWithTIF": "feedback_with_tif",
    "AllowedSenders": "allowed_senders",
    "AllowedIPAddresses": "allowed_addresses",
    "DefaultPageSize": "page_size",
    "DefaultPageOrientation": "page_orientation",
    "DefaultPageResolution": "page_resolution",
    "DefaultRenderingQuality": "rendering_quality",
    "DefaultPageHeader": "page_header",
    "DefaultRetriesToPerform": "retries",
    "DefaultReplyAddress": "reply_address",
    "AuthenticateBySignature": "by_signature",
    "AuthenticateByTickets": "by_tickets",
    "DefaultDeleteAfterUsage": "delete_after_usage",
    "DialingAreaCode": "area",
    "DialingCountryISOCode": "country",
}
"""Member of User_Tx, in its order → attribute of `Tx`."""


def _senders_fit(text: str) -> bool:
    """Addresses, or `*@domain` for a whole one, with commas between them."""
    addresses = [address.strip() for address in text.split(",") if address.strip()]
    return all(re.fullmatch(r"[^@\s,*]+@[^@\s,*]+|\*@[^@\s,*]+", one) for one in addresses)


_CHECKS: dict[int, Callable[[Tx], bool]] = {
    -2020: lambda tx: tx.feedback_type in range(4),
    -2021: lambda tx: tx.feedback_format in range(4),
    -2022: lambda tx: _senders_fit(tx.allowed_senders),
    -2023: lambda tx: tx.page_size in {"A4", "Letter", "Legal", "B4"},
    -2024: lambda tx: tx.page_orientation in {"Portrait", "Landscape"},
    -2025: lambda tx: tx.page_resolution in {"Standard", "Fine"},
    -2026: lambda tx: tx.rendering_quality in {"Standard", "Fine"},
    -2027: lambda tx: tx.retries in range(10),
    -2028: lambda tx: numbers.is_country(tx.country),
}
"""Error code → what must hold."""


def add_service(account: Account, given: Arguments) -> int:
    """AddTxService."""
    administration.primary(account, given)
    wanted = given.part(*_NAMES)
    user = administration.named(account, wanted.text("Username"))
    if user.tx is not None:
        raise Refused(_HAS_TX)
    user.tx = _changed(Tx(), wanted)
    return 0


def remove_service(account: Account, given: Arguments) -> int:
    """RemoveTxService."""
    administration.primary(account, given)
    user = administration.named(account, given.text("Username"))
    if user.tx is None:
        raise Refused(_NO_TX)
    user.tx = None
    return 0


def set_properties(account: Account, given: Arguments) -> int:
    """SetUserTxProperties: what is missing stays as it was (inference)."""
    wanted = given.part(*_NAMES)
    user = administration.target(account, account.login(given), wanted.text("Username"))
    if user.tx is None:
        raise Refused(_NO_TX)
    user.tx = _changed(user.tx, wanted)
    return 0


def get_properties(account: Account, given: Arguments) -> Answer:
    """GetUserTxProperties: of the user named in the structure, else one's own."""
    name = given.part(*_NAMES).text("Username")
    user = administration.target(account, account.login(given), name)
    if user.tx is None:
        raise Refused(_NO_TX)
    values: dict[str, Value] = {"Username": user.name}
    values |= {member: getattr(user.tx, field) for member, field in _FIELDS.items()}
    return Answer(0, {_NAMES[0]: values})


def _changed(tx: Tx, wanted: Arguments) -> Tx:
    """`tx` with what the structure says. Raises `Refused`."""
    changes: dict[str, Any] = {}
    for member, field in _FIELDS.items():
        if not wanted.has(member):
            continue
        old = getattr(tx, field)
        if isinstance(old, bool):
            changes[field] = wanted.flag(member)
        elif isinstance(old, int):
            changes[field] = wanted.whole(member)
        elif wanted.text(member) or not member.startswith(("DefaultPage", "DefaultRendering")):
            changes[field] = wanted.text(member)
    changed = dataclasses.replace(tx, **changes)
    for code, holds in _CHECKS.items():
        if not holds(changed):
            raise Refused(code)
    return changed
