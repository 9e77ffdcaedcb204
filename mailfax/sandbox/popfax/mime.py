"""Requests with attachments (SOAP with Attachments, W3C note of 2000-12-11), as NuSOAP takes
them apart: the envelope is the part of type text/xml without a Content-Disposition, all other
parts are attachments, in their order.
"""

import base64
import binascii
import dataclasses
import email.message
import email.parser
import quopri
import re
from collections.abc import Callable, Mapping

_DECODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "base64": base64.b64decode,
    "quoted-printable": quopri.decodestring,
}


class Broken(Exception):
    """A multipart body that cannot be taken apart; the text says why."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One file of a request."""

    name: str
    """As the sender calls it; empty when it does not."""
    label: str
    """Its Content-Type, without parameters."""
    data: bytes


def split(content_type: str, body: bytes) -> tuple[bytes, tuple[Attachment, ...]]:
    """The envelope, and what came with it. Raises `Broken`."""
    header = email.message.Message()
    header["Content-Type"] = content_type
    if header.get_content_type() != "multipart/related":
        return body, ()
    boundary = header.get_boundary()
    if not boundary:
        raise Broken("multipart/related without a boundary")
    envelope: bytes | None = None
    attachments = []
    for head, data in _parts(boundary, body):
        if envelope is None and _is_envelope(head):
            envelope = data
        else:
            attachments.append(_attachment(head, data))
    if envelope is None:
        raise Broken("No root part found in multipart/related content")
    return envelope, tuple(attachments)


def _parts(boundary: str, body: bytes) -> list[tuple[email.message.Message, bytes]]:
    mark = re.escape(boundary.encode("latin-1", "replace"))
    pieces = re.split(rb"\r?\n--" + mark + rb"(?=--|[ \t]*\r?\n)", b"\n" + body)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise Broken("a multipart body that does not end with its boundary")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> tuple[email.message.Message, bytes]:
    _, _, rest = piece.partition(b"\n")
    divided = re.split(rb"\r?\n\r?\n", b"\n" + rest, maxsplit=1)
    if len(divided) < 2:
        raise Broken("a part without a blank line after its head")
    head = email.parser.BytesHeaderParser().parsebytes(divided[0].lstrip(b"\r\n"))
    coding = str(head.get("Content-Transfer-Encoding", "")).strip().lower()
    try:
        return head, _DECODERS.get(coding, bytes)(divided[1])
    except binascii.Error:
        raise Broken("a part whose base64 is broken") from None


def _is_envelope(head: email.message.Message) -> bool:
    return "Content-Disposition" not in head and head.get_content_type() == "text/xml"


def _attachment(head: email.message.Message, data: bytes) -> Attachment:
    return Attachment(name=head.get_filename("") or "", label=head.get_content_type(), data=data)
