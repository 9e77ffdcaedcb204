"""What another rules file would make of the same mails."""

import dataclasses
import datetime
from collections.abc import Mapping

from mailfax.model import Action
from mailfax.policy import decide, settings
from mailfax.policy.tables import Rules


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """One mail to one number on which two files do not agree."""

    what: str
    """Which mail, to whom."""
    before: str
    after: str
    settings: Mapping[str, tuple[str, str]]
    """Settings that differ where both would fax it."""

    def __str__(self) -> str:
        told = [f"{self.before} → {self.after}"] if self.before != self.after else []
        told += [f"{name} {old} → {new}" for name, (old, new) in self.settings.items()]
        return f"{self.what}: {'; '.join(told)}"


def change(
    old: Rules, new: Rules, facts: decide.Facts, now: datetime.datetime, what: str
) -> Change | None:
    """What changes for this mail, all that may come of it; None: nothing does."""
    before, after = (decide.trace(rules, facts, now) for rules in (old, new))
    differing = _differing(before, after)
    if _said(before) == _said(after) and not differing:
        return None
    return Change(what=what, before=_said(before), after=_said(after), settings=differing)


def _said(found: decide.Trace) -> str:
    outcomes = [_outcome(one) for one in found.possible[: 1 if found.decision else None]]
    return " or ".join(dict.fromkeys(outcomes))


def _outcome(one: decide.Outcome) -> str:
    decision = one.decision
    code = f" {decision.code}" if decision.action is Action.REJECT else ""
    return f"{decision.action}{code} by rule {decision.rule}"


def _differing(before: decide.Trace, after: decide.Trace) -> dict[str, tuple[str, str]]:
    """Where the mail would become a fax under both."""
    both = (before.possible[0], after.possible[0])
    if any(one.decision.action in {Action.REJECT, Action.DISCARD} for one in both):
        return {}
    old, new = (one.settings for one in both)
    return {
        name: (settings.shown(old[name].value), settings.shown(new[name].value))
        for name in sorted(old)
        if old[name].value != new[name].value
    }
