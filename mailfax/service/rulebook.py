"""The rules in force, watched, and what they are checked against."""

from typing import TypedDict

import structlog

from mailfax import config as configuration
from mailfax import providers
from mailfax.policy import rules as policy
from mailfax.providers import _port

WATCH = 2.0  # seconds between two looks at the file

_log = structlog.get_logger("service")


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
    return Known(accounts=accounts, covers=config.covers())


def load_rules(config: configuration.Config) -> policy.Rules:
    """The config's rules; raises errors.Invalid with all that is wrong in them."""
    return policy.load(config.rules, **known(config))


class Rulebook:
    """The rules in force: replaced as a whole, and only by a set without a problem."""

    def __init__(self, config: configuration.Config) -> None:
        self._path = config.rules
        self._known = known(config)
        self.rules = policy.load(self._path, **self._known)
        self._stamp = self._look()

    def current(self) -> policy.Rules:
        """The rules in force."""
        return self.rules

    def refresh(self) -> None:
        """Take a changed file if it has no problem; otherwise keep the last good set."""
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        self.rules, problems = policy.reload(self.rules, self._path, **self._known)
        if problems:
            _log.error("rules kept: the new file is wrong", problems=[str(p) for p in problems])
        else:
            _log.info("rules in force", hash=self.rules.hash)

    def _look(self) -> tuple[int, int]:
        try:
            stat = self._path.stat()
        except OSError:
            return (0, 0)
        return (stat.st_mtime_ns, stat.st_size)
