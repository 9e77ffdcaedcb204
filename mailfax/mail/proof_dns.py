"""The DNS as proofs ask it: an answer, no such thing, or trouble, and never one for another.

No such name and no such record are answers and empty. A server that is silent or broken is
errors.Temporary: nobody may be refused, or let in, for it. Answers are kept for as long as they
say; dnspython asks again over TCP where an answer did not fit.
"""

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mailfax import errors

if TYPE_CHECKING:
    import dns.resolver

_KEPT = 10_000
"""Answers kept at the most."""


class Resolver:
    """Asks the named servers, or those of this machine; for any number of threads."""

    def __init__(self, servers: Sequence[tuple[str, int]] = (), timeout: float = 5.0) -> None:
        """`timeout` in seconds is for one question, all servers and tries together."""
        self._servers = tuple(servers)
        self._timeout = timeout

    @functools.cached_property
    def _asked(self) -> "dns.resolver.Resolver":
        import dns.nameserver
        import dns.resolver

        try:
            found = dns.resolver.Resolver(configure=not self._servers)
        except dns.exception.DNSException as error:
            raise errors.Temporary(f"there is no name server to ask: {error}") from None
        if self._servers:
            found.nameservers = [dns.nameserver.Do53Nameserver(*one) for one in self._servers]
        found.lifetime = self._timeout
        found.timeout = self._timeout / 2
        found.cache = dns.resolver.LRUCache(_KEPT)
        return found

    def texts(self, name: str) -> list[bytes]:
        """The TXT records of a name, the strings of each joined."""
        return [b"".join(one.strings) for one in self.records(name, "TXT")]

    def records(self, name: str, kind: str) -> list[Any]:
        """The records of a name of this type, aliases followed; raises errors.Temporary."""
        import dns.resolver

        try:
            found = self._asked.resolve(f"{name.rstrip('.')}.", kind, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.Timeout, dns.resolver.NoNameservers, OSError) as error:
            raise errors.Temporary(f"the DNS gives no answer for {name[:253]}") from error
        except (dns.exception.DNSException, UnicodeError, ValueError):
            return []  # what cannot be a name has no records
        return list(found)
