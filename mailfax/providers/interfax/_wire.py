"""The way to InterFAX's four services: three of SOAP and one of REST.

Every SOAP operation answers a number; negative is a refusal. Raised are errors.Temporary and
errors.Permanent by that number, and for requests that must not happen twice errors.Unsure, for
an answer that was lost or that nobody understands. Temporary with cause `login_failed` is the
operator's to mend.
"""

import base64
import decimal
import json
import typing
import urllib.parse
from collections.abc import Mapping
from typing import Any

from mailfax import errors
from mailfax.providers import _http, _soap
from mailfax.providers.interfax import _codes, _reading

SENDING, RECEIVING, ADMIN = "dfs", "inbound", "admin"

Login = tuple[str, str] | None
"""Names of the two parameters that carry the login."""
PLAIN: Login = ("Username", "Password")
PRIMARY: Login = ("PrimaryUsername", "PrimaryPassword")

_PORTS = {SENDING: "InterFaxSoap", RECEIVING: "InboundSoap", ADMIN: "AdminSoap"}
_CODES = {SENDING: _codes.SENDING, RECEIVING: _codes.RECEIVING, ADMIN: _codes.ADMIN}
_BLAMELESS = frozenset({"VersionMismatch", "MustUnderstand", "Client"})
"""Faults that say that nothing was done (SOAP 1.1 section 4.4.1)."""


class Client:
    """One account's way to the services."""

    def __init__(
        self, soap: _http.Client, rest: _http.Client, *, username: str, password: str
    ) -> None:
        self._soap = soap
        self._rest = rest
        self._login = (username, password)
        self._services = {name: _soap_service(soap, name, port) for name, port in _PORTS.items()}

    def close(self) -> None:
        """Let go of connections."""
        self._soap.close()
        self._rest.close()

    def redact(self, text: str) -> str:
        """The text without the account's password."""
        return self._soap.redact(text)

    # SOAP ─────────────────────────────────────────────────────────────────────────────

    def call(
        self,
        service: str,
        operation: str,
        /,
        *,
        login: Login = PLAIN,
        changes: bool = False,
        limit: int = _http.TEXT,
        **arguments: object,
    ) -> Mapping[str, Any]:
        """One operation's answer, names to values, whatever its code."""
        given: dict[str, Any] = dict(zip(login, self._login, strict=True)) if login else {}
        given |= arguments
        try:
            said = self._services[service].call(
                operation, changes=changes, limit=limit, raw=True, **given
            )
        except _soap.Fault as fault:
            raise self._fault(fault, changes=changes) from None
        return _reading.plain(said)

    def number(self, service: str, operation: str, /, *, changes: bool = False, **more: Any) -> int:
        """The answer of an operation that is one number, when it is no refusal."""
        said = self.call(service, operation, changes=changes, **more)
        return self.accept(service, said.get(f"{operation}Result"), changes=changes)

    def accept(self, service: str, code: object, *, changes: bool) -> int:
        """The code, unless it is a refusal, which is raised, or none at all."""
        number = _reading.whole(code)
        if number is None:
            raise self.odd(changes=changes)
        if number < 0:
            raise self.refusal(number, _CODES[service], changes=changes)
        return number

    def structure(
        self, service: str, operation: str, /, *, code: str = "ResultCode", **more: Any
    ) -> Mapping[str, Any]:
        """The answer of an operation that is a structure with a code, when it is no refusal."""
        said = self.call(service, operation, **more).get(f"{operation}Result")
        if not isinstance(said, Mapping):
            raise self.odd(changes=False)
        self.accept(service, said.get(code), changes=False)
        return said

    def octets(self, given: object) -> bytes:
        """What base64 in an answer stands for; nothing is empty."""
        if not given:
            return b""
        try:
            return base64.b64decode("".join(str(given).split()), validate=True)
        except ValueError:
            raise self.odd(changes=False) from None

    def odd(self, *, changes: bool) -> errors.MailfaxError:
        """The error for an answer that is none."""
        return self._soap.unread("answered what its manual does not say", changes=changes)

    def one(
        self,
        kind: type[_reading.Record],
        given: object,
        renamed: Mapping[str, str] | None = None,
    ) -> _reading.Record:
        """A record that an answer holds."""
        try:
            return _reading.read(kind, given, renamed)
        except _reading.Unreadable:
            raise self.odd(changes=False) from None

    def many(
        self,
        kind: type[_reading.Record],
        given: object,
        renamed: Mapping[str, str] | None = None,
    ) -> tuple[_reading.Record, ...]:
        """The records of a list that an answer holds; nothing is none."""
        try:
            return _reading.several(kind, given, renamed)
        except _reading.Unreadable:
            raise self.odd(changes=False) from None

    def refusal(
        self, code: int, codes: Mapping[int, _codes.Meaning], *, changes: bool
    ) -> errors.MailfaxError:
        """The error that a code stands for; `codes`: those the service may give."""
        meaning = codes.get(code)
        if meaning is None:
            why = f"the provider answers code {code}, which its manual does not know here"
            return _codes.Unknown(why) if changes else errors.Temporary(why)
        text = f"{meaning.text} (code {code})"
        if meaning.kind is errors.Unsure and not changes:
            return errors.Temporary(text, cause=meaning.cause)
        if issubclass(meaning.kind, errors.Temporary):
            return meaning.kind(text, cause=meaning.cause, not_before=meaning.not_before)
        return meaning.kind(text, cause=meaning.cause)

    def _fault(self, fault: _soap.Fault, *, changes: bool) -> errors.MailfaxError:
        """The services know no faults but for requests they cannot read."""
        if fault.code.rpartition(":")[2] in _BLAMELESS:
            return errors.Permanent(f"the provider does not understand the request: {fault}")
        return self._soap.unread(f"answered the fault {fault.code}: {fault}", changes=changes)

    # REST ─────────────────────────────────────────────────────────────────────────────

    def rest(
        self,
        method: str,
        path: str,
        *,
        changes: bool = False,
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        limit: int = _http.TEXT,
    ) -> _http.Reply:
        """One request to the REST service; `query` without what is None. Raises refusals."""
        basic = base64.b64encode(":".join(self._login).encode()).decode("ascii")
        reply = self._rest.request(
            method,
            path + _query(query or {}),
            changes=changes,
            headers={"authorization": f"Basic {basic}", **(headers or {})},
            body=body,
            limit=limit,
        )
        if reply.status in {200, 201, 202}:
            return reply
        raise self._rest_refusal(path, reply, changes=changes)

    def json(self, path: str, **query: object) -> Any:
        """What a GET answers, read as JSON."""
        reply = self.rest("GET", path, query=query)
        try:
            if reply.whole:
                return json.loads(
                    reply.body, parse_float=decimal.Decimal, parse_constant=_no_number
                )
        except (ValueError, RecursionError):
            pass
        raise self._rest.unread("answered no whole JSON", changes=False)

    def made(self, path: str, reply: _http.Reply, *, changes: bool = True) -> str:
        """The last part of the Location, under `path`, of what a POST made."""
        place = urllib.parse.urlsplit(reply.headers.get("location", "")).path
        name = place.rpartition("/")[2]
        if reply.status != 201 or not place.endswith(f"{path}/{name}") or not name:
            raise self._rest.unread("answered without saying what it made", changes=changes)
        return name

    def file(self, path: str) -> bytes:
        """What a GET answers, when it is whole."""
        reply = self.rest("GET", path, limit=_http.FILE)
        if not reply.whole:
            raise self._rest.unread("gave a document that may be cut", changes=False)
        return reply.body

    def _rest_refusal(self, path: str, reply: _http.Reply, *, changes: bool) -> errors.MailfaxError:
        code = _error_code(reply.body)
        table = _CODES[RECEIVING if path.startswith("/inbound") else SENDING]
        if reply.status == 401:
            code = -1003
        if code is not None and code in table:
            return self.refusal(code, table, changes=changes)
        meaning = _STATUS.get(reply.status)
        if meaning is not None:
            return meaning.kind(f"{meaning.text} (HTTP {reply.status})", cause=meaning.cause)
        if 400 <= reply.status < 500 and code is not None:
            return self.refusal(code, table, changes=changes)
        why = f"answered HTTP {reply.status}"
        return self._rest.unread(why, changes=changes, reply=reply)


_STATUS = {
    403: _codes.Meaning(
        errors.Temporary, "the provider refuses the login", _codes.Cause.LOGIN_FAILED
    ),
    404: _codes.Meaning(_codes.Gone, "the provider has no such thing"),
    413: _codes.Meaning(
        errors.Permanent, "the provider does not take so large a document", _codes.Cause.TOO_LONG
    ),
    415: _codes.Meaning(
        errors.Permanent,
        "the provider does not take such documents",
        _codes.Cause.UNSUPPORTED_DOCUMENT,
    ),
}
"""Statuses that say that nothing was done (RFC 9110 section 15.5)."""


def _soap_service(http: _http.Client, name: str, port: str) -> _soap.Service:
    return _soap.Service(http, f"interfax-{name}.wsdl", f"/{name}.asmx", port=port)


def _query(values: Mapping[str, object]) -> str:
    given = {name: _written(value) for name, value in values.items() if value is not None}
    return "?" + urllib.parse.urlencode(given, quote_via=urllib.parse.quote) if given else ""


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _no_number(name: str) -> typing.NoReturn:
    raise ValueError(f"{name} is no number")


def _error_code(body: bytes) -> int | None:
    """The code of an error body `{"code":…,"message":…,"more_info":…}`."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return _reading.whole(said.get("code")) if isinstance(said, dict) else None
