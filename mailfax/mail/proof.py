"""What a mail proves of its sender: every proof that has to be looked for, each looked for once.

    prover = Prover(Settings(…), may_try=…, was_right=…)
    evidence = prover.evidence(envelope, section, author, recipients)
    evidence.find("dmarc")     what it brought, as fields of model.Proof; raises errors.Temporary
    evidence.once              digests of the signatures that were believed

Nothing is looked for that is not asked for. What a signature is worth is decided here: it has to
cover From, and To or Cc has to name every number that is to be faxed to, or whoever gets a signed
mail could have it faxed to a number of his own (RFC 6376 section 8.6).

The readers of signatures are imported when the first one is asked for: a listener whose rules go
by logins and networks is 14 MB smaller without them (measured 2026-11-20).
"""

import dataclasses
import datetime
import functools
import pathlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mailfax import domain, errors
from mailfax.mail import (
    address,
    addressed,
    header,
    proof_dmarc,
    proof_dns,
    proof_pin,
    proof_results,
)
from mailfax.model import Envelope, Proof, Recipient

if TYPE_CHECKING:
    from mailfax.mail import proof_arc, proof_dkim

LARGE = 1_000_000
"""Octets above which mails are read one after the other: each takes several times its size."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What proofs are checked against."""

    domains: tuple[str, ...]
    resolver: proof_dns.Resolver
    roots: pathlib.Path | None = None
    """PEM file of the authorities for S/MIME."""
    keys: pathlib.Path | None = None
    """Folder of OpenPGP keys, `ADDRESS.asc`."""
    pins: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Address, @domain or name → PIN, or its Argon2 hash."""
    results: Mapping[str, Callable[[str], bool]] = dataclasses.field(default_factory=dict)
    """Server whose Authentication-Results are believed → whether a client's address is its."""
    source: addressed.Source | None = None
    """How mails in our mailbox name their numbers."""


class Prover:
    """Looks for proofs; for any number of threads."""

    def __init__(
        self,
        settings: Settings,
        may_try: Callable[[str], bool],
        was_right: Callable[[str], None],
        country: Callable[[], str | None] = lambda: None,
        now: Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.UTC),
    ) -> None:
        """`may_try` counts a try at a PIN, durably, before it is compared, and says whether there
        may be one; `was_right` ends the count.
        """
        self.settings = settings
        self.may_try = may_try
        self.was_right = was_right
        self.country = country
        self.now = now
        self.large = threading.Lock()
        self.pins = threading.Semaphore(2)
        """Comparisons at once: each takes the memory that its hash asks for."""

    def evidence(
        self, envelope: Envelope, section: header.Header, author: str, to: Sequence[Recipient]
    ) -> "Evidence":
        """One mail, of which nothing has been looked at but its header `section`."""
        return Evidence(self, envelope, section, author, to)


class Evidence:
    """One mail and what was found in it."""

    def __init__(
        self,
        prover: Prover,
        envelope: Envelope,
        section: header.Header,
        author: str,
        to: Sequence[Recipient],
    ) -> None:
        self._prover = prover
        self._settings = prover.settings
        self._envelope = envelope
        self._section = section
        self._author = author
        self._to = to
        self._pins: set[str] = set()
        self.once: set[str] = set()
        """Digests of the signatures that were believed: they may not pay for a second fax."""

    @property
    def _domain(self) -> str:
        return self._author.rpartition("@")[2]

    def find(self, word: str) -> Mapping[str, Any]:
        """What looking for this proof (as written in a rule) brings, as fields of model.Proof.

        Raises errors.Temporary where it cannot be told now.
        """
        kind, _, argument = word.partition(":")
        return _FINDING[kind](self, argument)

    # ── by the client ───────────────────────────────────────────────────────────────────

    @functools.cached_property
    def _upstream(self) -> proof_results.Results | None:
        """The word of a server that we were told to believe, which gave us the mail itself."""
        client = self._envelope.peer.address
        believed = [name for name, holds in self._settings.results.items() if holds(client)]
        return proof_results.of(self._section, believed) if believed else None

    @functools.cached_property
    def _sender(self) -> str | None:
        """The domain that SPF passes for."""
        from mailfax.mail import proof_spf

        if self._upstream:
            return self._upstream.spf or None
        peer, sender = self._envelope.peer, self._envelope.mail_from
        if peer.fetched:  # there is no client that could be asked for
            return None
        found = proof_spf.check(self._settings.resolver, peer.address, sender, peer.helo)
        passed = found is proof_spf.Result.PASS
        return sender.rpartition("@")[2].lower() if passed else None

    def spf(self, _: str) -> Mapping[str, Any]:
        """The domain of the envelope sender, for which the client may send."""
        return {"spf": self._sender}

    # ── by domains ──────────────────────────────────────────────────────────────────────

    @functools.cached_property
    def _octets(self) -> bytes:
        return self._envelope.content.read()

    def _read(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Have the whole mail read; large ones one after the other, and not kept."""
        if self._envelope.content.size <= LARGE:
            return function(self._octets, *arguments)
        with self._prover.large:
            return function(self._envelope.content.read(), *arguments)

    @functools.cached_property
    def _signatures(self) -> "tuple[proof_dkim.Signature, ...]":
        from mailfax.mail import proof_dkim

        now = self._prover.now()
        found = self._read(proof_dkim.signatures, self._settings.resolver, now)
        return tuple(one for one in found if self._is_meant(one.signed))

    def _is_meant(self, signed: frozenset[str]) -> bool:
        """Whether every number that is to be faxed to stands in a To or Cc that was signed, or in
        a signed subject where that may name it.
        """
        from mailfax.mail import proof_dkim

        named = (*proof_dkim.named(self._section, signed), *self._in_subject(signed))
        return {one.number.digits for one in self._to} <= set(self._numbers(named))

    @property
    def _source(self) -> addressed.Source | None:
        return self._settings.source if self._envelope.peer.fetched else None

    def _in_subject(self, signed: frozenset[str]) -> Iterable[str]:
        if self._source and "subject" in signed:
            yield addressed.in_subject(self._section, self._source)

    def _numbers(self, addresses: Iterable[str]) -> Iterable[str]:
        country = self._prover.country()
        for one in addresses:
            try:
                plain = addressed.fax_address(one, self._source, country) if self._source else one
                yield address.parse_recipient(plain, self._settings.domains, country).number.digits
            except errors.Refused:  # a person's address, or somebody else's domain
                continue

    @functools.cached_property
    def _signers(self) -> frozenset[str]:
        """Domains whose signature counts: as we see it, or as the server before us has seen it."""
        if self._upstream is None:
            self.once.update(one.digest for one in self._signatures)
            return frozenset(one.domain for one in self._signatures)
        return self._upstream.dkim if self._vouched() else frozenset()

    def _vouched(self) -> bool:
        """Whether a signature that the server before us believes can be meant for these numbers."""
        from mailfax.mail import proof_dkim

        meant = self._is_meant(frozenset({"to", "cc", "subject"}))
        if meant:
            self.once.update(proof_dkim.claimed(self._section))
        return meant

    def dkim(self, _: str) -> Mapping[str, Any]:
        """The domains that signed it."""
        return {"dkim": self._signers}

    def dmarc(self, _: str) -> Mapping[str, Any]:
        """The domain of From, where a signature or else the client is aligned with it."""
        passed = self._told() if self._upstream else self._passes()
        return {"dmarc": self._domain if passed else None}

    def _told(self) -> bool:
        assert self._upstream is not None
        if self._upstream.dmarc != self._domain:
            return False
        return domain.aligned(self._upstream.spf, self._domain) or self._vouched()

    def _passes(self) -> bool:
        """One way is enough, so trouble with one is trouble only if the other does not pass."""
        trouble: errors.Temporary | None = None
        for way in (self._signed_for, self._sent_for):
            try:
                if way():
                    return True
            except errors.Temporary as error:
                trouble = error
        if trouble:
            raise trouble
        return False

    def _signed_for(self) -> bool:
        return proof_dmarc.passes(self._settings.resolver, self._domain, self._signers, None)

    def _sent_for(self) -> bool:
        return proof_dmarc.passes(self._settings.resolver, self._domain, (), self._sender)

    def arc(self, sealer: str) -> Mapping[str, Any]:
        """The sealer, where what he found speaks for From."""
        chain = self._chain
        if chain is None or chain.sealer != sealer or not self._is_meant(chain.signed):
            return {}
        found = chain.results
        spoken = found.dmarc == self._domain or any(
            domain.aligned(one, self._domain) for one in (*found.dkim, found.spf)
        )
        if not spoken:
            return {}
        self.once.add(chain.digest)
        return {"arc": sealer}

    @functools.cached_property
    def _chain(self) -> "proof_arc.Chain | None":
        from mailfax.mail import proof_arc

        chain: proof_arc.Chain | None = self._read(
            proof_arc.chain, self._settings.resolver, self._prover.now()
        )
        return chain

    # ── by persons ──────────────────────────────────────────────────────────────────────

    def smime(self, _: str) -> Mapping[str, Any]:
        """The author, where his certificate made the signature."""
        from mailfax.mail import proof_smime

        if self._settings.roots is None:
            return {}
        found: proof_smime.Signed | None = self._read(
            proof_smime.verify, self._settings.roots, self._prover.now()
        )
        if found is None or self._author not in found.addresses:
            return {}
        self.once.add(found.digest)
        return {"smime": self._author}

    def pgp(self, _: str) -> Mapping[str, Any]:
        """The author, where his key made the signature."""
        from mailfax.mail import proof_pgp

        if self._settings.keys is None:
            return {}
        found: proof_pgp.Signed | None = self._read(
            proof_pgp.verify, self._author, self._settings.keys, self._prover.now()
        )
        if found is None:
            return {}
        self.once.add(found.digest)
        return {"pgp": self._author}

    def pin(self, name: str) -> Mapping[str, Any]:
        """The name of the PIN in the subject: the one asked for, else the author's own."""
        pin = proof_pin.given(header.decoded(self._section.first("subject")))
        wanted = [name] if name else [self._author, f"@{self._domain}"]
        known = [one for one in wanted if one in self._settings.pins]
        if len(pin) < proof_pin.SHORTEST or self._section.count("subject") != 1:
            return {}
        self._pins.update(one for one in known if self._is_right(one, pin))
        return {"pin": frozenset(self._pins)}

    def _is_right(self, name: str, pin: str) -> bool:
        if not self._prover.may_try(name):
            raise errors.Temporary(f"there were too many wrong PINs for {name}: it is locked")
        with self._prover.pins:
            right = proof_pin.right(self._settings.pins[name], pin)
        if right:
            self._prover.was_right(name)
        return right


def results(shown: Proof) -> list[str]:
    """What was shown, in the words of Authentication-Results (RFC 8601 section 2.7)."""
    found = [f"dkim=pass header.d={one}" for one in sorted(shown.dkim)]
    found += [f"spf=pass smtp.mailfrom={shown.spf}"] if shown.spf else []
    found += [f"dmarc=pass header.from={shown.dmarc}"] if shown.dmarc else []
    found += ["arc=pass"] if shown.arc else []
    return found + (["smime=pass"] if shown.smime else [])


_FINDING: Mapping[str, Callable[[Evidence, str], Mapping[str, Any]]] = {
    "spf": Evidence.spf,
    "dkim": Evidence.dkim,
    "dmarc": Evidence.dmarc,
    "arc": Evidence.arc,
    "smime": Evidence.smime,
    "pgp": Evidence.pgp,
    "pin": Evidence.pin,
}
