"""Account: the API account itself, which needs no user."""

import csv
import datetime
import io
import zoneinfo

from mailfax.sandbox._wire import Reply
from mailfax.sandbox.pamfax import answer, records, words
from mailfax.sandbox.pamfax.call import Call, Operations
from mailfax.sandbox.pamfax.refusals import Refused

_BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
_COLUMNS = ("fax_uuid", "user_uuid", "number", "sent", "pages", "state", "price")
_REGISTRATION = ("first_name", "last_name", "email", "company", "address1", "zip", "city")


def get_info(call: Call) -> answer.Object:
    """The account; names are inference."""
    return {"ApiAccount": {"apikey": call.text("apikey"), "timezone": call.account.zone.key}}


def set_default_timezone(call: Call) -> answer.Object:
    """The zone of times for users who have none."""
    call.account.zone = words.zone(call.text("timezone"))
    return {}


def register(call: Call) -> answer.Object:
    """Nobody gets a new account here; what it takes is looked at."""
    if not all(call.word(name) for name in _REGISTRATION):
        raise Refused("registration_missing_data")
    if "@" not in call.text("email"):
        raise Refused("registration_invalid_email")
    return {}


def export_reseller_data(call: Call) -> Reply:
    """Ended faxes of all users as CSV, between two times of Berlin."""
    first, last = _day(call.text("from")), _day(call.text("to")) + datetime.timedelta(days=1)
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(_COLUMNS)
    for user in call.account.users.values():
        for fax in user.faxes.values():
            state = records.standing(call.account, fax, call.now)
            moment = fax.job.sent
            if state in records.ENDS and moment is not None and first <= moment < last:
                sent = moment.astimezone(_BERLIN).isoformat(timespec="seconds")
                pages, price = fax.job.pages, fax.price
                rows.writerow([fax.uuid, user.uuid, fax.number.e164, sent, pages, state, price])
    return answer.download("export.csv", "text/csv", out.getvalue().encode())


def _day(text: str) -> datetime.datetime:
    try:
        return datetime.datetime.strptime(text[:10], "%Y-%m-%d").replace(tzinfo=_BERLIN)
    except ValueError:
        raise Refused("bad_date_value") from None


OPEN: Operations = {
    "GetInfo": get_info,
    "SetDefaultTimezone": set_default_timezone,
    "Register": register,
    "ExportResellerData": export_reseller_data,
}
