"""A PamFax service on a real socket that answers as it is told, each operation by its path."""

import contextlib
import json
import re
import threading

from mailfax.providers import pamfax
from tests.providers import contract, scripted

FAX = "x0RXuwLhP7qKU2"
RECIPIENT = "6WSLyy0ophkgoO"
FILE = "OuH2JbbGKhDp8o"
TOKEN = "m3cv0d9gqb69taajcu76nqv5eccht76t"
HANDLE = f"{FAX}/{RECIPIENT}"


def settings(url):
    """A toy account's settings."""
    return {
        "url": url, "apikey": "key", "secret": "w0rd", "username": "ann",
        "password": contract.Contract.secret, "patience": "0.3",
    }  # fmt: skip


def json_answer(code="success", **objects):
    """An answer in JSON, as recorded ones are."""
    kind = "" if code == "success" else "error"
    result = {"code": code, "type": kind, "count": len(objects), "message": ""}
    said = json.dumps({"result": result, **objects}, separators=(",", ":"))
    return scripted.http(body=said.encode()).replace(b"text/html", b"application/json")


def listed(*items):
    """A list; an empty one has no content."""
    return {"type": "list", **({"content": list(items)} if items else {})}


def login(**more):
    """What VerifyUser answers."""
    user = {"uuid": "yAS5AOLr4SKqAJ", "username": "ann", "credit": 5}
    given = {"User": user, "UserToken": {"token": TOKEN}}
    return json_answer(**given | more)


def recipient(**more):
    """A recipient whose fax is not over."""
    given = {
        "number": "+13035550123", "uuid": RECIPIENT, "state": "unknown", "status_code": 0,
        "status_message": None, "sent": None, "completed": None, "delivery_started": None,
    }  # fmt: skip
    return given | more


def sent(**more):
    """A fax that is over, as recorded in 2014."""
    given = {
        "uuid": RECIPIENT, "state": "success", "status_code": 0, "status_message": "Success",
        "number": "+13035550123", "pages": "2", "pages_sent": "2", "price": 0.51, "cost": 0.34,
        "refunded": 0.17, "sent": "2026-11-20 11:01:40", "created": "2026-11-20 11:00:05",
        "cancelled": None,
    }  # fmt: skip
    return given | more


def state(name="ready_to_send", files=1, **more):
    """What GetFaxState answers."""
    container = {"uuid": FAX, "state": name, "cover_id": 0, "pages": 1, "currency": True} | more
    shown = [{"file_order": n, "state": "converted"} for n in range(files)]
    return json_answer(FaxContainer=container, Files=listed(*shown))


LOST = None
"""In the place of an answer: none at all."""
DONE = json_answer()
CREATED = json_answer(FaxContainer={"uuid": FAX, "state": "editing", "cover_id": 0})
ADDED = json_answer(FaxRecipient={"number": "+13035550123"})  # without uuid, as in 2011
UPLOADED = json_answer(FaxContainerFile={"name": "fax.tif", "file_uuid": FILE, "state": ""})
RECIPIENTS = json_answer(Recipients=listed(recipient()))

GOOD = {
    "Session/VerifyUser": login(),
    "FaxJob/Create": CREATED,
    "FaxJob/AddRecipient": ADDED,
    "FaxJob/AddFile": UPLOADED,
    "FaxJob/GetFaxState": state(),
    "FaxJob/ListRecipients": RECIPIENTS,
    "FaxHistory/GetFaxDetails": json_answer(FaxHistoryModel=sent()),
    "FaxHistory/ListOutboxFaxes": json_answer(OutboxFaxes=listed()),
    "FaxHistory/ListUnpaidFaxes": json_answer(UnpaidFaxes=listed()),
    "FaxHistory/ListSentFaxes": json_answer(SentFaxes=listed()),
    "FaxHistory/ListInboxFaxes": json_answer(InboxFaxes=listed()),
}
"""Whatever is not here is answered with a bare success."""

BUILDING = (
    "Session/VerifyUser", "FaxJob/Create", "FaxJob/AddRecipient", "FaxJob/AddFile",
    "FaxJob/GetFaxState", "FaxJob/ListRecipients",
)  # fmt: skip
"""The calls of a submit before Send, in their order."""


class Service:
    """Answers by path; a list of answers is gone through, its last one again and again."""

    def __init__(self, **answers):
        self._answers = GOOD | {name.replace("__", "/"): one for name, one in answers.items()}
        self._asked = {}
        self._lock = threading.Lock()

    def __call__(self, conn, server):
        step = self._answer(server.read(conn).path.strip("/"))
        if step is not LOST:
            conn.sendall(step)

    def _answer(self, operation):
        found = self._answers.get(operation, DONE)
        with self._lock:
            count = self._asked[operation] = self._asked.get(operation, 0) + 1
        return found[min(count, len(found)) - 1] if isinstance(found, list) else found


@contextlib.contextmanager
def running(service=None, **more):
    """An account and the server it speaks to."""
    with scripted.Server(service or Service()) as server:
        made = pamfax.connect(settings(server.url) | more, 2)
        try:
            yield made, server
        finally:
            made.close()


def asked(server):
    """The operations that were asked for, in order."""
    return [request.path.strip("/") for request in server.requests]


def form(request):
    """The fields of a request, of an upload too; its document is `file`."""
    label = request.headers["content-type"]
    if not label.startswith("multipart/form-data"):
        return dict(request.fields)
    boundary = b"--" + label.partition("boundary=")[2].encode()
    first, *parts, last = request.body.split(boundary)
    assert (first, last) == (b"", b"--\r\n")
    found = {}
    for part in parts:
        head, _, data = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)[1].decode()
        found[name] = data[:-2] if name == "file" else data[:-2].decode()
    return found


def submit(account, notes=None, document=None, **more):
    """The answer to one submit; `notes` gathers what is noted."""
    one = contract.transmission(**more)
    kept = notes if notes is not None else []
    note = lambda key, handle: kept.append((key, handle))  # noqa: E731
    return account.submit([one], document or contract.payload(), note)[one.id]
