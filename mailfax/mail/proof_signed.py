"""The signature over all of a mail, and what it is over, cut out by the reader of the faxed parts.

A mail counts as signed when its outermost part is the signature's: what stands beside or around it
would be faxed on the word of somebody who never signed it.
"""

import dataclasses
import re

from mailfax import errors
from mailfax.mail import header, structure, transfer

_SMIME = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})
_PGP = frozenset({"application/pgp-signature"})
_OPAQUE = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_ARMOUR = re.compile(rb"(?m)^-----(BEGIN|END) PGP [A-Z ]+-----[ \t]*\r?$")
_CLEAR = [b"-----BEGIN PGP SIGNED MESSAGE-----", b"-----BEGIN PGP SIGNATURE-----",
          b"-----END PGP SIGNATURE-----"]  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Entity:
    """A signature, and the octets it is over; None where it holds them itself."""

    signature: bytes
    content: bytes | None


def smime(octets: bytes) -> Entity | None:
    """An S/MIME signature in DER, of multipart/signed or application/pkcs7-mime (RFC 8551)."""
    section, body = header.split(octets, 0, len(octets))
    kind, options = header.parameters(section.first("content-type"))
    if kind in _OPAQUE and options.get("smime-type", "signed-data").lower() == "signed-data":
        encoding = section.first("content-transfer-encoding")
        return Entity(_decoded(encoding, octets, body, len(octets)), None)
    return _detached(section, octets, body, _SMIME)


def pgp(octets: bytes) -> Entity | None:
    """An OpenPGP signature (RFC 3156), or a mail whose whole text is a signed message."""
    section, body = header.split(octets, 0, len(octets))
    kind, _ = header.parameters(section.first("content-type") or "text/plain")
    if kind == "text/plain":
        encoding = section.first("content-transfer-encoding")
        return _clear(_decoded(encoding, octets, body, len(octets)).strip())
    return _detached(section, octets, body, _PGP)


def _detached(
    section: header.Header, octets: bytes, body: int, kinds: frozenset[str]
) -> Entity | None:
    """Exactly two parts, the second of which is the signature (RFC 1847 section 2.1)."""
    if header.parameters(section.first("content-type"))[0] != "multipart/signed":
        return None
    try:
        spans = structure.spans(section, octets, body)
    except errors.Refused:
        return None
    if len(spans) != 2:
        return None
    (start, end), (second, last) = spans
    signer, place = header.split(octets, second, last)
    if header.parameters(signer.first("content-type"))[0] not in kinds:
        return None
    encoding = signer.first("content-transfer-encoding")
    return Entity(_decoded(encoding, octets, place, last), octets[start:end])


def _clear(text: bytes) -> Entity | None:
    """Nothing before it, nothing after it, and one of them only."""
    marks = [found[0].strip() for found in _ARMOUR.finditer(text)]
    whole = text.startswith(_CLEAR[0]) and text.endswith(_CLEAR[2])
    return Entity(text + b"\r\n", None) if whole and marks == _CLEAR else None


def _decoded(encoding: str, octets: bytes, start: int, end: int) -> bytes:
    try:
        return transfer.decode(encoding, octets, start, end, "the signature")
    except errors.Refused:
        return b""
