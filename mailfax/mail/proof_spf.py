"""SPF (RFC 7208): whether a client may send for the domain of an envelope sender."""

import enum
import time
from collections.abc import Callable, Mapping
from typing import Any

import spf

from mailfax import errors
from mailfax.mail import proof_dns

_LONGEST = 20.0
"""Seconds for all questions together (RFC 7208 section 4.6.4)."""


class Result(enum.StrEnum):
    """What SPF says, RFC 7208 section 2.6; temperror is errors.Temporary."""

    PASS = "pass"  # noqa: S105 - no secret
    FAIL = "fail"
    SOFTFAIL = "softfail"
    NEUTRAL = "neutral"
    NONE = "none"
    PERMERROR = "permerror"


def check(resolver: proof_dns.Resolver, client: str, sender: str, helo: str) -> Result:
    """Ask for one client, its envelope sender (empty: of the null reverse-path) and HELO name.

    At most 10 terms that ask the DNS and 2 that find nothing (section 4.6.4). Raises
    errors.Temporary for trouble with the DNS.
    """
    try:
        query = _Query(resolver, client, sender, helo)
        return Result(query.check()[0])
    except errors.Temporary:
        raise
    except Exception:  # noqa: BLE001 - a record that breaks the library passes nobody
        return Result.PERMERROR


class _Query(spf.query):  # type: ignore[misc]
    """One question to pyspf, which asks our resolver; its own would not hear of ours."""

    def __init__(self, resolver: proof_dns.Resolver, client: str, sender: str, helo: str) -> None:
        super().__init__(i=client, s=sender, h=helo)
        self._resolver = resolver
        self._ends = time.monotonic() + _LONGEST

    def dns(
        self,
        name: str,
        qtype: str,
        cnames: object = None,  # noqa: ARG002 - the resolver follows aliases
        ignore_void: bool = False,
    ) -> list[Any]:
        """Records in the forms of pyspf; nothing found counts, up to a limit."""
        labels = name.rstrip(".").split(".")
        if not all(0 < len(label) < 64 for label in labels):
            return []
        key = (name.lower(), qtype)
        if time.monotonic() > self._ends:
            raise errors.Temporary(f"the SPF record of {self.o} takes too long to ask for")
        if key not in self.cache:
            found = self._resolver.records(name.lower(), qtype)
            self.cache[key] = [_FORMS[qtype](one) for one in found if qtype in _FORMS]
        if not self.cache[key] and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError("too many look-ups without an answer")
        return list(self.cache[key])

    def get_explanation(self, _: str) -> str:
        """Nothing: the owner's words are shown to nobody, so they are not asked for."""
        return ""


_LONG = 4096
"""Octets of a TXT record beyond which it is not read."""


def _strings(one: Any) -> tuple[bytes, ...]:
    return one.strings if sum(map(len, one.strings)) <= _LONG else ()


_FORMS: Mapping[str, Callable[[Any], Any]] = {
    "A": lambda one: one.address,
    "AAAA": lambda one: one.address,
    "MX": lambda one: (one.preference, one.exchange.to_text(True)),
    "PTR": lambda one: one.target.to_text(True),
    "TXT": _strings,
}
