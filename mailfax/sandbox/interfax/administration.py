"""admin.asmx: users, their rights and the time zones (manual; facts file, section 3).

The order of the checks is inference throughout.
"""

import re

from lxml import etree

from mailfax.sandbox.interfax import account as accounts
from mailfax.sandbox.interfax import prepaid, timezones
from mailfax.sandbox.interfax.account import Account, Refused, User
from mailfax.sandbox.interfax.envelope import Arguments, Value
from mailfax.sandbox.interfax.page import Answer

_TOO_MANY_USERS = -1020
_NAME_IN_USE = -2010
_BAD_PASSWORD = -2011
_BAD_TIME_ZONE = -2012
_OUTSIDE_NAMESPACE = -2013
_NO_SUCH_USER = -2014
_BAD_NAME = -2015
_NOT_ONESELF = -2016
_BAD_CSID = -2017


# Who asks, and of whom


def caller(account: Account, given: Arguments) -> User:
    """The user who asks, by whichever names the operation has for it. Raises `Refused`."""
    if given.has("PrimaryUsername", "PrimaryPassword"):
        return account.user(given.text("PrimaryUsername"), given.text("PrimaryPassword"))
    return account.login(given)


def primary(account: Account, given: Arguments) -> User:
    """The same, who must be a primary user. Raises `Refused`."""
    user = caller(account, given)
    if not user.primary:
        raise Refused(accounts.NOT_PRIMARY)
    return user


def named(account: Account, name: str) -> User:
    """The user of this name. Raises `Refused`."""
    if name not in account.users:
        raise Refused(_NO_SUCH_USER)
    return account.users[name]


def target(account: Account, user: User, name: str) -> User:
    """Whom a structure means: oneself, or by a primary user anybody. Raises `Refused`."""
    if name in {"", user.name}:
        return user
    if not user.primary:
        raise Refused(accounts.NOT_PRIMARY)
    return named(account, name)


# Users


def get_balance(account: Account, given: Arguments) -> Answer:
    """GetAccountPPCardsBalance."""
    primary(account, given)
    return Answer(0, {"Balance": prepaid.balance(account)})


def balance_failed(code: int) -> Answer:
    """How it answers a code."""
    return Answer(code, {"Balance": 0})


def open_user(account: Account, given: Arguments) -> int:
    """OpenUser: a user without services yet."""
    primary(account, given)
    wanted = given.part("NewUser")
    name = wanted.text("Username")
    if not 0 < len(name) <= 20:
        raise Refused(_BAD_NAME)
    if not name.startswith(f"{accounts.NAMESPACE}."):
        raise Refused(_OUTSIDE_NAMESPACE)
    if name in account.users:
        raise Refused(_NAME_IN_USE)
    user = User(name=name, password="")
    _set(user, wanted, password=wanted.text("Password"))
    if len(account.users) >= accounts.MAX_USERS:
        raise Refused(_TOO_MANY_USERS)
    account.users[name] = user
    return 0


def close_user(account: Account, given: Arguments) -> int:
    """CloseUser: with all services."""
    user = primary(account, given)
    closed = named(account, given.text("Username"))
    if closed is user:
        raise Refused(_NOT_ONESELF)
    if closed.rx is not None:
        account.exchange.release(accounts.NAME, closed.rx.number)
    del account.users[closed.name]
    return 0


def set_user_properties(account: Account, given: Arguments) -> int:
    """SetUserProperties: what is missing or empty stays as it was (inference)."""
    wanted = given.part("User")
    user = target(account, caller(account, given), wanted.text("Username"))
    _set(user, wanted, password=wanted.text("Password") or user.password)
    return 0


def get_user_properties(account: Account, given: Arguments) -> Answer:
    """GetUserProperties: of the user named in the structure, else one's own (inference)."""
    wanted = given.part("User")
    user = target(account, caller(account, given), wanted.text("Username"))
    values: dict[str, Value] = {
        "Username": user.name,
        "Password": user.password,
        "CSID": user.csid,
        "TimeZone": user.time_zone,
    }
    return Answer(0, {"User": values})


def _set(user: User, wanted: Arguments, *, password: str) -> None:
    csid = wanted.text("CSID") or user.csid
    zone = wanted.text("TimeZone") or user.time_zone
    if not re.fullmatch(r"[0-9A-Za-z]{3,16}", password):
        raise Refused(_BAD_PASSWORD)
    if not timezones.is_known(zone):
        raise Refused(_BAD_TIME_ZONE)
    if len(csid) > 20:
        raise Refused(_BAD_CSID)
    user.password, user.csid, user.time_zone = password, csid, zone


# Time zones


def get_time_zones(account: Account, _given: Arguments) -> Answer:
    """GetTimeZones, for anyone."""
    zones = timezones.offsets(account.now())
    return Answer([("TimeZoneElement", {"Name": name, "GMTOffset": gmt}) for name, gmt in zones])


def get_time_zones_xml(account: Account, _given: Arguments) -> str:
    """GetTimeZonesXML: the same as text, names and offsets by turns."""
    root = etree.Element("TimeZones")
    for name, minutes in timezones.offsets(account.now()):
        etree.SubElement(root, "Name").text = name
        etree.SubElement(root, "GMTOffset").text = str(minutes)
    return str(etree.tostring(root, encoding="unicode"))
