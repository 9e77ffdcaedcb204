"""The one account of the service."""

import dataclasses
import datetime

from mailfax.sandbox import _calls, _exchange, _twin, _wire
from mailfax.sandbox._wire import Reply


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What operations work on."""

    provider: str
    around: _twin.Surroundings
    cleared: set[int] = dataclasses.field(default_factory=set)
    """Jobs whose status record is gone."""

    @property
    def exchange(self) -> _exchange.Exchange:
        """The network."""
        return self.around.exchange

    def now(self) -> datetime.datetime:
        """The time by the network's clock."""
        return self.exchange.now()

    def job(self, jobid: str) -> _calls.Call | None:
        """The job with this id, unless it is cleared or not ours."""
        if not is_numeric(jobid):
            return None
        call = self.exchange.call(int(jobid))
        if call is None or call.provider != self.provider or call.id in self.cleared:
            return None
        return call

    def jobs(self) -> list[_calls.Call]:
        """All jobs that are not cleared, oldest first."""
        return [x for x in self.exchange.calls(self.provider) if x.id not in self.cleared]

    def has(self, number: str) -> bool:
        """Whether this 10-digit number is ours."""
        return any(line.did == f"+1{number}" for line in self.exchange.lines(self.provider))


def is_numeric(text: str) -> bool:
    """Whether this is an identifier as the service gives them out."""
    return text.isascii() and text.isdigit() and len(text) <= 18


def is_number(text: str) -> bool:
    """Whether this is ten digits and nothing else."""
    return text.isascii() and text.isdigit() and len(text) == 10


def download(name: str, data: bytes) -> Reply:
    """A binary reply (manual, getfax: headers of the success case)."""
    return Reply(
        body=data,
        kind="application/octet-stream",
        headers=(("Content-Disposition", f"attachment; filename={name}"),),
    )


def refused(text: str) -> Reply:
    """An error, which is HTTP 200 like everything else."""
    return _wire.text(text)
