"""What became of faxes handed over: from registration to object to recipient."""

import functools
import zoneinfo
from collections.abc import Callable, Iterator, Mapping, Sequence

from mailfax.model import Outcome, Report
from mailfax.providers.popfax import _client, _codes, _records, _references, _written

BATCH = 600
"""Ids in one request; the service's older API gives at most a thousand records."""


class Following:
    """Asks for one account's faxes."""

    def __init__(self, client: _client.Client, zone: zoneinfo.ZoneInfo) -> None:
        self._client = client
        self._zone = zone

    def report(self, references: Sequence[str]) -> Mapping[str, Report]:
        """How these faxes stand; one whose object cannot be read is left out."""
        known = {text: _references.read(text) for text in references}
        asked = {text: reference for text, reference in known.items() if reference is not None}
        standing = self.standing([one.registration for one in asked.values() if not one.object])
        objects = {
            text: one.object or standing[one.registration].object
            for text, one in asked.items()
            if one.object or one.registration in standing
        }
        faxes = self.sent([number for number in objects.values() if number])
        recipients = functools.cache(self._recipients)
        reports = {}
        for text, number in objects.items():
            if not number:
                reports[text] = self._registered(standing[asked[text].registration])
            elif number in faxes:
                reports[text] = self._report(faxes[number], asked[text].digits, recipients)
        return reports

    def standing(self, registrations: Sequence[int]) -> dict[int, _records.ObjectStatus]:
        """How registrations stand; those that the service does not know are left out."""
        wanted = sorted(set(registrations))
        found: dict[int, _records.ObjectStatus] = {}
        for ids in batches(wanted):
            found |= {one.id: one for one in self._client.asynchron_info_range(ids)}
        told = {
            key: found[key] if found[key].object else self._alone(key)
            for key in wanted
            if key in found
        }
        return {key: one for key, one in told.items() if one is not None}

    def _alone(self, registration: int) -> _records.ObjectStatus | None:
        """One without object: whether it waits or is none, only the single question tells."""
        try:
            progress = self._client.asynchron_info(registration)
        except _codes.Gone:
            return None
        return _records.ObjectStatus(
            id=registration, object=progress.object or 0, status=progress.status
        )

    def sent(self, ids: Sequence[int]) -> dict[int, _records.FAXSentInfo]:
        """Sent faxes by their ids; those that are not told are left out."""
        found = [self._client.get_fax_sent_info(some) for some in batches(sorted(set(ids)))]
        return {fax.id: fax for faxes in found for fax in faxes}

    def _recipients(self, number: int) -> Mapping[str, int]:
        found = self._client.get_recipients(number, "FAX")
        return {_written.digits(one.recipient): one.status for one in found}

    def _registered(self, standing: _records.ObjectStatus) -> Report:
        """Before there is an object, only an answer to the request is an end (inference)."""
        refused = standing.status in _codes.ANSWERS
        status = _codes.status(standing.status if refused else _codes.QUEUED)
        return Report(outcome=status.outcome, cause=status.cause, raw=self._raw(standing))

    def _report(
        self,
        fax: _records.FAXSentInfo,
        digits: str,
        recipients: Callable[[int], Mapping[str, int]],
    ) -> Report:
        """`digits`: which of many numbers, of a fax that had many."""
        number = fax.sentstatus
        if digits and fax.recipients != 1:
            number = recipients(fax.id).get(digits, _codes.QUEUED)
        status = _codes.status(number)
        ended = status.outcome is not Outcome.PENDING
        return Report(
            outcome=status.outcome,
            cause=status.cause,
            pages_sent=fax.pagecount if status.outcome is Outcome.DELIVERED else None,
            ended_at=_written.moment(fax.date, self._zone) if ended else None,
            raw=self._raw(f"{number} {status.code}, {fax}"),
        )

    def _raw(self, said: object) -> str:
        """The provider's words, and how their times were read."""
        words = self._client.redact(str(said))[:4000]
        return f"{words} (times read as {self._zone.key})"


def batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """The ids in as many lists as one request each needs."""
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))
