"""One call of Popfax: the login, the envelope, and what an answer says beyond its type."""

import dataclasses
import hashlib
import re
import typing
from collections.abc import Sequence

from mailfax import errors
from mailfax.providers import _http, _soap
from mailfax.providers.popfax import _codes, _encoded, _records
from mailfax.providers.popfax._records import Result

PATH = "/?service=Popfax"
"""The one service that has all methods, as in the manual's samples."""
SERVICE = "PopfaxService"
LOGIN = "http://schemas.xmlsoap.org/ws/2002/07/secext"
"""Namespace of the header, as the manual's sample in PHP was seen to send it."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_LABELS = {"tif": "image/tiff", "tiff": "image/tiff", "pdf": "application/pdf"}


@dataclasses.dataclass(frozen=True, slots=True)
class File:
    """A document as sendFaxAsynchronous takes it; a TIFF in the manual's sample."""

    name: str
    data: bytes = dataclasses.field(repr=False)


class Wire:
    """One account's way to the service."""

    def __init__(self, http: _http.Client, *, email: str, password: str, namespace: str) -> None:
        """`password` is the digest of it; `namespace` the service's."""
        self._http = http
        self._email = email
        self._password = password
        plugin = _encoded.Encoded(namespace)
        self._service = _soap.Service(http, "popfax.wsdl", PATH, plugins=[plugin])

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def redact(self, text: str) -> str:
        """The text without the account's password and its digest."""
        return self._http.redact(text)

    def ask(
        self,
        operation: str,
        kind: type[Result],
        /,
        *,
        changes: bool = False,
        limit: int = _http.TEXT,
        files: Sequence[File] = (),
        **arguments: typing.Any,
    ) -> Result:
        """One operation's answer; raises as the module says."""
        try:
            given: dict[str, typing.Any] = {
                name: _records.plain(value) for name, value in arguments.items()
            }
            header = [_header(self._email, self._password)]
        except ValueError as error:  # lxml: no control characters in XML
            raise errors.Permanent(f"{operation} cannot be asked so: {error}") from None
        try:
            said = self._service.call(
                f"{SERVICE}.{operation}",
                changes=changes,
                limit=limit,
                attachments=[_attachment(number, file) for number, file in enumerate(files, 1)],
                header=header,
                **given,
            )
            return _records.read(kind, said)
        except _soap.Fault as fault:
            raise self._fault(fault, changes=changes) from None
        except _records.Unreadable:
            raise self.odd(changes=changes) from None
        except _records.Nothing:
            raise (self.odd(changes=True) if changes else self.nothing()) from None

    def do(self, operation: str, /, *, changes: bool = False, **arguments: typing.Any) -> None:
        """An operation that answers 0 when it is done; `changes`: twice is not the same as once."""
        code = self.ask(operation, int, changes=changes, **arguments)
        if code != 0:
            self.refuse(code, changes=changes)
            raise self.odd(changes=changes)

    def made(self, operation: str, /, **arguments: typing.Any) -> int:
        """An operation that answers the id of what was made or changed."""
        made = self.ask(operation, int, changes=True, **arguments)
        if made <= 0:
            raise self.odd(changes=True)
        return made

    def register(
        self, operation: str, files: Sequence[File] = (), /, **arguments: typing.Any
    ) -> int:
        """An operation that answers [anything, registration], or [error code]."""
        said = self.ask(operation, tuple[int, ...], changes=True, files=files, **arguments)
        if len(said) == 2 and said[1] > 0:
            return said[1]
        if len(said) == 1:
            self.refuse(said[0], changes=True)
        raise self.odd(changes=True)

    def refuse(self, code: int, *, changes: bool) -> None:
        """Raise what a code of the manual means; any other code returns."""
        meaning = _codes.ANSWERS.get(code)
        if meaning is None:
            return
        if meaning.kind is errors.Unsure and not changes:
            raise self.odd(changes=False)
        raise meaning.kind(f"{meaning.text} ({meaning.code} {code})", cause=meaning.cause)

    def _fault(self, fault: _soap.Fault, *, changes: bool) -> errors.MailfaxError:
        """The manual knows no faults; only two say by SOAP's own rules that nothing was done."""
        code = fault.code.rpartition(":")[2]
        if code in {"VersionMismatch", "MustUnderstand"}:  # SOAP 1.1 sections 4.1.2 and 4.2.3
            return errors.Permanent(f"the provider does not understand the request: {fault}")
        return self._http.unread(f"answered the fault {fault.code}: {fault}", changes=changes)

    def odd(self, *, changes: bool) -> errors.MailfaxError:
        """The error for an answer that the manual does not know."""
        return self._http.unread("answered what its manual does not say", changes=changes)

    @staticmethod
    def nothing() -> _codes.Nil:
        """The error for a nil answer."""
        return _codes.Nil("the provider answered nothing: it has no such thing, or no such login")


def digest(password: str) -> str:
    """A password as it goes over the wire; that it is of its UTF-8 octets is inference."""
    return hashlib.md5(password.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def _header(email: str, password: str) -> typing.Any:
    """The login: one element of the security namespace with two unqualified children."""
    from lxml import etree

    prefixes = {"wsse": LOGIN, "soap-env": _encoded.ENVELOPE}
    header = etree.Element(f"{{{LOGIN}}}AuthenticationHeader", nsmap=prefixes)
    header.set(f"{{{_encoded.ENVELOPE}}}mustUnderstand", "1")
    etree.SubElement(header, "email").text = email
    etree.SubElement(header, "password").text = password
    return header


def _attachment(number: int, file: File) -> _soap.Attachment:
    name = _UNSAFE.sub("_", file.name)
    label = _LABELS.get(name.rpartition(".")[2].lower(), "application/octet-stream")
    return _soap.Attachment(
        id=f"file{number}@mailfax", label=f'{label}; name="{name}"', data=file.data, name=name
    )
