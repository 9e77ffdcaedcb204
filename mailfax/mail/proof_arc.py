"""ARC (RFC 8617): what a server that we trust found out before it passed a mail on changed."""

import dataclasses
import datetime
import re

import dkim
import dkim.util

from mailfax import errors
from mailfax.mail import header, proof_dkim, proof_dns, proof_results

AT_MOST = 10
"""Sets in a chain; the standard allows 50, each of which costs a pass over the body."""

_FIELDS = ("arc-seal", "arc-message-signature", "arc-authentication-results")
_INSTANCE = re.compile(rb"\s*i\s*=\s*([0-9]{1,2})\s*;")
_KEY = {b"a": b"rsa-sha256", b"d": b""}
"""The only algorithm of ARC (RFC 8617 section 4.1)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Chain:
    """A chain with nothing wrong in it, by its last set."""

    sealer: str
    """Domain, lower-case."""
    results: proof_results.Results
    signed: frozenset[str]
    """Names of the header fields that the sealer's signature covers."""
    digest: str
    """As of `proof_dkim.Signature`."""


def chain(octets: bytes, resolver: proof_dns.Resolver, now: datetime.datetime) -> Chain | None:
    """The chain of a mail if it is complete and each seal in it is valid; None otherwise.

    Raises errors.Temporary when a key cannot be had now.
    """
    section, body = header.split(octets, 0, len(octets))
    count = section.count("arc-seal")
    whole = all(section.count(name) == count for name in _FIELDS)
    if not whole or not 0 < count <= AT_MOST or proof_dkim.odd(section.raw):
        return None
    try:
        return _verified(section, proof_dkim.relaxed(octets[body:]), resolver, now)
    except errors.Temporary:
        raise
    except Exception:  # noqa: BLE001 - the library raises what it happens to stumble over
        return None


def _verified(
    section: header.Header, body: bytes, resolver: proof_dns.Resolver, now: datetime.datetime
) -> Chain | None:
    signature, found = (_last(section, name) for name in _FIELDS[1:])
    tags = proof_dkim.counted(section, signature, now)
    results = proof_results.read(header.unfolded(_INSTANCE.sub(b"", found, count=1)))
    if tags is None or results is None:
        return None
    mail = dkim.ARC(section.raw + b"\r\n" + body, minkey=1024)
    verdict, sets, _ = mail.verify(dnsfunc=proof_dkim.key_of(resolver, _KEY))
    if verdict != dkim.CV_Pass:
        return None
    signed, digest = proof_dkim.covered(section, tags)
    return Chain(sets[0]["as-domain"].decode("ascii").lower(), results, signed, digest)


def _last(section: header.Header, name: str) -> bytes:
    """The field of the newest set."""
    fields = section.fields[name]
    numbers = [int(match[1]) if (match := _INSTANCE.search(one)) else 0 for one in fields]
    return fields[numbers.index(len(fields))]
