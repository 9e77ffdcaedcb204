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


NODES = tuple(
    Node(id=key, country=country, code=code, prefix=prefix, description=place, locals=block)
    for key, (country, code, prefix, place, block) in enumerate(
        [
            ("US", 1, 212, "USA - New York", _block(5550110, 7)),
            ("US", 1, 415, "USA - San Francisco", _block(5550110, 7)),
            ("GB", 44, 20, "UK - London", _block(79460110, 8)),
            ("DE", 49, 30, "Germany - Berlin", _block(23125110, 8)),
        ],
        start=1,
    )
)
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
