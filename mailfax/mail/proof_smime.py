"""S/MIME signatures (RFC 8551): made with a certificate that names the author, by our roots.

OpenSSL verifies, in a process of its own with little of everything; what it is handed is cut out of
the mail by the reader that cuts it for the fax, so that what was signed is what is faxed.
"""

import dataclasses
import datetime
import hashlib
import pathlib
import tempfile

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import oid

from mailfax.mail import proof_dkim, proof_program, proof_signed


@dataclasses.dataclass(frozen=True, slots=True)
class Signed:
    """A valid signature."""

    addresses: frozenset[str]
    """Of the signer's certificate, lower-case."""
    digest: str
    """Of what was signed, and by whom."""


def verify(octets: bytes, roots: pathlib.Path, now: datetime.datetime) -> Signed | None:
    """The signature over all of a mail's body, multipart/signed or opaque; None if none counts.

    The certificate has to be valid today, for mail (`emailProtection`), and lead to one of the
    certificates in the PEM file `roots`. Whether it was revoked is not asked. Raises
    errors.Temporary when OpenSSL does not answer.
    """
    found = proof_signed.smime(octets)
    if found is None or not _counts(found.signature, now):
        return None
    with tempfile.TemporaryDirectory(prefix="mailfax-proof-") as name:
        folder = pathlib.Path(name)
        return _verified(found, roots, folder)


def _counts(signature: bytes, now: datetime.datetime) -> bool:
    """Whether one signer signed lately, with a digest that still counts; OpenSSL takes any."""
    try:
        (signer,) = cms.ContentInfo.load(signature)["content"]["signer_infos"]
        told = {one["type"].native: one["values"] for one in signer["signed_attrs"]}
        made = told["signing_time"][0].native
        digest = signer["digest_algorithm"]["algorithm"].native
        return digest in _DIGESTS and proof_dkim.recent(made, now)
    except (ValueError, TypeError, KeyError):
        return False


_DIGESTS = frozenset({"sha256", "sha384", "sha512"})


def _verified(
    found: proof_signed.Entity, roots: pathlib.Path, folder: pathlib.Path
) -> Signed | None:
    signature, content, signer = (folder / name for name in ("signature", "content", "signer"))
    signature.write_bytes(found.signature)
    command = ["openssl", "cms", "-verify", "-inform", "DER", "-in", str(signature), "-binary",
               "-CAfile", str(roots), "-no-CApath", "-no-CAstore", "-purpose", "smimesign",
               "-signer", str(signer), "-out", str(folder / "out")]  # fmt: skip
    if found.content is not None:
        content.write_bytes(found.content)
        command += ["-content", str(content)]
    if proof_program.run(command, folder)[0] != 0:
        return None
    certificate = x509.load_pem_x509_certificate(signer.read_bytes())
    signed = found.content if found.content is not None else (folder / "out").read_bytes()
    name = certificate.fingerprint(hashes.SHA256())
    digest = hashlib.sha256(name + signed).hexdigest()
    return Signed(_addresses(certificate), digest)


def _addresses(certificate: x509.Certificate) -> frozenset[str]:
    """Those of the alternative names; the old place in the subject counts where there are none."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        found = names.get_values_for_type(x509.RFC822Name)
    except x509.ExtensionNotFound:
        found = []
    old = certificate.subject.get_attributes_for_oid(oid.NameOID.EMAIL_ADDRESS)
    return frozenset(name.lower() for name in found or [str(one.value) for one in old])
