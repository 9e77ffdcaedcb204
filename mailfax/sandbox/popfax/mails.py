"""The mails that the service sends: received faxes, and what is forwarded to an address."""

import email.message
import email.policy
import re

from mailfax.sandbox import _calls
from mailfax.sandbox.popfax import faxes
from mailfax.sandbox.popfax.account import Message, Visit, stamp

_ADDRESS = re.compile(r"[^@\s,;<>]+@[A-Za-z0-9.-]+\.[A-Za-z0-9]+")
_SENDER = "popfax@sandbox.invalid"
_LABELS = {"tiff": ("image", "tiff"), "pdf": ("application", "pdf"), "wav": ("audio", "x-wav")}


def is_address(text: str) -> bool:
    """Whether mail can go there."""
    return _ADDRESS.fullmatch(text) is not None


def forward(visit: Visit, item: Message, to: str) -> None:
    """Mail a message with its document."""
    words = item.content if isinstance(item, faxes.Text) else "Forwarded from your account."
    _send(visit, to, "Forwarded", words, item)


def notify(visit: Visit, fax: _calls.Received, item: Message) -> None:
    """Mail that a fax came in, with it where the account wants that."""
    settings = visit.account.settings
    to = settings["notificationemail"]
    if settings["notifybyemail"] == 1 and to:
        words = f"From {fax.caller or 'unknown'} at {stamp(fax.received)}, pages: {fax.pages}"
        _send(visit, to, "New fax", words, item if settings["redirecttoemail"] == 1 else None)


def _send(visit: Visit, to: str, subject: str, words: str, item: Message | None) -> None:
    mail = email.message.EmailMessage(policy=email.policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = _SENDER, to, subject
    mail.set_content(words)
    form = "wav" if isinstance(item, faxes.Voice) else _form(visit)
    data = faxes.document(visit, item, form) if item is not None else None
    if data is not None:
        kind, subkind = _LABELS[form]
        mail.add_attachment(data, maintype=kind, subtype=subkind, filename=f"message.{form}")
    visit.account.around.mailbox.put(_SENDER, (to,), mail.as_bytes())


def _form(visit: Visit) -> str:
    return "pdf" if visit.account.settings["attachmentid"] == 1 else "tiff"
