"""Taking a mail: read by DATA or BDAT, made whole, handed over, and nothing of it left behind."""

import dataclasses
import datetime
import functools
import secrets
from collections.abc import Callable
from concurrent import futures

from mailfax import errors, failpoints
from mailfax.mail import connection, incoming, parameters, trace
from mailfax.model import Content, Envelope, Rcpt

_NOT_TAKEN = (errors.Refused, errors.Temporary)
_Complete = Callable[[Content], Envelope]


@dataclasses.dataclass(slots=True)
class Transaction:
    """What MAIL began."""

    sender: parameters.Sender
    rcpts: list[Rcpt] = dataclasses.field(default_factory=list)
    message: incoming.Incoming | None = None
    """What DATA or the first BDAT began."""


class Taker(connection.Connection):
    """A connection that mails come by, one after the other."""

    login: str | None = None
    extended = False
    """Whether the client said EHLO."""
    transaction: Transaction | None = None

    def drop(self) -> None:
        """End the transaction, if there is one; what came of its message is kept nowhere."""
        if self.transaction and self.transaction.message:
            self.start(self.host.works, self.transaction.message.discard)
        self.transaction = None

    def new_message(self) -> incoming.Incoming:
        """A message that is to come."""
        settings = self.host.settings
        return incoming.Incoming(
            max_size=settings.max_size,
            spool_above=settings.spool_above,
            new_spool=self.host.new_spool,
        )

    async def read_data(self, message: incoming.Incoming) -> None:
        """Read a message up to the dot that ends it."""
        started, rest = self.loop.time(), b""
        while not message.ended:
            wanted = message.refusal is None
            rest = message.feed(await self.next_chunk(started, message.received, wanted=wanted))
            if message.full:
                await self.in_thread(self.host.works, message.flush)
        self.put_back(rest)

    async def read_chunk(self, message: incoming.Incoming, size: int) -> None:
        """Read the next `size` octets of a message."""
        started, left = self.loop.time(), size
        while left:
            wanted = message.refusal is None
            octets = await self._octets(started, size - left, left, wanted=wanted)
            message.add(octets)
            left -= len(octets)
            if message.full:
                await self.in_thread(self.host.works, message.flush)

    async def skip(self, size: int) -> None:
        """Read `size` octets that belong to no message."""
        started, left = self.loop.time(), size
        while left:
            left -= len(await self._octets(started, size - left, left, wanted=False))

    async def _octets(self, started: float, received: int, most: int, *, wanted: bool) -> bytes:
        """What is there, but not more than `most`."""
        octets = await self.next_chunk(started, received, wanted=wanted)
        self.put_back(octets[most:])
        return octets[:most]

    async def take(self, transaction: Transaction) -> str:
        """End the transaction, whose message is here, and hand that over.

        Returns its id once it is durable; raises `errors.Refused`.
        """
        message = transaction.message
        assert message is not None
        if message.refusal:
            self.drop()
            raise message.refusal
        self.transaction = None
        name = secrets.token_hex(8)
        complete = functools.partial(self._envelope, transaction, self._trace(name, transaction))
        queued = await self._keep(message, complete)
        failpoints.hit("listener-before-250")
        connection.note(
            "mail accepted", id=queued, received=name, peer=self.address, size=message.size
        )
        return queued

    async def _keep(self, message: incoming.Incoming, complete: _Complete) -> str:
        """Hand the whole message over; returns its id once it is durable.

        That goes on to its end even if this connection does not.
        """
        if message.small:
            promise = self.ask(self._offer, message, complete)
        else:
            promise = await self.in_thread(self.host.works, self._offer, message, complete)
        return await self.kept(promise)

    def _offer(self, message: incoming.Incoming, complete: _Complete) -> "futures.Future[str]":
        """Make the message whole and hand it over; the promise of its id.

        What was surely not taken is thrown away. After an unforeseen error in `accept` nobody
        knows whether it was: its file stays, for the sweep of the store to judge.
        """
        try:
            content = message.content()
        except BaseException:
            message.discard()
            raise
        try:
            promise = self.host.accept(complete(content))
        except _NOT_TAKEN:
            message.discard()
            raise
        promise.add_done_callback(functools.partial(_drop_unless_taken, message))
        return promise

    def _envelope(self, transaction: Transaction, received: bytes, content: Content) -> Envelope:
        return Envelope(
            mail_from=transaction.sender.address,
            rcpt_tos=tuple(transaction.rcpts),
            content=content,
            trace=received,
            peer=self.peer,
            login=self.login,
            received_at=datetime.datetime.now(datetime.UTC),
            ret=transaction.sender.ret,
            envid=transaction.sender.envid,
        )

    def _trace(self, name: str, transaction: Transaction) -> bytes:
        return trace.received(
            self.peer,
            hostname=self.hostname,
            protocol=self._protocol(),
            name=name,
            sole=transaction.rcpts[0].address if len(transaction.rcpts) == 1 else None,
            now=datetime.datetime.now(datetime.UTC),
        )

    def _protocol(self) -> str:
        """Of the registry that RFC 3848 began: ESMTPSA with TLS and login."""
        if self.door.lmtp:
            return "LMTP"
        if not self.extended:
            return "SMTP"
        return f"ESMTP{'S' * self.secure}{'A' * (self.login is not None)}"


def _drop_unless_taken(message: incoming.Incoming, promise: "futures.Future[str]") -> None:
    if isinstance(promise.exception(), _NOT_TAKEN):
        message.discard()
