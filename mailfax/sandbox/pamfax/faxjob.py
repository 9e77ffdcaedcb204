"""FaxJob, up to sending: the one fax that is edited in a session.

Limits of numbers, files and sizes are inference; their refusals' names are not.
"""

from collections.abc import Iterable, Sequence

from mailfax.sandbox import _errands
from mailfax.sandbox.pamfax import answer, images, jobs, places, records
from mailfax.sandbox.pamfax.account import Arrived
from mailfax.sandbox.pamfax.answer import Items
from mailfax.sandbox.pamfax.call import Call, Operations
from mailfax.sandbox.pamfax.jobs import Document, Job, Recipient
from mailfax.sandbox.pamfax.refusals import Refused

EXTENSIONS = (
    *("bmp", "csv", "doc", "docx", "gif", "htm", "html", "jpeg", "jpg", "odp", "ods", "odt"),
    *("pdf", "png", "pps", "ppt", "pptx", "ps", "rtf", "tif", "tiff", "txt", "xls", "xlsx"),
)
"""Inference: no list is evidenced."""
_NAME = 80
_SENDER = 50
_ORIGIN = 20
_MAX_NUMBERS = 300
_MAX_FILES = 50
_MAX_FILENAME = 255
_MAX_SIZE = 50 * 1024 * 1024


def create(call: Call) -> answer.Object:
    """A new fax, or the one that is being edited."""
    session = call.login()
    if session.job is None:
        session.job = Job(
            created=call.now,
            agent=call.word("user_agent"),
            origin=call.word("origin")[:_ORIGIN],
        )
    return {"FaxContainer": records.container(call, session.job)}


def clone_fax(call: Call) -> answer.Object:
    """A new fax with recipients and files of an old one; a job in edit mode is given up."""
    old = fax_of(call, call.text("uuid")).job
    job = Job(created=call.now, agent=call.word("user_agent"), sheet=old.sheet)
    job.documents = [
        jobs.document(one.name, one.data, call.now) for one in images.documents(call.account, old)
    ]
    call.login().job = job
    add(call, [(one.number.e164, one.name) for one in old.recipients.values()])
    return {"FaxContainer": records.container(call, job)}


def fax_of(call: Call, uuid: str) -> Recipient:
    """A fax of the user by the uuid of its recipient, or of its container (inference)."""
    faxes = call.user.faxes
    if uuid in faxes:
        return faxes[uuid]
    for fax in faxes.values():
        if fax.job.uuid == uuid:
            return fax
    raise Refused("fax_not_found")


# Recipients


def add_recipient(call: Call) -> answer.Object:
    """One more recipient."""
    (fax,) = add(call, [(call.text("number"), call.word("name"))])
    return {"FaxRecipient": records.recipient(call, fax)}


def add_recipients(call: Call) -> answer.Object:
    """More recipients; none of them when one is wrong (inference)."""
    return {"Recipients": _listed(call, add(call, _pairs(call)))}


def set_recipients(call: Call) -> answer.Object:
    """These recipients instead of all others."""
    pairs, before = _pairs(call), call.job.recipients
    call.job.recipients = {}
    try:
        return {"Recipients": _listed(call, add(call, pairs))}
    except Refused:
        call.job.recipients = before
        raise


def _pairs(call: Call) -> list[tuple[str, str]]:
    numbers, names = call.items("numbers"), call.items("names")
    if not numbers or (names and len(names) != len(numbers)):
        raise Refused("invalid_recipient")
    return list(zip(numbers, names or [""] * len(numbers), strict=True))


def add(call: Call, pairs: Iterable[tuple[str, str]]) -> list[Recipient]:
    """Recipients by number and name, all of them or none; raises `Refused`."""
    job, added = call.job, dict[str, Recipient]()
    for text, name in pairs:
        number = places.number(text)
        if number.e164 in job.recipients or number.e164 in added:
            raise Refused("duplicate_recipient")
        added[number.e164] = Recipient(
            id=next(call.account.ids),
            number=number,
            name=name[:_NAME],
            job=job,
            created=call.now,
        )
    if len(job.recipients) + len(added) > _MAX_NUMBERS:
        raise Refused("too_many_numbers")
    job.recipients.update(added)
    job.updated = call.now
    return list(added.values())


def list_recipients(call: Call) -> answer.Object:
    """Recipients, a page of them."""
    return {"Recipients": _listed(call, page(call, list(call.job.recipients.values()), 100))}


def page(call: Call, faxes: Sequence[Recipient], size: int) -> Sequence[Recipient]:
    """The page of a list that is asked for."""
    items = call.number("items_per_page", size)
    start = (call.number("current_page", 1) - 1) * items
    return faxes[start : start + items]


def _listed(call: Call, faxes: Sequence[Recipient]) -> Items:
    return Items(element="FaxRecipient", content=[records.listed(call, fax) for fax in faxes])


def remove_recipient(call: Call) -> answer.Object:
    """Without the recipient of this number."""
    number = places.number(call.text("number")).e164
    if call.job.recipients.pop(number, None) is None:
        raise Refused("invalid_recipient")
    call.job.updated = call.now
    return {}


def remove_all_recipients(call: Call) -> answer.Object:
    """Without recipients."""
    call.job.recipients.clear()
    call.job.updated = call.now
    return {}


# Files


def add_file(call: Call) -> answer.Object:
    """A file that came along in the part `file`, or as the bare body."""
    job, upload = call.job, call.upload()
    name = call.word("filename") or upload.name
    return {"FaxContainerFile": _file(job, take(call, name, upload.data))}


def take(call: Call, name: str, data: bytes) -> Document:
    """Add a file to the job; raises `Refused` for one that does not fit."""
    document, job = checked(call, name, data), call.job
    if len(job.documents) >= _MAX_FILES:
        raise Refused("too_many_files")
    job.documents.append(document)
    job.updated = call.now
    return document


def checked(call: Call, name: str, data: bytes) -> Document:
    """A file that is what the call says it is; raises `Refused`."""
    extension = name.rpartition(".")[2].lower()
    size, md5 = call.word("file_size"), call.word("file_contentmd5").lower()
    if len(name) > _MAX_FILENAME:
        raise Refused("filename_too_long")
    if extension == "lnk":
        raise Refused("lnk_file")
    if "." not in name or extension not in EXTENSIONS:
        raise Refused("file_extension_not_supported")
    if len(data) > _MAX_SIZE:
        raise Refused("file_too_large")
    if size and size != str(len(data)):
        raise Refused("file_wrong_size")
    document = jobs.document(name, data, call.now)
    if md5 and md5 != document.md5:
        raise Refused("file_wrong_checksum")
    return document


def _file(job: Job, document: Document) -> answer.Object:
    """A FaxContainerFile, its state empty right after the upload."""
    return {
        "name": document.name,
        "file_order": job.documents.index(document),
        "ext": document.extension,
        "file_uuid": document.uuid,
        "mime": document.mime,
        "state": "",
    }


def add_remote_file(call: Call) -> answer.Object:
    """A file at an address on this machine, fetched at once."""
    job, url = call.job, call.text("url")
    name = url.partition("?")[0].rstrip("/").rpartition("/")[2]
    try:
        with call.account.unlocked():
            data = call.account.around.errands.fetch(url)
    except _errands.Failed:
        raise Refused("download_failed") from None
    return {"FaxContainerFile": _file(job, take(call, name, data))}


def add_file_from_online_storage(call: Call) -> answer.Object:
    """A file of a listing of OnlineStorage/ListFolderContents."""
    job = call.job
    for storage in call.user.storages.values():
        path = storage.uuids.get(call.text("uuid"))
        if path is not None and path in storage.files:
            name = path.rpartition("/")[2]
            document = take(call, name, storage.files[path])
            return {"FaxContainerFile": _file(job, document)}
    raise Refused("file_not_found")


def add_another_fax(call: Call) -> answer.Object:
    """The pages of another fax, sent or received, as a PDF."""
    job, uuid = call.job, call.text("fax_uuid")
    source = call.user.inbox.get(uuid) or fax_of(call, uuid)
    if isinstance(source, Arrived):
        data = images.received(call, source).data
    else:
        data = images.outfile(call.account, source.job)
    kind = "pdf" if b"%PDF-" in data[:1024] else "tif"
    document = take(call, f"{uuid}.{kind}", data)
    return {"FaxContainerFile": _file(job, document)}


def remove_file(call: Call) -> answer.Object:
    """Without this file."""
    uuid, before = call.text("file_uuid"), call.job.documents
    call.job.documents = [one for one in before if one.uuid != uuid]
    if len(call.job.documents) == len(before):
        raise Refused("file_not_found")
    call.job.updated = call.now
    return {}


def remove_all_files(call: Call) -> answer.Object:
    """Without files."""
    call.job.documents.clear()
    call.job.updated = call.now
    return {}


def list_fax_files(call: Call) -> answer.Object:
    """The files; their pages are 0 until they are converted."""
    files: list[answer.Object] = [
        {
            "name": one.name,
            "size": len(one.data),
            "extension": one.extension,
            "uuid": one.uuid,
            "pages": one.pages if one.converted(call.now) else 0,
            "contentmd5": one.md5,
            "mimetype": one.mime,
            "created": call.stamp(one.added),
        }
        for one in call.job.documents
    ]
    return {"Files": Items(element="File", content=files)}


# The whole


def get_fax_state(call: Call) -> answer.Object:
    """How far the fax is; not ready until all is converted."""
    files: list[answer.Object] = [
        {"file_order": order, "state": records.document_state(one, call.now)}
        for order, one in enumerate(call.job.documents)
    ]
    return {
        "FaxContainer": records.standing_container(call, call.job),
        "Files": Items(element="FaxContainerFile", content=files),
    }


def get_preview(call: Call) -> answer.Object:
    """The preview's pages; the first call starts their making."""
    job = call.job
    if job.state(call.now, call.user.credit) == "editing":
        raise Refused("fax_not_ready")
    job.previewed = job.previewed or call.now
    done = job.pages if images.previewed(job, call.now) else 0
    pages: list[answer.Object] = [
        {"page_no": number + 1, "state": "done"} for number in range(done)
    ]
    return {
        "Status": {"open": job.pages - done, "done": done},
        "PreviewPages": Items(element="PreviewPage", content=pages),
    }


def start_preview_creation(call: Call) -> answer.Object:
    """Deprecated: what get_preview does, without its answer."""
    get_preview(call)
    return {}


def set_sender_details(call: Call) -> answer.Object:
    """Number and name on the cover; 0 for either is the default again, empty is empty."""
    number, name = call.text("number"), call.text("name")
    call.job.sender_number = None if number == "0" else number[:_SENDER]
    call.job.sender_name = None if name == "0" else name[:_SENDER]
    return {}


def set_notifications(call: Call) -> answer.Object:
    """Deprecated, and without effect here."""
    call.job.updated = call.now
    return {}


OPERATIONS: Operations = {
    "Create": create,
    "CloneFax": clone_fax,
    "AddRecipient": add_recipient,
    "AddRecipients": add_recipients,
    "SetRecipients": set_recipients,
    "ListRecipients": list_recipients,
    "RemoveRecipient": remove_recipient,
    "RemoveAllRecipients": remove_all_recipients,
    "AddFile": add_file,
    "AddRemoteFile": add_remote_file,
    "AddFileFromOnlineStorage": add_file_from_online_storage,
    "AddAnotherFax": add_another_fax,
    "RemoveFile": remove_file,
    "RemoveAllFiles": remove_all_files,
    "ListFaxFiles": list_fax_files,
    "GetFaxState": get_fax_state,
    "GetPreview": get_preview,
    "StartPreviewCreation": start_preview_creation,
    "SetSenderDetails": set_sender_details,
    "SetNotifications": set_notifications,
    "ResetNotifications": set_notifications,
}
