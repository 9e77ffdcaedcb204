"""InterFAX's REST service: one typed function for each call.

The service has no names for its calls; ours are those of the vendor's own libraries. Facts come
from the vendor's pages and these libraries.
"""

import datetime
import decimal
import re
from typing import Any

from mailfax import errors
from mailfax.providers.interfax import _reading, _wire
from mailfax.providers.interfax._records import Document, Fax, Forwarding, Message

CHUNK = 1_000_000
"""Octets of one chunk of an upload; 1 MB at the most."""
LIST = 100
"""Entries asked for at once."""

MIME: dict[str, str] = {
    "bmp": "image/bmp",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "gif": "image/gif",
    "htm": "text/html",
    "html": "text/html",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "odt": "application/vnd.oasis.opendocument.text",
    "pdf": "application/pdf",
    "png": "image/png",
    "ps": "application/postscript",
    "rtf": "application/rtf",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "txt": "text/plain",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xml": "application/xml",
}
"""Content-Type by file ending."""

_FAXES = "/outbound/faxes"
_BATCHES = "/outbound/batches"
_DOCUMENTS = "/outbound/documents"
_INBOUND = "/inbound/faxes"


# Sending ──────────────────────────────────────────────────────────────────────────────────


def deliver(
    client: _wire.Client,
    fax_number: str,
    *,
    data: bytes = b"",
    kind: str = "pdf",
    location: str | None = None,
    contact: str | None = None,
    postpone_time: datetime.datetime | None = None,
    retries_to_perform: int | None = None,
    csid: str | None = None,
    page_header: str | None = None,
    reference: str | None = None,
    reply_address: str | None = None,
    page_size: str | None = None,
    fit_to_page: str | None = None,
    page_orientation: str | None = None,
    resolution: str | None = None,
    rendering: str | None = None,
) -> str:
    """Fax a document and return its id (POST /outbound/faxes).

    `kind`: the ending of its name; `location`: URL of an uploaded or public document instead of
    `data`. `csid`: at most 20 characters, `reference`: at most 60. `page_size`: a4 letter legal
    b4; `fit_to_page`: scale noscale; `resolution`: fine standard; `rendering`: greyscale bw.
    """
    query = {
        "faxNumber": fax_number,
        "contact": contact,
        "postponeTime": postpone_time.isoformat() if postpone_time else None,
        "retriesToPerform": retries_to_perform,
        "csid": csid,
        "pageHeader": page_header,
        "reference": reference,
        "replyAddress": reply_address,
        "pageSize": page_size,
        "fitToPage": fit_to_page,
        "pageOrientation": page_orientation,
        "resolution": resolution,
        "rendering": rendering,
    }
    headers = {"content-location": location} if location else {"content-type": _mime(kind)}
    reply = client.rest(
        "POST", _FAXES, changes=True, query=query, headers=headers, body=b"" if location else data
    )
    return _id(client, client.made(_FAXES, reply))


def resend(client: _wire.Client, fax_id: int, *, fax_number: str | None = None) -> str:
    """Send a fax again, to another number if one is given; its new id (POST …/resend)."""
    path = f"{_FAXES}/{fax_id}/resend"
    reply = client.rest("POST", path, changes=True, query={"faxNumber": fax_number})
    return _id(client, client.made(_FAXES, reply))


# Uploading ────────────────────────────────────────────────────────────────────────────────


def create_document(
    client: _wire.Client,
    name: str,
    size: int,
    *,
    disposition: str | None = None,
    sharing: str | None = None,
) -> str:
    """Begin an upload and return its URL (POST /outbound/documents).

    `disposition`: singleUse, multiUse for an hour, or permanent. `sharing`: private or shared.
    """
    query = {"size": size, "name": name, "disposition": disposition, "sharing": sharing}
    reply = client.rest("POST", _DOCUMENTS, query=query)
    client.made(_DOCUMENTS, reply, changes=False)
    return reply.headers["location"]


def upload_chunk(client: _wire.Client, document: str, start: int, chunk: bytes) -> bool:
    """Add to an upload; whether it is complete now (POST /outbound/documents/ID)."""
    reply = client.rest(
        "POST",
        f"{_DOCUMENTS}/{document}",
        headers={"range": f"bytes={start}-{start + len(chunk) - 1}"},
        body=chunk,
    )
    return reply.status == 200


def documents(client: _wire.Client, *, limit: int = LIST, offset: int = 0) -> tuple[Document, ...]:
    """The uploads there are (GET /outbound/documents)."""
    return _list(client, Document, client.json(_DOCUMENTS, limit=limit, offset=offset))


def document(client: _wire.Client, document: str) -> Document:
    """One upload (GET /outbound/documents/ID)."""
    return _one(client, Document, client.json(f"{_DOCUMENTS}/{document}"))


def delete_document(client: _wire.Client, document: str) -> None:
    """Throw an upload away (DELETE /outbound/documents/ID)."""
    client.rest("DELETE", f"{_DOCUMENTS}/{document}")


def upload(client: _wire.Client, name: str, data: bytes) -> str:
    """A whole upload: its URL. Raises Temporary or Permanent; nothing is sent by it."""
    url = create_document(client, name, len(data))
    whole = False
    for start in range(0, len(data), CHUNK):
        chunk = data[start : start + CHUNK]
        whole = upload_chunk(client, url.rpartition("/")[2], start, chunk)
    if not whole:
        raise errors.Temporary("the provider does not have all of the document it was given")
    return url


# Following ────────────────────────────────────────────────────────────────────────────────


def outbound(
    client: _wire.Client,
    *,
    limit: int = LIST,
    last_id: int | None = None,
    sort_order: str | None = None,
    user_id: str | None = None,
) -> tuple[Fax, ...]:
    """Sent faxes without those to many, asc or desc (GET /outbound/faxes)."""
    said = client.json(_FAXES, limit=limit, lastId=last_id, sortOrder=sort_order, userId=user_id)
    return _list(client, Fax, said)


def completed(client: _wire.Client, ids: str) -> tuple[Fax, ...]:
    """Of these faxes those that have ended; ids with commas (GET /outbound/faxes/completed)."""
    return _list(client, Fax, client.json(f"{_FAXES}/completed", ids=ids))


def fax(client: _wire.Client, fax_id: int) -> Fax:
    """One sent fax; raises Gone when there is none (GET /outbound/faxes/ID)."""
    return _one(client, Fax, client.json(f"{_FAXES}/{fax_id}"))


def fax_image(client: _wire.Client, fax_id: int) -> bytes:
    """Its pages, TIFF or PDF (GET /outbound/faxes/ID/image)."""
    return client.file(f"{_FAXES}/{fax_id}/image")


def search(
    client: _wire.Client,
    *,
    ids: str | None = None,
    reference: str | None = None,
    date_from: str | None = None,
    date_to: str | None = None,
    status: str | None = None,
    user_id: str | None = None,
    fax_number: str | None = None,
    limit: int = LIST,
    offset: int | None = None,
    sort_order: str | None = None,
) -> tuple[Fax, ...]:
    """Sent faxes by anything (GET /outbound/search).

    `ids`: with commas. `status`: All Completed Success Failed Inprocess, or a number.
    """
    said = client.json(
        "/outbound/search",
        ids=ids,
        reference=reference,
        dateFrom=date_from,
        dateTo=date_to,
        status=status,
        userId=user_id,
        faxNumber=fax_number,
        limit=limit,
        offset=offset,
        sortOrder=sort_order,
    )
    return _list(client, Fax, said)


def cancel(client: _wire.Client, fax_id: int) -> None:
    """Stop a fax that waits (POST /outbound/faxes/ID/cancel)."""
    client.rest("POST", f"{_FAXES}/{fax_id}/cancel", changes=True)


def hide(client: _wire.Client, fax_id: int) -> None:
    """Leave an ended fax out of listings from now on (POST /outbound/faxes/ID/hide)."""
    client.rest("POST", f"{_FAXES}/{fax_id}/hide")


# Faxes to many ────────────────────────────────────────────────────────────────────────────


def batches(
    client: _wire.Client, *, limit: int = LIST, last_id: int | None = None
) -> list[dict[str, Any]]:
    """Faxes to many, as the service tells of them (GET /outbound/batches)."""
    said = client.json(_BATCHES, limit=limit, lastId=last_id)
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        raise client.odd(changes=False)
    return said


def batch(client: _wire.Client, batch_id: int) -> dict[str, Any]:
    """One fax to many, as the service tells of it (GET /outbound/batches/ID)."""
    said = client.json(f"{_BATCHES}/{batch_id}")
    if not isinstance(said, dict):
        raise client.odd(changes=False)
    return said


def batch_children(client: _wire.Client, batch_id: int) -> tuple[Fax, ...]:
    """The faxes of a fax to many (GET /outbound/batches/ID/children)."""
    return _list(client, Fax, client.json(f"{_BATCHES}/{batch_id}/children"))


def batch_image(client: _wire.Client, batch_id: int) -> bytes:
    """Its pages (GET /outbound/batches/ID/image)."""
    return client.file(f"{_BATCHES}/{batch_id}/image")


def resend_batch(client: _wire.Client, batch_id: int) -> str:
    """Send a fax to many again; its new id (POST /outbound/batches/ID/resend)."""
    reply = client.rest("POST", f"{_BATCHES}/{batch_id}/resend", changes=True)
    return _id(client, client.made(_BATCHES, reply))


def cancel_batch(client: _wire.Client, batch_id: int) -> None:
    """Stop all that waits of a fax to many (POST /outbound/batches/ID/cancel)."""
    client.rest("POST", f"{_BATCHES}/{batch_id}/cancel", changes=True)


def hide_batch(client: _wire.Client, batch_id: int) -> None:
    """Leave a fax to many out of listings from now on (POST /outbound/batches/ID/hide)."""
    client.rest("POST", f"{_BATCHES}/{batch_id}/hide")


# Receiving ────────────────────────────────────────────────────────────────────────────────


def inbound(
    client: _wire.Client,
    *,
    unread_only: bool = False,
    limit: int = LIST,
    last_id: int | None = None,
    all_users: bool = False,
) -> tuple[Message, ...]:
    """Received faxes with ids below `last_id`, newest first (GET /inbound/faxes)."""
    said = client.json(
        _INBOUND, unreadOnly=unread_only, limit=limit, lastId=last_id, allUsers=all_users
    )
    return _list(client, Message, said)


def received(client: _wire.Client, message_id: int) -> Message:
    """One received fax (GET /inbound/faxes/ID)."""
    return _one(client, Message, client.json(f"{_INBOUND}/{message_id}"))


def received_image(client: _wire.Client, message_id: int) -> bytes:
    """Its pages, TIFF or PDF (GET /inbound/faxes/ID/image)."""
    return client.file(f"{_INBOUND}/{message_id}/image")


def received_emails(client: _wire.Client, message_id: int) -> tuple[Forwarding, ...]:
    """The addresses it was mailed to (GET /inbound/faxes/ID/emails)."""
    return _list(client, Forwarding, client.json(f"{_INBOUND}/{message_id}/emails"))


def mark(client: _wire.Client, message_id: int, *, unread: bool = False) -> None:
    """Mark a received fax as read, or as not (POST /inbound/faxes/ID/mark)."""
    client.rest("POST", f"{_INBOUND}/{message_id}/mark", query={"unread": unread})


def resend_received(client: _wire.Client, message_id: int, *, email: str | None = None) -> None:
    """Mail a received fax again (POST /inbound/faxes/ID/resend)."""
    client.rest("POST", f"{_INBOUND}/{message_id}/resend", changes=True, query={"email": email})


# Account ──────────────────────────────────────────────────────────────────────────────────


def balance(client: _wire.Client) -> decimal.Decimal:
    """Money left on the prepaid cards (GET /accounts/self/ppcards/balance)."""
    said = client.json("/accounts/self/ppcards/balance")
    if isinstance(said, bool) or not isinstance(said, (int, decimal.Decimal)):
        raise client.odd(changes=False)
    return decimal.Decimal(said)


# Between the two ──────────────────────────────────────────────────────────────────────────


def _mime(kind: str) -> str:
    return MIME.get(kind.lower(), "application/octet-stream")


def _id(client: _wire.Client, name: str) -> str:
    if not re.fullmatch("[0-9]{1,18}", name):
        raise client.odd(changes=True)
    return name


def _one(client: _wire.Client, kind: type[_reading.Record], given: object) -> _reading.Record:
    return client.one(kind, given, _reading.REST_NAMES)


def _list(
    client: _wire.Client, kind: type[_reading.Record], given: object
) -> tuple[_reading.Record, ...]:
    if not isinstance(given, list):
        raise client.odd(changes=False)
    return client.many(kind, given, _reading.REST_NAMES)
