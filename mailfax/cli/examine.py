"""`mailfax doctor`: each look is one function that gives findings."""

import dataclasses
import pathlib
import shutil
import smtplib
from collections.abc import Callable, Iterator

from cryptography import x509

from mailfax import config as configuration
from mailfax import errors
from mailfax.service import rulebook, wiring, working


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked at; `mark` is FAIL or warn when it is not good."""

    what: str
    good: bool
    remark: str = ""
    mark: str = "FAIL"


def everything(config: configuration.Config) -> Iterator[Finding]:
    """All looks, one after the other; a look that fails is a finding."""
    looks: tuple[Callable[[configuration.Config], Iterator[Finding]], ...] = (
        _rules,
        _store,
        _disk,
        _jail,
        _listener,
        _names,
        _keys,
        _smarthost,
        _mailbox,
        _providers,
    )
    for look in looks:
        try:
            yield from look(config)
        except errors.MailfaxError as error:
            yield Finding(what=look.__name__.strip("_"), good=False, remark=str(error))


def health(config: configuration.Config) -> Iterator[Finding]:
    """What a health check asks: does the listener greet, does the store answer?"""
    yield from _listener(config)
    yield from _store(config)


def _rules(config: configuration.Config) -> Iterator[Finding]:
    book = rulebook.load_rules(config)
    yield Finding(what="rules", good=True, remark=f"{config.rules}, {len(book.send)} send rules")
    for warning in book.warnings:
        yield Finding(what="rules", good=False, mark="warn", remark=str(warning))


def _store(config: configuration.Config) -> Iterator[Finding]:
    from mailfax.store import ledger

    opened = ledger.open(config.store)
    try:
        counts = ", ".join(
            f"{count} {state}" for state, count in opened.faxes.counts().items() if count
        )
        oldest = opened.faxes.oldest()
    finally:
        opened.close()
    yield Finding(what="store", good=True, remark=counts or "no faxes yet")
    late = (wiring.now() - oldest).total_seconds() if oldest else 0.0
    yield Finding(
        what="backlog",
        good=late < 900,
        mark="warn",
        remark=f"oldest due {max(0, round(late))} s ago",
    )


def _disk(config: configuration.Config) -> Iterator[Finding]:
    if not config.documents.exists():
        yield Finding(what="documents", good=True, remark=f"{config.documents} will be made")
        return
    free = shutil.disk_usage(config.documents).free
    yield Finding(what="disk", good=free > 500_000_000, remark=f"{free // 1_000_000} MB free")


def _jail(config: configuration.Config) -> Iterator[Finding]:
    from mailfax.document import render
    from mailfax.mail import message

    settings, folders = working.render_settings(config), config.template_folders()
    with render.Renderer(settings, folders, message.parts) as renderer:
        for layer, on, remark in renderer.layers():
            yield Finding(what=f"jail: {layer}", good=on, mark="warn", remark=remark)
        for kind, on, remark in renderer.programs():
            yield Finding(what=kind, good=on, mark="warn", remark=remark)


def _listener(config: configuration.Config) -> Iterator[Finding]:
    for host, port in config.listener.listen if config.listens else ():
        asked = "127.0.0.1" if host == "0.0.0.0" else "::1" if host == "::" else host  # noqa: S104
        try:
            with smtplib.SMTP(asked, port, timeout=10) as client:
                client.noop()
            yield Finding(what=f"listener {host}:{port}", good=True, remark="greets")
        except (OSError, smtplib.SMTPException) as error:
            yield Finding(
                what=f"listener {host}:{port}", good=False, remark=f"no greeting: {error}"
            )


def _names(config: configuration.Config) -> Iterator[Finding]:
    """Whether the DNS answers, where a rule asks for what stands in it."""
    asked = {word.partition(":")[0] for word in rulebook.load_rules(config).sought}
    if not asked & {"spf", "dkim", "dmarc", "arc"}:
        return
    name = config.domains[0]
    wiring.proof_settings(config).resolver.records(name, "MX")
    yield Finding(what="dns", good=True, remark=f"answers for {name}")


def _keys(config: configuration.Config) -> Iterator[Finding]:
    """Whether what proofs are checked against can be read, and what a rule asks for is there."""
    asked = {word.partition(":")[0] for word in rulebook.load_rules(config).sought}
    for word, key, place, program in (
        ("smime", "smime_roots", config.proof.smime_roots, "openssl"),
        ("pgp", "pgp_keys", config.proof.pgp_keys, "gpgv"),
    ):
        if place is not None:
            yield _readable(key, place)
        elif word in asked:
            remark = f"a rule asks for {word}, and [proof] has no {key}: nobody can show it"
            yield Finding(what=key, good=False, remark=remark)
        if word in asked and not shutil.which(program):
            yield Finding(what=word, good=False, remark=f"{program} is not installed")
    if "pin" in asked and not config.proof.pins:
        remark = "a rule asks for pin, and there is no [proof.pins]: nobody can show it"
        yield Finding(what="pins", good=False, remark=remark)
    if config.listener.client_ca:
        yield _readable("client_ca", config.listener.client_ca)


def _readable(key: str, place: pathlib.Path) -> Finding:
    try:
        if place.is_dir():
            keys = len(list(place.glob("*@*.asc")))
            return Finding(what=key, good=keys > 0, remark=f"{keys} keys in {place}", mark="warn")
        found = x509.load_pem_x509_certificates(place.read_bytes())
    except (OSError, ValueError) as error:
        return Finding(what=key, good=False, remark=f"{place} cannot be read: {error}")
    return Finding(what=key, good=True, remark=f"{len(found)} certificates in {place}")


def _smarthost(config: configuration.Config) -> Iterator[Finding]:
    from mailfax.mail import smarthost

    host = smarthost.Smarthost(working.smarthost_settings(config))
    try:
        host.check()
        yield Finding(
            what="smarthost", good=True, remark=f"{config.smarthost.host} takes our login"
        )
    finally:
        host.close()


def _mailbox(config: configuration.Config) -> Iterator[Finding]:
    """Whether the mailbox takes our login and has its folders."""
    if config.mailbox is None:
        return
    from mailfax.mail import mailbox
    from mailfax.service import collecting

    found = mailbox.Mailbox(collecting.settings(config)).check()
    yield Finding(what="mailbox", good=True, remark=f"{config.mailbox.host} {found}")


def _providers(config: configuration.Config) -> Iterator[Finding]:
    for name, account in working.connect_accounts(config).items():
        try:
            account.check()
            yield Finding(what=f"provider {name}", good=True, remark="takes our login")
        except errors.MailfaxError as error:
            yield Finding(what=f"provider {name}", good=False, remark=str(error))
        finally:
            account.close()
