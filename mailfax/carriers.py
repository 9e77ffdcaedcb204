"""Which account carries which fax, when it may be asked, and what it is given."""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from mailfax import errors
from mailfax.document import header, tiff
from mailfax.model import Decision, FaxJob, Transmission
from mailfax.money import Money
from mailfax.providers import _port
from mailfax.store import documents, ledger

NOT_SENT = frozenset({"put_off", "absent"})
"""How a transmission ended that the provider surely does not have: another may have it then."""

Alike = tuple[str, str | None, header.Line | None]
"""What the jobs of one request share: account, key of the pages, and the line on top of them."""

Groups = Mapping[Alike, Sequence[FaxJob]]


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
        for (account, _, _), group in groups.items():
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

    def take_pdf(self, decision: Decision) -> bool:
        """Whether each of the rule's accounts takes a PDF, and draws it itself, header and all."""
        names = [name for name in decision.provider if name in self.accounts]
        kinds = [self.accounts[name].capabilities.file_types for name in names]
        headed = any(self.heading(decision, name) for name in names)
        return bool(names) and not headed and all("pdf" in taken for taken in kinds)

    def alike(self, job: FaxJob, account: str) -> Alike:
        """What it shares with those that may go in the same request."""
        return account, job.document, self.heading(job.decision, account)

    def heading(self, decision: Decision, account: str) -> header.Line | None:
        """The line that we put at the head of its pages; None: none, or the provider does it."""
        return header.wanted(decision, printed=self.accounts[account].capabilities.prints_header)

    def _size(self, job: FaxJob) -> int:
        return self.folder.size(job.document) if job.document else 0

    def transmission(self, job: FaxJob, account: str, price: Money | None) -> Transmission:
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
            price=price,
        )

    def payload(self, job: FaxJob, sent: Transmission) -> _port.Payload:
        """Its pages as this handing-over sends them.

        Raises Temporary or, when they are missing, Permanent.
        """
        assert job.document is not None
        data = self.folder.read(job.document)
        if _ending(job.document) == "tif":
            data = self._made_ready(data, job.decision, sent)
        return _port.Payload(
            name=f"{job.id}.{_ending(job.document)}",
            data=data,
            pages=job.pages,
            resolution=job.decision.resolution,
        )

    def _made_ready(self, data: bytes, decision: Decision, sent: Transmission) -> bytes:
        """The pages with a header line, or in Group 3, where the account needs that; what is kept
        stays as it is.
        """
        line = self.heading(decision, sent.account)
        group4 = self.accounts[sent.account].capabilities.group4
        if group4 and line is None:
            return data
        try:
            with self.folder.scratch() as folder:
                pages, headed, coded = (folder / f"{name}.tif" for name in ("kept", "headed", "s"))
                pages.write_bytes(data)
                if line:
                    pages = header.put(pages, line.words(sent.started_at), headed).path
                if not group4:
                    pages = tiff.to_profile_s(pages, coded).path
                return pages.read_bytes()
        except OSError as error:
            raise errors.Temporary(f"the pages cannot be made ready: {error.strerror}") from None


def _ending(document: str | None) -> str:
    """What a document is, by its key; pages that are still to be made will be a TIFF."""
    return document.rpartition(".")[2] if document else "tif"
