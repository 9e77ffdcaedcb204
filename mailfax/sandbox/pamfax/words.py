"""Dates and times, names of things, and what became of a fax in people's language."""

import datetime
import secrets
import string
import zoneinfo
from collections.abc import Mapping

from mailfax.sandbox.pamfax.refusals import Refused

_TIME = "%Y-%m-%d %H:%M:%S"
_CULTURES: Mapping[str, tuple[str, ...]] = {
    "de": ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M"),
    "en": ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p"),
}
"""How a user writes a time (`send_at`), by language; all others write `%Y-%m-%d` (inference)."""
_LETTERS = string.ascii_letters + string.digits

STATUS: Mapping[str | None, tuple[int, str, str]] = {
    None: (0, "Success", "Erfolgreich"),
    "busy": (1, "Busy", "Besetzt"),
    "no_answer": (2, "No answer", "Keine Antwort"),
    "no_fax_tone": (3, "No fax machine answered", "Kein Faxgerät am anderen Ende"),
    "partial": (4, "Connection lost during transmission", "Verbindung abgebrochen"),
    "bad_number": (5, "Number not assigned", "Kein Anschluss unter dieser Nummer"),
    "refused": (6, "Call rejected", "Anruf abgelehnt"),
    "no_credit": (7, "Not enough credit", "Nicht genügend Guthaben"),
    "conversion_failed": (8, "Document could not be converted", "Konvertierung fehlgeschlagen"),
    "cancelled": (9, "Cancelled by user", "Abgebrochen"),
}
"""By the exchange's cause: status_code, and status_message in English and German. Evidenced
are 0 and its two words; all others are inference."""


def uuid() -> str:
    """Fourteen letters and digits, as faxes, recipients and files have them."""
    return "".join(secrets.choice(_LETTERS) for _ in range(14))


def token() -> str:
    """Thirty-two lower-case letters and digits, as sessions have them."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(32))


def zone(name: str) -> zoneinfo.ZoneInfo:
    """A time zone by its name; raises `Refused`."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise Refused("invalid_timezone") from None


def stamp(time: datetime.datetime | None, where: datetime.tzinfo) -> str | None:
    """A time as answers have it, without its zone."""
    return None if time is None else time.astimezone(where).strftime(_TIME)


def read_time(text: str, where: datetime.tzinfo, culture: str = "") -> datetime.datetime:
    """A time of a client: as answers have it, or as `culture` writes it; raises `Refused`."""
    for form in (_TIME, *_CULTURES.get(culture[:2], ())):
        try:
            return datetime.datetime.strptime(text, form).replace(tzinfo=where)
        except ValueError:
            continue
    raise Refused("invalid_datetime")


def status(cause: str | None, language: str) -> str:
    """What became of a fax, in German or else in English."""
    _, english, german = STATUS[cause]
    return german if language.startswith("de") else english
