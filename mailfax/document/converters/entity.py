"""What a container holds, written as one MIME entity (RFC 2045), in octets.

The room that reads mails then reads it like any other: one reader for names, labels,
charsets, alternatives and limits, wherever a part comes from.
"""

import re
import secrets
import urllib.parse
from collections.abc import Iterable, Mapping

_LABEL = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)
_TOKEN = re.compile(r"[\w.:+-]+", re.ASCII)
_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_LONGEST = 1000
"""Letters of a name or of a line of a headline."""
_UNLABELLED = "application/octet-stream"


def leaf(
    data: bytes,
    label: str = _UNLABELLED,
    *,
    name: str = "",
    charset: str = "",
    content_id: str = "",
    attached: bool = True,
) -> bytes:
    """One part; `attached` tells a document from the words of the mail itself."""
    kind = label if _LABEL.fullmatch(label) else _UNLABELLED
    if _TOKEN.fullmatch(charset):
        kind += f'; charset="{charset}"'
    lines = [f"Content-Type: {kind}", "Content-Transfer-Encoding: binary"]
    if attached:
        quoted = urllib.parse.quote(name[:_LONGEST].encode("utf-8", "replace"), safe="")
        lines.append(f"Content-Disposition: attachment; filename*=utf-8''{quoted}")
    if content_id:
        lines.append(f"Content-ID: <{_line(content_id)}>")
    return "\r\n".join([*lines, "", ""]).encode() + data


def multipart(kind: str, entities: Iterable[bytes]) -> bytes:
    """Several entities in one; `kind` is mixed or alternative."""
    boundary = secrets.token_hex(16)
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    line = f"\r\n--{boundary}\r\n".encode()
    return head + b"".join(line + entity for entity in entities) + f"\r\n--{boundary}--".encode()


def mail(headline: Mapping[str, str], entity: bytes) -> bytes:
    """A mail with these header fields and this content (RFC 5322, RFC 6532)."""
    lines = [f"{name}: {_line(value)}\r\n" for name, value in headline.items() if value]
    return "".join(lines).encode("utf-8", "replace") + entity


def enclosed(octets: bytes, name: str = "") -> bytes:
    """A whole mail as a part."""
    return leaf(octets, "message/rfc822", name=name)


def _line(value: str) -> str:
    return _BREAKS.sub(" ", value)[:_LONGEST].strip()
