"""Logins of the listener: SASL PLAIN and LOGIN words, checked against Argon2 hashes.

An unknown name costs the same time and gets the same answer as a wrong password: its password
is checked against the hash of a secret that nobody knows.
"""

import base64
import binascii
import secrets
from collections.abc import Generator, Mapping

import argon2

from mailfax import errors


class Logins:
    """The names that may log in; truth value: whether there are any."""

    def __init__(self, hashes: Mapping[str, str]) -> None:
        """Name → Argon2 hash. Raises `errors.Permanent` naming a login whose hash is none."""
        self._hashes = dict(hashes)
        costs = [_cost(name, value) for name, value in self._hashes.items()]
        self._nobody = _decoy(costs) if costs else ""

    def __bool__(self) -> bool:
        return bool(self._hashes)

    def verify(self, name: str, password: str) -> bool:
        """Whether this is the password of `name`. Slow on purpose: call it in a thread."""
        if not self._hashes:
            return False
        known = name in self._hashes
        try:
            right = argon2.PasswordHasher().verify(
                self._hashes[name] if known else self._nobody, password
            )
        except argon2.exceptions.VerifyMismatchError:
            return False
        return known and right


def _cost(name: str, value: str) -> argon2.Parameters:
    try:
        return argon2.extract_parameters(value)
    except argon2.exceptions.InvalidHashError:
        raise errors.Permanent(f"login {name!r}: this is not an Argon2 hash") from None


def _decoy(costs: list[argon2.Parameters]) -> str:
    """A hash as dear as the dearest of the real ones."""
    dearest = max(costs, key=lambda cost: cost.memory_cost * cost.time_cost)
    return argon2.PasswordHasher.from_parameters(dearest).hash(secrets.token_hex(32))


def exchange(mechanism: str, initial: bytes | None) -> Generator[str, bytes, tuple[str, str]]:
    """The dialogue of one AUTH command: yields challenges, takes answers, returns name, password.

    `initial` is the answer that came with the command, `=` for an empty one (RFC 4954 section 4).
    EXTERNAL brings the name to act as, or none, and no password (RFC 4422 appendix A).
    Raises `errors.Refused` for an unknown mechanism, bad base64 or `*`.
    """
    if mechanism == "EXTERNAL":
        return _decode((yield "") if initial is None else initial), ""
    if mechanism == "PLAIN":
        return _plain(_decode((yield "") if initial is None else initial))
    if mechanism == "LOGIN":
        name = _decode((yield "Username:") if initial is None else initial)
        return name, _decode((yield "Password:"))
    raise errors.Refused(504, "5.5.4", "We know PLAIN and LOGIN, and EXTERNAL with a certificate")


def certified(asked: str, certificate: frozenset[str]) -> str:
    """Who logs in with a certificate: the address asked for, if it is in there, else the only one
    in there; empty for nobody.
    """
    addresses = sorted(name for name in certificate if "@" in name)
    if asked:
        return asked if asked.lower() in addresses else ""
    return addresses[0] if len(addresses) == 1 else ""


def _decode(answer: bytes) -> str:
    if answer == b"*":
        raise errors.Refused(501, "5.7.0", "Login given up, as you wish")
    if answer == b"=":
        return ""
    try:
        return base64.b64decode(answer, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise errors.Refused(501, "5.5.2", "That is not base64") from None


def _plain(message: str) -> tuple[str, str]:
    """Name and password of a PLAIN message (RFC 4616); who acts for somebody else is nobody."""
    words = message.split("\0")
    if len(words) != 3:
        raise errors.Refused(501, "5.5.2", "That is not a PLAIN message")
    acting, name, password = words
    return (name if acting in {"", name} else ""), password
