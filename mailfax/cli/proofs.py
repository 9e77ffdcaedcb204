"""`rules explain --dns`: the proofs of a mail in a file, looked for without a trace."""

import dataclasses
import hashlib

from mailfax import config as configuration
from mailfax import errors
from mailfax.mail import header, proof
from mailfax.model import Content, Envelope, Peer, Rcpt
from mailfax.policy import decide, match
from mailfax.policy.verdict import Unknown
from mailfax.service import wiring


def found(
    facts: decide.Facts, octets: bytes, peer: str, config: configuration.Config
) -> decide.Facts:
    """`facts` with all that can be found out now; what only the ledger knows stays unknown."""
    evidence = _prover(config).evidence(
        _envelope(facts, octets, peer),
        header.split(octets, 0, len(octets))[0],
        match.address(facts.header_from) if isinstance(facts.header_from, str) else "",
        [facts.recipient],
    )
    shown, unknown = facts.proof, dict(facts.unknown)
    for word in sorted(unknown.keys() - {"confirmed"}):
        try:
            shown = dataclasses.replace(shown, **evidence.find(word))
            del unknown[word]
        except errors.Temporary:
            unknown[word] = Unknown.TEMPORARY
    return dataclasses.replace(facts, proof=shown, unknown=unknown)


def _prover(config: configuration.Config) -> proof.Prover:
    """One that counts no tries at PINs."""
    return proof.Prover(
        wiring.proof_settings(config), may_try=lambda _: True, was_right=lambda _: None
    )


def _envelope(facts: decide.Facts, octets: bytes, peer: str) -> Envelope:
    digest = hashlib.sha256(octets).hexdigest()
    return Envelope(
        mail_from=facts.mail_from,
        rcpt_tos=(Rcpt(address=facts.recipient.address),),
        content=Content(size=len(octets), sha256=digest, data=octets),
        peer=Peer(address=peer),
        login=facts.proof.login,
        received_at=wiring.now(),
    )
