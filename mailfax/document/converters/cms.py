"""Signed mails and documents whose content lies inside the signature (RFC 5652, RFC 8551 3.5.2).

The content is taken out; the signature is not checked here.
"""

import re

from asn1crypto import cms, pem

from mailfax.document.converters import UnfitError, entity

_MIME = re.compile(rb"(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*){1,200}\r?\n")
"""Header fields and the empty line after them."""
_CONTENT = re.compile(rb"^content-type:", re.IGNORECASE | re.MULTILINE)


def unpack(data: bytes, name: str) -> bytes:
    """What was signed, as a MIME entity: a mail's own, or a document named as `name` says
    without its `.p7m`. Raises `UnfitError`: damaged, empty.
    """
    content = _content(data)
    head = _MIME.match(content)
    if head and _CONTENT.search(head[0]):
        return content
    return entity.leaf(content, name=re.sub(r"\.p7m$", "", name, flags=re.IGNORECASE))


def _content(data: bytes) -> bytes:
    try:
        if pem.detect(data):
            _, _, data = pem.unarmor(data)
        signed = cms.ContentInfo.load(data)["content"]
        content = signed["encap_content_info"]["content"].native
    except (ValueError, TypeError, KeyError):
        raise UnfitError("damaged") from None
    if not content:
        raise UnfitError("empty")
    return bytes(content)
