"""FAXAGE: form POSTs answered with HTTP 200 and plain text, whatever happened.

From the manual of March 2014 and what public clients show; what is neither is marked
"inference" where it stands. Inferred for the whole: times are in UTC; text replies carry
PHP's default type; the debugging URL echoes before the answer; other methods than POST are
met like a POST without fields. The account retries nothing by itself ("Resolution and
Retries" set so).
"""

import dataclasses
import datetime
from collections.abc import Callable
from typing import ClassVar

from mailfax.sandbox import _calls, _exchange, _twin, _wire
from mailfax.sandbox._wire import Reply, Request
from mailfax.sandbox.faxage import billing, numbers, provisioning, receiving, records, sending
from mailfax.sandbox.faxage.account import Account
from mailfax.sandbox.faxage.post import Post

_Operation = Callable[[Account, Post], Reply]

_FAX_OPERATIONS: dict[str, _Operation] = {
    "sendfax": sending.sendfax,
    "status": sending.status,
    "dlstatus": sending.dlstatus,
    "dltrans": sending.dltrans,
    "clear": sending.clear,
    "stopfax": sending.stopfax,
    "listfax": receiving.listfax,
    "getfax": receiving.getfax,
    "delfax": receiving.delfax,
    "disabledid": numbers.disabledid,
    "enabledid": numbers.enabledid,
    "portable": numbers.portable,
    "listlines": numbers.listlines,
}
_PROVISION_OPERATIONS: dict[str, _Operation] = {
    "listac": provisioning.listac,
    "listnpanxx": provisioning.listnpanxx,
    "listdids": provisioning.listdids,
    "provdid": provisioning.provdid,
    "deprovdid": provisioning.deprovdid,
}
_SENDING = ("/httpsfax.php", "/httpsfax-debug.php")


class Twin:
    """The service on its port."""

    NAME: ClassVar[str] = "faxage"
    PORT: ClassVar[int] = 1
    CREDENTIALS: ClassVar[dict[str, str]] = {
        "username": "demo",
        "company": "12345",
        "password": "demo",
    }
    PATHS: ClassVar[tuple[str, ...]] = (*_SENDING, "/getcdr.php", "/provision.php")

    def __init__(self, around: _twin.Surroundings) -> None:
        self._around = around
        self._account = Account(provider=self.NAME, around=around)
        around.exchange.listen(self.NAME, _exchange.Listener(ended=self._ended))

    def reset(self) -> None:
        """Forget cleared jobs and take the account's first numbers."""
        self._account.cleared.clear()
        for number in numbers.FIRST:
            self._around.exchange.assign(self.NAME, f"+1{number}")

    def is_submit(self, request: Request) -> bool:
        """Whether it is a sendfax."""
        return request.path in _SENDING and _post(request).text("operation") == "sendfax"

    def handle(self, request: Request) -> Reply:
        """Answer one POST."""
        post = _post(request)
        match request.path:
            case "/httpsfax.php":
                return self._fax(post)
            case "/httpsfax-debug.php":
                return _echoed(post, self._fax(post))
            case "/getcdr.php":
                return self._records(post)
            case "/provision.php":
                return self._provision(post)
        return _wire.text("<h1>Not Found</h1>\n", 404)

    def _fax(self, post: Post) -> Reply:
        if not self._knows(post):
            return _wire.text("ERR02: Login incorrect")
        operation = _FAX_OPERATIONS.get(post.text("operation"))
        return operation(self._account, post) if operation else post.misunderstood()

    def _records(self, post: Post) -> Reply:
        if not self._knows(post):
            return _wire.text("ERR02: login incorrect")
        return billing.getcdr(self._account, post)

    def _provision(self, post: Post) -> Reply:
        if not self._knows(post):
            return _wire.text("ERR02: login incorrect")
        operation = _PROVISION_OPERATIONS.get(post.text("operation"))
        if operation is None:
            return _wire.text("ERR03: unknown operation")
        return operation(self._account, post)

    def _knows(self, post: Post) -> bool:
        return all(post.text(name) == value for name, value in self.CREDENTIALS.items())

    # The end of a call

    def _ended(self, call: _calls.Call) -> None:
        """Push the result where the job, or else the account, wants it, and mail it."""
        now = self._around.exchange.now()
        url = call.memo["url_notify"] or self._around.errands.target(self.NAME)
        if url:
            self._around.errands.push(
                self.NAME,
                url,
                records.callback(call, now),
                {"Content-Type": "application/x-www-form-urlencoded"},
            )
        if call.memo["em_notify"] == "1":
            self._mail(call, now)

    def _mail(self, call: _calls.Call, now: datetime.datetime) -> None:
        recipient = f"{call.memo['login']}@example.com"
        mail = (
            f"From: faxage@sandbox.invalid\r\nTo: {recipient}\r\nSubject: {call.id}\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Transfer-Encoding: 8bit\r\n\r\n{records.status(call, now)}\r\n"
        )
        self._around.mailbox.put(
            "faxage@sandbox.invalid", (recipient,), mail.encode("utf-8", "replace")
        )


def _post(request: Request) -> Post:
    return Post(request.form.fields if request.method == "POST" else {})


def _echoed(post: Post, reply: Reply) -> Reply:
    if reply.kind == "application/octet-stream":
        return reply
    return dataclasses.replace(reply, body=post.echo().encode("utf-8", "replace") + reply.body)
