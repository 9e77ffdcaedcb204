"""When an office is open: pure, the time comes in. Hours are those on its wall clock.

Where the clocks go forward an hour is missing, where they go back one comes twice; what the
clock on the wall shows counts.
"""

import datetime
import zoneinfo
from collections.abc import Iterator

from mailfax.policy.tables import Calendar, Hours

_DAY = datetime.timedelta(days=1)
_MINUTE = datetime.timedelta(minutes=1)
_DAYS_AHEAD = 400


def is_open(calendar: Calendar, now: datetime.datetime) -> bool:
    """Whether it is open at this moment."""
    there = now.astimezone(zoneinfo.ZoneInfo(calendar.zone))
    if there.date() in calendar.closed:
        return False
    return any(
        there.weekday() in hours.days and hours.opens <= there.time() < hours.closes
        for hours in calendar.hours
    )


def opens(calendar: Calendar, now: datetime.datetime) -> datetime.datetime | None:
    """When it is open next, to the minute: now, if it is; None when not within a year."""
    if is_open(calendar, now):
        return now
    zone = zoneinfo.ZoneInfo(calendar.zone)
    today = now.astimezone(zone).date()
    for number in range(_DAYS_AHEAD):
        for moment in _moments(calendar, today + number * _DAY, zone):
            if moment > now and is_open(calendar, moment):
                return moment
    return None


def longest_shut(calendar: Calendar) -> datetime.timedelta:
    """The longest time within an ordinary week for which it is shut."""
    spans = sorted(
        (_of_week(day, hours.opens), _of_week(day, hours.closes))
        for hours in calendar.hours
        for day in hours.days
    )
    longest, shut = datetime.timedelta(0), spans[0][1]
    for opens_, closes in [*spans[1:], (spans[0][0] + 7 * _DAY, spans[0][1])]:
        longest, shut = max(longest, opens_ - shut), max(shut, closes)
    return longest


def _of_week(day: int, time: datetime.time) -> datetime.timedelta:
    seconds = time.hour * 3600 + time.minute * 60 + (60 if time == datetime.time.max else 0)
    return datetime.timedelta(days=day, seconds=seconds)


def described(calendar: Calendar, now: datetime.datetime) -> str:
    """The clock on its wall, as `Mon 2025-03-03 08:00 CET`."""
    return f"{now.astimezone(zoneinfo.ZoneInfo(calendar.zone)):%a %Y-%m-%d %H:%M %Z}"


def _moments(
    calendar: Calendar, day: datetime.date, zone: zoneinfo.ZoneInfo
) -> Iterator[datetime.datetime]:
    """Moments of a day at which it may open, in order: every minute where the clock is changed."""
    start, end = _at(day, datetime.time(), zone), _at(day + _DAY, datetime.time(), zone)
    if end - start == _DAY:
        yield from sorted(_at(day, hours.opens, zone) for hours in _on(calendar, day))
        return
    while start < end:
        yield start
        start += _MINUTE


def _on(calendar: Calendar, day: datetime.date) -> Iterator[Hours]:
    return (hours for hours in calendar.hours if day.weekday() in hours.days)


def _at(day: datetime.date, time: datetime.time, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    return datetime.datetime.combine(day, time, tzinfo=zone).astimezone(datetime.UTC)
