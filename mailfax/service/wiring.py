"""What both roles need to know: who we are, and what time it is."""

import datetime

from mailfax import config as configuration
from mailfax.model import Gateway


def now() -> datetime.datetime:
    """The one clock."""
    return datetime.datetime.now(datetime.UTC)


def gateway(config: configuration.Config) -> Gateway:
    """Who and where we are, for stories and mails."""
    return Gateway(name=config.name, domains=config.domains, postmaster=config.smarthost.postmaster)
