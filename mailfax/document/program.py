"""What a jailed child does with a document that only the library of another program can open.

The work module (`zygote.Work`) of the third zygote: office documents become PDF by LibreOffice,
PostScript by Ghostscript, both loaded into the child and shut in with it. The PDF is not believed
either: it goes on to a press.

Messages: `done` when the PDF is in the output, or `unfit` with a code of `converters.REASONS`.
"""

import os
import pathlib

from mailfax.document import probe, zygote
from mailfax.document.converters import Item, UnfitError, office, postscript
from mailfax.document.zygote import Job

_libreoffice = ""


def prepare(argument: str) -> bool:
    """Load LibreOffice, whose folder `program` is `argument`; empty: there is none here."""
    global _libreoffice  # noqa: PLW0603  set once, before the first fork
    _libreoffice = argument
    if argument:
        office.load(argument)
    return True


def run(job: Job) -> None:
    """Do what the request's `task` says."""
    _TASKS[job.request["task"]](job)


def _open(job: Job) -> None:
    wish = job.request
    item = Item(kind=wish["kind"], data=job.input(0), charset=wish["charset"])
    folder = _folder(job)
    os.environ |= {"HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8"}
    try:
        job.write(_to_pdf(item, wish["paper"], folder))
    except UnfitError as error:
        if error.code == "damaged" and zygote.is_starved():
            raise MemoryError from None
        job.tell(unfit=error.code, number=error.number)
    else:
        job.tell(done=0)


def _to_pdf(item: Item, paper: str, folder: pathlib.Path) -> bytes:
    if item.kind == "PostScript":
        return postscript.to_pdf(item.data, paper, folder)
    if not _libreoffice:
        raise UnfitError("office")
    return office.to_pdf(item, _libreoffice, paper, folder)


def _probe(job: Job) -> None:
    """What is refused here, and which programs are there, for `mailfax doctor`."""
    look = {"other documents": lambda: list(_folder(job).parent.iterdir())}
    job.tell(
        refused=probe.refused(**look),
        office=bool(_libreoffice),
        ghostscript=postscript.is_there(),
    )


def _folder(job: Job) -> pathlib.Path:
    if job.folder is None:
        raise FileNotFoundError("this jail has no scratch folder")
    return job.folder


_TASKS = {"open": _open, "probe": _probe}
