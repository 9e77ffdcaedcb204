"""Session: logging in and out, and changes that a session listens to."""

import datetime

from mailfax.sandbox.pamfax import answer, words
from mailfax.sandbox.pamfax.account import Identifier, User
from mailfax.sandbox.pamfax.answer import Items
from mailfax.sandbox.pamfax.call import Call, Operations
from mailfax.sandbox.pamfax.refusals import Refused

RIGHTS = ("see_credit", "buy_credit", "buy_number", "transfer_credit", "receive_messages")
"""Of the vendor's sample answer."""
LISTENERS = frozenset({"faxall", "faxsending", "faxsucceeded", "faxfailed", "faxretrying"})
_LIFETIME = 60
"""Minutes, of a login identifier: the signature says so, its text says seconds too."""


def user_object(user: User, call: Call) -> answer.Object:
    """The User, credit in the user's currency."""
    return {
        "uuid": user.uuid,
        "username": user.username,
        "created": words.stamp(user.created, user.zone or call.account.zone),
        "credit": user.currency.told(user.credit),
        "free_credit": 0,
        "inactive_credit": 0,
        "reactivated_credit": 0,
        "email": user.email,
        "confirmed": None if user.code else words.stamp(user.created, call.account.zone),
        "region": user.culture[-2:],
        "is_member": 0,
        "cm_availible": 0,
        "name": user.name,
    }


def verify_user(call: Call) -> answer.Object:
    """Log in; a lifetime asks for an identifier too."""
    user = call.account.user(call.text("username"), call.text("password"))
    extra: answer.Object = {}
    if call.flag("remember_me") or call.word("timetolifeminutes"):
        extra = _identified(call, user)
    return {**logged_in(call, user), **extra}


def logged_in(call: Call, user: User) -> answer.Object:
    """A new session, told as VerifyUser does."""
    session = call.account.login(user, call.now)
    currency = {"code": user.currency.code, "raw_symbol": user.currency.symbol}
    rights = [{"name": name, "allowed": "1"} for name in RIGHTS]
    return {
        "User": user_object(user, call),
        "Currency": currency,
        "UserToken": {"token": session.token},
        "UserRights": Items(element="UserRight", content=rights),
    }


def verify_from_identifier(call: Call) -> answer.Object:
    """Log in by an identifier, from the address that it is bound to."""
    code = call.text("identifier")
    known = call.account.identifiers.get(code)
    if known is None or (known.expires is not None and call.now >= known.expires):
        raise Refused("identifier_not_found")
    if known.ip and known.ip != call.word("user_ip"):
        raise Refused("invalid_ip")
    if known.expires is not None:
        del call.account.identifiers[code]
    return logged_in(call, known.user)


def create_login_identifier(call: Call) -> answer.Object:
    """What logs the current user in without a password."""
    return _identified(call, call.user)


def _identified(call: Call, user: User) -> answer.Object:
    minutes = call.text("timetolifeminutes") or str(_LIFETIME)
    endless = minutes.startswith("-") or minutes == "0"
    lifetime = datetime.timedelta(minutes=call.number("timetolifeminutes", _LIFETIME))
    code = words.token()
    call.account.identifiers[code] = Identifier(
        user=user, ip=call.word("user_ip"), expires=None if endless else call.now + lifetime
    )
    return {"UserIdentifier": {"identifier": code}}


def remove_login_identifier(call: Call) -> answer.Object:
    """Take an identifier of the current user away."""
    known = call.account.identifiers.get(call.text("identifier"))
    if known is None or known.user is not call.user:
        raise Refused("identifier_not_found")
    del call.account.identifiers[call.text("identifier")]
    return {}


def reload_user(call: Call) -> answer.Object:
    """The current user as he is now."""
    return {"User": user_object(call.user, call)}


def list_changes(call: Call) -> answer.Object:
    """What happened to faxes since the last call; each is told once."""
    changes = [{"name": name, "uuid": uuid} for name, uuid in call.login().changes]
    call.login().changes.clear()
    return {"Changes": Items(element="Change", content=changes)}


def register_listener(call: Call) -> answer.Object:
    """Choose what list_changes tells."""
    wanted = set(call.items("listener_types"))
    if not wanted <= LISTENERS:
        raise Refused("bad_property")
    if not call.flag("append"):
        call.login().listeners.clear()
    call.login().listeners.update(wanted)
    return {}


def keep_alive(_call: Call) -> answer.Object:
    """Nothing: that the session was used keeps it."""
    return {}


def logout(call: Call) -> answer.Object:
    """End the session, and with it the fax that is edited in it."""
    del call.account.sessions[call.login().token]
    return {}


OPEN: Operations = {
    "VerifyUser": verify_user,
    "VerifyFromIdentifier": verify_from_identifier,
}
LOGGED_IN: Operations = {
    "CreateLoginIdentifier": create_login_identifier,
    "RemoveLoginIdentifier": remove_login_identifier,
    "ReloadUser": reload_user,
    "ListChanges": list_changes,
    "RegisterListener": register_listener,
    "KeepAlive": keep_alive,
    "Ping": keep_alive,
    "Logout": logout,
}
