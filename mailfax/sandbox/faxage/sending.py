"""Operations on faxes that go out (manual, pages 7 to 17 and 22)."""

import base64
import re
from collections.abc import Sequence

from PIL import Image

from mailfax.sandbox import _calls, _errands, _pages, _wire
from mailfax.sandbox._calls import File
from mailfax.sandbox._wire import Reply
from mailfax.sandbox.faxage import numbers, records
from mailfax.sandbox.faxage.account import Account, download, is_number, is_numeric, refused
from mailfax.sandbox.faxage.post import Post

_SUPPORTED = re.compile(
    r"jpe?g|pdf|ps|tiff?|docx?|dot|odt|rtf|xlsx?|ods|csv|html?|bmp|gif|pcl|txt|"
    r"png|wps|wpd|pptx?"
)
"""Of the manual's page 7; the last line is from newer pages of the service."""
_NAME_LENGTH = 32
_MEMORIES = ("faxno", "url_notify", "em_notify")
_NO_JOB = "ERR06: No jobs to display or job id specified not found"


def sendfax(account: Account, post: Post) -> Reply:
    """Take a fax. The order of the checks is inference."""
    if not post.text("recipname"):
        return post.misunderstood()
    faxno = post.text("faxno")
    if not is_number(faxno):
        return refused(f"ERR04: Fax number {faxno} appears to be invalid")
    if numbers.blocked(faxno):
        return refused(f"ERR05: Fax number {faxno} is blocked")
    urls = _urls(post)
    later = bool(urls) and post.text("async") == "1"
    files = None if later else _files(post) or _fetched(account, urls)
    if files is not None and not files:
        return refused("ERR03: No files to fax")
    call = account.exchange.order(account.provider, f"+1{faxno}", files, memo=_memo(post))
    if later:
        account.around.errands.later(
            lambda: account.exchange.fill(call.id, _fetched(account, urls))
        )
    return _wire.text(f"JOBID: {call.id}")


def _memo(post: Post) -> dict[str, str]:
    name = post.text("recipname")[:_NAME_LENGTH]
    kept = {name: post.text(name) for name in _MEMORIES}
    return {**kept, "recipname": name, "login": post.text("username")}


def _files(post: Post) -> list[File]:
    """Files with a supported name and contents; others are passed over (inference)."""
    contents = post.array("faxfiledata")
    files = []
    for index, name in post.array("faxfilenames").items():
        file = File(name=name, data=_decoded(contents.get(index, "")))
        if _SUPPORTED.fullmatch(file.kind) and "." in name and file.data:
            files.append(file)
    return files


def _decoded(text: str) -> bytes:
    """Base64 as PHP decodes it: a space was a plus, all else that is foreign is skipped."""
    digits = re.sub(r"[^A-Za-z0-9+/]", "", text.replace(" ", "+"))
    whole = digits[:-1] if len(digits) % 4 == 1 else digits
    return base64.b64decode(whole + "=" * (-len(whole) % 4))


def _urls(post: Post) -> list[tuple[str, str]]:
    """URLs with their extension: by faxurltypes, else the URL's own ending, else HTML."""
    if post.array("faxfilenames"):
        return []
    types = post.array("faxurltypes")
    single = {"": post.text("faxurl")} if post.text("faxurl") else {}
    found = []
    for index, url in {**single, **post.array("faxurls")}.items():
        path = re.split(r"[?#]", url)[0]
        kind = types.get(index, path.rpartition(".")[2]).lower()
        found.append((url, kind if _SUPPORTED.fullmatch(kind) else "html"))
    return found


def _fetched(account: Account, urls: Sequence[tuple[str, str]]) -> list[File]:
    """The documents at the URLs; none when one of them cannot be had."""
    try:
        return [
            File(name=f"document.{kind}", data=account.around.errands.fetch(url))
            for url, kind in urls
        ]
    except _errands.Failed:
        return []


def status(account: Account, post: Post) -> Reply:
    """Records of one job, some, or all; useronly needs nothing, as there is one user."""
    now = account.now()
    begin = records.read_stamp(post.text("begin"))
    end = records.read_stamp(post.text("end"))
    lines = [
        records.status(call, now, post)
        for call in _asked(account, post)
        if (begin is None or call.accepted.replace(microsecond=0) >= begin)
        and (end is None or call.accepted.replace(microsecond=0) <= end)
    ]
    return _wire.text("\n".join(lines)) if lines else refused(_NO_JOB)


def _asked(account: Account, post: Post) -> list[_calls.Call]:
    """Jobs by jobid or jobids, in one value with commas too; all without either."""
    wanted = ",".join([post.text("jobid"), *post.array("jobids").values()])
    ids = [jobid.strip() for jobid in wanted.split(",") if jobid.strip()]
    if not ids:
        return account.jobs()
    return [call for call in map(account.job, dict.fromkeys(ids)) if call is not None]


def dlstatus(account: Account, post: Post) -> Reply:
    """The fax as imaged: TIFF, or PDF by viewtype."""
    call = account.job(post.text("jobid"))
    if (refusal := _not_imaged(account, call)) is not None or call is None:
        return refusal or refused(_NO_JOB)
    wish = "pdf" if post.text("viewtype").lower() == "pdf" else "tiff"
    return download(f"fax{call.id}.{'pdf' if wish == 'pdf' else 'tif'}", _imaged(call, wish))


def dltrans(account: Account, post: Post) -> Reply:
    """The transmittal page: what became of the job, over its first page made small."""
    call = account.job(post.text("jobid"))
    if (refusal := _not_imaged(account, call)) is not None or call is None:
        return refusal or refused(_NO_JOB)
    names = ("Job", "Communications job", "To", "Number", "Status", "Text", "Sent", "Done", "Time")
    values = records.status(call, account.now()).split("\t")
    page = _pages.draw([f"{name}: {value}" for name, value in zip(names, values, strict=True)])
    first = _drawn(call.files[0])[0].copy()
    first.thumbnail((page.width // 2, page.height // 2))
    page.paste(first, (page.width // 2, page.height // 2))
    return download(f"transmittal{call.id}.pdf", _pages.pdf([page]))


def _not_imaged(account: Account, call: _calls.Call | None) -> Reply | None:
    if call is None:
        return refused(_NO_JOB)
    now = account.now()
    if not call.over(now) and records.converting(call, now):
        return refused("ERR24: File is not yet converted")
    if not call.files or call.cause(now) == "conversion_failed":
        return refused("ERR25: File does not exist")
    return None


def _imaged(call: _calls.Call, wish: str) -> bytes:
    """The document as sent; a stand-in only where a converter would be needed."""
    if len(call.files) == 1 and _pages.kind(call.files[0].data) == wish:
        return call.files[0].data
    pages = [page for file in call.files for page in _drawn(file)]
    return _pages.pdf(pages) if wish == "pdf" else _pages.tiff(pages)


def _drawn(file: File) -> Sequence[Image.Image]:
    try:
        return _pages.frames(file.data)
    except _pages.Unreadable:
        return _pages.stand_in(file.name, _pages.count(file.kind, file.data))


def clear(account: Account, post: Post) -> Reply:
    """Remove the status record of an ended job."""
    jobid = post.text("jobid")
    call = account.job(jobid)
    if call is None or not call.over(account.now()):
        return refused(
            f"ERR07: Job ID: {jobid} not found, does not belong to you or is pending and "
            "cannot be cleared yet"
        )
    account.cleared.add(call.id)
    return _wire.text(f"{jobid} cleared")


def stopfax(account: Account, post: Post) -> Reply:
    """Stop a job that is in the queue or waits for conversion."""
    jobid = post.text("jobid")
    if not is_numeric(jobid):
        return refused("ERR18: No jobid specified")
    call = account.job(jobid)
    if call is None:
        return refused(f"ERR19: JOB ID {jobid} not found or does not belong to you")
    if account.exchange.cancel(call.id):
        return _wire.text(f"{jobid} stopped")
    if call.over(account.now()):
        return refused(f"ERR20: Job ID - {jobid} - is not In Queue")
    return refused(f"ERR22: Job ID - {jobid} - is in transmission")
