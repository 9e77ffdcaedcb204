"""What Monopond posts to us: results of faxes sent, as XML, and faxes received, as JSON.

Neither is signed, and neither answer nor repetition is documented (facts section 8): results are
a hint, and whoever posts must know the secret at the end of the path.
"""

import dataclasses
import datetime
import json
import typing
from collections.abc import Sequence

from mailfax import errors, number
from mailfax.model import InboundFax

UNKNOWN_TIME = datetime.datetime.fromtimestamp(0, datetime.UTC)
"""Stands for a time of receipt that cannot be read: the fax must not be lost over it."""
LONGEST = 200
"""Characters of a reference, number or name that are believed."""

MessageRefs = tuple[str, str, str]
"""Broadcast, send and message reference; empty where one is not told."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A received fax as it was posted, and where its TIFF lies for 24 hours; empty: nowhere."""

    fax: InboundFax
    link: str


def results(body: bytes) -> tuple[MessageRefs, ...]:
    """The faxes that a result push speaks of; raises errors.Permanent for anything else."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        raise errors.Permanent("this push is no XML") from None
    if root.getroottree().docinfo.doctype or etree.QName(root).localname != "FaxMessages":
        raise errors.Permanent("this push is no list of fax messages")
    names = ("broadcastRef", "sendRef", "messageRef")
    found = [
        tuple(one.get(name, "") for name in names) for one in root.iterchildren("{*}FaxMessage")
    ]
    return tuple((broadcast, send, message) for broadcast, send, message in found if message)


def arrival(body: bytes, numbers: Sequence[str]) -> Arrival:
    """A received fax; `numbers`: ours, in E.164. Raises errors.Permanent for anything else."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise errors.Permanent("this push is no JSON") from None
    if not isinstance(said, dict) or not (reference := _text(said.get("messageRef"))):
        raise errors.Permanent("this push tells of no fax")
    did, other = _did(said.get("faxNumber"), numbers)
    return Arrival(
        fax=InboundFax(
            account="",
            reference=reference,
            did=did,
            caller=_e164(_text(said.get("cli"))) or other,
            received_at=_time(said.get("dateReceived")),
            tsid=_text(said.get("tsi")),
            pages=_count(said.get("pages")),
        ),
        link=said["tiffDocumentUrl"] if isinstance(said.get("tiffDocumentUrl"), str) else "",
    )


def _did(said: typing.Any, ours: Sequence[str]) -> tuple[str, str]:
    """The number called, and one that is not ours.

    `faxNumber` is described as a list and as the sender's, its name and sample speak against
    both (facts section 8.2): one of ours is the number called, any other is the sender's, and
    when we name none of ours it is believed to be the number called (inference).
    """
    told = [_e164(_text(one)) for one in (said if isinstance(said, list) else [said])]
    mine = [one for one in told if one in ours]
    if mine or not ours:
        return next(iter(mine or told), ""), ""
    return ours[0] if len(ours) == 1 else "", next(iter(told), "")


def _text(said: typing.Any) -> str:
    """A word or number in one line; the reference is called a number and shown as a word."""
    if isinstance(said, bool) or not isinstance(said, str | int):
        return ""
    words = "".join(sign if sign.isprintable() else " " for sign in str(said)[:LONGEST])
    return " ".join(words.split())


def _e164(written: str) -> str:
    """With plus where it is a number with its country code; anything else as written."""
    digits = written.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return written
    try:
        return str(number.parse(f"+{digits}", None))
    except errors.Permanent:
        return written


def _time(said: typing.Any) -> datetime.datetime:
    """Given in UTC and without a zone (facts section 8.2)."""
    try:
        return datetime.datetime.strptime(said, "%Y-%m-%d %H:%M:%S").replace(tzinfo=datetime.UTC)
    except (TypeError, ValueError):
        return UNKNOWN_TIME


def _count(said: typing.Any) -> int | None:
    return said if type(said) is int and 0 <= said < 1_000_000 else None
