"""Telephone numbers: what people write, turned into E.164 and back.

Ambiguous means refused, never guessed. Only ASCII digits are digits (RFC 3191 ABNF),
and at most 15 follow the plus (E.164).
"""

import dataclasses
import functools
import re
import typing

from mailfax import errors

_WRITTEN = re.compile(r"\+?[0-9(][0-9 ().\-/]*")
_PUNCTUATION = re.compile(r"[ ().\-/]")


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class FaxNumber:
    """A telephone number in E.164: `digits` without the plus."""

    digits: str

    def __post_init__(self) -> None:
        if not (self.digits.isascii() and self.digits.isdigit() and 4 <= len(self.digits) <= 15):
            raise errors.Permanent(
                f"{self.digits!r} is not a number in E.164", cause=errors.Cause.BAD_NUMBER
            )

    def __str__(self) -> str:
        return f"+{self.digits}"

    def display(self) -> str:
        """The number as its country writes it internationally, as `+1 202-555-0123`."""
        return _facts(self.digits).display

    def masked(self) -> str:
        """The number for logs: country and last two digits stay, as `+1********23`."""
        code = _facts(self.digits).code
        hidden = "*" * max(0, len(self.digits) - len(code) - 2)
        return f"+{code}{hidden}{self.digits[-2:]}"

    def country(self) -> str | None:
        """ISO 3166 code of the country, as `US`; None for numbers of no country."""
        return _facts(self.digits).country

    def kind(self) -> str:
        """What the numbering plan says: `fixed`, `mobile`, `premium`, `toll_free` …"""
        return _facts(self.digits).kind


@dataclasses.dataclass(frozen=True, slots=True)
class _Facts:
    """What the numbering plan says about one number."""

    display: str
    code: str
    country: str | None
    kind: str


@functools.lru_cache(maxsize=4096)
def _facts(digits: str) -> _Facts:
    """Looked up once: the library takes 0.1 ms for each question, and a mail asks eight."""
    library = _library()
    try:
        parsed = library.parse(f"+{digits}", None)
    except library.NumberParseException:  # no country has such a code, as in some caller ids
        return _Facts(f"+{digits}", "", None, "unknown")
    region = library.region_code_for_number(parsed)
    return _Facts(
        display=str(library.format_number(parsed, library.PhoneNumberFormat.INTERNATIONAL)),
        code=str(parsed.country_code),
        country=str(region) if region else None,
        kind=_KINDS.get(library.number_type(parsed), "unknown"),
    )


_KINDS = {
    0: "fixed",
    1: "mobile",
    2: "fixed_or_mobile",
    3: "toll_free",
    4: "premium",
    5: "shared_cost",
    6: "voip",
    7: "personal",
    8: "pager",
    9: "uan",
    10: "voicemail",
}
"""`phonenumbers.PhoneNumberType` in our words."""


@functools.lru_cache(maxsize=4096)
def parse(text: str, country: str | None) -> FaxNumber:
    """Read a number as people write it, `+49 30 …` or local to `country` (ISO 3166).

    Raises `errors.Permanent` with cause `bad_number` when it is not a number, not
    possible in its country, a short or emergency number, or local without a country.
    """
    if not _WRITTEN.fullmatch(text.strip()):
        raise _bad(text, "is not a telephone number")
    if country is None and not text.strip().startswith("+"):
        raise _bad(text, "has no + and no country to read it by")
    library = _library()
    plain = _PUNCTUATION.sub("", text)
    try:
        parsed = library.parse(plain, country)
    except library.NumberParseException:
        raise _bad(text, "is not a telephone number") from None
    if not library.is_valid_number(parsed):
        raise _bad(text, f"is not a number that exists in {_place(parsed, country)}")
    return FaxNumber(library.format_number(parsed, library.PhoneNumberFormat.E164)[1:])


def _place(parsed: typing.Any, country: str | None) -> str:
    region = _library().region_code_for_country_code(parsed.country_code)
    return region if region not in (None, "ZZ", "001") else country or "any country"


def _bad(text: str, why: str) -> errors.Permanent:
    return errors.Permanent(f"{text!r} {why}", cause=errors.Cause.BAD_NUMBER)


def _library() -> typing.Any:
    """phonenumbers, imported when the first number is read: its tables cost 40 ms."""
    import phonenumbers

    return phonenumbers
