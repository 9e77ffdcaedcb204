"""The REST interface: Basic login, JSON or XML, and the routes (facts file, section 5)."""

import base64
import binascii
import dataclasses
import datetime
import decimal
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from lxml import etree

from mailfax.sandbox import _wire
from mailfax.sandbox._wire import Reply, Request
from mailfax.sandbox.interfax import account as accounts
from mailfax.sandbox.interfax import envelope
from mailfax.sandbox.interfax.account import Account, Refused, User
from mailfax.sandbox.interfax.envelope import NOT_YET, Value

JSON = "text/json"
"""With nothing behind it: public clients compare the whole header."""
XML = "text/xml"
_DEFAULT_LIMIT = 25
_MAX_LIMIT = 1000

_STATUS = {
    accounts.UNAUTHENTICATED: 401,
    accounts.NO_TX: 403,
    accounts.NOT_PRIMARY: 403,
    accounts.NOT_YOURS: 403,
    -3007: 403,
    accounts.NO_TRANSACTION: 404,
    accounts.NO_IMAGE: 404,
    -3001: 404,
    -3003: 404,
    accounts.TOO_BIG: 413,
}
"""Code → HTTP status, 400 for others. Only 401, 404, 413 and 415 are known, the rest inference."""
_WORDS = {
    accounts.BAD_RECIPIENT: "No valid recipient, or no fax number",
    accounts.TOO_LATE: "Postponed by more than 30 days",
    accounts.NO_DOCUMENT: "No valid document",
    accounts.NOT_PRIMARY: "Only a primary user may do this",
    accounts.NOT_YOURS: "The transaction is another user's",
    accounts.NO_TX: "The user has no sending service",
    accounts.UNAUTHENTICATED: "Wrong user name or password",
    accounts.NO_TRANSACTION: "There is no such transaction",
    accounts.NO_IMAGE: "There is no image",
    accounts.TOO_BIG: "The document is too large",
    -2035: "There is no such e-mail address",
    -3001: "There is no such message",
    -3003: "There is no image",
    -3007: "Only a primary user may list all users' messages",
}
"""The words are ours."""

Handler: TypeAlias = Callable[..., Reply]


class Problem(Exception):
    """A request that is answered with an HTTP error."""

    def __init__(self, status: int, code: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.code = code


def problem(refusal: Refused) -> Problem:
    """The HTTP error of a code."""
    code = refusal.code
    return Problem(_STATUS.get(code, 400), code, _WORDS.get(code, "The request was refused"))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request, by somebody who is logged in."""

    account: Account
    user: User
    request: Request

    # What it asks

    def text(self, name: str) -> str:
        """A parameter of the query, empty when missing."""
        value = self.request.arguments.get(name, "")
        return value if isinstance(value, str) else ""

    def whole(self, name: str, default: int) -> int:
        """An integer parameter. Raises `Problem`."""
        text = self.text(name)
        if not text:
            return default
        if not re.fullmatch(r"-?\d{1,18}", text, re.ASCII):
            raise Problem(400, -150, f"{name} is not a number")
        return int(text)

    def flag(self, name: str) -> bool:
        """A boolean parameter in any case, as public clients send it. Raises `Problem`."""
        text = self.text(name).lower()
        if text not in {"", "0", "1", "true", "false"}:
            raise Problem(400, -150, f"{name} is neither true nor false")
        return text in {"1", "true"}

    def time(self, name: str) -> datetime.datetime | None:
        """A time parameter; the plus of its zone may have become a space. Raises `Problem`."""
        text = self.text(name)
        try:
            return envelope.read_time(re.sub(r" (\d\d:\d\d)$", r"+\1", text)) if text else None
        except ValueError:
            raise Problem(400, -150, f"{name} is not a time") from None

    def limit(self) -> int:
        """How many to list."""
        return min(max(0, self.whole("limit", _DEFAULT_LIMIT)), _MAX_LIMIT)

    def whose(self) -> User | None:
        """Whose faxes are meant, None for everybody's. Raises `Refused`."""
        name = self.text("userId")
        if name in {"", self.user.name}:
            return self.user
        if not self.user.primary:
            raise Refused(accounts.NOT_PRIMARY)
        return self.account.users.get(name, User(name=name, password=""))

    # What it gets

    def one(self, name: str, value: Mapping[str, Value]) -> Reply:
        """One record."""
        if self._wants_xml():
            root = etree.Element(name)
            _fill(root, value)
            return Reply(body=envelope.serial(root), kind=XML)
        return _wire.text(json.dumps(_plain(value)), kind=JSON)

    def many(self, name: str, values: Sequence[Mapping[str, Value]]) -> Reply:
        """A list of records."""
        if self._wants_xml():
            root = etree.Element(f"ArrayOf{name}")
            for value in values:
                _fill(etree.SubElement(root, name), value)
            return Reply(body=envelope.serial(root), kind=XML)
        return _wire.text(json.dumps([_plain(value) for value in values]), kind=JSON)

    def created(self, path: str) -> Reply:
        """201 with where it is."""
        where = f"{self.request.base}{path}"
        return Reply(status=201, kind=JSON, headers=(("Location", where),))

    def _wants_xml(self) -> bool:
        return (
            re.match(r"(text|application)/xml", self.request.headers.get("accept", "")) is not None
        )


def done() -> Reply:
    """200 without a body."""
    return Reply(kind=JSON)


def _plain(value: Mapping[str, Value]) -> dict[str, Any]:
    return {name: _simple(inner) for name, inner in value.items()}


def _simple(value: Value) -> Any:
    """As JSON has it; a time that is not known is null (inference)."""
    if isinstance(value, datetime.datetime):
        return None if value == NOT_YET else envelope.stamp(value)
    return float(value) if isinstance(value, decimal.Decimal) else value


def _fill(parent: Any, value: Mapping[str, Value]) -> None:
    for name, inner in value.items():
        simple = _simple(inner)
        if simple is not None:
            etree.SubElement(parent, name).text = envelope.text(simple)


@dataclasses.dataclass(frozen=True, slots=True)
class Rest:
    """All routes."""

    routes: Mapping[str, Mapping[str, Handler]]
    """Pattern of the path → method → handler(visit, parts of the path)."""

    def handle(self, account: Account, request: Request) -> Reply:
        """Answer one request."""
        try:
            visit = Visit(account=account, user=_login(account, request), request=request)
            reply = self._route(visit)
        except Refused as refusal:
            reply = _failed(request, problem(refusal))
        except Problem as wrong:
            reply = _failed(request, wrong)
        return dataclasses.replace(reply, headers=(*reply.headers, ("X-Elapsed-Time", "1")))

    def _route(self, visit: Visit) -> Reply:
        path, method = visit.request.path.rstrip("/"), visit.request.method
        for pattern, methods in self.routes.items():
            if found := re.fullmatch(pattern, path):
                handler = methods.get("GET" if method == "HEAD" else method)
                if handler is None:
                    raise Problem(405, -150, f"{path} does not take {method}")
                return handler(visit, *found.groups())
        raise Problem(404, -150, f"There is no {path}")


def _login(account: Account, request: Request) -> User:
    scheme, _, coded = request.headers.get("authorization", "").partition(" ")
    try:
        words = base64.b64decode(coded.strip(), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        words = ""
    name, _, password = words.partition(":")
    if scheme.lower() != "basic":
        raise Refused(accounts.UNAUTHENTICATED)
    return account.user(name, password)


def _failed(request: Request, wrong: Problem) -> Reply:
    """An error in both spellings that public clients read."""
    more = f"HTTP {wrong.status}"
    value: dict[str, Value] = {
        "code": wrong.code,
        "message": str(wrong),
        "more_info": more,
        "moreInfo": more,
    }
    headers = (("WWW-Authenticate", 'Basic realm="interfax"'),) if wrong.status == 401 else ()
    if request.headers.get("accept", "").startswith(XML):
        root = etree.Element("Error")
        _fill(root, value)
        return Reply(body=envelope.serial(root), status=wrong.status, kind=XML, headers=headers)
    body = json.dumps(value).encode()
    return Reply(body=body, status=wrong.status, kind=JSON, headers=headers)
