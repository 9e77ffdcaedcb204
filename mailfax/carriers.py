"""Which account carries which fax, when it may be asked, and what it is given."""

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mailfax import errors
from mailfax.model import FaxJob, Transmission
from mailfax.providers import _port
from mailfax.store import documents, ledger

NOT_SENT = frozenset({"put_off", "absent"})
"""How a transmission ended that the provider surely does not have: another may have it then."""

Groups = Mapping[tuple[str, str | None], Sequence[FaxJob]]
"""Jobs by account and the key of their pages."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Carriers:
    """The provider accounts of mailfax.toml."""

    ledger: ledger.Ledger
    folder: documents.LocalDir
    accounts: Mapping[str, _port.Outbound]

    def __getitem__(self, name: str) -> _port.Outbound:
        """Raises errors.Temporary for an account that is not there any more: it may come back."""
        if name not in self.accounts:
            raise errors.Temporary(f"account {name} is not in mailfax.toml any more")
        return self.accounts[name]

    def most(self, least: int, limit: int) -> int:
        """Jobs that are worth claiming at once: as many as one request may carry."""
        able = [account.capabilities.max_recipients for account in self.accounts.values()]
        return min(limit, max([least, *able]))

    def requests(self, groups: Groups) -> Mapping[str, Sequence[Sequence[FaxJob]]]:
        """By account, the jobs of each request that it takes."""
        found: dict[str, list[Sequence[FaxJob]]] = {}
        for (account, _), group in groups.items():
            most = self.accounts[account].capabilities.max_recipients
            parts = [group[start : start + most] for start in range(0, len(group), most)]
            found.setdefault(account, []).extend(parts)
        return found

    @contextlib.contextmanager
    def turn(self, account: str, *, report: bool = False) -> Iterator[float]:
        """Our turn to make a request, or the seconds until there is one."""
        able = self[account].capabilities
        with contextlib.ExitStack() as turns:
            wait = turns.enter_context(self.ledger.accounts.turn(account, able.request_interval))
            if report and not wait:
                reports = self.ledger.accounts.turn(f"{account} reports", able.report_interval)
                wait = turns.enter_context(reports)
            yield wait

    def choose(self, job: FaxJob) -> str:
        """The rule's first account that can; the next one when the last surely did not take it."""
        reasons = {name: self._cannot(name, job) for name in job.decision.provider}
        able = [name for name, reason in reasons.items() if reason is None]
        if not able:
            raise next(iter(reasons.values()), None) or errors.Permanent(
                "the rule names no provider", cause=errors.Cause.NO_ROUTE
            )
        past = self.ledger.faxes.transmissions(job.id)
        if not past or past[-1].transmission.account not in able:
            return able[0]
        last = able.index(past[-1].transmission.account)
        return able[(last + (past[-1].outcome in NOT_SENT)) % len(able)]

    def _cannot(self, name: str, job: FaxJob) -> errors.Permanent | None:
        """Why this account cannot carry this job; None when it can."""
        if name not in self.accounts:
            why = f"account {name} is not in mailfax.toml any more"
            return errors.Permanent(why, cause=errors.Cause.NO_ROUTE)
        fax = _port.Fax(
            number=job.recipient.number,
            subaddress=job.recipient.subaddress,
            resolution=job.decision.resolution,
            pages=job.pages,
            size=self._size(job),
            kind=_ending(job.document),
        )
        return self.accounts[name].capabilities.obstacle(name, fax)

    def take_pdf(self, names: Iterable[str]) -> bool:
        """Whether each of these accounts takes a PDF, and draws it itself."""
        known = [self.accounts[name] for name in names if name in self.accounts]
        return bool(known) and all("pdf" in account.capabilities.file_types for account in known)

    def _size(self, job: FaxJob) -> int:
        return self.folder.size(job.document) if job.document else 0

    def transmission(self, job: FaxJob, account: str) -> Transmission:
        """The handing-over that is to begin; its id is our reference at the provider."""
        return Transmission(
            id=f"{job.id}.{job.tries + 1}",
            job=job.id,
            account=account,
            number=job.recipient.number,
            started_at=self.ledger.now(),
            subaddress=job.recipient.subaddress,
            recipient_name=job.recipient.name,
            pages=job.pages,
            resolution=job.decision.resolution,
        )

    def payload(self, job: FaxJob) -> _port.Payload:
        """Its pages; raises Temporary or, when they are missing, Permanent."""
        assert job.document is not None
        return _port.Payload(
            name=f"{job.id}.{_ending(job.document)}",
            data=self.folder.read(job.document),
            pages=job.pages,
            resolution=job.decision.resolution,
        )


def _ending(document: str | None) -> str:
    """What a document is, by its key; pages that are still to be made will be a TIFF."""
    return document.rpartition(".")[2] if document else "tif"
