"""getcdr.php: records of calls that were picked up (manual, pages 27 and 28)."""

import dataclasses
import datetime
import math

from mailfax.sandbox import _wire
from mailfax.sandbox._wire import Reply
from mailfax.sandbox.faxage import numbers, records
from mailfax.sandbox.faxage.account import Account, is_numeric
from mailfax.sandbox.faxage.post import Post


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    nuid: int
    started: datetime.datetime
    direction: str
    source: str
    destination: str
    duration: datetime.timedelta

    def line(self, *, with_nuid: bool) -> str:
        seconds = math.ceil(self.duration.total_seconds())
        fields = [records.stamp(self.started), self.direction, self.source, self.destination]
        return ",".join([*([str(self.nuid)] if with_nuid else []), *fields, str(seconds)])


def getcdr(account: Account, post: Post) -> Reply:
    """Records between begin and end, or above nuidgt; nothing without either."""
    begin = records.read_stamp(post.text("begin"))
    end = records.read_stamp(post.text("end"))
    above = post.text("nuidgt")
    if begin is not None and end is not None:
        found = [
            record
            for record in _records(account)
            if begin <= record.started.replace(microsecond=0) <= end
        ]
    elif is_numeric(above):
        found = [record for record in _records(account) if record.nuid > int(above)]
    else:
        found = []
    number = post.text("didnumber")
    lines = [
        record.line(with_nuid=post.flag("nuidshow"))
        for record in sorted(found, key=lambda record: record.started)
        if not number or (record.direction, record.destination) == ("IN", number)
    ]
    return _wire.text("\n".join(lines))


def _records(account: Account) -> list[_Record]:
    now = account.now()
    out = [
        _Record(
            nuid=call.id,
            started=call.started,
            direction="OUT",
            source=numbers.FIRST[0],
            destination=call.number[2:],
            duration=call.duration,
        )
        for call in account.exchange.calls(account.provider)
        if call.over(now) and call.started is not None and call.behaviour.answers
    ]
    came = [
        _Record(
            nuid=fax.id,
            started=fax.started,
            direction="IN",
            source=fax.caller.removeprefix("+1") or "Unavailable",
            destination=fax.did[2:],
            duration=fax.received - fax.started,
        )
        for fax in account.exchange.received(account.provider)
    ]
    return out + came
