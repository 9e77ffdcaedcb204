"""InterFAX's return codes and transaction states, and what they mean for a fax.

The SOAP services answer every refusal with a negative integer, the REST service with the same
number in its error body. Sources: the Admin manual's appendix A and the vendor's pages on
return codes; what is neither is marked "inference".
"""

import dataclasses

from mailfax import errors
from mailfax.model import Outcome


class Gone(errors.Permanent):
    """What was asked about is not there, or is not ours."""


class Beyond(errors.Permanent):
    """The image ends before the octet that was asked for."""


class Unknown(errors.Unsure):
    """The service said no to a request that changes something, with a code nobody knows."""


@dataclasses.dataclass(frozen=True, slots=True)
class Meaning:
    """What one return code says, in our words; Unsure is Temporary where nothing changes."""

    kind: type[errors.Temporary | errors.Permanent | errors.Unsure]
    text: str
    cause: errors.Cause = errors.Cause.UNKNOWN
    not_before: float | None = None


T, P, U = errors.Temporary, errors.Permanent, errors.Unsure
Cause = errors.Cause

COMMON: dict[int, Meaning] = {
    -150: Meaning(U, "the provider has an internal error"),
    -310: Meaning(P, "the login is no primary user, or has no right to that user"),
    -311: Meaning(Gone, "that transaction belongs to another user"),
    -666: Meaning(P, "the provider keeps that account elsewhere"),
    -1003: Meaning(T, "the provider refuses the login", Cause.LOGIN_FAILED),
    -1005: Meaning(Gone, "the provider has no such transaction"),
    -1009: Meaning(Gone, "the provider has no image of that fax"),
    -1011: Meaning(T, "the provider was asked too often", not_before=60),
    -1876: Meaning(
        T, "the provider saw too many logins and is closed for an hour", not_before=3600
    ),
    -2003: Meaning(T, "the provider refuses this host's address", Cause.LOGIN_FAILED),
}
"""Codes that any operation may give."""

SENDING: dict[int, Meaning] = COMMON | {
    -111: Meaning(P, "a developer's account faxes only to its one number", Cause.BLOCKED),
    -112: Meaning(P, "the provider says that the fax number is invalid", Cause.BAD_NUMBER),
    -114: Meaning(P, "a fax can be put off by 30 days at the most"),
    -123: Meaning(P, "the provider found no document it can fax", Cause.UNSUPPORTED_DOCUMENT),
    -312: Meaning(P, "that fax was mailed again already"),
    -677: Meaning(T, "the login has no sending service", Cause.LOGIN_FAILED),
    -710: Meaning(P, "the query asks for neither items nor counts"),
    -1002: Meaning(P, "there are not as many file types as sizes"),
    -1004: Meaning(P, "a file has no type", Cause.UNSUPPORTED_DOCUMENT),
    -1007: Meaning(P, "a file size is no number above zero"),
    -1008: Meaning(P, "the file sizes do not sum up to the data"),
    -1010: Meaning(P, "the file type has two switches that contradict each other"),
    -1030: Meaning(P, "the provider does not understand the query"),
    -1059: Meaning(P, "the provider does not take so many files", Cause.TOO_LONG),
    -1061: Meaning(T, "the provider misses a chunk of the document"),
    -1062: Meaning(T, "the provider has lost the upload"),
    -1063: Meaning(P, "the provider does not take so large a document", Cause.TOO_LONG),
    -1066: Meaning(P, "the transaction has several faxes chained to it"),
    -2037: Meaning(T, "the account has no credit", Cause.NO_CREDIT),
}
"""Codes of the sending service. An upload is begun anew, so losing one is Temporary."""

RECEIVING: dict[int, Meaning] = COMMON | {
    -1030: Meaning(P, "the provider does not understand the query"),
    -3001: Meaning(Gone, "the provider has no such received fax"),
    -3002: Meaning(Beyond, "the image of the received fax ends before that"),
    -3003: Meaning(Gone, "the provider has no image of that received fax"),
    -3004: Meaning(T, "the image of the received fax is empty"),
    -3005: Meaning(P, "the provider gives no chunks of that size"),
    -3006: Meaning(P, "a list must have one item at the least"),
    -3007: Meaning(P, "only a primary user sees the faxes of all users"),
}
"""Codes of the inbound service. An image may still be written: an empty one is asked for again."""

ADMIN: dict[int, Meaning] = COMMON | {
    -320: Meaning(P, "that domain and user exist already"),
    -321: Meaning(P, "domain and user are both required"),
    -322: Meaning(P, "the account may not use that domain"),
    -1020: Meaning(P, "the account has too many users"),
    -2010: Meaning(P, "the user name is in use"),
    -2011: Meaning(P, "the password must have 3 to 16 letters and digits"),
    -2012: Meaning(P, "the provider knows no such time zone"),
    -2013: Meaning(P, "the user name must begin with the account's prefix and a dot"),
    -2014: Meaning(Gone, "the provider knows no such user"),
    -2015: Meaning(P, "the user name must have 20 characters at the most"),
    -2016: Meaning(P, "a user cannot close itself"),
    -2017: Meaning(P, "the CSID must have 20 characters at the most"),
    -2020: Meaning(P, "FeedbackType is wrong"),
    -2021: Meaning(P, "FeedbackFormat is wrong"),
    -2022: Meaning(P, "AllowedSenders is wrong"),
    -2023: Meaning(P, "DefaultPageSize is wrong"),
    -2024: Meaning(P, "DefaultPageOrientation is wrong"),
    -2025: Meaning(P, "DefaultPageResolution is wrong"),
    -2026: Meaning(P, "DefaultRenderingQuality is wrong"),
    -2027: Meaning(P, "DefaultRetriesToPerform is wrong"),
    -2028: Meaning(P, "the provider knows no such country"),
    -2030: Meaning(Gone, "the user has no sending service"),
    -2031: Meaning(P, "the user has a sending service already"),
    -2032: Meaning(P, "the user has a receiving service already"),
    -2033: Meaning(T, "the provider has no numbers left there"),
    -2034: Meaning(P, "that address is there already"),
    -2035: Meaning(Gone, "that address is not there"),
    -2036: Meaning(Gone, "the user has no receiving service"),
    -2037: Meaning(T, "the account has no credit", Cause.NO_CREDIT),
    -2040: Meaning(P, "the range of dates is wrong"),
    -2041: Meaning(P, "the range of dates begins more than 60 days ago"),
    -2050: Meaning(P, "EmailFormat is wrong"),
    -2051: Meaning(P, "EmailImageFormat is wrong"),
    -2052: Meaning(P, "WebFeedBackMethod is wrong"),
    -2053: Meaning(P, "AttachmentFormat is wrong"),
    -2054: Meaning(P, "DeleteAfterUsage is wrong"),
}
"""Codes of the Admin service. Of -2032 a newer page says the contrary; the manual is followed."""


FAILURES: dict[int, errors.Cause] = {
    1: Cause.HUNG_UP,  # an internal error, the line dropped in mid-call
    2: Cause.LINE_ERROR,
    12: Cause.LINE_ERROR,
    263: Cause.BUSY,
    205000: Cause.NO_CREDIT,  # waited for credit for a day
}
"""Positive states that are documented; the rest of the table is lost, and they become unknown."""


def outcome(status: int) -> Outcome:
    """By the sign alone: negative is under way, 0 sent, positive failed for good."""
    if status == 0:
        return Outcome.DELIVERED
    return Outcome.PENDING if status < 0 else Outcome.FAILED


def cause(status: int, pages_sent: int | None, pages: int | None) -> errors.Cause | None:
    """Why a fax failed; None for one that did not. A part that went over outweighs the rest."""
    if status <= 0:
        return None
    if 0 < (pages_sent or 0) < (pages or 0):
        return errors.Cause.PARTIAL
    return FAILURES.get(status, errors.Cause.UNKNOWN)
