"""One message on its way in: the wire form of DATA undone piece by piece, or the chunks of BDAT.

Only CRLF . CRLF ends the data (RFC 5321 section 4.1.1.4); a leading dot is removed exactly once
(section 4.5.2). Chunks are counted, and a dot is a dot (RFC 3030). A lone CR or LF, a
line above 1000 octets or a message above the limit is read to its end, kept nowhere, and refused.
Small messages stay in memory, large ones go to a spool.
"""

import contextlib
import hashlib
import io
import threading
from collections.abc import Callable
from typing import Protocol

from mailfax import errors
from mailfax.model import Content

_END = b"\r\n.\r\n"
_LINE_LIMIT = 1000
"""Octets of one text line with CR LF, RFC 5321 section 4.5.3.1.6."""

_BLOCK = 131_072
"""Octets gathered before a thread writes them to the spool."""


class Spool(Protocol):
    """A file that a large message is written to while it arrives."""

    def write(self, data: bytes) -> None:
        """Append octets."""

    def finish(self) -> Content:
        """Make it durable; blocking."""

    def discard(self) -> None:
        """Throw it away, also after `finish`."""


class Incoming:
    """Takes the octets after DATA by `feed` until `ended`, or those of BDAT by `add` until `end`;
    then `refusal` or `content` tells the outcome.

    `feed`, `add`, `end` and what they change belong to the event loop; `flush`, `content` and
    `discard` block and belong to threads.
    """

    def __init__(self, *, max_size: int, spool_above: int, new_spool: Callable[[], Spool]) -> None:
        self.ended = False
        self.refusal: errors.Refused | None = None
        self.received = 0
        """Octets that came over the wire."""
        self.size = 0
        """Octets of the message proper: no dots that were stuffed in."""
        self._open = b"\r\n"
        self._max_size = max_size
        self._spool_above = spool_above
        self._new_spool = new_spool
        self._spool: Spool | None = None
        self._trouble: BaseException | None = None
        self._kept = bytearray()
        self._lock = threading.Lock()

    @property
    def full(self) -> bool:
        """Whether so much is held in memory that `flush` is due."""
        return len(self._kept) > (_BLOCK if self._spool else self._spool_above)

    @property
    def small(self) -> bool:
        """Whether all of it is in memory and may stay there: `content` then waits for nothing."""
        return self._spool is None and not self.full and self._trouble is None

    def feed(self, chunk: bytes) -> bytes:
        """Take a chunk; returns what follows the end of the data, empty before it."""
        self.received += len(chunk)
        block = self._open + chunk
        dotted = b"." in block and b"\r\n." in block
        end = block.find(_END) if dotted else -1
        self.ended = end >= 0
        cut = 2 + (end if self.ended else block.rfind(b"\r\n"))
        if self.refusal is None:
            self._take(block, cut, dotted=dotted)
        if self.ended:
            return block[end + len(_END) :]
        self._open = block[cut - 2 :] if self.refusal is None else block[1 - len(_END) :]
        return b""

    def add(self, octets: bytes) -> None:
        """Take octets of a chunk, all of which belong to the message."""
        self.received += len(octets)
        block = self._open + octets
        cut = 2 + block.rfind(b"\r\n")
        if self.refusal is None:
            self._take(block, cut, dotted=False)
        self._open = block[cut - 2 :] if self.refusal is None else b"\r\n"

    def end(self) -> None:
        """The last chunk was here; a last line without its CR LF gets one."""
        if self._open != b"\r\n":
            self.add(b"\r\n")
        self.ended = True

    def flush(self) -> None:
        """Move what memory holds to the spool; trouble with it is told by `content`."""
        with self._lock:
            kept, self._kept = self._kept, bytearray()
            if self._trouble is None:
                self._write(bytes(kept))

    def content(self) -> Content:
        """The finished message, durable when it lies in a spool; raises what the spool raised."""
        if self.small:
            data = bytes(self._kept)
            return Content(size=len(data), sha256=hashlib.sha256(data).hexdigest(), data=data)
        self.flush()
        if self._trouble is not None:
            raise self._trouble
        assert self._spool is not None
        return self._spool.finish()

    def discard(self) -> None:
        """Forget the message for good; waits for a `flush` that is under way.

        A file that will not go is left to the sweep of the store.
        """
        with self._lock:
            self._trouble = errors.Temporary("The message was given up")
            self._kept.clear()
            if self._spool:
                with contextlib.suppress(OSError):
                    self._spool.discard()

    def _write(self, data: bytes) -> None:
        try:
            self._spool = self._spool or self._new_spool()
            self._spool.write(data)
        except BaseException as error:  # noqa: BLE001 - raised once the data has ended
            self._trouble = error

    def _take(self, block: bytes, cut: int, *, dotted: bool) -> None:
        """Keep the whole lines of `block`, which starts with the CR LF of the line before them.

        Behind `cut` stands a line that is not whole yet, or what follows the end. Without dots
        nothing is copied but to keep it: fresh memory is what costs most here (measured).
        """
        rest = b"" if self.ended else block[cut:]
        if dotted:
            block = block[:cut].replace(b"\r\n.", b"\r\n")
            cut = len(block)
        self.size += cut - 2
        self.refusal = self._flaw(block, cut, rest)
        if self.refusal is None:
            self._kept += memoryview(block)[2:cut]
        else:
            self._kept.clear()

    def _flaw(self, block: bytes, cut: int, rest: bytes) -> errors.Refused | None:
        if _has_lone_ends(memoryview(block)[:cut], rest):
            return errors.Refused(550, "5.6.0", "The message has a lone CR or LF")
        if len(rest) > _LINE_LIMIT + 1 or _has_long_line(block, cut):
            return errors.Refused(554, "5.6.0", f"A line is longer than {_LINE_LIMIT} octets")
        if self.size > self._max_size:
            return errors.Refused(552, "5.3.4", f"The mail is larger than {self._max_size} octets")
        return None


def _has_lone_ends(lines: memoryview, rest: bytes) -> bool:
    """Whether a CR or LF stands alone; `rest` may end in the CR of a CR LF that is to come.

    The decoder notes every kind of line end that it sees, in one pass: four times as fast as
    counting them (measured).
    """
    decoder = io.IncrementalNewlineDecoder(None, translate=False)
    decoder.decode(str(lines, "latin-1"))
    return decoder.newlines != "\r\n" or b"\n" in rest or b"\r" in rest[:-1]


def _has_long_line(block: bytes, cut: int) -> bool:
    """Whether one of the whole lines before `cut` has more than 1000 octets with its CR LF."""
    start = 0
    while start < cut:
        end = block.rfind(b"\n", start, start + _LINE_LIMIT)
        if end < 0:
            return True
        start = end + 1
    return False
