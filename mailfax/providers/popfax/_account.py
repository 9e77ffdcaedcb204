"""Popfax behind the provider port.

What is peculiar here: a submit answers the id of a registration, which becomes a fax object of
another id some time later; one registration may be of many numbers; nothing that can be asked
for holds a reference of ours; and the box is read by asking what has changed since a moment of
the service's own clock.
"""

import dataclasses
import datetime
import functools
import re
import zoneinfo
from collections.abc import Callable, Mapping, Sequence

from mailfax import errors, failpoints
from mailfax.model import InboundFax, Report, Transmission
from mailfax.providers import _port
from mailfax.providers.popfax import (
    _client,
    _following,
    _records,
    _references,
    _wire,
    _written,
)

NUMBERS = 50
"""Recipients of one request (code 103)."""
DESCRIPTION = 100
"""Characters of what is shown in the Popfax box; no limit is told."""
SKEW = datetime.timedelta(minutes=1)
"""How far the service's clock may be from ours."""
WINDOW = datetime.timedelta(minutes=15)
"""After the start of a transmission, in which its fax is looked for."""
OVERLAP = 60
"""Of the service's seconds asked for twice, for what came in while it answered."""
UNKNOWN_TIME = datetime.datetime.fromtimestamp(0, datetime.UTC)
"""Stands for a time of receipt that cannot be read: the fax must not be lost over it."""
SENT, RECEIVED = 1, 2
"""Object types."""
DELETED = -1
"""An action."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What an account's settings wish."""

    zone: zoneinfo.ZoneInfo
    match: bool
    folder: int | None
    number: str


@dataclasses.dataclass(frozen=True, slots=True)
class _Seen:
    """How far the box was read: the service's time of the question, and the largest id told."""

    timestamp: int
    largest: int


class Account:
    """One Popfax account: Outbound, Inbound."""

    def __init__(
        self, client: _client.Client, capabilities: _port.Capabilities, options: Options
    ) -> None:
        self.client = client
        self.capabilities = capabilities
        self._options = options
        self._following = _following.Following(client, options.zone)
        self._seen = _Seen(0, 0)

    def check(self) -> None:
        """Ask for our customer id: a wrong login is told, and nothing is changed."""
        if self.client.authenticate() <= 0:
            raise errors.Temporary(
                "the provider refuses the login", cause=errors.Cause.LOGIN_FAILED
            )

    def close(self) -> None:
        """Let go of connections."""
        self.client.close()

    # Sending ──────────────────────────────────────────────────────────────────────────

    def submit(
        self,
        transmissions: Sequence[Transmission],
        document: _port.Payload,
        note: _port.Note,
    ) -> _port.Submitted:
        """Hand the document over once for every 50 numbers.

        Before every request but the first the ledger is asked whether these faxes are still ours
        to send: `note` raises errors.Fenced if not.
        """
        refusals = {one.id: self.capabilities.refusal(one, document) for one in transmissions}
        answers: dict[str, str | errors.MailfaxError] = {
            key: refusal for key, refusal in refusals.items() if refusal is not None
        }
        able = [one for one in transmissions if one.id not in answers]
        for number, group in enumerate(_groups(able)):
            answers |= self._send(group, document, note, first=not number)
        return answers

    def report(self, references: Sequence[str]) -> Mapping[str, Report]:
        """How these faxes stand; one whose object cannot be read is left out."""
        return self._following.report(references)

    def find(self, transmission: Transmission) -> str | _port.Absent:
        """The one sent fax that went to this number at this time, with as many pages.

        Only when the settings allow it, for it may be the fax of another job. Nothing proves
        that a fax is absent: a registration may become an object at any time later.
        """
        if not self._options.match:
            return _port.Absent.CANNOT_KNOW
        since = int((transmission.started_at - SKEW).timestamp())  # inference: Unix time
        changed = self.client.get_modified_objects(since)
        faxes = self._following.sent(_of(changed, SENT))
        rivals = [fax for fax in faxes.values() if self._may_be(fax, transmission)]
        if len(rivals) == 1 and rivals[0].pagecount == transmission.pages:
            return str(_references.Reference(object=rivals[0].id))
        return _port.Absent.CANNOT_KNOW

    def forget(self, reference: str) -> None:
        """Delete an ended fax; one of many numbers stays, for others may still ask about it."""
        known = _references.read(reference)
        if known is None or known.digits:
            return
        number = known.object
        if not number:
            standing = self._following.standing([known.registration])
            number = max((one.object for one in standing.values()), default=0)
        if number:
            self._unless_gone(number, functools.partial(self._delete, SENT), self._following.sent)

    # Receiving ────────────────────────────────────────────────────────────────────────

    def inbox(self, since: str | None) -> Sequence[InboundFax]:
        """Received faxes, by their ids; all, unless `since` shows that the last look was kept."""
        largest = int(since) if since is not None and re.fullmatch("[0-9]{1,18}", since) else None
        kept = largest is not None and largest >= self._seen.largest
        begin = max(0, self._seen.timestamp - OVERLAP) if kept else 0
        changed = self.client.get_modified_objects(begin)
        ids = [number for number in _of(changed, RECEIVED) if number > (largest or 0)]
        faxes = self._received(ids)
        did = self._did() if faxes else ""
        self._seen = _Seen(changed.timestamp, max([self._seen.largest, *ids]))
        return [self._inbound(faxes[key], did) for key in sorted(faxes)]

    def fetch(self, fax: InboundFax) -> _port.Fetched:
        """The document; one that is no TIFF or PDF is Temporary."""
        data = self.client.download_file(_id(fax), RECEIVED, "tiff")
        return _port.Fetched(data=data, kind=_written.kind(data))

    def acknowledge(self, fax: InboundFax, how: _port.How) -> None:
        """Delete it, or move it into the folder of the settings, where there is one."""
        act = None
        if how is _port.How.DELETE:
            act = functools.partial(self._delete, RECEIVED)
        elif how is _port.How.MARK and self._options.folder is not None:
            act = functools.partial(self._move, self._options.folder)
        if act is not None:
            self._unless_gone(_id(fax), act, self._received)

    # Between the two: sending ─────────────────────────────────────────────────────────

    def _send(
        self,
        group: Sequence[Transmission],
        document: _port.Payload,
        note: _port.Note,
        *,
        first: bool = False,
    ) -> dict[str, str | errors.MailfaxError]:
        """One request for a group; where a bad number spoils it, one for each of them."""
        try:
            for one in () if first else group:
                note(one.id, "")
            registration = self._register(group, document)
        except errors.MailfaxError as error:
            spoilt = getattr(error, "cause", None) is errors.Cause.BAD_NUMBER
            if spoilt and len(group) > 1:
                answers = [self._send([one], document, note) for one in group]
                return {key: value for answer in answers for key, value in answer.items()}
            return {one.id: error for one in group}
        shared = len(group) > 1
        return {
            one.id: str(
                _references.Reference(
                    registration=registration, digits=one.number.digits if shared else ""
                )
            )
            for one in group
        }

    def _register(self, group: Sequence[Transmission], document: _port.Payload) -> int:
        fax = _records.SendFaxInfo(
            numbers=tuple(str(one.number) for one in group),
            desc=_written.spaced(" ".join(one.id for one in group))[:DESCRIPTION],
            pages=document.pages,
        )
        failpoints.hit("submit-before-connect")
        files = [_wire.File(document.name, document.data)]
        registration = self.client.send_fax_asynchronous(fax, files)
        failpoints.hit("submit-after-answer")
        return registration

    def _may_be(self, fax: _records.FAXSentInfo, transmission: Transmission) -> bool:
        """Whether a fax went to this number alone at this time, or at one that cannot be read."""
        if fax.recipients != 1 or _written.digits(fax.recipient) != transmission.number.digits:
            return False
        begun, then = transmission.started_at, _written.moment(fax.date, self._options.zone)
        return then is None or begun - SKEW <= then <= begun + WINDOW

    # Between the two: receiving ───────────────────────────────────────────────────────

    def _received(self, ids: Sequence[int]) -> dict[int, _records.FAXReceivedInfo]:
        """Received faxes that still lie where we look."""
        found = [
            self.client.get_fax_received_info(some) for some in _following.batches(sorted(set(ids)))
        ]
        faxes = [fax for some in found for fax in some]
        return {fax.id: fax for fax in faxes if fax.folderid != self._options.folder}

    def _did(self) -> str:
        """Our number: an account has one, and a fax does not say which was dialled."""
        return _written.e164(self._options.number or self.client.get_account_info().faxnumber)

    def _inbound(self, fax: _records.FAXReceivedInfo, did: str) -> InboundFax:
        """`account` is left empty: whoever asked knows whose inbox this is."""
        return InboundFax(
            account="",
            reference=str(fax.id),
            did=did,
            caller=_written.e164(fax.sender),
            received_at=_written.moment(fax.date, self._options.zone) or UNKNOWN_TIME,
            pages=fax.pagecount if fax.pagecount > 0 else None,
        )

    @staticmethod
    def _unless_gone(
        number: int,
        act: Callable[[int], None],
        look: Callable[[Sequence[int]], Mapping[int, object]],
    ) -> None:
        """What the service says of an object that is gone is not told: after a no, we look."""
        try:
            act(number)
        except (errors.Temporary, errors.Permanent) as error:
            if error.cause is errors.Cause.LOGIN_FAILED or number in look([number]):
                raise

    def _delete(self, kind: int, number: int) -> None:
        self.client.delete_objects([_records.ObjectsID(type=kind, ids=(number,))])

    def _move(self, folder: int, number: int) -> None:
        self.client.move_to_folder([_records.ObjectsID(type=RECEIVED, ids=(number,))], folder)


def _groups(transmissions: Sequence[Transmission]) -> Sequence[Sequence[Transmission]]:
    """As few groups as may be: at most 50 in each, and no number twice."""
    groups: list[dict[str, Transmission]] = []
    for one in transmissions:
        fitting = (
            group for group in groups if len(group) < NUMBERS and one.number.digits not in group
        )
        group = next(fitting, None)
        if group is None:
            group = {}
            groups.append(group)
        group[one.number.digits] = one
    return [list(group.values()) for group in groups]


def _of(changed: _records.ObjectsIDInfo, kind: int) -> list[int]:
    """Ids of one type that were not deleted."""
    deleted = {one.object for one in changed.objects if one.type == kind and one.action == DELETED}
    return [one.object for one in changed.objects if one.type == kind and one.object not in deleted]


def _id(fax: InboundFax) -> int:
    try:
        return int(fax.reference)
    except ValueError:
        raise errors.Permanent(f"{fax.reference!r} is no fax of this provider") from None
