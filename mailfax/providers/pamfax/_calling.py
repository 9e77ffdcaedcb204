"""One call to PamFax: arguments, checksum, session, and what the answer's code means.

The secret itself never goes over the wire, only the checksum made with it [D]; that the service
also takes the secret in the clear [C] is of no use to us.
"""

import abc
import dataclasses
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from mailfax import errors
from mailfax.providers import _http
from mailfax.providers.pamfax import _answers, _checksum, _meanings
from mailfax.providers.pamfax._checksum import Value

LIMIT = 2 * 2**20
"""Octets of an answer that is read as text: a hundred faxes take a tenth of it."""
JSON = "API_FORMAT_JSON"
XML = "API_FORMAT_XML"

Result = TypeVar("Result")


@dataclasses.dataclass(frozen=True, slots=True)
class File:
    """A document to be uploaded."""

    name: str
    data: bytes = dataclasses.field(repr=False)


class Wire:
    """An application's way to the service: key, secret and the format of answers."""

    def __init__(self, http: _http.Client, *, apikey: str, secret: str, format: str) -> None:  # noqa: A002
        """`format`: JSON or XML."""
        self.http = http
        self._apikey = apikey
        self._secret = secret
        self._format = format

    def call(
        self,
        operation: str,
        arguments: Mapping[str, Value],
        token: str,
        *,
        changes: bool,
        file: File | None = None,
    ) -> _answers.Answer:
        """The answer to `Processor/Method`; raises by its code, or as `_http` says."""
        form = self._form(arguments, token)
        label, body = _multipart(form, file) if file else (_FORM, _http.form(form))
        reply = self._reply(operation, label, body, changes=changes, limit=LIMIT)
        return self._read(reply, changes=changes)

    def download(self, operation: str, arguments: Mapping[str, Value], token: str) -> bytes:
        """The octets that a binary operation answers; raises as `call` for a plain answer.

        An answer is told by its first octet: no PDF, TIFF or other image begins as XML or JSON do.
        """
        body = _http.form(self._form(arguments, token))
        reply = self._reply(operation, _FORM, body, changes=False, limit=_http.FILE)
        if reply.body.lstrip()[:1] in {b"<", b"{", b""}:
            self._read(reply, changes=False)
            raise self.unread("answered without a file", changes=False)
        if not reply.whole:
            raise self.unread("gave a file that may be cut", changes=False)
        return reply.body

    def unread(self, why: str, *, changes: bool) -> errors.MailfaxError:
        """The error for an answer nobody understands."""
        return self.http.unread(why, changes=changes)

    def _form(self, arguments: Mapping[str, Value], token: str) -> list[tuple[str, str]]:
        given = {**arguments, "apioutputformat": self._format}
        ours = {
            "apikey": self._apikey,
            "usertoken": token,
            "apicheck": _checksum.apicheck(given, self._secret),
        }
        return [*_checksum.fields(given), *ours.items()]

    def _reply(
        self, operation: str, label: str, body: Sequence[bytes], *, changes: bool, limit: int
    ) -> _http.Reply:
        headers = {"content-type": label, "accept-language": "en"}
        reply = self.http.request(
            "POST", f"/{operation}", headers=headers, body=body, changes=changes, limit=limit
        )
        if reply.status in {401, 403}:  # RFC 9110 sections 15.5.2 and 15.5.4: it was not done
            raise _meanings.Ended(
                f"the provider refuses key, checksum or session (HTTP {reply.status})",
                cause=errors.Cause.LOGIN_FAILED,
            )
        if reply.status != 200:  # answers with an error in them come with 200 as well [F]
            why = f"answered HTTP {reply.status}"
            raise self.http.unread(why, changes=changes, reply=reply)
        return reply

    def _read(self, reply: _http.Reply, *, changes: bool) -> _answers.Answer:
        try:
            answer = _answers.read(reply.body)
        except _answers.Unreadable as error:
            raise self.unread(str(error), changes=changes) from None
        if answer.code == _meanings.SUCCESS:
            return answer
        meaning = _meanings.meaning(answer.code)
        said = self.http.clean(answer.code, 60)
        if meaning is None and changes:
            raise self.unread(f"answered {said!r}, which is no clear no", changes=True)
        if meaning is None:
            raise _meanings.Strange(f"the provider answered {said!r}, which nobody understands")
        raise meaning.kind(f"{meaning.text} ({said})", cause=meaning.cause)


class Caller(abc.ABC):
    """What all operations share: a session that is begun when first needed.

    A `lasting` one is begun anew when the service has ended it. One that is not keeps the fax
    under construction in it, which ends with the session: its caller builds the fax again.
    """

    def __init__(self, wire: Wire, *, username: str, password: str, lasting: bool = True) -> None:
        self.wire = wire
        self._username = username
        self._password = password
        self._lasting = lasting
        self._token = ""
        self._lock = threading.Lock()
        self.currency = ""
        """ISO code of the user's money, once logged in; empty where the service does not say."""

    @abc.abstractmethod
    def _login(self) -> tuple[str, str]:
        """A new session's token, and the user's currency."""

    def _ask(self, operation: str, read: _answers.Reader[Result], /, **arguments: Value) -> Result:
        """An operation that may be repeated without harm."""
        return self._call(operation, read, arguments, changes=False)

    def _change(
        self, operation: str, read: _answers.Reader[Result], /, **arguments: Value
    ) -> Result:
        """An operation that must not happen twice by our doing."""
        return self._call(operation, read, arguments, changes=True)

    def _upload(
        self, operation: str, read: _answers.Reader[Result], file: File | None, /,
        **arguments: Value,
    ) -> Result:  # fmt: skip
        """A changing operation with a document."""
        return self._call(operation, read, arguments, changes=True, file=file)

    def _apart(
        self, operation: str, read: _answers.Reader[Result], /, *, changes: bool = False,
        file: File | None = None, **arguments: Value,
    ) -> Result:  # fmt: skip
        """An operation that neither needs a session nor touches ours."""
        answer = self.wire.call(operation, arguments, "", changes=changes, file=file)
        return self._understood(read, answer, changes=changes)

    def _file(self, operation: str, /, **arguments: Value) -> bytes:
        """An operation that answers with a file."""
        return self._in_session(lambda token: self.wire.download(operation, arguments, token))

    def _call(
        self,
        operation: str,
        read: _answers.Reader[Result],
        arguments: Mapping[str, Value],
        *,
        changes: bool,
        file: File | None = None,
    ) -> Result:
        answer = self._in_session(
            lambda token: self.wire.call(operation, arguments, token, changes=changes, file=file)
        )
        return self._understood(read, answer, changes=changes)

    def _understood(
        self, read: _answers.Reader[Result], answer: _answers.Answer, *, changes: bool
    ) -> Result:
        try:
            return read(answer)
        except _answers.Unreadable as error:
            raise self.wire.unread(str(error), changes=changes) from None

    def _in_session(self, attempt: Callable[[str], Result]) -> Result:
        token = self._token or self._renewed("")
        try:
            return attempt(token)
        except _meanings.Ended:
            if not self._lasting:
                raise
        return attempt(self._renewed(token))

    def _renewed(self, stale: str) -> str:
        """A token that is not the stale one; of many threads the first logs in."""
        with self._lock:
            if self._token == stale:
                self._token, self.currency = self._login()
            return self._token


_FORM = "application/x-www-form-urlencoded"


def _multipart(form: list[tuple[str, str]], file: File) -> tuple[str, list[bytes]]:
    """Content type and parts of an upload (RFC 7578); all clients send the bare octets [R]."""
    boundary = secrets.token_hex(16)
    name = "".join(c if c.isalnum() or c in "._- " else "_" for c in file.name)
    where = f'name="file"; filename="{name}"\r\nContent-Type: application/octet-stream'
    fields = [_head(boundary, f'name="{name}"') + value + "\r\n" for name, value in form]
    before = "".join([*fields, _head(boundary, where)]).encode("utf-8", "replace")
    after = f"\r\n--{boundary}--\r\n".encode("ascii")
    return f"multipart/form-data; boundary={boundary}", [before, file.data, after]


def _head(boundary: str, where: str) -> str:
    return f"--{boundary}\r\nContent-Disposition: form-data; {where}\r\n\r\n"
