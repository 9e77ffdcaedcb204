"""The rules in force, watched, and what they are checked against."""

import pathlib
from collections.abc import Sequence
from typing import TypedDict

import structlog

from mailfax import config as configuration
from mailfax import errors, providers
from mailfax.policy import decide
from mailfax.policy import rules as policy
from mailfax.providers import _port

WATCH = 2.0  # seconds between two looks at the file

_log = structlog.get_logger("service")


class Known(TypedDict):
    """What a rules file may name: accounts with what they can do, and cover templates; and our
    own fax domains, where no fax may be delivered to.
    """

    accounts: dict[str, _port.Capabilities]
    covers: list[str]
    domains: tuple[str, ...]


def known(config: configuration.Config) -> Known:
    """What the rules of this config are checked against."""
    accounts = {
        name: providers.load(provider.kind).CAPABILITIES
        for name, provider in config.providers.items()
    }
    return Known(accounts=accounts, covers=config.covers(), domains=config.domains)


def load_rules(config: configuration.Config) -> policy.Rules:
    """The config's rules; raises errors.Invalid with all that is wrong in them, or in the
    templates of their covers.
    """
    rules = policy.load(config.rules, **known(config))
    _check_covers(rules, config.template_folders())
    return rules


def _check_covers(rules: policy.Rules, folders: Sequence[pathlib.Path]) -> None:
    """Raises errors.Invalid with what is wrong in templates that the rules name."""
    covered = decide.covered(rules)
    if not covered:
        return
    from mailfax.document import cover  # and pydantic with it: 6 MB

    found: list[errors.Problem] = []
    for decision in covered:
        try:
            known = cover.load(decision.cover, folders).words.names()
        except errors.Invalid as invalid:
            found += invalid.problems
            continue
        for name in sorted(decision.cover_words.keys() - known):
            text = f"the words of a cover have '{name}', which '{decision.cover}' does not know"
            found.append(errors.Problem(rules.file, 0, 0, text))
    if found:
        raise errors.Invalid(list(dict.fromkeys(found)))


class Rulebook:
    """The rules in force: replaced as a whole, and only by a set without a problem."""

    def __init__(self, config: configuration.Config) -> None:
        self._path = config.rules
        self._known = known(config)
        self.rules = load_rules(config)
        self._templates = config.template_folders()
        self._wrong: tuple[pathlib.Path, ...] = ()
        self._seen = self._look()

    def current(self) -> policy.Rules:
        """The rules in force."""
        return self.rules

    def refresh(self) -> None:
        """Take a changed file if it has no problem; otherwise keep the last good set."""
        seen = self._look()
        if seen == self._seen:
            return
        old = self.rules
        self.rules, problems = policy.reload(old, self._path, **self._known)
        try:
            _check_covers(self.rules, self._templates)
        except errors.Invalid as invalid:
            self.rules, problems = old, invalid.problems
        self._wrong = tuple({pathlib.Path(one.other or one.file) for one in problems})
        self._seen = {path: seen.get(path, now) for path, now in self._look().items()}
        if problems:
            _log.error("rules kept: the new file is wrong", problems=[str(p) for p in problems])
        else:
            _log.info("rules in force", hash=self.rules.hash)

    def _look(self) -> dict[pathlib.Path, tuple[int, int]]:
        """How the rules file looks and every other that it refers to or has a problem with."""
        return {path: _stamp(path) for path in (self._path, *self.rules.others, *self._wrong)}


def _stamp(path: pathlib.Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return (stat.st_mtime_ns, stat.st_size)
