"""Telephone numbers: as people write them, as the service writes them, and those to be had."""

import dataclasses
import re

import phonenumbers

FIRST = "+12125550100"
"""Of the account's first user; fictional."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A place where the service has numbers."""

    id: int
    country: str
    code: int
    prefix: int
    description: str
    locals: tuple[str, ...]


def _block(start: int, width: int) -> tuple[str, ...]:
    return tuple(f"{start + step:0{width}}" for step in range(10))


NODES = (
    Node(id=1, country="US", code=1, prefix=212, description="USA - New York", locals=_block(5550110, 7)),
    Node(id=2, country="US", code=1, prefix=415, description="USA - San Francisco", locals=_block(5550110, 7)),
    Node(id=3, country="GB", code=44, prefix=20, description="UK - London", locals=_block(79460110, 8)),
    Node(id=4, country="DE", code=49, prefix=30, description="Germany - Berlin", locals=_block(23125110, 8)),
)  # fmt: skip
"""Numbers set aside for fiction in each country; the places are ours."""


def is_country(iso: str) -> bool:
    """Whether this is a country's ISO code."""
    return iso.upper() in phonenumbers.SUPPORTED_REGIONS


def resolve(text: str, country: str, area: str) -> str | None:
    """E.164 with its plus, of a number as a user in `country` and `area` writes it.

    All but digits is passed over, save a plus in front (facts file, section 1). That `00`
    too means abroad everywhere, and which lengths are refused, is inference.
    """
    digits = re.sub(r"[^0-9]", "", text)
    abroad = text.strip().startswith("+") or digits.startswith("00")
    kept = f"+{digits.removeprefix('00')}" if abroad else digits
    try:
        number = phonenumbers.parse(kept, country.upper() or None)
    except phonenumbers.NumberParseException:
        return None
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason == phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY and area and not abroad:
        return resolve(area + digits, country, "")
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return f"+{number.country_code}{phonenumbers.national_significant_number(number)}"


def canonical(number: str) -> str:
    """As the service writes a number: `0012125550100`; what is none stays as it is."""
    return f"00{number[1:]}" if number.startswith("+") else number
