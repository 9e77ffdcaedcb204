"""A received fax in the jail: looked through for damage, and made what its reader wants.

The request has `kind` (pdf or tiff) and `wish` (pdf, pdfa or tiff). Where the document stays what
it is, only its pages are counted (`passed`). A TIFF becomes PDF or PDF/A with its own code words;
pages that are damaged are told (`damage`: number, lines replaced, lines lost) and coded anew. A PDF
is drawn as fax pages for both other wishes.
"""

import os
import pathlib
from collections.abc import Callable, Iterable
from typing import Any

from mailfax import errors
from mailfax.document import damage, foreign, geometry
from mailfax.document import page as fax
from mailfax.document import pdf as wrapping
from mailfax.document.converters import UnfitError, pdf
from mailfax.document.zygote import Job

Send = Callable[[Job, Iterable[fax.Faxed], int], int]


def run(job: Job, send: Send) -> None:
    """Do the job; `send` writes fax pages to the output and tells of them."""
    data, (kind, wish) = job.input(0), (job.request["kind"], job.request["wish"])
    job.tell(begun=0)
    try:
        if kind == "tiff":
            _tiff(job, data, wish)
        elif wish == "pdf":
            with pdf.Document(data) as document:
                job.tell(passed=len(document))
        else:
            _redraw(job, data, send)
    except UnfitError as error:
        job.tell(unfit=error.code, number=error.number)
    else:
        job.tell(done=0)


def _redraw(job: Job, data: bytes, send: Send) -> None:
    with pdf.Document(data) as document:
        sheet = geometry.Sheet(document.paper(), geometry.RESOLUTIONS["fine"])
        pages = (p for number in range(len(document)) for p in document.pages(number, sheet))
        send(job, pages, job.request["limit"])


def _tiff(job: Job, data: bytes, wish: str) -> None:
    """By way of files in memory, since nothing else is open."""
    try:
        with _memory(data) as source:
            count, repairs = _examined(job, _path(source))
            if wish != "tiff":
                job.write(_wrapped(_path(source), repairs, archive=wish == "pdfa"))
            elif repairs:
                with foreign.opened(_path(source)) as file:
                    job.write(damage.mended(file, repairs))
    except errors.Permanent:
        raise UnfitError("damaged") from None
    job.tell(passed=count)


def _examined(job: Job, path: pathlib.Path) -> tuple[int, dict[int, damage.Repair]]:
    """How many pages there are, and those that had to be made anew."""
    count, repairs = 0, {}
    with foreign.opened(path) as file:
        for count, picture in enumerate(foreign.pictures(file), start=1):
            repair = damage.examine(file, picture)
            if repair is not None:
                repairs[count] = repair
                if repair.lines or repair.lost:
                    job.tell(damage=[count, repair.lines, repair.lost])
    return count, repairs


def _wrapped(path: pathlib.Path, repairs: dict[int, damage.Repair], *, archive: bool) -> bytes:
    with _memory(b"") as out:
        wrapping.wrap(path, _path(out), archive=archive, repairs=repairs)
        return os.pread(out.fileno(), os.fstat(out.fileno()).st_size, 0)


def _memory(data: bytes) -> Any:
    file = os.fdopen(os.memfd_create("fax"), "r+b")
    file.write(data)
    file.flush()
    return file


def _path(file: Any) -> pathlib.Path:
    return pathlib.Path(f"/proc/self/fd/{file.fileno()}")
