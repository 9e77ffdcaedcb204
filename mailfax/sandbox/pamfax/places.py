"""Countries, zones and fax numbers.

Zones and their prices are those of recorded answers (facts file, section 5; the prices there
are in US dollars at 0.7712 EUR, here in EUR). Area codes are cut by length alone, and a
number's type is always FIXED.
"""

import dataclasses
import re
from collections.abc import Mapping
from decimal import Decimal

import phonenumbers

from mailfax.sandbox.pamfax import answer
from mailfax.sandbox.pamfax.refusals import Refused


@dataclasses.dataclass(frozen=True, slots=True)
class Country:
    """A country that faxes go to."""

    code: str
    name: str
    prefix: str
    zone: int
    culture: str
    area: int
    """Digits of an area code."""

    def entry(self) -> answer.Object:
        """As lists of countries have it."""
        return {
            "code": self.code,
            "parent": "",
            "zone": self.zone,
            "name": self.name,
            "countryprefix": self.prefix,
            "default_culture": self.culture,
        }


_NAMED = tuple(
    Country(*row)
    for row in (
        ("AF", "Afghanistan", "93", 7, "prs-AF", 2),
        ("AU", "Australia", "61", 1, "en-AU", 1),
        ("AT", "Austria", "43", 1, "de-AT", 3),
        ("BE", "Belgium", "32", 1, "nl-BE", 1),
        ("BR", "Brazil", "55", 2, "pt-BR", 2),
        ("CA", "Canada", "1", 1, "en-CA", 3),
        ("CN", "China", "86", 1, "zh-CN", 2),
        ("CZ", "Czech Republic", "420", 1, "cs-CZ", 1),
        ("DK", "Denmark", "45", 1, "da-DK", 2),
        ("EG", "Egypt", "20", 5, "ar-EG", 1),
        ("FI", "Finland", "358", 1, "fi-FI", 1),
        ("FR", "France", "33", 1, "fr-FR", 1),
        ("DE", "Germany", "49", 1, "de-DE", 2),
        ("GR", "Greece", "30", 1, "el-GR", 2),
        ("HU", "Hungary", "36", 1, "hu-HU", 1),
        ("IN", "India", "91", 3, "hi-IN", 2),
        ("IE", "Ireland", "353", 1, "en-IE", 1),
        ("IL", "Israel", "972", 1, "he-IL", 1),
        ("IT", "Italy", "39", 1, "it-IT", 2),
        ("JP", "Japan", "81", 1, "ja-JP", 1),
        ("LU", "Luxembourg", "352", 1, "fr-LU", 2),
        ("MX", "Mexico", "52", 2, "es-MX", 2),
        ("NL", "Netherlands", "31", 1, "nl-NL", 2),
        ("NZ", "New Zealand", "64", 1, "en-NZ", 1),
        ("NO", "Norway", "47", 1, "nb-NO", 2),
        ("PL", "Poland", "48", 1, "pl-PL", 2),
        ("PT", "Portugal", "351", 1, "pt-PT", 2),
        ("RU", "Russian Federation", "7", 2, "ru-RU", 3),
        ("SG", "Singapore", "65", 1, "en-SG", 1),
        ("ZA", "South Africa", "27", 2, "en-ZA", 2),
        ("ES", "Spain", "34", 1, "es-ES", 2),
        ("SE", "Sweden", "46", 1, "sv-SE", 1),
        ("CH", "Switzerland", "41", 1, "de-CH", 2),
        ("TR", "Turkey", "90", 2, "tr-TR", 3),
        ("GB", "United Kingdom", "44", 1, "en-GB", 2),
        ("US", "United States", "1", 1, "en-US", 3),
    )
)
_NAMED_PREFIXES = frozenset(one.prefix for one in _NAMED)
COUNTRIES = (
    *_NAMED,
    *(
        Country(regions[0], regions[0], str(prefix), 4, "", 2)
        for prefix, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
        if str(prefix) not in _NAMED_PREFIXES and regions[0] != "001"
    ),
)
"""Those with a name, and all other calling codes of the world, in zone 4 here."""
ZONES: Mapping[int, tuple[Decimal, Decimal]] = {
    1: (Decimal("0.09"), Decimal("0.06")),
    2: (Decimal("0.15"), Decimal("0.10")),
    3: (Decimal("0.30"), Decimal("0.20")),
    4: (Decimal("0.45"), Decimal("0.30")),
    5: (Decimal("0.55"), Decimal("0.40")),
    6: (Decimal("0.75"), Decimal("0.50")),
    7: (Decimal("3.95"), Decimal("3.70")),
    8: (Decimal("22.45"), Decimal("18.60")),
}
"""EUR per page: without a plan, and with the professional plan."""

_CANADA = re.compile(
    r"1(?:204|226|236|249|250|289|306|343|365|403|416|418|431|437|438|450|506|514|519|548|579|581|"
    r"587|604|613|639|647|672|705|709|778|780|782|807|819|825|867|873|902|905).*"
)
_PREMIUM = re.compile(r"\+(?:1900|49900|4484|339[0-9]{8}$|8200).*")
"""Numbers that cost the caller, which no fax goes to (inference)."""
_LENGTHS = range(8, 16)


@dataclasses.dataclass(frozen=True, slots=True)
class Number:
    """A fax number taken apart."""

    e164: str
    """With its plus."""
    country: Country

    @property
    def area(self) -> str:
        """Its area code."""
        return self.national[: self.country.area]

    @property
    def national(self) -> str:
        """All behind the country's prefix."""
        return self.e164[1 + len(self.country.prefix) :]

    @property
    def formatted(self) -> str:
        """As lists show it: `+61 2 95655710`."""
        return f"+{self.country.prefix} {self.area} {self.national[self.country.area :]}"

    @property
    def price(self) -> Decimal:
        """EUR per page."""
        return ZONES[self.country.zone][0]

    def described(self) -> dict[str, answer.Value]:
        """What all answers say of a number alike."""
        return {
            "number": self.e164,
            "number_type": "FIXED",
            "zone": str(self.country.zone),
            "area_code": self.area,
            "description": self.country.name,
        }


def number(text: str) -> Number:
    """The number that a client means: with a plus, without, with 00, or with its plus lost.

    Raises `Refused`.
    """
    digits = re.sub(r"[\s()/.-]", "", text).removeprefix("+").removeprefix("00")
    if not (digits.isascii() and digits.isdigit()) or len(digits) not in _LENGTHS:
        raise Refused("invalid_fax_number")
    found = country(digits)
    if found is None or _PREMIUM.fullmatch(f"+{digits}"):
        raise Refused("unsupported_fax_number")
    return Number(f"+{digits}", found)


def country(digits: str) -> Country | None:
    """Where a number with its country prefix leads."""
    found = max(
        (one for one in COUNTRIES if digits.startswith(one.prefix)),
        key=lambda one: len(one.prefix),
        default=None,
    )
    if found is None or found.prefix != "1":
        return found
    return by_code("CA" if _CANADA.fullmatch(digits) else "US")


def by_code(code: str) -> Country:
    """The country with this ISO code; raises `Refused`."""
    for one in COUNTRIES:
        if one.code == code.upper():
            return one
    raise Refused("invalid_country_code")
