"""How many connections there may be at once, in all and from one place."""

import collections
import functools
import ipaddress

from mailfax import errors


class Gate:
    """Counts connections; belongs to the event loop."""

    def __init__(self, total: int, each: int) -> None:
        self._total = total
        self._each = each
        self._places: collections.Counter[str] = collections.Counter()

    def enter(self, address: str) -> errors.Refused | None:
        """Count a connection from `address`; the reply when it is one too many.

        Refused or not, it counts until `leave`.
        """
        place = _place(address)
        self._places[place] += 1
        if self._places.total() > self._total:
            return errors.Refused(421, "4.3.2", "Too many connections, come back soon")
        if self._places[place] > self._each:
            return errors.Refused(421, "4.7.0", "Too many connections from your address")
        return None

    def leave(self, address: str) -> None:
        """The connection from `address` is gone."""
        place = _place(address)
        self._places[place] -= 1
        if not self._places[place]:
            del self._places[place]


@functools.lru_cache(maxsize=4096)
def _place(address: str) -> str:
    """An IPv4 address, or the 64-bit network that one IPv6 customer holds at the least."""
    parsed = ipaddress.ip_address(address)
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))
