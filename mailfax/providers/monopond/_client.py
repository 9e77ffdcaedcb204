"""Monopond's operations, one typed method each; every call is one SOAP request.

Every method raises errors.Temporary or errors.Permanent by the service's fault, each fault its
own class (`_replies`); those that change something also errors.Unsure, for an answer that was
lost or that nobody understands. Temporary with cause `login_failed` is the operator's to mend.

"Facts" are the notes on the service's published description and documentation, 2013 to 2020.
"""

import base64
import binascii
import functools
import typing
from collections.abc import Mapping, Sequence

from mailfax import errors
from mailfax.providers import _http, _soap
from mailfax.providers.monopond import _replies, _requests

if typing.TYPE_CHECKING:
    from lxml import etree

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"


class Client:
    """One account's operations."""

    def __init__(self, http: _http.Client, *, version: str, username: str, password: str) -> None:
        """`version`: 2 or 2.1; the first knows neither stored documents nor previews."""
        self._http = http
        self._service = _soap.Service(http, f"monopond-{version}.wsdl", f"/v{version}")
        self._login = (username, password)

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def clean(self, text: str) -> str:
        """Foreign words fit for one line, without the account's password."""
        return self._http.clean(text, 4000)

    def send_fax(
        self,
        messages: Sequence[_requests.Message],
        *,
        broadcast_ref: str | None = None,
        send_ref: str | None = None,
        properties: _requests.Properties = _requests.Properties(),  # noqa: B008 - frozen
    ) -> _replies.Status:
        """Fax to one or many, about 600 at the most (facts sections 4.1, 6).

        `properties` hold for every message that does not say otherwise; documents too, which
        is how one document goes to many. `broadcast_ref` groups requests, `send_ref` names
        this one. Answers as FaxStatus with verbosity `send`.
        """
        answer = self._call(
            "SendFax",
            changes=True,
            **_requests.given(BroadcastRef=broadcast_ref, SendRef=send_ref),
            FaxMessages={"FaxMessage": [message.wire() for message in messages]},
            **properties.wire(),
        )
        return _replies.status(answer)

    def fax_status(
        self,
        *,
        message_ref: str | None = None,
        send_ref: str | None = None,
        broadcast_ref: str | None = None,
        verbosity: str = "brief",
    ) -> _replies.Status:
        """How the faxes stand that have all the given references (facts sections 4.4, 4.5).

        `verbosity`: brief (totals), send (and each message), details, results, all.
        Raises NoMessagesFound when there are none.
        """
        refs = _requests.references(message_ref, send_ref, broadcast_ref)
        return _replies.status(self._call("FaxStatus", changes=False, **refs, Verbosity=verbosity))

    def stop_fax(
        self,
        *,
        message_ref: str | None = None,
        send_ref: str | None = None,
        broadcast_ref: str | None = None,
    ) -> _replies.Status:
        """Stop faxes that are paused, queued, starting or sending (facts section 5).

        Not while a page is on the line. Answers with status `stopping`.
        """
        refs = _requests.references(message_ref, send_ref, broadcast_ref)
        return _replies.status(self._call("StopFax", changes=True, **refs))

    def pause_fax(
        self,
        *,
        message_ref: str | None = None,
        send_ref: str | None = None,
        broadcast_ref: str | None = None,
    ) -> _replies.Status:
        """Hold faxes that are queued, starting or sending; answers `pausing` (facts section 5)."""
        refs = _requests.references(message_ref, send_ref, broadcast_ref)
        return _replies.status(self._call("PauseFax", changes=True, **refs))

    def resume_fax(
        self,
        *,
        message_ref: str | None = None,
        send_ref: str | None = None,
        broadcast_ref: str | None = None,
    ) -> _replies.Status:
        """Let paused faxes go on (facts sections 4.4, 4.5)."""
        refs = _requests.references(message_ref, send_ref, broadcast_ref)
        return _replies.status(self._call("ResumeFax", changes=True, **refs))

    def save_fax_document(self, document_ref: str, file_name: str, file_data: bytes) -> None:
        """Store a document for later, for 10 days or 30 (facts sections 4.4, 6).

        Raises DocumentRefAlreadyExists; DocumentContentTypeNotFound for a strange file name.
        """
        self._call(
            "SaveFaxDocument",
            changes=True,
            DocumentRef=document_ref,
            FileName=file_name,
            FileData=_requests.coded(file_data),
        )

    def delete_fax_document(
        self,
        *,
        document_ref: str | None = None,
        message_ref: str | None = None,
        send_ref: str | None = None,
        broadcast_ref: str | None = None,
    ) -> None:
        """Remove a stored document, or all those of some faxes (facts section 4.4).

        By faxes since March 2015. Raises DocumentRefDoesNotExist.
        """
        refs = (
            {"DocumentRef": document_ref}
            if document_ref
            else _requests.references(message_ref, send_ref, broadcast_ref)
        )
        self._call("DeleteFaxDocument", changes=True, **refs)

    def fax_document_preview(
        self,
        document_ref: str,
        *,
        resolution: str | None = None,
        dithering: str | None = None,
        merge: Mapping[str, str] | None = None,
        stamps: Sequence[_requests.Stamp] = (),
    ) -> _replies.Preview:
        """A stored document as it would be sent, a TIFF (facts section 4.4).

        Raises DocumentRefDoesNotExist; errors.Temporary when the answer holds no TIFF.
        """
        answer = self._call(
            "FaxDocumentPreview",
            changes=False,
            limit=_http.FILE,
            **_requests.given(DocumentRef=document_ref, Resolution=resolution),
            **_requests.drawing(dithering, merge or {}, stamps),
        )
        try:
            tiff = base64.b64decode("".join((answer.TiffPreview or "").split()), validate=True)
        except (binascii.Error, ValueError):
            raise self._http.unread("sent a preview that is no base64", changes=False) from None
        if not tiff:
            raise self._http.unread("sent an empty preview", changes=False)
        return _replies.Preview(tiff=tiff, pages=answer.NumberOfPages)

    # The wire ─────────────────────────────────────────────────────────────────────────

    def _call(
        self,
        operation: str,
        /,
        *,
        changes: bool,
        limit: int = _http.TEXT,
        **arguments: typing.Any,
    ) -> typing.Any:
        try:
            return self._service.call(
                operation, changes=changes, limit=limit, header=[self._security], **arguments
            )
        except _soap.Fault as fault:
            failure = self._refusal(operation, fault, changes=changes)
        raise failure

    def _refusal(self, operation: str, fault: _soap.Fault, *, changes: bool) -> errors.MailfaxError:
        """What a fault means; one without a reason of its own is about the login (facts 3)."""
        name, words = _replies.reason(fault)
        meaning = _replies.MEANINGS.get(name)
        said = self._http.clean(words)
        if meaning is None or name not in _replies.DECLARED[operation]:
            if not name and (not changes or _replies.not_begun(fault)):
                return _replies.LoginRefused(
                    f"the provider turns the request away, as it does for a wrong login: {said}",
                    cause=errors.Cause.LOGIN_FAILED,
                )
            why = f"answered a fault that is not known here ({name or 'without a reason'}): {said}"
            return self._http.unread(why, changes=changes)
        if changes and issubclass(meaning.kind, errors.Temporary):
            return _replies.InternalServerUnsure(f"{meaning.text}; it may have done it: {said}")
        return meaning.kind(f"{meaning.text}: {said}", cause=meaning.cause)

    @functools.cached_property
    def _security(self) -> "etree._Element":
        """The header with our login, in the order of the documentation (facts section 3)."""
        from lxml import etree

        username, password = self._login
        security = etree.Element(f"{{{_WSSE}}}Security", nsmap={"wsse": _WSSE})
        security.set(f"{{{_SOAP}}}mustUnderstand", "1")
        token = etree.SubElement(security, f"{{{_WSSE}}}UsernameToken")
        etree.SubElement(token, f"{{{_WSSE}}}Username").text = username
        etree.SubElement(token, f"{{{_WSSE}}}Password").text = password
        return security
