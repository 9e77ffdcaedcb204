"""Common and NumberInfo: countries, prices, currencies, languages, zones of time.

Evidenced are CountryList, ZoneList, NumberInfo and Price with their fields; the other names
are inference, and what they hold is a small selection.
"""

import ipaddress
from collections.abc import Mapping
from decimal import Decimal

from mailfax.sandbox.pamfax import answer, faxjob, places
from mailfax.sandbox.pamfax.answer import Items
from mailfax.sandbox.pamfax.call import Call, Operations
from mailfax.sandbox.pamfax.money import CURRENCIES, EURO, Currency
from mailfax.sandbox.pamfax.refusals import Refused

LANGUAGES: Mapping[str, tuple[str, str, int]] = {
    "en": ("en-US", "English", 100),
    "de": ("de-DE", "Deutsch", 100),
    "fr": ("fr-FR", "Français", 80),
    "it": ("it-IT", "Italiano", 60),
}
"""Culture, name, and how much of it is translated."""
STATES = {"US": (("CA", "California"), ("CO", "Colorado"), ("DC", "District of Columbia"))}
CITIES = {"DEU": {"1": ("Berlin", ("10115", "10117")), "2": ("Hamburg", ("20095",))}}
"""Where an address must be local: cities by id, with their zip codes."""
_LANGUAGE_CURRENCY = {"EN": "USD", "DE": "EUR", "FR": "EUR", "IT": "EUR", "JA": "JPY"}
_PERCENT = 75


def currency(call: Call) -> Currency:
    """That of the caller: EUR before login (vendor's page, "Currencies")."""
    return call.session.user.currency if call.session else EURO


# NumberInfo


def _faxnumber(call: Call) -> places.Number:
    return places.number(call.text("faxnumber"))


def get_number_info(call: Call) -> answer.Object:
    """A number, corrected, and where it leads."""
    number = _faxnumber(call)
    info = {
        **number.described(),
        "country_code": number.country.code,
        "country_prefix": number.country.prefix,
        "city": number.country.name,
        "formatted_number": number.formatted,
    }
    return {"NumberInfo": info}


def get_page_price(call: Call) -> answer.Object:
    """What a page to a number costs; all numbers are text, as recorded."""
    number, money = _faxnumber(call), currency(call)
    plain, pro = places.ZONES[number.country.zone]
    price = {
        **number.described(),
        "country_zone": str(number.country.zone),
        "city": number.country.name,
        "country_code": number.country.code,
        "country_name": number.country.name,
        "priceperpage": str(money.told(plain)),
        "priceperpage_proplan": str(money.told(pro)),
        "priceperpage_formatted": money.formatted(plain),
        "priceperpage_proplan_formatted": money.formatted(pro),
        "price_source": "PNR",
        "formatted_number": number.formatted,
        "currency": money.code,
    }
    return {"Price": price}


# Countries and prices


def list_countries(call: Call) -> answer.Object:
    """All countries; names are English whatever the culture."""
    language = (call.word("culture") or call.culture)[:2]
    shown = [one.entry() for one in places.COUNTRIES]
    told: dict[str, answer.Scalar] = {"revision": 1, "language": language}
    return {"CountryList": Items(element="Country", content=shown, attributes=told)}


def list_countries_for_zone(call: Call) -> answer.Object:
    """The countries of a zone."""
    zone = call.number("zone", 0)
    if zone not in places.ZONES:
        raise Refused("invalid_zone")
    shown = [one.entry() for one in places.COUNTRIES if one.zone == zone]
    return {"CountryList": Items(element="Country", content=shown)}


def list_zones(call: Call) -> answer.Object:
    """Prices by zone."""
    money = currency(call)
    zones: list[answer.Object] = [
        {"zone_id": zone, "price": money.told(plain), "price_pro": money.told(pro)}
        for zone, (plain, pro) in places.ZONES.items()
    ]
    return {"ZoneList": Items(element="Zone", content=zones)}


def list_countries_prices(call: Call) -> answer.Object:
    """Countries by price, cheapest first."""
    money = currency(call)
    groups: list[answer.Object] = []
    for zone, (plain, pro) in places.ZONES.items():
        codes = [one.code for one in places.COUNTRIES if one.zone == zone]
        prices = {"price": money.told(plain), "price_pro": money.told(pro)}
        groups.append({"group": zone, **prices, "countries": ",".join(codes)})
    return {"CountriesPrices": Items(element="Group", content=groups)}


def list_country_states(call: Call) -> answer.Object:
    """States of a country that has some."""
    states = STATES.get(places.by_code(call.word("country_code") or "US").code)
    if states is None:
        raise Refused("country_has_no_states")
    shown = [{"code": code, "name": name} for code, name in states]
    return {"StatesList": Items(element="State", content=shown)}


def list_cities(call: Call) -> answer.Object:
    """Cities of a country where an address must be local."""
    cities = [{"id": key, "name": name} for key, (name, _) in _cities(call).items()]
    return {"Cities": Items(element="City", content=cities)}


def list_zip_codes(call: Call) -> answer.Object:
    """Zip codes of a city by id or name."""
    wanted = call.text("city_name_or_id")
    for key, (name, codes) in _cities(call).items():
        if wanted in {key, name}:
            content = [{"zip_code": code} for code in codes]
            return {"ZipCodes": Items(element="ZipCode", content=content)}
    raise Refused("invalid_city_name")


def _cities(call: Call) -> Mapping[str, tuple[str, tuple[str, ...]]]:
    cities = CITIES.get(call.text("country_code_a3").upper())
    if cities is None:
        raise Refused("no_cities")
    return cities


# Money


def list_currencies(call: Call) -> answer.Object:
    """Currencies and their rates."""
    wanted = call.word("code")
    if wanted and wanted not in CURRENCIES:
        raise Refused("bad_currency")
    found = [one.entry() for code, one in CURRENCIES.items() if wanted in {"", code}]
    return {"Currencies": Items(element="Currency", content=found)}


def get_formatted_price(call: Call) -> answer.Object:
    """How one of the caller's currency is written."""
    return {"FormattedPrice": {"price": currency(call).formatted(Decimal(1))}}


def get_currency_by_lang(call: Call) -> answer.Object:
    """The currency of a language."""
    code = _LANGUAGE_CURRENCY.get(call.text("lang").upper(), EURO.code)
    return {"CurCode": {"code": code}}


# Languages and time


def list_languages(call: Call) -> answer.Object:
    """Languages translated that far."""
    least = call.number("min_percent_translated", _PERCENT)
    if least > 100:
        raise Refused("invalid_percent_value")
    shown: list[answer.Object] = [
        {"code": code, "culture": culture, "name": name, "percent_translated": percent}
        for code, (culture, name, percent) in LANGUAGES.items()
        if percent >= least
    ]
    return {"Languages": Items(element="Language", content=shown)}


def list_strings(call: Call) -> answer.Object:
    """Translations: the identifiers themselves here; a list may be one text with commas."""
    ids = [one for item in call.items("ids") for one in item.split(",")]
    strings = [{"id": one, "text": one} for one in ids]
    return {"PortalStrings": Items(element="PortalString", content=strings)}


def set_culture(call: Call) -> answer.Object:
    """The language of the rest of the session."""
    language = call.text("language").lower()
    if language[:2] not in LANGUAGES:
        raise Refused("languages_not_supported")
    if call.session:
        call.session.culture = language
    return {}


def list_timezones(call: Call) -> answer.Object:
    """Zones of time, the account's and the user's marked."""
    names = sorted({"UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", call.zone.key})
    shown: list[answer.Object] = [
        {
            "name": name,
            "is_default": int(name == call.account.zone.key),
            "is_user_timezone": int(name == call.zone.key),
        }
        for name in names
    ]
    told = {"default": call.account.zone.key}
    user = {"user_timezone": call.zone.key} if call.session else {}
    items = Items(element="Timezone", content=shown, attributes={**told, **user})
    return {"TimezonesList": items}


def get_current_settings(call: Call) -> answer.Object:
    """The zone and the currency of all answers."""
    settings = {
        "timezone": call.zone.key,
        "currency": currency(call).code,
        "culture": call.culture,
    }
    return {"Settings": settings}


def get_current_culture_info(call: Call) -> answer.Object:
    """How the caller's language writes things."""
    form = "d.m.Y H:i" if call.culture.startswith("de") else "m/d/Y h:i A"
    return {"CultureInfo": {"code": call.culture, "datetime_format": form}}


# The rest


def list_supported_file_types(_call: Call) -> answer.Object:
    """What can be faxed."""
    types = [{"extension": one} for one in faxjob.EXTENSIONS]
    return {"FileTypes": Items(element="FileType", content=types)}


def list_versions(_call: Call) -> answer.Object:
    """Versions of the vendor's own programs: none here."""
    return {"Versions": Items(element="Version", content=[])}


def get_geo_ip_information(call: Call) -> answer.Object:
    """Where an address is: all are in Germany here."""
    try:
        address = str(ipaddress.IPv4Address(call.text("ip")))
    except ValueError:
        raise Refused("invalid_ip") from None
    return {"GeoIPInformation": {"ip": address, "country_code": "DE", "country_name": "Germany"}}


def start_create_zip_archive(call: Call) -> answer.Object:
    """Known by name only: one of the clients has it, and nothing says what it answers."""
    call.login()
    return {}


OPEN: Operations = {
    "ListSupportedFileTypes": list_supported_file_types,
    "ListCountries": list_countries,
    "ListCountriesForZone": list_countries_for_zone,
    "ListZones": list_zones,
    "ListCurrencies": list_currencies,
    "ListStrings": list_strings,
    "GetCurrentSettings": get_current_settings,
    "GetCurrentCultureInfo": get_current_culture_info,
    "ListVersions": list_versions,
    "GetGeoIPInformation": get_geo_ip_information,
    "ListLanguages": list_languages,
    "ListTimezones": list_timezones,
    "ListCountryStates": list_country_states,
    "ListCities": list_cities,
    "ListZipCodes": list_zip_codes,
    "ListCountriesPrices": list_countries_prices,
    "GetFormattedPrice": get_formatted_price,
    "GetCurrencyByLang": get_currency_by_lang,
    "SetCulture": set_culture,
    "startCreateZipArchive": start_create_zip_archive,
}
NUMBER_INFO: Operations = {"GetNumberInfo": get_number_info, "GetPagePrice": get_page_price}
