"""Popfax's numbers: what became of a fax, and what the service says to a request.

Both tables stand at the end of the manual. 0 is a failed fax in the first, and success as the
answer of a method; only 101 to 111 are ever errors of a request. Which Cause and class each
means is inference from the manual's few words.
"""

import dataclasses
from collections.abc import Mapping

from mailfax import errors
from mailfax.model import Outcome


@dataclasses.dataclass(frozen=True, slots=True)
class Status:
    """A fax's status: the manual's letters, and what it means."""

    code: str
    outcome: Outcome
    cause: errors.Cause | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Meaning:
    """What the service says to a request, in our words; `kind` is the error it is."""

    code: str
    kind: type[errors.Temporary | errors.Permanent | errors.Unsure]
    text: str
    cause: errors.Cause = errors.Cause.UNKNOWN


def _failed(code: str, cause: errors.Cause) -> Status:
    return Status(code, Outcome.FAILED, cause)


ANSWERS: Mapping[int, Meaning] = {
    101: Meaning(
        "BL", errors.Permanent, "the provider says that a number is bad", errors.Cause.BAD_NUMBER
    ),
    102: Meaning(
        "NT",
        errors.Permanent,
        "the provider found no document",
        errors.Cause.UNSUPPORTED_DOCUMENT,
    ),
    103: Meaning(
        "MF",
        errors.Permanent,
        "the provider takes at most 50 numbers at once",
        errors.Cause.NOT_POSSIBLE,
    ),
    104: Meaning(
        "NC",
        errors.Temporary,
        "the provider's account has not enough credits",
        errors.Cause.NO_CREDIT,
    ),
    105: Meaning(
        "SE",
        errors.Permanent,
        "the provider cannot convert the document",
        errors.Cause.CONVERSION_FAILED,
    ),
    106: Meaning(
        "UF",
        errors.Permanent,
        "the provider does not take this type of file",
        errors.Cause.UNSUPPORTED_DOCUMENT,
    ),
    107: Meaning(
        "AF", errors.Temporary, "the provider refuses the login", errors.Cause.LOGIN_FAILED
    ),
    108: Meaning(
        "NR", errors.Permanent, "the provider found no recipients", errors.Cause.BAD_NUMBER
    ),
    109: Meaning(  # "mail accepted" is no error, and without a registration no success
        "MA", errors.Unsure, "the provider accepted the request and named no registration"
    ),
    110: Meaning(  # the manual: a registration is named in case of success, so there is none
        "GF", errors.Temporary, "the provider had a general failure"
    ),
    111: Meaning(
        "DF",
        errors.Permanent,
        "the provider cannot use the recipient's address",
        errors.Cause.BAD_NUMBER,
    ),
}
"""Answers to a request, "Popfax statuses"."""

STATUSES: Mapping[int, Status] = {
    0: _failed("FA", errors.Cause.UNKNOWN),
    1: Status("OK", Outcome.DELIVERED),
    2: Status("IQ", Outcome.PENDING),
    3: _failed("NF", errors.Cause.NO_FAX_TONE),
    4: _failed("IT", errors.Cause.PARTIAL),
    5: _failed("CF", errors.Cause.LINE_ERROR),
    6: _failed("BU", errors.Cause.BUSY),
    7: _failed("CR", errors.Cause.REFUSED),
    8: _failed("CE", errors.Cause.CONVERSION_FAILED),
    9: _failed("NA", errors.Cause.NO_ANSWER),
    10: _failed("IN", errors.Cause.BAD_NUMBER),
    11: _failed("SB", errors.Cause.CONGESTION),
    12: _failed("BA", errors.Cause.LINE_ERROR),
    13: _failed("LP", errors.Cause.LINE_ERROR),
    14: _failed("CS", errors.Cause.UNSUPPORTED_DOCUMENT),
    15: _failed("RF", errors.Cause.HUNG_UP),
    **{
        number: Status(answer.code, Outcome.PENDING)
        if answer.kind is errors.Unsure
        else _failed(answer.code, answer.cause)
        for number, answer in ANSWERS.items()
    },
}
"""Of a fax, "Fax statuses"; an answer to the request may stand in their place."""


QUEUED = 2
"""What stands for "not known yet"."""


def status(number: int) -> Status:
    """What a fax's status means; one that the manual does not know leaves the fax pending."""
    return STATUSES.get(number, Status("?", Outcome.PENDING))


class Gone(errors.Permanent):
    """What was asked about is not there, or is not ours."""


class Nil(errors.Temporary):
    """The service answered nothing where something is due: a wrong login, or no such object."""
