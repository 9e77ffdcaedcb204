"""From the config to what each room wants to be told, in the room's own words."""

import datetime
from typing import TypedDict

from mailfax import config as configuration
from mailfax import providers
from mailfax.document import cover, render
from mailfax.mail import listener, smarthost
from mailfax.model import Gateway
from mailfax.policy import rules as policy
from mailfax.providers import _port


def now() -> datetime.datetime:
    """The one clock."""
    return datetime.datetime.now(datetime.UTC)


def gateway(config: configuration.Config) -> Gateway:
    """Who and where we are, for stories and mails."""
    return Gateway(name=config.name, domains=config.domains, postmaster=config.smarthost.postmaster)


class Known(TypedDict):
    """What a rules file may name: accounts with what they can do, and cover templates."""

    accounts: dict[str, _port.Capabilities]
    covers: list[str]


def known(config: configuration.Config) -> Known:
    """What the rules of this config are checked against."""
    accounts = {
        name: providers.load(provider.kind).CAPABILITIES
        for name, provider in config.providers.items()
    }
    return Known(accounts=accounts, covers=cover.names(config.template_folders()))


def load_rules(config: configuration.Config) -> policy.Rules:
    """The config's rules; raises errors.Invalid with all that is wrong in them."""
    return policy.load(config.rules, **known(config))


def listener_settings(config: configuration.Config) -> listener.Settings:
    """`[listener]` in the listener's own words."""
    table = config.listener
    return listener.Settings(
        listen=table.listen,
        implicit_tls=table.implicit_tls,
        tls_cert=table.tls.cert if table.tls else None,
        tls_key=table.tls.key if table.tls else None,
        hostname=config.name,
        domains=config.domains,
        max_size=table.max_size,
        max_recipients=table.max_recipients,
        max_connections=table.max_connections,
        max_connections_per_address=table.max_connections_per_address,
        idle=table.idle,
        logins=table.logins,
    )


def render_settings(config: configuration.Config) -> render.Settings:
    """`[worker]` in the renderer's own words."""
    return render.Settings(workers=config.worker.renderers, require_jail=config.worker.require_jail)


def smarthost_settings(config: configuration.Config) -> smarthost.Settings:
    """`[smarthost]` in the smarthost's own words."""
    table = config.smarthost
    return smarthost.Settings(
        host=table.host,
        port=table.port,
        tls=table.tls,
        login=table.login,
        password=table.password.reveal() if table.password else None,
        ca=table.ca,
        hostname=config.name,
        timeout=table.timeout,
    )


def connect_accounts(config: configuration.Config) -> dict[str, _port.Outbound]:
    """Account name → its provider, ready to talk."""
    return {
        name: providers.load(provider.kind).connect(config.settings(name))
        for name, provider in config.providers.items()
    }
