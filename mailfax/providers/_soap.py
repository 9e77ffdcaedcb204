"""SOAP 1.1 and 1.2 over `_http`: zeep writes and reads the XML, and never touches the network.

A `Service` is one WSDL of ours (`mailfax/wsdl`) spoken to one path of a provider. `call` is:
build the envelope (bad arguments are Permanent: nothing was sent), send it (errors as `_http`
tells them), read the answer (a fault is `Fault`, anything else unreadable is Unsure or Temporary).

zeep 4.3 wants five corrections, each seen to be needed:
- it fetches what a WSDL imports from the network: here nothing is fetched but files of ours;
- its transport quotes whole replies in errors, so only its reader is asked, and its log, which
  quotes them too, is not kept;
- it mends XML that was cut, reads a DTD before it refuses it, and takes any element for the
  answer: `_proven` parses instead;
- it needs 6 ms and 4 times its size for a document of 2 MB: `_hidden` and `_spliced` keep large
  octets out of its hands, which takes a third;
- it knows no attachments (SOAP with Attachments, W3C note of 2000-12-11): `multipart` makes them.
"""

import base64
import dataclasses
import functools
import logging
import pathlib
import re
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

LARGE = 16_384
"""Octets from which an argument goes past zeep."""
TAGS = 200_000
"""Tags in a reply, opening and closing: parsed, each takes some hundred octets."""

_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
_DECLARED = re.compile(rb"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,20})["']""")
_CHARSETS = frozenset({"utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252"})
"""In each of them a tag, or a DTD, can be seen without decoding."""


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
        raw: bool = False,
        **arguments: object,
    ) -> typing.Any:
        """What the operation answers, as zeep reads it; `header` is its soap:Header, if any.

        `raw`: the element in the body instead, for who reads it himself: zeep takes any digits
        for a number, and behind an element that it does not know it leaves out the rest.
        Raises `Fault`, errors.Permanent for arguments that do not fit, or as `_http` says.
        """
        kept: dict[bytes, bytes] = {}
        shown = {name: _hidden(value, kept) for name, value in arguments.items()}
        envelope, headers = self._envelope(operation, shown, header)
        body = _spliced(_octets(envelope), kept)
        if attachments:
            headers["Content-Type"], body = multipart(body, headers["Content-Type"], attachments)
        reply = self._http.request(
            "POST", self._path, headers=headers, body=body, changes=changes, limit=limit
        )
        return self._read(operation, reply, changes=changes, raw=raw)

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

    def _read(self, operation: str, reply: _http.Reply, *, changes: bool, raw: bool) -> typing.Any:
        import zeep.exceptions
        import zeep.plugins

        if reply.status in {401, 403}:  # RFC 9110 sections 15.5.2 and 15.5.4: it was not done
            raise errors.Temporary(
                f"the provider refuses the login (HTTP {reply.status})",
                cause=errors.Cause.LOGIN_FAILED,
            )
        client, service = self._opened
        binding = service._binding  # noqa: SLF001
        asked = binding.get(operation)
        try:
            envelope = _proven(reply, binding.nsmap["soap-env"], asked)
            envelope, _ = zeep.plugins.apply_ingress(client, envelope, reply.headers, asked)
            if envelope.find("{*}Body/{*}Fault") is not None:
                binding.process_error(envelope, asked)
            return envelope.find("{*}Body/*") if raw else asked.process_reply(envelope)
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

        with self._lock:
            description = _description(self._wsdl)
            client = zeep.Client(
                description,
                transport=description.transport,
                settings=description.settings,
                plugins=self._plugins,
            )
            return client, client.bind(port_name=self._port)


@functools.cache
def _description(wsdl: str) -> typing.Any:
    """A description, read once for all accounts: it is never changed."""
    import zeep
    import zeep.wsdl

    logging.getLogger("zeep").setLevel(logging.CRITICAL)
    settings = zeep.Settings(strict=False, xml_huge_tree=True, forbid_dtd=True)
    return zeep.wsdl.Document(str(WSDL / wsdl), _offline(), settings=settings)


class _StrangeError(Exception):
    """What came back is no answer to what was asked."""


def _proven(reply: _http.Reply, soap: str, asked: typing.Any) -> "etree._Element":
    """The envelope, if it is whole and holds the operation's answer or a fault.

    `soap`: the envelope's namespace. The answer to an operation of style rpc may have any name
    (SOAP 1.1 section 7.1).
    """
    from lxml import etree

    envelope = etree.fromstring(reply.body, _parser(reply.body))
    found = envelope.find(f"{{{soap}}}Body/*")
    if envelope.tag != f"{{{soap}}}Envelope" or found is None:
        raise _StrangeError
    if found.tag == f"{{{soap}}}Fault":
        return envelope
    if reply.status != 200 or (asked.style == "document" and found.tag != asked.output.body.qname):
        raise _StrangeError
    return envelope


def _parser(body: bytes) -> "etree.XMLParser":
    """For one reply. Anything with a DTD is refused unread: entities grow in attributes."""
    from lxml import etree

    declared = _DECLARED.match(body)
    charset = declared[1].decode("ascii").lower() if declared else "utf-8"
    if charset not in _CHARSETS or b"<!DOCTYPE" in body or body.count(b"<") > TAGS:
        raise _StrangeError
    return etree.XMLParser(
        encoding=charset,
        resolve_entities=False,
        no_network=True,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )


def _hidden(value: object, kept: dict[bytes, bytes]) -> object:
    """The value with a mark for each large run of octets; `kept` has them by their marks."""
    if isinstance(value, bytes) and len(value) >= LARGE:
        mark = secrets.token_hex(16)
        kept[mark.encode("ascii")] = value
        return mark
    if isinstance(value, Mapping):
        return {name: _hidden(one, kept) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_hidden(one, kept) for one in value]
    return value


def _spliced(body: bytes, kept: Mapping[bytes, bytes]) -> list[bytes]:
    """The body in parts, with base64 in place of the marks."""
    parts = []
    for mark, octets in kept.items():
        before, _, body = body.partition(mark)
        parts += [before, base64.b64encode(octets)]
    return [*parts, body]


def multipart(
    envelope: Sequence[bytes], label: str, attachments: Sequence[Attachment]
) -> tuple[str, list[bytes]]:
    """Content-Type and body, in parts, of a multipart/related request (RFC 2387), the envelope
    first.

    Attachments go as their bare octets (RFC 2045 section 6.2, binary): so gSOAP's clients send
    them, and PEAR's Mail_mimeDecode, which reads them for NuSOAP's servers, decodes base64 and
    quoted-printable and leaves every other coding as it is. Base64 in lines cost three times
    the time.
    """
    boundary = f"mailfax-{secrets.token_hex(16)}"
    root = Attachment(id="envelope", label=label, data=b"")
    parts, text = [], b"".join([_part_head(boundary, root, "8bit"), *envelope, b"\r\n"])
    for attachment in attachments:
        parts += [text + _part_head(boundary, attachment, "binary"), attachment.data]
        text = b"\r\n"
    media = label.partition(";")[0]
    kind = f'multipart/related; type="{media}"; start="<{root.id}>"; boundary="{boundary}"'
    return kind, [*parts, text + f"--{boundary}--\r\n".encode("ascii")]


def _part_head(boundary: str, part: Attachment, coding: str) -> bytes:
    file = f'Content-Disposition: attachment; filename="{part.name}"\r\n' if part.name else ""
    head = (
        f"--{boundary}\r\nContent-Type: {part.label}\r\nContent-Transfer-Encoding: {coding}\r\n"
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
