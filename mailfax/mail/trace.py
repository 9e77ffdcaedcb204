"""The trace line that each mail gets on its way in (RFC 5321 section 4.4)."""

import datetime
import email.utils
import ipaddress
import re

from mailfax.model import Peer

_UNSAFE = re.compile(r"[^A-Za-z0-9._:\[\]\-]")


def received(
    peer: Peer, *, hostname: str, protocol: str, name: str, sole: str | None, now: datetime.datetime
) -> bytes:
    """The Received line with its CR LF. `name` is the id that our log gives this mail.

    `sole` is the recipient when there is only one: several are nobody's business (RFC 5321
    section 7.2). The cipher is named as RFC 8314 section 4.3 has it, where OpenSSL calls it by
    its registered name.
    """
    words = [f"by {hostname}", f"with {protocol}", f"id {name}"]
    words += [f"for <{sole}>"] if sole else []
    words += [f"tls {cipher}"] if (cipher := _cipher(peer)) else []
    origin = f"Received: from {_UNSAFE.sub('?', peer.helo)} ({_literal(peer.address)})"
    lines = [origin, *words[:-1], f"{words[-1]};", email.utils.format_datetime(now)]
    return ("\r\n\t".join(lines) + "\r\n").encode("ascii")


def _cipher(peer: Peer) -> str:
    cipher = (peer.tls or "").rpartition(" ")[2]
    return cipher if cipher.startswith("TLS_") else ""


def _literal(address: str) -> str:
    tag = "IPv6:" if ipaddress.ip_address(address).version == 6 else ""
    return f"[{tag}{address}]"
