"""Common: files, lists and settings of the service (reference client of 2017, commonapi [P])."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mailfax.providers.pamfax import _answers, _calling, _records
from mailfax.providers.pamfax._checksum import Value


class Common(_calling.Caller):
    """The processor `Common`."""

    def list_supported_file_types(self) -> dict[str, Any]:
        """Kinds of documents that can be faxed."""
        return self._ask("Common/ListSupportedFileTypes", _answers.everything)

    def get_file(self, file_uuid: str) -> bytes:
        """A file that is the user's or shared with it, as a received fax."""
        return self._file("Common/GetFile", file_uuid=file_uuid)

    def get_page_preview(
        self,
        uuid: str,
        page_no: int = 1,
        *,
        max_width: int | None = None,
        max_height: int | None = None,
    ) -> bytes:
        """The image of one page of a fax in progress, sent or received; pages count from 1."""
        return self._file(
            "Common/GetPagePreview",
            uuid=uuid, page_no=page_no, max_width=max_width, max_height=max_height,
        )  # fmt: skip

    def list_countries(self, *, culture: str | None = None) -> tuple[_records.Country, ...]:
        """All countries, named in the language of `culture`, as en-US or de."""
        countries = _answers.many("CountryList", _records.Country)
        return self._ask("Common/ListCountries", countries, culture=culture)

    def list_countries_for_zone(self, zone: int) -> dict[str, Any]:
        """Countries of a price zone, 1 to 7."""
        return self._ask("Common/ListCountriesForZone", _answers.everything, zone=zone)

    def list_zones(self) -> tuple[_records.Zone, ...]:
        """Prices of the zones."""
        return self._ask("Common/ListZones", _answers.many("ZoneList", _records.Zone))

    def list_currencies(self, *, code: str | None = None) -> dict[str, Any]:
        """Currencies and their rates, or one of them."""
        return self._ask("Common/ListCurrencies", _answers.everything, code=code)

    def list_strings(self, ids: Sequence[str], *, culture: str | None = None) -> dict[str, Any]:
        """Texts of the service's own pages, translated."""
        return self._ask("Common/ListStrings", _answers.everything, ids=ids, culture=culture)

    def get_current_settings(self) -> dict[str, Any]:
        """Time zone and currency that all answers are in."""
        return self._ask("Common/GetCurrentSettings", _answers.everything)

    def get_current_culture_info(self) -> dict[str, Any]:
        """How the user's language writes dates and numbers."""
        return self._ask("Common/GetCurrentCultureInfo", _answers.everything)

    def list_versions(self, *, is_beta: bool | None = None) -> dict[str, Any]:
        """Versions of the vendor's own programs."""
        return self._ask("Common/ListVersions", _answers.everything, is_beta=is_beta)

    def get_geo_ip_information(self, ip: str) -> dict[str, Any]:
        """Where an IPv4 address lies."""
        return self._ask("Common/GetGeoIPInformation", _answers.everything, ip=ip)

    def list_languages(self, *, min_percent_translated: int = 75) -> dict[str, Any]:
        """Languages that are translated at least so far."""
        return self._ask(
            "Common/ListLanguages", _answers.everything,
            min_percent_translated=min_percent_translated,
        )  # fmt: skip

    def list_timezones(self) -> dict[str, Any]:
        """Time zones, with the default and the user's own marked."""
        return self._ask("Common/ListTimezones", _answers.everything)

    def list_country_states(self, *, country_code: str = "US") -> dict[str, Any]:
        """States of a country."""
        return self._ask("Common/ListCountryStates", _answers.everything, country_code=country_code)

    def list_cities(self, country_code_a3: str) -> dict[str, Any]:
        """Cities for orders of fax numbers; `country_code_a3` as DEU."""
        return self._ask("Common/ListCities", _answers.everything, country_code_a3=country_code_a3)

    def list_zip_codes(
        self, country_code_a3: str, city_name_or_id: str, *, exact: bool | None = None
    ) -> dict[str, Any]:
        """Postal codes of a city."""
        return self._ask(
            "Common/ListZipCodes", _answers.everything, country_code_a3=country_code_a3,
            city_name_or_id=city_name_or_id, exact=exact,
        )  # fmt: skip

    def list_countries_prices(self, *, language: str = "EN") -> dict[str, Any]:
        """Countries grouped by price, cheapest first."""
        return self._ask("Common/ListCountriesPrices", _answers.everything, language=language)

    def get_formatted_price(self, *, ip: str | None = None) -> dict[str, Any]:
        """How prices are written where an address lies."""
        return self._ask("Common/GetFormattedPrice", _answers.everything, ip=ip)

    def get_currency_by_lang(self, lang: str) -> dict[str, Any]:
        """How prices are written in a language."""
        return self._ask("Common/GetCurrencyByLang", _answers.everything, lang=lang)

    def set_culture(self, language: str) -> None:
        """The language of this session's messages."""
        self._ask("Common/SetCulture", _answers.done, language=language)

    def start_create_zip_archive(self, arguments: Mapping[str, Value]) -> dict[str, Any]:
        """Begin an archive of files; its arguments are told nowhere, only its name is [C]."""
        return self._change("Common/startCreateZipArchive", _answers.everything, **arguments)


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "Common/ListSupportedFileTypes": Common.list_supported_file_types,
    "Common/GetFile": Common.get_file,
    "Common/GetPagePreview": Common.get_page_preview,
    "Common/ListCountries": Common.list_countries,
    "Common/ListCountriesForZone": Common.list_countries_for_zone,
    "Common/ListZones": Common.list_zones,
    "Common/ListCurrencies": Common.list_currencies,
    "Common/ListStrings": Common.list_strings,
    "Common/GetCurrentSettings": Common.get_current_settings,
    "Common/GetCurrentCultureInfo": Common.get_current_culture_info,
    "Common/ListVersions": Common.list_versions,
    "Common/GetGeoIPInformation": Common.get_geo_ip_information,
    "Common/ListLanguages": Common.list_languages,
    "Common/ListTimezones": Common.list_timezones,
    "Common/ListCountryStates": Common.list_country_states,
    "Common/ListCities": Common.list_cities,
    "Common/ListZipCodes": Common.list_zip_codes,
    "Common/ListCountriesPrices": Common.list_countries_prices,
    "Common/GetFormattedPrice": Common.get_formatted_price,
    "Common/GetCurrencyByLang": Common.get_currency_by_lang,
    "Common/SetCulture": Common.set_culture,
    "Common/startCreateZipArchive": Common.start_create_zip_archive,
}
