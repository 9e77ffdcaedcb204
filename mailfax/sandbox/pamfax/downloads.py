"""Common: files and previews, as bytes (facts file, section 2: on failure an ordinary error)."""

from PIL import Image

from mailfax.sandbox import _pages
from mailfax.sandbox._wire import Reply
from mailfax.sandbox.pamfax import answer, covers, history, images
from mailfax.sandbox.pamfax.account import Arrived
from mailfax.sandbox.pamfax.call import Call, Operations
from mailfax.sandbox.pamfax.jobs import Job
from mailfax.sandbox.pamfax.refusals import Refused

_TYPES = {"tiff": ("tif", "image/tiff"), "pdf": ("pdf", "application/pdf")}


def get_file(call: Call) -> Reply:
    """A file of the user: received, of the edited fax, the PDF of a sent one, of a cover."""
    uuid = call.text("file_uuid")
    for fax in call.user.inbox.values():
        if fax.file == uuid and not fax.marks.removed:
            return _received(call, fax)
    for one in _job(call).documents:
        if one.uuid == uuid:
            return answer.download(one.name, one.mime, one.data)
    cover = covers.picture(call.user, uuid)
    if cover is not None:
        return _png(_pages.draw([cover.title]), call)
    job = _sent(call, uuid)
    if job is None:
        raise Refused("file_not_found")
    return answer.download(f"{uuid}.pdf", "application/pdf", images.outfile(call.account, job))


def _received(call: Call, fax: Arrived) -> Reply:
    received = images.received(call, fax)
    extension, kind = _TYPES[received.kind]
    return answer.download(f"{fax.file}.{extension}", kind, received.data)


def _job(call: Call) -> Job:
    """The edited fax; an empty one when there is none."""
    return call.login().job or Job(created=call.now)


def _sent(call: Call, uuid: str) -> Job | None:
    for fax in call.user.faxes.values():
        if fax.job.outfile == uuid and not fax.marks.removed:
            return fax.job
    return None


def get_page_preview(call: Call) -> Reply:
    """A page of a fax as PNG (the format is inference)."""
    pages = _pages_of(call, call.text("uuid"))
    number = call.number("page_no", 1)
    if number > len(pages):
        raise Refused("file_not_found")
    return _png(pages[number - 1], call)


def _pages_of(call: Call, uuid: str) -> list[Image.Image]:
    job = _job(call)
    if uuid == job.uuid:
        if not images.previewed(job, call.now):
            raise Refused("creating_preview")
        return images.job_pages(call.account, job)
    fax = history.find(call, uuid)
    if isinstance(fax, Arrived):
        return images.received_pages(images.received(call, fax))
    return images.job_pages(call.account, fax.job)


def _png(page: Image.Image, call: Call) -> Reply:
    data = images.png(page, call.number("max_width", 0), call.number("max_height", 0))
    return answer.download("page.png", "image/png", data)


OPERATIONS: Operations = {"GetFile": get_file, "GetPagePreview": get_page_preview}
