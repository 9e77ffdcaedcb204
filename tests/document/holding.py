"""Containers for the tests: archives, winmail.dat, signed mails."""

import datetime
import io
import struct
import zipfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID


def zipped(files, compression=zipfile.ZIP_DEFLATED):
    """A ZIP of name → octets, or of (ZipInfo, octets)."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", compression) as archive:
        for name, data in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, data)
    return held.getvalue()


_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")
"""What stands before a mail in a mail: the id of the interface IMessage."""


def tnef(body=b"", attachments=(), mails=(), subject=b""):
    """A winmail.dat with a plain body, (name, octets) attachments and other winmail.dat as mails
    in it ([MS-OXTNEF] 2.1.3).
    """
    found = struct.pack("<IH", 0x223E9F78, 1)
    found += _attribute(1, 0x00069007, struct.pack("<II", 1252, 0))
    if subject:
        found += _attribute(1, 0x00018004, subject + b"\0")
    if body:
        found += _attribute(1, 0x0002800C, body + b"\0")
    for name, data in attachments:
        found += _attribute(2, 0x00069002, b"\0" * 14)
        found += _attribute(2, 0x00018010, name.encode() + b"\0")
        found += _attribute(2, 0x0006800F, data)
    for mail in mails:
        whole = _MESSAGE + mail
        value = struct.pack("<II", 1, len(whole)) + whole + bytes(-len(whole) % 4)
        found += _attribute(2, 0x00069002, b"\0" * 14)
        found += _attribute(2, 0x00069005, struct.pack("<IHH", 1, 0x000D, 0x3701) + value)
    return found


def _attribute(level, tag, data):
    return struct.pack("<BII", level, tag, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def signed(content):
    """Octets inside their own signature (RFC 5652), as DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ann")])
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, start, start.replace(year=2027))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    return builder.add_signer(certificate, key, hashes.SHA256()).sign(
        serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary]
    )
