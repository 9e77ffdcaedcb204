"""What a part is: by its first bytes, then its name, then its label (MIM-08, RFC 3302 §5.2).

The sniffing reads at most a few kilobytes, so it may be done outside the jail.
"""

import re

from mailfax.document.converters import office_kinds

PROGRAMS = office_kinds.KINDS | {office_kinds.LOCKED, "PostScript"}
"""Kinds that a library of another program makes PDF of (`program`)."""

SHEETS = PROGRAMS | {
    "pdf", "tiff", "png", "jpeg", "gif", "bmp", "webp", "heic", "avif", "jpeg 2000", "pcx", "dcx",
    "svg", "text", "html", "vCard", "calendar",
}  # fmt: skip
"""Kinds that can be faxed."""

CONTAINERS = frozenset({"zip", "winmail.dat", "mail", "Outlook mail", "signed content"})
"""Kinds that are opened; their parts are faxed instead."""

ENCRYPTED = "encrypted content"
BYCATCH = "file for computers"
"""A kind that nobody means to fax: what file managers put beside documents, keys, signatures."""

THREADED = frozenset({"heic", "avif"})
"""Pictures whose libraries start threads."""

PICTURES = THREADED | {"tiff", "png", "jpeg", "gif", "bmp", "webp", "jpeg 2000", "pcx", "dcx"}

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (rb"\x89PNG\r\n\x1a\n", "png"),
    (rb"\xff\xd8\xff", "jpeg"),
    (rb"GIF8[79]a", "gif"),
    (rb"(?:II[*+]\0|MM\0[*+])", "tiff"),
    (rb"RIFF....WEBP", "webp"),
    (rb"BM.{4}\0\0\0\0", "bmp"),
    (rb"%!|\x04%!|\xc5\xd0\xd3\xc6", "PostScript"),
    (rb"\x1bE|\x1b%-12345X", "PCL"),
    (rb"\{\\rtf", "rtf"),
    (rb"\xffWPC", "WordPerfect"),
    (rb"\0\0\x02\0[\x04-\x06]\x04", "Lotus 1-2-3"),
    (rb"PK\x03\x04", "zip"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Office"),
    (rb"\x78\x9f\x3e\x22", "winmail.dat"),
    (rb"....ftyp(?:avif|avis|(?:mif1|miaf).{4,40}avif)", "avif"),
    (rb"....ftyp(?:hei[cmsx]|hev[cmsx]|mif1|msf1)", "heic"),
    (rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51\0", "jpeg 2000"),
    (rb"\x0a[\x00\x02-\x05]\x01[\x01\x02\x04\x08]", "pcx"),
    (rb"\xb1\x68\xde\x3a", "dcx"),
    (rb"....ftyp", "film"),
    (rb"MZ", "program"),
    (rb"\x7fELF", "program"),
    (rb"7z\xbc\xaf|Rar!|\x1f\x8b|BZh|\xfd7zXZ", "archive"),
    (rb"-----BEGIN PGP MESSAGE", ENCRYPTED),
    (rb"\x30.{1,7}?\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", "signed content"),
    (rb"\x30.{1,7}?\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03", ENCRYPTED),
    (rb"-----BEGIN (?:PKCS7|CMS)-----", "signed content"),
    (rb"(?:\xef\xbb\xbf)?\s*(?i:BEGIN:VCARD)", "vCard"),
    (rb"(?:\xef\xbb\xbf)?\s*(?i:BEGIN:VCALENDAR)", "calendar"),
    (rb"\0\x05\x16\x07|\0\0\0\x01Bud1", BYCATCH),
    (rb"-----BEGIN PGP (?:PUBLIC KEY BLOCK|SIGNATURE)-----", BYCATCH),
    (rb".{0,1019}%PDF-", "pdf"),  # last: a container may begin with a PDF that it holds
)
_SNIFFERS = [(re.compile(pattern, re.DOTALL), kind) for pattern, kind in _MAGIC]

_OFFICE = re.compile(r"\.(docx?|xlsx?|pptx?|od[tspg]|pages|numbers|key)$", re.IGNORECASE)
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?><!--.*?-->\s*)*+<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_HTML_NAME = re.compile(r"\.x?html?$", re.IGNORECASE)
_SVG = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?><\?xml[^>]*>\s*)?"
    rb"(?>(?:<!--.*?-->|<!DOCTYPE\s+svg\b[^>\[]*(?:\[.*?\]\s*)?>)\s*)*+<(?:\w+:)?svg\b",
    re.DOTALL,
)
_PACKED_SVG = re.compile(r"\.svgz$", re.IGNORECASE)
_BYCATCH_NAME = re.compile(r"(thumbs\.db|desktop\.ini|\.?ds_store)$", re.IGNORECASE)
_MAIL = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:From [^\n]*\n)?"
    rb"(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*(?:from|received):",
    re.IGNORECASE,
)
_MAIL_NAME = re.compile(r"\.(eml|mht|mhtml)$", re.IGNORECASE)
_TEXT_NAME = re.compile(r"\.(txt|text|log|md|asc)$", re.IGNORECASE)
_TABLE_NAME = re.compile(r"\.(csv|tsv|tab)$", re.IGNORECASE)
_TEXT_LABELS = {
    "": "text",
    "text/plain": "text",
    "text/markdown": "text",
    "text/x-log": "text",
    "text/html": "html",
    "text/csv": "csv",
    "text/tab-separated-values": "csv",
}
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b")) + b"\x7f"
_MAIL_LABELS = frozenset({"message/rfc822", "message/global", "message/news"})
_UNLABELLED = "application/octet-stream"
_HEAD = 4096
_TEXT = 1 << 20
"""Octets that are looked through for what is no text."""

_OUTLOOK = "__properties_version1.0".encode("utf-16-le")
"""A stream that every Outlook mail has ([MS-OXMSG] section 2.2)."""


def found(data: bytes, name: str, label: str) -> str:
    """The kind of a part, in words fit for a person; one of `SHEETS` when it can be faxed."""
    head = data[:_HEAD]
    if not data:
        return _of_nothing(label)
    if _BYCATCH_NAME.search(name):
        return BYCATCH
    if head.startswith(b"\x1f\x8b") and (_PACKED_SVG.search(name) or label == "image/svg+xml"):
        return "svg"
    for pattern, kind in _SNIFFERS:
        if pattern.match(head):
            return _inside(kind, data, name)
    if _is_text(data[:_TEXT]):
        return office_kinds.of_xml(data) or _text(head, name, label)
    return _named(name) or ("binary data" if label.startswith("text/") else label) or "unknown"


def _of_nothing(label: str) -> str:
    return {"text/plain": "text", "text/html": "html"}.get(label, "empty")


def _inside(kind: str, data: bytes, name: str) -> str:
    """An office document is a zip or an old container: what lies in it says which, or its name."""
    if kind == "zip" and (document := office_kinds.of_zip(data)):
        return document
    if kind == "old Office" and (document := office_kinds.of_compound(data)):
        return document
    if kind == "old Office" and _OUTLOOK in data:
        return "Outlook mail"
    named = _OFFICE.search(name)
    if kind in {"zip", "old Office"} and named:
        return named[1].lower()
    return kind


def _named(name: str) -> str | None:
    """The kind a name promises; its converter then says that the bytes are damaged."""
    ending = name.rpartition(".")[2].lower()
    kind = {"jpg": "jpeg", "jpe": "jpeg", "tif": "tiff"}.get(ending, ending)
    return kind if kind in SHEETS - PROGRAMS - {"text", "html"} else None


def _is_text(head: bytes) -> bool:
    """Whether these bytes can be text: hardly a control character, or UTF-16."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    written = head.replace(b"\0", b"") if wide(head) else head
    return len(written) - len(written.translate(None, _CONTROLS)) <= len(head) // 256


def wide(head: bytes) -> str | None:
    """`le` or `be` for UTF-16 without its mark: every other octet of most texts is NUL then."""
    first, second = head[0::2], head[1::2]
    for order, zero, letter in (("be", first, second), ("le", second, first)):
        if zero.count(0) * 2 > len(zero) and not letter.count(0):
            return order
    return None


def _text(head: bytes, name: str, label: str) -> str:
    if _MAIL_NAME.search(name) or label in _MAIL_LABELS:
        return "mail"
    if _SVG.match(head):
        return "svg"
    if _HTML.match(head) or _HTML_NAME.search(name):
        return "html"
    if _TABLE_NAME.search(name):
        return "csv"
    return "text" if _TEXT_NAME.search(name) else _labelled(head, name, label)


def _labelled(head: bytes, name: str, label: str) -> str:
    if label in _TEXT_LABELS:
        return _TEXT_LABELS[label]
    if _MAIL.match(head):
        return "mail"
    return "text" if label == _UNLABELLED and "." not in name else label
