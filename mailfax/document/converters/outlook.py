"""Outlook's own mail files, .msg: storages and streams of one property each ([MS-OXMSG])."""

import datetime
import io
import struct
from collections.abc import Iterator

import olefile

from mailfax.document.converters import UnfitError, entity, mapi

_AUTHOR, _ADDRESS, _SMTP_ADDRESS = 0x0C1A, 0x0C1F, 0x5D01
_SUBJECT, _TO, _CC, _SENT, _RECEIVED = 0x0037, 0x0E04, 0x0E03, 0x0039, 0x0E06
_TEXT, _HTML, _RTF = 0x1000, 0x1013, 0x1009
_CODE_PAGE, _INTERNET_CODE_PAGE = 0x3FFD, 0x3FDE
_DATA, _LONG_NAME, _SHORT_NAME, _SHOWN_NAME = 0x3701, 0x3707, 0x3704, 0x3001
_MIME_TAG, _CONTENT_ID = 0x370E, 0x3712
"""Property ids of [MS-OXPROPS]."""
_UNICODE, _STRING, _BINARY, _OBJECT = "001F", "001E", "0102", "000D"

_EPOCH = datetime.datetime(1601, 1, 1, tzinfo=datetime.UTC)
_PROPERTIES = "__properties_version1.0"


def unpack(data: bytes, _name: str) -> bytes:
    """The mail as a MIME entity that encloses it. Raises `UnfitError`: damaged, deep."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            return entity.enclosed(_mail(_Storage(ole, ()), 0))
    except (UnfitError, MemoryError):
        raise
    except Exception:  # noqa: BLE001  the library fails in any way on what is broken
        raise UnfitError("damaged") from None


class _Storage:
    """One storage of the file: a message or an attachment."""

    def __init__(self, ole: olefile.OleFileIO, at: tuple[str, ...]) -> None:
        self._ole = ole
        self.at = at

    def inside(self, beginning: str) -> Iterator["_Storage"]:
        """The storages in it whose name begins so, in order."""
        for path in sorted(self._ole.listdir(streams=False, storages=True)):
            if tuple(path[:-1]) == self.at and path[-1].startswith(beginning):
                yield _Storage(self._ole, tuple(path))

    def octets(self, tag: int, kind: str = _BINARY) -> bytes:
        """A property's stream; empty when there is none."""
        path = [*self.at, f"__substg1.0_{tag:04X}{kind}"]
        if self._ole.get_type(path) != olefile.STGTY_STREAM:
            return b""
        return bytes(self._ole.openstream(path).read())

    def words(self, tag: int) -> str:
        """A text property, in Unicode or in the message's code page."""
        if wide := self.octets(tag, _UNICODE):
            return wide.decode("utf-16-le", "replace").rstrip("\0")
        return _decoded(self.octets(tag, _STRING).rstrip(b"\0"), self.numbers().get(_CODE_PAGE))

    def known(self) -> bool:
        """Whether it is a message or an attachment, not another program's object."""
        return bool(self._ole.exists([*self.at, _PROPERTIES]))

    def numbers(self) -> dict[int, int]:
        """Properties of fixed length, as 64-bit numbers."""
        rows = self._ole.openstream([*self.at, _PROPERTIES]).read()[self._head() :]
        whole = rows[: len(rows) // 16 * 16]
        return {tag: value for _, tag, _, value in struct.iter_unpack("<HHIQ", whole)}

    def _head(self) -> int:
        """Octets before the properties, section 2.4.1."""
        if not self.at:
            return 32
        return 8 if self.at[-1].startswith("__attach") else 24


def _decoded(octets: bytes, code_page: int | None) -> str:
    try:
        return octets.decode(_charset(code_page))
    except (LookupError, UnicodeError):
        return octets.decode("cp1252", "replace")


def _charset(code_page: int | None) -> str:
    number = (code_page or 0) & 0xFFFFFFFF
    return {0: "", 65001: "utf-8", 20127: "ascii", 28591: "iso-8859-1"}.get(number, f"cp{number}")


def _mail(message: _Storage, depth: int) -> bytes:
    numbers = message.numbers()
    body = mapi.Body(
        text=message.words(_TEXT),
        html=message.octets(_HTML) or message.words(_HTML),
        rtf=message.octets(_RTF),
        charset=_charset(numbers.get(_INTERNET_CODE_PAGE)),
    )
    attached = [_attachment(one, depth) for one in message.inside("__attach_version1.0_#")]
    return entity.mail(_headline(message, numbers).fields(), mapi.whole(body, attached))


def _headline(message: _Storage, numbers: dict[int, int]) -> mapi.Headline:
    ticks = numbers.get(_SENT) or numbers.get(_RECEIVED)
    return mapi.Headline(
        author=message.words(_AUTHOR),
        address=message.words(_SMTP_ADDRESS) or message.words(_ADDRESS),
        date=_EPOCH + datetime.timedelta(microseconds=ticks // 10) if ticks else None,
        to=message.words(_TO),
        cc=message.words(_CC),
        subject=message.words(_SUBJECT),
    )


def _attachment(one: _Storage, depth: int) -> bytes:
    """A file; a mail; or an object of another program, which comes out without octets."""
    name = one.words(_LONG_NAME) or one.words(_SHORT_NAME) or one.words(_SHOWN_NAME)
    for inner in one.inside(f"__substg1.0_{_DATA:04X}{_OBJECT}"):
        if inner.known():
            return entity.enclosed(_mail(inner, mapi.deeper(depth)), name)
        return entity.leaf(b"", "application/x-oleobject", name=name)
    octets, label = one.octets(_DATA), one.words(_MIME_TAG)
    if label == "multipart/signed" and octets[:13].lower() == b"content-type:":
        return octets
    return entity.leaf(octets, label, name=name, content_id=one.words(_CONTENT_ID))
