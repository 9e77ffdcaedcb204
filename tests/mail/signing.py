"""Keys and signatures of people who do not exist: DKIM, ARC, S/MIME, OpenPGP."""

import base64
import datetime
import functools
import hashlib
import subprocess
import time

import dkim
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509 import oid

NUMBER = "+12025550123"


@functools.cache
def key(bits=2048, name="a"):
    """An RSA key; the same for the same name."""
    return rsa.generate_private_key(65537, bits)


@functools.cache
def private(bits=2048, name="a"):
    if bits < 1024:  # cryptography makes none so short
        return _openssl("genrsa", "-traditional", str(bits))
    return key(bits, name).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def _openssl(*words, octets=b""):
    done = subprocess.run(
        ["openssl", *words], input=octets, capture_output=True, check=True, timeout=60
    )
    return done.stdout


@functools.cache
def record(bits=2048, name="a", more=""):
    """The TXT record of a key."""
    octets = _openssl("rsa", "-pubout", "-outform", "DER", octets=private(bits, name))
    return f"v=DKIM1; k=rsa; {more}p={base64.b64encode(octets).decode()}"


def mail(
    author="ann@clinic.example",
    *,
    to=f"{NUMBER}@fax.example.com",
    body="Dear lab,\r\n\r\nyes.\r\n",
    subject="Results",
    more="",
    date="Fri, 02 Jan 2026 10:00:00 +0000",
    id_="1",
):
    """The octets of a mail."""
    return (
        f"From: Ann <{author}>\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {date}\r\n"
        f"Message-ID: <{id_}@clinic.example>\r\n{more}\r\n{body}"
    ).encode()


HEADERS = (b"from", b"to", b"subject", b"date", b"message-id")


def signed(
    octets,
    domain="clinic.example",
    *,
    selector="s",
    name="a",
    bits=2048,
    algorithm=b"rsa-sha256",
    canonical=(b"relaxed", b"relaxed"),
    headers=HEADERS,
    length=False,
    identity=None,
):
    """The mail with a DKIM signature on top."""
    line = dkim.DKIM(octets, signature_algorithm=algorithm, minkey=512).sign(
        selector.encode(),
        domain.encode(),
        private(bits, name),
        identity=identity,
        canonicalize=canonical,
        include_headers=list(headers),
        length=length,
    )
    return line + octets


def with_modulus(octets):
    """The same mail with another `b=` that is as valid: the key's modulus is added to it."""
    line, rest = octets.split(b"; b=", 1)
    text, more = rest.split(b"\r\nFrom:", 1)
    number = int.from_bytes(base64.b64decode(text)) + key(2048, "a").public_key().public_numbers().n
    other = base64.b64encode(number.to_bytes(257))
    return line + b"; b=" + other + b"\r\nFrom:" + more


def by_hand(octets, tags, *, name="a", bits=2048):
    """As `signed`, in relaxed form with tags of one's own, such as x= and t=."""
    section, _, body = octets.partition(b"\r\n\r\n")
    relaxed = dkim.canonicalization.Relaxed
    hashed = hashlib.sha256(relaxed.canonicalize_body(body)).digest()
    fields = {
        "v": "1",
        "a": "rsa-sha256",
        "c": "relaxed/relaxed",
        "d": "clinic.example",
        "s": "s",
        "h": "from:to:subject:date:message-id",
        "t": str(int(time.time())),
        **tags,
        "bh": base64.b64encode(hashed).decode(),
        "b": "",
    }
    value = " " + "; ".join(f"{tag}={text}" for tag, text in fields.items() if text is not None)
    parsed = [tuple(line.split(b":", 1)) for line in section.split(b"\r\n")]
    known = {one[0].lower(): one for one in relaxed.canonicalize_headers(parsed)}
    lines = [
        b":".join(known[one.encode()]) for one in fields["h"].split(":") if one.encode() in known
    ]
    own = relaxed.canonicalize_headers([(b"DKIM-Signature", value.encode())])[0]
    data = b"".join(lines) + b":".join(own).rstrip()
    from cryptography.hazmat.primitives.asymmetric import padding

    made = key(bits, name).sign(data, padding.PKCS1v15(), hashes.SHA256())
    return f"DKIM-Signature:{value}{base64.b64encode(made).decode()}\r\n".encode() + octets


@functools.cache
def edwards():
    return ed25519.Ed25519PrivateKey.from_private_bytes(b"k" * 32)


def edwards_record():
    raw = edwards().public_key().public_bytes_raw()
    return f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode()}"


def by_edwards(octets, domain="clinic.example"):
    """With an Ed25519 signature (RFC 8463)."""
    line = dkim.DKIM(octets, signature_algorithm=b"ed25519-sha256").sign(
        b"ed",
        domain.encode(),
        base64.b64encode(edwards().private_bytes_raw()),
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=list(HEADERS),
    )
    return line + octets


def sealed(
    octets, sealer="list.example", results="dmarc=pass header.from=clinic.example", name="seal"
):
    """Passed on by a server that wrote down what it had found (RFC 8617)."""
    found = f"Authentication-Results: {sealer}; {results}\r\n".encode() + octets
    lines = dkim.ARC(found).sign(
        b"s",
        sealer.encode(),
        private(2048, name),
        sealer.encode(),
        include_headers=list(HEADERS),
    )
    return b"".join(lines) + octets


# ── S/MIME ─────────────────────────────────────────────────────────────────────────────


@functools.cache
def authority(name="root"):
    """A root certificate and its key."""
    return _certificate(
        name, key(2048, name), None, [], (x509.BasicConstraints(ca=True, path_length=1), True)
    )


@functools.cache
def person(
    address="ann@clinic.example",
    root="root",
    days=30,
    purpose=oid.ExtendedKeyUsageOID.EMAIL_PROTECTION,
):
    """A certificate for mail and its key."""
    return _certificate(
        address,
        key(2048, "person"),
        authority(root),
        [x509.RFC822Name(address)],
        (x509.ExtendedKeyUsage([purpose]), False),
        days=days,
    )


def _certificate(name, own, issuer, names, extension, days=30):
    subject = x509.Name([x509.NameAttribute(oid.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    parent, signer = issuer or (None, own)
    found = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(parent.subject if parent else subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=60))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(extension[0], critical=extension[1])
    )
    if names:
        found = found.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return found.sign(signer, hashes.SHA256()), own


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


HEAD = (
    f"From: Ann <ann@clinic.example>\r\nTo: {NUMBER}@fax.example.com\r\nSubject: S\r\n"
    "Date: Fri, 02 Jan 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
)


def smime(who=None, *, opaque=False, text="Dear lab,\r\nyes.\r\n", head=HEAD):
    """A mail signed with a person's certificate."""
    certificate, own = who or person()
    entity = f"Content-Type: text/plain\r\n\r\n{text}".encode()
    builder = (
        pkcs7.PKCS7SignatureBuilder().set_data(entity).add_signer(certificate, own, hashes.SHA256())
    )
    options = [pkcs7.PKCS7Options.Binary] + (
        [] if opaque else [pkcs7.PKCS7Options.DetachedSignature]
    )
    made = base64.encodebytes(builder.sign(serialization.Encoding.DER, options)).replace(
        b"\n", b"\r\n"
    )
    if opaque:
        return (
            head + "Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n"
        ).encode() + made
    return _multipart(
        head,
        "application/pkcs7-signature",
        entity,
        b"Content-Transfer-Encoding: base64\r\n\r\n" + made,
    )


def _multipart(head, protocol, entity, signature):
    return (
        f'{head}Content-Type: multipart/signed; protocol="{protocol}"; boundary=b\r\n\r\n'
    ).encode() + (
        b"--b\r\n"
        + entity
        + b"\r\n--b\r\nContent-Type: "
        + protocol.encode()
        + b"\r\n"
        + signature
        + b"\r\n--b--\r\n"
    )


def smime_with(digest, folder):
    """A mail signed by OpenSSL with this digest."""
    certificate, own = person()
    (folder / "c.pem").write_bytes(pem(certificate))
    (folder / "k.pem").write_bytes(
        own.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    entity = b"Content-Type: text/plain\r\n\r\nDear lab.\r\n"
    words = ["-md", digest, "-signer", str(folder / "c.pem"), "-inkey", str(folder / "k.pem")]
    made = _openssl("cms", "-sign", "-binary", "-outform", "DER", *words, octets=entity)
    coded = base64.encodebytes(made).replace(b"\n", b"\r\n")
    signature = b"Content-Transfer-Encoding: base64\r\n\r\n" + coded
    return _multipart(HEAD, "application/pkcs7-signature", entity, signature)


# ── OpenPGP ────────────────────────────────────────────────────────────────────────────


class Gpg:
    """A person's own keys, in a home of their own."""

    def __init__(self, home, address="ann@clinic.example", expires="never", at=None):
        home.mkdir(mode=0o700)
        self.home, self.address = home, address
        self._clock = ["--faked-system-time", at] if at else []
        self._run("--quick-generate-key", address, "ed25519", "sign", expires)

    def _run(self, *words, octets=b""):
        done = subprocess.run(
            [
                "gpg",
                "--homedir",
                self.home,
                "--batch",
                "--passphrase",
                "",
                "--pinentry-mode",
                "loopback",
                "--quiet",
                *self._clock,
                *words,
            ],
            input=octets,
            capture_output=True,
            check=True,
            timeout=60,
        )
        return done.stdout

    def close(self):
        subprocess.run(
            ["gpgconf", "--homedir", self.home, "--kill", "all"], check=False, timeout=30
        )

    def public(self):
        return self._run("--armor", "--export", self.address)

    def signed(self, text="Dear lab,\r\nyes.\r\n", head=HEAD):
        entity = f"Content-Type: text/plain\r\n\r\n{text}".encode()
        made = self._run("--armor", "--detach-sign", octets=entity).replace(b"\n", b"\r\n")
        return _multipart(head, "application/pgp-signature", entity, b"\r\n" + made)

    def clear(self, text="Dear lab,\nyes.\n", head=HEAD):
        made = self._run("--armor", "--clear-sign", octets=text.encode())
        return f"{head}Content-Type: text/plain\r\n\r\n".encode() + made.replace(b"\n", b"\r\n")
