"""dfs.asmx: documents that come in chunks before the fax that they are for."""

import secrets

from mailfax.sandbox.interfax import account as accounts
from mailfax.sandbox.interfax.account import Account, Refused, Upload, User
from mailfax.sandbox.interfax.envelope import Arguments
from mailfax.sandbox.interfax.page import Answer

_MAX_CHUNK = 3 * 1024 * 1024
_MAX_SESSIONS = 100
"""Open at once; the oldest goes first (the sandbox's own)."""
_NO_CHUNK = -1061
_WRONG_SESSION = -1062


def start(account: Account, given: Arguments) -> Answer:
    """StartFileUpload: a new session, 64 upper-case hexadecimal digits as recorded."""
    user = account.sender(given)
    session = secrets.token_hex(32).upper()
    account.uploads[session] = Upload(user=user)
    while len(account.uploads) > _MAX_SESSIONS:
        account.uploads.pop(next(iter(account.uploads)))
    return Answer(0, {"SessionID": session})


def chunk(account: Account, given: Arguments) -> int:
    """UploadFileChunk: the bytes so far, all chunks together. It asks for no login."""
    upload = account.uploads.get(given.text("SessionID"))
    if upload is None or upload.complete:
        raise Refused(_WRONG_SESSION)
    data, last = given.octets("Chunk"), given.flag("IsLast")
    if not data:
        raise Refused(_NO_CHUNK)
    if len(data) > _MAX_CHUNK or len(upload.data) + len(data) > accounts.MAX_BYTES:
        raise Refused(accounts.TOO_BIG)
    upload.data += data
    upload.complete = last
    return len(upload.data)


def cancel(account: Account, given: Arguments) -> int:
    """CancelFileUpload: 0 even for a session that is not known, as recorded."""
    account.uploads.pop(given.text("SessionID"), None)
    return 0


def data(account: Account, user: User, session: str) -> bytes:
    """What was uploaded. Raises `Refused`, also for an upload without its last chunk."""
    upload = account.uploads.get(session)
    if upload is None or upload.user is not user or not upload.complete:
        raise Refused(_WRONG_SESSION)
    return bytes(upload.data)


def used(account: Account, session: str) -> None:
    """A session serves one fax."""
    account.uploads.pop(session, None)
