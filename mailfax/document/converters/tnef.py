"""winmail.dat, in which Outlook wraps a mail's text and attachments ([MS-OXTNEF])."""

import datetime
import logging
from collections.abc import Mapping
from typing import Any

import tnefparse
from tnefparse import properties

from mailfax.document.converters import UnfitError, entity, mapi


class _NoSilence(logging.Handler):
    """The library drops what it cannot read and logs an error: then it is not read at all."""

    def emit(self, record: logging.LogRecord) -> None:
        raise ValueError(record.getMessage())


_log = logging.getLogger("tnefparse")
_log.addHandler(_NoSilence(logging.ERROR))
_log.propagate = False


def unpack(data: bytes, _name: str) -> bytes:
    """Its text and its attachments as a MIME entity. Raises `UnfitError`: damaged, deep."""
    try:
        return _content(tnefparse.TNEF(data, do_checksum=False), 0)
    except (UnfitError, MemoryError):
        raise
    except Exception:  # noqa: BLE001  the library fails in any way on what is broken
        raise UnfitError("damaged") from None


def _content(message: Any, depth: int) -> bytes:
    body = mapi.Body(
        text=_value(message.body),
        html=_value(message.htmlbody),
        rtf=_first(message._rtfbody) or b"",  # noqa: SLF001  the public one may be compressed or not
        charset=message.codepage or "",
    )
    return mapi.whole(body, [_attachment(one, depth) for one in message.attachments])


def _attachment(one: Any, depth: int) -> bytes:
    known = {attribute.name: attribute.data for attribute in one.mapi_attrs}
    name = _words(known.get(properties.MAPI_ATTACH_LONG_FILENAME)) or _words(one._name)  # noqa: SLF001
    if hasattr(one, "embed"):
        inner = _content(one.embed, mapi.deeper(depth))
        return entity.enclosed(entity.mail(_headline(one.embed).fields(), inner), name)
    return entity.leaf(
        bytes(one.data),
        _words(known.get(properties.MAPI_ATTACH_MIME_TAG)),
        name=name,
        content_id=_words(known.get(properties.MAPI_ATTACH_CONTENT_ID)),
    )


def _headline(message: Any) -> mapi.Headline:
    known: Mapping[int, Any] = {one.name: one.data for one in message.mapiprops}
    subject = [one.data for one in message.msgprops if one.name == tnefparse.TNEF.ATTSUBJECT]
    date = known.get(properties.MAPI_CLIENT_SUBMIT_TIME)
    return mapi.Headline(
        author=_words(known.get(properties.MAPI_SENDER_NAME)),
        address=_words(known.get(properties.MAPI_SENDER_EMAIL_ADDRESS)),
        date=date if isinstance(date, datetime.datetime) else None,
        to=_words(known.get(properties.MAPI_DISPLAY_TO)),
        cc=_words(known.get(properties.MAPI_DISPLAY_CC)),
        subject=_words(known.get(properties.MAPI_SUBJECT)) or _words(subject),
    )


def _first(value: Any) -> Any:
    """A property may have several values."""
    return next(iter(value), None) if isinstance(value, list) else value


def _value(value: Any) -> str | bytes:
    """A text, without the NUL at its end."""
    value = _first(value)
    return value.rstrip("\0") if isinstance(value, str) else bytes(value or b"").rstrip(b"\0")


def _words(value: Any) -> str:
    """The same as a line of text; file names come in any charset."""
    found = _value(value)
    if isinstance(found, str):
        return found
    try:
        return found.decode()
    except UnicodeError:
        return found.decode("cp1252", "replace")
