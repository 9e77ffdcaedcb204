"""Pages as pictures: covers, previews, what was sent, what came in.

What only a converter could render is a stand-in of the right page count.
"""

import datetime
import io
from collections.abc import Sequence

from PIL import Image

from mailfax.sandbox import _calls, _pages
from mailfax.sandbox._calls import File
from mailfax.sandbox.pamfax import words
from mailfax.sandbox.pamfax.account import Account, Arrived, User
from mailfax.sandbox.pamfax.call import Call
from mailfax.sandbox.pamfax.jobs import Job, Recipient
from mailfax.sandbox.pamfax.refusals import Refused


def files(job: Job, fax: Recipient, user: User, now: datetime.datetime) -> list[File]:
    """What goes over the line to one recipient: his cover first."""
    documents = [File(name=one.name, data=one.data) for one in job.documents]
    if job.sheet is None:
        return documents
    cover = _pages.tiff([_pages.draw(_cover_lines(job, fax, user, now))])
    return [File(name="cover.tif", data=cover), *documents]


def _cover_lines(job: Job, fax: Recipient, user: User, now: datetime.datetime) -> list[str]:
    """The standard placeholders, with the caller's data in place of them or added."""
    assert job.sheet is not None
    sender = user.name if job.sender_name is None else job.sender_name
    date = words.stamp(now, user.zone or datetime.UTC) or ""
    standard = {
        "{ToName}": fax.name,
        "{FaxNumber}": fax.number.e164,
        "{FromName}": sender,
        "{Date}": date,
        "{Page}": "1",
        "{Pages}": str(job.pages),
        "{Message}": job.sheet.text,
    }
    told = {**standard, **job.sheet.data}
    return [job.sheet.cover.title, *(f"{name[1:-1]}: {value}" for name, value in told.items())]


def documents(account: Account, job: Job) -> list[File]:
    """The files of a job without its cover; raises `Refused` when they are not kept."""
    if not job.documents:
        return []
    return list(_carried(account, job)[-len(job.documents) :])


def _carried(account: Account, job: Job) -> Sequence[File]:
    """All files of a job: of the network once it has them."""
    for fax in job.recipients.values():
        call = account.call(fax)
        if call is not None and call.files:
            return call.files
    if job.sent is None or job.due is not None or job.unpaid is not None:
        return [File(name=one.name, data=one.data) for one in job.documents]
    raise Refused("file_not_found")


def outfile(account: Account, job: Job) -> bytes:
    """The PDF of a sent fax; raises `Refused`."""
    carried = _carried(account, job)
    if len(carried) == 1 and _pages.kind(carried[0].data) == "pdf":
        return carried[0].data
    return _pages.pdf(_drawn(carried))


def _drawn(carried: Sequence[File]) -> list[Image.Image]:
    if not carried:
        raise Refused("file_not_found")
    return [page for file in carried for page in _frames(file.name, file.kind, file.data)]


def _frames(name: str, kind: str, data: bytes) -> list[Image.Image]:
    try:
        return _pages.frames(data)
    except _pages.Unreadable:
        return _pages.stand_in(name, _pages.count(kind, data))


def received(call: Call, fax: Arrived) -> _calls.Received:
    """A received fax on the network; raises `Refused` when it is not kept there."""
    for one in call.account.exchange.received(call.account.provider):
        if one.id == fax.id and one.data:
            return one
    raise Refused("file_not_found")


def received_pages(fax: _calls.Received) -> list[Image.Image]:
    """The pages of a received fax."""
    return _frames("fax", fax.kind, fax.data)


def job_pages(account: Account, job: Job) -> list[Image.Image]:
    """The pages of a job, or of a sent fax."""
    return _drawn(_carried(account, job))


def previewed(job: Job, now: datetime.datetime) -> bool:
    """Whether the preview that was asked for is made."""
    return job.previewed is not None and now >= job.previewed + _calls.CONVERTING


def png(page: Image.Image, width: int, height: int) -> bytes:
    """A page as PNG, no larger than `width` and `height` (0: no limit)."""
    shown = page.convert("L")
    shown.thumbnail((width or page.width, height or page.height))
    out = io.BytesIO()
    shown.save(out, "PNG")
    return out.getvalue()


def report(lines: Sequence[str], pages: Sequence[Image.Image]) -> bytes:
    """A one-page PDF of lines, and a small picture of the first page."""
    page = _pages.draw(lines)
    for first in pages[:1]:
        small = first.copy()
        small.thumbnail((page.width // 2, page.height // 2))
        page.paste(small, (page.width // 2, page.height // 2))
    return _pages.pdf([page])
