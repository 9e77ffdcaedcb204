"""A certificate authority of the sandbox's own, made at start and gone at its end.

Needs the package `cryptography`, imported only here and only when TLS is asked for.
"""

import dataclasses
import datetime
import ipaddress
import ssl
import tempfile
from pathlib import Path
from typing import Any

_DAYS = datetime.timedelta(days=30)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """What the ports present, and the file that clients must trust."""

    ca: Path
    certificate: Path
    """Certificate and key in one file."""
    context: ssl.SSLContext
    bad_context: ssl.SSLContext
    """Presents a certificate that nobody signed but itself."""
    folder: tempfile.TemporaryDirectory[str]

    def close(self) -> None:
        """Remove the files."""
        self.folder.cleanup()


def make(host: str) -> Authority:
    """Certificates for 127.0.0.1, ::1, localhost and `host`.

    Raises ImportError when `cryptography` is not installed.
    """
    from cryptography.hazmat.primitives.asymmetric import ec

    folder = tempfile.TemporaryDirectory(prefix="mailfax-sandbox-")
    place = Path(folder.name)
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca = _certificate("mailfax sandbox CA", ca_key.public_key(), None, ca_key, None)
    _write(place / "ca.pem", ca)
    _write(place / "good.pem", _certificate(host, key.public_key(), ca, ca_key, host), key)
    _write(place / "bad.pem", _certificate(host, key.public_key(), None, key, host), key)
    return Authority(
        ca=place / "ca.pem",
        certificate=place / "good.pem",
        context=_context(place / "good.pem"),
        bad_context=_context(place / "bad.pem"),
        folder=folder,
    )


def _context(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(pem)
    return context


def _write(path: Path, certificate: Any, key: Any = None) -> None:
    from cryptography.hazmat.primitives import serialization

    pem: bytes = certificate.public_bytes(serialization.Encoding.PEM)
    if key is not None:
        pem += key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    path.write_bytes(pem)


def _certificate(name: str, public: Any, issuer: Any, signer: Any, host: str | None) -> Any:
    """A certificate for `public`, signed by `signer`; self-issued without an issuer.

    For a server at `host`; without one, for an authority.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID

    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer_id = x509.SubjectKeyIdentifier.from_public_key(signer.public_key())
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAYS)
        .not_valid_after(now + _DAYS)
        .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(signer_id),
            critical=False,
        )
        .add_extension(_usage(host is None), critical=True)
    )
    if host is not None:
        builder = builder.add_extension(_names(host), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _usage(is_ca: bool) -> Any:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not is_ca,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _names(host: str) -> Any:
    from cryptography import x509

    addresses = {"127.0.0.1", "::1"}
    names = {"localhost"}
    try:
        addresses.add(str(ipaddress.ip_address(host)))
    except ValueError:
        names.add(host)
    return x509.SubjectAlternativeName(
        [
            *(x509.DNSName(name) for name in sorted(names)),
            *(x509.IPAddress(ipaddress.ip_address(address)) for address in sorted(addresses)),
        ]
    )
