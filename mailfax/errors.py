"""What can go wrong, and what that means to everyone who hears of it.

Whoever meets a failure says at that place whether it is temporary, permanent or
unsure; SMTP replies, retries and receipts are all derived from that one word.

    MailfaxError
    ├── Temporary    surely not done, may work later       4xx, put off
    ├── Permanent    surely not done, never will be        5xx, failed
    ├── Unsure       nobody knows whether it was done      state `unsure`
    ├── Refused      an SMTP client is told no             carries the reply
    ├── Fenced       somebody else owns the row now        drop the work
    ├── Invalid      a file people hold is wrong           file:line:column
    └── Usage        the command line is wrong             exit code 2
"""

import dataclasses
import enum
from collections.abc import Sequence


class Cause(enum.StrEnum):
    """Why a fax did not arrive, in one language for all providers."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    NO_FAX_TONE = "no_fax_tone"
    BAD_NUMBER = "bad_number"
    NUMBER_CHANGED = "number_changed"
    NO_ROUTE = "no_route"
    BLOCKED = "blocked"
    REFUSED = "refused"
    HUNG_UP = "hung_up"
    PARTIAL = "partial"
    LINE_ERROR = "line_error"
    CONGESTION = "congestion"
    INCOMPATIBLE = "incompatible"
    OUT_OF_PAPER = "out_of_paper"
    NOT_POSSIBLE = "not_possible"
    NO_CREDIT = "no_credit"
    LOGIN_FAILED = "login_failed"
    UNSUPPORTED_DOCUMENT = "unsupported_document"
    CONVERSION_FAILED = "conversion_failed"
    TOO_LONG = "too_long"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    UNKNOWN = "unknown"
    """None of the above; always last, and counted wherever it is given."""


STATUS: dict[Cause, str] = {
    Cause.BUSY: "4.4.1",
    Cause.NO_ANSWER: "4.4.1",
    Cause.NO_FAX_TONE: "5.5.0",
    Cause.BAD_NUMBER: "5.1.1",
    Cause.NUMBER_CHANGED: "5.1.6",
    Cause.NO_ROUTE: "5.4.4",
    Cause.BLOCKED: "5.7.1",
    Cause.REFUSED: "5.7.1",
    Cause.HUNG_UP: "4.4.2",
    Cause.PARTIAL: "4.4.2",
    Cause.LINE_ERROR: "4.4.2",
    Cause.CONGESTION: "4.4.5",
    Cause.INCOMPATIBLE: "5.6.3",
    Cause.OUT_OF_PAPER: "4.2.2",
    Cause.NOT_POSSIBLE: "5.3.3",
    Cause.NO_CREDIT: "4.3.0",
    Cause.LOGIN_FAILED: "4.3.5",
    Cause.UNSUPPORTED_DOCUMENT: "5.6.1",
    Cause.CONVERSION_FAILED: "5.6.5",
    Cause.TOO_LONG: "5.3.4",
    Cause.CANCELLED: "5.0.0",
    Cause.TIMED_OUT: "4.4.7",
    Cause.UNKNOWN: "5.0.0",
}
"""Enhanced status code (RFC 3463) of each cause in a report. Class 4 stays class 4
even when we have given up: RFC 3464 section 2.3.3 allows it."""


class MailfaxError(Exception):
    """Anything mailfax says no to; `str()` is one sentence fit for a person."""


class Temporary(MailfaxError):
    """It was surely not done, and may work later."""

    def __init__(
        self, text: str, *, cause: Cause = Cause.UNKNOWN, not_before: float | None = None
    ) -> None:
        super().__init__(text)
        self.cause = cause
        self.not_before = not_before
        """Seconds to wait at the least, where the other side said so."""


class Permanent(MailfaxError):
    """It was surely not done, and will not work if tried again unchanged."""

    def __init__(self, text: str, *, cause: Cause = Cause.UNKNOWN) -> None:
        super().__init__(text)
        self.cause = cause


class Unsure(MailfaxError):
    """It may or may not have been done: ask before doing it again."""

    def __init__(self, text: str, *, cause: Cause = Cause.UNKNOWN) -> None:
        super().__init__(text)
        self.cause = cause


class Fenced(MailfaxError):
    """The lease was lost: another worker owns this row, and our result is dropped."""


class Refused(MailfaxError):
    """An SMTP client is told no: `code status text`, one reply line.

    `code` is the basic reply code (RFC 5321), `status` the enhanced one (RFC 3463) of
    the same class; `text` is for the person who wrote the mail.
    """

    def __init__(self, code: int, status: str, text: str) -> None:
        if str(code)[0] != status[0] or status[0] not in "45":
            raise ValueError(f"reply code {code} and status {status} are not of one class")
        super().__init__(text)
        self.code = code
        self.status = status

    @property
    def reply(self) -> str:
        """The reply line without line end."""
        return f"{self.code} {self.status} {self}"

    @property
    def temporary(self) -> bool:
        """Whether the client may try the same again."""
        return self.status.startswith("4")


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file that people hold; line and column count from 1, 0 is unknown."""

    file: str
    line: int
    column: int
    text: str
    other: str = ""
    """Another file that it is about."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.text}"


class Invalid(MailfaxError):
    """A config, rules or template file is wrong; all its problems at once, one a line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class Usage(MailfaxError):
    """The command line asks for something that makes no sense."""
