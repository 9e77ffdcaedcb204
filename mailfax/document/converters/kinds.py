"""What a part is: by its first bytes, then its name, then its label (MIM-08, RFC 3302 §5.2).

The sniffing reads at most a few kilobytes, so it may be done outside the jail.
"""

import re

SHEETS = frozenset({"pdf", "tiff", "png", "jpeg", "gif", "bmp", "webp", "text", "html"})
"""Kinds that can be faxed."""

PICTURES = frozenset({"tiff", "png", "jpeg", "gif", "bmp", "webp"})

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (rb"\x89PNG\r\n\x1a\n", "png"),
    (rb"\xff\xd8\xff", "jpeg"),
    (rb"GIF8[79]a", "gif"),
    (rb"(?:II[*+]\0|MM\0[*+])", "tiff"),
    (rb"RIFF....WEBP", "webp"),
    (rb"BM.{4}\0\0\0\0", "bmp"),
    (rb".{0,1019}%PDF-", "pdf"),
    (rb"%!|\x04%!", "PostScript"),
    (rb"\x1bE|\x1b%-12345X", "PCL"),
    (rb"\{\\rtf", "rich text"),
    (rb"PK\x03\x04", "zip"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Office"),
    (rb"\x78\x9f\x3e\x22", "winmail.dat"),
    (rb"....ftyp(?:heic|heix|hevc|mif1|msf1)", "HEIC picture"),
    (rb"....ftypavif", "AVIF picture"),
    (rb"....ftyp", "film"),
    (rb"MZ", "program"),
    (rb"\x7fELF", "program"),
    (rb"7z\xbc\xaf|Rar!|\x1f\x8b|BZh|\xfd7zXZ", "archive"),
    (rb"-----BEGIN PGP MESSAGE", "encrypted message"),
    (rb"BEGIN:VCARD", "vCard"),
    (rb"BEGIN:VCALENDAR", "calendar"),
)
_SNIFFERS = [(re.compile(pattern, re.DOTALL), kind) for pattern, kind in _MAGIC]

_OFFICE = re.compile(r"\.(docx?|xlsx?|pptx?|od[tspg]|pages|numbers|key)$", re.IGNORECASE)
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_HTML_NAME = re.compile(r"\.x?html?$", re.IGNORECASE)
_TEXT_NAME = re.compile(r"\.(txt|text|log|md|asc|csv)$", re.IGNORECASE)
_TEXT_LABELS = frozenset({"text/plain", "text/markdown", "text/csv", "text/x-log"})
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b")) + b"\x7f"
_HEAD = 4096


def found(data: bytes, name: str, label: str) -> str:
    """The kind of a part, in words fit for a person; one of `SHEETS` when it can be faxed."""
    head = data[:_HEAD]
    if not data:
        return _of_nothing(label)
    for pattern, kind in _SNIFFERS:
        if pattern.match(head):
            return _inside(kind, name)
    if _is_text(head):
        return _text(head, name, label)
    return _named(name) or label or "unknown"


def _of_nothing(label: str) -> str:
    return {"text/plain": "text", "text/html": "html"}.get(label, "empty")


def _inside(kind: str, name: str) -> str:
    """An office document is a zip or an old container; only its name says which."""
    office = _OFFICE.search(name)
    if kind in {"zip", "old Office"} and office:
        return office[1].lower()
    return kind


def _named(name: str) -> str | None:
    """The kind a name promises; its converter then says that the bytes are damaged."""
    ending = name.rpartition(".")[2].lower()
    kind = {"jpg": "jpeg", "jpe": "jpeg", "tif": "tiff"}.get(ending, ending)
    return kind if kind in SHEETS - {"text", "html"} else None


def _is_text(head: bytes) -> bool:
    """Whether these bytes can be text: hardly a control character, or UTF-16 with its mark."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return len(head) - len(head.translate(None, _CONTROLS)) <= len(head) // 256


def _text(head: bytes, name: str, label: str) -> str:
    if _HTML.match(head) or _HTML_NAME.search(name):
        return "html"
    if _TEXT_NAME.search(name):
        return "text"
    if label == "text/html":
        return "html"
    return "text" if label in _TEXT_LABELS or not label else label
