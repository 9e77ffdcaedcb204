"""`proof` in [[send]]: what a sender must have shown.

`from` says who, `proof` says how surely. Which addresses of a mail have to fit `from` depends
on what the proof vouches for: a login, a network, a client's certificate and SPF vouch for the
client, a confirmation makes its author the one who hears of the fax, so both the envelope sender
and the header From must fit; the others speak of the header From alone.
"""

import dataclasses
import difflib
from collections.abc import Callable, Iterable

from mailfax import domain
from mailfax.model import Proof
from mailfax.policy import match


@dataclasses.dataclass(frozen=True, slots=True)
class Proving:
    """One proof a rule asks for, as `network:lan`."""

    kind: str
    argument: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.argument}" if self.argument else self.kind

    @property
    def envelope(self) -> bool:
        """Whether the envelope sender has to fit `from` as well as the header From."""
        return KINDS[self.kind].envelope

    @property
    def sought(self) -> bool:
        """Whether it has to be looked for: in the mail, in the DNS or in the store."""
        return KINDS[self.kind].sought


_Shown = Callable[[str, Proof, str, str], tuple[bool, str]]


# ── What shows it ──────────────────────────────────────────────────────────────────────


def _login(_: str, proof: Proof, __: str, ___: str) -> tuple[bool, str]:
    return bool(proof.login), f"login {proof.login}" if proof.login else "no login"


def _network(name: str, proof: Proof, _: str, __: str) -> tuple[bool, str]:
    inside = name in proof.networks
    return inside, "the client is in it" if inside else "the client is not in it"


def _believed(_: str, __: Proof, ___: str, ____: str) -> tuple[bool, str]:
    return True, "From is believed as it stands"


def _certificate(name: str, proof: Proof, header: str, envelope: str) -> tuple[bool, str]:
    """A name vouches for whatever `from` says; without one the addresses in it own themselves."""
    wanted = {name} if name else {header, envelope}
    return wanted <= proof.certificate, _listed("certificate of", proof.certificate)


def _spf(_: str, proof: Proof, header: str, __: str) -> tuple[bool, str]:
    remark = f"SPF passes for {proof.spf}" if proof.spf else "SPF does not pass"
    return domain.aligned(proof.spf or "", _domain(header)), remark


def _dkim(signer: str, proof: Proof, header: str, _: str) -> tuple[bool, str]:
    """`dkim`: of the author's organisation; `dkim:strict`: of his very domain; else as named."""
    author = _domain(header)
    if signer and signer != STRICT:
        held = signer in proof.dkim
    else:
        held = any(domain.aligned(d, author, strict=bool(signer)) for d in proof.dkim)
    return held, _listed("signed by", proof.dkim)


def _dmarc(_: str, proof: Proof, header: str, __: str) -> tuple[bool, str]:
    remark = f"DMARC passes for {proof.dmarc}" if proof.dmarc else "DMARC does not pass"
    return bool(proof.dmarc) and proof.dmarc == _domain(header), remark


def _arc(sealer: str, proof: Proof, _: str, __: str) -> tuple[bool, str]:
    return proof.arc == sealer, f"sealed by {proof.arc}" if proof.arc else "no seal that counts"


def _smime(_: str, proof: Proof, header: str, __: str) -> tuple[bool, str]:
    remark = f"signed by {proof.smime}" if proof.smime else "no signature that counts"
    return bool(proof.smime) and proof.smime == header, remark


def _pgp(_: str, proof: Proof, header: str, __: str) -> tuple[bool, str]:
    remark = f"signed by {proof.pgp}" if proof.pgp else "no signature that counts"
    return bool(proof.pgp) and proof.pgp == header, remark


def _pin(name: str, proof: Proof, header: str, _: str) -> tuple[bool, str]:
    """Without a name the PIN is the author's own, or that of all in his domain."""
    wanted = {name} if name else {header, f"@{_domain(header)}"}
    held = bool(wanted & proof.pin)
    return held, "the PIN is right" if held else "no PIN, or not the right one"


def _confirmed(_: str, __: Proof, ___: str, ____: str) -> tuple[bool, str]:
    """It always holds: the fax then waits until its author has confirmed it."""
    return True, "the author is asked by mail"


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _listed(what: str, names: Iterable[str]) -> str:
    found = sorted(names)
    return f"{what} {', '.join(found)}" if found else f"{what} nobody"


@dataclasses.dataclass(frozen=True, slots=True)
class _Kind:
    shown: _Shown
    """Whether a `Proof` holds it, with this argument, for this author and envelope sender (in their
    normal forms), and what was seen; whether those fit `from` is not asked."""
    field: str
    """Of `Proof`."""
    argument: str = "none"
    """none, required or optional."""
    envelope: bool = False
    """Whether the envelope sender counts beside the header From."""
    sought: bool = True
    weak: bool = False
    """Whether it vouches for less than one person or office: others may show the same."""


STRICT = "strict"
CONFIRMED = "confirmed"

KINDS = {
    "login": _Kind(_login, "login", envelope=True, sought=False),
    "network": _Kind(_network, "networks", "required", envelope=True, sought=False),
    "client-cert": _Kind(_certificate, "certificate", "optional", envelope=True, sought=False),
    "unsafe-header": _Kind(_believed, "", sought=False, weak=True),
    "spf": _Kind(_spf, "spf", envelope=True, weak=True),
    "dkim": _Kind(_dkim, "dkim", "optional"),
    "dmarc": _Kind(_dmarc, "dmarc"),
    "arc": _Kind(_arc, "arc", "required"),
    "smime": _Kind(_smime, "smime"),
    "pgp": _Kind(_pgp, "pgp"),
    "pin": _Kind(_pin, "pin", "optional"),
    CONFIRMED: _Kind(_confirmed, "confirmed", envelope=True),
}
"""Every word of the grammar."""


def read(text: str) -> Proving:
    """Read one word; raises ValueError with half a sentence when it is none."""
    kind, colon, argument = text.partition(":")
    if kind not in KINDS:
        near = difflib.get_close_matches(kind, KINDS, 1)
        hint = f"did you mean '{near[0]}'?" if near else f"it is one of {', '.join(KINDS)}"
        raise ValueError(f"unknown proof {kind!r}: {hint}")
    if colon and KINDS[kind].argument == "none":
        raise ValueError(f"proof {kind} takes nothing after a colon")
    if not argument and (colon or KINDS[kind].argument == "required"):
        raise ValueError(f"proof {kind} needs a name, as '{kind}:NAME'")
    return Proving(kind, _normal(kind, argument))


def _normal(kind: str, argument: str) -> str:
    """Domains as they are compared; other names as written."""
    if kind not in {"dkim", "arc", "client-cert"} or argument in {"", STRICT}:
        return argument
    return match.address(argument) if "@" in argument else match.read_domain(argument)


def sketch(words: Iterable[Proving], header: str, envelope: str) -> Proof:
    """What a mail of this author shows that shows each of `words`, for tests and `explain`."""
    own, sender = match.address(header), match.address(envelope)
    found: dict[str, set[str]] = {}
    for word in words:
        found.setdefault(word.kind, set()).add(word.argument)

    def one(kind: str, value: str) -> str | None:
        return value if kind in found else None

    dkim, pin = found.get("dkim", set()), found.get("pin", set())
    certificate = found.get("client-cert", set())
    return Proof(
        login=one("login", own),
        networks=frozenset(found.get("network", set())),
        certificate=frozenset(certificate - {""}) | ({own, sender} if "" in certificate else set()),
        spf=one("spf", _domain(sender)),
        dkim=frozenset(_domain(own) if d in {"", STRICT} else d for d in dkim),
        dmarc=one("dmarc", _domain(own)),
        arc=one("arc", next(iter(sorted(found.get("arc", set()))), "")),
        smime=one("smime", own),
        pgp=one("pgp", own),
        pin=frozenset(name or own for name in pin),
        confirmed=one(CONFIRMED, own),
    )
