"""`mailfax doctor`: each look is one function that gives findings."""

import dataclasses
import shutil
import smtplib
from collections.abc import Callable, Iterator

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
        _smarthost,
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

    with render.Renderer(working.render_settings(config), config.template_folders()) as renderer:
        for layer, on, remark in renderer.layers():
            yield Finding(what=f"jail: {layer}", good=on, mark="warn", remark=remark)


def _listener(config: configuration.Config) -> Iterator[Finding]:
    for host, port in config.listener.listen:
        asked = "127.0.0.1" if host == "0.0.0.0" else "::1" if host == "::" else host  # noqa: S104
        try:
            with smtplib.SMTP(asked, port, timeout=10) as client:
                client.noop()
            yield Finding(what=f"listener {host}:{port}", good=True, remark="greets")
        except (OSError, smtplib.SMTPException) as error:
            yield Finding(
                what=f"listener {host}:{port}", good=False, remark=f"no greeting: {error}"
            )


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


def _providers(config: configuration.Config) -> Iterator[Finding]:
    for name, account in working.connect_accounts(config).items():
        try:
            account.check()
            yield Finding(what=f"provider {name}", good=True, remark="takes our login")
        except errors.MailfaxError as error:
            yield Finding(what=f"provider {name}", good=False, remark=str(error))
        finally:
            account.close()
