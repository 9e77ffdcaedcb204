"""PINs in the subject, `[pin 1234]`: found, taken out, compared."""

import hmac
import re

import argon2

from mailfax import errors
from mailfax.mail import compose, header

_PIN = re.compile(r"\s*\[\s*pin\s*[:=]?\s*([^\s\[\]]{1,64})\s*\]", re.IGNORECASE)
_SUBJECT = re.compile(
    rb"^subject[ \t]*:[^\n]*\n?(?:[ \t][^\n]*(?:\n|\Z))*", re.IGNORECASE | re.MULTILINE
)
SHORTEST = 4


def given(subject: str) -> str:
    """The PIN in a decoded subject; empty when there is none, or more than one."""
    found = _PIN.findall(subject)
    return found[0] if len(found) == 1 else ""


def taken_out(subject: str) -> str:
    """The subject as people may read it."""
    return _PIN.sub("", subject).strip()


def cleaned(section: bytes) -> bytes:
    """A header section whose Subject fields hold no PIN; what has none stays as it came."""
    may_hold = b"pin" in section.lower() or b"=?" in section
    return _SUBJECT.sub(_cleaned, section) if may_hold else section


def cleaned_mail(octets: bytes) -> bytes:
    """A whole mail likewise."""
    section = header.split(octets, 0, len(octets))[0].raw
    return cleaned(section) + octets[len(section) :]


def _cleaned(field: re.Match[bytes]) -> bytes:
    text = header.decoded(header.unfolded(field[0].partition(b":")[2]))
    return compose.field("Subject", taken_out(text)) if _PIN.search(text) else field[0]


def right(secret: str, pin: str) -> bool:
    """Whether this is the PIN; `secret` is it, or its Argon2 hash. Takes as long either way."""
    if not secret.startswith("$argon2"):
        return hmac.compare_digest(secret.encode(), pin.encode())
    try:
        return argon2.PasswordHasher().verify(secret, pin)
    except argon2.exceptions.VerifyMismatchError:
        return False
    except argon2.exceptions.InvalidHashError:
        raise errors.Permanent("the hash of a PIN cannot be read") from None
