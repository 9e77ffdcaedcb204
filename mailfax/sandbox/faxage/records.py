"""The service's records: tab separated, one per line, times as YYYY-MM-DD HH:MM:SS."""

import datetime
import re
import urllib.parse

from mailfax.sandbox import _calls
from mailfax.sandbox.faxage.post import Post

_NEVER = "0000-00-00 00:00:00"
_TIME = "%Y-%m-%d %H:%M:%S"

LONG_STATUS = {
    None: "Success",
    "busy": "Busy",
    "no_answer": "No Answer",
    "no_fax_tone": "No Fax Tone Detected",
    "partial": "Call Dropped During Transmission",
    "bad_number": "Number Not In Service",
    "refused": "Call Rejected",
    "no_credit": "Insufficient Account Balance",
    "conversion_failed": "Failed Conversion",
    "cancelled": "Stopped By User",
}
"""By the exchange's cause. The manual names `Failed Conversion`, `In Queue` and `Waiting for
conversion`; all other words here are inference."""


def stamp(time: datetime.datetime) -> str:
    """A time as the service writes it."""
    return time.astimezone(datetime.UTC).strftime(_TIME)


def read_stamp(text: str) -> datetime.datetime | None:
    """A time as the service reads it; None for anything else (then no limit: inference)."""
    try:
        return datetime.datetime.strptime(text, _TIME).replace(tzinfo=datetime.UTC)
    except ValueError:
        return None


def span(duration: datetime.timedelta) -> str:
    """A duration as HH:MM:SS."""
    seconds = int(duration.total_seconds())
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def clean(text: str) -> str:
    """Without the tabs and line ends that would break a record."""
    return re.sub(r"[\t\r\n\v\f]+", " ", text)


def status(call: _calls.Call, now: datetime.datetime, post: Post | None = None) -> str:
    """A status record, with the optional fields that `post` asks for."""
    ask = post or Post({})
    over = call.over(now)
    optional = {
        "pagecount": str(call.pages),
        "csid": csid(call, now),
        "showlogin": call.memo["login"],
        "xmitpages": str(call.sent(now)),
        "showtries": str(tries(call, now)),
    }
    return "\t".join(
        [
            str(call.id),
            str(commid(call)),
            clean(call.memo["recipname"]),
            call.memo["faxno"],
            short_status(call, now),
            long_status(call, now) + (_queue(call, now) if ask.flag("extqueue") else ""),
            stamp(call.accepted),
            stamp(call.ended) if over and call.ended else _NEVER,
            span(call.duration) if over else "00:00:00",
            *(value for name, value in optional.items() if ask.flag(name)),
        ]
    )


def short_status(call: _calls.Call, now: datetime.datetime) -> str:
    """`pending`, `success` or `failure`."""
    return {"delivered": "success", "failed": "failure"}.get(call.state(now), "pending")


def long_status(call: _calls.Call, now: datetime.datetime) -> str:
    """Words for people."""
    state = call.state(now)
    if state == "calling":
        return "In Transmission"
    if state == "queued":
        return "Waiting for conversion" if converting(call, now) else "In Queue"
    return LONG_STATUS[call.cause(now)]


def converting(call: _calls.Call, now: datetime.datetime) -> bool:
    """Whether there are no pages yet."""
    return call.converted is None or now < call.converted


def commid(call: _calls.Call) -> int:
    """The communications job identifier: a number of its own."""
    return call.id + 500_000_000


def csid(call: _calls.Call, now: datetime.datetime) -> str:
    """What the called machine says it is, once it took the fax."""
    return call.memo["faxno"] if call.state(now) == "delivered" else ""


def tries(call: _calls.Call, now: datetime.datetime) -> int:
    """Dials so far."""
    return int(call.started is not None and now >= call.started)


def _queue(call: _calls.Call, now: datetime.datetime) -> str:
    """What extqueue adds to the words of a fax in the queue."""
    if call.over(now):
        return ""
    return f" Tries: {tries(call, now)} Status: {long_status(call, now)}"


def callback(call: _calls.Call, now: datetime.datetime) -> bytes:
    """The body posted to url_notify; form encoding is inference."""
    values = status(call, now).split("\t")
    names = (
        "jobid",
        "commid",
        "destname",
        "destnum",
        "shortstatus",
        "longstatus",
        "sendtime",
        "completetime",
        "xmittime",
    )
    fields = dict(zip(names, values, strict=True))
    fields |= {"pagecount": str(call.pages), "xmitpages": str(call.sent(now))}
    return urllib.parse.urlencode(fields, errors="surrogateescape").encode()
