"""Time zones by the service's names. The names are inference: .NET's, as its server knows them."""

import datetime
import zoneinfo

DEFAULT = "GMT Standard Time"

_PLACES = {
    "Hawaiian Standard Time": "Pacific/Honolulu",
    "Pacific Standard Time": "America/Los_Angeles",
    "Mountain Standard Time": "America/Denver",
    "Central Standard Time": "America/Chicago",
    "Eastern Standard Time": "America/New_York",
    DEFAULT: "Europe/London",
    "W. Europe Standard Time": "Europe/Berlin",
    "Israel Standard Time": "Asia/Jerusalem",
    "India Standard Time": "Asia/Kolkata",
    "Tokyo Standard Time": "Asia/Tokyo",
    "AUS Eastern Standard Time": "Australia/Sydney",
}


def is_known(name: str) -> bool:
    """Whether the service has a zone of this name."""
    return name in _PLACES


def offsets(now: datetime.datetime) -> list[tuple[str, int]]:
    """Every zone with its present distance from GMT in minutes."""
    return [(name, _minutes(place, now)) for name, place in _PLACES.items()]


def _minutes(place: str, now: datetime.datetime) -> int:
    distance = now.astimezone(zoneinfo.ZoneInfo(place)).utcoffset()
    assert distance is not None
    return int(distance.total_seconds()) // 60
