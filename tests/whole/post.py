"""Mails to send, and waiting for what comes of them."""

import email.message
import email.utils
import json

from mailfax.demo import stage


def mail(number, *, text="A line of text.\n", subject="A letter", **fields):
    """A plain mail from the demo's user to one number, or to several."""
    numbers = [number] if isinstance(number, str) else number
    found = email.message.EmailMessage()
    found["From"] = stage.SENDER
    found["To"] = ", ".join(f"{one}@{stage.DOMAIN}" for one in numbers)
    found["Subject"] = subject
    found["Message-ID"] = email.utils.make_msgid(domain="clinic.example")
    for name, value in fields.items():
        found[name.replace("_", "-")] = value
    found.set_content(text)
    return found


def faxes(running, number):
    """What the network was asked to carry to this number."""
    return [fax for fax in running.faxes() if fax["number"] == number]


def ended(running, number, seconds=60.0):
    """The first fax to this number that has ended."""

    def found():
        return next(
            (f for f in faxes(running, number) if f["state"] in {"delivered", "failed"}), None
        )

    return stage.wait_until(found, seconds, f"a fax to {number}")


def job(running, number, seconds=60.0):
    """The job to this number once it has ended or is held."""
    over = {"delivered", "relayed", "failed", "cancelled", "expired", "held"}

    def found():
        jobs = running.command("jobs", "list", "--number", number)
        return next((one for one in jobs if one["state"] in over), None)

    return stage.wait_until(found, seconds, f"the end of the job to {number}")


def receipts(running, word):
    """Mails to the demo's user whose text holds the word."""
    return [m for m in running.mails() if m["To"] == stage.SENDER and word in m.as_string()]


def receipt(running, word, seconds=60.0):
    """The first of them, waited for."""
    return stage.wait_until(lambda: next(iter(receipts(running, word)), None), seconds, "a receipt")


def fault(running, word, *, kind=None, times=1):
    """Let the next requests to send, of this kind of provider or the only one, go wrong."""
    kind = kind or running.accounts["main"]
    body = json.dumps({"provider": kind, "fault": word, "times": times}).encode()
    running.ask("/faults", method="POST", body=body)
