"""The account's login and settings, and what the service tells everybody."""

import re
from collections.abc import Mapping
from typing import Any

from mailfax.sandbox.popfax import codes, mails
from mailfax.sandbox.popfax.account import Visit

CUSTOMER = 10_001
_MD5 = re.compile(r"[0-9a-f]{32}")
_GIVEN = {"faxnumber", "prepaidbalance", "enddate"}
"""Settings that the service decides and no customer (inference)."""

LANGUAGES: Mapping[str, str] = {
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "it": "Italiano",
    "nl": "Nederlands",
    "pt": "Português",
}
COUNTRIES: Mapping[str, str] = {
    "AT": "Austria",
    "BE": "Belgium",
    "CA": "Canada",
    "CH": "Switzerland",
    "DE": "Germany",
    "ES": "Spain",
    "FR": "France",
    "GB": "United Kingdom",
    "IT": "Italy",
    "LU": "Luxembourg",
    "NL": "Netherlands",
    "PT": "Portugal",
    "US": "United States",
}
"""Some of each; which the service has is not known."""


def authenticate(visit: Visit) -> int:
    """The customer's id, 0 for a wrong login."""
    return CUSTOMER if visit.known else 0


def get_all_languages(_visit: Visit) -> list[dict[str, Any]]:
    """LanguageInfo of each."""
    return [{"code": code, "language": name} for code, name in LANGUAGES.items()]


def get_all_countries(_visit: Visit) -> list[dict[str, Any]]:
    """CountryInfo of each."""
    return [{"code": code, "country": name} for code, name in COUNTRIES.items()]


def get_account_info(visit: Visit) -> dict[str, Any]:
    """AccountInfo."""
    return {**visit.account.settings, "prepaidbalance": visit.account.balance}


def set_account_info(visit: Visit, wish: dict[str, Any]) -> int:
    """Write the settings that are sent; codes for what is wrong are inference."""
    settings = visit.account.settings
    new = {**settings, **{name: wish[name] for name in wish.keys() - _GIVEN}}
    address = new["notificationemail"]
    if address and not mails.is_address(address):
        return codes.BAD_ADDRESS
    if new["langcode"] not in LANGUAGES or new["country"] not in COUNTRIES:
        return codes.GENERAL
    settings.update(new)
    return codes.DONE


def set_new_email(visit: Visit, address: str) -> int:
    """Change the login; the next request needs the new one."""
    if not mails.is_address(address):
        return codes.BAD_ADDRESS
    visit.account.email = address
    return codes.DONE


def set_new_password(visit: Visit, password: str) -> int:
    """Change the password, which is the MD5 of the clear one already."""
    if not _MD5.fullmatch(password):
        return codes.GENERAL
    visit.account.password = password
    return codes.DONE


def get_app_version(_visit: Visit, _system: str, _application: str) -> dict[str, Any]:
    """AppVersion, which the manual keeps to itself: a struct without members (inference)."""
    return {}


def register_app(_visit: Visit, _application: int, _version: str) -> int:
    """Nod: what it does is not told."""
    return codes.DONE
