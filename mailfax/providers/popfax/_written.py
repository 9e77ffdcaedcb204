"""What Popfax writes: times, numbers, documents."""

import datetime
import re
import zoneinfo

from mailfax import errors

SHORTEST = 64
"""Octets of the least that can be a page."""

_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_WRITTEN = re.compile(r"(?:\+|00) ?[1-9][0-9 ().-]*")


def moment(text: str, zone: zoneinfo.ZoneInfo) -> datetime.datetime | None:
    """A time of the service, `YYYY-MM-DD HH:MM:SS` as in its older API (inference)."""
    try:
        read = datetime.datetime.fromisoformat(text.strip())
        return read.replace(tzinfo=zone).astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        return None


def kind(data: bytes) -> str:
    """By the first octets, tiff or pdf; raises errors.Temporary for anything else."""
    if len(data) >= SHORTEST:
        if data.startswith((b"II*\x00", b"MM\x00*")):
            return "tiff"
        if data.startswith(b"%PDF-"):
            return "pdf"
    raise errors.Temporary("the provider gave a received fax that is no whole TIFF or PDF")


def e164(written: str) -> str:
    """An international number with its plus; anything else as written."""
    line = spaced(written)
    return f"+{digits(line)}" if _WRITTEN.fullmatch(line) else line


def digits(written: str) -> str:
    """The digits of an international number; 00 stands for its plus."""
    return re.sub("[^0-9]", "", written).removeprefix("00")


def spaced(text: str) -> str:
    """One line: every run of blanks and control characters is one space."""
    return _BLANK.sub(" ", text).strip()
