"""Authentication-Results (RFC 8601): what another server found out about a mail.

Anybody can write the field. It is read where a server wrote it that we were told to trust, and what
claims to be ours is taken out of every mail on its way in.
"""

import dataclasses
import re
from collections.abc import Collection, Iterable

import authres

from mailfax.mail import header

_LONGEST = 4096
"""Octets of a field that is read."""

_FIELD = re.compile(
    rb"^authentication-results[ \t]*:([^\n]*\n?(?:[ \t][^\n]*(?:\n|\Z))*)",
    re.IGNORECASE | re.MULTILINE,
)
_NAME = b"authentication-results"
_COMMENT = re.compile(rb"\([^()]*\)")


@dataclasses.dataclass(frozen=True, slots=True)
class Results:
    """What passed, by the server's word."""

    server: str = ""
    dkim: frozenset[str] = frozenset()
    """Signing domains."""
    spf: str = ""
    """Domain of the envelope sender."""
    dmarc: str = ""
    """Domain of From."""


def read(value: str) -> Results | None:
    """One field; None where it cannot be read for certain."""
    if len(value) > _LONGEST or not value.isascii():
        return None
    try:
        found = authres.AuthenticationResultsHeader.parse(f"Authentication-Results: {value}")
    except Exception:  # noqa: BLE001 - the library raises what it happens to stumble over
        return None
    passed = [one for one in found.results or () if (one.result or "").lower() == "pass"]
    signers = {_tag(one, "header", "d") or _tag(one, "header", "i") for one in passed
               if one.method == "dkim"}  # fmt: skip
    return Results(
        server=(found.authserv_id or "").lower(),
        dkim=frozenset(filter(None, signers)),
        spf=_first(_tag(one, "smtp", "mailfrom") for one in passed if one.method == "spf"),
        dmarc=_first(_tag(one, "header", "from") for one in passed if one.method == "dmarc"),
    )


def _tag(result: authres.AuthenticationResult, kind: str, name: str) -> str:
    """A property's domain: `header.d=example.com`, `smtp.mailfrom=ann@example.com`."""
    values = [str(one.value) for one in result.properties if (one.type, one.name) == (kind, name)]
    return values[0].rpartition("@")[2].lower() if len(values) == 1 else ""


def _first(values: Iterable[str]) -> str:
    found = list(values)
    return found[0] if len(found) == 1 else ""


def of(section: header.Header, servers: Collection[str]) -> Results | None:
    """The topmost field of the whole mail, if one of these servers wrote it.

    Only the topmost: whatever stands below may have come with the mail.
    """
    found = read(section.first("authentication-results"))
    return found if found and found.server in servers else None


def without(section: bytes, server: str) -> bytes:
    """A header section without the fields that claim to be `server`'s (RFC 8601 section 5)."""
    if _NAME not in section.lower():
        return section
    return _FIELD.sub(lambda one: b"" if _claims(one[1], server) else one[0], section)


def _claims(value: bytes, server: str) -> bool:
    """Whether the first word is this server's name, comments and quotes aside."""
    plain, before = value, b""
    while plain != before:
        before, plain = plain, _COMMENT.sub(b" ", plain)
    word = re.split(rb"[\s;]+", plain.strip(), maxsplit=1)[0].strip(b'"').rstrip(b".")
    return word.lower() == server.lower().encode()


def line(server: str, passed: Iterable[str]) -> bytes:
    """Our own field with its CR LF: `passed` as `dkim=pass header.d=example.com`."""
    clauses = list(passed) or ["none"]
    text = ";\r\n\t".join([f"Authentication-Results: {server}", *clauses])
    return f"{text}\r\n".encode("ascii", "replace")
