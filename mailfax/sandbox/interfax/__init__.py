"""InterFAX: three .asmx services, a REST interface, and what it pushes by itself.

From the manual of the Admin service and the facts file; what is neither is marked "inference"
where it stands. SOAP and REST are one account here, on one port, as are the addresses `ws.` and
`rest.` of the real one. Inferred for the whole: times are in GMT; a page is a unit; the sandbox
dials once, whatever the retries asked for. Not here: the limits on polling and on logins (-1011,
-1876), the developer's designated number (-111), and faxing by mail.
"""

import re
from collections.abc import Mapping
from typing import ClassVar

from mailfax.sandbox import _calls, _exchange, _twin, _wire
from mailfax.sandbox._wire import Reply, Request
from mailfax.sandbox.interfax import (
    account,
    forwarding,
    rest_documents,
    rest_inbound,
    rest_outbound,
    services,
)
from mailfax.sandbox.interfax.rest import Handler, Rest

_ID = r"/(\d{1,18})"
_DOCUMENT = r"/outbound/documents/(\w{1,64})"
_ROUTES: Mapping[str, Mapping[str, Handler]] = {
    "/outbound/faxes": {"GET": rest_outbound.faxes, "POST": rest_outbound.send},
    "/outbound/faxes/completed": {"GET": rest_outbound.completed},
    f"/outbound/faxes{_ID}": {"GET": rest_outbound.fax},
    f"/outbound/faxes{_ID}/image": {"GET": rest_outbound.image},
    f"/outbound/faxes{_ID}/cancel": {"POST": rest_outbound.cancel},
    f"/outbound/faxes{_ID}/hide": {"POST": rest_outbound.hide},
    f"/outbound/faxes{_ID}/resend": {"POST": rest_outbound.resend},
    "/outbound/search": {"GET": rest_outbound.search},
    "/outbound/batches": {"GET": rest_outbound.batches, "POST": rest_outbound.send_batch},
    f"/outbound/batches{_ID}": {"GET": rest_outbound.batch},
    f"/outbound/batches{_ID}/children": {"GET": rest_outbound.children},
    f"/outbound/batches{_ID}/image": {"GET": rest_outbound.batch_image},
    f"/outbound/batches{_ID}/resend": {"POST": rest_outbound.resend_batch},
    f"/outbound/batches{_ID}/cancel": {"POST": rest_outbound.cancel_batch},
    f"/outbound/batches{_ID}/hide": {"POST": rest_outbound.hide_batch},
    "/outbound/documents": {"GET": rest_documents.documents, "POST": rest_documents.create},
    _DOCUMENT: {
        "GET": rest_documents.document,
        "POST": rest_documents.upload,
        "DELETE": rest_documents.delete,
    },
    "/inbound/faxes": {"GET": rest_inbound.faxes},
    f"/inbound/faxes{_ID}": {"GET": rest_inbound.fax},
    f"/inbound/faxes{_ID}/image": {"GET": rest_inbound.image},
    f"/inbound/faxes{_ID}/emails": {"GET": rest_inbound.emails},
    f"/inbound/faxes{_ID}/mark": {"POST": rest_inbound.mark},
    f"/inbound/faxes{_ID}/resend": {"POST": rest_inbound.resend},
    "/accounts/self/ppcards/balance": {"GET": rest_inbound.balance},
}
_SUBMITTING = re.compile(r"/outbound/(faxes|batches)(/\d+/resend)?/?")


class Twin:
    """The service on its port."""

    NAME: ClassVar[str] = account.NAME
    PORT: ClassVar[int] = 2
    CREDENTIALS: ClassVar[dict[str, str]] = {"username": "demo", "password": "demo"}
    PATHS: ClassVar[tuple[str, ...]] = (
        *(page.path for page in services.ALL),
        "/outbound/",
        "/inbound/",
        "/accounts/",
    )

    def __init__(self, around: _twin.Surroundings) -> None:
        self._account = account.Account(around)
        self._rest = Rest(_ROUTES)
        around.exchange.listen(self.NAME, _exchange.Listener(ended=self._ended, rang=self._rang))

    def reset(self) -> None:
        """Back to one user, who can send and receive."""
        with self._account.lock:
            self._account.clear()
            self._account.open(self.CREDENTIALS["username"], self.CREDENTIALS["password"])

    def is_submit(self, request: Request) -> bool:
        """Whether it sends, or sends again."""
        if request.method == "POST" and _SUBMITTING.fullmatch(request.path):
            return True
        return any(page.owns(request.path) and page.submits(request) for page in services.ALL)

    def handle(self, request: Request) -> Reply:
        """Answer one request; all are carried out one after another."""
        with self._account.lock:
            for page in services.ALL:
                if page.owns(request.path):
                    return page.handle(self._account, request)
            if request.path.startswith(self.PATHS):
                return self._rest.handle(self._account, request)
        return _wire.text("<h1>Not Found</h1>\n", 404)

    def _ended(self, call: _calls.Call) -> None:
        with self._account.lock:
            forwarding.ended(self._account, call)

    def _rang(self, fax: _calls.Received) -> None:
        with self._account.lock:
            forwarding.received(self._account, fax)
