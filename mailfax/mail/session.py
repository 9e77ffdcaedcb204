"""The SMTP dialogue with one client: every verb, every reply.

RFC 5321 with PIPELINING (RFC 2920), SIZE (1870), 8BITMIME (6152), ENHANCEDSTATUSCODES (2034),
DSN (3461), CHUNKING (3030), STARTTLS (3207) and AUTH (4954); on a door for it LMTP (2033).
A verb says no by raising `errors.Refused`. One dialogue, and so one file.
"""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from mailfax import errors
from mailfax.mail import address, connection, logins, parameters, taking, terms
from mailfax.model import Peer, Rcpt

_LINE_LIMIT = 512
_LIMITS = {"MAIL": 1578, "RCPT": 1036, "AUTH": 12_288}
"""Octets of a command with CR LF: RFC 5321 section 4.5.3.1.4, and what RFC 3461 section 5.4,
RFC 1870, RFC 6152 and RFC 4954 add."""

_ERRORS = 20
"""Commands that make no sense, in one session, until it is ended."""

_REFUSALS = 100
"""Recipients and mails refused, likewise."""

_CHATTER = 100
"""Commands that bring no message nearer, between two messages."""

_LOGIN_TRIES = 5

_SENSELESS = frozenset({500, 501, 502, 503, 504, 530, 535, 538, 555})
_BEFORE_TLS = frozenset({"EHLO", "NOOP", "QUIT", "STARTTLS", "AUTH"})
_OTHER_PROTOCOLS = frozenset({"GET", "POST", "PUT", "CONNECT", "HEAD", "OPTIONS"})
"""What a browser says when it is led to a mail port: nothing behind it may be taken for SMTP."""

_LMTP_ONLY = frozenset({"LHLO"})
_SMTP_ONLY = frozenset({"HELO", "EHLO", "STARTTLS", "AUTH"})


class Session(taking.Taker):
    """One client, from EHLO to QUIT."""

    _quit = False
    _errors = 0
    _refusals = 0
    _chatter = 0
    _login_tries = 0

    async def converse(self) -> None:
        """Command after command, until QUIT or a 421."""
        try:
            await self._converse()
        finally:
            self.drop()

    async def _converse(self) -> None:
        while not self._quit:
            try:
                await self._obey(await self.next_line())
            except errors.Refused as refusal:
                await self._refuse(refusal)
            except OSError:  # the network's: our own come out of the threads as 451
                raise
            except Exception as error:  # noqa: BLE001 - a fault of ours is the client's 451
                await self._refuse(connection.trouble(error))

    def forget_client(self) -> None:
        """As the connection's, and the transaction with it."""
        super().forget_client()
        self.drop()

    async def _obey(self, line: bytes) -> None:
        verb, argument = _split(line)
        foreign = _SMTP_ONLY if self.door.lmtp else _LMTP_ONLY
        act = None if verb in foreign else self._verbs.get(verb)
        if verb in _OTHER_PROTOCOLS:
            raise errors.Refused(421, "4.7.0", "This is a mail server")
        if act is None:
            raise errors.Refused(500, "5.5.2", "That is no command known here")
        if verb != "BDAT":  # that reads its octets first, whatever there is to say
            self._check(verb, len(line) + 2)
        await act(self, argument)

    async def _refuse(self, refusal: errors.Refused) -> None:
        """Say no; raises 421 instead when the client has been told no too often."""
        if refusal.code == 421:
            raise refusal
        self._errors += refusal.code in _SENSELESS
        self._refusals += refusal.code >= 550 and refusal.code not in _SENSELESS
        if self._errors > _ERRORS or self._refusals > _REFUSALS:
            raise errors.Refused(421, "4.7.0", "Too many errors, goodbye")
        await self.say_no(refusal)

    def _check(self, verb: str, size: int) -> None:
        if size > _LIMITS.get(verb, _LINE_LIMIT):
            raise errors.Refused(500, "5.5.2", "Line too long")
        self._check_tls(verb)
        self._count(verb)

    def _check_tls(self, verb: str) -> None:
        """A port for logins wants TLS first, where there is any (RFC 3207 section 4)."""
        wanted = self.door.require_auth and self.host.tls is not None
        if wanted and not self.secure and verb not in _BEFORE_TLS:
            raise errors.Refused(530, "5.7.0", "Say STARTTLS first")

    def _count(self, verb: str) -> None:
        self._chatter += verb not in {"MAIL", "RCPT", "DATA", "QUIT"}
        if self._chatter > _CHATTER:
            raise errors.Refused(421, "4.7.0", "Too much talk and no mail, goodbye")

    # ── who are you ────────────────────────────────────────────────────────────────────

    async def _helo(self, argument: str) -> None:
        self._greet(argument, extended=False)
        await self.say(250, "", self.hostname)

    async def _ehlo(self, argument: str) -> None:
        self._greet(argument, extended=True)
        words = [self.hostname, *self._extensions()]
        lines = [f"250-{word}\r\n" for word in words]
        await self.send(f"{''.join(lines)}250 HELP\r\n".encode("ascii"))

    def _greet(self, name: str, *, extended: bool) -> None:
        if not name or len(name) > 255 or " " in name or not name.isprintable():
            raise errors.Refused(501, "5.5.4", "Say who you are: one host name")
        self.helo = name
        self.extended = extended
        self.drop()

    def _extensions(self) -> list[str]:
        words = ["PIPELINING", f"SIZE {self.host.settings.max_size}", "8BITMIME"]
        words += ["ENHANCEDSTATUSCODES", "DSN", "CHUNKING"]
        if self.door.lmtp:
            return words
        words += ["STARTTLS"] if self.host.tls and not self.secure else []
        mechanisms = ["PLAIN LOGIN"] if self.host.logins and self.secure else []
        mechanisms += ["EXTERNAL"] if self.peer.certificate else []
        words += [f"AUTH {' '.join(mechanisms)}"] if mechanisms else []
        return words

    async def _starttls(self, argument: str) -> None:
        _no_argument(argument)
        if self.secure:
            raise errors.Refused(503, "5.5.1", "TLS is on already")
        if self.host.tls is None:
            raise errors.Refused(502, "5.5.1", "There is no TLS here")
        await self.secure_now()

    async def _auth(self, argument: str) -> None:
        self._check_auth()
        external = argument.upper().split(" ")[0] == "EXTERNAL"
        name, password = await self._exchange(argument)
        if external:
            name = logins.certified(name, self.peer.certificate)
        elif not await self.in_thread(self.host.checks, self.host.logins.verify, name, password):
            name = ""
        if not name:
            raise self._wrong_login()
        self.login = name
        connection.note("login", login=name, peer=self.address)
        await self.say(235, "2.7.0", "Welcome")

    def _check_auth(self) -> None:
        self._require_helo()
        if not self.host.logins and not self.peer.certificate:
            raise errors.Refused(502, "5.5.1", "There are no logins here")
        if not self.secure:
            raise errors.Refused(538, "5.7.11", "Say STARTTLS first, passwords need it")
        if self.login is not None:
            raise errors.Refused(503, "5.5.1", "You are logged in already")
        if self.transaction is not None:
            raise errors.Refused(503, "5.5.1", "Not within a mail")

    async def _exchange(self, argument: str) -> tuple[str, str]:
        mechanism, _, initial = argument.partition(" ")
        if not mechanism:
            raise errors.Refused(501, "5.5.4", "Say AUTH PLAIN or AUTH LOGIN")
        dialogue = logins.exchange(mechanism.upper(), initial.encode("ascii") or None)
        try:
            challenge = next(dialogue)
            while True:
                await self.send(f"334 {challenge}\r\n".encode("ascii"))
                challenge = dialogue.send(await self.next_line())
        except StopIteration as end:
            name, password = end.value
            return name, password

    def _wrong_login(self) -> errors.Refused:
        self._login_tries += 1
        connection.note("login refused", peer=self.address, tries=self._login_tries)
        if self._login_tries >= _LOGIN_TRIES:
            return errors.Refused(421, "4.7.0", "Too many failed logins, goodbye")
        return errors.Refused(535, "5.7.8", "Login refused")

    # ── the mail ───────────────────────────────────────────────────────────────────────

    async def _mail(self, argument: str) -> None:
        self._require_helo()
        if self.transaction is not None:
            raise errors.Refused(503, "5.5.1", "One mail at a time")
        if self.door.require_auth and self.login is None:
            raise errors.Refused(530, "5.7.0", "Log in first")
        sender = parameters.mail(argument)
        self._check_sender(sender)
        self.ask(self.host.ready, sender.size or 0)
        self.transaction = taking.Transaction(sender)
        await self.say(250, "2.1.0", "Sender fine")

    def _check_sender(self, sender: parameters.Sender) -> None:
        domain = address.split(sender.address)[1]
        if self.door.require_auth and sender.address and "." not in domain:
            raise errors.Refused(554, "5.1.8", "The sender's domain is not a full one")
        if sender.size is not None and sender.size > self.host.settings.max_size:
            limit = self.host.settings.max_size
            raise errors.Refused(552, "5.3.4", f"The mail is larger than {limit} octets")

    async def _rcpt(self, argument: str) -> None:
        transaction = self._require_mail()
        if transaction.message:
            raise errors.Refused(503, "5.5.1", "The message has begun")
        rcpt = parameters.rcpt(argument)
        if len(transaction.rcpts) >= self.host.settings.max_recipients:
            raise errors.Refused(452, "4.5.3", "Enough recipients for one mail, send another")
        self.ask(self._admit, transaction, self.peer, rcpt)
        transaction.rcpts.append(rcpt)
        await self.say(250, "2.1.5", "Recipient fine")

    def _admit(self, transaction: taking.Transaction, peer: Peer, rcpt: Rcpt) -> None:
        """Read the number, and ask whether it may be faxed to."""
        domains = self.host.settings.domains
        person = address.is_postmaster(rcpt.address, domains)
        person = person or bool(address.confirmation(rcpt.address, domains))
        self.host.admit(
            terms.Admission(
                mail_from=transaction.sender.address,
                rcpt=rcpt,
                recipient=None
                if person
                else address.parse_recipient(rcpt.address, domains, self.host.country()),
                peer=peer,
                login=self.login,
                size=transaction.sender.size,
                recipients=len(transaction.rcpts),
            )
        )

    async def _data(self, argument: str) -> None:
        _no_argument(argument)
        transaction = self._require_rcpts()
        if transaction.message:
            raise errors.Refused(503, "5.5.1", "Go on with BDAT, as you began, or say RSET")
        message = transaction.message = self.new_message()
        await self.send(b"354 End data with <CR><LF>.<CR><LF>\r\n")
        await self.read_data(message)
        await self._finish(transaction)

    async def _bdat(self, argument: str) -> None:
        """One chunk; refused or not, its octets are no commands (RFC 3030 section 2)."""
        size, last = parameters.bdat(argument)
        try:
            self._check_tls("BDAT")
            transaction = self._require_rcpts()
        except errors.Refused:
            await self.skip(size)
            raise
        message = transaction.message = transaction.message or self.new_message()
        await self.read_chunk(message, size)
        if last:
            message.end()
            await self._finish(transaction)
        elif message.refusal:
            self.drop()
            raise message.refusal
        else:
            await self.say(250, "2.0.0", f"{size} octets received")

    async def _finish(self, transaction: taking.Transaction) -> None:
        """The final reply; LMTP wants one for each recipient (RFC 2033 section 4.2)."""
        copies = len(transaction.rcpts) - 1 if self.door.lmtp else 0
        try:
            queued = await self.take(transaction)
        except errors.Refused as refusal:
            for _ in range(copies):
                await self.say_no(refusal)
            raise
        self._chatter = 0
        for _ in range(copies + 1):
            await self.say(250, "2.6.0", f"Queued as {queued}")

    # ── the rest ───────────────────────────────────────────────────────────────────────

    async def _rset(self, argument: str) -> None:
        _no_argument(argument)
        self.drop()
        await self.say(250, "2.0.0", "Forgotten")

    async def _noop(self, _: str) -> None:
        await self.say(250, "2.0.0", "Here")

    async def _help(self, _: str) -> None:
        await self.say(214, "2.0.0", "Send mail to number@ and it is faxed")

    async def _vrfy(self, argument: str) -> None:
        if not argument:
            raise errors.Refused(501, "5.5.4", "VRFY takes an address")
        await self.say(252, "2.0.0", "Send a mail and see")

    async def _expn(self, _: str) -> None:
        raise errors.Refused(502, "5.5.1", "There are no lists here")

    async def _bye(self, argument: str) -> None:
        _no_argument(argument)
        self._quit = True
        await self.say(221, "2.0.0", "Goodbye")

    def _require_helo(self) -> None:
        if not self.helo:
            word = "LHLO" if self.door.lmtp else "EHLO"
            raise errors.Refused(503, "5.5.1", f"Say {word} first")

    def _require_mail(self) -> taking.Transaction:
        if self.transaction is None:
            raise errors.Refused(503, "5.5.1", "Say MAIL first")
        return self.transaction

    def _require_rcpts(self) -> taking.Transaction:
        transaction = self._require_mail()
        if not transaction.rcpts:
            code = 503 if self.door.lmtp else 554  # RFC 2033 section 4.2, RFC 5321 section 3.3
            raise errors.Refused(code, "5.5.1", "No recipient was accepted")
        return transaction

    _verbs: ClassVar[dict[str, Callable[["Session", str], Awaitable[None]]]] = {
        "HELO": _helo,
        "EHLO": _ehlo,
        "LHLO": _ehlo,
        "STARTTLS": _starttls,
        "AUTH": _auth,
        "MAIL": _mail,
        "RCPT": _rcpt,
        "DATA": _data,
        "BDAT": _bdat,
        "RSET": _rset,
        "NOOP": _noop,
        "HELP": _help,
        "VRFY": _vrfy,
        "EXPN": _expn,
        "QUIT": _bye,
    }


def _split(line: bytes) -> tuple[str, str]:
    """Verb in upper case, and what follows it."""
    verb, _, argument = line.decode("latin-1").partition(" ")
    if line.isascii():
        return verb.upper(), argument.strip(" ")
    if verb.upper() in {"MAIL", "RCPT"}:
        raise errors.Refused(553, "5.6.7", "Addresses here are ASCII")
    raise errors.Refused(500, "5.5.2", "Commands are ASCII")


def _no_argument(argument: str) -> None:
    if argument:
        raise errors.Refused(501, "5.5.4", "This command stands alone")
