"""What a jailed child does with one job: parts into fax pages, covers, received faxes.

The work module of both zygotes (`zygote.Work`). The press `pages` opens PDF and pictures
and sets plain text; the press `layout` also sets HTML and scripts that need shaping.

Messages, in order, for every item of a job: `begun`; for a document of known length
`count` and `shared`; `page` with its geometry and its place in the output; `remark` with a code
of `converters.REMARKS` and a number for what a person should know; `left` with the pictures that
a text does not show and `blocks` with the digests of what it ends with; at last `done`,
or `unfit` with a code of `converters.REASONS`, which ends the job unless
it is in `converters.PASSED_OVER`.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mailfax.document import geometry, probe, received
from mailfax.document import page as fax
from mailfax.document.converters import (
    PASSED_OVER,
    Item,
    Trim,
    UnfitError,
    calendar,
    cover,
    fonts,
    kinds,
    pdf,
    picture,
    text,
    unpack,
    vcard,
    words,
)
from mailfax.document.zygote import Job

_layout = False


def prepare(argument: str) -> bool:
    """Load and warm everything up; `argument` is `pages` or `layout`, which needs threads."""
    global _layout  # noqa: PLW0603  set once, before the first fork
    _layout = argument == "layout"
    fonts.load()
    sheet = geometry.Sheet("a4", geometry.RESOLUTIONS["fine"])
    with pdf.Document(text.to_pdf("warm", sheet, 1)) as document:
        list(document.pages(0, sheet))
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
    resolution = geometry.RESOLUTIONS[request["resolution"]]
    return geometry.Sheet(request["paper"], resolution, request.get("halftone", "auto"))


def _item(job: Job, item: Mapping[str, Any], limit: int) -> Item:
    share = tuple(item.get("share", (0, 1)))
    return Item(
        kind=item["kind"],
        data=job.input(item["input"]),
        charset=item.get("charset"),
        heading=item.get("heading", ""),
        flowed=item.get("flowed", False),
        delsp=item.get("delsp", False),
        related={cid: job.input(number) for cid, number in item.get("related", {}).items()},
        limit=limit,
        share=share,
        trim=_trim(item["trim"]) if item.get("trim") else None,
        tell=job.tell if share[0] == 0 else _to_nobody,
    )


def _to_nobody(**_: object) -> None:
    """What is found in a text is told once, with the first stretch of its pages."""


def _trim(wish: Mapping[str, Any]) -> Trim:
    return Trim(**{**wish, "recurring": frozenset(wish["recurring"])})


def _one(job: Job, sheet: geometry.Sheet, item: Item) -> int:
    """Draw one part; how many pages it has, those of other shares included."""
    if item.kind in kinds.THREADED and not _layout:
        raise UnfitError("elsewhere")
    if item.kind in kinds.PICTURES:
        return _send(job, picture.pages(item, sheet), item.limit)
    with pdf.Document(_as_pdf(item, sheet)) as document:
        count = len(document)
        if not count:
            raise UnfitError("damaged")
        if count > item.limit:
            raise UnfitError("pages", count)
        mine = _share(count, *item.share)
        job.tell(count=count, shared=len(mine) < count)
        pages = (page for number in mine for page in document.pages(number, sheet))
        return _send(job, pages, item.limit, mine.start + 1) + count - len(mine)


_WRITTEN = {"text": text.read, "vCard": vcard.read, "calendar": calendar.read}
"""Kinds that are set as plain text."""


def _as_pdf(item: Item, sheet: geometry.Sheet) -> bytes:
    if item.kind == "pdf":
        return item.data
    if read := _WRITTEN.get(item.kind):
        return _text(read(item), sheet, item.limit)
    if not _layout:
        raise UnfitError("elsewhere")
    from mailfax.document.converters import html, svg

    return svg.to_pdf(item.data) if item.kind == "svg" else html.to_pdf(item, sheet)


def _text(words: str, sheet: geometry.Sheet, limit: int) -> bytes:
    if not _layout:
        return text.to_pdf(words, sheet, limit)
    from mailfax.document.converters import html

    return html.text_to_pdf(words, sheet, limit)


def _share(count: int, which: int, shares: int) -> range:
    """Stretch number `which` of a long document; a short one is all in stretch 0."""
    if count <= pdf.LONG:
        shares, count = 1, count if which == 0 else 0
        which = 0
    return range(count * which // shares, count * (which + 1) // shares)


def _send(job: Job, pages: Iterable[fax.Faxed], limit: int, first: int = 1) -> int:
    """Write the pages to the output and tell of each; how many there were. `first` is the number
    of the first one in its document.
    """
    sent = 0
    for page in pages:
        if sent == limit:
            raise UnfitError("many")
        strip = page.strip
        offset, size = job.write(strip.data)
        place = [strip.width, strip.length, *strip.resolution, offset, size]
        job.tell(page=place, blank=page.blank)
        for fault in page.faults:
            job.tell(fault=fault, number=first + sent)
        sent += 1
    return sent


# ── Covers ─────────────────────────────────────────────────────────────────────────────


def _cover(job: Job) -> None:
    """The request's `cover`: a template, the words in it, and what of the mail is to be there."""
    job.tell(begun=0)
    try:
        _send(job, _cover_strips(job, _sheet(job.request)), job.request["limit"])
    except UnfitError as error:
        job.tell(unfit=error.code, number=error.number)
    else:
        job.tell(done=0)


def _cover_strips(job: Job, sheet: geometry.Sheet) -> Iterator[fax.Faxed]:
    wish = job.request["cover"]
    known = {**wish["known"], "remarks": _remarks(job)}
    with contextlib.ExitStack() as opened:
        letterhead = _letterhead(job, opened)
        size = letterhead.size() if letterhead else geometry.PAPERS[sheet.paper]
        document = opened.enter_context(pdf.Document(_cover_pdf(job, known, size), letterhead))
        if more := len(document) - 1:
            known["pages"] = str(int(known["pages"]) + more)
            again = _cover_pdf(job, known, size)
            document = opened.enter_context(pdf.Document(again, letterhead))
        for number in range(len(document)):
            yield from document.pages(number, sheet)


def _remarks(job: Job) -> str:
    """The rule's own remarks, or the text of the mail where it is to stand on the cover."""
    found = [job.request["cover"]["known"]["remarks"]]
    for item in job.request["body"]:
        with contextlib.suppress(UnfitError):
            found.append(words.of(_item(job, item, 0)))
    return "\n\n".join(filter(None, found))[: words.MOST]


def _letterhead(job: Job, opened: contextlib.ExitStack) -> pdf.Document | None:
    number = job.request["cover"].get("letterhead")
    if number is None:
        return None
    try:
        document = opened.enter_context(pdf.Document(job.input(number)))
        document.size()
    except UnfitError as error:
        locked = error.code in {"password", "cipher"}
        raise UnfitError("letterhead locked" if locked else "letterhead") from None
    return document


def _cover_pdf(job: Job, known: Mapping[str, str], size: tuple[float, float]) -> bytes:
    wish = job.request["cover"]
    if wish["html"]:
        if not _layout:
            raise UnfitError("elsewhere")
        from mailfax.document.converters import cover_html

        pictures = {name: job.input(number) for name, number in wish["pictures"].items()}
        return cover_html.page_to_pdf(wish["html"], known, wish["fields"], size, pictures)
    across, down = (side * cover.MM for side in size)
    setting = cover.Setting(wish["layout"], known, wish["fields"], (across, down))
    if not cover.needs_shaping(setting, known["remarks"]):
        return cover.to_pdf(setting, known["remarks"])
    if not _layout:
        raise UnfitError("elsewhere")
    from mailfax.document.converters import cover_html

    return cover_html.setting_to_pdf(setting, known)


# ── Received faxes ─────────────────────────────────────────────────────────────────────


def _received(job: Job) -> None:
    received.run(job, _send)


# ── Containers ─────────────────────────────────────────────────────────────────────────


def _unpack(job: Job) -> None:
    """One container into the output, as a MIME entity."""
    job.tell(begun=0)
    try:
        entity = unpack.unpack(job.request["kind"], job.input(0), job.request["name"])
    except UnfitError as error:
        job.tell(unfit=error.code, number=error.number)
    else:
        job.write(entity)
        job.tell(done=0)


# ── What this jail holds back ──────────────────────────────────────────────────────────


def _probe(job: Job) -> None:
    job.tell(refused=probe.refused())


_TASKS = {
    "pages": _pages,
    "cover": _cover,
    "received": _received,
    "unpack": _unpack,
    "probe": _probe,
}
