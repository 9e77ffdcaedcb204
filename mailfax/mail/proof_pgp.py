"""OpenPGP signatures (RFC 3156, RFC 9580), by the key that the operator keeps for the author.

The folder of keys has one file for each author, `ann@example.com.asc`: the file's name says whose
key it is, whatever the key says of itself. gpgv verifies; it needs no home and asks nobody.
"""

import base64
import binascii
import dataclasses
import datetime
import hashlib
import pathlib
import re
import tempfile

from mailfax.mail import proof_dkim, proof_program, proof_signed

_ARMOUR = re.compile(
    rb"-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[^\r\n]+\r?\n)*\r?\n(.*?)"
    rb"(?:\r?\n=[A-Za-z0-9+/]{4})?\r?\n-----END PGP PUBLIC KEY BLOCK-----",
    re.DOTALL,
)
_BAD = (b"[GNUPG:] EXPSIG", b"[GNUPG:] EXPKEYSIG", b"[GNUPG:] REVKEYSIG", b"[GNUPG:] BADSIG",
        b"[GNUPG:] ERRSIG")  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Signed:
    """A valid signature."""

    digest: str
    """Of what was signed, when and with which key."""


def verify(octets: bytes, author: str, keys: pathlib.Path, now: datetime.datetime) -> Signed | None:
    """The author's signature over all of a mail's body, made lately; None if none counts.

    Raises errors.Temporary when gpgv does not answer.
    """
    found, ring = proof_signed.pgp(octets), key(keys, author)
    if found is None or not ring:
        return None
    with tempfile.TemporaryDirectory(prefix="mailfax-proof-") as name:
        return _verified(found, ring, pathlib.Path(name), now)


def key(folder: pathlib.Path, author: str) -> bytes:
    """The author's key in binary form; empty when there is none that can be read."""
    if "/" in author or author.startswith("."):
        return b""
    try:
        data = (folder / f"{author}.asc").read_bytes()
    except OSError:
        return b""
    try:
        return b"".join(base64.b64decode(block) for block in _ARMOUR.findall(data)) or data
    except binascii.Error:
        return b""


def _verified(
    found: proof_signed.Entity, ring: bytes, folder: pathlib.Path, now: datetime.datetime
) -> Signed | None:
    (folder / "ring.gpg").write_bytes(ring)
    (folder / "signature").write_bytes(found.signature)
    command = ["gpgv", "--homedir", str(folder), "--status-fd", "1",
               "--weak-digest", "SHA1", "--keyring",
               str(folder / "ring.gpg"), "signature"]  # fmt: skip
    if found.content is not None:
        (folder / "content").write_bytes(found.content)
        command.append("content")
    status, said = proof_program.run(command, folder)
    lines = said.splitlines()
    valid = [line for line in lines if line.startswith(b"[GNUPG:] VALIDSIG ")]
    if status != 0 or len(valid) != 1 or any(line.startswith(_BAD) for line in lines):
        return None
    words = valid[0].split()[2:5]  # fingerprint, day and second of the signature
    made = datetime.datetime.fromtimestamp(int(words[2]), datetime.UTC)
    if not proof_dkim.recent(made, now):
        return None
    name = b" ".join(words)
    return Signed(hashlib.sha256(name + (found.content or b"")).hexdigest())
