"""Yes, no, and the two kinds of not knowing; a condition's verdict with its reason."""

import dataclasses
import enum
import functools
import typing
from collections.abc import Iterable


class Unknown(enum.Enum):
    """A fact that cannot be had."""

    NOT_YET = "not known yet"
    """It will be known later in this transaction."""
    TEMPORARY = "could not be found out"
    """Trouble of ours or the network's: the sender may try again."""


class Verdict(enum.Enum):
    """What is to be said of a condition with the facts at hand."""

    YES = "yes"
    NO = "no"
    NOT_YET = "unknown yet"
    TEMPORARY = "unknown"

    @property
    def open(self) -> bool:
        """Whether an unknown fact decides."""
        return self in {Verdict.NOT_YET, Verdict.TEMPORARY}


_OF_UNKNOWN = {Unknown.NOT_YET: Verdict.NOT_YET, Unknown.TEMPORARY: Verdict.TEMPORARY}


def of(value: bool | Unknown) -> Verdict:
    """The verdict of a plain answer."""
    if isinstance(value, Unknown):
        return _OF_UNKNOWN[value]
    return Verdict.YES if value else Verdict.NO


def negated(verdict: Verdict) -> Verdict:
    """Yes for no; not knowing stays."""
    return {Verdict.YES: Verdict.NO, Verdict.NO: Verdict.YES}.get(verdict, verdict)


def every(verdicts: Iterable[Verdict]) -> Verdict:
    """All have to hold. Waiting may still bring a no, so it goes before giving up."""
    return _first(verdicts, (Verdict.NO, Verdict.NOT_YET, Verdict.TEMPORARY), Verdict.YES)


def some(verdicts: Iterable[Verdict]) -> Verdict:
    """One has to hold. Waiting may still bring a yes."""
    return _first(verdicts, (Verdict.YES, Verdict.NOT_YET, Verdict.TEMPORARY), Verdict.NO)


def _first(verdicts: Iterable[Verdict], order: tuple[Verdict, ...], otherwise: Verdict) -> Verdict:
    found = list(verdicts)
    return next((verdict for verdict in order if verdict in found), otherwise)


class Check(typing.NamedTuple):
    """One condition of one rule, tried."""

    condition: str
    """As written in the file: `from`, `not_to`, `proof login` …"""
    verdict: Verdict
    remark: str
    """What was compared with what."""
    hangs: str = ""
    """The proof, as written in the rule, that has to be looked for first."""


@dataclasses.dataclass(frozen=True)
class Way:
    """One way to satisfy a rule: the proofs it takes, and all that then has to hold."""

    proofs: str
    """As `login`, or `login and network:lan`; empty where the rule asks for none."""
    checks: tuple[Check, ...]
    networks: tuple[str, ...] = ()
    confirm: bool = False
    """Whether the author has to confirm the fax first."""

    @functools.cached_property
    def verdict(self) -> Verdict:
        """Whether this way is open."""
        return every(check.verdict for check in self.checks)


@dataclasses.dataclass(frozen=True)
class Tried:
    """One rule, tried."""

    rule: str
    place: str
    """`file:line`."""
    checks: tuple[Check, ...]
    """What has to hold in any case."""
    ways: tuple[Way, ...] = ()
    """Of which one has to hold; none means that nothing more is asked."""

    @functools.cached_property
    def verdict(self) -> Verdict:
        """Whether the rule holds."""
        found = [check.verdict for check in self.checks]
        if self.ways:
            found.append(some(way.verdict for way in self.ways))
        return every(found)

    @property
    def way(self) -> Way | None:
        """The way that was taken."""
        return next((way for way in self.ways if way.verdict is Verdict.YES), None)

    @property
    def reasons(self) -> tuple[Check, ...]:
        """The first condition that failed or is open, or the first of each way."""
        wanted = self.verdict
        for check in self.checks:
            if check.verdict is wanted and wanted is not Verdict.YES:
                return (check,)
        firsts = (_stumble(way, wanted) for way in self.ways)
        return tuple(check for check in firsts if check)


def _stumble(way: Way, wanted: Verdict) -> Check | None:
    if wanted is Verdict.YES:
        return None
    return next((check for check in way.checks if check.verdict is wanted), None)
