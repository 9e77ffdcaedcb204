"""Pushes that are kept: proven the provider's, answered, and not taken in yet.

Each is read again until it can be taken in. After nearly a day, the longest that a provider's
link is known to live, the postmaster is told, and only then it is removed. The secret that proved
it is not in it.
"""

import base64
import binascii
import dataclasses
import datetime
import json
import pathlib
from collections.abc import Callable, Iterator

import structlog

from mailfax import errors
from mailfax.mail import automatic, compose
from mailfax.model import Gateway
from mailfax.providers import _port
from mailfax.service import wiring
from mailfax.store import deliveries, documents, mails

LONGEST = datetime.timedelta(hours=23)
"""How long a push is kept."""

_FOLDER = "push"

_log = structlog.get_logger("service")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kept:
    """The folder of kept pushes."""

    documents: documents.LocalDir
    deliveries: deliveries.Deliveries
    gateway: Gateway
    take: Callable[[str, _port.Push], object]
    """Takes in a push to this account, or raises."""

    def keep(self, account: str, push: _port.Push, why: Exception) -> None:
        """Keep it, durably; raises errors.Temporary when the disk is in trouble."""
        key = documents.key(_FOLDER, mails.new_id(wiring.now()), ".json")
        body = base64.b64encode(push.body).decode("ascii")
        kept = {"account": account, "headers": dict(push.headers), "body": body}
        self.documents.put(key, json.dumps(kept).encode())
        _say("push kept", key, why)

    def again(self) -> int:
        """Read each once more; one that fails stops no other."""
        root = self.documents.root
        for place in sorted((root / _FOLDER).glob("*/*.json")):
            key = place.relative_to(root).as_posix()
            try:
                self._again(key)
            except Exception as error:  # noqa: BLE001 - the others have their turn
                _say("push still kept", key, error)
        return 0

    def _again(self, key: str) -> None:
        age = wiring.now() - self.documents.written_at(key)
        try:
            account, push = self._read(key, age)
            self.take(account, push)
        except Exception as error:
            if age < LONGEST:
                raise
            self._give_up(key, error)
        self.documents.delete(key)

    def _read(self, key: str, age: datetime.timedelta) -> tuple[str, _port.Push]:
        """Account and push; raises errors.Permanent for what cannot be read."""
        try:
            kept = json.loads(self.documents.read(key))
            body = base64.b64decode(kept["body"])
            return str(kept["account"]), _port.Push(headers=kept["headers"], body=body, age=age)
        except (ValueError, KeyError, TypeError, binascii.Error):
            raise errors.Permanent("the kept push is damaged") from None

    def _give_up(self, key: str, why: Exception) -> None:
        """Tell the postmaster; twins tell him once."""
        id_ = pathlib.PurePath(key).stem
        name = compose.stable_id(_FOLDER, self.gateway.name, id_)
        data, document = deliveries.kept(self.documents, id_, self._mail(key, name, why))
        told = deliveries.NewDelivery(
            id=id_,
            kind="postmaster",
            target=self.gateway.postmaster,
            mail_from="",
            message_id=name,
            data=data,
            document=document,
        )
        self.deliveries.add([told])
        _log.error("a push was never taken in: the postmaster is told", key=key, why=_words(why))

    def _mail(self, key: str, name: str, why: Exception) -> bytes:
        came = self.documents.written_at(key)
        try:
            account, push = self._read(key, LONGEST)
            body = push.body
        except errors.Permanent:
            account, body = "(unknown)", self.documents.read(key)
        letter = compose.text(
            _TEXT.format(account=account, came=f"{came:%Y-%m-%d %H:%M}", why=_words(why))
        )
        attached = compose.attachment(compose.Attachment("push.txt", "text/plain", body))
        whole = compose.multipart("mixed", [letter, attached], name)
        return compose.message(list(self._fields(account, name)), whole)

    def _fields(self, account: str, name: str) -> Iterator[bytes]:
        person = self.gateway.postmaster
        yield compose.address_field("From", compose.mailbox("Fax gateway", person))
        yield compose.address_field("To", person)
        yield compose.machine_field("Date", compose.date(wiring.now(), "UTC"))
        yield compose.machine_field("Message-ID", name)
        yield compose.field("Subject", f"A push of {account} could not be taken in")
        yield b"Auto-Submitted: auto-generated\r\n"
        yield compose.machine_field(automatic.LOOP_FIELD, self.gateway.name)


_TEXT = """\
The provider of account {account} pushed something to us
at {came} UTC. It has been read again and again since,
and could not be taken in:

    {why}

Mostly such a push tells of a fax that came in: please get it from the
provider by hand, and soon, for its link may end within the hour. What was
pushed is attached as it came. It is not tried again.
"""


def _say(what: str, key: str, why: Exception) -> None:
    foreseen = isinstance(why, errors.MailfaxError)
    _log.warning(what, key=key, why=_words(why), exc_info=None if foreseen else why)


def _words(why: Exception) -> str:
    return str(why) if isinstance(why, errors.MailfaxError) else f"unforeseen {type(why).__name__}"
