"""REST: documents, uploaded before a fax or sent with it (facts file, section 5)."""

import datetime
import re
import secrets

from mailfax.sandbox import _errands
from mailfax.sandbox._calls import File
from mailfax.sandbox._wire import Reply
from mailfax.sandbox.interfax import account as accounts
from mailfax.sandbox.interfax import sending
from mailfax.sandbox.interfax.account import Document, Refused
from mailfax.sandbox.interfax.envelope import Value
from mailfax.sandbox.interfax.rest import Problem, Visit, done

_MAX_CHUNK = 1024 * 1024
_MAX_DOCUMENTS = 100
"""Kept at once; the oldest goes first (the sandbox's own)."""
_LIFE = datetime.timedelta(minutes=60)
"""Of a multiUse document, since it was last used."""
_DISPOSITIONS = ("singleUse", "multiUse", "permanent")
_SHARINGS = ("private", "shared")
_NO_CHUNK = -1061

_MEDIA = {
    "application/pdf": "pdf",
    "image/tiff": "tif",
    "image/tif": "tif",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.oasis.opendocument.graphics": "odg",
    "application/rtf": "rtf",
    "text/rtf": "rtf",
    "text/plain": "txt",
    "text/html": "html",
    "text/xml": "xml",
    "application/xml": "xml",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "image/gif": "gif",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/jpg": "jpg",
    "image/bmp": "bmp",
    "image/x-ms-bmp": "bmp",
    "image/pcx": "pcx",
    "application/postscript": "ps",
    "message/rfc822": "mht",
    "application/zip": "zip",
}
"""Media type → extension."""


# What comes with a fax


def bodies(visit: Visit) -> list[File]:
    """The documents of a request, alone or in a multipart body. Raises `Problem`, `Refused`."""
    headers, body = visit.request.headers, visit.request.body
    found = re.match(
        r'multipart/[^;]+;.*\bboundary=(?:"([^"]+)"|([^;\s]+))',
        headers.get("content-type", ""),
        re.IGNORECASE | re.DOTALL,
    )
    if found is None:
        return [_body(visit, dict(headers), body)]
    boundary = (found[1] or found[2]).encode("latin-1", "replace")
    parts = [_part(raw) for raw in _split(body, boundary)]
    files = [_body(visit, given, data) for given, data in parts]
    if not files:
        raise Refused(accounts.NO_DOCUMENT)
    return files


def _split(body: bytes, boundary: bytes) -> list[bytes]:
    """The parts of a multipart body (RFC 2046 section 5.1.1)."""
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]
    end = next((n for n, part in enumerate(parts) if part.startswith(b"--")), len(parts))
    return [part.partition(b"\r\n")[2] for part in parts[:end]]


def _part(raw: bytes) -> tuple[dict[str, str], bytes]:
    if raw.startswith(b"\r\n"):
        return {}, raw[2:]
    head, _, data = raw.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    fields = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in fields}, data


def _body(visit: Visit, headers: dict[str, str], data: bytes) -> File:
    if location := headers.get("content-location", ""):
        return _located(visit, location)
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    if not data:
        raise Refused(accounts.NO_DOCUMENT)
    if media not in _MEDIA:
        raise Problem(415, accounts.NO_DOCUMENT, f"{media or 'no media type'} cannot be faxed")
    return sending.file(_MEDIA[media], data)


def _located(visit: Visit, location: str) -> File:
    """An uploaded document, or what lies at a URL of this machine, for which all others wait."""
    found = re.search(r"/outbound/documents/(\w+)$", location)
    if found is None:
        ending = re.split(r"[?#]", location)[0].rpartition("/")[2].rpartition(".")[2].upper()
        try:
            data = visit.account.around.errands.fetch(location)
        except _errands.Failed:
            raise Refused(accounts.NO_DOCUMENT) from None
        return sending.file(ending if ending in sending.TYPES else "HTML", data)
    document = _document(visit, found[1])
    if len(document.data) < document.size:
        raise Refused(accounts.NO_DOCUMENT)
    document.used = visit.account.now()
    if document.disposition == "singleUse":
        del visit.account.documents[document.id]
    return sending.file(document.name.rpartition(".")[2], bytes(document.data))


# Uploads


def create(visit: Visit) -> Reply:
    """POST /outbound/documents."""
    size, name = visit.whole("size", 0), visit.text("name")
    if size < 1:
        raise Problem(400, -1007, "size is missing")
    if size > accounts.MAX_BYTES:
        raise Problem(413, accounts.TOO_BIG, f"a document has at most {accounts.MAX_BYTES} bytes")
    if name.rpartition(".")[2].upper() not in sending.TYPES or "." not in name:
        raise Problem(415, accounts.NO_DOCUMENT, "documents of this type cannot be faxed")
    now = visit.account.now()
    document = Document(
        id=secrets.token_hex(16),
        user=visit.user,
        name=name,
        size=size,
        disposition=_choice(visit, "disposition", _DISPOSITIONS),
        sharing=_choice(visit, "sharing", _SHARINGS),
        created=now,
        used=now,
    )
    kept = visit.account.documents
    kept[document.id] = document
    while len(kept) > _MAX_DOCUMENTS:
        kept.pop(next(iter(kept)))
    return visit.created(f"/outbound/documents/{document.id}")


def _choice(visit: Visit, name: str, values: tuple[str, ...]) -> str:
    text = visit.text(name) or values[0]
    if text not in values:
        raise Problem(400, -150, f"{name} is one of {', '.join(values)}")
    return text


def upload(visit: Visit, key: str) -> Reply:
    """POST /outbound/documents/{id}: the next chunk, 202 before the last and 200 with it."""
    document, data = _document(visit, key), visit.request.body
    found = re.fullmatch(
        r"\s*bytes=(\d{1,12})-(\d{1,12})\s*", visit.request.headers.get("range", ""), re.ASCII
    )
    if found is None or not data or int(found[2]) - int(found[1]) + 1 != len(data):
        raise Problem(400, _NO_CHUNK, "Range and body do not fit")
    if len(data) > _MAX_CHUNK or int(found[1]) + len(data) > document.size:
        raise Problem(413, accounts.TOO_BIG, "the chunk is too large")
    if int(found[1]) != len(document.data):
        raise Problem(416, _NO_CHUNK, f"the next byte is {len(document.data)}")
    document.data += data
    document.used = visit.account.now()
    so_far = f"bytes 0-{len(document.data) - 1}/{document.size}"
    status = 200 if len(document.data) == document.size else 202
    return Reply(status=status, kind="text/json", headers=(("X-Content-Range", so_far),))


def documents(visit: Visit) -> Reply:
    """GET /outbound/documents."""
    kept = [one for one in visit.account.documents.values() if _seen(visit, one)]
    first = max(0, visit.whole("offset", 0))
    listed = kept[first : first + visit.limit()]
    return visit.many("Document", [_record(visit, one) for one in listed])


def document(visit: Visit, key: str) -> Reply:
    """GET /outbound/documents/{id}."""
    return visit.one("Document", _record(visit, _document(visit, key)))


def delete(visit: Visit, key: str) -> Reply:
    """DELETE /outbound/documents/{id}."""
    del visit.account.documents[_document(visit, key).id]
    return done()


def _document(visit: Visit, key: str) -> Document:
    found = visit.account.documents.get(key)
    if found is None or not _seen(visit, found):
        raise Problem(404, accounts.NO_TRANSACTION, "There is no such document")
    return found


def _seen(visit: Visit, document: Document) -> bool:
    """Whether it is the user's or shared, and its time is not over."""
    theirs = document.user is not visit.user and document.sharing != "shared"
    old = document.disposition == "multiUse" and visit.account.now() > document.used + _LIFE
    return not (theirs or old)


def _record(visit: Visit, document: Document) -> dict[str, Value]:
    size = len(document.data)
    ready = "Ready" if size == document.size else "PartiallyUploaded"
    return {
        "userId": document.user.name,
        "fileName": document.name,
        "fileSize": document.size,
        "uploaded": size,
        "uri": f"{visit.request.base}/outbound/documents/{document.id}",
        "creationTime": document.created,
        "lastusageTime": document.used,
        "status": ready if size else "Created",
        "disposition": document.disposition,
        "sharing": document.sharing,
    }
