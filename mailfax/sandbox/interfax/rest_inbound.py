"""REST: faxes that came in, and the balance (facts file, section 5)."""

from mailfax.sandbox import _calls, _pages, _wire
from mailfax.sandbox._wire import Reply
from mailfax.sandbox.interfax import forwarding, inbox, prepaid
from mailfax.sandbox.interfax.account import Refused
from mailfax.sandbox.interfax.envelope import Value
from mailfax.sandbox.interfax.rest import JSON, Visit, done

_NO_EMAIL = -2035
_NO_IMAGE = -3003
_NOT_PRIMARY = -3007

_FIELDS = {
    "userId": "UserID",
    "messageId": "MessageID",
    "phoneNumber": "PhoneNumber",
    "remoteCSID": "RemoteCSID",
    "messageStatus": "MessageStatus",
    "pages": "Pages",
    "messageSize": "MessageSize",
    "messageType": "MessageType",
    "receiveTime": "ReceiveTime",
    "callerId": "CallerID",
    "recordingDuration": "MessageRecordingDuration",
}
"""Name here → name in a MessageItem2."""


def faxes(visit: Visit) -> Reply:
    """GET /inbound/faxes: newest first."""
    everybody = visit.flag("allUsers")
    if everybody and not visit.user.primary:
        raise Refused(_NOT_PRIMARY)
    found = visit.account.received(None if everybody else visit.user)
    if visit.flag("unreadOnly"):
        found = inbox.unread(visit.account, found)
    if last := visit.whole("lastId", 0):
        found = [fax for fax in found if fax.id < last]
    return visit.many("InboundFax", [_record(visit, fax) for fax in found[: visit.limit()]])


def fax(visit: Visit, key: str) -> Reply:
    """GET /inbound/faxes/{id}."""
    return visit.one("InboundFax", _record(visit, _fax(visit, key)))


def image(visit: Visit, key: str) -> Reply:
    """GET /inbound/faxes/{id}/image; it is read then, as over SOAP (inference)."""
    found = _fax(visit, key)
    data = visit.account.image(found)
    if not data:
        raise Refused(_NO_IMAGE)
    inbox.mark(visit.account, found, read=True)
    kind = "application/pdf" if _pages.kind(data) == "pdf" else "image/tiff"
    return Reply(body=data, kind=kind)


def mark(visit: Visit, key: str) -> Reply:
    """POST /inbound/faxes/{id}/mark."""
    inbox.mark(visit.account, _fax(visit, key), read=not visit.flag("unread"))
    return done()


def resend(visit: Visit, key: str) -> Reply:
    """POST /inbound/faxes/{id}/resend: by mail, to one address or to all that are set."""
    found = _fax(visit, key)
    addresses = (
        [visit.text("email")] if visit.text("email") else forwarding.addresses(visit.account, found)
    )
    if not addresses:
        raise Refused(_NO_EMAIL)
    forwarding.mail(visit.account, found, addresses)
    return done()


def emails(visit: Visit, key: str) -> Reply:
    """GET /inbound/faxes/{id}/emails: where it was mailed to."""
    found = visit.account.forwarded.get(_fax(visit, key).id, [])
    items: list[dict[str, Value]] = [
        {"emailAddress": one.address, "messageStatus": 0, "completionTime": one.time}
        for one in found
    ]
    return visit.many("Email", items)


def balance(visit: Visit) -> Reply:
    """GET /accounts/self/ppcards/balance: a bare number."""
    return _wire.text(str(prepaid.balance(visit.account)), kind=JSON)


def _fax(visit: Visit, key: str) -> _calls.Received:
    return inbox.find(visit.account, visit.user, int(key))


def _record(visit: Visit, fax: _calls.Received) -> dict[str, Value]:
    full = inbox.record2(visit.account, fax)
    read = "READ" if fax.id in visit.account.read else "UNREAD"
    return {
        **{name: full[field] for name, field in _FIELDS.items()},
        "imageStatus": read if fax.data else "DONT_EXIST",
        "numOfEmails": len(visit.account.forwarded.get(fax.id, [])),
        "numOfFailedEmails": 0,
    }
