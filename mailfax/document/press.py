"""What a jailed child does with one job: parts into fax pages, covers, received faxes.

The work module of both zygotes (`zygote.Work`). The press `pages` opens PDF and pictures
and sets plain text; the press `layout` also sets HTML and scripts that need shaping.

Messages, in order, for every item of a job: `begun`; for a document of known length
`count` and `shared`; `page` with its geometry and its place in the output; `remark` with a code
of `converters.REMARKS` and a number for what a person should know; at last `done`,
or `unfit` with a code of `converters.REASONS`, which ends the job unless
it is in `converters.PASSED_OVER`.
"""

import errno
import os
import pathlib
import socket
from collections.abc import Iterable, Mapping
from typing import Any

from mailfax import errors
from mailfax.document import geometry
from mailfax.document import pdf as wrapping
from mailfax.document.converters import (
    PASSED_OVER,
    Item,
    UnfitError,
    cover,
    fonts,
    kinds,
    pdf,
    picture,
    text,
)
from mailfax.document.tiff import Strip
from mailfax.document.zygote import Job

_layout = False


def prepare(argument: str) -> bool:
    """Load and warm everything up; `argument` is `pages` or `layout`, which needs threads."""
    global _layout  # noqa: PLW0603  set once, before the first fork
    _layout = argument == "layout"
    fonts.load()
    sheet = geometry.Sheet("a4", geometry.RESOLUTIONS["fine"])
    with pdf.Document(text.to_pdf("warm", sheet, 1)) as document:
        list(document.strips(0, sheet))
    if _layout:
        from mailfax.document.converters import html

        html.load()
    return _layout


def run(job: Job) -> None:
    """Do what the request's `task` says."""
    _TASKS[job.request["task"]](job)


# ── Parts to pages ─────────────────────────────────────────────────────────────────────


def _pages(job: Job) -> None:
    sheet = _sheet(job.request)
    left = job.request["limit"]
    for number, item in enumerate(job.request["items"]):
        job.tell(begun=number)
        try:
            left -= _one(job, sheet, _item(job, item, left))
        except UnfitError as error:
            job.tell(unfit=error.code, number=error.number)
            if error.code not in PASSED_OVER:
                return
        else:
            job.tell(done=number)


def _sheet(request: Mapping[str, Any]) -> geometry.Sheet:
    return geometry.Sheet(request["paper"], geometry.RESOLUTIONS[request["resolution"]])


def _item(job: Job, item: Mapping[str, Any], limit: int) -> Item:
    return Item(
        kind=item["kind"],
        data=job.input(item["input"]),
        charset=item.get("charset"),
        flowed=item.get("flowed", False),
        delsp=item.get("delsp", False),
        related={cid: job.input(number) for cid, number in item.get("related", {}).items()},
        limit=limit,
        share=tuple(item.get("share", (0, 1))),
    )


def _one(job: Job, sheet: geometry.Sheet, item: Item) -> int:
    """Draw one part; how many pages it has, those of other shares included."""
    if item.kind in kinds.PICTURES:
        return _send(job, picture.strips(item.data, item.kind, sheet, item.limit), item.limit)
    with pdf.Document(_as_pdf(item, sheet)) as document:
        count = len(document)
        if not count:
            raise UnfitError("damaged")
        if count > item.limit:
            raise UnfitError("pages", count)
        mine = _share(count, *item.share)
        job.tell(count=count, shared=len(mine) < count)
        strips = (strip for number in mine for strip in document.strips(number, sheet))
        return _send(job, strips, item.limit) + count - len(mine)


def _as_pdf(item: Item, sheet: geometry.Sheet) -> bytes:
    if item.kind == "pdf":
        return item.data
    if item.kind == "text":
        words = text.read(item)
        return _text(words, sheet, item.limit)
    if not _layout:
        raise UnfitError("elsewhere")
    from mailfax.document.converters import html

    return html.to_pdf(item, sheet)


def _text(words: str, sheet: geometry.Sheet, limit: int) -> bytes:
    if not _layout:
        return text.to_pdf(words, sheet, limit)
    from mailfax.document.converters import html

    return html.text_to_pdf(words, sheet)


def _share(count: int, which: int, shares: int) -> range:
    """Stretch number `which` of a long document; a short one is all in stretch 0."""
    if count <= pdf.LONG:
        shares, count = 1, count if which == 0 else 0
        which = 0
    return range(count * which // shares, count * (which + 1) // shares)


def _send(job: Job, strips: Iterable[Strip], limit: int) -> int:
    """Write the strips to the output and tell of each; how many there were."""
    sent = 0
    for strip in strips:
        if sent == limit:
            raise UnfitError("many")
        offset, size = job.write(strip.data)
        job.tell(page=[strip.width, strip.length, *strip.resolution, offset, size])
        sent += 1
    return sent


# ── Covers ─────────────────────────────────────────────────────────────────────────────


def _cover(job: Job) -> None:
    sheet, limit = _sheet(job.request), job.request["limit"]
    job.tell(begun=0)
    try:
        with pdf.Document(_cover_pdf(job.request["cover"], sheet)) as document:
            strips = (s for number in range(len(document)) for s in document.strips(number, sheet))
            _send(job, strips, limit)
    except UnfitError as error:
        job.tell(unfit=error.code, number=error.number)
    else:
        job.tell(done=0)


def _cover_pdf(composed: Mapping[str, Any], sheet: geometry.Sheet) -> bytes:
    if not _layout:
        return cover.to_pdf(composed, sheet)
    from mailfax.document.converters import html

    return html.cover_to_pdf(composed, sheet)


# ── Received faxes ─────────────────────────────────────────────────────────────────────


def _received(job: Job) -> None:
    """`kind` to `wish`: pages as for parts, or one file in the output and its page count."""
    data = job.input(0)
    job.tell(begun=0)
    try:
        if (job.request["kind"], job.request["wish"]) == ("pdf", "tiff"):
            _redraw(job, data)
        else:
            _pass_through(job, data)
    except UnfitError as error:
        job.tell(unfit=error.code, number=error.number)
    else:
        job.tell(done=0)


def _redraw(job: Job, data: bytes) -> None:
    with pdf.Document(data) as document:
        sheet = geometry.Sheet(document.paper(), geometry.RESOLUTIONS["fine"])
        strips = (s for number in range(len(document)) for s in document.strips(number, sheet))
        _send(job, strips, job.request["limit"])


def _pass_through(job: Job, data: bytes) -> None:
    if job.request["kind"] == "pdf":
        with pdf.Document(data) as document:
            job.tell(passed=len(document))
        return
    try:
        count, wrapped = _wrap(data)
    except errors.Permanent:
        raise UnfitError("damaged") from None
    if job.request["wish"] == "pdf":
        job.write(wrapped)
    job.tell(passed=count)


def _wrap(data: bytes) -> tuple[int, bytes]:
    """A fax TIFF as PDF; its pages. By way of files in memory, since nothing else is open."""
    with _memory(data) as source, _memory(b"") as out:
        count = wrapping.wrap(_path(source), _path(out))
        return count, os.pread(out.fileno(), os.fstat(out.fileno()).st_size, 0)


def _memory(data: bytes) -> Any:
    file = os.fdopen(os.memfd_create("fax"), "r+b")
    file.write(data)
    file.flush()
    return file


def _path(file: Any) -> pathlib.Path:
    return pathlib.Path(f"/proc/self/fd/{file.fileno()}")


# ── What this jail holds back ──────────────────────────────────────────────────────────


def _probe(job: Job) -> None:
    """Try what no document may do, and tell what happened, for `mailfax doctor`."""
    deeds = {"network": socket.socket, "processes": os.fork, "files": _read_a_secret}
    job.tell(refused=[name for name, deed in deeds.items() if _refused(deed)])


def _read_a_secret() -> None:
    pathlib.Path("/etc/passwd").read_bytes()


def _refused(deed: Any) -> bool:
    try:
        if deed() == 0:
            os._exit(0)  # the child of a fork that should have been refused
    except OSError as error:
        return error.errno in {errno.EPERM, errno.EACCES, errno.ENOENT, errno.EAGAIN}
    return False


_TASKS = {"pages": _pages, "cover": _cover, "received": _received, "probe": _probe}
