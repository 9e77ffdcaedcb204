"""SOAP 1.1 and 1.2 over `_http`: zeep writes and reads the XML, and never touches the network.

A `Service` is one WSDL of ours (`mailfax/wsdl`) spoken to one path of a provider. `call` is:
build the envelope (bad arguments are Permanent: nothing was sent), send it (errors as `_http`
tells them), read the answer (a fault is `Fault`, anything else unreadable is Unsure or Temporary).

zeep 4.3 wants four corrections, each seen to be needed:
- it fetches what a WSDL imports from the network: here nothing is fetched but files of ours;
- its transport quotes whole replies in errors, so replies are handed to its reader instead, and
  its log, which quotes them too, is not kept;
- it mends XML that was cut, and takes any element for the answer: `_prove` comes before it;
- it knows no attachments (SOAP with Attachments, W3C note of 2000-12-11): `multipart` makes them.
"""

import dataclasses
import functools
import logging
import pathlib
import secrets
import threading
import typing
from collections.abc import Mapping, Sequence

from mailfax import errors
from mailfax.providers import _http

if typing.TYPE_CHECKING:
    import zeep
    from lxml import etree

WSDL = pathlib.Path(__file__).parents[1] / "wsdl"
"""Where the service descriptions lie."""

_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"


class Fault(Exception):
    """The service said no in SOAP's own way; each provider gives its faults a meaning."""

    def __init__(self, code: str, text: str, detail: "etree._Element | None") -> None:
        super().__init__(text)
        self.code = code
        """As the service spells it, with its prefix."""
        self.detail = detail


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One part of a multipart/related request beside its envelope."""

    id: str
    """Content-ID without its brackets."""
    label: str
    """Content-Type."""
    data: bytes = dataclasses.field(repr=False)
    name: str = ""
    """File name in plain ASCII, by which some services tell the type."""


class Service:
    """One port of a WSDL, spoken to one path; safe to use from several threads."""

    def __init__(
        self,
        http: _http.Client,
        wsdl: str,
        path: str,
        *,
        port: str | None = None,
        plugins: Sequence[object] = (),
    ) -> None:
        """`wsdl`: a file in `WSDL`; `port`: which, where it has several; `plugins`: zeep's."""
        self._http = http
        self._wsdl = wsdl
        self._path = path
        self._port = port
        self._plugins = list(plugins)
        self._lock = threading.Lock()

    def call(
        self,
        operation: str,
        /,
        *,
        changes: bool,
        limit: int = _http.FILE,
        attachments: Sequence[Attachment] = (),
        header: object = None,
        **arguments: object,
    ) -> typing.Any:
        """What the operation answers, as zeep reads it; `header` is its soap:Header, if any.

        Raises `Fault`, errors.Permanent for arguments that do not fit, or as `_http` says.
        """
        envelope, headers = self._envelope(operation, arguments, header)
        body = _octets(envelope)
        if attachments:
            headers["Content-Type"], body = multipart(body, headers["Content-Type"], attachments)
        reply = self._http.request(
            "POST", self._path, headers=headers, body=body, changes=changes, limit=limit
        )
        return self._read(operation, reply, changes=changes)

    def _envelope(
        self, operation: str, arguments: Mapping[str, object], header: object
    ) -> tuple["etree._Element", dict[str, str]]:
        """The request as zeep builds it, and the HTTP header fields that go with it."""
        import zeep.exceptions

        client, service = self._opened
        given = {**arguments, **({"_soapheaders": header} if header is not None else {})}
        try:
            envelope, headers = service._binding._create(  # noqa: SLF001 - beside it zeep only sends
                operation,
                (),
                given,
                client=client,
                options=service._binding_options,  # noqa: SLF001
            )
        except (zeep.exceptions.Error, TypeError, ValueError, AttributeError, KeyError) as error:
            why = self._http.clean(str(error) or type(error).__name__)
            raise errors.Permanent(f"{operation} cannot be asked so: {why}") from None
        return envelope, headers

    def _read(self, operation: str, reply: _http.Reply, *, changes: bool) -> typing.Any:
        import zeep.exceptions

        if reply.status in {401, 403}:  # RFC 9110 sections 15.5.2 and 15.5.4: it was not done
            raise errors.Temporary(
                f"the provider refuses the login (HTTP {reply.status})",
                cause=errors.Cause.LOGIN_FAILED,
            )
        client, service = self._opened
        binding = service._binding  # noqa: SLF001
        asked = binding.get(operation)
        answer = _Answer(reply.status, reply.body, reply.headers)
        try:
            if not reply.headers.get("content-type", "").startswith("multipart/"):
                _prove(reply, asked)
            return binding.process_reply(client, asked, answer)
        except zeep.exceptions.Fault as fault:
            text = self._http.clean(str(fault.message or ""), 500)
            raise Fault(str(fault.code or ""), text, fault.detail) from None
        except Exception as error:  # noqa: BLE001 - whatever it trips over, the answer is unreadable
            why = f"answered HTTP {reply.status} and nothing readable ({type(error).__name__})"
            raise self._http.unread(why, changes=changes, reply=reply) from None

    @functools.cached_property
    def _opened(self) -> tuple["zeep.Client", typing.Any]:
        """The description, read once and when first needed: zeep costs 0.3 s to load."""
        import zeep

        logging.getLogger("zeep").setLevel(logging.CRITICAL)
        with self._lock:
            settings = zeep.Settings(strict=False, xml_huge_tree=True, forbid_dtd=True)
            client = zeep.Client(
                str(WSDL / self._wsdl),
                transport=_offline(),
                settings=settings,
                plugins=self._plugins,
            )
            return client, client.bind(port_name=self._port)


@dataclasses.dataclass(frozen=True, slots=True)
class _Answer:
    """A reply in the shape that zeep's reader wants."""

    status_code: int
    content: bytes
    headers: Mapping[str, str]
    encoding: str = "utf-8"


class _StrangeError(Exception):
    """Well-formed XML that is no answer to what was asked."""


def _prove(reply: _http.Reply, asked: typing.Any) -> None:
    """Raise for XML that is not whole, and for any element but the operation's answer or a fault.

    The answer to an operation of style rpc may have any name (SOAP 1.1 section 7.1).
    """
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    envelope = etree.fromstring(reply.body, parser)
    name = etree.QName(envelope)
    found = envelope.find(f"{{{name.namespace}}}Body/*")
    if name.localname != "Envelope" or found is None:
        raise _StrangeError
    if found.tag == f"{{{name.namespace}}}Fault":
        return
    if reply.status != 200 or (asked.style == "document" and found.tag != asked.output.body.qname):
        raise _StrangeError


def multipart(envelope: bytes, label: str, attachments: Sequence[Attachment]) -> tuple[str, bytes]:
    """Content-Type and body of a multipart/related request (RFC 2387), the envelope first."""
    boundary = f"mailfax-{secrets.token_hex(16)}"
    root = Attachment(id="envelope", label=label, data=envelope)
    parts = [
        piece
        for part in (root, *attachments)
        for piece in (_part_head(boundary, part), part.data, b"\r\n")
    ]
    media = label.partition(";")[0]
    kind = f'multipart/related; type="{media}"; start="<{root.id}>"; boundary="{boundary}"'
    return kind, b"".join([*parts, f"--{boundary}--\r\n".encode("ascii")])


def _part_head(boundary: str, part: Attachment) -> bytes:
    file = f'Content-Disposition: attachment; filename="{part.name}"\r\n' if part.name else ""
    head = (
        f"--{boundary}\r\nContent-Type: {part.label}\r\nContent-Transfer-Encoding: binary\r\n"
        f"Content-ID: <{part.id}>\r\n{file}\r\n"
    )
    return head.encode("ascii")


def _octets(envelope: "etree._Element") -> bytes:
    from lxml import etree

    octets: bytes = etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
    return octets


def _offline() -> typing.Any:
    """What zeep loads descriptions through: files of ours, and SOAP's encoding schema from here."""
    import zeep.transports

    class Offline(zeep.transports.Transport):  # type: ignore[misc]
        def load(self, url: str) -> bytes:
            if url.rstrip("/") == _ENCODING.rstrip("/"):
                return (WSDL / "soap-encoding.xsd").read_bytes()
            if pathlib.Path(url).parent != WSDL:
                raise errors.Permanent(f"a service description names {url}, which is not ours")
            return pathlib.Path(url).read_bytes()

    return Offline()
