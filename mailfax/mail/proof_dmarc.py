"""DMARC (RFC 7489): whether a mail passes for the domain in its From."""

import re
from collections.abc import Iterable, Mapping

from mailfax import domain
from mailfax.mail import proof_dns

_TAG = re.compile(rb"([a-zA-Z0-9_]+)\s*=\s*([^;]*)")


def passes(
    resolver: proof_dns.Resolver, author: str, signers: Iterable[str], sender: str | None
) -> bool:
    """Whether the domain of From has a policy, and an aligned signature or sender meets it.

    `signers` are the domains of valid DKIM signatures, `sender` the domain that SPF passes for.
    A domain without a policy passes nobody. Raises errors.Temporary.
    """
    policy = _policy(resolver, author)
    if policy is None:
        return False
    dkim, spf = (policy.get(tag, b"r").lower() == b"s" for tag in (b"adkim", b"aspf"))
    return any(domain.aligned(one, author, strict=dkim) for one in signers) or domain.aligned(
        sender or "", author, strict=spf
    )


def _policy(resolver: proof_dns.Resolver, author: str) -> Mapping[bytes, bytes] | None:
    """The record of the domain, else of its organisation (section 6.6.3)."""
    for name in dict.fromkeys((author, domain.organisation(author))):
        found = [one for one in map(_read, resolver.texts(f"_dmarc.{name}")) if one is not None]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _read(record: bytes) -> Mapping[bytes, bytes] | None:
    """The tags of a record that begins with v=DMARC1 and has a policy; None for others."""
    tags = [(name.lower(), value.strip()) for name, value in _TAG.findall(record)]
    if not record.lstrip().startswith(b"v") or tags[:1] != [(b"v", b"DMARC1")]:
        return None
    return dict(tags) if b"p" in dict(tags) else None
