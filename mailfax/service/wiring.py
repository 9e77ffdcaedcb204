"""What both roles need to know: who we are, and what time it is."""

import datetime
import functools
import ipaddress
from collections.abc import Callable

from mailfax import config as configuration
from mailfax.mail import addressed, proof, proof_dns
from mailfax.model import MAILBOX, Gateway
from mailfax.store import ledger


def now() -> datetime.datetime:
    """The one clock."""
    return datetime.datetime.now(datetime.UTC)


def gateway(config: configuration.Config) -> Gateway:
    """Who and where we are, for stories and mails."""
    return Gateway(name=config.name, domains=config.domains, postmaster=config.smarthost.postmaster)


def prover(
    config: configuration.Config, book: ledger.Ledger, country: Callable[[], str | None]
) -> proof.Prover:
    """Who looks for the proofs of a mail; wrong PINs are counted in the ledger."""
    return proof.Prover(
        proof_settings(config), book.tries.may_try, book.tries.was_right, country, now
    )


def proof_settings(config: configuration.Config) -> proof.Settings:
    """`[proof]`, `[dns]` and the trusted servers in the words of the prover."""
    table, box = config.proof, config.mailbox
    return proof.Settings(
        domains=config.domains,
        resolver=proof_dns.Resolver(config.dns.servers, config.dns.timeout),
        roots=table.smime_roots,
        keys=table.pgp_keys,
        pins={name: secret.reveal() for name, secret in table.pins.items()},
        results={
            name: functools.partial(_believes, config, name)
            for name in {*config.listener.trusted_results, *(box.trusted_results if box else ())}
        },
        source=source(config) if box else None,
    )


def source(config: configuration.Config) -> addressed.Source:
    """How mails in `[mailbox]` name their numbers."""
    assert config.mailbox is not None
    return addressed.Source(
        domains=config.domains,
        header=config.mailbox.header,
        address=config.mailbox.address,
        subject=config.mailbox.subject_number,
    )


def _believes(config: configuration.Config, name: str, address: str) -> bool:
    """Whether the results of server `name` are believed in a mail from here."""
    if address == MAILBOX:
        return config.mailbox is not None and name in config.mailbox.trusted_results
    return _holds(config.listener.trusted_results.get(name, ()), address)


def _holds(networks: tuple[configuration.Network, ...], address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in networks)
