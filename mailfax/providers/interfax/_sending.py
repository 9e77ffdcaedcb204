"""InterFAX's sending service, dfs.asmx, but for its reports on prepaid cards: see `_cards`.

Names, order and types of all fields were recorded from the service itself in February 2012; what
they mean is told on the vendor's pages. Numbers are written `+` and digits. A list of several
destinations makes one transaction for each; the id that is answered is the first one's, and the
parent of all.
"""

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from mailfax import errors
from mailfax.providers import _http
from mailfax.providers.interfax import _reading, _wire
from mailfax.providers.interfax._records import Count, Fax, Faxes, Found

ALL = 999_999_999
"""Stands for the newest transaction where smaller ids are asked for."""
AT_ONCE = datetime.datetime(1980, 1, 1)  # any past moment; this one is what clients send
CHUNK = 1_000_000
"""Octets of one chunk: 3 MB are allowed, 50 to 200 kB advised, and each is a connection."""


@dataclasses.dataclass(frozen=True, slots=True)
class File:
    """A document; the ending of its name tells its type."""

    name: str
    data: bytes = dataclasses.field(repr=False)

    @property
    def kind(self) -> str:
        """As the service writes types: TIF."""
        return self.name.rpartition(".")[2].upper()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What FaxQuery2 compares a field with: Equals, Like, Between … and the value."""

    verb: str = "Equals"
    data: str | None = None
    """None: any value will do."""


ANY = Condition()


# Sending ──────────────────────────────────────────────────────────────────────────────────


def send_char_fax(client: _wire.Client, fax_number: str, data: str, file_type: str = "TXT") -> str:
    """Fax a text and return its transaction id (SendCharFax)."""
    return _sent(client, "SendCharFax", FaxNumber=fax_number, Data=data, FileType=file_type)


def sendfax(client: _wire.Client, fax_number: str, file: File) -> str:
    """Fax one document with the user's own settings and return its transaction id (Sendfax)."""
    return _sent(client, "Sendfax", FaxNumber=fax_number, FileData=file.data, FileType=file.kind)


def sendfax_ex(
    client: _wire.Client,
    fax_numbers: Sequence[str],
    files: Sequence[File],
    *,
    session_id: str | None = None,
    postpone: datetime.datetime | None = None,
    high_resolution: bool = False,
    csid: str | None = None,
    subject: str | None = None,
    reply_address: str | None = None,
) -> str:
    """Fax documents to many and return the first transaction's id (SendfaxEx, superseded)."""
    return _sent(
        client,
        "SendfaxEx",
        FaxNumbers=_listed(fax_numbers),
        **_documents(files, session_id),
        Postpone=postpone or AT_ONCE,
        IsHighResolution=high_resolution,
        CSID=csid,
        Subject=subject,
        ReplyAddress=reply_address,
    )


def sendfax_ex_2(
    client: _wire.Client,
    fax_numbers: Sequence[str],
    files: Sequence[File],
    *,
    session_id: str | None = None,
    contacts: Sequence[str] = (),
    postpone: datetime.datetime | None = None,
    retries_to_perform: int = 0,
    csid: str | None = None,
    page_header: str | None = None,
    job_id: str | None = None,
    subject: str | None = None,
    reply_address: str | None = None,
    page_size: str | None = None,
    page_orientation: str | None = None,
    high_resolution: bool = False,
    fine_rendering: bool = False,
) -> str:
    """Fax documents to many and return the first transaction's id (SendfaxEx_2).

    `session_id`: of an upload that holds the files one after the other. `contacts`: names, one
    for each number. `postpone`: at most 30 days ahead. `csid`: at most 20 characters, `subject`:
    at most 60. `page_header`: a template with {To} {From} {TotalPages}, `N` for none, None for
    the user's own. `page_size`: A4, Letter, Legal or B4. `page_orientation`: Portrait or
    Landscape. `fine_rendering`: for grey pictures. None leaves a thing to the user's settings.
    """
    return _sent(
        client,
        "SendfaxEx_2",
        FaxNumbers=_listed(fax_numbers),
        Contacts=_listed(contacts),
        **_documents(files, session_id),
        Postpone=postpone or AT_ONCE,
        RetriesToPerform=retries_to_perform,
        CSID=csid,
        PageHeader=page_header,
        JobID=job_id,
        Subject=subject,
        ReplyAddress=reply_address,
        PageSize=page_size,
        PageOrientation=page_orientation,
        IsHighResolution=high_resolution,
        IsFineRendering=fine_rendering,
    )


def send_word_mail_merge(
    client: _wire.Client,
    document: bytes,
    merge_list: bytes,
    options: bytes,
) -> str:
    """Fax a Word document merged with a list and return the first id (SendWordMailMerge)."""
    return _sent(client, "SendWordMailMerge", Document=document, List=merge_list, Options=options)


def resend_fax(client: _wire.Client, transaction_id: int, fax_number: str | None = None) -> str:
    """Send a fax again, to another number if one is given; its new id (ReSendFax)."""
    return _sent(client, "ReSendFax", TransactionID=transaction_id, FaxNumber=fax_number)


def resend_broadcast_fax(
    client: _wire.Client,
    parent_transaction_id: int,
    *,
    subject: str | None = None,
    send_errors_only: bool = False,
) -> str:
    """Send a fax to many again, or to those it failed for; its new id (ResendBroadcastFax)."""
    return _sent(
        client,
        "ResendBroadcastFax",
        ParentTransactionID=parent_transaction_id,
        Subject=subject,
        SendErrorsOnly=send_errors_only,
    )


# Uploading ────────────────────────────────────────────────────────────────────────────────


def start_file_upload(client: _wire.Client) -> str:
    """Begin an upload and return its session (StartFileUpload). Nothing is sent by it."""
    said = client.call(_wire.SENDING, "StartFileUpload", SessionID=None)
    client.accept(_wire.SENDING, said.get("StartFileUploadResult"), changes=False)
    session = said.get("SessionID")
    if not session:
        raise client.odd(changes=False)
    return str(session)


def upload_file_chunk(client: _wire.Client, session_id: str, chunk: bytes, *, is_last: bool) -> int:
    """Add to an upload; how many octets it has now (UploadFileChunk, 3 MB at the most)."""
    return client.number(
        _wire.SENDING,
        "UploadFileChunk",
        login=None,
        SessionID=session_id,
        Chunk=chunk,
        IsLast=is_last,
    )


def cancel_file_upload(client: _wire.Client, session_id: str) -> None:
    """Throw an upload away (CancelFileUpload)."""
    client.number(_wire.SENDING, "CancelFileUpload", login=None, SessionID=session_id)


def upload(client: _wire.Client, data: bytes) -> str:
    """A whole upload: its session. Raises Temporary or Permanent; nothing is sent by it."""
    session = start_file_upload(client)
    for start in range(0, len(data), CHUNK):
        end = min(start + CHUNK, len(data))
        held = upload_file_chunk(client, session, data[start:end], is_last=end == len(data))
        if held != end:
            raise errors.Temporary(f"the provider holds {held} octets of {end} that it was given")
    return session


# Following ────────────────────────────────────────────────────────────────────────────────


def fax_status(
    client: _wire.Client, *, last_transaction_id: int = ALL, max_items: int = 100
) -> Faxes:
    """Faxes with ids below `last_transaction_id`, newest first, in short (FaxStatus)."""
    return _listing(client, "FaxStatus", last_transaction_id, max_items)


def fax_status_ex(
    client: _wire.Client, *, last_transaction_id: int = ALL, max_items: int = 100
) -> Faxes:
    """The same at length (FaxStatusEx)."""
    return _listing(client, "FaxStatusEx", last_transaction_id, max_items)


def fax_status_xml(
    client: _wire.Client, *, last_transaction_id: int = ALL, max_items: int = 100
) -> str:
    """The same as an XML text, whose form is documented nowhere (FaxStatusXML)."""
    said = _status(client, "FaxStatusXML", last_transaction_id, max_items)
    return str(said.get("FaxStatusXMLResult") or "")


def fax_query(
    client: _wire.Client, verb: str, verb_data: str = "", *, max_items: int = -1
) -> tuple[Fax, ...]:
    """Faxes by id (FaxQuery).

    `verb`: EQ GT GE LT LE and one id, IN and ids with commas, BETWEEN and two of them, PARENT and
    the id of a batch, or ACTIVE and nothing. `max_items` -1: all.
    """
    said = client.call(
        _wire.SENDING,
        "FaxQuery",
        Verb=verb,
        VerbData=verb_data,
        MaxItems=max_items,
        ResultCode=0,
    )
    client.accept(_wire.SENDING, said.get("ResultCode"), changes=False)
    return client.many(Fax, said.get("FaxQueryResult"))


def fax_query2(
    client: _wire.Client,
    *,
    date_from: datetime.datetime,
    date_to: datetime.datetime,
    subject: Condition = ANY,
    fax_number: Condition = ANY,
    user_id: Condition = ANY,
    reply_address: Condition = ANY,
    transaction_id: Condition = ANY,
    parent_transaction_id: Condition = ANY,
    status: Condition = ANY,
    show_hidden: bool = False,
    only_parents: bool = False,
    num_of_results: int = 100,
    starting_record: int = 0,
    order_by: str = "TransactionID",
    ascending: bool = False,
    return_items: bool = True,
    return_stats: bool = False,
) -> Found:
    """Faxes by anything, with how many there are of each state (FaxQuery2).

    `order_by`: TransactionID SubmitTime CompletionTime Status DestinationFax Subject PagesSent
    UserID or ReplyEmail. Items, stats or both must be asked for.
    """
    form = {
        "Subject": _condition(subject),
        "FaxNumber": _condition(fax_number),
        "DateFrom": date_from,
        "DateTo": date_to,
        "UserID": _condition(user_id),
        "ReplyAddress": _condition(reply_address),
        "TransactionID": _condition(transaction_id),
        "ParentTransactionID": _condition(parent_transaction_id),
        "Status": _condition(status),
        "ShowHiddenTransactions": show_hidden,
    }
    control = {
        "OnlyParents": only_parents,
        "NumOfResults": num_of_results,
        "StartingRecord": starting_record,
        "OrderBy": order_by,
        "AscOrderDirection": ascending,
        "ReturnItems": return_items,
        "ReturnStats": return_stats,
    }
    result = client.structure(_wire.SENDING, "FaxQuery2", QueryForm=form, QueryControl=control)
    return Found(
        items=client.many(Fax, result.get("FaxItems")),
        counts=client.many(Count, result.get("Stats")),
        total=_reading.whole(result.get("TotalTransactionsNum")),
        errors=str(result.get("ErrorsDescriptionHTMLFormat") or ""),
    )


def get_fax_image(client: _wire.Client, transaction_id: int) -> bytes:
    """The pages of a sent fax, a TIFF (GetFaxImage)."""
    said = client.call(
        _wire.SENDING, "GetFaxImage", limit=_http.FILE, TransactionID=transaction_id, Image=None
    )
    client.accept(_wire.SENDING, said.get("GetFaxImageResult"), changes=False)
    return client.octets(said.get("Image"))


def cancel_fax(client: _wire.Client, transaction_id: int) -> None:
    """Stop a fax that waits, of a batch only this one (CancelFax)."""
    client.number(_wire.SENDING, "CancelFax", changes=True, TransactionID=transaction_id)


def cancel_batch(client: _wire.Client, parent_transaction_id: int) -> None:
    """Stop all that waits of a fax to many (CancelBatch)."""
    client.number(
        _wire.SENDING, "CancelBatch", changes=True, ParentTransactionID=parent_transaction_id
    )


def hide_fax(client: _wire.Client, transaction_id: int) -> None:
    """Leave an ended fax out of listings from now on (HideFax)."""
    client.number(_wire.SENDING, "HideFax", TransactionID=transaction_id)


def hide_batch(client: _wire.Client, parent_transaction_id: int) -> None:
    """Leave an ended fax to many out of listings from now on (HideBatch)."""
    client.number(_wire.SENDING, "HideBatch", ParentTransactionID=parent_transaction_id)


# Between the two ──────────────────────────────────────────────────────────────────────────


def _sent(client: _wire.Client, operation: str, **arguments: object) -> str:
    number = client.number(_wire.SENDING, operation, changes=True, **arguments)
    if number == 0:
        raise client.odd(changes=True)
    return str(number)


def _documents(files: Sequence[File], session_id: str | None) -> dict[str, object]:
    sizes = ";".join(str(len(file.data)) for file in files)
    return {
        "FilesData": b"" if session_id else b"".join(file.data for file in files),
        "FileTypes": ";".join(file.kind for file in files),
        "FileSizes": f"{sizes}/sessionID={session_id}" if session_id else sizes,
    }


def _listed(values: Sequence[str]) -> str | None:
    return ";".join(value.replace(";", ",") for value in values) or None


def _condition(condition: Condition) -> dict[str, object]:
    return {"Verb": condition.verb, "VerbData": condition.data}


def _status(client: _wire.Client, operation: str, last: int, most: int) -> Mapping[str, Any]:
    said = client.call(
        _wire.SENDING,
        operation,
        LastTransactionID=last,
        MaxItems=most,
        TotalCount=0,
        ListSize=0,
        ResultCode=0,
    )
    client.accept(_wire.SENDING, said.get("ResultCode"), changes=False)
    return said


def _listing(client: _wire.Client, operation: str, last: int, most: int) -> Faxes:
    said = _status(client, operation, last, most)
    return Faxes(
        items=client.many(Fax, said.get(f"{operation}Result")),
        total=_reading.whole(said.get("TotalCount")),
    )
