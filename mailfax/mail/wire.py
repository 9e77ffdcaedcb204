"""The octets of one SMTP session, read as lines or as chunks, each by a deadline.

Only CR LF ends a line (RFC 5321 section 2.3.8). A line broken by a lone CR or LF, or too long, is
refused once and what is left of it up to its CR LF is dropped unread, so that nothing hidden
behind a bare LF is ever taken for a command.
"""

import asyncio
import functools
import math
import re
import textwrap

from mailfax import errors

_CHUNK = 131_072
"""Octets read at once at the most."""

_LINE_LIMIT = 12_288
"""Octets of the longest line, a base64 answer in AUTH (RFC 4954 section 4)."""

_REPLY_LIMIT = 500
"""Octets of one reply line without CR LF; RFC 5321 section 4.5.3.1.5 allows 512 with it."""


_UNPRINTABLE = re.compile(r"[^ -~]")


class Gone(ConnectionError):
    """The client has closed its side."""


class Wire:
    """What came from the client and has not been used yet."""

    def __init__(self, reader: asyncio.StreamReader, loop: asyncio.AbstractEventLoop) -> None:
        self._reader = reader
        self._loop = loop
        self._deadline = math.inf
        self._timer: asyncio.TimerHandle | None = None
        self._held = bytearray()
        self._skipping = False

    async def line(self, deadline: float) -> bytes:
        """The next line without its CR LF, complete by `deadline` (loop time).

        Raises `errors.Refused` 500 for a line that is none, TimeoutError, or `Gone`.
        """
        while True:
            line = self._take_line()
            if line is not None:
                return line
            self._held += await self._read(deadline)

    async def chunk(self, deadline: float) -> bytes:
        """Whatever is there, at least one octet; raises as `line` for what ends a session."""
        if not self._held:
            return await self._read(deadline)
        chunk = bytes(self._held)
        self._held.clear()
        return chunk

    def put_back(self, data: bytes) -> None:
        """Octets that belong to what is read next."""
        self._held[:0] = data

    def forget(self) -> None:
        """Drop what was sent in the clear before TLS (RFC 3207 section 4.2)."""
        self._held.clear()
        self._skipping = False

    async def _read(self, deadline: float) -> bytes:
        self._watch(deadline)
        try:
            data = await self._reader.read(_CHUNK)
        finally:
            self._deadline = math.inf
        if not data:
            raise Gone
        return data

    def _watch(self, deadline: float) -> None:
        """Let a read end at this time. One timer serves many reads: `asyncio.timeout` makes and
        cancels one for each, which took 6 % of a small mail's time.
        """
        self._deadline = deadline
        if self._timer and self._timer.when() > deadline:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_at(deadline, self._overdue)

    def _overdue(self) -> None:
        """A read that is late raises TimeoutError, and so does every later one."""
        self._timer = None
        if self._deadline <= self._loop.time():
            self._reader.set_exception(TimeoutError())
        elif self._deadline < math.inf:
            self._watch(self._deadline)

    def close(self) -> None:
        """Nothing is read any more."""
        if self._timer:
            self._timer.cancel()

    def _take_line(self) -> bytes | None:
        """The next whole line that is not the rest of a refused one."""
        while (end := self._held.find(b"\n")) >= 0:
            line = bytes(self._held[: end + 1])
            del self._held[: end + 1]
            if not line.endswith(b"\r\n"):
                raise self._malformed("Lines end in CR LF, nothing else")
            if not self._skipping:
                return _checked(line[:-2])
            self._skipping = False
        self._refuse_overflow()
        return None

    def _refuse_overflow(self) -> None:
        if self._skipping:
            del self._held[:-1]
        elif len(self._held) > _LINE_LIMIT:
            raise self._malformed("Line too long")

    def _malformed(self, text: str) -> errors.Refused:
        self._skipping = True
        return errors.Refused(500, "5.5.2", text)


def _checked(line: bytes) -> bytes:
    if len(line) + 2 > _LINE_LIMIT:
        raise errors.Refused(500, "5.5.2", "Line too long")
    if b"\r" in line or b"\0" in line:
        raise errors.Refused(500, "5.5.2", "A lone CR or NUL has no place in a line")
    return line


@functools.lru_cache(maxsize=256)
def reply(code: int, status: str, text: str) -> bytes:
    """A reply in as many lines as it needs, each with code and status, printable ASCII only.

    `status` is empty for the replies that take none: greeting, EHLO, 3yz (RFC 2034).
    """
    start = f"{code} {status} " if status else f"{code} "
    plain = _UNPRINTABLE.sub("?", text)
    room = _REPLY_LIMIT - len(start)
    lines = [plain] if len(plain) <= room else textwrap.wrap(plain, room)
    more = "".join(f"{start.replace(' ', '-', 1)}{line}\r\n" for line in lines[:-1])
    return f"{more}{start}{lines[-1]}\r\n".encode("ascii")
