"""DKIM signatures that count (RFC 6376, RFC 8301, RFC 8463), and what each of them vouches for.

dkimpy does the arithmetic. What it lets pass and we do not: `l=` (anything may be appended), keys
in test mode or for other hashes, `x=` and `t=` with ten hours of grace. What would cost it the
square of its length never gets there: long runs of blanks, and keys beyond 4096 bits.
"""

import base64
import dataclasses
import datetime
import email.utils
import functools
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping

import dkim
import dkim.util

from mailfax import errors
from mailfax.mail import header, proof_dns

AT_MOST = 5
"""Signatures of one mail that are looked at, from the top (RFC 6376 section 6.1)."""

_ALGORITHMS = {b"rsa-sha256": 1024, b"ed25519-sha256": 256}
"""Algorithm → bits of the smallest key that counts (RFC 8301 section 3)."""

_KEY = 1100
"""Octets of a key record: RSA with 4096 bits and an everyday exponent has about 800."""

OLDEST = datetime.timedelta(days=30)
"""Age at which a signature counts no more: until then the ledger knows what it has paid for."""

_CLOCKS = datetime.timedelta(minutes=5)
"""How far the signer's clock may be ahead of ours."""

_RUN = re.compile(rb"[ \t\r\n]{80}")
_BLANKS = re.compile(rb"[ \t]+")
_WHITE = re.compile(rb"[ \t\r\n]+")
_FIELD = 8192
"""Octets of the longest signature field."""


@dataclasses.dataclass(frozen=True, slots=True)
class Signature:
    """One valid signature."""

    domain: str
    signed: frozenset[str]
    """Names of the header fields that it covers."""
    digest: str
    """The same however often the mail is sent again: of nothing that the signature lets change."""


def signatures(
    octets: bytes, resolver: proof_dns.Resolver, now: datetime.datetime
) -> tuple[Signature, ...]:
    """The valid signatures of a mail that cover its From.

    Raises errors.Temporary when a key that would decide cannot be had now.
    """
    section, body = header.split(octets, 0, len(octets))
    written = section.fields.get("dkim-signature", ())[:AT_MOST]
    if not written or odd(section.raw):
        return ()
    mails = _Forms(section.raw, octets[body:])
    found = (
        _verified(mails, section, place, value, resolver, now)
        for place, value in enumerate(written)
    )
    return tuple(one for one in found if one)


def odd(section: bytes) -> bool:
    """A header section that nobody writes, and that dkimpy would chew on for hours."""
    return _RUN.search(section) is not None


def relaxed(body: bytes) -> bytes:
    """A body in the relaxed form (RFC 6376 section 3.4.4), but for empty lines at its end."""
    return _BLANKS.sub(b" ", body).replace(b" \r\n", b"\r\n")


class _Forms:
    """One mail in the form that each way of reading its body needs.

    The relaxed form is made here, since dkimpy takes the square of each run of blanks for it.
    """

    def __init__(self, section: bytes, body: bytes) -> None:
        self._section = section
        self._body = body

    def form(self, canonical: bytes) -> dkim.DKIM:
        """For a value of c=."""
        return self._relaxed if canonical.endswith(b"/relaxed") else self._simple

    @functools.cached_property
    def _simple(self) -> dkim.DKIM:
        return self._whole(self._body)

    @functools.cached_property
    def _relaxed(self) -> dkim.DKIM:
        return self._whole(relaxed(self._body))

    def _whole(self, body: bytes) -> dkim.DKIM:
        return dkim.DKIM(self._section + b"\r\n" + body, minkey=1024)


def _verified(
    mails: _Forms,
    section: header.Header,
    place: int,
    value: bytes,
    resolver: proof_dns.Resolver,
    now: datetime.datetime,
) -> Signature | None:
    """Whatever is wrong with a signature, it counts for nothing (RFC 6376 section 6.1)."""
    try:
        tags = counted(section, value, now)
        if tags and mails.form(tags.get(b"c", b"")).verify(place, dnsfunc=key_of(resolver, tags)):
            return _signature(section, tags)
    except errors.Temporary:
        raise
    except Exception:  # noqa: BLE001 - the library raises what it happens to stumble over
        return None
    return None


def counted(
    section: header.Header, value: bytes, now: datetime.datetime
) -> Mapping[bytes, bytes] | None:
    """The tags of a signature that could count if it is valid; None for all others."""
    if len(value) > _FIELD:
        return None
    tags: Mapping[bytes, bytes] = dkim.util.parse_tag_value(value)
    if tags[b"a"] not in _ALGORITHMS or b"l" in tags:
        return None
    if "from" not in _names(tags):
        return None
    expired = b"x" in tags and int(tags[b"x"]) <= now.timestamp()
    return tags if not expired and recent(_made(section, tags), now) else None


def _made(section: header.Header, tags: Mapping[bytes, bytes]) -> datetime.datetime:
    """When it was signed, by t= or else by a Date that it covers."""
    if b"t" in tags:
        return datetime.datetime.fromtimestamp(int(tags[b"t"]), datetime.UTC)
    date = section.first("date") if "date" in _names(tags) else ""
    return email.utils.parsedate_to_datetime(date).astimezone(datetime.UTC)


def recent(made: datetime.datetime, now: datetime.datetime) -> bool:
    """Whether a signature of this moment can still be told from one that comes again."""
    return now - OLDEST <= made <= now + _CLOCKS


def key_of(
    resolver: proof_dns.Resolver, tags: Mapping[bytes, bytes]
) -> Callable[..., bytes | None]:
    """What dkimpy asks for a key record: the one record of that name, if it may be used."""

    def lookup(name: bytes, timeout: float = 5.0) -> bytes | None:  # noqa: ARG001 - dkimpy's form
        records = resolver.texts(name.decode("ascii"))
        usable = len(records) == 1 and len(records[0]) <= _KEY and _usable(records[0], tags)
        return records[0] if usable else None

    return lookup


def _usable(record: bytes, tags: Mapping[bytes, bytes]) -> bool:
    """RFC 6376 section 3.6.1: not a test, for our hash, and for this identity."""
    key = dkim.util.parse_tag_value(record)
    flags = set(re.split(rb"\s*:\s*", key.get(b"t", b"")))
    hashes = re.split(rb"\s*:\s*", key.get(b"h", b"sha256"))
    identity = tags.get(b"i", b"@" + tags[b"d"]).rpartition(b"@")[2]
    same = identity.lower() == tags[b"d"].lower()
    kind = b"ed25519" if tags[b"a"].startswith(b"ed25519") else b"rsa"
    return (
        b"y" not in flags
        and (b"s" not in flags or same)
        and b"sha256" in hashes
        and key.get(b"k", b"rsa") == kind
    )


def _names(tags: Mapping[bytes, bytes]) -> frozenset[str]:
    return frozenset(name.strip().decode("ascii").lower() for name in tags[b"h"].split(b":"))


def _signature(section: header.Header, tags: Mapping[bytes, bytes]) -> Signature:
    signed, digest = covered(section, tags)
    return Signature(tags[b"d"].decode("ascii").lower(), signed, digest)


def claimed(section: header.Header) -> Iterator[str]:
    """The digests of a mail's signatures, for one whose signatures somebody else has verified."""
    for value in section.fields.get("dkim-signature", ())[:AT_MOST]:
        try:
            yield covered(section, dkim.util.parse_tag_value(value))[1]
        except (dkim.util.InvalidTagValueList, KeyError, ValueError):
            continue


_NAMING = ("date", "from", "message-id")
"""Fields that tell one mail from the next with the same body."""


def covered(section: header.Header, tags: Mapping[bytes, bytes]) -> tuple[frozenset[str], str]:
    """Names of the fields that a valid signature covers, and a digest of what it holds fast.

    Never of `b=`, since to an RSA signature the modulus may be added without harm, and never of
    fields that it does not cover.
    """
    signed = _names(tags)
    fixed = [section.fields.get(name, (b"",))[-1] for name in _NAMING if name in signed]
    hash_ = base64.b64decode(_WHITE.sub(b"", tags[b"bh"]))
    parts = [tags[b"d"].lower(), hash_, tags.get(b"t", b"")]
    parts += [_WHITE.sub(b" ", value).strip() for value in fixed]
    return signed, hashlib.sha256(b"\0".join(parts)).hexdigest()


def named(section: header.Header, signed: frozenset[str]) -> Iterator[str]:
    """Addresses in those of To and Cc that a signature covers: to whom its author wrote."""
    for name in ("to", "cc"):
        if name in signed and section.count(name) == 1:
            yield from (address for _, address in header.mailboxes(section.first(name)))
